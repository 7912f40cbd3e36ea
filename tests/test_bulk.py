"""Proves pipeline/bulk: nothing lost, nothing done twice, whatever befalls a page, a worker, the run or the disk.

Pages and readings are the fakes' (bulk_fakes.py); processes, signals, memory and the disk are real.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import bulk_fakes
import pytest
from sqlalchemy import func, select

from pipeline.bulk import BulkOptions, BulkSummary, Limits, reinterpret_store, run_store
from pipeline.bulk.executors import ProcessExecutor, resident
from pipeline.bulk.tasks import MakeRecords, Outcome, PageSlot, ReadPage, Workshop
from pipeline.errors import StoreError
from pipeline.settings import Settings
from pipeline.sources import Source
from pipeline.store import Store
from pipeline.store import schema as t

OPTIONS = BulkOptions(
    workers=1,
    executor="serial",
    load_reader=bulk_fakes.load_reader,
    load_maker=bulk_fakes.load_maker,
    say=lambda _: None,
)
PROCESSES = replace(OPTIONS, executor="processes", limits=Limits(seconds=5.0, memory=400 << 20))


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Ten scans in ten folders and an eleventh that is a copy: eleven documents, ten contents."""
    folder = tmp_path / "in"
    for grey in range(10):
        (folder / f"d{grey}").mkdir(parents=True)
        bulk_fakes.draw(folder / f"d{grey}" / f"scan{grey}.png", grey)
    (folder / "d0" / "again").mkdir()
    bulk_fakes.draw(folder / "d0" / "again" / "copy.png", 3)
    return folder


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a file is a fault, and the log of what was read."""
    folder = tmp_path / "faults"
    folder.mkdir()
    monkeypatch.setenv(bulk_fakes.FAULTS, str(folder))
    monkeypatch.setenv(bulk_fakes.LOG, str(tmp_path / "log"))
    return folder


def run(inputs: Path, where: Path, options: BulkOptions = OPTIONS, name: str = "store.db") -> BulkSummary:
    with Store.open(where / name, create=True) as store:
        return run_store([inputs], store, where / "out", options=options)


def records(where: Path) -> bytes:
    return (where / "out" / "records.jsonl").read_bytes()


def account(where: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((where / "out" / "run.json").read_text("utf-8"))
    return found


@pytest.fixture
def undisturbed(pages: Path, tmp_path: Path) -> bytes:
    """The records of a run that nothing befell."""
    where = tmp_path / "undisturbed"
    assert run(pages, where).exit_code() == 0
    return records(where)


def log(tmp_path: Path) -> list[str]:
    return (tmp_path / "log").read_text("utf-8").split()


# -- nothing twice ----------------------------------------------------------------------------------------------------


def test_one_content_is_read_once(pages: Path, tmp_path: Path, faults: Path) -> None:
    """Eleven documents of ten contents are ten pages read, and eleven records."""
    summary = run(pages, tmp_path)

    assert sorted(log(tmp_path)) == [str(grey) for grey in range(10)]
    assert (summary.totals["records"], summary.totals["pages"]) == (11, 11)


def test_a_second_run_does_nothing_and_says_the_same(pages: Path, tmp_path: Path, faults: Path) -> None:
    """What is stored is neither read nor interpreted again; the folder's files are the same bytes."""
    run(pages, tmp_path)
    before = records(tmp_path)

    again = run(pages, tmp_path)

    assert (again.tally.pages_read, again.tally.made, again.tally.unchanged) == (0, 0, 11)
    assert records(tmp_path) == before
    assert len(log(tmp_path)) == 10


