"""Labelled rows -> indicators and fields: one walk down the rows that carries levels, periods and blank rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.dictionaries import Dictionaries, comparison_key
from pipeline.document import FieldEntry, IndicatorRow, Role, Row, RowCell
from pipeline.hanzi import is_hanzi
from pipeline.labeltext import label_text, split_weight, without_placeholder
from pipeline.levels.decode import (
    EMPTY,
    FIELDS,
    FURTHER_ITEM,
    GRID,
    HEADER,
    LOOSE_NOTE,
    NOTE,
    Choice,
)
from pipeline.levels.fields import FieldGatherer
from pipeline.levels.headers import NUMBERS, GridHeader, HeaderColumn
from pipeline.levels.lexicon import belongs
from pipeline.levels.settle import DOUBT
from pipeline.templates import Template

# 绩效目标及指标设定情况 is the longest bar of thirty layouts, with room for as many characters more.
_LONGEST_BAR = 24
# A target that has its operator and unit in columns of their own is read in this order.
_TARGET_ORDER = {"operator": 0, "target": 1, "unit": 2}
_SIGN = re.compile(r"^(≥|≤|=|>|<|≧|≦|═|＝|＞|＜|>=|<=|大于|小于|等于|不少于|不低于|不超过|不高于)")
# What an operator alone in its cell is read as, and nothing else could be meant: `targets` puts it right.
_MISREAD = ("二", "》", "《")
# How sure a number is whose operator was not read.
_UNSIGNED = 0.5
# Three characters or fewer are the rest of a name more often than a name.
_REST_OF_NAME = 3
_PERIOD = re.compile(r"(长期|中期|实施期|年度)(?:总体)?(?:绩效)?(?:指标|目标)")
_PERIOD_WORD = re.compile(r"长期|中期|实施期|年度")
_PERIOD_NAMES = {"长期": "长期", "中期": "中期", "实施期": "实施期", "年度": "年度"}
# 财预〔2015〕88号 prints the grid of the whole term left of the year's.
_PARALLEL = ("中期", "年度")


def is_sign(text: str) -> bool:
    """Tell whether a text is an operator, or what one alone in its cell is read as."""
    compact = "".join(text.split())
    return compact in _MISREAD or bool(_SIGN.match(compact))


@dataclass(slots=True)
class _Open:
    """A level-2 cell whose rows were all blank so far."""

    level1: RowCell | None
    level2: RowCell
    page: int


@dataclass(slots=True)
class _Grid:
    """One of the parallel grids of a form, usually the only one."""

    number: int
    rows: list[IndicatorRow] = field(default_factory=list)
    level2: RowCell | None = None
    blank: _Open | None = None
    blank_after: RowCell | None = None  # the level-2 cell that already has its blank row
    level3_until: int = -1  # last row that the level-3 cell above spans
    empty: Row | None = None  # the first blank row of a grid whose header names no levels


@dataclass(slots=True)
class _Slots:
    """The cells of one grid row by what they are."""

    level1: RowCell | None = None
    level2: RowCell | None = None
    level3: RowCell | None = None
    target: list[tuple[int, RowCell]] = field(default_factory=list)
    extra: list[tuple[str, RowCell]] = field(default_factory=list)
    unsigned: RowCell | None = None  # the operator's cell, where it holds a sign, but none that is an operator

    def put(self, cell: RowCell, column: HeaderColumn) -> None:
        """File a cell under its column. 定性 in the operator's column is no operator; W, 1 and ·n are one misread."""
        if column.role == "operator" and not is_sign(cell.text):
            self.extra.append((column.name, cell))
            read = "".join(cell.text.split())
            if len(read) == 1 or (bool(read) and not any(map(is_hanzi, read))):
                self.unsigned = cell
        elif column.role in _TARGET_ORDER:
            self.target.append((_TARGET_ORDER[column.role], cell))
        elif column.role == "extra":
            self.extra.append((column.name, cell))
        else:
            setattr(self, column.role, cell)


