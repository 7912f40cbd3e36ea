"""Layouts that nobody prints: known ones with columns renamed, moved and added, so that a classifier learns what cells are.

Names here are for training only; the layouts and names that test unseen layouts are others.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from pipeline.document import Role
from pipeline.synth.model import LaidCell, LaidForm, LaidTable

_HEADERS = {
    "一级指标": ("指标大类", "一级分类", "目标类别", "一级内容", "绩效类别", "维度"),
    "二级指标": ("指标小类", "二级分类", "目标子类", "二级内容", "分项", "类型"),
    "三级指标": ("具体内容", "指标项", "考核指标", "三级内容", "绩效要点", "任务内容"),
    "target": ("目标要求", "本年要求", "绩效标杆", "预计达到", "年度计划", "本期目标"),
}
_LEVEL1 = {
    "产出指标": ("产出情况", "工作产出", "产出类"), "效益指标": ("效益情况", "成效", "效益类"),
    "满意度指标": ("满意情况", "评价反馈", "满意类"), "成本指标": ("成本情况", "支出类"),
}  # fmt: skip
_LEVEL2 = {
    "数量指标": ("工作量", "数量类", "完成数量"), "质量指标": ("工作质量", "质量类"), "时效指标": ("进度", "时间要求", "时效类"),
    "成本指标": ("费用", "成本类"), "经济效益指标": ("经济方面", "增收节支"), "社会效益指标": ("社会方面", "社会影响"),
    "生态效益指标": ("生态方面", "环境影响"), "可持续影响指标": ("长远影响", "持续性"), "服务对象满意度指标": ("服务对象", "对象评价"),
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
    widths = table.widths
    n_cols = table.n_cols
    if len(header_rows) == 1 and rng.random() < 0.4:
        cells = _numbered(cells, min(header_rows), grid_rows)
        widths, n_cols = (0.06, *widths), n_cols + 1
    return LaidTable(tuple(cells), table.n_rows, n_cols, widths)


def _renamed(cells: Sequence[LaidCell], rng: random.Random) -> list[LaidCell]:
    choice = {name: rng.choice(others) for name, others in {**_LEVEL1, **_LEVEL2}.items()}
    heads = {name: rng.choice(others) for name, others in _HEADERS.items()}
    levels = rng.random() < 0.5
    renamed = []
    for cell in cells:
        text = cell.text
        if cell.role is Role.HEADER:
            text = heads.get(text, heads["target"] if text in ("指标值", "目标值", "年度指标值", "指标目标值") else text)
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
