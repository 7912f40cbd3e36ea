"""A digital PDF's text layer → Readings: the characters as the file says them, no recogniser. Owns pypdfium2 with pages."""

from __future__ import annotations

import ctypes
import unicodedata
from typing import Any

from pipeline.document import Glyph, TextLayer


def extract_layer(page: Any, width: int, height: int) -> TextLayer | None:
    """Take the characters of a PDF page (pypdfium2's) with their boxes in pixels of its rendering of `width` x `height`.

    Returns None where the page says nothing in characters.
    """
    import pypdfium2.raw as pdfium  # noqa: PLC0415 - slow to start

    textpage = page.get_textpage()
    try:
        count = textpage.count_chars()
        if count <= 0:
            return None
        left, right = ctypes.c_double(), ctypes.c_double()
        bottom, top = ctypes.c_double(), ctypes.c_double()
        x, y = ctypes.c_int(), ctypes.c_int()
        # Page coordinates → pixels is affine; three points give it, with the page's own rotation and crop box in it.
        scale = 1 << 12  # PageToDevice rounds to whole pixels: ask at a scale where that does not matter

        def device(px: float, py: float) -> tuple[float, float]:
            pdfium.FPDF_PageToDevice(page.raw, 0, 0, width * 16, height * 16, 0, px * scale, py * scale, x, y)
            return x.value / 16.0, y.value / 16.0

        scale = 1
        origin = device(0, 0)
        unit_x, unit_y = device(1000, 0), device(0, 1000)
        axx, axy = (unit_x[0] - origin[0]) / 1000, (unit_x[1] - origin[1]) / 1000
        ayx, ayy = (unit_y[0] - origin[0]) / 1000, (unit_y[1] - origin[1]) / 1000
        modes: dict[int, bool] = {}
        glyphs: list[Glyph] = []
        for index in range(count):
            code = pdfium.FPDFText_GetUnicode(textpage.raw, index)
            text = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
            if text in "\r\n\x02" or pdfium.FPDFText_IsGenerated(textpage.raw, index) == 1:
                continue
            if not pdfium.FPDFText_GetCharBox(textpage.raw, index, left, right, bottom, top):
                continue
            xs = [
                origin[0] + px * axx + py * ayx for px in (left.value, right.value) for py in (bottom.value, top.value)
            ]
            ys = [
                origin[1] + px * axy + py * ayy for px in (left.value, right.value) for py in (bottom.value, top.value)
            ]
            glyphs.append(Glyph(text, (min(xs), min(ys), max(xs), max(ys)), _visible(pdfium, textpage, index, modes)))
        if not glyphs:
            return None
        return TextLayer(tuple(glyphs), _picture_share(page, pdfium))
    finally:
        textpage.close()


def _visible(pdfium: Any, textpage: Any, index: int, modes: dict[int, bool]) -> bool:
    """Tell whether a character is painted: render mode 3 and 7 paint nothing (somebody's OCR under a scan)."""
    item = pdfium.FPDFText_GetTextObject(textpage.raw, index)
    if not item:
        return True
    key = ctypes.cast(item, ctypes.c_void_p).value or 0
    if key not in modes:
        modes[key] = pdfium.FPDFTextObj_GetTextRenderMode(item) not in (3, 7)
    return modes[key]


def _picture_share(page: Any, pdfium: Any) -> float:
    width, height = page.get_size()
    area = 0.0
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        try:
            left, bottom, right, top = item.get_bounds()
        except Exception:  # noqa: BLE001, S112 - pdfium cannot say where the picture is
            continue
        area += max(0.0, right - left) * max(0.0, top - bottom)
    return min(1.0, area / max(1.0, width * height))


def normalise_text(text: str) -> str:
    """Map Kangxi radicals and other compatibility ideographs that PDF fonts leave behind to the Hanzi they stand for.

    Full-width forms and brackets stay as printed.

    >>> normalise_text("⼀、⽬标")
    '一、目标'
    """
    return "".join(_hanzi(char) for char in text)


def _hanzi(char: str) -> str:
    code = ord(char)
    if 0x2E80 <= code <= 0x2FDF or 0xF900 <= code <= 0xFAFF or 0x2F800 <= code <= 0x2FA1F:
        return _RADICALS.get(char) or unicodedata.normalize("NFKC", char)
    return char


# CJK radicals (2E80..2EF3) have, unlike Kangxi radicals, no decomposition in Unicode, save two. These stand for the
# simplified or variant Hanzi of the same shape.
_RADICALS = dict(
    zip(
        "⺁⺇⺋⺌⺍⺏⺐⺓⺖⺗⺘⺙⺛⺝⺟⺠⺡⺢⺣⺤⺥⺦⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺵⺶⺷⺸⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻈⻉⻊⻋⻌⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
        "厂几卩小小尢尢幺忄忄扌攵旡月母民氵氺灬爫爫丬犭王疋罒示礻竹糸纟罓罒网羊羊羊羊肀聿月臼艹艹艹虎衤覀西见角讠贝足车辶辶阝钅長镸长门阜阝雨青韦页风飞食食饣首马骨鬼鱼鸟卤麦黄黾齐齐齿歯龙龙龟亀龟",
        strict=True,
    )
)
