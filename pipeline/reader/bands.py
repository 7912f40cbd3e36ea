"""Where the lines of text are: bands of ink inside cells, and outside them; each is cut out for the recogniser."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.document import Line
from pipeline.ink import Grey, find_ground, odd, printed
from pipeline.reader.hairs import with_hair_strokes
from pipeline.reader.specks import LOW, without_specks

LINE_HEIGHT = 48
# A hyphen is a seventh of a character wide or more, in wide faces a third; a dash reaches from .4 to two characters.
SHORT_DASH = 0.14
LONG_DASH = 0.4
# Lone hyphens of four faces as faxes: .25 to .54 of a character; dashes .76 to 1.12.
EM_DASH = 0.65


@dataclass(slots=True)
class Band:
    """One line of text inside a cell or loose on the page, in upright pixels."""

    x0: int
    y0: int
    x1: int
    y1: int
    crop: Grey
    length: float  # in text heights
    keep: bool = True
    line: Line | None = None
    said: bool = False  # by the file's text layer
    faint: bool = False  # a dash lighter than print


# Where the ground under the text is darker than the first share of the paper it is shaded, or a watermark; where it is
# darker than the second one it is left.
_SHADED, _DARK = 0.9, 0.35


def flattened(ink: Grey, size: float) -> Grey:
    """Lift shading and watermarks from under the text: the ground is what is broader than a stroke of text can be.

    The ground is found at a third of the size, where text of any weight is still thinner than the kernel (half a
    character); dark ground is left, there the text is the lighter part.
    """
    ground, side = find_ground(ink, size, 0.5)
    if int((ground < _SHADED * 255).sum()) >= side * side:
        ground = cv2.resize(ground, (ink.shape[1], ink.shape[0]), interpolation=cv2.INTER_LINEAR)
        shaded = cv2.inRange(ground, math.ceil(_DARK * 255), math.ceil(_SHADED * 255) - 1)
        ink = cv2.divide(ink, cv2.bitwise_or(ground, cv2.bitwise_not(shaded)), scale=255)
    return _without_watermark(ink, size)


# Strokes of a watermark, however noisy the scan, vary by no more than this over three pixels; the rims of text do.
_FLAT = 40
# Greys that could be a watermark's: darker ones are print, lighter ones no reader minds.
_GREYS = (90, 185)
# A stroke of a watermark is as long as a character; all of them take up four characters' areas or more.
_STROKE = 0.8
_LEAST_MARK = 3.0
# The watermark is lighter than this level at nearly all of its pixels; the rest is noise, and print that crosses it.
_LIGHTEST = 15
_MARGIN = 8
# The cores of dark strokes are left as they are.
_CORE = 60


def _without_watermark(ink: Grey, size: float) -> Grey:
    """Lift the strokes of a watermark from the paper, and from under the text that crosses them.

    They are broad and of one grey, and so flat inside; the greys of text are the rims of dark strokes. Only what lies
    around them is touched: print there keeps its dark core.
    """
    kernel = np.ones((3, 3), np.uint8)
    grey = cv2.inRange(ink, _GREYS[0] + 1, _GREYS[1] - 1)
    if cv2.countNonZero(grey) < _LEAST_MARK * size * size:
        return ink
    spread = cv2.subtract(cv2.dilate(ink, kernel), cv2.erode(ink, kernel))
    flat = cv2.bitwise_and(grey, cv2.compare(spread, _FLAT, cv2.CMP_LE))
    if cv2.countNonZero(flat) < _LEAST_MARK * size * size:
        return ink
    # Noise breaks a stroke into flat pieces side by side.
    pieces = cv2.dilate(flat, np.ones((odd(0.15 * size),) * 2, np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(pieces, connectivity=8)
    long = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) >= _STROKE * size
    long[0] = False
    if count <= 1 or not long.any():
        return ink
    strokes = long[labels] & (flat > 0)
    if int(strokes.sum()) < _LEAST_MARK * size * size:
        return ink
    level = int(np.percentile(ink[strokes], _LIGHTEST)) - _MARGIN
    grey = np.arange(256, dtype=np.float64)
    lifted = np.where(grey <= _CORE, grey, _CORE + (grey - _CORE) * (255 - _CORE) / max(level - _CORE, 1))
    around = cv2.dilate(strokes.astype(np.uint8), np.ones((odd(0.3 * size),) * 2, np.uint8)) > 0
    return np.where(around, cv2.LUT(ink, np.clip(lifted, 0, 255).astype(np.uint8)), ink).astype(np.uint8)


# How far from half its cell's height a dash may lie, in characters.
_MIDDLE = 0.25
# An ellipsis has ink in a third of its columns, two specks in a line's length in a twentieth.
_THIN = 0.15


def find_bands(ink: Grey, box: tuple[float, float, float, float], size: float) -> list[Band]:
    """Find the lines of text inside a box."""
    inset = 0.12 * size
    x0, y0 = max(0, round(box[0] + inset)), max(0, round(box[1] + inset))
    x1, y1 = min(ink.shape[1], round(box[2] - inset)), min(ink.shape[0], round(box[3] - inset))
    if x1 - x0 < 0.3 * size or y1 - y0 < 0.3 * size:
        return []
    window = ink[y0:y1, x0:x1]
    mask = printed(window)
    if not cv2.countNonZero(mask):
        return _faint_dash(window, (x0, y0), size)
    kept = without_specks(mask, size)
    if kept is not mask and (mended := with_hair_strokes(window, mask, kept, size)) is not mask:
        mask, kept = mended, without_specks(mended, size)
    if kept is not mask:
        # What was taken away must not be seen by the recogniser either: it is painted over, blurred rim and all.
        gone = cv2.subtract(cv2.dilate(cv2.subtract(mask, kept), np.ones((5, 5), np.uint8)), kept)
        window = cv2.max(window, gone * np.uint8(255))
        mask = kept
        if not cv2.countNonZero(mask):
            return _faint_dash(ink[y0:y1, x0:x1], (x0, y0), size)
    bands = []
    for top, bottom in _split_rows(mask, size):
        columns = np.flatnonzero(mask[top:bottom].view(bool).any(axis=0))
        if not len(columns):
            continue
        left, right = int(columns[0]), int(columns[-1]) + 1
        if bottom - top <= LOW * size and (top + bottom < 0.5 * size or top + bottom > 2 * mask.shape[0] - 0.5 * size):
            continue  # what a ruling left behind: a dash stands in the middle of its line, away from the cell's edge
        if bottom - top <= LOW * size and len(columns) < _THIN * (right - left):
            continue  # specks beside each other between two lines: a row of dots or a dash has more ink
        bands.append(cut_band(window, (x0, y0), (left, top, right, bottom), size))
    if not any(band.y1 - band.y0 >= _FULL * size for band in bands):
        return bands
    # Dust between two lines is no line; alone in its cell, whatever it is, it is read.
    bands = [band for band in bands if band.y1 - band.y0 > LOW * size or band.length > 0.6]
    return [band for band in bands if band.y1 - band.y0 >= _FULL * size or not _is_dust(mask, band, (x0, y0), size)]


# A line of full characters.
_FULL = 0.6
# Dust over a line, which could be the dots of its characters and stays for that, is of several specks.
_SPECK = 0.22


def _is_dust(mask: Grey, band: Band, origin: tuple[int, int], size: float) -> bool:
    """Tell whether a low line beside full ones is of nothing but specks at different heights."""
    part = mask[band.y0 - origin[1] : band.y1 - origin[1], band.x0 - origin[0] : band.x1 - origin[0]]
    if band.y1 - band.y0 <= LOW * size:
        return False
    _, _, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    extents = np.maximum(stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT])
    return bool((extents <= _SPECK * size).all())


# Half as dark as print must be, and twice as dark as the grain of a scan.
_FAINT = 200


def _faint_dash(window: Grey, origin: tuple[int, int], size: float) -> list[Band]:
    """A dash alone in a cell that is lighter than print: at 100 dpi its stroke is thinner than a pixel.

    It lies in the middle of the cell, and there is nothing else of its kind.
    """
    mask = cv2.threshold(window, _FAINT, 1, cv2.THRESH_BINARY_INV)[1]
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count <= 1:
        return []
    number = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    x, y, w, h, area = (int(value) for value in stats[number])
    others = int(mask.sum()) - area
    middle = abs(y + h / 2 - mask.shape[0] / 2) <= _MIDDLE * size and abs(x + w / 2 - mask.shape[1] / 2) <= size
    if not middle or 2 * others > area or w < LONG_DASH * size or not is_dash(mask[y : y + h, x : x + w], size):
        return []
    band = cut_band(window, origin, (x, y, x + w, y + h), size)
    band.faint = True
    return [band]


def _split_rows(mask: Grey, size: float) -> list[tuple[int, int]]:
    """Part a box's ink into lines: (top, bottom) rows."""
    # Most of a wide cell is blank.
    left, _, wide, _ = cv2.boundingRect(mask)
    mask = mask[:, left : left + wide]
    filled = mask.sum(axis=1)
    change = np.diff(np.concatenate(([0], (filled > 0).astype(np.int8), [0])))
    runs = list(zip(np.flatnonzero(change == 1).tolist(), np.flatnonzero(change == -1).tolist(), strict=True))
    # Parts of one line (the strokes of 二, a dash and what stands beside it) are joined again.
    joined: list[list[int]] = []
    for top, bottom in runs:
        if joined and bottom - joined[-1][0] <= 1.12 * size:
            joined[-1][1] = bottom
        else:
            joined.append([top, bottom])
    single = [bottom - top for top, bottom in joined if 0.6 * size <= bottom - top <= 1.5 * size]
    full = float(np.median(single)) if single else size
    bands: list[tuple[int, int]] = []
    for top, bottom in joined:
        height = bottom - top
        count = round((height - full) / (1.25 * full)) + 1 if height > 1.6 * full else 1
        if count <= 1:
            bands.append((top, bottom))
            continue
        pitch = (height - full) / (count - 1)
        cuts = [top]
        for number in range(1, count):
            middle = top + full / 2 + (number - 0.5) * pitch
            reach = 0.35 * full
            low, high = int(max(cuts[-1] + 1, middle - reach)), int(min(bottom - 1, middle + reach))
            if high <= low:
                continue
            cuts.append(low + int(np.argmin(filled[low : high + 1])))
        cuts.append(bottom)
        for a, b in itertools.pairwise(cuts):
            inked = np.flatnonzero(filled[a:b])
            if len(inked):
                bands.append((a + int(inked[0]), a + int(inked[-1]) + 1))
    return [(top, bottom) for top, bottom in bands if bottom - top >= 0.08 * size or is_dash(mask[top:bottom], size)]


