"""Proves pipeline/alignment: rows and columns from boxes of text alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.alignment import Layout, find_layouts, is_channel
from pipeline.alignment.columns import walls
from pipeline.alignment.heights import Heights
from pipeline.alignment.pieces import Piece, Placed, Scale
from pipeline.alignment.rows import Row
from pipeline.alignment.spans import share_rows
from pipeline.alignment.told import told_apart
from pipeline.alignment.wraps import begins_anew, beside_rows, joined_cells, torn, unfilled

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


def test_cells_that_follow_no_other_walls_are_told_by_their_middles() -> None:
    """Three amounts share the width of five columns: only one sharing out ends at the table's other side."""
    edges = (0.0, 80.0, 320.0, 460.0, 620.0, 760.0)
    grid = [
        (edges[i], y, edges[i + 1], y + 40, count)
        for y in (40.0, 80.0, 120.0, 160.0)
        for i, count in enumerate((2, 9, 4, 5, 3))
    ]
    amounts = [(0.0, 0.0, 320.0, 40.0, 4), (320.0, 0.0, 460.0, 40.0, 2), (460.0, 0.0, 760.0, 40.0, 3)]

    found = spans(drawn(*amounts, *grid))

    assert [found[i] for i in range(3)] == [(0, 0, 1, 2), (0, 2, 1, 1), (0, 3, 1, 2)]


def test_a_name_set_from_the_left_is_no_centred_one() -> None:
    """Names begin at one place whatever their length: one that stands amid two columns by chance has its own."""
    labels = [(0.0, 40.0, 120.0, 280.0, 4)]
    names = [
        Piece((10 + i,), (330.0, 50.0 + 40 * i, 330.0 + n * EM, 70.0 + 40 * i))
        for i, n in enumerate((3, 9, 5, 11, 7, 8))
    ]
    values = [(560.0, 40.0 + 40 * i, 700.0, 80.0 + 40 * i, 3) for i in range(6)]
    second = [(120.0, 80.0, 320.0, 280.0, 4)]

    found = spans([*drawn(*labels, *values, *second), *names])

    assert [found[10 + i][1:] for i in range(6)] == [(2, 1, 1)] * 6


@pytest.mark.parametrize(
    ("above", "below", "one"),
    [
        ("100", "98", False), ("%", "个", False), ("及时", "≥95%", False), ("8.33", "8.33", False),
        ("40口", "89%", False), ("全年预算数", "289000", False), ("=15187人", "/次", True), ("数量", "指标", True),
        ("155001002", "003", True), ("2127500.0", "0", True),
        ("社会成本指标", "生态环境成本", False), ("年度绩效指标", "完成情况", True),
        ("项目名称", "主管部门及代码", False), ("三级指标", "培训人次", False), ("主管部门", "及代码", True),
        ("项目资金", "（万元）", True), ("总体目标", "完成情况", True), ("产出", "指标(50分)", True),
        ("预期目标", "1、组织培训", False), ("根据：", "1、组织培训", True), ("是", "是否合规", False),
        ("100.", "00%", True), ("85.9", "%", True), ("≥", "%", False),
        ("≥", "19568人次", True), ("≥", "95", False), ("大于等于", "95%", True),
        ("为切实做好统计执法检查工作，提高数据质量", "二级指标(长", False),
    ],
)  # fmt: skip
def test_what_two_texts_say_tells_whether_they_are_lines_of_one(above: str, below: str, one: bool) -> None:
    """Values below each other are rows however close they stand; the rest of a word or of a long number is none."""
    pieces = [
        Piece((0,), (0.0, 0.0, len(above) * EM, EM), above),
        Piece((1,), (0.0, 1.2 * EM, len(below) * EM, 2.2 * EM), below),
    ]

    assert len(joined_cells(pieces, Scale(EM, 0.5))) == (1 if one else 2)


