"""The work itself, in whatever process it is done: pages to readings, readings to records. Loads slow things once."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from pipeline.bulk.standing import Earlier, Standing
from pipeline.bulk.tasks import (
    Describe,
    MakeRecords,
    Material,
    PageRead,
    PageReader,
    PageSlot,
    ReadPage,
    RecordMaker,
    RecordsMade,
    Task,
    Workshop,
)
from pipeline.bulk.trace import pack_trace
from pipeline.decisions import Decision, effective
from pipeline.dictionaries import load_dictionaries
from pipeline.document import Page, PageReading, Problem
from pipeline.errors import InputError, PipelineError, SkippedInput, shown
from pipeline.intake import InputAccount, Intake, document_digest, fault
from pipeline.interpret import (
    Interpreted,
    InterpretTools,
    ask_repairs,
    interpret_decided,
    label_pages,
    load_interpret_tools,
)
from pipeline.keep import pack, renumbered, unpack
from pipeline.pages import open_pages
from pipeline.settings import Settings
from pipeline.store import DocumentRows, StoredPage, record_rows
from pipeline.templates import load_templates


class _Engine:
    """The real reader: PaddleOCR over straightened pages."""

    def __init__(self, settings: Settings, threads: int) -> None:
        from pipeline.leftside import load_reader

        # How many threads read does not change what is read, so it stays out of the key that the settings are part of.
        engine = settings.left.engine.model_copy(update={"threads": settings.left.engine.threads or threads})
        self._tools = load_reader(settings.left.model_copy(update={"engine": engine}))

    @property
    def name(self) -> str:
        return str(self._tools.engine.name)

    def read(self, page: Page) -> PageReading:
        from pipeline.leftside import read_page

        return read_page(page, self._tools)


def load_engine_reader(settings: Settings, threads: int) -> PageReader:
    """Load the real engine."""
    return _Engine(settings, threads)


class Worker:
    """Does tasks one after the other."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._reader: PageReader | None = None
        self._maker: RecordMaker | None = None

    def prepare(self, task: Task) -> bool:
        """Load what the task needs, once; tell whether something was loaded. Raises ModelError, DictionaryError."""
        if isinstance(task, MakeRecords):
            if self._maker is not None:
                return False
            self._maker = self._workshop.load_maker(self._workshop)
        else:
            if self._reader is not None:
                return False
            self._reader = self._workshop.load_reader(self._workshop.settings, self._workshop.threads)
        return True

    def do(self, task: Task) -> Any:
        """Do one task, after `prepare`."""
        if isinstance(task, MakeRecords):
            assert self._maker is not None
            return self._maker.make(task)
        assert self._reader is not None
        return self._reader.name if isinstance(task, Describe) else _read(task, self._reader, self._workshop.settings)


class _Maker:
    """The real one: the whole right half."""

    def __init__(self, tools: InterpretTools, before: Sequence[Earlier]) -> None:
        self._tools = tools
        self._standing = Standing(tools, before)

    def make(self, task: MakeRecords) -> RecordsMade:
        kept = self._standing.kept(task)
        if kept is not None and kept.stands:
            rows = DocumentRows(task.name, task.sha256, task.source.kind, "read", [], seen=task.seen)
            return RecordsMade(rows, InputAccount(shown(task.name)), stands=True)
        trace: list[bytes | None] = []

        def interpret(
            pages: Sequence[PageReading], name: str, sha256: str, decisions: Sequence[Decision]
        ) -> list[Interpreted]:
            tools, noted = self._tools, self._tools.dictionaries.notes.during
            if kept is not None:
                labelling, said, asked = kept.labelling, kept.said, kept.asked
            else:
                labelling, asked = noted(lambda: label_pages(pages, tools))
                said = [ask_repairs(form, tools) for form in labelling.forms]
            found, rest = noted(lambda: list(interpret_decided(pages, name, sha256, tools, decisions, labelling, said)))
            if kept is not None and kept.trace is not None:
                trace.append(kept.trace.renewed(rest, said))
            else:
                trace.append(pack_trace(asked, rest, labelling, said, pages))
            return found

        made = make_records(task, self._tools.settings, interpret, kept.pages if kept is not None else None)
        if made.account.status != "failed" and trace:
            made.rows.trace = trace[-1]
        return made


def load_record_maker(workshop: Workshop) -> RecordMaker:
    """Load dictionaries, templates and models as the workshop says. Raises DictionaryError, ModelError."""
    tools = load_tools(workshop)
    before = []
    for one in workshop.before:
        with tempfile.TemporaryDirectory(prefix="zhibiao-") as made:
            words, layouts = tools.dictionaries, tools.templates
            if one.dictionaries != workshop.dictionaries:
                words = load_dictionaries(_laid_out(Path(made) / "dictionaries", one.dictionaries))
            if one.templates != workshop.templates:
                layouts = load_templates(_laid_out(Path(made) / "templates", one.templates))
        before.append(Earlier(one, words, layouts))
    return _Maker(tools, before)


def load_tools(workshop: Workshop) -> InterpretTools:
    """What records are made with, as the workshop says. Raises DictionaryError, ModelError."""
    with tempfile.TemporaryDirectory(prefix="zhibiao-") as made:
        dictionaries = _laid_out(Path(made) / "dictionaries", workshop.dictionaries)
        templates = _laid_out(Path(made) / "templates", workshop.templates)
        return load_interpret_tools(workshop.settings, dictionaries, templates)


