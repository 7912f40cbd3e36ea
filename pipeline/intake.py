"""What comes in: each input from path to readings, every input and every page accounted for.

`run` makes records of the readings, `tables` grids; both take their inputs, their errors and their accounts from here.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.document import Page, PageReading, Problem
from pipeline.errors import InputError, PipelineError, SkippedInput, UsageError, shown
from pipeline.importers import read_import
from pipeline.keep import ReadingFolder, reading_key, renumbered
from pipeline.ocrtext import read_text_file
from pipeline.pages import is_page_name, open_folder, open_pages
from pipeline.settings import ImportSettings, Settings
from pipeline.sources import Source, SourceError, find_sources, list_imports

if TYPE_CHECKING:
    from pipeline.leftside import ReaderTools

Say = Callable[[str], None]
ACCOUNT, READINGS, FETCHED = "run.json", "readings", "inputs"


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
class Intake:
    """What reading the inputs carries with it: settings, kept readings, the voice, the engine once a page wants it."""

    settings: Settings
    out: Path
    say: Say
    on_input: Callable[[Path], None] | None = None
    on_page: Callable[[Page], None] | None = None
    _reader: ReaderTools | None = None

    def reader(self) -> ReaderTools:
        """The engine, loaded at the first page. Raises ModelError."""
        if self._reader is None:
            from pipeline.leftside import load_reader

            self._reader = load_reader(self.settings.left)
        return self._reader

    def documents(
        self, inputs: Sequence[Path], *, separate: bool = False
    ) -> Iterator[tuple[Source | None, InputAccount]]:
        """Yield the documents of the inputs, each with its account; one that is none is said and has no source."""
        for source in find_sources(inputs, separate=separate, fetched=self.out / FETCHED):
            if isinstance(source, SourceError):
                account = InputAccount(shown(source.path), "skipped" if source.skipped else "failed", shown(source))
                self.say(f"zhibiao: {'skipped: ' if source.skipped else ''}{account.why}")
                yield None, account
                continue
            if self.on_input:
                self.on_input(source.path)
            yield source, InputAccount(shown(source.path))

    @contextmanager
    def guarded(self, source: Source, account: InputAccount) -> Iterator[None]:
        """Work on one document: what goes wrong within is said and goes into its account, and the others go on.

        Raises what no other input would survive either: models, dictionaries and settings that cannot be used.
        """
        try:
            yield
        except SkippedInput as skipped:
            account.status, account.why = "skipped", shown(skipped)
            self.say(f"zhibiao: skipped: {account.why}")
        except PipelineError as error:
            # A model or dictionary that cannot be used stops the run: no input would fare better.
            if error.exit_code == 4:
                raise
            account.fail(shown(error))
            self.say(f"zhibiao: {account.why}")
        except Exception as error:  # a fault of zhibiao's own must not take the other inputs with it
            account.fail(f"{shown(source.path)}: {fault(error)}; a fault of zhibiao, please report it with the file")
            self.say(f"zhibiao: {account.why}")

    def readings(self, source: Source, account: InputAccount) -> list[PageReading]:
        """The pages of one document; those that failed or hold nothing are in its account.

        Raises InputError where no page could be read, SkippedInput where an importer found nothing to read.
        """
        if source.kind == "text":
            readings = _text_readings(source, self.settings)
        elif source.form:
            readings = _import_readings(source, self.settings.imports)
        else:
            readings = list(self._page_readings(source))
        return self.accounted(source, readings, account)

    def accounted(self, source: Source, readings: Sequence[PageReading], account: InputAccount) -> list[PageReading]:
        """Enter a document's pages into its account, say what is wrong with them, and return them.

        Raises InputError where no page could be read.
        """
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

        settings = self.settings.left
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
            reading = kept.get(key)
            if reading is None:
                reading = _read_or_problem(page, tools, read_page)
                if not any(problem.code.startswith("page.unreadable") for problem in reading.problems):
                    kept.put(key, reading)
            yield _placed(reading, page)


def _text_readings(source: Source, settings: Settings) -> list[PageReading]:
    """The pages of a text; what is named as a scan and is neither that nor text has been damaged."""
    try:
        return read_text_file(source.path, settings.ocrtext)
    except InputError as error:
        if is_page_name(source.path) and source.path.is_file():
            raise InputError(
                f"{shown(source.path)}: is neither picture nor PDF, whatever its name says; get the file again"
            ) from error
        raise


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


def _read_or_problem(page: Page, tools: ReaderTools, read_page: Callable[..., PageReading]) -> PageReading:
    """A page that cannot be read is a reading with its problem: the other pages go on."""
    try:
        return read_page(page, tools, None)
    except PipelineError:
        raise
    except Exception as error:
        return _unreadable(page, f"{fault(error)}; a fault of zhibiao, please report it with the page")


def _unreadable(page: Page, why: str) -> PageReading:
    problem = Problem("page.unreadable", why)
    return PageReading(page.index, page.file, page.sha256, problems=(problem,), origin="pixels")


def fault(error: Exception) -> str:
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


def nothing_read(source: Source, pages: Sequence[PageReading]) -> str | None:
    """Say that nothing was read on any page of a document; None where something was.

    Raises InputError where a text without a table is named as a scan: a broken download, or a server's page.
    """
    if source.kind == "text" and is_page_name(source.path) and not any(page.tables for page in pages):
        raise InputError(
            f"{shown(source.path)}: is neither picture nor PDF, whatever its name says, and no text with a table; "
            "get the file again"
        )
    if any(page.blocks for page in pages):
        return None
    if len(pages) == 1:
        return _nothing_on(source, pages[0])
    failed = sum(bool(page.problems) for page in pages)
    others = f", {failed} could not be read (see {ACCOUNT})" if failed else ""
    return f"{shown(source.path)}: no text was found on any of its {len(pages)} pages{others}; nothing to record"


def _page_name(source: Source, reading: PageReading) -> str:
    """`scan.tiff: page 3`; an image of a folder is named by itself."""
    return reading.file if source.kind == "images" else f"{reading.file}: page {reading.index + 1}"


def document_digest(pages: Sequence[PageReading]) -> str:
    """A file's own digest; for a folder of images, the digest over its files' in order."""
    digests = list(dict.fromkeys(page.sha256 for page in pages))
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


def prepare(out: Path) -> None:
    """Make the folder that results go into. Raises UsageError where that cannot be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out}: cannot be made a folder ({error.strerror}); name another with --out") from error
    if not os.access(out, os.W_OK):
        raise UsageError(f"{out}: cannot be written; name another with --out")


def write_json(content: dict[str, Any], path: Path) -> None:
    """Write a JSON file, which appears whole or not at all."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    os.replace(temporary, path)
