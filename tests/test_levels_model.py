"""The level model is used only as it was trained: whole, with its own features, and running no code of a file's."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from pipeline.errors import ModelError
from pipeline.levels.features import NAMES, ROLES
from pipeline.levels.model import CARD_FILE, MODEL_FILE, load_level_model
from pipeline.levels.trees import Trees, lay_out
from pipeline.resources import data_folder

Change = Callable[[Path, Path], None]


def copy_of_the_model(folder: Path) -> tuple[Path, Path]:
    for name in (MODEL_FILE, CARD_FILE):
        shutil.copy(data_folder("models") / name, folder)
    return folder / MODEL_FILE, folder / CARD_FILE


def edit_card(card: Path, **values: Any) -> None:
    content = json.loads(card.read_text("utf-8"))
    card.write_text(json.dumps({**content, **values}), "utf-8")


def put_model(model: Path, card: Path, content: bytes) -> None:
    """A model file of one's own, with a card that vouches for it."""
    model.write_bytes(content)
    edit_card(card, sha256=hashlib.sha256(content).hexdigest())


def one_byte_changed(model: Path, card: Path) -> None:
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(bytes(content))


def truncated(model: Path, card: Path) -> None:
    model.write_bytes(model.read_bytes()[:1000])


def model_gone(model: Path, card: Path) -> None:
    model.unlink()


def card_gone(model: Path, card: Path) -> None:
    card.unlink()


def card_no_json(model: Path, card: Path) -> None:
    card.write_text("{", "utf-8")


def card_a_list(model: Path, card: Path) -> None:
    card.write_text("[]", "utf-8")


def features_no_list(model: Path, card: Path) -> None:
    edit_card(card, features=57)


def features_in_another_order(model: Path, card: Path) -> None:
    edit_card(card, features=[NAMES[1], NAMES[0], *NAMES[2:]])


def a_feature_less(model: Path, card: Path) -> None:
    edit_card(card, features=list(NAMES[:-1]))


def classes_swapped(model: Path, card: Path) -> None:
    classes = [role.value for role in ROLES]
    edit_card(card, classes=[classes[1], classes[0], *classes[2:]])


def no_trees(model: Path, card: Path) -> None:
    put_model(model, card, b"no trees at all")


def trees_of_fewer_features(model: Path, card: Path) -> None:
    trees, classes = Trees.from_bytes(model.read_bytes())
    fewer = replace(trees, thresholds=trees.thresholds[:-1], masks=trees.masks[:-1])
    put_model(model, card, fewer.to_bytes(classes))


@pytest.mark.parametrize(
    "change",
    [
        one_byte_changed, truncated, model_gone, card_gone, card_no_json, card_a_list, features_no_list,
        features_in_another_order, a_feature_less, classes_swapped, no_trees, trees_of_fewer_features,
    ],
)  # fmt: skip
def test_what_is_not_the_model_is_refused(tmp_path: Path, change: Change) -> None:
    """A model that differs in anything would give other roles in silence; the run stops with 4 and names the file."""
    change(*copy_of_the_model(tmp_path))

    with pytest.raises(ModelError) as caught:
        load_level_model(tmp_path)

    assert caught.value.exit_code == 4
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


class Hostile:
    """Unpickling this would leave a file behind."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    """Even with a card that vouches for it: a model is numbers, and no code of the file's."""
    model, card = copy_of_the_model(tmp_path)
    trace = tmp_path / "trace"
    with np.load(model) as kept:
        parts = {name: kept[name] for name in kept.files}
    out = io.BytesIO()
    np.savez(out, **{**parts, "thresholds": np.array([Hostile(trace)], dtype=object)})
    with np.load(io.BytesIO(out.getvalue()), allow_pickle=True) as kept:
        kept["thresholds"]
    assert trace.exists()  # the proof can fail
    trace.unlink()

    put_model(model, card, out.getvalue())

    with pytest.raises(ModelError):
        load_level_model(tmp_path)
    assert not trace.exists()


def test_probabilities_are_of_all_roles_and_sum_to_one() -> None:
    """Whatever the features, a cell is one of the ten roles."""
    features = np.random.default_rng(0).normal(size=(20, len(NAMES))).astype(np.float32)

    probabilities = np.exp(load_level_model().log_probabilities(features))

    assert probabilities.shape == (20, len(ROLES))
    assert np.allclose(probabilities.sum(axis=1), 1.0, atol=1e-4)


def test_no_cells_are_no_probabilities() -> None:
    """A form may have no table at all."""
    assert load_level_model().log_probabilities(np.zeros((0, len(NAMES)), np.float32)).shape == (0, len(ROLES))


def test_the_card_says_where_the_model_comes_from() -> None:
    """Data, features in order, scores with calibration, versions: what an auditor asks of a model."""
    card = load_level_model().card

    assert card["features"] == list(NAMES)
    assert {"data", "scores", "versions", "license", "sha256"} <= card.keys()
    assert {"accuracy", "recall", "calibration"} <= card["scores"].keys()
    assert {"python", "scikit-learn", "numpy"} <= card["versions"].keys()


def test_all_trees_at_once_say_to_the_bit_what_the_estimator_says() -> None:
    """They are walked in another way for speed only; a record that changed by it would be another model's."""
    rng = np.random.default_rng(1)
    known = rng.normal(size=(900, 12)).astype(np.float32)
    known[:, 3] = known[:, 3].round()  # a feature of few values, as most are, and one that tells nothing
    known[:, 5] = 1.0
    told = (known[:, 0] > known[:, 1]).astype(int) + 2 * (known[:, 3] > 0) + 4 * (abs(known[:, 2]) > 1)
    estimator = HistGradientBoostingClassifier(max_iter=20, learning_rate=0.2, max_leaf_nodes=16, random_state=0)
    estimator.fit(known, told)

    trees = lay_out(estimator)
    assert trees is not None
    kept, classes = Trees.from_bytes(trees.to_bytes(estimator.classes_))

    features = rng.normal(size=(300, 12))
    for feature, thresholds in enumerate(trees.thresholds):  # where it matters: on a threshold, and beside it
        if len(thresholds):
            picked = rng.choice(thresholds, size=200)
            features[:200, feature] = np.where(
                rng.random(200) < 0.5, picked, np.nextafter(picked, rng.normal(size=200))
            )
    assert np.array_equal(classes, estimator.classes_)
    for some in (features, features[:1], features[:65]):
        assert np.array_equal(kept.probabilities(some), estimator.predict_proba(some))


def test_telling_roles_needs_no_scikit_learn() -> None:
    """Loading it was three seconds and a hundred megabytes of every worker's start."""
    code = (
        "import sys, numpy as np\n"
        "from pipeline.levels.features import NAMES\n"
        "from pipeline.levels.model import load_level_model\n"
        "load_level_model().log_probabilities(np.zeros((2, len(NAMES)), np.float32))\n"
        "assert not {'sklearn', 'scipy', 'pandas'} & set(sys.modules)\n"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
