"""Generated pages through both halves of the walk: pixels to records, scored against exact truth."""

from __future__ import annotations

import hashlib
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.document import Page
from pipeline.evaluation.forms import FormScore, score_document
from pipeline.interpret import InterpretTools, interpret
from pipeline.leftside import ReaderTools, read_page
from pipeline.synth.content import Split
from pipeline.synth.pages import make_pages


@dataclass(frozen=True)
class PageCase:
    """One generated form read from its pages: its score, the narratives' character errors, and seconds a page."""

    layout: str
    kind: str
    seed: int
    pages: int
    score: FormScore
    characters: int
    character_errors: int
    seconds: float


def page_cases(
    layouts: Sequence[str],
    kinds: Sequence[str],
    seeds: Sequence[int],
    split: Split,
    reader: ReaderTools,
    tools: InterpretTools,
) -> Iterator[PageCase]:
    """Draw, damage, read and interpret one form for each layout, kind and seed."""
    for seed in seeds:
        for layout in layouts:
            for kind in kinds:
                yield page_case(layout, kind, seed, split, reader, tools)


def page_case(layout: str, kind: str, seed: int, split: Split, reader: ReaderTools, tools: InterpretTools) -> PageCase:
    """Draw, damage, read and interpret one form."""
    form, drawn = make_pages(layout, kind, seed, split)
    started = time.perf_counter()
    readings = []
    for page in drawn:
        image = np.ascontiguousarray(page.image[:, :, ::-1])
        digest = hashlib.sha256(image.tobytes()).hexdigest()
        readings.append(read_page(Page(page.index, f"page-{page.index + 1}.png", digest, image, dpi=page.dpi), reader))
    seconds = time.perf_counter() - started
    records = list(interpret(readings, f"{layout}-{kind}-{seed}", "0" * 64, tools))
    score = score_document(records, [form.truth])
    characters = errors = 0
    narratives = {key: text for key, text in form.truth.fields.items() if len(text) > 40}
    for key, text in narratives.items():
        got = records[0].fields.get(key) if records else None
        wanted = _plain(text)
        characters += len(wanted)
        errors += _distance(_plain(got.value) if got else "", wanted)
    return PageCase(layout, kind, seed, len(drawn), score, characters, errors, seconds)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _distance(one: str, other: str) -> int:
    from rapidfuzz.distance import Levenshtein

    return int(Levenshtein.distance(one, other))


def total_by(cases: Iterator[PageCase], on_case: Callable[[PageCase], None] | None = None) -> dict[str, list[PageCase]]:
    """Group the cases: all, by degradation, by layout."""
    groups: dict[str, list[PageCase]] = defaultdict(list)
    for case in cases:
        if on_case:
            on_case(case)
        for name in ("all", f"kind {case.kind}", f"layout {case.layout}"):
            groups[name].append(case)
    return dict(groups)


def line(name: str, cases: Sequence[PageCase]) -> str:
    """One printed line."""
    score = FormScore()
    for case in cases:
        score = score + case.score
    characters = sum(case.characters for case in cases)
    errors = sum(case.character_errors for case in cases)
    pages = sum(case.pages for case in cases)
    seconds = sum(case.seconds for case in cases)
    rate = f"CER {errors / max(characters, 1):.4%}  {seconds / max(pages, 1):.2f} s/page ({pages} pages)"
    return f"{score.line(name)}  {rate}"
