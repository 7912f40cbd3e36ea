"""Proofs for pipeline/synth/pdf: the documents show what was drawn and say what they are told to say."""

from __future__ import annotations

import io
import random
import unicodedata

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image

from pipeline.document import Role
from pipeline.synth.degrade import degrade
from pipeline.synth.model import LaidCell, LaidForm, LaidLine, LaidTable, Truth
from pipeline.synth.pdf import KANGXI, Sheet, digital_pdf, scanned_pdf, searchable_pdf, write_pdf, write_tiff
from pipeline.synth.render import Drawing, RenderStyle, lay_pages, rasterise
from pipeline.synth.render.fonts import families

# Below, some faces are drawn from bitmaps made for screens, which PDF viewers do not use.
DPI = 150.0


def drawn(family: str) -> Drawing:
    """A page whose text holds radicals, marks and digits."""
    texts = ("目标一", "≥90%", "用水人口（户）", "〔2020〕9号")
    cells = tuple(LaidCell(i // 2, i % 2, text, Role.VALUE) for i, text in enumerate(texts))
    form = LaidForm(
        "test", (LaidLine("绩效目标表", "title"), LaidTable(cells, 2, 2, (1, 1))), Truth("", None, None, None, {}, ())
    )
    style = RenderStyle(family, page=(302.3, 244.7), margins=(30, 30, 30, 30))
    return lay_pages([form], style, random.Random(0))[0]


@pytest.fixture(params=families("dev"))
def drawing(request: pytest.FixtureRequest) -> Drawing:
    return drawn(request.param)


def texts(drawing: Drawing) -> list[str]:
    cells = [line.text for table in drawing.tables for cell in table.cells for line in cell.lines]
    return [line.text for line in drawing.lines] + cells


def said(data: bytes) -> str:
    page = pdfium.PdfDocument(data)[0]
    return "".join(page.get_textpage().get_text_range().split())


def shown(data: bytes, dpi: float = DPI) -> np.ndarray:
    return np.asarray(pdfium.PdfDocument(data)[0].render(scale=dpi / 72).to_pil().convert("L"))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_digital_page_shows_and_says_what_was_drawn(drawing: Drawing, turn: int) -> None:
    """TrueType and CFF faces alike, upright or set upright by /Rotate: same ink as the raster, same characters."""
    data = write_pdf([Sheet(drawing=drawing, turn=turn)])

    ink = shown(data) < 128
    raster = rasterise(drawing, DPI).image[:, :, 0] < 128
    assert ink.shape == raster.shape
    # Two rasterisers place a thin stroke half a pixel apart; grown by one pixel each covers the other.
    assert _covered(ink, raster) > 0.97
    assert _covered(raster, ink) > 0.97
    assert sorted(said(data)) == sorted("".join(texts(drawing)))


def _covered(a: np.ndarray, b: np.ndarray) -> float:
    grown = np.zeros_like(b)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            grown |= np.roll(b, (dy, dx), axis=(0, 1))
    return float((a & grown).sum() / a.sum())


def test_a_page_may_say_radicals_for_hanzi(drawing: Drawing) -> None:
    """Some programs map 目 to ⽬; the page looks the same and NFKC gives the character back."""
    data = digital_pdf([drawing], KANGXI)

    assert "⽬标⼀" in said(data)
    assert sorted(unicodedata.normalize("NFKC", said(data))) == sorted(
        unicodedata.normalize("NFKC", "".join(texts(drawing)))
    )
    assert (shown(data) == shown(digital_pdf([drawing]))).all()


def test_a_page_may_say_nothing_or_nonsense(drawing: Drawing) -> None:
    """A layer without a table of characters, or with a wrong one, must not be believed; here are such layers."""
    silent = digital_pdf([drawing], dict.fromkeys("".join(texts(drawing)), ""))
    wrong = digital_pdf([drawing], {"目": "甲", "标": "乙"})

    assert "目" not in said(silent)
    assert "甲乙" in said(wrong)
    assert (shown(silent) == shown(wrong)).all()


@pytest.mark.parametrize("kind", ["clean", "rotated", "curl30"])
def test_invisible_words_are_said_and_not_seen(kind: str) -> None:
    """Somebody's OCR over a scan: the picture is all there is to see, the words lie over their lines."""
    page = degrade(rasterise(drawn(families("dev")[0]), 150), kind, np.random.default_rng(2))

    data = searchable_pdf([page], lambda text: text.replace("目", "曰"))

    assert (shown(data) == shown(scanned_pdf([page]))).all()
    words = said(data)
    assert "曰" in words
    assert "目" not in words
    assert said(scanned_pdf([page])) == ""
    layer = pdfium.PdfDocument(data)[0].get_textpage()
    index = layer.get_text_range().index("曰标")
    left, bottom, right, top = layer.get_charbox(index)
    title = np.asarray(page.lines[0].polygon) * 72 / page.dpi
    cells = [np.asarray(c.lines[0].polygon) * 72 / page.dpi for c in page.tables[0].cells]
    middle = ((left + right) / 2, page.image.shape[0] * 72 / page.dpi - (top + bottom) / 2)
    boxes = [title, *cells]
    assert any((b.min(axis=0) - 2 <= middle).all() and (middle <= b.max(axis=0) + 2).all() for b in boxes)


def test_the_same_sheets_give_the_same_bytes() -> None:
    """No clock stands in a generated document."""
    drawing = drawn(families("dev")[0])
    sheets = [Sheet(drawing=drawing, boxes=True), Sheet(picture=rasterise(drawing, 72), words=str), Sheet()]

    assert write_pdf(sheets) == write_pdf(sheets)
    assert len(pdfium.PdfDocument(write_pdf(sheets))) == 3


def test_a_tiff_holds_every_page_at_its_resolution() -> None:
    """Faxes come as one-bit TIFFs, lossless; scans beside them as JPEG."""
    page = rasterise(drawn(families("dev")[0]), 150)
    fax = degrade(page, "fax", np.random.default_rng(0))

    tiff = Image.open(io.BytesIO(write_tiff([fax, page])))

    assert tiff.n_frames == 2  # type: ignore[attr-defined]
    assert tiff.mode == "1"
    assert tiff.info["dpi"] == (160, 160)
    assert (np.asarray(tiff.convert("L")) == fax.image[:, :, 0]).all()
    tiff.seek(1)
    assert tiff.info["dpi"] == (150, 150)
    assert np.abs(np.asarray(tiff.convert("RGB")).astype(int) - page.image).mean() < 3
