"""The ledger groups repairs, adds reviewed names, and learns only what is common and undoubted."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.dictionaries import load_dictionaries, load_vocabulary
from pipeline.errors import DictionaryError, InputError
from pipeline.ledger import add_name, group_repairs, learn_names, near_names, read_records, write_csv, write_snapshot


def record(
    document: str, *names: str, repairs: list[dict[str, Any]] | None = None, status: str = "unknown"
) -> dict[str, Any]:
    cells = {"level3": {"status": status, "confidence": 1.0}}
    return {
        "id": document,
        "source": {"document": document, "sha256": document},
        "form": {"title": "某表"},
        "indicators": [{"level3": name, "cells": cells} for name in names],
        "repairs": repairs or [],
    }


def repair(raw: str, value: str, at: str = "indicators[0].level3") -> dict[str, Any]:
    return {
        "at": at,
        "raw": raw,
        "value": value,
        "status": "repaired",
        "kind": "displaced",
        "evidence": "e",
        "reason": "r",
    }


def test_one_group_holds_all_places_of_one_decision() -> None:
    """A person decides once for every row."""
    groups = group_repairs([
        record("a", repairs=[repair("甲达率标", "甲达标率"), repair("乙达率标", "乙达标率")]),
        record("b", repairs=[repair("甲达率标", "甲达标率")]),
    ])  # fmt: skip

    assert [(group.raw, len(group.places), len(group.forms)) for group in groups] == [
        ("甲达率标", 2, 2),
        ("乙达率标", 1, 1),
    ]


def test_csv_never_holds_a_formula() -> None:
    """A label that begins like a formula must not run in a spreadsheet."""
    out = io.StringIO()

    write_csv(group_repairs([record("a", repairs=[repair('=HYPERLINK("x")', "+1")])]), out)

    assert "'=HYPERLINK" in out.getvalue()
    assert "'+1" in out.getvalue()


def test_a_file_that_holds_no_records_is_refused_with_its_line(tmp_path: Path) -> None:
    """The message names file and line."""
    file = tmp_path / "records.jsonl"
    file.write_text(json.dumps(record("a")) + "\n{}\n", "utf-8")

    with pytest.raises(InputError, match=r"records\.jsonl:2"):
        list(read_records([tmp_path]))


def test_an_added_name_is_loaded_again_and_never_twice(tmp_path: Path) -> None:
    """Adding twice is adding once."""
    path = tmp_path / "mine.txt"
    dictionaries = load_dictionaries()

    assert add_name(path, "某某 巡检达标率", "level3", dictionaries, ["某某巡检达率标"])
    assert not add_name(path, "某某巡检达标率", "level3", dictionaries)
    [name] = load_vocabulary(path).names
    assert (name.text, name.seen) == ("某某巡检达标率", ("某某巡检达率标",))


def test_a_name_that_is_shipped_is_not_added(tmp_path: Path) -> None:
    """It would be listed twice."""
    assert not add_name(tmp_path / "mine.txt", "预算执行率", "level3", load_dictionaries())
    assert not (tmp_path / "mine.txt").exists()


def test_a_misreading_of_a_known_name_is_added_to_it(tmp_path: Path) -> None:
    """Who enters it expects it to be mended from now on, whoever knew the name first."""
    file = tmp_path / "mine.txt"
    dictionaries = load_dictionaries()

    assert add_name(file, "预算执行率", "level3", dictionaries, ["预算扶行率"])
    assert add_name(file, "湿地巡护里程", "level3", dictionaries)
    assert add_name(file, "湿地巡护里程", "level3", dictionaries, ["显地巡护里程"])
    assert add_name(file, "湿地巡护里程", "level3", dictionaries, ["湿地巡护里积", "显地巡护里程"])
    assert not add_name(file, "湿地巡护里程", "level3", dictionaries, ["湿地巡护里积"])

    assert {name.text: name.seen for name in load_vocabulary(file).names} == {
        "预算执行率": ("预算扶行率",),
        "湿地巡护里程": ("显地巡护里程", "湿地巡护里积"),
    }


def test_no_text_is_a_name_and_a_misreading(tmp_path: Path) -> None:
    """Names are never replaced, so that such a line would do nothing, silently."""
    file = tmp_path / "mine.txt"
    dictionaries = load_dictionaries()
    add_name(file, "湿地巡护里程", "level3", dictionaries, ["显地巡护里程"])
    before = file.read_bytes()

    for name, seen in (("显地巡护里程", []), ("湿地巡护", ["湿地巡护里程"]), ("湿地", ["预算执行率"]), ("甲", ["甲"])):
        with pytest.raises(DictionaryError):
            add_name(file, name, "level3", dictionaries, seen)

    assert file.read_bytes() == before


@pytest.mark.parametrize("file", ["picture.png", "folder", "missing/mine.txt"])
def test_a_file_that_cannot_be_a_dictionary_is_named(tmp_path: Path, file: str) -> None:
    """One line says what to do, and what was there stays."""
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "folder").mkdir()

    with pytest.raises(DictionaryError, match=file.partition("/")[0]):
        add_name(tmp_path / file, "湿地巡护里程", "level3", load_dictionaries())

    assert (tmp_path / "picture.png").read_bytes() == b"\x89PNG\r\n"


def test_names_of_one_section_stand_under_one_head(tmp_path: Path) -> None:
    """A file that people read is not made of heads."""
    file = tmp_path / "mine.txt"

    for name, section in (("湿地巡护里程", "level3"), ("湿地巡护次数", "level3"), ("湿地", "level2")):
        assert add_name(file, name, section, load_dictionaries())

    assert [line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")] == [
        "[level3]", "湿地巡护里程", "湿地巡护次数", "[level2]", "湿地",
    ]  # fmt: skip


def test_a_store_is_read_like_the_run_that_made_it(tmp_path: Path) -> None:
    """An archive keeps its records in its store; who asks what it teaches need not export them first."""
    source = tmp_path / "form.txt"
    source.write_text(
        "某局预算项目绩效目标表\n一级指标\t二级指标\t三级指标\t目标值\n产出目标\t数量\t培训人敖\t≥9人\n", "utf-8"
    )
    run = ["run", source, "--out", tmp_path / "out", "--store", tmp_path / "archive.db", "--executor", "serial"]
    assert CliRunner().invoke(app, [str(part) for part in run]).exit_code == 0

    [from_run] = read_records([tmp_path / "out"])
    [from_store] = read_records([tmp_path / "archive.db"])

    assert from_run == from_store


@pytest.mark.parametrize("name", ["", "#甲", "[甲]", "甲|乙", "甲\t乙"])
def test_what_would_break_the_file_is_no_name(tmp_path: Path, name: str) -> None:
    """The file must load again."""
    with pytest.raises(DictionaryError):
        add_name(tmp_path / "mine.txt", name, "level3", load_dictionaries())


def test_learning_asks_for_many_documents_and_no_doubt(tmp_path: Path) -> None:
    """A name repaired or reviewed anywhere must not vouch for itself; a shipped name teaches nothing."""
    seen = [
        record(f"d{i}", "湿地巡护里程达标率", "预算执行率", "少见达标率" if i == 0 else "可疑达标率") for i in range(3)
    ]
    seen[2]["repairs"].append(repair("可疑达标率", "可疑达标率标"))

    names = learn_names(seen, load_dictionaries(), 2)

    assert names == {"湿地巡护里程达标率": 3}
    version = write_snapshot(names, tmp_path / "learnt.txt", "test")
    assert load_vocabulary(tmp_path / "learnt.txt").id == f"learnt-{version}"


def test_a_name_one_character_from_a_surer_one_is_left_to_a_person(tmp_path: Path) -> None:
    """军体 for 军休 in three documents is one recogniser's habit; learnt, it would be protected for ever."""
    names = {"军休服务次数": 5, "军体服务次数": 3, "军休服务次": 3, "预算执行事": 4, "湿地巡护里程": 3}

    near = near_names(names, load_dictionaries())
    write_snapshot(names, tmp_path / "learnt.txt", "test", near)

    assert near == {"军体服务次数": "军休服务次数", "军休服务次": "军休服务次数", "预算执行事": "预算执行率"}
    assert {name.text for name in load_vocabulary(tmp_path / "learnt.txt").names} == {"军休服务次数", "湿地巡护里程"}
    assert "# 军体服务次数  (军休服务次数)" in (tmp_path / "learnt.txt").read_text("utf-8")


def test_nothing_learnt_writes_nothing(tmp_path: Path) -> None:
    """An empty dictionary would stop every run that names it."""
    with pytest.raises(DictionaryError, match="nothing was learnt"):
        write_snapshot({}, tmp_path / "learnt.txt", "test")
    assert not (tmp_path / "learnt.txt").exists()
