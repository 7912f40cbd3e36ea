"""PAGE XML -> PageReading: table cells with their spans, loose lines, polygons and confidences in pixels of the page.

Both ways of writing cells are read: `TableCell` (Transkribus, with `row`, `col`, `rowSpan`, `colSpan`) and the
standard's `TableRegion/TextRegion/Roles/TableCellRole`. Lines are read from `TextLine`, else from words, else from the
region itself.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import unescape
from pathlib import Path
from typing import Any

from pipeline.document import Line, PageReading, Place, Polygon, Table
from pipeline.errors import InputError
from pipeline.importers.common import (
    Slotted,
    bounds,
    by_position,
    compact,
    decode,
    digest_of,
    join_lines,
    make_table,
    parse_xml,
    read_file,
    share,
    tidy,
)
from pipeline.settings import ImportSettings

_TEXT = re.compile(r"<(?:\w+:)?(?:Unicode|PlainText)\b[^<>]*>([^<]*)")
_REGION = re.compile(r"Region$")


def read_page_xml(path: Path, settings: ImportSettings | None = None) -> list[PageReading]:
    """Read a PAGE XML file; the unit of its places is pixels of the page, as the file states them.

    A damaged file is read as far as it can be, with a problem that says so. Raises InputError, naming file, line and
    remedy, where nothing can be read.
    """
    settings = settings or ImportSettings()
    content = read_file(path, settings)
    text = decode(content, path)
    root, damage = parse_xml(text, path)
    pages = [page for page in root.iter() if _name(page) == "Page"]
    if not pages:
        raise InputError(f"{path}: holds no Page; it is cut off or no PAGE XML, export it again")
    readings = []
    for index, page in enumerate(pages):
        blocks = tuple(_Reader(str(path), index).blocks(page))
        size = _size(page)
        readings.append(PageReading(index, str(path), digest_of(content), blocks, size=size))
    if damage is not None:
        last = readings[-1]
        lost = tuple(_lost(text, readings, last.index))
        if not lost and not any(reading.blocks for reading in readings):
            raise InputError(f"{path}: is damaged or cut off before its first text; export it again")
        readings[-1] = PageReading(
            last.index, last.file, last.sha256, (*last.blocks, *lost), problems=(damage,), size=last.size
        )
    return readings


_TAG = re.compile(r"</?[A-Za-z][\w:.-]*(?:\s[^<>]*)?/?>|<[!?][^<>]*>")
_TAG_REST = re.compile(r"^(?:</?[A-Za-z][\w:.-]*|[\w:.-]*[A-Za-z]>|>)|</?[A-Za-z][\w:.-]*$", re.A)
_HAN = re.compile("[\u4e00-\u9fff]")


def _lost(source: str, readings: Sequence[PageReading], index: int) -> Iterator[Line]:
    """Texts of a damaged source that the parser dropped.

    A file that states its texts once, by lines, tells of each how often it stands there; where words or regions say
    them again, only a text that is nowhere in what was read is known to be lost.
    """
    found = [line for match in _TEXT.finditer(source) for line in tidy(unescape(match.group(1))).split("\n")]
    # Damage takes some tags away; words or regions would make them twice as many.
    once = len(_TEXT.findall(source)) < 1.5 * source.count("<TextLine")
    kept = compact("".join(_all_text(reading) for reading in readings))
    left = Counter(compact(line.text) for reading in readings for line in _all_lines(reading))
    for text in found:
        key = compact(text)
        if left[key]:
            left[key] -= 1
        elif key and (once or key not in kept):
            kept += key
            yield Line(text, Place(page=index))
    yield from _beside_tags(source, kept, index, once=once)


def _beside_tags(source: str, kept: str, index: int, *, once: bool) -> Iterator[Line]:
    """Texts of which damage took the tag before them as well: `Unicode>某县</Unicode>`, `<Unicode某县`.

    `kept` is all that was read. Where texts are stated `once`, their characters are counted, so that one which stands
    there twice is not lost in the other.
    """
    body = source[max(source.find("<Page"), 0) :]
    pieces = [tidy(unescape(_TAG_REST.sub("", piece.strip()))) for piece in _TAG.split(body)]
    pieces = [piece for piece in pieces if _HAN.search(piece)]
    left = Counter(c for piece in pieces for c in piece if _HAN.match(c)) - Counter(kept)
    for piece in pieces:
        key = compact(piece)
        own = Counter(c for c in key if _HAN.match(c))
        if 2 * (own & left).total() > own.total() if once else key not in kept:
            left -= own
            kept += key
            yield from (Line(line, Place(page=index)) for line in piece.split("\n") if line)


def _all_lines(reading: PageReading) -> Iterator[Line]:
    for block in reading.blocks:
        if isinstance(block, Line):
            yield block
        else:
            yield from (line for cell in block.readings for line in cell.lines)


def _all_text(reading: PageReading) -> str:
    parts = []
    for block in reading.blocks:
        parts.extend([block.text] if isinstance(block, Line) else [cell.text for cell in block.readings])
    return "".join(parts)


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _children(element: Any, *names: str) -> list[Any]:
    return [child for child in element if _name(child) in names]


def _size(page: Any) -> tuple[int, int] | None:
    width, height = _whole(page.get("imageWidth"), 0), _whole(page.get("imageHeight"), 0)
    return (width, height) if width > 0 and height > 0 else None


def _whole(value: str | None, default: int) -> int:
    match = re.fullmatch(r"\s*(\d{1,7})(?:\.0*)?\s*", value or "")
    return int(match.group(1)) if match else default


def _polygon(element: Any) -> Polygon:
    """The outline as stated: `points="x,y x,y …"`, or Point elements in files of 2009 and 2010."""
    for coords in _children(element, "Coords"):
        points = coords.get("points")
        if points:
            numbers = re.findall(r"(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)", points)
        else:
            numbers = [(point.get("x", ""), point.get("y", "")) for point in _children(coords, "Point")]
        try:
            polygon = tuple((float(x), float(y)) for x, y in numbers)
        except ValueError:
            continue
        if len(polygon) >= 3 and all(math.isfinite(x) and math.isfinite(y) for x, y in polygon):
            return polygon
    return ()


def _equiv(element: Any) -> tuple[str, float]:
    """An element's own text with its confidence: the first of its alternatives."""
    equivs = sorted(_children(element, "TextEquiv"), key=lambda equiv: _whole(equiv.get("index"), 0))
    for equiv in equivs:
        for kind in ("Unicode", "PlainText"):
            for node in _children(equiv, kind):
                text = tidy("".join(node.itertext()))
                if text:
                    return text, share(equiv.get("conf")) if equiv.get("conf") else 1.0
    return "", 1.0


