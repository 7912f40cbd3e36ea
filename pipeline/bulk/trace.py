"""A document's trace: what its records were made of on the way, and what was asked of the vocabularies meanwhile.

Beside the questions it holds the labelled forms, as far as records are made of them, and what repair said. Where other
dictionaries, settings or decisions leave the labelling as it is, records are made of this instead of the readings: that
skips cutting, labelling and, if it would say the same, repair, which are three quarters of the work. Only a page whose
picture may be asked (posteriors) is still unpacked, for the lines that cells refer to.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from pipeline.document import (
    Candidate,
    FieldEntry,
    Form,
    IndicatorRow,
    LabelledForm,
    Line,
    PageReading,
    Place,
    Problem,
    Repair,
    Role,
    Row,
    RowCell,
    Status,
    Table,
)
from pipeline.interpret import Labelling
from pipeline.repair import Said

Asked = tuple[frozenset[str], frozenset[str], frozenset[str]]  # sections, keys, near keys: asked.Notes.end

# Readings were packed at 6; at 1 packing takes a third of the time, and a trace is a tenth larger.
_LEVEL = 1
_PARTS = {"labelling", "rest", "said", "joined", "refers", "pages", "forms", "before"}
_ROLES = {role.value: role for role in Role}
_STATUSES = {status.value: status for status in Status}


class Trace:
    """One document's trace, taken apart as far as it is needed."""

    def __init__(self, content: dict[str, Any]) -> None:
        self._content = content

    @cached_property
    def labelling_asked(self) -> Asked:
        """What labelling asked."""
        return _asked(self._content["labelling"])

    @cached_property
    def rest_asked(self) -> Asked:
        """What assembling and checking asked."""
        return _asked(self._content["rest"])

    @cached_property
    def said(self) -> list[Said]:
        """What repair said of each form's labels."""
        return [Said(tuple([_repair(one) for one in form]), looked) for form, looked in self._content["said"]]

    @property
    def joined(self) -> str:
        """A digest of the forms as the pages were cut into them (`joined_digest`)."""
        return str(self._content["joined"])

    @property
    def refers(self) -> bool:
        """Whether cells refer to lines of the pages, which have to be unpacked for it."""
        return bool(self._content["refers"])

    def shells(self) -> list[PageReading]:
        """The pages without what was read on them, but for a sign that something was."""
        found = []
        for index, file, sha256, origin, size, problems, tables, blocks in self._content["pages"]:
            block: tuple[Table | Line, ...] = ()
            if blocks:
                block = (Table((), 0, 0),) if tables else (Line("", Place()),)
            said = tuple([_problem(one) for one in problems])
            found.append(
                PageReading(index, file, sha256, block, (), said, origin, (size[0], size[1]) if size else None)
            )
        return found

    def labelling(self, pages: Sequence[PageReading]) -> Labelling:
        """The labelled forms. `pages` are the document's, where the trace refers to them.

        A form's rows are only those that records are made of: the first cell, and one that has no rulings.
        """
        lines = [list(_lines(page)) for page in pages] if self.refers else []
        forms = tuple([_form(form, lines) for form in self._content["forms"]])
        return Labelling(forms, tuple([_line(line, lines) for line in self._content["before"]]))

    def renewed(self, rest: Asked, said: Sequence[Said]) -> bytes:
        """The trace of records made of this one's labelling."""
        return _packed({**self._content, "rest": _listed(rest), "said": [_said(form) for form in said]})


def pack_trace(
    labelling_asked: Asked, rest_asked: Asked, labelling: Labelling, said: Sequence[Said], pages: Sequence[PageReading]
) -> bytes | None:
    """Return a trace as bytes; None where it could not be made of it what was made of the readings.

    That is so where there is no form, and where a line with posteriors is none of the pages'.
    """
    if not labelling.forms:
        return None
    packer = _Packer(pages)
    try:
        forms = [packer.form(form) for form in labelling.forms]
        before = [packer.line(line) for line in labelling.before]
    except LookupError:
        return None
    shells = [
        [p.index, p.file, p.sha256, p.origin, p.size, [packer.problem(one) for one in p.problems],
         bool(p.tables), bool(p.blocks)]
        for p in pages
    ]  # fmt: skip
    return _packed(
        {
            "labelling": _listed(labelling_asked), "rest": _listed(rest_asked), "said": [_said(form) for form in said],
            "joined": joined_digest([form.form for form in labelling.forms], labelling.before),
            "refers": packer.refers, "pages": shells, "forms": forms, "before": before,
        }
    )  # fmt: skip


