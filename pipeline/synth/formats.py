"""Generated pages and forms as other tools would hand them on: PAGE XML, hOCR, PaddleOCR's JSON, a workbook.

Everything is exact: the truth of the page in the words of the format. What a format cannot say (hOCR knows no cells) is
left out, so that reading it back shows what the importer makes of it.
"""

from __future__ import annotations

import html
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from pipeline.document import Polygon
from pipeline.synth.model import LaidForm, LaidLine, LaidTable
from pipeline.synth.render import RenderedCell, RenderedLine, RenderedPage, RenderedTable

# The formats of which one file is one page.
PAGE_FORMATS = ("page-xml", "page-xml-roles", "hocr", "paddle-structure", "paddle-lines", "paddle-2", "tables")


def write_page(page: RenderedPage, form: str) -> str:
    """Return a page in one of PAGE_FORMATS. Raises KeyError for another."""
    return str(_WRITERS[form](page))


def _box(polygon: Polygon) -> tuple[int, int, int, int]:
    xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
    return round(min(xs)), round(min(ys)), round(max(xs)), round(max(ys))


def _all_lines(page: RenderedPage) -> list[RenderedLine]:
    """All printed lines, top to bottom and left to right, as a detector hands them on."""
    lines = [*page.lines, *(line for table in page.tables for cell in table.cells for line in cell.lines)]
    return sorted(
        (line for line in lines if line.text.strip()),
        key=lambda line: (_box(line.polygon)[1] // 8, _box(line.polygon)[0]),
    )


def _points(polygon: Polygon) -> str:
    return " ".join(f"{round(x)},{round(y)}" for x, y in polygon)


def _text_line(line: RenderedLine) -> str:
    return (
        f'<TextLine><Coords points="{_points(line.polygon)}"/>'
        f'<TextEquiv conf="0.98"><Unicode>{escape(line.text)}</Unicode></TextEquiv></TextLine>'
    )


def _page_xml(page: RenderedPage, roles: bool = False) -> str:
    height, width = page.image.shape[:2]
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15">',
        f'<Page imageFilename="page-{page.index + 1}.png" imageWidth="{width}" imageHeight="{height}">',
    ]
    for number, line in enumerate(page.lines):
        parts.append(
            f'<TextRegion id="l{number}"><Coords points="{_points(line.polygon)}"/>{_text_line(line)}</TextRegion>'
        )
    for number, table in enumerate(page.tables):
        x0, y0, x1, y1 = _box(tuple(point for cell in table.cells for point in cell.polygon))
        parts.append(f'<TableRegion id="t{number}"><Coords points="{x0},{y0} {x1},{y0} {x1},{y1} {x0},{y1}"/>')
        for i, cell in enumerate(table.cells):
            inner = f'<Coords points="{_points(cell.polygon)}"/>' + "".join(
                _text_line(line) for line in cell.lines if line.text.strip()
            )
            spans = f'rowSpan="{cell.rowspan}" colSpan="{cell.colspan}"'
            if roles:
                role = f'<Roles><TableCellRole rowIndex="{cell.row}" columnIndex="{cell.col}" {spans}/></Roles>'
                parts.append(f'<TextRegion id="t{number}c{i}">{inner}{role}</TextRegion>')
            else:
                parts.append(f'<TableCell row="{cell.row}" col="{cell.col}" {spans}>{inner}</TableCell>')
        parts.append("</TableRegion>")
    parts.append("</Page></PcGts>")
    return "\n".join(parts)


def _hocr(page: RenderedPage) -> str:
    height, width = page.image.shape[:2]
    lines = []
    for number, line in enumerate(_all_lines(page)):
        x0, y0, x1, y1 = _box(line.polygon)
        step = (x1 - x0) / max(len(line.text), 1)
        words = "".join(
            f'<span class="ocrx_word" id="w{number}_{i}" '
            f'title="bbox {round(x0 + i * step)} {y0} {round(x0 + (i + 1) * step)} {y1}; x_wconf 93">'
            f"{html.escape(ch)}</span> "
            for i, ch in enumerate(line.text)
            if ch.strip()
        )
        lines.append(f'<span class="ocr_line" id="l{number}" title="bbox {x0} {y0} {x1} {y1}">{words}</span>')
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" '
        '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n<html xmlns="http://www.w3.org/1999/xhtml"><head><title></title>'
        '<meta name="ocr-system" content="generated"/></head><body>'
        f'<div class="ocr_page" id="page_1" '
        f"title='image \"page-{page.index + 1}.png\"; bbox 0 0 {width} {height}; ppageno 0'>"
        + "\n".join(lines)
        + "</div></body></html>\n"
    )


def _ocr_result(lines: Sequence[RenderedLine]) -> dict[str, Any]:
    polygons = [[[round(x), round(y)] for x, y in line.polygon] for line in lines]
    return {
        "dt_polys": polygons, "text_type": "general", "rec_texts": [line.text for line in lines],
        "rec_scores": [0.99] * len(lines), "rec_polys": polygons,
        "rec_boxes": [list(_box(line.polygon)) for line in lines],
    }  # fmt: skip


def _paddle_lines(page: RenderedPage) -> str:
    result = {"input_path": f"page-{page.index + 1}.png", "page_index": None, **_ocr_result(_all_lines(page))}
    return json.dumps(result, ensure_ascii=False)


def _paddle_2(page: RenderedPage) -> str:
    found = [[[[float(x), float(y)] for x, y in line.polygon], [line.text, 0.99]] for line in _all_lines(page)]
    return json.dumps([found], ensure_ascii=False)


