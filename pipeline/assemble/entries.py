"""Places and repairs as the record writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.document import Place, Repair, Status
from pipeline.records import RepairEntry, RunnerUp, Where


def entry_of(at: str, repair: Repair) -> RepairEntry:
    """A repair as the record lists it."""
    proposed = repair.status is Status.PROPOSED
    runner = repair.runner_up
    return RepairEntry(
        at=at,
        raw=repair.raw,
        value=(repair.proposal or repair.raw) if proposed else repair.value,
        status="proposed" if proposed else "repaired",
        kind=repair.kind or "several",  # type: ignore[arg-type]  # pydantic checks the word
        origin=repair.origin,  # type: ignore[arg-type]  # pydantic checks the word
        score=round(min(max(repair.score, 0.0), 1.0), 4),
        runner_up=RunnerUp(value=runner.value, score=round(min(max(runner.score, 0.0), 1.0), 4)) if runner else None,
        evidence=repair.evidence,
        reason=repair.reason,
    )


def where_of(places: Iterable[Place]) -> list[Where]:
    """Places as people count them, from one."""
    found = []
    for place in places:
        found.append(
            Where(
                page=None if place.page is None else place.page + 1,
                polygon=[(round(x, 1), round(y, 1)) for x, y in place.polygon] or None,
                line=None if place.line is None else place.line + 1,
                column=place.column,
                sheet=place.sheet,
                cell=place.cell,
            )
        )
    return found


def spot_of(places: Sequence[Place]) -> str:
    """Where a finding stands, in few words."""
    if not places:
        return "form"
    place = places[0]
    if place.line is not None:
        return f"line {place.line + 1}"
    if place.page is not None:
        return f"page {place.page + 1}"
    return f"{place.sheet}!{place.cell}"
