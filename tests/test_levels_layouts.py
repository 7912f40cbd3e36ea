"""Layouts that differ from the plain grid: two-row headers, shared levels, no levels, grades, lists, pages that cut."""

import pytest
from builders import dictionaries, extras_of, fields_of, labelled_of, level_tools, records_of, rows_of, templates

from pipeline.document import Line, Place, Row, RowCell
from pipeline.forms import join_forms
from pipeline.levels import label_form
from pipeline.levels.headers import find_headers
from pipeline.ocrtext import read_text_bytes

TITLE = "某某县林业局项目支出绩效目标表\n\n"
NAME = "项目名称 | 森林巡护 | |\n"
FOUR = "一级指标 | 二级指标 | 三级指标 | 目标值\n"
ROWS = [
    ("产出指标", "数量指标", "机柜数量", "≥77台"),
    ("产出指标", "质量指标", "可用率", "≥99%"),
    ("满意度指标", "服务对象满意度指标", "用户满意度", "≥95%"),
]
LAST = "满意度指标 | 服务对象满意度指标 | 用户满意度 | ≥95%\n"
BODY = "产出指标 | 数量指标 | 机柜数量 | ≥77台\n | 质量指标 | 可用率 | ≥99%\n" + LAST
SHARED = """项目名称 | 森林巡护 | | | |
一级指标 | 二级指标 | 中期绩效目标 | {a} | 年度绩效目标 | {a}
{b} | {b} | 三级指标 | 指标值 | 三级指标 | 指标值
产出指标 | 数量指标 | 机柜数量 | ≥77台 | 机柜数量 | ≥30台
{b} | 质量指标 | 可用率 | ≥99% | 可用率 | ≥98%
"""


@pytest.mark.parametrize(("a", "b"), [("", ""), ("<", "^")], ids=["tabs", "spans"])
def test_parallel_grids_share_the_levels_that_stand_left_of_them(a: str, b: str) -> None:
    """The upper row of the header holds the levels and the periods, the lower one names and targets twice."""
    labelled = labelled_of(TITLE + SHARED.format(a=a, b=b))

    assert rows_of(labelled) == [
        ("产出指标", "数量指标", "机柜数量", "≥77台"),
        ("产出指标", "质量指标", "可用率", "≥99%"),
        ("产出指标", "数量指标", "机柜数量", "≥30台"),
        ("产出指标", "质量指标", "可用率", "≥98%"),
    ]
    assert [row.period for row in labelled.indicators] == ["中期", "中期", "年度", "年度"]


def test_the_best_of_four_grades_is_the_target() -> None:
    """优 良 中 差 stand under one head; what earns full marks is aimed at, the others stand beside it."""
    labelled = labelled_of(
        TITLE
        + "项目名称 | 森林巡护 | | | | |\n一级指标 | 二级指标 | 三级指标 | 评价标准 | | |\n | | | 优 | 良 | 中 | 差\n"
        "产出指标 | 数量指标 | 机柜数量 | ≥77台 | ≥70台 | ≥60台 | <60台\n"
        " | 质量指标 | 可用率 | ≥99% | ≥95% | ≥90% | <90%\n"
    )

    assert rows_of(labelled) == ROWS[:2]
    assert extras_of(labelled.indicators[0]) == {"良": "≥70台", "中": "≥60台", "差": "<60台"}


def test_a_grid_without_levels_has_names_and_targets() -> None:
    """Sign, number and unit stand left and right of each other; no level is invented."""
    labelled = labelled_of(
        "部门整体绩效自评表\n\n项目名称 | 社区矫正 | | | |\n"
        "指标名称 | 计量单位 | 指标性质 | 年初指标值 | 全年完成值 | 指标得分\n"
        "监管人数 | 人 | ≥ | 300 | 320 | 20\n培训场次 | 场 | ≥ | 24 | 25 | 20\n"
    )

    assert rows_of(labelled) == [(None, None, "监管人数", "≥300人"), (None, None, "培训场次", "≥24场")]


