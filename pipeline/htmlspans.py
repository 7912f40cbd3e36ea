"""Spans of an HTML table that do not tile it: off by one row, they are put right where one way does it best.

Tools that write tables from pictures print rowspans that are a row short or long. Everything below such a span then
stands in the wrong column. The rows say it themselves: a row with too few cells lies under a span that ended too early,
one with too many beside a span that should have ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

# A cell of a row as printed: rowspan and colspan.
Spans = tuple[int, int]

# What a change costs: a span longer or shorter by one row, by each further row, a span for a cell that had none, and a
# row that is left short of cells or holds too many.
_CHANGE = 1.0
_MORE = 0.5
_NO_SPAN = 0.3
_FURTHER_RIGHT = 0.01
_RAGGED = 2.5
_BEAM = 12
# More blocks than this end at no row of a form, and every subset of them is tried.
_MOST_ENDS = 8
# A form has some twenty columns; spans that claim more than this are no table's to be mended.
_MOST_COLUMNS = 100


@dataclass(frozen=True, slots=True)
class Mended:
    """Rowspans by row and cell; `sure` where no other way costs as little; `whole` where every row tiles."""

    rowspans: tuple[tuple[int, ...], ...]
    sure: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class _Block:
    """A cell that was placed: its row and number in it, its columns, and the first row that it leaves free."""

    row: int
    number: int
    col: int
    width: int
    until: int
    label: bool


@dataclass(frozen=True, slots=True)
class _Way:
    cost: float
    blocks: tuple[_Block, ...]  # by column, those that stand in the row at hand or ended above it
    changes: tuple[tuple[int, int, int], ...]  # row, number, rowspan
    ragged: int = 0
    tied: bool = False  # another way costs as little
    guessed: bool = False  # a cell without a span got one


def mended_rowspans(rows: Sequence[Sequence[Spans]], labels: Sequence[Sequence[bool]] | None = None) -> Mended | None:
    """Return rowspans that tile the table best, or None where the printed ones do or nothing better is found.

    `labels` tells of each cell whether its text may be the label of several rows; a running number is none.
    """
    n_cols = _columns(rows)
    if n_cols is None or n_cols > _MOST_COLUMNS:
        return None
    ways = [_Way(0.0, (), ())]
    for r, row in enumerate(rows):
        grown: dict[tuple[tuple[int, int], ...], _Way] = {}
        for way in ways:
            own = labels[r] if labels is not None else (True,) * len(row)
            for found in _steps(way, r, row, own, n_cols):
                key = tuple((block.col, block.until) for block in found.blocks)
                known = grown.get(key)
                if known is None or found.cost < known.cost:
                    grown[key] = found
                elif found.cost == known.cost and found.changes != known.changes:
                    grown[key] = replace(known, tied=True)
        ways = sorted(grown.values(), key=lambda way: (way.cost, way.changes))[:_BEAM]
    best = ways[0]
    if not best.changes:
        return None
    sure = not best.tied and not best.guessed and all(way.cost > best.cost for way in ways[1:])
    changed = {(r, number): height for r, number, height in best.changes}
    rowspans = tuple(
        tuple(changed.get((r, number), height) for number, (height, _) in enumerate(row)) for r, row in enumerate(rows)
    )
    return Mended(rowspans, sure, best.ragged == 0)


def _columns(rows: Sequence[Sequence[Spans]]) -> int | None:
    """How many columns the table has: what most rows fill under the printed spans, the widest of equals."""
    widths: Counter[int] = Counter()
    until: dict[int, int] = {}
    for r, row in enumerate(rows):
        col = 0
        for height, width in row:
            while until.get(col, 0) > r:
                col += 1
            for c in range(col, col + width):
                until[c] = max(until.get(c, 0), r + height)
            col += width
        filled = max((c + 1 for c, end in until.items() if end > r), default=0)
        if row:
            widths[filled] += 1
    if not widths:
        return None
    most = max(widths.values())
    return max(width for width, count in widths.items() if count == most)


def _steps(way: _Way, r: int, row: Sequence[Spans], labels: Sequence[bool], n_cols: int) -> list[_Way]:
    """The ways to place a row: as the spans stand, or with some that end here longer or some that go on ended."""
    wanted = sum(width for _, width in row)
    active = [block for block in way.blocks if block.until > r]
    free = n_cols - sum(block.width for block in active)
    found = []
    if wanted < free:
        ends = [block for block in way.blocks if block.until == r][:_MOST_ENDS]
        for chosen in _subsets(ends, free - wanted):
            found.append(_changed(way, chosen, +1, r))
    elif wanted > free:
        over = [block for block in active if block.row < r][:_MOST_ENDS]
        for chosen in _subsets(over, wanted - free):
            found.append(_changed(way, chosen, -1, r))
    ragged = way if wanted == free else replace(way, cost=way.cost + _RAGGED, ragged=way.ragged + 1)
    return [_placed(one, r, row, labels, n_cols) for one in (*found, ragged)]


def _subsets(blocks: Sequence[_Block], width: int) -> list[tuple[_Block, ...]]:
    return [
        chosen
        for count in range(1, len(blocks) + 1)
        for chosen in combinations(blocks, count)
        if sum(block.width for block in chosen) == width
    ]


def _changed(way: _Way, chosen: Sequence[_Block], by: int, r: int) -> _Way:
    """Spans that ended above last through row r, or spans that would go on end above it."""
    until = r + 1 if by > 0 else r
    cost = sum(_CHANGE + _MORE * (abs(until - block.until) - 1) + _unlikely(block, until) for block in chosen)
    guessed = way.guessed or any(_unlikely(block, until) for block in chosen)
    ids = {(block.row, block.number) for block in chosen}
    blocks = tuple(replace(b, until=until) if (b.row, b.number) in ids else b for b in way.blocks)
    kept = tuple(change for change in way.changes if (change[0], change[1]) not in ids)
    more = tuple((block.row, block.number, until - block.row) for block in chosen)
    return replace(way, cost=way.cost + cost, blocks=blocks, changes=tuple(sorted((*kept, *more))), guessed=guessed)


def _unlikely(block: _Block, until: int) -> float:
    """Labels stand left of what they span: a cell of one row that is to have two is rather one on the left."""
    if block.until - block.row > 1 or until < block.until:
        return 0.0
    return _NO_SPAN + _FURTHER_RIGHT * block.col + (0.0 if block.label else _CHANGE)


def _placed(way: _Way, r: int, row: Sequence[Spans], labels: Sequence[bool], n_cols: int) -> _Way:
    taken = {c for block in way.blocks if block.until > r for c in range(block.col, block.col + block.width)}
    blocks = list(way.blocks)
    col = 0
    torn = 0
    for number, (height, width) in enumerate(row):
        while col in taken:
            col += 1
        torn += any(c in taken for c in range(col, col + width)) or col + width > n_cols
        blocks = [b for b in blocks if b.until > r or b.col + b.width <= col or b.col >= col + width]
        blocks.append(_Block(r, number, col, width, r + height, labels[number]))
        col += width
    # Only a span that reaches this row can be made longer or shorter below it.
    order = tuple(sorted((b for b in blocks if b.until > r), key=lambda block: (block.col, block.row)))
    return replace(way, blocks=order, cost=way.cost + _RAGGED * torn, ragged=way.ragged + torn)
