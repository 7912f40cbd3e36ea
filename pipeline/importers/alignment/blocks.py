"""One cell in the making."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.document import Place
from pipeline.importers.alignment.pieces import Piece, around, visual_rows
from pipeline.importers.common import Slotted, bounds, box_polygon, by_position, join_lines

# A table that was guessed from places is right in nine rows of ten at best (docs/levels.md): all its cells ask for a
# look (review_confidence), those that fit their rows badly first.
_GUESSED, _DOUBT = 0.79, 0.6


@dataclass(slots=True)
class Block:
    """One cell in the making: its lines from top to bottom, its columns, its rows."""

    pieces: list[Piece]
    col: int
    colspan: int = 1
    row: int = 0
    rowspan: int = 1
    doubt: bool = False

    @property
    def top(self) -> float:
        """Where its text begins."""
        return min(p.box[1] for p in self.pieces)

    @property
    def bottom(self) -> float:
        """Where its text ends."""
        return max(p.box[3] for p in self.pieces)

    @property
    def middle(self) -> float:
        """The height at which its text's middle stands."""
        return (self.top + self.bottom) / 2


def slotted(block: Block) -> Slotted:
    """Return a block as a cell of a table; its guessed slot takes part of its confidence."""
    lines = [line for row in visual_rows(block.pieces) for piece in row for line in by_position(piece.lines)]
    polygon = box_polygon(*around([bounds(line.place.polygon) for line in lines]))
    place = Place(page=lines[0].place.page, polygon=polygon)
    confidence = min(_DOUBT if block.doubt else _GUESSED, *(line.confidence for line in lines))
    return Slotted(
        block.row,
        block.col,
        block.rowspan,
        block.colspan,
        join_lines(lines),
        confidence,
        polygon,
        (place,),
        tuple(lines),
    )
