"""Goal tables of provinces and cities, of departments, of two periods side by side or one after another."""

from __future__ import annotations

import random
from collections.abc import Sequence

from pipeline.document import Role
from pipeline.synth.content import Subject, amount_parts, narrative, people, phones, two_totals
from pipeline.synth.indicators import Goal
from pipeline.synth.layouts.parts import (
    COST_FIRST,
    HENAN_DEPT,
    NATIONAL,
    SHANGHAI_OLD,
    SICHUAN,
    amount,
    check_boxes,
    result_of,
    title,
    with_extra,
    with_goal,
    year_line,
)
from pipeline.synth.layouts.sheet import LEVELS, Column, GridRow, Group1, Sheet, fill_skeleton, finish
from pipeline.synth.model import LaidForm, LaidLine

_FOUR = (*LEVELS, Column("target", "指标值", 0.25))


def _dated(subject: Subject, month: int) -> str:
    return f"{subject.year}-{month:02d}-{'01' if month == 1 else '31'}"


def _with_unit(text: str, unit: str, rng: random.Random) -> str:
    return text + rng.choice((f"（{unit}）", f"({unit})", f"\n（{unit}）"))


def _shanghai(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """财政项目支出绩效目标申报表 2026: =100.00(%), amounts in 元 with separators, funds in two columns."""
    head = rng.choice(("年度指标值", "年度(/项目)指标值", "指标值", "年度（项目）指标值"))
    columns = [*LEVELS[:2], Column("level3", "三级指标", 0.36), Column("target", head, 0.2)]
    sheet = Sheet([0.12, 0.14, 0.2, 0.16, 0.18])
    nature = rng.choice(("一次性项目", "阶段性项目", "经常性项目"))
    kind = rng.choice(("特定目标类", "其他运转类", "人员类"))
    sheet.new_row()
    sheet.pair("项目名称", subject.project, 2)
    sheet.pair("项目性质", nature)
    sheet.new_row()
    sheet.pair("项目类别", kind, 2)
    sheet.pair("主管部门", subject.department)
    sheet.pairs(("实施单位", subject.agency))
    sheet.new_row()
    sheet.pair("计划开始日期", _dated(subject, 1), 2)
    sheet.pair("计划完成日期", _dated(subject, 12))
    money = _with_unit("项目资金", "元", rng)
    (left, left_parts), (right, right_parts) = two_totals(rng, 3, yuan=True)
    left_parts = [left, ""]  # the whole project is paid by the budget
    sheet.new_row()
    sheet.label(money, 1, 4)
    labels = (
        ("项目资金总额", left, "年度资金申请总额", right), ("其中：财政资金", left_parts[0], "其中：当年财政拨款",
        right_parts[0]),
        ("", "", "上年结转资金", right_parts[1]), ("其他资金", left_parts[1], "其他资金", right_parts[2]),
    )  # fmt: skip
    for number, (one, text1, two, text2) in enumerate(labels):
        if number:
            sheet.new_row()
        sheet.label(one)
        # Two columns of amounts: the total at the head of a column says whose part an amount is.
        heads = ((), ()) if number == 0 else ((labels[0][0],), (labels[0][2],))
        if one:
            sheet.value(text1, money, *heads[0], one)
        else:
            sheet.put("", Role.VALUE)
        sheet.label(two)
        sheet.value(text2, money, *heads[1], two)
    sheet.stacked(
        "项目绩效目标",
        (
            ("项目总体目标", narrative("goal", subject, rng, 400)),
            ("年度总体目标", narrative("goal", subject, rng, 300)),
        ),
        (2, 2),
    )
    skeleton = {**COST_FIRST, "效益指标": (*COST_FIRST["效益指标"], "可持续影响指标")}
    groups = with_goal(fill_skeleton(skeleton, subject, rng, skip_blank=rng.random() < 0.5), _bracketed)
    sheet.grid(columns, groups, spans=[1, 1, 2, 1])
    lines = [title("财政项目支出绩效目标申报表", subject), year_line(subject, rng)]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="元")


def _bracketed(goal: Goal) -> Goal:
    """Return the target as Shanghai prints it: two decimals, the unit in brackets."""
    try:
        return (
            goal if goal.words or not goal.unit else Goal(goal.operator, f"{float(goal.number):.2f}", f"({goal.unit})")
        )
    except ValueError:
        return goal


