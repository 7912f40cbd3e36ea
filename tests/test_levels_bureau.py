"""Forms as bureaus write them by hand: what generated forms never have, each a law that a real table broke."""

import json
from pathlib import Path

import pytest
from builders import fields_of, forms_of, labelled_of, records_of, rows_of

from pipeline.fieldvalues import parse_field
from pipeline.htmltext import HtmlTable, read_html
from pipeline.importers import read_import
from pipeline.ocrtext import read_text_bytes

TITLE = "某某县林业局项目支出绩效目标表\n\n"
GRID = (
    "一级指标 | 二级指标 | 三级指标 | 指标值\n产出指标 | 数量指标 | 巡护里程 | ≥300公里\n"
    " | 质量指标 | 验收合格率 | 100%\n满意度指标 | 服务对象满意度指标 | 林农满意度 | ≥90%\n"
)
TASKS = """年度主要任务 | 任务名称 | 主要内容 | 预算金额（万元） | {a} | 备注
{b} | {b} | {b} | 总额 | 财政拨款 | {b}
{b} | 隐患巡查 | 巡查排查三百处 | 210 | 200 | {c}
{b} | 登记发证 | 存量数据整合 | 95.5 | 80 | 跨年
"""


@pytest.mark.parametrize(("a", "b"), [("", ""), ("<", "^")], ids=["tabs", "spans"])
def test_a_head_divided_beside_heads_that_stand_whole(a: str, b: str) -> None:
    """任务名称 and 备注 stand over both rows, 预算金额 over 总额 and 财政拨款; every value keeps its own path."""
    labelled = labelled_of(TITLE + TASKS.format(a=a, b=b, c="") + "年度总体目标 | 全面完成隐患巡查 | | | |\n" + GRID)

    fields = fields_of(labelled)

    assert fields["年度主要任务→隐患巡查→主要内容"] == "巡查排查三百处"
    assert fields["年度主要任务→隐患巡查→预算金额（万元）→总额"] == "210"
    assert fields["年度主要任务→登记发证→预算金额（万元）→财政拨款"] == "80"
    assert fields["年度主要任务→登记发证→备注"] == "跨年"
    assert fields["年度总体目标"] == "全面完成隐患巡查"


def test_a_row_over_a_label_of_several_rows_heads_nothing() -> None:
    """单位名称 | 某某局 stands over the label of the money table and over its heads, and is none of them."""
    labelled = labelled_of(
        TITLE + "单位名称 | < | 临江县审计局 | < | <\n预算执行情况 | 预算数 | 执行数 | 执行率 | 得分\n"
        "^ | 1050.3 | 998.1 | 95.03% | 9.5\n"
    )

    fields = fields_of(labelled)

    assert fields["单位名称"] == "临江县审计局"
    assert fields["预算执行情况→预算数"] == "1050.3"


def test_targets_of_two_terms_behind_one_name_are_two_grids() -> None:
    """中期指标值 | 年度指标值: neither is an extra of the other, each indicator carries its period."""
    labelled = labelled_of(
        TITLE + "一级指标 | 二级指标 | 三级指标 | 中期指标值 | 年度指标值\n产出指标 | 数量指标 | 评价河流 | 6条 | 2条\n"
        " | 质量指标 | 评审通过率 | 100% | 95%\n"
    )

    assert [(row.period, *names) for row, names in zip(labelled.indicators, rows_of(labelled), strict=True)] == [
        ("中期", "产出指标", "数量指标", "评价河流", "6条"),
        ("中期", "产出指标", "质量指标", "评审通过率", "100%"),
        ("年度", "产出指标", "数量指标", "评价河流", "2条"),
        ("年度", "产出指标", "质量指标", "评审通过率", "95%"),
    ]


def test_last_years_value_is_no_term_of_its_own() -> None:
    """上年度指标值 says what was; it stays beside the target."""
    labelled = labelled_of(
        TITLE
        + "一级指标 | 二级指标 | 三级指标 | 年度指标值 | 上年度指标值\n产出指标 | 数量指标 | 评价河流 | 6条 | 2条\n"
    )

    assert rows_of(labelled) == [("产出指标", "数量指标", "评价河流", "6条")]


