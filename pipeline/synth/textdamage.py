"""Forms as rows of text cells, and the damage that other OCR tools do to them before anything is written.

The seed of all this is one real text: rows shifted in five ways, levels restated or missing after a page break, cells
that fill a page and lose their table, labels wrapped in narrow columns. Rates are settable; see `DamageSettings`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.document import Role
from pipeline.synth.content import Split
from pipeline.synth.model import Damage, LaidCell, LaidForm, LaidLine, LaidTable, TruthIndicator
from pipeline.synth.typos import KINDS, SINGLE_KINDS, Kind, damage_label


@dataclass(frozen=True, slots=True)
class DamageSettings:
    """How much damage is done; rates are shares of what could be damaged, 0 to 1.

    The defaults are those of the one real text known: 17 of 165 grid rows shifted, every page of a form separate.
    """

    rows: float = 0.10  # grid rows shifted in one of the ways S1 to S5
    value_lost: float = 0.004  # grid rows whose target falls off without a shift
    zipped: float = 0.004  # grid rows whose name and target are read line by line as one cell
    operators: float = (
        0.0  # targets whose operator is misread (≥ as 2, = as 二); off, for the target itself is then wrong
    )
    # What happens at a page break inside the grid; the rest of the probability is: blank, as in the middle of a page.
    level2_restated: float = 0.25
    levels_repeated: float = 0.25
    level1_missing: float = 0.05  # of the breaks at which a new level 1 begins
    header_repeated: float = 0.1
    split_names: float = 0.05  # of the breaks at which a long name could be cut in two
    centred_labels: float = 0.03  # forms whose level-1 labels stand in the middle of their group
    pages: bool = True  # False: one endless page
    fallout: float = 0.6  # cells that fill a page and lose their table
    split_cells: float = 0.25  # narratives at a page break that are cut in two instead of moving to the next page
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
            split_names=0, centred_labels=0, pages=False, fallout=0, split_cells=0, wrapped_forms=0, half_width_pages=0,
            collapse_blanks=0, running_heads=0, page_numbers=0, level1_typos=0, level2_typos=0, level3_typos=0,
            field_typos=0,
        )  # fmt: skip


@dataclass
class TextRow:
    """One row of text cells.

    `laid` is the laid cell at each slot, None where the slot is covered by a span: the row's structure. `owner` is the
    laid cell that each text came from, which moves with the text when the row is shifted.
    """

    texts: list[str]
    laid: list[LaidCell | None]
    owner: list[LaidCell | None]
    number: int  # row of the laid table
    grid: bool = False  # a row with an indicator
    new_page: bool = False
    plain: bool = False  # written outside the table
    flat: bool = False  # its texts no longer stand in their slots, so that no span can be told from it

    @property
    def indicator(self) -> int:
        """The index of the row's indicator, -1 where it has none."""
        return max((cell.indicator for cell in self.laid if cell), default=-1)

    def shown(self) -> str:
        """Return the row as it would be written with tabs."""
        return "\t".join(one_line(text) for text in self.texts)

    def copy(self) -> TextRow:
        """Return a copy whose cells can be changed."""
        return replace(self, texts=list(self.texts), laid=list(self.laid), owner=list(self.owner))

    def move(self, target: int, source: int) -> None:
        """Move a text from one column to another; what stood there is overwritten."""
        self.texts[target], self.texts[source] = self.texts[source], ""
        self.owner[target], self.owner[source] = self.owner[source], None


@dataclass
class TextSheet:
    """A table on its way to text."""

    n_cols: int
    rows: list[TextRow]
    widths: tuple[float, ...]

    def columns(self, role: Role) -> list[int]:
        """Return the columns in which cells of the role stand."""
        return sorted({cell.col for row in self.rows for cell in row.laid if cell and cell.role is role})


@dataclass
class Draft:
    """A form on its way to text: its blocks, its truth as it stands, and what was done to it."""

    form: LaidForm
    blocks: list[LaidLine | TextSheet]
    indicators: list[TruthIndicator]  # of all the form's truths, one after another
    fields: list[dict[str, str]]  # by truth
    damages: list[Damage] = field(default_factory=list)

    @property
    def sheets(self) -> list[TextSheet]:
        """The draft's tables."""
        return [block for block in self.blocks if isinstance(block, TextSheet)]

    def note(self, kind: str, at: str, before: str, after: str) -> None:
        """Write down a damage."""
        self.damages.append(Damage(kind, at, before, after))

    def finished(self) -> LaidForm:
        """Return the form with its damages and the truth that can still be recovered."""
        truths, start = [], 0
        for truth, fields in zip(self.form.truths, self.fields, strict=True):
            end = start + len(truth.indicators)
            truths.append(replace(truth, indicators=tuple(self.indicators[start:end]), fields=fields))
            start = end
        damages = (*self.form.damages, *self.damages)
        return replace(self.form, truth=truths[0], more=tuple(truths[1:]), damages=damages)


