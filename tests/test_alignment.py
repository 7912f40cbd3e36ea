"""Proves pipeline/alignment: rows and columns from boxes of text alone."""

from __future__ import annotations

import pytest

from pipeline.alignment import Layout, Piece, find_layouts, is_channel

EM = 20.0


def drawn(*cells: tuple[float, float, float, float, int], top: bool = False) -> list[Piece]:
    """Texts in ruled cells whose rulings are not seen: a cell's x0, y0, x1, y1 and its characters, centred."""
    pieces = []
    for number, (x0, y0, x1, y1, count) in enumerate(cells):
        x, y = (x0 + x1 - count * EM) / 2, y0 + 10 if top else (y0 + y1 - EM) / 2
        pieces.append(Piece((number,), (x, y, x + count * EM, y + EM)))
    return pieces


def spans(pieces: list[Piece]) -> dict[int, tuple[int, int, int, int]]:
    """The slot and span of each text by its number."""
    [layout] = [found for found in find_layouts(pieces) if isinstance(found, Layout)]
    return {cell.piece.keys[0]: (cell.row, cell.col, cell.rowspan, cell.colspan) for cell in layout.cells}


def rows(count: int, start: float = 0.0) -> list[tuple[float, float, float, float, int]]:
    """Rows 40 high with a name and a value each, right of a column for labels."""
    sizes = (6, 4, 7, 5, 6, 4, 8, 5)
    return [
        cell
        for i in range(count)
        for y in (start + 40.0 * i,)
        for cell in ((200.0, y, 500.0, y + 40, sizes[i % 8]), (500.0, y, 700.0, y + 40, 2 + i % 3))
    ]


def head() -> list[tuple[float, float, float, float, int]]:
    """The heads of three columns."""
    return [(0.0, 0.0, 200.0, 40.0, 4), (200.0, 0.0, 500.0, 40.0, 4), (500.0, 0.0, 700.0, 40.0, 3)]


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_label_in_the_middle_of_its_rows_has_them_all(count: int) -> None:
    """Merged labels are printed in the middle: level with a row where their number is odd, between two where even."""
    labels = [(0.0, 40.0, 200.0, 40.0 + 40 * count, 4), (0.0, 40.0 + 40 * count, 200.0, 40.0 + 80 * count, 4)]

    found = spans(drawn(*head(), *rows(2 * count, 40.0), *labels))

    assert [found[3 + 4 * count], found[4 + 4 * count]] == [(1, 0, count, 1), (1 + count, 0, count, 1)]


def test_rows_that_only_a_space_tells_of_are_rows() -> None:
    """A skeleton's blank rows leave their height and nothing else."""
    filled = [*rows(3, 40.0), *rows(3, 240.0)]

    found = spans(drawn(*head(), *filled, (0.0, 40.0, 200.0, 240.0, 4), (0.0, 240.0, 200.0, 360.0, 4)))

    assert (found[15], found[16]) == ((1, 0, 5, 1), (6, 0, 3, 1))


def test_every_text_comes_out_once() -> None:
    """Whatever the guess, nothing is lost and nothing doubled."""
    pieces = drawn(*head(), *rows(5, 40.0), (900.0, 300.0, 1000.0, 330.0, 2))

    found = [
        key
        for block in find_layouts(pieces)
        for piece in ([cell.piece for cell in block.cells] if isinstance(block, Layout) else [block])
        for key in piece.keys
    ]

    assert sorted(found) == list(range(len(pieces)))


def test_a_comma_in_a_paragraph_parts_no_columns() -> None:
    """The lines above and below run over its blank; where columns part, others begin and none runs over."""
    starts = [(500.0, y, 600.0, y + EM) for y in (200.0, 240.0)]

    assert is_channel((480.0, 100.0, 500.0, 120.0), starts, EM)
    assert not is_channel((480.0, 100.0, 500.0, 120.0), [*starts, (200.0, 126.0, 800.0, 146.0)], EM)


