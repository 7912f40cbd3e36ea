"""Finding forms and indicators by their words: an index of neighbouring characters, then the text itself.

On SQLite the words stand in an FTS5 table, on PostgreSQL in arrays with a GIN index; the same words are found in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Select, and_, cast, column, func, intersect, literal_column, or_, select, table
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from pipeline.store import schema as t
from pipeline.store.archive import Store
from pipeline.store.words import folded, query_words

Sign = Literal["=", "≥", "≤", ">", "<"]
# Rows looked at before the search gives up comparing: a word of one character stands in every second indicator.
_MOST = 200_000
# Where agency and year leave no more forms than this, their indicators are looked through without the index: some
# 4,000 short texts, while the index would first give a word's hits in all other forms.
_FEW = 200
# Rows fetched at once for each that is wanted, where their text has still to be looked through.
_SPARE = 5


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
    """What agency and year leave: the conditions on forms, and the forms that meet them where these are few."""

    conditions: tuple[Any, ...]
    few: list[int] | None


def narrowing(store: Store, query: Query) -> Narrowing:
    """Find out what agency and year leave; once for indicators and forms."""
    conditions = _of_form(store, query)
    return Narrowing(tuple(conditions), _few_records(store, conditions))


def find_indicators(
    store: Store, query: Query, limit: int = 50, narrowed: Narrowing | None = None
) -> list[IndicatorHit]:
    """Indicators that hold all words and meet all measures, in the order they were stored."""
    i, r, d = t.indicators.c, t.records.c, t.documents.c
    chosen: Select[Any] = select(
        i.id, i.record_id, r.form_id, i.position, d.name, r.title, r.agency, r.year, i.level1, i.level2, i.level3,
        i.target, i.review, i.page, i.place,
    ).join_from(t.indicators, t.records, r.id == i.record_id).join(t.documents, d.id == r.document_id)  # fmt: skip
    if query.level is not None:
        level = query.level
        chosen = chosen.where(or_(*(c.contains(level, autoescape=True) for c in (i.level1, i.level2))))
    if query.review is not None:
        chosen = chosen.where(i.review == query.review)
    for measure in query.measures:
        chosen = chosen.where(_measured(measure))
    narrowed = narrowed or narrowing(store, query)
    asked, few = narrowed.conditions, narrowed.few
    of_any_words: Select[Any] | None = None
    if few is None:
        chosen = chosen.where(*asked)
        of_any_words = chosen.where(d.current).order_by(i.id)
        chosen = _narrowed(chosen, store, query, t.INDICATOR_WORDS, i.id)
    elif few:
        chosen = chosen.where(d.current, i.record_id.in_(few)).order_by(i.id)
        if not store.sqlite:
            # The same said of both tables: PostgreSQL would go through all forms to join these few.
            chosen = chosen.where(r.id.in_(few))
            # Runs of letters may be the middle of a longer one, which the index does not know.
            if looked_for := [word for word in _looked_for(query) if not word[0].isascii()]:
                # Said by its function: as an operator it would have the index give the words' hits in all other forms.
                listed = _listed(t.INDICATOR_WORDS)
                held = func.arraycontains(listed.c.words, cast(looked_for, ARRAY(Text)))
                chosen = chosen.join(listed, listed.c.id == i.id).where(held)
    else:
        return []
    hits = []
    wanted = _compared(query.words) if few is None else [folded(word) for word in query.words]
    # Of few forms all indicators are fetched, for the words that are looked for may stand in the last of them.
    first = _first(limit, wanted) if few is None else _MOST
    with store.reading() as connection:
        if of_any_words is not None and not store.sqlite and (looked_for := _looked_for(query)):
            rows = _rows_with(connection, looked_for, of_any_words, chosen, i.id, first)
        else:
            rows = _rows(connection, chosen, i.id, first, in_order=store.sqlite)
        for row in _matching(rows, wanted, ("level1", "level2", "level3", "target")):
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
    asked, few = narrowed.conditions, narrowed.few
    if few is not None and not few:
        return []
    chosen: Select[Any] = select(
        r.id, r.form_id, d.name, r.title, r.agency, r.year, r.project, r.indicators, r.review,
        # Whole records are long: they are fetched only where they have to be looked through.
        *((r.body,) if _compared(query.words) else ()),
    ).join_from(t.records, t.documents, d.id == r.document_id)  # fmt: skip
    chosen = _narrowed(chosen.where(*asked), store, query, t.FORM_WORDS, r.id)
    if few is not None:
        chosen = chosen.where(r.id.in_(few))
    if query.review is not None:
        chosen = chosen.where(r.review > 0 if query.review else r.review == 0)
    hits = []
    wanted = _compared(query.words)
    with store.reading() as connection:
        rows = _rows(connection, chosen, r.id, _first(limit, wanted), in_order=store.sqlite)
        for row in _matching(rows, wanted, ("body",)):
            hits.append(
                FormHit(row.id, row.form_id, row.name, row.title, row.agency, row.year, row.project, row.indicators,
                        row.review)
            )  # fmt: skip
            if len(hits) >= limit:
                break
    return hits


def _of_form(store: Store, query: Query) -> list[Any]:
    """The conditions that a form's own columns tell: its agency, its year."""
    asked = []
    if query.agency is not None:
        asked.append(_of_agency(store, query.agency))
    if query.year is not None:
        asked.append(t.records.c.year == query.year)
    return asked