def test_a_value_beside_its_unit_is_the_target() -> None:
    """指标值 over 年初值 and 度量单位, the operator in a column before them: one target of three cells."""
    labelled = labelled_of(
        TITLE + "一级指标 | 二级指标 | 三级指标 | 指标性质 | 指标值 | <\n^ | ^ | ^ | ^ | 年初值 | 度量单位\n"
        "产出指标 | 数量指标 | 完成审计项目 | ≥ | 25 | 个\n效益指标 | 社会效益指标 | 财经秩序 | 定性 | 好 | \n"
    )

    assert rows_of(labelled) == [
        ("产出指标", "数量指标", "完成审计项目", "≥25个"),
        ("效益指标", "社会效益指标", "财经秩序", "好"),
    ]


def test_figures_in_the_column_of_units_are_a_percent_sign() -> None:
    """A fax closes the rings: 80 | 0 is no 800."""
    grid = "一级指标 | 二级指标 | 三级指标 | 指标值 | 度量单位\n产出指标 | 质量指标 | 完整度 | 80 | 0\n"
    [record] = records_of(TITLE + grid + "产出指标 | 数量指标 | 评价河流 | 6 | 条\n")

    assert [(row.target and row.target.value, row.review) for row in record.indicators] == [
        ("80%", True),
        ("6条", False),
    ]
    assert record.indicators[0].cells["target"].raw == "800"


def test_cells_that_hold_label_and_value_are_no_parents() -> None:
    """填表人：何晓 | 审核人：邱明 under the grid are two fields beside each other."""
    labelled = labelled_of(TITLE + "项目名称 | 森林巡护 | |\n" + GRID + "填表人：何晓 | 审核人：邱明 | |\n")

    fields = fields_of(labelled)

    assert (fields["填表人"], fields["审核人"]) == ("何晓", "邱明")


def test_signatures_under_notes_are_fields() -> None:
    """Two labels of who signs make a line that no note goes on in."""
    labelled = labelled_of(
        TITLE + GRID + "\n注：1.按项目填报。\n2.其他资金包括自有资金。\n填报人：沈怀远 联系电话：4628817\n"
    )

    fields = fields_of(labelled)

    assert (fields["填报人："], fields["联系电话："]) == ("沈怀远", "4628817")


def test_a_line_over_the_table_may_begin_with_a_label_nobody_knows() -> None:
    """预算年度 is in no list of labels; what follows it is, so the whole line states fields."""
    labelled = labelled_of("项目支出绩效目标表\n\n预算年度：2024年 填报单位（盖章）：青川市水务局\n\n" + GRID)

    assert fields_of(labelled) == {"预算年度：": "2024年", "填报单位（盖章）：": "青川市水务局"}


def test_the_seals_place_is_no_part_of_an_agency() -> None:
    """（盖章） behind the label, or behind the name, says where the seal goes."""
    for line in ("填报单位（盖章）：青川市水务局", "填报单位：青川市水务局（盖章）"):
        [record] = records_of(f"项目支出绩效目标表\n\n{line} 填报日期：2024年3月1日\n\n" + GRID)

        assert record.form.agency == "青川市水务局"


def test_the_unit_of_a_page_holds_for_all_its_forms() -> None:
    """A second table without a title goes on under the first one's 单位：元; one on another page does not."""
    two = "项目名称 | 非遗传承 | |\n项目金额 | 80000 | |\n" + GRID
    first = "部门预算项目绩效目标表\n单位：元\n\n项目名称 | 文物保护 | |\n" + GRID

    assert [form.money_unit for form in forms_of(first + "\n" + two)] == ["元", "元"]
    assert [form.money_unit for form in forms_of(first, two)] == ["元", None]


def test_the_unit_in_a_tables_first_row_is_the_forms() -> None:
    """A spreadsheet has no lines over a table: 单位：万元 stands in a cell of its first row."""
    [form] = forms_of("部门预算项目绩效目标表\n\n单位名称：河西县林业局 | | | 单位：万元\n项目名称 | 巡护 | |\n" + GRID)

    assert form.money_unit == "万元"


def test_a_project_without_indicators_and_the_total_below_it() -> None:
    """合计 is no project and adds nothing to the one above it but its own amount; a number alone is no indicator."""
    records = records_of(
        "2021年部门预算项目绩效目标表\n\n序号 | 项目名称 | 预算数 | 一级指标 | 二级指标 | 三级指标 | 指标值\n"
        "1 | 动物防疫 | 86.5 | 产出指标 | 数量指标 | 免疫头数 | 50万头\n | | | | 质量指标 | 免疫密度 | ≥90%\n"
        "2 | 农机购置 | 300 | | | |\n合计 | | 386.5 | | | |\n"
    )

    last = records[-1]

    assert {key: value.value for key, value in last.fields.items()} == {
        "项目名称": "农机购置", "预算数": "300", "合计→预算数": "386.5",
    }  # fmt: skip
    assert last.indicators == []


