"""From what each cell may be to what the whole form says: a beam search over rows that keeps the levels in order.

A row is a grid row, a field row, a section bar or a grid header. In a grid row the cells take columns of the grid from
left to right, wherever they stand, so a row that slid sideways comes right; what a cell may be is the classifier's
word, what may follow what is the skeleton's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from pipeline.dictionaries import comparison_key
from pipeline.document import Role, Row
from pipeline.levels.features import ROLES
from pipeline.levels.headers import GridHeader, HeaderColumn
from pipeline.levels.inline import SIGNED
from pipeline.levels.lexicon import Lexicon, belongs

# Log-odds, chosen on the generator's development split (docs/levels.md has the sweep); all plateaus are wide.
_SHIFT = 0.7  # cells leave their columns where blanks are not known from spans
_SHIFT_KNOWN = 3.0  # and where they are
_NO_NAME = 2.5  # a target without a level-3 name beside it
_NO_TARGET = 0.7  # a name without its target: it fell off, which is rare
_LEVEL1_ALONE = 1.0  # level 1 without level 2 beside it
_PARENT = 0.7  # level 2 under the level 1 it belongs to
_WRONG_PARENT = 1.5
_BACKWARD = 0.5  # level 2 that the skeleton prints before the one above
_GRID_TO_FIELDS = 1.5
_FIELDS_TO_GRID = 3.0  # without a header between
_CONTINUED_VALUE = 1.5  # a value without its label: the rest of a cell cut by a page break
_LABEL_LABEL = 0.9
_VALUE_VALUE = 1.5
_STRANGE_LEVELS = 4.0  # two levels that no vocabulary holds, and neither name nor target beside them
_STRANGE_LEVEL1 = 1.0  # a level 1 that no vocabulary holds where the form's others are known
_SIGN_AS_UNIT = 1.5  # ≥ or 定性 in a column of units: it belongs in the one beside it
_BEAM = 24
_PER_ROW = 6
# 产岀指标 for 产出指标 is a level still: one character in four.
_NEAR_LEVEL = 0.6
_FLOOR = math.log(1e-4)
# What is kept of rows and levels for those that come again; an entry takes some 300 bytes.
_MOST_KEPT = 20_000

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


class Choice(NamedTuple):  # made and asked thousands of times a form: a tuple takes a third of a dataclass's time
    """One way to read a row: its kind and, for each filled cell, a role and (in a grid) the column it takes."""

    kind: str
    roles: tuple[Role, ...]
    columns: tuple[HeaderColumn | None, ...]
    score: float
    shifted: bool = False


class _State(NamedTuple):
    score: float
    kind: str
    level1: str  # comparison keys of the levels in force
    level2: str
    last: Choice | None = None
    before: Any = None  # the state that `last` followed


class _Facts(NamedTuple):
    """What a choice says of the levels, whatever stands above it: the keys of the names it prints."""

    level1: str | None = None
    level2: str | None = None
    gained: float = 0.0
    strange: bool = False  # a level 1 that no vocabulary holds


_NO_FACTS = _Facts()
_NO_LEVEL = "\0"  # no comparison key of any text


@dataclass(frozen=True)
class Skeleton:
    """Which level-2 names stand under which level-1 names: the template's where known, else all vocabularies'."""

    parents: Mapping[str, frozenset[str]]  # level-2 key -> keys of its level-1 names
    order: Mapping[str, int]  # level-2 key -> its place, only for a template
    level1: frozenset[str]

    _resolved: dict[tuple[str, str], str] = field(default_factory=dict, repr=False, compare=False)
    _fits: dict[tuple[str, str], bool] = field(default_factory=dict, repr=False, compare=False)
    _facts: dict[tuple[str | None, str | None, bool], _Facts] = field(default_factory=dict, repr=False, compare=False)

    def resolve(self, key: str, level: str) -> str:
        """The known name that a misread key stands for, or the key itself."""
        known = self._resolved.get((key, level))
        if known is None:
            names = self.level1 if level == "level1" else self.parents
            known = key
            if key not in names and len(key) >= 3:
                found = process.extractOne(key, list(names), scorer=OSA.distance, score_cutoff=1)
                known = found[0] if found else key
            self._resolved[key, level] = known
        return known

    def fits(self, level2: str, level1: str) -> bool:
        """Tell whether a level 2 belongs under a level 1; both are keys of known names."""
        known = self._fits.get((level2, level1))
        if known is None:
            known = belongs(level1, self.parents.get(level2, ()))
            self._fits[level2, level1] = known
        return known


def skeleton_of(template: Mapping[str, Sequence[str]] | None, lexicon: Lexicon) -> Skeleton:
    """Build the skeleton from a template's levels, or from the parents that the vocabularies state."""
    parents: dict[str, set[str]] = {}
    order: dict[str, int] = {}
    if template:
        for level1, below in template.items():
            for level2 in below:
                parents.setdefault(comparison_key(level2), set()).add(comparison_key(level1))
                order.setdefault(comparison_key(level2), len(order))
        level1_names = {comparison_key(name) for name in template}
    else:
        level1_names = {comparison_key(name) for name in lexicon.dictionaries.names("level1")}
        for text, names in lexicon.dictionaries.names("level2").items():
            found = parents.setdefault(comparison_key(text), set())
            for name in names:
                found.update(comparison_key(parent) for parent in name.parents)
    frozen = {key: frozenset(found) for key, found in parents.items()}
    return Skeleton(frozen, order, frozenset(level1_names))


