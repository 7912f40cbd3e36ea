"""Paper and light: dots of a one-bit page, the desk around a photograph, shadow, pale print."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Warp
from pipeline.ink import Grey, at_once, odd, quantile, shrunk


def without_dither(image: NDArray[np.uint8], height: float) -> NDArray[np.uint8]:
    """Take the dots out of the shaded cells of a page of one bit (a fax); any other page is returned as it is.

    One bit shows grey as dots, among which rulings and text are lost. Where small dots are dense they are wiped; single
    ones stay: they may be full stops.
    """
    sample = image[::5, ::3, 1]
    if np.count_nonzero((sample > 30) & (sample < 225)) > 0.01 * sample.size:
        return image
    mask = cv2.threshold(cv2.extractChannel(image, 1), 127, 1, cv2.THRESH_BINARY_INV)[1]
    # Dots that touch at their corners are not one.
    _, labels = cv2.connectedComponents(mask, connectivity=4)
    inked = np.flatnonzero(mask.view(bool))
    owner = labels.ravel()[inked]
    areas = np.bincount(owner, minlength=1)
    small = areas <= max(4.0, (0.13 * height) ** 2)
    small[0] = False
    window = odd(1.2 * height)
    # Two dotted rulings crossing have twenty in a window of this size, the palest grey that shows has thirty.
    least = math.ceil(0.021 * window * window)
    dots = inked[small[owner]]
    places, areas = _centres(dots, owner[small[owner]], mask.shape[1]), areas[small]
    # Counted, not weighed: text has one to three such dots to a character.
    if not _may_be_crowded(places, mask.shape, window, least):
        return image
    spots = np.zeros(mask.shape, np.uint8)
    np.add.at(spots.ravel(), places[:, 1] * mask.shape[1] + places[:, 0], np.uint8(1))
    count = cv2.boxFilter(spots, cv2.CV_16U, (window, window), normalize=False)
    crowded = cv2.compare(count, least, cv2.CMP_GE)
    if not cv2.countNonZero(crowded):
        return image
    strokes = mask.copy()
    strokes.ravel()[dots] = 0
    crowded = cv2.bitwise_and(crowded, _strewn(spots, places, areas, strokes, height))
    # Up to the cells' rulings, over which the window reaches on one side only.
    near = cv2.dilate(crowded, np.ones((window // 2, window // 2), np.uint8))
    wiped = dots[near.ravel()[dots] > 0]
    if len(wiped) <= _DARK * cv2.countNonZero(near):
        wiped = _without_dashes(wiped, labels, height)
    if len(wiped) < 1e-4 * mask.size:
        return image
    cleaned = image.copy()
    cleaned.reshape(-1, 3)[wiped] = 255
    return cleaned


# A dash of a ruling, between which shading is set: so long at least and so thin at the most (sizes of text). Of the
# dots of grey, which lie as they fall, hardly any are such.
_DASH = (0.12, 0.1)
# Of a darker grey the dots touch each other, and are as long as dashes.
_DARK = 0.12


def _without_dashes(dots: NDArray[np.intp], labels: NDArray[np.int32], height: float) -> NDArray[np.intp]:
    """The pixels of dots that are no dashes: dotted rulings in and around a shaded cell stay."""
    if not len(dots):
        return dots
    dots = dots[np.argsort(labels.ravel()[dots], kind="stable")]
    own = labels.ravel()[dots]
    begins = np.flatnonzero(np.concatenate(([True], own[1:] != own[:-1])))
    sides = [
        np.maximum.reduceat(along, begins) - np.minimum.reduceat(along, begins) + 1
        for along in (dots % labels.shape[1], dots // labels.shape[1])
    ]
    long, thin = np.maximum(*sides), np.minimum(*sides)
    dash = (long >= max(4.0, _DASH[0] * height)) & (thin <= max(3.0, _DASH[1] * height)) & (3 * long >= 4 * thin)
    return dots[~np.repeat(dash, np.diff(np.append(begins, len(dots))))]


def _centres(pixels: NDArray[np.intp], owner: NDArray[np.int32], wide: int) -> NDArray[np.intp]:
    """The middle (n, x and y) of each of the patches that `pixels` belong to, in the order of their numbers."""
    if not len(pixels):
        return np.zeros((0, 2), np.intp)
    rows = pixels // wide
    count = np.bincount(owner)
    there = np.flatnonzero(count)
    sums = [np.bincount(owner, along) for along in (pixels - rows * wide, rows)]
    return np.stack([(along[there] / count[there]).astype(np.intp) for along in sums], axis=1)


def _may_be_crowded(places: NDArray[np.intp], shape: tuple[int, ...], window: int, least: int) -> bool:
    """Tell whether `least` places may lie in a square window: it meets four squares of its size at most.

    Over the page's edge a window sees what lies within it once more.
    """
    rows, columns = -(-shape[0] // window) + 1, -(-shape[1] // window) + 1
    squares = np.bincount(places[:, 1] // window * columns + places[:, 0] // window, minlength=rows * columns)
    squares = squares.reshape(rows, columns).astype(np.int64)
    for edge in (0, -2, -1):
        squares[edge] *= 2
        squares[:, edge] *= 2
    around = squares[:-1, :-1] + squares[1:, :-1] + squares[:-1, 1:] + squares[1:, 1:]
    return bool(around.max(initial=0) >= least)


def _strewn(
    spots: Grey,
    places: NDArray[np.int_],
    areas: NDArray[np.int_],
    strokes: Grey,
    height: float,
) -> Grey:
    """Tell where dots lie everywhere and are of one size, as those of a grey do and are.

    Thin text broken into bits leaves its blanks free, and its bits are of all sizes: measured, .94 to 1.0 of a grey's
    dots are of at most twice the smallest size, and .39 to .69 of the bits of text.
    """
    near, away, window = odd(0.25 * height), odd(0.3 * height), odd(1.2 * height)
    reached = cv2.dilate(cv2.min(spots, 1), np.ones((near, near), np.uint8))
    free = cv2.threshold(cv2.dilate(strokes, np.ones((away, away), np.uint8)), 0, 1, cv2.THRESH_BINARY_INV)[1]
    box = (window, window)
    # Half of the blanks, of which there is a fiftieth of the window or more.
    room, taken = at_once(
        lambda: cv2.boxFilter(free, cv2.CV_16U, box, normalize=False),
        lambda: cv2.boxFilter(cv2.bitwise_and(reached, free), cv2.CV_16U, box, normalize=False),
    )
    room = cv2.max(room, math.floor(0.02 * window * window))
    dense = cv2.threshold(cv2.compare(cv2.add(taken, taken), room, cv2.CMP_GT), 0, 1, cv2.THRESH_BINARY)[1]
    count, patches = cv2.connectedComponents(dense, connectivity=4)
    inked = np.flatnonzero(dense.view(bool))
    owner = patches.ravel()[inked]
    size = np.bincount(owner, minlength=count)
    home = patches[places[:, 1], places[:, 0]]
    alike = areas <= 2 * np.percentile(areas, 10)
    share_alike = np.bincount(home, alike, minlength=count) / np.maximum(np.bincount(home, minlength=count), 1)
    # A shaded cell holds at least one line of text.
    grey = (share_alike > 0.8) & (size >= 3 * height * height)
    grey[0] = False
    strewn = np.zeros_like(dense)
    strewn.ravel()[inked[grey[owner]]] = 255
    return strewn


def turn_and_scale(image: NDArray[np.uint8], warp: Warp) -> NDArray[np.uint8]:
    """Turn the page by quarters and bring it to the size that work is done at."""
    codes = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}
    turned = cv2.rotate(image, codes[warp.turns]) if warp.turns else image
    if warp.scale == 1.0:
        return turned
    shrinking = warp.scale < 1
    return cv2.resize(turned, warp.base_size, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC)


def has_colour(small: NDArray[np.uint8]) -> bool:
    """Tell whether a picture's three channels differ anywhere; where they do not, one of them says all."""
    blue, green, red = cv2.split(small)
    return not (np.array_equal(blue, green) and np.array_equal(green, red))


