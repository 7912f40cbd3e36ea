"""False alarms: what the checks say of generated forms that break no rule a reviewer would cite.

Each form is judged twice: as a perfect reader returns it, and read from its own undamaged text by the right half. The
first is the checks' own figure; the second adds what reading makes of sound text.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.checks import CheckContext, check_record, needs_review
from pipeline.fieldvalues import parse_field
from pipeline.interpret import InterpretTools, interpret
from pipeline.ocrtext import read_text_bytes
from pipeline.records import FieldValue, Finding, FormHead, Indicator, Record, Source, TargetValue, ValueCell
from pipeline.synth.content import Split
from pipeline.synth.layouts import make_form
from pipeline.synth.model import Truth
from pipeline.synth.ocrtext import STYLES, DamageSettings, write_ocr_text
from pipeline.targets import parse_target


@dataclass
class Alarms:
    """Findings that ask for a person's look, over a number of sound forms."""

    forms: int = 0
    alarmed: int = 0  # forms with at least one
    codes: Counter[str] = field(default_factory=Counter)
    shown: list[str] = field(default_factory=list)

    def add(self, name: str, findings: Sequence[Finding]) -> None:
        """Add one form."""
        alarms = [finding for finding in findings if needs_review(finding)]
        self.forms += 1
        self.alarmed += bool(alarms)
        self.codes.update(alarm.code for alarm in alarms)
        self.shown += [f"{name} {alarm.at} {alarm.code}: {alarm.message}" for alarm in alarms]


def sound_forms(
    layouts: Sequence[str], count: int, first_seed: int, split: Split
) -> Iterator[tuple[str, int, Truth, str]]:
    """Yield layout, seed, truth and text of `count` sound forms of each layout; nothing of the text is damaged."""
    for layout in layouts:
        for seed in range(first_seed, first_seed + count):
            form = make_form(layout, random.Random(seed), split, sound=True)
            style = STYLES[seed % len(STYLES)]
            text, _ = write_ocr_text([form], random.Random(seed + 1), NO_DAMAGE, style, split)
            yield layout, seed, form.truth, text


# One endless page, every row as it was printed.
NO_DAMAGE = DamageSettings(rows=0.0, value_lost=0.0, zipped=0.0, centred_labels=0.0, wrapped_forms=0.0, pages=False)


def false_alarms(
    layouts: Sequence[str], count: int, first_seed: int, split: Split, tools: InterpretTools
) -> tuple[Alarms, Alarms]:
    """Return the alarms on sound forms as a perfect reader returns them, and as they are read from their text."""
    perfect, read = Alarms(), Alarms()
    context = CheckContext(tools.dictionaries)
    for layout, seed, truth, text in sound_forms(layouts, count, first_seed, split):
        perfect.add(f"{layout} {seed}", check_record(record_of(truth, context), context))
        digest = hashlib.sha256(text.encode()).hexdigest()
        for record in interpret(read_text_bytes(text.encode(), "form.txt"), "form.txt", digest, tools):
            read.add(f"{layout} {seed}", record.findings)
    return perfect, read


def record_of(truth: Truth, context: CheckContext) -> Record:
    """Return the record of a form that was read without an error."""
    rows = [
        Indicator.model_validate(
            {
                "level1": row.level1 or "", "level2": row.level2 or "", "level3": row.level3 or None,
                "period": row.period, "extra": row.extra,
                "target": _target(row.target or "", row.level3, context) if row.level3 else None,
                "cells": {"target": _cell(row.target or "")} if row.level3 else {},
            }
        )
        for row in truth.indicators
    ]  # fmt: skip
    fields = {
        label: FieldValue(
            value=text, raw=text, parsed=parse_field(label, text, money_unit=truth.money_unit), status="unknown",
            confidence=1, where=[],
        )
        for label, text in truth.fields.items()
    }  # fmt: skip
    return Record(
        id="0", source=Source(document="form.txt", sha256="0", pages=[]), form=FormHead(title="表", year=truth.year),
        fields=fields, indicators=rows, repairs=[], findings=[],
    )  # fmt: skip


def _target(raw: str, name: str | None, context: CheckContext) -> TargetValue:
    target, _ = parse_target(raw, level3=name, dictionaries=context.dictionaries)
    return TargetValue.model_validate({key: getattr(target, key) for key in TargetValue.model_fields})


def _cell(raw: str) -> ValueCell:
    return ValueCell(raw=raw, status="unknown", confidence=1, where=[])


def report(count: int, split: Split, first_seed: int, tools: InterpretTools, layouts: Sequence[str]) -> None:
    """Print the alarms on `count` sound forms of each layout."""
    perfect, read = false_alarms(layouts, count, first_seed, split, tools)
    for name, alarms in (("as a perfect reader returns them", perfect), ("read from their text", read)):
        print(f"sound forms {name}: {alarms.alarmed} of {alarms.forms} with an error or a warning")
        for code, found in alarms.codes.most_common():
            print(f"  {code}: {found}")
        for line in alarms.shown[:40]:
            print(f"    {line}")
