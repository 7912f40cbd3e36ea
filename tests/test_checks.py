"""Proves pipeline/checks."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks import CheckContext, check_record, load_rules, needs_review
from pipeline.dictionaries import load_dictionaries
from pipeline.errors import DictionaryError
from pipeline.fieldvalues import parse_field
from pipeline.records import FieldValue, Finding, FormHead, Indicator, Record, Source, TargetValue, ValueCell, Where
from pipeline.resources import data_folder
from pipeline.synth.layouts import LAYOUTS, MORE_UNSEEN_LAYOUTS, UNSEEN_LAYOUTS, make_form
from pipeline.synth.model import Truth
from pipeline.targets import parse_target

# Rows around the one under test, so that the form has habits: it writes operators and units.
USUAL = {
    "预算执行率": "=100%", "培训人数": "≥50人", "培训合格率": "≥95%", "活动举办及时性": "及时", "群众满意度": "≥90%",
}  # fmt: skip
HEADER = {
    "项目名称": "某项目", "单位编码": "019001", "开始时间": "2020-01-01", "结束时间": "2020-12-31",
    "项目总金额": "100000.00", "项目本年度金额": "100000.00",
}  # fmt: skip


def target_of(raw: str | None, name: str | None = None) -> TargetValue | None:
    if raw is None:
        return None
    target, _ = parse_target(raw, level3=name, dictionaries=load_dictionaries_once())
    return TargetValue.model_validate({key: getattr(target, key) for key in TargetValue.model_fields})


@cache
def load_dictionaries_once():  # type: ignore[no-untyped-def]
    return load_dictionaries()


def row(name: str | None, raw: str | None, level1: str = "产出目标", level2: str = "质量", **more: Any) -> Indicator:
    cells = {"target": ValueCell(raw=raw, status="unknown", confidence=1, where=[])} if raw is not None else {}
    values = {
        "level1": level1,
        "level2": level2,
        "level3": name,
        "target": target_of(raw, name),
        "cells": cells,
        **more,
    }
    return Indicator.model_validate(values)


def record(rows: Sequence[Indicator], fields: Mapping[str, str] = HEADER, year: int | None = 2020) -> Record:
    values = {
        label: FieldValue(
            value=text,
            raw=text,
            parsed=parse_field(label, text, money_unit="元"),
            status="unknown",
            confidence=1,
            where=[],
        )
        for label, text in fields.items()
    }
    return Record(
        id="0", source=Source(document="form.txt", sha256="0", pages=[]), form=FormHead(title="表", year=year),
        fields=values, indicators=list(rows), repairs=[], findings=[],
    )  # fmt: skip


def of_truth(truth: Truth) -> Record:
    """The record of a form that was read without an error."""
    rows = [
        row(
            i.level3 or None,
            (i.target or "") if i.level3 else None,
            i.level1 or "",
            i.level2 or "",
            period=i.period,
            extra=i.extra,
        )
        for i in truth.indicators
    ]
    made = record(rows, {}, truth.year)
    fields = {
        label: FieldValue(
            value=text, raw=text, parsed=parse_field(label, text, money_unit=truth.money_unit), status="unknown",
            confidence=1, where=[],
        )
        for label, text in truth.fields.items()
    }  # fmt: skip
    return made.model_copy(update={"fields": fields})


def settled(truth: Truth) -> Record:
    """The record of a sound form, without what the generator draws apart and so cannot keep in agreement.

    Amounts of one table are drawn one by one, and a dictionary name that ends in 次数 gets ≥ whatever it counts. The
    rules about these are proved on forms written by hand, above and below.
    """
    made = of_truth(truth)
    fields = {label: value for label, value in made.fields.items() if (value.parsed or {}).get("kind") != "amount"}
    names = load_dictionaries_once().names("level3")
    rows = [
        i for i in made.indicators
        if not (i.target and i.target.operator == "≥" and {e.operator for e in names.get(i.level3 or "", ())} == {"≤"})
    ]  # fmt: skip
    return made.model_copy(update={"fields": fields, "indicators": rows})


def with_row(name: str | None, raw: str | None, **more: Any) -> Record:
    return record([*(row(n, r) for n, r in USUAL.items()), row(name, raw, **more)])


def codes(findings: Sequence[Finding], at: str = "") -> set[str]:
    return {finding.code for finding in findings if finding.at.startswith(at)}


def last_codes(name: str, raw: str | None, **more: Any) -> set[str]:
    return codes(check_record(with_row(name, raw, **more)), f"indicators[{len(USUAL)}]")


def test_a_sound_form_has_no_finding_that_asks_for_review() -> None:
    """A false alarm costs a person's look, and after some of them nobody looks."""
    assert [f for f in check_record(record([row(n, r) for n, r in USUAL.items()])) if needs_review(f)] == []


