"""Small values for tests: pages from a few lines of text, and the tools that a run loads once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

from pipeline.assemble import joined_value
from pipeline.dictionaries import Dictionaries, load_dictionaries
from pipeline.document import (
    Cell,
    FieldEntry,
    Form,
    IndicatorRow,
    LabelledForm,
    Line,
    PageReading,
    Place,
    Reading,
    Role,
    RowCell,
    Table,
)
from pipeline.forms import join_forms
from pipeline.interpret import InterpretTools, interpret, load_interpret_tools
from pipeline.labeltext import label_text
from pipeline.levels import LevelTools, label_form
from pipeline.records import Record
from pipeline.templates import Template, load_templates

ROOT = Path(__file__).resolve().parent.parent
FIXTURE = ROOT / "fixtures" / "zhengzhou-2020-ocr-text"
SHA256 = hashlib.sha256(b"a test").hexdigest()


@cache
def dictionaries() -> Dictionaries:
    """The shipped vocabularies."""
    return load_dictionaries()


@cache
def templates() -> tuple[Template, ...]:
    """The shipped layouts."""
    return load_templates()


@cache
def interpret_tools() -> InterpretTools:
    """All shipped dictionaries, templates and models."""
    return load_interpret_tools()


def level_tools() -> LevelTools:
    """The shipped level classifier."""
    return interpret_tools().levels


# -- pages ------------------------------------------------------------------------------------------------------------


def page_of(text: str, index: int = 0, *, pixels: bool = False) -> PageReading:
    """A page as it is read: lines with `|` are table rows, others stand outside; a blank line ends a table.

    `^` in a slot goes on with the cell above and `<` with the cell on its left, which makes the spans known. `/` breaks
    a line inside a cell. With `pixels` the places are boxes on the page, 10 pixels high and 20 apart.
    """
    numbered = list(enumerate(line.strip() for line in text.strip("\n").split("\n")))
    blocks: list[Table | Line] = []
    for is_row, group in groupby((item for item in numbered), key=lambda item: "|" in item[1]):
        lines = list(group)
        if is_row:
            blocks.append(_table(lines, index, pixels))
        else:
            blocks.extend(Line(line, _place(number, 0, index, pixels)) for number, line in lines if line)
    return PageReading(index, f"page-{index + 1}.txt", SHA256, tuple(blocks), origin="pixels" if pixels else "text")


def _table(lines: list[tuple[int, str]], page: int, pixels: bool) -> Table:
    slots = [[slot.strip() for slot in line.split("|")] for _, line in lines]
    width = max(len(row) for row in slots)
    known = any(slot in ("^", "<") for row in slots for slot in row)
    readings = []
    for r, row in enumerate(slots):
        for c, slot in enumerate(row):
            if slot in ("^", "<"):
                continue
            rowspan, colspan = _run(slots, r, c, 1, 0, "^"), _run(slots, r, c, 0, 1, "<")
            place = _place(lines[r][0], c, page, pixels)
            text = slot.replace("/", "\n")
            notes = ("spans",) if known else ()
            readings.append(Reading(Cell(r, c, rowspan, colspan), text, places=(place,), notes=notes))
    return Table(tuple(readings), len(slots), width)


def _run(slots: list[list[str]], r: int, c: int, down: int, right: int, mark: str) -> int:
    count = 1
    while (
        r + count * down < len(slots)
        and c + count * right < len(slots[r + count * down])
        and slots[r + count * down][c + count * right] == mark
    ):
        count += 1
    return count


def _place(line: int, column: int, page: int, pixels: bool) -> Place:
    if not pixels:
        return Place(line=line, column=column)
    x, y = 100.0 * column, 20.0 * line
    return Place(page=page, polygon=((x, y), (x + 90, y), (x + 90, y + 10), (x, y + 10)))


# -- forms ------------------------------------------------------------------------------------------------------------


def forms_of(*texts: str, pixels: bool = False) -> list[Form]:
    """The forms of a document, one text a page."""
    pages = [page_of(text, number, pixels=pixels) for number, text in enumerate(texts)]
    return join_forms(pages, templates(), dictionaries())[0]


def labelled_of(*texts: str, pixels: bool = False) -> LabelledForm:
    """The one form of a document with the roles that the shipped classifier gives its cells."""
    [form] = forms_of(*texts, pixels=pixels)
    return label_form(form, level_tools())


def records_of(*texts: str, document: str = "form.txt", pixels: bool = False) -> list[Record]:
    """The records of a document, one text a page."""
    pages = [page_of(text, number, pixels=pixels) for number, text in enumerate(texts)]
    return list(interpret(pages, document, SHA256, interpret_tools()))


Names = tuple[str | None, str | None, str | None, str | None]


def rows_of(labelled: LabelledForm) -> list[Names]:
    """Levels and target of each indicator, as printed."""
    return [
        (_name(row.level1), _name(row.level2), _name(row.level3), "".join(c.text for c in row.target) or None)
        for row in labelled.indicators
    ]


def _name(cell: RowCell | None) -> str | None:
    return label_text(cell.text) if cell is not None else None


def fields_of(labelled: LabelledForm) -> dict[str, str]:
    """Label path -> value of each field."""
    return {
        "→".join(label_text(cell.text) for cell in entry.labels): joined_value(entry.values)
        for entry in labelled.fields
    }


def extras_of(row: IndicatorRow) -> dict[str, str]:
    """Column name -> text of what stands beside an indicator."""
    return {name: cell.text for name, cell in row.extra}


def every_text(labelled: LabelledForm) -> Iterator[str]:
    """All texts that a labelled form holds anywhere."""
    for entry in labelled.fields:
        yield from (cell.text for cell in (*entry.labels, *entry.values))
    for row in labelled.indicators:
        cells = [row.level1, row.level2, row.level3, *row.target, *(cell for _, cell in row.extra)]
        yield from (cell.text for cell in cells if cell is not None)
    yield from (cell.text for cell in (*labelled.headers, *labelled.strays))


# -- labelled forms without a classifier ------------------------------------------------------------------------------


def cell_of(text: str, role: Role, *, line: int = 0, confidence: float = 1.0, certainty: float = 1.0) -> RowCell:
    """A cell with its role."""
    return RowCell(
        text, line, 0, confidence=confidence, certainty=certainty, role=role, places=(Place(line=line, column=0),)
    )


def indicator_of(level1: str, level2: str, level3: str | None, *target: str, line: int = 0) -> IndicatorRow:
    """An indicator; an empty text is no cell."""
    return IndicatorRow(
        cell_of(level1, Role.LEVEL1, line=line) if level1 else None,
        cell_of(level2, Role.LEVEL2, line=line) if level2 else None,
        cell_of(level3, Role.LEVEL3, line=line) if level3 else None,
        tuple(cell_of(text, Role.TARGET, line=line) for text in target),
    )


def field_of(label: str, *values: str, line: int = 0) -> FieldEntry:
    """A field whose label path is written with →."""
    labels = tuple(cell_of(text, Role.LABEL, line=line) for text in label.split("→"))
    return FieldEntry(labels, tuple(cell_of(text, Role.VALUE, line=line) for text in values))


def labelled_form(
    *indicators: IndicatorRow,
    fields: tuple[FieldEntry, ...] = (),
    strays: tuple[RowCell, ...] = (),
    title: str = "目标表",
) -> LabelledForm:
    """A labelled form made of its parts."""
    form = Form(title, (Place(line=0, column=0),), (0,), ())
    return LabelledForm(form, fields, indicators, strays, (), ())
