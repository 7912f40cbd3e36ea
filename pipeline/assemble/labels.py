"""Labels and fields of a labelled form as the record names them: levels, keys of fields, values joined over breaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from pipeline.document import FieldEntry, Label, LabelledForm, Role, RowCell
from pipeline.labeltext import joined_text, label_text, split_weight, without_placeholder

# What stands alone in a cell of a table of amounts.
_AMOUNT = re.compile(r"[\d,，.]+(?:%|％|万?元|亿元)?|[—–\/-]")

_SCRIBBLE = re.compile(r"[a-z]{1,6}")

SplitLabel = Callable[[str], tuple[str, str | None]]


def level_text(cell: RowCell) -> tuple[str, str | None]:
    """A level's name and the weight printed beside it."""
    return _level_text(cell.text, cell.role is Role.LEVEL3)


# A form's rows ask for the same levels, and so do other forms; names ask three times.
@lru_cache(8_192)
def _level_text(printed: str, name: bool) -> tuple[str, str | None]:
    text = label_text(printed)
    if name:
        return without_placeholder(text), None
    return split_weight(text.rstrip("。"))  # no level's name is a sentence


def joined_value(cells: Sequence[RowCell]) -> str:
    """Join the pieces of a value: loose lines stay lines, a sentence cut by a page break becomes one again."""
    text = ""
    for cell in cells:
        if not text:
            text = cell.text
        elif "loose" in cell.notes:
            text += "\n" + cell.text
        else:
            text = joined_text(text, cell.text)
    return text


def field_label(cell: RowCell, split_label: SplitLabel) -> tuple[str, str | None]:
    """A field's label as it reads on one line, and the money unit behind it; no label ends with a stop."""
    return split_label(label_text(cell.text).rstrip("。"))


def field_key(entry: FieldEntry, split_label: SplitLabel, values: Mapping[int, str]) -> tuple[str, str | None]:
    """The field's key (label path joined by →) and the money unit its label names.

    `values` maps id(cell) to the repaired text of that label.
    """
    parts = []
    unit = None
    for cell in entry.labels:
        name, found = field_label(cell, split_label)
        unit = found or unit
        if id(cell) in values:
            name = split_label(values[id(cell)])[0]
        parts.append(name)
    return "→".join(parts), unit


def continued_fields(
    entries: Sequence[FieldEntry], split_label: SplitLabel, values: Mapping[int, str]
) -> list[tuple[FieldEntry, tuple[RowCell, ...]]]:
    """Fields whose label stands again over the rest of their value on the next page made one, with those labels."""
    done: list[tuple[FieldEntry, tuple[RowCell, ...]]] = []
    for entry in entries:
        if done:
            before, again = done[-1]
            key = field_key(entry, split_label, values)[0]
            if key == field_key(before, split_label, values)[0] and _on_next_page(before, entry):
                whole = FieldEntry(before.labels, (*before.values, *entry.values))
                done[-1] = (whole, (*again, *entry.labels))
                continue
        done.append((entry, ()))
    return done


def _on_next_page(before: FieldEntry, entry: FieldEntry) -> bool:
    # The label may be a column's head pages before.
    pages = [
        [place.page for cell in e.values or e.labels for place in cell.places if place.page is not None]
        for e in (before, entry)
    ]
    return bool(pages[0] and pages[1]) and min(pages[1]) - max(pages[0]) == 1


def strays_in(entry: FieldEntry) -> bool:
    """Text from outside the tables of a page took part in a value that has a cell of its own there.

    A ruled cell holds its whole text; beside it, what stands between the tables may be another row that lost its grid.
    Plain text has no outlines that could say so.
    """
    ruled = any(place.polygon for cell in entry.labels for place in cell.places) and any(
        "loose" not in cell.notes for cell in entry.values
    )
    return ruled and any("loose" in cell.notes for cell in entry.values)


def lacks_heads(entry: FieldEntry) -> bool:
    """Whether a field is a row of amounts under heads that were lost: which is which, somebody has to say."""
    amounts = [cell for cell in entry.values if _AMOUNT.fullmatch("".join(cell.text.split()))]
    return any(one.row == other.row and one.col != other.col for one, other in pairwise(amounts))


def is_scribble(text: str) -> bool:
    """Whether a field holds a few small letters and nothing else, as recognisers read strokes: ww for —."""
    return _SCRIBBLE.fullmatch(text.strip()) is not None


def collect_labels(labelled: LabelledForm, split_label: SplitLabel) -> list[tuple[RowCell, Label]]:
    """Every label of a form once, in reading order, as repair wants it: without weights and money units."""
    found: list[tuple[RowCell, Label]] = []
    seen: set[int] = set()

    def add(cell: RowCell | None, role: Role, parents: tuple[str, ...] = ()) -> None:
        if cell is None or id(cell) in seen:
            return
        seen.add(id(cell))
        if role in (Role.LEVEL1, Role.LEVEL2, Role.LEVEL3):
            text = level_text(cell)[0]
        else:
            # 項目资金(万元): the dictionaries know the name, and units of money are no part of it.
            text = field_label(cell, split_label)[0] if role is Role.LABEL else label_text(cell.text)
        found.append((cell, Label(text, role, parents, cell.lines)))

    for entry in labelled.fields:
        for cell in entry.labels:
            add(cell, Role.LABEL)
    for cell in labelled.headers:
        add(cell, Role.HEADER)
    for row in labelled.indicators:
        level1 = level_text(row.level1)[0] if row.level1 else ""
        level2 = level_text(row.level2)[0] if row.level2 else ""
        add(row.level1, Role.LEVEL1)
        add(row.level2, Role.LEVEL2, (level1,))
        if row.level3 is not None and level_text(row.level3)[0]:
            add(row.level3, Role.LEVEL3, (level1, level2))
    return found
