"""Layouts that no government has printed: other names, other orders, other columns. They test what was never seen."""

from __future__ import annotations

import random
from dataclasses import replace

from pipeline.document import Role
from pipeline.synth.content import Subject, amount_parts, narrative, people, phones
from pipeline.synth.layouts.parts import amount, result_of, scored, title, unit_line, with_extra, year_line
from pipeline.synth.layouts.sheet import Column, Sheet, fill_skeleton, finish
from pipeline.synth.model import LaidForm, LaidLine

# Frameworks of provinces that the layouts used for training do not print.
_PROGRESS = {
    "产出指标": ("产出数量指标", "产出质量指标", "产出进度指标", "产出成本指标"),
    "效果指标": ("经济效益指标", "社会效益指标", "环境效益指标", "可持续影响指标", "服务对象满意度指标"),
}
_TARGETS = {
    "产出目标": ("数量目标", "质量目标", "时效目标", "成本目标"),
    "效益目标": ("经济效益目标", "社会效益目标", "生态效益目标"),
    "满意度目标": ("服务对象满意度目标",),
}
_PROCESS = {
    "投入": ("投入管理", "财务管理"),
    "产出": ("数量指标", "质量指标", "时效指标"),
    "效果": ("社会效益", "生态效益", "可持续影响"),
    "满意度": ("服务对象满意度",),
}


