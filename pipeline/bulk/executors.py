"""Who does the work: this process, or worker processes that are watched and replaced.

An executor takes tasks and gives their outcomes in any order. A task whose worker was lost (it hung, took too much
memory, or died) is tried once more by a new worker; a second loss is its outcome.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any, Protocol

from pipeline.bulk.limits import Limits
from pipeline.bulk.queue import Hand, TaskQueue
from pipeline.bulk.tasks import Describe, MakeRecords, Outcome, Task, Workshop
from pipeline.bulk.worker import Worker
from pipeline.errors import PipelineError
from pipeline.intake import fault

# Loading the engine takes seconds; on a busy machine with cold disks it was seen to take a minute.
_LOAD_SECONDS = 600.0
# New values after which a worker looks for garbage; a form makes some 100,000, nearly all of which go by themselves.
_GARBAGE = 50_000
# Documents that lie before a worker while it makes another one's records. Writing fifty takes the coordinator as long
# as a worker needs for two to ten of them, in which it used to stand idle.
_AHEAD = 8
# Contents of documents that lie before a worker, in bytes: those of scans with many pages hold megabytes.
_MOST_AHEAD = 8 << 20


class Executor(Protocol):
    """Does tasks."""

    def submit(self, task: Task) -> None:
        """Take a task."""

    def room(self, *, short: bool = False) -> int:
        """How many more tasks keep it busy; with `short` ones, that take milliseconds each."""

    def pending(self) -> int:
        """How many tasks it holds."""

    def outcomes(self, seconds: float) -> list[Outcome]:
        """The outcomes there are; waits so long for the first."""

    def close(self) -> None:
        """Stop at once; what is in hand is lost."""


def attempt(worker: Worker, task: Task) -> Outcome:
    """Do a task here; errors that no other task would survive either are handed on."""
    try:
        worker.prepare(task)
        started = time.perf_counter()
        result = worker.do(task)
    except PipelineError as error:
        return Outcome(task, error=error)
    except MemoryError:
        return Outcome(task, failure="memory", why="the memory does not suffice for it")
    except Exception as error:  # a fault of zhibiao's own: this task's, not the run's
        return Outcome(task, failure="error", why=f"{fault(error)}; a fault of zhibiao, please report it with the page")
    return Outcome(task, result=result, seconds=time.perf_counter() - started)


class SerialExecutor:
    """Everything in this process, in order: nothing is watched, everything can be followed in a debugger."""

    def __init__(self, workshop: Workshop) -> None:
        self._worker = Worker(workshop)
        self._tasks: deque[Task] = deque()

    def submit(self, task: Task) -> None:
        """Take a task."""
        self._tasks.append(task)

    def room(self, *, short: bool = False) -> int:
        """How many more tasks keep it busy."""
        return 1 - len(self._tasks)

    def pending(self) -> int:
        """How many tasks it holds."""
        return len(self._tasks)

    def outcomes(self, seconds: float) -> list[Outcome]:
        """The outcomes there are."""
        return [attempt(self._worker, self._tasks.popleft())] if self._tasks else []

    def close(self) -> None:
        """Stop at once."""
        self._tasks.clear()


@dataclass(eq=False)
class _Hand(Hand):
    """A worker process."""

    process: BaseProcess = field(kw_only=True)
    line: Connection = field(kw_only=True)
    given: float = 0.0
    started: float | None = None  # None while it loads


class ProcessExecutor(TaskQueue[_Hand]):
    """Worker processes, each with one task at a time; none outlives its limits."""

    ahead = _AHEAD

    def __init__(self, workshop: Workshop, workers: int, limits: Limits | None = None) -> None:
        """Take what workers are made from, how many there are at most, and what bounds them."""
        self.workshop, self.limits = workshop, limits or Limits()
        super().__init__(workers, self.limits.memory)
        # A fresh interpreter: a fork of a process that has threads (OpenMP's) may stand still for ever.
        self._context = multiprocessing.get_context("spawn")

    def close(self) -> None:
        """Stop at once."""
        for hand in self._hands:
            if hand.task is None:
                with suppress(OSError):
                    hand.line.send(None)  # ends by itself
            else:
                hand.process.kill()
        for hand in self._hands:
            hand.process.join(5)
            if hand.process.is_alive():
                hand.process.kill()
                hand.process.join()
            hand.line.close()
        self._hands = []
        self._waiting.clear()

    # -- inside ----------------------------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        while self._waiting:
            idle = next((hand for hand in self._hands if hand.task is None), None)
            if idle is None and len(self._hands) >= self.workers:
                if not self._lay_ahead():
                    return
                continue
            if idle is None:
                idle = self._hire()
            idle.task, idle.given, idle.started = self._waiting.popleft(), time.monotonic(), None
            self._send(idle, idle.task)

    def _lay_ahead(self) -> bool:
        """Lay a task that takes milliseconds before a worker that holds another such; tell whether there was one."""
        task = self._waiting[0]
        hand = min((one for one in self._hands if isinstance(one.task, MakeRecords)), key=_lying, default=None)
        if hand is None or not isinstance(task, MakeRecords) or len(hand.ahead) >= self.ahead:
            return False
        if sum(map(_contents, (*hand.ahead, task))) > _MOST_AHEAD:
            return False
        hand.ahead.append(self._waiting.popleft())
        self._send(hand, task)
        return True

    def _send(self, hand: _Hand, task: Task) -> None:
        try:
            hand.line.send(task)
        except OSError:
            self._lost(hand, "died", f"its worker ended by itself ({_ending(hand.process)})")

    def _hire(self) -> _Hand:
        ours, theirs = self._context.Pipe()
        self._numbers += 1
        process = self._context.Process(
            target=_serve, args=(theirs, self.workshop), name=f"zhibiao-{self._numbers}", daemon=True
        )
        with _environment(self.workshop.threads):
            process.start()
        theirs.close()
        hand = _Hand(self._numbers, process=process, line=ours)
        self._hands.append(hand)
        return hand

    def _hear(self, seconds: float) -> None:
        busy = [hand for hand in self._hands if hand.task is not None]
        lines: list[Any] = [hand.line for hand in busy]
        lines += [hand.process.sentinel for hand in busy]
        ready = wait(lines, timeout=seconds)
        for hand in busy:
            if hand.line in ready:
                self._listen(hand)
            elif hand.process.sentinel in ready:
                self._lost(hand, "died", f"its worker ended by itself ({_ending(hand.process)})")

    def _listen(self, hand: _Hand) -> None:
        try:
            said = hand.line.recv()
        except (EOFError, OSError):
            self._lost(hand, "died", f"its worker ended by itself ({_ending(hand.process)})")
            return
        if said == "started":
            hand.started = time.monotonic()
        else:
            self._finish(hand, said, resident(hand.process.pid))
            hand.given, hand.started = time.monotonic(), None

    def _watch(self) -> None:
        now = time.monotonic()
        for hand in list(self._hands):
            if hand.task is None:
                continue
            if hand.started is None:
                if now - hand.given > _LOAD_SECONDS:
                    self._lost(hand, "time", f"its worker was not ready after {_LOAD_SECONDS:.0f} s")
            elif now - hand.started > self.limits.seconds:
                self._lost(hand, "time", f"not done after {self.limits.seconds:g} s")
            elif (memory := resident(hand.process.pid)) is not None and memory > self.limits.memory:
                self._lost(hand, "memory", f"took more than {self.limits.memory >> 20} MB")

    def _end(self, hand: _Hand) -> None:
        hand.process.kill()
        hand.process.join()
        hand.line.close()


def _lying(hand: Hand) -> int:
    return len(hand.ahead)


def _contents(task: Task) -> int:
    pages = task.pages or () if isinstance(task, MakeRecords) else ()
    return sum(len(page.content or b"") for page in pages)


def _ending(process: BaseProcess) -> str:
    process.join(1)
    code = process.exitcode
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"


def resident(pid: int | None) -> int | None:
    """The memory a process holds, in bytes; None where the system does not say."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as stream:
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


