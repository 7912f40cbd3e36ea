"""Cells over a page break: which of them reach it, which stand below each other, and two made one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from pipeline.document import Row, RowCell
from pipeline.quick import quick
from pipeline.seams import lean_of, sides_of

# A note on a cell whose text nobody can be sure of: its certainty is capped, so that a person looks.
UNSURE = "unsure"
# Edges of one column on two pages, in table widths: the pages are straightened one by one.
_SAME_EDGE = 0.02


def breaks(before: Row, row: Row) -> bool:
    """Tell whether a page or a table ends between two rows."""
    return before.page != row.page or before.table != row.table


def one_cell(cell: RowCell, more: RowCell, text: str, sure: bool = True) -> RowCell:
    """Two cells made one with this text; `sure` False caps its certainty, so that a person looks."""
    if not cell.text:
        return replace(more, row=cell.row, col=cell.col, rowspan=cell.rowspan, colspan=cell.colspan)
    return replace(
        cell,
        text=text,
        confidence=min(cell.confidence, more.confidence),
        places=(*cell.places, *more.places),
        lines=(*cell.lines, *more.lines),
        notes=(*cell.notes, "cut", *(() if sure else (UNSURE,))),
    )


def with_cell(row: Row, cell: RowCell, new: RowCell) -> Row:
    """The row with another cell in the place of one of its own."""
    return replace(row, cells=tuple(new if c is cell else c for c in row.cells))


def without_cells(row: Row, gone: Set[int]) -> Row:
    """The row with the cells of these ids blank: what they held is said elsewhere now."""
    return replace(
        row,
        cells=tuple(replace(c, text="", notes=(*c.notes, "restated")) if id(c) in gone else c for c in row.cells),
    )


@quick
@dataclass(frozen=True, slots=True)
class Above:
    """A cell that ends where the page does, and its row in `done`."""

    at: int
    cell: RowCell
    edges: tuple[float, float] | None  # left and right, in pixels


def put_cell(done: list[Row], one: Above, cell: RowCell) -> None:
    """Put another cell in the place of one over the break."""
    done[one.at] = with_cell(done[one.at], one.cell, cell)


def reaching(done: Sequence[Row], table: int, foot: int | None = None) -> list[Above]:
    """The cells of a table that reach down to a row, by default to its foot."""
    own = [(i, row.cells) for i, row in enumerate(done) if row.table == table and row.n_cols]
    if foot is None:
        foot = max([cell.row + cell.rowspan for _, cells in own for cell in cells], default=0)
    lean = lean_of(cell for _, cells in own for cell in cells)
    return [
        Above(i, cell, sides_of([cell], lean)) for i, cells in own for cell in cells if cell.row + cell.rowspan >= foot
    ]


def partners_of(above: Sequence[Above], before: Row, row: Row) -> dict[int, Above]:
    """For each cell of the row (by id) the cell over the break that has its column: by outline, else by number.

    Outlines are compared on the page and within the table: pages lie in the scanner one by one, and a table may have
    lost a column.
    """
    lean = lean_of(row.cells)
    seen = [one.edges for one in above if one.edges]
    frame = (min(left for left, _ in seen), max(right for _, right in seen)) if seen else None
    other = sides_of(row.cells, lean)
    found: dict[int, Above] = {}
    for cell in row.cells:
        edges = sides_of([cell], lean)
        if edges is None or frame is None or other is None:
            same = [one for one in above if before.n_cols == row.n_cols and cell.col == one.cell.col]
        else:
            near = _SAME_EDGE * max(frame[1] - frame[0], other[1] - other[0])
            same = [one for one in above if one.edges and _agree(one.edges, edges, near)]
            if not same and breaks(before, row):
                shares = _shares(edges, other)
                same = [one for one in above if one.edges and _agree(_shares(one.edges, frame), shares, _SAME_EDGE)]
            if not same and "unruled" in cell.notes and before.n_cols == row.n_cols:
                # Outlines are those of texts: 服务对象满意度指 | 标 begin and end at different places of one column.
                same = [one for one in above if (cell.col, cell.colspan) == (one.cell.col, one.cell.colspan)]
        if same:
            found[id(cell)] = same[0]
    return found


def _agree(one: tuple[float, float], other: tuple[float, float], near: float) -> bool:
    return all(abs(a - b) <= near for a, b in zip(one, other, strict=True))


def _shares(edges: tuple[float, float], frame: tuple[float, float]) -> tuple[float, float]:
    left, right = frame
    return (edges[0] - left) / (right - left), (edges[1] - left) / (right - left)


def with_rest(before: Row, parts: Mapping[int, tuple[RowCell, bool]]) -> Row:
    """The row with the rest of its cells put behind them; both places are kept."""
    cells = []
    for cell in before.cells:
        rest = parts.get(cell.col)
        if rest is None:
            cells.append(cell)
            continue
        more, sure = rest
        cells.append(one_cell(cell, more, cell.text + more.text, sure))
    return replace(before, cells=tuple(cells))
