"""Upright Page + Grids → Tables of Readings and loose Lines.

Cells are cropped line by line: the lines inside a cell are found by projection, and each goes to the recogniser by
itself. That makes half the errors that detecting lines over the whole page makes, at a tenth of its cost.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.calibration import joined, load_calibration
from pipeline.document import Grid, Line, Place, Reading, Table, Upright
from pipeline.ink import Grey, printed
from pipeline.reader.bands import Band, find_bands, flattened
from pipeline.reader.lone import read_lone_signs
from pipeline.reader.loose import loose_bands, unseen_bands, without_guesses
from pipeline.reader.recognise import Recognise, Sure, look_again, read_bands
from pipeline.reader.rests import without_seal_rests, without_watermark_rests
from pipeline.reader.signs import pair_brackets
from pipeline.settings import ReaderSettings
from pipeline.textlayer import LayerText

__all__ = ["read_tables", "text_ink"]

Box = tuple[float, float, float, float]

# One box may run over the blanks between columns: it counts as read where two fifths of its middle are.
_COVERED = 0.4
# Print fills a seventh of the middle of its line or more; half of that in thin faces that a fax broke.
_INKED = 0.07
# A cell has its share of a lost line where it holds a tenth of it.
_PIECE = 0.1
# How sure a reading is that lacks a line, and one whose row lacks a cell.
_LOST = 0.2
_BESIDE = 0.5
# Text meets its wall where less than this many characters of paper are between; in a row of one line.
_TIGHT = 0.2
_ONE_LINE = 1.9
# A cell from which the rest of a seal or a watermark was taken.
_STAMPED = 0.5
# And one beside a wall that may be none: nineteen of twenty are right, and on unbroken pages there are none.
_UNSURE = 0.85


@dataclass(slots=True)
class _Slot:
    """A cell and the lines found in it."""

    table: int
    cell: int
    bands: list[Band] = field(default_factory=list)


def read_tables(
    upright: Upright,
    grids: Sequence[Grid],
    recognise: Recognise,
    index: int = 0,
    settings: ReaderSettings | None = None,
    layer: LayerText | None = None,
    sure: Sure | None = None,
    ink: Grey | None = None,
) -> tuple[tuple[Table | Line, ...], bool]:
    """Read every cell of the grids, and the lines outside them; in reading order.

    `layer` is a digital page's text layer: where it is sound for a line, the recogniser is not asked. Returns the
    blocks and whether any line came from the layer. `sure` turns the scores of a line's characters into the line's
    confidence; by default the calibration that comes with the package. `ink` is what `text_ink` returns, where that was
    asked for before (it needs no grids). Raises ModelError where the calibration is unusable.
    """
    settings = settings or ReaderSettings()
    sure = sure or load_calibration().confidence
    size = _character_size(upright)
    ink = text_ink(upright) if ink is None else ink
    slots = []
    for number, grid in enumerate(grids):
        for position, box in enumerate(grid.boxes):
            slot = _Slot(number, position)
            slot.bands = find_bands(ink, box, size)
            slots.append(slot)
    loose = loose_bands(ink, upright.lines, grids, size)
    bands = [band for slot in slots for band in slot.bands] + loose
    unseen = unseen_bands(ink, upright.lines, grids, size)
    read_bands(upright, [*bands, *unseen], recognise, index, settings, layer, sure)
    unseen = without_guesses(unseen)
    bands, loose = [*bands, *unseen], [*loose, *unseen]
    look_again(ink, [slot.bands for slot in slots], size, recognise, sure)
    alone = [(slot.table, grids[slot.table].cells[slot.cell], slot.bands) for slot in slots]
    read_lone_signs(alone, size, recognise, sure)
    rests = without_seal_rests(upright, upright.ink, bands) | without_watermark_rests(upright.ink, bands, size)
    placed = [(slot, grids[slot.table].boxes[slot.cell]) for slot in slots]
    cut = _cells_with_lost_lines(ink, upright.lines, placed, bands, size)
    beside = _rows_with_text_beside(placed, grids, loose)
    parted = _cells_that_part_a_line(upright.lines, placed, size)
    tables: list[Table | Line] = []
    for number, grid in enumerate(grids):
        readings = []
        for slot in (slot for slot in slots if slot.table == number):
            cell = grid.cells[slot.cell]
            lines = [(band, band.line) for band in slot.bands if band.line is not None and band.line.text]
            # A bracket may open on one line and close on the next.
            text = pair_brackets(_join(lines, size))
            stamped = any(id(band) in rests for band in slot.bands)
            notes = ("ink-no-text",) if slot.bands and not lines and not stamped else ()
            confidence = 0.0 if notes else joined(line.confidence for _, line in lines)
            if stamped:
                notes, confidence = (*notes, "seal"), min(_STAMPED, confidence)
            if id(slot) in cut:
                notes, confidence = (*notes, "line-lost"), min(_LOST, confidence)
            if id(slot) in beside:
                notes, confidence = (*notes, "text-beside"), min(_BESIDE, confidence)
            if id(slot) in parted:
                notes, confidence = (*notes, "wall-unsure"), min(_BESIDE, confidence)
            elif grid.doubtful and grid.doubtful[slot.cell]:
                notes, confidence = (*notes, "wall-unsure"), min(_UNSURE, confidence)
            place = Place(page=index, polygon=cell.polygon)
            readings.append(Reading(cell, text, confidence, (place,), tuple(line for _, line in lines), notes))
        tables.append(Table(tuple(readings), grid.n_rows, grid.n_cols, grid.ruled))
    ordered: list[tuple[float, float, Table | Line]] = [
        (min(box[1] for box in grid.boxes), min(box[0] for box in grid.boxes), table)
        for grid, table in zip(grids, tables, strict=True)
    ]
    ordered += [(band.y0, band.x0, band.line) for band in loose if band.line is not None and band.line.text]
    return tuple(block for _, _, block in _reading_order(ordered, size)), any(band.said for band in bands)


def _cells_with_lost_lines(
    ink: Grey, lines: NDArray[np.float64], slots: Sequence[tuple[_Slot, Box]], bands: Sequence[Band], size: float
) -> set[int]:
    """The ids of slots that hold a piece of a line which the detector saw and no reading covers.

    Where a ruling was seen that is none, it cuts a line of text lengthwise, and neither half looks like text: a
    sentence is missing and everything else is read with confidence. The detector looks at the page without cells.
    """
    read = np.array([(b.x0, b.y0, b.x1, b.y1) for b in bands if b.line is not None and b.line.text], np.float64)
    found: set[int] = set()
    for quad in lines:
        core = _core(quad, size)
        if core is None:
            continue
        area = (core[2] - core[0]) * (core[3] - core[1])
        if len(read) and _overlap(read, core).sum() >= _COVERED * area:
            continue
        window = printed(ink[max(0, int(core[1])) : int(core[3]) + 1, max(0, int(core[0])) : int(core[2]) + 1])
        if not window.size or window.mean() < _INKED:
            continue  # a seal or a watermark that was lifted off
        # The cells on both sides of the ruling that cut it.
        around = (core[0], core[1] - 0.5 * size, core[2], core[3] + 0.5 * size)
        found |= {id(slot) for slot, box in slots if _overlap(np.array([box]), around)[0] >= _PIECE * area}
    return found


def _cells_that_part_a_line(lines: NDArray[np.float64], placed: Sequence[tuple[_Slot, Box]], size: float) -> set[int]:
    """The ids of slots side by side whose texts meet at their wall, where the detector saw one line across it.

    In a row hardly higher than its text a character's stroke reaches from ruling to ruling, and passes for a wall where
    the rows below have one: 瑞|城高新区烈士陵园管理处. Forms leave paper on both sides of a wall, or on one.
    """
    filled = [(slot, box) for slot, box in placed if slot.bands]
    low = [(slot, box) for slot, box in filled if box[3] - box[1] <= _ONE_LINE * size]
    ends = [(slot, box) for slot, box in low if box[2] - max(band.x1 for band in slot.bands) <= _TIGHT * size]
    starts = [(slot, box) for slot, box in filled if min(band.x0 for band in slot.bands) - box[0] <= _TIGHT * size]
    cores = [core for quad in lines if (core := _core(quad, size)) is not None] if ends and starts else []
    found: set[int] = set()
    for one, box in ends:
        across = [c for c in cores if c[0] < box[2] < c[2] and box[1] < c[1] and c[3] < box[3]]
        for other, beside in starts if across else ():
            if other.table != one.table or abs(beside[0] - box[2]) > 0.5 * size:
                continue
            if max(abs(beside[1] - box[1]), abs(beside[3] - box[3])) <= 0.5 * size:
                found |= {id(one), id(other)}
    return found


def _rows_with_text_beside(
    placed: Sequence[tuple[_Slot, Box]], grids: Sequence[Grid], loose: Sequence[Band]
) -> set[int]:
    """The ids of slots in whose rows a line of text stands outside the table, to its left or right.

    No form prints anything there: a table without outer rulings has lost a column, and the row lacks a cell.
    """
    found: set[int] = set()
    for band in loose:
        if band.line is None or not band.line.text:
            continue
        middle = (band.y0 + band.y1) / 2
        for number, grid in enumerate(grids):
            if min(box[1] for box in grid.boxes) < middle < max(box[3] for box in grid.boxes):
                found |= {id(s) for s, box in placed if s.table == number and box[1] < middle < box[3]}
    return found


def _core(quad: NDArray[np.float64], size: float) -> Box | None:
    """The middle of a detector's box, where text must be; None where it is too small to say, or stands upright.

    The detector's boxes reach up to a character beyond the text to every side.
    """
    (x0, y0), (x1, y1) = quad.min(axis=0), quad.max(axis=0)
    if y1 - y0 > 2.5 * size or x1 - x0 < 3 * size:
        return None
    middle = (y0 + y1) / 2
    return x0 + size, middle - 0.3 * size, x1 - size, middle + 0.3 * size


def _overlap(boxes: NDArray[np.float64], box: Box) -> NDArray[np.float64]:
    """Areas that the boxes (n, 4) share with a box; all are x0, y0, x1, y1."""
    wide = np.minimum(boxes[:, 2], box[2]) - np.maximum(boxes[:, 0], box[0])
    high = np.minimum(boxes[:, 3], box[3]) - np.maximum(boxes[:, 1], box[1])
    shared: NDArray[np.float64] = np.maximum(wide, 0.0) * np.maximum(high, 0.0)
    return shared


def _reading_order(
    blocks: list[tuple[float, float, Table | Line]], size: float
) -> list[tuple[float, float, Table | Line]]:
    """From top to bottom; what stands side by side from left to right."""
    blocks = sorted(blocks, key=lambda block: (block[0], block[1]))
    ordered: list[tuple[float, float, Table | Line]] = []
    row: list[tuple[float, float, Table | Line]] = []
    for block in blocks:
        if row and block[0] - row[0][0] > 0.6 * size:
            ordered += sorted(row, key=lambda item: item[1])
            row = []
        row.append(block)
    return ordered + sorted(row, key=lambda item: item[1])


def text_ink(upright: Upright) -> Grey:
    """The page's ink as lines of text are cut from it: without shading and watermarks."""
    return flattened(upright.ink, _character_size(upright))


def _character_size(upright: Upright) -> float:
    """Height of a full character's ink."""
    return upright.text_height / 1.2


def _join(lines: Sequence[tuple[Band, Line]], size: float) -> str:
    """Join a cell's wrapped lines; a new paragraph begins where a line stops short or the next is indented."""
    if not lines:
        return ""
    left = min(band.x0 for band, _ in lines)
    right = max(band.x1 for band, _ in lines)
    text = lines[0][1].text
    for (above, _), (below, line) in itertools.pairwise(lines):
        aligned = above.x0 - left < 2.6 * size and below.x0 - left < 2.6 * size
        short = right - above.x1 > 1.6 * size and aligned and below.x0 - left < 0.5 * size and right - left > 8 * size
        indented = 1.3 * size < below.x0 - left < 2.6 * size and right - left > 8 * size and aligned
        if short or indented:
            text += "\n" + line.text
        elif text[-1:].isascii() and text[-1:].isalpha() and line.text[:1].isascii() and line.text[:1].isalpha():
            text += " " + line.text
        else:
            text += line.text
    return text
