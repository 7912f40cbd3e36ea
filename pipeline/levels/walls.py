"""Grids where the walls of a poor page are wrong: heads or levels that share a cell, specks where a bar was cut off."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import replace

from pipeline.dictionaries import comparison_key
from pipeline.document import Line, Row, RowCell
from pipeline.hanzi import is_hanzi
from pipeline.levels.headers import GridHeader
from pipeline.levels.lexicon import Lexicon

# What comes of putting walls right asks.
_DOUBT = 0.5
_NAMES = ("bar", "level1", "level2", "level3")
# Specks are read as two signs at most; a longer text was printed, and no name goes without a Hanzi.
_LONGEST_SPECK = 2


# Two or three heads of a dozen characters; the shortest are 分值 and 得分.
_LONGEST_HEADS, _SHORTEST_HEAD, _OTHER_HEADS = 24, 2, 2
# A line holds two characters at least of a head that the page's end cuts.
_CUT = 2
# Heads of a grid with what stands below them in one cell.
_HEAD_BEFORE = re.compile(
    r"(?P<head>[一二三]级[指目]标(?:名称)?|(?:年度|绩效)?指标[目标]*值|目标值|绩效指标|指标内容|计量单位|备注)(?P<rest>.+)"
)
_LEAST_LEVELS = 2
# What a lost ruling is read as before a level is a character or two.
_LONGEST_REST = 3


def with_right_walls(rows: Sequence[Row], headers: Sequence[GridHeader | None], lexicon: Lexicon) -> list[Row]:
    """Rows of grids whose merged level cells hold one name each, and nothing but bars left of their columns."""
    done = list(rows)
    for r, header in enumerate(headers):
        if header is not None and r > header.row:
            done[r] = _without_specks(done[r], header)
            _part_levels(done, r, headers, lexicon)
    return done


def without_joined_heads(rows: Sequence[Row], lexicon: Lexicon) -> list[Row]:
    """Rows with heads and the row below them apart where the ruling between was lost: 一级指标产出指标, 指标值≥20株.

    Only two levels with their heads before them tell; what stood in one cell is in doubt. A label over the grid's whole
    height may stand beside them.
    """
    done: list[Row] = []
    for row in rows:
        cells = [cell for cell in row.cells if cell.text]
        bar = len(cells) > 1 and cells[0].rowspan > 1 and _head_and_rest(cells[0]) is None
        parts = [_head_and_rest(cell) for cell in cells[bar:]]
        names = [rest for part in parts if part is not None if (rest := _level_at_end(part[1], lexicon))]
        if len(names) < _LEAST_LEVELS or any(part is None for part in parts):
            done.append(row)
            continue
        heads, rests = cells[:bar], []
        for cell, part in zip(cells[bar:], parts, strict=True):
            assert part is not None
            sure = min(cell.confidence, _DOUBT)
            heads.append(replace(cell, text=part[0], rowspan=1, lines=(), confidence=sure))
            rests.append(replace(cell, text=_level_at_end(part[1], lexicon) or part[1], lines=(), confidence=sure))
        done += [replace(row, cells=tuple(heads)), replace(row, cells=tuple(rests))]
    return done


def _head_and_rest(cell: RowCell) -> tuple[str, str] | None:
    found = _HEAD_BEFORE.fullmatch("".join(cell.text.split()))
    return (found["head"], found["rest"]) if found is not None else None


def _level_at_end(text: str, lexicon: Lexicon) -> str | None:
    """The name of a level that ends a text, behind what was read of the ruling: 口投入和管理目标, ，数量指标."""
    levels = (lexicon.exact["level1"], lexicon.exact["level2"])
    ends = (text[i:] for i in range(min(len(text), _LONGEST_REST)))
    return next((end for end in ends if any(comparison_key(end) in names for names in levels)), None)


def with_parted_heads(rows: Sequence[Row], lexicon: Lexicon) -> list[Row]:
    """Rows of heads in which a cell holds the names of as many columns as it is wide apart: 二级指标三级指标.

    The wall between them is lost in the shading of a fax; two other heads at least tell that the row is one of heads.
    """
    done = []
    for row in rows:
        wide = [cell for cell in row.cells if cell.colspan > 1 and len(cell.text) <= _LONGEST_HEADS]
        parts = {id(cell): found for cell in wide if (found := _heads_within(cell, lexicon))}
        others = (cell for cell in row.cells if cell.text and id(cell) not in parts) if parts else ()
        if sum(comparison_key(cell.text) in lexicon.column_roles for cell in others) < _OTHER_HEADS:
            done.append(row)
            continue
        done.append(replace(row, cells=tuple(part for cell in row.cells for part in parts.get(id(cell), [cell]))))
    return done


def _heads_within(cell: RowCell, lexicon: Lexicon) -> list[RowCell]:
    """A cell's columns, each with its name, in doubt; none where its text is not made of as many names."""
    names = _column_names("".join(cell.text.split()), cell.colspan, lexicon)
    sure = min(_DOUBT, cell.confidence)
    return [
        replace(cell, text=name, col=cell.col + i, colspan=1, lines=(), confidence=sure) for i, name in enumerate(names)
    ]


