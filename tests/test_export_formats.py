"""Proves the further formats of pipeline/export: every export holds the same records, and none of them can run."""

from __future__ import annotations

import csv
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from builders import page_of
from pyarrow import parquet
from test_search import make_record

from pipeline.errors import PipelineError
from pipeline.export import (
    mask_record,
    write_budget,
    write_csv,
    write_jsonl,
    write_page_xml,
    write_parquet,
    write_workbook,
)
from pipeline.export.budget import COLUMNS
from pipeline.export.tables import TABLES, table_rows
from pipeline.importers.pagexml import read_page_xml
from pipeline.records import FieldValue, Finding, Record, RepairEntry, RunnerUp, TargetValue, Where


def odd_record(number: int = 7) -> Record:
    """A record of everything that is hard: formulas, codes, people, blank rows, every kind of target."""
    record = make_record(number, "=cmd|' /C calc'!A0局", 2020, [("质量", "@SUM(A1)合格率", "≥", "90")] * 7)
    where = [Where(page=1, polygon=[(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)])]

    def field(value: str, parsed: dict[str, Any] | None = None) -> FieldValue:
        return FieldValue(value=value, raw=value, parsed=parsed, status="unknown", confidence=0.91, where=where)

    fields = {
        **record.fields,
        "单位编码": field("019001"),
        "项目编码": field("[51092324T000010263357]某项目", {"kind": "code", "code": "51092324T000010263357"}),
        "项目负责人": field("钱一二"),
        "联系电话": field("60000001"),
        "年度绩效目标": field("一、由钱一二负责。\n" + "长" * 2100),
    }
    targets = [
        TargetValue(raw="≥90%", value="≥90%", kind="number", operator="≥", number="90", unit="%"),
        TargetValue(raw="100", value="100", kind="number", number="100"),
        TargetValue(raw="5-8人", value="5-8人", kind="range", number="5", number_to="8", unit="人"),
        TargetValue(raw="合规", value="合规", kind="words", text="合规"),
        TargetValue(raw="12月底", value="12月底", kind="date", date="2020-12"),
        None,
    ]
    rows = [row.model_copy(update={"target": target}) for row, target in zip(record.indicators, targets, strict=False)]
    blank = record.indicators[6].model_copy(
        update={"level3": None, "target": None, "cells": {}, "extra": {"分值": "5"}}
    )
    entry = RepairEntry(at="indicators[0].level3", raw="合率格", value="合格率", status="repaired", kind="displaced",
                        origin="unclear", score=0.9, runner_up=RunnerUp(value="合格", score=0.1), evidence="compound",
                        reason="末字错位")  # fmt: skip
    finding = Finding(code="target.lost", severity="warning", at="indicators[5].target", message="=1+1", remedy="核对")
    return record.model_copy(
        update={"fields": fields, "indicators": [*rows, blank], "repairs": [entry], "findings": [finding]}
    )


def many(number: int) -> Iterator[Record]:
    for i in range(number):
        yield odd_record(i)


def restored(text: str) -> str:
    """A CSV cell as it was before it was made harmless: one apostrophe before a formula's sign comes off."""
    return text[1:] if text.startswith("'") and text.lstrip("' \n\t")[:1] in "=+-@＝＋－＠" and text[1:] else text


def expected(records: list[Record]) -> dict[str, list[list[str]]]:
    rows: dict[str, list[list[str]]] = {name: [] for name in TABLES}
    for record in records:
        for name, row in table_rows(record):
            rows[name].append([shown(value) for value in row])
    return rows