@pytest.mark.parametrize("break_", ["\n项目名称\t图书馆开放\n实施单位\t临水市图书馆\n年度目标\t免费开放\n"])
def test_short_rows_of_fields_are_rows(break_: str) -> None:
    """Blank ends are often left out; two rows of label and value may come out even as one and are two all the same."""
    grid = "\n".join("\t".join(part.strip() for part in line.split("|")) for line in GRID.splitlines())

    [page] = read_text_bytes(f"项目支出绩效目标表\n{break_}{grid}\n".encode(), "form.txt")

    cells = {(read.cell.row, read.cell.col): read.text for read in page.tables[0].readings}
    assert [cells[row, 1] for row in range(3)] == ["图书馆开放", "临水市图书馆", "免费开放"]


def test_a_quotation_that_is_never_closed_hides_no_cells() -> None:
    """rowspan="2> takes in all tags up to the next quotation mark; the table stays one."""
    text = '<table><tr><td rowspan="2>产出<td>数量</td></tr><tr><td>质量</td></tr>'
    text += '<tr><td class="x">效益</td><td>社会</td></tr></table>'

    [table] = [item for item in read_html(text) if isinstance(item, HtmlTable)]

    assert [cell.text for cell in table.cells] == ["产出", "数量", "质量", "效益", "社会"]
    assert table.cells[0].rowspan == 2


def test_cells_without_a_row_are_one_row() -> None:
    """<table><td>: the row's tag was lost, the cells were not."""
    [table] = [item for item in read_html("<table><td>备注<td>结转</table>") if isinstance(item, HtmlTable)]

    assert [(cell.row, cell.col, cell.text) for cell in table.cells] == [(0, 0, "备注"), (0, 1, "结转")]


@pytest.mark.parametrize(
    ("label", "raw", "parsed"),
    [
        ("支出类型", "(√)经常性 ( )一次性", {"chosen": ["经常性"]}),
        ("支出类型", "经常性（　）一次性（√）", {"chosen": ["一次性"]}),
        ("项目负责人及电话→主管部门", "吴敏 13712345678", {"people": ["吴敏"], "phones": ["13712345678"]}),
        ("项目编码", "510000-2024-0031", {"code": "510000-2024-0031"}),
    ],
)
def test_values_as_they_are_written(label: str, raw: str, parsed: dict[str, object]) -> None:
    """Brackets for boxes, a label that asks for people above one that says whose, a code of several parts."""
    found = parse_field(label, raw, money_unit=None)

    assert found is not None
    assert {key: found[key] for key in parsed} == parsed
    assert "name" not in found


def test_a_column_whose_head_is_lost_is_told_by_the_names_below_it() -> None:
    """丨二级指指标 names no column; three names of levels below it and nothing else do."""
    labelled = labelled_of(
        TITLE + "一级指标 | 丨二级指指标 | 计划指标值 | 三级指标\n产出指标 | 数量指标 | ≥15次 | 消防演练次数\n"
        " | 质量指标 | ≥98% | 验收合格率\n | 时效指标 | 12月 | 完成时间\n"
    )

    assert [names[1] for names in rows_of(labelled)] == ["数量指标", "质量指标", "时效指标"]


def test_two_targets_over_a_break_are_two_rows() -> None:
    """In a grid whose heads nobody knows a level printed again stands over a row of its own, not over a rest."""
    heads = "绩效维度 | 维度细分 | 考核内容 | 年度预期\n"
    one = TITLE + heads + "产出 | 数量指标 | 培训天数 | ≤11天\n | | 年鉴数量 | ≥2册\n | | 惠及人数 | 22000人\n"
    other = " | 数量指标 | 健康管理率 | =100%\n | 质量指标 | 合格率 | ≥95%\n"

    names = [row[2:] for row in rows_of(labelled_of(one, other))]

    assert ("惠及人数", "22000人") in names
    assert ("健康管理率", "=100%") in names


