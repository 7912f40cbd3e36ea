"""Borders that breaks have cut off: a table's first or last ruling, of which no crossing is left.

Between it and its table stands a row, or a column, that would be lost with all its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.grid.pieces import Piece, Sheet
from pipeline.ink import share

# Two breaks beside each other are up to five and a half text heights long.
FARTHEST = 5.5
# A border sticks out of its table by a corner's blot; and so much of it is there at least.
_OUT, _THERE = 0.6, 0.4
# What is left of a crossing ruling: so long, with nothing beside it this near, or it is a stroke of text.
_BIT, _FLANK = 0.25, 0.28
# As near as this to the rulings that it crosses, their own thickness and blots are; a bit that comes so near touches.
_NEAR = 0.2
# Where a page begins within a table, all verticals end together; a running head's rule is further off than this.
_LEFT = 0.8

Frame = tuple[tuple[float, float, float, float], list[int]]


class Side(NamedTuple):
    """One direction seen as level: its pieces with their numbers, and what crosses it."""

    pieces: Sequence[Piece]
    first: int  # the number of its first piece among all
    crossing: Sequence[Piece]
    crossing_first: int
    sheet: Sheet  # of what crosses: its rows are the places along
    upright: bool  # its boxes are turned

    def box(self, frame: Frame) -> tuple[float, float, float, float]:
        """The frame's first, top, last and bottom as this side sees them."""
        x0, y0, x1, y1 = frame[0]
        return (y0, x0, y1, x1) if self.upright else (x0, y0, x1, y1)

    def own(self, members: Sequence[int]) -> list[Piece]:
        """Those of the members that lie in this direction."""
        return [self.pieces[n - self.first] for n in members if self.first <= n < self.first + len(self.pieces)]

    def across(self, members: Sequence[int]) -> list[Piece]:
        """Those that cross it."""
        low = self.crossing_first
        return [self.crossing[n - low] for n in members if low <= n < low + len(self.crossing)]


def join_borders(frames: list[Frame], sides: Sequence[Side], height: float) -> list[Frame]:
    """Join to each table the lone rulings beside it to which bits of its own rulings lead."""
    joined = True
    while joined:
        joined = False
        for side in sides:
            tables = [frame for frame in frames if side.own(frame[1]) and side.across(frame[1])]
            bare = [frame for frame in frames if not side.across(frame[1])]
            for table in tables:
                border = _border(table, bare, side, height)
                if not border:
                    continue
                boxes = np.array([table[0], *(frame[0] for frame in border)])
                whole = (*map(float, boxes[:, :2].min(axis=0)), *map(float, boxes[:, 2:].max(axis=0)))
                gone = {id(table), *map(id, border)}
                members = [number for frame in (table, *border) for number in frame[1]]
                frames = [frame for frame in frames if id(frame) not in gone]
                frames.append(((whole[0], whole[1], whole[2], whole[3]), members))
                joined = True
                break
            if joined:
                break
    return frames


def _border(table: Frame, bare: Sequence[Frame], side: Side, height: float) -> list[Frame]:
    """The frames that are one ruling beside the table, the nearest such on either side of it."""
    x0, y0, x1, y1 = side.box(table)
    out, far = _OUT * height, FARTHEST * height
    beside = []
    for frame in bare:
        a, top, b, bottom = side.box(frame)
        apart = max(y0 - bottom, top - y1)
        # Breaks may have cut off the table's own side as well: then the border sticks out there.
        inside = x0 - far <= a and b <= x1 + far and (x0 - out <= a or b <= x1 + out)
        if inside and 0 < apart <= far and bottom - top < out:
            beside.append((apart, bottom <= y0, frame))
    beside.sort(key=lambda entry: entry[0])
    own = [piece.place for piece in side.own(table[1])]
    for apart, above, _ in beside:
        level = [frame for much, over, frame in beside if over == above and abs(much - apart) < 0.3 * height]
        if sum(piece.length for frame in level for piece in side.own(frame[1])) < _THERE * (x1 - x0):
            continue
        edge = min(side.box(frame)[1] for frame in level), max(side.box(frame)[3] for frame in level)
        gap = (edge[1], min(own)) if above else (max(own), edge[0])
        if _led(table, gap, above, side, height):
            return level
    return []


def _led(table: Frame, gap: tuple[float, float], above: bool, side: Side, height: float) -> bool:
    """Tell whether bits of the rulings that cross lead from the table to a ruling, over the gap between them."""
    places: list[float] = []
    for place in sorted(piece.place for piece in side.across(table[1])):
        if not places or place - places[-1] > 0.45 * height:
            places.append(place)
    first, last = gap[0] + _NEAR * height, gap[1] - _NEAR * height
    bits, touching, left = 0, 0, np.inf
    for place in places:
        found = free_bits(side.sheet, place, (first, last), height)
        bits += bool(found)
        touching += any(a < first + 2 or b > last - 2 for a, b in found)
        left = min([left, *(a - gap[0] if above else gap[1] - b for a, b in found)])
    return left <= _LEFT * height and (bits >= 2 or touching >= 1)


def free_bits(sheet: Sheet, place: float, gap: tuple[float, float], height: float) -> list[tuple[float, float]]:
    """List what stands free at one place over the gap, as first and last pixel."""
    first, last = max(0, int(gap[0])), min(sheet.ink.shape[1], int(gap[1]) + 1)
    reach, flank = max(1, round(0.1 * height)), max(4, round(_FLANK * height))
    row = int(place)
    if row - flank < 0 or row + flank >= len(sheet.ink) or last - first < 2:
        return []
    drawn: NDArray[np.bool_] = np.any(sheet.thin[row - reach : row + reach + 1, first:last], axis=0)
    closed = cv2.morphologyEx(drawn.astype(np.uint8)[None], cv2.MORPH_CLOSE, np.ones((1, round(0.2 * height) + 1)))[0]
    turns = np.flatnonzero(np.diff(closed.astype(np.int8), prepend=0, append=0))
    found = []
    for a, b in zip(turns[::2], turns[1::2], strict=True):
        if b - a < _BIT * height or share(drawn[a:b]) < 0.3:
            continue
        part: NDArray[np.bool_] = np.any(sheet.mask[row - flank : row + flank + 1, first + a : first + b], axis=1)
        # The bit's own rows lie together; beside them there is nothing.
        inked = np.flatnonzero(part)
        if len(inked) and inked[-1] - inked[0] <= 2 * reach:
            found.append((float(first + a), float(first + b)))
    return found
