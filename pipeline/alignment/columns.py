"""Which columns a table has: walls between texts that stand beside each other, as few as will do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.alignment.pieces import Box, Piece

# Texts beside each other share this much of the lower one's height.
_BESIDE = 0.3
# Texts at one left edge stand so close to it, and so far from their wall (characters' heights).
_EDGE, _PADDING = 0.2, 0.35
# So many other texts at least begin or end where two columns of one line part.
_LEAST = 2
# Lines as close as this are of one paragraph.
_AROUND = 0.8
# A merged cell's label and the rows right above and below it are no further apart.
_NEAR = 1.2
# Their wall has room on both sides; a head over other heads may end where one of these begins.
_ROOM = 0.5
# A label written downwards has one or two characters a line.
_DOWN = 2.5
# Figures are no labels of merged cells.
_FIGURE = re.compile(r"^[<>=≥≤]?-?\d[\d.,]*%?$")


@dataclass(frozen=True, slots=True)
class Gap:
    """The space between two texts beside each other: there is a wall in it."""

    left: float
    right: float
    first: int  # the numbers of the two pieces
    second: int


def gaps(pieces: Sequence[Piece]) -> list[Gap]:
    """Find the spaces between pieces that stand beside each other with nothing between them."""
    found = []
    order = sorted(range(len(pieces)), key=lambda i: pieces[i].box[0])
    for place, i in enumerate(order):
        one = pieces[i].box
        hidden: list[tuple[float, float]] = []
        whole = False  # a neighbour as high as the piece hides all behind it
        for j in order[place + 1 :]:
            if whole:
                break
            other = pieces[j].box
            low, high = max(one[1], other[1]), min(one[3], other[3])
            if high - low < _BESIDE * min(one[3] - one[1], other[3] - other[1]):
                continue
            middle = (low + high) / 2
            if any(a <= middle <= b for a, b in hidden):
                continue
            hidden.append((other[1], other[3]))
            whole = whole or (
                other[1] <= one[1] + 0.2 * (one[3] - one[1]) and other[3] >= one[3] - 0.2 * (one[3] - one[1])
            )
            left, right = one[2], other[0]
            if left > right:
                left = right = (left + right) / 2
            found.append(Gap(left, right, i, j))
    return found


def _beside_rows(pieces: Sequence[Piece], found: Sequence[Gap], size: float) -> list[Gap]:
    """Find the spaces beside pieces that stand level with nothing: labels of merged cells between two of their rows."""
    level = {gap.first for gap in found} | {gap.second for gap in found}
    spaces = []
    for i, piece in enumerate(pieces):
        if i in level:
            continue
        near = [
            j
            for j, other in enumerate(pieces)
            if j in level and max(other.box[1] - piece.box[3], piece.box[1] - other.box[3]) < _NEAR * size
        ]
        right = min((j for j in near if pieces[j].box[0] > piece.box[2]), key=lambda j: pieces[j].box[0], default=None)
        left = max((j for j in near if pieces[j].box[2] < piece.box[0]), key=lambda j: pieces[j].box[2], default=None)
        if right is not None and pieces[right].box[0] - piece.box[2] > _ROOM * size:
            spaces.append(Gap(piece.box[2], pieces[right].box[0], i, right))
        if left is not None and piece.box[0] - pieces[left].box[2] > _ROOM * size:
            spaces.append(Gap(pieces[left].box[2], piece.box[0], left, i))
    return spaces


def between_rows(pieces: Sequence[Piece], beside: Sequence[Gap]) -> list[Gap]:
    """Find the spaces right of pieces that stand between two texts of a column, level with neither of them.

    The label of a merged cell does, whose rows' labels are those of merged cells, too. In one column texts that stand
    further right above and below it would overlap it.
    """
    spaces = []
    order = sorted(range(len(pieces)), key=lambda i: pieces[i].box[0])
    nearest_right: dict[int, float] = {}
    for gap in beside:
        nearest_right[gap.first] = min(gap.right, nearest_right.get(gap.first, gap.right))
    for place, i in enumerate(order):
        one = pieces[i].box
        if _FIGURE.match(pieces[i].text):
            continue
        for j in order[place + 1 :]:
            first = pieces[j].box
            if first[0] >= nearest_right.get(i, first[0] + 1):
                break
            if first[0] <= one[2] or first[3] > one[3] or pieces[j].middle >= pieces[i].middle:
                continue
            column = [k for k in order if k != j and _share(pieces[k].box, first)]
            if any(_is_beside(pieces[k].box, one) or first[3] <= pieces[k].middle < one[1] for k in column):
                continue
            under = [k for k in column if pieces[k].middle > pieces[i].middle]
            if under:
                nearest = min(under, key=lambda k: pieces[k].middle)
                left = min(first[0], pieces[nearest].box[0])
                if left > one[2]:
                    spaces.append(Gap(one[2], left, i, j))
                break
    return spaces


def _share(one: Box, other: Box) -> bool:
    """Tell whether two boxes are of one column."""
    return min(one[2], other[2]) - max(one[0], other[0]) > 0


def _is_beside(one: Box, other: Box) -> bool:
    """Tell whether two boxes are level with each other, as far as one of them goes."""
    return min(one[3], other[3]) - max(one[1], other[1]) >= _BESIDE * min(one[3] - one[1], other[3] - other[1])


def is_channel(gap: Box, boxes: Sequence[Box], size: float) -> bool:
    """Tell whether a gap within a line parts two columns: other texts begin or end with it, and none near runs over it.

    `gap` is x0, y0, x1, y1; in a paragraph the lines above and below run over the blank of a comma.
    """
    left, top, right, bottom = gap
    sides = sum(abs(box[0] - right) < _EDGE * size or abs(box[2] - left) < _EDGE * size for box in boxes)
    over = any(
        box[0] < left - size
        and box[2] > right + size
        and box[1] < bottom + _AROUND * size
        and top - _AROUND * size < box[3]
        for box in boxes
    )
    return sides >= _LEAST and not over


def walls(pieces: Sequence[Piece], size: float) -> list[float]:
    """The places of the walls, from left to right, without the table's own sides: as few as part all neighbours."""
    found: list[float] = []
    group: list[Gap] = []
    beside = gaps(pieces)
    spaces = [*beside, *_beside_rows(pieces, beside, size), *between_rows(pieces, beside)]
    for gap in sorted(spaces, key=lambda g: (g.right, g.left)):
        if group and gap.left < group[0].right:
            group.append(gap)
            continue
        if group:
            found.append(_place(group, pieces, size))
        group = [gap]
    if group:
        found.append(_place(group, pieces, size))
    return [*_beside_downwards(pieces, found, size), *found]