def test_spans_that_only_fields_have_say_nothing_of_the_grid() -> None:
    """Labels stand in the middle of their rows; <td colspan> over the fields makes no blank of the grid a known one."""
    labelled = labelled_of(
        TITLE
        + "项目名称 | 军休文艺汇演 | < | <\n一级指标 | 二级指标 | 三级指标 | 指标值\n | 数量指标 | 演出场次 | 3场\n"
        "产出指标 | 质量指标 | 合格率 | ≥95%\n | 时效指标 | 完成时间 | 11月\n | 社会效益 | 参与度 | 高\n"
        "效益指标 | 可持续影响 | 长效机制 | 健全\n | 生态效益 | 节能率 | ≥9%\n"
    )

    assert [names[0] for names in rows_of(labelled)] == ["产出指标"] * 3 + ["效益指标"] * 3


def test_a_parent_cut_by_a_page_goes_on_over_blanks() -> None:
    """The next page's blanks say nothing of the span they are the rest of: it lasts until something stands there."""
    first = TITLE + "预算执行情况 | | 年初预算 | 执行数 | 得分\n^ | 总额 | 53 | 684 | 9\n"
    second = " | 财政资金 | 37 | 479 | 8\n | 单位资金 | 16 | 205 | 7\n年度目标 | 完成工作 | | |\n"

    fields = fields_of(labelled_of(first, second))

    assert fields["预算执行情况→财政资金→执行数"] == "479"
    assert fields["预算执行情况→单位资金→执行数"] == "205"


def test_a_head_nobody_knows_ends_an_amount() -> None:
    """An amount goes on in no text: a short line apart between the two is a label, and a person looks at it."""
    [record] = records_of(
        "项目支出绩效目标表\n\n项目名称 | 海钓邀请赛 | |\n资金规模（元） | 40300000.00 | |\n\n背景与意义\n\n"
        "为进一步保障渔业生产安全，更新养殖网箱。\n\n" + GRID
    )

    assert record.fields["资金规模"].value == "40300000.00"
    assert record.fields["背景与意义"].value == "为进一步保障渔业生产安全，更新养殖网箱。"
    assert record.fields["背景与意义"].review


def test_a_level_of_running_text_without_an_indicator_is_not_lost() -> None:
    """Whatever was read stands somewhere in the record, a heading with nothing below it among the findings."""
    [record] = records_of(
        "关于森林巡护项目绩效目标设定的公示\n\n一、产出指标\n1.数量指标：巡护里程不低于300公里。\n2.质量指标：验收合格率达到100%。\n"
        "二、效益指标\n1.生态效益指标\n2.社会效益指标：群众知晓率达到90%。\n"
    )

    assert "生态效益指标" in record.to_json()


def test_damaged_page_xml_keeps_texts_that_lost_their_tag(tmp_path: Path) -> None:
    """`Unicode>某县` and `<Unicode某县` are texts still, though another line says the same."""
    line = '<TextLine><Coords points="0,0 9,0 9,9 0,9"/><TextEquiv>{}</TextEquiv></TextLine>'
    texts = ("<Unicode>青川市水务局</Unicode>", "Unicode>青川市水务局</Unicode>", "<Unicode河湖健康评价</Unicode>")
    region = "".join(line.format(text) for text in texts)
    path = tmp_path / "page.xml"
    path.write_text(
        f'<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"><Page imageWidth="99" '
        f'imageHeight="99"><TextRegion>{region}</TextRegion></Page></PcGts>',
        encoding="utf-8",
    )

    [page] = read_import(path, "page-xml")

    assert sorted(one.text for one in page.lines) == ["河湖健康评价", "青川市水务局", "青川市水务局"]


def test_a_text_beside_the_cells_that_a_cell_says_too_is_kept() -> None:
    """<tr>项目名称</td>: the tag of its cell is lost; another table's 项目名称 is not this one."""
    text = "<table><tr>项目名称</td><td>文物保护</td></tr><tr><td>项目名称</td><td>非遗传承</td></tr></table>"

    found = list(read_html(text))

    texts = [
        t for item in found for t in ([c.text for c in item.cells] if isinstance(item, HtmlTable) else [item.text])
    ]
    assert texts.count("项目名称") == 2


