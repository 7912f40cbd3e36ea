"""The vocabularies as the levels stage uses them: exact and near names, and what a column header means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from pipeline.asked import AskedNames, AskedSet, Notes
from pipeline.dictionaries import Dictionaries, comparison_key
from pipeline.sharing import Sharing

EXACT = ("level1", "level2", "level3", "field", "narrative", "bar", "column", "word", "boolean")
FUZZY = ("level1", "level2", "level3", "label", "column")
# The groups that are asked whether a name may be near, and whose nearness others than the classifier look at.
MEASURED = ("level1", "level2", "label")
# Noted for a section by who asks for no more of the levels than how long their longest name is.
LONGEST_LEVEL = "longest level"
# What levels are looked for in, and what heads of columns are told by.
_LEVELS, _HEADS = ("level1", "level2"), ("column", "bar")
# Names less like a text than this (0 to 1, OSA) are not near it at all.
_LEAST_NEAR = 0.5
# What a ruling before a head is read as.
_RULINGS = tuple("一1lI丨|｜-—")
# The longest name of the closed groups has 20 characters.
_LONGEST = 24
# Answers kept for texts that come again in other forms; a text and its answer take some 300 bytes.
_MOST_KEPT = 100_000


@dataclass(frozen=True)
class Lexicon:
    """The vocabularies as the features use them: comparison keys for exact and near matches.

    Answers are kept from form to form; that they were asked for is noted each time (`pipeline/asked.py`).
    """

    dictionaries: Dictionaries

    @cached_property
    def notes(self) -> Notes:
        """Where it is noted what is asked."""
        return self.dictionaries.notes

    @cached_property
    def exact(self) -> Mapping[str, AskedSet]:
        """Comparison keys of each section."""
        found = zip(EXACT, self._exact, strict=True)
        return {section: AskedSet(keys, self.notes, section) for section, keys in found}

    @cached_property
    def _exact(self) -> tuple[frozenset[str], ...]:
        return tuple(frozenset(self.dictionaries.plain.keys[section]) for section in EXACT)

    def held(self, key: str) -> tuple[bool, ...]:
        """Tell for each section of EXACT whether it holds a comparison key.

        It is noted with those whose nearest names are looked for, as `features` notes every text: as a key it would be
        noted of the first form only that holds the text, for the answers are kept.
        """
        self.notes.near.add(key)
        return tuple([key in names for names in self._exact])

    @cached_property
    def near(self) -> Mapping[str, list[str]]:
        """Keys that are searched for the nearest name, per group of FUZZY."""
        keys = self.dictionaries.plain.keys
        label = sorted({*keys["field"], *keys["narrative"], *keys["bar"]})
        return {
            "level1": sorted(keys["level1"]), "level2": sorted(keys["level2"]), "level3": sorted(keys["level3"]),
            "label": label, "column": sorted(keys["column"]),
        }  # fmt: skip

    @cached_property
    def column_roles(self) -> Mapping[str, str]:
        """Comparison key of a column name -> its role."""
        return AskedNames(self._column_roles, self.notes, "column")

    @cached_property
    def _column_roles(self) -> Mapping[str, str]:
        names = self.dictionaries.plain.names("column")
        return {comparison_key(text): entries[0].role or "extra" for text, entries in names.items()}

    @cached_property
    def _damaged(self) -> Mapping[str, frozenset[str]]:
        """Per group of MEASURED, its keys and what is left of each without one of its characters."""
        return {group: frozenset(part for key in self.near[group] for part in _parts(key)) for group in MEASURED}

    def may_be_near(self, key: str, group: str) -> bool:
        """Tell whether a key may be one edit from a name of one of MEASURED; where not, nothing need be measured.

        Whatever edit tells two texts apart, they have a part in common when each loses a character or none.
        """
        self.notes.near.add(key)
        damaged = self._damaged[group]
        return not damaged.isdisjoint(_parts(key))

    @property
    def longest_level(self) -> int:
        """Characters of the longest name of a level."""
        self.notes.whole.add(LONGEST_LEVEL)
        return self._longest_level

    @cached_property
    def _longest_level(self) -> int:
        return max((len(key) for group in _LEVELS for key in self.near[group]), default=0)

    @cached_property
    def _near_cache(self) -> dict[str, tuple[float, ...]]:
        return {}

    def nearness(self, key: str) -> tuple[float, ...]:
        """Similarity (0 to 1, OSA) of a comparison key to the nearest name of each group of FUZZY."""
        self.notes.near.add(key)
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
        scores = np.zeros((len(wanted), len(self._sharing.names)))
        longer = np.maximum(np.array([[len(key)] for key in wanted], dtype=np.int16), self._sharing.lengths)
        rows, columns = self._sharing.within(wanted, (longer * (1 - _LEAST_NEAR)).astype(np.int16))
        if len(rows):
            scores[rows, columns] = process.cpdist(
                [wanted[row] for row in rows.tolist()], [self._sharing.names[column] for column in columns.tolist()],
                scorer=OSA.normalized_similarity, score_cutoff=_LEAST_NEAR, dtype=np.float64,
            )  # fmt: skip
        ends = np.cumsum([0, *(len(self.near[group]) for group in FUZZY)])
        nearest = [scores[:, start:end].max(axis=1, initial=0.0) for start, end in pairwise(ends)]
        self._near_cache.update(zip(wanted, zip(*(each.tolist() for each in nearest), strict=True), strict=True))

    @cached_property
    def _sharing(self) -> Sharing:
        """The names of all groups of FUZZY, one group after the other."""
        return Sharing([name for group in FUZZY for name in self.near[group]])

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
        for key, role in self._column_roles.items():
            found.setdefault("".join(sorted(key)), set()).add(role)
        return {letters: frozenset(roles) for letters, roles in found.items()}

    def column_role(self, text: str) -> str | None:
        """The role of a column header; one misread character, or a displaced one, is forgiven in three or more."""
        self.notes.whole.update(_HEADS)
        if text not in self._role_cache:
            if len(self._role_cache) > 200_000:
                self._role_cache.clear()
            self._role_cache[text] = self._column_role(text)
        return self._role_cache[text]

    @cached_property
    def _damaged_columns(self) -> frozenset[str]:
        """Column names and what is left of each without one of its characters, as `_damaged` has it of others."""
        return frozenset(part for key in self._column_roles for part in _parts(key))

    @cached_property
    def _long_columns(self) -> tuple[str, ...]:
        return tuple(name for name in self._column_roles if len(name) >= _SHORTEST_HEAD)

    @cached_property
    def _bars(self) -> frozenset[str]:
        return self._exact[EXACT.index("bar")]

    def _column_role(self, text: str) -> str | None:
        key = comparison_key(re.sub(r"[(（].*?[)）]$", "", text)) or comparison_key(text)
        if key in self._bars:
            return None
        role = self._column_roles.get(comparison_key(text)) or self._column_roles.get(key)
        if role is None and key[:1] in _RULINGS:
            # 一三级指标 is one character off 一级指标, too.
            role = self._column_roles.get(key[1:])
        if role is None and len(key) >= 3:
            roles = set()
            if not self._damaged_columns.isdisjoint(_parts(key)):  # as most texts of a form's cells are
                near = process.extract(key, list(self._column_roles), scorer=OSA.distance, score_cutoff=1, limit=None)
                roles = {self._column_roles[found] for found, _, _ in near}
            roles = roles or set(self._column_letters.get("".join(sorted(key)), ()))
            role = roles.pop() if len(roles) == 1 else None
        return role or _role_by_words(key) or self._role_among_specks(text)

    def _role_among_specks(self, text: str) -> str | None:
        """The role of a head in whose cell specks were read as letters: 博ま指标内容（年度）AFRIL."""
        key = comparison_key(re.sub(r"[(（].*?[)）]", "", text))
        name = max([name for name in self._long_columns if name in key], key=len, default="")
        rest = key.replace(name, "", 1)
        if not name or not rest or len(_HANZI.findall(rest)) > 1 or len(rest) < 2:
            return None
        return self._column_roles[name]


def changed_near(
    old: Lexicon, new: Lexicon, keys: Iterable[str], told_apart: Mapping[str, NDArray[np.float64]] | None = None
) -> set[str]:
    """Those of the keys of which the nearest names, or whether names may be near, are others in two lexicons.

    Only names that one of them lacks can make a difference; a key that is half like none of these, and has no part in
    common with one, need not be looked up in either. `told_apart` has for groups whose nearness is looked at by the
    classifier alone the thresholds at which it tells it apart: between two of them it is the same.
    """
    wanted, may = list(keys), set[str]()
    for group in FUZZY:
        differ = set(old.near[group]).symmetric_difference(new.near[group])
        if not differ:
            continue
        names = sorted(differ)
        scores = process.cdist(
            wanted, names, scorer=OSA.normalized_similarity, score_cutoff=_LEAST_NEAR, dtype=np.float64
        )
        parts = {part for name in names for part in _parts(name)}
        may.update(key for key, score in zip(wanted, scores.max(axis=1), strict=True) if score > 0)
        may.update(key for key in wanted if not parts.isdisjoint(_parts(key)))
    if not may:
        return may
    for one in (old, new):
        one.look_up(may)
    ordered = sorted(may)
    one_near, other_near = (np.array([each.nearness(key) for key in ordered]) for each in (old, new))
    differ_now = np.zeros(len(ordered), dtype=bool)
    for number, group in enumerate(FUZZY):
        one_side, other_side = one_near[:, number], other_near[:, number]
        thresholds = (told_apart or {}).get(group)
        if thresholds is not None:  # features are single floats
            one_side, other_side = (
                thresholds.searchsorted(side.astype(np.float32).astype(np.float64), side="left")
                for side in (one_side, other_side)
            )
        differ_now |= one_side != other_side
    return {
        key
        for key, differs in zip(ordered, differ_now.tolist(), strict=True)
        if differs or any(old.may_be_near(key, group) != new.may_be_near(key, group) for group in MEASURED)
    }


def _parts(key: str) -> list[str]:
    return [key, *[key[:i] + key[i + 1 :] for i in range(len(key))]]


_HANZI = re.compile(r"[\u4e00-\u9fff]")
# 分值, 得分 and 单位 stand within other words.
_SHORTEST_HEAD = 3
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
