"""Forms as twelve years of an archive hold them, written by hand: what no generator made. Names are invented."""

from __future__ import annotations

import pytest
from builders import interpret_tools

from pipeline.interpret import interpret
from pipeline.ocrtext import read_text_bytes
from pipeline.records import Record

HEAD = "一级指标\t二级指标\t三级指标\t指标值\n"


def records(text: str) -> list[Record]:
    """Return the records of an OCR text."""
    return list(interpret(read_text_bytes(text.encode(), "archive"), "archive", "0" * 64, interpret_tools()))


def rows(record: Record) -> list[tuple[str | None, ...]]:
    """Return levels and target of every indicator."""
    return [(i.level1, i.level2, i.level3, i.target.raw if i.target else None) for i in record.indicators]


def fields(record: Record) -> dict[str, str]:
    """Return the fields as printed."""
    return {key: value.value for key, value in record.fields.items()}


def test_further_items_in_the_targets_column_are_sub_rows() -> None:
    """① is the row, ② and ③ go beside it: no indicator without a name comes of them."""
    [record] = records(
        "柏溪县档案馆项目支出绩效目标表\n项目名称\t馆藏数字化\t\t\n" + HEAD
        + "产出指标\t数量指标\t档案扫描数量\t①民国档案≥2万页\n\t\t\t②照片档案≥5000张\n\t\t目录著录条数\t≥8万条\n"
    )  # fmt: skip

    assert [row[2] for row in rows(record)] == ["档案扫描数量", "目录著录条数"]
    assert record.indicators[0].extra == {"目标值": "②照片档案≥5000张"}


def test_a_value_repeated_to_the_end_of_its_row_is_said_once() -> None:
    """Some exports print a merged cell's text in every column it spans; the label beside it is another text."""
    [record] = records(
        "项目支出绩效目标申报表\n项目名称\t农村公路养护\t农村公路养护\t农村公路养护\n" + HEAD
        + "产出指标\t数量指标\t养护里程\t≥300公里\n效益指标\t社会效益指标\t通行条件\t改善\n"
    )  # fmt: skip

    assert fields(record) == {"项目名称": "农村公路养护"}
    assert len(record.indicators) == 2


def test_heads_of_two_rows_stand_though_all_spans_were_dropped() -> None:
    """The lower row is pushed to the left, and so are the rows under merged levels."""
    cells = [
        "项目名称|义务植树", "一级指标|二级指标|三级指标|绩效指标值|备注", "目标值|上年值",
        "产出指标|数量指标|植树株数|≥5万株|4.6万株|含补植", "抚育面积|≥800亩|760亩|", "质量指标|成活率|≥85%|83%|",
        "效益指标|生态效益指标|森林覆盖率|≥24%|23.5%|",
    ]  # fmt: skip
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row.split("|")) + "</tr>" for row in cells)

    [record] = records(f"<p>项目支出绩效目标表</p><table>{body}</table>")

    assert rows(record) == [
        ("产出指标", "数量指标", "植树株数", "≥5万株"),
        ("产出指标", "数量指标", "抚育面积", "≥800亩"),
        ("产出指标", "质量指标", "成活率", "≥85%"),
        ("效益指标", "生态效益指标", "森林覆盖率", "≥24%"),
    ]
    assert record.indicators[0].extra == {"上年值": "4.6万株", "备注": "含补植"}


def test_a_long_rest_of_a_name_comes_back_over_the_page_and_is_doubted() -> None:
    """A page number and a running head stand between the pieces; the first lacks the target."""
    [record] = records(
        "柏溪县水利局项目支出绩效目标表\n项目名称\t河道清淤\t\t\n" + HEAD
        + "产出指标\t数量指标\t清淤长度\t≥12公里\n\t\t完成拦河闸维修加固及\t\n\n- 1 -\n"
        "柏溪县水利局项目支出绩效目标表\n\n"
        "\t\t配套设备更新数量\t≥3座\n\t质量指标\t工程验收合格率\t≥98%\n"
    )  # fmt: skip

    assert rows(record)[1] == ("产出指标", "数量指标", "完成拦河闸维修加固及配套设备更新数量", "≥3座")
    assert record.indicators[1].review


def test_a_text_under_a_table_of_amounts_is_a_field_of_its_own() -> None:
    """Heads over amounts hold for amounts."""
    [record] = records(
        "2021年项目支出绩效目标表\n资金来源\t合计\t一般公共预算\t其他\n金额（万元）\t350\t300\t50\n绩效目标\t建成停车平台\t\t\n"
        + HEAD + "产出指标\t数量指标\t接入停车场\t≥120个\n\t质量指标\t系统可用率\t≥99%\n"
    )  # fmt: skip

    assert fields(record)["绩效目标"] == "建成停车平台"
    assert fields(record)["金额→合计"] == "350"


def test_a_total_under_the_projects_of_a_sheet_is_no_project() -> None:
    """合计 in the column of the projects sums them up."""
    found = records(
        "2022年部门预算项目绩效目标汇总表\n项目名称\t预算金额\t一级指标\t二级指标\t三级指标\t指标值\n"
        "消防水源建设\t120\t产出指标\t数量指标\t新建消火栓\t≥40个\n\t\t\t质量指标\t完好率\t≥98%\n"
        "器材购置\t86.5\t产出指标\t数量指标\t购置防护服\t≥60套\n\t\t满意度指标\t服务对象满意度\t消防员满意度\t≥90%\n"
        "合计\t206.5\t\t\t\t\n"
    )

    assert [fields(record)["项目名称"] for record in found] == ["消防水源建设", "器材购置"]


