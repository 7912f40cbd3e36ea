"""One record a line, for programs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.export.masking import mask_record
from pipeline.export.whole import whole_file
from pipeline.records import Record


def write_jsonl(records: Iterable[Record], path: Path, *, mask_personal: bool = False) -> None:
    """Write one record a line, UTF-8, in their order; the file appears whole or not at all.

    Raises PipelineError when the file cannot be written.
    """
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="\n") as lines:
        for record in records:
            lines.write((mask_record(record) if mask_personal else record).to_json() + "\n")