def decode(
    rows: Sequence[Row],
    headers: Sequence[GridHeader | None],
    logp: Sequence[Mapping[int, Sequence[float]]],
    skeleton: Skeleton,
    lexicon: Lexicon,
) -> tuple[list[Choice], list[tuple[float, ...]]]:
    """Return for each row its best reading, and the certainty (0 to 1) of each filled cell's role.

    `logp[r][i]` holds the log-probabilities over ROLES of row r's cell i (filled cells only). Loose lines stay EMPTY.
    """
    # Above its own header a table has no grid, whatever small tables of tasks and stages look like.
    headed = {row.table for row, header in zip(rows, headers, strict=True) if header is not None and row.n_cols}
    floored = [{i: [max(v, _FLOOR) for v in values] for i, values in own.items()} for own in logp]
    options = [
        _options(row, header, floored[r], r, lexicon, header is None and row.table in headed)
        for r, (row, header) in enumerate(zip(rows, headers, strict=True))
    ]
    facts = [
        [_facts(choice, row, skeleton, lexicon) for choice in choices]
        for choices, row in zip(options, rows, strict=True)
    ]
    beam = [_State(0.0, FIELDS, "", "")]
    for r, choices in enumerate(options):
        beam = _grow(beam, _distinct(choices, facts[r]), headers[r] is not None, skeleton)
    best = _path(beam[0])
    return best, _certainties(headers, options, facts, best, skeleton)


def _distinct(choices: Sequence[Choice], facts: Sequence[_Facts]) -> list[tuple[Choice, _Facts]]:
    """The best choice of each kind and facts: what follows asks for no more, so that no other can lead further."""
    found: dict[tuple[str, _Facts], tuple[Choice, _Facts]] = {}
    for choice, fact in zip(choices, facts, strict=True):
        known = found.get((choice.kind, fact))
        if known is None or known[0].score < choice.score:
            found[choice.kind, fact] = choice, fact
    return list(found.values())


def _grow(
    beam: Sequence[_State], choices: Sequence[tuple[Choice, _Facts]], headed: bool, skeleton: Skeleton
) -> list[_State]:
    """The best states after a row, best first."""
    best: dict[tuple[str, str, str], tuple[float, Choice, _State]] = {}
    ways = [(choice, choice.kind, choice.score, *_effect(fact, skeleton)) for choice, fact in choices]
    known_names, order, fits = skeleton.level1, skeleton.order, skeleton.fits
    for state in beam:
        base, before, level1, level2, _, _ = state
        known1 = level1 in known_names
        to_grid, to_fields = _transition(before, GRID, headed), _transition(before, FIELDS, headed)
        # As _advance has it, without a call for each.
        for choice, kind, own, fact, one, two, far, far_known, place in ways:
            if kind == GRID:
                if one is None and two is None:
                    score, key = base + own + to_grid + fact.gained, (kind, level1, level2)
                elif one is None:
                    assert two is not None
                    gained = fact.gained
                    if known1 and far:
                        gained += _PARENT if fits(two, level1) else -_WRONG_PARENT
                    if place is not None and (above := order.get(level2)) is not None and place < above:
                        gained -= _BACKWARD
                    score, key = base + own + to_grid + gained, (kind, level1, two)
                elif one != level1:
                    score, key = base + own + to_grid + (far_known if known1 else far), (kind, one, two or "")
                else:
                    gained, _, below = _level_context(level1, level2, fact, skeleton)
                    score, key = base + own + to_grid + gained, (kind, one, below)
            elif kind == EMPTY:
                score, key = base, (before, level1, level2)
            elif kind == HEADER:
                score, key = base + own, (GRID, level1, level2)
            else:
                score, key = base + own + (to_fields if kind == FIELDS else 0.0), (FIELDS, level1, level2)
            known = best.get(key)
            if known is None or known[0] < score:
                best[key] = score, choice, state
    ranked = sorted([(-score, key, choice, state) for key, (score, choice, state) in best.items()])
    return [_State(-cost, *key, choice, state) for cost, key, choice, state in ranked[:_BEAM]]


