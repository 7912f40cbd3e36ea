"""Generated documents through the whole right half, scored by layout, style and damage."""

from __future__ import annotations

import hashlib
import random
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.document import PageReading, Role
from pipeline.evaluation.forms import FormScore, score_document
from pipeline.forms import join_forms
from pipeline.importers import import_kind, read_import
from pipeline.interpret import InterpretTools, interpret
from pipeline.keep import renumbered
from pipeline.levels import label_form
from pipeline.levels.features import ROLES
from pipeline.levels.training import roles_of
from pipeline.ocrtext import read_text_bytes
from pipeline.records import Record
from pipeline.synth.content import Split
from pipeline.synth.formats import write_page, write_workbook_of
from pipeline.synth.layouts import make_document
from pipeline.synth.model import LaidForm
from pipeline.synth.ocrtext import STYLES, DamageSettings, Style, write_ocr_text
from pipeline.synth.pages import make_document as draw_document
from pipeline.synth.render.page import RenderedPage

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
    cells: tuple[int, int] = (0, 0)  # cells of the tables, and those that got their role

    def score(self) -> FormScore:
        """Labels as printed count: what the text says instead of the correct name is the labels' figure."""
        printed = [{damage.before: damage.after for damage in form.damages} for form in self.forms]
        truths = [truth for form in self.forms for truth in form.truths]
        if len(truths) > len(printed):
            printed = [printed[0]] * len(truths)  # a roll-up: one table, several projects
        found = score_document(self.records, truths, as_printed=printed)
        return found + FormScore(cells=self.cells[0], cells_right=self.cells[1])


def generated_cases(
    count: int,
    layouts: Sequence[str],
    tools: InterpretTools,
    *,
    first_seed: int = TEST_SEEDS,
    split: Split = "test",
    only: Style | None = None,
) -> Iterator[Case]:
    """Generate documents of one to three forms, damage none, a tenth or a fifth of the rows, and interpret them.

    They are written in all styles by turns, or in one `only`.
    """
    for seed in range(first_seed, first_seed + count):
        rng = random.Random(seed)
        layout = layouts[seed % len(layouts)]
        named = tuple(layout for _ in range(rng.choice((1, 1, 2, 3))))
        forms = make_document(named, rng, split)
        style = rng.choice(STYLES)
        style = only or style
        rows = rng.choice((0.0, 0.1, 0.2))
        text, written = write_ocr_text(forms, rng, DamageSettings(rows=rows), style, split)
        pages = read_text_bytes(text.encode(), f"generated-{seed}.txt")
        sha = hashlib.sha256(text.encode()).hexdigest()
        records = list(interpret(pages, f"generated-{seed}.txt", sha, tools))
        yield Case(seed, named, style, rows, text, written, records, cell_roles(pages, written, tools))


def source_cases(
    source: str, count: int, layouts: Sequence[str], tools: InterpretTools, *, first_seed: int, split: Split
) -> Iterator[Case]:
    """Interpret generated documents as other programs export them: xlsx, or a format of synth.formats.PAGE_FORMATS.

    They are read perfectly and are not damaged; `tables` is what our own left half makes of a page that it reads
    without a fault, cells with their boxes.
    """
    for seed in range(first_seed, first_seed + count):
        layout = layouts[seed % len(layouts)]
        with tempfile.TemporaryDirectory() as folder:
            if source == "xlsx":
                rng = random.Random(seed)
                forms = make_document((layout,), rng, split)
                path = Path(folder) / "forms.xlsx"
                write_workbook_of(forms, path, rng)
                pages = read_import(path, "xlsx")
            else:
                forms, drawn = draw_document([layout], "clean", seed, split, dpi=72)
                pages = _exported(drawn, source, Path(folder))
            records = list(interpret(pages, f"generated-{seed}", hashlib.sha256(str(seed).encode()).hexdigest(), tools))
        yield Case(seed, (layout,), source, 0.0, "", forms, records, cell_roles(pages, forms, tools))


def _exported(drawn: Sequence[RenderedPage], source: str, folder: Path) -> list[PageReading]:
    found: list[PageReading] = []
    for page in drawn:
        path = folder / f"page-{page.index}"
        path.write_text(write_page(page, source), "utf-8")
        kind = import_kind(path)
        if kind is None:
            raise ValueError(f"{source} is not a format that is read")
        found.extend(renumbered(reading, len(found), str(path)) for reading in read_import(path, kind))
    return found


# What the record does not tell apart: a value and a long one, the heads of a grid and the bars beside it.
_SAME_ROLE = {Role.NARRATIVE: Role.VALUE, Role.BAR: Role.HEADER}


def cell_roles(pages: Sequence[PageReading], laid: Sequence[LaidForm], tools: InterpretTools) -> tuple[int, int]:
    """Count the cells of tables whose true role is known, and those that got it.

    A document whose forms are not cut as they were written has none; its rows and fields count as lost.
    """
    forms, _ = join_forms(pages, tools.templates, tools.dictionaries)
    if len(forms) != len(laid):
        return 0, 0
    cells = right = 0
    for form, source in zip(forms, laid, strict=True):
        rows = label_form(form, tools.levels).rows
        for (r, i), role in roles_of(rows, source).items():
            found = rows[r].cells[i].role
            if rows[r].n_cols == 0 or role not in ROLES:
                continue
            cells += 1
            # A project's own cells beside its indicators are columns of the sheet and fields of the record.
            same = _SAME_ROLE.get(role, role) is _SAME_ROLE.get(found or role, found)
            right += same or (found is Role.EXTRA and role in (Role.VALUE, Role.NARRATIVE))
    return cells, right


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
