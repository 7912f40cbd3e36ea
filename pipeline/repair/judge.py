"""Whether a label should become a candidate: the evidence as numbers, and a logistic model over them.

The model is data (models/repair.json: weights, means, scales, thresholds), fitted by scripts/train_repair.py with
scikit-learn and applied here with numpy alone, so that nothing is unpickled and nothing slow is imported.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError
from pipeline.repair.channel import Edit, edits
from pipeline.repair.shapes import Shapes
from pipeline.repair.words import Segmentation, WordModel
from pipeline.resources import data_folder

MODEL_FILE = "repair.json"
# A runner-up this much dearer (nats) says nothing more.
FAR = 8.0
_NUMERALS = frozenset("0123456789一二三四五六七八九十两ⅠⅡⅢⅣ")

FEATURES = (
    "cost",
    "errors",
    "margin",
    "length",
    "cost_share",
    "word_gain",
    "raw_per_char",
    "name_per_char",
    "look_alike",
    "dropped",
    "inserted",
    "doubled",
    "swapped",
    "displaced",
    "least_likeness",
    "raw_lone",
    "name_lone",
    "site_lone",
    "site_word",
    "name_word",
    "raw_covered",
    "at_start",
    "at_end",
)


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate with what separates it from the label."""

    name: str
    cost: float
    edits: tuple[Edit, ...]
    margin: float = FAR  # how much dearer the runner-up is, nats
    runner_up: str | None = None


def best_match(raw: str, names: Sequence[str], shapes: Shapes) -> Match | None:
    """Return the cheapest of `names`, with its margin to the next; None where there are none."""
    weighed = sorted(((*edits(raw, name, shapes), name) for name in names), key=lambda w: (w[0], w[2]))
    if not weighed:
        return None
    cost, found, name = weighed[0]
    if len(weighed) == 1:
        return Match(name, cost, found)
    return Match(name, cost, found, min(FAR, weighed[1][0] - cost), weighed[1][2])


def touches_numeral(match: Match) -> bool:
    """Return whether a numeral would change: 重点工作1 and 重点工作2 are both right."""
    return any(_NUMERALS.intersection(edit.read) or _NUMERALS.intersection(edit.meant) for edit in match.edits)


def features(raw: str, match: Match, words: WordModel) -> list[float]:
    """Return the evidence for `match`, in the order of FEATURES."""
    before, after = words.segment(raw), words.segment(match.name)
    kinds = {"look-alike": 0, "dropped": 0, "inserted": 0, "doubled": 0, "swapped": 0, "displaced": 0}
    likeness, site_lone, site_word, name_word = 1.0, 0, 0.0, -18.0
    for edit in match.edits:
        kinds[edit.kind] += 1
        if edit.kind == "look-alike":
            likeness = min(likeness, edit.likeness)
        lone, known = _site(raw, edit, before, words)
        site_lone += lone
        site_word = min(site_word, known)
        name_word = max(name_word, _word_at(match.name, min(edit.to, len(match.name) - 1), after, words))
    n = len(raw)
    lone_before = sum(len(word) == 1 for word in before.words)
    return [
        match.cost,
        len(match.edits),
        match.margin,
        math.log(n),
        match.cost / n,
        max(-12.0, min(25.0, after.score - before.score)),
        before.score / n,
        after.score / len(match.name),
        *kinds.values(),
        likeness,
        lone_before,
        sum(len(word) == 1 for word in after.words),
        site_lone / len(match.edits),
        site_word,
        name_word,
        1.0 - lone_before / n,
        float(any(edit.at == 0 for edit in match.edits)),
        float(any(edit.at >= n - 1 for edit in match.edits)),
    ]


