"""Verticals of which nothing is left in one row, told by the texts that stand on both sides of their place.

A break takes a whole wall of a row of one line. The ink says nothing there, and that alone is no wall: real tables span
columns in single rows. But a joined cell's text stands in the middle of it, or at its left; two texts, each of which
stands so in a cell of its own, are two cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.grid.blanks import text_along
from pipeline.grid.edges import Edges
from pipeline.grid.lines import Line
from pipeline.grid.pieces import Sheet

# Text heights: the middle of a text is off its cell's middle by half of this at most; it begins so near to its cell's
# wall, keeps so far from it, and is so far from the walls of a cell that is not its own.
_CENTRED, _ALIGNED, _CLEAR, _OFF = 0.3, 0.6, 0.08, 1.0
# A row of one line is up to this high without its margins.
_ONE_LINE = 1.8
# No break takes more of a wall; a higher row's is seen.
_HIGHEST = 5.5
# What is no wider than a ruling is cut out with so much beside it, to see whether it is wider.
_FLANK = 0.15
# Two texts that a wall parts leave this much between them: a sign of punctuation leaves up to .75.
_APART = 0.9
# So much of an edge is more than dust.
_BIT = 0.08
# Of a wall of which so much is seen no more is asked.
_SEEN = 0.5
# More texts than this in a joined cell are no cells of their own.
_MOST = 4


class _Text(NamedTuple):
    """From where to where the ink of one cell reaches."""

    first: float
    last: float

    def fits(self, left: float, right: float, height: float) -> bool:
        """Tell whether it stands as a text does in a cell from `left` to `right`: in its middle, or from its left."""
        clear = min(self.first - left, right - self.last) >= _CLEAR * height
        return clear and (self.centred(left, right, height) or self.first - left <= _ALIGNED * height)

    def off(self, left: float, right: float) -> float:
        """How far it is from standing so, in pixels."""
        before, behind = self.first - left, right - self.last
        return min(abs(before - behind), before)

    def centred(self, left: float, right: float, height: float) -> bool:
        """Tell whether it stands in the middle of a cell."""
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
        if not 0.8 * height < y1 - y0 <= _HIGHEST * height or y0 < 0:
            continue
        inked: NDArray[np.bool_] | None = None
        walls = [c for c in range(len(columns)) if c in (0, len(columns) - 1) or down[c].walls[row]]
        for left, right in pairwise(walls):
            inside = [c for c in open_ones if left < c < right]
            whole = all(across[row].walls[c] and across[row + 1].walls[c] for c in range(left, right))
            if not inside or not whole:
                continue
            if inked is None:
                window = _without_bits(sheet.mask[y0:y1], [columns[c] for c in open_ones], height)
                inked = text_along(window, height, axis=1)
            # What hangs on a wall that is guessed itself is no news.
            sure = all(
                c in (0, len(columns) - 1) or down[c].sure[row] or down[c].cover[row] >= _SEEN for c in (left, right)
            )
            firm = [c for c in inside if sure and all(_beside(down, row, c))]
            between = [c for c in inside if sure and 0 < row < len(rows) - 2 and _goes_on(down, row, c)]
            # In higher rows the lines of one text leave gaps as well: there only texts in the middle say anything.
            for c in _told(
                inked, columns, (left, right), inside, (firm, between), height, y1 - y0 <= _ONE_LINE * height
            ):
                down[c].walls[row] = True


def _without_bits(window: NDArray[np.uint8], lines: Sequence[Line], height: float) -> NDArray[np.uint8]:
    """Copy a row of the page without the bits that are no wider than a line and lie on its place: it left them."""
    window = np.ascontiguousarray(window).copy()
    for line in lines:
        own = line.thick / 2 + max(1.0, _CLEAR * height)
        flank = max(2, round(_FLANK * height))
        first, last = max(0, int(line.place - own)), int(line.place + own) + 1
        a, b = max(0, first - flank), last + flank
        _, labels, stats, _ = cv2.connectedComponentsWithStats(window[:, a:b], connectivity=8)
        left, width = stats[:, cv2.CC_STAT_LEFT] + a, stats[:, cv2.CC_STAT_WIDTH]
        bits = (left >= first) & (left + width <= last)
        bits[0] = False
        if bits.any():
            window[:, a:b][bits[labels]] = 0
    return window


def _beside(down: Sequence[Edges], row: int, number: int) -> list[bool]:
    """Whether a vertical surely is there in the row above and in that below."""
    sure = down[number].sure
    return [sure[other] for other in (row - 1, row + 1) if 0 <= other < len(sure)]


def _goes_on(down: Sequence[Edges], row: int, number: int) -> bool:
    """Tell whether a vertical is a wall in the row above and in that below, sure or not."""
    return down[number].walls[row - 1] and down[number].walls[row + 1]


def _may_be(columns: Sequence[Line], down: Sequence[Edges], row: int, number: int) -> bool:
    """Tell whether a vertical that is not there in a row is there in the one above or below it, or a bit of it is."""
    if columns[number].virtual or down[number].walls[row]:
        return False
    walls = down[number].walls
    return any(walls[max(0, row - 1) : row + 2]) or down[number].cover[row] >= _BIT


def _told(
    inked: NDArray[np.bool_],
    columns: Sequence[Line],
    span: tuple[int, int],
    inside: Sequence[int],
    held: tuple[Sequence[int], Sequence[int]],
    height: float,
    one_line: bool,
) -> list[int]:
    """Those of the places `inside` a joined span at which its texts say that there is a wall.

    `held` are those at which a wall surely stands both above and below, and those at which one stands there at all.
    """
    firm, between_walls = held

    def text(first: int, last: int) -> _Text | None:
        a = int(columns[first].place + columns[first].thick / 2 + 0.1 * height)
        b = int(columns[last].place - columns[last].thick / 2 - 0.1 * height)
        there = np.flatnonzero(inked[max(0, a) : max(0, b)])
        return _Text(float(a + there[0]), float(a + there[-1] + 1)) if len(there) else None

    free = [c for c in inside if not _crossed(inked, columns[c].place, height)]
    left, right = columns[span[0]].place, columns[span[1]].place
    # The texts, and between each and the next the places where a wall may stand.
    texts: list[_Text] = []
    between: list[list[int]] = []
    waiting: list[int] = []
    for before, behind in pairwise([span[0], *free, span[1]]):
        here = text(before, behind)
        if here is not None:
            if texts and here.first - texts[-1].last < _APART * height:
                texts[-1] = _Text(texts[-1].first, here.last)
            else:
                if texts:
                    between.append(waiting)
                texts.append(here)
            waiting = []
        waiting = [*waiting, behind]
    if len(texts) == 1 and len(free) == 1:
        both = free if free[0] in firm or free[0] in between_walls else []
        return both if _alone(texts[0], left, columns[free[0]].place, right, height) else []
    if not 2 <= len(texts) <= _MOST:
        return []
    # Before the first text and behind the last there may be blank cells: only between walls that run on up and down.
    leading = [(), *((c,) for c in free if columns[c].place < texts[0].first and c in firm)]
    trailing = [(), *((c,) for c in free if columns[c].place > texts[-1].last and c in firm)]
    ways = []
    for first, places, last in product(leading, product(*between), trailing):
        walls = [left, *(columns[c].place for c in (*first, *places, *last)), right]
        own = list(pairwise(walls))[len(first) : len(first) + len(texts)]
        if all(here.fits(a, b, height) for here, (a, b) in zip(texts, own, strict=True)) and (
            one_line or all(here.centred(a, b, height) for here, (a, b) in zip(texts[1:], own[1:], strict=True))
        ):
            off = sum(here.off(a, b) for here, (a, b) in zip(texts, own, strict=True))
            ways.append((len(first) + len(last), off, (*first, *places, *last)))
    return list(min(ways)[2]) if ways else []


def _alone(text: _Text, left: float, place: float, right: float, height: float) -> bool:
    """Tell whether a text beside a blank cell stands as it could not in the two as one."""
    joined = (text.first - left) - (right - text.last)
    if abs(joined) <= _OFF * height or text.first - left <= _OFF * height:
        return False
    if text.last < place:
        return text.centred(left, place, height)
    return right - text.last > _OFF * height and text.centred(place, right, height)


def _crossed(inked: NDArray[np.bool_], place: float, height: float) -> bool:
    reach = max(2, round(0.08 * height))
    return bool(inked[max(0, int(place) - reach) : int(place) + reach + 1].any())
