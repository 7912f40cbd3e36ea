"""Write forms as the text that other OCR tools emit, with the damage that such text has.

The truth of a form changes only where recovery is impossible in principle: a value that fell off is no longer in the
text, so its target becomes None; brackets that a page turned to half width are read as they stand. Labels keep their
correct names in the truth however they are damaged; `damages` says what was done.
"""

from __future__ import annotations

import csv
import html
import io
import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pipeline.document import Role
from pipeline.synth.content import Split
from pipeline.synth.model import Damage, LaidCell, LaidForm, LaidLine, LaidTable, Truth, TruthIndicator
from pipeline.synth.typos import SINGLE_KINDS, Kind, damage_label

Style = Literal["mixture", "tsv", "html", "html-flat", "html-wrong", "html-unclosed", "markdown", "csv"]
STYLES: tuple[Style, ...] = ("mixture", "tsv", "html", "html-flat", "html-wrong", "html-unclosed", "markdown", "csv")


@dataclass(frozen=True, slots=True)
class DamageSettings:
    """How much damage is done; rates are shares of what could be damaged, 0 to 1.

    The defaults are those of the one real text known: 17 of 165 grid rows shifted, every page of a form separate.
    """

    rows: float = 0.10  # grid rows shifted in one of the ways S1 to S5
    value_lost: float = 0.004  # grid rows whose target falls off without a shift
    zipped: float = 0.004  # grid rows whose name and target are read line by line as one cell
    # What happens at a page break inside the grid; the rest of the probability is: blank, as in the middle of a page.
    level2_restated: float = 0.25
    levels_repeated: float = 0.25
    level1_missing: float = 0.05
    header_repeated: float = 0.1
    pages: bool = True  # False: one endless page
    fallout: float = 0.6  # cells that fill a page and lose their table
    split_cells: float = 0.25  # narratives over a page break that are cut in two instead of moving to the next page
    wrapped_forms: float = 0.15  # forms whose narrow label columns wrap
    half_width_pages: float = 0.2  # pages whose brackets are half-width
    collapse_blanks: float = 0.5  # forms whose consecutive blank rows of one level 2 become one
    running_heads: float = 0.05  # documents that repeat the title on every page
    page_numbers: float = 0.08  # documents with page numbers between the pages
    level1_typos: float = 0.01
    level2_typos: float = 0.01
    level3_typos: float = 0.03
    field_typos: float = 0.01
    double_typos: float = 0.1  # share of the damaged labels that get two errors

    @classmethod
    def none(cls) -> DamageSettings:
        """Return settings under which nothing is damaged and no page breaks."""
        return cls(
            rows=0, value_lost=0, zipped=0, level2_restated=0, levels_repeated=0, level1_missing=0, header_repeated=0,
            pages=False, fallout=0, split_cells=0, wrapped_forms=0, half_width_pages=0, collapse_blanks=0, running_heads=0,
            page_numbers=0, level1_typos=0, level2_typos=0, level3_typos=0, field_typos=0,
        )  # fmt: skip


@dataclass
class _Row:
    """One row of text cells; `laid` holds the laid cell behind each text, None where the cell is covered by a span."""

    texts: list[str]
    laid: list[LaidCell | None]
    number: int  # row of the laid table
    grid: bool = False  # a row with an indicator
    new_page: bool = False
    plain: bool = False  # written outside the table
    flat: bool = False  # shifted: its cells no longer say where they belong
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)  # wrong spans for HTML, by column

    @property
    def indicator(self) -> int:
        return max((cell.indicator for cell in self.laid if cell), default=-1)


@dataclass
class _Sheet:
    """A table on its way to text."""

    n_cols: int
    rows: list[_Row]
    widths: tuple[float, ...]

    def columns(self, role: Role) -> list[int]:
        """Return the columns in which the header row's cells of the grid hold `role`, from the grid's first row on."""
        found = {cell.col for row in self.rows for cell in row.laid if cell and cell.role is role}
        return sorted(found)


