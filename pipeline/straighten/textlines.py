"""What the lines of text say of a page: which way is up, how large its text is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ink import PRINT, Grey, quantile, shrunk

FindLines = Callable[[NDArray[np.uint8], int], NDArray[np.float32]]
UpsideDown = Callable[[Sequence[NDArray[np.uint8]]], NDArray[np.float32]]

# The core of a line of text is .75 of the short side of a detected box (the detector pads).
_CORE = 0.75
# Fewer boxes than this are looked at with care.
_FEW = 5
# Without any text the text height is taken as this share of the page's long side (a 12 pt line on A4).
_DEFAULT_HEIGHT = 1 / 73


def shrink(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Shrink by averaging (the detector's own resize skips pixels, and with them thin strokes)."""
    factor = side / max(image.shape[:2])
    if factor >= 1:
        return image
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    while min(image.shape[0] / size[1], image.shape[1] / size[0]) >= 2:
        image = shrunk(image, 2)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def sides(lines: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Width and height of each quadrilateral."""
    width = np.linalg.norm(lines[:, 1] - lines[:, 0], axis=1) + np.linalg.norm(lines[:, 2] - lines[:, 3], axis=1)
    height = np.linalg.norm(lines[:, 3] - lines[:, 0], axis=1) + np.linalg.norm(lines[:, 2] - lines[:, 1], axis=1)
    return np.maximum(width / 2, 1e-6), np.maximum(height / 2, 1e-6)


def without_slanted(lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leave out what runs across the page at a slant (watermarks), where anything else is left."""
    if not len(lines):
        return lines
    across = lines[:, 1] - lines[:, 0] + lines[:, 2] - lines[:, 3]
    down = lines[:, 3] - lines[:, 0] + lines[:, 2] - lines[:, 1]
    long = np.where((np.linalg.norm(across, axis=1) >= np.linalg.norm(down, axis=1))[:, None], across, down)
    lean = np.degrees(np.arctan2(np.abs(long).min(axis=1), np.abs(long).max(axis=1)))
    # Pages lie askew by some degrees; beyond 15 it is done on purpose.
    level = lean <= 15
    return lines[level] if level.sum() >= 2 else lines


def without_pale(image: NDArray[np.uint8], lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leave out what is printed much paler than the rest (watermarks): the rest says how the page stands."""
    if len(lines) < 2:
        return lines
    contrast = []
    for quad in lines:
        x0, y0 = np.maximum(quad.min(axis=0), 0).astype(int)
        x1, y1 = quad.max(axis=0).astype(int) + 1
        window = image[y0:y1:2, x0:x1:2, 1]
        dark, light = (quantile(window, 0.04), quantile(window, 0.9)) if window.size else (255.0, 255.0)
        contrast.append((light - dark) / max(1.0, light))
    shares = np.array(contrast)
    return lines[shares >= 0.5 * np.percentile(shares, 85)]


def find_turns(image: NDArray[np.uint8], lines: NDArray[np.float64], upside_down: UpsideDown) -> int:
    """Find by how many quarter turns (anticlockwise) the page must be turned to stand upright.

    Lines of text are longer than high; which of the two directions left is up, a classifier says of the eight lines
    whose shape it knows best.
    """
    if not len(lines):
        return 0
    width, height = sides(lines)
    turns = 0 if np.log(width / height).sum() >= 0 else 1
    long, short = (width, height) if turns == 0 else (height, width)
    fit = np.flatnonzero(long / short >= 1.7)
    if not len(fit):
        fit = np.arange(len(lines))
    chosen = fit[np.argsort(np.abs(np.log(long[fit] / short[fit] / 5.0)), kind="stable")[:8]]
    crops = [_line_crop(image, lines[number], turns) for number in chosen]
    return turns + (2 if float(np.mean(upside_down(crops))) > 0.5 else 0)


def _line_crop(image: NDArray[np.uint8], quad: NDArray[np.float64], turns: int) -> NDArray[np.uint8]:
    """Cut one line as it stands after `turns` (0 or 1) quarter turns, 48 x 192, padded on the right as trained."""
    width, height = (float(side[0]) for side in sides(quad[None]))
    corners = quad if turns == 0 else np.roll(quad, -1, axis=0)
    across, down = (width, height) if turns == 0 else (height, width)
    wide = int(min(192, max(8, math.ceil(48 * across / down))))
    target = np.array([[0, 0], [wide, 0], [wide, 48], [0, 48]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    crop = np.full((48, 192, 3), 127, np.uint8)
    crop[:, :wide] = cv2.warpPerspective(image, matrix, (wide, 48), flags=cv2.INTER_LINEAR)
    return crop


def clockwise(lines: NDArray[np.float64], turns: int) -> NDArray[np.float64]:
    """Start each quadrilateral again at its top left corner as the page stands now."""
    del turns
    if not len(lines):
        return lines
    start = np.argmin(lines.sum(axis=2), axis=1)
    return np.stack([np.roll(line, -first, axis=0) for line, first in zip(lines, start, strict=True)])


def text_height(lines: NDArray[np.float64], turns: int, image: NDArray[np.uint8]) -> float:
    """The height of a line's core in pixels of `image`, at the median."""
    if not len(lines):
        return max(image.shape[:2]) * _DEFAULT_HEIGHT
    width, height = sides(lines)
    long, short = (width, height) if turns % 2 == 0 else (height, width)
    # The box around a character or two is as high as it is wide, whatever the character's height.
    known = long >= 2.5 * short
    heights = short[known] if known.any() else short
    # Of a few boxes one may hold two lines of a tight table: the lower of two is a line's.
    return float(np.quantile(heights, 0.5, method="lower" if len(heights) < _FEW else "linear")) * _CORE


def measured_height(ink: Grey, lines: NDArray[np.float64], height: float) -> float:
    """Measure the characters' height on the ink; the detector's boxes come in steps of several pixels.

    A line of Chinese fills .92 of an em; a text height is 1.2 em, what the boxes' cores are on average.
    """
    heights = []
    for quad in lines:
        top, bottom = quad[:, 1].min(), quad[:, 1].max()
        left, right = quad[:, 0].min(), quad[:, 0].max()
        if right - left < 2.5 * height or bottom - top > 2.2 * height:
            continue
        middle = (left + right) / 2
        part = ink[max(0, int(top)) : int(bottom) + 1, max(0, int(middle - 1.5 * height)) : int(middle + 1.5 * height)]
        filled = (part < PRINT * 255).mean(axis=1) > 0.03
        # The run of rows through the middle of the box: rulings above and below are left out.
        rows = np.flatnonzero(~filled)
        centre = len(filled) / 2
        above, below = rows[rows < centre - 0.2 * height], rows[rows > centre + 0.2 * height]
        first = int(above[-1]) + 1 if len(above) else 0
        last = int(below[0]) if len(below) else len(filled)
        if last - first >= 0.4 * height:
            heights.append(last - first)
    if len(heights) < min(3, max(1, len(lines) // 2)):
        return height
    return float(np.clip(1.2 / 0.92 * np.percentile(heights, 60), 0.6 * height, 1.4 * height))