class _Reader:
    def __init__(self, file: str, index: int) -> None:
        self.file = file
        self.index = index

    def blocks(self, page: Any) -> Iterator[Table | Line]:
        """Yield the page's tables and loose lines in the reading order that it states, else from top to bottom."""
        regions = _children_regions(page)
        for region in _ordered(page, regions):
            yield from self._region(region)

    def _region(self, region: Any) -> Iterator[Table | Line]:
        if _name(region) == "TableRegion":
            yield from self._table(region)
            return
        yield from self.lines(region)
        for inner in _children_regions(region):
            yield from self._region(inner)

    def lines(self, region: Any) -> list[Line]:
        """The region's lines; where it has none with text, its own text."""
        found = []
        for element in _children(region, "TextLine"):
            text, confidence = _equiv(element)
            if not text:
                words = [_equiv(word) for word in _children(element, "Word")]
                text = _words([word for word, _ in words])
                confidence = min((sure for word, sure in words if word), default=1.0)
            if text:
                polygon = _polygon(element) or _polygon(region)
                found.append(Line(text.replace("\n", " "), self._place(polygon), confidence))
        if not found:
            text, confidence = _equiv(region)
            place = self._place(_polygon(region))
            found = [Line(line, place, confidence) for line in text.split("\n") if line]
        return found

    def _place(self, polygon: Polygon) -> Place:
        return Place(page=self.index, polygon=polygon)

    def _table(self, region: Any) -> Iterator[Table | Line]:
        cells: list[Slotted] = []
        loose: list[Line] = []
        for element in region:
            if _name(element) == "TableCell" or _name(element).endswith("Region"):
                slot = _slot_of(element)
                if slot is None:
                    loose.extend(block for block in self._region(element) if isinstance(block, Line))
                    continue
                cells.append(self._cell(element, slot))
        loose.extend(self.lines(region) if not cells or _children(region, "TextLine") else ())
        if cells:
            first = (min(cell.row for cell in cells), min(cell.col for cell in cells))
            moved = [_moved(cell, first) for cell in cells]
            yield make_table(moved, f"{self.file}: table {region.get('id') or ''}".strip())
        yield from loose

    def _cell(self, element: Any, slot: tuple[int, int, int, int]) -> Slotted:
        lines = self.lines(element)
        for inner in element.iter():
            # Lines inside a region inside the cell.
            if inner is not element and _REGION.search(_name(inner)):
                lines.extend(self.lines(inner))
        outlined = lines and all(line.place.polygon for line in lines)
        # Lines without an outline of their own have the cell's: their order is the file's.
        own = _polygon(element)
        if outlined and not any(line.place.polygon == own for line in lines):
            lines = by_position(lines)
            text = join_lines(lines)
        else:
            text = "\n".join(line.text for line in lines)
        row, col, rowspan, colspan = slot
        confidence = min((line.confidence for line in lines), default=1.0)
        return Slotted(row, col, rowspan, colspan, text, confidence, own, (self._place(own),), tuple(lines))


