"""Walls that a poor page lost or made: level names in one cell come apart, specks beside the grid are no level."""

import pytest
from builders import level_tools

from pipeline.document import Line, Place, Row, RowCell
from pipeline.levels.headers import find_headers
from pipeline.levels.misread import name_noted, with_heads_of_layout
from pipeline.levels.walls import with_parted_heads, with_parted_labels, with_right_walls

HEADS = ("绩效指标", "一级指标", "二级指标", "三级指标", "指标值")


def row_of(number: int, *cells: RowCell) -> Row:
    return Row(cells, len(HEADS), number, 0, spans_known=True)


def grid_of(*lines: str, specks: str = "") -> list[Row]:
    """A header, two rows whose second levels share one cell of these lines, and one row with specks in its bar."""
    heads = [RowCell(text, 0, col, rowspan=1 if col else 3) for col, text in enumerate(HEADS)]
    printed = tuple(Line(text, Place(page=0)) for text in lines)
    shared = RowCell("".join(lines), 1, 2, rowspan=2, lines=printed, confidence=0.9)
    return [
        row_of(0, *heads),
        row_of(1, RowCell("产出指标", 1, 1, rowspan=2), shared, RowCell("", 1, 3), RowCell("", 1, 4)),
        row_of(2, RowCell("", 2, 3), RowCell("", 2, 4)),
        row_of(3, RowCell(specks, 3, 0, confidence=0.4), RowCell("满意度指标", 3, 1), RowCell("", 3, 2)),
    ]


def put_right(rows: list[Row]) -> list[Row]:
    lexicon = level_tools().lexicon
    return with_right_walls(rows, find_headers(rows, lexicon), lexicon)


def level2_of(rows: list[Row]) -> list[tuple[str, int, bool]]:
    return [(c.text, c.rowspan, c.confidence <= 0.5) for row in rows[1:3] for c in row.cells if c.col == 2]


def test_two_names_in_one_cell_are_two_levels_and_ask() -> None:
    """The ruling between two blank rows was lost; a name may be wrapped."""
    assert level2_of(put_right(grid_of("时效指标", "成本指标"))) == [("时效指标", 1, True), ("成本指标", 1, True)]
    wrapped = put_right(grid_of("经济效益", "指标", "社会效益指标"))
    assert level2_of(wrapped) == [("经济效益指标", 1, True), ("社会效益指标", 1, True)]


def test_one_name_over_its_rows_stays_whole() -> None:
    """So does a cell that holds more than names."""
    for lines in (("经济效益", "指标"), ("时效指标", "成本指标", "等"), ("时效指标",)):
        assert level2_of(put_right(grid_of(*lines))) == [("".join(lines), 2, False)]


def test_specks_beside_the_grid_are_blank() -> None:
    """A letter where a false wall cut 绩效指标 short moves no level; a Hanzi is part of a text, and stays."""
    for specks, left in (("i", ""), (".,", ""), ("指", "指")):
        assert put_right(grid_of("时效指标", specks=specks))[3].cells[0].text == left


@pytest.mark.parametrize(
    ("text", "confidence", "left"),
    [("4e", 0.5, ""), ("n…", 0.3, ""), ("4e", 0.9, "4e"), ("绿", 0.5, "绿"), ("GDP", 0.5, "GDP")],
)
def test_specks_in_a_blank_name_are_no_name(text: str, confidence: float, left: str) -> None:
    """Dust in a blank cell; what is surely read, has a Hanzi or is longer was printed."""
    rows = grid_of("时效指标")
    rows[3] = row_of(3, RowCell("满意度指标", 3, 1), RowCell(text, 3, 3, confidence=confidence))

    assert put_right(rows)[3].cells[1].text == left


@pytest.mark.parametrize(("text", "left"), [("11", ""), ("8", "8"), ("m", "m"), ("个", "个")])
def test_strokes_are_no_unit(text: str, left: str) -> None:
    """What a seal left in a blank cell under 计量单位 would keep the row from going on over the page; 8 may be %."""
    heads = [RowCell(name, 0, i) for i, name in enumerate(("一级指标", "二级指标", "三级指标", "指标值", "计量单位"))]
    cells = (RowCell("评价", 1, 2), RowCell(text, 1, 4, confidence=0.5))

    assert put_right([row_of(0, *heads), row_of(1, *cells)])[1].cells[1].text == left


def test_heads_in_one_cell_are_as_many_columns() -> None:
    """二级指标三级指标 over two columns of a fax; over three, or beside values, nobody can tell."""

    def parted(wide: str, colspan: int, *others: str) -> list[tuple[str, int, int]]:
        cells = [RowCell(text, 0, i) for i, text in enumerate(others)]
        cells.append(RowCell(wide, 0, len(others), colspan=colspan))
        [row] = with_parted_heads([Row(tuple(cells), len(others) + colspan, 0, 0)], level_tools().lexicon)
        return [(cell.text, cell.col, cell.colspan) for cell in row.cells[len(others) :]]

    heads = ("一级指标", "指标值")
    assert parted("二级指标三级指标", 2, *heads) == [("二级指标", 2, 1), ("三级指标", 3, 1)]
    assert parted("三级指标指标性", 2, *heads) == [("三级指标", 2, 1), ("指标性", 3, 1)]  # 质 stands on the next page
    assert parted("分值\n得分备注", 3, *heads) == [("分值", 2, 1), ("得分", 3, 1), ("备注", 4, 1)]
    for whole, colspan, others in (
        ("二级指标三级指标", 3, heads),
        ("三级指标", 2, heads),
        ("二级指标三级指标", 2, ("产出指标", "≥9")),
    ):
        assert parted(whole, colspan, *others) == [(whole, 2, colspan)]