@dataclass
class _Draft:
    """A form on its way to text: its blocks, its truth as it stands, and what was done to it."""

    form: LaidForm
    blocks: list[LaidLine | _Sheet]
    indicators: list[TruthIndicator]
    fields: dict[str, str]
    damages: list[Damage]

    def note(self, kind: str, at: str, before: str, after: str) -> None:
        self.damages.append(Damage(kind, at, before, after))

    def finished(self) -> LaidForm:
        truth: Truth = replace(self.form.truth, indicators=tuple(self.indicators), fields=self.fields)
        return replace(self.form, truth=truth, damages=(*self.form.damages, *self.damages))


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
    running_head = rng.random() < damage.running_heads
    page_numbers = rng.random() < damage.page_numbers
    drafts = []
    for form in forms:
        draft = _draft(form)
        _break_pages(draft, rng, damage)
        _typos(draft, rng, damage, split)
        _damage_rows(draft, rng, damage)
        drafts.append(draft)
    writer = _WRITERS[style](rng, style, running_head, page_numbers)
    return writer.write(drafts, damage), [draft.finished() for draft in drafts]


# ---------------------------------------------------------------------------------------------------------------- drafts


def _draft(form: LaidForm) -> _Draft:
    blocks: list[LaidLine | _Sheet] = [_sheet(b) if isinstance(b, LaidTable) else b for b in form.blocks]
    return _Draft(form, blocks, list(form.truth.indicators), dict(form.truth.fields), [])


def _sheet(table: LaidTable) -> _Sheet:
    rows = [_Row([""] * table.n_cols, [None] * table.n_cols, r) for r in range(table.n_rows)]
    for cell in table.cells:
        row = rows[cell.row]
        row.texts[cell.col] = cell.text
        row.laid[cell.col] = cell
        if cell.role is Role.LEVEL3:
            row.grid = True
    return _Sheet(table.n_cols, rows, table.widths)


def _levels(sheet: _Sheet) -> tuple[int, int, int, int] | None:
    """Return the columns of level 1, level 2, level 3 and the last target cell where the grid has one of each."""
    found = [sheet.columns(role) for role in (Role.LEVEL1, Role.LEVEL2, Role.LEVEL3, Role.TARGET)]
    if not all(found) or any(len(columns) != 1 for columns in found[:3]):
        return None
    c1, c2, c3, ct = found[0][0], found[1][0], found[2][0], found[3][0]
    return (c1, c2, c3, ct) if c1 < c2 < c3 < ct else None


# ----------------------------------------------------------------------------------------------------------- page breaks

# Characters of 10.5 pt on the text width of an A4 page, and lines on it.
_PAGE_CHARS = 44
_PAGE_LINES = (30, 48)


def _height(row: _Row, widths: Sequence[float]) -> int:
    lines = 1
    for cell in row.laid:
        if cell and cell.rowspan == 1 and cell.text:
            room = max(2, int(_PAGE_CHARS * sum(widths[cell.col : cell.col + cell.colspan])) - 1)
            lines = max(lines, sum(math.ceil(max(1, len(part)) / room) for part in cell.text.split("\n")))
    return lines


def _break_pages(draft: _Draft, rng: random.Random, damage: DamageSettings) -> None:
    if not damage.pages:
        return
    capacity = rng.randint(*_PAGE_LINES)
    used = 4
    for sheet in (block for block in draft.blocks if isinstance(block, _Sheet)):
        done: list[_Row] = []
        for row in sheet.rows:
            height = _height(row, sheet.widths)
            narrative = next((c for c in row.laid if c and c.role is Role.NARRATIVE and c.text), None)
            if height > 0.6 * capacity and narrative and sum(c is not None for c in row.laid) == 2:
                if rng.random() < damage.fallout:
                    row.plain = row.new_page = True
                    draft.note("fallout", narrative.field, "\t".join(_line(t) for t in row.texts), narrative.text)
                    used = capacity  # the next row begins a page
                    done.append(row)
                    continue
            if used + height > capacity and done:
                if (
                    narrative
                    and used < 0.8 * capacity
                    and rng.random() < damage.split_cells
                    and len(narrative.text) > 40
                ):
                    done.extend(_cut(draft, row, narrative, (capacity - used) / height, rng))
                    used = max(2, used + height - capacity)
                    continue
                row.new_page = True
                used = 0
            used += height
            done.append(row)
        sheet.rows = done


def _cut(draft: _Draft, row: _Row, cell: LaidCell, share: float, rng: random.Random) -> list[_Row]:
    """Return the row as two, its narrative cut in two at about `share` of its length by a page break."""
    at = min(len(cell.text) - 5, max(5, int(len(cell.text) * share)))
    head, tail = cell.text[:at].rstrip(), cell.text[at:].lstrip()
    first = replace_texts(row, {cell.col: head})
    second = _Row([""] * len(row.texts), list(row.laid), row.number, new_page=True)
    second.texts[cell.col] = tail
    draft.note("cell-split", cell.field, cell.text, f"{head}\n{tail}")
    return [first, second]


