"""Records against exact truth: rows, fields, silent errors. `scripts/evaluate.py forms` prints what this measures."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields

from pipeline.checks import needs_review
from pipeline.dictionaries import comparison_key
from pipeline.fieldvalues import split_label
from pipeline.records import Indicator, Record
from pipeline.synth.model import Truth, TruthIndicator

LEVELS = ("level1", "level2", "level3", "target")
_GAP = 2.0  # half a row's cells: a row is rather matched than skipped when half of it agrees


@dataclass
class FormScore:
    """Counts over forms; add scores with `+`. A value is a cell of a row (four a row) or a field."""

    forms: int = 0
    forms_found: int = 0
    rows: int = 0
    rows_found: int = 0
    rows_right: int = 0
    fields: int = 0
    fields_right: int = 0
    head: int = 0
    head_right: int = 0
    values: int = 0
    wrong: int = 0
    silent: int = 0
    silent_in_doubted_forms: int = 0  # of the silent ones: missing from a record whose findings ask to check all of it
    reviewed: int = 0
    cells: int = 0
    cells_right: int = 0
    faults: list[str] = field(default_factory=list)

    def __add__(self, other: FormScore) -> FormScore:
        return FormScore(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    @property
    def f1(self) -> float:
        """F1 of whole rows: levels and target right."""
        return 2 * self.rows_right / max(self.rows + self.rows_found, 1)

    @property
    def field_share(self) -> float:
        """Share of fields whose whole text is right."""
        return self.fields_right / max(self.fields, 1)

    @property
    def cell_share(self) -> float:
        """Share of a form's cells that got the role they have."""
        return self.cells_right / max(self.cells, 1)

    @property
    def silent_share(self) -> float:
        """Wrong values that ask nobody to look, as a share of all values."""
        return self.silent / max(self.values, 1)

    def line(self, name: str) -> str:
        """One printed line."""
        cells = f"cells {self.cell_share:.4f}  " if self.cells else ""
        # Strictly silent all the same: no value of its own asks. Where the form does, a person compares row by row.
        doubted = f" of which {self.silent_in_doubted_forms} in forms doubted whole" * bool(
            self.silent_in_doubted_forms
        )
        return (
            f"{name:34s} forms {self.forms_found}/{self.forms}  rows F1 {self.f1:.4f} ({self.rows_right}/{self.rows})  "
            f"{cells}fields {self.field_share:.4f} ({self.fields_right}/{self.fields})  "
            f"head {self.head_right}/{self.head}  "
            f"silent {self.silent_share:.4%} ({self.silent}/{self.values}){doubted}  "
            f"review {self.reviewed / max(self.values, 1):.2%}"
        )


def score_document(
    records: Sequence[Record], truths: Sequence[Truth], *, as_printed: Iterable[Mapping[str, str]] = ()
) -> FormScore:
    """Compare the records of one document with its forms, in order.

    A form too many or too few counts all its values. `as_printed` maps, per form, a correct label to what stands in the
    text instead: that reading is right too (it is the labels' figure, not the levels', that asks for the repair).
    """
    total = FormScore(forms=len(truths), forms_found=len(records))
    printed = list(as_printed) or [{}] * len(truths)
    for record, truth, other in zip(records, truths, printed, strict=False):
        total = total + _score_form(record, truth, other)
    for truth in truths[len(records) :]:
        lost = len(truth.indicators) * 4 + len(truth.fields)
        total = total + FormScore(
            rows=len(truth.indicators), fields=len(truth.fields), values=lost, wrong=lost, silent=lost,
            faults=[f"form lost: {truth.title}"],
        )  # fmt: skip
    for record in records[len(truths) :]:
        extra = len(record.indicators) * 4
        total = total + FormScore(
            rows_found=len(record.indicators), wrong=extra, silent=extra, faults=[f"form too many: {record.form.title}"]
        )
    return total


def _same(one: str | None, other: str | None) -> bool:
    return _plain(one) == _plain(other)


def _plain(text: str | None) -> str:
    # Widths of brackets and signs are no reader's to tell: NFKC, as the published figures of the field do.
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text or ""))


