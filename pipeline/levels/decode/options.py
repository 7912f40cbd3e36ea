"""The ways to read one row: the columns that its cells take in a grid, labels and values, a bar, a header."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from pipeline.dictionaries import comparison_key
from pipeline.document import Role, Row
from pipeline.levels.features import ROLES
from pipeline.levels.headers import GridHeader, HeaderColumn
from pipeline.levels.inline import SIGNED
from pipeline.levels.lexicon import Lexicon

# Log-odds, chosen on the generator's development split (docs/levels.md has the sweep); all plateaus are wide.
_SHIFT = 0.7  # cells leave their columns where blanks are not known from spans
_SHIFT_KNOWN = 3.0  # and where they are
_NO_NAME = 2.5  # a target without a level-3 name beside it
_NO_TARGET = 0.7  # a name without its target: it fell off, which is rare
_LEVEL1_ALONE = 1.0  # level 1 without level 2 beside it
_CONTINUED_VALUE = 1.5  # a value without its label: the rest of a cell cut by a page break
_LABEL_LABEL = 0.9
_VALUE_VALUE = 1.5
_SIGN_AS_UNIT = 1.5  # ≥ or 定性 in a column of units: it belongs in the one beside it
_PER_ROW = 6
# What is kept of rows and levels for those that come again; an entry takes some 300 bytes.
MOST_KEPT = 20_000
_SIGN = re.compile(r"\s*(?:[≥≤=><≧≦═＝]|定性|定量)\s*")
# ② and what follows it belong to the row of ①.
FURTHER_ITEM = re.compile(r"^\s*[②-⑳]")
# What a table says of itself, under it or between its rows.
NOTE = re.compile(r"^\s*([*※]|注\s*\d*|(填[表报写])?(说明|备注))\s*[:：]")
# Outside the tables a note says so too; 备注 there is as often a field's label.
LOOSE_NOTE = re.compile(r"^\s*([*※]|注\s*\d*|[填编]?[表报写制]?说明|附件?\s*\d*)\s*[:：]")
# 填报人：罗平 in one cell; such a row is one of fields wherever it stands.
_INLINE_FIELD = re.compile(r"^([^:：\d]{2,14})[:：]")
_TOTAL = re.compile(r"(总计|合计)[:：]?")
GRID, FIELDS, BAR, HEADER, EMPTY = "grid", "fields", "bar", "header", "empty"
_DEFAULT_ROLES = ("level1", "level2", "level3", "target")
_AT = {role: place for place, role in enumerate(ROLES)}
_COLUMN_ROLE = {
    "level1": (Role.LEVEL1,), "level2": (Role.LEVEL2,), "level3": (Role.LEVEL3,), "target": (Role.TARGET,),
    # An operator or a unit in a column of its own looks like either.
    "operator": (Role.EXTRA, Role.TARGET), "unit": (Role.EXTRA, Role.TARGET), "extra": (Role.EXTRA,),
}  # fmt: skip
# A project's name, code, amount or goal beside its indicators reads like a field's value.
_LEAD_ROLES = (Role.EXTRA, Role.VALUE, Role.NARRATIVE, Role.LABEL)
_ROLE_OF_COLUMN = {"level1": Role.LEVEL1, "level2": Role.LEVEL2, "level3": Role.LEVEL3, "extra": Role.EXTRA}
_Partial = tuple[float, int, int, int]
_FIELD_ROLES = (Role.LABEL, Role.VALUE, Role.NARRATIVE)


class Choice(NamedTuple):  # made and asked thousands of times a form: a tuple takes a third of a dataclass's time
    """One way to read a row: its kind and, for each filled cell, a role and (in a grid) the column it takes."""

    kind: str
    roles: tuple[Role, ...]
    columns: tuple[HeaderColumn | None, ...]
    score: float
    shifted: bool = False


def options_of(
    row: Row,
    header: GridHeader | None,
    logp: Mapping[int, Sequence[float]],
    number: int,
    lexicon: Lexicon,
    above: bool = False,
) -> list[Choice]:
    """The ways to read a row; `above` the header of its own table it is none of the grid."""
    filled = [i for i, cell in enumerate(row.cells) if cell.text]
    if not filled or row.n_cols == 0:
        return [Choice(EMPTY, (), (), 0.0)]
    if header is not None and header.first <= number <= header.row:
        return [Choice(HEADER, (Role.HEADER,) * len(filled), (None,) * len(filled), 0.0)]
    if len(filled) > 1 and all(_is_inline_field(row.cells[i].text, lexicon) for i in filled):
        return [Choice(FIELDS, (Role.LABEL,) * len(filled), (None,) * len(filled), 0.0)]
    if len(filled) == 1 and NOTE.match(row.cells[filled[0]].text):
        return [Choice(BAR, (Role.BAR,), (None,), 0.0)]
    if header is not None and any(column.lead for column in header.columns):
        first = "".join(row.cells[filled[0]].text.split())
        if len(filled) > 1 and _TOTAL.fullmatch(first):
            # 合计 under the projects of a sheet is none of them.
            roles = (Role.LABEL, *(Role.VALUE,) * (len(filled) - 1))
            return [Choice(FIELDS, roles, (None,) * len(filled), 0.0)]
    choices = [] if above else _grid_options(row, header, logp, filled)
    choices.append(_field_option(logp, filled))
    if len(filled) == 1:
        choices.append(Choice(BAR, (Role.BAR,), (None,), _p(logp, filled[0], Role.BAR)))
    headed = sum(_p(logp, i, Role.HEADER) for i in filled)
    # A row that the vocabulary does not know for a header is one only where the classifier takes every cell for it.
    if headed > len(filled) * math.log(0.5) and not above:
        choices.append(Choice(HEADER, (Role.HEADER,) * len(filled), (None,) * len(filled), headed))
    return choices


def _is_inline_field(text: str, lexicon: Lexicon) -> bool:
    match = _INLINE_FIELD.match(text)
    if match is None:
        return False
    key = comparison_key(match.group(1))
    return key in lexicon.exact["field"] or bool(SIGNED.search(key))


def _p(logp: Mapping[int, Sequence[float]], cell: int, role: Role) -> float:
    return logp[cell][_AT[role]]


def _grid_options(
    row: Row, header: GridHeader | None, logp: Mapping[int, Sequence[float]], filled: Sequence[int]
) -> list[Choice]:
    """The likeliest ways to give the cells columns of the grid from left to right (k-best dynamic programme)."""
    columns = header.columns if header else _default_columns(row.n_cols)
    scale = 1.0 if header is None or header.n_cols == row.n_cols else header.n_cols / max(row.n_cols, 1)
    shift = _SHIFT_KNOWN if row.spans_known else _SHIFT
    reaches = [(column.col, column.col + column.colspan, *_looks_like(column)) for column in columns]
    width, most = len(columns), _PER_ROW * 6
    units = {j for j, column in enumerate(columns) if column.role == "unit"}
    # Partial readings: (cost, picked columns, last column, last displacement). The columns are the digits of a number,
    # counted from one; zero marks a vertical bar beside the grid. Numbers of as many digits sort as the columns would.
    # Costs are negative scores and no two have picked the same, so that they sort as they are.
    base = width + 1
    partial: list[_Partial] = [(0.0, 0, -1, 0)]
    for position, i in enumerate(filled):
        cell, own = row.cells[i], logp[i]
        at = round((cell.col + 0.5) * scale - 0.5) if scale != 1.0 else cell.col
        steps = [
            (j, max([own[role] for role in others]) if others else own[role], 0 if first <= at < end else first - at)
            for j, (first, end, role, others) in enumerate(reaches)
        ]
        if units and _SIGN.fullmatch(cell.text):
            steps = [(j, gain - _SIGN_AS_UNIT if j in units else gain, moved) for j, gain, moved in steps]
        after = [steps[j:] for j in range(width + 1)]
        grown: list[_Partial] = []
        if position == 0 and cell.rowspan > 2:
            grown.append((0.0 - _p(logp, i, Role.BAR), 0, -1, 0))
        for cost, picked, last, displaced in partial:
            more = picked * base + 1
            grown += [
                (cost - gain + (shift if moved != displaced else 0.0), more + j, j, moved)
                for j, gain, moved in after[last + 1]
            ]
        if len(grown) > most or position == len(filled) - 1:
            grown.sort()
            del grown[most:]
        partial = grown
    named = _named(tuple([column.role for column in columns]))
    further = any(FURTHER_ITEM.match(cell.text) for cell in row.cells)
    ranked = []
    for number, (cost, picked, _, _) in enumerate(partial):
        roles, lacking, lacking_less, places = named.of(picked, len(filled))
        ranked.append((cost + (lacking_less if further else lacking), roles, number, places))
    ranked.sort()
    choices = []
    for cost, roles, _, places in ranked[:_PER_ROW]:
        chosen = tuple([columns[j] if j >= 0 else None for j in places])
        shifted = scale == 1.0 and any(
            c is not None and not c.col <= row.cells[i].col < c.col + c.colspan
            for c, i in zip(chosen, filled, strict=True)
        )
        choices.append(Choice(GRID, roles, chosen, -cost, shifted))
    return choices


class _Named:
    """What cells are that take columns of these roles, and what such a row lacks; kept, for rows repeat it."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self._role_of = [_ROLE_OF_COLUMN.get(column, Role.TARGET) for column in columns]
        self._known: dict[tuple[int, int], tuple[tuple[Role, ...], float, float, tuple[int, ...]]] = {}

    def of(self, picked: int, count: int) -> tuple[tuple[Role, ...], float, float, tuple[int, ...]]:
        """The roles of `count` picked columns, _shape_cost of them without and with a further item, and the columns."""
        known = self._known.get((picked, count))
        if known is None:
            places: list[int] = []
            rest, base = picked, len(self._role_of) + 1
            for _ in range(count):
                rest, digit = divmod(rest, base)
                places.insert(0, digit - 1)
            roles = tuple([self._role_of[j] if j >= 0 else Role.BAR for j in places])
            known = roles, _shape_cost(roles, False), _shape_cost(roles, True), tuple(places)
            if len(self._known) > MOST_KEPT:
                self._known.clear()
            self._known[picked, count] = known
        return known


