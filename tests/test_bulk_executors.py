"""Proves that who does the work changes nothing: serial, processes, and a Ray cluster that loses a node on the way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import bulk_fakes
import pytest
from test_bulk import OPTIONS

from pipeline.bulk import BulkOptions, BulkSummary, Limits, run_store
from pipeline.store import Store

ray: Any = pytest.importorskip("ray")
EXECUTORS = ("serial", "processes", "ray")


@pytest.fixture(scope="module")
def two_nodes() -> Iterator[Any]:
    """A real cluster of two nodes on this machine, beside a head that does no work."""
    from ray import cluster_utils

    root = Path(__file__).parent.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{root}{os.pathsep}{root / 'tests'}")
        patch.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
        cluster: Any = cluster_utils.Cluster(
            initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": 80 << 20}
        )
        try:
            cluster.nodes_for_tests = [cluster.add_node(num_cpus=1, object_store_memory=80 << 20) for _ in range(2)]
            yield cluster
        finally:
            ray.shutdown()
            cluster.shutdown()


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Twelve scans, each a document; two are one content."""
    folder = tmp_path / "in"
    for grey in range(12):
        (folder / f"d{grey:02d}").mkdir(parents=True)
        bulk_fakes.draw(folder / f"d{grey:02d}" / "scan.png", grey % 11)
    return folder


def options_of(executor: str, request: pytest.FixtureRequest) -> BulkOptions:
    address = request.getfixturevalue("two_nodes").address if executor == "ray" else None
    return replace(OPTIONS, executor=executor, workers=2, limits=Limits(30), address=address)


def bodies(store: str, pages: Path, options: BulkOptions) -> tuple[BulkSummary, list[str]]:
    with Store.open(store, create=True) as opened:
        return run_store([pages], opened, options=options), list(opened.record_bodies())


@pytest.mark.parametrize("executor", EXECUTORS)
def test_every_executor_gives_the_serial_answer(
    executor: str, pages: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The same records, byte for byte, and each content read once."""
    _, expected = bodies(str(tmp_path / "serial.db"), pages, OPTIONS)

    summary, found = bodies(str(tmp_path / "other.db"), pages, options_of(executor, request))

    assert found == expected
    assert (summary.tally.pages_read, summary.totals["pages_failed"], len(found)) == (11, 0, 12)


@pytest.mark.parametrize("executor", EXECUTORS[1:])
def test_a_page_that_kills_its_workers_is_set_aside(
    executor: str, pages: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Whatever the executor: the page is named, and the others go on."""
    summary, found = bodies(
        str(tmp_path / "a.db"), pages, replace(options_of(executor, request), load_reader=bulk_fakes.load_deadly_reader)
    )

    assert (summary.tally.pages_failed, summary.exit_code(), len(found)) == (1, 3, 11)


def test_a_node_that_dies_loses_nothing(
    pages: Path, tmp_path: Path, request: pytest.FixtureRequest, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of two machines is gone in the middle: its page is done elsewhere; the store is PostgreSQL."""
    _, expected = bodies(str(tmp_path / "serial.db"), pages, OPTIONS)
    cluster = request.getfixturevalue("two_nodes")
    options = options_of("ray", request)
    read: list[str] = []

    def on_event(name: str, data: dict[str, Any]) -> None:
        if name == "page":
            read.append(data["file"])
            if len(read) == 2:
                cluster.remove_node(cluster.nodes_for_tests[0], allow_graceful=False)

    options = replace(options, load_reader=bulk_fakes.load_slow_reader, on_event=on_event)
    summary, found = bodies(postgres_url, pages, options)

    assert found == expected
    assert (len(read), summary.tally.pages_failed) == (11, 0)
