"""Refusals: what is wrong with which row, in words, and never a word about a pupil."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from npo_pipeline.files.harmless import visible
from schemas import rules

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
_WORDS = {
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

OF_BOARDS = {
    rules.UNKNOWN_CODE: "{column} {value} is no code that may stand there: CATEGORIE is A to F, NIVEAU school or "
    "bovenschools, yes and no J and N, a school year 2021-2022, a BRIN 01AB, a board 10001",
    rules.NOT_A_NUMBER: "{column} {value} is no number that may stand there: euros below a thousand million with "
    "at most two decimals, or a year",
    rules.NOT_A_DATE: "{column} {value} is no date; write a day that exists as 2021-11-30, and a year as 2021",
    rules.UNKNOWN_SCHOOL: "{column} {value} and never was; correct one of the two, or first deliver the address "
    "list or change that gives it the school",
}
"""Other words for the files that boards deliver themselves."""


def refusals_of(rows: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
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
    value = pl.format("'{}'", visible(pl.col("value")).str.head(SHOWN))
    plain = pl.col("rule").is_in([rules.DUPLICATE_ROW, rules.DOUBLE_ENROLMENT, rules.UNKNOWN_SCHOOL])
    shown = refusals.with_columns(value=pl.when(plain).then("value").otherwise(value))
    message = pl.lit(None, pl.String)
    for rule, words in {**_WORDS, **others}.items():
        message = pl.when(pl.col("rule") == rule).then(_fill(words)).otherwise(message)
    return shown.select("line", "rule", "column_name", message=message)


def _fill(words: str) -> pl.Expr:
    order = sorted((at, name) for name in ("value", "column") if (at := words.find("{" + name + "}")) >= 0)
    columns = {"value": "value", "column": "column_name"}
    template = words.replace("{value}", "{}").replace("{column}", "{}")
    return pl.format(template, *(pl.col(columns[name]) for _, name in order)) if order else pl.lit(words)
