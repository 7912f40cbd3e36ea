"""The coordinator: hands out pages and documents, keeps what comes back, accounts for every input once.

It alone writes to the store. What it holds in memory is what is in hand: a few documents for each worker.
"""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

from pipeline.bulk.executors import Executor
from pipeline.bulk.plan import PlannedDocument, plan_document, set_keys, stored_interpretation, stored_task, text_key
from pipeline.bulk.tasks import Describe, MakeRecords, Outcome, PageRead, ReadPage, RecordsMade
from pipeline.decisions import Decision
from pipeline.errors import ModelError, PipelineError, SkippedInput, shown
from pipeline.intake import InputAccount
from pipeline.keep import unpack
from pipeline.settings import Settings
from pipeline.sources import Source, SourceError
from pipeline.store import DocumentRows, Store, StoredDocument, StoredPage

# What was interpreted is written in batches: after so many documents or seconds. A crash loses no more than that, and
# it is made again in milliseconds; readings, which are dear, are written one by one.
_BATCH = 50
_BATCH_SECONDS = 1.0
# Of those whose records stand only the key is written.
_STANDING = 200
# Documents looked at before results and interrupts are looked at again, and documents in hand at most.
_LOOKED_AT = 50
_IN_HAND = 200

Say = Callable[[str], None]
OnEvent = Callable[[str, dict[str, Any]], None]


