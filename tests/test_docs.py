"""Proves that what the documentation shows is what happens."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from builders import interpret_tools

from pipeline.evaluation.recorded import recorded_readings
from pipeline.evaluation.showcase import BESIDE
from pipeline.interpret import interpret
from pipeline.run import run_inputs
from pipeline.synth.fixtures import CASES

ROOT = Path(__file__).resolve().parent.parent
INPUT = ROOT / "fixtures" / "zhengzhou-2020-ocr-text" / "input.txt"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "fixtures").glob("*/*.md")])
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]


def blocks(page: Path, language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [text for its_language, text in fenced if its_language == language]


# These move with every training and every word of the lists; what is decided and why does not.
MOVING = {"score", "runner_up", "reason", "confidence"}


def shown(excerpt: Any, whole: Any) -> bool:
    """Tell whether `excerpt` shows `whole` or a part of it."""
    if isinstance(excerpt, dict):
        return isinstance(whole, dict) and all(
            key in whole and (key in MOVING or shown(value, whole[key])) for key, value in excerpt.items()
        )
    return bool(excerpt == whole)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """A dead link is the first thing a newcomer finds."""
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_the_readme_shows_real_input(page: Path) -> None:
    """The excerpt is what the OCR tool wrote, tabs and all."""
    [excerpt] = blocks(page, "")

    assert excerpt in INPUT.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_the_readme_shows_what_its_page_became(page: Path) -> None:
    """The row under the picture is the picture's."""
    [case] = [case for case in CASES if case.name == BESIDE]
    readings = recorded_readings(ROOT / "fixtures" / "pages", case)

    [record] = interpret(readings, case.name, "0" * 64, interpret_tools())

    row = json.loads(blocks(page, "json")[0])
    assert any(shown(row, indicator.model_dump(mode="json")) for indicator in record.indicators)


def test_the_readme_shows_real_output(tmp_path: Path) -> None:
    """Whoever runs the demo finds what the README promised."""
    run_inputs([INPUT], tmp_path, say=lambda _: None)
    records = [json.loads(line) for line in (tmp_path / "records.jsonl").read_text(encoding="utf-8").splitlines()]

    for page in READMES:
        _, indicator, repair = (json.loads(block) for block in blocks(page, "json"))
        assert any(shown(indicator, row) for record in records for row in record["indicators"])
        assert any(shown(repair, entry) for record in records for entry in record["repairs"])
