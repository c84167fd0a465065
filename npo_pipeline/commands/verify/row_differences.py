"""Rows that were derived again, compared with the rows in the books."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from npo_pipeline import dutch


def row_differences(
    subject: str, expected: pl.DataFrame, found: pl.DataFrame, columns: Sequence[str]
) -> Iterator[str]:
    """Describe rows in the books that do not follow, and rows that are missing; copies of a row are counted.

    `subject` begins the sentence; the `expected` rows were derived, and `columns` are compared.
    """
    one, other = _numbered(expected, columns), _numbered(found, columns)
    missing = one.join(other, on=one.columns, how="anti", nulls_equal=True).sort(columns)
    extra = other.join(one, on=one.columns, how="anti", nulls_equal=True).sort(columns)
    if extra.height or missing.height:
        first = pl.concat([extra, missing]).row(0, named=True)
        shown = ", ".join(f"{name} {_shown(first[name])}" for name in columns)
        yield f"{subject}: {extra.height} rows do not follow, {missing.height} are missing; first: {shown}"


def _shown(value: Any) -> str:
    if isinstance(value, Decimal):
        return dutch.number(value, -int(value.as_tuple().exponent))
    return str(value)


def _numbered(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Add column `copy`: the number of a row among exact copies of it."""
    return rows.select(*columns, copy=pl.int_range(pl.len()).over(columns))
