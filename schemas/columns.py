"""What columns of published tables are made of: types, codes, and the checks that several of them share."""

from __future__ import annotations

from collections.abc import Mapping

import pandera.polars as pa
import polars as pl

from schemas.light import cheap_column
from schemas.rules import VESTIGING

MONEY = pl.Decimal(18, 2)
QUANTITY = pl.Decimal(18, 2)
RATE = pl.Decimal(18, 8)
UNROUNDED = pl.Decimal(38, 10)
"""A quantity of two decimals times a rate of eight: exact."""

MOMENT = pl.Datetime("us")

SCHOOL_TYPES = ("bao", "sbo", "so", "vso", "vo", "vo_pro_vbo", "cn")
COMPONENT = r"^[a-z][a-z0-9_-]*$"
"""Components are named by the regulation files: `per_pupil`, `surcharge`, `achterstandsscore`, `cumi`, ..."""

CURRENCIES = ("EUR", "USD")
STATUSES = ("published", "approximate", "derived")
OUTCOMES = ("granted", "reduced", "refused")
SCHEME = r"^[A-Z]{2,10}$"
"""Codes of subsidy schemes are named by the subsidy files: `IOP`, `EHK`, ..."""

REASONS = ("instalment", "correction")
CAUSES = (
    "first_decision",
    "reference_count",
    "score_correction",
    "rate_change",
    "amendment",
    "merger",
    "closure",
    "opening",
    "board_transfer",
    "code",
)
"""Why something is due that was not due before, or no longer (docs/explanation/recalibration.md)."""

SETTLEMENTS = ("next_payment", "spread")
YES_NO = ("yes", "no")
SCHOOL_YEAR = r"^20[0-9]{2}-20[0-9]{2}$"

_Dtype = pl.DataType | type[pl.DataType]


def column(dtype: _Dtype, *checks: pa.Check, nullable: bool = False) -> pa.Column:
    """A column of a type."""
    return cheap_column(dtype, list(checks), nullable=nullable)


def text(*checks: pa.Check, nullable: bool = False) -> pa.Column:
    """A column of text."""
    return column(pl.String, *checks, nullable=nullable)


def code(pattern: str, *, nullable: bool = False) -> pa.Column:
    """A column of codes of a pattern."""
    return text(pa.Check.str_matches(pattern), nullable=nullable)


def one_of(values: tuple[str, ...]) -> pa.Column:
    """A column of words from a list."""
    return text(pa.Check.isin(values))


def whole(*, nullable: bool = False) -> pa.Column:
    """A column of whole numbers from 0."""
    return column(pl.Int64, pa.Check.ge(0), nullable=nullable)


def first_of_month(*, nullable: bool = False) -> pa.Column:
    """A column of months, each the date of its first day."""
    first = pa.Check(lambda data: data.lazyframe.select(pl.col(data.key).dt.day() == 1), name="first_of_month")
    return column(pl.Date, first, nullable=nullable)


def not_zero() -> pa.Check:
    """An amount that is not 0."""
    return pa.Check(lambda data: data.lazyframe.select(pl.col(data.key) != 0), name="not_zero")


def table(name: str, columns: Mapping[str, pa.Column], key: tuple[str, ...] = ()) -> pa.DataFrameSchema:
    """A table: its columns in order, and the columns that together no two rows share."""
    return pa.DataFrameSchema(dict(columns), name=name, strict=True, unique=list(key) or None)


KEY = {
    "vestiging": code(VESTIGING),
    "school_type": one_of(SCHOOL_TYPES),
    "component": code(COMPONENT),
}


def schema_of(model: pa.DataFrameSchema) -> dict[str, pl.DataType]:
    """The columns of a table and their polars types."""
    return {name: column.dtype.type for name, column in model.columns.items()}
