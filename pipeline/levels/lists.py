"""Indicators as running text: 【产出指标-数量指标】指标1:机柜数量(≥77台), one list a cell or a project a row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.dictionaries import comparison_key
from pipeline.document import FieldEntry, IndicatorRow, Role, Row, RowCell
from pipeline.levels.lexicon import Lexicon

# A level 1 and its level 2 with a dash between; brackets around them and a colon behind them are the printer's taste.
_HEAD = re.compile(
    r"[【\[]?\s*(?P<one>[^\s【】\[\]\-—–－:：;；。、()（）]{2,12})\s*[-—–－]{1,2}\s*"
    r"(?P<two>[^\s【】\[\]\-—–－:：;；。、()（）]{2,14})\s*[】\]]?\s*[:：]?"
)
_NUMBERED = re.compile(r"指标\s*\d+\s*[:：.、]")
_BETWEEN = re.compile(r"[；;\n]+|(?<=[)）])\s*[、，,]\s*")
_ITEM = re.compile(
    r"^(?P<name>.+?)\s*[(（](?P<target>(?:[^()（）]|[(（][^()（）]*[)）])*)[)）]\s*[。；;，,、]?\s*$", re.S
)
# What a list says of its targets in words of its own is no sure reading.
_DOUBT = 0.5


def listed_indicators(cell: RowCell, lexicon: Lexicon, page: int) -> list[IndicatorRow]:
    """Return the indicators that a cell lists, none where it is no such list.

    Each has the cell's own places. An item without a target in brackets keeps its whole text for a name, doubted.
    """
    heads = [match for match in _HEAD.finditer(cell.text) if _is_head(match, lexicon)]
    rows: list[IndicatorRow] = []
    ones: dict[str, RowCell] = {}
    for number, match in enumerate(heads):
        end = heads[number + 1].start() if number + 1 < len(heads) else len(cell.text)
        one = ones.setdefault(match["one"], _part(cell, match["one"], Role.LEVEL1))
        two = _part(cell, match["two"], Role.LEVEL2)
        items = list(_items(cell.text[match.end() : end]))
        for name, target in items:
            sure = 1.0 if target is not None else _DOUBT
            three = replace(_part(cell, name, Role.LEVEL3), certainty=min(cell.certainty, sure))
            aimed = (_part(cell, target, Role.TARGET),) if target else ()
            rows.append(IndicatorRow(one, two, three, aimed, page=page))
        if not items:
            rows.append(IndicatorRow(one, two, None, (), page=page))
    return rows


def has_list(text: str, lexicon: Lexicon) -> bool:
    """Tell whether a cell's text lists indicators under their levels."""
    return any(_is_head(match, lexicon) for match in _HEAD.finditer(text))


def list_sheet(
    rows: Sequence[Row], lexicon: Lexicon
) -> tuple[list[FieldEntry], list[IndicatorRow], list[RowCell]] | None:
    """Read a sheet with heads on top and a list of indicators in one column; None where the rows are no such sheet.

    Returns the fields (each head with its cells), the indicators, and the heads.
    """
    tables = [row for row in rows if row.n_cols >= 3 and any(cell.text for cell in row.cells)]
    if len(tables) < 2 or any(len(row.cells) and row.n_cols != tables[0].n_cols for row in tables):
        return None
    heads = [cell for cell in tables[0].cells if cell.text]
    if len(heads) < 3 or any(has_list(cell.text, lexicon) or len(cell.text) > 40 for cell in heads):
        return None
    lists = [cell for row in tables[1:] for cell in row.cells if cell.text and has_list(cell.text, lexicon)]
    if not lists or any(cell.col not in {head.col for head in heads} for cell in lists):
        return None
    fields = [
        FieldEntry((replace(head, role=Role.LABEL),), (replace(cell, role=Role.VALUE),))
        for row in tables[1:]
        for cell in row.cells
        if cell.text
        for head in [max((h for h in heads if h.col <= cell.col), key=lambda h: h.col, default=heads[0])]
    ]
    page = tables[0].page
    return fields, [found for cell in lists for found in listed_indicators(cell, lexicon, page)], heads


def _is_head(match: re.Match[str], lexicon: Lexicon) -> bool:
    one, two = comparison_key(match["one"]), comparison_key(match["two"])
    return one in lexicon.exact["level1"] or two in lexicon.exact["level2"]


def _items(text: str) -> Iterator[tuple[str, str | None]]:
    numbered = list(_NUMBERED.finditer(text))
    if numbered:
        ends = [match.start() for match in numbered[1:]] + [len(text)]
        pieces = [text[match.end() : end] for match, end in zip(numbered, ends, strict=True)]
    else:
        pieces = _BETWEEN.split(text)
    for piece in pieces:
        plain = piece.strip().strip("；;。、，,")
        if not plain:
            continue
        match = _ITEM.match(plain)
        yield (match["name"].strip(), match["target"].strip()) if match else (plain, None)


def _part(cell: RowCell, text: str, role: Role) -> RowCell:
    return replace(cell, text=text, role=role, rowspan=1, colspan=1, notes=(*cell.notes, "listed"))
