"""Lines with outlines and nothing said of tables -> tables and loose lines, by how the texts stand to each other.

Nothing of the page's pixels is known here, so rulings are not. Three steps: pieces of text that stand side by side make
visual rows; visual rows with the same columns make a band, and a band is a table; in a column, pieces close below each
other are one wrapped cell, and a cell in the middle of several rows of its neighbours spans them (labels of merged cells
are printed in their middle). Every text comes out once, whatever the guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from pipeline.document import Line, Place, Table
from pipeline.importers.common import Slotted, bounds, box_polygon, by_position, join_lines, make_table

# All lengths are in characters' heights. Pieces of one word or sentence stand closer than this; in a distributed label
# (项　目　名　称) they stand further apart and come together again because they share their column.
_WORD_GAP = 0.9
_LETTER_GAP = 0.15
# A band costs as much as this many of its faults: two pieces of a row in one column, or a piece over several columns.
_BAND, _CLASH, _SPANNING = 2.0, 1.0, 0.7
# Columns whose texts overlap by less stand apart: outlines of recognised lines are generous.
_OVERLAP = 0.3
# Lines of one cell follow each other closer than the first, never further apart than the second, where the page has no
# wrapped paragraph to measure it on; where it has, these are added to what was measured.
_WRAP_GAP, _ROW_GAP = 0.35, 0.8
_NEAR_WRAP, _NO_WRAP = 0.15, 0.35
# A wrapped line fills its column up to a character and a half, in narrow columns up to a third.
_FULL, _FULL_SHARE = 1.6, 0.3
# From this width on a column holds paragraphs, whose last lines may be short; the longest level-2 name has nine characters.
_PARAGRAPH = 12.0
# How far from the middle of its rows a merged cell's label may stand.
_CENTRED = 0.75

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

    Lines without an outline stay loose, at the end. A table has `ruled` False; its cells say "spans" only where labels in
    the middle of their rows say so. Raises InputError, naming `name`, for a page of impossible size.
    """
    placed = [_Piece(line, bounds(line.place.polygon)) for line in lines if line.place.polygon and line.text]
    rest = [line for line in lines if line.text and not line.place.polygon]
    if not placed:
        return list(rest)
    size = _character(placed)
    upright = [p for p in placed if not _is_vertical(p, size)]
    tall = [p for p in placed if _is_vertical(p, size)]
    rows = _visual_rows(upright)
    wrap = _paragraph_gap(upright, size)
    blocks: list[Table | Line] = []
    while rows and len(rows[0]) == 1 and not _starts_column(rows, size):
        blocks.append(rows.pop(0)[0].line)
    while rows and len(rows[-1]) == 1 and _PAGE_MARK.match(rows[-1][0].line.text):
        rest.insert(0, rows.pop()[0].line)
    for first, last in _bands(rows, size):
        top, bottom = rows[first][0].box[1], max(p.box[3] for p in rows[last - 1])
        inside = [p for p in tall if top - size <= p.middle <= bottom + size]
        tall = [p for p in tall if p not in inside]
        blocks.extend(_band_blocks(rows[first:last], inside, _Scale(size, wrap), name))
    blocks.extend(p.line for p in tall)
    return [*blocks, *rest]


@dataclass(frozen=True, slots=True)
class _Scale:
    """A page's measures: a character's height, and the gap between the lines of a paragraph in it (None: not seen)."""

    size: float
    wrap: float | None


def _starts_column(rows: Sequence[Sequence[_Piece]], size: float) -> bool:
    """Tell whether the lone piece of the first row is the first line of a cell of the rows below: close above one of them."""
    piece = rows[0][0]
    return any(
        other.box[1] - piece.box[3] < _WRAP_GAP * size and abs(other.box[0] - piece.box[0]) < size
        for row in rows[1:2]
        if len(row) > 1
        for other in row
    )


