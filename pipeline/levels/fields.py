"""Labelled field rows -> fields with label paths: pairs, labels under labels, small tables with headers over values.

A label beside a label is its parent and holds for the rows below until something stands in its column again. A row of
labels with nothing between them heads the columns below it: `项目资金→年度资金总额→全年预算数`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from rapidfuzz.distance import Levenshtein

from pipeline.dictionaries import comparison_key
from pipeline.document import FieldEntry, Role, Row, RowCell

# A blank under a seal is half sure at most, one with ink in it not at all.
_DOUBTFUL = 0.5
# A row under the grid whose values stand under the grid's own columns.
_TOTAL = re.compile(r"^(总分|合计|小计|总计|得分合计)[:：]?$")
_INLINE = re.compile(r"^(?!其中)([^:：]{2,14})[:：]\s*(\S.*)$", re.S)
_AMOUNT = re.compile(r"^[\d,.]+(%|万?元|亿元)?$|^[—/\-]$")
# 全年预算数（调整后）（万元） is a long head.
_LONGEST_HEAD = 16
# Two heads over heads, of which each divides two columns at least.
_LEAST_UNDER = 4
# What dust behind a sign is read as.
_STOPS = re.compile(r"[\s.,·、，。:：'’]+")
# What may stand behind a field's name in one cell; 联系人电话 and 项目负责人签字 are names themselves.
_SHORTEST_GLUED = 3
_FIGURES = re.compile(r"(?=\D*\d)[\d.,，/\-—年月日至]+(?:万?元)?")
_PERSON = re.compile(r"[\u4e00-\u9fff]{2,3}")
_NO_PERSON = re.compile(r"电话|手机|签|章|名|单位|部门|职|及|日期|意见|代码|编码")
# Of so many characters a fax has one wrong.
_MISREAD_IN = 5
# Heads of a column of names, and the longest name of a task or a stage.
_NAMES = re.compile(r"(名称|实施内容|任务|事项|阶段|环节|用途)$")
_LONGEST_NAME = 40
# Labels that name a whole, of which the labels below them name parts.
_SUM = re.compile(r"([总總][额額]|[总總][计計]|合[计計]|总投入)([(（].*[)）])?$")


@dataclass
class _Heads:
    """Column labels in force, by first column, and the table they belong to."""

    cells: list[RowCell]
    table: int
    amounts: bool = False  # nothing but amounts stands below them
    over: Mapping[int, RowCell] = field(default_factory=dict)  # by column, the head over several of them


def _is_said_again(one: RowCell, other: RowCell) -> bool:
    """Tell whether two cells print the same words; one character in five may be misread."""
    this, that = comparison_key(one.text), comparison_key(other.text)
    return Levenshtein.distance(this, that) <= max(len(this), len(that)) // _MISREAD_IN


def _states(text: str) -> bool:
    """Tell whether a cell holds a label with its value; in 项目资金（单位：万元） the colon stands inside a bracket."""
    inline = _INLINE.match(text)
    if inline is None:
        return False
    return all(inline[1].count(one) == inline[1].count(other) for one, other in ("()", "（）"))


def _doubtful_blank(row: Row, label: RowCell) -> list[RowCell]:
    """The blank cell beside a label, where a seal or ink that said nothing leaves it in doubt: somebody has to look."""
    beside = next((cell for cell in row.cells if cell.col >= label.col + label.colspan), None)
    return [beside] if beside is not None and not beside.text and beside.confidence <= _DOUBTFUL else []


def _label_and_value(text: str, names: Sequence[str]) -> tuple[str, str] | None:
    """Part 单位编码091003 and 联系人邹某: one of `names`, and behind it a code, a date, an amount or a person."""
    compact = "".join(text.split())
    name = max((name for name in names if compact.startswith(name)), key=len, default="")
    rest = compact[len(name) :]
    if len(name) < _SHORTEST_GLUED or not rest:
        return None
    person = name.endswith("人") and _PERSON.fullmatch(rest) and not _NO_PERSON.search(rest)
    return (name, rest) if person or (len(rest) > 1 and _FIGURES.fullmatch(rest)) else None


def _covered(row: Row, heads: Sequence[RowCell], below: Sequence[RowCell]) -> tuple[dict[int, RowCell], list[int]]:
    """By column, the head that each cell of the row below stands under; and how many stand under each head."""
    # Where spans are not known, a head reaches to the next one.
    ends = [*(cell.col for cell in heads[1:]), row.n_cols]
    if row.spans_known:
        ends = [cell.col + cell.colspan for cell in heads]
    over = {c.col: head for head, end in zip(heads, ends, strict=True) for c in below if head.col <= c.col < end}
    return over, [sum(one is head for one in over.values()) for head in heads]


def _without_lone_signs(row: Row) -> Row:
    """No label has one character: 十 for a dash under a watermark, or the first of a word that a false wall cut off.

    A label set upright has its characters in one cell, and a cell that a page break cuts goes on over many rows.
    """
    lone = [cell.role is Role.LABEL and cell.rowspan == 1 and len(_STOPS.sub("", cell.text)) == 1 for cell in row.cells]
    if not any(lone):
        return row
    cells = (replace(cell, role=Role.VALUE) if one else cell for cell, one in zip(row.cells, lone, strict=True))
    return replace(row, cells=tuple(cells))


class FieldGatherer:
    """Takes field rows in order and gathers fields; values without a label go on with the field above."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        """Take the names of the fields of the form's layout, where it is known."""
        self._names = names
        self.fields: list[FieldEntry] = []
        self.strays: list[RowCell] = []
        self.corners: list[RowCell] = []  # heads over row labels
        self.divided: list[RowCell] = []  # cells that hold label and value
        # Labels that hold for the rows below, from left to right.
        self._parents: list[RowCell] = []
        self._groups: dict[int, RowCell] = {}
        self._heads: _Heads | None = None
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
        """Take a label and value that stand in one cell, their wall lost, as a field in doubt; the others stay."""
        cells = []
        for cell in row.cells:
            parts = _label_and_value(cell.text, self._names) if cell.role is Role.LABEL and cell.rowspan == 1 else None
            if parts is None:
                cells.append(cell)
                continue
            value = replace(cell, text=parts[1], role=Role.VALUE, confidence=min(cell.confidence, _DOUBTFUL))
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
        row = self._unglued(_without_lone_signs(row))
        filled = [cell for cell in row.cells if cell.text]
        if not filled:
            return
        if len(filled) > 1 and all(cell.role is Role.LABEL and _states(cell.text) for cell in filled):
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
            self._heads, self._over, self._whole = _Heads(heads, row.table, over=self._over), {}, []
            return
        if divided := self._divided_heads(row, filled, following, second):
            assert second is not None
            begins = next(cell.col for cell in second.cells if cell.text)
            self._parents += [cell for cell in filled if cell.col < begins]
            self._whole = [cell for cell in filled if cell.col >= begins and cell not in divided.values()]
            self._over = divided
            return
        if over := self._heads_over_heads(row, filled, following, second):
            if filled[0].col not in over:
                self._parents.append(filled[0])
            self._over = over
            return
        if grid_header and len(labels) == 1 and len(filled) > 1 and _TOTAL.match("".join(labels[0].text.split())):
            self._under_heads(row, labels[0], grid_header, only_filled=True)
        elif not labels and self._heads is None and not self._over_amounts(filled, following):
            self.more(filled)
        elif self._is_head_row(row, filled, following):
            self._open_heads(row, filled, following)
        elif self._heads is not None and self._fits_heads(filled):
            heads = self._heads.cells
            own = labels[0] if labels and labels[0].col <= heads[0].col else None
            if own is None and self._names_rows(heads, filled):
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
        inline = _INLINE.match(cell.text)
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
        same = _is_said_again(parent, filled[0])
        heads = {cell.col for cell in self._heads.cells}
        # The row's own label may stand between parent and heads: 预算执行情况, 单位资金, amounts.
        own = [cell for cell in filled[1:] if cell.col not in heads]
        beside = len(own) <= 1 and all(parent.col < cell.col < min(heads) for cell in own)
        return same and parent.col == filled[0].col and beside

    @staticmethod
    def _heads_over_heads(
        row: Row, filled: Sequence[RowCell], following: Row | None, second: Row | None
    ) -> dict[int, RowCell]:
        """By column, the heads that this row sets over those of the next one: 按收入性质分 over 合计, 财政拨款.

        Each head covers two columns or more, the next row fills them with words, and what stands below these are
        amounts or blanks. A label left of them is their parent. Empty where the row is none of heads over heads, or the
        table ends before anything stands below them.
        """
        below = [cell for cell in following.cells if cell.text] if following is not None else []
        if following is None or second is None or len(below) < _LEAST_UNDER or following.n_cols != row.n_cols:
            return {}
        if any(cell.rowspan > 1 for cell in below):
            return {}  # a label of several rows begins there: what stands over it is a row of its own
        if any(_AMOUNT.match("".join(c.text.split())) or len(c.text) > _LONGEST_HEAD for c in (*filled, *below)):
            return {}
        heads = [cell for cell in filled if cell.col >= below[0].col]
        parents = [cell for cell in filled if cell.col < below[0].col]
        if len(heads) < 2 or len(parents) > 1 or heads[0].col != below[0].col:
            return {}
        over, covered = _covered(row, heads, below)
        if len(over) != len(below) or min(covered) < 2:
            return {}
        under = [cell for cell in second.cells if cell.text]
        amounts = all(_AMOUNT.match("".join(c.text.split())) for c in under if c.col in over)
        return over if amounts and all(c.col in over or c.col < below[0].col for c in under) else {}

    @staticmethod
    def _divided_heads(
        row: Row, filled: Sequence[RowCell], following: Row | None, second: Row | None
    ) -> dict[int, RowCell]:
        """By column, the heads that the next row divides while others beside them stand whole, over both rows.

        任务名称, 主要内容, 预算金额 over 总额, 财政拨款 under the last one alone. Amounts stand below the parts.
        """
        if following is None or second is None or not row.n_cols == following.n_cols == second.n_cols:
            return {}
        below, under = ([cell for cell in other.cells if cell.text] for other in (following, second))
        if len(filled) < 3 or len(below) < 2 or len(under) < 3 or any(cell.rowspan > 1 for cell in below):
            return {}
        if any(_AMOUNT.match("".join(c.text.split())) or len(c.text) > _LONGEST_HEAD for c in (*filled, *below)):
            return {}
        over, covered = _covered(row, filled, below)
        whole = [head for head, parts in zip(filled, covered, strict=True) if not parts and head.col >= under[0].col]
        if len(over) != len(below) or 1 in covered or not whole:
            return {}
        if row.spans_known and any(head.rowspan < 2 for head in whole):
            return {}
        columns = {head.col for head in whole} | set(over)
        amounts = [cell for cell in under if cell.col in over]
        if not amounts or any(not _AMOUNT.match("".join(cell.text.split())) for cell in amounts):
            return {}
        return over if all(cell.col in columns for cell in under) else {}

    @staticmethod
    def _names_rows(heads: Sequence[RowCell], filled: Sequence[RowCell]) -> bool:
        """Tell whether the first head is one of names (任务名称, 项目实施内容): what stands below it names its row."""
        name = "".join(heads[0].text.split())
        first = filled[0]
        named = first.col == heads[0].col and len(first.text) <= _LONGEST_NAME and not _AMOUNT.match(first.text)
        return len(heads) > 1 and named and bool(_NAMES.search(name))

    @staticmethod
    def _touch(row: Row, left: RowCell, right: RowCell) -> bool:
        """Tell whether no blank cell stands between two cells of a row."""
        return not any(left.col < cell.col < right.col and not cell.text for cell in row.cells)

    def _is_head_row(self, row: Row, filled: Sequence[RowCell], following: Row | None) -> bool:
        """Labels only, and the row below has its values under them: headers over values.

        One label left of them may be their parent; a blank beside it is the corner over the row labels. Where the row
        below is blank, labels that touch each other up to the row's end are headers too.
        """
        if len(filled) < 2:
            return False
        if self._over_amounts(filled, following):
            return True
        if any(cell.role is not Role.LABEL for cell in filled):
            return False
        below = [cell for cell in following.cells if cell.text] if following is not None else []
        if below:
            columns = {cell.col for cell in filled}
            values = [cell for cell in below if cell.role is not Role.LABEL]
            labels = [cell for cell in below if cell.role is Role.LABEL]
            same = [cell.col for cell in below] == [cell.col for cell in filled]
            if same and not labels:
                return True  # 年初目标 | 全年目标 | 完成情况 over a text each
            if self._says_again(filled, below):
                return True  # the next page prints the parent again
            if self._under_one_parent(filled, below) and values:
                return True  # names of tasks look like labels; one of the cells below is none
            # The row below begins beside the parent, and has at most one label: its own.
            return bool(values) and all(v.col in columns for v in values) and len(labels) <= 1 and below[0].col > 0
        last = filled[-1]
        touching = [self._touch(row, one, other) for one, other in pairwise(filled)]
        return len(filled) >= 3 and all(touching[1:]) and not any(c.col > last.col and not c.text for c in row.cells)

    @staticmethod
    def _says_again(filled: Sequence[RowCell], below: Sequence[RowCell]) -> bool:
        """Tell whether the row below, the first of a page, prints this row's parent again under its heads."""
        if len(filled) < 3 or not below or not _is_said_again(filled[0], below[0]):
            return False
        values = any(cell.role is not Role.LABEL for cell in below)
        return values and [cell.col for cell in below] == [cell.col for cell in filled]

    @staticmethod
    def _under_one_parent(filled: Sequence[RowCell], below: Sequence[RowCell]) -> bool:
        """Tell whether a merged label stands beside both rows and the lower one fills the upper one's columns."""
        spans = filled[0].rowspan > 1 and len(filled) > 2
        return spans and [cell.col for cell in below] == [cell.col for cell in filled[1:]]

    @staticmethod
    def _over_amounts(filled: Sequence[RowCell], following: Row | None) -> bool:
        """Words over nothing but amounts are heads, whatever the words: 合计 and 其他 are as often values as labels."""
        below = [cell for cell in following.cells if cell.text] if following is not None else []
        own = [cell for cell in below[:1] if cell.role is Role.LABEL and cell.col <= filled[0].col]
        amounts = below[len(own) :]
        columns = {cell.col for cell in filled}
        return (
            len(amounts) >= 2
            and all(_AMOUNT.match("".join(cell.text.split())) for cell in amounts)
            and not any(_AMOUNT.match("".join(cell.text.split())) or len(cell.text) > _LONGEST_HEAD for cell in filled)
            and all(cell.col in columns for cell in amounts)
        )

    def _open_heads(self, row: Row, filled: Sequence[RowCell], following: Row | None) -> None:
        """The labels over values are heads; those left of them are parents of what follows."""
        below = [cell for cell in following.cells if cell.text] if following is not None else []
        over = {cell.col for cell in below}
        first = next((i for i, cell in enumerate(filled) if cell.col in over), 1 if filled[0].col == 0 else 0)
        if self._says_again(filled, below):
            first = 1
        if first > 1 and filled[0].rowspan > 1 and following is not None:
            # 中期目标 over a blank is a head like 年度目标 beside it; only the merged label left of both is a parent.
            blank = {cell.col for cell in following.cells if not cell.text}
            first = 1 if all(cell.col in blank for cell in filled[1:first]) else first
        self._parents = [*self._parents, *filled[:first]]
        self._heads = _Heads(list(filled[first:]), row.table, self._over_amounts(filled, following), self._over)
        self._over = {}

    def _fits_heads(self, filled: Sequence[RowCell]) -> bool:
        """Values stand under the column labels, and at most one label stands left of them."""
        assert self._heads is not None
        columns = {cell.col for cell in self._heads.cells}
        start = min(columns)
        values = [cell for cell in filled if cell.role is not Role.LABEL]
        if self._heads.amounts and len(values) == 1 and not _AMOUNT.match("".join(values[0].text.split())):
            self._heads = None  # a text ends a table of amounts
            return False
        labels = [cell for cell in filled if cell.role is Role.LABEL]
        if any(cell.col > start for cell in labels) or len(labels) > 1:
            # 无其他事项 under 主要内容 looks like a label; a row under the heads with a value in it is theirs.
            return len(labels) < len(filled) and filled[0].col == start and {cell.col for cell in filled} <= columns
        return all(cell.col in columns or cell.col < start for cell in filled)

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
            self.fields.append(FieldEntry(named, (value,) if value.text or value.confidence <= _DOUBTFUL else ()))

    def _in_pairs(self, row: Row, filled: Sequence[RowCell]) -> bool:
        """Tell whether a row is label, value, label, value, though one of the values reads like a label: 某某市统计局.

        Nothing is merged or blank in it, and what stands at its end is a value.
        """
        alone = all(cell.rowspan == 1 for cell in filled) and len(filled) >= 4 and len(filled) % 2 == 0
        labels = all(cell.role is Role.LABEL for cell in filled[::2])
        touching = all(self._touch(row, one, other) for one, other in pairwise(filled))
        return alone and labels and touching and filled[0].col == 0 and filled[-1].role is not Role.LABEL

    def _pairs(self, row: Row, filled: Sequence[RowCell], following: Row | None) -> None:
        if not self._parents and self._in_pairs(row, filled):
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
            if i < len(filled) and self._is_parent(row, label, filled[i], following):
                self._parents.append(label)
                self._groups = {}
                first_of_parent = True
                continue
            values = []
            if i < len(filled) and self._is_value(label, filled[i], filled[i + 1 :], following):
                values.append(filled[i])
                i += 1
            while i < len(filled) and filled[i].role is not Role.LABEL:
                values.append(filled[i])
                i += 1
            if not values and (inline := _INLINE.match(label.text)):
                # 填报人：罗平 in one cell is a label with its value.
                self.divided.append(label)
                values = [replace(label, text=inline.group(2), role=Role.VALUE)]
                label = replace(label, text=inline.group(1))
            pairs.append((label, values))
        if first_of_parent and len(pairs) > 1 and all(_SUM.search(label.text.rstrip("：: ")) for label, _ in pairs):
            # Two totals side by side: what stands below each is a part of it.
            self._groups = {label.col: label for label, _ in pairs}
        for label, values in pairs:
            group = self._groups.get(label.col)
            path = [*self._parents, *([group] if group is not None and group is not label else [])]
            self.fields.append(FieldEntry((*path, label), tuple(values or _doubtful_blank(row, label))))

    @staticmethod
    def _is_value(label: RowCell, cell: RowCell, rest: Sequence[RowCell], following: Row | None) -> bool:
        """A label at the row's end, behind a label: a value where the row below has one in its column."""
        if cell.role is not Role.LABEL or rest or following is None:
            return False
        below = {other.col: other.role for other in following.cells if other.text}
        return below.get(label.col) is Role.LABEL and below.get(cell.col, Role.LABEL) is not Role.LABEL

    def _is_parent(self, row: Row, label: RowCell, after: RowCell, following: Row | None) -> bool:
        """A label beside a label in the first column is its parent; a blank between them may be the rest of a span.

        Then the row below tells: it begins with a label under the second one.
        """
        if label.col > 0 or after.role is not Role.LABEL:
            return False
        if self._touch(row, label, after):
            return True
        below = [cell for cell in following.cells if cell.text] if following is not None else []
        return bool(below) and below[0].role is Role.LABEL and 0 < below[0].col <= after.col
