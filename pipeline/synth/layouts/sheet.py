"""A sheet that a layout fills row by row, keeping cells and truth together, so that they cannot disagree."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.document import Role
from pipeline.synth.content import Subject
from pipeline.synth.indicators import Goal, Item, Kind, fixed_item, kind_of, make_items
from pipeline.synth.model import LaidCell, LaidForm, LaidLine, LaidTable, Truth, TruthIndicator

_UNIT = re.compile(r"[（(]\s*(?:单位[:：])?\s*(?:人民币)?\s*(?:万元|元)\s*[)）]")


def field_key(*labels: str) -> str:
    """Return the key of a field: its labels without line breaks, colon and money unit, joined by →."""
    parts = (_UNIT.sub("", "".join(label.split())).rstrip(":：") for label in labels)
    return "→".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class GridRow:
    """One printed row of the grid: an indicator, or a blank row where `item` is None."""

    item: Item | None
    extra: dict[str, str] = field(default_factory=dict)  # by column header
    prefix: str = ""  # printed before the name, or alone in a blank row: 指标1：, ……


@dataclass(frozen=True, slots=True)
class Group2:
    """A level-2 label with its rows."""

    label: str
    rows: tuple[GridRow, ...]


@dataclass(frozen=True, slots=True)
class Group1:
    """A level-1 label with its level-2 groups; `weight` is what stands in brackets beside it, e.g. 50分."""

    label: str
    groups: tuple[Group2, ...]
    weight: str = ""

    @classmethod
    def of(cls, label: str, groups: Sequence[tuple[str, Sequence[GridRow]]]) -> Group1:
        """Return the group of a label and its (level-2 label, rows)."""
        return cls(label, tuple(Group2(label2, tuple(rows)) for label2, rows in groups))

    @property
    def height(self) -> int:
        """The number of grid rows."""
        return sum(len(group.rows) for group in self.groups)


@dataclass(frozen=True, slots=True)
class Column:
    """A grid column: what it holds and the header over it.

    kind: level1, level2, level3, target, operator, number, unit, or extra (its value is looked up under the header).
    """

    kind: str
    header: str
    width: float


LEVELS = (Column("level1", "一级指标", 0.14), Column("level2", "二级指标", 0.16), Column("level3", "三级指标", 0.45))
_ROLES = {
    "level1": Role.LEVEL1, "level2": Role.LEVEL2, "level3": Role.LEVEL3, "target": Role.TARGET, "operator": Role.TARGET,
    "number": Role.TARGET, "unit": Role.TARGET, "extra": Role.EXTRA,
}  # fmt: skip
# Where a level-1 weight that stands in the label's brackets goes in `extra`; it has no column header of its own.
WEIGHT_KEY = "一级指标权重"


class Sheet:
    """One table under construction; `n_cols` columns with relative widths."""

    def __init__(self, widths: Sequence[float]) -> None:
        self.widths = tuple(widths)
        self.n_cols = len(self.widths)
        self.cells: list[LaidCell] = []
        self.fields: dict[str, str] = {}
        self.indicators: list[TruthIndicator] = []
        # What earlier projects of a roll-up held: their fields, and how many indicators there were when they ended.
        self.before: list[tuple[dict[str, str], int]] = []
        self._taken: dict[tuple[int, int], LaidCell] = {}
        self._row = -1

    def new_row(self) -> int:
        """Begin a row and return its number."""
        self._row += 1
        return self._row

    def put(
        self,
        text: str,
        role: Role,
        colspan: int = 1,
        rowspan: int = 1,
        *,
        vertical: bool = False,
        centred: bool = False,
        shaded: bool = False,
        indicator: int = -1,
        key: str = "",
    ) -> LaidCell:
        """Put a cell at the first free column of the current row; colspan 0 takes all that is left of the row."""
        free = [c for c in range(self.n_cols) if (self._row, c) not in self._taken]
        col = free[0]
        colspan = colspan or self.n_cols - col
        cell = LaidCell(
            self._row, col, text, role, rowspan, colspan, vertical, centred, shaded, indicator, key, len(self.before)
        )  # fmt: skip
        for r in range(self._row, self._row + rowspan):
            for c in range(col, col + colspan):
                if (r, c) in self._taken or c >= self.n_cols:
                    raise ValueError(f"cell {text!r} overlaps at row {r}, column {c}")
                self._taken[r, c] = cell
        self.cells.append(cell)
        return cell

    def next_project(self) -> None:
        """Begin the next project of a roll-up: what follows belongs to another record."""
        self.before.append((self.fields, len(self.indicators)))
        self.fields = {}

    def label(self, text: str, colspan: int = 1, rowspan: int = 1, *, vertical: bool = False) -> None:
        """Put a field label."""
        self.put(text, Role.LABEL, colspan, rowspan, centred=True, vertical=vertical)

    def value(self, text: str, *labels: str, colspan: int = 1, rowspan: int = 1, narrative: bool = False) -> None:
        """Put the value of the field that the labels name."""
        key = field_key(*labels)
        if key in self.fields:
            raise ValueError(f"the field {key} stands twice")
        self.fields[key] = text
        self.put(text, Role.NARRATIVE if narrative else Role.VALUE, colspan, rowspan, centred=not narrative, key=key)

    def pair(self, label: str, text: str, colspan: int = 0, label_span: int = 1, *, narrative: bool = False) -> None:
        """Put a label and its value beside each other in the current row; colspan 0 takes the rest of the row."""
        self.label(label, label_span)
        self.value(text, label, colspan=colspan, narrative=narrative)

    def pairs(self, *pairs: tuple[str, str], label_span: int = 1, narrative: bool = False) -> None:
        """Put a row of labels with their values beside them, the columns shared out evenly; the last takes the rest."""
        self.new_row()
        share = self.n_cols // len(pairs)
        for number, (label, text) in enumerate(pairs):
            span = 0 if number + 1 == len(pairs) else share - label_span
            self.pair(label, text, span, label_span, narrative=narrative)

    def fund_table(
        self, label: str, heads: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]], spans: Sequence[int],
        label_span: int = 1,
    ) -> None:  # fmt: skip
        """Put a label with a table beside it: `heads` over values, row labels first; `spans` from the row labels on."""
        self.new_row()
        self.label(label, label_span, len(rows) + 1)
        self.put("", Role.LABEL, spans[0])
        for head, span in zip(heads, spans[1:], strict=True):
            self.label(head, span)
        for row_label, texts in rows:
            self.new_row()
            self.label(row_label, spans[0])
            for head, text, span in zip(heads, texts, spans[1:], strict=True):
                self.value(text, label, row_label, head, colspan=span)

    def stacked(self, label: str, parts: Sequence[tuple[str, str]], spans: Sequence[int], label_span: int = 1) -> None:
        """Put a label beside narratives under labels of their own: 总体目标 | 中期目标 | 年度目标 over texts."""
        self.new_row()
        self.label(label, label_span, 2, vertical=label_span == 1)
        for (head, _), span in zip(parts, spans, strict=True):
            self.label(head, span)
        self.new_row()
        for (head, text), span in zip(parts, spans, strict=True):
            self.value(text, label, head, colspan=span, narrative=True)

    def bar(self, text: str) -> None:
        """Put a section bar over the whole width in a row of its own."""
        self.new_row()
        self.put(text, Role.BAR, 0, centred=True, shaded=True)

    def table(self) -> LaidTable:
        """Return the table. Raises ValueError where cells do not tile it."""
        rows = self._row + 1
        missing = [(r, c) for r in range(rows) for c in range(self.n_cols) if (r, c) not in self._taken]
        if missing or any(r >= rows for r, _ in self._taken):
            raise ValueError(f"the sheet does not tile: {missing[:5]}")
        cells = tuple(sorted(self.cells, key=lambda cell: (cell.row, cell.col)))
        total = sum(self.widths)
        return LaidTable(cells, rows, self.n_cols, tuple(width / total for width in self.widths))

    # ------------------------------------------------------------------------------------------------------------ grids

    def grid_header(self, columns: Sequence[Column], spans: Sequence[int] | None = None) -> None:
        """Put the grid's header cells into the current row."""
        for column, span in zip(columns, spans or [1] * len(columns), strict=True):
            self.put(column.header, Role.HEADER, span, centred=True, shaded=True)

    def grid(
        self,
        columns: Sequence[Column],
        groups: Sequence[Group1],
        *,
        spans: Sequence[int] | None = None,
        side: str = "",
        side_span: int = 1,
        header: bool = True,
        period: str | None = None,
        repeat_levels: bool = False,
        weight_brackets: str = "（）",
        continued: bool = False,
        over: tuple[str, int, int] | None = None,
    ) -> None:
        """Lay a grid: header, then the groups; `side` is a label written vertically over the grid's whole height.

        `continued`: the grid begins in the row that stands already, beside what was put there. `over` (text, first,
        count) makes the header two rows high: a text over `count` columns from the `first`.
        """
        spans = spans or [1] * len(columns)
        height = sum(group.height for group in groups) + (over is not None)
        if not continued:
            self.new_row()
        if side:
            self.put(side, Role.BAR, side_span, height + header, vertical=True, centred=True)
        if header and over:
            self._double_header(columns, spans, over)
        elif header:
            self.grid_header(columns, spans)
        started = not header
        for group1 in groups:
            for number2, group2 in enumerate(group1.groups):
                last_blank = False
                for number3, row in enumerate(group2.rows):
                    if not started:
                        self.new_row()
                    started = False
                    # Blank rows that follow each other under one level 2 are one indicator.
                    if row.item is not None or not last_blank:
                        self._indicator(group1, group2, row, columns, period)
                    last_blank = row.item is None
                    place = _Place(group1, group2, row, len(self.indicators) - 1, number2 == number3 == 0, number3 == 0)
                    for column, span in zip(columns, spans, strict=True):
                        self._grid_cell(column, span, place, repeat_levels, weight_brackets)

    def _double_header(self, columns: Sequence[Column], spans: Sequence[int], over: tuple[str, int, int]) -> None:
        text, first, count = over
        below = range(first, first + count)
        for number, (column, span) in enumerate(zip(columns, spans, strict=True)):
            if number == first:
                self.put(text, Role.HEADER, sum(spans[i] for i in below), centred=True, shaded=True)
            elif number not in below:
                self.put(column.header, Role.HEADER, span, 2, centred=True, shaded=True)
        self.new_row()
        for number in below:
            self.put(columns[number].header, Role.HEADER, spans[number], centred=True, shaded=True)

    def add_truth(self, groups: Sequence[Group1], period: str | None, kinds: Sequence[str]) -> list[int]:
        """Add the groups' indicators to the truth and return for each grid row the index of its indicator."""
        columns = [Column(kind, "", 0) for kind in kinds]
        numbers = []
        for group1 in groups:
            for group2 in group1.groups:
                last_blank = False
                for row in group2.rows:
                    if row.item is not None or not last_blank:
                        self._indicator(group1, group2, row, columns, period)
                    last_blank = row.item is None
                    numbers.append(len(self.indicators) - 1)
        return numbers

    def _indicator(
        self, group1: Group1, group2: Group2, row: GridRow, columns: Sequence[Column], period: str | None
    ) -> None:
        extra = {key: value for key, value in row.extra.items() if value}
        target = None
        if row.item is not None:
            target = join_goal(row.item.goal, [column.kind for column in columns]) or None
            sign = next((column.header for column in columns if column.kind == "operator"), None)
            if sign and row.item.goal.words:
                extra[sign] = "定性"
        if group1.weight:
            extra[WEIGHT_KEY] = group1.weight
        self.indicators.append(
            TruthIndicator(group1.label, group2.label, row.item.name if row.item else None, target, extra, period)
        )

    def _grid_cell(self, column: Column, span: int, place: _Place, repeat_levels: bool, brackets: str) -> None:
        role, row, index = _ROLES[column.kind], place.row, place.index
        if column.kind == "level1":
            if place.first1 or repeat_levels:
                weight = place.group1.weight
                text = place.group1.label + (brackets[0] + weight + brackets[1] if weight else "")
                self.put(text, role, span, 1 if repeat_levels else place.group1.height, centred=True, indicator=index)
        elif column.kind == "level2":
            if place.first2 or repeat_levels:
                height = 1 if repeat_levels else len(place.group2.rows)
                self.put(place.group2.label, role, span, height, centred=True, indicator=index)
        elif column.kind == "level3":
            self.put(row.prefix + (row.item.name if row.item else ""), role, span, indicator=index)
        elif column.kind == "extra":
            self.put(row.extra.get(column.header, ""), role, span, centred=True, indicator=index)
        else:
            text = goal_part(row.item.goal, column.kind) if row.item else ""
            if column.kind == "operator" and text == "定性":
                role = Role.EXTRA
            self.put(text, role, span, centred=column.kind != "target", indicator=index)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a grid row stands: its groups, its indicator's index, and whether it begins them."""

    group1: Group1
    group2: Group2
    row: GridRow
    index: int
    first1: bool
    first2: bool


