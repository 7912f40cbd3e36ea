"""Results of other tools -> PageReadings: workbooks, PAGE XML, hOCR, PaddleOCR's and zhibiao's own JSON.

One module a format, told by content and never by name; after them everything is the same noun (docs/formats.md).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from pipeline.document import PageReading
from pipeline.errors import InputError, UsageError
from pipeline.settings import ImportSettings

KINDS = ("xlsx", "page-xml", "hocr", "ocr-json")
# Formats of which one file is one page: several lying in one folder are the pages of one document.
PAGE_KINDS = frozenset({"page-xml", "hocr", "ocr-json"})

# How far into a file its kind is looked for: hOCR and PAGE XML begin with comments and metadata.
_HEAD = 64 * 1024
_PAGE_XML = re.compile(r"<(?:\w+:)?PcGts[\s>]")
_HOCR = re.compile(
    r"""class\s*=\s*["']?[^"'>]*\bocr_page\b|name\s*=\s*["']?ocr-(?:system|capabilities)\b""", re.IGNORECASE
)
# An object, an array of objects, or the nested arrays of numbers that PaddleOCR 2 writes. `[015001]某局` is no JSON.
_JSON = re.compile(r"""^\s*(?:\{\s*["}]|\[\s*(?:\{\s*["}]|\[\s*(?:\[|\{|"?-?\d+(?:\.\d+)?\s*,)|\]))""")


def sniff_import(head: bytes, path: Path) -> str | None:
    """Tell which of KINDS a file is by its content, or None; `head` are its first bytes, `path` serves to read on.

    Never raises for a file that is damaged: its reader says what is wrong.
    """
    if head.startswith(b"PK\x03\x04"):
        return "xlsx" if _is_workbook(path) else None
    text = _text_of(head)
    if text.startswith("<"):
        text = _text_of(_more(head, path))
        if _PAGE_XML.search(text):
            return "page-xml"
        return "hocr" if _HOCR.search(text) else None
    return "ocr-json" if _JSON.match(text) else None


def import_kind(path: Path) -> str | None:
    """Tell which of KINDS a file is, or None. Raises InputError where it cannot be opened."""
    try:
        with path.open("rb") as stream:
            return sniff_import(stream.read(1024), path)
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror}); check the path and the permissions") from error


def _text_of(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace").lstrip("\ufeff \t\r\n")
    return head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").lstrip()


def _more(head: bytes, path: Path) -> bytes:
    if len(head) >= _HEAD:
        return head
    try:
        with path.open("rb") as stream:
            return stream.read(_HEAD)
    except OSError:
        return head


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        # Cut off: the list of contents stands at the end, the parts' own names at their beginnings.
        head = _more(b"", path)
        return b"xl/" in head or (b"docProps/" in head and b"word/" not in head and b"ppt/" not in head)
    return any(name.startswith("xl/workbook") for name in names)


def read_import(path: Path, kind: str, settings: ImportSettings | None = None) -> list[PageReading]:
    """Read a file of one of KINDS into its pages.

    Raises InputError, naming file, place and remedy, where nothing of it can be read, and SkippedInput where it is
    sound but no result of text recognition.
    """
    reader = _reader(kind)
    return reader(path, settings or ImportSettings())


def _reader(kind: str) -> Callable[[Path, ImportSettings], list[PageReading]]:
    if kind == "xlsx":
        from pipeline.importers.xlsx import read_xlsx

        return read_xlsx
    if kind == "page-xml":
        from pipeline.importers.pagexml import read_page_xml

        return read_page_xml
    if kind == "hocr":
        from pipeline.importers.hocr import read_hocr

        return read_hocr
    if kind == "ocr-json":
        from pipeline.importers.ocrjson import read_ocr_json

        return read_ocr_json
    raise UsageError(f"{kind}: is no kind of import; the kinds are {', '.join(KINDS)}")
