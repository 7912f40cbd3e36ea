"""Checks of single characters, wherever they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from pipeline.checks.facts import Facts
from pipeline.hanzi import is_uncommon
from pipeline.records import Finding

Check = Callable[[Facts], Iterator[Finding]]


def uncommon(facts: Facts) -> Iterator[Finding]:
    """A character outside GB/T 2312, which holds what simplified Chinese is printed with: 增強, 数據, 汪靜.

    A recogniser that knows traditional forms takes one of them where a stroke is broken; a few names have one too.
    """
    for row in facts.rows:
        target = row.indicator.target.value if row.indicator.target is not None else ""
        for place, text in (("level3", row.indicator.level3 or ""), ("target", target)):
            if (found := _strange(text)) is not None:
                yield facts.finding("text.uncommon", f"indicators[{row.number}].{place}", name=text, value=found)
    for key, value in facts.record.fields.items():
        if (found := _strange(value.value)) is not None:
            yield facts.finding("text.uncommon", f"fields.{key}", name=key, value=found)


def _strange(text: str) -> str | None:
    with suppress(UnicodeEncodeError):  # most texts hold nothing else, which is told at once for all characters
        text.encode("gb2312")
        return None
    return next(filter(is_uncommon, dict.fromkeys(text)), None)


CHARACTER_CHECKS: tuple[Check, ...] = (uncommon,)
