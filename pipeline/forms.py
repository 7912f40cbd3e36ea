"""PageReadings -> Forms: rows over all pages, cut where a title begins a new form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from rapidfuzz.distance import OSA

from pipeline.dictionaries import Dictionaries, comparison_key
from pipeline.document import Form, Line, PageReading, Place, Problem, Row, RowCell, Table
from pipeline.furniture import without_furniture
from pipeline.seams import on_one_grid
from pipeline.templates import Template, choose_template

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*年")
_YEAR_LINE = re.compile(r"^[(（〔\[]?\s*(?:19|20)\d{2}\s*年?\s*度?\s*[)）〕\]]?$")
_UNIT_LINE = re.compile(r"(?:金额)?单位\s*[:：]\s*(?:人民币)?\s*(万元|元)")
_PAGE_MARK = re.compile(
    r"^\s*(第\s*\d+\s*页(\s*[,，/]?\s*共\s*\d+\s*页)?|[-—－–]\s*\d+\s*[-—－–]|\d+\s*/\s*\d+|page\s*\d+(\s*of\s*\d+)?)\s*$",
    re.I,
)
_SENTENCE = re.compile(r"[。；;！!？?]")
_GENERIC_TAILS = (
    "绩效目标表", "绩效目标申报表", "绩效目标审批表", "绩效目标批复表", "绩效目标汇总表", "绩效自评表", "绩效评价表",
    "绩效目标和指标", "绩效目标及指标", "绩效指标表",
)  # fmt: skip
_PROJECT_COLUMN = re.compile(r"项目名称|\(专项\)名称|单位名称|单位代码|项目编码|项目代码|单位编码|支出项目")
# Any table about performance that is named at its end; kinds of it are more than a list can hold.
_ANY_TITLE = re.compile(r"绩效[^,，、。:：]{0,16}表$")
_CONTINUED = re.compile(r"\s*[(（〔\[]?\s*(?:续\s*表?|接上[页表])\s*[\d一二三四五]*\s*[)）〕\]]?\s*$")
_CONTINUED_ALONE = re.compile(r"^[(（]?(续表?[\d一二三四五]*|接上[页表]|接下页|转下页)[)）]?[:：]?$")
_LISTED = re.compile(r"(指标|目标)\s*[-—–－]{1,2}\s*[^\s\-—:：】]{2,12}(指标|目标|效益|满意度|影响)\s*[】\]:：]")
# A level with its sublevel and one indicator take more characters than that.
_SHORTEST_LIST = 16
_AMOUNT = re.compile(r"[\d.,]+%?")
_TOTAL = re.compile(r"(合计|总计|小计)[:：]?$")
# A text of fewer characters may stand in every column of a row by chance.
_LEAST_REPEATED = 4
_MOST_TWICE = 3
# Two forms of one layout begin alike in one of their first rows, though one label of each may be misread.
_FIRST_ROWS = 4
_SAME_START = 0.7
# The longest title seen has 38 characters; a sentence that mentions a form runs longer.
_MAX_TITLE = 60
# Header fields stand on the first rows under a title: the year line, the unit line, then the fields.
_LOOK_AHEAD = 8


def join_forms(
    pages: Sequence[PageReading], templates: Sequence[Template], dictionaries: Dictionaries
) -> tuple[list[Form], list[Line]]:
    """Return the forms of a document in order, and the loose lines that stand before the first of them."""
    rows: list[Row] = []
    marks: list[_Mark] = []
    tails = _tails(templates)
    for page in without_furniture(pages, lambda text: _is_forms_own(text, tails, dictionaries)):
        for item in _rows_of(page):
            if isinstance(item, Row):
                rows.append(item)
            else:
                marks.append(replace(item, at=len(rows)))
    cutter = _Cutter(rows, tails, dictionaries)
    parts = cutter.parts()
    for part in parts:
        part.problems.extend(_disorder([mark for mark in marks if part.first < mark.at <= part.last + 1]))
    before = [
        Line(cell.text, cell.places[0]) for row in cutter.before for cell in row.cells if cell.text and cell.places
    ]
    return [_form_of(part, templates, cutter.tails) for part in parts], before


def _is_forms_own(text: str, tails: tuple[str, ...], dictionaries: Dictionaries) -> bool:
    """Tell whether a line outside the tables belongs to a form wherever it stands: its title, its year, its labels."""
    known = any(dictionaries.written(section, text) for section in ("bar", "field", "narrative"))
    head = bool(_YEAR_LINE.match(text) or _UNIT_LINE.search(text) or _PAGE_MARK.match(text))
    return known or head or _is_title(text, tails)


def _tails(templates: Sequence[Template]) -> tuple[str, ...]:
    tails = {comparison_key(tail) for template in templates for tail in template.title_tails}
    tails |= {comparison_key(tail) for tail in _GENERIC_TAILS}
    return tuple(sorted((tail for tail in tails if len(tail) >= 5), key=lambda tail: (-len(tail), tail)))


@dataclass(frozen=True, slots=True)
class _Mark:
    """A printed page number, and the row of the document that it stands before."""

    number: int
    place: Place | None
    at: int = 0


def _mark_of(text: str, place: Place | None) -> _Mark | None:
    numbers = re.findall(r"\d+", text)
    return _Mark(int(numbers[0]), place) if numbers and len(numbers[0]) <= 4 else None


def _disorder(marks: Sequence[_Mark]) -> Iterator[Problem]:
    """What the page numbers inside a form say of its pages; where they begin again with 1, nothing."""
    for one, other in pairwise(marks):
        if other.number < one.number and other.number != 1:
            message = f"第{one.number}页之后是第{other.number}页"
            yield Problem("pages-out-of-order", message, other.place)
    numbers = {mark.number for mark in marks}
    missing = sorted(set(range(min(numbers, default=0), max(numbers, default=0))) - numbers)
    if missing:
        yield Problem("page-missing", f"缺第{'、'.join(map(str, missing[:9]))}页", marks[-1].place)


def _rows_of(page: PageReading) -> Iterator[Row | _Mark]:
    table_number = page.index * 1000
    for number, block in enumerate(page.blocks):
        if isinstance(block, Line):
            if _PAGE_MARK.match(block.text) or _is_bare_number(page, number):
                mark = _mark_of(block.text, block.place)
                if mark is not None:
                    yield mark
            else:
                cell = RowCell(block.text, 0, 0, confidence=block.confidence, places=(block.place,), lines=(block,))
                yield Row((cell,), 0, page.index, -1)
        else:
            table_number += 1
            yield from _table_rows(block, page, table_number)


def _is_bare_number(page: PageReading, number: int) -> bool:
    """Tell whether a line is a number alone between two tables, or the page's last: a page's, and no part of a text."""
    before, block = page.blocks[number - 1] if number else None, page.blocks[number]
    if not isinstance(block, Line) or not re.fullmatch(r"\d{1,3}", block.text.strip()):
        return False
    last = number + 1 == len(page.blocks)
    return last or (isinstance(before, Table) and isinstance(page.blocks[number + 1], Table))


def _table_rows(table: Table, page: PageReading, number: int) -> Iterator[Row | _Mark]:
    # Pixels and sound HTML know their merged cells; tabs and Markdown cannot tell a blank from the rest of a span.
    known = page.origin != "text" or any("spans" in reading.notes for reading in table.readings)
    by_row: dict[int, list[RowCell]] = {}
    for reading in table.readings:
        cell = reading.cell
        by_row.setdefault(cell.row, []).append(
            RowCell(
                reading.text,
                cell.row,
                cell.col,
                cell.rowspan,
                cell.colspan,
                reading.confidence,
                reading.places,
                reading.lines,
                # Rows and columns that alignment alone made: a person looks at everything in them.
                notes=reading.notes if table.ruled else (*reading.notes, "unruled"),
            )
        )
    wide = not known and _says_twice(by_row.values(), table.n_cols)
    for r in range(table.n_rows):
        cells = tuple(sorted(by_row.get(r, []), key=lambda cell: cell.col))
        if wide:
            cells = _said_once(cells)
        filled = [cell for cell in cells if cell.text]
        alone = filled[0].text if len(filled) == 1 else ""
        if alone and (_PAGE_MARK.match(alone) or (not known and re.fullmatch(r"\d{1,3}", alone))):
            # A page number that an exporter put among the rows.
            mark = _mark_of(alone, filled[0].places[0] if filled[0].places else None)
            if mark is not None:
                yield mark
            continue
        yield Row(cells, table.n_cols, page.index, number, known)


def _says_twice(rows: Iterable[Sequence[RowCell]], n_cols: int) -> bool:
    """Tell whether an export prints a merged cell's text in every column it spans: some row says one thing only.

    Or one thing to its end, three times at least.
    """
    if n_cols < 3:
        return False
    for row in rows:
        if len(row) != n_cols:
            continue
        texts = [cell.text for cell in row]
        same = [list(run) for text, run in groupby(texts) if len(text) >= _LEAST_REPEATED and not _AMOUNT.match(text)]
        # The last cell of a row is a field's value as wide as the table; a name three times beside itself is no list.
        if any(len(run) == n_cols or (len(run) >= _MOST_TWICE and run[0] == texts[-1]) for run in same):
            return True
    return False


def _said_once(cells: tuple[RowCell, ...]) -> tuple[RowCell, ...]:
    """Blank the repeats of a text beside itself; equal amounts beside each other may be two."""
    done: list[RowCell] = []
    before = ""
    for cell in cells:
        again = cell.text == before and not _AMOUNT.fullmatch(cell.text)
        done.append(replace(cell, text="", notes=(*cell.notes, "restated")) if again and cell.text else cell)
        before = cell.text
    texts = {cell.text for cell in cells[1:]}
    # One amount over all the columns behind its label is one.
    if len(cells) >= 3 and len(texts) == 1 and _AMOUNT.fullmatch(cells[1].text) and cells[0].text != cells[1].text:
        done[2:] = [replace(cell, text="", notes=(*cell.notes, "restated")) for cell in done[2:]]
    return tuple(done)


@dataclass
class _Part:
    title: str = ""
    title_places: tuple[Place, ...] = ()
    rows: list[Row] = field(default_factory=list)
    head_lines: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    wide: int = 0  # columns left of the levels that name a project: each project is a form of its own
    listed: bool = False  # a sheet whose projects list their indicators in one cell
    first: int = 0  # its first and last row in the document
    last: int = 0
    header: Row | None = None

    def next_project(self, first: Row) -> _Part:
        """A further project of the same wide sheet, under the same title and header; its first row tells them apart."""
        own = _first_place(first)
        places = (*self.title_places[:1], *((own,) if own is not None else ()))
        following = _Part(self.title, places, [], list(self.head_lines), [], self.wide, header=self.header)
        following.listed = self.listed
        if self.header is not None:
            following.rows.append(self.header)
        return following


@dataclass
class _Cutter:
    rows: Sequence[Row]
    tails: tuple[str, ...]
    dictionaries: Dictionaries
    before: list[Row] = field(default_factory=list)

    def parts(self) -> list[_Part]:
        parts: list[_Part] = []
        part: _Part | None = None
        seen_grid = after_head = False
        for i, row in enumerate(self.rows):
            if part is not None:
                part.last = i
            title = self._title(row)
            if title is not None:
                if part is not None and self._goes_on(title.text, part, i):
                    after_head = True  # a running head over a form that goes on: so are year and unit under it
                    continue
                name, *below = _CONTINUED.sub("", title.text).split("\n")
                part = _Part(name, title.places, head_lines=below, first=i, last=i)
                if _CONTINUED.search(title.text):
                    part.problems.append(Problem("title-missing", "first page missing", _first_place(row)))
                parts.append(part)
                seen_grid = False
                continue
            if part is not None and _is_continued(row):
                continue
            if self._starts_without_title(i, part, seen_grid):
                part = _Part(first=i, last=i)
                part.problems.append(Problem("title-missing", "form without a title", _first_place(row)))
                parts.append(part)
                seen_grid = False
            if part is None:
                self.before.append(row)
            elif self._is_head_line(row, part):
                part.head_lines.extend(cell.text for cell in row.cells if cell.text)
            elif after_head and _is_head_text(row):
                continue
            else:
                if part.listed and _lists(row):
                    if any(_lists(other) for other in part.rows):
                        part = part.next_project(row)
                        part.first = part.last = i
                        parts.append(part)
                elif self._heads_list(i):
                    part.listed, part.header = True, row
                elif self._is_grid_header(row):
                    seen_grid = True
                    part.wide = self._lead_columns(row)
                    part.header = row
                elif part.wide and self._begins_project(row, part):
                    part = part.next_project(row)
                    part.first = part.last = i
                    parts.append(part)
                after_head = False
                part.rows.append(row)
        return [p for p in parts if any(cell.text for row in p.rows for cell in row.cells) or p.title]

    def _title(self, row: Row) -> RowCell | None:
        filled = [cell for cell in row.cells if cell.text]
        if len(filled) != 1 or len(filled[0].text) > _MAX_TITLE or _SENTENCE.search(filled[0].text):
            return None
        name, *below = filled[0].text.split("\n")
        if below and self.is_title(name) and all(_YEAR_LINE.match(line) or _UNIT_LINE.search(line) for line in below):
            return filled[0]  # year and unit under the title in one cell
        return filled[0] if self.is_title(_CONTINUED.sub("", filled[0].text)) else None

    def is_title(self, text: str) -> bool:
        return _is_title(text, self.tails)

    def _goes_on(self, title: str, part: _Part, i: int) -> bool:
        """Tell whether a title is a running head over the form at hand."""
        if _CONTINUED.search(title):
            return True
        return self._same_title(part.title, title) and not self._begins_again(i, part)

    def _begins_again(self, i: int, part: _Part) -> bool:
        """Tell whether a form of its own stands under a repeated title.

        It does where one of its first rows begins as one of the first rows of the form at hand did, where fields follow
        a grid, and where the titles differ in more than a misread character and no grid goes on.
        """
        own = [row for row in part.rows if row.n_cols and any(cell.text for cell in row.cells)]
        if not own:
            return False
        head = next((n for n, row in enumerate(own) if self._is_grid_header(row)), len(own))
        # What stands in a grid says nothing of how a form begins: a page restates 产出指标.
        starts = [self._first_key(row) for row in own[: min(_FIRST_ROWS, head + 1)]]
        following = self._rows_after(i)
        if not following:
            return False
        heads_both = self._is_grid_header(following[0]) and self._is_grid_header(own[0])
        if part.wide and heads_both and len(following) > 1:
            # A sheet of projects prints its header on every page: it goes on where no project's own cells follow.
            return any(cell.text and cell.col < part.wide for cell in following[1].cells)
        # A misread character must not glue two forms together.
        heads = [self._first_key(row) for row in following[:_FIRST_ROWS]]
        if self._is_grid_header(following[0]) and not self._is_grid_header(own[0]):
            heads = []  # a repeated header: the grid goes on
        if any(OSA.normalized_similarity(head, start) > _SAME_START for head in heads for start in starts):
            return True
        first = next(cell.text for cell in following[0].cells if cell.text)
        is_field = bool(self.dictionaries.written("field", first) or self.dictionaries.written("narrative", first))
        if part.header is not None and is_field:
            return True
        title = self._title(self.rows[i])
        one, other = comparison_key(part.title), comparison_key(title.text if title is not None else "")
        unlike = OSA.distance(one, other) > 1 or re.findall(r"\d", one) != re.findall(r"\d", other)
        grid_goes_on = part.header is not None and following[0].n_cols == part.header.n_cols
        return unlike and not grid_goes_on

    def _rows_after(self, i: int) -> list[Row]:
        """The next rows of tables up to the next title, without year and unit."""
        found: list[Row] = []
        for row in self.rows[i + 1 : i + 1 + _LOOK_AHEAD]:
            if self._title(row) is not None:
                break
            if row.n_cols and any(cell.text for cell in row.cells) and not _is_head_text(row):
                found.append(row)
        return found

    @staticmethod
    def _first_key(row: Row) -> str:
        return comparison_key(next(cell.text for cell in row.cells if cell.text))

    @staticmethod
    def _same_title(one: str, other: str) -> bool:
        return OSA.normalized_similarity(comparison_key(one), comparison_key(other)) > 0.85

    def _starts_without_title(self, i: int, part: _Part | None, seen_grid: bool) -> bool:
        """项目名称 begins a form of its own where none is open, or where the open one already has its grid."""
        row = self.rows[i]
        if row.n_cols == 0 or not any(cell.text for cell in row.cells):
            return False
        written = self.dictionaries.written("field", row.cells[0].text) if row.cells[0].text else None
        names = self.dictionaries.names("field").get(written, ()) if written else ()
        is_name = any(name.text == "项目名称" or name.alias_of == "项目名称" for name in names)
        if part is None:
            # The first rows of a page may be blank in their levels: the rows of the same table below them tell.
            near = self.rows[i : i + _LOOK_AHEAD]
            end = next((n for n, other in enumerate(near) if self._title(other) is not None), len(near))
            below = [other for other in near[:end] if other.table == row.table]
            return is_name or bool(written) or any(self._is_grid_header(r) or self._is_level_row(r) for r in below)
        # A sheet of projects prints its header on every page; whether a project begins is said by the row below it.
        return is_name and seen_grid and not (part.wide and self._is_grid_header(row))

    def _is_grid_header(self, row: Row) -> bool:
        roles = [self._column_role(cell.text) for cell in row.cells if cell.text]
        return len(roles) >= 3 and "level3" in roles and ("level2" in roles or "level1" in roles)

    def _is_level_row(self, row: Row) -> bool:
        """A grid row of a form whose first pages are missing: it prints a level that a vocabulary holds, and more."""
        filled = [cell.text for cell in row.cells if cell.text]
        keys = self.dictionaries.keys
        known = any(comparison_key(t) in keys["level1"] or comparison_key(t) in keys["level2"] for t in filled[:2])
        return known and len(filled) >= 3

    def _heads_list(self, i: int) -> bool:
        """Tell whether row i heads a sheet whose projects list their indicators as text: one of its next rows does."""
        row = self.rows[i]
        if row.n_cols < 3 or sum(bool(cell.text) for cell in row.cells) < 3 or _lists(row):
            return False
        below = [other for other in self.rows[i + 1 : i + 3] if other.table == row.table]
        return any(_lists(other) and sum(bool(cell.text) for cell in other.cells) >= 3 for other in below)

    def _lead_columns(self, row: Row) -> int:
        """How many columns left of the levels hold a project's name or code; 0 where the sheet is not wide."""
        filled = [cell for cell in row.cells if cell.text]
        roles = [self._column_role(cell.text) for cell in filled]
        first = next((i for i, role in enumerate(roles) if role and role.startswith("level")), 0)
        named = any(_PROJECT_COLUMN.search(comparison_key(cell.text)) for cell in filled[:first])
        return filled[first].col if first and named else 0

    @staticmethod
    def _begins_project(row: Row, part: _Part) -> bool:
        """A row with a project's cells filled begins the next project, unless the project at hand has no row yet."""
        filled = [cell for cell in row.cells if cell.text]
        leads = [cell for cell in filled if cell.col < part.wide]
        # Some exports print a merged cell's text on every row it spans: the same project still.
        before = {cell.col: cell.text for cell in part.rows[-1].cells} if part.rows else {}
        if leads and all(before.get(cell.col) == cell.text for cell in leads):
            return False
        if leads and _TOTAL.match("".join(leads[0].text.split())):
            return False  # 合计 under the projects is none
        has_rows = part.header is not None and part.rows and part.rows[-1] is not part.header
        # One lone short cell may have slid sideways; a project fills its name and more beside it.
        same_width = part.header is not None and row.n_cols == part.header.n_cols
        return bool(has_rows) and len(leads) >= 2 and same_width

    def _column_role(self, text: str) -> str | None:
        written = self.dictionaries.written("column", text)
        return self.dictionaries.names("column")[written][0].role if written else None

    @staticmethod
    def _is_head_line(row: Row, part: _Part) -> bool:
        """The year and the money unit stand between the title and the first table row."""
        return not part.rows and _is_head_text(row)


