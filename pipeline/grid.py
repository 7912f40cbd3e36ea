"""Upright page → Grids: rulings → crossings → cells with spans and a support score. Owns OpenCV with straighten.

Lengths are in text heights h. What is a ruling is decided line by line: a ruling is thin, its flanks are clean, and where
it ends, it ends at another ruling. A gap that ends anywhere else is damage and is bridged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Cell, Grid, Upright
from pipeline.ink import THICK, Grey, is_level_ruling, printed, thin_across
from pipeline.settings import GridSettings

Mask = Grey

# Pieces of ruling shorter than this say nothing of their own: a stroke of a character is up to 1.1 long. A row of one
# line is 1.45 high, so a piece of a vertical ruling may be no longer than that.
_LEAST_H, _LEAST_V = 2.0, 1.3
# Lines nearer to each other than this are one (two rulings of a double line; the residue of flattening).
_SAME = 0.45


@dataclass(slots=True)
class _Line:
    """One ruling across a table: where it stands, and its pieces (first, last, place, thickness)."""

    place: float
    thick: float
    pieces: list[tuple[float, float, float, float]]
    virtual: bool = False  # an edge of the table that was never drawn


@dataclass(slots=True)
class _Profile:
    """What is seen along one line, pixel by pixel: ruling with clean flanks, other ink, nothing."""

    clean: NDArray[np.bool_]
    dirty: NDArray[np.bool_]


@dataclass(slots=True)
class _Sheet:
    """The page's ink as the search sees it, for one direction (verticals are horizontals of the transposed page)."""

    mask: Mask
    thin: Mask
    pieces: list[tuple[float, float, float, float]] = field(default_factory=list)


def find_grids(upright: Upright, settings: GridSettings | None = None) -> list[Grid]:
    """Find the page's ruled tables, from top to bottom."""
    settings = settings or GridSettings()
    height = upright.text_height
    mask = printed(upright.ink)
    across = _Sheet(mask, thin_across(upright.ink, height))
    flipped = np.ascontiguousarray(upright.ink.T)
    down = _Sheet(np.ascontiguousarray(mask.T), thin_across(flipped, height))
    across_wide, down_wide = _widen(across.thin, height), _widen(down.thin, height)
    # Each direction's rulings cut the other's; those of the one bridge the cuts of the other.
    first = _long(down_wide, height, _LEAST_V)
    across_long = _long(across_wide | np.ascontiguousarray(first.T), height, _LEAST_H) & across_wide
    down_long = _long(down_wide | np.ascontiguousarray(across_long.T), height, _LEAST_V) & down_wide
    across.pieces = _pieces(across_long, (upright.ink, across.thin), height, _LEAST_H)
    down.pieces = _pieces(down_long, (flipped, down.thin), height, _LEAST_V)
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


def _pieces(
    mask: Mask, page: tuple[Grey, Mask], height: float, least: float
) -> list[tuple[float, float, float, float]]:
    """List the long straight pieces that are rulings: first, last, place, thickness."""
    count, _, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    pieces = []
    for number in range(1, count):
        x, y, w, h, _ = (int(value) for value in stats[number])
        if w < 0.8 * least * height or h > THICK * height + 4:
            continue
        if is_level_ruling(*page, (x, y + 1, w, max(1, h - 2)), height):
            pieces.append((float(x), float(x + w), float(centres[number][1]) + 0.5, max(1.0, h - 2.0)))
    return pieces


_Pieces = list[tuple[float, float, float, float]]


def _group(
    shape: tuple[int, ...], across: _Pieces, down: _Pieces, height: float
) -> list[tuple[tuple[float, float, float, float], _Pieces, _Pieces]]:
    """Part the pieces into tables: what touches belongs together, and what lies inside a table's frame too."""
    reach = 0.6 * height
    boxes = [(a0, place - 1, a1, place + 1) for a0, a1, place, _ in across]
    boxes += [(place - 1, a0, place + 1, a1) for a0, a1, place, _ in down]
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


def _cluster(pieces: _Pieces, height: float) -> list[_Line]:
    """Gather pieces at one place into lines."""
    lines: list[_Line] = []
    for piece in sorted(pieces, key=lambda piece: piece[2]):
        last = lines[-1] if lines else None
        if last is not None and piece[2] - last.place <= _SAME * height:
            last.pieces.append(piece)
            weights = np.array([p[1] - p[0] for p in last.pieces])
            last.place = float(np.average([p[2] for p in last.pieces], weights=weights))
        else:
            lines.append(_Line(piece[2], piece[3], [piece]))
    for line in lines:
        line.thick = _spread(line)
    return lines


