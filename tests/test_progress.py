"""What is going on is said on standard error: every message, and now and then how far the run is."""

import time
from pathlib import Path

import pytest

from pipeline.progress import BulkProgress, Progress


def test_messages_are_plain_lines_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Results have standard output for themselves; brackets in a path are no markup."""
    with Progress() as progress:
        progress.say("zhibiao: [red]form.txt[/red]: is empty")

    assert capsys.readouterr() == ("", "zhibiao: [red]form.txt[/red]: is empty\n")


def test_a_log_is_not_filled_with_progress(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One line in ten seconds, however many inputs there are."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with Progress() as progress:
        for number in range(250):
            now[0] += 0.1
            progress.on_input(Path(f"{number}.txt"))

    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert "input 101" in said[0]


def test_a_bulk_line_counts_what_there_is_to_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages where an engine reads them; documents where texts and kept readings need none."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    progress = BulkProgress()
    progress.on_event("begin", {"inputs": 40})
    now[0] += 2.0
    for _ in range(10):
        progress.on_event("done", {"status": "read"})
    of_texts = progress.line()
    progress.on_event("page", {"failed": None})

    assert of_texts == "inputs 10/40 (5.0/s), 0 min 06 s left"
    assert progress.line() == "inputs 10/40, pages read 1 (0.5/s), 0 min 06 s left"
