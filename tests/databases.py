"""A PostgreSQL of the tests' own: a cluster in a temporary folder, on a socket, run by a user who is not root."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def find_programs() -> Path | None:
    """The folder with initdb and pg_ctl, or None."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    if (found := shutil.which("pg_ctl")) is not None:
        folders.append(str(Path(found).parent))
    return next((Path(f) for f in folders if all((Path(f) / name).exists() for name in ("initdb", "pg_ctl"))), None)


def _run(command: list[str]) -> None:
    # PostgreSQL refuses to be root's; Debian's package makes the user it is meant to run as.
    if os.getuid() == 0:
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120, cwd="/")


@contextmanager
def cluster() -> Iterator[str]:
    """A running cluster; yields the URL of an empty database."""
    programs = find_programs()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="zhibiao-pg-"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data, pg_ctl = str(folder / "data"), str(programs / "pg_ctl")
        _run([str(programs / "initdb"), "-D", data, "-U", "zhibiao", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"])
        # No port on the network; fsync off, because nothing of it is to survive.
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c shared_buffers=32MB"
        _run([pg_ctl, "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start"])
        try:
            yield f"postgresql+psycopg://zhibiao@/postgres?host={folder}"
        finally:
            _run([pg_ctl, "-D", data, "-m", "immediate", "-w", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
