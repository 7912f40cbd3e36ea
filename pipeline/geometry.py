"""The map between a page as it came in and the upright, flattened page that all work is done on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

# Terms of the fit: Chebyshev polynomials (order in x, order in y). Horizontals: nothing in y alone, verticals: nothing
# in x alone (a stretch of the page along itself bends no ruling, so rulings say nothing about it). Paper that curls in
# a wave across the page needs seven orders along the wave: with four, 5 of 30 pixels remain.
HORIZONTAL_TERMS = (
    *((i, 0) for i in range(1, 8)),
    *((i, 1) for i in range(1, 7)),
    *((i, 2) for i in range(1, 4)),
    *((i, 3) for i in range(1, 3)),
)
VERTICAL_TERMS = (
    *((0, j) for j in range(1, 6)),
    *((1, j) for j in range(1, 5)),
    *((2, j) for j in range(1, 3)),
    *((3, j) for j in range(1, 3)),
)


def as_read(polygon: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Turn an outline by quarters of the page so that its text runs to the right; the page's corner stays where it is.

    Outlines are kept in pixels of the page as it came in, clockwise from the text's top left: on a page that lay in the
    scanner on its side left and right are up and down, and each page of a form may lie otherwise. Outlines of other
    than four corners, or not clockwise, say nothing and stay.

    >>> as_read(((9, 1), (9, 5), (2, 5), (2, 1)))
    ((1, -9), (5, -9), (5, -2), (1, -2))
    """
    if len(polygon) != 4:
        return tuple(polygon)
    area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(polygon, (*polygon[1:], polygon[0]), strict=True))
    (x0, y0), (x1, y1) = polygon[:2]
    across, down = x1 - x0, y1 - y0
    if area <= 0 or across >= abs(down):
        return tuple(polygon)
    if -across >= abs(down):
        return tuple((-x, -y) for x, y in polygon)
    return tuple((y, -x) for x, y in polygon) if down > 0 else tuple((-y, x) for x, y in polygon)