def test_a_line_over_two_narratives_goes_on_none_of_them() -> None:
    """Cells never run into each other: what would make them begins a cell, however close it stands."""
    left = [(0.0, y, 200.0, y + EM) for y in (0.0, 24.0, 48.0)]
    right = [(300.0, y, 500.0, y + EM) for y in (0.0, 24.0)]
    over = [(0.0, y, 500.0, y + EM) for y in (72.0, 96.0)]
    pieces = [Piece((i,), box) for i, box in enumerate([*left, *right, *over])]

    assert sorted(len(cell.keys) for cell in joined_cells(pieces, Scale(EM, 0.5))) == [2, 2, 3]


def test_a_level_whose_row_is_blank_is_no_title() -> None:
    """A level printed at a page's head with nothing beside it is a row of the table."""
    table = drawn(*[c for y in (40.0, 80.0, 120.0) for c in ((0.0, y, 200.0, y + 40, 6), (200.0, y, 800.0, y + 40, 9))])
    box = (500.0, 10.0, 620.0, 10.0 + EM)

    [layout] = find_layouts([*table, Piece((20,), box, "社会效益指标")])

    assert isinstance(layout, Layout)
    assert find_layouts([*table, other := Piece((20,), box, "（2023年度）")])[0] == other


def test_two_texts_in_one_row_leave_the_rest_of_their_column_its_rows() -> None:
    """Where two labels of a column stand in one row, only these are in doubt."""
    body = drawn(*head(), *rows(8, 40.0), (0.0, 40.0, 200.0, 200.0, 4))
    close = [Piece((40 + i,), (60.0, y, 140.0, y + EM)) for i, y in enumerate((289.0, 291.0))]

    [layout] = [found for found in find_layouts([*body, *close]) if isinstance(found, Layout)]
    cells = {cell.piece.keys[0]: cell for cell in layout.cells}

    assert (cells[19].row, cells[19].rowspan, cells[19].doubt) == (1, 4, False)


def test_a_label_beside_a_blank_cell_keeps_its_column() -> None:
    """Beside the label of the row above stands a text: the blank beside this one is as much a cell."""
    lines = [(0.0, 5, 4, 3), (40.0, 6, 5, 4), (80.0, 4, 0, 1), (120.0, 5, 0, 1)]
    cells = [
        (x0, 40 + y, x1, 80 + y, count)
        for y, name, first, second in lines
        for x0, x1, count in ((200.0, 400.0, name), (400.0, 600.0, first), (600.0, 750.0, second), (750.0, 900.0, 2))
        if count
    ]

    found = spans(drawn((0.0, 40.0, 200.0, 200.0, 6), *cells))

    assert [found[number][1::2] for number in (9, 12)] == [(1, 1)] * 2


def test_the_rest_of_a_cell_over_a_page_is_no_title() -> None:
    """A lone line above a table stands amid it where it is a title, and in a column where the page before began it."""
    table = drawn(*[c for y in (40.0, 80.0, 120.0) for c in ((0.0, y, 200.0, y + 40, 4), (200.0, y, 800.0, y + 40, 9))])
    rest = Piece((20,), (50.0, 10.0, 150.0, 10.0 + EM))
    title = Piece((21,), (300.0, 10.0, 500.0, 10.0 + EM))

    [layout] = find_layouts([*table, rest])

    assert isinstance(layout, Layout)
    assert find_layouts([*table, title])[0] == title


def test_a_head_over_heads_makes_no_wall_where_it_ends() -> None:
    """It ends where one of the heads below begins by chance, level with neither of them: they are no two columns."""
    heads = [(303.0, 205.0, 341.0), (448.0, 214.0, 468.0), (525.0, 214.0, 545.0), (598.0, 214.0, 618.0)]
    heads += [(667.0, 214.0, 696.0), (549.0, 195.0, 587.0), (736.0, 205.0, 774.0)]
    body = [(231.0, 332.0), (421.0, 456.0), (520.0, 549.0), (593.0, 623.0), (667.0, 696.0), (736.0, 774.0)]
    boxes = [*heads, *((left, y, right) for y in (234.0, 254.0) for left, right in body)]

    found = walls([Piece((i,), (left, y, right, y + 11)) for i, (left, y, right) in enumerate(boxes)], 11.0)

    assert len(found) == len(body) - 1


