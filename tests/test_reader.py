"""Proves how cells are read: dust goes and signs stay, lines come in order, nothing is lost, doubt is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.document import Cell, Grid, Line, Posterior, Table, Upright
from pipeline.engine import load_engine
from pipeline.geometry import HORIZONTAL_TERMS, VERTICAL_TERMS, Warp
from pipeline.reader import read_tables
from pipeline.reader.bands import flattened, is_slash, read_dots
from pipeline.reader.signs import is_doubtful, pair_brackets, tidy, with_marks_of_amounts
from pipeline.reader.specks import without_specks
from pipeline.settings import EngineSettings, ReaderSettings

SIZE = 30  # a character's height in all pictures here
Picture = NDArray[np.uint8]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Read:
    """What a recogniser says of one crop."""

    text: str
    scores: tuple[float, ...] = (0.999,)
    posterior: Posterior | None = None
    frames: tuple[int, ...] = ()


def paper(width: int = 400, height: int = 60) -> Picture:
    return np.full((height, width), 255, np.uint8)


def ink(picture: Picture, x: float, y: float, width: float, height: float) -> None:
    """Blacken a rectangle given in characters' heights."""
    x0, y0 = round(x * SIZE), round(y * SIZE)
    picture[y0 : y0 + max(1, round(height * SIZE)), x0 : x0 + max(1, round(width * SIZE))] = 0


def character(picture: Picture, x: float, y: float = 0.5) -> None:
    """A stand-in for a Chinese character: a frame with a cross in it."""
    for part in ((0, 0, 0.9, 0.1), (0, 0.8, 0.9, 0.1), (0, 0, 0.1, 0.9), (0.8, 0, 0.1, 0.9), (0, 0.4, 0.9, 0.1)):
        ink(picture, x + part[0], y + part[1], part[2], part[3])


def upright_of(picture: Picture, lines: Sequence[Box] = ()) -> Upright:
    size = (picture.shape[1], picture.shape[0])
    none = np.zeros(len(HORIZONTAL_TERMS)), np.zeros(len(VERTICAL_TERMS))
    quads = np.array([[(a, b), (c, b), (c, d), (a, d)] for a, b, c, d in lines], np.float64).reshape(-1, 4, 2)
    return Upright(picture, Warp(size, 0, 1.0, 0.0, float(max(size)), *none, (0.0, 0.0), size), SIZE * 1.2, quads)


def grid_of(*boxes: Box) -> Grid:
    return Grid(tuple(Cell(row, 0) for row in range(len(boxes))), len(boxes), 1, True, boxes)


def reader_saying(*texts: str | Read) -> tuple[Callable[..., list[Read]], list[Picture]]:
    """A recogniser that says these texts crop by crop, and the crops it was given."""
    given: list[Picture] = []
    left = list(texts)

    def recognise(crops: Sequence[Picture], _keep: Sequence[int]) -> list[Read]:
        given.extend(crops)
        said = [left.pop(0) if left else "" for _ in crops]
        return [text if isinstance(text, Read) else Read(text, (0.999,) * len(text)) for text in said]

    return recognise, given


def stays(picture: Picture, x: float, y: float) -> bool:
    """Whether the ink at a point (in characters' heights) survives."""
    mask = (picture < 128).astype(np.uint8)
    assert mask[round(y * SIZE), round(x * SIZE)], "the test looks beside the ink"
    return bool(without_specks(mask, SIZE)[round(y * SIZE), round(x * SIZE)])


def test_a_semicolon_keeps_its_dot() -> None:
    """Without its dot ； is ，and the reading is wrong with full confidence."""
    page = paper()
    character(page, 0.5)
    ink(page, 1.55, 0.8, 0.14, 0.14)
    ink(page, 1.52, 1.2, 0.14, 0.38)

    assert stays(page, 1.6, 0.85)


