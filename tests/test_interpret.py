"""Readings become records by nothing but the readings, the dictionaries and the models; every change can be seen."""

import random
from dataclasses import replace
from functools import cache

import pytest
from builders import SHA256, interpret_tools, page_of, records_of

from pipeline.document import PageReading, Reading, Table
from pipeline.interpret import interpret, with_findings
from pipeline.ocrtext import read_text_bytes
from pipeline.records import Finding, Record
from pipeline.synth.layouts import LAYOUTS, make_document
from pipeline.synth.ocrtext import STYLES, DamageSettings, write_ocr_text

TITLE = "某某县水利局预算项目绩效目标表"
FORM = """
项目名称 | 防汛人员培训 | |
单位编码 | 101001 | 资金用途 | 业务类
项目概况 | 为做好防汛工作，按照防汛预案培训人员。 | |
年度绩效目标 | 完成全年培训任务。 | |
一级指标 | 二级指标 | 三级指标 | 目标值
投入与目标管理 | 投入管理 | 预算执行率 | =100%
产出目标 | 数量 | 培训人数 | ≥50人
 | 质量 | 验收合格率 | =100%
效果目标 | 满意度 | 群众满意度 | ≥90%
"""

# Development seeds; test seeds begin at 1,000,000.
SEEDS = tuple(range(510_000, 510_008))


@cache
def generated(seed: int) -> tuple[list[PageReading], list[Record]]:
    """A damaged document of the development split, and its records."""
    rng = random.Random(seed)
    forms = make_document([rng.choice(LAYOUTS) for _ in range(2)], rng, "dev")
    text, _ = write_ocr_text(forms, rng, DamageSettings(rows=0.2, level3_typos=0.2), rng.choice(STYLES), "dev")
    pages = read_text_bytes(text.encode(), "form.txt")
    return pages, list(interpret(pages, "form.txt", SHA256, interpret_tools()))


def lines_of(records: list[Record]) -> list[str]:
    return [record.to_json() for record in records]


# -- laws -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_the_same_input_gives_the_same_bytes(seed: int) -> None:
    """Whatever was interpreted before it."""
    pages, records = generated(seed)
    generated(seed + 3)

    again = list(interpret(pages, "form.txt", SHA256, interpret_tools()))

    assert lines_of(again) == lines_of(records)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_change_is_in_the_list_of_repairs(seed: int) -> None:
    """A value that differs from what was read has an entry with its raw text; a proposal changes nothing."""
    for record in generated(seed)[1]:
        listed = {(entry.status, "".join(entry.raw.split())) for entry in record.repairs}
        for indicator in record.indicators:
            for part, cell in indicator.cells.items():
                if part != "target" and cell.status in ("repaired", "proposed"):
                    assert any(status == cell.status and raw in "".join(cell.raw.split()) for status, raw in listed)
                if part != "target" and cell.status != "repaired" and cell.raw:
                    assert "".join((getattr(indicator, part) or "").split()) in "".join(cell.raw.split())


@pytest.mark.parametrize("seed", SEEDS)
def test_narratives_are_never_changed(seed: int) -> None:
    """They are their author's; what is odd in them is a finding."""
    for record in generated(seed)[1]:
        assert all(field.value == field.raw for field in record.fields.values())
        assert all(entry.at.endswith(".label") for entry in record.repairs if entry.at.startswith("fields."))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_proposal_is_always_shown_to_a_person(seed: int) -> None:
    """Nothing likely is left to chance."""
    for record in generated(seed)[1]:
        for indicator in record.indicators:
            if any(cell.status == "proposed" for cell in indicator.cells.values()):
                assert indicator.review


@pytest.mark.parametrize("seed", SEEDS)
def test_a_doubted_value_is_always_shown_to_a_person(seed: int) -> None:
    """Errors, warnings and low confidence set `review`; information does not."""
    for record in generated(seed)[1]:
        for number, indicator in enumerate(record.indicators):
            low = any(
                cell.confidence < interpret_tools().settings.review_confidence for cell in indicator.cells.values()
            )
            doubted = [f for f in record.findings if f.at.startswith(f"indicators[{number}]") and f.severity != "info"]
            if low or doubted:
                assert indicator.review


def test_ids_are_all_different() -> None:
    """Forms of one title, and projects of one sheet, are records of their own."""
    wide = """
2023年项目支出绩效目标汇总表

项目名称 | 年度金额 | 一级指标 | 二级指标 | 三级指标 | 指标值
绿化工程 | 30.00 | 产出指标 | 数量指标 | 植树数量 | ≥500棵
 | | 效益指标 | 社会效益指标 | 绿化覆盖率 | ≥30%
道路养护 | 12.50 | 产出指标 | 数量指标 | 养护里程 | ≥80公里
 | | 满意度指标 | 服务对象满意度指标 | 群众满意度 | ≥90%
"""
    ids = [record.id for record in records_of(f"{TITLE}\n{FORM}\n\n{TITLE}\n{FORM}\n\n{wide}")]

    assert len(ids) == 4
    assert len(set(ids)) == 4


