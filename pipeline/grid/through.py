"""Walls that run lengthwise through a line of text are none: the cells on both sides are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Cell, Grid, Polygon
from pipeline.ink import Grey, printed

Box = tuple[float, float, float, float]

# The middle of a line stands at least half a character from the ruling over or under it; the detector's boxes are off
# by less than the rest.
_MIDDLE = 0.3
# A line's ink goes on for so much of a character on both sides of a place in it, and is altogether as high as this.
_BEYOND, _LOW, _TALL = 0.18, 0.7, 1.25
# A ruling is no thicker to either side than this, and no row of text is nearly as full as one.
_THICK, _AS_FULL = 0.12, 0.7
# Text keeps this far off the sides of its cell, beside the margin that is left out.
_SIDE = 0.2
# A row of pixels with less ink than this (characters) is blank, but for dust.
_STROKE = 0.06
# The detector's box of one line is up to twice as high as its characters; of two lines it is three times.
_ONE_LINE = 2.5
_SHORTEST = 1.5
# Between a wall and the text over or under it there is a blank row of pixels so near.
_NEAR = 0.3
# Print fills a seventh of its line or more, half of that in thin faces.
_INKED = 0.07


def without_walls_through_text(grid: Grid, lines: NDArray[np.float64], ink: Grey, size: float) -> Grid:
    """Return the grid with two cells over each other made one where a line of text lies on the wall between them.

    `lines` are the detector's boxes, (n, 4, 2), in pixels of the upright page as `grid.boxes` are; `ink` is that page,
    seals lifted off; `size` is the height of a character. A merged cell's text stands in its middle, which in a cell of
    two rows is where the rows meet.
    """
    cells, boxes, doubtful = list(grid.cells), list(grid.boxes), list(grid.doubtful)
    floors = np.array([box[3] for box in boxes])
    for quad in lines:
        (x0, y0), (x1, y1) = quad.min(axis=0), quad.max(axis=0)
        if y1 - y0 > _ONE_LINE * size or x1 - x0 < _SHORTEST * size:
            continue
        if np.abs(floors - (y0 + y1) / 2).min() > _MIDDLE * size or not _is_text(ink, quad, size):
            continue
        pair = _cut(cells, boxes, (x0 + x1) / 2, (y0 + y1) / 2, (x0 + size, x1 - size), size)
        if pair is not None and not _stands_free(ink, quad, boxes[pair[0]][3], boxes[pair[1]][1], size):
            _join(cells, boxes, doubtful, pair)
    upper = 0
    while upper < len(cells):
        lower = _below(cells, upper)
        if lower is not None and _runs_through(ink, boxes[upper], boxes[lower], size):
            _join(cells, boxes, doubtful, (upper, lower))
        else:
            upper += 1
    if len(cells) == len(grid.cells):
        return grid
    return replace(grid, cells=tuple(cells), boxes=tuple(boxes), doubtful=tuple(doubtful))


def _below(cells: Sequence[Cell], upper: int) -> int | None:
    """The cell right under one that is exactly as wide."""
    cell = cells[upper]
    under = (cell.col, cell.colspan, cell.row + cell.rowspan)
    return next((n for n, other in enumerate(cells) if (other.col, other.colspan, other.row) == under), None)


def _join(cells: list[Cell], boxes: list[Box], doubtful: list[bool], pair: tuple[int, int]) -> None:
    """Make two cells over each other one."""
    upper, lower = pair
    one, other = cells[upper], cells[lower]
    outline = _around((*one.polygon, *other.polygon), one.polygon, other.polygon)
    cells[upper] = replace(
        one,
        rowspan=one.rowspan + other.rowspan,
        polygon=outline,
        support=min(one.support, other.support),
    )
    boxes[upper] = (*boxes[upper][:3], boxes[lower][3])
    del cells[lower], boxes[lower]
    if doubtful:
        doubtful[upper] |= doubtful.pop(lower)


def _runs_through(ink: Grey, upper: Box, lower: Box, size: float) -> bool:
    """Tell whether the wall between two cells lies in a line of text, and not over or under one that touches it.

    There the ink goes on from the wall to both sides, by no more than one line altogether, keeps off the sides of the
    cell, and has other rows that are as full as the wall's: text that touches a ruling ends there, where texts touch it
    from both sides they are two lines high, and a ruling is fuller than text.
    """
    place = (upper[3] + lower[1]) / 2
    left, right = max(0, int(upper[0] + 0.15 * size)), int(upper[2] - 0.15 * size)
    first = max(0, int(max(place - 1.5 * size, upper[1] + 2)))
    window = printed(ink[first : int(min(place + 1.5 * size, lower[3] - 2)) + 1, left : max(left, right)])
    if not window.size:
        return False
    full = np.count_nonzero(window, axis=1)
    blank = np.flatnonzero(full < _STROKE * size)
    middle = place - first
    above, below = blank[blank < middle], blank[blank > middle]
    if not len(above) or not len(below):
        return False
    over, under = middle - above[-1] - 1, below[0] - middle
    if min(over, under) < _BEYOND * size or not _LOW * size <= over + under <= _TALL * size:
        return False
    rows = np.arange(above[-1] + 1, below[0])
    ends = max(3, round(_SIDE * size))
    if window[rows, :ends].any() or window[rows, -ends:].any():
        return False
    near = np.abs(rows + 0.5 - middle) <= max(2.0, _THICK * size)
    return bool(full[rows[~near]].max(initial=0) >= _AS_FULL * full[rows[near]].max(initial=0))


def _is_text(ink: Grey, quad: NDArray[np.float64], size: float) -> bool:
    """Tell whether print is left over and under the middle of a box: a seal's words are lifted, a ruling is thin."""
    middle, left, right = quad[:, 1].mean(), int(quad[:, 0].min() + size / 2), int(quad[:, 0].max() - size / 2)
    for y0, y1 in ((middle - 0.4 * size, middle - 0.15 * size), (middle + 0.15 * size, middle + 0.4 * size)):
        window = printed(ink[max(0, int(y0)) : max(0, int(y1) + 1), max(0, left) : max(0, right)])
        if not window.size or window.mean() < _INKED:
            return False
    return True


