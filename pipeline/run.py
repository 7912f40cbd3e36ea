"""The corridor: each input from file to records, every one of them accounted for."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.document import PageReading
from pipeline.errors import InputError, PipelineError, SkippedInput, UsageError
from pipeline.export import write_jsonl, write_workbook
from pipeline.interpret import InterpretTools, interpret, load_interpret_tools
from pipeline.ocrtext import read_text_file
from pipeline.records import Record

Say = Callable[[str], None]
RECORDS, WORKBOOK, ACCOUNT = "records.jsonl", "records.xlsx", "run.json"


@dataclass
class InputAccount:
    """What became of one input."""

    path: str
    status: str = "read"  # read, skipped, failed
    why: str | None = None
    sha256: str | None = None
    records: int = 0
    pages: list[dict[str, Any]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


@dataclass
class Summary:
    """The whole run, for run.json and the last line on the screen."""

    out: Path
    inputs: list[InputAccount] = field(default_factory=list)
    indicators: int = 0
    repaired: int = 0
    proposed: int = 0
    findings: int = 0
    review: int = 0
    interrupted: bool = False

    def count(self, status: str) -> int:
        """The number of inputs with this status."""
        return sum(account.status == status for account in self.inputs)

    def exit_code(self) -> int:
        """0 done, 3 some inputs failed, 5 nothing could be read, 130 interrupted."""
        if self.interrupted:
            return 130
        if not self.count("failed"):
            return 0
        return 3 if self.count("read") or self.count("skipped") else 5

    def line(self) -> str:
        """One line that says what was done and what waits."""
        records = sum(account.records for account in self.inputs)
        return (
            f"{records} records, {self.indicators} indicators, {self.repaired} repairs, {self.proposed} proposals, "
            f"{self.findings} findings, {self.review} to review; inputs: {self.count('read')} read, "
            f"{self.count('skipped')} skipped, {self.count('failed')} failed -> {self.out}"
        )

    def add(self, record: Record) -> None:
        """Count a record."""
        self.indicators += len(record.indicators)
        self.repaired += sum(repair.status == "repaired" for repair in record.repairs)
        self.proposed += sum(repair.status == "proposed" for repair in record.repairs)
        self.findings += len(record.findings)
        self.review += sum(i.review for i in record.indicators) + sum(f.review for f in record.fields.values())

    def account(self, tools: InterpretTools) -> dict[str, Any]:
        """The content of run.json."""
        return {
            "zhibiao": __version__,
            "versions": {
                "dictionaries": tools.dictionaries.digest,
                "templates": [template.id for template in tools.templates],
                "levels": tools.levels.model.card["sha256"],
            },
            "inputs": [vars(account) for account in self.inputs],
            "totals": {
                "inputs": len(self.inputs), "read": self.count("read"), "skipped": self.count("skipped"),
                "failed": self.count("failed"), "records": sum(account.records for account in self.inputs),
                "indicators": self.indicators, "repaired": self.repaired, "proposed": self.proposed,
                "findings": self.findings, "review": self.review,
            },
            "interrupted": self.interrupted,
        }  # fmt: skip


def run_inputs(
    inputs: Sequence[Path], out: Path, *, dictionaries: Sequence[Path] = (), templates: Sequence[Path] = (), say: Say = print
) -> Summary:
    """Read every input and write records.jsonl, records.xlsx and run.json into `out`.

    An input that fails is said in one line and accounted for; the others go on. Raises DictionaryError, ModelError and
    SettingsError before anything is read, UsageError where `out` cannot be written.
    """
    tools = load_interpret_tools(dictionaries=dictionaries, templates=templates)
    _prepare(out)
    summary = Summary(out)
    records: list[Record] = []
    try:
        for path in _files(inputs):
            account = InputAccount(str(path))
            summary.inputs.append(account)
            for record in _read_input(path, account, tools, say):
                records.append(record)
                summary.add(record)
    except KeyboardInterrupt:
        summary.interrupted = True
        say("zhibiao: interrupted; what was read so far is written")
    write_jsonl(records, out / RECORDS)
    write_workbook(records, out / WORKBOOK)
    _write_json(summary.account(tools), out / ACCOUNT)
    return summary


def _prepare(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out}: cannot be made a folder ({error.strerror}); name another with --out") from error
    if not os.access(out, os.W_OK):
        raise UsageError(f"{out}: cannot be written; name another with --out")


def _files(inputs: Sequence[Path]) -> Iterator[Path]:
    """The files to read, folders unfolded in natural order."""
    for path in inputs:
        if path.is_dir():
            found = sorted((p for p in path.rglob("*") if p.is_file() and not p.name.startswith(".")), key=natural_key)
            if found:
                yield from found
            else:
                yield path
        else:
            yield path


def natural_key(path: Path) -> list[tuple[int, int, str]]:
    """Sort page-2 before page-10."""
    import re

    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", str(path))]


def _read_input(path: Path, account: InputAccount, tools: InterpretTools, say: Say) -> list[Record]:
    try:
        pages = _pages_of(path)
        account.sha256 = pages[0].sha256 if pages else None
        for page in pages:
            for problem in page.problems:
                account.notices.append(problem.message)
                say(f"zhibiao: {path}: {problem.message}" if str(path) not in problem.message else f"zhibiao: {problem.message}")
        found = list(interpret(pages, str(path), account.sha256 or "", tools))
        if not found:
            raise SkippedInput(f"{path}: holds no performance-target form (no title, no indicator table); nothing to record")
    except SkippedInput as skipped:
        account.status, account.why = "skipped", str(skipped)
        say(f"zhibiao: skipped: {skipped}")
        return []
    except PipelineError as error:
        account.status, account.why = "failed", str(error)
        say(f"zhibiao: {error}")
        return []
    except Exception as error:  # a fault of zhibiao's own must not take the other inputs with it
        account.status = "failed"
        account.why = f"{path}: {type(error).__name__}: {error}; this is a fault of zhibiao, please report it with the file"
        say(f"zhibiao: {account.why}")
        return []
    account.records = len(found)
    account.pages = [{"page": page.index + 1, "status": "read"} for page in pages]
    return found


def _pages_of(path: Path) -> list[PageReading]:
    if not path.exists():
        raise InputError(f"{path}: does not exist; check the path")
    if path.is_dir():
        raise InputError(f"{path}: the folder holds no files; check the path")
    return read_text_file(path)


def _write_json(content: dict[str, Any], path: Path) -> None:
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    os.replace(temporary, path)


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
