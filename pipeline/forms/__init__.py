"""PageReadings -> Forms: rows over all pages, cut where a title begins a new form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.dictionaries import Dictionaries
from pipeline.document import Form, Line, PageReading, Row
from pipeline.forms.cutter import Cutter, Part
from pipeline.forms.repeated import with_merged_cells
from pipeline.forms.rows import Mark, disorder, rows_of
from pipeline.forms.titles import (
    UNIT_LINE,
    YEAR_LINE,
    agency_of,
    is_title,
    money_unit_of,
    tails_of,
    unit_of_labels,
    with_numbers_outside,
    year_of,
)
from pipeline.forms.unruled import with_columns_of_pages_before
from pipeline.furniture import PAGE_MARK, without_furniture
from pipeline.seams import on_one_grid
from pipeline.templates import Template, choose_template

# The unit that a title names stands among the fields at a form's head: a dozen rows in thirty layouts.
_HEAD_ROWS = 16

__all__ = ["join_forms"]


def join_forms(
    pages: Sequence[PageReading], templates: Sequence[Template], dictionaries: Dictionaries
) -> tuple[list[Form], list[Line]]:
    """Return the forms of a document in order, and the loose lines that stand before the first of them."""
    rows: list[Row] = []
    marks: list[Mark] = []
    tails = tails_of(templates)
    whole = with_merged_cells(pages, dictionaries)
    own = without_furniture(whole, lambda text: _is_forms_own(text, tails, dictionaries))
    for page in with_columns_of_pages_before(own):
        for item in rows_of(page):
            if isinstance(item, Row):
                rows.append(item)
            else:
                marks.append(replace(item, at=len(rows)))
    later = frozenset(mark.at for mark in marks if mark.number > 1)
    cutter = Cutter(with_numbers_outside(rows, tails), tails, dictionaries, later)
    parts = cutter.parts()
    for part in parts:
        part.problems.extend(disorder([mark for mark in marks if part.first < mark.at <= part.last + 1]))
    before = [
        Line(cell.text, cell.places[0]) for row in cutter.before for cell in row.cells if cell.text and cell.places
    ]
    return [_form_of(part, templates, cutter.tails) for part in parts], before


def _is_forms_own(text: str, tails: tuple[str, ...], dictionaries: Dictionaries) -> bool:
    """Tell whether a line outside the tables belongs to a form wherever it stands: its title, its year, its labels."""
    known = any(dictionaries.written(section, text) for section in ("bar", "field", "narrative"))
    head = bool(YEAR_LINE.match(text) or UNIT_LINE.search(text) or PAGE_MARK.match(text))
    return known or head or is_title(text, tails)


def _form_of(part: Part, templates: Sequence[Template], tails: Sequence[str]) -> Form:
    texts = [cell.text for row in part.rows for cell in row.cells if cell.text]
    template = choose_template(templates, part.title, texts)
    pages = tuple(dict.fromkeys(row.page for row in part.rows))
    return Form(
        title=part.title,
        title_places=part.title_places,
        pages=pages,
        rows=_renumbered(on_one_grid(part.rows)),
        template=template.id if template else None,
        year=year_of([part.title, *part.head_lines]),
        agency=agency_of(part.title, tails, part.rows[:_HEAD_ROWS]),
        money_unit=money_unit_of([part.title, *part.head_lines])
        or unit_of_labels(part.rows[:_HEAD_ROWS])
        or (template.money_unit if template else None),
        problems=tuple(part.problems),
    )


def _renumbered(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(
        row
        if all(cell.row == number for cell in row.cells)
        else replace(row, cells=tuple([cell.in_row(number) for cell in row.cells]))
        for number, row in enumerate(rows)
    )
