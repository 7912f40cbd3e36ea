"""The grids of any ruled page, for people whose table is no indicator form: one JSON and one HTML file a page.

The readings are the run's own (same inputs, same errors, same account, same kept readings); only what is made of them
differs. In the HTML every text of the document is escaped, and its policy allows no script and no request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.document import Page, PageReading, Reading, Table
from pipeline.errors import PipelineError, SkippedInput, shown
from pipeline.export.whole import whole_file
from pipeline.intake import ACCOUNT, InputAccount, Intake, Say, document_digest, nothing_read, prepare, write_json
from pipeline.run import Summary
from pipeline.settings import Settings
from pipeline.sources import Source

# The longest file name of common file systems is 255 bytes, and a Hanzi takes three; the rest is for page and ending.
_LONGEST_NAME = 200
# Control characters, marks that turn the direction of the text around and halves of characters show as a box.
_UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_HEAD = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>@TITLE@</title>
<style>
body { color: #1a1a1a; background: #fff;
  font: 14px/1.5 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif; }
table { border-collapse: collapse; margin: 8px 0; }
td { border: 1px solid #777; padding: 2px 6px; min-width: 1.5em; height: 1.6em; overflow-wrap: anywhere;
  unicode-bidi: isolate; }
p { margin: 4px 0; overflow-wrap: anywhere; unicode-bidi: isolate; }
</style>
</head>
<body>
"""


@dataclass
class TablesSummary(Summary):
    """What became of the inputs, and how many grids were written."""

    tables: int = 0
    pages: int = 0  # that hold them

    def line(self) -> str:
        """One line that says what was done."""
        failed = f", {self.failed_pages} pages failed" if self.failed_pages else ""
        return (
            f"{self.tables} tables on {self.pages} pages; inputs: {self.count('read')} read, "
            f"{self.count('skipped')} skipped, {self.count('failed')} failed{failed} -> {self.out}"
        )

    def tables_account(self) -> dict[str, Any]:
        """The content of run.json: every input and every page, with the names of the files that hold its grids."""
        pages = [page["status"] for account in self.inputs for page in account.pages]
        return {
            "zhibiao": __version__,
            "inputs": [
                {name: value for name, value in vars(account).items() if name != "records"} for account in self.inputs
            ],
            "totals": {
                "inputs": len(self.inputs), "read": self.count("read"), "skipped": self.count("skipped"),
                "failed": self.count("failed"), "pages": len(pages), "pages_failed": pages.count("failed"),
                "tables": self.tables,
            },
            "interrupted": self.interrupted,
        }  # fmt: skip


def write_tables(
    inputs: Sequence[Path],
    out: Path,
    *,
    separate: bool = False,
    settings: Settings | None = None,
    say: Say = print,
    on_input: Callable[[Path], None] | None = None,
    on_page: Callable[[Page], None] | None = None,
) -> TablesSummary:
    """Write the grids of every page of every input into `out`, and run.json beside them.

    An input that fails is said in one line and accounted for; the others go on. Pages that were read before into the
    same `out` are not read again. Raises ModelError, UsageError where `out` cannot be written.
    """
    prepare(out)
    intake = Intake(settings or Settings(), out, say, on_input, on_page)
    summary, names = TablesSummary(out), _Names()
    try:
        for source, account in intake.documents(inputs, separate=separate):
            summary.inputs.append(account)
            if source:
                with intake.guarded(source, account):
                    _write_document(source, account, intake, summary, names)
    except KeyboardInterrupt:
        summary.interrupted = True
        say("zhibiao: interrupted; what was read so far is written, run the same command again to go on")
    write_json(summary.tables_account(), out / ACCOUNT)
    return summary


