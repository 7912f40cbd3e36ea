"""Lines with outlines and nothing said of tables -> tables and loose lines, by how the texts stand to each other.

Nothing of the page's pixels is known here, so rulings are not (`pipeline.alignment` says what words show). Every text
comes out once, whatever the guess, and every guessed cell asks for a look.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from pipeline.alignment import Layout, Piece, Placed, around, find_layouts
from pipeline.document import Line, Place, Polygon, Table
from pipeline.importers.common import Slotted, bounds, box_polygon, by_position, join_lines, make_table

__all__ = ["join_words", "tables_of_lines"]

# All lengths are in characters' heights. Pieces of one word or sentence stand closer than this.
_WORD_GAP = 0.9
_LETTER_GAP = 0.15
# and options beside or behind a box to tick.
_CHOICE_GAP, _BOXES = 2.5, frozenset("□☐■☑√✓口")
# A table that was guessed from places is right in nine rows of ten at best (docs/levels.md): all its cells ask for a
# look (review_confidence), those that fit their rows badly first.
_GUESSED, _DOUBT = 0.79, 0.6


def tables_of_lines(lines: Sequence[Line], name: str) -> list[Table | Line]:
    """Return the tables and the loose lines that these lines of one page make up, from top to bottom.

    Lines without an outline stay loose, at the end. A table has `ruled` False; its cells say "spans" only where labels
    in the middle of their rows say so. Raises InputError, naming `name`, for a page of impossible size.
    """
    outlined = [line for line in lines if line.place.polygon and line.text]
    rest = [line for line in lines if line.text and not line.place.polygon]
    if not outlined:
        return list(rest)
    turn = _skew(outlined)
    pieces = [Piece((i,), bounds(_turned(line.place.polygon, turn)), line.text) for i, line in enumerate(outlined)]
    blocks: list[Table | Line] = []
    for found in find_layouts(pieces):
        if isinstance(found, Layout):
            blocks.append(_table(found, outlined, name))
        else:
            blocks.extend(outlined[key] for key in found.keys)
    return [*blocks, *rest]


def _table(layout: Layout, lines: Sequence[Line], name: str) -> Table:
    known = any(cell.rowspan > 1 for cell in layout.cells) and not any(cell.doubt for cell in layout.cells)
    return make_table([_slotted(cell, lines) for cell in layout.cells], name, ruled=False, spans=known)


def _slotted(cell: Placed, lines: Sequence[Line]) -> Slotted:
    """Return a cell with its text; its guessed slot takes part of its confidence."""
    own = by_position([lines[key] for key in cell.piece.keys])
    polygon = box_polygon(*around([bounds(line.place.polygon) for line in own]))
    place = Place(page=own[0].place.page, polygon=polygon)
    sure = min(_DOUBT if cell.doubt else _GUESSED, *(line.confidence for line in own))
    return Slotted(cell.row, cell.col, cell.rowspan, cell.colspan, join_lines(own), sure, polygon, (place,), tuple(own))


def _skew(lines: Sequence[Line]) -> float:
    """The angle (radians) that the page's lines run at, by the upper edges of long lines; 0 where boxes are upright."""
    angles = []
    for line in lines:
        if len(line.place.polygon) != 4:
            continue
        (x0, y0), (x1, y1), _, (x3, y3) = line.place.polygon
        # A box of one or two characters is too short to tell a pixel's error from a slope.
        if x1 - x0 > 2.5 * math.hypot(x3 - x0, y3 - y0) and abs(y1 - y0) < 0.2 * (x1 - x0):
            angles.append(math.atan2(y1 - y0, x1 - x0))
    return median(angles) if len(angles) >= 3 else 0.0


def _turned(polygon: Polygon, angle: float) -> Polygon:
    """Return a polygon turned back by an angle in radians."""
    if not angle:
        return polygon
    cos, sin = math.cos(angle), math.sin(angle)
    return tuple((x * cos + y * sin, y * cos - x * sin) for x, y in polygon)


def join_words(words: Sequence[Line]) -> list[Line]:
    """Join the words of one line into pieces: a wide gap between two of them is another column's.

    Words without an outline are joined to the one before them.
    """
    pieces: list[list[Line]] = []
    heights = [b[3] - b[1] for b in (bounds(w.place.polygon) for w in words if w.place.polygon)]
    size = max(median(heights), max(heights) * 0.6) if heights else 1.0
    for word in words:
        last = pieces[-1][-1] if pieces else None
        # Options with their boxes stand apart in one cell.
        wide = _CHOICE_GAP if last is not None and _is_choice(last.text, word.text) else _WORD_GAP
        if last is None or _gap(last, word) > wide * size:
            pieces.append([word])
        else:
            pieces[-1].append(word)
    return [_joined(piece) for piece in pieces]


def _is_choice(left: str, right: str) -> bool:
    return left[-1:] in _BOXES or right[:1] in _BOXES


def _gap(left: Line, right: Line) -> float:
    if not left.place.polygon or not right.place.polygon:
        return 0.0
    return bounds(right.place.polygon)[0] - bounds(left.place.polygon)[2]


def _joined(words: Sequence[Line]) -> Line:
    text = words[0].text
    for last, word in pairwise(words):
        # Digits and letters are set apart by what stands between them; Chinese characters never.
        height = max(
            (b[3] - b[1] for b in (bounds(w.place.polygon) for w in (last, word) if w.place.polygon)), default=0.0
        )
        apart = not height or _gap(last, word) > _LETTER_GAP * height
        latin = text[-1:].isascii() and word.text[:1].isascii() and text[-1:].isalnum() and word.text[:1].isalnum()
        text += (" " if latin and apart else "") + word.text
    boxes = [bounds(w.place.polygon) for w in words if w.place.polygon]
    polygon = box_polygon(*around(boxes)) if boxes else ()
    return Line(text, replace(words[0].place, polygon=polygon), min(w.confidence for w in words))
