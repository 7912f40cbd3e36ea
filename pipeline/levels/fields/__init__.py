"""Labelled field rows -> fields with label paths: pairs, labels under labels, small tables with headers over values.

A label beside a label is its parent and holds for the rows below until something stands in its column again. A row of
labels with nothing between them heads the columns below it: `项目资金→年度资金总额→全年预算数`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.dictionaries import comparison_key
from pipeline.document import FieldEntry, Role, Row, RowCell
from pipeline.levels.fields.cells import (
    DOUBTFUL,
    INLINE,
    UNIT,
    YEAR,
    doubtful_blank,
    in_any_order,
    is_amount,
    is_said_again,
    label_alone,
    label_and_value,
    moved_under_heads,
    states,
    value_and_label,
    without_false_walls,
    without_lone_signs,
    without_unsure_walls,
    without_walls_under_heads,
)
from pipeline.levels.fields.heads import (
    Heads,
    corner_of,
    divided_heads,
    heads_over_heads,
    in_pairs,
    is_head_row,
    is_parent,
    is_value,
    names_rows,
    over_amounts,
    says_again,
    touch,
)

# A row under the grid whose values stand under the grid's own columns.
_TOTAL = re.compile(r"^(总分|合计|小计|总计|得分合计)[:：]?$")
# Labels that name a whole, of which the labels below them name parts.
_SUM = re.compile(r"([总總][额額]|[总總][计計]|合[计計]|总投入)([(（].*[)）])?$")
# The rows of a label beside heads over a text each.
_HEADS_AND_TEXTS = 2
# Texts side by side behind one label; people, phones, codes and amounts that stand so are shorter in thirty layouts.
_BESIDE, _SHORTEST_TEXT = 2, 14


class FieldGatherer:
    """Takes field rows in order and gathers fields; values without a label go on with the field above."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        """Take the names of the fields of the form's layout, where it is known."""
        self._names = names
        self._printed = {key: name for name in names if (key := in_any_order(name))}
        self._keys = frozenset(map(comparison_key, names))
        self.fields: list[FieldEntry] = []
        self.strays: list[RowCell] = []
        self.corners: list[RowCell] = []  # heads over row labels, and labels that were joined
        self.divided: list[RowCell] = []  # cells that hold label and value
        # Labels that hold for the rows below, from left to right.
        self._parents: list[RowCell] = []
        self._groups: dict[int, RowCell] = {}
        self._heads: Heads | None = None
        self._over: dict[int, RowCell] = {}  # heads over the heads that the next row holds, by column
        self._whole: list[RowCell] = []  # heads beside those, which the next row does not divide
        self._table = -1
        self._last = -1  # number of the row taken last
        self._until: dict[int, int] = {}  # by id, the row below a parent whose span goes on over a page break

    def interrupt(self) -> None:
        """Another kind of row stands between: parents and column labels end."""
        self._parents = []
        self._groups = {}
        self._heads = None
        self._over = {}
        self._whole = []

    def _unglued(self, row: Row) -> Row:
        """Take a label and value that stand in one cell, their wall lost, as a field in doubt; the others stay.

        A value and the label of the next one are parted, and a label is freed of what joined it by mistake.
        """
        cells: list[RowCell] = []
        for cell in row.cells:
            unknown = comparison_key(cell.text) not in self._keys
            parts = label_and_value(cell.text, self._names) if cell.role is Role.LABEL and cell.rowspan == 1 else None
            alone = label_alone(cell, self._names) if unknown and parts is None and cell.role is Role.LABEL else None
            if alone is not None:
                self.corners.append(cell)
                cells.append(replace(cell, text=alone))
                continue
            between = cells and cells[-1].role is Role.LABEL and cell.colspan > 1 and cell is not row.cells[-1]
            if between and unknown and (pair := value_and_label(cell, cells[-1], self._names)) is not None:
                self.divided.append(cell)
                wide, doubt = cell.colspan - 1, min(cell.confidence, DOUBTFUL)
                cells.append(replace(cell, text=pair[0], role=Role.VALUE, colspan=1, confidence=doubt))
                cells.append(replace(cell, text=pair[1], role=Role.LABEL, col=cell.col + 1, colspan=wide))
                continue
            if parts is None:
                cells.append(cell)
                continue
            value = replace(cell, text=parts[1], role=Role.VALUE, confidence=min(cell.confidence, DOUBTFUL))
            self.fields.append(FieldEntry((replace(cell, text=parts[0]),), (value,)))
            self.divided.append(cell)
            cells.append(replace(cell, text=""))
        return replace(row, cells=tuple(cells))

    def row(
        self, row: Row, following: Row | None = None, grid_header: Sequence[RowCell] = (), second: Row | None = None
    ) -> None:
        """Take a row of labels and values.

        `following` and `second` are the next rows of the same table; `grid_header` the cells of the grid's header
        where the row stands in a grid.
        """
        whole = without_unsure_walls(without_false_walls(row, self._keys), self._keys)
        if self._heads is not None and self._heads.table == row.table:
            whole = without_walls_under_heads(self._heads.cells, whole, self._keys)
            whole = moved_under_heads(self._heads.cells, whole)
        if following is not None and following.table == row.table:
            heads = [cell for cell in whole.cells if cell.text and cell.role is Role.LABEL]
            following = moved_under_heads(heads, without_walls_under_heads(heads, following, self._keys))
        self.corners += [cell for cell in row.cells if cell.text and not any(cell is one for one in whole.cells)]
        row = self._unglued(without_lone_signs(whole))
        filled = [cell for cell in row.cells if cell.text]
        if not filled:
            return
        told = [cell for cell in filled if not _is_tables_own("".join(cell.text.split()))]
        if len(told) < len(filled) and told and all(states(cell.text) for cell in told):
            # 部门：某某局 at the left and 单位：万元 at the right, over the table: unit and year are the table's.
            self.corners += [cell for cell in filled if not any(cell is one for one in told)]
            self.interrupt()
            for cell in told:
                self.lone(cell)
            self._table = row.table
            return
        if len(filled) > 1 and all(cell.role is Role.LABEL and states(cell.text) for cell in filled):
            # 填表人：何晓 | 审核人：邱明: each cell is a field of its own, and none stands over another.
            self.interrupt()
            for cell in filled:
                self.lone(cell)
            self._table = row.table
            return
        number = filled[0].row
        # A page break ends a span that goes on: the next page begins beside it, or the parent has ended.
        broken, self._table = row.table != self._table and self._table >= 0, row.table
        if broken and self._is_restated_parent(filled):
            # The next page prints the parent again; what stands beside it is still under its heads.
            self.corners.append(filled[0])
            self._until[id(self._parents[-1])] = number + filled[0].rowspan
            filled, broken = filled[1:], False
            assert self._heads is not None
            self._heads.table = row.table
        self._end_parents(row, filled[0], number, broken=broken)
        self._last = number
        if self._heads is not None and self._heads.table != row.table and filled[0].col == 0:
            self._heads = None
        labels = [cell for cell in filled if cell.role is Role.LABEL]
        if self._whole:
            heads = sorted([*self._whole, *filled], key=lambda cell: cell.col)
            self._heads, self._over, self._whole = Heads(heads, row.table, over=self._over), {}, []
            return
        if divided := divided_heads(row, filled, following, second):
            assert second is not None
            begins = next(cell.col for cell in second.cells if cell.text)
            self._parents += [cell for cell in filled if cell.col < begins]
            self._whole = [cell for cell in filled if cell.col >= begins and cell not in divided.values()]
            self._over = divided
            return
        if over := heads_over_heads(row, filled, following, second):
            if filled[0].col not in over:
                self._parents.append(filled[0])
            self._over = over
            return
        if grid_header and len(labels) == 1 and len(filled) > 1 and _TOTAL.match("".join(labels[0].text.split())):
            self._under_heads(row, labels[0], grid_header, only_filled=True)
        elif not labels and self._heads is None and not over_amounts(filled, following):
            self.more(filled)
        elif is_head_row(row, filled, following):
            self._open_heads(row, filled, following)
        elif self._heads is not None and self._fits_heads(filled):
            heads = self._heads.cells
            own = labels[0] if labels and labels[0].col <= heads[0].col else None
            own = filled[0] if self._heads.corner == filled[0].col else own
            if own is not None and own.col == heads[0].col and self._is_last_under_parent(filled):
                own = None  # 全年检查不少于四百家 under 预期目标 looks like a label
            if own is None and names_rows(heads, filled, self._printed.get(in_any_order(heads[0].text), heads[0].text)):
                own = filled[0]
            if own is not None and own.col == heads[0].col:
                # The column of the row labels has a head of its own (任务名称), which names no value.
                if heads[0] not in self.corners:
                    self.corners.append(heads[0])
                heads = heads[1:]
            self._under_heads(row, own, heads)
        else:
            self._pairs(row, filled, following)

    def more(self, cells: Sequence[RowCell]) -> None:
        """Values that go on with the field above; with none above they are strays."""
        if self.fields:
            last = self.fields[-1]
            self.fields[-1] = replace(last, values=(*last.values, *cells))
        else:
            self.strays.extend(cells)

    def lone(self, cell: RowCell) -> bool:
        """Take a cell that stands alone in its row for a field where it holds label and value; tell whether it did."""
        inline = INLINE.match(cell.text)
        if inline is None:
            return False
        label = replace(cell, text=inline.group(1), role=Role.LABEL)
        self.divided.append(cell)
        self.fields.append(FieldEntry((label,), (replace(cell, text=inline.group(2), role=Role.VALUE),)))
        return True

    def stated(self, cells: Sequence[RowCell]) -> None:
        """A line outside every table that states fields: labels and values in turn."""
        self.interrupt()
        for label, value in zip(cells[::2], cells[1::2], strict=True):
            self.fields.append(FieldEntry((label,), (value,) if value.text else ()))

    def label(self, cell: RowCell) -> None:
        """A label that stands outside every table; its text follows."""
        self.interrupt()
        self.fields.append(FieldEntry((cell,), ()))

    # ------------------------------------------------------------------------------------------------------------------

    def _end_parents(self, row: Row, first: RowCell, number: int, *, broken: bool) -> None:
        """A parent ends with its span where that is known, else where something stands in its column again."""
        kept = []
        for parent in self._parents:
            below = self._until.get(id(parent), parent.row + parent.rowspan)
            # What was cut has gone back over the break: the span reaches to the foot of its page where it ends below
            # the last row that was taken.
            spanned = number < below or (broken and below > self._last and first.col > parent.col)
            if spanned and broken and number >= parent.row + parent.rowspan:
                # The rest of the span is a blank cell of the new page, as high as the span goes on there.
                rest = next((c for c in row.cells if c.col == parent.col and not c.text), None)
                self._until[id(parent)] = number + (rest.rowspan if rest is not None else 1)
            elif not spanned and id(parent) in self._until and first.col > parent.col:
                # A tool that writes a blank a row says no more of the span: it lasts as long as nothing stands there.
                spanned = any(cell.col == parent.col and not cell.text for cell in row.cells)
            if spanned if parent.rowspan > 1 else first.col > parent.col:
                kept.append(parent)
        if len(kept) < len(self._parents):
            self._parents = kept
            self._heads = None
            if not kept:
                self._groups = {}
        elif self._heads is not None and first.col == 0 and first.role is Role.LABEL and self._heads.cells[0].col > 0:
            self._heads = None

    def _is_restated_parent(self, filled: Sequence[RowCell]) -> bool:
        if self._heads is None or not self._parents or len(filled) < 2:
            return False
        parent = self._parents[-1]
        same = is_said_again(parent, filled[0])
        heads = {cell.col for cell in self._heads.cells}
        # The row's own label may stand between parent and heads: 预算执行情况, 单位资金, amounts.
        own = [cell for cell in filled[1:] if cell.col not in heads]
        beside = len(own) <= 1 and all(parent.col < cell.col < min(heads) for cell in own)
        return same and parent.col == filled[0].col and beside

    def _open_heads(self, row: Row, filled: Sequence[RowCell], following: Row | None) -> None:
        """The labels over values are heads; those left of them are parents of what follows."""
        below = [cell for cell in following.cells if cell.text] if following is not None else []
        over = {cell.col for cell in below}
        first = next((i for i, cell in enumerate(filled) if cell.col in over), 1 if filled[0].col == 0 else 0)
        if says_again(filled, below):
            first = 1
        if first > 1 and filled[0].rowspan > 1 and following is not None:
            # 中期目标 over a blank is a head like 年度目标 beside it; only the merged label left of both is a parent.
            blank = {cell.col for cell in following.cells if not cell.text}
            first = 1 if all(cell.col in blank for cell in filled[1:first]) else first
        if first > 1 and not row.spans_known and len(below) == 1 and not is_amount(below[0].text):
            first = 1  # 预期目标 over nothing beside 实际完成情况 over a text: two heads of one parent
        parents = list(filled[:first])
        while len(parents) > 1 and self._is_pair(row, parents, filled):
            # 部门名称 | 某某局 beside a small table: a field of its own, no head of the table.
            self.fields.append(FieldEntry((parents[0],), (parents[1],)))
            del parents[:2]
        self._parents = [*self._parents, *parents]
        corner = corner_of(row, filled, below)
        self._heads = Heads(list(filled[first:]), row.table, over_amounts(filled, following), self._over, corner)
        self._over = {}

    def _is_pair(self, row: Row, parents: Sequence[RowCell], filled: Sequence[RowCell]) -> bool:
        """Tell whether what stands left of heads begins with a label and its value, which blanks or heads follow."""
        label, value = parents[:2]
        if self._parents or label.rowspan > 1 or label.role is not Role.LABEL:
            return False
        after = next((cell for cell in filled if cell.col > value.col), None)
        apart = after is not None and not touch(row, value, after) and touch(row, label, value)
        return value.role is not Role.LABEL or (apart and len(parents) > 2)

    def _fits_heads(self, filled: Sequence[RowCell]) -> bool:
        """Values stand under the column labels, and at most one label stands left of them."""
        assert self._heads is not None
        columns = {cell.col for cell in self._heads.cells}
        start = min(columns)
        values = [cell for cell in filled if cell.role is not Role.LABEL]
        if filled[0].col == self._heads.corner and {cell.col for cell in filled[1:]} <= columns:
            return True
        if self._heads.amounts and len(values) == 1 and not is_amount(values[0].text):
            self._heads = None  # a text ends a table of amounts
            return False
        labels = [cell for cell in filled if cell.role is Role.LABEL]
        if any(cell.col > start for cell in labels) or len(labels) > 1:
            # 无其他事项 under 主要内容 looks like a label; a row under the heads with a value in it is theirs.
            return len(labels) < len(filled) and filled[0].col == start and {cell.col for cell in filled} <= columns
        return all(cell.col in columns or cell.col < start for cell in filled)

    def _is_last_under_parent(self, filled: Sequence[RowCell]) -> bool:
        """Tell whether a merged label is as high as a row of heads and this one, which fills the heads' columns."""
        assert self._heads is not None
        parent = self._parents[-1] if self._parents else None
        under = parent is not None and parent.rowspan == _HEADS_AND_TEXTS and filled[0].row == parent.row + 1
        return under and [cell.col for cell in filled] == [cell.col for cell in self._heads.cells]

    def _under_heads(
        self, row: Row, own: RowCell | None, heads: Sequence[RowCell], *, only_filled: bool = False
    ) -> None:
        by_col = {cell.col: cell for cell in row.cells}
        path = (*(self._parents if not only_filled else ()), *((own,) if own is not None else ()))
        for head in heads:
            value = by_col.get(head.col)
            if value is None or value is own or (only_filled and not value.text):
                continue
            over = self._heads.over.get(head.col) if self._heads is not None and not only_filled else None
            named = (*path, *((over,) if over is not None else ()), head)
            covered = [other for other in heads if value.text and value.col < other.col < value.col + value.colspan]
            if covered:
                # 10096.92 under 分值 and 得分: the wall between two amounts was lost.
                value = replace(value, confidence=min(value.confidence, DOUBTFUL))
            self.fields.append(FieldEntry(named, (value,) if value.text or value.confidence <= DOUBTFUL else ()))
            self.fields += [FieldEntry((*named[:-1], other), (replace(value, text="", lines=()),)) for other in covered]

    def _pairs(self, row: Row, filled: Sequence[RowCell], following: Row | None) -> None:
        if not self._parents and in_pairs(row, filled, following):
            self.fields.extend(
                FieldEntry((label,), (value,)) for label, value in zip(filled[::2], filled[1::2], strict=True)
            )
            return
        i = 0
        while i < len(filled) and filled[i].role is not Role.LABEL:
            self.more([filled[i]])
            i += 1
        first_of_parent = False
        pairs: list[tuple[RowCell, list[RowCell]]] = []
        while i < len(filled):
            label = filled[i]
            i += 1
            if i < len(filled) and is_parent(row, label, filled[i], following):
                self._parents.append(label)
                self._groups = {}
                first_of_parent = True
                continue
            values = []
            if i < len(filled) and is_value(label, filled[i], filled[i + 1 :], following):
                values.append(filled[i])
                i += 1
            while i < len(filled) and filled[i].role is not Role.LABEL:
                values.append(filled[i])
                i += 1
            if not values and (inline := INLINE.match(label.text)):
                # 填报人：罗平 in one cell is a label with its value.
                self.divided.append(label)
                values = [replace(label, text=inline.group(2), role=Role.VALUE)]
                label = replace(label, text=inline.group(1))
            pairs.append((label, values))
        if first_of_parent and len(pairs) > 1 and all(_SUM.search(comparison_key(label.text)) for label, _ in pairs):
            # Two totals side by side: what stands below each is a part of it.
            self._groups = {label.col: label for label, _ in pairs}
        for label, values in pairs:
            group = self._groups.get(label.col)
            path = [*self._parents, *([group] if group is not None and group is not label else [])]
            if len(values) == _BESIDE and all(len(value.text) >= _SHORTEST_TEXT for value in values):
                # 预期目标 and 实际完成情况 without their heads: two texts, of which somebody says what each is.
                asked = [replace(value, confidence=min(value.confidence, DOUBTFUL)) for value in values]
                self.fields += [FieldEntry((*path, label), (value,)) for value in asked]
                continue
            self.fields.append(FieldEntry((*path, label), tuple(values or doubtful_blank(row, label))))


def _is_tables_own(text: str) -> bool:
    """Tell whether a text is the table's money unit or its year."""
    return bool(UNIT.fullmatch(text) or YEAR.fullmatch(text))
