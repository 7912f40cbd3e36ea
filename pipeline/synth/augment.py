"""Layouts that nobody prints: known ones renamed, moved and grown, so that a classifier learns what cells are.

Names here are for training only; the layouts and names that test unseen layouts are others.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from pipeline.document import Role
from pipeline.synth.model import LaidCell, LaidForm, LaidTable

_HEADERS = {
    "一级指标": (
        "指标大类",
        "一级分类",
        "目标类别",
        "一级内容",
        "绩效类别",
        "维度",
        "大类",
        "一级目录",
        "考核方面",
        "板块",
    ),
    "二级指标": (
        "指标小类",
        "二级分类",
        "目标子类",
        "二级内容",
        "分项",
        "类型",
        "小类",
        "二级目录",
        "考核要素",
        "子项",
    ),
    "三级指标": (
        "具体内容",
        "指标项",
        "考核指标",
        "三级内容",
        "绩效要点",
        "任务内容",
        "细项",
        "三级目录",
        "评价要点",
        "事项",
        "工作内容",
    ),
    "target": (
        "目标要求",
        "本年要求",
        "绩效标杆",
        "预计达到",
        "年度计划",
        "本期目标",
        "拟达到水平",
        "申报值",
        "承诺值",
        "要求",
        "标准",
    ),
}
# Columns that layouts add beside the grid's own, with what stands in them.
_BESIDE = {
    "完成时限": ("12月底", "6月30日前", "2021年11月", ""), "牵头处室": ("综合处", "财务处", "业务二处", "机关党委"),
    "上期值": ("90%", "12次", "35", "", "—"), "佐证材料": ("验收报告", "会议纪要", "台账", ""),
    "权数": ("5", "10", "8", "2.5"), "口径": ("按年度统计", "累计数", "", "当期数"),
    "核定数": ("100%", "24", "≥90%", ""), "评定": ("优", "良", "", "合格"), "满分值": ("10", "5", "15"),
}  # fmt: skip
# Heads over amounts, and what may stand before them.
_FUNDS = (
    "财政拨款", "自筹资金", "合计", "其他", "地方资金", "上级补助", "单位自筹", "小计", "结转资金", "中央资金",
    "县级配套", "社会资金", "总计", "其他资金", "专户资金",
)  # fmt: skip
_FUND_LABELS = ("资金来源", "项目资金构成", "资金情况", "经费来源（万元）", "投资构成", "预算安排")
_LEVEL1 = {
    "产出指标": ("产出情况", "工作产出", "产出类"), "效益指标": ("效益情况", "成效", "效益类"),
    "满意度指标": ("满意情况", "评价反馈", "满意类"), "成本指标": ("成本情况", "支出类"),
}  # fmt: skip
_LEVEL2 = {
    "数量指标": ("工作量", "数量类", "完成数量"), "质量指标": ("工作质量", "质量类"),
    "时效指标": ("进度", "时间要求", "时效类"),
    "成本指标": ("费用", "成本类"), "经济效益指标": ("经济方面", "增收节支"), "社会效益指标": ("社会方面", "社会影响"),
    "生态效益指标": ("生态方面", "环境影响"), "可持续影响指标": ("长远影响", "持续性"),
    "服务对象满意度指标": ("服务对象", "对象评价"),
}  # fmt: skip


def augment(form: LaidForm, rng: random.Random) -> LaidForm:
    """Return the form with its grid's columns renamed, renumbered or moved; truth of rows is not kept, roles are."""
    blocks = tuple(_augmented(block, rng) if isinstance(block, LaidTable) else block for block in form.blocks)
    return replace(form, blocks=blocks)


def _augmented(table: LaidTable, rng: random.Random) -> LaidTable:
    header_rows = {cell.row for cell in table.cells if cell.role is Role.HEADER}
    grid_rows = {cell.row for cell in table.cells if cell.role in (Role.LEVEL2, Role.LEVEL3, Role.TARGET)}
    if not header_rows or not grid_rows:
        return table
    cells = list(table.cells)
    if rng.random() < 0.6:
        cells = _renamed(cells, rng)
    if len(header_rows) == 1 and rng.random() < 0.3:
        cells = _swapped(cells, min(header_rows), grid_rows)
    widths, n_cols, n_rows = table.widths, table.n_cols, table.n_rows
    one_grid = max(header_rows) - min(header_rows) + 1 == len(header_rows)
    if one_grid and rng.random() < 0.35:
        at = _place_beside(cells, min(header_rows), rng)
        if at is not None:
            cells = _with_column(cells, at, header_rows, grid_rows, rng)
            widths, n_cols = (*widths[:at], 0.1, *widths[at:]), n_cols + 1
    if one_grid and rng.random() < 0.35 and n_cols >= 4:
        first = min(header_rows)
        cells = _with_funds(cells, first, n_cols, rng)
        header_rows, grid_rows = {row + 2 for row in header_rows}, {row + 2 for row in grid_rows}
        n_rows += 2
    if len(header_rows) == 1 and rng.random() < 0.4:
        cells = _numbered(cells, min(header_rows), grid_rows)
        widths, n_cols = (0.06, *widths), n_cols + 1
    return LaidTable(tuple(sorted(cells, key=lambda cell: (cell.row, cell.col))), n_rows, n_cols, widths)


