"""The repairs of a run as a ledger: grouped by what was read and what it became, so that one decision serves many.

Also what people put into dictionaries by hand (`add`) and what an archive teaches (`learn`): both write dictionary
files, which enter a run only when they are named, never live.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from pipeline.dictionaries import SECTIONS, Dictionaries, Name, comparison_key, load_vocabulary
from pipeline.errors import DictionaryError, InputError

HEADER = ("raw", "value", "status", "kind", "count", "forms", "evidence", "reason", "places")
# Spreadsheets run what begins with one of these; a quote before it keeps it text.
_FORMULA = re.compile(r"^[=+\-@\t\r]")


# What every SQLite file begins with.
_SQLITE = b"SQLite format 3\x00"


@dataclass
class RepairGroup:
    """All places where one raw text became, or is proposed to become, one value."""

    raw: str
    value: str
    status: str
    kind: str
    evidence: str
    reason: str
    places: list[str] = field(default_factory=list)
    forms: set[str] = field(default_factory=set)

    def row(self) -> tuple[str | int, ...]:
        """One row under HEADER."""
        shown = "; ".join(self.places[:20]) + ("; …" if len(self.places) > 20 else "")
        return (
            self.raw, self.value, self.status, self.kind, len(self.places), len(self.forms), self.evidence, self.reason,
            shown,
        )  # fmt: skip


def read_records(sources: Iterable[str | Path]) -> Iterator[dict[str, Any]]:
    """Yield the records of records.jsonl files, of the run folders that hold one, and of stores (file or address).

    Raises InputError with file and line, and StoreError where a store cannot be opened.
    """
    for source in sources:
        if _is_store(source):
            from pipeline.store import Store  # slow to import

            with Store.open(source) as store:
                yield from (json.loads(body) for body in store.record_bodies())
            continue
        path = Path(source)
        file = path / "records.jsonl" if path.is_dir() else path
        try:
            with file.open(encoding="utf-8") as lines:
                for number, line in enumerate(lines, start=1):
                    try:
                        record = json.loads(line)
                        record["repairs"], record["indicators"], record["source"]["document"]
                    except (ValueError, KeyError, TypeError) as error:
                        raise InputError(f"{file}:{number}: is no record; give the records.jsonl of a run") from error
                    yield record
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"{file}: cannot be read ({error}); give a store, the folder of a run or its records.jsonl"
            ) from error


def _is_store(source: str | Path) -> bool:
    """Tell a store from a run: an address, or a file that SQLite wrote."""
    if re.match(r"^[a-z][a-z0-9+]*://", str(source)):
        return True
    try:
        with Path(source).open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False  # a folder, or nothing: whoever opens it says so


def group_repairs(records: Iterable[dict[str, Any]], status: str | None = None) -> list[RepairGroup]:
    """Group repairs by (raw, value, status), most places first; `status` keeps one kind."""
    groups: dict[tuple[str, str, str], RepairGroup] = {}
    for record in records:
        for repair in record["repairs"]:
            if status is not None and repair["status"] != status:
                continue
            key = (repair["raw"], repair["value"], repair["status"])
            group = groups.setdefault(key, RepairGroup(*key, repair["kind"], repair["evidence"], repair["reason"]))
            group.places.append(f"{record['source']['document']} {record['form']['title']} {repair['at']}")
            group.forms.add(record["id"])
    return sorted(groups.values(), key=lambda group: (-len(group.places), group.raw, group.value))


def write_csv(groups: Sequence[RepairGroup], out: TextIO) -> None:
    """Write the groups as CSV; what a spreadsheet would run as a formula is quoted."""
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for group in groups:
        writer.writerow(
            [f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell for cell in group.row()]
        )


def add_name(path: Path, name: str, section: str, dictionaries: Dictionaries, seen: Sequence[str] = ()) -> bool:
    """Add a reviewed name, or misreadings of a known one, to a dictionary file, made where it is missing.

    Returns False where all of it is known already. Raises DictionaryError where the file, the name, a misreading or the
    section cannot be used; the file is then as it was.
    """
    if section not in SECTIONS:
        raise DictionaryError(f"unknown section '{section}'; known are {', '.join(SECTIONS)}")
    clean = _clean(name, "name")
    misread = list(dict.fromkeys(_clean(text, "misreading") for text in seen))
    try:
        before = path.read_text("utf-8-sig") if path.is_file() else ""
        own = load_vocabulary(path).names if path.exists() and (before.strip() or not path.is_file()) else ()
        _contradicts(clean, section, misread, [*own, *(n for v in dictionaries.vocabularies for n in v.names)])
        text = _with_name(before, path.stem, clean, section, misread, own, dictionaries)
        if text is None:
            return False
        temporary = path.with_name(path.name + ".part")
        temporary.write_text(text, "utf-8")
        try:
            load_vocabulary(temporary)
        except DictionaryError:
            temporary.unlink()
            raise
        os.replace(temporary, path)
    except UnicodeDecodeError as error:
        raise DictionaryError(f"{path}: is not UTF-8; name a dictionary file, or a new one") from error
    except OSError as error:
        raise DictionaryError(
            f"{path}: cannot be written ({error.strerror}); name a file in a folder that is there"
        ) from error
    return True


def _clean(text: str, what: str) -> str:
    clean = "".join(text.split())
    if not clean or clean.startswith(("#", "[")) or "|" in clean or "\t" in text:
        raise DictionaryError(
            f"'{text}' cannot be a {what}: it is empty, begins like a comment or section, or holds a tab or |; check it"
        )
    return clean


def _contradicts(name: str, section: str, misread: Sequence[str], names: Iterable[Name]) -> None:
    """Raise DictionaryError where a text would be a name and a misreading of another: a name is never replaced."""
    key = comparison_key(name)
    wrong = {comparison_key(text): text for text in misread}
    if key in wrong:
        raise DictionaryError(f"{name} cannot be a misreading of itself; give what was read instead of it")
    for known in names:
        if known.section != section:
            continue
        if (text := wrong.get(comparison_key(known.text))) is not None:
            raise DictionaryError(
                f"{text} is itself a name of {known.vocabulary}, and names are never replaced; leave it out"
            )
        if key in map(comparison_key, known.seen):
            raise DictionaryError(
                f"{name} is listed as a misreading of {known.text} in {known.vocabulary}; take it out there first"
            )


def _with_name(
    before: str,
    stem: str,
    name: str,
    section: str,
    misread: Sequence[str],
    own: Sequence[Name],
    dictionaries: Dictionaries,
) -> str | None:
    """Return the file's text with the name and its misreadings in it; None where they are known already."""
    key = comparison_key(name)
    written = [known for known in own if known.section == section and comparison_key(known.text) == key]
    shipped = dictionaries.written(section, name)
    known_misreadings = {comparison_key(text) for known in written for text in known.seen}
    if shipped is not None:
        known_misreadings |= {
            comparison_key(text) for known in dictionaries.names(section)[shipped] for text in known.seen
        }
    fresh = [text for text in misread if comparison_key(text) not in known_misreadings]
    if (written or shipped is not None) and not fresh:
        return None
    if written:
        return _with_misreadings(before, section, key, fresh)
    if not before.strip():
        before = f"#! vocabulary: {stem}\n#! source: reviewed names\n"
    # A misreading of a shipped name stands here beside that very name.
    attributes = "\tseen=" + "|".join(fresh) if fresh else ""
    last = next((line.strip() for line in reversed(before.splitlines()) if line.startswith("[")), "")
    head = "" if last == f"[{section}]" else f"\n[{section}]\n"
    return f"{before.rstrip()}\n{head}{shipped or name}{attributes}\n"