def one_line(text: str) -> str:
    """Return the text with all white space as single spaces."""
    return " ".join(text.split())


def damaged_draft(form: LaidForm, rng: random.Random, damage: DamageSettings, split: Split) -> Draft:
    """Return the form as text rows, broken into pages and damaged."""
    blocks: list[LaidLine | TextSheet] = [_sheet(b) if isinstance(b, LaidTable) else b for b in form.blocks]
    indicators = [indicator for truth in form.truths for indicator in truth.indicators]
    draft = Draft(form, blocks, indicators, [dict(truth.fields) for truth in form.truths])
    for sheet in draft.sheets:
        if rng.random() < damage.collapse_blanks:
            _collapse(draft, sheet)
    if damage.pages:
        _break_pages(draft, rng, damage)
    _typos(draft, rng, damage, split)
    for sheet in draft.sheets:
        columns = level_columns(sheet)
        if columns is None:
            continue
        if rng.random() < damage.centred_labels:
            _centre_labels(draft, sheet, columns)
        _at_page_breaks(draft, sheet, columns, rng, damage)
        _shift_rows(draft, sheet, columns, rng, damage)
        _lose_and_zip(draft, sheet, columns, rng, damage)
    _forget_lost_typos(draft)
    return draft


def _forget_lost_typos(draft: Draft) -> None:
    """Drop typos of texts that were lost afterwards, with their label at a page break or with their value."""
    left = {"".join(text.split()) for sheet in draft.sheets for row in sheet.rows for text in row.texts}
    draft.damages = [d for d in draft.damages if d.kind not in {*KINDS, "operator"} or d.after in left]


def _sheet(table: LaidTable) -> TextSheet:
    slots = range(table.n_cols)
    rows = [TextRow([""] * table.n_cols, [None for _ in slots], [None for _ in slots], r) for r in range(table.n_rows)]
    for cell in table.cells:
        row = rows[cell.row]
        row.texts[cell.col], row.laid[cell.col], row.owner[cell.col] = cell.text, cell, cell
        if cell.role is Role.LEVEL3:
            row.grid = True
    return TextSheet(table.n_cols, rows, table.widths)


Columns = tuple[int, int, int, int]


def level_columns(sheet: TextSheet) -> Columns | None:
    """Return the columns of level 1, 2, 3 and the last target cell; None where the grid has not one of each.

    Two grids side by side have two level-3 columns: how their rows shift is not known from any real text.
    """
    found = [sheet.columns(role) for role in (Role.LEVEL1, Role.LEVEL2, Role.LEVEL3, Role.TARGET)]
    if not all(found) or any(len(columns) != 1 for columns in found[:3]):
        return None
    c1, c2, c3, ct = found[0][0], found[1][0], found[2][0], found[3][-1]
    return (c1, c2, c3, ct) if c2 == c1 + 1 and c3 > c2 else None


# ------------------------------------------------------------------------------------------------------- page breaks

# Characters of 10.5 pt on the text width of an A4 page, and lines on it.
_PAGE_CHARS = 44
_PAGE_LINES = (30, 48)


def _height(row: TextRow, widths: Sequence[float]) -> int:
    lines = 1
    for cell in row.laid:
        if cell and cell.rowspan == 1 and cell.text and not cell.vertical:
            room = max(2, int(_PAGE_CHARS * sum(widths[cell.col : cell.col + cell.colspan])) - 1)
            lines = max(lines, sum(math.ceil(max(1, len(part)) / room) for part in cell.text.split("\n")))
    return lines


def _lone_narrative(row: TextRow) -> LaidCell | None:
    """Return the narrative of a row that holds one label and it alone."""
    cells = [cell for cell in row.laid if cell]
    if len(cells) == 2 and cells[0].role is Role.LABEL and cells[1].role is Role.NARRATIVE and cells[1].text:
        return cells[1] if all(cell.rowspan == 1 for cell in cells) and row.laid[0] else None
    return None


