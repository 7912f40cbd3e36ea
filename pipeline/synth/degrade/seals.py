"""Seals and watermarks: red or blue rings with a star and words around them, boxes, ovals; grey words across the page.

Ink over ink multiplies: under a red seal black stays black. Lengths are millimetres on paper.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont

from pipeline.synth.degrade.tone import Floats, field
from pipeline.synth.render.fonts import Face, find_face
from pipeline.synth.render.page import Image, RenderedPage, RenderedSeal

MM_PER_INCH = 25.4
# Drawn at this many times the page's resolution, then shrunk: smooth edges.
FINER = 3
SEAL_FAMILIES = ("Noto Serif CJK SC", "AR PL UMing CN", "AR PL UKai CN", "Noto Sans CJK SC", "WenQuanYi Zen Hei")
PLACES = ("滨河市", "青石县", "云台区", "望江市", "南屏县", "白鹭区")
OFFICES = ("财政局", "科学技术协会", "教育局", "农业农村局", "卫生健康委员会", "水利局", "文化广电和旅游局")
FOOTS = ("", "", "财务专用章", "预算专用章", "业务专用章", "合同专用章")
BOXES = ("已审核", "原件存档", "复印件与原件一致", "收文", "归档", "同意拨付")
PEOPLE = ("陈立", "王建国", "李晓梅", "赵志远", "孙明")
MARKS = ("内部资料", "仅供审计使用", "档案室", "样本", "绩效评价资料", "复印无效")


def stamp(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """Put one or two round seals, up to two box seals and a grey diagonal watermark over the page's tables."""
    page = watermark(page, rng, (0.74, 0.86))  # the trial's was 0.80 of the paper
    for _ in range(int(rng.integers(1, 3))):
        page = _put(page, rng, *_round_seal(rng, page.dpi))
    for _ in range(int(rng.integers(0, 3))):
        page = _put(page, rng, *_box_seal(rng, page.dpi))
    return page


def _face(rng: np.random.Generator) -> Face:
    present = [found for name in SEAL_FAMILIES if (found := find_face(name)) is not None]
    return present[int(rng.integers(len(present)))]


