"""Checks of the grid's shape: are the levels there, each in its place, and is anything filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.checks.facts import Facts, bare_level
from pipeline.records import Finding

Check = Callable[[Facts], Iterator[Finding]]
# 效益 and 满意度 end many names; a name of five characters that another ends with is the same thing said longer.
_LONG_LEVEL = 5


def parents(facts: Facts) -> Iterator[Finding]:
    """G02. A level 2 that dictionaries know stands under a level 1 that they know for it."""
    vocabulary = facts.context.vocabulary
    told: set[tuple[str, str]] = set()
    for number, indicator in enumerate(facts.record.indicators):
        level1, level2 = bare_level(indicator.level1), bare_level(indicator.level2)
        own, homes = vocabulary.level1_names.get(level1), vocabulary.level2_parents.get(level2)
        if not own or not homes or (level1, level2) in told or any(_is_kin(a, b) for a in own for b in homes):
            continue
        told.add((level1, level2))
        yield facts.finding(
            "levels.parent", f"indicators[{number}].level2", value=indicator.level2 or "", other=indicator.level1 or ""
        )


def misplaced(facts: Facts) -> Iterator[Finding]:
    """G02. What dictionaries know as a level 2 only is no level 1: the row's cells slid one column to the left."""
    vocabulary = facts.context.vocabulary
    for number, indicator in enumerate(facts.record.indicators):
        level1 = bare_level(indicator.level1)
        if not level1 or level1 in vocabulary.level1_names or level1 not in vocabulary.level2_parents:
            continue
        if vocabulary.level2_parents.get(bare_level(indicator.level2)):
            continue  # levels named in another order by a layout of its own
        yield facts.finding("levels.misplaced", f"indicators[{number}].level1", value=indicator.level1 or "")


def _is_kin(one: str, other: str) -> bool:
    """Return whether two names of level 1 are one, or one is the other said shorter: 投入 for 投入与目标管理."""
    shorter, longer = sorted((one, other), key=len)
    return one == other or (len(shorter) > 1 and longer.startswith(shorter))


def skeleton(facts: Facts) -> Iterator[Finding]:
    """G01. A form that prints its empty rows prints every row of its layout's skeleton.

    One with rows that the skeleton does not have is of another year's edition, which has its own rows.
    """
    wanted = facts.context.skeleton
    blank_rows = any(not (row.level3 or "").strip() for row in facts.record.indicators)
    if not wanted or not blank_rows:
        return
    there = {(bare_level(row.level1), bare_level(row.level2)) for row in facts.record.indicators}
    known = {(bare_level(level1), bare_level(level2)) for level1, children in wanted.items() for level2 in children}
    if any(place not in known for place in there if all(place)):
        return
    ones, twos = {level1 for level1, _ in there}, {level2 for _, level2 in there}
    for level1, children in wanted.items():
        for level2 in children:
            # 成本 is a level 1 in some years and a level 2 in others; templates of both years have it twice.
            moved = bare_level(level2) in ones or bare_level(level1) in twos
            elsewhere = (other for one, other in there if one != bare_level(level1))
            moved = moved or any(_is_same(bare_level(level2), other) for other in elsewhere)
            if not moved and (bare_level(level1), bare_level(level2)) not in there:
                yield facts.finding("levels.skeleton", "form", value=level2)


def _is_same(level2: str, other: str) -> bool:
    """Tell whether one name is the end of the other: 社会公众或服务对象满意度 and 服务对象满意度 of another year."""
    return min(len(level2), len(other)) >= _LONG_LEVEL and (level2.endswith(other) or other.endswith(level2))


def repeated(facts: Facts) -> Iterator[Finding]:
    """G01. The rows of one level 2 stand together; a page break that broke them apart moved some."""
    seen: set[tuple[str | None, str, str]] = set()
    before: tuple[str | None, str, str] | None = None
    for number, row in enumerate(facts.record.indicators):
        here = (row.period, bare_level(row.level1), bare_level(row.level2))
        if here != before and here in seen and here[2] and not _is_rollup(facts):
            yield facts.finding(
                "levels.repeated", f"indicators[{number}].level2", value=row.level2 or "", other=row.level1 or ""
            )
        seen.add(here)
        before = here


def _is_rollup(facts: Facts) -> bool:
    """Wide sheets repeat the levels for every project."""
    return any("项目" in key or "单位名称" in key for row in facts.record.indicators for key in row.extra)


def dimensions(facts: Facts) -> Iterator[Finding]:
    """G03. Outputs, benefits and satisfaction each have an indicator; so have quantity and quality where printed."""
    if not facts.rows:
        return
    words = facts.words
    filled = [(row.indicator.level1 or "") + "→" + (row.indicator.level2 or "") for row in facts.rows]
    for code, kind in (
        ("levels.no-output", "output"),
        ("levels.no-benefit", "benefit"),
        ("levels.no-satisfaction", "satisfaction"),
    ):
        if not any(word in place for place in filled for word in words[kind]):
            yield facts.finding(code, "form")
    done = {bare_level(row.indicator.level2) for row in facts.rows}
    for number, indicator in enumerate(facts.record.indicators):
        level2 = bare_level(indicator.level2)
        blank = not (indicator.level3 or "").strip()
        if blank and level2 in words["core"] and level2 not in done:
            yield facts.finding("levels.empty", f"indicators[{number}].level2", value=indicator.level2 or "")


LEVEL_CHECKS: tuple[Check, ...] = (parents, misplaced, skeleton, repeated, dimensions)