def _paddle_structure(page: RenderedPage) -> str:
    height, width = page.image.shape[:2]
    tables = []
    for table in page.tables:
        ordered = sorted(table.cells, key=lambda cell: (cell.row, cell.col))
        lines = [line for cell in ordered for line in cell.lines if line.text.strip()]
        tables.append(
            {
                "cell_box_list": [list(_box(cell.polygon)) for cell in ordered],
                "pred_html": f"<html><body>{_html_table(table)}</body></html>",
                "table_ocr_pred": _ocr_result(lines),
            }
        )
    result = {
        "input_path": f"page-{page.index + 1}.png", "page_index": None, "page_count": None,
        "width": width, "height": height,
        "model_settings": {"use_table_recognition": True}, "parsing_res_list": [],
        "overall_ocr_res": _ocr_result(_all_lines(page)), "table_res_list": tables,
    }  # fmt: skip
    return json.dumps(result, ensure_ascii=False)


def _html_table(table: RenderedTable) -> str:
    """The table as PP-StructureV3 writes it: lines of a cell joined with blanks, spans as attributes."""
    rows: list[list[str]] = [[] for _ in range(table.n_rows)]
    for cell in sorted(table.cells, key=lambda cell: (cell.row, cell.col)):
        spans = f' rowspan="{cell.rowspan}"' * (cell.rowspan > 1) + f' colspan="{cell.colspan}"' * (cell.colspan > 1)
        rows[cell.row].append(f"<td{spans}>{html.escape(_spaced(cell), quote=False)}</td>")
    return "<table>" + "".join(f"<tr>{''.join(row)}</tr>" for row in rows) + "</table>"


def _spaced(cell: RenderedCell) -> str:
    return " ".join(line.text for line in cell.lines if line.text.strip())


def _tables(page: RenderedPage) -> str:
    tables = [
        {
            "n_rows": table.n_rows, "n_cols": table.n_cols,
            "cells": [
                {
                    "row": cell.row, "col": cell.col, "rowspan": cell.rowspan, "colspan": cell.colspan, "text":
                    cell.text, "confidence": 0.98, "polygon": [list(point) for point in cell.polygon], "support": 1.0,
                }
                for cell in table.cells
            ],
        }
        for table in page.tables
    ]  # fmt: skip
    lines = [{"text": line.text, "polygon": [list(p) for p in line.polygon], "confidence": 0.98} for line in page.lines]
    return json.dumps({"page": page.index + 1, "tables": tables, "lines": lines}, ensure_ascii=False)


_WRITERS: dict[str, Any] = {
    "page-xml": _page_xml, "page-xml-roles": lambda page: _page_xml(page, roles=True), "hocr": _hocr,
    "paddle-structure": _paddle_structure, "paddle-lines": _paddle_lines, "paddle-2": _paddle_2, "tables": _tables,
}  # fmt: skip


def write_workbook_of(forms: Sequence[LaidForm], path: Path, rng: random.Random) -> None:
    """Write forms as an office worker's workbook: a sheet a form or one for all, merged cells, borders or none.

    Numbers and percentages of targets are sometimes stored as numbers with a format, as Excel does when someone types
    them.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Border, Side

    side = Side(style="thin")
    border = Border(side, side, side, side) if rng.random() < 0.8 else Border()
    apart = rng.random() < 0.5
    book = Workbook()
    sheet = book.active
    row = rng.choice((1, 1, 2, 3))
    for number, form in enumerate(forms):
        if apart and number:
            sheet, row = book.create_sheet(f"表{number + 1}"), 1
        width = max((block.n_cols for block in form.blocks if isinstance(block, LaidTable)), default=1)
        for block in form.blocks:
            if isinstance(block, LaidLine):
                cell = sheet.cell(row, 1, block.text)
                cell.alignment = Alignment(horizontal="center")
                if width > 1:
                    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=width)
                row += 1
                continue
            for laid in block.cells:
                top, left = row + laid.row, 1 + laid.col
                _fill(sheet.cell(top, left), laid.text, rng)
                if laid.rowspan > 1 or laid.colspan > 1:
                    sheet.merge_cells(
                        start_row=top,
                        start_column=left,
                        end_row=top + laid.rowspan - 1,
                        end_column=left + laid.colspan - 1,
                    )
                for r, c in _slots(laid.rowspan, laid.colspan):
                    sheet.cell(top + r, left + c).border = border
            row += block.n_rows
        row += rng.choice((1, 2))
    book.save(path)


def _slots(rows: int, cols: int) -> Iterator[tuple[int, int]]:
    return ((r, c) for r in range(rows) for c in range(cols))


def _fill(cell: Any, text: str, rng: random.Random) -> None:
    """Put a text into a cell; a text that is a number may be stored as one with the format that shows it."""
    cell.value = text or None
    if text[:1] in "=+-@":
        cell.data_type = "s"
    if rng.random() < 0.5 and text.endswith("%") and text[:-1].isdecimal() and text[:1] != "0":
        cell.value, cell.number_format = int(text[:-1]) / 100, "0%"
    elif rng.random() < 0.5 and text.isdecimal() and text[:1] != "0" and len(text) < 12:
        cell.value = int(text)
    elif rng.random() < 0.5 and text[:1] == "≥" and text[1:].isdecimal() and text[1:2] != "0" and len(text) < 12:
        cell.value, cell.number_format = int(text[1:]), '"≥"0'