def unpack_trace(content: bytes) -> Trace:
    """Return the trace that pack_trace made these bytes of. Raises ValueError where they are not whole."""
    try:
        found = json.loads(zlib.decompress(content))
        if not isinstance(found, dict) or not found.keys() >= {
            "joined",
            "labelling",
            "rest",
            "said",
            "pages",
            "forms",
            "before",
        }:
            raise ValueError("parts of it are missing")
    except (zlib.error, TypeError, ValueError) as error:
        raise ValueError(f"not a trace: {error}") from error
    return Trace(found)


def joined_digest(forms: Iterable[Form], before: Iterable[Line]) -> str:
    """A digest of a document's forms before their cells have roles, and of the lines before them."""
    whole: list[object] = []

    def places(found: Iterable[Place]) -> list[tuple[object, ...]]:
        return [(p.page, p.polygon, p.line, p.column, p.sheet, p.cell) for p in found]

    for form in forms:
        problems = [(one.code, one.message, places([one.place]) if one.place else None) for one in form.problems]
        head = (form.title, places(form.title_places), form.pages, form.template, form.year, form.agency)
        whole.append((head, form.money_unit, problems))
        for row in form.rows:
            cells = [
                (c.text, c.row, c.col, c.rowspan, c.colspan, c.confidence, places(c.places), len(c.lines), c.notes)
                for c in row.cells
            ]
            whole.append((row.n_cols, row.page, row.table, row.spans_known, cells))
    whole.append([(line.text, places([line.place])) for line in before])
    # Not `repr`, which takes twice the time; version 2 writes equal values as equal bytes, whichever objects they are.
    return hashlib.blake2b(marshal.dumps(whole, 2), digest_size=16).hexdigest()


def _packed(content: dict[str, Any]) -> bytes:
    return zlib.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), _LEVEL)


def _listed(asked: Asked) -> list[list[str]]:
    return [sorted(part) for part in asked]


def _asked(parts: Sequence[Sequence[str]]) -> Asked:
    whole, keys, near = parts
    return frozenset(whole), frozenset(keys), frozenset(near)


def _lines(page: PageReading) -> Iterator[Line]:
    for block in page.blocks:
        if isinstance(block, Table):
            for reading in block.readings:
                yield from reading.lines
        else:
            yield block


class _Packer:
    """Nouns to lists. Cells are numbered, for what one cell is said to be holds wherever it stands."""

    def __init__(self, pages: Sequence[PageReading]) -> None:
        self._places = {id(line): [p, n] for p, page in enumerate(pages) for n, line in enumerate(_lines(page))}
        self._cells: list[list[Any]] = []
        self._known: dict[int, int] = {}
        self.refers = False

    def form(self, labelled: LabelledForm) -> list[Any]:
        self._cells, self._known = [], {}
        form, number = labelled.form, self._number
        first = form.rows[0].cells[:1] if form.rows else ()
        unruled = next((cell for row in form.rows for cell in row.cells if "unruled" in cell.notes), None)
        rows = [[number(cell) for cell in first] if form.rows else None, number(unruled)]
        head = [
            form.title, [self.place(place) for place in form.title_places], form.pages, form.template, form.year,
            form.agency, form.money_unit, [self.problem(one) for one in form.problems],
        ]  # fmt: skip
        fields = [[[number(c) for c in entry.labels], [number(c) for c in entry.values]] for entry in labelled.fields]
        indicators = [
            [
                number(row.level1), number(row.level2), number(row.level3), [number(cell) for cell in row.target],
                [[header, number(cell)] for header, cell in row.extra], row.period, row.page, row.damaged,
            ]
            for row in labelled.indicators
        ]  # fmt: skip
        strays, headers = [number(cell) for cell in labelled.strays], [number(cell) for cell in labelled.headers]
        return [head, rows, fields, indicators, strays, headers, self._cells]

    def _number(self, cell: RowCell | None) -> int | None:
        if cell is None:
            return None
        known = self._known.get(id(cell))
        if known is None:
            known = self._known[id(cell)] = len(self._cells)
            self._cells.append(
                [
                    cell.text, cell.row, cell.col, cell.rowspan, cell.colspan, cell.confidence,
                    [self.place(place) for place in cell.places], [self.line(line) for line in cell.lines],
                    cell.role.value if cell.role is not None else None, cell.certainty, cell.notes,
                ]
            )  # fmt: skip
        return known

    def line(self, line: Line) -> list[Any]:
        if line.posterior is None and line.second is None:
            return [line.text, self.place(line.place), line.confidence]
        self.refers = True
        return self._places[id(line)]

    @staticmethod
    def place(place: Place) -> list[Any]:
        if place.page is None and place.sheet is None and place.cell is None and not place.polygon:
            return [place.line, place.column]
        return [place.page, place.polygon, place.line, place.column, place.sheet, place.cell]

    def problem(self, problem: Problem) -> list[Any]:
        return [problem.code, problem.message, self.place(problem.place) if problem.place is not None else None]


