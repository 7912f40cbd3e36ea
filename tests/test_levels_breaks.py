"""What a page's edge parts, and what only looks parted. All names are invented."""

from __future__ import annotations

import pytest
from test_levels_archive import fields, records, rows

from pipeline.document import Role, Row, RowCell
from pipeline.levels.fields import FieldGatherer

HEADS = "一级指标|二级指标|三级指标|指标值"
TITLE = "项目支出绩效目标表\n"


def table(*lines: str) -> str:
    """An HTML table; `3:` before a text makes it three rows high, `>3:` three columns wide."""
    cells = ["".join(_cell(text) for text in line.split("|")) for line in lines]
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>\n"


def _cell(text: str) -> str:
    wide = text.startswith(">")
    number, colon, rest = text.removeprefix(">").partition(":")
    if colon and number.isdigit():
        return f"<td {'colspan' if wide else 'rowspan'}={number}>{rest}</td>"
    return f"<td>{text}</td>"


def test_an_upright_label_cut_by_the_page_edge_is_no_level() -> None:
    """长期绩效 | 指标 stands beside the grid, however the page parts it."""
    first = table(f"3:长期绩效|{HEADS}", "2:产出指标|2:数量指标|改造渡口数|≥18处", "培训船工人数|≥40人")
    second = table("2:指标|1:||新建码头数|≥2个", "效益指标|社会效益指标|受益人口|≥6万人")
    [record] = records(TITLE + first + "\n" + second)

    assert rows(record)[2] == ("产出指标", "数量指标", "新建码头数", "≥2个")


def test_a_level_s_weight_cut_by_the_page_edge_is_one() -> None:
    """效益指标（20 | 分） is no other level."""
    first = table(HEADS, "产出指标（50分）|数量指标|植树株数|≥5万株", "效益指标（20|社会效益指标|受益人口|≥6万人")
    second = table("2:分）|生态效益指标|绿化率|≥40%", "经济效益指标|增收|≥5%")
    [record] = records(TITLE + first + "\n" + second)

    assert [row[0] for row in rows(record)] == ["产出指标", "效益指标", "效益指标", "效益指标"]
    assert [i.extra["一级指标权重"] for i in record.indicators] == ["50分", "20分", "20分", "20分"]


def test_the_rest_of_a_name_beside_restated_levels_is_no_row() -> None:
    """The next page prints merged levels again; between them stands only what the break cut."""
    first = table(HEADS, "2:产出指标|数量指标|租赁平板电脑|≥50台", "质量指标|租赁平板电脑|≥95%")
    second = table("3:产出指标|2:质量指标|合格率|", "返修率|≤2%", "时效指标|交付及时率|=100%")
    [record] = records(TITLE + first + "\n" + second)

    assert [row[2:] for row in rows(record)] == [
        ("租赁平板电脑", "≥50台"), ("租赁平板电脑合格率", "≥95%"), ("返修率", "≤2%"), ("交付及时率", "=100%"),
    ]  # fmt: skip


def test_two_names_over_each_other_are_two() -> None:
    """产出 and 质量指标 would make a name together; each is one alone."""
    first = table("绩效维度|维度细分|考核内容|年度预期", "产出|数量指标|植树株数|≥5万株")
    second = table("2:质量指标||成活率|≥85%", "|抚育率|≥90%")
    [record] = records(TITLE + first + "\n" + second)

    assert "产出质量指标" not in record.to_json()


def test_a_head_over_a_blank_is_a_head() -> None:
    """中期目标 without a text stands beside 年度目标, not over it."""
    [record] = records(
        TITLE + table("2:总体目标|中期目标|>2:年度目标", "|>2:完成补植。", HEADS, "产出指标|数量指标|株数|≥9株")
    )

    assert fields(record) == {"总体目标→中期目标": "", "总体目标→年度目标": "完成补植。"}


def test_heads_hold_over_the_page_where_their_parent_is_printed_again() -> None:
    """The page ends between 预期目标 and its text."""
    first = table("项目名称|>3:义务植树", "年度总体目标|预期目标|>2:实际完成情况")
    second = table("年度总体目标|植树五万株。|>2:植树六万株。", HEADS, "产出指标|数量指标|株数|≥9株")
    [record] = records("项目支出绩效自评表\n" + first + "\n" + second)

    assert fields(record) == {
        "项目名称": "义务植树", "年度总体目标→预期目标": "植树五万株。", "年度总体目标→实际完成情况": "植树六万株。",
    }  # fmt: skip


