"""Pages and lines as they came in: the crop around a value, the whole page, the lines of a text.

A file that is no longer what was read is never shown: its places would point at something else.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pipeline.document import Page, PageReading, Table
from pipeline.errors import PipelineError
from pipeline.keep import unpack
from pipeline.ocrtext import decode_text
from pipeline.pages import open_pages, page_picture
from pipeline.store import PagePicture, Store

# Pages held decoded: A4 at 200 dpi takes 12 MB, at 400 dpi 46 MB. Neighbouring values mostly stand on the same page.
_PAGES = 6
# Crops and page pictures held encoded, 50 to 600 kB each.
_PICTURES = 120
# The crop shows the cell and what stands around it: at least this share of the page's shorter side, so that ten-point
# text on A4 is about as high on the screen as the text of the page beside it.
_LEAST_WIDTH = 0.58
# Above and below, in shares of the page's shorter side: about two lines of a form.
_ABOVE = 0.045
# A level may span all rows of a table, its name in the middle: more than this share of the crop's width says no more.
_MOST_HEIGHT = 0.5
# The longer side of the whole page's picture: characters of ten points stay 28 pixels high on A4.
_WHOLE = 2600
# Lines of a text above and below.
_LINES = 3
_TEXTS = 8
_Name = TypeVar("_Name")
_Kept = TypeVar("_Kept")


class PictureError(PipelineError):
    """The page cannot be shown; the message says why, in the reviewer's language."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How a page must be turned to be read: quarter turns to the left, and its size as it came in.

    `upright` below means coordinates of the page so turned.
    """

    quarters: int
    width: float
    height: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, upright."""
        return (self.height, self.width) if self.quarters % 2 else (self.width, self.height)

    @property
    def matrix(self) -> tuple[float, float, float, float, float, float]:
        """From the page as it came in to upright, as SVG counts: x' = a x + c y + e, y' = b x + d y + f."""
        w, h = self.width, self.height
        return (
            (1, 0, 0, 1, 0, 0), (0, -1, 1, 0, 0, w), (-1, 0, 0, -1, w, h), (0, 1, -1, 0, h, 0),
        )[self.quarters]  # fmt: skip

    @property
    def transform(self) -> str:
        """The matrix as SVG wants it."""
        return f"matrix({' '.join(f'{number:g}' for number in self.matrix)})"

    def upright(self, x: float, y: float) -> tuple[float, float]:
        """A point of the page as it came in, upright."""
        a, b, c, d, e, f = self.matrix
        return a * x + c * y + e, b * x + d * y + f

    def back(self, x: float, y: float) -> tuple[float, float]:
        """An upright point, on the page as it came in: a matrix that only turns is turned back by its transpose."""
        a, b, c, d, e, f = self.matrix
        return a * (x - e) + b * (y - f), c * (x - e) + d * (y - f)


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of a page, in the coordinates of the record's places; `view` is the same part, upright."""

    x: int
    y: int
    width: int
    height: int
    turn: Turn | None = None

    @property
    def box(self) -> str:
        """As it stands in an address."""
        return f"{self.x}-{self.y}-{self.width}-{self.height}"

    @property
    def view(self) -> str:
        """As SVG wants it."""
        corners = [(self.x, self.y), (self.x + self.width, self.y + self.height)]
        if self.turn is not None:
            corners = [(round(x), round(y)) for x, y in (self.turn.upright(*corner) for corner in corners)]
        (x0, y0), (x1, y1) = corners
        return f"{min(x0, x1)} {min(y0, y1)} {abs(x1 - x0)} {abs(y1 - y0)}"


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of a text input, in three pieces: before, at and after the value; `here` where the value stands in it."""

    number: int
    before: str
    at: str
    after: str
    here: bool


def turn_of(polygons: Iterable[Sequence[Sequence[float]]], width: int, height: int) -> Turn:
    """How the page must be turned: a place's first corner is where its text begins, its second where a line ends."""
    votes = Counter(
        round(math.degrees(math.atan2(polygon[1][1] - polygon[0][1], polygon[1][0] - polygon[0][0])) / 90) % 4
        for polygon in polygons
        if len(polygon) > 1
    )
    return Turn(votes.most_common(1)[0][0] if votes else 0, width, height)