def _stands_free(ink: Grey, quad: NDArray[np.float64], top: float, bottom: float, size: float) -> bool:
    """Tell whether there are blank rows right over and right under a wall: a box may hold the lines over and under it.

    Text that stands on the wall's place has its strokes there.
    """
    left, right = int(quad[:, 0].min() + size / 2), int(quad[:, 0].max() - size / 2)
    for y0, y1 in ((top - _NEAR * size, top), (bottom, bottom + _NEAR * size)):
        window = printed(ink[max(0, int(y0)) : max(0, int(y1) + 1), max(0, left) : max(0, right)])
        if not window.size or np.count_nonzero(window, axis=1).min() >= _STROKE * max(size, right - left) / 2:
            return False
    return True


def _cut(
    cells: Sequence[Cell],
    boxes: Sequence[tuple[float, float, float, float]],
    x: float,
    y: float,
    reach: tuple[float, float],
    size: float,
) -> tuple[int, int] | None:
    """The two cells whose common wall the line lies on; None where it lies in one, or reaches out of them."""
    for upper, (cell, box) in enumerate(zip(cells, boxes, strict=True)):
        if abs(box[3] - y) > _MIDDLE * size or not box[0] <= reach[0] <= x <= reach[1] <= box[2]:
            continue
        for lower, under in enumerate(cells):
            same = (under.col, under.colspan, under.row) == (cell.col, cell.colspan, cell.row + cell.rowspan)
            if same and abs(boxes[lower][1] - y) <= _MIDDLE * size:
                return upper, lower
    return None


def _around(points: Polygon, upper: Polygon, lower: Polygon) -> Polygon:
    """The outline of two cells over each other: the upper one's top, the lower one's foot."""
    if len(upper) == len(lower) == 4:
        return upper[0], upper[1], lower[2], lower[3]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (min(xs), min(ys)), (max(xs), min(ys)), (max(xs), max(ys)), (min(xs), max(ys))