def _with_misreadings(before: str, section: str, key: str, fresh: Sequence[str]) -> str:
    """Return the text with more misreadings behind the name that it holds already."""
    lines, at = before.splitlines(), "level3"
    for number, line in enumerate(lines):
        if line.startswith("[") and line.rstrip().endswith("]") and "\t" not in line:
            at = line.strip()[1:-1]
        elif at == section and not line.startswith("#") and comparison_key(line.split("\t")[0]) == key:
            parts = line.rstrip().split("\t")
            place = next((k for k, part in enumerate(parts) if part.strip().startswith("seen=")), None)
            if place is None:
                parts.append("seen=" + "|".join(fresh))
            else:
                parts[place] = "|".join((parts[place].strip(), *fresh))
            lines[number] = "\t".join(parts)
    return "\n".join(lines) + "\n"


def learn_names(
    records: Iterable[dict[str, Any]], dictionaries: Dictionaries, least_documents: int = 3
) -> dict[str, int]:
    """Names that an archive teaches: level-3 names no dictionary holds, in so many documents at least, never doubted.

    Returns name -> number of documents, in order of name. A name that was repaired, proposed to change or marked for
    review anywhere is left out: what is doubtful must not vouch for itself.
    """
    documents: dict[str, set[str]] = defaultdict(set)
    doubtful: set[str] = set()
    for record in records:
        for repair in record["repairs"]:
            doubtful.add(repair["raw"])
        for indicator in record["indicators"]:
            name = indicator["level3"]
            if not name:
                continue
            cell = indicator["cells"].get("level3", {})
            if cell.get("status") != "unknown" or cell.get("confidence", 0) < 0.9:
                doubtful.add(name)
            documents[name].add(record["source"]["sha256"])
    return {
        name: len(found)
        for name, found in sorted(documents.items())
        if len(found) >= least_documents and name not in doubtful and dictionaries.written("level3", name) is None
    }