# Neighbouring pixels of the small picture that differ by more than this (of 255) lie on two sides of the paper's edge.
# A shadow on the paper is softer, grain and noise are averaged away.
_STEP = 7
# And the desk is darker than the paper around the nearest text by at least this factor.
_DESK = 0.88
# A shadow fades into the paper: on 72 photographs of tables .11 to .91 of a shadow's rim had no step, at most .03 of a
# desk's.
_SOFT = 0.07
# What lies in one with a shadow is desk where it is darker than this part of the paper: shadows were .67 to .78 of it,
# desks .15 to .45.
_NIGHT = 0.55
# Pixels of the small picture, as many as the closing reaches.
_STRIP = 4


def find_desk(base: NDArray[np.uint8], lines: NDArray[np.float64], height: float) -> Grey | None:
    """Find what is not paper: 1 on the desk around a photographed page or the black border of a scan, 0 on the page.

    It is darker than the paper at the nearest text, and reached from the picture's border without a step in brightness,
    while there is one to the paper. Where the paper reaches to the border, a shadow on it is dark there too; it fades.
    Returns None where the page reaches all around.
    """
    if not len(lines):
        return None
    factor = max(1, round(height / 4))
    small = shrunk(base, factor)
    size = small.shape[1], small.shape[0]
    if not has_colour(small):
        small = small[:, :, 0].copy()
    # Text is closed over, so that nothing stops at it; then noise and grain are smoothed.
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    smooth = cv2.blur(cv2.medianBlur(closed, 5), (3, 3)).reshape(*small.shape[:2], -1)
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
    shadow = outside & (_softness(regions, ~dark & ~step) > _SOFT)
    night = brightness < _NIGHT * level[labels]
    # A strip of desk between a shadow and the picture's border is narrower than what was closed over.
    strip = small.reshape(*small.shape[:2], -1).min(axis=2) < _NIGHT * level[labels]
    strip[_STRIP:-_STRIP, _STRIP:-_STRIP] = False
    desk = (outside[regions] & (~shadow[regions] | night | strip)).astype(np.uint8)
    if desk.mean() < 0.002:
        return None
    # The fill stops where the edge's blur begins; the shadow beside the paper and flecks of grain go with it.
    desk = cv2.dilate(desk, np.ones((9, 9), np.uint8)) & (dark | step).astype(np.uint8)
    desk = cv2.dilate(desk, np.ones((5, 5), np.uint8))
    # Paper is convex, and so what lies between lines of text is paper, whatever shadow lies on it.
    hull = cv2.convexHull(np.clip(lines.reshape(-1, 2) / factor, -1, max(size)).astype(np.int32))
    near = round(1.5 * height / factor)
    inside = np.zeros_like(desk)
    cv2.fillConvexPoly(inside, hull, 1)
    desk[cv2.dilate(inside, np.ones((2 * near + 1, 2 * near + 1), np.uint8)) > 0] = 0
    return cv2.resize(desk, (base.shape[1], base.shape[0]), interpolation=cv2.INTER_NEAREST)


