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
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError
from pipeline.repair.channel import Edit, edits
from pipeline.repair.shapes import Shapes
from pipeline.repair.words import Segmentation, WordModel, affixes
from pipeline.resources import data_folder

MODEL_FILE = "repair.json"
PICTURE_MODEL_FILE = "repair-picture.json"
# A runner-up this much dearer (nats) says nothing more.
FAR = 8.0
_FIGURES = frozenset("0123456789ⅠⅡⅢⅣ①②③④⑤")
_NUMERALS = frozenset("一二三四五六七八九十两")
# Words of one character that writers put in and leave out as they please, and those that make another name of one
# (项目成本, 项目总成本).
_FUNCTION_WORDS = frozenset("的等及和与或之各其所按对在为以于并")
_LITTLE_WORDS = _FUNCTION_WORDS | frozenset("总新年月日全市县区省非未不均可再")
_NEGATIONS = frozenset("非未不无")
_PAIRED = frozenset("()\"'《》<>")
_MARKS = frozenset("()\"'《》<>、,.·:;/-—")
# Look-alikes of the published misreadings are above this, words that writers exchange below (学员 .18, 食药 -.01).
_UNLIKE = 0.35
# An ending of two names or more is usual; a last character of one name in a hundred is (率, 性, 度, 数, 量).
_USUAL_ENDING = math.log1p(2)
_USUAL_LAST = 0.01

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
    "raw_ending",
    "name_ending",
    "affix",
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


def is_vetoed(raw: str, match: Match, words: WordModel) -> bool:
    """Return whether `match` is never a repair, whatever its odds, because the label may well be meant as it stands."""
    return (
        touches_numeral(match)
        or any(_is_little_word(raw, edit, match.name, words) for edit in match.edits)
        or _is_word_apart(match.edits)
        or (len(match.edits) > 1 and all(_MARKS.issuperset(edit.read + edit.meant) for edit in match.edits))
        or _has_usual_ending(raw, match.edits, words)
        or _is_sound(raw, match.edits, words)
    )


def is_wording(raw: str, match: Match, words: WordModel) -> bool:
    """Return whether label and candidate differ by function words alone (无人机驾驶等技能): a matter of wording.

    That is the author's, and not worth a person's look.
    """
    return all(
        (edit.read or edit.meant) in _FUNCTION_WORDS and _is_little_word(raw, edit, match.name, words)
        for edit in match.edits
    )


_KINDS_OF_PLACES = frozenset("省市县区乡镇村")


def touches_numeral(match: Match) -> bool:
    """Return whether a numeral would change: 重点工作1 and 重点工作2 are both right.

    A written numeral that is too many is no numeral but a speck (一, 二, 十), and one that stands for another character
    is a misreading; figures are never touched.
    """
    for edit in match.edits:
        if _FIGURES.intersection(edit.read) or _FIGURES.intersection(edit.meant):
            return True
        if edit.meant in _NUMERALS and (
            edit.kind == "dropped" or (edit.kind == "look-alike" and edit.read in _NUMERALS)
        ):
            return True
    return False


def changes_kind_of_place(match: Match) -> bool:
    """Return whether 县, 市 or the like would become another character: 某县 is no 某具, though often read so."""
    return any(edit.kind == "look-alike" and edit.read in _KINDS_OF_PLACES for edit in match.edits)


def negates(match: Match) -> bool:
    """Return whether label and candidate differ by a negation (非财政拨款, 财政拨款): one is not the other misread."""
    return any(edit.kind in ("inserted", "dropped") and (edit.read or edit.meant) in _NEGATIONS for edit in match.edits)


def stands_in_words(raw: str, match: Match, words: WordModel) -> bool:
    """Return whether every character that would change stands in a word of two or more, as it was read."""
    cut = words.segment(raw)
    return all(edit.kind == "look-alike" and cut.length_at(edit.at) > 1 for edit in match.edits)


def adds_mark(raw: str, match: Match) -> bool:
    """Return whether the candidate has a bracket, quote or stop that was not read: specks look like them.

    One that closes what the label `raw` opens, or opens what it closes, is none, nor is a mark read as another one.
    """
    added = [
        edit.meant
        for edit in match.edits
        if _MARKS.intersection(edit.meant) and not (edit.read and _MARKS.issuperset(edit.read))
    ]
    if not added:
        return False
    closes = all(_PAIRED.issuperset(mark) for mark in added) and not _is_paired(raw) and _is_paired(match.name)
    return not closes


def added_quotes(match: Match) -> str:
    """Return the phrase that the candidate puts in quotes, with them, where these are all the marks that it adds.

    Specks look like quotes, but hardly stand at both ends of a phrase.
    """
    added = [edit for edit in match.edits if _MARKS.intersection(edit.meant)]
    if len(added) != 2 or any(edit.kind != "dropped" or edit.meant != '"' for edit in added):
        return ""
    first, last = sorted(edit.to for edit in added)
    return match.name[first : last + 1]


