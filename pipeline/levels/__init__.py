"""Form -> labelled fields and indicator rows.

A trained classifier says what a cell may be, a decoder what the form says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from pipeline.dictionaries import Dictionaries, comparison_key
from pipeline.document import FieldEntry, Form, IndicatorRow, LabelledForm, Role, Row, RowCell
from pipeline.labeltext import BLANK_COLUMN, label_text, split_weight, without_placeholder
from pipeline.levels.columns import infer_headers, refine_headers
from pipeline.levels.cuts import UNSURE, joined_cuts
from pipeline.levels.decode import (
    EMPTY,
    FIELDS,
    FURTHER_ITEM,
    GRID,
    HEADER,
    LOOSE_NOTE,
    NOTE,
    Choice,
    decode,
    skeleton_of,
)
from pipeline.levels.features import ROLES, cell_features
from pipeline.levels.fields import FieldGatherer
from pipeline.levels.headers import NUMBERS, GridHeader, HeaderColumn
from pipeline.levels.lexicon import Lexicon, belongs
from pipeline.levels.lists import list_sheet, listed_indicators
from pipeline.levels.model import LevelModel, load_level_model
from pipeline.levels.prepare import prepare_rows, without_hollow_spans
from pipeline.levels.prose import told_form, told_indicators
from pipeline.levels.settle import DOUBT, settle
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
_EVEN = math.log(0.5)
_LIKELY = math.log(0.95)
# A label with its years is the label still: 中期目标（2024年—2026年）.
_DATED = re.compile(r"(中期|长期|年度|实施期|总体)(总体|绩效)?目标[（(](?=\d{4}年)[\d年度至\-—－~～]+[)）]")
# Where a seal or a signature goes stands under a grid and is none of its rows.
_SEALED = re.compile(r"[(（](盖章|签字|签章|公章|签名)[)）]$")
_GRID_ROLES = (Role.LEVEL1, Role.LEVEL2, Role.LEVEL3, Role.TARGET)
_NAMING = (Role.LABEL, Role.LEVEL1, Role.LEVEL2)
# What fills a cell that has nothing to say looks like a label: 无其他需说明事项.
_NO_LABEL = re.compile(r"[\d\s.,%％/—–\-]+|[暂]?无(其[他它])?(需要?)?(说明)?的?(事项|问题|情况)?")
# What parts a line of running text into level, name and target.
_PIECES = re.compile(r"[:：、，。；;,（）()\d.]+")
_PERIOD_WORD = re.compile(r"长期|中期|实施期|年度")
_PERIOD_NAMES = {"长期": "长期", "中期": "中期", "实施期": "实施期", "年度": "年度"}
# 财预〔2015〕88号 prints the grid of the whole term left of the year's.
_PARALLEL = ("中期", "年度")

__all__ = ["LevelModel", "LevelTools", "label_form", "load_level_tools"]


@dataclass(frozen=True)
class LevelTools:
    """What the levels stage needs: the classifier, the vocabularies as it sees them, and the known layouts."""

    model: LevelModel
    lexicon: Lexicon
    templates: Mapping[str, Template]


def load_level_tools(dictionaries: Dictionaries, templates: Sequence[Template]) -> LevelTools:
    """Load the classifier. Raises ModelError."""
    return LevelTools(load_level_model(), Lexicon(dictionaries), {template.id: template for template in templates})


def label_form(form: Form, tools: LevelTools) -> LabelledForm:
    """Give every cell of a form its role, and gather fields and indicators."""
    template = tools.templates.get(form.template or "")
    sheet = list_sheet(form.rows, tools.lexicon)
    if sheet is not None:
        entries, listed, heads = sheet
        return LabelledForm(form, tuple(entries), tuple(listed), _outside(form.rows), tuple(heads), form.rows)
    told = told_form(form.rows, tools.lexicon)
    if told is not None:
        entries, listed, heads, rest = told
        rest = [*rest, *_untold(form.rows, entries, listed, heads, rest)]
        return LabelledForm(form, tuple(entries), tuple(listed), tuple(rest), tuple(heads), form.rows)
    rows, named = prepare_rows(form.rows, tools.lexicon, template)
    headers = refine_headers(rows, named, tools.lexicon)
    logp = _log_probabilities(rows, headers, tools)
    found = infer_headers(rows, headers, logp, tools.lexicon)
    if found is not None:
        # Only now it is known which rows are the grid's, and what of it a page break cut.
        rows = joined_cuts(without_hollow_spans(rows, found), found, tools.lexicon)
        headers = found
        if len(rows) != len(found):
            headers = infer_headers(
                rows, [None] * len(rows), _log_probabilities(rows, [None] * len(rows), tools), tools.lexicon
            ) or [None] * len(rows)
        logp = _log_probabilities(rows, headers, tools)
    skeleton = skeleton_of(template.skeleton if template else None, tools.lexicon)
    choices, certainties = decode(rows, headers, logp, skeleton, tools.lexicon)
    labelled = tuple(
        _with_roles(row, choice, sure) for row, choice, sure in zip(rows, choices, certainties, strict=True)
    )
    settled, choices = settle(labelled, choices, headers, skeleton, tools.lexicon)
    labelled = tuple(settled)
    gatherer = _Gatherer(tools.lexicon.dictionaries, template)
    for number, (row, choice, header) in enumerate(zip(labelled, choices, headers, strict=True)):
        following = _following(labelled, choices, number)
        second = _following(labelled, choices, number + 1) if following is not None else None
        gatherer.take(row, choice, header, following, second)
    gatherer.finish()
    found_headers = (*gatherer.headers, *gatherer.fields.corners)
    fields, indicators = tuple(gatherer.fields.fields), tuple(gatherer.indicators)
    if not indicators:
        values = [(cell, form.pages[0] if form.pages else 0) for entry in fields for cell in entry.values]
        indicators = tuple(row for cell, page in values for row in listed_indicators(cell, tools.lexicon, page))
        indicators = indicators or tuple(row for c, page in values for row in told_indicators(c, tools.lexicon, page))
    stray, divided = gatherer.fields.strays, gatherer.fields.divided
    strays = (*stray, *_unplaced(labelled, fields, indicators, found_headers, [*stray, *divided]))
    strays += tuple(_blank_columns(headers, indicators))
    return LabelledForm(form, fields, indicators, strays, found_headers, labelled)


def _outside(rows: Sequence[Row]) -> tuple[RowCell, ...]:
    """The loose lines beside a sheet that is read as a whole."""
    return tuple(cell for row in rows if row.n_cols < 3 for cell in row.cells if cell.text)


def _untold(
    rows: Sequence[Row],
    fields: Sequence[FieldEntry],
    indicators: Sequence[IndicatorRow],
    headers: Sequence[RowCell],
    strays: Sequence[RowCell],
) -> list[RowCell]:
    """The lines of running text of which nothing stands anywhere: a level that has no indicator below it."""
    kept = [*headers, *strays, *(cell for entry in fields for cell in (*entry.labels, *entry.values))]
    for row in indicators:
        levels = (row.level1, row.level2, row.level3)
        kept += [cell for cell in (*levels, *row.target, *(cell for _, cell in row.extra)) if cell is not None]
    texts = "\n".join("".join(cell.text.split()) for cell in kept)
    lines = [(cell, "".join(cell.text.split())) for row in rows for cell in row.cells if cell.text]
    pieces = {id(cell): [piece for piece in _PIECES.split(text) if piece] for cell, text in lines}
    return [cell for cell, _ in lines if not any(piece in texts for piece in pieces[id(cell)])]


def _unplaced(
    rows: Sequence[Row],
    fields: Sequence[FieldEntry],
    indicators: Sequence[IndicatorRow],
    headers: Sequence[RowCell],
    strays: Sequence[RowCell],
) -> list[RowCell]:
    """The cells that nothing took, for nothing that was read is lost; restated levels and placeholders are no loss."""
    placed = {_mark(cell) for cell in (*headers, *strays)}
    placed |= {_mark(cell) for entry in fields for cell in (*entry.labels, *entry.values)}
    levels = {(row.level1 and _key(row.level1), row.level2 and _key(row.level2)) for row in indicators}
    named = {Role.LEVEL1: {one for one, _ in levels}, Role.LEVEL2: {two for _, two in levels}}
    for row in indicators:
        placed |= {_mark(cell) for cell in (row.level3, *row.target, *(cell for _, cell in row.extra)) if cell}
    return [
        cell
        for row in rows
        for cell in row.cells
        if cell.text
        and _mark(cell) not in placed
        and not (cell.role in named and _key(cell) in named[cell.role])
        and not (cell.role is Role.LEVEL3 and not without_placeholder(label_text(cell.text)))
    ]


def _blank_columns(headers: Sequence[GridHeader | None], indicators: Sequence[IndicatorRow]) -> Iterator[RowCell]:
    """The heads of columns in which nothing stands, once each; of a blank form, which is told as one, none."""
    told = {name for row in indicators for name, _ in row.extra}
    if not any(row.level3 or row.target for row in indicators):
        return
    for header in {id(h): h for h in headers if h is not None}.values():
        for column in header.columns:
            if column.role == "extra" and not column.lead and column.head is not None and column.name not in told:
                told.add(column.name)
                yield replace(column.head, notes=(*column.head.notes, BLANK_COLUMN))


def _mark(cell: RowCell) -> tuple[int, int, str]:
    """What tells a form's cells apart, however sure we are of them."""
    return cell.row, cell.col, cell.text