def test_rows_that_other_columns_tell_are_not_joined() -> None:
    """Names stand as close as wrapped lines do; that each is level with a sign and a number says that they are rows."""
    two = Piece((0, 1), (0.0, 0.0, 200.0, 44.0), "", ((0.0, 0.0, 200.0, 20.0), (0.0, 24.0, 200.0, 44.0)))
    beside = [Piece((i,), (x, y, x + 20, y + 20)) for i, (x, y) in enumerate(((300.0, 0.0), (300.0, 24.0)), 2)]
    further = [Piece((i,), (x, y, x + 20, y + 20)) for i, (x, y) in enumerate(((400.0, 0.0), (400.0, 24.0)), 4)]

    assert beside_rows([two, *beside, *further], EM) > 0 == beside_rows([two, *beside], EM)


def test_a_sentence_that_goes_on_below_is_one_cell_s() -> None:
    """Lines that fill their paragraph and end none go on; where they are rows, nothing says so."""
    lines = [
        ("为切实做好统计执法检查工作，不断提高", 0.0),
        ("统计数据质量，加强队伍建设，", 24.0),
        ("完成任务。", 48.0),
    ]
    apart = [Piece((i,), (0.0, y, len(text) * EM, y + EM), text) for i, (text, y) in enumerate(lines)]

    assert torn(apart, EM) > 0 == torn(joined_cells(apart, Scale(EM, 0.3)), EM)


def test_values_tell_whose_lines_are_where_rows_stand_as_close_as_lines() -> None:
    """A name of one line is level with its value, the lines of another stand above and below its own."""
    names = ["广播专题节目期数", "现役军人家属参与军休文", "艺汇演人次", "保障人数", "悬挂光荣牌", "补助优抚对象人数"]
    lines = [Piece((i,), (0.0, 28.0 * i, len(t) * EM, 28.0 * i + EM), t) for i, t in enumerate(names)]
    heights, values = (0.0, 42.0, 84.0, 112.0, 140.0), ("≥300期", "≥4140人次", "≥2462人", "≥47块", "=18人")
    beside = [
        Piece((10 + i,), (400.0, y, 500.0, y + EM), t) for i, (y, t) in enumerate(zip(heights, values, strict=True))
    ]

    told = told_apart([*lines, *beside], EM, begins_anew)
    cells = joined_cells([*lines, *beside], Scale(EM, 0.5), told)

    assert sorted(cell.keys for cell in cells if cell.keys[0] < 10) == [(0,), (1, 2), (3,), (4,), (5,)]


def test_levels_beside_one_s_value_are_no_lines_of_it() -> None:
    """环境效益 and 长效管理 have no value here: that 满意度 between them has one joins nothing."""
    names = ["数量", "质量", "时效", "环境效益", "满意度", "长效管理", "人力资源", "信息共享"]
    lines = [Piece((i,), (0.0, 28.0 * i, len(t) * EM, 28.0 * i + EM), t) for i, t in enumerate(names)]
    values = [
        Piece((10 + i,), (400.0, 28.0 * i, 480.0, 28.0 * i + EM), t)
        for i, t in ((0, "≥3户"), (1, "≥95%"), (2, "≥9天"), (4, "≥90%"), (6, "≥99%"), (7, "≥8%"))
    ]

    cells = joined_cells([*lines, *values], Scale(EM, -1.0), told_apart([*lines, *values], EM, begins_anew))

    assert all(len(cell.keys) == 1 for cell in cells)