def crop_around(
    places: Sequence[dict[str, Any]], page: int, width: int, height: int, *, whole: bool = False
) -> Crop | None:
    """The part of a page to show for a value with these places; None where it has none on this page.

    Of a cell that is higher than a screen its middle is shown, where its words are, or with `whole` all of it.
    """
    polygons = [place["polygon"] for place in places if place.get("page") == page and place.get("polygon")]
    if not polygons:
        return None
    turn = turn_of(polygons, width, height)
    wide, high = turn.size
    points = [turn.upright(x, y) for polygon in polygons for x, y in polygon]
    x0, x1 = min(x for x, _ in points), max(x for x, _ in points)
    y0, y1 = min(y for _, y in points), max(y for _, y in points)
    across = min(wide, max(_LEAST_WIDTH * min(width, height), x1 - x0 + 0.1 * wide))
    down = min(high, y1 - y0 + 2 * _ABOVE * min(width, height))
    if not whole:
        down = min(down, _MOST_HEIGHT * across)
    left = min(max((x0 + x1 - across) / 2, 0), wide - across)
    top = min(max((y0 + y1 - down) / 2, 0), high - down)
    (ax, ay), (bx, by) = turn.back(left, top), turn.back(left + across, top + down)
    x, y = round(min(ax, bx)), round(min(ay, by))
    return Crop(x, y, max(round(abs(bx - ax)), 1), max(round(abs(by - ay)), 1), turn if turn.quarters else None)


