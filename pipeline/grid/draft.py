"""A table in the making: lines come and go until every one of them parts cells."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Cell, Grid, Upright
from pipeline.grid.blanks import BROKEN, View, settle, text_along
from pipeline.grid.edges import Edges, doubt, judge
from pipeline.grid.hidden import add_stubs, beside, drawn_stretches, open_borders, open_sides
from pipeline.grid.lines import Line, Profile, close, cluster, part_creases, profile, stretches, within
from pipeline.grid.pieces import Pieces, Sheet
from pipeline.grid.remnants import add_remnants
from pipeline.grid.spans import Span, find_spans, idle, mend
from pipeline.grid.strokes import open_strokes
from pipeline.grid.told import close_by_text


def build(
    upright: Upright,
    across: Sheet,
    down: Sheet,
    across_pieces: Pieces,
    down_pieces: Pieces,
) -> Grid | None:
    """Make one table of its pieces of ruling."""
    height = upright.text_height
    rows, columns = cluster(across_pieces, height), cluster(down_pieces, height)
    texts = np.concatenate([upright.lines.min(axis=1), upright.lines.max(axis=1)], axis=1)
    (rows, level), (columns, plumb) = (
        part_creases(rows, columns, _reach(texts, 0), height),
        part_creases(columns, rows, _reach(texts, 1), height),
    )
    if plumb:
        rows = within(rows, columns, height)
    if level:
        columns = within(columns, rows, height)
    if len(rows) < 2 or len(columns) < 2:
        open_borders(rows, columns, height)
        open_borders(columns, rows, height)
    table = Draft(across, down, rows, columns, height, texts, (level, plumb))
    for attempt in range(8):
        if not table.judge():
            return None
        if table.drop_dead() or table.drop_crowded() or table.open_sides():
            continue
        if attempt < 6 and table.add_stubs():
            continue
        if not table.drop_idle():
            break
    else:
        return None
    if not down_pieces and all(line.virtual for line in table.columns):
        return None  # rules across a page, and no table
    return cells(upright, table)


def _reach(texts: NDArray[np.float64], axis: int) -> tuple[float, float]:
    """From where to where the page's text goes, across (axis 0) or down."""
    if not len(texts):
        return np.inf, -np.inf
    return float(texts[:, axis].min()), float(texts[:, axis + 2].max())


