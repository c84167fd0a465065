"""Reasons of grants: a sentence on why each was granted, reduced or refused, the article, and how sure that is."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

import polars as pl

from npo_pipeline.grants.eligibility import (
    CLOSED,
    FULL,
    NOT_BOARD_OF_SCHOOL,
    NOTHING,
    OUTSIDE,
    SECOND_APPLICATION,
    UNCOUNTED,
)
from npo_pipeline.grants.terms import rank, status_of
from npo_pipeline.money import to_euro
from npo_pipeline.rulebook.subsidy import Subsidy
from schemas.frames.money import GrantedApplications, ReasonedApplications

Cases: TypeAlias = list[tuple[pl.Expr, pl.Expr]]
"""Conditions with what holds under each; the first that is met counts."""


def add_reasons(subsidy: Subsidy, given: GrantedApplications) -> ReasonedApplications:
    """Add `reason`, `article` and `status`."""
    return ReasonedApplications(
        given.with_columns(
            reason=_first_match(_refusals(subsidy), _calculation(subsidy)),
            article=_first_match(_articles(subsidy), pl.col("rate_article")),
            status=status_of(_first_match(_ranks(subsidy), _calculation_rank(subsidy))),
        )
    )


def _refusals(subsidy: Subsidy) -> Cases:
    """Return the sentence of each rule that refuses."""
    per = subsidy.one_application_per.value
    whose = pl.col("brin") if per == "school" else pl.format("board {}", "board")
    day = str(subsidy.reference_date.value)
    spans = [
        f"{one.days.value.first} to {one.days.value.last}" for one in subsidy.windows.values() if one.days.value
    ]
    holders = pl.col("boards").list.join(" and ")
    not_held = pl.format("{} was not of board {} on {}", "brin", "board", "applied_on")
    return [
        (_stop(OUTSIDE), pl.format("applied on {}, outside {}", "applied_on", pl.lit(" and ".join(spans)))),
        (
            _stop(NOT_BOARD_OF_SCHOOL),
            pl.when(holders.is_null())
            .then(pl.format("{}: no board is known for it", not_held))
            .otherwise(pl.format("{} but of {}", not_held, holders)),
        ),
        (_stop(UNCOUNTED), pl.format("no pupils of {} are counted on {}", "brin", pl.lit(day))),
        (
            _stop(SECOND_APPLICATION),
            pl.format(
                "{} applied in window {} already, on {}; one application counts", whose, "window_name", "first_on"
            ),
        ),
        (_stop(NOTHING), _nothing(subsidy)),
        (
            _stop(CLOSED),
            pl.format(
                "window {} is open to {} only while money of window {} is left, and none was",
                "window_name",
                "sector",
                "needs",
            ),
        ),
        (_stop(FULL), pl.format("nothing was left {}", _of_ceiling())),
    ]


def _nothing(subsidy: Subsidy) -> pl.Expr:
    """Return why an application comes to nothing."""
    share = pl.format("{} of {} pupils on {} is no whole pupil", *_share_of(subsidy))
    return (
        pl.when(pl.col("asked_cents") == 0)
        .then(pl.lit("asks for no money"))
        .when(pl.col("pupils") == 0)
        .then(pl.lit("asks for no pupils"))
        .otherwise(share)
    )


def _calculation(subsidy: Subsidy) -> pl.Expr:
    """Return the calculation of what was granted, in full or in part."""
    sum_of = pl.format("{} pupils x {} = {}", "pupils_allowed", _euro("rate_cents"), _euro("most_cents"))
    too_many = pl.format(
        "asks for {} pupils, and {} of {} pupils on {} allows {}; ", "pupils", *_share_of(subsidy), "most_pupils"
    )
    pupils = pl.when(_over_share()).then(too_many).otherwise(pl.lit(""))
    asked = (
        pl.when(pl.col("asked_cents") == pl.col("most_cents"))
        .then(pl.lit(""))
        .otherwise(pl.format(", and it asks {}", _euro("asked_cents")))
    )
    ceiling = (
        pl.when(_at_ceiling())
        .then(pl.format("; {} was left {}", _euro("amount_cents"), _of_ceiling()))
        .otherwise(pl.lit(""))
    )
    return pl.concat_str(pupils, sum_of, asked, ceiling)


def _articles(subsidy: Subsidy) -> Cases:
    """Return the article of each rule that refuses or reduces."""
    share = _by_share(subsidy.share.where, subsidy.raised.share.where if subsidy.raised else "")
    windows = "; ".join(one.days.where for one in subsidy.windows.values())
    ceiling = pl.format("{}; {}", "ceiling_article", pl.lit(subsidy.at_the_ceiling.where))
    return [
        (_stop(OUTSIDE), pl.lit(windows)),
        (_stop(NOT_BOARD_OF_SCHOOL), pl.lit(subsidy.applicant.where)),
        (_stop(UNCOUNTED), pl.lit(subsidy.reference_date.where)),
        (_stop(SECOND_APPLICATION), pl.lit(subsidy.one_application_per.where)),
        (_stop(CLOSED), pl.col("needs_article")),
        (_stop(FULL) | _at_ceiling(), ceiling),
        (_stop(NOTHING) | _over_share(), share),
    ]


def _ranks(subsidy: Subsidy) -> Cases:
    """Return the uncertainty of each rule that refuses."""
    windows = max(rank(one.days) for one in subsidy.windows.values())
    counted = rank(subsidy.reference_date)
    share = max(rank(subsidy.rounding), counted)
    return [
        (_stop(OUTSIDE), pl.lit(windows)),
        (_stop(NOT_BOARD_OF_SCHOOL), pl.lit(rank(subsidy.applicant))),
        (_stop(UNCOUNTED), pl.lit(counted)),
        (_stop(SECOND_APPLICATION), pl.lit(rank(subsidy.one_application_per))),
        (_stop(NOTHING), pl.max_horizontal(_share_rank(subsidy), pl.lit(share))),
        (_stop(CLOSED), pl.col("needs_rank")),
        (_stop(FULL), pl.max_horizontal("ceiling_rank", pl.lit(rank(subsidy.at_the_ceiling)))),
    ]


def _calculation_rank(subsidy: Subsidy) -> pl.Expr:
    """Return the uncertainty of an amount: that of the least sure of the values it was calculated with."""
    counted = pl.lit(rank(subsidy.reference_date))
    rounding = pl.when(_over_share()).then(pl.lit(rank(subsidy.rounding))).otherwise(0)
    order = pl.when(_at_ceiling()).then(pl.lit(rank(subsidy.at_the_ceiling))).otherwise(0)
    return pl.max_horizontal(
        "days_rank", "rate_rank", "ceiling_rank", _share_rank(subsidy), counted, rounding, order
    )


def _share_of(subsidy: Subsidy) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Return a share of so many pupils on a day, as three parts of a sentence."""
    raised = subsidy.raised.share.value if subsidy.raised else None
    share = _by_share(_percentage(subsidy.share.value), _percentage(raised))
    return share, pl.col("counted"), pl.lit(str(subsidy.reference_date.value))


