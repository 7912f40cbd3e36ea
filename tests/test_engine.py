"""Proves the recogniser's door: verified weights, readings that depend on a crop alone, scores that mean something."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline import engine as engine_module
from pipeline.engine import _SELDOM, _TAILED, LINE_HEIGHT, Engine, _read_as, _split_hanzi, _width_twins, load_engine
from pipeline.errors import ModelError
from pipeline.settings import EngineSettings

ALPHABET = ["blank", "（", "(", "目", "标", "[", "]", "〔", "〕", "2"]


def decoded(
    frames: list[dict[str, float]], alphabet: list[str] = ALPHABET
) -> tuple[str, tuple[float, ...], tuple[int, ...]]:
    """Decode frames given as symbol -> probability, without any network."""
    table = np.zeros((len(frames), len(alphabet)), np.float32)
    for row, frame in zip(table, frames, strict=True):
        for symbol, value in frame.items():
            row[alphabet.index(symbol)] = value
    uncommon, common = _split_hanzi(alphabet)
    bare: Any = SimpleNamespace(
        alphabet=alphabet,
        _twin=_width_twins(alphabet),
        _seldom=_read_as(alphabet, _SELDOM),
        _tailed=_read_as(alphabet, _TAILED),
        _uncommon=uncommon,
        _common=common,
        name="test",
    )
    found = Engine._decode(bare, table, 0)
    return found.text, found.scores, found.frames


def test_repeats_are_one_and_blanks_are_none() -> None:
    """The same symbol in neighbouring frames is one character; a blank between two makes them two."""
    text, _, frames = decoded([{"目": 0.9}, {"目": 0.8}, {"blank": 0.9}, {"目": 0.7}, {"标": 0.9}])

    assert text == "目目标"
    assert frames == (0, 3, 4)


def test_a_sign_is_as_sure_as_its_two_widths_together() -> None:
    """Mass that is split between （ and ( is no doubt about the sign."""
    _, scores, _ = decoded([{"（": 0.55, "(": 0.43}])

    assert scores == pytest.approx((0.98,))


def test_a_character_is_as_sure_as_its_surest_frame() -> None:
    """The first frame of a character often lies on its rim."""
    _, scores, _ = decoded([{"blank": 0.3, "目": 0.5}, {"目": 0.99}, {"blank": 0.9}])

    assert scores == pytest.approx((0.99,))


def test_a_rare_bracket_is_believed_at_a_small_share_of_the_common_one() -> None:
    """The recogniser has seen a hundred [ for each 〔; a printed [ leaves 〔 next to nothing."""
    rare, scores, _ = decoded([{"[": 0.8, "〔": 0.15}, {"[": 0.85, "〔": 0.1}, {"2": 0.9}, {"]": 0.9, "〕": 0.01}])
    common, _, _ = decoded([{"[": 0.99, "〔": 0.0004}])

    assert (rare, common) == ("〔2〕", "[")
    assert scores[0] == pytest.approx(0.95)


def test_a_semicolon_without_its_tail_is_asked_about() -> None:
    """In a sentence, a colon that may have been a semicolon is read as one, and not surely; a label keeps its colon."""
    alphabet = ["blank", "：", "；", *"一二三四五六七八九十"]
    sentence = [{sign: 0.99} for sign in alphabet[3:]]
    colon = {"：": 0.9, "；": 0.05}

    tailed, scores, _ = decoded([*sentence, colon], alphabet)
    sound, _, _ = decoded([*sentence, {"：": 0.99, "；": 0.0006}], alphabet)
    label, _, _ = decoded([*sentence[:4], colon], alphabet)

    assert (tailed[-1], sound[-1], label[-1]) == ("；", "：", "：")
    assert scores[-1] < 0.5


def test_a_traditional_form_is_the_likeliest_common_character_in_doubt() -> None:
    """No form prints 財务; where nothing common is near, what was read stays for a person to see."""
    alphabet = ["blank", "財", "财", "务", "喆"]

    text, scores, _ = decoded([{"財": 0.85, "财": 0.1, "务": 0.01}, {"务": 0.99}, {"喆": 0.99, "务": 0.001}], alphabet)

    assert text == "财务喆"
    assert scores[0] == pytest.approx(0.1)


def test_superscripts_are_no_width_twins() -> None:
    """m² and m2 are different units."""
    alphabet = ["blank", "2", "²", "２"]

    twins = _width_twins(alphabet)

    assert [int(twin) for twin in twins] == [-1, 3, -1, 1]


def test_altered_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other weights read other texts: a digest that differs is an error that says which file."""
    file, _ = engine_module.PACKAGED["PP-OCRv6_small_det"]
    monkeypatch.setitem(engine_module.PACKAGED, "PP-OCRv6_small_det", (file, "0" * 64))

    with pytest.raises(ModelError, match=rf"{file} is not the published file"):
        load_engine()


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """A folder named by mistake is told before anything is read."""
    with pytest.raises(ModelError, match=r"holds no inference\.onnx"):
        load_engine(EngineSettings(detection_folder=str(tmp_path)))


@pytest.mark.parametrize("engine", ["onnxruntime ", "openvino", "tensorrt"])
def test_an_unknown_engine_is_refused(engine: str) -> None:
    """A misspelt engine must not become another one in silence."""
    with pytest.raises(ModelError, match="is unknown"):
        load_engine(EngineSettings(engine=engine))


@pytest.fixture(scope="module")
def loaded() -> Engine:
    """The real engine, once."""
    return load_engine(EngineSettings(threads=1))


def number(text: str, size: float = 1.2) -> NDArray[np.uint8]:
    """A crop with digits, drawn by OpenCV's own plotter font."""
    width = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 3)[0][0]
    crop = np.full((LINE_HEIGHT, width + 24), 255, np.uint8)
    cv2.putText(crop, text, (12, 38), cv2.FONT_HERSHEY_SIMPLEX, size, 0, 3, cv2.LINE_AA)
    return crop


@pytest.mark.engine
def test_the_packaged_weights_are_whole(loaded: Engine) -> None:
    """What doctor prints: three models, each with the digest of its file."""
    assert [weights.whole for weights in loaded.weights] == [True, True, True]
    assert {weights.sha256 for weights in loaded.weights} == {digest for _, digest in engine_module.PACKAGED.values()}


@pytest.mark.engine
def test_the_networks_threads_rest_between_their_runs(loaded: Engine) -> None:
    """Threads that turn on after a run take the processor from the page's other steps; ONNX Runtime was told so."""
    runners: list[Any] = [loaded._detector.paddlex_predictor.runner, loaded._tap]

    for session in (loaded._classifier, *(runner.session for runner in runners)):
        assert session.get_session_options().get_session_config_entry("session.force_spinning_stop") == "1"


@pytest.mark.engine
def test_a_crop_reads_the_same_in_any_company(loaded: Engine) -> None:
    """Padding and neighbours change readings; a crop is padded to its own bucket and batched with equals only."""
    crops = [number(text) for text in ("2020", "1,234.50", "87%", "2021", "100%", "3600000")]

    alone = [loaded.recognise([crop])[0] for crop in crops]
    together = loaded.recognise(crops[::-1])[::-1]

    assert [reading.text for reading in together] == [reading.text for reading in alone]
    assert [np.round(reading.scores, 3).tolist() for reading in together] == [
        np.round(reading.scores, 3).tolist() for reading in alone
    ]


@pytest.mark.engine
def test_the_posterior_holds_what_was_read(loaded: Engine) -> None:
    """Repair asks the picture later: the likeliest symbols by frame, falling, and the text is the best path."""
    [reading] = loaded.recognise([number("2020")], [8])

    assert reading.text == "2020"
    assert reading.posterior is not None
    assert reading.posterior.symbols.shape[1] == 8
    assert (np.diff(reading.posterior.logp.astype(np.float32), axis=1) <= 0).all()
    assert [loaded.alphabet[reading.posterior.symbols[frame, 0]] for frame in reading.frames] == list("2020")


@pytest.mark.engine
def test_a_folder_of_official_files_is_another_way_to_the_same_model(loaded: Engine, tmp_path: Path) -> None:
    """Machines that reach no network give a folder; known files are checked against their digests there too."""
    graph = loaded._verified("PP-OCRv6_small_rec")
    loaded.weights.pop()
    engine_module._write_model_folder(tmp_path, "PP-OCRv6_small_rec", graph, None)

    other = load_engine(EngineSettings(recognition_folder=str(tmp_path), threads=1))

    [noted] = [weights for weights in other.weights if weights.source == str(tmp_path)]
    assert noted.whole
    assert noted.sha256 == hashlib.sha256(graph.read_bytes()).hexdigest()
    assert other.recognise([number("360")])[0].text == "360"
