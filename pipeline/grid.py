"""Upright page → Grids: rulings → crossings → cells with spans and a support score. Owns OpenCV with straighten.

Lengths are in text heights h. What is a ruling is decided line by line: a ruling is thin, its flanks are clean, and where
it ends, it ends at another ruling. A gap that ends anywhere else is damage and is bridged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Cell, Grid, Upright
from pipeline.ink import PRINT, THICK, Grey, darkness, is_level_ruling, is_ruling, printed, thin_across
from pipeline.settings import GridSettings

Mask = Grey

# Pieces of ruling shorter than this say nothing of their own: a stroke of a character is up to 1.1 long. A row of one
# line is 1.45 high, so a piece of a vertical ruling may be no longer than that.
_LEAST_H, _LEAST_V = 2.0, 1.3
# Lines nearer to each other than this are one (two rulings of a double line; the residue of flattening).
_SAME = 0.45


class _Piece(NamedTuple):
    """One piece of ruling: from where to where along, its place across, how thick and how dark (0 to 255) it is."""

    first: float
    last: float
    place: float
    thick: float
    dark: float
    lean: float = 0.0  # how much further along the place is at the end than at the beginning

    @property
    def length(self) -> float:
        return self.last - self.first


_Pieces = list[_Piece]
_Span = tuple[int, int, int, int]  # first row, first column, last row, last column


@dataclass(slots=True)
class _Line:
    """One ruling across a table: where it stands, and its pieces."""

    place: float
    thick: float
    pieces: _Pieces
    virtual: bool = False  # an edge of the table that was never drawn
    dark: float = 255.0


@dataclass(slots=True)
class _Profile:
    """What is seen along one line, pixel by pixel: ruling with clean flanks, other ink, nothing."""

    clean: NDArray[np.bool_]
    dirty: NDArray[np.bool_]
    alone: NDArray[np.bool_]  # nothing stands within half a text height on either side


@dataclass(slots=True)
class _Sheet:
    """The page's ink as the search sees it, for one direction (verticals are horizontals of the transposed page)."""

    ink: Grey
    mask: Mask
    thin: Mask
    pieces: _Pieces = field(default_factory=list)


def find_grids(upright: Upright, settings: GridSettings | None = None) -> list[Grid]:
    """Find the page's ruled tables, from top to bottom."""
    settings = settings or GridSettings()
    height = upright.text_height
    mask = printed(upright.ink)
    across = _Sheet(upright.ink, mask, thin_across(upright.ink, height))
    flipped = np.ascontiguousarray(upright.ink.T)
    down = _Sheet(flipped, np.ascontiguousarray(mask.T), thin_across(flipped, height))
    across_wide, down_wide = _widen(across.thin, height), _widen(down.thin, height)
    # Each direction's rulings cut the other's; those of the one bridge the cuts of the other.
    first = _long(down_wide, height, _LEAST_V)
    across_long = _long(across_wide | np.ascontiguousarray(first.T), height, _LEAST_H) & across_wide
    down_long = _long(down_wide | np.ascontiguousarray(across_long.T), height, _LEAST_V) & down_wide
    _find_pieces(across, across_long, height, _LEAST_H)
    _find_pieces(down, down_long, height, _LEAST_V)
    _drop_pale(across, down, height)
    grids = []
    for box, across_pieces, down_pieces in _group(mask.shape, across.pieces, down.pieces, height):
        grid = _build(upright, box, across, down, across_pieces, down_pieces, height)
        if grid is not None:
            grids.append(grid)
    return sorted(grids, key=lambda grid: (min(box[1] for box in grid.boxes), min(box[0] for box in grid.boxes)))


def _widen(thin: Mask, height: float) -> Mask:
    """Make a line whole that wanders by a pixel after flattening, or that noise nibbles at."""
    wide = cv2.dilate(thin, np.ones((3, 1), np.uint8))
    gap = max(2, round(0.12 * height))
    return cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((1, gap + 1), np.uint8))


