"""What is going on, on standard error: a moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.document import Page

# Plain logs get one line in this many seconds: enough to see that it lives, too few to fill a disk.
_PLAIN_INTERVAL = 10.0
# A line that moves faster than the eye follows costs more than it tells.
_MOVING_INTERVAL = 0.1


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


class BulkProgress:
    """A run over a store: pages, rate, time left and failures; one moving line, plain lines in logs, or JSON events."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.inputs = self.done = self.pages = self.failed = 0
        self.started = time.monotonic()
        self._last = self.started
        self._status: Any = None

    def __enter__(self) -> BulkProgress:
        if not self.as_json and sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status("looking at the inputs")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def say(self, message: str) -> None:
        """Print one message; an event among events."""
        if self.as_json:
            self._event("message", {"text": message.removeprefix("zhibiao: ")})
        elif self._status is not None:
            self._status.console.print(message, markup=False, highlight=False, soft_wrap=True)
        else:
            print(message, file=sys.stderr, flush=True)

    def on_event(self, name: str, data: dict[str, Any]) -> None:
        """Something happened: begin, input, page, done, end."""
        if name == "begin":
            self.inputs = data["inputs"]
        elif name == "page":
            self.pages += 1
            self.failed += data["failed"] is not None
        elif name == "done":
            self.done += 1
            self.failed += data["status"] == "failed"
        if self.as_json:
            self._event(name, data)
        else:
            self._show()

    def line(self) -> str:
        """The state in one line."""
        spent = max(time.monotonic() - self.started, 1e-3)
        inputs = f"{self.done}/{self.inputs}" if self.inputs else str(self.done)
        text = f"inputs {inputs}, pages read {self.pages} ({self.pages / spent:.1f}/s)"
        if self.done and self.inputs > self.done:
            text += f", {_duration(spent / self.done * (self.inputs - self.done))} left"
        return text + (f", {self.failed} failed" if self.failed else "")

    def _show(self) -> None:
        now = time.monotonic()
        if self._status is not None:
            if now - self._last > _MOVING_INTERVAL:
                self._last = now
                self._status.update(self.line())
        elif now - self._last > _PLAIN_INTERVAL:
            self._last = now
            print(f"zhibiao: {self.line()}", file=sys.stderr, flush=True)

    def _event(self, name: str, data: dict[str, Any]) -> None:
        seconds = round(time.monotonic() - self.started, 3)
        print(json.dumps({"event": name, "seconds": seconds, **data}, ensure_ascii=False), flush=True)


def _duration(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours} h {rest // 60:02d} min" if hours else f"{rest // 60} min {rest % 60:02d} s"
