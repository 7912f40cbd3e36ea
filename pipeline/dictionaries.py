"""Vocabularies: the names that forms use, one file each, checked line by line as they are loaded.

A file is UTF-8 text. `#! key: value` lines at the top name the vocabulary and its source, `# …` is a comment,
`[section]`
begins a section, and every other line is one name, followed, after tabs, by `key=value` attributes whose values are
separated by `|`. See docs/dictionaries.md.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

from pipeline.asked import AskedNames, Notes
from pipeline.errors import DictionaryError
from pipeline.resources import data_folder

SECTIONS = ("level1", "level2", "level3", "field", "narrative", "bar", "column", "unit", "word", "boolean")
HEADER_KEYS = ("vocabulary", "source", "version")
ATTRIBUTES = ("aliases", "parent", "operator", "units", "words", "role", "seen")
COLUMN_ROLES = ("level1", "level2", "level3", "target", "operator", "unit", "extra")
OPERATORS = ("=", "≥", "≤", ">", "<")
# A vocabulary is a list that people keep by hand; the largest known framework has under 10,000 names. Beyond this the
# file is something else, and reading it would only cost memory.
MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a vocabulary. An alias is a name in its own right (`alias_of` says of which): never canonicalised."""

    text: str
    section: str
    vocabulary: str
    parents: tuple[str, ...] = ()
    operator: str | None = None
    units: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    role: str | None = None
    seen: tuple[str, ...] = ()  # misreadings people have confirmed to stand for this name
    alias_of: str | None = None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One dictionary file as loaded."""

    id: str
    path: Path
    sha256: str
    sources: tuple[str, ...]
    names: tuple[Name, ...]
    further: bool = False  # came in addition to the shipped ones


@dataclass(frozen=True)
class Dictionaries:
    """All vocabularies of a run. A text may be a name in several of them and in several sections."""

    vocabularies: tuple[Vocabulary, ...]
    _sections: dict[str, dict[str, tuple[Name, ...]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sections: dict[str, dict[str, tuple[Name, ...]]] = {section: {} for section in SECTIONS}
        for vocabulary in self.vocabularies:
            for name in vocabulary.names:
                known = sections[name.section]
                known[name.text] = (*known.get(name.text, ()), name)
        object.__setattr__(self, "_sections", sections)

    def names(self, section: str) -> Mapping[str, tuple[Name, ...]]:
        """Return the names of one section, each with its entries in every vocabulary that holds it."""
        return self._sections[section]

    @property
    def plain(self) -> Dictionaries:
        """These, of which nobody notes what they are asked."""
        return self

    @property
    def notes(self) -> Notes:
        """Where it is noted what they are asked."""
        return _NOBODY

    @cached_property
    def further(self) -> frozenset[str]:
        """The ids of the vocabularies that came in addition to the shipped ones."""
        return frozenset(vocabulary.id for vocabulary in self.vocabularies if vocabulary.further)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the files' digests: changes when any name changes."""
        return hashlib.sha256("\n".join(sorted(v.sha256 for v in self.vocabularies)).encode()).hexdigest()

    @cached_property
    def keys(self) -> Mapping[str, Mapping[str, str]]:
        """For each section, comparison key -> name as the dictionary writes it."""
        return {
            section: {comparison_key(text): text for text in reversed(list(names))}
            for section, names in self._sections.items()
        }

    def written(self, section: str, text: str) -> str | None:
        """Return the name of `section` that `text` equals but for spaces, widths and brackets, or None."""
        return self.keys[section].get(comparison_key(text))


_NOBODY = Notes()


class AskedDictionaries(Dictionaries):
    """The same names; what is asked of them is noted. What is told of all together notes every section."""

    def __init__(self, plain: Dictionaries) -> None:
        """Take the dictionaries that answer."""
        notes = Notes()
        mine = {
            section: AskedNames(names, notes, section, key=comparison_key) for section, names in plain._sections.items()
        }
        keys = {section: AskedNames(names, notes, section) for section, names in plain.keys.items()}
        for name, value in {"_plain": plain, "_notes": notes, "_sections": mine, "_keys": keys}.items():
            object.__setattr__(self, name, value)

    @property
    def plain(self) -> Dictionaries:
        """The dictionaries that answer."""
        found: Dictionaries = self._plain  # type: ignore[attr-defined]
        return found

    @property
    def notes(self) -> Notes:
        """Where it is noted what they are asked."""
        found: Notes = self._notes  # type: ignore[attr-defined]
        return found

    @property
    def keys(self) -> Mapping[str, Mapping[str, str]]:
        """For each section, comparison key -> name as the dictionary writes it."""
        found: Mapping[str, Mapping[str, str]] = self._keys  # type: ignore[attr-defined]
        return found

    @property
    def vocabularies(self) -> tuple[Vocabulary, ...]:
        """The dictionary files."""
        self.notes.whole.update(SECTIONS)
        return self.plain.vocabularies

    @property
    def further(self) -> frozenset[str]:
        """The ids of the vocabularies that came in addition to the shipped ones."""
        self.notes.whole.update(SECTIONS)
        return self.plain.further

    @property
    def digest(self) -> str:
        """Changes when any name changes."""
        self.notes.whole.update(SECTIONS)
        return self.plain.digest


