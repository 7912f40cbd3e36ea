"""The nouns of the review's side of a store: items that wait, their groups, drafts of decisions, pages, counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.decisions import Action, Anchor, Decision
from pipeline.errors import ConflictError

Order = Literal["risk", "page"]


@dataclass(frozen=True, slots=True)
class Item:
    """One printed value that waits for a person, or was decided. `key` stays the same when records are made again."""

    record_id: int
    at: str
    more: tuple[str, ...]  # further `at` of the same printed cell
    anchor: Anchor
    read: str  # what was read, without the weight or placeholder printed beside it
    value: str | None
    proposal: str | None
    reasons: tuple[dict[str, str], ...]  # kind, text, code, severity; the first may have runner_up and evidence
    kind: str
    risk: float
    grouping: str
    page: int | None  # of the document, from one
    places: tuple[dict[str, Any], ...]  # the record's `where`
    decision_id: int | None
    seen: int  # the last decision on this anchor, undone ones and undos too: hand it back when deciding
    document: str
    title: str
    agency: str | None
    year: int | None

    @property
    def key(self) -> str:
        """Names the item in addresses and forms."""
        return f"{self.record_id}-{self.anchor.key}"


@dataclass(frozen=True, slots=True)
class Group:
    """Items for which one decision may serve: same part, text, proposal and reasons."""

    grouping: str
    part: str
    read: str
    value: str | None
    proposal: str | None
    kind: str
    reasons: tuple[dict[str, str], ...]
    risk: float  # the largest of its items'
    items: int
    records: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A decision to append. `seen` is the item's: where somebody decided since, nothing is appended."""

    anchor: Anchor
    action: Action
    before: str | None
    after: str | None
    seen: int = 0
    why: str = ""
    undoes: int | None = None


class DecidedMeanwhileError(ConflictError):
    """Somebody else decided first; `decisions` are theirs."""

    def __init__(self, decisions: Sequence[Decision]) -> None:
        first = decisions[0]
        what = {"undo": "undid a decision on"}.get(first.action, "decided on")
        super().__init__(
            f"{first.who} {what} {first.anchor.raw[:20]!r} at {first.when}; nothing was changed, look at it again"
        )
        self.decisions = tuple(decisions)


@dataclass(frozen=True, slots=True)
class PagePicture:
    """Where a page's picture or text is found again; check the digest before it is shown."""

    document_id: int
    document: str
    kind: str  # of the document: text, pages, images, import, imports
    page: int  # from one
    pages: int
    location: str
    file: str
    number: int  # in its own file, from zero
    sha256: str
    origin: str
    width: int | None
    height: int | None
    reading: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody looked at personal data."""

    made: str  # ISO 8601, UTC
    who: str
    what: str
    record_id: int | None


@dataclass(frozen=True, slots=True)
class ItemFilters:
    """Which items are meant; None means any. `find` looks in the text, the value and the proposal."""

    decided: bool | None = False
    grouping: str | None = None
    record_id: int | None = None
    year: int | None = None
    agency: str | None = None
    kind: str | None = None
    find: str | None = None


@dataclass(frozen=True, slots=True)
class WorstRecord:
    """A form with many findings."""

    record_id: int
    title: str
    agency: str | None
    year: int | None
    document: str
    findings: int


@dataclass(slots=True)
class Progress:
    """How far the review is, and what was found, counted."""

    open: int = 0
    decided: int = 0
    decisions_last_hour: int = 0
    records: int = 0
    indicators: int = 0
    stale: int = 0
    repairs_by_kind: dict[str, int] = field(default_factory=dict)
    findings_by_code: dict[str, int] = field(default_factory=dict)
    repairs_by_agency: dict[str, int] = field(default_factory=dict)
    repairs_by_year: dict[str, int] = field(default_factory=dict)
    findings_by_agency: dict[str, int] = field(default_factory=dict)
    findings_by_year: dict[str, int] = field(default_factory=dict)
    open_by_agency: dict[str, int] = field(default_factory=dict)
    open_by_year: dict[str, int] = field(default_factory=dict)
    open_by_kind: dict[str, int] = field(default_factory=dict)
    worst_records: list[WorstRecord] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """What the order of visit needs to know of an item; the fields are the item's."""

    record_id: int
    anchor: str  # its key
    grouping: str
    part: str
    read: str
    value: str | None
    proposal: str | None
    kind: str
    risk: float
    decision_id: int | None
    document: str
    title: str
    agency: str | None
    year: int | None


@dataclass(frozen=True, slots=True)
class Mark:
    """What a cell needs to know of the item in it."""

    key: str
    decided: bool


@dataclass(frozen=True, slots=True)
class Ahead:
    """Where the crop of an item will be, and the size of its page."""

    key: str
    record_id: int
    page: int
    places: tuple[dict[str, Any], ...]
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Acted:
    """What an act on a batch did: how many decisions it appended, the first of them, how many it left alone.

    Of an undo it is the first decision that was undone.
    """

    number: int
    first: Decision
    left: int = 0
