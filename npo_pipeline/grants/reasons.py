"""Reasons of grants: a sentence on why each was granted, reduced or refused, the article, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

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
from npo_pipeline.rulebook.fields import citation
from npo_pipeline.rulebook.subsidy import Subsidy
from schemas.frames.money import GrantedApplications, ReasonedApplications


def _euro(cents: str) -> pl.Expr:
    return to_euro(pl.col(cents)).cast(pl.String)


_OVER_SHARE = pl.col("pupils") > pl.col("most_pupils")
_AT_CEILING = pl.col("stop").is_null() & (pl.col("amount_cents") < pl.col("allowed_cents"))
_OF_CEILING = pl.format(
    "of the ceiling of {} for {} in window {}", _euro("ceiling_cents"), "sector", "window_name"
)


class _Refusal(NamedTuple):
    """Represent why a rule refuses: the sentence, its article, and the uncertainty of the rule."""

    reason: pl.Expr
    article: pl.Expr
    rank: pl.Expr


def add_reasons(subsidy: Subsidy, given: GrantedApplications) -> ReasonedApplications:
    """Add `reason`, `article` and `status`."""
    refusals = _refusals(subsidy)
    reduced = pl.when(_AT_CEILING).then(refusals[FULL].article).when(_OVER_SHARE).then(refusals[NOTHING].article)
    return ReasonedApplications(
        given.with_columns(
            reason=_by_stop(refusals, "reason", _calculation(subsidy)),
            article=_by_stop(refusals, "article", reduced.otherwise("rate_article")),
            status=status_of(_by_stop(refusals, "rank", _calculation_rank(subsidy))),
        )
    )


def _by_stop(refusals: Mapping[str, _Refusal], part: str, otherwise: pl.Expr) -> pl.Expr:
    """Return a part of the refusal of an application, or what holds where nothing refuses it."""
    for stop, refusal in refusals.items():
        otherwise = pl.when(pl.col("stop") == stop).then(getattr(refusal, part)).otherwise(otherwise)
    return otherwise


def _refusals(subsidy: Subsidy) -> dict[str, _Refusal]:
    """Return the refusal of each value of `stop`."""
    per, counted, share = subsidy.one_application_per, subsidy.reference_date, subsidy.share
    whose = pl.col("brin") if per.value == "school" else pl.format("board {}", "board")
    windows = [one.days for one in subsidy.windows.values()]
    spans = " and ".join(f"{one.value.first} to {one.value.last}" for one in windows if one.value)
    holders = pl.col("boards").list.join(" and ")
    not_held = pl.format("{} was not of board {} on {}", "brin", "board", "applied_on")
    return {
        OUTSIDE: _Refusal(
            pl.format("applied on {}, outside {}", "applied_on", pl.lit(spans)),
            pl.lit("; ".join(citation(subsidy, one) for one in windows)),
            pl.lit(max(rank(one) for one in windows)),
        ),
        NOT_BOARD_OF_SCHOOL: _Refusal(
            pl.when(holders.is_null())
            .then(pl.format("{}: no board is known for it", not_held))
            .otherwise(pl.format("{} but of {}", not_held, holders)),
            pl.lit(citation(subsidy, subsidy.applicant)),
            pl.lit(rank(subsidy.applicant)),
        ),
        UNCOUNTED: _Refusal(
            pl.format("no pupils of {} are counted on {}", "brin", pl.lit(str(counted.value))),
            pl.lit(citation(subsidy, counted)),
            pl.lit(rank(counted)),
        ),
        SECOND_APPLICATION: _Refusal(
            pl.format(
                "{} applied in window {} already, on {}; one application counts", whose, "window_name", "first_on"
            ),
            pl.lit(citation(subsidy, per)),
            pl.lit(rank(per)),
        ),
        NOTHING: _Refusal(
            _nothing(subsidy),
            _by_share(citation(subsidy, share), citation(subsidy, subsidy.raised.share) if subsidy.raised else ""),
            pl.max_horizontal(_share_rank(subsidy), pl.lit(max(rank(subsidy.rounding), rank(counted)))),
        ),
        CLOSED: _Refusal(
            pl.format(
                "window {} is open to {} only while money of window {} is left, and none was",
                "window_name",
                "sector",
                "needs",
            ),
            pl.col("needs_article"),
            pl.col("needs_rank"),
        ),
        FULL: _Refusal(
            pl.format("nothing was left {}", _OF_CEILING),
            pl.format("{}; {}", "ceiling_article", pl.lit(citation(subsidy, subsidy.at_the_ceiling))),
            pl.max_horizontal("ceiling_rank", pl.lit(rank(subsidy.at_the_ceiling))),
        ),
    }


def _nothing(subsidy: Subsidy) -> pl.Expr:
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
    pupils = pl.when(_OVER_SHARE).then(too_many).otherwise(pl.lit(""))
    asked = (
        pl.when(pl.col("asked_cents") == pl.col("most_cents"))
        .then(pl.lit(""))
        .otherwise(pl.format(", and it asks {}", _euro("asked_cents")))
    )
    ceiling = (
        pl.when(_AT_CEILING)
        .then(pl.format("; {} was left {}", _euro("amount_cents"), _OF_CEILING))
        .otherwise(pl.lit(""))
    )
    return pl.concat_str(pupils, sum_of, asked, ceiling)


def _calculation_rank(subsidy: Subsidy) -> pl.Expr:
    """Return the uncertainty of an amount: that of the least sure of the values it was calculated with."""
    counted = pl.lit(rank(subsidy.reference_date))
    rounding = pl.when(_OVER_SHARE).then(rank(subsidy.rounding)).otherwise(0)
    order = pl.when(_AT_CEILING).then(rank(subsidy.at_the_ceiling)).otherwise(0)
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
