"""The judges, fitted and calibrated on folds that they were not fitted to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.dictionaries import Dictionaries
from pipeline.repair.forest import LEAF, Forest, forest_of
from pipeline.repair.judge import FEATURES, Judge
from pipeline.repair.opened import OPEN_FEATURES
from pipeline.repair.rivals import RIVAL_FEATURES, PictureJudge, beside_rivals
from pipeline.repair.sight import PICTURE_FEATURES
from pipeline.repair.training.cases import FOLDS, SEED, Data, dictionary_data, open_data, worlds
from pipeline.repair.training.labels import KINDS, label_forms


@dataclass(frozen=True)
class Fitted:
    """A judge with the figures of its cross-validation."""

    judge: Judge
    scores: dict[str, object]


@dataclass(frozen=True)
class FittedPictures:
    """The judge of pictures with the figures of its cross-validation."""

    judge: PictureJudge
    scores: dict[str, object]


def gather(dictionaries: Dictionaries, forms: int) -> tuple[Data, Data]:
    """Return what the dictionary judge and the open judge learn from."""
    made = list(label_forms("train", SEED, forms, damaged=0.5, kinds=(*KINDS, "look-alike", "several")))
    topics = sorted({form.topic for form in made})
    known, opened = Data.empty(), Data.empty()
    for world in worlds(dictionaries):
        own = [form for form in made if topics.index(form.topic) % FOLDS == world.fold]
        dictionary_data(world, own, known)
        open_data(world, own, opened)
    return known, opened


def train(dictionaries: Dictionaries, forms: int = 1500) -> dict[str, Fitted]:
    """Return the fitted judges, "dictionary" and "open", with cross-validated figures; a few minutes on one core.

    `forms` generated forms of the split "train" stand beside the dictionaries. The same inputs give the same judges on
    the same kind of machine.
    """
    known, opened = gather(dictionaries, forms)
    return {
        "dictionary": fit(known, FEATURES, hidden=24),
        "open": fit(opened, (*FEATURES, *OPEN_FEATURES), hidden=24),
    }


def fit(data: Data, names: tuple[str, ...], hidden: int) -> Fitted:
    """Fit a network to `data`; calibrate it and set its ceilings on folds that it was not fitted to."""
    evidence = np.array(data.evidence)
    right = np.array(data.right)
    fold = np.array(data.fold)
    outside = np.zeros(len(right))
    for k in sorted(set(data.fold)):
        outside[fold == k] = _network(evidence[fold != k], right[fold != k], hidden).log_odds(evidence[fold == k])
    slope, offset = _calibration(outside, right)
    final = _network(evidence, right, hidden)
    odds = slope * outside + offset
    ceilings = _ceilings(odds, np.array(data.harm), np.array(data.veto), data.sound)
    judge = Judge(names, final.mean, final.scale, final.hidden, final.output, slope, offset, ceilings, propose=-2.0)
    return Fitted(judge, _figures(odds, data))


def fit_pictures(data: Data) -> FittedPictures:
    """Fit trees to what pictures may show, calibrated like `fit`, on folds that they were not fitted to.

    The second forest learns from what the first says of candidates on such folds. A logistic model of the same evidence
    repairs a fifth less at the same number of sound labels changed; the first forest alone, three points in seventy.
    """
    evidence, right, fold = np.array(data.evidence), np.array(data.right), np.array(data.fold)
    alone, odds = _forest(PICTURE_FEATURES, evidence, right, fold)
    starts = np.flatnonzero(np.diff(data.case, prepend=-1))
    cases = zip(starts, [*starts[1:], len(odds)], strict=True)
    together = np.vstack([beside_rivals(evidence[a:b], odds[a:b]) for a, b in cases])
    beside, odds = _forest(RIVAL_FEATURES, together, right, fold)
    return FittedPictures(PictureJudge(alone, beside), _figures(odds, data))


def _forest(
    names: tuple[str, ...], evidence: NDArray[np.float64], right: NDArray[np.bool_], fold: NDArray[np.int64]
) -> tuple[Forest, NDArray[np.float64]]:
    """Return a calibrated forest, and the log-odds of every case by trees that were not fitted to its fold."""
    outside = np.zeros(len(right))
    for k in np.unique(fold):
        outside[fold == k] = _trees(names, evidence[fold != k], right[fold != k]).log_odds(evidence[fold == k])
    slope, offset = _calibration(outside, right)
    forest = replace(_trees(names, evidence, right), slope=slope, offset=offset, propose=-0.5)
    return forest, slope * outside + offset


def _trees(names: tuple[str, ...], evidence: NDArray[np.float64], right: NDArray[np.bool_]) -> Forest:
    """Return boosted trees as plain numbers. More trees or deeper ones repair no more on other folds."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # slow to import

    model = HistGradientBoostingClassifier(
        max_iter=250, max_depth=4, l2_regularization=10.0, learning_rate=0.05, min_samples_leaf=20, max_features=0.5,
        early_stopping=False, random_state=SEED,
    ).fit(evidence, right)  # fmt: skip
    trees = []
    for [tree] in model._predictors:
        rows = [
            (LEAF, 0.0, 0, 0, float(node["value"]))
            if node["is_leaf"]
            else (int(node["feature_idx"]), float(node["num_threshold"]), int(node["left"]), int(node["right"]), 0.0)
            for node in tree.nodes
        ]
        trees.append(rows)
    return forest_of(names, trees, float(model._baseline_prediction.ravel()[0]))


