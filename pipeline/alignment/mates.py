"""Texts of one column: what stands a few rows above and below a text, and what that says of its columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.alignment.names import is_level
from pipeline.alignment.pieces import Placed

# A text is centred between walls where it is off by less.
AMID = 0.6
# Texts that are set from the left begin as close to each other as this.
_SAME_LEFT = 0.15
# Rows of one group of amounts; a further one may be another table's.
_FEW = 4
# So many texts a few rows above and below say surely whose column a text is in.
_SEVERAL = 3
# So many say which columns a text in their middle has.
_ALIKE = 2
# So many texts at least has a row of a grid.
_GRID = 3


def is_left_of(cell: Placed, placed: Sequence[Placed], hard: Sequence[Sequence[bool | None]], size: float) -> bool:
    """Tell whether a text stands left of the one middle that all have in its column where the wall before it stands.

    Fields' labels above a grid do, whose cells take the column of 绩效指标, too.
    """
    wall = cell.col - 1
    middles = [
        (other.piece.box[0] + other.piece.box[2]) / 2
        for other in placed
        if (other.col, other.colspan) == (cell.col, cell.colspan) and hard[other.row][wall] is True
    ]
    own = (cell.piece.box[0] + cell.piece.box[2]) / 2
    return len(middles) >= _SEVERAL and max(middles) - min(middles) < AMID * size and own < min(middles) - AMID * size


def _amid(size: float, one: Placed, other: Placed) -> bool:
    """Tell whether two texts have one middle."""
    return abs(one.piece.box[0] + one.piece.box[2] - other.piece.box[0] - other.piece.box[2]) < 2 * _SAME_LEFT * size


def at_left(cell: Placed, placed: Sequence[Placed], size: float) -> bool:
    """Tell whether a text begins where other, longer or shorter ones of its column do: it is no centred one."""
    left, _, right, _ = cell.piece.box
    rights = sorted(
        other.piece.box[2]
        for other in placed
        if (other.col, other.colspan) == (cell.col, cell.colspan)
        and abs(other.piece.box[0] - left) < _SAME_LEFT * size
        and abs(other.piece.box[2] - right) > 0.5 * size
    )
    # Centred texts of one length begin at one place, too.
    return len(rights) > 1 and rights[-1] - rights[0] > 0.5 * size


def in_column(cell: Placed, columns: range, placed: Sequence[Placed], size: float) -> bool:
    """Tell whether a text stands in its column as one near it does that has a text where this one would widen.

    Blank cells beside a label are its row's own (地方资金 under 年度资金总额): all texts of the row stand in columns. A
    row of two texts is rather a field's, whose value fills what there is, but for names of levels.
    """
    own = [other for other in placed if other.row == cell.row]
    if len(own) < _GRID and not all(is_level(other.piece.text) for other in own):
        return False
    mates = _mates(cell, placed, size)
    # One of two or three texts may stand under another by chance; under and over several it is of their column.
    if len(mates) < _SEVERAL and not all(_mates(other, placed, size) for other in own):
        return False
    return any(
        other is not mate and other.row == mate.row and set(other.columns) & set(columns)
        for mate in mates
        for other in placed
    )


def _mates(cell: Placed, placed: Sequence[Placed], size: float) -> list[Placed]:
    """The texts a few rows above and below in a text's column that stand in its middle as it does."""
    return [
        other
        for other in placed
        if 0 < abs(other.row - cell.row) <= _FEW
        and not set(other.columns).isdisjoint(cell.columns)
        and _amid(size, cell, other)
    ]


def as_mates(placed: Sequence[Placed], size: float) -> None:
    """Give texts the columns that texts right above and below in their middles have, where none are lost by it.

    Labels and amounts of one block stand below each other; a head over a grid's columns stands amid one by chance.
    """
    wanted: dict[int, dict[int, range]] = {}
    for cell in placed:
        spans = Counter((mate.col, mate.colspan) for mate in _mates(cell, placed, size))
        own = spans.pop((cell.col, cell.colspan), 0)
        if len(spans) != 1:
            continue
        ((col, colspan), count), *_ = spans.items()
        if count <= own or count < _ALIKE:
            continue
        grown = set(range(col, col + colspan)) - set(cell.columns)
        labels = any(
            is_level(other.piece.text) and abs(other.row - cell.row) <= _FEW and not grown.isdisjoint(other.columns)
            for other in placed
        )
        if not labels:
            wanted.setdefault(cell.row, {})[id(cell)] = range(col, col + colspan)
    for row, changes in wanted.items():
        beside = [cell for cell in placed if cell.row == row]
        after = [column for cell in beside for column in changes.get(id(cell), cell.columns)]
        if len(set(after)) == len(after) >= sum(cell.colspan for cell in beside):
            for cell in beside:
                columns = changes.get(id(cell), cell.columns)
                cell.col, cell.colspan = columns.start, len(columns)
