"""Upright Page + Grids → Tables of Readings and loose Lines.

Cells are cropped line by line: the lines inside a cell are found by projection, and each goes to the recogniser by
itself. That makes half the errors that detecting lines over the whole page makes, at a tenth of its cost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Grid, Line, Place, Polygon, Posterior, Problem, Reading, Table, Upright
from pipeline.ink import Grey, odd, printed
from pipeline.settings import ReaderSettings

LINE_HEIGHT = 48


class Recognised(Protocol):
    """What the engine returns for a crop."""

    @property
    def text(self) -> str:
        """The text read."""

    @property
    def scores(self) -> tuple[float, ...]:
        """The probability of each character."""

    @property
    def posterior(self) -> Posterior | None:
        """Top symbols a frame, where asked for."""


Recognise = Callable[[Sequence[Grey], Sequence[int]], Sequence[Recognised]]


@dataclass(slots=True)
class _Band:
    """One line of text inside a cell or loose on the page, in upright pixels."""

    x0: int
    y0: int
    x1: int
    y1: int
    crop: Grey
    length: float  # in text heights
    keep: bool = True
    line: Line | None = None


@dataclass(slots=True)
class _Slot:
    """A cell and the lines found in it."""

    table: int
    cell: int
    bands: list[_Band] = field(default_factory=list)
    inked: bool = False


def read_tables(
    upright: Upright,
    grids: Sequence[Grid],
    recognise: Recognise,
    index: int = 0,
    settings: ReaderSettings | None = None,
) -> tuple[tuple[Table | Line, ...], tuple[Problem, ...]]:
    """Read every cell of the grids, and the lines outside them; in reading order."""
    settings = settings or ReaderSettings()
    size = _character_size(upright)
    slots = []
    for number, grid in enumerate(grids):
        for position, box in enumerate(grid.boxes):
            slot = _Slot(number, position)
            slot.bands = _find_bands(upright.ink, box, size)
            slots.append(slot)
    loose = _loose_bands(upright, grids, size)
    bands = [band for slot in slots for band in slot.bands] + loose
    _read_bands(upright, bands, recognise, index, settings)
    tables: list[Table | Line] = []
    for number, grid in enumerate(grids):
        readings = []
        for slot in (slot for slot in slots if slot.table == number):
            cell = grid.cells[slot.cell]
            lines = [(band, band.line) for band in slot.bands if band.line is not None and band.line.text]
            text = _join(lines, grid.boxes[slot.cell], size)
            confidence = min((line.confidence for _, line in lines), default=1.0)
            notes = ("ink-no-text",) if slot.bands and not lines else ()
            place = Place(page=index, polygon=cell.polygon)
            readings.append(Reading(cell, text, confidence, (place,), tuple(line for _, line in lines), notes))
        tables.append(Table(tuple(readings), grid.n_rows, grid.n_cols, grid.ruled))
    ordered: list[tuple[float, float, Table | Line]] = [
        (min(box[1] for box in grid.boxes), min(box[0] for box in grid.boxes), table)
        for grid, table in zip(grids, tables, strict=True)
    ]
    ordered += [(band.y0, band.x0, band.line) for band in loose if band.line is not None and band.line.text]
    return tuple(block for _, _, block in _reading_order(ordered, size)), ()


def _reading_order(
    blocks: list[tuple[float, float, Table | Line]], size: float
) -> list[tuple[float, float, Table | Line]]:
    """From top to bottom; what stands side by side from left to right."""
    blocks = sorted(blocks, key=lambda block: (block[0], block[1]))
    ordered: list[tuple[float, float, Table | Line]] = []
    row: list[tuple[float, float, Table | Line]] = []
    for block in blocks:
        if row and block[0] - row[0][0] > 0.6 * size:
            ordered += sorted(row, key=lambda item: item[1])
            row = []
        row.append(block)
    return ordered + sorted(row, key=lambda item: item[1])


def _character_size(upright: Upright) -> float:
    """Height of a full character's ink."""
    return upright.text_height / 1.2


