"""Proves pipeline/bulk/parts.py: what labelling, repair and records run is what their digests are of."""

from __future__ import annotations

import ast
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from builders import ROOT

import pipeline.assemble
from pipeline.bulk import BulkOptions, parts, reinterpret_store, run_store, versions
from pipeline.bulk.parts import files_of_labelling, files_of_records, files_of_repair, files_of_rest, part_digests
from pipeline.bulk.tasks import MakeRecords, PageSlot, Workshop
from pipeline.bulk.versions import held_against, make_version
from pipeline.bulk.worker import load_engine_reader, load_record_maker
from pipeline.document import PageReading
from pipeline.evaluation.recorded import recorded_readings
from pipeline.interpret import ask_repairs, interpret_decided, label_pages, load_interpret_tools
from pipeline.keep import pack, unpack
from pipeline.ocrtext import read_text_bytes
from pipeline.settings import RepairSettings, Settings
from pipeline.sources import Source
from pipeline.store import Store, record_rows
from pipeline.synth.fixtures import CASES
from pipeline.synth.layouts import LAYOUTS, make_document
from pipeline.synth.ocrtext import STYLES, DamageSettings, write_ocr_text

PACKAGE = ROOT / "pipeline"
OPTIONS = BulkOptions(workers=1, executor="serial", say=lambda _: None)


def text_of(number: int) -> bytes:
    rng = random.Random(560_000 + number)
    layouts = sorted(LAYOUTS)
    forms = make_document((layouts[number * 7 % len(layouts)],), rng, "dev")
    return write_ocr_text(forms, rng, DamageSettings(rows=0.3), rng.choice(STYLES), "dev")[0].encode()


@pytest.fixture(scope="module")
def documents() -> list[list[bytes]]:
    """Packed pages of texts with damaged rows, and of scans whose pictures repair asks."""
    texts = [[pack(page) for page in read_text_bytes(text_of(n), f"d{n}.txt")] for n in range(6)]
    cases = {case.name: case for case in CASES}
    scans = [
        [pack(page) for page in recorded_readings(ROOT / "fixtures" / "pages", cases[name])] for name in ("scan", "fax")
    ]
    return [*texts, *scans]


@contextmanager
def watched() -> Iterator[set[Path]]:
    """The files of the package of which something is run meanwhile."""
    names: set[str] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            names.add(frame.f_code.co_filename)

    files: set[Path] = set()
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield files
    finally:
        sys.setprofile(before)
        found = {Path(name) for name in names if name.endswith(".py")}
        files |= {path for path in found if path.is_relative_to(PACKAGE)}


def test_all_code_that_runs_for_labelling_and_repair_is_in_their_digests(documents: list[list[bytes]]) -> None:
    """A module that took part and was not counted would leave an archive's records as they were after its change."""
    tools = load_interpret_tools()
    opened: list[list[PageReading]] = [[unpack(content) for content in contents] for contents in documents]
    with watched() as labelling:
        labelled = [label_pages(pages, tools) for pages in opened]
    with watched() as repair:
        said = [[ask_repairs(form, tools) for form in one.forms] for one in labelled]
    with watched() as rest:
        for pages, forms, repairs in zip(opened, labelled, said, strict=True):
            for number, found in enumerate(interpret_decided(pages, "a", "0" * 64, tools, (), forms, repairs)):
                record_rows(found.record, number, found.doubts)

    assert labelling <= files_of_labelling()
    assert repair <= files_of_repair()
    assert rest <= files_of_rest()
    assert {path.parent.name for path in rest} >= {"assemble", "checks", "targets", "decisions"}
    assert {path.parent.name for path in labelling} >= {"levels", "forms", "decode"}
    assert {path.name for path in repair} >= {"repairer.py", "opened.py", "sight.py"}


def test_all_code_that_runs_for_records_is_in_their_digest(documents: list[list[bytes]]) -> None:
    """The same for all that a worker does, from kept readings to the store's rows."""
    maker = load_record_maker(Workshop(Settings(), load_engine_reader, load_record_maker))

    with watched() as ran:
        for number, contents in enumerate(documents):
            slots = tuple(PageSlot("a", "0" * 64, n, content) for n, content in enumerate(contents))
            maker.make(MakeRecords(number, Source(Path("a"), "pages"), "a", "0" * 64, slots, (), 0))

    assert ran <= files_of_records()


