"""Cells of a row of fields, each by itself."""

from dataclasses import replace

import pytest
from builders import level_tools, templates

from pipeline.document import Line, Place, Role, Row, RowCell
from pipeline.labeltext import split_weight
from pipeline.levels.fields import FieldGatherer
from pipeline.levels.fields.cells import (
    label_alone,
    moved_under_heads,
    without_lone_signs,
    without_unsure_walls,
    without_walls_under_heads,
)
from pipeline.levels.loose import label_loose_lines


def _row(*texts: str, unsure: bool = True) -> Row:
    cells = []
    for col, text in enumerate(texts):
        notes = ("wall-unsure",) if unsure and col else ()
        cells.append(RowCell(text, 0, col, role=Role.VALUE, lines=(Line(text, Place()),), notes=notes))
    return Row(tuple(cells), len(texts), 0, 0)


def test_a_text_that_a_comma_cut_in_two_is_one_and_asks() -> None:
    """项目概况 | 鉴于库存检查现状 | 逐户走访: its own beginning was taken for a label, and the field was lost."""
    joined = without_unsure_walls(_row("项目概况", "鉴于现状", "逐户走访"), {"项目概况"})

    assert [(cell.text, cell.colspan) for cell in joined.cells] == [("项目概况", 1), ("鉴于现状逐户走访", 2)]
    assert joined.cells[1].confidence <= 0.5


def test_cells_stay_apart_where_their_wall_is_sure_or_one_is_a_label() -> None:
    """Two fields side by side are two, and so are two values under their heads."""
    known = {"项目概况", "联系人"}
    two = _row("项目概况", "甲", "联系人", "乙")
    lines = tuple(Line(text, Place()) for text in "甲乙")
    broken = replace(two, cells=(two.cells[0], replace(two.cells[1], lines=lines), two.cells[3].in_row(0)))

    for row in (two, broken, _row("项目概况", "甲", "乙", unsure=False), _row("备注", "甲", "乙")):
        assert without_unsure_walls(row, known) is row


def test_texts_of_several_lines_under_one_head_are_one_and_ask() -> None:
    """预期目标 | 完成情况 over 聘请专家 | 恢复渔 | 业种群: the second text was cut, and stood under the next head."""
    heads = [
        RowCell("预期目标", 0, 0, colspan=2, role=Role.LABEL),
        RowCell("完成情况", 0, 2, colspan=2, role=Role.LABEL),
    ]
    texts = [("聘请专家\n加强指导", 0, 2), ("恢复渔\n继续做", 2, 1), ("业种群\n好智能", 3, 1)]
    cells = [
        RowCell(text, 1, col, colspan=span, role=Role.VALUE, lines=tuple(Line(line, Place()) for line in text.split()))
        for text, col, span in texts
    ]
    row = Row(tuple(cells), 4, 0, 0, spans_known=True)

    joined = without_walls_under_heads(heads, row, set()).cells

    assert [(cell.text, cell.col, cell.colspan) for cell in joined] == [
        ("聘请专家\n加强指导", 0, 2),
        ("恢复渔业种群\n继续做好智能", 2, 2),
    ]
    assert joined[1].confidence <= 0.5
    assert joined[0].confidence == 1.0


def test_cells_under_one_head_stay_apart_where_they_hold_one_line_each_or_known_labels() -> None:
    """A head over two columns is common; narratives side by side under one are not."""
    heads = [RowCell("预期目标", 0, 0, role=Role.LABEL), RowCell("完成情况", 0, 1, colspan=2, role=Role.LABEL)]
    row = replace(_row("甲", "乙", "丙"), spans_known=True)
    two = tuple(replace(cell, row=1, lines=cell.lines * 2) for cell in row.cells)

    assert without_walls_under_heads(heads, row, set()) is row
    assert len(without_walls_under_heads(heads, replace(row, cells=two), {"乙"}).cells) == 3
    assert len(without_walls_under_heads(heads, replace(row, cells=two), set()).cells) == 2


