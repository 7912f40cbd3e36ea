"""Tables of one form that go on over pages, put on one set of columns.

Each page is cut into its own grid: a page that holds only narratives has two columns, the next has five. Heads stand on
one page and what is under them on the next, so that column numbers say nothing until they count the same columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from statistics import median

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Row, RowCell
from pipeline.geometry import as_read

# One ruling on two pages, in table widths: half a character on A4, while the narrowest columns are two characters wide.
_SAME = 0.012
_CORNERS = 4
# Every row of a table asks for the cells above it.
_as_read = lru_cache(4_096)(as_read)
_Edges = NDArray[np.float64]


def on_one_grid(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with the columns of the form's finest table, where all rulings of a coarser table are its too.

    Tables without outlines (plain text), and tables that have rulings of their own, stay as they are.
    """
    tables: dict[int, list[Row]] = {}
    for row in rows:
        if row.n_cols:
            tables.setdefault(row.table, []).append(row)
    if len({own[0].n_cols for own in tables.values()}) < 2:
        return list(rows)
    edges = {table: found for table, own in tables.items() if (found := _edges(own)) is not None}
    if len(edges) < 2:
        return list(rows)
    finest = max(edges, key=lambda table: len(edges[table]))
    places: dict[int, Mapping[int, int]] = {}
    for table, own in edges.items():
        if len(own) < len(edges[finest]) and (place := _mapped(own, edges[finest])) is not None:
            places[table] = place
    return [_moved(row, places[row.table], len(edges[finest]) - 1) if row.table in places else row for row in rows]


def sides_of(cells: Sequence[RowCell], lean: float = 0.0) -> tuple[float, float] | None:
    """Left and right end of cells that have outlines, in pixels of the page where they begin; None where none has.

    The page is turned as it is read: pages of one form may have lain in the scanner on different sides. `lean` is that
    of their table: a cell half a page high on a page askew by 1.6 degrees reaches two hundredths of its width too far.
    """
    outlines = [cell.places[0].polygon for cell in cells if cell.places and cell.places[0].polygon]
    xs = [x - lean * y for outline in outlines for x, y in _as_read(outline)]
    return (min(xs), max(xs)) if xs and max(xs) > min(xs) else None


def lean_of(cells: Iterable[RowCell]) -> float:
    """How far the verticals of cells lean: pixels to the right for each pixel down, high cells telling the most."""
    across = down = 0.0
    for cell in cells:
        if cell.places and len(cell.places[0].polygon) == _CORNERS:
            polygon = _as_read(cell.places[0].polygon)
            for (x0, y0), (x1, y1) in ((polygon[0], polygon[3]), (polygon[1], polygon[2])):
                across, down = across + x1 - x0, down + y1 - y0
    return across / down if down > 0 else 0.0


def _edges(rows: Sequence[Row]) -> _Edges | None:
    """Where the n_cols + 1 verticals of a table stand, in pixels of its page; None where that is not known of each."""
    seen: list[list[float]] = [[] for _ in range(rows[0].n_cols + 1)]
    lean = lean_of(cell for row in rows for cell in row.cells)
    for row in rows:
        for cell in row.cells:
            ends = sides_of([cell], lean)
            if ends is None or cell.col + cell.colspan > row.n_cols:
                return None
            seen[cell.col].append(ends[0])
            seen[cell.col + cell.colspan].append(ends[1])
    if not all(seen):
        return None
    found = np.array([median(xs) for xs in seen])
    return found if bool((np.diff(found) > 0).all()) else None


def _mapped(own: _Edges, finest: _Edges) -> dict[int, int] | None:
    """For each vertical of a table the same one of the finest: as pages lie, or as tables lie on them."""
    width = finest[-1] - finest[0]
    shares = finest[0] + (own - own[0]) / (own[-1] - own[0]) * width
    best: tuple[float, dict[int, int]] | None = None
    for moved in (own, shares):
        apart = np.abs(moved[:, None] - finest[None, :])
        nearest = apart.argmin(axis=1)
        error = float(apart.min(axis=1).max())
        if error <= _SAME * width and bool((np.diff(nearest) > 0).all()) and (best is None or error < best[0]):
            best = error, {i: int(place) for i, place in enumerate(nearest)}
    return None if best is None else best[1]


def _moved(row: Row, places: Mapping[int, int], n_cols: int) -> Row:
    cells = tuple(
        replace(cell, col=places[cell.col], colspan=places[cell.col + cell.colspan] - places[cell.col])
        for cell in row.cells
    )
    return replace(row, cells=cells, n_cols=n_cols)
