"""File → Page: page images (PNG, JPEG, TIFF, BMP, WebP), PDFs and folders of images. Owns Pillow and pypdfium2.

A file is what its first bytes say, whatever its name. Sizes are read from headers before anything is decoded.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Page
from pipeline.errors import InputError
from pipeline.settings import PagesSettings
from pipeline.textlayer import extract_layer

IMAGES = frozenset({"png", "jpeg", "tiff", "bmp", "webp"})

# First bytes → kind. Only the first five and PDF are read; the rest are known so that the refusal can name the way out.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"BM", "bmp"),
    (b"GIF8", "gif"),
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0", "office"),
    (b"\x00\x00\x00\x0cjP  ", "jpeg2000"),
)

_REFUSALS = {
    "empty": "the file is empty; copy or scan it again",
    "ofd": "OFD documents are not read; open it in an OFD reader and save it as PDF (另存为 PDF)",
    "zip": "a ZIP archive is not read; unpack it and pass the folder",
    "office": "an old Office document is not read; save it as PDF",
    "ooxml": "an Office document is not read as pages; save it as PDF",
    "gif": "GIF images are not read; save it as PNG",
    "heic": "HEIC photos are not read; save it as JPEG",
    "jpeg2000": "JPEG 2000 images are not read; save it as PNG or TIFF",
}


def sniff(path: Path) -> str:
    """Tell what a file is by its content: png, jpeg, tiff, bmp, webp, pdf, ofd, zip, empty, …, or unknown.

    Raises InputError where the file cannot be opened.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(1024)
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror}); check the path and the permissions") from error
    return _sniff(head, path)


def _sniff(head: bytes, path: Path) -> str:
    if not head.strip(b"\x00\t\r\n "):
        return "empty"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and head[8:11] in (b"hei", b"hev", b"mif", b"avi"):
        return "heic"
    if b"%PDF-" in head:  # the standard lets a reader accept up to a kilobyte of rubbish before it
        return "pdf"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return _sniff_zip(path) if kind == "zip" else kind
    return "unknown"


def _sniff_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError):
        return "zip"
    if "ofd.xml" in names:
        return "ofd"
    return "ooxml" if "[content_types].xml" in names else "zip"


def is_page_file(path: Path) -> bool:
    """Tell whether `open_pages` reads this kind of file."""
    kind = sniff(path)
    return kind == "pdf" or kind in IMAGES


def open_pages(path: Path, settings: PagesSettings | None = None, start: int = 0) -> Iterator[Page]:
    """Yield the pages of one file in order, numbered from `start`.

    A page that cannot be had (a damaged frame in the middle of a TIFF) is yielded with its `problem`, and the rest goes
    on. Raises InputError, naming file and remedy, where nothing of the file can be read.
    """
    settings = settings or PagesSettings()
    kind = sniff(path)
    if kind in _REFUSALS:
        raise InputError(f"{path}: {_REFUSALS[kind]}")
    if kind != "pdf" and kind not in IMAGES:
        raise InputError(f"{path}: is neither an image (PNG, JPEG, TIFF, BMP, WebP) nor a PDF; check what it is")
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    opened = _open_pdf(path, data, digest, settings) if kind == "pdf" else _open_image(path, data, digest, settings)
    for number, page in enumerate(opened):
        yield Page(
            index=start + number,
            file=str(path),
            sha256=digest,
            image=page.image,
            dpi=page.dpi,
            origin=page.origin,
            number=number,
            layer=page.layer,
            problem=page.problem,
        )


def page_picture(page: Page, max_side: int = 1600) -> bytes:
    """Return a page as a JPEG for people to look at, its longer side at most `max_side` pixels; empty where it has none.

    1600 pixels show ten-point characters on A4 16 high: small, and readable on a screen.
    """
    from PIL import Image  # noqa: PLC0415 - slow to start

    if not page.image.size:
        return b""
    picture = Image.fromarray(np.ascontiguousarray(page.image[:, :, ::-1]))
    picture.thumbnail((max_side, max_side))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=70, optimize=True)
    return out.getvalue()


def natural_key(name: str) -> tuple[tuple[int, int | str], ...]:
    """Order names as people do: page-2 before page-10.

    >>> sorted(["p10", "p2", "p1"], key=natural_key)
    ['p1', 'p2', 'p10']
    """
    parts = re.findall(r"\d+|\D+", name.casefold())
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts)


def list_images(folder: Path) -> list[Path]:
    """List the page images lying directly in a folder, in natural order; hidden files and other kinds are passed over."""
    files = [entry for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith(".")]
    images = [entry for entry in files if sniff(entry) in IMAGES]
    return sorted(images, key=lambda entry: (natural_key(entry.name), entry.name))


def open_folder(folder: Path, settings: PagesSettings | None = None) -> Iterator[Page]:
    """Yield the images lying directly in a folder as the pages of one document, in natural order.

    An image that cannot be read is a page with a `problem`: the others go on.
    """
    index = 0
    for path in list_images(folder):
        try:
            for page in open_pages(path, settings, start=index):
                yield page
                index = page.index + 1
        except InputError as error:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            yield Page(index=index, file=str(path), sha256=digest, image=_no_image(), problem=str(error))
            index += 1


def _no_image() -> NDArray[np.uint8]:
    return np.zeros((0, 0, 3), np.uint8)


