"""What is going on, on standard error: a moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pipeline.document import Page

# Plain logs get one line in this many seconds: enough to see that it lives, too few to fill a disk.
_PLAIN_INTERVAL = 10.0
# A line that moves faster than the eye follows costs more than it tells.
_MOVING_INTERVAL = 0.1


class _Line:
    """A state that is said again and again: a moving line on a terminal, now and then a plain one elsewhere."""

    first = "reading"

    def __init__(self) -> None:
        self.started = time.monotonic()
        self._last = self.started
        self._status: Any = None

    def __enter__(self) -> Self:
        if self._moves():
            from rich.console import Console

            self._status = Console(stderr=True).status(self.first)
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def say(self, message: str) -> None:
        """Print one message; it stands above the moving line."""
        if self._status is not None:
            self._status.console.print(message, markup=False, highlight=False, soft_wrap=True)
        else:
            print(message, file=sys.stderr, flush=True)

    def _moves(self) -> bool:
        return sys.stderr.isatty()

    def _show(self, line: Callable[[], str]) -> None:
        now = time.monotonic()
        moving = self._status is not None
        if now - self._last <= (_MOVING_INTERVAL if moving else _PLAIN_INTERVAL):
            return
        self._last = now
        if moving:
            self._status.update(line())
        else:
            print(f"zhibiao: {line()}", file=sys.stderr, flush=True)


class Progress(_Line):
    """Counts inputs and pages."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs = 0
        self.pages = 0

    def on_input(self, path: Path) -> None:
        """An input begins."""
        self.inputs += 1
        self._show(lambda: self._line(str(path)))

    def on_page(self, page: Page) -> None:
        """A page begins."""
        self.pages += 1
        self._show(lambda: self._line(f"{page.file} page {page.index + 1}"))

    def _line(self, what: str) -> str:
        rate = self.pages / max(time.monotonic() - self.started, 1e-3)
        return f"input {self.inputs}, page {self.pages} ({rate:.1f} pages/s): {what}"


class BulkProgress(_Line):
    """A run over a store: pages, rate, time left and failures; a line, or JSON events."""

    first = "looking at the inputs"

    def __init__(self, *, as_json: bool = False) -> None:
        super().__init__()
        self.as_json = as_json
        self.inputs = self.done = self.pages = self.failed = 0

    def say(self, message: str) -> None:
        """Print one message; an event among events."""
        if self.as_json:
            self._event("message", {"text": message.removeprefix("zhibiao: ")})
        else:
            super().say(message)

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
            self._show(self.line)

    def line(self) -> str:
        """The state in one line."""
        spent = max(time.monotonic() - self.started, 1e-3)
        inputs = f"{self.done}/{self.inputs}" if self.inputs else str(self.done)
        text = f"inputs {inputs}"
        # Texts and kept readings need no engine: then documents are what there is to count.
        text += (
            f", pages read {self.pages} ({self.pages / spent:.1f}/s)" if self.pages else f" ({self.done / spent:.1f}/s)"
        )
        if self.done and self.inputs > self.done:
            text += f", {_duration(spent / self.done * (self.inputs - self.done))} left"
        return text + (f", {self.failed} failed" if self.failed else "")

    def _moves(self) -> bool:
        return not self.as_json and super()._moves()

    def _event(self, name: str, data: dict[str, Any]) -> None:
        seconds = round(time.monotonic() - self.started, 3)
        print(json.dumps({"event": name, "seconds": seconds, **data}, ensure_ascii=False), flush=True)


def _duration(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours} h {rest // 60:02d} min" if hours else f"{rest // 60} min {rest % 60:02d} s"