def test_more_texts_than_a_page_has_stay_as_they_are() -> None:
    """A file may hold a million words; rows are looked for among what a form's page can hold, and nothing is lost."""
    pieces = drawn(*rows(900))

    found = find_layouts(pieces)

    assert sorted(one.keys for one in found if isinstance(one, Piece)) == sorted(piece.keys for piece in pieces)


def test_a_head_over_heads_spans_them_all() -> None:
    """优 良 中 差 under one head: it stands amid them, its neighbours are as high as both rows."""
    heads = [(0.0, 0.0, 200.0, 80.0, 4), (200.0, 0.0, 600.0, 40.0, 4), (600.0, 0.0, 800.0, 80.0, 4)]
    grades = [(200.0 + 100 * i, 40.0, 300.0 + 100 * i, 80.0, 2) for i in range(4)]
    body = [
        cell
        for y in (80.0, 120.0, 160.0)
        for cell in (
            (0.0, y, 200.0, y + 40, 9), *((200.0 + 100 * i, y, 300.0 + 100 * i, y + 40, 3) for i in range(4)),
            (600.0, y, 800.0, y + 40, 9),
        )
    ]  # fmt: skip

    field = [(0.0, -40.0, 200.0, 0.0, 4), (200.0, -40.0, 800.0, 0.0, 9)]

    found = spans(drawn(*heads, *grades, *body, *field))

    assert (found[0], found[1], found[2]) == ((1, 0, 2, 1), (1, 1, 1, 4), (1, 5, 2, 1))


def test_a_column_that_is_blank_below_its_head_does_not_grow_it() -> None:
    """备注 is blank from head to head: a head does not span what nobody filled in."""
    remarks = [(700.0, 0.0, 800.0, 40.0, 2), (700.0, 360.0, 800.0, 400.0, 2)]
    second = [(0.0, 360.0, 200.0, 400.0, 4), (200.0, 360.0, 500.0, 400.0, 4), (500.0, 360.0, 700.0, 400.0, 3)]
    labels = [(0.0, 40.0 + 40 * i, 200.0, 80.0 + 40 * i, 4) for i in range(8)]

    found = spans(drawn(*head(), *rows(8, 40.0), *labels, *remarks, *second, *rows(2, 400.0)))

    assert found[27] == (0, 3, 1, 1)


def test_a_label_written_downwards_beside_labels_of_several_rows_has_a_column_of_its_own() -> None:
    """It is level with no label of the next column: those stand amid their rows above and below it."""
    down = [(0.0, 152.0 + 24 * i, 100.0, 176.0 + 24 * i, 1) for i in range(4)]
    labels = [(100.0, 40.0, 200.0, 120.0, 2), (100.0, 120.0, 200.0, 280.0, 2), (100.0, 280.0, 200.0, 360.0, 2)]
    heads = [(100.0, 0.0, 200.0, 40.0, 2), (200.0, 0.0, 500.0, 40.0, 4), (500.0, 0.0, 700.0, 40.0, 3)]

    found = spans(drawn(*heads, *rows(8, 40.0), *labels, *down))

    assert [found[19], found[20], found[21]] == [(1, 1, 2, 1), (3, 1, 4, 1), (7, 1, 2, 1)]
    assert found[22][1] == 0


def test_the_first_character_of_a_label_written_downwards_is_no_title() -> None:
    """项目单位 one character below the other stands above its value's middle, and is one cell with the rest."""
    down = [(0.0, 0.0 + 24 * i, 40.0, 24.0 + 24 * i, 1) for i in range(4)]
    value = [(40.0, 0.0, 700.0, 96.0, 12)]
    grid = [(x0 - 160, y + 96, x1 - 160 if x1 < 700 else x1, y + 136, n) for x0, y, x1, _, n in rows(6)]

    found = find_layouts(drawn(*down, *value, *grid))

    assert all(isinstance(item, Layout) for item in found)