def _check_size(path: Path, place: str, width: int, height: int, settings: PagesSettings) -> None:
    if max(width, height) > settings.max_side or width * height > settings.max_pixels:
        raise InputError(
            f"{path}{place}: {width} x {height} pixels are more than a page has "
            f"(limit {settings.max_side} a side, {settings.max_pixels // 1_000_000} million in all); "
            "scan it at 200 to 400 dpi"
        )


def _open_image(path: Path, data: bytes, digest: str, settings: PagesSettings) -> Iterator[Page]:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - slow to start

    try:
        image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "TIFF", "BMP", "WEBP", "MPO", "DIB"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, Image.DecompressionBombError):
            raise InputError(f"{path}: has more pixels than a page has; scan it at 200 to 400 dpi") from error
        raise InputError(f"{path}: the image's header is damaged; copy or scan it again") from error
    with image:
        # An MPO (a phone's JPEG) holds a preview as its second picture; a WebP animation is no document.
        frames = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        for number in range(frames):
            place = f" page {number + 1}" if frames > 1 else ""
            try:
                image.seek(number)
                _check_size(path, place, *image.size, settings)
                pixels = _to_bgr(image)
            except InputError as error:
                if frames == 1:
                    raise
                yield Page(number, str(path), digest, _no_image(), problem=str(error))
                continue
            except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError) as error:
                message = f"{path}{place}: the image is damaged or cut off; copy or scan it again"
                if frames == 1:
                    raise InputError(message) from error
                yield Page(number, str(path), digest, _no_image(), problem=message)
                continue
            yield Page(number, str(path), digest, pixels, dpi=_dpi(image))


def _dpi(image: Any) -> float | None:
    found = image.info.get("dpi")
    try:
        value = float(found[0])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    # 72 and 96 are what programs write when they do not know.
    return value if 97 <= value <= 1200 else None


def _to_bgr(image: Any) -> NDArray[np.uint8]:
    """Decode one frame as a viewer shows it: EXIF orientation applied, transparency over white, 16 bit scaled to 8."""
    from PIL import Image, ImageOps  # noqa: PLC0415

    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        deep = np.asarray(image, dtype=np.float64)
        top = 65535.0 if deep.max(initial=0.0) > 255 else 255.0
        grey = np.clip(deep * (255.0 / top), 0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    image = ImageOps.exif_transpose(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        over = image.convert("RGBA")
        paper = Image.new("RGBA", over.size, (255, 255, 255, 255))
        image = Image.alpha_composite(paper, over)
    if image.mode in ("1", "L"):
        grey = np.asarray(image.convert("L"))
        return np.repeat(grey[:, :, None], 3, axis=2)
    return np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])


def _open_pdf(path: Path, data: bytes, digest: str, settings: PagesSettings) -> Iterator[Page]:
    import pypdfium2  # noqa: PLC0415

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "assword" in str(error):
            raise InputError(f"{path}: the PDF wants a password; save a copy without one") from error
        raise InputError(
            f"{path}: the PDF is damaged (no page list can be found in it); download it again, or print it to a new PDF"
        ) from error
    with closing(document):
        if len(document) == 0:
            raise InputError(f"{path}: the PDF has no pages")
        for number in range(len(document)):
            try:
                with closing(document[number]) as opened:
                    page = _render(path, number, opened, settings)
            except (pypdfium2.PdfiumError, MemoryError, ValueError):
                message = f"{path} page {number + 1}: the page is damaged; print the PDF to a new one"
                yield Page(number, str(path), digest, _no_image(), origin="pdf", problem=message)
                continue
            except InputError as error:
                yield Page(number, str(path), digest, _no_image(), origin="pdf", problem=str(error))
                continue
            yield Page(number, str(path), digest, page[0], dpi=page[1], origin="pdf", layer=page[2])


def _render(path: Path, number: int, page: Any, settings: PagesSettings) -> tuple[NDArray[np.uint8], float, Any]:
    width, height = page.get_size()  # points, turned as the page says
    if width <= 1 or height <= 1:
        raise InputError(f"{path} page {number + 1}: the page has no area")
    dpi = _scan_dpi(page, width, height, settings)
    # A page of the largest size a PDF allows (5 m) is rendered coarser instead of being refused.
    dpi = min(dpi, 72.0 * settings.max_side / max(width, height), 72.0 * (settings.max_pixels / width / height) ** 0.5)
    _check_size(path, f" page {number + 1}", int(width * dpi / 72), int(height * dpi / 72), settings)
    bitmap = page.render(scale=dpi / 72.0, may_draw_forms=True, rev_byteorder=False)
    image = bitmap.to_numpy()
    image = np.repeat(image[:, :, :1], 3, axis=2) if image.shape[2] == 1 else np.ascontiguousarray(image[:, :, :3])
    return image, dpi, extract_layer(page, image.shape[1], image.shape[0])


def _scan_dpi(page: Any, width: float, height: float, settings: PagesSettings) -> float:
    """Find the resolution to render at: the scan's own where one picture covers most of the page."""
    import pypdfium2.raw as pdfium  # noqa: PLC0415

    best = 0.0
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        try:
            left, bottom, right, top = item.get_bounds()
            pixels = item.get_px_size()
        except Exception:  # noqa: BLE001, S112 - pdfium cannot say; the default stands
            continue
        if (right - left) * (top - bottom) >= 0.5 * width * height:
            across, down = sorted((right - left, top - bottom))
            best = max(best, 72.0 * min(pixels) / across, 72.0 * max(pixels) / down)
    if not best:
        return float(settings.render_dpi)
    return float(min(max(best, settings.min_scan_dpi), settings.max_scan_dpi))
