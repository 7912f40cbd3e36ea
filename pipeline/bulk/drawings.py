"""The pictures of `--debug` for a run over a store: drawn from kept readings once the records are made.

They are for looking at some pages, not at an archive: one process draws them, half a second a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.bulk.tasks import Workshop
from pipeline.bulk.worker import load_tools
from pipeline.document import PageReading
from pipeline.errors import shown
from pipeline.intake import InputAccount, Intake, Say
from pipeline.keep import renumbered, unpack
from pipeline.run import Corridor
from pipeline.sources import Source, SourceError
from pipeline.store import Store, StoredDocument

# Where a page's picture lies in the run's folder, by its document's name and its number in it, from one.
Drawn = dict[tuple[str, int], str]


def draw_documents(
    store: Store, sources: Sequence[Source | SourceError], run: int, out: Path, workshop: Workshop, say: Say
) -> Drawn:
    """Draw what was found over each page of a run's documents that was read; return which picture is whose.

    Raises DictionaryError, ModelError.
    """
    pictured = {shown(s.path): s for s in sources if isinstance(s, Source) and s.kind in ("pages", "images")}
    corridor: Corridor | None = None
    drawn: Drawn = {}
    for account, number in store.run_inputs(run):
        source, document = pictured.get(account["path"]), store.get_document(number) if number else None
        if source is None or document is None:
            continue
        if corridor is None:
            tools = load_tools(workshop)
            corridor = Corridor(tools, Intake(tools.settings, out, say), debug=True)
        own = InputAccount(account["path"], pages=[dict(page) for page in account["pages"]])
        corridor.draw(source, _readings(store, document), own)
        drawn |= {(own.path, page["page"]): page["debug"] for page in own.pages if "debug" in page}
    return drawn


def _readings(store: Store, document: StoredDocument) -> list[PageReading]:
    contents = store.get_readings(page.reading for page in document.pages if page.reading)
    return [
        renumbered(unpack(contents[page.reading]), page.position, page.file)
        for page in document.pages
        if page.reading in contents
    ]