def _find_bands(ink: Grey, box: tuple[float, float, float, float], size: float) -> list[_Band]:
    """Find the lines of text inside a box."""
    inset = 0.12 * size
    x0, y0 = max(0, round(box[0] + inset)), max(0, round(box[1] + inset))
    x1, y1 = min(ink.shape[1], round(box[2] - inset)), min(ink.shape[0], round(box[3] - inset))
    if x1 - x0 < 0.3 * size or y1 - y0 < 0.3 * size:
        return []
    window = ink[y0:y1, x0:x1]
    mask = printed(window)
    if not mask.any():
        return []
    kept = _without_specks(mask, size)
    # What was taken away must not be seen by the recogniser either: it is painted over, blurred rim and all.
    gone = cv2.dilate(mask & (1 - kept), np.ones((5, 5), np.uint8))
    window = np.where((gone > 0) & (kept == 0), 255, window).astype(np.uint8)
    mask = kept
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return []
    bands = []
    for top, bottom in _split_rows(mask, size):
        columns = np.flatnonzero(mask[top:bottom].any(axis=0))
        if not len(columns):
            continue
        left, right = int(columns[0]), int(columns[-1]) + 1
        bands.append(_cut(window, (x0, y0), (left, top, right, bottom), size))
    return bands


# Sizes in characters' heights. Specks of dust on a scan are under a sixth (1.6 px radius at 200 dpi); a full stop's ring is
# a third, a comma's tail a quarter.
_DOT = 0.17
_LARGE = 0.45
# Punctuation stands within half a character of what it belongs to.
_NEAR = 0.5


def _without_specks(mask: Grey, size: float) -> Grey:
    """Take away dust and what remains of rulings at the box's edges; dots that belong to text stay.

    A dot belongs to text where it lies on or over a character, between two of them (a decimal point), in a pair (a colon)
    or in a row (an ellipsis). Anything small stays only beside something large; alone in its cell, a dash does.
    """
    # A fax breaks signs into pieces; what lies closer than an eighth of a character belongs together.
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (odd(0.12 * size),) * 2)
    count, labels = cv2.connectedComponents(cv2.dilate(mask, reach), connectivity=8)
    if count <= 1:
        return mask
    labels = np.where(mask > 0, labels, 0)
    x, y, w, h, area = _measured(labels, count)
    right, bottom = x + w, y + h
    tall, wide = mask.shape
    extent = np.maximum(w, h)
    tiny = area < max(3.0, 0.004 * size * size)
    at_edge = (x <= 0) | (y <= 0) | (right >= wide) | (bottom >= tall)
    rest = at_edge & ((np.minimum(w, h) <= 0.12 * size) | (area < 0.02 * size * size))
    large = ((extent >= _LARGE * size) | (area >= 0.06 * size * size)) & ~rest
    drop = tiny | rest
    if not large.any():
        drop |= extent <= _DOT * size
    else:
        small = np.flatnonzero(~large & ~drop)
        lx, lr, ly, lb = x[large], right[large], y[large], bottom[large]
        for i in small:
            dx = np.maximum(np.maximum(lx - right[i], x[i] - lr), 0.0)
            dy = np.maximum(np.maximum(ly - bottom[i], y[i] - lb), 0.0)
            near = (dx <= _NEAR * size) & (dy <= 0.35 * size)
            if not near.any():
                drop[i] = not _in_a_row(i, x, y, w, h, size)
            elif extent[i] <= _DOT * size:
                drop[i] = not (
                    _on_character(dx, dy, size)
                    or _between(x[i], right[i], bottom[i], lx, lr, ly, lb, size)
                    or _in_a_pair(i, x, y, w, h, size)
                    or _in_a_row(i, x, y, w, h, size)
                )
    if not drop.any():
        return mask
    return np.where(np.concatenate(([False], drop))[labels], 0, mask).astype(np.uint8)


