"""OCR text comes in as tables and lines, whatever it is mixed from; nothing of it is lost, nothing of it can hurt."""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.document import Line, Table
from pipeline.errors import InputError
from pipeline.htmltext import clean_fragment
from pipeline.ocrtext import read_text_bytes, read_text_file
from pipeline.settings import OcrTextSettings


def blocks_of(text: str, **settings: int) -> list[Table | Line]:
    pages = read_text_bytes(text.encode(), "form.txt", OcrTextSettings(**settings))
    return [block for page in pages for block in page.blocks]


def tables_of(text: str) -> list[Table]:
    return [block for block in blocks_of(text) if isinstance(block, Table)]


def rows_of(table: Table) -> list[list[str]]:
    rows = [[""] * table.n_cols for _ in range(table.n_rows)]
    for reading in table.readings:
        rows[reading.cell.row][reading.cell.col] = reading.text
    return rows


def test_tabs_make_rows_and_a_blank_line_ends_a_table() -> None:
    """A page break is a blank line in real output; both halves stay tables of the same width."""
    first, second = blocks_of("数量\t培训人数\t=600人\n\n质量\t合格率\t=100%\n")

    assert isinstance(first, Table)
    assert isinstance(second, Table)
    assert rows_of(first) == [["数量", "培训人数", "=600人"]]
    assert rows_of(second) == [["质量", "合格率", "=100%"]]


def test_every_cell_knows_its_line_and_column() -> None:
    """A reviewer has to find the text again."""
    [line, table] = blocks_of("标题\n\n甲\t乙丙\t丁\n")

    assert isinstance(line, Line)
    assert line.place.line == 0
    assert isinstance(table, Table)
    assert [(r.places[0].line, r.places[0].column) for r in table.readings] == [(2, 0), (2, 2), (2, 5)]


def test_a_cell_broken_over_lines_is_one_cell() -> None:
    """Row tabs come out even only when the broken pieces are put together."""
    [table] = tables_of("项目名称\t甲\t\t\n立项依据\t<p>第一段\n第二段</p>\t\t\n备注\t无\t\t\n联系人\t某\t\t\n")

    assert rows_of(table)[1] == ["立项依据", "第一段\n第二段", "", ""]


def test_markup_goes_and_text_stays() -> None:
    """Unclosed lists, centred paragraphs and entities are the normal case."""
    assert clean_fragment('<p style="text-align: center;">一级指标</p>') == "一级指标"
    assert clean_fragment("<p>一、甲</p> <p>二、乙</p>") == "一、甲\n二、乙"
    assert clean_fragment('<ol style="list-style-type: none"> 1、甲 2、乙') == "1、甲 2、乙"
    assert clean_fragment("甲&nbsp;&lt;5%<br>乙") == "甲 <5%\n乙"


@pytest.mark.parametrize("text", ["<24小时", "≤5", "a<b", "<目标值", "3<5>2"])
def test_a_less_than_sign_is_no_tag(text: str) -> None:
    """Targets use it."""
    assert clean_fragment(text) == text


