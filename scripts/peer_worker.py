"""Read page images with other table readers: `peer_worker.py NAME…` runs in the environment that setup_peers made.

Paths come in a line each; for each, a line of JSON goes out with, by peer: `html` (the loose lines and tables of the
page as its user would save them), `seconds` and `cpu` by stage, `error`. It knows nothing of zhibiao, and is scripted
as the README of each peer shows; all get their text from the same recogniser, run once a page and counted for each.
"""

from __future__ import annotations

import contextlib
import html
import json
import os
import re
import sys
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

Box = tuple[float, float, float, float]
Read = Callable[[str, Any, list[list[Any]]], list[tuple[Box, str]]]


class Text:
    """RapidOCR with its defaults (PP-OCRv6_small), in the shapes that the peers want."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self.engine = RapidOCR()
        self.last: tuple[str, list[list[Any]], dict[str, float], dict[str, float]] | None = None

    def read(self, image: Any) -> list[list[Any]]:
        """Lines as [corners, text, score], RapidOCR's form of old."""
        # Said each time, because RapidOCR remembers what a call before this one wanted.
        found = self.engine(image, use_det=True, use_cls=True, use_rec=True)
        if found.boxes is None or found.txts is None:
            return []
        return [
            [box, text, float(score)] for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        ]

    def once(self, path: str, image: Any, seconds: dict[str, float], cpu: dict[str, float]) -> list[list[Any]]:
        """The lines of a page, read for the first peer that asks; their time is every peer's."""
        if self.last is None or self.last[0] != path:
            spent: tuple[dict[str, float], dict[str, float]] = ({}, {})
            with clock(*spent, "text"):
                lines = self.read(image)
            self.last = (path, lines, *spent)
        seconds.update(self.last[2])
        cpu.update(self.last[3])
        return self.last[1]

    def __call__(self, image: Any, use_det: bool = True, **_: Any) -> tuple[Any, Any]:
        """Stand in for rapidocr_onnxruntime.RapidOCR, with which a peer reads cells again."""
        if use_det:
            return self.read(image), None
        found = self.engine(image, use_det=False, use_cls=True, use_rec=True)
        if not found.txts or not found.scores:
            return [["", 0.0]], None
        return [[text, float(score)] for text, score in zip(found.txts, found.scores, strict=True)], None


def img2table(text: Text) -> Read:
    from img2table.document import Image
    from img2table.ocr._types import OCRData, OCRInstance

    class Given(OCRInstance):  # type: ignore[misc]
        """Hands over what was read already, as img2table's own RapidOCR class does."""

        def __init__(self, lines: list[list[Any]]) -> None:
            self.lines = lines

        def of(self, document: Any) -> Any:
            records = []
            for number, (box, value, score) in enumerate(self.lines):
                name = f"word_1_{number + 1}"
                x0, y0, x1, y1 = _bounds(box)
                records.append(
                    {"id": name, "parent": name, "value": value, "confidence": int(100 * score),
                     "x1": int(x0), "y1": int(y0), "x2": int(x1), "y2": int(y1)}
                )  # fmt: skip
            return OCRData(records={0: records}) if records else None

    def read(path: str, image: Any, lines: list[list[Any]]) -> list[tuple[Box, str]]:
        found = Image(src=path).extract_tables(ocr=Given(lines))
        return [((t.bbox.x1, t.bbox.y1, t.bbox.x2, t.bbox.y2), t.html) for t in found]

    return read


def wired(text: Text) -> Read:
    from wired_table_rec import WiredTableRecognition

    reader = WiredTableRecognition()
    find_cells = reader.table_line_rec
    outlines: list[Any] = []

    def listen(image: Any) -> Any:
        outlines[:] = [find_cells(image)]
        return outlines[0]

    reader.table_line_rec = listen

    def read(path: str, image: Any, lines: list[list[Any]]) -> list[tuple[Box, str]]:
        found, _ = reader(image, lines)
        return [(_around(outlines[0]), found)] if found else []

    return read


def lineless(text: Text) -> Read:
    from lineless_table_rec import LinelessTableRecognition

    reader = LinelessTableRecognition()

    def read(path: str, image: Any, lines: list[list[Any]]) -> list[tuple[Box, str]]:
        found, _, outlines, _, _ = reader(image, lines)
        return [(_around(outlines), found)] if found else []

    return read


PEERS = {"img2table": img2table, "wired": wired, "lineless": lineless}


def _bounds(points: Any) -> Box:
    xs, ys = [float(p[0]) for p in points], [float(p[1]) for p in points]
    return min(xs), min(ys), max(xs), max(ys)


def _around(outlines: Any) -> Box:
    """The box around cells, given as corners or as flat numbers."""
    points = [point for outline in outlines for point in _points(outline)]
    return _bounds(points)


def _points(outline: Any) -> list[tuple[float, float]]:
    flat = [float(value) for part in outline for value in (part if hasattr(part, "__len__") else [part])]
    return list(zip(flat[::2], flat[1::2], strict=True))


def page_html(tables: list[tuple[Box, str]], lines: list[list[Any]]) -> str:
    """The page as its user would keep it: lines outside every table above and below the tables, from top to bottom."""
    blocks = [(box[1], 0.0, _only_table(markup)) for box, markup in tables]
    for corners, text, _ in lines:
        x0, y0, x1, y1 = _bounds(corners)
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        if not any(b[0] <= middle[0] <= b[2] and b[1] <= middle[1] <= b[3] for b, _ in tables):
            blocks.append((y0, x0, f"<p>{html.escape(text)}</p>"))
    return "\n".join(markup for _, _, markup in sorted(blocks, key=lambda block: block[:2]))


def _only_table(markup: str) -> str:
    return re.sub(r"</?(html|body)[^>]*>", "", markup)


@contextlib.contextmanager
def clock(seconds: dict[str, float], cpu: dict[str, float], stage: str) -> Iterator[None]:
    wall, spent = time.perf_counter(), time.process_time()
    yield
    seconds[stage] = time.perf_counter() - wall
    cpu[stage] = time.process_time() - spent


def main() -> None:
    import cv2

    # What the libraries print must not stand between the answers.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    text = Text()
    stand_in = types.ModuleType("rapidocr_onnxruntime")
    stand_in.RapidOCR = lambda: text  # type: ignore[attr-defined]
    sys.modules["rapidocr_onnxruntime"] = stand_in
    readers = {name: PEERS[name](text) for name in sys.argv[1:]}
    for request in sys.stdin:
        path = request.rstrip("\n")
        answers = {name: answer(path, read, text, cv2.imread) for name, read in readers.items()}
        print(json.dumps(answers, ensure_ascii=False), file=out, flush=True)


def answer(path: str, read: Read, text: Text, imread: Callable[[str], Any]) -> dict[str, Any]:
    """One peer's page; its fault is its result."""
    seconds: dict[str, float] = {}
    cpu: dict[str, float] = {}
    found = {"html": "", "seconds": seconds, "cpu": cpu, "error": None}
    try:
        with clock(seconds, cpu, "decode"):
            image = imread(path)
        lines = text.once(path, image, seconds, cpu)
        with clock(seconds, cpu, "tables"):
            tables = read(path, image, lines)
        found["html"] = page_html(tables, lines)
    except Exception as error:
        found["error"] = f"{type(error).__name__}: {error}"
    return found


if __name__ == "__main__":
    main()
