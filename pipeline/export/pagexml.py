"""Pages as PAGE XML (2019-07-15): tables with their cells, spans and lines, for tools that show or correct layout.

A cell that was corrected holds the corrected text first (`index="0"`) and what was read second (`index="1"`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from xml.sax.saxutils import XMLGenerator

from pipeline.decisions import place_text
from pipeline.document import Line, PageReading, Polygon, Reading, Table
from pipeline.export.celltext import legal_text
from pipeline.export.masking import text_masker
from pipeline.export.whole import whole_file
from pipeline.records import Record, Where

_NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
# The schema wants a time. The same pages give the same file, byte for byte, so it is always this one.
_EPOCH = "2000-01-01T00:00:00"


def write_page_xml(
    page: PageReading, path: Path, records: Iterable[Record] = (), *, mask_personal: bool = False
) -> bool:
    """Write one page; return False where it is no picture (a text has no coordinates to write), and write nothing.

    `records` are those of the page's document: their corrected values stand in the cells. With `mask_personal` names
    and numbers of people are masked in every text. Raises PipelineError when the file cannot be written.
    """
    if page.size is None:
        return False
    records = list(records)
    maskers = [text_masker(record) for record in records] if mask_personal else []
    writer = _Writer(page, corrected_values(records, page.index + 1), maskers)
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="\n") as out:
        writer.write(XMLGenerator(out, "utf-8", short_empty_elements=True))
    return True


def corrected_values(records: Iterable[Record], page: int) -> dict[str, tuple[str, str]]:
    """What stands in the records for the cells of a page: place -> (raw, value), where the two differ."""
    found: dict[str, tuple[str, str]] = {}

    def note(places: Iterable[Where], raw: str, value: str) -> None:
        here = [where for where in places if where.polygon]
        # A cell that a page break cuts has its value in two places; neither of them holds it whole.
        if len(here) == 1 and here[0].page == page and raw != value:
            found[place_text(here[0])] = (raw, value)

    for record in records:
        entries = {entry.at: entry for entry in record.repairs if entry.status == "repaired"}
        for number, row in enumerate(record.indicators):
            for part, cell in row.cells.items():
                if cell.status != "repaired" or (entry := entries.get(f"indicators[{number}].{part}")) is None:
                    continue
                # A weight or a placeholder printed beside a name is part of its cell and stays there.
                value = cell.raw.replace(entry.raw, entry.value, 1) if entry.raw in cell.raw else entry.value
                note(cell.where, cell.raw, value)
        for value_ in record.fields.values():
            note(value_.where, value_.raw, value_.value)
    return found


class _Writer:
    def __init__(
        self, page: PageReading, corrected: Mapping[str, tuple[str, str]], maskers: list[Callable[[str], str]]
    ) -> None:
        self._page, self._corrected, self._maskers = page, corrected, maskers
        assert page.size is not None
        self._width, self._height = page.size

    def write(self, xml: XMLGenerator) -> None:
        self._xml, self._depth = xml, 0
        xml.startDocument()
        self._open("PcGts", {"xmlns": _NAMESPACE})
        self._open("Metadata")
        for name, text in (("Creator", "zhibiao"), ("Created", _EPOCH), ("LastChange", _EPOCH)):
            self._text(name, text)
        self._close("Metadata")
        name = Path(self._page.file).name
        size = {"imageWidth": str(self._width), "imageHeight": str(self._height)}
        self._open("Page", {"imageFilename": legal_text(name), **size})
        self._reading_order()
        for number, block in enumerate(self._page.blocks):
            if isinstance(block, Table):
                self._table(block, f"r{number}")
            else:
                self._open("TextRegion", {"id": f"r{number}"})
                self._coords(block.place.polygon)
                self._line(block, f"r{number}l0")
                self._equiv(block.text, block.confidence)
                self._close("TextRegion")
        self._close("Page")
        self._close("PcGts")
        xml.endDocument()

    def _reading_order(self) -> None:
        if not self._page.blocks:
            return
        self._open("ReadingOrder")
        self._open("OrderedGroup", {"id": "order"})
        for number in range(len(self._page.blocks)):
            self._empty("RegionRefIndexed", {"index": str(number), "regionRef": f"r{number}"})
        self._close("OrderedGroup")
        self._close("ReadingOrder")

    def _table(self, table: Table, name: str) -> None:
        self._open("TableRegion", {"id": name, "rows": str(table.n_rows), "columns": str(table.n_cols)})
        points = [point for reading in table.readings for point in self._outline(reading)]
        self._coords(_box(points))
        for number, reading in enumerate(table.readings):
            self._cell(reading, f"{name}c{number}")
        self._close("TableRegion")

    def _cell(self, reading: Reading, name: str) -> None:
        cell = reading.cell
        self._open("TextRegion", {"id": name})
        self._coords(self._outline(reading))
        self._open("Roles")
        self._empty(
            "TableCellRole",
            {"rowIndex": str(cell.row), "columnIndex": str(cell.col), "rowSpan": str(cell.rowspan),
             "colSpan": str(cell.colspan)},
        )  # fmt: skip
        self._close("Roles")
        found = self._corrected.get(_place(self._outline(reading)))
        for number, line in enumerate(reading.lines):
            self._line(line, f"{name}l{number}")
        if found is not None and found[0] == reading.text:
            self._equiv(found[1], 1.0, 0)
            self._equiv(reading.text, reading.confidence, 1)
        elif reading.text:
            self._equiv(reading.text, reading.confidence)
        self._close("TextRegion")

    @staticmethod
    def _outline(reading: Reading) -> Polygon:
        if reading.places and reading.places[0].polygon:
            return reading.places[0].polygon
        return reading.cell.polygon

    def _line(self, line: Line, name: str) -> None:
        self._open("TextLine", {"id": name})
        self._coords(line.place.polygon)
        self._equiv(line.text, line.confidence)
        self._close("TextLine")

    def _coords(self, polygon: Polygon) -> None:
        # What was read without a place stands somewhere on the page.
        corners = polygon or ((0, 0), (self._width, 0), (self._width, self._height), (0, self._height))
        points = " ".join(
            f"{min(max(round(x), 0), self._width)},{min(max(round(y), 0), self._height)}" for x, y in corners
        )
        self._empty("Coords", {"points": points})

    def _equiv(self, text: str, confidence: float, index: int | None = None) -> None:
        for masked in self._maskers:
            text = masked(text)
        order = {} if index is None else {"index": str(index)}
        self._open("TextEquiv", {**order, "conf": f"{confidence:.2f}"})
        self._text("Unicode", legal_text(text))
        self._close("TextEquiv")

    def _indent(self) -> None:
        self._xml.ignorableWhitespace("\n" + " " * self._depth)

    def _open(self, name: str, attributes: Mapping[str, str] | None = None) -> None:
        self._indent()
        self._xml.startElement(name, dict(attributes or {}))  # type: ignore[arg-type]  # any mapping serves
        self._depth += 1

    def _close(self, name: str) -> None:
        self._depth -= 1
        self._indent()
        self._xml.endElement(name)

    def _empty(self, name: str, attributes: Mapping[str, str]) -> None:
        self._indent()
        self._xml.startElement(name, dict(attributes))  # type: ignore[arg-type]
        self._xml.endElement(name)

    def _text(self, name: str, text: str) -> None:
        self._indent()
        self._xml.startElement(name, {})  # type: ignore[arg-type]
        self._xml.characters(text)
        self._xml.endElement(name)


def _box(points: list[tuple[float, float]]) -> Polygon:
    if not points:
        return ()
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return ((min(xs), min(ys)), (max(xs), min(ys)), (max(xs), max(ys)), (min(xs), max(ys)))


def _place(polygon: Polygon) -> str:
    return place_text(Where(polygon=[(round(x, 1), round(y, 1)) for x, y in polygon])) if polygon else ""
