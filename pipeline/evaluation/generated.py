"""Generated documents through the whole right half, scored by layout, style and damage."""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.evaluation.forms import FormScore, score_document
from pipeline.interpret import InterpretTools, interpret
from pipeline.ocrtext import read_text_bytes
from pipeline.records import Record
from pipeline.synth.content import Split
from pipeline.synth.layouts import make_document
from pipeline.synth.model import LaidForm
from pipeline.synth.ocrtext import STYLES, DamageSettings, write_ocr_text

# Test seeds begin here; nothing is ever tuned on them.
TEST_SEEDS = 1_000_000


@dataclass(frozen=True)
class Case:
    """One generated document with the records made of it."""

    seed: int
    layouts: tuple[str, ...]
    style: str
    rows_damaged: float
    text: str
    forms: list[LaidForm]
    records: list[Record]

    def score(self) -> FormScore:
        """Labels as printed count: what the text says instead of the correct name is the labels' figure."""
        printed = [{damage.before: damage.after for damage in form.damages} for form in self.forms]
        return score_document(self.records, [form.truth for form in self.forms], as_printed=printed)


def generated_cases(
    count: int, layouts: Sequence[str], tools: InterpretTools, *, first_seed: int = TEST_SEEDS, split: Split = "test"
) -> Iterator[Case]:
    """Generate documents of one to three forms, damage none, a tenth or a fifth of the rows, and interpret them."""
    for seed in range(first_seed, first_seed + count):
        rng = random.Random(seed)
        layout = layouts[seed % len(layouts)]
        named = tuple(layout for _ in range(rng.choice((1, 1, 2, 3))))
        forms = make_document(named, rng, split)
        style = rng.choice(STYLES)
        rows = rng.choice((0.0, 0.1, 0.2))
        text, written = write_ocr_text(forms, rng, DamageSettings(rows=rows), style, split)
        pages = read_text_bytes(text.encode(), f"generated-{seed}.txt")
        sha = hashlib.sha256(text.encode()).hexdigest()
        yield Case(seed, named, style, rows, text, written, list(interpret(pages, f"generated-{seed}.txt", sha, tools)))


def score_cases(
    cases: Iterator[Case], on_case: Callable[[Case, FormScore], None] | None = None
) -> dict[str, FormScore]:
    """Add the cases up: all, by layout, by style, by share of damaged rows."""
    totals: dict[str, FormScore] = defaultdict(FormScore)
    for case in cases:
        score = case.score()
        if on_case:
            on_case(case, score)
        for name in (
            "all",
            f"layout {case.layouts[0]}",
            f"style {case.style}",
            f"rows damaged {case.rows_damaged:.0%}",
        ):
            totals[name] = totals[name] + score
    return dict(totals)
