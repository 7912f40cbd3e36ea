"""What the levels say of each other: which level 2 belongs under which level 1, by the template or the vocabularies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from pipeline.dictionaries import comparison_key
from pipeline.document import Role, Row
from pipeline.levels.decode.options import GRID, MOST_KEPT, Choice
from pipeline.levels.lexicon import Lexicon, belongs

PARENT = 0.7  # level 2 under the level 1 it belongs to
WRONG_PARENT = 1.5
BACKWARD = 0.5  # level 2 that the skeleton prints before the one above
_STRANGE_LEVELS = 4.0  # two levels that no vocabulary holds, and neither name nor target beside them
_STRANGE_LEVEL1 = 1.0  # a level 1 that no vocabulary holds where the form's others are known
# 产岀指标 for 产出指标 is a level still: one character in four.
_NEAR_LEVEL = 0.6


class Facts(NamedTuple):
    """What a choice says of the levels, whatever stands above it: the keys of the names it prints."""

    level1: str | None = None
    level2: str | None = None
    gained: float = 0.0
    strange: bool = False  # a level 1 that no vocabulary holds


NO_FACTS = Facts()


@dataclass(frozen=True)
class Skeleton:
    """Which level-2 names stand under which level-1 names: the template's where known, else all vocabularies'."""

    parents: Mapping[str, frozenset[str]]  # level-2 key -> keys of its level-1 names
    order: Mapping[str, int]  # level-2 key -> its place, only for a template
    level1: frozenset[str]

    _resolved: dict[tuple[str, str], str] = field(default_factory=dict, repr=False, compare=False)
    _fits: dict[tuple[str, str], bool] = field(default_factory=dict, repr=False, compare=False)
    _facts: dict[tuple[str | None, str | None, bool], Facts] = field(default_factory=dict, repr=False, compare=False)

    def resolve(self, key: str, level: str) -> str:
        """The known name that a misread key stands for, or the key itself."""
        known = self._resolved.get((key, level))
        if known is None:
            if len(self._resolved) > MOST_KEPT:
                self._resolved.clear()
            names = self.level1 if level == "level1" else self.parents
            known = key
            if key not in names and len(key) >= 3:
                found = process.extractOne(key, list(names), scorer=OSA.distance, score_cutoff=1)
                known = found[0] if found else key
            self._resolved[key, level] = known
        return known

    def fits(self, level2: str, level1: str) -> bool:
        """Tell whether a level 2 belongs under a level 1; both are keys of known names."""
        known = self._fits.get((level2, level1))
        if known is None:
            if len(self._fits) > MOST_KEPT:
                self._fits.clear()
            known = belongs(level1, self.parents.get(level2, ()))
            self._fits[level2, level1] = known
        return known


def skeleton_of(template: Mapping[str, Sequence[str]] | None, lexicon: Lexicon) -> Skeleton:
    """Build the skeleton from a template's levels, or from the parents that the vocabularies state."""
    if template:
        # What asks the vocabularies is asked of each form; what only the names decide is told once.
        return replace(_of_template(tuple((name, tuple(below)) for name, below in template.items())), _facts={})
    parents: dict[str, set[str]] = {}
    level1_names = {comparison_key(name) for name in lexicon.dictionaries.names("level1")}
    for text, names in lexicon.dictionaries.names("level2").items():
        found = parents.setdefault(comparison_key(text), set())
        for name in names:
            found.update(comparison_key(parent) for parent in name.parents)
    return Skeleton({key: frozenset(found) for key, found in parents.items()}, {}, frozenset(level1_names))


@lru_cache(256)  # layouts, of which there are dozens
def _of_template(levels: tuple[tuple[str, tuple[str, ...]], ...]) -> Skeleton:
    parents: dict[str, set[str]] = {}
    order: dict[str, int] = {}
    for level1, below in levels:
        for level2 in below:
            parents.setdefault(comparison_key(level2), set()).add(comparison_key(level1))
            order.setdefault(comparison_key(level2), len(order))
    frozen = {key: frozenset(found) for key, found in parents.items()}
    return Skeleton(frozen, order, frozenset(comparison_key(name) for name, _ in levels))


