"""Proofs for what a bad copy takes: borders without a crossing, rulings of dots, walls of which nothing is left."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Grid, Upright
from pipeline.geometry import HORIZONTAL_TERMS, VERTICAL_TERMS, Warp
from pipeline.grid import find_grids

H = 30.0
ROWS, COLUMNS = (100, 148, 196, 244, 292), (100, 300, 560, 900)


def _found(ink: NDArray[np.uint8], lines: NDArray[np.float64] | None = None) -> list[Grid]:
    size = (ink.shape[1], ink.shape[0])
    zeros = np.zeros(len(HORIZONTAL_TERMS)), np.zeros(len(VERTICAL_TERMS))
    warp = Warp(size, 0, 1.0, 0.0, float(max(size)), *zeros, (0.0, 0.0), size)
    return find_grids(Upright(ink, warp, H, np.zeros((0, 4, 2)) if lines is None else lines))


def _sheet(rows: Sequence[int] = ROWS, columns: Sequence[int] = COLUMNS) -> NDArray[np.uint8]:
    ink = np.full((rows[-1] + 100, columns[-1] + 100), 255, np.uint8)
    for y in rows:
        ink[y : y + 2, columns[0] : columns[-1] + 2] = 0
    for x in columns:
        ink[rows[0] : rows[-1] + 2, x : x + 2] = 0
    return ink


def _write(ink: NDArray[np.uint8], x0: int, x1: int, y: int, seed: int = 1) -> None:
    """Put strokes on a line from x0 to x1, as text would."""
    rng = np.random.default_rng(seed)
    for x in range(x0, x1 - 22, 26):
        for _ in range(4):
            a, b = rng.integers(0, 22, 2), rng.integers(-11, 11, 2)
            cv2.line(ink, (int(x + a[0]), int(y + b[0])), (int(x + a[1]), int(y + b[1])), 0, 2)
    ink[y - 8 : y + 8, x0 : x0 + 2] = ink[y - 8 : y + 8, x1 - 2 : x1] = 0


def test_a_border_that_no_crossing_holds_is_the_tables() -> None:
    """Breaks at the foot of every vertical part the last ruling from its table; the row above it must not be lost."""
    ink = _sheet()
    for x, top in zip(COLUMNS, (255, 272, 262, 258), strict=True):
        ink[top:290, x - 2 : x + 4] = 255

    [grid] = _found(ink)

    assert (grid.n_rows, grid.n_cols) == (4, 3)


def test_a_side_that_no_crossing_holds_is_the_tables() -> None:
    """So it is with the last vertical, and the column before it."""
    ink = _sheet()
    for y, left in zip(ROWS, (800, 780, 879, 810, 860), strict=True):
        ink[y - 2 : y + 4, left:898] = 255

    [grid] = _found(ink)

    assert (grid.n_rows, grid.n_cols) == (4, 3)


def test_a_rule_below_a_note_is_no_border() -> None:
    """Under a table a note may stand, and a rule of the table's width under it: nothing leads there."""
    ink = _sheet()
    ink = np.vstack([ink, np.full((200, ink.shape[1]), 255, np.uint8)])
    _write(ink, 110, 500, 330)
    ink[370:372, 100:902] = 0

    [grid] = _found(ink)

    assert grid.n_rows == 4


def test_rulings_of_dots_are_found_on_a_page_of_one_bit() -> None:
    """A coarse copy leaves dots of a pale ruling, each shorter than any piece that says something."""
    ink = _sheet(columns=(100, 300, 900))
    for y in range(ROWS[0], ROWS[-1], 6):
        ink[y : y + 2, 560:562] = 0

    [grid] = _found(ink)

    assert (grid.n_rows, grid.n_cols, len(grid.cells)) == (4, 3, 12)


