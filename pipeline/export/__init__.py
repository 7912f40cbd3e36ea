"""Records leave the house: workbooks, lines, tables, pages.

All exports hold the same records; none of them adds, drops or reorders anything.
"""

from pipeline.export.budget import BudgetFile, write_budget
from pipeline.export.csvtables import write_csv
from pipeline.export.jsonl import write_jsonl
from pipeline.export.masking import mask_record
from pipeline.export.pagexml import write_page_xml
from pipeline.export.parquet import write_parquet
from pipeline.export.workbook import write_workbook

__all__ = [
    "BudgetFile",
    "mask_record",
    "write_budget",
    "write_csv",
    "write_jsonl",
    "write_page_xml",
    "write_parquet",
    "write_workbook",
]
