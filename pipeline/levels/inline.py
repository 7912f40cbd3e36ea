"""Fields on a line outside every table: 填报单位：某某局  填报日期：2022年1月5日."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.dictionaries import comparison_key
from pipeline.document import Role, Row, RowCell
from pipeline.levels.lexicon import Lexicon

# 单位负责人（签章）：the bracket says what is to be done there, not what the field is.
_ASKED = re.compile(r"\s*[(（](?:盖章|签章|签字|签名|公章|章)[)）]$")
_STOP = re.compile(r"[，。；,;]")
_COLON = re.compile(r"[:：]")
_WORDS = re.compile(r"\S+")
# Who signs and when, in whatever words; vocabularies hold the commoner ones.
SIGNED = re.compile(
    r"(负责人|填报人|填表人|审核人|经办人|联系人|制表人?|复核人?|电话|日期|时间|签字|签章|公章|盖章)([(（].*[)）])?$"
)
# A label may be set wide: 填 报 人. Its characters are then words of their own.
_MOST_WORDS = 6
# What a line over a table begins with, in whatever words; fields that vocabularies hold follow it.
_OVER = re.compile(r"^[\u4e00-\u9fff]{1,6}(年度|单位|部门|名称|编号|编码)([(（].*[)）])?$")
_LONGEST_LABEL = 14


def inline_fields(text: str, lexicon: Lexicon) -> list[tuple[str, str]]:
    """The fields that a line states one behind the other, labels with their colons; none where it begins with none.

    A label is one that the vocabularies hold, or one of people and dates that sign; the text between two labels is the
    first one's.
    """
    led = False  # an unknown label stands first
    found: list[tuple[int, int, int]] = []  # label's start, colon, end of the colon
    for colon in _COLON.finditer(text):
        start = _label_before(text, colon.start(), found[-1][2] if found else 0, lexicon)
        if start is not None:
            found.append((start, colon.start(), colon.end()))
        elif not found and not led and _OVER.match(comparison_key(text[: colon.start()])):
            led = True
            found.append((len(text) - len(text.lstrip()), colon.start(), colon.end()))
        elif not found:
            return []
    if led and len(found) < 2:
        return []
    if not found or text[: found[0][0]].strip():
        return []
    ends = [start for start, _, _ in found[1:]] + [len(text)]
    return [
        (text[start:behind].strip(), text[behind:end].strip())
        for (start, _, behind), end in zip(found, ends, strict=True)
    ]


def _label_before(text: str, end: int, start: int, lexicon: Lexicon) -> int | None:
    """Where the label begins that ends before a colon, None where none does.

    A known label may be set wide; of words that only end like one, the fewest are the label and the rest a name.
    """
    words = list(_WORDS.finditer(text, start, end))
    starts = [words[-taken].start() for taken in range(1, min(_MOST_WORDS, len(words)) + 1)]
    keys = {at: comparison_key(_ASKED.sub("", text[at:end])) for at in starts}
    known = next((at for at in reversed(starts) if keys[at] in lexicon.exact["field"]), None)
    return known if known is not None else next((at for at in starts if _signs(keys[at])), None)


def _signs(key: str) -> bool:
    return 2 <= len(key) <= _LONGEST_LABEL and not _STOP.search(key) and bool(SIGNED.search(key))


def with_inline_fields(rows: Sequence[Row], lexicon: Lexicon) -> list[Row]:
    """Loose lines over the first table and under the last one that state fields, taken apart into labels and values.

    Between the tables a narrative that lost its cell may say such a thing; so may one that ends a form, where the line
    stands in its run.
    """
    tables = [number for number, row in enumerate(rows) if row.n_cols]
    if not tables:
        return list(rows)
    done = list(rows)
    for number, row in enumerate(rows):
        if row.n_cols or tables[0] < number < tables[-1] or len(row.cells) != 1:
            continue
        pairs = inline_fields(row.cells[0].text, lexicon)
        # Who signs and when stands under notes as it does under the table; one such label may be of a narrative.
        signed = len(pairs) > 1 and all(SIGNED.search(comparison_key(label)) for label, _ in pairs)
        if pairs and (number < tables[0] or signed or not _goes_on(done[number - 1])):
            done[number] = replace(row, cells=tuple(_cells(row.cells[0], pairs)))
    return done


def _goes_on(before: Row) -> bool:
    """A loose line that is no field stands above: what follows may be of its run."""
    return before.n_cols == 0 and len(before.cells) == 1


def _cells(cell: RowCell, pairs: Sequence[tuple[str, str]]) -> list[RowCell]:
    found = []
    for number, (label, text) in enumerate(pairs):
        found.append(replace(cell, text=label, col=2 * number, role=Role.LABEL, notes=(*cell.notes, "inline")))
        found.append(replace(cell, text=text, col=2 * number + 1, role=Role.VALUE, notes=(*cell.notes, "inline")))
    return found