@dataclass(slots=True)
class Draft:
    """A table in the making: its lines, and which of their edges are walls."""

    across: Sheet
    down: Sheet
    rows: list[Line]
    columns: list[Line]
    height: float
    texts: NDArray[np.float64]  # (n, 4): x0, y0, x1, y1 of the page's lines of text
    creases: tuple[list[Line], list[Line]]  # level and upright ones: where there is no line of the table
    row_edges: list[Edges] = field(default_factory=list)
    column_edges: list[Edges] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    stubs_added: bool = False
    damage: float = 0.0  # the share of its rulings that is missing
    looks: dict[int, tuple[int, int, Line, Profile]] = field(default_factory=dict)

    def frame(self) -> tuple[int, int, int, int]:
        """The table's outline with two text heights around it: x0, y0, x1, y1."""
        far = 2 * self.height
        return (
            int(self.columns[0].place - far),
            int(self.rows[0].place - far),
            int(self.columns[-1].place + far),
            int(self.rows[-1].place + far),
        )

    def judge(self) -> bool:
        """Decide all edges anew; False where no table is left."""
        if len(self.rows) < 2 or len(self.columns) < 2:
            return False
        x0, y0, x1, y1 = self.frame()
        height = self.height
        self.row_edges = [judge(self._look(self.across, line, x0, x1), x0, self.columns, height) for line in self.rows]
        self.column_edges = [judge(self._look(self.down, line, y0, y1), y0, self.rows, height) for line in self.columns]
        doubt(self.row_edges)
        doubt(self.column_edges)
        across = [self._look(self.across, line, x0, x1) for line in self.rows]
        down = [self._look(self.down, line, y0, y1) for line in self.columns]
        self.damage = settle(
            (
                View(self.across, self.rows, self.row_edges, self.columns, across, x0, False),
                View(self.down, self.columns, self.column_edges, self.rows, down, y0, True),
            ),
            height,
        )
        if self.damage >= BROKEN:
            lines, edges = (self.rows, self.columns), (self.row_edges, self.column_edges)
            close_by_text(self.across, lines, edges, height)
        return True

    def _look(self, sheet: Sheet, line: Line, first: int, last: int) -> Profile:
        """Look along a line once for each stretch: a line does not change while others come and go."""
        known = self.looks.get(id(line))
        if known is None or known[:2] != (first, last) or known[2] is not line:
            known = (first, last, line, profile(sheet, line, first, last, self.height))
            self.looks[id(line)] = known
        return known[3]

    def drop_dead(self) -> bool:
        """Drop the lines that have no wall, and that are not there for the most part."""

        def alive(line: Line, edges: Edges) -> bool:
            return line.virtual or any(edges.walls) or float(np.mean(edges.cover)) > 0.5

        rows = [line for line, edges in zip(self.rows, self.row_edges, strict=True) if alive(line, edges)]
        columns = [line for line, edges in zip(self.columns, self.column_edges, strict=True) if alive(line, edges)]
        dropped = len(rows) < len(self.rows) or len(columns) < len(self.columns)
        self.rows, self.columns = rows, columns
        return dropped

    def drop_crowded(self) -> bool:
        """Of two lines between which no text has room, drop the one that is less of a line."""
        changed = False
        for lines, edges in ((self.rows, self.row_edges), (self.columns, self.column_edges)):
            drop = set()
            for number in range(len(lines) - 1):
                if lines[number + 1].place - lines[number].place >= 0.75 * self.height:
                    continue
                first, second = sum(edges[number].cover), sum(edges[number + 1].cover)
                drop.add(number if first < second else number + 1)
            for number in sorted(drop, reverse=True):
                del lines[number]
                changed = True
        return changed

    def open_sides(self) -> bool:
        """Add outer edges that were never drawn."""
        drawn = list(self.columns)
        # A table that is open at one side is open at the others: there one ruling that runs on is enough.
        least = 1 if any(line.virtual for line in self.columns) else 2
        found = open_sides(self.columns, self.rows, self.row_edges, self.across, self.height, least)
        least = 1 if any(line.virtual for line in self.columns) else 2
        if not found:
            found = beside(self.columns, self.rows, self.texts, self.height)
        return open_sides(self.rows, drawn, self.column_edges, self.down, self.height, least) or found

    def add_stubs(self) -> bool:
        """Add, once, the lines of which only bits are left."""
        if self.stubs_added:
            return False
        self.stubs_added = True
        # Inside the outer lines only: what stands around a table is not its own.
        x0, x1 = int(self.columns[0].place), int(self.columns[-1].place) + 1
        y0, y1 = int(self.rows[0].place), int(self.rows[-1].place) + 1
        rows, columns = list(self.rows), list(self.columns)
        drawn = drawn_stretches(rows, columns, self.row_edges), drawn_stretches(columns, rows, self.column_edges)
        level, plumb = self.creases
        broken = self.damage >= BROKEN
        found = add_stubs(self.columns, rows, (self.down, x0, x1), drawn[0], plumb, broken, self.height)
        if broken and not self.across.toned:
            texts = self.texts[:, [1, 0, 3, 2]]  # as the sheet of verticals lies: turned
            found |= add_remnants(self.columns, rows, (self.down, x0, x1), plumb, texts, self.height)
        # A column is no row of text: what stands free over the width of one is a dash.
        return add_stubs(self.rows, columns, (self.across, y0, y1), drawn[1], level, False, self.height) or found

    def drop_idle(self) -> bool:
        """Drop the lines that part no two cells (a stroke, an underline inside a cell)."""
        open_strokes(self.down, self.columns, self.column_edges, self.rows, self.texts, self.height)
        mend(self.rows, self.columns, self.row_edges, self.column_edges)
        self.spans = find_spans(self.rows, self.columns, self.row_edges, self.column_edges)
        idle_rows, idle_columns = idle(self.spans, len(self.rows), 0), idle(self.spans, len(self.columns), 1)
        self.rows = [line for number, line in enumerate(self.rows) if number not in idle_rows]
        self.columns = [line for number, line in enumerate(self.columns) if number not in idle_columns]
        return bool(idle_rows or idle_columns)


