"""Cells of a row of fields, each by itself."""

from dataclasses import replace

from pipeline.document import Line, Place, Role, Row, RowCell
from pipeline.levels.fields.cells import without_unsure_walls


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