def _log_probabilities(
    rows: Sequence[Row], headers: Sequence[GridHeader | None], tools: LevelTools
) -> list[dict[int, Sequence[float]]]:
    """For each row, the log-probabilities over ROLES of its filled cells."""
    features, index = cell_features(rows, headers, tools.lexicon)
    logp: list[dict[int, Sequence[float]]] = [{} for _ in rows]
    for (r, i), values in zip(index, tools.model.log_probabilities(features).tolist(), strict=True):
        logp[r][i] = values
        text = rows[r].cells[i].text.strip()
        no_label, dated, sealed = _told_by_text(text)
        if no_label:
            logp[r][i] = [-12.0 if role in _NAMING else v for role, v in zip(ROLES, logp[r][i], strict=True)]
        if dated:
            logp[r][i] = [
                max(v, _LIKELY) if role is Role.LABEL else -12.0 for role, v in zip(ROLES, logp[r][i], strict=True)
            ]
        if sealed:
            logp[r][i] = [-12.0 if role in _GRID_ROLES else v for role, v in zip(ROLES, logp[r][i], strict=True)]
        header = headers[r]
        column = (
            header.column_at(rows[r].cells[i].col, rows[r].n_cols) if header is not None and rows[r].n_cols else None
        )
        # 可持续影响 is a level 2 and a name; under the level's own head it is the level.
        if column is not None and column.role == "level2" and comparison_key(text) in tools.lexicon.exact["level2"]:
            logp[r][i] = [
                max(v, _EVEN) if role is Role.LEVEL2 else v for role, v in zip(ROLES, logp[r][i], strict=True)
            ]
    return logp


