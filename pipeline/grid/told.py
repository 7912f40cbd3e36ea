"""Verticals of which nothing is left in one row, told by the texts that stand on both sides of their place.

A break takes a whole wall of a row of one line. The ink says nothing there, and that alone is no wall: real tables span
columns in single rows. But a joined cell's text stands in the middle of it, or at its left; two texts, each of which
stands so in a cell of its own, are two cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.grid.edges import Edges
from pipeline.grid.lines import Line
from pipeline.grid.pieces import Sheet

# Text heights: the middle of a text is off its cell's middle by half of this at most; it begins (or ends) so near to
# its cell's wall; and so far is a text from the walls of a cell that is not its own.
_CENTRED, _ALIGNED, _OFF = 0.3, 0.6, 1.0
# Two texts that a wall parts leave this much between them: a space between words is up to half of it.
_APART = 0.6
# What is smaller is dust.
_DUST = 0.13


class _Text(NamedTuple):
    """From where to where the ink of one cell reaches."""

    first: float
    last: float

    def fits(self, left: float, right: float, height: float) -> bool:
        """Tell whether it stands as a text does in a cell from `left` to `right`."""
        before, behind = self.first - left, right - self.last
        return self.centred(left, right, height) or min(before, behind) <= _ALIGNED * height

    def centred(self, left: float, right: float, height: float) -> bool:
        return abs((self.first - left) - (right - self.last)) <= _CENTRED * height


def close_by_text(
    sheet: Sheet,
    lines: tuple[Sequence[Line], Sequence[Line]],
    edges: tuple[Sequence[Edges], Sequence[Edges]],
    height: float,
) -> None:
    """Close the edges of verticals that the texts beside them tell; `lines` and `edges` are rows', then columns'."""
    (rows, columns), (across, down) = lines, edges
    for row in range(len(rows) - 1):
        open_ones = [c for c in range(1, len(columns) - 1) if _may_be(columns, down, row, c)]
        if not open_ones:
            continue
        y0 = int(rows[row].place + rows[row].thick / 2 + max(2, round(0.1 * height)))
        y1 = int(rows[row + 1].place - rows[row + 1].thick / 2 - max(2, round(0.1 * height)))
        if not 0.8 * height < y1 - y0 or y0 < 0:
            continue
        inked: NDArray[np.bool_] | None = None
        walls = [c for c in range(len(columns)) if c in (0, len(columns) - 1) or down[c].walls[row]]
        for left, right in zip(walls[:-1], walls[1:], strict=True):
            inside = [c for c in open_ones if left < c < right]
            whole = all(across[row].walls[c] and across[row + 1].walls[c] for c in range(left, right))
            if not inside or not whole:
                continue
            if inked is None:
                inked = _inked(sheet, y0, y1, height)
            for c in _told(inked, columns, (left, right), inside, height):
                down[c].walls[row] = True


def _may_be(columns: Sequence[Line], down: Sequence[Edges], row: int, number: int) -> bool:
    """Tell whether a vertical that is not there in a row is there in those above and below it (or where it has one)."""
    beside = [down[number].sure[other] for other in (row - 1, row + 1) if 0 <= other < len(down[number].sure)]
    return not columns[number].virtual and not down[number].walls[row] and bool(beside) and all(beside)


def _inked(sheet: Sheet, y0: int, y1: int, height: float) -> NDArray[np.bool_]:
    """Where along a row there is text, dust left out."""
    window = np.ascontiguousarray(sheet.mask[y0:y1])
    _, labels, stats, _ = cv2.connectedComponentsWithStats(window, connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= max(3.0, (_DUST * height) ** 2)
    large[0] = False
    found: NDArray[np.bool_] = large[labels].any(axis=0)
    return found


def _told(
    inked: NDArray[np.bool_], columns: Sequence[Line], span: tuple[int, int], inside: Sequence[int], height: float
) -> list[int]:
    """Those of the places `inside` a joined span at which its texts say that there is a wall."""

    def text(first: int, last: int) -> _Text | None:
        a = int(columns[first].place + columns[first].thick / 2 + 0.1 * height)
        b = int(columns[last].place - columns[last].thick / 2 - 0.1 * height)
        there = np.flatnonzero(inked[max(0, a) : max(0, b)])
        return _Text(float(a + there[0]), float(a + there[-1] + 1)) if len(there) else None

    free = [c for c in inside if not _crossed(inked, columns[c].place, height)]
    bounds = [span[0], *free, span[1]]
    left, right = columns[span[0]].place, columns[span[1]].place
    found = []
    for before, c, behind in zip(bounds[:-2], bounds[1:-1], bounds[2:], strict=True):
        place, one, two = columns[c].place, text(before, c), text(c, behind)
        if one and two:
            apart = two.first - one.last >= _APART * height
            own = one.fits(columns[before].place, place, height) and two.fits(place, columns[behind].place, height)
            if apart and own:
                found.append(c)
            continue
        # Beside a blank cell a text says something if it could not stand so in the joined cell.
        only = one or two
        if only is None or len(free) > 1 or only.centred(left, right, height):
            continue
        if two is not None:
            off = two.first - left > _OFF * height and right - two.last > _OFF * height
            begins = two.first - place <= _ALIGNED * height and two.first - left > _OFF * height
            told = begins or (off and two.centred(place, right, height))
        else:
            told = only.first - left > _OFF * height and only.centred(left, place, height)
        if told:
            found.append(c)
    return found


def _crossed(inked: NDArray[np.bool_], place: float, height: float) -> bool:
    reach = max(2, round(0.08 * height))
    return bool(inked[max(0, int(place) - reach) : int(place) + reach + 1].any())
