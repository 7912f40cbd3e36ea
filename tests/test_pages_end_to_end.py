"""From committed pages to records: what was recorded once needs no engine; marked tests run the engine for real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import ROOT, interpret_tools
from PIL import Image

from pipeline.document import PageReading
from pipeline.evaluation.forms import FormScore, score_document
from pipeline.evaluation.recorded import recorded_readings
from pipeline.interpret import interpret
from pipeline.records import Record
from pipeline.synth.fixtures import CASES, Case
from pipeline.synth.model import Truth, TruthIndicator
from pipeline.synth.pages import page_from_truth
from pipeline.synth.score import score_pages

FIXTURES = ROOT / "fixtures" / "pages"
CASE = {case.name: case for case in CASES}
# Rows right (F1) that each case must keep; what the pages allow today, rounded down. scripts/make_fixture_pages.py
# --readings reads them again after a change of the left half.
LEAST_ROWS = {
    "clean": 1.0, "scan": 1.0, "fax": 0.77, "photo": 1.0, "stamp": 1.0, "rotated": 0.85, "digital": 1.0, "mixed": 1.0,
}  # fmt: skip


@cache
def truth_of(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FIXTURES / name / "truth.json").read_text("utf-8"))
    return content


def form_of(name: str) -> Truth:
    form = truth_of(name)["form"]
    rows = tuple(TruthIndicator(**row) for row in form["indicators"])
    return Truth(form["title"], form["year"], form["agency"], form["money_unit"], form["fields"], rows)


@cache
def readings_of(name: str) -> list[PageReading]:
    return recorded_readings(FIXTURES, CASE[name])


@cache
def records_of(name: str) -> list[Record]:
    return list(interpret(readings_of(name), name, "0" * 64, interpret_tools()))


def score_of(name: str) -> FormScore:
    return score_document(records_of(name), [form_of(name)])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_recorded_pages_become_their_form(case: Case) -> None:
    """One form, however many pages it goes over; its rows as the table above says."""
    score = score_of(case.name)

    assert score.forms_found == 1
    assert score.head_right == score.head
    assert score.f1 >= LEAST_ROWS[case.name], score.faults


def test_every_value_has_its_place_on_a_page() -> None:
    """Polygons in pixels of the page as it came in, pages counted from one; also on a page that lies on its side."""
    for name in CASE:
        sizes = {page["index"] + 1: (page["width"], page["height"]) for page in truth_of(name)["pages"]}
        [record] = records_of(name)
        for row in record.indicators:
            for cell in row.cells.values():
                if not cell.raw:
                    continue
                assert cell.where, (name, cell)
                for where in cell.where:
                    width, height = sizes[where.page or 0]
                    for x, y in where.polygon or ():
                        assert -0.02 * width <= x <= 1.02 * width
                        assert -0.02 * height <= y <= 1.02 * height


def test_a_photograph_s_cells_lie_where_they_are_printed() -> None:
    """Mapped back through perspective and curl: each cell covers more than half of the printed one's area."""
    for name in ("photo", "rotated"):
        pages = [page_from_truth(page) for page in truth_of(name)["pages"]]

        score = score_pages(zip(readings_of(name), pages, strict=True))

        assert score.placed >= 0.98 * score.cells, name


def test_a_digital_page_and_its_scan_give_the_same_rows() -> None:
    """`digital` and `scan` are one form: text layer and pixels differ in no level and no target."""
    scan, digital = (
        [
            (row.level1, row.level2, row.level3, row.target and row.target.value)
            for row in records_of(name)[0].indicators
        ]
        for name in ("scan", "digital")
    )

    assert scan == digital


def test_blank_rows_of_pages_stay_as_data() -> None:
    """A level-2 cell with nothing behind it is an indicator without a name and a target."""
    wanted = sum(row["level3"] is None for row in truth_of("digital")["form"]["indicators"])
    [record] = records_of("digital")

    blank = [row for row in record.indicators if row.level3 is None]
    assert wanted > 0
    assert len(blank) == wanted
    assert all(row.target is None for row in blank)


# -- the engine -------------------------------------------------------------------------------------------------------


def zhibiao(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command as a user calls it."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *map(str, arguments)],
        capture_output=True, text=True, cwd=ROOT, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def account_of(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / "run.json").read_text("utf-8"))
    return content


def texts_of(pages: list[PageReading]) -> list[str]:
    return ["".join(reading.text.split()) for page in pages for table in page.tables for reading in table.readings]


@pytest.mark.engine
def test_a_run_reads_a_photograph_as_it_was_recorded(tmp_path: Path) -> None:
    """The recorded readings are the engine's; --debug draws the page; the second run reads nothing again."""
    first = zhibiao("run", FIXTURES / "photo" / "page-1.jpg", "--out", tmp_path, "--debug")

    assert first.returncode == 0, first.stderr
    [record] = [json.loads(line) for line in (tmp_path / "records.jsonl").read_text("utf-8").split("\n") if line]
    wanted = [(row.level1, row.level2, row.level3) for row in records_of("photo")[0].indicators]
    found = [(row["level1"], row["level2"], row["level3"]) for row in record["indicators"]]
    assert len(set(found) & set(wanted)) >= 0.95 * len(wanted)
    [page] = account_of(tmp_path)["inputs"][0]["pages"]
    with Image.open(tmp_path / page["debug"]) as picture:
        assert picture.width > picture.height
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "readings").iterdir()}
    records = (tmp_path / "records.jsonl").read_bytes()

    second = zhibiao("run", FIXTURES / "photo" / "page-1.jpg", "--out", tmp_path)

    assert second.returncode == 0
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "readings").iterdir()} == kept
    assert (tmp_path / "records.jsonl").read_bytes() == records


@pytest.mark.engine
def test_pages_that_hold_no_form_are_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    """A picture without a table, noise, a blank page: skipped, each in one line; a mixed PDF beside them is read."""
    rng = np.random.default_rng(0)
    wild = tmp_path / "in"
    wild.mkdir()
    Image.fromarray(rng.integers(0, 256, (1200, 900, 3), np.uint8)).save(wild / "noise.png")
    Image.new("RGB", (900, 1200), "white").save(wild / "blank.png")
    slope = np.linspace(0, 255, 900).astype(np.uint8)
    Image.fromarray(np.broadcast_to(slope[None, :, None], (1200, 900, 3)).copy()).save(wild / "gradient.jpg")
    names = ["noise.png", "blank.png", "gradient.jpg"]

    done = zhibiao("run", *(wild / name for name in names), FIXTURES / "mixed" / "form.pdf", "--out", tmp_path / "out")

    assert done.returncode == 0, done.stderr
    inputs = {Path(one["path"]).name: one for one in account_of(tmp_path / "out")["inputs"]}
    assert {name: one["status"] for name, one in inputs.items()} == {
        **dict.fromkeys(names, "skipped"),
        "form.pdf": "read",
    }
    for name in names:
        [line] = [line for line in done.stderr.splitlines() if name in line and "skipped" in line]
        assert "nothing to record" in line
        assert inputs[name]["why"] in line
    assert "Traceback" not in done.stderr
    assert [page["status"] for page in inputs["form.pdf"]["pages"]] == ["read", "read"]
    assert inputs["form.pdf"]["records"] == 1
