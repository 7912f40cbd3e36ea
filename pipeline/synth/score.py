"""How well a page was read, against the exact truth of the page that was drawn.

Blanks and line ends never count: paper does not show them. Texts are compared twice, as printed and after NFKC, which
holds full and half width to be the same.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein

from pipeline.document import PageReading, Polygon, Reading, Table
from pipeline.synth.render.page import RenderedCell, RenderedPage, RenderedTable

# Two cells are the same place on paper if they share more than half of what both cover.
SAME_PLACE = 0.5


@dataclass(frozen=True, slots=True)
class PageScore:
    """Counts over one page or, added up, over many."""

    pages: int = 0
    exact_pages: int = 0  # pages all of whose grids are exact, none invented
    tables: int = 0  # in truth
    tables_read: int = 0
    exact_grids: int = 0  # every cell's row, column and spans
    cells: int = 0  # in truth
    cells_read: int = 0
    structure: int = 0  # read cells with the right row, column and spans
    exact: int = 0  # of these, with the right text (NFKC)
    exact_printed: int = 0  # and with the very characters that are printed
    placed: int = 0  # truth cells that a read cell covers, whatever its row and column
    chars: int = 0  # in truth, NFKC
    errors: int = 0  # edits, NFKC, over cells of the same place
    chars_printed: int = 0
    errors_printed: int = 0
    lines: int = 0  # loose lines in truth
    lines_read: int = 0  # of these, with the right text (NFKC), anywhere outside tables

    def __add__(self, other: PageScore) -> PageScore:
        return PageScore(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def structure_f1(self) -> float:
        """F1 of cells with the right row, column and spans."""
        return _f1(self.structure, self.cells, self.cells_read)

    @property
    def exact_f1(self) -> float:
        """F1 of cells with the right row, column, spans and text."""
        return _f1(self.exact, self.cells, self.cells_read)

    @property
    def cer(self) -> float:
        """Character error rate after NFKC; characters of cells that were not found, or invented, are errors."""
        return self.errors / max(1, self.chars)

    @property
    def cer_printed(self) -> float:
        """Character error rate of the characters as printed."""
        return self.errors_printed / max(1, self.chars_printed)


def score_pages(pairs: Iterable[tuple[PageReading, RenderedPage]]) -> PageScore:
    """Add up the scores of many pages."""
    return sum((score_page(reading, page) for reading, page in pairs), PageScore())


def score_page(reading: PageReading, page: RenderedPage) -> PageScore:
    """Compare what was read with what was drawn.

    Tables are matched by place, or by order where the reading has no places; a grid is exact only if every cell is.
    """
    score = PageScore(pages=1, tables=len(page.tables), tables_read=len(reading.tables))
    pairs = match_tables(reading.tables, page.tables)
    for read, drawn in pairs:
        score += _score_table(read, drawn)
    exact_page = score.exact_grids == len(page.tables) == len(reading.tables)
    heard = [fold(line.text) for line in reading.lines]
    found = 0
    for line in page.lines:
        if fold(line.text) in heard:
            heard.remove(fold(line.text))
            found += 1
    return score + PageScore(exact_pages=int(exact_page), lines=len(page.lines), lines_read=found)


def fold(text: str) -> str:
    """Return the text after NFKC without blanks."""
    return printed(unicodedata.normalize("NFKC", text))


def printed(text: str) -> str:
    """Return the text without blanks."""
    return "".join(text.split())


def match_tables(
    read: Sequence[Table], drawn: Sequence[RenderedTable]
) -> list[tuple[Table | None, RenderedTable | None]]:
    """Pair read and drawn tables; what has no partner stands beside None."""
    if all(any(r.cell.polygon for r in table.readings) for table in read):
        boxes = [_box([p for r in table.readings for p in r.cell.polygon]) for table in read]
        truth = [_box([p for cell in table.cells for p in cell.polygon]) for table in drawn]
        overlaps = [(_overlap(a, b), i, j) for i, a in enumerate(boxes) for j, b in enumerate(truth)]
    else:
        overlaps = [(1.0, i, i) for i in range(min(len(read), len(drawn)))]
    chosen = _greedy(overlaps, 0.1)
    pairs: list[tuple[Table | None, RenderedTable | None]] = [(read[i], drawn[j]) for i, j in chosen]
    pairs += [(table, None) for i, table in enumerate(read) if i not in {i for i, _ in chosen}]
    pairs += [(None, table) for j, table in enumerate(drawn) if j not in {j for _, j in chosen}]
    return pairs


def match_cells(readings: Sequence[Reading], cells: Sequence[RenderedCell]) -> list[tuple[int, int]]:
    """Pair readings with drawn cells of the same place (or, without places, of the same slot), by index."""
    if not all(reading.cell.polygon for reading in readings):
        slots = {(c.row, c.col): j for j, c in enumerate(cells)}
        return [(i, slots[key]) for i, r in enumerate(readings) if (key := (r.cell.row, r.cell.col)) in slots]
    hulls = [_hull(reading.cell.polygon) for reading in readings]
    truth = [_hull(cell.polygon) for cell in cells]
    boxes, truth_boxes = [_box(h.tolist()) for h in hulls], [_box(h.tolist()) for h in truth]
    overlaps = [
        (_shared(hulls[i], truth[j]), i, j)
        for i, a in enumerate(boxes)
        for j, b in enumerate(truth_boxes)
        if _overlap(a, b) > 0
    ]
    return _greedy(overlaps, SAME_PLACE)


def _score_table(read: Table | None, drawn: RenderedTable | None) -> PageScore:
    readings = read.readings if read else ()
    cells = drawn.cells if drawn else ()
    slots = {(r.cell.row, r.cell.col, r.cell.rowspan, r.cell.colspan): r.text for r in readings}
    right = [c for c in cells if (c.row, c.col, c.rowspan, c.colspan) in slots]
    texts = [(slots[c.row, c.col, c.rowspan, c.colspan], c.text) for c in right]
    whole = read is not None and drawn is not None and len(right) == len(cells) == len(readings)
    pairs = match_cells(readings, cells)
    matched = [(readings[i].text, cells[j].text) for i, j in pairs]
    matched += [(r.text, "") for i, r in enumerate(readings) if i not in {i for i, _ in pairs}]
    matched += [("", c.text) for j, c in enumerate(cells) if j not in {j for _, j in pairs}]
    return PageScore(
        exact_grids=int(whole),
        cells=len(cells),
        cells_read=len(readings),
        structure=len(right),
        exact=sum(fold(a) == fold(b) for a, b in texts),
        exact_printed=sum(printed(a) == printed(b) for a, b in texts),
        placed=len(pairs),
        chars=sum(len(fold(b)) for _, b in matched),
        errors=sum(Levenshtein.distance(fold(a), fold(b)) for a, b in matched),
        chars_printed=sum(len(printed(b)) for _, b in matched),
        errors_printed=sum(Levenshtein.distance(printed(a), printed(b)) for a, b in matched),
    )


def _f1(hits: int, truth: int, read: int) -> float:
    return 2 * hits / (truth + read) if truth + read else 1.0


def _greedy(overlaps: list[tuple[float, int, int]], least: float) -> list[tuple[int, int]]:
    """Pair the indices of the greatest overlap first, each index once."""
    left: set[int] = set()
    right: set[int] = set()
    pairs = []
    for overlap, i, j in sorted(overlaps, key=lambda item: (-item[0], item[1], item[2])):
        if overlap > least and i not in left and j not in right:
            left.add(i)
            right.add(j)
            pairs.append((i, j))
    return sorted(pairs)


def _box(points: Iterable[Sequence[float]]) -> tuple[float, float, float, float]:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Intersection over union of two boxes."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return width * height / (areas - width * height)


def _hull(polygon: Polygon) -> Any:
    return cv2.convexHull(np.asarray(polygon, dtype=np.float32)).reshape(-1, 2)


def _shared(a: Any, b: Any) -> float:
    """Intersection over union of two convex polygons."""
    area, _ = cv2.intersectConvexConvex(a, b)
    union = cv2.contourArea(a) + cv2.contourArea(b) - area
    return float(area / union) if union > 0 else 0.0
