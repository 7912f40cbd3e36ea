"""Lines that are hardly drawn: stubs after breaks, outer edges that were never drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.grid.edges import Edges
from pipeline.grid.lines import Line, cluster, profile, stretches
from pipeline.grid.pieces import Piece, Sheet
from pipeline.ink import PRINT, darkness


def add_stubs(lines: list[Line], others: Sequence[Line], view: tuple[Sheet, int, int], height: float) -> bool:
    """Add lines that grow out of the other direction's rulings in several places, always at the same place.

    What is left of a short ruling after a break is too short to be told from a stroke; but strokes do not grow out of
    rulings, and not twice at one place.
    """
    sheet, low, high = view
    low, high = max(0, low), min(sheet.ink.shape[0], high)
    length, flank = max(4, round(0.3 * height)), max(4, round(0.28 * height))
    stubs: list[Piece] = []
    for other in others:
        if other.virtual:
            continue
        for side in (-1, 1):
            edge = round(other.place + side * (other.thick / 2 + 0.05 * height))
            first, last = (edge, edge + length) if side > 0 else (edge - length, edge)
            if first < 0 or last > sheet.ink.shape[1]:
                continue
            strip = sheet.thin[low:high, first:last].mean(axis=1) > 0.8
            dark = (sheet.ink[low:high, first:last].min(axis=1) < PRINT * 255).astype(np.int64)
            count = np.concatenate(([0], np.cumsum(dark)))
            for a, b in stretches(strip):
                if b - a > 0.3 * height or a < flank or b + flank > high - low:
                    continue
                beside = count[a - 2] - count[a - flank] + count[b + flank] - count[b + 2]
                if beside == 0:
                    box = (first, low + a, last - first, b - a)
                    stubs.append(Piece(first, last, low + (a + b) / 2, float(b - a), darkness(sheet.ink, box)))
    known = np.array([line.place for line in lines])
    fresh = [stub for stub in stubs if not len(known) or np.abs(known - stub.place).min() > 0.6 * height]
    found = False
    least = 0.7 * float(np.median([line.dark for line in (*lines, *others) if not line.virtual]))
    for line in cluster(fresh, height, 0.15):
        if len(line.pieces) >= 2 and line.dark >= least:
            lines.append(line)
            found = True
    lines.sort(key=lambda line: line.place)
    return found


def open_sides(
    lines: list[Line],
    others: Sequence[Line],
    edges: Sequence[Edges],
    view: tuple[Sheet, int, int],
    height: float,
) -> bool:
    """Add the outer edges that were never drawn: where other rulings run on beyond the last line and end together."""
    sheet, first, last = view
    found = False
    for side in (0, -1):
        outer = lines[side]
        if outer.virtual:
            continue
        ends = []
        for line, edge in zip(others, edges, strict=True):
            if line.virtual or not any(edge.walls):
                continue
            end = min(p.first for p in line.pieces) if side == 0 else max(p.last for p in line.pieces)
            a, b = (end, outer.place) if side == 0 else (outer.place, end)
            if b - a < 0.8 * height:
                continue
            far_first, far_last = (int(a) - 2, last) if side == 0 else (first, int(b) + 3)
            seen = profile(sheet, line, far_first, far_last, height).clean
            part = seen[int(a) - far_first : int(b) - far_first]
            if part.mean() >= 0.75:
                ends.append(end)
        if len(ends) < 2:
            continue
        place = float(np.median(ends))
        if np.sum(np.abs(np.array(ends) - place) < 0.4 * height) < max(2, 0.6 * len(ends)):
            continue
        lines.insert(0 if side == 0 else len(lines), Line(place, 1.0, [], virtual=True))
        found = True
    return found


def open_borders(lines: list[Line], others: list[Line], height: float) -> None:
    """Add the outer edges that were never drawn: where the other direction's rulings end together beyond."""
    for side in (0, 1):
        ends = np.array(
            [
                min(p.first for p in line.pieces) if side == 0 else max(p.last for p in line.pieces)
                for line in others
                if line.pieces
            ]
        )
        if not len(ends):
            continue
        last = lines[0].place if side == 0 else lines[-1].place
        beyond = (last - ends if side == 0 else ends - last) if lines else np.full(len(ends), np.inf)
        out = ends[beyond > 0.8 * height]
        if len(out) < 2:
            continue
        place = float(np.median(out))
        if np.sum(np.abs(out - place) < 0.4 * height) < max(2, 0.6 * len(out)):
            continue
        border = Line(place, 1.0, [], virtual=True)
        if side == 0:
            lines.insert(0, border)
        else:
            lines.append(border)