def test_an_agency_that_reads_like_a_label_is_a_value() -> None:
    """归口部门, 某市统计局, 执行单位, 某中心: four cells are two pairs."""
    row = "归口部门|汉岭市统计局|执行单位|汉岭市普查中心"
    [record] = records(TITLE + table("项目名称|>3:普查", row, HEADS, "产出指标|数量指标|株数|≥9株"))

    assert fields(record)["归口部门"] == "汉岭市统计局"
    assert record.form.agency == "汉岭市普查中心"


def test_the_foot_of_a_form_under_its_repeated_title_is_its_own() -> None:
    """The title is printed on the last page too; 其他说明的问题 begins no form."""
    first = table("项目名称|>3:义务植树", HEADS, "产出指标|数量指标|株数|≥9株")
    found = records(TITLE + first + "\n" + TITLE + "\n" + table("其他说明的问题|>3:无"))

    assert len(found) == 1
    assert fields(found[0])["其他说明的问题"] == "无"


def test_a_title_over_two_lines_is_one() -> None:
    """Long names of agencies push 申报表 to a line of its own."""
    body = table("项目名称|>3:义务植树", HEADS, "产出指标|数量指标|株数|≥9株")
    [record] = records("瑞林经济开发区水产技术推广站2026年度预算\n绩效目标申报表\n" + body)

    assert record.form.title in ("瑞林经济开发区水产技术推广站2026年度预算绩效目标申报表", "绩效目标申报表")
    [record] = records("瑞林经济开发区水产技术推广站2026年度预算绩效目标申\n报表\n" + body)

    assert record.form.title == "瑞林经济开发区水产技术推广站2026年度预算绩效目标申报表"
    assert record.form.agency == "瑞林经济开发区水产技术推广站"


def test_a_blank_grid_without_levels_is_one_blank_indicator() -> None:
    """An empty row is data."""
    [record] = records(
        "部门绩效目标表\n" + table("项目名称|>3:植树", "序号|指标名称|计量单位|年度指标值", "|||", "|||")
    )

    assert rows(record) == [(None, None, None, None)]


def test_a_level_of_another_framework_in_one_run_is_no_doubt() -> None:
    """效果指标 over 服务对象满意度指标 is what the form says; behind a page break a level may be lost between."""
    lines = ["2:效果指标|社会效益指标|受益人数|≥6万人", "服务对象满意度指标|群众满意度|≥90%"]
    [one] = records(TITLE + table(HEADS, "产出指标|数量指标|株数|≥9株", *lines))
    [cut] = records(TITLE + table(HEADS, "产出指标|数量指标|株数|≥9株", lines[0][2:]) + "\n" + table("|" + lines[1]))

    assert [i.review for i in one.indicators] == [False, False, False]
    assert cut.indicators[-1].review


def test_notes_and_captions_of_seals_are_told_and_ask_nobody() -> None:
    """They are the print's own; nothing that was read is lost."""
    body = table("项目名称|>3:植树", HEADS, "产出指标|数量指标|株数|≥9株")
    [record] = records(TITLE + body + "\n注：本表由项目单位填写。\n\n财政科（盖章）  绩效科（签章）\n")

    assert [(f.code, f.severity) for f in record.findings if f.code.startswith("text.")] == [
        ("text.unplaced", "info")
    ] * 2


def test_the_head_of_a_blank_column_is_told() -> None:
    """No indicator names it, and nothing that was read is lost."""
    [record] = records(TITLE + table(f"{HEADS}|实际完成值|备注", "产出指标|数量指标|株数|≥9株||三年内"))

    found = [(f.severity, f.message) for f in record.findings if f.code == "text.unplaced"]
    assert found == [("info", "“实际完成值”一栏全部空白")]
    assert record.indicators[0].extra == {"备注": "三年内"}


