"""Walls → cells that are rectangles."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.grid.edges import Edges
from pipeline.grid.joins import Joins
from pipeline.grid.lines import Line

Span = tuple[int, int, int, int]  # first row, first column, last row, last column


def idle(spans: Sequence[Span], count: int, axis: int) -> set[int]:
    """Find the inner lines at which no cell begins."""
    begun = {span[axis] for span in spans}
    return {number for number in range(1, count - 1) if number not in begun}


def mend(
    rows: Sequence[Line], columns: Sequence[Line], row_edges: Sequence[Edges], column_edges: Sequence[Edges]
) -> None:
    """Part again what a missing wall has joined: a cell is a rectangle.

    Where joined slots make no rectangle, either a wall is missing or the walls inside its outline are none. The
    cheapest straight cut is made, if it costs less than taking those walls away; a wall's price is its length as seen.
    So it is with a wall that ends inside the joined cell.
    """
    n_rows, n_cols = len(row_edges) - 1, len(column_edges) - 1
    across = [columns[c + 1].place - columns[c].place for c in range(n_cols)]
    down = [rows[r + 1].place - rows[r].place for r in range(n_rows)]
    for _ in range(4 * (n_rows + n_cols)):
        region = _regions(row_edges, column_edges)
        cut = None
        for name in np.unique(region):
            where = region == name
            filled_rows, filled_columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
            r0, r1, c0, c1 = filled_rows[0], filled_rows[-1], filled_columns[0], filled_columns[-1]
            if where[r0 : r1 + 1, c0 : c1 + 1].all():
                cut = _through(row_edges[r0 + 1 : r1 + 1], range(c0, c1 + 1), across)
                cut = cut or _through(column_edges[c0 + 1 : c1 + 1], range(r0, r1 + 1), down)
                if cut is not None:
                    break
                continue
            # What squaring it would take away: the walls inside its outline.
            price = sum(
                row_edges[r].cover[c] * across[c]
                for r in range(r0 + 1, r1 + 1)
                for c in range(c0, c1 + 1)
                if row_edges[r].walls[c]
            )
            price += sum(
                column_edges[c].cover[r] * down[r]
                for c in range(c0 + 1, c1 + 1)
                for r in range(r0, r1 + 1)
                if column_edges[c].walls[r]
            )
            for r in range(r0 + 1, r1 + 1):
                missing = [
                    c for c in range(c0, c1 + 1) if where[r, c] and where[r - 1, c] and not row_edges[r].walls[c]
                ]
                cost = sum(across[c] * (1.0 - row_edges[r].cover[c]) for c in missing)
                if missing and cost < price:
                    price, cut = cost, (row_edges[r], missing)
            for c in range(c0 + 1, c1 + 1):
                missing = [
                    r for r in range(r0, r1 + 1) if where[r, c] and where[r, c - 1] and not column_edges[c].walls[r]
                ]
                cost = sum(down[r] * (1.0 - column_edges[c].cover[r]) for r in missing)
                if missing and cost < price:
                    price, cut = cost, (column_edges[c], missing)
            if cut is not None:
                break
        if cut is None:
            return
        for edge in cut[1]:
            cut[0].walls[edge] = True


def _through(lines: Sequence[Edges], places: Sequence[int], lengths: Sequence[float]) -> tuple[Edges, list[int]] | None:
    """Find a wall that ends inside a joined cell though more of its way is ruled than not; it is drawn to the end."""
    for line in lines:
        missing = [place for place in places if not line.walls[place]]
        ruled = sum(lengths[place] * line.cover[place] for place in places if line.walls[place])
        if missing and sum(lengths[place] * (1.0 - line.cover[place]) for place in missing) < ruled:
            return line, missing
    return None


def _regions(row_edges: Sequence[Edges], column_edges: Sequence[Edges]) -> NDArray[np.int32]:
    """Name the joined slots: (rows, columns), slots of one name have no wall between them."""
    n_rows, n_cols = len(row_edges) - 1, len(column_edges) - 1
    # Slots and the gaps between them as pixels: what is joined is connected.
    picture = np.zeros((2 * n_rows - 1, 2 * n_cols - 1), np.uint8)
    picture[::2, ::2] = 1
    for r in range(1, n_rows):
        picture[2 * r - 1, ::2] = [not wall for wall in row_edges[r].walls]
    for c in range(1, n_cols):
        picture[::2, 2 * c - 1] = [not wall for wall in column_edges[c].walls]
    _, labels = cv2.connectedComponents(picture, connectivity=4)
    names: NDArray[np.int32] = labels[::2, ::2]
    return names


def find_spans(
    rows: Sequence[Line], columns: Sequence[Line], row_edges: Sequence[Edges], column_edges: Sequence[Edges]
) -> list[Span]:
    """Join the slots that no wall parts; what is not rectangular is squared."""
    n_rows, n_cols = len(rows) - 1, len(columns) - 1
    joins = Joins(n_rows * n_cols)
    for row in range(n_rows):
        for column in range(n_cols):
            if row + 1 < n_rows and not row_edges[row + 1].walls[column]:
                joins.join(row * n_cols + column, (row + 1) * n_cols + column)
            if column + 1 < n_cols and not column_edges[column + 1].walls[row]:
                joins.join(row * n_cols + column, row * n_cols + column + 1)
    while True:
        spans: dict[int, list[int]] = {}
        for row in range(n_rows):
            for column in range(n_cols):
                span = spans.setdefault(joins.root(row * n_cols + column), [row, column, row, column])
                span[0], span[1] = min(span[0], row), min(span[1], column)
                span[2], span[3] = max(span[2], row), max(span[3], column)
        before = len(spans)
        for first, span in spans.items():
            for row in range(span[0], span[2] + 1):
                for column in range(span[1], span[3] + 1):
                    joins.join(first, row * n_cols + column)
        if len(joins.groups()) == before:
            break
    return sorted((span[0], span[1], span[2], span[3]) for span in spans.values())
