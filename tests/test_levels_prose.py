"""Forms as running text, fields beside the tables, and small tables in a form's head. All names are invented."""

from __future__ import annotations

from collections import Counter

import pytest
from test_levels_archive import HEAD, fields, records, rows

PROSE = """关于青禾乡2022年农村公路养护项目资金绩效目标设定的公示

项目名称：农村公路养护
实施单位：青禾乡人民政府
项目总体目标
完成全乡农村公路日常养护。
二、绩效指标
（一）产出指标
1.数量指标：养护公路里程大于等于86公里；配备养护工20人；
2.成本指标：养护成本控制在45.6万元以内。
（二）效益指标
1.可持续影响指标：健全长效管护机制。
（三）满意度指标
服务对象满意度指标：沿线群众满意度达到95%以上。
特此公示。
"""


def test_a_form_of_sentences_is_a_form_and_every_row_of_it_is_doubted() -> None:
    """Levels are its headings; a sentence is never so sure as a cell. 成本指标 is a level 2 as its neighbours are."""
    [record] = records(PROSE)

    assert rows(record) == [
        ("产出指标", "数量指标", "养护公路里程", "大于等于86公里"),
        ("产出指标", "数量指标", "配备养护工", "20人"),
        ("产出指标", "成本指标", "养护成本", "控制在45.6万元以内"),
        ("效益指标", "可持续影响指标", "健全长效管护机制", None),
        ("满意度指标", "服务对象满意度指标", "沿线群众满意度", "达到95%以上"),
    ]
    assert all(indicator.review for indicator in record.indicators)
    assert record.form.agency == "青禾乡人民政府"
    assert fields(record)["项目总体目标"] == "完成全乡农村公路日常养护。"


def test_no_letter_of_a_form_of_sentences_is_lost() -> None:
    """What is neither field nor indicator is a finding."""
    [record] = records(PROSE)
    texts = [record.form.title, *fields(record), *fields(record).values(), *(f.message for f in record.findings)]
    texts += [text or "" for row in rows(record) for text in row]

    lost = Counter(PROSE) - Counter("".join(texts))
    assert set(lost) <= set("\n：；。.12二、（）一三绩效指标")  # headings, numbers and stops


def test_a_sentence_that_names_a_level_makes_no_form() -> None:
    """A page before the forms may speak of indicators."""
    assert records("关于做好绩效管理工作的报告\n各单位要细化产出指标。\n数量指标：要可衡量。\n") == []


def test_two_projects_of_one_notice_are_two_forms() -> None:
    """A project's name after levels begins the next one."""
    second = PROSE.split("\n", 2)[2].replace("农村公路养护", "桥梁检修").replace("特此公示。\n", "")

    found = records(PROSE + "\n" + second)

    assert [fields(record)["项目名称"] for record in found] == ["农村公路养护", "桥梁检修"]
    assert len({record.id for record in found}) == 2


def test_indicators_listed_under_a_title_without_any_table_are_read() -> None:
    """A list loses its cell where a page is copied as text."""
    [record] = records(
        "石桥镇人民政府2025年项目绩效目标和指标\n\n项目名称：机房运维\n年度预算安排：350000元\n绩效目标：\n"
        "产出指标-数量指标：机柜数量(≥77台)；巡检次数(≥12次)\n产出指标-质量指标：系统可用率(≥99.9%)\n"
        "满意度指标-服务对象满意度指标：用户满意度(≥95%)\n"
    )

    assert [row[2:] for row in rows(record)][:2] == [("机柜数量", "≥77台"), ("巡检次数", "≥12次")]
    assert fields(record)["项目名称"] == "机房运维"


GRID = HEAD + "产出指标\t数量指标\t植树株数\t≥5万株\n效益指标\t生态效益指标\t森林覆盖率\t≥24%\n"


@pytest.mark.parametrize(
    "line", ["填报单位（盖章）：白沙县林业局    填报日期：2022年1月5日", "填 报 人：赵一  联系电话：5550009"]
)
@pytest.mark.parametrize("under", [False, True])
def test_a_line_of_fields_beside_the_tables_is_fields(line: str, under: bool) -> None:
    """Who filled in the form, and when, is said over the table or under it."""
    table = "项目名称\t义务植树\t\t\n" + GRID
    [record] = records("项目支出绩效目标表\n\n" + (table + "\n" + line if under else line + "\n\n" + table) + "\n")

    assert not [finding for finding in record.findings if finding.code == "text.unplaced"]
    assert {"填报单位（盖章）", "填报日期"} <= set(fields(record)) or fields(record)["联系电话"] == "5550009"
    assert len(record.indicators) == 2


def test_the_line_of_the_money_unit_may_hold_more() -> None:
    """Year and unit are the form's; what else stands there is a field of it."""
    [record] = records(
        "项目支出绩效目标表\n填报单位：白沙县林业局  金额单位：万元\n（2022年度）\n\n项目名称\t植树\t\t\n" + GRID
    )

    assert (record.form.money_unit, record.form.year, record.form.agency) == ("万元", 2022, "白沙县林业局")


def test_heads_over_heads_are_levels_of_a_path() -> None:
    """A department's budget is divided twice; 合计 stands under both."""
    rows_of_table = [
        "<td rowspan=3>年度部门预算</td><td colspan=3>按收入性质分</td><td colspan=2>按支出性质分</td>",
        "<td>合计</td><td>财政拨款</td><td>其他资金</td><td>基本支出</td><td>项目支出</td>",
        "<td>50</td><td>45</td><td>5</td><td>20</td><td>30</td>",
        "<td>年度总体目标</td><td colspan=5>保障全县防洪安全。</td>",
    ]
    table = "<table>" + "".join(f"<tr>{row}</tr>" for row in rows_of_table) + "</table>\n"
    [record] = records("部门整体支出绩效目标申报表\n" + table + GRID)

    found = {key: value for key, value in fields(record).items() if key.startswith("年度部门预算")}
    assert list(found.values()) == ["50", "45", "5", "20", "30"]
    assert next(iter(found)) == "年度部门预算→按收入性质分→合计"
    assert list(found)[4] == "年度部门预算→按支出性质分→项目支出"


def test_a_table_of_tasks_over_the_grid_is_no_grid() -> None:
    """Its first column names the rows: tasks, stages, uses."""
    rows_of_table = [
        "<td rowspan=3>项目实施进度计划</td><td colspan=2>项目实施内容</td><td>开始时间</td><td>完成时间</td>",
        "<td colspan=2>1.勘察设计</td><td>2022年1月</td><td>2022年3月</td>",
        "<td colspan=2>2.施工</td><td>2022年4月</td><td>2022年12月</td>",
        "<td rowspan=3>绩效指标</td><td>一级指标</td><td>二级指标</td><td>三级指标</td><td>指标值</td>",
        "<td>产出指标</td><td>数量指标</td><td>改造渡口数</td><td>=6处</td>",
        "<td>效益指标</td><td>社会效益指标</td><td>受益人口</td><td>≥2万人</td>",
    ]
    [record] = records("项目绩效目标申报表\n<table>" + "".join(f"<tr>{r}</tr>" for r in rows_of_table) + "</table>\n")

    assert fields(record) == {
        "项目实施进度计划→1.勘察设计→开始时间": "2022年1月",
        "项目实施进度计划→1.勘察设计→完成时间": "2022年3月",
        "项目实施进度计划→2.施工→开始时间": "2022年4月",
        "项目实施进度计划→2.施工→完成时间": "2022年12月",
    }
    assert [row[2] for row in rows(record)] == ["改造渡口数", "受益人口"]