def _laid_out(folder: Path, materials: tuple[Material, ...]) -> list[Path]:
    """The files as they were given, each in a folder of its own: two may have one name."""
    paths = []
    for number, material in enumerate(materials):
        path = folder / str(number) / material.name
        path.parent.mkdir(parents=True)
        path.write_text(material.text, "utf-8")
        paths.append(path)
    return paths


# -- pages -------------------------------------------------------------------------------------------------------------


def _read(task: ReadPage, reader: PageReader, settings: Settings) -> PageRead:
    reading = _reading(task, reader, settings)
    unreadable = any(problem.code.startswith("page.unreadable") for problem in reading.problems)
    return PageRead(pack(reading), not unreadable)


def _reading(task: ReadPage, reader: PageReader, settings: Settings) -> PageReading:
    try:
        page = next(open_pages(Path(task.file), settings.left.pages, start=task.position, only=task.number), None)
    except InputError as error:
        return _unreadable(task, str(error))
    if page is None:
        return _unreadable(task, f"{task.what}: is no longer there; run again")
    if page.sha256 != task.sha256:
        return _unreadable(task, f"{task.file}: was changed while it was read; run again")
    if page.problem is not None:
        return _unreadable(task, page.problem)
    try:
        return reader.read(page)
    except (PipelineError, MemoryError):
        raise
    except Exception as error:  # one page must not take the others with it
        return _unreadable(task, f"{fault(error)}; a fault of zhibiao, please report it with the page")


def _unreadable(task: ReadPage, why: str) -> PageReading:
    return PageReading(
        task.position, task.file, task.sha256, problems=(Problem("page.unreadable", why),), origin="pixels"
    )


# -- records -----------------------------------------------------------------------------------------------------------


Interpret = Callable[[Sequence[PageReading], str, str, Sequence[Decision]], Iterable[Interpreted]]


def make_records(
    task: MakeRecords, settings: Settings, interpret: Interpret, known: Sequence[PageReading] | None = None
) -> RecordsMade:
    """Make the records of one document; what went wrong is in the account. `known` are its pages, where they are."""
    messages: list[str] = []
    account = InputAccount(shown(task.name))
    intake = Intake(settings, Path(), messages.append)
    rows = DocumentRows(task.name, task.sha256, task.source.kind, "read", [], seen=task.seen)
    made = RecordsMade(rows, account, messages)
    readings: list[PageReading] = []
    with intake.guarded(task.source, account):
        try:
            readings = _readings(task, intake, account, known)
        finally:
            made.contents = [pack(reading) for reading in readings] if task.pages is None else []
        account.sha256 = document_digest(readings)
        found = list(interpret(readings, shown(task.name), account.sha256, task.decisions))
        if not found:
            from pipeline.run import nothing_found  # brings the workbook with it

            raise SkippedInput(nothing_found(task.source, readings))
        rows.records = [record_rows(one.record, number, one.doubts) for number, one in enumerate(found)]
        account.records = len(found)
        made.unplaced = len({d.id for d in effective(task.decisions)} - set().union(*(one.found for one in found)))
    slots = task.pages or ()
    rows.status, rows.why, rows.notices = account.status, account.why, tuple(account.notices)
    rows.pages = [_stored(entry, slots, readings) for entry in account.pages]
    return made


def digest_of(digests: list[str]) -> str:
    """A document's digest of its files', as document_digest makes it of readings."""
    return document_digest([PageReading(0, "", sha256) for sha256 in digests]) if digests else ""


def _readings(
    task: MakeRecords, intake: Intake, account: InputAccount, known: Sequence[PageReading] | None = None
) -> list[PageReading]:
    if known is not None:
        return intake.accounted(task.source, known, account)
    if task.pages is None:
        return intake.readings(task.source, account)
    readings = []
    for position, slot in enumerate(task.pages):
        if slot.content is None:
            problem = Problem("page.unreadable", slot.problem or "the page was not read")
            reading = PageReading(position, slot.file, slot.sha256, problems=(problem,), origin=slot.origin)
        else:
            reading = unpack(slot.content)
            if (reading.index, reading.file) != (position, slot.file):
                reading = renumbered(reading, position, slot.file)
        readings.append(reading)
    return intake.accounted(task.source, readings, account)


def _stored(entry: dict[str, Any], slots: tuple[PageSlot, ...], readings: list[PageReading]) -> StoredPage:
    position = entry["page"] - 1
    reading = next((one for one in readings if one.index == position), None)
    slot = slots[position] if position < len(slots) else None
    size = reading.size if reading and reading.size else (None, None)
    sha256 = slot.sha256 if slot else reading.sha256 if reading else ""
    same = [one for one in readings[:position] if reading and one.file == reading.file]
    return StoredPage(
        position=position, file=entry["file"], location="", sha256=sha256,
        number=slot.number if slot else len(same), status=entry["status"], why=entry.get("why"),
        origin=reading.origin if reading else slot.origin if slot else "text", width=size[0], height=size[1],
    )  # fmt: skip