def _form(content: list[Any], lines: list[list[Line]]) -> LabelledForm:
    head, (first, unruled), fields, indicators, strays, headers, kept = content
    cells = [_cell(one, lines) for one in kept]
    at: Callable[[int], RowCell] = cells.__getitem__
    title, places, pages, template, year, agency, money_unit, problems = head
    rows = [] if first is None else [Row(tuple([at(cell) for cell in first]), 0, 0, -1)]
    if unruled is not None:
        rows.append(Row((at(unruled),), 0, 0, -1))
    form = Form(
        title, tuple([_place(place) for place in places]), tuple(pages), tuple(rows), template, year, agency,
        money_unit, tuple([_problem(one) for one in problems]),
    )  # fmt: skip
    return LabelledForm(
        form,
        tuple([FieldEntry(tuple(map(at, labels)), tuple(map(at, values))) for labels, values in fields]),
        tuple(
            [
                IndicatorRow(
                    at(one) if one is not None else None,
                    at(two) if two is not None else None,
                    at(three) if three is not None else None,
                    tuple([at(cell) for cell in target]),
                    tuple([(header, at(cell)) for header, cell in extra]),
                    period, page, damaged,
                )
                for one, two, three, target, extra, period, page, damaged in indicators
            ]
        ),
        tuple([at(cell) for cell in strays]),
        tuple([at(cell) for cell in headers]),
        form.rows,
    )  # fmt: skip


def _cell(content: list[Any], lines: list[list[Line]]) -> RowCell:
    text, row, col, rowspan, colspan, confidence, places, own, role, certainty, notes = content
    return RowCell(
        text, row, col, rowspan, colspan, confidence, tuple([_place(place) for place in places]),
        tuple([_line(line, lines) for line in own]) if own else (), _ROLES[role] if role is not None else None,
        certainty, tuple(notes),
    )  # fmt: skip


def _line(content: list[Any], lines: list[list[Line]]) -> Line:
    if len(content) == 2:
        page, at = content
        found: Line = lines[page][at]
        return found
    text, place, confidence = content
    return Line(text, _place(place), confidence)


def _place(content: list[Any]) -> Place:
    if len(content) == 2:
        return Place(None, (), content[0], content[1])
    page, polygon, line, column, sheet, cell = content
    return Place(page, tuple([(x, y) for x, y in polygon]), line, column, sheet, cell)


def _problem(content: list[Any]) -> Problem:
    code, message, place = content
    return Problem(code, message, _place(place) if place is not None else None)


def _said(said: Said) -> list[Any]:
    found: list[list[Any]] = []
    for one in said.repairs:
        if one == Repair(one.raw, one.raw, Status.UNCHANGED, score=one.score, evidence=one.evidence):
            found.append([one.raw, one.score, one.evidence])  # nine in ten
        else:
            beside = [one.runner_up.value, one.runner_up.score] if one.runner_up is not None else None
            found.append(
                [one.raw, one.value, one.status.value, one.kind, one.origin, one.score, one.proposal, beside,
                 one.evidence, one.reason]
            )  # fmt: skip
    return [found, said.looked]


def _repair(content: list[Any]) -> Repair:
    if len(content) == 3:
        raw, score, evidence = content
        return Repair(raw, raw, Status.UNCHANGED, score=score, evidence=evidence)
    raw, value, status, kind, origin, score, proposal, beside, evidence, reason = content
    runner_up = Candidate(*beside) if beside is not None else None
    return Repair(raw, value, _STATUSES[status], kind, origin, score, proposal, runner_up, evidence, reason)