def _site(raw: str, edit: Edit, seg: Segmentation, words: WordModel) -> tuple[bool, float]:
    """Return whether the label is broken where the edit is, and how common the word is that stands there."""
    if edit.kind == "dropped":
        # The gap is before `at`. A word that spans the gap speaks for the label as written.
        around = [p for p in (edit.at - 1, edit.at) if 0 <= p < len(raw)]
        if len(around) == 2 and seg.starts[around[0]] == seg.starts[around[1]]:
            return False, words.logp.get(raw[seg.starts[around[0]] : seg.ends[around[0]]], -18.0)
        return any(seg.length_at(p) == 1 for p in around), 0.0
    at = min(edit.at, len(raw) - 1)
    if seg.length_at(at) == 1:
        return True, -18.0
    return False, words.logp.get(raw[seg.starts[at] : seg.ends[at]], -18.0)


def _word_at(name: str, at: int, seg: Segmentation, words: WordModel) -> float:
    if seg.length_at(at) == 1:
        return -18.0
    return words.logp.get(name[seg.starts[at] : seg.ends[at]], -18.0)


@dataclass(frozen=True)
class Judge:
    """A network of one hidden layer over standardised evidence; its output is the log-odds that the repair is right."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    hidden: NDArray[np.float64]  # (features + 1, hidden units); the last row is the bias
    output: NDArray[np.float64]  # (hidden units + 1,)
    slope: float  # calibration: log-odds = slope * output + offset
    offset: float
    # Upper 95% bound of the share of sound labels harmed -> the log-odds that keep it, in rising order of the share.
    ceilings: tuple[tuple[float, float], ...]
    propose: float  # log-odds from which a candidate is worth a person's look

    def log_odds(self, evidence: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-odds for each row of `evidence`, (cases, features)."""
        standard = (evidence - self.mean) / self.scale
        active = np.maximum(standard @ self.hidden[:-1] + self.hidden[-1], 0.0)
        raw: NDArray[np.float64] = self.slope * (active @ self.output[:-1] + self.output[-1]) + self.offset
        return raw

    def threshold(self, max_false_repairs: float) -> float:
        """Return the log-odds above which a repair is sure enough for a ceiling of false repairs.

        The loosest threshold whose measured bound keeps the ceiling; where none does, nothing is ever sure enough.
        """
        fitting = [odds for bound, odds in self.ceilings if bound <= max_false_repairs]
        return min(fitting, default=math.inf)


@lru_cache(maxsize=2)
def load_judge(name: str = "dictionary", path: Path | None = None) -> Judge:
    """Load one network of the model that came with this installation, or of the one at `path`.

    Raises ModelError where the model is missing, unreadable, or fitted to other evidence than this version weighs.
    """
    source = path or data_folder("models") / MODEL_FILE
    try:
        stored = json.loads(source.read_text(encoding="utf-8"))["judges"][name]
        judge = Judge(
            mean=np.array(stored["mean"]),
            scale=np.array(stored["scale"]),
            hidden=np.array(stored["hidden"]),
            output=np.array(stored["output"]),
            slope=float(stored["slope"]),
            offset=float(stored["offset"]),
            ceilings=tuple((float(bound), float(odds)) for bound, odds in stored["ceilings"]),
            propose=float(stored["propose"]),
        )
        known = tuple(stored["features"])
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ModelError(f"{source}: is not a repair model ({error}); reinstall zhibiao") from error
    if known != FEATURES or judge.hidden.shape[0] != len(FEATURES) + 1:
        raise ModelError(
            f"{source}: was fitted to other evidence than this version weighs; run scripts/train_repair.py"
        )
    return judge


def write_model(path: Path, judges: dict[str, Judge], about: dict[str, object]) -> None:
    """Write `judges` with what is known `about` them as JSON; the same judges give the same bytes."""
    content = {
        "about": about,
        "judges": {
            name: {
                "features": list(FEATURES),
                "mean": _rounded(judge.mean),
                "scale": _rounded(judge.scale),
                "hidden": _rounded(judge.hidden),
                "output": _rounded(judge.output),
                "slope": round(judge.slope, 6),
                "offset": round(judge.offset, 6),
                "ceilings": [[bound, odds] for bound, odds in judge.ceilings],
                "propose": judge.propose,
            }
            for name, judge in judges.items()
        },
    }
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _rounded(values: NDArray[np.float64]) -> list[object]:
    rounded: list[object] = np.round(values, 5).tolist()
    return rounded