@lru_cache(8_192)
def _told_by_text(text: str) -> tuple[bool, bool, bool]:
    """Whether a cell's text can be no label, is a label with its years, and is where a seal or a signature goes."""
    # A sentence is no label, and neither is a number or a dash; nor is it the name of a level.
    no_label = text.endswith(("。", "；", ";")) or bool(_NO_LABEL.fullmatch(text))
    return no_label, bool(_DATED.fullmatch(text)), bool(_SEALED.search(text))


def _following(rows: Sequence[Row], choices: Sequence[Choice], number: int) -> Row | None:
    """The next field row; a page break between changes nothing as long as the columns are the same."""
    after = number + 1
    if after < len(rows) and choices[after].kind == FIELDS and rows[after].n_cols == rows[number].n_cols:
        return rows[after]
    return None


def _with_roles(row: Row, choice: Choice, certainties: Sequence[float]) -> Row:
    if choice.kind == EMPTY:
        return row
    roles = iter(zip(choice.roles, certainties, choice.columns, strict=True))
    cells = []
    for cell in row.cells:
        if cell.text:
            role, certainty, column = next(roles)
            if column is not None and column.role == "operator" and not _is_sign(cell.text):
                role = Role.EXTRA  # 定性
            sure = min(certainty, DOUBT) if UNSURE in cell.notes else certainty
            cells.append(cell.as_role(role, round(sure, 4)))
        else:
            cells.append(cell)
    return replace(row, cells=tuple(cells))


