"""Signs that stand alone in their cell, read together with the number beside them.

Forms with a column for the operator print ≥ by itself. The recogniser has learnt lines, not lone signs: of a fax it
makes 2, Z, 日 or 財 of them. Put before the number of the next cell, as other forms print them, the same strokes are
read right: of 37 on two development faxes 3 alone, 35 so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Cell
from pipeline.ink import Grey, printed
from pipeline.reader.bands import LINE_HEIGHT, Band
from pipeline.reader.recognise import Recognise, Recognised, Sure
from pipeline.reader.signs import tidy

SIGNS = frozenset("=≥≤><")
# A sign is as wide as a character, with what dust adds.
_LONE = 1.3
# What is surer than this is left: units and scores beside numbers are, misread signs are not, but for ≥ read as 2.
_SURE = 0.98
_LIKE_A_SIGN = frozenset("2")
# The units of one character that have no stroke of Chinese: others are read as well alone.
_UNITS = frozenset("%％‰℃")
_NUMBER = re.compile(r"\d[\d,，.]*")
# Paper between sign and number, and before and behind both, in heights of the line: what faces leave.
_BETWEEN, _AROUND = 1 / 16, 1 / 6
# Cells of one row are centred on one line.
_SAME_LINE = 0.6


@dataclass(frozen=True, slots=True)
class _Pair:
    """A line that stands alone in its cell, and the number beside it: behind an operator, before a unit."""

    lone: Band
    number: Band
    is_unit: bool

    @property
    def crop(self) -> Grey:
        """Both in one line, as close as they would be printed."""
        pair = (self.number, self.lone) if self.is_unit else (self.lone, self.number)
        return _together(*(band.crop for band in pair))

    def said(self, recognition: Recognised) -> tuple[str, Sequence[float]] | None:
        """What the lone line is by what both were read as, and its scores; None unless the number is the very same."""
        assert self.number.line is not None
        text, number = "".join(tidy(recognition.text).split()), "".join(self.number.line.text.split())
        if not self.is_unit:
            sound = text[:1] in SIGNS and text[1:] == number
            return (text[0], recognition.scores[:1]) if sound else None
        sound = text[:-1] == number and text[-1:] in _UNITS
        return (text[-1], recognition.scores[-1:]) if sound else None


def read_lone_signs(
    cells: Sequence[tuple[int, Cell, Sequence[Band]]], size: float, recognise: Recognise, sure: Sure
) -> None:
    """Give lines that stand alone in their cell the sign that they are, where the number beside them shows it.

    `cells` are (table, cell, lines of the cell); `size` is the height of a character in pixels. Nothing is changed
    unless both together are read as the very number that was read alone, and an operator or a unit.
    """
    pairs = list(_pairs(cells, size))
    if not pairs:
        return
    for pair, recognition in zip(pairs, recognise([p.crop for p in pairs], [0] * len(pairs)), strict=True):
        line, said = pair.lone.line, pair.said(recognition)
        if line is None or said is None:
            continue
        confidence = sure(said[1])
        if said[0] != line.text or confidence > line.confidence:
            pair.lone.line = replace(line, text=said[0], confidence=confidence)


def _pairs(cells: Sequence[tuple[int, Cell, Sequence[Band]]], size: float) -> Iterator[_Pair]:
    """Lines that may be lone signs, each with the number in the cell beside it."""
    first = {(table, cell.row, cell.col): bands[0] for table, cell, bands in cells if bands}
    last = {(table, cell.row, cell.col + cell.colspan): bands[0] for table, cell, bands in cells if len(bands) == 1}
    for table, cell, bands in cells:
        if len(bands) != 1 or bands[0].length > _LONE or (line := bands[0].line) is None or not line.text:
            continue
        band = bands[0]
        behind = first.get((table, cell.row, cell.col + cell.colspan))
        before = last.get((table, cell.row, cell.col))
        if (line.confidence < _SURE or line.text in _LIKE_A_SIGN) and _is_number_beside(behind, band, size):
            yield _Pair(band, behind, is_unit=False)
        elif line.confidence < _SURE and _is_number_beside(before, band, size):
            yield _Pair(band, before, is_unit=True)


def _is_number_beside(other: Band | None, band: Band, size: float) -> TypeGuard[Band]:
    """Tell whether `other` is a number on the same line as `band`."""
    if other is None or other.line is None or not _NUMBER.match(other.line.text):
        return False
    return abs((other.y0 + other.y1) - (band.y0 + band.y1)) / 2 <= _SAME_LINE * size


def _together(sign: Grey, number: Grey) -> Grey:
    """One line of both crops (48 pixels high), as close as they would be printed."""
    between, around = round(LINE_HEIGHT * _BETWEEN), round(LINE_HEIGHT * _AROUND)
    joined: NDArray[np.uint8] = np.hstack([_trimmed(sign, around, between), _trimmed(number, between, around)])
    return joined


def _trimmed(crop: Grey, before: int, behind: int) -> Grey:
    inked = np.flatnonzero(printed(crop).any(axis=0))
    if not inked.size:
        return crop
    return crop[:, max(0, int(inked[0]) - before) : int(inked[-1]) + behind + 1]
