"""The tables as Parquet files in a folder, for statistics over whole archives. Owns pyarrow."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.export.masking import mask_record
from pipeline.export.tables import TABLES, TableRow, table_rows
from pipeline.export.whole import whole_file
from pipeline.records import Record

# Rows written at once: some 20 MB of text in memory, and large enough for a reader to skip through.
_GROUP = 20_000


def write_parquet(records: Iterable[Record], folder: Path, *, mask_personal: bool = False) -> None:
    """Write forms.parquet, fields.parquet, indicators.parquet, repairs.parquet and findings.parquet into `folder`.

    Each file appears whole or not at all. Raises UsageError where pyarrow is not installed, PipelineError when a file
    cannot be written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError("Parquet needs pyarrow: pip install 'zhibiao[parquet]'") from error
    types = {"text": pyarrow.string(), "whole": pyarrow.int64(), "share": pyarrow.float64(), "flag": pyarrow.bool_()}
    with ExitStack() as stack:
        tables: dict[str, _Table] = {}
        for name, columns in TABLES.items():
            schema = pyarrow.schema([(column.name, types[column.kind]) for column in columns])
            part = stack.enter_context(whole_file(folder / f"{name}.parquet"))
            writer = stack.enter_context(parquet.ParquetWriter(part, schema, compression="zstd"))
            tables[name] = _Table(pyarrow, schema, writer)
        for record in records:
            for name, row in table_rows(mask_record(record) if mask_personal else record):
                tables[name].add(row)
        for table in tables.values():
            table.flush()


class _Table:
    def __init__(self, pyarrow: Any, schema: Any, writer: Any) -> None:
        self._pyarrow, self._schema, self._writer = pyarrow, schema, writer
        self._rows: list[TableRow] = []

    def add(self, row: TableRow) -> None:
        self._rows.append(row)
        if len(self._rows) >= _GROUP:
            self.flush()

    def flush(self) -> None:
        if self._rows:
            columns = list(zip(*self._rows, strict=True))
            arrays = [self._pyarrow.array(c, f.type) for c, f in zip(columns, self._schema, strict=True)]
            self._writer.write_table(self._pyarrow.Table.from_arrays(arrays, schema=self._schema))
            self._rows = []
