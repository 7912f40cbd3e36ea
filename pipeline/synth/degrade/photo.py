"""A page photographed on a desk: bent paper, perspective, the desk around it, shadow, lens and compression."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.synth.degrade import tone
from pipeline.synth.degrade.warp import HALF, Points, apply, move_truth, shift
from pipeline.synth.render.page import Image, RenderedPage

# Corners are off by up to this share of the page's width.
CORNER_SHARE = 0.028
# Polygons of bent pages get a point this often along their edges, as a share of the page's width: the arc of the
# strongest curl leaves the chord between two points by less than a quarter of a pixel.
STEP_SHARE = 1 / 40


class Bend:
    """How paper curls: lines across the page become waves of `amplitude` pixels, lines down it bow a little.

    A point of the bent page at (x, y) was at (x - dx(y), y - dy(x, y)) on the flat one.
    """

    def __init__(self, rng: np.random.Generator, size: tuple[int, int], amplitude: float) -> None:
        self.width, self.height = size
        self.amplitude = amplitude * (1 if rng.random() < 0.5 else -1)
        self.waves = rng.uniform(0.5, 1.1)  # half waves are one bulge, more a bulge and a hollow
        self.phase = rng.uniform(0, 2 * np.pi)
        self.slant = rng.uniform(-0.6, 0.6)  # the wave's phase drifts down the page
        self.bow = amplitude * rng.uniform(-0.3, 0.3)

    def _offset(self, x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        u, v = x / self.width, y / self.height
        angle = 2 * np.pi * self.waves * u + self.phase + self.slant * v
        return self.bow * np.sin(np.pi * v), self.amplitude * np.sin(angle)

    def flat(self, x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Where the points of the bent page were on the flat one."""
        dx, dy = self._offset(x, y)
        return x - dx, y - dy

    def bent(self, points: Points) -> Points:
        """Where points of the flat page are on the bent one; the map contracts, so that iterating finds them."""
        x, y = points[:, 0].copy(), points[:, 1].copy()
        for _ in range(40):
            dx, dy = self._offset(x, y)
            x, y = points[:, 0] + dx, points[:, 1] + dy
        return np.column_stack([x, y])