_Measures = NDArray[np.float64]


def _measured(labels: NDArray[np.int32], count: int) -> tuple[_Measures, _Measures, _Measures, _Measures, _Measures]:
    """Left, top, width, height and inked area of each label from 1 on."""
    rows, columns = np.nonzero(labels)
    values = labels[rows, columns] - 1
    number = count - 1
    area = np.bincount(values, minlength=number).astype(np.float64)
    left, top = np.full(number, np.inf), np.full(number, np.inf)
    right, bottom = np.zeros(number), np.zeros(number)
    np.minimum.at(left, values, columns)
    np.minimum.at(top, values, rows)
    np.maximum.at(right, values, columns + 1)
    np.maximum.at(bottom, values, rows + 1)
    return left, top, right - left, bottom - top, area


def _on_character(dx: _Measures, dy: _Measures, size: float) -> bool:
    """A stroke's dot lies over, under or within its character; a piece of a ring of % lies right beside the bar."""
    return bool(((dx <= 0.0) & (dy <= 0.3 * size)).any() or ((dx <= 0.08 * size) & (dy <= 0.0)).any())


def _between(
    left: float, right: float, bottom: float, lx: _Measures, lr: _Measures, ly: _Measures, lb: _Measures, size: float
) -> bool:
    """A decimal point, or the point after a paragraph's number: on the line, close behind a figure, before more text."""
    level = (ly < bottom) & (bottom <= lb + 0.15 * size)
    before = level & (lr <= left + 0.1 * size) & (left - lr <= 0.35 * size) & (np.abs(bottom - lb) <= 0.15 * size)
    after = level & (lx >= right - 0.1 * size) & (lx - right <= 1.5 * size)
    return bool(before.any() and after.any())


def _in_a_pair(i: int, x: _Measures, y: _Measures, w: _Measures, h: _Measures, size: float) -> bool:
    """A colon is two marks over each other."""
    middle = np.abs((x + w / 2) - (x[i] + w[i] / 2))
    apart = np.abs((y + h / 2) - (y[i] + h[i] / 2))
    alike = np.maximum(w, h) <= 0.35 * size
    return bool(((middle <= 0.1 * size) & (apart > 0.15 * size) & (apart <= 0.75 * size) & alike).any())


def _in_a_row(i: int, x: _Measures, y: _Measures, w: _Measures, h: _Measures, size: float) -> bool:
    """An ellipsis is three dots or more on one line."""
    level = np.abs((y + h / 2) - (y[i] + h[i] / 2)) <= 0.08 * size
    close = np.abs((x + w / 2) - (x[i] + w[i] / 2)) <= 0.9 * size
    dots = np.maximum(w, h) <= 0.2 * size
    return int((level & close & dots).sum()) >= 3


def _split_rows(mask: Grey, size: float) -> list[tuple[int, int]]:
    """Part a box's ink into lines: (top, bottom) rows."""
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
        for a, b in zip(cuts[:-1], cuts[1:], strict=True):
            inked = np.flatnonzero(filled[a:b])
            if len(inked):
                bands.append((a + int(inked[0]), a + int(inked[-1]) + 1))
    # What is lower than a third of a character and touches the next line is a part of it (a tone mark, a dot).
    return [band for band in bands if band[1] - band[0] >= 0.08 * size]


