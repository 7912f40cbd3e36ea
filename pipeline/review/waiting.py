"""The order in which doubted values are visited, held in memory so that every step answers at once.

It says only what comes next. What is shown and decided is read from the store each time, so an order that is a few
seconds old can show a value that somebody else has just decided, and never overwrite it.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline.decisions import Decision, effective
from pipeline.store import Item, ItemFilters, Reviews

Mode = Literal["group", "page"]
# Orders of visit that are kept, one a set of filters; a clerk uses two or three.
_KEPT_ORDERS = 16
# More than any store holds: the whole queue is read in one go.
_ALL = 10**9


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which values a reviewer goes through, and in which order; empty means any."""

    mode: Mode = "group"
    kind: str = ""
    year: str = ""
    agency: str = ""
    find: str = ""


@dataclass(slots=True)
class Stop:
    """One value on the way."""

    key: str
    record_id: int
    anchor: str
    bundle: int  # index of its Bundle
    kind: str
    year: str
    agency: str
    document: str
    title: str
    decided: bool


@dataclass(slots=True)
class Bundle:
    """Stops for which one decision may serve. `expected` is how many of its values are wrong, as far as signs tell."""

    grouping: str
    part: str
    read: str
    value: str | None
    proposal: str | None
    kind: str
    expected: float = 0.0
    stops: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Way:
    """An order of visit: positions of stops, where each of them comes in it, the bundles in their order, what waits."""

    stops: Sequence[int]
    turn: dict[int, int]
    bundles: Sequence[int]
    bundle_turn: dict[int, int]
    left: int


