#!/usr/bin/env python3
"""Say in a few lines what a run made: `scripts/show_run.py out/demo`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    out = Path(sys.argv[1])
    lines = (out / "records.jsonl").read_text(encoding="utf-8").split("\n")
    records: list[dict[str, Any]] = [json.loads(line) for line in lines if line]
    for record in records:
        print(f"\n{record['form']['year']} {record['form']['title']}")
        indicators = record["indicators"]
        empty = sum(row["level3"] is None for row in indicators)
        print(f"  {len(indicators)} indicator rows ({empty} printed empty), {len(record['fields'])} fields")
        for repair in record["repairs"]:
            word = "repaired" if repair["status"] == "repaired" else "proposed"
            print(f"  {word}: {repair['raw']} → {repair['value']}  [{repair['kind']}, {repair['score']:.2f}]")
        for finding in record["findings"]:
            if finding["severity"] != "info":
                print(f"  {finding['severity']}: {finding['message']}")
    print(f"\n{out / 'records.xlsx'}   the workbook to open: sheets 项目, 指标, 更正, 问题")
    print(f"{out / 'records.jsonl'}  one record a line; docs/record.schema.json describes it")
    print(f"{out / 'run.json'}       what became of every input")
    return 0


if __name__ == "__main__":
    sys.exit(main())
