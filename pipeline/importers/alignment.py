"""Lines with outlines and nothing said of tables -> tables and loose lines, by how the texts stand to each other.

Nothing of the page's pixels is known here, so rulings are not. Three steps: pieces of text that stand side by side make
visual rows; visual rows with the same columns make a band, and a band is a table; in a column, pieces close below each
other are one wrapped cell, and a cell in the middle of several rows of its neighbours spans them (labels of merged
cells are printed in their middle). Every text comes out once, whatever the guess, and every guessed cell asks for a
look.
"""

from __future__ import annotations

import math
import re
from bisect import insort
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from pipeline.document import Line, Place, Polygon, Table
from pipeline.importers.common import Slotted, bounds, box_polygon, join_lines, make_table

# All lengths are in characters' heights. Pieces of one word or sentence stand closer than this; in a distributed label
# (项　目　名　称) they stand further apart and come together again because they share their column.
_WORD_GAP = 0.9
_LETTER_GAP = 0.15
# A band costs as much as this many of its faults: two pieces of a row in one column, a piece over several columns,
# or pieces of a column that do not stand below each other.
_BAND, _CLASH, _SPANNING, _APART = 2.0, 1.0, 0.7, 0.4
# and as this many more where it begins in the middle of a paragraph.
_TORN = 1.5
# Columns whose texts overlap by less stand apart: outlines of recognised lines are generous.
_OVERLAP = 0.3
# Lines of one cell follow each other closer than the first, never further apart than the second, where the page has no
# wrapped lines to measure it on.
_WRAP_GAP, _ROW_GAP = 0.35, 0.8
# Gaps of one kind differ by less than this: outlines are off by a pixel or two.
_JUMP = 0.09
# Middles of cells of one row differ by less than this.
_LEVEL = 0.3
# A wrapped line fills its column up to a character and a half, in narrow columns up to a third.
_FULL, _FULL_SHARE = 1.6, 0.3
# From this width on a column holds paragraphs, whose last lines may be short; the longest level-2 name has nine
# characters.
_PARAGRAPH = 12.0
# The least share of full lines among lines that go on: all labels are, of texts about half (paragraphs end), of rows a
# fifth.
_FULL_LABELS, _FULL_TEXTS = 0.7, 0.4
# How far from the middle of its rows a merged cell's label may stand.
_CENTRED = 0.35
# What a label missing at a page's edge costs, as the square of a label's distance from its middle.
_CUT = 0.05
# A table that was guessed from places is right in nine rows of ten at best (docs/formats.md): all its cells ask for a
# look (review_confidence), those that fit their rows badly first.
_GUESSED, _DOUBT = 0.79, 0.6

_PAGE_MARK = re.compile(r"^\s*(第\s*\d+\s*页.*|[-—－–]*\s*\d{1,4}\s*[-—－–]*|\d+\s*/\s*\d+)\s*$")

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of text with its box."""

    line: Line
    box: Box

    @property
    def middle(self) -> float:
        return (self.box[1] + self.box[3]) / 2


def tables_of_lines(lines: Sequence[Line], name: str) -> list[Table | Line]:
    """Return the tables and the loose lines that these lines of one page make up, from top to bottom.

    Lines without an outline stay loose, at the end. A table has `ruled` False; its cells say "spans" only where labels
    in the middle of their rows say so. Raises InputError, naming `name`, for a page of impossible size.
    """
    outlined = [line for line in lines if line.place.polygon and line.text]
    turn = _skew(outlined)
    placed = [_Piece(line, bounds(_turned(line.place.polygon, turn))) for line in outlined]
    rest = [line for line in lines if line.text and not line.place.polygon]
    if not placed:
        return list(rest)
    size = _character(placed)
    upright = [p for p in placed if not _is_vertical(p, size)]
    tall = [p for p in placed if _is_vertical(p, size)]
    rows = _visual_rows(upright)
    blocks: list[Table | Line] = []
    while rows and len(rows[0]) == 1 and _is_above(rows, size):
        blocks.append(rows.pop(0)[0].line)
    while rows and len(rows[-1]) == 1 and _PAGE_MARK.match(rows[-1][0].line.text):
        rest.insert(0, rows.pop()[0].line)
    tabular = sum(len(row) > 1 for row in rows) * 2 > len(rows)
    scale = _Scale(size, _wrap_limit(upright, size, tabular))
    for first, last in _bands(rows, scale):
        top, bottom = rows[first][0].box[1], max(p.box[3] for p in rows[last - 1])
        inside = [p for p in tall if top - size <= p.middle <= bottom + size]
        tall = [p for p in tall if p not in inside]
        blocks.extend(_band_blocks(rows[first:last], inside, scale, name))
    blocks.extend(p.line for p in tall)
    return [*blocks, *rest]


@dataclass(frozen=True, slots=True)
class _Scale:
    """A page's measures: a character's height, and the gap up to which lines are one cell's (None: not to be told)."""

    size: float
    wrap: float | None


