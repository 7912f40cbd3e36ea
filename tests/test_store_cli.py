"""Proves the store's commands at the door: a run, a decision, exports that hold it, a search, messages in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from pipeline.bulk.exports import export_store
from pipeline.cli import app, main
from pipeline.errors import UsageError
from pipeline.store import Draft, Reviews, Store

FORM = """某市测试局预算项目绩效目标表
(2020年)
项目名称\t测试项目\t项目负责人\t王某
一级指标\t二级指标\t三级指标\t目标值
产出目标\t数量\t培训人数\t≥100人
\t质量\t合格率\t292%
效果目标\t满意度\t群众满意度\t≥85%
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def zhibiao(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command; return its exit code, output and messages."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["zhibiao", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def test_from_a_run_to_an_export_that_holds_a_decision(zhibiao: Run, tmp_path: Path) -> None:
    """What a person decided stands in every export, and the next run does not undo it."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "form.txt").write_text(FORM, "utf-8")
    store = tmp_path / "a.db"
    run = ("run", tmp_path / "in", "--store", store, "--out", tmp_path / "out", "--executor", "serial")
    code, out, _ = zhibiao(*run)
    assert (code, "1 records" in out) == (0, True)
    plain = tmp_path / "plain"
    assert zhibiao("run", tmp_path / "in", "--out", plain)[0] == 0
    assert (plain / "records.jsonl").read_bytes() == (tmp_path / "out" / "records.jsonl").read_bytes()

    with Store.open(store) as opened:
        reviews = Reviews(opened)
        item = next(item for item in reviews.items() if item.anchor.part == "target" and item.anchor.raw == "292%")
        reviews.decide([Draft(item.anchor, "edit", item.value, "≥92%", seen=item.seen)], who="甲")

    code, out, _ = zhibiao("export", "--store", store, "--out", tmp_path / "b.xlsx", "--layout", "budget-system")
    assert code == 0
    rows = list(openpyxl.load_workbook(tmp_path / "b.xlsx").worksheets[0].iter_rows(values_only=True))
    assert [row[9:13] for row in rows[1:]] == [
        ("≥100人", "1", "100", "人"), ("≥92%", "1", "92", "%"), ("≥85%", "1", "85", "%"),
    ]  # fmt: skip
    assert zhibiao("export", "--store", store, "--out", tmp_path / "r.jsonl", "--mask-personal")[0] == 0
    assert "王某" not in (tmp_path / "r.jsonl").read_text("utf-8")
    assert zhibiao(*run)[0] == 0
    assert '"value": "≥92%"' in (tmp_path / "out" / "records.jsonl").read_text("utf-8")

    code, out, _ = zhibiao("search", "满意度", "<90%", "--store", store)
    assert (code, out.count("\n"), "≥85%" in out, "form.txt line 7" in out) == (0, 1, True, True)


def test_what_cannot_be_done_is_said_in_one_line(zhibiao: Run, tmp_path: Path) -> None:
    """Missing stores, unknown formats and options that do not fit: one line, exit code 2."""
    missing = tmp_path / "no.db"
    for arguments in (
        ("export", "--store", missing, "--out", tmp_path / "x.jsonl"),
        ("search", "词", "--store", missing),
        ("reinterpret", "--store", missing),
        ("run", tmp_path, "--store", "nonsense://x", "--executor", "serial"),
        ("run", tmp_path, "--out", tmp_path / "o", "--executor", "many"),
    ):
        code, _, err = zhibiao(*arguments)
        assert code == 2
        assert err.startswith("zhibiao: ")
        assert err.count("\n") == 1
    assert not missing.exists()


def test_events_for_machines_are_json_lines(tmp_path: Path) -> None:
    """With --json every line of the output is an event, and nothing else is printed there."""
    (tmp_path / "empty.txt").write_text("", "utf-8")

    done = CliRunner().invoke(
        app, ["run", str(tmp_path / "empty.txt"), "--store", str(tmp_path / "a.db"), "--executor", "serial", "--json"]
    )

    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events if event["event"] != "message"] == ["begin", "input", "done", "end"]
    assert events[-1]["failed"] == 1
    assert done.exit_code == 5


def test_an_export_refuses_a_format_it_does_not_know(tmp_path: Path) -> None:
    """The names are those of the help."""
    with Store.open(tmp_path / "a.db", create=True) as store, pytest.raises(UsageError, match="parquet"):
        export_store(store, "docx", tmp_path / "x")