def _cut(window: Grey, origin: tuple[int, int], box: tuple[int, int, int, int], size: float) -> _Band:
    """Cut one line out of a window of the page, with paper around it, at the recogniser's height.

    `box` is in the window's pixels, `origin` is where the window begins on the page.
    """
    x0, y0, x1, y1 = box
    height = y1 - y0
    # A line without full characters (a dash, a number) is cut as high as a full one: the scale stays the page's.
    grow = max(0.0, 0.95 * size - height) / 2
    pad = 0.1 * max(size, height)
    top, bottom = round(y0 - grow - pad), round(y1 + grow + pad)
    left, right = round(x0 - 0.25 * size), round(x1 + 0.25 * size)
    part = window[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    before = (max(top, 0) - top, max(left, 0) - left)
    crop = np.full((bottom - top, right - left), 255, np.uint8)
    crop[before[0] : before[0] + part.shape[0], before[1] : before[1] + part.shape[1]] = part
    scale = LINE_HEIGHT / crop.shape[0]
    width = max(8, round(crop.shape[1] * scale))
    crop = cv2.resize(crop, (width, LINE_HEIGHT), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return _Band(x0 + origin[0], y0 + origin[1], x1 + origin[0], y1 + origin[1], crop, (x1 - x0) / size)


def _loose_bands(upright: Upright, grids: Sequence[Grid], size: float) -> list[_Band]:
    """Find the lines outside every table, from the boxes that the detector found."""
    frames = [
        (
            min(box[0] for box in grid.boxes),
            min(box[1] for box in grid.boxes),
            max(box[2] for box in grid.boxes),
            max(box[3] for box in grid.boxes),
        )
        for grid in grids
    ]
    ink = upright.ink
    bands = []
    for quad in upright.lines:
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
        mask = printed(ink[top:bottom, left:right])
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not len(rows):
            continue
        box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        bands.append(_cut(ink[top:bottom, left:right], (left, top), box, min(size, float(bottom - top))))
    return bands


def _read_bands(
    upright: Upright, bands: Sequence[_Band], recognise: Recognise, index: int, settings: ReaderSettings
) -> None:
    if not bands:
        return
    keep = [settings.posterior_k if band.length <= settings.posterior_length else 0 for band in bands]
    read = recognise([band.crop for band in bands], keep)
    corners = np.array([[(b.x0, b.y0), (b.x1, b.y0), (b.x1, b.y1), (b.x0, b.y1)] for b in bands], np.float64)
    points = upright.warp.to_page(corners.reshape(-1, 2)).reshape(-1, 4, 2)
    for band, recognition, polygon in zip(bands, read, points, strict=True):
        shape: Polygon = tuple((round(float(x), 1), round(float(y), 1)) for x, y in polygon)
        band.line = Line(
            tidy(recognition.text),
            Place(page=index, polygon=shape),
            _confidence(recognition.scores),
            recognition.posterior,
        )


def _confidence(scores: Sequence[float]) -> float:
    return round(min(scores), 2) if scores else 0.0


_NUMBER_GAP = re.compile(r"(?<=\d[,.，]) (?=\d)|(?<=\d) (?=[,.]\d)")


def tidy(text: str) -> str:
    """Take out the blanks that the recogniser puts into numbers; blanks between words stay.

    >>> tidy("2,932, 700 ")
    '2,932,700'
    """
    return _NUMBER_GAP.sub("", text).strip()


def _join(lines: Sequence[tuple[_Band, Line]], box: tuple[float, float, float, float], size: float) -> str:
    """Join a cell's wrapped lines; a new paragraph begins where a line stops short or the next is indented."""
    if not lines:
        return ""
    left = min(band.x0 for band, _ in lines)
    right = max(band.x1 for band, _ in lines)
    text = lines[0][1].text
    for (above, _), (below, line) in zip(lines[:-1], lines[1:], strict=True):
        aligned = above.x0 - left < 2.6 * size and below.x0 - left < 2.6 * size
        short = right - above.x1 > 1.6 * size and aligned and below.x0 - left < 0.5 * size and right - left > 8 * size
        indented = 1.3 * size < below.x0 - left < 2.6 * size and right - left > 8 * size and aligned
        if short or indented:
            text += "\n" + line.text
        elif text[-1:].isascii() and text[-1:].isalpha() and line.text[:1].isascii() and line.text[:1].isalpha():
            text += " " + line.text
        else:
            text += line.text
    del box
    return text
