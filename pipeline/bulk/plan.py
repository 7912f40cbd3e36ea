"""What a document consists of, found out without reading it: its files, their digests, how many pages each has."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.bulk.tasks import MakeRecords, PageSlot
from pipeline.bulk.worker import digest_of
from pipeline.decisions import Decision, effective
from pipeline.errors import InputError, shown
from pipeline.keep import READING_VERSION, reading_key
from pipeline.pages import count_pages, list_images
from pipeline.settings import Settings
from pipeline.sources import Source, list_imports
from pipeline.store import StoredDocument


@dataclass(slots=True)
class PlannedPage:
    """A page of a document: where it is, and the key of its reading, kept or to be made."""

    file: str
    location: str
    sha256: str
    number: int
    key: str | None = None
    problem: str | None = None


@dataclass(slots=True)
class PlannedDocument:
    """A document of a run."""

    position: int  # among the run's inputs
    source: Source
    name: str
    sha256: str
    pages: list[PlannedPage] | None  # None: a text, whose pages are known when it is read
    digests: tuple[str, ...]
    missing: set[int] = field(default_factory=set)  # positions of pages that are still to be read

    def interpretation(self, version: str, settings: Settings, decisions: Sequence[Decision]) -> str:
        """Names all that its records depend on: equal names, equal records."""
        pages = [(page.file, page.sha256, page.number, page.key, page.problem) for page in self.pages or ()]
        text = _text_settings(settings) if self.pages is None else None
        return interpretation_key(self.name, self.source.kind, [*self.digests], pages, text, version, decisions)

    def slots(self, contents: dict[str, bytes]) -> tuple[PageSlot, ...] | None:
        """Its pages with what was read on them."""
        if self.pages is None:
            return None
        return tuple(
            PageSlot(page.file, page.sha256, page.number, contents.get(page.key or ""), page.problem)
            for page in self.pages
        )


def interpretation_key(
    name: str,
    kind: str,
    digests: Sequence[str],
    pages: Sequence[tuple[str, str, int, str | None, str | None]],
    text: object,
    version: str,
    decisions: Sequence[Decision],
) -> str:
    """Names what a document's records are made of."""
    held = [(d.anchor.key, d.action, d.before, d.after, d.why) for d in effective(decisions)]
    content = json.dumps([name, kind, digests, pages, text, version, held], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def plan_document(position: int, source: Source) -> PlannedDocument:
    """Find out what a document consists of. Raises InputError where no page of it can be had."""
    name = shown(source.path)
    if source.kind == "images":
        pages = [page for path in list_images(source.path) for page in _image_pages(path)]
    elif source.kind == "pages":
        pages = _file_pages(source.path)
    else:
        paths = list_imports(source) if source.form else [source.path]
        digests = tuple(_digest(path) for path in paths)
        return PlannedDocument(position, source, name, digest_of(list(digests)), None, digests)
    digests = tuple(page.sha256 for page in pages)
    return PlannedDocument(position, source, name, digest_of(list(digests)), pages, digests)


def _file_pages(path: Path) -> list[PlannedPage]:
    digest, count = count_pages(path)
    location = shown(path.absolute())
    return [PlannedPage(str(path), location, digest, number) for number in range(count)]


def _image_pages(path: Path) -> list[PlannedPage]:
    """An image of a folder that cannot be read is a page with its problem: the others go on."""
    try:
        return _file_pages(path)
    except InputError as error:
        try:
            digest = _digest(path)
        except InputError:
            digest = hashlib.sha256(b"").hexdigest()
        return [PlannedPage(str(path), shown(path.absolute()), digest, 0, problem=str(error))]


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error


def set_keys(document: PlannedDocument, settings: Settings, engine: str) -> None:
    """Give each page that can be read the key of its reading."""
    for page in document.pages or ():
        if page.problem is None:
            page.key = reading_key(page.sha256, page.number, settings.left, engine)


def text_key(sha256: str, number: int, settings: Settings) -> str:
    """The key of one page of a text or of another tool's result; `number` counts in the file."""
    parts = ["text", sha256, str(number), settings.ocrtext.model_dump_json(), settings.imports.model_dump_json()]
    return hashlib.sha256("\n".join([*parts, str(READING_VERSION)]).encode()).hexdigest()


def stored_task(
    document: StoredDocument,
    position: int,
    contents: dict[str, bytes],
    decisions: Sequence[Decision],
    seen: int,
    trace: bytes | None = None,
    same_decisions: bool = False,
) -> MakeRecords:
    """The task that makes a stored document's records again, as far as by its trace they do not stand."""
    slots = tuple(
        PageSlot(page.file, page.sha256, page.number, contents.get(page.reading or ""), page.why, page.origin)
        for page in document.pages
    )
    source = Source(Path(document.name), document.kind)
    return MakeRecords(
        position, source, document.name, document.sha256, slots, tuple(decisions), seen, trace, document.version or "",
        same_decisions,
    )  # fmt: skip


def stored_interpretation(
    document: StoredDocument, version: str, settings: Settings, decisions: Sequence[Decision]
) -> str:
    """The same name as a run gives a document of this content."""
    if document.kind in ("pages", "images"):
        pages = [(p.file, p.sha256, p.number, p.reading, None if p.reading else p.why) for p in document.pages]
        digests = [page.sha256 for page in document.pages]
        return interpretation_key(document.name, document.kind, digests, pages, None, version, decisions)
    digests = list({page.file: page.sha256 for page in document.pages}.values())
    text = _text_settings(settings)
    return interpretation_key(document.name, document.kind, digests, [], text, version, decisions)


def _text_settings(settings: Settings) -> list[object]:
    return [READING_VERSION, settings.ocrtext.model_dump_json(), settings.imports.model_dump_json()]
