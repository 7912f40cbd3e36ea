"""The corridor: each input from file to records, every input and every page accounted for."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import __version__
from pipeline.document import Page, PageReading, Problem
from pipeline.errors import InputError, PipelineError, SkippedInput, UsageError, shown
from pipeline.export import write_jsonl, write_workbook
from pipeline.forms import join_forms
from pipeline.importers import read_import
from pipeline.interpret import InterpretTools, interpret, load_interpret_tools
from pipeline.keep import ReadingFolder, reading_key, renumbered
from pipeline.levels import label_form
from pipeline.ocrtext import read_text_file
from pipeline.pages import open_folder, open_pages, page_picture
from pipeline.records import Record
from pipeline.settings import ImportSettings
from pipeline.sources import Source, SourceError, find_sources, list_imports

if TYPE_CHECKING:
    from pipeline.leftside import ReaderTools

Say = Callable[[str], None]
RECORDS, WORKBOOK, ACCOUNT, READINGS, DEBUG = "records.jsonl", "records.xlsx", "run.json", "readings", "debug"


@dataclass
class InputAccount:
    """What became of one input."""

    path: str
    status: str = "read"  # read, skipped, failed
    why: str | None = None
    sha256: str | None = None
    records: int = 0
    pages: list[dict[str, Any]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def fail(self, why: str) -> None:
        """Set the input aside as failed."""
        self.status, self.why = "failed", why


@dataclass
class Summary:
    """The whole run, for run.json and the last line on the screen."""

    out: Path
    inputs: list[InputAccount] = field(default_factory=list)
    indicators: int = 0
    repaired: int = 0
    proposed: int = 0
    findings: int = 0
    review: int = 0
    interrupted: bool = False

    def count(self, status: str) -> int:
        """The number of inputs with this status."""
        return sum(account.status == status for account in self.inputs)

    @property
    def failed_pages(self) -> int:
        """Pages that could not be read in inputs of which others could."""
        return sum(page["status"] == "failed" for account in self.inputs for page in account.pages)

    def exit_code(self) -> int:
        """0 done, 3 some inputs or pages failed, 5 nothing could be read, 130 interrupted."""
        if self.interrupted:
            return 130
        if self.count("failed") and not self.count("read") and not self.count("skipped"):
            return 5
        return 3 if self.count("failed") or self.failed_pages else 0

    def line(self) -> str:
        """One line that says what was done and what waits."""
        records = sum(account.records for account in self.inputs)
        pages = f", {self.failed_pages} pages failed" if self.failed_pages else ""
        return (
            f"{records} records, {self.indicators} indicators, {self.repaired} repairs, {self.proposed} proposals, "
            f"{self.findings} findings, {self.review} to review; inputs: {self.count('read')} read, "
            f"{self.count('skipped')} skipped, {self.count('failed')} failed{pages} -> {self.out}"
        )

    def add(self, record: Record) -> None:
        """Count a record."""
        self.indicators += len(record.indicators)
        self.repaired += sum(repair.status == "repaired" for repair in record.repairs)
        self.proposed += sum(repair.status == "proposed" for repair in record.repairs)
        self.findings += len(record.findings)
        self.review += sum(i.review for i in record.indicators) + sum(f.review for f in record.fields.values())

    def account(self, tools: InterpretTools) -> dict[str, Any]:
        """The content of run.json."""
        pages = [page["status"] for account in self.inputs for page in account.pages]
        return {
            "zhibiao": __version__,
            "versions": {
                "dictionaries": tools.dictionaries.digest,
                "templates": [template.id for template in tools.templates],
                "levels": tools.levels.model.card["sha256"],
            },
            "inputs": [vars(account) for account in self.inputs],
            "totals": {
                "inputs": len(self.inputs), "read": self.count("read"), "skipped": self.count("skipped"),
                "failed": self.count("failed"), "pages": len(pages), "pages_failed": pages.count("failed"),
                "records": sum(account.records for account in self.inputs), "indicators": self.indicators,
                "repaired": self.repaired, "proposed": self.proposed, "findings": self.findings, "review": self.review,
            },
            "interrupted": self.interrupted,
        }  # fmt: skip


@dataclass
class Corridor:
    """What a run carries with it: tools loaded once (the engine at the first page), kept readings, the voice."""

    tools: InterpretTools
    out: Path
    say: Say
    debug: bool = False
    on_page: Callable[[Page], None] | None = None
    _reader: ReaderTools | None = None

    def reader(self) -> ReaderTools:
        """The engine, loaded at the first page. Raises ModelError."""
        if self._reader is None:
            from pipeline.leftside import load_reader

            self._reader = load_reader(self.tools.settings.left)
        return self._reader

    def records_of(self, source: Source, account: InputAccount) -> list[Record]:
        """The records of one document; what went wrong is in its account."""
        try:
            pages = self._pages(source, account)
            account.sha256 = _document_digest(pages)
            found = list(interpret(pages, shown(source.path), account.sha256, self.tools))
            if not found:
                raise SkippedInput(_nothing_found(source, pages))
        except SkippedInput as skipped:
            account.status, account.why = "skipped", shown(skipped)
            self.say(f"zhibiao: skipped: {account.why}")
            return []
        except PipelineError as error:
            # A model or dictionary that cannot be used stops the run: no input would fare better.
            if error.exit_code == 4:
                raise
            account.fail(shown(error))
            self.say(f"zhibiao: {account.why}")
            return []
        except Exception as error:  # a fault of zhibiao's own must not take the other inputs with it
            account.fail(f"{shown(source.path)}: {_fault(error)}; a fault of zhibiao, please report it with the file")
            self.say(f"zhibiao: {account.why}")
            return []
        account.records = len(found)
        return found

    def _pages(self, source: Source, account: InputAccount) -> list[PageReading]:
        if source.kind == "text":
            readings = read_text_file(source.path, self.tools.settings.ocrtext)
        elif source.form:
            readings = _import_readings(source, self.tools.settings.imports)
        else:
            readings = list(self._page_readings(source))
        # From here on a file goes by a name that can be written: names may hold line ends and bytes that are no UTF-8.
        readings = [replace(reading, file=shown(reading.file)) for reading in readings]
        for reading in readings:
            failed = any(problem.code.startswith("page.unreadable") for problem in reading.problems)
            status = "failed" if failed else "read" if reading.blocks else "skipped"
            entry: dict[str, Any] = {"page": reading.index + 1, "file": reading.file, "status": status}
            notices = [_with_place(source, reading, problem) for problem in reading.problems]
            if not reading.blocks and not notices:
                notices = [_nothing_on(source, reading)]
            if notices:
                entry["why"] = "; ".join(notices)
            account.pages.append(entry)
            account.notices.extend(notices)
        if readings and all(page["status"] == "failed" for page in account.pages):
            others = f" (and so with all {len(readings)} pages)" if len(readings) > 1 else ""
            raise InputError(account.notices[0] + others)
        if any(reading.blocks for reading in readings):  # otherwise the document is skipped, and that says it
            for notice in account.notices:
                self.say(f"zhibiao: {notice}")
        return readings

    def _page_readings(self, source: Source) -> Iterator[PageReading]:
        from pipeline.leftside import read_page

        settings = self.tools.settings.left
        kept = ReadingFolder(self.out / READINGS)
        open_source = open_folder if source.kind == "images" else open_pages
        for page in open_source(source.path, settings.pages):
            if self.on_page:
                self.on_page(page)
            if page.problem is not None:  # no engine is loaded for what cannot be read
                yield _unreadable(page, page.problem)
                continue
            tools = self.reader()
            key = reading_key(page.sha256, page.number, settings, tools.engine.name)
            debug = self._debug_path(source, page) if self.debug else None
            reading = None if self.debug else kept.get(key)
            if reading is None:
                reading = _read_or_problem(page, tools, debug, read_page)
                if not any(problem.code.startswith("page.unreadable") for problem in reading.problems):
                    kept.put(key, reading)
            yield _placed(reading, page)

    def _debug_path(self, source: Source, page: Page) -> Path:
        folder = self.out / DEBUG
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{source.path.stem}-{page.index + 1:04d}.png"


def _import_readings(source: Source, settings: ImportSettings) -> list[PageReading]:
    """The pages of another tool's results; a file of a folder that cannot be read is a page with its problem."""
    readings: list[PageReading] = []
    for path in list_imports(source):
        try:
            found = read_import(path, source.form, settings)
        except (InputError, SkippedInput) as error:
            if source.kind == "import":
                raise
            code = "page.unreadable" if isinstance(error, InputError) else "page.skipped"
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found = [PageReading(0, str(path), digest, problems=(Problem(code, str(error)),))]
        readings.extend(renumbered(reading, len(readings) + i, str(path)) for i, reading in enumerate(found))
    return readings


