"""Self-evaluations: targets with results, weights, scores and reasons beside them."""

from __future__ import annotations

import random

from pipeline.document import Role
from pipeline.synth.content import Subject, amount_parts, narrative, people, phones
from pipeline.synth.layouts.parts import (
    COST_FIRST,
    NATIONAL,
    execution_rows,
    percent_done,
    scored,
    title,
    unit_line,
    year_line,
)
from pipeline.synth.layouts.sheet import LEVELS, Column, Sheet, fill_skeleton, finish
from pipeline.synth.model import LaidForm, LaidLine

_FUNDS = ("年度资金总额", "其中：当年财政拨款", "上年结转资金", "其他资金")


def _national(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """财预〔2020〕10号: funds as a table with heads over values, 总分 row at the end."""
    reason = rng.choice(("偏差原因分析及改进措施", "偏差原因分析及改进措施", "未完成原因分析", "偏差原因分析"))
    target = rng.choice(("年度指标值", "年度指标值", "指标值", "目标值"))
    side = rng.random() < 0.8
    columns = [
        *LEVELS[:2], Column("level3", rng.choice(("三级指标", "三级指标", "指标内容")), 0.24), Column("target",
        target, 0.12),
        Column("extra", "实际完成值", 0.12), Column("extra", "分值", 0.06), Column("extra", "得分", 0.06),
        Column("extra", reason, 0.16),
    ]  # fmt: skip
    sheet = Sheet([0.06] * side + [column.width for column in columns])
    first = 1 + side  # columns under the first labels
    sheet.pairs(("项目名称", subject.project), label_span=first)
    sheet.new_row()
    sheet.pair("主管部门", subject.department, 3, first)
    sheet.pair("实施单位", subject.agency, 0, 1)
    unit_in_label = rng.random() < 0.7
    money = rng.choice(("项目资金（万元）", "项目资金\n（万元）", "项目资金(万元)")) if unit_in_label else "项目资金"
    heads = ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")
    rows = execution_rows(_FUNDS[: rng.choice((2, 4, 4, 4))], rng, heads)
    sheet.fund_table(money, heads, rows, [1, 1, 1, 1, 1, 1, 1], first)
    sheet.stacked(
        rng.choice(("年度总体目标", "年度\n总体\n目标")),
        (("预期目标", narrative("goal", subject, rng, 400)), ("实际完成情况", narrative("done", subject, rng, 400))),
        (3, 8 - 3 + side - first),
        first,
    )
    groups = fill_skeleton(NATIONAL, subject, rng, skip_blank=rng.random() < 0.5, known_share=0.4)
    names = {"done": "实际完成值", "weight": "分值", "score": "得分", "reason": reason}
    groups, points = scored(groups, rng, names, weights=rng.random() < 0.4)
    brackets = rng.choice(("（）", "()"))
    over = (rng.choice(("绩效指标值", "指标值情况")), 3, 2) if rng.random() < 0.2 else None
    sheet.grid(columns, groups, side="绩效指标" if side else "", weight_brackets=brackets, over=over)
    sheet.new_row()
    sheet.label("总分", 5 + side)
    sheet.value("100", "总分", "分值")
    sheet.value(points, "总分", "得分")
    sheet.put("", Role.VALUE, 0)
    lines = [title(rng.choice(("项目支出绩效自评表", "项目支出绩效自评表", "{y}年度项目支出绩效自评表")), subject)]
    lines.append(year_line(subject, rng))
    if not unit_in_label:
        lines.append(unit_line(rng))
    after = [LaidLine(f"填表人：{people(rng, subject.split)} 联系电话：{phones(rng)}", "note")] * (rng.random() < 0.3)
    return finish(layout, sheet, subject, lines, after, agency=subject.agency, money_unit="万元")


def _transfer(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """转移支付区域（项目）绩效自评表: management of funds judged in words."""
    columns = [
        *LEVELS[:2], Column("level3", "三级指标", 0.26), Column("target", "指标值", 0.14),
        Column("extra", "全年实际完成值", 0.14), Column("extra", "未完成原因和改进措施", 0.16),
    ]  # fmt: skip
    side = rng.random() < 0.7
    sheet = Sheet([0.06] * side + [column.width for column in columns])
    first = 1 + side
    sheet.pairs(
        ("转移支付（项目）名称" if rng.random() < 0.5 else "转移支付(项目)名称", subject.project), label_span=first
    )
    sheet.pairs(("中央主管部门", rng.choice(("财政部", "农业农村部", "民政部", "教育部", "水利部"))), label_span=first)
    sheet.new_row()
    sheet.pair("地方主管部门", subject.department, 2, first)
    sheet.pair("资金使用单位", subject.agency)
    heads = ("全年预算数(A)", "全年执行数(B)", rng.choice(("预算执行率(B/A×100%)", "预算执行率（B/A）")))
    labels = ("年度资金总额", "其中：中央财政资金", "地方资金", "其他资金")
    rows = execution_rows(labels, rng, heads)
    sheet.fund_table(rng.choice(("资金投入情况（万元）", "资金情况\n（万元）")), heads, rows, [2, 1, 1, 1], first)
    if rng.random() < 0.7:
        topics = (
            "分配科学性",
            "下达及时性",
            "拨付合规性",
            "使用规范性",
            "执行准确性",
            "预算绩效管理情况",
            "支出责任履行情况",
        )
        words = (
            "按规定分配",
            "及时下达",
            "符合规定",
            "严格按照资金管理办法使用",
            "执行准确",
            "已开展绩效管理",
            "已履行",
            "良好",
        )
        marks = [(topic, [rng.choice(words), rng.choice(("", "无", "无", "加强监管"))]) for topic in topics]
        sheet.fund_table("资金管理情况", ("情况说明", "存在问题和改进措施"), marks, [2, 2, 1], first)
    sheet.stacked(
        "总体目标完成情况",
        (
            ("总体目标", narrative("goal", subject, rng, 400)),
            ("全年实际完成情况", narrative("done", subject, rng, 400)),
        ),
        (3, 2),
        first,
    )
    groups = fill_skeleton(NATIONAL, subject, rng, skip_blank=rng.random() < 0.4, known_share=0.4)
    names = {"done": "全年实际完成值", "reason": "未完成原因和改进措施"}
    groups, _ = scored(groups, rng, names, weights=False)
    sheet.grid(columns, groups, side="绩效指标" if side else "")
    if rng.random() < 0.6:
        sheet.pairs(
            ("说明", rng.choice(("无", "请在此处简要说明各级审计和财政监督中发现的问题。如没有请填无。"))),
            label_span=first,
        )
    heading = rng.choice(("转移支付区域（项目）绩效自评表", "{y}年" + subject.project + "绩效自评表"))
    lines = [title(heading, subject), year_line(subject, rng)]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元")


def _sichuan(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """部门预算项目支出绩效自评表: operator, number and unit in three columns."""
    columns = [
        *LEVELS[:2], Column("level3", "三级指标", 0.22), Column("operator", "指标性质", 0.06),
        Column("number", "指标值", 0.1), Column("unit", "度量单位", 0.07), Column("extra", "完成值", 0.08),
        Column("extra", "权重", 0.06), Column("extra", "得分", 0.06), Column("extra", "未完成原因分析", 0.14),
    ]  # fmt: skip
    sheet = Sheet([column.width for column in columns])
    code = f"{rng.randint(510000, 519999)}{subject.year % 100:02d}T{rng.randint(0, 10**12):012d}"
    sheet.pairs(("项目名称", f"{code}-{subject.project}" if rng.random() < 0.6 else subject.project), label_span=2)
    sheet.new_row()
    sheet.pair("主管部门", subject.department, 3, 2)
    sheet.pair("实施单位", subject.agency, 0, 2)
    sheet.new_row()
    sheet.label("项目基本情况", 1, 3)
    sheet.label("1.项目年度目标完成情况", 2, 2)
    sheet.label("项目年度目标", 3)
    sheet.label("年度目标完成情况", 4)
    sheet.new_row()
    path = ("项目基本情况", "1.项目年度目标完成情况")
    sheet.value(narrative("goal", subject, rng, 300), *path, "项目年度目标", colspan=3, narrative=True)
    sheet.value(narrative("done", subject, rng, 300), *path, "年度目标完成情况", colspan=4, narrative=True)
    sheet.new_row()
    sheet.label("2.项目实施内容及过程概述", 2)
    sheet.value(
        narrative("plan", subject, rng, 400), "项目基本情况", "2.项目实施内容及过程概述", colspan=0, narrative=True
    )
    heads = ("年初预算", "调整后预算数", "预算执行数", "预算执行率", "权重", "得分", "原因")
    labels = ("总额", "其中：财政资金", "财政专户管理资金", "单位资金", "其他资金")
    rows = execution_rows(labels, rng, heads)
    rows = [(label, [*cells[:-1], rng.choice(("", "", "无"))]) for label, cells in rows]
    sheet.fund_table("预算执行情况（10分）", heads, rows, [2, 1, 1, 1, 1, 1, 1, 1])
    groups = fill_skeleton(COST_FIRST, subject, rng, skip_blank=rng.random() < 0.6, known_share=0.4)
    names = {"done": "完成值", "weight": "权重", "score": "得分", "reason": "未完成原因分析"}
    groups, points = scored(groups, rng, names, weights=rng.random() < 0.3)
    sheet.grid(columns, groups)
    sheet.new_row()
    sheet.label("合计", 7)
    sheet.value("100", "合计", "权重")
    sheet.value(points, "合计", "得分")
    sheet.put("", Role.VALUE)
    for label, kind in (("评价结论", "done"), ("存在问题", "remarks"), ("改进措施", "remarks")):
        sheet.pairs((label, narrative(kind, subject, rng, 300)), label_span=2, narrative=True)
    sheet.new_row()
    sheet.pair("项目负责人", people(rng, subject.split), 3, 2)
    sheet.pair("财务负责人", people(rng, subject.split), 0, 2)
    lines = [title(rng.choice(("部门预算项目支出绩效自评表", "{y}年部门预算项目支出绩效自评表")), subject)]
    lines += [year_line(subject, rng), unit_line(rng)]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元")


def _yunnan(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """项目支出绩效自评表（公开14表）: ≧ and ═ as operators, ten columns."""
    columns = [
        *LEVELS[:2], Column("level3", "三级指标", 0.22), Column("operator", "指标性质", 0.06),
        Column("number", "指标值", 0.1), Column("unit", "度量单位", 0.07), Column("extra", "实际完成值", 0.1),
        Column("extra", "分值", 0.06), Column("extra", "得分", 0.06), Column("extra", "偏差原因分析及改进措施", 0.14),
    ]  # fmt: skip
    sheet = Sheet([column.width for column in columns])
    sheet.pairs(("项目名称", subject.project), label_span=2)
    sheet.new_row()
    sheet.pair("主管部门", subject.department, 3, 2)
    sheet.pair("实施单位", subject.agency, 0, 2)
    heads = ("年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分")
    labels = ("年度资金总额", "其中：当年财政拨款", "上年结转资金", "非财政拨款")
    rows = execution_rows(labels, rng, heads, yuan=True)
    sheet.fund_table("项目资金\n（元）", heads, rows, [2, 1, 1, 1, 1, 1, 1], 2)
    sheet.stacked(
        "年度总体目标",
        (("预期目标", narrative("goal", subject, rng, 300)), ("实际完成情况", narrative("done", subject, rng, 300))),
        (4, 4),
        2,
    )
    groups = fill_skeleton(NATIONAL, subject, rng, skip_blank=rng.random() < 0.7, known_share=0.4)
    names = {"done": "实际完成值", "weight": "分值", "score": "得分", "reason": "偏差原因分析及改进措施"}
    groups, points = scored(groups, rng, names, weights=False)
    sheet.grid(columns, groups)
    sheet.pairs(("其他需要说明事项", narrative("remarks", subject, rng, 200)), label_span=2, narrative=True)
    sheet.new_row()
    sheet.label("总分", 2)
    sheet.value(points, "总分", colspan=3)
    sheet.label("等级", 2)
    sheet.value(rng.choice("优优良中"), "等级", colspan=0)
    lines = [LaidLine("公开14表", "note")] * (rng.random() < 0.5)
    lines.append(title("项目支出绩效自评表", subject))
    lines += [year_line(subject, rng), unit_line(rng, "元")]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="元")


def _guangdong(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """{专项}绩效目标表 of 2018: departments of four levels, results beside the targets."""
    columns = [
        Column("level1", "一级目标", 0.13), LEVELS[1], Column("level3", "三级指标", 0.27),
        Column("target", "指标值", 0.14), Column("extra", "实际完成值", 0.14),
        Column("extra", "未达到指标值原因", 0.16),
    ]  # fmt: skip
    sheet = Sheet([column.width for column in columns])
    sheet.pairs(("专项名称", subject.project))
    sheet.pairs(("中央主管部门", rng.choice(("教育部", "财政部", "民政部"))))
    for level in ("省级", "市级", "县级"):
        office = subject.department if level == "县级" else rng.choice(("教育厅", "民政局", "农业农村局", "财政局"))
        sheet.pairs((f"{level}财政部门", rng.choice(("财政厅", "财政局"))), (f"{level}主管部门", office))
    sheet.new_row()
    sheet.label("资金情况（万元）", 1, 3)
    total, parts = amount_parts(rng, 2)
    labels = ("年度金额：", "其中：中央资金", "地方资金")
    for number, (label, text) in enumerate(zip(labels, (total, *parts), strict=True)):
        if number:
            sheet.new_row()
        sheet.label(label, 2)
        sheet.value(text, "资金情况", label, colspan=0)
    for label, kind in (("总体目标", "goal"), ("已实施情况", "done"), ("未实施情况及原因", "remarks")):
        sheet.pairs((label, narrative(kind, subject, rng, 400)), narrative=True)
    groups = fill_skeleton(NATIONAL, subject, rng, skip_blank=rng.random() < 0.4, known_share=0.4)
    groups, _ = scored(groups, rng, {"done": "实际完成值", "reason": "未达到指标值原因"}, weights=False)
    sheet.grid(columns, groups)
    lines = [title("{y}年" + subject.project + "绩效目标表", subject), year_line(subject, rng)]
    return finish(layout, sheet, subject, lines, agency=None, money_unit="万元")


def _chongqing(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """项目支出绩效目标审批表: weights beside the targets, an explanation of each."""
    columns = [
        *LEVELS[:2], Column("level3", "三级指标", 0.26), Column("target", "指标值", 0.14),
        Column("extra", "分值", 0.08), Column("extra", "指标解释", 0.22),
    ]  # fmt: skip
    sheet = Sheet([column.width for column in columns])
    sheet.pairs(("预算单位", subject.agency))
    sheet.pairs(
        ("项目名称", subject.project), ("项目分类", rng.choice(("特定目标类", "其他运转类", "重点专项", "一般性项目")))
    )
    sheet.pairs(("建设周期", rng.choice(("1年", "3年", f"{subject.year}年"))), ("业务主管部门", subject.department))
    sheet.pairs(
        ("实施单位", subject.agency), ("项目负责人", people(rng, subject.split)), ("联系电话", phones(rng))
    )  # fmt: skip
    sheet.pairs(("项目审批", rng.choice(("", "已批复", "无需审批", "发改委立项"))))
    sheet.pairs(("项目总体概况", narrative("overview", subject, rng, 500)), narrative=True)
    sheet.pairs(("年度主要目标和成果", narrative("goal", subject, rng, 400)), narrative=True)
    money = "项目资金预算执行10分"
    sheet.new_row()
    sheet.label(money, 1, 3)
    total, parts = amount_parts(rng, 2)
    pairs = (
        ("项目总预算", "财政资金预算分类"),
        ("其中：财政资金", "财政资金科目代码"),
        ("其中：其它资金", "年度预算执行率"),
    )
    for number, ((left, right), text) in enumerate(zip(pairs, (total, *parts), strict=True)):
        if number:
            sheet.new_row()
        sheet.label(left)
        sheet.value(text, money, left)
        sheet.label(right)
        word = {"财政资金预算分类": "一般公共预算", "财政资金科目代码": str(rng.randint(2010101, 2299999))}
        sheet.value(word.get(right, percent_done(rng)), money, right, colspan=0)
    groups = fill_skeleton(COST_FIRST, subject, rng, skip_blank=rng.random() < 0.5, known_share=0.4)
    groups, _ = scored(groups, rng, {"weight": "分值", "reason": "指标解释"}, weights=False)
    sheet.grid(columns, groups)
    lines = [title(rng.choice(("项目支出绩效目标审批表", "{y}年项目支出绩效目标审批表")), subject), unit_line(rng)]
    year = subject.year if str(subject.year) in lines[0].text else 0
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元", year=year)


MAKERS = {
    "self-eval-2020-10": _national,
    "self-eval-transfer-payment": _transfer,
    "sichuan-self-eval-2023": _sichuan,
    "yunnan-self-eval-2022": _yunnan,
    "transfer-goal-2018-guangdong": _guangdong,
    "chongqing-approval-2023": _chongqing,
}
