"""What is stored, as plain values: workers make them without knowing a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.store.rows import RecordRows


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page of a document: where it comes from, and the key of what was read on it (None: nothing was)."""

    position: int
    file: str
    location: str
    sha256: str
    number: int
    status: str = "read"  # read, skipped, failed
    why: str | None = None
    origin: str = "text"
    width: int | None = None
    height: int | None = None
    reading: str | None = None


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as it is stored, with its pages in order."""

    id: int
    name: str
    sha256: str
    kind: str
    status: str
    why: str | None
    interpretation: str | None
    version: str | None
    stale: bool
    copy_of: int | None
    notices: tuple[str, ...]
    pages: tuple[StoredPage, ...]


@dataclass(slots=True)
class DocumentRows:
    """A document ready to be stored, with all that was made of it; `seen` is the last decision that was in it.

    `stored` is the id of a document that is stored already and keeps its pages: only its records were made again.
    """

    name: str
    sha256: str
    kind: str
    status: str
    pages: Sequence[StoredPage]
    why: str | None = None
    notices: Sequence[str] = ()
    interpretation: str | None = None
    version: str | None = None
    records: Sequence[RecordRows] = ()
    seen: int = 0
    stored: int | None = None
    trace: bytes | None = None  # what the records depend on (bulk/standing.py)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which records are meant; None means any. `changed_since` is ISO 8601; `status` is open, done or a status word."""

    agency: str | None = None
    year: int | None = None
    status: str | None = None
    changed_since: str | None = None
    documents: tuple[int, ...] | None = None
