"""The door: parse, call, print. Results go to standard output, progress and warnings to standard error."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline import __version__
from pipeline.errors import PipelineError

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
    out: Annotated[Path, typer.Option(help="Folder the records are written to.", metavar="DIR")],
    dictionary: Annotated[
        list[Path] | None, typer.Option(help="A further dictionary file; may be given more than once.", metavar="FILE")
    ] = None,
    template: Annotated[
        list[Path] | None, typer.Option(help="A further template file; may be given more than once.", metavar="FILE")
    ] = None,
    separate: Annotated[
        bool, typer.Option("--separate", help="Take each image of a folder for a document of its own.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Draw what was found over each page (DIR/debug/*.png).")
    ] = False,
) -> None:
    """Read forms and write records.jsonl, records.xlsx and run.json."""
    from pipeline.progress import Progress
    from pipeline.run import run_inputs

    try:
        with Progress() as progress:
            summary = run_inputs(
                inputs, out, dictionaries=dictionary or [], templates=template or [], separate=separate, debug=debug,
                say=progress.say, on_input=progress.on_input, on_page=progress.on_page,
            )  # fmt: skip
    except KeyboardInterrupt as interrupt:  # before the first input, or while the results are written
        _say("zhibiao: interrupted; run the same command again")
        raise typer.Exit(130) from interrupt
    typer.echo(summary.line())
    raise typer.Exit(summary.exit_code())


@dictionary_app.command("check")
def dictionary_check(files: Annotated[list[Path], typer.Argument(help="Dictionary files.", metavar="FILE…")]) -> None:
    """Check dictionary files line by line, together with the shipped ones."""
    from pipeline.dictionaries import load_dictionaries

    loaded = load_dictionaries(files)
    for vocabulary in loaded.vocabularies[-len(files) :]:
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
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs, or their records.jsonl.", metavar="RUN…")],
    out: Annotated[Path, typer.Option(help="The dictionary file to write.")],
    documents: Annotated[int, typer.Option(help="In how many documents a name must stand.", min=2)] = 3,
) -> None:
    """Write the names that an archive teaches as a versioned dictionary, for use with --dictionary."""
    from pipeline.dictionaries import load_dictionaries
    from pipeline.ledger import learn_names, read_records, write_snapshot

    names = learn_names(read_records(runs), load_dictionaries(), documents)
    version = write_snapshot(names, out, f"names in at least {documents} documents of an archive")
    typer.echo(f"{out}: {len(names)} names, version {version}")


@app.command()
def repairs(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs, or their records.jsonl.", metavar="RUN…")],
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
) -> None:
    """Write the grids of any ruled page, whatever form it is: one JSON and one HTML file a page, and run.json."""
    from pipeline.progress import Progress
    from pipeline.tables import write_tables

    try:
        with Progress() as progress:
            summary = write_tables(
                inputs, out, separate=separate, say=progress.say, on_input=progress.on_input, on_page=progress.on_page
            )
    except KeyboardInterrupt as interrupt:  # before the first input, or while the account is written
        _say("zhibiao: interrupted; run the same command again")
        raise typer.Exit(130) from interrupt
    typer.echo(summary.line())
    raise typer.Exit(summary.exit_code())


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
def doctor() -> None:
    """Say which engine, weights, models and dictionaries are in use and whether they are whole."""
    from pipeline.doctor import diagnose

    whole = True
    for good, line in diagnose():
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
