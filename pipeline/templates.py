"""Templates: what is known of a printed layout, as data. One TOML file each in `dictionaries/templates/`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rapidfuzz import process
from rapidfuzz.distance import OSA

from pipeline.dictionaries import comparison_key
from pipeline.errors import DictionaryError
from pipeline.resources import data_folder

_PLACEHOLDER = re.compile(r"\{(agency|year)\}")


class _TemplateFile(BaseModel):
    """A template file as it must stand; an unknown key stops the run."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    source: str = Field(min_length=1)
    titles: list[str] = Field(min_length=1)
    money_unit: Literal["元", "万元"] | None = None
    fields: list[str] = Field(default_factory=list)
    columns: list[str] = Field(min_length=1)
    skeleton: dict[str, list[str]] = Field(default_factory=dict)


@dataclass(frozen=True)
class Template:
    """One printed layout: its titles, fields, columns, and the levels it always prints."""

    id: str
    path: Path
    titles: tuple[str, ...]
    money_unit: str | None
    fields: tuple[str, ...]
    columns: tuple[str, ...]
    skeleton: dict[str, tuple[str, ...]]

    @cached_property
    def title_tails(self) -> tuple[str, ...]:
        """The fixed words that titles of this layout end with."""
        return tuple(_PLACEHOLDER.split(title)[-1].lstrip("年") for title in self.titles)

    @cached_property
    def title_patterns(self) -> tuple[re.Pattern[str], ...]:
        """The titles as patterns over comparison keys, with groups `agency` and `year`."""
        return tuple(_pattern(title) for title in self.titles)

    @cached_property
    def keys(self) -> frozenset[str]:
        """Comparison keys of the fixed words: fields, columns, level 1, level 2."""
        return frozenset(comparison_key(text) for text in (*self.fields, *self.columns, *self.levels))

    @property
    def levels(self) -> list[str]:
        """The names of its levels 1, with those of levels 2 behind each."""
        return [name for level1, below in self.skeleton.items() for name in (level1, *below)]


def _pattern(title: str) -> re.Pattern[str]:
    parts = re.split(r"(\{agency\}|\{year\})", title)
    groups = {"{agency}": r"(?P<agency>.*?)", "{year}": r"(?P<year>(?:19|20)\d\d)"}
    return re.compile("".join(groups.get(part, re.escape(comparison_key(part))) for part in parts))


def load_templates(extra: Iterable[Path] = (), folder: Path | None = None) -> tuple[Template, ...]:
    """Load the shipped templates (or those of `folder`) and the files in `extra`, in the order of their ids.

    Raises DictionaryError, naming the file, for unknown keys, bad TOML or encoding, and an id that stands twice.
    """
    home = folder or data_folder("dictionaries") / "templates"
    templates: dict[str, Template] = {}
    for path in [*sorted(home.glob("*.toml")), *extra]:
        template = load_template(path)
        if template.id in templates:
            raise DictionaryError(
                f"{path}: the template '{template.id}' is also in {templates[template.id].path}; rename one"
            )
        templates[template.id] = template
    return tuple(templates[key] for key in sorted(templates))


def load_template(path: Path) -> Template:
    """Load and check one template file. Raises DictionaryError with the file, and the line where it is known."""
    try:
        data = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
        checked = _TemplateFile.model_validate(data)
    except OSError as error:
        raise DictionaryError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise DictionaryError(f"{path}: is not UTF-8; save the file as UTF-8 and try again") from error
    except tomllib.TOMLDecodeError as error:
        raise DictionaryError(f"{path}: is not valid TOML: {error}") from error
    except ValidationError as error:
        # A misspelt key is missing under its right name too: the misspelling is what to mend.
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        where = ".".join(str(part) for part in first["loc"])
        says = "is no key of a template" if first["type"] == "extra_forbidden" else first["msg"]
        raise DictionaryError(f"{path}: {where}: {says}; see docs/layouts.md") from error
    for level1, below in checked.skeleton.items():
        if len(set(below)) != len(below):
            raise DictionaryError(f"{path}: skeleton.{level1} lists a name twice; keep one")
    skeleton = {level1: tuple(below) for level1, below in checked.skeleton.items()}
    return Template(
        checked.id,
        path,
        tuple(checked.titles),
        checked.money_unit,
        tuple(checked.fields),
        tuple(checked.columns),
        skeleton,
    )


