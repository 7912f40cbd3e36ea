"""One table of the workbook: rows in, a readable sheet out, with nothing in it that a spreadsheet could run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from pipeline.export.celltext import cell_text, looks_like_formula
from pipeline.export.columns import Column
from pipeline.export.rows import Mark, wrapped_lines

# What a sheet can hold, and how many links it may have. Beyond the first a further sheet goes on, beyond the second the
# cells are plain text.
MAX_ROWS = 1_048_576
MAX_LINKS = 65_530

FONT = {"font_name": "微软雅黑", "font_size": 10}
LINE_POINTS = 16.0  # a line of 10-point Hanzi
MAX_ROW_LINES = 5  # a narrative of a thousand characters shows its beginning; the cell holds all of it
_DARK, _RULE = "#2F4B6E", "#D9DEE5"
_FILLS = {Mark.ERROR: "#F8B4B4", Mark.REVIEW: "#FAD7AC", Mark.PROPOSED: "#FFF2B3", Mark.REPAIRED: "#CDEBD1"}
_INKS = {Mark.ERROR: "#8A1C1C", Mark.REVIEW: "#7A4A00", Mark.PROPOSED: "#5F5200", Mark.REPAIRED: "#14532D"}


@dataclass(frozen=True, slots=True)
class Cell:
    """What is written into one cell."""

    value: str | float | None = None
    mark: Mark | None = None
    style: str | None = None  # instead of the column's; "number:0.0" carries the number's format
    link: str | None = None  # a place in this workbook
    pieces: tuple[tuple[str, bool], ...] = ()  # the value in pieces, True where one is to stand out


class Formats:
    """Cell formats, made once each."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[Any, ...], Any] = {}
        self.header = book.add_format(
            {
                **FONT, "bold": True, "font_color": "#FFFFFF", "bg_color": _DARK, "border": 1,
                "border_color": "#FFFFFF", "valign": "vcenter", "text_wrap": True,
            }
        )  # fmt: skip
        self.standout = book.add_format({**FONT, "bold": True, "font_color": "#C00000"})

    def cell(
        self, style: str, mark: Mark | None = None, *, first: bool = False, link: bool = False, quoted: bool = False
    ) -> Any:
        """Return a cell's format; `first` draws the line between two forms, `quoted` keeps `=` from being computed."""
        key = (style, mark, first, link, quoted)
        if key not in self._made:
            self._made[key] = self._book.add_format(_properties(*key))
        return self._made[key]


def _properties(style: str, mark: Mark | None, first: bool, link: bool, quoted: bool) -> dict[str, Any]:
    kind, _, number_format = style.partition(":")
    properties: dict[str, Any] = {**FONT, "valign": "top", "border": 1, "border_color": _RULE}
    if kind in ("wrap", "long"):
        properties["text_wrap"] = True
    if kind in ("code", "wrap", "text"):
        # Stays text when a person edits the cell: 019001 does not become 19001, =100% no formula. Not for paragraphs:
        # older spreadsheets show a text cell of more than 255 characters as #####.
        properties["num_format"] = "@"
    if kind in ("whole", "centre"):
        properties["align"] = "center"
    if kind in ("share", "number"):
        properties["align"] = "right"
    if kind == "share":
        properties["num_format"] = "0.00"
    if number_format:
        properties["num_format"] = number_format
    if mark is not None:
        properties |= {"bg_color": _FILLS[mark], "font_color": _INKS[mark]}
    if link:
        properties |= {"underline": 1} | ({} if mark else {"font_color": "#1F4E9E"})
    if first:
        properties |= {"top": 2, "top_color": _DARK}
    if quoted:
        properties["quote_prefix"] = True
    return properties


def write_text(sheet: Any, row: int, column: int, text: str, form: Any) -> None:
    """Write a text as the text it is."""
    if _is_markup(text):
        # XlsxWriter takes `<r>…</r>` for its own markup of runs and would write it unescaped; as two real runs it is
        # escaped like any other text.
        sheet.write_rich_string(row, column, text[:1], form, text[1:], form)
    else:
        sheet.write_string(row, column, text, form)


def _is_markup(text: str) -> bool:
    return text.startswith("<r>") and text.endswith("</r>")