def _softness(regions: NDArray[np.int32], soft: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The share of each region's rim at which there is what is `soft`: (regions,)."""
    count = int(regions.max()) + 1
    rim, faded = np.zeros(count), np.zeros(count)
    for here, there, beside in (
        (regions[:-1], regions[1:], soft[1:]),
        (regions[1:], regions[:-1], soft[:-1]),
        (regions[:, :-1], regions[:, 1:], soft[:, 1:]),
        (regions[:, 1:], regions[:, :-1], soft[:, :-1]),
    ):
        other = here != there
        rim += np.bincount(here[other], minlength=count)
        faded += np.bincount(here[other & beside], minlength=count)
    share: NDArray[np.float64] = faded / np.maximum(rim, 1)
    return share


def background(channel: Grey, height: float) -> Grey:
    """The paper under the ink: what is left when everything thinner than two text heights is closed over."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (odd(2 * height / 4), odd(2 * height / 4)))
    paper = cv2.morphologyEx(channel, cv2.MORPH_CLOSE, kernel)
    return cv2.medianBlur(paper, 5)


def even(channel: Grey, small_paper: Grey) -> Grey:
    """Divide by the paper: 255 is paper wherever it is, in shadow or in a shaded cell."""
    paper = cv2.resize(small_paper, (channel.shape[1], channel.shape[0]), interpolation=cv2.INTER_LINEAR)
    # Below 24 of 255 there is no paper (a desk, a scanner's lid): dividing there would draw its grain.
    return cv2.divide(channel, cv2.max(paper, 24), scale=255)


def stretch_faint(ink: Grey, lines: NDArray[np.float64]) -> Grey:
    """Pull a faint page's ink down to where print is; what is print already stays as it is."""
    samples = []
    for quad in lines[:: max(1, len(lines) // 60)]:
        x0, y0 = np.maximum(quad.min(axis=0), 0).astype(int)
        x1, y1 = quad.max(axis=0).astype(int) + 1
        window = ink[y0:y1, x0:x1]
        if window.size:
            samples.append(quantile(window, 0.04))
    if not samples:
        return ink
    # The darker part of the boxes is print; the rest may be a watermark.
    level = float(np.percentile(samples, 30))
    if level <= 0.35 * 255:  # print, also when blurred by a scanner
        return ink
    black = 0.2 * 255
    table = np.clip(255 - (255 - np.arange(256)) * ((255 - black) / max(255 - level, 20.0)), 0, 255)
    return cv2.LUT(ink, table.astype(np.uint8))
