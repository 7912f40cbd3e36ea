"""Boosted trees evaluated all at once, to the bit what scikit-learn's own predictor gives.

scikit-learn walks one tree after the other, which costs a call a tree: six hundred for the few cells of a form, most of
it start-up. Here every split is told for all trees together. The leaves of a tree are the bits of a word, numbered from
left to right; a split that sends a sample to the right rules out the leaves of its left branch, and the lowest bit that
no split ruled out is the leaf reached (QuickScorer: Lucchese et al., SIGIR 2015). Which leaves the thresholds of one
feature leave depends only on the value's rank among them, so there is one row of words a feature and rank.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Samples taken at once: their words (2 bytes a tree) stay in the processor's cache.
_AT_ONCE = 64
# Rows of words that features share a table of: 48 of the 74 features used have one threshold, so that six of these take
# one table. At 64 a call takes .75 of its time without tables, as at 256, whose tables are four times as large.
_MOST_ROWS = 64
_WORDS = (np.dtype(np.uint16), np.dtype(np.uint32), np.dtype(np.uint64))


@dataclass(frozen=True)
class Trees:
    """What a histogram gradient boosting classifier of many classes sums up, laid out for many trees at once."""

    thresholds: tuple[NDArray[np.float64], ...]  # of each feature, ascending, each once
    masks: tuple[NDArray[Any], ...]  # of each feature: (thresholds + 1, trees) leaves that are left at a value's rank
    used: tuple[int, ...]  # features with thresholds
    leaves: NDArray[np.float64]  # (trees, leaves a tree at most) values
    baseline: NDArray[np.float64]  # (1, classes)
    iterations: int

    def raw(self, features: NDArray[Any]) -> NDArray[np.float64]:
        """The sums of the trees' values (samples, classes), added up in the order of training."""
        values = np.asarray(features, dtype=np.float64)
        # By columns, as scikit-learn has it: what adds up along the rows later adds in the order of memory.
        total = np.empty((len(values), self.baseline.shape[1]), order="F")
        for start in range(0, len(values), _AT_ONCE):
            total[start : start + _AT_ONCE] = self._raw(values[start : start + _AT_ONCE])
        return total

    def probabilities(self, features: NDArray[Any]) -> NDArray[np.float64]:
        """The share of each class (samples, classes), in the steps and the order in memory that scikit-learn takes."""
        shares = self.raw(features)
        shares -= np.max(shares, axis=1).reshape((-1, 1))
        np.exp(shares, out=shares)
        shares /= np.sum(shares, axis=1).reshape((-1, 1))
        return shares

    def to_bytes(self, classes: NDArray[np.int64]) -> bytes:
        """The trees and the classes they tell, as a file; equal trees give equal bytes."""
        out = io.BytesIO()
        np.savez_compressed(
            out,
            thresholds=np.concatenate(self.thresholds),
            counts=np.array([len(known) for known in self.thresholds], dtype=np.int64),
            masks=np.concatenate(self.masks),
            leaves=self.leaves,
            baseline=self.baseline,
            iterations=np.array([self.iterations], dtype=np.int64),
            classes=np.asarray(classes, dtype=np.int64),
        )
        return out.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> tuple[Trees, NDArray[np.int64]]:
        """The trees of a file, and the classes they tell. Raises ValueError where it is none; runs nothing of it."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as kept:
                parts = {name: kept[name] for name in kept.files}
            counts = parts["counts"]
            ends = np.cumsum(counts)
            thresholds = np.split(parts["thresholds"], ends[:-1])
            masks = np.split(parts["masks"], (ends + np.arange(1, len(ends) + 1))[:-1])
            used = tuple(int(feature) for feature in np.flatnonzero(counts))
            trees = cls(
                tuple(thresholds), tuple(masks), used, parts["leaves"], parts["baseline"], int(parts["iterations"][0])
            )
            return trees, parts["classes"]
        except Exception as error:  # what is no such file fails in ZIP, NumPy or here, each in its own way
            raise ValueError(f"{type(error).__name__}: {error}") from error

    @cached_property
    def _tables(self) -> tuple[NDArray[np.float64], tuple[NDArray[Any], ...]]:
        """Features of few thresholds together: the leaves left at each of their ranks, and what a rank counts there.

        The row of a table is the sum of its features' ranks, each times what one of it counts (features, tables).
        """
        held: list[list[tuple[int, int]]] = []
        tables: list[NDArray[Any]] = []
        for place, feature in sorted(enumerate(self.used), key=lambda known: len(self.thresholds[known[1]])):
            mask = self.masks[feature]
            if tables and len(tables[-1]) * len(mask) <= _MOST_ROWS:
                held[-1].append((place, len(tables[-1])))
                tables[-1] = (mask[:, None] & tables[-1][None]).reshape(-1, mask.shape[1])
            else:
                held.append([(place, 1)])
                tables.append(mask)
        counts = np.zeros((len(self.used), len(tables)))
        for number, own in enumerate(held):
            for place, count in own:
                counts[place, number] = count
        return counts, tuple(tables)

    def _ranks(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The rank of each used feature's value among its thresholds (samples, features used)."""
        # A value goes left where it is not above the threshold: all thresholds below it send it right.
        ranks = np.empty((len(values), len(self.used)))
        once, least, others = self._kinds
        ranks[:, once] = ~(values[:, [self.used[place] for place in once]] <= least)
        for place in others:
            feature = self.used[place]
            ranks[:, place] = self.thresholds[feature].searchsorted(values[:, feature], side="left")
        return ranks

    @cached_property
    def _kinds(self) -> tuple[list[int], NDArray[np.float64], list[int]]:
        """The places of the used features with one threshold, these thresholds, and the places of the others."""
        once = [place for place, feature in enumerate(self.used) if len(self.thresholds[feature]) == 1]
        others = [place for place in range(len(self.used)) if place not in once]
        return once, np.array([self.thresholds[self.used[place]][0] for place in once]), others

    def _raw(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        n, trees = len(values), len(self.leaves)
        word = self.masks[0].dtype
        left, words = np.full((n, trees), (1 << 8 * word.itemsize) - 1, word), np.empty((n, trees), word)
        ranks, tables = self._tables
        rows = self._ranks(values) @ ranks
        for rank, table in zip(rows.T.astype(np.intp), tables, strict=True):
            table.take(rank, axis=0, out=words, mode="clip")
            left &= words
        # The lowest bit alone is a power of two, whose exponent the floating point format tells exactly.
        lowest = (left & -left).astype(np.float32)
        leaf = (lowest.view(np.int32) >> 23) - 127
        leaf += np.arange(0, self.leaves.size, self.leaves.shape[1], dtype=np.int32)
        found = self.leaves.ravel().take(leaf).reshape(n, self.iterations, -1)
        total = np.repeat(self.baseline, n, axis=0)
        for step in range(self.iterations):  # one after the other: a sum in another order may differ in the last bit
            total += found[:, step]
        return total


def lay_out(estimator: Any) -> Trees | None:
    """Lay out a fitted classifier; None where it has what is not provided for (categories, very large trees)."""
    predictors = [one for step in estimator._predictors for one in step]
    nodes = [one.nodes for one in predictors]
    most = max(int(tree["is_leaf"].sum()) for tree in nodes)
    word = next((kind for kind in _WORDS if most <= 8 * kind.itemsize), None)
    if word is None or any(bool(tree["is_categorical"].any()) for tree in nodes):
        return None
    leaves = np.zeros((len(nodes), most))
    ruled_out: list[tuple[int, float, int, int]] = []  # feature, threshold, tree, leaves that going right rules out
    for number, tree in enumerate(nodes):
        _walk(tree, number, leaves[number], ruled_out)
    full = (1 << 8 * word.itemsize) - 1
    thresholds, masks = [], []
    for feature in range(estimator.n_features_in_):
        own = [entry for entry in ruled_out if entry[0] == feature]
        known = sorted({threshold for _, threshold, _, _ in own})
        table = np.full((len(known) + 1, len(nodes)), full, dtype=word)
        place = {threshold: rank for rank, threshold in enumerate(known)}
        for _, threshold, number, bits in own:
            table[place[threshold] + 1 :, number] &= word.type(full ^ bits)
        thresholds.append(np.array(known, dtype=np.float64))
        masks.append(table)
    used = tuple(feature for feature, known in enumerate(thresholds) if len(known))
    baseline = np.asarray(estimator._baseline_prediction, dtype=np.float64).reshape(1, -1)
    return Trees(tuple(thresholds), tuple(masks), used, leaves, baseline, len(estimator._predictors))


def _walk(tree: Any, number: int, leaves: NDArray[np.float64], ruled_out: list[tuple[int, float, int, int]]) -> None:
    """Number a tree's leaves from left to right, and note for each split the leaves of its left branch."""
    count = 0

    def below(at: int) -> int:
        """The bits of the leaves under a node."""
        nonlocal count
        node = tree[at]
        if node["is_leaf"]:
            leaves[count] = node["value"]
            count += 1
            return 1 << (count - 1)
        left = below(int(node["left"]))
        ruled_out.append((int(node["feature_idx"]), float(node["num_threshold"]), number, left))
        return left | below(int(node["right"]))

    below(0)