# What offices print before a layout's own title: the year, and whose form it is.
_YEAR_BEFORE = r"(?:(?:19|20)\d\d年度?)?"
_AGENCY_BEFORE = r"(?:.{2,28}[局委会办室院馆宫处所站队组心校学园府司团厂厅部关社庭署台场库行省市县区州盟旗镇乡])?"
_BEFORE = re.compile(_YEAR_BEFORE + _AGENCY_BEFORE + _YEAR_BEFORE)
# Of a shorter title one character more or less makes another.
_LONG_TITLE = 8


def _fits(template: Template, key: str) -> bool:
    if any(pattern.fullmatch(key) for pattern in template.title_patterns):
        return True
    for tail in map(comparison_key, template.title_tails):
        before, end = key[: -len(tail)], key[-len(tail) :]
        if len(end) < len(tail) or not _BEFORE.fullmatch(before):
            continue
        if sum(one != other for one, other in zip(end, tail, strict=True)) <= (len(tail) >= _LONG_TITLE):
            return True
    return False


# Half of a layout's fixed words must be printed; a misread one counts for a little less than one that is not.
_LEAST_SHARE = 0.5
_NEARLY = 0.9
_MISREAD_IN = 4
# Longer cells are narratives.
_LONGEST_WORDS = 30


def choose_template(templates: Sequence[Template], title: str, texts: Iterable[str]) -> Template | None:
    """Return the layout that a form was printed from, or None where none fits or two fit equally well.

    `texts` are the form's cells. The title must fit one of the layout's, where a year or an agency may stand before it
    and one character may be misread; among those the one wins of whose fixed words most are printed, less those that
    are not: a layout of few words, which every form prints, is not preferred to one of many that are nearly all there.
    Half of them must be there, or the title alone would decide between unlike layouts; where too many are misread,
    those that are nearly there count as well.
    """
    printed = {comparison_key(text) for text in texts}
    key = comparison_key(re.sub(r"[(（][^()（）]*年度?[)）]\s*$", "", title))
    fitting = [template for template in templates if template.keys and _fits(template, key)]
    # Misread words count where those that were read right decide nothing.
    return _fullest(fitting, printed, _found) or _fullest(fitting, printed, _nearly_found)


def _fullest(
    templates: Sequence[Template], printed: Set[str], count: Callable[[Template, Set[str]], float]
) -> Template | None:
    found = [(template, count(template, printed)) for template in templates]
    scored = sorted(
        ((2 * there - len(template.keys), template.id, template) for template, there in found
         if there >= _LEAST_SHARE * len(template.keys)),
        key=_by_score,
    )  # fmt: skip
    if not scored:
        return None
    return None if len(scored) > 1 and scored[1][0] == scored[0][0] else scored[0][2]


def _by_score(item: tuple[float, str, Template]) -> tuple[float, str]:
    return -item[0], item[1]


def _found(template: Template, printed: Set[str]) -> float:
    return len(template.keys & printed)


def _nearly_found(template: Template, printed: Set[str]) -> float:
    """How many of a layout's words are printed, or nearly: one character in four may be misread."""
    missing = [key for key in template.keys - printed if len(key) >= _MISREAD_IN]
    short = [text for text in printed if len(text) <= _LONGEST_WORDS]
    near = sum(
        process.extractOne(key, short, scorer=OSA.distance, score_cutoff=len(key) // _MISREAD_IN) is not None
        for key in missing
    )
    return len(template.keys & printed) + _NEARLY * near
