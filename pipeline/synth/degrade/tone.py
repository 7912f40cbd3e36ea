"""What scanners, paper and compression do to the tone of a page; geometry is left alone.

Sizes are given at 200 dpi and scale with the page's resolution.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.synth.render.page import Image

Floats = NDArray[np.float32]
BASE_DPI = 200.0


def blur(image: Image, sigma: float, dpi: float) -> Image:
    """Gaussian blur of `sigma` pixels at 200 dpi."""
    out: Any = cv2.GaussianBlur(image, (0, 0), max(0.1, sigma * dpi / BASE_DPI))
    return out


def field(rng: np.random.Generator, shape: tuple[int, int], waves: int) -> Floats:
    """A smooth random field of mean 0 and greatest magnitude 1, about `waves` bumps along each side."""
    coarse = rng.standard_normal((waves + 2, waves + 2)).astype(np.float32)
    smooth: Any = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    smooth -= smooth.mean()
    return np.asarray(smooth / max(1e-6, float(np.abs(smooth).max())), dtype=np.float32)


def shade(image: Image, rng: np.random.Generator, depth: float) -> Image:
    """Uneven light: a slope across the page and slow bumps, together darker by `depth` (0 to 1) at the worst place."""
    height, width = image.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    slope = (x / width - 0.5) * np.float32(np.cos(angle)) + (y / height - 0.5) * np.float32(np.sin(angle))
    light = 0.6 * (slope / np.abs(slope).max()) + 0.4 * field(rng, (height, width), 2)
    factor = 1 - depth * (light - light.min()) / float(np.ptp(light))
    return _bytes(image.astype(np.float32) * factor[:, :, None])


def tint(image: Image, paper: tuple[float, float, float], contrast: float = 1.0) -> Image:
    """Print the page on paper of the colour `paper` (0 to 255) with ink that keeps `contrast` of its darkness."""
    darkness = 1 - np.arange(256)[:, None] / 255
    table = _bytes(np.asarray(paper) * (1 - contrast * darkness))
    out: Any = cv2.LUT(image, table[None])
    return out


def noise(image: Image, rng: np.random.Generator, sigma: float) -> Image:
    """Sensor noise: the same grain in all channels, of `sigma` grey levels."""
    grain = rng.standard_normal(image.shape[:2], dtype=np.float32) * np.float32(sigma)
    return _bytes(image.astype(np.float32) + grain[:, :, None])


def specks(image: Image, rng: np.random.Generator, count: int, dpi: float) -> Image:
    """Dust: `count` dark specks of 0.5 to 1.6 pixels radius at 200 dpi, anywhere on the page."""
    out = image.copy()
    height, width = image.shape[:2]
    scale = dpi / BASE_DPI
    for _ in range(count):
        centre = (int(rng.uniform(0, width) * 8), int(rng.uniform(0, height) * 8))
        axes = tuple(max(2, round(rng.uniform(0.5, 1.6) * scale * 8)) for _ in range(2))
        grey = int(rng.uniform(30, 150))
        cv2.ellipse(out, centre, axes, rng.uniform(0, 180), 0, 360, (grey, grey, grey), -1, cv2.LINE_AA, 3)
    return out


def one_bit(image: Image, threshold: float) -> Image:
    """Black or white."""
    grey = image.mean(axis=2)
    out: Image = np.where(grey < threshold, 0, 255).astype(np.uint8)
    return np.repeat(out[:, :, None], 3, axis=2)


def jpeg(image: Image, quality: int) -> Image:
    """Compress and decompress the picture."""
    _, packed = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    unpacked: Any = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    return np.ascontiguousarray(unpacked[:, :, ::-1])


def _bytes(values: NDArray[Any]) -> Image:
    """Round to grey levels; `values` is overwritten."""
    np.rint(values, out=values)
    out: Image = np.clip(values, 0, 255, out=values).astype(np.uint8)
    return out
