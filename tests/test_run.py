"""The whole walk: files in, records out; whatever one input does, the others go on and all are accounted for."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from builders import FIXTURE, ROOT, interpret_tools, page_of
from PIL import Image

import pipeline.leftside
import pipeline.run
from pipeline.cli import main
from pipeline.document import Page, PageReading
from pipeline.errors import ModelError
from pipeline.interpret import InterpretTools, interpret, load_interpret_tools
from pipeline.records import Record
from pipeline.settings import Settings

# The models are loaded once: all of these tests in one process.
pytestmark = pytest.mark.xdist_group("run")

FORM = "\n".join((
    "某某县水利局预算项目绩效目标表", "",
    "项目名称\t防汛人员培训\t\t",
    "单位编码\t101001\t资金用途\t业务类",
    "一级指标\t二级指标\t三级指标\t目标值",
    "产出目标\t数量\t培训人数\t≥50人",
    "\t质量\t验收合格率\t=100%",
    "",
))  # fmt: skip


class Outcome:
    """What a run left behind: exit code, what it said, and its files."""

    def __init__(self, code: int, said: str, printed: str, out: Path) -> None:
        self.code = code
        # On a busy machine a plain line of progress may stand among the messages.
        self.said = [line for line in said.splitlines() if line and " pages/s): " not in line]
        self.printed = printed
        self.out = out

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.out / "records.jsonl").read_text("utf-8").splitlines()]

    @property
    def account(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.out / "run.json").read_text("utf-8"))
        return content

    @property
    def inputs(self) -> list[tuple[str, str]]:
        """Name and status of each input."""
        return [(Path(one["path"]).name, one["status"]) for one in self.account["inputs"]]


class Runner:
    """Runs the command in this process, its models loaded once for all tests."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.patch = patch
        self.capture = capture

    def file(self, name: str, content: str | bytes = FORM) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, *inputs: Path, options: tuple[str, ...] = ()) -> Outcome:
        out = self.folder / "out"
        self.patch.setattr(sys, "argv", ["zhibiao", "run", *map(str, inputs), "--out", str(out), *options])
        self.capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed, said = self.capture.readouterr()
        assert isinstance(ended.value.code, int)
        return Outcome(ended.value.code, said, printed, out)


def tools_for(dictionaries: list[Path], templates: list[Path], settings: Settings | None = None) -> InterpretTools:
    assert settings is None or settings == Settings()
    return load_interpret_tools(dictionaries=dictionaries, templates=templates) if dictionaries else interpret_tools()


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runner:
    monkeypatch.setattr(pipeline.run, "load_interpret_tools", tools_for)
    return Runner(tmp_path, monkeypatch, capsys)


# -- the fixture ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fixture_run(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The real OCR text through the command, in a process of its own."""
    out = tmp_path_factory.mktemp("fixture") / "out"
    done = command("run", str(FIXTURE / "input.txt"), "--out", str(out))
    return Outcome(done.returncode, done.stderr, done.stdout, out)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *arguments],
        cwd=ROOT,
        # Another order of sets than any other process has: records must not depend on it.
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


TRUTH = json.loads((FIXTURE / "truth.json").read_text("utf-8"))
# Corrections that are sure; all others may at most be proposed.
SURE = {one["raw"]: one["value"] for one in TRUTH["corrections"] if one["auto_correct"]}


def test_the_real_text_gives_five_records(fixture_run: Outcome) -> None:
    """Exit code 0, and the last line says what was done."""
    assert fixture_run.code == 0
    assert fixture_run.said == []
    assert "5 records, 165 indicators" in fixture_run.printed
    assert [record["form"]["title"] for record in fixture_run.records] == [form["title"] for form in TRUTH["forms"]]
    assert [record["form"]["year"] for record in fixture_run.records] == [form["year"] for form in TRUTH["forms"]]
    assert [record["form"]["agency"] for record in fixture_run.records] == [form["agency"] for form in TRUTH["forms"]]


@pytest.mark.parametrize("number", range(5))
def test_all_rows_of_the_real_text_are_right(fixture_run: Outcome, number: int) -> None:
    """Shifted, blank, continued and restated rows, in order; the lost target is null."""
    rows = [
        (row["level1"], row["level2"], row["level3"], row["target"] and row["target"]["raw"])
        for row in fixture_run.records[number]["indicators"]
    ]

    assert rows == [
        (row["level1"], row["level2"], SURE.get(row["level3_raw"], row["level3_raw"]), row["target"])
        for row in TRUTH["forms"][number]["indicators"]
    ]


