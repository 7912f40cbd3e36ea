"""What a reviewer sees of a value: itself, what is proposed, what stands beside it, what was decided on it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from pipeline.decisions import LEVELS, Anchor, Decision, all_places, anchor_of, effective, places_of, value_of
from pipeline.records import Finding, Indicator, Record, Where
from pipeline.store import Mark, Reviews

PARTS = {
    "level1": "一级指标", "level2": "二级指标", "level3": "三级指标", "target": "目标值", "value": "栏目内容",
    "label": "栏目名称", "row": "整行",
}  # fmt: skip
KINDS = {"proposed": "有更正建议", "confidence": "识别把握低", "finding": "内容有问题", "structure": "行列有疑问"}
ACTS = {"accept": "采用建议", "reject": "保留原文", "edit": "改写", "confirm": "确认无误", "undo": "撤销"}
SEVERITIES = {"error": "错误", "warning": "警告", "info": "提示"}
REPAIR_KINDS = {
    "look-alike": "形近字", "displaced": "错位", "dropped": "缺字", "inserted": "多字", "doubled": "重字",
    "swapped": "换位", "split": "断开", "several": "多处",
}  # fmt: skip
# What a proposal may rest on.
EVIDENCE = {
    "dictionary": "词典", "compound": "构词", "document": "同一文件", "skeleton": "表样", "words": "常用词",
    "seen": "已知误读", "grammar": "写法", "decision": "人工决定",
}  # fmt: skip
# Rows above and below: enough to see a shifted column, few enough to stay under the value without scrolling.
_BESIDE = 2
# Documents whose pages are remembered; a document is named by its content, so what is remembered stays true.
_KEPT_KEYS = 2_000
_INDICATOR = "indicators["


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters, and whether the other text has others in its place. `text` shows what is invisible."""

    text: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class CellShown:
    """One cell of the rows around a value."""

    part: str
    text: str
    at: str
    state: str  # this, open, decided, repaired, plain
    key: str = ""


@dataclass(frozen=True, slots=True)
class RowShown:
    """One row around a value; its number counts from one."""

    number: int
    cells: tuple[CellShown, ...]
    here: bool


@dataclass(slots=True)
class Value:
    """A value as the workbench shows it, doubted or not."""

    key: str
    record_id: int
    at: str
    more: tuple[str, ...]
    anchor: Anchor
    read: str
    value: str | None
    proposal: str | None
    reasons: tuple[dict[str, str], ...]
    kind: str
    risk: float
    grouping: str
    page: int | None
    places: tuple[dict[str, Any], ...]
    seen: int
    document: str
    title: str
    agency: str | None
    year: int | None
    record: Record
    held: Decision | None = None
    history: list[Decision] = field(default_factory=list)
    confidence: float | None = None

    @property
    def part_name(self) -> str:
        """What it is, in words."""
        part = self.anchor.part
        if self.at.startswith("fields."):
            return f"{self.label}（{PARTS[part]}）" if part in PARTS else self.label
        return PARTS.get(part, part.removeprefix("extra."))

    @property
    def label(self) -> str:
        """The label of a field."""
        return field_label(self.record, self.at)

    @property
    def now(self) -> str:
        """The value that holds."""
        return (self.held.after if self.held else self.value) or ""

    @property
    def level_section(self) -> str | None:
        """The dictionary section that an accepted name of this part goes to."""
        part = self.anchor.part
        return part if part in LEVELS else "field" if part == "label" else None

    @property
    def runner_up(self) -> str:
        """The second-best proposal, or an empty text."""
        return next((r["runner_up"] for r in self.reasons if r.get("runner_up")), "")

    @property
    def evidence(self) -> str:
        """Where the proposal comes from, in words."""
        kind, _, name = next((r["evidence"] for r in self.reasons if r.get("evidence")), "").partition(":")
        return f"{EVIDENCE.get(kind, kind)} {name}".strip()

    @property
    def unsure(self) -> bool:
        """Whether it is said among the reasons already how sure the reading was."""
        return any(reason["kind"] == "confidence" for reason in self.reasons)

    @property
    def findings(self) -> list[Finding]:
        """What was found about this value, its row or its field."""
        base = self.at.split("]")[0] + "]" if self.at.startswith(_INDICATOR) else f"fields.{self.label}"
        told = {reason["text"] for reason in self.reasons}  # said as a reason already
        return [
            finding
            for finding in self.record.findings
            if (finding.at == base or finding.at.startswith((base + ".", base + "["))) and finding.message not in told
        ]

    @property
    def remedies(self) -> list[str]:
        """What can be done about the reasons."""
        told = {reason["text"] for reason in self.reasons}
        return [f.remedy for f in self.record.findings if f.remedy and f.message in told and self._mine(f.at)]

    def _mine(self, at: str) -> bool:
        return at == self.at or at in self.more

    @property
    def homeless(self) -> bool:
        """Whether the value has no cell of its own, so that the outline is around another one of its row."""
        if not self.at.startswith(_INDICATOR) or self.anchor.part == "row":
            return False
        return self.anchor.part not in self.record.indicators[int(self.at[len(_INDICATOR) : self.at.index("]")])].cells


