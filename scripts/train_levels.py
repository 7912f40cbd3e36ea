"""Train the level classifier on generated forms and write models/levels.npz and its card.

    python scripts/train_levels.py --forms 1500 --out models

Deterministic: the same generator and settings give the same model. Seeds from 0 train, seeds from 500,000 are the
development split; what evaluation reports comes from seeds from 1,000,000 and from the generator's test vocabulary.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

# OpenMP threads that wait for each other on a busy box make training ten times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pipeline.dictionaries import load_dictionaries
from pipeline.levels.training import make_examples, train
from pipeline.templates import load_templates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forms", type=int, default=1500, help="documents to train on")
    parser.add_argument("--held-out", type=int, default=200, help="documents to measure on")
    parser.add_argument("--out", type=Path, default=Path("models"))
    options = parser.parse_args()
    dictionaries, templates = load_dictionaries(), load_templates()
    examples = make_examples(options.forms, 0, "train", dictionaries, templates)
    held_out = make_examples(options.held_out, 500_000, "dev", dictionaries, templates)
    data = {
        "made by": f"scripts/train_levels.py --forms {options.forms} --held-out {options.held_out}",
        "split": "by form; training seeds from 0, held-out seeds from 500000 with vocabulary that never trains",
    }
    card = train(examples, held_out, options.out, dictionaries, data)
    scores = card["scores"]
    print(f"{len(examples)} cells trained on; {scores['cells']} held out, accuracy {scores['accuracy']:.4%}")
    for role, score in scores["recall"].items():
        print(f"  {role:10s} {score['cells']:7d} cells, recall {score['recall']:.4f}")
    for row in scores["calibration"]:
        print(f"  confidence {row['mean_confidence']:.4f}: {row['cells']} cells, right {row['share_right']:.4f}")


if __name__ == "__main__":
    main()