def _choose(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[int(rng.integers(len(words)))]


def _pixels(mm: float, dpi: float) -> float:
    return mm / MM_PER_INCH * dpi * FINER


def _round_seal(rng: np.random.Generator, dpi: float) -> tuple[Floats, str, bool]:
    """Return the seal's ink (0 to 1) at the page's resolution times FINER, its words, and that it is round."""
    oval = rng.random() < 0.2
    wide = _pixels(rng.uniform(38, 45), dpi)
    high = wide * (rng.uniform(0.66, 0.75) if oval else 1.0)
    size = (int(wide) + 4, int(high) + 4)
    canvas = PilImage.new("L", size)
    pen = ImageDraw.Draw(canvas)
    edge = _pixels(1.2 if not oval else 0.8, dpi)
    pen.ellipse((1, 1, size[0] - 2, size[1] - 2), fill=255)
    pen.ellipse((1 + edge, 1 + edge, size[0] - 2 - edge, size[1] - 2 - edge), fill=0)
    centre = (size[0] / 2, size[1] / 2)
    words = _choose(rng, PLACES) + _choose(rng, OFFICES)
    foot = _choose(rng, FOOTS)
    face = _face(rng)
    # On an oval the words crowd at the narrow ends.
    letter = wide * min(0.135, 1.25 / len(words)) * (0.78 if oval else 1.0)
    # The words run along the ring from lower left over the top to lower right, each upright on its radius.
    spread = np.deg2rad(min(260, 24 * len(words) + 20))
    for number, char in enumerate(words):
        angle = -spread / 2 + spread * number / max(1, len(words) - 1)
        radii = (wide / 2 - edge - 0.72 * letter, high / 2 - edge - 0.72 * letter)
        at = (centre[0] + radii[0] * np.sin(angle), centre[1] - radii[1] * np.cos(angle))
        _turned_char(canvas, (char, face.at(letter)), letter, at, -float(np.rad2deg(angle)))
    if not oval:
        _star(pen, centre, wide * 0.15)
    if foot or oval:
        foot = foot or "专用章"
        font = face.at(wide * 0.085)
        drop = 0.29 * high if not oval else 0.12 * high
        pen.text((centre[0], centre[1] + drop), foot, fill=255, font=font, anchor="mm")
    return _ink(canvas), words + foot, True


def _turned_char(
    canvas: PilImage.Image,
    glyph: tuple[str, ImageFont.FreeTypeFont],
    size: float,
    at: tuple[float, float],
    degrees: float,
) -> None:
    side = int(size * 2)
    tile = PilImage.new("L", (side, side))
    ImageDraw.Draw(tile).text((side / 2, side / 2), glyph[0], fill=255, font=glyph[1], anchor="mm")
    tile = tile.rotate(degrees, PilImage.Resampling.BICUBIC)
    canvas.paste(255, (round(at[0] - side / 2), round(at[1] - side / 2)), tile)


def _ink(canvas: PilImage.Image) -> Floats:
    ink: Floats = np.asarray(canvas).astype(np.float32) / np.float32(255)
    return ink


def _star(pen: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float) -> None:
    points = []
    for number in range(10):
        angle = np.pi * number / 5
        # The inner radius of a five-pointed star whose edges are straight lines through it.
        r = radius * (1.0 if number % 2 == 0 else 0.382)
        points.append((centre[0] + r * float(np.sin(angle)), centre[1] - r * float(np.cos(angle))))
    pen.polygon(points, fill=255)


def _box_seal(rng: np.random.Generator, dpi: float) -> tuple[Floats, str, bool]:
    """A name seal (two by two characters in a square) or a box with a word, sometimes with a date."""
    face = _face(rng)
    edge = _pixels(rng.uniform(0.6, 1.0), dpi)
    if rng.random() < 0.5:
        name = (_choose(rng, PEOPLE) + "之印")[:4] if rng.random() < 0.5 else (_choose(rng, PEOPLE) + "印")
        side = _pixels(rng.uniform(16, 22), dpi)
        # Read from the right column down to the left one.
        rows = ["".join(name[i] for i in (j + 2, j) if i < len(name)) for j in range(min(2, len(name)))]
        letter = side * 0.4
        wide = high = side
    else:
        rows = [_choose(rng, BOXES)]
        if rng.random() < 0.5:
            rows.append(f"{int(rng.integers(2016, 2026))}年{int(rng.integers(1, 13))}月{int(rng.integers(1, 29))}日")
        name = "".join(rows)
        letter = _pixels(rng.uniform(4.5, 6.5), dpi)
        wide = max(sum(face.advance(char) for char in row) for row in rows) * letter + letter
        high = len(rows) * 1.25 * letter + 0.6 * letter
    size = (int(wide) + 4, int(high) + 4)
    canvas = PilImage.new("L", size)
    pen = ImageDraw.Draw(canvas)
    pen.rectangle((1, 1, size[0] - 2, size[1] - 2), outline=255, width=max(1, int(edge)))
    pitch = size[1] * 0.94 / len(rows)
    for number, row in enumerate(rows):
        y = size[1] * 0.03 + pitch * (number + 0.5)
        pen.text((size[0] / 2, y), row, fill=255, font=face.at(letter), anchor="mm")
    return _ink(canvas), name, False


def _put(page: RenderedPage, rng: np.random.Generator, ink: Floats, words: str, is_round: bool) -> RenderedPage:
    """Turn the seal a little, wear its ink, and print it somewhere over the page's tables."""
    high, wide = ink.shape
    angle = rng.uniform(-25, 25) if is_round else rng.uniform(-8, 8)
    outline = _outline(wide, high, is_round)
    matrix: Any = cv2.getRotationMatrix2D((wide / 2, high / 2), angle, 1.0)
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]]) @ matrix[:, :2].T + matrix[:, 2]
    low = corners.min(axis=0)
    matrix[:, 2] -= low
    # Shrinking to the page's resolution is part of the same map.
    matrix /= FINER
    size = tuple(int(np.ceil(side / FINER)) for side in corners.max(axis=0) - low)
    blurred = cv2.GaussianBlur(ink, (0, 0), FINER / 2)
    small: Floats = cv2.warpAffine(blurred, matrix, size, flags=cv2.INTER_LINEAR).astype(np.float32)
    outline = outline @ matrix[:, :2].T + matrix[:, 2]
    small *= _wear(rng, small.shape)

    left, top = _spot(page, rng, size)
    height, width = page.image.shape[:2]
    x0, y0, x1, y1 = max(0, left), max(0, top), min(width, left + size[0]), min(height, top + size[1])
    colour = _colour(rng)
    strength = rng.uniform(0.6, 0.95)
    image = page.image.copy()
    part = image[y0:y1, x0:x1].astype(np.float32)
    cover = (small[y0 - top : y1 - top, x0 - left : x1 - left] * strength)[:, :, None]
    part *= 1 - cover * (1 - np.asarray(colour, dtype=np.float32) / 255)
    image[y0:y1, x0:x1] = np.rint(part).astype(np.uint8)
    placed = np.round(outline + np.array([left, top]), 2)
    seal = RenderedSeal(tuple((float(x), float(y)) for x, y in placed), colour, words)
    return replace(page, image=image, seals=(*page.seals, seal))


