"""Dust, and what is left of rulings, told from the dots and strokes that belong to text."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ink import Grey, odd

# Sizes in characters' heights. Specks of dust are under a sixth (1.6 px radius at 200 dpi); a full stop's ring
# is a third, a comma's tail a quarter.
_DOT = 0.17
_LARGE = 0.45
# Blurred or broken, dust on a page of 100 dpi reaches a quarter; a dash is .4 wide.
_ALONE = 0.3
# Three full stops in a row, as some write for "and so on": rings of .27 on a scan and .3 on a fax.
_RING = 0.32
# A line that is lower than this holds no full character: a dash, a row of dots, dust.
LOW = 0.35
# Punctuation stands within a character of what it belongs to: between a closing bracket, whose ink stands in the first
# third of its square, and the full stop after it there are up to nine tenths of a square (measured: .85).
_NEAR = 0.95
# A cell that breaks numbers is not much wider than one.
_NARROW = 6.0
# Where a line is full no further character fits between it and the cell's edge: one, and the edge's room on both sides.
_FULL = 1.8
_Measures = NDArray[np.float64]


def without_specks(mask: Grey, size: float) -> Grey:
    """Take away dust and what remains of rulings at the box's edges; dots that belong to text stay.

    A dot belongs to text where it lies on or over a character, between two of them (a decimal point), in a pair (a
    colon) or in a row (an ellipsis). Anything small stays only beside something large; alone in its cell, a dash does.
    """
    # Most of a cell is blank: only the part that holds its ink is gone over.
    x0, y0, wide, tall = cv2.boundingRect(mask)
    if not wide:
        return mask
    part = mask[y0 : y0 + tall, x0 : x0 + wide]
    # A fax breaks signs into pieces; what lies closer than an eighth of a character belongs together.
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (odd(0.12 * size),) * 2)
    count, labels = cv2.connectedComponents(cv2.dilate(part, reach), connectivity=8)
    inked = np.flatnonzero(np.ascontiguousarray(part).view(bool))
    owner = labels.ravel()[inked] - 1
    x, y, w, h, area = _measured(inked, owner, count - 1, wide)
    x += x0
    y += y0
    right, bottom = x + w, y + h
    extent = np.maximum(w, h)
    tiny = area < max(3.0, 0.004 * size * size)
    beside, over = (x <= 0) | (right >= mask.shape[1]), (y <= 0) | (bottom >= mask.shape[0])
    # What is left of a ruling runs along its edge; a bar of = that touches the edge does not.
    along = (beside & (w <= 0.12 * size)) | (over & (h <= 0.12 * size))
    rest = along | ((beside | over) & (area < 0.02 * size * size))
    large = ((extent >= _LARGE * size) | (area >= 0.06 * size * size)) & ~rest
    drop = tiny | rest
    if not large.any():
        # Alone in its cell no sign is so small but a row of dots: two specks are no 二 and no colon.
        alone = np.array([not _in_a_row(i, x, y, w, h, size) for i in range(count - 1)])
        drop |= (extent <= _ALONE * size) & alone & ~_hyphens(x, y, w, h, area, mask.shape, size)
    else:
        small = np.flatnonzero(~large & ~drop)
        # Marks hold on to marks: the comma behind a closing quotation mark, both far from any character.
        marks = small[extent[small] > _DOT * size]
        kept = large.copy()
        while near := [i for i in marks if _beside(i, kept, x, right, y, bottom, size)]:
            kept[near] = True
            marks = np.setdiff1d(marks, near)
        drop[marks] = [not _in_a_row(i, x, y, w, h, size) for i in marks]
        lx, lr, ly, lb = x[large], right[large], y[large], bottom[large]
        for i in np.flatnonzero(kept & ~large):
            wraps = _wraps(i, kept, x, right, y, bottom, mask.shape[1], size)
            drop[i] = not wraps and _is_dust_at_the_end(i, kept, x, right, y, bottom, area, size)
        stops = np.flatnonzero(kept & ~large & ~drop)
        for i in small[extent[small] <= _DOT * size]:
            dx = np.maximum(np.maximum(lx - right[i], x[i] - lr), 0.0)
            dy = np.maximum(np.maximum(ly - bottom[i], y[i] - lb), 0.0)
            drop[i] = not (
                _on_character(dx, dy, size)
                or _between(x[i], right[i], bottom[i], x[kept], right[kept], y[kept], bottom[kept], size)
                or (_in_a_pair(i, x, y, w, h, size) and _beside(i, kept, x, right, y, bottom, size))
                or _in_a_row(i, x, y, w, h, size)
                or _is_comma(x[i], y[i], w[i], h[i], lr, lb, size)
                or _fills_a_gap(x[i], right[i], (y[i] + bottom[i]) / 2, lx, lr, ly, lb, size)
                or _parts_words(i, kept, x, right, y, bottom, size)
                or _wraps(i, kept, x, right, y, bottom, mask.shape[1], size)
                or _is_quotation(i, x, right, y, bottom, lx, lr, ly, size)
                or _completes(i, stops, x, right, y, bottom, size)
            )
    if not drop.any():
        return mask
    gone = inked[drop[owner]]
    kept_ink = mask.copy()
    kept_ink[y0 + gone // wide, x0 + gone % wide] = 0
    return kept_ink


def _hyphens(
    x: _Measures, y: _Measures, w: _Measures, h: _Measures, area: _Measures, shape: tuple[int, ...], size: float
) -> NDArray[np.bool_]:
    """A hyphen alone in its cell says "none": a flat bar at half the cell's height, in its middle or where text begins.

    Dust is round, and lies anywhere; around a hyphen there may be dust of a third of its area.
    """
    tall, wide = shape
    middle = np.abs(y + h / 2 - tall / 2) <= 0.2 * size
    centred = np.abs(x + w / 2 - wide / 2) <= 0.15 * size
    # A fax frays it, and the page's last tilt raises one end.
    flat = (w >= 0.14 * size) & (w >= np.where(centred, 1.6, 2.0) * h)
    placed = centred | ((x >= 0.05 * size) & (x <= 0.4 * size))
    one = (area == area.max()) & (np.count_nonzero(3 * area > area.max()) == 1)
    return flat & middle & placed & one


def _measured(
    inked: NDArray[np.int_], owner: NDArray[np.int32], number: int, wide: int
) -> tuple[_Measures, _Measures, _Measures, _Measures, _Measures]:
    """Left, top, width, height and inked area of each of `number` marks in a window of width `wide`.

    `inked` are the indices of inked pixels, row after row, `owner` says whose each of them is.
    """
    rows = inked // wide
    area = np.bincount(owner, minlength=number).astype(np.float64)
    # Of several values for one place the last one stays: the lowest row, and backwards the highest.
    top, bottom = np.zeros(number), np.zeros(number)
    top[owner[::-1]], bottom[owner] = rows[::-1], rows + 1
    columns = inked - rows * wide
    left, right = np.full(number, wide), np.zeros(number, np.intp)
    np.minimum.at(left, owner, columns)
    np.maximum.at(right, owner, columns)
    return left.astype(np.float64), top, (right + 1 - left).astype(np.float64), bottom - top, area


def _beside(
    i: int, others: NDArray[np.bool_], x: _Measures, right: _Measures, y: _Measures, bottom: _Measures, size: float
) -> bool:
    """Something that stays stands within reach on the same line.

    Of two marks one may stand at the line's top (a quotation mark) and the other on its foot (the comma after it).
    """
    dx = np.maximum(np.maximum(x[others] - right[i], x[i] - right[others]), 0.0)
    dy = np.maximum(np.maximum(y[others] - bottom[i], y[i] - bottom[others]), 0.0)
    mark = np.maximum(right - x, bottom - y)[others] < _LARGE * size
    return bool(((dx <= _NEAR * size) & (dy <= np.where(mark, 0.7, 0.35) * size)).any())


def _on_character(dx: _Measures, dy: _Measures, size: float) -> bool:
    """A stroke's dot lies over, under or within its character; a piece of a ring of % lies right beside the bar."""
    return bool(((dx <= 0.0) & (dy <= 0.3 * size)).any() or ((dx <= 0.08 * size) & (dy <= 0.0)).any())


