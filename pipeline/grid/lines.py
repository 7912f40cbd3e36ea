"""Lines of pieces, and what is seen along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.grid.pieces import Pieces, Sheet
from pipeline.ink import PRINT, THICK, Grey, cut_along, share

# Lines nearer to each other than this are one (two rulings of a double line; the residue of flattening).
_SAME = 0.45
# Pieces further than this from a line's middle are no part of it, unless it drifts there.
_BESIDE = 0.2
# A ruling may stick out by a corner's blot or a stroke of text; a row of one line is 1.45 high.
_BEYOND = 1.5
_PALER = 0.92
# Where a table has no outer edges, so far its rulings run on beyond the last of those that they cross, half of them.
_OPEN = 0.85


@dataclass(slots=True)
class Line:
    """One ruling across a table: where it stands, and its pieces."""

    place: float
    thick: float
    pieces: Pieces
    virtual: bool = False  # an edge of the table that was never drawn
    dark: float = 255.0

    @property
    def dotted(self) -> bool:
        """Tell whether most of it is dots or dashes that stand apart."""
        return sum(p.length for p in self.pieces if p.dotted) > 0.5 * sum(p.length for p in self.pieces)

    def at(self, along: float) -> float:
        """Where it stands at one place along it: lines lean and wander by some pixels."""
        if not self.pieces:
            return self.place
        nearest = min(self.pieces, key=lambda piece: max(piece.first - along, along - piece.last, 0.0))
        inside = min(max(along, nearest.first), nearest.last) - (nearest.first + nearest.last) / 2
        return nearest.place + nearest.lean * inside / max(1.0, nearest.length)


@dataclass(slots=True)
class Profile:
    """What is seen along one line, pixel by pixel: ruling with clean flanks, other ink, nothing."""

    clean: NDArray[np.bool_]
    dirty: NDArray[np.bool_]
    alone: NDArray[np.bool_]  # nothing stands within half a text height on either side
    # (3, n): what is drawn at the line's very place, or a pixel to either side of it, whatever stands beside it.
    drawn: NDArray[np.bool_]
    dotted: bool = False  # it is dots or dashes that stand apart


def cluster(pieces: Pieces, height: float, same: float = _SAME) -> list[Line]:
    """Gather pieces at one place into lines."""
    lines: list[Line] = []
    for piece in sorted(pieces, key=lambda piece: piece.place):
        last = lines[-1] if lines else None
        if last is not None and piece.place - last.place <= same * height:
            last.pieces.append(piece)
            weights = np.array([p.length for p in last.pieces])
            last.place = float(np.average([p.place for p in last.pieces], weights=weights))
        else:
            lines.append(Line(piece.place, piece.thick, [piece]))
    for line in lines:
        _settle(line, height)
    return lines


def _settle(line: Line, height: float) -> None:
    """Find a line's place and thickness; pieces beside it go, unless they are the other half of a double ruling."""
    lengths = np.array([piece.length for piece in line.pieces])
    places = np.array([piece.place for piece in line.pieces])
    order = np.argsort(places, kind="stable")
    middle = float(places[order][np.searchsorted(np.cumsum(lengths[order]), lengths.sum() / 2)])
    beside = np.abs(places - middle) > _BESIDE * height
    if beside.any():
        beside &= ~_goes_on(line.pieces, ~beside, height)
    low = min(piece.place - piece.thick / 2 for piece in line.pieces)
    high = max(piece.place + piece.thick / 2 for piece in line.pieces)
    # Halves that lie further apart than a thick ruling is thick are strokes of a line of text, or one of them is.
    if lengths[beside].sum() < 0.5 * lengths[~beside].sum() or high - low > (THICK + 0.1) * height:
        line.pieces = [piece for piece, out in zip(line.pieces, beside, strict=True) if not out]
        line.place = float(np.average(places[~beside], weights=lengths[~beside]))
        line.thick = float(np.median([piece.thick for piece in line.pieces]))
    else:
        line.place, line.thick = (low + high) / 2, high - low
    line.dark = float(np.median([piece.dark for piece in line.pieces]))


