"""Upright page → Grids: rulings → crossings → cells with spans and a support score. Owns OpenCV with straighten.

Lengths are in text heights h. What is a ruling is decided line by line: a ruling is thin, its flanks are clean, and
where it ends, it ends at another ruling. A gap that ends anywhere else is damage and is bridged.
"""

from __future__ import annotations

from pipeline.document import Grid, Upright
from pipeline.grid.aligned import infer_grids
from pipeline.grid.dotted import add_dotted
from pipeline.grid.draft import build
from pipeline.grid.grouping import group
from pipeline.grid.parted import with_rows_parted
from pipeline.grid.pieces import drop_texts, search
from pipeline.grid.printed import lay_out_print
from pipeline.grid.through import without_walls_through_text
from pipeline.settings import GridSettings

__all__ = ["find_grids"]


def find_grids(upright: Upright, settings: GridSettings | None = None) -> list[Grid]:
    """Find the page's ruled tables, from top to bottom; where there are none, those that its text's alignment shows."""
    settings = settings or GridSettings()
    across, down = search(upright.ink, upright.text_height)
    if not across.toned:
        add_dotted(across, down, upright.text_height)
    drop_texts(across, upright.lines, upright.text_height)
    grids = []
    for across_pieces, down_pieces in group(across, down, upright.text_height):
        grid = build(upright, across, down, across_pieces, down_pieces)
        if grid is not None:
            size = upright.text_height / 1.2
            grid = without_walls_through_text(grid, upright.lines, upright.ink, size)
            grids.append(with_rows_parted(grid, upright.lines, size))
    if not grids:
        grids = lay_out_print(upright) or infer_grids(upright)
    return sorted(grids, key=lambda grid: (min(box[1] for box in grid.boxes), min(box[0] for box in grid.boxes)))
