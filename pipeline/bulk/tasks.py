"""What the coordinator hands to workers and gets back: plain values that travel between processes and machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pipeline.decisions import Decision
from pipeline.document import Page, PageReading
from pipeline.intake import InputAccount
from pipeline.settings import Settings
from pipeline.sources import Source
from pipeline.store import DocumentRows


class PageReader(Protocol):
    """What reads pages in a worker; loaded once."""

    @property
    def name(self) -> str:
        """The engine and its weights, as the key of a reading names them."""

    def read(self, page: Page) -> PageReading:
        """Read one page."""


class RecordMaker(Protocol):
    """What makes records in a worker; loaded once."""

    def make(self, task: MakeRecords) -> RecordsMade:
        """Make the records of one document; what goes wrong is in its account."""


LoadReader = Callable[[Settings, int], PageReader]  # settings, threads
LoadMaker = Callable[["Workshop"], RecordMaker]


@dataclass(frozen=True, slots=True)
class Material:
    """A further dictionary or template as it stands in the store: its file name and its bytes as text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Before:
    """A version of which something may stand: it differs in dictionaries, templates, settings or parts of the code.

    `same_labelling`, `same_repair` and `same_rest` say that labelling's code and models, repair's with its settings and
    all others that records depend on are the same.
    """

    version: str
    dictionaries: tuple[Material, ...] = ()
    templates: tuple[Material, ...] = ()
    same_labelling: bool = True
    same_repair: bool = True
    same_rest: bool = True


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a worker is made from. `threads` is each worker's share of the cores."""

    settings: Settings
    load_reader: LoadReader
    load_maker: LoadMaker
    dictionaries: tuple[Material, ...] = ()
    templates: tuple[Material, ...] = ()
    threads: int = 1
    before: tuple[Before, ...] = ()  # of what was made with these, some or all may stand


@dataclass(frozen=True, slots=True)
class Describe:
    """Load the engine and say its name."""

    @property
    def what(self) -> str:
        """The task as a message names it."""
        return "the engine"


@dataclass(frozen=True, slots=True)
class ReadPage:
    """Read one page of a file whose digest is known."""

    document: int  # the run's number for it
    position: int  # page of the document, from zero
    file: str
    sha256: str
    number: int  # page of the file, from zero

    @property
    def what(self) -> str:
        """The task as a message names it."""
        return f"{self.file}: page {self.number + 1}"


@dataclass(frozen=True, slots=True)
class PageSlot:
    """A page of a document: its kept reading (packed), or why there is none."""

    file: str
    sha256: str
    number: int
    content: bytes | None = None
    problem: str | None = None
    origin: str = "pixels"


@dataclass(frozen=True, slots=True)
class MakeRecords:
    """Make the records of a document: of its `pages`' readings, or where `pages` is None of the text it is."""

    document: int
    source: Source
    name: str
    sha256: str  # of the document, by which the store names it
    pages: tuple[PageSlot, ...] | None
    decisions: tuple[Decision, ...]
    seen: int  # the last decision known when the task was made
    # Where dictionaries, templates, settings or decisions alone are others than of the stored records: the trace of
    # these, the version they were made with, and whether decisions are as they were.
    trace: bytes | None = None
    made_with: str = ""
    same_decisions: bool = True

    @property
    def what(self) -> str:
        """The task as a message names it."""
        return self.name


Task = Describe | ReadPage | MakeRecords


@dataclass(frozen=True, slots=True)
class PageRead:
    """What came of ReadPage: a packed reading; `kept` is False where the page could not be read."""

    content: bytes
    kept: bool


@dataclass(slots=True)
class RecordsMade:
    """What came of MakeRecords: rows for the store, the account, messages; `contents` are readings made on the way."""

    rows: DocumentRows
    account: InputAccount
    messages: list[str] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)  # one a page, where the task held none
    unplaced: int = 0  # decisions on its pages that found no place in its records
    stands: bool = False  # the stored records are what would be made; nothing was


Failure = Literal["time", "memory", "died", "error"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task. `failure` says why there is no result, `error` an error that stops the run."""

    task: Task
    result: Any = None
    failure: Failure | None = None
    why: str = ""
    error: Exception | None = None
    seconds: float = 0.0
    worker: int = 0
