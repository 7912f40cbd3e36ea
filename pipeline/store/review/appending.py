"""Appending decisions, within a transaction: who was first, what holds since, which records are to be made again.

A batch of thousands is appended by the database itself, from its own rows: what one key decides takes one moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, literal, select, update
from sqlalchemy.sql.elements import ColumnElement

from pipeline.decisions import Decision, holding
from pipeline.errors import StoreError
from pipeline.store import schema as t
from pipeline.store.common import CHUNK, chunks, decision_of, now
from pipeline.store.review.nouns import Acted, DecidedMeanwhileError, Draft
from pipeline.store.review.queries import JOINED, LIVE

Link = tuple[int, str, int | None]  # id of a decision, key of its anchor, id of what it undoes
_c, _i, _p = t.decisions.c, t.items.c, t.pages.c
_APPENDED = ("sha256", "number", "part", "place", "raw", "action", "before", "after", "why", "who", "made", "batch")
_ADD = insert(t.decisions).returning(_c.id, _c.anchor)
_HOLD = update(t.items).where(_i.anchor == bindparam("of_anchor")).values(decision_id=bindparam("held"))
_LINKS = select(_c.id, _c.anchor, _c.undoes).where(_c.anchor.in_(bindparam("anchors", expanding=True)))
_OF_BATCH = select(_c.anchor).where(_c.batch == bindparam("of_batch"))
_LINKS_OF_BATCH = select(_c.id, _c.anchor, _c.undoes).where(_c.anchor.in_(_OF_BATCH))
_COUNT = select(func.count(_c.id)).where(_c.batch == bindparam("of_batch"))
_STALE = update(t.documents).where(t.documents.c.stale.is_(False)).values(stale=True)
_STALE_BY_DIGEST = _STALE.where(
    t.documents.c.id.in_(select(_p.document_id).where(_p.sha256.in_(bindparam("digests", expanding=True))))
)
_STALE_BY_BATCH = _STALE.where(
    t.documents.c.id.in_(
        select(_p.document_id).where(_p.sha256.in_(select(_c.sha256).where(_c.batch == bindparam("of_batch"))))
    )
)


def append(connection: Connection, drafts: Sequence[Draft], who: str, batch: str) -> list[Decision]:
    """Append decisions, no two of one anchor, and return them.

    Raises DecidedMeanwhileError where somebody decided since one was `seen`.
    """
    anchors = {draft.anchor.key: draft.anchor for draft in drafts}
    rows = {key: _row(key, draft, who, batch) for key, draft in zip(anchors, drafts, strict=True)}
    links = links_on(connection, list(rows))
    last = _last(links)
    if others := [last[key] for key, row in rows.items() if key in last and last[key] != row["previous"]]:
        raise DecidedMeanwhileError(load(connection, others))
    added = {row.anchor: int(row.id) for row in connection.execute(_ADD, list(rows.values()))}
    links += [(added[anchor], anchor, row["undoes"]) for anchor, row in rows.items()]
    held = holding(links)
    connection.execute(_HOLD, [{"of_anchor": anchor, "held": held.get(anchor)} for anchor in rows])
    digests = sorted({row["sha256"] for row in rows.values()})
    for chunk in chunks(digests):
        connection.execute(_STALE_BY_DIGEST, {"digests": chunk})
    made = [
        Decision(added[key], anchors[key], row["action"], row["before"], row["after"], who, row["made"], row["why"],
                 batch, row["undoes"], row["previous"])
        for key, row in rows.items()
    ]  # fmt: skip
    return sorted(made, key=lambda decision: decision.id)


def append_undos(
    connection: Connection, decisions: Sequence[Decision], who: str, why: str, batch: str
) -> list[Decision]:
    """Append that these decisions no longer hold. Raises DecidedMeanwhileError where one holds no more already."""
    links = links_on(connection, [decision.anchor.key for decision in decisions])
    last, held = _last(links), holding(links)
    drafts, others = [], []
    for decision in decisions:
        key = decision.anchor.key
        # An undo can be undone while nothing came after it; a decision, while it is the one that holds.
        if (last if decision.action == "undo" else held).get(key) != decision.id:
            others.append(last.get(key, 0))
        drafts.append(Draft(decision.anchor, "undo", decision.after, decision.before, last.get(key, 0), why,
                            decision.id))  # fmt: skip
    if others:
        raise DecidedMeanwhileError(load(connection, others))
    return append(connection, drafts, who, batch)


def append_alike(connection: Connection, draft: Draft, grouping: str, who: str, batch: str) -> Acted:
    """Append a decision on a value as its reviewer saw it, and on all of its group that wait, by what they are now.

    Raises DecidedMeanwhileError where somebody decided on the first since it was `seen`.
    """
    [first] = append(connection, [draft], who, batch)
    seen = select(func.max(_c.id)).where(_c.anchor == _i.anchor).scalar_subquery()
    before: ColumnElement[Any] = func.min(_i.value)
    after = before if draft.action == "confirm" else literal(draft.after)
    said = (literal(draft.action), before, after, literal(draft.why), literal(who), literal(now()), literal(batch))
    alike = (
        select(_i.anchor, func.coalesce(seen, 0), _i.sha256, _i.number, _i.part, _i.place, _i.raw, *said)
        .select_from(JOINED)
        .where(
            *LIVE, _i.grouping == grouping, _i.part == draft.anchor.part, _i.decision_id.is_(None),
            _i.anchor != draft.anchor.key,
        )
        .group_by(_i.anchor, _i.sha256, _i.number, _i.part, _i.place, _i.raw)
        .order_by(func.min(_i.record_id), func.min(_i.position))
    )  # fmt: skip
    connection.execute(insert(t.decisions).from_select(["anchor", "previous", *_APPENDED], alike))
    held = update(t.items).where(_i.anchor == _c.anchor, _c.batch == batch).values(decision_id=_c.id)
    connection.execute(held)
    connection.execute(_STALE_BY_BATCH, {"of_batch": batch})
    return Acted(_count(connection, batch), first)


def append_undo_of_batch(connection: Connection, batch: str, who: str, why: str, undo: str) -> Acted:
    """Append, as the batch `undo`, that what still holds of a batch holds no more.

    What was undone, or decided otherwise, since is left alone and counted. Raises DecidedMeanwhileError where nothing
    of the batch holds.
    """
    mine = set(connection.scalars(select(_c.id).where(_c.batch == batch, _c.action != "undo")))
    if not mine:
        raise StoreError(f"batch {batch}: there is none of this name")
    links = [tuple(row) for row in connection.execute(_LINKS_OF_BATCH, {"of_batch": batch})]
    last, held = _last(links), holding(links)
    still = {anchor: number for anchor, number in held.items() if number in mine}
    if not still:
        raise DecidedMeanwhileError(load(connection, list(last.values())[:CHUNK]))
    # Where an undone decision came after, the one of the batch holds again but is not the last: these go one by one.
    buried = [number for anchor, number in still.items() if last[anchor] != number]
    later = t.decisions.alias()
    is_last = ~select(later.c.id).where(later.c.anchor == _c.anchor, later.c.previous >= _c.id).exists()
    said = (literal("undo"), _c.after, _c.before, literal(why), literal(who), literal(now()), literal(undo))
    taken = (
        select(_c.anchor, _c.id, _c.sha256, _c.number, _c.part, _c.place, _c.raw, *said, _c.id)
        .where(_c.batch == batch, _c.action != "undo", is_last)
        .order_by(_c.id)
    )
    connection.execute(insert(t.decisions).from_select(["anchor", "previous", *_APPENDED, "undoes"], taken))
    if buried:
        append_undos(connection, load(connection, buried), who, why, undo)
    undone = set(still.values())
    before = holding(link for link in links if link[0] not in undone)
    connection.execute(update(t.items).where(_i.anchor.in_(_OF_BATCH)).values(decision_id=None), {"of_batch": undo})
    if again := [{"of_anchor": anchor, "held": before[anchor]} for anchor in still if anchor in before]:
        connection.execute(_HOLD, again)
    connection.execute(_STALE_BY_BATCH, {"of_batch": undo})
    # What somebody undid is gone as wished; what was decided anew is not touched.
    taken_over = sum(anchor in held for anchor in {link[1] for link in links if link[0] in mine} - set(still))
    return Acted(_count(connection, undo), load(connection, [min(undone)])[0], taken_over)


def load(connection: Connection, numbers: Sequence[int]) -> list[Decision]:
    """The decisions with these ids, in their order."""
    found: list[Decision] = []
    for chunk in chunks(numbers):
        rows = connection.execute(select(t.decisions).where(_c.id.in_(chunk)))
        found.extend(decision_of(row) for row in rows)
    return sorted(found, key=lambda decision: decision.id)


def latest(connection: Connection, anchors: Sequence[str]) -> list[Decision]:
    """The last decision on each of these anchors that has one, undone ones and undos too."""
    return load(connection, list(_last(links_on(connection, anchors)).values()))


def links_on(connection: Connection, anchors: Sequence[str]) -> list[Link]:
    """All decisions on these anchors, as far as it takes to say which of them hold."""
    found: list[Link] = []
    for chunk in chunks(anchors):
        rows = connection.execute(_LINKS, {"anchors": chunk})
        found.extend((row[0], row[1], row[2]) for row in rows.all())
    return found


def _last(links: Sequence[Any]) -> Mapping[str, int]:
    return {anchor: number for number, anchor, _ in sorted(links)}


def _count(connection: Connection, batch: str) -> int:
    return int(connection.scalar(_COUNT, {"of_batch": batch}) or 0)


def _row(key: str, draft: Draft, who: str, batch: str) -> dict[str, Any]:
    anchor = draft.anchor
    return {
        "anchor": key, "previous": draft.seen, "sha256": anchor.sha256, "number": anchor.number, "part": anchor.part,
        "place": anchor.place, "raw": anchor.raw, "action": draft.action, "before": draft.before, "after": draft.after,
        "why": draft.why, "who": who, "made": now(), "batch": batch, "undoes": draft.undoes,
    }  # fmt: skip