def differing(one: str, other: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces, each with whether it differs from the other text."""
    left, right = [], []
    for tag, i0, i1, j0, j1 in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if i1 > i0:
            left.append(Piece(visible(one[i0:i1]), tag != "equal"))
        if j1 > j0:
            right.append(Piece(visible(other[j0:j1]), tag != "equal"))
    return left, right


# What cannot be seen is shown as a sign: spaces between characters, and marks that turn the text's direction around.
_SIGNS = {" ": "␣", "\u3000": "⬚", "\t": "⇥", "\n": "⏎\n", "\u00a0": "⍽"}


def visible(text: str) -> str:
    """The text with a sign for each character that cannot be seen."""
    return "".join(
        _SIGNS.get(char) or (char if char.isprintable() else f"\\u{ord(char):04x}") for char in text
    )  # fmt: skip


@lru_cache(maxsize=64)
def parsed(body: str) -> Record:
    """A record of its JSON; steps within a form parse it once."""
    return Record.model_validate(json.loads(body))


def field_label(record: Record, at: str) -> str:
    """The label of the field that `at` points into."""
    path = at.removeprefix("fields.")
    fits = [key for key in record.fields if path == key or path.startswith((key + ".", key + "["))]
    return max(fits, key=len, default=path)


class Sights:
    """Finds what is shown."""

    def __init__(self, reviews: Reviews) -> None:
        self.reviews = reviews
        self._keys: dict[tuple[int, str], dict[int, tuple[str, int]]] = {}

    def item(self, key: str) -> Value | None:
        """The doubted (or decided) value of this key; None where its record no longer has it."""
        found = self.reviews.item_and_body(key)
        if found is None:
            return None
        item, record = found[0], parsed(found[1])
        history = self.reviews.history(item.anchor.key)
        return Value(
            item.key, item.record_id, item.at, item.more, item.anchor, item.read, item.value, item.proposal,
            item.reasons, item.kind, item.risk, item.grouping, item.page, item.places, item.seen, item.document,
            item.title, item.agency, item.year, record, _held(history), history, _confidence(record, item.at),
        )  # fmt: skip

    def at(self, record_id: int, at: str) -> Value | None:
        """Any value of a record, doubted or not: a reviewer may see what the machine did not."""
        body = self.reviews.record_body(record_id)
        if body is None:
            return None
        record = parsed(body)
        anchor = self.anchor(record_id, record, at)
        if anchor is None:
            return None
        if (doubted := self.item(f"{record_id}-{anchor.key}")) is not None:
            return doubted
        history = self.reviews.history(anchor.key)
        places = places_of(record, at)
        page = next((place.page for place in places if place.page is not None), None)
        return Value(
            f"{record_id}-{anchor.key}", record_id, at, (), anchor, anchor.raw, value_of(record, at), None, (), "",
            0.0, "", page, tuple(place.model_dump(exclude_none=True) for place in places),
            history[-1].id if history else 0, record.source.document, record.form.title, record.form.agency,
            record.form.year, record, _held(history), history, _confidence(record, at),
        )  # fmt: skip

    def anchor(self, record_id: int, record: Record, at: str) -> Anchor | None:
        """The anchor of any value of a record."""
        try:
            return anchor_of(record, at, self.page_keys(record_id, record))
        except (KeyError, IndexError, ValueError):
            return None

    def page_keys(self, record_id: int, record: Record) -> dict[int, tuple[str, int]]:
        """Page of the document -> digest of its file and place in that file, as decisions are anchored."""
        name = (record_id, record.source.sha256)
        if name in self._keys:
            return self._keys[name]
        found = self.reviews.page_keys(record_id, [page.page for page in record.source.pages])
        keys = {page.page: found.get(page.page, (page.sha256, 0)) for page in record.source.pages}
        if len(self._keys) > _KEPT_KEYS:
            self._keys.clear()
        self._keys[name] = keys
        return keys

    def decided_values(self, record_id: int, record: Record, ats: Iterable[str] | None = None) -> dict[str, str]:
        """`at` -> value for what people decided since (and before) the record was made; `ats` are those looked for."""
        keys = self.page_keys(record_id, record)
        held = self.reviews.held_on(keys.values())
        if not held:
            return {}
        if ats is None:
            places = all_places(record, keys)
        else:
            places = ((at, anchor) for at in ats if (anchor := anchor_of(record, at, keys)) is not None)
        return {at: held[anchor.key] for at, anchor in places if anchor.key in held and anchor.part != "row"}

    def rows(self, value: Value) -> list[RowShown]:
        """The indicator rows around a value; none for a field."""
        if not value.at.startswith(_INDICATOR):
            return []
        here = int(value.at[len(_INDICATOR) : value.at.index("]")])
        first, last = max(here - _BESIDE, 0), min(here + _BESIDE + 1, len(value.record.indicators))
        shown = [f"indicators[{number}].{part}" for number in range(first, last) for part in (*LEVELS, "target")]
        items = self.reviews.marks(value.record_id)
        decided = self.decided_values(value.record_id, value.record, shown)
        return [
            RowShown(
                number + 1,
                tuple(_cells(number, value.record.indicators[number], value, items, decided)),
                number == here,
            )
            for number in range(first, last)
        ]

    def fields(self, value: Value) -> list[RowShown]:
        """The fields around a field; none for an indicator."""
        if value.at.startswith(_INDICATOR):
            return []
        labels = list(value.record.fields)
        here = labels.index(value.label) if value.label in labels else 0
        beside = range(max(here - _BESIDE, 0), min(here + _BESIDE + 1, len(labels)))
        items = self.reviews.marks(value.record_id)
        ats = [at for number in beside for at in (f"fields.{labels[number]}", f"fields.{labels[number]}.label")]
        decided = self.decided_values(value.record_id, value.record, ats)
        shown = []
        for number in beside:
            name = labels[number]
            at = f"fields.{name}"
            cells = (
                _cell(f"{at}.label", name, "label", value, items, decided),
                _cell(at, value.record.fields[name].value, "value", value, items, decided),
            )
            shown.append(RowShown(number + 1, cells, number == here))
        return shown


def _held(history: Sequence[Decision]) -> Decision | None:
    return next(iter(effective(history)), None)


def _confidence(record: Record, at: str) -> float | None:
    if at.startswith(_INDICATOR):
        number, _, part = at[len(_INDICATOR) :].partition("]")
        cell = record.indicators[int(number)].cells.get(part.lstrip("."))
        return cell.confidence if cell else None
    found = record.fields.get(field_label(record, at))
    return found.confidence if found else None


def _cells(
    number: int, row: Indicator, value: Value, items: Mapping[str, Mark], decided: Mapping[str, str]
) -> Iterator[CellShown]:
    base = f"indicators[{number}]"
    for part in LEVELS:
        yield _cell(f"{base}.{part}", getattr(row, part) or "", part, value, items, decided, row)
    yield _cell(f"{base}.target", row.target.value if row.target else "", "target", value, items, decided, row)


def _cell(
    at: str,
    text: str,
    part: str,
    value: Value,
    items: Mapping[str, Mark],
    decided: Mapping[str, str],
    row: Indicator | None = None,
) -> CellShown:
    item = items.get(at)
    state = state_of(item, row, part)
    if at in decided:
        text, state = decided[at], "decided"
    if at == value.at or at in value.more:
        state = "this"
    return CellShown(part, text, at, state, item.key if item else "")


def state_of(item: Mark | None, row: Indicator | None, part: str) -> str:
    """How a cell is drawn: it waits, was decided, was repaired without a doubt, or is as it was read."""
    if item is not None:
        return "decided" if item.decided else "open"
    if row is not None and part in row.cells and row.cells[part].status == "repaired":
        return "repaired"
    return "plain"


@dataclass(frozen=True, slots=True)
class Box:
    """A value's outline on a page, where it leads, its state and what it says."""

    polygon: Sequence[tuple[float, float]]
    at: str
    record_id: int
    key: str
    state: str
    text: str
    part: str

    @property
    def points(self) -> str:
        """The outline as SVG wants it."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.polygon)


def boxes(
    record_id: int, record: Record, page: int, items: Mapping[str, Mark], decided: Mapping[str, str]
) -> list[Box]:
    """The outlines of a record's values on a page."""
    found = []
    drawn: set[tuple[tuple[float, float], ...]] = set()

    def add(at: str, text: str, places: Sequence[Where], part: str, state: str) -> None:
        item = items.get(at)
        if at in decided:
            text, state = decided[at], "decided"
        for place in places:
            if place.page == page and place.polygon:
                polygon = tuple((x, y) for x, y in place.polygon)
                if polygon not in drawn:  # a cell over several rows is drawn once
                    drawn.add(polygon)
                    found.append(Box(polygon, at, record_id, item.key if item else "", state, text, part))

    for number, row in enumerate(record.indicators):
        for part, cell in row.cells.items():
            at = f"indicators[{number}].{part}"
            text = value_of(record, at) or "" if part in (*LEVELS, "target") else cell.raw
            add(at, text, cell.where, PARTS.get(part, part), state_of(items.get(at), row, part))
    for label, value in record.fields.items():
        at = f"fields.{label}"
        add(at, value.value, value.where, label, state_of(items.get(at) or items.get(f"{at}.label"), None, "value"))
    return found
