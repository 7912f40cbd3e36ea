"""Whole documents as bureaus and web pages have them, one of a kind, each through its importer to its record."""

from __future__ import annotations

from pathlib import Path

from builders import interpret_tools

from pipeline.importers import import_kind, read_import
from pipeline.interpret import interpret
from pipeline.ocrtext import read_text_bytes
from pipeline.records import Record


def read(text: str, name: str = "form.txt") -> Record:
    """The one record of a text."""
    [record] = interpret(read_text_bytes(text.encode(), name), name, "0" * 64, interpret_tools())
    return record


def values(record: Record) -> dict[str, str]:
    """Fields by their path."""
    return {key: field.value for key, field in record.fields.items()}


def rows(record: Record) -> list[tuple[str | None, ...]]:
    """Levels and target of each indicator."""
    return [(i.level1, i.level2, i.level3, i.target.value if i.target else None) for i in record.indicators]


GRADES = (
    "| 绩效指标分类 | 绩效指标 | 绩效指标描述 | 优 | 良 | 中 | 差 | 评价标准确定依据 |\n"
    "|---|---|---|---|---|---|---|---|\n"
)


def test_a_class_a_name_and_its_description_are_no_three_levels() -> None:
    """Under 绩效指标 stand names, not 数量指标: the name is level 3, what describes it stays beside it."""
    record = read(
        "2016年预算项目绩效目标\n\n"
        + GRADES
        + "| 产出指标 | 工程完成率 | 已完工工程占计划工程的比例 | ≥95% | ≥90% | ≥80% | <80% | 年度计划 |\n"
        "| 产出指标 | 水质达标率 | 抽检合格水样的比例 | ≥98% | ≥95% | ≥90% | <90% | 行业标准 |\n"
        "| 效果指标 | 受益人口数 | 新增受益农村人口 | ≥3万人 | ≥2万人 | ≥1万人 | <1万人 | 年度计划 |\n"
    )

    assert rows(record) == [
        ("产出指标", None, "工程完成率", "≥95%"),
        ("产出指标", None, "水质达标率", "≥98%"),
        ("效果指标", None, "受益人口数", "≥3万人"),
    ]
    assert record.indicators[0].extra["绩效指标描述"] == "已完工工程占计划工程的比例"


def test_a_class_a_level_and_its_description_are_three_levels() -> None:
    """Where 数量指标 and 质量指标 stand under 绩效指标, the description is what is measured."""
    record = read(
        "2019年预算项目绩效目标\n\n"
        + GRADES
        + "| 产出指标 | 数量指标 | 购置防火物资数量 | ≥200套 | ≥180套 | ≥160套 | <160套 | 工作计划 |\n"
        "| | 质量指标 | 物资验收合格率 | ≥98% | ≥95% | ≥90% | <90% | 行业标准 |\n"
        "| 效果指标 | 社会效益指标 | 火灾发生率 | ≤0.1‰ | ≤0.3‰ | ≤0.5‰ | >0.5‰ | 历史标准 |\n"
    )

    assert rows(record)[1] == ("产出指标", "质量指标", "物资验收合格率", "≥98%")
    assert record.indicators[1].extra["差"] == "<90%"


def test_the_classes_of_names_may_be_levels_of_the_second_kind() -> None:
    """数量指标 as the class of a name stays level 2; a level 1 that nobody printed is null."""
    record = read(
        "2016年预算项目绩效目标\n\n"
        + GRADES
        + "| 数量指标 | 工程完成率 | 已完工工程的比例 | ≥95% | ≥90% | ≥80% | <80% | 年度计划 |\n"
        "| 质量指标 | 水质达标率 | 合格水样的比例 | ≥98% | ≥95% | ≥90% | <90% | 行业标准 |\n"
        "| 社会效益指标 | 受益人口数 | 新增受益人口 | ≥3万人 | ≥2万人 | ≥1万人 | <1万人 | 年度计划 |\n"
    )

    assert rows(record)[0] == (None, "数量指标", "工程完成率", "≥95%")