def _spread(line: _Line) -> float:
    """Thickness of a line with all that is drawn of it (a double line is as thick as both with the gap)."""
    low = min(place - thick / 2 for _, _, place, thick in line.pieces)
    high = max(place + thick / 2 for _, _, place, thick in line.pieces)
    typical = float(np.median([thick for *_, thick in line.pieces]))
    # Pieces that overlap along the line at different places are a double ruling; else the line only wanders.
    for i, a in enumerate(line.pieces):
        for b in line.pieces[i + 1 :]:
            if min(a[1], b[1]) - max(a[0], b[0]) > 0.5 * min(a[1] - a[0], b[1] - b[0]):
                return max(typical, high - low)
    return typical


def _profile(sheet: _Sheet, line: _Line, first: int, last: int, height: float) -> _Profile:
    """Look along a line, following its pieces where they wander."""
    along = np.arange(first, last)
    shape = sheet.mask.shape
    if line.virtual or not line.pieces:
        empty = np.zeros(len(along), bool)
        return _Profile(empty, empty.copy())
    middles = np.array([(a0 + a1) / 2 for a0, a1, _, _ in line.pieces])
    places = np.array([place for _, _, place, _ in line.pieces])
    order = np.argsort(middles, kind="stable")
    centre = np.interp(along + 0.5, middles[order], places[order]) if line.thick <= 0.2 * height else line.place
    rows = np.broadcast_to(np.floor(centre), along.shape).astype(int)
    reach = max(2, round(line.thick / 2 + 0.06 * height))
    columns = np.clip(along, 0, shape[1] - 1)

    def gather(source: Mask, offsets: Sequence[int]) -> NDArray[np.bool_]:
        seen = np.zeros(len(along), bool)
        for offset in offsets:
            seen |= source[np.clip(rows + offset, 0, shape[0] - 1), columns] > 0
        return seen

    band = range(-reach, reach + 1)
    ruled = gather(sheet.thin, band)
    inked = gather(sheet.mask, band)
    away = reach + max(1, round(0.08 * height))
    flank = gather(sheet.mask, (-away - 1, -away, away, away + 1))
    clean = ruled & ~flank
    return _Profile(clean, inked & ~clean)


def _close(seen: NDArray[np.bool_], gap: int) -> NDArray[np.bool_]:
    """Fill gaps of up to `gap` pixels."""
    if not seen.any():
        return seen
    row = seen.astype(np.uint8)[None, :]
    return cv2.morphologyEx(row, cv2.MORPH_CLOSE, np.ones((1, gap + 1), np.uint8))[0] > 0


def _runs(seen: NDArray[np.bool_], starts: Sequence[int], ends: Sequence[int], height: float) -> NDArray[np.bool_]:
    """Keep of what is seen the runs that a ruling makes: longer than a stroke, or growing out of a crossing."""
    kept = np.zeros_like(seen)
    change = np.diff(np.concatenate(([0], seen.astype(np.int8), [0])))
    near = max(2.0, 0.1 * height)
    for a, b in zip(np.flatnonzero(change == 1).tolist(), np.flatnonzero(change == -1).tolist(), strict=True):
        grows = any(e - near <= b and a <= s + near for s, e in zip(starts, ends, strict=True))
        if b - a >= 1.15 * height or (grows and b - a >= 0.12 * height):
            kept[a:b] = True
    return kept


@dataclass(slots=True)
class _Edges:
    """For one line the edges between neighbouring crossings: is it a wall, and how much of it is seen."""

    walls: list[bool]
    cover: list[float]


def _judge(profile: _Profile, first: int, crossings: Sequence[_Line], height: float) -> _Edges:
    """Decide for every edge of a line whether it is ruled."""
    gap = max(2, round(0.12 * height))
    starts = [round(line.place + line.thick / 2 + 0.06 * height) - first for line in crossings]
    ends = [round(line.place - line.thick / 2 - 0.06 * height) - first for line in crossings]
    clean = _runs(_close(profile.clean, gap), starts, ends, height)
    dirty = (profile.dirty | profile.clean) & ~clean
    whole = clean | _breaks(clean, dirty, starts, ends, height)
    walls, cover = [], []
    touch = 0.25 * height
    for number in range(len(crossings) - 1):
        a, b = max(0, starts[number]), min(len(clean), ends[number + 1])
        if b - a < 2:
            walls.append(False)
            cover.append(0.0)
            continue
        part = clean[a:b]
        seen = np.flatnonzero(part)
        share = float(part.mean())
        touches = bool(len(seen)) and (seen[0] <= touch or (b - a - 1 - seen[-1]) <= touch)
        walls.append((share >= 0.5 and touches) or share >= 0.8 or float(whole[a:b].mean()) >= 0.9)
        cover.append(share)
    return _Edges(walls, cover)


