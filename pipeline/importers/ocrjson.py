"""JSON of text recognition -> PageReadings.

Read are PaddleOCR's results (PP-StructureV3 and table recognition: `table_res_list` with `pred_html`, `cell_box_list`
and the lines; plain OCR: `rec_texts` with outlines; the nested arrays of PaddleOCR 2; PP-Structure 2; answers of its
services) and zhibiao's own `tables` JSON. Cells take the outlines and scores of the lines that they are made of; lines
that no cell holds are loose lines, so nothing that was recognised is lost.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from pipeline.document import Line, PageReading, Place, Polygon, Reading, Table
from pipeline.errors import InputError, SkippedInput
from pipeline.htmltext import HtmlTable, clean_fragment, read_html
from pipeline.importers.alignment import tables_of_lines
from pipeline.importers.common import (
    Slotted,
    bounds,
    box_polygon,
    by_position,
    compact,
    decode,
    digest_of,
    guessed_note,
    join_lines,
    make_table,
    read_file,
    share,
    table_of_html,
    tidy,
)
from pipeline.settings import ImportSettings

_RESULT_KEYS = frozenset({"table_res_list", "parsing_res_list", "overall_ocr_res", "rec_texts", "pred_html"})
# A recognised line belongs to a cell that holds this share of it: PaddleOCR's own rule.
_INSIDE = 0.7

Json = Any


def read_ocr_json(path: Path, settings: ImportSettings | None = None) -> list[PageReading]:
    """Read a JSON file (or JSON Lines) of recognised pages; places are in pixels of the page the result speaks of.

    Raises InputError, naming file, line and remedy, where it is no sound JSON or a value is impossible, and
    SkippedInput where it is sound and holds no result of text recognition.
    """
    settings = settings or ImportSettings()
    content = read_file(path, settings)
    value = _load(decode(content, path), path)
    digest = digest_of(content)
    pages = []
    for index, result in enumerate(_results(value)):
        reader = _Page(str(path), index)
        blocks = tuple(reader.blocks(result))
        notes = guessed_note(blocks, reader.name)
        pages.append(PageReading(index, str(path), digest, blocks, problems=notes, size=_size(result)))
    if not pages:
        raise SkippedInput(
            f"{path}: is JSON, but no result of text recognition (PaddleOCR, zhibiao tables); nothing to read"
        )
    return pages


def _load(text: str, path: Path) -> Json:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        first = error
    except (RecursionError, ValueError) as error:  # nesting or numbers that no result has
        raise InputError(f"{path}: is nested or counted beyond any sense; export it again") from error
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        if len(lines) > 1 and first.msg == "Extra data":
            return [json.loads(line) for line in lines]
    except (ValueError, RecursionError):
        pass
    raise InputError(
        f"{path}:{first.lineno}: is no sound JSON ({first.msg.lower()}, column {first.colno}); export it again"
    )


def _results(value: Json, depth: int = 0) -> Iterator[Json]:
    """The results of single pages, in order, however they are wrapped."""
    if depth > 12:
        return
    if isinstance(value, dict):
        if _is_tables(value) or _RESULT_KEYS & value.keys():
            yield value
            return
        for inner in value.values():
            yield from _results(inner, depth + 1)
    elif isinstance(value, list):
        if value and (_is_old_lines(value) or _is_regions(value)):
            yield value
            return
        for inner in value:
            yield from _results(inner, depth + 1)


def _is_tables(value: Mapping[str, Json]) -> bool:
    tables = value.get("tables")
    return (
        isinstance(tables, list)
        and all(isinstance(t, dict) and isinstance(t.get("cells"), list) for t in tables)
        and (bool(tables) or "page" in value)
    )


def _is_old_lines(value: Sequence[Json]) -> bool:
    """PaddleOCR 2: [[[x, y] x 4], [text, score]] for every line."""
    return all(
        isinstance(line, list) and len(line) == 2 and bool(_polygon(line[0]))
        and isinstance(line[1], list) and len(line[1]) == 2 and isinstance(line[1][0], str)
        for line in value
    )  # fmt: skip


def _is_regions(value: Sequence[Json]) -> bool:
    """PP-Structure 2: regions with a type, a box and a result."""
    return all(
        isinstance(region, dict) and "type" in region and "bbox" in region and "res" in region for region in value
    )


def _size(result: Json) -> tuple[int, int] | None:
    if not isinstance(result, dict):
        return None
    size = result.get("size")
    width, height = size if isinstance(size, list) and len(size) == 2 else (result.get("width"), result.get("height"))
    if isinstance(width, int) and isinstance(height, int) and 0 < width < 10**6 and 0 < height < 10**6:
        return width, height
    return None


def _polygon(value: Json) -> Polygon:
    """An outline as it is written: points, eight numbers, or a box of four; empty where it is none of them."""
    if not isinstance(value, list) or not value:
        return ()
    numbers = [n for point in value for n in point] if all(isinstance(point, list) for point in value) else value
    if not all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
        return ()
    if not all(abs(n) < 1e7 and math.isfinite(n) for n in numbers):
        return ()
    if len(numbers) == 4:
        x0, y0, x1, y1 = (float(n) for n in numbers)
        return box_polygon(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    if len(numbers) < 6 or len(numbers) % 2:
        return ()
    return tuple((float(x), float(y)) for x, y in zip(numbers[::2], numbers[1::2], strict=True))


@dataclass
class _Page:
    file: str
    index: int
    taken: set[int] = field(default_factory=set)  # ids of lines that a cell holds

    @property
    def name(self) -> str:
        return f"{self.file}: page {self.index + 1}"

    def blocks(self, result: Json) -> list[Table | Line]:
        """The tables and loose lines of one page's result."""
        if isinstance(result, list):
            return self._old(result)
        if _is_tables(result):
            return self._own(result)
        lines = self._lines(result.get("overall_ocr_res") or result)
        tables = result.get("table_res_list") or ([result] if "pred_html" in result else [])
        if isinstance(tables, list) and any(isinstance(t, dict) and t.get("pred_html") for t in tables):
            found = [block for t in tables if isinstance(t, dict) for block in self._table(t, lines)]
            found = self._in_blocks(found, result.get("parsing_res_list"))
            rest = [line for line in lines if id(line) not in self.taken]
            return _in_order([*found, *rest, *self._unread(result, lines, found)])
        if not lines and isinstance(result.get("parsing_res_list"), list):
            return self._parsed(result["parsing_res_list"])
        return tables_of_lines(lines, self.name)

    def _place(self, polygon: Polygon = ()) -> Place:
        return Place(page=self.index, polygon=polygon)

    # -- PaddleOCR 3 ---------------------------------------------------------------------------------------------------

    def _lines(self, result: Json) -> list[Line]:
        """The lines of an OCR result: `rec_texts` beside `rec_polys`, `rec_boxes` or `dt_polys`."""
        if not isinstance(result, dict) or not isinstance(result.get("rec_texts"), list):
            return []
        texts = result["rec_texts"]
        outlines: list[Json] = []
        for key in ("rec_polys", "rec_boxes", "dt_polys"):
            found_here = result.get(key)
            # dt_polys has a place for every box found, also for those in which nothing was read.
            if isinstance(found_here, list) and len(found_here) == len(texts):
                outlines = found_here
                break
        scores = result.get("rec_scores")
        scores = scores if isinstance(scores, list) and len(scores) == len(texts) else []
        found = []
        for i, stated in enumerate(texts):
            text = stated[0] if isinstance(stated, list) and stated else stated  # a list with word boxes switched on
            if isinstance(text, str) and tidy(text):
                polygon = _polygon(outlines[i]) if outlines else ()
                sure = share(scores[i]) if scores else 1.0
                found.append(Line(tidy(text).replace("\n", " "), self._place(polygon), sure))
        return found

    def _table(self, result: Mapping[str, Json], page_lines: list[Line]) -> Iterator[Table | Line]:
        """One recognised table: its HTML says the cells, its boxes and lines say where they are and how sure."""
        own = self._lines(result.get("table_ocr_pred"))
        known = {(line.text, line.place.polygon): line for line in page_lines}
        lines = [known.get((line.text, line.place.polygon), line) for line in own] or page_lines
        boxes = [p for p in map(_polygon, _listed(result.get("cell_box_list"))) if p]
        yield from self._html(str(result.get("pred_html") or ""), boxes, lines)
        page_lines.extend(line for line in lines if not any(line is one for one in page_lines))

    def _html(self, source: str, boxes: Sequence[Polygon], lines: Sequence[Line]) -> Iterator[Table | Line]:
        for item in read_html(source):
            if not isinstance(item, HtmlTable):
                yield from (Line(text, self._place()) for text in clean_fragment(item.text).split("\n") if text)
                continue
            table = table_of_html(item, self._place())
            matched = _match(table.readings, boxes, lines)
            self.taken.update(id(line) for _, held in matched.values() for line in held)
            readings = tuple(
                self._with_lines(reading, *matched[i]) if i in matched else reading
                for i, reading in enumerate(table.readings)
            )
            # A line that stands in a cell's text stands in the table, wherever the boxes say that it is.
            inside = "\n".join(compact(reading.text) for reading in readings)
            around = _hull(list(boxes) or [line.place.polygon for _, held in matched.values() for line in held])
            for line in lines:
                if (
                    id(line) not in self.taken
                    and compact(line.text) in inside
                    and _within(line.place.polygon, around) > 0.5
                ):
                    self.taken.add(id(line))
            yield replace(table, readings=readings)

    def _in_blocks(self, found: Sequence[Table | Line], blocks: Json) -> list[Table | Line]:
        """Tables of whose cells nothing says where they are have the place of their block in the page's layout."""
        boxes = [
            polygon
            for block in (blocks if isinstance(blocks, list) else [])
            if isinstance(block, dict) and block.get("block_label") == "table"
            and (polygon := _polygon(block.get("block_bbox")))
        ]  # fmt: skip
        tables = [block for block in found if isinstance(block, Table)]
        if len(boxes) != len(tables):
            return list(found)
        place = {id(table): self._place(box) for table, box in zip(tables, boxes, strict=True)}
        return [
            replace(block, readings=tuple(replace(r, places=(place[id(block)],)) for r in block.readings))
            if isinstance(block, Table) and not any(p.polygon for r in block.readings for p in r.places)
            else block
            for block in found
        ]

    def _with_lines(self, reading: Reading, box: Polygon, lines: Sequence[Line]) -> Reading:
        polygon = box or (_hull([line.place.polygon for line in lines]) if lines else ())
        place = self._place(polygon)
        cell = replace(reading.cell, polygon=polygon)
        if not lines:
            return replace(reading, cell=cell, places=(place,))
        ordered = by_position(lines)
        sure = min(line.confidence for line in ordered)
        return replace(
            reading, cell=cell, text=join_lines(ordered), confidence=sure, places=(place,), lines=tuple(ordered)
        )

    def _unread(
        self, result: Mapping[str, Json], lines: Sequence[Line], found: Sequence[Table | Line]
    ) -> Iterator[Line]:
        """Text blocks of the layout whose text no line and no table has."""
        blocks = result.get("parsing_res_list")
        if not isinstance(blocks, list):
            return
        seen = compact("".join(line.text for line in lines))
        seen += compact("".join(cell.text for table in found if isinstance(table, Table) for cell in table.readings))
        for block in blocks:
            text = block.get("block_content") if isinstance(block, dict) else None
            if isinstance(text, str) and "<table" not in text.lower():
                for part in clean_fragment(text).split("\n"):
                    if compact(part) and compact(part) not in seen:
                        yield Line(part, self._place(_polygon(block.get("block_bbox"))))

    def _parsed(self, blocks: Sequence[Json]) -> list[Table | Line]:
        """Layout blocks alone, as PaddleOCR-VL gives them: tables in HTML, texts with their boxes, in reading order."""
        found: list[Table | Line] = []
        for block in blocks:
            content = block.get("block_content") if isinstance(block, dict) else None
            if not isinstance(content, str):
                continue
            place = self._place(_polygon(block.get("block_bbox")))
            for item in read_html(content) if "<table" in content.lower() else [content]:
                if isinstance(item, HtmlTable):
                    found.append(table_of_html(item, place))
                else:
                    text = clean_fragment(item if isinstance(item, str) else item.text)
                    found.extend(Line(line, place) for line in text.split("\n") if line)
        return found

    # -- PaddleOCR 2 ---------------------------------------------------------------------------------------------------

    def _old(self, result: Sequence[Json]) -> list[Table | Line]:
        if not _is_regions(result):
            return tables_of_lines([line for one in result if (line := self._old_line(one[0], *one[1]))], self.name)
        found: list[Table | Line] = []
        loose: list[Line] = []
        for region in result:
            res = region["res"]
            if isinstance(res, dict) and isinstance(res.get("html"), str):
                boxes = [p for p in map(_polygon, _listed(res.get("cell_bbox"))) if p]
                rec = res.get("rec_res") if isinstance(res.get("rec_res"), list) else []
                outlines = _listed(res.get("boxes"))
                lines = [
                    line for outline, one in zip(outlines, rec or [], strict=False)
                    if isinstance(one, list) and len(one) == 2 and (line := self._old_line(outline, *one))
                ]  # fmt: skip
                found.extend(self._html(res["html"], boxes, lines))
                loose.extend(line for line in lines if id(line) not in self.taken)
            elif isinstance(res, list):
                for one in res:
                    if isinstance(one, dict):
                        line = self._old_line(one.get("text_region"), one.get("text"), one.get("confidence"))
                        loose.extend([line] if line else [])
        return _in_order([*found, *loose]) if found else tables_of_lines(loose, self.name)

    def _old_line(self, outline: Json, text: Json, score: Json) -> Line | None:
        if not isinstance(text, str) or not tidy(text):
            return None
        return Line(tidy(text).replace("\n", " "), self._place(_polygon(outline)), share(score))

    # -- zhibiao's own -------------------------------------------------------------------------------------------------

    def _own(self, result: Mapping[str, Json]) -> list[Table | Line]:
        found: list[Table | Line] = []
        for t, table in enumerate(result["tables"]):
            cells = [self._cell(cell, f"tables[{t}].cells[{c}]") for c, cell in enumerate(table["cells"])]
            made = make_table(cells, f"{self.name}: tables[{t}]", ruled=table.get("ruled") is not False)
            found.append(made)
        for number, line in enumerate(_listed(result.get("lines"))):
            if not isinstance(line, dict) or not isinstance(line.get("text"), str):
                raise InputError(f"{self.name}: lines[{number}]: text is missing or no text; export it again")
            if tidy(line["text"]):
                place = self._place(_polygon(line.get("polygon")))
                found.append(Line(tidy(line["text"]), place, share(line.get("confidence", 1.0))))
        return _in_order(found)

    def _cell(self, cell: Json, at: str) -> Slotted:
        if not isinstance(cell, dict):
            raise InputError(f"{self.name}: {at}: is no cell; export it again")
        numbers = []
        for key, default in (("row", None), ("col", None), ("rowspan", 1), ("colspan", 1)):
            value = cell.get(key, default)
            if not isinstance(value, int) or isinstance(value, bool) or value < (0 if default is None else 1):
                raise InputError(f"{self.name}: {at}: {key} is missing or no count; export it again")
            numbers.append(value)
        text = cell.get("text", "")
        if not isinstance(text, str):
            raise InputError(f"{self.name}: {at}: text is no text; export it again")
        polygon = _polygon(cell.get("polygon"))
        row, col, rowspan, colspan = numbers
        return Slotted(
            row, col, rowspan, colspan, tidy(text), share(cell.get("confidence", 1.0)), polygon,
            (self._place(polygon),), support=share(cell.get("support", 1.0)),
        )  # fmt: skip


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _hull(polygons: Iterable[Polygon]) -> Polygon:
    boxes = [bounds(polygon) for polygon in polygons if polygon]
    if not boxes:
        return ()
    return box_polygon(
        min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)
    )


