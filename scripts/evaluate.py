"""Print the figures: `evaluate.py forms | pages | labels | pictures | findings`, `evaluate.py seed TEXT TRUTH`."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Literal

os.environ.setdefault("OMP_NUM_THREADS", "1")


def forms(options: argparse.Namespace) -> None:
    from pipeline.evaluation.forms import FormScore
    from pipeline.evaluation.generated import TEST_SEEDS, Case, generated_cases, score_cases, source_cases
    from pipeline.interpret import load_interpret_tools
    from pipeline.synth.content import Split
    from pipeline.synth.layouts import LAYOUTS, MORE_UNSEEN_LAYOUTS, UNSEEN_LAYOUTS
    from pipeline.synth.ocrtext import FURTHER_STYLES, STYLES

    sets = {"known": LAYOUTS, "unseen": UNSEEN_LAYOUTS, "more-unseen": MORE_UNSEEN_LAYOUTS}
    layouts = sets.get(options.layouts) or tuple(options.layouts.split(","))
    split: Split = "dev" if options.dev else "test"
    first = options.seed or (500_000 if options.dev else TEST_SEEDS)

    def show(case: Case, score: FormScore) -> None:
        if options.faults:
            for fault in score.faults:
                print(f"  {case.seed} {case.layouts[0]} {case.style} {case.rows_damaged:.0%}: {fault}")

    tools = load_interpret_tools()
    styles = (*STYLES, *FURTHER_STYLES)
    if options.source == "text" or options.source in styles:
        only = options.source if options.source in styles else None
        cases = generated_cases(options.count, layouts, tools, first_seed=first, split=split, only=only)
    else:
        cases = source_cases(options.source, options.count, layouts, tools, first_seed=first, split=split)
    for name, score in sorted(score_cases(cases, show).items()):
        print(score.line(name))


def pages(options: argparse.Namespace) -> None:
    from pipeline.evaluation.generated import TEST_SEEDS
    from pipeline.evaluation.pages import PageCase, line, page_cases, total_by
    from pipeline.interpret import load_interpret_tools
    from pipeline.leftside import load_reader
    from pipeline.synth.layouts import LAYOUTS

    layouts = LAYOUTS if options.layouts == "known" else tuple(options.layouts.split(","))
    split: Literal["dev", "test"] = "dev" if options.dev else "test"
    first = 500_000 if options.dev else TEST_SEEDS

    def show(case: PageCase) -> None:
        if options.faults:
            for fault in case.score.faults:
                print(f"  {case.layout} {case.kind} {case.seed}: {fault}", flush=True)

    reader = load_reader()
    cases = page_cases(
        layouts, options.kinds.split(","), range(first, first + options.count), split, reader, load_interpret_tools()
    )
    for name, found in sorted(total_by(cases, show).items()):
        print(line(name, found))
    print("seconds by stage:", {stage: round(seconds, 1) for stage, seconds in reader.seconds.items()})


def seed(options: argparse.Namespace) -> None:
    from pipeline.evaluation.seed import compare_with_truth

    truth = json.loads(options.truth.read_text("utf-8"))
    for line in compare_with_truth(options.text, truth):
        print(line)


def labels(options: argparse.Namespace) -> None:
    from pipeline.evaluation.labels import print_report

    print_report(options.count)


def pictures(options: argparse.Namespace) -> None:
    from pipeline.evaluation.pictures import report

    report(options.count, "dev" if options.dev else "test", options.start, options.strange)


def findings(options: argparse.Namespace) -> None:
    from pipeline.evaluation.findings import report
    from pipeline.evaluation.generated import TEST_SEEDS
    from pipeline.interpret import load_interpret_tools
    from pipeline.synth.layouts import LAYOUTS, MORE_UNSEEN_LAYOUTS, UNSEEN_LAYOUTS

    every = (*LAYOUTS, *UNSEEN_LAYOUTS, *MORE_UNSEEN_LAYOUTS)
    layouts = every if options.layouts == "all" else tuple(options.layouts.split(","))
    seed = 500_000 if options.dev else TEST_SEEDS
    report(options.count, "dev" if options.dev else "test", seed, load_interpret_tools(), layouts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("forms", help="generated documents through levels, fields and records")
    command.add_argument("--count", type=int, default=200, help="documents")
    command.add_argument("--layouts", default="known", help="known, unseen, more-unseen, or ids with commas")
    command.add_argument("--dev", action="store_true", help="the development split, which may be tuned on")
    command.add_argument("--seed", type=int, default=0, help="the first document's seed (0: the split's first)")
    command.add_argument("--source", default="text", help="text, csv, html, …, xlsx, tables, hocr, …")
    command.add_argument("--faults", action="store_true", help="list every wrong value")
    command.set_defaults(run=forms)
    command = commands.add_parser("pages", help="generated pages from pixels to records")
    command.add_argument("--count", type=int, default=5, help="forms of each layout and kind")
    command.add_argument("--layouts", default="zhengzhou-2020,mof-2015-88-single", help="known, or ids with commas")
    command.add_argument("--kinds", default="clean,scan", help="degradations with commas")
    command.add_argument("--dev", action="store_true", help="the development split, which may be tuned on")
    command.add_argument("--faults", action="store_true", help="list every wrong value")
    command.set_defaults(run=pages)
    command = commands.add_parser("labels", help="label repair on generated damage")
    command.add_argument("--count", type=int, default=0)
    command.set_defaults(run=labels)
    command = commands.add_parser("pictures", help="label repair on labels that the recogniser really read")
    command.add_argument("--count", type=int, default=60, help="forms; one or two seconds of a core each")
    command.add_argument("--dev", action="store_true", help="the development split, which may be tuned on")
    command.add_argument("--start", type=int, default=0, help="pass over so many forms, which were looked at before")
    command.add_argument("--strange", action="store_true", help="strike words of the project names from the word lists")
    command.set_defaults(run=pictures)
    command = commands.add_parser("findings", help="what the checks say of generated forms that are sound")
    command.add_argument("--count", type=int, default=20, help="forms of each layout")
    command.add_argument("--layouts", default="all", help="all, or ids with commas")
    command.add_argument("--dev", action="store_true", help="the development split, which may be tuned on")
    command.set_defaults(run=findings)
    command = commands.add_parser("seed", help="a real OCR text against its truth file")
    command.add_argument("text", type=Path)
    command.add_argument("truth", type=Path)
    command.set_defaults(run=seed)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