def test_a_label_with_a_misread_character_is_no_rest_of_the_text_before_it() -> None:
    """其他运转类 | 主管部1 | 某局: the wall is unsure, but the cell is a label of the layout but for one character."""
    row = _row("项目类别", "其他运转类", "主管部1", "某局")
    labelled = replace(row, cells=tuple(replace(c, role=Role.LABEL) if c.col in (0, 2) else c for c in row.cells))

    assert without_unsure_walls(labelled, {"项目类别", "主管部门"}) is labelled
    assert len(without_unsure_walls(labelled, {"项目类别"}).cells) == 3


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("项目立项情况六口立项情况", "项目立项情况"), ("年度总体目标一级指标二级指标", "年度总体目标"),
        ("项目立项情况", None), ("项目立项情况说明", None), ("项目项日", None), ("年度总体目标完成情况", None),
    ],
)  # fmt: skip
def test_a_label_is_freed_of_what_joined_it(text: str, name: str | None) -> None:
    """The same label, badly read over the break, or the grid's heads; what says more of the label stays."""
    cell = RowCell(text, 0, 0, role=Role.LABEL)

    assert label_alone(cell, ["项目立项情况", "年度总体目标", "项目"]) == name


@pytest.mark.parametrize(("confidence", "name"), [(0.5, "项目资金（万元）"), (0.95, None)])
def test_what_a_seal_left_in_a_label_s_cell_is_no_part_of_it(confidence: float, name: str | None) -> None:
    """9 | 意 | 项目资金: the label is the line that was read surely; two sure lines are one label."""
    lines = (Line("9意", Place(), confidence), Line("项目资金（万元）", Place(), 0.99))

    assert label_alone(RowCell("9意项目资金（万元）", 0, 0, role=Role.LABEL, lines=lines), ["项目资金"]) == name


@pytest.mark.parametrize(
    ("text", "confidence", "name"),
    [
        ("711三三项目资金申请人(万元)", 0.19, "项目资金申请"), ("711三三项目资金申请人(万元)", 0.95, None),
        ("项目资金申请主管部门意见", 0.3, None), ("关于申报材料所列项目资金申请的说明", 0.3, None),
    ],
)  # fmt: skip
def test_a_name_that_stands_whole_in_a_badly_read_label_is_the_label(
    text: str, confidence: float, name: str | None
) -> None:
    """A seal over a label adds characters on both sides; two names, or a sentence, are no label that it covers."""
    cell = RowCell(text, 0, 0, role=Role.LABEL, confidence=confidence)

    assert label_alone(cell, ["项目资金", "项目资金申请", "主管部门意见"]) == name


@pytest.mark.parametrize(("confidence", "blank"), [(0.5, True), (0.95, False)])
def test_a_sign_in_the_corner_before_heads_is_what_a_seal_left(confidence: float, blank: bool) -> None:
    """项目资金 | 1 | 年初预算数 | 全年预算数 | 执行率: with a 1 in it the row would be pairs and no heads."""
    texts = ("项目资金", "1", "年初预算数", "全年预算数", "执行率")
    roles = (Role.LABEL, Role.VALUE, Role.LABEL, Role.LABEL, Role.LABEL)
    cells = [RowCell(t, 0, i, role=role) for i, (t, role) in enumerate(zip(texts, roles, strict=True))]
    cells[1] = replace(cells[1], confidence=confidence)

    done = without_lone_signs(Row(tuple(cells), 5, 0, 0))

    assert [cell.text for cell in done.cells] == ["项目资金", "" if blank else "1", *texts[2:]]


@pytest.mark.parametrize(
    ("scrap", "notes", "name"),
    [("k1", (), "优抚对象补助"), ("1", (), None), ("1", ("seal",), "优抚对象补助"), ("二", ("seal",), None)],
)
def test_letters_beside_any_label_are_no_part_of_it_and_its_number_is(
    scrap: str, notes: tuple[str, ...], name: str | None
) -> None:
    """年度绩效目标 | 1 is numbered; under a seal, figures are as foreign as letters."""
    lines = (Line(scrap, Place(), 0.5), Line("优抚对象补助", Place(), 0.99))

    cell = RowCell(f"{scrap}优抚对象补助", 0, 0, role=Role.LABEL, lines=lines, notes=notes)

    assert label_alone(cell, []) == name


