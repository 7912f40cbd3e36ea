"""Page → upright Page: orientation, skew, perspective and curl undone, light evened, seals lifted. Owns OpenCV with grid.

The bend is found from the rulings themselves: every piece of ruling should be level, so a polynomial in page coordinates
is fitted that makes each piece level at a height of its own. That is linear, needs no linking of pieces, and broken
rulings help as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Page, Place, Seal, Upright
from pipeline.geometry import HORIZONTAL_TERMS, VERTICAL_TERMS, Warp, basis
from pipeline.ink import PRINT, is_ruling, odd, thin_across
from pipeline.settings import StraightenSettings

Grey = NDArray[np.uint8]
FindLines = Callable[[NDArray[np.uint8], int], NDArray[np.float32]]
UpsideDown = Callable[[Sequence[NDArray[np.uint8]]], NDArray[np.float32]]

# The core of a line of text is .75 of the short side of a detected box (the detector pads).
_CORE = 0.75
# Between these text heights (pixels) a page is worked on at its own resolution: a resampling costs time and sharpness.
_KEEP_HEIGHT = (24.0, 44.0)
# Without any text the text height is taken as this share of the page's long side (a 12 pt line on A4).
_DEFAULT_HEIGHT = 1 / 73


def straighten(
    page: Page, find_lines: FindLines, upside_down: UpsideDown, settings: StraightenSettings | None = None
) -> Upright:
    """Turn, flatten and clean one page."""
    settings = settings or StraightenSettings()
    image = page.image
    lines = find_lines(_shrink(image, settings.find_side), settings.find_side).astype(np.float64)
    lines *= max(1.0, max(image.shape[:2]) / settings.find_side)
    lines = _without_pale(image, _without_slanted(lines))
    turns = find_turns(image, lines, upside_down)
    height = _text_height(lines, turns, image)
    scale = 1.0 if _KEEP_HEIGHT[0] <= height <= _KEEP_HEIGHT[1] else settings.text_height / height
    start = Warp(
        page_size=(image.shape[1], image.shape[0]),
        turns=turns,
        scale=scale,
        angle=0.0,
        side=1.0,
        bend_y=np.zeros(len(HORIZONTAL_TERMS)),
        bend_x=np.zeros(len(VERTICAL_TERMS)),
        offset=(0.0, 0.0),
        size=(1, 1),
    )
    base = _turn_and_scale(without_dither(image, height), start)
    height *= scale
    base_lines = start.turn(lines.reshape(-1, 2)).reshape(-1, 4, 2) if len(lines) else lines.reshape(0, 4, 2)
    desk = find_desk(base, base_lines, height)
    ink, seals = clean(base, height)
    if desk is not None:
        ink[desk > 0] = 255
    if len(base_lines):
        ink = _stretch_faint(ink, base_lines)
    warp = fit_warp(ink, height, base_lines, start)
    upright = apply_warp(ink, warp)
    placed = tuple(_place_seal(seal, start, page.index) for seal in seals)
    corners = warp.flatten(base_lines.reshape(-1, 2)).reshape(-1, 4, 2) if len(lines) else base_lines
    height = _measured_height(upright, corners, height)
    return Upright(upright, warp, height, _clockwise(corners, turns), placed)


def _shrink(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Shrink by averaging (the detector's own resize skips pixels, and with them thin strokes)."""
    factor = side / max(image.shape[:2])
    if factor >= 1:
        return image
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _sides(lines: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Width and height of each quadrilateral."""
    width = np.linalg.norm(lines[:, 1] - lines[:, 0], axis=1) + np.linalg.norm(lines[:, 2] - lines[:, 3], axis=1)
    height = np.linalg.norm(lines[:, 3] - lines[:, 0], axis=1) + np.linalg.norm(lines[:, 2] - lines[:, 1], axis=1)
    return np.maximum(width / 2, 1e-6), np.maximum(height / 2, 1e-6)


def _without_slanted(lines: NDArray[np.float64]) -> NDArray[np.float64]:
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


def _without_pale(image: NDArray[np.uint8], lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leave out what is printed much paler than the rest (watermarks): the rest says how the page stands."""
    if len(lines) < 2:
        return lines
    contrast = []
    for quad in lines:
        x0, y0 = np.maximum(quad.min(axis=0), 0).astype(int)
        x1, y1 = quad.max(axis=0).astype(int) + 1
        window = image[y0:y1:2, x0:x1:2, 1]
        dark, light = np.percentile(window, (4, 90)) if window.size else (255, 255)
        contrast.append((light - dark) / max(1.0, light))
    shares = np.array(contrast)
    return lines[shares >= 0.5 * np.percentile(shares, 85)]


def find_turns(image: NDArray[np.uint8], lines: NDArray[np.float64], upside_down: UpsideDown) -> int:
    """Find by how many quarter turns (anticlockwise) the page must be turned to stand upright.

    Lines of text are longer than high; which of the two directions left is up, a classifier says of the eight lines whose
    shape it knows best.
    """
    if not len(lines):
        return 0
    width, height = _sides(lines)
    turns = 0 if np.log(width / height).sum() >= 0 else 1
    long, short = (width, height) if turns == 0 else (height, width)
    fit = np.flatnonzero(long / short >= 1.7)
    if not len(fit):
        fit = np.arange(len(lines))
    chosen = fit[np.argsort(np.abs(np.log(long[fit] / short[fit] / 5.0)), kind="stable")[:8]]
    crops = [_line_crop(image, lines[number], turns) for number in chosen]
    return turns + (2 if float(np.mean(upside_down(crops))) > 0.5 else 0)


def _line_crop(image: NDArray[np.uint8], quad: NDArray[np.float64], turns: int) -> NDArray[np.uint8]:
    """Cut one line as it stands after `turns` (0 or 1) quarter turns, 48 x 192, padded on the right with black as trained."""
    width, height = (float(side[0]) for side in _sides(quad[None]))
    corners = quad if turns == 0 else np.roll(quad, -1, axis=0)
    across, down = (width, height) if turns == 0 else (height, width)
    wide = int(min(192, max(8, math.ceil(48 * across / down))))
    target = np.array([[0, 0], [wide, 0], [wide, 48], [0, 48]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    crop = np.full((48, 192, 3), 127, np.uint8)
    crop[:, :wide] = cv2.warpPerspective(image, matrix, (wide, 48), flags=cv2.INTER_LINEAR)
    return crop


def _clockwise(lines: NDArray[np.float64], turns: int) -> NDArray[np.float64]:
    """Start each quadrilateral again at its top left corner as the page stands now."""
    del turns
    if not len(lines):
        return lines
    start = np.argmin(lines.sum(axis=2), axis=1)
    return np.stack([np.roll(line, -first, axis=0) for line, first in zip(lines, start, strict=True)])


def _text_height(lines: NDArray[np.float64], turns: int, image: NDArray[np.uint8]) -> float:
    if not len(lines):
        return max(image.shape[:2]) * _DEFAULT_HEIGHT
    width, height = _sides(lines)
    return float(np.median(height if turns % 2 == 0 else width)) * _CORE


def _measured_height(ink: Grey, lines: NDArray[np.float64], height: float) -> float:
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
    if len(heights) < 3:
        return height
    return float(np.clip(1.2 / 0.92 * np.percentile(heights, 60), 0.6 * height, 1.4 * height))


def without_dither(image: NDArray[np.uint8], height: float) -> NDArray[np.uint8]:
    """Take the dots out of the shaded cells of a page of one bit (a fax); any other page is returned as it is.

    One bit shows grey as dots, among which rulings and text are lost. Where small dots are dense they are wiped; single
    ones stay: they may be full stops.
    """
    grey = image[:, :, 1]
    if float(((grey > 30) & (grey < 225)).mean()) > 0.01:
        return image
    mask = (grey < 128).astype(np.uint8)
    # Dots that touch at their corners are not one.
    _, labels, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] <= max(4.0, (0.13 * height) ** 2)
    small[0] = False
    # Counted, not weighed: text has one to three such dots to a character.
    spots = np.zeros(mask.shape, np.float32)
    places = centres[small].astype(int)
    np.add.at(spots, (places[:, 1], places[:, 0]), 1.0)
    window = odd(1.2 * height)
    # Two dotted rulings crossing have twenty in a window of this size, the palest grey that shows has thirty.
    crowded = cv2.blur(spots, (window, window)) >= 0.021
    # Up to the cells' rulings, over which the window reaches on one side only.
    wiped = small[labels] & (cv2.dilate(crowded.astype(np.uint8), np.ones((window // 2, window // 2), np.uint8)) > 0)
    if float(wiped.mean()) < 1e-4:
        return image
    cleaned = image.copy()
    cleaned[wiped] = 255
    return cleaned


def _turn_and_scale(image: NDArray[np.uint8], warp: Warp) -> NDArray[np.uint8]:
    codes = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}
    turned = cv2.rotate(image, codes[warp.turns]) if warp.turns else image
    if warp.scale == 1.0:
        return turned
    shrinking = warp.scale < 1
    return cv2.resize(turned, warp.base_size, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC)


# --- desk, light and seals ---------------------------------------------------------------------------------------------------


# Neighbouring pixels of the small picture that differ by more than this (of 255) lie on two sides of the paper's edge.
# A shadow on the paper is softer, grain and noise are averaged away.
_STEP = 7
# And the desk is darker than the paper around the nearest text by at least this factor.
_DESK = 0.88


def find_desk(base: NDArray[np.uint8], lines: NDArray[np.float64], height: float) -> Grey | None:
    """Find what is not paper: 1 on the desk around a photographed page or the black border of a scan, 0 on the page.

    It is darker than the paper at the nearest text, and reached from the picture's border without a step in brightness.
    Returns None where the page reaches all around.
    """
    if not len(lines):
        return None
    factor = max(1, round(height / 4))
    size = (max(8, base.shape[1] // factor), max(8, base.shape[0] // factor))
    small = cv2.resize(base, size, interpolation=cv2.INTER_AREA)
    # Text is closed over, so that nothing stops at it; then noise and grain are smoothed.
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    smooth = cv2.blur(cv2.medianBlur(closed, 5), (3, 3))
    columns = np.clip(lines[:, :, 0].mean(axis=1) / factor, 0, size[0] - 1).astype(int)
    rows = np.clip(lines[:, :, 1].mean(axis=1) / factor, 0, size[1] - 1).astype(int)
    # The paper's brightness is known at the text; elsewhere it is that of the nearest text.
    spots = np.ones((size[1], size[0]), np.uint8)
    spots[rows, columns] = 0
    _, labels = cv2.distanceTransformWithLabels(spots, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    brightness = smooth.min(axis=2)
    level = np.zeros(int(labels.max()) + 1, np.float32)
    level[labels[rows, columns]] = brightness[rows, columns]
    dark = brightness < _DESK * level[labels]
    if not dark.any():
        return None
    step = np.zeros(dark.shape, bool)
    wide = smooth.astype(np.int16)
    step[:-1] |= np.abs(np.diff(wide, axis=0)).max(axis=2) > _STEP
    step[:, :-1] |= np.abs(np.diff(wide, axis=1)).max(axis=2) > _STEP
    _, regions = cv2.connectedComponents((dark & ~step).astype(np.uint8), connectivity=4)
    edge = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    outside = np.zeros(int(regions.max()) + 1, bool)
    outside[np.unique(edge)] = True
    outside[0] = False
    outside[np.unique(regions[rows, columns])] = False  # where text stands, there is paper
    desk = outside[regions].astype(np.uint8)
    if desk.mean() < 0.002:
        return None
    # The fill stops where the edge's blur begins; the shadow beside the paper and flecks of grain go with it.
    desk = cv2.dilate(desk, np.ones((9, 9), np.uint8)) & (dark | step).astype(np.uint8)
    desk = cv2.dilate(desk, np.ones((5, 5), np.uint8))
    desk[rows, columns] = 0
    return cv2.resize(desk, (base.shape[1], base.shape[0]), interpolation=cv2.INTER_NEAREST)


def _background(channel: Grey, height: float) -> Grey:
    """The paper under the ink: what is left when everything thinner than two text heights is closed over."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (odd(2 * height / 4), odd(2 * height / 4)))
    paper = cv2.morphologyEx(channel, cv2.MORPH_CLOSE, kernel)
    return cv2.medianBlur(paper, 5)


def _even(channel: Grey, small_paper: Grey) -> Grey:
    """Divide by the paper: 255 is paper wherever it is, in shadow or in a shaded cell."""
    paper = cv2.resize(small_paper, (channel.shape[1], channel.shape[0]), interpolation=cv2.INTER_LINEAR)
    # Below 24 of 255 there is no paper (a desk, a scanner's lid): dividing there would draw its grain.
    return cv2.divide(channel, cv2.max(paper, 24), scale=255)


@dataclass(frozen=True, slots=True)
class _FoundSeal:
    polygon: NDArray[np.float64]  # base pixels
    colour: tuple[int, int, int]


def clean(base: NDArray[np.uint8], height: float) -> tuple[Grey, list[_FoundSeal]]:
    """Even the light and lift the seals off: the ink as grey on white, and the seals' outlines.

    Black text and rulings under a seal stay as they are: inside a seal (and there only) the brightest of the three
    channels is taken, in which the seal is nearly paper, and its white point is pulled to the seal's own level. Coloured
    text and coloured rulings are no seals and stay ink.
    """
    size = (max(1, base.shape[1] // 4), max(1, base.shape[0] // 4))
    small = cv2.resize(base, size, interpolation=cv2.INTER_AREA)
    small_paper = [_background(np.ascontiguousarray(small[:, :, c]), height) for c in range(3)]
    evened = cv2.merge(
        [cv2.divide(np.ascontiguousarray(small[:, :, c]), cv2.max(small_paper[c], 24), scale=255) for c in range(3)]
    )
    grey = cv2.cvtColor(base, cv2.COLOR_BGR2GRAY)
    grey_paper = cv2.cvtColor(cv2.merge(small_paper), cv2.COLOR_BGR2GRAY)
    ink = _even(grey, grey_paper)
    seals: list[_FoundSeal] = []
    for box in _seal_boxes(evened, height / 4):
        x0, y0, x1, y1 = (4 * box[0], 4 * box[1], min(4 * box[2], base.shape[1]), min(4 * box[3], base.shape[0]))
        window = base[y0:y1, x0:x1]
        papers = [paper[box[1] : box[3], box[0] : box[2]] for paper in small_paper]
        channels = [_even(np.ascontiguousarray(window[:, :, c]), papers[c]) for c in range(3)]
        lifted, outline, colour = _lift(channels, window, ink[y0:y1, x0:x1], height)
        if outline is None:
            continue
        ink[y0:y1, x0:x1] = lifted
        seals.append(_FoundSeal(outline + np.array([x0, y0], np.float64), colour))
    return ink, seals


def _chroma(channels: Sequence[Grey]) -> Grey:
    high = cv2.max(cv2.max(channels[0], channels[1]), channels[2])
    low = cv2.min(cv2.min(channels[0], channels[1]), channels[2])
    return cv2.subtract(high, low)


# Colour counts as a stamp's from this difference between the channels (of 255) on: .13 of the paper. Worn and pale stamps
# are followed down to half of it from where they reach it.
_CHROMA = 33
_PALE_CHROMA = 16


def _seal_boxes(evened: NDArray[np.uint8], height: float) -> list[tuple[int, int, int, int]]:
    """Find where seals are, on the small page: x0, y0, x1, y1 of coloured patches of a seal's size."""
    chroma = cv2.blur(_chroma(cv2.split(evened)), (3, 3))
    mask = (chroma > _PALE_CHROMA).astype(np.uint8)
    if not (chroma > _CHROMA).any():
        return []
    reach = odd(0.8 * height)  # the gap between a seal's ring, star and characters
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    strong = np.bincount(labels[chroma > _CHROMA], minlength=count)
    boxes = []
    pad = max(2, round(0.25 * height))
    for number in range(1, count):
        x, y, w, h, _ = (int(value) for value in stats[number])
        # A private seal is 15 mm, an official one 42 to 50 mm; text is 4 mm. Overlapping seals are one patch. Coloured
        # text is lower than two text heights, a coloured ruling thinner, a coloured table larger.
        if min(w, h) < 1.3 * height or max(w, h) > 30 * height or max(w, h) > 5 * min(w, h):
            continue
        if strong[number] < 0.3 * height * height:
            continue
        if min(w, h) < 3.5 * height and not _framed(mask[y : y + h, x : x + w]):
            continue
        boxes.append(
            (max(0, x - pad), max(0, y - pad), min(mask.shape[1], x + w + pad), min(mask.shape[0], y + h + pad))
        )
    return boxes


def _framed(mask: Grey) -> bool:
    """Tell whether a coloured patch is closed all around, as a stamp's frame or a solid stamp is and text is not."""
    hull = cv2.convexHull(cv2.findNonZero(mask))
    outline = np.zeros_like(mask)
    cv2.drawContours(outline, [hull], -1, 1, 1)
    near = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    return float(near[outline > 0].mean()) > 0.6


def _slope_of(y: NDArray[np.float32], x: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """The slope of y over x in the window around every pixel."""
    box = (size, size)
    mean_x, mean_y = cv2.blur(x, box), cv2.blur(y, box)
    together = cv2.blur(x * y, box) - mean_x * mean_y
    spread = cv2.blur(x * x, box) - mean_x * mean_x
    slope: NDArray[np.float32] = together / (spread + np.float32(1e-3))
    return slope


def _lift(
    channels: Sequence[Grey], window: NDArray[np.uint8], ink: Grey, height: float
) -> tuple[Grey, NDArray[np.float64] | None, tuple[int, int, int]]:
    """Take one seal out of its window: the ink without it, its outline, its colour (r, g, b)."""
    raw = _chroma(channels)
    chroma = cv2.blur(raw, (3, 3))
    core = chroma > _PALE_CHROMA
    strong = chroma > max(_CHROMA, 0.6 * float(np.percentile(chroma[core], 97)) if core.any() else 0.0)
    if int(core.sum()) < height * height:
        return ink, None, (0, 0, 0)
    if not strong.any():
        strong = core
    light = ink.astype(np.float32) / 255.0
    colour = chroma.astype(np.float32) / 255.0
    # How much light a seal takes for the colour it gives: measured where it is strong (there mostly without print).
    toll = float(np.median((1.0 - light[strong]) / colour[strong]))
    # Cameras and JPEG keep colour at half the sharpness of light: a seal's colour reaches into its neighbourhood, so the
    # strongest colour nearby says how dark the seal alone may be here, and the colour here what it takes of print.
    reach = odd(0.16 * height)
    near = cv2.dilate(chroma, np.ones((reach, reach), np.uint8)).astype(np.float32) / 255.0
    alone = np.clip(1.0 - 1.05 * toll * near, 0.12, 1.0)
    print_here = light / np.clip(1.0 - toll * colour, 0.2, 1.0)
    paper = np.clip((light / alone - 0.8) / 0.16, 0.0, 1.0)
    # A thin stroke of a seal shows half of its colour. But where it is darker it is more coloured, which print never is:
    # where darkness and colour rise together, and it is no darker than the seal can be, there is no print.
    full = 1.0 - toll * float(np.percentile(colour[strong], 70))
    tied = np.clip((toll * _slope_of(colour, 1.0 - light, odd(0.25 * height)) - 0.15) / 0.15, 0.0, 1.0)
    possible = np.clip((light / max(full, 0.12) - 0.75) / 0.15, 0.0, 1.0)
    paper = np.maximum(paper, tied * possible)
    clear = np.clip(print_here * (1.0 - paper) + paper, 0.0, 1.0)
    soft = cv2.dilate(core.astype(np.uint8) * 255, np.ones((reach, reach), np.uint8))
    weight = cv2.blur(soft, (3, 3)).astype(np.float32) / 255.0
    lifted = 255.0 * (clear * weight + light * (1.0 - weight))
    points = cv2.findNonZero(core.astype(np.uint8))
    hull = cv2.convexHull(points)
    outline = cv2.approxPolyDP(hull, 0.15 * height, closed=True).reshape(-1, 2).astype(np.float64)
    mean = window[strong].mean(axis=0)
    return np.rint(lifted).astype(np.uint8), outline, (int(mean[2]), int(mean[1]), int(mean[0]))


def _place_seal(seal: _FoundSeal, start: Warp, index: int) -> Seal:
    points = start.unturn(seal.polygon)
    polygon = tuple((round(float(x), 1), round(float(y), 1)) for x, y in points)
    return Seal(Place(page=index, polygon=polygon), seal.colour)


def _stretch_faint(ink: Grey, lines: NDArray[np.float64]) -> Grey:
    """Pull a faint page's ink down to where print is; what is print already stays as it is."""
    samples = []
    for quad in lines[:: max(1, len(lines) // 60)]:
        x0, y0 = np.maximum(quad.min(axis=0), 0).astype(int)
        x1, y1 = quad.max(axis=0).astype(int) + 1
        window = ink[y0:y1, x0:x1]
        if window.size:
            samples.append(float(np.percentile(window, 4)))
    if not samples:
        return ink
    # The darker part of the boxes is print; the rest may be a watermark.
    level = float(np.percentile(samples, 30))
    if level <= 0.35 * 255:  # print, also when blurred by a scanner
        return ink
    black = 0.2 * 255
    table = np.clip(255 - (255 - np.arange(256)) * ((255 - black) / max(255 - level, 20.0)), 0, 255)
    return cv2.LUT(ink, table.astype(np.uint8))


# --- flattening --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Points along one piece of ruling, base pixels: `along` in its direction, `across` its height."""

    along: NDArray[np.float64]
    across: NDArray[np.float64]


def trace_rulings(ink: Grey, height: float) -> tuple[list[_Piece], list[_Piece]]:
    """Trace the centre lines of horizontal and of vertical pieces of ruling, whatever their slope (to 15 degrees)."""
    # At half the size, each pixel the darkest of four: centre lines are means over many pixels, and nothing thin is lost.
    factor = 2 if height >= 20 else 1
    if factor == 2:
        ink = np.ascontiguousarray(cv2.erode(ink, np.ones((2, 2), np.uint8), anchor=(0, 0))[::2, ::2])
        height /= 2
    # Horizontals at least 2.6 heights long enter, verticals 1.95: shorter ones may be strokes of characters.
    found = _trace(ink, height, 2.6), _trace(np.ascontiguousarray(ink.T), height, 1.95)
    if factor == 1:
        return found
    horizontal, vertical = ([_Piece(piece.along * 2, piece.across * 2) for piece in pieces] for pieces in found)
    return horizontal, vertical


def _trace(ink: Grey, height: float, least: float) -> list[_Piece]:
    # A leaning hair line is pale where it steps from one row of pixels to the next: it is made whole first.
    thin = thin_across(ink, height)
    wide = cv2.dilate(thin, np.ones((3, 1), np.uint8))
    gap = max(2, round(0.12 * height))
    wide = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((1, gap + 1), np.uint8))
    # What ties rulings together (text, noise, a dithered cell) is short along them.
    wide = cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones((1, max(3, round(0.7 * height))), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(wide, connectivity=8)
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
        centre = (np.arange(h) @ window)[columns] / filled[columns] + y + 0.5
        along = columns + x + 0.5
        # A ruling is smooth: what strays from a parabola (a long one's wave from a higher order) is text.
        middle = (along - along.mean()) * (2.0 / max(1.0, w))
        order = min(7, 2 + w // round(10 * height))
        fitted = np.polynomial.chebyshev.chebfit(middle, centre, order)
        rest = centre - np.polynomial.chebyshev.chebval(middle, fitted)
        if math.sqrt(float(np.mean(rest**2))) > 0.07 * height:
            continue
        if not is_ruling(ink, thin, along, centre, max(1.0, float(np.median(filled)) - 2.0), height):
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
    horizontal, vertical = trace_rulings(ink, height)
    level = _level(horizontal, vertical, lines, height)
    side = float(max(ink.shape))
    middle = (ink.shape[1] / 2.0, ink.shape[0] / 2.0)
    if abs(level) > _LEAN:
        # Leaning rulings are traced in bits: they are traced again on the page as turned.
        matrix = cv2.getRotationMatrix2D((middle[0] - 0.5, middle[1] - 0.5), math.degrees(level), 1.0)
        turned = cv2.warpAffine(ink, matrix, (ink.shape[1], ink.shape[0]), flags=cv2.INTER_LINEAR, borderValue=255)
        horizontal, vertical = trace_rulings(turned, height)
        rest = _level(horizontal, vertical, np.zeros((0, 4, 2)), height)
        rest = rest if abs(rest) <= _LEAN else 0.0
        horizontal_points = [_rotate(piece.along, piece.across, middle, -rest) for piece in horizontal]
        vertical_points = [_rotate(piece.across, piece.along, middle, -rest) for piece in vertical]
        level += rest
    else:
        horizontal_points = [_rotate(piece.along, piece.across, middle, -level) for piece in horizontal]
        vertical_points = [_rotate(piece.across, piece.along, middle, -level) for piece in vertical]
    bend_y = _fit(horizontal_points, HORIZONTAL_TERMS, 1, ink.shape)
    bend_x = _fit(vertical_points, VERTICAL_TERMS, 0, ink.shape)
    warp = Warp(start.page_size, start.turns, start.scale, -level, side, bend_y, bend_x, (0.0, 0.0), (1, 1))
    if not _is_sound(warp):
        zeros_y, zeros_x = np.zeros(len(HORIZONTAL_TERMS)), np.zeros(len(VERTICAL_TERMS))
        warp = Warp(start.page_size, start.turns, start.scale, -level, side, zeros_y, zeros_x, (0.0, 0.0), (1, 1))
    return _frame(warp)


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
    # As many heights of ruling as a table of two rows has.
    if lengths.sum() < 40 * height:
        text_angles, text_lengths = _text_slopes(lines)
        angles, lengths = np.concatenate([angles, text_angles]), np.concatenate([lengths, text_lengths])
    level = _weighted_median(angles, lengths) if len(angles) else 0.0
    return level if abs(level) <= _MOST_LEAN else 0.0


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
    long = width > 4 * np.median(_sides(lines)[1])
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
    across = (warp.flatten(points + [step, 0.0]) - origin) / step
    down = (warp.flatten(points + [0.0, step]) - origin) / step
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


def apply_warp(ink: Grey, warp: Warp) -> Grey:
    """Draw the base page's ink on the upright page; what lies outside the page is paper."""
    width, height = warp.size
    if (width, height) == warp.base_size and warp.angle == 0.0 and not warp.bend_x.any() and not warp.bend_y.any():
        return ink
    step = 16
    columns, rows = -(-width // step) + 1, -(-height // step) + 1
    xs, ys = np.meshgrid(np.arange(columns) * step, np.arange(rows) * step)
    # Centres of pixels, here and there.
    points = np.stack([xs.ravel() + 0.5, ys.ravel() + 0.5], axis=1).astype(np.float64)
    source = warp.unflatten(points) - 0.5
    lattice = source.reshape(rows, columns, 2).astype(np.float32)
    # A lattice point maps to itself: an affine resize from lattice to pixels, not OpenCV's centre-aligned one.
    matrix = np.array([[1.0 / step, 0, 0], [0, 1.0 / step, 0]], np.float64)
    maps = cv2.warpAffine(
        lattice, matrix, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    return cv2.remap(ink, maps, None, interpolation=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=255)
