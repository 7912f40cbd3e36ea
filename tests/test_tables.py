"""Proves pipeline/tables.py and what measures grids: pipeline/evaluation/tables.py, pipeline/evaluation/readings.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from builders import page_of
from PIL import Image

import pipeline.leftside
from pipeline.document import Cell, Page, PageReading, Place, Reading, Table
from pipeline.evaluation.readings import DrawnPages
from pipeline.evaluation.tables import box_score, faults
from pipeline.ocrtext import read_text_bytes
from pipeline.synth.pages import make_pages
from pipeline.synth.render import RenderedPage
from pipeline.synth.score import score_page
from pipeline.tables import TablesSummary, page_html, page_json, write_tables

SPANS = """\
项目 | < | 金额
一、收入 | 本年 | 12.50
^ | 上年 |
"""
GRID_TEXT = "<table><tr><td colspan=2>项目</td><td>金额</td></tr><tr><td>一</td><td>二</td><td>3</td></tr></table>"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., tuple[TablesSummary, Path, list[str]]]:
    """Write the tables of inputs into a folder; returns the summary, the folder, and what was said."""

    def write(*inputs: Path, out: str = "out", **options: Any) -> tuple[TablesSummary, Path, list[str]]:
        said: list[str] = []
        summary = write_tables(list(inputs), tmp_path / out, say=said.append, **options)
        return summary, tmp_path / out, said

    return write


def text_file(folder: Path, name: str, text: str = GRID_TEXT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return folder / name


def slots(table: Table) -> list[tuple[int, int, int, int, str]]:
    return sorted((r.cell.row, r.cell.col, r.cell.rowspan, r.cell.colspan, r.text) for r in table.readings)


# -- the files --------------------------------------------------------------------------------------------------------


def test_json_holds_what_the_contract_names_and_nothing_else() -> None:
    """Programs are written against these names; pages count from one, rows and columns from zero."""
    reading = page_of(SPANS, index=2, pixels=True)

    content = json.loads(page_json(reading))

    assert content.keys() == {"page", "tables"}
    assert content["page"] == 3
    [table] = content["tables"]
    assert table.keys() == {"ruled", "cells"}
    assert table["ruled"] is True
    assert all(
        list(cell) == ["row", "col", "rowspan", "colspan", "text", "confidence", "polygon", "support"]
        for cell in table["cells"]
    )
    assert sorted((c["row"], c["col"], c["rowspan"], c["colspan"], c["text"]) for c in table["cells"]) == slots(
        reading.tables[0]
    )


def test_html_read_back_is_the_same_grid() -> None:
    """Spans and blank cells survive, so that a browser and any importer see the page's own grid."""
    reading = page_of(SPANS, pixels=True)

    [again] = read_text_bytes(page_html(reading).encode(), "page.html")

    assert slots(again.tables[0]) == slots(reading.tables[0])


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "</td><td>x", "a & b < c", "\u202e100%\x00", "\ud800"])
def test_text_of_a_document_is_never_markup(text: str) -> None:
    """Whoever can print a page must not run code in the browser of who reads it, nor move cells."""
    table = Table((Reading(Cell(0, 0), text),), 1, 1)

    written = page_html(PageReading(0, f"{text}.png", "0" * 64, (table,)))

    assert written.count("<td") == written.count("</td>") == 1
    assert "<script" not in written
    assert not set(written) & set("\u202e\x00\ud800")
    written.encode()


def test_inferred_grids_say_so() -> None:
    """Rows and columns that alignment suggests are not as good as ruled ones."""
    table = Table((Reading(Cell(0, 0, support=0.0), "甲"),), 1, 1, ruled=False)

    reading = PageReading(0, "a.png", "0" * 64, (table,))

    assert 'data-grid="inferred"' in page_html(reading)
    assert json.loads(page_json(reading))["tables"][0]["ruled"] is False


# -- the way through --------------------------------------------------------------------------------------------------