def test_a_table_whose_cells_have_no_place_stands_where_its_block_does(tmp_path: Path) -> None:
    """PP-StructureV3 without cell boxes: the page's layout says that the title stands over the table."""
    block = {"block_label": "table", "block_content": "", "block_bbox": [50, 130, 950, 900]}
    title = {"rec_texts": ["项目绩效目标表"], "rec_scores": [0.99], "rec_boxes": [[300, 50, 700, 90]]}
    html = "<table><tr><td>项目名称</td><td>数字乡村</td></tr></table>"
    path = tmp_path / "page.json"
    path.write_text(
        json.dumps({"parsing_res_list": [block], "overall_ocr_res": title, "table_res_list": [{"pred_html": html}]}),
        encoding="utf-8",
    )

    [page] = read_import(path, "ocr-json")

    assert [type(one).__name__ for one in page.blocks] == ["Line", "Table"]


def test_a_list_of_rows_with_the_projects_name_on_each_is_a_form_a_project() -> None:
    """A system's export has no merged cells and no title: where the name changes the next project begins."""
    records = records_of(
        "项目名称 | 一级指标 | 二级指标 | 三级指标 | 指标值\n河道保洁 | 产出指标 | 数量指标 | 保洁长度 | ≥320公里\n"
        "河道保洁 | 产出指标 | 质量指标 | 保洁合格率 | ≥95%\n泵站维护 | 产出指标 | 数量指标 | 维护泵站 | 6座\n"
        "泵站维护 | 效益指标 | 社会效益指标 | 保障人口 | ≥3万人\n"
    )

    assert [{key: value.value for key, value in record.fields.items()} for record in records] == [
        {"项目名称": "河道保洁"},
        {"项目名称": "泵站维护"},
    ]
    assert [len(record.indicators) for record in records] == [2, 2]


def test_a_sheet_of_lists_with_blank_lines_between_its_rows() -> None:
    """Each row is a table of its own to the eye of a text's reader; the heads hold for all of them."""
    row = "{} | {} | 100 | 【产出指标-数量指标】指标1：机柜数量(≥77台)【产出指标-质量指标】指标1：合格率(≥95%)\n\n"
    records = records_of(
        "某某区财政局2021年项目绩效目标和指标\n\n单位编码 | 支出项目 | 预算安排 | 绩效目标\n\n"
        + row.format("324001", "展板项目")
        + row.format("324002", "招聘经费")
    )

    assert [record.fields["支出项目"].value for record in records] == ["展板项目", "招聘经费"]
    assert [len(record.indicators) for record in records] == [2, 2]


def test_who_reports_the_year_and_the_unit_in_one_row_over_the_table() -> None:
    """编报单位：某局 | 2024年度 | 单位：万元: a field, the form's year and its unit; none is the value of another."""
    [record] = records_of(
        "社会保险基金预算绩效目标表\n编报单位：某某市医疗保障局 | 2024年度 | 单位：万元 |\n"
        "基金名称 | 医疗保险基金 | |\n"
        "基金收入 | 325600 | 基金支出 | 318900\n" + GRID
    )

    assert (record.form.year, record.form.money_unit, record.form.agency) == (2024, "万元", "某某市医疗保障局")
    assert record.fields["编报单位"].value == "某某市医疗保障局"
    assert set(record.fields) == {"编报单位", "基金名称", "基金收入", "基金支出"}


def test_the_money_unit_of_a_label_is_kept_whatever_the_label_says() -> None:
    """年度政府付费（万元） is no label that a list knows; without its unit the figure would say nothing."""
    [record] = records_of(
        TITLE + "项目名称 | 污水处理 | |\n年度政府付费（万元） | 4,280.60 | 执行率（%） | 95\n" + GRID
    )

    assert record.fields["年度政府付费"].parsed == {
        "kind": "amount", "amount": "4280.60", "unit": "万元", "yuan": "42806000.00"
    }  # fmt: skip
    assert record.fields["年度政府付费"].raw == "4,280.60"


PAGE_ONE = "项目支出绩效目标表\n项目名称 | 小区改造 | |\n主管部门 | 某某区住建局 | 实施单位 | 某某区房管所\n" + GRID
PAGE_TWO = "一级指标 | 二级指标 | 三级指标 | 指标值\n效益指标 | 社会效益指标 | 居住条件 | 改善\n"


