"""Skew, perspective and curl, found from the rulings and undone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import HORIZONTAL_TERMS, VERTICAL_TERMS, Warp, basis
from pipeline.ink import Grey, at_once, is_ruling, joined, quantile, smoothed, thin_across
from pipeline.straighten.textlines import sides


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Points along one piece of ruling, base pixels: `along` in its direction, `across` its height."""

    along: NDArray[np.float64]
    across: NDArray[np.float64]


def trace_rulings(ink: Grey, height: float, factor: int = 2) -> tuple[list[_Piece], list[_Piece]]:
    """Trace the centre lines of horizontal and of vertical pieces of ruling, whatever their slope (to 15 degrees)."""
    # At half the size, each pixel the darkest of four: centre lines are means over many pixels, nothing thin is lost.
    factor = factor if height >= 20 else 1
    if factor > 1:
        ink = np.ascontiguousarray(
            cv2.erode(ink, np.ones((factor, factor), np.uint8), anchor=(0, 0))[::factor, ::factor]
        )
        height /= factor
    # Horizontals at least 2.6 heights long enter, verticals 1.95: shorter ones may be strokes of characters.
    found = at_once(lambda: _trace(ink, height, 2.6), lambda: _trace(cv2.transpose(ink), height, 1.95))
    if factor == 1:
        return found
    horizontal, vertical = (
        [_Piece(piece.along * factor, piece.across * factor) for piece in pieces] for pieces in found
    )
    return horizontal, vertical


def _traced(ink: Grey, height: float) -> tuple[list[_Piece], list[_Piece]]:
    """Trace the rulings at half the size; at the whole where few horizontals were found beside the verticals.

    In a table with little room over its text the characters' heads grow into the rulings at half the size, and what is
    left of them bends the page. Forms have 2.4 to 5 times as much horizontal ruling as vertical.
    """
    found = trace_rulings(ink, height)
    if _length(found[0]) >= 2.0 * _length(found[1]):
        return found
    whole = trace_rulings(ink, height, 1)
    return max(found, whole, key=lambda pieces: _length(pieces[0]) + _length(pieces[1]))


