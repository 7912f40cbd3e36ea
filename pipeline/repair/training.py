"""What the repair model learns from: damaged names, and sound labels that no dictionary holds.

Nothing here is needed at run time. `scripts/train_repair.py` calls `train`; `scripts/evaluate.py labels` measures on
the forms that `label_forms` makes of splits that training never sees.

Names are learned "as if unknown" by leaving a tenth of a dictionary out and judging its names against the rest, by
composing heads and tails, and by taking the generator's project-specific names. Half of what makes a sound label look
damaged is a word that the word list lacks; so that the model does not take every strange word for an error, a part of
the sound labels is judged with one of their words struck from the word model.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.dictionaries import Dictionaries
from pipeline.repair.context import Compounds, Texts
from pipeline.repair.folding import folded
from pipeline.repair.forest import LEAF, Forest, forest_of
from pipeline.repair.judge import FEATURES, Judge, Match, best_match, features, is_vetoed
from pipeline.repair.names import NameIndex
from pipeline.repair.opened import OPEN_FEATURES, OpenSpeller
from pipeline.repair.rivals import RIVAL_FEATURES, PictureJudge, beside_rivals
from pipeline.repair.shapes import Shapes, load_shapes
from pipeline.repair.sight import PICTURE_FEATURES
from pipeline.repair.words import WordModel, build_word_model, common_characters, general_tags, general_words
from pipeline.synth import content, indicators, typos
from pipeline.synth.content import Split

FOLDS = 5
# Random states of training, fixed so that training again gives the same model.
SEED = 20201122
_KINDS: tuple[typos.Kind, ...] = typos.SINGLE_KINDS
_BRACKETS = frozenset('()《》"')


@dataclass(frozen=True, slots=True)
class LabelCase:
    """A label with its truth; `kind` says what was done to it ("" if sound), `known` whether a dictionary has it."""

    raw: str
    truth: str
    kind: str
    known: bool


@dataclass(frozen=True, slots=True)
class LabelForm:
    """The level-3 labels of a generated form, with its other texts."""

    topic: str
    cases: tuple[LabelCase, ...]
    texts: tuple[str, ...]


def label_forms(
    split: Split, seed: int, count: int, damaged: float = 0.4, kinds: Sequence[typos.Kind] = _KINDS
) -> Iterator[LabelForm]:
    """Yield `count` generated forms of a split, a share of whose labels is `damaged`; the same seed, the same forms."""
    for number in range(count):
        rng = random.Random(f"{split} {seed} {number}")
        subject = content.make_subject(rng, split, wild=0.3)
        items = [
            item
            for kind in indicators.dictionary_names()
            for item in indicators.make_items(kind, rng.randint(0, 3), subject, rng, 0.35)
        ]
        texts = [
            content.narrative(kind, subject, rng) for kind in ("overview", "basis", "need", "plan", "goal", "goal")
        ]
        # Some forms keep their narratives on other pages, or have none.
        kept = texts if rng.random() < 0.8 else []
        cases = []
        for item in items:
            raw = None
            if len(item.name) >= 4 and rng.random() < damaged:
                kind = rng.choice(kinds)
                raw = typos.damage_label(item.name, kind, rng, split)
            changed = raw is not None and folded(raw) != folded(item.name)
            cases.append(
                LabelCase(raw if changed and raw else item.name, item.name, kind if changed else "", item.known)
            )
        yield LabelForm(subject.topic.id, tuple(cases), (*kept, subject.project, subject.agency))


# -------------------------------------------------------------------------------------------------------- more errors


class Spoiler:
    """Errors beyond the generator's lists: any character, any of its look-alikes."""

    def __init__(self, shapes: Shapes, rng: random.Random) -> None:
        """Take the table of shapes and the source of chance."""
        self._shapes = shapes
        self._rng = rng
        self._common = common_characters()
        self._rows = shapes.rows("".join(sorted(self._common)))
        self._near: dict[str, list[tuple[str, float]]] = {}

    def spoil(self, name: str, kind: str) -> str:
        """Return `name` with one error of `kind`; the name itself where the error changes nothing."""
        rng = self._rng
        i = rng.randrange(len(name))
        if kind == "look-alike":
            if name[i] not in self._near:
                self._near[name[i]] = self._shapes.neighbours(name[i], self._rows, 12)
            near = self._near[name[i]]
            # The nearest are the commonest confusions; one in three is beyond the third.
            other = near[min(int(rng.expovariate(0.35)), len(near) - 1)][0] if near else name[i]
            return name[:i] + other + name[i + 1 :]
        if kind == "dropped":
            return name[:i] + name[i + 1 :]
        if kind == "inserted":
            return name[:i] + rng.choice(self._common[:2500]) + name[i:]
        if kind == "doubled":
            return name[:i] + name[i] + name[i:]
        i = rng.randrange(len(name) - 1)
        if kind == "displaced":
            return name[:i] + name[i + 1 :] + name[i]
        return name[:i] + name[i + 1] + name[i] + name[i + 2 :]

    def several(self, name: str) -> str:
        """Return `name` with two errors."""
        for kind in self._rng.choices(_KINDS, k=2):
            name = self.spoil(name, kind) if len(name) > 2 else name
        return name


