"""Proofs for pipeline/synth/degrade and pipeline/synth/score: truth moves with the picture, to the pixel."""

from __future__ import annotations

import random
from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.document import Cell, Line, PageReading, Place, Reading, Role, Table
from pipeline.errors import UsageError
from pipeline.synth.degrade import KINDS, MORE_KINDS, degrade
from pipeline.synth.degrade.marks import cut_edge
from pipeline.synth.degrade.rulings import INKED, break_rulings
from pipeline.synth.degrade.seals import stamp
from pipeline.synth.model import LaidCell, LaidForm, LaidLine, LaidTable, Truth
from pipeline.synth.render import Drawing, RenderedPage, RenderStyle, lay_pages, rasterise
from pipeline.synth.render.fonts import choose_family
from pipeline.synth.score import score_page

DPI = 200.0


@pytest.fixture(scope="module")
def drawing() -> Drawing:
    """A small page with a table of twelve rows, a title and a page number."""
    cells = []
    for row in range(12):
        for col, text in enumerate(("数量指标", f"培训人数第{row}批≥{row}0人", "=100%")):
            cells.append(LaidCell(row, col, text, Role.VALUE))
    table = LaidTable(tuple(cells), 12, 3, (0.3, 0.45, 0.25))
    form = LaidForm("test", (LaidLine("项目绩效目标表", "title"), table), Truth("", None, None, None, {}, ()))
    family = choose_family(random.Random(0), "dev")
    style = RenderStyle(family, size=10, page=(300, 330), margins=(40, 35, 40, 35), page_number="- {page} -")
    return lay_pages([form], style, random.Random(1))[0]


@pytest.fixture(scope="module")
def page(drawing: Drawing) -> RenderedPage:
    return rasterise(drawing, DPI)


def polygons(page: RenderedPage) -> list[np.ndarray]:
    lines = [*page.lines, *(line for t in page.tables for c in t.cells for line in c.lines)]
    return [np.asarray(line.polygon, dtype=np.float32) for line in lines]


