"""A forest of small decision trees over the evidence of a picture, applied with numpy alone.

What a picture shows is weighed by rules that a sum cannot hold: that words like the candidate better counts for much
where the label falls apart into lone characters, and for nothing where it reads well as it is. The trees are fitted by
scripts/train_repair.py with scikit-learn and kept as plain numbers (models/repair-picture.json): nothing is unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError

# A leaf in the place of a feature's number.
LEAF = -1


@dataclass(frozen=True)
class Forest:
    """Trees as arrays (trees, nodes); node 0 is the root, unused nodes are leaves. Its output is log-odds."""

    features: tuple[str, ...]
    feature: NDArray[np.int64]  # the evidence that a node asks for, LEAF where it asks for none
    threshold: NDArray[np.float64]  # up to here a case goes left
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: NDArray[np.float64]  # what a leaf adds
    base: float
    slope: float  # calibration: log-odds = slope * (base + sum of leaves) + offset
    offset: float
    propose: float  # log-odds from which a candidate is worth a person's look

    def log_odds(self, evidence: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-odds for each row of `evidence`, (cases, features)."""
        feature, threshold, left, right, value, roots, steps = self._flat
        cases = evidence.shape[1] * np.arange(len(evidence))[:, None]
        at = np.repeat(roots[None], len(evidence), axis=0)
        for _ in range(steps):
            goes_left = evidence.take(feature.take(at) + cases) <= threshold.take(at)
            at = np.where(goes_left, left.take(at), right.take(at))
        total = self.base + value.take(at).sum(axis=1)
        odds: NDArray[np.float64] = self.slope * total + self.offset
        return odds

    @cached_property
    def _flat(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], int]:
        """All trees' nodes in one row, leaves leading to themselves; where the roots are; the most steps to a leaf."""
        trees, nodes = self.feature.shape
        roots = nodes * np.arange(trees)
        own, leaf = np.arange(trees * nodes), self.feature.ravel() == LEAF
        left, right = (np.where(leaf, own, (way + roots[:, None]).ravel()) for way in (self.left, self.right))
        reached, steps = roots, 0
        while not leaf[reached].all():
            reached, steps = np.unique(np.concatenate([left[reached], right[reached]])), steps + 1
        feature = np.maximum(self.feature.ravel(), 0)
        return feature, self.threshold.ravel(), left, right, self.value.ravel(), roots, steps


def forest_of(
    features: Sequence[str], trees: Sequence[Sequence[tuple[int, float, int, int, float]]], base: float
) -> Forest:
    """Return an uncalibrated forest from trees of nodes (feature or LEAF, threshold, left, right, value)."""
    most = max((len(tree) for tree in trees), default=1)
    filled = np.array([[*tree, *[(LEAF, 0.0, 0, 0, 0.0)] * (most - len(tree))] for tree in trees], np.float64)
    whole = filled.astype(np.int64)
    return Forest(
        tuple(features), whole[:, :, 0], filled[:, :, 1], whole[:, :, 2], whole[:, :, 3], filled[:, :, 4],
        base, 1.0, 0.0, 0.0,
    )  # fmt: skip


def write_forests(path: Path, forests: Mapping[str, Forest], about: dict[str, object]) -> None:
    """Write the forests by name with what is known `about` them as JSON; the same forests give the same bytes."""
    content = {
        "about": about,
        "forests": {
            name: {
                "features": list(forest.features), "base": round(forest.base, 6), "slope": round(forest.slope, 6),
                "offset": round(forest.offset, 6), "propose": forest.propose,
            }
            for name, forest in forests.items()
        },
    }  # fmt: skip
    text = json.dumps(content, ensure_ascii=False, indent=1)[:-2]
    for name, forest in forests.items():
        # One tree a line: a changed model shows as changed lines, not as thirty thousand.
        lines = ",\n".join(json.dumps(tree, separators=(",", ":")) for tree in _rows(forest))
        text += f',\n "{name}": [\n{lines}\n]'
    path.write_text(f"{text}\n}}\n", encoding="utf-8")


def _rows(forest: Forest) -> list[list[list[float]]]:
    """Return each tree's nodes as rows of numbers, the unused ones left out."""
    trees = []
    for number in range(len(forest.feature)):
        used = 1 + max([0, *forest.left[number].tolist(), *forest.right[number].tolist()])
        rows = zip(
            forest.feature[number].tolist(), forest.threshold[number].tolist(), forest.left[number].tolist(),
            forest.right[number].tolist(), forest.value[number].tolist(), strict=True,
        )  # fmt: skip
        trees.append([[f, round(t, 6), a, b, round(v, 6)] for f, t, a, b, v in rows][:used])
    return trees


@lru_cache(maxsize=4)
def load_forest(name: str, features: tuple[str, ...], path: Path) -> Forest:
    """Load the forest `name` of the file at `path`.

    Raises ModelError where it is missing, unreadable, or fitted to other evidence than `features`.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        stored = content["forests"][name]
        trees = [[(int(f), float(t), int(a), int(b), float(v)) for f, t, a, b, v in tree] for tree in content[name]]
        bare = forest_of(stored["features"], trees, float(stored["base"]))
        forest = Forest(
            bare.features, bare.feature, bare.threshold, bare.left, bare.right, bare.value, bare.base,
            float(stored["slope"]), float(stored["offset"]), float(stored["propose"]),
        )  # fmt: skip
        _check(forest)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ModelError(f"{path}: is not a repair model ({error}); reinstall zhibiao") from error
    if forest.features != features:
        raise ModelError(f"{path}: was fitted to other evidence than this version weighs; run scripts/train_repair.py")
    return forest


def _check(forest: Forest) -> None:
    """Raise ValueError where a tree asks for evidence that there is not, or leads back to where it came from."""
    inner = forest.feature != LEAF
    own = np.arange(forest.feature.shape[1])[None, :]
    if (forest.feature[inner] >= len(forest.features)).any() or (forest.feature < LEAF).any():
        raise ValueError("a tree asks for evidence that there is not")
    last = forest.feature.shape[1]
    for child in (forest.left, forest.right):
        if (inner & ((child <= own) | (child >= last))).any():
            raise ValueError("a tree does not lead downwards")