def _trace(ink: Grey, height: float, least: float) -> list[_Piece]:
    # A leaning hair line is pale where it steps from one row of pixels to the next: it is made whole first.
    thin = thin_across(ink, height)
    wide = cv2.dilate(thin, np.ones((3, 1), np.uint8))
    gap = max(2, round(0.12 * height))
    wide = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((1, gap + 1), np.uint8))
    # What ties rulings together (text, noise, a dithered cell) is short along them.
    run = max(3, round(0.7 * height))
    wide = cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    labels, stats, _ = joined(wide, run)
    across = stats[:, cv2.CC_STAT_WIDTH]
    tall = stats[:, cv2.CC_STAT_HEIGHT]
    area = stats[:, cv2.CC_STAT_AREA]
    good = (across >= least * height) & (area <= (0.45 * height + 2) * across) & (tall <= 0.27 * across + 0.3 * height)
    good[0] = False
    pieces = []
    for number in np.flatnonzero(good):
        x, y, w, h = (int(value) for value in stats[number, :4])
        window = labels[y : y + h, x : x + w] == number
        filled = window.sum(axis=0)
        columns = np.flatnonzero(filled)
        if len(columns) < 0.8 * w:
            continue
        centre = np.asarray((np.arange(h) @ window)[columns] / filled[columns] + y + 0.5, np.float64)
        along = (columns + x + 0.5).astype(np.float64)
        # A ruling is smooth: what strays from a parabola (a long one's wave from a higher order) is text.
        middle = (along - along.mean()) * (2.0 / max(1.0, w))
        order = min(7, 2 + w // round(10 * height))
        rest = centre - smoothed(middle, centre, order)
        if math.sqrt(float(rest @ rest) / len(rest)) > 0.07 * height:
            continue
        thick = quantile(np.minimum(filled, 255).astype(np.uint8), 0.5) - 2.0
        if not is_ruling(ink, thin, along, centre, max(1.0, thick), height):
            continue
        step = max(1, len(columns) // 24)
        trimmed = slice(min(2, len(columns) // 8), None, step)
        pieces.append(_Piece(along[trimmed], centre[trimmed]))
    return pieces


def _slope(pieces: Sequence[_Piece]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Angle and length of each piece."""
    angles, lengths = [], []
    for piece in pieces:
        run = piece.along[-1] - piece.along[0]
        if run <= 0:
            continue
        centred = piece.along - piece.along.mean()
        angles.append(math.atan(float(centred @ piece.across) / max(1e-9, float(centred @ centred))))
        lengths.append(run)
    return np.array(angles), np.array(lengths)


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(share, share[-1] / 2)])


def fit_warp(ink: Grey, height: float, lines: NDArray[np.float64], start: Warp) -> Warp:
    """Fit skew, perspective and curl to the page's rulings; to its lines of text where it has none."""
    side = float(max(ink.shape))
    middle = (ink.shape[1] / 2.0, ink.shape[0] / 2.0)
    level = 0.0
    if not _looks_level(lines):
        # How the page leans is seen on a quarter of its size already, if there is any ruling to see it by.
        horizontal, vertical = _unless_text(*trace_rulings(ink, height, 4), lines, height)
        if _length(horizontal) + _length(vertical) >= _SOME * height:
            level = _level(horizontal, vertical, _NO_LINES, height)
    rest = 0.0
    if abs(level) <= _LEAN:
        horizontal, vertical = _unless_text(*_traced(ink, height), lines, height)
        level, rest = 0.0, _level(horizontal, vertical, lines, height)
    if abs(level + rest) > _LEAN:
        # Leaning rulings are traced in bits: they are traced on the page as turned.
        level += rest
        matrix = cv2.getRotationMatrix2D((middle[0] - 0.5, middle[1] - 0.5), math.degrees(level), 1.0)
        turned = cv2.warpAffine(ink, matrix, (ink.shape[1], ink.shape[0]), flags=cv2.INTER_LINEAR, borderValue=255)
        along = cv2.transform(lines.reshape(-1, 1, 2), matrix).reshape(-1, 4, 2) if len(lines) else lines
        horizontal, vertical = _unless_text(*_traced(turned, height), along, height)
        rest = _level(horizontal, vertical, _NO_LINES, height)
        rest = rest if abs(rest) <= _LEAN else 0.0
    horizontal_points = [_rotate(piece.along, piece.across, middle, -rest) for piece in horizontal]
    vertical_points = [_rotate(piece.across, piece.along, middle, -rest) for piece in vertical]
    level += rest
    # Less ruling than the smallest table has is none: strokes of text in a row, which would bend the page.
    bend_y = _fit(horizontal_points if _length(horizontal) >= _SOME * height else (), HORIZONTAL_TERMS, 1, ink.shape)
    bend_x = _fit(vertical_points if _length(vertical) >= _FEW * height else (), VERTICAL_TERMS, 0, ink.shape)
    warp = Warp(start.page_size, start.turns, start.scale, -level, side, bend_y, bend_x, (0.0, 0.0), (1, 1))
    straight = _is_straight(warp, [*horizontal_points, *vertical_points])
    if straight or not _is_sound(warp):
        level = 0.0 if straight else level
        zeros_y, zeros_x = np.zeros(len(HORIZONTAL_TERMS)), np.zeros(len(VERTICAL_TERMS))
        warp = Warp(start.page_size, start.turns, start.scale, -level, side, zeros_y, zeros_x, (0.0, 0.0), (1, 1))
    return _frame(warp)


def _unless_text(
    horizontal: list[_Piece], vertical: list[_Piece], lines: NDArray[np.float64], height: float
) -> tuple[list[_Piece], list[_Piece]]:
    """Leave out the strokes of text where hardly anything else is left: the page has no rulings to be bent by.

    On a page with rulings such strokes are few beside them, and all stay. The rule under a running head is no table's:
    that has verticals, or three horizontals at least.
    """
    if not len(lines):
        return horizontal, vertical
    low, high = lines.min(axis=1), lines.max(axis=1)
    reach, edge = 0.5 * height, 0.25 * height

    def stands_free(piece: _Piece, axis: int) -> bool:
        ends = ((float(piece.along[0]), float(piece.along[-1])), (float(piece.across.min()), float(piece.across.max())))
        (x0, x1), (y0, y1) = ends if axis == 0 else ends[::-1]
        inside = (
            (low[:, 0] - reach < x0) & (x1 < high[:, 0] + reach) & (low[:, 1] - edge < y0) & (y1 < high[:, 1] + edge)
        )
        return not inside.any()

    free = [piece for piece in horizontal if stands_free(piece, 0)], [p for p in vertical if stands_free(p, 1)]
    long = sum(_length([piece]) >= _LONG * height for piece in free[0])
    some = _length(free[0]) + _length(free[1]) >= _SOME * height and (_length(free[1]) >= _FEW * height or long >= 3)
    return (horizontal, vertical) if some else free


# Rulings are traced to half a pixel. Pages that were drawn (not scanned) have nearly all of theirs moved by up to .4
# pixels, and are only blurred by it; scans by a pixel and more.
_STILL = 0.5


def _is_straight(warp: Warp, pieces: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> bool:
    """Tell whether the page's rulings lie as they should already: drawing them anew would only blur the page."""
    if not pieces:
        return False
    points = np.concatenate([np.stack(piece, axis=1) for piece in pieces])
    moved = warp.flatten(points) - points
    return float(np.percentile(np.abs(moved - np.median(moved, axis=0)), 98)) <= _STILL


# As many text heights of ruling as the horizontals, and the verticals, of a table of one row have.
_SOME, _FEW = 40.0, 4.0
# A ruling across a table, not a stroke of text or an underline.
_LONG = 10.0
_NO_LINES = np.zeros((0, 4, 2))


def _length(pieces: Sequence[_Piece]) -> float:
    return float(sum(piece.along[-1] - piece.along[0] for piece in pieces))


# From this lean on (radians, half a degree) rulings are traced a second time.
_LEAN = 0.009
# Beyond this lean (15 degrees) text runs across the page on purpose.
_MOST_LEAN = 0.26


def _level(
    horizontal: Sequence[_Piece], vertical: Sequence[_Piece], lines: NDArray[np.float64], height: float
) -> float:
    """Find the angle at which the page lies, from its rulings, or from its text where it has hardly any."""
    angle_h, length_h = _slope(horizontal)
    angle_v, length_v = _slope(vertical)
    angles = np.concatenate([angle_h, -angle_v])
    lengths = np.concatenate([length_h, length_v])
    if lengths.sum() < _SOME * height:
        text_angles, text_lengths = _text_slopes(lines)
        angles, lengths = np.concatenate([angles, text_angles]), np.concatenate([lengths, text_lengths])
    level = _weighted_median(angles, lengths) if len(angles) else 0.0
    return level if abs(level) <= _MOST_LEAN else 0.0


# So many long lines of text, most of which lean by less than this (radians, a fifth of a degree), say that a page is
# level. It may lean by up to a degree all the same, for boxes that hardly lean are found level: its rulings will tell.
_TELLING, _HARDLY = 8, 0.0035


def _looks_level(lines: NDArray[np.float64]) -> bool:
    """Tell whether the lines of text lie level."""
    angles = np.abs(_text_slopes(lines)[0])
    return len(angles) >= _TELLING and float(np.quantile(angles, 0.75)) <= _HARDLY


def _text_slopes(lines: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not len(lines):
        return np.zeros(0), np.zeros(0)
    left = (lines[:, 0] + lines[:, 3]) / 2
    right = (lines[:, 1] + lines[:, 2]) / 2
    across = right - left
    swap = np.abs(across[:, 1]) > np.abs(across[:, 0])
    across[swap] = ((lines[swap, 2] + lines[swap, 3]) - (lines[swap, 0] + lines[swap, 1])) / 2
    across[across[:, 0] < 0] *= -1
    width = np.linalg.norm(across, axis=1)
    long = width > 4 * np.median(sides(lines)[1])
    return np.arctan2(across[long, 1], across[long, 0]), width[long]


def _rotate(
    x: NDArray[np.float64], y: NDArray[np.float64], middle: tuple[float, float], angle: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    cos, sin = math.cos(angle), math.sin(angle)
    dx, dy = x - middle[0], y - middle[1]
    return middle[0] + cos * dx - sin * dy, middle[1] + sin * dx + cos * dy


def _fit(
    pieces: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
    terms: tuple[tuple[int, int], ...],
    axis: int,
    shape: tuple[int, ...],
) -> NDArray[np.float64]:
    """Find the terms' weights that make every piece level (axis 1) or plumb (axis 0), each at a place of its own."""
    if len(pieces) < 2:
        return np.zeros(len(terms))
    height, width = shape[:2]
    side = float(max(width, height))
    rows, targets, counts = [], [], []
    for x, y in pieces:
        phi = basis(terms, (2.0 * x - width) / width, (2.0 * y - height) / height)
        place = (y if axis == 1 else x) / side
        rows.append(phi - phi.mean(axis=0))  # the piece's own place falls out
        targets.append(place - place.mean())
        counts.append(len(x))
    design, target = np.concatenate(rows), np.concatenate(targets)
    piece = np.repeat(np.arange(len(pieces)), counts)
    weights = np.ones(len(target))
    # What the rulings do not say stays small, the finer the wave the smaller: a wave of order n is up to .02 / n^1.5 of
    # the page, and a piece of ruling
    # is traced to .001 (its points are not independent).
    order = np.array([i + j for i, j in terms], np.float64)
    ridge = np.diag((0.001 / 0.02) ** 2 * order**3)
    solution = np.zeros(len(terms))
    for _ in range(8):
        weighted = design * weights[:, None]
        solution = -np.linalg.solve(weighted.T @ design + ridge, weighted.T @ target)
        rest = target + design @ solution
        spread = np.sqrt(np.bincount(piece, rest**2) / np.bincount(piece))
        scale = max(0.7 / side, 1.4826 * float(np.median(spread)))
        # Tukey's weights by piece: a piece that cannot be made level with the others is no ruling.
        ratio = np.clip(spread / (4.685 * scale), 0.0, 1.0)
        weights = ((1.0 - ratio**2) ** 2)[piece] + 1e-6
    return solution


def _is_sound(warp: Warp) -> bool:
    """Tell whether the bend is one that paper can have: nowhere folded, nowhere stretched by half."""
    base = warp.base_size
    xs, ys = np.meshgrid(np.linspace(0, base[0], 13), np.linspace(0, base[1], 13))
    points = np.stack([xs.ravel(), ys.ravel()], axis=1)
    step = 2.0
    origin = warp.flatten(points)
    across = (warp.flatten(points + np.array([step, 0.0])) - origin) / step
    down = (warp.flatten(points + np.array([0.0, step])) - origin) / step
    area = across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0]
    return bool(area.min() > 0.6 and area.max() < 1.6)


def _frame(warp: Warp) -> Warp:
    """Place the upright page so that all of the page is on it."""
    base = warp.base_size
    if warp.angle == 0.0 and not warp.bend_x.any() and not warp.bend_y.any():
        return Warp(warp.page_size, warp.turns, warp.scale, 0.0, warp.side, warp.bend_y, warp.bend_x, (0.0, 0.0), base)
    xs = np.concatenate([np.linspace(0, base[0], 9)] * 2 + [np.zeros(9), np.full(9, base[0])])
    ys = np.concatenate([np.zeros(9), np.full(9, base[1])] + [np.linspace(0, base[1], 9)] * 2)
    border = warp.flatten(np.stack([xs, ys], axis=1))
    low = np.floor(border.min(axis=0))
    size = np.ceil(border.max(axis=0) - low).astype(int)
    offset = (float(-low[0]), float(-low[1]))
    return Warp(
        warp.page_size,
        warp.turns,
        warp.scale,
        warp.angle,
        warp.side,
        warp.bend_y,
        warp.bend_x,
        offset,
        (int(size[0]), int(size[1])),
    )


# Squares of the lattice in which the map of the bend is straight, and in which the page is drawn: pixels a side.
_SQUARE = 16
# A square that holds nothing darker than this is paper: shades and watermarks that later steps look at are darker.
# Scanned paper, its light evened, is 235 to 255.
_PAPER = math.ceil(0.9 * 255) - 1
# So many are drawn at once: their maps stay in the processor's cache, and OpenCV maps no picture of 32,767 rows.
_AT_ONCE = 1_000
# Interpolation looks so many pixels beyond a square; and ink is looked for in blocks of so many.
_BEYOND, _BLOCK = 2.0, 4


def apply_warp(ink: Grey, warp: Warp) -> Grey:
    """Draw the base page's ink on the upright page; what lies outside the page is paper.

    Only squares that hold ink are drawn, which is a third of a form: drawing is the dearest step of a page.
    """
    width, height = warp.size
    if (width, height) == warp.base_size and warp.angle == 0.0 and not warp.bend_x.any() and not warp.bend_y.any():
        return ink
    columns, rows = -(-width // _SQUARE), -(-height // _SQUARE)
    xs, ys = np.meshgrid(np.arange(columns + 1) * float(_SQUARE), np.arange(rows + 1) * float(_SQUARE))
    points = np.stack([xs.ravel(), ys.ravel()], axis=1)
    lattice = warp.unflatten(points).reshape(rows + 1, columns + 1, 2).astype(np.float32)
    # The corners of every square: (rows, columns, x and y).
    corners = lattice[:-1, :-1], lattice[:-1, 1:], lattice[1:, :-1], lattice[1:, 1:]
    down, across = np.nonzero(_inked(ink, corners))
    upright = np.full((rows * _SQUARE, columns * _SQUARE), 255, np.uint8)
    squares = upright.reshape(rows, _SQUARE, columns, _SQUARE).swapaxes(1, 2)
    if len(down):
        squares[down, across] = _draw(ink, np.stack([corner[down, across] for corner in corners], axis=1))
    return np.ascontiguousarray(upright[:height, :width])


def _inked(ink: Grey, corners: Sequence[NDArray[np.float32]]) -> NDArray[np.bool_]:
    """Tell which squares hold ink, by where their four corners (rows, columns, x and y) lie on the page."""
    darkest = cv2.erode(ink, np.ones((_BLOCK, _BLOCK), np.uint8), anchor=(0, 0))[::_BLOCK, ::_BLOCK]
    tall, wide = darkest.shape
    count = cv2.integral((darkest < _PAPER).view(np.uint8))
    low, high = np.minimum.reduce(corners) - np.float32(_BEYOND), np.maximum.reduce(corners) + np.float32(_BEYOND)
    x0, x1 = (_block(side[..., 0], wide) for side in (low, high + np.float32(_BLOCK)))
    y0, y1 = (_block(side[..., 1], tall) * (wide + 1) for side in (low, high + np.float32(_BLOCK)))
    count = count.ravel()
    found: NDArray[np.bool_] = count.take(y1 + x1) - count.take(y0 + x1) - count.take(y1 + x0) + count.take(y0 + x0) > 0
    return found


def _block(places: NDArray[np.float32], number: int) -> NDArray[np.int32]:
    """The block of pixels in which a place along one side lies, of `number` blocks."""
    blocks: NDArray[np.int32] = np.clip(places * np.float32(1 / _BLOCK), 0, number).astype(np.int32)
    return blocks


def _draw(ink: Grey, corners: NDArray[np.float32]) -> Grey:
    """Draw squares of which the corners (n, 4, x and y) lie on the page: (n, _SQUARE, _SQUARE)."""
    weight = (np.arange(_SQUARE, dtype=np.float32) + np.float32(0.5)) / np.float32(_SQUARE)
    ends = np.stack([1 - weight, weight])  # (2, _SQUARE)
    shares = (ends[:, None, :, None] * ends[None, :, None, :]).reshape(4, _SQUARE * _SQUARE)
    places = corners - np.float32(0.5)  # an index is half a pixel less than its pixel's middle
    drawn = np.empty((len(places), _SQUARE, _SQUARE), np.uint8)
    for first in range(0, len(places), _AT_ONCE):
        part = places[first : first + _AT_ONCE]
        # The squares stand over each other in one picture: a call for each of them would cost as much as drawing it.
        xs, ys = ((np.ascontiguousarray(part[:, :, axis]) @ shares).reshape(-1, _SQUARE) for axis in (0, 1))
        picture = drawn[first : first + _AT_ONCE].reshape(-1, _SQUARE)
        cv2.remap(ink, xs, ys, cv2.INTER_CUBIC, picture, borderMode=cv2.BORDER_CONSTANT, borderValue=255)
    return drawn