# name | target | the code that must be found at the row; a dash where none may ask for review.
ROWS = """
获奖专家数 | ≥30 | target.unit-missing
项目计划完成率 | 100% | target.operator-missing
村医培养 | =600人/次 | target.unit-nonstandard
参观人次 | =80人 | target.unit-name
参观人次 | =80人次 | -
参加人数 | ≥80人次 | -
参观人数增长率 | ≤5% | target.operator-direction
参观人数增长率 | ≥5% | -
群众投诉率 | ≥5% | target.operator-direction
投诉处理率 | ≥95% | -
能耗下降率 | ≥5% | -
成本节约率 | ≥5% | -
成本节约率 | ≤5% | target.operator-unusual
成本控制率 | ≤100% | -
预算支出完成率 | ≤100% | -
设备购置成本 | ≥30万元 | target.operator-direction
降低企业成本 | ≥30万元 | -
产品验收合格率 | 292% | target.percent-over-100
市民满意度调查 | 290% | target.percent-over-100
产值增长率 | ≥120% | -
课程完成率 | ≥120% | target.percent-over-100
设备完好率 | %=99 | target.misread
设备完好率 | 一100% | target.misread
设备完好率 | -100% | target.misread
设备完好率 | 95%≥ | target.misread
设备完好率 | 950/0 | target.misread
设备完好率 | 809b | target.misread
群众满意度 | ≥959o | target.misread
设备完好率 | =9800 | target.misread
设备完好率 | ≥9O% | -
设备完好率 | ≥q5% | target.misread
设备完好率 | =100X | target.misread
设备完好率 | ≥≥5% | target.misread
设备完好率 | ≥9&% | target.unreadable
设备完好率 | ≥95‰ | target.unit-name
婴儿死亡率 | ≤5‰ | -
登记差错率 | ≤0.5‰ | -
宣传效果 | 显著增強 | text.uncommon
宣传效果增強率 | ≥5% | text.uncommon
设备完好率 | ≥上年水平 | -
应急响应等级 | #5% | target.unreadable
设备完好率 | ≥96 5% | target.unreadable
内部刊物期数 | ≥000期 | target.unreadable
“文化下乡补助标准 | ≤400元 | indicators.brackets
文化下乡场次： | ≥10场 | indicators.marks
文化下.乡场次 | ≥10场 | indicators.marks
“文化下乡”补助标准 | ≤400元 | -
1）补助标准(元/人) | ≤400元 | -
系统运行率 | ≥0.97 | -
粮食面积 | ≥30公里 | target.unit-name
粮食面积 | ≥30亩 | -
补助标准 | 1600元/亩 | -
合同管理完备性 | 及时 | target.stem
合同管理完备性 | 完备 | -
合同管理完备性 | 基本完备 | -
资金使用规范性 | 合规 | -
部门协调性 | 高 | target.vague
护林员管理制度健全性 | 每年对护林员开展两次业务培训 | target.stem-sentence
是否提升服务能力 | 是 | -
是否提升服务能力 | ≥90% | target.boolean
能否带动周边就业 | 显著提升 | target.boolean-words
防灾知识普及效果 | 有效提高 | target.vague
任务完成时间 | 2020年12月底前 | -
任务完成时间 | 2021年3月底前 | target.after-end
改造面积 | ≥**平方米 | target.placeholder
改造面积 | XX | target.placeholder
指标1： | ≥5% | indicators.placeholder
游客满意度(≥**%) | ≥90% | -
讲座、展览、竞赛达标率 | =100% | indicators.joined
培训人数 | ≥50人 | indicators.duplicate
培训人数 | ≥60人 | indicators.repeated-name
"""


@pytest.mark.parametrize("case", ROWS.strip().split("\n"))
def test_a_row_has_the_finding_that_it_should_have(case: str) -> None:
    """The rules G04 to G15 and G23, each beside the sound row that is nearest to breaking it."""
    name, raw, code = (part.strip() for part in case.split("|"))

    found = [
        finding
        for finding in check_record(with_row(name, raw))
        if finding.at.startswith(f"indicators[{len(USUAL)}]") and (finding.code == code or needs_review(finding))
    ]

    assert {finding.code for finding in found} == ({code} if code != "-" else set())


def test_a_target_that_fell_off_is_lost_and_a_blank_one_is_missing() -> None:
    """Only the image can give a lost target back; a blank cell was left blank."""
    assert last_codes("比赛获奖人数", None) == {"target.lost"}
    assert last_codes("比赛获奖人数", "") == {"target.missing"}


def test_a_printed_row_without_a_name_is_data() -> None:
    """Skeleton rows are printed empty; that is no mistake."""
    assert codes(check_record(with_row(None, None)), f"indicators[{len(USUAL)}]") == set()


def test_a_blank_form_is_said_once() -> None:
    """A blank form is a record; fifty findings would say nothing more."""
    blank = record([row(None, None), row(None, None)], dict.fromkeys(HEADER, ""))

    assert [(finding.code, finding.severity) for finding in check_record(blank)] == [("form.blank", "info")]


