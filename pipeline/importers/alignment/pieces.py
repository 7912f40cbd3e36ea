"""Pieces of text with their boxes, and what is measured on them: character height, skew, lines side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from pipeline.document import Line, Polygon
from pipeline.importers.common import bounds, box_polygon

# All lengths are in characters' heights. Pieces of one word or sentence stand closer than this; in a distributed label
# (项　目　名　称) they stand further apart and come together again because they share their column.
_WORD_GAP = 0.9
_LETTER_GAP = 0.15
# Lines of one cell follow each other closer than the first, never further apart than the second, where the page has no
# wrapped lines to measure it on.
WRAP_GAP, ROW_GAP = 0.35, 0.8

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text with its box: a line or a part of one, or several lines that go on each other."""

    lines: tuple[Line, ...]
    box: Box

    @property
    def middle(self) -> float:
        """The height at which its middle stands."""
        return (self.box[1] + self.box[3]) / 2

    @property
    def text(self) -> str:
        """Its text, lines after each other."""
        return "".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class Scale:
    """A page's measures: a character's height, and the gap up to which lines are one cell's (None: not to be told)."""

    size: float
    wrap: float | None


def space(above: Piece, below: Piece, size: float) -> float:
    """The space between two lines in characters' heights, by their middles: outlines are generous, middles are not."""
    return (below.middle - above.middle) / size - 1.0


def skew(lines: Sequence[Line]) -> float:
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


def turned(polygon: Polygon, angle: float) -> Polygon:
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
        if last is None or _gap(last, word) > _WORD_GAP * size:
            pieces.append([word])
        else:
            pieces[-1].append(word)
    return [_joined(piece) for piece in pieces]


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


def around(boxes: Sequence[Box]) -> Box:
    """Return the box around boxes."""
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def character(pieces: Sequence[Piece]) -> float:
    """The height of a character: half of all lines are at least nearly as high; a dash or 一 is not."""
    heights = sorted(p.box[3] - p.box[1] for p in pieces)
    return max(heights[len(heights) // 2], 1e-6)


def is_vertical(piece: Piece, size: float) -> bool:
    """Tell whether a piece is a label written downwards: several characters in a box higher than wide."""
    width, height = piece.box[2] - piece.box[0], piece.box[3] - piece.box[1]
    return len(piece.text) > 1 and height > 2.2 * size and height > 1.5 * width


def visual_rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces that stand side by side, from left to right; rows from top to bottom."""
    rest = sorted(pieces, key=lambda p: (p.middle, p.box[0]))
    rows: list[list[Piece]] = []
    while rest:
        first = rest[0]
        row = [p for p in rest if _beside(first, p)]
        rows.append(sorted(row, key=lambda p: p.box[0]))
        chosen = set(map(id, row))
        rest = [p for p in rest if id(p) not in chosen]
    return rows


def _beside(one: Piece, other: Piece) -> bool:
    """Tell whether two pieces are on one line: their middles are closer than a third of the lower one's height."""
    height = min(one.box[3] - one.box[1], other.box[3] - other.box[1])
    return abs(one.middle - other.middle) <= max(height / 2, 1e-6)