def filled(polygon: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A mask of the polygon, given in truth coordinates."""
    mask = np.zeros(shape, dtype=np.uint8)
    cv2.fillPoly(mask, [np.rint(polygon - 0.5).astype(np.int32)], (1,))
    return mask


@pytest.mark.parametrize("kind", KINDS + MORE_KINDS)
def test_polygons_still_enclose_the_ink(kind: str, drawing: Drawing) -> None:
    """The page is damaged twice, with and without text: where the two differ is text, and the truth covers it."""
    with_text = degrade(rasterise(drawing, DPI), kind, np.random.default_rng(5))
    without = degrade(rasterise(replace(drawing, runs=[]), DPI), kind, np.random.default_rng(5))

    # JPEG and blur spread a glyph's grey over its neighbourhood; its ink is what differs by a third of full contrast.
    strong = 30 if kind == "faint" else 85
    ink = np.abs(with_text.image.astype(int) - without.image.astype(int)).max(axis=2) > strong
    inside = np.zeros(ink.shape, dtype=np.uint8)
    for polygon in polygons(with_text):
        mask = filled(polygon, ink.shape)
        assert (ink & (mask > 0)).sum() > 0.02 * mask.sum(), "a line's polygon holds no ink"
        inside |= mask
    # Half a pixel of rounding in the mask, one of blur.
    inside = cv2.dilate(inside, np.ones((3, 3), dtype=np.uint8)).astype(np.uint8)

    assert ink.any()
    assert not (ink & (inside == 0)).any()


@pytest.mark.parametrize("kind", ["scan", "skew7", "photo", "curl30", "rotated", "dpi100", "crease", "turned7"])
def test_cell_outlines_follow_the_rulings(kind: str, drawing: Drawing) -> None:
    """Every point of a cell's outline lies on a ruling of the damaged page."""
    bare = rasterise(replace(drawing, runs=[]), DPI)
    damaged = degrade(bare, kind, np.random.default_rng(3))
    grey = damaged.image.min(axis=2)
    paper = cv2.medianBlur(cv2.dilate(grey, np.ones((15, 15), np.uint8)), 15)

    for cell in damaged.tables[0].cells:
        points = np.asarray(cell.polygon)
        for a, b in zip(points, np.roll(points, -1, axis=0), strict=True):
            x, y = (a + b) / 2
            near = np.s_[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2]
            assert grey[near].min() < 0.8 * paper[near].min()


@pytest.mark.parametrize("kind", KINDS + MORE_KINDS)
def test_the_same_seed_gives_the_same_bytes(kind: str, page: RenderedPage) -> None:
    """A degraded page is a function of page, kind and seed; another seed is another page."""
    first = degrade(page, kind, np.random.default_rng(11))
    second = degrade(page, kind, np.random.default_rng(11))
    other = degrade(page, kind, np.random.default_rng(12))

    assert first.image.tobytes() == second.image.tobytes()
    assert first.tables == second.tables
    assert kind == "clean" or first.image.tobytes() != other.image.tobytes()


def test_degrading_leaves_the_page_it_was_given_alone(page: RenderedPage) -> None:
    """Values do not change; a page is degraded in many ways in turn."""
    before = page.image.tobytes()

    for kind in KINDS:
        degrade(page, kind, np.random.default_rng(1))

    assert page.image.tobytes() == before


def test_grid_and_text_of_the_truth_are_untouched(page: RenderedPage) -> None:
    """Damage moves polygons; what is printed, and in which cell, stays."""
    for kind in KINDS:
        damaged = degrade(page, kind, np.random.default_rng(2))
        for before, after in zip(page.tables, damaged.tables, strict=True):
            told = [(c.row, c.col, c.rowspan, c.colspan, c.text) for c in before.cells]
            assert [(c.row, c.col, c.rowspan, c.colspan, c.text) for c in after.cells] == told


def test_a_fax_is_black_or_white(page: RenderedPage) -> None:
    """One bit, at 160 dpi."""
    fax = degrade(page, "fax", np.random.default_rng(1))

    assert set(np.unique(fax.image)) == {0, 255}
    assert fax.dpi == 160


def test_breaks_lie_on_the_rulings_and_on_nothing_else(drawing: Drawing) -> None:
    """Thirty breaks of 0.3 to 2 characters take rulings away, and no ink of any text."""
    page = rasterise(drawing, DPI)
    text = rasterise(replace(drawing, rules=[]), DPI).image[:, :, 0] < INKED

    broken = break_rulings(page, np.random.default_rng(4), 30, (0.3, 2.0))

    gone = (page.image[:, :, 0] < INKED) & (broken.image[:, :, 0] >= INKED)
    # 30 breaks of 1.15 ems on average, hair rulings; some lie over each other or over the corners.
    assert gone.sum() > 30 * 0.6 * page.em
    assert not (gone & text).any()


def test_seals_are_coloured_and_black_stays_black_under_them(page: RenderedPage) -> None:
    """Ink over ink: what was black on the page is still the darkest in the brightest channel."""
    for seed in range(4):
        sealed = stamp(page, np.random.default_rng(seed))

        assert sealed.seals
        for seal in sealed.seals:
            mask = filled(np.asarray(seal.polygon), page.image.shape[:2])
            spread = np.ptp(sealed.image.astype(int), axis=2)
            assert spread[mask > 0].max() > 60
        black = page.image.max(axis=2) == 0
        assert sealed.image.max(axis=2)[black].max() == 0
        inside = sum(filled(np.asarray(seal.polygon), page.image.shape[:2]) for seal in sealed.seals)
        outside = cv2.dilate(np.asarray(inside), np.ones((5, 5), dtype=np.uint8)) == 0
        assert np.ptp(sealed.image.astype(int), axis=2)[outside].max() == 0


def test_turned_pages_know_by_how_much(page: RenderedPage) -> None:
    """A quarter turn swaps the sides; the first corner of a line leads in the reading direction."""
    for seed in range(6):
        turned = degrade(page, "rotated", np.random.default_rng(seed))
        assert turned.turned in (90, 180, 270)
        (x0, y0), (x1, y1) = turned.lines[0].polygon[:2]
        along = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[turned.turned]
        assert (x1 - x0) * along[0] + (y1 - y0) * along[1] > 0.9 * np.hypot(x1 - x0, y1 - y0)


def test_a_page_cut_at_its_edge_loses_a_ruling_and_no_text(drawing: Drawing) -> None:
    """The picture ends between the outer ruling and the text; what is left of the truth lies inside it."""
    page = rasterise(drawing, DPI)
    for seed in range(6):
        cut = cut_edge(page, np.random.default_rng(seed))

        height, width = cut.image.shape[:2]
        assert width < page.image.shape[1]
        points = np.concatenate([np.asarray(c.polygon) for c in cut.tables[0].cells] + polygons(cut))
        assert (points >= 0).all()
        assert (points <= [width, height]).all()
        text = np.concatenate(polygons(cut))
        assert text[:, 0].min() > 0
        assert text[:, 0].max() < width
        outer = cut.image[:, [0, -1], 0] < INKED
        assert outer.mean(axis=0).max() < 0.2  # neither side still shows the ruling down the page


def test_an_unknown_kind_names_the_known_ones(page: RenderedPage) -> None:
    """A misspelt kind must not pass for a clean page."""
    with pytest.raises(UsageError, match="curl30"):
        degrade(page, "smudge", np.random.default_rng(0))


def perfect(page: RenderedPage) -> PageReading:
    """What a perfect reader returns."""
    blocks: list[Table | Line] = [Line(line.text, Place(page=0, polygon=line.polygon)) for line in page.lines]
    for table in page.tables:
        readings = tuple(Reading(Cell(c.row, c.col, c.rowspan, c.colspan, c.polygon), c.text) for c in table.cells)
        blocks.append(Table(readings, table.n_rows, table.n_cols))
    return PageReading(0, "page.png", "", tuple(blocks))


def test_a_perfect_reading_scores_full_marks(page: RenderedPage) -> None:
    """On a bent and a turned page too: matching goes by place, not by pixels of the flat page."""
    for kind in ("clean", "curl30", "rotated", "skew7"):
        damaged = degrade(page, kind, np.random.default_rng(1))

        score = score_page(perfect(damaged), damaged)

        assert score.exact_pages == score.exact_grids == score.tables == 1
        assert score.structure_f1 == score.exact_f1 == 1
        assert score.placed == score.cells
        assert score.errors == score.errors_printed == 0
        assert score.lines_read == score.lines == 2


def test_wrong_characters_and_lost_cells_count(page: RenderedPage) -> None:
    """One wrong character is one error and one inexact cell; a cell that is gone costs its characters and the grid."""
    reading = perfect(page)
    table = reading.tables[0]
    wrong = replace(table.readings[0], text="数童指标")
    misread = replace(table, readings=(wrong, *table.readings[1:]))
    lost = replace(table, readings=table.readings[1:])

    one = score_page(replace(reading, blocks=(misread,)), page)
    two = score_page(replace(reading, blocks=(lost,)), page)

    assert (one.errors, one.exact, one.structure, one.exact_grids) == (1, one.cells - 1, one.cells, 1)
    assert (two.errors, two.structure, two.exact_grids, two.exact_pages) == (4, two.cells - 1, 0, 0)


def test_widths_count_only_as_printed(page: RenderedPage) -> None:
    """NFKC holds full-width and half-width signs to be the same; an auditor's copy does not."""
    reading = perfect(page)
    table = reading.tables[0]
    wide = replace(table, readings=tuple(replace(r, text=r.text.replace("%", "％")) for r in table.readings))

    score = score_page(replace(reading, blocks=(wide,)), page)

    assert score.errors == 0
    assert score.errors_printed == page.tables[0].n_rows
    assert score.exact == score.cells
    assert score.exact_printed == score.cells - page.tables[0].n_rows