def _column_names(text: str, count: int, lexicon: Lexicon) -> list[str]:
    """The `count` names of columns that a text is made of; none where it is made of others.

    Of the last the page's end may have cut a character or two: 三级指标指标性.
    """
    if count == 1:
        known = comparison_key(text) in lexicon.column_roles or _whole_name(text, lexicon) is not None
        return [text] if known else []
    for end in range(_SHORTEST_HEAD, len(text) - _SHORTEST_HEAD * (count - 1) + 1):
        if comparison_key(text[:end]) not in lexicon.column_roles:
            continue
        if rest := _column_names(text[end:], count - 1, lexicon):
            return [text[:end], *rest]
    return []


def _whole_name(text: str, lexicon: Lexicon) -> str | None:
    """The one name of a column that begins with a text of most of its characters; None where several do."""
    key = comparison_key(text)
    longest = len(key) + _CUT
    whole = [name for name in lexicon.column_roles if name.startswith(key) and len(name) <= longest]
    return whole[0] if len(whole) == 1 and len(key) > _CUT else None


def _without_specks(row: Row, header: GridHeader) -> Row:
    """The row without unsure signs where names or nothing stand: what dust in a blank cell of a fax was read as.

    Left of the grid's columns a false wall cut a vertical 绩效指标 short there.
    """
    if row.n_cols != header.n_cols:
        return row
    bars = {bar.col: "bar" for bar in header.bars}
    roles = bars | {column.col: column.role for column in header.columns}
    specks = {id(cell) for cell in row.cells if cell.confidence <= _DOUBT and _is_speck(cell.text, roles.get(cell.col))}
    if not specks:
        return row
    cells = (replace(c, text="", notes=(*c.notes, "speck")) if id(c) in specks else c for c in row.cells)
    return replace(row, cells=tuple(cells))


def _is_speck(text: str, role: str | None) -> bool:
    """Tell whether a text of one or two signs can be no name, without Hanzi, or no unit: strokes, where 8 may be %."""
    if not 0 < len(text) <= _LONGEST_SPECK:
        return False
    return (role in _NAMES and not any(map(is_hanzi, text))) or (role == "unit" and set(text) == {"1"})


def _part_levels(rows: list[Row], r: int, headers: Sequence[GridHeader | None], lexicon: Lexicon) -> None:
    """Part those cells of row r that hold the names of as many levels as rows they span: 时效指标 over 成本指标.

    Where the ruling between blank rows is lost on a fax, nothing but the names tells it.
    """
    for cell in rows[r].cells:
        last = r + cell.rowspan
        if cell.rowspan < 2 or last > len(rows) or any(other is not headers[r] for other in headers[r:last]):
            continue
        keys = (lexicon.exact["level2"], lexicon.exact["level1"])
        found = (_names(cell.lines, cell.rowspan, known) for known in keys)
        parts = next((names for names in found if names), None)
        if parts is None:
            continue
        _put_apart(rows, r, cell, parts)


def _put_apart(rows: list[Row], r: int, cell: RowCell, parts: Sequence[tuple[Line, ...]]) -> None:
    """Put the parts of a cell of row r into one row each, in doubt."""
    for row, lines in enumerate(parts, start=r):
        alone = replace(
            cell, text="".join(line.text for line in lines), row=cell.row + row - r, rowspan=1, lines=lines,
            places=tuple(line.place for line in lines), confidence=min(_DOUBT, cell.confidence),
        )  # fmt: skip
        others = [other for other in rows[row].cells if other is not cell]
        rows[row] = replace(rows[row], cells=tuple(sorted((*others, alone), key=lambda c: c.col)))


def with_parted_labels(rows: Sequence[Row], names: Sequence[str]) -> list[Row]:
    """Rows of fields whose label cell holds as many of a layout's `names` as rows it spans apart.

    The ruling between 立项依据 and 项目设立的必要性 was lost in the labels' column alone: both texts stood under one
    label, and the other one was gone.
    """
    done, known = list(rows), frozenset(map(comparison_key, names))
    for r, row in enumerate(rows):
        for cell in row.cells:
            last = r + cell.rowspan
            if cell.rowspan < 2 or last > len(rows) or any(other.table != row.table for other in rows[r:last]):
                continue
            if parts := _names(cell.lines, cell.rowspan, known):
                _put_apart(done, r, cell, parts)
    return done


def _names(lines: tuple[Line, ...], count: int, known: Set[str]) -> list[tuple[Line, ...]]:
    """The lines of a cell by the `count` levels that they name; none where they name others or something else."""
    if count == 0:
        return []
    for end in range(1, len(lines) - count + 2):
        rest = _names(lines[end:], count - 1, known)
        whole = len(rest) == count - 1 and (bool(rest) or end == len(lines))
        if whole and comparison_key("".join(line.text for line in lines[:end])) in known:
            return [lines[:end], *rest]
    return []