def test_a_form_that_never_writes_operators_is_told_once() -> None:
    """What a form never writes was not forgotten in each row."""
    rows = [row(f"第{i}项完成率", "100%") for i in range(6)]

    found = check_record(record(rows))

    assert "form.operators-absent" in codes(found)
    assert "target.operator-missing" not in codes(found)


def test_a_proposal_stands_in_the_remedy() -> None:
    """A person accepts with one key what the finding proposes."""
    [finding] = [f for f in check_record(with_row("产品验收合格率", "292%")) if f.code == "target.percent-over-100"]

    assert finding.at == f"indicators[{len(USUAL)}].target"
    assert "≥92%" in (finding.remedy or "")
    assert finding.category == "指标与指标值不匹配"


SOUND_TEXT = "为提高市民素质，开展宣传活动。组织培训；举办讲座。邀请专家指导，取得良好效果。"
FIELDS: list[tuple[str, dict[str, str], set[str]]] = [
    ("whole prose", {"项目概况": SOUND_TEXT * 20}, set()),
    ("long prose cut off", {"项目概况": SOUND_TEXT * 20 + "充分发挥优势，贴近广大市"}, {"narrative.truncated"}),
    ("short prose cut off at a comma", {"项目概况": SOUND_TEXT + "充分发挥优势，"}, {"narrative.truncated"}),
    ("prose that ends in an entry", {"项目概况": SOUND_TEXT * 20 + "\n活动时间：2020年10月"}, set()),
    ("a title mark not read", {"立项依据": "根据关于开展活动的通知》，开展活动。"}, {"narrative.brackets"}),
    ("a title mark not closed", {"立项依据": "根据《关于转发《活动的通知》的通知"}, {"narrative.brackets"}),
    ("a title in a title", {"立项依据": "根据《关于转发〈活动的通知〉的通知》，开展活动。"}, set()),
    ("list marks", {"立项依据": "1）开展活动。2）组织培训。（3）其他。"}, set()),
    ("a plan beyond the end", {"项目实施计划": "2020年8月—2021年3月，开展活动。"}, {"narrative.date-outside"}),
    ("a plan before the start", {"项目实施计划": "（1）2019年10-12月，招标。"}, {"narrative.date-outside"}),
    ("a plan within", {"项目实施计划": "1-3月，招标；2020年4月—10月，实施。"}, set()),
    ("dates of titles and of history", {"项目概况": "本中心成立于1998年3月。依据《2019年3月工作方案》办理。"}, set()),
    ("a list without its first number", {"项目概况": "继续做好工作；②加大宣传力度。"}, {"narrative.list"}),
    ("a list in a short text", {"备注": "②加大宣传力度。"}, {"narrative.list"}),
    ("a list", {"项目概况": "①继续做好工作；②加大宣传力度。"}, set()),
    ("a text that ends with dust", {"其他需要说明的问题": "无："}, {"narrative.truncated"}),
    ("a time given elsewhere", {"项目概况": "展览 时间：2021年10月"}, {"narrative.date-outside"}),
    ("a document number in other brackets", {"立项依据": "（办发【2019】52号）。"}, {"narrative.document-number"}),
    ("a document number as it should be", {"立项依据": "（办发〔2019〕52号）。"}, set()),
    ("goals that are one text", {"项目总目标": SOUND_TEXT, "年度绩效目标": SOUND_TEXT}, {"fields.identical"}),
    ("remarks that are one word", {"备注": "无", "其他需要说明的问题": "无"}, set()),
    ("a goal in the past", {"年度绩效目标": "2020年实际支出30万元，实际举办讲座5次。"}, {"goals.past-tense"}),
    ("a goal that disagrees", {"年度绩效目标": "2020年群众满意度达到80%。"}, {"goals.number-mismatch"}),
    ("a goal that agrees", {"年度绩效目标": "2020年群众满意度达到90%。"}, set()),
    ("a goal of another year", {"年度绩效目标": "2018年完成各项任务。"}, {"fields.year-goal"}),
    ("an end before the start", {"结束时间": "2019-12-31"}, {"fields.period-reversed"}),
    ("another year", {"开始时间": "2021-01-01", "结束时间": "2021-12-31"}, {"fields.year-outside"}),
    ("no date", {"结束时间": "2020-12-3l"}, {"fields.date-format"}),
    ("a year's amount above the total", {"项目本年度金额": "200000.00"}, {"fields.amount-over-total"}),
    ("a period without its dash", {"项目起止时间": "202001202012"}, {"fields.date-format"}),
    ("a period with dust for its dash", {"项目起止时间": "202001:202012"}, {"fields.date-format"}),
    ("a period", {"项目起止时间": "202001-202012"}, set()),
    ("a period with a point within a year", {"项目起止时间": "202001-20.2012"}, {"fields.date-format"}),
    ("an amount with a colon", {"项目资金→执行数": "285:3"}, {"fields.amount-format"}),
    ("a time", {"开放时间": "12:30"}, set()),
    ("a rate with a strange sign", {"项目资金→执行率": "100.0品"}, {"fields.amount-format"}),
    ("a rate with two strange signs", {"项目资金→执行率": "100°,"}, {"fields.amount-format"}),
    ("dots among amounts", {"资金→拨款→预算": "5.0", "资金→拨款→执行": "4.0", "资金→拨款→得分": "……"},
     {"fields.amount-format"}),
    ("dots among dashes", {"资金→单位资金→执行": "—", "资金→单位资金→得分": "—", "资金→单位资金→预算": "……"},
     {"fields.amount-format"}),
    ("a score in words", {"项目资金→执行率": "10分"}, set()),
    ("a letter for a dash", {"备注": "m"}, {"fields.amount-format"}),
    ("a sign among amounts", {"资金→拨款→预算": "5.0", "资金→拨款→执行": "4.0", "资金→拨款→得分": "日"},
     {"fields.amount-format"}),
    ("a word among words", {"资金→拨款→等级": "优"}, set()),
    ("no amount", {"项目总金额": "1O0000.00"}, {"fields.amount-format"}),
    ("an amount whose point is a blank", {"项目资金→执行数": "8652 51986"}, {"fields.amount-format"}),
    ("an amount of letters", {"项目资金→分值": "io"}, {"fields.amount-format"}),
    ("a number in groups", {"档案编号": "8652 51986"}, set()),
    ("no code", {"单位编码": "O190011号"}, {"fields.code-format"}),
    ("an amount without its point", {"项目本年度金额": "10000000", "项目上年度金额": "100000.00"},
     {"fields.amount-decimals", "fields.amount-over-total", "fields.amount-change"}),
    ("a point for a comma", {"项目资金→资金总额": "7,013", "项目资金→其中：财政拨款": "7.013"},
     {"fields.amount-grouping"}),
    ("three decimals everywhere", {"项目资金→资金总额": "7.013", "项目资金→其中：财政拨款": "7.013"}, set()),
    ("a choice", {"项目属性": "新增项目□ 延续项目√"}, set()),
    ("boxes before their options", {"项目属性": "口新增项目 ☑延续项目 口一次性项目"}, set()),
    ("a box between two options lost", {"项目属性": "新增项目延续项目√"}, {"fields.choice-box"}),
    ("the last box lost", {"项目属性": "新增项目□ 延续项目"}, {"fields.choice-box"}),
    ("all boxes lost", {"项目属性": "新增项目延续项目"}, {"fields.choice-box"}),
    ("one option alone", {"项目属性": "延续项目"}, set()),
    ("no name", {"项目名称": ""}, {"fields.blank"}),
    ("no phone", {"联系电话": "6788"}, {"fields.phone-format"}),
    ("fewer phones than people", {"联系人": "张三 李四", "联系电话": "67880001"}, {"fields.phone-count"}),
    ("much more than last year", {"项目上年度金额": "50000.00"}, {"fields.amount-change"}),
    ("parts that add up", {"资金→资金总额": "90000", "资金→其中：财政拨款": "20000", "资金→其他资金": "70000"}, set()),
    ("parts that do not", {"资金→资金总额": "90000", "资金→其中：财政拨款": "20000", "资金→其他资金": "10000"},
     {"fields.amount-sum"}),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "expected"), [pytest.param(f, e, id=name) for name, f, e in FIELDS])
