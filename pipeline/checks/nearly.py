"""Names that differ by one character from what the same form says elsewhere: one of the two was misread."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pipeline.checks.facts import Facts
from pipeline.hanzi import is_hanzi
from pipeline.records import Finding

Check = Callable[[Facts], Iterator[Finding]]

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


NEARLY_CHECKS: tuple[Check, ...] = (nearly_alike, unlike_their_texts)
