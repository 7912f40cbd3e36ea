"""Train the level classifier on generated forms; `scripts/train_levels.py` calls this.

Examples are forms as they come out of the real importer, so that the classifier learns what it will see: damaged OCR
text and tables with known spans. The split is by form; test-split vocabulary (topics, phrases) never trains.
"""

from __future__ import annotations

import hashlib
import json
import platform
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.dictionaries import Dictionaries, comparison_key
from pipeline.document import Form, Role, Row
from pipeline.errors import ModelError
from pipeline.forms import join_forms
from pipeline.levels.features import NAMES, ROLES, VOCABULARY_FEATURES, cell_features
from pipeline.levels.headers import GridHeader
from pipeline.levels.lexicon import Lexicon
from pipeline.levels.model import CARD_FILE, MODEL_FILE
from pipeline.levels.prepare import prepare_rows
from pipeline.levels.trees import lay_out
from pipeline.ocrtext import read_text_bytes
from pipeline.synth.augment import augment
from pipeline.synth.content import Split
from pipeline.synth.layouts import LAYOUTS, make_document
from pipeline.synth.model import LaidForm, LaidTable
from pipeline.synth.ocrtext import DamageSettings, Style, write_ocr_text
from pipeline.templates import Template

# The share of training forms that see no vocabulary features of one section: names that no dictionary holds must be
# read by place and shape.
_BLIND_SHARE = 0.25
# And the share whose grid is renamed, renumbered or reordered, so that place and name alone decide nothing.
_AUGMENTED_SHARE = 0.5
# Share of the forms whose header tells nothing: columns must then be known by what stands in them.
_HEADLESS_SHARE = 0.2
# Read row by row like the rest, though its thresholds are four.
_GRADED = ("hebei-2019",)
_CLASSES = tuple(role.value for role in ROLES)
# The mixture is what OCR tools emit most, and the hardest.
_STYLES: tuple[Style, ...] = (
    "mixture", "mixture", "mixture", "tsv", "html", "html-flat", "html-wrong", "html-unclosed", "markdown", "csv",
)  # fmt: skip


@dataclass(frozen=True)
class Examples:
    """Cells: features (n, len(NAMES)), classes (n,) as indices into ROLES, and the form each belongs to (n,)."""

    features: NDArray[np.float32]
    classes: NDArray[np.int64]
    forms: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.classes)


def gather(parts: Sequence[Examples]) -> Examples:
    """Join examples, renumbering the forms."""
    forms, start = [], 0
    for part in parts:
        forms.append(part.forms + start)
        start += int(part.forms.max(initial=-1)) + 1
    return Examples(
        np.concatenate([p.features for p in parts]), np.concatenate([p.classes for p in parts]), np.concatenate(forms)
    )


def examples_of(
    forms: Sequence[Form], laid: Sequence[LaidForm], lexicon: Lexicon, rng: random.Random | None = None
) -> Examples:
    """The cells of imported forms with the roles of the laid-out cells they came from.

    With `rng`, a share of the forms is made blind to one vocabulary section, as forms of unknown layouts are.
    """
    features, classes, numbers = [], [], []
    for number, (form, source) in enumerate(zip(forms, laid, strict=True)):
        rows, named = prepare_rows(form.rows, lexicon, None)
        headers: list[GridHeader | None] = list(named)
        if rng is not None and rng.random() < _HEADLESS_SHARE:
            headers = [None] * len(rows)
        found, index = cell_features(rows, headers, lexicon)
        roles = roles_of(rows, source)
        if rng is not None and rng.random() < _BLIND_SHARE:
            found = _blinded(found, rng)
        for (r, i), values in zip(index, found, strict=True):
            role = roles.get((r, i))
            if role is not None and role in ROLES and rows[r].n_cols > 0:
                features.append(values)
                classes.append(ROLES.index(role))
                numbers.append(number)
    return Examples(
        np.array(features, dtype=np.float32).reshape(-1, len(NAMES)), np.array(classes, dtype=np.int64),
        np.array(numbers, dtype=np.int64),
    )  # fmt: skip


def make_examples(
    count: int, first_seed: int, split: Split, dictionaries: Dictionaries, templates: Sequence[Template]
) -> Examples:
    """Generate `count` documents in all layouts and text styles, import them, and label their cells.

    A document whose forms are not cut as they were written is left out: what its cells are would be a guess.
    """
    lexicon = Lexicon(dictionaries)
    parts = []
    for seed in range(first_seed, first_seed + count):
        rng = random.Random(seed)
        text, laid = make_document_text(rng, split, (*LAYOUTS, *_GRADED))
        forms, _ = join_forms(read_text_bytes(text.encode(), f"generated-{seed}"), templates, dictionaries)
        if len(forms) == len(laid):
            parts.append(examples_of(forms, laid, lexicon, rng if split == "train" else None))
    return gather(parts)


