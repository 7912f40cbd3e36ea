"""Verticals that are strokes of a text: what is seen at their place is seen beside text only, and not in the blanks.

In a tight row the strokes of a character (的, 率, 目) reach from ruling to ruling, and those of three lines of a
narrative may stand over each other. A ruling is drawn in the blanks above, below and between the lines of text too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.grid.blanks import text_along
from pipeline.grid.edges import Edges
from pipeline.grid.lines import Line, close
from pipeline.grid.pieces import Mask, Sheet
from pipeline.ink import share

# So much of the blanks is inked at most, and so much blank there has to be (text heights): in a table of solid rulings,
# and in one of dashes, of which a gap may lie in every blank. Of 12,595 true verticals of 210 faxes (rulings solid,
# hair, dashed, dotted, double) seven are as little seen there, and none of these ends there; of 29 false ones 22 are.
_SOLID, _DASHED = (0.2, 0.1), (0.1, 0.2)
# A table of whose verticals less than this is inked at the median is one of dashes or dots.
_DRAWN_THROUGH = 0.8
# Where nearly all of an edge is inked there is nothing to ask (false ones have up to .88 of it).
_WHOLE = 0.92
# Text heights: text within this of a place makes a row of pixels no blank; it is near, and it touches (all 22 do).
_AROUND, _NEAR, _TOUCHING = 1.2, 0.3, 0.1
# So much of a ruling that grows out of its crossing stands free.
_GROWN = 0.15
# Print that a bad copy has parted is one.
_PARTED = 0.12
# Where two lines of detected text or more run on over an edge by a text height to both sides, less of the blanks than
# this is inked beside strokes of theirs, which lie near each other in a narrative. None of 1,680 true verticals of 51
# faxes has two such lines.
_LINES, _OVER, _LOOSE = 2, 1.0, 0.5
# Beside text so much of a stroke is seen; of a wall that a break took there is nothing there either.
_STROKE = 0.3


def open_strokes(
    sheet: Sheet,
    lines: Sequence[Line],
    edges: Sequence[Edges],
    crossings: Sequence[Line],
    texts: NDArray[np.float64],
    height: float,
) -> None:
    """Open the edges of verticals that are strokes of text, and hold those that may be as hardly seen.

    Text touches its strokes. A wall that runs on both up and down is opened only where it does so from both sides; and
    where text is merely near, breaks may have left just what stands beside it. `texts` are the page's lines of text,
    (n, 4): x0, y0, x1, y1.
    """
    middles = (texts[:, 1] + texts[:, 3]) / 2
    inner = [number for number in range(1, len(lines) - 1) if not lines[number].virtual]
    views = {
        (number, edge): view
        for number in inner
        for edge in np.flatnonzero(edges[number].walls).tolist()
        if (view := _Edge.cut(sheet, lines[number], crossings[edge : edge + 2], height)) is not None
    }
    usual = float(np.median([view.share for view in views.values()] or [0.0]))
    most, least = _SOLID if usual >= _DRAWN_THROUGH else _DASHED
    for number in inner:
        own, walls = edges[number], edges[number].walls
        over = (texts[:, 0] < lines[number].place - _OVER * height) & (
            texts[:, 2] > lines[number].place + _OVER * height
        )
        running = middles[over]
        gaps = {}
        for edge in (edge for line, edge in views if line == number):
            inside = (running > crossings[edge].place) & (running < crossings[edge + 1].place)
            loose = np.count_nonzero(inside) >= _LINES and not _runs_on(walls, edge)
            gaps[edge] = views[number, edge].touched(max(most, _LOOSE) if loose else most, least * height)
        strokes = {edge: gap for edge, gap in gaps.items() if gap is not None}
        for edge in strokes:
            own.cover[edge] = min(own.cover[edge], most)
        # Where one goes, the next does not run on any more; nor does one into another stroke.
        while strokes:
            firm = [wall and edge not in strokes for edge, wall in enumerate(walls)]
            gone = [
                edge
                for edge, (near, far) in strokes.items()
                if near < _TOUCHING * height and (far < _TOUCHING * height or not _runs_on(firm, edge))
            ]
            if not gone:
                break
            for edge in gone:
                walls[edge] = own.sure[edge] = False
                del strokes[edge]


def _runs_on(walls: Sequence[bool], edge: int) -> bool:
    """Tell whether a line is a wall on both sides of an edge."""
    return 0 < edge < len(walls) - 1 and walls[edge - 1] and walls[edge + 1]


class _Edge(NamedTuple):
    """What is inked at the place of an edge, pixel by pixel along it and in what share, and the page beside it."""

    inked: NDArray[np.bool_]
    share: float
    before: Mask  # rows from the line outwards
    behind: Mask
    height: float

    @classmethod
    def cut(cls, sheet: Sheet, line: Line, crossings: Sequence[Line], height: float) -> _Edge | None:
        """Cut the surroundings of an edge out of the page; None at the page's edge."""
        low, high = crossings
        inset = max(1.0, 0.05 * height)
        x0, x1 = int(low.place + low.thick / 2 + inset), int(high.place - high.thick / 2 - inset) + 1
        place = line.at((x0 + x1) / 2)
        own = max(2.0, line.thick / 2 + max(1.0, 0.06 * height))
        top, bottom, reach = int(place - own), int(place + own) + 1, int(_AROUND * height)
        if x1 - x0 < 3 or x0 < 0 or top - reach < 0 or bottom + reach > len(sheet.mask) or x1 > sheet.mask.shape[1]:
            return None
        inked: NDArray[np.bool_] = np.any(sheet.mask[top:bottom, x0:x1], axis=0)
        before, behind = sheet.mask[top - reach : top, x0:x1][::-1], sheet.mask[bottom : bottom + reach, x0:x1]
        return cls(inked, share(inked), before, behind, height)

    def touched(self, most: float, least: float) -> tuple[float, float] | None:
        """How near text is on either side, in pixels, the nearer first, where at most `most` of the blanks is inked.

        None where it is drawn in the blanks, where these are less than `least` together, and where no text is near.
        """
        if self.share > _WHOLE:
            return None
        text = self.before.sum(axis=0, dtype=np.int32) + self.behind.sum(axis=0, dtype=np.int32) > 1
        text = close(text, max(2, round(_PARTED * self.height)))
        blank = ~text
        if np.count_nonzero(blank) < max(2.0, least) or share(self.inked[blank]) > most:
            return None
        if share(self.inked[text]) < _STROKE or self._grows():
            return None
        gaps = []
        for side in (self.before, self.behind):
            there = np.flatnonzero(text_along(np.ascontiguousarray(side), self.height, axis=0))
            gaps.append(float(there[0]) if len(there) else np.inf)
        return (min(gaps), max(gaps)) if min(gaps) < _NEAR * self.height else None

    def _grows(self) -> bool:
        """Tell whether it grows out of a crossing where there is nothing but dust beside it, as in a shaded cell."""
        sides = (np.ascontiguousarray(side) for side in (self.before, self.behind))
        free = ~np.logical_or.reduce([text_along(side, self.height, axis=1) for side in sides])
        gaps = np.flatnonzero(~self.inked)
        if not len(gaps):
            return True
        ends = free[: gaps[0]], free[gaps[-1] + 1 :]
        return max(int(np.count_nonzero(end)) for end in ends) >= _GROWN * self.height