def _gathered(*cells: RowCell, heads: Row | None = None) -> dict[str, tuple[str, float]]:
    gatherer = FieldGatherer(["项目负责人", "联系电话", "总分", "等级"])
    row = Row(cells, 6, 1, 0)
    if heads is not None:
        gatherer.row(heads, row)
    gatherer.row(row)
    return {
        "→".join(label.text for label in entry.labels): (
            "".join(cell.text for cell in entry.values), min((cell.confidence for cell in entry.values), default=1.0)
        )
        for entry in gatherer.fields
    }  # fmt: skip


def _cell(text: str, col: int, role: Role, colspan: int = 1, *notes: str) -> RowCell:
    return RowCell(text, 1, col, colspan=colspan, role=role, notes=notes)


@pytest.mark.parametrize(
    ("label", "glued", "parts"),
    [
        ("项目负责人", "石珍联系电话", ("石珍", "联系电话")),
        ("总分", "97.07等级", ("97.07", "等级")),
        ("总分", "优秀等级", None),
    ],
)
def test_a_value_that_lost_the_wall_to_the_next_label_keeps_its_field(
    label: str, glued: str, parts: tuple[str, str] | None
) -> None:
    """97.07等级 | 优 are two fields, and the first asks; a word before a label's name may be part of it."""
    for role in (Role.LABEL, Role.VALUE):
        found = _gathered(_cell(label, 0, Role.LABEL), _cell(glued, 1, role, 3), _cell("优", 4, Role.VALUE, 2))

        assert (
            (found.get(label, ("", 1.0))[0] == "".join(parts[:1]) and found[parts[1]][0] == "优")
            if parts
            else (glued in str(found))
        )
        assert parts is None or found[label][1] <= 0.5


@pytest.mark.parametrize(
    ("glued", "confidence", "label", "value"),
    [("总分93.95", 0.9, "总分", "93.95"), ("项目负责人万春若", 0.3, "项目负责人", "万春若")],
)
def test_a_label_that_lost_the_wall_to_its_value_keeps_it_and_asks(
    glued: str, confidence: float, label: str, value: str
) -> None:
    """总分93.95 | 等级 | 优, however badly it was read: nothing of it is what a seal left."""
    cell = replace(_cell(glued, 0, Role.LABEL, 2), confidence=confidence)
    found = _gathered(cell, _cell("等级", 2, Role.LABEL), _cell("优", 3, Role.VALUE))

    assert found[label][0] == value
    assert found[label][1] <= 0.5
    assert found["等级"][0] == "优"


def test_a_value_under_two_heads_asks_under_both() -> None:
    """10096.92 under 分值 and 得分 lost the wall between its amounts."""
    names = ("项目资金", "预算数", "分值", "得分")
    heads = Row(tuple(RowCell(name, 0, col, role=Role.LABEL) for col, name in enumerate(names)), 4, 0, 0)
    cells = (("其他资金", 0, Role.LABEL, 1), ("300.5", 1, Role.VALUE, 1), ("10096.92", 2, Role.VALUE, 2))
    found = _gathered(*(_cell(*cell) for cell in cells), heads=heads)

    assert {key.split("→")[-1]: value for key, value in found.items()} == {
        "预算数": ("300.5", 1.0), "分值": ("10096.92", 0.5), "得分": ("", 0.5),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name", "weight"),
    [("效益指标.(30分)", "效益指标", "30分"), ("效益指标（30分）", "效益指标", "30分"), ("效益指标", "效益指标", None)],
)
def test_dust_between_a_level_and_its_weight_goes(text: str, name: str, weight: str | None) -> None:
    """效益指标. is no level, and all its rows would stand under another one."""
    assert split_weight(text) == (name, weight)


