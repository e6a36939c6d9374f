"""Tables as Parquet files, written by pyarrow, which the extra `parquet` brings."""

from __future__ import annotations

from typing import BinaryIO

from dlprof.session.errors import SessionError
from dlprof.session.exports.tables import Table

NO_PYARROW = "Parquet needs pyarrow, which is not installed: pip install 'dlprof[parquet]'"


def write_parquet(table: Table, file: BinaryIO) -> None:
    """Write `table` into `file`, a batch at a time.

    Raises:
        SessionError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise SessionError(NO_PYARROW) from None
    types = {"text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "flag": pa.bool_()}
    schema = pa.schema([(name, types[kind]) for name, kind in table.columns])
    with pq.ParquetWriter(file, schema) as writer:
        for batch in table.batches:
            arrays = [pa.array(cells, field.type) for cells, field in zip(batch, schema, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