def _chebyshev(order: int, x: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    found = [np.ones_like(x), x]
    while len(found) <= order:
        found.append(2 * x * found[-1] - found[-2])
    return found


def basis(terms: tuple[tuple[int, int], ...], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evaluate the terms at normalised points (the page from -1 to 1 each way); shape (n, terms)."""
    in_x = _chebyshev(max(i for i, _ in terms), x)
    in_y = _chebyshev(max(j for _, j in terms), y)
    return np.stack([in_x[i] * in_y[j] for i, j in terms], axis=-1)


# A bend is undone to a thousandth of a pixel; each round brings a digit or more.
_EXACT = 1e-3


def _bend(
    terms: tuple[tuple[int, int], ...], weights: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum the weighted terms at normalised points, order by order in y; shape (n,)."""
    total = np.zeros_like(x)
    if not weights.any():
        return total
    in_x, in_y = _chebyshev(max(i for i, _ in terms), x), _chebyshev(max(j for _, j in terms), y)
    for order, factor in enumerate(in_y):
        part = np.zeros_like(x)
        for (i, j), weight in zip(terms, weights, strict=True):
            if j == order:
                part += weight * in_x[i]
        total += part * factor
    return total


@dataclass(frozen=True, slots=True, eq=False)
class Warp:
    """Page pixels ↔ upright pixels, continuous coordinates (pixel i covers i to i + 1).

    page → turned by `turns` quarter turns anticlockwise → scaled by `scale` → turned by `angle` radians about the
    middle → bent by the two polynomials (weights in units of `side`) → moved by `offset`.
    """

    page_size: tuple[int, int]  # width, height
    turns: int
    scale: float
    angle: float
    side: float
    bend_y: NDArray[np.float64]  # over HORIZONTAL_TERMS
    bend_x: NDArray[np.float64]  # over VERTICAL_TERMS
    offset: tuple[float, float]
    size: tuple[int, int]  # width, height of the upright page

    @property
    def base_size(self) -> tuple[int, int]:
        """Width and height of the turned and scaled page."""
        width, height = self.page_size if self.turns % 2 == 0 else self.page_size[::-1]
        return max(1, round(width * self.scale)), max(1, round(height * self.scale))

    def turn(self, points: Points) -> Points:
        """Page → base."""
        width, height = self.page_size
        x, y = points[:, 0], points[:, 1]
        if self.turns == 1:
            x, y = y, width - x
        elif self.turns == 2:
            x, y = width - x, height - y
        elif self.turns == 3:
            x, y = height - y, x
        turned = (width, height) if self.turns % 2 == 0 else (height, width)
        base = self.base_size
        return np.stack([x * (base[0] / turned[0]), y * (base[1] / turned[1])], axis=1)

    def unturn(self, points: Points) -> Points:
        """Base → page."""
        width, height = self.page_size
        turned = (width, height) if self.turns % 2 == 0 else (height, width)
        base = self.base_size
        x, y = points[:, 0] * (turned[0] / base[0]), points[:, 1] * (turned[1] / base[1])
        if self.turns == 1:
            x, y = width - y, x
        elif self.turns == 2:
            x, y = width - x, height - y
        elif self.turns == 3:
            x, y = y, height - x
        return np.stack([x, y], axis=1)

    def _rotate(self, points: Points, angle: float) -> Points:
        base = self.base_size
        cx, cy = base[0] / 2.0, base[1] / 2.0
        cos, sin = np.cos(angle), np.sin(angle)
        x, y = points[:, 0] - cx, points[:, 1] - cy
        return np.stack([cx + cos * x - sin * y, cy + sin * x + cos * y], axis=1)

    def normalise(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rotated base pixels → -1 to 1. Outside the page the polynomials mean nothing: points are held near it."""
        width, height = self.base_size
        return (
            np.clip((2.0 * x - width) / width, -1.08, 1.08),
            np.clip((2.0 * y - height) / height, -1.08, 1.08),
        )

    def flatten(self, points: Points) -> Points:
        """Base → upright."""
        rotated = self._rotate(points, self.angle)
        x, y = self.normalise(rotated[:, 0], rotated[:, 1])
        u = rotated[:, 0] + self.side * _bend(VERTICAL_TERMS, self.bend_x, x, y)
        v = rotated[:, 1] + self.side * _bend(HORIZONTAL_TERMS, self.bend_y, x, y)
        return np.stack([u + self.offset[0], v + self.offset[1]], axis=1)

    def unflatten(self, points: Points) -> Points:
        """Upright → base: the bend is undone by iteration (it contracts: no bend of a readable page is steep)."""
        u = points[:, 0] - self.offset[0]
        v = points[:, 1] - self.offset[1]
        if not self.bend_x.any() and not self.bend_y.any():
            return self._rotate(np.stack([u, v], axis=1), -self.angle)
        x, y = u, v
        for _ in range(16):
            nx, ny = self.normalise(x, y)
            bent_x, bent_y = _bend(VERTICAL_TERMS, self.bend_x, nx, ny), _bend(HORIZONTAL_TERMS, self.bend_y, nx, ny)
            before = x, y
            x, y = u - self.side * bent_x, v - self.side * bent_y
            if max(np.abs(x - before[0]).max(initial=0.0), np.abs(y - before[1]).max(initial=0.0)) < _EXACT:
                break
        return self._rotate(np.stack([x, y], axis=1), -self.angle)

    def to_upright(self, points: Points) -> Points:
        """Page pixels → upright pixels, (n, 2)."""
        return self.flatten(self.turn(np.asarray(points, np.float64)))

    def to_page(self, points: Points) -> Points:
        """Upright pixels → page pixels, (n, 2)."""
        return self.unturn(self.unflatten(np.asarray(points, np.float64)))
