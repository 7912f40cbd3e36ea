"""A digital page's text is taken from the file where it is painted, says real characters, and agrees with the ink."""

from __future__ import annotations

import random
import unicodedata
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from builders import ROOT, SHA256

from pipeline.document import Glyph, Page, Role, TextLayer, Upright
from pipeline.geometry import HORIZONTAL_TERMS, VERTICAL_TERMS, Warp
from pipeline.pages import open_pages
from pipeline.synth.model import LaidCell, LaidForm, LaidLine, LaidTable, Truth
from pipeline.synth.pdf import KANGXI, Sheet, write_pdf
from pipeline.synth.render import Drawing, RenderedPage, RenderStyle, lay_pages, rasterise
from pipeline.synth.render.fonts import families, find_face
from pipeline.textlayer import LayerText, layer_agrees, normalise_text, pick_sample

FIXTURES = ROOT / "fixtures" / "pages"
needs_fonts = pytest.mark.skipif(
    find_face(families("dev")[0]) is None, reason="the generator's fonts are not installed"
)


def upright_of(image: np.ndarray, turns: int = 0) -> Upright:
    """A page that is flat already, turned by quarter turns only."""
    height, width = image.shape[:2]
    size = (width, height) if turns % 2 == 0 else (height, width)
    none_y, none_x = np.zeros(len(HORIZONTAL_TERMS)), np.zeros(len(VERTICAL_TERMS))
    warp = Warp((width, height), turns, 1.0, 0.0, 1.0, none_y, none_x, (0.0, 0.0), size)
    ink = np.ascontiguousarray(np.rot90(image[:, :, 1], turns))
    return Upright(ink, warp, 24.0, np.zeros((0, 4, 2)))


