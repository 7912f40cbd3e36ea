"""Runs over a store: read and interpret inputs; make records again; write what a run's folder holds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.bulk.coordinator import Coordinator, Interrupt, OnEvent, Say, Tally
from pipeline.bulk.drawings import Drawn, draw_documents
from pipeline.bulk.executors import Executor, ProcessExecutor, SerialExecutor
from pipeline.bulk.limits import Limits
from pipeline.bulk.tasks import LoadMaker, LoadReader, Workshop
from pipeline.bulk.versions import check_materials, held_against, make_version, materials_of, read_materials
from pipeline.bulk.worker import load_engine_reader, load_record_maker
from pipeline.errors import UsageError
from pipeline.export import write_workbook
from pipeline.export.whole import whole_file
from pipeline.intake import ACCOUNT, FETCHED, prepare
from pipeline.records import Record
from pipeline.remote import url_of, without_secret
from pipeline.run import RECORDS, WORKBOOK
from pipeline.settings import Settings
from pipeline.sources import Source, SourceError, find_sources
from pipeline.store import Store, StoredDocument
from pipeline.store import schema as _schema

# Versions that are held against the new one: an archive's records are of one or two, the latest.
_VERSIONS = 4
# Documents after which a database is asked to look at its tables anew, which takes some seconds.
_MANY = 1_000
EXECUTORS = ("processes", "serial", "ray")
__all__ = ["EXECUTORS", "BulkOptions", "BulkSummary", "reinterpret_store", "run_store"]


def _silent(name: str, data: dict[str, Any]) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class BulkOptions:
    """How the work is done; nothing here changes a record."""

    workers: int | None = None  # None: as many as there are cores
    executor: str = "processes"
    limits: Limits = field(default_factory=Limits)
    max_failures: int | None = None
    address: str | None = None  # of a Ray cluster
    load_reader: LoadReader = load_engine_reader
    load_maker: LoadMaker = load_record_maker
    say: Say = print
    on_event: OnEvent = _silent
    settings: Settings = field(default_factory=Settings)
    debug: bool = False  # draw what was found over each page, into the run's folder


@dataclass
class BulkSummary:
    """A run, for the last line on the screen and the exit code."""

    where: str
    out: Path | None
    tally: Tally
    totals: dict[str, int] = field(default_factory=dict)
    interrupted: bool = False
    stopped: bool = False

    def exit_code(self) -> int:
        """0 done, 3 some inputs or pages failed, 5 nothing could be read, 6 too many failures, 130 interrupted."""
        if self.interrupted:
            return 130
        if self.stopped:
            return 6
        t = self.totals
        if t.get("failed") and not t.get("read") and not t.get("skipped"):
            return 5
        return 3 if t.get("failed") or t.get("pages_failed") else 0

    def line(self) -> str:
        """One line that says what was done and what waits."""
        t = self.totals
        pages = f", {t['pages_failed']} pages failed" if t["pages_failed"] else ""
        target = f" -> {self.out}" if self.out else ""
        return (
            f"{t['records']} records, {t['indicators']} indicators, {t['repaired']} repairs, {t['proposed']} proposals,"
            f" {t['findings']} findings, {t['review']} to review; inputs: {t['read']} read, {t['skipped']} skipped, "
            f"{t['failed']} failed{pages}; pages: {t['pages']}, {self.tally.pages_read} of them read now "
            f"-> {self.where}{target}"
        )


def run_store(
    inputs: Sequence[Path],
    store: Store,
    out: Path | None = None,
    *,
    dictionaries: Sequence[Path] = (),
    templates: Sequence[Path] = (),
    separate: bool = False,
    options: BulkOptions | None = None,
) -> BulkSummary:
    """Read every input into the store; write records.jsonl, records.xlsx and run.json into `out` where it is given.

    What the store holds already is neither read nor interpreted again. Interrupted, stopped or killed at any moment,
    the same call goes on. Raises StoreError, DictionaryError, ModelError, UsageError where `out` cannot be written.
    """
    options = options or BulkOptions()
    check_materials(dictionaries, templates)
    if out is not None:
        prepare(out)
    workshop = _workshop(options, dictionaries=dictionaries, templates=templates)
    digest, content = make_version(workshop.settings, workshop.dictionaries, workshop.templates)
    store.put_version(digest, content)
    named = [without_secret(url) if (url := url_of(path)) else str(path) for path in inputs]
    command = {"inputs": named, "separate": separate}
    run = store.begin_run(json.loads(json.dumps(command, ensure_ascii=True)), digest)
    sources = list(find_sources(inputs, separate=separate, fetched=_fetched(store, out)))
    options.on_event("begin", {"inputs": len(sources)})
    interrupt = Interrupt(options.say)
    executor = make_executor(workshop, options)
    coordinator = Coordinator(
        store, executor, workshop.settings, digest, interrupt, options.say, options.on_event, options.max_failures
    )
    summary = BulkSummary(store.where, out, coordinator.tally)
    status = "failed"
    try:
        with interrupt.watched():
            coordinator.run(_announced(sources), run)
        summary.interrupted, summary.stopped = interrupt.asked, coordinator.stopped
        status = "interrupted" if interrupt.asked else "stopped" if coordinator.stopped else "done"
    except KeyboardInterrupt:  # the second one: what is in hand is lost, what is done is kept
        coordinator.flush()
        summary.interrupted, status = True, "interrupted"
        raise
    finally:
        executor.close()
        store.end_run(run, status, {})
    if summary.interrupted:
        options.say("zhibiao: interrupted; what was read is stored, run the same command again to go on")
    if summary.stopped:
        options.say(f"zhibiao: stopped after more than {options.max_failures} failures; see {ACCOUNT}")
    drawn = (
        draw_documents(store, sources, run, out, workshop, options.say)
        if options.debug and out and not summary.interrupted
        else {}
    )
    if coordinator.tally.made >= _MANY:
        store.tidy()
    summary.totals = write_run(store, run, out, digest, content, interrupted=summary.interrupted, drawn=drawn)
    store.end_run(run, status, summary.totals)
    options.on_event("end", {"status": status, **summary.totals})
    return summary


def _fetched(store: Store, out: Path | None) -> Path | None:
    """Where inputs by URL are kept: in the run's folder, else beside the file that the store is."""
    if out is not None:
        return out / FETCHED
    return Path(f"{store.where}.{FETCHED}") if store.sqlite else None