@pytest.mark.parametrize("number", range(5))
def test_all_fields_of_the_real_text_are_right(fixture_run: Outcome, number: int) -> None:
    """Narratives whole, labels rejoined, tags gone."""
    fields = {key: value["value"] for key, value in fixture_run.records[number]["fields"].items()}

    assert fields == TRUTH["forms"][number]["fields"]


def test_the_real_text_is_repaired_where_it_is_sure_and_nowhere_else(fixture_run: Outcome) -> None:
    """One wrong correction and nobody trusts the archive."""
    entries = [entry for record in fixture_run.records for entry in record["repairs"]]

    assert {entry["raw"]: entry["value"] for entry in entries if entry["status"] == "repaired"} == SURE
    assert all(entry["kind"] and entry["evidence"] and entry["reason"] for entry in entries)


def test_the_lost_target_of_the_real_text_is_an_error(fixture_run: Outcome) -> None:
    """Exactly one; and the row asks for a person."""
    lost = [
        (number, finding["at"])
        for number, record in enumerate(fixture_run.records)
        for finding in record["findings"]
        if finding["code"] == "target.lost"
    ]
    [place] = [
        (number, f"indicators[{i}].target")
        for number, form in enumerate(TRUTH["forms"])
        for i, row in enumerate(form["indicators"])
        if row["lost"]
    ]

    assert lost == [place]


def test_every_value_of_the_real_text_stands_where_the_record_says(fixture_run: Outcome) -> None:
    """A person finds each cell again by its line."""
    lines = (FIXTURE / "input.txt").read_text("utf-8").split("\n")
    for record in fixture_run.records:
        for row in record["indicators"]:
            for cell in row["cells"].values():
                for where in cell["where"]:
                    assert "".join(cell["raw"].split()) in "".join(lines[where["line"] - 1].split())


def test_the_files_of_a_run_hold_the_same_records(fixture_run: Outcome) -> None:
    """Lines, workbook and account agree; nothing half-written is left."""
    sheet = openpyxl.load_workbook(fixture_run.out / "records.xlsx", read_only=True)["指标"]

    assert sum(1 for _ in sheet.iter_rows(min_row=2)) == 165
    assert fixture_run.account["totals"]["records"] == 5
    assert fixture_run.account["totals"]["indicators"] == 165
    assert sorted(path.name for path in fixture_run.out.iterdir()) == ["records.jsonl", "records.xlsx", "run.json"]


def test_running_again_gives_the_same_bytes(fixture_run: Outcome, runner: Runner) -> None:
    """In another process, and after others."""
    again = runner.run(runner.file("form.txt"), FIXTURE / "input.txt")

    written = (fixture_run.out / "records.jsonl").read_text("utf-8")
    assert (again.out / "records.jsonl").read_text("utf-8").split("\n", 1)[1] == written


# -- bad input --------------------------------------------------------------------------------------------------------


def test_gb18030_is_read_like_any_other(runner: Runner) -> None:
    """Older tools write it."""
    outcome = runner.run(runner.file("old.txt", FORM.encode("gb18030")))

    assert outcome.code == 0
    assert [len(record["indicators"]) for record in outcome.records] == [2]


def test_scripts_in_html_are_left_out_and_said(runner: Runner) -> None:
    """A web page's form is read; its scripts are not."""
    rows = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in line.split("\t")) + "</tr>"
        for line in FORM.split("\n")[2:]
        if line
    )
    title = FORM.split("\n", maxsplit=1)[0]
    page = f"<html><body><h1>{title}</h1><script>document.write('甲')</script><table>{rows}</table></body></html>"

    outcome = runner.run(runner.file("page.html", page))

    assert outcome.code == 0
    assert [len(record["indicators"]) for record in outcome.records] == [2]
    assert "甲" not in (outcome.out / "records.jsonl").read_text("utf-8")
    assert [line for line in outcome.said if "script" in line and "page.html" in line]


