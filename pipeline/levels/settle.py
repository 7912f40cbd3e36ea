"""What a decoded grid still needs: cells read as one are taken apart, labels centred in their group moved to its top.

Both work on labelled rows and the decoder's choices, and hand back the same, changed. What is put right by a guess is
marked `UNSURE`: a person looks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.dictionaries import comparison_key
from pipeline.document import Role, Row, RowCell
from pipeline.labeltext import label_text, split_weight
from pipeline.levels.cuts import UNSURE
from pipeline.levels.decode import EMPTY, GRID, HEADER, Choice, Skeleton
from pipeline.levels.headers import GridHeader, HeaderColumn
from pipeline.levels.lexicon import Lexicon, belongs

# The certainty of what was put right by a guess: under every setting of `review_confidence`.
DOUBT = 0.5
_ZIPPED_TARGET = re.compile(r"^(?P<name>\D.{2,}?)\s*(?P<target>(?:[≥≤=><≧≦═])\s*[\d.,]+)(?P<rest>.*)$", re.S)
# A centred label stands at most one row off the middle of its group: rounding, and a row that a page break added.
# Further off, only what the vocabularies say of the levels below it can tell; a row off costs half a wrong parent.
_OFF_MIDDLE = 1.0
_OFF_COST = 1.0
_WRONG_PARENT = 2.0

_Pairs = list[tuple[RowCell, HeaderColumn | None]]


def settle(
    rows: Sequence[Row],
    choices: Sequence[Choice],
    headers: Sequence[GridHeader | None],
    skeleton: Skeleton,
    lexicon: Lexicon,
) -> tuple[list[Row], list[Choice]]:
    """Return rows and choices with zipped cells apart and centred level labels at the top of their groups."""
    settled, chosen = list(rows), list(choices)
    for r, (row, choice, header) in enumerate(zip(rows, choices, headers, strict=True)):
        if choice.kind == GRID and header is not None:
            pairs = _unzipped(_pairs(row, choice), header, lexicon)
            if pairs is not None:
                settled[r], chosen[r] = _rebuilt(row, choice, pairs)
    for stretch in _stretches(settled, chosen, headers):
        _move_centred(settled, chosen, stretch, skeleton)
    return settled, chosen


def _pairs(row: Row, choice: Choice) -> _Pairs:
    return list(zip([cell for cell in row.cells if cell.text], choice.columns, strict=True))


def _rebuilt(row: Row, choice: Choice, pairs: _Pairs) -> tuple[Row, Choice]:
    taken = {cell.col for cell, _ in pairs}
    blanks = [cell for cell in row.cells if not cell.text and cell.col not in taken]
    # Two cells may stand in one column, a label moved there and one that slid there: both stay, in this order.
    order = sorted(pairs, key=lambda pair: pair[0].col)
    cells = tuple(sorted([*blanks, *(cell for cell, _ in order)], key=lambda cell: cell.col))
    roles = tuple(cell.role or Role.EXTRA for cell, _ in order)
    return replace(row, cells=cells), choice._replace(roles=roles, columns=tuple(column for _, column in order))


# -------------------------------------------------------------------------------------------------------- zipped cells


def _unzipped(pairs: _Pairs, header: GridHeader, lexicon: Lexicon) -> _Pairs | None:
    """Take apart a level 2 and a name, and a name and a target, that were read as one cell."""
    changed = _without_level2(pairs, header, lexicon)
    both = _without_target(changed or pairs, header, lexicon)
    return both or changed


def _column(header: GridHeader, role: str, group: int) -> HeaderColumn | None:
    return next((c for c in header.columns if c.role == role and c.group == group and not c.lead), None)


def _at(pairs: _Pairs, role: str, group: int) -> int | None:
    return next((i for i, (_, c) in enumerate(pairs) if c is not None and c.role == role and c.group == group), None)


def _without_level2(pairs: _Pairs, header: GridHeader, lexicon: Lexicon) -> _Pairs | None:
    three, two = _at(pairs, "level3", 0), _at(pairs, "level2", 0)
    at = three if two is None else two
    if at is None or (two is not None and three is not None):
        return None
    column2, column3 = _column(header, "level2", 0), _column(header, "level3", 0)
    cell = pairs[at][0]
    cut = _level2_ends(cell.text, lexicon)
    if cut is None or column2 is None or column3 is None or column2.col in {c.col for c, _ in pairs if c is not cell}:
        return None
    one = _piece(cell, cell.text[:cut], Role.LEVEL2, column2.col)
    other = _piece(cell, cell.text[cut:], Role.LEVEL3, column3.col)
    return sorted([*pairs[:at], *pairs[at + 1 :], (one, column2), (other, column3)], key=lambda pair: pair[0].col)


def _level2_ends(text: str, lexicon: Lexicon) -> int | None:
    """Where a level-2 name ends that a text begins with: at white space, or after the word 指标."""
    names = lexicon.exact["level2"]
    if comparison_key(text) in names or comparison_key(text) in lexicon.exact["level3"]:
        return None
    ends = [m.end() for m in re.finditer(r"\s+", text)] + [m.end() for m in re.finditer("指标", text)]
    return next((e for e in sorted(ends) if text[e:].strip() and comparison_key(text[:e]) in names), None)


def _without_target(pairs: _Pairs, header: GridHeader, lexicon: Lexicon) -> _Pairs | None:
    done: _Pairs | None = None
    for group in {c.group for _, c in pairs if c is not None}:
        three, column = _at(pairs, "level3", group), _column(header, "target", group)
        if (
            three is None
            or column is None
            or any(c is not None and c.role in ("target", "operator", "unit") and c.group == group for _, c in pairs)
        ):
            continue
        cell = pairs[three][0]
        taken = {c.col for c, _ in pairs if c is not cell}
        match = _ZIPPED_TARGET.match(cell.text)
        if match is None or column.col in taken or comparison_key(cell.text) in lexicon.exact["level3"]:
            continue
        unit, rest = _unit_of(match["rest"], lexicon)
        name = _piece(cell, match["name"].rstrip() + rest, Role.LEVEL3, cell.col)
        target = _piece(cell, match["target"] + unit, Role.TARGET, column.col)
        done = [*(done or pairs)]
        done[three] = (name, pairs[three][1])
        done.append((target, column))
        done.sort(key=lambda pair: pair[0].col)
        pairs = done
    return done


def _unit_of(rest: str, lexicon: Lexicon) -> tuple[str, str]:
    """The unit that a text begins with, and what goes on behind it: the end of a wrapped name."""
    units = lexicon.dictionaries.keys["unit"]
    for length in range(min(len(rest), 6), 0, -1):
        if comparison_key(rest[:length]) in units:
            return rest[:length], rest[length:].strip()
    return "", rest.strip()


def _piece(cell: RowCell, text: str, role: Role, col: int) -> RowCell:
    certainty = min(cell.certainty, DOUBT)
    return replace(cell, text=text.strip(), role=role, col=col, certainty=certainty, notes=(*cell.notes, UNSURE))


# ------------------------------------------------------------------------------------------------------ centred labels


def _stretches(rows: Sequence[Row], choices: Sequence[Choice], headers: Sequence[GridHeader | None]) -> list[list[int]]:
    """Runs of grid rows whose blanks are no known spans; blank rows between them count, a repeated header ends none."""
    found: list[list[int]] = []
    run: list[int] = []
    begins = True
    names: tuple[str, ...] = ()
    for r, (row, choice) in enumerate(zip(rows, choices, strict=True)):
        if row.n_cols == 0:
            continue
        gridded = choice.kind == GRID and not row.spans_known and headers[r] is not None
        if gridded or (choice.kind == EMPTY and run and row.cells):
            run.append(r)
            names = _names(headers[r])
        elif choice.kind == HEADER and run and _names(headers[r]) == names:
            continue
        else:
            if run and begins:
                found.append(run)
            # Rows under a level that rows of known spans have printed belong to it until the next label.
            run, begins = [], choice.kind != GRID and (begins or choice.kind != EMPTY)
    if run and begins:
        found.append(run)
    for one in found:
        while one and choices[one[-1]].kind == EMPTY:
            one.pop()
    return [one for one in found if len(one) > 1]


def _names(header: GridHeader | None) -> tuple[str, ...]:
    return tuple(column.name for column in header.columns) if header is not None else ()


@dataclass(frozen=True)
class _Labels:
    """The labels of one level in a stretch: their places in it, and the rows that hold a label of the level below."""

    at: tuple[int, ...]
    keys: tuple[str, ...]


def _labels(rows: Sequence[Row], choices: Sequence[Choice], stretch: Sequence[int], role: str) -> _Labels:
    at, keys = [], []
    for place, r in enumerate(stretch):
        if choices[r].kind != GRID:
            continue
        for cell, column in _pairs(rows[r], choices[r]):
            if column is not None and column.role == role and column.group == 0:
                at.append(place)
                keys.append(_key(cell))
    return _Labels(tuple(at), tuple(keys))


def _without_repeats(labels: _Labels) -> _Labels:
    """The labels without those that a page break made a form say again."""
    kept = [i for i, key in enumerate(labels.keys) if i == 0 or key != labels.keys[i - 1]]
    return _Labels(tuple(labels.at[i] for i in kept), tuple(labels.keys[i] for i in kept))


def _key(cell: RowCell) -> str:
    return comparison_key(split_weight(label_text(cell.text))[0])


def _move_centred(rows: list[Row], choices: list[Choice], stretch: Sequence[int], skeleton: Skeleton) -> None:
    ones, twos = (_labels(rows, choices, stretch, role) for role in ("level1", "level2"))
    ones = _without_repeats(ones)
    if not ones.at:
        return
    parents = [_parents(key, skeleton) for key in twos.keys]
    names = [skeleton.resolve(key, "level1") for key in ones.keys]
    below = dict(zip(twos.at, parents, strict=True))
    top = [(start, end) for start, end in zip(ones.at, (*(a - 1 for a in ones.at[1:]), len(stretch) - 1), strict=True)]
    wrong = ones.at[0] + _mismatches(top, names, below)
    if not wrong:
        return
    centred = _centred(ones.at, len(stretch), names, below)
    if centred is None or _mismatches(centred, names, below) >= wrong:
        return
    for (start, end), at, name in zip(centred, ones.at, names, strict=True):
        told = [below[place] for place in range(start, end + 1) if below.get(place)]
        sure = bool(told) and all(belongs(name, one) for one in told)
        if start != at:
            _lift(rows, choices, stretch[at], stretch[start], "level1", sure=sure)
        inside = [place for place in twos.at if start <= place <= end]
        if inside and inside[0] > start:
            groups = _centred([place - start for place in inside], end - start + 1, (), {}, strict=False)
            for (first, _), place in zip(groups or (), inside, strict=False):
                if start + first != place:
                    _lift(rows, choices, stretch[place], stretch[start + first], "level2", sure=False)


def _parents(key: str, skeleton: Skeleton) -> frozenset[str]:
    return skeleton.parents.get(skeleton.resolve(key, "level2"), frozenset())


def _mismatches(groups: Sequence[tuple[int, int]], names: Sequence[str], below: Mapping[int, frozenset[str]]) -> float:
    """How many level-2 labels stand in the group of a level 1 that no vocabulary puts above them."""
    return sum(
        bool(below.get(place)) and not belongs(name, below[place])
        for (start, end), name in zip(groups, names, strict=True)
        for place in range(start, end + 1)
    )


def _centred(
    at: Sequence[int],
    count: int,
    names: Sequence[str],
    below: Mapping[int, frozenset[str]],
    *,
    strict: bool = True,
) -> list[tuple[int, int]] | None:
    """Cut `count` rows into groups with the labels in their middles; None where no cut puts them there.

    Among the cuts that do, the one wins whose level-2 labels belong to their level 1 and whose groups begin at one.
    """
    best: dict[int, tuple[float, list[tuple[int, int]]]] = {0: (0.0, [])}
    for number, place in enumerate(at):
        grown: dict[int, tuple[float, list[tuple[int, int]]]] = {}
        last = number + 1 == len(at)
        limit = count if last else at[number + 1]
        for start, (cost, groups) in best.items():
            if start > place:
                continue
            for end in range(place, limit):
                if last and end != count - 1:
                    continue
                off = abs(place - (start + end) / 2)
                # With repeats and page breaks between, the first label of a group may stand at its top.
                if off > _OFF_MIDDLE and not (names and (start == place or any(below.values()))):
                    continue
                extra = _OFF_COST * (off if start != place else min(off, _OFF_MIDDLE))
                extra += 0.7 if strict and below and start not in below else 0.0
                if names:
                    extra += _WRONG_PARENT * _mismatches([(start, end)], [names[number]], below)
                total = cost + extra
                if end + 1 not in grown or total < grown[end + 1][0]:
                    grown[end + 1] = (total, [*groups, (start, end)])
        best = grown
    found = best.get(count)
    return found[1] if found else None


def _lift(rows: list[Row], choices: list[Choice], source: int, goal: int, role: str, *, sure: bool) -> None:
    """Move the label of a level from one row to another; its place on the page stays its own."""
    pairs = _pairs(rows[source], choices[source])
    moved = next((pair for pair in pairs if pair[1] is not None and pair[1].role == role and pair[1].group == 0), None)
    if moved is None:
        return
    cell, column = moved
    rows[source], choices[source] = _rebuilt(rows[source], choices[source], [p for p in pairs if p is not moved])
    if not sure:
        cell = replace(cell, certainty=min(cell.certainty, DOUBT), notes=(*cell.notes, UNSURE))
    there = _pairs(rows[goal], choices[goal]) if choices[goal].kind == GRID else []
    col = column.col if column is not None else cell.col
    row, choice = rows[goal], choices[goal]
    if choice.kind != GRID:
        choice = Choice(GRID, (), (), 0.0)
    lifted = replace(cell, row=row.cells[0].row, col=col)
    rows[goal], choices[goal] = _rebuilt(row, choice, [(lifted, column), *there])
