"""Which installed files labelling, repair and records depend on, each named by a digest.

An update of zhibiao changes a few modules, or brings a classifier trained again. Where none of it has a part in
labelling, an archive's labelling stands; where it has, a document is labelled again, and what it is made of besides
stands where it is labelled as before. Repairs and all that follows are told likewise. What has a part nobody judges: it
is the modules of the stage and all that these import, wherever in a module they do so, and the data they are given.
`tests/test_bulk_parts.py` holds that against what really runs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from pipeline.resources import data_folder

_PACKAGE = Path(__file__).parent.parent
# What hands one stage's work to the next. A change of it may change a stage's input, so that its text counts; what else
# it imports does not.
_BETWEEN = ("interpret", "intake", "bulk.standing", "bulk.tasks", "bulk.trace", "bulk.worker")
_LABELLING = ("forms", "levels", "keep", "templates", "dictionaries")
_REPAIR = ("repair", "assemble.labels", "fieldvalues", "keep", "templates", "dictionaries")
# What makes a document's records of its labelled forms and of what repair said of them.
_REST = (
    "assemble", "checks", "decisions", "fieldvalues", "keep", "records", "repair", "store.nouns", "store.rows",
    "targets", "templates", "dictionaries",
)  # fmt: skip
_RECORDS = ("bulk.worker", "interpret", "store.rows", "store.nouns")
# Rules that only finished records are held against.
_CHECKS = "checks.toml"
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+pipeline(?P<module>[.\w]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n]*)"
    r"|import[ \t]+pipeline(?P<whole>[.\w]*))",
    re.MULTILINE,
)


@lru_cache(maxsize=1)
def part_digests() -> dict[str, str]:
    """The digests of what labelling, repair, the rest and records as a whole are made with.

    That is code, models and shipped dictionaries.
    """
    models = [path for path in _files("models") if path.suffix != ".md"]
    words = _files("dictionaries")
    plain = [path for path in words if path.name != _CHECKS]
    return {
        "labelling": _digest([*files_of_labelling(), *_but(models, "repair"), *plain]),
        "repair": _digest([*files_of_repair(), *_but(models, "levels"), *plain]),
        "rest": _digest([*files_of_rest(), *_but(models, "levels"), *words]),
        "records": _digest([*code_of(_RECORDS), *models, *words]),
    }


def code_of(modules: Iterable[str]) -> list[Path]:
    """The files of modules, named as `repair.words`, and of all modules of this package that these import."""
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _file(name)
            waiting += _imported(found[name].read_text("utf-8"))
    return sorted(found.values())


def files_of_labelling() -> set[Path]:
    """The code that labelling depends on."""
    return {*code_of(_LABELLING), *map(_file, _BETWEEN)}


def files_of_repair() -> set[Path]:
    """The code that repair depends on, given the labelled form."""
    return {*code_of(_REPAIR), *map(_file, _BETWEEN)}


def files_of_rest() -> set[Path]:
    """The code that records depend on, given the labelled forms and what repair said of them."""
    return {*code_of(_REST), *map(_file, _BETWEEN)}


def files_of_records() -> set[Path]:
    """The code that records depend on, from the readings on."""
    return set(code_of(_RECORDS))


def _imported(text: str) -> Iterator[str]:
    """The modules of this package that a module's text imports; a name may be a module or stand in one."""
    for match in _IMPORT.finditer(text):
        module = (match["module"] if match["whole"] is None else match["whole"]).removeprefix(".")
        yield module
        for name in re.findall(r"[A-Za-z_]\w*", match["names"] or ""):
            below = f"{module}.{name}".removeprefix(".")
            if _exists(below):
                yield below


def _exists(name: str) -> bool:
    path = _PACKAGE.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def _file(name: str) -> Path:
    path = _PACKAGE.joinpath(*name.split(".")) if name else _PACKAGE
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _but(paths: Iterable[Path], stage: str) -> list[Path]:
    """The models but those of a stage, which are named for it; who loads a further one counts for both."""
    return [path for path in paths if not path.name.startswith(stage)]


def _files(folder: str) -> list[Path]:
    return sorted(path for path in data_folder(folder).rglob("*") if path.is_file())


def _digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    homes = (_PACKAGE, data_folder("models"), data_folder("dictionaries"))
    for path in sorted(set(paths)):
        home = next(home for home in homes if path.is_relative_to(home))
        named = f"{homes.index(home)}:{path.relative_to(home).as_posix()}"
        total.update(named.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