def _network(evidence: NDArray[np.float64], right: NDArray[np.bool_], hidden: int) -> Judge:
    from sklearn.neural_network import MLPClassifier  # slow to import

    mean, scale = evidence.mean(axis=0), evidence.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    network = MLPClassifier(
        (hidden,), alpha=0.05, batch_size=500, learning_rate_init=0.003, max_iter=60, tol=1e-5, random_state=SEED
    )
    network.fit((evidence - mean) / scale, right)
    first = np.vstack([network.coefs_[0], network.intercepts_[0]])
    second = np.concatenate([network.coefs_[1][:, 0], network.intercepts_[1]])
    return Judge((), mean, scale, first, second, 1.0, 0.0, (), 0.0)


def _calibration(outside: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and offset that make the network's output the log-odds seen on folds it was not fitted to."""
    from sklearn.linear_model import LogisticRegression  # slow to import

    model = LogisticRegression(C=1e6).fit(outside[:, None], right)
    return float(model.coef_[0][0]), float(model.intercept_[0])


def _ceilings(
    odds: NDArray[np.float64], harm: NDArray[np.bool_], veto: NDArray[np.bool_], total: int
) -> tuple[tuple[float, float], ...]:
    """Return (upper 95% bound of the share of sound labels harmed, log-odds) for thresholds from 0 up."""
    worst = odds[harm & ~veto]
    found = []
    for threshold in np.arange(0.0, 8.01, 0.25):
        found.append((upper_bound(int((worst >= threshold).sum()), total), round(float(threshold), 2)))
    return tuple((round(bound, 6), threshold) for bound, threshold in found)


def upper_bound(hits: int, total: int) -> float:
    """Return the one-sided upper 95% confidence bound (Clopper and Pearson) of a share seen as `hits` of `total`."""
    from scipy.stats import beta  # slow to import

    return float(beta.ppf(0.95, hits + 1, total - hits)) if hits < total else 1.0


def _figures(odds: NDArray[np.float64], data: Data) -> dict[str, object]:
    """Return, per kind of case, the share above some thresholds: of right candidates, and of wrong ones."""
    right, group, veto = np.array(data.right), np.array(data.group), np.array(data.veto)
    sure = np.where(veto, -99.0, odds)
    table: dict[str, object] = {}
    for kind in sorted(set(data.group)):
        own = group == kind
        table[kind] = {
            "candidates": int(own.sum()),
            "right": {
                str(t): round(float((sure[own & right] >= t).sum() / max(1, own.sum())), 4) for t in (-2, 2, 3, 4)
            },
            "wrong": {
                str(t): round(float((sure[own & ~right] >= t).sum() / max(1, own.sum())), 4) for t in (-2, 2, 3, 4)
            },
        }
    bins = np.clip(np.floor(odds).astype(int), -6, 7)
    table["calibration"] = {
        str(b): [int((bins == b).sum()), round(float(right[bins == b].mean()), 4)] for b in sorted(set(bins.tolist()))
    }
    return table