def _target_before_name(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """The value stands before the name, a unit column and a data source after it."""
    columns = [
        Column("level1", "一级指标", 0.12), Column("level2", "二级指标", 0.14), Column("target", "计划指标值", 0.14),
        Column("level3", "三级指标", 0.34), Column("extra", "数据来源", 0.14), Column("extra", "备注", 0.12),
    ]  # fmt: skip
    sheet = Sheet([column.width for column in columns])
    sheet.pairs(
        ("申报单位", subject.agency), ("填报时间", f"{subject.year}年{rng.randint(1, 12)}月{rng.randint(1, 28)}日")
    )
    sheet.pairs(("支出项目", subject.project), ("项目编码", f"{rng.randint(10**8, 10**9)}"))
    total, parts = amount_parts(rng, 2)
    sheet.pairs(("预算总额（万元）", total), ("财政资金", parts[0]), ("其他资金", parts[1]))
    sheet.pairs(("项目内容", narrative("overview", subject, rng, 500)), narrative=True)
    sheet.pairs(("绩效目标", narrative("goal", subject, rng, 400)), narrative=True)
    groups = fill_skeleton(_TARGETS, subject, rng, skip_blank=rng.random() < 0.5, known_share=0.4)
    sources = ("工作总结", "统计报表", "", "问卷调查", "验收报告")
    groups = with_extra(groups, rng, {"数据来源": lambda item, r: r.choice(sources)})
    sheet.grid(columns, groups)
    lines = [title("{a}{y}年度预算绩效目标申报表", subject)]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元")


def _split_value(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """符号, 数值 and 计量单位 apart, last year's value and the office in charge beside them; scores as a column."""
    before = "上年完成值"
    columns = [
        Column("level1", "一级指标", 0.1), Column("level2", "二级指标", 0.12), Column("level3", "明细指标", 0.24),
        Column("operator", "计算符号", 0.07), Column("number", "目标值", 0.1), Column("unit", "计量单位", 0.08),
        Column("extra", before, 0.1), Column("extra", "权重", 0.07), Column("extra", "责任科室", 0.12),
    ]  # fmt: skip
    sheet = Sheet([column.width for column in columns])
    sheet.new_row()
    sheet.pair("单位名称", subject.agency, 3, 2)
    sheet.pair("项目名称", subject.project, 0)
    sheet.new_row()
    sheet.pair("负责人", people(rng, subject.split), 3, 2)
    sheet.pair("电话", phones(rng), 0)
    sheet.pairs(("政策依据", narrative("basis", subject, rng, 400)), label_span=2, narrative=True)
    sheet.pairs(("年度目标", narrative("goal", subject, rng, 400)), label_span=2, narrative=True)
    groups = fill_skeleton(_PROGRESS, subject, rng, skip_blank=rng.random() < 0.3, known_share=0.4)
    groups, _ = scored(groups, rng, {"weight": "权重"}, weights=rng.random() < 0.5)
    offices = ("办公室", "综合科", "财务科", "业务一科", "项目办")
    makers = {
        before: lambda item, r: r.choice((result_of(item.goal, r), "", "—")),
        "责任科室": lambda i, r: r.choice(offices),
    }
    sheet.grid(columns, with_extra(groups, rng, makers))
    lines = [title("{y}年度重点项目绩效目标分解表", subject), unit_line(rng)]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元")


def _strange_heads(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """Headers that no dictionary holds as such: 绩效维度, 维度细分, 考核内容, 年度预期."""
    columns = [
        Column("level1", "绩效维度", 0.14), Column("level2", "维度细分", 0.16), Column("level3", "考核内容", 0.44),
        Column("target", "年度预期", 0.2),
    ]  # fmt: skip
    sheet = Sheet([0.06, *(column.width for column in columns)])
    sheet.pairs(("项目名称", subject.project), label_span=2)
    sheet.new_row()
    sheet.pair("归口部门", subject.department, 1, 2)
    sheet.pair("执行单位", subject.agency)
    sheet.pairs(("资金规模（元）", amount(rng, "元")), label_span=2)
    sheet.pairs(("背景与意义", narrative("need", subject, rng, 600)), label_span=2, narrative=True)
    sheet.pairs(("全年目标", narrative("goal", subject, rng, 400)), label_span=2, narrative=True)
    sheet.grid(columns, fill_skeleton(_PROCESS, subject, rng, blank_rows=2), side="指标体系")
    lines = [title("项目支出绩效目标表", subject), year_line(subject, rng)]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="元")


def _results_first(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """A monitoring table: result so far and expected result beside the target, sometimes under a double header."""
    columns = [
        Column("level1", "一级指标", 0.1), Column("level2", "二级指标", 0.12), Column("level3", "三级指标", 0.24),
        Column("target", "年度指标值", 0.12), Column("extra", "1至7月执行情况", 0.12),
        Column("extra", "全年预计完成情况", 0.12), Column("extra", "偏差原因分析", 0.18),
    ]  # fmt: skip
    sheet = Sheet([column.width for column in columns])
    sheet.pairs(("项目名称", subject.project))
    sheet.new_row()
    sheet.pair("主管部门及代码", f"{subject.department}{rng.randint(100, 399)}", 2)
    sheet.pair("实施单位", subject.agency)
    sheet.pairs(("项目资金（万元）", amount(rng, "万元")), ("1至7月执行数", amount(rng, "万元")))
    sheet.pairs(("年度总体目标", narrative("goal", subject, rng, 400)), narrative=True)
    groups = fill_skeleton(_PROGRESS, subject, rng, skip_blank=True, known_share=0.4)
    groups, _ = scored(groups, rng, {"done": "1至7月执行情况", "reason": "偏差原因分析"}, weights=False)
    groups = with_extra(groups, rng, {"全年预计完成情况": lambda item, r: result_of(item.goal, r)})
    over = ("绩效指标完成情况", 4, 2) if rng.random() < 0.5 else None
    sheet.grid(columns, groups, over=over)
    lines = [title("项目支出绩效目标执行监控表", subject), year_line(subject, rng)]
    after = [LaidLine("注：本表由项目单位填写。", "note")]
    return finish(layout, sheet, subject, lines, after, agency=subject.agency, money_unit="万元")


def _numbered_rows(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """A running number before everything, the levels called 类别 and 指标类型."""
    columns = [
        Column("extra", "序号", 0.05), Column("level1", "指标类别", 0.13), Column("level2", "指标类型", 0.15),
        Column("level3", "指标名称", 0.36), Column("target", "本年目标值", 0.16), Column("extra", "评分规则", 0.15),
    ]  # fmt: skip
    sheet = Sheet([column.width for column in columns])
    sheet.pairs(("项目单位", subject.agency))
    sheet.pairs(("项目名称", subject.project), ("项目类别", rng.choice(("特定目标类", "其他运转类"))))
    total, parts = amount_parts(rng, 2)
    sheet.pairs(("年度资金总额", total), ("其中：财政拨款", parts[0]))
    sheet.pairs(("立项依据", narrative("basis", subject, rng, 500)), narrative=True)
    sheet.pairs(("实施计划", narrative("plan", subject, rng, 500)), narrative=True)
    sheet.pairs(("总体目标", narrative("goal", subject, rng, 400)), narrative=True)
    groups = fill_skeleton(_PROCESS, subject, rng, skip_blank=True)
    count = iter(range(1, 1000))
    rules = ("完成得满分", "按比例得分", "未完成不得分", "")
    makers = {"序号": lambda item, r: str(next(count)), "评分规则": lambda item, r: r.choice(rules)}
    sheet.grid(columns, with_extra(groups, rng, makers))
    lines = [title("预算项目绩效目标表", subject), year_line(subject, rng), unit_line(rng)]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元")


def _shared_levels(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """Two periods beside each other under a header of two rows, whose levels stand once, left of both."""
    sheet = Sheet((0.12, 0.14, 0.24, 0.13, 0.24, 0.13))
    sheet.pairs(("项目名称", subject.project))
    sheet.pairs(("主管单位", subject.department), ("承担单位", subject.agency))
    sheet.pairs(("资金总额（万元）", amount(rng, "万元")), ("其中：本级财政", amount(rng, "万元")))
    sheet.pairs(("项目背景", narrative("need", subject, rng, 300)), narrative=True)
    periods = rng.choice((("实施期绩效目标", "年度绩效目标"), ("中期目标值", "年度目标值")))
    sheet.new_row()
    for head in ("一级指标", "二级指标"):
        sheet.put(head, Role.HEADER, rowspan=2, centred=True)
    for period in periods:
        sheet.put(period, Role.HEADER, 2, centred=True)
    sheet.new_row()
    for _ in periods:
        for head in ("三级指标", "指标值"):
            sheet.put(head, Role.HEADER, centred=True)
    groups = fill_skeleton(_PROGRESS, subject, rng, skip_blank=True, known_share=0.4)
    first = len(sheet.indicators)
    for period in (periods[0].split("期")[0] + "期", "年度"):
        sheet.add_truth(groups, period, ("level1", "level2", "level3", "target"))
    count = (len(sheet.indicators) - first) // 2
    number = 0
    for group1 in groups:
        for n2, group2 in enumerate(group1.groups):
            for n3, row in enumerate(group2.rows):
                sheet.new_row()
                if n2 == n3 == 0:
                    sheet.put(group1.label, Role.LEVEL1, 1, group1.height, centred=True, indicator=first + number)
                if n3 == 0:
                    sheet.put(group2.label, Role.LEVEL2, 1, len(group2.rows), centred=True, indicator=first + number)
                for index in (first + number, first + count + number):
                    sheet.put(row.item.name if row.item else "", Role.LEVEL3, indicator=index)
                    sheet.put(row.item.goal.text if row.item else "", Role.TARGET, indicator=index)
                number += 1
    lines = [title("项目支出绩效目标批复表", subject), year_line(subject, rng)]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元")


def _no_levels(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """Indicators without levels: name, unit, sign, value, last year's value, weight."""
    columns = [
        Column("extra", "序号", 0.06), Column("level3", "指标名称", 0.34), Column("unit", "计量单位", 0.1),
        Column("operator", "指标性质", 0.1), Column("number", "年度指标值", 0.16), Column("extra", "上年实际值", 0.12),
        Column("extra", "权重", 0.1),
    ]  # fmt: skip
    sheet = Sheet([column.width for column in columns])
    sheet.pairs(("部门名称", subject.agency))
    sheet.pairs(("项目名称", subject.project))
    heads = ("财政拨款", "其他", "合计")
    sheet.new_row()
    for number, head in enumerate(heads):
        sheet.label(head, 2 if number < 2 else 3)
    sheet.new_row()
    for number, head in enumerate(heads):
        sheet.value(amount(rng, "万元"), head, colspan=2 if number < 2 else 3)
    sheet.pairs(("年度工作目标", narrative("goal", subject, rng, 300)), narrative=True)
    groups = fill_skeleton(_PROCESS, subject, rng, skip_blank=True, known_share=0.4)
    groups, _ = scored(groups, rng, {"weight": "权重"}, weights=False)
    count = iter(range(1, 1000))
    makers = {"序号": lambda item, r: str(next(count)), "上年实际值": lambda item, r: result_of(item.goal, r)}
    sheet.grid(
        [column for column in columns if not column.kind.startswith("level") or column.kind == "level3"],
        with_extra(groups, rng, makers),
    )
    sheet.indicators = [replace(indicator, level1=None, level2=None) for indicator in sheet.indicators]
    lines = [title("{y}年度部门绩效目标表", subject), unit_line(rng)]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元")


def _graded(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    """Four grades under one head; the best is the target."""
    grades = ("优秀", "良好", "合格", "不合格")
    columns = [
        Column("level1", "一级指标", 0.11), Column("level2", "二级指标", 0.13), Column("level3", "三级指标", 0.26),
        Column("target", grades[0], 0.11), *(Column("extra", grade, 0.1) for grade in grades[1:]),
        Column("extra", "数据来源", 0.1),
    ]  # fmt: skip
    sheet = Sheet([column.width for column in columns])
    sheet.pairs(("项目名称", subject.project), ("实施单位", subject.agency))
    sheet.pairs(("总体目标", narrative("goal", subject, rng, 300)), narrative=True)
    groups = fill_skeleton(_TARGETS, subject, rng, skip_blank=True, known_share=0.4)
    steps = ("≥80%", "≥70%", "≥60%", "<60%", "较好", "一般", "较差")
    makers = {
        **{grade: lambda item, r: r.choice(steps) for grade in grades[1:]},
        "数据来源": lambda item, r: r.choice(("统计报表", "问卷调查", "")),
    }
    sheet.grid(columns, with_extra(groups, rng, makers), over=("评分等级", 3, 4))
    lines = [title("{a}项目绩效指标表", subject), year_line(subject, rng)]
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元")


# A second set, made after the first had been measured often: structures that none of the first has.
MORE = {
    "invented-shared-levels": _shared_levels,
    "invented-no-levels": _no_levels,
    "invented-graded": _graded,
}
MAKERS = {
    "invented-target-first": _target_before_name,
    "invented-split-value": _split_value,
    "invented-heads": _strange_heads,
    "invented-monitoring": _results_first,
    "invented-numbered": _numbered_rows,
}