def _words(words: Sequence[str]) -> str:
    text = ""
    for word in words:
        joint = " " if text[-1:].isascii() and text[-1:].isalnum() and word[:1].isascii() and word[:1].isalnum() else ""
        text += joint + word
    return text


def _children_regions(element: Any) -> list[Any]:
    return [child for child in element if _REGION.search(_name(child))]


def _moved(cell: Slotted, first: tuple[int, int]) -> Slotted:
    from dataclasses import replace

    return replace(cell, row=cell.row - first[0], col=cell.col - first[1])


def _slot_of(element: Any) -> tuple[int, int, int, int] | None:
    """Row, column, row span and column span of a cell, in either way of writing; None for a region that is no cell."""
    if _name(element) == "TableCell":
        row, col = element.get("row"), element.get("col")
        spans = (element.get("rowSpan"), element.get("colSpan"))
    else:
        role = next((role for roles in _children(element, "Roles") for role in _children(roles, "TableCellRole")), None)
        if role is None:
            return None
        row, col = role.get("rowIndex"), role.get("columnIndex")
        spans = (role.get("rowSpan"), role.get("colSpan"))
    if row is None or col is None or _whole(row, -1) < 0 or _whole(col, -1) < 0:
        return None
    return _whole(row, 0), _whole(col, 0), max(_whole(spans[0], 1), 1), max(_whole(spans[1], 1), 1)


def _ordered(page: Any, regions: Sequence[Any]) -> list[Any]:
    """Regions in the stated reading order; those it does not name stand where their top edge puts them."""
    by_id = {region.get("id"): region for region in regions if region.get("id")}
    stated: list[Any] = []
    for order in _children(page, "ReadingOrder"):
        refs = [ref for ref in order.iter() if _name(ref) in ("RegionRef", "RegionRefIndexed")]
        stated.extend(by_id.pop(ref.get("regionRef")) for ref in refs if ref.get("regionRef") in by_id)
    rest = [region for region in regions if not any(region is one for one in stated)]
    rest.sort(key=_top)
    for region in rest:
        at = next((i for i, one in enumerate(stated) if _top(one) > _top(region)), len(stated))
        stated.insert(at, region)
    return stated


def _top(region: Any) -> float:
    polygon = _polygon(region)
    return bounds(polygon)[1] if polygon else 0.0
