"""A reader and a maker of records for tests of many pages: fast, the same everywhere, and faulty where a test asks.

A page is a grey picture; its grey is what is read on it. Faults are files in the folder that ZHIBIAO_TEST_FAULTS
names: `kill-7`, `hang-7`, `memory-7`, `error-7` befall the page of grey 7 (times ten); a file that holds "once" is
removed first.
"""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.bulk.tasks import MakeRecords, RecordsMade, Workshop
from pipeline.bulk.worker import make_records
from pipeline.decisions import Decision
from pipeline.document import Line, Page, PageReading, Place
from pipeline.interpret import Interpreted
from pipeline.records import FieldValue, FormHead, Indicator, Record, Source, SourcePage, TargetValue, ValueCell, Where
from pipeline.settings import Settings

FAULTS = "ZHIBIAO_TEST_FAULTS"
LOG = "ZHIBIAO_TEST_LOG"


def draw(path: Path, grey: int) -> Path:
    """Draw the page of a grey (0 to 25); pages of one grey are one content."""
    Image.fromarray(np.full((12, 8), grey * 10, np.uint8)).save(path)
    return path


class Reader:
    """Reads the grey of a page."""

    name = "fake:1"

    def read(self, page: Page) -> PageReading:
        grey = int(page.image[0, 0, 0]) // 10
        if log := os.environ.get(LOG):
            with open(log, "a", encoding="utf-8") as stream:
                stream.write(f"{grey}\n")
        self._befall(grey)
        place = Place(page=page.index, polygon=((0, 0), (8, 0), (8, 12), (0, 12)))
        size = (page.image.shape[1], page.image.shape[0])
        line = Line(f"指标{grey}", place, 0.5)
        return PageReading(page.index, page.file, page.sha256, (line,), origin="pixels", size=size)

    @staticmethod
    def _befall(grey: int) -> None:
        folder = os.environ.get(FAULTS)
        if not folder:
            return
        for fault in ("kill", "hang", "memory", "error"):
            file = Path(folder) / f"{fault}-{grey}"
            if not file.exists():
                continue
            if file.read_text() == "once":
                file.unlink()
            if fault == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            elif fault == "hang":
                time.sleep(1000)
            elif fault == "error":
                raise ValueError("an odd page")
            else:
                held = []
                while True:  # 16 MB at a time, every byte of it touched
                    held.append(np.ones(16 << 20, np.uint8))
                    time.sleep(0.01)


def load_reader(settings: Settings, threads: int) -> Reader:
    """Load the fake reader."""
    return Reader()


class SlowReader(Reader):
    """Takes its time, so that a run can be killed in the middle."""

    def read(self, page: Page) -> PageReading:
        time.sleep(0.15)
        return super().read(page)


def load_slow_reader(settings: Settings, threads: int) -> Reader:
    """Load the slow reader."""
    return SlowReader()


class DeadlyReader(Reader):
    """The page of grey 5 ends the process, as a fault in a library would."""

    def read(self, page: Page) -> PageReading:
        if int(page.image[0, 0, 0]) == 50:
            os._exit(7)
        return super().read(page)


def load_deadly_reader(settings: Settings, threads: int) -> Reader:
    """Load the deadly reader."""
    return DeadlyReader()


class LeakyReader(Reader):
    """Keeps 60 MB of every page."""

    held: list[object] = []  # noqa: RUF012 - a leak is what it is

    def read(self, page: Page) -> PageReading:
        self.held.append(np.ones(60 << 20, np.uint8))
        return super().read(page)


def load_leaky_reader(settings: Settings, threads: int) -> Reader:
    """Load the leaky reader."""
    return LeakyReader()


def interpret(
    pages: Sequence[PageReading], name: str, sha256: str, decisions: Sequence[Decision]
) -> Iterable[Interpreted]:
    """One record a document, one indicator a line."""
    lines = [(page, line) for page in pages for line in page.lines]
    if not lines:
        return
    rows = [_indicator(page, line) for page, line in lines]
    source = Source(
        document=name, sha256=sha256,
        pages=[SourcePage(page=page.index + 1, file=page.file, sha256=page.sha256) for page in pages],
    )  # fmt: skip
    number = hashlib.sha256(sha256.encode()).hexdigest()[:32]
    where = [Where(page=1, polygon=[(0.0, 0.0), (8.0, 12.0)])]
    project = FieldValue(value=f"项目{name[-5:]}", raw="", status="unknown", confidence=1.0, where=where)
    head = FormHead(title="测试表", year=2020, agency="测试局", money_unit="元")
    record = Record(
        id=number, source=source, form=head, fields={"项目名称": project}, indicators=rows, repairs=[], findings=[]
    )
    yield Interpreted(record, ())


def _indicator(page: PageReading, line: Line) -> Indicator:
    where = [Where(page=page.index + 1, polygon=[(x, y) for x, y in line.place.polygon])]
    cell = ValueCell(raw=line.text, status="unknown", confidence=line.confidence, where=where)
    target = TargetValue(raw="≥1%", value="≥1%", kind="number", operator="≥", number="1", unit="%")
    return Indicator(level1="产出", level2="数量", level3=line.text, target=target, cells={"level3": cell})


class Maker:
    """Makes records of lines."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def make(self, task: MakeRecords) -> RecordsMade:
        return make_records(task, self._settings, interpret)


def load_maker(workshop: Workshop) -> Maker:
    """Load the fake maker."""
    return Maker(workshop.settings)


class DeadlyMaker(Maker):
    """The document named "deadly" ends the process."""

    def make(self, task: MakeRecords) -> RecordsMade:
        if task.name == "deadly":
            os._exit(7)
        return super().make(task)


def load_deadly_maker(workshop: Workshop) -> Maker:
    """Load the deadly maker."""
    return DeadlyMaker(workshop.settings)