def test_a_field_has_the_finding_that_it_should_have(fields: dict[str, str], expected: set[str]) -> None:
    """The rules H01 to H12 and G16 to G22, each beside the sound text that is nearest to breaking it."""
    found = check_record(record([row(n, r) for n, r in USUAL.items()], {**HEADER, **fields}))

    assert codes(found, "fields.") == expected


@pytest.mark.parametrize(
    ("name", "confidence", "asks"),
    [("准城市统计局", 0.92, True), ("准城市统计局", 1.0, False), ("淮城市统计局", 0.92, False),
     ("淮城县统计局", 0.92, False),
     ("湖东区第一小学", 0.92, True), ("湖西区第二小学", 0.92, False)],
)  # fmt: skip
def test_a_name_that_is_another_but_for_one_character_asks(name: str, confidence: float, asks: bool) -> None:
    """A picture's 准城市统计局 asks where the form has 淮城市统计局; 县 for 市 may be another agency."""
    texts = {"主管部门": "淮城市统计局126", "项目概况": "由潮东区第一小学实施，湖西区第一小学协助。", "实施单位": name}
    made = record([row(n, r) for n, r in USUAL.items()], {**HEADER, **texts})
    value = made.fields["实施单位"].model_copy(update={"confidence": confidence})
    made = made.model_copy(update={"fields": {**made.fields, "实施单位": value}})

    assert ("fields.nearly" in codes(check_record(made))) is asks


