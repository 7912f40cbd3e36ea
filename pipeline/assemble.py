"""A labelled form, its repairs and its parsed values -> the published record. Pure: it reads no file and no clock."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

from pipeline.dictionaries import comparison_key
from pipeline.document import (
    FieldEntry,
    IndicatorRow,
    Label,
    LabelledForm,
    Line,
    PageReading,
    Place,
    Repair,
    Role,
    RowCell,
    Status,
    Target,
)
from pipeline.labeltext import (
    BLANK_COLUMN,
    is_printed_beside,
    joined_text,
    label_text,
    split_weight,
    without_placeholder,
)
from pipeline.records import (
    FieldValue,
    Finding,
    FormHead,
    Indicator,
    Record,
    RepairEntry,
    RunnerUp,
    Source,
    SourcePage,
    TargetValue,
    ValueCell,
    Where,
)

# How sure a value may be whose cell no ruling shows: rows and columns were inferred from the text's alignment.
_UNRULED = 0.5
# What stands alone in a cell of a table of amounts.
_AMOUNT = re.compile(r"[\d,，.]+(?:%|％|万?元|亿元)?|[—–\/-]")

ParseTarget = Callable[[str, str | None], tuple[Target, Repair | None]]
# raw text, the lines it was read from, the indicator's name -> what the picture repairs in it
RereadTarget = Callable[[str, Sequence[Line], str | None], Repair | None]
RereadAmount = Callable[[str, Sequence[Line]], Repair | None]
ParseField = Callable[[str, str, str | None], dict[str, Any] | None]
SplitLabel = Callable[[str], tuple[str, str | None]]


def level_text(cell: RowCell) -> tuple[str, str | None]:
    """A level's name and the weight printed beside it."""
    text = label_text(cell.text)
    if cell.role is Role.LEVEL3:
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


def _strays_in(entry: FieldEntry) -> bool:
    """Text from outside the tables of a page took part in a value that has a cell of its own there.

    A ruled cell holds its whole text; beside it, what stands between the tables may be another row that lost its grid.
    Plain text has no outlines that could say so.
    """
    ruled = any(place.polygon for cell in entry.labels for place in cell.places) and any(
        "loose" not in cell.notes for cell in entry.values
    )
    return ruled and any("loose" in cell.notes for cell in entry.values)


def _lacks_heads(entry: FieldEntry) -> bool:
    """Whether a field is a row of amounts under heads that were lost: which is which, somebody has to say."""
    amounts = [cell for cell in entry.values if _AMOUNT.fullmatch("".join(cell.text.split()))]
    return any(one.row == other.row and one.col != other.col for one, other in pairwise(amounts))


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
    reread_target: RereadTarget = lambda raw, lines, level3: None
    reread_amount: RereadAmount = lambda raw, lines: None
    _entries: list[RepairEntry] = field(default_factory=list)
    _entered: set[int] = field(default_factory=set)
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
                agency=form.agency or _agency_of(fields),
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
            cells = entry.values or entry.labels
            confidence = self._confidence(cells)
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
                review=doubtful or confidence < self.review_confidence or _strays_in(entry) or _lacks_heads(entry),
                where=[where for cell in cells for where in _where(cell.places)],
            )
        return fields

    def _reread(self, key: str, text: str, cells: Sequence[RowCell]) -> str | None:
        """An amount that is none as it was read, as the picture shows it."""
        repair = self.reread_amount(text, [line for cell in cells for line in cell.lines])
        if repair is None:
            return None
        self._entries.append(_entry(f"fields.{key}", repair))
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
            cells[level] = ValueCell(
                raw="" if "inferred" in cell.notes else cell.text,
                status=repair.status.value if repair else "unknown",
                confidence=self._confidence([cell]),
                where=_where(cell.places),
            )
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

    def _target(
        self, number: int, row: IndicatorRow, level3: str | None, cells: dict[str, ValueCell]
    ) -> tuple[TargetValue | None, bool]:
        if not row.target:
            return None, False
        raw = "".join(cell.text for cell in row.target)
        target, repair = self.parse_target(raw, level3)
        if repair is None or repair.status is Status.PROPOSED:
            seen = self.reread_target(raw, [line for cell in row.target for line in cell.lines], level3)
            if seen is not None:
                target, repair = replace(self.parse_target(seen.value, level3)[0], raw=raw), seen
        status = "unknown"
        if repair is not None and repair.status in (Status.REPAIRED, Status.PROPOSED):
            status = repair.status.value
            self._entries.append(_entry(f"indicators[{number}].target", repair))
        cells["target"] = ValueCell(
            raw=raw,
            status=status,  # type: ignore[arg-type]  # pydantic checks the word
            confidence=self._confidence(row.target),
            where=[where for cell in row.target for where in _where(cell.places)],
        )
        value = TargetValue.model_validate({part: getattr(target, part) for part in _TARGET_PARTS})
        return value, status == "proposed"

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
            self._entries.append(_entry(at, repair))
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
        sure = (min(cell.confidence * cell.certainty, _UNRULED if "unruled" in cell.notes else 1.0) for cell in cells)
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
                    code="text.unplaced", severity="info", at=_spot(cell.places),
                    message=f"“{label_text(cell.text)}”一栏全部空白", remedy="如应填写，请对照原件",
                )  # fmt: skip
                continue
            yield Finding(
                code="text.unplaced", severity="info" if is_printed_beside(cell.text) else "warning",
                at=_spot(cell.places),
                message=f"读到的文字未能归入任何栏目：{cell.text}", remedy="对照原件，确认其归属",
            )  # fmt: skip