def test_labels_in_the_middle_of_their_group_hold_for_all_of_it() -> None:
    """A text export prints a centred label on the middle row of the cells it spans."""
    labelled = labelled_of(
        TITLE
        + NAME
        + FOUR
        + " | 数量指标 | 机柜数量 | ≥77台\n产出指标 | | 服务器数量 | ≥20台\n | 质量指标 | 可用率 | ≥99%\n"
        " | 经济效益指标 | 节约经费 | ≥3万元\n效益指标 | 社会效益指标 | 服务人次 | ≥800人\n | | 投诉数 | ≤3起\n"
        "满意度指标 | 服务对象满意度指标 | 用户满意度 | ≥95%\n"
    )

    assert [row[:2] for row in rows_of(labelled)] == [
        *[("产出指标", "数量指标")] * 2,
        ("产出指标", "质量指标"),
        ("效益指标", "经济效益指标"),
        *[("效益指标", "社会效益指标")] * 2,
        ("满意度指标", "服务对象满意度指标"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "产出指标 | 数量指标 机柜数量 | | ≥77台\n | 质量指标 可用率 | | ≥99%\n" + LAST,
        "产出指标 | 数量指标 | 机柜数量 ≥77台 |\n | 质量指标 | 可用率 | ≥99%\n" + LAST,
    ],
    ids=["level2+name", "name+target"],
)
def test_cells_read_as_one_come_apart_and_are_doubted(body: str) -> None:
    """What a guess put right, a person looks at."""
    [record] = records_of(TITLE + NAME + FOUR + body)

    assert [(i.level1, i.level2, i.level3, i.target.raw if i.target else None) for i in record.indicators] == ROWS
    assert record.indicators[0].review


def test_a_row_two_columns_to_the_left_is_no_level() -> None:
    """A name and its value at the row's beginning are an indicator, never new levels for the rows below."""
    body = BODY.replace("≥77台\n", "≥77台\n应急机制建立情况 | 已建立 | |\n")

    [record] = records_of(TITLE + NAME + FOUR + body)

    assert {indicator.level1 for indicator in record.indicators} == {"产出指标", "满意度指标"}
    assert [i.target.raw for i in record.indicators if i.level3 == "应急机制建立情况" and i.target] == ["已建立"]


@pytest.mark.parametrize("pixels", [False, True], ids=["text", "pixels"])
@pytest.mark.parametrize(
    ("before", "after", "values"),
    [
        pytest.param(
            "主管部门 | 某某县林业和草原资源保护 | 实施单位 | 某某县国有林场管理服务",
            " | 中心 | | 总站",
            {"主管部门": "某某县林业和草原资源保护中心", "实施单位": "某某县国有林场管理服务总站"},
            id="values under blank labels",
        ),
        pytest.param(
            "项目概况 | 加强巡护能力建设，完善森林防火预警 | 主管部门 | 某某县林业局",
            "项目概况 | 体系。 | |",
            {"项目概况": "加强巡护能力建设，完善森林防火预警体系。", "主管部门": "某某县林业局"},
            id="a label printed again",
        ),
        pytest.param(
            "主管部门 | 某某县林业局 | 实施单位 | 某某县国有林场",
            "资金用途 | 业务类 | 联系人 | 某某",
            {"主管部门": "某某县林业局", "实施单位": "某某县国有林场", "资金用途": "业务类", "联系人": "某某"},
            id="a row of its own",
        ),
    ],
)
def test_a_row_of_fields_cut_by_the_page_edge_is_one_again(
    before: str, after: str, values: dict[str, str], pixels: bool
) -> None:
    """Half an agency's name is a wrong name that nothing else would show."""
    [record] = records_of(TITLE + NAME.rstrip("\n") + "\n" + before + "\n", after + "\n" + FOUR + BODY, pixels=pixels)

    assert {key: record.fields[key].value for key in values} == values


