"""Which rows texts without rulings have: heads in two tiers, levels in levels, names set to the top of their cells."""

from __future__ import annotations

import pytest

from pipeline.alignment import Layout, Piece, find_layouts
from pipeline.alignment.heights import Heights
from pipeline.alignment.pieces import Placed
from pipeline.alignment.rows import Row
from pipeline.alignment.spans import share_rows
from pipeline.alignment.told import told_apart
from pipeline.alignment.wraps import begins_anew

_SIZE = 10.0


def _piece(key: int, middle_x: float, middle_y: float, text: str) -> Piece:
    half = len(text) * _SIZE / 2
    return Piece((key,), (middle_x - half, middle_y - 5, middle_x + half, middle_y + 5), text)


def _from_left(key: int, left: float, middle_y: float, text: str) -> Piece:
    return Piece((key,), (left, middle_y - 5, left + len(text) * _SIZE, middle_y + 5), text)


def _page(*texts: tuple[float, float, str]) -> dict[str, Placed]:
    found = find_layouts([_piece(n, x, y, text) for n, (x, y, text) in enumerate(texts)])
    return {cell.piece.text: cell for block in found if isinstance(block, Layout) for cell in block.cells}


def test_an_operator_over_its_figure_is_one_with_it() -> None:
    """A narrow column broke ≥ from 1400; an operator is no value, a sign over words is none of theirs."""
    pair = [Piece((0,), (10, 0, 20, 10), "≥"), Piece((1,), (0, 12, 30, 22), "1400")]
    told = told_apart(pair, _SIZE, begins_anew)
    assert told[(0,)] == told[(1,)]
    assert not told_apart([pair[0], Piece((1,), (0, 12, 30, 22), "定性")], _SIZE, begins_anew)


@pytest.mark.parametrize(
    ("below", "anew"), [("是", True), ("有效提升", True), ("以上", False), ("（含）", False), ("及以上", False)]
)
def test_nothing_but_its_limit_goes_on_a_share(below: str, anew: bool) -> None:
    """=100% over 是 are two values; ≥95% over 以上 is one."""
    assert begins_anew("=100%", "=100%", below) is anew


def test_heads_amid_two_rows_of_heads_are_as_high_as_both() -> None:
    """绩效指标值 over 年度指标值 and 实际完成值; the other heads stand in the middle of both rows."""
    columns = (50.0, 150.0, 250.0, 350.0, 450.0, 550.0)
    below = [(250.0, 64.0, "年度指标值"), (350.0, 64.0, "实际完成值")]
    amid = zip((*columns[:2], *columns[4:]), ("一级指标", "二级指标", "分值", "得分"), strict=True)
    rows = [
        (x, 96.0 + 24 * n, text)
        for n, texts in enumerate(
            (
                ("产出指标", "数量指标", "30次", "30次", "10", "10"),
                ("效益指标", "社会效益指标", "90人", "90人", "20", "20"),
                ("满意度指标", "满意度", "95%", "96%", "30", "30"),
            )
        )
        for x, text in zip(columns, texts, strict=True)
    ]
    field = [(50.0, 16.0, "项目名称"), (350.0, 16.0, "清明祭英烈活动")]
    cells = _page(*field, (300.0, 40.0, "绩效指标值"), *below, *((x, 52.0, text) for x, text in amid), *rows)
    for head in ("一级指标", "二级指标", "分值", "得分"):
        assert (cells[head].row, cells[head].rowspan) == (1, 2), head
    assert cells["绩效指标值"].rowspan == 1 == cells["年度指标值"].rowspan
    assert cells["产出指标"].row == 3


