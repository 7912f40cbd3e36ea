"""The published record: one form, as tests, exports and users rely on it.

`docs/record.schema.json` is generated from these classes (`scripts/make_schema.py`) and tested against them. Pages and
lines count from one here, rows and columns from zero.
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

StatusWord = Literal["unchanged", "unknown", "repaired", "proposed"]
KindWord = Literal["look-alike", "displaced", "dropped", "inserted", "doubled", "swapped", "split", "several"]
OriginWord = Literal["printed", "misread", "unclear"]
TargetKind = Literal["number", "range", "date", "boolean", "words", "empty"]
Severity = Literal["error", "warning", "info"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Where(_Strict):
    """One place of a text: on a page (pixels of the page as it came in), in a text, or in a workbook."""

    page: int | None = Field(default=None, ge=1)
    polygon: list[tuple[float, float]] | None = None
    line: int | None = Field(default=None, ge=1)
    column: int | None = Field(default=None, ge=0)
    sheet: str | None = None
    cell: str | None = None


class SourcePage(_Strict):
    """One page of the source document."""

    page: int = Field(ge=1)
    file: str
    sha256: str


class Source(_Strict):
    """The document a record was made from."""

    document: str
    sha256: str
    pages: list[SourcePage]


class FormHead(_Strict):
    """What names the form."""

    title: str
    template: str | None = None
    year: int | None = None
    agency: str | None = None
    money_unit: Literal["元", "万元"] | None = None


class ValueCell(_Strict):
    """The audit trail of one printed cell: as read, what became of it, how sure, where."""

    raw: str
    status: StatusWord
    confidence: float = Field(ge=0, le=1)
    where: list[Where]


class FieldValue(_Strict):
    """A header or narrative field. `parsed` holds amounts, dates, people, phones, check boxes beside the raw text."""

    value: str
    raw: str
    parsed: dict[str, Any] | None = None
    status: StatusWord
    confidence: float = Field(ge=0, le=1)
    review: bool = False
    where: list[Where]


class TargetValue(_Strict):
    """A target taken apart; numbers are decimal strings so that no digit is lost."""

    raw: str
    value: str
    kind: TargetKind
    operator: Literal["=", "≥", "≤", ">", "<"] | None = None
    number: str | None = None
    number_to: str | None = None
    unit: str | None = None
    date: str | None = None
    text: str | None = None


class Indicator(_Strict):
    """One level-3 cell; an empty printed row is an indicator whose `level3` and `target` are null."""

    level1: str | None
    level2: str | None
    level3: str | None
    period: str | None = None
    target: TargetValue | None
    review: bool = False
    extra: dict[str, str] = Field(default_factory=dict)
    cells: dict[str, ValueCell] = Field(default_factory=dict)


class RunnerUp(_Strict):
    """The second-best name and its score."""

    value: str
    score: float = Field(ge=0, le=1)


class RepairEntry(_Strict):
    """One correction made (`repaired`) or suggested (`proposed`), with all that an auditor needs to judge it.

    `value` is what the record now holds where status is repaired, and what is suggested where it is proposed.
    """

    at: str
    raw: str
    value: str
    status: Literal["repaired", "proposed"]
    kind: KindWord
    origin: OriginWord
    score: float = Field(ge=0, le=1)
    runner_up: RunnerUp | None = None
    evidence: str
    reason: str


class Finding(_Strict):
    """Something a person should know about a value; never a change to it."""

    code: str
    severity: Severity
    at: str
    message: str
    remedy: str | None = None
    category: str | None = None  # official review category, e.g. 指标与指标值不匹配


class Record(_Strict):
    """One form."""

    id: str
    source: Source
    form: FormHead
    fields: dict[str, FieldValue]
    indicators: list[Indicator]
    repairs: list[RepairEntry]
    findings: list[Finding]

    def to_json(self) -> str:
        """Return the record as one line of JSON, keys in contract order, places without their unused keys."""
        content = self.model_dump(mode="json")
        cells = [cell for indicator in content["indicators"] for cell in indicator["cells"].values()]
        for value in (*content["fields"].values(), *cells):
            value["where"] = [{k: v for k, v in place.items() if v is not None} for place in value["where"]]
        return json.dumps(content, ensure_ascii=False)


def record_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a record."""
    schema = Record.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "zhibiao record"}
