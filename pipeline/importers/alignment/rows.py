"""Rows of a band: where they are, and which of them a merged cell spans."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Sequence

from pipeline.importers.alignment.blocks import Block, slotted
from pipeline.importers.alignment.pieces import Piece
from pipeline.importers.common import Slotted

# Middles of cells of one row differ by less than this.
_LEVEL = 0.3
# How far from the middle of its rows a merged cell's label may stand.
_CENTRED = 0.35
# What a label missing at a page's edge costs, as the square of a label's distance from its middle.
_CUT = 0.05


def rows_of(blocks: Sequence[Block], size: float) -> list[tuple[float, float]]:
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
    edges: list[tuple[float, float]] = []
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


def _has_room(row: tuple[float, float], edges: Sequence[tuple[float, float]]) -> bool:
    """Tell whether a row may stand between the rows that are sure: nearly all of it is free, and some more.

    A merged cell's label may stand between two of its rows, where there is no room for a row.
    """
    height, middle = row[1] - row[0], (row[0] + row[1]) / 2
    taken = sum(max(0.0, min(e[1], row[1]) - max(e[0], row[0])) for e in edges)
    above = max((e[1] for e in edges if (e[0] + e[1]) / 2 < middle), default=float("-inf"))
    below = min((e[0] for e in edges if (e[0] + e[1]) / 2 >= middle), default=float("inf"))
    return taken < 0.1 * height and below - above > 1.2 * height


def span_rows(column: Sequence[Block], edges: Sequence[tuple[float, float]], size: float) -> bool:
    """Let the cells of a column span rows so that each stands in the middle of its rows; tell whether they all do.

    Merged labels are printed in the middle. The rows are shared out among the cells in order; only where every cell
    comes to stand in the middle of its share is that what was printed.
    """
    cells = sorted(column, key=lambda block: block.middle)
    n, k = len(edges), len(cells)
    if not 0 < k < n or len({block.row for block in cells}) < k:
        return False
    infinite = float("inf")
    cost = [[infinite] * (n + 1) for _ in range(k + 1)]
    back = [[0] * (n + 1) for _ in range(k + 1)]
    # Rows above the first label belong to one on the page before, rows below the last to one that a page break cut.
    cost[0] = [_CUT * (start > 0) for start in range(n + 1)]
    for i, block in enumerate(cells):
        # A cell over several columns (a bar, a total) stays on its row.
        wide = block.colspan > 1
        for end in range(block.row + 1, block.row + 2 if wide else n + 1):
            for start in range(block.row if wide else 0, min(block.row, end - 1) + 1):
                if cost[i][start] == infinite:
                    continue
                off = 0.0 if wide else abs((edges[start][0] + edges[end - 1][1]) / 2 - block.middle) / size
                if off <= _CENTRED and cost[i][start] + off * off < cost[i + 1][end]:
                    cost[i + 1][end], back[i + 1][end] = cost[i][start] + off * off, start
    end = min(range(n + 1), key=lambda end: cost[k][end] + _CUT * (end < n))
    if cost[k][end] == infinite:
        return False
    for i in range(k, 0, -1):
        start = back[i][end]
        cells[i - 1].row, cells[i - 1].rowspan = start, end - start
        end = start
    return True


def strays(block: Block, edges: Sequence[tuple[float, float]], size: float) -> bool:
    """Tell whether a cell is not level with its row: it belongs to several rows, and which is not known."""
    top, bottom = edges[block.row]
    return abs((top + bottom) / 2 - block.middle) > _LEVEL * size


def span_beside(block: Block, edges: Sequence[tuple[float, float]], size: float) -> None:
    """Let a label written downwards, one or two characters a line, span the rows that it stands beside."""
    height = block.bottom - block.top
    width = max(p.box[2] for p in block.pieces) - min(p.box[0] for p in block.pieces)
    if len(block.pieces) < 3 or height < 2.2 * size or height < 1.5 * width or block.rowspan > 1:
        return
    beside = [i for i, edge in enumerate(edges) if min(edge[1], block.bottom) - max(edge[0], block.top) > 0.5 * size]
    if len(beside) > 1:
        block.row, block.rowspan = beside[0], beside[-1] - beside[0] + 1


def place_tall(tall: Sequence[Piece], edges: Sequence[tuple[float, float]], size: float) -> list[Slotted]:
    """Labels written downwards, as cells of a column of their own left of the band: they span the rows beside them."""
    cells = []
    for piece in sorted(tall, key=lambda p: p.box[1]):
        beside = [i for i, (top, bottom) in enumerate(edges) if top < piece.box[3] and piece.box[1] < bottom] or [0]
        block = Block([piece], 0, 1, beside[0], len(beside))
        cells.append(slotted(block))
    return cells
