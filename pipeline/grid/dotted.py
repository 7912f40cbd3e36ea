"""Rulings of dots or dashes that a coarse copy has parted: each bit is shorter than any piece that says something.

Dots stand free, one behind the other at one place, with nothing beside them: no text does.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.grid.pieces import LEAST_H, LEAST_V, Mask, Piece, Pieces, Sheet
from pipeline.ink import PRINT, Grey, at_once, darkness, is_even, long_runs, patches, share

# Between two dots or dashes there is up to this many text heights; one that a bad copy lost doubles it.
_BETWEEN = 0.4
# A dot is no thicker than a ruling of one point.
_THICK = 0.16
# So many text heights long is a row of dots at least; verticals stand in rows of one line, 1.45 high. And so many dots
# are in it: two dashes are a row's blanks, not a ruling.
_LONG_ACROSS, _LONG_DOWN, _DOTS = 2.6, 1.1, 5
# How much of it is inked at least, and how much of its flanks at most.
_FILLED, _BESIDE = 0.18, 0.12
# Of 650 rows of dots with more beside them that are as long as this (across, down) or all alike, on 215 faxes with
# rulings of all kinds, two were none, one of them dots of a grey in rows over each other; of 950 shorter ones 660.
_SURE_ACROSS, _SURE_DOWN, _FLAT = 4.0, 7.0, 0.16
# Beside the dots of noise there are others everywhere, or they are few.
_CROWDED, _DRAWN = 0.75, 0.35
# So long, with one side as clean as that, it is a ruling whatever stands on the other: text has ink on both.
_HALF_CLEAN = 4.0


def add_dotted(across: Sheet, down: Sheet, height: float) -> None:
    """Add to both sheets the rulings whose pieces are dots, as one piece each."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(across.mask, connectivity=8)
    wide, tall = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    thick = _THICK * height + 1
    inked = np.flatnonzero(across.mask.view(bool))
    owner = labels.ravel()[inked]

    def look(
        sheet: Sheet, along: NDArray[np.int32], thin: NDArray[np.int32], least: float, lengths: tuple[float, float]
    ) -> Pieces:
        dots = (thin <= thick) & (along <= 1.1 * least * height)
        dots[0] = False
        if np.count_nonzero(dots) < _DOTS:
            return []
        mask = np.zeros_like(across.mask)
        mask.ravel()[inked[dots[owner]]] = 1
        return _rows_of_dots(sheet, mask if sheet is across else cv2.transpose(mask), lengths, height)

    found = at_once(
        lambda: look(across, wide, tall, LEAST_H, (_LONG_ACROSS, _SURE_ACROSS)),
        lambda: look(down, tall, wide, LEAST_V, (_LONG_DOWN, _SURE_DOWN)),
    )
    across.pieces += found[0]
    down.pieces += found[1]


def _rows_of_dots(sheet: Sheet, dots: Mask, lengths: tuple[float, float], height: float) -> Pieces:
    """Find what is dots one behind the other, with clean flanks or so long that these say nothing."""
    least, long = lengths
    reach = round(_BETWEEN * height)
    # Leaning rows step by a pixel.
    rows = cv2.morphologyEx(cv2.dilate(dots, np.ones((3, 1), np.uint8)), cv2.MORPH_CLOSE, np.ones((1, reach + 1)))
    stats, centres, _, _ = patches(long_runs(rows, round(least * height)))
    found: Pieces = []
    for number in range(1, len(stats)):
        x, y, w, h, area = (int(value) for value in stats[number])
        if h > 2 * _THICK * height + 4 or area < 0.5 * w * h:
            continue
        inked: NDArray[np.bool_] = np.any(dots[y : y + h, x : x + w], axis=0)
        starts = int(np.count_nonzero(np.diff(inked.astype(np.int8), prepend=0) == 1))
        if starts < _DOTS or share(inked) < _FILLED:
            continue
        # Text that all but touches a ruling of dashes does not make it text.
        flat = h <= _FLAT * height + 2 and share(inked) >= _DRAWN
        sure = flat and (w >= long * height or is_even(inked))
        sides = _beside(sheet.ink, (x, y, w, h), height)
        # Texts begin close behind a vertical, each in its row; the other side is blank then.
        half = flat and w >= _HALF_CLEAN * height and min(sides) <= _BESIDE
        if max(sides) > (_CROWDED if sure or half else _BESIDE):
            continue
        area, along = int(np.count_nonzero(dots[y : y + h, x : x + w])), int(np.count_nonzero(inked))
        thick = max(1.0, area / max(1, along))
        place = float(centres[number][1]) + 0.5
        found.append(Piece(float(x), float(x + w), place, thick, darkness(sheet.ink, (x, y, w, h)), dotted=True))
    return found


def _beside(ink: Grey, box: tuple[int, int, int, int], height: float) -> tuple[float, float]:
    """The shares of a row's length that have ink close above and close below."""
    x, y, w, h = box
    far = max(3, round(0.25 * height))
    above, below = ink[max(0, y - far) : max(0, y), x : x + w], ink[y + h : y + h + far, x : x + w]
    over, under = (share(np.any(side < PRINT * 255, axis=0)) if side.size else 0.0 for side in (above, below))
    return over, under
