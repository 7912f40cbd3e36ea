"""Pieces of text with their boxes, and what is measured on them: character height, lines side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Box = tuple[float, float, float, float]

# Lines of one cell follow each other closer than this many characters' heights, where the page does not tell.
WRAP_GAP = 0.35


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of text or a part of one, or several lines that go on each other, with the box around it.

    `keys` are the caller's numbers of its parts. `text` is empty where nobody has read it yet.
    """

    keys: tuple[int, ...]
    box: Box
    text: str = ""
    lines: tuple[Box, ...] = ()  # its lines, where it has several
    texts: tuple[str, ...] = ()  # and what they say

    @property
    def middle(self) -> float:
        """The height at which its middle stands."""
        return (self.box[1] + self.box[3]) / 2

    @property
    def width(self) -> float:
        """How wide it is."""
        return self.box[2] - self.box[0]


@dataclass(slots=True)
class Placed:
    """A piece with its slot: first row and column, and how many of each it has."""

    piece: Piece
    row: int
    col: int
    rowspan: int = 1
    colspan: int = 1
    doubt: bool = False

    @property
    def rows(self) -> range:
        """The rows that it has."""
        return range(self.row, self.row + self.rowspan)

    @property
    def columns(self) -> range:
        """The columns that it has."""
        return range(self.col, self.col + self.colspan)


@dataclass(frozen=True, slots=True)
class Scale:
    """A page's measures: a character's height, and the gap up to which lines are one cell's (None: not to be told)."""

    size: float
    wrap: float | None


def space(above: Piece, below: Piece, size: float) -> float:
    """The space between two lines in characters' heights, by their middles: outlines are generous, middles are not."""
    return (below.middle - above.middle) / size - 1.0


def around(boxes: Sequence[Box]) -> Box:
    """Return the box around boxes."""
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def character(pieces: Sequence[Piece]) -> float:
    """The height of a character: half of all lines are at least nearly as high; a dash or 一 is not."""
    heights = sorted(p.box[3] - p.box[1] for p in pieces)
    return max(heights[len(heights) // 2], 1e-6)


def is_vertical(piece: Piece, size: float) -> bool:
    """Tell whether a piece is a label written downwards: several characters in a box higher than wide."""
    width, height = piece.width, piece.box[3] - piece.box[1]
    return len(piece.text) != 1 and height > 2.2 * size and height > 1.5 * width


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
    """Tell whether two pieces are on one line: their middles are closer than half of the lower one's height."""
    height = min(one.box[3] - one.box[1], other.box[3] - other.box[1])
    return abs(one.middle - other.middle) <= max(height / 2, 1e-6)
