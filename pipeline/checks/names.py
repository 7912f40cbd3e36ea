"""Names as they were read: joined, with marks that no name has, and one character off what the form says elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pipeline.checks.facts import Facts
from pipeline.checks.marks import LIST_MARK, missing_partner
from pipeline.dates import fold
from pipeline.hanzi import is_hanzi
from pipeline.records import Finding

Check = Callable[[Facts], Iterator[Finding]]

_WANTED = re.compile(r"\(?\s*[≥≤=><]+\s*\*+[^()]{0,6}\)?\s*$")
NAMELESS = re.compile(r"指标\s*\d+\s*[:：]?")  # what a blank form prints in a name's place
_NUMBERED = re.compile(rf"^\s*{LIST_MARK}")


def bare_name(name: str) -> str:
    """Return a name folded, without the sign behind it that says what kind of target is wanted (≥**)."""
    return _WANTED.sub("", fold(name))


def joined_names(facts: Facts) -> Iterator[Finding]:
    """G13. Two 、 join three things into one indicator; one 、 may be part of a name."""
    for row in facts.rows:
        if row.name.count("、") >= 2:
            yield facts.finding("indicators.joined", f"indicators[{row.number}].level3", name=row.name)


def unpaired_marks(facts: Facts) -> Iterator[Finding]:
    """G21. A bracket or quotation mark in a name without its partner: one was not read, or not printed."""
    for row in facts.rows:
        mark = missing_partner(_NUMBERED.sub("", row.name))
        if mark is not None:
            yield facts.finding("indicators.brackets", f"indicators[{row.number}].level3", name=row.name, proposal=mark)


# No name is printed with these at its end, and none with the second kind within: 达成.率.
_END_MARK = re.compile(r"[：:；;，,。.、·'`]$")
_MARK_WITHIN = re.compile(r"(?<=[\u4e00-\u9fff])(?<!人)[.'`;；](?=[\u4e00-\u9fff])")
_HABIT = 3


def stray_marks(facts: Facts) -> Iterator[Finding]:
    """Dust beside a name is read as a mark; a form that ends its names with one does so more than twice."""
    rows = [row for row in facts.rows if not NAMELESS.fullmatch(bare_name(row.name).strip())]
    ends = [found[0] for row in rows if (found := _END_MARK.search(row.name))]
    for row in rows:
        found = _MARK_WITHIN.search(row.name)
        if found is None and len(ends) < _HABIT:
            found = _END_MARK.search(row.name)
        if found is not None:
            yield facts.finding("indicators.marks", f"indicators[{row.number}].level3", name=row.name, value=found[0])


# Shorter ones are alike by chance (财政局, 审计局), longer ones are prose.
_NAME = re.compile(r"[\u4e00-\u9fff]{5,20}")
# What tells two agencies, schools or roads apart is no misreading.
_APART = tuple(
    map(
        frozenset,
        ("一二三四五六七八九十", "甲乙丙丁", "东西南北中上下左右前后内外", "省市县区乡镇村局部厅处科办委", "大中小"),
    )
)


def nearly_alike(facts: Facts) -> Iterator[Finding]:
    """Of two names that differ by one character one was misread, where both come from a picture.

    The one that the form has once more as it stands asks nobody.
    """
    fields = facts.record.fields
    names = [i.level3 for i in facts.record.indicators if i.level3]
    for key, value in fields.items():
        text = value.value.strip()
        if value.confidence >= 1.0 or not _NAME.fullmatch(text):
            continue
        others = "\n".join([facts.record.form.title, *(v.value for k, v in fields.items() if k != key), *names])
        if text not in others and (other := _one_off(text, others)) is not None:
            yield facts.finding("fields.nearly", f"fields.{key}", name=key, value=text, other=other)


def unlike_their_texts(facts: Facts) -> Iterator[Finding]:
    """A name is said again in what explains it: 规划师好汗率 beside 考核规划师好评率 was misread, or the other was.

    Of names that were read from a picture.
    """
    for number, indicator in enumerate(facts.record.indicators):
        name, cell = (indicator.level3 or "").strip(), indicator.cells.get("level3")
        if cell is None or cell.confidence >= 1.0 or not _NAME.fullmatch(name):
            continue
        texts = "\n".join(indicator.extra.values())
        if name not in texts and (other := _one_off(name, texts)) is not None:
            yield facts.finding("indicators.nearly", f"indicators[{number}].level3", name=name, other=other)


def _one_off(text: str, others: str) -> str | None:
    """Return what stands in `others` and differs from `text` by one character; one half of it is as in `text`."""
    half = len(text) // 2
    for piece, offset in ((text[:half], 0), (text[half:], half)):
        start = others.find(piece)
        while start >= 0:
            other = others[start - offset : start - offset + len(text)] if start >= offset else ""
            differ = [(a, b) for a, b in zip(text, other, strict=False) if a != b]
            if len(other) == len(text) and len(differ) == 1 and _is_misread(*differ[0]):
                return other
            start = others.find(piece, start + 1)
    return None


def _is_misread(one: str, other: str) -> bool:
    """Tell whether two characters may be one, read twice: Hanzi, and not of one set that tells names apart."""
    return is_hanzi(other) and not any(one in apart and other in apart for apart in _APART)


NAME_CHECKS: tuple[Check, ...] = (joined_names, unpaired_marks, stray_marks, nearly_alike, unlike_their_texts)
