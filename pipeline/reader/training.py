"""Fit the confidence of readings: drawn pages of the split "dev", read on their true grids, each line right or wrong.

The true grid is used so that what is learnt is the reader's error and not the grid's. Every form is drawn anew from its
seed; none of the split "test" is read here.
"""

from __future__ import annotations

import itertools
import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.calibration import Calibration, digest_of, evidence
from pipeline.document import Cell, Grid, Line, Page, Reading, Table, Upright
from pipeline.engine import Engine
from pipeline.reader import read_tables
from pipeline.reader.signs import is_doubtful
from pipeline.straighten import straighten
from pipeline.synth.pages import make_pages
from pipeline.synth.render.page import RenderedCell, RenderedTable

# Fewer lines than these say too little of a share to be a point of the curve.
_LEAST = 30


@dataclass(frozen=True, slots=True)
class Seen:
    """One line as read: the kind of page, the scores of its characters, whether its text is what is printed."""

    kind: str
    scores: tuple[float, ...]
    right: bool


def true_grid(upright: Upright, table: RenderedTable) -> Grid:
    """Return the grid as it was drawn, in pixels of the upright page."""
    margin = 0.06 * upright.text_height  # half of a heavy ruling
    boxes, cells = [], []
    for cell in table.cells:
        corners = upright.warp.to_upright(np.asarray(cell.polygon, np.float64))
        if len(corners) == 4:
            left, right = max(corners[0, 0], corners[3, 0]), min(corners[1, 0], corners[2, 0])
            top, bottom = max(corners[0, 1], corners[1, 1]), min(corners[2, 1], corners[3, 1])
        else:
            (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        boxes.append((left + margin, top + margin, right - margin, bottom - margin))
        cells.append(Cell(cell.row, cell.col, cell.rowspan, cell.colspan, cell.polygon))
    return Grid(tuple(cells), table.n_rows, table.n_cols, True, tuple(boxes))


class _Recorder:
    """Takes the place of the calibration: gives each line a number below zero instead of a confidence."""

    def __init__(self) -> None:
        self.scores: list[tuple[float, ...]] = []

    def __call__(self, scores: Sequence[float]) -> float:
        self.scores.append(tuple(scores))
        return -float(len(self.scores))

    def of(self, line: Line) -> tuple[float, ...] | None:
        """Return the line's scores; None where its confidence does not come from them (a dash told by its shape)."""
        return self.scores[-int(line.confidence) - 1] if line.confidence < 0 else None


def see_lines(layouts: Sequence[str], kinds: Sequence[str], seeds: Sequence[int], engine: Engine) -> Iterator[Seen]:
    """Draw, damage and read forms of the split "dev", each kind on seeds of its own."""
    for kind in kinds:
        for layout in layouts:
            for seed in seeds:
                for page in make_pages(layout, kind, seed, "dev")[1]:
                    image = np.ascontiguousarray(page.image[:, :, ::-1])
                    upright = straighten(
                        Page(page.index, "", "", image, dpi=page.dpi), engine.find_lines, engine.upside_down
                    )
                    yield from see_page(upright, page.tables, kind, engine)


def see_page(upright: Upright, tables: Sequence[RenderedTable], kind: str, engine: Any) -> Iterator[Seen]:
    """Read the tables of one page on their true grids and compare line by line."""
    for drawn in tables:
        recorder = _Recorder()
        blocks, _ = read_tables(upright, [true_grid(upright, drawn)], engine.recognise, sure=recorder)
        for table in (block for block in blocks if isinstance(block, Table)):
            for reading, cell in zip(table.readings, drawn.cells, strict=True):
                yield from _compare(reading, cell, kind, recorder)


def _compare(reading: Reading, cell: RenderedCell, kind: str, recorder: _Recorder) -> Iterator[Seen]:
    wanted = [plain(line.text) for line in cell.lines]
    found = [plain(line.text) for line in reading.lines]
    # A line too many or too few shifts the rest: then a line is right that stands anywhere in the cell.
    same = [a == b for a, b in zip(found, wanted, strict=True)] if len(found) == len(wanted) else None
    for number, line in enumerate(reading.lines):
        scores = recorder.of(line)
        if scores is not None and not is_doubtful(line.text):  # those have a confidence of their own
            yield Seen(kind, scores, same[number] if same is not None else found[number] in wanted)


def plain(text: str) -> str:
    """Return the text as it is compared: widths folded, blanks left out."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def fit(seen: Sequence[Seen]) -> Calibration:
    """Fit a rising curve (isotonic regression, its steps joined through their middles)."""
    from sklearn.isotonic import IsotonicRegression

    at = np.array([evidence(line.scores) for line in seen if line.scores])
    right = np.array([line.right for line in seen if line.scores], np.float64)
    fitted = IsotonicRegression(out_of_bounds="clip").fit(at, right).predict(at)
    order = np.argsort(at, kind="stable")
    points: list[float] = []
    shares: list[float] = []
    for block in _blocks(fitted[order]):
        rows = order[block]
        # Half a line right and half a line wrong are added: no share is sure from the lines that were seen.
        share = float((right[rows].sum() + 0.5) / (len(rows) + 1))
        points.append(round(float(np.median(at[rows])), 4))
        shares.append(round(max([share, *shares[-1:]]), 4))
    # Medians of neighbouring blocks are equal where most lines have the same score.
    kept = [i for i in range(len(points)) if i == 0 or points[i] > points[i - 1] + 1e-3]
    return Calibration(tuple(points[i] for i in kept), tuple(shares[i] for i in kept))


def _blocks(levels: NDArray[np.float64]) -> Iterator[slice]:
    """Cut the rising levels into steps of at least _LEAST lines."""
    start = 0
    for i in range(1, len(levels) + 1):
        if i == len(levels):
            yield slice(start, i)
        elif levels[i] != levels[i - 1] and i - start >= _LEAST and len(levels) - i >= _LEAST:
            yield slice(start, i)
            start = i


def write_model(path: Path, calibration: Calibration, about: dict[str, Any]) -> str:
    """Write the curve with its digest; return the digest."""
    digest = digest_of(calibration.evidence, calibration.share)
    content = {
        "about": about,
        "evidence": list(calibration.evidence),
        "share": list(calibration.share),
        "sha256": digest,
    }
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return digest


def reliability(confidences: NDArray[np.float64], right: NDArray[np.bool_]) -> list[tuple[float, float, int]]:
    """Return mean confidence, share right and number of lines by steps of confidence."""
    edges = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 1.01)
    rows = []
    for low, high in itertools.pairwise(edges):
        inside = (confidences >= low) & (confidences < high)
        if inside.any():
            rows.append((float(confidences[inside].mean()), float(right[inside].mean()), int(inside.sum())))
    return rows


def held_out(seen: Sequence[Seen], parts: int = 5) -> NDArray[np.float64]:
    """Return each line's confidence by a curve fitted to the other parts (every fifth line)."""
    found = np.zeros(len(seen))
    for part in range(parts):
        curve = fit([line for i, line in enumerate(seen) if i % parts != part])
        for i in range(part, len(seen), parts):
            found[i] = curve.confidence(seen[i].scores)
    return found


def reliability_svg(before: list[tuple[float, float, int]], after: list[tuple[float, float, int]]) -> str:
    """Draw share right over confidence: the recogniser's least score (hollow) and the calibrated confidence (full)."""
    side, margin = 360, 46

    def place(confidence: float, share: float) -> tuple[float, float]:
        return margin + confidence * side, margin + (1 - share) * side

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side + 2 * margin} {side + 2 * margin}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{side + 2 * margin}" height="{side + 2 * margin}" fill="white"/>',
        f'<path d="M{margin} {margin + side}L{margin + side} {margin}" stroke="#999" stroke-dasharray="4 4"/>',
        f'<rect x="{margin}" y="{margin}" width="{side}" height="{side}" fill="none" stroke="#444"/>',
    ]
    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1.0):
        x, y = place(tick, tick)
        parts.append(f'<text x="{x:.0f}" y="{margin + side + 16}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text x="{margin - 8}" y="{y + 4:.0f}" text-anchor="end">{tick:g}</text>')
    for rows, colour, fill in ((before, "#c60", "none"), (after, "#06c", "#06c")):
        for confidence, share, count in rows:
            x, y = place(confidence, share)
            radius = 2 + 1.6 * np.log10(count)
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}" fill-opacity=".6" '
                f'stroke="{colour}"/>'
            )
    middle = margin + side / 2
    parts += [
        f'<text x="{middle:.0f}" y="{margin + side + 36}" text-anchor="middle">confidence of a line</text>',
        f'<text transform="translate(14 {middle:.0f}) rotate(-90)" text-anchor="middle">share of lines right</text>',
        f'<text x="{margin + 12}" y="{margin + 20}" fill="#c60">hollow: least score of the recogniser</text>',
        f'<text x="{margin + 12}" y="{margin + 38}" fill="#06c">full: calibrated, on lines it was not fitted to</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