def replace_texts(row: _Row, texts: dict[int, str]) -> _Row:
    """Return a copy of the row with some texts changed."""
    copy = replace(row, texts=list(row.texts), laid=list(row.laid))
    for col, text in texts.items():
        copy.texts[col] = text
    return copy


# ----------------------------------------------------------------------------------------------------------------- typos


def _typos(draft: _Draft, rng: random.Random, damage: DamageSettings, split: Split) -> None:
    rates = {
        Role.LEVEL1: damage.level1_typos, Role.LEVEL2: damage.level2_typos, Role.LEVEL3: damage.level3_typos,
        Role.LABEL: damage.field_typos, Role.HEADER: damage.field_typos,
    }  # fmt: skip
    for sheet in (block for block in draft.blocks if isinstance(block, _Sheet)):
        for row in sheet.rows:
            for col, cell in enumerate(row.laid):
                if cell is None or not row.texts[col] or rng.random() >= rates.get(cell.role, 0.0):
                    continue
                kind: Kind = "several" if rng.random() < damage.double_typos else rng.choice(SINGLE_KINDS)
                before = "".join(row.texts[col].split())
                after = damage_label(before, kind, rng, split)
                if after is None:
                    continue
                row.texts[col] = after
                at = f"indicators[{cell.indicator}].{cell.role.value}" if cell.indicator >= 0 else before
                draft.note(kind, at, before, after)


# ---------------------------------------------------------------------------------------------------------- damaged rows


def _damage_rows(draft: _Draft, rng: random.Random, damage: DamageSettings) -> None:
    for sheet in (block for block in draft.blocks if isinstance(block, _Sheet)):
        if rng.random() < damage.collapse_blanks:
            _collapse(draft, sheet)
        columns = _levels(sheet)
        if columns is None:
            continue
        _at_page_breaks(draft, sheet, columns, rng, damage)
        _shift_rows(draft, sheet, columns, rng, damage)
        _lose_and_zip(draft, sheet, columns, rng, damage)


def _collapse(draft: _Draft, sheet: _Sheet) -> None:
    """Drop blank rows that continue another blank row of the same level-2 cell."""
    kept: list[_Row] = []
    for row in sheet.rows:
        before = kept[-1] if kept else None
        if (
            before and row.grid and before.grid and not any(row.texts) and row.indicator == before.indicator
            and not any(c and c.role in {Role.LEVEL1, Role.LEVEL2, Role.BAR} for c in row.laid)
        ):  # fmt: skip
            draft.note("blank-collapsed", f"indicators[{row.indicator}]", "", "")
            continue
        kept.append(row)
    sheet.rows = kept


def _row_text(row: _Row) -> str:
    return "\t".join(_line(text) for text in row.texts)


def _at_page_breaks(
    draft: _Draft, sheet: _Sheet, columns: tuple[int, int, int, int], rng: random.Random, damage: DamageSettings
) -> None:
    c1, c2, c3, _ = columns
    header = next((row for row in sheet.rows if any(c and c.role is Role.HEADER for c in row.laid)), None)
    done: list[_Row] = []
    current = ["", ""]
    for row in sheet.rows:
        if row.grid:
            label1, label2 = row.texts[c1], row.texts[c2]
            if row.new_page and done and done[-1].grid:
                at = f"indicators[{row.indicator}]"
                if rng.random() < damage.header_repeated and header is not None:
                    repeated = replace_texts(header, {})
                    repeated.new_page, row.new_page = True, False
                    draft.note("header-repeated", at, "", _row_text(repeated))
                    done.append(repeated)
                chance = rng.random()
                if not label1 and chance < damage.levels_repeated:
                    before = _row_text(row)
                    row.texts[c1] = current[0]
                    row.texts[c2] = label2 or current[1]
                    draft.note("level-repeated", at, before, _row_text(row))
                elif not label1 and not label2 and chance < damage.levels_repeated + damage.level2_restated:
                    before = _row_text(row)
                    row.texts[c2] = current[1]
                    draft.note("level-repeated", at, before, _row_text(row))
                elif label1 and label2 and current[0] and rng.random() < damage.level1_missing:
                    before = _row_text(row)
                    row.texts[c1] = ""
                    draft.note("level-missing", at, before, _row_text(row))
            if label1:
                current = [label1, ""]
            current[1] = label2 or current[1]
        done.append(row)
    sheet.rows = done


