"""Labelled field rows -> fields with label paths: pairs, labels under labels, and small tables with headers over values.

A label beside a label is its parent and holds for the rows below until something stands in its column again. A row of
labels with nothing between them heads the columns below it: `项目资金→年度资金总额→全年预算数`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.document import FieldEntry, Role, Row, RowCell


@dataclass
class _Heads:
    """Column labels in force, by first column, and the table they belong to."""

    cells: list[RowCell]
    table: int


class FieldGatherer:
    """Takes field rows in order and gathers fields; values without a label go on with the field above."""

    def __init__(self) -> None:
        self.fields: list[FieldEntry] = []
        self.strays: list[RowCell] = []
        self._parent: RowCell | None = None
        self._parent_until = -1
        self._heads: _Heads | None = None

    def interrupt(self) -> None:
        """Another kind of row stands between: parents and column labels end."""
        self._parent = None
        self._heads = None

    def row(self, row: Row, grid_header: Sequence[RowCell] = ()) -> None:
        """Take a row of labels and values. `grid_header`: the cells of the grid's header where the row stands in a grid."""
        filled = [cell for cell in row.cells if cell.text]
        number = filled[0].row
        if self._ends_parent(filled[0], number):
            self._parent = None
            self._heads = None
        if self._heads is not None and self._heads.table != row.table and filled[0].col == 0:
            self._heads = None
        labels = [cell for cell in filled if cell.role is Role.LABEL]
        if grid_header and len(labels) == 1 and len(filled) > 1:
            self._under_heads(row, labels[0], grid_header, only_filled=True)
            return
        if not labels and self._heads is None:
            self.more(filled)
            return
        if self._is_head_row(row, filled):
            self._open_heads(row, filled)
            return
        if self._heads is not None and self._fits_heads(filled):
            own = labels[0] if labels and labels[0].col < self._heads.cells[0].col else None
            self._under_heads(row, own, self._heads.cells)
            return
        self._pairs(row, filled)

    def more(self, cells: Sequence[RowCell]) -> None:
        """Values that go on with the field above; with none above they are strays."""
        if self.fields:
            last = self.fields[-1]
            self.fields[-1] = replace(last, values=(*last.values, *cells))
        else:
            self.strays.extend(cells)

    def label(self, cell: RowCell) -> None:
        """A label that stands outside every table; its text follows."""
        self.interrupt()
        self.fields.append(FieldEntry((cell,), ()))

    # ------------------------------------------------------------------------------------------------------------------

    def _ends_parent(self, first: RowCell, number: int) -> bool:
        if self._parent is None:
            return self._heads is not None and first.col == 0 and first.role is Role.LABEL and number > 0 and (
                self._heads.cells[0].col > 0
            )
        if self._parent.rowspan > 1:
            return number > self._parent_until
        return first.col <= self._parent.col

    @staticmethod
    def _touch(row: Row, left: RowCell, right: RowCell) -> bool:
        """Tell whether no blank cell stands between two cells of a row."""
        return not any(left.col < cell.col < right.col and not cell.text for cell in row.cells)

    def _is_head_row(self, row: Row, filled: Sequence[RowCell]) -> bool:
        """Labels only, the last ones touching each other, the last one at the row's end: headers over values.

        One label left of them may be their parent; a blank beside it is the corner over the row labels.
        """
        if any(cell.role is not Role.LABEL for cell in filled) or len(filled) < 2:
            return False
        last = filled[-1]
        if any(cell.col > last.col and not cell.text for cell in row.cells):
            return False
        touching = [self._touch(row, a, b) for a, b in zip(filled, filled[1:], strict=False)]
        if not all(touching[1:]):
            return False
        # Two labels side by side: a parent with a lone label whose value is blank would have its blank at the end.
        return len(filled) >= 3 or (touching[0] and filled[0].col > 0) or (touching[0] and filled[0].col == 0 and filled[0].rowspan == 1)

    def _open_heads(self, row: Row, filled: Sequence[RowCell]) -> None:
        first, rest = filled[0], list(filled[1:])
        if first.col == 0 and rest:
            self._set_parent(first)
            self._heads = _Heads(rest, row.table)
        else:
            self._heads = _Heads(list(filled), row.table)

    def _set_parent(self, cell: RowCell) -> None:
        self._parent = cell
        self._parent_until = cell.row + cell.rowspan - 1

    def _fits_heads(self, filled: Sequence[RowCell]) -> bool:
        """Values stand under the column labels, and at most one label stands left of them."""
        assert self._heads is not None
        columns = {cell.col for cell in self._heads.cells}
        start = min(columns)
        labels = [cell for cell in filled if cell.role is Role.LABEL]
        if any(cell.col >= start for cell in labels) or len(labels) > 1:
            return False
        return all(cell.col in columns or cell.col < start for cell in filled)

    def _under_heads(self, row: Row, own: RowCell | None, heads: Sequence[RowCell], *, only_filled: bool = False) -> None:
        by_col = {cell.col: cell for cell in row.cells}
        path = tuple(cell for cell in (self._parent if not only_filled else None, own) if cell is not None)
        for head in heads:
            value = by_col.get(head.col)
            if value is None or value is own or (only_filled and not value.text):
                continue
            self.fields.append(FieldEntry((*path, head), (value,) if value.text else ()))

    def _pairs(self, row: Row, filled: Sequence[RowCell]) -> None:
        i = 0
        while i < len(filled) and filled[i].role is not Role.LABEL:
            self.more([filled[i]])
            i += 1
        while i < len(filled):
            label = filled[i]
            following = filled[i + 1] if i + 1 < len(filled) else None
            if following is not None and following.role is Role.LABEL and self._touch(row, label, following) and label.col == 0:
                self._set_parent(label)
                i += 1
                continue
            values = []
            i += 1
            while i < len(filled) and filled[i].role is not Role.LABEL:
                values.append(filled[i])
                i += 1
            path = (self._parent, label) if self._parent is not None and self._parent is not label else (label,)
            self.fields.append(FieldEntry(path, tuple(values)))
