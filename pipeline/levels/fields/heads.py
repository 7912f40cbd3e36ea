"""Rows of heads: labels over values, heads over heads, heads that the next row divides; labels beside labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.document import Role, Row, RowCell
from pipeline.levels.fields.cells import is_amount, is_said_again

# 全年预算数（调整后）（万元） is a long head.
_LONGEST_HEAD = 16
# Two heads over heads, of which each divides two columns at least.
_LEAST_UNDER = 4
# Heads of a column of names, and the longest name of a task or a stage.
_NAMES = re.compile(r"(名称|实施内容|任务|事项|阶段|环节|用途)$")
_LONGEST_NAME = 40


@dataclass
class Heads:
    """Column labels in force, by first column, and the table they belong to."""

    cells: list[RowCell]
    table: int
    amounts: bool = False  # nothing but amounts stands below them
    over: Mapping[int, RowCell] = field(default_factory=dict)  # by column, the head over several of them
    corner: int = -1  # the column of the row labels, where its head is blank beside a merged label


def _covered(row: Row, heads: Sequence[RowCell], below: Sequence[RowCell]) -> tuple[dict[int, RowCell], list[int]]:
    """By column, the head that each cell of the row below stands under; and how many stand under each head."""
    # Where spans are not known, a head reaches to the next one.
    ends = [*(cell.col for cell in heads[1:]), row.n_cols]
    if row.spans_known:
        ends = [cell.col + cell.colspan for cell in heads]
    over = {c.col: head for head, end in zip(heads, ends, strict=True) for c in below if head.col <= c.col < end}
    return over, [sum(one is head for one in over.values()) for head in heads]


def heads_over_heads(
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
    if any(is_amount(c.text) or len(c.text) > _LONGEST_HEAD for c in (*filled, *below)):
        return {}
    heads = [cell for cell in filled if cell.col >= below[0].col]
    parents = [cell for cell in filled if cell.col < below[0].col]
    if len(heads) < 2 or len(parents) > 1 or heads[0].col != below[0].col:
        return {}
    over, covered = _covered(row, heads, below)
    if len(over) != len(below) or min(covered) < 2:
        return {}
    under = [cell for cell in second.cells if cell.text]
    amounts = all(is_amount(c.text) for c in under if c.col in over)
    return over if amounts and all(c.col in over or c.col < below[0].col for c in under) else {}


def divided_heads(row: Row, filled: Sequence[RowCell], following: Row | None, second: Row | None) -> dict[int, RowCell]:
    """By column, the heads that the next row divides while others beside them stand whole, over both rows.

    任务名称, 主要内容, 预算金额 over 总额, 财政拨款 under the last one alone. Amounts stand below the parts.
    """
    if following is None or second is None or not row.n_cols == following.n_cols == second.n_cols:
        return {}
    below, under = ([cell for cell in other.cells if cell.text] for other in (following, second))
    if len(filled) < 3 or len(below) < 2 or len(under) < 3 or any(cell.rowspan > 1 for cell in below):
        return {}
    if any(is_amount(c.text) or len(c.text) > _LONGEST_HEAD for c in (*filled, *below)):
        return {}
    over, covered = _covered(row, filled, below)
    whole = [head for head, parts in zip(filled, covered, strict=True) if not parts and head.col >= under[0].col]
    if len(over) != len(below) or 1 in covered or not whole:
        return {}
    if row.spans_known and any(head.rowspan < 2 for head in whole):
        return {}
    columns = {head.col for head in whole} | set(over)
    amounts = [cell for cell in under if cell.col in over]
    if not amounts or any(not is_amount(cell.text) for cell in amounts):
        return {}
    return over if all(cell.col in columns for cell in under) else {}


def names_rows(heads: Sequence[RowCell], filled: Sequence[RowCell], printed: str) -> bool:
    """Tell whether the first head is one of names (任务名称, 项目实施内容): what stands below it names its row.

    `printed` is that head as its layout prints it.
    """
    name = "".join(printed.split())
    first = filled[0]
    named = first.col == heads[0].col and len(first.text) <= _LONGEST_NAME and not is_amount(first.text)
    return len(heads) > 1 and named and bool(_NAMES.search(name))


def touch(row: Row, left: RowCell, right: RowCell) -> bool:
    """Tell whether no blank cell stands between two cells of a row."""
    return not any(left.col < cell.col < right.col and not cell.text for cell in row.cells)


def is_head_row(row: Row, filled: Sequence[RowCell], following: Row | None) -> bool:
    """Labels only, and the row below has its values under them: headers over values.

    One label left of them may be their parent; a blank beside it is the corner over the row labels. Where the row
    below is blank, labels that touch each other up to the row's end are headers too.
    """
    if len(filled) < 2:
        return False
    if over_amounts(filled, following):
        return True
    if any(cell.role is not Role.LABEL for cell in filled):
        return False
    below = [cell for cell in following.cells if cell.text] if following is not None else []
    if corner_of(row, filled, below) >= 0:
        return True
    if below:
        columns = {cell.col for cell in filled}
        values = [cell for cell in below if cell.role is not Role.LABEL]
        labels = [cell for cell in below if cell.role is Role.LABEL]
        same = [cell.col for cell in below] == [cell.col for cell in filled]
        if same and not labels:
            return True  # 年初目标 | 全年目标 | 完成情况 over a text each
        if says_again(filled, below):
            return True  # the next page prints the parent again
        if _under_one_parent(filled, below) and values:
            return True  # names of tasks look like labels; one of the cells below is none
        # The row below begins beside the parent, and has at most one label: its own.
        return bool(values) and all(v.col in columns for v in values) and len(labels) <= 1 and below[0].col > 0
    last = filled[-1]
    touching = [touch(row, one, other) for one, other in pairwise(filled)]
    return len(filled) >= 3 and all(touching[1:]) and not any(c.col > last.col and not c.text for c in row.cells)


def corner_of(row: Row, filled: Sequence[RowCell], below: Sequence[RowCell]) -> int:
    """The column of the row labels where heads stand beside a merged label and a blank over those; -1 where none is.

    资金管理情况 | blank | 情况说明 | 存在问题 over 分配科学性 | 按规定分配 | 加强监管: values stand under heads, even
    those that read like labels.
    """
    if len(filled) < 3 or filled[0].rowspan < 3 or not below or below[0].role is not Role.LABEL:
        return -1
    corner = next((cell.col for cell in row.cells if filled[0].col < cell.col < filled[1].col and not cell.text), -1)
    heads = {cell.col for cell in filled[1:]}
    under = {cell.col for cell in below[1:]}
    return corner if below[0].col == corner and under and under <= heads else -1


def says_again(filled: Sequence[RowCell], below: Sequence[RowCell]) -> bool:
    """Tell whether the row below, the first of a page, prints this row's parent again under its heads."""
    if len(filled) < 3 or not below or not is_said_again(filled[0], below[0]):
        return False
    values = any(cell.role is not Role.LABEL for cell in below)
    return values and [cell.col for cell in below] == [cell.col for cell in filled]


