"""hOCR -> PageReadings: words with their boxes and confidences; tables as marked up, else as the words stand.

Malformed markup is read by a recovering parser. What stands on a page outside every line is a loose line; nothing is
lost.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.document import Line, PageReading, Place, Polygon, Table
from pipeline.errors import InputError
from pipeline.htmltext import HtmlTable, read_html
from pipeline.importers.alignment import join_words, tables_of_lines
from pipeline.importers.common import (
    Slotted,
    bounds,
    box_polygon,
    by_position,
    decode,
    digest_of,
    guessed_note,
    join_lines,
    make_table,
    read_file,
    tidy,
)
from pipeline.settings import ImportSettings

_LINES = frozenset({"ocr_line", "ocr_header", "ocr_footer", "ocr_caption", "ocr_textfloat", "ocrx_line", "ocr_pageno"})
_WORDS = frozenset({"ocrx_word", "ocr_word", "ocr_cinfo", "ocrx_cinfo"})
_NUMBER = r"-?\d+(?:\.\d+)?"
_BOX = re.compile(rf"\bbbox\s+({_NUMBER})\s+({_NUMBER})\s+({_NUMBER})\s+({_NUMBER})")
_SURE = re.compile(rf"\bx_wconf\s+({_NUMBER})")
_PROLOGUE = re.compile(r"^\s*<\?xml\b[^>]*\?>")


def read_hocr(path: Path, settings: ImportSettings | None = None) -> list[PageReading]:
    """Read an hOCR file; the unit of its places is pixels of the page, as the file states them.

    Raises InputError, naming file and remedy, where it holds no page of text recognition.
    """
    from lxml import html

    settings = settings or ImportSettings()
    content = read_file(path, settings)
    text = _PROLOGUE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), decode(content, path))
    try:
        root = html.document_fromstring(
            text, parser=html.HTMLParser(huge_tree=False, remove_comments=True, remove_pis=True)
        )
    except (ValueError, html.etree.LxmlError) as error:
        raise InputError(f"{path}: is damaged, nothing of it can be read; export it again") from error
    pages = [node for node in root.iter() if "ocr_page" in _classes(node)]
    if not pages:
        raise InputError(f"{path}: holds no element of class ocr_page; it is cut off or no hOCR, export it again")
    digest = digest_of(content)
    outside = list(_outside(root, set(pages)))
    readings = []
    for index, page in enumerate(pages):
        reader = _Reader(str(path), index)
        blocks = list(reader.blocks(page))
        if index == len(pages) - 1:
            blocks.extend(Line(line, Place(page=index)) for line in outside)
        notes = guessed_note(blocks, f"{path}: page {index + 1}")
        readings.append(PageReading(index, str(path), digest, tuple(blocks), problems=notes, size=_size(page)))
    return readings


def _classes(node: Any) -> frozenset[str]:
    return frozenset((node.get("class") or "").split()) if isinstance(node.tag, str) else frozenset()


def _title(node: Any) -> str:
    return node.get("title") or ""


def _polygon(node: Any) -> Polygon:
    match = _BOX.search(_title(node))
    if match is None:
        return ()
    x0, y0, x1, y1 = (float(number) for number in match.groups())
    if not all(math.isfinite(v) and abs(v) < 1e7 for v in (x0, y0, x1, y1)) or x1 <= x0 or y1 <= y0:
        return ()
    return box_polygon(x0, y0, x1, y1)


def _size(page: Any) -> tuple[int, int] | None:
    polygon = _polygon(page)
    return (round(polygon[2][0]), round(polygon[2][1])) if polygon else None


def _outside(root: Any, pages: set[Any]) -> Iterator[str]:
    """Text of the body that no page holds: a broken nesting closed its page too early."""
    body = root.find("body")
    stack = [(body, False)] if body is not None else []
    while stack:
        node, done = stack.pop()
        if done:
            yield from tidy(node.tail or "").split("\n") if tidy(node.tail or "") else ()
            continue
        skipped = node in pages or not isinstance(node.tag, str) or node.tag in ("script", "style")
        if not skipped and tidy(node.text or ""):
            yield from tidy(node.text or "").split("\n")
        if node is not body:
            stack.append((node, True))
        if not skipped:
            stack.extend((child, False) for child in reversed(node))


@dataclass
class _Reader:
    file: str
    index: int

    def blocks(self, page: Any) -> Iterator[Table | Line]:
        """Yield the page's marked-up tables and what the other lines make up, from top to bottom."""
        marked: list[tuple[float, list[Table | Line]]] = []
        tables = [t for t in page.iter("table") if not any(above.tag == "table" for above in _above(t, page))]
        for table in tables:
            found = list(self._table(table))
            marked.append((_top(found), found))
        # The walk over the other lines steps over tables.
        lines = list(self._lines(page, set(tables)))
        loose = tables_of_lines(lines, f"{self.file}: page {self.index + 1}")
        for block in loose:
            top = _top([block])
            while marked and marked[0][0] <= top:
                yield from marked.pop(0)[1]
            yield block
        for _, found in marked:
            yield from found

    def _lines(self, root: Any, tables: set[Any]) -> Iterator[Line]:
        """The lines under an element: recognised ones as the pieces their words make up, other text as it stands."""
        stack: list[tuple[Any, bool]] = [(root, False)]
        while stack:
            node, done = stack.pop()
            if done:
                yield from self._bare(node.tail, node.getparent())
                continue
            if node is not root:
                stack.append((node, True))
            if not isinstance(node.tag, str) or node in tables or node.tag in ("script", "style"):
                continue
            if _classes(node) & _LINES:
                yield from self._pieces(node)
                continue
            if _classes(node) & _WORDS:
                word = self._word(node)
                if word is not None:
                    yield word
                continue
            yield from self._bare(node.text, node)
            stack.extend((child, False) for child in reversed(node))

    def _bare(self, text: str | None, node: Any) -> Iterator[Line]:
        """Text that stands in a paragraph or an area without a line of its own has no place but the page."""
        for line in tidy(text or "").split("\n"):
            if line:
                yield Line(line, Place(page=self.index))

    def _pieces(self, line: Any) -> list[Line]:
        words = []
        for node in line.iter():
            if _classes(node) & _WORDS and not any(_classes(above) & _WORDS for above in _above(node, line)):
                word = self._word(node)
                if word is not None:
                    words.append(word)
        whole = tidy("".join(line.itertext())).replace("\n", " ")
        if not whole:
            return []
        if sum(len("".join(word.text.split())) for word in words) != len("".join(whole.split())):
            # Text beside the words: the line is taken whole, so that nothing of it is lost.
            sure = min((word.confidence for word in words), default=1.0)
            return [Line(whole, Place(page=self.index, polygon=_polygon(line)), sure)]
        return join_words(words)

    def _word(self, node: Any) -> Line | None:
        text = " ".join("".join(node.itertext()).split())
        if not text:
            return None
        match = _SURE.search(_title(node))
        sure = round(min(max(float(match.group(1)) / 100, 0.0), 1.0), 2) if match else 1.0
        return Line(text, Place(page=self.index, polygon=_polygon(node)), sure)

    def _table(self, table: Any) -> Iterator[Table | Line]:
        """A table in markup: spans and soundness as in any HTML, boxes from its cells or from their words."""
        from lxml import html

        found = list(read_html(html.tostring(table, encoding="unicode", with_tail=False)))
        sound = [item for item in found if isinstance(item, HtmlTable)]
        nodes = [
            cell
            for row in table.iter("tr")
            if next(row.iterancestors("table")) is table
            for cell in row
            if cell.tag in ("td", "th")
        ]
        if len(sound) == 1 and len(found) == 1 and len(nodes) == len(sound[0].cells):
            cells = []
            for cell, node in zip(sound[0].cells, nodes, strict=True):
                lines = list(self._lines(node, set()))
                polygon = _polygon(node) or _hull(lines)
                sure = min((line.confidence for line in lines), default=1.0)
                text = _cell_text(lines)
                place = Place(page=self.index, polygon=polygon)
                cells.append(
                    Slotted(cell.row, cell.col, cell.rowspan, cell.colspan, text, sure, polygon, (place,), tuple(lines))
                )
            yield make_table(cells, f"{self.file}: page {self.index + 1}", spans=sound[0].sound)
            return
        # Tables inside tables, or a markup that libxml2 had to mend: the lines are safer.
        yield from tables_of_lines(list(self._lines(table, set())), f"{self.file}: page {self.index + 1}")


def _above(node: Any, root: Any) -> Iterator[Any]:
    for above in node.iterancestors():
        if above is root:
            return
        yield above


def _cell_text(lines: Sequence[Line]) -> str:
    if lines and all(line.place.polygon for line in lines):
        return join_lines(by_position(lines))
    return "\n".join(line.text for line in lines)


def _hull(lines: Sequence[Line]) -> Polygon:
    boxes = [bounds(line.place.polygon) for line in lines if line.place.polygon]
    if not boxes:
        return ()
    return box_polygon(
        min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)
    )


def _top(blocks: Sequence[Table | Line]) -> float:
    tops: list[float] = []
    for block in blocks:
        places = [block.place] if isinstance(block, Line) else [p for r in block.readings for p in r.places]
        tops.extend(bounds(place.polygon)[1] for place in places if place.polygon)
    return min(tops, default=float("inf"))
