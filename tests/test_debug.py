"""The picture of a page shows what was found where it was found, in its role's colour, and what is doubtful."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import SHA256, interpret_tools
from PIL import Image

import pipeline.debug
from pipeline.debug import draw_page, write_page
from pipeline.document import Cell, Line, Page, PageReading, Place, Polygon, Problem, Reading, Seal, Table
from pipeline.forms import join_forms
from pipeline.levels import label_form
from pipeline.rolemap import ROLES, RoleMap

WIDTH, HEIGHT = 800, 400
ROWS = (
    ("一级指标", "二级指标", "三级指标", "目标值"),
    ("产出指标", "数量指标", "培训人次", "=100人次"),
    ("效益指标", "社会效益指标", "服务人次增长率", "≥5%"),
)


def box(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def cell(row: int, col: int) -> Polygon:
    return box(200 * col, 100 + 100 * row, 200 * col + 200, 200 + 100 * row)


def reading_of(confidence: float = 1.0, support: float = 1.0) -> PageReading:
    """A title over a grid of three rows; the last target is read with this confidence, in a cell ruled so far."""
    readings = []
    for r, row in enumerate(ROWS):
        for c, text in enumerate(row):
            last = (r, c) == (2, 3)
            place = Place(page=0, polygon=cell(r, c))
            line = Line(text, Place(page=0, polygon=box(200 * c + 40, 140 + 100 * r, 200 * c + 160, 164 + 100 * r)))
            sure = confidence if last else 1.0
            shape = Cell(r, c, polygon=cell(r, c), support=support if last else 1.0)
            readings.append(Reading(shape, text, sure, (place,), (line,)))
    title = Line("2022年某局预算项目绩效目标表", Place(page=0, polygon=box(150, 30, 650, 70)))
    return PageReading(
        0, "page.png", SHA256, (title, Table(tuple(readings), 3, 4)), origin="pixels", size=(WIDTH, HEIGHT)
    )


def page_of(grey: int = 255) -> Page:
    return Page(0, "page.png", SHA256, np.full((HEIGHT, WIDTH, 3), grey, np.uint8))


def roles_of(reading: PageReading) -> RoleMap:
    tools = interpret_tools()
    forms, _ = join_forms([reading], tools.templates, tools.dictionaries)
    return RoleMap([reading], [label_form(form, tools.levels) for form in forms])


def drawn(reading: PageReading, page: Page | None = None) -> np.ndarray:
    """The picture's pixels, red first."""
    data = draw_page(page or page_of(), reading, roles_of(reading))
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def near(pixels: np.ndarray, colour: str | tuple[int, int, int]) -> np.ndarray:
    """Which pixels have this colour, as far as a palette of 128 can tell."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)] if isinstance(colour, str) else colour
    return np.asarray((np.abs(pixels - np.array(wanted)) <= 20).all(axis=-1))


def test_each_cell_has_the_colour_of_its_role_on_both_halves() -> None:
    """Where the cell is, the page is tinted; beside it, so is its text's ground."""
    pixels = drawn(reading_of())

    for r, c, role in ((1, 0, "level1"), (1, 1, "level2"), (1, 2, "level3"), (2, 3, "target"), (0, 0, "header")):
        for half in (0, WIDTH):
            window = pixels[100 * r + 172 : 100 * r + 180, half + 200 * c + 60 : half + 200 * c + 90]
            assert near(window, ROLES[role][1]).mean() > 0.9, (r, c, role, half)


def test_the_page_shows_through() -> None:
    """The tint darkens what is printed, it never covers it."""
    page = page_of()
    page.image[140:164, 440:460] = 0

    pixels = drawn(reading_of(), page)

    assert near(pixels[145:160, 445:455], (0, 0, 0)).all()


@pytest.mark.parametrize(("confidence", "marked"), [(1.0, False), (0.4, True)])
def test_what_is_doubtful_is_dashed_in_red(confidence: float, marked: bool) -> None:
    """And nothing else is."""
    pixels = drawn(reading_of(confidence))

    inside = near(pixels[302:398, 602:798], pipeline.debug._DOUBT)
    assert (inside.sum() > 50) == marked
    assert near(pixels[102:198, 2:198], pipeline.debug._DOUBT).sum() == 0


def test_a_cell_that_is_hardly_ruled_has_a_red_outline() -> None:
    """It was closed where no ruling is: the first thing to look at where a grid went wrong."""
    pixels = drawn(reading_of(support=0.2))

    assert near(pixels[396:402, 650:750], pipeline.debug._UNRULED).any()
    assert not near(drawn(reading_of())[396:402, 650:750], pipeline.debug._UNRULED).any()


def test_seals_are_outlined() -> None:
    """What was lifted off the page is shown where it was."""
    seal = Seal(Place(page=0, polygon=box(300, 5, 360, 95)), (200, 0, 0))

    pixels = drawn(replace(reading_of(), seals=(seal,)))

    assert near(pixels[30:70, 296:304], pipeline.debug._SEAL).sum() > 40


def test_a_page_without_a_form_is_drawn_all_the_same() -> None:
    """That is when the picture is wanted: no roles, all outlines, and the problem in words below."""
    reading = PageReading(0, "page.png", SHA256, problems=(Problem("x", "no table"),), size=(WIDTH, HEIGHT))

    short, long = drawn(replace(reading, problems=())), drawn(reading)

    assert long.shape[1] == 2 * WIDTH
    assert long.shape[0] > short.shape[0] > HEIGHT


def test_a_page_without_a_picture_gives_none() -> None:
    """There is nothing to draw over."""
    page = Page(0, "page.png", SHA256, np.zeros((0, 0, 3), np.uint8), problem="damaged")
    reading = PageReading(0, "page.png", SHA256)

    assert draw_page(page, reading, RoleMap([reading], [])) == b""


def test_large_pages_are_drawn_smaller() -> None:
    """The places shrink with the page."""
    page = Page(0, "page.png", SHA256, np.full((HEIGHT * 8, WIDTH * 8, 3), 255, np.uint8))
    large = PageReading(
        0, "page.png", SHA256, (Line("标题", Place(page=0, polygon=box(1600, 800, 4800, 1600))),), size=(6400, 3200)
    )

    pixels = drawn(large, page)

    assert pixels.shape[1] == 2 * 1600
    assert near(pixels[196:204, 500:1000], pipeline.debug._LINE).any()


def test_without_a_chinese_face_the_outlines_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server has none; roles go by their English names then."""
    monkeypatch.setattr(pipeline.debug, "_face", lambda: None)
    pipeline.debug._font.cache_clear()

    pixels = drawn(reading_of(0.4))

    pipeline.debug._font.cache_clear()
    assert near(pixels[302:398, 602:798], pipeline.debug._DOUBT).sum() > 50
    assert pipeline.debug._word("level1") == "level1"


def test_equal_pages_give_equal_pictures(tmp_path: Path) -> None:
    """No clock, no order of a set."""
    reading = reading_of(0.4)
    one, other = (draw_page(page_of(), reading, roles_of(reading)) for _ in range(2))

    write_page(tmp_path / "debug" / "a.png", one)

    assert one == other == (tmp_path / "debug" / "a.png").read_bytes()