class Fold:
    """A page that was folded and opened again: lines across it climb to the fold and fall behind it."""

    def __init__(self, rng: np.random.Generator, size: tuple[int, int], amplitude: float) -> None:
        self.width, self.height = size
        self.at = rng.uniform(0.3, 0.7) * self.width
        self.slant = rng.uniform(-0.03, 0.03)  # nobody folds quite straight
        self.reach = rng.uniform(0.15, 0.4) * self.width
        self.amplitude = amplitude * (1 if rng.random() < 0.5 else -1)

    def across(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        """How far from the fold a point is, in pixels."""
        return np.abs(x - self.at - self.slant * (y - self.height / 2))

    def flat(self, x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Where the points of the folded page were on the flat one."""
        return x, y - self.amplitude * np.clip(1 - self.across(x, y) / self.reach, 0, 1)

    def bent(self, points: Points) -> Points:
        """Where points of the flat page are on the folded one."""
        x, y = points[:, 0], points[:, 1].copy()
        for _ in range(40):
            y = points[:, 1] + self.amplitude * np.clip(1 - self.across(x, y) / self.reach, 0, 1)
        return np.column_stack([x, y])

    def shadow(self, image: Image, rng: np.random.Generator, dpi: float) -> Image:
        """The worn line along the fold, and the darker slope beside it."""
        height, width = image.shape[:2]
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        distance = self.across(x, y) * tone.BASE_DPI / dpi
        side = np.where(x > self.at, 1.0, 0.3).astype(np.float32)
        depth = rng.uniform(0.12, 0.3) * np.exp(-((distance / 2.5) ** 2)) + 0.1 * side * np.exp(-distance / 40)
        out: Image = np.rint(image * (1 - depth)[:, :, None]).astype(np.uint8)
        return out


def photograph(
    page: RenderedPage, rng: np.random.Generator, curl: tuple[float, ...], fold: float | None = None
) -> RenderedPage:
    """Photograph the page; `curl` holds the amplitudes in pixels at 200 dpi of the bends laid over each other.

    With `fold` the page was folded once lengthwise, the fold standing that many pixels at 200 dpi off the page's plane.
    """
    height, width = page.image.shape[:2]
    scale = page.dpi / tone.BASE_DPI
    bends: list[Bend | Fold] = [Bend(rng, (width, height), amplitude * scale) for amplitude in curl]
    if fold is not None:
        crease = Fold(rng, (width, height), fold * scale)
        page = replace(page, image=crease.shadow(page.image, rng, page.dpi))
        bends = [crease, *bends]
    border = [int(rng.uniform(0.02, 0.07) * width + (max(curl) + (fold or 0)) * scale) for _ in range(4)]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)
    moved = corners + rng.uniform(-1, 1, (4, 2)) * CORNER_SHARE * width + [border[3], border[0]]
    size = (width + border[1] + border[3], height + border[0] + border[2])
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), moved.astype(np.float32)).astype(np.float64)

    def forward(points: Points) -> Points:
        for bend in bends:
            points = bend.bent(points)
        return apply(matrix, points)

    image = _expose(page.image, matrix, bends, size, rng)
    # A fold is sharper than any curl.
    step = width * STEP_SHARE / (1 if fold is None else 4)
    page = replace(move_truth(page, forward, step=step), image=image)
    return replace(page, image=_develop(page.image, rng, page.dpi))


def _expose(
    image: Image, matrix: NDArray[np.float64], bends: list[Bend | Fold], size: tuple[int, int], rng: np.random.Generator
) -> Image:
    """Look up every pixel of the photograph on the flat page; where the page is not, there is the desk."""
    height, width = image.shape[:2]
    back = shift(-HALF, -HALF) @ np.linalg.inv(matrix) @ shift(HALF, HALF)
    x, y = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    w = (back[2, 0] * x + back[2, 1] * y + back[2, 2]).astype(np.float32)
    u = ((back[0, 0] * x + back[0, 1] * y + back[0, 2]) / w).astype(np.float32)
    v = ((back[1, 0] * x + back[1, 1] * y + back[1, 2]) / w).astype(np.float32)
    u, v = u + HALF, v + HALF
    for bend in reversed(bends):
        u, v = bend.flat(u, v)
    u, v = np.asarray(u - HALF, dtype=np.float32), np.asarray(v - HALF, dtype=np.float32)
    paper: Any = cv2.remap(image, u, v, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    # The paper's edge, one pixel soft.
    inside = np.minimum(np.minimum(u + 1, width - u), np.minimum(v + 1, height - v))
    alpha = np.clip(inside, 0, 1)
    desk = _desk(rng, (size[1], size[0]))
    # The paper throws a narrow shadow on the desk.
    depth = cv2.GaussianBlur(np.roll(alpha, (6, 4), axis=(0, 1)), (0, 0), 8)
    desk *= (1 - 0.45 * depth)[:, :, None]
    out: Image = np.clip(np.rint(paper * alpha[:, :, None] + desk * (1 - alpha[:, :, None])), 0, 255).astype(np.uint8)
    return out


def _desk(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float32]:
    """A table top: wood, grey laminate or green felt, with a grain along it."""
    tops = ((120, 82, 52), (176, 140, 100), (95, 98, 104), (60, 90, 70), (45, 42, 44))
    colour = np.array(tops[int(rng.integers(len(tops)))], dtype=np.float32)
    grain = cv2.resize(rng.standard_normal((shape[0] // 3 + 1, max(2, shape[1] // 150)), dtype=np.float32), shape[::-1])
    return np.clip(colour * (1 + 0.06 * np.asarray(grain, dtype=np.float32))[:, :, None], 0, 255).astype(np.float32)


def _develop(image: Image, rng: np.random.Generator, dpi: float) -> Image:
    """Light, lens, sensor and JPEG 70."""
    height, width = image.shape[:2]
    x, y = np.meshgrid(np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32))
    light = 1 - rng.uniform(0.03, 0.12) * (x * x + y * y) / 2
    # A hand or a phone stands in the light: a soft edge across the page.
    angle, at = rng.uniform(0, 2 * np.pi), rng.uniform(-0.5, 0.6)
    soft = rng.uniform(0.08, 0.3)
    beyond = (x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle)) - at) / soft
    light *= 1 - rng.uniform(0.12, 0.4) / (1 + np.exp(-4 * np.clip(beyond, -5, 5)))
    lamp = np.array([1.0, rng.uniform(0.95, 1.0), rng.uniform(0.86, 1.0)], dtype=np.float32)
    lit = image.astype(np.float32) * light[:, :, None] * (lamp * rng.uniform(0.86, 0.97))
    out: Image = np.clip(np.rint(lit), 0, 255).astype(np.uint8)
    out = tone.blur(out, rng.uniform(0.5, 0.9), dpi)
    out = tone.noise(out, rng, rng.uniform(2.0, 5.0))
    return tone.jpeg(out, 70)