def test_what_ends_a_value_is_none() -> None:
    """≤50个工 over 作日 beside a name of two lines: both are level with both, and nothing is told."""
    names = [Piece((i,), (0.0, 28.0 * i, 200.0, 28.0 * i + EM), f"名称的第{'一二三四'[i]}行") for i in range(4)]
    texts = ("≤50个工", "作日", "≤20个工", "作日")
    values = [Piece((10 + i,), (400.0, 28.0 * i, 480.0, 28.0 * i + EM), t) for i, t in enumerate(texts)]

    assert told_apart([*names, *values], EM, begins_anew) == {}


def _levels(*cells: tuple[float, float, float, float, str]) -> list[Piece]:
    """Texts centred in cells: x0, y0, x1, y1 and what is written there."""
    return [
        Piece(
            (i,), ((x0 + x1 - len(t) * EM) / 2, (y0 + y1 - EM) / 2, (x0 + x1 + len(t) * EM) / 2, (y0 + y1 + EM) / 2), t
        )
        for i, (x0, y0, x1, y1, t) in enumerate(cells)
    ]


_LEVELS = ("数量指标", "质量指标", "时效指标", "成本指标", "经济效益指标", "社会效益指标")


def test_a_name_takes_no_blank_rows_of_other_levels() -> None:
    """时效指标 alone has a name: 数量指标 above and 成本指标 below it stay blank."""
    levels = [(0.0, 40.0 * i, 200.0, 40.0 * i + 40, text) for i, text in enumerate(_LEVELS)]
    levels[5] = (0.0, 200.0, 200.0, 280.0, _LEVELS[5])
    names = [(200.0, y, 500.0, y + 40, text) for y, text in ((80.0, "统计法治宣传月开展"), (200.0, "企业填报负担"))]
    values = [(500.0, y, 640.0, y + 40, text) for y, text in ((80.0, "按时"), (200.0, "≥3%"))]

    other = [
        (x, 40.0 * i, x + 200, 40.0 * i + 40, text)
        for i in range(7)
        for x, text in ((640.0, "惠及户"), (840.0, "=9户"))
    ]

    found = spans(_levels(*levels, *names, *values, *other))

    assert [found[number][::2] for number in (6, 7, 8, 9)] == [(2, 1), (5, 1), (2, 1), (5, 1)]


def test_a_level_between_two_blank_rows_has_both() -> None:
    """Levels stand amid their rows: that their column is the fullest does not make each of them a row."""
    walls = (0.0, 80.0, 160.0, 200.0, 240.0, 280.0, 320.0, 360.0)
    levels = [
        (0.0, a, 200.0, b, text) for a, b, text in zip(walls, walls[1:], (*_LEVELS, "生态效益指标"), strict=False)
    ]
    names = [(200.0, y, 500.0, y + 40, "到会率") for y in (0.0, *walls[2:-1])]
    values = [(500.0, y, 640.0, y + 40, "≥5%") for y in (0.0, *walls[2:-1])]

    found = spans(_levels(*levels, *names, *values))

    assert [found[number][::2] for number in (0, 1, 2)] == [(0, 2), (2, 2), (4, 1)]


def test_a_level_printed_for_two_periods_has_the_same_rows_in_both() -> None:
    """质量指标 has three names in the one period and none in the other, whose rows are blank."""
    cells = [(0.0, 0.0, 200.0, 40.0, "数量指标"), (0.0, 40.0, 200.0, 160.0, "质量指标")]
    cells += [(700.0, 0.0, 900.0, 40.0, "数量指标"), (700.0, 40.0, 900.0, 160.0, "质量指标")]
    cells += [(x, 0.0, x + 200, 40.0, text) for x, text in ((200.0, "培训人次"), (900.0, "培训期数"))]
    cells += [
        (200.0, y, 400.0, y + 40, text) for y, text in ((40.0, "差错率"), (80.0, "检查覆盖率"), (120.0, "到会率"))
    ]
    cells += [(400.0, 40.0 * i, 520.0, 40.0 * i + 40, text) for i, text in enumerate(("≥25场", "<5%", "≥95%", "≥9%"))]

    found = spans(_levels(*cells))

    assert (found[1][0], found[1][2]) == (found[3][0], found[3][2]) == (1, 3)


