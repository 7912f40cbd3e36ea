"""Labels that need no weighing: names as a dictionary or the layout has them, and misreadings that people confirmed."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import replace

from pipeline.dictionaries import Dictionaries, comparison_key
from pipeline.document import Label, Repair, Role, Status
from pipeline.hanzi import is_hanzi, is_uncommon
from pipeline.repair.channel import edits
from pipeline.repair.folding import folded
from pipeline.repair.shapes import Shapes

# Where each kind of label has its names. Candidates come from the first group; a name of the second is left alone too:
# forms print field labels as headers, and level-2 names in the level-3 column.
CANDIDATES = {
    Role.LEVEL1: ("level1",),
    Role.LEVEL2: ("level2",),
    Role.LEVEL3: ("level3",),
    Role.LABEL: ("field", "narrative", "bar"),
    Role.HEADER: ("column", "field"),
}
_PROTECTED = {
    Role.LEVEL1: ("level2", "level3"),
    Role.LEVEL2: ("level1", "level3"),
    Role.LEVEL3: ("level2", "level1"),
    Role.LABEL: ("column",),
    Role.HEADER: ("narrative", "bar"),
}
# What forms write around the name of a field or column: its number in a list, 其中, the unit of its amounts.
_TAGS = re.compile(
    r"^\s*(?:[(（]?(?:\d{1,2}|[一二三四五六七八九十]{1,2})(?:[)）][、.．]?|[、.．]))?\s*(?:其中\s*[:：])?"
    r"|\s*[(（]?(?:单位\s*[:：]?\s*)?(?:万元|亿元|元)\s*[)）]?\s*[:：]?\s*$"
)
# What a wall, a rest of ruling or a speck beside a label is read as: before it, behind it. A number behind a label
# counts (年度目标1, 目标一), one before it without a stop does not.
_STRAY_BEFORE = frozenset("1lI|｜丨一-—_·.。,，、'‘’`:：;；/\\)）]】》>")
_STRAY_BEHIND = frozenset("|｜丨-—_·.。,，、'‘’`;；/\\(（[【《<")
# Shorter names are too easily a part of another word.
_SHORTEST_BESIDE_STRAY = 3
_STRAY_SCORE = 0.98
# What 目 is read as where its bars are broken.
_EYES = "日曰自"
_SHORTEST_PIECE = 2
_NUMBERED = re.compile(r"(?P<number>\d{1,2})[.．、,，·:：](?P<name>[\u4e00-\u9fff].+)")
_NO_WORD = re.compile(r"[^\w]|_")


# The evidence for what the layout prints on every form.
FROM_LAYOUT = "skeleton:表样"


def heads_of(names: Sequence[str]) -> dict[str, str]:
    """Map the comparison keys of a layout's field and column names to what vouches for them."""
    return {comparison_key(name): FROM_LAYOUT for name in names}


def _with_own_mark(raw: str, heads: Mapping[str, str]) -> Repair | None:
    """Return the repair of a numbered label whose mark is not the layout's: 2.政府性基金 for 2、政府性基金."""
    found = _NUMBERED.fullmatch("".join(raw.split()))
    names = [f"{found['number']}{mark}{found['name']}" for mark in "、."] if found is not None else []
    if (name := next((name for name in names if comparison_key(name) in heads), None)) is None:
        return None
    return Repair(
        raw, name, Status.REPAIRED, "look-alike", score=_STRAY_SCORE, evidence=heads[comparison_key(name)],
        reason=f"形近误认：已改为“{name}”（表样固定文字，序号后的标点）",
    )  # fmt: skip


def _with_own_end(raw: str, key: str, heads: Mapping[str, str]) -> Repair | None:
    """Return the repair of a label whose last character is a figure or a letter for the layout's: 主管部1, 预算部0.

    Its beginning alone is no name, and one of the layout's is as long and begins so.
    """
    if not (key[-1:].isascii() and key[-1:].isalnum() and len(key) > _SHORTEST_BESIDE_STRAY):
        return None
    meant = [name for name in heads if len(name) == len(key) and name[:-1] == key[:-1] and is_hanzi(name[-1])]
    if len(meant) != 1:
        return None
    return Repair(
        raw, meant[0], Status.REPAIRED, "look-alike", score=_STRAY_SCORE, evidence=heads[meant[0]],
        reason=f"形近误认：已改为“{meant[0]}”（表样固定文字）",
    )  # fmt: skip


