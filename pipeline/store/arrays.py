"""PostgreSQL's side of the search: which forms or indicators have all of some words, in their order, a part at a time.

A planner that knows little of arrays of words is left nothing to choose: first a few rows are looked at in their order,
which answers what is frequent; then the index of words is asked, within a part of the numbers first, so that of a word
of every hundredth indicator not all rows are fetched to show the first twenty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, any_, cast, column, func, select, table
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Float, Text

from pipeline.store import schema as t

# Rows looked at in their order, some 3 ms: a word of every hundredth indicator has its first twenty among them. The
# words of a form are many, and each costs as much as twenty indicators.
_LOOKED_AT = {t.INDICATOR_WORDS: 2_000, t.FORM_WORDS: 200}
# The part of the numbers in which the index is asked first: of 10^6 indicators a word of every hundredth has 600 there.
_PART = 16

# The index of words, and with 64 MB for what it finds: a word of every third indicator is remembered row by row, not
# page by page. Left the choice, the planner goes through all forms in their order for two frequent words, 20 s; it does
# not know that their words lie elsewhere. All of it ends with the transaction.
_BY_INDEX = "SET LOCAL work_mem = '64MB'; SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off"
_BY_ANY = "SET LOCAL enable_indexscan = on"


def one_of(key: ColumnElement[Any], numbers: Sequence[int]) -> ColumnElement[bool]:
    """The condition that `key` is one of the numbers, given as one array."""
    return key == any_(cast(list(numbers), ARRAY(BigInteger)))


def numbers_with(
    connection: Connection,
    name: str,
    words: Sequence[str],
    any_of: Sequence[str],
    measured: Callable[[ColumnElement[Any]], list[ColumnElement[bool]]],
) -> Iterator[list[int]]:
    """The ids in a table of words that have all `words`, one of `any_of` and such a number, in order, in parts."""
    listed = table(name, column("id", BigInteger), column("words", ARRAY(Text)), column("number", Float))

    def asked(rows: Any) -> list[ColumnElement[bool]]:
        held = [rows.c.words.contains(list(words))] if words else []
        if any_of:
            held.append(rows.c.words.overlap(list(any_of)))
        numbered = measured(rows.c.number) if name == t.INDICATOR_WORDS else []
        return [*held, *numbered]

    columns = [listed.c.id, listed.c.words, *([listed.c.number] if name == t.INDICATOR_WORDS else [])]
    first = select(*columns).order_by(listed.c.id).limit(_LOOKED_AT[name]).subquery("first")
    found = func.array_agg(first.c.id).filter(*asked(first))
    top = select(func.max(listed.c.id)).scalar_subquery()
    numbers, last, top = connection.execute(select(found, func.max(first.c.id), top)).one()
    yield sorted(numbers or ())
    if last is None or last == top:
        return
    part = last + (top - last) // _PART
    for low, high in ((last, part), (part, top)):
        inside = select(func.array_agg(listed.c.id)).where(*asked(listed), listed.c.id > low, listed.c.id <= high)
        connection.exec_driver_sql(_BY_INDEX)
        found_there = connection.scalar(inside)
        connection.exec_driver_sql(_BY_ANY)
        yield sorted(found_there or ())