def goal_part(goal: Goal, kind: str) -> str:
    """Return what stands in a column of the kind: target (all), operator, number or unit.

    Where operator and number have columns of their own, a qualitative target's words stand under the number and 定性
    under the operator.
    """
    if kind == "target":
        return goal.text
    if kind == "operator":
        return "定性" if goal.words else goal.operator
    if kind == "number":
        return goal.words or goal.number
    return goal.unit


def join_goal(goal: Goal, kinds: Sequence[str]) -> str:
    """Return the target as the record holds it: its parts joined in the order operator, number, unit."""
    if "target" in kinds:
        return goal.text
    parts = [goal_part(goal, kind) for kind in ("operator", "number", "unit") if kind in kinds]
    return "".join(part for part in parts if part != "定性")


# ------------------------------------------------------------------------------------------------------------ grid rows

# Likely numbers of indicators by what a level-2 label asks for, weights beside them: quantities dominate real forms.
_COUNTS: dict[Kind, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "quantity": ((0, 1, 2, 3, 4, 6, 9, 13), (3, 16, 22, 22, 15, 12, 7, 3)),
    "quality": ((0, 1, 2, 3, 5, 8), (8, 36, 28, 16, 8, 4)),
    "time": ((0, 1, 2, 3, 4), (6, 56, 22, 11, 5)),
    "social": ((0, 1, 2, 3, 5), (8, 44, 28, 14, 6)),
    "satisfaction": ((0, 1, 2, 3), (5, 58, 26, 11)),
}
_FEW = ((0, 1, 2, 3), (42, 40, 13, 5))

