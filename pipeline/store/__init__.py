"""The store: SQLite by default, PostgreSQL by URL. Owns SQLAlchemy and alembic.

Truth is readings, decisions and versions; records and all that hangs on them are derived and can be made again.
"""

from pipeline.store.archive import DocumentRows, Filters, Store, StoredDocument, StoredPage, now
from pipeline.store.review import (
    DecidedMeanwhileError,
    Draft,
    Group,
    Item,
    ItemFilters,
    PagePicture,
    Progress,
    Reviews,
)
from pipeline.store.rows import RecordRows, record_rows

__all__ = [
    "DecidedMeanwhileError",
    "DocumentRows",
    "Draft",
    "Filters",
    "Group",
    "Item",
    "ItemFilters",
    "PagePicture",
    "Progress",
    "RecordRows",
    "Reviews",
    "Store",
    "StoredDocument",
    "StoredPage",
    "now",
    "record_rows",
]
