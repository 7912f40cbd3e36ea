"""From what each cell may be to what the whole form says: a beam search over rows that keeps the levels in order.

A row is a grid row, a field row, a section bar or a grid header. In a grid row the cells take columns of the grid from
left to right, wherever they stand, so a row that slid sideways comes right; what a cell may be is the classifier's
word, what may follow what is the skeleton's.
"""

from __future__ import annotations

from pipeline.levels.decode.beam import decode
from pipeline.levels.decode.options import (
    BAR,
    EMPTY,
    FIELDS,
    FURTHER_ITEM,
    GRID,
    HEADER,
    LOOSE_NOTE,
    NOTE,
    Choice,
)
from pipeline.levels.decode.skeleton import Skeleton, skeleton_of

__all__ = [
    "BAR",
    "EMPTY",
    "FIELDS",
    "FURTHER_ITEM",
    "GRID",
    "HEADER",
    "LOOSE_NOTE",
    "NOTE",
    "Choice",
    "Skeleton",
    "decode",
    "skeleton_of",
]
