"""Ink on paper: the small operations on grey pixels that straighten, grid and reader share."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
_A = TypeVar("_A")
_B = TypeVar("_B")

# Ink darker than this share of the paper belongs to print. Measured results are the same from .5 to .72.
PRINT = 0.66
_PRINT_LEVEL = math.ceil(PRINT * 255) - 1
# A ruling is thinner than this many text heights; a thick border with a thin one beside it is one ruling.
THICK = 0.45
# A ruling is darker than what lies beside it by at least this share of the paper. A hair line of a quarter point at 100
# dpi, blurred, keeps .25; a watermark or a shaded cell makes broad steps, which do not count at all.
CONTRAST = 0.16


def use_threads(count: int) -> None:
    """Let the work on pixels use so many threads; every process that reads pages says how many are its own."""
    cv2.setNumThreads(count)


def at_once(first: Callable[[], _A], second: Callable[[], _B]) -> tuple[_A, _B]:
    """Return what two calls return, made at the same time where the process may use two threads.

    A thread for each call, not a pool: it costs a tenth of a millisecond, and a pool does not live through a fork.
    """
    if cv2.getNumThreads() < 2:
        return first(), second()
    result: list[_B] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(second())
        except BaseException as error:  # it is the caller's
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        mine = first()
    finally:
        thread.join()
    if failure:
        raise failure[0]
    return mine, result[0]


def odd(value: float, least: int = 3) -> int:
    """Round to an odd number of pixels."""
    return max(least, round(value) // 2 * 2 + 1)


def printed(ink: Grey) -> Grey:
    """Return 1 where there is print, 0 on paper."""
    return cv2.threshold(ink, _PRINT_LEVEL, 1, cv2.THRESH_BINARY_INV)[1] if ink.size else ink


def share(seen: NDArray[np.bool_]) -> float:
    """The share that is True; nothing of nothing is none."""
    return float(np.count_nonzero(seen)) / max(1, seen.size)


_FEW = 2_000


def quantile(grey: NDArray[np.uint8], part: float) -> float:
    """The value that `part` of the pixels are below, as `np.quantile` has it: counted, which is ten times as fast."""
    if grey.size <= _FEW:  # a few hundred are sorted in half the time
        line = np.sort(grey, axis=None, kind="stable")
        place = (grey.size - 1) * part
        low, high = int(line[int(place)]), int(line[math.ceil(place)])
        return low + (high - low) * (place - int(place))
    count = np.cumsum(np.bincount(grey.ravel(), minlength=256))
    place = (int(count[-1]) - 1) * part
    low = int(np.searchsorted(count, int(place), side="right"))
    high = int(np.searchsorted(count, math.ceil(place), side="right"))
    return low + (high - low) * (place - int(place))


def smoothed(x: NDArray[np.float64], y: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """The polynomial of `order` that is nearest to y over x (-1 to 1), at each x."""
    # Chebyshev's polynomials stand nearly square to each other on -1 to 1: the plain normal equations are exact enough.
    terms = np.ones((order + 1, len(x)))
    if order:
        terms[1] = x
    for number in range(2, order + 1):
        terms[number] = 2 * x * terms[number - 1] - terms[number - 2]
    design = terms.T
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
    return cv2.threshold(lifted, math.floor(CONTRAST * 255), 1, cv2.THRESH_BINARY)[1]


class Runs(NamedTuple):
    """The rows of a mask in which there is anything, and what is in them; most rows of a page hold no ruling."""

    rows: NDArray[np.intp]
    bits: Grey

    def add_upright(self, mask: Grey) -> Grey:
        """Return the mask with these runs drawn into it as columns."""
        drawn = mask.copy()
        drawn[:, self.rows] |= self.bits.T
        return drawn


def long_runs(mask: Grey, least: int) -> Runs:
    """Keep of each row of a mask of 0 and 1 the runs that are at least `least` long."""
    # Most rows hold none, which a few of their pixels show: of a long run six in a row are set. Beyond the page's edge
    # all counts as set.
    step = max(1, least // 8)
    sample = np.ascontiguousarray(mask[:, ::step])
    seen = cv2.erode(sample, np.ones((1, max(1, least // step - 1)), np.uint8))
    rows = np.flatnonzero(seen.view(bool).any(axis=1))
    bits = cv2.morphologyEx(mask[rows], cv2.MORPH_OPEN, np.ones((1, least), np.uint8)) if len(rows) else mask[rows]
    found = bits.view(bool).any(axis=1)
    return Runs(rows[found], bits[found])


class Patches(NamedTuple):
    """What hangs together in a mask: `stats` and `centres` as OpenCV has them, and each patch's own pixels."""

    stats: NDArray[np.int32]
    centres: NDArray[np.float64]
    tops: NDArray[np.int32]  # the first row of each in `labels`
    labels: NDArray[np.int32] | NDArray[np.uint16]

    def window(self, number: int) -> NDArray[np.bool_]:
        """The pixels of one patch within its box."""
        x, _, w, h = (int(value) for value in self.stats[number, :4])
        y = int(self.tops[number])
        window: NDArray[np.bool_] = self.labels[y : y + h, x : x + w] == number
        return window


