"""The trained level classifier, verified against its card.

scikit-learn trains it (`levels/training.py`); its trees are kept as plain arrays, which hold no code that could be run.
Telling roles takes no more: loading scikit-learn and an estimator would be three seconds of every worker's start.
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

MODEL_FILE = "levels.npz"
CARD_FILE = "levels.json"


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

    def thresholds(self, feature: str) -> NDArray[np.float64]:
        """The values of a feature at which the trees tell it apart, ascending; between two of them it is the same."""
        return self.trees.thresholds[NAMES.index(feature)]

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
    path = home / MODEL_FILE
    content = _verified(path, card)
    if card.get("features") != list(NAMES):
        raise ModelError(f"{path}: was trained on other features; train it again with scripts/train_levels.py")
    try:
        trees, classes = Trees.from_bytes(content)
    except ValueError as error:
        raise ModelError(f"{path}: holds no trees ({error}); reinstall zhibiao or train the model again") from error
    if len(trees.thresholds) != len(NAMES):
        raise ModelError(f"{path}: was trained on other features; train it again with scripts/train_levels.py")
    # Roles are told by the model's order of classes; a card that says otherwise would swap them in silence.
    if card.get("classes") != [ROLES[int(number)].value for number in classes]:
        raise ModelError(
            f"{home / CARD_FILE}: names other classes than {path.name}; reinstall zhibiao or train the model again"
        )
    return LevelModel(trees, card)


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


def _verified(path: Path, card: dict[str, Any]) -> bytes:
    content = _content(path)
    if hashlib.sha256(content).hexdigest() != card.get("sha256"):
        raise ModelError(f"{path}: differs from its card {CARD_FILE}; reinstall zhibiao or train the model again")
    return content
