"""Tables as CSV files (RFC 4180, UTF-8, with a header)."""

from __future__ import annotations

import csv
import io
from typing import Any, BinaryIO

from dlprof.session.exports.tables import Table

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes text that begins so for a formula (owasp.org/www-community/attacks/CSV_Injection)."""


def write_csv(table: Table, file: BinaryIO) -> None:
    """Write `table` into `file`, a batch at a time. What is not available is an empty cell, a flag 0 or 1.

    Text that a spreadsheet would compute has an apostrophe before it.
    """
    text = io.TextIOWrapper(file, "utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(name for name, _ in table.columns)
    for batch in table.batches:
        writer.writerows(zip(*([_cell(cell) for cell in cells] for cells in batch), strict=True))
    text.detach()


def _cell(cell: Any) -> Any:
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    return int(cell) if isinstance(cell, bool) else cell
