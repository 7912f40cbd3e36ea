"""The trained level classifier, verified against its card.

Training leaves the estimator itself (`levels.skops`, built again without unpickling code, for looking into it) and its
trees laid out as plain arrays (`levels.npz`), which are all that telling roles takes: loading scikit-learn and the
estimator would be three seconds of every worker's start.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError
from pipeline.levels.features import NAMES, ROLES
from pipeline.levels.trees import Trees
from pipeline.resources import data_folder

MODEL_FILE = "levels.skops"
TREES_FILE = "levels.npz"
CARD_FILE = "levels.json"
# What skops may build while loading: plain scikit-learn estimators and nothing that runs code of the file's choosing.
_TRUSTED = (
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.MultinomialLogit",
    "sklearn._loss.loss.HalfMultinomialLoss",
    "sklearn._loss._loss.CyHalfMultinomialLoss",
    "numpy.dtype",
)


@dataclass(frozen=True)
class LevelModel:
    """The classifier's trees with its card."""

    trees: Trees
    card: dict[str, Any]

    def log_probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return (cells, len(ROLES)) natural-log probabilities."""
        if len(features) == 0:
            return np.zeros((0, len(ROLES)))
        found = self.trees.probabilities(features)
        full = np.full((len(features), len(ROLES)), 1e-6)
        full[:, self._columns] = np.maximum(found, 1e-6)
        return np.asarray(np.log(full))

    @cached_property
    def _columns(self) -> list[int]:
        """The column of ROLES of each of the classes."""
        names = [role.value for role in ROLES]
        return [names.index(name) for name in self.card["classes"]]


def load_level_model(folder: Path | None = None) -> LevelModel:
    """Load the classifier from `folder` (default: what came with the package).

    Raises ModelError where a file is missing, altered, of another feature set, or holds what it must not.
    """
    home = folder or data_folder("models")
    card = _card(home / CARD_FILE)
    _verified(home / MODEL_FILE, card, "sha256")
    path = home / TREES_FILE
    content = _verified(path, card, "trees_sha256")
    _check_features(path, card)
    try:
        trees, classes = Trees.from_bytes(content)
    except ValueError as error:
        raise ModelError(f"{path}: holds no trees ({error}); reinstall zhibiao or train the model again") from error
    if len(trees.thresholds) != len(NAMES):
        raise ModelError(f"{path}: was trained on other features; train it again with scripts/train_levels.py")
    _check_classes(home / CARD_FILE, path, card, classes)
    return LevelModel(trees, card)


def load_estimator(folder: Path | None = None) -> Any:
    """Load the estimator that the trees were laid out from: scikit-learn's own, as it was trained.

    Raises ModelError as load_level_model does.
    """
    home = folder or data_folder("models")
    card, path = _card(home / CARD_FILE), home / MODEL_FILE
    content = _verified(path, card, "sha256")
    _check_features(path, card)
    estimator = _estimator_of(content, path, card)
    _check_classes(home / CARD_FILE, path, card, estimator.classes_)
    return estimator


def _card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(_content(path))
    except ValueError as error:
        raise ModelError(f"{path}: is not JSON ({error}); reinstall zhibiao") from error
    if not isinstance(card, dict):
        raise ModelError(f"{path}: is no model card; reinstall zhibiao")
    return card


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{error.filename}: cannot be read ({error.strerror}); reinstall zhibiao or train the model again"
        ) from error


def _verified(path: Path, card: dict[str, Any], entry: str) -> bytes:
    content = _content(path)
    if hashlib.sha256(content).hexdigest() != card.get(entry):
        raise ModelError(f"{path}: differs from its card {CARD_FILE}; reinstall zhibiao or train the model again")
    return content


def _check_features(path: Path, card: dict[str, Any]) -> None:
    if card.get("features") != list(NAMES):
        raise ModelError(f"{path}: was trained on other features; train it again with scripts/train_levels.py")


def _check_classes(card_path: Path, path: Path, card: dict[str, Any], classes: NDArray[Any]) -> None:
    # Roles are told by the estimator's order of classes; a card that says otherwise would swap them in silence.
    if card.get("classes") != [ROLES[int(number)].value for number in classes]:
        raise ModelError(
            f"{card_path}: names other classes than {path.name}; reinstall zhibiao or train the model again"
        )


def _estimator_of(content: bytes, path: Path, card: dict[str, Any]) -> Any:
    """The estimator in a file's bytes, built without unpickling. Raises ModelError."""
    import sklearn
    import skops.io

    try:
        unknown = [name for name in skops.io.get_untrusted_types(data=content) if name not in _TRUSTED]
        if unknown:
            raise ModelError(f"{path}: holds types it must not hold ({', '.join(unknown)}); reinstall zhibiao")
        return skops.io.loads(content, trusted=list(_TRUSTED))
    except ModelError:
        raise
    except Exception as error:  # skops raises whatever the missing or renamed class of another version leads to
        made_with = (card.get("versions") or {}).get("scikit-learn", "an unknown version")
        raise ModelError(
            f"{path}: cannot be loaded with scikit-learn {sklearn.__version__} (made with {made_with}): "
            f"{type(error).__name__}: {error}; install that version or train the model again"
        ) from error
