"""What a lifted seal or watermark leaves behind is no text; print that stands under them is."""

import numpy as np
import pytest

from pipeline.document import Line, Place, Seal, Upright
from pipeline.geometry import HORIZONTAL_TERMS, VERTICAL_TERMS, Warp
from pipeline.reader.bands import Band
from pipeline.reader.rests import without_seal_rests, without_watermark_rests


def _page(*words: tuple[str, int, int, int]) -> tuple[Upright, list[Band]]:
    """A page with a seal from 100 to 300 each way; each word has its left, its top and the grey of its strokes."""
    ink = np.full((600, 600), 250, np.uint8)
    bands = []
    for text, x, y, grey in words:
        width = 30 * len(text)
        ink[y + 4 : y + 26 : 4, x : x + width] = grey
        line = Line(text, Place(), 0.9)
        bands.append(Band(x, y, x + width, y + 30, np.zeros((48, 48), np.uint8), width / 30, line=line))
    zeros = np.zeros(len(HORIZONTAL_TERMS)), np.zeros(len(VERTICAL_TERMS))
    warp = Warp((600, 600), 0, 1.0, 0.0, 600.0, *zeros, (0.0, 0.0), (600, 600))
    square = ((100.0, 100.0), (300.0, 100.0), (300.0, 300.0), (100.0, 300.0))
    seal = Seal(Place(page=0, polygon=square), (200, 40, 40))
    return Upright(ink, warp, 30.0, np.zeros((0, 4, 2)), seals=(seal,)), bands


@pytest.mark.parametrize(
    ("text", "x", "grey", "kept"),
    [
        ("1", 150, 120, False),  # the rim of the seal
        ("1", 150, 45, True),  # print under the seal
        ("1", 400, 120, True),  # pale, but no seal stands there
        ("预算编制", 150, 120, True),  # a seal leaves no words
    ],
    ids=["rest", "print", "outside", "words"],
)
def test_only_short_pale_text_within_a_seal_is_a_rest(text: str, x: int, grey: int, kept: bool) -> None:
    upright, bands = _page(("财务管理制度", 20, 400, 50), ("资金使用规范", 20, 440, 50), (text, x, 180, grey))
    rests = without_seal_rests(upright, upright.ink, bands)
    assert bands[2].line is not None
    assert (bands[2].line.text == text) is kept
    assert rests == (set() if kept else {id(bands[2])})


def test_a_page_without_seals_keeps_all_its_text() -> None:
    upright, bands = _page(("财务管理制度", 20, 400, 50), ("1", 150, 180, 120))
    plain = Upright(upright.ink, upright.warp, 30.0, upright.lines)
    assert without_seal_rests(plain, plain.ink, bands) == set()
    assert bands[1].line is not None
    assert bands[1].line.text == "1"


@pytest.mark.parametrize(
    ("grey", "long", "kept"),
    [(140, True, False), (45, True, True), (140, False, True)],
    ids=["rest", "print over it", "pencil"],
)
def test_the_darker_spot_of_a_watermarks_stroke_is_a_rest(grey: int, long: bool, kept: bool) -> None:
    """Where strokes cross they are as dark as print may be: blank cells held Y, 1 and 十."""
    upright, bands = _page(("财务管理制度", 20, 400, 50), ("资金使用规范", 20, 440, 50), ("Y", 400, 180, grey))
    if long:
        for step in range(120):
            upright.ink[135 + step, 350 + step : 356 + step] = np.minimum(
                upright.ink[135 + step, 350 + step : 356 + step], 190
            )

    rests = without_watermark_rests(upright.ink, bands, 30.0)

    assert bands[2].line is not None
    assert (bands[2].line.text == "Y") is kept
    assert rests == (set() if kept else {id(bands[2])})
