"""What the blanks around a line and its neighbours say of edges of which too little is seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.grid.edges import Edges, keeps_off
from pipeline.grid.lines import Line, Profile, close, stretches
from pipeline.grid.pieces import Sheet
from pipeline.ink import share

# A dot of dust is up to this many text heights wide and high.
_DUST = 0.13
# What is left of a wall that a break took is more than a speck of dust in a row of one line. Nothing at all is no wall,
# on however damaged a page: real tables span two columns in single rows, and leave the span blank.
_STUB = 0.08
# Of an edge that dust or a stroke alone makes, less than this is seen.
_DUSTY = 0.3
# A horizontal of which more than this is seen over so many text heights is one, though text touches it: no line of text
# draws so much at one level.
_MOSTLY, _WIDE = 0.5, 6.0
# A ruling that is seen so far is none of text, whatever stands beside it.
_ALL = 0.9
# So much of a hair ruling is left in bits, in each third of an edge.
_SPREAD = 0.2
# Characters of one text stand no further from a stroke of it; and a row of two lines is no higher.
_TOUCHING, _TWO_LINES = 0.25, 3.5
# A wall of which less is seen may be none, where the texts beside it say so: they stand in the middle of both cells as
# one to so many text heights, and one of them is further off its own cell's middle, and its left, than a text is.
_HARDLY, _MIDDLE, _OFF, _LEFT, _ALONE = 0.4, 0.25, 0.35, 0.5, 1.0
# Of one text that runs on over the place, it is enough that it stands better so by this.
_STRUNG, _BETTER = 0.7, 0.1
# A line of text is no higher.
_LINE = 1.2
# Where a page loses less than this share of its rulings, nothing was broken.
_WHOLE = 0.001
# From this share on whole walls may be gone.
BROKEN = 0.004


class View(NamedTuple):
    """One direction of a table: its lines with their edges, what crosses them, and the sheet they are drawn on."""

    sheet: Sheet
    lines: Sequence[Line]
    edges: Sequence[Edges]
    crossings: Sequence[Line]
    profiles: Sequence[Profile]
    first: int  # the pixel at which the profiles begin
    upright: bool  # its lines are verticals


def settle(views: Sequence[View], height: float) -> float:
    """Close edges that breaks took almost wholly, and open those that strokes of text or of a watermark made.

    Text keeps off the rulings of its own cell, and runs over those that are not there. What it leaves open, the edge's
    neighbours say: a designed span begins and ends together with its neighbours' or runs on, a break takes one edge.

    Returns the share of the rulings that is missing.
    """
    damage = _damage(views)
    for view in views:
        for number in range(1, len(view.lines) - 1):
            if not view.lines[number].virtual:
                for edge in range(len(view.crossings) - 1):
                    if not view.edges[number].sure[edge]:
                        _settle(view, number, edge, damage, height)
                    if view.upright and view.edges[number].sure[edge] and _is_stroke(view, number, edge, height):
                        view.edges[number].walls[edge] = view.edges[number].sure[edge] = False
    return damage


def _damage(views: Sequence[View]) -> float:
    """The share that is missing of what surely is ruled."""
    seen = [
        cover
        for view in views
        for edges in view.edges
        for cover, sure in zip(edges.cover, edges.sure, strict=True)
        if sure
    ]
    return 1.0 - float(np.mean(seen)) if seen else 0.0


def _settle(view: View, number: int, edge: int, damage: float, height: float) -> None:
    edges = view.edges[number]
    if damage >= BROKEN and not edges.walls[edge] and _is_spread(view, number, edge, height):
        edges.walls[edge] = edges.sure[edge] = True
        edges.cover[edge] = max(edges.cover[edge], share(_drawn(view, number, edge)))
        return
    along = [edges.sure[other] for other in (edge - 1, edge + 1) if 0 <= other < len(edges.sure)]
    beside = [view.edges[other].sure[edge] for other in (number - 1, number + 1) if 0 < other < len(view.lines) - 1]
    if not any(along) and not (edges.walls[edge] and beside):
        return
    drawn = _drawn(view, number, edge)
    seen = max(edges.cover[edge], share(drawn))
    if edges.walls[edge]:
        # Nothing like it is beside it, nothing goes on from both its ends, and most of it is not there.
        alone = beside and not any(beside) and not (len(along) == 2 and all(along))
        stands = _stands(view, number, edge, height)
        # Where nothing is broken, what is seen in part is strokes of text, and what is hardly seen is dust: a speck
        # halfway over a joined cell leaves two gaps, each as short as a break.
        over = stands is False or (damage < _WHOLE and not stands)
        over = over or (not view.upright and damage < BROKEN and seen < _DUSTY)
        over = over or _is_one(view, number, edge, seen, height)
        if over or (alone and seen < (0.15 if any(along) else 0.3)):
            edges.walls[edge] = False
        return
    goes_on = np.mean(along) if along else 0.0
    is_row = np.mean(beside) if beside else 0.5
    # What touches neither crossing is a stroke of text, unless it is a mere bar that two breaks left.
    grows = not keeps_off(drawn, height) or _is_bar(view, number, edge, height)
    closes = grows and ((seen >= 0.2 and is_row >= 0.5) or seen >= 0.4)
    # A stub: in a wide cell it grows out of a crossing, or it is a stroke of the label in the middle.
    stub = view.upright or _touches(drawn, height)
    closes = closes or (goes_on == 1 and is_row == 1 and seen >= _STUB and stub)
    wide = view.crossings[edge + 1].place - view.crossings[edge].place >= _WIDE * height
    mostly = not view.upright and wide and damage >= BROKEN and min(edges.cover[edge], share(drawn)) >= _MOSTLY
    if mostly or (closes and _stands(view, number, edge, height) and not _between(view, number, edge, height)):
        edges.walls[edge] = edges.sure[edge] = True
        edges.cover[edge] = seen


def _drawn(view: View, number: int, edge: int) -> NDArray[np.bool_]:
    """What is drawn at the very place of an edge: the one of three rows of pixels that has most of it."""
    first = round(view.crossings[edge].place + view.crossings[edge].thick / 2) + 2 - view.first
    last = round(view.crossings[edge + 1].place - view.crossings[edge + 1].thick / 2) - 2 - view.first
    part = view.profiles[number].drawn[:, max(0, first) : max(0, last)]
    best: NDArray[np.bool_] = part[np.argmax(part.sum(axis=1))]
    return best


def _is_spread(view: View, number: int, edge: int, height: float) -> bool:
    """Tell whether bits of a horizontal of a page of one bit are spread over an edge, and no text comes near them.

    A hair ruling keeps a quarter of its length there, in bits longer than dust; of a joined cell nothing is seen.
    """
    if view.upright or view.sheet.toned:
        return False
    drawn = _drawn(view, number, edge)
    if len(drawn) < _WIDE / 2 * height or share(drawn) < _SPREAD:
        return False
    bits = [(a, b) for a, b in stretches(close(drawn, 2)) if b - a >= 1.5 * _DUST * height]
    third = len(drawn) / 3
    return (
        sum(b - a for a, b in bits) >= _SPREAD * len(drawn)
        and all(any(a < (part + 1) * third and b > part * third for a, b in bits) for part in range(3))
        and _stands(view, number, edge, height) is True
    )


def _between(view: View, number: int, edge: int, height: float) -> bool:
    """Tell whether a vertical that ends here stands between characters, as near on both sides as those of one text."""
    walls = view.edges[number].walls
    if not view.upright or _runs_on(walls, edge):
        return False
    gaps = _gaps(view, number, edge, height)
    return gaps is not None and max(gaps) <= 0.15 * height


def _runs_on(walls: Sequence[bool], edge: int) -> bool:
    """Tell whether a line is a wall on both sides of an edge."""
    return 0 < edge < len(walls) - 1 and walls[edge - 1] and walls[edge + 1]


def _touches(drawn: NDArray[np.bool_], height: float) -> bool:
    """Tell whether what is drawn of an edge reaches one of its crossings."""
    near = max(3, round(0.1 * height))
    return bool(drawn[:near].any() or drawn[-near:].any())


def _is_stroke(view: View, number: int, edge: int, height: float) -> bool:
    """Tell whether a vertical in one row of one line is a stroke of the text around it.

    None is over or under it; or it touches neither of its crossings; or text that touches it, from one side or from
    both, stands in the middle of both cells as one.
    """
    if _leans(view, number, edge, height):
        return True
    walls = view.edges[number].walls
    low = view.crossings[edge + 1].place - view.crossings[edge].place <= 2.2 * height
    if low and _centred(view, number, edge, height):
        gaps = _gaps(view, number, edge, height)
        return gaps is not None and min(gaps) <= max(1, round(0.05 * height))
    alone = not any(walls[other] for other in (edge - 1, edge + 1) if 0 <= other < len(walls))
    if not low or not (alone or keeps_off(_drawn(view, number, edge), height)):
        return False
    gaps = _gaps(view, number, edge, height)
    return gaps is not None and max(gaps) <= 0.15 * height


def _leans(view: View, number: int, edge: int, height: float) -> bool:
    """Tell whether texts on both sides of a vertical lean on it, and are one that stands in the middle of both cells.

    In cells of their own each would stand in the middle or begin at the left; and a wall that goes on both up and down
    is no stroke.
    """
    walls = view.edges[number].walls
    if view.edges[number].cover[edge] >= _ALL:
        return False  # no text is drawn through the blanks over and under it
    low, high = view.crossings[edge].place, view.crossings[edge + 1].place
    if high - low > _TWO_LINES * height or _runs_on(walls, edge):
        return False
    line, (before, after) = view.lines[number], _neighbours(view, number, edge)
    inset = max(2, round(0.1 * height))
    x0, x1 = int(low + view.crossings[edge].thick / 2) + inset, int(high - view.crossings[edge + 1].thick / 2) - inset
    y0, y1 = int(before.place + before.thick / 2) + inset, int(after.place - after.thick / 2) - inset
    if min(x0, y0) < 0 or x1 - x0 < 2 or y1 - y0 < 2 or y1 > view.sheet.mask.shape[0]:
        return False
    inked = np.flatnonzero(text_along(np.ascontiguousarray(view.sheet.mask[y0:y1, x0:x1]), height, axis=0)) + y0
    own = line.thick / 2 + max(1.0, 0.06 * height)
    above, below = inked[inked < line.place - own], inked[inked > line.place + own]
    if not len(above) or not len(below):
        return False
    out = float(above[0]) - before.place, after.place - float(below[-1]) - 1
    near = line.place - float(above[-1]) - 1, float(below[0]) - line.place
    return abs(out[0] - out[1]) <= 0.2 * height and all(
        margin <= _TOUCHING * height and far - margin > 0.5 * height for far, margin in zip(out, near, strict=True)
    )


def _is_bar(view: View, number: int, edge: int, height: float) -> bool:
    """Tell whether what is drawn at an edge's place stands free, on one side at least; strokes stand among others."""
    line, left, right = view.lines[number], view.crossings[edge], view.crossings[edge + 1]
    inset = max(2, round(0.1 * height))
    x0, x1 = max(0, int(left.place + left.thick / 2) + inset), int(right.place - right.thick / 2) - inset
    y0, y1 = max(0, int(line.place - 0.6 * height)), int(line.place + 0.6 * height) + 1
    window = np.ascontiguousarray(view.sheet.mask[y0:y1, x0:x1])
    middle = int(line.place) - y0
    if window.size == 0 or not 0 < middle < len(window) - 1:
        return False
    _, labels, stats, _ = cv2.connectedComponentsWithStats(window, connectivity=8)
    there = np.unique(labels[middle - 1 : middle + 2])
    there = there[there > 0]
    if not len(there) or int(stats[there, cv2.CC_STAT_HEIGHT].max()) > line.thick + 0.15 * height:
        return False
    window[np.isin(labels, there)] = 0
    free = min(np.count_nonzero(window[:middle]), np.count_nonzero(window[middle:]))
    return int(free) <= max(3.0, (_DUST * height) ** 2)