def test_a_sign_after_a_closing_bracket_stays() -> None:
    """） has its ink at the left of its square, so that the next sign stands nine tenths of a character away."""
    page = paper()
    character(page, 0.5)
    ink(page, 1.55, 0.4, 0.1, 1.0)
    ink(page, 2.5, 1.1, 0.28, 0.28)

    assert stays(page, 2.6, 1.2)


def test_a_decimal_point_stays() -> None:
    """12.5 must not become 125."""
    page = paper()
    ink(page, 0.5, 0.5, 0.5, 0.8)
    ink(page, 1.12, 1.2, 0.1, 0.1)
    ink(page, 1.35, 0.5, 0.5, 0.8)

    assert stays(page, 1.17, 1.25)


def test_a_decimal_point_before_a_broken_figure_stays() -> None:
    """The two halves of a thin 5 are marks, no characters: 96.5 became "96 5"."""
    page = paper()
    character(page, 0.5)
    ink(page, 1.62, 1.2, 0.1, 0.1)
    ink(page, 1.9, 0.5, 0.3, 0.3)
    ink(page, 1.9, 1.0, 0.3, 0.3)

    assert stays(page, 1.67, 1.25)


def test_thin_quotation_marks_stay() -> None:
    """Two short strokes side by side at the head of the line, each as small as dust: “军休文艺汇演”支出控制数."""
    page = paper()
    for x in (1.0, 1.17):
        ink(page, x, 0.5, 0.06, 0.13)
    character(page, 1.4)

    assert stays(page, 1.03, 0.55)


@pytest.mark.parametrize("height", [0.85, 1.2])
def test_the_point_between_two_words_stays(height: float) -> None:
    """元/人·天 without its point is another unit; it stands in the middle or on the foot, with room on both sides."""
    page = paper()
    character(page, 0.5)
    ink(page, 1.62, height, 0.1, 0.1)
    character(page, 2.0)

    assert stays(page, 1.67, height + 0.05)


@pytest.mark.parametrize(("width", "kept"), [(100, True), (400, False)])
def test_the_point_at_which_a_narrow_cell_breaks_a_number_stays(width: int, kept: bool) -> None:
    """620. over 444 is 620.444; in a wide cell nothing is broken, and a dot at a line's end is dust."""
    page = paper(width, 110)
    for y in (0.5, 1.9):
        for x in (0.5, 1.1, 1.7):
            ink(page, x, y, 0.5, 0.8)
    ink(page, 2.45, 1.2, 0.1, 0.1)

    assert stays(page, 2.5, 1.25) is kept


@pytest.mark.parametrize(("width", "height", "kept"), [(110, 0.8, True), (110, 0.5, False), (400, 0.8, False)])
@pytest.mark.parametrize("before", [False, True])
def test_the_point_between_two_words_that_are_broken_there_stays(
    width: int, height: float, kept: bool, before: bool
) -> None:
    """元/人· over 天, or 元/人 over ·天: half-way up, where the upper line is full; anywhere else a dot is dust."""
    page = paper(width, 110)
    for x in (0.5, 1.6):
        character(page, x)
    ink(page, *((0.5, height + 1.4) if before else (2.75, height)), 0.1, 0.1)
    ink(page, 0.8 if before else 0.5, 1.9, 0.9, 0.9)

    assert stays(page, *((0.55, height + 1.45) if before else (2.8, height + 0.05))) is kept


@pytest.mark.parametrize(("width", "kept"), [(100, True), (400, False)])
def test_the_point_before_which_a_narrow_cell_breaks_a_date_stays(width: int, kept: bool) -> None:
    """2017.1 over .1 is 2017.1.1, and no 2017.11."""
    page = paper(width, 110)
    for y, places in ((0.5, (0.5, 1.1, 1.7)), (1.9, (1.1, 1.7))):
        for x in places:
            ink(page, x, y, 0.5, 0.8)
    ink(page, 0.8, 2.6, 0.1, 0.1)

    assert stays(page, 0.85, 2.65) is kept


