"""Cells of a row of fields, each by itself."""

from dataclasses import replace

from pipeline.document import Line, Place, Role, Row, RowCell
from pipeline.levels.fields.cells import without_unsure_walls, without_walls_under_heads


def _row(*texts: str, unsure: bool = True) -> Row:
    cells = []
    for col, text in enumerate(texts):
        notes = ("wall-unsure",) if unsure and col else ()
        cells.append(RowCell(text, 0, col, role=Role.VALUE, lines=(Line(text, Place()),), notes=notes))
    return Row(tuple(cells), len(texts), 0, 0)


def test_a_text_that_a_comma_cut_in_two_is_one_and_asks() -> None:
    """项目概况 | 鉴于库存检查现状 | 逐户走访: its own beginning was taken for a label, and the field was lost."""
    joined = without_unsure_walls(_row("项目概况", "鉴于现状", "逐户走访"), {"项目概况"})

    assert [(cell.text, cell.colspan) for cell in joined.cells] == [("项目概况", 1), ("鉴于现状逐户走访", 2)]
    assert joined.cells[1].confidence <= 0.5


def test_cells_stay_apart_where_their_wall_is_sure_or_one_is_a_label() -> None:
    """Two fields side by side are two, and so are two values under their heads."""
    known = {"项目概况", "联系人"}
    two = _row("项目概况", "甲", "联系人", "乙")
    lines = tuple(Line(text, Place()) for text in "甲乙")
    broken = replace(two, cells=(two.cells[0], replace(two.cells[1], lines=lines), two.cells[3].in_row(0)))

    for row in (two, broken, _row("项目概况", "甲", "乙", unsure=False), _row("备注", "甲", "乙")):
        assert without_unsure_walls(row, known) is row


def test_texts_of_several_lines_under_one_head_are_one_and_ask() -> None:
    """预期目标 | 完成情况 over 聘请专家 | 恢复渔 | 业种群: the second text was cut, and stood under the next head."""
    heads = [
        RowCell("预期目标", 0, 0, colspan=2, role=Role.LABEL),
        RowCell("完成情况", 0, 2, colspan=2, role=Role.LABEL),
    ]
    texts = [("聘请专家\n加强指导", 0, 2), ("恢复渔\n继续做", 2, 1), ("业种群\n好智能", 3, 1)]
    cells = [
        RowCell(text, 1, col, colspan=span, role=Role.VALUE, lines=tuple(Line(line, Place()) for line in text.split()))
        for text, col, span in texts
    ]
    row = Row(tuple(cells), 4, 0, 0, spans_known=True)

    joined = without_walls_under_heads(heads, row, set()).cells

    assert [(cell.text, cell.col, cell.colspan) for cell in joined] == [
        ("聘请专家\n加强指导", 0, 2),
        ("恢复渔业种群\n继续做好智能", 2, 2),
    ]
    assert joined[1].confidence <= 0.5
    assert joined[0].confidence == 1.0


def test_cells_under_one_head_stay_apart_where_they_hold_one_line_each_or_known_labels() -> None:
    """A head over two columns is common; narratives side by side under one are not."""
    heads = [RowCell("预期目标", 0, 0, role=Role.LABEL), RowCell("完成情况", 0, 1, colspan=2, role=Role.LABEL)]
    row = replace(_row("甲", "乙", "丙"), spans_known=True)
    two = tuple(replace(cell, row=1, lines=cell.lines * 2) for cell in row.cells)

    assert without_walls_under_heads(heads, row, set()) is row
    assert len(without_walls_under_heads(heads, replace(row, cells=two), {"乙"}).cells) == 3
    assert len(without_walls_under_heads(heads, replace(row, cells=two), set()).cells) == 2
