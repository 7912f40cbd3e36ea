"""The workbook's columns: those that are always there, and those that the records at hand need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.export.rows import display_width, head_of
from pipeline.records import Record

# A damaged archive yields hundreds of headers that stand in one form each; a column for each would bury the others.
MAX_FIELD_COLUMNS = 80
MAX_EXTRA_COLUMNS = 30
# From here on (in half-width characters) a text is a paragraph and gets a wide, wrapped column.
PARAGRAPH_WIDTH = 60
PROJECT_LABEL = "项目名称"  # has a column of its own in front


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header, its width in half-width characters, how its cells are set, what the guide says of it.

    style: text (one line), code (one line, often digits), wrap, long (paragraphs), whole, share, number, centre.
    """

    title: str
    width: float
    style: str = "text"
    note: str = ""


_YEAR = Column("年度", 7, "whole")
_PAGE = Column("页", 6, "code", "原件的第几页，从 1 数起")
_SPOT = Column("位置", 13, "code", "页内的位置：文本的行号、图片的像素坐标，或表格的单元格")
_ID = Column("记录编号", 12, "code", "与 records.jsonl 中的 id 相同")


def reviews(record: Record) -> int:
    """Return how many values of a record a person should look at."""
    return sum(value.review for value in record.fields.values()) + sum(row.review for row in record.indicators)