def test_dust_between_two_characters_goes() -> None:
    """Where characters leave the usual room, nothing is printed between them."""
    page = paper()
    character(page, 0.5)
    ink(page, 1.58, 0.9, 0.06, 0.06)
    character(page, 1.82)

    assert not stays(page, 1.61, 0.93)


def test_an_ellipsis_stays() -> None:
    """A row of dots is print, however small they are."""
    page = paper()
    for x in (1.0, 1.4, 1.8, 2.2):
        ink(page, x, 1.0, 0.1, 0.1)
    character(page, 3.5)

    assert stays(page, 1.05, 1.05)


@pytest.mark.parametrize("place", [(2.3, 0.2), (5.0, 1.0), (2.2, 1.75)])
def test_dust_goes(place: tuple[float, float]) -> None:
    """A speck of a tenth of a character beside, over or far from text is read as a sign where it stays."""
    page = paper()
    character(page, 0.5)
    ink(page, *place, 0.1, 0.1)

    assert not stays(page, place[0] + 0.05, place[1] + 0.05)


@pytest.mark.parametrize(
    ("x", "y", "kept"), [(1.7, 1.05, True), (2.35, 1.0, True), (1.7, 0.35, False), (2.9, 1.05, False)]
)
def test_a_full_stop_as_small_as_dust_stays_where_full_stops_stand(x: float, y: float, *, kept: bool) -> None:
    """In thin faces 。 is a fifth of a character and blur fills it: a sentence lost its end, with full confidence."""
    page = paper()
    character(page, 0.5)
    ink(page, x, y, 0.2, 0.2)

    assert stays(page, x + 0.1, y + 0.1) is kept


def test_a_cell_of_nothing_but_dust_is_blank() -> None:
    """Two specks read as 二, one as · or 、: blank rows would become indicators."""
    page = paper()
    ink(page, 1, 0.5, 0.2, 0.2)
    ink(page, 1.1, 1.2, 0.22, 0.2)
    recognise, given = reader_saying("二")

    [table], _ = read_tables(upright_of(page), [grid_of((0, 0, 400, 60))], recognise)

    assert given == []
    assert isinstance(table, Table)
    assert table.readings[0].text == ""


def test_a_lone_dash_stays() -> None:
    """A dash in a cell says "none", and is no dust."""
    page = paper()
    ink(page, 1, 0.9, 0.5, 0.07)

    assert stays(page, 1.2, 0.93)


def test_a_lone_hyphen_stays_and_is_read_by_its_shape() -> None:
    """It says that there is nothing to say; the recogniser reads nothing where it stands alone."""
    page = paper()
    ink(page, 6.5, 0.95, 0.28, 0.08)
    recognise, _ = reader_saying("", "")

    [table], _ = read_tables(upright_of(page), [grid_of((0, 0, 400, 60))], recognise)

    assert stays(page, 6.6, 0.98)
    assert isinstance(table, Table)
    assert table.readings[0].text == "-"


def test_a_bar_of_an_equals_sign_at_the_edge_stays() -> None:
    """= reads as - where one bar touches the cell's edge and is taken for the rest of a ruling."""
    page = paper()
    ink(page, 0, 0.7, 0.5, 0.1)
    ink(page, 0, 1.0, 0.5, 0.1)
    character(page, 0.8)

    assert stays(page, 0.2, 0.75)
    assert stays(page, 0.2, 1.05)


def test_the_rest_of_a_ruling_goes() -> None:
    """A sliver of a ruling at the cell's side reads as 1, along its foot as 一."""
    page = paper()
    character(page, 1.5)
    page[:, :2] = 0
    page[-2:, 30:200] = 0

    kept = without_specks((page < 128).astype(np.uint8), SIZE)

    assert not kept[:, :2].any()
    assert not kept[-2:, 120:].any()


