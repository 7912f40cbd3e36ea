"""Documents made of generated pages: scanned, digital, searchable and mixed PDFs, and TIFFs of many pages.

The PDF is written here, object by object, because the point is to choose what other tools get wrong: text that is
invisible, text mapped to the wrong characters, pages turned by an entry of their own. fontTools (a development
dependency) cuts the fonts down to the glyphs that are used.
"""

from __future__ import annotations

import io
import math
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from PIL import Image as PilImage
from PIL import TiffImagePlugin

from pipeline.synth.render.drawing import Drawing, Rule, Run, dashes, double_gap
from pipeline.synth.render.fonts import Face, face, families
from pipeline.synth.render.page import Image, RenderedLine, RenderedPage
from pipeline.synth.render.raster import POINTS

# What some programs say they printed: radicals (U+2F00…) that look like the Hanzi they stand for.
KANGXI = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0x2F00, 0x2FD6)}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of a PDF: a drawing (vectors and text), or a picture, or a picture with invisible words over it.

    `words` turns each printed line of a picture into the invisible text laid over it; `mapping` is what the PDF says a
    printed character of a drawing is, where that is not the character itself (an empty string: it says nothing);
    `turn` is the page's /Rotate entry, 0, 90, 180 or 270 (the page still appears as it was drawn); `boxes` draws
    rulings as filled rectangles, as some office programs do.
    """

    drawing: Drawing | None = None
    picture: RenderedPage | None = None
    words: Callable[[str], str] | None = None
    mapping: Mapping[str, str] | None = None
    turn: int = 0
    boxes: bool = False
    quality: int = 85


def scanned_pdf(pages: Sequence[RenderedPage]) -> bytes:
    """Return a PDF of pictures, as scanners make them."""
    return write_pdf([Sheet(picture=page) for page in pages])


def searchable_pdf(pages: Sequence[RenderedPage], words: Callable[[str], str] = str) -> bytes:
    """Return a PDF of pictures with somebody's OCR laid over them invisibly; `words` makes its mistakes."""
    return write_pdf([Sheet(picture=page, words=words) for page in pages])


def digital_pdf(drawings: Sequence[Drawing], mapping: Mapping[str, str] | None = None) -> bytes:
    """Return a PDF with text and vector rulings, as office programs export it."""
    return write_pdf([Sheet(drawing=drawing, mapping=mapping) for drawing in drawings])


def write_tiff(pages: Sequence[RenderedPage], quality: int = 90) -> bytes:
    """Return a TIFF of many pages: fax compression for pages of one bit, JPEG for the others."""
    out = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(out, new=True) as writer:
        for page in pages:
            options: dict[str, Any] = {"compression": "jpeg", "quality": quality}
            picture = PilImage.fromarray(page.image)
            if _one_bit(page.image):
                picture, options = picture.convert("1"), {"compression": "group4"}
            picture.save(writer, format="TIFF", dpi=(page.dpi, page.dpi), **options)
            writer.newFrame()
    return out.getvalue()


def write_pdf(sheets: Sequence[Sheet]) -> bytes:
    """Return a PDF with the sheets as its pages; the same sheets give the same bytes."""
    return _Writer().document(sheets)


