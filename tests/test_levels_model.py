"""The level model is used only as it was trained: whole, with its own features, and running no code of a file's."""

import hashlib
import io
import json
import pickle
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.errors import ModelError
from pipeline.levels.features import NAMES, ROLES
from pipeline.levels.model import CARD_FILE, MODEL_FILE, TREES_FILE, load_estimator, load_level_model
from pipeline.levels.trees import Trees, lay_out
from pipeline.resources import data_folder

Change = Callable[[Path, Path], None]


def copy_of_the_model(folder: Path) -> tuple[Path, Path]:
    for name in (MODEL_FILE, TREES_FILE, CARD_FILE):
        shutil.copy(data_folder("models") / name, folder)
    return folder / MODEL_FILE, folder / CARD_FILE


def edit_card(card: Path, **values: Any) -> None:
    content = json.loads(card.read_text("utf-8"))
    card.write_text(json.dumps({**content, **values}), "utf-8")


def put_model(model: Path, card: Path, content: bytes) -> None:
    """A model file of one's own, with a card that vouches for it."""
    model.write_bytes(content)
    edit_card(card, sha256=hashlib.sha256(content).hexdigest())


def put_trees(trees: Path, card: Path, content: bytes) -> None:
    """Trees of one's own, with a card that vouches for them."""
    trees.write_bytes(content)
    edit_card(card, trees_sha256=hashlib.sha256(content).hexdigest())


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


def trees_changed(model: Path, card: Path) -> None:
    one_byte_changed(model.with_name(TREES_FILE), card)


def trees_gone(model: Path, card: Path) -> None:
    model.with_name(TREES_FILE).unlink()


def other_trees(model: Path, card: Path) -> None:
    put_trees(model.with_name(TREES_FILE), card, b"no trees at all")


def pickled_trees(model: Path, card: Path) -> None:
    out = io.BytesIO()
    np.savez(out, thresholds=np.array([{}], dtype=object))
    put_trees(model.with_name(TREES_FILE), card, out.getvalue())


def trees_of_fewer_features(model: Path, card: Path) -> None:
    trees, classes = Trees.from_bytes(model.with_name(TREES_FILE).read_bytes())
    fewer = replace(trees, thresholds=trees.thresholds[:-1], masks=trees.masks[:-1])
    put_trees(model.with_name(TREES_FILE), card, fewer.to_bytes(classes))


@pytest.mark.parametrize(
    "change",
    [
        one_byte_changed, truncated, model_gone, card_gone, card_no_json, card_a_list, features_no_list,
        features_in_another_order, a_feature_less, classes_swapped, trees_changed, trees_gone, other_trees,
        pickled_trees, trees_of_fewer_features,
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
    """Even with a card that vouches for it: a model is built from known parts, not by code of the file's."""
    model, card = copy_of_the_model(tmp_path)
    trace = tmp_path / "trace"
    hostile = pickle.dumps(Hostile(trace))
    pickle.loads(hostile)
    assert trace.exists()  # the proof can fail
    trace.unlink()

    put_model(model, card, hostile)

    with pytest.raises(ModelError):
        load_estimator(tmp_path)
    assert not trace.exists()


def test_a_model_with_a_foreign_type_is_refused(tmp_path: Path) -> None:
    """What skops may build is a closed list; a file that asks for more is not the model."""
    model, card = copy_of_the_model(tmp_path)
    with zipfile.ZipFile(model) as archive:
        schema = json.loads(archive.read("schema.json"))
    changed = {**schema, "__class__": "Popen", "__module__": "subprocess"}
    out = io.BytesIO()
    with zipfile.ZipFile(model) as archive, zipfile.ZipFile(out, "w") as copy:
        for item in archive.infolist():
            content = json.dumps(changed).encode() if item.filename == "schema.json" else archive.read(item)
            copy.writestr(item, content)
    put_model(model, card, out.getvalue())

    with pytest.raises(ModelError, match=r"subprocess\.Popen"):
        load_estimator(tmp_path)


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
    assert {"python", "scikit-learn", "skops", "numpy"} <= card["versions"].keys()


def test_all_trees_at_once_say_to_the_bit_what_the_estimator_says() -> None:
    """They are walked in another way for speed only; a record that changed by it would be another model's."""
    estimator, trees = load_estimator(), load_level_model().trees
    rng = np.random.default_rng(1)
    features = rng.normal(size=(300, len(NAMES)))
    for feature, thresholds in enumerate(trees.thresholds):  # where it matters: on a threshold, and beside it
        if len(thresholds):
            picked = rng.choice(thresholds, size=200)
            features[:200, feature] = np.where(
                rng.random(200) < 0.5, picked, np.nextafter(picked, rng.normal(size=200))
            )

    for some in (features, features[:1], features[:65]):
        assert np.array_equal(trees.probabilities(some), estimator.predict_proba(some))


def test_the_shipped_trees_are_the_shipped_estimators() -> None:
    """Roles are told by the arrays, auditors look at the estimator: the one is made of the other alone."""
    estimator = load_estimator()
    trees = lay_out(estimator)
    assert trees is not None

    assert trees.to_bytes(estimator.classes_) == (data_folder("models") / TREES_FILE).read_bytes()


def test_telling_roles_needs_no_scikit_learn() -> None:
    """Loading it was three seconds and a hundred megabytes of every worker's start."""
    code = (
        "import sys, numpy as np\n"
        "from pipeline.levels.features import NAMES\n"
        "from pipeline.levels.model import load_level_model\n"
        "load_level_model().log_probabilities(np.zeros((2, len(NAMES)), np.float32))\n"
        "assert not {'sklearn', 'skops', 'scipy', 'pandas'} & set(sys.modules)\n"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
