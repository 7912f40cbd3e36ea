"""Page + PageReading + roles → a picture of what was taken for what: what a person opens when a page went wrong.

Left the page as it came in, with everything that was found drawn over it: rulings (the cells' outlines, red where less
of them is printed than a cell needs), lines of text, cells in the colour of their role, seals. Right the text that was
read, where it was read. All places are in pixels of the page as it came in, so that a photograph shows its own curl.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.document import Line, Page, PageReading, Polygon, Reading, Table
from pipeline.rolemap import ROLES, RoleMap

# The longer side of the page in the picture: ten-point characters on A4 are 16 pixels high then, small and readable.
SIDE = 1600
# What a value is shown as doubtful below; the review threshold of the settings, unless another is given.
_DOUBTFUL = 0.8
# A cell of whose outline less is printed was closed where hardly any ruling is. Broken faxes and shadows leave three
# quarters of a sound cell's outline; below a half, look.
_RULED = 0.5

_INK = (26, 26, 26)
_RULING, _UNRULED, _LINE, _SEAL, _DOUBT = (68, 68, 68), (204, 51, 17), (0, 119, 187), (204, 0, 102), (204, 51, 17)
# Faces with Hanzi as Linux, macOS and Windows name their files; fontconfig is asked first where it is installed.
_FACES = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "/Library/Fonts/Arial Unicode.ttf",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simsun.ttc",
)


@dataclass(frozen=True, slots=True)
class _Mark:
    """One thing to draw: a cell or a loose line, in pixels of the drawn page."""

    outline: tuple[tuple[float, float], ...]
    role: str
    sure: float  # the lesser of the reading's confidence and the role's certainty
    text: str
    lines: tuple[Line, ...]
    support: float  # of the outline; 1 for loose lines
    loose: bool


def draw_page(
    page: Page, reading: PageReading, roles: RoleMap, *, doubtful: float = _DOUBTFUL, side: int = SIDE
) -> bytes:
    """Return the picture of one page as PNG; `roles` knows the reading's cells. Empty where the page has no picture.

    Without a face for Hanzi on the system the right half holds the outlines only, and roles go by their English names.
    """
    if not page.image.size:
        return b""
    from PIL import Image

    scale = min(1.0, side / max(page.image.shape[:2]))
    width, height = (max(1, round(length * scale)) for length in page.image.shape[1::-1])
    sheet = Image.fromarray(np.ascontiguousarray(page.image[:, :, ::-1])).resize((width, height), Image.Resampling.BOX)
    drawing = _Drawing(sheet.convert("RGB"), scale, doubtful)
    for mark in _marks(reading, roles, scale):
        drawing.mark(mark)
    for seal in reading.seals:
        drawing.seal(_scaled(seal.place.polygon, scale))
    return drawing.finish(_facts(page, reading), [problem.message for problem in reading.problems])


def write_page(path: Path, picture: bytes) -> None:
    """Write a picture, its folder too. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture)


def _marks(reading: PageReading, roles: RoleMap, scale: float) -> Iterator[_Mark]:
    for block in reading.blocks:
        if isinstance(block, Line):
            spot = roles.spot(block)
            outline = _scaled(block.place.polygon, scale)
            yield _Mark(outline, spot.role, min(block.confidence, spot.certainty), block.text, (block,), 1.0, True)
        else:
            yield from (_cell(item, roles, scale) for item in block.readings)


def _cell(item: Reading, roles: RoleMap, scale: float) -> _Mark:
    spot = roles.spot(item)
    outline = _scaled(item.cell.polygon, scale)
    return _Mark(
        outline, spot.role, min(item.confidence, spot.certainty), item.text, item.lines, item.cell.support, False
    )


def _scaled(polygon: Polygon, scale: float) -> tuple[tuple[float, float], ...]:
    return tuple((x * scale, y * scale) for x, y in polygon)


