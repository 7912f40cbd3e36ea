"""What an archive of a given size costs: time, memory and store, for filling, interpreting again, exporting, searching.

Documents are generated; each is a file of its own with a content of its own, and each holds another form. With
`recorded` there are only some distinct forms among them; each of these is interpreted once and its record used for all
its copies, so that what is measured is the store, the coordinator and the way between processes.
"""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.bulk import BulkOptions, Limits, reinterpret_store, run_store
from pipeline.bulk.exports import export_store
from pipeline.bulk.tasks import MakeRecords, RecordMaker, RecordsMade, Workshop
from pipeline.bulk.worker import load_record_maker, make_records
from pipeline.decisions import Decision
from pipeline.document import PageReading
from pipeline.interpret import Interpreted, interpret_decided, load_interpret_tools
from pipeline.records import Record
from pipeline.search import parse_query, search
from pipeline.settings import Settings
from pipeline.store import Store
from pipeline.synth.layouts import LAYOUTS, make_document
from pipeline.synth.ocrtext import STYLES, DamageSettings, write_ocr_text

# Distinct forms among recorded ones; the others differ from one of them by a number.
DISTINCT = 50
# Shorter names are often the rest of one.
_WHOLE_NAME = 4
_TEMPLATE = (
    'id = "more"\nsource = "bench"\ntitles = ["{agency}{year}年林业碳汇目标登记表"]\n'
    'fields = ["项目名称"]\ncolumns = ["一级指标", "二级指标"]\n'
)
QUERIES = ("满意度", "满意度 <90%", "培训", "项目 完成率", "不存在的词")


@dataclass
class Cost:
    """What one archive cost; seconds are of the wall clock, memory and sizes in MB."""

    documents: int
    workers: int
    fill: float = 0.0
    again: float = 0.0
    reinterpret: float = 0.0  # with other dictionaries
    remade: int = 0  # documents whose records these did not let stand
    template: float = 0.0  # with a further template, of forms that are not there
    setting: float = 0.0  # with another setting of what a person should look at
    anew: float = 0.0  # everything, as with other code or models
    processor: float = 0.0  # seconds of all processes while filling
    coordinator: float = 0.0  # of those, the coordinator's
    memory: float = 0.0  # of the coordinator, at most
    worker_memory: float = 0.0
    store: float = 0.0
    records: int = 0
    indicators: int = 0
    export: dict[str, float] = field(default_factory=dict)
    search: dict[str, float] = field(default_factory=dict)  # milliseconds, the median of five

    def row(self) -> str:
        """One row of the table."""
        found = " / ".join(f"{ms:.0f}" for ms in self.search.values())
        exports = " / ".join(f"{seconds:.1f}" for seconds in self.export.values())
        return (
            f"| {self.documents:,} | {self.workers} | {self.indicators:,} | {self.fill:.1f} | {self.processor:.1f} | "
            f"{self.coordinator:.1f} | {self.again:.1f} | {self.reinterpret:.1f} | "
            f"{self.remade:,} | {self.template:.1f} | {self.setting:.1f} | {self.anew:.1f} | {self.store:.1f} | "
            f"{self.memory:.0f} | {self.worker_memory:.0f} | {exports} | {found} |"
        )


HEADER = (
    "| documents | workers | indicators | fill s | cpu s | of it coordinator | run again s | reinterpret s | of it "
    "made again | template s | setting s | all anew s | store MB | coordinator MB | worker MB | "
    "export jsonl / csv / budget s | search ms |\n" + "| --- " * 17 + "|"
)


def write_documents(folder: Path, count: int, distinct: int, first_seed: int = 500_000) -> None:
    """Write `count` text documents of one form each, so many distinct ones; names of fewer than 100 say which."""
    layouts = sorted(LAYOUTS)
    texts: list[str] = []
    for number in range(count):
        if number < distinct:
            rng = random.Random(first_seed + number)
            forms = make_document((layouts[number % len(layouts)],), rng, "dev")
            text, _ = write_ocr_text(forms, rng, DamageSettings(rows=0.1), rng.choice(STYLES), "dev")
            if distinct < count:
                texts.append(text)
        else:
            text = texts[number % distinct]
        path = folder / f"{number // 1000:04d}" / f"d{number:07d}-{number % distinct:02d}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n第{number}号\n", "utf-8")