def _left(x: float, y: float, text: str, number: int) -> Piece:
    """A text that begins at x, in the middle of a row 40 high that begins at y."""
    return Piece((number,), (x, y + 10, x + len(text) * EM, y + 10 + EM), text)


def test_a_row_s_first_name_below_a_page_break_stays_in_its_column() -> None:
    """Left of it is blank what the page before labelled; it begins where all names do, so it is amid nothing."""
    names = ["参与率", "专场招聘达标率", "信息发布及时率", "补助标准", "减轻家庭经济负担"]
    pieces = [_left(230.0, 40.0 * i, text, i) for i, text in enumerate(names)]
    pieces += [_left(430.0, 40.0 * i, text, 5 + i) for i, text in enumerate(("≥90%", "=100%", "98%", "20元", "显著"))]
    centred = zip((40.0, 80.0, 120.0, 160.0), _LEVELS[1:], strict=False)
    pieces += _levels(*((90.0, y, 230.0, y + 40, text) for y, text in centred))
    keyed = [Piece((number,), piece.box, piece.text) for number, piece in enumerate(pieces)]

    found = spans(keyed)

    assert [found[number][1::2] for number in range(5)] == [(1, 1)] * 5


def test_what_is_left_of_a_label_written_downwards_has_its_column_all_the_way() -> None:
    """指标 of 绩效指标 stands level with no level: the column beside it is that of the levels, which keep all rows."""
    rest = Piece((0,), (0.0, 20.0, EM, 64.0), "指标", ((0.0, 20.0, EM, 40.0), (0.0, 44.0, EM, 64.0)), ("指", "标"))
    cells = [(30.0, 0.0, 260.0, 280.0, "产出指标"), (260.0, 0.0, 400.0, 200.0, "数量指标")]
    cells += [(260.0, 200.0, 400.0, 240.0, "质量指标"), (260.0, 240.0, 400.0, 280.0, "时效指标")]
    cells += [(400.0, 40.0 * i, 640.0, 40.0 * i + 40, "培训人次到会率"[: 4 + i % 3]) for i in range(7)]
    cells += [(640.0, 40.0 * i, 760.0, 40.0 * i + 40, f"≥{i + 2}%") for i in range(7)]
    others = [Piece((number,), piece.box, piece.text) for number, piece in enumerate(_levels(*cells), 1)]

    found = spans([rest, *others])

    assert [found[0][1], found[1], found[2]] == [0, (0, 1, 7, 1), (0, 2, 5, 1)]


def test_levels_beside_a_column_of_repeated_ones_have_the_rows_around_them() -> None:
    """产出指标 in every row makes no column of names: 数量指标 is amid its three rows of one name each."""
    cells = [(0.0, 40.0 * i, 200.0, 40.0 * i + 40, "产出指标") for i in range(7)]
    cells += [(200.0, 0.0, 400.0, 120.0, "数量指标"), (200.0, 120.0, 400.0, 160.0, "质量指标")]
    cells += [(200.0, 160.0, 400.0, 280.0, "时效指标")]
    cells += [(400.0, 40.0 * i, 640.0, 40.0 * i + 40, "培训人次到会率"[: 4 + i % 3]) for i in range(7)]
    cells += [(640.0, 40.0 * i, 760.0, 40.0 * i + 40, f"≥{i + 2}%") for i in range(7)]

    found = spans(_levels(*cells))

    assert [found[number][::2] for number in (7, 8, 9)] == [(0, 3), (3, 1), (4, 3)]


