"""The unit's own column, where what was read there is no unit but the rings of a %."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.document import Repair, RowCell, Status

# A fax closes the rings of a % and loses its stroke.
_RINGS = re.compile(r"[0-9oO°º][0-9oO°º/.]{0,2}", re.A)
_NUMBER = re.compile(r"[≥≤=><]?\d+(?:\.\d+)?", re.A)
# No unit is a figure, but which the page shows nobody asked: somebody looks.
_SCORE = 0.5


def percent_in_unit_column(target: Sequence[RowCell]) -> Repair | None:
    """A target of a number and, in a column of its own, figures for its unit: 80 | 0 is 80%; None where it is none.

    `target` holds the cells that make up the target in the order operator, number, unit.

    >>> cells = [RowCell("80", 0, 3), RowCell("0", 0, 4)]
    >>> percent_in_unit_column(cells).value
    '80%'
    """
    if len(target) < 2:
        return None
    *number, unit = target
    value = "".join(cell.text for cell in number)
    apart = number[-1].row == unit.row and number[-1].col + number[-1].colspan <= unit.col
    if not apart or not _RINGS.fullmatch(unit.text) or not _NUMBER.fullmatch(value):
        return None
    return Repair(
        value + unit.text, value + "%", Status.REPAIRED, "look-alike", "misread", _SCORE,
        evidence="target:unit-column", reason=f"单位列误认：已改为“{value}%”（数字不是计量单位）",
    )  # fmt: skip
