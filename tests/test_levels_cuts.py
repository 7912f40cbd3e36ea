"""What a page's first row gives back over the break. All names are invented."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import interpret_tools, page_of
from test_levels_archive import fields, records, rows
from test_levels_breaks import HEADS, TITLE, table

from pipeline.document import Line, PageReading, Place, Row, RowCell, Table
from pipeline.interpret import interpret
from pipeline.levels.cuts.cells import partners_of, reaching

GRID = table(HEADS, "产出指标|数量指标|株数|≥9株")
AMOUNTS = "年初预算数|调整后预算数|预算执行数"


def test_amounts_stay_under_their_heads_where_the_merged_label_is_printed_again() -> None:
    """The row's own label stands between the label printed again and the heads."""
    first = table(f"3:预算执行情况|>2:|{AMOUNTS}", ">2:总额|376|370|260", ">2:财政资金|376|366|242")
    second = table("2:预算执行情况|>2:单位资金|5||4", ">2:其他资金|6||3")
    [record] = records("项目支出绩效自评表\n" + first + "\n" + second + GRID)

    found = fields(record)
    assert found["预算执行情况→单位资金→年初预算数"] == "5"
    assert found["预算执行情况→其他资金→预算执行数"] == "3"


def test_levels_printed_again_under_heads_printed_again_begin_no_row() -> None:
    """Between them stands only the rest of a remark."""
    first = table(f"{HEADS}|备注", "产出指标|数量指标|植树株数|≥9株|今后加强支出进度管")
    second = table(f"{HEADS}|备注", "2:产出指标|2:数量指标|||理。", "苗圃数|≥3个|")
    [record] = records(TITLE + first + "\n" + second)

    assert [row[2] for row in rows(record)] == ["植树株数", "苗圃数"]
    assert record.indicators[0].extra["备注"] == "今后加强支出进度管理。"


@pytest.mark.parametrize("foot", ["", "—1一\n", "第 1 页\n", "1\n"])
def test_heads_that_the_page_s_edge_cuts_are_one(foot: str) -> None:
    """偏差原因分析及改 | 进措施 is no row of the grid, whatever stands at the foot of the page."""
    first = table("项目名称|>4:植树", f"{HEADS}|偏差原因分析及改")
    second = table("||||进措施", "产出指标|数量指标|株数|≥9株|无")
    [record] = records("项目支出绩效自评表\n" + first + "\n" + foot + second)

    assert rows(record) == [("产出指标", "数量指标", "株数", "≥9株")]
    assert record.indicators[0].extra == {"偏差原因分析及改进措施": "无"}


def test_the_last_character_of_a_target_is_no_row() -> None:
    """A row of its own has a name, and no target is 次 alone; a person is asked."""
    first = table(HEADS, "2:产出指标|数量指标|服务船工|≥1400人", "质量指标|抚育率|=90%")
    cut = table(HEADS, "产出指标|数量指标|服务船工|≥1400人")
    [record] = records(TITLE + cut + "\n" + table("|||次", "效益指标|社会效益指标|受益人口|≥6万人"))

    assert rows(record)[0] == ("产出指标", "数量指标", "服务船工", "≥1400人次")
    assert record.indicators[0].review
    assert len(rows(record)) == 2
    assert len(rows(records(TITLE + first)[0])) == 2


def test_two_rows_with_names_targets_and_numbers_are_two() -> None:
    """Numbers beside them are each row's own, though both targets are words."""
    first = table(f"{HEADS}|分值", "产出指标|质量指标|值守制度健全性|健全|6")
    second = table("||养护长效机制|中长期|6", "效益指标|社会效益指标|受益人口|≥6万人|5")
    [record] = records("项目支出绩效自评表\n" + first + "\n" + second)

    assert [row[2] for row in rows(record)] == ["值守制度健全性", "养护长效机制", "受益人口"]


