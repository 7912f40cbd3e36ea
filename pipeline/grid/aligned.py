"""Tables without any rulings: rows and columns from how the text is aligned.

A table is where blanks run down through all lines at the same places. Plain paragraphs have no such blanks: Chinese is
set without spaces, and a sign of punctuation leaves less than a character. Two columns of prose have one; their lines
fill their columns, which cells of a table do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Cell, Grid, Upright
from pipeline.grid.joins import Joins
from pipeline.ink import printed

# Text heights of blank between two texts of one line that are in two columns: a sign of punctuation leaves up to .75,
# a space or two between words up to 1.
_APART = 1.2
# Lines further apart than this many times the usual distance are not of one table.
_FAR = 2.5
# A column whose lines mostly reach from its left to its right is set prose if it is at least this many heights wide.
_PROSE = 9.0


class _Text(NamedTuple):
    """A run of text without a wide blank: its box in upright pixels."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(slots=True)
class _Row:
    """Texts beside each other."""

    texts: list[_Text]

    @property
    def top(self) -> float:
        return min(text.y0 for text in self.texts)

    @property
    def bottom(self) -> float:
        return max(text.y1 for text in self.texts)


def infer_grids(upright: Upright) -> list[Grid]:
    """Infer the tables of a page that has no rulings; `ruled` of each is False, and nothing supports its cells."""
    height = upright.text_height
    rows = _rows(_texts(upright, height), height)
    grids = []
    for block in _blocks(rows, height):
        grid = _grid(block, upright, height)
        if grid is not None:
            grids.append(grid)
    return grids


