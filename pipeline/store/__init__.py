"""The store: SQLite by default, PostgreSQL by URL. Owns SQLAlchemy and alembic.

Truth is readings, decisions and versions; records and all that hangs on them are derived and can be made again.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pipeline.store.nouns import DocumentRows, Filters, StoredDocument, StoredPage
from pipeline.store.rows import RecordRows, record_rows

if TYPE_CHECKING:
    from pipeline.store.archive import Store
    from pipeline.store.common import now
    from pipeline.store.review import (
        Acted,
        Ahead,
        DecidedMeanwhileError,
        Draft,
        Group,
        Item,
        ItemFilters,
        Mark,
        PagePicture,
        Place,
        Progress,
        Reviews,
    )

# SQLAlchemy takes a second to load, and a worker that makes rows never speaks to a database.
_LATER = {
    "archive": ("Store",),
    "common": ("now",),
    "review": (
        "Acted", "Ahead", "DecidedMeanwhileError", "Draft", "Group", "Item", "ItemFilters", "Mark", "PagePicture",
        "Place", "Progress", "Reviews",
    ),
}  # fmt: skip


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            return getattr(import_module(f"pipeline.store.{module}"), name)
    raise AttributeError(name)


__all__ = [
    "Acted",
    "Ahead",
    "DecidedMeanwhileError",
    "DocumentRows",
    "Draft",
    "Filters",
    "Group",
    "Item",
    "ItemFilters",
    "Mark",
    "PagePicture",
    "Place",
    "Progress",
    "RecordRows",
    "Reviews",
    "Store",
    "StoredDocument",
    "StoredPage",
    "now",
    "record_rows",
]