def is_dash(mask: Grey, size: float) -> bool:
    """A line of nothing but a dash or a hyphen, which may be as thin as a hair."""
    columns = np.flatnonzero(mask.view(bool).any(axis=0))
    if not len(columns) or mask.shape[0] > 0.3 * size:
        return False
    wide = int(columns[-1]) + 1 - int(columns[0])
    return SHORT_DASH * size <= wide <= 2.2 * size and (wide >= LONG_DASH * size or wide >= 2 * mask.shape[0])


# Dots of an ellipsis: so large and so far apart at most (characters).
_DOT = 0.32
_APART = 0.6


# Of a ring less than this share is ink.
_HOLLOW = 0.85


def read_dots(mask: Grey, size: float) -> str:
    """Say which row of three, six or nine dots or rings of one size a line consists of; "" where it is anything else.

    They are evenly spaced on one level: …, …… or 。。。, which the recogniser has not learnt to read alone.
    """
    if not 0 < mask.shape[0] <= 0.4 * size or mask.shape[1] < 0.5 * size:
        return ""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(mask), outlines, -1, 1, cv2.FILLED)
    # Dots that touch are one patch; in the fuller ones of their columns they are apart.
    columns = np.concatenate(([0], (filled.sum(axis=0) > 0.4 * mask.shape[0]).astype(np.int8), [0]))
    starts, ends = np.flatnonzero(np.diff(columns) == 1), np.flatnonzero(np.diff(columns) == -1)
    if len(starts) < 3 or len(starts) % 3:
        return ""
    wide, apart, ink = ends - starts, np.diff(starts + ends) / 2, cv2.countNonZero(filled)
    of_one_size = wide.max() <= _DOT * size and wide.max() <= 2 * wide.min() + 1
    even = apart.max() <= _APART * size and apart.max() <= 1.4 * apart.min() + 1
    if not of_one_size or not even or ink < 0.6 * float(wide.sum()) * mask.shape[0]:
        return ""
    return "。" * len(starts) if cv2.countNonZero(mask) < _HOLLOW * ink else "…" * (len(starts) // 3)


def is_slash(mask: Grey) -> bool:
    """One straight stroke from the top right to the bottom left, nothing else: all its ink is near the diagonal."""
    rows, columns = np.nonzero(mask)
    if mask.shape[0] < 3 or mask.shape[1] < 0.2 * mask.shape[0] or len(rows) < 3:
        return False
    # Slashes of the faces here: .91 to .98; ones at most .44, an italic l .83.
    return float(np.corrcoef(rows, columns)[0, 1]) < -0.86


def cut_band(
    window: Grey, origin: tuple[int, int], box: tuple[int, int, int, int], size: float, margin: float = 0.25
) -> Band:
    """Cut one line out of a window of the page, with paper around it (`margin` characters), at the recogniser's height.

    `box` is in the window's pixels, `origin` is where the window begins on the page.
    """
    x0, y0, x1, y1 = box
    height = y1 - y0
    # A line without full characters (a dash, a number) is cut as high as a full one: the scale stays the page's.
    grow = max(0.0, 0.95 * size - height) / 2
    pad = 0.1 * max(size, height)
    top, bottom = round(y0 - grow - pad), round(y1 + grow + pad)
    left, right = round(x0 - margin * size), round(x1 + margin * size)
    part = window[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    before = (max(top, 0) - top, max(left, 0) - left)
    crop = np.full((bottom - top, right - left), 255, np.uint8)
    crop[before[0] : before[0] + part.shape[0], before[1] : before[1] + part.shape[1]] = part
    scale = LINE_HEIGHT / crop.shape[0]
    width = max(8, round(crop.shape[1] * scale))
    crop = cv2.resize(crop, (width, LINE_HEIGHT), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return Band(x0 + origin[0], y0 + origin[1], x1 + origin[0], y1 + origin[1], crop, (x1 - x0) / size)


# Drawn at .92, .85, .75 and .65 of their size, 201, 195, 201 and 196 of 263 doubtful lines are read right (190 at the
# first look); what .75 sees is less like the first look, and therefore says more, than what .92 does.
_SMALLER = 0.75


def drawn_smaller(crop: Grey) -> Grey:
    """Return a line's crop, at the recogniser's height, with its text smaller and paper all around it."""
    height = round(LINE_HEIGHT * _SMALLER)
    width = max(8, round(crop.shape[1] * _SMALLER))
    small = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA)
    above = (LINE_HEIGHT - height) // 2
    paper = int(np.median(crop[[0, -1]]))
    return np.asarray(
        cv2.copyMakeBorder(
            small, above, LINE_HEIGHT - height - above, above, above, cv2.BORDER_CONSTANT, value=(paper,)
        ),
        np.uint8,
    )
