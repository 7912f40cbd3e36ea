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
    dotted: bool = False  # it is dots or dashes that stand apart

    @property
    def length(self) -> float:
        """How long it is."""
        return self.last - self.first


Pieces = list[Piece]

# On a flattened page rulings are level: 23,246 pieces of them, on eight kinds of damage, lean by up to .038 of their
# length. The frame of a stamp set on askew, black or lifted by half, leans by .04 to .11.
LEANS = 0.045


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
        if abs(float(smooth[-1] - smooth[0])) > LEANS * w:
            continue
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
    rulings = [piece.dark for piece in (*across.pieces, *down.pieces) if piece.length > 6 * height]
    if not rulings:
        return
    # Rulings of one page differ (thick borders, hair lines inside), but the palest of the long ones is one.
    least = 0.6 * float(np.percentile(rulings, 15))
    for sheet in (across, down):
        sheet.pieces = [piece for piece in sheet.pieces if piece.dark >= least]
        if across.toned:
            # A stroke of a character is up to 1.1 long, and two of them over each other are shorter than this.
            long, kept = 3.5 * height, 1.1 * height
            sheet.pieces = [
                piece
                for piece in sheet.pieces
                if piece.length > long or _dark_run(sheet.ink, piece, least, height) >= kept
            ]


def _dark_run(ink: Grey, piece: Piece, least: float, height: float) -> float:
    """Measure the longest stretch of a piece that is as dark as the page's rulings.

    A character's stroke and a watermark's behind its foot may reach from ruling to ruling together.
    """
    columns = np.arange(int(piece.first), int(piece.last))
    if not len(columns):
        return 0.0
    along = (columns + 0.5 - (piece.first + piece.last) / 2) / max(1.0, piece.length)
    reach = max(1, round(piece.thick / 2))
    rows = np.floor(piece.place + piece.lean * along + np.arange(-reach, reach + 1)[:, None]).astype(np.intp)
    np.clip(rows, 0, len(ink) - 1, out=rows)
    dark = 255.0 - ink[rows, columns].min(axis=0) >= least
    gap = max(2, round(0.12 * height))
    whole = cv2.morphologyEx(dark.view(np.uint8)[None, :], cv2.MORPH_CLOSE, np.ones((1, gap + 1), np.uint8))[0]
    turns = np.flatnonzero(np.diff(np.concatenate(([0], whole, [0])).astype(np.int8)))
    return float(np.max(turns[1::2] - turns[::2], initial=0))


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

    # A box may be around two lines of text, with a ruling between them.
    across.pieces = [
        piece
        for piece in across.pieces
        if not (is_text(piece) and not _stands_between(across, piece, height)) and not _is_strung(across, piece, height)
    ]


# How far the strokes that hang on a piece must reach, and how far no stroke of a character does (text heights).
_HANGS, _ENDS = 0.2, 1.2
# Where more than this share of the way is inked, the row is shaded, and noise cuts the shade into "strokes".
_SHADED = 0.6
# A character has up to four strokes beside each other. Measured on eight kinds of damage (2,554 pieces): lines of text
# have 1.6 to 4 a text height on one side or the other, rulings, with text that runs into them, up to 0.65.
_STRUNG = 1.2


# Between a ruling and the text over and under it there is a row of pixels, so near, of which no more than this is inked
# (strokes hang on every line of text, .13 of its length and more; text that runs into a ruling takes up to .05 of it).
# Text beyond, up to a line away, inks more than that of one row of pixels.
_BLANK, _FREE, _BEYOND, _TEXT = 0.3, 0.07, 1.0, 0.1


def _stands_between(sheet: Sheet, piece: Piece, height: float) -> bool:
    """Tell whether a piece parts two lines of text: a blank row of pixels above and below it, and text beyond."""
    columns = np.arange(int(piece.first), int(piece.last))
    along = (columns + 0.5 - (piece.first + piece.last) / 2) / max(1.0, piece.length)
    edge = piece.thick / 2 + max(1.0, 0.08 * height)
    offsets, near = np.arange(edge, _BEYOND * height), max(2, round(_BLANK * height - edge))
    for side in (-1, 1):
        rows = np.floor(piece.place + piece.lean * along + side * offsets[:, None]).astype(np.intp)
        np.clip(rows, 0, len(sheet.mask) - 1, out=rows)
        inked = np.count_nonzero(sheet.mask[rows, columns], axis=1) / max(1, len(columns))
        if inked[:near].min(initial=1.0) > _FREE or inked[near:].max(initial=0.0) < _TEXT:
            return False
    return True


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
