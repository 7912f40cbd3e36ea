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


def with_heads_of_layout(rows: Sequence[Row], columns: Sequence[str], lexicon: Lexicon) -> list[Row]:
    """Rows with the names of the layout's `columns` for those that were misread, where a row holds them in their order.

    A bar may stand before them, 绩效指标 set upright beside the grid. What was misread keeps its lines.
    """
    if len(columns) < _LEAST_HEADS:
        return list(rows)
    return [_read_anew(row, columns, lexicon) for row in rows]


def _read_anew(row: Row, columns: Sequence[str], lexicon: Lexicon) -> Row:
    filled = [cell for cell in row.cells if cell.text]
    bar = 1 if len(filled) > 1 and filled[0].rowspan > 1 else 0
    for heads in (filled, *([filled[1:]] if bar else [])):
        if (done := _named_in_order(row, heads, columns, lexicon)) is not None:
            return done
    return row


def _named_in_order(row: Row, heads: Sequence[RowCell], columns: Sequence[str], lexicon: Lexicon) -> Row | None:
    wide = [cell for cell in heads if cell.colspan > 1]
    # One head may stand for as many columns as it covers: the wall to the next one was lost in the shading.
    glued = wide[0] if len(wide) == 1 and len(heads) + wide[0].colspan - 1 == len(columns) else None
    if len(heads) < _LEAST_HEADS or (glued is None and len(heads) != len(columns)):
        return None
    roles = lexicon.column_roles
    keys = [comparison_key(cell.text) for cell in heads]
    if all(key in roles for key in keys):
        return None
    told = list(map(comparison_key, columns))
    at = heads.index(glued) if glued is not None else len(heads)
    beside = told if glued is None else [*told[:at], *told[at + glued.colspan :]]
    seen = [key for i, key in enumerate(keys) if i != at]
    names = [_likest(key, name, roles) for key, name in zip(seen, beside, strict=True)]
    if not _are_heads(seen, names):
        return None
    alone = [cell for i, cell in enumerate(heads) if i != at]
    printed = {id(cell): name for cell, key, name in zip(alone, seen, names, strict=True) if key not in roles}
    cells: list[RowCell] = []
    for cell in row.cells:
        parts = told[at : at + cell.colspan] if cell is glued else []
        cells += [_named(replace(cell, col=cell.col + i, colspan=1), name) for i, name in enumerate(parts)]
        if not parts:
            cells.append(_named(cell, printed.get(id(cell))))
    return replace(row, cells=tuple(cells))


def _likest(key: str, name: str, roles: Mapping[str, str]) -> str:
    """What of a column's name, and of the others for the same, a text is likest to; its own where several are."""
    others = [other for other, role in roles.items() if role == roles.get(name) in _CALLED_OTHERWISE]
    return min([name, *others], key=lambda one: Levenshtein.distance(key, one) / len(one))


def _named(cell: RowCell, name: str | None) -> RowCell:
    return cell if name is None else replace(cell, text=name, confidence=min(cell.confidence, _DOUBT))


def _are_heads(keys: Sequence[str], names: Sequence[str]) -> bool:
    """Tell whether texts are the names one by one, however misread: together more than half of them is there."""
    wrong = [min(Levenshtein.distance(key, name), len(name)) for key, name in zip(keys, names, strict=True)]
    read = 1 - sum(wrong) / sum(map(len, names))
    half = sum(2 * errors <= len(name) for errors, name in zip(wrong, names, strict=True))
    return read >= _LEAST_READ and half >= _LEAST_HALF_READ and min(wrong) <= 1
