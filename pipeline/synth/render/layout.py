"""From a laid form to drawn pages, as office programs do it: rows as high as their text, pages broken anywhere."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.document import Role
from pipeline.synth.model import LaidCell, LaidForm, LaidLine, LaidTable
from pipeline.synth.render.drawing import Box, Drawing, DrawnCell, DrawnLine, DrawnTable, Fill, Rule, double_gap
from pipeline.synth.render.fonts import face
from pipeline.synth.render.style import RenderStyle
from pipeline.synth.render.text import Line, Setting, TypeFace, longest_word, set_line, wrap

AMOUNT = re.compile(r"[\d,]+\.\d\d|\d{1,3}(,\d{3})+")
# A column can always hold one character: narrower shares would print over the rulings.
NARROWEST = 1.15
# Longer numbers are broken all the same, or they would take the room of everything else.
WIDEST_WORD = 4.5
LABELS = {Role.LABEL, Role.HEADER, Role.BAR, Role.LEVEL1, Role.LEVEL2}


@dataclass(slots=True)
class _Strip:
    """A row, or a piece of one, on a page."""

    row: int
    top: float
    bottom: float
    first: bool = True  # the row begins here
    last: bool = True  # the row ends here
    repeated: bool = False


@dataclass(slots=True)
class _Piece:
    """A cell's part on one page."""

    top: float
    bottom: float
    cut_above: bool
    cut_below: bool
    repeated: bool
    lines: list[Line] = field(default_factory=list)


def lay_pages(
    forms: Sequence[LaidForm], style: RenderStyle, rng: random.Random, new_pages: bool = True
) -> list[Drawing]:
    """Draw one or several forms into pages; with `new_pages` every form begins on a page of its own.

    `rng` decides what differs from ruling to ruling (how far short ones stop); everything else is the style's.
    """
    return _Layout(style, rng).pages(forms, new_pages)


class _Layout:
    def __init__(self, style: RenderStyle, rng: random.Random) -> None:
        self.style = style
        self.rng = rng
        self.faces = {bold: _type_face(style, bold) for bold in (False, True)}
        top, right, bottom, left = style.margins
        self.left, self.right = left, style.page[0] - right
        self.top, self.bottom = top, style.page[1] - bottom
        self.drawings: list[Drawing] = []
        self.y = self.top

    def pages(self, forms: Sequence[LaidForm], new_pages: bool) -> list[Drawing]:
        self._new_page()
        block = 0
        for number, form in enumerate(forms):
            if number and new_pages:
                self._new_page()
            for laid in form.blocks:
                if isinstance(laid, LaidLine):
                    self._line(laid)
                else:
                    self._table(laid, block)
                block += 1
        title = next((b.text for f in forms for b in f.blocks if isinstance(b, LaidLine) and b.kind == "title"), "")
        for drawing in self.drawings:
            self._dress(drawing, title)
        return self.drawings

    def _new_page(self) -> None:
        width, height = self.style.page
        self.drawings.append(Drawing(width, height, self.style.size, len(self.drawings)))
        self.y = self.top

    @property
    def page(self) -> Drawing:
        return self.drawings[-1]

    # Lines outside tables -------------------------------------------------------------------------------------------

    def _line(self, laid: LaidLine) -> None:
        style = self.style
        title = laid.kind == "title"
        size = style.title_size if title else style.size
        type_face = self.faces[title and style.title_bold]
        pitch = size * (1.4 if title else max(1.3, style.spacing))
        for line in wrap(laid.text, (self.right - self.left) / size, type_face):
            # A heading stays with what follows it.
            if self.y + pitch + (4 * style.size if laid.kind in ("title", "year", "unit") else 0) > self.bottom:
                self._new_page()
            wide = line.width * size
            x = self.left
            if laid.kind in ("title", "year"):
                x += (self.right - self.left - wide) / 2
            elif laid.kind == "unit":
                x = self.right - wide
            self._set(self.page, line.text, (x, self.y), Setting(type_face, size, pitch, style.ink), laid.kind)
            self.y += pitch
        self.y += 0.25 * size

    def _set(self, page: Drawing, text: str, at: tuple[float, float], setting: Setting, kind: str) -> DrawnLine:
        runs, line = set_line(text, *at, setting, kind)
        page.runs += runs
        if kind != "cell":
            page.lines.append(line)
        return line

    def _dress(self, drawing: Drawing, title: str) -> None:
        style, size = self.style, 9.0
        setting = Setting(self.faces[False], size, size, style.ink)
        if style.running_head:
            text = style.running_head.format(title=title)
            while text and setting.width(text) > self.right - self.left:
                text = text[:-1]
            top = self.top * 0.5
            self._set(drawing, text, ((drawing.width - setting.width(text)) / 2, top), setting, "running-head")
            if style.head_rule:
                y = top + 1.35 * size
                drawing.rules.append(Rule(self.left, y, self.right, y, 0.5, grey=style.ink))
        if style.page_number:
            text = style.page_number.format(page=drawing.index + 1, pages=len(self.drawings))
            top = self.bottom + (drawing.height - self.bottom) * 0.45
            self._set(drawing, text, ((drawing.width - setting.width(text)) / 2, top), setting, "page-number")

    # Tables ---------------------------------------------------------------------------------------------------------

    def _table(self, table: LaidTable, block: int) -> None:
        self.y += 0.3 * self.style.size
        _TableLayout(self, table, block).draw()
        self.y += 1.2 * self.style.size