class Settled:
    """What can be said of a label at sight."""

    def __init__(self, dictionaries: Dictionaries, shapes: Shapes) -> None:
        self._dictionaries = dictionaries
        self._shapes = shapes
        self._exact = {role: self._holders((*CANDIDATES[role], *_PROTECTED[role])) for role in CANDIDATES}
        # What is said of a name as its dictionary writes it, which is what nine labels in ten are; said once for all.
        self._written = {role: self._unchanged((*CANDIDATES[role], *_PROTECTED[role])) for role in CANDIDATES}
        self._seen = {role: self._misreadings(sections) for role, sections in CANDIDATES.items()}

    def said(
        self, label: Label, skeleton: Mapping[str, Sequence[str]] | None, heads: MutableMapping[str, str]
    ) -> Repair | None:
        """Return what is said of a label without weighing anything; None where it has to be weighed.

        `skeleton` maps the layout's level-1 names to their level-2 names; `heads` maps the comparison keys of its
        fields and columns to what vouches for them (`heads_of`).
        """
        raw = label.text
        written = self._written.get(label.role)
        if written is not None and (said := written.get(raw)) is not None:
            return said
        key = comparison_key(raw)
        names: MutableMapping[str, str] = self._exact.get(label.role, {})
        if label.role in (Role.LABEL, Role.HEADER):
            names = ChainMap(self._exact[label.role], heads)
        if (source := names.get(key)) is not None:
            return Repair(raw, raw, Status.UNCHANGED, score=1.0, evidence=source)
        if not key:
            return Repair(raw, raw, Status.UNCHANGED)
        if label.role in (Role.LABEL, Role.HEADER):
            # 1、一般公共预算 and 项目资金（万元） are names with a number before them and a unit behind.
            if (own := _with_own_mark(raw, heads)) is not None:
                return own
            if (own := _with_own_end(raw, key, heads)) is not None and comparison_key(key[:-1]) not in names:
                return own
            bare = comparison_key(_TAGS.sub("", raw))
            if bare != key and (source := names.get(bare)) is not None:
                return Repair(raw, raw, Status.UNCHANGED, score=1.0, evidence=source)
            if (rid := self._without_stray(raw, names)) is not None:
                return rid
            if (whole := self._with_marks(raw, heads)) is not None:
                return whole
            if (rid := self._without_foreign(raw, key, names)) is not None:
                return rid
            stem, bracket, tail = raw.rpartition("（")
            # 中期日标（2020年—2022年）: no name holds its years.
            if stem and (rid := self._without_foreign(stem, comparison_key(stem), names)) is not None:
                return replace(rid, raw=raw, value=rid.value + bracket + tail)
        if label.role not in CANDIDATES:
            return Repair(raw, raw, Status.UNKNOWN)
        if skeleton and any(comparison_key(name) == key for name in skeleton_names(label, skeleton)):
            return Repair(raw, raw, Status.UNCHANGED, score=1.0, evidence=FROM_LAYOUT)
        if skeleton and label.role is not Role.LEVEL3 and raw.strip()[:1] not in "1lI":
            # A stroke of a watermark or a wall before a level: 一数量指标. With a figure it may be a list's number.
            levels = {comparison_key(name): FROM_LAYOUT for name in skeleton_names(label, skeleton)}
            if (rid := self._without_stray(raw, levels)) is not None:
                return rid
        if skeleton and (asked := _cut_short(raw, key, skeleton_names(label, skeleton))) is not None:
            return asked
        meant = self._seen[label.role].get(key)
        if meant is None:
            return None
        name, vocabulary = meant
        reason = f"词典已登记：“{raw}”为“{name}”的误读"
        _, found = edits(folded(raw), folded(name), self._shapes)
        kind = found[0].kind if len(found) == 1 else "several"
        return Repair(raw, name, Status.REPAIRED, kind, score=1.0, evidence=f"seen:{vocabulary}", reason=reason)

    @staticmethod
    def _without_stray(raw: str, names: Mapping[str, str]) -> Repair | None:
        """Return the repair of a field, column or level that is a known one but for a stray sign before or behind it.

        A wall read as 1结束时间 or 丨结束时间 is the commonest; where both ends could go, nothing is said.
        """
        text = raw.strip()
        numbered = [f"{text[:1]}{mark}{text[1:]}" for mark in "、." if text[:1].isdigit()]
        if (name := next((name for name in numbered if comparison_key(name) in names), None)) is not None:
            # The layout numbers its labels, and the small mark is lost: 1一般公共预算.
            return Repair(
                raw, name, Status.REPAIRED, "dropped", score=_STRAY_SCORE, evidence=names[comparison_key(name)],
                reason=f"漏字：已改为“{name}”（表样固定文字，序号后的标点没有读到）",
            )  # fmt: skip
        found = []
        if text[:1] in _STRAY_BEFORE:
            found.append(text[1:].strip())
        if text[-1:] in _STRAY_BEHIND:
            found.append(text[:-1].strip())
        known = [rest for rest in found if len(rest) >= _SHORTEST_BESIDE_STRAY and comparison_key(rest) in names]
        if len(known) != 1:
            return None
        source = names[comparison_key(known[0])]
        vouches = "表样固定文字" if source == FROM_LAYOUT else f"词典 {source.removeprefix('dictionary:')} 有此名"
        return Repair(
            raw, known[0], Status.REPAIRED, "inserted", score=_STRAY_SCORE, evidence=source,
            reason=f"多字：已改为“{known[0]}”（{vouches}，旁边是表格线或污点）",
        )  # fmt: skip

    @staticmethod
    def _with_marks(raw: str, heads: Mapping[str, str]) -> Repair | None:
        """Return the repair of a label of the layout whose marks were lost or misread: 单位名称项目名称."""
        words = _NO_WORD.sub("", raw)
        fits = [name for name in heads if _NO_WORD.sub("", name) == words]
        if len(fits) != 1 or not words:
            return None
        return Repair(
            raw, fits[0], Status.REPAIRED, "several", score=_STRAY_SCORE, evidence=heads[fits[0]],
            reason=f"标点：已改为“{fits[0]}”（表样固定文字）",
        )  # fmt: skip

    @staticmethod
    def _without_foreign(raw: str, key: str, names: Mapping[str, str]) -> Repair | None:
        """Return the repair of a field or column label that is a known one but for characters outside GB/T 2312.

        No form prints its own words with them; a recogniser that knows traditional forms does: 項目概況. Broken bars
        make it 項日概况. Half of the characters must be left, and one name alone may fit them.
        """
        foreign = [is_uncommon(character) or character in _EYES for character in key]
        if not any(foreign) or len(raw) != len(key):
            return None
        fits = [name for name in names if len(name) == len(key) and _is_read_as(name, key, foreign)]
        if len(fits) != 1:
            return None
        # The key folds brackets; what was read right stays as it is.
        value = "".join(b if f and a != b else a for f, a, b in zip(foreign, raw, fits[0], strict=True))
        return Repair(
            raw, value, Status.REPAIRED, "look-alike", score=_STRAY_SCORE, evidence=names[fits[0]],
            reason=f"形近字误认：已改为“{value}”（原文有简体之外的字）",
        )  # fmt: skip

    def _holders(self, sections: Sequence[str]) -> dict[str, str]:
        """Comparison key -> what vouches for the name: the vocabulary that holds it, in the order of `sections`."""
        holders: dict[str, str] = {}
        for section in sections:
            for text, entries in self._dictionaries.names(section).items():
                holders.setdefault(comparison_key(text), f"dictionary:{entries[0].vocabulary}")
        return holders

    def _unchanged(self, sections: Sequence[str]) -> dict[str, Repair]:
        """A name as its dictionary writes it -> that it stays; the first of `sections` that holds it vouches."""
        said: dict[str, Repair] = {}
        holders = self._holders(sections)
        for section in sections:
            for text in self._dictionaries.names(section):
                evidence = holders[comparison_key(text)]
                said.setdefault(text, Repair(text, text, Status.UNCHANGED, score=1.0, evidence=evidence))
        return said

    def _misreadings(self, sections: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Misreadings that people confirmed, where they stand for one name only."""
        meant: dict[str, set[tuple[str, str]]] = {}
        for section in sections:
            for text, entries in self._dictionaries.names(section).items():
                for entry in entries:
                    for seen in entry.seen:
                        meant.setdefault(comparison_key(seen), set()).add((text, entry.vocabulary))
        return {key: min(names) for key, names in meant.items() if len({name for name, _ in names}) == 1}


def _is_read_as(name: str, key: str, broken: Sequence[bool]) -> bool:
    """Tell whether a name is what was read but for `broken` characters, half of them at most; a sun is but an eye's."""
    differ = [(a, b, f) for a, b, f in zip(key, name, broken, strict=True) if a != b]
    return 2 * len(differ) <= len(key) and all(f and (a not in _EYES or b == "目") for a, b, f in differ)


def _cut_short(raw: str, key: str, names: Iterable[str]) -> Repair | None:
    """Propose the level of the layout of which a label is the beginning or the end; a break or wall hides the rest."""
    whole = [name for name in names if comparison_key(name).startswith(key) or comparison_key(name).endswith(key)]
    if len(whole) != 1 or len(key) < _SHORTEST_PIECE:
        return None
    return Repair(
        raw, raw, Status.PROPOSED, "dropped", score=0.5, proposal=whole[0], evidence=FROM_LAYOUT,
        reason=f"可能不完整：表样此处为“{whole[0]}”",
    )  # fmt: skip


def skeleton_names(label: Label, skeleton: Mapping[str, Sequence[str]]) -> set[str]:
    """Return what the template prints at the label's level: of its own level-1 name where that is known."""
    if label.role is Role.LEVEL1:
        return set(skeleton)
    if label.role is not Role.LEVEL2:
        return set()
    parent = comparison_key(label.parents[0]) if label.parents else ""
    own = [names for level1, names in skeleton.items() if comparison_key(level1) == parent]
    return {name for names in (own or skeleton.values()) for name in names}
