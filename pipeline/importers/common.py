"""What all importers share: bytes in, safe XML, tables whose cells tile, wrapped lines joined."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.document import Cell, Line, Place, Polygon, Problem, Reading, Table
from pipeline.errors import InputError
from pipeline.htmltext import HtmlTable
from pipeline.settings import ImportSettings

# A form of 30 pages has 1,500 rows; the widest sheet seen has 60 columns. A table that claims more is a mistake or a
# bomb.
MAX_ROWS, MAX_COLS, MAX_SLOTS = 200_000, 2_000, 2_000_000
_DECLARATION = re.compile(r"^\s*<\?xml\b[^>]*\?>")
_ENCODING = re.compile(rb"""^[\s\xef\xbb\xbf]*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{2,40})["']""")


@dataclass(frozen=True, slots=True)
class Slotted:
    """One cell on its way into a table: its slot and span as the file says, and what stands in it."""

    row: int
    col: int
    rowspan: int
    colspan: int
    text: str
    confidence: float = 1.0
    polygon: Polygon = ()
    places: tuple[Place, ...] = ()
    lines: tuple[Line, ...] = ()
    support: float = 1.0


def read_file(path: Path, settings: ImportSettings) -> bytes:
    """Return a file's bytes. Raises InputError for a missing, empty or too large file."""
    try:
        size = path.stat().st_size
        if size > settings.max_file_bytes:
            raise InputError(
                f"{path}: is larger than {settings.max_file_bytes >> 20} MB, which no form's export is; "
                "split it by document"
            )
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    if not content.strip(b"\x00\t\r\n "):
        raise InputError(f"{path}: is empty; export it again")
    return content


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a file's bytes."""
    return hashlib.sha256(content).hexdigest()


def decode(content: bytes, path: Path) -> str:
    """Return the text of a markup or JSON file: its byte-order mark or declaration first, then UTF-8, then GB18030.

    Raises InputError, naming the line, where it is none of them.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        declared = _ENCODING.match(content)
        encodings = ["utf-8-sig", "gb18030"]
        if declared:
            encodings.insert(0, declared.group(1).decode())
    failed = 0
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            failed = max(failed, error.start)
        except (LookupError, ValueError):  # an encoding that nobody knows, or a codec that is none for text
            continue
        else:
            return text.removeprefix("\ufeff").replace("\x00", "")
    line = content[:failed].count(b"\n") + 1
    raise InputError(f"{path}:{line}: is neither in the encoding it declares nor UTF-8; export it again as UTF-8")


def parse_xml(text: str, path: Path) -> tuple[Any, Problem | None]:
    """Return the root of an XML text, and where it is damaged what was noticed; no entity and no network is ever used.

    A damaged file is read as far as it can be. Raises InputError where it declares entities or holds no element.
    """
    from lxml import etree

    if re.search(r"<!(?:DOCTYPE|ENTITY)", text):
        raise InputError(f"{path}: declares a document type or entities, which this format has not; export it again")
    source = _DECLARATION.sub(lambda m: re.sub(r"[^\n]", "", m.group()), text).encode()
    options = {
        "resolve_entities": False,
        "no_network": True,
        "load_dtd": False,
        "huge_tree": False,
        "remove_comments": True,
    }
    try:
        return etree.fromstring(source, etree.XMLParser(remove_pis=True, **options)), None
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
    try:
        root = etree.fromstring(source, etree.XMLParser(recover=True, remove_pis=True, **options))
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        raise InputError(f"{path}:{line}: is damaged, nothing of it can be read; export it again")
    message = f"{path}:{line}: the file is damaged or cut off here; what could be read was read, export it again"
    return root, Problem("import.damaged", message)


def tidy(text: str) -> str:
    """Return a text with its line breaks as paragraphs, blanks at their ends taken off, runs of blanks as one."""
    lines = (re.sub(r"[ \t\u00a0\u3000]+", " ", line).strip() for line in re.split(r"[\r\n\v\f\u2028\u2029]+", text))
    return "\n".join(line for line in lines if line)


def compact(text: str) -> str:
    """Return a text without white space, to compare readings by."""
    return "".join(text.split())


def box_polygon(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    """Return a box as a polygon, clockwise from the top left."""
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def bounds(polygon: Polygon) -> tuple[float, float, float, float]:
    """Return a polygon's box x0, y0, x1, y1; the polygon is not empty."""
    xs = [x for x, _ in polygon]
    ys = [y for _, y in polygon]
    return min(xs), min(ys), max(xs), max(ys)