def test_an_id_is_not_changed_by_what_follows() -> None:
    """Decisions stay attached when a later page is read better."""
    [alone] = records_of(f"{TITLE}\n{FORM}")
    first, _ = records_of(f"{TITLE}\n{FORM}\n\n{TITLE}\n{FORM.replace('人员', '队伍')}")

    assert first.id == alone.id


# -- examples ---------------------------------------------------------------------------------------------------------


def test_a_sound_form_needs_nobody() -> None:
    """No repair, no warning, nothing to review."""
    [record] = records_of(f"{TITLE}\n\n(2020年)\n{FORM}")

    assert record.repairs == []
    assert [finding for finding in record.findings if finding.severity != "info"] == []
    assert not any(indicator.review for indicator in record.indicators)
    assert (record.form.title, record.form.year, record.form.agency) == (TITLE, 2020, "某某县水利局")


def test_a_misread_level_is_repaired_and_its_raw_kept() -> None:
    """From the page to the record."""
    [record] = records_of(f"{TITLE}\n{FORM}".replace("产出目标", "产出日标"))
    [entry] = record.repairs

    assert {indicator.level1 for indicator in record.indicators} == {"投入与目标管理", "产出目标", "效果目标"}
    assert (entry.at, entry.raw, entry.value) == ("indicators[1].level1", "产出日标", "产出目标")
    assert record.indicators[1].cells["level1"].raw == "产出日标"


def test_a_lost_target_is_null_and_an_error() -> None:
    """It cannot be inferred, and must not be missed."""
    [record] = records_of(f"{TITLE}\n{FORM}".replace("质量 | 验收合格率 | =100%", "| 质量 | 验收合格率"))
    row = next(indicator for indicator in record.indicators if indicator.level3 == "验收合格率")
    at = f"indicators[{record.indicators.index(row)}].target"

    assert row.target is None
    assert row.review
    assert [finding.severity for finding in record.findings if finding.at == at] == ["error"]


def test_text_before_the_first_form_is_told_once() -> None:
    """A covering note belongs to no record; the first says that it was there."""
    first, second = records_of(f"关于报送目标的通知\n\n{TITLE}\n{FORM}\n\n{TITLE}\n{FORM}")

    assert [f.at for f in first.findings if f.code == "text.before-form"] == ["line 1"]
    assert [f.code for f in second.findings if f.code == "text.before-form"] == []


def test_a_badly_read_cell_is_shown_to_a_person() -> None:
    """Confidence comes with the reading; the record keeps the least of it."""
    page = page_of(f"{TITLE}\n\n{FORM}", pixels=True)

    def faint(reading: Reading) -> Reading:
        return replace(reading, confidence=0.5) if reading.text == "≥50人" else reading

    blocks = [
        replace(block, readings=tuple(faint(reading) for reading in block.readings))
        if isinstance(block, Table)
        else block
        for block in page.blocks
    ]
    [record] = interpret([replace(page, blocks=tuple(blocks))], "scan.png", SHA256, interpret_tools())

    assert [indicator.review for indicator in record.indicators] == [False, True, False, False]
    assert record.indicators[1].cells["target"].confidence <= 0.5
    assert record.indicators[1].cells["target"].where[0].polygon is not None


def test_a_finding_doubts_its_own_value_only() -> None:
    """indicators[1] must not stand for indicators[10], nor a field for one whose name it begins."""
    rows = "\n".join(f" | | 培训人数{number} | ≥5人" for number in range(10))
    [record] = records_of(
        f"{TITLE}\n{FORM}{rows}".replace("年度绩效目标 |", "年度绩效目标说明 | 无 | |\n年度绩效目标 |")
    )
    record = record.model_copy(
        update={"indicators": [i.model_copy(update={"review": False}) for i in record.indicators]}
    )
    findings = [
        Finding(code="x", severity="warning", at=at, message="x")
        for at in ("indicators[1].target", "fields.年度绩效目标")
    ]

    doubted = with_findings(record, findings)

    assert [n for n, indicator in enumerate(doubted.indicators) if indicator.review] == [1]
    assert doubted.fields["年度绩效目标"].review
    assert not doubted.fields["年度绩效目标说明"].review


def test_information_asks_nobody() -> None:
    """Only errors and warnings set `review`."""
    [record] = records_of(f"{TITLE}\n{FORM}")

    told = with_findings(record, [Finding(code="x", severity="info", at="indicators[0].target", message="x")])

    assert not told.indicators[0].review
