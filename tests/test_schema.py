"""Proves docs/record.schema.json: it is what the code says, and what the code writes is what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

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
    record_schema,
)
from pipeline.resources import schema_file

ROOT = Path(__file__).resolve().parent.parent
PUBLISHED = json.loads((ROOT / "docs" / "record.schema.json").read_text(encoding="utf-8"))


def full_record() -> Record:
    """Return a record in which every part of the contract is filled in."""
    places = [
        Where(page=1, polygon=[(1.0, 2.0), (3.5, 2.0), (3.5, 4.0), (1.0, 4.0)]),
        Where(line=3, column=0),
        Where(sheet="表一", cell="C4"),
    ]
    target = TargetValue(raw="二100%", value="=100%", kind="number", operator="=", number="100", unit="%")
    cell = ValueCell(raw="项目指标达率标", status="repaired", confidence=0.97, where=places)
    repair = RepairEntry(
        at="indicators[0].level3",
        raw="项目指标达率标",
        value="项目指标达标率",
        status="repaired",
        kind="displaced",
        origin="unclear",
        score=0.97,
        runner_up=RunnerUp(value="指标", score=0.61),
        evidence="compound:达标率",
        reason="错位",
    )
    return Record(
        id="0" * 64,
        source=Source(document="表.txt", sha256="0" * 64, pages=[SourcePage(page=1, file="表.txt", sha256="0" * 64)]),
        form=FormHead(title="绩效目标表", template="zhengzhou-2020", year=2020, agency="某局", money_unit="元"),
        fields={
            "项目总金额": FieldValue(
                value="1.00", raw="1.00", parsed={"amount": "1.00"}, status="unknown", confidence=1, where=places
            )
        },
        indicators=[
            Indicator(
                level1="产出目标",
                level2="质量",
                level3="项目指标达标率",
                target=target,
                review=True,
                extra={"分值": "5"},
                cells={"level3": cell},
            ),
            Indicator(level1="产出目标", level2="成本", level3=None, target=None),
        ],
        repairs=[repair],
        findings=[Finding(code="a.b", severity="info", at="form.year", message="看", remedy="看", category="其他")],
    )


def complaints(line: dict[str, Any]) -> list[str]:
    validator = jsonschema.Draft202012Validator(PUBLISHED)
    return [error.message for error in validator.iter_errors(line)]


def test_the_published_schema_is_the_code_s() -> None:
    """Users rely on the file; the code decides what is written."""
    assert record_schema() == PUBLISHED


def test_the_script_writes_what_is_published() -> None:
    """`scripts/make_schema.py --check` is what a person runs after changing the record."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "make_schema.py", "--check"], capture_output=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_the_schema_is_a_schema() -> None:
    """A validator must be able to use it."""
    jsonschema.Draft202012Validator.check_schema(PUBLISHED)


def test_a_line_of_records_jsonl_keeps_the_contract() -> None:
    """Checked by a validator that knows nothing of the code."""
    assert complaints(json.loads(full_record().to_json())) == []


@pytest.mark.parametrize(
    "damage",
    [
        {"id": None},
        {"surplus": 1},
        {"indicators": [{"level1": "产出"}]},
        {"findings": [{"code": "a", "severity": "fatal", "at": "x", "message": "y"}]},
        {"form": {"title": "表", "money_unit": "亿元"}},
    ],
)
def test_the_schema_refuses_what_breaks_the_contract(damage: dict[str, Any]) -> None:
    """A schema that accepts everything protects nobody."""
    assert complaints(json.loads(full_record().to_json()) | damage)


def test_a_record_survives_its_line() -> None:
    """What was written can be read back without loss."""
    made = full_record()

    assert Record.model_validate_json(made.to_json()) == made


def test_the_schema_travels_with_the_package() -> None:
    """Whoever has the wheel has the schema."""
    assert json.loads(schema_file().read_text(encoding="utf-8")) == PUBLISHED
