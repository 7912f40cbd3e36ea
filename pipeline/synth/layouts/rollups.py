"""Tables with one project a row block, text lists of indicators inside one cell, and graded thresholds."""

from __future__ import annotations

import random
from dataclasses import replace

from pipeline.document import Role
from pipeline.synth.content import Subject, amount_parts, make_subject, narrative
from pipeline.synth.indicators import Goal
from pipeline.synth.layouts.parts import (
    COST_FIRST,
    NATIONAL,
    amount,
    mapped,
    title,
    unit_line,
    with_extra,
    with_goal,
    year_line,
)
from pipeline.synth.layouts.sheet import LEVELS, Column, GridRow, Group1, Sheet, fill_skeleton, finish
from pipeline.synth.model import LaidForm, LaidLine

_HEBEI = {
    "产出指标": ("数量指标", "质量指标", "时效指标", "成本指标"),
    "效果指标": ("经济效益指标", "社会效益指标", "生态效益指标", "可持续影响指标", "满意度指标"),
}


def _hunan(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """湖南: thirteen columns; the operator, where there is one, stands with the number."""
    columns = [
        *LEVELS[:2], Column("level3", "三级指标", 0.14), Column("number", "指标值", 0.07),
        Column("extra", "指标值内容", 0.12), Column("extra", "评（扣）分标准", 0.12), Column("unit", "度量单位", 0.05),
        Column("extra", "指标值类型", 0.05), Column("extra", "备注", 0.04),
    ]  # fmt: skip
    money = rng.choice(("资金总额（万元）", "资金总额(万元)", "资金总额"))
    heads = ("单位代码", "单位（专项）名称", money, "实施期绩效目标")
    sheet = Sheet([0.06, 0.08, 0.05, 0.14, *(column.width for column in columns)])
    _heads(sheet, heads, columns)
    rules = ("", "未达标酌情扣分", "每少1%扣0.5分", "完成得满分，未完成不得分")
    skip = rng.random() < 0.4
    signs = rng.random() < 0.6
    for project in _projects(layout, subject, rng):
        groups = fill_skeleton(COST_FIRST, project, rng, skip_blank=skip)
        groups = with_extra(
            groups,
            rng,
            {
                "指标值内容": lambda item, r: r.choice((f"反映{item.name}情况", f"全年{item.name}", "")),
                "评（扣）分标准": lambda item, r: r.choice(rules),
                "指标值类型": lambda item, r: "定性" if item.goal.words else "定量",
            },
        )
        groups = with_goal(groups, lambda goal: _with_sign(goal, keep=signs))
        texts = (
            str(rng.randint(100001, 599999)),
            project.project,
            amount(rng, "万元"),
            narrative("goal", project, rng, 200),
        )
        _block(sheet, heads, texts, columns, groups, first=project is subject)
    lines = [title("{y}年项目支出绩效目标表", subject)]
    if money == "资金总额" or rng.random() < 0.3:
        lines.append(unit_line(rng))
    return finish(layout, sheet, subject, lines, agency=None, money_unit="万元")


def _with_sign(goal: Goal, *, keep: bool) -> Goal:
    """Return the target with its operator as part of the number, or dropped."""
    return goal if goal.words else Goal("", (goal.operator if keep else "") + goal.number, goal.unit)


def _yunnan(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """云南 预算05表: ten columns, operator, number and unit apart."""
    columns = [
        *LEVELS[:2], Column("level3", "三级指标", 0.16), Column("operator", "指标性质", 0.06),
        Column("number", "指标值", 0.08), Column("unit", "度量单位", 0.06), Column("extra", "指标属性", 0.06),
        Column("extra", "指标内容", 0.14),
    ]  # fmt: skip
    heads = ("单位名称、项目名称", "项目年度绩效目标")
    sheet = Sheet([0.1, 0.16, *(column.width for column in columns)])
    _heads(sheet, heads, columns)
    skip = rng.random() < 0.4
    for project in _projects(layout, subject, rng):
        groups = with_extra(
            fill_skeleton(NATIONAL, project, rng, skip_blank=skip),
            rng,
            {
                "指标属性": lambda item, r: "定性指标" if item.goal.words else "定量指标",
                "指标内容": lambda item, r: r.choice((f"反映{item.name}情况", f"考核{item.name}", "")),
            },
        )
        texts = (project.project, narrative("goal", project, rng, 200))
        _block(sheet, heads, texts, columns, groups, first=project is subject)
    lines = [LaidLine("预算05-2表", "note"), title("项目支出绩效目标表", subject), year_line(subject, rng)]
    return finish(layout, sheet, subject, lines, agency=None, money_unit=None)


def _projects(layout: str, subject: Subject, rng: random.Random) -> list[Subject]:
    """Return the subject, and where the layout holds many, one to three more projects of its agency."""
    more = rng.randint(1, 3) if layout.endswith("-many") else 0
    found = [subject]
    for _ in range(more):
        found.append(make_subject(rng, subject.split, like=subject, sound=subject.sound, wild=0.0))
    return found


def _heads(sheet: Sheet, heads: tuple[str, ...], columns: list[Column]) -> None:
    sheet.new_row()
    for head in heads:
        sheet.put(head, Role.HEADER, centred=True, shaded=True)
    sheet.grid_header(columns)


def _block(
    sheet: Sheet,
    heads: tuple[str, ...],
    texts: tuple[str, ...],
    columns: list[Column],
    groups: list[Group1],
    *,
    first: bool,
) -> None:
    """Put one project: its fields merged over the rows of its indicators."""
    if not first:
        sheet.next_project()
    height = sum(group.height for group in groups)
    sheet.new_row()
    for head, text in zip(heads, texts, strict=True):
        sheet.value(text, head, rowspan=height, narrative="目标" in head)
    sheet.grid(columns, groups, header=False, continued=True)


def _anhui(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """安徽 项目绩效目标和指标: a project a row, its indicators as a list inside one cell."""
    heads = (
        "单位编码",
        rng.choice(("单位名称(项目类别/支出项目)", "单位名称（支出项目）")),
        "年度预算安排",
        "项目内容",
        "绩效目标",
    )
    sheet = Sheet((0.08, 0.16, 0.1, 0.22, 0.44))
    sheet.new_row()
    for head in heads:
        sheet.put(head, Role.HEADER, centred=True, shaded=True)
    office = rng.randint(101, 399)
    for number, project in enumerate(_projects("-many", subject, rng)):
        if number:
            sheet.next_project()
        groups = fill_skeleton(COST_FIRST, project, rng, skip_blank=True)
        numbers = sheet.add_truth(groups, None, ("level1", "level2", "level3", "target"))
        total, _ = amount_parts(rng, 1, yuan=True)
        sheet.new_row()
        for head, text in zip(
            heads[:4],
            (f"{office}{number + 1:03d}", project.project, total, narrative("overview", project, rng, 160)),
            strict=True,
        ):
            sheet.value(text, head, narrative=head == "项目内容")
        goal = _listed(groups, narrative("goal", project, rng, 120).replace("\n", ""), rng)
        sheet.fields[heads[4]] = goal
        sheet.put(goal, Role.NARRATIVE, indicator=numbers[0], key=heads[4])
    lines = [title("{a}{y}年项目绩效目标和指标", subject), unit_line(rng, "元")]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="元")


def _listed(groups: list[Group1], goal: str, rng: random.Random) -> str:
    """Return indicators as running text: 【产出指标-数量指标】 指标1:机柜数量(≥77台)."""
    left, right = rng.choice((("【", "】"), ("【", "】"), ("", "：")))
    colon, opening, closing = rng.choice(((":", "(", ")"), ("：", "（", "）")))
    lines = [goal] * (rng.random() < 0.5)
    for group1 in groups:
        for group2 in group1.groups:
            lines.append(f"{left}{group1.label}-{group2.label}{right}")
            for number, row in enumerate(group2.rows, start=1):
                name = f"{row.item.name}{opening}{row.item.goal.text}{closing}" if row.item else ""
                lines.append(f"指标{number}{colon}{name}")
    return "\n".join(lines)


def _hebei(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """河北 2019: four graded thresholds beside each indicator; the best one is the target."""
    columns = [
        Column("level1", "绩效指标分类", 0.12), Column("level2", "绩效指标", 0.14),
        Column("level3", "绩效指标描述", 0.28), Column("target", "优", 0.09), Column("extra", "良", 0.08),
        Column("extra", "中", 0.08), Column("extra", "差", 0.08), Column("extra", "评价标准确定依据", 0.13),
    ]  # fmt: skip
    sheet = Sheet([column.width for column in columns])
    sheet.pairs(("项目名称", subject.project), label_span=2)
    sheet.new_row()
    sheet.pair("预算规模及资金用途", narrative("overview", subject, rng, 200), 0, 2, narrative=True)
    sheet.pairs(("绩效目标", narrative("goal", subject, rng, 300)), label_span=2, narrative=True)
    sources = ("年度工作计划", "历史标准", "行业标准", "")

    def graded(row: GridRow) -> GridRow:
        assert row.item is not None
        goal = row.item.goal
        steps = _grades(goal)
        extra = {**dict(zip(("良", "中", "差"), steps, strict=True)), "评价标准确定依据": rng.choice(sources)}
        return replace(row, extra=extra)

    groups = mapped(fill_skeleton(_HEBEI, subject, rng, skip_blank=rng.random() < 0.6), graded)
    sheet.grid(columns, groups, over=("评价标准", 3, 4) if rng.random() < 0.6 else None)
    lines = [title("{y}年预算项目绩效目标", subject), unit_line(rng)]
    return finish(layout, sheet, subject, lines, agency=None, money_unit="万元")


def _grades(goal: Goal) -> tuple[str, str, str]:
    """Return the thresholds below a target."""
    if goal.words or not goal.number.replace(".", "").isdigit() or goal.operator == "≤":
        return ("较好", "一般", "差")
    best = float(goal.number)
    good, fair = (f"{goal.operator or '≥'}{best * share:.0f}{goal.unit}" for share in (0.9, 0.8))
    return good, fair, f"<{best * 0.8:.0f}{goal.unit}"


SINGLE = {"hunan-wide-2023": _hunan, "yunnan-goal": _yunnan}
# One table, several records, and layouts whose grid is no grid of four columns.
MANY = {
    "hunan-wide-2023-many": _hunan,
    "yunnan-goal-many": _yunnan,
    "anhui-list-2025": _anhui,
    "hebei-2019": _hebei,
}
