"""Geometry: moving a page's picture and its truth together.

Truth polygons count from the outer edge of the first pixel, OpenCV from its centre; the half pixel between them is
added and taken off here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Polygon
from pipeline.synth.render.page import Image, RenderedLine, RenderedPage

Points = NDArray[np.float64]  # (n, 2), x and y
Mapping = Callable[[Points], Points]
HALF = 0.5


def move_truth(page: RenderedPage, forward: Mapping, step: float | None = None) -> RenderedPage:
    """Return the page with every polygon mapped by `forward`; the image is left as it is.

    With `step` (pixels) edges are given points that far apart first, so that they follow a bent page.
    """

    def polygon(points: Polygon) -> Polygon:
        given = np.asarray(points, dtype=np.float64)
        dense = given if step is None else _dense(given, step)
        # A hundredth of a pixel is finer than anything drawn, and keeps truth files small.
        return tuple((float(x), float(y)) for x, y in np.round(forward(dense), 2))

    def line(one: RenderedLine) -> RenderedLine:
        return replace(one, polygon=polygon(one.polygon))

    return replace(
        page,
        tables=tuple(
            replace(
                table,
                cells=tuple(
                    replace(cell, polygon=polygon(cell.polygon), lines=tuple(line(one) for one in cell.lines))
                    for cell in table.cells
                ),
            )
            for table in page.tables
        ),
        lines=tuple(line(one) for one in page.lines),
        seals=tuple(replace(seal, polygon=polygon(seal.polygon)) for seal in page.seals),
    )


def _dense(points: Points, step: float) -> Points:
    out = []
    for a, b in zip(points, np.roll(points, -1, axis=0), strict=True):
        n = max(1, int(np.ceil(np.hypot(*(b - a)) / step)))
        out.append(a + (b - a) * (np.arange(n) / n)[:, None])
    return np.concatenate(out)


def apply(matrix: NDArray[np.float64], points: Points) -> Points:
    """Map points by a 3 x 3 homography."""
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:], dtype=np.float64)


def shift(x: float, y: float) -> NDArray[np.float64]:
    """Return the homography that moves by (x, y)."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], dtype=np.float64)


def project(
    page: RenderedPage, matrix: NDArray[np.float64], size: tuple[int, int], ground: tuple[int, int, int]
) -> RenderedPage:
    """Map image and truth by a homography given in truth coordinates onto a canvas of (width, height) `size`."""
    centres = shift(-HALF, -HALF) @ matrix @ shift(HALF, HALF)
    image: Any = cv2.warpPerspective(
        page.image, centres, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=ground
    )
    return replace(move_truth(page, lambda points: apply(matrix, points)), image=image)


def rotate(page: RenderedPage, degrees: float, ground: tuple[int, int, int], grow: bool = False) -> RenderedPage:
    """Turn the page clockwise around its middle; with `grow` the canvas grows so that nothing is cut off."""
    height, width = page.image.shape[:2]
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    new_width = round(width * cos + height * abs(sin)) if grow else width
    new_height = round(height * cos + width * abs(sin)) if grow else height
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    matrix = shift(new_width / 2, new_height / 2) @ turn @ shift(-width / 2, -height / 2)
    return project(page, matrix, (new_width, new_height), ground)


def quarter_turns(page: RenderedPage, turns: int) -> RenderedPage:
    """Turn the page clockwise by `turns` times 90 degrees, exactly."""
    height, width = page.image.shape[:2]
    turns %= 4
    forward: Mapping = {
        0: lambda p: p,
        1: lambda p: np.column_stack([height - p[:, 1], p[:, 0]]),
        2: lambda p: np.column_stack([width - p[:, 0], height - p[:, 1]]),
        3: lambda p: np.column_stack([p[:, 1], width - p[:, 0]]),
    }[turns]
    image: Image = np.ascontiguousarray(np.rot90(page.image, -turns))
    return replace(move_truth(page, forward), image=image, turned=(page.turned + 90 * turns) % 360)


def resample(page: RenderedPage, dpi: float) -> RenderedPage:
    """Return the page at another resolution, as a scanner set to it would see it."""
    factor = dpi / page.dpi
    height, width = page.image.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    image: Any = cv2.resize(page.image, size, interpolation=method)
    scale = np.array([size[0] / width, size[1] / height])
    return replace(move_truth(page, lambda points: points * scale), image=image, dpi=dpi, em=page.em * factor)
