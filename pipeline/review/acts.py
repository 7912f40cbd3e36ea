"""What a reviewer does: decide on a value or on all that are alike, undo, send a name to a dictionary."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Literal

from pipeline.decisions import Action, Decision
from pipeline.dictionaries import Dictionaries, load_dictionaries
from pipeline.errors import DictionaryError, StoreError
from pipeline.ledger import add_name
from pipeline.review.pictures import Pictures
from pipeline.review.sight import ACTS, Sights, Value
from pipeline.review.waiting import Waiting
from pipeline.store import DecidedMeanwhileError, Draft, Progress, Reviews, Store

Scope = Literal["one", "all"]
# A pause longer than this is no work on a value: somebody went for tea.
_PAUSE = 120.0
# How old the counts of the first page may be, and how often it is looked whether records were made again, in seconds.
_REFRESH = 20.0
# Why a decision was made that sent its name to the dictionary as well: an undo says that the name is still there.
TO_DICTIONARY = "同时记入词典"


@dataclass(frozen=True, slots=True)
class Said:
    """What is said after an act; `bad` where nothing was changed."""

    text: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the review goes: values an hour of work within the last hour, and how long the rest takes."""

    values: int = 0
    an_hour: int = 0
    hours_left: float | None = None


@dataclass
class Desk:
    """Everything that the pages of the workbench share."""

    store: Store
    words: Path  # the dictionary that accepted names go to
    reviews: Reviews = field(init=False)
    waiting: Waiting = field(init=False)
    sights: Sights = field(init=False)
    pictures: Pictures = field(init=False)
    progress: Progress = field(init=False)
    counted: str = ""

    def __post_init__(self) -> None:
        self.reviews = Reviews(self.store)
        self.waiting = Waiting(self.reviews)
        self.sights = Sights(self.reviews)
        self.pictures = Pictures(self.store)
        self._words_lock = threading.Lock()
        self._stop = threading.Event()
        self.count()

    @cached_property
    def dictionaries(self) -> Dictionaries:
        """The shipped dictionaries: a name in them need not be added."""
        return load_dictionaries()

    # -- in the background -----------------------------------------------------------------------------------------

    def count(self) -> None:
        """Count anew what the first page shows."""
        self.progress = self.reviews.progress(_hours_ago(1))
        self.counted = datetime.now().astimezone().strftime("%H:%M:%S")

    def keep_true(self) -> None:
        """Until `close`: count, and read the queue anew where records were made again. Runs in a thread."""
        while not self._stop.wait(_REFRESH):
            before = (self.store.last_decision(), len(self.waiting.stops))
            if self.waiting.outdated():
                self.waiting.load()
            if before != getattr(self, "_counted_for", None):
                self.count()
                self._counted_for = before

    def close(self) -> None:
        """End `keep_true`."""
        self._stop.set()

    def pace(self) -> Pace:
        """How fast the review goes, from the decisions of the last hour, everybody's; pauses are left out."""
        times = sorted(map(datetime.fromisoformat, self.reviews.times(_hours_ago(1))))
        worked = sum(
            gap
            for one, two in pairwise(times)
            if (gap := (two - one).total_seconds()) <= _PAUSE
        )  # fmt: skip
        # With a handful of decisions a rate says nothing.
        if len(times) < 10 or worked < 10:
            return Pace(len(times))
        an_hour = (len(times) - 1) / worked * 3600
        return Pace(len(times), round(an_hour), self.waiting.open / an_hour)

    # -- deciding --------------------------------------------------------------------------------------------------

    def decide(
        self, value: Value, action: Action, who: str, *, after: str = "", why: str = "", scope: Scope = "one", seen: int
    ) -> Said:
        """Decide on a value, or on all that wait and are alike; what was decided is on the disk when this returns."""
        if action == "accept" and value.proposal is None:
            return Said("这里没有可采用的建议。", bad=True)
        if value.anchor.part == "row" and action != "confirm":
            return Said("整行有疑问时只能确认，请在各格中分别改正。", bad=True)
        if action == "edit" and value.anchor.part == "label" and not after.strip():
            return Said("栏目名称不能为空。", bad=True)
        together = scope == "all" and value.grouping != ""
        draft = self._draft(value, action, after, why, seen)
        try:
            if together:
                made = self.reviews.decide_alike(draft, value.grouping, who=who, batch=uuid.uuid4().hex).number
            else:
                made = len(self.reviews.decide([draft], who=who))
        except DecidedMeanwhileError as told:
            self.waiting.catch_up()
            return Said(_told(told.decisions), bad=True)
        self.waiting.catch_up()
        number = f"{made} 处" if together else ""
        held = {"accept": value.proposal, "reject": value.read, "edit": after, "confirm": value.now}.get(action) or "空"
        return Said(f"{ACTS[action]}{number}：{_short(held)}")

    def _draft(self, value: Value, action: Action, after: str, why: str, seen: int) -> Draft:
        result = {"accept": value.proposal, "reject": value.read, "edit": after or None}.get(action, value.now or None)
        return Draft(value.anchor, action, value.now or None, result, seen=seen, why=why)

    # -- undoing ---------------------------------------------------------------------------------------------------

    def undo(self, decisions: Sequence[Decision], who: str) -> Said:
        """Append that these decisions no longer hold."""
        if not decisions:
            return Said("没有可撤销的决定。", bad=True)
        try:
            made = self.reviews.undo(decisions, who=who, batch=uuid.uuid4().hex if len(decisions) > 1 else "")
        except DecidedMeanwhileError as told:
            self.waiting.catch_up()
            return Said(_told(told.decisions), bad=True)
        self.waiting.catch_up()
        return _undone(len(made), decisions[0])

    def undo_batch(self, batch: str, who: str) -> tuple[Said, Decision | None]:
        """Append that what still holds of a batch no longer holds; return a decision of it, too."""
        try:
            made = self.reviews.undo_batch(batch, who=who, undo=uuid.uuid4().hex)
        except DecidedMeanwhileError as told:
            self.waiting.catch_up()
            return Said(_told(told.decisions), bad=True), None
        except StoreError:
            return Said("没有可撤销的决定。", bad=True), None
        self.waiting.catch_up()
        return _undone(made.number, made.first, made.left), made.first

    def undo_last(self, who: str) -> tuple[Said, Decision | None]:
        """Undo the last act of a reviewer that still holds, a batch as a whole; return a decision of it, too."""
        last, taken_over = self.reviews.last_act(who)
        if last is None:
            more = "您最近的决定已被别人改过。" if taken_over else ""
            return Said(f"没有可撤销的决定。{more}", bad=True), None
        said, about = self.undo_batch(last.batch, who) if last.batch else (self.undo([last], who), last)
        if taken_over and not said.bad:
            said = Said(f"{said.text}。您更晚的决定已被别人改过，没有动")
        return said, about

    def key_of(self, decision: Decision) -> str | None:
        """The queue's key of what a decision is about."""
        return self.waiting.key_of_anchor(decision.anchor.key)

    # -- dictionaries ----------------------------------------------------------------------------------------------

    def add_word(self, value: Value, name: str) -> Said:
        """Send a name that a person accepted to the dictionary file; what was read becomes its misreading."""
        section = value.level_section
        if section is None or not name.strip():
            return Said("只有指标名称和栏目名称可以记入词典。", bad=True)
        read = "".join(value.read.split())
        seen = [read] if read and read != "".join(name.split()) and not set(read) & set("|\t\n") else []
        with self._words_lock:
            try:
                added = self._add_name(name, section, seen)
            except (DictionaryError, OSError) as error:
                return Said(f"没有记入词典：{error}", bad=True)
        if not added:
            return Said(f"词典里已有“{_short(name)}”")
        return Said(f"“{_short(name)}”已记入 {self.words.name}，下次 reinterpret --dictionary 时起用")

    def _add_name(self, name: str, section: str, seen: list[str]) -> bool:
        try:
            return add_name(self.words, name, section, self.dictionaries, seen)
        except DictionaryError:
            # What was read may be a name itself: no misreading then, whatever this one cell should have said.
            if not seen:
                raise
            return add_name(self.words, name, section, self.dictionaries)


def _hours_ago(hours: float) -> str:
    then = datetime.now(UTC) - timedelta(hours=hours)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _undone(number: int, first: Decision, left: int = 0) -> Said:
    many = f" {number} 处" if number > 1 else ""
    rest = f"；另有 {left} 处之后另有决定，没有动" if left else ""
    name = "；词典里的名称还在，要去掉请改词典文件" if first.why == TO_DICTIONARY else ""
    return Said(f"已撤销{many}：{ACTS[first.action]} {_short(first.after or '空')}{rest}{name}")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 24 else text[:23] + "…"


def _told(decisions: Sequence[Decision]) -> str:
    """What somebody else decided first."""
    first = decisions[0]
    when = datetime.fromisoformat(first.when.replace("Z", "+00:00")).astimezone().strftime("%H:%M:%S")
    more = f"等 {len(decisions)} 处" if len(decisions) > 1 else ""
    return (
        f"{first.who} 在 {when} 已先作决定（{ACTS[first.action]}“{_short(first.after or '空')}”{more}）。"
        "您的决定没有写入，请看过再定。"
    )
