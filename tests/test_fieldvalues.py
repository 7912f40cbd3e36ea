"""Proves pipeline/fieldvalues.py."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dictionaries import load_dictionaries
from pipeline.fieldvalues import parse_field, split_label

LABELS = [
    "项目总金额",
    "项目资金（万元）→年度资金总额",
    "开始时间",
    "项目起止时间",
    "联系电话",
    "项目负责人",
    "单位编码",
    "项目属性",
    "项目概况",
]
NEAR = st.text(alphabet="0123456789-—.,，元万年月日至（）() □√☑■口人张王\n、/转电话", max_size=24)


@given(st.sampled_from(LABELS) | st.text(max_size=12), st.one_of(st.text(), NEAR))
def test_any_text_under_any_label_is_taken(label: str, raw: str) -> None:
    """A field that crashes the run loses the form."""
    parsed = parse_field(label, raw, money_unit=None)

    assert parsed is None or "kind" in parsed


@given(st.text())
def test_a_clean_label_stays_clean(label: str) -> None:
    """Labels are keys: taking the colon and the unit off twice must not take more."""
    clean, _ = split_label(label)

    assert split_label(clean) == (clean, None)


@pytest.mark.parametrize(
    ("label", "clean", "unit"),
    [
        ("项目资金（万元）", "项目资金", "万元"), ("项目资金\n(万元)：", "项目资金", "万元"),
        ("项目资金万元", "项目资金", "万元"), ("预算金额\n元）", "预算金额", "元"), ("多元投入", "多元投入", None),
        ("资金总额(方元)", "资金总额", "万元"), ("项目预算金额，万元", "项目预算金额", "万元"),
        ("地方元素", "地方元素", None),
        ("年度资金总额：", "年度资金总额", None),
        ("其中：财政拨款", "其中：财政拨款", None), ("金额（单位：元）", "金额", "元"),
        ("产出指标(50分)", "产出指标(50分)", None),
        ("项目金额（万元）(总额/其他)", "项目金额(总额/其他)", "万元"), ("全年预算数（A）", "全年预算数（A）", None),
    ],
)  # fmt: skip
def test_the_money_unit_is_taken_off_a_label(label: str, clean: str, unit: str | None) -> None:
    """The same field has one key in every form; what the label says of its unit is kept beside it."""
    assert split_label(label) == (clean, unit)


@given(st.decimals(0, 10**9, places=2, allow_nan=False), st.sampled_from([("元", 1), ("万元", 10_000)]), st.booleans())
def test_an_amount_is_the_same_from_label_page_or_text(value: Decimal, unit: tuple[str, int], grouped: bool) -> None:
    """元 and 万元 differ by ten thousand; wherever the unit stands, the amount in 元 comes out the same."""
    number = f"{value:,}" if grouped else str(value)
    name, factor = unit
    places = [
        parse_field(f"资金总额（{name}）", number, money_unit="万元" if name == "元" else "元"),
        parse_field("资金总额", number, money_unit=name),
        parse_field("资金总额（万元）", f"{number}{name}", money_unit="元"),
    ]

    assert [(p["amount"], p["unit"], Decimal(p["yuan"])) for p in places if p] == [
        (str(value), name, value * factor)
    ] * 3


def test_a_unit_that_nobody_printed_stays_unknown() -> None:
    """元 is never assumed: other forms print 万元 without saying so."""
    parsed = parse_field("项目总金额", "12.5", money_unit=None)

    assert parsed == {"kind": "amount", "amount": "12.5", "unit": None, "yuan": None}


@given(st.dates(datetime.date(1990, 1, 1), datetime.date(2090, 1, 1)))
def test_dates_are_iso(day: datetime.date) -> None:
    """Forms print dates with signs or with words."""
    texts = [f"{day:%Y-%m-%d}", f"{day.year}年{day.month}月{day.day}日", f"{day.year}.{day.month}.{day.day}"]

    assert [parse_field("开始时间", text, money_unit=None) for text in texts] == [
        {"kind": "date", "date": str(day)}
    ] * 3


CASES: list[tuple[str, str, dict[str, Any] | None]] = [
    ("项目起止时间", "202001-202012", {"kind": "period", "start": "2020-01", "end": "2020-12"}),
    ("项目期", "2020年1月—2021年12月", {"kind": "period", "start": "2020-01", "end": "2021-12"}),
    ("项目期", "1年", {"kind": "duration", "number": "1", "unit": "年"}),
    ("项目期", "长期", None),
    ("联系电话", "67000001 67000002", {"kind": "contacts", "phones": ["67000001", "67000002"]}),
    ("联系电话", "0371-67000001、13800000001", {"kind": "contacts", "phones": ["0371-67000001", "13800000001"]}),
    ("联系电话", "（0371）67000001", {"kind": "contacts", "phones": ["0371-67000001"]}),
    ("项目负责人", "张三 李小四 王五", {"kind": "contacts", "people": ["张三", "李小四", "王五"]}),
    ("项目负责人", "张 三", {"kind": "contacts", "people": ["张三"]}),
    ("联系人", "张三、李小四", {"kind": "contacts", "people": ["张三", "李小四"]}),
    ("项目负责人及电话", "张三13800000001", {"kind": "contacts", "people": ["张三"], "phones": ["13800000001"]}),
    ("项目负责人", "待定（由办公室牵头协调落实）2人", None),
    ("单位编码", "019001", {"kind": "code", "code": "019001", "dept_code": "019", "unit_code": "001"}),
    ("主管部门及编码", "[015001]某教育局",
     {"kind": "code", "code": "015001", "dept_code": "015", "unit_code": "001", "name": "某教育局"}),
    ("项目名称", "51000024T000000000001-2024年某项目",
     {"kind": "code", "code": "51000024T000000000001", "name": "2024年某项目"}),
    ("主管部门", "219-某镇人民政府", {"kind": "code", "code": "219", "name": "某镇人民政府"}),
    ("主管部门", "某区教育局", None),
    ("资金用途", "业务类", None),
    ("项目资金→执行率", "98%", None),
    ("其他资金", "—", None),
    ("项目概况", "张三 13800000001 2020-01-01", None),
]  # fmt: skip


@pytest.mark.parametrize(("label", "raw", "parsed"), CASES)
def test_fields_hold_what_their_labels_say(label: str, raw: str, parsed: dict[str, Any] | None) -> None:
    """People, phones, dates and codes are looked for under their own labels only."""
    assert parse_field(label, raw, money_unit=None) == parsed


CHOICES = [
    ("新增项目□ 延续项目√", ["延续项目"]), ("□新增项目 ☑延续项目", ["延续项目"]),
    ("√新增项目   □延续项目", ["新增项目"]),
    ("持续性项目■ 新增性项目口", ["持续性项目"]), ("新增项目口 延续项目口", []), ("新增项目□√ 延续项目□", ["新增项目"]),
    ("是☑否□", ["是"]), ("□一次性项目 □阶段性项目 √经常性项目", ["经常性项目"]),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "chosen"), CHOICES)
def test_the_ticked_option_is_told(raw: str, chosen: list[str]) -> None:
    """Marks stand before or after their option, a tick in place of its box, and 口 is how boxes are typed or read."""
    parsed = parse_field("项目属性", raw, money_unit=None)

    assert parsed is not None
    assert parsed["chosen"] == chosen
    assert len(parsed["options"]) == len(raw.split()) if " " in raw else 2


@pytest.mark.parametrize(
    "raw",
    ["流动人口 常住人口", "出口", "新增项目", "■ 开展宣传，组织培训，落实各项工作任务，确保目标完成，总结经验\n■ 其他"],
)
def test_words_with_mouths_and_bullets_are_no_choice(raw: str) -> None:
    """人口 ends in the character that stands for a box."""
    assert parse_field("项目属性", raw, money_unit=None) is None


def test_every_amount_label_of_the_dictionary_takes_an_amount() -> None:
    """The labels under 项目总金额, 项目本年度金额, 财政拨款 and 其他资金 are amounts whatever a layout calls them."""
    heads = {"项目总金额", "项目本年度金额", "其中：财政拨款", "其他资金", "年初预算数", "全年预算数", "全年执行数"}
    entries = [name for names in load_dictionaries().names("field").values() for name in names]
    labels = [name.text for name in entries if (name.alias_of or name.text) in heads]

    assert len(labels) > len(heads)
    assert [label for label in labels if parse_field(label, "1.00", money_unit="元") is None] == []
