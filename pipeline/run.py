"""The corridor: each input from file to records, every input and every page accounted for."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.document import LabelledForm, Page, PageReading
from pipeline.errors import SkippedInput, UsageError, shown
from pipeline.export import write_jsonl, write_workbook
from pipeline.forms import join_forms
from pipeline.intake import (
    ACCOUNT,
    InputAccount,
    Intake,
    Say,
    document_digest,
    fault,
    nothing_read,
    prepare,
    write_json,
)
from pipeline.interpret import InterpretTools, interpret, load_interpret_tools
from pipeline.levels import label_form
from pipeline.pages import open_folder, open_pages, page_picture
from pipeline.records import Record
from pipeline.settings import Settings
from pipeline.sources import Source, SourceError, find_sources

RECORDS, WORKBOOK, DEBUG = "records.jsonl", "records.xlsx", "debug"


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
                "rules": tools.checks.rules.sha256,
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
    """What a run carries with it: the intake, and what makes records of readings."""

    tools: InterpretTools
    intake: Intake
    debug: bool = False
    drawn: dict[str, int] = field(default_factory=dict)  # names of debug pictures, and how often each was given

    def records_of(self, source: Source, account: InputAccount) -> list[Record]:
        """The records of one document; what went wrong is in its account."""
        found: list[Record] = []
        pages: list[PageReading] = []
        with self.intake.guarded(source, account):
            pages = self.intake.readings(source, account)
            account.sha256 = document_digest(pages)
            found = list(interpret(pages, shown(source.path), account.sha256, self.tools))
            if not found:
                raise SkippedInput(nothing_found(source, pages))
        account.records = len(found)
        if self.debug and pages and source.kind in ("pages", "images"):
            self.draw(source, pages, account)
        return found

    def draw(self, source: Source, pages: Sequence[PageReading], account: InputAccount) -> None:
        """Draw what was found over each page that was read, whether or not a record came of it."""
        try:
            self._draw(source, pages, account)
        except Exception as error:  # a picture is not worth a record
            self.intake.say(f"zhibiao: {shown(source.path)}: not drawn ({fault(error)}); please report it")

    def _draw(self, source: Source, pages: Sequence[PageReading], account: InputAccount) -> None:
        from pipeline.debug import draw_page, write_page
        from pipeline.rolemap import RoleMap

        try:
            labelled = _labelled(pages, self.tools)
        except Exception:  # said already, in the document's account; what was read can be drawn all the same
            labelled = []
        roles = RoleMap(pages, labelled)
        readings = {reading.index: reading for reading in pages}
        name = self._debug_name(source)
        for page in _source_pages(source, self.tools):
            reading = readings.get(page.index)
            if reading is None or not page.image.size:
                continue
            file = f"{name}-{page.index + 1:03d}.png"
            try:
                picture = draw_page(page, reading, roles, doubtful=self.tools.settings.review_confidence)
                write_page(self.intake.out / DEBUG / file, picture)
            except OSError as error:
                self.intake.say(f"zhibiao: {DEBUG}/{file}: cannot be written ({error.strerror}); make room")
                return
            account.pages[page.index]["debug"] = f"{DEBUG}/{file}"

    def _debug_name(self, source: Source) -> str:
        """The document's name, numbered where another of this run has the same; short enough for any file system."""
        name = re.sub(r"[\\/:]", "_", shown(source.path.name or "page"))[:60]
        self.drawn[name] = self.drawn.get(name, 0) + 1
        return name if self.drawn[name] == 1 else f"{name}~{self.drawn[name]}"


def _labelled(pages: Sequence[PageReading], tools: InterpretTools) -> list[LabelledForm]:
    forms, _ = join_forms(pages, tools.templates, tools.dictionaries)
    return [label_form(form, tools.levels) for form in forms]


def nothing_found(source: Source, pages: Sequence[PageReading]) -> str:
    """Say what kept a document from giving a record."""
    if blank := nothing_read(source, pages):
        return blank
    if any(page.tables for page in pages):
        return (
            f"{shown(source.path)}: holds no performance-target form (no title, no indicator table); nothing to record"
        )
    return f"{shown(source.path)}: holds no table; nothing to record"


def run_inputs(
    inputs: Sequence[Path],
    out: Path,
    *,
    dictionaries: Sequence[Path] = (),
    templates: Sequence[Path] = (),
    separate: bool = False,
    debug: bool = False,
    settings: Settings | None = None,
    say: Say = print,
    on_input: Callable[[Path], None] | None = None,
    on_page: Callable[[Page], None] | None = None,
) -> Summary:
    """Read every input and write records.jsonl, records.xlsx and run.json into `out`.

    An input that fails is said in one line and accounted for; the others go on. Pages that were read before into the
    same `out` are not read again. Raises DictionaryError, ModelError and SettingsError, UsageError where `out` cannot
    be written.
    """
    tools = load_interpret_tools(settings=settings, dictionaries=dictionaries, templates=templates)
    prepare(out)
    summary = Summary(out)
    intake = Intake(tools.settings, out, say, on_input, on_page)
    corridor = Corridor(tools, intake, debug)
    records: list[Record] = []
    try:
        for source, account in intake.documents(inputs, separate=separate):
            found = corridor.records_of(source, account) if source else []
            summary.inputs.append(account)
            for record in found:
                records.append(record)
                summary.add(record)
    except KeyboardInterrupt:
        summary.interrupted = True
        say("zhibiao: interrupted; what was read so far is written, run the same command again to go on")
    write_jsonl(records, out / RECORDS)
    write_workbook(records, out / WORKBOOK)
    write_json(summary.account(tools), out / ACCOUNT)
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
        pages = Intake(tools.settings, Path(made), say).readings(source, InputAccount(str(path)))
    labelled = _labelled(pages, tools)
    records = list(interpret(pages, str(path), document_digest(pages), tools))
    return write_explain(out, pages, labelled, records, pictures=dict(_pictures(source, tools)))


def _pictures(source: Source, tools: InterpretTools) -> Iterator[tuple[int, bytes]]:
    for page in _source_pages(source, tools):
        if picture := page_picture(page):
            yield page.index, picture


def _source_pages(source: Source, tools: InterpretTools) -> Iterator[Page]:
    """The pages of a document of pixels once more; nothing of any other."""
    if source.kind in ("pages", "images"):
        open_source = open_folder if source.kind == "images" else open_pages
        yield from open_source(source.path, tools.settings.left.pages)