@lru_cache(256)  # layouts of grids, of which there are dozens
def _named(columns: tuple[str, ...]) -> _Named:
    return _Named(columns)


def _looks_like(column: HeaderColumn) -> tuple[int, tuple[int, ...]]:
    """The place in ROLES of what a cell of this column looks like; where it may be one of several, theirs instead."""
    return _LEAD_PLACES if column.lead else _COLUMN_PLACES[column.role]


def _places(roles: Sequence[Role]) -> tuple[int, tuple[int, ...]]:
    return _AT[roles[0]], tuple([_AT[role] for role in roles]) if len(roles) > 1 else ()


_LEAD_PLACES = _places(_LEAD_ROLES)
_COLUMN_PLACES = {name: _places(roles) for name, roles in _COLUMN_ROLE.items()}


@lru_cache(64)
def _default_columns(n_cols: int) -> tuple[HeaderColumn, ...]:
    roles = _DEFAULT_ROLES[-n_cols:] if n_cols < 4 else (*_DEFAULT_ROLES, *("extra",) * (n_cols - 4))
    return tuple(
        HeaderColumn(col, 1, role, "" if role != "extra" else f"第{col + 1}列") for col, role in enumerate(roles)
    )


def _shape_cost(roles: Sequence[Role], further: bool) -> float:
    """What the row lacks; with a `further` item it goes on with the name above it."""
    cost = 0.0
    if Role.TARGET in roles and Role.LEVEL3 not in roles and not further:
        cost += _NO_NAME
    if Role.LEVEL3 in roles and Role.TARGET not in roles:
        cost += _NO_TARGET
    if Role.LEVEL1 in roles and Role.LEVEL2 not in roles:
        cost += _LEVEL1_ALONE
    return cost