# Labels whose value names the agency, the nearest to the form first; where the title names none.
_AGENCY_LABELS = (
    "实施单位", "项目实施单位", "项目单位", "申报单位", "填报单位", "预算单位", "资金使用单位", "单位名称",
    "部门（单位）名称", "部门(单位)名称", "部门名称", "组织实施单位", "单位(专项)名称", "主管部门", "项目主管部门",
    "主管部门及代码", "主管部门及编码", "主管预算部门",
)  # fmt: skip
_AGENCY_LABEL = re.compile(r"(执行|承担|承办|责任|用款|使用|建设|牵头|负责)(单位|部门)(名称)?([(（].*[)）])?$")


# [015001]某局, 219-某镇; 某局（盖章）: where the seal goes is no part of the name.
_CODE_BEFORE = re.compile(r"^[\[【(（]?[0-9A-Za-z]{3,24}[\]】)）]?\s*[-—]?\s*(?=\D)")
_SEAL_BEHIND = re.compile(r"\s*[(（](?:盖章|公章|签章|章|加盖公章)[)）]$")


def _agency_of(fields: Mapping[str, FieldValue]) -> str | None:
    """The agency as a field names it, without the code printed before it."""
    # 填报单位（盖章）：what is to be done there is printed with the label.
    bare = {_SEAL_BEHIND.sub("", name): value for name, value in reversed(list(fields.items()))}
    for label in (*_AGENCY_LABELS, *(name for name in bare if _AGENCY_LABEL.match(name))):
        value = bare.get(label)
        if value is not None and value.value:
            name = str((value.parsed or {}).get("name") or _CODE_BEFORE.sub("", value.value))
            return _SEAL_BEHIND.sub("", name) or name
    return None


def _entry(at: str, repair: Repair) -> RepairEntry:
    proposed = repair.status is Status.PROPOSED
    runner = repair.runner_up
    return RepairEntry(
        at=at,
        raw=repair.raw,
        value=(repair.proposal or repair.raw) if proposed else repair.value,
        status="proposed" if proposed else "repaired",
        kind=repair.kind or "several",  # type: ignore[arg-type]  # pydantic checks the word
        origin=repair.origin,  # type: ignore[arg-type]  # pydantic checks the word
        score=round(min(max(repair.score, 0.0), 1.0), 4),
        runner_up=RunnerUp(value=runner.value, score=round(min(max(runner.score, 0.0), 1.0), 4)) if runner else None,
        evidence=repair.evidence,
        reason=repair.reason,
    )


def _where(places: Iterable[Place]) -> list[Where]:
    found = []
    for place in places:
        found.append(
            Where(
                page=None if place.page is None else place.page + 1,
                polygon=[(round(x, 1), round(y, 1)) for x, y in place.polygon] or None,
                line=None if place.line is None else place.line + 1,
                column=place.column,
                sheet=place.sheet,
                cell=place.cell,
            )
        )
    return found


def _spot(places: Sequence[Place]) -> str:
    if not places:
        return "form"
    place = places[0]
    if place.line is not None:
        return f"line {place.line + 1}"
    if place.page is not None:
        return f"page {place.page + 1}"
    return f"{place.sheet}!{place.cell}"