def _announced(sources: Sequence[Source | SourceError]) -> Iterator[Source | SourceError]:
    yield from sources


def reinterpret_store(
    store: Store,
    *,
    dictionaries: Sequence[Path] | None = None,
    templates: Sequence[Path] | None = None,
    stale_only: bool = False,
    options: BulkOptions | None = None,
) -> tuple[Tally, bool]:
    """Make records of kept readings again, with no OCR, where a dictionary, a template, a model or a decision changed.

    Without `dictionaries` (or `templates`) those hold that the records were last made with. With `stale_only` only
    documents with new decisions are made again. Returns what was done and whether it was interrupted.
    """
    options = options or BulkOptions()
    check_materials(dictionaries or (), templates or ())
    workshop = _workshop(options, dictionaries=dictionaries, templates=templates, last=store.latest_version())
    digest, content = make_version(workshop.settings, workshop.dictionaries, workshop.templates)
    store.put_version(digest, content)
    held = (held_against(version, other, content) for version, other in store.versions_in_force(_VERSIONS))
    workshop = replace(workshop, before=tuple(one for one in held if one is not None))
    d = _schema.documents.c
    wanted = d.current & d.stale if stale_only else None
    documents: Iterator[StoredDocument] = store.list_documents(wanted)
    options.on_event("begin", {"inputs": store.count_documents(wanted)})
    interrupt = Interrupt(options.say)
    executor = make_executor(workshop, options)
    coordinator = Coordinator(
        store, executor, workshop.settings, digest, interrupt, options.say, options.on_event,
        before=frozenset(one.version for one in workshop.before),
    )  # fmt: skip
    try:
        with interrupt.watched():
            coordinator.remake(documents)
    finally:
        coordinator.flush()
        executor.close()
    if coordinator.tally.made >= _MANY:
        store.tidy()
    if interrupt.asked:
        options.say("zhibiao: interrupted; run the same command again to go on")
    tally = coordinator.tally
    counts = {
        "inputs": tally.documents,
        "made": tally.made,
        "unchanged": tally.unchanged,
        "failed": tally.inputs_failed,
    }
    options.on_event("end", {"status": "interrupted" if interrupt.asked else "done", **counts})
    return tally, interrupt.asked


