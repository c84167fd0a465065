"""Rows of a file, split by its model: the good ones, and a refusal per fault of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from npo_pipeline.files.refusals import NO_REFUSALS, refusals_of
from schemas.rules import RULES, surely_right


@dataclass(frozen=True)
class Split:
    """One block of rows.

    `good`: rows without a fault, as text. `refusals`: line, rule, column_name, value.
    """

    good: pl.DataFrame
    refusals: pl.DataFrame


def split(rows: pl.DataFrame, model: pa.DataFrameSchema, groups: pl.DataFrame | None = None) -> Split:
    """Check collected rows against their model, with all faults of every row.

    One pass of cheap conditions, taken from the checks themselves, finds the rows that may have a fault;
    pandera says of those what is wrong.

    Args:
        rows: `line` and text columns, those of the model among them. A LazyFrame would be checked for
            its column names only, and pass; so only collected frames are taken.
        model: the pandera model of the kind of file.
        groups: the values that some columns have together in these rows, each once, where that is known: what
            those columns hold is looked at there first.

    Raises:
        TypeError: the rows are lazy, or a check carries a name that is no rule. Both are faults of ours.
    """
    if not isinstance(rows, pl.DataFrame):
        raise TypeError(f"rows of {model.name} must be collected before they are checked")
    if groups is not None and all_right(model, groups, rows):
        return Split(rows, NO_REFUSALS)
    right = _right(rows, surely_right(model))
    _refuse_other_types(rows.schema, model)
    if right.all():
        return Split(rows, NO_REFUSALS)
    suspects = rows.filter(~right)
    try:
        model.validate(suspects.select(list(model.columns)), lazy=True)
    except SchemaErrors as errors:
        return _apart(rows, suspects, errors.failure_cases)
    return Split(rows, NO_REFUSALS)


def all_right(model: pa.DataFrameSchema, *parts: pl.DataFrame) -> bool:
    """Whether rows surely have no fault, looked at in parts: a school stands in hundreds of rows, and once in one.

    Args:
        model: the pandera model of the rows.
        parts: frames that hold, together, what stands in the columns; each condition is looked at in the first
            part that has all its columns.
    """
    left = surely_right(model)
    for part in parts:
        there = [set(one.meta.root_names()) <= set(part.columns) for one in left]
        here = [one for one, held in zip(left, there, strict=True) if held]
        if here and not _right(part, here).all():
            return False
        left = [one for one, held in zip(left, there, strict=True) if not held]
    _refuse_other_types({name: dtype for part in parts for name, dtype in part.schema.items()}, model)
    return not left


def _right(rows: pl.DataFrame, conditions: list[pl.Expr]) -> pl.Series:
    """Which rows meet all conditions."""
    # In two steps, of which the first uses all cores.
    met = pl.all_horizontal(pl.lit(True), pl.all().fill_null(False))
    return rows.select(conditions).select(met.alias("right")).to_series()


def _refuse_other_types(schema: Mapping[str, pl.DataType], model: pa.DataFrameSchema) -> None:
    """Blocks without a suspect never reach pandera, so the types of the columns are looked at here."""
    for name, column in model.columns.items():
        if schema[name] != column.dtype.type:
            raise TypeError(f"{model.name}.{name} is {schema[name]}, not {column.dtype.type}")


def _apart(rows: pl.DataFrame, suspects: pl.DataFrame, cases: pl.DataFrame) -> Split:
    strange = set(cases["check"].to_list()) - set(RULES)
    if strange or cases["index"].null_count():
        raise TypeError(f"checks that are no rule of refusal: {sorted(strange)}")
    cases = cases.select(pl.col("index").cast(pl.UInt32), rule="check", column_name="column")
    refused = suspects.with_row_index("index").join(cases.select("index").unique(), on="index", how="semi")
    good = rows.join(refused.select("line"), on="line", how="anti", maintain_order="left")
    return Split(good, refusals_of(refused, cases))