def _outline(wide: int, high: int, is_round: bool) -> NDArray[np.float64]:
    if not is_round:
        return np.array([[0, 0], [wide, 0], [wide, high], [0, high]], dtype=np.float64)
    angles = np.arange(24) / 24 * 2 * np.pi - 3 * np.pi / 4
    # A polygon around an ellipse must go outside it to enclose it.
    out = 1 / np.cos(np.pi / 24)
    return np.column_stack([wide / 2 * (1 + out * np.cos(angles)), high / 2 * (1 + out * np.sin(angles))])


def _wear(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """How much ink the pad gave: slow differences over the seal, and grain where the paper did not take it."""
    slow = 0.85 + 0.15 * field(rng, (shape[0], shape[1]), 3)
    grain = cv2.GaussianBlur(rng.standard_normal(shape, dtype=np.float32), (0, 0), 0.8)
    spots = np.clip(1.15 - 0.8 * np.clip(grain - rng.uniform(0.15, 0.5), 0, None) / 0.3, 0.15, 1)
    return np.clip(slow * spots, 0, 1).astype(np.float32)


def _spot(page: RenderedPage, rng: np.random.Generator, size: tuple[int, ...]) -> tuple[int, int]:
    """Left and top of a seal whose middle lies over one of the page's cells, the page where there are none."""
    height, width = page.image.shape[:2]
    centre = (rng.uniform(0.2, 0.8) * width, rng.uniform(0.2, 0.8) * height)
    cells = [cell for table in page.tables for cell in table.cells]
    if cells:
        xs, ys = zip(*cells[int(rng.integers(len(cells)))].polygon, strict=True)
        centre = (rng.uniform(min(xs), max(xs)), rng.uniform(min(ys), max(ys)))
    return round(centre[0] - size[0] / 2), round(centre[1] - size[1] / 2)


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    if rng.random() < 0.75:  # vermilion pads; red is the rule for offices
        return int(rng.integers(195, 235)), int(rng.integers(15, 65)), int(rng.integers(25, 75))
    return int(rng.integers(25, 70)), int(rng.integers(50, 100)), int(rng.integers(160, 215))


def watermark(page: RenderedPage, rng: np.random.Generator, grey: tuple[float, float]) -> RenderedPage:
    """Put grey words across the page, one large line or many small ones; `grey` is their share of the paper's light."""
    image, dpi = page.image, page.dpi
    height, width = image.shape[:2]
    words = _choose(rng, MARKS)
    face = _face(rng)
    diagonal = int(np.hypot(height, width))
    canvas = PilImage.new("L", (diagonal, diagonal))
    pen = ImageDraw.Draw(canvas)
    if rng.random() < 0.5:
        size = min(_pixels(32, dpi) / FINER, 0.75 * diagonal / len(words))
        pen.text((diagonal / 2, diagonal / 2), words, fill=255, font=face.at(size), anchor="mm")
    else:
        size = _pixels(rng.uniform(8, 13), dpi) / FINER
        step_x, step_y = (len(words) + 3) * size, 5 * size
        for row in range(int(diagonal / step_y) + 1):
            for column in range(-1, int(diagonal / step_x) + 1):
                at = (column * step_x + (row % 2) * step_x / 2, row * step_y)
                pen.text(at, words, fill=255, font=face.at(size), anchor="lm")
    angle = rng.uniform(30, 50) * (1 if rng.random() < 0.85 else -1)
    canvas = canvas.rotate(angle, PilImage.Resampling.BILINEAR)
    left, top = (diagonal - width) // 2, (diagonal - height) // 2
    cover = np.asarray(canvas.crop((left, top, left + width, top + height)), dtype=np.float32) / 255
    out: Image = np.rint(image * (1 - (1 - rng.uniform(*grey)) * cover)[:, :, None]).astype(np.uint8)
    return replace(page, image=out)