def _both_cells(view: View, number: int, edge: int, height: float) -> tuple[int, int, int, int] | None:
    """The insides of the two cells beside an edge, ruling to ruling across it: x0, x1, y0, y1; None without room."""
    before, after = _neighbours(view, number, edge)
    left, right = view.crossings[edge], view.crossings[edge + 1]
    inset = max(2, round(0.1 * height))
    x0, x1 = int(left.place + left.thick / 2) + inset, int(right.place - right.thick / 2) - inset
    y0, y1 = int(before.place + before.thick / 2) + inset, int(after.place - after.thick / 2) - inset
    if min(x0, y0) < 0 or x1 - x0 < 2 or y1 - y0 < 2 or y1 > view.sheet.mask.shape[0]:
        return None
    return x0, x1, y0, y1


def _centred(view: View, number: int, edge: int, height: float) -> bool:
    """Tell whether text on one side of a vertical stands in the middle of both cells as one, to a tenth of a height.

    It is no sure sign by itself: it decides where nothing of the vertical is seen.
    """
    line, (before, after) = view.lines[number], _neighbours(view, number, edge)
    room = _both_cells(view, number, edge, height)
    if room is None:
        return False
    x0, x1, y0, y1 = room
    if _is_drawn_over(view.sheet.mask[:, x0:x1], line.place, (y0, y1), height):
        return False
    inked = np.flatnonzero(text_along(np.ascontiguousarray(view.sheet.mask[y0:y1, x0:x1]), height, axis=0)) + y0
    if len(inked) < height or inked[0] < line.place < inked[-1]:
        return False
    middle = (float(inked[0]) + float(inked[-1]) + 1) / 2
    own = (before.place + line.place) / 2 if middle < line.place else (line.place + after.place) / 2
    return abs(middle - (before.place + after.place) / 2) < 0.1 * height and abs(middle - own) > height