def test_a_text_under_several_of_its_column_fills_no_blanks_beside_it() -> None:
    """定性 has no unit left of it and no remark right of it; as 定量 above and below it, it has one column."""
    cells = [(0.0, 40.0 * i, 300.0, 40.0 * i + 40, "培训人次到会率"[: 4 + i % 3]) for i in range(6)]
    cells += [(300.0, 40.0 * i, 420.0, 40.0 * i + 40, "≥5") for i in range(6)]
    cells += [(420.0, 40.0 * i, 500.0, 40.0 * i + 40, "人") for i in range(6) if i != 3]
    cells += [(500.0, 40.0 * i, 600.0, 40.0 * i + 40, "定性" if i == 3 else "定量") for i in range(6)]
    cells += [(600.0, 0.0, 680.0, 40.0, "备注")]

    found = spans(_levels(*cells))

    assert found[17 + 3] == (3, 3, 1, 1)


@pytest.mark.parametrize("foot", ["填报人：某甲 单位负责人：某乙", "财政资金管理科室（盖章） 财政绩效管理科室（盖章）"])
def test_who_filled_a_form_in_stands_below_the_table(foot: str) -> None:
    """The line is close below the last level: it is neither its rest nor a row of the table."""
    cells = [(0.0, 40.0, 200.0, 120.0, "满意度指标"), (0.0, 0.0, 200.0, 40.0, "效益指标")]
    cells += [(200.0, 40.0 * i, 500.0, 40.0 * i + 40, "受训人员满意度") for i in range(3)]
    cells += [(500.0, 40.0 * i, 640.0, 40.0 * i + 40, "≥90%") for i in range(3)]
    pieces = _levels(*cells)

    found = find_layouts([*pieces, _left(0.0, 116.0, foot, len(pieces))])

    table, below = found
    assert isinstance(table, Layout)
    assert len(table.cells) == len(pieces)
    assert isinstance(below, Piece)
    assert below.text == foot


def test_the_heads_of_a_page_do_not_span_what_is_blank_below_them() -> None:
    """A head row is cut by no page's end: 单位名称 stands over a column that the page leaves blank."""
    heads = [
        (150.0 * i, 0.0, 150.0 * i + 150, 40.0, text)
        for i, text in enumerate(("单位名称", "一级指标", "二级指标", "三级指标"))
    ]
    rows = [(450.0, 40.0 * i, 600.0, 40.0 * i + 40, "准确率") for i in range(1, 7)]
    levels = [(150.0, 40.0, 300.0, 280.0, "产出指标"), (300.0, 40.0, 450.0, 280.0, "质量指标")]

    found = spans(_levels(*heads, *rows, *levels))

    assert [found[number][2] for number in range(4)] == [1, 1, 1, 1]


def test_amounts_set_from_the_right_stand_under_their_heads() -> None:
    """财政拨款 | 其他 | 合计 share five columns by their middles; their amounts begin anywhere."""
    edges = (0.0, 80.0, 320.0, 460.0, 620.0, 760.0)
    grid = [
        (edges[i], y, edges[i + 1], y + 40, text)
        for y in (80.0, 120.0, 160.0, 200.0)
        for i, text in enumerate(("序", "到位率到位率到位", "单位", "定性指标", "完成"))
    ]
    heads = [
        (0.0, 0.0, 320.0, 40.0, "财政拨款"),
        (320.0, 0.0, 460.0, 40.0, "其他"),
        (460.0, 0.0, 760.0, 40.0, "合计款"),
    ]
    amounts = [(255.0, 40.0, 315.0, 80.0, "296"), (395.0, 40.0, 455.0, 80.0, "727"), (675.0, 40.0, 755.0, 80.0, "6076")]

    found = spans(_levels(*heads, *grid, *amounts))

    assert [found[number][1::2] for number in (23, 24, 25)] == [found[number][1::2] for number in (0, 1, 2)]


