"""Records leave the house: the workbook that people open and the lines that programs read.

All exports hold the same records; none of them adds, drops or reorders anything.
"""

from pipeline.export.jsonl import write_jsonl
from pipeline.export.masking import mask_record
from pipeline.export.workbook import write_workbook

__all__ = ["mask_record", "write_jsonl", "write_workbook"]