def _share_rank(subsidy: Subsidy) -> pl.Expr:
    return _by_share(rank(subsidy.share), rank(subsidy.raised.share) if subsidy.raised else 0)


def _by_share(ordinary: str | int, raised: str | int) -> pl.Expr:
    return pl.when(pl.col("is_raised")).then(pl.lit(raised)).otherwise(pl.lit(ordinary))


def _percentage(share: Fraction | None) -> str:
    """Render a share as a percentage; as a fraction where it is no whole one."""
    hundredths = (share or Fraction(0)) * 100
    return f"{hundredths}%" if hundredths.denominator == 1 else str(share)


def _of_ceiling() -> pl.Expr:
    return pl.format("of the ceiling of {} for {} in window {}", _euro("ceiling_cents"), "sector", "window_name")


def _over_share() -> pl.Expr:
    return pl.col("pupils") > pl.col("most_pupils")


def _at_ceiling() -> pl.Expr:
    return pl.col("stop").is_null() & (pl.col("amount_cents") < pl.col("allowed_cents"))


def _stop(rule: str) -> pl.Expr:
    return pl.col("stop").eq_missing(pl.lit(rule))


def _euro(cents: str) -> pl.Expr:
    return to_euro(pl.col(cents)).cast(pl.String)


def _first_match(cases: Cases, otherwise: pl.Expr) -> pl.Expr:
    """Return the value of the first condition that is met."""
    for condition, value in reversed(cases):
        otherwise = pl.when(condition).then(value).otherwise(otherwise)
    return otherwise
