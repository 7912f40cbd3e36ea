"""Proves pipeline/forms/unruled.py: columns of tables without rulings go on over pages."""

from __future__ import annotations

from pipeline.document import Cell, PageReading, Place, Reading, Table
from pipeline.forms.unruled import with_columns_of_pages_before


def page(
    index: int, texts: list[list[tuple[str, float, float]]], width: int = 1000, ruled: bool = False
) -> PageReading:
    """A page of rows of (text, left, right), each text in the next column."""
    readings = tuple(
        Reading(Cell(r, c), text, places=(Place(page=index, polygon=((x0, 0.0), (x1, 0.0), (x1, 9.0), (x0, 9.0))),))
        for r, row in enumerate(texts)
        for c, (text, x0, x1) in enumerate(row)
    )
    table = Table(readings, len(texts), len(texts[0]), ruled)
    return PageReading(index, "f", "0" * 64, (table,), size=(width, 1400))


WHOLE = [[("产出指标", 0, 80), ("数量指标", 100, 180), ("机柜", 200, 280), ("5", 300, 320), ("个", 400, 420)]]
REST = [
    [("质量指标", 105, 175), ("合格率", 200, 290), ("90", 300, 325)],
    [("时效指标", 105, 175), ("及时率", 200, 290), ("1", 300, 310)],
]


def columns(pages: list[PageReading]) -> list[tuple[str, int]]:
    """The texts of the last page with their columns."""
    *_, last = with_columns_of_pages_before(pages)
    return [(reading.text, reading.cell.col) for table in last.tables for reading in table.readings if reading.text]


def test_a_page_that_leaves_columns_blank_keeps_them() -> None:
    """A level restated on the page before and units that nobody gave leave no trace on the page but their room."""
    found = columns([page(0, WHOLE), page(1, REST)])

    assert found == [("质量指标", 1), ("合格率", 2), ("90", 3), ("时效指标", 1), ("及时率", 2), ("1", 3)]


def test_pages_of_another_scale_count_the_same_columns() -> None:
    """Two pages may have been read at two resolutions; their widths say so."""
    double = [[(text, 2 * x0, 2 * x1) for text, x0, x1 in row] for row in REST]

    assert columns([page(0, WHOLE), page(1, double, width=2000)]) == columns([page(0, WHOLE), page(1, REST)])


def test_what_stands_elsewhere_keeps_its_own_columns() -> None:
    """Another table's texts stand between the columns of the page before, and ruled tables know their own."""
    other = [[(text, x0 + 45, x1 + 10) for text, x0, x1 in row] for row in REST]

    assert [column for _, column in columns([page(0, WHOLE), page(1, other)])] == [0, 1, 2, 0, 1, 2]
    assert [column for _, column in columns([page(0, WHOLE), page(1, REST, ruled=True)])] == [0, 1, 2, 0, 1, 2]