def _is_title(text: str, tails: tuple[str, ...]) -> bool:
    """A title ends with a known tail, one character of it may be misread; the year may follow in brackets."""
    key = comparison_key(re.sub(r"[(（][^()（）]*年度?[)）]\s*$", "", text))
    if _ANY_TITLE.search(key):
        return True
    for tail in tails:
        if key.endswith(tail):
            return True
        # One error in a tail of eight characters or more leaves no doubt what it is.
        if len(tail) >= 8 and len(key) >= len(tail) - 1 and OSA.distance(key[-len(tail) :], tail) <= 1:
            return True
    return False


def _lists(row: Row) -> bool:
    """Tell whether a cell of the row lists indicators as text, such as 【产出指标-数量指标】指标1:机柜数量(≥77台)."""
    return any(len(cell.text) > _SHORTEST_LIST and _LISTED.search(cell.text) for cell in row.cells)


def _is_continued(row: Row) -> bool:
    """续表 alone on a line."""
    filled = [cell.text for cell in row.cells if cell.text]
    return len(filled) == 1 and bool(_CONTINUED_ALONE.match("".join(filled[0].split())))


def _is_head_text(row: Row) -> bool:
    filled = [cell.text for cell in row.cells if cell.text]
    return len(filled) == 1 and bool(_YEAR_LINE.match(filled[0]) or _UNIT_LINE.search(filled[0]))


