"""The tables as CSV files in a folder, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pipeline.export.masking import mask_record
from pipeline.export.tables import TABLES, table_rows
from pipeline.export.whole import whole_file
from pipeline.records import Record

# What a spreadsheet that opens the file would take for a formula; and what already has apostrophes before such a sign,
# so that taking one apostrophe off always gives back the text.
_FORMULA = re.compile(r"'*[\s]*[=+\-@＝＋－＠]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def write_csv(records: Iterable[Record], folder: Path, *, mask_personal: bool = False) -> None:
    """Write forms.csv, fields.csv, indicators.csv, repairs.csv and findings.csv into `folder`, UTF-8 with its mark.

    A text that begins like a formula has an apostrophe in front (`'=100%`), which spreadsheets take for text; codes
    keep their zeros in the file, and in a spreadsheet if the column is opened as text. Each file appears whole or not
    at all. Raises PipelineError when a file cannot be written.
    """
    with ExitStack() as stack:
        writers: dict[str, Any] = {}
        for name, columns in TABLES.items():
            part = stack.enter_context(whole_file(folder / f"{name}.csv"))
            lines = stack.enter_context(part.open("w", encoding="utf-8-sig", newline=""))
            writers[name] = csv.writer(lines)
            writers[name].writerow([column.name for column in columns])
        for record in records:
            for name, row in table_rows(mask_record(record) if mask_personal else record):
                writers[name].writerow([csv_cell(value) for value in row])


def csv_cell(value: Any) -> Any:
    """A value as a CSV cell: harmless, and without characters that no CSV reader keeps."""
    if not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else value
    text = _CONTROL.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n"))
    return f"'{text}" if _FORMULA.match(text) else text
