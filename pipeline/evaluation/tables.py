"""Real tables against their truth: cells that are exact, and text boxes that stand in one cell each.

The folder is the user's own, laid out as `docs/benchmarks.md` says; nothing of it enters the repository.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.document import PageReading, Polygon, Role, Table
from pipeline.errors import InputError
from pipeline.evaluation.readings import DrawnPages, PageReader, Timed
from pipeline.pages import open_pages
from pipeline.synth.degrade import degrade
from pipeline.synth.render.page import RenderedCell, RenderedPage, RenderedTable
from pipeline.synth.score import PageScore, fold, match_tables, score_page

KINDS = ("clean", "scan", "fax", "stamp", "photo", "rotated")
# Structure F1 and exact-cell F1 that must hold: clean, and under each degradation.
BARS = {"clean": (0.998, 0.995)}
DEGRADED_BAR = (0.998, 0.98)
# A text box lies in a cell where that cell holds most of it; rulings run through 96-dpi boxes by a pixel or two of
# fifteen, so that all of it would be too much to ask.
INSIDE = 0.8
BOXES_BAR = 0.98


@dataclass(frozen=True)
class TableCase:
    """One page of real tables as it was read."""

    name: str
    kind: str
    score: PageScore
    timed: Timed
    faults: tuple[str, ...]


def gov_cases(
    folder: Path,
    kinds: Sequence[str],
    reader: PageReader,
    drawn: DrawnPages,
    names: Sequence[str] = (),
    every: int = 1,
    start: int = 0,
) -> Iterator[TableCase]:
    """Degrade, read and score the pages of `folder` (images/ and truth.json): those named, or each `every`-th.

    The first of those is number `start`.

    Raises InputError where the folder is not laid out so.
    """
    truth = _load(folder / "truth.json")
    for kind in kinds:
        for name in names or sorted(truth)[start::every]:

            def draw(name: str = name, kind: str = kind) -> tuple[list[RenderedPage], dict[str, Any]]:
                page = _as_drawn(folder / "images" / name, truth[name])
                rng = np.random.default_rng([zlib.crc32(name.encode()), zlib.crc32(kind.encode())])
                return [degrade(page, kind, rng)], {"name": name, "kind": kind}

            [(path, page)], _ = drawn.get(f"{Path(name).stem}-{kind}", draw)
            timed = reader.read(path)
            yield TableCase(name, kind, score_page(timed.reading, page), timed, tuple(faults(timed.reading, page)))


def _load(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); docs/benchmarks.md says what it is") from error
    except ValueError as error:
        raise InputError(f"{path}: is no JSON ({error}); docs/benchmarks.md says what it is") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: is no JSON object; docs/benchmarks.md says what it is")
    return content


def _as_drawn(path: Path, truth: Mapping[str, Any]) -> RenderedPage:
    """A real page as one that was drawn: its picture, and its truth in the generator's nouns."""
    image = np.ascontiguousarray(next(open_pages(path)).image[:, :, ::-1])
    tables = tuple(
        RenderedTable(tuple(_cell(cell) for cell in table["cells"]), table["n_rows"], table["n_cols"], number)
        for number, table in enumerate(truth["tables"])
    )
    return RenderedPage(image=image, dpi=float(truth["dpi"]), tables=tables, lines=(), em=_em(image, tables))


def _cell(cell: Mapping[str, Any]) -> RenderedCell:
    return RenderedCell(
        row=cell["row"], col=cell["col"], rowspan=cell["rowspan"], colspan=cell["colspan"], text=cell["text"],
        polygon=_rectangle(cell["bbox"]), role=Role.VALUE, indicator=-1, lines=(), laid=-1, start=0,
        end=len(cell["text"]),
    )  # fmt: skip


