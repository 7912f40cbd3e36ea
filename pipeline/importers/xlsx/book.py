"""The parts of a workbook that its sheets share: which sheets there are, texts, styles. Limited in what it unpacks."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pipeline.errors import InputError
from pipeline.importers.numberformat import BUILT_IN
from pipeline.settings import ImportSettings

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# What a damaged archive, or a number where none can be, makes zipfile, zlib and int raise.
DAMAGE = (
    KeyError, ValueError, IndexError, TypeError, OverflowError, EOFError, OSError, NotImplementedError, RuntimeError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """A sheet as the workbook lists it: its name, its part, whether people see it."""

    name: str
    part: str
    hidden: bool


@dataclass
class Book:
    """The parts of a workbook that all its sheets share."""

    path: Path
    archive: zipfile.ZipFile
    settings: ImportSettings
    sheets: list[SheetEntry] = field(default_factory=list)
    strings: list[str] = field(default_factory=list)
    formats: list[tuple[str, int]] = field(default_factory=list)  # of each cell style: format code, sides with a border
    date1904: bool = False
    _unpacked: int = 0

    def load(self) -> None:
        """Read the list of sheets, the shared texts and the styles. Raises InputError."""
        from lxml import etree

        try:
            self._parts = {info.filename.lower().lstrip("/"): info for info in self.archive.infolist()}
            self._load_sheets()
            self._load_strings()
        except (*DAMAGE, etree.XMLSyntaxError) as error:
            raise InputError(
                f"{self.path}: the workbook is damaged; open it in Excel or WPS and save it anew"
            ) from error
        try:
            self._load_styles()
        except (*DAMAGE, etree.XMLSyntaxError):
            # Without styles every number is shown as it is stored; texts do not suffer.
            self.formats = []

    def open(self, part: str) -> IO[bytes]:
        """Open a part; what all parts unpack to is limited. A part never gives more bytes than it claims."""
        info = self._parts[part.lower()]
        self._unpacked += info.file_size
        if self._unpacked > self.settings.max_unpacked_bytes:
            raise InputError(
                f"{self.path}: unpacks to more than {self.settings.max_unpacked_bytes >> 20} MB, which no form does; "
                "delete the unused rows and columns and save it anew"
            )
        return self.archive.open(info)

    def has(self, part: str) -> bool:
        """Tell whether the workbook holds a part."""
        return part.lower() in self._parts

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """What a part refers to: id -> (kind, part)."""
        folder, name = posixpath.split(part)
        own = f"{folder}/_rels/{name}.rels".lstrip("/")
        found: dict[str, tuple[str, str]] = {}
        if not self.has(own):
            return found
        for element in self.elements(own, "Relationship"):
            target = element.get("Target", "")
            target = (
                target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            )
            if element.get("TargetMode") != "External":
                found[element.get("Id", "")] = (element.get("Type", "").rsplit("/", 1)[-1], target)
        return found

    def elements(self, part: str, *tags: str) -> Iterator[Any]:
        """Yield a part's elements of these names as they end; each is emptied when the next one is asked for."""
        from lxml import etree

        with self.open(part) as stream:
            wanted = [f"{{*}}{tag}" for tag in tags]
            for _, element in etree.iterparse(
                stream, events=("end",), tag=wanted, resolve_entities=False, no_network=True, load_dtd=False,
                huge_tree=False, remove_comments=True, remove_pis=True,
            ):  # fmt: skip
                yield element
                element.clear(keep_tail=False)
                while element.getprevious() is not None and local_name(element) in ("row", "c", "si", "xf"):
                    del element.getparent()[0]

    def _load_sheets(self) -> None:
        main = self._main_part()
        if main.endswith(".bin"):
            raise InputError(f"{self.path}: is a binary workbook (.xlsb); save it as .xlsx")
        relations = self.relations(main)
        for element in self.elements(main, "workbookPr", "sheet"):
            if local_name(element) == "workbookPr":
                self.date1904 = element.get("date1904") in ("1", "true")
                continue
            reference = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
            kind, part = relations.get(reference, ("", ""))
            # Charts and macro sheets hold no cells.
            if kind == "worksheet" or (not kind and part):
                hidden = element.get("state", "visible") != "visible"
                self.sheets.append(SheetEntry(element.get("name", "") or f"Sheet{len(self.sheets) + 1}", part, hidden))
        if not self.sheets:
            raise InputError(f"{self.path}: the workbook has no sheet with cells; check what it is")

    def _main_part(self) -> str:
        for kind, part in self.relations("").values():
            if kind == "officeDocument":
                return part
        return "xl/workbook.bin" if self.has("xl/workbook.bin") else "xl/workbook.xml"

    def _part_of(self, kind: str, usual: str) -> str | None:
        found = next((part for what, part in self.relations(self._main_part()).values() if what == kind), usual)
        return found if self.has(found) else None

    def _load_strings(self) -> None:
        part = self._part_of("sharedStrings", "xl/sharedStrings.xml")
        if part is not None:
            self.strings = [rich_text(element) for element in self.elements(part, "si")]

    def _load_styles(self) -> None:
        part = self._part_of("styles", "xl/styles.xml")
        if part is None:
            return
        codes = dict(BUILT_IN)
        borders: list[int] = []
        for element in self.elements(part, "numFmt", "borders", "cellXfs"):
            name = local_name(element)
            if name == "numFmt":
                if element.get("numFmtId") is not None:  # those of conditional formats have none here
                    codes[int(element.get("numFmtId"))] = element.get("formatCode", "General")
            elif name == "borders":
                borders = [_sides(border) for border in element]
            else:
                for xf in element:
                    border = int(xf.get("borderId", "0"))
                    code = codes.get(int(xf.get("numFmtId", "0")), "General")
                    self.formats.append((code, borders[border] if border < len(borders) else 0))


def local_name(element: Any) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _sides(border: Any) -> int:
    sides = ("left", "right", "top", "bottom", "start", "end")
    return sum(local_name(side) in sides and side.get("style", "none") != "none" for side in border)


def rich_text(element: Any) -> str:
    """The text of a cell or shared string; reading aids printed above the characters are no part of it."""
    parts = [
        node.text or ""
        for node in element.iter("{*}t")
        if not any(local_name(above) == "rPh" for above in node.iterancestors())
    ]
    return unescaped("".join(parts))


def unescaped(text: str) -> str:
    """Return a stored text with its control characters: _x000A_ is a line break.

    >>> unescaped("一_x000A_二")
    '一\\n二'
    """
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text)
