"""A record as the rows of the store's tables. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from pipeline.decisions import Anchor, Decision, Doubt, places_of
from pipeline.records import Indicator, Record, Where
from pipeline.store.words import index_words

# Labels under which forms print the project's name; the first that is there names the form in lists.
_PROJECT_LABELS = ("项目名称", "专项名称", "预算项目名称", "项目（专项）名称")
Row = dict[str, Any]


@dataclass(slots=True)
class RecordRows:
    """One record, ready to be stored; ids are filled in by the store."""

    head: Row
    body: str
    indicators: list[Row] = field(default_factory=list)
    indicator_words: list[list[str]] = field(default_factory=list)
    form_words: list[str] = field(default_factory=list)
    repairs: list[Row] = field(default_factory=list)
    findings: list[Row] = field(default_factory=list)
    items: list[Row] = field(default_factory=list)


def record_rows(
    record: Record, position: int, doubts: Iterable[tuple[Doubt, Anchor, Decision | None]] = ()
) -> RecordRows:
    """Return the rows of a record; `doubts` are those behind its `review`, and those a person has decided."""
    items = _items(record, doubts)
    project = next((record.fields[label].value for label in _PROJECT_LABELS if label in record.fields), None)
    head = {
        "position": position, "form_id": record.id, "title": record.form.title, "template": record.form.template,
        "year": record.form.year, "agency": record.form.agency, "project": project,
        "indicators": len(record.indicators), "review": sum(item["decision_id"] is None for item in items),
    }  # fmt: skip
    texts = [record.form.title, record.form.agency, *record.fields, *(v.value for v in record.fields.values())]
    return RecordRows(
        head=head,
        body=record.to_json(),
        indicators=[_indicator(number, row) for number, row in enumerate(record.indicators)],
        indicator_words=[
            index_words((row.level1, row.level2, row.level3, row.target.value if row.target else None))
            for row in record.indicators
        ],
        form_words=index_words(texts),
        repairs=[
            {key: getattr(e, key) for key in ("at", "raw", "value", "status", "kind", "origin", "score", "evidence")}
            for e in record.repairs
        ],
        findings=[
            {key: getattr(f, key) for key in ("at", "code", "severity", "category", "message")} for f in record.findings
        ],
        items=items,
    )


def _indicator(number: int, row: Indicator) -> Row:
    target = row.target
    places = [where for name in ("level3", "target", "level2", "level1") if name in row.cells
              for where in row.cells[name].where]  # fmt: skip
    statuses = {cell.status for cell in row.cells.values()}
    status = next((word for word in ("proposed", "repaired", "unknown") if word in statuses), "unchanged")
    return {
        "position": number, "level1": row.level1, "level2": row.level2, "level3": row.level3,
        "target": target.value if target else None, "kind": target.kind if target else None,
        "operator": target.operator if target else None, "number": _number(target.number if target else None),
        "number_to": _number(target.number_to if target else None), "unit": target.unit if target else None,
        "status": status, "review": row.review, "page": places[0].page if places else None,
        "place": _spot(places[0]) if places else "",
    }  # fmt: skip


def _number(digits: str | None) -> float | None:
    try:
        return float(Decimal(digits)) if digits else None
    except InvalidOperation:
        return None


def _spot(where: Where) -> str:
    """A place as a search prints it."""
    if where.line is not None:
        return f"line {where.line}"
    if where.cell is not None:
        return f"{where.sheet or ''}!{where.cell}"
    return f"page {where.page}" if where.page is not None else ""


def _items(record: Record, doubts: Iterable[tuple[Doubt, Anchor, Decision | None]]) -> list[Row]:
    rows: dict[str, Row] = {}
    for doubt, anchor, decision in doubts:
        known = rows.get(anchor.key)
        if known is not None:  # one printed cell over several rows is looked at once
            known["more"].append(doubt.at)
            known["risk"] = max(known["risk"], doubt.risk)
            continue
        places = places_of(record, doubt.at)
        reasons = [{"kind": r.kind, "text": r.text, "code": r.code, "severity": r.severity} for r in doubt.reasons]
        if doubt.entry is not None:
            entry = doubt.entry
            reasons[0]["runner_up"] = entry.runner_up.value if entry.runner_up else ""
            reasons[0]["evidence"] = entry.evidence
        rows[anchor.key] = {
            "anchor": anchor.key, "position": len(rows), "at": doubt.at, "more": [], "part": doubt.part,
            "page": places[0].page if places else None, "sha256": anchor.sha256, "number": anchor.number,
            "place": anchor.place, "places": _json([w.model_dump(exclude_none=True) for w in places]),
            "raw": anchor.raw, "read": doubt.raw, "value": doubt.value, "proposal": doubt.proposal,
            "reasons": _json(reasons), "kind": doubt.reasons[0].kind, "risk": doubt.risk,
            "grouping": _grouping(doubt), "decision_id": decision.id if decision else None,
        }  # fmt: skip
    for row in rows.values():
        row["more"] = _json(row["more"])
    return list(rows.values())


def _grouping(doubt: Doubt) -> str:
    """Equal for values that one decision may serve: same part, same text, same proposal, same reasons to doubt it."""
    kinds = sorted({f"{reason.kind}:{reason.code}" for reason in doubt.reasons})
    parts = (doubt.part, doubt.raw, doubt.value or "", doubt.proposal or "", *kinds)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _json(value: Sequence[Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
