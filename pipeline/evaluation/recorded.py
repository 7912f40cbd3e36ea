"""Readings of the fixture pages, recorded once with the real engine, so that tests need none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.document import Page, PageReading
from pipeline.keep import pack, renumbered, unpack
from pipeline.leftside import load_reader, read_page
from pipeline.pages import open_folder, open_pages
from pipeline.synth.fixtures import CASES, Case

READINGS = "readings"


def record_readings(folder: Path, cases: Sequence[Case] = CASES) -> Iterator[Path]:
    """Read the pages of each case below `folder` and keep what was read beside them; yield the files."""
    tools = load_reader()
    for case in cases:
        home = folder / case.name / READINGS
        home.mkdir(parents=True, exist_ok=True)
        for page in open_case(folder, case):
            # The file goes by its place in the repository, wherever that lies.
            name = f"fixtures/pages/{case.name}/{Path(page.file).name}"
            file = home / f"page-{page.index + 1}.zip"
            file.write_bytes(pack(renumbered(read_page(page, tools), page.index, name)))
            yield file


def open_case(folder: Path, case: Case) -> Iterator[Page]:
    """Yield the pages of a case."""
    files = sorted((folder / case.name).glob("*.pdf")) + sorted((folder / case.name).glob("*.tif"))
    return open_pages(files[0]) if files else open_folder(folder / case.name)


def recorded_readings(folder: Path, case: Case) -> list[PageReading]:
    """What was read on the pages of a case, in order. Raises ValueError where a file is not whole."""
    files = sorted((folder / case.name / READINGS).glob("page-*.zip"))
    return [unpack(file.read_bytes()) for file in files]
