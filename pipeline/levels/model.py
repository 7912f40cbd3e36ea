"""The trained level classifier: loaded without unpickling code, verified against its card."""

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
from pipeline.levels.trees import Trees, lay_out
from pipeline.resources import data_folder

MODEL_FILE = "levels.skops"
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
    """The classifier with its card."""

    estimator: Any
    card: dict[str, Any]

    def log_probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return (cells, len(ROLES)) natural-log probabilities."""
        if len(features) == 0:
            return np.zeros((0, len(ROLES)))
        found = self._probabilities(features)
        full = np.full((len(features), len(ROLES)), 1e-6)
        full[:, self._columns] = np.maximum(found, 1e-6)
        return np.asarray(np.log(full))

    def _probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """What the estimator's predict_proba gives, without its call a tree."""
        if self._trees is None:
            return np.asarray(self.estimator.predict_proba(features))
        return np.asarray(self.estimator._loss.predict_proba(self._trees.raw(features)))

    @cached_property
    def _trees(self) -> Trees | None:
        return lay_out(self.estimator)

    @cached_property
    def _columns(self) -> list[int]:
        """The column of ROLES of each of the estimator's classes."""
        names = [role.value for role in ROLES]
        return [names.index(name) for name in self.card["classes"]]


def load_level_model(folder: Path | None = None) -> LevelModel:
    """Load the classifier from `folder` (default: what came with the package).

    Raises ModelError where the file is missing, altered, of another feature set, or holds what it must not.
    """
    home = folder or data_folder("models")
    path, card_path = home / MODEL_FILE, home / CARD_FILE
    try:
        content = path.read_bytes()
        card = json.loads(card_path.read_text("utf-8"))
    except OSError as error:
        raise ModelError(
            f"{error.filename}: cannot be read ({error.strerror}); reinstall zhibiao or train the model again"
        ) from error
    except ValueError as error:
        raise ModelError(f"{card_path}: is not JSON ({error}); reinstall zhibiao") from error
    if not isinstance(card, dict):
        raise ModelError(f"{card_path}: is no model card; reinstall zhibiao")
    if hashlib.sha256(content).hexdigest() != card.get("sha256"):
        raise ModelError(f"{path}: differs from its card {card_path.name}; reinstall zhibiao or train the model again")
    if card.get("features") != list(NAMES):
        raise ModelError(f"{path}: was trained on other features; train it again with scripts/train_levels.py")
    estimator = _estimator_of(content, path, card)
    # Roles are told by the estimator's order of classes; a card that says otherwise would swap them in silence.
    if card.get("classes") != [ROLES[int(number)].value for number in estimator.classes_]:
        raise ModelError(
            f"{card_path}: names other classes than {path.name}; reinstall zhibiao or train the model again"
        )
    return LevelModel(estimator, card)


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