def _goes_on(pieces: Pieces, kept: NDArray[np.bool_], height: float) -> NDArray[np.bool_]:
    """Tell of each piece whether it is kept, or goes on where those that are kept end, and so on down the page.

    What flattening leaves of a curl lets a ruling drift by half a text height from one end of the page to the other,
    but little from one piece to the next.
    """
    kept = kept.copy()
    order = sorted(range(len(pieces)), key=lambda i: pieces[i].first)
    for way in (order, order[::-1]):
        end: tuple[float, float] | None = None
        for i in way:
            piece, onward = pieces[i], way is order
            near, far = (piece.first, piece.last) if onward else (-piece.last, -piece.first)
            lean = piece.lean / 2 if onward else -piece.lean / 2
            if not kept[i] and end is not None and near >= end[0]:
                beside = any(one.first < piece.last and one.last > piece.first for one in compress(pieces, kept))
                kept[i] = not beside and abs(piece.place - lean - end[1]) <= _BESIDE * height
            if kept[i] and (end is None or far > end[0]):
                end = (far, piece.place + lean)
    return kept


def part_creases(
    lines: list[Line], others: list[Line], texts: tuple[float, float], height: float
) -> tuple[list[Line], list[Line]]:
    """Part the lines of one direction into rulings and creases; `others` are the lines across.

    Rulings end with their table; a fold runs over the whole page, beyond all the other rulings at both its ends. Where
    it ends at something that is drawn across (the picture's dark border), it is paler than the rulings. In a table
    without outer edges a ruling may do so too, but no further than the page's text, which is from `texts[0]` to
    `texts[1]` along the lines.
    """
    if len(lines) < 3 or len(others) < 2:
        return lines, []
    is_open = _is_open(lines, others, height)
    firsts = [min(piece.first for piece in line.pieces) for line in lines]
    lasts = [max(piece.last for piece in line.pieces) for line in lines]
    dark = float(np.median([line.dark for line in lines]))
    rulings: list[Line] = []
    creases: list[Line] = []
    for number, line in enumerate(lines):
        rest = [other for other in range(len(lines)) if other != number]
        first, last = min(firsts[other] for other in rest), max(lasts[other] for other in rest)
        if line.dark > _PALER * dark:
            first, last = min(first, others[0].place), max(last, others[-1].place)
        if is_open:
            first, last = min(first, texts[0]), max(last, texts[1])
        beyond = firsts[number] < first - _BEYOND * height and lasts[number] > last + _BEYOND * height
        (creases if beyond else rulings).append(line)
    return rulings, creases


def _is_open(lines: Sequence[Line], others: Sequence[Line], height: float) -> bool:
    """Tell whether most of the lines across run on beyond the outer ones at both sides."""
    first = sum(min(piece.first for piece in line.pieces) < lines[0].place - _OPEN * height for line in others)
    last = sum(max(piece.last for piece in line.pieces) > lines[-1].place + _OPEN * height for line in others)
    return 2 * min(first, last) >= len(others)


def within(lines: list[Line], others: list[Line], height: float) -> list[Line]:
    """Leave out the lines that lie beyond the ends of all of those across."""
    first = min(piece.first for line in others for piece in line.pieces) - _BEYOND * height
    last = max(piece.last for line in others for piece in line.pieces) + _BEYOND * height
    return [line for line in lines if first <= line.place <= last]


