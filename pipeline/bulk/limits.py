"""What a worker may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may take."""

    # A page takes one to five seconds; a page of 600 dpi on a busy machine was seen to take forty.
    seconds: float = 300.0
    # The engine with all models takes about 1 GB, a page of 150 million pixels 2 GB more.
    memory: int = 4 << 30
