"""Write forms as the text that other OCR tools emit, with the damage that such text has (`textdamage.py`).

The truth of a form changes only where recovery is impossible in principle: a value that fell off is no longer in the
text, so its target becomes None; brackets that a page turned to half width are read as they stand. Labels keep their
correct names in the truth however they are damaged; `damages` says what was done. Paragraph breaks are lost in most
styles, as they are in real text: compare narratives without white space.
"""

from __future__ import annotations

import csv
import html
import io
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pipeline.document import Role
from pipeline.synth.content import Split
from pipeline.synth.model import LaidCell, LaidForm, LaidLine
from pipeline.synth.textdamage import DamageSettings, Draft, TextRow, TextSheet, damaged_draft, one_line

__all__ = ["FURTHER_STYLES", "STYLES", "DamageSettings", "Style", "write_ocr_text"]

# mixture: the real text's tabs with fragments of HTML that change page by page. html-flat: every slot a cell.
# html-wrong:
# spans off by one. html-unclosed: end tags missing.
Style = Literal[
    "mixture", "tsv", "html", "html-flat", "html-wrong", "html-unclosed", "markdown", "csv", "csv-repeated",
    "markdown-repeated",
]  # fmt: skip
STYLES: tuple[Style, ...] = ("mixture", "tsv", "html", "html-flat", "html-wrong", "html-unclosed", "markdown", "csv")
# As spreadsheets and table libraries write merged cells: their text on every row and column that they cover. They cut
# no row out of place; those that convert a file see no pages, either. Not among the styles that documents are drawn
# from, so that a seed's document stays what it was.
FURTHER_STYLES: tuple[Style, ...] = ("csv-repeated", "markdown-repeated")


def write_ocr_text(
    forms: Sequence[LaidForm],
    rng: random.Random,
    damage: DamageSettings | None = None,
    style: Style = "mixture",
    split: Split = "train",
) -> tuple[str, list[LaidForm]]:
    """Return the forms as one OCR'd text, and the forms with their `damages` and the truth that can be recovered.

    `split` chooses the look-alike characters; "test" has its own.
    """
    damage = damage or DamageSettings()
    if style in {"csv", "csv-repeated"}:  # a CSV file has nothing outside its rows
        damage = replace(damage, fallout=0.0)
    if style in FURTHER_STYLES:
        damage = replace(
            damage, rows=0.0, value_lost=0.0, zipped=0.0, centred_labels=0.0, pages=style != "csv-repeated"
        )
    writer = _WRITERS[style](rng, style, damage)
    drafts = [damaged_draft(form, rng, damage, split) for form in forms]
    if style in FURTHER_STYLES:
        for sheet in (sheet for draft in drafts for sheet in draft.sheets):
            _repeat_merged(sheet)
    return writer.write(drafts), [draft.finished() for draft in drafts]


def _repeat_merged(sheet: TextSheet) -> None:
    """Print the text of merged cells in every slot that they cover on their page; rows that are cut stay."""
    for row in sheet.rows:
        for cell in row.laid if not row.flat else ():
            if cell is None or (cell.rowspan == cell.colspan == 1) or not row.texts[cell.col]:
                continue
            for other in sheet.rows[sheet.rows.index(row) :]:
                if other.new_page and other is not row:
                    break
                if other.flat or other.plain or other.number >= cell.row + cell.rowspan:
                    continue
                for col in range(cell.col, cell.col + cell.colspan):
                    if not other.texts[col]:
                        other.texts[col], other.owner[col] = row.texts[cell.col], row.owner[cell.col]


_LABEL_ROLES = {Role.LABEL, Role.HEADER, Role.BAR, Role.LEVEL1, Role.LEVEL2}
_HALF = str.maketrans("（）", "()")


