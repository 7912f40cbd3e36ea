"""Seals lifted off the page, and kept as objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Place, Seal
from pipeline.geometry import Warp
from pipeline.ink import Grey, odd, shrunk
from pipeline.straighten.light import background, even, has_colour


@dataclass(frozen=True, slots=True)
class FoundSeal:
    """A seal on the turned and scaled page: its outline there, its colour (r, g, b)."""

    polygon: NDArray[np.float64]  # base pixels
    colour: tuple[int, int, int]


def clean(base: NDArray[np.uint8], height: float) -> tuple[Grey, list[FoundSeal]]:
    """Even the light and lift the seals off: the ink as grey on white, and the seals' outlines.

    Black text and rulings under a seal stay as they are: inside a seal (and there only) the brightest of the three
    channels is taken, in which the seal is nearly paper, and its white point is pulled to the seal's own level.
    Coloured text and coloured rulings are no seals and stay ink.
    """
    small = shrunk(base, 4)
    if not has_colour(small):  # and so no seals
        return even(cv2.cvtColor(base, cv2.COLOR_BGR2GRAY), background(small[:, :, 0].copy(), height)), []
    small_paper = [background(np.ascontiguousarray(small[:, :, c]), height) for c in range(3)]
    evened = cv2.merge(
        [cv2.divide(np.ascontiguousarray(small[:, :, c]), cv2.max(small_paper[c], 24), scale=255) for c in range(3)]
    )
    grey = cv2.cvtColor(base, cv2.COLOR_BGR2GRAY)
    grey_paper = cv2.cvtColor(cv2.merge(small_paper), cv2.COLOR_BGR2GRAY)
    ink = even(grey, grey_paper)
    seals: list[FoundSeal] = []
    for box in seal_boxes(evened, height / 4):
        x0, y0, x1, y1 = (4 * box[0], 4 * box[1], min(4 * box[2], base.shape[1]), min(4 * box[3], base.shape[0]))
        window = base[y0:y1, x0:x1]
        papers = [paper[box[1] : box[3], box[0] : box[2]] for paper in small_paper]
        channels = [even(np.ascontiguousarray(window[:, :, c]), papers[c]) for c in range(3)]
        lifted, outline, colour = lift(channels, window, ink[y0:y1, x0:x1], height)
        if outline is None:
            continue
        ink[y0:y1, x0:x1] = lifted
        seals.append(FoundSeal(outline + np.array([x0, y0], np.float64), colour))
    return ink, seals


def _chroma(channels: Sequence[Grey]) -> Grey:
    high = cv2.max(cv2.max(channels[0], channels[1]), channels[2])
    low = cv2.min(cv2.min(channels[0], channels[1]), channels[2])
    return cv2.subtract(high, low)


# Colour counts as a stamp's from this difference between the channels (of 255) on: .13 of the paper. Worn and pale
# stamps are followed down to half of it from where they reach it.
_CHROMA = 33
_PALE_CHROMA = 16


def seal_boxes(evened: NDArray[np.uint8], height: float) -> list[tuple[int, int, int, int]]:
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
        # Of a pale stamp hardly a pixel is that strong. It is closed all around, and what lamps and wood tint is not:
        # of 42 such patches on photographs none has one pixel, of 43 stamps on 14 pages two had 2 and 8.
        much = strong[number] >= 0.3 * height * height
        large = much and min(w, h) >= 3.5 * height
        if not large and not (strong[number] and _framed(mask[y : y + h, x : x + w])):
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


def lift(
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
    # Cameras and JPEG keep colour at half the sharpness of light: a seal's colour reaches into its neighbourhood, so
    # the strongest colour nearby says how dark the seal alone may be here, and the colour here what it takes of print.
    reach = odd(0.16 * height)
    near = cv2.dilate(chroma, np.ones((reach, reach), np.uint8)).astype(np.float32) / 255.0
    alone = np.clip(1.0 - 1.05 * toll * near, 0.12, 1.0)
    print_here = light / np.clip(1.0 - toll * colour, 0.2, 1.0)
    paper = np.clip((light / alone - 0.8) / 0.16, 0.0, 1.0)
    # A thin stroke of a seal shows half of its colour. But where it is darker it is more coloured, which print never
    # is: where darkness and colour rise together, and it is no darker than the seal can be, there is no print.
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


def outside_seals(lines: NDArray[np.float64], seals: Sequence[FoundSeal]) -> NDArray[np.float64]:
    """Leave out the lines of text, (n, 4, 2) in base pixels, whose middle lies in a seal: its words were lifted."""

    def is_outside(quad: NDArray[np.float64]) -> bool:
        x, y = quad.mean(axis=0)
        outlines = (seal.polygon.astype(np.float32) for seal in seals)
        return all(cv2.pointPolygonTest(outline, (float(x), float(y)), False) < 0 for outline in outlines)

    return lines[[is_outside(quad) for quad in lines]] if seals else lines


def place_seal(seal: FoundSeal, start: Warp, index: int) -> Seal:
    """Place a seal on the page as it came in."""
    points = start.unturn(seal.polygon)
    polygon = tuple((round(float(x), 1), round(float(y), 1)) for x, y in points)
    return Seal(Place(page=index, polygon=polygon), seal.colour)