def test_a_label_over_two_texts_that_names_two_fields_is_two_labels_and_asks() -> None:
    """The ruling was lost in the labels' column alone; a label that is wrapped over its rows stays one."""

    def labels(*lines: str) -> list[tuple[str, int, bool]]:
        printed = tuple(Line(text, Place(page=0)) for text in lines)
        shared = RowCell("".join(lines), 0, 0, rowspan=2, lines=printed, confidence=0.9)
        rows = [Row((shared, RowCell("依据", 0, 1)), 2, 0, 0), Row((RowCell("必要", 1, 1),), 2, 0, 0)]
        done = with_parted_labels(rows, ["立项依据", "项目设立的必要性", "项目概况"])
        return [(c.text, c.rowspan, c.confidence <= 0.5) for row in done for c in row.cells if c.col == 0]

    both = [("立项依据", 1, True), ("项目设立的必要性", 1, True)]
    assert labels("立项依据", "项目设立的必", "要性") == both
    assert labels("项目设立的", "必要性") == [("项目设立的必要性", 2, False)]
    assert labels("立项依据", "说明") == [("立项依据说明", 2, False)]


COLUMNS = ("一级指标", "二级指标", "指标内容", "指标值", "备注")


def named(*cells: RowCell) -> list[tuple[str, int, str | None]]:
    row = Row(cells, 6, 0, 0)
    [done] = with_heads_of_layout([row], COLUMNS, level_tools().lexicon)
    assert "".join(cell.text for cell in done.cells) == "".join(cell.text for cell in cells)
    return [(cell.text, cell.col, name_noted(cell)) for cell in done.cells]


def test_heads_that_shading_made_illegible_are_the_layouts_in_their_order() -> None:
    """A fax of one bit: none of five heads was a name, and fourteen indicators were fields of nobody."""
    bar = RowCell("项自长期绩效指标", 0, 0, rowspan=17)
    read = ("一级指耕", "二鼓梅标", "三般指株", "指标健", "茶注")
    cells = [bar, *(RowCell(text, 0, col) for col, text in enumerate(read, start=1))]
    found = named(*cells)

    assert found[2:4] == [("二鼓梅标", 2, "二级指标"), ("三般指株", 3, "三级指标")]
    assert found[0] == (bar.text, 0, None)
    [header] = find_headers(
        with_heads_of_layout([Row(tuple(cells), 6, 0, 0)], COLUMNS, level_tools().lexicon), level_tools().lexicon
    )
    assert header is not None
    assert [column.role for column in header.columns] == ["level1", "level2", "level3", "target", "extra"]


def test_a_head_over_two_columns_whose_wall_was_lost_is_both() -> None:
    """Two heads of two lines each, read across: 指标属指标内 容性."""
    cells = [RowCell(text, 0, col) for col, text in enumerate(COLUMNS[:3])]
    found = named(*cells, RowCell("栢备宜注一", 0, 3, colspan=2))

    assert found[3:] == [("栢备宜", 3, "指标值"), ("注一", 4, "备注")]


def test_a_known_head_that_is_wide_stays_whole() -> None:
    """指标值 over two columns is one head, however many columns the layout names."""
    cells = [RowCell(text, 0, col) for col, text in enumerate(("一级指标", "二鼓梅标", "三级指标"))]

    assert named(*cells, RowCell("指标值", 0, 3, colspan=2))[3:] == [("指标值", 3, None)]


def test_a_row_that_only_resembles_heads_stays() -> None:
    """A row of the grid under them, and heads in another order."""
    for texts in (
        ("产出指标", "数量指标", "培训人数", "≥5人", "无"),
        ("备注", "指标值", "三级指标", "二级指标", "一级指耕"),
    ):
        cells = [RowCell(text, 0, col) for col, text in enumerate(texts)]
        assert [name for _, _, name in named(*cells)] == [None] * len(texts)


def test_dust_behind_the_term_of_a_head_hides_no_second_grid() -> None:
    """二级指标(长期)AN and 二级指标(年度) head two grids: five blank rows stood for indicators."""
    heads = (
        "一级指标",
        "二级指标(长期)AN",
        "指标内容(长期)",
        "指标值(长期)",
        "二级指标(年度)",
        "指标内容(年度)",
        "指标值(年度)",
    )
    row = Row(tuple(RowCell(text, 0, col) for col, text in enumerate(heads)), len(heads), 0, 0)
    [header] = find_headers([row], level_tools().lexicon)

    assert header is not None
    assert [column.group for column in header.columns] == [0, 0, 0, 0, 1, 1, 1]
