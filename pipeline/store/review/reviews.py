"""The review's side of a store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from pipeline.decisions import ACTIONS, Decision, holding
from pipeline.errors import StoreError
from pipeline.store import schema as t
from pipeline.store.archive import Store
from pipeline.store.common import decision_of, now
from pipeline.store.database import writing
from pipeline.store.review import appending, queries
from pipeline.store.review.nouns import (
    Acted,
    Ahead,
    DecidedMeanwhileError,
    Draft,
    Group,
    Item,
    ItemFilters,
    Look,
    Mark,
    Order,
    PagePicture,
    Place,
    Progress,
)
from pipeline.store.review.progress import count_progress

_Made = TypeVar("_Made")
# Transactions of two reviewers may be written in another order than they were numbered (PostgreSQL): what is asked
# "since" a decision reaches back so many.
_BACK = 64
# Decisions looked through for a reviewer's last act: a batch that was undone is passed over in a few steps.
_PASSED = (50, 1_000, 20_000)
_NEWEST = 2**62


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
        query = queries.filtered(queries.ITEMS, filters or ItemFilters())
        orders = (
            (i.risk.desc(), i.grouping, r.document_id, r.position, i.position)
            if order == "risk"
            else queries.PAGE_ORDER
        )
        with self.store.reading() as connection:
            rows = connection.execute(query.order_by(*orders).limit(limit).offset(offset)).all()
        return [queries.item_of(row) for row in rows]

    def item(self, key: str) -> Item | None:
        """The item of this key, decided or not; None where the record no longer has it."""
        if (names := _names(key)) is None:
            return None
        with self.store.reading() as connection:
            row = connection.execute(queries.ITEM, names).first()
        return queries.item_of(row) if row else None

    def item_and_body(self, key: str) -> tuple[Item, str] | None:
        """The item of this key with its record as JSON; None where the record no longer has it."""
        if (names := _names(key)) is None:
            return None
        with self.store.reading() as connection:
            row = connection.execute(queries.ITEM_AND_BODY, names).first()
        return (queries.item_of(row), row.body) if row else None

    def places(self) -> list[Place]:
        """All items, decided ones too, in page order."""
        with self.store.reading() as connection:
            return [Place(*tuple(row)) for row in connection.execute(queries.STOPS).all()]

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
        query = queries.filtered(query.select_from(queries.JOINED), filters or ItemFilters())
        query = query.group_by(i.grouping, i.part).order_by(risk.desc(), number.desc(), i.grouping)
        with self.store.reading() as connection:
            return [
                Group(g.grouping, g.part, g.read, g.value, g.proposal, g.kind, tuple(json.loads(g.reasons)), g.risk,
                      g.number, g.records)
                for g in connection.execute(query.limit(limit).offset(offset))
            ]  # fmt: skip

    def count(self, filters: ItemFilters | None = None) -> int:
        """How many items the filters mean."""
        query = queries.filtered(select(func.count()).select_from(queries.JOINED), filters or ItemFilters())
        with self.store.reading() as connection:
            return int(connection.scalar(query) or 0)

    def changed_since(self, decision: int) -> tuple[int, dict[str, bool]]:
        """The last decision, and whether the items with decisions after this one are decided: anchor's key -> it is."""
        with self.store.reading() as connection:
            last = int(connection.scalar(queries.LAST_DECISION) or 0)
            if last == decision:
                return last, {}
            rows = connection.execute(queries.CHANGED, {"since": decision - _BACK}).all()
        return last, {anchor: held is not None for anchor, held in rows}

    # -- a value's surroundings ------------------------------------------------------------------------------------

    def record_body(self, record_id: int) -> str | None:
        """The record as JSON, as it was last made; decisions since then are in its items only."""
        with self.store.reading() as connection:
            return connection.scalar(queries.BODY, {"record": record_id})

    def marks(self, record_id: int) -> dict[str, Mark]:
        """`at` -> what its cell needs to know of the item there, for a whole record."""
        with self.store.reading() as connection:
            rows = connection.execute(queries.MARKS, {"record": record_id}).all()
        return {
            at: Mark(f"{record_id}-{anchor}", held is not None)
            for anchor, first, more, held in rows
            for at in (first, *json.loads(more))
        }

    def ahead(self, keys: Sequence[str]) -> list[Ahead]:
        """Where the crops of these items are, in their order; those that stand on no page are left out."""
        names = [(int(record), anchor) for record, _, anchor in (key.partition("-") for key in keys)]
        if not names:
            return []
        with self.store.reading() as connection:
            asked = {"anchors": [anchor for _, anchor in names]}
            rows = {(row[0], row[1]): row for row in connection.execute(queries.AHEAD, asked).all()}
        return [
            Ahead(
                f"{row.record_id}-{row.anchor}",
                row.record_id,
                row.page,
                tuple(json.loads(row.places)),
                row.width,
                row.height,
            )
            for row in (rows.get(name) for name in names)
            if row is not None
        ]

    def picture(self, record_id: int, page: int) -> PagePicture | None:
        """Where page `page` (of the document, from one) of the record's document is found."""
        with self.store.reading() as connection:
            row = connection.execute(queries.PICTURE, {"record": record_id, "position": page - 1}).first()
        return queries.picture_of(row) if row else None

    def page_keys(self, record_id: int, pages: Sequence[int]) -> dict[int, tuple[str, int]]:
        """Page of the record's document, from one -> digest of its file and place in that file."""
        wanted = {"record": record_id, "positions": [page - 1 for page in pages]}
        with self.store.reading() as connection:
            rows = connection.execute(queries.PAGE_KEYS, wanted).all()
        return {position + 1: (sha256, number) for position, sha256, number in rows}

    def records_beside(self, record_id: int, page: int) -> list[int]:
        """The records of the same document that may reach to this page of it."""
        with self.store.reading() as connection:
            return list(connection.scalars(queries.BESIDE, {"record": record_id, "page": page}))

    def held_on(self, pages: Iterable[tuple[str, int]]) -> dict[str, str]:
        """What decisions hold on these pages (digest, place in the file): anchor's key -> value."""
        wanted = set(pages)
        with self.store.reading() as connection:
            rows = connection.execute(queries.ON_PAGES, {"digests": sorted({sha256 for sha256, _ in wanted})}).all()
        numbers = {number for _, number in wanted}
        rows = [row for row in rows if row.number in numbers]
        values = {row.id: row.after or "" for row in rows}
        return {anchor: values[held] for anchor, held in holding((r[0], r[1], r[2]) for r in rows).items()}

    # -- decisions -------------------------------------------------------------------------------------------------

    def decide(self, drafts: Sequence[Draft], *, who: str, batch: str = "") -> list[Decision]:
        """Append decisions, all or none, and return them; they are on the disk when this returns.

        Items with the same anchors are decided at once and their documents are stale until they are made again.
        Raises DecidedMeanwhileError where somebody decided on one of the anchors since it was `seen`.
        """
        if not drafts:
            return []
        _check(who, drafts)
        drafts = list({draft.anchor.key: draft for draft in drafts}.values())
        anchors = [draft.anchor.key for draft in drafts]
        return self._append(lambda connection: appending.append(connection, drafts, who, batch), anchors)

    def decide_alike(self, draft: Draft, grouping: str, *, who: str, batch: str) -> Acted:
        """Append a decision on a value, and the same on all of its group that wait now, as one batch.

        Raises DecidedMeanwhileError where somebody decided on the first since it was `seen`.
        """
        _check(who, [draft])

        def act(connection: Connection) -> Acted:
            return appending.append_alike(connection, draft, grouping, who, batch)

        try:
            return self._append(act, [draft.anchor.key])
        except DecidedMeanwhileError as told:
            if any(decision.anchor.key == draft.anchor.key for decision in told.decisions):
                raise
            # PostgreSQL: somebody took another one of the group at the same moment; that one waits no more.
            return self._append(act, [draft.anchor.key])

    def undo(self, decisions: Iterable[Decision], *, who: str, why: str = "", batch: str = "") -> list[Decision]:
        """Append that these decisions no longer hold, all or none.

        Raises DecidedMeanwhileError where one does not hold any more, or is an undo that is not the last.
        """
        wanted = list({decision.anchor.key: decision for decision in decisions}.values())
        if not wanted:
            return []
        _check(who, ())
        anchors = [decision.anchor.key for decision in wanted]
        return self._append(lambda c: appending.append_undos(c, wanted, who, why, batch), anchors)

    def undo_batch(self, batch: str, *, who: str, why: str = "", undo: str) -> Acted:
        """Append, as the batch `undo`, that what still holds of a batch holds no more; the rest is left and counted.

        Raises DecidedMeanwhileError where nothing of it holds any more.
        """
        _check(who, ())
        return self._append(lambda c: appending.append_undo_of_batch(c, batch, who, why, undo), [])

    def _append(self, act: Callable[[Connection], _Made], anchors: Sequence[str]) -> _Made:
        try:
            with writing(self.store.engine, durable=True) as connection:
                return act(connection)
        except IntegrityError as error:  # PostgreSQL: another transaction appended between the look and the insert
            with self.store.reading() as connection:
                raise DecidedMeanwhileError(
                    appending.latest(connection, anchors) or self.recent(limit=1)
                ) from error  # fmt: skip

    def last_act(self, who: str) -> tuple[Decision | None, bool]:
        """A reviewer's last decision that still holds, and whether a later one of theirs was taken over by another."""
        before, found = _NEWEST, None
        passed: list[int] = []
        with self.store.reading() as connection:
            for most in _PASSED:
                rows = connection.execute(queries.ACTS, {"who": who, "before": before, "most": most}).all()
                held = holding(appending.links_on(connection, list({row.anchor for row in rows})))
                for row in rows:
                    if held.get(row.anchor) == row.id:
                        found = appending.load(connection, [row.id])[0]
                        break
                    passed.append(held.get(row.anchor, 0))
                if found is not None or len(rows) < most:
                    break
                before = rows[-1].id
            others = connection.scalar(queries.OF_OTHERS, {"ids": passed[:500], "who": who}) if any(passed) else 0
        return found, bool(others)

    def history(self, anchor: str) -> list[Decision]:
        """All decisions on an anchor (its key), oldest first."""
        with self.store.reading() as connection:
            return [decision_of(row) for row in connection.execute(queries.HISTORY, {"anchor": anchor}).all()]

    def batch(self, batch: str) -> list[Decision]:
        """The decisions of one batch, oldest first."""
        with self.store.reading() as connection:
            return [decision_of(row) for row in connection.execute(queries.BATCH, {"batch": batch}).all()]

    def recent(self, limit: int = 50, who: str | None = None, before: int | None = None) -> list[Decision]:
        """The last decisions, newest first; those older than the decision `before`."""
        query = select(t.decisions).order_by(t.decisions.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(t.decisions.c.id < before)
        if who is not None:
            query = query.where(t.decisions.c.who == who)
        with self.store.reading() as connection:
            return [decision_of(row) for row in connection.execute(query)]

    def times(self, since: str) -> list[str]:
        """When decisions were made since (ISO 8601), undos left out."""
        with self.store.reading() as connection:
            return list(connection.scalars(queries.TIMES, {"since": since}))

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
            last = connection.scalar(queries.LAST_DECISION)
            count, changed = connection.execute(select(func.count(), func.max(r.changed)).select_from(t.records)).one()
        return int(last or 0), int(count), str(changed or "")

    def progress(self, hour_ago: str) -> Progress:
        """Count the review and what was found; `hour_ago` is the time since which decisions are counted (ISO 8601)."""
        with self.store.reading() as connection:
            return count_progress(connection, hour_ago)


def _names(key: str) -> Mapping[str, int | str] | None:
    record, _, anchor = key.partition("-")
    return {"record": int(record), "anchor": anchor} if record.isdecimal() else None


def _check(who: str, drafts: Sequence[Draft]) -> None:
    if not who.strip():
        raise StoreError("a decision needs the name of who decides")
    if unknown := {draft.action for draft in drafts} - set(ACTIONS):
        raise StoreError(f"action {sorted(unknown)[0]}: is not known; known are {', '.join(ACTIONS)}")
