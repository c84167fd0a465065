"""Columns that are cheap to put in a model: pandera copies each one deeply, which takes longer than all else."""

from __future__ import annotations

from copy import copy
from typing import Any

import pandera.polars as pa


def cheap_column(dtype: Any, checks: list[pa.Check], *, nullable: bool = False) -> pa.Column:
    """A column that a model copies lightly. Nothing here ever changes a check, so copies may share them."""
    return _copied_lightly(pa.Column(dtype, checks, nullable=nullable))


def _copied_lightly(column: pa.Column) -> pa.Column:
    setattr(column, "__deepcopy__", lambda _memo: _copied_lightly(copy(column)))  # noqa: B010
    return column
