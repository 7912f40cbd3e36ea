"""Many documents: a store, workers, resume, accounting. Nothing is read twice and nothing is lost."""

from pipeline.bulk.executors import Limits
from pipeline.bulk.runs import EXECUTORS, BulkOptions, BulkSummary, reinterpret_store, run_store

__all__ = ["EXECUTORS", "BulkOptions", "BulkSummary", "Limits", "reinterpret_store", "run_store"]
