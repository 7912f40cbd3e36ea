"""Rows of a document cut into forms: where a title begins one, where one begins without, which project begins one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz.distance import OSA

from pipeline.dictionaries import Dictionaries, comparison_key
from pipeline.document import Place, Problem, Row, RowCell
from pipeline.forms.titles import (
    CONTINUED,
    UNIT_LINE,
    YEAR_LINE,
    is_continued,
    is_head_text,
    is_prose_title,
    says_more,
    title_cell,
    without_dust,
)
from pipeline.labeltext import surely_read

_PROJECT_COLUMN = re.compile(r"项目名称|\(专项\)名称|单位名称|单位代码|项目编码|项目代码|单位编码|支出项目")
_LISTED = re.compile(r"(指标|目标)\s*[-—–－]{1,2}\s*[^\s\-—:：】]{2,12}(指标|目标|效益|满意度|影响)\s*[】\]:：]")
# Titles that are less alike than this are two, however badly one was read.
_LEAST_ALIKE = 0.7
# A level with its sublevel and one indicator take more characters than that.
_SHORTEST_LIST = 16
_TOTAL = re.compile(r"(合计|总计|小计)[:：]?$")
# Two forms of one layout begin alike in one of their first rows, though one label of each may be misread.
_FIRST_ROWS = 4
_SAME_START = 0.7
# What may be misread at the beginning of a running head whose end is the title's, and the shortest such end.
_LOST_BEGINNING = 2
_LEAST_END = 8
# A form as running text names three levels at least; a sentence may name one.
_LEAST_LEVELS = 3
_LEVEL_LINE = re.compile(
    r"^\s*[(（【\[]?(?:[一二三四五六七八九十]+|\d+|[①-⑩])?[)）】\]]?[、.．)）]?\s*[【\[]?(?P<name>[\u4e00-\u9fff]{2,12})\s*(?=[:：\-—－–(（\s】\]]|$)"
)
_INLINE = re.compile(r"^(?:项目|主管|实施|预算|申报|填报)[\u4e00-\u9fff（）()]{2,10}[:：]")
_COLON = re.compile(r"[:：]")
_STATED = re.compile(r"[\u4e00-\u9fff（）()]{2,14}[:：]\s*\S")
_UNIT_CELL = re.compile(r"[(（]?(?:金额)?单位[:：](?:人民币)?(?:万元|元)[)）]?")
# 主管部门及代码, 项目资金（万元）: labels that forms begin with have 16 characters at most in thirty layouts.
_LONGEST_LABEL = 24
# 其他需要说明的问题, 评价结论, signatures: what stands under the grids of thirty layouts has five rows at most.
_LAST_ROWS = 5
_PROJECT_LINE = re.compile(r"^\s*(?:[一二三四五六七八九十\d]+[、.．])?\s*(?:项目|专项)名称\s*[:：]")
# Header fields stand on the first rows under a title: the year line, the unit line, then the fields.
_LOOK_AHEAD = 8


@dataclass
class Part:
    """One form being gathered: its title, its rows, and what was noticed on the way."""

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
    prose: bool = False  # printed as running text

    def next_project(self, first: Row) -> Part:
        """A further project of the same wide sheet, under the same title and header; its first row tells them apart."""
        following = Part(
            self.title, _places_of(self, first), [], list(self.head_lines), [], self.wide, header=self.header
        )
        following.listed, following.prose = self.listed, self.prose
        if self.header is not None:
            following.rows.append(self.header)
        return following


@dataclass
class Cutter:
    """Walks over the rows of a document once; `before` are the loose lines before the first form."""

    rows: Sequence[Row]
    tails: tuple[str, ...]
    dictionaries: Dictionaries
    later: frozenset[int] = frozenset()  # the rows before which a page's number stands, and is none of a first page
    before: list[Row] = field(default_factory=list)

    def parts(self) -> list[Part]:
        """Return the forms in order."""
        parts: list[Part] = []
        part: Part | None = None
        seen_grid = after_head = False
        wrapped = -1  # a line that was taken as the rest of the title above it
        restated = 0  # the first row behind those that a further page says again
        for i, row in enumerate(self.rows):
            if part is not None:
                part.last = i
            if i == wrapped:
                continue
            if part is not None and (again := self._restated(i, part)):
                restated = i + again
            if i < restated:
                continue
            title = self._title(row)
            if title is None and (title := self._wrapped_title(i)) is not None:
                wrapped = i + 1
            if title is not None:
                if part is not None and self._is_printed_twice(title, part):
                    part.title, part.title_places = _name_and_below(title)[0], title.places
                    continue
                if part is not None and self._goes_on(title.text, part, i):
                    after_head = True  # a running head over a form that goes on: so are year and unit under it
                    continue
                if part is not None and _is_heading(part, title):
                    self.before.append(_as_line(part, row))
                    parts.pop()
                name, *below = _name_and_below(title)
                part = Part(name, title.places, head_lines=below, first=i, last=i)
                if CONTINUED.search(title.text):
                    part.problems.append(Problem("title-missing", "first page missing", _first_place(row)))
                parts.append(part)
                seen_grid = False
                continue
            if part is not None and is_continued(row):
                continue
            if self._starts_prose(i, part):
                name = row.cells[0].text if is_prose_title(row.cells[0].text) else ""
                part = Part(name, row.cells[0].places if name else (), first=i, last=i, prose=True)
                if not name:
                    part.problems.append(Problem("title-missing", "form without a title", _first_place(row)))
                parts.append(part)
                seen_grid = False
                if name:
                    continue
            elif part is not None and part.prose and self._names_project(row) and self._has_levels(part):
                part = part.next_project(row)
                part.first = part.last = i
                parts.append(part)
            if self._starts_without_title(i, part, seen_grid):
                part = Part(first=i, last=i, head_lines=_units_over(part, row))
                part.problems.append(Problem("title-missing", "form without a title", _first_place(row)))
                parts.append(part)
                seen_grid = False
            if part is None:
                self.before.append(row)
            elif self._is_head_line(row, part):
                texts = [cell.text for cell in row.cells if cell.text]
                part.head_lines.extend(texts)
                if says_more(texts[0]):
                    part.rows.append(row)
            elif after_head and is_head_text(row):
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
                if part.header is None:
                    # An exporter that knows nothing but cells puts the line over the table into its first rows.
                    part.head_lines.extend(c.text for c in row.cells if _UNIT_CELL.fullmatch("".join(c.text.split())))
                    part.head_lines.extend(_years_beside(row))
                part.rows.append(row)
        return [p for p in parts if any(cell.text for row in p.rows for cell in row.cells) or p.title]

    def _title(self, row: Row) -> RowCell | None:
        return title_cell(row, self.tails)

    def _wrapped_title(self, i: int) -> RowCell | None:
        """A title printed over two lines, of which neither is one: …2026年度预算绩效目标 | 申报表."""
        if i + 1 >= len(self.rows) or self.rows[i].n_cols or self.rows[i + 1].n_cols:
            return None
        one, other = (self.rows[j].cells[0] for j in (i, i + 1))
        if self._title(self.rows[i + 1]) is not None or _COLON.search(one.text + other.text):
            return None
        places = (*one.places, *other.places)
        whole = replace(one, text=one.text + other.text, places=places, lines=(*one.lines, *other.lines))
        return title_cell(replace(self.rows[i], cells=(whole,)), self.tails)

    @staticmethod
    def _is_printed_twice(title: RowCell, part: Part) -> bool:
        """Tell whether the title at hand was a running head: small print, with other mistakes than the title below.

        Nothing stands between the two, on one page; what differs is a few characters.
        """
        if part.rows or part.problems or {p.page for p in part.title_places} != {p.page for p in title.places}:
            return False
        alike = OSA.normalized_similarity(comparison_key(part.title), comparison_key(title.text))
        return alike > _SAME_START

    def _goes_on(self, title: str, part: Part, i: int) -> bool:
        """Tell whether a title is a running head over the form at hand."""
        if CONTINUED.search(title):
            return True
        if self._same_title(part.title, title):
            return not self._begins_again(i, part)
        return self._grid_goes_on(title, i, part)

    def _grid_goes_on(self, title: str, i: int, part: Part) -> bool:
        """Tell whether the grid at hand goes on under a title of which a third may be misread: 项日支出绩效目标中提表.

        Its heads follow again, or rows of its width that begin with no field's label, as a form of its own does.
        """
        alike = OSA.normalized_similarity(comparison_key(part.title), comparison_key(title))
        following = self._rows_after(i)
        own = next((row for row in part.rows if row.n_cols and any(cell.text for cell in row.cells)), None)
        if part.header is None or alike < _LEAST_ALIKE or not following or own is None or self._is_grid_header(own):
            return False
        if self._is_grid_header(following[0]):
            return True
        first = next(cell.text for cell in following[0].cells if cell.text)
        known = self.dictionaries.written("field", first) or self.dictionaries.written("narrative", first)
        return following[0].n_cols == part.header.n_cols and not known and len(first) <= _LONGEST_LABEL

    def _begins_again(self, i: int, part: Part) -> bool:
        """Tell whether a form of its own stands under a repeated title.

        It does where one of its first rows begins as one of the first rows of the form at hand did, where fields follow
        a grid, and where the titles differ in more than a misread character and no grid goes on.
        """
        own = [row for row in part.rows if row.n_cols and any(cell.text for cell in row.cells)]
        if not own:
            return False
        head = next((n for n, row in enumerate(own) if self._is_grid_header(row)), len(own))
        # What stands in a grid says nothing of how a form begins: a page restates 产出指标.
        # Nor does a number: an amount below its label, and the running number of a row.
        keys = [self._first_key(row) for row in own[: min(_FIRST_ROWS, head + 1)]]
        starts = [key for key in keys if not key.isdecimal()]
        following = self._rows_after(i)
        if not following:
            return False
        heads_both = self._is_grid_header(following[0]) and self._is_grid_header(own[0])
        if part.wide and heads_both and len(following) > 1:
            # A sheet of projects prints its header on every page: it goes on where no project's own cells follow.
            # One such cell alone is the rest of a text that the break cuts; a project fills its name and more.
            return sum(bool(cell.text) and cell.col < part.wide for cell in following[1].cells) >= 2
        # A misread character must not glue two forms together.
        heads = [self._first_key(row) for row in following[:_FIRST_ROWS]]
        if self._is_grid_header(following[0]) and not self._is_grid_header(own[0]):
            heads = []  # a repeated header: the grid goes on
        if any(OSA.normalized_similarity(head, start) > _SAME_START for head in heads for start in starts):
            return True
        first = next(cell.text for cell in following[0].cells if cell.text)
        if len(first) > _LONGEST_LABEL:
            return False  # the rest of a text that the break cuts: a form begins with a label
        is_field = bool(self.dictionaries.written("field", first) or self.dictionaries.written("narrative", first))
        if part.header is not None and is_field:
            # 其他需要说明的问题 under a repeated title ends the form at hand; a form of its own has more to it.
            return self._is_whole(i)
        title = self._title(self.rows[i])
        one, other = comparison_key(part.title), comparison_key(title.text if title is not None else "")
        unlike = OSA.distance(one, other) > 1 or re.findall(r"\d", one) != re.findall(r"\d", other)
        grid_goes_on = part.header is not None and following[0].n_cols == part.header.n_cols
        return unlike and not grid_goes_on

    def _is_whole(self, i: int) -> bool:
        """Tell whether a grid, or more rows than a form ends with, stand between a title and the next one."""
        rows = 0
        for row in self.rows[i + 1 :]:
            if self._title(row) is not None:
                break
            if self._is_grid_header(row):
                return True
            rows += bool(row.n_cols) and any(cell.text for cell in row.cells)
        return rows > _LAST_ROWS

    def _rows_after(self, i: int) -> list[Row]:
        """The next rows of tables up to the next title, without year and unit."""
        found: list[Row] = []
        for row in self.rows[i + 1 : i + 1 + _LOOK_AHEAD]:
            if self._title(row) is not None:
                break
            if row.n_cols and any(cell.text for cell in row.cells) and not is_head_text(row):
                found.append(row)
        return found

    @staticmethod
    def _first_key(row: Row) -> str:
        return comparison_key(next(cell.text for cell in row.cells if cell.text))

    @staticmethod
    def _same_title(one: str, other: str) -> bool:
        short, long = sorted((comparison_key(one), comparison_key(other)), key=len)
        # A seal over the running head leaves its end: 三项目支出绩效目标表.
        end = short[_LOST_BEGINNING:]
        ends = len(end) >= _LEAST_END and long.endswith(end)
        return ends or OSA.normalized_similarity(short, long) > 0.85

    def _starts_without_title(self, i: int, part: Part | None, seen_grid: bool) -> bool:
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

    def _restated(self, i: int, part: Part) -> int:
        """How many rows from row i on say again what the form at hand began with, on a further page of it.

        The page's number says that it is no first one, label and value are as before, and the grid goes on below them:
        a form of its own gives the project another name, or has more fields.
        """
        if i not in self.later or part.header is None or part.wide:
            return 0
        head = [_texts(row) for row in part.rows[: part.rows.index(part.header)]]
        rows = self.rows[i:]
        begin = next((n for n, row in enumerate(rows) if row.n_cols and any(_texts(row)) and not is_head_text(row)), 0)
        if begin and not all(self._title(row) or is_head_text(row) or not any(_texts(row)) for row in rows[:begin]):
            return 0
        end = next((n for n in range(begin, len(rows)) if _texts(rows[n]) not in head), len(rows))
        if end == begin or end == len(rows) or any(len(_texts(row)) < 2 for row in rows[begin:end]):
            return 0
        goes_on = self._is_grid_header(rows[end]) or self._is_level_row(rows[end])
        named = any(self.dictionaries.written("field", _texts(row)[0]) for row in rows[begin:end])
        return end if goes_on and named else 0

    def _is_grid_header(self, row: Row) -> bool:
        roles = [self._column_role(cell) for cell in row.cells if cell.text]
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
        # Text with a blank line between its rows has a table of each; they are as wide as the heads.
        below = [other for other in self.rows[i + 1 : i + 3] if other.table == row.table or other.n_cols == row.n_cols]
        return any(_lists(other) and sum(bool(cell.text) for cell in other.cells) >= 3 for other in below)

    def _lead_columns(self, row: Row) -> int:
        """How many columns left of the levels hold a project's name or code; 0 where the sheet is not wide."""
        filled = [cell for cell in row.cells if cell.text]
        roles = [self._column_role(cell) for cell in filled]
        first = next((i for i, role in enumerate(roles) if role and role.startswith("level")), 0)
        named = any(_PROJECT_COLUMN.search(comparison_key(cell.text)) for cell in filled[:first])
        return filled[first].col if first and named else 0

    @staticmethod
    def _begins_project(row: Row, part: Part) -> bool:
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
        # Where the name is all that a project has, another name on a row that prints it each time begins one.
        heads = [cell for cell in part.header.cells if cell.text and cell.col < part.wide] if part.header else []
        renamed = len(heads) == len(leads) == 1 and bool(before.get(leads[0].col))
        return bool(has_rows) and (len(leads) >= 2 or renamed) and same_width

    def _column_role(self, cell: RowCell) -> str | None:
        # Dust behind a head is a mark to the recogniser: 三级指标，.
        written = self.dictionaries.written("column", cell.text.rstrip("，,。.、'“”·… "))
        if not written and (sure := surely_read(cell.lines)):
            written = self.dictionaries.written("column", sure)
        return self.dictionaries.names("column")[written][0].role if written else None

    @staticmethod
    def _is_head_line(row: Row, part: Part) -> bool:
        """The year and the money unit stand between the title and the first table row."""
        return not any(other.n_cols for other in part.rows) and is_head_text(row)

    # -- forms as running text -----------------------------------------------------------------------------------------

    def _starts_prose(self, i: int, part: Part | None) -> bool:
        """Tell whether a form printed as running text begins on a loose line: levels follow it, and no table.

        A title does, 关于…绩效目标设定的公示; where no form is open, so does the first field or level.
        """
        row = self.rows[i]
        if row.n_cols or not row.cells[0].text:
            return False
        text = row.cells[0].text
        if not is_prose_title(text) and (part is not None or not (self._level(text) or _INLINE.match(text))):
            return False
        found: set[str] = set()
        for other in self.rows[i if part is None else i + 1 :]:
            if other.n_cols or self._title(other) is not None:
                break
            found.add(self._level(other.cells[0].text) or "")
        return len(found - {""}) >= _LEAST_LEVELS

    def _level(self, text: str) -> str | None:
        """The level that a line of running text begins with: 1.数量指标：…, （二）效益指标."""
        match = _LEVEL_LINE.match(text)
        key = comparison_key(match["name"]) if match else ""
        return key if key in self.dictionaries.keys["level1"] or key in self.dictionaries.keys["level2"] else None

    def _has_levels(self, part: Part) -> bool:
        return any(self._level(row.cells[0].text) for row in part.rows if not row.n_cols)

    @staticmethod
    def _names_project(row: Row) -> bool:
        return not row.n_cols and bool(_PROJECT_LINE.match(row.cells[0].text))