# -------------------------------------------------------------------------------------------------- more sound labels


class Composer:
    """Makes sound labels that no dictionary holds."""

    def __init__(self, names: Iterable[str], words: WordModel, rng: random.Random) -> None:
        """Take the names whose heads and tails are put together anew."""
        self._names = sorted(name for name in names if len(name) >= 4)
        self._rng = rng
        self._words = words
        self._heads, self._tails = _pieces(self._names, words)
        self._general, self._alike = _nouns()
        self._tags = general_tags()

    def composed(self) -> str:
        """Return a head that names or the language know, before a tail of names."""
        rng = self._rng
        tail = rng.choice(self._tails)
        draw = rng.random()
        if draw < 0.4:
            return rng.choice(self._heads) + tail
        if draw < 0.7:
            return rng.choice(self._general) + rng.choice(self._general) + tail
        if draw < 0.85:
            return rng.choice(self._general) + rng.choice(self._heads) + tail
        return rng.choice(self._general) + tail

    def near(self) -> str | None:
        """Return a name in which one word gave way to another of its kind that shares a character, or an affix came."""
        rng = self._rng
        name = rng.choice(self._names)
        row = self._words.segment(name).words
        draw = rng.random()
        if draw < 0.1:
            return rng.choice(("总", "年", "月", "各", "全", "新", "市", "县", "省", "区", "非", "未")) + name
        if draw < 0.2:
            # Writers put in and leave out little words as they please.
            if len(row) < 2:
                return None
            k = rng.randint(1, len(row) - 1)
            return "".join((*row[:k], rng.choice(("的", "的", "按", "及")), *row[k:]))
        spots = [k for k, word in enumerate(row) if len(word) == 2 and word in self._tags]
        if not spots:
            return None
        k = rng.choice(spots)
        which = rng.randrange(2)
        others = [w for w in self._alike.get((row[k][which], which, self._tags[row[k]]), ()) if w != row[k]]
        if not others:
            return None
        word = rng.choices(others, [general_words()[w] ** 0.5 for w in others])[0]
        return "".join((*row[:k], word, *row[k + 1 :]))


def _pieces(names: Sequence[str], words: WordModel) -> tuple[list[str], list[str]]:
    """Return heads and tails of names, cut between words: tails that stand behind three names, and what is before."""
    cuts: list[tuple[str, str]] = []
    for name in names:
        row = words.segment(name).words
        if not _BRACKETS.intersection(name):  # half a bracket is no sound label
            cuts += [("".join(row[:k]), "".join(row[k:])) for k in range(1, len(row))]
    counts = Counter(tail for _, tail in cuts)
    tails = sorted(tail for tail, count in counts.items() if count >= 3 and 2 <= len(tail) <= 6)
    common = set(tails)
    return sorted({head for head, tail in cuts if tail in common and len(head) >= 2}), tails


@cache
def _nouns() -> tuple[list[str], Mapping[tuple[str, int, str], list[str]]]:
    """Return nouns and verbs of middling frequency, and words of two by a character, its place and their kind."""
    tags = general_tags()
    general: list[str] = []
    alike: dict[tuple[str, int, str], list[str]] = {}
    for word, count in sorted(general_words().items()):
        if not 2 <= len(word) <= 3 or not all("\u4e00" <= c <= "\u9fff" for c in word):
            continue
        if 300 <= count <= 30000 and tags[word] in {"n", "v", "vn", "nz", "b"}:
            general.append(word)
        if len(word) == 2 and count >= 200:
            alike.setdefault((word[0], 0, tags[word]), []).append(word)
            alike.setdefault((word[1], 1, tags[word]), []).append(word)
    return general, alike


