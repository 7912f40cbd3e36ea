"""Lines that values tell apart: each value stands in the middle of its row, and so do the lines of its name.

Where rows stand as close as wrapped lines do, no distance says which lines are one cell's. A column of values does,
whose texts say that they are two (≥300期 over =6期, 1 over 2): a name of one line is level with its value, the two
lines of another stand above and below its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

from pipeline.alignment.names import is_beginning, is_level, is_name, names_level
from pipeline.alignment.pieces import Piece, space

# Lines of one cell, and rows that follow each other, are no further apart (characters' heights).
_CLOSE = 1.0
# A name's lines stand amid their value by less: outlines of ink are off by a pixel or two.
_LEVEL = 0.15
# Names have no more lines than this; longer texts are narratives, whose lines are level with rows by chance.
_MOST_LINES = 4
# So many names at least, one after the other, stand amid their values; fewer may by chance.
_LEAST = 3
# Texts of one column have this share of the narrower one in common.
_SAME_COLUMN = 0.5
# What a value says begins with a sign or a figure; a column of them has no names.
_VALUE = re.compile(r"^[<>=≥≤＜＞＝\d%％.,，．\-—－]")
# A column is one of values where so many of its texts are figures; the others are words (按时, 有效提升).
_FIGURES = 0.4
# and none of them is wider, in characters.
_NARROW = 9.0
# A sign, a unit, a running number: one for each row.
_SHORT = 2.5
# A figure that says all, and one that the next line may end (2023年12月 over 31日前, 大于等于 over 95%).
_WHOLE, _UNENDED = re.compile(r"^[<>=≥≤]?\d[\d.,]*[^\d.,]{1,4}$"), re.compile(r"[年月第于过到至./、，-]$")
_SIGNED = re.compile(r"^[<>=≥≤]\d")
# A line has room left where another character and a half would fit; a lone character is a rest.
_ROOM, _LEAST_TEXT = 1.3, 2
_REST = re.compile(r"^(?:以[上下内]|左右|之[前内后]|[前内后底])")
# Halves of a broken figure: digits, a point; lines of one cell stand closer than this where the column is narrow.
_DIGITS, _LINES = re.compile(r"^\d[\d.,]*$"), 0.35
# An operator is nothing by itself: what stands right below it, in its own column, is its figure.
_OPERATOR, _ITS_FIGURE = re.compile(r"^[<>=≥≤]$"), re.compile(r"^\d[\d.,]*%?$")

Two = Callable[[str, str, str], bool]


def told_apart(pieces: Sequence[Piece], size: float, two: Two) -> dict[tuple[int, ...], int]:
    """The number of the cell, by a line's keys, of those lines of which values tell whose they are.

    `two` says of a text (whole and last line) and one below it that they cannot be one.
    """
    columns = _stacks([p for p in pieces if p.text and p.width < _NARROW * size], None)
    runs = [run for column in columns for run in _parted(column, size, two)]
    # What says that a line is a row's: a figure, a sign, a word amid a column of values.
    figures = [p for p in pieces if _VALUE.match(p.text) or p.width < _SHORT * size] + [p for run in runs for p in run]
    names = _stacks([p for p in pieces if p.text and not _VALUE.match(p.text)], size)
    # How many columns of values tell a cell, in the order in which they were found.
    votes: Counter[tuple[tuple[int, ...], ...]] = Counter()
    for lines in names:
        for run in runs:
            # Names stand left of their values; what stands right of them are reasons and remarks.
            if max(line.box[0] for line in lines) > min(p.box[0] for p in run):
                continue
            for cells in _amid(lines, [p.middle for p in run], size):
                for own in cells:
                    if len(own) > 1 and (_is_of_rows(own, figures, size) or _are_several(own, two)):
                        continue
                    votes[tuple(line.keys for line in own)] += 1
    told: dict[tuple[int, ...], int] = {}
    sure = [cell for cell, _ in votes.most_common()]
    for number, cell in enumerate([*sure, *(tuple(line.keys for line in pair) for pair in _broken(pieces, size))]):
        if told.keys().isdisjoint(cell):
            told.update(dict.fromkeys(cell, number))
    return told


def _broken(pieces: Sequence[Piece], size: float) -> list[tuple[Piece, Piece]]:
    """Figures that a narrow column broke (392 over 711): other texts are level with what is between their halves.

    Rows stand at no such place; what is level with one of the halves is half of such a text itself.
    """
    texts = [p for p in pieces if p.text]
    close = [pair for stack in _stacks(texts, None) for pair in pairwise(stack) if space(*pair, size) < _LINES]
    by_line: dict[tuple[int, ...], list[float]] = {}
    for above, below in close:
        for line in (above, below):
            by_line.setdefault(line.keys, []).append((above.middle + below.middle) / 2)
    found = []
    for above, below in close:
        if _OPERATOR.match(above.text) and _ITS_FIGURE.match(below.text):
            found.append((above, below))
            continue
        if not (_DIGITS.match(above.text) and _DIGITS.match(below.text)) or below.width > above.width + _LEVEL * size:
            continue
        at = (above.middle + below.middle) / 2
        others = [p for p in texts if p not in (above, below) and not _below_each_other(p, above)]
        beside = [p for p in others if min(abs(p.middle - line.middle) for line in (above, below)) < _LEVEL * size]
        halves = all(any(abs(own - at) < _LEVEL * size for own in by_line.get(p.keys, ())) for p in beside)
        amid = [p for p in others if abs(p.middle - at) < _LEVEL * size and not names_level(p.text)]
        if halves and len(amid) > 1:
            found.append((above, below))
    return found


def _below_each_other(one: Piece, other: Piece) -> bool:
    return min(one.box[2], other.box[2]) > max(one.box[0], other.box[0])


def _stacks(pieces: Sequence[Piece], size: float | None) -> list[list[Piece]]:
    """Texts below each other in one column, with `size` only as close as lines or rows are."""
    stacks: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda p: p.middle):
        for stack in stacks:
            last = stack[-1]
            shared = min(last.box[2], piece.box[2]) - max(last.box[0], piece.box[0])
            if shared <= _SAME_COLUMN * min(last.width, piece.width) or piece.box[1] < last.middle:
                continue
            if size is None or space(last, piece, size) < _CLOSE:
                stack.append(piece)
                break
        else:
            stacks.append([piece])
    return stacks


def _parted(column: Sequence[Piece], size: float, two: Two) -> list[list[Piece]]:
    """The runs of values in a column of which each is no rest of the one above it; mostly figures."""
    runs = [[column[0]]]
    widest = max(piece.width for piece in column)
    for above, below in pairwise(column):
        # A value whose line had room for more is whole; 8000 over 册 is not, nor 2023年12月 over 31日前.
        room = widest - above.width > _ROOM * size or _SIGNED.match(below.text)
        figure = _VALUE.match(below.text) or _WHOLE.match(above.text)
        unended = _UNENDED.search(above.text) or _REST.match(below.text) or len(below.text) < _LEAST_TEXT
        if two(above.text, above.text, below.text) or (room and figure and not unended):
            runs[-1].append(below)
        else:
            runs.append([below])
    return [run for run in runs if len(run) >= _LEAST and _figures(run) >= _FIGURES * len(run)]


def _figures(run: Sequence[Piece]) -> int:
    return sum(bool(_VALUE.match(piece.text)) for piece in run)


def _amid(lines: Sequence[Piece], values: Sequence[float], size: float) -> list[list[list[Piece]]]:
    """The longest runs of lines that values share out among themselves, each amid its own or from its own on."""
    found: list[list[list[Piece]]] = []
    start = 0
    while start < len(lines):
        best: list[list[Piece]] = []
        for first, value in enumerate(values):
            # The first value is level with the first line or somewhat below it.
            if not -_LEVEL * size < value - lines[start].middle < _MOST_LINES * size:
                continue
            amid = _shared(lines[start:], values[first:], size)
            for cells in (amid, _shared_at_top(lines[start:], values[first:], size)):
                if _explains(cells) > _explains(best):
                    best = cells
        after = start + max(1, sum(map(len, best)))
        if len(best) >= _LEAST:
            # What begins or ends a run may be a part of something that stands amid no value.
            best = best[start > 0 : len(best) - (after < len(lines))]
        if len(best) >= _LEAST:
            found.append(best)
        start = after
    return found


def _explains(cells: Sequence[Sequence[Piece]]) -> tuple[int, int]:
    """How many lines a run explains; of two runs alike the one whose longest cell is shorter is likelier."""
    return sum(map(len, cells)), -max(map(len, cells), default=0)


def _shared(lines: Sequence[Piece], values: Sequence[float], size: float) -> list[list[Piece]]:
    """Lines from the first on, a cell for each value from the first on, as far as each stands amid its value."""
    cells: list[list[Piece]] = []
    at = 0
    for value in values:
        for count in range(1, min(_MOST_LINES, len(lines) - at) + 1):
            cell = list(lines[at : at + count])
            level = abs((cell[0].middle + cell[-1].middle) / 2 - value) < _LEVEL * size
            # Where another value is level with one of the lines, that line is of the other's row.
            others = count > 1 and any(
                abs(line.middle - other) < _LEVEL * size for other in values if other != value for line in cell
            )
            if level and not others and not _goes_on(cell, lines[at + count :]):
                cells.append(cell)
                at += count
                break
        else:
            break
    return cells


def _is_of_rows(cell: Sequence[Piece], figures: Sequence[Piece], size: float) -> bool:
    """Tell whether two of the lines are level with figures: they are names of two rows, one of which has no value."""
    return sum(any(abs(line.middle - p.middle) < _LEVEL * size for p in figures) for line in cell) > 1


def _are_several(cell: Sequence[Piece], two: Two) -> bool:
    """Tell whether lines cannot be one text, or are levels, of which those beside a value's may have none."""
    return any(
        is_level(line.text) or is_level(below.text) or two(line.text, line.text, below.text)
        for line, below in pairwise(cell)
    )


def _shared_at_top(lines: Sequence[Piece], values: Sequence[float], size: float) -> list[list[Piece]]:
    """The same in tables set to the top: each value is level with its cell's first line.

    The last cell's end is not told, but its first line is level with its value, too.
    """
    cells: list[list[Piece]] = []
    at = 0
    for value, below in pairwise(values):
        first = abs(lines[at].middle - value) < _LEVEL * size
        ends = (n for n in range(at + 1, len(lines)) if abs(lines[n].middle - below) < _LEVEL * size)
        end = next(ends, None)
        if not first or end is None or end - at > _MOST_LINES or _goes_on(lines[at:end], lines[end:]):
            break
        cells.append(list(lines[at:end]))
        at = end
        if below == values[-1] and at == len(lines) - 1:
            cells.append([lines[at]])
    return cells


def _goes_on(cell: Sequence[Piece], below: Sequence[Piece]) -> bool:
    """Tell whether lines are the beginning of a printed name that the next one ends: a label of several rows."""
    whole = "".join(line.text for line in cell)
    return bool(below) and not is_name(whole) and is_beginning(whole) and is_name(whole + below[0].text)