def test_a_parent_goes_on_over_the_page_as_far_as_its_blank_rest() -> None:
    """A table of amounts inside the head is cut; what stands beside the merged label is still under its heads."""
    first = table("3:预算执行情况|>2:|年初预算数|预算执行数", ">2:总额|376|260", ">2:财政资金|376|242")
    second = table("2:|>2:单位资金|5|4", ">2:其他资金|6|3", "项目名称|>4:植树")
    grid = table(HEADS, "产出指标|数量指标|株数|≥9株")
    [record] = records("项目支出绩效自评表\n" + first + "\n" + second + grid)

    assert fields(record)["预算执行情况→其他资金→预算执行数"] == "3"
    assert fields(record)["项目名称"] == "植树"


def test_a_parent_is_printed_again_over_the_page_where_one_reading_of_it_is_wrong() -> None:
    """A fax has 情况 as 情況 on the first page: the amounts below on the second one had lost their heads."""
    first = table("3:预算执行情況|>2:|年初预算数|预算执行数", ">2:总额|376|260")
    second = table("2:预算执行情况|>2:单位资金|5|4", ">2:其他资金|6|3", "项目名称|>4:植树")
    grid = table(HEADS, "产出指标|数量指标|株数|≥9株")
    [record] = records("项目支出绩效自评表\n" + first + "\n" + second + grid)

    found = {key.split("→", 1)[1]: value for key, value in fields(record).items() if "→" in key}
    assert (found["单位资金→预算执行数"], found["其他资金→年初预算数"]) == ("4", "6")


def test_a_row_of_amounts_without_heads_asks() -> None:
    """Which of them is the budget and which was spent, somebody has to say."""
    amounts = table("项目名称|>3:义务植树", "财政资金|28|23.2|100%", "负责人|>3:王某某")
    [record] = records("项目支出绩效自评表\n" + amounts + table(HEADS, "产出指标|数量指标|株数|≥9株"))

    asked = {key: value.review for key, value in record.fields.items()}
    assert asked["财政资金"]
    assert not asked["项目名称"]


@pytest.mark.parametrize("read", ["十", "一.", "一—"])
def test_a_single_character_names_no_field(read: str) -> None:
    """A dash under a watermark is read as 十: the row's other values lost their heads to it."""
    amounts = table(
        "项目名称|>5:义务植树", "3:项目资金（万元）||年初预算数|全年预算数|执行率|得分",
        "年度资金总额|33.6|3157|97%|8.7", f"其中：财政拨款|33.6|1705|{read}|—", HEADS, "产出指标|数量指标|株数|≥9株",
    )  # fmt: skip
    [record] = records("项目支出绩效自评表\n" + amounts)

    assert fields(record)["项目资金→其中：财政拨款→全年预算数"] == "1705"
    assert fields(record)["项目资金→其中：财政拨款→执行率"] == read


def test_a_blank_under_a_seal_asks() -> None:
    """What stood there may have gone with the seal; a blank that is sure asks nobody."""

    def gathered(confidence: float) -> list[float]:
        label = RowCell("分值", 0, 0, role=Role.LABEL)
        gatherer = FieldGatherer()
        gatherer.row(Row((label, RowCell("", 0, 1, confidence=confidence)), 2, 0, 0))
        return [cell.confidence for entry in gatherer.fields for cell in entry.values]

    assert gathered(0.5) == [0.5]
    assert gathered(1.0) == []


def test_a_field_and_its_value_in_one_cell_are_two_and_ask() -> None:
    """The wall between them is lost on a fax: 单位编码091003 was the parent of the field beside it."""
    gatherer = FieldGatherer(("单位编码", "项目负责人", "联系人", "联系电话"))
    texts = ("单位编码091003", "资金用途", "业务类")
    roles = (Role.LABEL, Role.LABEL, Role.VALUE)
    cells = [RowCell(text, 0, col, role=role) for col, (text, role) in enumerate(zip(texts, roles, strict=True))]
    gatherer.row(Row(tuple(cells), 3, 0, 0))
    gatherer.row(Row((RowCell("联系人邹某", 1, 0, colspan=3, role=Role.LABEL),), 3, 0, 0))
    gatherer.row(Row((RowCell("联系人电话", 2, 0, colspan=3, role=Role.LABEL),), 3, 0, 0))

    found = [("".join(c.text for c in e.labels), [c.text for c in e.values]) for e in gatherer.fields]
    assert found == [("单位编码", ["091003"]), ("资金用途", ["业务类"]), ("联系人", ["邹某"]), ("联系人电话", [])]
    assert gatherer.fields[0].values[0].confidence <= 0.5


