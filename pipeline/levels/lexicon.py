"""The vocabularies as the levels stage uses them: exact and near names, and what a column header means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from pipeline.dictionaries import Dictionaries, comparison_key

EXACT = ("level1", "level2", "level3", "field", "narrative", "bar", "column", "word", "boolean")
FUZZY = ("level1", "level2", "level3", "label", "column")
# The longest name of the closed groups has 20 characters.
_LONGEST = 24
# Answers kept for texts that come again in other forms; a text and its answer take some 300 bytes.
_MOST_KEPT = 100_000


@dataclass(frozen=True)
class Lexicon:
    """The vocabularies as the features use them: comparison keys for exact and near matches."""

    dictionaries: Dictionaries

    @cached_property
    def exact(self) -> Mapping[str, frozenset[str]]:
        """Comparison keys of each section."""
        return {section: frozenset(self.dictionaries.keys[section]) for section in EXACT}

    @cached_property
    def exact_sets(self) -> tuple[frozenset[str], ...]:
        """The same in the order of EXACT."""
        return tuple(self.exact[section] for section in EXACT)

    @cached_property
    def near(self) -> Mapping[str, list[str]]:
        """Keys that are searched for the nearest name, per group of FUZZY."""
        keys = self.dictionaries.keys
        label = sorted({*keys["field"], *keys["narrative"], *keys["bar"]})
        return {
            "level1": sorted(keys["level1"]), "level2": sorted(keys["level2"]), "level3": sorted(keys["level3"]),
            "label": label, "column": sorted(keys["column"]),
        }  # fmt: skip

    @cached_property
    def column_roles(self) -> Mapping[str, str]:
        """Comparison key of a column name -> its role."""
        names = self.dictionaries.names("column")
        return {comparison_key(text): entries[0].role or "extra" for text, entries in names.items()}

    @cached_property
    def _damaged(self) -> Mapping[str, frozenset[str]]:
        """Per group, its keys and what is left of each without one of its characters."""
        return {group: frozenset(part for key in keys for part in _parts(key)) for group, keys in self.near.items()}

    def may_be_near(self, key: str, group: str) -> bool:
        """Tell whether a key may be one edit from a name of a group; where it is not, nothing need be measured.

        Whatever edit tells two texts apart, they have a part in common when each loses a character or none.
        """
        damaged = self._damaged[group]
        return not damaged.isdisjoint(_parts(key))

    @cached_property
    def longest_level(self) -> int:
        """Characters of the longest name of a level."""
        return max((len(key) for group in ("level1", "level2") for key in self.exact[group]), default=0)

    @cached_property
    def _near_cache(self) -> dict[str, tuple[float, ...]]:
        return {}

    def nearness(self, key: str) -> tuple[float, ...]:
        """Similarity (0 to 1, OSA) of a comparison key to the nearest name of each group of FUZZY."""
        if not key or len(key) > _LONGEST:
            return (0.0,) * len(FUZZY)
        if key not in self._near_cache:
            self.look_up((key,))
        return self._near_cache[key]

    def look_up(self, keys: Iterable[str]) -> None:
        """Find the nearness of many keys at once, which takes a third of the time of one after the other."""
        if len(self._near_cache) > _MOST_KEPT:
            self._near_cache.clear()
        wanted = sorted({key for key in keys if 0 < len(key) <= _LONGEST and key not in self._near_cache})
        if not wanted:
            return
        found = [self._nearest(wanted, group) for group in FUZZY]
        self._near_cache.update(zip(wanted, zip(*found, strict=True), strict=True))

    def _nearest(self, keys: Sequence[str], group: str) -> list[float]:
        if not self.near[group]:
            return [0.0] * len(keys)
        scores = process.cdist(
            keys, self.near[group], scorer=OSA.normalized_similarity, score_cutoff=0.5, dtype=np.float64
        )
        return [float(score) for score in scores.max(axis=1)]

    @cached_property
    def looks(self) -> dict[str, Any]:
        """What the features of texts are that were looked at before, by text; for `features` to fill."""
        return {}

    @cached_property
    def _role_cache(self) -> dict[str, str | None]:
        return {}

    @cached_property
    def _column_letters(self) -> Mapping[str, frozenset[str]]:
        """The roles of the column names that are made of the same characters, in whatever order."""
        found: dict[str, set[str]] = {}
        for key, role in self.column_roles.items():
            found.setdefault("".join(sorted(key)), set()).add(role)
        return {letters: frozenset(roles) for letters, roles in found.items()}

    def column_role(self, text: str) -> str | None:
        """The role of a column header; one misread character, or a displaced one, is forgiven in three or more."""
        if text not in self._role_cache:
            if len(self._role_cache) > 200_000:
                self._role_cache.clear()
            self._role_cache[text] = self._column_role(text)
        return self._role_cache[text]

    def _column_role(self, text: str) -> str | None:
        key = comparison_key(re.sub(r"[(（].*?[)）]$", "", text)) or comparison_key(text)
        if key in self.exact["bar"]:
            return None
        role = self.column_roles.get(comparison_key(text)) or self.column_roles.get(key)
        if role is None and len(key) >= 3:
            near = process.extract(key, list(self.column_roles), scorer=OSA.distance, score_cutoff=1, limit=None)
            roles = {self.column_roles[found] for found, _, _ in near}
            roles = roles or set(self._column_letters.get("".join(sorted(key)), ()))
            role = roles.pop() if len(roles) == 1 else None
        return role or _role_by_words(key)


def _parts(key: str) -> list[str]:
    return [key, *[key[:i] + key[i + 1 :] for i in range(len(key))]]


_LEVEL_WORD = re.compile(r"(指标|目标)$")


def _stem(level1: str) -> str:
    return _LEVEL_WORD.sub("", level1).replace("效果", "效益")


def belongs(level1: str, parents: Iterable[str]) -> bool:
    """Tell whether a level 1 is one of these, by comparison keys: 产出, 产出指标 and 产出目标 are one level.

    So are 效果 and 效益: the words of two frameworks for the same thing.
    """
    stem = _stem(level1)
    stems = [_stem(parent) for parent in parents]
    return bool(stem) and any(other.startswith(stem) or stem.startswith(other) for other in stems if other)


# Words that tell a column no vocabulary holds: what was done and how it was scored, against what is aimed at.
_DONE = (
    "实际",
    "完成",
    "执行",
    "得分",
    "分值",
    "权重",
    "原因",
    "偏差",
    "标准",
    "说明",
    "备注",
    "依据",
    "类型",
    "属性",
    "解释",
)
_AIMED = ("预期", "计划值", "指标值", "目标值", "标准值")


def _role_by_words(key: str) -> str | None:
    if len(key) > 16:
        return None
    if any(word in key for word in _DONE):
        return "extra"
    return "target" if any(word in key for word in _AIMED) else None
