"""Rowspans that are a row off are put right where the rows around them say how."""

from __future__ import annotations

import random

import pytest

from pipeline.htmlspans import Spans, mended_rowspans

# Level 1 over five rows, level 2 over three and two; names and targets of one row each.
SOUND: list[list[Spans]] = [
    [(5, 1), (3, 1), (1, 1), (1, 1)],
    [(1, 1), (1, 1)],
    [(1, 1), (1, 1)],
    [(2, 1), (1, 1), (1, 1)],
    [(1, 1), (1, 1)],
    [(1, 1), (1, 1), (1, 1), (1, 1)],
]


def with_span(rows: list[list[Spans]], row: int, cell: int, height: int) -> list[list[Spans]]:
    """Return the rows with another rowspan for one cell."""
    changed = [list(one) for one in rows]
    changed[row][cell] = (height, changed[row][cell][1])
    return changed


def heights(rows: list[list[Spans]]) -> tuple[tuple[int, ...], ...]:
    """Return the rowspans."""
    return tuple(tuple(height for height, _ in row) for row in rows)


def test_spans_that_tile_are_left_alone() -> None:
    """What is right needs no mending."""
    assert mended_rowspans(SOUND) is None


@pytest.mark.parametrize(("row", "cell", "height"), [(0, 1, 2), (0, 1, 4), (3, 0, 1), (3, 0, 3), (0, 0, 4), (0, 0, 6)])
def test_a_span_one_row_off_is_put_right(row: int, cell: int, height: int) -> None:
    """A row with too few cells lies under a span that ended too early, one with too many beside one that ended late."""
    found = mended_rowspans(with_span(SOUND, row, cell, height))

    assert found is not None
    assert found.rowspans == heights(SOUND)
    assert found.whole


def test_a_cell_without_a_span_that_gets_one_is_a_guess() -> None:
    """Three cells of one row end where a span is missing: the left one is likeliest, and is not called sure."""
    found = mended_rowspans(with_span(SOUND, 3, 0, 1))

    assert found is not None
    assert not found.sure


def test_a_table_of_random_spans_ends() -> None:
    """Spans that mean nothing cost no time and raise nothing."""
    rng = random.Random(1)
    rows = [[(rng.randint(1, 200), rng.randint(1, 9)) for _ in range(rng.randint(0, 9))] for _ in range(100)]

    found = mended_rowspans(rows)

    assert found is None or len(found.rowspans) == len(rows)


def test_an_empty_table_has_nothing_to_mend() -> None:
    """Tables of no rows, and of rows of no cells, occur."""
    assert mended_rowspans([]) is None
    assert mended_rowspans([[], []]) is None
