"""Grid headers: which rows name the columns of a grid, and what each column holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import OSA

from pipeline.dictionaries import comparison_key
from pipeline.document import Row, RowCell
from pipeline.labeltext import surely_read
from pipeline.levels.lexicon import Lexicon
from pipeline.levels.misread import name_noted
from pipeline.quick import quick

# 指标值（包含数字及文字描述） is among the longest heads of a column; a second row's are shorter.
_LONGEST = 24
_LONGEST_SECOND = 16
_LEAST_HEADS = 3
_SAME_NAME = 0.7
NUMBERS = ("序号", "编号", "行次")
# A code of the level beside it: 一级指标代号, 指标编码.
_OF_INDICATOR = re.compile(r"(?:[一二三]级)?(?:绩效)?指标(?:代号|代码|编码|编号|序号)")
_GRADES = frozenset(("优", "良", "中", "差", "优秀", "良好", "中等", "合格", "较差", "不合格"))
_THIS_YEAR = re.compile(r"本年|当年|年度|目标|预期|计划")
# The term that a target is set for; last year's value is none.
_TERM = re.compile(r"(?<![上前去往])(长期|中期|实施期|年度)")
_VALUE = re.compile(r"^[≥≤=><≧≦]|^[\d.,]+(%|[^\d%]{0,3})$")


@dataclass(frozen=True, slots=True)
class HeaderColumn:
    """One column of a grid as its header names it: first column, width, role, and the printed name.

    `group` counts parallel grids from zero: the second 三级指标 of a header begins the second grid. `head` is the
    header cell itself; a column left of the levels (`lead`) holds a field of the project, not of the indicator.
    """

    col: int
    colspan: int
    role: str
    name: str
    group: int = 0
    lead: bool = False
    head: RowCell | None = None


@dataclass(frozen=True, slots=True)
class GridHeader:
    """The header of a grid: its first and last row, its columns; `n_cols` is that of its table.

    `bars` are cells left of the columns that name none, such as a vertical 绩效指标. `periods` holds for each parallel
    grid the words that name its period, from the heads over its columns; empty where none do.
    """

    first: int
    row: int
    n_cols: int
    columns: tuple[HeaderColumn, ...]
    bars: tuple[RowCell, ...] = ()
    periods: tuple[str, ...] = ()

    def column_at(self, col: int, n_cols: int) -> HeaderColumn | None:
        """The header column over `col` of a table with `n_cols` columns (pages may be cut into unlike grids)."""
        if n_cols != self.n_cols:
            col = round((col + 0.5) * self.n_cols / max(n_cols, 1) - 0.5)
        for column in self.columns:
            if column.col <= col < column.col + column.colspan:
                return column
        return None


@quick
@dataclass(frozen=True, slots=True)
class _Head:
    """A header cell with what its text means, and the text of the head above it in a header of two rows."""

    cell: RowCell
    role: str | None
    above: str = ""


def find_headers(rows: Sequence[Row], lexicon: Lexicon) -> list[GridHeader | None]:
    """For each row, the grid header that holds there (on its own row too), or None before the first."""
    headers: list[GridHeader | None] = []
    current: GridHeader | None = None
    for number, row in enumerate(rows):
        if current is not None and number <= current.row:
            headers.append(current)
            continue
        filled = [cell for cell in row.cells if cell.text]
        following = rows[number + 1] if number + 1 < len(rows) else None
        parted = following is not None and _may_part(row, filled, following)
        if len(filled) < _LEAST_HEADS and not parted:
            headers.append(current)
            continue
        alone = _heads_of(row, lexicon)
        both = _merged(row, alone, following, lexicon) if following is not None and parted else None
        if both is not None and _names_columns(both):
            current = _header(number, number + 1, row.n_cols, both)
        elif _names_columns(alone):
            current = _said_again(_header(number, number, row.n_cols, alone), current)
        headers.append(current)
    return headers


def _said_again(header: GridHeader, before: GridHeader | None) -> GridHeader:
    """The header with what the one before it says of heads that nobody knows, where it is that one printed again.

    On a page whose rulings were lost, 度量单位“% is the head and the first unit.
    """
    if before is None or [column.col for column in header.columns] != [column.col for column in before.columns]:
        return header
    pairs = list(zip(header.columns, before.columns, strict=True))
    same = sum(comparison_key(one.name) == comparison_key(other.name) for one, other in pairs)
    if same * 2 < len(pairs):
        return header
    taken = {(column.role, column.group) for column in header.columns}
    columns = [
        replace(one, role=other.role, name=other.name)
        if one.role == "extra" != other.role and (other.role, other.group) not in taken and one.group == other.group
        else one
        for one, other in pairs
    ]
    return replace(header, columns=tuple(columns))


def _heads_of(row: Row, lexicon: Lexicon) -> list[_Head]:
    return [_Head(cell, _role_of(cell, lexicon)) for cell in row.cells if cell.text]


def _role_of(cell: RowCell, lexicon: Lexicon) -> str | None:
    """The role of a head; of its surely read lines alone where the shading around them was read as letters."""
    if (name := name_noted(cell)) is not None:
        return lexicon.column_role(name)
    role = lexicon.column_role(cell.text) if len(cell.text) <= _LONGEST else None
    sure = surely_read(cell.lines) if role is None else None
    return lexicon.column_role(sure) if sure else role


def _names_columns(heads: Sequence[_Head]) -> bool:
    """Two levels, or the names and the targets of a grid without levels; half of the cells are known for columns."""
    if len(heads) < _LEAST_HEADS or not any(head.role for head in heads):
        return False  # unknown ones alone tell nothing by their order
    roles = [role for role in _by_order([head.role for head in heads]) if role]
    levels = [role for role in roles if role.startswith("level")]
    if len(roles) * 2 < len(heads) or not levels:
        return False
    if len(levels) >= 2:
        return True
    # Heads of unknown name left of the names may be levels by other words: then what stands below them tells.
    three = next((i for i, head in enumerate(heads) if head.role == "level3"), 0)
    left = heads[:three]
    unknown = [head for head in left if head.role is None and "".join(head.cell.text.split()) not in NUMBERS]
    return levels == ["level3"] and "target" in roles and len(roles) >= 3 and not unknown


def _may_part(upper: Row, above: Sequence[RowCell], lower: Row) -> bool:
    """Tell whether a row may be the second one of a header by its shape; `above` are the filled cells of the first."""
    if len(above) < 2 or upper.n_cols != lower.n_cols or upper.table != lower.table:
        return False
    texts = ["".join(cell.text.split()) for cell in lower.cells if cell.text]
    return len(texts) >= 2 and not any(len(text) > _LONGEST_SECOND or _VALUE.match(text) for text in texts)


def _merged(upper: Row, heads: list[_Head], lower: Row, lexicon: Lexicon) -> list[_Head] | None:
    """The heads of a header of two rows, None where the second row is none; `heads` are the upper row's by itself.

    Its cells all stand under heads wider than one column, which they divide, and are no values: 目标值 and 实际完成值
    under 绩效指标值, 三级指标 and 指标值 twice under 中期 and 年度, 优 良 中 差 under 评价标准. The shape of the
    second row says that it may be one (`_may_part`).
    """
    below = [cell for cell in lower.cells if cell.text]
    above = [head.cell for head in heads]
    texts = ["".join(cell.text.split()) for cell in below]
    parts_of = [_Head(cell, lexicon.column_role(cell.text)) for cell in below]
    divided = _divided(upper, above, parts_of)
    if divided is None and not upper.spans_known:
        known = set(texts) <= _GRADES or all(part.role for part in parts_of)
        divided = _in_turn(above, parts_of) if known else None
    if divided is None:
        dropped = _dropped(upper, lower, heads, parts_of)
        if dropped is None:
            return None
        heads, divided = dropped
    whole = [head.role or "" for i, head in enumerate(heads) if i not in divided]
    # A field's label may be misread for a column's: only a level that stands undivided makes the upper row a header.
    if all(len(parts) == 1 for parts in divided.values()) or not any(role.startswith("level") for role in whole):
        return None
    for over, parts in divided.items():
        divided[over] = _target_among(parts, heads[over].role)
    return [part for i, head in enumerate(heads) for part in divided.get(i, [head])]


def _divided(upper: Row, above: Sequence[RowCell], parts: Sequence[_Head]) -> dict[int, list[_Head]] | None:
    """The parts under each head of the upper row by their columns, None where one stands under no wide head."""
    found: dict[int, list[_Head]] = {}
    for part in parts:
        over = max((i for i, head in enumerate(above) if head.col <= part.cell.col), default=None)
        if over is None:
            return None
        end = _end_of(upper, above, over)
        if end - above[over].col < 2 or part.cell.col >= end:
            return None
        found.setdefault(over, []).append(replace(part, above="".join(above[over].text.split())))
    return found


def _dropped(
    upper: Row, lower: Row, heads: list[_Head], parts: list[_Head]
) -> tuple[list[_Head], dict[int, list[_Head]]] | None:
    """Two rows of heads whose spans were dropped with the slots they cover, both pushed to the left.

    Table rows are then as wide as the upper row with the lower one in place of the one head that it divides; that is
    the target's.
    """
    together = len(heads) + len(parts) - 1
    packed = all(cell.col == i and cell.text for row in (upper, lower) for i, cell in enumerate(row.cells))
    wide = [i for i, head in enumerate(heads) if head.role == "target"]
    if upper.spans_known or not packed or together != upper.n_cols or len(wide) != 1:
        return None
    [at] = wide
    more = len(parts) - 1
    name = "".join(heads[at].cell.text.split())
    below = [replace(p, above=name, cell=replace(p.cell, col=at + n)) for n, p in enumerate(parts)]
    moved = [h if i <= at else replace(h, cell=replace(h.cell, col=h.cell.col + more)) for i, h in enumerate(heads)]
    return moved, {at: below}


def _end_of(upper: Row, above: Sequence[RowCell], number: int) -> int:
    """The first column right of a head: blanks beside it are the rest of a head whose span was not stated."""
    end = above[number].col + above[number].colspan
    following = above[number + 1].col if number + 1 < len(above) else upper.n_cols
    if not upper.spans_known:
        return following
    blank = {cell.col for cell in upper.cells if not cell.text and cell.colspan == cell.rowspan == 1}
    while end < following and end in blank:
        end += 1
    return end


def _in_turn(above: Sequence[RowCell], parts: Sequence[_Head]) -> dict[int, list[_Head]] | None:
    """Wrong spans move the second row sideways: its heads fill the columns of the wide heads in turn."""
    wide = []
    for i, head in enumerate(above):
        following = above[i + 1].col if i + 1 < len(above) else head.col + head.colspan
        width = max(head.colspan, following - head.col)
        if width > 1:
            wide.append((i, width))
    if sum(width for _, width in wide) != len(parts):
        return None
    found: dict[int, list[_Head]] = {}
    rest = iter(parts)
    for i, width in wide:
        name = "".join(above[i].text.split())
        taken = [next(rest) for _ in range(width)]
        found[i] = [
            replace(part, above=name, cell=replace(part.cell, col=above[i].col + n)) for n, part in enumerate(taken)
        ]
    return found


def _target_among(parts: list[_Head], above: str | None) -> list[_Head]:
    """Which part of a divided head is the target: the best of four grades, the year's of several values."""
    names = ["".join(part.cell.text.split()) for part in parts]
    if set(names) <= _GRADES and len(names) > 1:
        return [replace(part, role="extra" if i else "target") for i, part in enumerate(parts)]
    terms = [_term(part.cell) for part in parts]
    if above == "target" and None not in terms and len(set(terms)) == len(terms):
        return [replace(part, role="target") for part in parts]
    # 年初值 beside 度量单位 is the value of that unit.
    if above == "target" and not any(part.role not in (None, "unit", "operator") for part in parts):
        bare = [i for i, part in enumerate(parts) if part.role is None]
        at = next((i for i in bare if _THIS_YEAR.search(names[i])), bare[0] if bare else -1)
        return [replace(part, role="target" if i == at else part.role or "extra") for i, part in enumerate(parts)]
    return parts


