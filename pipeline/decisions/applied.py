"""What becomes of a record by the decisions on its pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.decisions.anchors import INDICATOR, LEVELS, Anchor, Decision, PageKeys, all_places, anchor_of, field_key
from pipeline.decisions.doubts import Doubt
from pipeline.document import Target
from pipeline.records import FieldValue, Indicator, Record, RepairEntry, TargetValue, ValueCell

# A place read anew moves by a pixel or two; cells beside each other do not overlap at all.
_SAME_PLACE = 0.5

ParseTarget = Callable[[str, str | None], Target]
ParseField = Callable[[str, str, str | None], dict[str, Any] | None]


@dataclass
class Applied:
    """A record with the decisions in it: which anchor is decided by which decision, and which decisions found it."""

    record: Record
    decided: dict[str, Decision] = field(default_factory=dict)  # anchor key, as the record has it -> decision
    found: set[int] = field(default_factory=set)  # ids of the decisions that apply to this record
    changed_readings: list[tuple[str, Decision]] = field(default_factory=list)  # at -> decided on another raw text


def apply_decisions(
    record: Record,
    decisions: Sequence[Decision],
    pages: PageKeys,
    parse_target: ParseTarget,
    parse_field: ParseField,
) -> Applied:
    """Return the record with the values that people decided on; findings and `review` are as before.

    `decisions` are effective ones, in order. What a person changed stands in `repairs` with the evidence
    `decision:ANCHOR`; a proposal that was refused is gone from them.
    """
    result = Applied(record)
    if not decisions:
        return result
    places = list(all_places(record, pages))
    exact: dict[str, list[str]] = {}
    for at, anchor in places:
        exact.setdefault(anchor.key, []).append(at)
    by_at = dict(places)
    hits: list[tuple[Decision, list[str]]] = []
    for decision in decisions:
        ats = exact.get(decision.anchor.key) or [at for at, anchor in places if _same_place(anchor, decision.anchor)]
        if ats:
            hits.append((decision, ats))
            result.found.add(decision.id)
        for at in ats:
            result.decided[by_at[at].key] = decision
            if by_at[at].raw != decision.anchor.raw:
                result.changed_readings.append((at, decision))
    editor = _Editor(record, parse_target, parse_field)
    # Labels last: a new label is a new key, and the other decisions name the old one.
    for decision, ats in sorted(hits, key=lambda hit: hit[0].anchor.part == "label"):
        editor.apply(decision, ats)
    result.record = editor.record()
    return result


def settle(
    record: Record, applied: Applied, doubts: Sequence[Doubt], pages: PageKeys
) -> tuple[Record, list[tuple[Doubt, Anchor, Decision | None]]]:
    """Return the checked record with `review` true only where a doubt is not decided, and each doubt with its decision.

    `doubts` are those of the record as it was checked after the decisions.
    """
    open_: set[str] = set()
    listed: list[tuple[Doubt, Anchor, Decision | None]] = []
    for doubt in doubts:
        anchor = anchor_of(record, doubt.at, pages)
        if anchor is None:
            continue
        decision = applied.decided.get(anchor.key)
        listed.append((doubt, anchor, decision))
        if decision is None:
            match = INDICATOR.match(doubt.at)
            open_.add(f"indicators[{match[1]}]" if match else f"fields.{field_key(record, doubt.at)}")
    indicators = [
        row.model_copy(update={"review": row.review and f"indicators[{number}]" in open_})
        for number, row in enumerate(record.indicators)
    ]
    fields = {
        key: value.model_copy(update={"review": value.review and f"fields.{key}" in open_})
        for key, value in record.fields.items()
    }
    return record.model_copy(update={"indicators": indicators, "fields": fields}), listed


def _same_place(one: Anchor, other: Anchor) -> bool:
    if (one.sha256, one.number, one.part) != (other.sha256, other.number, other.part):
        return False
    if one.place == other.place:
        return True
    mine, theirs = _box(one.place), _box(other.place)
    if mine is None or theirs is None:
        return False
    width = min(mine[2], theirs[2]) - max(mine[0], theirs[0])
    height = min(mine[3], theirs[3]) - max(mine[1], theirs[1])
    both = max(width, 0) * max(height, 0)
    area = sum((b[2] - b[0]) * (b[3] - b[1]) for b in (mine, theirs)) - both
    return area > 0 and both / area >= _SAME_PLACE


def _box(place: str) -> tuple[int, int, int, int] | None:
    parts = place.split(",")
    if len(parts) != 4:
        return None
    try:
        x0, y0, x1, y1 = (int(part) for part in parts)
    except ValueError:
        return None
    return x0, y0, x1, y1


class _Editor:
    """A record's parts, opened for change."""

    def __init__(self, record: Record, parse_target: ParseTarget, parse_field: ParseField) -> None:
        self._record = record
        self._parse_target, self._parse_field = parse_target, parse_field
        self._fields = dict(record.fields)
        self._rows = list(record.indicators)
        self._repairs = list(record.repairs)
        self._agency = record.form.agency

    def record(self) -> Record:
        form = self._record.form.model_copy(update={"agency": self._agency})
        return self._record.model_copy(
            update={"fields": self._fields, "indicators": self._rows, "repairs": self._repairs, "form": form}
        )

    def apply(self, decision: Decision, ats: Sequence[str]) -> None:
        if decision.anchor.part == "label":
            self._label(decision, ats[0])
            return
        for at in ats:
            if match := INDICATOR.match(at):
                if match[2]:
                    self._indicator(decision, int(match[1]), match[2])
            elif (key := field_key(self._record, at)) is not None:
                self._field(decision, key)
        self._enter(decision, ats)

    def _indicator(self, decision: Decision, number: int, part: str) -> None:
        row = self._rows[number]
        after = decision.after or None
        update: dict[str, Any] = {}
        if part in LEVELS:
            update[part] = after
        elif part == "target":
            update["target"] = self._target(row, after)
        elif part.startswith("extra"):
            update["extra"] = {**row.extra, part[6:]: after or ""}
        if part in row.cells:
            update["cells"] = {**row.cells, part: self._cell(row.cells[part], decision, f"indicators[{number}].{part}")}
        self._rows[number] = row.model_copy(update=update)

    def _target(self, row: Indicator, after: str | None) -> TargetValue | None:
        raw = row.cells["target"].raw if "target" in row.cells else ""
        if after is None:
            return TargetValue(raw=raw, value="", kind="empty") if raw else None
        parsed = self._parse_target(after, row.level3)
        return TargetValue.model_validate({**asdict(parsed), "raw": raw, "value": after})

    def _cell(self, cell: ValueCell, decision: Decision, at: str) -> ValueCell:
        entry = next((e for e in self._repairs if e.at == at), None)
        kept = {entry.raw if entry else cell.raw, cell.raw}
        if entry is None and cell.status == "proposed":  # the entry of a cell over several rows stands at its first
            status = "unknown" if decision.action in ("reject", "confirm") else "repaired"
        elif (decision.after or "") in kept or (entry is None and decision.before == decision.after):
            status = "unknown" if cell.status in ("proposed", "repaired") else cell.status
        else:
            status = "repaired"
        return cell.model_copy(update={"status": status})

    def _field(self, decision: Decision, key: str) -> None:
        value = self._fields[key]
        after = decision.after or ""
        parsed = self._parse_field(key.split("#", maxsplit=1)[0], after, _unit(value) or self._record.form.money_unit)
        if self._agency is not None and self._agency == value.value:
            self._agency = after or None
        status = "repaired" if after != value.raw else value.status
        self._fields[key] = value.model_copy(update={"value": after, "parsed": parsed, "status": status})

    def _label(self, decision: Decision, at: str) -> None:
        """A label is the key of its field, and of every field whose path it is part of."""
        entry = next((e for e in self._repairs if e.at == at), None)
        old = entry.raw if entry is not None and entry.status == "proposed" else decision.before
        new = decision.after
        self._enter(decision, [at])
        if not old or not new or old == new:
            return
        renamed: dict[str, str] = {}
        fields: dict[str, FieldValue] = {}
        for key, value in self._fields.items():
            path, number, count = key.partition("#")
            name = "→".join(new if part == old else part for part in path.split("→")) + number + count
            while name in fields:
                name += "#2"
            renamed[key], fields[name] = name, value
        self._fields = fields
        self._repairs = [e.model_copy(update={"at": _renamed(e.at, renamed)}) for e in self._repairs]

    def _enter(self, decision: Decision, ats: Sequence[str]) -> None:
        """Bring the list of repairs in line: what a person took stands there as made, what was refused does not."""
        after = decision.after or ""
        mine = set(ats)
        evidence = f"decision:{decision.anchor.key[:12]}"
        index = next((i for i, entry in enumerate(self._repairs) if entry.at in mine), None)
        if index is not None:
            entry = self._repairs[index]
            if after == entry.value:
                reason = "；".join(text for text in (entry.reason, decision.why or "人工确认") if text)
                self._repairs[index] = entry.model_copy(
                    update={"status": "repaired", "evidence": evidence, "reason": reason}
                )
                return
            del self._repairs[index]
            if after == entry.raw:
                return
            raw = entry.raw
        else:
            if decision.anchor.part == "row" or decision.action == "confirm" or after == (decision.before or ""):
                return
            raw = decision.anchor.raw
        if after == raw:
            return
        self._repairs.append(
            RepairEntry(
                at=ats[0], raw=raw, value=after, status="repaired", kind="several", origin="unclear", score=1.0,
                evidence=evidence, reason=decision.why or "人工更正",
            )
        )  # fmt: skip


def _unit(value: FieldValue) -> str | None:
    unit = (value.parsed or {}).get("unit")
    return unit if isinstance(unit, str) else None


def _renamed(at: str, names: Mapping[str, str]) -> str:
    for key in sorted(names, key=len, reverse=True):
        for end in ("", ".label"):
            if at == f"fields.{key}{end}":
                return f"fields.{names[key]}{end}"
    return at