def _breaks(
    clean: NDArray[np.bool_],
    dirty: NDArray[np.bool_],
    starts: Sequence[int],
    ends: Sequence[int],
    height: float,
) -> NDArray[np.bool_]:
    """Find the gaps that are damage: they begin or end where no ruling is designed to end, and no text crosses them."""
    near = max(2.0, 0.12 * height)
    found = np.zeros_like(clean)
    for g0, g1 in _empty_stretches(clean, starts, ends):
        if g1 - g0 > 2.6 * height or g0 == 0 or g1 == len(clean):
            continue
        at_start = any(e - near <= g0 <= s + near for e, s in zip(ends, starts, strict=True))
        at_end = any(e - near <= g1 <= s + near for e, s in zip(ends, starts, strict=True))
        if (at_start and at_end) or float(dirty[g0:g1].mean()) > 0.3:
            continue
        found[g0:g1] = True
    return found


def _empty_stretches(clean: NDArray[np.bool_], starts: Sequence[int], ends: Sequence[int]) -> list[tuple[int, int]]:
    """List the stretches with no ruling, as first and last pixel; crossings count as nothing seen."""
    seen = clean.copy()
    for a, b in zip(ends, starts, strict=True):
        seen[max(0, a) : max(0, b)] = False
    change = np.diff(np.concatenate(([1], seen.astype(np.int8), [1])))
    return list(zip(np.flatnonzero(change == -1).tolist(), np.flatnonzero(change == 1).tolist(), strict=True))


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
    for attempt in range(6):
        if attempt == 0 and (len(rows) < 2 or len(columns) < 2):
            _open_borders(rows, columns, height)
            _open_borders(columns, rows, height)
        if len(rows) < 2 or len(columns) < 2:
            return None
        x0, x1 = int(columns[0].place - 2 * height), int(columns[-1].place + 2 * height)
        y0, y1 = int(rows[0].place - 2 * height), int(rows[-1].place + 2 * height)
        row_edges = [_judge(_profile(across, line, x0, x1, height), x0, columns, height) for line in rows]
        column_edges = [_judge(_profile(down, line, y0, y1, height), y0, rows, height) for line in columns]
        dead_rows = [
            number for number, line in enumerate(rows) if not any(row_edges[number].walls) and not line.virtual
        ]
        dead_columns = [
            number for number, line in enumerate(columns) if not any(column_edges[number].walls) and not line.virtual
        ]
        if not dead_rows and not dead_columns:
            drawn = list(columns)
            found = _open_sides(columns, rows, row_edges, (across, x0, x1), height)
            found |= _open_sides(rows, drawn, column_edges, (down, y0, y1), height)
            if not found:
                break
            continue
        rows = [line for number, line in enumerate(rows) if number not in dead_rows]
        columns = [line for number, line in enumerate(columns) if number not in dead_columns]
    else:
        return None
    while True:
        spans = _spans(rows, columns, row_edges, column_edges)
        idle_rows, idle_columns = _idle(spans, len(rows), 0), _idle(spans, len(columns), 1)
        if not idle_rows and not idle_columns:
            break
        # A line that parts no two cells (a stroke, an underline inside one) is no line of the grid.
        rows = [line for number, line in enumerate(rows) if number not in idle_rows]
        columns = [line for number, line in enumerate(columns) if number not in idle_columns]
        if len(rows) < 2 or len(columns) < 2:
            return None
        row_edges = [_judge(_profile(across, line, x0, x1, height), x0, columns, height) for line in rows]
        column_edges = [_judge(_profile(down, line, y0, y1, height), y0, rows, height) for line in columns]
    return _cells(upright, rows, columns, row_edges, column_edges, spans)


_Span = tuple[int, int, int, int]  # first row, first column, last row, last column


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
            end = min(p[0] for p in line.pieces) if side == 0 else max(p[1] for p in line.pieces)
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
                min(p[0] for p in line.pieces) if side == 0 else max(p[1] for p in line.pieces)
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


def _cells(
    upright: Upright,
    rows: Sequence[_Line],
    columns: Sequence[_Line],
    row_edges: Sequence[_Edges],
    column_edges: Sequence[_Edges],
    spans: Sequence[_Span],
) -> Grid:
    """Make the cells, with their outlines on the page as it came in."""
    cells, boxes, corners = [], [], []
    for r0, c0, r1, c1 in spans:
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