@pytest.mark.parametrize(
    ("text", "confidence", "asks"),
    [
        ("考核规划师好评率", 0.97, True),
        ("考核规划师好评率", 1.0, False),
        ("考核规划师好汗率", 0.97, False),
        ("另行说明", 0.97, False),
    ],
)
def test_a_name_that_its_own_row_says_otherwise_asks(text: str, confidence: float, asks: bool) -> None:
    """规划师好汗率 beside 考核规划师好评率: a picture was misread in one of them."""
    made = record([row("规划师好汗率", "≥90%")], HEADER)
    one = made.indicators[0]
    cells = {"level3": ValueCell(raw="规划师好汗率", status="unchanged", confidence=confidence, where=[])}
    one = one.model_copy(update={"extra": {"指标内容": text}, "cells": cells})

    assert ("indicators.nearly" in codes(check_record(made.model_copy(update={"indicators": [one]})))) is asks


@pytest.mark.parametrize(("confidence", "asks"), [(0.9, True), (1.0, False)])
def test_a_blank_among_dashes_asks(confidence: float, asks: bool) -> None:
    """A hyphen of four pixels is taken for dust; a text that nobody read from a picture loses none."""
    texts = {"资金→其他资金→分值": "-", "资金→其他资金→得分": "", "资金→财政拨款→得分": "9", "备注": ""}
    made = record([row(n, r) for n, r in USUAL.items()], {**HEADER, **texts})
    value = made.fields["资金→其他资金→分值"].model_copy(update={"confidence": confidence})
    made = made.model_copy(update={"fields": {**made.fields, "资金→其他资金→分值": value}})

    found = [f.at for f in check_record(made) if f.code == "fields.blank-among-dashes"]

    assert found == (["fields.资金→其他资金→得分"] if asks else [])


@pytest.mark.parametrize(("last", "asks"), [("—", True), ("", False), ("30", False)])
def test_one_blank_below_dashes_of_a_list_asks(last: str, asks: bool) -> None:
    """自有资金 blank between two dashes of the list under 项目资金; two blanks are the form's habit."""
    texts = {"项目资金→资金总额": "405", "项目资金→自有资金": "", "项目资金→事业收入": "—", "项目资金→其他": last}
    made = record([row(n, r) for n, r in USUAL.items()], {**HEADER, **texts})
    value = made.fields["项目资金→事业收入"].model_copy(update={"confidence": 0.9})
    made = made.model_copy(update={"fields": {**made.fields, "项目资金→事业收入": value}})

    assert ("fields.blank-among-dashes" in codes(check_record(made))) is asks


def test_a_column_of_blanks_has_no_dash_whatever_its_rows_say() -> None:
    """执行率 of funds that nobody spent is blank in row after row."""
    texts = {
        "资金→其他资金→分值": "-", "资金→其他资金→执行率": "", "资金→单位资金→分值": "-", "资金→单位资金→执行率": "",
        "资金→财政拨款→分值": "10", "资金→财政拨款→执行率": "99%", "备注": "",
    }  # fmt: skip
    made = record([row(n, r) for n, r in USUAL.items()], {**HEADER, **texts})
    value = made.fields["资金→其他资金→分值"].model_copy(update={"confidence": 0.9})
    made = made.model_copy(update={"fields": {**made.fields, "资金→其他资金→分值": value}})

    assert "fields.blank-among-dashes" not in codes(check_record(made))


@pytest.mark.parametrize(("page", "asks"), [(2, True), (1, False)])
def test_a_name_that_the_page_s_end_may_have_cut_asks(page: int, asks: bool) -> None:
    """Where the next page begins with a name without a target, that is the rest of it as likely as not."""
    above, rest = row("烈属对纪念设施", "≥90%"), row("修缮的认可度", None)
    cells = [
        {**one.cells, "level3": ValueCell(raw="", status="unknown", confidence=1.0, where=[Where(page=number)])}
        for one, number in ((above, 1), (rest, page))
    ]
    cells[1].pop("target", None)
    cut = [one.model_copy(update={"cells": own}) for one, own in zip((above, rest), cells, strict=True)]
    cut[1] = cut[1].model_copy(update={"target": None})
    made = record([*(row(n, r) for n, r in USUAL.items()), *cut])

    assert ("indicators.cut" in codes(check_record(made))) is asks


def test_a_level_under_another_is_told_and_every_known_pair_is_not() -> None:
    """数量 under 满意度指标 is a slipped row; what any framework pairs is sound."""
    level1s = load_dictionaries_once().names("level1")
    pairs = [
        (parent, name.text)
        for entries in load_dictionaries_once().names("level2").values()
        for name in entries
        for parent in name.parents
        if parent in level1s
    ]
    slipped = record([row("培训人数", "≥50人", "满意度指标", "数量指标")])

    sound = record([row(f"指标名称{i}", "≥5个", one, two) for i, (one, two) in enumerate(pairs)])

    assert "levels.parent" in codes(check_record(slipped))
    assert pairs
    assert "levels.parent" not in codes(check_record(sound))