def _paragraph_gap(pieces: Sequence[_Piece], size: float) -> float | None:
    """The gap between lines of a paragraph: long lines that begin at one left edge, the upper one reaching further right."""
    gaps = []
    ordered = sorted(pieces, key=lambda p: p.box[1])
    for i, piece in enumerate(ordered):
        if piece.box[2] - piece.box[0] < _PARAGRAPH * size:
            continue
        for other in ordered[i + 1 : i + 12]:
            gap = (other.box[1] - piece.box[3]) / size
            flush = -2.5 * size < other.box[0] - piece.box[0] < 0.5 * size and other.box[2] < piece.box[2] + size
            if flush and -0.3 < gap < 1.2:
                gaps.append(gap)
                break
    gaps.sort()
    return gaps[len(gaps) // 4] if gaps else None


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
    by_line = {id(piece.line): piece for piece in pieces}
    rows: list[list[_Piece]] = []
    top: Box | None = None
    for line in by_position([piece.line for piece in pieces]):
        piece = by_line[id(line)]
        beside = top is not None and (
            top[1] <= piece.middle <= top[3] or piece.box[1] <= (top[1] + top[3]) / 2 <= piece.box[3]
        )
        if beside and piece.box[0] >= rows[-1][-1].box[0]:
            rows[-1].append(piece)
        else:
            rows.append([piece])
            top = piece.box
    return rows


# -- bands: rows with the same columns ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a band as (left, right) of their texts, and what is wrong with them."""

    spans: tuple[tuple[float, float], ...]
    cost: float


def _bands(rows: Sequence[Sequence[_Piece]], size: float) -> list[tuple[int, int]]:
    """Cut the rows into bands (last exclusive) so that as few rows as possible fit their columns badly."""
    best = [0.0] + [float("inf")] * len(rows)
    back = [0] * (len(rows) + 1)
    for first in range(len(rows)):
        for last in range(first + 1, len(rows) + 1):
            cost = _columns(rows[first:last], size).cost
            if best[first] + _BAND + cost < best[last]:
                best[last], back[last] = best[first] + _BAND + cost, first
            # Faults only grow with the band: bands of one row each are cheaper from here on.
            if cost > _BAND * (last - first):
                break
    cuts = [len(rows)]
    while cuts[-1]:
        cuts.append(back[cuts[-1]])
    cuts.reverse()
    return list(zip(cuts, cuts[1:], strict=False))


def _columns(rows: Sequence[Sequence[_Piece]], size: float) -> _Columns:
    """Find a band's columns: pieces that overlap share one; the widest pieces may span several instead."""
    pieces = sorted(((p.box[0], p.box[2], r) for r, row in enumerate(rows) for p in row), key=lambda p: p[1] - p[0])
    spans, clashes = _merged(pieces, size)
    best = _Columns(spans, clashes * _CLASH)
    removed = 0
    while clashes and pieces and removed * _SPANNING < best.cost:
        # The widest piece of a column in which pieces of one row clash is a merged cell's.
        column = _clashing(pieces, spans)
        widest = max(
            range(len(pieces)), key=lambda i: (column[0] <= pieces[i][0] <= column[1], pieces[i][1] - pieces[i][0])
        )
        pieces = pieces[:widest] + pieces[widest + 1 :]
        removed += 1
        spans, clashes = _merged(pieces, size)
        cost = clashes * _CLASH + removed * _SPANNING
        if cost < best.cost:
            best = _Columns(spans, cost)
    return best


def _merged(pieces: Sequence[tuple[float, float, int]], size: float) -> tuple[tuple[tuple[float, float], ...], int]:
    """Overlapping pieces as columns, and how many pieces too many stand in one row of a column."""
    spans: list[tuple[float, float]] = []
    counts: list[dict[int, int]] = []
    for left, right, row in sorted(pieces):
        if spans and left < spans[-1][1] - _OVERLAP * size:
            spans[-1] = (spans[-1][0], max(spans[-1][1], right))
        else:
            spans.append((left, right))
            counts.append({})
        counts[-1][row] = counts[-1].get(row, 0) + 1
    return tuple(spans), sum(n - 1 for rows in counts for n in rows.values())


def _clashing(pieces: Sequence[tuple[float, float, int]], spans: Sequence[tuple[float, float]]) -> tuple[float, float]:
    for span in spans:
        rows = [row for left, _, row in pieces if span[0] <= left <= span[1]]
        if len(rows) > len(set(rows)):
            return span
    return spans[0]


# -- cells -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Block:
    """One cell in the making: its lines from top to bottom, its columns, its rows."""

    pieces: list[_Piece]
    col: int
    colspan: int = 1
    row: int = 0
    rowspan: int = 1

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
    if all(len(row) == 1 for row in rows) and not tall:
        yield from (piece.line for row in rows for piece in row)
        return
    size = scale.size
    spans = list(_columns(rows, size).spans)
    blocks = _wrapped(rows, spans, scale)
    n_columns = len(spans)
    edges = _anchor_rows(blocks, n_columns)
    known = [
        _span_rows([b for b in blocks if b.col == col and b.colspan == 1], edges, size) for col in range(n_columns)
    ]
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
        above = {columns: piece for columns, piece in placed[number - 1]} if number else {}
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
    """Weigh whether a piece goes on the cell above it: how close it stands, whether the line above is full, and whether
    a neighbour's short text says that a row ends here.
    """
    last = above.pieces[-1]
    if piece.box[1] < last.middle < piece.box[3] or last.box[1] < piece.middle < last.box[3]:
        return True  # two pieces of one line
    gap = (piece.box[1] - above.bottom) / scale.size
    near, far = (_WRAP_GAP, _ROW_GAP) if scale.wrap is None else (scale.wrap + _NEAR_WRAP, scale.wrap + _NO_WRAP)
    weight = 1 if gap <= near else 0 if gap <= far else -2
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


def _anchor_rows(blocks: Sequence[_Block], n_columns: int) -> list[tuple[float, float]]:
    """Give every cell a row, and return the rows' (top, bottom): the column with most cells sets the rows."""
    counts = [sum(b.col == col and b.colspan == 1 for b in blocks) for col in range(n_columns)]
    anchor = max(range(n_columns), key=lambda col: (counts[col], col))
    edges = sorted((b.top, b.bottom) for b in blocks if b.col == anchor and b.colspan == 1)
    for block in sorted(blocks, key=lambda b: b.middle):
        if _has_room(block, edges):
            edges.append((block.top, block.bottom))
            edges.sort()
    for block in blocks:
        block.row = min(range(len(edges)), key=lambda i: abs((edges[i][0] + edges[i][1]) / 2 - block.middle))
    # A row is as high as what stands in it and in no other row.
    grown = list(edges)
    for block in blocks:
        top, bottom = grown[block.row]
        if sum(e[0] < block.bottom and block.top < e[1] for e in edges) == 1:
            grown[block.row] = (min(top, block.top), max(bottom, block.bottom))
    return grown


def _has_room(block: _Block, edges: Sequence[tuple[float, float]]) -> bool:
    """Tell whether a cell that no row of the anchor stands beside has a row of its own: nearly all of it is free.

    A merged cell's label may stand between two of its rows, where there is no room for a row.
    """
    height = block.bottom - block.top
    taken = sum(max(0.0, min(e[1], block.bottom) - max(e[0], block.top)) for e in edges)
    above = max((e[1] for e in edges if (e[0] + e[1]) / 2 < block.middle), default=float("-inf"))
    below = min((e[0] for e in edges if (e[0] + e[1]) / 2 >= block.middle), default=float("inf"))
    return taken < 0.1 * height and below - above > 1.5 * height


def _span_rows(column: Sequence[_Block], edges: Sequence[tuple[float, float]], size: float) -> bool:
    """Let the cells of a column span rows so that each stands in the middle of its rows; tell whether they all do.

    Merged labels are printed in the middle. The rows are shared out among the cells in order; only where every cell comes
    to stand in the middle of its share is that what was printed.
    """
    cells = sorted(column, key=lambda block: block.middle)
    n, k = len(edges), len(cells)
    if not 0 < k < n or len({block.row for block in cells}) < k:
        return False
    infinite = float("inf")
    cost = [[infinite] * (n + 1) for _ in range(k + 1)]
    back = [[0] * (n + 1) for _ in range(k + 1)]
    cost[0][0] = 0.0
    for i, block in enumerate(cells):
        for end in range(block.row + 1, n + 1):
            for start in range(min(block.row, end - 1) + 1):
                if cost[i][start] == infinite:
                    continue
                off = abs((edges[start][0] + edges[end - 1][1]) / 2 - block.middle) / size
                if off <= _CENTRED and cost[i][start] + off * off < cost[i + 1][end]:
                    cost[i + 1][end], back[i + 1][end] = cost[i][start] + off * off, start
    if cost[k][n] == infinite:
        return False
    end = n
    for i in range(k, 0, -1):
        start = back[i][end]
        cells[i - 1].row, cells[i - 1].rowspan = start, end - start
        end = start
    return True


def _place_tall(tall: Sequence[_Piece], edges: Sequence[tuple[float, float]], size: float) -> list[Slotted]:
    """Labels written downwards, as cells of a column of their own left of the band: they span the rows beside them."""
    cells = []
    for piece in sorted(tall, key=lambda p: p.box[1]):
        beside = [i for i, (top, bottom) in enumerate(edges) if top < piece.box[3] and piece.box[1] < bottom] or [0]
        block = _Block([piece], 0, 1, beside[0], len(beside))
        cells.append(_slotted(block))
    return cells


def _slotted(block: _Block) -> Slotted:
    lines = by_position([piece.line for piece in block.pieces])
    polygon = box_polygon(*_around([piece.box for piece in block.pieces]))
    place = Place(page=lines[0].place.page, polygon=polygon)
    confidence = min(line.confidence for line in lines)
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
