"""From pieces, rows and walls to cells: which columns and which rows each text has to itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from pipeline.alignment.columns import between_rows, gaps
from pipeline.alignment.heights import Heights, anchor, lines_of
from pipeline.alignment.mates import AMID, as_mates, at_left, in_column, is_left_of
from pipeline.alignment.names import is_level
from pipeline.alignment.pieces import Piece, Placed
from pipeline.alignment.rows import Row
from pipeline.alignment.spans import share_rows
from pipeline.alignment.tiles import Range, tiled

# A text begins at its wall where it stands no further off.
_BEGINS = 1.2
# Wider columns are less far off than this where a text stands in the middle of its own.
_WIDER = 0.4
# A label written downwards has one or two characters a line.
_DOWN = 2.5
# An amount of money, in groups or not.
_AMOUNT = re.compile(r"^-?\d[\d,.]*$")
# Texts longer than this are set from the left, indented or not.
_LONG = 8.0


def place(
    pieces: Sequence[Piece], rows: Sequence[Row], walls: Sequence[float], heights: Heights, size: float, top: bool
) -> tuple[list[Placed], float]:
    """Give every piece its rows and columns; return them with what does not fit."""
    placed = []
    for piece in pieces:
        at = anchor(piece, top)
        row = min(range(len(rows)), key=lambda r: _distance(rows[r], piece, at, heights, top))
        first = sum(wall <= piece.box[0] + 0.1 * size for wall in walls)
        last = sum(wall < piece.box[2] - 0.1 * size for wall in walls)
        placed.append(Placed(piece, row, first, 1, max(1, last - first + 1)))
    sides = (min(p.box[0] for p in pieces), *walls, max(p.box[2] for p in pieces))
    _widen(placed, rows, sides, size)
    cost = share_rows(placed, rows, heights, size, top)
    return placed, cost


def _distance(row: Row, piece: Piece, at: float, heights: Heights, top: bool) -> float:
    """How far a piece is from where texts of a row stand: in its middle, or with its first line at its top."""
    lead = (heights.pitch + heights.padding) / 2
    off = abs(row.top + lead - at) if top else abs(row.middle - at)
    inside = row.top < piece.middle < row.bottom
    return min(off, abs(row.top + lead - anchor(piece, True)), abs(row.middle - piece.middle)) if inside else off


def _widen(placed: Sequence[Placed], rows: Sequence[Row], sides: Sequence[float], size: float) -> None:
    """Let cells take the columns beside them whose walls do not stand in their rows.

    A wall stands in a row where two texts are parted by it alone, and does not where a text runs over it; between rows
    that both have it, it goes on.
    """
    pieces, walls = [cell.piece for cell in placed], sides[1:-1]
    stands: list[list[bool | None]] = [[None] * len(walls) for _ in rows]
    for cell in placed:
        for wall in range(cell.col, cell.col + cell.colspan - 1):
            stands[cell.row][wall] = False
    maybe: list[tuple[int, list[int]]] = []
    beside_each = gaps(pieces)
    for gap in beside_each:
        one, other = placed[gap.first], placed[gap.second]
        between = list(range(one.col + one.colspan - 1, other.col))
        row = max(one.row, other.row) if lines_of(one.piece) > lines_of(other.piece) else min(one.row, other.row)
        for at in {one.row, other.row, row}:
            if len(between) == 1:
                if stands[at][between[0]] is None:
                    stands[at][between[0]] = True
            elif between:
                maybe.append((at, between))
    hard = [list(row) for row in stands]
    for gap in between_rows(pieces, beside_each):
        # A level, or a label written downwards, amid many rows and level with no label right of it.
        one, wall = placed[gap.first], placed[gap.first].columns.stop - 1
        down = one.piece.width < _DOWN * size and lines_of(one.piece) > 1
        if (
            (down or is_level(one.piece.text))
            and placed[gap.second].col == one.columns.stop
            and stands[one.row][wall] is None
        ):
            stands[one.row][wall] = True
    beside = [sorted(cell.col for cell in placed if cell.row == row) for row in range(len(rows))]
    for wall in range(len(walls)):
        column = [stands[row][wall] for row in range(len(rows))]
        for row, state in enumerate(column):
            if state is not None:
                continue
            above = next((s for s in reversed(column[:row]) if s is not None), None)
            below = next((s for s in column[row + 1 :] if s is not None), None)
            # A label and its value take what there is; so does a text that runs over walls already, and is the last.
            field = len(beside[row]) == 2 and beside[row][0] == 0
            runs_on = any(
                cell.row == row and cell.colspan > 1 and cell.col == beside[row][-1] and wall >= cell.columns.stop - 1
                for cell in placed
            )
            stands[row][wall] = not runs_on and (bool(above and below) or (bool(above or below) and not field))
    for row, between in maybe:
        if not any(stands[row][wall] for wall in between):
            stands[row][between[0]] = True
    for cell in placed:
        if cell.col and hard[cell.row][cell.col - 1] is None and is_left_of(cell, placed, hard, size):
            stands[cell.row][cell.col - 1] = False
    _take(placed, rows, stands, hard, sides, size)


def _reaches(piece: Piece, row: Row, size: float) -> bool:
    """Tell whether a text stands in a row, with a part of it at least."""
    return min(piece.box[3], row.bottom) - max(piece.box[1], row.top) > 0.2 * size


def _is_bar(
    cell: Placed,
    placed: Sequence[Placed],
    row: Row,
    sides: Sequence[float],
    taken: set[tuple[int, int]],
    size: float,
) -> bool:
    """Let a text fill its row that is alone there, in the middle of the table or of all but its first columns."""
    beside = [other for other in placed if _reaches(other.piece, row, size) and other is not cell]
    first_free = max((other.columns.stop for other in beside), default=0)
    middle = (cell.piece.box[0] + cell.piece.box[2]) / 2
    for first in range(first_free, cell.col):
        amid = abs((sides[first] + sides[-1]) / 2 - middle) < AMID * size
        if amid and not in_column(cell, range(first, len(sides) - 1), placed, size):
            cell.col, cell.colspan = first, len(sides) - 1 - first
            taken.update((cell.row, column) for column in cell.columns)
            return True
    return False


def _over_heads(
    cell: Placed,
    placed: Sequence[Placed],
    rows: Sequence[Row],
    hard: Sequence[Sequence[bool | None]],
    sides: Sequence[float],
    size: float,
) -> tuple[int, int] | None:
    """The columns from one neighbour to the other, where a text stands amid them over a head in each of them.

    The neighbours are as high as both: nothing else stands in the row below.
    """
    if cell.row + 1 >= len(rows):
        return None
    this, next_row = rows[cell.row], rows[cell.row + 1]
    others = [other for other in placed if other is not cell]
    beside = [other for other in others if other.row in (cell.row, cell.row + 1) and _reaches(other.piece, this, size)]
    below = [other for other in others if other.row == cell.row + 1 and not _reaches(other.piece, this, size)]
    tall = [other for other in beside if _reaches(other.piece, next_row, size) or other.row == cell.row]
    left = max((other.columns.stop for other in tall if other.col < cell.col), default=0)
    right = min((other.col for other in tall if other.col > cell.col), default=len(sides) - 1) - 1
    if not tall or right - left < max(1, cell.colspan):
        return None
    if any(hard[cell.row][wall] is True for wall in range(left, right)):
        return None
    heads = {column for other in below for column in other.columns}
    middle = (cell.piece.box[0] + cell.piece.box[2]) / 2
    amid = abs((sides[left] + sides[right + 1]) / 2 - middle) < 2 * AMID * size
    return (left, right) if amid and len(below) > 1 and heads == set(range(left, right + 1)) else None


def _spread(
    cell: Placed,
    placed: Sequence[Placed],
    rows: Sequence[Row],
    stands: Sequence[Sequence[bool | None]],
    hard: Sequence[Sequence[bool | None]],
    sides: Sequence[float],
    taken: set[tuple[int, int]],
    size: float,
) -> None:
    """Spread a head over the heads below it: it stands in their middle, and nothing says that walls part it there.

    Walls that begin in the row below are those of heads; walls that come from above part the head's row, too.
    """

    def soft(wall: int) -> bool:
        row = cell.row
        below = row + 1 < len(hard) and hard[row + 1][wall] is True
        above = next((hard[r][wall] for r in range(row - 1, -1, -1) if hard[r][wall] is not None), None)
        return hard[row][wall] is not True and below and not above

    left, right = cell.col, cell.col + cell.colspan - 1
    while left and (soft(left - 1) or not stands[cell.row][left - 1]) and (cell.row, left - 1) not in taken:
        left -= 1
    while (
        right < len(sides) - 2 and (soft(right) or not stands[cell.row][right]) and (cell.row, right + 1) not in taken
    ):
        right += 1
    middle = (cell.piece.box[0] + cell.piece.box[2]) / 2
    options = [
        (b - a, a, b)
        for a in range(left, cell.col + 1)
        for b in range(cell.col + cell.colspan - 1, right + 1)
        if abs((sides[a] + sides[b + 1]) / 2 - middle) < AMID * size and any(soft(wall) for wall in range(a, b))
    ]
    if options and at_left(cell, placed, size):
        options = []  # it begins where its column's other texts do: a row's first name below a page break
    whole = _over_heads(cell, placed, rows, hard, sides, size)
    if whole is not None:
        options.append((whole[1] - whole[0], *whole))
    if options:
        _, a, b = max(options)
        cell.col, cell.colspan = a, b - a + 1
        taken.update((cell.row, column) for column in cell.columns)


def _tile(placed: Sequence[Placed], rows: Sequence[Row], sides: Sequence[float], size: float) -> set[int]:
    """Share the columns out in the rows whose texts tell it by their middles; return those rows."""
    spaces = _spaces(placed, sides, size)
    told: dict[int, list[range]] = {}
    for number, row in enumerate(rows):
        own = sorted((cell for cell in placed if cell.row == number), key=lambda cell: cell.col)
        others = [cell for cell in placed if cell.row != number and _reaches(cell.piece, row, size)]
        first = max((cell.columns.stop for cell in others), default=0)
        # A merged cell's label left of the row may stand beside it; nothing else does.
        labels = {cell.row for cell in others}
        if len(labels) > 1 or (len(own) > 1 and own[0].columns.stop <= first):
            continue
        if len(own) < 2 or sum(cell.colspan for cell in own) == len(sides) - 1 - first:
            continue
        found = tiled([c.piece.box for c in own], [c.columns for c in own], spaces, (sides[0], sides[-1]), first, size)
        if found is not None and not any(
            len(columns) > cell.colspan and (at_left(cell, placed, size) or in_column(cell, columns, placed, size))
            for cell, columns in zip(own, found, strict=True)
        ):
            told[number] = found
            for cell, columns in zip(own, found, strict=True):
                cell.col, cell.colspan = columns.start, len(columns)
    return set(told) | _as_heads(placed, set(told), len(rows), len(sides) - 1)


def _as_heads(placed: Sequence[Placed], told: set[int], count: int, width: int) -> set[int]:
    """Give a row of amounts the columns of the heads right above it; return the rows that now have them.

    Amounts set from the right are amid nothing; heads that share out all columns over as many of them say whose they
    are. Nor are heads told by themselves over amounts that share out all columns.
    """
    by_row = {row: sorted((c for c in placed if c.row == row), key=lambda c: c.col) for row in range(count)}
    found: set[int] = set()
    for row in range(count - 1):
        heads, amounts = by_row[row], by_row[row + 1]
        if len(heads) < 2 or len(heads) != len(amounts):
            continue
        if not all(_AMOUNT.match(c.piece.text) for c in amounts) or any(_AMOUNT.match(c.piece.text) for c in heads):
            continue
        whole = [one for one in (heads, amounts) if sum(cell.colspan for cell in one) == width]
        if len(whole) != 1 or (row if whole[0] is heads else row + 1) in found:
            continue
        others = amounts if whole[0] is heads else heads
        # Each over its own: none of the other row's texts runs over a wall.
        if all(set(b.columns) <= set(a.columns) for a, b in zip(whole[0], others, strict=True)):
            for one, other in zip(whole[0], others, strict=True):
                other.col, other.colspan = one.col, one.colspan
            found |= {row, row + 1}
    return found


def _spaces(placed: Sequence[Placed], sides: Sequence[float], size: float) -> list[Range]:
    """From where to where each wall may stand, by the texts of its two columns in rows that have most columns."""
    beside = Counter(cell.row for cell in placed)
    single = [cell for cell in placed if cell.colspan == 1 and 2 * beside[cell.row] >= len(sides) - 1]
    found = []
    for wall in range(1, len(sides) - 1):
        low = max((cell.piece.box[2] for cell in single if cell.columns.stop == wall), default=sides[wall] - size)
        high = min((cell.piece.box[0] for cell in single if cell.col == wall), default=sides[wall] + size)
        found.append((min(low, sides[wall]), max(high, sides[wall])))
    return found


def _take(
    placed: Sequence[Placed],
    rows: Sequence[Row],
    stands: Sequence[Sequence[bool | None]],
    hard: Sequence[Sequence[bool | None]],
    sides: Sequence[float],
    size: float,
) -> None:
    """Let each cell take the columns that no wall parts from it, where its text stands in what it takes as texts do.

    Texts begin at their cell's left or stand in its middle: what is left of a text is its own only if it is centred.
    """
    last = len(sides) - 2
    told = _tile(placed, rows, sides, size)
    # A label written downwards fills its one column, or its lines would be longer.
    down = {cell.piece.keys for cell in placed if cell.piece.width < _DOWN * size and lines_of(cell.piece) > 1}
    taken = {(cell.row, column) for cell in placed for column in cell.columns}
    for cell in placed:
        if cell.row in told or cell.piece.keys in down:
            continue
        if not _is_bar(cell, placed, rows[cell.row], sides, taken, size):
            _spread(cell, placed, rows, stands, hard, sides, taken, size)
    for cell in sorted(placed, key=lambda c: c.col):
        if cell.row in told or cell.piece.keys in down:
            continue
        left, right = cell.col, cell.col + cell.colspan - 1
        while left and not stands[cell.row][left - 1] and (cell.row, left - 1) not in taken:
            left -= 1
        while right < last and not stands[cell.row][right] and (cell.row, right + 1) not in taken:
            right += 1
        box, own = cell.piece.box, (cell.col, cell.col + cell.colspan - 1)
        options = [(a, b) for a in range(left, own[0] + 1) for b in range(own[1], right + 1)]
        # The widest in which it is centred; else it begins where its text does and goes on to the right.
        off = {(a, b): abs((sides[a] + sides[b + 1]) / 2 - (box[0] + box[2]) / 2) / size for a, b in options}
        # What stands right in the middle of its own columns is off that of wider ones by chance only.
        amid = _WIDER if off[own] < _WIDER / 2 else AMID
        centred = [(b - a, a, b) for a, b in options if off[a, b] < amid and (a, b) != own]
        begins = box[0] - sides[own[0]] < _BEGINS * size or cell.piece.width > _LONG * size
        centred = [wide for wide in centred if not in_column(cell, range(wide[1], wide[2] + 1), placed, size)]
        if centred and (not begins or max(centred)[2] == right) and not at_left(cell, placed, size):
            _, a, b = max(centred)
        else:
            a, b = own[0], right if begins else own[1]
        cell.col, cell.colspan = a, b - a + 1
        taken.update((cell.row, column) for column in cell.columns)
    as_mates(placed, size)