def facts_of(choices: Sequence[Choice], row: Row, skeleton: Skeleton, lexicon: Lexicon) -> list[Facts]:
    """What a grid row's levels are worth by themselves, read each way."""
    filled = [cell.text for cell in row.cells if cell.text]
    return [_facts(choice.roles, filled, skeleton, lexicon) if choice.kind == GRID else NO_FACTS for choice in choices]


def _facts(roles: Sequence[Role], filled: Sequence[str], skeleton: Skeleton, lexicon: Lexicon) -> Facts:
    if Role.LEVEL1 not in roles and Role.LEVEL2 not in roles:
        return NO_FACTS
    one = two = None
    for role, text in zip(roles, filled, strict=True):
        if role is Role.LEVEL1:
            one = text
        elif role is Role.LEVEL2:
            two = text
    alone = two is not None and Role.LEVEL3 not in roles and Role.TARGET not in roles
    known = skeleton._facts.get((one, two, alone))
    if known is None:
        if len(skeleton._facts) > MOST_KEPT:
            skeleton._facts.clear()
        known = skeleton._facts[one, two, alone] = _weigh_names(one, two, alone, skeleton, lexicon)
    return known


def _weigh_names(one: str | None, two: str | None, alone: bool, skeleton: Skeleton, lexicon: Lexicon) -> Facts:
    """What the names of a row's levels are worth; they stand `alone` where neither name nor target is beside them."""
    level1 = level2 = None
    gained = 0.0
    strange = one is not None and _strange(one, "level1", lexicon)
    if strange and alone and two is not None and _strange(two, "level2", lexicon):
        gained -= _STRANGE_LEVELS
        strange = False
    if one is not None:
        level1 = skeleton.resolve(_level_key(one), "level1")
        if level1 in skeleton.level1:
            gained += PARENT
        elif level1 in skeleton.parents:
            gained -= WRONG_PARENT
    if two is not None:
        level2 = skeleton.resolve(_level_key(two), "level2")
        if skeleton.parents.get(level2) is None and level2 in skeleton.level1:
            gained -= WRONG_PARENT
    return Facts(level1, level2, gained, strange)


def level_context(level1: str, level2: str, facts: Facts, skeleton: Skeleton) -> tuple[float, str, str]:
    """What the skeleton says of a grid row's levels under the levels in force, and the levels in force after it."""
    gained = facts.gained
    if facts.level1 is not None:
        if facts.strange and level1 in skeleton.level1:
            gained -= _STRANGE_LEVEL1
        if facts.level1 != level1:
            level1, level2 = facts.level1, ""
    if facts.level2 is not None:
        if level1 in skeleton.level1 and skeleton.parents.get(facts.level2):
            gained += PARENT if skeleton.fits(facts.level2, level1) else -WRONG_PARENT
        before, after = skeleton.order.get(level2), skeleton.order.get(facts.level2)
        if before is not None and after is not None and after < before:
            gained -= BACKWARD
        level2 = facts.level2
    return gained, level1, level2


def _strange(text: str, section: str, lexicon: Lexicon) -> bool:
    """Tell whether no vocabulary holds a level, nor one that differs from it in one character of three."""
    key = _level_key(text)
    near = lexicon.nearness(key)[0 if section == "level1" else 1]
    return key not in lexicon.exact[section] and near < _NEAR_LEVEL


@lru_cache(4096)  # a form names few levels, and the next form the same ones
def _level_key(text: str) -> str:
    """A level's key without the weight that some forms print beside it: 产出指标(50分)."""
    return comparison_key(re.sub(r"[(（]\s*[\d.]+\s*[分%]?\s*[)）]\s*$", "", text))