def _read_or_problem(
    page: Page, tools: ReaderTools, debug: Path | None, read_page: Callable[..., PageReading]
) -> PageReading:
    """A page that cannot be read is a reading with its problem: the other pages go on."""
    try:
        return read_page(page, tools, debug)
    except PipelineError:
        raise
    except Exception as error:
        return _unreadable(page, f"{_fault(error)}; a fault of zhibiao, please report it with the page")


def _unreadable(page: Page, why: str) -> PageReading:
    problem = Problem("page.unreadable", why)
    return PageReading(page.index, page.file, page.sha256, problems=(problem,), origin="pixels")


def _fault(error: Exception) -> str:
    """An unexpected exception in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def _placed(reading: PageReading, page: Page) -> PageReading:
    """A kept reading, as this document counts its pages and this run names the file."""
    if reading.index == page.index and reading.file == page.file:
        return reading
    return renumbered(reading, page.index, page.file)


def _with_place(source: Source, reading: PageReading, problem: Problem) -> str:
    message = shown(problem.message)
    if reading.file in message or shown(source.path) in message:
        return message
    if problem.place is not None and problem.place.line is not None:
        return f"{reading.file}:{problem.place.line + 1}: {message}"
    return f"{_page_name(source, reading)}: {message}"


def _nothing_on(source: Source, reading: PageReading) -> str:
    return (
        f"{_page_name(source, reading)}: no text was found on it (blank, a picture or noise); nothing to record, "
        "look at it or scan it again"
    )


def _nothing_on_any(source: Source, pages: Sequence[PageReading]) -> str:
    failed = sum(bool(page.problems) for page in pages)
    others = f", {failed} could not be read (see {ACCOUNT})" if failed else ""
    return f"{shown(source.path)}: no text was found on any of its {len(pages)} pages{others}; nothing to record"


def _page_name(source: Source, reading: PageReading) -> str:
    """`scan.tiff: page 3`; an image of a folder is named by itself."""
    return reading.file if source.kind == "images" else f"{reading.file}: page {reading.index + 1}"


def _nothing_found(source: Source, pages: Sequence[PageReading]) -> str:
    if not any(page.blocks for page in pages):
        return _nothing_on(source, pages[0]) if len(pages) == 1 else _nothing_on_any(source, pages)
    if any(page.tables for page in pages):
        return (
            f"{shown(source.path)}: holds no performance-target form (no title, no indicator table); nothing to record"
        )
    return f"{shown(source.path)}: holds no table; nothing to record"


def _document_digest(pages: Sequence[PageReading]) -> str:
    """A file's own digest; for a folder of images, the digest over its files' in order."""
    digests = list(dict.fromkeys(page.sha256 for page in pages))
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


def run_inputs(
    inputs: Sequence[Path],
    out: Path,
    *,
    dictionaries: Sequence[Path] = (),
    templates: Sequence[Path] = (),
    separate: bool = False,
    debug: bool = False,
    say: Say = print,
    on_input: Callable[[Path], None] | None = None,
    on_page: Callable[[Page], None] | None = None,
) -> Summary:
    """Read every input and write records.jsonl, records.xlsx and run.json into `out`.

    An input that fails is said in one line and accounted for; the others go on. Pages that were read before into the
    same `out` are not read again. Raises DictionaryError, ModelError and SettingsError, UsageError where `out` cannot
    be written.
    """
    tools = load_interpret_tools(dictionaries=dictionaries, templates=templates)
    _prepare(out)
    summary = Summary(out)
    corridor = Corridor(tools, out, say, debug, on_page)
    records: list[Record] = []
    try:
        for source in find_sources(inputs, separate=separate):
            if isinstance(source, SourceError):
                account = InputAccount(shown(source.path), "skipped" if source.skipped else "failed", shown(source))
                summary.inputs.append(account)
                say(f"zhibiao: {'skipped: ' if source.skipped else ''}{account.why}")
                continue
            if on_input:
                on_input(source.path)
            account = InputAccount(shown(source.path))
            found = corridor.records_of(source, account)
            summary.inputs.append(account)
            for record in found:
                records.append(record)
                summary.add(record)
    except KeyboardInterrupt:
        summary.interrupted = True
        say("zhibiao: interrupted; what was read so far is written, run the same command again to go on")
    write_jsonl(records, out / RECORDS)
    write_workbook(records, out / WORKBOOK)
    _write_json(summary.account(tools), out / ACCOUNT)
    return summary


def explain_input(
    path: Path,
    out: Path,
    *,
    dictionaries: Sequence[Path] = (),
    templates: Sequence[Path] = (),
    say: Say = print,
) -> Path:
    """Read one document and write the page that shows what was taken for what; return its path.

    Raises InputError where the document cannot be read, UsageError where `path` is several documents or `out` cannot be
    written, DictionaryError and ModelError.
    """
    from pipeline.explain import write_explain

    sources = list(find_sources([path]))
    if len(sources) != 1:
        raise UsageError(f"{path}: holds {len(sources)} documents; name one of them")
    source = sources[0]
    if isinstance(source, SourceError):
        raise source
    tools = load_interpret_tools(dictionaries=dictionaries, templates=templates)
    with tempfile.TemporaryDirectory(prefix="zhibiao-") as made:
        pages = Corridor(tools, Path(made), say)._pages(source, InputAccount(str(path)))
    forms, _ = join_forms(pages, tools.templates, tools.dictionaries)
    labelled = [label_form(form, tools.levels) for form in forms]
    records = list(interpret(pages, str(path), _document_digest(pages), tools))
    return write_explain(out, pages, labelled, records, pictures=dict(_pictures(source, tools)))


def _pictures(source: Source, tools: InterpretTools) -> Iterator[tuple[int, bytes]]:
    if source.kind in ("pages", "images"):
        open_source = open_folder if source.kind == "images" else open_pages
        for page in open_source(source.path, tools.settings.left.pages):
            if picture := page_picture(page):
                yield page.index, picture


def _prepare(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out}: cannot be made a folder ({error.strerror}); name another with --out") from error
    if not os.access(out, os.W_OK):
        raise UsageError(f"{out}: cannot be written; name another with --out")


def _write_json(content: dict[str, Any], path: Path) -> None:
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    os.replace(temporary, path)
