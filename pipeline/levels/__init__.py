"""Form -> labelled fields and indicator rows: a trained classifier says what a cell may be, a decoder what the form says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.dictionaries import Dictionaries, comparison_key
from pipeline.document import Form, IndicatorRow, LabelledForm, Role, Row, RowCell
from pipeline.levels.decode import EMPTY, FIELDS, GRID, HEADER, Choice, decode, skeleton_of
from pipeline.levels.fields import FieldGatherer
from pipeline.levels.features import Lexicon, cell_features, find_headers
from pipeline.levels.loose import label_loose_lines
from pipeline.levels.model import LevelModel, load_level_model
from pipeline.templates import Template

__all__ = ["LevelModel", "LevelTools", "label_form", "load_level_tools"]


@dataclass(frozen=True)
class LevelTools:
    """What the levels stage needs: the classifier, the vocabularies as it sees them, and the known layouts."""

    model: LevelModel
    lexicon: Lexicon
    templates: Mapping[str, Template]


def load_level_tools(dictionaries: Dictionaries, templates: Sequence[Template]) -> LevelTools:
    """Load the classifier. Raises ModelError."""
    return LevelTools(load_level_model(), Lexicon(dictionaries), {template.id: template for template in templates})


def label_form(form: Form, tools: LevelTools) -> LabelledForm:
    """Give every cell of a form its role, and gather fields and indicators."""
    template = tools.templates.get(form.template or "")
    rows = label_loose_lines(form.rows, tools.lexicon, template)
    headers = find_headers(rows, tools.lexicon)
    features, index = cell_features(rows, headers, tools.lexicon)
    logp: list[dict[int, Sequence[float]]] = [{} for _ in rows]
    for (r, i), values in zip(index, tools.model.log_probabilities(features), strict=True):
        logp[r][i] = [float(value) for value in values]
    skeleton = skeleton_of(template.skeleton if template else None, tools.lexicon)
    choices, certainties = decode(rows, headers, logp, skeleton, tools.lexicon)
    labelled = tuple(_with_roles(row, choice, sure) for row, choice, sure in zip(rows, choices, certainties, strict=True))
    gatherer = _Gatherer(tools.lexicon.dictionaries, template)
    for row, choice in zip(labelled, choices, strict=True):
        gatherer.take(row, choice)
    gatherer.finish()
    return LabelledForm(
        form, tuple(gatherer.fields.fields), tuple(gatherer.indicators), tuple(gatherer.fields.strays),
        tuple(gatherer.headers), labelled,
    )  # fmt: skip


def _with_roles(row: Row, choice: Choice, certainties: Sequence[float]) -> Row:
    if choice.kind == EMPTY:
        return row
    roles = iter(zip(choice.roles, certainties, strict=True))
    cells = []
    for cell in row.cells:
        if cell.text:
            role, certainty = next(roles)
            cells.append(replace(cell, role=role, certainty=round(certainty, 4)))
        else:
            cells.append(cell)
    return replace(row, cells=tuple(cells))


@dataclass(slots=True)
class _Open:
    """A level-2 cell whose rows were all blank so far."""

    level1: RowCell | None
    level2: RowCell
    page: int


class _Gatherer:
    """Walks the labelled rows once, carrying the levels down."""

    def __init__(self, dictionaries: Dictionaries, template: Template | None) -> None:
        self.dictionaries = dictionaries
        self.template = template
        self.fields = FieldGatherer()
        self.indicators: list[IndicatorRow] = []
        self.headers: list[RowCell] = []
        self.grid_header: list[RowCell] = []
        self.level1: RowCell | None = None
        self.level2: RowCell | None = None
        self.blank: _Open | None = None
        self.blank_after: RowCell | None = None  # the level-2 cell that already has its blank row
        self.level3_until = -1  # last row that the level-3 cell above spans
        self.last_kind = ""

    def take(self, row: Row, choice: Choice) -> None:
        if choice.kind == GRID:
            self.fields.interrupt()
            self._grid_row(row, choice)
        elif choice.kind == FIELDS:
            self._close_blank()
            self.fields.row(row, self.grid_header if self.last_kind == GRID else ())
        elif choice.kind == EMPTY and row.n_cols == 0:
            self._loose_line(row.cells[0])
        elif choice.kind == EMPTY:
            if self.last_kind == GRID:
                self._blank_row(row)
            return
        else:
            self.fields.interrupt()
            found = [cell for cell in row.cells if cell.text]
            self.headers.extend(found)
            if choice.kind == HEADER:
                self.grid_header = found
        # A total under the grid leaves the grid open for what may follow it.
        if not (choice.kind == FIELDS and self.last_kind == GRID and self.grid_header):
            self.last_kind = choice.kind

    def finish(self) -> None:
        self._close_blank()

    # -- the grid ------------------------------------------------------------------------------------------------------

    def _grid_row(self, row: Row, choice: Choice) -> None:
        filled = [cell for cell in row.cells if cell.text]
        by_role: dict[Role, RowCell] = {}
        targets: list[tuple[int, RowCell]] = []
        extras: list[tuple[str, RowCell]] = []
        order = {"operator": 0, "target": 1, "unit": 2}
        for cell, role, column in zip(filled, choice.roles, choice.columns, strict=True):
            if column is None:
                self.headers.append(cell)
            elif column.role in order:
                targets.append((order[column.role], cell))
            elif column.role == "extra":
                extras.append((column.name, cell))
            else:
                by_role[role] = cell
        level1, level2, level3 = (by_role.get(role) for role in (Role.LEVEL1, Role.LEVEL2, Role.LEVEL3))
        if level1 is not None:
            self._close_blank()
            if self.level1 is None or _key(level1) != _key(self.level1):
                self.level2 = None
            self.level1 = level1
        if level2 is not None:
            if not (self.blank is not None and _key(self.blank.level2) == _key(level2)):
                self._close_blank()
            self.level2 = level2
            if level1 is None:
                self._infer_level1(level2)
        target = tuple(cell for _, cell in sorted(targets, key=lambda item: (item[0], item[1].col)))
        if level3 is None and not target and not extras:
            if level2 is not None:
                self.blank = _Open(self.level1, level2, row.page)
            return
        self.blank = None
        first_row = filled[0].row
        if level3 is None and self.indicators and first_row <= self.level3_until:
            self._sub_row(target, extras)
            return
        if level3 is not None:
            self.level3_until = level3.row + level3.rowspan - 1 if level3.rowspan > 1 else -1
        self.indicators.append(
            IndicatorRow(self.level1, self.level2, level3, target, tuple(extras), None, row.page, choice.shifted)
        )

    def _infer_level1(self, level2: RowCell) -> None:
        """A page break may swallow a level 1: the skeleton says whose the level 2 is, and a person is asked to look."""
        known = self._parents_of(level2)
        if not known or (self.level1 is not None and _key(self.level1) in {comparison_key(name) for name in known}):
            return
        if len(known) == 1:
            [name] = known
            self.level1 = RowCell(name, level2.row, 0, confidence=0.5, role=Role.LEVEL1, notes=("inferred",))

    def _parents_of(self, level2: RowCell) -> set[str]:
        """The level-1 names that a level 2 can stand under, by the template or the vocabularies the form has used so far."""
        key = _key(level2)
        if self.template is not None and self.template.skeleton:
            return {one for one, below in self.template.skeleton.items() if key in {comparison_key(name) for name in below}}
        if self.level1 is None:
            return set()
        written = self.dictionaries.written("level1", self.level1.text)
        used = {name.vocabulary for name in self.dictionaries.names("level1").get(written or "", ())}
        level2_written = self.dictionaries.written("level2", level2.text)
        names = self.dictionaries.names("level2").get(level2_written or "", ())
        return {parent for name in names if name.vocabulary in used for parent in name.parents}

    def _sub_row(self, target: Sequence[RowCell], extras: Sequence[tuple[str, RowCell]]) -> None:
        """Another row of the level-3 cell above: its values go beside the first row's."""
        last = self.indicators[-1]
        more = [("目标值", cell) for cell in target]
        self.indicators[-1] = replace(last, extra=(*last.extra, *more, *extras))

    def _close_blank(self) -> None:
        if self.blank is not None:
            self.indicators.append(IndicatorRow(self.blank.level1, self.blank.level2, None, (), (), None, self.blank.page))
            self.blank = None

    def _blank_row(self, row: Row) -> None:
        """A printed row without text belongs to the level 2 above it: all of them are one blank indicator."""
        if self.blank is not None or self.level2 is None or self.level2 is self.blank_after or not row.cells:
            return
        if row.cells[0].row <= self.level3_until:
            return
        self.blank_after = self.level2
        self.indicators.append(IndicatorRow(self.level1, self.level2, None, (), (), None, row.page))

    def _loose_line(self, cell: RowCell) -> None:
        if cell.role is Role.LABEL:
            self._close_blank()
            self.fields.label(cell)
        elif self.last_kind in (FIELDS, EMPTY):
            self.fields.more([cell])
        else:
            self.fields.strays.append(cell)


def _key(cell: RowCell) -> str:
    return comparison_key(cell.text)

