"""Two rows whose ruling is gone are told by their texts."""

from collections.abc import Iterable

import numpy as np
import pytest

from pipeline.document import Cell, Grid
from pipeline.grid.parted import with_rows_parted

SIZE = 20.0
WIDTH, HIGH = 200.0, 120.0


def outline(x0: float, y0: float, x1: float, y1: float) -> tuple[tuple[float, float], ...]:
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def grid(columns: int = 4) -> Grid:
    """A row as high as six characters over one as high as two."""
    boxes = [(WIDTH * c, 0.0, WIDTH * c + 198, HIGH) for c in range(columns)]
    boxes += [(WIDTH * c, HIGH, WIDTH * c + 198, HIGH + 40) for c in range(columns)]
    cells = tuple(Cell(i // columns, i % columns, 1, 1, outline(*box), 1.0) for i, box in enumerate(boxes))
    return Grid(cells, 2, columns, True, tuple(boxes), (False,) * len(cells))


def lines(texts: Iterable[tuple[int, float]]) -> np.ndarray:
    """A line of text for each (column, middle)."""
    boxes = [outline(WIDTH * c + 40, y - 10, WIDTH * c + 160, y + 10) for c, y in texts]
    return np.array(boxes, np.float64).reshape(-1, 4, 2)


# Over the second row, 40 high, a ruling is gone at 80: middles at 40 and 100.
GONE = [(2, 40.0), (2, 100.0), (3, 40.0), (3, 100.0)]


def test_texts_in_the_middle_of_two_parts_each_are_two_rows() -> None:
    found = with_rows_parted(grid(), lines([*GONE, (0, 60.0), (1, 28.0), (1, 52.0)]), SIZE)

    assert found.n_rows == 3
    spans = {(c.row, c.col): (c.rowspan, box[1::2]) for c, box in zip(found.cells, found.boxes, strict=True)}
    assert spans[0, 0] == (2, (0.0, HIGH)), "a text amid both rows spans them"
    assert spans[0, 1] == (1, (0.0, 80.0)), "a text of two lines over the ruling is the upper row's"
    assert spans[1, 1] == (1, (80.0, HIGH))
    assert spans[0, 2] == spans[0, 3] == (1, (0.0, 80.0))
    assert spans[2, 0] == (1, (HIGH, HIGH + 40)), "the row below moves down"
    assert found.cells[2].polygon == outline(400, 0, 598, 80)
    assert all(doubt for cell, doubt in zip(found.cells, found.doubtful, strict=True) if cell.row < 2)
    assert not any(doubt for cell, doubt in zip(found.cells, found.doubtful, strict=True) if cell.row == 2)


def test_the_cells_still_tile_the_grid() -> None:
    found = with_rows_parted(grid(), lines([*GONE, (0, 60.0)]), SIZE)

    slots = [
        (row, col)
        for cell in found.cells
        for row in range(cell.row, cell.row + cell.rowspan)
        for col in range(cell.col, cell.col + cell.colspan)
    ]
    assert sorted(slots) == [(row, col) for row in range(found.n_rows) for col in range(found.n_cols)]
    assert [(c.row, c.col) for c in found.cells] == sorted((c.row, c.col) for c in found.cells)


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([(2, 40.0), (2, 100.0)], id="one column only"),
        pytest.param([(2, 40.0), (2, 100.0), (3, 20.0), (3, 80.0)], id="columns that disagree"),
        pytest.param([(c, y) for c in (2, 3) for y in (48.0, 72.0)], id="two lines of one text"),
        pytest.param([(c, y) for c in (2, 3) for y in (20.0, 50.0)], id="not in the middle of parts"),
        pytest.param([*GONE, (0, 0.0), (0, 60.0), (0, 119.0)], id="a table set with as much room between lines"),
        pytest.param([], id="no text"),
    ],
)
def test_every_other_row_stays_whole(texts: list[tuple[int, float]]) -> None:
    """A row parted wrongly is two indicators that nobody wrote."""
    whole = grid()

    assert with_rows_parted(whole, lines(texts), SIZE) is whole
