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

from pipeline.dictionaries import SECTIONS, Dictionaries, comparison_key, load_vocabulary
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
    """Add a reviewed name to a dictionary file, made where it is missing; return False where it is known already.

    Raises DictionaryError where the file, the name or the section cannot be used; the file is then as it was.
    """
    if section not in SECTIONS:
        raise DictionaryError(f"unknown section '{section}'; known are {', '.join(SECTIONS)}")
    clean = "".join(name.split())
    if not clean or clean.startswith(("#", "[")) or "|" in clean or "\t" in name:
        raise DictionaryError(f"'{name}' cannot be a name: it is empty or begins like a comment or section; check it")
    if dictionaries.written(section, clean) is not None:
        return False
    before = (
        path.read_text("utf-8-sig") if path.exists() else f"#! vocabulary: {path.stem}\n#! source: reviewed names\n"
    )
    if path.exists() and comparison_key(clean) in {
        comparison_key(known.text) for known in load_vocabulary(path).names if known.section == section
    }:
        return False
    attributes = "\tseen=" + "|".join(seen) if seen else ""
    last = next((line.strip() for line in reversed(before.splitlines()) if line.startswith("[")), "")
    head = "" if last == f"[{section}]" else f"\n[{section}]\n"
    text = f"{before.rstrip()}\n{head}{clean}{attributes}\n"
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(text, "utf-8")
    try:
        load_vocabulary(temporary)
    except DictionaryError:
        temporary.unlink()
        raise
    os.replace(temporary, path)
    return True


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