def test_a_level_2_in_the_place_of_a_level_1_is_told() -> None:
    """The row slid one column to the left, and its name stands where the level should."""
    slid = record([row("改造达标率", "=95%", "质量指标", "示范点标准")])
    sound = record([row("改造达标率", "=95%", "产出指标", "质量指标")])

    assert "levels.misplaced" in codes(check_record(slid))
    assert "levels.misplaced" not in codes(check_record(sound))


def test_a_skeleton_row_that_was_not_read_is_told() -> None:
    """A form that prints its blank rows prints all of them; one that is gone was lost."""
    context = CheckContext(load_dictionaries_once(), skeleton={"产出目标": ("数量", "质量", "成本")})
    rows = [row("培训人数", "≥50人", level2="数量"), row(None, None, level2="成本")]

    assert "levels.skeleton" in codes(check_record(record(rows), context))
    assert "levels.skeleton" not in codes(check_record(record([*rows, row(None, None)]), context))


def test_rows_of_one_level_stand_together() -> None:
    """Rows of one level 2 on both sides of another were moved by a page break."""
    rows = [row("培训人数", "≥50人", level2="数量"), row("合格率", "≥95%"), row("场次", "≥5场", level2="数量")]

    assert "levels.repeated" in codes(check_record(record(rows)))


@pytest.mark.parametrize("layout", [*LAYOUTS, *UNSEEN_LAYOUTS, *MORE_UNSEEN_LAYOUTS])
def test_sound_generated_forms_raise_no_alarm(layout: str) -> None:
    """Every layout, words of no training form: no error and no warning on a form that breaks no rule."""
    alarms = []
    for seed in range(1_000_000, 1_000_000 + 6):
        form = make_form(layout, random.Random(seed), "test", sound=True)
        alarms += [(seed, f.code, f.at, f.message) for f in check_record(of_truth(form.truth)) if needs_review(f)]

    assert alarms == []


def test_a_level_that_moved_is_not_missed_where_it_was() -> None:
    """成本 is a row of 产出 in one year and a level of its own in the next; a template of both years has it twice."""
    context = CheckContext(
        load_dictionaries_once(), skeleton={"成本指标": ("经济成本指标",), "产出指标": ("数量指标", "成本指标")}
    )
    rows = [row("培训人数", "≥50人", "产出指标", "数量指标"), row(None, None, "成本指标", "经济成本指标")]

    assert "levels.skeleton" not in codes(check_record(record(rows), context))


@pytest.mark.parametrize(("read", "told"), [("服务对象满意度指标", False), ("满意度指标", True)])
def test_a_level_that_another_year_prints_under_another_level_is_not_missing(read: str, told: bool) -> None:
    """One layout's years: 效益指标→社会公众或服务对象满意度指标, later 满意度指标→服务对象满意度指标."""
    names = {
        "效益指标": ("经济效益指标", "社会公众或服务对象满意度指标"),
        "满意度指标": ("服务对象满意度指标", "满意度指标"),
    }
    context = CheckContext(load_dictionaries_once(), skeleton=names)
    rows = [
        row(None, None, level1="效益指标", level2="经济效益指标"),
        row("群众满意度", "≥90%", level1="满意度指标", level2=read),
    ]

    missing = [finding for finding in check_record(record(rows), context) if finding.code == "levels.skeleton"]
    assert any("社会公众" in finding.message for finding in missing) is told


def test_a_form_of_another_edition_is_not_measured_by_this_years_skeleton() -> None:
    """Provinces move rows from year to year: who prints a row that the template lacks may lack one that it has."""
    context = CheckContext(load_dictionaries_once(), skeleton={"产出目标": ("数量", "质量", "成本")})
    rows = [row("培训人数", "≥50人", level2="数量"), row(None, None, level2="质量"), row(None, None, level2="时效")]

    assert "levels.skeleton" not in codes(check_record(record(rows), context))


RATES = ("满意度", "合格率", "覆盖率", "及时率")


def share(indicator: Indicator) -> str | None:
    """The digits of a percent target that has an operator."""
    target = indicator.target
    return target.number if target and target.kind == "number" and target.unit == "%" and target.operator else None


def rate(indicator: Indicator) -> str | None:
    """The digits of a rate that larger is better for and that two digits can be misread in."""
    name, number = indicator.level3 or "", share(indicator)
    return (
        number if number and len(number) == 2 and name.endswith(RATES) and not re.search("不|投诉|违", name) else None
    )


