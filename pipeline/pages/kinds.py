"""What a file is: told by its first bytes, whatever its name."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import InputError

IMAGES = frozenset({"png", "jpeg", "tiff", "bmp", "webp"})

# What people call a page image, for files that cannot be opened to be looked at.
_IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".bmp", ".dib", ".webp"})

# First bytes → kind. Only the images and PDF are read; the rest are known so that the refusal can name the way out.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),  # an archive of nothing
    (b"\xd0\xcf\x11\xe0", "office"),
    (b"\x00\x00\x00\x0cjP  ", "jpeg2000"),
    (b"\xff\x4f\xff\x51", "jpeg2000"),
    (b"\x97JB2\r\n\x1a\n", "jbig2"),
    (b"AT&TFORM", "djvu"),
    (b"8BPS\x00", "psd"),
    (b"Rar!\x1a\x07", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"\x1f\x8b\x08", "archive"),
    (b"{\\rtf1", "rtf"),
)

REFUSALS = {
    "empty": "the file is empty; copy or scan it again",
    "zeros": "begins with nothing but zero bytes (a copy that broke off); copy it again",
    "ofd": "OFD documents are not read; open it in an OFD reader and save it as PDF (另存为 PDF)",
    "zip": "a ZIP archive is not read; unpack it and pass the folder",
    "zip-damaged": "begins as a ZIP, OFD or Office file and is damaged or cut off; copy it again",
    "archive": "a packed archive (RAR, 7z, gzip) is not read; unpack it and pass the folder",
    "office": "an old Office document is not read; save it as PDF",
    "ooxml": "an Office document is not read as pages; save it as PDF",
    "rtf": "an RTF document is not read; save it as PDF",
    "gif": "GIF images are not read; save it as PNG",
    "heic": "HEIC and AVIF photos are not read; save it as JPEG",
    "jpeg2000": "JPEG 2000 images are not read; save it as PNG or TIFF",
    "jbig2": "JBIG2 images are not read; save it as PNG or TIFF",
    "djvu": "DjVu documents are not read; save it as PDF",
    "psd": "Photoshop documents are not read; save it as PNG or TIFF",
}


def sniff(path: Path) -> str:
    """Tell what a file is by its content: png, jpeg, tiff, bmp, webp, pdf, ofd, zip, empty, …, or unknown.

    Raises InputError where the file cannot be opened.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(1024)
            if b"%PDF-" in head and not head.lstrip(_BEFORE_PDF).startswith(b"%PDF-"):
                return _sniff_late_pdf(stream, head, path)
    except OSError as error:
        raise unopened(path, error) from error
    return _sniff(head, path)


# A byte order mark and white space that careless programs put before a PDF's first line.
_BEFORE_PDF = b"\xef\xbb\xbf\x00\t\r\n\x0c "


def _sniff_late_pdf(stream: BinaryIO, head: bytes, path: Path) -> str:
    """The standard lets a reader accept a kilobyte of rubbish before a PDF; a text may speak of %PDF- as well.

    A PDF says at its end where its table of objects starts, or holds objects right behind its first line.
    """
    stream.seek(0, 2)
    stream.seek(max(0, stream.tell() - 2048))
    whole = b"startxref" in stream.read() or re.search(rb"%PDF-\d\.\d[\s\S]{0,64}?\d+ \d+ obj\b", head) is not None
    return "pdf" if whole else _sniff(head, path)


def unopened(path: Path, error: OSError) -> InputError:
    """The error of a file that the system does not open."""
    return InputError(f"{path}: cannot be opened ({error.strerror or error}); check the path and the permissions")


def _sniff(head: bytes, path: Path) -> str:
    if not head.strip(b"\t\r\n "):
        return "empty"
    if not head.strip(b"\x00"):
        return "zeros"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and head[8:11] in (b"hei", b"hev", b"mif", b"avi"):
        return "heic"
    if head.lstrip(_BEFORE_PDF).startswith(b"%PDF-"):
        return "pdf"
    if _is_bmp(head):
        return "bmp"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return _sniff_zip(path) if kind == "zip" else kind
    return "unknown"


def _is_bmp(head: bytes) -> bool:
    """BM alone begins many a text; a bitmap goes on with two zero words and a header of a known length."""
    return head[:2] == b"BM" and head[6:10] == b"\0\0\0\0" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS


_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


def _sniff_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        return "zip-damaged"
    if "ofd.xml" in names:
        return "ofd"
    return "ooxml" if "[content_types].xml" in names or {"mimetype", "content.xml"} <= names else "zip"


def is_image(path: Path) -> bool:
    """Tell whether a file is a page image; one that cannot be opened is what its name says."""
    try:
        return sniff(path) in IMAGES
    except InputError:
        return path.suffix.lower() in _IMAGE_SUFFIXES


def is_page_name(path: Path) -> bool:
    """Tell whether people who give a file this name mean a page image or a PDF."""
    return path.suffix.lower() in _IMAGE_SUFFIXES | {".pdf"}


def natural_key(name: str) -> tuple[tuple[int, int | str], ...]:
    """Order names as people do: page-2 before page-10.

    >>> sorted(["p10", "p2", "p1"], key=natural_key)
    ['p1', 'p2', 'p10']
    """
    parts = re.findall(r"\d+|\D+", name.casefold())
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts)


# What systems leave in folders; nobody means them to be read.
_LITTER = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin"})


def is_litter(path: Path) -> bool:
    """Tell whether a name is hidden, or one that systems leave in folders by themselves."""
    return path.name.startswith(".") or path.name.casefold() in _LITTER