def _sichuan(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """项目支出绩效目标申报表 2021: funds listed one a row."""
    columns = [*LEVELS, Column("target", rng.choice(("指标值（包含数字及文字描述）", "指标值")), 0.25)]
    sheet = Sheet([column.width for column in columns])
    sheet.pairs(("项目名称", subject.project))
    sheet.pairs(("预算单位", subject.agency))
    money = _with_unit("项目资金", "万元", rng)
    labels = (
        "年度资金总额", "（一）财政拨款小计", "1、一般公共预算", "2、政府性基金", "3、国有资本经营预算",
        "（二）自有资金小计",
        "1、事业收入", "2、经营性收入", "（三）其他收入",
    )  # fmt: skip
    total, _ = amount_parts(rng, 2)
    sheet.new_row()
    sheet.label(money, 1, len(labels))
    for number, label in enumerate(labels):
        if number:
            sheet.new_row()
        sheet.label(label)
        sheet.value(total if number < 3 else rng.choice(("", "0", "0.00")), money, label, colspan=0)
    sheet.new_row()
    sheet.label("总体目标")
    sheet.label("年度目标")
    sheet.value(narrative("goal", subject, rng, 500), "总体目标", "年度目标", colspan=0, narrative=True)
    sheet.grid(columns, fill_skeleton(SICHUAN, subject, rng, blank_rows=rng.choice((1, 1, 2))))
    lines = [title("项目支出绩效目标申报表", subject), year_line(subject, rng)]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元")


def _tianjin(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """项目绩效目标表: three header rows only."""
    sheet = Sheet([column.width for column in _FOUR])
    sheet.pairs(("项目名称", subject.project))
    sheet.pairs(
        ("主管预算部门", subject.department), (_with_unit("项目预算金额", "万元", rng), amount(rng, "万元"))
    )  # fmt: skip
    sheet.pairs(("绩效目标", narrative("goal", subject, rng, 500)), narrative=True)
    sheet.grid(_FOUR, fill_skeleton(NATIONAL, subject, rng, skip_blank=rng.random() < 0.6))
    lines = [title(rng.choice(("项目绩效目标表", "{y}年项目绩效目标表")), subject)]
    lines += [year_line(subject, rng)] * ("年" not in lines[0].text)
    return finish(layout, sheet, subject, lines, agency=subject.department, money_unit="万元")


def _gansu(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """省级部门预算项目支出绩效目标表: many narratives, 指标目标值 such as =100百分比."""
    columns = [*LEVELS, Column("target", "指标目标值", 0.25)]
    sheet = Sheet([0.14, 0.12, 0.14, 0.12, 0.24, 0.24])
    sheet.pairs(("一级项目名称", rng.choice(subject.topic.projects)))
    sheet.pairs(("二级项目名称", subject.project))
    sheet.pairs(
        ("项目类型", rng.choice(("其他类项目", "特定目标类"))), ("项目分类", rng.choice(("经常性", "一次性"))),
        ("资金用途", rng.choice(("业务类", "业务类", "公用类"))),
    )  # fmt: skip
    sheet.pairs(("项目主管部门", subject.department))
    sheet.pairs(("项目开始日期", _dated(subject, 1)), ("项目完成日期", _dated(subject, 12)))
    total, parts = amount_parts(rng, 3)
    unit = _with_unit("项目总投资", "万元", rng)
    sheet.pairs((unit, total), ("中央补助安排", parts[1]))
    sheet.pairs(("省级财政安排", parts[0]), ("其他资金", parts[2]))
    sheet.pairs(("预算申报数", total), ("资金性质", rng.choice(("一般公共预算", "政府性基金"))))
    for label, kind in (
        ("基本情况", "overview"), ("项目立项必要性", "need"), ("保证项目实施的制度措施", "measures"), ("项目实施计划",
        "plan"),
    ):  # fmt: skip
        sheet.pairs((label, narrative(kind, subject, rng)), narrative=True)
    sheet.pairs(
        ("组织实施单位", subject.agency), ("监督管理单位", subject.department), ("项目实施单位", subject.agency)
    )  # fmt: skip
    for label, kind in (
        ("政策依据", "basis"), ("其他依据", "remarks"), ("需要说明的其他问题", "remarks"), ("年度绩效目标", "goal"),
    ):  # fmt: skip
        sheet.pairs((label, narrative(kind, subject, rng, 600)), narrative=True)

    def spelled(goal: Goal) -> Goal:
        return Goal(goal.operator, goal.number, "百分比", goal.words) if goal.unit == "%" else goal

    groups = fill_skeleton(
        rng.choice((COST_FIRST, NATIONAL)), subject, rng, skip_blank=rng.random() < 0.5, known_share=0.4
    )
    if rng.random() < 0.6 and not subject.sound:
        groups = with_goal(groups, spelled)
    sheet.grid(columns, groups, spans=[1, 1, 3, 1])
    lines = [title(rng.choice(("省级部门预算项目支出绩效目标表", "{y}年省级部门预算项目支出绩效目标表")), subject)]
    lines.append(year_line(subject, rng))
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元")


def _shanxi(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """市级预算部门（单位）项目支出绩效目标申报表: narratives, two totals, two goals."""
    sheet = Sheet([column.width for column in _FOUR])
    sheet.pairs(("项目名称", subject.project))
    sheet.pairs(("主管部门及代码", f"{subject.department}{rng.randint(1, 399):03d}"), ("实施单位", subject.agency))
    nature = rng.choice(("新增项目", "延续项目", check_boxes(("新增项目", "延续项目"), rng)))
    sheet.pairs(("项目属性", nature), ("项目期限", rng.choice(("1年", "3年", f"{subject.year}年"))))
    money = _with_unit("项目预算资金", "万元", rng)
    sheet.new_row()
    sheet.label(money, 1, 2)
    sheet.label("中期预算资金总额", 2)
    sheet.label("年度预算资金总额")
    sheet.new_row()
    (whole, _), (first, _) = two_totals(rng, 1)
    sheet.value(whole, money, "中期预算资金总额", colspan=2)
    sheet.value(first, money, "年度预算资金总额")
    for label, kind in (
        ("项目概况", "overview"), ("立项依据", "basis"), ("项目设立必要性", "need"), ("保证项目实施的制度、措施",
        "measures"),
        ("项目实施计划", "plan"),
    ):  # fmt: skip
        sheet.pairs((label, narrative(kind, subject, rng, 900)), narrative=True)
    sheet.stacked(
        "总体目标",
        (("中期目标", narrative("goal", subject, rng, 300)), ("年度目标", narrative("goal", subject, rng, 300))),
        (2, 1),
    )
    sheet.grid(_FOUR, fill_skeleton(NATIONAL, subject, rng, blank_rows=rng.choice((1, 2))))
    heading = "{r}预算部门（单位）项目支出绩效目标申报表"
    lines = [title(heading, subject), year_line(subject, rng)]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元")


def _dual(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """财预〔2015〕88号 with two parallel grids: 中期 on the left, 年度 on the right, seven columns and a side label."""
    side = rng.random() < 0.7
    columns = [
        Column("level1", "一级指标", 0.1), Column("level2", "二级指标", 0.1), Column("level3", "三级指标", 0.17),
        Column("target", "指标值", 0.12), Column("level2", "二级指标", 0.1), Column("level3", "三级指标", 0.17),
        Column("target", "指标值", 0.12),
    ]  # fmt: skip
    sheet = Sheet([0.05] * side + [column.width for column in columns])
    first = 1 + side
    sheet.pairs(("项目名称", subject.project), label_span=first)
    sheet.new_row()
    sheet.pair("主管部门及代码", f"{subject.department}{rng.randint(100, 399)}", 2, first)
    sheet.pair("实施单位", subject.agency, 0, 1)
    sheet.new_row()
    nature = rng.choice(("新增项目", "延续项目", check_boxes(("新增项目", "延续项目"), rng)))
    sheet.pair("项目属性", nature, 2, first)
    sheet.pair("项目期", rng.choice(("1年", "3年", f"{subject.year}年-{subject.year + 2}年")), 0, 1)
    money = _with_unit("项目资金", "万元", rng)
    sheet.new_row()
    sheet.label(money, first, 3)
    ends = ("中期", "年度")
    amounts = {end: [total, *parts] for end, (total, parts) in zip(ends, two_totals(rng, 2), strict=True)}
    for number, label in enumerate(("资金总额：", "其中：财政拨款", "其他资金")):
        if number:
            sheet.new_row()
        for end in ends:
            printed = end + label if number == 0 else label
            # 其中：财政拨款 stands twice in the row; the total above it says which one is meant.
            path = (money, f"{end}资金总额") if number else (money,)
            sheet.label(printed, 1 if end == "中期" else 2)
            sheet.value(amounts[end][number], *path, printed, colspan=2 if end == "中期" else 1)
    years = f"（{subject.year}年—{subject.year + 2}年）"
    sheet.stacked(
        "总体目标",
        (
            (rng.choice(("中期目标", f"中期目标{years}")), narrative("goal", subject, rng, 300)),
            ("年度目标", narrative("goal", subject, rng, 300)),
        ),
        (3, 3),
        first,
    )
    marks = rng.random() < 0.2
    left = fill_skeleton(NATIONAL, subject, rng, blank_rows=2, known_share=0.4, placeholders=marks)
    right = fill_skeleton(NATIONAL, subject, rng, blank_rows=2, known_share=0.4, placeholders=marks)
    parallel_grid(sheet, columns, left, right, ("中期", "年度"), side="绩效指标" if side else "")
    lines = [title(rng.choice(("项目支出绩效目标申报表", "项目支出绩效目标表")), subject), year_line(subject, rng)]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元")


def parallel_grid(
    sheet: Sheet,
    columns: Sequence[Column],
    left: Sequence[Group1],
    right: Sequence[Group1],
    periods: tuple[str, str],
    *,
    side: str = "",
    repeat: bool = False,
) -> None:
    """Lay two grids of one skeleton side by side: level 1, then level 2, level 3 and target of each period.

    In the truth all indicators of the left period come before those of the right. Where a level 2 has fewer rows on
    one side, the rest of that side is blank; `repeat` prints level 1 on every row.
    """
    kinds = {column.kind for column in columns}
    assert kinds == {"level1", "level2", "level3", "target"}
    padded: tuple[list[Group1], list[Group1]] = ([], [])
    for one, two in zip(left, right, strict=True):
        groups: tuple[list[tuple[str, list[GridRow]]], ...] = ([], [])
        for sub1, sub2 in zip(one.groups, two.groups, strict=True):
            height = max(len(sub1.rows), len(sub2.rows))
            for found, sub in zip(groups, (sub1, sub2), strict=True):
                found.append((sub.label, [*sub.rows, *[GridRow(None)] * (height - len(sub.rows))]))
        for found, target, origin in zip(groups, padded, (one, two), strict=True):
            target.append(Group1.of(origin.label, found))
    numbers = [
        sheet.add_truth(half, period, [column.kind for column in columns])
        for half, period in zip(padded, periods, strict=True)
    ]
    total = sum(group.height for group in padded[0])
    sheet.new_row()
    if side:
        sheet.put(side, Role.BAR, rowspan=total + 1, vertical=True, centred=True)
    sheet.grid_header(columns)
    row_number = 0
    for group1, group2 in zip(*padded, strict=True):
        for place, (sub1, sub2) in enumerate(zip(group1.groups, group2.groups, strict=True)):
            for line in range(len(sub1.rows)):
                sheet.new_row()
                if repeat or (place == 0 and line == 0):
                    height = 1 if repeat else group1.height
                    index = numbers[0][row_number]
                    sheet.put(group1.label, Role.LEVEL1, rowspan=height, centred=True, indicator=index)
                for sub, index in ((sub1, numbers[0][row_number]), (sub2, numbers[1][row_number])):
                    if line == 0:
                        sheet.put(sub.label, Role.LEVEL2, rowspan=len(sub.rows), centred=True, indicator=index)
                    item = sub.rows[line].item
                    name = sub.rows[line].prefix + (item.name if item else "")
                    sheet.put(name, Role.LEVEL3, indicator=index)
                    sheet.put(item.goal.text if item else "", Role.TARGET, indicator=index)
                row_number += 1


def _wuhan(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """绩效目标表 of 武汉 2020: seven columns, long-term and annual, level 1 printed on every row."""
    third = rng.choice(("三级指标", "指标内容"))
    columns = [
        Column("level1", "一级指标", 0.12), Column("level2", "二级指标(长期)", 0.12),
        Column("level3", f"{third}(长期)", 0.2), Column("target", "指标值(长期)", 0.12),
        Column("level2", "二级指标(年度)", 0.12), Column("level3", f"{third}(年度)", 0.2),
        Column("target", "指标值(年度)", 0.12),
    ]  # fmt: skip
    sheet = Sheet([column.width for column in columns])
    sheet.pairs(("项目名称", subject.project))
    sheet.pairs(("主管部门及编码", f"[{rng.randint(1, 99):03d}{rng.randint(1, 20):03d}]{subject.department}"))
    sheet.pairs(("实施单位", subject.agency))
    sheet.pairs(("项目属性", rng.choice(("延续项目", "新增项目", "经常性项目"))))
    sheet.pairs(("项目起止时间", f"{subject.year}01-{subject.year}12"))
    sheet.new_row()
    sheet.label(_with_unit("项目资金", "万元", rng))
    (whole, _), (first, _) = two_totals(rng, 1)
    sheet.label("资金总额")
    sheet.value(whole, "项目资金", "资金总额", colspan=2)
    sheet.label("当年资金总额")
    sheet.value(first, "项目资金", "当年资金总额", colspan=0)
    sheet.stacked(
        "总体目标",
        (("中期目标", narrative("goal", subject, rng, 300)), ("年度目标", narrative("goal", subject, rng, 300))),
        (3, 3),
    )
    left, right = fill_skeleton(NATIONAL, subject, rng), fill_skeleton(NATIONAL, subject, rng)
    parallel_grid(sheet, columns, left, right, ("长期", "年度"), repeat=rng.random() < 0.7)
    lines = [title(rng.choice(("项目支出绩效目标表", "绩效目标表", "{y}年项目支出绩效目标表")), subject)]
    lines.append(year_line(subject, rng))
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元")


def _county(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """财政支出项目绩效目标申报表: a long-term grid, then an annual one, each under its label."""
    third = rng.choice(("指标内容", "指标内容", "三级指标"))
    columns = [
        *LEVELS[:2],
        Column("level3", third, 0.34),
        Column("target", "指标值", 0.16),
        Column("extra", "备注", 0.1),
    ]
    sheet = Sheet([0.06, *(column.width for column in columns)])
    sheet.pairs(("项目名称", subject.project), label_span=2)
    nature = check_boxes(("新增项目", "延续项目"), rng)
    sheet.pairs(("项目属性", nature), label_span=2)
    sheet.new_row()
    sheet.pair("主管部门", subject.department, 2, 2)
    sheet.pair("主管部门编码", str(rng.randint(100, 399)))
    sheet.pairs(("项目实施单位", subject.agency), label_span=2)
    sheet.new_row()
    sheet.pair("项目负责人", people(rng, subject.split), 2, 2)
    sheet.pair("联系电话", phones(rng))
    year = subject.year
    sheet.pairs(("项目起止时间", rng.choice((f"{year}年1月-{year}年12月", f"{year}.1-{year}.12"))), label_span=2)
    money = _with_unit("项目资金申请", "万元", rng)
    total, parts = amount_parts(rng, 4)
    sheet.new_row()
    labels = ("资金总额：", "财政拨款：", "自有资金：", "事业收入：", "其他：")
    sheet.label(money, 2, len(labels))
    for number, (label, text) in enumerate(zip(labels, (total, *parts), strict=True)):
        if number:
            sheet.new_row()
        sheet.label(label, 2)
        sheet.value(text, money, label, colspan=0)
    sheet.pairs(("单位职能概述", narrative("overview", subject, rng, 300)), label_span=2, narrative=True)
    sheet.pairs(("项目概况", narrative("overview", subject, rng, 500)), label_span=2, narrative=True)
    sheet.new_row()
    sheet.label("项目立项情况", 2, 3)
    for number, (label, kind) in enumerate(
        (("项目立项的依据", "basis"), ("项目申报的可行性", "need"), ("项目申报的必要性", "need"))
    ):
        if number:
            sheet.new_row()
        sheet.label(label)
        sheet.value(narrative(kind, subject, rng, 400), "项目立项情况", label, colspan=0, narrative=True)
    sheet.stacked(
        "项目绩效目标",
        (("长期目标", narrative("goal", subject, rng, 300)), ("年度目标", narrative("goal", subject, rng, 300))),
        (2, 2),
        2,
    )
    skeleton = {key: NATIONAL[key] for key in ("产出指标", "效益指标")}
    skeleton["效益指标"] = ("经济效益指标", "社会效益指标", "环境效益指标", "可持续影响指标")
    skeleton["满意度指标"] = (rng.choice(("服务对象满意度指标", "社会公众或服务对象满意度指标")),)
    for period in ("长期", "年度"):
        groups = fill_skeleton(skeleton, subject, rng, blank_rows=2, placeholders=rng.random() < 0.2)
        side = rng.choice((f"{period}绩效指标", f"项目{period}绩效指标"))
        sheet.grid(columns, groups, side=side, period=period)
        subject.used.clear()
    sheet.pairs(("其他说明的问题", narrative("remarks", subject, rng, 200)), label_span=2, narrative=True)
    lines = [title(rng.choice(("财政支出项目绩效目标申报表", "项目绩效目标表", "专项资金绩效目标表")), subject)]
    lines.append(year_line(subject, rng))
    if rng.random() < 0.6:
        lines.append(LaidLine(f"填报单位（盖章）：{subject.agency}", "note"))
    after = [LaidLine(f"填报人：{people(rng, subject.split)}    单位负责人：{people(rng, subject.split)}", "note")]
    return finish(layout, sheet, subject, lines, after, agency=subject.agency, money_unit="万元")


def _huangshi(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """项目支出绩效目标批复表: last year's value beside this year's, check boxes with their options in one cell."""
    before, now = f"{subject.year - 1}年实际实现值", f"预期{subject.year}年实现值"
    columns = [
        *LEVELS[:2], Column("level3", "三级指标", 0.28), Column("extra", before, 0.14), Column("target", now, 0.14),
        Column("extra", "指标标准或依据", 0.14),
    ]  # fmt: skip
    sheet = Sheet([column.width for column in columns])
    sheet.pairs(("项目名称", subject.project), ("项目负责人", people(rng, subject.split)))
    unit = _with_unit("项目金额", "万元", rng)
    total, parts = amount_parts(rng, 2)
    sheet.pairs((unit, total), ("其中：当年市级财政资金", parts[0]))
    sheet.pairs(("项目主管部门", subject.department), ("实施单位", subject.agency))
    sheet.pairs(
        ("项目属性", check_boxes(("持续性项目", "新增性项目"), rng)), ("项目期", rng.choice(("1年", "长期", "3年")))
    )  # fmt: skip
    sheet.pairs(
        (rng.choice(("年度绩效目标（文字）", "年度绩效目标")), narrative("goal", subject, rng, 400)), narrative=True
    )
    groups = fill_skeleton(NATIONAL, subject, rng, skip_blank=rng.random() < 0.5)
    standards = ("计划标准", "历史标准", "行业标准", "", "财政部门认可标准", "工作计划")
    groups = with_extra(
        groups,
        rng,
        {
            before: lambda item, r: r.choice((result_of(item.goal, r), "")),
            "指标标准或依据": lambda i, r: r.choice(standards),
        },
    )
    sheet.grid(columns, groups)
    lines = [title(rng.choice(("项目支出绩效目标批复表", "{y}年项目支出绩效目标批复表")), subject)]
    lines.append(year_line(subject, rng))
    after = [LaidLine("财政资金管理科室（盖章）    财政绩效管理科室（盖章）", "note")]
    return finish(layout, sheet, subject, lines, after, agency=subject.agency, money_unit="万元")


def _department(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """部门（单位）整体支出绩效目标表: the year's tasks with their money, then the grid."""
    henan = layout == "henan-dept-goal"
    columns = [*LEVELS, Column("target", "指标值", 0.2)]
    if henan:
        columns.append(Column("extra", "指标值说明", 0.15))
    sheet = Sheet([0.06, *(column.width for column in columns)])
    sheet.pairs(("部门（单位）名称", subject.agency), label_span=2)
    heads = ("主要内容", _with_unit("预算金额", "万元", rng))
    tasks = rng.sample((*subject.topic.projects, *subject.topic.works), rng.randint(2, 4))
    sheet.new_row()
    sheet.label("年度主要任务", 1, len(tasks) + 1, vertical=True)
    sheet.label("任务名称", 2)
    sheet.label(heads[0])
    sheet.label(heads[1], 0)
    for number, task in enumerate(tasks):
        sheet.new_row()
        # The first column names the row: 任务1 … or the task itself.
        label = f"任务{number + 1}" if rng.random() < 0.5 else task
        sheet.label(label, 2)
        sheet.value(narrative("goal", subject, rng, 120), "年度主要任务", label, heads[0], narrative=True)
        sheet.value(amount(rng, "万元"), "年度主要任务", label, heads[1], colspan=0)
    sheet.pairs(("年度总体目标", narrative("goal", subject, rng, 500)), label_span=2, narrative=True)
    groups = fill_skeleton(HENAN_DEPT if henan else NATIONAL, subject, rng, skip_blank=rng.random() < 0.4)
    if henan:
        groups = with_extra(
            groups, rng, {"指标值说明": lambda i, r: r.choice(("", "按年初计划", "依据工作台账", "查阅资料"))}
        )
    sheet.grid(columns, groups, side=rng.choice(("绩效指标", "年度绩效指标")))
    headings = ("部门（单位）整体支出绩效目标表", "部门整体支出绩效目标申报表", "部门(单位)整体支出绩效目标表")
    lines = [title("部门（单位）整体绩效目标表" if henan else rng.choice(headings), subject), year_line(subject, rng)]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元")


def _central(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """核心绩效指标表 of 财预〔2021〕101号: five columns, where the value comes from in the last."""
    columns = [*LEVELS, Column("target", "指标值", 0.16), Column("extra", "指标说明", 0.16)]
    sheet = Sheet([column.width for column in columns])
    sheet.pairs(("项目名称", subject.project))
    sheet.pairs(("主管部门", subject.department), ("实施单位", subject.agency))
    sources = ("", "年度工作计划", "行业标准", "历史数据", "国家标准", "根据实际完成数统计")
    groups = with_extra(
        fill_skeleton(COST_FIRST, subject, rng, known_share=0.4), rng, {"指标说明": lambda i, r: r.choice(sources)}
    )
    sheet.grid(columns, groups)
    lines = [
        title(rng.choice(("中央部门本级项目支出核心绩效指标表", "项目支出核心绩效指标表")), subject),
        year_line(subject, rng),
    ]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit=None)


def _shanghai_old(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """财政项目支出绩效目标申报表 before 2020: 一级目标 … with the skeleton that Zhengzhou took over."""
    columns = [
        Column("level1", "一级目标", 0.16), Column("level2", "二级目标", 0.14), Column("level3", "三级目标", 0.4),
        Column("target", "指标目标值", 0.2),
    ]  # fmt: skip
    sheet = Sheet([column.width for column in columns])
    sheet.pairs(("申报单位", subject.agency))
    sheet.pairs(("项目名称", subject.project), ("项目类型", rng.choice(("经常性项目", "一次性项目", "其他经常性项目"))))
    sheet.pairs(("计划开始日期", _dated(subject, 1)), ("计划完成日期", _dated(subject, 12)))
    (whole, _), (first, _) = two_totals(rng, 1, yuan=True)
    sheet.pairs(("项目总预算（元）", whole), ("项目当年预算（元）", first))
    for label, kind in (
        ("项目概况", "overview"), ("立项依据", "basis"), ("项目设立的必要性", "need"), ("保证项目实施的制度、措施",
        "measures"),
        ("项目实施计划", "plan"), ("项目总目标", "goal"), ("年度绩效目标", "goal"),
    ):  # fmt: skip
        sheet.pairs((label, narrative(kind, subject, rng, 600)), narrative=True)
    sheet.bar(rng.choice(("分解目标", "项目绩效目标")))
    sheet.grid(columns, fill_skeleton(SHANGHAI_OLD, subject, rng, skip_blank=rng.random() < 0.5, fixed=0.3))
    lines = [title("财政项目支出绩效目标申报表", subject), year_line(subject, rng)]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="元")


MAKERS = {
    "mof-2015-88-dual": _dual,
    "mof-2021-101-core": _central,
    "shanghai-goal-2026": _shanghai,
    "shanghai-goal-before-2020": _shanghai_old,
    "sichuan-goal-2021": _sichuan,
    "tianjin-2020": _tianjin,
    "gansu-2023": _gansu,
    "shanxi-yangquan-2021": _shanxi,
    "wuhan-2020": _wuhan,
    "county-goal-long-annual": _county,
    "hubei-huangshi-2022": _huangshi,
    "dept-overall-goal-generic": _department,
    "henan-dept-goal": _department,
}
