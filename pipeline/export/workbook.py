"""The workbook that people open: one flat row per form, indicator, correction and finding, doubtful cells coloured."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from pipeline.export import rows as shown
from pipeline.export.celltext import cell_text
from pipeline.export.columns import MAX_EXTRA_COLUMNS, MAX_FIELD_COLUMNS, PROJECT_LABEL, Layout, reviews
from pipeline.export.masking import mask_record
from pipeline.export.rows import Mark, Marks
from pipeline.export.sheet import LINE_POINTS, Cell, Formats, Sheet, write_text
from pipeline.export.whole import whole_file
from pipeline.records import FieldValue, Record, Where

FORMS, INDICATORS, REPAIRS, FINDINGS, GUIDE = "项目", "指标", "更正", "问题", "说明"
_LEGEND = {
    Mark.ERROR: "与规则不符，或该有的值缺失。请对照原件。",
    Mark.REVIEW: "识别把握不大，或检查有疑问。请对照原件。",
    Mark.PROPOSED: "内容未改，“更正”表里有一条建议，由人决定。",
    Mark.REPAIRED: "认错的字已改正，原文在“更正”表里。",
}
_SEVERITIES = tuple(shown.SEVERITY_WORDS)
# The workbook carries no clock: the same records give the same file, byte for byte.
_EPOCH = datetime(2000, 1, 1)


def write_workbook(records: Iterable[Record], path: Path, *, mask_personal: bool = False) -> None:
    """Write `records` as a workbook: sheets 项目, 指标, 更正 and 问题, and a guide, 说明, behind them.

    One row a form, an indicator, a correction and a finding, in the records' order; header frozen, filters on, nothing
    merged. Rows are written as the records come, so an archive takes no more memory than a form; the records of an
    iterator are kept in a file beside `path` meanwhile, because the columns must be known before the first row. With
    `mask_personal` people's names and numbers are masked. Raises PipelineError when the file cannot be written.
    """
    with whole_file(path) as part, tempfile.TemporaryDirectory(prefix=".zhibiao-", dir=path.parent) as scratch:
        again = _repeatable(records, Path(scratch) / "records.jsonl", mask_personal)
        layout = Layout.of(again())
        book = xlsxwriter.Workbook(os.fspath(part), {"constant_memory": True, "tmpdir": scratch})
        book.set_properties({"title": "绩效目标表 识别结果", "created": _EPOCH})
        writer = _Writer(book, layout)
        for record in again():
            writer.add(record)
        writer.finish()
        book.close()


def _repeatable(records: Iterable[Record], spool: Path, mask: bool) -> Callable[[], Iterator[Record]]:
    if isinstance(records, Sequence):
        return lambda: (mask_record(record) if mask else record for record in records)
    with spool.open("w", encoding="utf-8", newline="\n") as lines:
        for record in records:
            lines.write((mask_record(record) if mask else record).to_json() + "\n")

    def again() -> Iterator[Record]:
        with spool.open(encoding="utf-8", newline="\n") as kept:
            for line in kept:
                yield Record.model_validate_json(line)

    return again


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where in the workbook a record's form and its indicators stand: sheet name and row."""

    form: tuple[str, int]
    indicators: list[tuple[str, int]]


