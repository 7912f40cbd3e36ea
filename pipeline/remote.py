"""Inputs by URL (s3://…, https://…, memory://…): fetched into a folder, and from there on files like all others.

They are kept, for a reviewer wants to see the page that a value stands on. What was fetched before and did not change
is not fetched again. Owns fsspec (`pip install 'zhibiao[remote]'`); a store such as S3 needs its own package beside it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.errors import InputError

# A path that came through pathlib has lost one of the slashes; one letter before the colon is a drive of Windows.
_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]+):/+(?P<rest>.*)", re.DOTALL)
_INDEX = ".fetched.json"


def url_of(path: Path) -> str | None:
    """The URL that a path on the command line stands for; None where it is an ordinary path."""
    match = _URL.fullmatch(str(path))
    if match is None or path.exists():
        return None
    return f"{match['scheme']}://{'/' if match['scheme'] in ('file', 'local') else ''}{match['rest']}"


def without_secret(url: str) -> str:
    """The URL without a name and password in it, for messages and names of folders."""
    return re.sub(r"(?<=://)[^/@]*@", "", url)


def fetch(url: str, folder: Path) -> Path:
    """Fetch a file, or all files under a folder, below `folder`; return where it lies there.

    Raises InputError where it cannot be had or kept.
    """
    shown = without_secret(url)
    try:
        import fsspec
    except ImportError as error:
        raise InputError(f"{shown}: inputs by URL need fsspec: pip install 'zhibiao[remote]'") from error
    scheme, rest = shown.split("://", 1)
    home = folder / scheme / PurePosixPath(rest.split("?")[0].strip("/"))
    try:
        system, path = fsspec.url_to_fs(url)
        known = _known(folder)
        try:
            fetched = [_fetched(system, file, path, home, known) for file in _files(system, path)]
        finally:
            _remember(folder, known)
    except InputError:
        raise
    except ImportError as error:
        raise InputError(f"{shown}: cannot be opened ({error}); install that package") from error
    except OSError as error:
        why = error.strerror or (type(error).__name__ if isinstance(error, FileNotFoundError) else str(error))
        raise InputError(f"{shown}: cannot be fetched ({why or type(error).__name__}); check the address") from error
    except Exception as error:  # each file system has errors of its own: wrong keys, no such bucket, no network
        first = (str(error).splitlines() or [""])[0][:200]
        raise InputError(f"{shown}: cannot be fetched ({type(error).__name__}: {first}); check the address") from error
    if not fetched:
        raise InputError(f"{shown}: holds no files to read; check the address")
    return home


def _files(system: Any, path: str) -> Iterator[str]:
    if system.isfile(path):
        yield path
    else:
        yield from sorted(system.find(path))


def _fetched(system: Any, file: str, top: str, home: Path, known: dict[str, str]) -> Path:
    """Fetch one file unless it is there already as it is now."""
    below = file[len(top) :].strip("/")
    target = home / below if below else home
    if ".." in PurePosixPath(below).parts:
        raise InputError(f"{below}: is no name of a file below its folder")
    token = str(system.ukey(file))
    if target.is_file() and known.get(str(target)) == token:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name[:80]}.{os.getpid()}.part")
    try:
        system.get_file(file, str(part))
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    known[str(target)] = token
    return target


def _known(folder: Path) -> dict[str, str]:
    with suppress(OSError, ValueError):
        found = json.loads((folder / _INDEX).read_text("utf-8"))
        if isinstance(found, dict):
            return {str(name): str(token) for name, token in found.items()}
    return {}


def _remember(folder: Path, known: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{_INDEX}.{os.getpid()}"
    part.write_text(json.dumps(known, ensure_ascii=False), "utf-8")
    os.replace(part, folder / _INDEX)
