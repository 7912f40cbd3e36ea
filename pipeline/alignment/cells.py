"""From pieces, rows and walls to cells: which columns and which rows each text has to itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.alignment.columns import between_rows, gaps
from pipeline.alignment.heights import Heights, anchor, lines_of
from pipeline.alignment.pieces import Piece
from pipeline.alignment.rows import Row

# How far from the middle of its rows a cell's text may stand, and what it costs to be off by half of that.
_CENTRED, _OFF = 0.45, 0.02
# What a row costs that a column leaves blank: less than a label that stands beside its middle.
_BLANK = 0.05
# and a run of blank rows at most: columns of remarks are blank from head to foot.
_BLANKS = 0.15
# and beside text further right where a column's labels are those of merged cells, which leave no row out.
_BARE = 0.3
# What a row costs that a merged cell takes though nothing stands beside it further right: labels do.
_BARE_LABEL = 0.1
# What each further row costs a value: more than a blank one.
_GOES_ON = 0.06
# What a cell costs that stands at the top of its row where others stand in the middle.
_TOP = 0.03
# A text is level with a row where their middles differ by less.
_LEVEL_OFF = 0.3
# The columns of names are as full as this beside the fullest.
_FULL = 0.85
# What a label at the table's edge costs that a page break cut.
_CUT = 0.05
# What a cell costs that fits no rows, and from where on it is in doubt.
_MISFIT = 2.0
# A text is centred between walls where it is off by less, and begins at its wall where it stands no further off.
_AMID, _BEGINS = 0.6, 1.2
# A label written downwards has one or two characters a line.
_DOWN = 2.5
# Texts longer than this are set from the left, indented or not.
_LONG = 8.0


@dataclass(slots=True)
class Placed:
    """A piece with its slot: first row and column, and how many of each it has."""

    piece: Piece
    row: int
    col: int
    rowspan: int = 1
    colspan: int = 1
    doubt: bool = False

    @property
    def rows(self) -> range:
        """The rows that it has."""
        return range(self.row, self.row + self.rowspan)

    @property
    def columns(self) -> range:
        """The columns that it has."""
        return range(self.col, self.col + self.colspan)


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
    cost = _span(placed, rows, heights, size, top)
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
        # A label written downwards amid many rows, level with no label right of it.
        one, wall = placed[gap.first], placed[gap.first].columns.stop - 1
        down = one.piece.width < _DOWN * size and lines_of(one.piece) > 1
        if down and placed[gap.second].col == one.columns.stop and stands[one.row][wall] is None:
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
        if abs((sides[first] + sides[-1]) / 2 - middle) < _AMID * size:
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
    amid = abs((sides[left] + sides[right + 1]) / 2 - middle) < 2 * _AMID * size
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
        if abs((sides[a] + sides[b + 1]) / 2 - middle) < _AMID * size and any(soft(wall) for wall in range(a, b))
    ]
    whole = _over_heads(cell, placed, rows, hard, sides, size)
    if whole is not None:
        options.append((whole[1] - whole[0], *whole))
    if options:
        _, a, b = max(options)
        cell.col, cell.colspan = a, b - a + 1
        taken.update((cell.row, column) for column in cell.columns)


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
    taken = {(cell.row, column) for cell in placed for column in cell.columns}
    last = len(sides) - 2
    for cell in placed:
        if not _is_bar(cell, placed, rows[cell.row], sides, taken, size):
            _spread(cell, placed, rows, stands, hard, sides, taken, size)
    for cell in sorted(placed, key=lambda c: c.col):
        left, right = cell.col, cell.col + cell.colspan - 1
        while left and not stands[cell.row][left - 1] and (cell.row, left - 1) not in taken:
            left -= 1
        while right < last and not stands[cell.row][right] and (cell.row, right + 1) not in taken:
            right += 1
        box, own = cell.piece.box, (cell.col, cell.col + cell.colspan - 1)
        options = [(a, b) for a in range(left, own[0] + 1) for b in range(own[1], right + 1)]
        # The widest in which it is centred; else it begins where its text does and goes on to the right.
        centred = [
            (b - a, a, b)
            for a, b in options
            if abs((sides[a] + sides[b + 1]) / 2 - (box[0] + box[2]) / 2) < _AMID * size and (a, b) != own
        ]
        begins = box[0] - sides[own[0]] < _BEGINS * size or cell.piece.width > _LONG * size
        if centred and (not begins or max(centred)[2] == right):
            _, a, b = max(centred)
        else:
            a, b = own[0], right if begins else own[1]
        cell.col, cell.colspan = a, b - a + 1
        taken.update((cell.row, column) for column in cell.columns)


def _stacks(placed: Sequence[Placed]) -> list[list[Placed]]:
    """Cells of the same columns that follow each other with nothing of other columns between them."""
    stacks: list[list[Placed]] = []
    for cell in sorted(placed, key=lambda c: (c.col, c.colspan, c.piece.middle)):
        last = stacks[-1][-1] if stacks else None
        if (
            last is not None
            and (last.col, last.colspan) == (cell.col, cell.colspan)
            and not any(
                other.columns.start < cell.columns.stop
                and cell.columns.start < other.columns.stop
                and last.piece.middle < other.piece.middle < cell.piece.middle
                for other in placed
            )
        ):
            stacks[-1].append(cell)
        else:
            stacks.append([cell])
    return stacks


def _span(placed: Sequence[Placed], rows: Sequence[Row], heights: Heights, size: float, top: bool) -> float:
    """Share the rows out among the cells of each column, from the right; return what does not fit."""
    counts = Counter(cell.col for cell in placed if cell.colspan == 1) or Counter(cell.col for cell in placed)
    full = [col for col in sorted(counts) if counts[col] >= _FULL * max(counts.values())]
    # One that has labels amid several rows is no column of names, however full.
    fullest = next((col for col in full if not _has_amid(col, placed, rows, size)), full[0])
    empty = set(range(len(rows))) - {cell.row for cell in placed}
    total = 0.0
    for stack in sorted(_stacks(placed), key=lambda s: (-s[0].columns.stop, -s[0].col)):
        first, last = stack[0], stack[-1]
        others = [
            cell
            for cell in placed
            if cell.columns.start < first.columns.stop
            and first.columns.start < cell.columns.stop
            and not any(cell is own for own in stack)
        ]
        low = max((c.rows.stop for c in others if c.piece.middle < first.piece.middle), default=0)
        high = min((c.row for c in others if c.piece.middle > last.piece.middle), default=len(rows))
        low, high = min(low, first.row), max(high, last.row + 1)
        filled = {row for cell in placed if cell.col >= first.columns.stop for row in cell.rows} | empty
        # Labels of merged cells leave no row out. They stand left of the fullest column; in a second grid beside the
        # first, where more cells are right of them than they are, and one at least is level with no row.
        right = Counter(cell.col for cell in placed if cell.col >= first.columns.stop and low <= cell.row < high)
        labels = first.columns.stop <= fullest or (
            max(right.values(), default=0) > len(stack)
            and any(
                min(abs(rows[r].middle - c.piece.middle) for r in range(low, high)) > _LEVEL_OFF * size for c in stack
            )
        )
        blank = [_BARE if labels and row in filled else _BLANK for row in range(len(rows))]
        total += _share(stack, rows, (low, high), filled, blank, labels, _Style(heights, size, top))
    return total


def _has_amid(column: int, placed: Sequence[Placed], rows: Sequence[Row], size: float) -> bool:
    """Tell whether a text of a column is level with no row."""
    middles = [row.middle for row in rows]
    return any(
        cell.col == column
        and cell.colspan == 1
        and min(abs(middle - cell.piece.middle) for middle in middles) > _LEVEL_OFF * size
        and not any(abs(row.top - cell.piece.box[1]) < size for row in rows[cell.row : cell.row + 1])
        for cell in placed
    )


@dataclass(frozen=True, slots=True)
class _Style:
    heights: Heights
    size: float
    top: bool


def _share(
    cells: Sequence[Placed],
    rows: Sequence[Row],
    limits: tuple[int, int],
    filled: set[int],
    blank: Sequence[float],
    labels: bool,
    style: _Style,
) -> float:
    """Share rows out among the cells of a column in order, each where its text says, as cheaply as may be."""
    low, high = limits
    n, k = high - low, len(cells)
    infinite = float("inf")
    cost = [[infinite] * (n + 1) for _ in range(k + 1)]
    # The rows that the last cell of each has.
    taken: list[list[tuple[int, int]]] = [[(0, 0)] * (n + 1) for _ in range(k + 1)]
    # Rows above the first label may belong to one on the page before.
    for row in range(n + 1):
        skipped = sum(blank[low : low + row])
        cost[0][row] = min(skipped, _CUT) if low == 0 else skipped
    for i, cell in enumerate(cells):
        best, rows_of = cost[i + 1], taken[i + 1]
        for start, end, off in _runs(cell, rows, limits, filled, labels, style):
            before = cost[i][start - low] + off
            if before < best[end - low]:
                best[end - low], rows_of[end - low] = before, (start - low, end - low)
        # A run of blank rows is paid for row by row or at once: (cost, where the cell before it ends).
        whole = (infinite, 0)
        for end in range(1, n + 1):
            bare = blank[low + end - 1]
            whole = min(whole, (best[end - 1] + _BLANKS, end - 1)) if bare == _BLANK else (infinite, 0)
            passed, since = min((best[end - 1] + bare, end - 1), whole)
            if passed < best[end]:
                best[end], rows_of[end] = passed, rows_of[since]
    rest = [sum(blank[low + end : high]) for end in range(n + 1)]
    if high == len(rows):
        rest = [min(_CUT, left) for left in rest]
    end = min(range(n + 1), key=lambda e: cost[k][e] + rest[e])
    least = cost[k][end] + rest[end]
    if least == infinite:
        for cell in cells:
            cell.doubt = True
        return _MISFIT * k
    for i in range(k, 0, -1):
        start, stop = taken[i][end]
        cells[i - 1].row, cells[i - 1].rowspan = low + start, stop - start
        end = start
    return least


def _runs(
    cell: Placed, rows: Sequence[Row], limits: tuple[int, int], filled: set[int], labels: bool, style: _Style
) -> Iterator[tuple[int, int, float]]:
    """The runs of rows (first, last exclusive) that a cell may take, each with its cost."""
    low, high = limits
    size, heights = style.size, style.heights
    first_line = anchor(cell.piece, True)
    lead = (heights.pitch + heights.padding) / 2
    tall = lines_of(cell.piece) * heights.pitch
    for start in range(low, high):
        bare = 0.0
        at_top = abs(rows[start].top + lead - first_line) / size
        for end in range(start + 1, high + 1):
            bare += (_BARE_LABEL if labels else _BARE) * (end - 1 not in filled)
            room = rows[end - 1].bottom - rows[start].top
            cramped = 0.5 * max(0.0, (tall - room) / size - 0.2)
            extra = bare * (end - start > 1) + cramped
            # Labels have several rows; a value beside blanks has one.
            extra += 0.0 if labels else _GOES_ON * (end - 1 - start)
            if style.top and at_top <= _CENTRED:
                yield start, end, _OFF * (2 * at_top / _CENTRED) ** 2 + extra
            # Labels stand in the middle of their rows even where other texts stand at the top.
            off = abs((rows[start].top + rows[end - 1].bottom) / 2 - cell.piece.middle) / size
            if off <= _CENTRED:
                yield start, end, _OFF * (2 * off / _CENTRED) ** 2 + extra
        # A cell that the page's end cuts has its text at its top; so has the rest of one on the next page.
        if not style.top and at_top <= _CENTRED:
            yield start, start + 1, _TOP
            if labels and high == len(rows) and {start, len(rows) - 1} <= filled:
                yield start, high, _CUT / 2
            if labels and start == 0:
                yield from ((0, end, _CUT + _OFF) for end in range(1, high + 1))
    if low <= cell.row < high:
        yield cell.row, cell.row + 1, _MISFIT