def test_a_column_of_level_2_names_is_told_under_a_head_that_nobody_knows() -> None:
    """绩效维度 | 度维细分 | 考核内容: names that slid one column to the left outnumber those of the column itself."""
    grid = table(
        "绩效维度|度维细分|考核内容|年度预期", "投入|财务管理|经费支出合规性|合规", "产出|数量指标|良种推广面积|≥80亩",
        "|专项年鉴购置数量||≥43册", "|编印专项年鉴数量||≥11册", "|发布会参加人数||≥13人", "|质量指标|年鉴优良率|≥95%",
        "|时效指标|编印完成时间|12月底前", "效果|社会效益|调查员知晓率|≥90%",
    )  # fmt: skip
    [record] = records("项目支出绩效目标表\n" + grid)

    found = {row.level3: row.level2 for row in record.indicators}
    assert {found["良种推广面积"], found["年鉴优良率"], found["调查员知晓率"]} == {"数量指标", "质量指标", "社会效益"}


def test_a_head_that_nobody_knows_stands_over_targets_where_bounds_do() -> None:
    """预斯2023年实现值 names no column; =98% and ≥20条 below it do. What was reached last year has no signs."""
    grid = table(
        "项目名称|>5:义务植树", "一级指标|二级指标|三级指标|2022年实际实现值|预斯2023年实瑰值|指标标准或依据",
        "产出指标|数量指标|植树株数|18条|≥20条|计划标准", "|质量指标|成活率|97%|=98%|历史标准",
        "满意度指标|服务对象满意度指标|群众满意度||≥90%|行业标准",
    )  # fmt: skip
    [record] = records("项目支出绩效目标表\n" + grid)

    assert [row[3] for row in rows(record)] == ["≥20条", "=98%", "≥90%"]


def test_a_header_printed_again_means_what_it_meant_before() -> None:
    """Over a page whose rulings were lost, the head of the units holds the first unit as well; the others stand."""
    heads = "一级指标|二级指标|三级指标|指标性质|指标值|度量单位"
    first = table("项目名称|>5:义务植树", heads, "产出指标|数量指标|植树株数|≥|20|株")
    second = table(heads + "“%", "产出指标|质量指标|成活率|≥|98|%", "满意度指标|服务对象满意度指标|群众满意度|≥|90|%")
    [record] = records("项目支出绩效目标表\n" + first + "\n" + second)

    assert [row[3] for row in rows(record)] == ["≥20株", "≥98%", "≥90%"]


def test_a_label_that_a_stroke_cuts_is_one_in_doubt() -> None:
    """部门 | （单位）名称 of a fax: the layout has a field of this name and none of its parts."""
    form = table(
        "部门|（单位）名称|>3:淮河县统计局", "2:年度主要任务|>2:任务名称|主要内容|预算金额（万元）",
        ">2:任务1|提高数据质量|12", "年度总体目标|>4:确保统计数据真实准确。", "一级指标|二级指标|三级指标|指标值|备注",
        "产出指标|数量指标|普查对象数|≥20户|", "|质量指标|上报率|≥98%|",
    )  # fmt: skip
    [record] = records("部门（单位）整体支出绩效目标表\n" + form)

    assert fields(record)["部门（单位）名称"] == "淮河县统计局"


def test_a_label_ends_with_a_colon_though_a_semicolon_was_read() -> None:
    """财政拨款； is no sentence; a fax gives the lower point a tail."""
    form = table(
        "项目名称|>3:义务植树",
        "2:项目资金（万元）|资金总额：|>2:3157",
        "财政拨款；|>2:3000",
        HEADS,
        "产出指标|数量指标|株数|≥9株",
    )
    [record] = records("项目支出绩效目标表\n" + form)

    assert fields(record)["项目资金→财政拨款"] == "3000"


