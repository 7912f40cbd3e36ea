"""Words that hold letters, digits and signs as well, and what agency, year, level and unit say."""

from __future__ import annotations

from alembic import op

from pipeline.store.index import make_words

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = ("indicator_words", "form_words")


def upgrade() -> None:
    """Make the tables of words anew, from the indicators and records that are stored: minutes for a million."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in _TABLES:
        op.execute(f"DROP TABLE {table}")
        if sqlite:
            # Word positions are not needed: what is found is compared with the text itself.
            op.execute(
                f"CREATE VIRTUAL TABLE {table} USING fts5(words, detail=none, columnsize=0, tokenize='unicode61')"
            )
        else:
            number = ", number DOUBLE PRECISION" if table == "indicator_words" else ""
            op.execute(f"CREATE TABLE {table} (id BIGINT PRIMARY KEY, words TEXT[] NOT NULL{number})")
    make_words(op.get_bind())
    if not sqlite:
        # Once the rows are there: a quarter of the time.
        for table in _TABLES:
            op.execute(f"CREATE INDEX ix_{table}_words ON {table} USING gin (words)")
        op.execute("CREATE INDEX ix_indicator_words_number ON indicator_words (number)")
        op.execute("ANALYZE indicator_words")
        op.execute("ANALYZE form_words")


def downgrade() -> None:
    """Empty them: words of this version would be found by no other; the records have to be stored again."""
    for table in _TABLES:
        op.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