class _Recorded:
    """Interprets each distinct form once; its copies have its record under their own name."""

    def __init__(self, workshop: Workshop) -> None:
        self._settings = workshop.settings
        self._tools = load_interpret_tools(workshop.settings)
        self._known: dict[str, list[Interpreted]] = {}

    def make(self, task: MakeRecords) -> RecordsMade:
        return make_records(task, self._settings, self._interpret)

    def _interpret(
        self, pages: Sequence[PageReading], name: str, sha256: str, decisions: Sequence[Decision]
    ) -> Iterable[Interpreted]:
        form = name[-6:-4]
        if form not in self._known:
            self._known[form] = list(interpret_decided(pages, name, sha256, self._tools, decisions))
        for number, one in enumerate(self._known[form]):
            source = one.record.source.model_copy(update={"document": name, "sha256": sha256})
            update = {"source": source, "id": f"{sha256[:30]}{number:02d}"}
            yield Interpreted(one.record.model_copy(update=update), one.doubts)


def load_recorded(workshop: Workshop) -> RecordMaker:
    """Load the maker that uses records again."""
    return _Recorded(workshop)


def measure(
    folder: Path,
    count: int,
    *,
    workers: int = 1,
    recorded: bool = False,
    fill_only: bool = False,
    store: str | None = None,
) -> Cost:
    """Fill a store with `count` generated documents and measure what one does with it; `fill_only` only searches it."""
    cost = Cost(count, workers)
    distinct = min(DISTINCT, count) if recorded else count
    inputs = folder / f"in-{count}-{distinct}"
    if not inputs.exists():
        write_documents(inputs, count, distinct)
    options = BulkOptions(
        workers=workers, say=lambda _: None, limits=Limits(600), settings=Settings(),
        load_maker=load_recorded if recorded else load_record_maker,
    )  # fmt: skip
    where = store or str(folder / f"store-{count}-{distinct}-{workers}.db")
    with Store.open(where, create=True) as opened:
        before, own = _processor(), time.process_time()
        cost.fill, summary = _timed(lambda: run_store([inputs], opened, options=options))
        cost.processor, cost.coordinator = _processor() - before, time.process_time() - own
        cost.records, cost.indicators = summary.totals["records"], summary.totals["indicators"]
        if not fill_only:
            _use(cost, opened, inputs, folder, options)
        for text in QUERIES:
            query = parse_query(text)
            cost.search[text] = 1000 * sorted(_timed(lambda q=query: search(opened, q, 20))[0] for _ in range(5))[2]
    cost.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cost.worker_memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    cost.store = sum(path.stat().st_size for path in _files(where)) / 1e6
    return cost


def _use(cost: Cost, opened: Store, inputs: Path, folder: Path, options: BulkOptions) -> None:
    """Run again, interpret again with other dictionaries, templates, settings, and wholly anew; export."""
    dictionary = folder / "more.txt"
    names = "\n".join(["一个新的指标名称", *_names_in(opened)])
    dictionary.write_text(f"#! vocabulary: more\n#! source: bench\n\n[level3]\n{names}\n", "utf-8")
    cost.again, _ = _timed(lambda: run_store([inputs], opened, options=options))
    cost.reinterpret, (tally, _) = _timed(lambda: reinterpret_store(opened, dictionaries=[dictionary], options=options))
    cost.remade = tally.made
    template = folder / "more.toml"
    template.write_text(_TEMPLATE, "utf-8")
    cost.template, _ = _timed(lambda: reinterpret_store(opened, templates=[template], options=options))
    other = [replace(options, settings=Settings(review_confidence=least)) for least in (0.89, 0.88)]
    cost.setting, _ = _timed(lambda: reinterpret_store(opened, options=other[0]))
    opened.drop_traces()
    cost.anew, _ = _timed(lambda: reinterpret_store(opened, options=other[1]))
    for form in ("jsonl", "csv", "budget-system"):
        target = folder / f"out-{cost.documents}" / (f"r.{form}" if form != "csv" else "csv")
        cost.export[form], _ = _timed(lambda t=target, f=form: export_store(opened, f, t))


def _names_in(opened: Store) -> list[str]:
    """Ten names that the archive's first forms use and no dictionary knows, as a reviewer would accept them."""
    found: list[str] = []
    for body in islice(opened.record_bodies(), 50):
        rows = Record.model_validate_json(body).indicators
        free = [row.level3 for row in rows if row.level3 and row.cells["level3"].status == "unknown"]
        found += [name for name in free if name and name not in found and len(name) >= _WHOLE_NAME][:1]
    return found[:10]


def _files(where: str) -> Iterator[Path]:
    if "://" not in where:
        yield from Path(where).parent.glob(Path(where).name + "*")


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _timed(work: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result
