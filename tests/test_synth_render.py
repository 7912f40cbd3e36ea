"""Proofs for pipeline/synth/render: what is drawn is what was laid, and the truth says where."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.document import Role
from pipeline.errors import InputError
from pipeline.synth.layouts import LAYOUTS, make_form
from pipeline.synth.model import LaidCell, LaidForm, LaidLine, LaidTable, Truth
from pipeline.synth.render import RULINGS, RenderedPage, RenderStyle, draw_style, lay_pages, rasterise, render_form
from pipeline.synth.render.fonts import FAMILIES, HELD_OUT, choose_family, face
from pipeline.synth.render.text import NOT_FIRST, NOT_LAST, TypeFace, wrap

TRUTH = Truth("目标表", None, None, None, {}, ())


@pytest.fixture(scope="session")
def family() -> str:
    return choose_family(random.Random(0), "dev")


def style(family: str, **fixed: object) -> RenderStyle:
    """A small page, so that tests are quick and pages break often."""
    plain = RenderStyle(family, size=10, page=(320, 300), margins=(30, 25, 30, 25), dpi=100)
    return replace(plain, **fixed)  # type: ignore[arg-type]


def long_form() -> LaidForm:
    """A header field, a narrative longer than a page, and a label over several rows."""
    story = "本项目为提高服务水平而设立。" * 40 + "\n" + "资金按（2020）15号文件使用，完成率≥95%。" * 12
    cells = [
        LaidCell(0, 0, "项目名称", Role.LABEL),
        LaidCell(0, 1, "桥梁养护", Role.VALUE, colspan=2),
        LaidCell(1, 0, "项目概况", Role.LABEL),
        LaidCell(1, 1, story, Role.NARRATIVE, colspan=2),
        LaidCell(2, 0, "一级指标", Role.HEADER, centred=True),
        LaidCell(2, 1, "三级指标", Role.HEADER, centred=True),
        LaidCell(2, 2, "目标值", Role.HEADER, centred=True),
        LaidCell(3, 0, "产出指标", Role.LEVEL1, rowspan=12, vertical=True),
    ]
    for i in range(12):
        cells += [
            LaidCell(3 + i, 1, f"养护桥梁第{i}座的数量与长度", Role.LEVEL3, indicator=i),
            LaidCell(3 + i, 2, "≥90%", Role.TARGET, indicator=i),
        ]
    table = LaidTable(tuple(cells), 15, 3, (0.2, 0.5, 0.3))
    return LaidForm("test", (LaidLine("桥梁养护绩效目标表", "title"), table), TRUTH)


def assert_tiled(page: RenderedPage) -> None:
    for table in page.tables:
        covered = np.zeros((table.n_rows, table.n_cols), dtype=int)
        for cell in table.cells:
            covered[cell.row : cell.row + cell.rowspan, cell.col : cell.col + cell.colspan] += 1
        assert (covered == 1).all()


def assert_joined(form: LaidForm, pages: list[RenderedPage]) -> None:
    """The pieces of every cell, in page order, are the cell's laid text."""
    pieces: dict[tuple[int, int], list[str]] = defaultdict(list)
    for page in pages:
        for table in page.tables:
            for cell in table.cells:
                assert _bare(*(line.text for line in cell.lines)) == _bare(cell.text)
                if not cell.repeated:
                    pieces[table.block, cell.laid].append(cell.text)
    for block, laid in enumerate(form.blocks):
        if isinstance(laid, LaidTable):
            for index, whole in enumerate(laid.cells):
                assert _bare(*pieces[block, index]) == _bare(whole.text)


def _bare(*texts: str) -> str:
    return "".join("".join(texts).split())


@pytest.mark.parametrize("split_rows", [True, False])
@pytest.mark.parametrize("repeat", [True, False])
def test_text_cut_by_page_breaks_joins_to_the_laid_text(family: str, split_rows: bool, repeat: bool) -> None:
    """Nothing may be lost or doubled at a break; only what is marked as repeated stands twice."""
    form = long_form()
    look = style(family, split_rows=split_rows, repeat_header=repeat, repeat_labels=repeat)

    pages = render_form(form, random.Random(1), look)

    assert len(pages) > 2
    for page in pages:
        assert_tiled(page)
    assert_joined(form, pages)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_drawn_whole(layout: str) -> None:
    """Pages of real layouts in drawn styles tile, join, and keep each indicator's cells."""
    rng = random.Random(f"whole/{layout}")
    form = make_form(layout, rng, "dev")

    pages = render_form(form, rng, draw_style(rng, "dev", dpi=60))

    for page in pages:
        assert_tiled(page)
    assert_joined(form, pages)
    drawn = {cell.indicator for page in pages for table in page.tables for cell in table.cells}
    laid = {cell.indicator for b in form.blocks if isinstance(b, LaidTable) for cell in b.cells}
    assert drawn == laid


def test_a_cut_cell_says_so(family: str) -> None:
    """A reader of the truth must know that a piece is not the whole cell."""
    pages = render_form(long_form(), random.Random(1), style(family))

    story = [c for p in pages for t in p.tables for c in t.cells if c.role is Role.NARRATIVE]

    assert len(story) > 1
    assert [c.cut_above for c in story] == [False] + [True] * (len(story) - 1)
    assert [c.cut_below for c in story] == [True] * (len(story) - 1) + [False]


def test_the_same_seed_gives_the_same_pixels(family: str) -> None:
    """Benchmarks compare runs; a page must not depend on anything but its seed."""
    look = style(family, ruling=RULINGS["short"])

    first = render_form(long_form(), random.Random(7), look)
    second = render_form(long_form(), random.Random(7), look)

    assert [p.image.tobytes() for p in first] == [p.image.tobytes() for p in second]
    assert [p.tables for p in first] == [p.tables for p in second]


