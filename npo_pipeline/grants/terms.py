"""The terms of a subsidy as frames and expressions, and the pupils and schools that applications are judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from npo_pipeline.entitlements.rules import located
from npo_pipeline.intake.source_precedence import DeliveredData, UsedDeliveries, rows_of_deliveries, select_sources
from npo_pipeline.measures import PUPILS, SCORE
from npo_pipeline.money import cumulative_share, divide_half_away
from npo_pipeline.rulebook.fields import Cited, citation
from npo_pipeline.rulebook.load import caribbean_places
from npo_pipeline.rulebook.subsidy import Subsidy
from schemas.frames.money import GrantTerms, ListedSchools, SchoolPupils
from schemas.received import Applications, Completions, Deliveries, Schools

_RANKS = {"published": 0, "approximate": 1, "derived": 2, "unknown": 2}
"""Uncertainty by status. A decision without a ceiling that is not known is as unsure as one that is derived."""

_NULLABLE = {"rate_cents": pl.Int64, "ceiling_cents": pl.Int64, "needs": pl.String, "needs_article": pl.String}


def terms(subsidy: Subsidy) -> GrantTerms:
    """Return the terms of each window and group."""
    rows = [
        {
            "window_name": name,
            "sector": sector,
            **_amount(subsidy, "rate", group.per_pupil),
            **_amount(subsidy, "ceiling", window.ceilings[sector]),
            "days_rank": rank(window.days),
            "needs": needs.value if needs else None,
            "needs_article": citation(subsidy, needs) if needs else None,
            "needs_rank": rank(needs) if needs else 0,
        }
        for name, window in subsidy.windows.items()
        for needs in [window.only_while_left]
        for sector, group in subsidy.groups.items()
    ]
    return GrantTerms(pl.DataFrame(rows, schema_overrides=_NULLABLE))


def _amount(subsidy: Subsidy, name: str, amount: Cited[Decimal]) -> dict[str, Any]:
    """Return the columns of an amount of at most two decimals: its cents, article and uncertainty."""
    cents = None if amount.value is None else int(amount.value.scaleb(2))
    return {f"{name}_cents": cents, f"{name}_article": citation(subsidy, amount), f"{name}_rank": rank(amount)}


def window_on(subsidy: Subsidy, day: pl.Expr) -> pl.Expr:
    """Return the window a day falls in; null outside all of them."""
    found = [
        pl.when(day.is_between(window.days.value.first, window.days.value.last)).then(pl.lit(name))
        for name, window in subsidy.windows.items()
        if window.days.value
    ]
    return pl.coalesce(*found)


def part_of(pupils: pl.Expr, share: Fraction, rounding: str) -> pl.Expr:
    """Return a share of a number of pupils, in whole pupils, exactly."""
    top, bottom = pupils * share.numerator, share.denominator
    if rounding == "down":
        return top // bottom
    return -(-top // bottom) if rounding == "up" else divide_half_away(top, bottom)


def rank(value: Cited[Any]) -> int:
    """Return the uncertainty of a value: 0 published, 1 approximate, 2 derived or unknown."""
    return _RANKS[value.status]


def status_of(ranked: pl.Expr) -> pl.Expr:
    """Return the status of the least sure of the values that something rests on."""
    return ranked.replace_strict([0, 1, 2], ["published", "approximate", "derived"], return_dtype=pl.String)


APPLICATIONS, COMPLETIONS, LEERPLUS = "applications", "completions", "leerplus_schools"
"""Kinds of file, and the names of what they are used for."""

_COUNTED = tuple(source.name for source in (*PUPILS.sources, *SCORE.sources))


@dataclass(frozen=True, kw_only=True)
class GrantInputs:
    """Represent what a decision on applications rests on, besides the rules.

    `applications`, `completions`: of all schemes. `scored`, `leerplus`: schools that meet these conditions of the
    larger share. `left_out`: schools whose applications are not decided on. `schools`: the directory.
    """

    applications: Applications
    pupils: SchoolPupils
    scored: ListedSchools
    leerplus: ListedSchools
    left_out: ListedSchools
    completions: Completions
    schools: Schools


def choose_grant_deliveries(subsidy: Subsidy, live: Deliveries) -> dict[str, list[str]]:
    """Choose the deliveries that the grants of a scheme rest on: what they are used for -> delivery_ids.

    Counts are named after the scheme (`iop_pupils_po`), because other rules of the same decision may count on
    another day.

    Args:
        subsidy: the rules.
        live: the deliveries that nothing superseded.

    Raises:
        Refused: the reference date is not known.
    """
    day = subsidy.reference_date.known(f"the reference date of {subsidy.scheme}")
    chosen = select_sources(Deliveries(live.filter(pl.col("reference_date") == day)))
    counted = {_used_for(subsidy, what): chosen[what] for what in _COUNTED if what in chosen}
    kinds = [APPLICATIONS]
    if subsidy.completion:
        kinds.append(COMPLETIONS)
    if any("leerplus" in subsidy.conditions(group) for group in subsidy.groups):
        kinds.append(LEERPLUS)
    listed = {kind: live.filter(pl.col("kind") == kind)["delivery_id"].sort().to_list() for kind in kinds}
    return {**counted, **{kind: names for kind, names in listed.items() if names}}


def grant_inputs(subsidy: Subsidy, used: UsedDeliveries, data: DeliveredData) -> GrantInputs:
    """Select what the used deliveries hold.

    Args:
        subsidy: the rules.
        used: as `choose_grant_deliveries` returns it; those of other schemes may be among them.
        data: what can be decided upon, with the schools as they are, or were, known.
    """
    po, vo, scored = (used.get(_used_for(subsidy, what), []) for what in _COUNTED)
    brin = pl.col("vestiging").str.head(4).alias("brin")
    counts, scores = rows_of_deliveries(data.counts, [*po, *vo]), rows_of_deliveries(data.scores, scored)
    pupils = counts.group_by("vestiging", "school_type").agg(pl.col("pupils").sum()).filter(pl.col("pupils") > 0)
    summed = scores.group_by(brin).agg(pl.col("score").sum()).filter(pl.col("score") > 0)
    leerplus = rows_of_deliveries(data.leerplus, used.get(LEERPLUS, [])).filter("leerplus")
    brins = summed.select("brin").sort("brin")
    return GrantInputs(
        applications=Applications(rows_of_deliveries(data.applications, used.get(APPLICATIONS, []))),
        pupils=SchoolPupils(pupils.sort("vestiging", "school_type")),
        scored=ListedSchools(brins),
        leerplus=ListedSchools(leerplus.select("brin").unique().sort("brin")),
        left_out=_caribbean_schools(data) if subsidy.left_out else ListedSchools(brins.clear()),
        completions=Completions(rows_of_deliveries(data.completions, used.get(COMPLETIONS, []))),
        schools=data.schools,
    )


def _caribbean_schools(data: DeliveredData) -> ListedSchools:
    """Return the schools of Caribisch Nederland that are known."""
    # An application names a BRIN; any vestiging of it will do here.
    named = pl.concat([data.schools["vestiging"], data.applications["brin"]])
    found = located(named, data.schools, caribbean_places())
    return ListedSchools(found.select(brin=pl.col("vestiging").str.head(4)).unique().sort("brin"))


def _used_for(subsidy: Subsidy, what: str) -> str:
    return f"{subsidy.scheme.lower()}_{what}"


def running_share(cents: pl.Expr, numerator: pl.Expr, denominator: pl.Expr, over: Sequence[str]) -> pl.Expr:
    """Return the share of each amount as a difference of rounded running totals, so that the sum is exact.

    Args:
        cents: amounts.
        numerator: of the share, the same for all rows that are totalled together; at most the denominator, so that
            none gets more than its amount.
        denominator: of the share, above 0.
        over: columns of which the rows with the same values are totalled together.
    """
    until = cents.cum_sum().over(over)
    return cumulative_share(until, numerator, denominator) - cumulative_share(
        until - cents, numerator, denominator
    )
