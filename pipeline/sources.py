"""What is to be read: paths on the command line -> documents: a file each, or the page files lying in one folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError
from pipeline.importers import PAGE_KINDS, import_kind
from pipeline.pages import is_image, is_litter, is_page_name, natural_key, sniff
from pipeline.remote import fetch, url_of, without_secret


@dataclass(frozen=True, slots=True)
class Source:
    """One document.

    `kind` is "text", "pages" (a PDF or an image file), "images" (the images lying in one folder), "import" (another
    tool's result) or "imports" (such results of one kind lying in one folder, a page each); `form` is its kind.
    """

    path: Path
    kind: str
    form: str = ""


class SourceError(InputError):
    """An input that is no document: its path as given, and why; `skipped` where that is no fault."""

    def __init__(self, path: Path, message: str, *, skipped: bool = False) -> None:
        super().__init__(message)
        self.path = path
        self.skipped = skipped


def find_sources(
    inputs: Sequence[Path], *, separate: bool = False, fetched: Path | None = None
) -> Iterator[Source | SourceError]:
    """Yield the documents of the inputs in order; a path that is missing or an empty folder is yielded as its error.

    Images lying directly in one folder are one document in natural order (`separate` makes each its own), and so are
    other tools' results of one kind that hold a page each; every subfolder is its own. Inputs by URL are fetched into
    the folder `fetched` first.
    """
    for path in inputs:
        try:
            url = url_of(path)
            yield from _documents(path if url is None else _local(url, fetched), separate)
        except InputError as error:
            yield SourceError(path, str(error))
        except OSError as error:  # a name that is too long, a folder that may not be listed
            yield SourceError(path, f"{path}: cannot be opened ({error.strerror}); check the path and its permissions")


def _local(url: str, folder: Path | None) -> Path:
    if folder is None:
        raise InputError(f"{without_secret(url)}: there is no folder to fetch it into; give one with --out")
    return fetch(url, folder)


def _documents(path: Path, separate: bool) -> list[Source | SourceError]:
    if not path.exists():
        return [_missing(path)]
    if path.is_dir():
        found = list(_folder(path, separate))
        return found or [SourceError(path, f"{path}: the folder holds no files to read; check the path")]
    return [_file(path)]


def _missing(path: Path) -> SourceError:
    if path.is_symlink():
        return SourceError(path, f"{path}: is a link that leads nowhere or in a circle; name what it should lead to")
    return SourceError(path, f"{path}: does not exist; check the path")


def _file(path: Path) -> Source | SourceError:
    if not path.is_file():  # reading a pipe would wait for ever, reading a device never end
        return SourceError(path, f"{path}: is no ordinary file; save what it gives into one and name that")
    try:
        kind = sniff(path)
    except InputError as error:
        return SourceError(path, str(error))
    if kind in ("unknown", "ooxml", "zip", "zip-damaged") and (form := import_kind(path)):
        return Source(path, "import", form)
    # What is no picture, PDF or archive is taken for text; the text importer says what is wrong with it. An empty
    # file is what its name says: the way out differs.
    is_text = kind == "unknown" or (kind == "empty" and not is_page_name(path))
    return Source(path, "text" if is_text else "pages")


def _folder(folder: Path, separate: bool) -> Iterator[Source | SourceError]:
    entries = sorted(
        (entry for entry in folder.iterdir() if not is_litter(entry)), key=lambda e: (natural_key(e.name), e.name)
    )
    folders = [entry for entry in entries if entry.is_dir()]
    broken = [entry for entry in entries if entry.is_symlink() and not entry.exists()]
    files = [entry for entry in entries if entry not in folders and entry not in broken]
    images = [entry for entry in files if entry.is_file() and is_image(entry)]
    if len(images) > 1 and not separate:
        yield Source(folder, "images")
        files = [entry for entry in files if entry not in set(images)]
    found = [_file(path) for path in files]
    for form in sorted(PAGE_KINDS) if not separate else ():
        members = [source for source in found if isinstance(source, Source) and source.form == form]
        if len(members) > 1:
            at = found.index(members[0])
            found = [source for source in found if source not in members]
            found.insert(at, Source(folder, "imports", form))
    yield from found
    yield from map(_missing, broken)
    for entry in folders:
        if entry.is_symlink():
            # It may lead in a circle or out of the folder that was named.
            message = f"{entry}: is a link to a folder and is not followed; name the folder itself to have it read"
            yield SourceError(entry, message, skipped=True)
            continue
        try:
            yield from _folder(entry, separate)
        except OSError as error:
            yield SourceError(entry, f"{entry}: cannot be listed ({error.strerror}); check its permissions")


def list_imports(source: Source) -> list[Path]:
    """The files of an "import" or "imports" document, in natural order."""
    if source.kind == "import":
        return [source.path]
    files = [entry for entry in source.path.iterdir() if entry.is_file() and not is_litter(entry)]
    members = [path for path in files if _form(path) == source.form]
    return sorted(members, key=lambda path: (natural_key(path.name), path.name))


def _form(path: Path) -> str | None:
    """The kind of another tool's result; None for anything else, and for what cannot be opened (said by itself)."""
    try:
        return import_kind(path) if sniff(path) == "unknown" else None
    except InputError:
        return None
