"""Measure the reading of pages: `forms` on generated forms, `grids` on their grids alone, `tables --real FOLDER`.

All print as they go and may be interrupted: what was drawn and read is kept, and the same command goes on.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

# What was drawn and read is kept here unless --cache names another folder; it may be deleted at any time.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zhibiao-bench"


def forms(options: argparse.Namespace) -> int:
    from pipeline.evaluation.bench import BARS, OURS, Bench, Report, bench_home
    from pipeline.evaluation.peers import PEERS, Peers
    from pipeline.interpret import load_interpret_tools
    from pipeline.synth.degrade import KINDS, MORE_KINDS
    from pipeline.synth.layouts import LAYOUTS

    kinds = {"table": tuple(BARS), "all": (*KINDS, *MORE_KINDS)}.get(options.kinds) or options.kinds.split(",")
    layouts = LAYOUTS if options.layouts == "known" else options.layouts.split(",")
    names = tuple(PEERS) if options.peer is None else options.peer
    peers = Peers(options.peers, options.cache / "peers", names) if options.peers else None
    drawn, reader = bench_home(options.cache)
    bench = Bench(drawn, reader, load_interpret_tools(), "dev" if options.dev else "test", peers)
    report = Report()
    first = options.seed or (500_000 if options.dev else 1_000_000)
    try:
        for case in bench.forms(
            layouts, kinds, first, options.rows, lambda text: print(text, file=sys.stderr, flush=True)
        ):
            report.cases.append(case)
            for fault in case.score.faults[: options.faults] if case.system == OURS else ():
                print(f"  {case.layout} {case.kind} {case.seed}: {fault}", flush=True)
    except KeyboardInterrupt:
        print("interrupted; so far:")
    finally:
        if peers:
            peers.close()
    for line in report.lines() if report.cases else ():
        print(line)
    for case in report.worst():
        faults = "; ".join(case.score.faults[:3])
        print(f"worst: {case.layout} {case.kind} {case.seed} rows F1 {case.score.f1:.3f}: {faults}")
    below = list(report.below())
    for found in below:
        print(f"BELOW ITS BAR  {found}")
    return 1 if below else 0


def tables(options: argparse.Namespace) -> int:
    from pipeline.evaluation.readings import DEGRADING_ROOMS, DrawnPages, PageReader
    from pipeline.evaluation.tables import BoxScore, TableCase, box_cases, gov_cases, line, verdict

    text = not options.no_text
    reader = PageReader(options.cache / "readings", text=text)
    below: list[str] = []
    folder = options.real / "gov_tables"
    if folder.is_dir():
        drawn = DrawnPages(options.cache / "gov_tables", DEGRADING_ROOMS)
        groups: dict[str, list[TableCase]] = {}
        kinds = options.kinds.split(",")
        for kind in kinds if kinds != ["none"] else ():
            for case in gov_cases(folder, [kind], reader, drawn, options.page, options.every, options.start):
                groups.setdefault(kind, []).append(case)
                for fault in case.faults[: options.faults]:
                    if text or not fault.startswith("text at"):
                        print(f"  {kind} {case.name}: {fault}", flush=True)
            print(line(kind, groups[kind]), flush=True)
            below += [found] if (found := verdict(kind, groups[kind], text)) else []
    folder = options.real / "ctdar_zh"
    if folder.is_dir() and not options.page and options.every == 1:
        sound, doubtful = BoxScore(), BoxScore()
        for name, score, is_sound in box_cases(folder, reader):
            sound, doubtful = (sound + score, doubtful) if is_sound else (sound, doubtful + score)
            for fault in score.faults[: options.faults] if is_sound else ():
                print(f"  {name}: {fault}", flush=True)
        print(sound.line("96 dpi, sound truth"))
        print(doubtful.line("96 dpi, doubtful truth"))
        if sound.in_one < 0.98 * sound.boxes:
            below.append(f"96 dpi: {sound.in_one / max(1, sound.boxes):.4f} of the boxes in one cell < 0.98")
    for found in below:
        print(f"BELOW ITS BAR  {found}")
    return 1 if below else 0


def grids(options: argparse.Namespace) -> int:
    from pipeline.engine import load_engine
    from pipeline.evaluation.grids import SETS, grid_cases, line
    from pipeline.synth.layouts import LAYOUTS

    names = list(SETS) if options.sets == "all" else options.sets.split(",")
    if unknown := [name for name in names if name not in SETS]:
        print(f"unknown: {', '.join(unknown)}; known are {', '.join(SETS)}", file=sys.stderr)
        return 2
    layouts = LAYOUTS[:: max(1, len(LAYOUTS) // options.layouts)][: options.layouts]
    engine, first = load_engine(), 500_000 if options.dev else 1_000_000
    for name in names:
        cases = []
        for case in grid_cases(name, layouts, first, options.forms, "dev" if options.dev else "test", engine):
            cases.append(case)
            if not case.exact:
                sizes = f"{[len(table) for table in case.drawn]} cells, found {[len(table) for table in case.found]}"
                print(f"  {case.name} {case.layout} {case.seed} page {case.page + 1}: {sizes}", flush=True)
        print(line(name, cases), flush=True)
    return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=CACHE, help="what was drawn and read is kept here")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("forms", help="generated forms from pixels to records, beside the peers")
    command.add_argument("--kinds", default="table", help="table (those with a bar), all, or kinds with commas")
    command.add_argument("--layouts", default="known", help="known, or ids with commas; each is drawn in turn")
    command.add_argument("--rows", type=int, default=1000, help="rows of truth a kind")
    command.add_argument("--dev", action="store_true", help="the development split, which may be tuned on")
    command.add_argument("--seed", type=int, help="the first seed (500000 for --dev, 1000000 for the test split)")
    command.add_argument("--peers", type=Path, metavar="DIR", help="an environment that scripts/setup_peers made")
    command.add_argument("--peer", action="append", help="only this peer; may be repeated")
    command.add_argument("--faults", type=int, default=0, help="print so many faults a form")
    command.set_defaults(run=forms)
    command = commands.add_parser("tables", help="real tables: structure, exact cells, text boxes in cells")
    command.add_argument("--real", type=Path, required=True, help="folder with gov_tables/ and ctdar_zh/")
    command.add_argument("--kinds", default="clean,scan,fax,stamp,photo,rotated", help="degradations with commas")
    command.add_argument("--page", action="append", default=[], help="only this page; may be repeated")
    command.add_argument("--every", type=int, default=1, help="each so-manyth page only")
    command.add_argument("--start", type=int, default=0, help="from this page on, with --every")
    command.add_argument("--no-text", action="store_true", help="grids only; three times as fast")
    command.add_argument("--faults", type=int, default=0, help="print so many faults a page")
    command.set_defaults(run=tables)
    command = commands.add_parser("grids", help="exact grids on drawn pages: damages, resolutions, styles of ruling")
    command.add_argument("--sets", default="all", help="all, or names with commas (a wrong one prints those there are)")
    command.add_argument("--layouts", type=int, default=8, help="so many layouts, evenly chosen")
    command.add_argument("--forms", type=int, default=2, help="forms of each layout")
    command.add_argument("--dev", action="store_true", help="the development split, which may be tuned on")
    command.set_defaults(run=grids)
    options = parser.parse_args()
    sys.exit(options.run(options))


if __name__ == "__main__":
    main()
