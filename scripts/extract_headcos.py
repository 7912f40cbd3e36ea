"""Write models/repair-shapes.npz: the columns of the recogniser's output layer, for the likeness of characters.

Usage: python scripts/extract_headcos.py [--model FILE.onnx] [--out models/repair-shapes.npz]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.repair.heads import shipped_recogniser, write_shapes


def main() -> None:
    """Parse, call, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=None, help="recogniser as ONNX; the shipped one by default")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "models" / "repair-shapes.npz")
    arguments = parser.parse_args()
    print(write_shapes(arguments.model or shipped_recogniser(), arguments.out))


if __name__ == "__main__":
    main()
