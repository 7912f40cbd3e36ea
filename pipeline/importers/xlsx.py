"""A workbook -> one PageReading a sheet: texts as shown, merged cells as spans, formulas as their stored values.

Nothing is evaluated and nothing is fetched. The workbook's XML is read as it streams, so a sheet of a million blank
cells costs time and no memory; odd styles, which make whole libraries give up, cost nothing but their formats. A table
is what has borders; lines above and below it without borders are loose lines, as they are on paper. Where nothing on a
sheet has borders, rows of several cells are the table.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from pipeline.document import Line, PageReading, Place, Problem, Table
from pipeline.errors import InputError
from pipeline.importers.common import Slotted, digest_of, make_table, read_file, tidy
from pipeline.importers.numberformat import BUILT_IN, plain_number, show_number, show_text
from pipeline.settings import ImportSettings

_REFERENCE = re.compile(r"^\$?([A-Za-z]{1,3})\$?(\d{1,7})$")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LAST_ROW, _LAST_COL = 1_048_576, 16_384
# What a damaged archive, or a number where none can be, makes zipfile, zlib and int raise.
_DAMAGE = (
    KeyError, ValueError, IndexError, TypeError, OverflowError, EOFError, OSError, NotImplementedError, RuntimeError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip

Slot = tuple[int, int]


def read_xlsx(path: Path, settings: ImportSettings | None = None) -> list[PageReading]:
    """Read a workbook (.xlsx, .xlsm); every visible sheet is a page, hidden ones are said.

    Places are `Place(sheet=…, cell=…)`, a merged cell's is its first cell. Raises InputError, naming file, sheet and
    remedy, where the file is damaged, locked by a password, no workbook of this kind, or larger than any form's.
    """
    settings = settings or ImportSettings()
    content = read_file(path, settings)
    digest = digest_of(content)
    with _open(path) as archive:
        book = _Book(path, archive, settings)
        book.load()
        pages: list[PageReading] = []
        hidden: list[Problem] = []
        for sheet in book.sheets:
            if sheet.hidden:
                hidden.append(_hidden_sheet(sheet.name))
                continue
            pages.append(_page(book, sheet, len(pages), digest))
    if hidden and pages:
        pages[0] = _with_problems(pages[0], hidden)
    if not pages:
        raise InputError(f"{path}: every sheet of the workbook is hidden; unhide those that are to be read")
    failed = [page for page in pages if any(problem.code == "page.unreadable" for problem in page.problems)]
    if len(failed) == len(pages):
        raise InputError(failed[0].problems[-1].message)
    return pages


def _hidden_sheet(name: str) -> Problem:
    message = f"sheet {name} is hidden and was not read; unhide it if it belongs to the form"
    return Problem("sheet.hidden", message, Place(sheet=name))


def _with_problems(page: PageReading, problems: Sequence[Problem]) -> PageReading:
    return PageReading(page.index, page.file, page.sha256, page.blocks, problems=(*problems, *page.problems))


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise InputError(f"{path}: the workbook is damaged or cut off; copy it again, or save it anew") from error


def _page(book: _Book, sheet: _SheetEntry, index: int, digest: str) -> PageReading:
    from lxml import etree

    name = f"{book.path}: sheet {sheet.name}"
    try:
        content = _Sheet(book, sheet.name)
        content.read(sheet.part)
        return PageReading(index, str(book.path), digest, tuple(content.blocks(name)), problems=tuple(content.problems))
    except InputError as error:
        problem = Problem("page.unreadable", str(error), Place(sheet=sheet.name))
    except (*_DAMAGE, etree.XMLSyntaxError):
        message = f"{name}: is damaged; open the workbook in Excel or WPS and save it anew"
        problem = Problem("page.unreadable", message, Place(sheet=sheet.name))
    return PageReading(index, str(book.path), digest, problems=(problem,))


@dataclass(frozen=True, slots=True)
class _SheetEntry:
    name: str
    part: str
    hidden: bool


@dataclass
class _Book:
    """The parts of a workbook that all its sheets share."""

    path: Path
    archive: zipfile.ZipFile
    settings: ImportSettings
    sheets: list[_SheetEntry] = field(default_factory=list)
    strings: list[str] = field(default_factory=list)
    formats: list[tuple[str, int]] = field(default_factory=list)  # of each cell style: format code, sides with a border
    date1904: bool = False
    _unpacked: int = 0

    def load(self) -> None:
        """Read the list of sheets, the shared texts and the styles. Raises InputError."""
        from lxml import etree

        try:
            self._parts = {info.filename.lower().lstrip("/"): info for info in self.archive.infolist()}
            self._load_sheets()
            self._load_strings()
        except (*_DAMAGE, etree.XMLSyntaxError) as error:
            raise InputError(
                f"{self.path}: the workbook is damaged; open it in Excel or WPS and save it anew"
            ) from error
        try:
            self._load_styles()
        except (*_DAMAGE, etree.XMLSyntaxError):
            # Without styles every number is shown as it is stored; texts do not suffer.
            self.formats = []

    def open(self, part: str) -> IO[bytes]:
        """Open a part; what all parts unpack to is limited. A part never gives more bytes than it claims."""
        info = self._parts[part.lower()]
        self._unpacked += info.file_size
        if self._unpacked > self.settings.max_unpacked_bytes:
            raise InputError(
                f"{self.path}: unpacks to more than {self.settings.max_unpacked_bytes >> 20} MB, which no form does; "
                "delete the unused rows and columns and save it anew"
            )
        return self.archive.open(info)

    def has(self, part: str) -> bool:
        """Tell whether the workbook holds a part."""
        return part.lower() in self._parts

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """What a part refers to: id -> (kind, part)."""
        folder, name = posixpath.split(part)
        own = f"{folder}/_rels/{name}.rels".lstrip("/")
        found: dict[str, tuple[str, str]] = {}
        if not self.has(own):
            return found
        for element in self.elements(own, "Relationship"):
            target = element.get("Target", "")
            target = (
                target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            )
            if element.get("TargetMode") != "External":
                found[element.get("Id", "")] = (element.get("Type", "").rsplit("/", 1)[-1], target)
        return found

    def elements(self, part: str, *tags: str) -> Iterator[Any]:
        """Yield a part's elements of these names as they end; each is emptied when the next one is asked for."""
        from lxml import etree

        with self.open(part) as stream:
            wanted = [f"{{*}}{tag}" for tag in tags]
            for _, element in etree.iterparse(
                stream, events=("end",), tag=wanted, resolve_entities=False, no_network=True, load_dtd=False,
                huge_tree=False, remove_comments=True, remove_pis=True,
            ):  # fmt: skip
                yield element
                element.clear(keep_tail=False)
                while element.getprevious() is not None and _local(element) in ("row", "c", "si", "xf"):
                    del element.getparent()[0]

    def _load_sheets(self) -> None:
        main = self._main_part()
        if main.endswith(".bin"):
            raise InputError(f"{self.path}: is a binary workbook (.xlsb); save it as .xlsx")
        relations = self.relations(main)
        for element in self.elements(main, "workbookPr", "sheet"):
            if _local(element) == "workbookPr":
                self.date1904 = element.get("date1904") in ("1", "true")
                continue
            reference = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
            kind, part = relations.get(reference, ("", ""))
            # Charts and macro sheets hold no cells.
            if kind == "worksheet" or (not kind and part):
                hidden = element.get("state", "visible") != "visible"
                self.sheets.append(_SheetEntry(element.get("name", "") or f"Sheet{len(self.sheets) + 1}", part, hidden))
        if not self.sheets:
            raise InputError(f"{self.path}: the workbook has no sheet with cells; check what it is")

    def _main_part(self) -> str:
        for kind, part in self.relations("").values():
            if kind == "officeDocument":
                return part
        return "xl/workbook.bin" if self.has("xl/workbook.bin") else "xl/workbook.xml"

    def _part_of(self, kind: str, usual: str) -> str | None:
        found = next((part for what, part in self.relations(self._main_part()).values() if what == kind), usual)
        return found if self.has(found) else None

    def _load_strings(self) -> None:
        part = self._part_of("sharedStrings", "xl/sharedStrings.xml")
        if part is not None:
            self.strings = [_rich_text(element) for element in self.elements(part, "si")]

    def _load_styles(self) -> None:
        part = self._part_of("styles", "xl/styles.xml")
        if part is None:
            return
        codes = dict(BUILT_IN)
        borders: list[int] = []
        for element in self.elements(part, "numFmt", "borders", "cellXfs"):
            name = _local(element)
            if name == "numFmt":
                if element.get("numFmtId") is not None:  # those of conditional formats have none here
                    codes[int(element.get("numFmtId"))] = element.get("formatCode", "General")
            elif name == "borders":
                borders = [_sides(border) for border in element]
            else:
                for xf in element:
                    border = int(xf.get("borderId", "0"))
                    code = codes.get(int(xf.get("numFmtId", "0")), "General")
                    self.formats.append((code, borders[border] if border < len(borders) else 0))


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _sides(border: Any) -> int:
    sides = ("left", "right", "top", "bottom", "start", "end")
    return sum(_local(side) in sides and side.get("style", "none") != "none" for side in border)


