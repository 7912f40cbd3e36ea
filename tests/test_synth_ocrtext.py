"""Laws of the writer of OCR text."""

from __future__ import annotations

import random

import pytest

from pipeline.synth.layouts import LAYOUTS, make_document
from pipeline.synth.model import LaidTable
from pipeline.synth.ocrtext import STYLES, DamageSettings, write_ocr_text


@pytest.mark.parametrize("style", STYLES)
def test_the_same_seed_gives_the_same_text(style):
    """Figures can only be compared when the damage can be made again."""
    texts = []
    for _ in range(2):
        rng = random.Random(5)
        texts.append(write_ocr_text(make_document(LAYOUTS[:2], rng, "train"), rng, style=style))

    assert texts[0] == texts[1]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_undamaged_tabs_hold_every_cell_in_its_column(layout):
    """Without damage the text is the table: splitting at tabs gives back every cell where it was laid."""
    rng = random.Random(11)
    forms = make_document([layout, layout], rng, "train")

    text, written = write_ocr_text(forms, rng, DamageSettings.none(), "tsv")

    rows = iter(line.split("\t") for line in text.split("\n") if "\t" in line)
    for form in forms:
        for table in (block for block in form.blocks if isinstance(block, LaidTable)):
            laid = [[""] * table.n_cols for _ in range(table.n_rows)]
            for cell in table.cells:
                laid[cell.row][cell.col] = "".join(cell.text.split())
            for row in laid:
                assert ["".join(text.split()) for text in next(rows)] == row
    assert [form.truth for form in written] == [form.truth for form in forms]
    assert not any(form.damages for form in written)