def _break_pages(draft: Draft, rng: random.Random, damage: DamageSettings) -> None:
    capacity = rng.randint(*_PAGE_LINES)
    used = 4
    for sheet in draft.sheets:
        done: list[TextRow] = []
        for row in sheet.rows:
            height = _height(row, sheet.widths)
            narrative = _lone_narrative(row)
            if narrative and height > 0.6 * capacity and rng.random() < damage.fallout:
                row.plain = True
                draft.note("fallout", narrative.field, row.shown(), narrative.text)
                used = capacity  # the next row begins a page
                done.append(row)
                continue
            if used + height > capacity and done:
                room = 0.8 * capacity > used and len(row.texts[narrative.col] if narrative else "") > 40
                if narrative and room and rng.random() < damage.split_cells:
                    done += _cut(draft, row, narrative, (capacity - used) / height, narrative.field)
                    used = max(2, used + height - capacity)
                    continue
                name = next((cell for cell in row.laid if cell and cell.role is Role.LEVEL3), None)
                if name and len(name.text) >= 12 and not done[-1].plain and rng.random() < damage.split_names:
                    done += _cut(draft, row, name, 0.5, f"indicators[{name.indicator}].level3")
                    used = 1
                    continue
                row.new_page = not done[-1].plain
                used = 0
            used += height
            done.append(row)
        sheet.rows = done


def _cut(draft: Draft, row: TextRow, cell: LaidCell, share: float, at: str) -> list[TextRow]:
    """Return the row as two, one of its cells cut in two at about `share` of its length by a page break."""
    cut = min(len(cell.text) - 5, max(5, int(len(cell.text) * share)))
    head, tail = cell.text[:cut].rstrip(), cell.text[cut:].lstrip()
    first = row.copy()
    first.texts[cell.col] = head
    second = row.copy()
    second.texts = [tail if col == cell.col else "" for col in range(len(row.texts))]
    second.owner = [cell if col == cell.col else None for col in range(len(row.texts))]
    second.new_page, second.flat = True, True
    draft.note("cell-split", at, cell.text, f"{head}\n{tail}")
    return [first, second]


# ---------------------------------------------------------------------------------------------------------------- typos


def _typos(draft: Draft, rng: random.Random, damage: DamageSettings, split: Split) -> None:
    rates = {
        Role.LEVEL1: damage.level1_typos, Role.LEVEL2: damage.level2_typos, Role.LEVEL3: damage.level3_typos,
        Role.LABEL: damage.field_typos, Role.HEADER: damage.field_typos, Role.TARGET: damage.operators,
    }  # fmt: skip
    for row in (row for sheet in draft.sheets for row in sheet.rows):
        for col, cell in enumerate(row.laid):
            if cell is None or not row.texts[col] or row.flat or rng.random() >= rates.get(cell.role, 0.0):
                continue
            before = "".join(row.texts[col].split())
            if cell.text != row.texts[col]:  # the first half of a name cut by the page's edge
                continue
            at = f"indicators[{cell.indicator}].{cell.role.value}" if cell.indicator >= 0 else before
            if cell.role is Role.TARGET:
                kind, after = "operator", _misread_operator(before, rng)
            else:
                single: Kind = "several" if rng.random() < damage.double_typos else rng.choice(SINGLE_KINDS)
                kind, after = single, damage_label(before, single, rng, split)
            if after is not None:
                row.texts[col] = after
                draft.note(kind, at, before, after)


# How operators are misread, from published OCR text (292% for ≥92%, 二 for =, %= for ≥, W for ≤).
_OPERATORS = {"≥": ("2", "》", ">", "%=", "之"), "≤": ("W", "《", "<", "s"), "=": ("二", "一", "-", "═")}


def _misread_operator(text: str, rng: random.Random) -> str | None:
    return rng.choice(_OPERATORS[text[0]]) + text[1:] if text and text[0] in _OPERATORS and len(text) > 1 else None


# --------------------------------------------------------------------------------------------------------- damaged rows