def _forgetful(words: WordModel, label: str, field: frozenset[str], rng: random.Random) -> WordModel:
    """Return a word model that has never heard of one word of `label`; the field's own words it always knows."""
    known = [word for word in words.segment(label).words if len(word) > 1 and word not in field]
    if not known:
        return words
    lost = rng.choice(known)
    return words.without_words({lost, lost[:2], lost[-2:], lost[::-1]})


# ----------------------------------------------------------------------------------------------------------------- data


@dataclass
class Data:
    """Evidence with its verdicts. `harm` marks candidates of sound labels, `group` names the kind of case.

    Labels made to be near a dictionary name ("near") are not among those that set the ceiling: one in three has a
    neighbour there, of real labels one in nine. Their share is reported beside it.
    """

    evidence: list[list[float]]
    right: list[bool]
    harm: list[bool]
    group: list[str]
    fold: list[int]
    veto: list[bool]
    label: list[tuple[str, str]]
    # Sound labels looked at, with and without a candidate: what the share of harmed ones is a share of.
    sound: int = 0
    # Which look at which label a candidate is of, in rising order; only the judge of pictures asks.
    case: list[int] = field(default_factory=list)

    @classmethod
    def empty(cls) -> Data:
        """Return data without cases."""
        return cls([], [], [], [], [], [], [])

    def add(
        self,
        row: list[float],
        label: tuple[str, str],
        *,
        right: bool,
        harm: bool,
        group: str,
        fold: int,
        veto: bool,
        case: int = 0,
    ) -> None:
        """Add one candidate; `label` is the text as written and the candidate."""
        self.label.append(label)
        self.case.append(case)
        self.evidence.append(row)
        self.right.append(right)
        self.harm.append(harm)
        self.group.append(group)
        self.fold.append(fold)
        self.veto.append(veto)


class World:
    """A dictionary with a part of its names left out, and all that repair builds on it."""

    def __init__(self, dictionaries: Dictionaries, held: frozenset[str], fold: int, shapes: Shapes) -> None:
        """Take the names that this world's dictionary does not hold, as folded texts."""
        names = {folded(name) for name in dictionaries.names("level3")}
        heads = [folded(name) for section in ("level1", "level2") for name in dictionaries.names(section)]
        self.fold = fold
        self.held = sorted(name for name in names & held if len(name) >= 4)
        self.names = sorted(names - held)
        self.known = frozenset(self.names)
        self.shapes = shapes
        self.words = build_word_model(self.names)
        self.index = NameIndex(self.names)
        compounds = Compounds(self.names, heads, self.words)
        self.field = compounds.known
        self.speller = OpenSpeller(self.words, shapes, compounds)
        self.rng = random.Random(SEED + fold)
        self.spoiler = Spoiler(shapes, self.rng)
        self.composer = Composer(self.names, self.words, self.rng)

    def sound(self, composed: int, near: int, items: Sequence[str]) -> list[tuple[str, str]]:
        """Return sound labels that this world does not know, each with the name of its kind."""
        found = [(name, "left out") for name in self.held]
        made = {"composed": composed, "near": near}
        while any(made.values()):
            for kind, label in (("composed", self.composer.composed()), ("near", self.composer.near())):
                if made[kind] and label and label not in self.known:
                    made[kind] -= 1
                    found.append((label, kind))
        return found + [(item, "project") for item in items if item not in self.known]

    def damaged(self, share: float) -> list[tuple[str, str, str]]:
        """Return damaged names of this world as (label, name, kind), every kind for a share of the names."""
        found = []
        for name in self.names:
            if len(name) < 4 or self.rng.random() > share:
                continue
            tries = [(kind, self.spoiler.spoil(name, kind)) for kind in (*_KINDS, "look-alike", "dropped", "inserted")]
            tries += [(kind, typos.damage_label(name, kind, self.rng) or name) for kind in _KINDS]
            tries += [("several", self.spoiler.several(name)), ("several", self.spoiler.several(name))]
            found += [(folded(raw), name, kind) for kind, raw in tries]
        return [(raw, name, kind) for raw, name, kind in found if raw != name and raw not in self.known and raw]


def worlds(dictionaries: Dictionaries) -> Iterator[World]:
    """Yield FOLDS worlds, in each of which a tenth of the names is unknown."""
    names = sorted({folded(name) for name in dictionaries.names("level3")})
    random.Random(SEED).shuffle(names)
    shapes = load_shapes()
    for fold in range(FOLDS):
        yield World(dictionaries, frozenset(names[fold :: 2 * FOLDS]), fold, shapes)


