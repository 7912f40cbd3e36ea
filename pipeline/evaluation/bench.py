"""Generated pages of every kind of damage, read by zhibiao and its peers in one run: whole rows, silent errors, time.

The right half that makes records of what was read is the same for all, so that the figures differ by the reading alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any, Literal

from pipeline.document import PageReading
from pipeline.errors import PipelineError
from pipeline.evaluation.forms import FormScore, score_document
from pipeline.evaluation.peers import Peers
from pipeline.evaluation.readings import NETWORKS, STAGES, DrawnPages, PageReader
from pipeline.interpret import InterpretTools, interpret
from pipeline.keep import renumbered
from pipeline.synth.model import Truth, TruthIndicator
from pipeline.synth.pages import make_pages

Split = Literal["train", "dev", "test"]
OURS = "zhibiao"
# Whole-row F1 that must hold, by kind of damage.
BARS = {
    "clean": 0.99, "scan": 0.99, "skew7": 0.97, "dpi100": 0.97, "faint": 0.97, "fax": 0.97, "hardfax": 0.85,
    "stamp": 0.97, "photo": 0.97, "curl30": 0.93, "rotated": 0.985,
}  # fmt: skip
SILENT_BAR = 0.005  # over all kinds
# Seconds a page of all that no network does, at the median, on two cores that nobody else uses.
BESIDE_NETWORKS_BAR = 0.35
FASTER_BAR = 1.5  # times the pages per second of img2table


@dataclass(frozen=True)
class BenchCase:
    """One form as one system read it: its score, and the seconds of each page, on the clock and of the processors."""

    system: str
    layout: str
    kind: str
    seed: int
    score: FormScore
    seconds: tuple[dict[str, float], ...]
    cpu: tuple[dict[str, float], ...]
    errors: tuple[str, ...] = ()


@dataclass
class Bench:
    """What a benchmark carries with it: drawn pages, readers, and the right half they share."""

    drawn: DrawnPages
    reader: PageReader
    tools: InterpretTools
    split: Split
    peers: Peers | None = None

    def forms(
        self, layouts: Sequence[str], kinds: Sequence[str], first_seed: int, rows: int, say: Callable[[str], None]
    ) -> Iterator[BenchCase]:
        """Yield every system's case of one form after the other until each kind has at least `rows` rows of truth.

        Kinds take turns, so that an interrupted run has something of each. The forms of all kinds are the same.
        """
        done, number = 0, 0
        while done < rows:
            layout, seed = layouts[number % len(layouts)], first_seed + number // len(layouts)
            number += 1
            count = 0
            for kind in kinds:
                say(f"{layout} {kind} {seed}: {done} of {rows} rows a kind")
                for case in self.form(layout, kind, seed):
                    count = case.score.rows
                    yield case
            done += count

    def form(self, layout: str, kind: str, seed: int) -> Iterator[BenchCase]:
        """Draw one form and yield what each system makes of it."""

        def draw() -> tuple[Any, dict[str, Any]]:
            form, pages = make_pages(layout, kind, seed, self.split)
            return pages, {"truths": [asdict(truth) for truth in form.truths]}

        pages, about = self.drawn.get(f"{layout}-{kind}-{self.split}-{seed}", draw)
        truths = [_truth(truth) for truth in about["truths"]]
        files = [path for path, _ in pages]
        timed = [self.reader.read(path) for path in files]
        readings = [renumbered(page.reading, index, str(page.reading.file)) for index, page in enumerate(timed)]
        yield BenchCase(
            OURS, layout, kind, seed, self._score(readings, truths), tuple(page.seconds for page in timed),
            tuple(page.cpu for page in timed),
        )  # fmt: skip
        if self.peers is None:
            return
        found = [self.peers.read(path) for path in files]
        for name in self.peers.names:
            answers = [page[name] for page in found]
            readings = [page.reading(index, str(files[index])) for index, page in enumerate(answers)]
            yield BenchCase(
                name, layout, kind, seed, self._score(readings, truths), tuple(page.seconds for page in answers),
                tuple(page.cpu for page in answers), tuple(page.error for page in answers if page.error),
            )  # fmt: skip

    def _score(self, readings: Sequence[PageReading], truths: Sequence[Truth]) -> FormScore:
        try:
            records = list(interpret(readings, "bench", "0" * 64, self.tools))
        except PipelineError as error:  # a peer's pages may hold nothing that a record could be made of
            return replace(score_document([], truths), faults=[str(error)])
        return score_document(records, truths)


def _truth(content: dict[str, Any]) -> Truth:
    rows = tuple(TruthIndicator(**row) for row in content["indicators"])
    return Truth(**{**content, "indicators": rows})


@dataclass
class Report:
    """The cases so far, and the lines that say what they come to."""

    cases: list[BenchCase] = field(default_factory=list)

    def systems(self) -> list[str]:
        """The systems measured: zhibiao, then the peers."""
        return list(dict.fromkeys(case.system for case in self.cases))

    def of(self, system: str, kind: str | None = None) -> list[BenchCase]:
        """The cases of one system, of one kind or of all."""
        return [case for case in self.cases if case.system == system and kind in (None, case.kind)]

    def score(self, system: str, kind: str | None = None) -> FormScore:
        """Their scores added up."""
        return sum((case.score for case in self.of(system, kind)), FormScore())

    def kinds(self) -> list[str]:
        """The kinds of damage, in the order of their first case."""
        return list(dict.fromkeys(case.kind for case in self.cases))

    def lines(self) -> Iterator[str]:
        """The tables: rows by kind and system, silent errors, seconds by stage."""
        peers = self.systems()[1:]
        yield f"{'kind':9s} {'rows':>6s} {OURS:>8s} {'bar':>6s} {'silent':>8s} {'review':>7s} {'fields':>7s}" + "".join(
            f" {peer:>10s}" for peer in peers
        )
        for kind in [*self.kinds(), None]:
            ours = self.score(OURS, kind)
            bar = f"{BARS[kind]:.3f}" if kind in BARS else ""
            yield (
                f"{kind or 'all':9s} {ours.rows:6d} {ours.f1:8.4f} {bar:>6s} {ours.silent_share:8.3%} "
                f"{ours.reviewed / max(1, ours.values):7.2%} {ours.field_share:7.4f}"
                + "".join(f" {self.score(peer, kind).f1:10.4f}" for peer in peers)
            )
        yield from self._times()
        yield from self._errors()

    def _times(self) -> Iterator[str]:
        pages = [page for case in self.of(OURS) for page in case.seconds]
        stages = {stage: median(page[stage] for page in pages) for stage in STAGES}
        beside = median(sum(page[stage] for stage in STAGES if stage not in NETWORKS) for page in pages)
        yield f"seconds a page at the median, {len(pages)} pages: " + ", ".join(
            f"{stage} {spent:.3f}" for stage, spent in stages.items()
        )
        yield (
            f"  all beside the networks {beside:.3f} (bar {BESIDE_NETWORKS_BAR}), "
            f"{self._beside():.3f} of processor time"
        )
        rates = {system: self.pages_per_second(system) for system in self.systems()}
        for system, (clock, cpu) in rates.items():
            line = f"  {system:10s} {clock:.3f} pages/s on the clock, {cpu:.3f} by processor time"
            if system != OURS:
                line += f"; {OURS} {rates[OURS][0] / clock:.2f} x and {rates[OURS][1] / cpu:.2f} x as fast"
            yield line

    def _beside(self) -> float:
        return median(page.get("beside networks", 0.0) for case in self.of(OURS) for page in case.cpu)

    def pages_per_second(self, system: str) -> tuple[float, float]:
        """Pages a second on the clock, and by a second of one processor's work."""
        cases = self.of(system)
        pages = sum(len(case.seconds) for case in cases)
        clock = sum(sum(page.values()) for case in cases for page in case.seconds)
        cpu = sum(sum(page.values()) for case in cases for page in case.cpu)
        return pages / max(clock, 1e-9), pages / max(cpu, 1e-9)

    def _errors(self) -> Iterator[str]:
        for system in self.systems()[1:]:
            errors = [error for case in self.of(system) for error in case.errors]
            if errors:
                yield f"  {system} failed on {len(errors)} pages, e.g. {errors[0][:120]}"

    def worst(self, count: int = 5) -> list[BenchCase]:
        """Those forms of which zhibiao lost the most rows."""
        ours = [case for case in self.of(OURS) if case.score.f1 < 1]
        return sorted(ours, key=lambda case: (case.score.f1, case.kind, zlib.crc32(case.layout.encode())))[:count]

    def below(self) -> Iterator[str]:
        """What is below its bar."""
        for kind in self.kinds():
            found = self.score(OURS, kind).f1
            if kind in BARS and found < BARS[kind]:
                yield f"{kind}: rows F1 {found:.4f} < {BARS[kind]}"
        silent = self.score(OURS).silent_share
        if silent > SILENT_BAR:
            yield f"silent errors {silent:.3%} > {SILENT_BAR:.1%}"
        if "img2table" in self.systems():
            ours, theirs = self.pages_per_second(OURS)[0], self.pages_per_second("img2table")[0]
            if ours < FASTER_BAR * theirs:
                yield f"pages per second {ours / theirs:.2f} x img2table's < {FASTER_BAR} x"


def bench_home(cache: Path) -> tuple[DrawnPages, PageReader]:
    """Where generated pages and their readings are kept."""
    return DrawnPages(cache / "generated"), PageReader(cache / "readings")