def test_blank_cells_cost_nothing() -> None:
    """Most cells of a blank form are empty: nothing is sent to the recogniser."""
    recognise, given = reader_saying()

    [table], _ = read_tables(upright_of(paper()), [grid_of((0, 0, 200, 60), (200, 0, 400, 60))], recognise)

    assert given == []
    assert isinstance(table, Table)
    assert [(reading.text, reading.confidence, reading.notes) for reading in table.readings] == [("", 1.0, ())] * 2


def test_ink_that_says_nothing_is_looked_at_again_and_noted() -> None:
    """A cell with ink but no text is no blank cell."""
    page = paper()
    character(page, 2)
    recognise, given = reader_saying("", "")

    [table], _ = read_tables(upright_of(page), [grid_of((0, 0, 400, 60))], recognise)

    assert len(given) == 2
    assert isinstance(table, Table)
    assert table.readings[0].notes == ("ink-no-text",)
    assert table.readings[0].confidence == 0.0


@pytest.mark.parametrize(("width", "dash"), [(0.9, "—"), (0.5, "-")])
@pytest.mark.parametrize("read", ["", "一", "1"])
def test_a_lone_dash_is_one_whatever_is_read(read: str, width: float, dash: str) -> None:
    """No 1 and no 一 lies as a low bar in the middle of its cell: an amount of 1 where the form says none."""
    page = paper(400, 60)
    ink(page, 4, 0.9, width, 0.1)
    recognise, _ = reader_saying(read, read)

    [table], _ = read_tables(upright_of(page), [grid_of((0, 0, 400, 60))], recognise)

    assert isinstance(table, Table)
    assert table.readings[0].text == dash


def test_what_the_second_look_sees_is_kept_but_not_sure() -> None:
    """It is better than nothing, and a person should look."""
    page = paper()
    character(page, 2)
    recognise, _ = reader_saying("", "元")

    [table], _ = read_tables(upright_of(page), [grid_of((0, 0, 400, 60))], recognise)

    assert isinstance(table, Table)
    assert table.readings[0].text == "元"
    assert table.readings[0].confidence <= 0.5


@pytest.mark.parametrize(("sure", "looks"), [(0.94, 2), (0.96, 1)])
def test_a_label_in_doubt_is_looked_at_twice_and_read_once(sure: float, looks: int) -> None:
    """The second look is evidence for repair; what was read, and how surely, stays."""
    page = paper()
    for x in (1, 2, 3):
        character(page, x)
    first, second = (Posterior(np.zeros((4, 2), np.int32), np.zeros((4, 2), np.float16), name) for name in "ab")
    recognise, given = reader_saying(Read("合格事", (0.99, 0.99, sure), first), Read("合格率", (0.9,) * 3, second))

    [table], _ = read_tables(upright_of(page), [grid_of((0, 0, 400, 60))], recognise, sure=min)

    assert isinstance(table, Table)
    [line] = table.readings[0].lines
    assert (line.text, line.confidence, line.posterior) == ("合格事", sure, first)
    assert line.second is (second if looks == 2 else None)
    assert len(given) == looks
    assert all(crop.shape[0] == given[0].shape[0] for crop in given)


def test_no_second_look_is_taken_where_none_is_wanted() -> None:
    """Speed may be worth more than repairs."""
    page = paper()
    character(page, 2)
    posterior = Posterior(np.zeros((4, 2), np.int32), np.zeros((4, 2), np.float16), "a")
    recognise, given = reader_saying(Read("元", (0.4,), posterior))

    read_tables(upright_of(page), [grid_of((0, 0, 400, 60))], recognise, settings=ReaderSettings(second_look=0.0))

    assert len(given) == 1


def test_wrapped_lines_are_one_text_in_order() -> None:
    """Two lines of a narrow cell are one label."""
    page = paper(120, 110)
    for y in (0.5, 2.0):
        character(page, 0.5, y)
        character(page, 1.6, y)
    recognise, given = reader_saying("年度", "目标")

    [table], _ = read_tables(upright_of(page), [grid_of((0, 0, 120, 110))], recognise)

    assert len(given) == 2
    assert isinstance(table, Table)
    assert table.readings[0].text == "年度目标"


