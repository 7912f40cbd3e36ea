"""Boxes of text -> tables, where nothing else says where cells are: no rulings, no markup.

What words with boxes show is white channels, heights and middles. Four steps: lines as close as wrapped lines are one
cell's (`wraps`); rows are as high as their lines and the page's padding, so that the rows follow each other wall to
wall, and a space that is left is blank rows (`heights`, `rows`); between texts beside each other there is a wall, and
as few walls as will do are taken (`columns`); each cell takes those rows in whose middle its text stands, as printed
labels of merged cells do (`cells`). Pages of pixels without rulings and files of words share this.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.alignment.cells import place
from pipeline.alignment.columns import is_channel, walls
from pipeline.alignment.heights import levels, measure
from pipeline.alignment.names import is_beginning, is_foot, is_level, is_name
from pipeline.alignment.pieces import WRAP_GAP, Box, Piece, Placed, Scale, around, character, is_vertical, visual_rows
from pipeline.alignment.rows import choose_rows, parted
from pipeline.alignment.told import told_apart
from pipeline.alignment.wraps import (
    across,
    begins_anew,
    beside_rows,
    joined_cells,
    names_near,
    torn,
    two_names,
    unfilled,
    wrap_limits,
)

__all__ = ["Box", "Layout", "Piece", "Placed", "around", "find_layouts", "is_channel"]

# What it takes to give up the likeliest spacing of wrapped lines for another.
_SECOND = 0.5
# On sheets of more texts than any form's page has, only the likeliest is tried.
_MANY = 500
# Beyond this it is no page of a form, and looking for rows would take minutes (it grows with the square): all of it
# stays loose text.
_MOST = 1_500
# The rest of a cell stands no further above the next text than this.
_CLOSE = 1.5
# A lone character is no wider.
_CHARACTER = 1.5
_PAGE_MARK = re.compile(r"^\s*(第\s*\d+\s*页.*|[-—－–]*\s*\d{1,4}\s*[-—－–]*|\d+\s*/\s*\d+)\s*$")


@dataclass(frozen=True, slots=True)
class Layout:
    """One table: its cells, the heights of its rows' walls and the places of its columns' (one more than rows)."""

    cells: tuple[Placed, ...]
    across: tuple[float, ...]
    down: tuple[float, ...]
    cost: float = 0.0


def find_layouts(pieces: Sequence[Piece]) -> list[Layout | Piece]:
    """Return the tables and the pieces outside them, from top to bottom; every piece comes out once.

    More pieces than a form's page has are no table.
    """
    if not pieces or len(pieces) > _MOST:
        return [*sorted(pieces, key=lambda piece: (piece.box[1], piece.box[0]))]
    size = character(pieces)
    upright = [p for p in pieces if not is_vertical(p, size)]
    tall = [p for p in pieces if is_vertical(p, size)]
    rows = visual_rows(upright)
    before: list[Piece] = []
    after: list[Piece] = []
    while rows and len(rows[0]) == 1 and _is_above(rows, size) and not _is_downwards(rows, size):
        before.extend(rows.pop(0))
    while before and _goes_on(before[-1], rows, size):
        rows.insert(0, [before.pop()])
    while rows and all(_is_below(piece, rows[-1]) for piece in rows[-1]):
        after[:0] = rows.pop()
    tabular = sum(len(row) > 1 for row in rows) * 2 > len(rows)
    inner = [piece for row in rows for piece in row]
    if len(inner) + len(tall) < 2:
        return [*before, *inner, *tall, *after]
    best: Layout | None = None
    told = told_apart(inner, size, begins_anew)
    limits = wrap_limits(upright, size, tabular)
    for number, limit in enumerate(limits if len(inner) < _MANY else limits[:1]):
        cells = joined_cells(inner, Scale(size, limit), told) + tall
        found = lay_out(cells, size)
        joined = unfilled(cells, size) + across(cells, inner, size) + two_names(cells) + beside_rows(cells, size)
        joined += names_near(cells, Scale(size, limit)) + torn(cells, size)
        cost = found.cost + joined + _SECOND * (number > 0)
        if best is None or cost < best.cost:
            best = replace(found, cost=cost)
    assert best is not None
    return [*before, best, *after]


def _is_above(rows: Sequence[Sequence[Piece]], size: float) -> bool:
    """Tell whether the first row's lone piece stands above everything, as a title does and a wrapped label does not."""
    piece = rows[0][0]
    if is_level(piece.text) or (len(rows) > 1 and any(_is_rest(piece, below) for below in rows[1])):
        return False
    return len(rows) == 1 or min(p.box[1] for p in rows[1]) - piece.box[3] > -0.1 * size


def _is_below(piece: Piece, row: Sequence[Piece]) -> bool:
    """Tell whether a text of the last row stands below the table: a page's number, or who filled the form in."""
    return (len(row) == 1 and bool(_PAGE_MARK.match(piece.text))) or is_foot(piece.text)


def _is_rest(piece: Piece, below: Piece) -> bool:
    """Tell whether a text is the rest of a name that another above it began (转移支付 over （项目）名称)."""
    both = piece.text + below.text
    return is_beginning(piece.text) and (is_name(both) or is_beginning(both))


def _goes_on(piece: Piece, rows: Sequence[Sequence[Piece]], size: float) -> bool:
    """Tell whether a lone piece above a table is the rest of a cell that the page before began, no title.

    It stands close above, off the table's middle, amid the first column as its labels do or at the left edge of texts.
    """
    table = [other for row in rows for other in row]
    if not table or min(other.box[1] for other in rows[0]) - piece.box[3] > _CLOSE * size:
        return False
    sides = around([other.box for other in table])
    if abs(sides[0] + sides[2] - piece.box[0] - piece.box[2]) < 2 * size:
        return False
    labels = [row[0] for row in rows if len(row) > 1]
    amid = sum(abs(p.box[0] + p.box[2] - piece.box[0] - piece.box[2]) < 0.3 * size for p in labels)
    texts = [other for row in rows for other in row[1:]]
    level = sum(abs(other.box[0] - piece.box[0]) < 0.15 * size for other in texts)
    return 2 * amid > len(labels) or (level > 1 and piece.box[0] > min(p.box[0] for p in labels) + size)


def _is_downwards(rows: Sequence[Sequence[Piece]], size: float) -> bool:
    """Tell whether the first row's lone piece is the first character of a label that is written downwards."""
    one = rows[0][0]
    below = [p for p in rows[1] if abs(p.box[0] + p.box[2] - one.box[0] - one.box[2]) < size] if len(rows) > 1 else []
    return one.width < _CHARACTER * size and any(
        p.width < _CHARACTER * size and p.box[1] - one.box[3] < WRAP_GAP * size for p in below
    )


def lay_out(pieces: Sequence[Piece], size: float) -> Layout:
    """Lay pieces out as one table: texts in the middles of their cells, or at their tops, whichever fits better."""
    between = walls(pieces, size)
    return min((_lay_out(pieces, between, size, top) for top in (False, True)), key=lambda layout: layout.cost)


def _lay_out(pieces: Sequence[Piece], between: Sequence[float], size: float, top: bool) -> Layout:
    found = levels(pieces, size, top)
    heights = measure(found, size, top)
    rows, cost = choose_rows(found, heights, size, top)
    rows = parted(rows, pieces)
    placed, misfit = place(pieces, rows, between, heights, size, top)
    sides = around([piece.box for piece in pieces])
    margin = 0.35 * size
    down = (sides[0] - margin, *between, sides[2] + margin)
    return Layout(tuple(placed), (rows[0].top, *(row.bottom for row in rows)), down, cost + misfit)
