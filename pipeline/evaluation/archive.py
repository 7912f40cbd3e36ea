"""What a large archive costs once it is full: a store of so many indicators, its exports, its searches.

Records of some two hundred distinct generated forms are stored over and over under names and numbers of their own, the
way a run stores them; nothing is read and nothing interpreted. Each export is a process of its own, so that its memory
is its own.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import random
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.bulk.exports import export_store
from pipeline.document import PageReading
from pipeline.interpret import interpret_decided, load_interpret_tools
from pipeline.ocrtext import read_text_bytes
from pipeline.search import parse_query, search
from pipeline.settings import Settings
from pipeline.store import DocumentRows, Store, record_rows
from pipeline.synth.layouts import LAYOUTS, make_document
from pipeline.synth.ocrtext import STYLES, DamageSettings, write_ocr_text

_DISTINCT = 200
_AT_ONCE = 50  # documents a transaction, as the coordinator has it
# Words, a measure, words and a measure, one form's number, what is not there, a level.
QUERIES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("满意度", {}), ("满意度 <90%", {}), ("<50%", {}), ("项目 完成率", {}), ("第77777号", {}), ("不存在的词", {}),
    ("满意度", {"level": "效益"}), ("满意度", {"agency": "第17局", "year": 2017}), ("培训", {"agency": "第9局"}),
)  # fmt: skip


def distinct_documents() -> list[DocumentRows]:
    """The distinct generated forms as the rows a run stores of them."""
    settings = Settings()
    tools = load_interpret_tools(settings)
    layouts = sorted(LAYOUTS)
    found = []
    for number in range(_DISTINCT):
        rng = random.Random(500_000 + number)
        forms = make_document((layouts[number % len(layouts)],), rng, "dev")
        text, _ = write_ocr_text(forms, rng, DamageSettings(rows=0.1), rng.choice(STYLES), "dev")
        pages: list[PageReading] = read_text_bytes(text.encode(), "d.txt")
        made = list(interpret_decided(pages, "d.txt", "0" * 64, tools, ()))
        rows = [record_rows(one.record, at, one.doubts) for at, one in enumerate(made)]
        found.append(DocumentRows("d.txt", "0" * 64, "text", "read", [], records=rows))
    return found


def copies(indicators: int) -> Iterator[DocumentRows]:
    """Documents until they hold so many indicators; each is named for its number, and has a year and an agency."""
    distinct = distinct_documents()
    held = number = 0
    while held < indicators:
        one = distinct[number * 7919 % len(distinct)]
        sha256 = hashlib.sha256(str(number).encode()).hexdigest()
        agency, year = f"第{number % 300}局", 2015 + number % 10
        records = []
        for at, record in enumerate(one.records):
            form_id = f"{sha256[:30]}{at:02d}"
            body = record.body.replace(record.head["form_id"], form_id, 1)
            head = {**record.head, "form_id": form_id, "agency": agency, "year": year}
            records.append(replace(record, head=head, body=body, form_words=[*record.form_words, f"第{number}号"]))
            held += len(record.indicators)
        yield replace(one, name=f"{number:07d}.txt", sha256=sha256, records=records)
        number += 1


def fill(where: str, indicators: int) -> None:
    """Fill a store, if it holds fewer; print what that cost."""
    with Store.open(where, create=True) as store:
        if next(store.record_bodies(chunk=1), None) is not None:
            return
        documents, count = copies(indicators), 0
        started, own = time.perf_counter(), time.process_time()
        while batch := list(islice(documents, _AT_ONCE)):
            store.save(batch)
            count += len(batch)
        store.tidy()
        wall, cpu = time.perf_counter() - started, time.process_time() - own
    size = sum(path.stat().st_size for path in _files(where)) / 1e6
    print(f"filled: {count:,} documents; {wall:.0f} s, {cpu:.0f} s of this processor; {size:.0f} MB", flush=True)


def export_all(where: str, folder: Path, formats: tuple[str, ...]) -> None:
    """Export in each format, and print seconds, memory at most and bytes."""
    for form in formats:
        seconds, cpu, memory, size, records = apart(_export, where, form, str(folder))
        print(
            f"{form}: {records:,} records; {seconds:.0f} s ({cpu:.0f} s of the processor); {memory:.0f} MB at most; "
            f"{size / 1e6:.0f} MB written",
            flush=True,
        )  # fmt: skip


def _export(where: str, form: str, folder: str) -> tuple[float, float, float, float, int]:
    target = Path(folder) / form / ("out.xlsx" if form in ("xlsx", "budget-system") else "out")
    target.parent.mkdir(parents=True, exist_ok=True)
    started, own = time.perf_counter(), time.process_time()
    with Store.open(where) as store:
        done = export_store(store, form, target)
    size = sum(path.stat().st_size for path in target.parent.rglob("*") if path.is_file())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return time.perf_counter() - started, time.process_time() - own, memory, size, done.records


def search_all(where: str) -> None:
    """Search, and print for each query its hits, and the least and the median of seven times in milliseconds."""
    with Store.open(where) as store:
        for text, narrowed in QUERIES:
            query = parse_query(text, **narrowed)
            spent = []
            for _ in range(7):
                started = time.perf_counter()
                forms, indicators = search(store, query, 20)
                spent.append(1000 * (time.perf_counter() - started))
            said = " ".join([text, *(f"{key}={value}" for key, value in narrowed.items())])
            print(
                f"search {said}: {len(forms)} forms, {len(indicators)} indicators; {min(spent):.1f} ms, "
                f"median {sorted(spent)[3]:.1f} ms", flush=True,
            )  # fmt: skip


def apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do something in a process of its own, so that its memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def _files(where: str) -> Iterator[Path]:
    if "://" not in where:
        yield from Path(where).parent.glob(Path(where).name + "*")
