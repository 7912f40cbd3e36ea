"""The door: parse, call, print. Results go to standard output, progress and warnings to standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from pipeline import __version__
from pipeline.errors import PipelineError, UsageError

app = typer.Typer(
    name="zhibiao",
    help="Turn scanned or OCR'd Chinese budget performance-target forms into corrected, structured records.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
dictionary_app = typer.Typer(help="Check dictionary files.", no_args_is_help=True)
app.add_typer(dictionary_app, name="dictionary")


_STORE_HELP = "The archive: an SQLite file, or postgresql+psycopg://user@host/name."
_RUNS_HELP = "Stores, folders of runs, or their records.jsonl."
_SETTINGS_HELP = "A TOML file with other settings: engine, models, limits (docs/settings.md)."
_WORKERS_HELP = "Worker processes; as many as there are cores if not given."


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"zhibiao {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    inputs: Annotated[
        list[Path], typer.Argument(help="OCR text, scans, PDF files, or folders of them.", metavar="INPUT…")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder the records are written to; may be left out with --store.", metavar="DIR"),
    ] = None,
    dictionary: Annotated[
        list[Path] | None, typer.Option(help="A further dictionary file; may be given more than once.", metavar="FILE")
    ] = None,
    template: Annotated[
        list[Path] | None, typer.Option(help="A further template file; may be given more than once.", metavar="FILE")
    ] = None,
    separate: Annotated[
        bool, typer.Option("--separate", help="Take each image of a folder for a document of its own.")
    ] = False,
    settings: Annotated[Path | None, typer.Option(help=_SETTINGS_HELP, metavar="FILE")] = None,
    debug: Annotated[
        bool, typer.Option("--debug", help="Draw what was found over each page (DIR/debug/*.png).")
    ] = False,
    store: Annotated[str | None, typer.Option(help=_STORE_HELP, metavar="STORE")] = None,
    workers: Annotated[int | None, typer.Option(help=_WORKERS_HELP, min=1)] = None,
    executor: Annotated[str | None, typer.Option(help="Who does the work: processes, serial or ray.")] = None,
    address: Annotated[str | None, typer.Option(help="The Ray cluster's address, with --executor ray.")] = None,
    max_failures: Annotated[
        int | None, typer.Option(help="Stop when more pages and inputs than this have failed (exit code 6).", min=0)
    ] = None,
    page_seconds: Annotated[float, typer.Option(help="Give a page up after so many seconds.", min=1.0)] = 300.0,
    memory: Annotated[int, typer.Option(help="Replace a worker that takes more than so many MB.", min=256)] = 4096,
    as_json: Annotated[bool, typer.Option("--json", help="Print what happens as JSON, one event a line.")] = False,
) -> None:
    """Read forms and write records.jsonl, records.xlsx and run.json; with --store into a store as well."""
    from pipeline.settings import load_settings

    if store is None and out is None:
        raise typer.BadParameter("is needed, or --store", param_hint="--out")
    bulk = {
        "--workers": workers, "--executor": executor, "--address": address, "--max-failures": max_failures,
        "--json": as_json or None,
    }  # fmt: skip
    if store is not None or any(value is not None for value in bulk.values()):
        if debug and out is None:
            raise typer.BadParameter("is needed with --debug: the pictures are written there", param_hint="--out")
        if store is None and out is not None:
            store = str(out / "zhibiao.db")
        assert store is not None
        _run_store(
            inputs, out, store, dictionary or [], template or [], separate, as_json,
            workers=workers, executor=executor or "processes", address=address, max_failures=max_failures,
            seconds=page_seconds, memory=memory << 20, settings=load_settings(settings), debug=debug,
        )  # fmt: skip
    assert out is not None
    from pipeline.run import run_inputs

    _go_through(
        run_inputs, inputs, out, dictionaries=dictionary or [], templates=template or [], separate=separate,
        debug=debug, settings=load_settings(settings),
    )  # fmt: skip


def _go_through(work: Callable[..., Any], inputs: list[Path], out: Path, **options: Any) -> NoReturn:
    """Let `work` go through the inputs under a progress bar; say in a line what came of it, and leave with its code."""
    from pipeline.progress import Progress

    try:
        with Progress() as progress:
            summary = work(
                inputs, out, say=progress.say, on_input=progress.on_input, on_page=progress.on_page, **options
            )
    except KeyboardInterrupt as interrupt:  # before the first input, or while the results are written
        _say("zhibiao: interrupted; run the same command again")
        raise typer.Exit(130) from interrupt
    typer.echo(summary.line())
    raise typer.Exit(summary.exit_code())


def _run_store(
    inputs: list[Path],
    out: Path | None,
    where: str,
    dictionaries: list[Path],
    templates: list[Path],
    separate: bool,
    as_json: bool,
    *,
    seconds: float,
    memory: int,
    **options: Any,
) -> NoReturn:
    from pipeline.bulk import BulkOptions, Limits, run_store
    from pipeline.progress import BulkProgress
    from pipeline.store import Store

    try:
        with BulkProgress(as_json=as_json) as progress, Store.open(where, create=True) as store:
            chosen = BulkOptions(
                limits=Limits(seconds, memory), say=progress.say, on_event=progress.on_event, **options
            )
            summary = run_store(
                inputs, store, out, dictionaries=dictionaries, templates=templates, separate=separate, options=chosen
            )
    except KeyboardInterrupt as interrupt:
        _say("zhibiao: stopped at once; what was read is stored, run the same command again to go on")
        raise typer.Exit(130) from interrupt
    if not as_json:
        typer.echo(summary.line())
    raise typer.Exit(summary.exit_code())


@app.command()
def reinterpret(
    store: Annotated[str, typer.Option(help=_STORE_HELP, metavar="STORE")],
    dictionary: Annotated[
        list[Path] | None,
        typer.Option(help="Further dictionary files, instead of those the store was made with.", metavar="FILE"),
    ] = None,
    template: Annotated[
        list[Path] | None,
        typer.Option(help="Further template files, instead of those the store was made with.", metavar="FILE"),
    ] = None,
    workers: Annotated[int | None, typer.Option(help=_WORKERS_HELP, min=1)] = None,
    decided: Annotated[bool, typer.Option("--decided", help="Only documents with new decisions.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what happens as JSON, one event a line.")] = False,
) -> None:
    """Make records again without OCR where a dictionary, a template, a model or a decision changed."""
    from pipeline.bulk import BulkOptions, reinterpret_store
    from pipeline.progress import BulkProgress
    from pipeline.store import Store

    try:
        with BulkProgress(as_json=as_json) as progress, Store.open(store) as opened:
            tally, interrupted = reinterpret_store(
                opened, dictionaries=dictionary, templates=template, stale_only=decided,
                options=BulkOptions(workers=workers, say=progress.say, on_event=progress.on_event),
            )  # fmt: skip
    except KeyboardInterrupt as interrupt:
        _say("zhibiao: stopped at once; run the same command again to go on")
        raise typer.Exit(130) from interrupt
    if not as_json:
        lost = f", {tally.unplaced} decisions found no place" if tally.unplaced else ""
        failed = f", {tally.inputs_failed} failed" if tally.inputs_failed else ""
        typer.echo(f"{tally.documents} documents: {tally.made} made again, {tally.unchanged} unchanged{failed}{lost}")
    raise typer.Exit(130 if interrupted else 3 if tally.inputs_failed else 0)


@app.command()
def export(
    store: Annotated[str, typer.Option(help=_STORE_HELP, metavar="STORE")],
    out: Annotated[Path, typer.Option(help="The file to write; for csv, parquet and page-xml the folder.")],
    form: Annotated[
        str, typer.Option("--format", help="xlsx, csv, jsonl, parquet or page-xml; by the name's ending if not given.")
    ] = "",
    layout: Annotated[str, typer.Option(help="Of xlsx: people, or budget-system for the system's import.")] = "people",
    agency: Annotated[str | None, typer.Option(help="Only agencies with this in their name.")] = None,
    year: Annotated[int | None, typer.Option(help="Only this year.")] = None,
    status: Annotated[str | None, typer.Option(help="Only records that are open, done, repaired or proposed.")] = None,
    changed_since: Annotated[str | None, typer.Option(help="Only records changed since this day (2026-01-31).")] = None,
    mask_personal: Annotated[bool, typer.Option("--mask-personal", help="Mask names and numbers of people.")] = False,
) -> None:
    """Write the records of a store as a workbook, lines, tables or PAGE XML."""
    from pipeline.bulk.exports import export_store
    from pipeline.store import Filters, Store

    form = form or {".jsonl": "jsonl", ".xlsx": "xlsx"}.get(out.suffix, "")
    if not form:
        raise typer.BadParameter("is needed: xlsx, csv, jsonl, parquet or page-xml", param_hint="--format")
    if layout not in ("people", "budget-system"):
        raise typer.BadParameter("is people or budget-system", param_hint="--layout")
    if layout == "budget-system":
        if form != "xlsx":
            raise typer.BadParameter("is a layout of xlsx", param_hint="--layout")
        form = layout
    with Store.open(store) as opened:
        filters = Filters(agency, year, status, changed_since)
        typer.echo(export_store(opened, form, out, filters, mask_personal=mask_personal).line())


@app.command(context_settings={"ignore_unknown_options": True})
def search(
    words: Annotated[list[str], typer.Argument(help="Words, and measures such as '<90%'.", metavar="WORDS…")],
    store: Annotated[str, typer.Option(help=_STORE_HELP, metavar="STORE")],
    agency: Annotated[str | None, typer.Option(help="Only agencies with this in their name.")] = None,
    year: Annotated[int | None, typer.Option(help="Only this year.")] = None,
    level: Annotated[str | None, typer.Option(help="Only indicators with this in their level 1 or 2.")] = None,
    review: Annotated[bool | None, typer.Option("--review/--no-review", help="Only what waits for a person.")] = None,
    limit: Annotated[int, typer.Option(help="So many hits at most.", min=1)] = 50,
) -> None:
    """Find forms and indicators: zhibiao search 满意度 '<90%' --store archive.db."""
    from pipeline.search import hit_lines, parse_query
    from pipeline.search import search as find
    from pipeline.store import Store

    with Store.open(store) as opened:
        query = parse_query(" ".join(words), agency=agency, year=year, level=level, review=review)
        lines = hit_lines(*find(opened, query, limit))
    for line in lines:
        typer.echo(line)
    if not lines:
        _say("zhibiao: nothing found")


@dictionary_app.command("check")
def dictionary_check(
    files: Annotated[list[Path], typer.Argument(help="Dictionary files, or folders of them.", metavar="FILE…")],
) -> None:
    """Check dictionary files line by line, together with the shipped ones."""
    from pipeline.dictionaries import dictionary_files, load_dictionaries

    files = dictionary_files(files)
    shipped = {vocabulary.path.resolve() for vocabulary in load_dictionaries().vocabularies}
    loaded = load_dictionaries([file for file in files if file.resolve() not in shipped])
    wanted = {file.resolve() for file in files}
    for vocabulary in loaded.vocabularies:
        if vocabulary.path.resolve() not in wanted:
            continue
        typer.echo(f"{vocabulary.path}: {vocabulary.id}, {len(vocabulary.names)} names, no fault found")


@dictionary_app.command("add")
def dictionary_add(
    name: Annotated[str, typer.Argument(help="The name as it should read.")],
    file: Annotated[Path, typer.Option(help="The dictionary file it is added to; made where it is missing.")],
    section: Annotated[str, typer.Option(help="Where it stands: level1, level2, level3, field, …")] = "level3",
    seen: Annotated[list[str] | None, typer.Option(help="A misreading that stands for it; may be repeated.")] = None,
) -> None:
    """Add a reviewed name to a dictionary file of your own."""
    from pipeline.dictionaries import load_dictionaries
    from pipeline.ledger import add_name

    added = add_name(file, name, section, load_dictionaries(), seen or [])
    typer.echo(f"{file}: {name} {'added' if added else 'is known already; nothing changed'}")


@dictionary_app.command("learn")
def dictionary_learn(
    runs: Annotated[list[str], typer.Argument(help=_RUNS_HELP, metavar="RUN…")],
    out: Annotated[Path, typer.Option(help="The dictionary file to write.")],
    documents: Annotated[int, typer.Option(help="In how many documents a name must stand.", min=2)] = 3,
) -> None:
    """Write the names that an archive teaches as a versioned dictionary, for use with --dictionary."""
    from pipeline.dictionaries import load_dictionaries
    from pipeline.ledger import learn_names, near_names, read_records, write_snapshot

    dictionaries = load_dictionaries()
    names = learn_names(read_records(runs), dictionaries, documents)
    near = near_names(names, dictionaries)
    version = write_snapshot(names, out, f"names in at least {documents} documents of an archive", near)
    typer.echo(f"{out}: {len(names) - len(near)} names, version {version}")
    if near:
        typer.echo(f"{len(near)} more are one character from another name; they stand there as comments")
    typer.echo(f"look through it, then use it with --dictionary {out}")


@app.command()
def repairs(
    runs: Annotated[list[str], typer.Argument(help=_RUNS_HELP, metavar="RUN…")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")] = False,
    status: Annotated[str | None, typer.Option(help="Only 'repaired' or only 'proposed'.")] = None,
) -> None:
    """List repairs grouped by what was read and what it became, with counts and places."""
    from pipeline.ledger import group_repairs, read_records, write_csv

    if status not in (None, "repaired", "proposed"):
        raise typer.BadParameter("is 'repaired' or 'proposed'", param_hint="--status")
    groups = group_repairs(read_records(runs), status)
    if as_csv:
        write_csv(groups, sys.stdout)
        return
    for group in groups:
        arrow = "->" if group.status == "repaired" else "?>"
        typer.echo(f"{len(group.places):5d}  {group.raw} {arrow} {group.value}  ({group.kind}; {group.evidence})")
        for place in group.places[:3]:
            typer.echo(f"       {place}")
        if len(group.places) > 3:
            typer.echo(f"       … {len(group.places) - 3} more")


@app.command()
def tables(
    inputs: Annotated[
        list[Path], typer.Argument(help="Scans, PDF files, texts with tables, or folders of them.", metavar="INPUT…")
    ],
    out: Annotated[Path, typer.Option(help="Folder the tables are written to.", metavar="DIR")],
    separate: Annotated[
        bool, typer.Option("--separate", help="Take each image of a folder for a document of its own.")
    ] = False,
    settings: Annotated[Path | None, typer.Option(help=_SETTINGS_HELP, metavar="FILE")] = None,
) -> None:
    """Write the grids of any ruled page, whatever form it is: one JSON and one HTML file a page, and run.json."""
    from pipeline.settings import load_settings
    from pipeline.tables import write_tables

    _go_through(write_tables, inputs, out, separate=separate, settings=load_settings(settings))


@app.command()
def explain(
    document: Annotated[Path, typer.Argument(help="One document: a file, or a folder of page images.", metavar="FILE")],
    out: Annotated[Path, typer.Option(help="The HTML page to write.", metavar="FILE.html")],
    dictionary: Annotated[list[Path] | None, typer.Option(help="A further dictionary file.", metavar="FILE")] = None,
    template: Annotated[list[Path] | None, typer.Option(help="A further template file.", metavar="FILE")] = None,
) -> None:
    """Show on one HTML page what was taken for what: cells by role beside the record."""
    from pipeline.run import explain_input

    written = explain_input(document, out, dictionaries=dictionary or [], templates=template or [], say=_say)
    typer.echo(f"{written}: open it in a browser")


@app.command()
def review(
    store: Annotated[str, typer.Option(help=_STORE_HELP, metavar="STORE")],
    who: Annotated[
        str | None, typer.Option(help="In whose name decisions are made (default: who is logged in).")
    ] = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1 (default: a free one).", min=0, max=65535)] = 0,
    words: Annotated[
        Path | None,
        typer.Option(
            help="Dictionary that accepted names go to (default: review-words.txt beside the store).", metavar="FILE"
        ),
    ] = None,
) -> None:
    """Open the review workbench for this machine's browser, until interrupted."""
    import getpass

    try:
        from pipeline.review import serve
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith(("django", "waitress")):
            raise
        raise UsageError("the review workbench is not installed; pip install 'zhibiao[review]'") from error
    from pipeline.store import Store

    with Store.open(store) as opened:
        beside = Path(store).parent if opened.sqlite else Path()
        serve(
            opened, who=who or getpass.getuser(), words=words or beside / "review-words.txt", port=port,
            on_ready=lambda address: typer.echo(f"{address}\nOpen it in a browser; it lets one in once. Ctrl+C ends."),
        )  # fmt: skip


@app.command()
def doctor(settings: Annotated[Path | None, typer.Option(help=_SETTINGS_HELP, metavar="FILE")] = None) -> None:
    """Say which engine, weights, models and dictionaries are in use and whether they are whole."""
    from pipeline.doctor import diagnose
    from pipeline.settings import load_settings

    whole = True
    for good, line in diagnose(load_settings(settings)):
        whole &= good
        typer.echo(f"{'ok  ' if good else 'BAD '} {line}")
    if not whole:
        raise typer.Exit(4)


def _say(message: str) -> None:
    typer.echo(message, err=True)


def main() -> None:
    """Run the command; an error that zhibiao raises on purpose is one line and its exit code."""
    try:
        app()
    except PipelineError as error:
        _say(f"zhibiao: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _say("zhibiao: interrupted")
        sys.exit(130)


if __name__ == "__main__":
    main()
