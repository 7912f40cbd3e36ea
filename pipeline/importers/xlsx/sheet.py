"""One sheet of a workbook: its texts by cell, and what of it is a table."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.document import Line, Place, Problem, Table
from pipeline.errors import InputError
from pipeline.importers.common import Slotted, make_table, tidy
from pipeline.importers.numberformat import plain_number, show_number, show_text
from pipeline.importers.xlsx.book import Book, local_name, rich_text, unescaped
from pipeline.importers.xlsx.references import Slot, cell_name, slot_of


@dataclass(frozen=True, slots=True)
class _Merge:
    row: int
    col: int
    bottom: int  # exclusive
    right: int


@dataclass
class Sheet:
    """One sheet: its texts by slot, its merged cells, which rows have borders, and what was noticed."""

    book: Book
    name: str
    texts: dict[Slot, str] = field(default_factory=dict)
    bordered: dict[Slot, int] = field(default_factory=dict)  # sides of the cells with text
    ruled_rows: set[int] = field(default_factory=set)
    merges: list[_Merge] = field(default_factory=list)
    spans: dict[Slot, _Merge] = field(default_factory=dict)
    shapes: list[tuple[int, str]] = field(default_factory=list)  # row and text of text boxes
    problems: list[Problem] = field(default_factory=list)

    def read(self, part: str) -> None:
        """Read the sheet's part and what is drawn over it."""
        uncounted: list[str] = []
        hidden_rows, hidden_cols = 0, 0
        row = col = -1
        seen = 0
        begun = False  # a cell of the row at hand was seen
        for element in self.book.elements(part, "c", "row", "col", "mergeCell"):
            name = local_name(element)
            if name == "c":
                if not begun:
                    row, col, begun = int(element.getparent().get("r", row + 2)) - 1, -1, True
                seen += 1
                if seen > self.book.settings.max_cells:
                    raise InputError(
                        f"{self.book.path}: sheet {self.name}: has more than {seen - 1} cells, which no form has; "
                        "delete the unused rows and columns and save it anew"
                    )
                row, col = slot_of(element.get("r")) if element.get("r") else (row, col + 1)
                self._cell(element, row, col, uncounted)
            elif name == "row":
                if not begun:
                    row = int(element.get("r", row + 2)) - 1
                begun = False
                hidden_rows += element.get("hidden") in ("1", "true")
            elif name == "col":
                hidden_cols += element.get("hidden") in ("1", "true")
            else:
                self._merge(element.get("ref", ""))
        self._note(uncounted, hidden_rows, hidden_cols)
        self._read_shapes(part)
        self._take_covered()

    def _cell(self, element: Any, row: int, col: int, uncounted: list[str]) -> None:
        style = element.get("s")
        code, sides = ("General", 0)
        if style is not None and style.isdigit() and int(style) < len(self.book.formats):
            code, sides = self.book.formats[int(style)]
        if sides >= 2:
            self.ruled_rows.add(row)
        text = tidy(self._text(element, code))
        if text:
            self.texts[row, col] = text
            self.bordered[row, col] = sides
        elif (
            element.find("{*}f") is not None
            and element.get("t") != "str"
            and not (element.findtext("{*}v") or "").strip()
        ):
            uncounted.append(cell_name(row, col))

    def _text(self, element: Any, code: str) -> str:
        kind = element.get("t", "n")
        if kind == "inlineStr":
            inline = element.find("{*}is")
            return show_text(rich_text(inline), code) if inline is not None else ""
        stored = element.findtext("{*}v") or ""
        if not stored.strip():
            return ""
        if kind == "s":
            number = int(stored)
            if not 0 <= number < len(self.book.strings):
                raise ValueError("a shared text is missing")
            return show_text(self.book.strings[number], code)
        if kind == "str":
            return show_text(unescaped(stored), code)
        if kind == "b":
            return "TRUE" if stored.strip() == "1" else "FALSE"
        if kind in ("e", "d"):
            return stored
        return show_number(stored, code, date1904=self.book.date1904) if code != "General" else plain_number(stored)

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        top, left = slot_of(first)
        bottom, right = slot_of(last or first)
        if bottom < top or right < left:
            raise ValueError("a merged cell ends before it begins")
        self.merges.append(_Merge(top, left, bottom + 1, right + 1))

    def _note(self, uncounted: Sequence[str], hidden_rows: int, hidden_cols: int) -> None:
        errors = [
            cell_name(*slot)
            for slot, text in self.texts.items()
            if text.startswith("#") and text.endswith(("!", "?", "/A"))
        ]
        notes = (
            ("cell.formula-without-value", uncounted, "formulas without a value; open it in Excel or WPS and save it"),
            ("cell.error-value", errors, "formulas that ended in an error; correct them and save it"),
        )  # fmt: skip
        for code, cells, what in notes:
            if cells:
                shown = ", ".join(cells[:5]) + (f" and {len(cells) - 5} more" if len(cells) > 5 else "")
                self._say(code, f"{shown}: {what}", cells[0])
        if hidden_rows or hidden_cols:
            what = " and ".join(f"{n} {word}" for n, word in ((hidden_rows, "rows"), (hidden_cols, "columns")) if n)
            self._say("sheet.hidden-part", f"{what} hidden; their text was read", None)

    def _say(self, code: str, message: str, cell: str | None) -> None:
        place = Place(sheet=self.name, cell=cell)
        self.problems.append(Problem(code, f"{self.book.path}: sheet {self.name}: {message}", place))

    def _read_shapes(self, part: str) -> None:
        """Text boxes lie over the cells; their text is kept as loose lines. Pictures are said."""
        pictures = 0
        for kind, drawing in self.book.relations(part).values():
            if kind == "comments" and self.book.has(drawing):
                self._say("sheet.comments", "has comments, which are not read", None)
            if kind != "drawing" or not self.book.has(drawing):
                continue
            for element in self.book.elements(drawing, "twoCellAnchor", "oneCellAnchor", "absoluteAnchor"):
                pictures += element.find(".//{*}pic") is not None
                text = tidy("\n".join("".join(t.text or "" for t in p.iter("{*}t")) for p in element.iter("{*}p")))
                if text:
                    self.shapes.append((int(element.findtext("{*}from/{*}row") or "0"), text))
        if pictures and not self.texts:
            self._say("sheet.picture", "holds pictures and no text; save the pictures as PNG and pass those", None)

    def _take_covered(self) -> None:
        """What stands under a merged cell does not show; it is said, so that it is not lost."""
        rows: dict[int, list[int]] = {}
        for row, col in self.texts:
            rows.setdefault(row, []).append(col)
        filled = sorted(rows)
        taken: set[Slot] = set()
        for merge in sorted(self.merges, key=lambda m: (m.row, m.col)):
            first = (merge.row, merge.col)
            if first in taken:
                continue  # merged cells never overlap in a sound workbook
            self.spans[first] = merge
            # Only filled slots are looked at: a merge over a whole column must not cost a million steps.
            for row in filled[bisect_left(filled, merge.row) : bisect_left(filled, merge.bottom)]:
                for col in [c for c in rows[row] if merge.col <= c < merge.right and (row, c) != first]:
                    taken.add((row, col))
                    self._uncover((row, col), first)

    def _uncover(self, slot: Slot, first: Slot) -> None:
        under = self.texts.pop(slot, "")
        sides = self.bordered.pop(slot, 0)
        if under and first not in self.texts:
            self.texts[first], self.bordered[first] = under, sides
        elif under and under != self.texts[first]:
            cell = cell_name(*slot)
            self._say("cell.covered", f"{cell}: text under a merged cell: {under}", cell)

    # -- blocks --------------------------------------------------------------------------------------------------------

    def blocks(self, name: str) -> Iterator[Table | Line]:
        """Yield the sheet's tables and loose lines from top to bottom."""
        shapes = sorted(self.shapes)
        for first, last in self._runs():
            while shapes and shapes[0][0] < first:
                yield Line(shapes[0][1], Place(sheet=self.name, cell=cell_name(shapes.pop(0)[0], 0)))
            yield from self._run(first, last, name)
        for row, text in shapes:
            yield Line(text, Place(sheet=self.name, cell=cell_name(row, 0)))

    def _runs(self) -> Iterator[tuple[int, int]]:
        """Rows that belong together (last exclusive): a row without text, border or merged cell over it ends a run."""
        filled = {row for row, _ in self.texts}
        if not filled:
            return
        end = 0
        start = None
        ends: dict[int, int] = {}
        for slot, merge in self.spans.items():
            if slot in self.texts and merge.bottom - merge.row > 1:
                ends[merge.row] = max(ends.get(merge.row, 0), merge.bottom)
        top, bottom = min(filled), max(filled)
        for row in sorted(filled | {r for r in self.ruled_rows if top < r < bottom}):
            if start is not None and row > end:
                yield start, end
                start = None
            if start is None:
                start = row
            end = max(end, row + 1, min(ends.get(row, 0), row + 2_000))
        if start is not None:
            yield start, end

    def _run(self, first: int, last: int, name: str) -> Iterator[Table | Line]:
        rows: dict[int, list[Slot]] = {}
        for slot in sorted(self.texts):
            if first <= slot[0] < last:
                rows.setdefault(slot[0], []).append(slot)
        loose = self._loose_rows(rows, first)
        start: int | None = None
        for row in range(first, last):
            if row in loose:
                if start is not None:
                    yield self._table(start, row, name)
                    start = None
                for slot in rows[row]:
                    yield Line(self.texts[slot], Place(sheet=self.name, cell=cell_name(*slot)))
            elif start is None:
                start = row
        if start is not None:
            yield self._table(start, last, name)

    def _loose_rows(self, rows: dict[int, list[Slot]], first: int) -> set[int]:
        """Rows that are no part of the table: without borders where it has some, else the single cells above it."""
        tabular = [row for row, slots in rows.items() if len(slots) > 1]
        ruled = [row for row in tabular if any(self.bordered[slot] >= 2 for slot in rows[row])]
        covered: set[int] = set()
        for slot, merge in self.spans.items():
            if slot in self.texts and merge.bottom - merge.row > 1:
                covered.update(range(merge.row + 1, min(merge.bottom, merge.row + 2_000)))
        if len(ruled) * 2 > len(tabular):
            inside = covered | self.ruled_rows
            return {r for r, slots in rows.items() if r not in inside and all(self.bordered[s] < 2 for s in slots)}
        top = min(tabular, default=max(rows, default=first) + 1)
        return {row for row in rows if row < top and row not in covered}

    def _table(self, first: int, last: int, name: str) -> Table:
        inside = [slot for slot in self.texts if first <= slot[0] < last]
        left = min(col for _, col in inside)
        right = max(min(self.spans[s].right, s[1] + 200) if s in self.spans else s[1] + 1 for s in inside)
        # Blank merged cells are cells too.
        blank = [s for s in self.spans if s not in self.texts and first <= s[0] < last and left <= s[1] < right]
        cells = []
        for row, col in sorted((*inside, *blank)):
            merge = self.spans.get((row, col), _Merge(row, col, row + 1, col + 1))
            place = Place(sheet=self.name, cell=cell_name(row, col))
            height, width = min(merge.bottom, last) - row, min(merge.right, right) - col
            cells.append(
                Slotted(row - first, col - left, height, width, self.texts.get((row, col), ""), places=(place,))
            )
        rows, cols = _lines_of(cells, last - first, right - left)
        return make_table(
            [_moved(cell, rows, cols) for cell in cells], name,
            blank_place=lambda r, c: Place(sheet=self.name, cell=cell_name(first + rows[r], left + cols[c])),
        )  # fmt: skip


def _lines_of(cells: Sequence[Slotted], n_rows: int, n_cols: int) -> tuple[list[int], list[int]]:
    """The rows and columns in which some cell begins: one that merged cells cross everywhere carries nothing."""
    crossed_rows, crossed_cols = Counter[int](), Counter[int]()
    for cell in cells:
        crossed_rows.update(dict.fromkeys(range(cell.row + 1, cell.row + cell.rowspan), cell.colspan))
        crossed_cols.update(dict.fromkeys(range(cell.col + 1, cell.col + cell.colspan), cell.rowspan))
    rows = [row for row in range(n_rows) if crossed_rows[row] < n_cols]
    cols = [col for col in range(n_cols) if crossed_cols[col] < n_rows]
    return rows, cols


def _moved(cell: Slotted, rows: Sequence[int], cols: Sequence[int]) -> Slotted:
    row, col = bisect_left(rows, cell.row), bisect_left(cols, cell.col)
    return replace(
        cell, row=row, col=col, rowspan=max(bisect_left(rows, cell.row + cell.rowspan) - row, 1),
        colspan=max(bisect_left(cols, cell.col + cell.colspan) - col, 1),
    )  # fmt: skip
