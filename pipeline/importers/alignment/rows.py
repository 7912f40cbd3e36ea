"""Rows of a band: where they are, and which of them a merged cell spans."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from pipeline.importers.alignment.blocks import Block, slotted
from pipeline.importers.alignment.pieces import Piece
from pipeline.importers.common import Slotted

# Middles of cells of one row differ by less than this.
_LEVEL = 0.3
# How far from the middle of its rows a merged cell's label may stand.
_CENTRED = 0.35
# What a label missing at a page's edge costs, as the square of a label's distance from its middle.
_CUT = 0.05
# What a row that a column leaves blank costs: less than a label that stands a quarter of a character off its middle.
_BLANK = 0.05
# and beside text further right where a column's labels are those of merged cells, which leave no row out.
_BARE = 0.3
# Blank rows are told where half of the spaces between at least so many rows are alike, to a quarter of a character's
# height; a space that is no whole number of rows more is one of another make.
_LEAST_GAPS, _SAME_GAP, _NEAR_COUNT = 3, 0.25, 0.25
# What a cell costs that stands at the top of its row: as much as one a seventh of a character off the middle.
_TOP = 0.02
# What a cell costs that stands in the middle of no rows: more than any number of blank ones.
_MISFIT = 2.0
# What a row of labels alone costs that is closer to another than rows are: it may well be the middle of two.
_CROWDED = 0.2
# Each row that may be there or not is tried; where so many may be, the page is no table of one make.
_MOST_OPTIONAL = 16
# The longest run of wholly blank rows in a printed form is that of one level 2.
_MOST_BLANK = 4

Edge = tuple[float, float]


def _rows_of(blocks: Sequence[Block], size: float) -> list[Edge]:
    """Give every cell a row, and return the rows' (top, bottom).

    Cells of several columns whose middles are at one height are a row for sure. Others stand beside such a row, or have
    room for one of their own, or are merged cells, whose middle may lie between two rows.
    """
    ordered = sorted(blocks, key=lambda b: b.middle)
    groups: list[list[Block]] = []
    for block in ordered:
        if groups and block.middle - groups[-1][0].middle < _LEVEL * size:
            groups[-1].append(block)
        else:
            groups.append([block])
    counts = Counter(block.col for block in blocks)
    # The fuller a row the surer it is; labels of merged cells stand on the left, and alone or in twos.
    groups.sort(key=lambda g: (-len({b.col for b in g}), -max((counts[b.col], b.col) for b in g)[1], g[0].top))
    edges: list[Edge] = []
    for group in groups:
        # A merged label of several lines may be level with a row by chance: the row is as high as its lowest cell.
        lowest = min(group, key=lambda block: block.bottom - block.top)
        if _has_room((lowest.top, lowest.bottom), edges):
            insort(edges, (lowest.top, lowest.bottom))
    for block in blocks:
        block.row = min(range(len(edges)), key=lambda i: abs((edges[i][0] + edges[i][1]) / 2 - block.middle))
    # A row is as high as what stands in it and in no other row.
    grown = list(edges)
    for block in blocks:
        top, bottom = grown[block.row]
        if sum(e[0] < block.bottom and block.top < e[1] for e in edges) == 1:
            grown[block.row] = (min(top, block.top), max(bottom, block.bottom))
    return grown


def _has_room(row: Edge, edges: Sequence[Edge]) -> bool:
    """Tell whether a row may stand between the rows that are sure: nearly all of it is free, and some more.

    A merged cell's label may stand between two of its rows, where there is no room for a row.
    """
    height, middle = row[1] - row[0], (row[0] + row[1]) / 2
    taken = sum(max(0.0, min(e[1], row[1]) - max(e[0], row[0])) for e in edges)
    above = max((e[1] for e in edges if (e[0] + e[1]) / 2 < middle), default=float("-inf"))
    below = min((e[0] for e in edges if (e[0] + e[1]) / 2 >= middle), default=float("inf"))
    return taken < 0.1 * height and below - above > 1.2 * height


def lay_out(blocks: Sequence[Block], n_cols: int, size: float) -> tuple[list[Edge], list[bool]]:
    """Give every cell its row and its rowspan; return the rows, and of each column whether all its cells fit them.

    Words show neither blank rows nor how far a merged cell goes, but merged labels are printed in the middle of their
    rows: of the rows that may be there those are chosen in which the cells stand best.
    """
    edges = _rows_of(blocks, size)
    padding = _padding(edges, size)
    # Labels of merged cells stand left of the rows' own texts; a row of labels alone may be none, nor one of one text.
    lone = set(edges) - {edges[block.row] for block in blocks if block.col >= _fullest(blocks)}
    lone |= {edges[row] for row, count in Counter(block.row for block in blocks).items() if count == 1}
    maybe = [] if padding is None else _blank_rows(edges, blocks, padding, size)
    rows = sorted({*edges, *maybe})

    def cost_of(rows: Sequence[Edge]) -> float:
        crowded = sum(padding is not None and _is_crowded(row, rows, padding, size) for row in rows if row in lone)
        return _place(blocks, n_cols, rows, size)[0] + _CROWDED * crowded

    best = cost_of(rows)
    optional = [*maybe, *(edge for edge in edges if edge in lone)]
    for edge in optional if len(optional) <= _MOST_OPTIONAL else ():
        fewer = [row for row in rows if row != edge]
        if fewer and (cost := cost_of(fewer)) <= best:
            rows, best = fewer, cost
    return rows, _place(blocks, n_cols, rows, size)[1]


def _fullest(blocks: Sequence[Block]) -> int:
    counts = Counter(block.col for block in blocks)
    return max(counts, key=lambda col: (counts[col], col))


def _padding(edges: Sequence[Edge], size: float) -> float | None:
    """The space that rows leave between their texts, where half of them leave the same, the least; else None."""
    gaps = [below[0] - above[1] for above, below in pairwise(edges)]
    if len(gaps) < _LEAST_GAPS:
        return None
    usual = max(gaps, key=lambda gap: sum(abs(other - gap) < _SAME_GAP * size for other in gaps))
    like = [gap for gap in gaps if abs(gap - usual) < _SAME_GAP * size]
    return max(median(like), 0.0) if 2 * len(like) >= len(gaps) else None


def _is_crowded(row: Edge, edges: Sequence[Edge], padding: float, size: float) -> bool:
    return any(
        other != row and max(row[0] - other[1], other[0] - row[1]) < padding - _SAME_GAP * size for other in edges
    )


def _blank_rows(edges: Sequence[Edge], blocks: Sequence[Block], padding: float, size: float) -> list[Edge]:
    """Rows that nothing is printed in, where the space between two others has room for just one, or two or three.

    One more may stand under the last row.
    """
    height = size + padding
    found = [(edges[-1][1] + padding, edges[-1][1] + height)]
    for above, below in pairwise(edges):
        room = below[0] - above[1] - padding
        count = round(room / height)
        # A label of many lines makes the rows it spans higher: it stands over the whole space between them.
        covered = any(block.top < above[1] and block.bottom > below[0] for block in blocks)
        if 0 < count <= _MOST_BLANK and abs(room / height - count) < _NEAR_COUNT and not covered:
            step = room / count
            tops = [above[1] + padding + i * step for i in range(count)]
            found.extend((top, top + step - padding) for top in tops)
    return found


def _place(blocks: Sequence[Block], n_cols: int, edges: Sequence[Edge], size: float) -> tuple[float, list[bool]]:
    """Place the cells into rows, column by column from the right; return what that costs and which columns fit.

    Rows beside each of which something is printed further right make a merged cell, and blank ones: a lone text amid
    rows that go on at its left spans none of them unless it stands beside none.
    """
    for block in blocks:
        block.row = min(range(len(edges)), key=lambda i: abs((edges[i][0] + edges[i][1]) / 2 - block.middle))
        block.rowspan = 1
    empty = set(range(len(edges))) - {block.row for block in blocks}
    fullest = _fullest(blocks)
    total, fits = 0.0, [False] * n_cols
    for col in range(n_cols - 1, -1, -1):
        right = {row for b in blocks if b.col > col for row in range(b.row, b.row + b.rowspan)}
        column = [b for b in blocks if b.col <= col < b.col + b.colspan]
        # A column of labels has one for every row; in others a cell may well be blank.
        blank = [_BARE if col < fullest and row in right else _BLANK for row in range(len(edges))]
        cost, fits[col] = _place_column(column, edges, size, right | empty, blank)
        total += cost
    return total, fits


def _place_column(
    column: Sequence[Block], edges: Sequence[Edge], size: float, filled: set[int], blank: Sequence[float]
) -> tuple[float, bool]:
    """Share the rows out among a column's cells in order, each in the middle of its share, as cheaply as may be.

    `filled`: rows that a merged cell may go over; `blank`: what each row costs that stays blank. Returns the cost, and
    whether every cell is in the middle of its rows.
    """
    cells = sorted(column, key=lambda block: block.middle)
    n, k = len(edges), len(cells)
    if not k or len({block.row for block in cells}) < k:
        return (_MISFIT * k, not k)
    infinite = float("inf")
    # cost[i][r]: the first i cells take rows before r; back[i][r]: where the i-th begins, -1: row r - 1 is blank.
    cost = [[infinite] * (n + 1) for _ in range(k + 1)]
    back = [[-1] * (n + 1) for _ in range(k + 1)]
    # Rows above the first label belong to one on the page before, rows below the last to one that a page break cut.
    cost[0] = [min(sum(blank[:row]), _CUT) for row in range(n + 1)]
    for i, block in enumerate(cells):
        for start, end, off in _shares(block, edges, size, filled):
            if cost[i][start] + off < cost[i + 1][end]:
                cost[i + 1][end], back[i + 1][end] = cost[i][start] + off, start
        for end in range(1, n + 1):
            if cost[i + 1][end - 1] + blank[end - 1] < cost[i + 1][end]:
                cost[i + 1][end], back[i + 1][end] = cost[i + 1][end - 1] + blank[end - 1], -1
    least, end = min((cost[k][end] + min(_CUT, sum(blank[end:])), end) for end in range(n + 1))
    if least == infinite:
        return _MISFIT * k, False
    for i in range(k, 0, -1):
        while back[i][end] < 0:
            end -= 1
        start = back[i][end]
        cells[i - 1].row, cells[i - 1].rowspan = start, end - start
        end = start
    return least, least < _MISFIT


def _shares(block: Block, edges: Sequence[Edge], size: float, filled: set[int]) -> Iterator[tuple[int, int, float]]:
    """The runs of rows (first, last exclusive) that a cell may take, each with its cost."""
    # A cell over several columns (a bar, a total) stays on its row.
    if block.colspan > 1:
        yield block.row, block.row + 1, 0.0
        return
    for start in range(len(edges)):
        # Only rows with something further right are merged readily; head cells at a table's right are, too.
        bare = 0.0
        for end in range(start + 1, len(edges) + 1):
            bare += _BARE * (end - 1 not in filled)
            off = ((edges[start][0] + edges[end - 1][1]) / 2 - block.middle) / size
            if abs(off) <= _CENTRED:
                yield start, end, off * off + bare * (end - start > 1)
            elif end == start + 1 and abs(edges[start][0] - block.top) <= _CENTRED * size:
                yield start, end, _TOP
            elif off > 0:
                break
        # A cell that the page's end cuts has its text at its top.
        if abs(edges[start][0] - block.top) <= _CENTRED * size and {start, len(edges) - 1} <= filled:
            yield start, len(edges), _CUT / 2
    yield block.row, block.row + 1, _MISFIT


def strays(block: Block, edges: Sequence[Edge], size: float) -> bool:
    """Tell whether a cell is not level with its row: it belongs to several rows, and which is not known."""
    top, bottom = edges[block.row]
    return abs((top + bottom) / 2 - block.middle) > _LEVEL * size


def span_beside(block: Block, edges: Sequence[Edge], size: float) -> None:
    """Let a label written downwards, one or two characters a line, span the rows that it stands beside."""
    height = block.bottom - block.top
    width = max(p.box[2] for p in block.pieces) - min(p.box[0] for p in block.pieces)
    if len(block.pieces) < 3 or height < 2.2 * size or height < 1.5 * width or block.rowspan > 1:
        return
    beside = [i for i, edge in enumerate(edges) if min(edge[1], block.bottom) - max(edge[0], block.top) > 0.5 * size]
    if len(beside) > 1:
        block.row, block.rowspan = beside[0], beside[-1] - beside[0] + 1


def place_tall(tall: Sequence[Piece], edges: Sequence[Edge], size: float) -> list[Slotted]:
    """Labels written downwards, as cells of a column of their own left of the band: they span the rows beside them."""
    cells = []
    for piece in sorted(tall, key=lambda p: p.box[1]):
        beside = [i for i, (top, bottom) in enumerate(edges) if top < piece.box[3] and piece.box[1] < bottom] or [0]
        block = Block([piece], 0, 1, beside[0], len(beside))
        cells.append(slotted(block))
    return cells