def _header(first: int, last: int, n_cols: int, heads: Sequence[_Head]) -> GridHeader:
    """The header's columns: doubled roles are told apart into parallel grids and extra columns."""
    roles = _by_order([head.role for head in heads])
    first_level = min(i for i, role in enumerate(roles) if role and role.startswith("level"))
    bare = not any(role in ("level1", "level2") for role in roles)  # without levels nothing left of the names leads
    found: list[HeaderColumn] = []
    bars: list[RowCell] = []
    periods: list[str] = [""]
    group = 0
    taken: dict[str, str] = {}  # role -> base name, of the grid at hand
    for i, (head, named) in enumerate(zip(heads, roles, strict=True)):
        cell, role = head.cell, named
        name = name_noted(cell) or "".join(cell.text.split())
        if i < first_level:
            # A vertical label such as 绩效指标 spans the grid beside its header; it is no column.
            if role is None and (cell.rowspan > 2 or (i == 0 and first_level == 1 and is_bar(name))):
                bars.append(cell)
                continue
            lead = name not in NUMBERS and not bare and not _OF_INDICATOR.fullmatch(name)
            kept = role if bare and role in ("target", "operator", "unit") else "extra"
            found.append(HeaderColumn(cell.col, cell.colspan, kept, name, lead=lead, head=cell))
            if kept != "extra":
                taken[kept] = name
            continue
        if role in taken and role in ("level2", "level3"):
            # A misread or displaced character must not hide a parallel grid.
            one, other = _base(taken[role]), _base(name)
            if OSA.normalized_similarity(one, other) >= _SAME_NAME or sorted(one) == sorted(other):
                group += 1
                taken = {}
                periods.append("")
            else:
                role = "extra"  # another layout's word for the level, here a column beside it
        elif role == "target" and "level3" in taken and _other_term(found, group, head):
            # 中期指标值 | 年度指标值: two grids that share their names, each with a target of its own.
            before = next(column for column in found if column.role == "target" and column.group == group)
            periods[group] = before.name
            group += 1
            taken = {"level1": "", "level2": "", "level3": ""}
            periods.append(name)
        elif role in taken and role in ("level1", "target", "operator", "unit"):
            role = "extra"
        if role is not None:
            taken[role] = name
        if role in ("level3", "target") and not periods[group]:
            periods[group] = head.above or name
        found.append(HeaderColumn(cell.col, cell.colspan, role or "extra", name, group, head=cell))
    return GridHeader(first, last, n_cols, tuple(found), tuple(bars), tuple(periods))