@pytest.mark.parametrize("pixels", [False, True], ids=["text", "pixels"])
def test_a_merged_level_cut_by_the_page_edge_is_one_again(pixels: bool) -> None:
    """Its text runs over the break while the row on the next page has a name and a target of its own."""
    first = "效益指标 | 可持续影响指 | 林区生态持续改善 | 改善\n"
    [record] = records_of(TITLE + NAME + FOUR + first, " | 标 | 巡护队伍稳定性 | 稳定\n", pixels=pixels)

    assert [(i.level1, i.level2, i.level3) for i in record.indicators] == [
        ("效益指标", "可持续影响指标", "林区生态持续改善"), ("效益指标", "可持续影响指标", "巡护队伍稳定性"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "row"),
    [
        ("产出指标 | 数量指标 | 森林防火巡 | ≥300公里", " | | 护里程 |", ("数量指标", "森林防火巡护里程", "≥300公里")),
        ("产出指标 | 数量指标 | 巡护里程 | 不低于百分之", " | | | 九十", ("数量指标", "巡护里程", "不低于百分之九十")),
        (
            "满意度指标 | 服务对象满 | 林区群众满 | ≥90%",
            " | 意度指标 | 意度 |",
            ("服务对象满意度指标", "林区群众满意度", "≥90%"),
        ),
    ],
    ids=["name", "target", "level2+name"],
)  # fmt: skip
@pytest.mark.parametrize("pixels", [False, True], ids=["text", "pixels"])
def test_a_cell_cut_by_the_page_edge_is_one_again(before: str, after: str, row: tuple[str, ...], pixels: bool) -> None:
    """Its text is whole and both places are kept."""
    labelled = labelled_of(TITLE + NAME + FOUR + before, after + "\n | 质量指标 | 可用率 | ≥99%\n", pixels=pixels)

    found = rows_of(labelled)
    assert found[0][1:] == row
    assert found[1][2:] == ("可用率", "≥99%")
    whole = labelled.indicators[0].level3 if row[1] != "巡护里程" else labelled.indicators[0].target[0]
    assert whole is not None
    assert len(whole.places) == 2


def test_a_name_at_the_top_of_a_page_with_its_own_target_is_a_row() -> None:
    """Only the rest of a row is put back."""
    labelled = labelled_of(TITLE + NAME + FOUR + "产出指标 | 数量指标 | 巡护里程 | ≥300公里", " | | 巡护次数 | ≥12次\n")

    assert [row[2] for row in rows_of(labelled)] == ["巡护里程", "巡护次数"]


def test_further_items_are_sub_rows() -> None:
    """② goes on with ①: one indicator, its further values beside it."""
    labelled = labelled_of(
        TITLE + "项目名称 | 森林巡护 | | |\n一级指标 | 二级指标 | 三级指标 | 指标内容 | 目标值\n"
        "产出指标 | 数量指标 | 培训人数 | ①初级 | ≥120人\n | | | ②中级 | ≥60人\n | 质量指标 | 取证率 | | ≥90%\n"
    )

    assert [row[2] for row in rows_of(labelled)] == ["培训人数", "取证率"]


def test_a_vertical_label_may_be_restated_on_every_row() -> None:
    """Some exports print a merged cell's text in every row it spans."""
    labelled = labelled_of(
        TITLE + "项目名称 | 森林巡护 | | |\n绩效指标 | 一级指标 | 二级指标 | 三级指标 | 指标值\n"
        "绩效指标 | 产出指标 | 数量指标 | 机柜数量 | ≥77台\n绩效指标 | | 质量指标 | 可用率 | ≥99%\n"
    )

    assert rows_of(labelled) == ROWS[:2]


def test_signatures_under_the_grid_are_fields() -> None:
    """They are no indicator."""
    labelled = labelled_of(TITLE + NAME + FOUR + BODY + "项目负责人：何建军 | | 财务负责人：罗晓梅 |\n")

    assert rows_of(labelled) == ROWS
    assert fields_of(labelled)["财务负责人"] == "罗晓梅"


@pytest.mark.parametrize("parent", ["资金来源", ""], ids=["parent", "none"])
def test_words_over_amounts_are_heads(parent: str) -> None:
    """合计 and 其他 are as often values as labels; over amounts they are labels."""
    rows = ["财政拨款 | 其他 | 合计", "80 | 20 | 100"]
    lead = [f"{parent} | ", " | "] if parent else ["", ""]
    fund = "\n".join(one + row for one, row in zip(lead, rows, strict=True)) + "\n"
    key = f"{parent}→" if parent else ""

    labelled = labelled_of(TITLE + "项目名称 | 森林巡护 | |\n" + fund + FOUR + BODY)

    fields = fields_of(labelled)
    assert {name: fields[key + name] for name in ("财政拨款", "其他", "合计")} == {
        "财政拨款": "80", "其他": "20", "合计": "100",
    }  # fmt: skip