def test_only_a_page_s_first_row_goes_back_over_the_break() -> None:
    """Behind it stand rows of the page itself."""
    first = table(f"{HEADS}|备注", "产出指标|质量指标|苗木成活率|≥98%|反映苗木成")
    second = table("||||活率", "||绿地养护|显著|", "效益指标|社会效益指标|受益人口|≥6万人|")
    [record] = records(TITLE + first + "\n" + second)

    assert [row[2] for row in rows(record)] == ["苗木成活率", "绿地养护", "受益人口"]
    assert record.indicators[0].extra["备注"] == "反映苗木成活率"


def test_a_label_cut_with_its_value_keeps_it() -> None:
    """The value was written out in its first line; the label says that it goes on."""
    first = table("项目名称|>3:植树", "项目实施计|>3:第一，六月补植；")
    second = table("划|>3:第二，九月抚育。", "项目总目标|>3:成活。")
    [record] = records(TITLE + first + "\n" + second + GRID)

    value = fields(record)["项目实施计划"]
    assert value.startswith("第一，六月补植；")
    assert value.endswith("第二，九月抚育。")


def test_a_label_of_which_the_rest_is_another_label_keeps_its_value_under_a_parent_printed_again() -> None:
    """可行性 alone is a label too; 项目申报的 is none. What stands below the rest keeps the parent."""
    first = table("项目名称|>2:植树", "项目立项情况|项目申报的|鉴于苗圃现状，逐户走访林农，加强护林员")
    second = table("2:项目立项情况|可行性|队伍建设。", "项目申报的必要性|无")
    [record] = records(TITLE + first + "\n" + second + GRID)

    found = fields(record)
    assert found["项目立项情况→项目申报的可行性"] == "鉴于苗圃现状，逐户走访林农，加强护林员队伍建设。"
    assert found["项目立项情况→项目申报的必要性"] == "无"


def test_a_total_alone_under_heads_printed_again_has_its_columns() -> None:
    """The grid ended on the page before."""
    heads = f"{HEADS}|分值|得分"
    first = table(heads, "产出指标|数量指标|株数|≥9株|50|48")
    second = table(heads, ">4:合计|100|98")
    [record] = records("项目支出绩效自评表\n" + first + "\n" + second)

    found = fields(record)
    assert (found["合计→分值"], found["合计→得分"]) == ("100", "98")


def test_a_cell_that_has_nothing_to_say_is_no_label() -> None:
    """无其他需说明事项 under a head is its value."""
    body = table(
        "项目名称|>3:植树", "2:年度总体目标|预期目标|>2:实际完成情况", "无其他需说明事项|>2:补植两次，全部成活。"
    )
    [record] = records("项目支出绩效自评表\n" + body + GRID)

    assert fields(record)["年度总体目标→预期目标"] == "无其他需说明事项"


def test_a_grid_side_by_side_has_its_rest_twice() -> None:
    """经济效益 | 指标 of the whole term and of the year."""
    heads = "一级指标|二级指标|三级指标|指标值|二级指标|三级指标|指标值"
    first = table(
        heads, "产出指标|数量指标|株数|≥9株|数量指标|株数|≥3株", "效益指标|经济效益|增收|≥5%|经济效益|增收|≥2%"
    )
    second = table("|指标|||指标||", "|社会效益指标|受益人口|≥6万人|社会效益指标|受益人口|≥1万人")
    [record] = records(TITLE + first + "\n" + second)

    assert [row[1] for row in rows(record)] == ["数量指标", "经济效益指标", "社会效益指标"] * 2


