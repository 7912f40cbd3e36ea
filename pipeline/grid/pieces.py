"""Pieces of ruling: where they are, and which of them make one table."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ink import (
    PRINT,
    THICK,
    Grey,
    Runs,
    at_once,
    darkness,
    find_ground,
    is_level_ruling,
    is_ruling,
    long_runs,
    patches,
    printed,
    quantile,
    share,
    smoothed,
    thin_across,
)

Mask = Grey

# Pieces of ruling shorter than this say nothing of their own: a stroke of a character is up to 1.1 long. A row of one
# line is 1.45 high, so a piece of a vertical ruling may be no longer than that.
LEAST_H, LEAST_V = 2.0, 1.3


class Piece(NamedTuple):
    """One piece of ruling: from where to where along, its place across, how thick and how dark (0 to 255) it is."""

    first: float
    last: float
    place: float
    thick: float
    dark: float
    lean: float = 0.0  # how much further along the place is at the end than at the beginning

    @property
    def length(self) -> float:
        """How long it is."""
        return self.last - self.first


Pieces = list[Piece]


@dataclass(slots=True)
class Sheet:
    """The page's ink as the search sees it, for one direction (verticals are horizontals of the transposed page)."""

    ink: Grey
    mask: Mask
    thin: Mask
    toned: bool = True  # there are greys broader than a stroke: watermarks, ghosts of seals
    pieces: Pieces = field(default_factory=list)


# Greys that no edge of print explains, and how much of them makes a page one of greys (characters' worths). Pages of
# one bit have up to .05 after straightening, pages with a watermark of thin strokes 2 and more.
_GREY = (65, math.ceil(0.9 * 255) - 1)
_EDGE = 0.12
_LEAST_GREY = 0.5


def _is_toned(ink: Grey, height: float) -> bool:
    """Tell whether the page has greys at all; a page of one bit has none, and its hair rulings are of any darkness."""
    middle = cv2.inRange(ink, *_GREY)
    flat = cv2.erode(middle, np.ones((max(3, round(_EDGE * height)),) * 2, np.uint8))
    if cv2.countNonZero(flat) > _LEAST_GREY * height * height:
        return True
    ground, side = find_ground(ink, height, 1.0)
    # A character's worth of grey, in one place or another, is a tone.
    return int(np.count_nonzero(ground < 0.93 * 255)) > side * side


def search(ink: Grey, height: float) -> tuple[Sheet, Sheet]:
    """Find the page's pieces of ruling, horizontals and (transposed) verticals."""

    def look_across() -> tuple[Sheet, Mask]:
        sheet = Sheet(ink, printed(ink), thin_across(ink, height), _is_toned(ink, height))
        return sheet, _widen(sheet.thin, height)

    def look_down() -> tuple[Sheet, Mask, Runs]:
        flipped = cv2.transpose(ink)
        sheet = Sheet(flipped, printed(flipped), thin_across(flipped, height))
        wide = _widen(sheet.thin, height)
        return sheet, wide, _long(wide, height, LEAST_V)

    (across, across_wide), (down, down_wide, first) = at_once(look_across, look_down)
    down.toned = across.toned
    # Each direction's rulings cut the other's; those of the one bridge the cuts of the other.
    across_long = _within(_long(first.add_upright(across_wide), height, LEAST_H), across_wide)
    down_long = _within(_long(across_long.add_upright(down_wide), height, LEAST_V), down_wide)
    at_once(
        lambda: find_pieces(across, across_long, height, LEAST_H),
        lambda: find_pieces(down, down_long, height, LEAST_V),
    )
    drop_pale(across, down, height)
    return across, down


def _widen(thin: Mask, height: float) -> Mask:
    """Make a line whole that wanders by a pixel after flattening, or that noise nibbles at."""
    wide = cv2.dilate(thin, np.ones((3, 1), np.uint8))
    gap = max(2, round(0.12 * height))
    return cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((1, gap + 1), np.uint8))


def _long(mask: Mask, height: float, least: float) -> Runs:
    """Keep what runs on for `least` text heights."""
    return long_runs(mask, max(3, round(least * height)))


def _within(runs: Runs, mask: Mask) -> Runs:
    """Keep what the mask holds too."""
    return Runs(runs.rows, runs.bits & mask[runs.rows])


