"""Columns that are cheap to put in a model: pandera copies each one deeply, which takes longer than all else."""

from __future__ import annotations

from copy import copy
from typing import Any

import pandera.polars as pa


def cheap_column(
    dtype: Any, checks: list[pa.Check], *, description: str = "", nullable: bool = False
) -> pa.Column:
    """Return a column that a model copies shallowly: nothing ever changes a check, so copies share them."""
    return _copied_shallowly(pa.Column(dtype, checks, description=description, nullable=nullable))


def with_description(column: pa.Column, description: str) -> pa.Column:
    """Return a cheap column that differs in its description alone."""
    copied = _copied_shallowly(copy(column))
    copied.description = description
    return copied


def _copied_shallowly(column: pa.Column) -> pa.Column:
    setattr(column, "__deepcopy__", lambda _memo: _copied_shallowly(copy(column)))  # noqa: B010
    return column
