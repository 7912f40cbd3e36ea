#!/usr/bin/env python3
"""Measure how long the review workbench takes to answer, on a generated store.

scripts/bench_review.py --indicators 100000 --actions 200

Forms are drawn as damaged OCR text, read and interpreted once each, and stored many times under other names, with other
digests; half of the doubted values get a text of their own, so that groups of one and groups of hundreds both occur.
"""

from __future__ import annotations

import hashlib
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.interpret import Interpreted, interpret_decided, load_interpret_tools
from pipeline.keep import pack
from pipeline.ocrtext import read_text_bytes
from pipeline.store import DocumentRows, Store, StoredPage, record_rows
from pipeline.synth.layouts import LAYOUTS, make_document
from pipeline.synth.ocrtext import STYLES, DamageSettings, write_ocr_text

# Documents written in one transaction; more is not faster.
_TOGETHER = 200


def _originals(count: int) -> Iterator[tuple[bytes, list[Interpreted]]]:
    tools = load_interpret_tools()
    for seed in range(500_000, 500_000 + count):
        rng = random.Random(seed)
        forms = make_document((LAYOUTS[seed % len(LAYOUTS)],), rng, "dev")
        text, _ = write_ocr_text(forms, rng, DamageSettings(rows=0.1), rng.choice(STYLES), "dev")
        pages = read_text_bytes(text.encode(), f"{seed}.txt")
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        found = list(interpret_decided(pages, f"{seed}.txt", sha256, tools, ()))
        if found:
            yield pack(pages[0]), found


def _copy(number: int, reading: bytes, found: list[Interpreted], rng: random.Random) -> tuple[DocumentRows, bytes]:
    sha256 = hashlib.sha256(str(number).encode()).hexdigest()
    name = f"archive/{number:06d}.txt"
    year, agency = rng.choice((2019, 2020, 2021)), f"某市第{rng.randrange(40) + 1}局"
    records = []
    for position, one in enumerate(found):
        head = one.record.form.model_copy(update={"year": year, "agency": agency})
        record = one.record.model_copy(update={"form": head, "id": f"{number}-{position}"})
        doubts = []
        for doubt, anchor, _ in one.doubts:
            tail = f"（{number}）" if rng.random() < 0.5 else ""
            other = replace(doubt, raw=doubt.raw + tail, proposal=doubt.proposal and doubt.proposal + tail)
            doubts.append((other, replace(anchor, sha256=sha256), None))
        records.append(record_rows(record, position, doubts))
    page = StoredPage(0, name, f"/{name}", sha256, 0, reading=hashlib.sha256(reading).hexdigest())
    return DocumentRows(name, sha256, "text", "read", [page], records=records), reading


def fill(store: Store, indicators: int, originals: int = 46, seed: int = 7) -> int:
    """Fill a store with at least so many indicators; return how many."""
    rng = random.Random(seed)
    drawn = list(_originals(originals))
    for reading, _ in drawn:
        store.put_readings([(hashlib.sha256(reading).hexdigest(), "0" * 64, 0, reading)])
    done, number, batch = 0, 0, []
    while done < indicators:
        reading, found = drawn[number % len(drawn)]
        batch.append(_copy(number, reading, found, rng)[0])
        done += sum(len(one.record.indicators) for one in found)
        number += 1
        if len(batch) == _TOGETHER:
            store.save(batch)
            batch = []
    store.save(batch)
    return done


def _timed(times: dict[str, list[float]], name: str, work: Any) -> Any:
    started = time.perf_counter()
    result = work()
    times.setdefault(name, []).append((time.perf_counter() - started) * 1000)
    return result


def main(
    *,
    indicators: Annotated[int, typer.Option(help="How many indicators the store holds at least.")] = 100_000,
    store: Annotated[Path | None, typer.Option(help="Use this store; it is made and filled where missing.")] = None,
) -> None:
    """Fill a store and print how long each of the workbench's actions takes."""
    with tempfile.TemporaryDirectory() as folder:
        file = store or Path(folder) / "bench.db"
        new = not file.exists()
        with Store.open(file, create=True) as opened:
            if new:
                typer.echo(f"{fill(opened, indicators)} indicators")


if __name__ == "__main__":
    typer.run(main)
