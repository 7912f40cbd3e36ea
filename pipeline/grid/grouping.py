"""Which pieces of ruling make one table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from pipeline.grid.borders import Frame, Side, join_borders
from pipeline.grid.joins import Joins
from pipeline.grid.pieces import Piece, Pieces, Sheet


def group(across_sheet: Sheet, down_sheet: Sheet, height: float) -> list[tuple[Pieces, Pieces]]:
    """Part the pieces into tables: what touches belongs together, and what lies inside a table's frame too."""
    across, down = across_sheet.pieces, down_sheet.pieces
    reach = 0.6 * height
    boxes = [(p.first, p.place - 1, p.last, p.place + 1) for p in across]
    boxes += [(p.place - 1, p.first, p.place + 1, p.last) for p in down]
    if not boxes:
        return []
    table = np.array(boxes)
    joins = Joins(len(boxes))
    order = np.argsort(table[:, 0], kind="stable")
    for position, i in enumerate(order):
        for j in order[position + 1 :]:
            if table[j, 0] > table[i, 2] + reach:
                break
            if table[i, 1] <= table[j, 3] + reach and table[j, 1] <= table[i, 3] + reach:
                joins.join(int(i), int(j))
    for i, j in (*_broken(across, down, height), *_abreast(across, down, height)):
        joins.join(len(across) + i, len(across) + j)
    for i, j in _broken(down, across, height):
        joins.join(i, j)
    frames = []
    for members in joins.groups():
        part = table[members]
        frames.append(((part[:, 0].min(), part[:, 1].min(), part[:, 2].max(), part[:, 3].max()), members))
    # Breaks part a table's rulings; frames that overlap are one table.
    merged = True
    while merged:
        merged = False
        for i in range(len(frames)):
            for j in range(i + 1, len(frames)):
                a, b = frames[i][0], frames[j][0]
                if a[0] < b[2] + reach and b[0] < a[2] + reach and a[1] < b[3] + reach and b[1] < a[3] + reach:
                    box = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
                    frames[i] = (box, frames[i][1] + frames[j][1])
                    del frames[j]
                    merged = True
                    break
            if merged:
                break
    frames = _join_open(frames, across, down, height)
    sides = (
        Side(across, 0, down, len(across), down_sheet, upright=False),
        Side(down, len(across), across, 0, across_sheet, upright=True),
    )
    frames = _join_rungs(join_borders(frames, sides, height), across, down, height)
    found = []
    for box, members in frames:
        rows = [across[number] for number in members if number < len(across)]
        columns = [down[number - len(across)] for number in members if number >= len(across)]
        if rows and columns and box[2] - box[0] > 3 * height and box[3] - box[1] > 1.2 * height:
            found.append((rows, columns))
    lone = [across[number] for _, members in frames if max(members) < len(across) for number in members]
    return found + [(rows, []) for rows in _ladders(lone, height)]


def _join_open(frames: list[Frame], across: Pieces, down: Pieces, height: float) -> list[Frame]:
    """Join what a row without any vertical parts in a table that is open at its sides.

    Above and below that row horizontals begin and end together, beyond the outer verticals.
    """

    def rung(members: list[int], last: bool) -> tuple[float, float, float] | None:
        pieces = [across[number] for number in members if number < len(across)]
        sides = [down[number - len(across)].place for number in members if number >= len(across)]
        if not pieces or not sides:
            return None
        place = max(p.place for p in pieces) if last else min(p.place for p in pieces)
        there = [p for p in pieces if abs(p.place - place) < 0.3 * height]
        first, end = min(p.first for p in there), max(p.last for p in there)
        return (place, first, end) if first < min(sides) - height and end > max(sides) + height else None

    joined: list[Frame] = []
    for box, members in sorted(frames, key=lambda frame: frame[0][1]):
        top = rung(members, last=False)
        for number, (other, others) in enumerate(joined):
            bottom = rung(others, last=True)
            if top is None or bottom is None or not 0.9 * height < top[0] - bottom[0] < 2.3 * height:
                continue
            if max(abs(top[1] - bottom[1]), abs(top[2] - bottom[2])) < 0.4 * height:
                whole = (min(box[0], other[0]), other[1], max(box[2], other[2]), max(box[3], other[3]))
                joined[number] = (whole, others + members)
                break
        else:
            joined.append((box, members))
    return joined


# Text heights: a vertical that sticks out of its table's last horizontal by so much leads to another one. Rows of a
# strip of a table are so high.
_LEADS = 0.3
_ROW = (0.9, 2.3)


def _join_rungs(frames: list[Frame], across: Pieces, down: Pieces, height: float) -> list[Frame]:
    """Join to each table the horizontals beside it that begin and end as its own do, and that no vertical reaches.

    On a strip of two rows breaks leave no vertical as long as a row. One horizontal alone may be a running head's rule:
    it is the table's where a vertical leads towards it.
    """
    bare = [members for _, members in frames if max(members) < len(across)]
    rungs = _rungs([across[number] for members in bare for number in members], height)
    numbers = {id(across[number]): number for members in bare for number in members}
    joined = []
    taken: set[int] = set()
    for box, members in frames:
        own = _rungs([across[number] for number in members if number < len(across)], height)
        verticals = [down[number - len(across)] for number in members if number >= len(across)]
        if not own or not verticals:
            continue
        above = _rungs_beyond(own[0], rungs, verticals, -1, height)
        below = _rungs_beyond(own[-1], rungs, verticals, 1, height)
        more = [numbers[id(piece)] for rung in (*above, *below) for piece in rung]
        fresh = [number for number in more if number not in taken]
        taken.update(fresh)
        places = [across[number].place for number in fresh]
        joined.append(((box[0], min([box[1], *places]), box[2], max([box[3], *places])), members + fresh))
    return joined + [frame for frame in frames if max(frame[1]) < len(across) and not taken.intersection(frame[1])]