def near_names(names: dict[str, int], dictionaries: Dictionaries) -> dict[str, str]:
    """Which of the learnt `names` are one character away from a dictionary name, or from one learnt in more documents.

    A recogniser's habit reads one name wrong in many documents alike, and nothing in them says so.
    """
    known = {comparison_key(text): text for text in dictionaries.names("level3")}
    patterns: dict[str, list[str]] = defaultdict(list)
    for text in (*known, *names):
        for pattern in _patterns(text):
            patterns[pattern].append(text)
    near = {}
    for name, count in names.items():
        others = {other for pattern in _patterns(name) for other in patterns[pattern] if other != name}
        surer = sorted(other for other in others if other in known or names.get(other, 0) > count)
        if surer:
            near[name] = known.get(surer[0], surer[0])
    return near


def _patterns(text: str) -> list[str]:
    """Return what two texts share that differ in one character, or by one: each with a place left open."""
    changed = [f"{text[:i]}?{text[i + 1 :]}" for i in range(len(text))]
    return [*changed, *(f"{text[:i]}?{text[i:]}" for i in range(len(text) + 1))]


def write_snapshot(names: dict[str, int], path: Path, source: str, near: Mapping[str, str] | None = None) -> str:
    """Write learnt names as a dictionary file; its version is the digest of its names. Returns the version.

    Those that are `near` another name stand in it as comments, for a person to decide.

    Raises DictionaryError where there is nothing to write: an empty dictionary would stop every run that names it.
    """
    asked = dict(near or {})
    names = {name: count for name, count in names.items() if name not in asked}
    if not names and asked:
        raise DictionaryError(
            f"{path}: every learnt name is one character from another (such as {min(asked)}, {asked[min(asked)]});"
            " add what is right with zhibiao dictionary add"
        )
    if not names:
        raise DictionaryError(
            f"{path}: nothing was learnt (no name is common enough and undoubted); no file is written"
        )
    version = hashlib.sha256("\n".join(names).encode()).hexdigest()[:12]
    lines = [
        f"#! vocabulary: learnt-{version}", f"#! version: {version}", f"#! source: {source}", "", "[level3]", *names,
        *(["", "# One character from another name: take the # away where it is right."] if asked else []),
        *(f"# {name}  ({other})" for name, other in asked.items()), "",
    ]  # fmt: skip
    temporary = path.with_name(path.name + ".part")
    temporary.write_text("\n".join(lines), "utf-8")
    os.replace(temporary, path)
    return version
