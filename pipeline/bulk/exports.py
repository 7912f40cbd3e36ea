"""Exports from a store, any time: the records that filters choose, in every format, streamed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.bulk.runs import BulkOptions, reinterpret_store
from pipeline.errors import UsageError
from pipeline.export import write_budget, write_csv, write_jsonl, write_page_xml, write_parquet, write_workbook
from pipeline.keep import renumbered, unpack
from pipeline.records import Record
from pipeline.store import Filters, Store
from pipeline.store import schema as _schema

# Name of a format -> the name its file or folder has where none is given.
FORMATS = {
    "xlsx": "records.xlsx", "budget-system": "budget-system.xlsx", "csv": "csv", "jsonl": "records.jsonl",
    "parquet": "parquet", "page-xml": "page-xml",
}  # fmt: skip


@dataclass
class ExportSummary:
    """What was exported: files or folders, how many records, and what should be known about it."""

    path: Path
    records: int = 0
    remade: int = 0  # documents whose records were made again first, because of new decisions
    notes: list[str] = field(default_factory=list)

    def line(self) -> str:
        """One line that says what was done."""
        notes = "".join(f"; {note}" for note in self.notes)
        return f"{self.path}: {self.records} records{notes}"


def export_store(
    store: Store,
    form: str,
    path: Path,
    filters: Filters | None = None,
    *,
    mask_personal: bool = False,
    options: BulkOptions | None = None,
) -> ExportSummary:
    """Write the records that `filters` choose to `path`, a file or (csv, parquet, page-xml) a folder.

    Documents with new decisions are made again first, so that every export holds what people decided. Raises UsageError
    for an unknown format, PipelineError when a file cannot be written, StoreError.
    """
    if form not in FORMATS:
        raise UsageError(f"format {form}: is not known; known are {', '.join(FORMATS)}")
    filters = filters or Filters()
    summary = ExportSummary(path)
    summary.remade = refresh_store(store, options)
    if form == "page-xml":
        _write_pages(store, path, filters, summary, mask_personal)
        return summary

    def records() -> Iterator[Record]:
        for body in store.record_bodies(filters):
            summary.records += 1
            yield Record.model_validate_json(body)

    if form == "budget-system":
        done = write_budget(records(), path, mask_personal=mask_personal)
        summary.notes.append(f"{done.rows} indicators, {done.left_out} blank rows left out")
        if done.notes:
            summary.notes.append(f"{len(done.notes)} notes on its second sheet")
        if len(done.files) > 1:
            summary.notes.append(f"in {len(done.files)} files")
        return summary
    write = {"xlsx": write_workbook, "csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet}[form]
    write(records(), path, mask_personal=mask_personal)
    return summary


def refresh_store(store: Store, options: BulkOptions | None = None) -> int:
    """Make the records of documents with new decisions again; return how many there were.

    The dictionaries and templates are those that the records were last made with.
    """
    d = _schema.documents.c
    number = sum(1 for _ in store.list_documents(d.current & d.stale))
    if number:
        # A few documents are made sooner here than a worker starts.
        chosen = options or BulkOptions(say=lambda _: None)
        if options is None and number <= 50:
            chosen = replace(chosen, executor="serial")
        reinterpret_store(store, stale_only=True, options=chosen)
    return number


def _write_pages(store: Store, folder: Path, filters: Filters, summary: ExportSummary, mask: bool) -> None:
    without = pages = 0
    for number, bodies in store.document_bodies(filters):
        document = store.get_document(number)
        if document is None:
            continue
        records = [Record.model_validate_json(body) for body in bodies]
        summary.records += len(records)
        wanted = {page.page for record in records for page in record.source.pages}
        contents = store.get_readings(p.reading for p in document.pages if p.reading and p.position + 1 in wanted)
        for page in document.pages:
            if page.position + 1 not in wanted or page.reading not in contents:
                continue
            reading = renumbered(unpack(contents[page.reading]), page.position, page.file)
            target = folder / f"{_file_name(document.name)}-{document.sha256[:8]}-{page.position + 1:04d}.xml"
            if write_page_xml(reading, target, records, mask_personal=mask):
                pages += 1
            else:
                without += 1
    summary.notes.append(f"{pages} pages")
    if without:
        summary.notes.append(f"{without} pages of texts have no picture and no PAGE XML")


def _file_name(name: str) -> str:
    """The last part of a document's name, as every file system takes it."""
    return re.sub(r"[^\w.-]+", "_", Path(name).name)[:80] or "document"