def _facts(page: Page, reading: PageReading) -> str:
    tables = [block for block in reading.blocks if isinstance(block, Table)]
    cells = sum(len(table.readings) for table in tables)
    sizes = ", ".join(f"{table.n_rows} x {table.n_cols}" for table in tables)
    width, height = page.image.shape[1::-1]
    return (
        f"page {page.index + 1}: {width} x {height} px, {reading.origin}; {len(tables)} tables ({sizes or 'none'}), "
        f"{cells} cells, {len(reading.lines)} loose lines, {len(reading.seals)} seals"
    )


class _Drawing:
    """The two halves while they are drawn."""

    def __init__(self, sheet: Any, scale: float, doubtful: float) -> None:
        from PIL import Image, ImageDraw

        self.scale, self.doubtful = scale, doubtful
        self.unit = max(1.0, max(sheet.size) / 800)  # the width of a thin line: visible, and thinner than a ruling
        self.sheet = sheet
        self.panel = Image.new("RGB", sheet.size, "white")
        self.tint = Image.new("RGB", sheet.size, "white")
        self.tinted = ImageDraw.Draw(self.tint)
        self.on_panel = ImageDraw.Draw(self.panel)
        self.over: list[_Mark] = []
        self.seals: list[tuple[tuple[float, float], ...]] = []

    def mark(self, mark: _Mark) -> None:
        """Tint a cell or a line in its role's colour, and write its text on the right."""
        if len(mark.outline) < 3:
            return
        if mark.role in ROLES and mark.role != "stray":
            for draw in (self.tinted, self.on_panel):
                draw.polygon(mark.outline, fill=ROLES[mark.role][1])
        self.over.append(mark)

    def seal(self, outline: tuple[tuple[float, float], ...]) -> None:
        """Remember a seal; seals are drawn last."""
        if len(outline) >= 3:
            self.seals.append(outline)

    def finish(self, facts: str, problems: Sequence[str]) -> bytes:
        """Put the halves together over the legend; PNG of 256 colours, for screens and letters."""
        from PIL import Image, ImageChops, ImageDraw

        left = ImageChops.multiply(self.sheet, self.tint)
        on_left = ImageDraw.Draw(left)
        for mark in self.over:
            self._outline(on_left, mark)
            self._outline(self.on_panel, mark)
            self._write(mark)
        for mark in self.over:
            self._tag(on_left, mark)
        for outline in self.seals:
            for draw in (on_left, self.on_panel):
                _stroke(draw, outline, _SEAL, 3 * self.unit)
        width, height = left.size
        legend = self._legend(2 * width, facts, problems)
        whole = Image.new("RGB", (2 * width, height + legend.height), "white")
        whole.paste(left, (0, 0))
        whole.paste(self.panel, (width, 0))
        whole.paste(legend, (0, height))
        ImageDraw.Draw(whole).line([(width, 0), (width, height)], fill=_RULING, width=max(1, round(self.unit)))
        out = io.BytesIO()
        # A fixed palette: an adaptive one is slow, and a scan's paper has no colours that matter here.
        whole.quantize(128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        return out.getvalue()

    def _outline(self, draw: Any, mark: _Mark) -> None:
        if mark.loose:
            _stroke(draw, mark.outline, _LINE, self.unit)
        else:
            ruled = mark.support >= _RULED
            _stroke(draw, mark.outline, _RULING if ruled else _UNRULED, self.unit if ruled else 2 * self.unit)
            for line in mark.lines:
                _stroke(draw, _scaled(line.place.polygon, self.scale), _LINE, self.unit / 2)
        if self._doubted(mark):
            _dashed(draw, _shrunk(mark.outline, 3 * self.unit), _DOUBT, 2 * self.unit)

    def _doubted(self, mark: _Mark) -> bool:
        """Read or placed with less certainty than a person should rely on; or read, and placed nowhere."""
        return bool(mark.text) and (mark.sure < self.doubtful or mark.role == "stray")

    def _write(self, mark: _Mark) -> None:
        """Write what was read where it was read, as large as it fits."""
        if _face() is None:
            return
        for line in mark.lines:
            outline = _scaled(line.place.polygon, self.scale)
            if len(outline) >= 3 and line.text:
                self._text(line.text, outline)

    def _text(self, text: str, outline: tuple[tuple[float, float], ...]) -> None:
        """One line along the first edge of its outline: on a page that lies on its side the text does so too."""
        from PIL import Image, ImageDraw

        corners = np.array([outline[0], outline[1], outline[-1]])
        across, down = corners[1] - corners[0], corners[2] - corners[0]
        length, height = float(np.hypot(*across)), float(np.hypot(*down))
        size = max(5, min(round(0.92 * height), 400))
        font = _font(size)
        natural = font.getlength(text)
        if natural <= 0 or length <= 0:
            return
        if natural > length:
            font = _font(max(5, int(size * length / natural)))
            natural = font.getlength(text)
        turn = -float(np.degrees(np.arctan2(across[1], across[0])))
        patch = Image.new("L", (int(natural) + 4, int(1.4 * font.size) + 4), 0)
        ImageDraw.Draw(patch).text((2, 2), text, fill=255, font=font)
        patch = patch.rotate(turn, expand=True, resample=Image.Resampling.BICUBIC)
        middle = corners[0] + across * min(1.0, natural / length) / 2 + down / 2
        corner = (round(middle[0] - patch.width / 2), round(middle[1] - patch.height / 2))
        self.panel.paste(_INK, corner, patch)

    def _tag(self, draw: Any, mark: _Mark) -> None:
        """Say the role in a word at the cell's first corner, and the certainty where it is low."""
        doubted = self._doubted(mark)
        if not mark.text or not (mark.role or doubted) or len(mark.outline) < 3:
            return
        label = _word(mark.role) + (f" {mark.sure:.2f}" if mark.sure < self.doubtful else "")
        font = _font(max(8, round(5.5 * self.unit)))
        width, height = draw.textlength(label, font=font) + 2, 1.25 * font.size + 2
        x, y = self._corner(mark, width, height)
        draw.rectangle((x, y, x + width, y + height), fill="white", outline=_DOUBT if doubted else _RULING)
        draw.text((x + 1, y + 1), label, fill=_DOUBT if doubted else _INK, font=font)

    def _corner(self, mark: _Mark, width: float, height: float) -> tuple[float, float]:
        """The corner of a cell in which a tag hides the least of its text; beside a loose line."""
        x0, y0, x1, y1 = _box(mark.outline)
        if mark.loose:
            return x1 + self.unit, y0
        lines = [_box(_scaled(line.place.polygon, self.scale)) for line in mark.lines if line.place.polygon]

        def hidden(place: tuple[float, float]) -> float:
            tag = (*place, place[0] + width, place[1] + height)
            return sum(_overlap(tag, line) for line in lines)

        left, top, right, bottom = x0 + 1, y0 + 1, x1 - width - 1, y1 - height - 1
        return min(((right, top), (left, top), (right, bottom), (left, bottom)), key=hidden)

    def _legend(self, width: int, facts: str, problems: Sequence[str]) -> Any:
        """The key to colours and lines, what was found on the page, and its problems."""
        from PIL import Image, ImageDraw

        font = _font(max(10, round(9 * self.unit)))
        step, rows = round(1.6 * font.size), [facts, *problems]
        legend = Image.new("RGB", (width, step * (len(rows) + 3)), "white")
        draw = ImageDraw.Draw(legend)
        keys: list[tuple[str, Any, str]] = [("fill", colour, _word(role)) for role, (_, colour) in ROLES.items()]
        keys = [key for key in keys if key[2] != _word("stray")]
        chinese = _face() is not None
        keys += [
            ("line", _RULING, "格线" if chinese else "ruling"),
            ("line", _UNRULED, f"格线不足 {_RULED:.0%}" if chinese else f"outline ruled < {_RULED:.0%}"),
            ("line", _LINE, "文字行" if chinese else "line of text"),
            ("line", _SEAL, "印章" if chinese else "seal"),
            (
                "dash",
                _DOUBT,
                f"把握 < {self.doubtful} 或未归入" if chinese else f"confidence < {self.doubtful} or no place",
            ),
        ]
        x, y = 0.5 * step, 0.4 * step
        for kind, colour, word in keys:
            need = 1.6 * step + draw.textlength(word, font=font)
            if x + need > width:
                x, y = 0.5 * step, y + step
            box = (x, y + 0.1 * step, x + 0.9 * step, y + 0.75 * step)
            corners = ((box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3]))
            if kind == "fill":
                draw.rectangle(box, fill=colour, outline=_RULING)
            elif kind == "line":
                _stroke(draw, corners, colour, 2 * self.unit)
            else:
                _dashed(draw, corners, colour, 2 * self.unit)
            draw.text((x + 1.05 * step, y), word, fill=_INK, font=font)
            x += need
        for number, row in enumerate(rows, start=1):
            text = row if chinese else row.encode("ascii", "replace").decode()
            draw.text((0.5 * step, y + number * step), text, fill=_DOUBT if number > 1 else _INK, font=font)
        return legend.crop((0, 0, width, round(y + (len(rows) + 1.4) * step)))