def test_another_engine_reads_again(pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of a reading holds the engine: what another one read is not this one's reading."""
    run(pages, tmp_path)
    monkeypatch.setattr(bulk_fakes.Reader, "name", "fake:2")

    assert run(pages, tmp_path).tally.pages_read == 10


def test_a_moved_archive_is_not_read_again(pages: Path, tmp_path: Path) -> None:
    """Content is addressed by its digest: new names make new documents, not new readings."""
    run(pages, tmp_path)
    moved = pages.rename(tmp_path / "moved")

    summary = run(moved, tmp_path)

    assert (summary.tally.pages_read, summary.tally.made) == (0, 11)


def test_every_page_is_accounted_for_once(pages: Path, tmp_path: Path) -> None:
    """run.json names each page of each input once, also where some are broken."""
    (pages / "d4" / "scan4.png").write_bytes((pages / "d4" / "scan4.png").read_bytes()[:40])
    (pages / "notes.bin").write_bytes(bytes(range(256)) * 10)

    summary = run(pages, tmp_path)

    inputs = account(tmp_path)["inputs"]
    listed = [(page["file"], page["page"]) for entry in inputs for page in entry["pages"]]
    paths = [entry["path"] for entry in inputs]
    assert len(listed) == len(set(listed))
    assert len(paths) == len(set(paths)) == 12
    assert summary.exit_code() == 3
    # A file that cannot be opened has no pages; it is accounted for by its own name.
    unopened = {entry["path"] for entry in inputs if not entry["pages"]}
    assert {file for file, _ in listed} | unopened == {str(path) for path in pages.rglob("*.*")}
    assert all(entry["why"] for entry in inputs if entry["status"] != "read")


# -- every executor gives the serial answer ---------------------------------------------------------------------------


def test_processes_give_the_serial_answer(pages: Path, tmp_path: Path, undisturbed: bytes) -> None:
    """Who does the work changes nothing, not a byte."""
    summary = run(pages, tmp_path, replace(PROCESSES, workers=2, limits=Limits(60)))

    assert records(tmp_path) == undisturbed
    assert summary.tally.pages_read == 10


def test_records_come_out_of_the_store_in_one_order(pages: Path, tmp_path: Path, postgres_url: str) -> None:
    """SQLite and PostgreSQL, filled from both ends, hold the same records in the same order."""
    ways = [sorted(pages.iterdir()), sorted(pages.iterdir(), reverse=True)]
    found = []
    for where, inputs in zip((str(tmp_path / "a.db"), postgres_url), ways, strict=True):
        with Store.open(where, create=True) as store:
            run_store(inputs, store, options=OPTIONS)
            found.append(list(store.record_bodies(chunk=3)))

    assert found[0] == found[1]
    assert len(found[0]) == 11


# -- faults of pages and workers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["kill", "hang", "memory"])
def test_a_worker_lost_once_loses_nothing(
    fault: str, pages: Path, tmp_path: Path, faults: Path, undisturbed: bytes
) -> None:
    """A worker that is killed, hangs or takes too much memory is replaced, and its page is done by the next."""
    (faults / f"{fault}-5").write_text("once")

    summary = run(pages, tmp_path, PROCESSES)

    assert summary.exit_code() == 0
    assert records(tmp_path) == undisturbed


@pytest.mark.parametrize(("fault", "why"), [("kill", "signal 9"), ("hang", "5 s"), ("memory", "400 MB")])
def test_a_page_that_costs_two_workers_is_set_aside_and_named(
    fault: str, why: str, pages: Path, tmp_path: Path, faults: Path, undisturbed: bytes
) -> None:
    """The other pages go on, the page is named with what befell it, and the next run makes it good."""
    (faults / f"{fault}-5").touch()

    summary = run(pages, tmp_path, PROCESSES)

    [failed] = [entry for entry in account(tmp_path)["inputs"] if entry["status"] == "failed"]
    assert "scan5.png" in failed["path"]
    assert why in failed["why"]
    assert summary.exit_code() == 3
    assert records(tmp_path).count(b"\n") == 10
    assert log(tmp_path).count("5") == 3  # the copy fixture's undisturbed run read it once

    (faults / f"{fault}-5").unlink()
    assert run(pages, tmp_path, PROCESSES).exit_code() == 0
    assert records(tmp_path) == undisturbed


def test_an_error_of_one_page_is_its_own(pages: Path, tmp_path: Path, faults: Path, undisturbed: bytes) -> None:
    """A fault of zhibiao's own on one page is named with the page, and is no reading that is kept."""
    (faults / "error-5").touch()

    assert run(pages, tmp_path).exit_code() == 3
    assert "an odd page" in json.dumps(account(tmp_path), ensure_ascii=False)

    (faults / "error-5").unlink()
    assert run(pages, tmp_path).exit_code() == 0
    assert records(tmp_path) == undisturbed


def test_a_run_that_goes_wrong_stops(pages: Path, tmp_path: Path, faults: Path) -> None:
    """With --max-failures a wrong engine or a dead disk does not fail 100,000 pages one by one."""
    for grey in range(2, 10):
        (faults / f"error-{grey}").touch()

    summary = run(pages, tmp_path, replace(OPTIONS, max_failures=2))

    assert summary.exit_code() == 6
    assert summary.tally.pages_failed == 3
    assert account(tmp_path)["totals"]["inputs"] < 11


def test_a_worker_that_grows_is_replaced_before_it_reaches_its_ceiling(tmp_path: Path) -> None:
    """Memory stays flat over any number of pages, and no page is lost by it."""
    if resident(os.getpid()) is None:
        pytest.skip("this system does not say what memory a process holds")
    path = bulk_fakes.draw(tmp_path / "a.png", 1)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    workshop = Workshop(Settings(), bulk_fakes.load_leaky_reader, bulk_fakes.load_maker)
    executor = ProcessExecutor(workshop, 1, Limits(60, memory=500 << 20))
    done: list[Outcome] = []
    try:
        for number in range(12):  # 60 MB more with each page: more than the ceiling in eight
            executor.submit(ReadPage(number, 0, str(path), digest, 0))
            while not (found := executor.outcomes(1.0)):
                pass
            done += found
        replaced = executor.replaced
    finally:
        executor.close()

    assert [outcome.failure for outcome in done] == [None] * 12
    assert replaced >= 1


def test_what_lies_before_a_worker_that_dies_is_done_by_the_next() -> None:
    """Only the document that ends its worker is to blame, twice; those that lay before it were not begun."""
    workshop = Workshop(Settings(), bulk_fakes.load_reader, bulk_fakes.load_deadly_maker)
    executor = ProcessExecutor(workshop, 1, Limits(60))
    names = [f"d{number}" for number in range(5)]
    names.insert(2, "deadly")
    slots = (PageSlot("a.png", "0" * 64, 0, problem="not there"),)
    done: list[Outcome] = []
    try:
        for number, name in enumerate(names):
            assert executor.room(short=True) > 0
            executor.submit(MakeRecords(number, Source(Path(name), "pages"), name, "0" * 64, slots, (), 0))
        while executor.pending():
            done += executor.outcomes(1.0)
    finally:
        executor.close()

    failed = [(outcome.task.what, outcome.failure) for outcome in done if outcome.failure]
    assert failed == [("deadly", "died")]
    assert sorted(outcome.task.what for outcome in done) == sorted(names)


# -- the run itself ---------------------------------------------------------------------------------------------------

_SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path
import bulk_fakes
from pipeline.bulk import BulkOptions, Limits, run_store
from pipeline.store import Store

if __name__ == "__main__":
    options = BulkOptions(workers=2, load_reader=bulk_fakes.load_slow_reader, load_maker=bulk_fakes.load_maker,
                          limits=Limits(60), say=lambda text: print(text, file=sys.stderr, flush=True))
    where = Path(sys.argv[2])
    with Store.open(where / "store.db", create=True) as store:
        sys.exit(run_store([Path(sys.argv[1])], store, where / "out", options=options).exit_code())
"""


def begin(inputs: Path, where: Path, **more: Any) -> subprocess.Popen[str]:
    root = Path(__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'tests'}"}
    script = where / "script.py"
    script.write_text(_SCRIPT)
    return subprocess.Popen(
        [sys.executable, str(script), str(inputs), str(where)], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more,
    )  # fmt: skip


def wait_for_readings(where: Path, number: int) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if (where / "store.db").exists():
            try:
                with Store.open(where / "store.db") as store, store.reading() as connection:
                    if (connection.scalar(select(func.count()).select_from(t.readings)) or 0) >= number:
                        return
            except StoreError:
                pass  # it is just being made
        time.sleep(0.02)
    raise AssertionError("the run does not get on")


def test_a_killed_run_goes_on_and_gives_the_same_bytes(
    pages: Path, tmp_path: Path, undisturbed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kill -9 in the middle, twice: what was read is kept, and the records are those of an undisturbed run."""
    monkeypatch.setenv(bulk_fakes.LOG, str(tmp_path / "log"))
    for least in (2, 5):
        process = begin(pages, tmp_path)
        wait_for_readings(tmp_path, least)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with Store.open(tmp_path / "store.db") as store, store.reading() as connection:
            kept = connection.scalar(select(func.count()).select_from(t.readings)) or 0
        assert least <= kept < 10

    summary = run(pages, tmp_path)

    assert records(tmp_path) == undisturbed
    assert summary.tally.pages_read == 10 - kept


def test_interrupted_once_the_pages_in_hand_are_finished(
    pages: Path, tmp_path: Path, undisturbed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C says what it does and how to go on; nothing that was begun is lost; the workers are not hit by it."""
    monkeypatch.setenv(bulk_fakes.LOG, str(tmp_path / "log"))
    process = begin(pages, tmp_path, start_new_session=True)
    wait_for_readings(tmp_path, 2)

    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the group
    _, said = process.communicate(timeout=120)

    assert process.returncode == 130
    assert "again to stop at once" in said
    assert "run the same command again to go on" in said
    assert account(tmp_path)["interrupted"] is True
    begun = len(log(tmp_path))
    assert run(pages, tmp_path).tally.pages_read == 10 - begun
    assert records(tmp_path) == undisturbed


def test_interrupted_twice_it_stops_at_once(pages: Path, tmp_path: Path, undisturbed: bytes, faults: Path) -> None:
    """Who presses Ctrl-C twice does not wait for a page that hangs; the next run loses nothing."""
    (faults / "hang-9").touch()
    process = begin(pages, tmp_path, start_new_session=True)
    wait_for_readings(tmp_path, 9)

    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=20)

    assert process.returncode != 0
    (faults / "hang-9").unlink()
    assert run(pages, tmp_path).tally.pages_read == 1
    assert records(tmp_path) == undisturbed


def test_a_full_disk_is_said_and_the_next_run_goes_on(pages: Path, tmp_path: Path, undisturbed: bytes) -> None:
    """The store cannot grow: the run ends with one line, and nothing that is stored is half."""

    def fill() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a full disk is an error of the write, not a signal
        resource.setrlimit(resource.RLIMIT_FSIZE, (220_000, 220_000))

    for grey in range(10, 26):
        bulk_fakes.draw(pages / f"more{grey}.png", grey)
    process = begin(pages, tmp_path, preexec_fn=fill)
    _, said = process.communicate(timeout=120)
    assert process.returncode not in (0, None)
    assert "cannot be written" in said

    whole = tmp_path / "whole"
    run(pages, whole)
    run(pages, tmp_path)

    assert records(tmp_path) == records(whole)


def test_pages_of_a_run_over_a_store_are_drawn(pages: Path, tmp_path: Path, undisturbed: bytes) -> None:
    """What was found can be looked at in every kind of run, of a second run too, and pictures change no record."""
    summary = run(pages, tmp_path, replace(OPTIONS, debug=True))
    drawn = [page["debug"] for one in account(tmp_path)["inputs"] for page in one["pages"]]
    for picture in drawn:
        (tmp_path / "out" / picture).unlink()
    run(pages, tmp_path, replace(OPTIONS, debug=True))

    assert summary.exit_code() == 0
    assert len(set(drawn)) == 11
    assert all((tmp_path / "out" / picture).is_file() for picture in drawn)
    assert records(tmp_path) == undisturbed


# -- records made again -----------------------------------------------------------------------------------------------


def test_records_are_made_again_without_a_reader(pages: Path, tmp_path: Path, undisturbed: bytes) -> None:
    """Interpretation sees no pixels: the scans may be gone. Of unchanged inputs it does nothing."""
    run(pages, tmp_path)
    for scan in pages.rglob("*.png"):
        scan.unlink()
    more = tmp_path / "mine.txt"
    more.write_text("#! vocabulary: mine\n#! source: a test\n\n[level3]\n一个新的指标名称\n", "utf-8")

    with Store.open(tmp_path / "store.db") as store:
        nothing, _ = reinterpret_store(store, options=OPTIONS)
        everything, _ = reinterpret_store(store, dictionaries=[more], options=OPTIONS)
        remembered, _ = reinterpret_store(store, options=OPTIONS)
        bodies = list(store.record_bodies())

    assert (nothing.made, everything.made, remembered.made) == (0, 11, 0)
    assert nothing.pages == everything.pages == remembered.pages  # each page once, whatever became of its document
    assert sorted(bodies) == sorted(undisturbed.decode().splitlines())


def test_a_reinterpretation_tells_of_every_document(pages: Path, tmp_path: Path) -> None:
    """Whether its records were made again, stand or failed: who counts the events knows how far it is."""
    run(pages, tmp_path)
    more = tmp_path / "mine.txt"
    more.write_text("#! vocabulary: mine\n#! source: a test\n\n[level3]\n一个新的指标名称\n", "utf-8")
    told: list[tuple[str, dict[str, Any]]] = []
    options = replace(OPTIONS, on_event=lambda name, data: told.append((name, data)))

    with Store.open(tmp_path / "store.db") as store:
        for dictionaries in ([more], None):
            told.clear()
            reinterpret_store(store, dictionaries=dictionaries, options=options)

            names = [name for name, _ in told]
            assert names == ["begin", *["done"] * 11, "end"]
            assert told[0][1] == {"inputs": 11}
            assert [data["number"] for _, data in told[1:-1]] == list(range(1, 12))
            assert {data["status"] for _, data in told[1:-1]} == {"unchanged" if dictionaries is None else "read"}
            assert told[-1][1]["made"] == (0 if dictionaries is None else 11)