def test_a_list_s_items_may_be_short() -> None:
    """What ends a sentence leaves room in its line; a label's line does not."""
    boxes = ((0.0, 0.0, 120.0, 20.0), (0.0, 24.0, 220.0, 44.0))

    listed = Piece((0, 1), (0.0, 0.0, 220.0, 44.0), "", boxes, ("加强养护；", "完成全部年度的改造任务"))
    label = Piece((0, 1), (0.0, 0.0, 220.0, 44.0), "", boxes, ("社会效益与", "服务对象满意度等各指标"))

    assert unfilled([listed], EM) == 0 < unfilled([label], EM)


_BOXES = st.tuples(*(st.integers(0, 400) for _ in range(2)), st.integers(0, 200), st.integers(0, 40))
_TEXTS = st.sampled_from(
    ["", "产出指标", "=100%", "%", "8.33", "指标1：", "及时", "加强养护；", "为切实做好养护工作，不断提高"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_BOXES, _TEXTS), max_size=25))
def test_whatever_stands_on_a_page_comes_out_once(drawn_at: list[tuple[tuple[int, int, int, int], str]]) -> None:
    """Boxes over each other, of no height or width, anywhere: nothing is lost and nothing is doubled."""
    pieces = [
        Piece((i,), (float(x), float(y), float(x + w), float(y + h)), text)
        for i, ((x, y, w, h), text) in enumerate(drawn_at)
    ]

    found = find_layouts(pieces)

    cells = [cell for block in found if isinstance(block, Layout) for cell in block.cells]
    loose = [block for block in found if isinstance(block, Piece)]
    assert sorted(key for piece in [*loose, *(cell.piece for cell in cells)] for key in piece.keys) == list(
        range(len(pieces))
    )
    assert all(cell.rowspan >= 1 <= cell.colspan for cell in cells)


def test_label_that_fits_two_ways_has_the_rows_whose_names_are_of_its_kind() -> None:
    """The middle of three rows is that of seven: where a page begins and ends amid levels, names say which."""
    about = [
        "巡查次数",
        "参训人数",
        "补助发放及时率",
        "报告按时提交率",
        "培训按期完成率",
        "设备验收合格率",
        "道路完好率",
    ]
    silent = ["甲项工作", "乙项工作", "丙项工作", "丁项工作", "戊项工作", "己项工作", "庚项工作"]
    high, size = 20.0, 10.0

    def rows_of_label(names: list[str]) -> range:
        rows = [Row(n * high, (n + 1) * high) for n in range(7)]
        cells = [
            Placed(Piece((n,), (80.0, n * high + 5, 180.0, n * high + 15), name), n, 1) for n, name in enumerate(names)
        ]
        label = Placed(Piece((9,), (10.0, 65.0, 60.0, 75.0), "时效指标"), 3, 0)
        share_rows([label, *cells], rows, Heights(13.0, 7.0, 20.0), size, False)
        return label.rows

    assert rows_of_label(silent) == range(7)
    assert rows_of_label(about) == range(2, 5)


def test_figures_that_a_narrow_column_broke_are_one_where_no_row_stands() -> None:
    """392 over 711 beside texts level with what is between them; beside texts level with each, they are two."""
    code = [Piece((0,), (0.0, 0.0, 25.0, 10.0), "392"), Piece((1,), (0.0, 12.0, 25.0, 22.0), "711")]
    amid = [
        Piece((2,), (40.0, 6.0, 120.0, 16.0), "退役士兵安置培训"),
        Piece((3,), (140.0, 6.0, 190.0, 16.0), "定量"),
        Piece((4,), (210.0, 0.0, 240.0, 10.0), "元每"),
        Piece((5,), (210.0, 12.0, 230.0, 22.0), "人"),
    ]
    told = told_apart([*code, *amid], 10.0, begins_anew)
    assert told[(0,)] == told[(1,)]
    rows = [Piece((6,), (260.0, 0.0, 330.0, 10.0), "巡查次数"), Piece((7,), (260.0, 30.0, 330.0, 40.0), "参训人数")]
    assert not told_apart([*code, *amid, *rows], 10.0, begins_anew)
