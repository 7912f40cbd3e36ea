"""Which edges between two crossings are walls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.grid.lines import Line, Profile, close, gap, stretches
from pipeline.ink import share


def _runs(
    seen: NDArray[np.bool_], alone: NDArray[np.bool_], crossings: tuple[list[int], list[int]], height: float
) -> NDArray[np.bool_]:
    """Keep of what is seen the runs that a ruling makes: long ones, those that grow out of a crossing, lone bits.

    A bit alone in the middle of its edge is left out: that is where the text of a joined cell stands, and its text may
    be a dash or a figure 1.
    """
    starts, ends = crossings
    kept = np.zeros_like(seen)
    near = max(2.0, 0.1 * height)
    for a, b in stretches(seen):
        if b - a >= 1.3 * height:
            kept[a:b] = True
        elif any(e - near <= b and a <= s + near for s, e in zip(starts, ends, strict=True)):
            kept[a:b] = b - a >= 0.25 * height
        elif b - a >= 0.15 * height and share(alone[a:b]) > 0.9:
            before = max((s for s in starts if s <= a), default=None)
            after = min((e for e in ends if e >= b), default=None)
            if before is not None and after is not None:
                kept[a:b] = abs((a - before) - (after - b)) > 0.4 * height
    return kept


@dataclass(slots=True)
class Edges:
    """For one line the edges between neighbouring crossings: is it a wall, and how much of it is seen."""

    walls: list[bool]
    cover: list[float]
    sure: list[bool]  # it needs no explanation


def judge(profile: Profile, first: int, crossings: Sequence[Line], height: float) -> Edges:
    """Decide for every edge of a line whether it is ruled."""
    starts = [round(line.place + line.thick / 2 + 0.06 * height) - first for line in crossings]
    ends = [round(line.place - line.thick / 2 - 0.06 * height) - first for line in crossings]
    clean = _runs(close(profile.clean, gap(height, profile.dotted)), profile.alone, (starts, ends), height)
    dirty = (profile.dirty | profile.clean) & ~clean
    for a, b in zip(ends, starts, strict=True):
        dirty[max(0, a) : max(0, b)] = False  # the crossing rulings themselves
    edges = [(max(0, a), min(len(clean), b)) for a, b in zip(starts[:-1], ends[1:], strict=True)]
    cover = [share(clean[a:b]) if b - a >= 2 else 0.0 for a, b in edges]
    sure = [_is_sure(clean[a:b], seen, height) for (a, b), seen in zip(edges, cover, strict=True)]
    for number, (a, b) in enumerate(edges):
        # No text is drawn at one place through the whole of a cell, its blank margins too.
        if not sure[number] and b - a >= height:
            seen = float(profile.drawn[:, a:b].mean(axis=1).max())
            if seen >= 0.93 or _grows(profile.drawn[:, a:b], height):
                sure[number], cover[number] = True, max(seen, cover[number])
    # Gaps are measured between rulings; strokes of text that happen to stand on the line are none.
    anchors = clean.copy()
    for (a, b), is_sure in zip(edges, sure, strict=True):
        if not is_sure and b - a >= 2 and (share(dirty[a:b]) > 0.12 or keeps_off(clean[a:b], height)):
            anchors[a:b] = False
    whole = anchors | _breaks(anchors, (profile.clean & ~clean, dirty), starts, ends, height)
    bridged = [b - a >= 2 and share(whole[a:b]) >= 0.9 for a, b in edges]
    return Edges([x or y for x, y in zip(sure, bridged, strict=True)], cover, sure)


def doubt(lines: Sequence[Edges]) -> None:
    """Take back walls of which nothing is left where the lines beside them have none either.

    A break takes one line. Where several lines lack the same stretch, a wide cell was designed.
    """
    for number in range(1, len(lines) - 1):
        for edge, wall in enumerate(lines[number].walls):
            if not wall or lines[number].sure[edge] or lines[number].cover[edge] > 0.05:
                continue
            beside = [lines[other] for other in (number - 1, number + 1) if 0 < other < len(lines) - 1]
            if beside and not any(line.sure[edge] for line in beside):
                lines[number].walls[edge] = False


def _is_sure(part: NDArray[np.bool_], cover: float, height: float) -> bool:
    """Tell whether enough of an edge is seen to need no explanation.

    Two characters fill a narrow cell, and the strokes of both may stand in a row with the ruling beside it: but text
    keeps off the crossings at both ends, a ruling does so only where it is broken off.
    """
    if cover < 0.5:
        return False
    if cover >= 0.8 and len(part) >= 3.5 * height:
        return True
    seen = np.flatnonzero(part)
    margin = max(int(seen[0]), len(part) - 1 - int(seen[-1]))
    return not keeps_off(part, height) and (cover >= 0.8 or margin <= 0.25 * height)


def keeps_off(part: NDArray[np.bool_], height: float) -> bool:
    """Tell whether what is seen of a short edge touches neither of its crossings."""
    seen = np.flatnonzero(part)
    if not len(seen) or len(part) >= 3.5 * height:
        return False
    return min(int(seen[0]), len(part) - 1 - int(seen[-1])) > max(2.0, 0.06 * height)


def _grows(drawn: NDArray[np.bool_], height: float) -> bool:
    """Tell whether a ruling grows into an edge from its crossings and is broken off there, whatever text stands by it.

    Text keeps away from the crossings; what is drawn from there is no text.
    """
    length = drawn.shape[1]
    for track in drawn:
        blank = np.flatnonzero(~track)
        if not len(blank):
            return True
        first, last = int(blank[0]), length - 1 - int(blank[-1])
        gap = length - first - last
        if min(first, last) >= 0.2 * height and gap <= 5.5 * height:
            return True
        if max(first, last) >= 0.35 * height and gap <= 2.8 * height:
            return True
    return False


def _breaks(
    clean: NDArray[np.bool_],
    rest: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    starts: Sequence[int],
    ends: Sequence[int],
    height: float,
) -> NDArray[np.bool_]:
    """Find the gaps that are damage: they begin or end where no ruling is designed to end, and no text crosses them."""
    near = max(2.0, 0.14 * height)
    bits, dirty = rest
    dirty = dirty & ~bits
    found = np.zeros_like(clean)
    for g0, g1 in _empty_stretches(clean, starts, ends):
        if share(dirty[g0:g1]) > 0.1:
            continue
        at_start = any(e - near <= g0 <= s + near for e, s in zip(ends, starts, strict=True))
        at_end = any(e - near <= g1 <= s + near for e, s in zip(ends, starts, strict=True))
        # Two breaks beside each other are up to five heights long, often with a bit of ruling between them; a gap that
        # may be designed is no longer than one.
        one = 4.0 if bits[g0:g1].any() else 2.8
        longest = 0.0 if at_start and at_end else one if at_start or at_end else 5.5
        if g1 - g0 <= longest * height:
            found[g0:g1] = True
    return found


def _empty_stretches(clean: NDArray[np.bool_], starts: Sequence[int], ends: Sequence[int]) -> list[tuple[int, int]]:
    """List the stretches with no ruling, as first and last pixel; crossings count as nothing seen."""
    seen = clean.copy()
    for a, b in zip(ends, starts, strict=True):
        seen[max(0, a) : max(0, b)] = False
    # Beyond the outer crossings there is nothing to miss.
    seen[: max(0, ends[0])] = True
    seen[max(0, starts[-1]) :] = True
    return stretches(~seen)