def _workshop(
    options: BulkOptions,
    dictionaries: Sequence[Path] | None,
    templates: Sequence[Path] | None,
    last: dict[str, Any] | None = None,
) -> Workshop:
    # Each worker gets its share of the cores: more threads than cores only wait for each other.
    threads = max(1, cores() // _workers(options))
    return Workshop(
        options.settings, options.load_reader, options.load_maker,
        materials_of(last, "dictionaries") if dictionaries is None else read_materials(dictionaries),
        materials_of(last, "templates") if templates is None else read_materials(templates),
        threads,
    )  # fmt: skip


def _workers(options: BulkOptions) -> int:
    return 1 if options.executor == "serial" else options.workers or cores()


def cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def make_executor(workshop: Workshop, options: BulkOptions) -> Executor:
    """The executor that the options name. Raises UsageError for one that is not known or not installed."""
    if options.executor == "serial":
        return SerialExecutor(workshop)
    if options.executor == "processes":
        return ProcessExecutor(workshop, _workers(options), options.limits)
    if options.executor == "ray":
        from pipeline.bulk.cluster import RayExecutor

        return RayExecutor(workshop, options.workers, options.limits, options.address)
    raise UsageError(f"executor {options.executor}: is not known; known are {', '.join(EXECUTORS)}")


# -- a run's folder ----------------------------------------------------------------------------------------------------


_TOTALS = (
    "inputs", "read", "skipped", "failed", "pages", "pages_failed", "records", "indicators", "repaired", "proposed",
    "findings", "review",
)  # fmt: skip


def write_run(
    store: Store,
    run: int,
    out: Path | None,
    version: str,
    content: dict[str, Any],
    *,
    interrupted: bool,
    drawn: Drawn | None = None,
) -> dict[str, int]:
    """Write the records and the account of a run, one input after the other, and return its totals."""
    totals = dict.fromkeys(_TOTALS, 0)

    def bodies() -> Iterator[str]:
        for _, document in store.run_inputs(run):
            if document is not None:
                yield from store.bodies_of(document)

    def counted() -> Iterator[str]:
        for body in bodies():
            _count(Record.model_validate_json(body), totals)
            yield body + "\n"

    if out is None:
        for _ in counted():
            pass
    else:
        with whole_file(out / RECORDS) as part, part.open("w", encoding="utf-8", newline="\n") as lines:
            lines.writelines(counted())
        write_workbook((Record.model_validate_json(body) for body in bodies()), out / WORKBOOK)
    for account, _ in store.run_inputs(run):
        totals["inputs"] += 1
        totals[account["status"]] += 1
        totals["pages"] += len(account["pages"])
        totals["pages_failed"] += sum(page["status"] == "failed" for page in account["pages"])
    if out is not None:
        head = {
            "zhibiao": __version__,
            "versions": {"digest": version, **{k: v for k, v in content.items() if k not in ("zhibiao", "settings")}},
            "store": store.where,
        }
        _write_account(store, run, out / ACCOUNT, head, {"totals": totals, "interrupted": interrupted}, drawn or {})
    return totals


def _count(record: Record, totals: dict[str, int]) -> None:
    totals["records"] += 1
    totals["indicators"] += len(record.indicators)
    totals["repaired"] += sum(repair.status == "repaired" for repair in record.repairs)
    totals["proposed"] += sum(repair.status == "proposed" for repair in record.repairs)
    totals["findings"] += len(record.findings)
    totals["review"] += sum(row.review for row in record.indicators) + sum(f.review for f in record.fields.values())


def _write_account(
    store: Store, run: int, path: Path, head: dict[str, Any], tail: dict[str, Any], drawn: Drawn
) -> None:
    """Write run.json piece by piece: an account of 100,000 inputs is larger than what one wants in memory."""
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="\n") as lines:
        lines.write(json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "inputs": [')
        for number, (account, _) in enumerate(store.run_inputs(run)):
            for page in account["pages"] if drawn else ():
                if picture := drawn.get((account["path"], page["page"])):
                    page["debug"] = picture
            lines.write(("," if number else "") + "\n  " + json.dumps(account, ensure_ascii=False))
        lines.write("\n ],\n" + json.dumps(tail, ensure_ascii=False, indent=1)[2:] + "\n")