def test_a_description_beside_three_levels_is_an_extra() -> None:
    """三级指标 is printed: 绩效指标描述 says more of it."""
    record = read(
        "邯山县水利局2022年项目绩效目标表,,,,,\n,,,,,单位：万元\n项目名称,河道清淤工程,,项目金额,85.6,\n"
        "一级指标,二级指标,三级指标,绩效指标描述,指标值,指标值确定依据\n"
        "产出指标,数量指标,清淤河道长度,反映清淤河道的长度,≥12公里,实施方案\n"
        ",成本指标,清淤成本,平均每公里的费用,≤7.1万元,预算批复\n"
        "满意度指标,服务对象满意度指标,沿岸群众满意度,满意人数占比,≥95%,问卷\n",
        "form.csv",
    )

    assert rows(record)[1] == ("产出指标", "成本指标", "清淤成本", "≤7.1万元")
    assert record.indicators[1].extra == {"绩效指标描述": "平均每公里的费用", "指标值确定依据": "预算批复"}


def test_a_field_beside_a_small_table_heads_none_of_it() -> None:
    """部门名称 | 某某局 in the row of the heads 合计, 财政拨款, 其他: a field, and amounts under 年度预算 alone."""
    record = read(
        "临水县交通运输局2023年部门整体支出绩效目标表,,,,,,,\n"
        "部门名称,临水县交通运输局,,,年度预算（万元）,合计,财政拨款,其他\n,,,,,4520.6,4300,220.6\n"
        "一级指标,二级指标,三级指标,指标性质,指标值,计量单位,权重,备注\n"
        "产出指标,数量指标,农村公路养护里程,≥,820,公里,10,\n,时效指标,养护任务完成时间,定性,12月底前,,10,\n"
        "满意度指标,服务对象满意度指标,群众出行满意度,≥,85,%,10,抽样\n",
        "form.csv",
    )

    found = values(record)
    assert found["部门名称"] == "临水县交通运输局"
    assert (found["年度预算→合计"], found["年度预算→其他"]) == ("4520.6", "220.6")
    assert (record.fields["年度预算→其他"].parsed or {})["yuan"] == "2206000.0"
    assert rows(record)[0] == ("产出指标", "数量指标", "农村公路养护里程", "≥820公里")


def test_an_agency_beside_the_money_unit_over_a_sheet_is_a_field() -> None:
    """部门：某某局 at the left and 单位：万元 at the right of one line: a field, and the table's unit."""
    record = read(
        "2025年部门预算项目支出绩效目标表,,,,,,,\n部门：临水县教育局,,,,,,,单位：万元\n"
        "单位名称,项目名称,预算数,年度绩效目标,一级指标,二级指标,三级指标,指标值\n"
        "临水县第一中学,校舍维修,180,完成教学楼屋面维修,产出指标,数量指标,维修面积,≥5200平方米\n"
        ",,,,,质量指标,验收合格率,=100%\n,,,,效益指标,社会效益指标,受益学生数,≥2300人\n",
        "form.csv",
    )

    assert values(record)["部门"] == "临水县教育局"
    assert record.form.money_unit == "万元"
    assert len(record.indicators) == 3