BAD = {
    "empty.txt": b"",
    "blank.txt": b"\n \n\t\n",
    "binary.txt": bytes(range(256)) * 40,
    "half.txt": FORM.encode("utf-8")[:40] + b"\xff\xff\xfe\n" + FORM.encode("gb18030"),
    "utf16.txt": b"\xff\xfe\x00",
    "lying.png": b"\x89PNG\r\n\x1a\n broken",
    "lying.pdf": b"%PDF-1.7 broken",
    "archive.zip": b"PK\x03\x04 broken",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_line_and_the_others_go_on(runner: Runner, name: str) -> None:
    """The line names the file and the remedy; exit code 3 says that something is missing."""
    outcome = runner.run(runner.file(name, BAD[name]), runner.file("form.txt"))

    assert outcome.code == 3
    assert outcome.inputs == [(name, "failed"), ("form.txt", "read")]
    assert len(outcome.records) == 1
    [line] = outcome.said
    assert line.startswith("zhibiao: ")
    assert name in line
    assert ";" in line


def test_a_missing_file_is_one_line_and_the_others_go_on(runner: Runner) -> None:
    """A path with a colon in it is accounted for as it was given."""
    missing = runner.folder / "no: such.txt"

    outcome = runner.run(missing, runner.file("form.txt"))

    assert outcome.code == 3
    assert outcome.account["inputs"][0]["path"] == str(missing)
    assert outcome.inputs[1] == ("form.txt", "read")


def test_a_line_of_200_megabytes_is_refused_at_once(runner: Runner) -> None:
    """It is another kind of file; parsing it could take minutes."""
    path = runner.file("long.txt", "标题\n甲\t")
    with path.open("r+b") as stream:
        stream.seek(0, os.SEEK_END)
        for _ in range(200):
            stream.write(b"a" * (1 << 20))
    started = time.monotonic()

    outcome = runner.run(path, runner.file("form.txt"))

    path.unlink()
    assert time.monotonic() - started < 30
    assert outcome.inputs == [("long.txt", "failed"), ("form.txt", "read")]
    [line] = outcome.said
    assert "long.txt:2" in line
    assert "longer than" in line


@pytest.mark.parametrize("content", ["致各位：\n请按时报送。\n", "甲\t乙\n丙\t丁\n"])
def test_a_text_without_a_form_is_skipped_and_said(runner: Runner, content: str) -> None:
    """Nothing was wrong with it, and nothing is recorded; the exit code is 0."""
    outcome = runner.run(runner.file("letter.txt", content), runner.file("form.txt"))

    assert outcome.code == 0
    assert outcome.inputs == [("letter.txt", "skipped"), ("form.txt", "read")]
    [line] = outcome.said
    assert "letter.txt" in line
    assert outcome.account["inputs"][0]["why"] in line


def test_nothing_read_is_5(runner: Runner) -> None:
    """All inputs failed; the account is written all the same."""
    outcome = runner.run(runner.file("empty.txt", b""), runner.folder / "missing.txt")

    assert outcome.code == 5
    assert outcome.records == []
    assert [status for _, status in outcome.inputs] == ["failed", "failed"]


def test_a_fault_in_one_input_does_not_take_the_others(runner: Runner) -> None:
    """An exception that nobody expected fails its input alone, and asks to be reported."""

    def faulty(pages: list[PageReading], document: str, sha256: str, tools: InterpretTools) -> list[Record]:
        if document.endswith("b.txt"):
            raise ZeroDivisionError("the unexpected\nin two lines")
        return list(interpret(pages, document, sha256, tools))

    runner.patch.setattr(pipeline.run, "interpret", faulty)

    outcome = runner.run(*(runner.file(name) for name in ("a.txt", "b.txt", "c.txt")))

    assert outcome.code == 3
    assert outcome.inputs == [("a.txt", "read"), ("b.txt", "failed"), ("c.txt", "read")]
    assert len(outcome.records) == 2
    [line] = outcome.said
    assert "ZeroDivisionError" in line
    assert "report" in line


# -- pages ------------------------------------------------------------------------------------------------------------


class FakeReader:
    """Stands for the engine: gives each page of a scan its text, and counts how often it is asked."""

    def __init__(self, *texts: str) -> None:
        self.texts = texts
        self.asked: list[int] = []
        self.engine = SimpleNamespace(name="fake 1")

    def read_page(self, page: Page, tools: "FakeReader", debug: Path | None) -> PageReading:
        self.asked.append(page.index)
        text = self.texts[page.index]
        if text == "fault":
            raise ZeroDivisionError("unexpected")
        if text == "no weights":
            raise ModelError("weights.onnx: is missing; reinstall zhibiao")
        return replace(page_of(text, page.index, pixels=True), file=page.file, sha256=page.sha256)

    def install(self, patch: pytest.MonkeyPatch) -> "FakeReader":
        patch.setattr(pipeline.leftside, "load_reader", lambda settings: self)
        patch.setattr(pipeline.leftside, "read_page", self.read_page)
        return self


def scan_of(path: Path, pages: int) -> Path:
    """A TIFF of so many pages, each unlike the others."""
    frames = [Image.new("L", (20, 20), 255 - number) for number in range(pages)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    return path


PAGE = FORM.replace("\t", " | ")
SECOND = "\n效果目标 | 满意度 | 群众满意度 | ≥90%\n"


def test_a_form_over_two_pages_is_one_record(runner: Runner) -> None:
    """From pixels as from text; each value says its page."""
    FakeReader(PAGE, SECOND).install(runner.patch)

    [record] = runner.run(scan_of(runner.folder / "scan.tif", 2)).records

    assert [row["level3"] for row in record["indicators"]] == ["培训人数", "验收合格率", "群众满意度"]
    assert [row["cells"]["level3"]["where"][0]["page"] for row in record["indicators"]] == [1, 1, 2]
    assert [page["page"] for page in record["source"]["pages"]] == [1, 2]


def test_a_page_is_read_once(runner: Runner) -> None:
    """The next run into the same folder takes what was kept, and gives the same records."""
    reader = FakeReader(PAGE, SECOND).install(runner.patch)
    scan = scan_of(runner.folder / "scan.tif", 2)

    first = runner.run(scan).records
    again = runner.run(scan).records

    assert reader.asked == [0, 1]
    assert again == first


def test_a_damaged_kept_page_is_read_again(runner: Runner) -> None:
    """And only that page."""
    reader = FakeReader(PAGE, SECOND).install(runner.patch)
    scan = scan_of(runner.folder / "scan.tif", 2)
    first = runner.run(scan)
    kept = sorted((first.out / "readings").iterdir())
    records = first.records
    kept[0].write_bytes(kept[0].read_bytes()[:-9])

    again = runner.run(scan)

    assert len(reader.asked) == 3
    assert again.records == records


def test_a_page_that_fails_is_accounted_for_and_the_others_go_on(runner: Runner) -> None:
    """Neither the summary nor the exit code says done over it, and it is tried again the next time."""
    reader = FakeReader(PAGE, "fault").install(runner.patch)

    outcome = runner.run(scan_of(runner.folder / "scan.tif", 2))

    assert outcome.code == 3
    assert [page["status"] for page in outcome.account["inputs"][0]["pages"]] == ["read", "failed"]
    assert len(outcome.records) == 1
    assert "1 pages failed" in outcome.printed
    [line] = outcome.said
    assert "page 2" in line
    assert "ZeroDivisionError" in line
    runner.run(runner.folder / "scan.tif")
    assert reader.asked == [0, 1, 1]


def test_a_scan_of_which_no_page_is_read_has_failed(runner: Runner) -> None:
    """Said once, not once a page."""
    FakeReader("fault", "fault").install(runner.patch)

    outcome = runner.run(scan_of(runner.folder / "scan.tif", 2))

    assert outcome.code == 5
    assert outcome.inputs == [("scan.tif", "failed")]
    assert len(outcome.said) == 1


def test_weights_that_cannot_be_used_stop_the_run(runner: Runner) -> None:
    """No other input would fare better."""
    FakeReader("no weights").install(runner.patch)

    outcome = runner.run(scan_of(runner.folder / "scan.tif", 1), runner.file("form.txt"))

    assert outcome.code == 4
    assert len(outcome.said) == 1


def test_the_images_of_a_folder_are_one_document(runner: Runner) -> None:
    """In natural order; with --separate each is its own."""
    FakeReader(PAGE, SECOND).install(runner.patch)
    folder = runner.folder / "scan"
    folder.mkdir()
    for number in (10, 9):
        Image.new("L", (20, 20), number).save(folder / f"page-{number}.png")

    [record] = runner.run(folder).records

    assert [Path(page["file"]).name for page in record["source"]["pages"]] == ["page-9.png", "page-10.png"]
    assert len(record["indicators"]) == 3


# -- the account ------------------------------------------------------------------------------------------------------


def test_the_account_holds_every_input_once_in_order(runner: Runner) -> None:
    """Read, skipped and failed add up to what was given; pages are counted from one."""
    given = [
        runner.file("two.txt", f"{FORM}\f{FORM}"), runner.file("empty.txt", b""), runner.file("letter.txt", "甲\n"),
        runner.folder / "missing.txt", runner.file("form.txt"),
    ]  # fmt: skip

    account = runner.run(*given).account

    assert [one["path"] for one in account["inputs"]] == [str(path) for path in given]
    assert [one["status"] for one in account["inputs"]] == ["read", "failed", "skipped", "failed", "read"]
    assert all(one["why"] for one in account["inputs"] if one["status"] != "read")
    assert [page["page"] for page in account["inputs"][0]["pages"]] == [1, 2]
    assert account["inputs"][0]["records"] == 2
    totals = account["totals"]
    assert totals["inputs"] == totals["read"] + totals["skipped"] + totals["failed"] == 5
    assert totals["records"] == 3
    assert account["versions"]["dictionaries"]
    assert account["versions"]["levels"]


def test_records_stand_in_the_order_of_the_inputs(runner: Runner) -> None:
    """Whatever their names."""
    given = [runner.file(name) for name in ("b.txt", "c.txt", "a.txt")]

    assert [record["source"]["document"] for record in runner.run(*given).records] == [str(path) for path in given]


# -- what stops a run -------------------------------------------------------------------------------------------------


def test_a_bad_dictionary_stops_the_run_with_its_line(runner: Runner) -> None:
    """4, before anything is read or written."""
    path = runner.file("mine.txt", "#! source: x\n[level3]\n培训人数\n培训人数\n")

    outcome = runner.run(runner.file("form.txt"), options=("--dictionary", str(path)))

    assert outcome.code == 4
    [line] = outcome.said
    assert f"{path}:4" in line
    assert not outcome.out.exists()


def test_an_output_that_cannot_be_a_folder_is_a_usage_error(runner: Runner) -> None:
    """2, with the way out."""
    (runner.folder / "out").write_text("a file", "utf-8")

    outcome = runner.run(runner.file("form.txt"))

    assert outcome.code == 2
    [line] = outcome.said
    assert "--out" in line


def test_a_wrong_option_is_a_usage_error(runner: Runner) -> None:
    """2, as everywhere."""
    assert runner.run(runner.file("form.txt"), options=("--no-such-option",)).code == 2


def test_a_further_dictionary_counts(runner: Runner) -> None:
    """Its names are names from then on."""
    path = runner.file("mine.txt", "#! vocabulary: mine\n#! source: x\n[level3]\n堤防巡查里程\n")
    form = runner.file("form.txt", FORM.replace("培训人数", "堤防巡查里程"))

    without = runner.run(form).records[0]["indicators"][0]["cells"]["level3"]["status"]
    within = runner.run(form, options=("--dictionary", str(path))).records[0]["indicators"][0]["cells"]["level3"][
        "status"
    ]

    assert (without, within) == ("unknown", "unchanged")


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupted_run_leaves_whole_files(tmp_path: Path) -> None:
    """Ctrl-C: what was read is written, every file is whole, and the exit code says 130."""
    text = (FIXTURE / "input.txt").read_text("utf-8")
    inputs = []
    for number in range(60):
        inputs.append(tmp_path / f"{number}.txt")
        inputs[-1].write_text(text, "utf-8")
    out = tmp_path / "out"
    # A shell starts what it runs in the background with Ctrl-C ignored, and that is inherited.
    start = "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    start += "runpy.run_module('pipeline.cli', run_name='__main__')"
    run = subprocess.Popen(
        [sys.executable, "-c", start, "run", *map(str, inputs), "--out", str(out)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not out.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)
    run.send_signal(signal.SIGINT)
    printed, said = run.communicate(timeout=120)
    outcome = Outcome(run.returncode, said, printed, out)

    assert outcome.code == 130
    assert [line for line in outcome.said if "interrupted" in line]
    assert outcome.account["interrupted"]
    assert len(outcome.records) == 5 * len(outcome.inputs) == outcome.account["totals"]["records"]
    assert len(outcome.inputs) < 60
    assert sorted(path.name for path in out.iterdir()) == ["records.jsonl", "records.xlsx", "run.json"]
    assert openpyxl.load_workbook(out / "records.xlsx", read_only=True).sheetnames


# -- the door ---------------------------------------------------------------------------------------------------------


def test_the_door_waits_for_no_library() -> None:
    """`zhibiao --help` answers at once: nothing slow is imported before a command needs it."""
    slow = {
        "sklearn", "cv2", "numpy", "paddleocr", "paddlex", "jieba", "onnxruntime", "pydantic", "PIL", "lxml",
        "rapidfuzz", "xlsxwriter", "pypdfium2",
    }  # fmt: skip
    code = "import sys, pipeline.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert not slow & {name.partition(".")[0] for name in loaded.split()}


def test_help_names_the_commands() -> None:
    """And exits with 0."""
    done = command("--help")

    assert done.returncode == 0
    assert "run" in done.stdout
    assert "dictionary" in done.stdout


def test_a_dictionary_is_checked_by_command(tmp_path: Path) -> None:
    """A sound file is told as sound, a faulty one with its line and 4."""
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text("#! vocabulary: good\n#! source: x\n[level3]\n堤防巡查里程\n", "utf-8")
    bad.write_text("#! colour: red\n", "utf-8")

    sound, faulty = command("dictionary", "check", str(good)), command("dictionary", "check", str(bad))

    assert (sound.returncode, faulty.returncode) == (0, 4)
    assert "1 names, no fault" in sound.stdout
    assert f"{bad}:1" in faulty.stderr