class Pictures:
    """Pages by where they are found, decoded once; shared by the server's threads."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._opening: dict[tuple[str, int], threading.Lock] = {}
        self._pages: OrderedDict[tuple[str, int], Page] = OrderedDict()
        self._made: OrderedDict[tuple[str, int, str], bytes] = OrderedDict()
        self._texts: OrderedDict[str, list[str]] = OrderedDict()

    def size(self, picture: PagePicture) -> tuple[int, int]:
        """Width and height that places on this page count in. Raises PictureError."""
        if picture.width and picture.height:
            return picture.width, picture.height
        height, width = self.page(picture).image.shape[:2]
        return width, height

    def page(self, picture: PagePicture) -> Page:
        """The page's pixels. Raises PictureError."""
        name = (picture.location, picture.number)
        with self._lock:
            opening = self._opening.setdefault(name, threading.Lock())
        with opening:  # one thread decodes a page, the others wait for it
            if (found := _get(self._lock, self._pages, name)) is not None:
                return found
            page = _open(picture)
            _put(self._lock, self._pages, name, page, _PAGES)
            return page

    def crop(self, picture: PagePicture, crop: Crop) -> bytes:
        """A part of the page as JPEG. Raises PictureError."""
        name = (picture.location, picture.number, f"{picture.sha256}{crop.box}")
        if (made := _get(self._lock, self._made, name)) is not None:
            return made
        page = self.page(picture)
        width, height = self.size(picture)
        across, down = page.image.shape[1] / width, page.image.shape[0] / height
        part = page.image[
            round(crop.y * down) : round((crop.y + crop.height) * down),
            round(crop.x * across) : round((crop.x + crop.width) * across),
        ]
        made = page_picture(replace(page, image=part), max_side=_WHOLE)
        _put(self._lock, self._made, name, made, _PICTURES)
        return made

    def whole(self, picture: PagePicture) -> bytes:
        """The whole page as JPEG. Raises PictureError."""
        name = (picture.location, picture.number, picture.sha256)
        if (made := _get(self._lock, self._made, name)) is None:
            made = page_picture(self.page(picture), max_side=_WHOLE)
            _put(self._lock, self._made, name, made, _PICTURES)
        return made

    # -- texts -----------------------------------------------------------------------------------------------------

    def lines(self, picture: PagePicture, line: int, column: int, text: str, around: int = _LINES) -> list[TextLine]:
        """The lines around a value of a text input; `line` counts from one. Raises PictureError."""
        lines = self._text(picture)
        found = []
        for number in range(max(line - around, 1), min(line + around, len(lines)) + 1):
            whole = lines[number - 1]
            if number != line:
                found.append(TextLine(number, whole, "", "", False))
                continue
            start = whole.find(text, max(column - len(text), 0)) if text else -1
            start = whole.find(text) if start < 0 and text else start
            end = start + len(text) if start >= 0 else len(whole)
            start = max(start, 0)
            found.append(TextLine(number, whole[:start], whole[start:end], whole[end:], True))
        return found

    def _text(self, picture: PagePicture) -> list[str]:
        if (known := _get(self._lock, self._texts, picture.sha256)) is not None:
            return known
        try:
            content = Path(picture.location).read_bytes()
        except OSError as error:
            raise PictureError(f"原文件找不到了：{picture.location}（{error.strerror}）") from error
        if hashlib.sha256(content).hexdigest() != picture.sha256:
            raise PictureError(f"原文件在读取之后被改动过，不再显示：{picture.location}")
        try:
            lines = decode_text(content, picture.location)[0].replace("\f", "").split("\n")
        except PipelineError as error:
            raise PictureError(f"原文件不是文本：{picture.location}") from error
        _put(self._lock, self._texts, picture.sha256, lines, _TEXTS)
        return lines

    def reading(self, picture: PagePicture) -> PageReading | None:
        """What was read on the page, from the store."""
        content = self.store.get_readings([picture.reading]).get(picture.reading) if picture.reading else None
        try:
            return unpack(content) if content else None
        except ValueError:
            return None

    def sheet_rows(
        self, picture: PagePicture, sheet: str | None, cell: str
    ) -> list[tuple[bool, list[tuple[str, bool]]]]:
        """The rows around a workbook's cell as they were read: (is this the row, [(text, is this the cell)])."""
        reading = self.reading(picture)
        for table in reading.tables if reading else ():
            for found in table.readings:
                if any(place.cell == cell and (sheet is None or place.sheet == sheet) for place in found.places):
                    return _rows_around(table, found.cell.row, found.cell.col)
        return []


def _rows_around(table: Table, row: int, col: int) -> list[tuple[bool, list[tuple[str, bool]]]]:
    rows = []
    for number in range(max(row - _LINES, 0), min(row + _LINES + 1, table.n_rows)):
        cells = sorted((r for r in table.readings if r.cell.row == number), key=lambda r: r.cell.col)
        rows.append((number == row, [(r.text, number == row and r.cell.col == col) for r in cells]))
    return rows


def _open(picture: PagePicture) -> Page:
    path = Path(picture.location)
    if "://" in picture.location or not path.is_file():
        raise PictureError(f"原文件找不到了：{picture.location}")
    try:
        page = next(iter(open_pages(path, only=picture.number)), None)
    except PipelineError as error:
        raise PictureError(f"原文件打不开：{error}") from error
    if page is None or page.problem or not page.image.size:
        raise PictureError(f"这一页没有图像：{page.problem if page and page.problem else picture.location}")
    if page.sha256 != picture.sha256:
        raise PictureError(f"原文件在读取之后被改动过，不再显示：{picture.location}")
    return page


def _get(lock: threading.Lock, kept: OrderedDict[_Name, _Kept], name: _Name) -> _Kept | None:
    with lock:
        if name in kept:
            kept.move_to_end(name)
            return kept[name]
        return None


def _put(lock: threading.Lock, kept: OrderedDict[_Name, _Kept], name: _Name, value: _Kept, most: int) -> None:
    with lock:
        kept[name] = value
        while len(kept) > most:
            kept.popitem(last=False)
