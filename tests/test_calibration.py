"""Proves that confidence is a share of right readings: a whole, rising curve, and cells no surer than their lines."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from pipeline.calibration import MODEL_FILE, Calibration, digest_of, joined, load_calibration
from pipeline.errors import ModelError
from pipeline.reader.training import Seen, fit, held_out, write_model
from pipeline.resources import data_folder


def test_a_surer_character_never_makes_a_line_less_sure() -> None:
    """The curve rises over the whole range."""
    calibration = load_calibration()

    found = [calibration.confidence([score / 1000]) for score in range(1001)]

    assert found == sorted(found)
    assert 0.0 <= found[0] < found[-1] < 1.0


def test_the_least_sure_character_speaks_for_the_line() -> None:
    """One doubtful character makes a name wrong."""
    calibration = load_calibration()

    assert calibration.confidence([0.99, 0.4, 1.0]) == calibration.confidence([0.4])
    assert calibration.confidence([]) == 0.0


def test_a_cell_is_no_surer_than_its_lines() -> None:
    """Errors of lines are independent; a cell without lines is sure."""
    assert joined([0.9, 0.9]) == 0.81
    assert joined([]) == 1.0


def test_an_altered_file_is_refused(tmp_path: Path) -> None:
    """Its digest stands in it."""
    shutil.copy(data_folder("models") / MODEL_FILE, tmp_path)
    content = json.loads((tmp_path / MODEL_FILE).read_text("utf-8"))
    content["share"][0] += 0.01
    (tmp_path / MODEL_FILE).write_text(json.dumps(content), "utf-8")

    with pytest.raises(ModelError, match="differs from its digest"):
        load_calibration(tmp_path)


@pytest.mark.parametrize(
    "curve", [([0.0, 1.0], [0.9, 0.5]), ([1.0, 0.0], [0.1, 0.9]), ([0.0], [0.5]), ([0, 1], [0, 2])]
)
def test_a_curve_that_does_not_rise_is_refused(tmp_path: Path, curve: tuple[list[float], list[float]]) -> None:
    """A digest vouches for the file, not for its sense."""
    content = {
        "evidence": curve[0],
        "share": curve[1],
        "sha256": digest_of([float(x) for x in curve[0]], [float(x) for x in curve[1]]),
    }
    (tmp_path / MODEL_FILE).write_text(json.dumps(content), "utf-8")

    with pytest.raises(ModelError, match="no rising curve"):
        load_calibration(tmp_path)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"evidence": "x"}'])
def test_what_is_no_model_is_refused(tmp_path: Path, content: str | None) -> None:
    """Missing, broken, of another kind: one clear error."""
    if content is not None:
        (tmp_path / MODEL_FILE).write_text(content, "utf-8")

    with pytest.raises(ModelError, match=MODEL_FILE):
        load_calibration(tmp_path)


def lines(count: int, seed: int = 1) -> list[Seen]:
    """Lines whose recogniser is too sure: right with the square of its score."""
    rng = random.Random(seed)
    scores = [rng.random() for _ in range(count)]
    return [Seen("clean", (score,), rng.random() < score * score) for score in scores]


def test_fitting_finds_the_share_that_is_right() -> None:
    """The share right at confidence c is c, also on lines the curve was not fitted to."""
    curve = fit(lines(6000))

    for score in (0.5, 0.7, 0.9):
        assert curve.confidence([score]) == pytest.approx(score * score, abs=0.07)
    found = held_out(lines(4000, seed=2))
    assert found.mean() == pytest.approx(1 / 3, abs=0.03)


def test_what_is_written_is_loaded(tmp_path: Path) -> None:
    """The script's file is the reader's."""
    curve = fit(lines(2000))

    write_model(tmp_path / MODEL_FILE, curve, {})

    assert load_calibration(tmp_path) == Calibration(curve.evidence, curve.share)