class Sheet:
    """A table with a frozen header and filters; goes on on a further sheet where one is full."""

    def __init__(self, book: Any, formats: Formats, name: str, columns: Sequence[Column], *, frozen: int = 0) -> None:
        self.columns = columns
        self._book, self._formats, self._base, self._frozen = book, formats, name, frozen
        self._column_of = {column.title: index for index, column in reversed(list(enumerate(columns)))}
        self._number = 0
        self._begin()

    @property
    def next_row(self) -> tuple[str, int]:
        """The sheet's name and the row, from zero, where the next row will stand."""
        if self._row >= MAX_ROWS:
            return self._name_of(self._number + 1), 1
        return self._name_of(self._number), self._row

    def link(self, row: tuple[str, int], title: str = "") -> str:
        """Return the link to the cell under the header `title` in a row that `next_row` named."""
        return f"internal:'{row[0]}'!{xl_rowcol_to_cell(row[1], self._column_of.get(title, 0))}"

    def _name_of(self, number: int) -> str:
        return self._base if number == 1 else f"{self._base} {number}"

    def _begin(self) -> None:
        self._number += 1
        self._links = 0
        sheet = self._sheet = self._book.add_worksheet(self._name_of(self._number))
        sheet.freeze_panes(1, self._frozen)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(8)  # A3: the sheets are wide
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&A&R第 &P 页，共 &N 页")
        # 019001 is meant to be text; the green corners would only send people to "mend" it.
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        for index, column in enumerate(self.columns):
            sheet.set_column(index, index, column.width)
        # Room for the filter's button at the right.
        lines = max(wrapped_lines(column.title, column.width - 2) for column in self.columns)
        sheet.set_row(0, LINE_POINTS * min(lines, 3) + 8)
        for index, column in enumerate(self.columns):
            write_text(sheet, 0, index, cell_text(column.title), self._formats.header)
        self._row = 1

    def add(self, cells: Sequence[Cell], *, first: bool = False) -> None:
        """Write one row, one cell a column; `first` draws a line above it."""
        if self._row >= MAX_ROWS:
            self.finish()
            self._begin()
        values = [cell_text(cell.value) if isinstance(cell.value, str) else cell.value for cell in cells]
        lines = [
            wrapped_lines(value, column.width)
            for value, column in zip(values, self.columns, strict=True)
            if isinstance(value, str) and column.style in ("wrap", "long")
        ]
        self._sheet.set_row(self._row, min(max(lines, default=1), MAX_ROW_LINES) * LINE_POINTS + 4)
        for index, (cell, value) in enumerate(zip(cells, values, strict=True)):
            self._write(index, cell, value, first=first)
        # The library writes a row when the next one begins, and keeps its height to the end: 400 bytes a row.
        for kept in (self._sheet.row_info, self._sheet.row_sizes):
            kept.pop(self._row - 1, None)
        self._row += 1

    def _write(self, column: int, cell: Cell, value: str | float | None, *, first: bool) -> None:
        style = cell.style or self.columns[column].style
        link = cell.link if self._links < MAX_LINKS else None
        quoted = isinstance(value, str) and looks_like_formula(value)
        form = self._formats.cell(style, cell.mark, first=first, link=link is not None, quoted=quoted)
        if value is None or value == "":
            self._sheet.write_blank(self._row, column, None, form)
        elif not isinstance(value, str):
            if link:
                # The link first, the number over it: the library writes a link's text as a string.
                self._links += 1
                self._sheet.write_url(self._row, column, link, form)
            self._sheet.write_number(self._row, column, value, form)
        elif link and not _is_markup(value):
            self._links += 1
            self._sheet.write_url(self._row, column, link, form, value)
        elif len(cell.pieces) > 1 and "".join(text for text, _ in cell.pieces) == value:
            base = self._formats.cell(style, cell.mark)
            runs = [
                part for text, differs in cell.pieces for part in (self._formats.standout if differs else base, text)
            ]
            self._sheet.write_rich_string(self._row, column, *runs, form)
        else:
            write_text(self._sheet, self._row, column, value, form)

    def finish(self) -> None:
        """Set the filters, now that the number of rows is known."""
        self._sheet.autofilter(0, 0, max(self._row - 1, 1), len(self.columns) - 1)
