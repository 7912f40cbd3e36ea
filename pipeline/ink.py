"""Ink on paper: the small operations on grey pixels that straighten, grid and reader share."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

# Ink darker than this share of the paper belongs to print. Measured results are the same from .5 to .72.
PRINT = 0.66
# A ruling is thinner than this many text heights; a thick border with a thin one beside it is one ruling.
THICK = 0.45
# A ruling is darker than what lies beside it by at least this share of the paper. A hair line of a quarter point at 100
# dpi, blurred, keeps .25; a watermark or a shaded cell makes broad steps, which do not count at all.
CONTRAST = 0.16


def odd(value: float, least: int = 3) -> int:
    """Round to an odd number of pixels."""
    return max(least, round(value) // 2 * 2 + 1)


def printed(ink: Grey) -> Grey:
    """Return 1 where there is print, 0 on paper."""
    return (ink < PRINT * 255).astype(np.uint8)


def share(seen: NDArray[np.bool_]) -> float:
    """The share that is True; nothing of nothing is none."""
    return float(np.count_nonzero(seen)) / max(1, seen.size)


def quantile(grey: NDArray[np.uint8], part: float) -> float:
    """The value that `part` of the pixels are below, as `np.quantile` has it: counted, which is ten times as fast."""
    count = np.cumsum(np.bincount(grey.ravel(), minlength=256))
    place = (int(count[-1]) - 1) * part
    low = int(np.searchsorted(count, int(place), side="right"))
    high = int(np.searchsorted(count, math.ceil(place), side="right"))
    return low + (high - low) * (place - int(place))


def smoothed(x: NDArray[np.float64], y: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """The polynomial of `order` that is nearest to y over x (-1 to 1), at each x."""
    # Chebyshev's polynomials stand nearly square to each other on -1 to 1: the plain normal equations are exact enough.
    design = np.polynomial.chebyshev.chebvander(x, order)
    square = design.T @ design
    square.flat[:: order + 2] += 1e-9 * len(x)  # as few points as terms must not divide by nothing
    fitted: NDArray[np.float64] = design @ np.linalg.solve(square, design.T @ y)
    return fitted


def shrunk(image: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Average squares of `factor` by `factor` pixels; rests at the right and lower edge are left out.

    By halves as long as it goes: whole factors, and halves most of all, cost a tenth of what others do.
    """
    while factor % 2 == 0:
        image, factor = _averaged(image, 2), factor // 2
    return _averaged(image, factor)


def _averaged(image: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    height, width = image.shape[0] // factor, image.shape[1] // factor
    if factor == 1 or min(height, width) == 0:
        return image
    part = image[: height * factor, : width * factor]
    return cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)


def find_ground(ink: Grey, size: float, kernel: float) -> tuple[Grey, int]:
    """Find what lies under the text: all that is narrower than `kernel` sizes is taken off.

    Works on the page reduced so that `size` pixels become ten; returns the ground so reduced, and the kernel's side.
    """
    step = max(1, round(size / 10))
    reduced = shrunk(ink, step)
    side = odd(kernel * size / step)
    return cv2.morphologyEx(reduced, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)), side


def thin_across(ink: Grey, height: float) -> Grey:
    """Return 1 on what is thin from top to bottom (horizontal rulings and strokes), 0 elsewhere.

    What is darker than its neighbourhood in this one direction: shading, watermarks and broad blots fall out, a ruling
    across them does not. For verticals pass the transposed page.
    """
    size = max(5, round(THICK * height) + 1)
    lifted = cv2.morphologyEx(ink, cv2.MORPH_BLACKHAT, np.ones((size, 1), np.uint8))
    return (lifted > CONTRAST * 255).astype(np.uint8)


def is_ruling(
    ink: Grey, thin: Grey, along: NDArray[np.float64], centre: NDArray[np.float64], thick: float, height: float
) -> bool:
    """Tell a piece of ruling, which may lean or bend, from strokes of text that happen to stand in a row.

    `centre` is the piece's row at each column of `along`. A ruling has clean flanks; where text stands close to it, it
    is still drawn through, without the gaps there are between strokes, nothing grows out of it, and ink is seldom on
    both sides at once.
    """
    # The bands are cut along the piece: a few hundred columns of some twenty rows.
    far = _far(thick, height)
    columns = along.astype(int)
    rows = np.floor(centre).astype(int)[None, :] + np.arange(-far, far + 1)[:, None]
    rows = np.clip(rows, 0, ink.shape[0] - 1)
    return _looks_ruled(ink[rows, columns[None, :]], thin[rows, columns[None, :]], thick, height)


def is_level_ruling(ink: Grey, thin: Grey, box: tuple[int, int, int, int], height: float) -> bool:
    """Tell the same of a level piece that fills the box x, y, width, height."""
    x, y, w, h = box
    far = _far(float(h), height)
    middle = y + h // 2
    top, bottom = max(0, middle - far), min(ink.shape[0], middle + far + 1)
    part, lines = ink[top:bottom, x : x + w], thin[top:bottom, x : x + w]
    if part.shape[0] < 2 * far + 1:  # at the page's edge: beyond it is paper
        above, below = top - (middle - far), middle + far + 1 - bottom
        part = np.pad(part, ((above, below), (0, 0)), constant_values=255)
        lines = np.pad(lines, ((above, below), (0, 0)))
    return _looks_ruled(part, lines, float(h), height)


def darkness(ink: Grey, box: tuple[int, int, int, int]) -> float:
    """Tell how much darker than paper (0 to 255) a level piece is along its darkest row or rows, where it is drawn.

    Of dots and dashes half is paper; the darkest quarter is drawn.
    """
    x, y, w, h = box
    return 255.0 - quantile(ink[max(0, y) : y + h, x : x + w].min(axis=0), 0.25)


def _edge(thick: float, height: float) -> int:
    return math.ceil(thick / 2 + 0.06 * height)


def _far(thick: float, height: float) -> int:
    return max(_edge(thick, height) + 3, round(thick / 2 + 0.25 * height))


def _looks_ruled(part: Grey, lines: Grey, thick: float, height: float) -> bool:
    """Judge a band with the piece along its middle row."""
    middle, edge = part.shape[0] // 2, _edge(thick, height)
    level = PRINT * 255
    core = max(1, math.ceil(thick / 2))
    drawn: NDArray[np.bool_] = np.any(lines[middle - core : middle + core + 1], axis=0)
    solid = share(drawn)
    above = part[: middle - edge].min(axis=0) < level
    below = part[middle + edge + 1 :].min(axis=0) < level
    both = share(above & below)
    if max(share(above), share(below)) < 0.08:
        return solid >= 0.4  # dots and dashes are rulings too
    width = part.shape[1]
    grown = max(share(part[middle - edge - 1] < level), share(part[middle + edge + 1] < level))
    if width <= 4 * height and grown > 0.06:
        return False
    if width > 7 * height and 0.4 <= solid < 0.85:
        # Between the dots of a dotted ruling there is less than between strokes.
        dots = max(2, round(0.08 * height))
        solid = float(
            cv2.morphologyEx(drawn.astype(np.uint8).reshape(1, -1), cv2.MORPH_CLOSE, np.ones((1, dots + 1))).mean()
        )
    return solid >= 0.85 and (both < 0.12 or (width > 7 * height and both < 0.3))
