"""Inputs by URL are fetched, kept, and read like files; what cannot be had is an input that failed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bulk_fakes
import pytest

from pipeline.bulk import BulkOptions, run_store
from pipeline.remote import fetch, url_of, without_secret
from pipeline.store import Store

fsspec = pytest.importorskip("fsspec")

OPTIONS = BulkOptions(
    executor="serial", load_reader=bulk_fakes.load_reader, load_maker=bulk_fakes.load_maker, say=lambda _: None
)


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Any]:
    """A remote folder of two scans, one of them below."""
    system = fsspec.filesystem("memory")
    for name, grey in (("cabinet/a.png", 1), ("cabinet/below/b.png", 2)):
        system.pipe_file(f"/{name}", bulk_fakes.draw(tmp_path / "drawn.png", grey).read_bytes())
    yield system
    system.rm("/cabinet", recursive=True)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("s3://bucket/scans", "s3://bucket/scans"),
        ("memory://cabinet", "memory://cabinet"),
        ("file:///data/x.pdf", "file:///data/x.pdf"),
        ("https://host/x.pdf?part=1", "https://host/x.pdf?part=1"),
        ("scans/a.pdf", None),
        ("C:/scans/a.pdf", None),
        ("档案:/a", None),
    ],
)
def test_a_url_is_known_by_its_scheme(given: str, url: str | None) -> None:
    """The command line makes paths of everything, and a path keeps one slash of two."""
    assert url_of(Path(given)) == url


def test_secrets_do_not_reach_messages_and_folders() -> None:
    """A run's account is read by others."""
    assert without_secret("ftp://anna:geheim@host/a@b") == "ftp://host/a@b"


def test_a_run_over_a_url_reads_what_lies_there_once(bucket: Any, tmp_path: Path) -> None:
    """The second run fetches nothing and reads nothing; a file that changed is fetched and read again."""
    inputs, out = [Path("memory://cabinet")], tmp_path / "out"
    with Store.open(tmp_path / "s.db", create=True) as store:
        first = run_store(inputs, store, out, options=OPTIONS)
        before = (out / "records.jsonl").read_bytes()
        kept = {path: path.stat().st_mtime_ns for path in (out / "inputs").rglob("*.png")}
        again = run_store(inputs, store, out, options=OPTIONS)
        assert (out / "records.jsonl").read_bytes() == before
        assert kept == {path: path.stat().st_mtime_ns for path in (out / "inputs").rglob("*.png")}
        bucket.pipe_file("/cabinet/a.png", bulk_fakes.draw(tmp_path / "drawn.png", 7).read_bytes())
        changed = run_store(inputs, store, out, options=OPTIONS)

    assert [path.name for path in sorted(kept)] == ["a.png", "b.png"]
    assert (first.exit_code(), first.tally.pages_read, first.totals["records"]) == (0, 2, 2)
    assert (again.tally.pages_read, again.tally.unchanged) == (0, 2)
    assert changed.tally.pages_read == 1


def test_without_a_folder_it_lies_beside_the_store(bucket: Any, tmp_path: Path) -> None:
    """A reviewer wants to see the pages of a store that has no folder of a run."""
    with Store.open(tmp_path / "s.db", create=True) as store:
        run_store([Path("memory://cabinet/a.png")], store, options=OPTIONS)

    assert (tmp_path / "s.db.inputs" / "memory" / "cabinet" / "a.png").is_file()


@pytest.mark.parametrize("url", ["memory://nowhere/a.png", "nosuchscheme://host/a.png", "file:///nowhere/at/all"])
def test_what_cannot_be_fetched_is_an_input_that_failed(url: str, bucket: Any, tmp_path: Path) -> None:
    """It is said, accounted for under its own name, and the others go on."""
    out = tmp_path / "out"
    with Store.open(tmp_path / "s.db", create=True) as store:
        summary = run_store([Path(url), Path("memory://cabinet/a.png")], store, out, options=OPTIONS)
    account = json.loads((out / "run.json").read_text("utf-8"))["inputs"]

    assert (summary.exit_code(), [one["status"] for one in account]) == (3, ["failed", "read"])
    assert url in account[0]["why"]


def test_a_fetch_that_broke_off_leaves_no_half_file(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a scan would be read as a damaged one."""

    def half(_: str, to: str, **options: Any) -> None:
        Path(to).write_bytes(b"half")
        raise TimeoutError("the line went dead")

    monkeypatch.setattr(bucket, "get_file", half)
    with pytest.raises(Exception, match="cannot be fetched"):
        fetch("memory://cabinet", tmp_path / "in")

    assert [path for path in (tmp_path / "in").rglob("*") if path.is_file() and path.suffix != ".json"] == []