def _collapse(draft: Draft, sheet: TextSheet) -> None:
    """Drop blank rows that continue another blank row of the same level-2 cell."""
    kept: list[TextRow] = []
    for row in sheet.rows:
        before = kept[-1] if kept else None
        starts = any(cell and cell.role in {Role.LEVEL1, Role.LEVEL2, Role.BAR} for cell in row.laid)
        same = before is not None and row.grid and before.grid and row.indicator == before.indicator
        if same and not starts and not any(row.texts):
            draft.note("blank-collapsed", f"indicators[{row.indicator}]", "", "")
            continue
        kept.append(row)
    sheet.rows = kept


def _centre_labels(draft: Draft, sheet: TextSheet, columns: Columns) -> None:
    """Move level-1 labels to the middle row of their group, where a vertically centred label is read."""
    c1 = columns[0]
    rows = [row for row in sheet.rows if row.grid]
    starts = [number for number, row in enumerate(rows) if row.texts[c1]]
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        middle = (start + end - 1) // 2
        if middle == start or any(row.new_page for row in rows[start + 1 : end]):
            continue
        first, late = rows[start], rows[middle]
        draft.note(
            "level-late", f"indicators[{first.indicator}].level1", first.texts[c1], f"{middle - start} rows down"
        )
        late.texts[c1], late.owner[c1] = first.texts[c1], first.owner[c1]
        first.texts[c1], first.owner[c1] = "", None
        for row in rows[start:end]:
            row.flat = True


def _at_page_breaks(
    draft: Draft, sheet: TextSheet, columns: Columns, rng: random.Random, damage: DamageSettings
) -> None:
    c1, c2 = columns[:2]
    header = [row for row in sheet.rows if any(cell and cell.role is Role.HEADER for cell in row.laid)]
    done: list[TextRow] = []
    current: list[tuple[str, LaidCell | None]] = [("", None), ("", None)]
    for row in sheet.rows:
        if row.grid:
            label1, label2 = row.texts[c1], row.texts[c2]
            if row.new_page and done and done[-1].grid and not row.flat:
                if rng.random() < damage.header_repeated:
                    done += _repeated_header(draft, row, header)
                before = row.shown()
                kind = _restate(row, columns, current, rng, damage)
                if row.shown() != before:
                    row.flat = True
                    draft.note(kind, f"indicators[{row.indicator}]", before, row.shown())
            if label1:
                current = [(label1, row.owner[c1]), ("", None)]
            if label2:
                current[1] = (label2, row.owner[c2])
        done.append(row)
    sheet.rows = done


def _repeated_header(draft: Draft, row: TextRow, header: Sequence[TextRow]) -> list[TextRow]:
    copies = [line.copy() for line in header if not line.grid]
    if not copies:
        return []
    copies[0].new_page, row.new_page = True, False
    for line in copies:
        # A label written over the grid's height is not written again.
        for col, cell in enumerate(line.laid):
            if cell and cell.role is Role.BAR:
                line.texts[col], line.owner[col] = "", None
        line.flat = True
    draft.note("header-repeated", f"indicators[{row.indicator}]", "", copies[0].shown())
    return copies


def _restate(
    row: TextRow,
    columns: Columns,
    current: Sequence[tuple[str, LaidCell | None]],
    rng: random.Random,
    damage: DamageSettings,
) -> str:
    """Restate the levels that go on over the page break, or lose the one that begins; return the damage's kind."""
    c1, c2 = columns[:2]
    label1, label2, chance = row.texts[c1], row.texts[c2], rng.random()
    if not label1 and chance < damage.levels_repeated:
        row.texts[c1], row.owner[c1] = current[0]
        if not label2:
            row.texts[c2], row.owner[c2] = current[1]
    elif not label1 and not label2 and chance < damage.levels_repeated + damage.level2_restated:
        row.texts[c2], row.owner[c2] = current[1]
    elif label1 and label2 and current[0][0] and chance < damage.level1_missing:
        row.texts[c1], row.owner[c1] = "", None
        return "level-missing"
    return "level-repeated"


def _shift_rows(draft: Draft, sheet: TextSheet, columns: Columns, rng: random.Random, damage: DamageSettings) -> None:
    rows = [row for row in sheet.rows if row.grid]
    budget = sum(rng.random() < damage.rows for _ in rows)
    while budget > 0:
        # The ways in a random order, likelier ones first; a way fits only some rows.
        weights = {"S1": 40, "S2": 12, "S3": 8, "S4": 28, "S5": 12}
        codes = sorted(weights, key=lambda code: rng.random() ** (1 / weights[code]), reverse=True)
        places = rng.sample(range(len(rows)), len(rows))
        found = next(((c, n) for c in codes for n in places if _shift(draft, rows[n], c, columns)), None)
        if found is None:
            return
        budget -= 1
        # Names slip left in runs: the real text's run of seven follows a row that went right.
        run = rng.randint(1, 7) if found[0] in {"S3", "S4"} and rng.random() < 0.6 else 0
        for row in rows[found[1] + 1 : found[1] + 1 + min(run, budget)]:
            if row.texts[columns[1]] or not _shift(draft, row, "S4", columns):
                break
            budget -= 1


