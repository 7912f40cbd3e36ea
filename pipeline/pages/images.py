"""Image files → pixels: PNG, JPEG, TIFF of many pages, BMP, WebP. Sizes are checked before anything is decoded."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Page
from pipeline.errors import InputError
from pipeline.settings import PagesSettings


def page_picture(page: Page, max_side: int = 1600) -> bytes:
    """Return a page as a JPEG for people to look at, its longer side at most `max_side`; empty where it has none.

    1600 pixels show ten-point characters on A4 16 high: small, and readable on a screen.
    """
    from PIL import Image

    if not page.image.size:
        return b""
    picture = Image.fromarray(np.ascontiguousarray(page.image[:, :, ::-1]))
    picture.thumbnail((max_side, max_side))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=70, optimize=True)
    return out.getvalue()


def no_image() -> NDArray[np.uint8]:
    """The picture of a page that has none."""
    return np.zeros((0, 0, 3), np.uint8)


def check_size(path: Path, place: str, size: tuple[int, int], settings: PagesSettings) -> None:
    """Raise InputError where a picture of this width and height is more than a page has."""
    width, height = size
    if max(width, height) > settings.max_side or width * height > settings.max_pixels:
        raise InputError(
            f"{path}{place}: {width} x {height} pixels are more than a page has "
            f"(limit {settings.max_side} a side, {settings.max_pixels // 1_000_000} million in all); "
            "scan it at 200 to 400 dpi"
        )


def open_image(
    path: Path, stream: BinaryIO, digest: str, settings: PagesSettings, only: int | None = None
) -> Iterator[Page]:
    """Yield the pages of an image file, or `only` one; a damaged frame among others is a page with its problem.

    Raises InputError.
    """
    image, frames = _open(path, stream)
    with image:
        for number in frames if only is None else frames[only : only + 1]:
            place = f" page {number + 1}" if len(frames) > 1 else ""
            try:
                pixels = _decode(path, place, image, number, settings)
            except InputError as error:
                if len(frames) == 1:
                    raise
                yield Page(number, str(path), digest, no_image(), problem=str(error))
                continue
            yield Page(number, str(path), digest, pixels, dpi=_dpi(image))


def count_image(path: Path, stream: BinaryIO) -> int:
    """Count the pages of an image file without decoding them. Raises InputError."""
    image, frames = _open(path, stream)
    with image:
        return len(frames)


def _open(path: Path, stream: BinaryIO) -> tuple[Any, list[int]]:
    try:
        return _find_frames(stream)
    except _BombError as error:
        raise InputError(f"{path}: has more pixels than a page has; scan it at 200 to 400 dpi") from error
    except Exception as error:  # every decoder fails at damage in its own way (struct.error, KeyError, SyntaxError, …)
        raise InputError(f"{path}: the image's header is damaged; copy or scan it again") from error


class _BombError(Exception):
    """Pillow's own limit is exceeded."""


# A chain of frames longer than this leads in a circle, or is no document.
_MOST_FRAMES = 10_000
_REDUCED = 254  # TIFF's NewSubfileType: bit 0 marks a smaller copy of another page


def _find_frames(stream: BinaryIO) -> tuple[Any, list[int]]:
    """Open an image and number its pages: a TIFF's frames without previews, one of everything else."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sizes are checked here, and damage is said here
        try:
            image: Any = Image.open(stream, formats=("PNG", "JPEG", "TIFF", "BMP", "WEBP", "MPO", "DIB"))
        except Image.DecompressionBombError as error:
            raise _BombError from error
        # An MPO (a phone's JPEG) holds a preview as its second picture; a WebP animation is no document.
        if image.format != "TIFF":
            return image, [0]
        pages = []
        for number in range(_MOST_FRAMES):
            try:
                image.seek(number)
            except EOFError:
                break
            except Exception:
                pages.append(number)
                break
            if not int(image.tag_v2.get(_REDUCED, 0)) & 1:
                pages.append(number)
        return image, pages or [0]


def _decode(path: Path, place: str, image: Any, number: int, settings: PagesSettings) -> NDArray[np.uint8]:
    """One frame's pixels. Raises InputError where it is too large, or damaged."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image.seek(number)
            check_size(path, place, image.size, settings)
            plain = _plain(image)
            return plain if plain is not None else _to_bgr(image)
        except InputError:
            raise
        except Exception as error:
            raise InputError(f"{path}{place}: the image is damaged or cut off; copy or scan it again") from error


def _dpi(image: Any) -> float | None:
    found = image.info.get("dpi")
    try:
        value = float(found[0])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    # 72 and 96 are what programs write when they do not know.
    return value if 97 <= value <= 1200 else None