def joined(mask: Grey, least: int = 1) -> tuple[Any, NDArray[np.int32], NDArray[np.float64]]:
    """Find what hangs together (corners too): labels, `stats` and `centres` as OpenCV has them.

    `least` is how long every run of a row is. Then few labels are needed, and half as many bytes are written for them.
    """
    # New labels begin in pairs of rows, at most one for each run and the gap behind it; runs at the edge are shorter.
    few = (mask.shape[0] // 2 + 1) * (mask.shape[1] // (least + 1) + 3) < 65_000
    _, labels, stats, centres = cv2.connectedComponentsWithStats(
        mask, connectivity=8, ltype=cv2.CV_16U if few else cv2.CV_32S
    )
    return labels, stats, centres


def patches(runs: Runs) -> Patches:
    """Find what hangs together; only rows that hold anything are looked at, and one blank row behind each group."""
    rows, bits = runs
    if not len(rows):
        nothing = np.zeros((1, 5), np.int32)
        return Patches(nothing, np.zeros((1, 2)), nothing[:, 1], np.zeros((0, 0), np.int32))
    place = np.arange(len(rows)) + np.concatenate(([0], np.cumsum(np.diff(rows) > 1)))
    packed = np.zeros((int(place[-1]) + 1, bits.shape[1]), np.uint8)
    packed[place] = bits
    labels, stats, centres = joined(packed)
    home = np.zeros(len(packed), np.int64)
    home[place] = rows
    stats[0] = centres[0] = 0  # the ground, of which there may be none
    tops = stats[:, cv2.CC_STAT_TOP].copy()
    moved = home[tops] - tops
    stats[:, cv2.CC_STAT_TOP] += moved.astype(np.int32)
    centres[:, 1] += moved
    return Patches(stats, centres, tops, labels)


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
    columns, rows = along.astype(int), np.floor(centre).astype(int)
    return _looks_ruled(cut_along(ink, rows, columns, far), cut_along(thin, rows, columns, far), thick, height)


# A line that wanders more often than this from row to row is cut out pixel by pixel; nearly all do so two or three
# times, and a copy of what lies between takes a hundredth of the time.
_STEPS = 48


def cut_along(page: Grey, rows: NDArray[np.int_], columns: NDArray[np.int_], reach: int) -> Grey:
    """Cut out a line, which is in `rows` at `columns`, with `reach` rows on both sides; the page's edge is repeated."""
    if not len(rows):
        return np.empty((2 * reach + 1, 0), page.dtype)
    steps = np.flatnonzero(rows[1:] != rows[:-1]) + 1
    inside = int(rows.min()) >= reach and int(rows.max()) + reach < len(page)
    if not inside or len(steps) > _STEPS or columns[-1] - columns[0] != len(columns) - 1:
        around = np.clip(rows + np.arange(-reach, reach + 1)[:, None], 0, page.shape[0] - 1) * page.shape[1] + columns
        return page.ravel().take(around)
    band = np.empty((2 * reach + 1, len(rows)), page.dtype)
    for first, last in pairwise([0, *steps.tolist(), len(rows)]):
        row, column = int(rows[first]), int(columns[first])
        band[:, first:last] = page[row - reach : row + reach + 1, column : column + last - first]
    return band


# Text heights: where a ruling ends others cross it, and of one as short as a row or two those are a tenth (three of a
# double border on 3.2 were). What is left between its ends is longer than a stroke.
_A_ROW, _CROSSED = (2.5, 7.0), 0.4


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
    if _A_ROW[0] * height <= w <= _A_ROW[1] * height:
        ends = round(_CROSSED * height)
        part, lines = part[:, ends : w - ends], lines[:, ends : w - ends]
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


# So many dashes in a row that are all alike, and their gaps too, are no strokes of text, however close text stands.
_DASHES = 12
_ALIKE = 0.8


def is_even(drawn: NDArray[np.bool_]) -> bool:
    """Tell whether a line is dashes of one length with gaps of one length, to a pixel or a quarter."""
    edges = np.flatnonzero(drawn[1:] != drawn[:-1])
    lengths = np.diff(edges)
    if len(lengths) < 2 * _DASHES:
        return False
    for alternate in (lengths[::2], lengths[1::2]):
        usual = float(np.median(alternate))
        if share(np.abs(alternate - usual) <= max(1.0, 0.25 * usual)) < _ALIKE:
            return False
    return True


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
        if solid < 0.85 and is_even(drawn):
            solid = 1.0
    return solid >= 0.85 and (both < 0.12 or (width > 7 * height and both < 0.3))
