"""PDF files → pixels and what they say in characters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Page, TextLayer
from pipeline.errors import InputError
from pipeline.pages.images import check_size, no_image
from pipeline.settings import PagesSettings
from pipeline.textlayer import extract_layer


def open_pdf(
    path: Path, stream: BinaryIO, digest: str, settings: PagesSettings, only: int | None = None
) -> Iterator[Page]:
    """Yield the pages of a PDF, or `only` one; a damaged one is a page with its problem. Raises InputError."""
    import pypdfium2

    with closing(_open(path, stream)) as document:
        with suppress(pypdfium2.PdfiumError):
            document.init_forms()  # what people filled into a form's fields is drawn with the page
        for number in range(len(document)) if only is None else (only,):
            try:
                with closing(document[number]) as opened:
                    pixels, dpi, layer = _render(path, number, opened, settings)
            except InputError as error:
                yield Page(number, str(path), digest, no_image(), origin="pdf", problem=str(error))
            except Exception:
                message = f"{path} page {number + 1}: the page is damaged; print the PDF to a new one"
                yield Page(number, str(path), digest, no_image(), origin="pdf", problem=message)
            else:
                yield Page(number, str(path), digest, pixels, dpi=dpi, origin="pdf", layer=layer)


def count_pdf(path: Path, stream: BinaryIO) -> int:
    """Count the pages of a PDF without drawing them. Raises InputError."""
    with closing(_open(path, stream)) as document:
        return len(document)


def _open(path: Path, stream: BinaryIO) -> Any:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(stream)
    except pypdfium2.PdfiumError as error:
        if "assword" in str(error):
            raise InputError(f"{path}: the PDF wants a password; save a copy without one") from error
        raise InputError(
            f"{path}: the PDF is damaged (no page list can be found in it); download it again, or print it to a new PDF"
        ) from error
    if len(document) == 0:
        document.close()
        raise InputError(f"{path}: the PDF has no pages")
    return document


def _render(
    path: Path, number: int, page: Any, settings: PagesSettings
) -> tuple[NDArray[np.uint8], float, TextLayer | None]:
    place = f" page {number + 1}"
    width, height = page.get_size()  # points, turned as the page says
    if not (width > 1 and height > 1):
        raise InputError(f"{path}{place}: the page has no area; print the PDF to a new one")
    dpi = _scan_dpi(path, place, page, width, height, settings)
    # A page of the largest size a PDF allows (5 m) is rendered coarser instead of being refused.
    room = min(settings.max_pixels, settings.max_drawn_pixels)
    dpi = min(dpi, 72.0 * settings.max_side / max(width, height), 72.0 * (room / width / height) ** 0.5)
    bitmap = page.render(scale=dpi / 72.0, may_draw_forms=True, rev_byteorder=False)
    image = bitmap.to_numpy()
    image = np.repeat(image[:, :, :1], 3, axis=2) if image.shape[2] == 1 else np.ascontiguousarray(image[:, :, :3])
    return image, dpi, extract_layer(page, image.shape[1], image.shape[0])


def _scan_dpi(path: Path, place: str, page: Any, width: float, height: float, settings: PagesSettings) -> float:
    """Find the resolution to render at: the scan's own where one picture covers most of the page.

    Raises InputError where a picture on the page is too large to be decoded, however small it is printed.
    """
    import pypdfium2.raw as pdfium

    best = 0.0
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        try:
            left, bottom, right, top = item.get_bounds()
            pixels = item.get_px_size()
        except Exception:  # noqa: S112 - pdfium cannot say; the default stands
            continue
        check_size(path, place, pixels, settings)
        if (right - left) * (top - bottom) >= 0.5 * width * height:
            across, down = sorted((right - left, top - bottom))
            best = max(best, 72.0 * min(pixels) / across, 72.0 * max(pixels) / down)
    if not best:
        return float(settings.render_dpi)
    return float(min(max(best, settings.min_scan_dpi), settings.max_scan_dpi))
