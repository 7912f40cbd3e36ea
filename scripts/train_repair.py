"""Fit the repair model and write models/repair.json with its card's figures.

Usage: python scripts/train_repair.py [--out models/repair.json] [--forms 1500]
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")


def main() -> None:
    """Parse, call, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "models" / "repair.json")
    parser.add_argument("--forms", type=int, default=1500, help="generated forms to learn from")
    arguments = parser.parse_args()

    import sklearn

    from pipeline.dictionaries import load_dictionaries
    from pipeline.repair.judge import write_model
    from pipeline.repair.shapes import load_shapes
    from pipeline.repair.training import SEED, train

    dictionaries = load_dictionaries()
    fitted = train(dictionaries, arguments.forms)
    about = {
        "script": "scripts/train_repair.py",
        "seed": SEED,
        "forms": arguments.forms,
        "dictionaries": dictionaries.digest,
        "shapes": load_shapes().digest,
        "scikit-learn": sklearn.__version__,
        "cross-validation": {name: result.scores for name, result in fitted.items()},
    }
    write_model(arguments.out, {name: result.judge for name, result in fitted.items()}, about)
    print(json.dumps(about, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
