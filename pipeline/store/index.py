"""The rows of the search index: words of each form and each indicator, as the two databases hold them.

On SQLite they are FTS5 tables, on PostgreSQL arrays with a GIN index; there each indicator's number stands beside its
words, so that a word and a measure are told by two indices of one table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, text

from pipeline.store import schema as t
from pipeline.store.words import form_marks, index_words, indicator_marks

_Row = Mapping[str, Any]
# Forms read at once when the index is made anew: some 4,000 indicators.
_FORMS = 200


def indicator_row(number: int, words: Sequence[str], row: _Row, head: _Row) -> dict[str, Any]:
    """An indicator's row: its words, what its columns and its form's head say, its number."""
    return {"id": number, "words": [*words, *indicator_marks(row, head)], "number": row["number"]}


def form_row(number: int, words: Sequence[str], head: _Row) -> dict[str, Any]:
    """A form's row: its words, and what its head says."""
    return {"id": number, "words": [*words, *form_marks(head)]}


def insert_words(connection: Connection, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows to one of the two tables of words."""
    if connection.dialect.name == "sqlite":
        made = [{"id": row["id"], "words": " ".join(row["words"])} for row in rows]
        connection.execute(text(f"INSERT INTO {name} (rowid, words) VALUES (:id, :words)"), made)  # noqa: S608 - constants
        return
    columns = "id, words, number" if name == t.INDICATOR_WORDS else "id, words"
    values = ", ".join(f":{column}" for column in columns.split(", "))
    connection.execute(text(f"INSERT INTO {name} ({columns}) VALUES ({values})"), list(rows))  # noqa: S608 - constants


def form_texts(body: str) -> list[str | None]:
    """The texts of a stored record that a search of forms looks through: title, agency, labels and values."""
    record = json.loads(body)
    head, fields = record["form"], record["fields"]
    return [head["title"], head["agency"], *fields, *(value["value"] for value in fields.values())]


def make_words(connection: Connection) -> None:
    """Fill the empty tables of words from what is stored; as much in memory as some forms."""
    for heads, rows in _stored(connection):
        forms = [form_row(number, index_words(form_texts(head["body"])), head) for number, head in heads.items()]
        insert_words(connection, t.FORM_WORDS, forms)
        if rows:
            names = ("level1", "level2", "level3", "target")
            made = [
                indicator_row(row["id"], index_words(row[name] for name in names), row, heads[row["record_id"]])
                for row in rows
            ]
            insert_words(connection, t.INDICATOR_WORDS, made)


def _stored(connection: Connection) -> Iterator[tuple[dict[int, _Row], list[_Row]]]:
    r, i = t.records.c, t.indicators.c
    after = 0
    while True:
        found = connection.execute(
            select(r.id, r.year, r.agency, r.body).where(r.id > after).order_by(r.id).limit(_FORMS)
        ).all()
        if not found:
            return
        columns = (i.id, i.record_id, i.level1, i.level2, i.level3, i.target, i.number, i.unit, i.review)
        inside = (i.id >= found[0].id << t.INDICATOR_BITS) & (i.id < (found[-1].id + 1) << t.INDICATOR_BITS)
        rows = connection.execute(select(*columns).where(inside).order_by(i.id)).all()
        yield {row.id: row._asdict() for row in found}, [row._asdict() for row in rows]
        after = found[-1].id