def _long(mask: Mask, height: float, least: float) -> Mask:
    """Keep what runs on for `least` text heights."""
    return cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, max(3, round(least * height))), np.uint8))


def _find_pieces(sheet: _Sheet, mask: Mask, height: float, least: float) -> None:
    """List the long straight pieces that are rulings."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    for number in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[number])
        if w < 0.8 * least * height or area > (THICK * height + 3) * w:
            continue
        place = float(centres[number][1]) + 0.5
        if area >= 0.6 * w * h:
            box = (x, y + 1, w, max(1, h - 2))  # the search made it a pixel thicker on each side
            # A thick ruling is inked through; a dithered cell, closed over, is not.
            solid = h - 2 <= 0.2 * height or sheet.mask[y + 1 : y + h - 1, x : x + w].mean() > 0.7
            if solid and is_level_ruling(sheet.ink, sheet.thin, box, height):
                thick = max(1.0, h - 2.0)
                sheet.pieces.append(_Piece(float(x), float(x + w), place, thick, darkness(sheet.ink, box)))
            continue
        # It does not fill its box: it leans, or it is a line of small text, which is as low as a thick ruling.
        window = labels[y : y + h, x : x + w] == number
        filled = window.sum(axis=0)
        along = np.flatnonzero(filled)
        centre = (np.arange(h) @ window)[along] / filled[along] + y + 0.5
        middle = (along - w / 2) * (2.0 / w)
        fitted = np.polynomial.chebyshev.chebfit(middle, centre, 3 if w > 12 * height else 1)
        smooth = np.polynomial.chebyshev.chebval(middle, fitted)
        if float(np.percentile(np.abs(centre - smooth), 90)) > 0.08 * height:
            continue
        thick = max(1.0, float(np.median(filled)) - 2.0)
        if is_ruling(sheet.ink, sheet.thin, along + x + 0.5, smooth, thick, height):
            dark = float(np.median(sheet.ink[smooth.astype(int), along + x]))
            lean = float(smooth[-1] - smooth[0])
            sheet.pieces.append(_Piece(float(x), float(x + w), float(smooth.mean()), thick, 255.0 - dark, lean))


def _drop_pale(across: _Sheet, down: _Sheet, height: float) -> None:
    """Drop pieces much paler than the page's rulings: strokes of watermarks, what is left of a seal."""
    long = [piece.dark for piece in (*across.pieces, *down.pieces) if piece.length > 6 * height]
    if not long:
        return
    # Rulings of one page differ (thick borders, hair lines inside), but the palest of the long ones is one.
    least = 0.6 * float(np.percentile(long, 15))
    for sheet in (across, down):
        sheet.pieces = [piece for piece in sheet.pieces if piece.dark >= least]


