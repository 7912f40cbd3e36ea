"""Drawn pages and their readings, kept: a measurement that was interrupted goes on, and one that ran answers at once.

A page is drawn into a folder and then read from its file, as a user's would be. Its folder is named by what it was
drawn from and by the generator's code, its reading by the page's digest, the left half's settings and the left half's
code: whoever changes either gets new figures, never old ones.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Page, PageReading
from pipeline.engine import Engine, Recognition
from pipeline.keep import ReadingFolder, reading_key
from pipeline.leftside import ReaderTools, load_reader, read_page
from pipeline.pages import open_pages
from pipeline.resources import data_folder
from pipeline.settings import LeftSettings
from pipeline.synth.pages import TRUTH, page_from_truth, store_pages
from pipeline.synth.render.page import RenderedPage

PACKAGE = Path(__file__).resolve().parent.parent
# The rooms whose code decides what is read on a page; `document` and `settings` change for the right half's sake too.
LEFT_ROOMS = (
    "pages", "textlayer", "straighten", "grid", "ink", "reader", "calibration", "leftside", "engine", "geometry",
)  # fmt: skip
DRAWING_ROOMS = ("synth",)
DEGRADING_ROOMS = ("synth/degrade",)

# What the time of a page is split into, in the order of the walk. `detect` and `recognise` are the networks.
STAGES = ("decode", "straighten", "detect", "grid", "crops", "recognise")
NETWORKS = ("detect", "recognise")


@cache
def code_digest(*rooms: str) -> str:
    """Digest the source code of rooms (a module, or a folder of modules) of the package."""
    digest = hashlib.sha256()
    for room in rooms:
        # `grid` stands for grid.py, for a folder grid/ and for grid_lines.py alike: rooms grow.
        for path in sorted({*PACKAGE.glob(f"{room}*.py"), *(PACKAGE / room).rglob("*.py")}):
            digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Timed:
    """A page's reading and the seconds it took, by stage: on the clock, and of the processors.

    The processors' seconds add up over threads and do not grow when other programs want them too.
    """

    reading: PageReading
    seconds: dict[str, float]
    cpu: dict[str, float]

    @property
    def total(self) -> float:
        """Seconds from file to reading."""
        return sum(self.seconds.values())

    @property
    def beside_networks(self) -> float:
        """Seconds of all that no network does."""
        return sum(spent for stage, spent in self.seconds.items() if stage not in NETWORKS)


class TimedEngine:
    """An engine that adds up how long its networks run. Without `text`, it reads nothing: grids are judged faster."""

    def __init__(self, engine: Engine, text: bool = True) -> None:
        self.engine = engine
        self.text = text
        self.spent = dict.fromkeys(NETWORKS, 0.0)
        self.cpu = dict.fromkeys(NETWORKS, 0.0)

    @property
    def name(self) -> str:
        """The engine's name; another one for readings without text."""
        return self.engine.name if self.text else f"{self.engine.name} without text"

    @contextmanager
    def _clock(self, stage: str) -> Iterator[None]:
        started, worked = time.perf_counter(), time.process_time()
        yield
        self.spent[stage] += time.perf_counter() - started
        self.cpu[stage] += time.process_time() - worked

    def find_lines(self, image: NDArray[np.uint8], long_side: int) -> NDArray[np.float32]:
        """Find lines of text, as the engine does."""
        with self._clock("detect"):
            return self.engine.find_lines(image, long_side)

    def upside_down(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Tell what stands on its head, as the engine does."""
        with self._clock("detect"):
            return self.engine.upside_down(crops)

    def recognise(
        self, crops: Sequence[NDArray[np.uint8]], posterior_k: Sequence[int] | None = None
    ) -> list[Recognition]:
        """Read crops, as the engine does."""
        if not self.text:
            return [Recognition("", (), ()) for _ in crops]
        with self._clock("recognise"):
            return self.engine.recognise(crops, posterior_k)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


class PageReader:
    """Reads page files and keeps what it read in `folder`; the engine is loaded at the first page that is not kept."""

    def __init__(self, folder: Path, text: bool = True, settings: LeftSettings | None = None) -> None:
        self.folder = folder
        self.text = text
        self.settings = settings or LeftSettings()
        self._kept = ReadingFolder(folder)
        self._tools: ReaderTools | None = None
        self._engine: TimedEngine | None = None

    def load(self) -> tuple[ReaderTools, TimedEngine]:
        """The engine and what reading needs, loaded once. Raises ModelError."""
        if self._tools is None or self._engine is None:
            tools = load_reader(self.settings)
            self._engine = TimedEngine(tools.engine, self.text)
            # The walk asks its engine for three methods and a name, and this one has them.
            self._tools = replace(tools, engine=self._engine)  # type: ignore[arg-type]
        return self._tools, self._engine

    def read(self, path: Path, number: int = 0) -> Timed:
        """Read page `number` of a file. Raises InputError and ModelError."""
        started, worked = time.perf_counter(), time.process_time()
        page = next(page for page in open_pages(path, self.settings.pages) if page.number == number)
        decoded, decoding = time.perf_counter() - started, time.process_time() - worked
        key = self._key(page)
        account = self.folder / f"{key}.json"
        kept = self._kept.get(key)
        if kept is not None:
            try:
                times = json.loads(account.read_text("utf-8"))
                return Timed(replace(kept, file=str(path)), times["seconds"], times["cpu"])
            except (OSError, ValueError, KeyError, TypeError):
                pass  # without its times a reading is of no use here; it is made again
        tools, engine = self.load()
        engine.spent, engine.cpu = dict.fromkeys(NETWORKS, 0.0), dict.fromkeys(NETWORKS, 0.0)
        tools.seconds.clear()
        worked = time.process_time()
        reading = read_page(page, tools)
        worked = time.process_time() - worked + decoding
        stages, spent = tools.seconds, engine.spent
        seconds = {
            "decode": decoded,
            "straighten": stages.get("straighten", 0.0) - spent["detect"],
            "detect": spent["detect"],
            "grid": stages.get("grid", 0.0),
            "crops": stages.get("read", 0.0) - spent["recognise"],
            "recognise": spent["recognise"],
        }
        cpu = {"beside networks": worked - sum(engine.cpu.values()), **engine.cpu}
        self._kept.put(key, reading)
        account.write_text(json.dumps({"seconds": seconds, "cpu": cpu}), "utf-8")
        return Timed(reading, seconds, cpu)

    def _key(self, page: Page) -> str:
        # Not the engine's own name: asking for it would load the engine, which a kept reading has no need of.
        calibrated = hashlib.sha256((data_folder("models") / "reading.json").read_bytes()).hexdigest()
        engine = f"{code_digest(*LEFT_ROOMS)} {calibrated} {'text' if self.text else 'no text'}"
        return reading_key(page.sha256, page.number, self.settings, engine)


class DrawnPages:
    """Drawn pages in a folder: each set is drawn once for a state of the generator's code."""

    def __init__(self, folder: Path, rooms: Sequence[str] = DRAWING_ROOMS) -> None:
        self.folder = folder
        self._digest = code_digest(*rooms)[:12]

    def get(
        self, name: str, draw: Callable[[], tuple[Sequence[RenderedPage], dict[str, Any]]]
    ) -> tuple[list[tuple[Path, RenderedPage]], dict[str, Any]]:
        """Return the files and truths (pictures left out: white) of the set `name`, and what is known about it.

        `draw` is called where the set is not there yet. Raises InputError where the folder cannot be written.
        """
        home = self.folder / f"{name}-{self._digest}"
        try:
            truth = json.loads((home / TRUTH).read_text("utf-8"))
        except (OSError, ValueError):
            pages, about = draw()
            store_pages(home, pages, about)
            truth = json.loads((home / TRUTH).read_text("utf-8"))
        return [(home / page["file"], page_from_truth(page)) for page in truth["pages"]], truth