def shown(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_every_export_holds_the_same_records(tmp_path: Path) -> None:
    """One law for all formats: what stands in the lines stands in the tables and in both workbooks."""
    records = list(many(3))
    write_jsonl(records, tmp_path / "r.jsonl")
    write_csv(records, tmp_path / "csv")
    write_parquet(records, tmp_path / "parquet")
    write_workbook(records, tmp_path / "r.xlsx")
    write_budget(records, tmp_path / "b.xlsx")

    lines = [Record.model_validate_json(line) for line in (tmp_path / "r.jsonl").read_text("utf-8").splitlines()]
    assert lines == records
    want = expected(lines)
    for name, columns in TABLES.items():
        with (tmp_path / "csv" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
            header, *rows = list(csv.reader(stream))
        assert header == [column.name for column in columns]
        assert [[restored(cell) for cell in row] for row in rows] == want[name]
        table = parquet.read_table(tmp_path / "parquet" / f"{name}.parquet").to_pylist()
        assert [[shown(value) for value in row.values()] for row in table] == want[name]
    named = [row.level3 for record in lines for row in record.indicators if row.level3]
    assert [row[8].lstrip("'") for row in sheet(tmp_path / "b.xlsx")[1:]] == named
    assert len(sheet(tmp_path / "r.xlsx", "指标")) - 1 == sum(len(record.indicators) for record in lines)


def sheet(path: Path, name: str | None = None) -> list[list[str]]:
    book = openpyxl.load_workbook(path)
    chosen = book[name] if name else book.worksheets[0]
    assert all(cell.data_type != "f" for row in chosen.iter_rows() for cell in row)
    return [["" if value is None else str(value) for value in row] for row in chosen.iter_rows(values_only=True)]


def test_the_import_file_has_the_systems_columns_and_codes(tmp_path: Path) -> None:
    """First sheet, one header row, codes as text, signs as the system counts them; what is not printed stays blank."""
    done = write_budget([odd_record()], tmp_path / "b.xlsx")

    header, *rows = sheet(tmp_path / "b.xlsx")
    table = [dict(zip(header, row, strict=True)) for row in rows]
    assert header == [name for name, _ in COLUMNS]
    first = table[0]
    assert (first["AGENCY_CODE"], first["PRO_CODE"]) == ("019001", "51092324T000010263357")
    assert (first["FISCAL_YEAR"], first["MOF_DIV_CODE"]) == ("2020", "")
    assert [row["COMPUTESIGN"] for row in table] == ["1", "", "", "6", "6", ""]
    assert [row["INDEXVAL"] for row in table] == ["90", "100", "5-8", "合规", "12月底", ""]
    assert len(first["KPI_TARGET"]) == 2000
    assert (done.rows, done.left_out) == (6, 1)
    notes = "\n".join(row[0] for row in sheet(tmp_path / "b.xlsx", "说明"))
    assert "KPI_TARGET 超过 2000 字" in notes
    assert "第 3 行：目标值未印运算符" in notes


def test_more_rows_than_a_sheet_holds_go_into_further_files(tmp_path: Path) -> None:
    """The system reads the first sheet only."""
    done = write_budget(many(3), tmp_path / "b.xlsx", rows=11)

    assert [path.name for path in done.files] == ["b.xlsx", "b-2.xlsx"]
    assert [len(sheet(path)) - 1 for path in done.files] == [10, 8]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "'=1", "''@x", "＝cmd", " =1", "正常", "a=b", "'引号'"])
def test_no_csv_cell_is_a_formula_and_every_text_comes_back(text: str, tmp_path: Path) -> None:
    """What is put in front can be taken off again: no export changes a text."""
    record = make_record(1, text, 2020, [])

    write_csv([record], tmp_path)

    with (tmp_path / "forms.csv").open(encoding="utf-8-sig", newline="") as stream:
        [row] = csv.DictReader(stream)
    assert row["agency"].lstrip()[:1] not in tuple("=+-@＝＋－＠")
    assert restored(row["agency"]) == text


def test_people_are_masked_in_every_format(tmp_path: Path) -> None:
    """With --mask-personal no name and no number of a person leaves the house."""
    record = odd_record()
    write_jsonl([record], tmp_path / "r.jsonl", mask_personal=True)
    write_csv([record], tmp_path / "csv", mask_personal=True)
    write_parquet([record], tmp_path / "parquet", mask_personal=True)
    write_budget([record], tmp_path / "b.xlsx", mask_personal=True)
    page = replace(page_of("项目负责人 | 钱一二 | 联系电话 | 60000001", pixels=True), size=(800, 600))
    write_page_xml(page, tmp_path / "p.xml", [record], mask_personal=True)

    texts = [(tmp_path / "r.jsonl").read_text("utf-8"), (tmp_path / "p.xml").read_text("utf-8")]
    texts += [path.read_text("utf-8") for path in (tmp_path / "csv").iterdir()]
    texts += [str(parquet.read_table(path).to_pylist()) for path in (tmp_path / "parquet").iterdir()]
    texts += [str(sheet(tmp_path / "b.xlsx"))]
    assert all("钱一二" not in text and "60000001" not in text for text in texts)
    assert "钱**" in texts[1]
    assert mask_record(record).form == record.form


