"""How high rows are: so many lines and some padding, the same on a whole page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pipeline.alignment.names import is_level
from pipeline.alignment.pieces import Piece

# Middles of texts that stand in one row differ by less than this (characters' heights): outlines hold the ink, and that
# of 一 or of a number is not as high as that of other characters.
LEVEL = 0.25
# Line pitch where no text of the page is wrapped: office programs set 1.15 to 1.5.
_PITCH = 1.3
# Rows' paddings are alike to this (both sides together), and never more than a row and a half.
_ALIKE, _MOST_PADDING = 0.15, 2.5
# Padding where no two rows follow each other.
_USUAL = 0.4
# Values count as many from this share of the commonest one's number on.
_MANY = 0.45


# A padding that two rows tell, and how many texts the poorer one has.
_Told = tuple[float, int]


@dataclass(slots=True)
class Level:
    """Pieces whose middles (or, in tables set to the top, whose first lines) are at one height."""

    pieces: list[Piece]
    at: float

    def counts(self) -> list[int]:
        """How many lines the row may have by its pieces; one of more lines may span several rows."""
        return sorted({lines_of(piece) for piece in self.pieces})


@dataclass(frozen=True, slots=True)
class Heights:
    """A page's row heights: `pitch` a line, `padding` above and below together, and never less than `least`."""

    pitch: float
    padding: float
    least: float

    def of(self, lines: int) -> float:
        """The height of a row of so many lines."""
        return max(lines * self.pitch + self.padding, self.least)


def lines_of(piece: Piece) -> int:
    """How many lines a piece has."""
    return max(1, len(piece.lines))


def anchor(piece: Piece, top: bool) -> float:
    """The height that pieces of one row share: their middle, or their first line's in a table set to the top."""
    if top and piece.lines:
        return (piece.lines[0][1] + piece.lines[0][3]) / 2
    return piece.middle


def levels(pieces: Sequence[Piece], size: float, top: bool) -> list[Level]:
    """Gather the pieces that stand at one height, from top to bottom."""
    found: list[Level] = []
    for piece in sorted(pieces, key=lambda p: anchor(p, top)):
        if found and anchor(piece, top) - found[-1].at < LEVEL * size:
            found[-1].pieces.append(piece)
        else:
            found.append(Level([piece], anchor(piece, top)))
    for level in found:
        level.at = median(anchor(piece, top) for piece in level.pieces)
    return found


def measure(found: Sequence[Level], size: float, top: bool) -> Heights:
    """Measure the row heights of a page by the distances of rows that follow each other."""
    pitches = [(b[1] + b[3] - a[1] - a[3]) / 2 for level in found for p in level.pieces for a, b in pairwise(p.lines)]
    pitch = median(pitches) if pitches else _PITCH * size
    # Levels of two grids stand level with each other amid their rows: they tell no row.
    sure = [level for level in found if sum(not is_level(piece.text) for piece in level.pieces) > 1]
    if len(sure) < 2:
        sure = [level for level in found if len(level.pieces) > 1] or list(found)
    single: list[_Told] = []
    several: list[_Told] = []
    for above, below in pairwise(sure):
        one, other = max(above.counts()), max(below.counts())
        # In the middle style half of each row lies between, in the other the whole upper one.
        lines = one if top else (one + other) / 2
        padding = below.at - above.at - lines * pitch
        if -0.1 * size <= padding <= _MOST_PADDING * size:
            # Labels between rows, two or three of them, tell less than rows that are full.
            weight = min(len(above.pieces), len(below.pieces))
            (single if one == other == 1 else several).append((max(0.0, padding), weight))
    told = _mode(several, size) if len(several) > 1 else _mode([*single, *several], size)
    lone = _mode(single, size)
    # Labels of merged cells count as lines of rows, too: what rows of one line have is likelier where it fits as well.
    same = [(value, weight) for value, weight in several if lone is not None and abs(value - lone) < _ALIKE * size]
    if lone is not None and _weight(same) > _MANY / 2 * _weight(several) and len(same) > 1:
        told = median([lone, *(value for value, _ in same)])
    padding = _USUAL * size if told is None else told
    # A least height of rows shows in those of one line only, and then in all of them.
    alike = any(abs(value - padding) < _ALIKE * size for value, _ in single)
    least = padding if alike else lone
    return Heights(pitch, padding, pitch + (padding if least is None else least))


def _weight(told: Sequence[_Told]) -> int:
    return sum(weight for _, weight in told)


def _mode(told: Sequence[_Told], size: float) -> float | None:
    """The least value that many others are like: rows that were passed over make the distances of others greater."""
    likes = [[one for one in told if abs(one[0] - value) < _ALIKE * size] for value, _ in sorted(told)]
    most = max(map(_weight, likes), default=0)
    return next((median(value for value, _ in like) for like in likes if _weight(like) > _MANY * most), None)
