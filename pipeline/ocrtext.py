"""OCR'd text -> PageReadings: the mixture of tabs, HTML fragments, Markdown and plain lines that other OCR tools emit.

A line with tabs is a table row, `|` rows are Markdown, `<table>` is HTML, everything else is a loose line; a blank line
ends a table, as page breaks do in real output; a form feed begins a page. Markup is read by a recovering parser and
never loses text: what the parser drops is put back from the source (`clean_fragment`).
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.document import Cell, Line, PageReading, Place, Problem, Reading, Table
from pipeline.errors import InputError
from pipeline.htmltext import HtmlTable, clean_fragment, read_html, script_line
from pipeline.markdowntext import without_marks
from pipeline.settings import OcrTextSettings

# Bytes that text never holds; more than one in a thousand of them means the file is something else.
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1a\x1b"))
_MARKDOWN_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)+\|?\s*$")
_HTML_BLOCK = re.compile(r"<(table|html|body|!doctype)\b", re.IGNORECASE)
_PAGE_MARK = re.compile(r"^\s*(第\s*\d+\s*页(\s*[,，/]?\s*共\s*\d+\s*页)?|[-—－]\s*\d+\s*[-—－]|\d+\s*/\s*\d+)\s*$")


def read_text_file(path: Path, settings: OcrTextSettings | None = None) -> list[PageReading]:
    """Read one OCR text file into its pages.

    Raises InputError, naming file, line and remedy, for a missing, empty, binary or wrongly encoded file and for a line
    longer than `settings.max_line_bytes`.
    """
    settings = settings or OcrTextSettings()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    return read_text_bytes(content, str(path), settings)


def read_text_bytes(content: bytes, name: str, settings: OcrTextSettings | None = None) -> list[PageReading]:
    """Read OCR text that is already in memory; `name` is what messages and records call it. Raises InputError."""
    settings = settings or OcrTextSettings()
    _refuse_long_lines(content, name, settings.max_line_bytes)
    text, problems = decode_text(content, name)
    if not text.strip():
        raise InputError(f"{name}: is empty; export the OCR text again or leave the file out")
    digest = hashlib.sha256(content).hexdigest()
    pages = []
    line = 0
    for index, part in enumerate(text.split("\f")):
        reader = _PageText(part, first_line=line)
        blocks = tuple(reader.blocks())
        found = tuple(problems) if index == 0 else ()
        pages.append(PageReading(index, name, digest, blocks, problems=found + tuple(reader.problems)))
        line += part.count("\n")
    return pages


def decode_text(content: bytes, name: str) -> tuple[str, list[Problem]]:
    """Return the text of a file in UTF-8, UTF-16 with its mark, or GB18030, and what was noticed on the way.

    Raises InputError for binary content and for other encodings.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(content, "utf-16", name), []
    controls = len(content) - len(content.translate(None, _CONTROL))
    if controls * 1000 > len(content):
        raise InputError(
            f"{name}: is not text (it holds control bytes); give the OCR text, or the scan itself as PDF or image"
        )
    body = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return _lines(body.decode("utf-8")), []
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and len(body) - error.start < 4:
            place = Place(line=body[: error.start].count(b"\n"), column=0)
            message = (
                f"{name}:{(place.line or 0) + 1}: ends in the middle of a character; the file was cut off, "
                "export it again"
            )
            return _lines(body[: error.start].decode("utf-8")), [Problem("text-cut-off", message, place)]
        failed_at = error.start
    try:
        text = body.decode("gb18030")
    except UnicodeDecodeError as error:
        line = body[: min(failed_at, error.start)].count(b"\n") + 1
        raise InputError(
            f"{name}:{line}: is neither UTF-8 nor GB18030; convert it, e.g. iconv -f ENCODING -t UTF-8"
        ) from error
    return _lines(text), []


def _decoded(content: bytes, encoding: str, name: str) -> str:
    try:
        return _lines(content.decode(encoding))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n\x00") + 1
        raise InputError(
            f"{name}:{line}: begins as {encoding} but is not; convert it to UTF-8 and try again"
        ) from error


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _refuse_long_lines(content: bytes, name: str, limit: int) -> None:
    start = 0
    line = 1
    while len(content) - start > limit:
        end = content.find(b"\n", start, start + limit + 1)
        if end < 0:
            end = content.find(b"\r", start, start + limit + 1)
        if end < 0:
            raise InputError(
                f"{name}:{line}: the line is longer than {limit >> 20} MB, which no form has; "
                "split the file at its line breaks or export it again"
            )
        # Jump to the last break inside the window, so that a file of many short lines is scanned in few steps.
        last = max(content.rfind(b"\n", start, start + limit + 1), end)
        line += content.count(b"\n", start, last + 1)
        start = last + 1