@given(st.text(alphabet="甲乙丙<>/p&;=\"' \n\t一%", max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_chinese_character_is_ever_lost_to_markup(text: str) -> None:
    """Malformed markup never loses text; only what stands inside a tag's own brackets may go."""
    outside = re.sub(r"</?[a-zA-Z][^<>]*>?", "", re.sub(r"<!.*", "", text, flags=re.S))
    kept = clean_fragment(text)

    assert not Counter(ch for ch in outside if ch >= "\u4e00") - Counter(kept)


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused_in_one_line(content: bytes) -> None:
    """Untrusted input never crashes the run."""
    said = "x.txt"
    try:
        read_text_bytes(content, "x.txt")
    except InputError as error:
        said = str(error)

    assert "x.txt" in said
    assert "\n" not in said


def test_scripts_are_never_text() -> None:
    """An HTML export may carry scripts; they are left out, and the page says so."""
    [page] = read_text_bytes(
        "<table><tr><td>甲<script>alert('乙')</script></td><td>丙</td></tr></table>".encode(), "x.html"
    )

    [table] = page.tables
    assert [reading.text for reading in table.readings] == ["甲", "丙"]
    assert [problem.code for problem in page.problems] == ["script-ignored"]


def test_html_spans_place_the_cells() -> None:
    """A cell with rowspan pushes the next row's cells to the right."""
    text = "<table><tr><td rowspan=2>产出</td><td>数量</td></tr><tr><td>质量</td></tr></table>"

    [table] = blocks_of(text)

    assert isinstance(table, Table)
    assert [(r.text, r.cell.row, r.cell.col, r.cell.rowspan) for r in table.readings] == [
        ("产出", 0, 0, 2), ("数量", 0, 1, 1), ("质量", 1, 1, 1),
    ]  # fmt: skip


def test_text_between_html_cells_is_kept_as_a_line() -> None:
    """The parser moves it out of the table; it must not vanish."""
    blocks = blocks_of("<table><tr>走失<td>甲</td></tr></table>")

    assert any(isinstance(block, Line) and block.text == "走失" for block in blocks)


def test_markdown_rows_are_rows() -> None:
    """The rule line under the head is no row."""
    [table] = tables_of("| 一级指标 | 三级指标 | 指标值 |\n|---|:--:|---|\n| 产出 | 人数<br>合计 | ≥5 |\n")

    assert rows_of(table) == [["一级指标", "三级指标", "指标值"], ["产出", "人数\n合计", "≥5"]]


def test_csv_is_sniffed_by_its_even_rows() -> None:
    """A comma inside a sentence makes no table."""
    [table] = blocks_of(
        '项目名称,甲,,\n单位编码,019001,资金用途,业务类\n备注,"一,二",,\n一级指标,二级指标,三级指标,目标值\n'
    )
    [line] = blocks_of("为贯彻落实, 根据通知, 结合实际, 制定方案, 特此, 说明, 如下\n")

    assert isinstance(table, Table)
    assert rows_of(table)[2] == ["备注", "一,二", "", ""]
    assert isinstance(line, Line)


def test_gb18030_is_read() -> None:
    """Older tools write it."""
    [page] = read_text_bytes("项目名称\t科普\n".encode("gb18030"), "x.txt")

    assert page.tables[0].readings[0].text == "项目名称"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"  \n\n", "is empty"),
        (b"\x00\x01\x02\x03" * 50, "is not text"),
        (b"abc\n\xff\xfe\xff\xff\n" * 3, "x.txt:2"),
        (b"a" * 3_000_000, "longer than"),
        (b"a\nb\n" + b"c" * 3_000_000, "x.txt:3"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_and_a_remedy(content: bytes, says: str) -> None:
    """One clear line, naming the file, the line where it is known, and what to do."""
    with pytest.raises(InputError, match=re.escape(says)) as caught:
        read_text_bytes(content, "x.txt", OcrTextSettings(max_line_bytes=1 << 20))

    assert "x.txt" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """The path is in the message."""
    with pytest.raises(InputError, match=r"nothing\.txt"):
        read_text_file(tmp_path / "nothing.txt")


def test_a_file_cut_inside_a_character_is_read_up_to_it() -> None:
    """What is there is worth reading; the cut is said."""
    [page] = read_text_bytes("甲\t乙\n".encode() + "丙".encode()[:2], "x.txt")

    assert page.tables[0].readings[1].text == "乙"
    assert [problem.code for problem in page.problems] == ["text-cut-off"]


def test_a_form_feed_begins_a_page() -> None:
    """Text exports of PDF files mark their pages so."""
    pages = read_text_bytes("甲\t乙\n\f丙\t丁\n".encode(), "x.txt")

    assert [page.index for page in pages] == [0, 1]
    assert pages[1].tables[0].readings[0].places[0].line == 1


def test_many_short_lines_pass_the_length_check() -> None:
    """The limit is on a line, not on the file."""
    text = "甲\t乙\n" * 20_000

    [page] = read_text_bytes(text.encode(), "x.txt", OcrTextSettings(max_line_bytes=1 << 12))

    assert page.tables[0].n_rows == 20_000
