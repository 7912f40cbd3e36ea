"""Layouts: what a form looks like, with the truth that a perfect reader returns for it.

`make_form(layout, rng, split)` fills a layout with invented content. `LAYOUTS` are the layouts that published forms use
(ids as in `dictionaries/templates`, with a suffix where one template has variants); `SPECIAL_LAYOUTS` are published
too, but do not read row by row; `UNSEEN_LAYOUTS` are invented variants that only ever test.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from pipeline.synth.content import Split, Subject, make_subject
from pipeline.synth.layouts import evaluation, goals, invented, national, rollups
from pipeline.synth.model import LaidForm

_KNOWN = {**national.MAKERS, **goals.MAKERS, **rollups.SINGLE, **evaluation.MAKERS}
_MAKERS: dict[str, Callable[[str, Subject, random.Random], LaidForm]] = {
    **_KNOWN,
    **rollups.MANY,
    **invented.MAKERS,
    **invented.MORE,
}

LAYOUTS: tuple[str, ...] = tuple(_KNOWN)
# Published layouts that do not read row by row: several projects in one table (`LaidForm.truths` has more than one
# truth), indicators listed inside a cell, graded thresholds.
SPECIAL_LAYOUTS: tuple[str, ...] = tuple(rollups.MANY)
UNSEEN_LAYOUTS: tuple[str, ...] = tuple(invented.MAKERS)
# A second held-out set of other structures; like the first it never trains.
MORE_UNSEEN_LAYOUTS: tuple[str, ...] = tuple(invented.MORE)


def make_form(
    layout: str, rng: random.Random, split: Split, subject: Subject | None = None, *, sound: bool = False
) -> LaidForm:
    """Return a form of the layout with invented content; the same layout, seed and split give the same form.

    `subject` fixes agency, project and year. `sound` forms break no rule that a reviewer would cite. Raises KeyError
    for
    an unknown layout.
    """
    chosen = subject or make_subject(rng, split, sound=sound, wild=0.0 if sound else 0.12)
    return _MAKERS[layout](layout, chosen, rng)


def make_document(layouts: Sequence[str], rng: random.Random, split: Split, *, sound: bool = False) -> list[LaidForm]:
    """Return forms of one document, one for each layout named: mostly projects of one agency, years alike."""
    forms: list[LaidForm] = []
    first: Subject | None = None
    wild = 0.0 if sound else 0.12
    for layout in layouts:
        if first and rng.random() < 0.7:
            subject = make_subject(rng, split, like=first, sound=sound, wild=wild)
        else:
            subject = make_subject(rng, split, year=first.year if first else None, sound=sound, wild=wild)
        first = first or subject
        forms.append(make_form(layout, rng, split, subject))
    return forms