def _is_drawn_over(mask: NDArray[np.uint8], place: float, within: tuple[int, int], height: float) -> bool:
    """Tell whether more than dust is inked right before a place and right behind it, as where a ruling is drawn.

    One look at two rows of pixels; what hangs together in the whole window is dearer to find.
    """
    before, behind = math.ceil(place) - 1, math.floor(place) + 1
    if not within[0] <= before < behind < within[1]:
        return False
    return all(
        max((b - a for a, b in stretches(mask[row].view(bool))), default=0) >= _least(height)
        for row in (before, behind)
    )


def _is_one(view: View, number: int, edge: int, seen: float, height: float) -> bool:
    """Tell whether the texts on both sides of an edge stand in the middle of both cells as one, not each in its own.

    Text begins at its cell's left where it is not in its middle; over and under each other it is always in the middle
    or fills the cell.
    """
    if seen >= (_HARDLY if view.upright else _ALL):
        return False
    line, (before, after) = view.lines[number], _neighbours(view, number, edge)
    room = _both_cells(view, number, edge, height)
    if room is None:
        return False
    x0, x1, y0, y1 = room
    inked = np.flatnonzero(text_along(np.ascontiguousarray(view.sheet.mask[y0:y1, x0:x1]), height, axis=0)) + y0
    own = line.thick / 2 + max(1.0, 0.06 * height)
    sides = inked[inked < line.place - own], inked[inked > line.place + own]
    if sum(map(len, sides)) < (height if view.upright else 0.5 * height):
        return False
    out = float(inked[0]) - before.place, after.place - float(inked[-1]) - 1
    as_one = abs(out[0] - out[1]) / 2
    if as_one > _MIDDLE * height:
        return False
    offs = []
    for side, start, end in zip(sides, (before.place, line.place), (line.place, after.place), strict=True):
        if len(side):
            margins = float(side[0]) - start, end - float(side[-1]) - 1
            at_left = view.upright and margins[0] <= _LEFT * height
            offs.append(0.0 if at_left else abs(margins[0] - margins[1]) / 2)
    # One line of text lies on the place of a horizontal: it is what is seen there.
    beyond = float(inked[-1]) + 1 - line.place, line.place - float(inked[0])
    low = float(inked[-1] - inked[0]) <= _LINE * height
    on_it = not view.upright and low and min(beyond) > -own - 1
    if seen >= (_ALL if on_it else _HARDLY):
        return False
    if on_it and len(offs) == 2:
        return True
    if len(offs) < 2:
        return max(offs) > _ALONE * height * (1 if as_one > _MIDDLE * height / 2 else 0.5)
    # The stroke that stands at the wall's place is part of a text whose characters are as near to it as to each other.
    near = inked[(inked >= sides[0][-1]) & (inked <= sides[1][0])]
    strung = int(np.diff(near).max()) <= _STRUNG * height
    return max(offs) > _OFF * height or (strung and max(offs) > as_one + _BETTER * height)