_SAME = str.maketrans(
    {"【": "(", "】": ")", "〔": "(", "〕": ")", "[": "(", "]": ")", "“": '"', "”": '"', "‘": "'", "’": "'"}
)


# One form asks for the same few hundred texts thousands of times; bounded, for an archive holds millions.
@lru_cache(maxsize=20_000)
def comparison_key(text: str) -> str:
    """Return `text` without spaces, widths and bracket styles; for comparing only, never for output.

    NFKC turns ① into 1 and ㎡ into m2, which is why the key must never be printed. A stop at the end is dust far more
    often than print, and no name ends with one, nor with a semicolon, which a colon is read as.
    """
    folded = unicodedata.normalize("NFKC", text).translate(_SAME)
    return "".join(folded.split()).rstrip(":;.·。")


def load_dictionaries(extra: Iterable[Path] = (), folder: Path | None = None) -> Dictionaries:
    """Load the shipped vocabularies (or those of `folder`) and the files in `extra`.

    Raises DictionaryError with file and line on duplicates, unknown keys or sections, bad encoding and empty files.
    """
    home = folder or data_folder("dictionaries")
    shipped = sorted(home.glob("*.txt"))
    if not shipped:
        raise DictionaryError(
            f"{home}: holds no dictionary (*.txt); reinstall zhibiao or name the folder that has them"
        )
    vocabularies = [load_vocabulary(path) for path in shipped]
    vocabularies += [replace(load_vocabulary(path), further=True) for path in extra]
    by_id: dict[str, Path] = {}
    for vocabulary in vocabularies:
        if vocabulary.id in by_id:
            raise DictionaryError(
                f"{vocabulary.path}: the vocabulary '{vocabulary.id}' is also in {by_id[vocabulary.id]}; rename one"
            )
        by_id[vocabulary.id] = vocabulary.path
    return Dictionaries(tuple(vocabularies))


