"""The tables. Truth is `readings`, `decisions` and `versions`; everything else is derived from them or is an account.

The same on SQLite and PostgreSQL. What a search index needs beside them differs and stands in `search.py`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

# Named constraints, so that a migration can drop them on every database.
METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
# SQLite counts rows by itself only in a column declared INTEGER.
_Id = BigInteger().with_variant(Integer(), "sqlite")
_DIGEST = String(64)
# Sorted by its bytes, as SQLite does it, whatever language the server speaks.
_NAME = Text().with_variant(Text(collation="C"), "postgresql")
# A roll-up sheet has 20,000 rows; a form with more than a million is another kind of file.
INDICATOR_BITS = 20
_WHEN = String(32)  # ISO 8601 in UTC: sorts as text, and is the same on both databases


def _id() -> Column[int]:
    return Column("id", _Id, primary_key=True, autoincrement=True)


def _to(table: str, name: str, *, nullable: bool = False, cascade: bool = True) -> Column[int]:
    reference = ForeignKey(f"{table}.id", ondelete="CASCADE" if cascade else None)
    return Column(name, _Id, reference, nullable=nullable, index=True)


# What was read on a page, under the key that says when it need not be read again (keep.reading_key); keep.pack's bytes.
readings = Table(
    "readings",
    METADATA,
    Column("key", _DIGEST, primary_key=True),
    Column("sha256", _DIGEST, nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

# Dictionaries, templates, models and settings that records were made with; `content` is JSON and holds the text of the
# further dictionaries and templates, so that the records can be made again from the store alone.
versions = Table(
    "versions",
    METADATA,
    Column("digest", _DIGEST, primary_key=True),
    Column("content", Text, nullable=False),
    Column("made", _WHEN, nullable=False),
)

# One row a name and content: a file that changed is another document, and the one before is no longer `current`.
documents = Table(
    "documents",
    METADATA,
    _id(),
    Column("name", _NAME, nullable=False),  # the path as given
    Column("sha256", _DIGEST, nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("status", String(16), nullable=False),  # read, skipped, failed
    Column("why", Text),
    Column("current", Boolean, nullable=False, default=True),
    # Another document with the same content that was stored before: read once, and reviewed once.
    _to("documents", "copy_of", nullable=True, cascade=False),
    # What its records were made of: readings, versions and decisions; unchanged inputs need no work.
    Column("interpretation", _DIGEST),
    Column("version", _DIGEST),
    # A decision came since its records were made.
    Column("stale", Boolean, nullable=False, default=False, index=True),
    Column("notices", Text, nullable=False, default="[]"),
    UniqueConstraint("name", "sha256"),
)

pages = Table(
    "pages",
    METADATA,
    _id(),
    _to("documents", "document_id"),
    Column("position", Integer, nullable=False),  # in the document, from zero
    Column("file", Text, nullable=False),  # as given
    Column("location", Text, nullable=False),  # absolute path or URL, where the picture is found again
    Column("sha256", _DIGEST, nullable=False, index=True),  # of the file
    Column("number", Integer, nullable=False),  # in its own file, from zero
    Column("status", String(16), nullable=False),
    Column("why", Text),
    Column("origin", String(16), nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("reading", _DIGEST, ForeignKey("readings.key")),
    UniqueConstraint("document_id", "position"),
)

records = Table(
    "records",
    METADATA,
    _id(),
    _to("documents", "document_id"),
    Column("position", Integer, nullable=False),  # in the document, from zero
    Column("form_id", String(32), nullable=False, index=True),  # the record contract's `id`
    Column("title", Text, nullable=False),
    Column("template", Text),
    Column("year", Integer, index=True),
    Column("agency", Text, index=True),
    Column("project", Text),
    Column("indicators", Integer, nullable=False),
    Column("review", Integer, nullable=False),  # values that wait for a person
    Column("body", Text, nullable=False),  # Record.to_json()
    Column("changed", _WHEN, nullable=False, index=True),  # when `body` last became another
    UniqueConstraint("document_id", "position"),
)

# What a document's records depend on (bulk/standing.py): whether they stand when a dictionary changes.
traces = Table(
    "traces",
    METADATA,
    Column("document_id", _Id, ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)

# The id is record_id << INDICATOR_BITS | position: an indicator and its words are found without a further index.
indicators = Table(
    "indicators",
    METADATA,
    Column("id", _Id, primary_key=True, autoincrement=False),
    _to("records", "record_id"),
    Column("position", Integer, nullable=False),
    Column("level1", Text),
    Column("level2", Text),
    Column("level3", Text),
    Column("target", Text),
    Column("kind", String(16)),
    Column("operator", String(4)),
    Column("number", Float, index=True),
    Column("number_to", Float),
    Column("unit", Text),
    Column("status", String(16), nullable=False),
    Column("review", Boolean, nullable=False),
    Column("page", Integer),
    Column("place", Text, nullable=False),
)

repairs = Table(
    "repairs",
    METADATA,
    _id(),
    _to("records", "record_id"),
    Column("at", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("origin", String(16), nullable=False),
    Column("score", Float, nullable=False),
    Column("evidence", Text, nullable=False),
)

findings = Table(
    "findings",
    METADATA,
    _id(),
    _to("records", "record_id"),
    Column("at", Text, nullable=False),
    Column("code", Text, nullable=False, index=True),
    Column("severity", String(16), nullable=False),
    Column("category", Text),
    Column("message", Text, nullable=False),
)

# What waits for a person, or was decided: one row a printed value and record, derived with the records.
items = Table(
    "items",
    METADATA,
    Column("record_id", _Id, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("anchor", String(32), primary_key=True),
    Column("position", Integer, nullable=False),  # in the record
    Column("at", Text, nullable=False),
    Column("more", Text, nullable=False),  # JSON: further `at` of the same printed cell
    Column("part", Text, nullable=False),
    Column("page", Integer),  # of the document, from one
    Column("sha256", _DIGEST, nullable=False),
    Column("number", Integer, nullable=False),
    Column("place", Text, nullable=False),
    Column("places", Text, nullable=False),  # JSON: the record's `where`
    Column("raw", Text, nullable=False),  # of the anchor: the whole text of the cell
    Column("read", Text, nullable=False),  # of the value: what a proposal starts from
    Column("value", Text),
    Column("proposal", Text),
    Column("reasons", Text, nullable=False),  # JSON
    Column("kind", String(16), nullable=False),  # the first reason's
    Column("risk", Float, nullable=False),
    Column("grouping", String(32), nullable=False),  # equal where the decision is the same
    Column("decision_id", _Id, index=True),  # the decision that holds
    Index(None, "decision_id", "grouping"),
    Index(None, "anchor"),
)

# Appended, never overwritten. Two reviewers who saw the same state cannot both append: (anchor, previous) is unique.
decisions = Table(
    "decisions",
    METADATA,
    _id(),
    Column("anchor", String(32), nullable=False),
    Column("previous", _Id, nullable=False),
    Column("sha256", _DIGEST, nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("part", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("action", String(16), nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("why", Text, nullable=False, default=""),
    Column("who", Text, nullable=False),
    Column("made", _WHEN, nullable=False, index=True),
    Column("batch", String(64), nullable=False, default="", index=True),
    Column("undoes", _Id, ForeignKey("decisions.id")),
    UniqueConstraint("anchor", "previous"),
    # An id is never given twice, even where the last row was lost in a crash.
    sqlite_autoincrement=True,
)

# The words of each indicator and each form, cut as `words.py` cuts them. On SQLite these two are FTS5 tables, on
# PostgreSQL arrays with a GIN index; so the migration makes them, and they are no part of METADATA.
INDICATOR_WORDS, FORM_WORDS = "indicator_words", "form_words"

# Who looked at personal data, and when.
looks = Table(
    "looks",
    METADATA,
    _id(),
    Column("made", _WHEN, nullable=False, index=True),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("record_id", _Id),
)

runs = Table(
    "runs",
    METADATA,
    _id(),
    Column("started", _WHEN, nullable=False),
    Column("finished", _WHEN),
    Column("status", String(16), nullable=False),  # running, done, interrupted, stopped
    Column("command", Text, nullable=False),  # JSON
    Column("version", _DIGEST),
    Column("totals", Text, nullable=False, default="{}"),  # JSON
)

run_inputs = Table(
    "run_inputs",
    METADATA,
    Column("run_id", _Id, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("document_id", _Id, ForeignKey("documents.id", ondelete="SET NULL"), index=True),
    Column("account", Text, nullable=False),  # JSON, as it stands in run.json
)