def whole(indicator: Indicator) -> TargetValue | None:
    """A target with operator, a number above 1 and a unit that is no price."""
    target = indicator.target
    if target is None or target.kind != "number" or not (target.operator and target.unit and target.number):
        return None
    return target if float(target.number) > 1 and "/" not in target.unit else None


@pytest.mark.parametrize(
    ("name", "raw", "meant"),
    [
        ("设备完好率", "809b", "80%"),
        ("群众满意度", "≥959o", "≥95%"),
        ("设备完好率", "=9800", "=98%"),
        ("设备完好率", "=10096", "=100%"),
        ("宣传册数量", "809b", "8096"),
    ],
)
def test_the_end_of_a_rate_is_a_broken_percent_and_not_more_figures(name: str, raw: str, meant: str) -> None:
    """A proposal that no rate can have is worse than none: it is taken in a hurry."""
    place = f"indicators[{len(USUAL)}].target"
    said = [f.remedy for f in check_record(with_row(name, raw)) if f.at == place and f.code == "target.misread"]
    assert [remedy for remedy in said if f"“{meant}”" in str(remedy)] == said
    assert said


def test_one_bound_without_its_bar_among_many_is_odd() -> None:
    """A form that writes ≥ all over and > once lost a stroke there; one that writes > more often means it."""
    rates = ["设备完好率", "任务完成率", "课程完成率", "群众满意度"]
    once = [row(name, "≥90%") for name in rates] + [row("资金到位率", ">92%")]
    twice = [*once, row("项目合格率", ">95%")]
    assert "target.operator-odd" in codes(check_record(record(once)), "indicators[4].target")
    assert "target.operator-odd" not in codes(check_record(record(twice)), "indicators[4].target")


def other_stem(indicator: Indicator) -> str | None:
    """The word of another row for a name that asks for an adjective."""
    name = indicator.level3 or ""
    ends = ("健全性", "合理性", "完备性", "规范性", "有效性", "合规性")
    return "及时" if name.endswith(ends) else "健全" if name.endswith("及时性") else None


FAULTS: dict[str, tuple[Callable[[Indicator], str | None], set[str]]] = {
    "operator dropped": (lambda i: f"{t.number}{t.unit}" if (t := whole(i)) else None, {"target.operator-missing"}),
    "unit dropped": (lambda i: f"{t.operator}{t.number}" if (t := whole(i)) else None, {"target.unit-missing"}),
    "≥ read as 2": (lambda i: f"2{n}%" if (n := rate(i)) else None, {"target.percent-over-100"}),
    "= read as —": (lambda i: f"—{n}%" if (n := share(i)) else None, {"target.misread"}),
    "direction turned": (lambda i: f"≤{n}%" if (n := rate(i)) else None, {"target.operator-direction"}),
    "word of another row": (other_stem, {"target.stem"}),
    "target left blank": (lambda i: "", {"target.missing"}),
}


@cache
def sound_records() -> list[Record]:
    rng = random.Random(7)
    seeds = range(1_000_100, 1_000_180)
    return [settled(make_form(rng.choice(LAYOUTS), random.Random(seed), "test", sound=True).truth) for seed in seeds]


@pytest.mark.parametrize("fault", FAULTS)
def test_injected_faults_are_found(fault: str) -> None:
    """One fault in a sound form, on words that no training form has: at least 19 of 20 are found at their place."""
    inject, expected = FAULTS[fault]
    rng = random.Random(7)
    found = tried = 0
    for sound in sound_records():
        places = [n for n, i in enumerate(sound.indicators) if i.level3 and i.target and inject(i) is not None]
        # A form that writes hardly any number has no habit to miss an operator or a unit by.
        if not places or sum(whole(i) is not None for i in sound.indicators) < 5:
            continue
        n = rng.choice(places)
        rows = list(sound.indicators)
        rows[n] = row(rows[n].level3, inject(rows[n]), rows[n].level1 or "", rows[n].level2 or "")
        broken = sound.model_copy(update={"indicators": rows})
        tried += 1
        found += bool(codes(check_record(broken), f"indicators[{n}].target") & expected)

    assert tried >= 20
    assert found / tried >= 0.95


# How recognisers read the characters of a number: the pairs of published OCR errors of such forms.
CONFUSED = {
    "0": "OoQD〇○口", "1": "lI|!丨i", "2": "Z≥", "5": "S$", "6": "b&", "8": "B&", "9": "gq", "≥": "2>》≧＞=之乏",
    "≤": "<《≦＜Ws5兰", "=": "二一＝═-—≡", "%": "％℅‰X",
}  # fmt: skip