@dataclass
class _RawRow:
    cells: list[tuple[str, int]]  # raw text and the character it begins at
    line: int


@dataclass
class _PageText:
    text: str
    first_line: int
    problems: list[Problem] = field(default_factory=list)

    def blocks(self) -> Iterator[Table | Line]:
        script = script_line(self.text)
        if script is not None:
            line = self.first_line + script
            self.problems.append(
                Problem("script-ignored", f"line {line + 1}: scripts in the text are ignored", Place(line=line))
            )
        if _HTML_BLOCK.search(self.text):
            yield from self._html_blocks()
        else:
            yield from self._plain_blocks(self.text.split("\n"), self.first_line)

    def _html_blocks(self) -> Iterator[Table | Line]:
        for item in read_html(self.text):
            if isinstance(item, HtmlTable):
                yield _table_of_html(item, self.first_line)
            else:
                yield from self._plain_blocks(item.text.split("\n"), self.first_line + item.line)

    def _plain_blocks(self, lines: Sequence[str], first: int) -> Iterator[Table | Line]:
        separator, widths = _separator(lines)
        rows: list[_RawRow] = []
        i = 0
        while i < len(lines):
            row, used = _row_at(lines, i, separator, widths)
            if row is not None:
                row.line += first
                rows.append(row)
                i += used
                continue
            if rows and not _MARKDOWN_RULE.match(lines[i]):
                yield _table_of_rows(rows)
                rows = []
            if lines[i].strip() and not _MARKDOWN_RULE.match(lines[i]):
                yield from _loose_lines(lines[i], first + i)
            i += 1
        if rows:
            yield _table_of_rows(rows)


def _separator(lines: Sequence[str]) -> tuple[str, frozenset[int]]:
    """What stands between cells, and the numbers of cells that rows have.

    Tabs where there are any, else even commas. Commas inside sentences never come out so even as a table's do; four
    rows of a width are the least that show it. A file that holds forms of two layouts has rows of two widths.
    """
    tabs = Counter(line.count("\t") + 1 for line in lines if "\t" in line)
    if tabs:
        return "\t", frozenset({tabs.most_common(1)[0][0]})
    commas = Counter(len(_split(record, ",")) for record in _records(lines) if "," in record)
    even = {width: count for width, count in commas.items() if width >= 3 and count >= 4}
    if sum(even.values()) * 2 >= commas.total() > 0:
        return ",", frozenset(even)
    return "\t", frozenset()


def _records(lines: Sequence[str]) -> Iterator[str]:
    """The lines, those of an open quotation joined."""
    i = 0
    while i < len(lines):
        record, used = _quoted(lines, i)
        yield record
        i += used


def _quoted(lines: Sequence[str], i: int) -> tuple[str, int]:
    """The record that begins on line i, and its lines: a quoted cell may hold line breaks (RFC 4180)."""
    record, used = lines[i], 1
    if "," not in record or record.count('"') % 2 == 0:
        return record, 1
    while i + used < len(lines) and used < _MOST_QUOTED_LINES:
        record += "\n" + lines[i + used]
        used += 1
        if record.count('"') % 2 == 0:
            return record, used
    return lines[i], 1  # a quotation mark that is none


# How labels of fields end; what begins with one is a row, and no rest of a cell.
_FIELD = re.compile(
    r"[^\W\d][^\s，。；,;]{0,11}"
    r"(名称|编码|代码|单位|部门|机构|科室|处室|负责人|联系人|填报人|电话|日期|时间|年度|周期|期限|类型|类别|属性|性质|级次|"
    r"资金|总额|金额|预算|预算数|执行数|经费|拨款|规模|来源|目标|概况|概述|情况|依据|必要性|可行性|计划|措施|内容|说明|备注|"
    r"用途|范围|对象|地点|任务|职能|职责|问题|意见|结论|简介)(?:[(（][^()（）]{1,12}[)）])?[:：]?"
)
# Stands for a line break inside a cell while a row is split; it is in no alphabet (Unicode private use).
_BREAK = "\ue000"
# A narrative in a quoted cell has some hundred lines.
_MOST_QUOTED_LINES = 500