def _between(
    left: float, right: float, bottom: float, lx: _Measures, lr: _Measures, ly: _Measures, lb: _Measures, size: float
) -> bool:
    """A decimal point, or the point after a paragraph's number: on the line, close behind a figure, before more text.

    A point of full width stands half a character behind what it follows. Figures of thin faces come in pieces: what
    stays counts, however small.
    """
    level = (ly < bottom) & (bottom <= lb + 0.15 * size)
    before = level & (lr <= left + 0.1 * size) & (left - lr <= 0.55 * size) & (np.abs(bottom - lb) <= 0.15 * size)
    after = level & (lx >= right - 0.1 * size) & (lx - right <= 1.5 * size)
    return bool(before.any() and after.any())


def _is_comma(left: float, top: float, width: float, height: float, lr: _Measures, lb: _Measures, size: float) -> bool:
    """A comma of a thin face is as small as dust, but stands upright on its foot, where the next character would be."""
    if height < 1.2 * width or height < 0.1 * size:
        return False
    beside = (lr <= left + 0.05 * size) & (left - lr <= 0.4 * size)
    return bool((beside & (np.abs(top + height / 2 - lb) <= 0.16 * size)).any())


def _fills_a_gap(
    left: float, right: float, middle: float, lx: _Measures, lr: _Measures, ly: _Measures, lb: _Measures, size: float
) -> bool:
    """A comma of few pixels: it stands on the foot of the line in a square of its own, where else nothing would be."""
    lower = middle - (ly + lb) / 2
    line = (lower >= -0.1 * size) & (lower <= 0.6 * size)
    before, after = lr[line & (lr <= left + 0.05 * size)], lx[line & (lx >= right - 0.05 * size)]
    if not len(before) or not len(after):
        return False
    near, far = left - float(before.max()), float(after.min()) - right
    foot = line & (np.abs(lb - middle) <= 0.2 * size) & (lx - right <= 2 * size) & (left - lr <= 2 * size)
    return near <= 0.45 * size and 0.45 * size <= far <= 1.2 * size and near + far >= 0.7 * size and bool(foot.any())