# Chunks of a PNG that change no pixel and turn no page; text may, where it holds a camera's data.
_HARMLESS = frozenset(
    (b"IHDR", b"IDAT", b"IEND", b"pHYs", b"gAMA", b"sRGB", b"cHRM", b"iCCP", b"sBIT", b"bKGD", b"tIME", b"tEXt")
)


def _plain(image: Any) -> NDArray[np.uint8] | None:
    """Decode a PNG or JPEG that is nothing but grey or three colours of 8 bits, or of one; None for all others.

    By OpenCV, whose pixels are Pillow's to the bit, in two thirds of the time (PNG) or a third (JPEG). What is damaged
    is left to Pillow, which says so.
    """
    if image.mode not in ("RGB", "L", "1") or "transparency" in image.info:
        return None
    image.fp.seek(0)
    content = image.fp.read()
    if image.format == "PNG":
        # Rows of other depths are unpacked otherwise; what stands behind the pixels may turn them.
        plain = [tile[3] for tile in image.tile] == [image.mode] and _holds_pixels_only(content)
    else:
        # Of one that is cut off or damaged, OpenCV would make up the rest.
        plain = image.format == "JPEG" and image.mode != "1" and _is_one_scan(content)
        plain = plain and image.getexif().get(_ORIENTATION, 1) == 1
    if not plain or _squared(image) is not image:
        return None
    import cv2

    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    return pixels if pixels is not None and pixels.shape == (image.height, image.width, 3) else None


def _is_one_scan(jpeg: bytes) -> bool:
    """Tell whether a JPEG is one run of data (not progressive) from its heads to its end, whole as it seems."""
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        kind = jpeg[at + 1]
        if kind in _PROGRESSIVE:
            return False
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if kind == 0xDA:
            break
    else:
        return False
    data = np.frombuffer(jpeg, np.uint8)[at:]
    marks = np.flatnonzero(data[:-1] == 0xFF)
    kinds = data[marks + 1]
    # 0 means 255 itself, D0 to D7 count the pieces; anything else ends the data.
    ends = marks[(kinds != 0) & ((kinds < 0xD0) | (kinds > 0xD7))]
    return len(ends) == 1 and int(ends[0]) == len(data) - 2 and int(data[-1]) == 0xD9


# Of a JPEG's frames (C0 to CF) all but the two plain ones; C4, C8 and CC are no frames.
_PROGRESSIVE = frozenset(range(0xC2, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _holds_pixels_only(png: bytes) -> bool:
    """Tell whether a PNG's chunks are whole, known, and say nothing of how its picture stands."""
    at = 8
    while at + 12 <= len(png):
        length, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        if kind not in _HARMLESS or (kind == b"tEXt" and png.startswith((b"Raw profile", b"XML:"), at + 8)):
            return False
        at += 12 + length
        if kind == b"IEND":
            return at <= len(png)
    return False


def _to_bgr(image: Any) -> NDArray[np.uint8]:
    """Decode one frame as a viewer shows it: EXIF orientation applied, transparency over white, 16 bit scaled to 8."""
    from PIL import Image, ImageOps

    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        deep = np.asarray(image, dtype=np.float64)
        top = 65535.0 if deep.max(initial=0.0) > 255 else 255.0
        grey = np.clip(deep * (255.0 / top), 0, 255).astype(np.uint8)
        return _grey_thrice(grey)
    image = _squared(image)
    image.load()  # a PNG's orientation may stand behind its pixels
    if image.getexif().get(_ORIENTATION, 1) != 1:
        image = ImageOps.exif_transpose(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        over = image.convert("RGBA")
        paper = Image.new("RGBA", over.size, (255, 255, 255, 255))
        image = Image.alpha_composite(paper, over)
    if image.mode in ("1", "L"):
        return _grey_thrice(np.asarray(image.convert("L")))
    if image.mode != "RGB":
        image = image.convert("RGB")
    # Pillow packs the three channels in any order as fast as in its own.
    return np.frombuffer(image.tobytes("raw", "BGR"), np.uint8).reshape(image.height, image.width, 3)


def _grey_thrice(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same grey in three channels."""
    filled = np.empty((*grey.shape, 3), np.uint8)
    for channel in range(3):
        filled[:, :, channel] = grey
    return filled


def _squared(image: Any) -> Any:
    """Stretch a fax of half resolution (204 x 98 dots an inch) as a viewer does; other pictures have square pixels."""
    try:
        across, down = (float(value) for value in image.info["dpi"])
        stretch = across / down
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return image
    if not (1.5 <= stretch <= 4.5 and min(across, down) >= 90) or image.width * image.height * stretch > 50_000_000:
        return image
    turn = image.getexif().get(_ORIENTATION)
    stretched = image.convert("L").resize((image.width, round(image.height * stretch)))
    if turn:
        stretched.getexif()[_ORIENTATION] = turn
    return stretched


_ORIENTATION = 0x0112