def _wrapped(text: str, rng: random.Random) -> str:
    """Return a label as a narrow column wraps it."""
    text = "".join(text.split())
    if len(text) < 3:
        return text
    cut = 2 if len(text) in {3, 4} else rng.choice((2, 3, (len(text) + 1) // 2))
    return f"{text[:cut]} {text[cut:]}"


class _Writer:
    """Writes drafts as text; a subclass knows one style."""

    def __init__(self, rng: random.Random, style: Style, damage: DamageSettings) -> None:
        self.rng = rng
        self.style = style
        self.damage = damage
        self.running_head = rng.random() < damage.running_heads
        self.page_numbers = rng.random() < damage.page_numbers
        self.lines: list[str] = []
        self.page = 0
        self.half = False
        self.wrap = False

    def write(self, drafts: Sequence[Draft]) -> str:
        """Return the text."""
        for number, draft in enumerate(drafts):
            self.draft = draft
            self.wrap = self.rng.random() < self.damage.wrapped_forms
            self.begin_page()
            self.begin_form(number)
            for block in draft.blocks:
                if isinstance(block, LaidLine):
                    self.loose(block)
                else:
                    self.sheet(block)
        return "\n".join(self.lines).rstrip("\n") + "\n"

    def begin_page(self) -> None:
        """Choose what holds for one page."""
        self.page += 1
        self.half = self.rng.random() < self.damage.half_width_pages

    def begin_form(self, number: int) -> None:
        """Begin a form."""
        if number:
            self.lines.append("")

    def loose(self, line: LaidLine) -> None:
        """Write a line outside the tables."""
        self.lines += [line.text, ""]

    def sheet(self, sheet: TextSheet) -> None:
        """Write a table."""
        raise NotImplementedError

    def between_pages(self) -> list[str]:
        """Return the lines that stand between two pages besides the blank one."""
        lines = []
        if self.page_numbers:
            lines.append(self.rng.choice((f"第{self.page - 1}页", f"- {self.page - 1} -", f"{self.page - 1}")))
        if self.running_head:
            lines.append(self.draft.form.truth.title)
        return lines

    def cells(self, row: TextRow) -> list[str]:
        """Return the row's texts as printed: labels wrapped, brackets as on this page."""
        return [self.printed(text, cell) if text else "" for text, cell in zip(row.texts, row.owner, strict=True)]

    def printed(self, text: str, cell: LaidCell | None) -> str:
        """Return a text as this form and page print it, and keep the truth in step."""
        if cell is None:
            return text
        if cell.role in _LABEL_ROLES:
            text = "".join(text.split())
            narrow = cell.role is not Role.BAR and cell.colspan == 1
            return _wrapped(text, self.rng) if self.wrap and narrow and self.rng.random() < 0.8 else text
        half = text.translate(_HALF)
        if not self.half or half == text:
            return text
        if cell.field:
            fields = self.draft.fields[cell.part]
            fields[cell.field] = fields[cell.field].replace(text, half)
            return half
        if cell.indicator >= 0 and cell.role in {Role.LEVEL3, Role.TARGET}:
            truth = self.draft.indicators[cell.indicator]
            if cell.role is Role.LEVEL3:
                truth = replace(truth, level3=(truth.level3 or "").translate(_HALF) or None)
            else:
                truth = replace(truth, target=(truth.target or "").translate(_HALF) or None)
            self.draft.indicators[cell.indicator] = truth
            return half
        return text

    def plain(self, row: TextRow) -> list[str]:
        """Return a cell that lost its table as plain lines: its label, a blank line, its paragraphs."""
        label, cell = (cell for cell in row.laid if cell)
        body = self.printed(row.texts[cell.col], cell).split("\n")
        head = "".join(row.texts[label.col].split())
        lines = ["", *(_wrapped(head, self.rng).split(" ") if len(head) > 5 else [head]), ""]
        spaced = self.rng.random() < 0.5
        for number, paragraph in enumerate(body):
            if spaced and number and re.match(r"[一二三四五六七八九十]、", paragraph):
                lines.append("")
            lines.append(paragraph)
        return [*lines, ""]


class _Tabs(_Writer):
    """Rows with tabs; "mixture" adds fragments of HTML that change page by page."""

    def begin_form(self, number: int) -> None:
        super().begin_form(number)
        if number == 0 and self.style == "mixture":
            self.lines += ["", ""]

    def begin_page(self) -> None:
        super().begin_page()
        self.regime = "none"
        if self.style == "mixture":
            self.regime = self.rng.choice(("none", "none", "narrative", "narrative", "all", "centred"))
        self.ordered = self.rng.random() < 0.1
        # Tools that print tags mostly escape what is no tag (<24小时), but not all do.
        self.escapes = self.rng.random() < 0.7
        self.joint = self.rng.choice((" ", " ", ""))

    def sheet(self, sheet: TextSheet) -> None:
        after_plain = False
        for row in sheet.rows:
            if row.new_page:
                self.begin_page()
                self.lines += ["", *(x for line in self.between_pages() for x in (line, ""))]
            if row.plain:
                lines = self.plain(row)
                self.lines += lines[1:] if after_plain else lines
                self.begin_page()
            else:
                cells = zip(self.cells(row), row.owner, strict=True)
                self.lines.append("\t".join(self.tagged(text, cell) for text, cell in cells))
            after_plain = row.plain
        self.lines.append("")

    def tagged(self, text: str, cell: LaidCell | None) -> str:
        """Return a cell's text with the tags of this page."""
        if not text:
            return ""
        parts = [one_line(part) for part in text.split("\n") if part.strip()]
        if self.regime in {"all", "centred"} and self.escapes:
            parts = [html.escape(part, quote=False) for part in parts]
        label = cell is not None and cell.role in _LABEL_ROLES
        long = cell is not None and cell.role is Role.NARRATIVE
        if self.regime == "none" or (self.regime == "narrative" and not long):
            return (" " if label else self.joint).join(parts)
        if label and self.regime == "centred":
            if cell is not None and cell.role is Role.BAR and self.rng.random() < 0.5:
                return f'<h2 style="margin: 0;">{" ".join(parts)}</h2>'
            return f'<p style="text-align: center;">{" ".join(parts)}</p>'
        if long and len(parts) > 2 and self.ordered:
            return '<ol style="list-style-type: none"> ' + " ".join(parts) + " "
        if long and self.rng.random() < 0.6:
            return " ".join(f"<p>{part}</p>" for part in parts)
        return f"<p>{' '.join(parts)}</p>"


class _Html(_Writer):
    """HTML tables, one a page; spans right, wrong, or none (flat), end tags complete or not."""

    def __init__(self, rng: random.Random, style: Style, damage: DamageSettings) -> None:
        super().__init__(rng, style, damage)
        self.opening = rng.choice(("<table>", '<table border="1">', "<table><tbody>", "<html><body><table>"))
        self.closing = "</tbody></table>" if "tbody" in self.opening else "</table>"
        self.closing += "</body></html>" if "body>" in self.opening and "<html>" in self.opening else ""

    def loose(self, line: LaidLine) -> None:
        tag = self.rng.choice(("p", "div", "h1", "")) if line.kind == "title" else self.rng.choice(("p", ""))
        text = html.escape(line.text, quote=False)
        self.lines.append(f"<{tag}>{text}</{tag}>" if tag else text)

    def sheet(self, sheet: TextSheet) -> None:
        self.lines.append(self.opening)
        first_of_page, empty = 0, True
        for number, row in enumerate(sheet.rows):
            if row.new_page and not empty:
                self.begin_page()
                between = [f"<p>{html.escape(line, quote=False)}</p>" for line in self.between_pages()]
                self.lines += [self.closing, "", *between, self.opening]
                first_of_page = number
            if row.plain:
                text = [html.escape(line, quote=False) for line in self.plain(row)]
                # A table without rows is not written.
                self.lines = self.lines[:-1] if empty else [*self.lines, self.closing]
                self.lines += [*text, self.opening]
                first_of_page, empty = number + 1, True
                self.begin_page()
                continue
            self.lines.append(self.row(sheet, number, first_of_page))
            empty = False
        self.lines.append(self.closing)

    def row(self, sheet: TextSheet, number: int, first_of_page: int) -> str:
        """Return one <tr>."""
        rows, row = sheet.rows, sheet.rows[number]
        cells = self.cells(row)
        parts = []
        for col, text in enumerate(cells):
            cell = row.laid[col]
            if self.style == "html-flat" or row.flat:
                parts.append(self.td(text, row.owner[col], 1, 1))
            elif cell is None:
                if not self.covered(sheet, number, col, first_of_page):
                    parts.append(self.td("", None, 1, 1))
            else:
                # A span lasts to the page's end at most, and not over a row that shows all its slots.
                bottom = number
                while bottom + 1 < len(rows) and rows[bottom + 1].number < cell.row + cell.rowspan:
                    below = rows[bottom + 1]
                    if below.new_page or below.plain or below.flat:
                        break
                    bottom += 1
                height = bottom - number + 1 if cell.rowspan > 1 else 1
                if self.style == "html-wrong" and height > 1 and self.rng.random() < 0.15:
                    height = max(1, height + self.rng.choice((-1, 1)))
                parts.append(self.td(text, cell, height, cell.colspan))
        close = "" if self.style == "html-unclosed" and self.rng.random() < 0.4 else "</tr>"
        return "<tr>" + "".join(parts) + close

    @staticmethod
    def covered(sheet: TextSheet, number: int, col: int, first_of_page: int) -> bool:
        """Say whether a slot is covered by a cell to its left or by a span that began above on this page."""
        row = sheet.rows[number]
        if any(left and left.col < col < left.col + left.colspan for left in row.laid[:col]):
            return True
        for above in range(number - 1, first_of_page - 1, -1):
            upper = sheet.rows[above]
            if upper.flat or upper.plain:
                return False
            for cell in upper.laid[: col + 1]:
                if cell and cell.col <= col < cell.col + cell.colspan:
                    return cell.row + cell.rowspan > row.number
        return False

    def td(self, text: str, cell: LaidCell | None, rowspan: int, colspan: int) -> str:
        """Return one <td>."""
        tag = "th" if cell and cell.role is Role.HEADER and self.rng.random() < 0.5 else "td"
        spans = (f' rowspan="{rowspan}"' if rowspan > 1 else "") + (f' colspan="{colspan}"' if colspan > 1 else "")
        parts = [html.escape(one_line(part), quote=False) for part in text.split("\n") if part.strip()]
        if len(parts) > 2 and self.rng.random() < 0.5:
            body = "".join(f"<p>{part}</p>" for part in parts)
        else:
            body = self.rng.choice(("<br>", "<br/>", " ")).join(parts)
        close = "" if self.style == "html-unclosed" and self.rng.random() < 0.4 else f"</{tag}>"
        return f"<{tag}{spans}>{body}{close}"


class _Markdown(_Writer):
    """Pipe tables, one a page, with the rule under the first row; <br> in cells."""

    def loose(self, line: LaidLine) -> None:
        self.lines += [("# " if line.kind == "title" and self.rng.random() < 0.5 else "") + line.text, ""]

    def sheet(self, sheet: TextSheet) -> None:
        rule = True
        for row in sheet.rows:
            if row.new_page:
                self.begin_page()
                self.lines += ["", *(x for line in self.between_pages() for x in (line, ""))]
                rule = True
            if row.plain:
                self.lines += self.plain(row)
                self.begin_page()
                rule = True
                continue
            self.lines.append("| " + " | ".join(self.cell(text) for text in self.cells(row)) + " |")
            if rule:
                self.lines.append("|" + " --- |" * sheet.n_cols)
                rule = False
        self.lines.append("")

    @staticmethod
    def cell(text: str) -> str:
        """Return a cell's text with line breaks as <br> and pipes escaped."""
        return "<br>".join(one_line(part) for part in text.split("\n") if part.strip()).replace("|", "\\|")


class _Csv(_Writer):
    """Comma-separated rows; cells keep their line breaks inside quotes, and no cell loses its table."""

    def begin_form(self, number: int) -> None:
        self.width = max((sheet.n_cols for sheet in self.draft.sheets), default=1)

    def loose(self, line: LaidLine) -> None:
        self.lines.append(self.record([line.text]))

    def record(self, cells: Sequence[str]) -> str:
        """Return one CSV record without its line end."""
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow([*cells, *[""] * (self.width - len(cells))])
        return out.getvalue().removesuffix("\n")

    def sheet(self, sheet: TextSheet) -> None:
        for row in sheet.rows:
            if row.new_page:
                self.begin_page()
                self.lines += [self.record([line]) for line in self.between_pages()]
            self.lines.append(self.record(self.cells(row)))


_WRITERS: dict[str, type[_Writer]] = {
    "mixture": _Tabs, "tsv": _Tabs, "html": _Html, "html-flat": _Html, "html-wrong": _Html, "html-unclosed": _Html,
    "markdown": _Markdown, "csv": _Csv,
    "csv-repeated": _Csv, "markdown-repeated": _Markdown,
}  # fmt: skip