def dictionary_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files named, and for each folder the dictionary files (*.txt) in it.

    Raises DictionaryError for a folder that holds none.
    """
    files: list[Path] = []
    for path in paths:
        found = sorted(path.glob("*.txt")) if path.is_dir() else [path]
        if not found:
            raise DictionaryError(f"{path}: holds no dictionary (*.txt); name the folder that has them, or a file")
        files += found
    return list(dict.fromkeys(files))


def load_vocabulary(path: Path) -> Vocabulary:
    """Load and check one dictionary file; names before any `[section]` line are level-3 names.

    Raises DictionaryError with file and line.
    """
    content = _content(path)
    reader = _VocabularyReader(path, content.decode("utf-8-sig"))
    names = tuple(reader.names())
    reader.check_misreadings(names)
    if not names:
        raise DictionaryError(f"{path}: holds no names; a dictionary never stands empty, remove the file or fill it")
    identity = reader.header.get("vocabulary", [path.stem])[0]
    sources = tuple(reader.header.get("source", [str(path.name)]))
    names = tuple(_with_vocabulary(name, identity) for name in names)
    return Vocabulary(identity, path, hashlib.sha256(content).hexdigest(), sources, names)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DictionaryError(f"{path}: larger than {MAX_BYTES >> 20} MB, which no dictionary is; check the path")
        content = path.read_bytes()
    except OSError as error:
        raise DictionaryError(
            f"{path}: cannot be read ({error.strerror}); check the path and its permissions"
        ) from error
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DictionaryError(
            f"{path}:{line}: is not UTF-8 (byte {error.start}); save the file as UTF-8 and try again"
        ) from error
    return content


def _with_vocabulary(name: Name, vocabulary: str) -> Name:
    return Name(
        name.text, name.section, vocabulary, name.parents, name.operator, name.units, name.words, name.role, name.seen,
        name.alias_of,
    )  # fmt: skip


class _VocabularyReader:
    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.header: dict[str, list[str]] = {}
        self.section = "level3"
        self.first_line: dict[tuple[str, str], int] = {}

    def names(self) -> Iterator[Name]:
        for number, raw in enumerate(self.text.split("\n"), start=1):
            line = raw.rstrip("\r")
            if line.startswith("#!"):
                self._header_line(number, line[2:])
            elif line.startswith("[") and line.rstrip().endswith("]") and "\t" not in line:
                self._section_line(number, line.strip()[1:-1])
            elif line.strip() and not line.startswith("#"):
                yield from self._name_line(number, line)

    def _fail(self, line: int, problem: str) -> DictionaryError:
        return DictionaryError(f"{self.path}:{line}: {problem}")

    def _header_line(self, number: int, text: str) -> None:
        key, colon, value = (part.strip() for part in text.partition(":"))
        if key not in HEADER_KEYS or not colon:
            raise self._fail(number, f"unknown header key '{key}'; known are {', '.join(HEADER_KEYS)}")
        if not value:
            raise self._fail(number, f"the header key '{key}' has no value")
        self.header.setdefault(key, []).append(value)

    def _section_line(self, number: int, section: str) -> None:
        if section not in SECTIONS:
            raise self._fail(number, f"unknown section [{section}]; known are {', '.join(SECTIONS)}")
        self.section = section

    def _name_line(self, number: int, line: str) -> Iterator[Name]:
        text, *attributes = (part.strip() for part in line.split("\t"))
        if not text:
            raise self._fail(number, "a line begins with a tab; put the name first")
        if text.startswith("[") and "]" not in text:
            raise self._fail(number, f"'{text}' begins a section and does not end it; put ] behind it")
        if "|" in text:
            raise self._fail(number, f"'{text}' holds a |, as no name does; attributes follow the name after a tab")
        self._claim(number, text)
        values = self._attributes(number, text, [part for part in attributes if part])
        name = self._checked_name(number, text, values)
        yield name
        for alias in values.get("aliases", ()):
            self._claim(number, alias)
            yield Name(
                alias, name.section, "", name.parents, name.operator, name.units, name.words, name.role, (), text
            )

    def _claim(self, number: int, text: str) -> None:
        before = self.first_line.setdefault((self.section, comparison_key(text)), number)
        if before != number:
            raise self._fail(number, f"{text} is listed twice (first on line {before}); keep one line")

    def check_misreadings(self, names: Iterable[Name]) -> None:
        """Raise DictionaryError where a misreading is itself a name of its section: names are never replaced."""
        for name in names:
            for seen in name.seen:
                line = self.first_line.get((name.section, comparison_key(seen)))
                if line is not None:
                    raise self._fail(
                        line, f"{seen} is a name here and a misreading of {name.text}; keep one of the two"
                    )

    def _attributes(self, number: int, text: str, parts: list[str]) -> dict[str, tuple[str, ...]]:
        values: dict[str, tuple[str, ...]] = {}
        for part in parts:
            key, equals, value = part.partition("=")
            if key not in ATTRIBUTES or not equals:
                raise self._fail(number, f"{text}: unknown key '{key}'; known are {', '.join(ATTRIBUTES)}")
            if key in values:
                raise self._fail(number, f"{text}: the key '{key}' stands twice; join its values with |")
            items = tuple(item.strip() for item in value.split("|"))
            if not all(items):
                raise self._fail(number, f"{text}: the key '{key}' has an empty value")
            if len(set(items)) != len(items):
                raise self._fail(number, f"{text}: the key '{key}' lists a value twice")
            values[key] = items
        return values

    def _checked_name(self, number: int, text: str, values: dict[str, tuple[str, ...]]) -> Name:
        operator = values.get("operator", (None,))[0]
        if operator is not None and operator not in OPERATORS:
            raise self._fail(number, f"{text}: unknown operator '{operator}'; known are {' '.join(OPERATORS)}")
        role = values.get("role", (None,))[0]
        if role is not None and role not in COLUMN_ROLES:
            raise self._fail(number, f"{text}: unknown role '{role}'; known are {', '.join(COLUMN_ROLES)}")
        return Name(
            text=text,
            section=self.section,
            vocabulary="",
            parents=values.get("parent", ()),
            operator=operator,
            units=values.get("units", ()),
            words=values.get("words", ()),
            role=role,
            seen=values.get("seen", ()),
        )
