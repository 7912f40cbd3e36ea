"""Tables that go on over pages share one set of columns, so that a head on one page names the column on the next."""

from dataclasses import replace

import pytest

from pipeline.document import Place, Row, RowCell
from pipeline.geometry import as_read
from pipeline.seams import lean_of, on_one_grid, sides_of


def table(number: int, *columns: tuple[int, int], left: int = 100, scale: float = 1.0, outlined: bool = True) -> Row:
    """One row of a table whose cells reach from x to x; columns count them."""
    cells = []
    for i, (x0, x1) in enumerate(columns):
        xs = [left + scale * x for x in (x0, x1)]
        outline = ((xs[0], 0.0), (xs[1], 0.0), (xs[1], 9.0), (xs[0], 9.0)) if outlined else ()
        cells.append(RowCell("字", 0, i, places=(Place(page=number, polygon=outline),)))
    return Row(tuple(cells), len(columns), number, number)


FINE = ((0, 100), (100, 200), (200, 600), (600, 1000))
COARSE = ((0, 100), (100, 600), (600, 1000))


def slots(row: Row) -> list[tuple[int, int]]:
    return [(cell.col, cell.colspan) for cell in row.cells]


def test_a_coarser_table_counts_the_columns_of_the_finer() -> None:
    """中期目标 over one page's foot and its text on the next page stand in one column."""
    coarse, fine = on_one_grid([table(0, *COARSE), table(1, *FINE)])

    assert slots(coarse) == [(0, 1), (1, 2), (3, 1)]
    assert (coarse.n_cols, fine.n_cols) == (4, 4)
    assert slots(fine) == [(0, 1), (1, 1), (2, 1), (3, 1)]


def test_pages_lie_in_the_scanner_one_by_one() -> None:
    """A shift of the whole page, and a little scale, change nothing."""
    coarse, _ = on_one_grid([table(0, *COARSE, left=160, scale=1.02), table(1, *FINE)])

    assert slots(coarse) == [(0, 1), (1, 2), (3, 1)]


def test_a_column_that_fell_off_leaves_the_others_in_place() -> None:
    """Where the left border is not printed, a page may lose its first column; the second is not the first."""
    short, _ = on_one_grid([table(0, (100, 200), (200, 600), (600, 1000)), table(1, *FINE)])

    assert slots(short) == [(1, 1), (2, 1), (3, 1)]


def test_another_table_keeps_its_own_columns() -> None:
    """A ruling that the finest table has not: nothing can be said of its columns."""
    other = table(0, (0, 350), (350, 800), (800, 1000))

    assert on_one_grid([other, table(1, *FINE)])[0] is other


def test_text_without_outlines_is_left_alone() -> None:
    """Plain text counts its columns as it prints them."""
    rows = [table(0, *COARSE, outlined=False), table(1, *FINE, outlined=False)]

    assert on_one_grid(rows) == rows


def turned(row: Row, quarters: int) -> Row:
    """The row on a page that lay in the scanner turned by quarters, outlines from the text's top left as before."""

    def outline(polygon: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        for _ in range(quarters):
            polygon = tuple((2000.0 - y, x) for x, y in polygon)
        return polygon

    cells = [replace(c, places=tuple(replace(p, polygon=outline(p.polygon)) for p in c.places)) for c in row.cells]
    return replace(row, cells=tuple(cells))


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_on_its_side_has_the_same_columns(quarters: int) -> None:
    """A text cut by the page's end was two fields, one of them without its second half, and nobody was asked."""
    coarse, fine = on_one_grid([turned(table(0, *COARSE), quarters), turned(table(1, *FINE), (quarters + 1) % 4)])

    assert slots(coarse) == [(0, 1), (1, 2), (3, 1)]
    assert slots(fine) == [(0, 1), (1, 1), (2, 1), (3, 1)]


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_cells_are_as_wide_as_they_are_read(quarters: int) -> None:
    """Left is where the text begins, whichever side of the page that is."""
    row = turned(table(0, *COARSE), quarters)
    ends = [sides_of([cell]) for cell in row.cells]

    assert [right - left for left, right in filter(None, ends)] == [100, 500, 400]
    assert sorted(filter(None, ends)) == list(filter(None, ends))


def test_an_outline_the_other_way_round_says_nothing_of_its_page() -> None:
    """Other programs begin where they like: what is not clockwise from the text's top left stays as it is."""
    outline = ((0.0, 0.0), (0.0, 9.0), (50.0, 9.0), (50.0, 0.0))

    assert as_read(outline) == outline
    assert as_read(outline[:3]) == outline[:3]


def leaning(row: Row, lean: float, height: float) -> Row:
    """The row that high, on a page askew."""

    def outline(cell: RowCell) -> tuple[tuple[float, float], ...]:
        (x0, y), (x1, _), *_ = cell.places[0].polygon
        return (x0, y), (x1, y), (x1 + lean * height, y + height), (x0 + lean * height, y + height)

    cells = (replace(cell, places=(Place(page=0, polygon=outline(cell)),)) for cell in row.cells)
    return replace(row, cells=tuple(cells))


@pytest.mark.parametrize("lean", [-0.03, 0.0, 0.03])
def test_high_cells_on_a_page_askew_are_no_wider(lean: float) -> None:
    """The rest of a narrative fills half a page: its corners are 30 pixels beside each other, its columns are not."""
    coarse, _ = on_one_grid([leaning(table(0, *COARSE), lean, 1000.0), table(1, *FINE)])

    assert slots(coarse) == [(0, 1), (1, 2), (3, 1)]
    cells = leaning(table(0, *COARSE), lean, 1000.0).cells
    assert lean_of(cells) == pytest.approx(lean)
    assert sides_of(cells[:1], lean) == pytest.approx((100.0, 200.0))