def test_specks_far_apart_between_two_lines_are_no_line() -> None:
    """Two specks side by side span a line: the crop held halves of the lines around, read as nineteen characters."""
    page = paper(400, 130)
    for y in (0.5, 2.4):
        for x in (0.5, 1.6, 2.7, 3.8, 4.9, 6.0):
            character(page, x, y)
    for x in (0.8, 5.2):
        ink(page, x, 1.68, 0.1, 0.12)
    recognise, given = reader_saying("一行", "二行", "三行")

    read_tables(upright_of(page), [grid_of((0, 0, 400, 130))], recognise)

    assert len(given) == 2


def test_specks_over_a_line_are_no_line() -> None:
    """They may be dots of its characters and stay for that; of the crop between them two characters were read."""
    page = paper(400, 80)
    for x in (0.5, 1.6, 2.7):
        character(page, x, 1.3)
    ink(page, 0.7, 0.75, 0.1, 0.1)
    ink(page, 1.9, 1.05, 0.1, 0.1)
    recognise, given = reader_saying("一行", "二行")

    read_tables(upright_of(page), [grid_of((0, 0, 400, 80))], recognise)

    assert len(given) == 1


@pytest.mark.parametrize(("wide", "count", "text"), [(0.17, 3, "…"), (0.17, 6, "……"), (0.17, 4, "144"), (0.24, 3, "…")])
def test_an_ellipsis_alone_is_one_whatever_is_read(wide: float, count: int, text: str) -> None:
    """Of three dots alone the recogniser makes 144, or nothing; rings of one size are kept too."""
    page = paper()
    for number in range(count):
        ink(page, 1 + 0.34 * number, 0.9, wide, wide)
    recognise, _ = reader_saying("144", "144")

    [table], _ = read_tables(upright_of(page), [grid_of((0, 0, 400, 60))], recognise)

    assert isinstance(table, Table)
    assert table.readings[0].text == text


def test_rings_in_a_row_are_full_stops() -> None:
    """Some write 。。。 for …; of three the recogniser reads one."""
    page = np.zeros((9, 60), np.uint8)
    for x in (5, 20, 35):
        cv2.circle(page, (x, 4), 4, 1, 1)

    assert read_dots(page, SIZE) == "。。。"


def test_words_and_dashes_are_no_dots() -> None:
    """A stroke, a dash in bits of different lengths and a 三 have no dots of one size at one distance."""
    for bits in ([(0, 0, 0.9, 0.1)], [(0, 0, 0.1, 0.1), (0.2, 0, 0.3, 0.1), (0.9, 0, 0.1, 0.1)]):
        page = np.zeros((6, 40), np.uint8)
        for x, y, wide, high in bits:
            page[round(y * SIZE) : round((y + high) * SIZE), round(x * SIZE) : round((x + wide) * SIZE)] = 1
        assert read_dots(page, SIZE) == ""


def test_a_vertical_label_is_read_from_top_to_bottom() -> None:
    """One character a line is how the label over a whole grid is set."""
    page = paper(50, 240)
    for y in (0.5, 2.0, 3.5, 5.0):
        character(page, 0.4, y)
    recognise, _ = reader_saying("绩", "效", "指", "标")

    [table], _ = read_tables(upright_of(page), [grid_of((0, 0, 50, 240))], recognise)

    assert isinstance(table, Table)
    assert table.readings[0].text == "绩效指标"


def test_a_cell_is_as_sure_as_all_its_lines_together() -> None:
    """Ten lines of which each is right nine times in ten are seldom all right."""
    page = paper(120, 110)
    for y in (0.5, 2.0):
        character(page, 0.5, y)
    recognise, _ = reader_saying("年", "度")

    [table], _ = read_tables(
        upright_of(page), [grid_of((0, 0, 120, 110))], recognise, sure=lambda scores: 0.9 if scores else 0.0
    )

    assert isinstance(table, Table)
    assert table.readings[0].confidence == 0.81