def _is_above(rows: Sequence[Sequence[_Piece]], size: float) -> bool:
    """Tell whether the first row's lone piece stands above everything, as a title does and a wrapped label does not."""
    piece = rows[0][0]
    return len(rows) == 1 or min(p.box[1] for p in rows[1]) - piece.box[3] > -0.1 * size


def _wrap_limit(pieces: Sequence[_Piece], size: float, tabular: bool) -> float | None:
    """The gap (in characters' heights) up to which a line goes on the one above it, where the page tells it.

    Line spacing is one for a page, and rows have some padding more: the smallest gaps are those of wrapped lines, if
    their upper lines fill their columns. Negative: nothing on the page is wrapped. `tabular`: most lines have others
    beside them.
    """
    pairs = sorted(_neighbours(pieces, size))
    first = 0
    while first < len(pairs):
        last = next((i for i in range(first + 1, len(pairs)) if pairs[i][0] - pairs[i - 1][0] > _JUMP), len(pairs))
        closest = pairs[first:last]
        short = [full for _, long, full in closest if not long]
        long = [full for _, long, full in closest if long]
        filled = sum(short) >= _FULL_LABELS * len(short) and (len(short) >= 2 or sum(long) >= _FULL_TEXTS * len(long))
        if last == len(pairs):
            # One spacing only: a page of texts, or of rows none of which is wrapped.
            return (closest[-1][0] + _JUMP / 2 if not tabular else -1.0) if filled and len(closest) >= 6 else None
        if filled:
            return (closest[-1][0] + pairs[last][0]) / 2
        if len(closest) >= 3:
            return -1.0
        first = last  # one or two gaps are a chance: outlines that touch, an amount over a line
    return None


def _space(above: _Piece, below: _Piece, size: float) -> float:
    """The space between two lines in characters' heights, by their middles: outlines are generous, middles are not."""
    return (below.middle - above.middle) / size - 1.0


def _neighbours(pieces: Sequence[_Piece], size: float) -> Iterator[tuple[float, bool, bool]]:
    """For each line that another stands close below: the gap, whether they are long, whether the upper one is full.

    A label's line is full where the next is no longer; a paragraph's where it reaches its column's right edge. Numbers
    are left out: they are not wrapped, and below each other they are as long as each other.
    """
    ordered = sorted(pieces, key=lambda p: p.middle)
    for i, piece in enumerate(ordered):
        if sum("\u4e00" <= ch <= "\u9fff" for ch in piece.line.text) < 2:
            continue
        width = piece.box[2] - piece.box[0]
        for other in ordered[i + 1 : i + 40]:
            gap = _space(piece, other, size)
            if gap > 1.6:
                break
            below = other.box[2] - other.box[0]
            across = min(piece.box[2], other.box[2]) - max(piece.box[0], other.box[0])
            if gap > -0.4 and across > 0.5 * min(width, below):
                long = max(width, below) >= _PARAGRAPH * size
                edge = max(p.box[2] for p in ordered if abs(p.box[0] - piece.box[0]) < 2.5 * size)
                yield gap, long, piece.box[2] > edge - 1.2 * size if long else width >= below - 0.7 * size
                break


def _skew(lines: Sequence[Line]) -> float:
    """The angle (radians) that the page's lines run at, by the upper edges of long lines; 0 where boxes are upright."""
    angles = []
    for line in lines:
        if len(line.place.polygon) != 4:
            continue
        (x0, y0), (x1, y1), _, (x3, y3) = line.place.polygon
        # A box of one or two characters is too short to tell a pixel's error from a slope.
        if x1 - x0 > 2.5 * math.hypot(x3 - x0, y3 - y0) and abs(y1 - y0) < 0.2 * (x1 - x0):
            angles.append(math.atan2(y1 - y0, x1 - x0))
    return median(angles) if len(angles) >= 3 else 0.0


