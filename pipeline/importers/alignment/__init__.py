"""Lines with outlines and nothing said of tables -> tables and loose lines, by how the texts stand to each other.

Nothing of the page's pixels is known here, so rulings are not. Three steps: pieces of text that stand side by side make
visual rows; visual rows with the same columns make a band, and a band is a table; in a column, pieces close below each
other are one wrapped cell, and a cell in the middle of several rows of its neighbours spans them (labels of merged
cells are printed in their middle). Every text comes out once, whatever the guess, and every guessed cell asks for a
look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.document import Line, Table
from pipeline.importers.alignment.bands import bands, columns
from pipeline.importers.alignment.blocks import slotted
from pipeline.importers.alignment.pieces import (
    Piece,
    Scale,
    character,
    is_vertical,
    join_words,
    skew,
    turned,
    visual_rows,
)
from pipeline.importers.alignment.rows import lay_out, place_tall, span_beside, strays
from pipeline.importers.alignment.wraps import joined_cells, wrap_limit, wrapped
from pipeline.importers.common import bounds, make_table

__all__ = ["join_words", "tables_of_lines"]

_PAGE_MARK = re.compile(r"^\s*(第\s*\d+\s*页.*|[-—－–]*\s*\d{1,4}\s*[-—－–]*|\d+\s*/\s*\d+)\s*$")


def tables_of_lines(lines: Sequence[Line], name: str) -> list[Table | Line]:
    """Return the tables and the loose lines that these lines of one page make up, from top to bottom.

    Lines without an outline stay loose, at the end. A table has `ruled` False; its cells say "spans" only where labels
    in the middle of their rows say so. Raises InputError, naming `name`, for a page of impossible size.
    """
    outlined = [line for line in lines if line.place.polygon and line.text]
    turn = skew(outlined)
    placed = [Piece((line,), bounds(turned(line.place.polygon, turn))) for line in outlined]
    rest = [line for line in lines if line.text and not line.place.polygon]
    if not placed:
        return list(rest)
    size = character(placed)
    upright = [p for p in placed if not is_vertical(p, size)]
    tall = [p for p in placed if is_vertical(p, size)]
    rows = visual_rows(upright)
    blocks: list[Table | Line] = []
    while rows and len(rows[0]) == 1 and _is_above(rows, size):
        blocks.extend(rows.pop(0)[0].lines)
    while rows and len(rows[-1]) == 1 and _PAGE_MARK.match(rows[-1][0].text):
        rest[:0] = rows.pop()[0].lines
    tabular = sum(len(row) > 1 for row in rows) * 2 > len(rows)
    scale = Scale(size, wrap_limit(upright, size, tabular))
    rows = visual_rows(joined_cells([piece for row in rows for piece in row], scale))
    for first, last in bands(rows, scale):
        top, bottom = rows[first][0].box[1], max(p.box[3] for p in rows[last - 1])
        inside = [p for p in tall if top - size <= p.middle <= bottom + size]
        tall = [p for p in tall if p not in inside]
        blocks.extend(_band_blocks(rows[first:last], inside, scale, name))
    blocks.extend(line for p in tall for line in p.lines)
    return [*blocks, *rest]


def _is_above(rows: Sequence[Sequence[Piece]], size: float) -> bool:
    """Tell whether the first row's lone piece stands above everything, as a title does and a wrapped label does not."""
    piece = rows[0][0]
    return len(rows) == 1 or min(p.box[1] for p in rows[1]) - piece.box[3] > -0.1 * size


def _band_blocks(
    rows: Sequence[Sequence[Piece]], tall: Sequence[Piece], scale: Scale, name: str
) -> Iterator[Table | Line]:
    """A band as a table; rows of one piece each are loose lines, unless they stand under a table's column."""
    size = scale.size
    spans = list(columns(rows, size).spans)
    if len(spans) == 1 and not tall:
        yield from (line for row in rows for piece in row for line in piece.lines)
        return
    blocks = wrapped(rows, spans, scale)
    edges, placed = lay_out(blocks, len(spans), size)
    for block in blocks:
        if not placed[block.col]:
            span_beside(block, edges, size)
            block.doubt |= block.rowspan == 1 and strays(block, edges, size)
    merged = [block.col for block in blocks if block.rowspan > 1]
    known = bool(merged) and all(placed[: max(merged) + 1])
    cells = [slotted(block) for block in blocks]
    left = place_tall(tall, edges, size) if tall else []
    if left:
        cells = [replace(cell, col=cell.col + 1) for cell in cells] + left
    yield make_table(cells, name, ruled=False, spans=known)
