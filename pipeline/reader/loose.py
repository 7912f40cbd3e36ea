"""Lines of text outside every table: those that the detector found, and those that it passed over."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Grid
from pipeline.ink import Grey, printed
from pipeline.reader.bands import Band, cut_band

_Box = tuple[float, float, float, float]

# A line that the detector passed over is looked for at a quarter of the size; it is as high as one character or two (a
# title), three characters long, and text covers between these shares of its box.
_COARSE = 4
_HIGH = (0.6, 2.2)
_LONG = 3.0
_INKED = (0.04, 0.5)
# A thin stroke, spread over so many pixels, is darker than the grain of a scan.
_STROKED = 28
# Characters of a spaced title stand further apart than those of a line.
_APART = 1.6
# How sure such a line must be; dirt, desks and seals are read too, and make no words.
_SURE = 0.8


def _frames(grids: Sequence[Grid]) -> list[_Box]:
    return [
        (
            min(box[0] for box in grid.boxes),
            min(box[1] for box in grid.boxes),
            max(box[2] for box in grid.boxes),
            max(box[3] for box in grid.boxes),
        )
        for grid in grids
    ]


def loose_bands(ink: Grey, lines: NDArray[np.float64], grids: Sequence[Grid], size: float) -> list[Band]:
    """Find the lines outside every table, from the boxes that the detector found."""
    frames = _frames(grids)
    bands = []
    for quad in lines:
        x0, y0 = quad.min(axis=0)
        x1, y1 = quad.max(axis=0)
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        if any(f[0] <= middle[0] <= f[2] and f[1] <= middle[1] <= f[3] for f in frames):
            continue
        left, top = max(0, round(x0 - 0.2 * size)), max(0, round(y0))
        right, bottom = min(ink.shape[1], round(x1 + 0.2 * size)), min(ink.shape[0], round(y1))
        for f in frames:  # a box may reach over a table's edge
            if left < f[2] and right > f[0]:
                if top < f[1] - size / 4 < bottom:
                    bottom = int(f[1] - size / 4)
                if top < f[3] + size / 4 < bottom and middle[1] > f[3]:
                    top = int(f[3] + size / 4)
        if bottom - top < 0.3 * size or right - left < 0.3 * size:
            continue
        window = ink[top:bottom, left:right]
        mask = printed(window)
        if mask.any():
            bands.append(_cut_line(window, mask, (left, top), size))
    return bands


def unseen_bands(ink: Grey, lines: NDArray[np.float64], grids: Sequence[Grid], size: float) -> list[Band]:
    """Find lines outside every table that the detector passed over: a thin, spaced title is no line to it.

    Dirt and what is left of seals are among them; what they are read as tells (`without_guesses`).
    """
    height, width = ink.shape[0] // _COARSE, ink.shape[1] // _COARSE
    whole = ink[: height * _COARSE, : width * _COARSE]  # by whole numbers, which is ten times as fast
    coarse = cv2.bitwise_not(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA))
    for x0, y0, x1, y1 in _frames(grids):
        _blank(coarse, (x0 - 0.3 * size, y0 - 0.3 * size, x1 + 0.3 * size, y1 + 0.3 * size))
    for quad in lines:
        (x0, y0), (x1, y1) = quad.min(axis=0), quad.max(axis=0)
        _blank(coarse, (x0 - 0.5 * size, y0 - 0.2 * size, x1 + 0.5 * size, y1 + 0.2 * size))
    mask = cv2.threshold(coarse, _STROKED, 1, cv2.THRESH_BINARY)[1]
    if not mask.any():
        return []
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((1, max(1, round(_APART * size / _COARSE))), np.uint8))
    joined = cv2.dilate(joined, np.ones((max(1, round(0.2 * size / _COARSE)), 1), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = []
    for x, y, w, h, _ in stats[1:count].tolist():
        if not _HIGH[0] * size <= h * _COARSE <= _HIGH[1] * size or w * _COARSE < _LONG * size or w < 2 * h:
            continue
        window = ink[y * _COARSE : (y + h) * _COARSE, x * _COARSE : (x + w) * _COARSE]
        inked = printed(window)
        if not _INKED[0] <= inked.mean() <= _INKED[1]:
            continue
        found.append(_cut_line(window, inked, (x * _COARSE, y * _COARSE), size))
    return found


def _cut_line(window: Grey, inked: Grey, origin: tuple[int, int], size: float) -> Band:
    """Cut out what is inked in a window, which is one line."""
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return cut_band(window, origin, box, min(size, float(window.shape[0])))


def without_guesses(unseen: Sequence[Band]) -> list[Band]:
    """Those of the lines which no detector saw that are text beyond doubt."""
    return [
        band
        for band in unseen
        if band.line is not None
        and band.line.confidence >= _SURE
        and sum("\u4e00" <= character <= "\u9fff" for character in band.line.text) >= _LONG
    ]


def _blank(coarse: Grey, box: _Box) -> None:
    x0, y0, x1, y1 = (value / _COARSE for value in box)
    coarse[max(0, math.floor(y0)) : max(0, math.ceil(y1)), max(0, math.floor(x0)) : max(0, math.ceil(x1))] = 0