def cells(upright: Upright, table: Draft) -> Grid:
    """Make the cells, with their outlines on the page as it came in."""
    rows, columns, row_edges, column_edges = table.rows, table.columns, table.row_edges, table.column_edges
    cells, boxes, corners = [], [], []
    doubtful = tuple(is_doubtful(table, span) for span in table.spans)
    for r0, c0, r1, c1 in table.spans:
        x0, x1 = columns[c0].place, columns[c1 + 1].place
        y0, y1 = rows[r0].place, rows[r1 + 1].place
        cover = [row_edges[r0].cover[c] for c in range(c0, c1 + 1)] + [
            row_edges[r1 + 1].cover[c] for c in range(c0, c1 + 1)
        ]
        cover += [column_edges[c0].cover[r] for r in range(r0, r1 + 1)]
        cover += [column_edges[c1 + 1].cover[r] for r in range(r0, r1 + 1)]
        inside = (
            x0 + columns[c0].thick / 2,
            y0 + rows[r0].thick / 2,
            x1 - columns[c1 + 1].thick / 2,
            y1 - rows[r1 + 1].thick / 2,
        )
        corners.append([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
        boxes.append(inside)
        cells.append((r0, c0, r1 - r0 + 1, c1 - c0 + 1, float(np.mean(cover))))
    points = upright.warp.to_page(np.array(corners, np.float64).reshape(-1, 2)).reshape(-1, 4, 2)
    made = tuple(
        Cell(
            row,
            col,
            rowspan,
            colspan,
            tuple((round(float(x), 1), round(float(y), 1)) for x, y in polygon),
            round(support, 2),
        )
        for (row, col, rowspan, colspan, support), polygon in zip(cells, points, strict=True)
    )
    return Grid(made, len(rows) - 1, len(columns) - 1, True, tuple(boxes), doubtful)


# Walls of which less than this is seen, and openings of which more is, may be the other.
_HARDLY, _NEARLY = 0.35, 0.35


def is_doubtful(table: Draft, span: Span) -> bool:
    """Tell whether an edge of a cell is a wall of which hardly anything is seen, or an edge within it nearly a wall.

    Outer edges are no doubt, drawn or not: all lines across end there, and a page break leaves some cells open.
    """
    r0, c0, r1, c1 = span
    rows, columns = table.row_edges, table.column_edges
    across, down = range(c0, c1 + 1), range(r0, r1 + 1)
    walls = [rows[r].cover[c] for r in (r0, r1 + 1) if 0 < r < len(rows) - 1 for c in across]
    walls += [columns[c].cover[r] for c in (c0, c1 + 1) if 0 < c < len(columns) - 1 for r in down]
    within = [rows[r].cover[c] for r in range(r0 + 1, r1 + 1) for c in across]
    within += [columns[c].cover[r] for c in range(c0 + 1, c1 + 1) for r in down]
    if min(walls, default=1.0) < _HARDLY or max(within, default=0.0) > _NEARLY or _holds_two(table, span):
        return True
    # Of a vertical that a badly broken page has lost in one low row nothing may be left.
    low = r0 == r1 and table.rows[r1 + 1].place - table.rows[r0].place <= _TAKEN * table.height
    return table.damage >= _BADLY and low and any(_may_be_lost(table, r0, c) for c in range(c0 + 1, c1 + 1))


# Text heights: two texts beside each other in one cell are so far apart and each so wide, in cells up to so high and so
# wide at least. Of 16,104 cells of 270 faxes (rulings of all kinds) 33 hold two, of which 10 are two cells, 9.6 wide
# and wider; 8 of these nothing else doubted.
_APART, _A_TEXT, _A_LABEL, _WIDE = 0.9, 0.45, 4.0, 7.0
# Where less than this of the rulings is missing no wall is lost.
_WHOLE = 0.001


def _holds_two(table: Draft, span: Span) -> bool:
    """Tell whether two texts stand beside each other in a cell of a broken page: a wall between them may be lost."""
    if table.damage < _WHOLE:
        return False
    r0, c0, r1, c1 = span
    height = table.height
    left, right, top, bottom = table.columns[c0], table.columns[c1 + 1], table.rows[r0], table.rows[r1 + 1]
    inset = max(2, round(0.12 * height))
    x0, x1 = int(left.place + left.thick / 2) + inset, int(right.place - right.thick / 2) - inset
    y0, y1 = int(top.place + top.thick / 2) + inset, int(bottom.place - bottom.thick / 2) - inset
    if min(x0, y0) < 0 or x1 - x0 < _WIDE * height or not 0.5 * height <= y1 - y0 <= _A_LABEL * height:
        return False
    window = table.across.mask[y0:y1, x0:x1]
    inked = cv2.reduce(window, 0, cv2.REDUCE_MAX)[0].view(bool)
    texts = [(a, b) for a, b in stretches(close(inked, round(_APART * height))) if b - a >= _A_TEXT * height]
    # Most cells hold one.
    return len(texts) > 1 and sum(int(np.count_nonzero(window[:, a:b])) > 0.05 * height * height for a, b in texts) > 1


# A page of which this share of the rulings is missing has lost whole walls, of rows up to so many text heights high.
_BADLY, _TAKEN = 0.02, 2.8


def _may_be_lost(table: Draft, row: int, number: int) -> bool:
    """Tell whether a vertical runs on up and down from a row in which it is not, and no text runs over its place."""
    line, above, below = table.columns[number], table.rows[row], table.rows[row + 1]
    sure = table.column_edges[number].sure
    if line.virtual or not all(0 <= other < len(sure) and sure[other] for other in (row - 1, row + 1)):
        return False
    reach, inset = max(2, round(0.08 * table.height)), max(2, round(0.15 * table.height))
    y0, y1 = int(above.place + above.thick / 2) + inset, int(below.place - below.thick / 2) - inset
    place = int(line.place)
    window = np.ascontiguousarray(table.across.mask[max(0, y0) : max(0, y1), max(0, place - reach) : place + reach + 1])
    return not (window.size and text_along(window, table.height, axis=1).any())