def _shift_rows(
    draft: _Draft, sheet: _Sheet, columns: tuple[int, int, int, int], rng: random.Random, damage: DamageSettings
) -> None:
    rows = [row for row in sheet.rows if row.grid]
    budget = sum(rng.random() < damage.rows for _ in rows)
    tries = 0
    while budget > 0 and tries < 20 * len(rows):
        tries += 1
        code = rng.choices(("S1", "S2", "S3", "S4", "S5"), (40, 18, 10, 22, 10))[0]
        start = rng.randrange(len(rows))
        if not _shift(draft, rows[start], code, columns):
            continue
        budget -= 1
        # Names slip left in runs: the seed's run of seven follows a row that went right.
        run = rng.randint(1, 7) if code in {"S3", "S4"} and rng.random() < 0.6 else 0
        for row in rows[start + 1 : start + 1 + min(run, budget)]:
            if row.texts[columns[1]] or not _shift(draft, row, "S4", columns):
                break
            budget -= 1


def _shift(draft: _Draft, row: _Row, code: str, columns: tuple[int, int, int, int]) -> bool:
    """Shift a row in the way of `code`; False where that way does not fit the row or it is damaged already."""
    c1, c2, c3, ct = columns
    texts = row.texts
    before = _row_text(row)
    if row.flat or texts[c1] or any(row.laid[c] is not None and row.laid[c].rowspan > 1 for c in range(c3, len(texts))):  # type: ignore[union-attr]
        return False
    if code == "S1":
        if not texts[c2] or any(texts[c3:]):
            return False
        texts[c1], texts[c2] = texts[c2], ""
    elif code == "S2":
        if not texts[c3]:
            return False
        texts[c1:] = [*texts[c2:], ""]
    elif code == "S3":
        if not texts[c2] or not texts[c3]:
            return False
        _lose(draft, row, len(texts) - 1)
        texts[c2:] = ["", *texts[c2:-1]]
    elif code == "S4":
        if texts[c2] or not texts[c3]:
            return False
        texts[c2], texts[c3] = texts[c3], ""
    else:
        if texts[c2] or not texts[c3]:
            return False
        texts[c1], texts[c3], texts[ct] = texts[c3], texts[ct], ""
    row.flat = True
    draft.note(f"shift-{code}", f"indicators[{row.indicator}]", before, _row_text(row))
    return True


def _lose(draft: _Draft, row: _Row, col: int) -> None:
    """Take a cell's text out of the row and out of the truth."""
    cell, text = row.laid[col], row.texts[col]
    if not text or cell is None or cell.indicator < 0:
        return
    truth = draft.indicators[cell.indicator]
    row.texts[col] = ""
    if cell.role is Role.TARGET:
        rest = "".join(row.texts[c] for c, other in enumerate(row.laid) if other and other.role is Role.TARGET)
        draft.indicators[cell.indicator] = replace(truth, target=rest or None)
        draft.note("value-lost", f"indicators[{cell.indicator}].target", text, "")
    else:
        gone = {key: value for key, value in truth.extra.items() if value != text}
        draft.indicators[cell.indicator] = replace(truth, extra=gone)
        draft.note("value-lost", f"indicators[{cell.indicator}].extra", text, "")


def _lose_and_zip(
    draft: _Draft, sheet: _Sheet, columns: tuple[int, int, int, int], rng: random.Random, damage: DamageSettings
) -> None:
    _, _, c3, ct = columns
    for row in sheet.rows:
        if not row.grid or row.flat or not row.texts[c3] or not row.texts[ct]:
            continue
        chance = rng.random()
        if chance < damage.value_lost:
            _lose(draft, row, ct)
        elif chance < damage.value_lost + damage.zipped and ct == c3 + 1 and len(row.texts[c3]) >= 8:
            name, value = row.texts[c3], row.texts[ct]
            cut = len(name) // 2 + rng.randint(-1, 2)
            before = _row_text(row)
            row.texts[c3], row.texts[ct] = f"{name[:cut]} {value}{name[cut:]}", ""
            row.flat = True
            draft.note("zipped", f"indicators[{row.indicator}]", before, _row_text(row))


