"""What nothing took: texts that stand in no field, no indicator and no header, for nothing that was read is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.document import FieldEntry, IndicatorRow, Role, Row, RowCell
from pipeline.labeltext import BLANK_COLUMN, label_text, without_placeholder
from pipeline.levels.gather import level_key
from pipeline.levels.headers import GridHeader
from pipeline.levels.lexicon import Lexicon

# What parts a line of running text into level, name and target.
_PIECES = re.compile(r"[:：、，。；;,（）()\d.]+")


def outside(rows: Sequence[Row]) -> tuple[RowCell, ...]:
    """The loose lines beside a sheet that is read as a whole."""
    return tuple(cell for row in rows if row.n_cols < 3 for cell in row.cells if cell.text)


def untold(
    rows: Sequence[Row],
    fields: Sequence[FieldEntry],
    indicators: Sequence[IndicatorRow],
    headers: Sequence[RowCell],
    strays: Sequence[RowCell],
) -> list[RowCell]:
    """The lines of running text of which nothing stands anywhere: a level that has no indicator below it."""
    kept = [*headers, *strays, *(cell for entry in fields for cell in (*entry.labels, *entry.values))]
    for row in indicators:
        levels = (row.level1, row.level2, row.level3)
        kept += [cell for cell in (*levels, *row.target, *(cell for _, cell in row.extra)) if cell is not None]
    texts = "\n".join("".join(cell.text.split()) for cell in kept)
    lines = [(cell, "".join(cell.text.split())) for row in rows for cell in row.cells if cell.text]
    pieces = {id(cell): [piece for piece in _PIECES.split(text) if piece] for cell, text in lines}
    return [cell for cell, _ in lines if not any(piece in texts for piece in pieces[id(cell)])]


def level_without_table(rows: Sequence[Row], lexicon: Lexicon) -> bool:
    """Tell whether the form goes on, over the page of its last table, with a level outside all tables."""
    last = max((r for r, row in enumerate(rows) if row.n_cols), default=len(rows))
    names = lexicon.exact["level1"] | lexicon.exact["level2"]
    below = (row for row in rows[last + 1 :] if row.page > rows[last].page)
    return any(level_key(cell) in names for row in below for cell in row.cells)


def unplaced(
    rows: Sequence[Row],
    fields: Sequence[FieldEntry],
    indicators: Sequence[IndicatorRow],
    headers: Sequence[RowCell],
    strays: Sequence[RowCell],
) -> list[RowCell]:
    """The cells that nothing took, for nothing that was read is lost; restated levels and placeholders are no loss."""
    placed = {_mark(cell) for cell in (*headers, *strays)}
    placed |= {_mark(cell) for entry in fields for cell in (*entry.labels, *entry.values)}
    levels = {(row.level1 and level_key(row.level1), row.level2 and level_key(row.level2)) for row in indicators}
    named = {Role.LEVEL1: {one for one, _ in levels}, Role.LEVEL2: {two for _, two in levels}}
    for row in indicators:
        placed |= {_mark(cell) for cell in (row.level3, *row.target, *(cell for _, cell in row.extra)) if cell}
    return [
        cell
        for row in rows
        for cell in row.cells
        if cell.text
        and _mark(cell) not in placed
        and not (cell.role in named and level_key(cell) in named[cell.role])
        and not (cell.role is Role.LEVEL3 and not without_placeholder(label_text(cell.text)))
    ]


def blank_columns(headers: Sequence[GridHeader | None], indicators: Sequence[IndicatorRow]) -> Iterator[RowCell]:
    """The heads of columns in which nothing stands, once each; of a blank form, which is told as one, none."""
    told = {name for row in indicators for name, _ in row.extra}
    if not any(row.level3 or row.target for row in indicators):
        return
    for header in {id(h): h for h in headers if h is not None}.values():
        for column in header.columns:
            if column.role == "extra" and not column.lead and column.head is not None and column.name not in told:
                told.add(column.name)
                yield replace(column.head, notes=(*column.head.notes, BLANK_COLUMN))


def _mark(cell: RowCell) -> tuple[int, int, str]:
    """What tells a form's cells apart, however sure we are of them."""
    return cell.row, cell.col, cell.text