def _parts_words(
    i: int, kept: NDArray[np.bool_], x: _Measures, right: _Measures, y: _Measures, bottom: _Measures, size: float
) -> bool:
    """The point of 元/人·天: at mid-height or on the foot, with room on both sides where characters leave none.

    Characters that follow each other leave up to a fifth of a character; the point and its room take half of one.
    """
    middle = (y[i] + bottom[i]) / 2
    line = kept & (y <= middle + 0.1 * size) & (bottom >= middle - 0.1 * size)
    before, after = right[line & (right <= x[i])], x[line & (x >= right[i])]
    if not len(before) or not len(after) or (line & (x < right[i]) & (right > x[i])).any():
        return False
    near, far = x[i] - float(before.max()), float(after.min()) - right[i]
    # Beside quotation marks and commas there is room of their own.
    tall = line & (bottom - y >= 0.7 * size) & ((right == before.max()) | (x == after.min()))
    if tall.sum() < 2 or min(near, far) < 0.1 * size or abs(near - far) > 0.35 * size:
        return False
    top, foot = float(np.median(y[tall])), float(np.median(bottom[tall]))
    within = top + 0.35 * (foot - top) <= middle <= foot + 0.1 * size
    return within and 0.45 * size <= near + far + right[i] - x[i] <= 1.2 * size


def _wraps(
    i: int,
    kept: NDArray[np.bool_],
    x: _Measures,
    right: _Measures,
    y: _Measures,
    bottom: _Measures,
    wide: int,
    size: float,
) -> bool:
    """The point of a number or date that a narrow cell breaks behind it, or before it: on the foot of its line.

    There is more of the text below the one and above the other.
    """
    narrow = wide <= _NARROW * size
    level = kept & (y < bottom[i]) & (bottom >= y[i] - 0.1 * size)
    before, behind = level & (right <= x[i] + 0.1 * size), level & (x >= right[i] - 0.1 * size)
    below = kept & (y >= bottom[i]) & (y - bottom[i] <= 1.2 * size)
    above = kept & (bottom <= y[i] - 0.3 * size) & (y[i] - bottom <= 2.0 * size)
    if before.any() and below.any():
        last = int(np.flatnonzero(before)[np.argmax(right[before])])
        room = x[i] - right[last]
        if wide - right[i] <= _FULL * size and _is_half_way(i, last, room, y, bottom, size):
            return True
        return narrow and room <= 0.3 * size and abs(bottom[i] - bottom[last]) <= 0.12 * size
    if behind.any() and above.any() and not before.any():
        first = int(np.flatnonzero(behind)[np.argmin(x[behind])])
        room = x[first] - right[i]
        if wide - float(right[above].max()) <= _FULL * size and _is_half_way(i, first, room, y, bottom, size):
            return True
        return narrow and room <= 0.4 * size and abs(bottom[i] - bottom[first]) <= 0.12 * size
    return False


def _is_half_way(i: int, beside: int, room: float, y: _Measures, bottom: _Measures, size: float) -> bool:
    """The point of 人·天, broken there: half-way up a character, and within the square that such a point has.

    Measured in 17 faces: .05 to .65 of a character from it. What the recogniser makes of dust there goes with the text
    (`signs.tidy`): a line of words ends and begins with no point.
    """
    centre = (y[beside] + bottom[beside]) / 2
    tall = bottom[beside] - y[beside] >= 0.6 * size
    return tall and room <= 0.7 * size and abs((y[i] + bottom[i]) / 2 - centre) <= 0.22 * size


