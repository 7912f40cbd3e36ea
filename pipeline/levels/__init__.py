"""Form -> labelled fields and indicator rows: a trained classifier says what a cell may be, a decoder what the form says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.dictionaries import Dictionaries, comparison_key
from pipeline.document import FieldEntry, Form, IndicatorRow, LabelledForm, Role, Row, RowCell
from pipeline.levels.decode import EMPTY, FIELDS, GRID, HEADER, Choice, decode, skeleton_of
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
    gatherer = _Gatherer()
    for row, choice in zip(labelled, choices, strict=True):
        gatherer.take(row, choice)
    gatherer.finish()
    return LabelledForm(
        form, tuple(gatherer.fields), tuple(gatherer.indicators), tuple(gatherer.strays), tuple(gatherer.headers), labelled
    )


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
    """Walks the labelled rows once, carrying the levels down and narratives on."""

    def __init__(self) -> None:
        self.fields: list[FieldEntry] = []
        self.indicators: list[IndicatorRow] = []
        self.strays: list[RowCell] = []
        self.headers: list[RowCell] = []
        self.level1: RowCell | None = None
        self.level2: RowCell | None = None
        self.blank: _Open | None = None
        self.level3_until = -1  # last row that the level-3 cell above spans
        self.last_kind = ""

    def take(self, row: Row, choice: Choice) -> None:
        if choice.kind == GRID:
            self._grid_row(row, choice)
        elif choice.kind == FIELDS:
            self._field_row(row)
        elif choice.kind == HEADER:
            self.headers.extend(cell for cell in row.cells if cell.text)
        elif choice.kind == EMPTY and row.n_cols == 0:
            self._loose_line(row.cells[0])
        else:
            self.headers.extend(cell for cell in row.cells if cell.text)
        if choice.kind != EMPTY or row.n_cols == 0:
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
        target = tuple(cell for _, cell in sorted(targets, key=lambda item: (item[0], item[1].col)))
        if level3 is None and not target and not extras:
            if level2 is not None:
                self.blank = _Open(self.level1, level2, row.page)
            return
        self.blank = None if level2 is None or self._same_blank(level2) else self.blank
        first_row = filled[0].row
        if level3 is None and self.indicators and first_row <= self.level3_until:
            self._sub_row(target, extras)
            return
        if level3 is not None:
            self.level3_until = level3.row + level3.rowspan - 1 if level3.rowspan > 1 else -1
        self.indicators.append(
            IndicatorRow(self.level1, self.level2, level3, target, tuple(extras), None, row.page, choice.shifted)
        )

    def _same_blank(self, level2: RowCell) -> bool:
        return self.blank is not None and _key(self.blank.level2) == _key(level2)

    def _sub_row(self, target: Sequence[RowCell], extras: Sequence[tuple[str, RowCell]]) -> None:
        """Another row of the level-3 cell above: its values go beside the first row's."""
        last = self.indicators[-1]
        more = [("目标值", cell) for cell in target]
        self.indicators[-1] = replace(last, extra=(*last.extra, *more, *extras))

    def _close_blank(self) -> None:
        if self.blank is not None:
            self.indicators.append(IndicatorRow(self.blank.level1, self.blank.level2, None, (), (), None, self.blank.page))
            self.blank = None

    # -- fields --------------------------------------------------------------------------------------------------------

    def _field_row(self, row: Row) -> None:
        self._close_blank()
        filled = [cell for cell in row.cells if cell.text]
        i = 0
        if filled[0].role is not Role.LABEL:
            while i < len(filled) and filled[i].role is not Role.LABEL:
                self._continue_value(filled[i])
                i += 1
        for labels, values in _runs(filled[i:]):
            if values:
                self.fields.append(FieldEntry(tuple(labels), tuple(values)))
            else:
                self.fields.extend(FieldEntry((label,), ()) for label in labels)

    def _continue_value(self, cell: RowCell) -> None:
        if self.fields and self.last_kind in (FIELDS, EMPTY, ""):
            last = self.fields[-1]
            self.fields[-1] = replace(last, values=(*last.values, cell))
        else:
            self.strays.append(cell)

    def _loose_line(self, cell: RowCell) -> None:
        if cell.role is Role.LABEL:
            self._close_blank()
            self.fields.append(FieldEntry((cell,), ()))
        elif self.fields and self.last_kind in (FIELDS, EMPTY):
            last = self.fields[-1]
            self.fields[-1] = replace(last, values=(*last.values, cell))
        else:
            self.strays.append(cell)


def _runs(cells: Sequence[RowCell]) -> Iterator[tuple[list[RowCell], list[RowCell]]]:
    """Split a field row into runs of labels with the values that follow them."""
    labels: list[RowCell] = []
    values: list[RowCell] = []
    for cell in cells:
        if cell.role is Role.LABEL:
            if values:
                yield labels, values
                labels, values = [], []
            labels.append(cell)
        else:
            values.append(cell)
    if labels or values:
        yield labels, values


def _key(cell: RowCell) -> str:
    return comparison_key(cell.text)

