"""Proofs for pipeline/synth/pages: pages by seed, and folders that can be read back."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from pipeline.synth.pages import make_document, make_pages, read_pages, write_pages

LAYOUT = "tianjin-2020"


def test_a_folder_reads_back_as_what_was_written(tmp_path: Path) -> None:
    """Benchmarks draw pages once and read them often; not a pixel and not a corner may change on the way."""
    _, pages = make_pages(LAYOUT, "stamp", 3, dpi=60)

    files = write_pages(tmp_path, LAYOUT, "stamp", 3, dpi=60)
    again = list(read_pages(tmp_path))

    assert len(files) == len(pages) == len(again)
    for page, back in zip(pages, again, strict=True):
        assert (page.image == back.image).all()
        assert (page.tables, page.lines, page.seals) == (back.tables, back.lines, back.seals)
        assert (page.dpi, page.em, page.kind, page.turned) == (back.dpi, back.em, back.kind, back.turned)


def test_kinds_are_compared_on_the_same_forms() -> None:
    """The form and its look depend on layout, split and seed; only the damage depends on the kind."""
    form, clean = make_pages(LAYOUT, "clean", 3, dpi=60)
    same, fax = make_pages(LAYOUT, "fax", 3, dpi=60)
    other, _ = make_pages(LAYOUT, "clean", 4, dpi=60)

    assert form == same
    assert form != other
    for a, b in zip(clean, fax, strict=True):
        assert [c.text for t in a.tables for c in t.cells] == [c.text for t in b.tables for c in t.cells]


def test_pages_of_one_form_are_damaged_each_in_its_own_way() -> None:
    """A feeder takes every sheet at another angle."""
    _, pages = make_pages("zhengzhou-2020", "scan", 1, dpi=60)

    corners = {
        np.asarray(page.tables[0].cells[0].polygon)[1, 1] - page.tables[0].cells[0].polygon[0][1] for page in pages
    }

    assert len(pages) > 1
    assert len(corners) == len(pages)


def test_a_document_may_hold_several_tables_on_a_page() -> None:
    """Roll-ups print one form below the other; each table keeps the number of its block."""
    layouts = [LAYOUT, LAYOUT, "mof-2021-101-core"]

    forms, apart = make_document(layouts, "clean", 2, dpi=60)
    same, together = make_document(layouts, "clean", 2, new_pages=False, dpi=60)

    assert forms == same
    assert len(together) <= len(apart)
    assert max(len(page.tables) for page in together) > 1
    assert max(Counter(table.block for page in apart for table in page.tables)) == max(
        table.block for page in together for table in page.tables
    )
