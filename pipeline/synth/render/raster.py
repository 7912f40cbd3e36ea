"""From a drawn page to pixels: glyphs by FreeType, rulings and grounds by exact coverage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageDraw

from pipeline.document import Polygon
from pipeline.synth.render.drawing import Box, Drawing, DrawnLine, Rule, dashes, double_gap
from pipeline.synth.render.page import RenderedCell, RenderedLine, RenderedPage, RenderedTable

POINTS = 72.0


def rasterise(drawing: Drawing, dpi: float) -> RenderedPage:
    """Return the page's picture at `dpi` dots an inch with its truth in pixels."""
    scale = dpi / POINTS
    width, height = round(drawing.width * scale), round(drawing.height * scale)
    ground = np.full((height, width), 255, dtype=np.uint8)
    for fill in drawing.fills:
        x0, y0, x1, y1 = (round(v * scale) for v in fill.box)
        ground[y0:y1, x0:x1] = fill.grey
    canvas = PilImage.fromarray(ground)
    pen = ImageDraw.Draw(canvas)
    for run in drawing.runs:
        font = run.face.at(run.size * scale)
        x = run.x
        for char in run.text:
            if not char.isspace():
                pen.text((x * scale, run.baseline * scale), char, fill=run.grey, font=font, anchor="ls")
            x += run.face.advance(char) * run.size
    grey = np.asarray(canvas).astype(np.float32)
    for rule in drawing.rules:
        _draw_rule(grey, rule, scale)
    image = np.repeat(np.rint(grey).astype(np.uint8)[:, :, None], 3, axis=2)
    tables = tuple(
        RenderedTable(
            tuple(
                RenderedCell(
                    row=cell.row,
                    col=cell.col,
                    rowspan=cell.rowspan,
                    colspan=cell.colspan,
                    text=cell.text,
                    polygon=_polygon(cell.box, scale),
                    role=cell.role,
                    indicator=cell.indicator,
                    lines=tuple(_line(line, scale) for line in cell.lines),
                    laid=cell.laid,
                    start=cell.start,
                    end=cell.end,
                    cut_above=cell.cut_above,
                    cut_below=cell.cut_below,
                    repeated=cell.repeated,
                )
                for cell in table.cells
            ),
            table.n_rows,
            table.n_cols,
            table.block,
        )
        for table in drawing.tables
    )
    return RenderedPage(
        image, dpi, tables, tuple(_line(line, scale) for line in drawing.lines), drawing.em * scale, drawing.index
    )


def _polygon(box: Box, scale: float) -> Polygon:
    x0, y0, x1, y1 = (v * scale for v in box)
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _line(line: DrawnLine, scale: float) -> RenderedLine:
    x0, y0, x1, y1 = line.box
    # Hinting moves glyph edges by up to a pixel against the box measured from the outlines.
    one = 1.0 / scale
    return RenderedLine(line.text, _polygon((x0 - one, y0 - one, x1 + one, y1 + one), scale), line.kind)


def _coverage(first: float, last: float, length: int) -> tuple[int, NDArray[np.float32]]:
    """How much of each pixel along one axis lies between first and last; with the index of the first such pixel."""
    start, stop = max(0, int(np.floor(first))), min(length, int(np.ceil(last)))
    at = np.arange(start, max(start, stop), dtype=np.float32)
    return start, np.clip(np.minimum(at + 1, last) - np.maximum(at, first), 0, 1).astype(np.float32)


def _draw_rule(grey: NDArray[np.float32], rule: Rule, scale: float) -> None:
    flat = rule.y0 == rule.y1
    middle = (rule.y0 if flat else rule.x0) * scale
    ends = (rule.x0 * scale, rule.x1 * scale) if flat else (rule.y0 * scale, rule.y1 * scale)
    width = rule.width * scale
    middles = [middle]
    if rule.kind == "double":
        apart = max(double_gap(width), 3.0)  # they part even when drawn one pixel wide
        middles = [middle - apart / 2, middle + apart / 2]
    for at in middles:
        if width < 1.5:
            # Printers and viewers set thin rules on whole dots: never paler than the text, never blurred over two.
            thick = float(max(1, int(width + 0.5)))
            low = float(round(at - thick / 2))
        else:
            thick, low = width, at - width / 2
        across_start, across = _coverage(low, low + thick, grey.shape[0 if flat else 1])
        for first, last in _marks(rule.kind, ends, max(width, 1.0)):
            along_start, along = _coverage(first, last, grey.shape[1 if flat else 0])
            shade = np.outer(across, along) if flat else np.outer(along, across)
            top, left = (across_start, along_start) if flat else (along_start, across_start)
            part = grey[top : top + shade.shape[0], left : left + shade.shape[1]]
            part[...] = np.minimum(part, part * (1 - shade) + rule.grey * shade)


def _marks(kind: str, ends: tuple[float, float], width: float) -> list[tuple[float, float]]:
    if not (pattern := dashes(kind, width)):
        return [ends]
    mark, gap = pattern
    starts = [float(start) for start in np.arange(ends[0], ends[1], max(mark + gap, 2.0))]
    return [(start, min(start + max(mark, 1.0), ends[1])) for start in starts]
