"""Rows whose texts all stand in the middle of their cells: there, where the cells part is told by the texts alone.

The cells of a row follow each other from the table's one side to the other. Where the first one ends is as far from its
text's middle as it began, the second begins there, and so on: only the right sharing out of columns ends at the other
side, and passes on its way through the spaces in which the columns' walls may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.alignment.pieces import Box

# A cell's text begins no further from the table's side than this (characters' heights): its padding, or the room that
# a centred label leaves.
_PADDING = 1.5
# Outlines are rounded to pixels, and a middle's error counts twice.
_ROUNDED = 0.15
# Texts longer than this may be set from the left, so far from their wall at most.
_LONG, _INSIDE = 8.0, 1.2

Range = tuple[float, float]


def tiled(
    boxes: Sequence[Box],
    columns: Sequence[range],
    spaces: Sequence[Range],
    sides: Range,
    least: int,
    size: float,
) -> list[range] | None:
    """Share all columns out among the texts of a row, from left to right; None where that is not told, or not surely.

    `columns` are those over which each text runs, `spaces` where the walls between columns may be, `sides` where the
    table's texts begin and end. Columns left of the row, `least` at least, may be those of a label over several rows.
    """
    found: dict[int, list[list[range]]] = {}
    for first in range(least, columns[0].start + 1):
        begins = spaces[first - 1] if first else (sides[0] - _PADDING * size, sides[0])
        for shares in _shares(boxes, columns, spaces, begins, sides[1], first, size):
            if [len(one) for one in shares] == [len(one) for one in columns]:
                return None  # it may be as it looks: what is left of it is a merged cell's
            if shares not in found.setdefault(first, []):
                found[first].append(shares)
    likeliest = found[min(found)] if found else []
    return likeliest[0] if len(likeliest) == 1 else None


def _shares(
    boxes: Sequence[Box],
    columns: Sequence[range],
    spaces: Sequence[Range],
    begins: Range,
    end: float,
    first: int,
    size: float,
) -> Iterator[list[range]]:
    """The ways to share out the columns from `first` on, the first of which begins somewhere in `begins`."""
    for low, high, whole in _ends(boxes[0], begins, size):
        # A text set from the left shows no blank column beside it to be its own, unless it runs over others already.
        most = columns[0].stop if whole and len(columns[0]) == 1 else len(spaces) + 1
        if len(boxes) == 1:
            if low <= end + _PADDING * size and high >= end and most > len(spaces):
                yield [range(first, len(spaces) + 1)]
            continue
        for stop in range(columns[0].stop, min(columns[1].start, most) + 1):
            left, right = spaces[stop - 1]
            ends = max(low, left), min(high, right)
            if ends[0] <= ends[1]:
                rest = _shares(boxes[1:], columns[1:], spaces, ends, end, stop, size)
                yield from ([range(first, stop), *others] for others in rest)


def _ends(box: Box, begins: Range, size: float) -> Iterator[tuple[float, float, bool]]:
    """Where a cell may end that begins somewhere in `begins`: amid it stands its text, or (True) begins at its left."""
    middle = box[0] + box[2]
    yield middle - begins[1] - _ROUNDED * size, middle - begins[0] + _ROUNDED * size, False
    if box[2] - box[0] > _LONG * size and begins[0] <= box[0] and box[0] - begins[1] < _INSIDE * size:
        yield box[2], float("inf"), True