def misreadings(seed: int) -> Iterator[tuple[Record, int, TargetValue]]:
    """Sound forms with one character of one target misread: the record, the row's number, the target as printed."""
    rng = random.Random(seed)
    for sound in sound_records():
        signed = [(n, i.target) for n, i in enumerate(sound.indicators) if i.target and i.target.kind == "number"]
        places = [(n, t, k) for n, t in signed if t.operator for k, sign in enumerate(t.value) if sign in CONFUSED]
        for n, target, k in rng.sample(places, min(8, len(places))):
            read = target.value[:k] + rng.choice(CONFUSED[target.value[k]]) + target.value[k + 1 :]
            rows = list(sound.indicators)
            rows[n] = row(rows[n].level3, read, rows[n].level1 or "", rows[n].level2 or "")
            yield sound.model_copy(update={"indicators": rows}), n, target


def test_misread_targets_are_repaired_or_shown() -> None:
    """A repair is never wrong, and hardly any misreading passes unseen: only those that read as a sound target do."""
    outcomes: Counter[str] = Counter()
    for read, n, printed in misreadings(11):
        target = read.indicators[n].target
        assert target is not None
        same = (target.operator, target.number, target.unit) == (printed.operator, printed.number, printed.unit)
        shown = any(needs_review(f) for f in check_record(read) if f.at == f"indicators[{n}].target")
        repaired = target.value != target.raw
        outcomes["right" if same else "wrong repair" if repaired else "shown" if shown else "silent"] += 1

    assert outcomes.total() > 400
    assert outcomes["wrong repair"] == 0
    assert outcomes["silent"] / outcomes.total() <= 0.06


@given(
    st.text(max_size=30),
    st.text(max_size=30),
    st.dictionaries(st.sampled_from([*HEADER, "项目概况", "备注", "x"]), st.text(max_size=60)),
)
@settings(max_examples=60, deadline=None)
def test_any_record_is_checked(name: str, raw: str, fields: dict[str, str]) -> None:
    """A check that fails would lose the record; every place named is a place of the record."""
    made = record([row(n, r) for n, r in USUAL.items()] + [row(name, raw)], fields)

    for finding in check_record(made):
        assert finding.at == "form" or finding.at.startswith(("fields.", "indicators["))
        if finding.at.startswith("fields."):
            assert finding.at.removeprefix("fields.") in made.fields


@pytest.mark.parametrize("piece", ["《a", "“a", "1", "（", "时间：", "满意度1", "2020年"])
def test_a_long_text_costs_no_more_than_its_length(piece: str) -> None:
    """A text of 100,000 characters that opens brackets without end is checked like any other; squares take minutes."""
    text = piece * (100_000 // len(piece))
    made = record([row("培训人数", "≥50人")], {**HEADER, "项目实施计划": text, "年度绩效目标": text})
    started = perf_counter()

    check_record(made)

    assert perf_counter() - started < 10


def test_every_dictionary_name_takes_its_own_words_and_units() -> None:
    """What a dictionary says of a name is sound by definition."""
    entries = [e for es in load_dictionaries_once().names("level3").values() for e in es]
    rows = [row(e.text, w) for e in entries for w in e.words] + [
        row(e.text, f"{e.operator}95{u}") for e in entries if e.operator for u in e.units
    ]

    wrong = [
        (f.code, f.message)
        for f in check_record(record(rows))
        if f.code in ("target.stem", "target.unit-name", "target.operator-direction")
    ]

    assert len(rows) > 1000
    assert wrong == []


def test_every_rule_is_used_and_says_what_to_do() -> None:
    """A rule that no check gives is a promise nobody keeps."""
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (Path(__file__).parent.parent / "pipeline/checks").glob("*.py")
    )
    rules = load_rules()
    by_data = {entry.rule for entry in rules.nonstandard}

    unused = [code for code in rules.rules if f'"{code}"' not in sources and code not in by_data]

    assert unused == []
    assert all(rule.remedy for rule in rules.rules.values())


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('code = "target.missing"', 'code = "target.lost"', "twice"),
        ("指标“{name}”没有目标值", "指标“{nmae}”没有目标值", "nmae"),
        ('severity = "error"', 'severity = "fatal"', "severity"),
        ("[words]", "[words]\nsideways = []", "sideways"),
        ('kinds = ["visits"]', 'kinds = ["visitors"]', "visitors"),
        ("[[rule]]", "[[rule", "TOML"),
    ],
)
def test_a_doubtful_rules_file_stops_the_run(tmp_path: Path, old: str, new: str, problem: str) -> None:
    """A rule that silently does nothing is worse than a run that stops."""
    text = (data_folder("dictionaries") / "rules" / "checks.toml").read_text(encoding="utf-8")
    path = tmp_path / "checks.toml"
    path.write_text(changed(text, old, new), encoding="utf-8")

    with pytest.raises(DictionaryError, match=problem):
        load_rules(path)


def test_the_documentation_lists_every_rule() -> None:
    """What a user reads in a record can be looked up."""
    text = (Path(__file__).parent.parent / "docs" / "findings.md").read_text(encoding="utf-8")

    assert [code for code in load_rules().rules if f"`{code}`" not in text] == []
