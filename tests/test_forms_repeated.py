"""Merged cells that an export repeats in every slot come back as one cell; equal values stay apart."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from builders import dictionaries
from hypothesis import given
from hypothesis import strategies as st
from test_levels_archive import fields, records, rows

from pipeline.document import PageReading, Table
from pipeline.forms.repeated import with_merged_cells
from pipeline.ocrtext import read_text_bytes
from pipeline.synth.layouts import LAYOUTS, UNSEEN_LAYOUTS, make_document
from pipeline.synth.model import LaidTable
from pipeline.synth.ocrtext import DamageSettings, write_ocr_text

FORM = """某某县林业局项目支出绩效自评表,,,,,,
项目名称,项目名称,公益林管护,公益林管护,公益林管护,公益林管护,公益林管护
主管部门,主管部门,某某县林业局,某某县林业局,实施单位,某某县林业局,某某县林业局
项目资金（万元）,,年初预算数,全年预算数,全年执行数,分值,得分
项目资金（万元）,年度资金总额,30,30,30,10,10
绩效指标,一级指标,二级指标,三级指标,年度指标值,实际完成值,得分
绩效指标,产出指标,数量指标,植树株数,≥9株,9株,10
绩效指标,产出指标,数量指标,抚育面积,≥300亩,≥300亩,10
绩效指标,产出指标,质量指标,苗木成活率,90%,90%,10
绩效指标,满意度指标,满意度指标,林农满意度,90%,90%,10
总分,总分,总分,总分,总分,总分,30
"""


def merged(text: str) -> list[PageReading]:
    return with_merged_cells(read_text_bytes(text.encode(), "form.csv"), dictionaries())


def test_a_form_whose_merged_cells_are_repeated_is_read_as_printed() -> None:
    """Labels, names and levels are said once; 90% under two heads is two values, 满意度指标 under two two levels."""
    [record] = records(FORM)

    assert fields(record) == {
        "项目名称": "公益林管护", "主管部门": "某某县林业局", "实施单位": "某某县林业局",
        "项目资金→年度资金总额→年初预算数": "30", "项目资金→年度资金总额→全年预算数": "30",
        "项目资金→年度资金总额→全年执行数": "30", "项目资金→年度资金总额→分值": "10",
        "项目资金→年度资金总额→得分": "10", "总分→得分": "30",
    }  # fmt: skip
    assert rows(record) == [
        ("产出指标", "数量指标", "植树株数", "≥9株"),
        ("产出指标", "数量指标", "抚育面积", "≥300亩"),
        ("产出指标", "质量指标", "苗木成活率", "90%"),
        ("满意度指标", "满意度指标", "林农满意度", "90%"),
    ]
    assert [row.extra["实际完成值"] for row in record.indicators] == ["9株", "≥300亩", "90%", "90%"]


def test_a_text_that_repeats_no_label_is_left_alone() -> None:
    """A page break makes a form say its levels again; the blanks around them are none."""
    text = (
        "某某县林业局项目支出绩效目标表,,,\n一级指标,二级指标,三级指标,指标值\n产出指标,数量指标,植树株数,≥9株\n"
        ",,抚育面积,≥300亩\n产出指标,数量指标,巡护里程,≥9公里\n,,补植株数,≥9株\n,质量指标,成活率,90%\n"
    )

    assert merged(text) == read_text_bytes(text.encode(), "form.csv")


# wuhan-2020 prints level 1 on every row by itself.
@pytest.mark.parametrize("layout", sorted({*LAYOUTS, *UNSEEN_LAYOUTS} - {"wuhan-2020"}))
def test_nearly_every_cell_of_a_layout_comes_back(layout: str) -> None:
    """What is printed once is one cell, in the slots that it covers; blanks cannot tell."""
    wanted: Counter[tuple[str, int, int]] = Counter()
    found: Counter[tuple[str, int, int]] = Counter()
    for seed in range(3):
        rng = random.Random(seed)
        forms = make_document([layout], rng, "train")
        text, _ = write_ocr_text(forms, rng, DamageSettings.none(), "csv-repeated", "train")
        for table in (block for block in forms[0].blocks if isinstance(block, LaidTable)):
            wanted.update(("".join(c.text.split()), c.rowspan, c.colspan) for c in table.cells if c.text)
        readings = [r for page in merged(text) for table in page.tables for r in table.readings if r.text]
        found.update(("".join(r.text.split()), r.cell.rowspan, r.cell.colspan) for r in readings)

    assert (wanted & found).total() >= 0.99 * wanted.total()


@given(st.lists(st.lists(st.sampled_from(["项目名称", "数量指标", "10", "90%", "植树", ""]), min_size=4, max_size=4)))
def test_no_text_is_lost_and_no_slot_is_taken_twice(grid: list[list[str]]) -> None:
    """Whatever is merged, the cells tile the table as before, each with the text of all its slots."""
    text = FORM + "\n".join(",".join(row) for row in grid)
    before = {slot: said for page in read_text_bytes(text.encode(), "f") for slot, said in slots(page)}

    after = [item for page in merged(text) for item in slots(page)]

    assert len(after) == len(before)
    assert dict(after) == before


def slots(page: PageReading) -> list[tuple[tuple[int, int, int], str]]:
    """Each slot of a page's tables with the text of the cell that covers it, without white space."""
    return [
        ((number, reading.cell.row + i, reading.cell.col + j), "".join(reading.text.split()))
        for number, table in enumerate(block for block in page.blocks if isinstance(block, Table))
        for reading in table.readings
        for i in range(reading.cell.rowspan)
        for j in range(reading.cell.colspan)
    ]