def test_a_level_holds_whole_levels() -> None:
    """Its label fits two runs of rows as well; one would cut the level beside it in two."""

    def rows_of_label(*levels: tuple[float, str]) -> range:
        rows = [Row(n * 20.0, n * 20.0 + 20) for n in range(9)]
        names = [Placed(_piece(n, 250, n * 20.0 + 10, "某项工作"), n, 2) for n in range(9)]
        texts = [*levels, (100.0, "质量指标"), (130.0, "时效指标"), (150.0, "社会成本指标"), (170.0, "经济成本指标")]
        beside = [Placed(_piece(10 + n, 150, y, text), int(y // 20), 1) for n, (y, text) in enumerate(texts)]
        # Its middle is that of the rows 2 to 7 and of the rows 1 to 8: the page begins amid the level above it.
        label = Placed(_piece(20, 50, 100, "产出指标"), 4, 0)
        share_rows([label, *beside, *names], rows, Heights(13.0, 7.0, 20.0), _SIZE, False)
        return label.rows

    assert rows_of_label((20.0, "生态环境成本指标"), (60.0, "数量指标")) == range(2, 8)
    assert rows_of_label((10.0, "生态环境成本指标"), (50.0, "数量指标")) == range(1, 9)


def test_a_line_level_with_another_s_value_is_no_rest() -> None:
    """Names set to the top of their cells: three lines stand amid a value by chance, of which two have their own."""
    names = ["甲项工作数量", "乙项工作数量", "丙项工作任务及清明", "活动达标率", "丁项工作准确率", "戊项按时发放率"]
    heights = [0.0, 18.0, 36.0, 50.0, 68.0, 86.0]
    lines = [_from_left(n, 0.0, y, text) for n, (y, text) in enumerate(zip(heights, names, strict=True))]
    values = [_from_left(10 + n, 200.0, y, f"≥{n + 80}%") for n, y in enumerate((0.0, 18.0, 36.0, 68.0, 86.0))]
    told = told_apart([*lines, *values], _SIZE, begins_anew)
    assert told[(2,)] == told[(3,)]
    assert len({told[(n,)] for n in (2, 4)} | {told.get((5,), -1)}) == 3


def test_what_most_columns_tell_is_so() -> None:
    """A column whose text fell half off tells a line alone; two others tell that it and the next are one cell."""
    names = ["甲项工作数量", "乙项工作数量", "丙项工作任务无害化", "处理率", "丁项工作准确率"]
    heights = [0.0, 18.0, 36.0, 50.0, 68.0]
    lines = [_from_left(n, 0.0, y, text) for n, (y, text) in enumerate(zip(heights, names, strict=True))]
    columns = [
        [_from_left(10 * c + n, 100.0 + 100 * c, y, f"{n + 80}%") for n, y in enumerate((0.0, 18.0, at, 68.0))]
        for c, at in ((1, 36.0), (2, 43.0), (3, 43.0))
    ]
    told = told_apart([*lines, *(p for column in columns for p in column)], _SIZE, begins_anew)
    assert told[(2,)] == told[(3,)]


def test_a_label_before_a_blank_amount_has_the_columns_of_those_above_it() -> None:
    """其他资金 with nothing under 年初预算数 takes neither that column nor that of the merged label left of it."""
    fields = [(60.0, 20.0, "项目名称"), (330.0, 20.0, "清明祭英烈活动")]
    heads = [(300.0, 44.0, "年初预算数"), (400.0, 44.0, "全年执行数"), (500.0, 44.0, "得分")]
    names = ("年度资金总额", "财政拨款", "上年结转资金", "其他资金")
    amounts = (("689", "26", "10"), ("424", "20", "9"), ("265", "6", "8"), ("", "7", "6"))
    rows = [
        (x, 68.0 + 24 * n, text)
        for n, (name, own) in enumerate(zip(names, amounts, strict=True))
        for x, text in zip((160.0, 300.0, 400.0, 500.0), (name, *own), strict=True)
        if text
    ]
    cells = _page(*fields, *heads, (60.0, 92.0, "项目资金"), *rows)
    assert {cells[name].columns for name in names} == {cells["年度资金总额"].columns}
    assert cells["项目资金"].rows == range(1, 6)


def test_parts_of_a_sum_are_two() -> None:
    """其中：中央财政资金 is no name that the dictionaries know; 地方资金 below it is the next part all the same."""
    assert begins_anew("其中：中央财政资金", "其中：中央财政资金", "地方资金")
    assert not begins_anew("其中：中央财政", "其中：中央财政", "资金")