def test_short_texts_under_two_heads_beside_one_label_are_their_values(tmp_path: Path) -> None:
    """年度总体目标 is as high as 预期目标 | 实际完成情况 and the texts below: no text is another label."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    for line in (
        ["2022年度部门整体支出绩效自评表"],
        ["部门名称", None, "临水县应急管理局", None, None, None, None, None],
        ["年度总体目标", None, "预期目标", None, None, "实际完成情况", None, None],
        [None, None, "全年检查企业不少于400家次", None, None, "检查企业431家次", None, None],
        ["绩效指标", "一级指标", "二级指标", "三级指标", "年度指标值", None, "分值", "得分"],
        [None, None, None, None, "目标值", "实际完成值", None, None],
        [None, "产出指标", "数量指标", "安全检查家次", "≥400家次", "431家次", 10, 10],
        [None, None, "质量指标", "隐患整改率", 1, 0.98, 10, 9.8],
        [None, "满意度指标", "服务对象满意度指标", "企业满意度", 0.9, 0.93, 10, 10],
        ["总分", None, None, None, None, None, 100, 97.47],
    ):
        sheet.append(line)
    for merged in (
        "A1:H1", "A2:B2", "C2:H2", "A3:B4", "C3:E3", "F3:H3", "C4:E4", "F4:H4", "A5:A9", "B5:B6", "C5:C6", "D5:D6",
        "E5:F5", "G5:G6", "H5:H6", "B7:B8", "A10:F10",
    ):  # fmt: skip
        sheet.merge_cells(merged)
    for cell in ("E8", "F8", "E9", "F9"):
        sheet[cell].number_format = "0%"
    path = tmp_path / "eval.xlsx"
    book.save(path)

    assert import_kind(path) == "xlsx"
    [record] = interpret(read_import(path, "xlsx"), str(path), "0" * 64, interpret_tools())

    found = values(record)
    assert found["年度总体目标→预期目标"] == "全年检查企业不少于400家次"
    assert found["年度总体目标→实际完成情况"] == "检查企业431家次"
    assert found["总分→得分"] == "97.47"
    assert rows(record)[1] == ("产出指标", "质量指标", "隐患整改率", "100%")
    assert record.indicators[0].target is not None
    assert record.indicators[0].target.unit == "家次"


def test_amounts_by_their_payers_are_amounts() -> None:
    """总计（万元）, 中央, 省级, 市县 under 预算金额: each is an amount, whoever pays it."""
    record = read(
        "# 临水县卫生健康局2024年度项目绩效目标表\n\n"
        "| 项目名称 | 基本公共卫生服务 | 联系电话 | 13700000000<br>0312-5550166 | |\n"
        "|---|---|---|---|---|\n| 预算金额 | 总计（万元） | 中央 | 省级 | 市县 |\n| | 3250.8 | 2100 | 650.8 | 500 |\n"
        "| 一级指标 | 二级指标 | 三级指标 | 指标值 | 分值 |\n"
        "| 产出指标（50分） | 数量指标 | 建档率 | ≥90% | 10 |\n"
        "| | | 老年人健康管理率 | ≥63% | 10 |\n"
        "| 满意度指标（10分） | 服务对象满意度指标 | 服务对象满意度 | ≥80% | 10 |\n",
        "form.md",
    )

    parsed = {key: field.parsed or {} for key, field in record.fields.items()}
    assert parsed["预算金额→总计"]["yuan"] == "32508000.0"
    assert parsed["预算金额→省级"]["amount"] == "650.8"
    assert parsed["联系电话"]["phones"] == ["13700000000", "0312-5550166"]
    assert record.indicators[2].extra["一级指标权重"] == "10分"


def test_year_and_unit_on_one_line_over_the_table_are_no_field() -> None:
    """（2024年度） at the middle and 单位：万元 at the end of a line, which an exporter makes a row."""
    record = read(
        "临水县水务局项目支出绩效目标表,,,\n,（2024年度）,,单位：万元\n项目名称,管网改造,预算金额,380.5\n"
        "一级指标,二级指标,三级指标,指标值\n产出指标,数量指标,改造管网长度,≥42公里\n"
        ",质量指标,水质达标率,≥95%\n满意度指标,服务对象满意度指标,用水户满意度,≥90%\n",
        "form.csv",
    )

    assert (record.form.year, record.form.money_unit) == (2024, "万元")
    assert list(record.fields) == ["项目名称", "预算金额"]


def test_a_sheet_of_projects_that_list_their_indicators_is_a_record_each() -> None:
    """产出指标-数量指标：巡河次数(≥480次) in a cell: indicators, and the list stays as the field it is."""
    html = (
        "<p>2025年临水县水利局项目支出绩效目标表</p><table><tr><td>序号</td><td>项目名称</td><td>预算金额（万元）</td>"
        "<td>绩效指标</td></tr><tr><td>1</td><td>河长制工作经费</td><td>35</td><td>"
        "产出指标-数量指标：巡河次数(≥480次)<br>效益指标-生态效益指标：河道环境(明显改善)</td></tr><tr><td>2</td><td>防汛物资储备</td><td>50.5</td><td>"
        "产出指标-数量指标：储备编织袋(≥3万条)；救生衣(≥200件)<br>效益指标-社会效益指标：防汛能力(有效提升)</td></tr></table>"
    )

    records = list(interpret(read_text_bytes(html.encode(), "p.html"), "p.html", "0" * 64, interpret_tools()))

    assert [values(record)["项目名称"] for record in records] == ["河长制工作经费", "防汛物资储备"]
    assert rows(records[1])[:2] == [
        ("产出指标", "数量指标", "储备编织袋", "≥3万条"),
        ("产出指标", "数量指标", "救生衣", "≥200件"),
    ]


def test_a_table_whose_spans_are_short_keeps_its_money_table_and_choices() -> None:
    """A colspan that is too small moves nothing: heads over amounts, ticked boxes, levels over several rows."""
    html = (
        "<p>临水县林业局项目支出绩效目标表</p><p>单位：元</p><table>"
        "<tr><td>项目名称</td><td colspan=2>森林抚育</td></tr>"
        "<tr><td>项目类型</td><td colspan=3>☑一次性项目&nbsp;□经常性项目</td></tr>"
        "<tr><td rowspan=2>资金来源</td><td>合计</td><td>中央</td><td>县级</td></tr>"
        "<tr><td>1,250,000.00</td><td>1,000,000.00</td><td>250,000.00</td></tr>"
        "<tr><td>一级指标</td><td>二级指标</td><td>三级指标</td><td>指标值</td></tr>"
        "<tr><td rowspan=3>产出指标</td><td rowspan=2>数量指标</td><td>抚育面积</td><td>≥5000亩</td></tr>"
        "<tr><td>抚育小班数</td><td>≥32个</td></tr><tr><td>质量指标</td><td>抚育合格率</td><td>≥95％</td></tr>"
        "<tr><td>满意度指标</td><td>服务对象满意度指标</td><td>林农满意度</td><td>≥90%</td></tr></table>"
    )
    record = read(html, "p.html")

    assert (record.fields["项目类型"].parsed or {})["chosen"] == ["一次性项目"]
    assert (record.fields["资金来源→中央"].parsed or {})["yuan"] == "1000000.00"
    assert [row[2] for row in rows(record)] == ["抚育面积", "抚育小班数", "抚育合格率", "林农满意度"]


def test_a_name_in_the_column_of_levels_makes_what_stands_below_it_ask() -> None:
    """服务烈属 with a target slid into 二级目标: the rows below would be its own, and nobody had been asked."""
    record = read(
        "<p>某某县退役军人局项目支出绩效目标表</p><table><tr><td>一级目标</td><td>二级目标</td><td>三级目标</td><td>指标目标值</td></tr>"
        "<tr><td rowspan=2>产出目标</td><td rowspan=2>数量</td><td>培训人次</td><td>≥541人次</td></tr>"
        "<tr><td>祭扫活动</td><td>=6场</td></tr><tr><td></td><td>服务烈属</td><td></td><td>=4000人次</td></tr>"
        "<tr><td></td><td></td><td>会议次数</td><td>≥12次</td></tr>"
        "<tr><td></td><td>质量</td><td>检查覆盖率</td><td>≥85%</td></tr></table>",
        "p.html",
    )

    [below] = [indicator for indicator in record.indicators if indicator.level3 == "会议次数"]
    assert below.level2 == "数量" or below.review


def test_a_head_over_nothing_beside_a_head_over_a_text_is_no_parent() -> None:
    """预期目标 was left blank, 实际完成情况 was not: the text is the latter's, in text with tabs too."""
    record = read(
        "某某市统计局项目支出绩效自评表\n\n项目名称\t人口普查\t\t主管部门\t某某市统计局\t\n"
        "年度总体目标\t预期目标\t\t实际完成情况\t\t\n\t\t\t完成入户登记，保障普查区划分顺利实施。\t\t\n"
        "一级指标\t二级指标\t三级指标\t指标值\t实际完成值\t得分\n产出指标\t数量指标\t登记户数\t≥3000户\t3100户\t10\n"
        "\t质量指标\t登记差错率\t≤1%\t0.5%\t10\n"
    )

    assert values(record)["年度总体目标→实际完成情况"] == "完成入户登记，保障普查区划分顺利实施。"