# The nine names that published Zhengzhou forms print in every form, under their level 2.
FIXED = {
    "投入管理": ("预算执行率", "预算编制合理性", "预算资金到位情况"),
    "财务管理": ("财务管理制度健全性", "资金使用规范性", "财务监控有效性"),
    "项目管理": ("合同管理完备性", "项目质量可控性", "项目管理制度健全性"),
}


def fill_skeleton(
    skeleton: dict[str, tuple[str, ...]],
    subject: Subject,
    rng: random.Random,
    *,
    blank_rows: int = 1,
    skip_blank: bool = False,
    known_share: float = 0.3,
    fixed: float = 0.0,
    placeholders: bool = False,
) -> list[Group1]:
    """Return the skeleton filled with indicators.

    A level 2 without indicators prints one to `blank_rows` blank rows, or is left out (`skip_blank`). `fixed` is the
    share of forms in which the nine fixed names stand where they belong. `placeholders`: names carry the printed form's
    指标1：, 指标2：, which are no part of them, and blank rows hold them alone or ……
    """
    bare = rng.random() < 0.02 and not subject.sound  # a form nobody has filled in
    with_fixed = rng.random() < fixed or (fixed > 0 and subject.sound)
    groups = []
    for label1, labels2 in skeleton.items():
        found = []
        for label2 in labels2:
            kind = kind_of(label2)
            values, weights = _COUNTS.get(kind, _FEW)
            count = 0 if bare else rng.choices(values, weights)[0]
            if subject.sound and kind in _COUNTS:
                count = max(1, count)
            items: list[Item] = []
            if with_fixed and not bare and label2 in FIXED:
                items = [
                    fixed_item(name, subject, rng) for name in FIXED[label2] if subject.sound or rng.random() < 0.97
                ]
                count = rng.choices((0, 1, 2), (82, 14, 4))[0]
            items += make_items(kind, count, subject, rng, known_share)
            rows = [GridRow(item) for item in items]
            if rows and blank_rows > 1 and rng.random() < 0.1:
                rows.append(GridRow(None))
            if not rows and (subject.sound or not skip_blank):
                rows = [GridRow(None)] * rng.randint(1, blank_rows)
            if placeholders:
                rows = _numbered(rows, rng)
            if rows:
                found.append(Group2(label2, tuple(rows)))
        if found:
            groups.append(Group1(label1, tuple(found)))
    if not groups:
        label1, labels2 = next(iter(skeleton.items()))
        groups = [Group1(label1, (Group2(labels2[0], (GridRow(None),)),))]
    return groups


