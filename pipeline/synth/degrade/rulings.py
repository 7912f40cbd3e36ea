"""Breaks in rulings, as fax machines and worn copies leave them. For pages as they were drawn, not yet turned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.synth.render.page import Image, RenderedPage

# A ruling is darker than this along its middle; lighter means that the style left the edge open.
INKED = 160


def break_rulings(
    page: RenderedPage, rng: np.random.Generator, count: int, length: tuple[float, float]
) -> RenderedPage:
    """Lay `count` breaks on the rulings, half across and half down; lengths are drawn in text heights (ems)."""
    image = page.image.copy()
    edges = {flat: _edges(page, flat) for flat in (True, False)}
    for number in range(count):
        flat = number % 2 == 0
        if edges[flat]:
            _break(image, edges[flat], flat, rng, rng.uniform(*length) * page.em)
    return replace(page, image=image)


def _edges(page: RenderedPage, flat: bool) -> list[tuple[float, float, float]]:
    """Cell edges along one axis as (position across, first, last along), in pixels."""
    found = set()
    for table in page.tables:
        for cell in table.cells:
            (x0, y0), _, (x1, y1), _ = cell.polygon
            found |= {(y0, x0, x1), (y1, x0, x1)} if flat else {(x0, y0, y1), (x1, y0, y1)}
    return sorted(found)


def _break(
    image: Image,
    edges: list[tuple[float, float, float]],
    flat: bool,
    rng: np.random.Generator,
    length: float,
) -> None:
    lengths = np.array([last - first for _, first, last in edges])
    for _ in range(20):  # open edges are drawn again
        across, first, last = edges[rng.choice(len(edges), p=lengths / lengths.sum())]
        start = rng.uniform(first, last) - length / 2
        # The ruling's own width, found on the page: the break takes it and nothing of the text beside it.
        plane = image[:, :, 0] if flat else image[:, :, 0].T
        middle = round(across)
        low, high = max(0, round(start)), max(1, round(start + length))
        reach = slice(max(0, middle - 12), middle + 13)
        dark = np.median(plane[reach, low:high], axis=1) < INKED
        near = np.flatnonzero(dark) + reach.start
        near = near[np.abs(near - across) < 12]
        if near.size == 0:
            continue
        top, bottom = int(near.min()) - 1, int(near.max()) + 2
        ground = int(np.median(plane[max(0, top - 2) : top, low:high])) if top > 0 else 255
        part = (slice(top, bottom), slice(low, high))
        image[part if flat else part[::-1]] = ground
        return