def _neighbours(view: View, number: int, edge: int) -> tuple[Line, Line]:
    """The lines before and behind one that are walls beside this edge: the two cells that it parts lie between."""
    last = len(view.lines) - 1
    before = next(n for n in range(number - 1, -1, -1) if n == 0 or view.edges[n].walls[edge])
    after = next(n for n in range(number + 1, last + 1) if n == last or view.edges[n].walls[edge])
    return view.lines[before], view.lines[after]


def _stands(view: View, number: int, edge: int, height: float) -> bool | None:
    """Tell where text leaves an edge free (True) and where it runs over its place (False); None says neither."""
    gaps = _gaps(view, number, edge, height)
    if gaps is None:
        return None
    if min(gaps) >= max(1, round(0.05 * height)):
        return True
    return False if max(gaps) <= 1 else None


def _gaps(view: View, number: int, edge: int, height: float) -> tuple[int, int] | None:
    """Pixels without text before and behind a line's own margin, along one edge of it; None where there is no room."""
    inset = max(2, round(0.1 * height))
    line, before, after = view.lines[number], view.lines[number - 1], view.lines[number + 1]
    left, right = view.crossings[edge], view.crossings[edge + 1]
    x0, x1 = int(left.place + left.thick / 2) + inset, int(right.place - right.thick / 2) - inset
    y0, y1 = int(before.place + before.thick / 2) + inset, int(after.place - after.thick / 2) - inset
    # No cell is higher than this above and below the place in question.
    y0, y1 = max(y0, int(line.place - 2 * height), 0), min(y1, int(line.place + 2 * height), view.sheet.mask.shape[0])
    x0, x1 = max(x0, 0), min(x1, view.sheet.mask.shape[1])
    if x1 - x0 < 2 or y1 - y0 < 2:
        return None
    inked = text_along(np.ascontiguousarray(view.sheet.mask[y0:y1, x0:x1]), height, axis=0)
    own = max(2, round(line.thick / 2 + 0.1 * height))
    middle = int(line.place) - y0
    above = np.flatnonzero(inked[: max(0, middle - own)][::-1])
    below = np.flatnonzero(inked[middle + own + 1 :])
    before_it, behind_it = (int(side[0]) if len(side) else len(inked) for side in (above, below))
    return before_it, behind_it


def _least(height: float) -> float:
    """The area from which on a patch of ink is more than dust, in pixels."""
    return max(3.0, (_DUST * height) ** 2)


def text_along(window: NDArray[np.uint8], height: float, axis: int) -> NDArray[np.bool_]:
    """Where along a window's rows (axis 0) or columns (axis 1) there is more than dust."""
    stats = cv2.connectedComponentsWithStats(window, connectivity=8)[2][1:]
    large = stats[stats[:, cv2.CC_STAT_AREA] >= _least(height)]
    # What hangs together is in every row between its first and its last.
    first, length = (cv2.CC_STAT_TOP, cv2.CC_STAT_HEIGHT) if axis == 0 else (cv2.CC_STAT_LEFT, cv2.CC_STAT_WIDTH)
    inked = np.zeros(window.shape[axis], bool)
    for start, long in large[:, [first, length]].tolist():
        inked[start : start + long] = True
    return inked