class Waiting:
    """All values that wait or were decided, as the store had them when it was last looked at."""

    def __init__(self, reviews: Reviews) -> None:
        self.reviews = reviews
        self._lock = threading.RLock()
        self.load()

    # -- staying true ----------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Read the whole queue anew."""
        last, *made = self.reviews.state()
        items = self.reviews.items(ItemFilters(decided=None), order="page", limit=_ALL)
        stops: list[Stop] = []
        bundles: list[Bundle] = []
        numbers: dict[tuple[str, str], int] = {}
        for item in items:
            number = numbers.setdefault((item.grouping, item.anchor.part), len(bundles))
            if number == len(bundles):
                bundles.append(Bundle(item.grouping, item.anchor.part, item.read, item.value, item.proposal, item.kind))
            bundle = bundles[number]
            bundle.stops.append(len(stops))
            if item.decision_id is None:
                bundle.expected += item.risk
            stops.append(_stop(item, number))
        with self._lock:
            self.stops, self.bundles = stops, bundles
            self.by_key = {stop.key: position for position, stop in enumerate(stops)}
            self._by_anchor: dict[str, list[int]] = {}
            for position, stop in enumerate(stops):
                self._by_anchor.setdefault(stop.anchor, []).append(position)
            self._by_risk = sorted(
                range(len(bundles)), key=lambda b: (-bundles[b].expected, -len(bundles[b].stops), bundles[b].grouping)
            )
            self._ways: OrderedDict[Wanted, Way] = OrderedDict()
            self.open = sum(not stop.decided for stop in stops)
            # Open values by what a filter may be set to; kept up as values are decided.
            self._counts: dict[str, Counter[str]] = {
                name: Counter({getattr(stop, name): 0 for stop in stops}) for name in ("kind", "year", "agency")
            }
            for stop in stops:
                if not stop.decided:
                    self._count(stop, 1)
            self._last, self._made = last, tuple(made)

    def outdated(self) -> bool:
        """Whether records were made or made again since the queue was read."""
        return self.reviews.state()[1:] != self._made

    def catch_up(self) -> None:
        """Take note of the decisions that came since: this reviewer's and everybody else's."""
        last = self.reviews.store.last_decision()
        if last == self._last:
            return
        with self._lock:
            new = [d for d in self.reviews.recent(limit=last - self._last) if d.id > self._last]
            self.note(new)
            self._last = last

    def note(self, decisions: Iterable[Decision]) -> None:
        """Take note of decisions."""
        latest: dict[str, Decision] = {}
        for decision in decisions:
            known = latest.get(decision.anchor.key)
            if known is None or decision.id > known.id:
                latest[decision.anchor.key] = decision
        held = {anchor: decision.action != "undo" for anchor, decision in latest.items()}
        undone = {d.anchor.sha256 for d in latest.values() if d.action == "undo"}
        if undone:  # an undo may bring an earlier decision back
            for decision in effective(self.reviews.store.decisions_on(undone)):
                if decision.anchor.key in held:
                    held[decision.anchor.key] = True
        with self._lock:
            for anchor, holds in held.items():
                for position in self._by_anchor.get(anchor, ()):
                    if self.stops[position].decided != holds:
                        self._mark(position, holds)

    def _mark(self, position: int, decided: bool) -> None:
        stop = self.stops[position]
        stop.decided = decided
        step = -1 if decided else 1
        self.open += step
        self._count(stop, step)
        for way in self._ways.values():
            if position in way.turn:
                way.left += step

    def _count(self, stop: Stop, step: int) -> None:
        for name, counts in self._counts.items():
            counts[getattr(stop, name)] += step

    # -- ways through ----------------------------------------------------------------------------------------------

    def way(self, wanted: Wanted) -> Way:
        """The order of visit for these wishes; it stays as it is while values are decided, so that nothing jumps."""
        with self._lock:
            if wanted in self._ways:
                self._ways.move_to_end(wanted)
                return self._ways[wanted]
            fits = self._fitting(wanted)
            with_any = {self.stops[position].bundle for position in fits}
            bundles = [b for b in self._by_risk if b in with_any]
            if wanted.mode == "page":
                order = sorted(fits)
            else:
                order = [s for b in bundles for s in self.bundles[b].stops if s in fits]
            way = Way(
                order, {position: turn for turn, position in enumerate(order)}, bundles,
                {bundle: turn for turn, bundle in enumerate(bundles)},
                sum(not self.stops[position].decided for position in order),
            )  # fmt: skip
            self._ways[wanted] = way
            if len(self._ways) > _KEPT_ORDERS:
                self._ways.popitem(last=False)
            return way

    def _fitting(self, wanted: Wanted) -> set[int]:
        found = set(range(len(self.stops)))
        for name in ("kind", "year", "agency"):
            if value := getattr(wanted, name):
                found = {position for position in found if getattr(self.stops[position], name) == value}
        if wanted.find:
            here = {
                number
                for number, bundle in enumerate(self.bundles)
                if wanted.find in f"{bundle.read}\n{bundle.value or ''}\n{bundle.proposal or ''}"
            }
            found = {
                position
                for position in found
                if (stop := self.stops[position]).bundle in here
                or wanted.find in stop.title
                or wanted.find in stop.document
            }
        return found

    def following(self, wanted: Wanted, key: str, *, back: bool = False, leap: bool = False) -> Stop | None:
        """The stop after (or before) this one: going on, the next that waits; going back, whatever stood there.

        With `leap` it is one of another bundle (or, in page order, of another document).
        """
        way = self.way(wanted)
        here = self.by_key.get(key)
        if here is None or here not in way.turn:
            return self.first(wanted)
        turn, step = way.turn[here], -1 if back else 1
        start = self._unit(here, wanted)
        turn += step
        while 0 <= turn < len(way.stops):
            position = way.stops[turn]
            stop = self.stops[position]
            if (back or not stop.decided) and not (leap and self._unit(position, wanted) == start):
                if leap and back:  # to the beginning of what lies before
                    unit = self._unit(position, wanted)
                    while turn > 0 and self._unit(way.stops[turn - 1], wanted) == unit:
                        turn -= 1
                    stop = self.stops[way.stops[turn]]
                return stop
            turn += step
        return None

    def _unit(self, position: int, wanted: Wanted) -> int | str:
        stop = self.stops[position]
        return stop.bundle if wanted.mode == "group" else stop.document

    def first(self, wanted: Wanted) -> Stop | None:
        """The first stop that waits."""
        return next((self.stops[p] for p in self.way(wanted).stops if not self.stops[p].decided), None)

    def ahead(self, wanted: Wanted, key: str, number: int) -> list[Stop]:
        """The next stops that wait, for what can be made ready before it is asked for."""
        found: list[Stop] = []
        while len(found) < number and (stop := self.following(wanted, key)) is not None and stop.key != key:
            found.append(stop)
            key = stop.key
        return found

    def left(self, wanted: Wanted) -> int:
        """How many values of a way still wait."""
        return self.way(wanted).left

    def key_of_anchor(self, anchor: str) -> str | None:
        """The key of the first stop with this anchor."""
        found = self._by_anchor.get(anchor)
        return self.stops[found[0]].key if found else None

    def records_of(self, document: str) -> list[int]:
        """The records of a document that have values here."""
        return sorted({stop.record_id for stop in self.stops if stop.document == document})

    def words(self, name: str) -> list[tuple[str, int]]:
        """What a filter may be set to, with how many values wait there: kind, year or agency."""
        counts = self._counts[name]
        return sorted(((value, number) for value, number in counts.items() if value), key=lambda c: (-c[1], c[0]))


def _stop(item: Item, bundle: int) -> Stop:
    return Stop(
        item.key, item.record_id, item.anchor.key, bundle, item.kind, str(item.year or ""), item.agency or "",
        item.document, item.title, item.decision_id is not None,
    )  # fmt: skip
