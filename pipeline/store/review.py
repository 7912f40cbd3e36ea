"""What the review workbench reads and appends: the queue, a value's page, decisions and who looked at what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, Select, case, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from pipeline.decisions import ACTIONS, Action, Anchor, Decision
from pipeline.errors import ConflictError, StoreError
from pipeline.store import schema as t
from pipeline.store.archive import _CHUNK, Store, decision_of, now, refresh_items
from pipeline.store.database import writing

Order = Literal["risk", "page"]


@dataclass(frozen=True, slots=True)
class Item:
    """One printed value that waits for a person, or was decided. `key` stays the same when records are made again."""

    record_id: int
    at: str
    more: tuple[str, ...]  # further `at` of the same printed cell
    anchor: Anchor
    read: str  # what was read, without the weight or placeholder printed beside it
    value: str | None
    proposal: str | None
    reasons: tuple[dict[str, str], ...]  # kind, text, code, severity; the first may have runner_up and evidence
    kind: str
    risk: float
    grouping: str
    page: int | None  # of the document, from one
    places: tuple[dict[str, Any], ...]  # the record's `where`
    decision_id: int | None
    seen: int  # the last decision on this anchor, undone ones and undos too: hand it back when deciding
    document: str
    title: str
    agency: str | None
    year: int | None

    @property
    def key(self) -> str:
        """Names the item in addresses and forms."""
        return f"{self.record_id}-{self.anchor.key}"


@dataclass(frozen=True, slots=True)
class Group:
    """Items for which one decision may serve: same part, text, proposal and reasons."""

    grouping: str
    part: str
    read: str
    value: str | None
    proposal: str | None
    kind: str
    reasons: tuple[dict[str, str], ...]
    risk: float  # the largest of its items'
    items: int
    records: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A decision to append. `seen` is the item's: where somebody decided since, nothing is appended."""

    anchor: Anchor
    action: Action
    before: str | None
    after: str | None
    seen: int = 0
    why: str = ""
    undoes: int | None = None


class DecidedMeanwhileError(ConflictError):
    """Somebody else decided first; `decisions` are theirs."""

    def __init__(self, decisions: Sequence[Decision]) -> None:
        first = decisions[0]
        what = {"undo": "undid a decision on"}.get(first.action, "decided on")
        super().__init__(
            f"{first.who} {what} {first.anchor.raw[:20]!r} at {first.when}; nothing was changed, look at it again"
        )
        self.decisions = tuple(decisions)


