"""Labels with their truth: those of generated forms, sound and damaged."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.repair.folding import folded
from pipeline.synth import content, indicators, typos
from pipeline.synth.content import Split

KINDS: tuple[typos.Kind, ...] = typos.SINGLE_KINDS


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
    split: Split, seed: int, count: int, damaged: float = 0.4, kinds: Sequence[typos.Kind] = KINDS
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
