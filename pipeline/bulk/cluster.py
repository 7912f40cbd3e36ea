"""Workers on many machines: Ray actors that load weights once. Owns Ray (`pip install 'zhibiao[cluster]'`).

Pages are read where the actor is, from the path it is given: a file system that all machines see under one name. The
store is the coordinator's alone, so a node that dies takes nothing with it but what it had in hand, and that is done
elsewhere.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from pipeline.bulk.executors import attempt, resident
from pipeline.bulk.limits import Limits
from pipeline.bulk.queue import Hand, TaskQueue
from pipeline.bulk.tasks import Describe, Outcome, Task, Workshop
from pipeline.bulk.worker import Worker
from pipeline.errors import PipelineError, UsageError

# Loading takes seconds to minutes; where no node has room for a single actor, so long is waited for one.
_LOAD_SECONDS = 900.0


class _Actor:
    """A worker on some node."""

    def __init__(self, workshop: Workshop) -> None:
        threads = str(workshop.threads)
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[name] = threads
        self._worker = Worker(workshop)

    def node(self) -> str:
        """The node it is on: an answer says that the cluster has room for it."""
        import ray

        return str(ray.get_runtime_context().get_node_id())

    def prepare(self, task: Task) -> Outcome | None:
        """Load what the task needs; an error that stops the run is returned."""
        try:
            self._worker.prepare(task)
        except PipelineError as error:
            return Outcome(Describe(), error=error)
        return None

    def do(self, task: Task) -> tuple[Outcome, int | None]:
        """Do a task; return its outcome and the memory that the process holds."""
        return replace(attempt(self._worker, task), task=Describe()), resident(os.getpid())


@dataclass(eq=False)
class _Hand(Hand):
    """An actor; `waits` is what it was asked for. Without a `node` it has no place yet."""

    actor: Any = None
    waits: Any = None
    since: float = 0.0
    prepared: bool = False
    node: str | None = None


class RayExecutor(TaskQueue[_Hand]):
    """Actors on a cluster, each with one task at a time."""

    def __init__(self, workshop: Workshop, workers: int | None, limits: Limits, address: str | None) -> None:
        """Join the cluster at `address` (None: one of this machine). Raises UsageError where that cannot be."""
        try:
            import ray as installed
        except ImportError as error:
            raise UsageError("the executor ray needs Ray: pip install 'zhibiao[cluster]'") from error
        ray: Any = installed  # half of its functions say nothing of their types
        self._ray = ray
        self._workshop, self._limits = workshop, limits
        self._started_here = not ray.is_initialized()
        if self._started_here:
            try:
                ray.init(address=address, log_to_driver=False, logging_level="ERROR", include_dashboard=False)
            except (ConnectionError, OSError, RuntimeError, ValueError) as error:
                first = str(error).strip().splitlines()[0]
                raise UsageError(f"{address or 'ray'}: no cluster can be joined ({first}); check --address") from error
        cores = int(ray.cluster_resources().get("CPU", 1))
        super().__init__(workers or max(1, cores // workshop.threads), limits.memory)
        self._make: Callable[[Workshop], Any] = (
            ray.remote(_Actor).options(num_cpus=workshop.threads, max_restarts=0, max_task_retries=0).remote
        )

    def close(self) -> None:
        """Stop at once; what is in hand is lost."""
        for hand in self._hands:
            self._ray.kill(hand.actor)
        self._hands = []
        self._waiting.clear()
        if self._started_here:
            self._ray.shutdown()

    # -- inside ----------------------------------------------------------------------------------------------------

    def _hear(self, seconds: float) -> None:
        asked = {hand.waits: hand for hand in self._hands if hand.task is not None or hand.node is None}
        ready, _ = self._ray.wait(list(asked), num_returns=1, timeout=seconds)
        for reference in ready:
            self._listen(asked[reference])

    def _hand_out(self) -> None:
        # A task is given to an actor that has a place; one that waits for room on a node holds nothing back.
        for hand in self._hands:
            if self._waiting and hand.task is None and hand.node is not None:
                hand.task, hand.since, hand.prepared = self._waiting.popleft(), time.monotonic(), False
                # What it loads for is the kind of task; its contents need not travel twice.
                hand.waits = hand.actor.prepare.remote(_light(hand.task))
        starting = sum(hand.node is None for hand in self._hands)
        while len(self._waiting) > starting and len(self._hands) < self.workers:
            self._numbers += 1
            starting += 1
            actor = self._make(self._workshop)
            hand = _Hand(self._numbers, actor=actor, waits=actor.node.remote(), since=time.monotonic())
            self._hands.append(hand)

    def _listen(self, hand: _Hand) -> None:
        try:
            said = self._ray.get(hand.waits)
        except (self._ray.exceptions.RayActorError, self._ray.exceptions.RayTaskError) as error:
            fault: Literal["worker", "node"] = "worker" if self._alive(hand.node) else "node"
            self._lost(hand, "died", f"its worker ended by itself ({type(error).__name__})", fault)
            return
        if hand.node is None:
            hand.node = str(said)
            return
        if not hand.prepared and said is None:
            hand.prepared, hand.since = True, time.monotonic()
            hand.waits = hand.actor.do.remote(hand.task)
            return
        outcome, memory = (said, None) if isinstance(said, Outcome) else said
        self._finish(hand, outcome, memory)

    def _watch(self) -> None:
        now = time.monotonic()
        oldest = min((hand.since for hand in self._hands if hand.node is None), default=now)
        if now - oldest > _LOAD_SECONDS and all(hand.node is None for hand in self._hands):
            raise UsageError(f"the cluster has no room for a worker ({self._workshop.threads} cores); add a node")
        for hand in list(self._hands):
            if hand.task is None:
                continue
            if hand.prepared and now - hand.since > self._limits.seconds:
                self._lost(hand, "time", f"not done after {self._limits.seconds:g} s")
            elif not hand.prepared and now - hand.since > _LOAD_SECONDS:
                self._lost(hand, "time", f"its worker was not ready after {_LOAD_SECONDS:.0f} s")

    def _alive(self, node: str | None) -> bool:
        """Whether a node is still there."""
        return any(known["NodeID"] == node and known["Alive"] for known in self._ray.nodes())

    def _end(self, hand: _Hand) -> None:
        self._ray.kill(hand.actor)


def _light(task: Task) -> Task:
    from pipeline.bulk.tasks import MakeRecords

    return replace(task, pages=()) if isinstance(task, MakeRecords) else task
