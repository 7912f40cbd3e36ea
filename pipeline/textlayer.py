"""A digital PDF's text layer: the characters as the file says them, where they are sound. Owns pypdfium2 with pages.

Sound is what is painted (invisible text over a scan is somebody's OCR: pixels win), says real characters, and agrees
with the ink: each character stands on ink, no ink stands without a character, and a few lines read by the recogniser
say the same (fonts are embedded with wrong tables of characters, and then every line is nonsense of the right length).
"""

from __future__ import annotations

import ctypes
import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Glyph, Page, TextLayer, Upright

# Of a page's own drawing this share may be pictures (letterheads, seals) before it is taken for a scan.
_SCANNED = 0.5


def extract_layer(page: Any, width: int, height: int) -> TextLayer | None:
    """Take the characters of a PDF page (pypdfium2's), their boxes in pixels of its rendering of `width` x `height`.

    Returns None where the page says nothing in characters.
    """
    import pypdfium2.raw as pdfium

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
            if pdfium.FPDFText_HasUnicodeMapError(textpage.raw, index) == 1:
                text = "\ufffd"  # the font says nothing; what PDFium puts there is the glyph's number
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
            box = (min(xs), min(ys), max(xs), max(ys))
            glyphs.append(Glyph(text, box, _visible(pdfium, textpage, index, modes)))
        if not glyphs:
            return None
        return TextLayer(tuple(glyphs), _picture_share(page, pdfium))
    finally:
        textpage.close()


def _visible(pdfium: Any, textpage: Any, index: int, modes: dict[int, bool]) -> bool:
    """Tell whether a character is painted: render modes 3 and 7 paint nothing, and neither does a clear colour."""
    item = pdfium.FPDFText_GetTextObject(textpage.raw, index)
    if not item:
        return True
    key = ctypes.cast(item, ctypes.c_void_p).value or 0
    if key not in modes:
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        clear = pdfium.FPDFPageObj_GetFillColor(item, red, green, blue, alpha) and alpha.value == 0
        modes[key] = not clear and pdfium.FPDFTextObj_GetTextRenderMode(item) not in (3, 7)
    return modes[key]


def _picture_share(page: Any, pdfium: Any) -> float:
    width, height = (float(side) for side in page.get_size())
    area = 0.0
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        try:
            left, bottom, right, top = item.get_bounds()
        except Exception:  # noqa: S112 - pdfium cannot say where the picture is
            continue
        area += max(0.0, right - left) * max(0.0, top - bottom)
    return min(1.0, area / max(1.0, width * height))


Box = tuple[float, float, float, float]
# Lengths below are in the height of the line that is read. Boxes of glyphs are tight; ink reaches over them by the blur
# of rendering and scaling.
_RIM = 0.12
# Ink outside every character: rests of rulings and dust, never a whole character in a line of less than a dozen.
_UNSAID = 0.06
# Two letters or figures stand apart by a quarter of the height where a blank is meant, Hanzi by nearly a whole one.
_LATIN_GAP, _WIDE_GAP = 0.25, 0.9