PAGE = """
某市测试局预算项目绩效目标表
一级指标 | 二级指标 | 三级指标 | 目标值
产出目标 | 数量 | 培训<人>数 & "次" | ≥100人
^ | 质量 | 合率格 |
"""


def test_page_xml_gives_the_cells_back(tmp_path: Path) -> None:
    """Read by the importer again: the same cells with their spans, places and confidences, in the same order."""
    page = replace(page_of(PAGE, pixels=True), size=(800, 600))

    assert write_page_xml(page, tmp_path / "p.xml")

    [again] = read_page_xml(tmp_path / "p.xml")
    assert [line.text for line in again.lines] == [line.text for line in page.lines]
    assert again.size == page.size
    [table], [before] = again.tables, page.tables
    assert (table.n_rows, table.n_cols) == (before.n_rows, before.n_cols)
    assert [(c.cell.row, c.cell.col, c.cell.rowspan, c.cell.colspan, c.text) for c in table.readings] == [
        (c.cell.row, c.cell.col, c.cell.rowspan, c.cell.colspan, c.text) for c in before.readings
    ]


def test_page_xml_holds_the_corrected_text_and_the_one_that_was_read(tmp_path: Path) -> None:
    """Alternatives of one cell: first what the record holds, then what stood on the page."""
    page = replace(page_of(PAGE, pixels=True), size=(800, 600))
    cell = next(reading for reading in page.tables[0].readings if reading.text == "合率格")
    record = odd_record()
    where = [Where(page=1, polygon=[(x, y) for x, y in cell.places[0].polygon])]
    mended = (
        record.indicators[0].cells["level3"].model_copy(update={"raw": "合率格", "status": "repaired", "where": where})
    )
    row = record.indicators[0].model_copy(update={"cells": {"level3": mended}})
    record = record.model_copy(update={"indicators": [row, *record.indicators[1:]]})

    write_page_xml(page, tmp_path / "p.xml", [record])

    text = (tmp_path / "p.xml").read_text("utf-8")
    assert text.index("<Unicode>合格率</Unicode>") < text.index("<Unicode>合率格</Unicode>")
    [again] = read_page_xml(tmp_path / "p.xml")
    assert "合格率" in {reading.text for reading in again.tables[0].readings}


def test_a_text_has_no_page_xml(tmp_path: Path) -> None:
    """Without a picture there are no coordinates, and none are made up."""
    assert not write_page_xml(page_of(PAGE), tmp_path / "p.xml")
    assert not (tmp_path / "p.xml").exists()


@pytest.mark.parametrize("write", [write_csv, write_parquet, write_jsonl, write_budget])
def test_exports_stream(write: Any, tmp_path: Path) -> None:
    """Ten times the records take no ten times the memory: an archive passes through."""
    sample = odd_record()

    def peak(number: int) -> int:
        tracemalloc.start()
        write(islice(iter(lambda: sample, None), number), tmp_path / f"{write.__name__}{number}")
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return taken

    peak(10)

    assert peak(300) < 2 * peak(30) + (8 << 20)


def test_an_export_is_whole_or_not_there(tmp_path: Path) -> None:
    """A record that cannot be had in the middle leaves no half file."""

    def broken() -> Iterator[Record]:
        yield odd_record()
        raise PipelineError("gone")

    for write in (write_csv, write_parquet):
        with pytest.raises(PipelineError):
            write(broken(), tmp_path / write.__name__)
        assert not [path for path in (tmp_path / write.__name__).rglob("*") if path.is_file()]


def test_tables_hold_the_whole_record() -> None:
    """Nothing of a record is left out of its tables but places beyond the first."""
    record = odd_record()
    text = json.dumps([row for _, row in table_rows(record)], ensure_ascii=False)

    for value in (record.id, *record.fields, "019001", "合率格", "=1+1", "5-8人", "2020-12"):
        assert value in text
    assert '\\"分值\\": \\"5\\"' in text
