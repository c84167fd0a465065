"""Rows of a file, split by its model: the good ones, and a refusal per fault of the others.

Refusals: what is wrong with which row, in words, and never a word about a pupil.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from npo_pipeline.delivery.sanitize import strip_invisible
from schemas import rules
from schemas.rules import RULES, sufficient_conditions

REFUSALS = {"line": pl.Int64, "rule": pl.String, "column_name": pl.String, "value": pl.String}
NO_OTHERS: Mapping[str, str] = {}
NO_REFUSALS = pl.DataFrame(schema=REFUSALS)

PERSONAL = frozenset({"PSEUDONIEM"})
"""Columns whose values never leave ingest, not even in a message about themselves."""

SHOWN = 40
"""Characters of a wrong value that a message repeats."""

SHOWN_OF_A_PUPIL = 8
"""The same in a file with a personal column: no code or date is longer, and what is longer may well be a
pseudonym that slipped into the next column. Of that only `HINT` characters are shown."""

HINT = 4

_DASHED_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

# Each message begins with a word of ours, so that no wrong value can begin a cell of a spreadsheet.
MESSAGES = {
    rules.UNKNOWN_CODE: "{column} {value} is no code that may stand there; correct it at the source",
    rules.NOT_A_NUMBER: "{column} {value} is no number that may stand there (whole pupils; scores, two decimals)",
    rules.NOT_A_DATE: "{column} {value} is no date; write a day that exists, as 20201001",
    rules.NEGATIVE: "{column} {value} is below zero; it counts from 0",
    rules.MISSING_VALUE: "{column} is empty; fill it in at the source",
    rules.DUPLICATE_ROW: "is an exact copy of line {value}; the first one stays",
    rules.DOUBLE_ENROLMENT: "the pupil also counts on {value}; none of them counts until one is ended",
    rules.LEAVES_BEFORE_ENTRY: "{column} {value} lies before DATUM_IN; correct one of the two",
    rules.UNKNOWN_SCHOOL: "no board is known for {value}; deliver an address list or a change that names it",
}

BOARD_MESSAGES = {
    rules.UNKNOWN_CODE: "{column} {value} is no code that may stand there: CATEGORIE is A to F, NIVEAU school or "
    "bovenschools, yes and no J and N, a school year 2021-2022, a BRIN 01AB, a board 10001",
    rules.NOT_A_NUMBER: "{column} {value} is no number that may stand there: euros below a thousand million with "
    "at most two decimals, or a year",
    rules.NOT_A_DATE: "{column} {value} is no date; write a day that exists as 2021-11-30, and a year as 2021",
    rules.UNKNOWN_SCHOOL: "{column} {value} and never was; correct one of the two, or first deliver the address "
    "list or change that gives it the school",
}
"""Other words for the files that boards deliver themselves."""


def rejection_rows(rows: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """Give each fault its line and the value that is wrong.

    Args:
        rows: the refused rows, with `index`, `line` and text columns.
        cases: `index`, `rule`, `column_name`, a row per fault.

    Returns:
        line, rule, column_name, value; of what is personal, or may be, no value is given.
    """
    parts, personal = [NO_REFUSALS], sorted(PERSONAL & set(rows.columns))
    for column in sorted(set(cases["column_name"].to_list())):
        value = pl.lit("") if column in PERSONAL else _shown(pl.col(column), personal)
        shown = rows.select("index", "line", value=value)
        parts.append(cases.filter(pl.col("column_name") == column).join(shown, on="index").select(*REFUSALS))
    return pl.concat(parts).sort("line", "column_name", "rule")


def _shown(value: pl.Expr, personal: list[str]) -> pl.Expr:
    if not personal:
        return value
    is_long = (value.str.len_chars() > SHOWN_OF_A_PUPIL) & ~value.str.contains(_DASHED_DAY)
    stands_there = pl.any_horizontal(value == pl.col(name) for name in personal)
    hint = pl.when(is_long).then(pl.concat_str(value.str.head(HINT), pl.lit("..."))).otherwise(value)
    return pl.when(stands_there).then(pl.lit("...")).otherwise(hint)


def with_messages(refusals: pl.DataFrame, others: Mapping[str, str] = NO_OTHERS) -> pl.DataFrame:
    """Say each refusal in words.

    Args:
        refusals: line, rule, column_name, value.
        others: rule -> the words of a kind of file, where these are its own.

    Returns:
        line, rule, column_name, message.
    """
    value = pl.format("'{}'", strip_invisible(pl.col("value")).str.head(SHOWN))
    plain = pl.col("rule").is_in([rules.DUPLICATE_ROW, rules.DOUBLE_ENROLMENT, rules.UNKNOWN_SCHOOL])
    shown = refusals.with_columns(value=pl.when(plain).then("value").otherwise(value))
    message = pl.lit(None, pl.String)
    for rule, words in {**MESSAGES, **others}.items():
        message = pl.when(pl.col("rule") == rule).then(_fill(words)).otherwise(message)
    return shown.select("line", "rule", "column_name", message=message)


def _fill(words: str) -> pl.Expr:
    order = sorted((at, name) for name in ("value", "column") if (at := words.find("{" + name + "}")) >= 0)
    columns = {"value": "value", "column": "column_name"}
    template = words.replace("{value}", "{}").replace("{column}", "{}")
    return pl.format(template, *(pl.col(columns[name]) for _, name in order)) if order else pl.lit(words)


@dataclass(frozen=True)
class Validation:
    """One block of rows.

    `good`: rows without a fault, as text. `refusals`: line, rule, column_name, value.
    """

    good: pl.DataFrame
    refusals: pl.DataFrame


def validate_rows(rows: pl.DataFrame, model: pa.DataFrameSchema, groups: pl.DataFrame | None = None) -> Validation:
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
    if groups is not None and surely_valid(model, groups, rows):
        return Validation(rows, NO_REFUSALS)
    right = _right(rows, sufficient_conditions(model))
    _refuse_other_types(rows.schema, model)
    if right.all():
        return Validation(rows, NO_REFUSALS)
    suspects = rows.filter(~right)
    try:
        model.validate(suspects.select(list(model.columns)), lazy=True)
    except SchemaErrors as errors:
        return _apart(rows, suspects, errors.failure_cases)
    return Validation(rows, NO_REFUSALS)


def surely_valid(model: pa.DataFrameSchema, *parts: pl.DataFrame) -> bool:
    """Whether rows surely have no fault, looked at in parts: a school stands in hundreds of rows, and once in one.

    Args:
        model: the pandera model of the rows.
        parts: frames that hold, together, what stands in the columns; each condition is looked at in the first
            part that has all its columns.
    """
    left = sufficient_conditions(model)
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


def _apart(rows: pl.DataFrame, suspects: pl.DataFrame, cases: pl.DataFrame) -> Validation:
    strange = set(cases["check"].to_list()) - set(RULES)
    if strange or cases["index"].null_count():
        raise TypeError(f"checks that are no rule of refusal: {sorted(strange)}")
    cases = cases.select(pl.col("index").cast(pl.UInt32), rule="check", column_name="column")
    refused = suspects.with_row_index("index").join(cases.select("index").unique(), on="index", how="semi")
    good = rows.join(refused.select("line"), on="line", how="anti", maintain_order="left")
    return Validation(good, rejection_rows(refused, cases))