class LayerText:
    """The painted characters of a digital page, over the page as it was turned upright."""

    def __init__(self, texts: Sequence[str], boxes: NDArray[np.float64], ink: NDArray[np.uint8]) -> None:
        self.texts, self.boxes, self.ink = texts, boxes, ink
        self.middles = (boxes[:, :2] + boxes[:, 2:]) / 2

    @classmethod
    def over(cls, page: Page, upright: Upright) -> LayerText | None:
        """The layer of a page; None where there is none, nothing of it is painted, or the page is a scan."""
        layer = page.layer
        if layer is None or layer.picture_share >= _SCANNED:
            return None
        glyphs = [glyph for glyph in layer.glyphs if glyph.visible and not glyph.text.isspace()]
        if not glyphs:
            return None
        corners = np.array([_corners(glyph.box) for glyph in glyphs], np.float64)
        there = upright.warp.to_upright(corners.reshape(-1, 2)).reshape(-1, 4, 2)
        boxes = np.concatenate([there.min(axis=1), there.max(axis=1)], axis=1)
        return cls([glyph.text for glyph in glyphs], boxes, upright.ink)

    def read(self, box: Box) -> str | None:
        """The text of one line, its ink's box in upright pixels; None where the layer cannot be trusted for it."""
        x0, y0, x1, y1 = box
        height = max(y1 - y0, 1.0)
        rim = _RIM * height
        x, y = self.middles[:, 0], self.middles[:, 1]
        inside = np.flatnonzero((x >= x0 - rim) & (x <= x1 + rim) & (y >= y0 - rim) & (y <= y1 + rim))
        inside = inside[np.argsort(self.boxes[inside, 0], kind="stable")]
        kept = [i for i in self._once(inside) if self._inked(self.boxes[i])]
        if (
            not kept
            or self._stacked(kept)
            or any(not _is_character(self.texts[i]) for i in kept)
            or not self._all_said(box, kept, rim)
        ):
            return None
        return normalise_text(self._joined(kept))

    def _once(self, glyphs: NDArray[np.intp]) -> Iterable[int]:
        """Bold by printing twice, a hair apart, is one character."""
        before: list[int] = []
        for i in glyphs.tolist():
            if not any(self.texts[i] == self.texts[j] and _same(self.boxes[i], self.boxes[j]) for j in before[-3:]):
                before.append(i)
        return before

    def _stacked(self, glyphs: Sequence[int]) -> bool:
        """Two lines were taken for one: a character stands clear above another."""
        for i, j in pairwise(glyphs):
            one, other = self.boxes[i], self.boxes[j]
            across = min(one[2], other[2]) - max(one[0], other[0])
            apart = max(one[1], other[1]) - min(one[3], other[3])
            if across > 0.6 * min(one[2] - one[0], other[2] - other[0]) and apart > 0:
                return True
        return False

    def _inked(self, box: NDArray[np.float64]) -> bool:
        window = self._window(box)
        return bool(window.size and (window < _INK).any())

    def _all_said(self, box: Box, glyphs: Sequence[int], rim: float) -> bool:
        """Nothing is printed in the line that the layer is silent about."""
        window = self._window(np.asarray(box)) < _INK
        total = int(window.sum())
        if not total:
            return False
        left, top = int(box[0]), int(box[1])
        for i in glyphs:
            x0, y0, x1, y1 = self.boxes[i]
            rows = slice(max(0, int(y0 - rim) - top), max(0, int(np.ceil(y1 + rim)) - top))
            columns = slice(max(0, int(x0 - rim) - left), max(0, int(np.ceil(x1 + rim)) - left))
            window[rows, columns] = False
        return int(window.sum()) <= _UNSAID * total

    def _window(self, box: NDArray[np.float64]) -> NDArray[np.uint8]:
        x0, y0 = np.maximum(np.floor(box[:2]), 0).astype(int)
        x1, y1 = np.ceil(box[2:]).astype(int)
        return self.ink[y0 : max(y1, y0), x0 : max(x1, x0)]

    def _joined(self, glyphs: Sequence[int]) -> str:
        text = self.texts[glyphs[0]]
        size = float(np.median(np.max(self.boxes[list(glyphs), 2:] - self.boxes[list(glyphs), :2], axis=1)))
        for before, after in pairwise(glyphs):
            gap = (self.boxes[after, 0] - self.boxes[before, 2]) / max(size, 1.0)
            words = self.texts[before].isascii() and self.texts[after].isascii()
            letters = words and (self.texts[before].isalpha() or self.texts[after].isalpha())
            apart = bool(gap > (_LATIN_GAP if letters else _WIDE_GAP))
            text += " " * apart + self.texts[after]
        return text


# What is darker is printed; the upright page's paper is near 255.
_INK = 160


def _corners(box: Box) -> list[tuple[float, float]]:
    x0, y0, x1, y1 = box
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def _same(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    size = max(float(np.max(one[2:] - one[:2])), 1.0)
    return bool(np.abs(one - other).max() <= 0.2 * size)


def _is_character(text: str) -> bool:
    """Neither a private character nor an unknown one nor a control: those are glyphs without a meaning."""
    return all(unicodedata.category(char) not in ("Co", "Cn", "Cc", "Cs") and char != "\ufffd" for char in text)


def pick_sample(texts: Sequence[str | None], count: int = 8) -> list[int]:
    """Which lines to read with the recogniser as well: those with the most characters not yet in the sample.

    Eight lines hold most of a form's faces; each costs a hundredth of what the page would.
    """
    seen: set[str] = set()
    left = {i: set(text[:40]) for i, text in enumerate(texts) if text and len(text) >= 2}
    chosen: list[int] = []
    while left and len(chosen) < count:
        best = max(left, key=lambda i: (len(left[i] - seen), -i))
        seen |= left.pop(best)
        chosen.append(best)
    return sorted(chosen)


def layer_agrees(pairs: Iterable[tuple[str, str]]) -> bool:
    """Tell whether what the layer says is what the recogniser read: (layer, recogniser) of the sampled lines.

    The recogniser errs in one character of a hundred; a wrong table of characters in nearly all of its font's.
    """
    total = same = 0
    for said, read in pairs:
        one, other = _folded(said), _folded(read)
        blocks = difflib.SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
        matched = sum(block.size for block in blocks)
        if len(one) >= 4 and matched < 0.5 * len(one):
            return False
        total, same = total + len(one), same + matched
    return same >= 0.8 * total


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", normalise_text(text)).split())


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