def _rich_text(element: Any) -> str:
    """The text of a cell or shared string; reading aids printed above the characters are no part of it."""
    parts = [
        node.text or ""
        for node in element.iter("{*}t")
        if not any(_local(above) == "rPh" for above in node.iterancestors())
    ]
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), "".join(parts))


def _slot(reference: str) -> Slot:
    """Row and column, from zero, of a reference such as B7. Raises ValueError."""
    match = _REFERENCE.match(reference)
    if match is None:
        raise ValueError(f"no cell reference: {reference}")
    col = 0
    for letter in match.group(1).upper():
        col = col * 26 + ord(letter) - 64
    row = int(match.group(2))
    if not 0 < row <= _LAST_ROW or col > _LAST_COL:
        raise ValueError(f"no cell of a sheet: {reference}")
    return row - 1, col - 1


def cell_name(row: int, col: int) -> str:
    """Return the reference of a cell counted from zero.

    >>> cell_name(6, 1), cell_name(0, 26)
    ('B7', 'AA1')
    """
    letters = ""
    col += 1
    while col:
        col, rest = divmod(col - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


@dataclass(frozen=True, slots=True)
class _Merge:
    row: int
    col: int
    bottom: int  # exclusive
    right: int


@dataclass
class _Sheet:
    """One sheet: its texts by slot, its merged cells, which rows have borders, and what was noticed."""

    book: _Book
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
            name = _local(element)
            if name == "c":
                if not begun:
                    row, col, begun = int(element.getparent().get("r", row + 2)) - 1, -1, True
                seen += 1
                if seen > self.book.settings.max_cells:
                    raise InputError(
                        f"{self.book.path}: sheet {self.name}: has more than {seen - 1} cells, which no form has; "
                        "delete the unused rows and columns and save it anew"
                    )
                row, col = _slot(element.get("r")) if element.get("r") else (row, col + 1)
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
            return show_text(_rich_text(inline), code) if inline is not None else ""
        stored = element.findtext("{*}v") or ""
        if not stored.strip():
            return ""
        if kind == "s":
            number = int(stored)
            if not 0 <= number < len(self.book.strings):
                raise ValueError("a shared text is missing")
            return show_text(self.book.strings[number], code)
        if kind == "str":
            return show_text(_ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), stored), code)
        if kind == "b":
            return "TRUE" if stored.strip() == "1" else "FALSE"
        if kind in ("e", "d"):
            return stored
        return show_number(stored, code, date1904=self.book.date1904) if code != "General" else plain_number(stored)

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        top, left = _slot(first)
        bottom, right = _slot(last or first)
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