def _few_records(store: Store, conditions: Sequence[Any]) -> list[int] | None:
    """The forms that meet the conditions, where they are few; None where they are many, or nothing is asked of them.

    Each condition is told by its own index alone; the forms themselves are long, and far apart in the file.
    """
    if not conditions:
        return None
    each = [select(t.records.c.id).where(condition) for condition in conditions]
    found = each[0].limit(_FEW + 1) if len(each) == 1 else intersect(*each).limit(_FEW + 1)
    with store.reading() as connection:
        numbers = list(connection.scalars(found))
    return numbers if len(numbers) <= _FEW else None


def _of_agency(store: Store, text: str) -> Any:
    """The condition that a form's agency has `text` in its name.

    The names are few where the forms are many: those that have it are found by going from name to name in their index.
    """
    agency = t.records.c.agency
    names = select(func.min(agency).label("name")).cte("names", recursive=True)
    following = select(func.min(agency)).where(agency > names.c.name).correlate(names).scalar_subquery()
    names = names.union_all(select(following).where(names.c.name.is_not(None)))
    meant = select(names.c.name).where(names.c.name.contains(text, autoescape=True)).limit(_FEW + 1)
    with store.reading() as connection:
        found = list(connection.scalars(meant))
    return agency.in_(found) if len(found) <= _FEW else agency.contains(text, autoescape=True)


def _looked_for(query: Query) -> list[str]:
    """The words of the index that every hit has."""
    return sorted({word for text in query.words for word in query_words(text)})


def _listed(words: str) -> Any:
    """The words of indicators or forms as PostgreSQL has them."""
    return table(words, column("id"), column("words", ARRAY(Text)))


def _narrowed(chosen: Select[Any], store: Store, query: Query, words: str, key: Any) -> Select[Any]:
    chosen = chosen.where(t.documents.c.current)
    looked_for = _looked_for(query)
    if not looked_for:
        return chosen.order_by(key)
    if store.sqlite:
        index = table(words, column("rowid"), column("words"))
        # Only quotes could end a word early, and words hold letters, digits and Hanzi.
        match = " AND ".join(f'"{word}"' for word in looked_for)
        found = chosen.join(index, index.c.rowid == key).where(literal_column(words).op("MATCH")(match))
        # In the index's own order, so that the first hits come before the last are looked for.
        return found.order_by(index.c.rowid)
    listed = _listed(words)
    return chosen.join(listed, listed.c.id == key).where(listed.c.words.contains(looked_for)).order_by(key)


def _measured(measure: Measure) -> Any:
    number = t.indicators.c.number
    compared = {
        "<": number < measure.number, ">": number > measure.number, "≤": number <= measure.number,
        "≥": number >= measure.number, "=": number == measure.number,
    }[measure.sign]  # fmt: skip
    if measure.unit is None:
        return compared
    unit = t.indicators.c.unit
    # Said plainly where it can be: of what a function makes of a column a database has no statistics.
    return and_(compared, unit == measure.unit if measure.unit else func.coalesce(unit, "") == "")


def _matching(rows: Iterable[Any], wanted: Sequence[str], columns: Sequence[str]) -> Iterator[Any]:
    """The rows whose text really holds every word that is `wanted`; the index knows only pairs of characters."""
    for row in rows:
        # Where the index itself is sure, the columns to look through are not even fetched.
        texts = [folded(getattr(row, name) or "") for name in columns] if wanted else []
        if all(any(word in text for text in texts) for word in wanted):
            yield row


def _first(limit: int, wanted: Sequence[str]) -> int:
    return limit * _SPARE if wanted else limit


def _rows(connection: Connection, chosen: Select[Any], key: Any, first: int, *, in_order: bool) -> Iterator[Any]:
    """The rows, the first ones at once; `in_order` where the index gives them by their key anyway.

    PostgreSQL has two ways to them, and is told how many are wanted, so that it takes the right one: a word of every
    tenth indicator is met soon when going through all by number, a rare one is told by the index. Of a cursor it
    thinks that a tenth of its rows are wanted, and goes through all for a word that stands nowhere.
    """
    if not in_order:
        rows = connection.execute(chosen.limit(first)).all()
        yield from rows
        if len(rows) < first:
            return
        chosen = chosen.where(key > rows[-1].id)
    yield from connection.execution_options(stream_results=True).execute(chosen.limit(_MOST))


def _rows_with(
    connection: Connection,
    words: Sequence[str],
    of_any_words: Select[Any],
    with_words: Select[Any],
    key: Any,
    first: int,
) -> Iterator[Any]:
    """The rows with these words, on PostgreSQL; it is asked which the first are that have them, and for these alone.

    It takes words that go together (满意, 意度) for independent, so for a tenth as many as there are, and would join
    thousands to their forms and documents to show the first twenty. Where the first hits of the words do not meet the
    other conditions, it is asked for both at once after all.
    """
    listed = _listed(t.INDICATOR_WORDS)
    having = select(listed.c.id).where(listed.c.words.contains(list(words)))
    hits = having.order_by(listed.c.id).limit(first).cte("hits")
    count, last = (select(f).select_from(hits).scalar_subquery() for f in (func.count(), func.max(hits.c.id)))
    chosen = of_any_words.join(hits, hits.c.id == key).add_columns(count.label("found"), last.label("last"))
    rows = connection.execute(chosen).all()
    yield from rows
    if not rows:
        yield from _rows(connection, with_words, key, first, in_order=False)
    elif rows[0].found == first:
        yield from _rows(connection, with_words.where(key > rows[0].last), key, first, in_order=False)


def _compared(words: Sequence[str]) -> list[str]:
    """The words that the text itself has to be looked through for.

    A pair of Hanzi is a word of the index itself: what has it needs no second look.
    """
    return [word for word in map(folded, words) if query_words(word) != [word] or word[0].isascii()]
