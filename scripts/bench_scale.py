#!/usr/bin/env python3
"""What archives of growing size cost: scripts/bench_scale.py 100 1000 10000 --recorded --workers 2."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipeline.evaluation.scale import HEADER, measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="+", help="documents of one form each")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--recorded", action="store_true", help="interpret each of 50 distinct forms once")
    parser.add_argument("--fill-only", action="store_true", help="fill and search; no second run, no exports")
    parser.add_argument("--folder", type=Path, help="where documents and stores are kept; a temporary one if not given")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zhibiao-bench-") as made:
        folder = arguments.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        print(HEADER, flush=True)
        for size in arguments.sizes:
            cost = measure(
                folder, size, workers=arguments.workers, recorded=arguments.recorded, fill_only=arguments.fill_only
            )
            print(cost.row(), flush=True)


if __name__ == "__main__":
    main()
