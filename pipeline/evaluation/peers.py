"""Other table readers on the same pages, each in an environment of its own (scripts/setup_peers makes it).

A peer's page comes back as HTML and enters the project's right half as such a file would: what is compared is how well
pages are read, and the records are made of both by the same code.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.document import PageReading
from pipeline.errors import InputError, PipelineError
from pipeline.export.whole import whole_file
from pipeline.keep import renumbered
from pipeline.ocrtext import read_text_bytes

WORKER = Path(__file__).resolve().parent.parent.parent / "scripts" / "peer_worker.py"
# As scripts/peer_worker.py knows them, with what they are.
PEERS = {
    "img2table": "img2table 2.0 (OpenCV)",
    "wired": "wired_table_rec 0.0.3 (Cycle-CenterNet)",
    "lineless": "lineless_table_rec 0.0.9 (LORE)",
}


@dataclass(frozen=True)
class PeerPage:
    """What a peer made of one page: HTML (empty where it failed), seconds by stage, its error."""

    html: str
    seconds: dict[str, float]
    cpu: dict[str, float]
    error: str | None = None

    def reading(self, index: int, name: str) -> PageReading:
        """The page as the right half reads it."""
        try:
            [found, *_] = read_text_bytes(self.html.encode("utf-8", "replace"), name)
        except PipelineError:  # nothing to read in it
            return PageReading(index, name, hashlib.sha256(self.html.encode()).hexdigest())
        return renumbered(found, index, name)


class Peers:
    """The peers `names` in the environment `home`; they start at the first page that is not kept in `folder`.

    Raises InputError where `home` is no environment.
    """

    def __init__(self, home: Path, folder: Path, names: Sequence[str] = tuple(PEERS)) -> None:
        if not (home / "bin" / "python").exists():
            raise InputError(f"{home}: holds no bin/python; make it with scripts/setup_peers")
        self.names = tuple(names)
        self.home = home
        self.folder = folder
        self._process: subprocess.Popen[str] | None = None
        installed = sorted(path.name for path in home.glob("lib/*/site-packages/*.dist-info"))
        self._versions = hashlib.sha256("\n".join([*installed, WORKER.read_text("utf-8")]).encode()).hexdigest()

    def read(self, path: Path) -> dict[str, PeerPage]:
        """Read one page image with every peer. Raises InputError where they do not start or stop in the middle."""
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        key = hashlib.sha256((digest + self._versions).encode()).hexdigest()
        kept = {name: self.folder / name / f"{key}.json" for name in self.names}
        try:
            return {name: PeerPage(**json.loads(file.read_text("utf-8"))) for name, file in kept.items()}
        except (OSError, ValueError, TypeError):
            answers = self._ask(path)
        for name, file in kept.items():
            with whole_file(file) as part:
                part.write_text(json.dumps(answers[name], ensure_ascii=False), "utf-8")
        return {name: PeerPage(**answers[name]) for name in self.names}

    def _ask(self, path: Path) -> dict[str, Any]:
        if self._process is None:
            command = [str(self.home / "bin" / "python"), str(WORKER), *self.names]
            try:
                self._process = subprocess.Popen(  # noqa: S603 - the user named the environment
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                    encoding="utf-8",
                )  # fmt: skip
            except OSError as error:
                raise InputError(
                    f"{command[0]}: cannot be started ({error.strerror}); run scripts/setup_peers"
                ) from error
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{path}\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:
            answer = ""
        if not answer:
            self.close()
            names = ", ".join(self.names)
            raise InputError(f"{names}: stopped in {self.home}; run scripts/setup_peers again and see what it says")
        return dict(json.loads(answer))

    def close(self) -> None:
        """End the peers' process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