def _rungs_beyond(outer: Pieces, rungs: Sequence[Pieces], verticals: Pieces, side: int, height: float) -> list[Pieces]:
    """Those of the rungs above (side -1) or below (1) a table's outermost one that go on with it, in order."""
    ladder: list[Pieces] = []
    for rung in rungs[::side]:
        apart = side * (rung[0].place - (ladder[-1] if ladder else outer)[0].place)
        if apart > _ROW[1] * height:
            break
        if apart >= _ROW[0] * height and _together(outer, rung, height):
            ladder.append(rung)
    edge = outer[0].place
    out = max((edge - piece.first if side < 0 else piece.last - edge) for piece in verticals)
    return ladder if len(ladder) > 1 or out >= _LEADS * height else []


def _abreast(across: Pieces, down: Pieces, height: float) -> list[tuple[int, int]]:
    """Pair the verticals that begin and end together and run into no horizontal there: a table without outer edges.

    Between merged cells no horizontal touches them at all.
    """
    free = [number for number, piece in enumerate(down) if _is_free(piece, across, height)]
    return [pair for pair in combinations(free, 2) if _together([down[pair[0]]], [down[pair[1]]], height)]


def _is_free(piece: Piece, across: Pieces, height: float) -> bool:
    """Tell whether no horizontal is at the ends of a vertical."""
    reach = 0.6 * height
    return not any(
        min(abs(other.place - piece.first), abs(other.place - piece.last)) < reach
        and other.first - reach < piece.place < other.last + reach
        for other in across
    )


def _broken(across: Pieces, down: Pieces, height: float) -> list[tuple[int, int]]:
    """Pair the verticals that a break parted: one goes on where the other left off, and not both end at a horizontal.

    Where a table ends and the next begins, both do. With the two directions exchanged it pairs horizontals.
    """

    def held(x: float, y: float) -> bool:
        reach = 0.6 * height
        return any(p.first - reach <= x <= p.last + reach and abs(p.place - y) <= reach for p in across)

    order = sorted(range(len(down)), key=lambda number: down[number].place)
    pairs = []
    for position, i in enumerate(order):
        for j in order[position + 1 :]:
            if down[j].place - down[i].place > 0.2 * height:
                break
            upper, lower = (i, j) if down[i].first <= down[j].first else (j, i)
            # Two breaks beside each other are up to five and a half heights long.
            if not 0 < down[lower].first - down[upper].last <= 5.5 * height:
                continue
            x = (down[i].place + down[j].place) / 2
            if not (held(x, down[upper].last) and held(x, down[lower].first)):
                pairs.append((upper, lower))
    return pairs


def _ladders(lone: Pieces, height: float) -> list[Pieces]:
    """Gather horizontals that begin and end together with no vertical among them: all of theirs are broken.

    Beside a cell that spans rows one in between begins or ends within the others, if these begin and end together.
    """
    ladders: list[list[Pieces]] = []
    for rung in _rungs(lone, height):
        first, last = _ends(rung)
        if last - first < 10 * height or sum(piece.length for piece in rung) < 0.6 * (last - first):
            continue
        if ladders and 0.9 * height < rung[0].place - ladders[-1][-1][0].place < 4 * height:
            before = ladders[-1][-1]
            alike = 0.7 < rung[0].dark / before[0].dark < 1.4
            if alike and min(_apart(before, rung)) < 0.5 * height:
                ladders[-1].append(rung)
                continue
        ladders.append([rung])
    return [[piece for rung in whole for piece in rung] for ladder in ladders for whole in _whole(ladder, height)]


def _rungs(pieces: Pieces, height: float) -> list[Pieces]:
    """Gather the pieces that lie level with each other, from top to bottom."""
    rungs: list[Pieces] = []
    for piece in sorted(pieces, key=lambda piece: piece.place):
        if rungs and piece.place - rungs[-1][0].place <= 0.3 * height:
            rungs[-1].append(piece)
        else:
            rungs.append([piece])
    return rungs


def _whole(ladder: list[Pieces], height: float) -> list[list[Pieces]]:
    """The parts of a ladder that begin and end with rungs of one extent; each rung goes to one of them."""
    found: list[list[Pieces]] = []
    start = 0
    while start < len(ladder) - 1:
        far = start
        while more := [n for n in range(far + 1, len(ladder)) if _together(ladder[far], ladder[n], height)]:
            far = more[-1]
        if far > start:
            found.append(ladder[start : far + 1])
        start = far + 1
    return found


def _ends(rung: Pieces) -> tuple[float, float]:
    """Where a horizontal begins and ends."""
    return min(piece.first for piece in rung), max(piece.last for piece in rung)


def _apart(one: Pieces, other: Pieces) -> tuple[float, float]:
    """How far two horizontals' beginnings and ends lie apart."""
    (first, last), (begin, end) = _ends(one), _ends(other)
    return abs(first - begin), abs(last - end)


def _together(one: Pieces, other: Pieces, height: float) -> bool:
    """Tell whether two horizontals begin and end together; a break may cut off one end."""
    off = sorted(_apart(one, other))
    return off[0] < 0.5 * height and off[1] < 2.8 * height