def _is_sign(text: str) -> bool:
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
    unsigned: bool = False  # the operator's cell holds a sign, but none that is an operator

    def put(self, cell: RowCell, column: HeaderColumn) -> None:
        """File a cell under its column. 定性 in the operator's column is no operator; W and 1 are one misread."""
        if column.role == "operator" and not _is_sign(cell.text):
            self.extra.append((column.name, cell))
            self.unsigned = len("".join(cell.text.split())) == 1
        elif column.role in _TARGET_ORDER:
            self.target.append((_TARGET_ORDER[column.role], cell))
        elif column.role == "extra":
            self.extra.append((column.name, cell))
        else:
            setattr(self, column.role, cell)


class _Gatherer:
    """Walks the labelled rows once, carrying the levels down."""

    def __init__(self, dictionaries: Dictionaries, template: Template | None) -> None:
        self.dictionaries = dictionaries
        self.template = template
        self.fields = FieldGatherer()
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
                if self.level1 is None or _key(level1) != _key(self.level1):
                    other.level2 = None
            self.level1 = level1
            self.broken = shifted
        # Behind a break a level that is printed again begins nothing: its blank row may have been taken already.
        over_page = self.table_changed and bool(grid.rows) and grid.rows[-1].page != row.page
        again = over_page and level2 is not None and grid.level2 is not None and _key(level2) == _key(grid.level2)
        if level2 is not None and not again:
            if not (grid.blank is not None and _key(grid.blank.level2) == _key(level2)):
                self._close_blank(grid)
            grid.level2 = level2
            if level1 is None:
                self._infer_level1(level2)
            if self.template is None or not self.template.skeleton:
                self._doubt_level1(level2, shifted)
        target = tuple(cell for _, cell in sorted(found.target, key=lambda item: (item[0], item[1].col)))
        if found.unsigned:
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
        if self.table_changed and level3 is not None and level2 is None and not target and grid.rows:
            # A page that begins with a name and no target: it may be the rest of the name above.
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
            IndicatorRow(self.level1, grid.level2, level3, target, tuple(found.extra), self.period, row.page, shifted)
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
        if not known or (self.level1 is not None and _key(self.level1) in {comparison_key(name) for name in known}):
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
        strange = not belongs(_key(self.level1), [comparison_key(parent) for parent in parents])
        if not self.broken and not shifted and two:
            return  # printed in one run below its level 1: nothing was lost between them
        # Behind a page break a level 1 may be lost: there a level 2 that no vocabulary knows is reason enough.
        if one and strange and (parents or self.table_changed):
            self.level1 = replace(self.level1, certainty=DOUBT)

    def _parents_of(self, level2: RowCell) -> set[str]:
        """The level-1 names that a level 2 can stand under, by the template or the vocabularies the form has used."""
        key = _key(level2)
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


def _goes_on(target: Sequence[RowCell], extra: Sequence[tuple[str, RowCell]]) -> bool:
    """② and what follows it go on with the row of ①."""
    return any(FURTHER_ITEM.match(cell.text) for cell in (*target, *(cell for _, cell in extra)))


def _period_in(words: str) -> str | None:
    """The period that a head names: 年度绩效目标, 指标值(长期)."""
    match = _PERIOD_WORD.search(words)
    return _PERIOD_NAMES[match.group()] if match else None


def _key(cell: RowCell) -> str:
    return comparison_key(split_weight(label_text(cell.text))[0])
