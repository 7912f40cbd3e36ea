"""Two rows whose ruling is gone, told by their texts.

Forms centre what stands in a cell. Where a row's texts stand in two groups far apart, each in the middle of a part of
its own, and the same place parts them in several columns, a ruling ran there: fine dots that a fax has lost, a long
break. The lines of one text are nearer to each other than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Cell, Grid, Polygon

Box = tuple[float, float, float, float]

# In characters: lines of one text are less than this apart (print is set at up to 1.8 characters a line); what is
# centred is off by less than this, the detector's boxes included; a part of a row is at least so high.
_FAR, _OFF, _LOW = 1.3, 0.4, 1.3
# Prospectuses are set at three characters a line: texts are far apart that are so many times as far from each other as
# the lines of the table's other cells; where there are none, so many characters.
_FARTHER, _ALONE = 2.0, 2.5
# So many columns say the same: one cell may hold two values with a blank line between them.
_COLUMNS = 2
_CORNERS = 4


def with_rows_parted(grid: Grid, lines: NDArray[np.float64], size: float) -> Grid:
    """Return the grid with a row made two wherever its texts tell of a ruling that is not seen.

    `lines` are the detector's boxes, (n, 4, 2), in pixels of the upright page as `grid.boxes` are; `size` is the height
    of a character. The new cells are doubtful: nobody saw the wall between them.
    """
    row = 0
    while row < grid.n_rows:
        place = _parted(grid, row, lines, size)
        if place is not None:
            grid = _cut(grid, row, place, lines, size)
        row += 1
    return grid


def _parted(grid: Grid, row: int, lines: NDArray[np.float64], size: float) -> float | None:
    """Where a ruling ran through a row; None where nothing tells of one."""
    own = {n for n, cell in enumerate(grid.cells) if (cell.row, cell.rowspan) == (row, 1)}
    if len(own) < _COLUMNS or max(grid.boxes[n][3] - grid.boxes[n][1] for n in own) < (2 * _LOW + _FAR) * size:
        return None
    told = {n: found for n in own if (found := _told(_spans(grid.boxes[n], lines), grid.boxes[n], size)) is not None}
    if len(told) < _COLUMNS:
        return None
    others = [spans for n, box in enumerate(grid.boxes) if n not in told and len(spans := _spans(box, lines)) > 1]
    usual = [below[0] - above[1] for spans in others for above, below in pairwise(spans)]
    far = max(_FAR * size, _FARTHER * median(usual)) if usual else _ALONE * size
    place = median(place for place, _ in told.values())
    agree = all(abs(other - place) <= _OFF * size and gap >= far for other, gap in told.values())
    return place if agree else None


def _spans(box: Box, lines: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Top and bottom of each line of text in a box, from above."""
    if not len(lines):
        return []
    middles = lines.mean(axis=1)
    inside = (middles[:, 0] > box[0]) & (middles[:, 0] < box[2]) & (middles[:, 1] > box[1]) & (middles[:, 1] < box[3])
    return sorted((float(quad[:, 1].min()), float(quad[:, 1].max())) for quad in lines[inside])


def _told(spans: Sequence[tuple[float, float]], box: Box, size: float) -> tuple[float, float] | None:
    """The height at which a cell's texts say that it is two, each in the middle of its part; and how far apart."""
    gaps = [(below[0] - above[1], number) for number, (above, below) in enumerate(pairwise(spans), 1)]
    wide = [number for gap, number in gaps if gap >= _FAR * size]
    if len(wide) != 1:
        return None
    upper, lower = spans[: wide[0]], spans[wide[0] :]
    # What is centred leaves as much paper over it as under it.
    one, other = upper[0][0] + upper[-1][1] - box[1], lower[0][0] + lower[-1][1] - box[3]
    if abs(one - other) > 2 * _OFF * size:
        return None
    place = (one + other) / 2
    clear = upper[-1][1] < place < lower[0][0]
    if not clear or min(place - box[1], box[3] - place) < _LOW * size:
        return None
    return place, lower[0][0] - upper[-1][1]


def _is_one(spans: Sequence[tuple[float, float]], box: Box, place: float, size: float) -> bool:
    """Tell whether a cell of a row that is two spans both: one text runs over the place, or stands amid the whole."""
    if not spans or _told(spans, box, size) is not None:
        return False
    if spans[0][0] < place < spans[-1][1]:
        return True
    part = (box[1], place) if spans[-1][1] <= place else (place, box[3])
    middle = (spans[0][0] + spans[-1][1]) / 2
    return abs(middle - (box[1] + box[3]) / 2) < abs(middle - sum(part) / 2)


def _cut(grid: Grid, row: int, place: float, lines: NDArray[np.float64], size: float) -> Grid:
    """Make one row two at `place`; a cell whose text stands over it spans both."""
    made: list[tuple[Cell, Box, bool]] = []
    for cell, box, doubt in zip(grid.cells, grid.boxes, grid.doubtful or (False,) * len(grid.cells), strict=True):
        if cell.row > row:
            made.append((replace(cell, row=cell.row + 1), box, doubt))
        elif cell.row + cell.rowspan <= row:
            made.append((cell, box, doubt))
        elif cell.rowspan > 1 or _is_one(_spans(box, lines), box, place, size):
            made.append((replace(cell, rowspan=cell.rowspan + 1), box, doubt or cell.rowspan == 1))
        else:
            upper, lower = _halves(cell.polygon, (place - box[1]) / (box[3] - box[1]))
            # One edge more, as wide as the cell, and nothing of it is seen.
            support = round(cell.support * (cell.colspan + 1) / (cell.colspan + 2), 2)
            made.append((replace(cell, polygon=upper, support=support), (*box[:3], place), True))
            under = replace(cell, row=row + 1, polygon=lower, support=support)
            made.append((under, (box[0], place, *box[2:]), True))
    made.sort(key=lambda one: (one[0].row, one[0].col))
    cells, boxes, doubtful = zip(*made, strict=True)
    return replace(grid, cells=cells, boxes=boxes, doubtful=doubtful, n_rows=grid.n_rows + 1)


def _halves(outline: Polygon, share: float) -> tuple[Polygon, Polygon]:
    """Both parts of an outline cut across at a share of its height; an outline of other than four corners stays."""
    if len(outline) != _CORNERS:
        return outline, outline
    (tl, tr, br, bl) = outline
    left, right = _between(tl, bl, share), _between(tr, br, share)
    return (tl, tr, right, left), (left, right, br, bl)


def _between(one: tuple[float, float], other: tuple[float, float], share: float) -> tuple[float, float]:
    return round(one[0] + share * (other[0] - one[0]), 1), round(one[1] + share * (other[1] - one[1]), 1)