def _name_and_below(title: RowCell) -> list[str]:
    """The title that a cell holds, without the specks before it, and the lines under it."""
    return without_dust(CONTINUED.sub("", title.text)).split("\n")


def _texts(row: Row) -> list[str]:
    return [cell.text for cell in row.cells if cell.text]


def _years_beside(row: Row) -> list[str]:
    """The year in a row over the table whose other cells are a unit or state a field: 填报单位：某某局 | 2024年度."""
    texts = _texts(row)
    years = [text for text in texts if YEAR_LINE.match(text)]
    rest = [text for text in texts if text not in years and not _UNIT_CELL.fullmatch("".join(text.split()))]
    return years if rest and all(_STATED.match(text) for text in rest) else []


def _is_heading(part: Part, title: RowCell) -> bool:
    """Tell whether a title heads other titles, and no form: the next one stands under it, on one page."""
    same = {place.page for place in part.title_places} == {place.page for place in title.places}
    return bool(part.title) and same and not part.rows and not part.head_lines and not part.problems


def _as_line(part: Part, row: Row) -> Row:
    return Row((RowCell(part.title, 0, 0, places=part.title_places),), 0, row.page, -1)


def _units_over(part: Part | None, row: Row) -> list[str]:
    """The money unit of the page that a form without a title of its own goes on."""
    if part is None or not part.rows or part.rows[-1].page != row.page:
        return []
    return [match.group() for line in part.head_lines if (match := UNIT_LINE.search(line))]


def _lists(row: Row) -> bool:
    """Tell whether a cell of the row lists indicators as text, such as 【产出指标-数量指标】指标1:机柜数量(≥77台)."""
    return any(len(cell.text) > _SHORTEST_LIST and _LISTED.search(cell.text) for cell in row.cells)


def _first_place(row: Row) -> Place | None:
    return next((place for cell in row.cells for place in cell.places), None)


def _places_of(part: Part, first: Row) -> tuple[Place, ...]:
    """Where a further form under one title stands: the title, and the form's own first row, which tells them apart."""
    own = _first_place(first)
    return (*part.title_places[:1], *((own,) if own is not None else ()))