def share(value: object) -> float:
    """Return a confidence as a share of one; percentages are turned into one, nonsense is no doubt."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return 1.0
    if not math.isfinite(number):
        return 1.0
    return round(min(max(number / 100 if number > 1 else number, 0.0), 1.0), 2)


def make_table(
    cells: Iterable[Slotted],
    name: str,
    *,
    ruled: bool = True,
    spans: bool | None = None,
    blank_place: Callable[[int, int], Place] | None = None,
) -> Table:
    """Put cells into a table whose readings tile it: slots that nobody claims are blank cells, placed by `blank_place`.

    Texts that claim a slot already taken go into the cell that has it. `spans`: whether merged cells are known; None:
    they are where a span is stated and nothing overlaps. Raises InputError, naming `name`, for a table of impossible
    size.
    """
    ordered = sorted(cells, key=lambda cell: (cell.row, cell.col))
    owner: dict[tuple[int, int], int] = {}
    kept: list[Slotted] = []
    sound = True
    for cell in ordered:
        _check_size(cell.row + cell.rowspan, cell.col + cell.colspan, name)
        taken = owner.get((cell.row, cell.col))
        if taken is not None:
            sound = False
            kept[taken] = _joined(kept[taken], cell)
            continue
        _check_size(cell.rowspan, cell.colspan, name, area=True)
        slots = [(cell.row + i, cell.col + j) for i in range(cell.rowspan) for j in range(cell.colspan)]
        if any(slot in owner for slot in slots):
            sound = False
            slots = slots[:1]
        owner.update(dict.fromkeys(slots, len(kept)))
        kept.append(cell if len(slots) > 1 else replace(cell, rowspan=1, colspan=1))
        _check_size(1, len(owner), name, area=True)
    n_rows = max((cell.row + cell.rowspan for cell in kept), default=0)
    n_cols = max((cell.col + cell.colspan for cell in kept), default=0)
    _check_size(n_rows, n_cols, name, area=True)
    stated = any(cell.rowspan > 1 or cell.colspan > 1 for cell in kept)
    known = (sound and stated) if spans is None else spans and sound
    notes = ("spans",) if known else ()
    readings = [_reading(cell, notes) for cell in kept]
    for r, c in ((r, c) for r in range(n_rows) for c in range(n_cols) if (r, c) not in owner):
        places = (blank_place(r, c),) if blank_place else ()
        readings.append(_reading(Slotted(r, c, 1, 1, "", places=places), notes))
    readings.sort(key=lambda reading: (reading.cell.row, reading.cell.col))
    return Table(tuple(readings), n_rows, n_cols, ruled)


def _check_size(rows: int, cols: int, name: str, *, area: bool = False) -> None:
    if rows * cols > MAX_SLOTS if area else rows > MAX_ROWS or cols > MAX_COLS:
        raise InputError(f"{name}: the table claims {rows} x {cols} cells, which no form has; export it again")


def _joined(first: Slotted, second: Slotted) -> Slotted:
    text = "\n".join(text for text in (first.text, second.text) if text)
    return replace(
        first, text=text, confidence=min(first.confidence, second.confidence), lines=first.lines + second.lines,
        places=first.places + second.places,
    )  # fmt: skip


def _reading(cell: Slotted, notes: tuple[str, ...]) -> Reading:
    slot = Cell(cell.row, cell.col, cell.rowspan, cell.colspan, cell.polygon, cell.support)
    return Reading(slot, cell.text, cell.confidence, cell.places, cell.lines, notes)


def table_of_html(table: HtmlTable, place: Place) -> Table:
    """Return an HTML table as a table; all its cells have the one place that is known of it."""
    readings = tuple(
        Reading(
            Cell(cell.row, cell.col, cell.rowspan, cell.colspan), cell.text, places=(place,),
            notes=("spans",) if table.sound else (),
        )
        for cell in table.cells
    )  # fmt: skip
    return Table(readings, table.n_rows, table.n_cols)


def guessed_note(blocks: Iterable[Table | Line], name: str) -> tuple[Problem, ...]:
    """Say of a page whose tables were guessed from the places of its lines that they were."""
    if not any(isinstance(block, Table) and not block.ruled for block in blocks):
        return ()
    message = f"{name}: no table is stated here; rows and columns were inferred from where the text stands, check them"
    return (Problem("table.guessed", message),)


def join_lines(lines: Sequence[Line]) -> str:
    """Join a cell's wrapped lines; a new paragraph begins where a line stops short or the next one is indented.

    Without outlines every line is a paragraph: nothing says that it was wrapped.
    """
    texts = [line for line in lines if line.text]
    if not texts:
        return ""
    if any(not line.place.polygon for line in texts):
        return "\n".join(line.text for line in texts)
    boxes = [bounds(line.place.polygon) for line in texts]
    size = median(y1 - y0 for _, y0, _, y1 in boxes) or 1.0
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    # A column of less than eight characters is too narrow to tell a paragraph's end from a wrapped label.
    wide = right - left > 8 * size
    text = texts[0].text
    for i in range(1, len(texts)):
        above, below, line = boxes[i - 1], boxes[i], texts[i]
        flush = below[0] - left < 0.5 * size
        short = wide and flush and right - above[2] > 1.6 * size and above[0] - left < 2.6 * size
        indented = wide and 1.3 * size < below[0] - left < 2.6 * size and above[0] - left < 2.6 * size
        same_row = below[1] < (above[1] + above[3]) / 2 < below[3]
        if (short or indented) and not same_row:
            text += "\n" + line.text
        elif _latin(text[-1:]) and _latin(line.text[:1]):
            text += " " + line.text
        else:
            text += line.text
    return text


def _latin(character: str) -> bool:
    return character.isascii() and character.isalpha()


def by_position(lines: Iterable[Line]) -> list[Line]:
    """Return lines from top to bottom, and from left to right where they stand side by side; without place last."""
    given = list(lines)
    rest = sorted((line for line in given if line.place.polygon), key=lambda line: bounds(line.place.polygon)[1])
    ordered: list[Line] = []
    while rest:
        top = bounds(rest[0].place.polygon)
        row = [line for line in rest if _beside(top, bounds(line.place.polygon))]
        ordered.extend(sorted(row, key=lambda line: bounds(line.place.polygon)[0]))
        chosen = set(map(id, row))
        rest = [line for line in rest if id(line) not in chosen]
    return [*ordered, *(line for line in given if not line.place.polygon)]


def _beside(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    """Tell whether the other box stands on one's line: its middle lies within it, or the other way round."""
    middle, here = (other[1] + other[3]) / 2, (one[1] + one[3]) / 2
    return one[1] <= middle <= one[3] or other[1] <= here <= other[3]
