"""Many documents: a store, workers, resume, accounting. Nothing is read twice and nothing is lost."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.bulk.limits import Limits
    from pipeline.bulk.runs import EXECUTORS, BulkOptions, BulkSummary, reinterpret_store, run_store

# A worker comes through here on its way to its own module, and needs nothing of the coordinator's.
_LATER = {"limits": ("Limits",), "runs": ("EXECUTORS", "BulkOptions", "BulkSummary", "reinterpret_store", "run_store")}


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            return getattr(import_module(f"pipeline.bulk.{module}"), name)
    raise AttributeError(name)


__all__ = ["EXECUTORS", "BulkOptions", "BulkSummary", "Limits", "reinterpret_store", "run_store"]
