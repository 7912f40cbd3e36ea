"""Kept readings: a PageReading as bytes and back, and the key that says when a page need not be read again.

The bytes are a ZIP of `reading.json`, `symbols.npy` and `logp.npy` (no pickles). `pack` is deterministic: equal
readings give equal bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.document import Cell, Line, PageReading, Place, Posterior, Problem, Reading, Seal, Table
from pipeline.errors import PipelineError
from pipeline.settings import LeftSettings

# Raise by hand when the left half's code changes what it reads.
READING_VERSION = 45
_EPOCH = (1980, 1, 1, 0, 0, 0)  # ZIP's first day: no clock stands in a kept reading


def reading_key(sha256: str, number: int, settings: LeftSettings, engine: str) -> str:
    """The key of one page: file digest, page number in the file, the left half's settings and version, the engine.

    `engine` names the engine and its weights by digest.
    """
    parts = [sha256, str(number), settings.model_dump_json(), str(READING_VERSION), engine]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def pack(reading: PageReading) -> bytes:
    """Return a PageReading as bytes."""
    packer = _Packer()
    content = packer.page(reading)
    arrays = io.BytesIO()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        archive.writestr(zipfile.ZipInfo("reading.json", _EPOCH), text, zipfile.ZIP_DEFLATED)
        if packer.posteriors:
            symbols = np.concatenate([p.symbols for p in packer.posteriors])
            logp = np.concatenate([p.logp for p in packer.posteriors])
            np.save(arrays, symbols, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo("symbols.npy", _EPOCH), arrays.getvalue(), zipfile.ZIP_DEFLATED)
            arrays = io.BytesIO()
            np.save(arrays, logp, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo("logp.npy", _EPOCH), arrays.getvalue(), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def unpack(content: bytes) -> PageReading:
    """Return the PageReading that `pack` made these bytes of. Raises ValueError where they are not whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            data = json.loads(archive.read("reading.json"))
            if "symbols.npy" in archive.namelist():
                symbols = np.load(io.BytesIO(archive.read("symbols.npy")), allow_pickle=False)
                logp = np.load(io.BytesIO(archive.read("logp.npy")), allow_pickle=False)
            else:
                symbols, logp = np.zeros((0, 1), np.int32), np.zeros((0, 1), np.float16)
        return _Unpacker(symbols, logp).page(data)
    except Exception as error:  # a damaged file fails in ZIP, zlib, JSON, NumPy or here, each in its own way
        raise ValueError(f"not a kept reading: {type(error).__name__}: {error}") from error


class _Packer:
    def __init__(self) -> None:
        self.posteriors: list[Posterior] = []
        self.frames = 0

    def page(self, page: PageReading) -> dict[str, Any]:
        return {
            "index": page.index, "file": page.file, "sha256": page.sha256, "origin": page.origin, "size": page.size,
            "blocks": [self.table(b) if isinstance(b, Table) else {"line": self.line(b)} for b in page.blocks],
            "seals": [{"place": self.place(s.place), "colour": s.colour} for s in page.seals],
            "problems": [
                {"code": p.code, "message": p.message, "place": self.place(p.place) if p.place else None}
                for p in page.problems
            ],
        }  # fmt: skip

    def table(self, table: Table) -> dict[str, Any]:
        return {
            "n_rows": table.n_rows, "n_cols": table.n_cols, "ruled": table.ruled,
            "readings": [self.reading(reading) for reading in table.readings],
        }  # fmt: skip

    def reading(self, reading: Reading) -> dict[str, Any]:
        cell = reading.cell
        return {
            "cell": [cell.row, cell.col, cell.rowspan, cell.colspan, _polygon(cell.polygon), cell.support],
            "text": reading.text, "confidence": reading.confidence, "notes": reading.notes,
            "places": [self.place(place) for place in reading.places],
            "lines": [self.line(line) for line in reading.lines],
        }  # fmt: skip

    def line(self, line: Line) -> dict[str, Any]:
        kept: dict[str, Any] = {
            "text": line.text,
            "place": self.place(line.place),
            "confidence": line.confidence,
            "posterior": self.posterior(line.posterior),
        }
        if line.second is not None:  # one line in a hundred
            kept["second"] = self.posterior(line.second)
        return kept

    def posterior(self, posterior: Posterior | None) -> list[Any] | None:
        if posterior is None:
            return None
        kept = [self.frames, len(posterior.symbols), posterior.alphabet]
        self.frames += len(posterior.symbols)
        self.posteriors.append(posterior)
        return kept

    @staticmethod
    def place(place: Place) -> dict[str, Any]:
        values = {
            "page": place.page, "polygon": _polygon(place.polygon) or None, "line": place.line, "column": place.column,
            "sheet": place.sheet, "cell": place.cell,
        }  # fmt: skip
        return {key: value for key, value in values.items() if value is not None}


