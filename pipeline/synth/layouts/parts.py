"""What many layouts have in common: skeletons, results beside targets, scores, title and unit lines."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.synth.content import Subject, amount_parts, amount_wan, amount_yuan
from pipeline.synth.indicators import Goal, Item
from pipeline.synth.layouts.sheet import GridRow, Group1, Group2
from pipeline.synth.model import LaidLine

ZHENGZHOU = {
    "投入与目标管理": ("投入管理", "财务管理", "项目管理", "资产管理"),
    "产出目标": ("数量", "质量", "时效", "成本"),
    "效果目标": ("经济效益", "社会效益", "环境效益", "满意度"),
    "影响力目标": ("长效管理", "人力资源", "部门协助", "配套设施", "信息共享", "其它"),
}
# 财预〔2015〕88号
NATIONAL = {
    "产出指标": ("数量指标", "质量指标", "时效指标", "成本指标"),
    "效益指标": ("经济效益指标", "社会效益指标", "生态效益指标", "可持续影响指标"),
    "满意度指标": ("服务对象满意度指标",),
}
# 财预〔2021〕101号
COST_FIRST = {
    "成本指标": ("经济成本指标", "社会成本指标", "生态环境成本指标"),
    "产出指标": ("数量指标", "质量指标", "时效指标"),
    "效益指标": ("经济效益指标", "社会效益指标", "生态效益指标"),
    "满意度指标": ("服务对象满意度指标",),
}
SICHUAN = {
    "项目完成指标": ("数量指标", "质量指标", "时效指标", "成本指标"),
    "项目效益指标": ("经济效益指标", "社会效益指标", "生态效益指标", "可持续影响指标"),
    "满意度指标": ("满意度指标",),
}
HENAN_DEPT = {
    "投入管理指标": ("工作目标管理", "预算和财务管理", "绩效管理"),
    "产出指标": ("重点工作任务完成", "履职目标实现"),
    "效益指标": ("履职效益", "满意度"),
}
SHANGHAI_OLD = {
    "投入和管理目标": ("投入管理", "财务管理", "项目管理"),
    "产出目标": ("数量", "质量", "时效", "成本"),
    "效果目标": ("经济效益", "社会效益", "环境效益", "满意度"),
    "影响力目标": ("长效管理", "人力资源", "部门协助", "配套设施", "信息共享", "其它"),
}


def title(text: str, subject: Subject) -> LaidLine:
    """Return the title line; {y} is the year, {a} the agency, {r} the region."""
    return LaidLine(text.format(y=subject.year, a=subject.agency, r=subject.region), "title")


def year_line(subject: Subject, rng: random.Random) -> LaidLine:
    """Return the year line in one of its usual shapes."""
    shape = rng.choice(("（{y}年度）", "（{y}年度）", "({y}年度)", "（{y}年）", "{y}年度", "（ {y} 年度）"))
    return LaidLine(shape.format(y=subject.year), "year")


def unit_line(rng: random.Random, unit: str = "万元") -> LaidLine:
    """Return the line that names the money unit."""
    return LaidLine(
        rng.choice(("单位：{u}", "金额单位：{u}", "单位:{u}", "金额单位：人民币{u}")).format(u=unit), "unit"
    )


def amount(rng: random.Random, unit: str) -> str:
    """Return an amount as the unit is printed."""
    return amount_yuan(rng) if unit == "元" else amount_wan(rng)


def check_boxes(options: Sequence[str], rng: random.Random) -> str:
    """Return options with boxes, one of them ticked: 新增项目□ 延续项目√."""
    ticked = rng.randrange(len(options))
    empty, full = rng.choice((("□", "√"), ("□", "■"), ("□", "☑"), ("□", "✓"), ("口", "√"), ("☐", "☑")))
    gap = rng.choice((" ", "  ", "\u3000"))
    before = rng.random() < 0.4
    marks = [full if number == ticked else empty for number in range(len(options))]
    return gap.join(mark + option if before else option + mark for mark, option in zip(marks, options, strict=True))


def percent_done(rng: random.Random) -> str:
    """Return a rate of execution as self-evaluations print it."""
    value = rng.choice((100, 100, 100, rng.randint(60, 100), rng.uniform(40, 100)))
    return rng.choice((f"{value:.0f}%", f"{value:.2f}%", f"{value:.1f}%"))


def result_of(goal: Goal, rng: random.Random) -> str:
    """Return what was reached, beside the target."""
    if goal.words or not goal.number:
        return rng.choice((goal.words, goal.words, "已完成", "完成", "达成预期指标", "基本达到预期"))
    shape = rng.random()
    if shape < 0.5:
        return f"{goal.number}{goal.unit}"
    if shape < 0.6:
        return rng.choice(("完成", "已完成", "达成年度指标"))
    try:
        value = float(goal.number) * rng.uniform(0.8, 1.1)
    except ValueError:
        return goal.number + goal.unit
    value = min(value, 100.0) if goal.unit == "%" else value
    return f"{value:.0f}{goal.unit}" if value >= 10 or "." not in goal.number else f"{value:.1f}{goal.unit}"


_REASONS = (
    "受天气影响，工期顺延，下一步加快施工进度。", "部分资金未及时支付，下年度继续执行。", "因政策调整，任务量减少。",
    "无偏差", "无", "合同约定尾款次年支付，加强支出进度管理。", "预算编制不够精准，今后科学测算。",
    "宣传力度不够，将拓宽宣传渠道", "招标节约资金", "/",
)  # fmt: skip


def scored(
    groups: Sequence[Group1], rng: random.Random, names: dict[str, str], *, weights: bool
) -> tuple[list[Group1], str]:
    """Give every indicator a result, a score and sometimes a reason; return the groups and the points reached.

    `names` maps done, weight, score, reason to the column headers in use; `weights` puts each level 1's weight beside
    it.
    """
    due = {"产出": 50, "效益": 30, "满意度": 10, "成本": 20, "项目完成": 50, "项目效益": 30}
    total = 0.0
    found = []
    for group in groups:
        points = next((value for word, value in due.items() if group.label.startswith(word)), 20)
        rows_of = [row for group2 in group.groups for row in group2.rows if row.item]
        each = points / max(1, len(rows_of))
        groups2 = []
        for group2 in group.groups:
            rows = []
            for row in group2.rows:
                if row.item is None:
                    rows.append(row)
                    continue
                reached = each if rng.random() < 0.85 else each * rng.uniform(0.4, 0.95)
                total += reached
                reason = rng.choice(_REASONS) if reached < each or rng.random() < 0.1 else ""
                extra = {
                    names.get("done", ""): result_of(row.item.goal, rng),
                    names.get("weight", ""): _points(each),
                    names.get("score", ""): _points(reached),
                    names.get("reason", ""): reason,
                }
                extra.pop("", None)
                rows.append(replace(row, extra={**row.extra, **extra}))
            groups2.append(Group2(group2.label, tuple(rows)))
        shape = rng.choice(("{p}分", "{p}分", "{p}"))
        found.append(Group1(group.label, tuple(groups2), shape.format(p=points) if weights else ""))
    return found, _points(min(100.0, total + 10))


def _points(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def mapped(groups: Sequence[Group1], change: Callable[[GridRow], GridRow]) -> list[Group1]:
    """Return the groups with every filled row changed."""
    return [
        Group1(
            group.label,
            tuple(
                Group2(group2.label, tuple(change(row) if row.item else row for row in group2.rows))
                for group2 in group.groups
            ),
            group.weight,
        )
        for group in groups
    ]


def with_extra(
    groups: Sequence[Group1], rng: random.Random, makers: dict[str, Callable[[Item, random.Random], str]]
) -> list[Group1]:
    """Return the groups with more columns filled: header -> what stands under it for an indicator."""

    def change(row: GridRow) -> GridRow:
        assert row.item is not None
        return replace(row, extra={**row.extra, **{head: make(row.item, rng) for head, make in makers.items()}})

    return mapped(groups, change)


def with_goal(groups: Sequence[Group1], change: Callable[[Goal], Goal]) -> list[Group1]:
    """Return the groups with every target changed."""

    def changed(row: GridRow) -> GridRow:
        assert row.item is not None
        return replace(row, item=replace(row.item, goal=change(row.item.goal)))

    return mapped(groups, changed)


def execution_rows(
    labels: Sequence[str], rng: random.Random, heads: Sequence[str], *, yuan: bool = False
) -> list[tuple[str, list[str]]]:
    """Return rows of a fund table: amounts under the heads, rate, weight and score where the heads ask for them."""
    columns = {}
    for head in heads:
        if "预算" in head or "执行数" in head:
            whole, parts = amount_parts(rng, len(labels) - 1, yuan=yuan)
            columns[head] = [whole, *parts]
    rows = []
    for number, label in enumerate(labels):
        cells = []
        for head in heads:
            if head in columns and "率" not in head:
                cells.append(columns[head][number])
            elif "率" in head:
                cells.append(percent_done(rng) if number == 0 else rng.choice(("—", "", percent_done(rng))))
            elif number == 0:
                cells.append("10" if head in {"分值", "权重"} else rng.choice(("10", "9.5", "8.7", "9.98")))
            else:
                cells.append(rng.choice(("—", "—", "-", "")))
        rows.append((label, cells))
    return rows