@pytest.mark.parametrize(("seen", "sure"), [(True, False), (False, True)])
def test_a_line_that_a_false_ruling_cuts_makes_both_its_cells_doubtful(seen: bool, sure: bool) -> None:
    """A sentence is missing and the rest is read well: only the detector, which knows no cells, can tell."""
    page = paper(400, 160)
    for y in (0.5, 2.0, 3.5):
        for x in range(6):
            character(page, 1 + x, y)
    line = (0.8 * SIZE, 1.7 * SIZE, 7.2 * SIZE, 3.2 * SIZE)
    grid = grid_of((0.0, 0.0, 12.0 * SIZE, 1.9 * SIZE), (0.0, 3.0 * SIZE, 12.0 * SIZE, 5.0 * SIZE))
    recognise, _ = reader_saying("第一行", "第三行")

    blocks, _ = read_tables(upright_of(page, [line] if seen else []), [grid], recognise)
    [table] = (block for block in blocks if isinstance(block, Table))

    assert [reading.text for reading in table.readings] == ["第一行", "第三行"]
    assert ["line-lost" not in reading.notes and reading.confidence > 0.9 for reading in table.readings] == [sure, sure]


@pytest.mark.parametrize(("y", "doubted"), [(0.5, [True, False]), (3.6, [False, False])])
def test_text_beside_a_table_makes_its_row_doubtful(y: float, doubted: list[bool]) -> None:
    """An open side hides a column: the row goes without its target and looks whole. A note below says nothing."""
    page = paper(500, 160)
    for row in (0.5, 2.0):
        character(page, 0.5, row)
        character(page, 1.6, row)
    for x in range(4):
        character(page, 10 + 1.1 * x, y)
    line = (9.8 * SIZE, y * SIZE - 8, 14.6 * SIZE, (y + 1) * SIZE + 8)
    grid = grid_of((0.0, 0.0, 200.0, 1.7 * SIZE), (0.0, 1.8 * SIZE, 200.0, 3.2 * SIZE))
    recognise, _ = reader_saying("名称", "名称", "较好情况")

    blocks, _ = read_tables(upright_of(page, [line]), [grid], recognise)
    [table] = (block for block in blocks if isinstance(block, Table))

    assert ["text-beside" in reading.notes and reading.confidence < 0.9 for reading in table.readings] == doubted


@pytest.mark.parametrize(("gap", "seen", "sure"), [(0.1, True, False), (0.1, False, True), (0.6, True, True)])
def test_a_wall_through_a_line_of_text_makes_both_its_cells_doubtful(gap: float, seen: bool, sure: bool) -> None:
    """In a low row a character's stroke passes for a wall: 瑞|城高新区 would be a name and a stray, both sure."""
    page = paper(400, 50)
    wall = 5.0
    for x in (wall - gap - 1.9, wall - gap - 0.9, wall + gap, wall + gap + 1.0, wall + gap + 2.0):
        character(page, x, 0.4)
    boxes = ((0.0, 0.0, wall * SIZE, 50.0), (wall * SIZE, 0.0, 400.0, 50.0))
    grid = Grid((Cell(0, 0), Cell(0, 1)), 1, 2, True, boxes)
    line = ((wall - 3) * SIZE, 0.0, (wall + 4) * SIZE, 50.0)
    recognise, _ = reader_saying("某城", "高新区")

    [table], _ = read_tables(upright_of(page, [line] if seen else []), [grid], recognise, sure=min)

    assert isinstance(table, Table)
    assert [reading.confidence > 0.9 for reading in table.readings] == [sure, sure]


