"""Bands: visual rows with the same columns; a band is a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.importers.alignment.pieces import WRAP_GAP, Box, Piece, Scale, space

# A band costs as much as this many of its faults: two pieces of a row in one column, a piece over several columns,
# or pieces of a column that do not stand below each other.
_BAND, _CLASH, _SPANNING, _APART = 0.6, 1.0, 0.7, 0.4
# and as this many more where it begins in the middle of a paragraph.
_TORN = 1.5
# and as this where so many pieces stand below one of the row above each: such rows share their columns.
_ALIKE, _LEAST_ALIKE = 0.3, 4
# Pieces that overlap by more of the lower one's height than this stand beside each other.
_BESIDE = 0.4
# Columns whose texts overlap by less stand apart: outlines of recognised lines are generous.
_OVERLAP = 0.3


def _is_torn(above: Sequence[Piece], below: Sequence[Piece], scale: Scale) -> bool:
    """Tell whether a cut between two rows would tear wrapped lines apart."""
    limit = WRAP_GAP if scale.wrap is None else scale.wrap
    return any(
        space(upper, lower, scale.size) < limit
        and min(upper.box[2], lower.box[2]) - max(upper.box[0], lower.box[0]) > scale.size
        for upper in above
        for lower in below
    )


def _aligned(above: Sequence[Piece], below: Sequence[Piece]) -> int:
    """How many pieces of the lower row stand below just one of the upper, and it above no other."""
    pairs = [
        (i, j)
        for i, upper in enumerate(above)
        for j, lower in enumerate(below)
        if min(upper.box[2], lower.box[2]) > max(upper.box[0], lower.box[0])
    ]
    uppers, lowers = Counter(i for i, _ in pairs), Counter(j for _, j in pairs)
    return sum(uppers[i] == 1 and lowers[j] == 1 for i, j in pairs)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a band as (left, right) of their texts, and what is wrong with them."""

    spans: tuple[tuple[float, float], ...]
    cost: float


def bands(rows: Sequence[Sequence[Piece]], scale: Scale) -> list[tuple[int, int]]:
    """Cut the rows into bands (last exclusive) so that as few rows as possible fit their columns badly."""
    size = scale.size
    cut = [0.0]
    for above, below in pairwise(rows):
        cut.append(_TORN * _is_torn(above, below, scale) + _ALIKE * (_aligned(above, below) >= _LEAST_ALIKE))
    best = [0.0] + [float("inf")] * len(rows)
    back = [0] * (len(rows) + 1)
    for first in range(len(rows)):
        for last in range(first + 1, len(rows) + 1):
            cost = columns(rows[first:last], size).cost + cut[first]
            if best[first] + _BAND + cost < best[last]:
                best[last], back[last] = best[first] + _BAND + cost, first
            # Faults only grow with the band: bands of one row each are cheaper from here on.
            if cost > (_BAND + _TORN + _ALIKE) * (last - first):
                break
    cuts = [len(rows)]
    while cuts[-1]:
        cuts.append(back[cuts[-1]])
    cuts.reverse()
    return list(pairwise(cuts))


def columns(rows: Sequence[Sequence[Piece]], size: float) -> Columns:
    """Find a band's columns: pieces that overlap share one; the widest pieces of a doubtful column may span several."""
    pieces = [p.box for row in rows for p in row]
    columns = _merged(pieces, size)
    best = Columns(tuple(column.span for column in columns), sum(column.faults for column in columns))
    removed = 0
    while removed * _SPANNING < best.cost:
        worst = max(columns, key=lambda column: column.faults)
        if not worst.faults:
            break
        pieces.remove(max(worst.pieces, key=lambda piece: piece[2] - piece[0]))
        removed += 1
        columns = _merged(pieces, size)
        cost = sum(column.faults for column in columns) + removed * _SPANNING
        if cost < best.cost:
            best = Columns(tuple(column.span for column in columns), cost)
    return best


@dataclass(slots=True)
class _Column:
    """Pieces that overlap, and what speaks against one column: two beside each other, or no common line down it."""

    left: float
    right: float
    pieces: list[Box]
    faults: float = 0.0

    @property
    def span(self) -> tuple[float, float]:
        return self.left, self.right

    def weigh(self) -> None:
        """Count the faults."""
        clashes, bottom = 0, float("-inf")
        for _, y0, _, y1 in sorted(self.pieces, key=lambda piece: piece[1]):
            clashes += bottom - y0 > _BESIDE * (y1 - y0)
            bottom = max(bottom, y1)
        # The place where most pieces are: those that do not reach it are of another column, or of a head over it.
        edges = sorted((x, way) for left, _, right, _ in self.pieces for x, way in ((left, 1), (right, -1)))
        over = most = 0
        for _, way in edges:
            over += way
            most = max(most, over)
        self.faults = _CLASH * clashes + _APART * (len(self.pieces) - most)


def _merged(pieces: Sequence[Box], size: float) -> list[_Column]:
    columns: list[_Column] = []
    for piece in sorted(pieces):
        if columns and piece[0] < columns[-1].right - _OVERLAP * size:
            columns[-1].right = max(columns[-1].right, piece[2])
            columns[-1].pieces.append(piece)
        else:
            columns.append(_Column(piece[0], piece[2], [piece]))
    for column in columns:
        column.weigh()
    return columns
