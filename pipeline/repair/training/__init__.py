"""What the repair model learns from: damaged names, and sound labels that no dictionary holds.

Nothing here is needed at run time. `scripts/train_repair.py` calls `train`; `scripts/evaluate.py labels` measures on
the forms that `label_forms` makes of splits that training never sees.

Names are learned "as if unknown" by leaving a tenth of a dictionary out and judging its names against the rest, by
composing heads and tails, and by taking the generator's project-specific names. Half of what makes a sound label look
damaged is a word that the word list lacks; so that the model does not take every strange word for an error, a part of
the sound labels is judged with one of their words struck from the word model.
"""

from __future__ import annotations

from pipeline.repair.training.cases import FOLDS, SEED, Data, World, dictionary_data, open_data, worlds
from pipeline.repair.training.composed import Composer
from pipeline.repair.training.fitting import (
    Fitted,
    FittedPictures,
    fit,
    fit_pictures,
    gather,
    train,
    upper_bound,
)
from pipeline.repair.training.labels import LabelCase, LabelForm, label_forms
from pipeline.repair.training.spoiled import Spoiler

__all__ = [
    "FOLDS",
    "SEED",
    "Composer",
    "Data",
    "Fitted",
    "FittedPictures",
    "LabelCase",
    "LabelForm",
    "Spoiler",
    "World",
    "dictionary_data",
    "fit",
    "fit_pictures",
    "gather",
    "label_forms",
    "open_data",
    "train",
    "upper_bound",
    "worlds",
]