def test_text_outside_every_cell_is_a_loose_line() -> None:
    """A title over the table and a note under it are lines, in reading order."""
    page = paper(400, 200)
    character(page, 3, 0.2)
    character(page, 3, 3.0)
    character(page, 3, 5.5)
    above, below = (80.0, 2.0, 130.0, 38.0), (80.0, 160.0, 130.0, 196.0)
    recognise, _ = reader_saying("表", "题", "注")

    blocks, _ = read_tables(upright_of(page, [below, above]), [grid_of((20, 70, 380, 130))], recognise)

    assert [type(block) for block in blocks] == [Line, Table, Line]
    assert {block.text for block in blocks if isinstance(block, Line)} == {"题", "注"}


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("财农〔2018]25号", "财农〔2018〕25号"),
        ("(2018〕25号", "〔2018〕25号"),
        ("印发<意见>的通知", "印发〈意见〉的通知"),
        ("2026年8月一10月", "2026年8月—10月"),
        ("2,932, 700", "2,932,700"),
        ("[2018]25号", "[2018]25号"),
        ("满意度>90%", "满意度>90%"),
        ("<5000元", "<5000元"),
        ("统一10个标准", "统一10个标准"),
    ],
)
def test_small_signs_are_mended_only_where_the_line_is_plain(read: str, meant: str) -> None:
    """A pair's other half, a date's dash and blanks in numbers; what could be meant stays."""
    assert tidy(read) == meant


def test_mending_twice_is_mending_once() -> None:
    """Brackets are paired on each line and again over the lines of a cell."""
    for text in ("〔2018]〈意见>》", "((〔1]", "《〈>》〉", "]〕["):
        assert pair_brackets(pair_brackets(text)) == pair_brackets(text)


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("4,213;779.28", "4,213,779.28"),
        ("371,514,655,00", "371,514,655.00"),
        ("86.959.408.34", "86,959,408.34"),
        ("46,.140,000.00", "46,140,000.00"),
        ("3861,459.00", "3,861,459.00"),
        (".881,803.00", "881,803.00"),
        ("99,750.00.", "99,750.00"),
        ("0:00", "0.00"),
    ],
)
def test_an_amount_says_itself_which_marks_it_has_and_is_doubted(read: str, meant: str) -> None:
    """Three figures between commas, two behind the point; where a mark was mended a figure may be wrong as well."""
    assert tidy(read) == meant
    assert is_doubtful(read)
    assert not is_doubtful(meant)


@pytest.mark.parametrize(
    "text", ["1.234", "1,234.567", "12,30", "9:00", ".99", "192.168.1.1", "2021.12.30", "100,200,300", "120，300，50"]
)
def test_other_numbers_keep_their_marks(text: str) -> None:
    """Decimals, times, dates and lists have marks of their own."""
    assert with_marks_of_amounts(text) == text


@pytest.mark.parametrize(("scores", "sure"), [((0.999, 0.75, 0.999), False), ((0.75, 0.999, 0.999), True)])
def test_a_number_is_no_surer_than_its_figures(scores: tuple[float, ...], sure: bool) -> None:
    """=30 for =50: nothing beside a figure vouches for it, whereas a sign in doubt is outweighed by the rest."""
    page = paper(120, 60)
    character(page, 0.5)

    def recognise(crops: Sequence[Picture], keep: Sequence[int]) -> list[Read]:
        return [Read("=30", scores) for _ in crops]

    [table], _ = read_tables(upright_of(page), [grid_of((0, 0, 120, 60))], recognise, sure=lambda scores: 0.9)

    assert isinstance(table, Table)
    assert (table.readings[0].confidence == 0.9) is sure


@pytest.mark.parametrize(("at", "sure"), [(25, False), (20, True)])
def test_a_line_with_room_for_a_mark_has_lost_one(at: int, sure: bool) -> None:
    """企业培训、基层登记费 without its mark is sound Chinese; only the room between 训 and 基 tells."""
    page = paper(120, 60)
    character(page, 0.5)
    frames = (0, 5, 10, 15, *range(at, at + 25, 5))

    def recognise(crops: Sequence[Picture], keep: Sequence[int]) -> list[Read]:
        return [Read("企业培训基层登记费", frames=frames) for _ in crops]

    [table], _ = read_tables(upright_of(page), [grid_of((0, 0, 120, 60))], recognise, sure=lambda scores: 0.9)

    assert isinstance(table, Table)
    assert (table.readings[0].confidence == 0.9) is sure