def _first_place(row: Row) -> Place | None:
    return next((place for cell in row.cells for place in cell.places), None)


def _form_of(part: _Part, templates: Sequence[Template], tails: Sequence[str]) -> Form:
    texts = [cell.text for row in part.rows for cell in row.cells if cell.text]
    template = choose_template(templates, part.title, texts)
    pages = tuple(dict.fromkeys(row.page for row in part.rows))
    return Form(
        title=part.title,
        title_places=part.title_places,
        pages=pages,
        rows=_renumbered(on_one_grid(part.rows)),
        template=template.id if template else None,
        year=_year([part.title, *part.head_lines]),
        agency=_agency(part.title, tails),
        money_unit=_money_unit(part.head_lines) or (template.money_unit if template else None),
        problems=tuple(part.problems),
    )


def _renumbered(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(
        row
        if all(cell.row == number for cell in row.cells)
        else replace(row, cells=tuple([replace(cell, row=number) for cell in row.cells]))
        for number, row in enumerate(rows)
    )


def _year(texts: Iterable[str]) -> int | None:
    for text in texts:
        if match := _YEAR.search(text):
            return int(match.group(1))
    for text in texts:
        if match := re.fullmatch(r"[(（]?\s*((?:19|20)\d{2})\s*度?\s*[)）]?", text.strip()):
            return int(match.group(1))
    return None


def _money_unit(lines: Iterable[str]) -> str | None:
    for line in lines:
        if match := _UNIT_LINE.search(line):
            return match.group(1)
    return None


# Words between an agency's name and the fixed tail of a title: kinds of spending, years, levels of government.
_TITLE_WORDS = re.compile(
    r"(项目支出|预算项目|项目|部门预算|预算|财政支出|财政|部门整体支出|整体支出|部门整体|部门(\(单位\))?|\(单位\)|支出|专项资金|专项|核心|本级"
    r"|转移支付|区域|\(项目\)|省级|市级|县级|区级|市直|中央|(19|20)\d\d年?度?|年度|申报|\(\)|的|关于)$"
)


def _agency(title: str, tails: Sequence[str]) -> str | None:
    """The agency that the title names before its fixed words, as printed; None where it names none."""
    text = re.sub(r"[(（][^()（）]*年度?[)）]\s*$", "", re.sub(r"\s+", "", title))
    key = comparison_key(text)
    tail = next((tail for tail in sorted(tails, key=len, reverse=True) if key.endswith(tail)), None)
    cut = len(key) - len(tail) if tail else _misread_cut(key, tails)
    head = key[:cut]
    while (shorter := _TITLE_WORDS.sub("", head)) != head:
        head = shorter
    head = re.sub(r"^((19|20)\d\d年度?)", "", head)
    if not _AGENCY_END.search(head):
        return None
    start = key.find(head)
    # An agency's name has four characters or more (某某县局); the key may have folded widths, never the length.
    if len(head) < 4:
        return None
    return text[start : start + len(head)] if len(text) == len(key) else head


# What agencies' names end with; what stands before a title's tail may also be a project or a fund.
_AGENCY_END = re.compile(
    r"(局|委|委员会|办|办公室|院|馆|会|处|所|站|队|中心|校|学校|中学|小学|大学|学院|幼儿园|政府|公司|厅|部|机关|团|社|庭|室|署|台|园|场|库|行|法院|检察院|镇|乡|街道)$"
)


def _misread_cut(key: str, tails: Sequence[str]) -> int:
    """Where the tail begins in a title whose tail has a misread character."""
    return next((len(key) - len(tail) for tail in tails if OSA.distance(key[-len(tail) :], tail) <= 1), len(key))
