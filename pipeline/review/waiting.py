"""The order in which doubted values are visited, held in memory so that every step answers at once.

It says only what comes next. What is shown and decided is read from the store each time, so an order that is a few
seconds old can show a value that somebody else has just decided, and never overwrite it.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline.store import Place, Reviews
from pipeline.store.words import folded

Mode = Literal["group", "page"]
MODES: tuple[Mode, ...] = ("group", "page")
# Orders of visit that are kept, one a set of filters; a clerk uses two or three.
_KEPT_ORDERS = 16


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which values a reviewer goes through, and in which order; empty means any."""

    mode: Mode = "group"
    kind: str = ""
    year: str = ""
    agency: str = ""
    find: str = ""

    @property
    def any(self) -> bool:
        """Whether nothing is left out."""
        return not (self.kind or self.year or self.agency or self.find)


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
        stops: list[Stop] = []
        bundles: list[Bundle] = []
        numbers: dict[tuple[str, str], int] = {}
        for place in self.reviews.places():
            number = numbers.setdefault((place.grouping, place.part), len(bundles))
            if number == len(bundles):
                bundles.append(Bundle(place.grouping, place.part, place.read, place.value, place.proposal, place.kind))
            bundle = bundles[number]
            bundle.stops.append(len(stops))
            if place.decision_id is None:
                bundle.expected += place.risk
            stops.append(_stop(place, number))
        by_anchor, by_form = _positions(stops, "anchor"), _positions(stops, "document", "title")
        by_risk = sorted(
            range(len(bundles)), key=lambda b: (-bundles[b].expected, -len(bundles[b].stops), bundles[b].grouping)
        )
        with self._lock:
            self.stops, self.bundles = stops, bundles
            self.by_key = {stop.key: position for position, stop in enumerate(stops)}
            self._by_anchor, self._by_risk = by_anchor, by_risk
            # What `find` looks through: the texts of the bundles, the names of the forms and their files.
            self._texts = [folded(f"{b.read}\n{b.value or ''}\n{b.proposal or ''}") for b in bundles]
            self._forms = [(folded("\n".join(names)), positions) for names, positions in by_form.items()]
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
            for mode in MODES:  # nobody waits for the two orders that everybody begins with
                self.way(Wanted(mode))

    def outdated(self) -> bool:
        """Whether records were made or made again since the queue was read."""
        return self.reviews.state()[1:] != self._made

    def catch_up(self) -> None:
        """Take note of the decisions that came since: this reviewer's and everybody else's."""
        last, decided = self.reviews.changed_since(self._last)
        with self._lock:
            for anchor, holds in decided.items():
                for position in self._by_anchor.get((anchor,), ()):
                    if self.stops[position].decided != holds:
                        self._mark(position, holds)
            self._last = max(self._last, last)

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
            way = self._made_way(wanted)
            self._ways[wanted] = way
            for kept in list(self._ways):
                if len(self._ways) > _KEPT_ORDERS and not kept.any:
                    del self._ways[kept]
            return way

    def _made_way(self, wanted: Wanted) -> Way:
        fits = self._fitting(wanted)
        if fits is None:
            bundles: Sequence[int] = self._by_risk
            order: Sequence[int] = range(len(self.stops))
        else:
            with_any = {self.stops[position].bundle for position in fits}
            bundles = [bundle for bundle in self._by_risk if bundle in with_any]
            order = sorted(fits)
        if wanted.mode == "group":
            order = [
                stop for bundle in bundles for stop in self.bundles[bundle].stops if fits is None or stop in fits
            ]  # fmt: skip
        return Way(
            order, {position: turn for turn, position in enumerate(order)}, bundles,
            {bundle: turn for turn, bundle in enumerate(bundles)},
            sum(not self.stops[position].decided for position in order),
        )  # fmt: skip

    def _fitting(self, wanted: Wanted) -> set[int] | None:
        """The positions that fit; None where all do."""
        found: set[int] | None = None
        if words := folded(wanted.find):
            found = {
                position
                for text, bundle in zip(self._texts, self.bundles, strict=True)
                if words in text
                for position in bundle.stops
            }
            found.update(position for names, positions in self._forms if words in names for position in positions)
        for name in ("kind", "year", "agency"):
            if value := getattr(wanted, name):
                looked = range(len(self.stops)) if found is None else found
                found = {position for position in looked if getattr(self.stops[position], name) == value}
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

    def first_of(self, record: int) -> Stop | None:
        """The first stop of a record, one that waits where there is one."""
        mine = [stop for stop in self.stops if stop.record_id == record]
        return next((stop for stop in mine if not stop.decided), mine[0] if mine else None)

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
        found = self._by_anchor.get((anchor,))
        return self.stops[found[0]].key if found else None

    def words(self, name: str) -> list[tuple[str, int]]:
        """What a filter may be set to, with how many values wait there: kind, year or agency."""
        counts = self._counts[name]
        return sorted(((value, number) for value, number in counts.items() if value), key=lambda c: (-c[1], c[0]))


def _stop(place: Place, bundle: int) -> Stop:
    return Stop(
        f"{place.record_id}-{place.anchor}", place.record_id, place.anchor, bundle, place.kind, str(place.year or ""),
        place.agency or "", place.document, place.title, place.decision_id is not None,
    )  # fmt: skip


def _positions(stops: Sequence[Stop], *names: str) -> dict[tuple[str, ...], list[int]]:
    found: dict[tuple[str, ...], list[int]] = {}
    for position, stop in enumerate(stops):
        found.setdefault(tuple(getattr(stop, name) for name in names), []).append(position)
    return found