def _other_term(found: Sequence[HeaderColumn], group: int, head: _Head) -> bool:
    """Tell whether a head is a target of another term than the target of the grid at hand."""
    before = next((column for column in found if column.role == "target" and column.group == group), None)
    own, other = _term(head.cell), _term(before.head) if before is not None and before.head is not None else None
    return own is not None and other is not None and own != other


def _term(cell: RowCell) -> str | None:
    match = _TERM.search(name_noted(cell) or "".join(cell.text.split()))
    return match[1] if match else None


def is_bar(name: str) -> bool:
    """Tell whether a head left of the levels is the label of the whole grid."""
    return name.endswith(("指标", "目标", "体系", "情况")) and not name.startswith(("一级", "二级", "三级"))


def _base(name: str) -> str:
    """A head without its term in brackets, and what dust behind these was read as: 二级指标(长期)AN."""
    return re.sub(r"[(（].*?[)）][A-Za-z]{0,3}$", "", name)


def _by_order(roles: list[str | None]) -> list[str | None]:
    """A header too damaged to tell is told by its neighbours: the levels stand in order, the target follows level 3."""
    order = ["level1", "level2", "level3", "target"]
    for i, role in enumerate(roles):
        before, after = roles[i - 1] if i else None, roles[i + 1] if i + 1 < len(roles) else None
        if role is None:
            for missing in order:
                at = order.index(missing)
                fits_before = at == 0 or before == order[at - 1]
                fits_after = after == order[at + 1] if at + 1 < len(order) else before == "level3"
                if missing not in roles and fits_before and fits_after:
                    roles = [*roles[:i], missing, *roles[i + 1 :]]
                    break
        elif role == "extra" and "level3" not in roles and before == "level2" and after == "target":
            # 绩效标准 between level 2 and the target is what is measured.
            roles = [*roles[:i], "level3", *roles[i + 1 :]]
    return roles
