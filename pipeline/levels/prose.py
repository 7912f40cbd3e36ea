"""Forms printed as running text: levels as headings, indicators and targets as sentences under them.

（一）产出指标, then 1.数量指标：养护公路不少于86公里。 A sentence tells less surely than a cell what is the name
and what is aimed at, so every indicator that is read from one is for a person to look at; what is read as neither field
nor indicator is handed back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pipeline.dictionaries import comparison_key
from pipeline.document import FieldEntry, IndicatorRow, Role, Row, RowCell
from pipeline.labeltext import split_weight, without_placeholder
from pipeline.levels.inline import inline_fields
from pipeline.levels.lexicon import Lexicon, belongs
from pipeline.levels.lists import listed_indicators

# The certainty of what a sentence says: under every setting of `review_confidence`.
_DOUBT = 0.5
# A form names three levels at least; a narrative may name one or two.
_LEAST_LEVELS = 3
_NUMBERING = re.compile(
    r"^\s*(?:[(（]\s*(?:[一二三四五六七八九十]{1,3}|\d{1,2})\s*[)）]\s*[、.．]?|[①-⑳]|[一二三四五六七八九十]{1,3}\s*[、.．]|\d{1,2}\s*[、.．)）](?!\d))\s*"
)
_HEADING = re.compile(r"^[【\[]?\s*(?P<name>[\u4e00-\u9fff]{2,12})\s*[】\]]?\s*(?P<sign>[:：\-—–－(（]|\s|$)")
_WEIGHT = re.compile(r"^[(（]\s*[\d.]+\s*[分%％]?\s*[)）]")
_BETWEEN = re.compile(r"[；;\n]+")
_AIM = (
    r"(?:≥|≤|＝|=|＞|>|＜|<|≧|≦|大于或?等于|小于或?等于|不低于|不少于|不小于|不超过|不高于|不大于|不多于|达到|控制在|高于|超过|低于|"
    r"大于|小于|少于|多于|达)"
)
# In falling order of what they leave to doubt.
_ITEMS = (
    re.compile(r"^(?P<name>[^()（）]+?)\s*[(（](?P<target>[^()（）]*(?:[≥≤=<>\d]|[\u4e00-\u9fff])[^()（）]*)[)）]$"),
    re.compile(rf"^(?P<name>.+?)\s*[，,：:]?\s*(?P<target>{_AIM}\s*[\d.,]+.*)$"),
    re.compile(r"^(?P<name>[^:：]{2,40})[:：]\s*(?P<target>[^:：，。]{1,24})$"),
    re.compile(
        r"^(?P<name>.*?[\u4e00-\u9fff])\s*(?P<target>\d[\d.,]*\s*(?P<unit>[^\d\s，。]{1,8}?)(?:及?以[上下内]|左右)?)$"
    ),
)
_STATED = re.compile(r"^(?P<label>[\u4e00-\u9fff（）()]{2,14})[:：]\s*(?P<text>\S.*)$")
# Furthest that a sentence can go and still name an indicator.
_LONGEST_ITEM = 120


@dataclass(slots=True)
class _Told:
    """What was told so far, and the headings in force."""

    lexicon: Lexicon
    page: int
    fields: list[FieldEntry] = field(default_factory=list)
    indicators: list[IndicatorRow] = field(default_factory=list)
    headings: list[RowCell] = field(default_factory=list)
    strays: list[RowCell] = field(default_factory=list)
    levels: set[str] = field(default_factory=set)
    level1: RowCell | None = None
    level2: RowCell | None = None
    open_field: bool = False
    numbered: dict[str, str] = field(default_factory=dict)  # how the headings of each level are numbered


def told_form(
    rows: Sequence[Row], lexicon: Lexicon
) -> tuple[list[FieldEntry], list[IndicatorRow], list[RowCell], list[RowCell]] | None:
    """Read a form without tables: its fields, indicators, headings, and what is none of them; None where it is none."""
    cells = [cell for row in rows for cell in row.cells if cell.text]
    if not cells or any(row.n_cols for row in rows if any(cell.text for cell in row.cells)):
        return None
    told = _Told(lexicon, rows[0].page)
    for row in rows:
        told.page = row.page
        for cell in row.cells:
            if cell.text:
                _take(told, cell)
    if len(told.levels) < _LEAST_LEVELS:
        return None
    return told.fields, told.indicators, told.headings, told.strays


def told_indicators(cell: RowCell, lexicon: Lexicon, page: int) -> list[IndicatorRow]:
    """The indicators that one cell tells in lines; none where it names too few levels."""
    told = _Told(lexicon, page)
    for line in cell.text.split("\n"):
        if line.strip():
            _take(told, replace(cell, text=line.strip()))
    return told.indicators if len(told.levels) >= _LEAST_LEVELS else []


def _take(told: _Told, cell: RowCell) -> None:
    """One line: a heading with what follows it, a field, or an indicator under the heading in force."""
    numbering = _NUMBERING.match(cell.text)
    text = cell.text[numbering.end() :] if numbering else cell.text.strip()
    listed = listed_indicators(replace(cell, text=text), told.lexicon, told.page)
    if listed:
        told.levels |= {comparison_key(one.text) for row in listed for one in (row.level1, row.level2) if one}
        told.indicators.extend(
            replace(row, level3=_doubted(row.level3), target=tuple(_sure(c) for c in row.target)) for row in listed
        )
        told.level1, told.level2, told.open_field = listed[-1].level1, listed[-1].level2, False
        return
    rest = _headings(told, cell, text, _style(numbering.group() if numbering else ""))
    if rest is None and _field(told, cell, text):
        return
    under = told.level1 is not None or told.level2 is not None
    if rest is not None:
        told.open_field = False
        items = list(_items(told, rest))
        if not items and rest.strip("；;。、，, "):
            told.strays.append(replace(cell, text=rest.strip()))
    elif told.open_field:
        last = told.fields[-1]
        told.fields[-1] = replace(last, values=(*last.values, _piece(cell, cell.text, Role.VALUE, "loose")))
        return
    else:
        items = list(_items(told, text)) if under else []
        # A line of its own is an indicator where it is numbered or says what is aimed at: dates and names of those who
        # publish the form stand under it too.
        aimed = any(pattern.match(text.rstrip("；;。 ")) for pattern in _ITEMS[:2])
        if not items or not (numbering or without_placeholder(text) != text or aimed):
            _other(told, cell, text)
            return
    for name, target in items:
        named = _piece(cell, name, Role.LEVEL3)
        aimed_at = (_piece(cell, target, Role.TARGET),) if target else ()
        told.indicators.append(IndicatorRow(told.level1, told.level2, named, aimed_at, page=told.page))


def _headings(told: _Told, cell: RowCell, text: str, style: str) -> str | None:
    """Take the levels that a line begins with, and return what follows them; None where it begins with none."""
    found = False
    while match := _HEADING.match(text):
        name = match["name"]
        section = _section(told, name, "" if found else style)
        if section is None:
            break
        if style and not found:
            told.numbered[section] = style
        found = True
        told.levels.add(comparison_key(name))
        rest = text[match.start("sign") :]
        weight = _WEIGHT.match(rest)
        if weight is None and match["sign"] in ("(", "（"):
            break
        level = replace(_piece(cell, name + (weight.group() if weight else ""), Role.LEVEL1), certainty=cell.certainty)
        if section == "level1":
            told.level1, told.level2 = level, None
        else:
            told.level2 = replace(level, role=Role.LEVEL2)
        text = rest[weight.end() if weight else 0 :].lstrip("：:-—–－→ \t\u3000】]")
    return text if found else None


def _style(numbering: str) -> str:
    """The kind of a number before a heading: 一、 （一） 1. ①."""
    kind = re.sub(r"[一二三四五六七八九十]+", "一", re.sub(r"\d+", "1", re.sub(r"[①-⑳]", "①", numbering)))
    return "".join(kind.split())


def _section(told: _Told, name: str, style: str) -> str | None:
    """Which level a heading names: 成本指标 is a level 1 in one framework and a level 2 in another.

    Headings numbered alike are of one level; else it belongs where a vocabulary puts it.
    """
    key = comparison_key(split_weight(name)[0])
    one, two = key in told.lexicon.exact["level1"], key in told.lexicon.exact["level2"]
    if not (one and two):
        return "level1" if one else "level2" if two else None
    if style and style in told.numbered.values():
        return next(section for section, used in told.numbered.items() if used == style)
    if told.level1 is None:
        return "level1"
    written = told.lexicon.dictionaries.written("level2", name)
    parents = {p for n in told.lexicon.dictionaries.names("level2").get(written or "", ()) for p in n.parents}
    under = belongs(comparison_key(told.level1.text), [comparison_key(parent) for parent in parents])
    return "level2" if under and told.level2 is None else "level1"


def _field(told: _Told, cell: RowCell, text: str) -> bool:
    """Take a line of fields, or the heading of a narrative; tell whether it is one."""
    pairs = inline_fields(text, told.lexicon)
    for label, value in pairs:
        values = (_piece(cell, value, Role.VALUE, "inline", cell.certainty),) if value else ()
        told.fields.append(FieldEntry((_piece(cell, label, Role.LABEL, "inline", cell.certainty),), values))
    if pairs:
        told.open_field = False
        return True
    label, _, rest = text.replace(":", "：", 1).partition("：")
    key = comparison_key(label)
    if key in told.lexicon.exact["bar"] and not rest.strip():
        told.headings.append(cell)
        told.open_field, told.level1, told.level2 = False, None, None
        return True
    if key in told.lexicon.exact["narrative"] or (not rest.strip() and key in told.lexicon.exact["field"]):
        values = (_piece(cell, rest.strip(), Role.VALUE, "loose"),) if rest.strip() else ()
        told.fields.append(FieldEntry((_piece(cell, label, Role.LABEL, "inline", cell.certainty),), values))
        told.open_field, told.level1, told.level2 = True, None, None
        return True
    return False


def _other(told: _Told, cell: RowCell, text: str) -> None:
    """A line that no vocabulary knows: label and text with a colon between, or neither."""
    match = _STATED.match(text)
    if match is None:
        told.strays.append(cell)
        return
    label, value = _piece(cell, match["label"], Role.LABEL), _piece(cell, match["text"], Role.VALUE)
    told.fields.append(FieldEntry((label,), (value,)))


def _items(told: _Told, text: str) -> Iterator[tuple[str, str | None]]:
    for piece in _BETWEEN.split(text):
        plain = _NUMBERING.sub("", without_placeholder(piece.strip())).strip("；;。、，,:： ")
        if not plain or len(plain) > _LONGEST_ITEM:
            if plain:
                yield plain, None
            continue
        match = next((found for pattern in _ITEMS if (found := pattern.match(plain))), None)
        if match is not None and match.re is _ITEMS[-1]:
            known = comparison_key(match["unit"]) in told.lexicon.dictionaries.keys["unit"]
            match = match if known else None
        yield (match["name"].strip("，,：: "), match["target"].strip()) if match else (plain, None)


def _piece(cell: RowCell, text: str, role: Role, note: str = "told", certainty: float = _DOUBT) -> RowCell:
    sure = min(cell.certainty, certainty)
    return replace(cell, text=text, role=role, rowspan=1, colspan=1, certainty=sure, notes=(*cell.notes, note))


def _doubted(cell: RowCell | None) -> RowCell | None:
    return None if cell is None else _sure(cell)


def _sure(cell: RowCell) -> RowCell:
    return replace(cell, certainty=min(cell.certainty, _DOUBT))
