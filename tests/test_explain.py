"""Proves pipeline/explain.py: the page as a person reads it, its cells in colour, beside the record."""

from __future__ import annotations

import re

import pytest
from builders import interpret_tools, level_tools

from pipeline.document import Cell, Line, PageReading, Place, Polygon, Reading, Table
from pipeline.explain import explain_document
from pipeline.forms import join_forms
from pipeline.interpret import interpret
from pipeline.levels import label_form

ROWS = (
    ("一级指标", "二级指标", "三级指标", "指标值"),
    ("产出指标", "数量指标", "巡护里程<b>", "≥300公里"),
    ("满意度指标", "服务对象满意度指标", "林农满意度", "≥90%"),
)
WIDTH, HEIGHT = 400, 600


def turned(x: float, y: float, turn: int) -> tuple[float, float]:
    """A point of the upright page on the picture that was scanned so many quarters clockwise."""
    return ((x, y), (HEIGHT - y, x), (WIDTH - x, HEIGHT - y), (y, WIDTH - x))[turn]


def box(x: float, y: float, turn: int) -> Polygon:
    """A cell of 90 x 30 whose first corner is its text's top left."""
    return tuple(turned(a, b, turn) for a, b in ((x, y), (x + 90, y), (x + 90, y + 30), (x, y + 30)))


def explained(turn: int) -> str:
    """The HTML of a page of pixels with a title and a grid, scanned so many quarters clockwise."""
    readings = tuple(
        Reading(Cell(r, c, polygon=polygon), text, places=(Place(page=0, polygon=polygon),))
        for r, row in enumerate(ROWS)
        for c, text in enumerate(row)
        for polygon in (box(10 + 95 * c, 60 + 30 * r, turn),)
    )
    title = Line("某某县林业局项目支出绩效目标表", Place(page=0, polygon=box(100, 20, turn)))
    size = (HEIGHT, WIDTH) if turn % 2 else (WIDTH, HEIGHT)
    page = PageReading(0, "p.jpg", "0" * 64, (title, Table(readings, 3, 4)), size=size, origin="pixels")
    tools = interpret_tools()
    forms, _ = join_forms([page], tools.templates, tools.dictionaries)
    labelled = [label_form(form, level_tools()) for form in forms]
    records = list(interpret([page], "p.jpg", "0" * 64, tools))
    return explain_document([page], labelled, records, pictures={0: b"\xff\xd8"})


@pytest.mark.parametrize("turn", range(4))
def test_a_page_is_shown_upright_however_it_was_scanned(turn: int) -> None:
    """What is read from left to right stands from left to right on the screen, outlines on their cells."""
    html = explained(turn)

    found = re.search(r'<svg viewBox="0 0 (\d+) (\d+)".*?<g(?: transform="([^"]*)")?>', html)
    assert found is not None
    assert (int(found[1]), int(found[2])) == (WIDTH, HEIGHT)
    moves = {None: lambda x, y: (x, y)}
    if found[3] is not None:
        match = re.fullmatch(r"translate\((\d+) (\d+)\) rotate\((-?\d+)\)", found[3])
        assert match is not None
        left, top, angle = map(int, match.groups())
        cos, sin = {90: (0, 1), 180: (-1, 0), -90: (0, -1)}[angle]
        moves[found[3]] = lambda x, y: (left + cos * x - sin * y, top + sin * x + cos * y)
    assert moves[found[3]](*turned(105.0, 90.0, turn)) == (105.0, 90.0)


def test_cells_are_drawn_in_the_colour_of_their_role_and_nothing_runs() -> None:
    """The picture stands beside the record; a text is a text, whatever it holds."""
    html = explained(0)

    assert html.count('class="level3"') >= 4  # two on the page, two in the record
    assert "巡护里程&lt;b&gt;" in html
    assert "巡护里程<b>" not in html