def test_a_note_between_the_tables_joins_no_field() -> None:
    """说明 says something of the form, not of the field above it; it is told as text without a place."""
    labelled = labelled_of(
        TITLE + "项目名称 | 森林巡护 | |\n年度目标 | 巡护300公里。 | |\n\n说明：本表一式三份。\n\n" + FOUR + BODY
    )

    assert fields_of(labelled)["年度目标"] == "巡护300公里。"
    assert [cell.text for cell in labelled.strays] == ["说明：本表一式三份。"]


LIST = "【产出指标-数量指标】指标1：机柜数量(≥77台)【产出指标-质量指标】指标1：可用率(≥99%)"


def test_indicators_listed_in_a_cell_are_indicators() -> None:
    """The list stays a field as well: it is what is printed."""
    labelled = labelled_of("2025年项目绩效目标和指标\n\n项目名称 | 机房运维\n绩效指标 | " + LIST + "\n")

    assert rows_of(labelled) == ROWS[:2]
    assert fields_of(labelled)["绩效指标"] == LIST


def test_a_sheet_of_listed_projects_is_a_record_a_project() -> None:
    """Each project's row becomes a record under the sheet's title."""
    text = (
        "2025年项目绩效目标和指标\n\n项目名称 | 预算金额（万元） | 绩效指标\n"
        f"机房运维 | 86 | {LIST}\n"
        "网络租赁 | 45 | 产出指标-数量指标：专线条数(=6条)；满意度指标-服务对象满意度指标：用户满意度(≥90%)\n"
    )

    first, second = records_of(text)

    assert [len(record.indicators) for record in (first, second)] == [2, 2]
    assert second.fields["项目名称"].value == "网络租赁"
    assert [i.target.raw for i in second.indicators if i.target] == ["=6条", "≥90%"]


def test_rows_whose_covered_slots_are_gone_are_read_from_the_right() -> None:
    """An export that drops spans drops the slots they cover: a row without its levels begins with its name."""
    rows = [
        ("一级指标", "二级指标", "三级指标", "目标值"),
        ("产出指标", "数量指标", "机柜数量", "≥77台"),
        ("服务器数量", "≥20台"),
        ("质量指标", "可用率", "≥99%"),
    ]
    html = "".join("<tr>" + "".join(f"<td>{text}</td>" for text in row) + "</tr>" for row in rows)
    pages = read_text_bytes(f"{TITLE}<table>{html}</table>".encode(), "form.html")
    [form], _ = join_forms(pages, templates(), dictionaries())

    assert [row[2:] for row in rows_of(label_form(form, level_tools()))] == [
        ("机柜数量", "≥77台"),
        ("服务器数量", "≥20台"),
        ("可用率", "≥99%"),
    ]


@pytest.mark.parametrize(("confidence", "role"), [(0.5, "level3"), (0.98, None)], ids=["dither", "print"])
def test_a_head_is_known_within_what_its_shading_was_read_as(confidence: float, role: str | None) -> None:
    """魔博集に over 三级指标 is the dither of a fax; words that were read surely make another head of it.

    Else the column of explanations beside it would be the names.
    """
    lines = [
        Line(text, Place(), c) for text, c in (("魔博集认", confidence), ("三级指标", 0.99), ("次日析", confidence))
    ]
    heads = [RowCell(text, 0, i) for i, text in enumerate(("一级指标", "二级指标", "", "指标值", "指标内容"))]
    heads[2] = RowCell("\n".join(line.text for line in lines), 0, 2, lines=tuple(lines))
    [header] = find_headers([Row(tuple(heads), 5, 0, 0)], level_tools().lexicon)

    assert header is not None
    found = header.columns[2]
    assert (found.name.startswith("魔博"), found.role if found.role == "level3" else None) == (True, role)