def _is_dust_at_the_end(
    i: int,
    kept: NDArray[np.bool_],
    x: _Measures,
    right: _Measures,
    y: _Measures,
    bottom: _Measures,
    area: _Measures,
    size: float,
) -> bool:
    """A full round dot behind the last character, where no full stop stands.

    A full stop is a larger ring in most faces, but in thin ones it is as small as dust, and blur fills or breaks it. It
    stands on the lower half of its line and close behind what it ends; what lies there is for the recogniser to tell.
    """
    w, h = right[i] - x[i], bottom[i] - y[i]
    if max(w, h) > 0.24 * size or max(w, h) > 1.4 * min(w, h) or area[i] < 0.6 * w * h:
        return False
    if _in_a_pair(i, x, y, right - x, bottom - y, size) or _in_a_row(i, x, y, right - x, bottom - y, size):
        return False
    level = kept & (y < bottom[i]) & (bottom > y[i] - 0.5 * size)
    if (level & (x >= right[i] - 0.1 * size) & (x - right[i] <= 1.5 * size)).any():
        return False
    return not _ends_a_sentence(i, kept, x, right, y, bottom, size)


def _ends_a_sentence(
    i: int, kept: NDArray[np.bool_], x: _Measures, right: _Measures, y: _Measures, bottom: _Measures, size: float
) -> bool:
    """A mark stands where a full stop does: close behind what it ends, on the line's lower half.

    Measured on eight faces: .1 to .45 of a character behind a character, up to .9 behind a closing bracket or quotation
    mark, its foot from .5 over that of the line (a ring of which the upper half was seen) to .05 over it.
    """
    before = kept & (right <= x[i] + 0.1 * size) & (right > x[i] - 4 * size)
    line = before & (y < bottom[i]) & (bottom > y[i] - 0.5 * size) & (bottom <= bottom[i] + 0.7 * size)
    if not line.any() or not -0.6 * size <= bottom[i] - float(bottom[line].max()) <= 0.15 * size:
        return False
    ended = before & (y < bottom[i]) & (bottom > y[i] - 0.8 * size)
    return bool(x[i] - float(right[ended].max()) <= _NEAR * size)


def _is_quotation(
    i: int,
    x: _Measures,
    right: _Measures,
    y: _Measures,
    bottom: _Measures,
    lx: _Measures,
    lr: _Measures,
    ly: _Measures,
    size: float,
) -> bool:
    """One of the two strokes of a quotation mark: a twin beside it, both at the line's head, close to a character."""
    w, h = right - x, bottom - y
    apart = np.abs((x + w / 2) - (x[i] + w[i] / 2))
    level = (np.abs(y - y[i]) <= 0.08 * size) & (np.abs(h - h[i]) <= 0.08 * size) & (h <= 0.4 * size)
    twins = level & (apart >= 0.1 * size) & (apart <= 0.35 * size) & (w <= 0.25 * size)
    if not twins.any():
        return False
    gap = np.maximum(np.maximum(lx - right[i], x[i] - lr), 0.0)
    return bool(((gap <= 0.6 * size) & (np.abs(y[i] - ly) <= 0.25 * size)).any())


def _completes(
    i: int, marks: NDArray[np.int64], x: _Measures, right: _Measures, y: _Measures, bottom: _Measures, size: float
) -> bool:
    """A piece of a broken ring: with a mark that stays it is no larger than a full stop."""
    wide = np.maximum(right[marks], right[i]) - np.minimum(x[marks], x[i])
    high = np.maximum(bottom[marks], bottom[i]) - np.minimum(y[marks], y[i])
    return bool((np.maximum(wide, high) <= 0.38 * size).any())


def _in_a_pair(i: int, x: _Measures, y: _Measures, w: _Measures, h: _Measures, size: float) -> bool:
    """A colon is two marks over each other; the lower one of a semicolon is up to .4 high and leans to the left."""
    middle = np.abs((x + w / 2) - (x[i] + w[i] / 2))
    apart = np.abs((y + h / 2) - (y[i] + h[i] / 2))
    alike = np.maximum(w, h) <= 0.45 * size
    return bool(((middle <= 0.15 * size) & (apart > 0.15 * size) & (apart <= 0.75 * size) & alike).any())


def _in_a_row(i: int, x: _Measures, y: _Measures, w: _Measures, h: _Measures, size: float) -> bool:
    """An ellipsis is three dots or more on one line; where they are of one size they may be larger, as rings are."""
    extent = np.maximum(w, h)
    level = np.abs((y + h / 2) - (y[i] + h[i] / 2)) <= 0.08 * size
    apart = np.abs((x + w / 2) - (x[i] + w[i] / 2))
    alike = (np.maximum(extent, extent[i]) <= _RING * size) & (np.abs(extent - extent[i]) <= 0.06 * size)
    dots = ((extent <= 0.2 * size) & (apart <= 0.9 * size)) | (alike & (apart <= 1.1 * size))
    return int((level & dots).sum()) >= 3
