"""From rows and columns to spans: which rows each cell of a column has, where its text says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.alignment.heights import Heights, anchor, lines_of
from pipeline.alignment.names import about, holds, is_head, is_level, is_name, names_level
from pipeline.alignment.pieces import Placed
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
# Cells of one height differ by less in their middles.
_TWIN = 0.3
# What a row costs beside a level that holds nothing of its kind: where a level's name says so, and where only the words
# of an indicator's do. Less than a place that does not fit, more than one that fits a little less well.
_OTHER_LEVEL, _OTHER_NAME = 0.1, 0.04
# and which share of it one of its kind saves: of ways that fit alike, the label has those rows.
_OWN = 0.1
# What an edge of a cell's rows costs that cuts a level further right: levels hold whole levels.
_ACROSS = 0.1
# What a cell costs that fits no rows, and from where on it is in doubt.
_MISFIT = 2.0


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


def share_rows(placed: Sequence[Placed], rows: Sequence[Row], heights: Heights, size: float, top: bool) -> float:
    """Share the rows out among the cells of each column, from the right; return what does not fit."""
    counts = Counter(cell.col for cell in placed if cell.colspan == 1) or Counter(cell.col for cell in placed)
    full = [col for col in sorted(counts) if counts[col] >= _FULL * max(counts.values())]
    # One that has labels amid several rows is no column of names, however full.
    fullest = next((col for col in full if not _has_amid(col, placed, rows, size)), full[0])
    headed = sum(cell.row == 0 and is_head(cell.piece.text) for cell in placed) > 1
    tiers = _tiers(placed, rows, size, top)
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
        if labels and _is_names(stack, placed):
            labels = False
        elif not labels and max(right.values(), default=0) > len(stack):
            # Names of levels are labels of merged cells wherever their column stands and however full others are.
            labels = 2 * sum(names_level(cell.piece.text) for cell in stack) > len(stack)
        blank = [_BARE if labels and row in filled else _BLANK for row in range(len(rows))]
        said = _said(placed, first.columns.stop) if labels else {}
        style = _Style(heights, size, top, headed, tiers, _amid_levels(placed, stack), said)
        total += _share(stack, rows, (low, high), filled, blank, labels, style)
    _match_twins(placed, size)
    return total


def _said(placed: Sequence[Placed], after: int) -> dict[int, tuple[str, float]]:
    """What each row is about by the nearest name beside it from a column on, and what it costs to be told otherwise."""
    said: dict[int, tuple[str, float]] = {}
    for cell in sorted(placed, key=lambda c: -c.col):
        if cell.col >= after and (kind := about(cell.piece.text)):
            cost = _OTHER_LEVEL if names_level(cell.piece.text) else _OTHER_NAME
            said.update((row, (kind, cost)) for row in cell.rows)
    return said


def _tiers(placed: Sequence[Placed], rows: Sequence[Row], size: float, top: bool) -> frozenset[int]:
    """The rows of heads in two tiers: heads stand amid them and the next, or above a row of nothing but names."""
    heads = [cell for cell in placed if is_head(cell.piece.text)]
    found = set()
    for number, (row, below) in enumerate(pairwise(rows)):
        middle = (row.top + below.bottom) / 2
        if any(abs(cell.piece.middle - middle) < _LEVEL_OFF * size for cell in heads):
            found.add(number)
        elif top and any(cell.row == number for cell in heads):
            under = [cell.piece.text for cell in placed if cell.row == number + 1]
            if under and all(is_name(text) and not names_level(text) for text in under):
                found.add(number)
    return frozenset(found)


def _amid_levels(placed: Sequence[Placed], stack: Sequence[Placed]) -> frozenset[int]:
    """The rows that begin amid a level right beside a column of levels: of another kind, not its own for a period."""
    levels = [cell for cell in placed if cell.col >= stack[0].columns.stop and names_level(cell.piece.text)]
    nearest = min((cell.col for cell in levels), default=0)
    beside = [cell for cell in levels if cell.col == nearest]
    own = [cell.piece.text for cell in stack]
    if 2 * sum(map(names_level, own)) <= len(own) or not {cell.piece.text for cell in beside}.isdisjoint(own):
        return frozenset()
    return frozenset(row for cell in beside for row in range(cell.row + 1, cell.rows.stop))


def _is_names(stack: Sequence[Placed], placed: Sequence[Placed]) -> bool:
    """Tell whether a column's texts are names or values beside levels: these have a row each, whatever is blank there.

    Unlike labels, they take no blank rows above and below them, which other levels may have.
    """
    texts = [cell.piece.text for cell in stack]
    if not all(texts) or 2 * sum(map(names_level, texts)) >= len(texts):
        return False
    top, bottom = stack[0].piece.box[1], stack[-1].piece.box[3]
    return any(
        other.columns.stop <= stack[0].col
        and other.piece.box[3] > top
        and other.piece.box[1] < bottom
        and names_level(other.piece.text)
        for other in placed
    )


def _match_twins(placed: Sequence[Placed], size: float) -> None:
    """Give levels that are printed twice at one height, for two periods, the same rows: those of the higher cell."""
    levels = [cell for cell in placed if is_level(cell.piece.text)]
    for cell in levels:
        for twin in levels:
            alike = twin.piece.text == cell.piece.text and abs(twin.piece.middle - cell.piece.middle) < _TWIN * size
            if not alike or twin.rowspan <= cell.rowspan or set(twin.columns) & set(cell.columns):
                continue
            taken = [
                other
                for other in placed
                if other is not cell and set(other.columns) & set(cell.columns) and set(other.rows) & set(twin.rows)
            ]
            if not taken:
                cell.row, cell.rowspan = twin.row, twin.rowspan


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
    headed: bool  # the first row is one of heads, which no page break cuts
    tiers: frozenset[int]  # rows of heads that go on in the next
    nested: frozenset[int]  # rows that begin amid a level further right
    said: Mapping[int, tuple[str, float]]  # what rows are about, and what it costs to be told otherwise


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
        # Two texts in one row leave the others of their column what they have.
        over = [b for a, b in pairwise(cells) if a.row == b.row]
        kept = [cell for cell in cells if not any(cell is other for other in over)]
        for cell in over or cells:
            cell.doubt = True
        rest_of = _share(kept, rows, limits, filled, blank, labels, style) if over and kept else 0.0
        return _MISFIT * len(over or cells) + rest_of
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
    kinds = holds(cell.piece.text) if style.said else frozenset()
    said = [style.said.get(row, ("", 0.0)) for row in range(high)]
    others = [0.0 if not kind or not kinds else cost if kind not in kinds else -_OWN * cost for kind, cost in said]
    head = is_head(cell.piece.text)
    for start in range(low, high):
        bare = 0.0
        at_top = abs(rows[start].top + lead - first_line) / size
        for end in range(start + 1, high + 1):
            bare += (_BARE_LABEL if labels else _BARE) * (end - 1 not in filled)
            room = rows[end - 1].bottom - rows[start].top
            cramped = 0.5 * max(0.0, (tall - room) / size - 0.2)
            in_tiers = end - start == 2 and start in style.tiers
            extra = bare * (end - start > 1 and not in_tiers) + cramped + sum(others[start:end])
            # Labels have several rows; a value beside blanks has one.
            extra += _ACROSS * ((start in style.nested) + (end in style.nested))
            if head and end - start > 1 and not in_tiers:
                extra += _BARE
            extra += 0.0 if labels or in_tiers else _GOES_ON * (end - 1 - start)
            if style.top and at_top <= _CENTRED:
                # A label amid its rows is likelier than one at their top, even there.
                high_label = _TOP if labels and end - start > 1 else 0.0
                yield start, end, _OFF * (2 * at_top / _CENTRED) ** 2 + extra + high_label
            # Labels stand in the middle of their rows even where other texts stand at the top.
            off = abs((rows[start].top + rows[end - 1].bottom) / 2 - cell.piece.middle) / size
            if off <= _CENTRED:
                yield start, end, _OFF * (2 * off / _CENTRED) ** 2 + extra
        # A cell that the page's end cuts has its text at its top; so has the rest of one on the next page.
        if not style.top and at_top <= _CENTRED:
            yield start, start + 1, _TOP
            headed = style.headed and start == 0
            if labels and not headed and high == len(rows) and {start, len(rows) - 1} <= filled:
                yield start, high, _CUT / 2 + min(_CUT / 2, sum(others[start:]))
            if labels and start == 0 and not headed:
                yield from ((0, end, _CUT + _OFF + min(_CUT / 2, sum(others[:end]))) for end in range(1, high + 1))
    if low <= cell.row < high:
        yield cell.row, cell.row + 1, _MISFIT
