#!/usr/bin/env python3
"""Write docs/record.schema.json from the classes in pipeline/records.py; `--check` only compares.

A record's schema is a contract: run this after changing pipeline/records.py and read the diff before it lands.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pipeline.records import record_schema  # noqa: E402

SCHEMA = ROOT / "docs" / "record.schema.json"


def schema_text() -> str:
    """Return the schema as the file holds it."""
    return json.dumps(record_schema(), ensure_ascii=False, indent=2) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file is not up to date")
    arguments = parser.parse_args()
    wanted = schema_text()
    if arguments.check:
        if SCHEMA.is_file() and SCHEMA.read_text(encoding="utf-8") == wanted:
            return 0
        print(f"{SCHEMA}: not what pipeline/records.py says; run scripts/make_schema.py", file=sys.stderr)
        return 1
    SCHEMA.write_text(wanted, encoding="utf-8")
    print(SCHEMA)
    return 0


if __name__ == "__main__":
    sys.exit(main())
