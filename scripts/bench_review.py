#!/usr/bin/env python3
"""Measure how long the review workbench takes to answer, on a generated store.

scripts/bench_review.py --indicators 100000 --actions 50

Forms are drawn as damaged OCR text, read and interpreted once each, and stored many times under other names, with other
digests; half of the doubted values get a text of their own, so that groups of one and groups of hundreds both occur.
"""

from __future__ import annotations

import hashlib
import html
import os
import random
import re
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlencode, urlsplit

import typer

from pipeline.interpret import Interpreted, interpret_decided, load_interpret_tools
from pipeline.keep import pack
from pipeline.ocrtext import read_text_bytes
from pipeline.review.server import listen
from pipeline.store import DocumentRows, ItemFilters, Reviews, Store, StoredPage, record_rows
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


class Clerk:
    """A browser without a screen: keeps its cookie, follows what the desk offers, and times each answer."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._connection = HTTPConnection(parts.netloc)
        self._cookie, self.token = "", ""
        self.times: dict[str, list[tuple[float, float]]] = {}
        self.ask("enter", f"{parts.path}?{parts.query}")

    def ask(self, name: str, path: str, form: dict[str, str] | None = None) -> str:
        """Send a request as the page's own script does, note wall and processor time (ms), return the answer."""
        headers = {"Cookie": self._cookie, "HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
        body = None
        if form is not None:
            headers |= {"Origin": self.origin, "X-CSRFToken": self.token}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(form)
        started, worked = time.perf_counter(), time.process_time()
        self._connection.request("GET" if form is None else "POST", path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        spent = (time.perf_counter() - started) * 1000, (time.process_time() - worked) * 1000
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {text[:200]}")
        self.times.setdefault(name, []).append(spent)
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            self._cookie = cookie.split(";")[0]
        if found := re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text):
            self.token = found[1]
        return text


def _form(page: str) -> dict[str, str]:
    inside = page[page.index('id="decide"') : page.index("</form>", page.index('id="decide"'))]
    return {
        name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', inside)
    }


def work(clerk: Clerk, actions: int) -> None:
    """Go through the queue as a clerk does: step, accept, confirm, edit, undo, whole groups, find, other order."""
    clerk.ask("first page", "/")
    page = clerk.ask("open the desk", "/work")
    for number in range(actions):
        form = _form(page)
        way = urlencode({"key": form["key"], "mode": form["mode"]})
        page = clerk.ask("next", f"/step?{way}&go=next")
        page = clerk.ask("previous", f"/step?{way}&go=previous")
        page = clerk.ask("next group", f"/step?{way}&go=next-group")
        form = _form(page)
        act = "accept" if 'value="accept"' in page else "confirm"
        if f'value="{act}-all"' in page and number % 5 == 0:
            alike = re.search(rf'value="{act}-all"[^>]*>全部 (\d+) 处', page)
            page = clerk.ask(
                f"decide a group of {'100+' if alike and int(alike[1]) >= 100 else 'up to 99'}",
                "/decide",
                {**form, "act": f"{act}-all"},
            )
            page = clerk.ask("undo the group", "/undo", _form(page))
        page = clerk.ask(
            "decide one", "/decide", {**_form(page), "act": act if f'value="{act}"' in page else "confirm"}
        )
        page = clerk.ask("edit one", "/decide", {**_form(page), "act": "edit", "after": f"改 {number}"})
        page = clerk.ask("undo one", "/undo", _form(page))
        if number % 10 == 0:
            page = clerk.ask("find", "/work?find=" + quote(f"指标{number}"))
            page = clerk.ask("page order", "/work?mode=page")
            clerk.ask("history", "/history")
            page = clerk.ask("group order", "/work")


def main(
    *,
    indicators: Annotated[int, typer.Option(help="How many indicators the store holds at least.")] = 100_000,
    actions: Annotated[int, typer.Option(help="How many rounds a clerk goes.")] = 50,
    store: Annotated[
        str | None, typer.Option(help="Use this store (a file or postgresql://…); filled if empty.")
    ] = None,
) -> None:
    """Fill a store and print how long each of the workbench's actions takes, from request to answer."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(store or Path(folder) / "bench.db", create=True) as opened,
    ):
        if not Reviews(opened).count(ItemFilters(decided=None)):
            typer.echo(f"{fill(opened, indicators)} indicators")
        started = time.perf_counter()
        serving = listen(opened, who="bench", words=Path(folder) / "words.txt")
        waits = serving.workbench.desk.waiting
        typer.echo(f"{waits.open} values wait; ready after {time.perf_counter() - started:.1f} s")
        threading.Thread(target=serving.run, daemon=True).start()
        clerk = Clerk(serving.workbench.address())
        work(clerk, actions)
        serving.workbench.exports.close()
    typer.echo(f"load {os.getloadavg()[0]:.1f}")
    typer.echo(f"{'action':26}{'times':>6}{'median ms':>11}{'95% ms':>9}{'processor ms, median':>23}")
    for name, times in sorted(clerk.times.items()):
        wall = sorted(one for one, _ in times)
        worked = sorted(two for _, two in times)
        high = wall[min(int(0.95 * len(wall)), len(wall) - 1)]
        typer.echo(f"{name:26}{len(times):6}{wall[len(wall) // 2]:11.1f}{high:9.1f}{worked[len(worked) // 2]:23.1f}")


if __name__ == "__main__":
    typer.run(main)
