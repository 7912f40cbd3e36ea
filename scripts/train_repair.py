"""Fit the repair model and write models/repair.json with its card's figures.

Usage: python scripts/train_repair.py [--out models/repair.json] [--forms 1500]
       python scripts/train_repair.py --pictures 80 [--keep FOLDER]   (models/repair-picture.json; reads drawn labels
       with the engine; in FOLDER readings are kept for the next time)
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
    parser.add_argument("--pictures", type=int, default=0, help="fit the judge of pictures on so many forms instead")
    parser.add_argument("--keep", type=Path, help="folder of readings: made there, or taken from there")
    arguments = parser.parse_args()
    if arguments.pictures:
        train_pictures(arguments.pictures, arguments.out.with_name("repair-picture.json"), arguments.keep)
        return

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


def train_pictures(forms: int, out: Path, keep: Path | None) -> None:
    """Draw, worsen and read forms of the splits "dev" and "train", and fit the judge of what pictures may show."""
    import sklearn

    from pipeline.dictionaries import load_dictionaries
    from pipeline.evaluation.pictures import partial_dictionaries, picture_data, training_forms
    from pipeline.repair import load_repairer
    from pipeline.repair.forest import LEAF, forest_of, write_forests
    from pipeline.repair.rivals import RIVAL_FEATURES, PictureJudge
    from pipeline.repair.sight import PICTURE_FEATURES
    from pipeline.repair.training import fit_pictures

    dictionaries = load_dictionaries()
    # What is to be fitted has no say in what it learns from.
    silent = PictureJudge(
        *(forest_of(names, [[(LEAF, 0.0, 0, 0, 0.0)]], 0.0) for names in (PICTURE_FEATURES, RIVAL_FEATURES))
    )
    whole, *partial = (load_repairer(d, seen=silent) for d in (dictionaries, *partial_dictionaries(dictionaries)))
    data = picture_data(training_forms(forms, keep), whole, partial)
    fitted = fit_pictures(data)
    about = {
        "script": f"scripts/train_repair.py --pictures {forms}",
        "dictionaries": dictionaries.digest,
        "scikit-learn": sklearn.__version__,
        "sound labels": data.sound,
        "cross-validation": fitted.scores,
    }
    write_forests(out, {"picture": fitted.judge.alone, "rivals": fitted.judge.beside}, about)
    print(json.dumps(about, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