class _Writer:
    """Writes one record after the other to all four sheets."""

    def __init__(self, book: Any, layout: Layout) -> None:
        self._book, self._layout, self._formats = book, layout, Formats(book)
        # Year, agency and project stay in sight while one scrolls through what the form says.
        self._forms = Sheet(book, self._formats, FORMS, layout.form_columns, frozen=3)
        self._indicators = Sheet(book, self._formats, INDICATORS, layout.indicator_columns)
        self._repairs = Sheet(book, self._formats, REPAIRS, layout.repair_columns)
        self._findings = Sheet(book, self._formats, FINDINGS, layout.finding_columns)

    def add(self, record: Record) -> None:
        """Write one record's rows."""
        marks = Marks(record)
        rows = _Rows(self._forms.next_row, [])
        for index in range(len(record.indicators)):
            rows.indicators.append(self._indicators.next_row)
            self._indicators.add(self._indicator(record, marks, index), first=index == 0)
        repairs, findings = self._repairs.next_row, self._findings.next_row
        self._add_repairs(record, rows)
        self._add_findings(record, rows)
        links = {
            "indicators": self._indicators.link(rows.indicators[0]) if rows.indicators else None,
            "repairs": self._repairs.link(repairs),
            "findings": self._findings.link(findings),
        }
        self._forms.add(self._form(record, marks, links))

    def _link(self, rows: _Rows, at: shown.At) -> str | None:
        if at.indicator is None:
            return self._forms.link(rows.form, at.part or at.other)
        if at.indicator >= len(rows.indicators):
            return None
        return self._indicators.link(
            rows.indicators[at.indicator], shown.PART_WORDS.get(at.part or "level3", at.part or "")
        )

    def _form(self, record: Record, marks: Marks, links: dict[str, str | None]) -> list[Cell]:
        head = shown.head_of(record)
        made = sum(repair.status == "repaired" for repair in record.repairs)
        proposed = len(record.repairs) - made
        pending = reviews(record)
        severities = {finding.severity for finding in record.findings}
        found = Mark.ERROR if "error" in severities else Mark.REVIEW if "warning" in severities else None
        labels = self._layout.field_labels
        fields = [_field(record.fields.get(label), marks.of(None, label)) for label in labels]
        if len(self._layout.fields) > MAX_FIELD_COLUMNS:
            rest = {
                label: value.value for label, value in record.fields.items() if label not in {*labels, PROJECT_LABEL}
            }
            fields.append(Cell("\n".join(f"{label}：{text}" for label, text in rest.items())))
        return [
            Cell(head.year),
            Cell(head.agency),
            Cell(head.project, marks.of(None, PROJECT_LABEL)),
            Cell(len(record.indicators), link=links["indicators"]),
            Cell(pending, Mark.REVIEW if pending else None),
            Cell(made, Mark.REPAIRED if made else None, link=links["repairs"] if made else None),
            Cell(proposed, Mark.PROPOSED if proposed else None, link=links["repairs"] if proposed else None),
            Cell(len(record.findings), found, link=links["findings"] if record.findings else None),
            *fields,
            Cell(record.form.template),
            Cell(record.form.money_unit),
            Cell(len(record.source.pages)),
            *_source(head),
        ]

    def _indicator(self, record: Record, marks: Marks, index: int) -> list[Cell]:
        head, row, parts = shown.head_of(record), record.indicators[index], self._layout.parts
        target, places, status = row.target, shown.places_of(row), shown.row_status(row)
        names = self._layout.extra_names
        extras = [Cell(row.extra.get(name), marks.of(index, name)) for name in names]
        if len(self._layout.extras) > MAX_EXTRA_COLUMNS:
            kept = set(names)
            extras.append(Cell("\n".join(f"{name}：{text}" for name, text in row.extra.items() if name not in kept)))
        return [
            Cell(head.year),
            Cell(head.agency),
            Cell(head.code),
            Cell(head.project),
            Cell(index + 1),
            *(Cell(getattr(row, level), marks.of(index, level)) for level in shown.LEVELS),
            *([Cell(row.period, marks.of(index, "period"))] if "period" in parts else []),
            Cell(target.value if target else None, marks.of(index, "target")),
            Cell(status, next((mark for mark in Mark if mark.value == status), None)),
            Cell("待复核" if row.review else None, Mark.REVIEW if row.review else None),
            Cell(target.raw if target else None),
            Cell(shown.TARGET_WORDS[target.kind] if target else None),
            Cell(target.operator if target else None),
            _number(target.number if target else None),
            *([_number(target.number_to if target else None)] if "number_to" in parts else []),
            Cell(target.unit if target else None),
            *([Cell(target.date if target else None)] if "date" in parts else []),
            *extras,
            Cell(shown.changes(record, index)),
            Cell("\n".join(marks.messages.get(index, ()))),
            Cell(shown.confidence_of(row)),
            *self._places(places),
            *_source(head),
        ]

    def _add_repairs(self, record: Record, rows: _Rows) -> None:
        head = shown.head_of(record)
        for number, repair in enumerate(record.repairs):
            at, mark = shown.parse_at(repair.at), shown.repair_mark(repair)
            places = shown.places_at(record, at)
            cells = [
                *_names(head),
                Cell(at.words, link=self._link(rows, at)),
                Cell(repair.raw, pieces=tuple(shown.differing(repair.value, repair.raw))),
                Cell(repair.value, mark, pieces=tuple(shown.differing(repair.raw, repair.value))),
                Cell(mark.value, mark),
                Cell(shown.KIND_WORDS[repair.kind]),
                Cell(shown.ORIGIN_WORDS[repair.origin]),
                Cell(repair.score),
                Cell(repair.runner_up.value if repair.runner_up else None),
                Cell(repair.runner_up.score if repair.runner_up else None),
                Cell(shown.evidence_words(repair.evidence)),
                Cell(repair.reason),
                *self._places(places),
                *_source(head),
            ]
            self._repairs.add(cells, first=number == 0)

    def _add_findings(self, record: Record, rows: _Rows) -> None:
        head = shown.head_of(record)
        # What is wrong before what is merely worth knowing; otherwise as the record has them.
        findings = sorted(record.findings, key=lambda finding: _SEVERITIES.index(finding.severity))
        for number, finding in enumerate(findings):
            at = shown.parse_at(finding.at)
            places = shown.places_at(record, at)
            cells = [
                Cell(shown.SEVERITY_WORDS[finding.severity], shown.severity_mark(finding)),
                *_names(head),
                Cell(at.words, link=self._link(rows, at)),
                Cell(shown.beginning(shown.value_at(record, at))),
                Cell(finding.message),
                Cell(finding.remedy),
                Cell(finding.category),
                Cell(finding.code),
                *self._places(places),
                *_source(head),
            ]
            self._findings.add(cells, first=number == 0)

    def _places(self, places: list[Where]) -> list[Cell]:
        page = [Cell(shown.page_words(places))] if "page" in self._layout.parts else []
        return [*page, Cell(shown.spot_words(places))]

    def finish(self) -> None:
        """Set the filters and write the guide."""
        sheets = (self._forms, self._indicators, self._repairs, self._findings)
        for sheet in sheets:
            sheet.finish()
        groups = [*self._summary(), *_CONVENTIONS]
        for name, sheet in zip((FORMS, INDICATORS, REPAIRS, FINDINGS), sheets, strict=True):
            noted = [_Line(column.title, column.note) for column in sheet.columns if column.note]
            groups.append((f"表“{name}”", noted))
        _write_guide(self._book, self._formats, groups)

    def _summary(self) -> list[tuple[str, list[_Line]]]:
        layout = self._layout
        severities = "，".join(f"{word} {layout.findings[key]} 条" for key, word in shown.SEVERITY_WORDS.items())
        return [
            (
                "一览",
                [
                    _Line("表单", f"{layout.forms} 个，共 {layout.indicators} 行指标"),
                    _Line("更正", f"已更正 {layout.repairs['repaired']} 处，另有建议 {layout.repairs['proposed']} 处"),
                    _Line("问题", severities),
                    _Line("待复核", f"{layout.review} 个值请对照原件看一眼"),
                ],
            )
        ]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the guide."""

    title: str
    text: str
    mark: Mark | None = None


_CONVENTIONS = (
    ("颜色", [_Line(mark.value, meaning, mark) for mark, meaning in _LEGEND.items()]),
    (
        "约定",
        [
            _Line("原文", "识别出来的字一个不少：改过的在“更正”表的“原文”列，全部在 records.jsonl。"),
            _Line("文本", "编码和目标值都是文本，不会变成数字或公式；要计算请用“数值”列。"),
            _Line(
                "撇号", "以 = + - @ 开头、又能调用函数或外部程序的内容，前面加了撇号（'），以防另存为 CSV 后被执行。"
            ),
            _Line("行高", "长文字只显示开头几行，单元格里是全文。"),
        ],
    ),
)


def _write_guide(book: Any, formats: Formats, groups: Iterable[tuple[str, list[_Line]]]) -> None:
    sheet = book.add_worksheet(GUIDE)
    sheet.hide_gridlines(2)
    sheet.freeze_panes(1, 0)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    width = 90
    for column, (title, its_width) in enumerate((("", 12), ("名目", 14), ("说明", width))):
        sheet.set_column(column, column, its_width)
        sheet.write_string(0, column, title, formats.header)
    row = 1
    for name, lines in groups:
        for number, line in enumerate(lines):
            first = number == 0
            sheet.set_row(row, shown.wrapped_lines(line.text, width) * LINE_POINTS + 4)
            sheet.write_string(row, 0, name if first else "", formats.cell("text", first=first))
            write_text(sheet, row, 1, cell_text(line.title), formats.cell("text", line.mark, first=first))
            sheet.write_string(row, 2, line.text, formats.cell("long", first=first))
            row += 1


def _names(head: shown.Head) -> list[Cell]:
    return [Cell(head.year), Cell(head.agency), Cell(head.project)]


def _source(head: shown.Head) -> list[Cell]:
    return [Cell(head.id), Cell(head.document), Cell(head.title)]


def _field(value: FieldValue | None, mark: Mark | None) -> Cell:
    if value is None:
        return Cell()
    # An amount is there to be added up; it is shown with the decimals it was printed with.
    amount = shown.amount(value)
    return Cell(value.value, mark) if amount is None else Cell(amount[0], mark, style=f"number:{amount[1]}")


def _number(digits: str | None) -> Cell:
    as_number = shown.numeric(digits)
    # What a spreadsheet would change (more than 15 digits) stays the text it is.
    return Cell(digits, style="code") if as_number is None else Cell(as_number[0], style=f"number:{as_number[1]}")