def profile(sheet: Sheet, line: Line, first: int, last: int, height: float) -> Profile:
    """Look along a line, following its pieces where they wander."""
    along = np.arange(first, last)
    shape = sheet.mask.shape
    if line.virtual or not line.pieces:
        empty = np.zeros(len(along), bool)
        return Profile(empty, empty.copy(), empty.copy(), np.zeros((3, len(along)), bool))
    points = [(piece.first, piece.place - piece.lean / 2) for piece in line.pieces]
    points += [(piece.last, piece.place + piece.lean / 2) for piece in line.pieces]
    points.sort()
    known = np.array(points)
    centre = np.interp(along + 0.5, known[:, 0], known[:, 1]) if line.thick <= 0.2 * height else line.place
    rows = np.broadcast_to(np.floor(centre), along.shape).astype(int)
    reach = max(2, round(line.thick / 2 + 0.06 * height))
    away = reach + max(1, round(0.08 * height))
    far = away + max(3, round(0.16 * height))
    wide = max(far + 1, round(0.5 * height))
    # The band around the line is cut out once: row `wide` of it is the line's own.
    columns = np.clip(along, 0, shape[1] - 1)
    ink = cut_along(sheet.ink, rows, columns, wide)
    core = slice(wide - reach, wide + reach + 1)
    thin = cut_along(sheet.thin, rows, columns, reach).view(bool)

    lowest = ink[core].min(axis=0)
    # What is much paler than the rest of the line (a watermark, the ghost of a seal) is not drawn by it.
    ruled = _any(thin) & (lowest < 255.0 - 0.4 * line.dark)
    if sheet.toned:
        ruled = _as_dark(ruled, lowest, line.dark, height)
    inked = lowest < PRINT * 255
    # Ink beside a ruling counts when it is print, nearly as dark as the ruling: a watermark under it is not.
    dark = ink < min(PRINT * 255, 255.0 - 0.62 * line.dark)
    # Right beside a ruling there is nothing; a little further off text may stand, but seldom on both sides at once.
    beside = _any(dark[wide - away - 1 : wide - away + 1]) | _any(dark[wide + away : wide + away + 2])
    between = _any(dark[wide - far : wide - away + 1]) & _any(dark[wide + away : wide + far + 1])
    clean = ruled & ~beside
    for a, b in stretches(close(ruled, gap(height, line.dotted))):
        if share(beside[a:b]) > 0.3 or share(between[a:b]) > 0.3:
            clean[a:b] = False
    for a, b in stretches(close(_any(thin[reach - 1 : reach + 2]), 2)):
        # No text is drawn through at one level for so long: it is a ruling with text close to it.
        if b - a >= 3.5 * height and share(between[a:b]) < 0.5:
            clean[a:b] = ruled[a:b]
    alone = ~(_any(dark[: wide - away + 1]) | _any(dark[wide + away :]))
    drawn = []
    for middle in (-1, 0, 1):
        # `reach` is two pixels or more.
        seen = _any(thin[reach + middle - 1 : reach + middle + 2])
        lowest = ink[wide + middle - 1 : wide + middle + 2].min(axis=0)
        seen &= lowest < 255.0 - 0.4 * line.dark
        drawn.append(_as_dark(seen, lowest, line.dark, height) if sheet.toned else seen)
    return Profile(clean, inked & ~clean, alone, np.stack(drawn), line.dotted)


def _any(rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is set in any of the rows."""
    found: NDArray[np.bool_] = np.logical_or.reduce(rows)
    return found


def _as_dark(seen: NDArray[np.bool_], ink: Grey, dark: float, height: float) -> NDArray[np.bool_]:
    """Keep the stretches whose darkest quarter is as dark as their line; single pixels of a hair line differ more."""
    whole = close(seen, max(2, round(0.12 * height)))
    kept = np.zeros_like(seen)
    for a, b in stretches(whole):
        part = ink[a:b][seen[a:b]]
        quarter = part.size // 4
        if part.size and 255.0 - float(np.partition(part, quarter)[quarter]) >= 0.7 * dark:
            kept[a:b] = True
    return kept


def gap(height: float, dotted: bool = False) -> int:
    """Pixels between the dots of a ruling, at most; of one that a coarse copy has parted, dots of it are lost."""
    return max(3, round((0.4 if dotted else 0.18) * height))


def stretches(seen: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """List the runs of True as first and last (exclusive) pixel."""
    if not len(seen):
        return []
    turns = (np.flatnonzero(seen[1:] != seen[:-1]) + 1).tolist()
    if seen[0]:
        turns.insert(0, 0)
    if seen[-1]:
        turns.append(len(seen))
    return list(zip(turns[::2], turns[1::2], strict=True))


def close(seen: NDArray[np.bool_], gap: int) -> NDArray[np.bool_]:
    """Fill gaps of up to `gap` pixels."""
    if not seen.any():
        return seen
    row = seen.view(np.uint8)[None, :]
    return cv2.morphologyEx(row, cv2.MORPH_CLOSE, np.ones((1, gap + 1), np.uint8))[0].view(bool)
