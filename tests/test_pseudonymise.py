"""Proves scripts/pseudonymise.py, and that the public fixture names nobody."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent
FIXTURE = ROOT / "fixtures" / "zhengzhou-2020-ocr-text"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pseudonymise", ROOT / "scripts" / "pseudonymise.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["pseudonymise"] = module
    spec.loader.exec_module(module)
    return module


tool = script()
names = st.text(alphabet="欧阳夏侯司马诸葛", min_size=2, max_size=4)
phones = st.text(alphabet="123456789", min_size=8, max_size=11)


@given(
    st.sets(names, min_size=1, max_size=5),
    st.sets(phones, min_size=1, max_size=3),
    st.text(alphabet="，。表\n\t", max_size=9),
)
def test_only_people_and_phones_change(people: set[str], numbers: set[str], between: str) -> None:
    """Places, lines and every other character stay, so the truth of the seed stays true of its copy."""
    everyone = [*people, *numbers]
    if any(one != other and one in other for one in everyone for other in everyone):
        return
    text = "：".join(between + who for who in [*everyone, *everyone])

    pairs = tool.replacements(text, people, numbers)
    public = tool.replaced(text, pairs)

    assert len(public) == len(text)
    assert not any(who in public for who in everyone)
    assert tool.replaced(public, {invented: real for real, invented in pairs.items()}) == text


def test_a_pseudonym_that_is_there_already_is_refused() -> None:
    """Two people would become one."""
    taken = tool.pseudonym(0, 3)

    with pytest.raises(SystemExit, match="stands in the seed already"):
        tool.replacements(f"欧阳夏 {taken}", ["欧阳夏"], [])


def test_the_public_fixture_names_nobody() -> None:
    """Every name and number in it is one of the script's inventions."""
    invented = {tool.pseudonym(index, length) for index in range(20) for length in (2, 3, 4)}
    truth = json.loads((FIXTURE / "truth.json").read_text(encoding="utf-8"))

    for form in truth["forms"]:
        for label in ("项目负责人", "联系人"):
            assert set(re.split("[ 、]", form["fields"][label])) <= invented
        assert all(number.startswith("600000") for number in re.split("[ 、]", form["fields"]["联系电话"]))
    text = (FIXTURE / "input.txt").read_text(encoding="utf-8")
    assert all(number.startswith("600000") for number in re.findall(r"(?<![\d.])\d{8,}(?![\d.])", text))


def test_the_truth_is_of_this_text() -> None:
    """Each line that the truth names holds what the truth says of it."""
    lines = (FIXTURE / "input.txt").read_text(encoding="utf-8").split("\n")
    truth = json.loads((FIXTURE / "truth.json").read_text(encoding="utf-8"))

    for form in truth["forms"]:
        for row in form["indicators"]:
            line = re.sub(r"</?p>|\s", "", lines[row["line"] - 1])
            for part in (row["level3_raw"], row["target"]):
                assert part is None or re.sub(r"\s", "", part) in line
    assert sum(len(form["indicators"]) for form in truth["forms"]) == 165
