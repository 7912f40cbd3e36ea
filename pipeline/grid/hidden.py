"""Lines that are hardly drawn: stubs after breaks, outer edges that were never drawn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.grid.borders import free_bits
from pipeline.grid.edges import Edges
from pipeline.grid.lines import Line, cluster, profile, stretches
from pipeline.grid.pieces import LEANS, Piece, Sheet
from pipeline.ink import PRINT, darkness, share

# No row is lower than this (text heights).
_LOWEST = 0.85
# What leans by so much leaves its place by less than this within a text height (text heights), over most of which it is
# drawn; a stroke of text that touches a ruling is shorter.
_ASIDE, _RUNS_ON = 0.15, 0.85


def drawn_stretches(
    others: Sequence[Line], lines: Sequence[Line], edges: Sequence[Edges]
) -> list[list[tuple[float, float]]]:
    """For each of `others`, from where to where it is a wall, between the `lines` that it crosses."""
    return [
        [(a.place, b.place) for (a, b), wall in zip(pairwise(lines), edge.walls, strict=True) if wall] for edge in edges
    ]


def add_stubs(
    lines: list[Line],
    others: Sequence[Line],
    view: tuple[Sheet, int, int],
    drawn: Sequence[Sequence[tuple[float, float]]],
    creases: Sequence[Line],
    broken: bool,
    height: float,
) -> bool:
    """Add lines that grow out of the other direction's rulings in several places, always at the same place.

    What is left of a short ruling after a break is too short to be told from a stroke; but strokes do not grow out of
    rulings, and not twice at one place. `drawn` says where each of `others` is a ruling at all: at the height of one
    that ends beside a joined cell stands that cell's text. Along `creases` there is nothing to find.
    """
    sheet, low, high = view
    low, high = max(0, low), min(sheet.ink.shape[0], high)
    length, flank = max(4, round(0.3 * height)), max(4, round(0.28 * height))
    usual = float(np.median([line.dark for line in (*lines, *others) if not line.virtual]))
    stubs: list[Piece] = []
    for other, walls in zip(others, drawn, strict=True):
        if other.virtual:
            continue
        for side in (-1, 1):
            edge = round(other.place + side * (other.thick / 2 + 0.05 * height))
            first, last = (edge, edge + length) if side > 0 else (edge - length, edge)
            if first < 0 or last > sheet.ink.shape[1]:
                continue
            inked = cv2.transpose(sheet.thin[low:high, first:last]).sum(axis=0, dtype=np.int32)
            strip = inked > 0.8 * (last - first)
            if not strip.any():
                continue
            dark = cv2.transpose(sheet.ink[low:high, first:last]).min(axis=0) < PRINT * 255
            count = np.concatenate(([0], np.cumsum(dark)))
            for a, b in stretches(strip):
                if b - a > 0.3 * height or a < flank or b + flank > high - low:
                    continue
                # A watermark's stroke between a character's foot and the ruling makes no stub of the two.
                lowest = sheet.ink[low + a : low + b, first:last].min(axis=0)
                if sheet.toned and share(lowest <= 255.0 - 0.6 * usual) < 0.8:
                    continue
                beside = count[a - 2] - count[a - flank] + count[b + flank] - count[b + 2]
                if (
                    beside == 0
                    and any(start <= low + (a + b) / 2 <= end for start, end in walls)
                    and not _leans(sheet, low + (a + b) / 2, edge, side, height)
                ):
                    box = (first, low + a, last - first, b - a)
                    stubs.append(Piece(first, last, low + (a + b) / 2, float(b - a), darkness(sheet.ink, box)))
    # A row may have nothing but bits of its rulings, which stand alone over its height: all rows of a table of a row or
    # two, and on broken pages those whose columns stand in no other row.
    bits = _bits(others, view, height) if broken or len(others) <= 3 else []
    stubs += bits
    known = np.array([line.place for line in lines])
    fresh = [stub for stub in stubs if not len(known) or np.abs(known - stub.place).min() > 0.6 * height]
    folds = [(fold.place, 0.6 * height + max(abs(piece.lean) for piece in fold.pieces)) for fold in creases]
    fresh = [stub for stub in fresh if all(abs(stub.place - place) > reach for place, reach in folds)]
    found = False
    for line in cluster(fresh, height, 0.15):
        if (len(line.pieces) >= 2 or line.pieces[0] in bits) and line.dark >= 0.7 * usual:
            lines.append(line)
            found = True
    lines.sort(key=lambda line: line.place)
    return found


def _leans(sheet: Sheet, place: float, edge: int, side: int, height: float) -> bool:
    """Tell whether what grows out of a ruling runs on askew for a text height, as the frame of a stamp does."""
    first, last = (edge, edge + round(height)) if side > 0 else (edge - round(height), edge)
    reach = max(3, round(_ASIDE * height))
    top = int(place) - reach
    if first < 0 or last > sheet.thin.shape[1] or top < 0 or top + 2 * reach + 1 > len(sheet.thin):
        return False
    window = sheet.thin[top : top + 2 * reach + 1, first:last].view(bool)
    filled = np.count_nonzero(window, axis=0)
    along = np.flatnonzero(filled)
    if len(along) < _RUNS_ON * (last - first):
        return False
    centre = (np.arange(len(window)) @ window)[along] / filled[along]
    return abs(float(np.polyfit(along, centre, 1)[0])) > LEANS


def _bits(others: Sequence[Line], view: tuple[Sheet, int, int], height: float) -> list[Piece]:
    """Find what stands in a line across a row with nothing beside it: bits of one ruling, the outer ones far apart.

    A character is not as high as its row, and what is as high has strokes to its left or right.
    """
    sheet, low, high = view
    low, high = max(0, low), min(sheet.ink.shape[0], high)
    flank = max(4, round(0.28 * height))
    found: list[Piece] = []
    for other, following in pairwise(others):
        first = round(other.place + other.thick / 2) + 1
        last = round(following.place - following.thick / 2) - 1
        if not 1.1 * height <= last - first <= 4 * height or first < 0 or last > sheet.ink.shape[1]:
            continue
        # Over a few long rows of pixels sums are made ten times as fast as along many short ones.
        drawn = cv2.dilate(cv2.transpose(sheet.thin[low:high, first:last]), np.ones((1, 3), np.uint8))
        candidate = drawn.sum(axis=0, dtype=np.int32) >= 0.35 * (last - first)
        if not candidate.any():
            continue
        there = np.flatnonzero(candidate)
        rows = drawn[:, there]
        far = (last - first) - rows.argmax(axis=0) - rows[::-1].argmax(axis=0)
        candidate[there] = far >= 0.65 * (last - first)
        dark = cv2.transpose(sheet.ink[low:high, first:last]).min(axis=0) < PRINT * 255
        count = np.concatenate(([0], np.cumsum(dark)))
        for a, b in stretches(candidate):
            if b - a > 0.3 * height or a < flank or b + flank > high - low:
                continue
            if count[a - 2] - count[a - flank] + count[b + flank] - count[b + 2] == 0:
                box = (first, low + a, last - first, b - a)
                found.append(Piece(first, last, low + (a + b) / 2, max(1.0, b - a - 2.0), darkness(sheet.ink, box)))
    return found


def open_sides(
    lines: list[Line],
    others: Sequence[Line],
    edges: Sequence[Edges],
    sheet: Sheet,
    height: float,
    least: int = 2,
) -> bool:
    """Add the outer edges that were never drawn: where `least` other rulings run on beyond the last line, and end.

    Most end together; one that a break cuts off ends sooner.
    """
    found = False
    for side in (0, -1):
        outer = lines[side]
        if outer.virtual:
            continue
        ends = []
        for line, edge in zip(others, edges, strict=True):
            if not line.virtual and (any(edge.walls) or len(others) == 2):
                end = _runs_out(sheet, line, outer, side == 0, height)
                if abs(end - outer.place) >= _LOWEST * height:
                    ends.append(end)
        # A row of one line is 1.45 high, one of the larger characters' page less; a stroke of text close below a table
        # is up to 1.1 long: but not at most of its rulings.
        many = max(3, round(0.6 * len(others)))
        ends = [
            end
            for end in ends
            if abs(end - outer.place) >= 1.2 * height or sum(abs(end - other) < 0.2 * height for other in ends) >= many
        ]
        if ends and not any(sum(abs(end - other) < 0.4 * height for other in ends) >= 2 for end in ends):
            # Of a second one breaks have left a bit, too short for a piece: it stands free and ends where one does.
            ends += _bit_ends(sheet, others, outer, min(ends) if side == 0 else max(ends), height)
        if len(others) == 2 and len(ends) < least + 1:
            least = 1  # of two rulings a break, or a seal that was lifted, cuts one off
        if len(ends) < least:
            continue
        together = [end for end in ends if sum(abs(end - other) < 0.4 * height for other in ends) >= least]
        if not together and len(others) == 2:
            together = ends
        if not together:
            continue
        place = min(together) if side == 0 else max(together)
        place = float(np.median([end for end in ends if abs(end - place) < 0.4 * height]))
        lines.insert(0 if side == 0 else len(lines), Line(place, 1.0, [], virtual=True))
        found = True
    return found


def _bit_ends(sheet: Sheet, others: Sequence[Line], outer: Line, end: float, height: float) -> list[float]:
    """Where free bits of the other rulings end, of those that end together with the one that runs on to `end`."""
    backwards = end < outer.place
    near = outer.thick / 2 + 0.2 * height
    gap = (end - 0.4 * height, outer.place - near) if backwards else (outer.place + near, end + 0.4 * height)
    found = []
    for line in others:
        bits = [] if line.virtual else free_bits(sheet, line.place, gap, height)
        ends = [bit[0] if backwards else bit[1] for bit in bits if bit[1] - bit[0] >= 0.5 * height]
        found += [other for other in ends[:1] if abs(other - end) < 0.4 * height]
    return found


def beside(lines: list[Line], others: Sequence[Line], texts: NDArray[np.float64], height: float) -> bool:
    """Add the outer edge of a column that only has a ruling at its inner side: text stands there, level with the rows.

    Only of tables that are open at their other side; `texts` are boxes (n, 4): x0, y0, x1, y1.
    """
    if lines[0].virtual == lines[-1].virtual or not len(texts):
        return False
    side = -1 if lines[0].virtual else 0
    edge, top, bottom = lines[side].place, others[0].place, others[-1].place
    middles = (texts[:, 1] + texts[:, 3]) / 2  # the detector's boxes reach over the rows' edges
    level = (middles > top) & (middles < bottom)
    out = texts[:, 2] < edge + 0.3 * height if side == 0 else texts[:, 0] > edge - 0.3 * height
    # A column of labels is up to a dozen characters wide; what stands further off is not of the table.
    near = texts[:, 2] > edge - 6 * height if side == 0 else texts[:, 0] < edge + 6 * height
    found = texts[level & out & near]
    if not len(found) or (found[:, 2] - found[:, 0]).max() < 0.7 * height:
        return False
    place = float(found[:, 0].min()) - 0.3 * height if side == 0 else float(found[:, 2].max()) + 0.3 * height
    lines.insert(0 if side == 0 else len(lines), Line(place, 1.0, [], virtual=True))
    return True


def _runs_out(sheet: Sheet, line: Line, outer: Line, backwards: bool, height: float) -> float:
    """Tell how far a line runs on beyond the last of those it crosses."""
    pieces = [piece.first if backwards else piece.last for piece in line.pieces]
    edge = outer.place + (-1 if backwards else 1) * (outer.thick / 2 + 0.06 * height)
    # As far as its pieces go, and what a break may have cut off behind them.
    far = edge - min(pieces) if backwards else max(pieces) - edge
    limit = min(pieces) - 3 * height if backwards else max(pieces) + 3 * height
    first, last = (int(limit), int(edge)) if backwards else (int(edge), int(limit))
    first, last = max(0, first), min(last, sheet.ink.shape[1])
    if last - first < 0.8 * height:
        return outer.place
    if far < 1 and not _begins(sheet, line, (first, last), backwards, height):
        return outer.place
    seen = profile(sheet, line, first, last, height)
    reach = 0.0
    for track in (*seen.drawn, seen.clean):
        inked = np.flatnonzero(track[::-1] if backwards else track)
        # It grows out of the crossing; text below a table keeps away from it.
        if len(inked) and inked[0] <= max(2.0, 0.08 * height):
            gaps = np.flatnonzero(np.diff(inked) > 0.18 * height)
            reach = max(reach, float(inked[gaps[0]] if len(gaps) else inked[-1]))
        # Breaks part it from the table, or into bits; most of it is there, or it lacks no more than one break takes.
        part = (track[::-1] if backwards else track)[: int(far)]
        if reach < int(far) and (part.mean() >= 0.6 or (part.mean() >= 0.3 and (~part).sum() <= 2.8 * height)):
            reach = far
    return edge - reach if backwards else edge + reach


def _begins(sheet: Sheet, line: Line, window: tuple[int, int], backwards: bool, height: float) -> bool:
    """Tell whether anything thin is at all where a line would run on."""
    near = int(max(2.0, 0.08 * height)) + 1
    first, last = (window[1] - near, window[1]) if backwards else (window[0], window[0] + near)
    wander = max(abs(piece.place - line.place) + abs(piece.lean) for piece in line.pieces)
    reach = line.thick / 2 + 0.06 * height + wander + 3
    rows = slice(max(0, int(line.place - reach)), int(line.place + reach) + 1)
    return bool(sheet.thin[rows, max(0, first) : last].any())


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
        beyond = np.full(len(ends), np.inf)
        if lines:
            beyond = lines[0].place - ends if side == 0 else ends - lines[-1].place
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