class Interrupt:
    """Ctrl-C: once lets the pages in hand be finished, twice stops at once."""

    def __init__(self, say: Say) -> None:
        self.asked = False
        self._say = say

    @contextmanager
    def watched(self) -> Iterator[Interrupt]:
        """Listen to SIGINT and SIGTERM while the block runs."""
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before = {number: signal.signal(number, self._signalled) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self._say("zhibiao: finishing the pages in hand; interrupt again to stop at once")


@dataclass
class Tally:
    """What a run or a reinterpretation has done so far."""

    documents: int = 0
    pages: int = 0
    pages_read: int = 0  # by the engine, in this run
    pages_failed: int = 0
    inputs_failed: int = 0
    made: int = 0  # documents whose records were made
    unchanged: int = 0
    unplaced: int = 0  # decisions that found no place


@dataclass
class Coordinator:
    """One run over one store. `version` names what records are made with."""

    store: Store
    executor: Executor
    settings: Settings
    version: str
    interrupt: Interrupt
    say: Say
    on_event: OnEvent
    max_failures: int | None = None
    before: frozenset[str] = frozenset()  # versions of whose records something may stand (tasks.Before)
    tally: Tally = field(default_factory=Tally)
    stopped: bool = False  # by max_failures

    def __post_init__(self) -> None:
        self._engine: str | None = None
        self._asked_engine = False
        self._for_engine: list[PlannedDocument] = []
        self._documents: dict[int, PlannedDocument] = {}
        self._reads: deque[ReadPage] = deque()
        self._wanted: dict[str, list[tuple[int, int]]] = {}  # key -> the pages that wait for it
        self._makes: deque[int] = deque()
        self._keys: dict[int, str] = {}  # document -> its interpretation
        self._batch: list[tuple[int, DocumentRows | None, InputAccount, int | None]] = []
        self._since = 0.0
        self._standing: list[tuple[int, str]] = []  # documents whose records stand, with their interpretation now
        self._run: int | None = None

    # -- a run -----------------------------------------------------------------------------------------------------

    def run(self, sources: Iterable[Source | SourceError], run: int) -> None:
        """Read and interpret every source; all that is done is stored and accounted for when this returns.

        Raises StoreError, and ModelError or DictionaryError where no input would fare better.
        """
        self._run = run
        coming = enumerate(sources)
        more = True
        while True:
            ending = self.interrupt.asked or self.stopped
            for _ in range(_LOOKED_AT):
                if ending or self.executor.room() <= 0:
                    break
                if self._hand_out():
                    continue
                # What waits for the engine or for its pages holds only names, and not too many of them.
                found = next(coming, None) if more and len(self._documents) < _IN_HAND else None
                if found is None:
                    more = more and len(self._documents) >= _IN_HAND
                    break
                self._plan(*found)
            if not self.executor.pending() and (ending or (not more and not self._reads and not self._makes)):
                break
            for outcome in self.executor.outcomes(0.5):
                self._take(outcome)
            self.flush(force=False)
            if self.max_failures is not None and self._failures() > self.max_failures:
                self.stopped = True
        self.flush(force=True)

    def _failures(self) -> int:
        return self.tally.pages_failed + self.tally.inputs_failed

    def _hand_out(self) -> bool:
        if self._makes:
            self._make(self._makes.popleft())
        elif self._reads:
            self.executor.submit(self._reads.popleft())
        else:
            return False
        return True

    def _plan(self, position: int, source: Source | SourceError) -> None:
        self.tally.documents += 1
        name = shown(source.path)
        self.on_event("input", {"input": name, "number": position + 1})
        if isinstance(source, SourceError):
            status = "skipped" if source.skipped else "failed"
            self._finish(position, None, InputAccount(name, status, shown(source)))
            return
        try:
            document = plan_document(position, source)
        except SkippedInput as skipped:
            self._finish(position, None, InputAccount(name, "skipped", shown(skipped)))
            return
        except PipelineError as error:
            self._finish(position, None, InputAccount(name, "failed", shown(error)))
            return
        self._documents[position] = document
        self.tally.pages_failed += sum(page.problem is not None for page in document.pages or ())
        if document.pages is None or all(page.problem is not None for page in document.pages):
            self._ready(position)
        elif self._engine is None:
            self._for_engine.append(document)
            if not self._asked_engine:
                self._asked_engine = True
                self.executor.submit(Describe())
        else:
            self._look_up(document)

    def _look_up(self, document: PlannedDocument) -> None:
        """Ask for the pages whose reading is not kept."""
        assert self._engine is not None
        assert document.pages is not None
        set_keys(document, self.settings, self._engine)
        known = self.store.known_readings([page.key for page in document.pages if page.key])
        for number, page in enumerate(document.pages):
            if page.key is None or page.key in known:
                continue
            document.missing.add(number)
            waiting = self._wanted.setdefault(page.key, [])
            waiting.append((document.position, number))
            if len(waiting) == 1:  # the same page in another document, or twice in this one, is read once
                self._reads.append(ReadPage(document.position, number, page.file, page.sha256, page.number))
        if not document.missing:
            self._ready(document.position)

    def _ready(self, position: int) -> None:
        """All pages of a document are there: make its records, unless nothing changed since they were made."""
        document = self._documents[position]
        decisions, _ = self._decisions(document.digests)
        key = self._keys[position] = document.interpretation(self.version, self.settings, decisions)
        stored = self.store.find_document(document.name, document.sha256)
        if stored is not None and stored.interpretation == key and not stored.stale and stored.status != "failed":
            self._unchanged(document, stored)
        else:
            self._makes.append(position)

    def _decisions(self, digests: Iterable[str]) -> tuple[list[Decision], int]:
        last = self.store.last_decision()
        return (self.store.decisions_on(digests) if last else []), last

    def _make(self, position: int) -> None:
        document = self._documents[position]
        contents: dict[str, bytes] = {}
        if document.pages is not None:
            contents = self.store.get_readings([page.key for page in document.pages if page.key])
        decisions, last = self._decisions(document.digests)
        self.executor.submit(
            MakeRecords(
                position,
                document.source,
                document.name,
                document.sha256,
                document.slots(contents),
                tuple(decisions),
                last,
            )
        )

    # -- what comes back -------------------------------------------------------------------------------------------

    def _take(self, outcome: Outcome) -> None:
        # A model or a dictionary that cannot be used stops the run: no input would fare better.
        if outcome.error is not None:
            raise outcome.error
        if isinstance(outcome.task, Describe):
            if outcome.failure is not None:
                raise ModelError(f"the engine cannot be loaded: {outcome.why}; see zhibiao doctor")
            self._engine = str(outcome.result)
            waiting, self._for_engine = self._for_engine, []
            for document in waiting:
                self._look_up(document)
        elif isinstance(outcome.task, ReadPage):
            self._page(outcome.task, outcome)
        else:
            self._records(outcome.task, outcome)

    def _page(self, task: ReadPage, outcome: Outcome) -> None:
        pages = self._documents[task.document].pages
        assert pages is not None
        key = pages[task.position].key
        assert key is not None
        why: str | None = None
        if outcome.failure is not None:
            why = outcome.why
        else:
            read: PageRead = outcome.result
            if read.kept:
                self.store.put_readings([(key, task.sha256, task.number, read.content)])
            else:
                why = unpack(read.content).problems[0].message
        self.tally.pages_read += 1
        self.on_event(
            "page",
            {"file": task.file, "page": task.number + 1, "seconds": round(outcome.seconds, 3), "failed": why},
        )
        if why is not None:
            self.tally.pages_failed += len(self._wanted.get(key, ()))
            if outcome.failure is not None:
                self.say(f"zhibiao: {task.what}: {shown(why)}; set aside")
        for position, number in self._wanted.pop(key, []):
            document = self._documents[position]
            assert document.pages is not None
            if why is not None:
                document.pages[number].key, document.pages[number].problem = None, why
            document.missing.discard(number)
            if not document.missing:
                self._ready(position)

    def _records(self, task: MakeRecords, outcome: Outcome) -> None:
        document = self._documents[task.document]
        if outcome.failure is not None:
            account = InputAccount(document.name, "failed", f"{document.name}: {outcome.why}; set aside")
            account.pages = [
                {"page": number + 1, "file": shown(page.file), "status": "failed", "why": account.why}
                for number, page in enumerate(document.pages or ())
            ]
            self._finish(task.document, None, account)
            return
        made: RecordsMade = outcome.result
        self.tally.made += 1
        self.tally.unplaced += made.unplaced
        rows = made.rows
        # What failed is tried again by the next run; so it has no interpretation to be found by.
        if made.account.status != "failed" and not any(page.problem for page in document.pages or ()):
            rows.interpretation = self._keys[task.document]
        rows.version = self.version
        rows.pages = [self._placed(document, page) for page in rows.pages]
        if made.contents:
            keys = [page.reading for page in rows.pages]
            self.store.put_readings(
                (key, page.sha256, page.number, content)
                for key, page, content in zip(keys, rows.pages, made.contents, strict=True)
                if key is not None
            )
        for message in made.messages:
            self.say(message)
        self._finish(task.document, rows, made.account)

    def _placed(self, document: PlannedDocument, page: StoredPage) -> StoredPage:
        """A page with its place on this machine and the key of its reading."""
        if document.pages is not None:
            planned = document.pages[page.position]
            return replace(page, location=planned.location, reading=planned.key)
        location = shown(Path(document.source.path).absolute())
        if document.source.kind == "imports":
            location = shown(Path(page.file).absolute())
        failed = page.status == "failed"
        return replace(
            page, location=location, reading=None if failed else text_key(page.sha256, page.number, self.settings)
        )

    def _unchanged(self, document: PlannedDocument, stored: StoredDocument) -> None:
        self.tally.unchanged += 1
        account = InputAccount(document.name, stored.status, stored.why, None, 0)
        account.notices = list(stored.notices)
        account.records = len(self.store.bodies_of(stored.id))
        if account.records or stored.status == "read":
            account.sha256 = stored.sha256
        for page in stored.pages:
            entry: dict[str, Any] = {"page": page.position + 1, "file": page.file, "status": page.status}
            if page.why:
                entry["why"] = page.why
            account.pages.append(entry)
        self._finish(document.position, None, account, stored.id)

    def _finish(
        self, position: int, rows: DocumentRows | None, account: InputAccount, document: int | None = None
    ) -> None:
        self.tally.pages += len(account.pages)
        planned = self._documents.pop(position, None)
        self._keys.pop(position, None)
        failed = sum(page["status"] == "failed" for page in account.pages)
        if planned is None or planned.pages is None:  # others were counted when they failed
            self.tally.pages_failed += failed
        self.tally.inputs_failed += account.status == "failed" and not failed
        if rows is None and account.status != "read" and account.why and document is None:
            self.say(f"zhibiao: {'skipped: ' if account.status == 'skipped' else ''}{account.why}")
        if not self._batch:
            self._since = time.monotonic()
        self._batch.append((position, rows, account, document))
        self.on_event(
            "done",
            {"input": account.path, "number": position + 1, "status": account.status, "records": account.records},
        )

    def flush(self, *, force: bool = True) -> None:
        """Write the documents that are done: all of them, or if not `force`, when there are enough."""
        if self._standing and (force or len(self._standing) >= _STANDING):
            standing, self._standing = self._standing, []
            self.store.let_stand(standing, self.version)
        if not self._batch or not (
            force or len(self._batch) >= _BATCH or time.monotonic() - self._since > _BATCH_SECONDS
        ):
            return
        batch, self._batch = self._batch, []
        ids = iter(self.store.save([rows for _, rows, _, _ in batch if rows is not None]))
        accounts = [
            (position, account.path, next(ids) if rows is not None else document, vars(account))
            for position, rows, account, document in batch
        ]
        if self._run is not None:
            self.store.add_run_inputs(self._run, accounts)

    # -- records made again ----------------------------------------------------------------------------------------

    def remake(self, documents: Iterable[StoredDocument]) -> None:
        """Make the records of stored documents again where what they are made of has changed."""
        tasks = self._remaking(documents)
        held: dict[int, tuple[StoredDocument, str]] = {}
        more = True
        while True:
            while more and not self.interrupt.asked and self.executor.room(short=True) > 0:
                found = next(tasks, None)
                if found is None:
                    more = False
                    break
                stored, key, task = found
                held[task.document] = (stored, key)
                self.executor.submit(task)
            if not self.executor.pending():
                if self.interrupt.asked or not more:
                    break
                continue
            for outcome in self.executor.outcomes(0.5):
                if outcome.error is not None:
                    raise outcome.error
                assert isinstance(outcome.task, MakeRecords)
                self._remade(*held.pop(outcome.task.document), outcome)
            self.flush(force=False)
        self.flush(force=True)

    def _remaking(self, documents: Iterable[StoredDocument]) -> Iterator[tuple[StoredDocument, str, MakeRecords]]:
        """The documents whose records are to be made again, with their tasks; looked at so many at a time."""
        coming = iter(documents)
        number = 0
        while some := list(islice(coming, _LOOKED_AT)):
            self.tally.documents += len(some)
            decisions, last = self._decisions(page.sha256 for stored in some for page in stored.pages)
            wanted: list[tuple[StoredDocument, str, list[Decision]]] = []
            for stored in some:
                files = {page.sha256 for page in stored.pages}
                own = [decision for decision in decisions if decision.anchor.sha256 in files]
                key = stored_interpretation(stored, self.version, self.settings, own)
                if (stored.interpretation == key and not stored.stale) or not any(p.reading for p in stored.pages):
                    self.tally.unchanged += 1
                    self._leave(stored, "unchanged")
                else:
                    wanted.append((stored, key, own))
            contents = self.store.get_readings(
                {p.reading for stored, _, _ in wanted for p in stored.pages if p.reading}
            )
            traces = self.store.get_traces([stored.id for stored, _, _ in wanted if stored.version in self.before])
            for stored, key, own in wanted:
                same = self._same_decisions(stored, own)
                yield stored, key, stored_task(stored, number, contents, own, last, traces.get(stored.id), same)
                number += 1

    def _same_decisions(self, stored: StoredDocument, decisions: Sequence[Decision]) -> bool:
        """Tell whether a document's records were made with these decisions (and settings of reading)."""
        if stored.version is None or stored.stale:
            return False
        return stored.interpretation == stored_interpretation(stored, stored.version, self.settings, decisions)

    def _remade(self, stored: StoredDocument, key: str, outcome: Outcome) -> None:
        if outcome.failure is not None:
            self.tally.inputs_failed += 1
            self.say(f"zhibiao: {stored.name}: {outcome.why}; its records are as they were")
            self._leave(stored, "failed")
            return
        made: RecordsMade = outcome.result
        if made.stands:
            self.tally.unchanged += 1
            self._standing.append((stored.id, key))
            self._leave(stored, "unchanged")
            return
        self.tally.made += 1
        self.tally.unplaced += made.unplaced
        rows = made.rows
        if all(page.reading for page in stored.pages):
            rows.interpretation = key
        rows.version, rows.pages, rows.stored = self.version, stored.pages, stored.id
        self._finish(self._remade_so_far() - 1, rows, made.account)

    def _remade_so_far(self) -> int:
        return self.tally.made + self.tally.unchanged + self.tally.inputs_failed

    def _leave(self, stored: StoredDocument, status: str) -> None:
        """Count the pages of a document of which nothing is written, and say what became of it."""
        self.tally.pages += len(stored.pages)
        self.on_event("done", {"input": stored.name, "number": self._remade_so_far(), "status": status})