class _Unpacker:
    def __init__(self, symbols: Any, logp: Any) -> None:
        self.symbols = symbols
        self.logp = logp

    def page(self, data: dict[str, Any]) -> PageReading:
        return PageReading(
            index=data["index"], file=data["file"], sha256=data["sha256"], origin=data["origin"],
            size=tuple(data["size"]) if data["size"] else None,
            blocks=tuple(self.line(b["line"]) if "line" in b else self.table(b) for b in data["blocks"]),
            seals=tuple(Seal(self.place(s["place"]), tuple(s["colour"])) for s in data["seals"]),
            problems=tuple(
                Problem(p["code"], p["message"], self.place(p["place"]) if p["place"] else None)
                for p in data["problems"]
            ),
        )  # fmt: skip

    def table(self, data: dict[str, Any]) -> Table:
        readings = tuple([self.reading(reading) for reading in data["readings"]])
        return Table(readings, data["n_rows"], data["n_cols"], data["ruled"])

    def reading(self, data: dict[str, Any]) -> Reading:
        row, col, rowspan, colspan, polygon, support = data["cell"]
        places, lines = data["places"], data["lines"]
        own = tuple([self.place(place) for place in places]) if places else ()
        if len(lines) == 1 and len(places) == 1 and lines[0]["place"] == places[0]:
            read: tuple[Line, ...] = (self.line(lines[0], own[0]),)  # most cells hold one line: one place is enough
        else:
            read = tuple([self.line(line) for line in lines]) if lines else ()
        cell = Cell(row, col, rowspan, colspan, _polygon(polygon), support)
        return Reading(cell, data["text"], data["confidence"], own, read, tuple(data["notes"]))

    def line(self, data: dict[str, Any], place: Place | None = None) -> Line:
        first, second = self.posterior(data["posterior"]), self.posterior(data.get("second"))
        return Line(data["text"], place or self.place(data["place"]), data["confidence"], first, second)

    def posterior(self, kept: list[Any] | None) -> Posterior | None:
        if kept is None:
            return None
        start, count, alphabet = kept
        if min(len(self.symbols), len(self.logp)) < start + count:
            raise ValueError("posteriors are missing")
        return Posterior(self.symbols[start : start + count], self.logp[start : start + count], alphabet)

    @staticmethod
    def place(data: dict[str, Any]) -> Place:
        get = data.get
        polygon = get("polygon")
        return Place(
            get("page"), _polygon(polygon) if polygon else (), get("line"), get("column"), get("sheet"), get("cell")
        )


def _polygon(points: Any) -> tuple[tuple[float, float], ...]:
    return tuple([(float(x), float(y)) for x, y in points]) if points else ()


class ReadingFolder:
    """Kept readings in a folder, one file a page; a damaged file is a page that has to be read again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> PageReading | None:
        """The reading kept under this key, or None."""
        try:
            return unpack((self.folder / f"{key}.zip").read_bytes())
        except (OSError, ValueError):
            return None

    def put(self, key: str, reading: PageReading) -> None:
        """Keep a reading; the file appears whole or not at all. Raises PipelineError where it cannot be written."""
        path = self.folder / f"{key}.zip"
        # Two runs may keep the same page at the same time.
        temporary = path.with_suffix(f".{os.getpid()}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(pack(reading))
            os.replace(temporary, path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise PipelineError(
                f"{path}: cannot be written ({error.strerror}); make room, or name another folder with --out"
            ) from error


def renumbered(reading: PageReading, index: int, file: str) -> PageReading:
    """Return the reading as page `index` of another document: every place on it says the new page."""

    def place(old: Place) -> Place:
        return replace(old, page=index) if old.page is not None else old

    def line(old: Line) -> Line:
        return replace(old, place=place(old.place))

    def table(old: Table) -> Table:
        readings = tuple(
            replace(r, places=tuple(place(p) for p in r.places), lines=tuple(line(x) for x in r.lines))
            for r in old.readings
        )
        return replace(old, readings=readings)

    blocks = tuple(table(block) if isinstance(block, Table) else line(block) for block in reading.blocks)
    seals = tuple(replace(seal, place=place(seal.place)) for seal in reading.seals)
    problems = tuple(
        replace(problem, place=place(problem.place) if problem.place else None) for problem in reading.problems
    )
    return replace(reading, index=index, file=file, blocks=blocks, seals=seals, problems=problems)
