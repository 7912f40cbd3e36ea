"""Lines of text alone, drawn and worsened: labels as a scanner, a fax or a camera leaves them, without a form around.

For measuring what the recogniser makes of labels: thousands of lines for the price of a few pages.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import ImageDraw

from pipeline.synth.degrade import tone
from pipeline.synth.render.fonts import Face
from pipeline.synth.render.page import Image

DPI = 200.0
POINTS_TO_PIXELS = DPI / 72
# A line's width at most, and from one line to the next, in ems.
WIDTH, LEADING = 34, 1.9

LineKind = Literal["scan", "fax", "blurred", "heavy", "thin", "pressed", "low", "faint", "photo"]


def draw_lines(lines: Sequence[str], face: Face, points: float, rng: random.Random) -> tuple[Image, NDArray[Any]]:
    """Draw `lines` one below the other at 200 dpi; return the sheet and each line's box as (n, 4, 2) corners."""
    size = round(points * POINTS_TO_PIXELS)
    font = face.at(size)
    leading = round(LEADING * size)
    sheet = Pictures.new("RGB", (WIDTH * size, leading * (len(lines) + 2)), (255, 255, 255))
    draw = ImageDraw.Draw(sheet)
    ink = rng.randint(0, 50)
    boxes = []
    for number, text in enumerate(lines, start=1):
        x, y = size * (1 + rng.random()), leading * number + 3 * rng.random()
        draw.text((x, y), text, font=font, fill=(ink, ink, ink))
        left, right = x - 0.3 * size, x + font.getlength(text) + 0.3 * size
        top, bottom = y - 0.28 * size, y + 1.42 * size
        boxes.append([(left, top), (right, top), (right, bottom), (left, bottom)])
    return np.asarray(sheet).copy(), np.array(boxes, np.float64).reshape(-1, 4, 2)


def worsen(sheet: Image, kind: LineKind, hard: bool, seed: int) -> tuple[Image, float]:
    """Return the sheet after a degradation and what its size was multiplied by; `hard` is at the edge of legibility.

    Scan, fax, lens out of focus, copies too dark and too light and the hardest compression are for tuning; low
    resolution, faint copy and photograph for testing.
    """
    rng, grain = random.Random(seed), np.random.default_rng(seed)
    dpi = rng.uniform(*_DPI[kind][0 if hard else 1])
    if kind == "photo":
        sheet = _shaken(sheet, rng)
    image = _resized(sheet, dpi / DPI)
    if kind == "scan":
        white = rng.uniform(238, 253)
        image = tone.blur(image, rng.uniform(0.6, 1.3), dpi)
        image = tone.shade(tone.tint(image, (white, white, white - 2)), grain, rng.uniform(0.04, 0.15))
        image = tone.jpeg(tone.noise(image, grain, rng.uniform(3, 10)), rng.randint(30, 60))
    elif kind == "fax":
        image = tone.noise(tone.blur(image, rng.uniform(0.5, 0.9), dpi), grain, rng.uniform(12, 28))
        image = tone.one_bit(image, rng.uniform(140, 190))
    elif kind == "blurred":
        image = tone.noise(_defocused(image, rng.uniform(0.9, 1.7) * dpi / 120), grain, rng.uniform(2, 8))
        image = tone.jpeg(image, rng.randint(45, 80))
    elif kind == "heavy":
        # Toner that spreads: strokes grow by half a pixel and close what is between them.
        spread = cv2.erode(image, np.ones((2, 2), np.uint8))
        image = tone.blur(_between(image, spread, rng.uniform(0.4, 1.0)), rng.uniform(0.5, 1.0), dpi)
        image = tone.jpeg(tone.noise(image, grain, rng.uniform(4, 12)), rng.randint(40, 75))
    elif kind == "thin":
        # A copier set too light: thin strokes break off where the paper's white eats them.
        eaten = cv2.dilate(image, np.ones((2, 2), np.uint8))
        image = _between(tone.blur(image, rng.uniform(0.4, 0.9), dpi), eaten, rng.uniform(0.3, 0.7))
        image = tone.jpeg(tone.noise(image, grain, rng.uniform(5, 14)), rng.randint(40, 75))
    elif kind == "pressed":
        image = tone.jpeg(tone.blur(image, rng.uniform(0.3, 0.7), dpi), rng.randint(8, 20))
    elif kind == "low":
        image = tone.noise(tone.tint(image, (250, 250, 248)), grain, rng.uniform(2, 5))
        image = tone.jpeg(image, rng.randint(45, 75))
    elif kind == "faint":
        image = tone.blur(tone.tint(image, (230, 220, 196), rng.uniform(0.24, 0.4)), rng.uniform(0.5, 1.0), dpi)
        image = tone.jpeg(tone.noise(image, grain, rng.uniform(3, 7)), 60)
    else:
        image = tone.tint(tone.blur(image, rng.uniform(0.4, 0.8), dpi), (225, 222, 214), 0.85)
        image = tone.noise(tone.shade(image, grain, rng.uniform(0.15, 0.4)), grain, rng.uniform(3, 8))
        image = tone.jpeg(image, rng.randint(40, 70))
    return image, dpi / DPI


# Resolutions at which 9 point type is hardly legible, and at which it is poor.
_DPI: dict[LineKind, tuple[tuple[float, float], tuple[float, float]]] = {
    "scan": ((85, 120), (110, 160)),
    "fax": ((105, 140), (130, 170)),
    "blurred": ((100, 130), (115, 155)),
    "heavy": ((85, 115), (100, 140)),
    "thin": ((95, 125), (110, 150)),
    "pressed": ((90, 120), (105, 145)),
    "low": ((72, 95), (88, 115)),
    "faint": ((95, 130), (115, 150)),
    "photo": ((95, 125), (115, 150)),
}


def _resized(image: Image, scale: float) -> Image:
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    out: Any = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(out)


def _between(one: Image, other: Image, share: float) -> Image:
    """Return the picture that lies `share` of the way from `one` to `other`."""
    out: Any = cv2.addWeighted(one, 1 - share, other, share, 0)
    return np.asarray(out)


def _defocused(image: Image, radius: float) -> Image:
    """Spread every point over a disc of `radius` pixels, as a lens out of focus does."""
    reach = int(np.ceil(radius + 0.5))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0.0, 1.0).astype(np.float32)
    out: Any = cv2.filter2D(image, -1, kernel / kernel.sum())
    return np.asarray(out)


def _shaken(image: Image, rng: random.Random) -> Image:
    """Blur along a line of 3 to 7 pixels, as a hand's shake does."""
    length, angle = rng.choice((3, 5, 5, 7)), rng.uniform(0, np.pi)
    kernel = np.zeros((length, length), np.float32)
    middle = (length - 1) / 2
    for step in np.linspace(-middle, middle, 4 * length):
        kernel[round(middle + step * np.sin(angle)), round(middle + step * np.cos(angle))] = 1
    out: Any = cv2.filter2D(image, -1, kernel / kernel.sum())
    return np.asarray(out)