@pytest.mark.parametrize("text", ["é371,514.00", "登记.", "·信息共享", "=100%6", "≥1500m", "≤2%."])
def test_what_dust_reads_as_is_never_sure(text: str) -> None:
    """The recogniser is sure of dust: its scores are near one."""
    assert is_doubtful(text)


@pytest.mark.parametrize("text", ["1.新增", "12.5%", "≥95%", "（一）总体目标", "100米", "第一、"])
def test_common_texts_raise_no_doubt(text: str) -> None:
    """Doubt costs a person's time."""
    assert not is_doubtful(text)


@pytest.mark.engine
def test_a_number_in_a_cell_is_read() -> None:
    """The whole way of one cell through the real engine, its place in pixels of the page."""
    page = paper(300, 60)
    cv2.putText(page, "2,345", (20, 44), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 0, 3, cv2.LINE_AA)

    [table], _ = read_tables(
        upright_of(page), [grid_of((0, 0, 300, 60))], load_engine(EngineSettings(threads=1)).recognise
    )

    assert isinstance(table, Table)
    assert table.readings[0].text == "2,345"
    assert table.readings[0].lines[0].place.polygon[0] == pytest.approx((20, 14), abs=8)


@pytest.mark.parametrize("thick", [1, 2, 4])
def test_a_slash_is_told_from_a_one_by_its_slant(thick: int) -> None:
    """Cells that say "none" with a slash were read as 1, with every sign of certainty."""
    slash, one = np.zeros((30, 14), np.uint8), np.zeros((30, 14), np.uint8)
    cv2.line(slash, (11, 2), (2, 27), 1, thick)
    cv2.line(one, (7, 2), (7, 27), 1, thick)
    cv2.line(one, (7, 2), (3, 7), 1, thick)

    assert is_slash(slash)
    assert not is_slash(one)
    assert not is_slash(one[:, 6:9])


def test_a_watermark_is_lifted_and_the_text_over_it_stays() -> None:
    """Grey strokes as broad as a character are read as text, in blank cells too; print is darker."""
    page = paper(600, 300)
    for x in range(8):
        character(page, 1 + 2 * x, 4.0)
    marked = page.copy()
    for x in range(60, 520, 90):
        cv2.line(marked, (x, 20), (x + 60, 280), 165, 9)
    marked = np.minimum(marked, page)

    lifted = flattened(marked, SIZE)

    assert ((lifted < 168) & (page > 200)).mean() < 0.002
    assert ((lifted < 168) & (page < 90)).sum() > 0.95 * (page < 90).sum()


def test_a_page_without_a_watermark_is_left_as_it_is() -> None:
    """Rims of text are grey too, but never flat."""
    page = paper(600, 300)
    for x in range(8):
        character(page, 1 + 2 * x, 4.0)
    blurred = cv2.GaussianBlur(page, (5, 5), 0)

    assert (flattened(blurred, SIZE) == blurred).all()


@pytest.mark.parametrize(
    ("said", "kept"), [(Read("绩效自评表", (0.99,) * 5), True), (Read("三一匚", (0.4,) * 3), False)]
)
def test_a_line_that_the_detector_passed_over_is_read_where_it_is_text(said: Read, *, kept: bool) -> None:
    """A thin, spaced title is no line to the detector, and without it no layout is known; dirt says nothing."""
    page = paper(400, 160)
    for number in range(5):
        character(page, 2 + 1.8 * number, 0.8)
    character(page, 2, 3.5)
    recognise, _ = reader_saying("乙", said)

    blocks, _ = read_tables(upright_of(page), [grid_of((0, 90, 400, 150))], recognise)

    assert [block.text for block in blocks if isinstance(block, Line)] == ([said.text] if kept else [])