@dataclass
class Layout:
    """What the records hold, counted before the first row is written: the columns follow from it."""

    forms: int = 0
    indicators: int = 0
    review: int = 0
    repairs: Counter[str] = field(default_factory=Counter)  # by status
    findings: Counter[str] = field(default_factory=Counter)  # by severity
    fields: Counter[str] = field(default_factory=Counter)  # by label, in order of first appearance
    extras: Counter[str] = field(default_factory=Counter)  # by name, likewise
    parts: set[str] = field(default_factory=set)  # optional columns that some row fills
    _widest: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[Record]) -> Layout:
        """Count what the records hold."""
        layout = cls()
        for record in records:
            layout._add(record)
        return layout

    def _add(self, record: Record) -> None:
        self.forms += 1
        self.indicators += len(record.indicators)
        self.review += reviews(record)
        self.repairs.update(repair.status for repair in record.repairs)
        self.findings.update(finding.severity for finding in record.findings)
        head = head_of(record)
        for key in ("agency", "project", "document", "title"):
            self._widen(key, getattr(head, key))
        for label, value in record.fields.items():
            self.fields[label] += 1
            self._widen(f"field:{label}", value.value)
            if any(place.page for place in value.where):
                self.parts.add("page")
        for indicator in record.indicators:
            for name, text in indicator.extra.items():
                self.extras[name] += 1
                self._widen(f"extra:{name}", text)
            if any(place.page for cell in indicator.cells.values() for place in cell.where):
                self.parts.add("page")
            if indicator.period:
                self.parts.add("period")
            if indicator.target and indicator.target.number_to:
                self.parts.add("number_to")
            if indicator.target and indicator.target.date:
                self.parts.add("date")

    def _widen(self, key: str, text: str) -> None:
        # Enough to tell a code from a name from a narrative; the rest of a narrative says nothing more.
        longest = max(display_width(line) for line in text[:400].split("\n"))
        self._widest[key] = max(self._widest.get(key, 0), longest)

    @property
    def field_labels(self) -> list[str]:
        """The labels of the fields that have a column of their own."""
        return [label for label in _most_common(self.fields, MAX_FIELD_COLUMNS) if label != PROJECT_LABEL]

    @property
    def extra_names(self) -> list[str]:
        """The names of the extra columns that have a column of their own."""
        return _most_common(self.extras, MAX_EXTRA_COLUMNS)

    @property
    def form_columns(self) -> list[Column]:
        """The columns of 项目."""
        first = [
            *self._names,
            Column("指标数", 9, "whole", "点击跳到该表的指标"),
            Column("待复核", 9, "whole", "需要人看一眼的值有几个"),
            Column("更正", 8, "whole", "已改正几处；点击跳到“更正”表"),
            Column("建议", 8, "whole", "没有改、等人决定的有几处"),
            Column("问题", 8, "whole", "点击跳到“问题”表"),
        ]
        last = [
            Column("模板", 18, "code"), Column("金额单位", 11, "centre"), Column("页数", 8, "whole"), *self._sources,
        ]  # fmt: skip
        dynamic = self._dynamic(self.field_labels, "field", [*first, *last])
        if len(self.fields) > MAX_FIELD_COLUMNS:
            dynamic.append(Column("其他字段", 40, "long", "少见的字段，一行一个"))
        return [*first, *dynamic, *last]

    @property
    def indicator_columns(self) -> list[Column]:
        """The columns of 指标."""
        year, agency, project = self._names
        first = [
            year, agency, Column("单位编码", 10, "code"), project,
            Column("序号", 7, "whole", "该表的第几行指标，从 1 数起"),
            Column("一级指标", 16, "wrap"), Column("二级指标", 16, "wrap"), Column("三级指标", 38, "wrap"),
            *([Column("期间", 12, "wrap")] if "period" in self.parts else []),
            Column("目标值", 16, "wrap", "更正后的目标值；没有更正时就是原文"),
            Column("状态", 12, "centre", "与词典一致；照录（词典里没有，原样保留）；已更正；有建议；空行（原件空白）"),
            Column("复核", 9, "centre", "待复核：请对照原件看一眼"),
            Column("目标值原文", 16, "wrap", "识别出来的字，一字未动"),
            Column("类型", 8, "centre"), Column("运算符", 9, "centre"), Column("数值", 11, "number", "可以计算的数"),
            *([Column("数值上限", 11, "number", "区间的上限")] if "number_to" in self.parts else []),
            Column("计量单位", 11, "centre"),
            *([Column("日期", 23, "code")] if "date" in self.parts else []),
        ]  # fmt: skip
        last = [
            Column("更正与建议", 36, "wrap"),
            Column("问题", 42, "wrap"),
            Column("置信度", 9, "share", "该行各格中最低的一个，0 到 1"),
            *self._places, *self._sources,
        ]  # fmt: skip
        dynamic = self._dynamic(self.extra_names, "extra", [*first, *last])
        if len(self.extras) > MAX_EXTRA_COLUMNS:
            dynamic.append(Column("其他列", 30, "wrap", "少见的列，一行一个"))
        return [*first, *dynamic, *last]

    @property
    def repair_columns(self) -> list[Column]:
        """The columns of 更正."""
        return [
            *self._names,
            Column("所在", 20, "wrap", "改的是哪一格；点击跳到该行"),
            Column("原文", 34, "wrap", "识别出来的字，一字未动"),
            Column("改为", 34, "wrap", "改成（或建议改成）的内容；两边不同的字是红色"),
            Column("状态", 9, "centre", "已更正：有把握，已改；有建议：没有改，等人决定"),
            Column("错误类型", 11, "centre"),
            Column("错误来源", 11, "centre", "原件如此：原件就印错了；识别有误：原件无误，机器认错了"),
            Column("得分", 8, "share", "候选的得分，0 到 1"),
            Column("次选", 30, "wrap", "得分第二的候选"),
            Column("次选得分", 11, "share"),
            Column("依据", 26, "wrap"),
            Column("理由", 40, "wrap"),
            *self._places, *self._sources,
        ]  # fmt: skip

    @property
    def finding_columns(self) -> list[Column]:
        """The columns of 问题."""
        return [
            Column("级别", 8, "centre"),
            *self._names,
            Column("所在", 20, "wrap", "说的是哪一格；点击跳到该行"),
            Column("内容", 30, "wrap", "该处现在的内容"),
            Column("说明", 50, "wrap"),
            Column("处理建议", 36, "wrap"),
            Column("审核类别", 20, "wrap", "绩效目标审核意见的类别"),
            Column("代码", 28, "code"),
            *self._places, *self._sources,
        ]  # fmt: skip

    @property
    def _names(self) -> list[Column]:
        return [_YEAR, Column("单位名称", self._fit("agency", 14, 36), "wrap"),
                Column("项目名称", self._fit("project", 14, 40), "wrap")]  # fmt: skip

    @property
    def _places(self) -> list[Column]:
        # A text file has no pages; a column that is empty all the way down would only take up room.
        return [*([_PAGE] if "page" in self.parts else []), _SPOT]

    @property
    def _sources(self) -> list[Column]:
        # The last column is as wide as what stands in it: beside it there is nothing to stop its text.
        return [_ID, Column("来源文件", self._fit("document", 12, 60)), Column("表名", self._fit("title", 12, 80))]

    def _fit(self, key: str, least: int, most: int) -> int:
        return min(max(self._widest.get(key, 0) + 2, least), most)

    def _dynamic(self, names: Iterable[str], kind: str, fixed: Iterable[Column]) -> list[Column]:
        taken = {column.title for column in fixed}
        columns = []
        for name in names:
            # A form may print a column under a name that the workbook uses itself.
            title = f"{name}（原表）" if name in taken else name
            if self._widest[f"{kind}:{name}"] > PARAGRAPH_WIDTH:
                columns.append(Column(title, 54, "long"))
            else:
                # Room for the filter's button beside the header.
                least = max(display_width(title) + 3, 9)
                columns.append(Column(title, min(max(self._fit(f"{kind}:{name}", 9, 32), least), 32), "wrap"))
        return columns


def _most_common(counts: Counter[str], limit: int) -> list[str]:
    if len(counts) <= limit:
        return list(counts)
    kept = {name for name, _ in counts.most_common(limit)}
    return [name for name in counts if name in kept]