def _texts(upright: Upright, height: float) -> list[_Text]:
    """Find the runs of text: what is printed, closed over up to the blanks that part columns."""
    mask = printed(upright.ink)
    # Rules across the page (above and below a table) and down it are no text.
    long = max(3, round(3 * height))
    rules = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
    rules |= cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((long, 1), np.uint8))
    if rules.any():
        mask = mask & (1 - cv2.dilate(rules, np.ones((3, 3), np.uint8)))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    # Dust is small; so are dots, which stand close to what they belong to and are closed over with it.
    speck = stats[:, cv2.CC_STAT_AREA] < max(3.0, (0.1 * height) ** 2)
    kept = (~speck)[labels] & (labels > 0)
    reach = max(3, round(_APART * height))
    joined = cv2.morphologyEx(kept.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8))
    # Strokes of one character lie above each other with less between them than there is between lines.
    joined = cv2.morphologyEx(joined, cv2.MORPH_CLOSE, np.ones((max(1, round(0.12 * height)), 1), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = []
    for x, y, w, h, area in stats[1:]:
        # A dash in a cell is wide, and is kept; the foot of a character is not.
        low = h < 0.3 * height or area < 0.1 * height * height
        if low and (w < 0.4 * height or h < 0.05 * height):
            continue
        found.append(_Text(float(x), float(y), float(x + w), float(y + h)))
    return found


def _rows(texts: Sequence[_Text], height: float) -> list[_Row]:
    """Gather texts that stand beside each other; a text centred beside two lines joins them to one row."""
    order = sorted(texts, key=lambda text: (text.y0 + text.y1) / 2)
    joins = Joins(len(order))
    for i, first in enumerate(order):
        for j in range(i + 1, len(order)):
            second = order[j]
            if (second.y0 + second.y1) / 2 > first.y1 + 2 * height:
                break
            shared = min(first.y1, second.y1) - max(first.y0, second.y0)
            if shared > 0.3 * min(first.y1 - first.y0, second.y1 - second.y0):
                joins.join(i, j)
    return sorted((_Row([order[n] for n in members]) for members in joins.groups()), key=lambda row: row.top)


def _blocks(rows: Sequence[_Row], height: float) -> list[list[_Row]]:
    """Part the page into runs of rows that may be tables: they begin and end with a row of several texts."""
    gaps = [after.top - before.bottom for before, after in pairwise(rows)]
    usual = max(0.3 * height, float(np.median(gaps))) if gaps else height
    blocks: list[list[_Row]] = [[]]
    for number, row in enumerate(rows):
        if number and gaps[number - 1] > max(_FAR * usual, 1.5 * height):
            blocks.append([])
        blocks[-1].append(row)
    trimmed = []
    for block in blocks:
        several = [number for number, row in enumerate(block) if len(row.texts) >= 2]
        if len(several) >= 3:
            trimmed.append(block[several[0] : several[-1] + 1])
    return trimmed


def _columns(rows: Sequence[_Row], height: float) -> list[tuple[float, float]]:
    """Find the columns: what lies between blanks that run through all rows but a heading or two."""
    left = min(text.x0 for row in rows for text in row.texts)
    right = max(text.x1 for row in rows for text in row.texts)
    taken = np.zeros(int(right - left) + 2, np.int64)
    for row in rows:
        seen = np.zeros(len(taken), np.int64)
        for text in row.texts:
            seen[int(text.x0 - left) : int(text.x1 - left) + 1] = 1
        taken += seen
    free = taken <= len(rows) // 8
    edges = np.flatnonzero(np.diff(np.concatenate(([1], free.astype(np.int8), [1]))))
    # Runs of what is taken, as first and last pixel.
    filled = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    columns: list[tuple[float, float]] = []
    for a, b in filled:
        if columns and a + left - columns[-1][1] < 0.6 * height:
            columns[-1] = (columns[-1][0], b + left)
        else:
            columns.append((a + left, b + left))
    return columns


def _grid(rows: Sequence[_Row], upright: Upright, height: float) -> Grid | None:
    columns = _columns(rows, height)
    if len(columns) < 2:
        return None
    cuts = [(before[1] + after[0]) / 2 for before, after in pairwise(columns)]
    rows = _without_header_lines(rows, columns, height)
    rows = _unwrapped(rows, columns, height)
    places = [_placed(row, columns, height) for row in rows]
    if not _is_table(rows, places, columns, height):
        return None
    margin = 0.3 * height
    xs = [columns[0][0] - margin, *cuts, columns[-1][1] + margin]
    ys = [rows[0].top - margin]
    ys += [(before.bottom + after.top) / 2 for before, after in pairwise(rows)]
    ys.append(rows[-1].bottom + margin)
    cells, boxes = [], []
    for number, spans in enumerate(places):
        for first, last in spans:
            cells.append((number, first, last - first + 1))
            boxes.append((xs[first], ys[number], xs[last + 1], ys[number + 1]))
    corners = np.array([[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, y0, x1, y1 in boxes], np.float64)
    points = upright.warp.to_page(corners.reshape(-1, 2)).reshape(-1, 4, 2)
    made = tuple(
        Cell(row, col, 1, span, tuple((round(float(x), 1), round(float(y), 1)) for x, y in polygon), 0.0)
        for (row, col, span), polygon in zip(cells, points, strict=True)
    )
    return Grid(made, len(rows), len(columns), False, tuple(boxes))


def _column_of(text: _Text, columns: Sequence[tuple[float, float]], height: float) -> tuple[int, int]:
    """The first and the last column that a text stands in: those it shares more than a character's half with.

    A column reaches to the middle of the blank beside it.
    """
    cuts = [-np.inf, *((a[1] + b[0]) / 2 for a, b in pairwise(columns)), np.inf]
    shared = [min(text.x1, b) - max(text.x0, a) for a, b in pairwise(cuts)]
    least = min(0.5 * height, 0.5 * (text.x1 - text.x0))
    touched = [number for number, share in enumerate(shared) if share >= least] or [int(np.argmax(shared))]
    return touched[0], touched[-1]


def _placed(row: _Row, columns: Sequence[tuple[float, float]], height: float) -> list[tuple[int, int]]:
    """The cells of a row as first and last column, blank ones too."""
    spans: list[tuple[int, int]] = []
    for span in sorted(_column_of(text, columns, height) for text in row.texts):
        if spans and span[0] <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], span[1]))
        else:
            spans.append(span)
    taken = {column for first, last in spans for column in range(first, last + 1)}
    return sorted(spans + [(column, column) for column in range(len(columns)) if column not in taken])


