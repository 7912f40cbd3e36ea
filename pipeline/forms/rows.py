"""Pages -> rows: tables row by row, loose lines as rows of their own, page numbers as marks between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from pipeline.document import Line, PageReading, Place, Problem, Row, RowCell, Table
from pipeline.furniture import PAGE_MARK, is_page_number, is_whole_number

_AMOUNT = re.compile(r"[\d.,]+%?")
# A text of fewer characters may stand in every column of a row by chance.
_LEAST_REPEATED = 4
_MOST_TWICE = 3
# A page number read less surely than values may be says nothing of the order of pages.
_SURE = 0.9


@dataclass(frozen=True, slots=True)
class Mark:
    """A printed page number, and the row of the document that it stands before."""

    number: int
    place: Place | None
    at: int = 0


def _mark_of(text: str, place: Place | None, confidence: float = 1.0) -> Mark | None:
    numbers = re.findall(r"\d+", text)
    known = bool(numbers) and len(numbers[0]) <= 4 and confidence >= _SURE and is_whole_number(text)
    return Mark(int(numbers[0]), place) if known else None


def disorder(marks: Sequence[Mark]) -> Iterator[Problem]:
    """What the page numbers inside a form say of its pages; where they begin again with 1, nothing."""
    for one, other in pairwise(marks):
        if other.number < one.number and other.number != 1:
            message = f"第{one.number}页之后是第{other.number}页"
            yield Problem("pages-out-of-order", message, other.place)
    numbers = {mark.number for mark in marks}
    missing = sorted(set(range(min(numbers, default=0), max(numbers, default=0))) - numbers)
    if missing:
        yield Problem("page-missing", f"缺第{'、'.join(map(str, missing[:9]))}页", marks[-1].place)


def rows_of(page: PageReading) -> Iterator[Row | Mark]:
    """The rows of a page in reading order, and the page numbers between them."""
    table_number = page.index * 1000
    for number, block in enumerate(page.blocks):
        if isinstance(block, Line):
            if is_page_number(page, number):
                mark = _mark_of(block.text, block.place, block.confidence)
                if mark is not None:
                    yield mark
            else:
                cell = RowCell(block.text, 0, 0, confidence=block.confidence, places=(block.place,), lines=(block,))
                yield Row((cell,), 0, page.index, -1)
        else:
            table_number += 1
            yield from _table_rows(block, page, table_number)


def _table_rows(table: Table, page: PageReading, number: int) -> Iterator[Row | Mark]:
    # Pixels and sound HTML know their merged cells; tabs and Markdown cannot tell a blank from the rest of a span.
    # Nor can the places of texts: how many rows a label has that stands amid them, the vocabularies say better.
    known = table.ruled and (page.origin != "text" or any("spans" in reading.notes for reading in table.readings))
    by_row: dict[int, list[RowCell]] = {}
    for reading in table.readings:
        cell = reading.cell
        by_row.setdefault(cell.row, []).append(
            RowCell(
                reading.text,
                cell.row,
                cell.col,
                cell.rowspan,
                cell.colspan,
                reading.confidence,
                reading.places,
                reading.lines,
                # Rows and columns that alignment alone made: a person looks at everything in them.
                notes=reading.notes if table.ruled else (*reading.notes, "unruled"),
            )
        )
    wide = not known and _says_twice(by_row.values(), table.n_cols)
    for r in range(table.n_rows):
        cells = tuple(sorted(by_row.get(r, []), key=lambda cell: cell.col))
        if wide:
            cells = _said_once(cells)
        filled = [cell for cell in cells if cell.text]
        alone = filled[0].text if len(filled) == 1 else ""
        if alone and (PAGE_MARK.match(alone) or (not known and re.fullmatch(r"\d{1,3}", alone))):
            # A page number that an exporter put among the rows.
            mark = _mark_of(alone, filled[0].places[0] if filled[0].places else None)
            if mark is not None:
                yield mark
            continue
        yield Row(cells, table.n_cols, page.index, number, known)


def _says_twice(rows: Iterable[Sequence[RowCell]], n_cols: int) -> bool:
    """Tell whether an export prints a merged cell's text in every column it spans: some row says one thing only.

    Or one thing to its end, three times at least.
    """
    if n_cols < 3:
        return False
    for row in rows:
        if len(row) != n_cols:
            continue
        texts = [cell.text for cell in row]
        same = [list(run) for text, run in groupby(texts) if len(text) >= _LEAST_REPEATED and not _AMOUNT.match(text)]
        # The last cell of a row is a field's value as wide as the table; a name three times beside itself is no list.
        if any(len(run) == n_cols or (len(run) >= _MOST_TWICE and run[0] == texts[-1]) for run in same):
            return True
    return False


def _said_once(cells: tuple[RowCell, ...]) -> tuple[RowCell, ...]:
    """Blank the repeats of a text beside itself; equal amounts beside each other may be two."""
    done: list[RowCell] = []
    before = ""
    for cell in cells:
        again = cell.text == before and not _AMOUNT.fullmatch(cell.text)
        done.append(replace(cell, text="", notes=(*cell.notes, "restated")) if again and cell.text else cell)
        before = cell.text
    texts = {cell.text for cell in cells[1:]}
    # One amount over all the columns behind its label is one.
    if len(cells) >= 3 and len(texts) == 1 and _AMOUNT.fullmatch(cells[1].text) and cells[0].text != cells[1].text:
        done[2:] = [replace(cell, text="", notes=(*cell.notes, "restated")) for cell in done[2:]]
    return tuple(done)
