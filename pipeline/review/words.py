"""Codes of findings in the reviewers' words, short enough for a chart."""

from __future__ import annotations

FINDINGS = {
    "target.lost": "目标值缺格", "target.missing": "目标值空白", "target.percent-over-100": "比率超过 100%",
    "fields.period-reversed": "起止时间颠倒", "fields.amount-over-total": "年度金额超过总额",
    "form.no-targets": "全表没有目标值", "target.operator-missing": "缺比较符号", "target.misread": "目标值疑似误读",
    "target.operator-odd": "比较符号与众不同", "target.unreadable": "目标值不成数", "target.unit-missing": "缺单位",
    "target.unit-nonstandard": "单位不规范", "target.unit-name": "单位与名称不符",
    "target.operator-direction": "比较方向可疑",
    "target.stem": "名称与目标值不配", "target.boolean": "是否类指标答成数字", "target.placeholder": "目标值未填实",
    "target.after-end": "晚于项目结束", "target.vague": "目标值笼统", "indicators.placeholder": "指标名称未填实",
    "indicators.duplicate": "指标重复", "indicators.joined": "一行多个指标", "levels.parent": "二级指标归属可疑",
    "levels.misplaced": "一级指标错位",
    "levels.skeleton": "缺固定行", "levels.repeated": "二级指标分散两处", "fields.blank": "必填栏空白",
    "fields.code-format": "编码格式不对", "fields.year-outside": "年度不在项目期内",
    "fields.date-format": "日期格式不对",
    "fields.amount-format": "金额格式不对", "fields.amount-sum": "金额合计不符", "fields.amount-change": "金额变动",
    "fields.identical": "栏目内容相同", "fields.phone-count": "电话与人数不符", "narrative.truncated": "长文中断",
    "narrative.brackets": "书名号不成对", "narrative.quotes": "引号不成对",
    "narrative.date-outside": "日期不在项目期内",
    "narrative.document-number": "文号格式", "form.blank": "空白表", "form.operators-absent": "全表不写比较符号",
    "form.units-absent": "全表不写单位", "form.title-missing": "没有表名", "text.unplaced": "文字没有归处",
    "grid.inferred": "没有表格线",
    "text.before-form": "表名之前有文字", "decision.reading-changed": "人工决定后识别有变",
    "target.operator-unusual": "比较符号少见", "target.stem-sentence": "性质类指标答成句子",
    "target.boolean-words": "是否类指标另作答复", "target.unit-spelling": "单位写法不一",
    "indicators.repeated-name": "同名指标目标值不同", "levels.no-output": "没有产出指标",
    "levels.no-benefit": "没有效益指标", "levels.no-satisfaction": "没有满意度指标", "levels.empty": "有级别没有指标",
    "fields.phone-format": "电话格式不对", "fields.year-goal": "年度目标写的是别的年份",
    "goals.number-mismatch": "目标与指标数字不符", "goals.past-tense": "目标写成了成绩",
    "narrative.amount": "文中金额与表头不符",
}  # fmt: skip
