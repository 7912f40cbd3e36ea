"""What all rooms of the store write and read alike: times, decisions, long lists of values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline.decisions import Anchor, Decision

# Values in one IN (...): SQLite's bound is 32,766, PostgreSQL's 65,535; more at once is not faster.
CHUNK = 500


def now() -> str:
    """The time as the store writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The values in parts of at most CHUNK."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def decision_of(row: Any) -> Decision:
    """A row of `decisions` as its noun."""
    return Decision(
        row.id, Anchor(row.sha256, row.number, row.part, row.place, row.raw), row.action, row.before, row.after,
        row.who, row.made, row.why, row.batch, row.undoes, row.previous,
    )  # fmt: skip
