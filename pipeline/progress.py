"""What is going on, on standard error: a moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.document import Page

# Plain logs get one line in this many seconds: enough to see that it lives, too few to fill a disk.
_PLAIN_INTERVAL = 10.0


class Progress:
    """Counts inputs and pages; messages stand above the moving line."""

    def __init__(self) -> None:
        self.inputs = 0
        self.pages = 0
        self.started = time.monotonic()
        self._last = self.started
        self._status: Any = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status("reading")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def say(self, message: str) -> None:
        """Print one message."""
        if self._status is not None:
            self._status.console.print(message, markup=False, highlight=False, soft_wrap=True)
        else:
            print(message, file=sys.stderr, flush=True)

    def on_input(self, path: Path) -> None:
        """An input begins."""
        self.inputs += 1
        self._show(str(path))

    def on_page(self, page: Page) -> None:
        """A page begins."""
        self.pages += 1
        self._show(f"{page.file} page {page.index + 1}")

    def _show(self, what: str) -> None:
        now = time.monotonic()
        rate = self.pages / max(now - self.started, 1e-3)
        text = f"input {self.inputs}, page {self.pages} ({rate:.1f} pages/s): {what}"
        if self._status is not None:
            self._status.update(text)
        elif now - self._last > _PLAIN_INTERVAL:
            self._last = now
            print(f"zhibiao: {text}", file=sys.stderr, flush=True)