@pytest.mark.parametrize("title", ["", "项目支出绩效目标表\n"], ids=["without", "with"])
@pytest.mark.parametrize(
    ("name", "mark", "forms"),
    [("小区改造", 2, 1), ("公园改造", 2, 2), ("小区改造", 1, 2)],
    ids=["same", "other", "first"],
)
def test_a_further_page_that_names_its_project_again_goes_on(title: str, name: str, mark: int, forms: int) -> None:
    """第2页 with the project's name as before goes on; another name, or the number of a first page, begins a form."""
    records = records_of(f"{PAGE_ONE}\n第{mark}页\n{title}项目名称 | {name} | |\n{PAGE_TWO}")

    assert len(records) == forms
    assert sum(len(record.indicators) for record in records) == 4
    assert all("项目名称#2" not in record.fields for record in records)


def test_two_texts_behind_one_label_are_two_and_ask() -> None:
    """What was aimed at and what was done, side by side without heads, are no two paragraphs of one text."""
    [record] = records_of(
        "项目绩效自评表\n项目名称 | 食堂改造 | |\n"
        "年度总体目标 | 改造食堂两处，增加餐位六百个，保障就餐安全。 | 已改造食堂两处，增加餐位六百二十个。 |\n" + GRID
    )

    goal, done = record.fields["年度总体目标"], record.fields["年度总体目标#2"]
    assert (goal.value[:6], done.value[:6]) == ("改造食堂两处", "已改造食堂两")
    assert goal.review
    assert done.review


def test_a_layouts_label_with_its_characters_in_another_order_is_that_label() -> None:
    """任名务称 over the names of tasks: their texts and amounts stay theirs."""
    labelled = labelled_of(
        "部门（单位）整体绩效目标表\n部门（单位）名称 | 某某县林业局 | < | < | <\n"
        "年度主要任务 | 任名务称 | 主要内容 | < | 预算金额（万元）\n"
        "^ | 隐患巡查 | 委托第三方巡查三百处 | < | 210\n^ | 登记发证 | 存量数据整合，更新图件。 | < | 95.5\n"
        "年度总体目标 | 全面完成隐患巡查。 | < | < | <\n一级指标 | 二级指标 | 三级指标 | 指标值 | 指标值说明\n"
        "投入管理指标 | 工作目标管理 | 资金到位率 | =100% | 查阅资料\n"
        "产出指标 | 重点工作任务完成 | 巡查处数 | ≥300处 |\n效益指标 | 履职效益 | 火灾发生率 | ≤1% |\n"
    )

    assert labelled.form.template == "henan-dept-goal"
    fields = fields_of(labelled)
    assert [value for key, value in fields.items() if "隐患巡查→" in key] == ["委托第三方巡查三百处", "210"]


def test_a_value_that_reads_like_a_label_stands_in_its_column() -> None:
    """归口部门 | (span) | 某某市统计局 | 执行单位 | 某某中心: the row below tells which columns hold values."""
    labelled = labelled_of(
        TITLE + "归口部门 | | 汉川市统计局 | 执行单位 | 汉川市普查中心\n资金规模（元） | | 1180000.00 | |\n" + GRID
    )

    fields = fields_of(labelled)
    assert fields["归口部门"] == "汉川市统计局"
    assert fields["执行单位"] == "汉川市普查中心"


def test_the_code_of_a_level_is_the_rows_own() -> None:
    """一级指标代号 left of the levels is no field of the project."""
    [record] = records_of(
        TITLE + "项目名称 | 驻村 | | | |\n一级指标代号 | 一级指标 | 二级指标 | 三级指标 | 指标值\n"
        "A | 产出指标 | 数量指标 | 驻村工作队数 | ≥12支\nB | 效益指标 | 社会效益指标 | 返贫率 | ≤1%\n"
    )

    assert [row.extra for row in record.indicators] == [{"一级指标代号": "A"}, {"一级指标代号": "B"}]
    assert set(record.fields) == {"项目名称"}


def test_a_level_2_in_the_column_of_level_1_asks_where_it_is_a_level_1_elsewhere() -> None:
    """满意度 under heads that nobody knows: it slid there, or is the level 1 of its rows."""
    [record] = records_of(
        TITLE
        + "维度 | 细分 | 考核内容 | 预期\n产出 | 数量指标 | 巡护里程 | ≥300公里\n | 质量指标 | 验收合格率 | ≥98%\n"
        "效果 | 社会效益 | 火灾发生率 | ≤1%\n | 服务对象满意度 | 林农满意度 | ≥90%\n满意度 | | 职工满意度 | ≥95%\n"
    )

    last = record.indicators[-1]
    assert last.review or last.level1 == "满意度"