def _within(inner: Polygon, outer: Polygon) -> float:
    """The share of one outline's box that lies in another's."""
    if not inner or not outer:
        return 0.0
    a, b = bounds(inner), bounds(outer)
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    area = (a[2] - a[0]) * (a[3] - a[1])
    return width * height / area if width > 0 and height > 0 and area > 0 else 0.0


def _match(
    readings: Sequence[Reading], boxes: Sequence[Polygon], lines: Sequence[Line]
) -> dict[int, tuple[Polygon, list[Line]]]:
    """Which box and lines each cell of the HTML was made of: where the texts agree, in the order of both.

    HTML and boxes come from two models that need not agree on the number of cells; a cell whose text no box holds gets
    its lines by their text alone, and no box.
    """
    held = [[line for line in lines if _within(line.place.polygon, box) > _INSIDE] for box in boxes]
    in_boxes = ["".join(compact(line.text) for line in some) for some in held]
    in_cells = [compact(reading.text) for reading in readings]
    found: dict[int, tuple[Polygon, list[Line]]] = {}
    used: set[int] = set()
    for i, j, count in SequenceMatcher(None, in_cells, in_boxes, autojunk=False).get_matching_blocks():
        for k in range(count):
            found[i + k] = (boxes[j + k], held[j + k])
            used.update(id(line) for line in held[j + k])
    free = [line for line in lines if id(line) not in used]
    for i, text in enumerate(in_cells):
        if i in found or not text:
            continue
        run = _run(text, free)
        if run:
            found[i] = ((), run)
            free = [line for line in free if not any(line is one for one in run)]
    return found


def _run(text: str, lines: Sequence[Line]) -> list[Line]:
    """The lines, in their order, whose texts make up a text; none where it is not made up exactly."""
    for start in range(len(lines)):
        whole, run = "", []
        for line in lines[start:]:
            part = compact(line.text)
            if not text.startswith(whole + part):
                continue
            whole += part
            run.append(line)
            if whole == text:
                return run
        if len(lines) > 400:  # a page of that many free lines was not matched at all: one pass is enough
            break
    return []


def _in_order(blocks: Sequence[Table | Line]) -> list[Table | Line]:
    """Blocks from top to bottom; what has no place stays behind the block before it."""
    keyed = []
    last = float("-inf")
    for number, block in enumerate(blocks):
        places = (
            [block.place] if isinstance(block, Line) else [place for cell in block.readings for place in cell.places]
        )
        tops = [bounds(place.polygon)[1] for place in places if place.polygon]
        lefts = [bounds(place.polygon)[0] for place in places if place.polygon]
        last = min(tops) if tops else last
        keyed.append((last, min(lefts, default=0.0) if isinstance(block, Line) else 0.0, number, block))
    return [block for *_, block in sorted(keyed, key=lambda item: item[:3])]
