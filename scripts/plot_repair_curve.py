"""Draw docs/repair-curve.svg: single errors repaired against the ceiling of false repairs.

Usage: python scripts/plot_repair_curve.py [--out docs/repair-curve.svg] [--forms 150]
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")


def main() -> None:
    """Parse, call, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "docs" / "repair-curve.svg")
    parser.add_argument("--forms", type=int, default=150, help="generated forms of the split test")
    arguments = parser.parse_args()

    from pipeline.evaluation.labels import write_curve

    write_curve(arguments.out, arguments.forms)
    print(arguments.out)


if __name__ == "__main__":
    main()
