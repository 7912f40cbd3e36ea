"""Layouts: what a form looks like, with the truth that a perfect reader returns for it.

`make_form(layout, rng, split)` fills a layout with invented content. `LAYOUTS` are the layouts that published forms use
(ids as in `dictionaries/templates`, with a suffix where one template has variants); `UNSEEN_LAYOUTS` are invented
variants that only ever test.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from pipeline.synth.content import Split, Subject, make_subject
from pipeline.synth.layouts import national
from pipeline.synth.model import LaidForm

_MAKERS: dict[str, Callable[[str, Subject, random.Random], LaidForm]] = {**national.MAKERS}

LAYOUTS: tuple[str, ...] = tuple(_MAKERS)
UNSEEN_LAYOUTS: tuple[str, ...] = ()


def make_form(layout: str, rng: random.Random, split: Split, subject: Subject | None = None) -> LaidForm:
    """Return a form of the layout with invented content; the same layout, seed and split give the same form.

    `subject` fixes agency, project and year. Raises KeyError for an unknown layout.
    """
    return _MAKERS[layout](layout, subject or make_subject(rng, split), rng)


def make_document(layouts: Sequence[str], rng: random.Random, split: Split) -> list[LaidForm]:
    """Return forms of one document, one for each layout named: mostly projects of one agency, years alike."""
    forms: list[LaidForm] = []
    first: Subject | None = None
    for layout in layouts:
        subject = make_subject(rng, split, like=first if first and rng.random() < 0.7 else None)
        if first and subject.year != first.year:
            subject = make_subject(rng, split, year=first.year)
        first = first or subject
        forms.append(make_form(layout, rng, split, subject))
    return forms
