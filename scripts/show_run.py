#!/usr/bin/env python3
"""Say in a few lines what a run made: `scripts/show_run.py out/demo`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

# Of each kind so many are shown; the workbook has them all.
SHOWN = 6


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    out = Path(sys.argv[1])
    try:
        lines = (out / "records.jsonl").read_text(encoding="utf-8").split("\n")
        account = json.loads((out / "run.json").read_text(encoding="utf-8"))
    except OSError as error:
        print(f"{error.filename}: cannot be read ({error.strerror}); name the folder of a run", file=sys.stderr)
        return 3
    records: list[dict[str, Any]] = [json.loads(line) for line in lines if line]
    for record in records:
        show_record(record)
    pictures = [page["debug"] for one in account["inputs"] for page in one["pages"] if "debug" in page]
    print(f"\n{out / 'records.xlsx'}   the workbook to open: sheets 项目, 指标, 更正, 问题")
    print(f"{out / 'records.jsonl'}  one record a line; docs/record.schema.json describes it")
    print(f"{out / 'run.json'}       what became of every input")
    if pictures:
        print(f"{out / pictures[0]}  and {len(pictures) - 1} more: what was found on each page, drawn over it")
    return 0


def show_record(record: dict[str, Any]) -> None:
    indicators = record["indicators"]
    empty = sum(row["level3"] is None for row in indicators)
    review = sum(row["review"] for row in indicators) + sum(value["review"] for value in record["fields"].values())
    print(f"\n{record['form']['year']} {record['form']['title']}")
    print(f"  from {record['source']['document']}, {_pages(record)}")
    counts = f"{len(indicators)} indicator rows ({empty} printed empty), {len(record['fields'])} fields"
    print(f"  {counts}; {review} to review")
    if row := next((row for row in indicators if row["level3"] and row["target"]), None):
        print(f"  e.g. {row['level1']} / {row['level2']} / {row['level3']}: {row['target']['value']}  {_where(row)}")
    repairs = [
        f"{'repaired' if repair['status'] == 'repaired' else 'proposed'}: {repair['raw']} → {repair['value']}"
        f"  [{repair['kind']}, {repair['score']:.2f}]"
        for repair in record["repairs"]
    ]
    findings = [f"{one['severity']}: {one['message']}" for one in record["findings"] if one["severity"] != "info"]
    for shown in (repairs, findings):
        for line in shown[:SHOWN]:
            print(f"  {line}")
        if len(shown) > SHOWN:
            print(f"  … {len(shown) - SHOWN} more")


def _pages(record: dict[str, Any]) -> str:
    pages = [page["page"] for page in record["source"]["pages"]]
    return f"page {pages[0]}" if len(pages) == 1 else f"pages {pages[0]} to {pages[-1]}" if pages else "no pages"


def _where(row: dict[str, Any]) -> str:
    where = row["cells"]["level3"]["where"]
    if not where:
        return ""
    if where[0].get("polygon"):
        x, y = where[0]["polygon"][0]
        return f"(page {where[0]['page']}, at {x:.0f}, {y:.0f})"
    return f"(line {where[0]['line']})" if where[0].get("line") else ""


if __name__ == "__main__":
    sys.exit(main())
