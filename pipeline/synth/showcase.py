"""A page beside its record, as one small picture for the README."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageDraw

from pipeline.records import Record
from pipeline.rolemap import ROLES
from pipeline.synth.render.fonts import face, families

_COLUMNS = (("level1", "一级", 0.17), ("level2", "二级", 0.22), ("level3", "三级", 0.39), ("target", "目标", 0.22))


def draw_page_and_record(image: NDArray[np.uint8], record: Record, height: int = 820) -> bytes:
    """Return a PNG: the page (its pixels blue, green, red) on the left, the record's fields and rows on the right.

    A red mark stands before the rows that a person should look at. Raises InputError where the font is missing.
    """
    page = PilImage.fromarray(np.ascontiguousarray(image[:, :, ::-1]))
    page.thumbnail((height, height), PilImage.Resampling.LANCZOS)
    lines = 4 + len(record.fields) + len(record.indicators)
    step = min(26, (height - 20) // lines)
    font = face(families("dev")[0]).at(round(0.56 * step))
    bold = face(families("dev")[0], bold=True).at(round(0.62 * step))
    wide = 34 * step
    sheet = PilImage.new("RGB", (page.width + wide + 30, max(page.height, lines * step + 20)), "white")
    sheet.paste(page, (0, 0))
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((0, 0, page.width, page.height), outline="#999999")
    left, y = page.width + 20, 8
    form = record.form
    draw.text((left, y), f"{form.title}  {form.year or ''}", fill="#1a1a1a", font=bold)
    y += round(1.4 * step)
    for key, value in record.fields.items():
        draw.rectangle((left, y, left + 0.3 * wide, y + step), fill=ROLES["label"][1], outline="#999999")
        draw.rectangle((left + 0.3 * wide, y, left + wide, y + step), fill=ROLES["value"][1], outline="#999999")
        _cell(draw, font, (left, y, 0.3 * wide), key, step)
        _cell(draw, font, (left + 0.3 * wide, y, 0.7 * wide), value.value or "", step)
        y += step
    y += round(0.5 * step)
    x = float(left)
    for role, word, share in _COLUMNS:
        draw.rectangle((x, y, x + share * wide, y + step), fill=ROLES["header"][1], outline="#999999")
        _cell(draw, font, (x, y, share * wide), f"{word} {role}", step)
        x += share * wide
    y += step
    for row in record.indicators:
        texts = (row.level1, row.level2, row.level3, row.target.value if row.target else None)
        x = float(left)
        for (role, _, share), text in zip(_COLUMNS, texts, strict=True):
            draw.rectangle((x, y, x + share * wide, y + step), fill=ROLES[role][1], outline="#999999")
            _cell(draw, font, (x, y, share * wide), text or "", step)
            x += share * wide
        if row.review:
            draw.rectangle((left - 8, y + 2, left - 3, y + step - 2), fill="#cc3311")
        y += step
    out = io.BytesIO()
    small = sheet.crop((0, 0, sheet.width, max(page.height, y + 8)))
    small.quantize(96, method=PilImage.Quantize.FASTOCTREE, dither=PilImage.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def _cell(draw: ImageDraw.ImageDraw, font: object, place: tuple[float, float, float], text: str, step: int) -> None:
    """Write a text into a cell; what does not fit ends in an ellipsis."""
    x, y, width = place
    text = " ".join(text.split())
    while text and draw.textlength(text, font=font) > width - 8:  # type: ignore[arg-type]
        text = text[:-2] + "…" if len(text) > 2 else ""
    draw.text((x + 4, y + 0.14 * step), text, fill="#1a1a1a", font=font)  # type: ignore[arg-type]
