"""References of cells: B7 is row 6, column 1, counted from zero."""

from __future__ import annotations

import re

_REFERENCE = re.compile(r"^\$?([A-Za-z]{1,3})\$?(\d{1,7})$")
_LAST_ROW, _LAST_COL = 1_048_576, 16_384

Slot = tuple[int, int]


def slot_of(reference: str) -> Slot:
    """Row and column, from zero, of a reference such as B7. Raises ValueError."""
    match = _REFERENCE.match(reference)
    if match is None:
        raise ValueError(f"no cell reference: {reference}")
    col = 0
    for letter in match.group(1).upper():
        col = col * 26 + ord(letter) - 64
    row = int(match.group(2))
    if not 0 < row <= _LAST_ROW or col > _LAST_COL:
        raise ValueError(f"no cell of a sheet: {reference}")
    return row - 1, col - 1


def cell_name(row: int, col: int) -> str:
    """Return the reference of a cell counted from zero.

    >>> cell_name(6, 1), cell_name(0, 26)
    ('B7', 'AA1')
    """
    letters = ""
    col += 1
    while col:
        col, rest = divmod(col - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