def find_pieces(sheet: Sheet, runs: Runs, height: float, least: float) -> None:
    """List the long straight pieces that are rulings."""
    found = patches(runs)
    centres = found.centres
    for number in range(1, len(found.stats)):
        x, y, w, h, area = (int(value) for value in found.stats[number])
        if w < 0.8 * least * height or area > (THICK * height + 3) * w:
            continue
        place = float(centres[number][1]) + 0.5
        if area >= 0.6 * w * h:
            box = (x, y + 1, w, max(1, h - 2))  # the search made it a pixel thicker on each side
            rows = np.full(w, y + h // 2)
            solid = h - 2 <= 0.2 * height or _is_through(sheet.mask, np.arange(x, x + w), rows, h - 2.0)
            at_edge = h - 2 > 0.25 * height and (y <= 2 or y + h >= sheet.ink.shape[0] - 2)  # the picture's dark border
            if solid and not at_edge and is_level_ruling(sheet.ink, sheet.thin, box, height):
                thick = max(1.0, h - 2.0)
                sheet.pieces.append(Piece(float(x), float(x + w), place, thick, darkness(sheet.ink, box)))
            continue
        # It does not fill its box: it leans, or it is a line of small text, which is as low as a thick ruling.
        window = found.window(number)
        filled = window.sum(axis=0)
        along = np.flatnonzero(filled)
        centre = (np.arange(h) @ window)[along] / filled[along] + y + 0.5
        middle = (along - w / 2) * (2.0 / w)
        smooth = smoothed(np.asarray(middle, np.float64), np.asarray(centre, np.float64), 3 if w > 12 * height else 1)
        if float(np.percentile(np.abs(centre - smooth), 90)) > 0.08 * height:
            continue
        thick = max(1.0, float(np.median(filled)) - 2.0)
        if thick > 0.2 * height and not _is_through(sheet.mask, along + x, np.floor(smooth).astype(int), thick):
            continue
        if is_ruling(sheet.ink, sheet.thin, np.asarray(along + x + 0.5, np.float64), smooth, thick, height):
            dark = quantile(sheet.ink[smooth.astype(int), along + x], 0.25)
            lean = float(smooth[-1] - smooth[0])
            sheet.pieces.append(Piece(float(x), float(x + w), float(smooth.mean()), thick, 255.0 - dark, lean))


def _is_through(mask: Mask, columns: NDArray[np.int_], rows: NDArray[np.int_], thick: float) -> bool:
    """Tell whether a thick piece, or half of a double one, is inked through; shaded cells and lines of text are not."""
    reach = int(thick / 2) + 1
    for offset in range(-reach, reach):
        pair = [mask[np.clip(rows + o, 0, mask.shape[0] - 1), columns] for o in (offset, offset + 1)]
        if float((pair[0] | pair[1]).mean()) >= 0.75:
            return True
    return False


def drop_pale(across: Sheet, down: Sheet, height: float) -> None:
    """Drop pieces much paler than the page's rulings: strokes of watermarks, what is left of a seal."""
    long = [piece.dark for piece in (*across.pieces, *down.pieces) if piece.length > 6 * height]
    if not long:
        return
    # Rulings of one page differ (thick borders, hair lines inside), but the palest of the long ones is one.
    least = 0.6 * float(np.percentile(long, 15))
    for sheet in (across, down):
        sheet.pieces = [piece for piece in sheet.pieces if piece.dark >= least]


def drop_texts(across: Sheet, lines: NDArray[np.float64], height: float) -> None:
    """Drop horizontals that run through the middle of a line of text and no further: they are its strokes.

    `lines` (n, 4, 2) are where text was detected; a box around two lines is higher than any of one line.
    """
    boxes = [
        (quad[:, 0].min(), quad[:, 0].max(), quad[:, 1].mean(), np.ptp(quad[:, 1]))
        for quad in lines
        if 0.6 * height <= np.ptp(quad[:, 1]) <= 1.9 * height
    ]

    def is_text(piece: Piece) -> bool:
        return any(
            x0 - 0.5 * height <= piece.first and piece.last <= x1 + 0.5 * height and abs(piece.place - y) < 0.34 * tall
            for x0, x1, y, tall in boxes
        )

    across.pieces = [piece for piece in across.pieces if not is_text(piece) and not _is_strung(across, piece, height)]


# How far the strokes that hang on a piece must reach, and how far no stroke of a character does (text heights).
_HANGS, _ENDS = 0.2, 1.2
# Where more than this share of the way is inked, the row is shaded, and noise cuts the shade into "strokes".
_SHADED = 0.6
# A character has up to four strokes beside each other. Measured on eight kinds of damage (2,554 pieces): lines of text
# have 1.6 to 4 a text height on one side or the other, rulings, with text that runs into them, up to 0.65.
_STRUNG = 1.2


def _is_strung(sheet: Sheet, piece: Piece, height: float) -> bool:
    """Tell whether strokes hang on a piece one beside the other: it is a part of a line of text.

    Rulings that it crosses run on; the strokes of a character do not. Detected lines do not tell on pages that are
    bent, where a box holds two lines.
    """
    columns = np.arange(int(piece.first), int(piece.last))
    along = (columns + 0.5 - (piece.first + piece.last) / 2) / max(1.0, piece.length)
    middle = piece.place + piece.lean * along
    edge = piece.thick / 2 + max(1.0, 0.08 * height)
    # Strokes that make a piece are as dark as it is; the noise of a shaded row is not.
    dark = min(PRINT * 255, 255.0 - 0.62 * piece.dark)

    def inked(*offsets: float) -> NDArray[np.bool_]:
        rows = np.floor(middle + np.array(offsets)[:, None]).astype(np.intp)
        np.clip(rows, 0, len(sheet.ink) - 1, out=rows)
        found: NDArray[np.bool_] = (sheet.ink.ravel().take(rows * sheet.ink.shape[1] + columns) < dark).all(axis=0)
        return found

    least = max(2, _STRUNG * piece.length / height)
    for side in (-1, 1):
        hanging = inked(side * edge, side * max(edge, _HANGS * height))
        if np.count_nonzero(hanging) < least:
            continue
        hanging &= ~inked(*(side * np.arange(edge, _ENDS * height, max(1.0, 0.06 * height))))
        if share(hanging) > _SHADED:
            continue
        strokes = np.count_nonzero(np.diff(hanging.astype(np.int8), prepend=0) == 1)
        if strokes >= least:
            return True
    return False


def group(across: Pieces, down: Pieces, height: float) -> list[tuple[Pieces, Pieces]]:
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
    for i, j in _broken(across, down, height):
        parent[root(len(across) + j)] = root(len(across) + i)
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
    frames = _join_open(frames, across, down, height)
    found = []
    for box, members in frames:
        rows = [across[number] for number in members if number < len(across)]
        columns = [down[number - len(across)] for number in members if number >= len(across)]
        if rows and columns and box[2] - box[0] > 3 * height and box[3] - box[1] > 1.2 * height:
            found.append((rows, columns))
    lone = [across[number] for _, members in frames if max(members) < len(across) for number in members]
    return found + [(rows, []) for rows in _ladders(lone, height)]


_Frame = tuple[tuple[float, float, float, float], list[int]]


def _join_open(frames: list[_Frame], across: Pieces, down: Pieces, height: float) -> list[_Frame]:
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

    joined: list[_Frame] = []
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


def _broken(across: Pieces, down: Pieces, height: float) -> list[tuple[int, int]]:
    """Pair the verticals that a break parted: one goes on where the other left off, and not both end at a horizontal.

    Where a table ends and the next begins, both do.
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
    """Gather horizontals that begin and end together with no vertical among them: all of theirs are broken."""
    rungs: list[Pieces] = []
    for piece in sorted(lone, key=lambda piece: piece.place):
        if rungs and piece.place - rungs[-1][0].place <= 0.3 * height:
            rungs[-1].append(piece)
        else:
            rungs.append([piece])
    ladders: list[list[Pieces]] = []
    for rung in rungs:
        first, last = min(piece.first for piece in rung), max(piece.last for piece in rung)
        if last - first < 10 * height or sum(piece.length for piece in rung) < 0.6 * (last - first):
            continue
        if ladders and 0.9 * height < rung[0].place - ladders[-1][-1][0].place < 4 * height:
            before = ladders[-1][-1]
            if not 0.7 < rung[0].dark / before[0].dark < 1.4:
                ladders.append([rung])
                continue
            off = sorted(
                [
                    abs(min(piece.first for piece in before) - first),
                    abs(max(piece.last for piece in before) - last),
                ]
            )
            # A break may cut off one end.
            if off[0] < 0.5 * height and off[1] < 2.8 * height:
                ladders[-1].append(rung)
                continue
        ladders.append([rung])
    return [[piece for rung in ladder for piece in rung] for ladder in ladders if len(ladder) >= 2]