def _beside_downwards(pieces: Sequence[Piece], found: Sequence[float], size: float) -> list[float]:
    """The wall right of a label written downwards that stands level with none of its column's other texts.

    The rest of 绩效指标 below a page break does. All texts of one column share some of its width.
    """
    column = [piece for piece in pieces if found and piece.box[2] < found[0]]
    down = [piece for piece in column if piece.width < _DOWN * size and len(piece.lines) > 1]
    right = max((piece.box[2] for piece in down), default=0.0)
    others = [piece.box[0] for piece in column if piece.box[2] > right]
    apart = min(others, default=0.0) - right > _ROOM * size
    return [(right + min(others)) / 2] if down and others and apart else []


def _place(group: Sequence[Gap], pieces: Sequence[Piece], size: float) -> float:
    """Where in what a group of spaces shares the wall stands: left of texts that begin at one place, else amid.

    It crosses as few texts as it may: labels of merged cells stand beside their rows, not over their walls.
    """
    left, right = _free(max(gap.left for gap in group), group[0].right, pieces)
    edge = sum(abs(gap.right - right) < _EDGE * size for gap in group)
    if edge >= 2 and edge >= 0.4 * len(group):
        return max((left + right) / 2, right - _PADDING * size)
    return (left + right) / 2


def _free(left: float, right: float, pieces: Sequence[Piece]) -> tuple[float, float]:
    """The widest part of a space over which the fewest texts run."""
    edges = sorted({left, right, *(x for p in pieces for x in (p.box[0], p.box[2]) if left < x < right)})
    parts: list[tuple[int, float, float]] = []
    for a, b in pairwise(edges):
        over = sum(p.box[0] <= a and p.box[2] >= b for p in pieces)
        if parts and parts[-1][0] == over and parts[-1][2] == a:
            parts[-1] = (over, parts[-1][1], b)
        else:
            parts.append((over, a, b))
    if not parts:
        return left, right
    _, a, b = min(parts, key=lambda part: (part[0], part[1] - part[2]))
    return a, b