def _split(line: str, separator: str) -> list[str]:
    """Split a row; only commas are quoted (RFC 4180)."""
    if separator == "\t" or '"' not in line:
        return line.split(separator)
    try:
        [cells] = csv.reader([line.replace("\n", _BREAK)])
    except (csv.Error, ValueError):
        return line.split(separator)
    return [cell.replace(_BREAK, "\n") for cell in cells]


def _row_at(lines: Sequence[str], i: int, separator: str, widths: frozenset[int]) -> tuple[_RawRow | None, int]:
    """The table row that begins on line i, and how many lines it takes; None where line i is no row."""
    line = lines[i]
    if separator in line and widths:
        return _separated_row(lines, i, separator, widths)
    stripped = line.strip()
    if stripped.startswith("|") and stripped.count("|") >= 2 and not _MARKDOWN_RULE.match(line):
        return _RawRow(_markdown_cells(line), i), 1
    return None, 0


def _separated_row(lines: Sequence[str], i: int, separator: str, widths: frozenset[int]) -> tuple[_RawRow, int]:
    """A cell whose text itself is broken over lines leaves rows with too few cells: put them together again."""
    joined, used = _quoted(lines, i) if separator == "," else (lines[i], 1)
    parts = _split(joined, separator)
    begins_field = _FIELD.fullmatch(parts[0].strip())
    while len(parts) not in widths and len(parts) < max(widths) and i + used < len(lines):
        following = lines[i + used]
        tried = _split(joined + "\n" + following, separator)
        # The row is whole only when the cells come out even; a blank line or another full row ends the attempt.
        if not following.strip() or len(tried) > max(widths):
            break
        # 项目名称 | X over 实施单位 | Y are two rows whose blank ends were left out, however even they come out as one.
        if begins_field and separator in following and _FIELD.fullmatch(following.split(separator)[0].strip()):
            break
        joined, parts = joined + "\n" + following, tried
        used += 1
    if len(parts) not in widths:
        joined, used = lines[i], 1
        parts = _split(joined, separator)
    cells = []
    start = 0
    for part in parts:
        cells.append((part, start))
        start += len(part) + 1
    return _RawRow(cells, i), used


def _markdown_cells(line: str) -> list[tuple[str, int]]:
    cells = []
    start = line.index("|") + 1
    for match in re.finditer(r"(?:\\.|[^|\\])*(?:\||$)", line[start:]):
        part = match.group().removesuffix("|")
        if match.start() == len(line[start:]) or (
            not part.strip() and match.end() == len(line[start:]) and not match.group()
        ):
            break
        if match.end() == len(line[start:]) and not match.group().endswith("|") and not part.strip():
            break
        cells.append((without_marks(part), start + match.start()))
    return cells


def _table_of_rows(rows: Sequence[_RawRow]) -> Table:
    n_cols = max(len(row.cells) for row in rows)
    readings = []
    for r, row in enumerate(rows):
        for c in range(n_cols):
            raw, column = row.cells[c] if c < len(row.cells) else ("", sum(len(t) + 1 for t, _ in row.cells))
            readings.append(Reading(Cell(r, c), clean_fragment(raw), places=(Place(line=row.line, column=column),)))
    # Tabs tell nothing of merged cells: a blank may be a blank or the rest of a span.
    return Table(tuple(readings), len(rows), n_cols)


def _table_of_html(table: HtmlTable, first_line: int) -> Table:
    readings = tuple(
        Reading(
            Cell(cell.row, cell.col, cell.rowspan, cell.colspan),
            cell.text,
            places=(Place(line=first_line + cell.line, column=0),),
            notes=("spans",) if table.sound else (),
        )
        for cell in table.cells
    )
    return Table(readings, table.n_rows, table.n_cols)


def _loose_lines(raw: str, number: int) -> Iterator[Line]:
    column = len(raw) - len(raw.lstrip())
    # Markdown's heading and emphasis marks are markup like tags.
    plain = re.sub(r"^\s*#{1,6}\s+", "", raw)
    for text in clean_fragment(without_marks(plain)).split("\n"):
        if text.strip():
            yield Line(text, Place(line=number, column=column))


def is_page_mark(text: str) -> bool:
    """Tell whether a loose line is only a page number."""
    return bool(_PAGE_MARK.match(text))