class Gatherer:
    """Walks the labelled rows once, carrying the levels down."""

    def __init__(self, dictionaries: Dictionaries, template: Template | None) -> None:
        self.dictionaries = dictionaries
        self.template = template
        self.fields = FieldGatherer(template.fields if template is not None else ())
        self.done: list[IndicatorRow] = []
        self.headers: list[RowCell] = []
        self.grid_header: list[RowCell] = []
        self.grids: dict[int, _Grid] = {}
        self.level1: RowCell | None = None
        self.period: str | None = None
        self.periods: tuple[str | None, ...] = ()  # of parallel grids, as their heads say
        self.own_level2: set[int] = {0}
        self.own_level3: set[int] = {0}
        self.bare = False  # the grid's header names no levels
        self.last_kind = ""
        self.table = -1
        self.table_changed = False
        self.broken = False  # a page break, or a row out of its columns, since the level 1 in force was printed

    @property
    def indicators(self) -> list[IndicatorRow]:
        """All indicators; periods are told only where the form has more than one."""
        periods = {row.period for row in self.done}
        return self.done if len(periods) > 1 else [replace(row, period=None) for row in self.done]

    def take(
        self, row: Row, choice: Choice, header: GridHeader | None, following: Row | None, second: Row | None
    ) -> None:
        """Take the next row with what it is; `following` and `second` are the field rows below it, if any."""
        if choice.kind == GRID:
            self.fields.interrupt()
            self.table_changed, self.table = row.table != self.table, row.table
            self.broken |= self.table_changed
            self._grid_row(row, choice)
        elif choice.kind == FIELDS:
            self._close_blank()
            # Heads printed again at a page's top may have nothing of the grid below them but its total.
            under = self.last_kind == GRID or (self.last_kind == HEADER and any(g.rows for g in self.grids.values()))
            self.fields.row(row, following, self.grid_header if under else (), second)
        elif choice.kind == EMPTY and row.n_cols == 0:
            if len(row.cells) > 1:
                self._close_blank()
                self.fields.stated(row.cells)
                self.last_kind = HEADER  # what stands loose below is no part of these values
                return
            self._loose_line(row.cells[0])
            if row.cells[0].role is Role.LABEL:
                self.last_kind = EMPTY  # its text follows; a line that nothing takes opens nothing
            return
        elif choice.kind == EMPTY:
            for grid in self.grids.values():
                if self.last_kind == GRID:
                    self._blank_row(row, grid)
                elif self.last_kind == HEADER and self.bare and row.cells:
                    grid.empty = grid.empty or row
            return
        else:
            self.fields.interrupt()
            found = [cell for cell in row.cells if cell.text]
            if choice.kind == HEADER:
                self._header_row(found, header)
            else:
                for cell in found:
                    # A bar is a heading: what holds a label with its value, or is too long for one, is none.
                    if NOTE.match(cell.text):
                        self.fields.strays.append(cell)
                    elif not self.fields.lone(cell):
                        if len(cell.text) > _LONGEST_BAR:
                            self.fields.strays.append(cell)
                        else:
                            self._bar(cell)
        # A total under the grid leaves the grid open for what may follow it.
        if not (choice.kind == FIELDS and self.last_kind == GRID and self.grid_header):
            self.last_kind = choice.kind

    def _header_row(self, found: list[RowCell], header: GridHeader | None) -> None:
        self.grid_header = [column.head for column in header.columns if column.head] if header else found
        for cell in found:
            self._bar(cell)
        groups = max((column.group for column in header.columns), default=0) if header else 0
        if groups + 1 != len(self.grids) and self.grids:
            self.flush()
        # Parallel grids may share their level 2: a grid without a column for it takes the first one's.
        self.own_level2 = {column.group for column in header.columns if column.role == "level2"} if header else {0}
        self.own_level3 = {column.group for column in header.columns if column.role == "level3"} if header else {0}
        self.bare = header is not None and all(column.role not in ("level1", "level2") for column in header.columns)
        self.periods = tuple(_period_in(words) for words in header.periods) if header else ()
        for group in range(groups + 1):
            self.grids.setdefault(group, _Grid(group))

    def flush(self) -> None:
        """End the grids at hand: the rows of parallel grids follow each other, each under its period."""
        self._close_blank()
        parallel = len(self.grids) > 1
        told = len(set(self.periods)) == len(self.grids) and None not in self.periods
        for grid in self.grids.values():
            if not grid.rows and grid.empty is not None:
                grid.rows.append(IndicatorRow(None, None, None, (), (), self.period, grid.empty.page))
            names = self.periods if told and grid.number < len(self.periods) else _PARALLEL
            period = names[min(grid.number, len(names) - 1)] if parallel else None
            self.done.extend(replace(row, period=period or row.period) for row in grid.rows)
        self.grids = {}

    def finish(self) -> None:
        """End the form: what is still open is closed."""
        self.flush()

    # -- the grid ------------------------------------------------------------------------------------------------------

    def _grid_row(self, row: Row, choice: Choice) -> None:
        filled = [cell for cell in row.cells if cell.text]
        slots: dict[int, _Slots] = {}
        for cell, column in zip(filled, choice.columns, strict=True):
            if column is None:
                self._bar(cell)
            elif column.lead:
                label = (column.head,) if column.head else ()
                said = any(e.labels == label and [v.text for v in e.values] == [cell.text] for e in self.fields.fields)
                if said and label:
                    self.headers.append(cell)  # an export prints the project's own cells again on every row
                else:
                    self.fields.fields.append(FieldEntry(label, (cell,)))
            else:
                slots.setdefault(column.group, _Slots()).put(cell, column)
        self._share_names(slots)
        for group in sorted({*slots, *self.grids}):
            grid = self.grids.setdefault(group, _Grid(group))
            if group not in self.own_level2 and 0 in self.grids and grid.level2 is not self.grids[0].level2:
                grid.level2 = self.grids[0].level2
                grid.blank_after = None
            if group in slots:
                self._indicator(row, slots[group], grid, choice.shifted)
            elif not choice.shifted and group in self.own_level3:
                # One of the parallel grids has nothing on this row.
                self._blank_row(row, grid)

    def _share_names(self, slots: dict[int, _Slots]) -> None:
        """中期指标值 | 年度指标值 behind one name: the name is both grids', and stands where it has a target."""
        for group in [group for group in slots if group not in self.own_level3 and self.own_level3]:
            first = slots.get(0)
            if first is None or first.level3 is None or not slots[group].target:
                if first is not None:
                    first.extra.extend(slots[group].extra)
                    del slots[group]
            else:
                slots[group].level3 = first.level3

    def _indicator(self, row: Row, found: _Slots, grid: _Grid, shifted: bool) -> None:
        level1, level2, level3 = found.level1, found.level2, found.level3
        if level1 is not None:
            for other in self.grids.values():
                self._close_blank(other)
                if self.level1 is None or level_key(level1) != level_key(self.level1):
                    other.level2 = None
            self.level1 = level1
            self.broken = shifted
        # Behind a break a level that is printed again begins nothing: its blank row may have been taken already.
        over_page = self.table_changed and bool(grid.rows) and grid.rows[-1].page != row.page
        again = (
            over_page and level2 is not None and grid.level2 is not None and level_key(level2) == level_key(grid.level2)
        )
        if (
            level2 is not None
            and level3 is None
            and found.target
            and not self.dictionaries.written("level2", level2.text)
        ):
            # A name with a target that slid into the column of levels: what stands below it is asked about, too.
            level2 = replace(level2, certainty=min(level2.certainty, DOUBT))
        if level2 is not None and not again:
            if not (grid.blank is not None and level_key(grid.blank.level2) == level_key(level2)):
                self._close_blank(grid)
            grid.level2 = level2
            if level1 is None:
                self._infer_level1(level2)
            if self.template is None or not self.template.skeleton:
                self._doubt_level1(level2, shifted)
        target = tuple(cell for _, cell in sorted(found.target, key=lambda item: (item[0], item[1].col)))
        if found.unsigned is not None:
            # The number stands without its operator: what was read in its place is kept beside it, and somebody looks.
            target = tuple(replace(cell, confidence=min(cell.confidence, _UNSIGNED)) for cell in target)
        target = self._doubtful_target(target, level3, found)
        nothing = level3 is None or not without_placeholder(label_text(level3.text))
        numbered = all(name in NUMBERS for name, _ in found.extra)
        if nothing and not target and (not found.extra or (numbered and level2 is None and grid.level2 is None)):
            if level2 is not None and not again:
                grid.blank = _Open(self.level1, level2, row.page)
            else:
                self._blank_row(row, grid)
            return
        grid.blank = None
        number = row.cells[0].row
        if level3 is None and grid.rows and (number <= grid.level3_until or _goes_on(target, found.extra)):
            self._sub_row(grid, target, found.extra)
            return
        lone = bool(grid.rows and grid.rows[-1].target) and not found.extra and not _is_drawn(level3)
        if (self.table_changed or lone) and level3 is not None and level2 is None and not target and grid.rows:
            # A page that begins with a name and no target: it may be the rest of the name above. Where a text without
            # outlines has its page breaks, nobody knows.
            level3 = replace(level3, certainty=min(level3.certainty, DOUBT))
            if (last := grid.rows[-1].level3) is not None:
                grid.rows[-1] = replace(grid.rows[-1], level3=replace(last, certainty=min(last.certainty, DOUBT)))
        before = grid.rows[-1] if grid.rows else None
        lost = before is not None and before.level3 is not None and not before.target
        if level3 is not None and level2 is None and lost and len(label_text(level3.text)) <= _REST_OF_NAME:
            # 水质达标 without a target, then 率 with one: the end of a name stands on a row of its own.
            level3 = replace(level3, certainty=min(level3.certainty, DOUBT))
        if level3 is not None and grid.level2 is None and grid.number in self.own_level2:
            level3 = replace(level3, certainty=min(level3.certainty, DOUBT))  # its level 2 was lost
        if level3 is not None:
            grid.level3_until = level3.row + level3.rowspan - 1 if level3.rowspan > 1 else -1
        grid.rows.append(
            IndicatorRow(
                self.level1,
                grid.level2,
                level3,
                target,
                tuple(found.extra),
                self.period,
                row.page,
                shifted,
                found.unsigned,
            )
        )

    def _doubtful_target(
        self, target: tuple[RowCell, ...], level3: RowCell | None, found: _Slots
    ) -> tuple[RowCell, ...]:
        """A sign and a unit without a number between them, and a target that belongs to no name, are asked about."""
        # 按时 in the unit's column slid there from another: words have no unit.
        units = self.dictionaries.keys["unit"]
        words = any(
            place == _TARGET_ORDER["target"] and not re.search(r"\d", cell.text) for place, cell in found.target
        )
        slid = words and any(
            place == _TARGET_ORDER["unit"] and comparison_key(cell.text) not in units for place, cell in found.target
        )
        hollow = bool(target) and all(place != _TARGET_ORDER["target"] for place, _ in found.target)
        nameless = level3 is None and not _goes_on(target, found.extra)
        if not hollow and not nameless and not slid:
            return target
        return tuple(replace(cell, certainty=min(cell.certainty, DOUBT)) for cell in target)

    def _bar(self, cell: RowCell) -> None:
        """A section bar or the vertical label beside a grid; where it names a period, the rows below are of it."""
        self.headers.append(cell)
        match = _PERIOD.search("".join(cell.text.split()))
        if match and self.period != _PERIOD_NAMES[match.group(1)]:
            self._close_blank()  # a blank row above belongs to the period above
            self.period = _PERIOD_NAMES[match.group(1)]

    def _infer_level1(self, level2: RowCell) -> None:
        """A page break may swallow a level 1: the skeleton says whose the level 2 is, and a person is asked to look."""
        known = self._parents_of(level2)
        if not known or (
            self.level1 is not None and level_key(self.level1) in {comparison_key(name) for name in known}
        ):
            return
        if len(known) == 1:
            [name] = known
            self.level1 = RowCell(name, level2.row, 0, confidence=0.5, role=Role.LEVEL1, notes=("inferred",))

    def _doubt_level1(self, level2: RowCell, shifted: bool) -> None:
        """Where no vocabulary puts this level 2 under the level 1 in force, one of them was lost or misread: ask."""
        if self.level1 is None or self.level1.certainty <= DOUBT:
            return
        one = self.dictionaries.written("level1", split_weight(label_text(self.level1.text))[0])
        two = self.dictionaries.written("level2", level2.text)
        parents = {p for name in self.dictionaries.names("level2").get(two or "", ()) for p in name.parents}
        strange = not belongs(level_key(self.level1), [comparison_key(parent) for parent in parents])
        if not self.broken and not shifted and two:
            return  # printed in one run below its level 1: nothing was lost between them
        # Behind a page break a level 1 may be lost: there a level 2 that no vocabulary knows is reason enough.
        if one and strange and (parents or self.table_changed):
            self.level1 = replace(self.level1, certainty=DOUBT)

    def _parents_of(self, level2: RowCell) -> set[str]:
        """The level-1 names that a level 2 can stand under, by the template or the vocabularies the form has used."""
        key = level_key(level2)
        if self.template is not None and self.template.skeleton:
            return {
                one for one, below in self.template.skeleton.items() if key in {comparison_key(name) for name in below}
            }
        # Without a template a vocabulary may divide the levels otherwise than the form does: only a level 1 that a page
        # break may have swallowed is put in.
        if self.level1 is None or not self.table_changed:
            return set()
        written = self.dictionaries.written("level1", self.level1.text)
        used = {name.vocabulary for name in self.dictionaries.names("level1").get(written or "", ())}
        level2_written = self.dictionaries.written("level2", level2.text)
        names = self.dictionaries.names("level2").get(level2_written or "", ())
        return {parent for name in names if name.vocabulary in used for parent in name.parents}

    @staticmethod
    def _sub_row(grid: _Grid, target: Sequence[RowCell], extras: Sequence[tuple[str, RowCell]]) -> None:
        """Another row of the level-3 cell above: its values go beside the first row's."""
        last = grid.rows[-1]
        more = [("目标值", cell) for cell in target]
        grid.rows[-1] = replace(last, extra=(*last.extra, *more, *extras))

    def _close_blank(self, grid: _Grid | None = None) -> None:
        for one in [grid] if grid is not None else list(self.grids.values()):
            if one.blank is not None:
                blank = one.blank
                one.rows.append(IndicatorRow(blank.level1, blank.level2, None, (), (), self.period, blank.page))
                one.blank_after = blank.level2
                one.blank = None

    def _blank_row(self, row: Row, grid: _Grid) -> None:
        """A printed row without text belongs to the level 2 above it: all of them are one blank indicator."""
        if grid.blank is not None or grid.level2 is None or grid.level2 is grid.blank_after or not row.cells:
            return
        if row.cells[0].row <= grid.level3_until:
            return
        grid.blank_after = grid.level2
        grid.rows.append(IndicatorRow(self.level1, grid.level2, None, (), (), self.period, row.page))

    def _loose_line(self, cell: RowCell) -> None:
        if cell.role is Role.LABEL:
            self._close_blank()
            self.fields.label(cell)
        elif cell.role is Role.BAR:
            self._close_blank()
            self.fields.interrupt()
            self._bar(cell)
        elif self.last_kind in (FIELDS, EMPTY) and not LOOSE_NOTE.match(cell.text):
            self.fields.more([cell])
        else:
            self.fields.strays.append(cell)


def _is_drawn(cell: RowCell | None) -> bool:
    """Tell whether a cell has an outline on a page."""
    return cell is not None and any(place.polygon for place in cell.places)


def _goes_on(target: Sequence[RowCell], extra: Sequence[tuple[str, RowCell]]) -> bool:
    """② and what follows it go on with the row of ①."""
    return any(FURTHER_ITEM.match(cell.text) for cell in (*target, *(cell for _, cell in extra)))


def _period_in(words: str) -> str | None:
    """The period that a head names: 年度绩效目标, 指标值(长期)."""
    match = _PERIOD_WORD.search(words)
    return _PERIOD_NAMES[match.group()] if match else None


def level_key(cell: RowCell) -> str:
    """The key of a level's name, without its weight."""
    return comparison_key(split_weight(label_text(cell.text))[0])