def _without_header_lines(
    rows: Sequence[_Row], columns: Sequence[tuple[float, float]], height: float
) -> Sequence[_Row]:
    """Leave out leading lines that are set over the table and not into it (whose it is, the unit of its amounts).

    A heading of several columns is centred over them; a line above the table runs from its side into the columns.
    """
    for number, row in enumerate(rows):
        for text in row.texts:
            first, last = _column_of(text, columns, height)
            middle = (columns[first][0] + columns[last][1]) / 2
            if first != last and abs((text.x0 + text.x1) / 2 - middle) > 1.5 * height:
                break
        else:
            return rows[number:]
    return rows


def _unwrapped(rows: Sequence[_Row], columns: Sequence[tuple[float, float]], height: float) -> list[_Row]:
    """Join the lines of cells that run over several lines.

    A line goes on where every text of it stands under one that filled its column, and where the row before it has at
    least twice as many columns filled: text is wrapped at its column's end only.
    """
    found: list[_Row] = []
    last_line: _Row | None = None
    gaps = [after.top - before.bottom for before, after in pairwise(rows)]
    usual = float(np.median(gaps)) if gaps else height
    for row in rows:
        if found and last_line is not None:
            above = {_column_of(text, columns, height): text for text in last_line.texts}
            here = [_column_of(text, columns, height) for text in row.texts]
            filled = all(span in above and above[span].x1 >= columns[span[1]][1] - 1.6 * height for span in here)
            before = {_column_of(text, columns, height) for text in found[-1].texts}
            close = row.top - last_line.bottom <= max(1.15 * usual, 0.7 * height)
            if filled and close and 2 * len(set(here)) <= len(before):
                found[-1] = _Row(found[-1].texts + row.texts)
                last_line = row
                continue
        found.append(row)
        last_line = row
    return found


def _is_table(
    rows: Sequence[_Row],
    places: Sequence[Sequence[tuple[int, int]]],
    columns: Sequence[tuple[float, float]],
    height: float,
) -> bool:
    """Tell a table from what is merely parted by blanks: prose in columns, a list, a few words far apart."""
    if len(rows) < 3:
        return False
    several = sum(len({_column_of(text, columns, height) for text in row.texts}) >= 2 for row in rows)
    wide = sum(first != last for spans in places for first, last in spans)
    if several < 3 or several < 0.6 * len(rows) or wide > 0.25 * len(rows) + 1:
        return False
    prose = aligned = 0
    for number, (a, b) in enumerate(columns):
        texts = [text for row in rows for text in row.texts if _column_of(text, columns, height) == (number, number)]
        if not texts:
            return False
        full = np.mean([text.x1 - text.x0 >= 0.88 * (b - a) for text in texts])
        prose += bool(b - a >= _PROSE * height and full >= 0.5 and len(texts) >= 3)
        aligned += _is_aligned(texts, height)
    # Where all that is wide is prose, the rest are numbers or marks beside its paragraphs.
    wide_columns = sum(b - a >= _PROSE * height for a, b in columns)
    return (not prose or prose < wide_columns or len(columns) >= 4) and aligned >= 0.7 * len(columns)


def _is_aligned(texts: Sequence[_Text], height: float) -> bool:
    """Tell whether texts begin, end or are centred at one place, most of them."""
    places: tuple[NDArray[np.float64], ...] = (
        np.array([text.x0 for text in texts]),
        np.array([text.x1 for text in texts]),
        np.array([(text.x0 + text.x1) / 2 for text in texts]),
    )
    return any(float(np.mean(np.abs(place - np.median(place)) < 0.6 * height)) >= 0.6 for place in places)