def test_a_restated_level_under_a_running_head_begins_no_form() -> None:
    """What stands in the grid of a sheet says nothing of how a form begins; a blank project goes on."""
    head = "项目名称\t预算金额\t一级指标\t二级指标\t三级指标\t指标值\n"
    [record] = records(
        "2022年项目支出绩效目标表\n" + head + "消防水源建设\t120\t产出指标\t数量指标\t新建消火栓\t≥40个\n"
        "\t\t\t\t维修消火栓\t≥90个\n\n2022年项目支出绩效目标表\n" + head
        + "\t\t产出指标\t质量指标\t完好率\t≥98%\n\t\t满意度指标\t服务对象满意度\t消防员满意度\t≥90%\n"
    )  # fmt: skip

    assert len(record.indicators) == 4


@pytest.mark.parametrize("number", ["7", "12"])
def test_a_number_alone_between_two_tables_is_a_pages(number: str) -> None:
    """It goes on with no value."""
    [record] = records(
        f"项目支出绩效目标表\n\n| 项目名称 | 渡改桥 |\n|---|---|\n| 实施单位 | 柏溪县交通局 |\n\n{number}\n\n"
        "| 一级指标 | 二级指标 | 三级指标 | 指标值 |\n|---|---|---|---|\n| 产出指标 | 数量指标 | 新建桥梁 | 2座 |\n"
    )

    assert fields(record)["实施单位"] == "柏溪县交通局"


def test_csv_holds_forms_of_two_widths_and_quoted_breaks() -> None:
    """Each form has its own number of columns, and a narrative its line ends."""
    five = (
        '项目支出绩效目标表,,,,\n项目名称,渡改桥,,,\n年度目标,"1.建桥；\n2.通车。",,,\n'
        "一级指标,二级指标,三级指标,指标值,备注\n"
    )
    four = (
        '项目支出绩效目标表,,,\n项目名称,护林,,\n年度目标,"1.巡护；\n2.宣传。",,\n一级指标,二级指标,三级指标,指标值\n'
    )

    found = records(
        five + "产出指标,数量指标,新建桥梁,2座,\n,质量指标,合格率,≥98%,\n"
        + four + "产出指标,数量指标,巡护里程,≥90公里\n,质量指标,到岗率,≥98%\n"
    )  # fmt: skip

    assert [fields(record)["年度目标"] for record in found] == ["1.建桥；\n2.通车。", "1.巡护；\n2.宣传。"]
    assert [len(record.indicators) for record in found] == [2, 2]


def test_a_sign_and_a_unit_without_a_number_ask_a_person() -> None:
    """= and 座 in columns of their own, and the number fell off."""
    [record] = records(
        "项目支出绩效目标表\n项目名称\t渡改桥\t\t\t\t\n一级指标\t二级指标\t三级指标\t指标性质\t指标值\t度量单位\n"
        "产出指标\t数量指标\t新建桥梁\t=\t2\t座\n\t\t维修桥梁\t=\t\t座\n\t质量指标\t合格率\t≥\t98\t%\n"
    )

    assert [i.review for i in record.indicators] == [False, True, False]


def test_a_real_evaluation_table_of_eleven_columns() -> None:
    """Heads of two rows, weights in the levels, a total under the grid, amounts under their heads."""
    [record] = records(
        '<p>2023年度项目支出绩效自评表</p><table><tr><td colspan="2">项目名称</td><td colspan="9">小区改造</td></tr>'
        '<tr><td rowspan="5">绩效指标</td><td rowspan="2">一级指标</td><td rowspan="2">二级指标</td>'
        '<td rowspan="2" colspan="2">三级指标</td><td colspan="2">绩效指标值</td><td rowspan="2">分值</td>'
        '<td rowspan="2">得分</td><td rowspan="2" colspan="2">偏差原因</td></tr>'
        "<tr><td>年度指标值</td><td>实际完成值</td></tr>"
        '<tr><td rowspan="2">产出指标（50分）</td><td rowspan="2">数量指标</td><td colspan="2">改造小区</td>'
        "<td>≥12个</td>"
        '<td>12个</td><td>20</td><td>20</td><td colspan="2"></td></tr>'
        '<tr><td colspan="2">惠及户数</td><td>≥3000户</td><td>3200户</td><td>30</td><td>30</td>'
        '<td colspan="2">无</td></tr>'
        '<tr><td>满意度指标（10分）</td><td>服务对象满意度指标</td><td colspan="2">居民满意度</td><td>≥90%</td>'
        '<td>93%</td><td>10</td><td>10</td><td colspan="2"></td></tr>'
        '<tr><td colspan="7">总分</td><td>60</td><td>60</td><td colspan="2"></td></tr></table>'
    )

    assert rows(record)[1] == ("产出指标", "数量指标", "惠及户数", "≥3000户")
    assert record.indicators[1].extra == {
        "一级指标权重": "50分", "实际完成值": "3200户", "分值": "30", "得分": "30", "偏差原因": "无",
    }  # fmt: skip
    assert fields(record)["总分→得分"] == "60"
