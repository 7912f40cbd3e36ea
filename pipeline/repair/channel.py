"""What it costs to read one name for another: the edits between a label as written and a candidate, in nats.

The costs are those of findings measured on recogniser misreads and typed errors: a rare error costs more than a common
one. Kinds are seen from the label as written: `dropped` means that a character of the name is missing in the label.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.repair.shapes import Shapes

# Nats. Substitution falls with the likeness of the two characters from 9 (unlike) to 2 (twins).
DROPPED, INSERTED, DOUBLED, SWAPPED, DISPLACED = 5.5, 7.0, 3.5, 5.0, 4.0
_UNLIKE, _SLOPE, _FLOOR, _FREE_LIKENESS = 9.0, 15.0, 2.0, 0.1


@dataclass(frozen=True, slots=True)
class Edit:
    """One error. `at` is its place in the label, `to` in the candidate; a missing character is the empty string."""

    kind: str  # look-alike, dropped, inserted, doubled, swapped, displaced
    at: int
    to: int
    read: str
    meant: str
    cost: float
    likeness: float = 0.0


def substitution_cost(likeness: float) -> float:
    """Return the cost of reading a character for one that looks like it to the degree `likeness` (-1 to 1)."""
    return min(_UNLIKE, max(_FLOOR, _UNLIKE - _SLOPE * (likeness - _FREE_LIKENESS)))


def edits(raw: str, name: str, shapes: Shapes) -> tuple[float, tuple[Edit, ...]]:
    """Return the cheapest way from `name` to `raw`: its cost in nats and its errors in the order of the label."""
    moved = _displaced(raw, name, shapes) if len(raw) >= 3 else None
    if moved is not None and len(moved[1]) == 1:
        return moved
    plain = _aligned(raw, name, shapes)
    return moved if moved is not None and moved[0] < plain[0] else plain


def _displaced(raw: str, name: str, shapes: Shapes) -> tuple[float, tuple[Edit, ...]] | None:
    """One character of the name was emitted after all others: the label without its last one lacks just that one."""
    last = raw[-1]
    if last not in name[:-1]:
        return None
    cost, found = _aligned(raw[:-1], name, shapes)
    for k, edit in enumerate(found):
        if edit.kind == "dropped" and edit.meant == last:
            moved = Edit("displaced", len(raw) - 1, edit.to, last, last, DISPLACED)
            return cost - edit.cost + DISPLACED, (*found[:k], moved, *found[k + 1 :])
    return None


def _aligned(raw: str, name: str, shapes: Shapes) -> tuple[float, tuple[Edit, ...]]:
    front = 0
    shorter = min(len(raw), len(name))
    while front < shorter and raw[front] == name[front]:
        front += 1
    back = 0
    while back < shorter - front and raw[-1 - back] == name[-1 - back]:
        back += 1
    core_raw, core_name = raw[front : len(raw) - back], name[front : len(name) - back]
    n, m = len(core_raw), len(core_name)
    if n == 0 and m == 0:
        return 0.0, ()
    # The three commonest cases need no table.
    if n == 0 and m == 1:
        return DROPPED, (Edit("dropped", front, front, "", core_name, DROPPED),)
    if m == 0 and n == 1:
        edit = _insertion(raw, front, front)
        return edit.cost, (edit,)
    if n == 1 and m == 1:
        edit = _substitution(raw, name, front, front, shapes)
        return edit.cost, (edit,)
    return _table(raw, name, front, n, m, shapes)


def _insertion(raw: str, at: int, to: int) -> Edit:
    cost = _insertion_cost(raw, at)
    return Edit("doubled" if cost == DOUBLED else "inserted", at, to, raw[at], "", cost)


def _insertion_cost(raw: str, at: int) -> float:
    doubled = (at > 0 and raw[at - 1] == raw[at]) or (at + 1 < len(raw) and raw[at + 1] == raw[at])
    return DOUBLED if doubled else INSERTED


def _substitution(raw: str, name: str, at: int, to: int, shapes: Shapes) -> Edit:
    likeness = shapes.likeness(raw[at], name[to])
    return Edit("look-alike", at, to, raw[at], name[to], substitution_cost(likeness), likeness)


def _table(raw: str, name: str, front: int, n: int, m: int, shapes: Shapes) -> tuple[float, tuple[Edit, ...]]:
    """Dynamic programming over the core where the two differ; steps are (rows, columns) back."""
    a, b = raw[front : front + n], name[front : front + m]
    extra = [_insertion_cost(raw, front + i) for i in range(n)]
    best = [[j * DROPPED for j in range(m + 1)]]
    back = [[(0, 1)] * (m + 1)]
    for i in range(1, n + 1):
        above = best[i - 1]
        row = [above[0] + extra[i - 1]]
        steps = [(1, 0)]
        for j in range(1, m + 1):
            same = a[i - 1] == b[j - 1]
            top = above[j - 1] + (0.0 if same else substitution_cost(shapes.likeness(a[i - 1], b[j - 1])))
            step = (1, 1)
            if above[j] + extra[i - 1] < top:
                top, step = above[j] + extra[i - 1], (1, 0)
            if row[j - 1] + DROPPED < top:
                top, step = row[j - 1] + DROPPED, (0, 1)
            if i > 1 and j > 1 and not same and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                swapped = best[i - 2][j - 2] + SWAPPED
                if swapped < top:
                    top, step = swapped, (2, 2)
            row.append(top)
            steps.append(step)
        best.append(row)
        back.append(steps)
    found: list[Edit] = []
    total = best[n][m]
    i, j = n, m
    while i or j:
        up, left = back[i][j]
        i, j = i - up, j - left
        at, to = front + i, front + j
        if (up, left) == (1, 1):
            if raw[at] != name[to]:
                found.append(_substitution(raw, name, at, to, shapes))
        elif up == 2:
            found.append(Edit("swapped", at, to, raw[at : at + 2], name[to : to + 2], SWAPPED))
        elif up:
            edit = _insertion(raw, at, to)
            if edit.kind == "doubled" and found and found[-1].kind == "doubled" and found[-1].at == at + 1:
                # Both of a pair went: neither is the other's double.
                edit = Edit("inserted", at, to, raw[at], "", INSERTED)
                total += INSERTED - DOUBLED
            found.append(edit)
        else:
            found.append(Edit("dropped", at, to, "", name[to], DROPPED))
    return total, tuple(reversed(found))
