"""Wrapped lines: which pieces of a column go on the cell above them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.importers.alignment.blocks import Block
from pipeline.importers.alignment.pieces import ROW_GAP, WRAP_GAP, Box, Piece, Scale, around, space

# Two lines below each other never overlap by more than this.
_SAME_LINE = 0.5
# Rows are numbered by these.
_NUMERALS = "一二三四五六七八九十"
# Characters of a label written downwards stand no further apart than two of them.
_LETTERS = 2.0
# Gaps of one kind differ by less than this: outlines are off by a pixel or two.
_JUMP = 0.09
# and by less than this many pixels, which outlines on coarse pages are rounded to.
_COARSE = 1.5
# No gap is as small: lines would stand on each other.
_NONE = -1.0
# A wrapped line fills its column up to a character and a half, in narrow columns up to a third.
_FULL, _FULL_SHARE = 1.6, 0.3
# From this width on a column holds paragraphs, whose last lines may be short; the longest level-2 name has nine
# characters.
_PARAGRAPH = 12.0
# The least share of full lines among lines that go on: all labels are, of texts about half (paragraphs end), of rows a
# fifth.
_FULL_LABELS, _FULL_TEXTS = 0.7, 0.4


def wrap_limit(pieces: Sequence[Piece], size: float, tabular: bool) -> float | None:
    """The gap (in characters' heights) up to which a line goes on the one above it, where the page tells it.

    Line spacing is one for a page, and rows have some padding more: the smallest gaps are those of wrapped lines, if
    their upper lines fill their columns. _NONE: nothing on the page is wrapped. `tabular`: most lines have others
    beside them.
    """
    pairs = sorted(_neighbours(pieces, size))
    jump = max(_JUMP, _COARSE / size)
    first = 0
    while first < len(pairs):
        last = next((i for i in range(first + 1, len(pairs)) if pairs[i][0] - pairs[i - 1][0] > jump), len(pairs))
        closest = pairs[first:last]
        short = [full for _, long, full in closest if not long]
        long = [full for _, long, full in closest if long]
        filled = sum(short) >= _FULL_LABELS * len(short) and (len(short) >= 2 or sum(long) >= _FULL_TEXTS * len(long))
        if last == len(pairs):
            # One spacing only: a page of texts, or of rows none of which is wrapped.
            return (closest[-1][0] + jump / 2 if not tabular else _NONE) if filled and len(closest) >= 6 else None
        if filled:
            return (closest[-1][0] + pairs[last][0]) / 2
        if len(closest) >= 3:
            return _NONE
        first = last  # one or two gaps are a chance: outlines that touch, an amount over a line
    return None


def _neighbours(pieces: Sequence[Piece], size: float) -> Iterator[tuple[float, bool, bool]]:
    """For each line that another stands close below: the gap, whether they are long, whether the upper one is full.

    A label's line is full where the next is no longer; a paragraph's where it reaches its column's right edge. Numbers
    are left out: they are not wrapped, and below each other they are as long as each other.
    """
    ordered = sorted(pieces, key=lambda p: p.middle)
    for i, piece in enumerate(ordered):
        if sum("\u4e00" <= ch <= "\u9fff" for ch in piece.text) < 2:
            continue
        width = piece.box[2] - piece.box[0]
        for other in ordered[i + 1 : i + 40]:
            gap = space(piece, other, size)
            if gap > 1.6:
                break
            below = other.box[2] - other.box[0]
            across = min(piece.box[2], other.box[2]) - max(piece.box[0], other.box[0])
            if gap > -0.4 and across > 0.5 * min(width, below):
                long = max(width, below) >= _PARAGRAPH * size
                edge = max(p.box[2] for p in ordered if abs(p.box[0] - piece.box[0]) < 2.5 * size)
                yield gap, long, piece.box[2] > edge - 1.2 * size if long else width >= below - 0.7 * size
                break


def joined_cells(pieces: Sequence[Piece], scale: Scale) -> list[Piece]:
    """Return pieces with wrapped lines joined, where the page tells how close those stand; before columns are known.

    Lines that go on each other overlap; what stands beside a wrapped line, within its cell's width, is of that line.
    """
    if scale.wrap is None or scale.wrap <= _NONE:
        return list(pieces)
    cells: list[list[Piece]] = []
    boxes: list[Box] = []
    for piece in sorted(pieces, key=lambda p: (p.middle, p.box[0])):
        found = [i for i, box in enumerate(boxes) if _is_under(cells[i], box, piece, scale)]
        if not found:
            cells.append([piece])
            boxes.append(piece.box)
            continue
        first = found[0]
        for i in reversed(found[1:]):
            cells[first] += cells.pop(i)
            boxes[first] = around([boxes[first], boxes.pop(i)])
        cells[first].append(piece)
        boxes[first] = around([boxes[first], piece.box])
    return [
        Piece(tuple(line for piece in cell for line in piece.lines), box)
        for cell, box in zip(cells, boxes, strict=True)
    ]


def _downwards(pieces: Sequence[Piece], size: float) -> list[Piece]:
    """Join the characters of labels written downwards at the left of a table, however far they stand apart."""
    single = [p for p in pieces if len(p.text) == 1 and "\u4e00" <= p.text <= "\u9fff" and p.text not in _NUMERALS]
    first = [
        p
        for p in single
        if not any(o.box[2] < p.box[0] and o.box[1] < p.box[3] and p.box[1] < o.box[3] for o in pieces)
    ]
    runs: list[list[Piece]] = []
    for piece in sorted(first, key=lambda p: p.middle):
        last = runs[-1][-1] if runs else None
        level = last is not None and abs(last.box[0] - piece.box[0]) < _SAME_LINE * size
        if last is not None and level and space(last, piece, size) < _LETTERS:
            runs[-1].append(piece)
        else:
            runs.append([piece])
    joined = [run for run in runs if len(run) > 1]
    gone = {id(p) for run in joined for p in run}
    whole = [Piece(tuple(line for p in run for line in p.lines), around([p.box for p in run])) for run in joined]
    return [*(p for p in pieces if id(p) not in gone), *whole]


def _is_under(cell: Sequence[Piece], box: Box, piece: Piece, scale: Scale) -> bool:
    last = max(cell, key=lambda p: p.middle)
    gap = space(last, piece, scale.size)
    left, right = max(box[0], piece.box[0]), min(box[2], piece.box[2])
    if gap < -_SAME_LINE:
        return len(cell) > 1 and piece.box[0] >= box[0] and piece.box[2] <= box[2] + scale.size
    assert scale.wrap is not None
    return gap < scale.wrap and right - left > 0.5 * min(piece.box[2] - piece.box[0], box[2] - box[0])


def wrapped(rows: Sequence[Sequence[Piece]], spans: Sequence[tuple[float, float]], scale: Scale) -> list[Block]:
    """Pieces as cells: in each column the lines that go on from the line above, and pieces of one row, are one."""
    placed = [[(columns_of(piece, spans), piece) for piece in row] for row in rows]
    widths: dict[tuple[int, int], float] = {}
    for row in placed:
        for columns, piece in row:
            widths[columns] = max(widths.get(columns, 0.0), piece.box[2] - piece.box[0])
    blocks: list[Block] = []
    open_cells: dict[tuple[int, int], Block] = {}
    for number, row in enumerate(placed):
        above = dict(placed[number - 1]) if number else {}
        closed = {
            c
            for c, piece in row
            if c in above and not _is_full(above[c], widths[c], scale) and not _long(widths[c], scale)
        }
        for columns, piece in row:
            last = open_cells.get(columns)
            if last is not None and _goes_on(last, piece, widths[columns], scale, bool(closed - {columns})):
                last.pieces.append(piece)
                continue
            # Another cell over some of these columns ends what stood above.
            for key in [k for k in open_cells if k[0] < sum(columns) and columns[0] < sum(k)]:
                del open_cells[key]
            block = Block([piece], *columns)
            open_cells[columns] = block
            blocks.append(block)
    return blocks


def _is_full(piece: Piece, width: float, scale: Scale) -> bool:
    return piece.box[2] - piece.box[0] >= width - min(_FULL * scale.size, _FULL_SHARE * width)


def _long(width: float, scale: Scale) -> bool:
    return width >= _PARAGRAPH * scale.size


def _goes_on(above: Block, piece: Piece, width: float, scale: Scale, row_ends: bool) -> bool:
    """Weigh whether a piece goes on the cell above it.

    How close it stands says so, whether the line above is full, and whether a neighbour's short text ends its row here.
    """
    last = above.pieces[-1]
    if piece.box[1] < last.middle < piece.box[3] or last.box[1] < piece.middle < last.box[3]:
        return True  # two pieces of one line
    gap = space(last, piece, scale.size)
    if scale.wrap is not None:
        return gap < scale.wrap
    weight = 1 if gap <= WRAP_GAP else 0 if gap <= ROW_GAP else -2
    if _is_full(last, width, scale):
        weight += 1
    elif not _long(width, scale):
        weight -= 1
    return weight - row_ends > 0


def columns_of(piece: Piece, spans: Sequence[tuple[float, float]]) -> tuple[int, int]:
    """First column and number of columns that a piece stands in; between two columns it is the nearer one's."""
    shares = [min(piece.box[2], right) - max(piece.box[0], left) for left, right in spans]
    least = 0.25 * (piece.box[2] - piece.box[0])
    hit = [
        i
        for i, ((left, right), share) in enumerate(zip(spans, shares, strict=True))
        if share > min(least, 0.5 * (right - left))
    ]
    if not hit:
        return max(range(len(spans)), key=lambda i: shares[i]), 1
    return hit[0], hit[-1] - hit[0] + 1