def test_every_page_gets_its_files_and_its_account(
    write: Callable[..., tuple[TablesSummary, Path, list[str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scan of two pages is two pairs of files, and run.json names them; the second time nothing is read again."""
    asked = []

    def read_page(page: Page, tools: object, debug: Path | None) -> PageReading:
        asked.append(page.index)
        return replace(page_of(SPANS, page.index, pixels=True), file=page.file, sha256=page.sha256)

    engine = SimpleNamespace(engine=SimpleNamespace(name="fake 1"))
    monkeypatch.setattr(pipeline.leftside, "load_reader", lambda settings: engine)
    monkeypatch.setattr(pipeline.leftside, "read_page", read_page)
    frames = [Image.new("L", (20, 20), 255 - number) for number in range(2)]
    frames[0].save(tmp_path / "扫描.tiff", save_all=True, append_images=frames[1:])

    summary, out, said = write(tmp_path / "扫描.tiff")
    write(tmp_path / "扫描.tiff")

    assert (summary.tables, summary.pages, summary.exit_code(), said) == (2, 2, 0, [])
    [account] = json.loads((out / "run.json").read_text("utf-8"))["inputs"]
    assert [page["json"] for page in account["pages"]] == ["扫描-page-1.json", "扫描-page-2.json"]
    assert [json.loads((out / page["json"]).read_text("utf-8"))["page"] for page in account["pages"]] == [1, 2]
    assert all((out / page["html"]).read_text("utf-8").startswith("<!DOCTYPE html>") for page in account["pages"])
    assert asked == [0, 1]


def test_exit_codes_and_accounts_are_those_of_run(
    write: Callable[..., tuple[TablesSummary, Path, list[str]]], tmp_path: Path
) -> None:
    """Scripts that know `zhibiao run` know this command."""
    good, prose = text_file(tmp_path, "good.html"), text_file(tmp_path, "prose.txt", "没有表格的一段话。\n")
    missing = tmp_path / "missing.pdf"

    assert write(good, out="a")[0].exit_code() == 0
    assert write(prose, out="b")[0].exit_code() == 0
    assert write(good, missing, out="c")[0].exit_code() == 3
    assert write(missing, out="d")[0].exit_code() == 5

    account = json.loads((tmp_path / "c" / "run.json").read_text("utf-8"))
    assert [entry["status"] for entry in account["inputs"]] == ["read", "failed"]
    [skipped] = json.loads((tmp_path / "b" / "run.json").read_text("utf-8"))["inputs"]
    assert (skipped["status"], "no table" in skipped["why"]) == ("skipped", True)


def test_a_server_s_page_saved_as_a_scan_has_failed(write: Callable[..., Any], tmp_path: Path) -> None:
    """A scan that never arrived is no document without tables; what is a table is read, whatever its name."""
    broken = text_file(tmp_path, "scan.pdf", "<html>404 Not Found</html>")

    summary, _, said = write(broken, text_file(tmp_path, "table.png"))

    assert [account.status for account in summary.inputs] == ["failed", "read"]
    assert "get the file again" in said[0]
    assert summary.exit_code() == 3


def test_documents_of_one_name_do_not_overwrite_each_other(
    write: Callable[..., tuple[TablesSummary, Path, list[str]]], tmp_path: Path
) -> None:
    """Archives hold a scan.pdf in every folder; some file systems hold SCAN to be scan."""
    files = [text_file(tmp_path / folder, name) for folder, name in (("1", "scan.html"), ("2", "SCAN.htm"))]
    files.append(text_file(tmp_path / "3", "scan.txt", GRID_TEXT.replace("金额", "数量")))

    summary, out, _ = write(*files)

    names = [page["json"] for account in summary.inputs for page in account.pages]
    assert names == ["scan-page-1.json", "SCAN~2-page-1.json", "scan~3-page-1.json"]
    assert ["数量" in (out / name).read_text("utf-8") for name in names] == [False, False, True]


def test_a_name_that_no_file_may_have_is_mended(
    write: Callable[..., tuple[TablesSummary, Path, list[str]]], tmp_path: Path
) -> None:
    """The longest name leaves no room for an ending, and a line end in a name breaks listings."""
    files = [text_file(tmp_path, "预" * 80 + ".html"), text_file(tmp_path, "a\nb.html")]

    summary, out, _ = write(*files)

    names = [page["html"] for account in summary.inputs for page in account.pages]
    assert summary.exit_code() == 0
    assert all((out / name).is_file() and len(name.encode()) < 255 for name in names)
    assert names[1] == "a_b-page-1.html"


def test_an_interrupted_run_is_accounted_for(
    write: Callable[..., tuple[TablesSummary, Path, list[str]]], tmp_path: Path
) -> None:
    """What was written before Ctrl-C stays, and the account says that it is not all."""

    def on_input(path: Path) -> None:
        if path.name == "b.html":
            raise KeyboardInterrupt

    summary, out, _ = write(text_file(tmp_path, "a.html"), text_file(tmp_path, "b.html"), on_input=on_input)

    account = json.loads((out / "run.json").read_text("utf-8"))
    assert (summary.exit_code(), account["interrupted"], account["totals"]["tables"]) == (130, True, 1)


@pytest.mark.engine
def test_a_drawn_page_comes_out_as_its_own_grid(
    write: Callable[..., tuple[TablesSummary, Path, list[str]]], tmp_path: Path
) -> None:
    """From pixels, with the real engine: the files hold the grid that was drawn."""
    _, [page, *_] = make_pages("zhengzhou-2020", "clean", 500_000)
    Image.fromarray(page.image).save(tmp_path / "page.png")

    _, out, _ = write(tmp_path / "page.png")

    content = json.loads((out / "page-page-1.json").read_text("utf-8"))
    [table], [drawn] = content["tables"], page.tables
    found = {(c["row"], c["col"], c["rowspan"], c["colspan"]) for c in table["cells"]}
    assert found == {(c.row, c.col, c.rowspan, c.colspan) for c in drawn.cells}
    assert all(len(cell["polygon"]) == 4 and 0 <= cell["support"] <= 1 for cell in table["cells"])


# -- what measures them -----------------------------------------------------------------------------------------------


def drawn_page() -> RenderedPage:
    return make_pages("zhengzhou-2020", "clean", 500_000, dpi=60)[1][0]


def as_read(page: RenderedPage) -> PageReading:
    """The reading that a perfect reader makes of a drawn page."""
    tables = tuple(
        Table(
            tuple(
                Reading(Cell(c.row, c.col, c.rowspan, c.colspan, c.polygon), c.text, places=(Place(0, c.polygon),))
                for c in table.cells
            ),
            table.n_rows,
            table.n_cols,
        )
        for table in page.tables
    )
    return PageReading(0, "page.png", "0" * 64, tables)


def test_a_perfect_reading_has_no_faults_and_a_worse_one_has() -> None:
    """A measure that finds fault with the truth, or none with a missing table, measures nothing."""
    page = drawn_page()
    perfect = as_read(page)
    spoilt = replace(perfect.tables[0], readings=perfect.tables[0].readings[1:])

    assert list(faults(perfect, page)) == []
    assert score_page(perfect, page).structure_f1 == score_page(perfect, page).exact_f1 == 1.0
    assert any("1 cells missing" in fault for fault in faults(replace(perfect, blocks=(spoilt,)), page))
    assert any("table lost" in fault for fault in faults(replace(perfect, blocks=()), page))


def boxes_of(*boxes: tuple[int, int, int, int], pairs: tuple[tuple[int, int, str], ...] = ()) -> dict[str, Any]:
    return {
        "cells": [{"id": i, "bbox": list(box)} for i, box in enumerate(boxes)],
        "adjacency": [list(p) for p in pairs],
    }


def grid_of(columns: list[int], rows: list[int]) -> PageReading:
    readings = tuple(
        Reading(Cell(r, c, polygon=((x0, y0), (x1, y0), (x1, y1), (x0, y1))), "字")
        for r, (y0, y1) in enumerate(pairwise(rows))
        for c, (x0, x1) in enumerate(pairwise(columns))
    )
    return PageReading(0, "page.png", "0" * 64, (Table(readings, len(rows) - 1, len(columns) - 1),))


def test_a_box_lies_in_one_cell_or_is_a_fault() -> None:
    """A wall through a text, a text in no cell and two texts in one cell are the three ways to be wrong."""
    reading = grid_of([0, 100, 200, 300], [0, 40])
    inside, cut, outside = (110, 10, 180, 30), (60, 10, 140, 30), (310, 10, 350, 30)

    scores = [box_score(reading, boxes_of(box)) for box in (inside, cut, outside)]
    both = box_score(reading, boxes_of((110, 10, 140, 30), (150, 10, 190, 30)))

    assert [(s.in_one, s.alone, len(s.faults)) for s in scores] == [(1, 1, 0), (0, 0, 1), (0, 0, 1)]
    assert (both.in_one, both.alone, both.faults) == (2, 0, ("2 boxes in one cell",))


def test_neighbours_skip_blank_cells() -> None:
    """People marked who stands next to whom among the texts; a blank cell between two is no neighbour."""
    reading = grid_of([0, 100, 200, 300], [0, 40, 80])
    pairs = ((0, 1, "R"), (0, 2, "B"))

    score = box_score(reading, boxes_of((10, 10, 90, 30), (210, 10, 290, 30), (10, 50, 90, 70), pairs=pairs))

    assert (score.pairs, score.pairs_found, score.pairs_right) == (2, 2, 2)


def test_pages_are_drawn_once(tmp_path: Path) -> None:
    """Drawing costs as much as reading: a measurement that goes on must find its pages."""
    drawn, times = drawn_page(), []

    def draw() -> tuple[list[RenderedPage], dict[str, Any]]:
        times.append(1)
        return [drawn], {"about": "a test"}

    for _ in range(2):
        [(path, page)], about = DrawnPages(tmp_path).get("one", draw)

        assert (path.is_file(), page.tables, about["about"]) == (True, drawn.tables, "a test")
    assert times == [1]