@pytest.mark.parametrize("label", ["其他.资金", "其他资金·", "其他·资金'"])
def test_dust_beside_the_characters_of_a_label_is_none_of_it(label: str) -> None:
    """A mark that no label has is dust where what is left is a label."""
    form = table(
        "项目名称|>3:义务植树",
        "2:项目资金（万元）|资金总额：|>2:3157",
        f"{label}|>2:3000",
        HEADS,
        "产出指标|数量指标|株数|≥9株",
    )
    [record] = records("项目支出绩效目标表\n" + form)

    assert fields(record)["项目资金→其他资金"] == "3000"


@pytest.mark.parametrize("label", ["项目资金（万元", "项目资金(万.元)", "项目资金（万 元）"])
def test_a_unit_in_a_broken_bracket_or_with_dust_is_no_part_of_the_label(label: str) -> None:
    """项目资金（万元 over a list of amounts is 项目资金."""
    form = table(
        "项目名称|>3:义务植树",
        f"2:{label}|资金总额：|>2:3157",
        "财政拨款：|>2:3000",
        HEADS,
        "产出指标|数量指标|株数|≥9株",
    )
    [record] = records("项目支出绩效目标表\n" + form)

    assert fields(record)["项目资金→财政拨款"] == "3000"


def test_a_label_beside_numbered_ones_has_lost_its_number() -> None:
    """任务 above 任务2 and 任务3: the values stand under a name that is not theirs."""
    form = table(
        "项目名称|>3:义务植树", "3:年度主要任务|任务名称|主要内容|预算金额（万元）", "任务|植树|12", "任务2|浇水|13",
        HEADS, "产出指标|数量指标|株数|≥9株",
    )  # fmt: skip
    [record] = records("项目支出绩效目标表\n" + form)

    asked = {key.split("→")[1]: value.review for key, value in record.fields.items() if key.count("→") == 2}
    assert asked == {"任务": True, "任务2": False}


@pytest.mark.parametrize("head", ["博ま三级指标AFRIL", "“三级指标1l", "一三级指标"])
def test_specks_beside_a_head_hide_no_column(head: str) -> None:
    """What a fax's dirt is read as has no words in it."""
    grid = table(
        "项目名称|>3:义务植树", f"一级指标|二级指标|{head}|指标值", "产出指标|数量指标|植树株数|≥20株",
        "满意度指标|服务对象满意度指标|群众满意度|≥90%",
    )  # fmt: skip
    [record] = records("项目支出绩效目标表\n" + grid)

    assert [row[2] for row in rows(record)] == ["植树株数", "群众满意度"]


def test_heads_whose_brackets_were_lost_are_heads() -> None:
    """预算金额万元 over amounts is 预算金额（万元）, a field of this layout, and no value."""
    form = table(
        ">2:部门（单位）名称|>3:淮河县统计局", "4:年度主要任务|>2:任务名称|主要内容|预算金额万元",
        ">2:任务1|提高数据质量|12", ">2:任务2|培训|13", ">2:任务3|检查|14", ">2:年度总体目标|>3:确保统计数据真实准确。",
        "一级指标|二级指标|三级指标|指标值|备注", "产出指标|数量指标|普查对象数|≥20户|", "|质量指标|上报率|≥98%|",
    )  # fmt: skip
    [record] = records("部门（单位）整体支出绩效目标表\n" + form)

    assert fields(record)["年度主要任务→任务2→预算金额"] == "13"


def test_a_grid_without_heads_asks_for_every_row() -> None:
    """What its columns hold was told by what stands in them: half of two parallel grids may be taken for remarks."""
    grid = table(
        "项目名称|>4:义务植树", "产出指标|数量指标|植树株数|≥20株|≥30株", "|质量指标|成活率|≥98%|≥99%",
        "满意度指标|服务对象满意度指标|群众满意度|≥90%|≥95%",
    )  # fmt: skip
    [record] = records("项目支出绩效目标表\n" + grid)

    assert record.indicators
    assert all(row.review for row in record.indicators)


