"""zhibiao 指标: scanned Chinese budget performance-target forms in, corrected and structured records out."""

__version__ = "0.1.0"