# --------------------------------------------------------------------------------------------------------------- writers


def _line(text: str) -> str:
    return " ".join(text.split())


_LABEL_ROLES = {Role.LABEL, Role.HEADER, Role.BAR, Role.LEVEL1, Role.LEVEL2}
_HALF = str.maketrans("（）：；，", "():;,")
_HALF_BRACKETS = str.maketrans("（）", "()")


def _wrapped(text: str, rng: random.Random) -> str:
    """Return a label as a narrow column wraps it."""
    text = "".join(text.split())
    if len(text) < 3:
        return text
    cut = 2 if len(text) in {3, 4} else rng.choice((2, 3, (len(text) + 1) // 2))
    return f"{text[:cut]} {text[cut:]}"


class _Writer:
    """Writes drafts as text; a subclass knows one style."""

    def __init__(self, rng: random.Random, style: Style, running_head: bool, page_numbers: bool) -> None:
        self.rng = rng
        self.style = style
        self.running_head = running_head
        self.page_numbers = page_numbers
        self.lines: list[str] = []
        self.page = 0
        self.half = False

    def write(self, drafts: Sequence[_Draft], damage: DamageSettings) -> str:
        """Return the text."""
        for number, draft in enumerate(drafts):
            self.wrap = self.rng.random() < damage.wrapped_forms
            self.damage = damage
            self.draft = draft
            self.begin_page(first=True)
            self.begin_form(number)
            for block in draft.blocks:
                if isinstance(block, LaidLine):
                    self.loose(block)
                else:
                    self.sheet(block)
        return self.finish()

    def begin_page(self, first: bool = False) -> None:
        """Choose what holds for one page."""
        self.page += 1
        self.half = self.rng.random() < self.damage.half_width_pages

    def begin_form(self, number: int) -> None:
        """Begin a form."""

    def loose(self, line: LaidLine) -> None:
        """Write a line outside the tables."""
        self.lines += [line.text, ""]

    def between_pages(self) -> list[str]:
        """Return the lines that stand between two pages besides the blank one."""
        lines = []
        if self.page_numbers:
            lines.append(self.rng.choice((f"第{self.page}页", f"- {self.page} -", f"{self.page}")))
        if self.running_head:
            lines.append(self.draft.form.truth.title)
        return lines

    def halved(self, text: str, cell: LaidCell | None) -> str:
        """Return the text as this page prints it, and keep the truth in step."""
        if not self.half or cell is None or cell.role in _LABEL_ROLES:
            return text
        printed = text.translate(_HALF_BRACKETS)
        if printed == text:
            return text
        if cell.field:
            old = self.draft.fields[cell.field]
            self.draft.fields[cell.field] = old.replace(text, printed) if text in old else old.translate(_HALF_BRACKETS)
        elif cell.indicator >= 0 and cell.role in {Role.LEVEL3, Role.TARGET}:
            truth = self.draft.indicators[cell.indicator]
            name = truth.level3 and truth.level3.translate(_HALF_BRACKETS)
            target = truth.target and truth.target.translate(_HALF_BRACKETS)
            self.draft.indicators[cell.indicator] = replace(truth, level3=name, target=target)
        else:
            return text
        return printed

    def labelled(self, text: str, cell: LaidCell | None) -> str:
        """Return a label as a wrapping form prints it."""
        narrow = cell is not None and cell.role in _LABEL_ROLES and cell.role is not Role.BAR and cell.colspan == 1
        if cell is not None and cell.role in _LABEL_ROLES:
            text = "".join(text.split())
        return _wrapped(text, self.rng) if self.wrap and narrow and self.rng.random() < 0.8 else text

    def cells(self, row: _Row) -> list[str]:
        """Return the row's texts as printed: wrapped labels, this page's brackets."""
        printed = []
        for col, text in enumerate(row.texts):
            cell = row.laid[col]
            if text and row.flat:
                cell = self.owner(row, text, cell)
            printed.append(self.labelled(self.halved(text, cell), cell) if text else "")
        return printed

    @staticmethod
    def owner(row: _Row, text: str, cell: LaidCell | None) -> LaidCell | None:
        """Return the laid cell that a shifted text belongs to, None where it is none's alone."""
        return next((laid for laid in row.laid if laid and laid.text == text), None)

    def plain(self, row: _Row) -> list[str]:
        """Return a cell that lost its table as plain lines: its label, blank line, its paragraphs."""
        label = next(text for text, cell in zip(row.texts, row.laid, strict=True) if cell and cell.role is Role.LABEL)
        cell = next(cell for cell in row.laid if cell and cell.role is Role.NARRATIVE)
        body = self.halved(row.texts[cell.col], cell).split("\n")
        label = "".join(label.split())
        lines = ["", *((_wrapped(label, self.rng).split(" ")) if len(label) > 5 else [label]), ""]
        spaced = self.rng.random() < 0.5
        for number, paragraph in enumerate(body):
            if spaced and number and re.match(r"[一二三四五六七八九十]、", paragraph):
                lines.append("")
            lines.append(paragraph)
        return [*lines, ""]

    def sheet(self, sheet: _Sheet) -> None:
        """Write a table."""
        raise NotImplementedError

    def finish(self) -> str:
        """Return the whole text."""
        return "\n".join(self.lines).rstrip("\n") + "\n"


class _Tabs(_Writer):
    """Rows with tabs; "mixture" adds fragments of HTML that change page by page."""

    def begin_form(self, number: int) -> None:
        self.lines += ["", ""] if number == 0 and self.style == "mixture" else [""] if number else []

    def begin_page(self, first: bool = False) -> None:
        super().begin_page(first)
        self.regime = "none"
        if self.style == "mixture":
            self.regime = self.rng.choice(("none", "none", "narrative", "narrative", "all", "centred"))
        self.ordered = self.rng.random() < 0.1
        self.joint = self.rng.choice((" ", " ", ""))

    def sheet(self, sheet: _Sheet) -> None:
        for row in sheet.rows:
            if row.new_page:
                self.begin_page()
                self.lines += ["", *(x for line in self.between_pages() for x in (line, ""))]
            if row.plain:
                lines = self.plain(row)
                if not self.lines or self.lines[-1] == "":
                    lines = lines[1:]
                self.lines += lines
                self.begin_page()
                continue
            texts = [self.tagged(t, c) for t, c in zip(self.cells(row), self.laid(row), strict=True)]
            self.lines.append("\t".join(texts))
        self.lines.append("")

    def laid(self, row: _Row) -> list[LaidCell | None]:
        """Return the cell behind each text, wherever the text has gone."""
        return [
            self.owner(row, t, c) or c or next((x for x in row.laid if x), None) if t and row.flat else c
            for t, c in zip(row.texts, row.laid, strict=True)
        ]

    def tagged(self, text: str, cell: LaidCell | None) -> str:
        """Return a cell's text with the tags of this page."""
        if not text:
            return ""
        parts = [_line(part) for part in text.split("\n") if part.strip()]
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

    def loose(self, line: LaidLine) -> None:
        tag = self.rng.choice(("p", "div", "h1", "")) if line.kind == "title" else self.rng.choice(("p", ""))
        text = html.escape(line.text, quote=False)
        self.lines.append(f"<{tag}>{text}</{tag}>" if tag else text)

    def sheet(self, sheet: _Sheet) -> None:
        self.lines.append(self.rng.choice(("<table>", '<table border="1">', "<table><tbody>")))
        first_of_page = 0
        for number, row in enumerate(sheet.rows):
            if row.new_page:
                self.lines += ["</table>", ""]
                self.begin_page()
                self.lines += [f"<p>{html.escape(line, quote=False)}</p>" for line in self.between_pages()]
                self.lines.append("<table>")
                first_of_page = number
            if row.plain:
                self.lines += ["</table>", *(html.escape(x, quote=False) for x in self.plain(row)), "<table>"]
                first_of_page = number + 1
                self.begin_page()
                continue
            self.lines.append(self.row(sheet, number, first_of_page))
        self.lines.append("</table>")

    def row(self, sheet: _Sheet, number: int, first_of_page: int) -> str:
        """Return one <tr>."""
        row = sheet.rows[number]
        flat = self.style == "html-flat" or row.flat
        end = next(
            (n for n in range(number + 1, len(sheet.rows)) if sheet.rows[n].new_page or sheet.rows[n].plain),
            len(sheet.rows),
        )
        parts = []
        for col, text in enumerate(self.cells(row)):
            cell = row.laid[col]
            if flat:
                parts.append(self.td(text, cell, 1, 1))
                continue
            if cell is None:
                covering = self.covering(sheet, number, col, first_of_page)
                if covering == "free":
                    parts.append(self.td(text, None, 1, 1))
                continue
            # A span lasts to the page's end at most; rows that lost their place show all their cells.
            bottom = number
            while (
                bottom + 1 < end
                and sheet.rows[bottom + 1].number < cell.row + cell.rowspan
                and not sheet.rows[bottom + 1].flat
            ):
                bottom += 1
            rowspan = bottom - number + 1 if cell.rowspan > 1 else 1
            if self.style == "html-wrong" and rowspan > 1 and self.rng.random() < 0.15:
                rowspan = max(1, rowspan + self.rng.choice((-1, 1)))
            parts.append(self.td(text, cell, rowspan, cell.colspan))
        close = "" if self.style == "html-unclosed" and self.rng.random() < 0.4 else "</tr>"
        return "<tr>" + "".join(parts) + close

    @staticmethod
    def covering(sheet: _Sheet, number: int, col: int, first_of_page: int) -> str:
        """Say whether the slot is covered by a span that began on this page ("covered"), or stands free."""
        row = sheet.rows[number]
        for left in range(col):
            other = row.laid[left]
            if other and other.col + other.colspan > col:
                return "covered"
        for above in range(number - 1, first_of_page - 1, -1):
            upper = sheet.rows[above]
            if upper.flat or upper.plain:
                return "free"
            for left in range(col + 1):
                other = upper.laid[left]
                if other and other.col <= col < other.col + other.colspan:
                    return "covered" if other.row + other.rowspan > row.number else "free"
        return "free"

    def td(self, text: str, cell: LaidCell | None, rowspan: int, colspan: int) -> str:
        """Return one <td>."""
        tag = "th" if cell and cell.role is Role.HEADER and self.rng.random() < 0.5 else "td"
        spans = (f' rowspan="{rowspan}"' if rowspan > 1 else "") + (f' colspan="{colspan}"' if colspan > 1 else "")
        parts = [html.escape(_line(part), quote=False) for part in text.split("\n") if part.strip()]
        body = (
            self.rng.choice(("<br>", "<br/>", " ")).join(parts)
            if len(parts) < 3 or self.rng.random() < 0.5
            else "".join(f"<p>{part}</p>" for part in parts)
        )
        close = "" if self.style == "html-unclosed" and self.rng.random() < 0.4 else f"</{tag}>"
        return f"<{tag}{spans}>{body}{close}"


class _Markdown(_Writer):
    """Pipe tables, one a page, with the rule under the first row; <br> in cells."""

    def loose(self, line: LaidLine) -> None:
        self.lines += [("# " if line.kind == "title" and self.rng.random() < 0.5 else "") + line.text, ""]

    def sheet(self, sheet: _Sheet) -> None:
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
            cells = [self.cell(text) for text in self.cells(row)]
            self.lines.append("| " + " | ".join(cells) + " |")
            if rule:
                self.lines.append("|" + " --- |" * sheet.n_cols)
                rule = False
        self.lines.append("")

    @staticmethod
    def cell(text: str) -> str:
        """Return a cell's text with line breaks as <br> and pipes escaped."""
        return "<br>".join(_line(part) for part in text.split("\n") if part.strip()).replace("|", "\\|")


class _Csv(_Writer):
    """Comma-separated rows; cells keep their line breaks inside quotes."""

    def loose(self, line: LaidLine) -> None:
        self.lines.append(self.record([line.text, *[""] * (self.width() - 1)]))

    def width(self) -> int:
        """Return the number of columns of the draft's widest table."""
        return max((block.n_cols for block in self.draft.blocks if isinstance(block, _Sheet)), default=1)

    @staticmethod
    def record(cells: Sequence[str]) -> str:
        """Return one CSV record without its line end."""
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow(cells)
        return out.getvalue()

    def sheet(self, sheet: _Sheet) -> None:
        for row in sheet.rows:
            if row.new_page:
                self.begin_page()
                self.lines += [self.record([line, *[""] * (sheet.n_cols - 1)]) for line in self.between_pages()]
            if row.plain:
                row.plain = False
            self.lines.append(self.record(self.cells(row)))


_WRITERS: dict[str, type[_Writer]] = {
    "mixture": _Tabs, "tsv": _Tabs, "html": _Html, "html-flat": _Html, "html-wrong": _Html, "html-unclosed": _Html,
    "markdown": _Markdown, "csv": _Csv,
}  # fmt: skip
