"""What the workbook's rows show of a record, in the words of the people who read it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from itertools import groupby

from pipeline.records import FieldValue, Finding, Indicator, Record, RepairEntry, Where


class Mark(StrEnum):
    """Why a cell is coloured; the words stand in the legend."""

    ERROR = "有错误"
    REVIEW = "待复核"
    PROPOSED = "有建议"
    REPAIRED = "已更正"


# Where several marks meet on one cell, the first of these is shown.
_MARK_ORDER = (Mark.ERROR, Mark.REVIEW, Mark.PROPOSED, Mark.REPAIRED)
STATUS_WORDS = {"unchanged": "与词典一致", "unknown": "照录", "repaired": "已更正", "proposed": "有建议"}
KIND_WORDS = {
    "look-alike": "形近字", "displaced": "错位", "dropped": "漏字", "inserted": "多字", "doubled": "重字",
    "swapped": "换位", "split": "断开", "several": "多处",
}  # fmt: skip
ORIGIN_WORDS = {"printed": "原件如此", "misread": "识别有误", "unclear": "不明"}
TARGET_WORDS = {
    "number": "数值", "range": "区间", "date": "日期", "boolean": "是否", "words": "文字", "empty": "空",
}  # fmt: skip
SEVERITY_WORDS = {"error": "错误", "warning": "警告", "info": "提示"}
PART_WORDS = {
    "level1": "一级指标", "level2": "二级指标", "level3": "三级指标", "target": "目标值", "period": "期间",
    "title": "表名", "year": "年度", "agency": "单位名称", "money_unit": "金额单位", "template": "模板",
}  # fmt: skip
_EVIDENCE_WORDS = {
    "dictionary": "词典",
    "compound": "词尾",
    "document": "本文件",
    "parent": "上级指标",
    "posterior": "字迹",
}
LEVELS = ("level1", "level2", "level3")
# Where two cells of a row are equally doubtful, the first of these is shown as the doubtful one.
_BY_INTEREST = ("level3", "target", "level2", "level1")

# Labels under which forms print the project's name and the agency's code.
_PROJECT_LABELS = ("项目名称", "专项名称", "预算项目名称", "项目（专项）名称")
_CODE_LABELS = ("单位编码", "预算单位编码", "单位代码", "部门编码", "预算单位代码")

_INDICATOR_AT = re.compile(r"indicators\[(\d+)\](?:\.(?:cells\.)?([^.\[]+))?(?:[.\[](.+?)\]?)?$")
_FIELD_AT = re.compile(r"""fields(?:\.|\[)["']?(.+?)["']?\]?$""")
_PLACE_AT = re.compile(r"(page|line) (\d+)$")
_FORM_AT = re.compile(r"(?:form\.)?([a-z_]+)$")


@dataclass(frozen=True, slots=True)
class At:
    """What an `at` path of a repair or a finding points to: an indicator's part, a field, or something else."""

    indicator: int | None = None
    part: str | None = None  # level1..target, an extra column's name, or the field's label
    other: str = ""
    where: Where | None = None  # a place that belongs to no value

    @property
    def words(self) -> str:
        """The place as people say it."""
        part = PART_WORDS.get(self.part or "", self.part or "")
        if self.where is not None:
            return f"第 {self.where.page} 页" if self.where.page else _spot(self.where)
        if self.indicator is not None:
            return f"指标 {self.indicator + 1}" + (f" · {part}" if part else "")
        return part or self.other


def parse_at(path: str) -> At:
    """Return what a path such as `indicators[12].level3` or `fields.项目名称` points to."""
    if found := _INDICATOR_AT.match(path):
        part = found[2]
        return At(indicator=int(found[1]), part=found[3] if part == "extra" and found[3] else part)
    if found := _FIELD_AT.match(path):
        return At(part=re.sub(r"\.(label|value|raw|parsed.*)$", "", found[1]))
    if (found := _FORM_AT.match(path)) and found[1] in PART_WORDS:
        return At(other=PART_WORDS[found[1]])
    if found := _PLACE_AT.match(path):
        number = int(found[2])
        return At(other=path, where=Where(page=number) if found[1] == "page" else Where(line=number))
    return At(other=path)


class Marks:
    """The marks of one record's cells, by what they point to."""

    def __init__(self, record: Record) -> None:
        self._marks: dict[tuple[int | None, str | None], Mark] = {}
        self.messages: dict[int | None, list[str]] = {}
        for finding in record.findings:
            at = parse_at(finding.at)
            self.messages.setdefault(at.indicator, []).append(finding.message)
            if finding.severity != "info":
                self._set((at.indicator, at.part), Mark.ERROR if finding.severity == "error" else Mark.REVIEW)
        for repair in record.repairs:
            at = parse_at(repair.at)
            self._set((at.indicator, at.part), Mark.REPAIRED if repair.status == "repaired" else Mark.PROPOSED)
        for index, indicator in enumerate(record.indicators):
            self._indicator(index, indicator)
        for label, field in record.fields.items():
            self._status((None, label), field.status)
            if field.review:
                self._set((None, label), Mark.REVIEW)

    def of(self, indicator: int | None, part: str | None) -> Mark | None:
        """Return the mark of an indicator's part, or of a field where `indicator` is None."""
        return self._marks.get((indicator, part))

    def _set(self, key: tuple[int | None, str | None], mark: Mark) -> None:
        before = self._marks.get(key)
        if before is None or _MARK_ORDER.index(mark) < _MARK_ORDER.index(before):
            self._marks[key] = mark

    def _status(self, key: tuple[int | None, str | None], status: str) -> None:
        if status == "repaired":
            self._set(key, Mark.REPAIRED)
        elif status == "proposed":
            self._set(key, Mark.PROPOSED)

    def _indicator(self, index: int, indicator: Indicator) -> None:
        for part, cell in indicator.cells.items():
            self._status((index, part), cell.status)
        doubtful = {Mark.ERROR, Mark.REVIEW, Mark.PROPOSED}
        if not indicator.review or doubtful & {self.of(index, part) for part in (*indicator.cells, "target")}:
            return
        # A row to look at of which no cell is named: the reader's doubt is where it was least sure.
        if indicator.cells:
            part = min(_BY_INTEREST, key=lambda name: _confidence(indicator, name))
            self._set((index, part), Mark.REVIEW)


def _confidence(indicator: Indicator, part: str) -> float:
    cell = indicator.cells.get(part)
    return cell.confidence if cell else 2.0  # behind every cell there is


@dataclass(frozen=True, slots=True)
class Head:
    """What identifies a form on every sheet."""

    year: int | None
    agency: str
    code: str
    project: str
    title: str
    document: str
    id: str


def head_of(record: Record) -> Head:
    """Return what identifies the record's form."""
    return Head(
        year=record.form.year,
        agency=record.form.agency or "",
        code=_first(record.fields, _CODE_LABELS),
        project=_first(record.fields, _PROJECT_LABELS),
        title=record.form.title,
        document=record.source.document,
        id=record.id,
    )


def _first(fields: dict[str, FieldValue], labels: Iterable[str]) -> str:
    for label in labels:
        for name, field in fields.items():
            if name.rsplit("→", 1)[-1] == label:
                return field.value
    return ""


def row_status(indicator: Indicator) -> str:
    """Return the word for what became of an indicator's names: the farthest-reaching of its cells' states."""
    if indicator.level3 is None and indicator.target is None:
        return "空行"
    states = {cell.status for cell in indicator.cells.values()}
    for state in ("proposed", "repaired"):
        if state in states:
            return STATUS_WORDS[state]
    named = indicator.cells.get("level3")
    return STATUS_WORDS[named.status] if named else ""


def changes(record: Record, indicator: int) -> str:
    """Return what was corrected or is suggested in one row, a line each."""
    lines = []
    for repair in record.repairs:
        at = parse_at(repair.at)
        if at.indicator == indicator:
            part = PART_WORDS.get(at.part or "", at.part or "")
            lines.append(
                f"{part}：原文“{repair.raw}”" if repair.status == "repaired" else f"{part}：建议改为“{repair.value}”"
            )
    return "\n".join(lines)


def confidence_of(indicator: Indicator) -> float | None:
    """Return the least of the row's confidences, None where the row has no cells."""
    return min((cell.confidence for cell in indicator.cells.values()), default=None)


def places_of(indicator: Indicator) -> list[Where]:
    """Return where the row stands: its name's place, or that of the first part that has one."""
    for part in _BY_INTEREST:
        if (cell := indicator.cells.get(part)) and cell.where:
            return cell.where
    return []


def places_at(record: Record, at: At) -> list[Where]:
    """Return where the text stands that a repair or a finding speaks of."""
    if at.where is not None:
        return [at.where]
    if at.indicator is not None and at.indicator < len(record.indicators):
        indicator = record.indicators[at.indicator]
        cell = indicator.cells.get(at.part or "")
        return cell.where if cell and cell.where else places_of(indicator)
    if at.indicator is None and at.part in record.fields:
        return record.fields[at.part].where
    return []


def value_at(record: Record, at: At) -> str:
    """Return the value that a finding speaks of, as the record holds it."""
    if at.indicator is not None and at.indicator < len(record.indicators):
        indicator = record.indicators[at.indicator]
        if at.part == "target" or at.part is None:
            return indicator.target.value if indicator.target else ""
        return getattr(indicator, at.part, None) or "" if at.part in LEVELS else indicator.extra.get(at.part, "")
    if at.indicator is None and at.part in record.fields:
        return record.fields[at.part].value
    return ""


def beginning(text: str) -> str:
    """Return a text that is short enough for a list: of a narrative its first words."""
    # Two lines of the column; the message quotes the passage it means, and a link leads to the whole.
    return text if len(text) <= 30 else " ".join(text[:29].split()) + "…"


def page_words(places: Iterable[Where]) -> str:
    """Return the pages of some places: `3`, or `3、4` for a cell cut by a page break."""
    return "、".join(str(page) for page in dict.fromkeys(place.page for place in places if place.page is not None))


def spot_words(places: Iterable[Where]) -> str:
    """Return the places within their pages: `第 106 行` of a text, `Sheet1!C4`, `x 120 y 845` of a picture."""
    known = list(places)
    lines = sorted({place.line for place in known if place.line is not None and place.cell is None})
    others = dict.fromkeys(spot for place in known if place.line is None and (spot := _spot(place)))
    return "、".join([*_runs(lines), *others])


def _runs(lines: list[int]) -> Iterator[str]:
    # A narrative of twenty lines is one place.
    for _, run in groupby(enumerate(lines), key=lambda pair: pair[1] - pair[0]):
        numbers = [line for _, line in run]
        yield f"第 {numbers[0]} 行" if len(numbers) == 1 else f"第 {numbers[0]}–{numbers[-1]} 行"


def _spot(place: Where) -> str:
    if place.cell is not None:
        return f"{place.sheet}!{place.cell}" if place.sheet else place.cell
    if place.line is not None:
        return f"第 {place.line} 行"
    if place.polygon:
        return f"x {min(x for x, _ in place.polygon):.0f} y {min(y for _, y in place.polygon):.0f}"
    return ""


def evidence_words(evidence: str) -> str:
    """Return the evidence of a repair with its kind in Chinese."""
    kind, colon, rest = evidence.partition(":")
    return f"{_EVIDENCE_WORDS[kind]}：{rest}" if colon and kind in _EVIDENCE_WORDS else evidence


def numeric(digits: str | None) -> tuple[float, str] | None:
    """Return a number and the format that shows it digit for digit, or None where a spreadsheet would change it.

    A spreadsheet keeps 15 digits, and knows no leading zeros: 019001 and longer numbers stay text.
    """
    if not digits or not re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", digits):
        return None
    try:
        number = Decimal(digits)
    except InvalidOperation:  # pragma: no cover - the pattern admits decimal numbers only
        return None
    decimals = len(digits.partition(".")[2])
    if len(digits.replace("-", "").replace(".", "").lstrip("0")) > 15:
        return None
    return float(number), "0" + ("." + "0" * decimals if decimals else "")


def amount(field: FieldValue) -> tuple[float, str] | None:
    """Return the number and the format of a field that is an amount and nothing but its digits; None for any other."""
    if (field.parsed or {}).get("kind") != "amount" or not re.fullmatch(r"-?\d[\d,，]*(\.\d+)?", field.value):
        return None
    number = numeric(re.sub("[,，]", "", field.value))
    return (number[0], "#,##" + number[1]) if number else None


def display_width(text: str) -> int:
    """Return how wide a line is in half-width characters; Hanzi count two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)


@lru_cache(maxsize=512)
def wrapped_lines(text: str, width: float) -> int:
    """Return how many lines a text takes in a column of `width` half-width characters."""
    usable = max(width - 1, 2)  # a cell has a small margin on both sides
    return sum(max(1, -(-display_width(line) // int(usable))) for line in text.split("\n")) if text else 1


def differing(raw: str, value: str) -> Iterator[tuple[str, bool]]:
    """Return `value` in pieces, each with whether it differs from `raw`."""
    # Imported here: only this one sheet wants it.
    from difflib import SequenceMatcher

    for tag, _, _, start, end in SequenceMatcher(None, raw, value, autojunk=False).get_opcodes():
        if end > start:
            yield value[start:end], tag != "equal"


def severity_mark(finding: Finding) -> Mark | None:
    """Return the colour of a finding's row head."""
    return {"error": Mark.ERROR, "warning": Mark.REVIEW}.get(finding.severity)


def repair_mark(repair: RepairEntry) -> Mark:
    """Return the colour of a repair's value."""
    return Mark.REPAIRED if repair.status == "repaired" else Mark.PROPOSED
