"""A wall that runs lengthwise through a line of text is no wall."""

import numpy as np
import pytest

from pipeline.document import Cell, Grid
from pipeline.grid.through import without_walls_through_text

SIZE = 20.0


def outline(x0: float, y0: float, x1: float, y1: float) -> tuple[tuple[float, float], ...]:
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def grid() -> Grid:
    """Two rows of two columns, 40 pixels high."""
    boxes = tuple((200.0 * c, 40.0 * r, 200.0 * c + 198, 40.0 * r + 38) for r in range(2) for c in range(2))
    cells = tuple(Cell(i // 2, i % 2, 1, 1, outline(*box), 0.9) for i, box in enumerate(boxes))
    return Grid(cells, 2, 2, True, boxes)


def ink(box: tuple[float, float, float, float] | None) -> np.ndarray:
    """White paper with stripes where a line of text stands."""
    page = np.full((90, 410), 255, np.uint8)
    if box is not None:
        x0, y0, x1, y1 = (int(v) for v in box)
        page[y0 + 8 : y1 - 8, x0 + 8 : x1 - 8 : 4] = 0
    return page


def lines(*boxes: tuple[float, float, float, float]) -> np.ndarray:
    return np.array([outline(*box) for box in boxes], np.float64).reshape(-1, 4, 2)


def test_a_line_of_text_on_a_wall_makes_its_cells_one() -> None:
    """The text of a cell of two rows stands where the rows meet; the line would be lost."""
    line = (20.0, 20.0, 180.0, 60.0)
    found = without_walls_through_text(grid(), lines(line), ink(line), SIZE)

    assert {(c.row, c.col, c.rowspan) for c in found.cells} == {(0, 0, 2), (0, 1, 1), (1, 1, 1)}
    assert len(found.boxes) == len(found.cells)
    assert found.cells[0].polygon == outline(0, 0, 198, 78)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param((20, 0, 180, 40), id="in its cell"),
        pytest.param((20, 5, 180, 75), id="two lines in one box"),
        pytest.param((20, 20, 380, 60), id="over two columns"),
        pytest.param((90, 30, 110, 50), id="dust"),
    ],
)
def test_every_other_wall_stays(line: tuple[float, float, float, float]) -> None:
    """Rows that are glued lose an indicator."""
    whole = grid()

    assert without_walls_through_text(whole, lines(line), ink(line), SIZE) is whole


def test_the_words_of_a_seal_that_was_lifted_off_join_nothing() -> None:
    """The detector saw the seal; on the page without it the wall is all there is."""
    whole = grid()
    page = ink(None)
    page[38:41] = 0

    assert without_walls_through_text(whole, lines((20, 20, 180, 60)), page, SIZE) is whole


def test_a_line_whose_upper_part_lies_on_a_wall_makes_its_cells_one() -> None:
    """The detector takes two lines of a label for one box; the ink itself runs through the wall."""
    page = ink(None)
    page[33:51, 30:170:4] = 0

    found = without_walls_through_text(grid(), lines(), page, SIZE)

    assert {(c.row, c.col, c.rowspan) for c in found.cells} == {(0, 0, 2), (0, 1, 1), (1, 1, 1)}


def test_a_ruling_that_text_touches_from_one_side_stays() -> None:
    """Text ends at a ruling; and a ruling is fuller than any row of text."""
    page = ink(None)
    page[38:40, 2:198] = 0
    page[22:38, 30:170:4] = 0
    page[40:46, 30:170:30] = 0
    whole = grid()

    assert without_walls_through_text(whole, lines(), page, SIZE) is whole