def dictionary_data(world: World, forms: Sequence[LabelForm], data: Data) -> None:
    """Add what the dictionary judge learns from in one world; `forms` are those of the world's fold."""
    items = sorted({folded(case.truth) for form in forms for case in form.cases if not case.known})
    rng = world.rng
    cases = [(label, label, kind) for label, kind in world.sound(4000, 900, items)]
    # Damaged project names: a whole dictionary name is always wrong there.
    for item in items[::3]:
        error = rng.choice(_KINDS)
        raw = folded(typos.damage_label(item, error, rng) or world.spoiler.spoil(item, error))
        if raw != item and raw not in world.known:
            cases.append((raw, item, "damaged project"))
    cases += world.damaged(0.5)
    for start in range(0, len(cases), 500):
        part = cases[start : start + 500]
        for (raw, truth, kind), near in zip(part, world.index.near([raw for raw, _, _ in part]), strict=True):
            match = best_match(raw, near, world.shapes)
            sound = raw == truth
            data.sound += sound and kind != "near"
            if match is None:
                continue
            # Sound labels hold words that no list has far more often than dictionary names do.
            strange = rng.random() < (0.15 if sound else 0.1)
            words = _forgetful(world.words, raw, world.field, rng) if strange else world.words
            data.add(
                features(raw, match, words),
                (raw, match.name),
                right=match.name == truth,
                harm=sound and kind != "near",
                group=kind,
                fold=world.fold,
                veto=is_vetoed(raw, match, words),
            )


def open_data(world: World, forms: Sequence[LabelForm], data: Data) -> None:
    """Add what the open judge learns from: the forms' project names, and what the world does not know."""
    rng = world.rng
    for form in forms:
        texts = Texts(folded(text) for text in (*form.texts, *(case.raw for case in form.cases)))
        cases = []
        for case in form.cases:
            raw, truth, kind = folded(case.raw), folded(case.truth), case.kind
            if case.known:
                continue
            if kind and rng.random() < 0.4:
                kind = rng.choice(("look-alike", "inserted", "dropped", "several"))
                raw = world.spoiler.several(truth) if kind == "several" else world.spoiler.spoil(truth, kind)
            cases.append((raw, truth, (kind or "damaged") if raw != truth else "project"))
        _open_cases(world, cases, texts, data)
    alone = [(label, label, kind) for label, kind in world.sound(2000, 200, ())]
    for label, _, kind in alone[:]:
        if kind != "near" and rng.random() < 0.5:
            raw = world.spoiler.spoil(label, rng.choice(_KINDS))
            if raw != label:
                alone.append((raw, label, "damaged"))
    rng.shuffle(alone)
    for start in range(0, len(alone), 20):
        part = alone[start : start + 20]
        _open_cases(world, part, Texts(raw for raw, _, _ in part), data)


def _open_cases(world: World, cases: Sequence[tuple[str, str, str]], texts: Texts, data: Data) -> None:
    words = world.words.with_words(texts.words(world.words))
    rng = world.rng
    for raw, truth, kind in cases:
        if raw in world.known:
            continue
        data.sound += raw == truth and kind != "near"
        strange = raw == truth and rng.random() < 0.15
        speller = world.speller.within(_forgetful(words, raw, world.field, rng) if strange else words)
        openings = speller.openings(raw, texts)
        for opening, row in zip(openings, speller.evidence(raw, openings, texts), strict=True):
            data.add(
                row,
                (raw, opening.match.name),
                right=opening.match.name == truth and raw != truth,
                harm=raw == truth and kind != "near",
                group=kind,
                fold=world.fold,
                veto=is_vetoed(raw, opening.match, speller.words),
            )


# ------------------------------------------------------------------------------------------------------------------ fit


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
    made = list(label_forms("train", SEED, forms, damaged=0.5, kinds=(*_KINDS, "look-alike", "several")))
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


__all__ = [
    "Composer",
    "Data",
    "Fitted",
    "FittedPictures",
    "LabelCase",
    "LabelForm",
    "Match",
    "Spoiler",
    "World",
    "dictionary_data",
    "fit",
    "fit_pictures",
    "label_forms",
    "open_data",
    "train",
    "upper_bound",
    "worlds",
]  # fmt: skip