@pytest.mark.parametrize("remnant", ["", "三级指标|指标性质|>3:指标值度量单位"])
def test_a_grid_whose_heads_a_page_s_foot_lost_is_told_by_its_levels(remnant: str) -> None:
    """Of the heads nothing is left, or a few that name other columns: the levels below them stand beside each other."""
    first = table("项目名称|>4:义务植树", "主管部门|>4:某某县林业局", *([remnant] if remnant else []))
    second = table(
        "产出指标|数量指标|植树株数|≥|20|株", "产出指标|质量指标|成活率|≥|98|%", "产出指标|时效指标|完成及时率|=|100|0",
        "效益指标|社会效益指标|受益人口|≥|600|人", "满意度指标|服务对象满意度指标|群众满意度|≥|90|%",
    )  # fmt: skip
    [record] = records("项目支出绩效目标表\n" + first + "\n" + second)

    assert rows(record)[0][:3] == ("产出指标", "数量指标", "植树株数")
    assert [i.target.value if i.target else None for i in record.indicators][1] == "≥98%"
    assert len(record.indicators) == 5
    assert all(row.review for row in record.indicators)
    assert not any("指标" in key for key in fields(record))


def test_heads_that_share_their_cells_with_the_row_below_come_apart_and_ask() -> None:
    """The ruling between was lost; what was read of it stands between head and level."""
    grid = table(
        "项目名称|>3:义务植树", "一级指标产出指标|二级指标，数量指标|三级指标植树株数|指标值≥20株",
        "产出指标|质量指标|成活率|≥98%", "满意度指标|服务对象满意度指标|群众满意度|≥90%",
    )  # fmt: skip
    [record] = records("项目支出绩效目标表\n" + grid)

    assert rows(record)[0] == ("产出指标", "数量指标", "植树株数", "≥20株")
    assert [row.review for row in record.indicators] == [True, False, False]


def test_a_level_that_a_break_cuts_joins_no_rows_that_have_names_and_targets_of_their_own() -> None:
    """经济效益指 | 标 stands amid two rows: the page's end cuts the level's cell, and no row's."""
    heads = "一级指标|二级指标|三级指标|指标值"
    first = table(
        "项目名称|>3:义务植树", heads, "产出指标|数量指标|植树株数|≥20株", "效益指标|经济效益指|旅游收入增长率|≥3%"
    )
    second = table("|标|挽回冰雹灾害损失情况|进一步巩固", "满意度指标|服务对象满意度指标|群众满意度|≥90%")
    [record] = records("项目支出绩效目标表\n" + first + "\n" + second)

    assert [row.level3 for row in record.indicators] == [
        "植树株数", "旅游收入增长率", "挽回冰雹灾害损失情况", "群众满意度",
    ]  # fmt: skip
    assert [row.level2 for row in record.indicators][1:3] == ["经济效益指标", "经济效益指标"]


def test_a_level_misread_on_one_page_is_said_again_on_the_next() -> None:
    """Below 社会放益指标 the next page begins with 社会效益指标 and the rest of a name: that is no row."""
    heads = "一级指标|二级指标|三级指标|指标值"
    first = table(
        "项目名称|>3:义务植树", heads, "产出指标|数量指标|植树株数|≥20株", "效益指标|社会放益指标|是否改善林区道|是"
    )
    second = table("效益指标|社会效益指标|路|", "满意度指标|服务对象满意度指标|群众满意度|≥90%")
    [record] = records("项目支出绩效目标表\n" + first + "\n" + second)

    assert [row.level3 for row in record.indicators] == ["植树株数", "是否改善林区道路", "群众满意度"]


def test_heads_of_amounts_that_a_break_cuts_are_one_beside_heads_printed_again() -> None:
    """年初预 | 算 and 预算执行 | 率, while 权重 and 得分 of one line stand on both pages."""
    first = table("项目名称|>5:义务植树", "预算执行情况（10||年初预|预算执行|权重|得分")
    second = table(
        "3:分）||算|率|权重|得分", "总额|649|100%|10|10", "其中：财政资金|77|99%|—|—",
        "一级指标|二级指标|三级指标|指标值|完成值|得分", "产出指标|数量指标|株数|≥9株|9株|10",
    )  # fmt: skip
    [record] = records("部门预算项目支出绩效自评表\n" + first + "\n" + second)

    values = fields(record)
    assert [value for key, value in values.items() if key.endswith("财政资金→年初预算")] == ["77"]
    assert [value for key, value in values.items() if key.endswith("总额→预算执行率")] == ["100%"]
