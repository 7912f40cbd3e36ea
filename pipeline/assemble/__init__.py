"""A labelled form, its repairs and its parsed values -> the published record. Pure: it reads no file and no clock."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pipeline.assemble.agency import agency_of
from pipeline.assemble.entries import entry_of, spot_of, where_of
from pipeline.assemble.labels import (
    SplitLabel,
    collect_labels,
    continued_fields,
    field_key,
    field_label,
    is_scribble,
    joined_value,
    lacks_heads,
    level_text,
    strays_in,
)
from pipeline.assemble.units import percent_in_unit_column
from pipeline.dictionaries import comparison_key
from pipeline.document import (
    IndicatorRow,
    LabelledForm,
    Line,
    PageReading,
    Repair,
    RowCell,
    Status,
    Target,
)
from pipeline.labeltext import (
    BLANK_COLUMN,
    is_printed_beside,
    label_text,
)
from pipeline.records import (
    FieldValue,
    Finding,
    FormHead,
    Indicator,
    Record,
    RepairEntry,
    Source,
    SourcePage,
    TargetValue,
    ValueCell,
)

__all__ = ["Assembly", "collect_labels", "joined_value"]

# How sure a value may be whose cell no ruling shows: rows and columns were inferred from the text's alignment.
_UNRULED = 0.5

ParseTarget = Callable[[str, str | None], tuple[Target, Repair | None]]
# raw text, the lines it was read from, the indicator's name -> what the picture repairs in it
RereadTarget = Callable[[str, Sequence[Line], str | None, Sequence[str]], Repair | None]
# raw text, the lines it was read from, whether it is a rate
RereadAmount = Callable[[str, Sequence[Line], bool], Repair | None]
# The text of an operator's own cell and its lines, the target beside it -> the target with the operator seen there.
RereadSign = Callable[[str, Sequence[Line], str], Repair | None]
ParseField = Callable[[str, str, str | None], dict[str, Any] | None]


_TARGET_PARTS = tuple(TargetValue.model_fields)


@dataclass
class Assembly:
    """Builds one record. `repairs` maps id(cell) to what repair said of that label."""

    labelled: LabelledForm
    document: str
    sha256: str
    pages: Sequence[PageReading]
    repairs: Mapping[int, Repair]
    parse_target: ParseTarget
    parse_field: ParseField
    split_label: SplitLabel
    review_confidence: float
    reread_target: RereadTarget = lambda raw, lines, level3, others: None
    reread_amount: RereadAmount = lambda raw, lines, rate: None
    reread_sign: RereadSign = lambda sign, lines, target: None
    _entries: list[RepairEntry] = field(default_factory=list)
    _entered: set[int] = field(default_factory=set)
    _cells: dict[int, ValueCell] = field(default_factory=dict)  # of labels, by id(cell)
    _columns: dict[str, str] = field(default_factory=dict)  # a column's header as read -> as repaired
    _levels: tuple[str, ...] = ()  # level 1 and level 2, where a row of the form has them

    def record(self) -> Record:
        """Return the record without the findings that rules make of it."""
        form = self.labelled.form
        self._enter_headers()
        rows = self.labelled.indicators
        self._levels = tuple(
            level for level in ("level1", "level2") if any(getattr(r, level) is not None for r in rows)
        )
        fields = self._fields()
        indicators = [self._indicator(number, row) for number, row in enumerate(self.labelled.indicators)]
        return Record(
            id=self._id(),
            source=Source(document=self.document, sha256=self.sha256, pages=self._source_pages()),
            form=FormHead(
                title=label_text(form.title), template=form.template, year=form.year,
                agency=form.agency or agency_of(fields),
                money_unit=form.money_unit,  # type: ignore[arg-type]  # pydantic checks the word
            ),
            fields=fields,
            indicators=indicators,
            repairs=self._entries,
            findings=list(self._reading_findings()),
        )  # fmt: skip

    def _id(self) -> str:
        form = self.labelled.form
        places = form.title_places
        if not places and form.rows and form.rows[0].cells:
            places = form.rows[0].cells[0].places[:1]
        where = "\n".join(repr((p.page, p.line, p.column, p.polygon, p.sheet, p.cell)) for p in places)
        first = form.pages[0] if form.pages else 0
        return hashlib.sha256(f"{self.sha256}\n{first}\n{where}".encode()).hexdigest()[:32]

    def _source_pages(self) -> list[SourcePage]:
        by_index = {page.index: page for page in self.pages}
        wanted = self.labelled.form.pages or (0,)
        return [
            SourcePage(page=index + 1, file=by_index[index].file, sha256=by_index[index].sha256)
            for index in wanted
            if index in by_index
        ]

    # -- fields --------------------------------------------------------------------------------------------------------

    def _fields(self) -> dict[str, FieldValue]:
        values = {key: repair.value for key, repair in self.repairs.items() if repair.status is Status.REPAIRED}
        fields: dict[str, FieldValue] = {}
        for entry, rest in continued_fields(self.labelled.fields, self.split_label, values):
            key, unit = field_key(entry, self.split_label, values)
            base, count = key, 2
            while key in fields:
                key, count = f"{base}#{count}", count + 1
            doubtful = False
            for cell in (*entry.labels, *rest):
                doubtful |= self._enter(cell, f"fields.{key}.label") or self._is_misread(cell)
            doubtful |= not entry.values and self._names_nothing(entry.labels[-1])
            doubtful |= any(self._lacks_number(cell) for cell in entry.labels)
            text = value = joined_value(entry.values)
            doubtful |= is_scribble(text)
            cells = entry.values or entry.labels
            confidence = self._confidence(cells)
            # What is counted in a money unit that its own label names is an amount, whatever the label's words.
            printed = field_label(entry.labels[-1], self.split_label)[1] if entry.labels else None
            base = f"{base}（{printed}）" if printed else base
            unit = unit or self.labelled.form.money_unit
            parsed = self.parse_field(base, text, unit)
            if parsed is None and (seen := self._reread(key, text, entry.values)) is not None:
                value, parsed = seen, self.parse_field(base, seen, unit)
            fields[key] = FieldValue(
                value=value,
                raw=text,
                parsed=parsed,
                status="unknown" if value == text else "repaired",
                confidence=confidence,
                review=doubtful or confidence < self.review_confidence or strays_in(entry) or lacks_heads(entry),
                where=[where for cell in cells for where in where_of(cell.places)],
            )
        return fields

    def _reread(self, key: str, text: str, cells: Sequence[RowCell]) -> str | None:
        """An amount or a rate that is none as it was read, as the picture shows it."""
        repair = self.reread_amount(text, [line for cell in cells for line in cell.lines], key.endswith("率"))
        if repair is None:
            return None
        self._entries.append(entry_of(f"fields.{key}", repair))
        return repair.value

    # -- indicators ----------------------------------------------------------------------------------------------------

    def _indicator(self, number: int, row: IndicatorRow) -> Indicator:
        cells: dict[str, ValueCell] = {}
        extra: dict[str, str] = {}
        doubtful = False
        names: dict[str, str | None] = {}
        for level, cell in (("level1", row.level1), ("level2", row.level2), ("level3", row.level3)):
            names[level] = None
            if cell is None:
                continue
            text, weight = level_text(cell)
            if weight:
                extra[f"{ {'level1': '一级', 'level2': '二级'}[level] }指标权重"] = weight
            if not text:
                continue
            repair = self.repairs.get(id(cell))
            doubtful |= self._enter(cell, f"indicators[{number}].{level}")
            names[level] = repair.value if repair else text
            cells[level] = self._cell_of(cell)
        target, target_doubt = self._target(number, row, names["level3"], cells)
        for header, cell in row.extra:
            name = self._columns.get(header, header) or "其他"
            key, count = name, 2
            while key in extra:
                key, count = f"{name}#{count}", count + 1
            extra[key] = label_text(cell.text)
        # A row without a level that the form's other rows have may have lost it.
        bare = row.level3 is not None or bool(row.target)
        doubtful |= bare and any(names[level] is None for level in self._levels)
        # A level 2 without any level 1 above it: the level was lost, or its column was not told.
        doubtful |= names["level1"] is None and names["level2"] is not None
        # Levels carried over a page break that is none say nothing.
        doubtful |= any(problem.code == "pages-out-of-order" for problem in self.labelled.form.problems)
        low = any(cell.confidence < self.review_confidence for cell in cells.values())
        return Indicator(
            level1=names["level1"], level2=names["level2"], level3=names["level3"], period=row.period, target=target,
            review=doubtful or target_doubt or low, extra=extra, cells=cells,
        )  # fmt: skip

    def _cell_of(self, cell: RowCell) -> ValueCell:
        """The trail of a level or a name; that of a level over many rows is the same for all of them."""
        found = self._cells.get(id(cell))
        if found is None:
            repair = self.repairs.get(id(cell))
            found = self._cells[id(cell)] = ValueCell(
                raw="" if "inferred" in cell.notes else cell.text,
                status=repair.status.value if repair else "unknown",
                confidence=self._confidence([cell]),
                where=where_of(cell.places),
            )
        return found

    def _target(
        self, number: int, row: IndicatorRow, level3: str | None, cells: dict[str, ValueCell]
    ) -> tuple[TargetValue | None, bool]:
        if not row.target:
            return None, False
        raw = "".join(cell.text for cell in row.target)
        target, repair = self.parse_target(raw, level3)
        if (unit := percent_in_unit_column(row.target)) is not None:
            target, repair = replace(self.parse_target(unit.value, level3)[0], raw=raw), unit
        elif repair is None or repair.status is Status.PROPOSED:
            lines = [line for cell in row.target for line in cell.lines]
            seen = self.reread_target(raw, lines, level3, self._targets)
            if seen is not None:
                target, further = self.parse_target(seen.value, level3)
                target = replace(target, raw=raw)
                # -100° is -100% first, and may be =100%: what is still in question asks.
                repair = seen
                if further is not None:
                    repair = replace(seen, value=further.value, score=min(seen.score, further.score))
        if row.sign is not None and target.operator is None and target.number is not None:
            read = repair.value if repair is not None and repair.status is Status.REPAIRED else raw
            if (seen := self.reread_sign(row.sign.text, row.sign.lines, read)) is not None:
                target, repair = replace(self.parse_target(seen.value, level3)[0], raw=raw), seen
        status = "unknown"
        if repair is not None and repair.status in (Status.REPAIRED, Status.PROPOSED):
            status = repair.status.value
            self._entries.append(entry_of(f"indicators[{number}].target", repair))
        cells["target"] = ValueCell(
            raw=raw,
            status=status,  # type: ignore[arg-type]  # pydantic checks the word
            confidence=self._confidence(row.target),
            where=[where for cell in row.target for where in where_of(cell.places)],
        )
        value = TargetValue.model_validate({part: getattr(target, part) for part in _TARGET_PARTS})
        likely = status == "repaired" and repair is not None and repair.score < self.review_confidence
        return value, status == "proposed" or likely

    @cached_property
    def _targets(self) -> tuple[str, ...]:
        """What the form's targets say, as read."""
        return tuple("".join(cell.text for cell in row.target) for row in self.labelled.indicators if row.target)

    # -- shared --------------------------------------------------------------------------------------------------------

    def _enter(self, cell: RowCell, at: str) -> bool:
        """Put a label's repair on the list, once a printed cell; tell whether a person should look.

        Beside proposals that is a repair less sure than values may be: on paper that is half illegible three in five of
        the wrong ones are below .9, and one right one in thirty labels.
        """
        repair = self.repairs.get(id(cell))
        if repair is None or repair.status not in (Status.REPAIRED, Status.PROPOSED):
            return False
        if id(cell) not in self._entered:
            self._entered.add(id(cell))
            self._entries.append(entry_of(at, repair))
        return repair.status is Status.PROPOSED or repair.score < self.review_confidence

    def _is_misread(self, cell: RowCell) -> bool:
        """Whether a label that nobody knows was hardly legible: what it names may go by another name."""
        return self._is_unknown(cell) and cell.confidence * cell.certainty < self.review_confidence

    def _is_unknown(self, cell: RowCell) -> bool:
        repair = self.repairs.get(id(cell))
        return repair is None or repair.status is Status.UNKNOWN

    def _names_nothing(self, cell: RowCell) -> bool:
        """Whether a blank field of a known layout has a name that nobody knows: a value, or both read as one."""
        return self.labelled.form.template is not None and self._is_unknown(cell)

    def _lacks_number(self, cell: RowCell) -> bool:
        """Whether a label has lost its number: 任务 above 任务2 and 任务3."""
        key = comparison_key(cell.text)
        keys = self._field_keys
        return bool(key) and any(f"{key}{number}" in keys for number in (1, 2))

    @cached_property
    def _field_keys(self) -> frozenset[str]:
        return frozenset(comparison_key(cell.text) for entry in self.labelled.fields for cell in entry.labels)

    def _enter_headers(self) -> None:
        for cell in self.labelled.headers:
            repair = self.repairs.get(id(cell))
            if repair is not None and repair.status is Status.REPAIRED:
                self._columns["".join(cell.text.split())] = repair.value
            self._enter(cell, f"columns.{label_text(cell.text)}")

    @staticmethod
    def _confidence(cells: Iterable[RowCell]) -> float:
        sure = [min(cell.confidence * cell.certainty, _UNRULED if "unruled" in cell.notes else 1.0) for cell in cells]
        return round(min(sure, default=1.0), 2)

    def _reading_findings(self) -> Iterable[Finding]:
        """What joining and levels could not place: nothing that was read is lost."""
        if any("unruled" in cell.notes for row in self.labelled.form.rows for cell in row.cells):
            yield Finding(
                code="grid.inferred", severity="warning", at="form",
                message="本表没有表格线，行列由文字对齐推断", remedy="对照原件逐行核对",
            )  # fmt: skip
        for problem in self.labelled.form.problems:
            if problem.code == "title-missing":
                yield Finding(
                    code="form.title-missing", severity="warning", at="form.title", message="未找到表名，可能缺少首页",
                    remedy="核对原件是否缺页",
                )  # fmt: skip
            elif problem.code == "pages-out-of-order":
                yield Finding(
                    code="form.pages-out-of-order", severity="warning", at="form",
                    message=f"页码顺序不对：{problem.message}", remedy="按页码排好原件后重新识读；本表各行请逐行核对",
                )  # fmt: skip
            elif problem.code == "page-missing":
                yield Finding(
                    code="form.page-missing", severity="warning", at="form", message=f"页码不连续：{problem.message}",
                    remedy="核对原件是否缺页",
                )  # fmt: skip
        for cell in self.labelled.strays:
            if BLANK_COLUMN in cell.notes:
                yield Finding(
                    code="text.unplaced", severity="info", at=spot_of(cell.places),
                    message=f"“{label_text(cell.text)}”一栏全部空白", remedy="如应填写，请对照原件",
                )  # fmt: skip
                continue
            yield Finding(
                code="text.unplaced", severity="info" if is_printed_beside(cell.text) else "warning",
                at=spot_of(cell.places),
                message=f"读到的文字未能归入任何栏目：{cell.text}", remedy="对照原件，确认其归属",
            )  # fmt: skip
