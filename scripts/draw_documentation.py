#!/usr/bin/env python3
"""Draw the pictures of the documentation (docs/pages/*.png) from the fixture pages and their recorded readings."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.evaluation.showcase import draw_documentation

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    try:
        for path in draw_documentation(ROOT / "fixtures" / "pages", ROOT / "docs" / "pages"):
            print(f"{path}: {path.stat().st_size} bytes")
    except PipelineError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