def _group(
    shape: tuple[int, ...], across: _Pieces, down: _Pieces, height: float
) -> list[tuple[tuple[float, float, float, float], _Pieces, _Pieces]]:
    """Part the pieces into tables: what touches belongs together, and what lies inside a table's frame too."""
    reach = 0.6 * height
    boxes = [(p.first, p.place - 1, p.last, p.place + 1) for p in across]
    boxes += [(p.place - 1, p.first, p.place + 1, p.last) for p in down]
    if not boxes:
        return []
    table = np.array(boxes)
    parent = list(range(len(boxes)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    order = np.argsort(table[:, 0], kind="stable")
    for position, i in enumerate(order):
        for j in order[position + 1 :]:
            if table[j, 0] > table[i, 2] + reach:
                break
            if table[i, 1] <= table[j, 3] + reach and table[j, 1] <= table[i, 3] + reach:
                parent[root(int(j))] = root(int(i))
    groups: dict[int, list[int]] = {}
    for number in range(len(boxes)):
        groups.setdefault(root(number), []).append(number)
    frames = []
    for members in groups.values():
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
    found = []
    for box, members in frames:
        rows = [across[number] for number in members if number < len(across)]
        columns = [down[number - len(across)] for number in members if number >= len(across)]
        if rows and columns and box[2] - box[0] > 3 * height and box[3] - box[1] > 1.2 * height:
            found.append((tuple(float(value) for value in box), rows, columns))
    return found  # type: ignore[return-value]


def _cluster(pieces: _Pieces, height: float, same: float = _SAME) -> list[_Line]:
    """Gather pieces at one place into lines."""
    lines: list[_Line] = []
    for piece in sorted(pieces, key=lambda piece: piece.place):
        last = lines[-1] if lines else None
        if last is not None and piece.place - last.place <= same * height:
            last.pieces.append(piece)
            weights = np.array([p.length for p in last.pieces])
            last.place = float(np.average([p.place for p in last.pieces], weights=weights))
        else:
            lines.append(_Line(piece.place, piece.thick, [piece]))
    for line in lines:
        _settle(line, height)
    return lines


def _settle(line: _Line, height: float) -> None:
    """Find a line's place and thickness; pieces beside it go, unless they are the other half of a double ruling."""
    lengths = np.array([piece.length for piece in line.pieces])
    places = np.array([piece.place for piece in line.pieces])
    order = np.argsort(places, kind="stable")
    middle = float(places[order][np.searchsorted(np.cumsum(lengths[order]), lengths.sum() / 2)])
    beside = np.abs(places - middle) > 0.2 * height
    if lengths[beside].sum() < 0.5 * lengths[~beside].sum():
        line.pieces = [piece for piece, out in zip(line.pieces, beside, strict=True) if not out]
        line.place = float(np.average(places[~beside], weights=lengths[~beside]))
        line.thick = float(np.median([piece.thick for piece in line.pieces]))
    else:
        low = min(piece.place - piece.thick / 2 for piece in line.pieces)
        high = max(piece.place + piece.thick / 2 for piece in line.pieces)
        line.place, line.thick = (low + high) / 2, high - low
    line.dark = float(np.median([piece.dark for piece in line.pieces]))


def _profile(sheet: _Sheet, line: _Line, first: int, last: int, height: float) -> _Profile:
    """Look along a line, following its pieces where they wander."""
    along = np.arange(first, last)
    shape = sheet.mask.shape
    if line.virtual or not line.pieces:
        empty = np.zeros(len(along), bool)
        return _Profile(empty, empty.copy(), empty.copy())
    points = [(piece.first, piece.place - piece.lean / 2) for piece in line.pieces]
    points += [(piece.last, piece.place + piece.lean / 2) for piece in line.pieces]
    points.sort()
    known = np.array(points)
    centre = np.interp(along + 0.5, known[:, 0], known[:, 1]) if line.thick <= 0.2 * height else line.place
    rows = np.broadcast_to(np.floor(centre), along.shape).astype(int)
    reach = max(2, round(line.thick / 2 + 0.06 * height))
    columns = np.clip(along, 0, shape[1] - 1)

    def gather(source: NDArray[np.bool_], offsets: Sequence[int]) -> NDArray[np.bool_]:
        seen = np.zeros(len(along), bool)
        for offset in offsets:
            seen |= source[np.clip(rows + offset, 0, shape[0] - 1), columns]
        return seen

    band = range(-reach, reach + 1)
    lowest = np.minimum.reduce([sheet.ink[np.clip(rows + o, 0, shape[0] - 1), columns] for o in band])
    # What is much paler than the rest of the line (a watermark, the ghost of a seal) is not drawn by it.
    ruled = gather(sheet.thin.view(bool), band) & (lowest < 255.0 - 0.4 * line.dark)
    inked = gather(sheet.mask.view(bool), band)
    # Ink beside a ruling counts when it is print, nearly as dark as the ruling: a watermark under it is not.
    level = min(PRINT * 255, 255.0 - 0.62 * line.dark)
    away = reach + max(1, round(0.08 * height))
    far = away + max(3, round(0.16 * height))

    def dark(offsets: Sequence[int]) -> NDArray[np.bool_]:
        darkest = np.minimum.reduce([sheet.ink[np.clip(rows + o, 0, shape[0] - 1), columns] for o in offsets])
        found: NDArray[np.bool_] = darkest < level
        return found

    # Right beside a ruling there is nothing; a little further off text may stand, but seldom on both sides at once.
    above, below = dark((-away - 1, -away)), dark((away, away + 1))
    between = dark(range(-far, -away + 1)) & dark(range(away, far + 1))
    clean = ruled & ~(above | below)
    core = _close(gather(sheet.thin.view(bool), (-1, 0, 1)), 2)
    for a, b in _stretches(_close(ruled, _gap(height))):
        touched, both = float((above | below)[a:b].mean()), float(between[a:b].mean())
        if touched > 0.3 or both > 0.3:
            clean[a:b] = False
    for a, b in _stretches(core):
        # No text is drawn through at one level for so long: it is a ruling with text close to it.
        if b - a >= 3.5 * height and float(between[a:b].mean()) < 0.5:
            clean[a:b] = ruled[a:b]
    wide = max(far + 1, round(0.5 * height))
    alone = ~(dark(range(-wide, -away + 1)) | dark(range(away, wide + 1)))
    return _Profile(clean, inked & ~clean, alone)


def _gap(height: float) -> int:
    """Pixels between the dots of a dotted ruling, at most."""
    return max(3, round(0.18 * height))


def _stretches(seen: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """List the runs of True as first and last (exclusive) pixel."""
    change = np.diff(np.concatenate(([0], seen.astype(np.int8), [0])))
    return list(zip(np.flatnonzero(change == 1).tolist(), np.flatnonzero(change == -1).tolist(), strict=True))


def _close(seen: NDArray[np.bool_], gap: int) -> NDArray[np.bool_]:
    """Fill gaps of up to `gap` pixels."""
    if not seen.any():
        return seen
    row = seen.astype(np.uint8)[None, :]
    return cv2.morphologyEx(row, cv2.MORPH_CLOSE, np.ones((1, gap + 1), np.uint8))[0] > 0


def _runs(
    seen: NDArray[np.bool_], alone: NDArray[np.bool_], crossings: tuple[list[int], list[int]], height: float
) -> NDArray[np.bool_]:
    """Keep of what is seen the runs that a ruling makes: long ones, those that grow out of a crossing, lone bits.

    A bit alone in the middle of its edge is left out: that is where the text of a joined cell stands, and its text may be
    a dash or a figure 1.
    """
    starts, ends = crossings
    kept = np.zeros_like(seen)
    near = max(2.0, 0.1 * height)
    for a, b in _stretches(seen):
        if b - a >= 1.3 * height:
            kept[a:b] = True
        elif any(e - near <= b and a <= s + near for s, e in zip(starts, ends, strict=True)):
            kept[a:b] = b - a >= 0.25 * height
        elif b - a >= 0.15 * height and float(alone[a:b].mean()) > 0.9:
            before = max((s for s in starts if s <= a), default=None)
            after = min((e for e in ends if e >= b), default=None)
            if before is not None and after is not None:
                kept[a:b] = abs((a - before) - (after - b)) > 0.4 * height
    return kept


@dataclass(slots=True)
class _Edges:
    """For one line the edges between neighbouring crossings: is it a wall, and how much of it is seen."""

    walls: list[bool]
    cover: list[float]
    sure: list[bool]  # it needs no explanation


def _judge(profile: _Profile, first: int, crossings: Sequence[_Line], height: float) -> _Edges:
    """Decide for every edge of a line whether it is ruled."""
    starts = [round(line.place + line.thick / 2 + 0.06 * height) - first for line in crossings]
    ends = [round(line.place - line.thick / 2 - 0.06 * height) - first for line in crossings]
    clean = _runs(_close(profile.clean, _gap(height)), profile.alone, (starts, ends), height)
    dirty = (profile.dirty | profile.clean) & ~clean
    for a, b in zip(ends, starts, strict=True):
        dirty[max(0, a) : max(0, b)] = False  # the crossing rulings themselves
    edges = [(max(0, a), min(len(clean), b)) for a, b in zip(starts[:-1], ends[1:], strict=True)]
    cover = [float(clean[a:b].mean()) if b - a >= 2 else 0.0 for a, b in edges]
    sure = [_is_sure(clean[a:b], share, height) for (a, b), share in zip(edges, cover, strict=True)]
    # Gaps are measured between rulings; strokes of text that happen to stand on the line are none.
    anchors = clean.copy()
    for (a, b), is_sure in zip(edges, sure, strict=True):
        if not is_sure and b - a >= 2 and float(dirty[a:b].mean()) > 0.12:
            anchors[a:b] = False
    whole = anchors | _breaks(anchors, (profile.clean & ~clean, dirty), starts, ends, height)
    bridged = [b - a >= 2 and float(whole[a:b].mean()) >= 0.9 for a, b in edges]
    return _Edges([x or y for x, y in zip(sure, bridged, strict=True)], cover, sure)


def _doubt(lines: Sequence[_Edges]) -> None:
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


def _is_sure(part: NDArray[np.bool_], share: float, height: float) -> bool:
    """Tell whether enough of an edge is seen to need no explanation."""
    if share >= 0.8:
        return True
    seen = np.flatnonzero(part)
    touch = 0.25 * height
    return share >= 0.5 and bool(seen[0] <= touch and (len(part) - 1 - seen[-1]) <= touch)


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
        if float(dirty[g0:g1].mean()) > 0.1:
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
    return _stretches(~seen)


def _build(
    upright: Upright,
    box: tuple[float, float, float, float],
    across: _Sheet,
    down: _Sheet,
    across_pieces: _Pieces,
    down_pieces: _Pieces,
    height: float,
) -> Grid | None:
    """Make one table of its pieces of ruling."""
    rows, columns = _cluster(across_pieces, height), _cluster(down_pieces, height)
    if len(rows) < 2 or len(columns) < 2:
        _open_borders(rows, columns, height)
        _open_borders(columns, rows, height)
    table = _Draft(across, down, rows, columns, height)
    for attempt in range(8):
        if not table.judge():
            return None
        if table.drop_dead() or table.drop_crowded() or table.open_sides():
            continue
        if attempt < 6 and table.add_stubs():
            continue
        if not table.drop_idle():
            break
    else:
        return None
    return _cells(upright, table)


@dataclass(slots=True)
class _Draft:
    """A table in the making: its lines, and which of their edges are walls."""

    across: _Sheet
    down: _Sheet
    rows: list[_Line]
    columns: list[_Line]
    height: float
    row_edges: list[_Edges] = field(default_factory=list)
    column_edges: list[_Edges] = field(default_factory=list)
    spans: list[_Span] = field(default_factory=list)
    stubs_added: bool = False

    def frame(self) -> tuple[int, int, int, int]:
        """The table's outline with two text heights around it: x0, y0, x1, y1."""
        far = 2 * self.height
        return (
            int(self.columns[0].place - far),
            int(self.rows[0].place - far),
            int(self.columns[-1].place + far),
            int(self.rows[-1].place + far),
        )

    def judge(self) -> bool:
        """Decide all edges anew; False where no table is left."""
        if len(self.rows) < 2 or len(self.columns) < 2:
            return False
        x0, y0, x1, y1 = self.frame()
        height = self.height
        self.row_edges = [
            _judge(_profile(self.across, line, x0, x1, height), x0, self.columns, height) for line in self.rows
        ]
        self.column_edges = [
            _judge(_profile(self.down, line, y0, y1, height), y0, self.rows, height) for line in self.columns
        ]
        _doubt(self.row_edges)
        _doubt(self.column_edges)
        return True

    def drop_dead(self) -> bool:
        """Drop the lines that have no wall."""
        rows = [line for line, edges in zip(self.rows, self.row_edges, strict=True) if line.virtual or any(edges.walls)]
        columns = [
            line
            for line, edges in zip(self.columns, self.column_edges, strict=True)
            if line.virtual or any(edges.walls)
        ]
        dropped = len(rows) < len(self.rows) or len(columns) < len(self.columns)
        self.rows, self.columns = rows, columns
        return dropped

    def drop_crowded(self) -> bool:
        """Of two lines between which no text has room, drop the one that is less of a line."""
        changed = False
        for lines, edges in ((self.rows, self.row_edges), (self.columns, self.column_edges)):
            drop = set()
            for number in range(len(lines) - 1):
                if lines[number + 1].place - lines[number].place >= 0.75 * self.height:
                    continue
                first, second = sum(edges[number].cover), sum(edges[number + 1].cover)
                drop.add(number if first < second else number + 1)
            for number in sorted(drop, reverse=True):
                del lines[number]
                changed = True
        return changed

    def open_sides(self) -> bool:
        """Add outer edges that were never drawn."""
        x0, y0, x1, y1 = self.frame()
        drawn = list(self.columns)
        found = _open_sides(self.columns, self.rows, self.row_edges, (self.across, x0, x1), self.height)
        return _open_sides(self.rows, drawn, self.column_edges, (self.down, y0, y1), self.height) or found

    def add_stubs(self) -> bool:
        """Add, once, the lines of which only bits are left."""
        if self.stubs_added:
            return False
        self.stubs_added = True
        # Inside the outer lines only: what stands around a table is not its own.
        x0, x1 = int(self.columns[0].place), int(self.columns[-1].place) + 1
        y0, y1 = int(self.rows[0].place), int(self.rows[-1].place) + 1
        rows, columns = list(self.rows), list(self.columns)
        found = _add_stubs(self.columns, rows, (self.down, x0, x1), self.height)
        return _add_stubs(self.rows, columns, (self.across, y0, y1), self.height) or found

    def drop_idle(self) -> bool:
        """Drop the lines that part no two cells (a stroke, an underline inside a cell)."""
        _mend(self)
        self.spans = _spans(self.rows, self.columns, self.row_edges, self.column_edges)
        idle_rows, idle_columns = _idle(self.spans, len(self.rows), 0), _idle(self.spans, len(self.columns), 1)
        self.rows = [line for number, line in enumerate(self.rows) if number not in idle_rows]
        self.columns = [line for number, line in enumerate(self.columns) if number not in idle_columns]
        return bool(idle_rows or idle_columns)


def _add_stubs(lines: list[_Line], others: Sequence[_Line], view: tuple[_Sheet, int, int], height: float) -> bool:
    """Add lines that grow out of the other direction's rulings in several places, always at the same place.

    What is left of a short ruling after a break is too short to be told from a stroke; but strokes do not grow out of
    rulings, and not twice at one place.
    """
    sheet, low, high = view
    low, high = max(0, low), min(sheet.ink.shape[0], high)
    length, flank = max(4, round(0.3 * height)), max(4, round(0.28 * height))
    stubs: list[_Piece] = []
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
            for a, b in _stretches(strip):
                if b - a > 0.3 * height or a < flank or b + flank > high - low:
                    continue
                beside = count[a - 2] - count[a - flank] + count[b + flank] - count[b + 2]
                if beside == 0:
                    box = (first, low + a, last - first, b - a)
                    stubs.append(_Piece(first, last, low + (a + b) / 2, float(b - a), darkness(sheet.ink, box)))
    known = np.array([line.place for line in lines])
    fresh = [stub for stub in stubs if not len(known) or np.abs(known - stub.place).min() > 0.6 * height]
    found = False
    least = 0.7 * float(np.median([line.dark for line in (*lines, *others) if not line.virtual]))
    for line in _cluster(fresh, height, 0.15):
        if len(line.pieces) >= 2 and line.dark >= least:
            lines.append(line)
            found = True
    lines.sort(key=lambda line: line.place)
    return found


def _idle(spans: Sequence[_Span], count: int, axis: int) -> set[int]:
    """Find the inner lines at which no cell begins."""
    begun = {span[axis] for span in spans}
    return {number for number in range(1, count - 1) if number not in begun}


def _open_sides(
    lines: list[_Line],
    others: Sequence[_Line],
    edges: Sequence[_Edges],
    view: tuple[_Sheet, int, int],
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
            seen = _profile(sheet, line, far_first, far_last, height).clean
            part = seen[int(a) - far_first : int(b) - far_first]
            if part.mean() >= 0.75:
                ends.append(end)
        if len(ends) < 2:
            continue
        place = float(np.median(ends))
        if np.sum(np.abs(np.array(ends) - place) < 0.4 * height) < max(2, 0.6 * len(ends)):
            continue
        lines.insert(0 if side == 0 else len(lines), _Line(place, 1.0, [], virtual=True))
        found = True
    return found


def _open_borders(lines: list[_Line], others: list[_Line], height: float) -> None:
    """Add the outer edges that were never drawn: where the other direction's rulings end together beyond the last line."""
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
        border = _Line(place, 1.0, [], virtual=True)
        if side == 0:
            lines.insert(0, border)
        else:
            lines.append(border)


def _mend(table: _Draft) -> None:
    """Part again what a missing wall has joined: a cell is a rectangle.

    Where joined slots make no rectangle, either a wall is missing or the walls inside its outline are none. The cheapest
    straight cut is made, if it costs less than taking those walls away; a wall's price is its length as seen.
    """
    n_rows, n_cols = len(table.rows) - 1, len(table.columns) - 1
    across = [table.columns[c + 1].place - table.columns[c].place for c in range(n_cols)]
    down = [table.rows[r + 1].place - table.rows[r].place for r in range(n_rows)]
    for _ in range(4 * (n_rows + n_cols)):
        region = _regions(table)
        cut = None
        for name in np.unique(region):
            where = region == name
            rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
            r0, r1, c0, c1 = rows[0], rows[-1], columns[0], columns[-1]
            if where[r0 : r1 + 1, c0 : c1 + 1].all():
                continue
            # What squaring it would take away: the walls inside its outline.
            price = sum(
                table.row_edges[r].cover[c] * across[c]
                for r in range(r0 + 1, r1 + 1)
                for c in range(c0, c1 + 1)
                if table.row_edges[r].walls[c]
            )
            price += sum(
                table.column_edges[c].cover[r] * down[r]
                for c in range(c0 + 1, c1 + 1)
                for r in range(r0, r1 + 1)
                if table.column_edges[c].walls[r]
            )
            for r in range(r0 + 1, r1 + 1):
                missing = [
                    c for c in range(c0, c1 + 1) if where[r, c] and where[r - 1, c] and not table.row_edges[r].walls[c]
                ]
                cost = sum(across[c] * (1.0 - table.row_edges[r].cover[c]) for c in missing)
                if missing and cost < price:
                    price, cut = cost, (table.row_edges[r], missing)
            for c in range(c0 + 1, c1 + 1):
                missing = [
                    r
                    for r in range(r0, r1 + 1)
                    if where[r, c] and where[r, c - 1] and not table.column_edges[c].walls[r]
                ]
                cost = sum(down[r] * (1.0 - table.column_edges[c].cover[r]) for r in missing)
                if missing and cost < price:
                    price, cut = cost, (table.column_edges[c], missing)
            if cut is not None:
                break
        if cut is None:
            return
        for edge in cut[1]:
            cut[0].walls[edge] = True


def _regions(table: _Draft) -> NDArray[np.int32]:
    """Name the joined slots: (rows, columns), slots of one name have no wall between them."""
    n_rows, n_cols = len(table.rows) - 1, len(table.columns) - 1
    # Slots and the gaps between them as pixels: what is joined is connected.
    picture = np.zeros((2 * n_rows - 1, 2 * n_cols - 1), np.uint8)
    picture[::2, ::2] = 1
    for r in range(1, n_rows):
        picture[2 * r - 1, ::2] = [not wall for wall in table.row_edges[r].walls]
    for c in range(1, n_cols):
        picture[::2, 2 * c - 1] = [not wall for wall in table.column_edges[c].walls]
    _, labels = cv2.connectedComponents(picture, connectivity=4)
    names: NDArray[np.int32] = labels[::2, ::2]
    return names


def _spans(
    rows: Sequence[_Line], columns: Sequence[_Line], row_edges: Sequence[_Edges], column_edges: Sequence[_Edges]
) -> list[_Span]:
    """Join the slots that no wall parts; what is not rectangular is squared."""
    n_rows, n_cols = len(rows) - 1, len(columns) - 1
    parent = list(range(n_rows * n_cols))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    def join(i: int, j: int) -> None:
        parent[max(root(i), root(j))] = min(root(i), root(j))

    for row in range(n_rows):
        for column in range(n_cols):
            if row + 1 < n_rows and not row_edges[row + 1].walls[column]:
                join(row * n_cols + column, (row + 1) * n_cols + column)
            if column + 1 < n_cols and not column_edges[column + 1].walls[row]:
                join(row * n_cols + column, row * n_cols + column + 1)
    while True:
        spans: dict[int, list[int]] = {}
        for row in range(n_rows):
            for column in range(n_cols):
                span = spans.setdefault(root(row * n_cols + column), [row, column, row, column])
                span[0], span[1] = min(span[0], row), min(span[1], column)
                span[2], span[3] = max(span[2], row), max(span[3], column)
        before = len(spans)
        for first, span in spans.items():
            for row in range(span[0], span[2] + 1):
                for column in range(span[1], span[3] + 1):
                    join(first, row * n_cols + column)
        if len({root(number) for number in range(n_rows * n_cols)}) == before:
            break
    return sorted((span[0], span[1], span[2], span[3]) for span in spans.values())


def _cells(upright: Upright, table: _Draft) -> Grid:
    """Make the cells, with their outlines on the page as it came in."""
    rows, columns, row_edges, column_edges = table.rows, table.columns, table.row_edges, table.column_edges
    cells, boxes, corners = [], [], []
    for r0, c0, r1, c1 in table.spans:
        x0, x1 = columns[c0].place, columns[c1 + 1].place
        y0, y1 = rows[r0].place, rows[r1 + 1].place
        cover = [row_edges[r0].cover[c] for c in range(c0, c1 + 1)] + [
            row_edges[r1 + 1].cover[c] for c in range(c0, c1 + 1)
        ]
        cover += [column_edges[c0].cover[r] for r in range(r0, r1 + 1)]
        cover += [column_edges[c1 + 1].cover[r] for r in range(r0, r1 + 1)]
        inside = (
            x0 + columns[c0].thick / 2,
            y0 + rows[r0].thick / 2,
            x1 - columns[c1 + 1].thick / 2,
            y1 - rows[r1 + 1].thick / 2,
        )
        corners.append([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
        boxes.append(inside)
        cells.append((r0, c0, r1 - r0 + 1, c1 - c0 + 1, float(np.mean(cover))))
    points = upright.warp.to_page(np.array(corners, np.float64).reshape(-1, 2)).reshape(-1, 4, 2)
    made = tuple(
        Cell(
            row,
            col,
            rowspan,
            colspan,
            tuple((round(float(x), 1), round(float(y), 1)) for x, y in polygon),
            round(support, 2),
        )
        for (row, col, rowspan, colspan, support), polygon in zip(cells, points, strict=True)
    )
    return Grid(made, len(rows) - 1, len(columns) - 1, True, tuple(boxes))
