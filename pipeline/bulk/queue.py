"""The queue that executors share: tasks wait, hands hold one each, and what becomes of a task whose hand was lost.

A hand may have further tasks lying before it, so that it goes on while the coordinator writes; it has not begun them.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, TypeVar

from pipeline.bulk.tasks import Failure, Outcome, Task

# How often a task is given to a worker before it is set aside: a page that kills two workers would kill a third.
ATTEMPTS = 2
# A task is given to this many workers whose machines die under it before that is no longer the machines' fault.
_MOST_LOSSES = 5
# How often the workers' memory and clocks are looked at, in seconds.
_WATCH = 0.25
# A worker that holds this share of its ceiling after a task is replaced before it reaches it.
TIRED = 0.85


@dataclass(eq=False)
class Hand:
    """A worker, the task it holds, and those that lie before it."""

    number: int
    task: Task | None = None
    ahead: deque[Task] = field(default_factory=deque)


HandT = TypeVar("HandT", bound=Hand)


class TaskQueue(ABC, Generic[HandT]):
    """Hands tasks to workers that may be lost; a task is tried once more by another, a second loss is its outcome."""

    ahead = 0  # tasks that may lie before a worker that holds one

    def __init__(self, workers: int, memory: int) -> None:
        """Take how many workers there are at most, and the ceiling of their memory in bytes."""
        self.workers = workers
        self.replaced = 0  # workers that were lost or tired, for the account
        self._memory = memory
        self._hands: list[HandT] = []
        self._waiting: deque[Task] = deque()
        self._done: list[Outcome] = []
        self._losses: dict[int, list[str]] = {}  # id(task) -> whose fault it was that its workers were lost
        self._numbers = 0

    def submit(self, task: Task) -> None:
        """Take a task."""
        self._waiting.append(task)
        self._hand_out()

    def room(self, *, short: bool = False) -> int:
        """How many more tasks keep it busy; with `short` ones, that take milliseconds each."""
        # One waiting task a worker, so that none stands idle while the coordinator looks at what came back.
        return (2 + (self.ahead if short else 0)) * self.workers - self.pending()

    def pending(self) -> int:
        """How many tasks it holds."""
        return len(self._waiting) + sum((hand.task is not None) + len(hand.ahead) for hand in self._hands)

    def outcomes(self, seconds: float) -> list[Outcome]:
        """The outcomes there are; waits so long for the first."""
        until = time.monotonic() + seconds
        while not self._done and self.pending():
            self._hear(max(0.0, min(_WATCH, until - time.monotonic())))
            self._watch()
            self._hand_out()
            if time.monotonic() >= until:
                break
        done, self._done = self._done, []
        return done

    # -- what kinds of workers differ in -------------------------------------------------------------------------------

    @abstractmethod
    def _hand_out(self) -> None:
        """Give waiting tasks to workers that are free, and hire further ones."""

    @abstractmethod
    def _hear(self, seconds: float) -> None:
        """Wait so long for a worker to say something, and listen."""

    @abstractmethod
    def _watch(self) -> None:
        """Give up workers that passed a limit."""

    @abstractmethod
    def _end(self, hand: HandT) -> None:
        """End a worker at once."""

    # -- what becomes of tasks -----------------------------------------------------------------------------------------

    def _finish(self, hand: HandT, outcome: Outcome, memory: int | None) -> None:
        """Take a worker's outcome; `memory` is what it holds now, in bytes, where that is known."""
        assert hand.task is not None
        if outcome.failure == "memory":  # the whole worker is in want of memory: a new one may do it
            self._lost(hand, "memory", outcome.why)
            return
        task, hand.task = hand.task, None
        self._losses.pop(id(task), None)
        self._done.append(replace(outcome, task=task, worker=hand.number))
        if memory is not None and memory > TIRED * self._memory:
            self._dismiss(hand)
        elif hand.ahead:
            hand.task = hand.ahead.popleft()

    def _lost(self, hand: HandT, failure: Failure, why: str, fault: Literal["worker", "node"] = "worker") -> None:
        """Give up a worker; its task is done by another, or set aside where this was its second.

        A node that dies is no fault of the task: its work is done elsewhere, as often as nodes die.
        """
        task = hand.task
        self._dismiss(hand)
        if task is None:
            return
        losses = self._losses.setdefault(id(task), [])
        losses.append(fault)
        if losses.count("worker") < ATTEMPTS and len(losses) < _MOST_LOSSES:
            self._waiting.appendleft(task)
            return
        del self._losses[id(task)]
        self._done.append(Outcome(task, failure=failure, why=f"{why}, twice", worker=hand.number))

    def _dismiss(self, hand: HandT) -> None:
        self.replaced += 1
        self._hands.remove(hand)
        # What lay before it, it had not begun: that is nobody's loss.
        self._waiting.extendleft(reversed(hand.ahead))
        hand.ahead.clear()
        self._end(hand)