def _box(outline: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    xs, ys = zip(*outline, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _overlap(one: Sequence[float], other: Sequence[float]) -> float:
    width, height = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def _stroke(draw: Any, outline: Sequence[tuple[float, float]], colour: tuple[int, int, int], width: float) -> None:
    if len(outline) >= 2:
        draw.line([*outline, outline[0]], fill=colour, width=max(1, round(width)))


def _dashed(draw: Any, outline: Sequence[tuple[float, float]], colour: tuple[int, int, int], width: float) -> None:
    dash = 5 * width
    for (x0, y0), (x1, y1) in zip(outline, [*outline[1:], outline[0]], strict=True):
        length = float(np.hypot(x1 - x0, y1 - y0))
        for number in range(int(np.ceil(length / (2 * dash)))):
            start = 2 * dash * number
            a, b = start / length, min(start + dash, length) / length
            ends = [(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t) for t in (a, b)]
            draw.line(ends, fill=colour, width=max(1, round(width)))


def _shrunk(outline: Sequence[tuple[float, float]], by: float) -> tuple[tuple[float, float], ...]:
    """The outline a little inside itself, so that the marks of neighbours lie side by side."""
    points = np.array(outline)
    middle = points.mean(axis=0)
    away = points - middle
    return tuple((float(x), float(y)) for x, y in middle + np.sign(away) * np.maximum(np.abs(away) - by, 0.0))


def _word(role: str) -> str:
    if _face() is None:
        return role or "no role"
    return ROLES[role][0] if role in ROLES else "未用"


def chinese_font() -> str | None:
    """The font file that texts are written with, or None where the system has none with Hanzi."""
    face = _face()
    return face[0] if face else None


@cache
def _face() -> tuple[str, int] | None:
    """A font file with Hanzi and the number of its face, or None."""
    from PIL import ImageFont

    for file, index in (*_ask_fontconfig(), *((file, 0) for file in _FACES)):
        try:
            ImageFont.truetype(file, 12, index=index)
        except OSError:
            continue
        return file, index
    return None


def _ask_fontconfig() -> Iterator[tuple[str, int]]:
    tool = shutil.which("fc-match")
    if tool is None:
        return
    try:
        found = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            [tool, "--format=%{file}\t%{index}\t%{lang}", "sans:lang=zh-cn"],
            capture_output=True, text=True, check=False, timeout=10,
        ).stdout.split("\t")  # fmt: skip
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return
    # fontconfig always names some font; one that does not speak Chinese draws boxes.
    if len(found) == 3 and "zh" in found[2]:
        yield found[0], int(found[1] or 0) & 0xFFFF


@cache
def _font(size: int) -> Any:
    from PIL import ImageFont

    face = _face()
    return ImageFont.load_default(size) if face is None else ImageFont.truetype(face[0], size, index=face[1])
