"""The workbook that the budget management system imports: first sheet, one header row, its columns and codes.

Column names and codes are those of the indicator library's import. What a form does not print (code of the
administrative division, of the project) stays blank and is never made up. The system updates by exact match of project
and indicator names, so names stand as they are in the record.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from pipeline.errors import PipelineError
from pipeline.export.celltext import cell_text
from pipeline.export.masking import mask_record
from pipeline.export.rows import head_of
from pipeline.export.whole import whole_file
from pipeline.records import FieldValue, Indicator, Record, TargetValue

# Name and longest text that the import takes; 0 where no limit is known.
COLUMNS: tuple[tuple[str, int], ...] = (
    ("FISCAL_YEAR", 4), ("MOF_DIV_CODE", 9), ("AGENCY_CODE", 21), ("AGENCY_NAME", 0), ("PRO_CODE", 21),
    ("PRO_NAME", 180), ("LV1_PERF_IND_NAME", 0), ("LV2_PERF_IND_NAME", 0), ("LV3_PERF_IND_NAME", 0), ("KPI_VAL", 0),
    ("COMPUTESIGN", 1), ("INDEXVAL", 0), ("METERUNIT", 0), ("KPI_CONTENT", 0), ("KPI_EVALSTD", 0), ("KPI_TARGET", 2000),
)  # fmt: skip
SIGNS = {"≥": "1", ">": "2", "=": "3", "<": "4", "≤": "5"}
QUALITATIVE = "6"
# Rows of a sheet, the header among them; what is more goes into another file, because only the first sheet is imported.
_ROWS = 1_048_576
_EPOCH = datetime(2000, 1, 1)

_CODES = {
    "MOF_DIV_CODE": ("行政区划代码", "区划代码", "财政区划代码", "行政区划编码"),
    "AGENCY_CODE": ("单位编码", "预算单位编码", "单位代码", "部门编码", "预算单位代码"),
    "PRO_CODE": ("项目编码", "项目代码", "项目编号"),
}
_GOALS = ("年度绩效目标", "年度目标", "年度总体目标", "项目总目标", "总体目标", "绩效目标", "项目绩效目标")
_CONTENT = ("指标内容", "指标解释", "指标说明", "指标定义")
_STANDARD = ("评价标准", "评分标准", "评扣分标准", "指标评价标准")


@dataclass
class BudgetFile:
    """What was written, and what of it the import would not take or a person should look at."""

    rows: int = 0
    left_out: int = 0  # rows printed blank: there is nothing to import
    notes: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


def write_budget(
    records: Iterable[Record], path: Path, *, mask_personal: bool = False, rows: int = _ROWS
) -> BudgetFile:
    """Write the named indicators of `records` as the import file, and return what should be known about it.

    The notes stand in the file too, on a second sheet that the import does not read. More indicators than a sheet holds
    go into further files, NAME-2.xlsx and so on. Raises PipelineError when a file cannot be written.
    """
    done = BudgetFile()
    coming = _rows(records, done, mask_personal)
    number = 1
    more = next(coming, None)
    while True:
        target = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        with whole_file(target) as part:
            book = xlsxwriter.Workbook(os.fspath(part), {"constant_memory": True, "strings_to_numbers": False})
            book.set_properties({"title": "绩效指标导入", "created": _EPOCH})
            sheet, text = book.add_worksheet("绩效指标"), book.add_format({"num_format": "@"})
            for column, (name, _) in enumerate(COLUMNS):
                sheet.write_string(0, column, name, text)
            row = 1
            first_note = len(done.notes)
            while more is not None and row < rows:
                values, notes = more
                for column, value in enumerate(values):
                    if value:
                        sheet.write_string(row, column, value, text)
                done.notes.extend(f"第 {row + 1} 行：{note}" for note in notes)
                row, done.rows = row + 1, done.rows + 1
                more = next(coming, None)
            _write_notes(book, done.notes[first_note:])
            try:
                book.close()
            except xlsxwriter.exceptions.XlsxWriterException as error:
                raise PipelineError(
                    f"{target}: cannot be written ({error}); make room, or name another file"
                ) from error
        done.files.append(target)
        if more is None:
            return done
        number += 1


def _write_notes(book: Any, notes: list[str]) -> None:
    sheet = book.add_worksheet("说明")
    sheet.set_column(0, 0, 100)
    lines = ["本表不导入。第一张表为导入内容；表中未印的编码一律留空。", *notes]
    for number, line in enumerate(lines[: _ROWS - 1]):
        sheet.write_string(number, 0, cell_text(line))


def _rows(records: Iterable[Record], done: BudgetFile, mask: bool) -> Iterator[tuple[list[str], list[str]]]:
    for given in records:
        record = mask_record(given) if mask else given
        head = _head(record)
        for row in record.indicators:
            if not row.level3:
                done.left_out += 1
                continue
            values = {**head, **_indicator(row)}
            notes = ["请先复核"] if row.review else []
            for name, longest in COLUMNS:
                if longest and len(values.get(name, "")) > longest:
                    notes.append(f"{name} 超过 {longest} 字" + ("，已截断" if name == "KPI_TARGET" else ""))
            values["KPI_TARGET"] = values["KPI_TARGET"][:2000]
            if row.target and row.target.kind == "number" and not values["COMPUTESIGN"]:
                notes.append("目标值未印运算符，COMPUTESIGN 留空")
            if row.target and row.target.kind == "range":
                notes.append("目标值为区间，COMPUTESIGN 留空")
            yield [cell_text(values.get(name, "")) for name, _ in COLUMNS], notes


def _head(record: Record) -> dict[str, str]:
    head = head_of(record)
    codes = {name: _code(record.fields, labels) for name, labels in _CODES.items()}
    goal = _value(record.fields, _GOALS)
    return {
        **codes, "FISCAL_YEAR": str(head.year or ""), "AGENCY_NAME": head.agency, "PRO_NAME": head.project,
        "KPI_TARGET": goal,
    }  # fmt: skip


def _code(fields: Mapping[str, FieldValue], labels: Iterable[str]) -> str:
    """A code as the form prints it, without the name that may stand beside it."""
    for label in labels:
        for key, value in fields.items():
            if key.rsplit("→", 1)[-1] == label:
                code = (value.parsed or {}).get("code")
                return str(code) if code else value.value
    return ""


def _value(fields: Mapping[str, FieldValue], labels: Iterable[str]) -> str:
    for label in labels:
        for key, value in fields.items():
            if key.rsplit("→", 1)[-1] == label and value.value:
                return value.value
    return ""


def _indicator(row: Indicator) -> dict[str, str]:
    sign, number, unit = _measure(row.target)
    return {
        "LV1_PERF_IND_NAME": row.level1 or "", "LV2_PERF_IND_NAME": row.level2 or "",
        "LV3_PERF_IND_NAME": row.level3 or "", "KPI_VAL": row.target.value if row.target else "", "COMPUTESIGN": sign,
        "INDEXVAL": number, "METERUNIT": unit,
        "KPI_CONTENT": next((row.extra[name] for name in _CONTENT if name in row.extra), ""),
        "KPI_EVALSTD": next((row.extra[name] for name in _STANDARD if name in row.extra), ""),
    }  # fmt: skip


def _measure(target: TargetValue | None) -> tuple[str, str, str]:
    """Sign, value and unit. A target without a printed sign gets none: `100%` may mean = or ≥."""
    if target is None or target.kind == "empty":
        return "", "", ""
    if target.kind == "number":
        return SIGNS.get(target.operator or "", ""), target.number or "", target.unit or ""
    if target.kind == "range":
        return "", f"{target.number or ''}-{target.number_to or ''}", target.unit or ""
    return QUALITATIVE, target.value, ""