@cache
def drawing() -> Drawing:
    """Hanzi that have radicals of the same shape, full-width marks, words and figures."""
    texts = ("目标一、立足用户", "≥90%，=12人/次", "用水人口（户）", "OCR text of 2020")
    cells = tuple(LaidCell(i // 2, i % 2, text, Role.VALUE) for i, text in enumerate(texts))
    truth = Truth("", None, None, None, {}, ())
    form = LaidForm("test", (LaidLine("绩效目标表", "title"), LaidTable(cells, 2, 2, (1, 1))), truth)
    style = RenderStyle(families("dev")[0], page=(402.3, 244.7), margins=(30, 30, 30, 30))
    return lay_pages([form], style, random.Random(0))[0]


def page_of(path: Path, sheet: Sheet) -> Page:
    path.write_bytes(write_pdf([sheet]))
    [page] = open_pages(path)
    return page


def read_lines(page: Page, true: RenderedPage) -> list[tuple[str, str | None]]:
    """What is printed on each line, and what the layer says there."""
    layer = LayerText.over(page, upright_of(page.image))
    lines = [*true.lines, *(line for table in true.tables for cell in table.cells for line in cell.lines)]
    found = []
    for line in lines:
        xs, ys = zip(*line.polygon, strict=True)
        found.append((line.text, layer.read((min(xs), min(ys), max(xs), max(ys))) if layer else None))
    return found


def tight(text: str | None) -> str | None:
    return None if text is None else "".join(text.split())


@needs_fonts
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("mapping", [None, KANGXI], ids=["plain", "radicals"])
def test_a_digital_page_says_what_it_prints(tmp_path: Path, turn: int, mapping: dict[str, str] | None) -> None:
    """However the page is turned; radicals become the Hanzi they stand for, full-width marks stay."""
    page = page_of(tmp_path / "form.pdf", Sheet(drawing=drawing(), mapping=mapping, turn=turn))

    for printed, said in read_lines(page, rasterise(drawing(), 200)):
        assert tight(said) == tight(printed)


@needs_fonts
def test_words_keep_their_blanks(tmp_path: Path) -> None:
    """Between letters a blank is part of the text; between Hanzi nothing is invented."""
    page = page_of(tmp_path / "form.pdf", Sheet(drawing=drawing()))

    said = [text for _, text in read_lines(page, rasterise(drawing(), 200))]

    assert "OCR text of 2020" in said
    assert "目标一、立足用户" in said


@needs_fonts
@pytest.mark.parametrize("private", ["\ue000", ""], ids=["private", "nothing"])
def test_a_line_with_a_character_that_means_nothing_is_left_to_the_pixels(tmp_path: Path, private: str) -> None:
    """Fonts for ticks and rare characters say private codes or none at all; the other lines are still taken."""
    page = page_of(tmp_path / "form.pdf", Sheet(drawing=drawing(), mapping={"用": private}))

    for printed, said in read_lines(page, rasterise(drawing(), 200)):
        assert (said is None) == ("用" in printed)


def test_text_over_a_scan_is_not_trusted() -> None:
    """It is somebody's OCR, and here it is all wrong: pixels win."""
    digital, scan = open_pages(FIXTURES / "mixed" / "form.pdf")

    assert LayerText.over(digital, upright_of(digital.image)) is not None
    assert LayerText.over(scan, upright_of(scan.image)) is None


def layer_of(*glyphs: Glyph, share: float = 0.0, blank: bool = False) -> tuple[Page, Upright]:
    """A page on which each glyph's box is ink, unless all is blank."""
    image = np.full((60, 300, 3), 255, np.uint8)
    for glyph in glyphs:
        x0, y0, x1, y1 = (int(side) for side in glyph.box)
        if not blank:
            image[y0:y1, x0:x1] = 0
    page = Page(0, "x.pdf", SHA256, image, origin="pdf", layer=TextLayer(glyphs, share))
    return page, upright_of(image)


def row(text: str, visible: bool = True) -> list[Glyph]:
    return [Glyph(char, (20 + 30 * i, 20, 44 + 30 * i, 44), visible) for i, char in enumerate(text)]


def said_of(page: Page, upright: Upright, box: tuple[float, float, float, float]) -> str | None:
    layer = LayerText.over(page, upright)
    return layer.read(box) if layer else None


def test_what_is_not_painted_is_not_there() -> None:
    """Invisible glyphs, glyphs on blank paper (white, covered, clipped), and any glyph of a page that is a picture."""
    box = (20, 20, 104, 44)

    assert said_of(*layer_of(*row("项目名")), box) == "项目名"
    assert said_of(*layer_of(*row("项目名", visible=False)), box) is None
    assert said_of(*layer_of(*row("项目名"), blank=True), box) is None
    assert said_of(*layer_of(*row("项目名"), share=0.9), box) is None


def test_ink_that_the_layer_is_silent_about_is_left_to_the_pixels() -> None:
    """A figure drawn as a curve, a stamp, a pen's mark: the line is read as it looks."""
    page, upright = layer_of(*row("项目名"))
    upright.ink[20:44, 120:144] = 0

    assert said_of(page, upright, (20, 20, 144, 44)) is None


def test_bold_by_printing_twice_is_one_text() -> None:
    """The second print lies a hair beside the first."""
    twice = [glyph for one in row("项目名") for glyph in (one, Glyph(one.text, tuple(s + 1.0 for s in one.box)))]  # type: ignore[arg-type]

    assert said_of(*layer_of(*twice), (20, 20, 105, 45)) == "项目名"


def test_two_lines_taken_for_one_are_left_to_the_pixels() -> None:
    """By place from left to right their characters would be mixed."""
    below = [Glyph(g.text, (g.box[0], 1.0, g.box[2], 17.0)) for g in row("目标值")]

    assert said_of(*layer_of(*row("项目名"), *below), (20, 1, 104, 44)) is None


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_page_printed_on_its_side_is_read_upright(turns: int) -> None:
    """Glyphs follow the page's turn."""
    page, _ = layer_of(*row("项目名"))
    turned = Page(0, "x.pdf", SHA256, page.image, origin="pdf", layer=page.layer)
    upright = upright_of(page.image, turns)
    ys, xs = np.nonzero(upright.ink < 128)
    box = (float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1))

    layer = LayerText.over(turned, upright)

    assert layer is not None
    if turns == 2:
        assert layer.read(box) == "名目项"
    else:
        assert layer.read((box[0], box[1], box[2], box[1] + 24)) == ("名" if turns == 1 else "项")


def test_every_radical_becomes_its_hanzi_and_nothing_else_changes() -> None:
    """Twice is once; full-width forms, brackets and marks stay as printed."""
    for code in range(0x2F00, 0x2FD6):
        assert normalise_text(chr(code)) == unicodedata.normalize("NFKC", chr(code))
    kept = "（一）≥９０％，〔2020〕①Ａ½"
    assert normalise_text(kept) == kept
    assert normalise_text("⻓⻔⻚⻛") == "长门页风"


def test_the_sample_holds_the_most_characters() -> None:
    """Lines that say the same are sampled once; what the layer does not say is not sampled."""
    texts = ["目标值", None, "目标值", "项目名称与年度", "", "数"]

    assert pick_sample(texts, 2) == [0, 3]
    assert pick_sample(texts, 8) == [0, 2, 3]
    assert pick_sample([None, None]) == []


@pytest.mark.parametrize(
    ("pairs", "agrees"),
    [
        ([("项目支出绩效目标表", "项目支出绩效目标表"), ("≥90％", "≥90%")], True),
        ([("培训农村实用人才六百人次", "培训农村实用人才六白人次")], True),
        ([("⽬标⼀", "目标一")], True),
        ([("扨盰攰冹缂攩盰桠袩", "项目支出绩效目标表")], False),
        # One face of two has a wrong table: its line alone condemns the layer.
        ([("项目支出绩效目标表" * 9, "项目支出绩效目标表" * 9), ("扨盰攰冹缂", "数量指标值")], False),
        ([], True),
    ],
)
def test_a_layer_agrees_where_the_recogniser_reads_the_same(pairs: list[tuple[str, str]], agrees: bool) -> None:
    """A misread character in a dozen is the recogniser's; a line of other characters is the file's."""
    assert layer_agrees(pairs) == agrees