def _field_option(logp: Mapping[int, Sequence[float]], filled: Sequence[int]) -> Choice:
    """The best sequence of labels and values."""
    first = logp[filled[0]]
    label, value, text = (
        first[_AT[Role.LABEL]],
        first[_AT[Role.VALUE]] - _CONTINUED_VALUE,
        first[_AT[Role.NARRATIVE]] - _CONTINUED_VALUE,
    )
    # For each further cell, what stands before it where it is a label, and where it is a value of either kind.
    steps: list[tuple[int, int]] = []
    for i in filled[1:]:
        own = logp[i]
        # Of equals the first: LABEL, VALUE, NARRATIVE.
        ways = (label - _LABEL_LABEL, value, text)
        before_label = max(ways)
        others = (label, value - _VALUE_VALUE, text - _VALUE_VALUE)
        before_value = max(others)
        steps.append((ways.index(before_label), others.index(before_value)))
        label, value, text = (
            before_label + own[_AT[Role.LABEL]],
            before_value + own[_AT[Role.VALUE]],
            before_value + own[_AT[Role.NARRATIVE]],
        )
    scores = (label, value, text)
    score = max(scores)
    at = scores.index(score)
    path = [at]
    for step in reversed(steps):
        at = step[0] if at == 0 else step[1]
        path.append(at)
    roles = tuple([_FIELD_ROLES[at] for at in reversed(path)])
    return Choice(FIELDS, roles, (None,) * len(filled), score)
