"""Small tables written out in a test, as frames."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

_READ = {
    "i": (int, pl.Int64),
    "d": (lambda text: pl.Series([text]).str.to_date("%Y-%m-%d")[0], pl.Date),
    "m": (Decimal, pl.Decimal(18, 2)),
    "s": (str, pl.String),
}


def table(text: str, **kinds: str) -> pl.DataFrame:
    """Read a table whose first line names the columns; `-` is no value, columns are text unless named.

    Kinds: i whole number, d date, m DECIMAL(18,2), s text.
    """
    lines = [line.split() for line in text.strip().splitlines() if not set(line.strip()) <= {"-", " "}]
    header, *rows = lines
    columns = {}
    for place, name in enumerate(header):
        read, dtype = _READ[kinds.get(name, "s")]
        values = [None if row[place] == "-" else read(row[place]) for row in rows]
        columns[name] = pl.Series(name, values, dtype=dtype)
    return pl.DataFrame(columns)


def rows(frame: pl.DataFrame, *columns: str) -> list[tuple]:
    """The rows of some columns, as they stand."""
    return frame.select(columns).rows()