@dataclass(frozen=True, slots=True)
class PagePicture:
    """Where a page's picture or text is found again; check the digest before it is shown."""

    document_id: int
    document: str
    kind: str  # of the document: text, pages, images, import, imports
    page: int  # from one
    pages: int
    location: str
    file: str
    number: int  # in its own file, from zero
    sha256: str
    origin: str
    width: int | None
    height: int | None
    reading: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody looked at personal data."""

    made: str  # ISO 8601, UTC
    who: str
    what: str
    record_id: int | None


@dataclass(frozen=True, slots=True)
class ItemFilters:
    """Which items are meant; None means any. `find` looks in the text, the value and the proposal."""

    decided: bool | None = False
    grouping: str | None = None
    record_id: int | None = None
    year: int | None = None
    agency: str | None = None
    kind: str | None = None
    find: str | None = None


@dataclass(slots=True)
class Progress:
    """How far the review is, and what was found, counted."""

    open: int = 0
    decided: int = 0
    decisions_last_hour: int = 0
    records: int = 0
    indicators: int = 0
    stale: int = 0
    repairs_by_kind: dict[str, int] = field(default_factory=dict)
    findings_by_code: dict[str, int] = field(default_factory=dict)
    repairs_by_agency: dict[str, int] = field(default_factory=dict)
    repairs_by_year: dict[str, int] = field(default_factory=dict)
    findings_by_agency: dict[str, int] = field(default_factory=dict)
    findings_by_year: dict[str, int] = field(default_factory=dict)
    open_by_agency: dict[str, int] = field(default_factory=dict)
    open_by_year: dict[str, int] = field(default_factory=dict)
    open_by_kind: dict[str, int] = field(default_factory=dict)
    worst_records: list[tuple[int, str, int]] = field(default_factory=list)  # record id, title, findings


class Reviews:
    """The review's side of a store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    # -- the queue -------------------------------------------------------------------------------------------------

    def items(
        self, filters: ItemFilters | None = None, *, order: Order = "risk", limit: int = 100, offset: int = 0
    ) -> list[Item]:
        """Items, the likeliest errors first (groups together), or in page order."""
        i, r = t.items.c, t.records.c
        query = _filtered(_item_query(), filters or ItemFilters())
        orders = (
            (i.risk.desc(), i.grouping, r.document_id, r.position, i.position)
            if order == "risk"
            else (r.document_id, r.position, i.position)
        )
        with self.store.reading() as connection:
            return [_item(row) for row in connection.execute(query.order_by(*orders).limit(limit).offset(offset))]

    def item(self, key: str) -> Item | None:
        """The item of this key, decided or not; None where the record no longer has it."""
        record, _, anchor = key.partition("-")
        if not record.isdecimal():
            return None
        query = _item_query().where(t.items.c.record_id == int(record), t.items.c.anchor == anchor)
        with self.store.reading() as connection:
            row = connection.execute(query).first()
        return _item(row) if row else None

    def groups(self, filters: ItemFilters | None = None, *, limit: int = 100, offset: int = 0) -> list[Group]:
        """Groups of items, the likeliest errors first, larger groups before smaller ones."""
        i = t.items.c
        risk, number = func.max(i.risk), func.count()
        query = select(
            i.grouping, i.part, func.min(i.read).label("read"), func.min(i.value).label("value"),
            func.min(i.proposal).label("proposal"), func.min(i.kind).label("kind"),
            func.min(i.reasons).label("reasons"), risk.label("risk"), number.label("number"),
            func.count(i.record_id.distinct()).label("records"),
        )  # fmt: skip
        query = _filtered(query.select_from(_joined()), filters or ItemFilters()).group_by(i.grouping, i.part)
        query = query.order_by(risk.desc(), number.desc(), i.grouping).limit(limit).offset(offset)
        with self.store.reading() as connection:
            return [
                Group(g.grouping, g.part, g.read, g.value, g.proposal, g.kind, tuple(json.loads(g.reasons)), g.risk,
                      g.number, g.records)
                for g in connection.execute(query)
            ]  # fmt: skip

    def count(self, filters: ItemFilters | None = None) -> int:
        """How many items the filters mean."""
        query = _filtered(select(func.count()).select_from(_joined()), filters or ItemFilters())
        with self.store.reading() as connection:
            return int(connection.scalar(query) or 0)

    # -- a value's surroundings ------------------------------------------------------------------------------------

    def record_body(self, record_id: int) -> str | None:
        """The record as JSON, as it was last made; decisions since then are in its items only."""
        with self.store.reading() as connection:
            return connection.scalar(select(t.records.c.body).where(t.records.c.id == record_id))

    def picture(self, record_id: int, page: int) -> PagePicture | None:
        """Where page `page` (of the document, from one) of the record's document is found."""
        p, d = t.pages.c, t.documents.c
        document = select(t.records.c.document_id).where(t.records.c.id == record_id).scalar_subquery()
        all_pages = t.pages.alias()
        counted = select(func.count()).select_from(all_pages).where(all_pages.c.document_id == document)
        query = (
            select(t.pages, d.name, d.kind, counted.scalar_subquery().label("pages_in_all"))
            .join(t.documents, d.id == p.document_id)
            .where(p.document_id == document, p.position == page - 1)
        )
        with self.store.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return PagePicture(
            row.document_id, row.name, row.kind, row.position + 1, row.pages_in_all, row.location, row.file, row.number,
            row.sha256, row.origin, row.width, row.height, row.reading,
        )  # fmt: skip

    # -- decisions -------------------------------------------------------------------------------------------------

    def decide(self, drafts: Sequence[Draft], *, who: str, batch: str = "") -> list[Decision]:
        """Append decisions, all or none, and return them; they are on the disk when this returns.

        Items with the same anchors are decided at once and their documents are stale until they are made again.
        Raises DecidedMeanwhileError where somebody decided on one of the anchors since it was `seen`.
        """
        if not drafts:
            return []
        if not who.strip():
            raise StoreError("a decision needs the name of who decides")
        if unknown := {draft.action for draft in drafts} - set(ACTIONS):
            raise StoreError(f"action {sorted(unknown)[0]}: is not known; known are {', '.join(ACTIONS)}")
        rows = [_decision_row(draft, who, batch) for draft in {d.anchor.key: d for d in drafts}.values()]
        anchors = [row["anchor"] for row in rows]
        try:
            with writing(self.store.engine, durable=True) as connection:
                if others := _since(connection, rows):
                    raise DecidedMeanwhileError(others)
                connection.execute(insert(t.decisions), rows)
                _mark(connection, anchors, {row["sha256"] for row in rows})
                return _latest(connection, anchors)
        except IntegrityError as error:  # PostgreSQL: another transaction appended between the look and the insert
            with self.store.reading() as connection:
                raise DecidedMeanwhileError(_since(connection, rows) or _latest(connection, anchors)) from error

    def undo(self, decisions: Iterable[Decision], *, who: str, why: str = "", batch: str = "") -> list[Decision]:
        """Append that these decisions no longer hold. Raises DecidedMeanwhileError where one is not the last."""
        drafts = [Draft(d.anchor, "undo", d.after, d.before, seen=d.id, why=why, undoes=d.id) for d in decisions]
        return self.decide(drafts, who=who, batch=batch)

    def history(self, anchor: str) -> list[Decision]:
        """All decisions on an anchor (its key), oldest first."""
        query = select(t.decisions).where(t.decisions.c.anchor == anchor).order_by(t.decisions.c.id)
        with self.store.reading() as connection:
            return [decision_of(row) for row in connection.execute(query)]

    def batch(self, batch: str) -> list[Decision]:
        """The decisions of one batch, oldest first."""
        query = select(t.decisions).where(t.decisions.c.batch == batch).order_by(t.decisions.c.id)
        with self.store.reading() as connection:
            return [decision_of(row) for row in connection.execute(query)]

    def recent(self, limit: int = 50, who: str | None = None, before: int | None = None) -> list[Decision]:
        """The last decisions, newest first; those older than the decision `before`."""
        query = select(t.decisions).order_by(t.decisions.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(t.decisions.c.id < before)
        if who is not None:
            query = query.where(t.decisions.c.who == who)
        with self.store.reading() as connection:
            return [decision_of(row) for row in connection.execute(query)]

    # -- the account -----------------------------------------------------------------------------------------------

    def look(self, who: str, what: str, record_id: int | None = None) -> None:
        """Note that somebody looked at personal data."""
        with writing(self.store.engine) as connection:
            connection.execute(insert(t.looks), {"made": now(), "who": who, "what": what, "record_id": record_id})

    def looks(self, limit: int = 50) -> list[Look]:
        """The last looks, newest first."""
        c = t.looks.c
        query = select(c.made, c.who, c.what, c.record_id).order_by(c.id.desc()).limit(limit)
        with self.store.reading() as connection:
            return [Look(row.made, row.who, row.what, row.record_id) for row in connection.execute(query)]

    def state(self) -> tuple[int, int, str]:
        """Changes whenever a decision is appended or a record becomes another: last decision, records, last change."""
        r = t.records.c
        with self.store.reading() as connection:
            last = connection.scalar(select(func.max(t.decisions.c.id)))
            count, changed = connection.execute(select(func.count(), func.max(r.changed)).select_from(t.records)).one()
        return int(last or 0), int(count), str(changed or "")

    def progress(self, hour_ago: str) -> Progress:
        """Count the review and what was found; `hour_ago` is the time since which decisions are counted (ISO 8601)."""
        i, r = t.items.c, t.records.c
        opened = case((i.decision_id.is_(None), 1), else_=0)
        live = select(r.id).join(t.documents).where(t.documents.c.current, t.documents.c.copy_of.is_(None))
        done = Progress()

        def counted(connection: Connection, query: Select[Any]) -> dict[str, int]:
            return {str(key if key is not None else ""): int(number) for key, number in connection.execute(query)}

        with self.store.reading() as connection:
            total, open_ = connection.execute(
                select(func.count(), func.sum(opened)).select_from(_joined()).where(*_live())
            ).one()
            done.open = int(open_ or 0)
            done.decided = int(total or 0) - done.open
            done.decisions_last_hour = int(
                connection.scalar(select(func.count()).select_from(t.decisions).where(t.decisions.c.made >= hour_ago))
                or 0
            )
            done.records, indicators = connection.execute(
                select(func.count(), func.sum(r.indicators)).where(r.id.in_(live))
            ).one()
            done.indicators = int(indicators or 0)
            done.stale = int(
                connection.scalar(select(func.count()).select_from(t.documents).where(t.documents.c.stale)) or 0
            )
            for name, column in (("kind", i.kind), ("agency", r.agency), ("year", r.year)):
                query = select(column, func.count()).select_from(_joined()).where(*_live(), i.decision_id.is_(None))
                query = query.group_by(column).order_by(func.count().desc())
                setattr(done, f"open_by_{name}", counted(connection, query))
            for name, table, column in (
                ("repairs_by_kind", t.repairs, t.repairs.c.kind), ("findings_by_code", t.findings, t.findings.c.code),
            ):  # fmt: skip
                query = select(column, func.count()).where(table.c.record_id.in_(live)).group_by(column)
                setattr(done, name, counted(connection, query.order_by(func.count().desc())))
            for name, table in (("repairs", t.repairs), ("findings", t.findings)):
                for by, column in (("agency", r.agency), ("year", r.year)):
                    query = select(column, func.count()).select_from(table.join(t.records)).where(r.id.in_(live))
                    query = query.group_by(column).order_by(func.count().desc())
                    setattr(done, f"{name}_by_{by}", counted(connection, query))
            worst = (
                select(r.id, r.title, func.count().label("found"))
                .join(t.findings, t.findings.c.record_id == r.id)
                .where(r.id.in_(live), t.findings.c.severity != "info")
                .group_by(r.id, r.title)
                .order_by(func.count().desc(), r.id)
                .limit(10)
            )
            done.worst_records = [(row.id, row.title, row.found) for row in connection.execute(worst)]
        return done


def _joined() -> Any:
    return t.items.join(t.records).join(t.documents, t.documents.c.id == t.records.c.document_id)


def _live() -> tuple[Any, Any]:
    return (t.documents.c.current, t.documents.c.copy_of.is_(None))


def _item_query() -> Select[Any]:
    last = select(func.max(t.decisions.c.id)).where(t.decisions.c.anchor == t.items.c.anchor).scalar_subquery()
    r = t.records.c
    return select(
        t.items, func.coalesce(last, 0).label("seen"), t.documents.c.name, r.title, r.agency, r.year
    ).select_from(_joined())  # fmt: skip


def _filtered(query: Select[Any], filters: ItemFilters) -> Select[Any]:
    i, r = t.items.c, t.records.c
    query = query.where(*_live())
    if filters.decided is not None:
        query = query.where(i.decision_id.is_not(None) if filters.decided else i.decision_id.is_(None))
    for value, column in (
        (filters.grouping, i.grouping), (filters.record_id, i.record_id), (filters.year, r.year),
        (filters.agency, r.agency), (filters.kind, i.kind),
    ):  # fmt: skip
        if value is not None:
            query = query.where(column == value)
    if filters.find:
        texts = (i.raw, i.read, i.value, i.proposal)
        found = texts[0].contains(filters.find, autoescape=True)
        for column in texts[1:]:
            found |= column.contains(filters.find, autoescape=True)
        query = query.where(found)
    return query


def _item(row: Any) -> Item:
    return Item(
        row.record_id, row.at, tuple(json.loads(row.more)),
        Anchor(row.sha256, row.number, row.part, row.place, row.raw), row.read, row.value, row.proposal,
        tuple(json.loads(row.reasons)), row.kind, row.risk, row.grouping, row.page, tuple(json.loads(row.places)),
        row.decision_id, row.seen, row.name, row.title, row.agency, row.year,
    )  # fmt: skip


def _decision_row(draft: Draft, who: str, batch: str) -> dict[str, Any]:
    anchor = draft.anchor
    return {
        "anchor": anchor.key, "previous": draft.seen, "sha256": anchor.sha256, "number": anchor.number,
        "part": anchor.part, "place": anchor.place, "raw": anchor.raw, "action": draft.action, "before": draft.before,
        "after": draft.after, "why": draft.why, "who": who, "made": now(), "batch": batch, "undoes": draft.undoes,
    }  # fmt: skip


def _since(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[Decision]:
    """The last decisions on anchors that have others than were seen."""
    seen = {row["anchor"]: row["previous"] for row in rows}
    return [found for found in _latest(connection, list(seen)) if found.id != seen[found.anchor.key]]


def _latest(connection: Connection, anchors: Sequence[str]) -> list[Decision]:
    found: list[Decision] = []
    d = t.decisions
    for start in range(0, len(anchors), _CHUNK):
        chunk = anchors[start : start + _CHUNK]
        last = select(func.max(d.c.id)).where(d.c.anchor.in_(chunk)).group_by(d.c.anchor)
        found.extend(decision_of(row) for row in connection.execute(select(d).where(d.c.id.in_(last))))
    return sorted(found, key=lambda decision: decision.id)


def _mark(connection: Connection, anchors: Sequence[str], digests: set[str]) -> None:
    refresh_items(connection, anchors)
    for start in range(0, len(digests), _CHUNK):
        chunk = sorted(digests)[start : start + _CHUNK]
        documents = select(t.pages.c.document_id).where(t.pages.c.sha256.in_(chunk))
        connection.execute(update(t.documents).where(t.documents.c.id.in_(documents)).values(stale=True))
