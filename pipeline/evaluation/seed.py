"""A real OCR text against the truth that people wrote down for it (the format of the truth beside the fixture)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.evaluation.forms import found_row
from pipeline.interpret import interpret, load_interpret_tools
from pipeline.ocrtext import read_text_file
from pipeline.records import Record


def compare_with_truth(text: Path, truth: Mapping[str, Any]) -> Iterator[str]:
    """Yield printed lines: rows, fields, repairs and proposals right, and every difference."""
    tools = load_interpret_tools()
    sha = hashlib.sha256(text.read_bytes()).hexdigest()
    records = list(interpret(read_text_file(text), str(text), sha, tools))
    wanted_forms = truth["forms"]
    yield f"forms {len(records)} of {len(wanted_forms)}"
    rows = right = fields = fields_right = 0
    allowed = _corrections(truth)
    for record, wanted in zip(records, wanted_forms, strict=False):
        for found, row in zip([found_row(i) for i in record.indicators], _rows(wanted, allowed), strict=False):
            rows += 1
            right += found == row
            if found != row:
                yield f"  row: {found} != {row}"
        for key, value in _fields(wanted).items():
            fields += 1
            got = record.fields.get(key)
            fields_right += got is not None and got.value == value
            if got is None or got.value != value:
                yield f"  field {key}: {None if got is None else got.value[:40]!r} != {value[:40]!r}"
        for name, value in (
            ("title", wanted["title"]),
            ("agency", wanted.get("unit_name") or wanted.get("agency")),
            ("year", wanted["year"]),
        ):
            if getattr(record.form, name) != value:
                yield f"  {name}: {getattr(record.form, name)!r} != {value!r}"
    yield f"rows right {right} of {rows}"
    yield f"fields right {fields_right} of {fields}"
    yield from _repairs(records)


def _corrections(truth: Mapping[str, Any]) -> Mapping[str, str]:
    """The names that must be repaired, in either truth format; all others stay as they were read."""
    return {
        c.get("as_written", c.get("raw")): c.get("corrected", c.get("value"))
        for c in truth["corrections"]
        if c["auto_correct"]
    }


def _rows(form: Mapping[str, Any], allowed: Mapping[str, str]) -> Sequence[tuple[str | None, ...]]:
    """The rows of either truth format, their level 3 as it should read after repair."""
    rows = []
    for row in form["indicators"]:
        if "level3_raw" in row:
            written = row["level3_raw"]
            rows.append((row["level1"], row["level2"], allowed.get(written or "", written), row["target"]))
            continue
        written = row["level3_as_written"] or None
        target = row["target_as_written"] if row["value_status"] != "lost" else None
        rows.append((row["level1"], row["level2"], allowed.get(written or "", written), target or None))
    return rows


def _fields(form: Mapping[str, Any]) -> dict[str, str]:
    if "fields" in form:
        return dict(form["fields"])
    narratives = {key: value["text"] for key, value in form["narratives"].items()}
    return {**form["header_as_written"], **narratives}


def _repairs(records: Sequence[Record]) -> Iterator[str]:
    for number, record in enumerate(records, start=1):
        for repair in record.repairs:
            made = f"{repair.raw} -> {repair.value} ({repair.kind}, {repair.evidence})"
            yield f"  form {number} {repair.at} {repair.status}: {made}"
        for finding in record.findings:
            yield f"  form {number} {finding.at} {finding.severity} {finding.code}: {finding.message}"