def _shift(draft: Draft, row: TextRow, code: str, columns: Columns) -> bool:
    """Shift a row in the way of `code`; False where that way does not fit the row or it is damaged already.

    S1: a level 2 that stands alone, one left. S2: the whole row one left. S3: a row that begins a level 2 one right,
    its
    last cell falls off. S4: the name one left. S5: the name two left, the target one left.
    """
    c1, c2, c3, ct = columns
    texts, before = row.texts, row.shown()
    name, end = texts[c3], len(texts) - 1
    tall = any(cell is not None and cell.rowspan > 1 for cell in row.laid[c3:])
    if row.flat or texts[c1] or tall or (code != "S1" and not name) or ct < c3:
        return False
    split_target = sum(cell is not None and cell.role is Role.TARGET for cell in row.laid) > 1
    if code == "S5" and split_target:
        return False
    if code == "S1":
        if not texts[c2] or any(texts[c2 + 1 :]):
            return False
        row.move(c1, c2)
    elif code == "S2":
        for col in range(c1, end):
            row.move(col, col + 1)
    elif code == "S3":
        if not texts[c2]:
            return False
        _lose(draft, row, end)
        for col in range(end, c2, -1):
            row.move(col, col - 1)
    elif texts[c2]:
        return False
    elif code == "S4":
        row.move(c2, c3)
    else:
        row.move(c1, c3)
        row.move(c3, ct)
    row.flat = True
    draft.note(f"shift-{code}", f"indicators[{row.indicator}]", before, row.shown())
    return True


def _lose(draft: Draft, row: TextRow, col: int) -> None:
    """Take a cell's text out of the row and out of the truth."""
    cell, text = row.laid[col], row.texts[col]
    if not text or cell is None or cell.indicator < 0:
        return
    truth = draft.indicators[cell.indicator]
    row.texts[col], row.owner[col] = "", None
    if cell.role is Role.TARGET:
        rest = [row.texts[c] for c, other in enumerate(row.laid) if other and other.role is Role.TARGET]
        draft.indicators[cell.indicator] = replace(truth, target="".join(rest) or None)
        draft.note("value-lost", f"indicators[{cell.indicator}].target", text, "")
    else:
        # Extra values are told by their text; where two columns hold the same, the later one is gone.
        last = [key for key, value in truth.extra.items() if value == text][-1:]
        kept = {key: value for key, value in truth.extra.items() if key not in last}
        draft.indicators[cell.indicator] = replace(truth, extra=kept)
        draft.note("value-lost", f"indicators[{cell.indicator}].extra", text, "")


def _lose_and_zip(
    draft: Draft, sheet: TextSheet, columns: Columns, rng: random.Random, damage: DamageSettings
) -> None:  # fmt: skip
    _, _, c3, ct = columns
    for row in sheet.rows:
        if not row.grid or row.flat or not row.texts[c3] or not row.texts[ct]:
            continue
        chance = rng.random()
        if chance < damage.value_lost:
            _lose(draft, row, ct)
        elif chance < damage.value_lost + damage.zipped and ct == c3 + 1 and _long_and_sound(row, c3, ct):
            name, value = row.texts[c3], row.texts[ct]
            cut = len(name) // 2 + rng.randint(-1, 2)
            before = row.shown()
            row.texts[c3], row.texts[ct], row.owner[ct] = f"{name[:cut]} {value}{name[cut:]}", "", None
            row.flat = True
            draft.note("zipped", f"indicators[{row.indicator}]", before, row.shown())


def _long_and_sound(row: TextRow, name: int, target: int) -> bool:
    """Say whether a name is long enough to have been printed on two lines, and it and its target are as laid."""
    cells = [row.laid[name], row.laid[target]]
    undamaged = all(cell and cell.text == row.texts[cell.col] for cell in cells)
    return undamaged and len(row.texts[name]) >= 8
