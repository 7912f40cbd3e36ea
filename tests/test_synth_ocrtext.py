"""Laws of the writer of OCR text: without damage nothing changes, and every damage noted is really in the text."""

from __future__ import annotations

import csv
import html
import io
import random
import re
from collections import Counter
from dataclasses import replace

import pytest
from lxml import html as lxml_html

from pipeline.dictionaries import comparison_key
from pipeline.synth.layouts import LAYOUTS, SPECIAL_LAYOUTS, UNSEEN_LAYOUTS, make_document
from pipeline.synth.model import LaidForm, LaidTable
from pipeline.synth.ocrtext import STYLES, DamageSettings, Style, write_ocr_text
from pipeline.synth.typos import KINDS

ALL_LAYOUTS = (*LAYOUTS, *UNSEEN_LAYOUTS, *SPECIAL_LAYOUTS)
HEAVY = replace(
    DamageSettings(), rows=0.2, value_lost=0.02, zipped=0.03, operators=0.05, level1_typos=0.1, level2_typos=0.1,
    level3_typos=0.1,
    field_typos=0.1, centred_labels=0.3, header_repeated=0.4, split_names=0.5, level1_missing=0.5,
)  # fmt: skip


def plain(text: str) -> str:
    return "".join(text.split())


def bare(text: str) -> str:
    """The text without tags; a < before a digit is a sign, not a tag."""
    return html.unescape(re.sub(r"</?[a-z][^>]*>", "", text))


def laid_rows(form: LaidForm) -> list[list[str]]:
    """The tables' rows as slots; what a span covers is blank."""
    rows = []
    for table in (block for block in form.blocks if isinstance(block, LaidTable)):
        slots = [[""] * table.n_cols for _ in range(table.n_rows)]
        for cell in table.cells:
            slots[cell.row][cell.col] = plain(cell.text)
        rows += slots
    return rows


@pytest.mark.parametrize("style", STYLES)
def test_the_same_seed_gives_the_same_text(style: Style) -> None:
    """Figures can only be compared when the damage can be made again."""
    one, two = (
        write_ocr_text(make_document(LAYOUTS[:2], random.Random(5), "train"), random.Random(5), style=style)
        for _ in range(2)
    )

    assert one == two


@pytest.mark.parametrize("layout", ALL_LAYOUTS)
def test_undamaged_tabs_hold_every_cell_in_its_column(layout: str) -> None:
    """Without damage the text is the table: splitting at tabs gives back every cell where it was laid."""
    forms = make_document([layout, layout], random.Random(11), "train")

    text, written = write_ocr_text(forms, random.Random(11), DamageSettings.none(), "tsv")

    rows = [[plain(cell) for cell in line.split("\t")] for line in text.split("\n") if "\t" in line]
    assert rows == [row for form in forms for row in laid_rows(form)]
    assert [form.truths for form in written] == [form.truths for form in forms]
    assert not any(form.damages for form in written)


@pytest.mark.parametrize("layout", ALL_LAYOUTS)
def test_undamaged_csv_holds_every_cell_in_its_column(layout: str) -> None:
    """The standard library's reader is the judge."""
    [form] = make_document([layout], random.Random(12), "train")

    text, _ = write_ocr_text([form], random.Random(12), DamageSettings.none(), "csv")

    read = [[plain(cell) for cell in row] for row in csv.reader(io.StringIO(text))]
    loose = sum(not isinstance(block, LaidTable) for block in form.blocks)
    rows = laid_rows(form)
    assert [row for row in read if row in rows] == rows
    assert len(read) == len(rows) + loose


@pytest.mark.parametrize("layout", ALL_LAYOUTS)
@pytest.mark.parametrize("style", ["html", "html-flat"])
def test_undamaged_html_says_where_every_cell_stands(layout: str, style: Style) -> None:
    """Laid out by the rules of HTML, each cell has its place and span again (flat: its slot)."""
    [form] = make_document([layout], random.Random(13), "train")
    [table] = (block for block in form.blocks if isinstance(block, LaidTable))

    text, _ = write_ocr_text([form], random.Random(13), DamageSettings.none(), style)

    found = _html_cells(text)
    if style == "html":
        assert found == {(c.row, c.col, c.rowspan, c.colspan): plain(c.text) for c in table.cells}
    else:
        slots = {(r, c): text for r, row in enumerate(laid_rows(form)) for c, text in enumerate(row)}
        assert found == {(r, c, 1, 1): text for (r, c), text in slots.items()}


def _html_cells(text: str) -> dict[tuple[int, int, int, int], str]:
    """Place cells as the HTML standard's table model does."""
    [table] = lxml_html.fromstring(f"<div>{text}</div>").iter("table")
    taken: set[tuple[int, int]] = set()
    found = {}
    for r, tr in enumerate(table.iter("tr")):
        c = 0
        for cell in tr:
            while (r, c) in taken:
                c += 1
            height, width = int(cell.get("rowspan", "1")), int(cell.get("colspan", "1"))
            found[r, c, height, width] = plain(cell.text_content())
            taken |= {(r + i, c + j) for i in range(height) for j in range(width)}
    return found