class _TableLayout:
    """Lays one table: wraps all cells, deals the rows to pages, then places pieces, text and rulings page by page."""

    def __init__(self, layout: _Layout, table: LaidTable, block: int) -> None:
        self.layout = layout
        self.style = layout.style
        self.table = table
        self.block = block
        self.pitch = self.style.size * self.style.spacing
        self.xs = self._columns()
        self.lines = [self._wrapped(cell) for cell in table.cells]
        self.strips: dict[int, list[_Strip]] = defaultdict(list)  # page index -> strips from top to bottom
        self.header = self._header_rows()

    def _columns(self) -> list[float]:
        width = self.layout.right - self.layout.left
        least = [em * self.style.size + 2 * self.style.pad_x for em in self._narrowest()]
        widths = [share / sum(self.table.widths) * width for share in self.table.widths]
        # Widening one column narrows the others, which may then be too narrow themselves.
        for _ in widths:
            thin = [w <= low for w, low in zip(widths, least, strict=True)]
            spare = width - sum(low for low, t in zip(least, thin, strict=True) if t)
            rest = sum(w for w, t in zip(widths, thin, strict=True) if not t)
            if spare <= 0 or rest <= 0:
                break
            widths = [low if t else w / rest * spare for w, low, t in zip(widths, least, thin, strict=True)]
        xs = [self.layout.left]
        for w in widths:
            xs.append(xs[-1] + w)
        return xs

    def _narrowest(self) -> list[float]:
        """The least width of each column in ems: a character, or a number that is better not broken."""
        least = [NARROWEST] * self.table.n_cols
        if self.style.fit_words:
            for cell in self.table.cells:
                if cell.colspan == 1 and not cell.vertical:
                    word = longest_word(cell.text, self._type_face(cell))
                    least[cell.col] = max(least[cell.col], min(word, WIDEST_WORD) + NARROWEST - 1)
        return least

    def _type_face(self, cell: LaidCell) -> TypeFace:
        return self.layout.faces[self.style.label_bold and cell.role in LABELS]

    def _wrapped(self, cell: LaidCell) -> list[Line]:
        width = self.xs[cell.col + cell.colspan] - self.xs[cell.col] - 2 * self.style.pad_x
        indent = self.style.indent if cell.role is Role.NARRATIVE and len(cell.text) > width / self.style.size else 0.0
        return wrap(cell.text, width / self.style.size, self._type_face(cell), indent, cell.vertical)

    def _header_rows(self) -> list[int]:
        """Rows of nothing but column headers, the last such block before the data."""
        rows = [
            row
            for row in range(self.table.n_rows)
            if (cells := [c for c in self.table.cells if c.row <= row < c.row + c.rowspan])
            and all(c.role is Role.HEADER and c.rowspan == 1 for c in cells)
        ]
        return rows[-1:] if self.style.repeat_header else []

    def _height(self, n_lines: int) -> float:
        return max(n_lines * self.pitch + 2 * self.style.pad_y, self.style.min_row, self.pitch + 2 * self.style.pad_y)

    def _capacity(self, height: float) -> int:
        return max(0, int((height - 2 * self.style.pad_y + 1e-6) / self.pitch))

    # Dealing rows to pages

    def draw(self) -> None:
        for row in range(self.table.n_rows):
            self._deal(row)
        pieces = [self._pieces(index) for index in range(len(self.table.cells))]
        for page_index in sorted(self.strips):
            self._draw_page(page_index, pieces)

    def _deal(self, row: int) -> None:
        layout, style = self.layout, self.style
        need = self._need(row)
        room = layout.bottom - layout.y
        if need > room + 1e-6 and not self._cut_here(row, need, room):
            self._break(row)
            need, room = self._need(row), layout.bottom - layout.y
        first = True
        while need > room + 1e-6:
            height = max(self._capacity(room), 1) * self.pitch + 2 * style.pad_y
            self._strip(row, height, first, False)
            self._break(row)
            first = False
            need, room = self._need(row), layout.bottom - layout.y
        self._strip(row, need, first, True)

    def _cut_here(self, row: int, need: float, room: float) -> bool:
        """Whether a row that does not fit is cut here rather than moved to the next page as a whole."""
        whole_page = self.layout.bottom - self.layout.top
        cuttable = self._capacity(room) >= 1 and need > self._height(1) + 1e-6
        return cuttable and (self.style.split_rows or need > whole_page)

    def _break(self, row: int) -> None:
        self.layout._new_page()
        for header in self.header:
            if header < row:
                self._strip(header, self._need(header, alone=True), True, True, repeated=True)

    def _strip(self, row: int, height: float, first: bool, last: bool, repeated: bool = False) -> None:
        layout = self.layout
        strip = _Strip(row, layout.y, layout.y + height, first, last, repeated)
        self.strips[layout.page.index].append(strip)
        layout.y += height

    def _need(self, row: int, alone: bool = False) -> float:
        """Height that `row` still needs on this page for what has not been printed of the cells that end in it."""
        height = self._height(0)
        for cell, lines in zip(self.table.cells, self.lines, strict=True):
            if cell.row + cell.rowspan - 1 != row or (alone and cell.rowspan > 1):
                continue
            left, here = len(lines), 0.0
            if not alone:
                for page_index, strips in self.strips.items():
                    own = [s for s in strips if cell.row <= s.row <= row and not s.repeated]
                    if not own:
                        continue
                    tall = own[-1].bottom - own[0].top
                    if page_index == self.layout.page.index:
                        here = tall
                    else:
                        left = max(0, left - self._capacity(tall))
            if left:
                height = max(height, self._height(left) - here)
        return height

    # Pieces of cells

    def _pieces(self, index: int) -> dict[int, list[_Piece]]:
        """The cell's pieces by page, with the lines that each of them prints."""
        cell, lines = self.table.cells[index], self.lines[index]
        pieces: dict[int, list[_Piece]] = defaultdict(list)
        own: list[_Piece] = []
        last_row = cell.row + cell.rowspan - 1
        for page_index, strips in self.strips.items():
            mine = [s for s in strips if cell.row <= s.row <= last_row]
            for strip in mine:
                if strip.repeated:
                    piece = _Piece(strip.top, strip.bottom, False, False, True, list(lines))
                    pieces[page_index].append(piece)
            real = [s for s in mine if not s.repeated]
            if real:
                begins = real[0].row == cell.row and real[0].first
                ends = real[-1].row == last_row and real[-1].last
                own.append(_Piece(real[0].top, real[-1].bottom, not begins, not ends, False))
                pieces[page_index].append(own[-1])
        rest = list(lines)
        for number, piece in enumerate(own):
            fits = len(rest) if number == len(own) - 1 else min(len(rest), self._capacity(piece.bottom - piece.top))
            piece.lines, rest = rest[:fits], rest[fits:]
        if self.style.repeat_labels and cell.role in LABELS and len(own) > 1 and len(own[0].lines) == len(lines):
            for piece in own[1:]:
                if len(lines) <= self._capacity(piece.bottom - piece.top):
                    piece.lines, piece.repeated = list(lines), True
        return pieces

    # Drawing

    def _draw_page(self, page_index: int, pieces: list[dict[int, list[_Piece]]]) -> None:
        drawing = self.layout.drawings[page_index]
        here = [(index, piece) for index, by_page in enumerate(pieces) for piece in by_page.get(page_index, ())]
        ys = sorted({y for _, piece in here for y in (piece.top, piece.bottom)})
        cols = sorted(
            {
                c
                for i, _ in here
                for c in (self.table.cells[i].col, self.table.cells[i].col + self.table.cells[i].colspan)
            }
        )
        row_of, col_of = {y: i for i, y in enumerate(ys)}, {c: i for i, c in enumerate(cols)}
        cells = []
        for index, piece in here:
            cell = self.table.cells[index]
            box = (self.xs[cell.col], piece.top, self.xs[cell.col + cell.colspan], piece.bottom)
            self._fill(drawing, cell, box)
            lines = self._set_lines(drawing, cell, piece, box)
            start, end = (piece.lines[0].start, piece.lines[-1].end) if piece.lines else (0, 0)
            cells.append(
                DrawnCell(
                    row=row_of[piece.top],
                    col=col_of[cell.col],
                    rowspan=row_of[piece.bottom] - row_of[piece.top],
                    colspan=col_of[cell.col + cell.colspan] - col_of[cell.col],
                    text=cell.text[start:end],
                    box=box,
                    role=cell.role,
                    indicator=cell.indicator,
                    lines=lines,
                    laid=index,
                    start=start,
                    end=end,
                    cut_above=piece.cut_above,
                    cut_below=piece.cut_below,
                    repeated=piece.repeated,
                )
            )
        cells.sort(key=lambda c: (c.row, c.col))
        drawing.tables.append(DrawnTable(tuple(cells), len(ys) - 1, len(cols) - 1, self.block))
        strips = self.strips[page_index]
        begins = strips[0].row == 0 and strips[0].first and not strips[0].repeated
        ends = strips[-1].row == self.table.n_rows - 1 and strips[-1].last
        self._rule(drawing, cells, (ys, [self.xs[c] for c in cols]), (begins, ends))

    def _fill(self, drawing: Drawing, cell: LaidCell, box: Box) -> None:
        shaded = cell.shaded or (self.style.shade_headers and cell.role in (Role.HEADER, Role.BAR))
        if shaded and self.style.shade > 0:
            drawing.fills.append(Fill(box, round(255 * (1 - self.style.shade))))

    def _set_lines(self, drawing: Drawing, cell: LaidCell, piece: _Piece, box: Box) -> tuple[DrawnLine, ...]:
        style = self.style
        left, top, right, bottom = box
        tall = len(piece.lines) * self.pitch
        middle = style.middle or cell.centred or cell.vertical
        cut = piece.cut_above or piece.cut_below
        y = top + ((bottom - top - tall) / 2 if middle and not cut else style.pad_y)
        centred = cell.centred or cell.vertical or (style.centre_labels and cell.role in LABELS)
        to_right = style.amounts_right and AMOUNT.fullmatch(cell.text) is not None
        setting = Setting(self._type_face(cell), style.size, self.pitch, style.ink)
        drawn = []
        for line in piece.lines:
            wide = line.width * style.size
            x = left + style.pad_x + line.indent * style.size
            if to_right:
                x = right - style.pad_x - wide
            elif centred:
                x = (left + right - wide) / 2
            drawn.append(self.layout._set(drawing, line.text, (x, y), setting, "cell"))
            y += self.pitch
        return tuple(drawn)

    def _rule(
        self,
        drawing: Drawing,
        cells: list[DrawnCell],
        boundaries: tuple[list[float], list[float]],
        whole: tuple[bool, bool],
    ) -> None:
        """Rule the outlines of the cells, edge by edge, joined to rulings as long as they go.

        `boundaries` are the y of the rows and the x of the columns; `whole` tells whether the table's first and last
        row stand on this page: elsewhere a page break is the edge.
        """
        (ys, xs), (begins, ends) = boundaries, whole
        ruling = self.style.ruling
        n_rows, n_cols = len(ys) - 1, len(xs) - 1
        across: dict[tuple[int, bool], set[int]] = defaultdict(set)  # (row boundary, outer) -> columns
        down: dict[tuple[int, bool], set[int]] = defaultdict(set)  # (column boundary, outer) -> rows
        for cell in cells:
            columns = range(cell.col, cell.col + cell.colspan)
            rows = range(cell.row, cell.row + cell.rowspan)
            if self.style.break_top or not cell.cut_above:
                across[cell.row, cell.row == 0 and (begins or self.style.break_outer)].update(columns)
            last = cell.row + cell.rowspan
            if self.style.break_bottom or not cell.cut_below:
                across[last, last == n_rows and (ends or self.style.break_outer)].update(columns)
            down[cell.col, cell.col == 0].update(rows)
            down[cell.col + cell.colspan, cell.col + cell.colspan == n_cols].update(rows)
        for (at, outer), crossed in across.items():
            if outer and not ruling.ends:
                continue
            for first, last in _stretches(crossed):
                meets = ((first, True) in down, (last, True) in down)
                self._stroke(drawing, (xs[first], ys[at], xs[last], ys[at]), outer, meets)
        for (at, outer), crossed in down.items():
            if outer and not ruling.sides:
                continue
            for first, last in _stretches(crossed):
                meets = ((first, True) in across, (last, True) in across)
                self._stroke(drawing, (xs[at], ys[first], xs[at], ys[last]), outer, meets)

    def _stroke(self, drawing: Drawing, ends: Box, outer: bool, meets: tuple[bool, bool]) -> None:
        """Draw one ruling; `meets` tells whether it runs into an outer ruling at its first and at its last end."""
        ruling = self.style.ruling
        width, kind = (ruling.outer, ruling.outer_kind) if outer else (ruling.inner, ruling.inner_kind)
        if width <= 0:
            return
        x0, y0, x1, y1 = ends
        # A ruling reaches to the far side of the one it meets, so that corners are square; a short one stops before it.
        first, last = (self._reach(met) - self.layout.rng.uniform(0, ruling.short) for met in meets)
        if y0 == y1:
            x0, x1 = x0 - first, x1 + last
        else:
            y0, y1 = y0 - first, y1 + last
        drawing.rules.append(Rule(x0, y0, x1, y1, width, kind, self.style.ink))

    def _reach(self, outer: bool) -> float:
        """Half the width of an outer or inner ruling, both lines of a double one."""
        ruling = self.style.ruling
        if not outer:
            return ruling.inner / 2
        return ruling.outer / 2 + (double_gap(ruling.outer) / 2 if ruling.outer_kind == "double" else 0.0)


def _stretches(numbers: set[int]) -> list[tuple[int, int]]:
    """Runs of consecutive numbers as (first, one past the last)."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number:
            runs[-1][1] = number + 1
        else:
            runs.append([number, number + 1])
    return [(first, last) for first, last in runs]


def _type_face(style: RenderStyle, bold: bool) -> TypeFace:
    chinese = face(style.family, bold)
    return TypeFace(chinese, face(style.latin, bold) if style.latin else chinese)