@pytest.mark.parametrize(("y", "role"), [(100.0, Role.LABEL), (125.0, Role.NARRATIVE)])
def test_a_label_of_the_layout_beside_its_text_is_a_field_whose_row_lost_its_rulings(y: float, role: Role) -> None:
    """其他需要说明事项 | 无 between two tables; over a text without a blank line between them it is part of it."""

    def line(text: str, x: float, y: float) -> Row:
        outline = ((x, y), (x + 120.0, y), (x + 120.0, y + 24.0), (x, y + 24.0))
        return Row((RowCell(text, 0, 0, places=(Place(page=0, polygon=outline),)),), 0, 0, -1)

    template = next(t for t in templates() if t.id == "yunnan-self-eval-2022")
    rows = [line("其他需要说明事项", 100.0, 100.0), line("各项安排均已在上文说明", 400.0, y)]

    assert label_loose_lines(rows, level_tools().lexicon, template)[0].cells[0].role is role


def test_a_character_printed_behind_the_weight_belongs_to_the_name() -> None:
    """果指标（20）效 is 效果指标 with its weight: repair sees the name's characters, and no bracket amid them."""
    assert split_weight("果指标（20）效") == ("果指标效", "20")
    assert split_weight("效果指标（20分）") == ("效果指标", "20分")
    assert split_weight("满意度（含投诉）率") == ("满意度（含投诉）率", None)


def test_values_that_read_like_labels_stand_under_the_heads_beside_a_blank_corner() -> None:
    """资金管理情况 | blank | 情况说明 | 存在问题: 执行准确 reads like a label (执行准确性) and is a value."""
    texts = (
        (("资金管理情况", 0, Role.LABEL), ("", 1, None), ("情况说明", 2, Role.LABEL), ("存在问题", 3, Role.LABEL)),
        (("分配科学性", 1, Role.LABEL), ("执行准确", 2, Role.LABEL), ("加强监管", 3, Role.LABEL)),
        (("下达及时性", 1, Role.LABEL), ("执行准确", 2, Role.VALUE), ("无", 3, Role.LABEL)),
    )
    rows = [
        Row(tuple(replace(_cell(text, col, Role.LABEL), row=n, role=role) for text, col, role in cells), 4, 0, 0)
        for n, cells in enumerate(texts)
    ]
    parent = replace(rows[0].cells[0], rowspan=3)
    rows[0] = replace(rows[0], cells=(parent, *rows[0].cells[1:]))
    gatherer = FieldGatherer()
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        gatherer.row(row, following)

    found = {
        tuple(label.text for label in entry.labels): [value.text for value in entry.values] for entry in gatherer.fields
    }
    assert found == {
        ("资金管理情况", "分配科学性", "情况说明"): ["执行准确"],
        ("资金管理情况", "分配科学性", "存在问题"): ["加强监管"],
        ("资金管理情况", "下达及时性", "情况说明"): ["执行准确"],
        ("资金管理情况", "下达及时性", "存在问题"): ["无"],
    }


def test_an_amount_amid_a_guessed_head_stands_under_it() -> None:
    """分值 spans two guessed columns and 10 has the second one; a row's label stays, and so does a sure table."""
    heads = [_cell("预算执行情况", 0, Role.LABEL, 2), _cell("预算数", 2, Role.LABEL), _cell("分值", 3, Role.LABEL, 2)]
    row = Row((_cell("总额", 1, Role.LABEL), _cell("689", 2, Role.VALUE), _cell("10", 4, Role.VALUE)), 5, 0, 0)

    moved = moved_under_heads(heads, row)
    assert [(cell.text, cell.col, cell.colspan) for cell in moved.cells] == [
        ("总额", 1, 1),
        ("689", 2, 1),
        ("10", 3, 2),
    ]
    sure = replace(row, spans_known=True)
    assert moved_under_heads(heads, sure) is sure
    assert moved_under_heads(heads, replace(row, cells=(*row.cells, _cell("8", 3, Role.VALUE)))).cells[2].col == 4
