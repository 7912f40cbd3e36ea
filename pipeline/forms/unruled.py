"""Tables without rulings over several pages: a column that is blank on one page is known from the page before.

Alignment sees a page alone (`pipeline.alignment`); where its texts stand under those of the page before, they are in
the same columns, and what the page leaves blank between them stays a column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.document import Cell, Line, PageReading, Reading, Table

# Texts are of one column where they share this much of the narrower one's width.
_SHARED = 0.5
# A lone text stands in its column by chance; a page has so many cells at least.
_LEAST_CELLS = 2

_Column = tuple[float, float]


def with_columns_of_pages_before(pages: Iterable[PageReading]) -> Iterator[PageReading]:
    """Yield the pages; a table without rulings that goes on over a page gets the columns of its part before.

    Only numbers of columns change: no text and no place.
    """
    before: tuple[Table, float] | None = None  # the last table of the page before and that page's width
    for page in pages:
        blocks = list(page.blocks)
        numbers = [i for i, block in enumerate(blocks) if isinstance(block, Table)]
        width = float(page.size[0]) if page.size else 1.0
        if before is not None and numbers:
            blocks[numbers[0]] = _renumbered(blocks[numbers[0]], before[0], before[1] / width)
        last = blocks[numbers[-1]] if numbers else None
        before = (last, width) if isinstance(last, Table) and not last.ruled else None
        yield replace(page, blocks=tuple(blocks)) if blocks != list(page.blocks) else page


def _renumbered(block: Table | Line, above: Table, scale: float) -> Table | Line:
    if not isinstance(block, Table) or block.ruled or block.n_cols >= above.n_cols:
        return block
    if sum(bool(reading.text) for reading in block.readings) < _LEAST_CELLS:
        return block
    own, known = _columns(block, scale), _columns(above, 1.0)
    new: list[int] = []
    for column in own:
        shares = [0.0 if column is None or other is None else _shared(column, other) for other in known[_after(new) :]]
        if column is None or max(shares, default=0.0) < _SHARED:
            return block
        new.append(_after(new) + shares.index(max(shares)))
    readings = [_moved(reading, new) for reading in block.readings]
    filled = {(r, c) for reading in readings for r, c in _slots(reading.cell)}
    slots = ((r, c) for r in range(block.n_rows) for c in range(above.n_cols))
    readings.extend(Reading(Cell(r, c), "") for r, c in slots if (r, c) not in filled)
    readings.sort(key=lambda reading: (reading.cell.row, reading.cell.col))
    return Table(tuple(readings), block.n_rows, above.n_cols, block.ruled)


def _slots(cell: Cell) -> Iterator[tuple[int, int]]:
    return ((r, c) for r in range(cell.row, cell.row + cell.rowspan) for c in range(cell.col, cell.col + cell.colspan))


def _after(columns: Sequence[int]) -> int:
    return columns[-1] + 1 if columns else 0


def _columns(table: Table, scale: float) -> list[_Column | None]:
    """From where to where the texts of each column stand, by those that have one column to themselves."""
    found: list[_Column | None] = [None] * table.n_cols
    for reading in table.readings:
        if not reading.text or reading.cell.colspan != 1:
            continue
        xs = [x * scale for place in reading.places[:1] for x, _ in place.polygon]
        if xs:
            known = found[reading.cell.col]
            left, right = (min(xs), max(xs)) if known is None else (min(*xs, known[0]), max(*xs, known[1]))
            found[reading.cell.col] = (left, right)
    return found


def _shared(one: _Column, other: _Column) -> float:
    width = min(one[1] - one[0], other[1] - other[0])
    return (min(one[1], other[1]) - max(one[0], other[0])) / max(width, 1e-6)


def _moved(reading: Reading, new: Sequence[int]) -> Reading:
    cell = reading.cell
    last = new[min(cell.col + cell.colspan, len(new)) - 1]
    return replace(reading, cell=replace(cell, col=new[cell.col], colspan=last - new[cell.col] + 1))
