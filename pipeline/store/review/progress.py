"""Counts the review and what was found."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from pipeline.store import schema as t
from pipeline.store.review.nouns import Progress, WorstRecord
from pipeline.store.review.queries import JOINED, LIVE


def count_progress(connection: Connection, hour_ago: str) -> Progress:
    """Count the review and what was found; `hour_ago` is the time since which decisions are counted (ISO 8601)."""
    i, r = t.items.c, t.records.c
    opened = case((i.decision_id.is_(None), 1), else_=0)
    live = select(r.id).join(t.documents).where(t.documents.c.current, t.documents.c.copy_of.is_(None))
    done = Progress()

    def counted(query: Select[Any]) -> dict[str, int]:
        return {str(key if key is not None else ""): int(number) for key, number in connection.execute(query)}

    total, open_ = connection.execute(select(func.count(), func.sum(opened)).select_from(JOINED).where(*LIVE)).one()
    done.open = int(open_ or 0)
    done.decided = int(total or 0) - done.open
    done.decisions_last_hour = int(
        connection.scalar(select(func.count()).select_from(t.decisions).where(t.decisions.c.made >= hour_ago)) or 0
    )
    done.records, indicators = connection.execute(
        select(func.count(), func.sum(r.indicators)).where(r.id.in_(live))
    ).one()
    done.indicators = int(indicators or 0)
    done.stale = int(connection.scalar(select(func.count()).select_from(t.documents).where(t.documents.c.stale)) or 0)
    for name, column in (("kind", i.kind), ("agency", r.agency), ("year", r.year)):
        query = select(column, func.count()).select_from(JOINED).where(*LIVE, i.decision_id.is_(None))
        query = query.group_by(column).order_by(func.count().desc())
        setattr(done, f"open_by_{name}", counted(query))
    for name, table, column in (
        ("repairs_by_kind", t.repairs, t.repairs.c.kind), ("findings_by_code", t.findings, t.findings.c.code),
    ):  # fmt: skip
        query = select(column, func.count()).where(table.c.record_id.in_(live)).group_by(column)
        setattr(done, name, counted(query.order_by(func.count().desc())))
    for name, table in (("repairs", t.repairs), ("findings", t.findings)):
        for by, column in (("agency", r.agency), ("year", r.year)):
            query = select(column, func.count()).select_from(table.join(t.records)).where(r.id.in_(live))
            query = query.group_by(column).order_by(func.count().desc())
            setattr(done, f"{name}_by_{by}", counted(query))
    number = func.count()
    worst = (
        select(r.id, r.title, r.agency, r.year, t.documents.c.name, number)
        .select_from(t.findings.join(t.records).join(t.documents, t.documents.c.id == r.document_id))
        .where(t.findings.c.severity != "info", *LIVE)
        .group_by(r.id, r.title, r.agency, r.year, t.documents.c.name)
        .order_by(number.desc(), r.id)
        .limit(10)
    )
    done.worst_records = [WorstRecord(*tuple(row)) for row in connection.execute(worst)]
    return done
