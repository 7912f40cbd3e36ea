"""Forms in texts that show neither rulings nor page breaks: markup with rows out of place, rows with commas."""

from __future__ import annotations

from test_levels_archive import records, rows
from test_levels_breaks import HEADS, TITLE, table

from pipeline.interpret import with_findings
from pipeline.records import Finding, Record

COMMAS = "某某县林业局项目支出绩效目标表,,,\n一级指标,二级指标,三级指标,指标值\n"


def read_commas(*lines: str) -> list[Record]:
    return records(COMMAS + "\n".join(lines) + "\n")


def test_a_row_that_slid_sideways_beside_merged_levels_comes_right() -> None:
    """It shows all its slots, level 1 blank: what merges elsewhere in the table says nothing of its blanks."""
    [record] = records(
        TITLE
        + table(
            HEADS, "2:产出指标|数量指标|植树株数|≥9株", "质量指标|苗木成活率|≥90%", "|抚育面积||≥300亩",
            "|时效指标|完成时间|6月底前", "满意度指标|服务对象满意度指标|林农满意度|≥90%",
        )
    )  # fmt: skip

    assert [row[:4] for row in rows(record)] == [
        ("产出指标", "数量指标", "植树株数", "≥9株"),
        ("产出指标", "质量指标", "苗木成活率", "≥90%"),
        ("产出指标", "质量指标", "抚育面积", "≥300亩"),
        ("产出指标", "时效指标", "完成时间", "6月底前"),
        ("满意度指标", "服务对象满意度指标", "林农满意度", "≥90%"),
    ]


def test_a_name_that_an_unseen_page_break_cut_is_one() -> None:
    """Commas lose where pages end; no name begins with 、, and none ends before 及时率."""
    [record] = read_commas(
        "产出指标,数量指标,邀请林业专家,≥22人", ",,、技术员授课人次,", ",时效指标,林区春季禁火期巡,=100%",
        ",,查完成及时率,", "满意度指标,服务对象满意度指标,林农满意度,≥90%",
    )  # fmt: skip

    assert [row[2:4] for row in rows(record)] == [
        ("邀请林业专家、技术员授课人次", "≥22人"),
        ("林区春季禁火期巡查完成及时率", "=100%"),
        ("林农满意度", "≥90%"),
    ]
    assert record.indicators[1].review  # two pieces that only may be one


def test_a_lone_name_that_may_be_a_rest_asks_with_the_name_above_it() -> None:
    """Two names that end as names do are two; whether the first goes on in the second nobody knows."""
    [record] = read_commas(
        "产出指标,数量指标,植树数量,≥22株", ",,抚育面积,", "满意度指标,服务对象满意度指标,林农满意度,≥90%"
    )

    assert [row[2] for row in rows(record)] == ["植树数量", "抚育面积", "林农满意度"]
    assert [row.review for row in record.indicators[:2]] == [True, True]


def test_a_table_s_number_between_two_forms_is_no_indicator() -> None:
    """附表1-2 stands in a row of its own over the next title, as all lines do in a text with commas."""
    lines = ("产出指标,数量指标,植树数量,≥22株", "满意度指标,服务对象满意度指标,林农满意度,≥90%")
    for number in ("附表1-2：", "预算05-2表", "附件2", "表3"):
        found = read_commas(*lines, f"{number},,,", COMMAS + "\n".join(lines))

        assert [len(record.indicators) for record in found] == [2, 2], number
        assert any(number.rstrip("：") in finding.message for finding in found[0].findings)


def test_the_doubt_of_a_level_is_that_of_all_its_rows() -> None:
    """A level is one cell of several rows: where it stands under the wrong one, they all do."""
    [record] = read_commas(
        "产出指标,数量指标,植树数量,≥22株", ",经济效益指标,林农增收金额,≥3万元", ",,带动就业人数,≥30人",
        "满意度指标,服务对象满意度指标,林农满意度,≥90%",
    )  # fmt: skip
    record = record.model_copy(
        update={"indicators": [row.model_copy(update={"review": False}) for row in record.indicators]}
    )

    doubted = with_findings(
        record, [Finding(code="levels.parent", severity="warning", at="indicators[1].level2", message="x")]
    )

    assert [row.review for row in doubted.indicators] == [False, True, True, False]


def test_a_level_printed_again_under_unknown_heads_begins_a_row() -> None:
    """No vocabulary holds the heads; the merged level on the next page is no field whose value goes on."""
    heads = "绩效维度|维度细分|考核内容|年度预期"
    first = table(heads, "产出|数量指标|植树株数|≥9株", "2:效果|2:社会效益|带动就业人数|=200人", "林农培训人数|≥60人")
    second = table("||社会效益|林区治安满意程度|显著增强", "||可持续影响|管护机制健全性|健全")
    [record] = records(TITLE + first + "\n" + second.replace("<tr><td></td>", "<tr>"))

    assert [row[2:] for row in rows(record)][2:4] == [("林农培训人数", "≥60人"), ("林区治安满意程度", "显著增强")]