def _turned(polygon: Polygon, angle: float) -> Polygon:
    if not angle:
        return polygon
    cos, sin = math.cos(angle), math.sin(angle)
    return tuple((x * cos + y * sin, y * cos - x * sin) for x, y in polygon)


def join_words(words: Sequence[Line]) -> list[Line]:
    """Join the words of one line into pieces: a wide gap between two of them is another column's.

    Words without an outline are joined to the one before them.
    """
    pieces: list[list[Line]] = []
    heights = [b[3] - b[1] for b in (bounds(w.place.polygon) for w in words if w.place.polygon)]
    size = max(median(heights), max(heights) * 0.6) if heights else 1.0
    for word in words:
        last = pieces[-1][-1] if pieces else None
        if last is None or _gap(last, word) > _WORD_GAP * size:
            pieces.append([word])
        else:
            pieces[-1].append(word)
    return [_joined(piece) for piece in pieces]


def _gap(left: Line, right: Line) -> float:
    if not left.place.polygon or not right.place.polygon:
        return 0.0
    return bounds(right.place.polygon)[0] - bounds(left.place.polygon)[2]


def _joined(words: Sequence[Line]) -> Line:
    text = words[0].text
    for last, word in pairwise(words):
        # Digits and letters are set apart by what stands between them; Chinese characters never.
        height = max(
            (b[3] - b[1] for b in (bounds(w.place.polygon) for w in (last, word) if w.place.polygon)), default=0.0
        )
        apart = not height or _gap(last, word) > _LETTER_GAP * height
        latin = text[-1:].isascii() and word.text[:1].isascii() and text[-1:].isalnum() and word.text[:1].isalnum()
        text += (" " if latin and apart else "") + word.text
    boxes = [bounds(w.place.polygon) for w in words if w.place.polygon]
    polygon = box_polygon(*_around(boxes)) if boxes else ()
    return Line(text, replace(words[0].place, polygon=polygon), min(w.confidence for w in words))