def _effect(fact: _Facts, skeleton: Skeleton) -> tuple[_Facts, str | None, str | None, float, float, int | None]:
    """What _level_context makes of facts, as far as it does not depend on the levels in force.

    A level 1 begins anew, whatever another one stood above it: what is gained then, and what under a known one. Of a
    level 2 alone: whether it has parents (1.0 or 0.0), and its place in the skeleton's order.
    """
    one, two = fact.level1, fact.level2
    if one is None:
        parents = float(two is not None and bool(skeleton.parents.get(two)))
        return fact, one, two, parents, parents, skeleton.order.get(two) if two is not None else None
    far = far_known = _level_context(_NO_LEVEL, "", fact, skeleton)[0]
    if fact.strange and (other := next((name for name in skeleton.level1 if name != one), None)) is not None:
        far_known = _level_context(other, "", fact, skeleton)[0]
    return fact, one, two, far, far_known, None


def _path(state: _State | None) -> list[Choice]:
    found: list[Choice] = []
    while state is not None and state.last is not None:
        found.append(state.last)
        state = state.before
    return found[::-1]


def _options(
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


_AT = {role: place for place, role in enumerate(ROLES)}


_COLUMN_ROLE = {
    "level1": (Role.LEVEL1,), "level2": (Role.LEVEL2,), "level3": (Role.LEVEL3,), "target": (Role.TARGET,),
    # An operator or a unit in a column of its own looks like either.
    "operator": (Role.EXTRA, Role.TARGET), "unit": (Role.EXTRA, Role.TARGET), "extra": (Role.EXTRA,),
}  # fmt: skip
# A project's name, code, amount or goal beside its indicators reads like a field's value.
_LEAD_ROLES = (Role.EXTRA, Role.VALUE, Role.NARRATIVE, Role.LABEL)
_ROLE_OF_COLUMN = {"level1": Role.LEVEL1, "level2": Role.LEVEL2, "level3": Role.LEVEL3, "extra": Role.EXTRA}


_Partial = tuple[float, tuple[int, ...], int, int]


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
    # Partial readings: (cost, picked columns, last column, last displacement). -1 marks a vertical bar beside the grid.
    # Costs are negative scores and no two have picked the same, so that they sort as they are.
    partial: list[_Partial] = [(0.0, (), -1, 0)]
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
            grown.append((0.0 - _p(logp, i, Role.BAR), (-1,), -1, 0))
        for cost, picked, last, displaced in partial:
            grown += [
                (cost - gain + (shift if moved != displaced else 0.0), (*picked, j), j, moved)
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
        roles, lacking, lacking_less = named.of(picked)
        ranked.append((cost + (lacking_less if further else lacking), roles, number, picked))
    ranked.sort()
    choices = []
    for cost, roles, _, picked in ranked[:_PER_ROW]:
        chosen = tuple([columns[j] if j >= 0 else None for j in picked])
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
        self._known: dict[tuple[int, ...], tuple[tuple[Role, ...], float, float]] = {}

    def of(self, picked: tuple[int, ...]) -> tuple[tuple[Role, ...], float, float]:
        """The roles of the picked columns, and _shape_cost of them, without and with a further item."""
        known = self._known.get(picked)
        if known is None:
            roles = tuple([self._role_of[j] if j >= 0 else Role.BAR for j in picked])
            known = roles, _shape_cost(roles, False), _shape_cost(roles, True)
            if len(self._known) > _MOST_KEPT:
                self._known.clear()
            self._known[picked] = known
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


_FIELD_ROLES = (Role.LABEL, Role.VALUE, Role.NARRATIVE)


def _advance(
    state: _State, choice: Choice, facts: _Facts, headed: bool, skeleton: Skeleton
) -> tuple[float, str, str, str]:
    """The score, the kind of row and the levels in force after a choice."""
    kind = choice.kind
    if kind == EMPTY:
        return state.score, state.kind, state.level1, state.level2
    score = state.score + choice.score + _transition(state.kind, kind, headed)
    if kind == GRID:
        gained, level1, level2 = _level_context(state.level1, state.level2, facts, skeleton)
        return score + gained, kind, level1, level2
    if kind == HEADER:
        kind = GRID
    elif kind == BAR:
        kind = FIELDS
    return score, kind, state.level1, state.level2


def _transition(before: str, after: str, headed: bool) -> float:
    if before == GRID and after == FIELDS:
        return -_GRID_TO_FIELDS
    if before == FIELDS and after == GRID:
        return -_FIELDS_TO_GRID if not headed else -_GRID_TO_FIELDS
    return 0.0


def _facts(choice: Choice, row: Row, skeleton: Skeleton, lexicon: Lexicon) -> _Facts:
    """What a grid row's levels are worth by themselves."""
    if choice.kind != GRID:
        return _NO_FACTS
    filled = [cell.text for cell in row.cells if cell.text]
    texts = dict(zip(choice.roles, filled, strict=True))
    one, two = texts.get(Role.LEVEL1), texts.get(Role.LEVEL2)
    if one is None and two is None:
        return _NO_FACTS
    alone = two is not None and Role.LEVEL3 not in texts and Role.TARGET not in texts
    known = skeleton._facts.get((one, two, alone))
    if known is None:
        if len(skeleton._facts) > _MOST_KEPT:
            skeleton._facts.clear()
        known = skeleton._facts[one, two, alone] = _weigh_names(one, two, alone, skeleton, lexicon)
    return known


def _weigh_names(one: str | None, two: str | None, alone: bool, skeleton: Skeleton, lexicon: Lexicon) -> _Facts:
    """What the names of a row's levels are worth; they stand `alone` where neither name nor target is beside them."""
    level1 = level2 = None
    gained = 0.0
    strange = one is not None and _strange(one, "level1", lexicon)
    if strange and alone and two is not None and _strange(two, "level2", lexicon):
        gained -= _STRANGE_LEVELS
        strange = False
    if one is not None:
        level1 = skeleton.resolve(_level_key(one), "level1")
        if level1 in skeleton.level1:
            gained += _PARENT
        elif level1 in skeleton.parents:
            gained -= _WRONG_PARENT
    if two is not None:
        level2 = skeleton.resolve(_level_key(two), "level2")
        if skeleton.parents.get(level2) is None and level2 in skeleton.level1:
            gained -= _WRONG_PARENT
    return _Facts(level1, level2, gained, strange)


def _level_context(level1: str, level2: str, facts: _Facts, skeleton: Skeleton) -> tuple[float, str, str]:
    """What the skeleton says of a grid row's levels under the levels in force, and the levels in force after it."""
    gained = facts.gained
    if facts.level1 is not None:
        if facts.strange and level1 in skeleton.level1:
            gained -= _STRANGE_LEVEL1
        if facts.level1 != level1:
            level1, level2 = facts.level1, ""
    if facts.level2 is not None:
        if level1 in skeleton.level1 and skeleton.parents.get(facts.level2):
            gained += _PARENT if skeleton.fits(facts.level2, level1) else -_WRONG_PARENT
        before, after = skeleton.order.get(level2), skeleton.order.get(facts.level2)
        if before is not None and after is not None and after < before:
            gained -= _BACKWARD
        level2 = facts.level2
    return gained, level1, level2


def _strange(text: str, section: str, lexicon: Lexicon) -> bool:
    """Tell whether no vocabulary holds a level, nor one that differs from it in one character of three."""
    key = _level_key(text)
    near = lexicon.nearness(key)[0 if section == "level1" else 1]
    return key not in lexicon.exact[section] and near < _NEAR_LEVEL


@lru_cache(4096)  # a form names few levels, and the next form the same ones
def _level_key(text: str) -> str:
    """A level's key without the weight that some forms print beside it: 产出指标(50分)."""
    return comparison_key(re.sub(r"[(（]\s*[\d.]+\s*[分%]?\s*[)）]\s*$", "", text))


def _certainties(
    headers: Sequence[GridHeader | None],
    options: Sequence[Sequence[Choice]],
    facts: Sequence[Sequence[_Facts]],
    best: Sequence[Choice],
    skeleton: Skeleton,
) -> list[tuple[float, ...]]:
    """How much better the chosen reading is than the best one that gives the cell another role, as a probability."""
    result: list[tuple[float, ...]] = []
    state = _State(0.0, FIELDS, "", "")
    for r, chosen in enumerate(best):
        if chosen.kind == EMPTY:
            result.append(())
            continue
        headed = headers[r] is not None
        own = next(fact for other, fact in zip(options[r], facts[r], strict=True) if other is chosen)
        best_score, *after = _advance(state, chosen, own, headed, skeleton)
        margins = [math.inf] * len(chosen.roles)
        for other, fact in zip(options[r], facts[r], strict=True):
            score = _advance(state, other, fact, headed, skeleton)[0]
            for i, (one, two) in enumerate(zip(chosen.roles, other.roles, strict=True)):
                if (one is not two or chosen.columns[i] is not other.columns[i]) and best_score - score < margins[i]:
                    margins[i] = best_score - score
        result.append(tuple([1 / (1 + math.exp(-max(min(m, 30.0), -30.0))) for m in margins]))
        state = _State(0.0, after[0], after[1], after[2])
    return result