def _is_paired(text: str) -> bool:
    """Return whether every bracket and quote of `text` has its other half."""
    brackets = all(text.count(opens) == text.count(closes) for opens, closes in ("()", "《》", "<>"))
    return brackets and text.count('"') % 2 == 0 and text.count("'") % 2 == 0


def _is_little_word(raw: str, edit: Edit, name: str, words: WordModel) -> bool:
    """Return whether the error is a word that writers put in and leave out as they please.

    Inside another word it is an error all the same (满的意度, 完成时率 for 完成及时率).
    """
    if edit.kind not in ("inserted", "dropped") or (edit.read or edit.meant) not in _LITTLE_WORDS:
        return False
    if edit.kind == "dropped":
        return words.segment(name).length_at(edit.to) == 1
    seg = words.segment(raw)
    around = [p for p in (edit.at - 1, edit.at + 1) if 0 <= p < len(raw)]
    return seg.length_at(edit.at) == 1 and all(seg.length_at(p) > 1 for p in around)


def _is_word_apart(found: tuple[Edit, ...]) -> bool:
    """Return whether two characters side by side are missing or too many: a word, not an error (人员, 业务人员)."""
    return any(
        one.kind == other.kind
        and one.kind in ("inserted", "dropped")
        and other.at - one.at <= 1
        and other.to - one.to <= 1
        for one, other in pairwise(found)
    )


def _has_usual_ending(raw: str, found: tuple[Edit, ...], words: WordModel) -> bool:
    """Return whether the label ends as names do and the error would be in that ending (天数, 人数; 数, 数量)."""
    last = found[-1]
    if last.kind == "displaced":
        return False
    if last.kind == "dropped":
        return last.at == len(raw) and words.last_character(raw[-1]) >= _USUAL_LAST
    if last.kind == "inserted" and last.at == len(raw) - 1:
        return words.last_character(raw[-1]) >= _USUAL_LAST
    touched = last.at + len(last.read) - 1 >= len(raw) - 2
    return touched and last.kind in ("look-alike", "inserted") and words.ending(raw) >= _USUAL_ENDING


def _is_sound(raw: str, found: tuple[Edit, ...], words: WordModel) -> bool:
    """Return whether the label is made of whole words, and the error is not one that makes whole words by chance.

    A character more or less (政策持续性, 政策可持续性), two changed about (展开, 开展) and a pair (当事人人员) may be
    meant; so may a character that does not look like the other (教师, 教练). Look-alikes and displaced characters are
    errors.
    """
    if any(len(word) == 1 for word in words.segment(raw).words):
        return False
    return any(edit.likeness < _UNLIKE if edit.kind == "look-alike" else edit.kind != "displaced" for edit in found)


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
        words.ending(raw),
        words.ending(match.name),
        max((_affix(raw, edit, before) for edit in match.edits), default=0.0),
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


def _affix(raw: str, edit: Edit, seg: Segmentation) -> float:
    """Return how readily the character that stands alone at the error is added to a word, as 库 and 数 are."""
    if edit.kind == "dropped":
        around = [raw[p] for p in (edit.at - 1, edit.at) if 0 <= p < len(raw) and seg.length_at(p) == 1]
        return max((affixes().get(character, 0.0) for character in around), default=0.0)
    return affixes().get(edit.read, 0.0) if edit.kind in ("inserted", "look-alike") else 0.0


def _word_at(name: str, at: int, seg: Segmentation, words: WordModel) -> float:
    if seg.length_at(at) == 1:
        return -18.0
    return words.logp.get(name[seg.starts[at] : seg.ends[at]], -18.0)


@dataclass(frozen=True)
class Judge:
    """A network of one hidden layer over standardised evidence; its output is the log-odds that the repair is right."""

    features: tuple[str, ...]
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


@lru_cache(maxsize=4)
def load_judge(name: str, features: tuple[str, ...], path: Path | None = None) -> Judge:
    """Load the network `name` of the model that came with this installation, or of the one at `path`.

    Raises ModelError where the model is missing, unreadable, or fitted to other evidence than `features`.
    """
    source = path or data_folder("models") / MODEL_FILE
    try:
        stored = json.loads(source.read_text(encoding="utf-8"))["judges"][name]
        judge = Judge(
            features=tuple(stored["features"]),
            mean=np.array(stored["mean"]),
            scale=np.array(stored["scale"]),
            hidden=np.array(stored["hidden"]),
            output=np.array(stored["output"]),
            slope=float(stored["slope"]),
            offset=float(stored["offset"]),
            ceilings=tuple((float(bound), float(odds)) for bound, odds in stored["ceilings"]),
            propose=float(stored["propose"]),
        )
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ModelError(f"{source}: is not a repair model ({error}); reinstall zhibiao") from error
    if judge.features != features or judge.hidden.shape[0] != len(features) + 1:
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
                "features": list(judge.features),
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
