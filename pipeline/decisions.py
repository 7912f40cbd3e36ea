"""What people decided, and what becomes of a record by it. Pure: it reads no store and no clock.

A decision is anchored to what a person looked at: a place on a page (by the page's digest, never by a list index) and
the text that was read there. So it holds for every document the page stands in, survives a new reading, a new
dictionary and a new model, and is found again where rows were added or joined otherwise.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pipeline.document import PageReading, Target
from pipeline.records import FieldValue, Finding, Indicator, Record, RepairEntry, TargetValue, ValueCell, Where

Action = Literal["accept", "reject", "edit", "confirm", "undo"]
ACTIONS: tuple[Action, ...] = ("accept", "reject", "edit", "confirm", "undo")
LEVELS = ("level1", "level2", "level3")
# A place read anew moves by a pixel or two; cells beside each other do not overlap at all.
_SAME_PLACE = 0.5
# Where a part of a row has no cell of its own (a target that is lost), it is anchored to the first of these.
_NEAREST = ("level3", "target", "level2", "level1")
_INDICATOR = re.compile(r"indicators\[(\d+)\](?:[.\[](.+?)\]?)?$")

PageKeys = Mapping[int, tuple[str, int]]  # page of the document, from one -> file digest, page of that file, from zero
ParseTarget = Callable[[str, str | None], Target]
ParseField = Callable[[str, str, str | None], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a decision is about.

    `place` is "x0,y0,x1,y1" (pixels of the page as it came in), "line:column" (counted as records do) or "sheet!cell".
    `part` is level1, level2, level3, target, extra.NAME, value, label, or row (an indicator as a whole). `raw` is the
    text read at the place.
    """

    sha256: str  # of the page's file
    number: int  # place of the page in its own file, from zero
    part: str
    place: str
    raw: str

    @property
    def key(self) -> str:
        """A short name of the anchor, the same everywhere."""
        parts = "\x1f".join((self.sha256, str(self.number), self.part, self.place, self.raw))
        return hashlib.sha256(parts.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of one person, as it was appended; `after` is the value that holds since.

    `previous` is the id of the decision on the same anchor that its author had seen (0: none). An `undo` names in
    `undoes` the decision that no longer holds; undoing an undo makes it hold again.
    """

    id: int
    anchor: Anchor
    action: Action
    before: str | None
    after: str | None
    who: str
    when: str  # ISO 8601, UTC
    why: str = ""
    batch: str = ""
    undoes: int | None = None
    previous: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason to doubt a value. kind: proposed, confidence, finding, structure."""

    kind: str
    text: str
    code: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A value that a person should look at: where it stands in the record, why, and what is proposed.

    `risk` orders the queue: the chance that the value is wrong, as far as its signs tell.
    """

    at: str
    part: str
    raw: str
    value: str | None
    reasons: tuple[Reason, ...]
    risk: float
    proposal: str | None = None
    entry: RepairEntry | None = None


# Risks of findings are an order, not a measurement: what breaks a rule is doubted more than what is merely odd.
_SEVERITY_RISK = {"error": 0.6, "warning": 0.3}
_STRUCTURE_RISK = 0.4


def page_keys(pages: Sequence[PageReading]) -> dict[int, tuple[str, int]]:
    """Page of the document, from one -> digest of its file and place in that file, from zero."""
    seen: dict[str, int] = {}
    keys: dict[int, tuple[str, int]] = {}
    for page in pages:
        number = seen.get(page.file, 0)
        seen[page.file] = number + 1
        keys[page.index + 1] = (page.sha256, number)
    return keys


def effective(decisions: Iterable[Decision]) -> list[Decision]:
    """The decisions that hold: not undone, and the latest on their anchor; in order of their ids."""
    ordered = sorted(decisions, key=lambda d: d.id)
    undone: set[int] = set()
    for decision in reversed(ordered):  # an undo is judged before what it undoes, because it came later
        if decision.undoes is not None and decision.id not in undone:
            undone.add(decision.undoes)
    latest: dict[str, Decision] = {}
    for decision in ordered:
        if decision.undoes is None and decision.id not in undone:
            latest[decision.anchor.key] = decision
    return sorted(latest.values(), key=lambda d: d.id)


# -- where a value stands ----------------------------------------------------------------------------------------------


def place_text(where: Where) -> str:
    """A place as an anchor says it."""
    if where.polygon:
        xs, ys = [x for x, _ in where.polygon], [y for _, y in where.polygon]
        return ",".join(str(round(v)) for v in (min(xs), min(ys), max(xs), max(ys)))
    if where.line is not None:
        return f"{where.line}:{where.column or 0}"
    if where.cell is not None:
        return f"{where.sheet or ''}!{where.cell}"
    return ""


def places_of(record: Record, at: str) -> tuple[Where, ...]:
    """The places of what `at` points to; of a row, its cells'; of a part without a cell, its nearest cell's."""
    if found := _INDICATOR.match(at):
        row = record.indicators[int(found[1])]
        part = found[2]
        if part in row.cells:
            return tuple(row.cells[part].where)
        if part is None:
            return tuple(where for name in _NEAREST if name in row.cells for where in row.cells[name].where)
        nearest = next((row.cells[name] for name in _NEAREST if name in row.cells), None)
        return tuple(nearest.where) if nearest else ()
    key = _field_key(record, at)
    return tuple(record.fields[key].where) if key is not None else ()


def anchor_of(record: Record, at: str, pages: PageKeys) -> Anchor | None:
    """The anchor of what `at` points to; None where it is no value of the record."""
    if found := _INDICATOR.match(at):
        number = int(found[1])
        if number >= len(record.indicators):
            return None
        return _indicator_anchor(record, number, found[2] or "row", pages)
    key = _field_key(record, at)
    if key is None:
        return None
    value = record.fields[key]
    part = "label" if at == f"fields.{key}.label" else "value"
    place = place_text(value.where[0]) if value.where else f"field:{key}"
    sha256, page = _page(record, value.where, pages)
    return Anchor(sha256, page, part, place, value.raw)


def _indicator_anchor(record: Record, number: int, part: str, pages: PageKeys) -> Anchor:
    row = record.indicators[number]
    cell = row.cells.get(part) or next((row.cells[name] for name in _NEAREST if name in row.cells), None)
    raw = cell.raw if cell is not None and (part in row.cells or part == "row") else row.extra.get(part[6:], "")
    places = cell.where if cell else []
    place = place_text(places[0]) if places else f"row:{number}"
    sha256, page = _page(record, places, pages)
    return Anchor(sha256, page, part, place, raw)


def _page(record: Record, places: Sequence[Where], pages: PageKeys) -> tuple[str, int]:
    number = places[0].page if places and places[0].page is not None else None
    if number is None:
        number = record.source.pages[0].page if record.source.pages else min(pages, default=1)
    return pages.get(number, (record.source.sha256, 0))


def _field_key(record: Record, at: str) -> str | None:
    if not at.startswith("fields."):
        return None
    path = at.removeprefix("fields.")
    # A label may itself hold a dot, so the longest label that the path begins with is meant.
    fits = [key for key in record.fields if path == key or path.startswith((key + ".", key + "["))]
    return max(fits, key=len, default=None)


def all_places(record: Record, pages: PageKeys) -> Iterator[tuple[str, Anchor]]:
    """Every value of the record that can be decided on, with its anchor."""
    for key in record.fields:
        for at in (f"fields.{key}", f"fields.{key}.label"):
            if anchor := anchor_of(record, at, pages):
                yield at, anchor
    for number, row in enumerate(record.indicators):
        parts = [*LEVELS, "target", *(f"extra.{name}" for name in row.extra), "row"]
        for part in parts:
            at = f"indicators[{number}]" if part == "row" else f"indicators[{number}].{part}"
            yield at, _indicator_anchor(record, number, part, pages)


def value_of(record: Record, at: str) -> str | None:
    """The value that `at` points to, as the record holds it."""
    if found := _INDICATOR.match(at):
        row, part = record.indicators[int(found[1])], found[2]
        if part == "target":
            return row.target.value if row.target else None
        if part in LEVELS:
            value: str | None = getattr(row, part)
            return value
        if part and part.startswith("extra"):
            return row.extra.get(part[6:])
        return row.level3
    key = _field_key(record, at)
    if key is None:
        return None
    return key if at == f"fields.{key}.label" else record.fields[key].value


# -- what is doubted ---------------------------------------------------------------------------------------------------


def list_doubts(record: Record, review_confidence: float) -> list[Doubt]:
    """Every doubt behind a `review` of the record: one a value, in the record's order, with all its reasons."""
    reasons = _reasons(record, review_confidence)
    entries = {entry.at: entry for entry in record.repairs if entry.status == "proposed"}
    doubts = []
    for at, found in reasons.items():
        entry = entries.get(at) or _shared_entry(record, at, entries)
        risks = [_risk(reason, record, at, entry) for reason in found]
        match = _INDICATOR.match(at)
        part = (match[2] or "row") if match else ("label" if at.endswith(".label") else "value")
        value = entry.raw if entry and part == "label" else value_of(record, at)
        doubts.append(
            Doubt(at, part, entry.raw if entry else _raw(record, at), value, tuple(found), round(max(risks), 4),
                  entry.value if entry else None, entry)
        )  # fmt: skip
    return doubts


def _reasons(record: Record, least: float) -> dict[str, list[Reason]]:
    reasons: dict[str, list[Reason]] = {}
    findings: dict[str, list[Finding]] = {}
    for finding in record.findings:
        if finding.severity in _SEVERITY_RISK:
            findings.setdefault(finding.at, []).append(finding)
    labels = {entry.at: entry for entry in record.repairs if entry.status == "proposed" and entry.at.endswith(".label")}
    for key, value in record.fields.items():
        if not value.review:
            continue
        base = f"fields.{key}"
        _from_findings(reasons, findings, base, base)
        if (entry := labels.get(f"{base}.label")) is not None:
            _add(reasons, f"{base}.label", Reason("proposed", entry.reason))
        if value.confidence < least:
            _add(reasons, base, Reason("confidence", f"识别把握 {value.confidence:.2f}"))
        if not any(at == base or at.startswith((base + ".", base + "[")) for at in reasons):
            _add(reasons, base, Reason("structure", "栏目名称有疑问"))
    for number, row in enumerate(record.indicators):
        if not row.review:
            continue
        base = f"indicators[{number}]"
        before = len(reasons)
        _from_findings(reasons, findings, base, base)
        for part, cell in row.cells.items():
            at = f"{base}.{part}"
            if cell.status == "proposed":
                entry = next((e for e in record.repairs if e.status == "proposed" and e.at == at), None)
                _add(reasons, at, Reason("proposed", entry.reason if entry else "有建议"))
            if cell.confidence < least:
                _add(reasons, at, Reason("confidence", f"识别把握 {cell.confidence:.2f}"))
        if len(reasons) == before:
            _add(reasons, base, Reason("structure", "上级指标缺失，可能错行"))
    return reasons


def _from_findings(
    reasons: dict[str, list[Reason]], findings: Mapping[str, list[Finding]], base: str, default: str
) -> None:
    for at, found in findings.items():
        if at == base or at.startswith((base + ".", base + "[")):
            for finding in found:
                _add(
                    reasons,
                    at if at != base else default,
                    Reason("finding", finding.message, finding.code, finding.severity),
                )


def _add(reasons: dict[str, list[Reason]], at: str, reason: Reason) -> None:
    reasons.setdefault(at, []).append(reason)


def _shared_entry(record: Record, at: str, entries: Mapping[str, RepairEntry]) -> RepairEntry | None:
    """A printed cell that spans rows has its entry at the first of them only."""
    match = _INDICATOR.match(at)
    if not match or match[2] not in LEVELS:
        return None
    cell = record.indicators[int(match[1])].cells.get(match[2])
    if cell is None or cell.status != "proposed":
        return None
    for number in range(int(match[1]), -1, -1):
        if record.indicators[number].cells.get(match[2]) != cell:
            return None
        if entry := entries.get(f"indicators[{number}].{match[2]}"):
            return entry
    return None


def _risk(reason: Reason, record: Record, at: str, entry: RepairEntry | None) -> float:
    if reason.kind == "proposed":
        return entry.score if entry else 0.5
    if reason.kind == "confidence":
        return 1.0 - _confidence(record, at)
    return _SEVERITY_RISK.get(reason.severity, _STRUCTURE_RISK)


def _confidence(record: Record, at: str) -> float:
    if match := _INDICATOR.match(at):
        cell = record.indicators[int(match[1])].cells.get(match[2] or "")
        return cell.confidence if cell else 1.0
    key = _field_key(record, at)
    return record.fields[key].confidence if key is not None else 1.0


def _raw(record: Record, at: str) -> str:
    if match := _INDICATOR.match(at):
        row = record.indicators[int(match[1])]
        cell = row.cells.get(match[2] or "")
        if cell is not None:
            return cell.raw
        return row.extra.get((match[2] or "")[6:], "") if match[2] else row.level3 or ""
    key = _field_key(record, at)
    return record.fields[key].raw if key is not None else ""


# -- what becomes of a record ------------------------------------------------------------------------------------------


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
            match = _INDICATOR.match(doubt.at)
            open_.add(f"indicators[{match[1]}]" if match else f"fields.{_field_key(record, doubt.at)}")
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
            if match := _INDICATOR.match(at):
                if match[2]:
                    self._indicator(decision, int(match[1]), match[2])
            elif (key := _field_key(self._record, at)) is not None:
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
