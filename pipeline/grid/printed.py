"""Tables without any rulings, where lines of text were detected: the boxes of their print, and the cells they make up.

`pipeline.alignment` says which rows and columns the boxes are in; here the boxes are found, and what is prose and no
table is told by how few of its rows have several texts.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from pipeline.alignment import Box, Layout, Piece, find_layouts, is_channel
from pipeline.document import Cell, Grid, Upright
from pipeline.ink import Grey, printed

# A detected box is as high as its line; from this many text heights on it holds several.
_SEVERAL = 1.6
# Ink counts as covered by a detected box where this share of it lies inside.
_COVERED = 0.5
# Ink that is closer than this is one text, where no line was detected.
_WORD = 0.6
# Two columns of one detected box have this much paper between them at least.
_PARTS = 0.3
# A column whose texts are wider than this many text heights, or run over several lines, may be prose.
_PROSE = 9.0


def lay_out_print(upright: Upright) -> list[Grid]:
    """Lay the lines detected on a page out as tables; `ruled` of each is False, and nothing supports its cells."""
    if not len(upright.lines):
        return []
    height = upright.text_height
    mask = _print_of(upright, height)
    pieces = [Piece((number,), box) for number, box in enumerate(_boxes(upright, mask, height))]
    if len(pieces) < 4:
        return []
    layouts = [found for found in find_layouts(pieces) if isinstance(found, Layout)]
    return [_grid(layout, upright, height) for layout in layouts if _is_table(layout, height)]


def _print_of(upright: Upright, height: float) -> Grey:
    """What is printed, without dust and without rules across the page (above and below a table) and down it."""
    mask = printed(upright.ink)
    long = max(3, round(3 * height))
    rules = []
    for along in (True, False):
        found = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, long) if along else (long, 1), np.uint8))
        # A rule that leans a little goes on in the next row of pixels.
        rules.append(cv2.dilate(found, np.ones((5, long) if along else (long, 5), np.uint8)) if found.any() else found)
    if any(found.any() for found in rules):
        mask = mask & (1 - (rules[0] | rules[1]))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    speck = stats[:, cv2.CC_STAT_AREA] < max(3.0, (0.1 * height) ** 2)
    return ((~speck)[labels] & (labels > 0)).astype(np.uint8)


def _boxes(upright: Upright, mask: Grey, height: float) -> list[Box]:
    """The boxes around the ink of the lines that were detected, and of what was passed over (dashes, single digits)."""
    rest = mask.copy()
    found: list[Box] = []
    for quad in upright.lines:
        x0, y0 = np.maximum(np.floor(quad.min(axis=0)), 0).astype(int)
        x1, y1 = np.ceil(quad.max(axis=0)).astype(int)
        window = mask[y0:y1, x0:x1]
        for top, bottom in _lines(window, height):
            columns = np.flatnonzero(window[top:bottom].any(axis=0))
            if len(columns):
                left, right = int(columns[0]), int(columns[-1]) + 1
                found.append((float(x0 + left), float(y0 + top), float(x0 + right), float(y0 + bottom)))
        rest[y0:y1, x0:x1] = 0
    reach = max(3, round(_WORD * height))
    joined = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((max(1, round(0.12 * height)), reach), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    for x, y, w, h, area in stats[1:]:
        # A dash in a cell is wide, and is kept; the foot of a character is not, nor what sticks out of a line's box.
        low = h < 0.3 * height or area < 0.1 * height * height
        if (low and (w < 0.4 * height or h < 0.05 * height)) or h > 2 * height:
            continue
        box = (float(x), float(y), float(x + w), float(y + h))
        if not any(_touch(box, other, 0.15 * height) for other in found):
            found.append(box)
    return [part for box in found for part in _parted(box, found, mask, height)]


def _parted(box: Box, boxes: Sequence[Box], mask: Grey, height: float) -> list[Box]:
    """A box, or the parts of one that was detected over two columns."""
    x0, y0, x1, y1 = (int(value) for value in box)
    inked = mask[y0:y1, x0:x1].any(axis=0)
    turns = np.flatnonzero(np.diff(inked.astype(np.int8)))
    gaps = [(x0 + int(a) + 1, x0 + int(b) + 1) for a, b in zip(turns[::2], turns[1::2], strict=False)]
    others = [other for other in boxes if other is not box]
    cuts = [
        gap
        for gap in gaps
        if gap[1] - gap[0] >= _PARTS * height and is_channel((gap[0], y0, gap[1], y1), others, height)
    ]
    edges = [x0, *(edge for gap in cuts for edge in gap), x1]
    return [(float(a), box[1], float(b), box[3]) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _touch(one: Box, other: Box, margin: float) -> bool:
    return (
        one[0] < other[2] + margin
        and other[0] < one[2] + margin
        and one[1] < other[3] + margin
        and other[1] < one[3] + margin
    )


def _lines(window: Grey, height: float) -> list[tuple[int, int]]:
    """The lines of ink in a detected box as first and last row of pixels: one, unless it is too high for one."""
    rows = np.flatnonzero(window.any(axis=1))
    if not len(rows):
        return []
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    if bottom - top < _SEVERAL * height or window.shape[1] < height:
        return [(top, bottom)]
    inked = np.concatenate(([0], window[top:bottom].any(axis=1).astype(np.int8), [0]))
    turns = np.flatnonzero(np.diff(inked))
    runs = [(top + int(a), top + int(b)) for a, b in zip(turns[::2], turns[1::2], strict=True)]
    # Strokes of one character lie above each other with less between them than there is between lines.
    lines: list[tuple[int, int]] = []
    for a, b in runs:
        if lines and (a - lines[-1][1] < 0.08 * height or b - lines[-1][0] < 1.1 * height):
            lines[-1] = (lines[-1][0], b)
        else:
            lines.append((a, b))
    return lines


def _is_table(layout: Layout, height: float) -> bool:
    """Tell a table from what is merely parted by blanks: prose in columns, a list, a few words far apart."""
    n_rows, n_cols = len(layout.across) - 1, len(layout.down) - 1
    if n_cols < 2 or n_rows < 3:
        return False
    beside = [sum(cell.row == row for cell in layout.cells) for row in range(n_rows)]
    filled = [count for count in beside if count]
    if sum(count >= 2 for count in filled) < max(3, 0.5 * len(filled)):
        return False
    # Cells of tables are words and numbers, some of them; paragraphs beside each other are lines from side to side.
    long = [c for c in layout.cells if c.piece.width > _PROSE * height]
    small = [c for c in layout.cells if c.piece.width < 2.5 * height]
    return 2 * len(long) < len(layout.cells) - (len(small) if n_cols < 4 else 0)


def _grid(layout: Layout, upright: Upright, height: float) -> Grid:
    """The layout as a grid: its cells, those that nothing stands in too."""
    xs, ys = layout.down, layout.across
    owner: dict[tuple[int, int], int] = {}
    spans: list[tuple[int, int, int, int]] = []
    texts: list[Box | None] = []
    for cell in sorted(layout.cells, key=lambda c: (c.row, c.col)):
        slots = [(row, col) for row in cell.rows for col in cell.columns]
        if any(slot in owner for slot in slots):
            slots = [slot for slot in slots[:1] if slot not in owner]
            if not slots:
                continue
        owner.update(dict.fromkeys(slots, len(spans)))
        whole = len(slots) > 1
        spans.append((cell.row, cell.col, cell.rowspan if whole else 1, cell.colspan if whole else 1))
        texts.append(cell.piece.box)
    for slot in ((row, col) for row in range(len(ys) - 1) for col in range(len(xs) - 1)):
        if slot not in owner:
            spans.append((*slot, 1, 1))
            texts.append(None)
    order = sorted(range(len(spans)), key=lambda i: spans[i])
    boxes = [_box(spans[i], texts[i], texts, xs, ys, height) for i in order]
    corners = np.array([[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, y0, x1, y1 in boxes], np.float64)
    points = upright.warp.to_page(corners.reshape(-1, 2)).reshape(-1, 4, 2)
    cells = tuple(
        Cell(*spans[i], tuple((round(float(x), 1), round(float(y), 1)) for x, y in polygon), 0.0)
        for i, polygon in zip(order, points, strict=True)
    )
    return Grid(cells, len(ys) - 1, len(xs) - 1, False, tuple(boxes))


def _box(
    span: tuple[int, int, int, int],
    text: Box | None,
    texts: Sequence[Box | None],
    xs: Sequence[float],
    ys: Sequence[float],
    height: float,
) -> Box:
    """The box of a cell from wall to wall, wide enough for its own text and clear of all others."""
    row, col, rowspan, colspan = span
    x0, y0, x1, y1 = xs[col], ys[row], xs[col + colspan], ys[row + rowspan]
    margin = 0.15 * height
    if text is not None:
        x0, y0 = min(x0, text[0] - margin), min(y0, text[1] - margin)
        x1, y1 = max(x1, text[2] + margin), max(y1, text[3] + margin)
    for other in texts:
        if other is None or other is text or not _touch((x0, y0, x1, y1), other, 0.0):
            continue
        # The side that gives way is the one that loses least.
        losses = [(other[2] - x0, 0), (other[3] - y0, 1), (x1 - other[0], 2), (y1 - other[1], 3)]
        side = min(losses)[1]
        if side == 0:
            x0 = min(other[2] + 1, x1 - 1)
        elif side == 1:
            y0 = min(other[3] + 1, y1 - 1)
        elif side == 2:
            x1 = max(other[0] - 1, x0 + 1)
        else:
            y1 = max(other[1] - 1, y0 + 1)
    return x0, y0, x1, y1
