"""Proves that a run over a store with the real engine in worker processes is the plain run, and reads nothing twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.bulk import BulkOptions, run_store
from pipeline.run import run_inputs
from pipeline.store import Store

SCAN = Path(__file__).parent.parent / "fixtures" / "pages" / "clean"


@pytest.mark.engine
def test_workers_read_as_the_plain_run_does(tmp_path: Path) -> None:
    """Two processes with one thread each give the bytes of one process with all threads; a second run reads nothing."""
    (tmp_path / "in").mkdir()
    page = sorted(path for path in SCAN.iterdir() if path.suffix in (".png", ".jpg"))[0]
    for name in ("a", "b"):
        shutil.copy(page, tmp_path / "in" / f"{name}{page.suffix}")
    run_inputs([tmp_path / "in"], tmp_path / "plain", separate=True, say=lambda _: None)

    options = BulkOptions(workers=2, say=lambda _: None)
    with Store.open(tmp_path / "a.db", create=True) as store:
        first = run_store([tmp_path / "in"], store, tmp_path / "out", separate=True, options=options)
        again = run_store([tmp_path / "in"], store, tmp_path / "out", separate=True, options=options)

    assert (tmp_path / "out" / "records.jsonl").read_bytes() == (tmp_path / "plain" / "records.jsonl").read_bytes()
    assert (first.tally.pages_read, first.totals["records"]) == (1, 2)
    assert (again.tally.pages_read, again.tally.made) == (0, 0)
