"""Proves that zhibiao installs as a package: locks that can be trusted, and a wheel that carries all it needs."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-build.lock")
FIXTURE = ROOT / "fixtures" / "zhengzhou-2020-ocr-text"


def pins(lock: str) -> dict[str, set[str]]:
    """Return the versions that a lock names, by package; a package may differ between Pythons."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / lock).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            requirement = Requirement(line.rstrip(" \\"))
            [pin] = requirement.specifier
            assert pin.operator == "==", f"{lock}: {line}"
            found.setdefault(canonicalize_name(requirement.name), set()).add(pin.version)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_hashes_and_names_no_address(lock: str) -> None:
    """Whoever installs from it gets the same files from whichever registry they use, or nothing."""
    text = (ROOT / lock).read_text(encoding="utf-8")

    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)

    assert all(" --hash=sha256:" in block for block in blocks if re.match(r"[A-Za-z0-9]", block))
    assert not re.search(r"://|^-|file:|/(work|root|home|tmp)/", text, re.MULTILINE)


def test_the_lock_keeps_one_cv2_and_no_second_engine() -> None:
    """Two wheels that both bring `cv2` overwrite each other; torch or PaddlePaddle would add gigabytes for nothing."""
    unwanted = {
        "opencv-python", "opencv-python-headless", "opencv-contrib-python-headless", "rapidocr", "rapidocr-onnxruntime",
        "torch", "torchvision", "paddlepaddle", "paddlepaddle-gpu", "tensorflow",
    }  # fmt: skip

    for lock in LOCKS:
        assert not unwanted & set(pins(lock))


def test_the_locks_are_what_the_project_asks_for() -> None:
    """A requirement that was added without `scripts/lock` would be missing on the machine of whoever runs the demo."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    run, develop = pins("requirements.lock"), pins("requirements-dev.lock")

    for asked, locked in ((project["dependencies"], run), (project["optional-dependencies"]["dev"], develop)):
        for line in asked:
            requirement = Requirement(line)
            versions = locked.get(canonicalize_name(requirement.name), set())
            assert versions, f"{line}: not locked; run scripts/lock"
            assert all(requirement.specifier.contains(version) for version in versions), f"{line}: run scripts/lock"


def test_tests_run_with_the_versions_that_users_get() -> None:
    """What is tested is what is shipped."""
    run, develop, build = (pins(lock) for lock in LOCKS)

    assert {name: develop.get(name) for name in run} == run
    assert {name: develop.get(name, versions) for name, versions in build.items()} == build


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the tree as it stands."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", os.fspath(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel in an environment of its own, outside the checkout; the libraries are those of this one."""
    home = tmp_path_factory.mktemp("elsewhere") / "env"
    venv.create(home, with_pip=True, symlinks=os.name != "nt")
    python = home / "bin" / "python"
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INDEX": "1"}
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-deps", wheel], check=True, env=quiet, capture_output=True
    )
    [site] = home.glob("lib/python*/site-packages")
    # Read after the environment's own packages, so the installed zhibiao comes first.
    (site / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    return home


def outside(command: list[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a user would who has no checkout."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False)


@pytest.mark.install
@pytest.mark.xdist_group("install")
def test_the_wheel_carries_what_a_run_needs(wheel: Path) -> None:
    """Dictionaries, templates, models and the schema stand beside the code; tests and fixtures stay at home."""
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())

    wanted = {
        f"pipeline/_data/{path.relative_to(ROOT).as_posix()}"
        for folder in ("dictionaries", "models")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert wanted <= names
    assert {"pipeline/_data/record.schema.json", "pipeline/py.typed", "pipeline/cli.py"} <= names
    assert all(name.startswith(("pipeline/", "zhibiao-")) for name in names)
    assert sum(path.endswith("LICENSE") for path in names) == 1


@pytest.mark.install
@pytest.mark.xdist_group("install")
def test_the_installed_command_runs_the_demo(installed: Path, tmp_path: Path) -> None:
    """The wheel in an empty environment, far from the checkout, makes the five records."""
    (tmp_path / "input.txt").write_bytes((FIXTURE / "input.txt").read_bytes())

    where = outside([installed / "bin" / "python", "-c", "import pipeline; print(pipeline.__file__)"], tmp_path)
    done = outside([installed / "bin" / "zhibiao", "run", "input.txt", "--out", "out"], tmp_path)

    assert Path(where.stdout.strip()).is_relative_to(installed)
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "out" / "records.jsonl").read_text(encoding="utf-8").splitlines()
    assert [len(json.loads(line)["indicators"]) for line in lines] == [55, 28, 24, 31, 27]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"records.jsonl", "records.xlsx", "run.json"}


def _processor_seconds() -> Iterator[float]:
    while True:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        yield used.ru_utime + used.ru_stime


@pytest.mark.install
@pytest.mark.xdist_group("install")
def test_help_answers_at_once(installed: Path, tmp_path: Path) -> None:
    """Under half a second; counted in processor time, which a busy machine does not stretch."""
    clock = _processor_seconds()
    times = []
    for _ in range(3):
        before = next(clock)
        assert outside([installed / "bin" / "zhibiao", "--help"], tmp_path).returncode == 0
        times.append(next(clock) - before)

    assert min(times) < 0.5
