"""Which rows a table has: runs of text that follow each other wall to wall, and blank rows where a space is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.alignment.heights import LEVEL as _LEVEL
from pipeline.alignment.heights import Heights, Level, anchor, lines_of
from pipeline.alignment.names import is_head, is_level
from pipeline.alignment.pieces import Piece

# All lengths in characters' heights, all costs beside each other. Walls of rows that meet are off by less than this.
_OFF = 0.15
# What a wall costs that is off by _OFF, and at most.
_MISFIT, _MOST = 0.1, 0.7
# Rows never overlap by more.
_OVERLAP = 0.5
# What a blank row costs that only a space tells of; there are no more than eight in one place.
_BLANK, _MOST_BLANK = 0.1, 8
# What it costs to take a piece for a merged cell of other rows: in the column with most pieces, and in any.
_SKIPPED, _LONE = 1.2, 0.15
# Pieces are of one column where they share this much of the wider one.
_SAME_COLUMN = 0.3
# or begin as close to each other as this.
_SAME_LEFT = 0.15
# Levels stand amid several rows as often as not, and heads beside heads over heads: they tell half as much of a row.
_MERGED = 0.5
# What a piece costs that has more lines than its row has room for: it spans other rows, too.
_TALLER = 0.25


@dataclass(frozen=True, slots=True)
class Row:
    """One row: from where to where, and whether anything stands in it."""

    top: float
    bottom: float
    blank: bool = False

    @property
    def middle(self) -> float:
        """The height of its middle."""
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class _Candidate:
    level: int
    top: float
    bottom: float
    cost: float


def choose_rows(levels: Sequence[Level], heights: Heights, size: float, top: bool) -> tuple[list[Row], float]:
    """Return the rows that explain the levels best, and what is left unexplained."""
    found = _candidates(levels, heights, top)
    weights = _weights([piece for level in levels for piece in level.pieces], size)
    skipped = [0.0]
    for level in levels:
        skipped.append(skipped[-1] + sum(_LONE + _SKIPPED * weights[piece.keys] for piece in level.pieces))
    explained = [_explained(this, levels, weights, heights, size) for this in found]
    # best[i]: the least cost of rows that end with candidate i; back[i]: the one before it, and the blanks between.
    best: list[float] = []
    back: list[tuple[int, int]] = []
    for i, this in enumerate(found):
        least, before = skipped[this.level] - sum(cost for level, cost in explained[i] if level < this.level), (-1, 0)
        for j in range(i):
            other = found[j]
            if other.level >= this.level:
                continue
            joint, blanks = _joint(this.top - other.bottom, heights, size)
            cost = best[j] + skipped[this.level] - skipped[other.level + 1] + joint
            cost -= sum(saved for level, saved in (*explained[i], *explained[j]) if other.level < level < this.level)
            if not blanks and this.level - other.level == 2:
                cost -= _over_both(other, this, levels[other.level + 1], weights, size)
            if cost < least:
                least, before = cost, (j, blanks)
        best.append(least + this.cost)
        back.append(before)
    if not found:
        return [], 0.0

    def ended(i: int) -> float:
        after = sum(cost for level, cost in explained[i] if level > found[i].level)
        return best[i] + skipped[-1] - skipped[found[i].level + 1] - after

    last = min(range(len(found)), key=ended)
    total = ended(last)
    chain: list[tuple[int, int]] = []
    while last >= 0:
        chain.append((last, back[last][1]))
        last = back[last][0]
    chain.reverse()
    return _meeting([(found[i], blanks) for i, blanks in chain]), total


def _explained(
    row: _Candidate,
    levels: Sequence[Level],
    weights: dict[tuple[int, ...], float],
    heights: Heights,
    size: float,
) -> list[tuple[int, float]]:
    """The pieces of other levels that stand in a row, at its top or in its middle, and what it costs to skip them."""
    first, middle = row.top + (heights.pitch + heights.padding) / 2, (row.top + row.bottom) / 2
    return [
        (number, _LONE + _SKIPPED * weights[piece.keys])
        for number, level in enumerate(levels)
        if number != row.level and row.top < level.at < row.bottom
        for piece in level.pieces
        if piece.box[3] < row.bottom + _OFF * size
        and (abs(anchor(piece, True) - first) < _LEVEL * size or abs(piece.middle - middle) < _LEVEL * size)
    ]


def _over_both(
    above: _Candidate, below: _Candidate, amid: Level, weights: dict[tuple[int, ...], float], size: float
) -> float:
    """What it costs to skip heads that stand amid two rows, of which each has heads of its own: they are as high."""
    middle = (above.top + below.bottom) / 2
    if abs(amid.at - middle) > _LEVEL * size:
        return 0.0
    return sum(_LONE + _SKIPPED * weights[piece.keys] for piece in amid.pieces if is_head(piece.text))


def _weights(pieces: Sequence[Piece], size: float) -> dict[tuple[int, ...], float]:
    """How surely each piece has a row of its own: as full as its column is beside the fullest, squared."""
    counts = {}
    for piece in pieces:
        x0, _, x1, _ = piece.box
        counts[piece.keys] = sum(
            min(x1, other.box[2]) - max(x0, other.box[0]) > _SAME_COLUMN * max(piece.width, other.width)
            # A rest of a character or two is of the column whose texts begin where it does.
            or abs(other.box[0] - x0) < _SAME_LEFT * size
            for other in pieces
        )
    most = max(1, *counts.values())  # a box of no width is of no column, its own included
    merged = {piece.keys for piece in pieces if is_level(piece.text) or is_head(piece.text)}
    return {keys: (count / most) ** 2 * (_MERGED if keys in merged else 1.0) for keys, count in counts.items()}


def parted(rows: Sequence[Row], pieces: Sequence[Piece]) -> list[Row]:
    """Part rows in which two pieces stand below each other."""
    found: list[Row] = []
    for row in rows:
        inside = sorted((p for p in pieces if row.top < p.middle < row.bottom), key=lambda p: p.middle)
        cuts = [
            (above.box[3] + below.box[1]) / 2
            for i, above in enumerate(inside)
            for below in inside[i + 1 :]
            if above.box[3] < below.box[1] + 0.2 * (below.box[3] - below.box[1])
            and row.top < above.box[1] and below.box[3] < row.bottom
            and min(above.box[2], below.box[2]) - max(above.box[0], below.box[0])
            > _SAME_COLUMN * max(above.width, below.width)
        ]  # fmt: skip
        walls = [row.top]
        for cut in sorted(cuts):
            if cut - walls[-1] > 0.3 * (row.bottom - row.top) / (len(cuts) + 1):
                walls.append(cut)
        walls.append(row.bottom)
        found.extend(Row(a, b, row.blank) for a, b in pairwise(walls))
    return found


def _candidates(levels: Sequence[Level], heights: Heights, top: bool) -> list[_Candidate]:
    found = []
    for number, level in enumerate(levels):
        for lines in level.counts():
            tall = heights.of(lines)
            start = level.at - (heights.pitch + heights.padding) / 2 if top else level.at - tall / 2
            cost = _TALLER * sum(lines_of(piece) > lines for piece in level.pieces)
            found.append(_Candidate(number, start, start + tall, cost))
    return found


def _joint(gap: float, heights: Heights, size: float) -> tuple[float, int]:
    """What the space between two rows costs, and how many blank rows are in it."""
    if gap < -_OVERLAP * size:
        return float("inf"), 0
    row = heights.of(1)
    blanks = min(max(0, round(gap / row)), _MOST_BLANK)
    off = abs(gap - blanks * row) / size
    # Over several rows what is off adds up.
    scaled = off / (_OFF * (1 + 0.5 * blanks))
    cost, count = _BLANK * blanks + min(_MOST, _MISFIT * scaled * scaled), blanks
    # A row may be higher than its text: for another's label, or because somebody drew it so.
    return min((cost, count), (_MOST + 0.05 * max(0.0, gap / size), 0))


def _meeting(chain: Sequence[tuple[_Candidate, int]]) -> list[Row]:
    """Let the rows meet, in the middle of what is between them; blanks share what they fill."""
    rows: list[Row] = []
    for this, blanks in chain:
        if rows and not blanks:
            wall = (rows[-1].bottom + this.top) / 2
            rows[-1] = Row(rows[-1].top, wall, rows[-1].blank)
            rows.append(Row(wall, this.bottom))
            continue
        if rows:
            above = rows[-1].bottom
            step = (this.top - above) / blanks
            rows.extend(Row(above + i * step, above + (i + 1) * step, True) for i in range(blanks))
        rows.append(Row(this.top, this.bottom))
    return rows