def test_what_is_imported_is_found_as_python_finds_it() -> None:
    """Imports are read with a pattern, ten times faster than by parsing; it must miss none."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text("utf-8")
        named: set[str] = set()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: a relative import would not be seen"
                named |= {node.module or ""} | {f"{node.module}.{name.name}" for name in node.names}
            elif isinstance(node, ast.Import):
                named |= {name.name for name in node.names}
        own = {name.removeprefix("pipeline").removeprefix(".") for name in named if name.split(".")[0] == "pipeline"}
        modules = {name for name in own if (PACKAGE / f"{name.replace('.', '/')}.py").is_file() or is_folder(name)}

        assert modules <= set(parts._imported(text)), path


def is_folder(name: str) -> bool:
    return (PACKAGE.joinpath(*name.split(".")) / "__init__.py").is_file()


def test_labels_are_collected_where_the_digest_looks() -> None:
    """Repair's digest counts one room of assemble, from which `interpret` has these two by way of the folder."""
    for work in (pipeline.assemble.collect_labels, pipeline.assemble.joined_value):
        assert work.__module__ == "pipeline.assemble.labels"


def test_rooms_that_make_no_records_do_not_count() -> None:
    """An update of the command, the workbench or the generator leaves an archive's records alone."""
    rooms = {path.relative_to(PACKAGE).parts[0] for path in files_of_records()}

    assert rooms.isdisjoint({"cli.py", "review", "synth", "evaluation", "doctor.py", "search.py", "progress.py"})
    assert not {path for path in files_of_records() if path.name in ("training.py", "coordinator.py", "executors.py")}
    labelling = {path.relative_to(PACKAGE).parts[0] for path in files_of_labelling()}
    assert labelling.isdisjoint({"repair", "assemble", "checks", "targets", "store", "decisions"})
    for others in (files_of_repair(), files_of_rest()):
        assert {path.relative_to(PACKAGE).parts[0] for path in others}.isdisjoint({"levels", "forms", "reader", "grid"})
    # What is in none of the stages (the workbook, opening files) makes another version all the same.
    assert files_of_labelling() | files_of_repair() | files_of_rest() <= files_of_records()


def test_a_classifier_trained_again_is_a_change_of_labelling_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repairs and what follows them see of the classifier what forms were labelled with, and no more."""
    before, digest = part_digests(), parts._digest

    def other(paths: Iterable[Path]) -> str:
        paths = list(paths)
        return digest(paths) + ("trained again" if any(path.name == "levels.npz" for path in paths) else "")

    monkeypatch.setattr(parts, "_digest", other)
    part_digests.cache_clear()
    after = part_digests()
    part_digests.cache_clear()

    assert {part for part in before if before[part] != after[part]} == {"labelling", "records"}


def changed(*stages: str) -> Callable[[], dict[str, str]]:
    now = part_digests()
    return lambda: {stage: "another" if stage in stages else digest for stage, digest in now.items()}


def test_an_earlier_version_is_told_stage_by_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is the same of it may stand; nothing of a release of which all is another, and neither of older notes."""
    _, now = make_version(Settings(), (), ())

    def before(*stages: str) -> tuple[bool, bool, bool] | None:
        with monkeypatch.context() as patch:
            patch.setattr(versions, "part_digests", changed(*stages))
            held = held_against("x", make_version(Settings(), (), ())[1], now)
        return None if held is None else (held.same_labelling, held.same_repair, held.same_rest)

    assert before() == (True, True, True)
    assert before("records") == (True, True, True)
    assert before("rest", "records") == (True, True, False)
    assert before("repair", "rest", "records") == (True, False, False)
    assert before("labelling", "records") == (False, True, True)
    assert before("labelling", "repair", "rest", "records") is None
    older = {key: value for key, value in now.items() if key != "parts"}
    assert held_against("x", {**older, "code": "a", "models": "b", "shipped": "c"}, now) is None
    other = make_version(Settings(repair=RepairSettings(least_picture_score=0.7)), (), ())[1]
    held = held_against("x", other, now)
    assert held is not None
    assert (held.same_repair, held.same_rest) == (False, True)


@pytest.mark.parametrize(
    ("stages", "made"),
    [
        (("records",), 0),
        (("rest", "records"), 3),
        (("repair", "rest", "records"), 3),
        (("labelling", "records"), 0),
        (("labelling", "rest", "records"), 3),
        (("labelling", "repair", "rest", "records"), 3),
    ],
)
def test_records_of_an_earlier_release_are_those_of_this_one(
    stages: tuple[str, ...], made: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much of them stands: the store is as one made now, and its next reinterpretation has nothing to do."""
    inputs = tmp_path / "in"
    inputs.mkdir()
    for number in range(3):
        (inputs / f"{number}.txt").write_bytes(text_of(number))
    with Store.open(tmp_path / "a.db", create=True) as store:
        with monkeypatch.context() as patch:
            patch.setattr(versions, "part_digests", changed(*stages))
            run_store([inputs], store, options=OPTIONS)
        before = list(store.record_bodies())

        tally, _ = reinterpret_store(store, options=OPTIONS)
        again, _ = reinterpret_store(store, options=OPTIONS)

        assert (tally.made, again.made) == (made, 0)
        assert list(store.record_bodies()) == before