@contextmanager
def _environment(threads: int) -> Iterator[None]:
    """The libraries that start a thread a core read their number when they are loaded."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(line: Connection, workshop: Workshop) -> None:
    """A worker process: tasks in, outcomes out, until the other end closes."""
    # Ctrl-C reaches every process of the terminal; who decides is the coordinator.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()

    def leave_with_parent() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)  # the coordinator was killed: nobody waits for what is in hand

    threading.Thread(target=leave_with_parent, daemon=True).start()
    # A library that writes to standard output would write into the command's results.
    sys.stdout = sys.stderr
    worker = Worker(workshop)
    # What is loaded stays to the end, and what a task makes goes with it: looking through all of it for garbage after
    # every 700 new values took a tenth of the time that records take.
    gc.set_threshold(_GARBAGE)
    with suppress(BrokenPipeError):  # who would take the outcome was killed: nobody waits for it
        _work(line, worker)


def _receive(line: Connection, tasks: SimpleQueue[Task | None]) -> None:
    """Take tasks as they come, so that who sends one never waits for this worker, which may be sending itself."""
    task: Task | None = Describe()
    while task is not None:
        try:
            task = line.recv()
        except (EOFError, OSError):
            task = None
        tasks.put(task)


def _work(line: Connection, worker: Worker) -> None:
    tasks: SimpleQueue[Task | None] = SimpleQueue()
    threading.Thread(target=_receive, args=(line, tasks), daemon=True).start()
    while (task := tasks.get()) is not None:
        try:
            if worker.prepare(task):
                gc.collect()
                gc.freeze()
        except PipelineError as error:
            line.send(Outcome(Describe(), error=error))
            continue
        except MemoryError:
            line.send(Outcome(Describe(), failure="memory", why="the memory does not suffice for the engine"))
            continue
        line.send("started")
        # The task stays with who gave it; sending its readings back would cost more than the result.
        line.send(replace(attempt(worker, task), task=Describe()))
