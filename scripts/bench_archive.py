#!/usr/bin/env python3
"""What a full archive costs: scripts/bench_archive.py 1000000 --store /tmp/archive.db (or postgresql+psycopg://…)."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipeline.evaluation.archive import export_all, fill, search_all

FORMATS = ("jsonl", "csv", "parquet", "xlsx", "budget-system")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("indicators", type=int, help="how many the store shall hold, where it is empty")
    parser.add_argument("--store", required=True, help="an SQLite file or a URL; filled where it is empty, and kept")
    parser.add_argument("--export", nargs="*", choices=FORMATS, default=[], help="formats to export")
    arguments = parser.parse_args()
    fill(arguments.store, arguments.indicators)
    search_all(arguments.store)
    with tempfile.TemporaryDirectory(prefix="zhibiao-bench-") as made:
        export_all(arguments.store, Path(made), tuple(arguments.export))


if __name__ == "__main__":
    main()