def _under_one_parent(filled: Sequence[RowCell], below: Sequence[RowCell]) -> bool:
    """Tell whether a merged label stands beside both rows and the lower one fills the upper one's columns."""
    spans = filled[0].rowspan > 1 and len(filled) > 2
    return spans and [cell.col for cell in below] == [cell.col for cell in filled[1:]]


def over_amounts(filled: Sequence[RowCell], following: Row | None) -> bool:
    """Words over nothing but amounts are heads, whatever the words: 合计 and 其他 are as often values as labels."""
    below = [cell for cell in following.cells if cell.text] if following is not None else []
    own = [cell for cell in below[:1] if cell.role is Role.LABEL and cell.col <= filled[0].col]
    amounts = below[len(own) :]
    columns = {cell.col for cell in filled}
    return (
        len(amounts) >= 2
        and all(is_amount(cell.text) for cell in amounts)
        and not any(is_amount(cell.text) or len(cell.text) > _LONGEST_HEAD for cell in filled)
        and all(cell.col in columns for cell in amounts)
    )


def in_pairs(row: Row, filled: Sequence[RowCell], following: Row | None = None) -> bool:
    """Tell whether a row is label, value, label, value, though one of the values reads like a label: 某某市统计局.

    Nothing is merged or blank in it, and what stands at its end is a value. The blank behind a label may be the rest of
    its span: the row below then has a label and a value in the same columns.
    """
    alone = all(cell.rowspan == 1 for cell in filled) and len(filled) >= 4 and len(filled) % 2 == 0
    labels = all(cell.role is Role.LABEL for cell in filled[::2])
    below = {cell.col: cell.role for cell in following.cells if cell.text} if following is not None else {}
    touching = all(
        touch(row, one, other)
        or (not n % 2 and below.get(one.col) is Role.LABEL and below.get(other.col, Role.LABEL) is not Role.LABEL)
        for n, (one, other) in enumerate(pairwise(filled))
    )
    return alone and labels and touching and filled[0].col == 0 and filled[-1].role is not Role.LABEL


def is_value(label: RowCell, cell: RowCell, rest: Sequence[RowCell], following: Row | None) -> bool:
    """A label at the row's end, behind a label: a value where the row below has one in its column."""
    if cell.role is not Role.LABEL or rest or following is None:
        return False
    below = {other.col: other.role for other in following.cells if other.text}
    return below.get(label.col) is Role.LABEL and below.get(cell.col, Role.LABEL) is not Role.LABEL


def is_parent(row: Row, label: RowCell, after: RowCell, following: Row | None) -> bool:
    """A label beside a label in the first column is its parent; a blank between them may be the rest of a span.

    Then the row below tells: it begins with a label under the second one.
    """
    if label.col > 0 or after.role is not Role.LABEL:
        return False
    if touch(row, label, after):
        return True
    below = [cell for cell in following.cells if cell.text] if following is not None else []
    return bool(below) and below[0].role is Role.LABEL and 0 < below[0].col <= after.col