class _Writer:
    """Collects numbered objects; 1 is the catalogue and 2 the page tree."""

    def __init__(self) -> None:
        self.objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]

    def add(self, content: bytes) -> int:
        self.objects.append(content)
        return len(self.objects)

    def stream(self, entries: str, data: bytes, packed: bool = True) -> int:
        if packed:
            data, entries = zlib.compress(data), entries + " /Filter /FlateDecode"
        return self.add(f"<< {entries} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream")

    def document(self, sheets: Sequence[Sheet]) -> bytes:
        fonts = _Fonts(self, sheets)
        kids = [self._page(sheet, fonts) for sheet in sheets]
        tree = " ".join(f"{kid} 0 R" for kid in kids)
        self.objects[1] = f"<< /Type /Pages /Kids [{tree}] /Count {len(kids)} >>".encode()
        out = io.BytesIO()
        out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        places = []
        for number, content in enumerate(self.objects, start=1):
            places.append(out.tell())
            out.write(f"{number} 0 obj\n".encode() + content + b"\nendobj\n")
        start = out.tell()
        out.write(f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode())
        out.write("".join(f"{place:010d} 00000 n \n" for place in places).encode())
        out.write(f"trailer\n<< /Size {len(places) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode())
        return out.getvalue()

    def _page(self, sheet: Sheet, fonts: _Fonts) -> int:
        resources = f"/Font << {fonts.names()} >>"
        parts: list[str] = []
        if sheet.drawing is not None:
            width, height = sheet.drawing.width, sheet.drawing.height
            parts.append(_vectors(sheet.drawing, sheet.boxes))
            parts += [fonts.show(run, height, sheet.mapping) for run in sheet.drawing.runs]
        elif sheet.picture is not None:
            scale = POINTS / sheet.picture.dpi
            height, width = (side * scale for side in sheet.picture.image.shape[:2])
            image = self._image(sheet.picture.image, sheet.quality)
            resources += f" /XObject << /Im {image} 0 R >>"
            parts.append(f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /Im Do Q")
            if sheet.words is not None:
                lines = [*sheet.picture.lines, *_cell_lines(sheet.picture)]
                parts += [fonts.hide(line, sheet.words(line.text), scale, height) for line in lines]
        else:
            width, height = 595.28, 841.89  # an empty A4 page
        matrix, box = _turned(sheet.turn, width, height)
        content = self.stream("", f"q {matrix} cm\n".encode() + "\n".join(parts).encode() + b"\nQ")
        rotate = f" /Rotate {sheet.turn}" if sheet.turn else ""
        return self.add(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {box[0]:.3f} {box[1]:.3f}]{rotate} "
            f"/Resources << {resources} >> /Contents {content} 0 R >>".encode()
        )

    def _image(self, image: Image, quality: int) -> int:
        height, width = image.shape[:2]
        entries = f"/Type /XObject /Subtype /Image /Width {width} /Height {height}"
        if _one_bit(image):
            bits = np.packbits(image[:, :, 0] > 0, axis=1).tobytes()
            return self.stream(f"{entries} /ColorSpace /DeviceGray /BitsPerComponent 1", bits)
        packed = io.BytesIO()
        PilImage.fromarray(image).save(packed, format="JPEG", quality=quality)
        entries += " /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
        return self.stream(entries, packed.getvalue(), packed=False)


def _one_bit(image: Image) -> bool:
    return bool(((image == 0) | (image == 255)).all() and (image == image[:, :, :1]).all())


def _cell_lines(page: RenderedPage) -> list[RenderedLine]:
    return [line for table in page.tables for cell in table.cells for line in cell.lines]


def _turned(turn: int, width: float, height: float) -> tuple[str, tuple[float, float]]:
    """The matrix that lays content down so that /Rotate sets it upright again, and the box before rotation."""
    matrices = {
        0: ("1 0 0 1 0 0", (width, height)),
        90: (f"0 1 -1 0 {height:.3f} 0", (height, width)),
        180: (f"-1 0 0 -1 {width:.3f} {height:.3f}", (width, height)),
        270: (f"0 -1 1 0 0 {width:.3f}", (height, width)),
    }
    return matrices[turn]


def _vectors(drawing: Drawing, boxes: bool) -> str:
    """Grounds and rulings as PDF operators; y grows upwards there."""
    parts = []
    for fill in drawing.fills:
        x0, y0, x1, y1 = fill.box
        parts.append(f"{fill.grey / 255:.3f} g {x0:.3f} {drawing.height - y1:.3f} {x1 - x0:.3f} {y1 - y0:.3f} re f")
    for rule in drawing.rules:
        parts += [_stroke(line, drawing.height, boxes) for line in _parted(rule)]
    return "\n".join(parts)


def _parted(rule: Rule) -> list[Rule]:
    if rule.kind != "double":
        return [rule]
    half = double_gap(rule.width) / 2
    flat = rule.y0 == rule.y1
    shifts = [(0.0, by) if flat else (by, 0.0) for by in (-half, half)]
    return [Rule(rule.x0 + x, rule.y0 + y, rule.x1 + x, rule.y1 + y, rule.width, grey=rule.grey) for x, y in shifts]


def _stroke(rule: Rule, height: float, boxes: bool) -> str:
    grey, half = rule.grey / 255, rule.width / 2
    if boxes and rule.kind == "solid":
        flat = rule.y0 == rule.y1
        x0, x1 = (rule.x0, rule.x1) if flat else (rule.x0 - half, rule.x0 + half)
        y0, y1 = (rule.y0 - half, rule.y0 + half) if flat else (rule.y0, rule.y1)
        return f"{grey:.3f} g {x0:.3f} {height - y1:.3f} {x1 - x0:.3f} {y1 - y0:.3f} re f"
    pattern = " ".join(f"{length:.3f}" for length in dashes(rule.kind, rule.width))
    ends = f"{rule.x0:.3f} {height - rule.y0:.3f} m {rule.x1:.3f} {height - rule.y1:.3f} l"
    return f"{grey:.3f} G {rule.width:.3f} w [{pattern}] 0 d {ends} S"


class _Fonts:
    """The faces of a document, each cut down to its glyphs and embedded once for every mapping it is used with."""

    def __init__(self, writer: _Writer, sheets: Sequence[Sheet]) -> None:
        self.hidden = face((families("dev"))[0])
        used: dict[tuple[Face, int], set[str]] = defaultdict(set)
        self.mappings: list[Mapping[str, str]] = [{}]
        for sheet in sheets:
            for run in sheet.drawing.runs if sheet.drawing else ():
                used[run.face, self._number(sheet.mapping)] |= set(run.text)
            if sheet.picture and sheet.words:
                for line in (*sheet.picture.lines, *_cell_lines(sheet.picture)):
                    used[self.hidden, 0] |= set(sheet.words(line.text))
        self.embedded: dict[tuple[Face, int], tuple[str, dict[str, int]]] = {}
        self.numbers: list[int] = []
        for (one, number), chars in sorted(used.items(), key=lambda item: (item[0][0].name, item[0][1])):
            subset, codes, entries = _subset(one, "".join(sorted(chars)))
            font = _embed(writer, one, subset, entries, _to_unicode(codes, self.mappings[number]))
            self.numbers.append(font)
            self.embedded[one, number] = (f"F{len(self.numbers)}", codes)

    def _number(self, mapping: Mapping[str, str] | None) -> int:
        if mapping is None:
            return 0
        for number, known in enumerate(self.mappings):
            if known is mapping:
                return number
        self.mappings.append(mapping)
        return len(self.mappings) - 1

    def names(self) -> str:
        return " ".join(f"/F{i} {number} 0 R" for i, number in enumerate(self.numbers, start=1))

    def show(self, run: Run, height: float, mapping: Mapping[str, str] | None) -> str:
        name, codes = self.embedded[run.face, self._number(mapping)]
        text = "".join(f"{codes[char]:04x}" for char in run.text)
        place = f"1 0 0 1 {run.x:.3f} {height - run.baseline:.3f} Tm"
        return f"BT {run.grey / 255:.3f} g 0 Tr 100 Tz /{name} {run.size:.3f} Tf {place} <{text}> Tj ET"

    def hide(self, line: RenderedLine, words: str, scale: float, height: float) -> str:
        """Lay words invisibly over a printed line: as high and as wide as it, along its direction."""
        name, codes = self.embedded[self.hidden, 0]
        # Bent lines have more than four points; somebody's OCR draws a box from the first corner to the farthest.
        points = np.asarray(line.polygon) * scale
        (x0, y0), x_far, y_far = points[0], *_farthest(points)
        wide = math.hypot(x_far[0] - x0, x_far[1] - y0)
        tall = math.hypot(y_far[0] - x0, y_far[1] - y0)
        natural = sum(self.hidden.advance(char) for char in words) * tall
        if not words or natural <= 0:
            return ""
        cos, sin = (x_far[0] - x0) / wide, (x_far[1] - y0) / wide
        # The baseline stands an eighth of the height above the box's lower edge.
        x, y = x0 - sin * 0.86 * tall, y0 + cos * 0.86 * tall
        text = "".join(f"{codes[char]:04x}" for char in words)
        matrix = f"{cos:.5f} {-sin:.5f} {sin:.5f} {cos:.5f} {x:.3f} {height - y:.3f} Tm"
        return f"BT 3 Tr {100 * wide / natural:.2f} Tz /{name} {tall:.3f} Tf {matrix} <{text}> Tj ET"


def _farthest(points: Any) -> tuple[Any, Any]:
    """The far ends of a line's first two edges: along the text, and down from its first corner."""
    if len(points) == 4:
        return points[1], points[3]
    # On a densified outline the corners are where it turns.
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    turn = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
    turn /= np.hypot(*before.T) * np.hypot(*after.T) + 1e-9
    corners = sorted(np.argsort(turn)[-4:])
    return points[corners[1]], points[corners[3]]


@cache
def _subset(one: Face, chars: str) -> tuple[bytes, dict[str, int], tuple[str, tuple[tuple[int, int], ...]]]:
    """Cut the face down to `chars`: the font program, each character's code, its kind and the codes' advances."""
    from fontTools import subset, ttLib  # for PDFs with text only, and slow to start

    options = subset.Options(
        notdef_outline=True, hinting=False, layout_features=[], name_IDs=[], recalc_timestamp=False
    )
    options.drop_tables += [
        "GSUB",
        "GPOS",
        "GDEF",
        "BASE",
        "vhea",
        "vmtx",
        "VORG",
        "EBDT",
        "EBLC",
        "EBSC",
        "FFTM",
        "BDF ",
    ]
    font: Any = ttLib.TTFont(str(one.path), fontNumber=one.index, recalcTimestamp=False, lazy=True)
    worker = subset.Subsetter(options)
    worker.populate(text=chars)
    worker.subset(font)
    cmap, order = font.getBestCmap(), font.getReverseGlyphMap()
    is_cff = "CFF " in font
    # The codes of a CFF face with character identifiers are these identifiers, not the places of the glyphs.
    named = is_cff and hasattr(font["CFF "].cff.topDictIndex[0], "ROS")
    units = font["head"].unitsPerEm

    def code(glyph: str) -> int:
        return int(glyph[3:]) if named and glyph.startswith("cid") else int(order[glyph])

    codes = {char: code(cmap[ord(char)]) if ord(char) in cmap else 0 for char in chars}
    glyphs = {code(cmap[ord(char)]): cmap[ord(char)] for char in chars if ord(char) in cmap}
    advances = tuple(sorted((c, round(font["hmtx"][g][0] * 1000 / units)) for c, g in glyphs.items()))
    if is_cff:
        # The bare program: readers look its glyphs up by character identifier, in an OpenType wrapper by place.
        return font["CFF "].compile(font), codes, ("cff", advances)
    out = io.BytesIO()
    font.save(out, reorderTables=None)
    return out.getvalue(), codes, ("glyf", advances)


def _embed(
    writer: _Writer,
    one: Face,
    program: bytes,
    entries: tuple[str, tuple[tuple[int, int], ...]],
    to_unicode: bytes | None,
) -> int:
    kind, advances = entries
    name = "ABCDEF+" + "".join(char for char in one.name if char.isalnum())
    file = writer.stream("/Subtype /CIDFontType0C" if kind == "cff" else f"/Length1 {len(program)}", program)
    slot = "FontFile3" if kind == "cff" else "FontFile2"
    descriptor = writer.add(
        f"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [-200 -300 1200 1100] /ItalicAngle 0 "
        f"/Ascent 880 /Descent -120 /CapHeight 700 /StemV 80 /{slot} {file} 0 R >>".encode()
    )
    widths = " ".join(f"{code} [{advance}]" for code, advance in advances)
    subtype = "CIDFontType0" if kind == "cff" else "CIDFontType2 /CIDToGIDMap /Identity"
    descendant = writer.add(
        f"<< /Type /Font /Subtype /{subtype} /BaseFont /{name} /FontDescriptor {descriptor} 0 R /DW 1000 "
        f"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /W [{widths}] >>".encode()
    )
    said = f" /ToUnicode {writer.stream('', to_unicode)} 0 R" if to_unicode else ""
    return writer.add(
        f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H "
        f"/DescendantFonts [{descendant} 0 R]{said} >>".encode()
    )


def _to_unicode(codes: Mapping[str, int], mapping: Mapping[str, str]) -> bytes | None:
    """The table that says which characters the codes stand for; None where it would say nothing."""
    lines = [
        f"<{code:04x}> <{said.encode('utf-16-be').hex()}>"
        for char, code in sorted(codes.items())
        if (said := mapping.get(char, char))
    ]
    if not lines:
        return None
    # A block of the table may hold a hundred entries.
    blocks = [lines[i : i + 100] for i in range(0, len(lines), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CMapName /Said def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{body}\nendcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode()