@pytest.mark.parametrize("dpi", [96, 200, 400])
@pytest.mark.parametrize("name", ["hair", "double-outer", "thick-outer"])
def test_text_never_stands_on_a_ruling(family: str, name: str, dpi: int) -> None:
    """On real forms the programs keep them apart; a page that prints over its rulings would test something else."""
    drawings = lay_pages([long_form()], style(family, ruling=RULINGS[name]), random.Random(1))

    for drawing in drawings[:2]:
        text = rasterise(replace(drawing, rules=[], fills=[]), dpi).image < 128
        rules = rasterise(replace(drawing, runs=[], fills=[]), dpi).image < 128

        assert text.any()
        assert rules.any()
        assert not (text & rules).any()


def test_line_polygons_enclose_the_ink_and_nothing_else(family: str) -> None:
    """The truth of a line is where its ink is: all ink inside, and no empty box."""
    for drawing in lay_pages([long_form()], style(family), random.Random(1)):
        page = rasterise(replace(drawing, rules=[], fills=[]), 200)
        ink = page.image[:, :, 0] < 200
        lines = [*page.lines, *(line for t in page.tables for c in t.cells for line in c.lines)]
        inside = np.zeros_like(ink)
        for line in lines:
            (x0, y0), _, (x1, y1), _ = line.polygon
            box = np.s_[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))]
            inside[box] = True
            assert ink[box].any()

        assert not (ink & ~inside).any()


def test_cell_polygons_lie_on_the_rulings(family: str) -> None:
    """A cell's outline runs along the middle of its rulings, at any resolution."""
    for dpi in (96, 200, 300):
        page = render_form(long_form(), random.Random(1), style(family, dpi=dpi))[0]
        for cell in page.tables[0].cells:
            (x0, y0), _, (x1, y1), _ = cell.polygon
            middle = (int((x0 + x1) / 2), int((y0 + y1) / 2))
            sides = [(x0, middle[1]), (x1, middle[1]), (middle[0], y0)] + ([] if cell.cut_below else [(middle[0], y1)])
            for x, y in sides:
                near = page.image[max(0, int(y) - 1) : int(y) + 2, max(0, int(x) - 1) : int(x) + 2, 0]
                assert near.min() < 100


def test_a_column_boundary_that_the_page_does_not_show_is_not_counted(family: str) -> None:
    """On a page that a narrative fills there are two columns to be seen, whatever the table has elsewhere."""
    pages = render_form(long_form(), random.Random(1), style(family))

    middle = pages[1].tables[0]

    assert {c.role for c in middle.cells} == {Role.LABEL, Role.NARRATIVE}
    assert middle.n_cols == 2


def test_vertical_labels_have_one_character_a_line(family: str) -> None:
    """绩效指标 written downwards over a whole grid is common in published forms."""
    pages = render_form(long_form(), random.Random(1), style(family, page=(320, 900)))

    label = next(c for p in pages for t in p.tables for c in t.cells if c.role is Role.LEVEL1)

    assert [line.text for line in label.lines] == list("产出指标")


@pytest.mark.parametrize("split", ["dev", "test"])
def test_held_out_fonts_are_drawn_for_test_pages_only(split: str) -> None:
    """A figure on test pages must say something about fonts that nothing was tuned on."""
    drawn = {draw_style(random.Random(seed), split).family for seed in range(40)}

    assert drawn <= set(FAMILIES[split])
    assert (drawn & set(HELD_OUT)) == (drawn if split == "test" else set())


def test_a_missing_font_names_the_package() -> None:
    """Fonts are the system's; who has not got one must know what to install."""
    with pytest.raises(InputError, match="install"):
        face("No Such Song")


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(alphabet="项目资金，。；（）《》〔〕100%ab 、\n", max_size=80),
    width=st.floats(3.0, 14.0),
    indent=st.sampled_from([0.0, 2.0]),
)
def test_wrapping_keeps_every_character_and_the_width(text: str, width: float, indent: float) -> None:
    """Wrapped lines hold all characters but blanks, in order, and none is wider than the column."""
    type_face = _type_face()

    lines = wrap(text, width, type_face, indent)

    assert _bare(*(line.text for line in lines)) == _bare(text)
    for line in lines:
        assert line.text == text[line.start : line.end]
        assert line.width + line.indent <= width + 1e-6 or len(line.text) == 1


@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet="项目资金绩效，。；（）《》", min_size=1, max_size=60), width=st.floats(8.0, 20.0))
def test_no_line_begins_with_a_closing_mark(text: str, width: float) -> None:
    """避头尾: only a row of marks longer than the line itself may be broken."""
    lines = wrap(text, width, _type_face())

    for before, after in pairwise(lines):
        joint = before.text[-1] in NOT_LAST or after.text[0] in NOT_FIRST
        if joint:
            glued = _glued(text, after.start)
            assert sum(_type_face().advance(char) for char in glued) > width - 1e-6


def _glued(text: str, at: int) -> str:
    """The longest stretch around `at` that may not be broken."""

    def tied(i: int) -> bool:
        return 0 < i < len(text) and (text[i] in NOT_FIRST or text[i - 1] in NOT_LAST)

    first, last = at, at
    while tied(first):
        first -= 1
    while tied(last):
        last += 1
    return text[first:last]


def _type_face() -> TypeFace:
    chinese = face(choose_family(random.Random(0), "dev"))
    return TypeFace(chinese, chinese)
