"""What the review asks of the tables. Statements are built once: that takes three times as long as asking one."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select

from pipeline.decisions import Anchor
from pipeline.store import schema as t
from pipeline.store.review.nouns import Item, ItemFilters, PagePicture

_i, _r, _d, _p = t.items.c, t.records.c, t.documents.c, t.pages.c
JOINED = t.items.join(t.records).join(t.documents, _d.id == _r.document_id)
# A copy of another document is reviewed there; what a file said before it changed is reviewed no more.
LIVE = (_d.current, _d.copy_of.is_(None))
PAGE_ORDER = (_r.document_id, _r.position, _i.position)

_LAST = func.coalesce(
    select(func.max(t.decisions.c.id)).where(t.decisions.c.anchor == _i.anchor).scalar_subquery(), 0
).label("seen")  # fmt: skip
ITEMS = select(t.items, _LAST, _d.name, _r.title, _r.agency, _r.year).select_from(JOINED)
_THIS = (_i.record_id == bindparam("record"), _i.anchor == bindparam("anchor"))
ITEM = ITEMS.where(*_THIS)
ITEM_AND_BODY = ITEMS.add_columns(_r.body).where(*_THIS)
# What the order of visit needs of every item.
STOPS = (
    select(_i.record_id, _i.anchor, _i.grouping, _i.part, _i.read, _i.value, _i.proposal, _i.kind, _i.risk,
           _i.decision_id, _d.name, _r.title, _r.agency, _r.year)
    .select_from(JOINED).where(*LIVE).order_by(*PAGE_ORDER)
)  # fmt: skip
# What a record's cells need to know of its items.
MARKS = select(_i.anchor, _i.at, _i.more, _i.decision_id).where(_i.record_id == bindparam("record"))
# Where the next crops are, with the sizes of their pages.
AHEAD = (
    select(_i.record_id, _i.anchor, _i.page, _i.places, _p.width, _p.height)
    .select_from(t.items.join(t.records).join(
        t.pages, and_(_p.document_id == _r.document_id, _p.position == _i.page - 1)))
    .where(_i.anchor.in_(bindparam("anchors", expanding=True)))
)  # fmt: skip
BODY = select(_r.body).where(_r.id == bindparam("record"))

_DOCUMENT = select(_r.document_id).where(_r.id == bindparam("record")).scalar_subquery()
_all_pages = t.pages.alias()
PICTURE = (
    select(
        _p.document_id, _d.name, _d.kind, _p.position,
        select(func.count()).select_from(_all_pages).where(_all_pages.c.document_id == _p.document_id)
        .scalar_subquery().label("pages_in_all"),
        _p.location, _p.file, _p.number, _p.sha256, _p.origin, _p.width, _p.height, _p.reading,
    )
    .join(t.documents, _d.id == _p.document_id)
    .where(_p.document_id == _DOCUMENT, _p.position == bindparam("position"))
)  # fmt: skip
PAGE_KEYS = select(_p.position, _p.sha256, _p.number).where(
    _p.document_id == _DOCUMENT, _p.position.in_(bindparam("positions", expanding=True))
)
# Records of the same document that may reach to a page: a head may fill the page before its rows, a remark the one
# after; what has no rows may stand anywhere.
_first, _last = func.min(t.indicators.c.page), func.max(t.indicators.c.page)
BESIDE = (
    select(_r.id)
    .select_from(t.records.outerjoin(t.indicators))
    .where(_r.document_id == _DOCUMENT)
    .group_by(_r.id)
    .having(or_(_first.is_(None), and_(_first - 1 <= bindparam("page"), _last + 1 >= bindparam("page"))))
    .order_by(_r.id)
)

_c = t.decisions.c
HISTORY = select(t.decisions).where(_c.anchor == bindparam("anchor")).order_by(_c.id)
BATCH = select(t.decisions).where(_c.batch == bindparam("batch")).order_by(_c.id)
LAST_DECISION = select(func.max(_c.id))
# Decisions on pages, as far as it takes to say which of them hold.
ON_PAGES = select(_c.id, _c.anchor, _c.undoes, _c.after, _c.number).where(
    _c.sha256.in_(bindparam("digests", expanding=True))
)
# What became of the items that somebody decided on since.
CHANGED = select(_i.anchor, _i.decision_id).where(_i.anchor.in_(select(_c.anchor).where(_c.id > bindparam("since"))))
# A reviewer's decisions, newest first, undone ones too.
ACTS = (
    select(_c.id, _c.anchor)
    .where(_c.who == bindparam("who"), _c.action != "undo", _c.id < bindparam("before"))
    .order_by(_c.id.desc())
    .limit(bindparam("most"))
)
OF_OTHERS = select(func.count()).where(_c.id.in_(bindparam("ids", expanding=True)), _c.who != bindparam("who"))
TIMES = select(_c.made).where(_c.made >= bindparam("since"), _c.action != "undo")


def filtered(query: Select[Any], filters: ItemFilters) -> Select[Any]:
    """The query, narrowed to items that the filters mean."""
    query = query.where(*LIVE)
    if filters.decided is not None:
        query = query.where(_i.decision_id.is_not(None) if filters.decided else _i.decision_id.is_(None))
    for value, column in (
        (filters.grouping, _i.grouping), (filters.record_id, _i.record_id), (filters.year, _r.year),
        (filters.agency, _r.agency), (filters.kind, _i.kind),
    ):  # fmt: skip
        if value is not None:
            query = query.where(column == value)
    if filters.find:
        texts = (_i.raw, _i.read, _i.value, _i.proposal)
        query = query.where(or_(*(column.contains(filters.find, autoescape=True) for column in texts)))
    return query


def item_of(row: Any) -> Item:
    """A row of `ITEMS` as its noun."""
    return Item(
        row.record_id, row.at, tuple(json.loads(row.more)),
        Anchor(row.sha256, row.number, row.part, row.place, row.raw), row.read, row.value, row.proposal,
        tuple(json.loads(row.reasons)), row.kind, row.risk, row.grouping, row.page, tuple(json.loads(row.places)),
        row.decision_id, row.seen, row.name, row.title, row.agency, row.year,
    )  # fmt: skip


def picture_of(row: Any) -> PagePicture:
    """A row of `PICTURE` as its noun."""
    document, name, kind, position, *rest = row
    return PagePicture(document, name, kind, position + 1, *rest)
