"""Walls that run lengthwise through a line of text are none: the cells on both sides are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Cell, Grid, Polygon
from pipeline.ink import Grey, printed

# The middle of a line stands at least three quarters of a character from the ruling over or under it.
_MIDDLE = 0.3
# The detector's box of one line is up to twice as high as its characters; of two lines it is three times.
_ONE_LINE = 2.5
_SHORTEST = 1.5
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
        if pair is None:
            continue
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
    if len(cells) == len(grid.cells):
        return grid
    return replace(grid, cells=tuple(cells), boxes=tuple(boxes), doubtful=tuple(doubtful))


def _is_text(ink: Grey, quad: NDArray[np.float64], size: float) -> bool:
    """Tell whether print is left over and under the middle of a box: a seal's words are lifted, a ruling is thin."""
    middle, left, right = quad[:, 1].mean(), int(quad[:, 0].min() + size / 2), int(quad[:, 0].max() - size / 2)
    for y0, y1 in ((middle - 0.4 * size, middle - 0.15 * size), (middle + 0.15 * size, middle + 0.4 * size)):
        window = printed(ink[max(0, int(y0)) : max(0, int(y1) + 1), max(0, left) : max(0, right)])
        if not window.size or window.mean() < _INKED:
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
