"""Refusals: what is wrong with which row, in words, and never a word about a pupil."""

from __future__ import annotations

import polars as pl

from schemas import rules

REFUSALS = {"line": pl.Int64, "rule": pl.String, "column_name": pl.String, "value": pl.String}
NO_REFUSALS = pl.DataFrame(schema=REFUSALS)

PERSONAL = frozenset({"PSEUDONIEM"})
"""Columns whose values never leave ingest, not even in a message about themselves."""

SHOWN = 40
"""Characters of a wrong value that a message repeats."""

_WORDS = {
    rules.UNKNOWN_CODE: "{value} is no code that {column} may hold; correct it at the source",
    rules.NOT_A_NUMBER: "{value} is no number that {column} may hold (whole pupils, scores with two decimals)",
    rules.NOT_A_DATE: "{value} is no date; {column} wants a day that exists, as 20201001",
    rules.NEGATIVE: "{value} is below zero; {column} counts from 0",
    rules.MISSING_VALUE: "{column} is empty; fill it in at the source",
    rules.DUPLICATE_ROW: "is an exact copy of line {value}; the first one stays",
    rules.DOUBLE_ENROLMENT: "the pupil also counts on {value}; none of them counts until one is ended",
    rules.LEAVES_BEFORE_ENTRY: "{column} {value} lies before DATUM_IN; correct one of the two",
    rules.UNKNOWN_SCHOOL: "no board is known for {value}; deliver an address list or a change that names it",
}


def refusals_of(rows: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """Give each fault its line and the value that is wrong.

    Args:
        rows: the refused rows, with `index`, `line` and text columns.
        cases: `index`, `rule`, `column_name`, a row per fault.

    Returns:
        line, rule, column_name, value; values of personal columns are left out.
    """
    parts = [NO_REFUSALS]
    for column in sorted(set(cases["column_name"].to_list())):
        value = pl.lit("") if column in PERSONAL else pl.col(column)
        shown = rows.select("index", "line", value=value)
        parts.append(cases.filter(pl.col("column_name") == column).join(shown, on="index").select(*REFUSALS))
    return pl.concat(parts).sort("line", "column_name", "rule")


def with_messages(refusals: pl.DataFrame) -> pl.DataFrame:
    """Say each refusal in words.

    Args:
        refusals: line, rule, column_name, value.

    Returns:
        line, rule, column_name, message.
    """
    value = pl.format("'{}'", pl.col("value").str.head(SHOWN))
    plain = pl.col("rule").is_in([rules.DUPLICATE_ROW, rules.DOUBLE_ENROLMENT, rules.UNKNOWN_SCHOOL])
    shown = refusals.with_columns(value=pl.when(plain).then("value").otherwise(value))
    message = pl.lit(None, pl.String)
    for rule, words in _WORDS.items():
        message = pl.when(pl.col("rule") == rule).then(_fill(words)).otherwise(message)
    return shown.select("line", "rule", "column_name", message=message)


def _fill(words: str) -> pl.Expr:
    order = sorted((at, name) for name in ("value", "column") if (at := words.find("{" + name + "}")) >= 0)
    columns = {"value": "value", "column": "column_name"}
    template = words.replace("{value}", "{}").replace("{column}", "{}")
    return pl.format(template, *(pl.col(columns[name]) for _, name in order)) if order else pl.lit(words)