@pytest.mark.parametrize(("notes", "found"), [(("unruled",), True), ((), False)])
def test_without_rulings_a_column_goes_on_by_its_number(notes: tuple[str, ...], found: bool) -> None:
    """服务对象满意度指 | 标: outlines are those of the texts, which begin and end at different places of one column."""

    def cell(text: str, left: float, right: float, col: int) -> RowCell:
        polygon = ((left, 0.0), (right, 0.0), (right, 20.0), (left, 20.0))
        return RowCell(text, 0, col, places=(Place(polygon=polygon),), notes=notes)

    above = Row((cell("服务对象满意度指", 134, 184, 1), cell("渔民满意度", 192, 290, 2)), 3, 0, 0)
    rest = cell("标", 152, 166, 1)
    below = Row((rest, cell("学员满意度", 192, 290, 2)), 3, 1, 1)

    partners = partners_of(reaching([above], 0), above, below)

    assert (id(rest) in partners) is found


@pytest.mark.parametrize(("rest", "asks"), [("满意度指标", True), ("第2页", False), ("以上情况属实", False)])
def test_the_last_row_asks_where_a_level_stands_alone_on_the_next_page(rest: str, asks: bool) -> None:
    """The strip of one row that the break cut off has no rulings left, and the rest of 服务对象满意度 is gone."""
    lines = ["项目名称 | 义务植树 | |", HEADS.replace("|", " | "), "产出指标 | 数量指标 | 植树株数 | ≥9株"]
    grid = page_of("\n".join([TITLE.strip(), "", *lines, "满意度指标 | 服务对象满意度 | 群众满意度 | ≥90%"]))
    [record] = interpret([grid, page_of(rest, 1)], "form", "0" * 64, interpret_tools())

    assert [row.review for row in record.indicators] == [False, asks]


@pytest.mark.parametrize(("one", "other"), [("2017年12", "月底前"), ("2016年12月", "31日前"), ("2016年", "6月底前")])
def test_a_date_that_the_page_s_edge_cuts_is_one(one: str, other: str) -> None:
    """The rest of it looks like a target of its own, and beside it stands the rest of what was done."""
    first = table(f"{HEADS}|实际完成值", f"产出指标|时效指标|巡查完成时间|{one}|{one}")
    second = table(f"|||{other}|{other}", "满意度指标|服务对象满意度指标|渔民满意度|≥90%|91%")
    [record] = records(TITLE + first + "\n" + second)

    assert [row[3] for row in rows(record)] == [one + other, "≥90%"]


def _written_to(page: PageReading, text: str, right: float) -> PageReading:
    """The page with the line of this cell's text ending at a share of its cell's width."""

    def seen(table: Table) -> Table:
        readings = []
        for reading in table.readings:
            if reading.text != text:
                readings.append(reading)
            else:
                (left, top), (end, _), (_, foot), _ = reading.places[0].polygon
                edge = left + right * (end - left)
                place = Place(page=page.index, polygon=((left, top), (edge, top), (edge, foot), (left, foot)))
                readings.append(replace(reading, lines=(Line(text, place),)))
        return replace(table, readings=tuple(readings))

    return replace(page, blocks=tuple(seen(block) if isinstance(block, Table) else block for block in page.blocks))


@pytest.mark.parametrize(("right", "count"), [(0.4, 3), (0.95, 2)])
def test_a_target_with_room_behind_it_ends_where_its_page_does(right: float, count: int) -> None:
    """大幅改观 leaves room for what would follow, had it been cut: the next page begins with a row of its own."""
    names = ["辖内监护低碳贡献", "矿坑复绿对环境的影响"]
    lines = [TITLE.strip(), "项目名称 | 义务植树 | |", HEADS.replace("|", " | ")]
    first = page_of("\n".join([*lines, f"效益指标 | 生态效益指标 | {names[0]} | 大幅改观"]), pixels=True)
    second = page_of(f" | | {names[1]} | 进一步巩固\n满意度指标 | 群众满意度 | 渔民满意度 | ≥90%", 1, pixels=True)
    pages = [_written_to(first, "大幅改观", right), second]
    [record] = interpret(pages, "form", "0" * 64, interpret_tools())

    found = [row.level3 for row in record.indicators]
    assert found == ([*names, "渔民满意度"] if count == 3 else ["".join(names), "渔民满意度"])