def _around(boxes: Sequence[Box]) -> Box:
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def _character(pieces: Sequence[_Piece]) -> float:
    """The height of a character: half of all lines are at least nearly as high; a dash or 一 is not."""
    heights = sorted(p.box[3] - p.box[1] for p in pieces)
    return max(heights[len(heights) // 2], 1e-6)


def _is_vertical(piece: _Piece, size: float) -> bool:
    """Tell whether a piece is a label written downwards: several characters in a box higher than wide."""
    width, height = piece.box[2] - piece.box[0], piece.box[3] - piece.box[1]
    return len(piece.line.text) > 1 and height > 2.2 * size and height > 1.5 * width


def _visual_rows(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """Pieces that stand side by side, from left to right; rows from top to bottom."""
    rest = sorted(pieces, key=lambda p: (p.middle, p.box[0]))
    rows: list[list[_Piece]] = []
    while rest:
        first = rest[0]
        row = [p for p in rest if _beside(first, p)]
        rows.append(sorted(row, key=lambda p: p.box[0]))
        chosen = set(map(id, row))
        rest = [p for p in rest if id(p) not in chosen]
    return rows


def _beside(one: _Piece, other: _Piece) -> bool:
    """Tell whether two pieces are on one line: their middles are closer than a third of the lower one's height."""
    height = min(one.box[3] - one.box[1], other.box[3] - other.box[1])
    return abs(one.middle - other.middle) <= max(height / 2, 1e-6)


# -- bands: rows with the same columns ---------------------------------------------------------------------------------


def _is_torn(above: Sequence[_Piece], below: Sequence[_Piece], scale: _Scale) -> bool:
    """Tell whether a cut between two rows would tear wrapped lines apart."""
    limit = _WRAP_GAP if scale.wrap is None else scale.wrap
    return any(
        _space(upper, lower, scale.size) < limit
        and min(upper.box[2], lower.box[2]) - max(upper.box[0], lower.box[0]) > scale.size
        for upper in above
        for lower in below
    )


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a band as (left, right) of their texts, and what is wrong with them."""

    spans: tuple[tuple[float, float], ...]
    cost: float


def _bands(rows: Sequence[Sequence[_Piece]], scale: _Scale) -> list[tuple[int, int]]:
    """Cut the rows into bands (last exclusive) so that as few rows as possible fit their columns badly."""
    size = scale.size
    torn = [False] + [_is_torn(above, below, scale) for above, below in pairwise(rows)]
    best = [0.0] + [float("inf")] * len(rows)
    back = [0] * (len(rows) + 1)
    for first in range(len(rows)):
        for last in range(first + 1, len(rows) + 1):
            cost = _columns(rows[first:last], size).cost + _TORN * torn[first]
            if best[first] + _BAND + cost < best[last]:
                best[last], back[last] = best[first] + _BAND + cost, first
            # Faults only grow with the band: bands of one row each are cheaper from here on.
            if cost > (_BAND + _TORN) * (last - first):
                break
    cuts = [len(rows)]
    while cuts[-1]:
        cuts.append(back[cuts[-1]])
    cuts.reverse()
    return list(pairwise(cuts))


def _columns(rows: Sequence[Sequence[_Piece]], size: float) -> _Columns:
    """Find a band's columns: pieces that overlap share one; the widest pieces of a doubtful column may span several."""
    pieces = [(p.box[0], p.box[2], r) for r, row in enumerate(rows) for p in row]
    columns = _merged(pieces, size)
    best = _Columns(tuple(column.span for column in columns), sum(column.faults for column in columns))
    removed = 0
    while removed * _SPANNING < best.cost:
        worst = max(columns, key=lambda column: column.faults)
        if not worst.faults:
            break
        pieces.remove(max(worst.pieces, key=lambda piece: piece[1] - piece[0]))
        removed += 1
        columns = _merged(pieces, size)
        cost = sum(column.faults for column in columns) + removed * _SPANNING
        if cost < best.cost:
            best = _Columns(tuple(column.span for column in columns), cost)
    return best


Extent = tuple[float, float, int]  # left, right, number of the row


@dataclass(slots=True)
class _Column:
    """Pieces that overlap, and what speaks against their being one column: two of a row, or no common line down it."""

    left: float
    right: float
    pieces: list[Extent]
    faults: float = 0.0

    @property
    def span(self) -> tuple[float, float]:
        return self.left, self.right

    def weigh(self) -> None:
        """Count the faults."""
        rows = Counter(row for _, _, row in self.pieces)
        # The place where most pieces are: those that do not reach it are of another column, or of a head over it.
        edges = sorted((x, way) for left, right, _ in self.pieces for x, way in ((left, 1), (right, -1)))
        over = most = 0
        for _, way in edges:
            over += way
            most = max(most, over)
        self.faults = _CLASH * (len(self.pieces) - len(rows)) + _APART * (len(self.pieces) - most)


def _merged(pieces: Sequence[Extent], size: float) -> list[_Column]:
    columns: list[_Column] = []
    for piece in sorted(pieces):
        if columns and piece[0] < columns[-1].right - _OVERLAP * size:
            columns[-1].right = max(columns[-1].right, piece[1])
            columns[-1].pieces.append(piece)
        else:
            columns.append(_Column(piece[0], piece[1], [piece]))
    for column in columns:
        column.weigh()
    return columns


# -- cells -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Block:
    """One cell in the making: its lines from top to bottom, its columns, its rows."""

    pieces: list[_Piece]
    col: int
    colspan: int = 1
    row: int = 0
    rowspan: int = 1
    doubt: bool = False

    @property
    def top(self) -> float:
        return min(p.box[1] for p in self.pieces)

    @property
    def bottom(self) -> float:
        return max(p.box[3] for p in self.pieces)

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def _band_blocks(
    rows: Sequence[Sequence[_Piece]], tall: Sequence[_Piece], scale: _Scale, name: str
) -> Iterator[Table | Line]:
    """A band as a table; rows of one piece each are loose lines, unless they stand under a table's column."""
    size = scale.size
    spans = list(_columns(rows, size).spans)
    if len(spans) == 1 and not tall:
        yield from (piece.line for row in rows for piece in row)
        return
    blocks = _wrapped(rows, spans, scale)
    edges = _rows_of(blocks, size)
    known = []
    for col in range(len(spans)):
        column = [b for b in blocks if b.col <= col < b.col + b.colspan]
        known.append(_span_rows(column, edges, size))
        if not known[-1]:
            for block in column:
                _span_beside(block, edges, size)
                block.doubt |= block.rowspan == 1 and _strays(block, edges, size)
    cells = [_slotted(block) for block in blocks]
    left = _place_tall(tall, edges, size) if tall else []
    if left:
        cells = [replace(cell, col=cell.col + 1) for cell in cells] + left
    yield make_table(cells, name, ruled=False, spans=any(known) and len(edges) > 1)


def _wrapped(rows: Sequence[Sequence[_Piece]], spans: Sequence[tuple[float, float]], scale: _Scale) -> list[_Block]:
    """Pieces as cells: in each column the lines that go on from the line above, and pieces of one row, are one."""
    placed = [[(_columns_of(piece, spans), piece) for piece in row] for row in rows]
    widths: dict[tuple[int, int], float] = {}
    for row in placed:
        for columns, piece in row:
            widths[columns] = max(widths.get(columns, 0.0), piece.box[2] - piece.box[0])
    blocks: list[_Block] = []
    open_cells: dict[tuple[int, int], _Block] = {}
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
            block = _Block([piece], *columns)
            open_cells[columns] = block
            blocks.append(block)
    return blocks


def _is_full(piece: _Piece, width: float, scale: _Scale) -> bool:
    return piece.box[2] - piece.box[0] >= width - min(_FULL * scale.size, _FULL_SHARE * width)


def _long(width: float, scale: _Scale) -> bool:
    return width >= _PARAGRAPH * scale.size


def _goes_on(above: _Block, piece: _Piece, width: float, scale: _Scale, row_ends: bool) -> bool:
    """Weigh whether a piece goes on the cell above it.

    How close it stands says so, whether the line above is full, and whether a neighbour's short text ends its row here.
    """
    last = above.pieces[-1]
    if piece.box[1] < last.middle < piece.box[3] or last.box[1] < piece.middle < last.box[3]:
        return True  # two pieces of one line
    gap = _space(last, piece, scale.size)
    if scale.wrap is not None:
        return gap < scale.wrap
    weight = 1 if gap <= _WRAP_GAP else 0 if gap <= _ROW_GAP else -2
    if _is_full(last, width, scale):
        weight += 1
    elif not _long(width, scale):
        weight -= 1
    return weight - row_ends > 0


def _columns_of(piece: _Piece, spans: Sequence[tuple[float, float]]) -> tuple[int, int]:
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


def _rows_of(blocks: Sequence[_Block], size: float) -> list[tuple[float, float]]:
    """Give every cell a row, and return the rows' (top, bottom).

    Cells of several columns whose middles are at one height are a row for sure. Others stand beside such a row, or have
    room for one of their own, or are merged cells, whose middle may lie between two rows.
    """
    ordered = sorted(blocks, key=lambda b: b.middle)
    groups: list[list[_Block]] = []
    for block in ordered:
        if groups and block.middle - groups[-1][0].middle < _LEVEL * size:
            groups[-1].append(block)
        else:
            groups.append([block])
    counts = Counter(block.col for block in blocks)
    # The fuller a row the surer it is; labels of merged cells stand on the left, and alone or in twos.
    groups.sort(key=lambda g: (-len({b.col for b in g}), -max((counts[b.col], b.col) for b in g)[1], g[0].top))
    edges: list[tuple[float, float]] = []
    for group in groups:
        # A merged label of several lines may be level with a row by chance: the row is as high as its lowest cell.
        lowest = min(group, key=lambda block: block.bottom - block.top)
        if _has_room((lowest.top, lowest.bottom), edges):
            insort(edges, (lowest.top, lowest.bottom))
    for block in blocks:
        block.row = min(range(len(edges)), key=lambda i: abs((edges[i][0] + edges[i][1]) / 2 - block.middle))
    # A row is as high as what stands in it and in no other row.
    grown = list(edges)
    for block in blocks:
        top, bottom = grown[block.row]
        if sum(e[0] < block.bottom and block.top < e[1] for e in edges) == 1:
            grown[block.row] = (min(top, block.top), max(bottom, block.bottom))
    return grown


def _has_room(row: tuple[float, float], edges: Sequence[tuple[float, float]]) -> bool:
    """Tell whether a row may stand between the rows that are sure: nearly all of it is free, and some more.

    A merged cell's label may stand between two of its rows, where there is no room for a row.
    """
    height, middle = row[1] - row[0], (row[0] + row[1]) / 2
    taken = sum(max(0.0, min(e[1], row[1]) - max(e[0], row[0])) for e in edges)
    above = max((e[1] for e in edges if (e[0] + e[1]) / 2 < middle), default=float("-inf"))
    below = min((e[0] for e in edges if (e[0] + e[1]) / 2 >= middle), default=float("inf"))
    return taken < 0.1 * height and below - above > 1.2 * height


def _span_rows(column: Sequence[_Block], edges: Sequence[tuple[float, float]], size: float) -> bool:
    """Let the cells of a column span rows so that each stands in the middle of its rows; tell whether they all do.

    Merged labels are printed in the middle. The rows are shared out among the cells in order; only where every cell
    comes to stand in the middle of its share is that what was printed.
    """
    cells = sorted(column, key=lambda block: block.middle)
    n, k = len(edges), len(cells)
    if not 0 < k < n or len({block.row for block in cells}) < k:
        return False
    infinite = float("inf")
    cost = [[infinite] * (n + 1) for _ in range(k + 1)]
    back = [[0] * (n + 1) for _ in range(k + 1)]
    # Rows above the first label belong to one on the page before, rows below the last to one that a page break cut.
    cost[0] = [_CUT * (start > 0) for start in range(n + 1)]
    for i, block in enumerate(cells):
        # A cell over several columns (a bar, a total) stays on its row.
        wide = block.colspan > 1
        for end in range(block.row + 1, block.row + 2 if wide else n + 1):
            for start in range(block.row if wide else 0, min(block.row, end - 1) + 1):
                if cost[i][start] == infinite:
                    continue
                off = 0.0 if wide else abs((edges[start][0] + edges[end - 1][1]) / 2 - block.middle) / size
                if off <= _CENTRED and cost[i][start] + off * off < cost[i + 1][end]:
                    cost[i + 1][end], back[i + 1][end] = cost[i][start] + off * off, start
    end = min(range(n + 1), key=lambda end: cost[k][end] + _CUT * (end < n))
    if cost[k][end] == infinite:
        return False
    for i in range(k, 0, -1):
        start = back[i][end]
        cells[i - 1].row, cells[i - 1].rowspan = start, end - start
        end = start
    return True


def _strays(block: _Block, edges: Sequence[tuple[float, float]], size: float) -> bool:
    """Tell whether a cell is not level with its row: it belongs to several rows, and which is not known."""
    top, bottom = edges[block.row]
    return abs((top + bottom) / 2 - block.middle) > _LEVEL * size


def _span_beside(block: _Block, edges: Sequence[tuple[float, float]], size: float) -> None:
    """Let a label written downwards, one or two characters a line, span the rows that it stands beside."""
    height = block.bottom - block.top
    width = max(p.box[2] for p in block.pieces) - min(p.box[0] for p in block.pieces)
    if len(block.pieces) < 3 or height < 2.2 * size or height < 1.5 * width or block.rowspan > 1:
        return
    beside = [i for i, edge in enumerate(edges) if min(edge[1], block.bottom) - max(edge[0], block.top) > 0.5 * size]
    if len(beside) > 1:
        block.row, block.rowspan = beside[0], beside[-1] - beside[0] + 1


def _place_tall(tall: Sequence[_Piece], edges: Sequence[tuple[float, float]], size: float) -> list[Slotted]:
    """Labels written downwards, as cells of a column of their own left of the band: they span the rows beside them."""
    cells = []
    for piece in sorted(tall, key=lambda p: p.box[1]):
        beside = [i for i, (top, bottom) in enumerate(edges) if top < piece.box[3] and piece.box[1] < bottom] or [0]
        block = _Block([piece], 0, 1, beside[0], len(beside))
        cells.append(_slotted(block))
    return cells


def _slotted(block: _Block) -> Slotted:
    lines = [piece.line for row in _visual_rows(block.pieces) for piece in row]
    polygon = box_polygon(*_around([bounds(line.place.polygon) for line in lines]))
    place = Place(page=lines[0].place.page, polygon=polygon)
    confidence = min(_DOUBT if block.doubt else _GUESSED, *(line.confidence for line in lines))
    return Slotted(
        block.row,
        block.col,
        block.rowspan,
        block.colspan,
        join_lines(lines),
        confidence,
        polygon,
        (place,),
        tuple(lines),
    )
