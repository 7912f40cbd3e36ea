"""What the judges of text learn from: candidates with their evidence, and whether they are right."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.dictionaries import Dictionaries
from pipeline.repair.context import Compounds, Texts
from pipeline.repair.folding import folded
from pipeline.repair.judge import best_match, features, is_vetoed
from pipeline.repair.names import NameIndex
from pipeline.repair.opened import OpenSpeller
from pipeline.repair.shapes import Shapes, load_shapes
from pipeline.repair.training.composed import Composer
from pipeline.repair.training.labels import KINDS, LabelForm
from pipeline.repair.training.spoiled import Spoiler
from pipeline.repair.words import WordModel, build_word_model
from pipeline.synth import typos

FOLDS = 5
# Random states of training, fixed so that training again gives the same model.
SEED = 20201122


def _forgetful(words: WordModel, label: str, field: frozenset[str], rng: random.Random) -> WordModel:
    """Return a word model that has never heard of one word of `label`; the field's own words it always knows."""
    known = [word for word in words.segment(label).words if len(word) > 1 and word not in field]
    if not known:
        return words
    lost = rng.choice(known)
    return words.without_words({lost, lost[:2], lost[-2:], lost[::-1]})


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
            tries = [(kind, self.spoiler.spoil(name, kind)) for kind in (*KINDS, "look-alike", "dropped", "inserted")]
            tries += [(kind, typos.damage_label(name, kind, self.rng) or name) for kind in KINDS]
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
        error = rng.choice(KINDS)
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
            raw = world.spoiler.spoil(label, rng.choice(KINDS))
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
