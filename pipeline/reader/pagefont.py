"""Figures in doubt beside the sure ones of their page: it is printed in one face, and so it is its own font.

A thin face of which a fax kept half the strokes makes 3 of 5 and 1 of 4, and the recogniser, which knows all faces,
takes them so. The page itself shows how its fives look: the doubtful figure is compared with those that were read
surely, each cut out of its line and brought to one size.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ink import Grey, printed

# A frame of the recogniser is so many pixels wide at the height that lines are cut at.
_FRAME = 8
# A figure in pixels at that height: 9 (a 1) to 26 wide, two thirds of the line high; what is wider is two that touch,
# what is lower a piece of one. It stands within a figure and a half of its frame.
_WIDE, _HIGH, _NEAR = (4, 30), 16, 12
# All are brought to this size (width, height), and blurred by a pixel: a fax's edges are noise.
_SIZE, _BLUR = (20, 32), 1.0
# On 47 pages of five faces all 5,678 figures read with this or more were right: they make the font. Thin faces have
# hardly any above .9995, with which four misread figures are put right where this puts seven.
_SURE = 0.996
_MOST = 24
# A figure less sure than this may be another. Of 24 such that were read right the right one's mean has .68 to .94
# (correlation) and no other one has .8; of nine that were misread it has .83 or more, and .19 more than what was read.
_UNSURE = 0.992
_LIKE, _AHEAD = 0.8, 0.15
# A piece of a broken 4 looks like it.
_THINNEST = "1"

_Figure = NDArray[np.float64]


class Read(Protocol):
    """What the engine reads on a crop, and how surely."""

    @property
    def text(self) -> str:
        """The text read."""

    @property
    def scores(self) -> tuple[float, ...]:
        """The probability of each character."""

    @property
    def frames(self) -> tuple[int, ...]:
        """The frame of each character."""


def with_page_figures(crops: Sequence[Grey], read: Sequence[Read]) -> list[str]:
    """Return the texts of the lines, doubtful figures put right where they look like another one of the page.

    `crops` are the lines' pictures at the recogniser's height. Nothing is cut out where no figure is in doubt.
    """
    texts = [recognition.text for recognition in read]
    doubtful = [(line, at) for line, r in enumerate(read) for at in _figures(r) if r.scores[at] < _UNSURE]
    if not doubtful:
        return texts
    font = _font(crops, read)
    for line, at in doubtful:
        own = texts[line][at]
        seen = _cut(crops[line], read[line].frames[at]) if own in font else None
        if seen is None:
            continue
        alike = {figure: float(seen @ mean) for figure, mean in font.items()}
        best = max(alike, key=lambda figure: (alike[figure], figure))
        if best != _THINNEST and alike[best] >= _LIKE and alike[best] - alike[own] >= _AHEAD:
            texts[line] = texts[line][:at] + best + texts[line][at + 1 :]
    return texts


def _figures(recognition: Read) -> list[int]:
    """The places of a line's figures."""
    if not len(recognition.text) == len(recognition.scores) == len(recognition.frames):
        return []
    return [at for at, character in enumerate(recognition.text) if character in "0123456789"]


def _font(crops: Sequence[Grey], read: Sequence[Read]) -> dict[str, _Figure]:
    """What each figure looks like on the page: the mean of its first sure ones."""
    found: dict[str, list[_Figure]] = {}
    for crop, recognition in zip(crops, read, strict=True):
        for at in _figures(recognition):
            known = found.setdefault(recognition.text[at], [])
            if recognition.scores[at] < _SURE or len(known) >= _MOST:
                continue
            if (seen := _cut(crop, recognition.frames[at])) is not None:
                known.append(seen)
    means = {figure: np.mean(known, axis=0) for figure, known in found.items() if known}
    return {figure: mean / np.linalg.norm(mean) for figure, mean in means.items()}


def _cut(crop: Grey, frame: int) -> _Figure | None:
    """Cut the figure at a frame out of its line, of mean 0 and length 1; None where it does not stand by itself."""
    ink = printed(crop)
    columns = np.flatnonzero(np.diff(np.concatenate(([0], ink.max(axis=0), [0])).astype(np.int8)))
    runs = list(pairwise(columns.tolist()))[::2]
    middle = (frame + 0.5) * _FRAME
    left, right = min(runs, key=lambda run: abs((run[0] + run[1]) / 2 - middle), default=(0, 0))
    if not _WIDE[0] <= right - left <= _WIDE[1] or abs((left + right) / 2 - middle) > _NEAR:
        return None
    rows = np.flatnonzero(ink[:, left:right].any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    if bottom - top < _HIGH:
        return None
    figure = cv2.resize(255 - crop[top:bottom, left:right], _SIZE, interpolation=cv2.INTER_AREA).astype(np.float64)
    figure = np.asarray(cv2.GaussianBlur(figure, (0, 0), _BLUR), np.float64)
    figure -= figure.mean()
    length = float(np.linalg.norm(figure))
    return (figure / length).ravel() if length else None
