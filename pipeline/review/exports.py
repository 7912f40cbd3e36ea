"""Files to take away, made in a process of their own so that nobody at the desk waits for them.

Before anything is written, the records of documents with new decisions are made again: what leaves the house holds
every decision.
"""

from __future__ import annotations

import json
import multiprocessing
import secrets
import shutil
import tempfile
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from pipeline.decisions import LEVELS, Decision, all_places, effective, value_of
from pipeline.errors import PipelineError
from pipeline.records import Record
from pipeline.store import Store

# Format -> what it is called, what its file is called, what it is for.
FORMATS: dict[str, tuple[str, str, str]] = {
    "xlsx": ("工作簿", "zhibiao.xlsx", "表、指标、更正、问题各一页，供人使用"),
    "budget-system": ("预算系统表", "zhibiao-budget-system.xlsx", "按预算管理系统的指标列排好"),
    "csv": ("CSV 表格", "zhibiao-csv.zip", "各表一个文件"),
    "jsonl": ("记录", "zhibiao.jsonl", "每行一张表，含出处与全部更正，供程序使用"),
    "parquet": ("Parquet", "zhibiao-parquet.zip", "供数据分析；需装 zhibiao[parquet]"),
    "page-xml": ("PAGE XML", "zhibiao-page-xml.zip", "每页一个文件，含版面与文字"),
    "examples": ("训练样例", "zhibiao-examples.jsonl", "人工改正过的行，供训练模型；不含个人信息栏目"),
}
# Finished files are kept until the workbench ends, but no more than these.
_KEPT = 8


@dataclass
class Job:
    """One file in the making."""

    id: str
    format: str
    folder: Path
    process: BaseProcess
    started: str

    @property
    def name(self) -> str:
        """What the file is called."""
        return FORMATS[self.format][1]

    @property
    def title(self) -> str:
        """What it is, in words."""
        return FORMATS[self.format][0]

    @property
    def path(self) -> Path:
        """Where it is, once it is ready."""
        return self.folder / self.name

    @property
    def state(self) -> str:
        """making, ready or failed."""
        if self.path.exists():
            return "ready"
        return "making" if self.process.is_alive() else "failed"

    @property
    def why(self) -> str:
        """Why it failed, in its last line."""
        said = self.folder / "failed.txt"
        lines = said.read_text("utf-8").strip().splitlines() if said.exists() else []
        return lines[-1] if lines else f"进程意外结束（{self.process.exitcode}）"


@dataclass
class Exports:
    """The files that were asked for."""

    where: str
    jobs: dict[str, Job] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._folder = Path(tempfile.mkdtemp(prefix="zhibiao-review-"))

    def begin(self, format_: str, started: str, *, mask: bool = False) -> Job:
        """Have a file made."""
        number = secrets.token_hex(8)
        folder = self._folder / number
        folder.mkdir()
        # A fresh interpreter: a fork of a process with threads may stand still for ever.
        context = multiprocessing.get_context("spawn")
        process = context.Process(
            target=make_export, args=(self.where, format_, str(folder / FORMATS[format_][1]), mask)
        )
        with self._lock:
            process.start()
            job = self.jobs[number] = Job(number, format_, folder, process, started)
            done = [old for old in self.jobs.values() if old.state != "making"]
            for old in done[: max(len(self.jobs) - _KEPT, 0)]:
                del self.jobs[old.id]
                shutil.rmtree(old.folder, ignore_errors=True)
        return job

    def close(self) -> None:
        """Stop what is in the making, and remove the files."""
        for job in self.jobs.values():
            if job.process.is_alive():
                job.process.terminate()
                job.process.join(5)
        shutil.rmtree(self._folder, ignore_errors=True)


def make_export(where: str, format_: str, path: str, mask: bool = False) -> None:
    """Make records again where decisions are new, then write a file; it appears whole or not at all."""
    target = Path(path)
    half = target.with_name(f"half-{target.name}")
    try:
        from pipeline.bulk import BulkOptions
        from pipeline.bulk.exports import export_store, refresh_store

        options = BulkOptions(executor="serial", say=_silent)
        with Store.open(where) as store:
            if format_ == "examples":
                refresh_store(store, options)
                _write_examples(store, half)
                if not half.stat().st_size:
                    raise PipelineError("还没有人对指标行作过决定，没有训练样例")
            elif target.suffix == ".zip":
                folder = target.with_suffix("")
                export_store(store, format_, folder, mask_personal=mask, options=options)
                if not folder.is_dir() or not any(folder.iterdir()):
                    raise PipelineError("档案里没有页面图像，只有文本；文本没有 PAGE XML")
                half = Path(shutil.make_archive(str(half.with_suffix("")), "zip", folder))
            else:
                export_store(store, format_, half, mask_personal=mask, options=options)
        half.replace(target)
    except BaseException as error:
        said = str(error) if isinstance(error, PipelineError) else traceback.format_exc()
        (target.parent / "failed.txt").write_text(said, "utf-8")
        if isinstance(error, PipelineError):  # the page says it; the terminal needs no trace of it
            raise SystemExit(1) from None
        raise


def _silent(_: str) -> None:
    """Nobody listens."""


def _write_examples(store: Store, path: Path) -> None:
    with path.open("w", encoding="utf-8") as lines:
        for example in examples(store):
            lines.write(json.dumps(example, ensure_ascii=False) + "\n")


def examples(store: Store) -> Iterator[dict[str, Any]]:
    """Rows of indicators that a person decided on: as read, as they should be, and where they stand.

    Fields are left out: they name people. So is who decided.
    """
    for document in store.list_documents():
        held = effective(store.decisions_on({page.sha256 for page in document.pages}))
        if not held or document.copy_of is not None:
            continue
        by_anchor = {decision.anchor.key: decision for decision in held}
        keys = {page.position + 1: (page.sha256, page.number) for page in document.pages}
        for body in store.bodies_of(document.id):
            yield from _rows(Record.model_validate(json.loads(body)), keys, by_anchor)


def _rows(record: Record, keys: dict[int, tuple[str, int]], by_anchor: dict[str, Decision]) -> Iterator[dict[str, Any]]:
    decided: dict[int, dict[str, Decision]] = {}
    for at, anchor in all_places(record, keys):
        if at.startswith("indicators[") and (decision := by_anchor.get(anchor.key)) is not None:
            number = int(at[len("indicators[") : at.index("]")])
            decided.setdefault(number, {})[anchor.part] = decision
    for number, parts in decided.items():
        row = record.indicators[number]
        yield {
            "template": record.form.template, "year": record.form.year,
            "page": {"sha256": next(iter(parts.values())).anchor.sha256,
                     "number": next(iter(parts.values())).anchor.number},
            "row": {
                part: {
                    "raw": row.cells[part].raw if part in row.cells else None,
                    "value": value_of(record, f"indicators[{number}].{part}"),
                    "where": [w.model_dump(exclude_none=True) for w in row.cells[part].where]
                    if part in row.cells else [],
                    **({"decided": parts[part].action, "before": parts[part].before} if part in parts else {}),
                }
                for part in (*LEVELS, "target")
            },
        }  # fmt: skip