def _numbered(rows: Sequence[GridRow], rng: random.Random) -> list[GridRow]:
    mark = rng.choice(("：", "：", ":", "、"))
    shown = []
    for number, row in enumerate(rows, start=1):
        prefix = f"指标{number}{mark}"
        if row.item is None:
            prefix = rng.choice(("", prefix, "……" if number > 1 else prefix))
        shown.append(replace(row, prefix=prefix))
    return shown


def finish(
    layout: str,
    sheet: Sheet,
    subject: Subject,
    lines: Sequence[LaidLine],
    after: Sequence[LaidLine] = (),
    *,
    agency: str | None,
    money_unit: str | None,
    year: int | None = None,
) -> LaidForm:
    """Return the form made of the lines before, the sheet and the lines after; `year` 0 where the form names none."""
    title = next(line.text for line in lines if line.kind == "title")
    year = subject.year if year is None else year or None
    ends = [*sheet.before, (sheet.fields, len(sheet.indicators))]
    starts = [0, *(end for _, end in ends)]
    truth, *more = (
        Truth(title, year, agency, money_unit, dict(fields), tuple(sheet.indicators[start:end]))
        for start, (fields, end) in zip(starts, ends, strict=False)
    )
    return LaidForm(layout, (*lines, sheet.table(), *after), truth, more=tuple(more))
