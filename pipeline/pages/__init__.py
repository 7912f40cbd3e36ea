"""File → Page: page images (PNG, JPEG, TIFF, BMP, WebP), PDFs and folders of images. Owns Pillow and pypdfium2.

A file is what its first bytes say, whatever its name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipeline.document import Page
from pipeline.errors import InputError
from pipeline.pages.images import count_image, no_image, open_image, page_picture
from pipeline.pages.kinds import IMAGES, REFUSALS, is_image, is_litter, is_page_name, natural_key, sniff, unopened
from pipeline.pages.pdf import count_pdf, open_pdf
from pipeline.settings import PagesSettings

__all__ = [
    "IMAGES", "count_pages", "is_image", "is_litter", "is_page_file", "is_page_name", "list_images", "natural_key",
    "open_folder", "open_pages", "page_picture", "sniff",
]  # fmt: skip


def is_page_file(path: Path) -> bool:
    """Tell whether `open_pages` reads this kind of file."""
    kind = sniff(path)
    return kind == "pdf" or kind in IMAGES


def open_pages(
    path: Path, settings: PagesSettings | None = None, start: int = 0, only: int | None = None
) -> Iterator[Page]:
    """Yield the pages of one file in order, numbered from `start`; or `only` the page of that number, at `start`.

    A page that cannot be had (a damaged frame in the middle of a TIFF) is yielded with its `problem`, and the rest goes
    on. Raises InputError, naming file and remedy, where nothing of the file can be read.
    """
    settings = settings or PagesSettings()
    kind = _page_kind(path)
    try:
        # Read piece by piece where it lies: a scanned file of a thousand pages is larger than the memory.
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            stream.seek(0)
            opener = open_pdf if kind == "pdf" else open_image
            for position, page in enumerate(opener(path, stream, digest, settings, only)):
                yield replace(page, index=start + position, number=position if only is None else only)
    except OSError as error:
        raise unopened(path, error) from error


def count_pages(path: Path) -> tuple[str, int]:
    """A file's SHA-256 and the number of its pages, none of them drawn. Raises InputError as `open_pages` does."""
    kind = _page_kind(path)
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            stream.seek(0)
            return digest, count_pdf(path, stream) if kind == "pdf" else count_image(path, stream)
    except OSError as error:
        raise unopened(path, error) from error


def _page_kind(path: Path) -> str:
    kind = sniff(path)
    if kind in REFUSALS:
        raise InputError(f"{path}: {REFUSALS[kind]}")
    if kind != "pdf" and kind not in IMAGES:
        raise InputError(f"{path}: is neither an image (PNG, JPEG, TIFF, BMP, WebP) nor a PDF; check what it is")
    return kind


def list_images(folder: Path) -> list[Path]:
    """List the page images lying directly in a folder, in natural order; hidden files and other kinds are passed over.

    An image that cannot be opened is listed: it is a page that is missing, and has to be said.
    """
    files = [entry for entry in folder.iterdir() if entry.is_file() and not is_litter(entry)]
    return sorted(
        (entry for entry in files if is_image(entry)), key=lambda entry: (natural_key(entry.name), entry.name)
    )


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
            yield Page(index=index, file=str(path), sha256=_digest(path), image=no_image(), problem=str(error))
            index += 1


def _digest(path: Path) -> str:
    """A file's digest; that of no bytes where it cannot be opened."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return hashlib.sha256(b"").hexdigest()
