"""Exact grids on drawn pages: every damage, every resolution, every style of ruling, several tables on a page."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.document import Grid, Page
from pipeline.engine import Engine
from pipeline.grid import find_grids
from pipeline.straighten import straighten
from pipeline.synth.content import Split
from pipeline.synth.degrade import KINDS, MORE_KINDS
from pipeline.synth.pages import make_document, make_pages
from pipeline.synth.render.page import RenderedTable
from pipeline.synth.render.style import RULINGS

Spans = set[tuple[int, int, int, int]]

# 96 and 100 dpi are screens and fax machines, 400 a library's scanner.
_RESOLUTIONS = (96, 120, 150, 300, 400)


def _sets() -> dict[str, tuple[str, dict[str, Any]]]:
    """Every set by its name: the damage, and what is fixed of the page's style."""
    found: dict[str, tuple[str, dict[str, Any]]] = {kind: (kind, {}) for kind in (*KINDS, *MORE_KINDS)}
    for kind in ("clean", "scan", "fax", "stamp"):
        found |= {f"dpi{dpi}-{kind}": (kind, {"dpi": float(dpi)}) for dpi in _RESOLUTIONS}
    for kind in ("clean", "scan", "fax", "photo"):
        found |= {f"{name}-{kind}": (kind, {"ruling": ruling}) for name, ruling in RULINGS.items()}
        found[f"shaded-{kind}"] = (kind, {"shade_headers": True, "shade": 0.2})
        found[f"landscape-{kind}"] = (kind, {"page": (841.89, 595.28)})
        found[f"several-{kind}"] = (kind, {})
    return found


SETS = _sets()


@dataclass(frozen=True, slots=True)
class GridCase:
    """One page: the cells drawn and the cells found, a set a table, and the seconds of processor time."""

    name: str
    layout: str
    seed: int
    page: int
    drawn: tuple[Spans, ...]
    found: tuple[Spans, ...]
    seconds: tuple[float, float]  # straighten (the detector with it), grid

    @property
    def exact(self) -> bool:
        """Whether all cells of all tables are right."""
        return self.drawn == self.found


def grid_cases(
    name: str, layouts: Sequence[str], first_seed: int, forms: int, split: Split, engine: Engine
) -> Iterator[GridCase]:
    """Draw `forms` forms of each layout as the set `name` says, and find their grids."""
    kind, fixed = SETS[name]
    for seed in range(first_seed, first_seed + forms):
        for number, layout in enumerate(layouts):
            if name.startswith("several-"):
                three = [layouts[(number + step) % len(layouts)] for step in range(3)]
                pages = make_document(three, kind, seed, split, new_pages=False)[1]
            else:
                pages = make_pages(layout, kind, seed, split, **fixed)[1]
            for page in pages:
                image = np.ascontiguousarray(page.image[:, :, ::-1])
                start = time.process_time()
                upright = straighten(Page(page.index, layout, "", image), engine.find_lines, engine.upside_down)
                middle = time.process_time()
                grids = find_grids(upright)
                seconds = (middle - start, time.process_time() - middle)
                drawn, found = tuple(map(_spans, page.tables)), tuple(map(_spans, grids))
                yield GridCase(name, layout, seed, page.index, drawn, found, seconds)


def _spans(table: RenderedTable | Grid) -> Spans:
    return {(cell.row, cell.col, cell.rowspan, cell.colspan) for cell in table.cells}


def line(name: str, cases: Sequence[GridCase]) -> str:
    """One line on a set: exact pages, cells F1, seconds at the median."""
    hit = sum(max((len(drawn & found) for found in case.found), default=0) for case in cases for drawn in case.drawn)
    cells = sum(len(table) for case in cases for table in (*case.drawn, *case.found))
    straightening, grid = np.median([case.seconds for case in cases], axis=0)
    exact = sum(case.exact for case in cases)
    return (
        f"{name:18} exact {exact:3}/{len(cases):<3} cells F1 {2 * hit / max(1, cells):.4f}  "
        f"straighten {straightening:.2f} s  grid {grid:.2f} s"
    )
