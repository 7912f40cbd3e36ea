"""Records as five flat tables, for formats that hold tables: forms, fields, indicators, repairs, findings.

Every row names its record; together they hold what the record holds. Places are the first of each value's, as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.export.rows import head_of
from pipeline.records import Indicator, Record, ValueCell, Where

Kind = Literal["text", "whole", "share", "flag"]
PARTS = ("level1", "level2", "level3", "target")
_TARGET = ("raw", "value", "kind", "operator", "number", "number_to", "unit", "date", "text")


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: its name and what it holds. Numbers of targets are text: no digit of them is lost."""

    name: str
    kind: Kind = "text"


def _columns(*names: str) -> tuple[TableColumn, ...]:
    kinds: dict[str, Kind] = {
        "year": "whole", "position": "whole", "page": "whole", "pages": "whole", "review": "flag",
        "confidence": "share", "score": "share", "runner_up_score": "share",
    }  # fmt: skip
    return tuple(TableColumn(name, kinds.get(name, "text")) for name in names)


TABLES: dict[str, tuple[TableColumn, ...]] = {
    "forms": _columns(
        "record", "title", "template", "year", "agency", "agency_code", "project", "money_unit", "document",
        "document_sha256", "pages",
    ),
    "fields": _columns(
        "record", "position", "label", "value", "raw", "parsed", "status", "confidence", "review", "page", "place",
    ),
    "indicators": _columns(
        "record", "position", "year", "agency", "agency_code", "project", "level1", "level2", "level3", "period",
        *(f"target_{name}" for name in _TARGET), *(f"{part}_raw" for part in PARTS[:3]),
        *(f"{part}_status" for part in PARTS), "confidence", "review", "extra", "page", "place",
    ),
    "repairs": _columns(
        "record", "position", "at", "raw", "value", "status", "kind", "origin", "score", "runner_up",
        "runner_up_score", "evidence", "reason",
    ),
    "findings": _columns("record", "position", "at", "code", "severity", "category", "message", "remedy"),
}  # fmt: skip

TableRow = tuple[Any, ...]


def table_rows(record: Record) -> Iterator[tuple[str, TableRow]]:
    """Yield the record's rows, each with the name of its table; values stand in the order of its columns."""
    head = head_of(record)
    form = record.form
    yield "forms", (
        record.id, form.title, form.template, form.year, form.agency, head.code or None, head.project or None,
        form.money_unit, record.source.document, record.source.sha256, len(record.source.pages),
    )  # fmt: skip
    for number, (label, value) in enumerate(record.fields.items()):
        parsed = json.dumps(value.parsed, ensure_ascii=False) if value.parsed is not None else None
        yield "fields", (
            record.id, number, label, value.value, value.raw, parsed, value.status, value.confidence, value.review,
            *_place(value.where),
        )  # fmt: skip
    for number, row in enumerate(record.indicators):
        yield "indicators", (
            record.id, number, form.year, form.agency, head.code or None, head.project or None, row.level1, row.level2,
            row.level3, row.period, *(getattr(row.target, name) if row.target else None for name in _TARGET),
            *(_cell(row, part, "raw") for part in PARTS[:3]), *(_cell(row, part, "status") for part in PARTS),
            min((cell.confidence for cell in row.cells.values()), default=None), row.review,
            json.dumps(row.extra, ensure_ascii=False) if row.extra else None, *_place(_places(row)),
        )  # fmt: skip
    for number, entry in enumerate(record.repairs):
        runner = entry.runner_up
        yield "repairs", (
            record.id, number, entry.at, entry.raw, entry.value, entry.status, entry.kind, entry.origin, entry.score,
            runner.value if runner else None, runner.score if runner else None, entry.evidence, entry.reason,
        )  # fmt: skip
    for number, finding in enumerate(record.findings):
        yield "findings", (
            record.id, number, finding.at, finding.code, finding.severity, finding.category, finding.message,
            finding.remedy,
        )  # fmt: skip


def _cell(row: Indicator, part: str, name: str) -> Any:
    cell: ValueCell | None = row.cells.get(part)
    return getattr(cell, name) if cell else None


def _places(row: Indicator) -> list[Where]:
    return next((row.cells[part].where for part in ("level3", "target", "level2", "level1") if part in row.cells), [])


def _place(places: list[Where]) -> tuple[int | None, str | None]:
    if not places:
        return None, None
    where = places[0]
    if where.polygon:
        return where.page, " ".join(f"{x:g},{y:g}" for x, y in where.polygon)
    if where.line is not None:
        return where.page, f"line {where.line}" + (f" column {where.column}" if where.column is not None else "")
    return where.page, f"{where.sheet or ''}!{where.cell}" if where.cell is not None else None