@pytest.mark.parametrize("style", ["mixture", "tsv"])
@pytest.mark.parametrize("layout", ALL_LAYOUTS)
def test_every_damage_is_in_the_text(style: Style, layout: str) -> None:
    """A damage that cannot be seen would be counted as found by a reader who saw nothing."""
    for seed in range(3):
        forms = make_document([layout], random.Random(seed), "train")
        text, [form] = write_ocr_text(forms, random.Random(seed), HEAVY, style)
        lines = ["\t".join(comparison_key(cell) for cell in line.split("\t")) for line in bare(text).split("\n")]
        whole = comparison_key(bare(text))

        for damage in form.damages:
            after = "\t".join(comparison_key(cell) for cell in damage.after.split("\t"))
            if damage.kind.startswith(("shift", "level-rep", "level-miss", "zipped")):
                assert after in lines, damage
                assert damage.after != damage.before
            elif damage.kind == "header-repeated":
                # The copy leaves out a label that is written over the grid's height.
                assert after in lines
            elif damage.kind in {*KINDS, "operator"}:
                assert comparison_key(damage.after) in whole, damage
            elif damage.kind == "fallout":
                inside = [line for line in lines if "\t" in line]
                assert comparison_key(damage.after)[:40] not in "".join(inside)
                assert comparison_key(damage.after)[:40] in whole
            elif damage.kind == "cell-split":
                assert all(comparison_key(part) in whole for part in damage.after.split("\n"))
                assert comparison_key(damage.before) not in "\t".join(lines).split("\t")
            elif damage.kind == "value-lost":
                number = int(re.findall(r"\d+", damage.at)[0])
                kept = [row for truth in form.truths for row in truth.indicators][number]
                assert kept.target != damage.before or damage.at.endswith("extra")


@pytest.mark.parametrize("style", STYLES)
def test_no_text_is_lost_but_what_is_noted(style: Style) -> None:
    """Truth may only ask for what the text still holds: every name, target and field that the truth keeps is there."""
    for seed in range(4):
        forms = make_document(["zhengzhou-2020", "self-eval-2020-10"], random.Random(seed), "train")
        text, written = write_ocr_text(forms, random.Random(seed), DamageSettings(rows=0.2), style)
        whole = comparison_key(bare(text).replace("\\|", "|"))

        for form in written:
            # Damage before a label's typo is the truth, after it the text; names cut or zipped are in pieces.
            pieces = {d.before for d in form.damages if d.kind in {"cell-split", "zipped"} or d.kind in KINDS}
            for row in form.truth.indicators:
                if row.level3 and not any(row.level3 in piece for piece in pieces):
                    assert comparison_key(row.level3) in whole
                if row.target:
                    assert comparison_key(row.target) in whole
            for value in form.truth.fields.values():
                cut = value in pieces
                assert cut or comparison_key(value).replace("|", "") in whole.replace("|", "")


def test_a_lost_value_is_lost_in_the_truth_too() -> None:
    """What fell off the page cannot be recovered: the truth asks for nothing there."""
    lost = 0
    for seed in range(10):
        forms = make_document(["zhengzhou-2020"], random.Random(seed), "train")
        _, [form] = write_ocr_text(forms, random.Random(seed), DamageSettings(rows=0.2, value_lost=0.05))
        gone = {int(re.findall(r"\d+", d.at)[0]) for d in form.damages if d.kind == "value-lost"}
        for number, (before, after) in enumerate(zip(forms[0].truth.indicators, form.truth.indicators, strict=True)):
            assert after.level3 is None or comparison_key(after.level3) == comparison_key(before.level3 or "")
            if number in gone:
                assert (before.target, after.target) == (before.target, None)
                lost += 1
            else:
                assert comparison_key(after.target or "") == comparison_key(before.target or "")
    assert lost > 5


def test_as_many_rows_are_shifted_as_asked() -> None:
    """One row in ten by default: the share in the one real text known."""
    shifted = rows = 0
    for seed in range(40):
        forms = make_document(["zhengzhou-2020"], random.Random(seed), "train")
        _, [form] = write_ocr_text(forms, random.Random(seed))
        rows += len(form.truth.indicators)
        shifted += sum(damage.kind.startswith("shift") for damage in form.damages)

    assert 0.07 < shifted / rows < 0.13


def test_every_way_of_shifting_occurs() -> None:
    """A reader must have met all five."""
    kinds: Counter[str] = Counter()
    for seed in range(40):
        forms = make_document(["zhengzhou-2020"], random.Random(seed), "train")
        _, [form] = write_ocr_text(forms, random.Random(seed))
        kinds.update(damage.kind for damage in form.damages)

    assert all(kinds[f"shift-S{number}"] >= 3 for number in range(1, 6)), kinds
    assert min(kinds["level-repeated"], kinds["cell-split"], kinds["fallout"]) >= 3, kinds


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_line_of_a_tabbed_table_has_the_same_number_of_tabs(layout: str) -> None:
    """The real text keeps its tab count on every line, however rows shift: shifting must not widen a row."""
    [form] = make_document([layout], random.Random(21), "train")
    [table] = (block for block in form.blocks if isinstance(block, LaidTable))

    text, _ = write_ocr_text([form], random.Random(21), HEAVY, "mixture")

    assert {line.count("\t") for line in text.split("\n")} <= {0, table.n_cols - 1}