def _rectangle(box: Sequence[float]) -> Polygon:
    x0, y0, x1, y1 = (float(value) for value in box)
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _em(image: NDArray[np.uint8], tables: Sequence[RenderedTable]) -> float:
    """Height of a character: the median over cells of the first line's ink, of which Hanzi fill nine tenths."""
    dark = image.min(axis=2) < 128
    heights = []
    for table in tables:
        for cell in table.cells:
            (x0, y0), _, (x1, y1), _ = cell.polygon
            inked = dark[round(y0) + 5 : round(y1) - 5, round(x0) + 5 : round(x1) - 5].any(axis=1)
            if any("一" <= character <= "龥" for character in cell.text) and inked.any():
                first = int(inked.argmax())
                rest = ~inked[first:]
                heights.append(int(rest.argmax()) if rest.any() else len(rest))
    return float(np.median(heights)) / 0.9 if heights else 29.0  # 10.5 pt at 200 dpi, where no cell holds Hanzi


def faults(reading: PageReading, page: RenderedPage) -> Iterator[str]:
    """Say what is wrong with the grids and texts of a page, worst first."""
    for read, drawn in match_tables(reading.tables, page.tables):
        if read is None and drawn is not None:
            yield f"table lost: {drawn.n_rows} x {drawn.n_cols}"
        elif drawn is None and read is not None:
            yield f"table invented: {read.n_rows} x {read.n_cols}, {len(read.readings)} cells"
        elif read is not None and drawn is not None:
            yield from _table_faults(read, drawn)


def _table_faults(read: Table, drawn: RenderedTable) -> Iterator[str]:
    found = {(r.cell.row, r.cell.col, r.cell.rowspan, r.cell.colspan): r.text for r in read.readings}
    wanted = {(c.row, c.col, c.rowspan, c.colspan): c.text for c in drawn.cells}
    missing, extra = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    if missing or extra:
        yield (
            f"grid {read.n_rows} x {read.n_cols} for {drawn.n_rows} x {drawn.n_cols}: {len(missing)} cells missing "
            f"{missing[:3]}, {len(extra)} extra {extra[:3]} (row, col, rowspan, colspan)"
        )
    for slot in sorted(wanted.keys() & found.keys()):
        if fold(found[slot]) != fold(wanted[slot]):
            yield f"text at {slot[:2]}: {fold(found[slot])!r} for {fold(wanted[slot])!r}"


def line(name: str, cases: Sequence[TableCase]) -> str:
    """One printed line: F1 of structure and of exact cells, exact grids, character errors, seconds."""
    score = sum((case.score for case in cases), PageScore())
    seconds = sorted(case.timed.total for case in cases)
    return (
        f"{name:10s} pages {score.pages:3d}  structure F1 {score.structure_f1:.4f}  "
        f"exact-cell F1 {score.exact_f1:.4f}  exact grids {score.exact_grids}/{score.tables}  "
        f"placed {score.placed}/{score.cells}  CER {score.cer:.3%}  {seconds[len(seconds) // 2]:.2f} s/page"
    )


def verdict(kind: str, cases: Sequence[TableCase], text: bool = True) -> str | None:
    """What is below its bar, or None."""
    score = sum((case.score for case in cases), PageScore())
    structure, exact = BARS.get(kind, DEGRADED_BAR)
    below = [f"structure F1 {score.structure_f1:.4f} < {structure}"] if score.structure_f1 < structure else []
    if text and score.exact_f1 < exact:
        below.append(f"exact-cell F1 {score.exact_f1:.4f} < {exact}")
    return f"{kind}: " + ", ".join(below) if below else None


