"""Proves pipeline/evaluation/bench.py, peers.py and readings.py: figures go on where they stopped, and are true."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from builders import page_of
from PIL import Image

import pipeline.evaluation.readings
from pipeline.document import Page, PageReading
from pipeline.errors import InputError
from pipeline.evaluation.bench import OURS, BenchCase, Report
from pipeline.evaluation.forms import FormScore
from pipeline.evaluation.peers import PeerPage, Peers
from pipeline.evaluation.readings import PageReader
from pipeline.leftside import ReaderTools

HTML = "<p>标题</p>\n<table><tr><td colspan=2>项目</td></tr><tr><td>一</td><td>3</td></tr></table>"


def case(system: str, kind: str, right: int, *, silent: int = 0, seconds: float = 1.0) -> BenchCase:
    stages = ("decode", "straighten", "detect", "grid", "crops", "recognise")
    score = FormScore(rows=10, rows_found=10, rows_right=right, values=40, silent=silent)
    return BenchCase(system, "a-layout", kind, 1, score, (dict.fromkeys(stages, seconds / 6),), ({"all": seconds},))


def test_a_report_adds_up_kinds_and_systems_apart() -> None:
    """Averages over kinds hide the one that fails, and a peer's rows must not count for zhibiao."""
    report = Report([case(OURS, "clean", 10), case("img2table", "clean", 4), case(OURS, "fax", 8)])

    lines = list(report.lines())

    assert (report.score(OURS, "clean").f1, report.score(OURS, "fax").f1, report.score(OURS).f1) == (1.0, 0.8, 0.9)
    assert report.score("img2table").f1 == 0.4
    assert [line.split()[0] for line in lines[1:4]] == ["clean", "fax", "all"]
    assert [worst.kind for worst in report.worst()] == ["fax"]


def test_what_is_below_its_bar_is_said() -> None:
    """The exit code of the benchmark hangs on it: rows, silent errors, and speed beside img2table."""
    good = Report([case(OURS, "clean", 10), case("img2table", "clean", 4, seconds=1.6)])
    bad = Report([case(OURS, "fax", 8, silent=1), case("img2table", "fax", 4, seconds=1.4)])

    assert list(good.below()) == []
    assert [found.split()[0] for found in bad.below()] == ["fax:", "silent", "pages"]


def test_a_peers_page_enters_as_its_file_would() -> None:
    """Table, span and loose line come through; a page that the peer failed on is a page with nothing on it."""
    reading = PeerPage(HTML, {}, {}).reading(2, "page-3.png")
    failed = PeerPage("", {}, {}, "ValueError: no table").reading(0, "page-1.png")

    assert (reading.index, [line.text for line in reading.lines]) == (2, ["标题"])
    assert [(r.cell.colspan, r.text) for r in reading.tables[0].readings] == [(2, "项目"), (1, "一"), (1, "3")]
    assert failed.blocks == ()


def peers_home(folder: Path, script: str) -> Path:
    """An environment whose Python is a script that answers for every peer."""
    home = folder / "env"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "worker.py").write_text(script, "utf-8")
    python = home / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{home}/bin/worker.py" "$@"\n', "utf-8")
    python.chmod(0o755)
    return home


ANSWERS = """
import json, sys
for line in sys.stdin:
    answer = {"html": line.strip(), "seconds": {"text": 1.0}, "cpu": {"text": 0.5}, "error": None}
    print(json.dumps({name: answer for name in sys.argv[2:]}), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_peers_answer_is_kept(tmp_path: Path) -> None:
    """Peers take seconds a page: a run that goes on must not ask again, even where the peers are gone meanwhile."""
    page = tmp_path / "page.png"
    page.write_bytes(b"a page")
    home = peers_home(tmp_path, ANSWERS)
    peers = Peers(home, tmp_path / "kept", ["one", "two"])

    first = peers.read(page)
    peers.close()
    (home / "bin" / "worker.py").write_text("raise SystemExit(1)", "utf-8")
    again = Peers(home, tmp_path / "kept", ["one", "two"]).read(page)

    assert first.keys() == {"one", "two"}
    assert first["one"].html == str(page)
    assert again == first


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_peer_that_stops_says_what_to_do(tmp_path: Path) -> None:
    """A crash inside a peer's library ends its process; the benchmark must neither hang nor invent an answer."""
    page = tmp_path / "page.png"
    page.write_bytes(b"a page")
    peers = Peers(peers_home(tmp_path, "raise SystemExit(1)"), tmp_path / "kept", ["one"])

    with pytest.raises(InputError, match="setup_peers"):
        peers.read(page)
    with pytest.raises(InputError, match="setup_peers"):
        Peers(tmp_path / "nowhere", tmp_path / "kept")


def test_a_page_is_read_once_for_a_state_of_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old figures under new code would be a lie, new readings under old code a waste."""
    asked: list[int] = []

    def read_page(page: Page, tools: Any) -> PageReading:
        asked.append(page.index)
        tools.seconds.update({"straighten": 2.0, "grid": 1.0, "read": 3.0})
        return page_of("甲 | 乙", pixels=True)

    digest = ["code 1"]
    module = pipeline.evaluation.readings
    engine: Any = SimpleNamespace(name="fake")
    monkeypatch.setattr(module, "load_reader", lambda settings: ReaderTools(settings, engine))
    monkeypatch.setattr(module, "read_page", read_page)
    monkeypatch.setattr(module, "code_digest", lambda *_: digest[0])
    Image.new("L", (20, 20), 255).save(tmp_path / "page.png")

    first = PageReader(tmp_path / "kept").read(tmp_path / "page.png")
    again = PageReader(tmp_path / "kept").read(tmp_path / "page.png")
    assert asked == [0]
    assert (again.reading.blocks, again.seconds) == (first.reading.blocks, first.seconds)
    assert first.seconds["straighten"] + first.seconds["grid"] + first.seconds["crops"] == 6.0

    digest[0] = "code 2"
    PageReader(tmp_path / "kept").read(tmp_path / "page.png")
    assert asked == [0, 0]
