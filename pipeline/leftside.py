"""The left half in one call: Page → PageReading. Expensive, page-parallel, and kept."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.document import Page, PageReading, Problem
from pipeline.engine import Engine, load_engine
from pipeline.grid import find_grids
from pipeline.ink import at_once, use_threads
from pipeline.reader import read_tables, text_ink
from pipeline.settings import LeftSettings
from pipeline.straighten import straighten
from pipeline.textlayer import LayerText


@dataclass(slots=True)
class ReaderTools:
    """What reading needs besides the page: settings and the loaded engine. `seconds` adds up the time by stage."""

    settings: LeftSettings
    engine: Engine
    seconds: dict[str, float] = field(default_factory=dict)


def load_reader(settings: LeftSettings | None = None) -> ReaderTools:
    """Load the engine once for a process. Raises ModelError where weights are missing, altered or cannot be run."""
    settings = settings or LeftSettings()
    engine = load_engine(settings.engine)
    use_threads(engine.threads)
    return ReaderTools(settings, engine)


def read_page(page: Page, tools: ReaderTools, debug: Path | None = None) -> PageReading:
    """Take one page from pixels (or a sound text layer) to tables of readings; `debug` is a PNG to draw it all into."""
    if page.problem is not None or not page.image.size:
        problem = Problem("page.unreadable", page.problem or "the page has no picture")
        return PageReading(page.index, page.file, page.sha256, problems=(problem,), origin="pixels")
    engine = tools.engine
    clock = time.perf_counter()
    upright = straighten(page, engine.find_lines, engine.upside_down, tools.settings.straighten)
    clock = _note(tools, "straighten", clock)
    # Neither needs the other, and finding grids leaves one of two threads idle most of the time.
    grids, ink = at_once(lambda: find_grids(upright, tools.settings.grid), lambda: text_ink(upright))
    clock = _note(tools, "grid", clock)
    layer = LayerText.over(page, upright)
    blocks, layered = read_tables(upright, grids, engine.recognise, page.index, tools.settings.reader, layer, ink=ink)
    _note(tools, "read", clock)
    return PageReading(
        index=page.index,
        file=page.file,
        sha256=page.sha256,
        blocks=blocks,
        seals=upright.seals,
        origin="text-layer" if layered else "pixels",
        size=(page.image.shape[1], page.image.shape[0]),
    )


def _note(tools: ReaderTools, stage: str, since: float) -> float:
    now = time.perf_counter()
    tools.seconds[stage] = tools.seconds.get(stage, 0.0) + now - since
    return now
