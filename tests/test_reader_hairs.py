"""Level strokes as thin as hairs are text: 一、 stays before what it numbers."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.ink import printed
from pipeline.reader.bands import find_bands
from pipeline.reader.hairs import with_hair_strokes
from pipeline.reader.specks import without_specks

SIZE = 30
Picture = NDArray[np.uint8]


def _line(*strokes: tuple[float, float, float, float, int]) -> Picture:
    """A cell with three characters from 2.3 on; each stroke has left, top, width, height (characters) and its grey."""
    page = np.full((60, 300), 255, np.uint8)
    for x in (2.3, 3.4, 4.5):
        _draw(page, (x, 0.5, 0.9, 0.1, 0), (x, 1.3, 0.9, 0.1, 0), (x, 0.5, 0.1, 0.9, 0), (x + 0.8, 0.5, 0.1, 0.9, 0))
    _draw(page, *strokes)
    return page


def _draw(page: Picture, *strokes: tuple[float, float, float, float, int]) -> None:
    for x, y, wide, high, grey in strokes:
        x0, y0 = round(x * SIZE), round(y * SIZE)
        page[y0 : y0 + max(1, round(high * SIZE)), x0 : x0 + max(1, round(wide * SIZE))] = grey


MARK = (1.35, 1.15, 0.22, 0.22, 0)
PALE = (0.3, 0.9, 0.7, 0.04, 185)
SERIF = (0.82, 0.85, 0.16, 0.1, 60)
BITS = [(0.3, 0.9, 0.2, 0.07, 0), (0.62, 0.88, 0.16, 0.1, 0), (0.86, 0.9, 0.12, 0.07, 0)]


@pytest.mark.parametrize("strokes", [[PALE, SERIF], BITS], ids=["pale", "in bits"])
def test_a_thin_one_and_its_mark_stay(strokes: list[tuple[float, float, float, float, int]]) -> None:
    """一、一般公共预算 lost its number with full confidence: 一 was dust, and 、 stood alone."""
    page = _line(*strokes, MARK)

    [band] = find_bands(page, (0, -6, 300, 66), SIZE)

    assert band.x0 <= 0.32 * SIZE


@pytest.mark.parametrize(
    "strokes",
    [
        [(0.3, 0.9, 0.1, 0.1, 0), (0.8, 0.9, 0.1, 0.1, 0)],  # two specks
        [(0.3, 0.9, 0.7, 0.04, 185)],  # grey, and nowhere as dark as print
        [PALE, SERIF, (0.4, 0.7, 0.5, 0.1, 0)],  # a stroke of something else over it
        [(0.3, 0.05, 0.7, 0.04, 185), (0.82, 0.0, 0.16, 0.1, 60)],  # above the line
        [(-0.3, 0.9, 1.9, 0.04, 185), (0.82, 0.85, 0.16, 0.1, 60)],  # too long: an underline
    ],
    ids=["specks", "grey", "among strokes", "above", "long"],
)
def test_what_is_no_stroke_is_not_made_one(strokes: list[tuple[float, float, float, float, int]]) -> None:
    """Dust beside a line is not 一."""
    page = _line(*strokes)
    mask = printed(page)

    assert with_hair_strokes(page, mask, without_specks(mask, SIZE), SIZE) is mask


def test_a_cell_without_characters_has_no_strokes() -> None:
    """What lies alone in a cell is told elsewhere: a dash, or dust."""
    page = np.full((60, 300), 255, np.uint8)
    _draw(page, *BITS)
    mask = printed(page)

    assert with_hair_strokes(page, mask, without_specks(mask, SIZE), SIZE) is mask