@dataclass(frozen=True)
class BoxScore:
    """Text boxes of tables against the cells that were found; add scores with `+`."""

    tables: int = 0
    boxes: int = 0
    in_one: int = 0  # in exactly one cell
    alone: int = 0  # and in it no other box
    pairs: int = 0  # neighbours that people marked
    pairs_found: int = 0  # neighbours among the cells found, blanks skipped
    pairs_right: int = 0
    faults: tuple[str, ...] = field(default=())

    def __add__(self, other: BoxScore) -> BoxScore:
        return BoxScore(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    def line(self, name: str) -> str:
        """One printed line."""
        return (
            f"{name:26s} tables {self.tables:3d}  boxes in one cell {self.in_one / max(1, self.boxes):.4f} "
            f"({self.in_one}/{self.boxes})  alone in it {self.alone / max(1, self.boxes):.4f}  "
            f"neighbours F1 {2 * self.pairs_right / max(1, self.pairs + self.pairs_found):.4f}"
        )


def box_cases(folder: Path, reader: PageReader) -> Iterator[tuple[str, BoxScore, bool]]:
    """Read the pages of `folder` and score each table: name, score, and whether its truth is sound.

    Raises InputError where the folder is not laid out as docs/benchmarks.md says.
    """
    truth = _load(folder / "truth.json")
    suspect = folder / "suspect_tables.json"
    doubtful = {(row[0], row[1]) for row in json.loads(suspect.read_text("utf-8"))} if suspect.is_file() else set()
    for name in sorted(truth):
        reading = reader.read(folder / "images" / name).reading
        for number, table in enumerate(truth[name]["tables"]):
            yield f"{name}#{number}", box_score(reading, table), (name, number) not in doubtful


def box_score(reading: PageReading, truth: Mapping[str, Any]) -> BoxScore:
    """Score one table's text boxes (`cells`: id, bbox) and neighbours (`adjacency`: id, id, "R" or "B")."""
    boxes = {cell["id"]: tuple(float(value) for value in cell["bbox"]) for cell in truth["cells"]}
    cells = [
        (number, r.cell, _bounds(r.cell.polygon)) for number, table in enumerate(reading.tables) for r in table.readings
    ]
    home: dict[int, int] = {}
    wrong = []
    for key, box in boxes.items():
        shares = [(_share(box, bounds), position) for position, (_, _, bounds) in enumerate(cells)]
        share, position = max(shares, default=(0.0, -1))
        if share >= INSIDE:
            home[key] = position
        else:
            held = sum(share > 1 - INSIDE for share, _ in shares)
            wrong.append(f"box {[round(v) for v in box]} {'cut by ' + str(held) + ' cells' if held else 'in no cell'}")
    lodgers: dict[int, list[int]] = {}
    for key, position in home.items():
        lodgers.setdefault(position, []).append(key)
    alone = {found[0]: position for position, found in lodgers.items() if len(found) == 1}
    wrong += [f"{len(found)} boxes in one cell" for found in lodgers.values() if len(found) > 1]
    marked = {(a, b, side) for a, b, side in truth["adjacency"]}
    found_pairs = _neighbours([(key, *cells[position][:2]) for key, position in alone.items()])
    return BoxScore(
        tables=1, boxes=len(boxes), in_one=len(home), alone=len(alone), pairs=len(marked), pairs_found=len(found_pairs),
        pairs_right=len(marked & found_pairs), faults=tuple(wrong),
    )  # fmt: skip


def _neighbours(placed: Sequence[tuple[int, int, Any]]) -> set[tuple[int, int, str]]:
    """Who stands next to whom, to the right and below, blank slots skipped; `placed` is box, table, cell."""
    slots: dict[tuple[int, int, int], int] = {}
    for key, table, cell in placed:
        for row in range(cell.row, cell.row + cell.rowspan):
            for col in range(cell.col, cell.col + cell.colspan):
                slots[table, row, col] = key
    pairs = set()
    for side, axis in (("R", 1), ("B", 0)):
        lanes: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for (table, row, col), key in slots.items():
            at = (row, col)
            lanes.setdefault((table, at[1 - axis]), []).append((at[axis], key))
        for lane in lanes.values():
            lane.sort()
            pairs |= {(a, b, side) for (_, a), (_, b) in pairwise(lane) if a != b}
    return pairs


def _bounds(polygon: Polygon) -> tuple[float, float, float, float]:
    xs, ys = zip(*polygon, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _share(box: Sequence[float], cell: Sequence[float]) -> float:
    """The share of a box that a cell holds."""
    width = min(box[2], cell[2]) - max(box[0], cell[0])
    height = min(box[3], cell[3]) - max(box[1], cell[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return width * height / area if width > 0 and height > 0 and area > 0 else 0.0
