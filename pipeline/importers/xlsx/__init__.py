"""A workbook -> one PageReading a sheet: texts as shown, merged cells as spans, formulas as their stored values.

Nothing is evaluated and nothing is fetched. The workbook's XML is read as it streams, so a sheet of a million blank
cells costs time and no memory; odd styles, which make whole libraries give up, cost nothing but their formats. A table
is what has borders; lines above and below it without borders are loose lines, as they are on paper. Where nothing on a
sheet has borders, rows of several cells are the table.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from pipeline.document import PageReading, Place, Problem
from pipeline.errors import InputError
from pipeline.importers.common import digest_of, read_file
from pipeline.importers.xlsx.book import DAMAGE, Book, SheetEntry
from pipeline.importers.xlsx.sheet import Sheet
from pipeline.settings import ImportSettings


def read_xlsx(path: Path, settings: ImportSettings | None = None) -> list[PageReading]:
    """Read a workbook (.xlsx, .xlsm); every visible sheet is a page, hidden ones are said.

    Places are `Place(sheet=…, cell=…)`, a merged cell's is its first cell. Raises InputError, naming file, sheet and
    remedy, where the file is damaged, locked by a password, no workbook of this kind, or larger than any form's.
    """
    settings = settings or ImportSettings()
    content = read_file(path, settings)
    digest = digest_of(content)
    with _open(path) as archive:
        book = Book(path, archive, settings)
        book.load()
        pages: list[PageReading] = []
        hidden: list[Problem] = []
        for sheet in book.sheets:
            if sheet.hidden:
                hidden.append(_hidden_sheet(sheet.name))
                continue
            pages.append(_page(book, sheet, len(pages), digest))
    if hidden and pages:
        pages[0] = _with_problems(pages[0], hidden)
    if not pages:
        raise InputError(f"{path}: every sheet of the workbook is hidden; unhide those that are to be read")
    failed = [page for page in pages if any(problem.code == "page.unreadable" for problem in page.problems)]
    if len(failed) == len(pages):
        raise InputError(failed[0].problems[-1].message)
    return pages


def _hidden_sheet(name: str) -> Problem:
    message = f"sheet {name} is hidden and was not read; unhide it if it belongs to the form"
    return Problem("sheet.hidden", message, Place(sheet=name))


def _with_problems(page: PageReading, problems: Sequence[Problem]) -> PageReading:
    return PageReading(page.index, page.file, page.sha256, page.blocks, problems=(*problems, *page.problems))


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except DAMAGE as error:
        raise InputError(f"{path}: the workbook is damaged or cut off; copy it again, or save it anew") from error


def _page(book: Book, sheet: SheetEntry, index: int, digest: str) -> PageReading:
    from lxml import etree

    name = f"{book.path}: sheet {sheet.name}"
    try:
        content = Sheet(book, sheet.name)
        content.read(sheet.part)
        return PageReading(index, str(book.path), digest, tuple(content.blocks(name)), problems=tuple(content.problems))
    except InputError as error:
        problem = Problem("page.unreadable", str(error), Place(sheet=sheet.name))
    except (*DAMAGE, etree.XMLSyntaxError):
        message = f"{name}: is damaged; open the workbook in Excel or WPS and save it anew"
        problem = Problem("page.unreadable", message, Place(sheet=sheet.name))
    return PageReading(index, str(book.path), digest, problems=(problem,))