def _place_beside(cells: Sequence[LaidCell], header: int, rng: random.Random) -> int | None:
    """A column right of the names that nothing but fields spans, so that a new one fits before it."""
    starts = [cell.col for cell in cells if cell.row == header and cell.role is Role.HEADER]
    threes = [cell.col for cell in cells if cell.role is Role.LEVEL3]
    free = [col for col in starts if threes and col > max(threes)]
    return rng.choice(free) if free else None


def _with_column(
    cells: Sequence[LaidCell], at: int, header_rows: set[int], grid_rows: set[int], rng: random.Random
) -> list[LaidCell]:
    """Put a column of its own name before column `at`; fields that stand there grow wider."""
    name = rng.choice(sorted(_BESIDE))
    first = min(header_rows)
    done: list[LaidCell] = []
    grown: set[int] = set()
    own = header_rows | grid_rows
    for cell in cells:
        if cell.col >= at:
            done.append(replace(cell, col=cell.col + 1))
        elif cell.row not in own and cell.col + cell.colspan >= at and cell.row not in grown:
            grown.update(range(cell.row, cell.row + cell.rowspan))
            done.append(replace(cell, colspan=cell.colspan + 1))
        elif cell.row in own and cell.col < at < cell.col + cell.colspan:
            done.append(replace(cell, colspan=cell.colspan + 1))
        else:
            done.append(cell)
    done.append(LaidCell(first, at, name, Role.HEADER, len(header_rows)))
    done.extend(LaidCell(row, at, rng.choice(_BESIDE[name]), Role.EXTRA) for row in sorted(grid_rows - header_rows))
    return done


def _with_funds(cells: Sequence[LaidCell], first: int, n_cols: int, rng: random.Random) -> list[LaidCell]:
    """Put heads over amounts before the grid: 资金来源 | 财政拨款 | 自筹资金 | 合计 over 80 | 20 | 100."""
    moved = [replace(cell, row=cell.row + 2) if cell.row >= first else cell for cell in cells]
    labelled = rng.random() < 0.7
    starts = list(range(1 if labelled else 0, n_cols))
    count = rng.randint(2, min(len(starts), 5))
    heads = rng.sample(_FUNDS, count)
    if labelled:
        moved.append(LaidCell(first, 0, rng.choice(_FUND_LABELS), Role.LABEL, 2))
    decimals = rng.choice((0, 0, 2))
    for number, head in enumerate(heads):
        span = 1 if number + 1 < count else n_cols - starts[number]
        amount = f"{rng.uniform(0, 900):.{decimals}f}" if rng.random() < 0.85 else ""
        moved.append(LaidCell(first, starts[number], head, Role.LABEL, 1, span))
        moved.append(LaidCell(first + 1, starts[number], amount, Role.VALUE, 1, span))
    return moved


def _renamed(cells: Sequence[LaidCell], rng: random.Random) -> list[LaidCell]:
    choice = {name: rng.choice(others) for name, others in {**_LEVEL1, **_LEVEL2}.items()}
    heads = {name: rng.choice(others) for name, others in _HEADERS.items()}
    levels = rng.random() < 0.5
    renamed = []
    for cell in cells:
        text = cell.text
        if cell.role is Role.HEADER:
            text = heads.get(
                text, heads["target"] if text in ("指标值", "目标值", "年度指标值", "指标目标值") else text
            )
        elif levels and cell.role in (Role.LEVEL1, Role.LEVEL2):
            names = _LEVEL1 if cell.role is Role.LEVEL1 else _LEVEL2
            text = choice[text] if text in names else text
        renamed.append(replace(cell, text=text))
    return renamed


def _swapped(cells: Sequence[LaidCell], header: int, grid_rows: set[int]) -> list[LaidCell]:
    """Put the target's column before the name's, where each is one column wide."""
    threes = {cell.col for cell in cells if cell.role is Role.LEVEL3}
    targets = {cell.col for cell in cells if cell.role is Role.TARGET}
    if len(threes) != 1 or len(targets) != 1:
        return list(cells)
    one, other = threes.pop(), targets.pop()
    if any(cell.colspan > 1 for cell in cells if cell.row in grid_rows | {header}):
        return list(cells)
    move = {one: other, other: one}
    rows = grid_rows | {header}
    return [replace(c, col=move.get(c.col, c.col)) if c.row in rows else c for c in cells]


def _numbered(cells: Sequence[LaidCell], header: int, grid_rows: set[int]) -> list[LaidCell]:
    """Add a column of running numbers on the left; what spans the table spans it too."""
    rows = grid_rows | {header}
    moved = []
    for cell in cells:
        if cell.col == 0 and cell.row not in rows:
            moved.append(replace(cell, colspan=cell.colspan + 1))
        else:
            moved.append(replace(cell, col=cell.col + 1))
    moved.append(LaidCell(header, 0, "序号", Role.HEADER))
    moved.extend(LaidCell(row, 0, str(i), Role.EXTRA) for i, row in enumerate(sorted(grid_rows), start=1))
    return sorted(moved, key=lambda cell: (cell.row, cell.col))