def make_document_text(rng: random.Random, split: Split, layouts: Sequence[str]) -> tuple[str, list[LaidForm]]:
    """Return the OCR text of a generated document and its forms: any layout, any style, more or less damaged."""
    forms: list[LaidForm] = make_document([rng.choice(layouts) for _ in range(rng.choice((1, 1, 1, 2)))], rng, split)
    if split == "train":
        forms = [augment(form, rng) if rng.random() < _AUGMENTED_SHARE else form for form in forms]
    style = rng.choice(_STYLES)
    damage = DamageSettings(rows=rng.choice((0.0, 0.1, 0.2)))
    return write_ocr_text(forms, rng, damage, style, split)


def _blinded(features: NDArray[np.float32], rng: random.Random) -> NDArray[np.float32]:
    hidden = [i for i in VOCABULARY_FEATURES if rng.random() < 0.5]
    blind = features.copy()
    blind[:, hidden] = 0.0
    return blind


def roles_of(rows: Sequence[Row], source: LaidForm) -> dict[tuple[int, int], Role]:
    """The role of the laid-out cell each filled cell shows: by text in order, damaged labels by their damage."""
    laid = [
        cell for block in source.blocks if isinstance(block, LaidTable) for cell in block.cells if cell.text.strip()
    ]
    damaged = {comparison_key(damage.before): comparison_key(damage.after) for damage in source.damages if damage.after}
    keys = [comparison_key(cell.text) for cell in laid]
    shown = [damaged.get(key, key) for key in keys]
    by_text: dict[str, Counter[Role]] = {}
    for laid_cell, key, other in zip(laid, keys, shown, strict=True):
        for text in {key, other}:
            by_text.setdefault(text, Counter())[laid_cell.role] += 1
    roles: dict[tuple[int, int], Role] = {}
    position = 0
    for r, row in enumerate(rows):
        for i, cell in enumerate(row.cells):
            key = comparison_key(cell.text)
            if not key:
                continue
            # In order first: a text that stands in two roles takes the role of its next stand.
            for j in range(position, min(position + 12, len(laid))):
                if key in (keys[j], shown[j]):
                    roles[r, i] = laid[j].role
                    position = j + 1
                    break
            else:
                known = by_text.get(key)
                if known:
                    roles[r, i] = known.most_common(1)[0][0]
                else:
                    piece = _role_of_piece(key, keys, laid)
                    if piece is not None:
                        roles[r, i] = piece
    return roles


def _role_of_piece(key: str, keys: Sequence[str], laid: Sequence[Any]) -> Role | None:
    """A cell cut by a page break shows a piece of its text."""
    if len(key) < 4:
        return None
    return next((cell.role for whole, cell in zip(keys, laid, strict=True) if key in whole), None)


def train(
    examples: Examples, held_out: Examples, folder: Path, dictionaries: Dictionaries, data: dict[str, Any]
) -> dict[str, Any]:
    """Fit the classifier, measure it on forms it has not seen, write model and card into `folder`; return the card."""
    import sklearn
    from sklearn.ensemble import HistGradientBoostingClassifier

    estimator = HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.2, max_leaf_nodes=16, min_samples_leaf=20, l2_regularization=1.0, random_state=0,
        early_stopping=False,
    )  # fmt: skip
    estimator.fit(examples.features, examples.classes)
    folder.mkdir(parents=True, exist_ok=True)
    trees = lay_out(estimator)
    if trees is None:
        raise ModelError("the estimator has categories or trees of more than 64 leaves, which are not provided for")
    content = trees.to_bytes(estimator.classes_)
    (folder / MODEL_FILE).write_bytes(content)
    classes = [_CLASSES[int(c)] for c in estimator.classes_]
    card = {
        "model": "HistGradientBoostingClassifier (scikit-learn), ten roles of a cell; its trees as plain arrays",
        "sha256": hashlib.sha256(content).hexdigest(),
        "classes": classes,
        "features": list(NAMES),
        "data": {**data, "cells": len(examples), "forms": int(examples.forms.max(initial=-1)) + 1},
        "scores": scores(estimator, classes, held_out),
        "versions": {
            "python": platform.python_version(), "scikit-learn": sklearn.__version__, "numpy": np.__version__,
            "dictionaries": dictionaries.digest,
        },
        "license": "Apache-2.0",
    }  # fmt: skip
    (folder / CARD_FILE).write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return card


def scores(estimator: Any, classes: Sequence[str], held_out: Examples) -> dict[str, Any]:
    """Accuracy, per-role recall and calibration on held-out forms, before the decoder."""
    found = estimator.predict_proba(held_out.features)
    names = np.array(classes)[found.argmax(axis=1)]
    truth = np.array(_CLASSES)[held_out.classes]
    sure = found.max(axis=1)
    right = names == truth
    bins = []
    for low, high in ((0.0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.99), (0.99, 1.01)):
        inside = (sure >= low) & (sure < high)
        if inside.any():
            bins.append({
                "from": low, "cells": int(inside.sum()), "mean_confidence": round(float(sure[inside].mean()), 4),
                "share_right": round(float(right[inside].mean()), 4),
            })  # fmt: skip
    recall = {
        name: {"cells": int((truth == name).sum()), "recall": round(float(right[truth == name].mean()), 4)}
        for name in classes
        if (truth == name).any()
    }
    return {"cells": len(held_out), "accuracy": round(float(right.mean()), 5), "recall": recall, "calibration": bins}
