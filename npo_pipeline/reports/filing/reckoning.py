"""Do the figures of a filing add up: over a year, over parts, over schools, and between one figure and another?"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from npo_pipeline.money import divide_half_away, to_cents
from npo_pipeline.reports.filing.concepts import BY_NAME, CALCULATIONS, CONCEPTS, INTERVENTION, LEVEL
from npo_pipeline.reports.filing.faults import faulty, together
from npo_pipeline.reports.filing.members import TOP

_MONEY = [one.name for one in CONCEPTS if one.kind == "money"]
_SPLIT = pl.col("member").is_not_null() | pl.col("level").is_not_null()
_SCHOOL = ["board", "brin"]


def reckoning_faults(facts: pl.DataFrame) -> pl.DataFrame:
    """Faults of sums and comparisons.

    Args:
        facts: a fact frame (FACTS) in which every fact is one that a filing may hold.

    Returns:
        FAULTS.
    """
    money = facts.filter(pl.col("concept").is_in(_MONEY)).with_columns(
        cents=to_cents(pl.col("value").cast(pl.Decimal(38, 2)))
    )
    wide = _wide(money)
    return together(
        [
            *_within_one_place(wide),
            _shares(facts, wide),
            _external(money),
            *_parts(money),
            _schools(money),
            _numbers(facts),
            _statuses(facts),
        ]
    )


def _wide(money: pl.DataFrame) -> pl.DataFrame:
    """One row per board and per school, a column per figure: `Received`, and `start` and `end` of the balance."""
    balance = BY_NAME["CarriedOver"].name
    named = pl.when(pl.col("concept") == balance).then("period").otherwise("concept")
    whole = money.filter(~_SPLIT).with_columns(figure=named)
    names = [*[name for name in _MONEY if name != balance], "start", "end"]
    chosen = [pl.col("cents").filter(pl.col("figure") == name).first().alias(name) for name in names]
    return whole.group_by(_SCHOOL).agg(chosen)


def _within_one_place(wide: pl.DataFrame) -> Iterator[pl.DataFrame]:
    rolled = pl.col("start") + pl.col("Received") - pl.col("Spent")
    yield faulty(wide.filter(pl.col("end") != rolled), "roll_forward", pl.lit("CarriedOver"))
    for total, parts in CALCULATIONS:
        added = pl.sum_horizontal(pl.col(name) * weight for name, weight in parts)
        yield faulty(wide.filter(pl.col(total) != added), "calculation", pl.lit(total))


def _shares(facts: pl.DataFrame, wide: pl.DataFrame) -> pl.DataFrame:
    """A share stands where something was spent, and is what was external of it, to four decimals."""
    told = facts.filter(pl.col("concept") == "ExternalShare").select(*_SCHOOL, "value")
    both = wide.join(told, on=_SCHOOL, how="left", nulls_equal=True)
    spent = pl.when(pl.col("Spent") > 0).then("Spent")
    due = divide_half_away(pl.col("SpentExternal").cast(pl.Int128) * 10_000, spent)
    said = pl.col("value").str.replace(".", "", literal=True).cast(pl.Int64)
    return faulty(both.filter(due.ne_missing(said)), "external_share", pl.lit("ExternalShare"))


def _external(money: pl.DataFrame) -> pl.DataFrame:
    key = [*_SCHOOL, "member", "level"]
    spent = money.filter(pl.col("concept") == "Spent").select(*key, spent="cents")
    external = money.filter(pl.col("concept") == "SpentExternal")
    both = external.join(spent, on=key, how="left", nulls_equal=True)
    return faulty(both.filter(pl.col("cents") > pl.col("spent").fill_null(0)), "external_above_spent")


def _parts(money: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Categories and `X`, interventions and `X`, and levels each add up to the whole."""
    is_top = pl.col("member").is_in(TOP)
    of_category = is_top
    of_intervention = (~is_top | (pl.col("member") == "X")).fill_null(False)
    of_level = pl.col("level").is_not_null()
    splits = (
        ("sum_of_categories", INTERVENTION, of_category),
        ("sum_of_interventions", INTERVENTION, of_intervention),
        ("sum_of_levels", LEVEL, of_level),
    )
    for fault, axis, these in splits:
        names = [one.name for one in CONCEPTS if axis in one.by]
        of_axis = money.filter(pl.col("concept").is_in(names))
        added = of_axis.filter(these).group_by(*_SCHOOL, "concept").agg(added=pl.col("cents").sum())
        whole = of_axis.filter(~_SPLIT)
        both = whole.join(added, on=[*_SCHOOL, "concept"], how="left", nulls_equal=True)
        yield faulty(both.filter(pl.col("cents") != pl.col("added").fill_null(0)), fault)


def _schools(money: pl.DataFrame) -> pl.DataFrame:
    key = ["board", "concept", "member", "level", "period"]
    of_board = pl.col("brin").is_null()
    sums = money.group_by(key).agg(
        board_cents=pl.col("cents").filter(of_board).sum(), school_cents=pl.col("cents").filter(~of_board).sum()
    )
    return faulty(sums.filter(pl.col("board_cents") != pl.col("school_cents")), "sum_of_schools")


def _numbers(facts: pl.DataFrame) -> pl.DataFrame:
    named = facts.filter(pl.col("concept") == "BoardNumber")
    return faulty(named.filter(pl.col("value") != pl.col("board")), "board_number")


def _statuses(facts: pl.DataFrame) -> pl.DataFrame:
    errors = facts.filter(pl.col("concept") == "Errors").select("board", errors=pl.col("value").cast(pl.Int64) > 0)
    told = facts.filter(pl.col("concept") == "ReportStatus").join(errors, on="board")
    with_errors = pl.col("value") == BY_NAME["ReportStatus"].choices[1]
    return faulty(told.filter(with_errors != pl.col("errors")), "report_status")