def _write_document(
    source: Source, account: InputAccount, intake: Intake, summary: TablesSummary, names: _Names
) -> None:
    readings = intake.readings(source, account)
    account.sha256 = document_digest(readings)
    if not any(reading.tables for reading in readings):
        raise SkippedInput(nothing_read(source, readings) or f"{shown(source.path)}: holds no table; nothing to write")
    name = names.take(source.path)
    for reading, entry in zip(readings, account.pages, strict=True):
        if entry["status"] == "failed":
            continue
        stem = f"{name}-page-{reading.index + 1}"
        _write(intake.out / f"{stem}.json", page_json(reading))
        _write(intake.out / f"{stem}.html", page_html(reading))
        inferred = sum(not table.ruled for table in reading.tables)
        entry.update(json=f"{stem}.json", html=f"{stem}.html", tables=len(reading.tables), tables_inferred=inferred)
        summary.tables += len(reading.tables)
        summary.pages += bool(reading.tables)


def _write(path: Path, text: str) -> None:
    try:
        with whole_file(path) as part:
            # A lone half of a character has no UTF-8; it cannot come from a page, only from a damaged text.
            part.write_text(text, "utf-8", errors="backslashreplace", newline="\n")
    except PipelineError as error:
        raise PipelineError(
            f"{shown(path)}: cannot be written; make room, or name another folder with --out"
        ) from error


@dataclass
class _Names:
    """A file name for each document: its own, numbered where another document has it already."""

    taken: set[str] = field(default_factory=set)

    def take(self, path: Path) -> str:
        named = path.name or path.resolve().name
        stem = Path(named).stem if path.is_file() else named
        # Line ends, bytes that are no UTF-8 and the signs that some file system forbids become underscores.
        stem = re.sub(r'[\x00-\x1f\x7f-\x9f\ud800-\udfff<>:"/\\|?*]', "_", stem) or "document"
        stem = stem.encode()[:_LONGEST_NAME].decode(errors="ignore")
        name, number = stem, 1
        # Some file systems hold A.json and a.json to be one file.
        while name.casefold() in self.taken:
            number += 1
            name = f"{stem}~{number}"
        self.taken.add(name.casefold())
        return name


def page_json(reading: PageReading) -> str:
    """One page's grids as JSON: pages count from one, rows and columns from zero, polygons in pixels of the page.

    `ruled` is false where no rulings made the grid: its rows and columns are what the text's alignment suggests.
    """
    content = {
        "page": reading.index + 1,
        "tables": [
            {"ruled": table.ruled, "cells": [_cell(read) for read in table.readings]} for table in reading.tables
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _cell(read: Reading) -> dict[str, Any]:
    cell = read.cell
    return {
        "row": cell.row, "col": cell.col, "rowspan": cell.rowspan, "colspan": cell.colspan, "text": read.text,
        "confidence": round(read.confidence, 2), "polygon": [[round(x, 1), round(y, 1)] for x, y in cell.polygon],
        "support": round(cell.support, 2),
    }  # fmt: skip


def page_html(reading: PageReading) -> str:
    """One page as HTML: its grids with their spans, and the lines between them, in reading order."""
    title = f"{Path(reading.file).name} · {reading.index + 1}"
    blocks = [_table(block) if isinstance(block, Table) else f"<p>{_text(block.text)}</p>" for block in reading.blocks]
    return _HEAD.replace("@TITLE@", _text(title)) + "\n".join(blocks) + "\n</body>\n</html>\n"


def _table(table: Table) -> str:
    rows: list[list[Reading]] = [[] for _ in range(table.n_rows)]
    for read in table.readings:
        rows[read.cell.row].append(read)
    lines = "\n".join("<tr>" + "".join(_cells(row)) + "</tr>" for row in rows)
    # Where there are no rulings, rows and columns are what the text's alignment suggests: the table says so.
    how = "ruled" if table.ruled else "inferred"
    return f'<table data-grid="{how}">\n{lines}\n</table>'


def _cells(row: Sequence[Reading]) -> Iterator[str]:
    for read in sorted(row, key=lambda read: read.cell.col):
        cell = read.cell
        spans = f' rowspan="{cell.rowspan}"' * (cell.rowspan > 1) + f' colspan="{cell.colspan}"' * (cell.colspan > 1)
        yield f"<td{spans}>{_text(read.text)}</td>"


def _text(text: str) -> str:
    """A text of the document, which is never markup."""
    return escape(_UNSHOWN.sub("\ufffd", text)).replace("\n", "<br>")
