"""Heads of a known layout that a fax made all but illegible: shading of one bit leaves 二鼓梅标 of 二级指标."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rapidfuzz.distance import Levenshtein

from pipeline.dictionaries import comparison_key
from pipeline.document import Row, RowCell
from pipeline.levels.lexicon import Lexicon

# Fewer heads than that say little together.
_LEAST_HEADS = 4
# A row that is no head shares a character or two of twenty with the layout's heads; of the worst that were, in order,
# a little over half was read. So many of the heads have to be read by half at least, and one whole or but for one.
_LEAST_READ = 0.55
_LEAST_HALF_READ = 3
# Who reads the record has to look at what was so read.
_DOUBT = 0.5
# Forms of one layout differ in what they call these: 指标内容 or 三级指标, 指标值 or 目标值.
_CALLED_OTHERWISE = ("level3", "target")
_NOTE = "head:"


def with_heads_of_layout(rows: Sequence[Row], columns: Sequence[str], lexicon: Lexicon) -> list[Row]:
    """Rows whose misread heads are noted for the layout's `columns`, where a row holds them in their order.

    A bar may stand before them, 绩效指标 set upright beside the grid. The texts stay as they were read.
    """
    if len(columns) < _LEAST_HEADS:
        return list(rows)
    return [_noted(row, columns, lexicon) for row in rows]


def name_noted(cell: RowCell) -> str | None:
    """The column that a misread head is noted for."""
    return next((note.removeprefix(_NOTE) for note in cell.notes if note.startswith(_NOTE)), None)


def _noted(row: Row, columns: Sequence[str], lexicon: Lexicon) -> Row:
    filled = [cell for cell in row.cells if cell.text]
    bar = len(filled) > 1 and filled[0].rowspan > 1
    for heads in (filled, *([filled[1:]] if bar else [])):
        if (done := _in_order(row, heads, columns, lexicon)) is not None:
            return done
    return row


def _in_order(row: Row, heads: Sequence[RowCell], columns: Sequence[str], lexicon: Lexicon) -> Row | None:
    if len(heads) < _LEAST_HEADS:
        return None
    at, glued = len(heads), 0
    if len(heads) != len(columns):
        # One head may stand for as many columns as it covers: the wall to the next one was lost in the shading.
        wide = [i for i, cell in enumerate(heads) if cell.colspan > 1]
        if len(wide) != 1 or len(heads) + heads[wide[0]].colspan - 1 != len(columns):
            return None
        if lexicon.column_role(heads[wide[0]].text):
            return None  # one head, and as wide as it should be
        at, glued = wide[0], heads[wide[0]].colspan
    alone = [cell for i, cell in enumerate(heads) if i != at]
    if all(lexicon.column_role(cell.text) for cell in alone) and not glued:
        return None
    told = list(map(comparison_key, columns))
    keys = [comparison_key(cell.text) for cell in alone]
    beside = [*told[:at], *told[at + glued :]]
    names = [_likest(key, name, lexicon.column_roles) for key, name in zip(keys, beside, strict=True)]
    if not _are_heads(keys, names):
        return None
    noted = {id(cell): name for cell, name in zip(alone, names, strict=True) if not lexicon.column_role(cell.text)}
    cells: list[RowCell] = []
    for cell in row.cells:
        if glued and cell is heads[at]:
            cells += _parted(cell, told[at : at + glued])
        else:
            cells.append(_with_note(cell, noted[id(cell)]) if id(cell) in noted else cell)
    return replace(row, cells=tuple(cells))


def _parted(cell: RowCell, names: Sequence[str]) -> list[RowCell]:
    """A head of several columns cut into as many pieces; which character is whose, nobody knows."""
    size = -(-len(cell.text) // len(names))
    pieces = [cell.text[i * size : (i + 1) * size] for i in range(len(names))]
    return [
        _with_note(replace(cell, text=piece, col=cell.col + i, colspan=1, lines=()), name)
        for i, (piece, name) in enumerate(zip(pieces, names, strict=True))
    ]


def _with_note(cell: RowCell, name: str) -> RowCell:
    return replace(cell, notes=(*cell.notes, _NOTE + name), confidence=min(cell.confidence, _DOUBT))


def _likest(key: str, name: str, roles: Mapping[str, str]) -> str:
    """What of a column's name, and of the others for the same, a text is likest to; its own where several are."""
    others = [other for other, role in roles.items() if role == roles.get(name) in _CALLED_OTHERWISE]
    return min([name, *others], key=lambda one: Levenshtein.distance(key, one) / len(one))


def _are_heads(keys: Sequence[str], names: Sequence[str]) -> bool:
    """Tell whether texts are the names one by one, however misread: together more than half of them is there."""
    wrong = [min(Levenshtein.distance(key, name), len(name)) for key, name in zip(keys, names, strict=True)]
    read = 1 - sum(wrong) / sum(map(len, names))
    half = sum(2 * errors <= len(name) for errors, name in zip(wrong, names, strict=True))
    return read >= _LEAST_READ and half >= _LEAST_HALF_READ and min(wrong) <= 1
