"""Where a decision belongs: a place on a page and the text that was read there; and the decision itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.document import PageReading
from pipeline.records import Record, Where

Action = Literal["accept", "reject", "edit", "confirm", "undo"]
ACTIONS: tuple[Action, ...] = ("accept", "reject", "edit", "confirm", "undo")
LEVELS = ("level1", "level2", "level3")
# Where a part of a row has no cell of its own (a target that is lost), it is anchored to the first of these.
_NEAREST = ("level3", "target", "level2", "level1")
INDICATOR = re.compile(r"indicators\[(\d+)\](?:[.\[](.+?)\]?)?$")

PageKeys = Mapping[int, tuple[str, int]]  # page of the document, from one -> file digest, page of that file, from zero


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
    by_id = {decision.id: decision for decision in decisions}
    held = holding((decision.id, decision.anchor.key, decision.undoes) for decision in by_id.values())
    return [by_id[number] for number in sorted(held.values())]


def holding(links: Iterable[tuple[int, str, int | None]]) -> dict[str, int]:
    """Which decision holds on each anchor that has one, of (id, anchor's key, id of what it undoes)."""
    ordered = sorted(links)
    undone: set[int] = set()
    for number, _, undoes in reversed(ordered):  # an undo is judged before what it undoes, because it came later
        if undoes is not None and number not in undone:
            undone.add(undoes)
    return {anchor: number for number, anchor, undoes in ordered if undoes is None and number not in undone}


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
    if found := INDICATOR.match(at):
        row = record.indicators[int(found[1])]
        part = found[2]
        if part in row.cells:
            return tuple(row.cells[part].where)
        if part is None:
            return tuple(where for name in _NEAREST if name in row.cells for where in row.cells[name].where)
        nearest = next((row.cells[name] for name in _NEAREST if name in row.cells), None)
        return tuple(nearest.where) if nearest else ()
    key = field_key(record, at)
    return tuple(record.fields[key].where) if key is not None else ()


def anchor_of(record: Record, at: str, pages: PageKeys) -> Anchor | None:
    """The anchor of what `at` points to; None where it is no value of the record."""
    if found := INDICATOR.match(at):
        number = int(found[1])
        if number >= len(record.indicators):
            return None
        return _indicator_anchor(record, number, found[2] or "row", pages)
    key = field_key(record, at)
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


def field_key(record: Record, at: str) -> str | None:
    """The key of the field that `at` points to, None where it points to none."""
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
    if found := INDICATOR.match(at):
        row, part = record.indicators[int(found[1])], found[2]
        if part == "target":
            return row.target.value if row.target else None
        if part in LEVELS:
            value: str | None = getattr(row, part)
            return value
        if part and part.startswith("extra"):
            return row.extra.get(part[6:])
        return row.level3
    key = field_key(record, at)
    if key is None:
        return None
    return key if at == f"fields.{key}.label" else record.fields[key].value