def _broken_sheet() -> NDArray[np.uint8]:
    """A table with a wall gone from its second row, and other breaks; with texts that are centred in their cells."""
    ink = _sheet()
    for row, y in enumerate((124, 172, 220, 268)):
        for left, right in ((100, 300), (300, 560), (560, 900)):
            if row != 1 or left != 300:
                _write(ink, (left + right) // 2 - 60, (left + right) // 2 + 60, y)
    ink[244:246, 330:390] = ink[196:198, 700:750] = ink[100:102, 640:690] = 255
    ink[150:195, 298:304] = 255
    return ink


def test_two_texts_each_in_the_middle_of_its_own_cell_are_two_cells() -> None:
    """A break takes a whole wall of a row of one line; where the texts stand as in cells of their own, it was there."""
    ink = _broken_sheet()
    _write(ink, 370, 490, 172)

    [grid] = _found(ink)

    assert len(grid.cells) == 12
    assert [cell.row for cell, doubt in zip(grid.cells, grid.doubtful, strict=True) if doubt] == [1, 1]


def test_one_text_in_the_middle_of_two_columns_is_one_cell() -> None:
    """On broken pages too a row may span two columns."""
    ink = _broken_sheet()
    ink[152:194, 110:550] = 255
    _write(ink, 250, 410, 172)

    [grid] = _found(ink)

    assert (1, 0, 1, 2) in {(cell.row, cell.col, cell.rowspan, cell.colspan) for cell in grid.cells}


def test_a_running_heads_rule_over_an_open_table_is_no_border() -> None:
    """A table that goes on from the page before has no border above: its verticals begin together, below the head."""
    ink = _sheet()
    ink = np.vstack([np.full((60, ink.shape[1]), 255, np.uint8), ink])
    ink[160:162, 104:] = 255
    for x in COLUMNS:
        ink[160:162, x : x + 2] = 0
    ink[100:102, 100:902] = 0

    [grid] = _found(ink)

    assert grid.n_rows == 4
    assert min(box[1] for box in grid.boxes) > 150


def test_an_outer_edge_that_is_not_drawn_is_no_doubt() -> None:
    """At a page break some cells stay open at the foot of their table; where they end, all lines across end."""
    ink = _sheet()
    ink[292:294, 104:556] = 255

    [grid] = _found(ink)

    assert not any(grid.doubtful)


def test_a_speck_on_a_whole_page_makes_no_wall() -> None:
    """It halves the blank of a joined cell, and each half is as short as a break; but nothing was broken here."""
    ink = _sheet()
    ink[196:198, 102:300] = ink[244:246, 102:300] = 255
    ink[195:199, 180:184] = 0

    [grid] = _found(ink)

    assert (1, 0, 3, 1) in {(cell.row, cell.col, cell.rowspan, cell.colspan) for cell in grid.cells}


def test_a_long_ruling_that_text_touches_is_a_wall_on_a_broken_page() -> None:
    """Tight rows leave no paper under their text; no line of text draws so much at one level."""
    ink = _broken_sheet()
    for x in range(570, 880, 26):
        ink[190:196, x + 4 : x + 8] = ink[198:205, x + 10 : x + 14] = 0

    [grid] = _found(ink)

    assert {(1, 2, 1, 1), (2, 2, 1, 1)} <= {(cell.row, cell.col, cell.rowspan, cell.colspan) for cell in grid.cells}


def test_columns_that_stand_in_one_row_are_told_by_bits_of_their_rulings() -> None:
    """A row of heads at a page's foot has columns of its own, and breaks leave only bits of what parts them."""
    ink = _sheet(columns=(100, 900))
    ink[244:292, 450:452] = 0
    ink[262:272, 450:452] = 255
    ink[148:150, 300:380] = ink[196:198, 500:580] = 255

    [grid] = _found(ink)

    assert [(cell.col, cell.colspan) for cell in grid.cells if cell.row == 3] == [(0, 1), (1, 1)]


def test_a_low_first_row_without_a_border_is_found_by_the_rulings_that_end_together() -> None:
    """The rest of a row that a page break cut is hardly higher than its text; its verticals all begin at one height."""
    ink = _sheet(rows=(100, 133, 181, 229, 277))
    ink[100:102, :] = 255

    [grid] = _found(ink)

    assert grid.n_rows == 4


def test_a_text_that_leans_on_a_stroke_from_both_sides_is_one() -> None:
    """A heading over two columns stands in their middle, and a stroke of it where the columns below are parted."""
    ink = _sheet()
    ink[102:148, 298:304] = 255
    _write(ink, 215, 297, 124)
    _write(ink, 305, 445, 124, seed=2)
    ink[108:140, 300:302] = 0

    [grid] = _found(ink)

    assert (0, 0, 1, 2) in {(cell.row, cell.col, cell.rowspan, cell.colspan) for cell in grid.cells}


def test_a_blank_where_a_badly_broken_page_lost_a_wall_is_doubted() -> None:
    """Nothing of a wall may be left in a low row; a column that runs on above and below then tells of two cells."""
    ink = _sheet()
    ink[150:196, 556:566] = 255
    for x in (130, 330, 620, 700):
        for y in ROWS:
            ink[y - 2 : y + 4, x : x + 20] = 255

    [grid] = _found(ink)

    [doubted] = [cell for cell, doubt in zip(grid.cells, grid.doubtful, strict=True) if doubt]
    assert (doubted.row, doubted.col, doubted.colspan) == (1, 1, 2)


def test_a_whole_ruling_between_two_texts_stays() -> None:
    """The fuzz of a fax beside a ruling is as near to it as text that leans on it; but text keeps off the blanks."""
    ink = _sheet()
    _write(ink, 215, 290, 124)
    _write(ink, 312, 445, 124, seed=2)
    ink[110:138:9, 294:300] = ink[113:138:9, 302:308] = 0

    [grid] = _found(ink)

    assert len(grid.cells) == 12


def _spans(grid: Grid) -> set[tuple[int, int, int, int]]:
    return {(cell.row, cell.col, cell.rowspan, cell.colspan) for cell in grid.cells}


def test_a_vertical_of_which_only_bits_are_left_is_found() -> None:
    """One bit grows out of a ruling, others stand free at the same place: none is a piece, together they are a line."""
    ink = _sheet(ROWS[:3])
    ink[100:104, 620:700] = ink[194:200, 400:440] = 255
    ink[102:196, 555:567] = 255
    ink[148:150, 555:567] = 0
    for first, last in ((102, 116), (121, 129), (164, 174)):
        ink[first:last, 560:562] = 0

    [grid] = _found(ink)

    assert {(0, 1, 1, 1), (0, 2, 1, 1)} <= _spans(grid)


def test_a_label_in_the_middle_of_several_rows_is_in_one_cell() -> None:
    """A break may begin in the label's column or behind it; the label says that no ruling was there."""
    ink = _sheet(columns=(100, 150, 560, 900))
    for y in ROWS[1:-1]:
        ink[y : y + 2, 102:150] = 255
    ink[196:198, 150:176] = 255  # from the label's column on, or only behind it
    ink[148:150, 620:690] = ink[150:190, 560:562] = 255
    _write(ink, 110, 142, 196)
    ink[182:212, 124:126] = 0

    [grid] = _found(ink)

    assert (0, 0, 4, 1) in _spans(grid)


def test_a_bit_of_a_wall_is_no_text_that_runs_over_it() -> None:
    """What a break left of a wall lies on its place; the texts on both sides begin at their cells' left."""
    ink = _broken_sheet()
    ink[198:244, 555:567] = 255
    ink[216:222, 560:562] = 0
    _write(ink, 308, 420, 220)
    _write(ink, 566, 660, 220)

    [grid] = _found(ink)

    assert {(2, 1, 1, 1), (2, 2, 1, 1)} <= _spans(grid)


def test_a_box_around_two_lines_of_text_takes_no_ruling_from_between_them() -> None:
    """On coarse pictures the detector takes two lines for one; a ruling between them has blanks above and below it."""
    ink = _sheet()
    ink[196:198, 102:900] = 255
    ink[196:198, 330:540] = 0  # a piece no longer than the text
    ink[196:198, 100:300] = ink[196:198, 600:900] = 0
    _write(ink, 320, 550, 178)
    _write(ink, 320, 550, 214)
    around = np.array([[[318.0, 170.0], [552.0, 170.0], [552.0, 224.0], [318.0, 224.0]]])

    [grid] = _found(ink, around)

    assert {(1, 1, 1, 1), (2, 1, 1, 1)} <= _spans(grid)


def test_a_hair_ruling_of_which_bits_are_left_all_along_is_a_wall() -> None:
    """A copy of one bit keeps a quarter of a hair ruling here and there; in a joined cell there would be nothing."""
    ink = _sheet()
    for y in (148, 196):
        ink[y : y + 2, 102:900] = 255
        for x in (*range(120, 290, 33), *range(320, 550, 36), *range(580, 880, 38)):
            ink[y : y + 2, x : x + 11] = 0
        ink[y : y + 2, 600:690] = 0
    ink[244:246, 330:390] = ink[196:198, 700:750] = ink[100:102, 640:690] = 255
    _write(ink, 380, 480, 172)
    _write(ink, 380, 480, 220)

    [grid] = _found(ink)

    assert {(1, 1, 1, 1), (2, 1, 1, 1)} <= _spans(grid)


def test_a_ruling_of_dashes_is_found_where_text_all_but_touches_it() -> None:
    """In a tight table of dashes text stands a few pixels over and under each ruling; it has no clean flank there."""
    ink = _sheet()
    ink[194:200, 104:558] = 255
    for x in range(104, 898, 11):
        ink[196:198, x : x + 5] = 0
        ink[196:198, x + 5 : x + 11] = 255
    ink[196:198, 300:302] = ink[196:198, 560:562] = 0
    for left, right in ((110, 296), (308, 556), (568, 896)):
        _write(ink, left, right, 181)
        _write(ink, left, right, 214, seed=2)

    [grid] = _found(ink)

    assert (grid.n_rows, grid.n_cols, len(grid.cells)) == (4, 3, 12)


def test_a_short_vertical_of_dashes_is_found_where_texts_begin_behind_it() -> None:
    """Three rows at a page's foot: each text begins close behind the wall, and before the wall there is nothing."""
    ink = _sheet(columns=(100, 300, 900))
    for number, y in enumerate(range(148, 292, 8)):
        ink[y : y + (3, 6, 4, 6)[number % 4], 560:562] = 0
    for number, row in enumerate((172, 220, 268)):
        _write(ink, 312, 460, row, seed=number)
        _write(ink, 569, 680, row, seed=number + 5)

    [grid] = _found(ink)

    assert (grid.n_rows, grid.n_cols, len(grid.cells)) == (4, 3, 11)


def _with_text_over(ink: NDArray[np.uint8], y: int) -> None:
    """Write a line of text over the place of the second inner vertical, one of its strokes on it."""
    for x in range(420, 690, 28):
        ink[y - 14 : y + 13, x : x + 2] = ink[y - 14 : y + 13, x + 20 : x + 22] = 0
        ink[y - 14 : y - 12, x : x + 22] = ink[y : y + 2, x : x + 22] = 0
    ink[y - 14 : y + 13, 560:562] = ink[y - 6 : y - 4, 548:576] = 0


def test_a_stroke_that_is_not_drawn_in_the_blanks_is_no_wall() -> None:
    """In a tight row a stroke of a character is as high as most of its row; the blanks over and under it are not."""
    rows = (100, 134, 168, 202, 236)
    ink = _sheet(rows)
    ink[136:168, 558:564] = 255
    _with_text_over(ink, 151)

    [grid] = _found(ink)

    assert (1, 1, 1, 2) in {(cell.row, cell.col, cell.rowspan, cell.colspan) for cell in grid.cells}


def test_a_wall_that_text_touches_from_both_sides_stays() -> None:
    """A wall is drawn in the blanks too, whatever stands beside it."""
    ink = _sheet((100, 134, 168, 202, 236))
    _with_text_over(ink, 151)
    ink[100:237, 560:562] = 0

    [grid] = _found(ink)

    assert len(grid.cells) == 12


def test_two_texts_apart_in_one_cell_of_a_broken_page_are_a_doubt() -> None:
    """Of the wall between them nothing may be left; a cell with one text asks nobody."""
    ink = _sheet()
    ink[100:102, 640:690] = ink[244:246, 330:390] = 255
    _write(ink, 310, 390, 172)
    _write(ink, 470, 548, 172)
    _write(ink, 320, 540, 268)

    [grid] = _found(ink)

    doubted = [(cell.row, cell.col) for cell, doubt in zip(grid.cells, grid.doubtful, strict=True) if doubt]
    assert doubted == [(1, 1)]


def test_a_broken_table_whose_first_cell_spans_its_rows_is_one() -> None:
    """Of its verticals there are bits only; of its horizontals the one beside the first cell begins behind it."""
    ink = np.full((300, 1000), 255, np.uint8)
    for y, left in ((100, 100), (138, 300), (176, 100)):
        ink[y : y + 2, left:902] = 0
        ink[y : y + 2, 700:720] = 255
    for x in (100, 300, 560, 900):
        ink[100:130, x : x + 2] = ink[148:177, x : x + 2] = 0

    [grid] = _found(ink)

    assert (grid.n_rows, grid.n_cols) == (2, 3)
    assert (0, 0, 2, 1) in {(cell.row, cell.col, cell.rowspan, cell.colspan) for cell in grid.cells}


def test_lines_to_write_on_are_no_table() -> None:
    """Lines of a blank to fill in begin and end together too, and nothing stands between them."""
    ink = np.full((400, 1000), 255, np.uint8)
    for y, left in ((100, 100), (150, 300), (200, 100), (250, 300)):
        ink[y : y + 2, left:902] = 0

    assert not [grid for grid in _found(ink) if grid.ruled]


def test_a_strip_whose_verticals_are_in_bits_is_one_table() -> None:
    """Two rows and a half on a form's last page: of its verticals one is left at the foot, and the rest are bits."""
    rows, columns = (100, 148, 196), COLUMNS
    ink = _sheet(rows, columns)
    ink[196:236, columns[0] : columns[-1]][:, [x - columns[0] for x in columns[:-1]]] = 0
    for x in columns:
        for top, bottom in ((104, 110), (128, 134), (142, 156), (176, 180)):
            ink[top:bottom, x - 2 : x + 4] = 255
    for x in columns[:1] + columns[2:]:
        ink[186:206, x - 2 : x + 4] = 255
    for y in rows:
        ink[y : y + 2, columns[0] : columns[-1] + 2] = 0
    for row, y in enumerate((125, 173, 220)):
        for number, x in enumerate(columns[:-1]):
            _write(ink, x + 40, x + 120, y, 10 * row + number)

    [grid] = _found(ink)

    assert (grid.n_rows, grid.n_cols, len(grid.cells)) == (3, 3, 9)