def found_row(indicator: Indicator) -> tuple[str | None, ...]:
    """Levels and target of a record's row."""
    return (indicator.level1, indicator.level2, indicator.level3, indicator.target.value if indicator.target else None)


def _truth_row(row: TruthIndicator) -> tuple[str | None, ...]:
    return (row.level1, row.level2, row.level3, row.target)


def align(
    found: Sequence[Sequence[str | None]], wanted: Sequence[Sequence[str | None]]
) -> list[tuple[int | None, int | None]]:
    """Pair rows in order so that the fewest cells differ."""
    n, m = len(found), len(wanted)
    cost = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(n + 1):
        for j in range(m + 1):
            if i == 0 or j == 0:
                cost[i][j] = (i + j) * _GAP
                continue
            differ = sum(not _same(a, b) for a, b in zip(found[i - 1], wanted[j - 1], strict=True))
            cost[i][j] = min(cost[i - 1][j - 1] + differ, cost[i - 1][j] + _GAP, cost[i][j - 1] + _GAP)
    pairs: list[tuple[int | None, int | None]] = []
    i, j = n, m
    while i or j:
        if i and j:
            differ = sum(not _same(a, b) for a, b in zip(found[i - 1], wanted[j - 1], strict=True))
            if cost[i][j] == cost[i - 1][j - 1] + differ:
                i, j = i - 1, j - 1
                pairs.append((i, j))
                continue
        if i and cost[i][j] == cost[i - 1][j] + _GAP:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


def _score_form(record: Record, truth: Truth, printed: Mapping[str, str]) -> FormScore:
    score = FormScore(rows=len(truth.indicators), rows_found=len(record.indicators))
    found = [found_row(indicator) for indicator in record.indicators]
    wanted = [_truth_row(row) for row in truth.indicators]
    for i, j in align(found, wanted):
        score.values += 4
        if i is None or j is None:
            score.wrong += 4
            quiet = i is None or not record.indicators[i].review
            score.silent += 4 if quiet else 0
            if i is not None:
                score.faults.append(f"row too many: {found[i]}")
            elif j is not None:
                score.faults.append(f"row missing: {wanted[j]}")
            continue
        review = record.indicators[i].review
        score.reviewed += 4 * review
        differ = [
            level
            for level, a, b in zip(LEVELS, found[i], wanted[j], strict=True)
            if not _same(a, b) and not (b is not None and b in printed and _same(a, printed[b]))
        ]
        score.rows_right += not differ
        score.wrong += len(differ)
        score.silent += 0 if review else len(differ)
        if differ:
            score.faults.append(f"{'doubted' if review else 'SILENT'} {'+'.join(differ)}: {found[i]} != {wanted[j]}")
    _score_fields(record, truth, printed, score)
    if any(finding.at == "form" and needs_review(finding) for finding in record.findings):
        score.silent_in_doubted_forms = score.silent
    for one, other in (
        (record.form.title, truth.title),
        (record.form.agency, truth.agency),
        (str(record.form.year), str(truth.year)),
    ):
        score.head += 1
        score.head_right += _same(one, other)
        if not _same(one, other):
            score.faults.append(f"head: {one!r} != {other!r}")
    return score


def _score_fields(record: Record, truth: Truth, printed: Mapping[str, str], score: FormScore) -> None:
    got = {comparison_key(key): value for key, value in record.fields.items()}
    parts = {split_label(before)[0]: split_label(after)[0] for before, after in printed.items()}
    for key, text in truth.fields.items():
        score.fields += 1
        score.values += 1
        # Each label of a path may be misprinted for itself.
        other = "→".join(parts.get(part, part) for part in key.split("→"))
        value = got.get(comparison_key(key)) or got.get(comparison_key(other))
        right = value is not None and _same(value.value, text)
        score.fields_right += right
        score.reviewed += bool(value and value.review)
        if not right:
            score.wrong += 1
            quiet = value is None or not value.review
            score.silent += quiet
            shown = None if value is None else value.value[:40]
            score.faults.append(f"{'SILENT' if quiet else 'doubted'} field {key}: {shown!r} != {text[:40]!r}")
