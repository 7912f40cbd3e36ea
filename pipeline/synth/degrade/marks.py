"""What people and machines do to the edges and the empty places of a page: pen marks, and paper that lay askew."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from pipeline.synth.degrade.tone import BASE_DPI
from pipeline.synth.degrade.warp import Points, move_truth
from pipeline.synth.render.page import RenderedPage

# Ball pen and fountain pen, and the red pencil of whoever checked.
INKS = ((30, 40, 120), (25, 25, 30), (190, 30, 40))


def mark(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """Leave pen marks: ticks beside rows, a word underlined, a number circled, a flourish at the foot of the page."""
    image = page.image.copy()
    scale = page.dpi / BASE_DPI
    ink = INKS[int(rng.integers(len(INKS)))]
    width = max(1, round(rng.uniform(2, 4) * scale))
    lines = [line for table in page.tables for cell in table.cells for line in cell.lines]
    for _ in range(int(rng.integers(2, 6))):
        if not lines:
            break
        (x0, y0), _, (x1, y1), _ = lines[int(rng.integers(len(lines)))].polygon[:4]
        shape = rng.random()
        if shape < 0.4:  # a tick behind the text
            path = np.array([[x1 + 6, y0 + 4], [x1 + 14, y1], [x1 + 40, y0 - 10]])
        elif shape < 0.7:  # underlined by hand
            xs = np.linspace(x0, x1, 9)
            path = np.column_stack([xs, y1 + 3 * scale + rng.normal(0, 1.2 * scale, 9)])
        else:  # circled
            angles = np.linspace(0.3, 2 * np.pi + 0.6, 40)
            middle, radii = ((x0 + x1) / 2, (y0 + y1) / 2), ((x1 - x0) / 2 + 9, (y1 - y0) / 2 + 7)
            path = np.column_stack([middle[0] + radii[0] * np.cos(angles), middle[1] + radii[1] * np.sin(angles)])
        cv2.polylines(image, [np.rint(path * 8).astype(np.int32)], False, ink, width, cv2.LINE_AA, 3)
    height, wide = image.shape[:2]
    start = np.array([rng.uniform(0.55, 0.75) * wide, 0.955 * height])
    steps = np.column_stack([rng.uniform(-6, 22, 26), rng.normal(0, 14, 26)]) * scale
    name = cv2.GaussianBlur((start + np.cumsum(steps, axis=0)).astype(np.float32), (1, 3), 0.8)
    cv2.polylines(image, [np.rint(name * 8).astype(np.int32)], False, ink, width, cv2.LINE_AA, 3)
    return replace(page, image=image)


def cut_edge(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """Cut the picture between the outer ruling at the left or right of a table and the text beside it.

    The ruling is gone, no text is. Where text and ruling leave no room between them the page is not cut.
    """
    height, width = page.image.shape[:2]
    right = bool(rng.random() < 0.5)
    cells = [np.asarray(cell.polygon) for table in page.tables for cell in table.cells]
    lines = [line.polygon for table in page.tables for cell in table.cells for line in cell.lines]
    texts = [np.asarray(polygon) for polygon in (*lines, *(line.polygon for line in page.lines))]
    if not cells or not texts:
        return page
    if right:
        # The outer ruling's innermost point: where the outermost cells' right sides come closest to the middle.
        far = max(float(polygon[:, 0].max()) for polygon in cells)
        edge = min(float(p[:, 0].max()) for p in cells if p[:, 0].max() > far - page.em)
        text = max(float(polygon[:, 0].max()) for polygon in texts)
        room = (text + 1, edge - 2)
    else:
        far = min(float(polygon[:, 0].min()) for polygon in cells)
        edge = max(float(p[:, 0].min()) for p in cells if p[:, 0].min() < far + page.em)
        text = min(float(polygon[:, 0].min()) for polygon in texts)
        room = (edge + 2, text - 1)
    if room[1] <= room[0]:
        return page
    at = round(rng.uniform(*room))
    first, last = (0, at) if right else (at, width)
    moved = move_truth(page, lambda points: _inside(points - [first, 0], last - first, height))
    return replace(moved, image=np.ascontiguousarray(page.image[:, first:last]))


def _inside(points: Points, width: int, height: int) -> Points:
    return np.clip(points, 0, [width, height])
