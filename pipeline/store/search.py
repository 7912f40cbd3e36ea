"""Finding forms and indicators by their words: an index of neighbouring characters, then the text itself.

On SQLite the words stand in an FTS5 table, on PostgreSQL in arrays with a GIN index; the same words are found in both.
What agency, year, level, unit and review say are words of the index too (words.py), so that conditions of which each is
met by many and all together by few are told by the index alone; the columns themselves are asked once more behind it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal_column, or_, select, table

from pipeline.store import schema as t
from pipeline.store.archive import Store
from pipeline.store.arrays import numbers_with, one_of
from pipeline.store.index import form_texts
from pipeline.store.words import (
    MOST_WORDS,
    REVIEW_MARK,
    agency_mark,
    folded,
    is_sure,
    level_marks,
    query_words,
    unit_mark,
    year_mark,
)

Sign = Literal["=", "≥", "≤", ">", "<"]
# Rows looked at before the search gives up comparing: only where the index knows nothing of what is asked.
_MOST = 200_000
# So many names of agencies are asked of the index by their words; of so many indicators that an own index of numbers
# leaves the texts are looked through, some 10 ms.
_FEW = 1_000
# Agencies that have no more forms than this are asked of the index by their words, one of many; of more forms the index
# would first list all indicators (80 ms for 50,000), and one in some hundred of any word's hits is theirs.
_FEW_FORMS = 2_000
# Rows fetched at once for each that is wanted, where their text has still to be looked through.
_SPARE = 5
# Of rows that the index gave so many are fetched at once at most, where the first ones do not meet the conditions.
_AT_ONCE = 5_000
# What Unicode has one sign for, as units are printed: ㎡, ㎞, ℃.
_UNIT_SIGNS = {unicodedata.normalize("NFKC", sign): sign for sign in map(chr, (*range(0x3371, 0x33E0), 0x2103, 0x2109))}


@dataclass(frozen=True, slots=True)
class Measure:
    """A condition on a target's number: `<90%`."""

    sign: Sign
    number: float
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; every word must stand in the indicator (or in the form)."""

    words: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    agency: str | None = None
    year: int | None = None
    level: str | None = None  # in the names of level 1 or 2
    review: bool | None = None


@dataclass(frozen=True, slots=True)
class IndicatorHit:
    """An indicator that was found, and where it stands."""

    record_id: int
    form_id: str
    position: int
    document: str
    title: str
    agency: str | None
    year: int | None
    level1: str | None
    level2: str | None
    level3: str | None
    target: str | None
    review: bool
    page: int | None
    place: str


@dataclass(frozen=True, slots=True)
class FormHit:
    """A form that was found."""

    record_id: int
    form_id: str
    document: str
    title: str
    agency: str | None
    year: int | None
    project: str | None
    indicators: int
    review: int


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What is asked of forms' own columns, as conditions and as words of the index."""

    conditions: tuple[Any, ...] = ()
    marks: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()  # one of these words, where an agency's name is part of several names


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of the index, and what of the texts behind it."""

    words: list[str]
    any_of: tuple[str, ...]
    wanted: list[str]  # folded texts that the texts have to be looked through for
    numbers: tuple[Measure, ...] = ()


def narrowing(store: Store, query: Query) -> Narrowing | None:
    """Find out what agency and year leave, once for indicators and forms; None where no form can be meant."""
    if not all(map(_sayable, (query.agency or "", query.level or ""))):
        return None
    narrowed = Narrowing()
    if query.year is not None:
        if not 0 <= query.year <= 9999:
            return None
        narrowed = Narrowing((t.records.c.year == query.year,), (year_mark(query.year),))
    if query.agency is not None:
        names = _agencies(store, query.agency)
        if names is not None and not names:
            return None
        return _of_agencies(store, query.agency, names, narrowed)
    return narrowed


def find_indicators(
    store: Store, query: Query, limit: int = 50, narrowed: Narrowing | None = None
) -> list[IndicatorHit]:
    """Indicators that hold all words and meet all measures, in the order they were stored."""
    i, r, d = t.indicators.c, t.records.c, t.documents.c
    narrowed = narrowed or narrowing(store, query)
    if narrowed is None:
        return []
    chosen: Select[Any] = select(
        i.id, i.record_id, r.form_id, i.position, d.name, r.title, r.agency, r.year, i.level1, i.level2, i.level3,
        i.target, i.review, i.page, i.place,
    ).join_from(t.indicators, t.records, r.id == i.record_id).join(t.documents, d.id == r.document_id)  # fmt: skip
    chosen = chosen.where(d.current, *narrowed.conditions)
    if query.level is not None:
        level = query.level
        chosen = chosen.where(or_(*(c.contains(level, autoescape=True) for c in (i.level1, i.level2))))
    if query.review is not None:
        chosen = chosen.where(i.review == query.review)
    for measure in query.measures:
        chosen = chosen.where(_measured(measure))
    asked = _asked_of_indicators(query, narrowed)
    hits = []
    with store.reading() as connection:
        few = _few_numbered(connection, query.measures) if store.sqlite else None
        if few is not None:
            asked = replace(asked, wanted=[folded(word) for word in query.words])
            rows: Iterable[Any] = connection.execute(chosen.where(i.id.in_(few)).order_by(i.id))
        else:
            rows = _rows(connection, chosen, t.INDICATOR_WORDS, i.id, asked, limit)
        for row in _matching(rows, asked.wanted, lambda row: (row.level1, row.level2, row.level3, row.target)):
            hits.append(
                IndicatorHit(row.record_id, row.form_id, row.position, row.name, row.title, row.agency, row.year,
                             row.level1, row.level2, row.level3, row.target, row.review, row.page, row.place)
            )  # fmt: skip
            if len(hits) >= limit:
                break
    return hits


def find_forms(store: Store, query: Query, limit: int = 50, narrowed: Narrowing | None = None) -> list[FormHit]:
    """Forms whose title, agency, labels or field texts hold all words, in the order they were stored."""
    r, d = t.records.c, t.documents.c
    narrowed = narrowed or narrowing(store, query)
    if narrowed is None:
        return []
    asked = _asked(query, narrowed)
    chosen: Select[Any] = select(
        r.id, r.form_id, d.name, r.title, r.agency, r.year, r.project, r.indicators, r.review,
        # Whole records are long: they are fetched only where they have to be looked through.
        *((r.body,) if asked.wanted else ()),
    ).join_from(t.records, t.documents, d.id == r.document_id)  # fmt: skip
    chosen = chosen.where(d.current, *narrowed.conditions)
    if query.review is not None:
        chosen = chosen.where(r.review > 0 if query.review else r.review == 0)
    hits = []
    with store.reading() as connection:
        rows = _rows(connection, chosen, t.FORM_WORDS, r.id, asked, limit)
        for row in _matching(rows, asked.wanted, lambda row: form_texts(row.body)):
            hits.append(
                FormHit(row.id, row.form_id, row.name, row.title, row.agency, row.year, row.project, row.indicators,
                        row.review)
            )  # fmt: skip
            if len(hits) >= limit:
                break
    return hits


def _sayable(text: str) -> bool:
    """Whether a database can be asked for it at all: NUL and halves of characters stand in no text."""
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def _agencies(store: Store, text: str) -> list[str] | None:
    """The names that have `text` in them; None where they are many.

    The names are few where the forms are many: those that have it are found by going from name to name in their index.
    """
    agency = t.records.c.agency
    names = select(func.min(agency).label("name")).cte("names", recursive=True)
    following = select(func.min(agency)).where(agency > names.c.name).correlate(names).scalar_subquery()
    names = names.union_all(select(following).where(names.c.name.is_not(None)))
    meant = select(names.c.name).where(names.c.name.contains(text, autoescape=True)).limit(_FEW + 1)
    with store.reading() as connection:
        found = list(connection.scalars(meant))
    return found if len(found) <= _FEW else None


def _of_agencies(store: Store, text: str, names: Sequence[str] | None, narrowed: Narrowing) -> Narrowing:
    agency = t.records.c.agency
    if names and (len(names) == 1 or _few_forms(store, agency.in_(names))):
        marks = tuple(map(agency_mark, names))
        narrowed = replace(narrowed, conditions=(*narrowed.conditions, agency.in_(names)))
        if len(marks) == 1:
            return replace(narrowed, marks=(*narrowed.marks, *marks))
        return replace(narrowed, any_of=marks)
    # Not by their names: SQLite would put all their forms in order to show the first twenty, 5 s for every form.
    return replace(narrowed, conditions=(*narrowed.conditions, agency.contains(text, autoescape=True)))


def _few_forms(store: Store, condition: Any) -> bool:
    some = select(t.records.c.agency).where(condition).limit(_FEW_FORMS + 1).subquery()
    with store.reading() as connection:
        return (connection.scalar(select(func.count()).select_from(some)) or 0) <= _FEW_FORMS


def _asked(query: Query, narrowed: Narrowing, more: Sequence[str] = ()) -> _Asked:
    """The words of the index that every hit has, and the texts that the index is not sure of."""
    words = sorted({word for text in query.words for word in query_words(text)})
    texts = [folded(text) for text in query.words]
    # What the index is not asked for, because there is too much of it, is looked for in the text.
    wanted = texts if len(words) > MOST_WORDS else [text for text in texts if not is_sure(text)]
    return _Asked([*words[:MOST_WORDS], *narrowed.marks, *more], narrowed.any_of, wanted)


def _asked_of_indicators(query: Query, narrowed: Narrowing) -> _Asked:
    more = [unit_mark(measure.unit) for measure in query.measures if measure.unit]
    if query.level:
        more.extend(level_marks(query.level))
    if query.review:
        more.append(REVIEW_MARK)
    return replace(_asked(query, narrowed, more), numbers=query.measures)


def _measured(measure: Measure) -> Any:
    compared = _number_compared(t.indicators.c.number, measure)
    if measure.unit is None:
        return compared
    unit = t.indicators.c.unit
    spelt = {measure.unit, *(measure.unit.replace(plain, sign) for plain, sign in _UNIT_SIGNS.items())}
    # Said plainly where it can be: of what a function makes of a column a database has no statistics.
    return and_(compared, unit.in_(sorted(spelt)) if measure.unit else func.coalesce(unit, "") == "")


def _number_compared(number: ColumnElement[Any], measure: Measure) -> ColumnElement[bool]:
    return {
        "<": number < measure.number, ">": number > measure.number, "≤": number <= measure.number,
        "≥": number >= measure.number, "=": number == measure.number,
    }[measure.sign]  # fmt: skip


def _few_numbered(connection: Connection, measures: Sequence[Measure]) -> list[int] | None:
    """The indicators with such numbers where they are few; None where they are many, or no number is asked for."""
    if not measures:
        return None
    i = t.indicators.c
    # Numbers alone are told by their index; for the unit each indicator would be looked at.
    asked = [_number_compared(i.number, measure) for measure in measures]
    found = list(connection.scalars(select(i.id).where(*asked).limit(_FEW + 1)))
    return found if len(found) <= _FEW else None


def _matching(rows: Iterable[Any], wanted: Sequence[str], texts_of: Any) -> Iterator[Any]:
    """The rows whose texts really hold every word that is `wanted`; the index knows only neighbours."""
    for row in rows:
        # Where the index itself is sure, there is nothing to look through.
        texts = [folded(text) for text in texts_of(row) if text] if wanted else []
        if all(any(word in text for text in texts) for word in wanted):
            yield row


def _rows(
    connection: Connection, chosen: Select[Any], words: str, key: Any, asked: _Asked, limit: int
) -> Iterator[Any]:
    """The rows that the index leaves, in the order of their key, as they are wanted."""
    sqlite = connection.dialect.name == "sqlite"
    first = limit * _SPARE if asked.wanted else limit
    if not asked.words and not asked.any_of:
        yield from _in_order(connection, chosen.order_by(key), key, first, sqlite=sqlite)
    elif sqlite:
        yield from _in_order(connection, _matched(chosen, words, key, asked), key, first, sqlite=True)
    else:
        yield from _with_words(connection, chosen, words, key, asked, first)


def _matched(chosen: Select[Any], words: str, key: Any, asked: _Asked) -> Select[Any]:
    index = table(words)
    # Only quotes could end a word early, and words hold letters, digits and Hanzi.
    match = " AND ".join(f'"{word}"' for word in asked.words)
    if asked.any_of:
        any_of = " OR ".join(f'"{word}"' for word in asked.any_of)
        match = f"{match} AND ({any_of})" if match else any_of
    rowid: ColumnElement[Any] = literal_column(f"{words}.rowid")
    found = chosen.join(index, rowid == key).where(literal_column(words).op("MATCH")(match))
    # In the index's own order, so that the first hits come before the last are looked for.
    return found.order_by(rowid)


def _in_order(connection: Connection, chosen: Select[Any], key: Any, first: int, *, sqlite: bool) -> Iterator[Any]:
    """The rows in order, the first ones at once.

    PostgreSQL is told how many are wanted, so that it takes the shorter way to them: of a cursor it thinks that a tenth
    of its rows are wanted.
    """
    if not sqlite:
        rows = connection.execute(chosen.limit(first)).all()
        yield from rows
        if len(rows) < first:
            return
        chosen = chosen.where(key > rows[-1].id)
    yield from connection.execution_options(stream_results=True).execute(chosen.limit(_MOST))


def _with_words(
    connection: Connection, chosen: Select[Any], words: str, key: Any, asked: _Asked, first: int
) -> Iterator[Any]:
    """The rows with these words on PostgreSQL: the table of words is asked which, and these are fetched.

    In one question it takes words that go together (满意, 意度) for independent and joins thousands to their forms to
    show the first twenty, or goes through all rows in their order for a word that stands nowhere (2 s).
    """

    def measured(number: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        return [_number_compared(number, measure) for measure in asked.numbers]

    for numbers in numbers_with(connection, words, asked.words, asked.any_of, measured):
        done = 0
        while done < len(numbers):
            yield from connection.execute(chosen.where(one_of(key, numbers[done : done + first])).order_by(key))
            done += first
            first = min(4 * first, _AT_ONCE)
