"""Lines that breaks have left in bits, each too short to be a piece: bits at one place over the height of a table.

A bit is no stroke of text where nothing stands beside it; what grows out of a ruling, or lies at one place with
others, is no dust and no figure 1 in a cell of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.grid.lines import Line
from pipeline.grid.pieces import Piece, Sheet
from pipeline.ink import darkness, share

# Text heights. A bit is at least so long (dust is half of it) and at most so thick, and has nothing beside it so near.
_LONG, _THICK, _FLANK = 0.25, 0.2, 0.28
# A dot of dust is up to this long and wide; shaded rows of one bit are full of it.
_DUST = 0.16
# Bits whose places differ by no more than this are of one line; nearer than _OTHER to a known line they are of that.
_SAME, _OTHER = 0.12, 0.6
# What ends this near to a ruling grows out of it: the ruling's ragged edge is cut off with it.
_NEAR = 0.15
# Several bits of a line are together as long as this. One alone is as long as no character is high, or grows out of a
# ruling with nothing beside it for a character on both sides: text keeps off the rulings.
_TOGETHER, _ONE, _GROWN, _LONELY = 0.7, 1.15, 0.3, 0.8
# Half a character: a line of text ends beside a ruling, the detector's box a little behind it.
_WITHIN = 0.4


class _Bit(NamedTuple):
    piece: Piece
    grows: bool
    lonely: bool


def add_remnants(
    lines: list[Line],
    others: Sequence[Line],
    view: tuple[Sheet, int, int],
    creases: Sequence[Line],
    texts: NDArray[np.float64],
    height: float,
) -> bool:
    """Add the lines across `others` of which there are only bits; True where there are any.

    `view` is the sheet on which they are level, and from where to where (pixels across) lines may be. `texts` are the
    page's lines of text, (n, 4): x0, y0, x1, y1 as the sheet lies. Numbered lines have a stroke at one place, row by
    row (二十、 二十一、); of a ruling some bit stands beside the texts.
    """
    bits = _bits(others, view, height)
    known = [(line.place, _OTHER * height) for line in lines]
    known += [(fold.place, _OTHER * height + max(abs(p.lean) for p in fold.pieces)) for fold in creases]
    bits = [bit for bit in bits if all(abs(bit.piece.place - place) > reach for place, reach in known)]
    bits.sort(key=lambda bit: bit.piece.place)
    found = False
    while bits:
        # The longest bit says best where its line is.
        longest = max(bits, key=lambda bit: bit.piece.length).piece
        own = [bit for bit in bits if abs(bit.piece.place - longest.place) <= _SAME * height]
        bits = [bit for bit in bits if abs(bit.piece.place - longest.place) > _OTHER * height]
        if _are_line(own, height) and not all(_in_text(bit.piece, texts, height) for bit in own):
            pieces = [bit.piece for bit in own]
            place = float(np.average([p.place for p in pieces], weights=[p.length for p in pieces]))
            thick = float(np.median([p.thick for p in pieces]))
            lines.append(Line(place, thick, pieces, dark=float(np.median([p.dark for p in pieces]))))
            found = True
    lines.sort(key=lambda line: line.place)
    return found


def _in_text(piece: Piece, texts: NDArray[np.float64], height: float) -> bool:
    """Tell whether a bit stands inside a line of text, with characters before it and behind it."""
    middle = (piece.first + piece.last) / 2
    inside = (texts[:, 0] < middle) & (middle < texts[:, 2])
    inside &= (texts[:, 1] + _WITHIN * height < piece.place) & (piece.place < texts[:, 3] - _WITHIN * height)
    return bool(inside.any())


def _are_line(bits: Sequence[_Bit], height: float) -> bool:
    """Tell whether bits at one place are what is left of a line."""
    longest = max(bit.piece.length for bit in bits)
    if longest >= _ONE * height or any(
        bit.grows and bit.lonely and bit.piece.length >= _GROWN * height for bit in bits
    ):
        return True
    together = sum(bit.piece.length for bit in bits)
    return len(bits) >= 2 and any(bit.grows for bit in bits) and together >= _TOGETHER * height


def _bits(others: Sequence[Line], view: tuple[Sheet, int, int], height: float) -> list[_Bit]:
    """Find what stands free between the lines that would be crossed."""
    sheet, low, high = view
    low, high = max(0, low), min(sheet.mask.shape[0], high)
    first, last = max(0, int(others[0].place)), min(sheet.mask.shape[1], int(others[-1].place) + 1)
    if high - low < 3 or last - first < 3:
        return []
    window = np.ascontiguousarray(sheet.mask[low:high, first:last])
    bare = window.copy()
    cuts: list[tuple[int, int]] = []
    for other in others:
        reach = other.thick / 2 + max(1.5, 0.06 * height)
        a, b = int(other.place - reach) - first, int(np.ceil(other.place + reach)) - first
        cuts.append((a, b))
        bare[:, max(0, a) : max(0, b)] = 0
    _, labels, stats, centres = cv2.connectedComponentsWithStats(bare, connectivity=8)
    along, across = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    thin = (along >= _LONG * height) & (across <= max(3.0, _THICK * height)) & (across <= along)
    thin[0] = False
    dust = (along <= _DUST * height) & (across <= _DUST * height)
    dust[0] = False
    window[dust[labels]] = 0
    near, far = max(3, round(_FLANK * height)), round(_LONELY * height)
    found = []
    for number in np.flatnonzero(thin):
        x, y, w, h, area = (int(value) for value in stats[number])
        grows = any(min(abs(x - b), abs(x + w - a)) <= _NEAR * height for a, b in cuts)
        free = [[_beside(window, (x, y, w, h), side * reach) <= 0.1 for side in (-1, 1)] for reach in (near, far)]
        lonely = all(free[1])
        # Text begins right behind its cell's line: before that there is nothing, and it grows out of a ruling.
        if not all(free[0]) and not (grows and free[1][0]):
            continue
        box = (x + first, y + low, w, h)
        place = float(centres[number][1]) + 0.5 + low
        piece = Piece(float(x + first), float(x + first + w), place, max(1.0, area / w), darkness(sheet.ink, box))
        found.append(_Bit(piece, grows, lonely))
    return found


def _beside(window: NDArray[np.uint8], box: tuple[int, int, int, int], far: int) -> float:
    """The share of a box's length that has ink within `far` pixels, before it where negative; its edge is its own."""
    x, y, w, h = box
    part = window[max(0, y + far) : max(0, y - 1)] if far < 0 else window[y + h + 1 : y + h + far]
    return share(np.any(part[:, x : x + w], axis=0))
