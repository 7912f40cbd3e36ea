"""The Zhengzhou 2020 layout and the national single grid of 财预〔2015〕88号."""

from __future__ import annotations

import random

from pipeline.synth.content import Subject, amount_parts, amount_yuan, narrative, people, phones
from pipeline.synth.layouts.parts import NATIONAL, ZHENGZHOU, check_boxes
from pipeline.synth.layouts.sheet import LEVELS, Column, Sheet, fill_skeleton, finish
from pipeline.synth.model import LaidForm, LaidLine


def _zhengzhou(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    sheet = Sheet((0.16, 0.2, 0.44, 0.2))
    year = subject.year
    code = f"{rng.randint(1, 199):03d}{rng.randint(1, 40):03d}"
    leader = people(rng, subject.split)
    sheet.new_row()
    sheet.pair("项目名称", subject.project)
    sheet.new_row()
    sheet.pair("单位编码", code, 1)
    sheet.pair("资金用途", rng.choice(("业务类", "业务类", "业务类", "公用类", "专项类", "运转类")))
    sheet.new_row()
    sheet.pair("项目负责人", leader, 1)
    sheet.pair("联系人", leader if rng.random() < 0.3 else people(rng, subject.split))
    sheet.new_row()
    sheet.pair("联系电话", phones(rng))
    start, end = (1, 12) if subject.sound else rng.choice(((1, 12), (1, 12), (1, 12), (3, 11), (1, 6), (5, 10)))
    sheet.new_row()
    sheet.pair("开始时间", f"{year}-{start:02d}-01", 1)
    sheet.pair("结束时间", f"{year}-{end:02d}-{'31' if end in {1, 3, 5, 7, 8, 10, 12} else '30'}")
    total, before = amount_yuan(rng), amount_yuan(rng)
    sheet.new_row()
    sheet.pair("项目总金额", total, 1)
    sheet.pair("项目本年度金额", total if subject.sound or rng.random() < 0.8 else amount_yuan(rng))
    sheet.new_row()
    sheet.pair("上年度项目总金额", before, 1)
    sheet.pair("项目上年度金额", before)
    sheet.bar("项目详细信息")
    for label, kind in (
        ("项目概况", "overview"), ("立项依据", "basis"), ("项目设立的必要性", "need"), ("项目配套制度措施", "measures"),
        ("项目实施计划", "plan"), ("备注", "remarks"),
    ):  # fmt: skip
        sheet.new_row()
        sheet.pair(label, narrative(kind, subject, rng), narrative=True)
    sheet.bar("项目绩效目标")
    goal = narrative("goal", subject, rng, 500)
    sheet.new_row()
    sheet.pair("项目总目标", goal, narrative=True)
    sheet.new_row()
    sheet.pair("年度绩效目标", goal if rng.random() < 0.3 else narrative("goal", subject, rng, 500), narrative=True)
    columns = [*LEVELS, Column("target", "目标值", 0.2)]
    sheet.grid(columns, fill_skeleton(ZHENGZHOU, subject, rng, fixed=0.9))
    lines = (LaidLine(f"{subject.agency}预算项目绩效目标表", "title"), LaidLine(f"({year}年)", "year"))
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="元")


_TITLES = ("项目支出绩效目标申报表", "项目支出绩效目标表", "{y}年项目支出绩效目标表", "{a}项目支出绩效目标表")


def _national_single(layout: str, subject: Subject, rng: random.Random) -> LaidForm:
    with_side = rng.random() < 0.5
    columns = [*LEVELS, Column("target", "指标值", 0.25)]
    widths = [0.07] * with_side + [column.width for column in columns]
    sheet = Sheet(widths)
    half = len(widths) - 2  # the first value's width; the second label and value take one column each
    sheet.new_row()
    sheet.pair("项目名称", subject.project)
    sheet.new_row()
    if rng.random() < 0.5:
        sheet.pair(rng.choice(("主管部门及代码", "主管部门")), subject.department, half - 1)
        sheet.pair("实施单位", subject.agency)
    else:
        sheet.pair("主管部门", subject.department)
        sheet.new_row()
        sheet.pair("实施单位", subject.agency)
    if rng.random() < 0.5:
        sheet.new_row()
        sheet.pair(
            "项目属性",
            rng.choice(
                ("新增项目", "延续项目", check_boxes(("新增项目", "延续项目"), rng), "一次性项目", "经常性项目")
            ),
            half - 1,
        )
        sheet.pair(
            rng.choice(("项目期", "项目期限")), rng.choice((f"{subject.year}年", "1年", f"{subject.year}年1月-12月"))
        )
    unit_in_label = rng.random() < 0.7
    money = rng.choice(("项目资金（万元）", "项目资金(万元)", "项目资金\n（万元）")) if unit_in_label else "项目资金"
    total, parts = amount_parts(rng, 2)
    labels = ("年度资金总额：", "其中：财政拨款", "其他资金")
    for number, (label, text) in enumerate(zip(labels, (total, *parts), strict=True)):
        sheet.new_row()
        if number == 0:
            sheet.label(money, 1, 3)
        sheet.label(label, half - 1 if with_side else 1)
        sheet.value(text, money, label, colspan=0)
    goal = narrative("goal", subject, rng, 600)
    label = rng.choice(("年度总体目标", "年度总体目标", "总体目标", "年度目标"))
    if with_side and rng.random() < 0.5:
        sheet.new_row()
        sheet.label(label, 1, 1, vertical=True)
        sheet.value(goal, label, colspan=0, narrative=True)
    else:
        sheet.new_row()
        sheet.pair(label, goal, narrative=True)
    groups = fill_skeleton(
        NATIONAL,
        subject,
        rng,
        blank_rows=rng.choice((1, 1, 2, 3)),
        skip_blank=rng.random() < 0.3,
        known_share=0.4,
        placeholders=rng.random() < 0.06,
    )
    sheet.grid(columns, groups, side=rng.choice(("绩效指标", "绩效指标", "绩\n效\n指\n标")) if with_side else "")
    lines = [LaidLine(rng.choice(_TITLES).format(y=subject.year, a=subject.agency), "title")]
    lines.append(LaidLine(rng.choice(("（{y}年度）", "({y}年度)", "（{y}年）")).format(y=subject.year), "year"))
    if not unit_in_label:
        lines.append(LaidLine(rng.choice(("单位：万元", "金额单位：万元", "单位:万元")), "unit"))
    return finish(layout, sheet, subject, lines, agency=subject.agency, money_unit="万元")


MAKERS = {"zhengzhou-2020": _zhengzhou, "mof-2015-88-single": _national_single}
