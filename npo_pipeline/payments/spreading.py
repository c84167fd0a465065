"""The terms on which corrections are settled: those that wait for a later month, and those never taken back.

The terms are those of the regulation file (`settlement`), kept with each decision in the table `settling`.
"""

from __future__ import annotations

import polars as pl

from npo_pipeline.money import cumulative_share
from npo_pipeline.months import Month
from npo_pipeline.payments.settlement import KIND, SERIES
from schemas.frames.money import Corrections, DecisionsInForce, Deferred, Kinds, SettlementCalendar


def deferred_corrections(
    month: Month, corrections: Corrections, calendar: SettlementCalendar, in_force: DecisionsInForce
) -> Deferred:
    """Return the part of corrections that is spread over months after this one.

    What decisions changed together between two runs is one correction, and goes by the terms of the last of them.
    Where it is spread it is paid in equal parts over the months of payment that remained when it was decided:
    after j of R months round(correction x j / R) of it is paid, so that it adds up exactly. Nothing waits any more
    when no month remains, when the latest decision does not spread, or when its own last month has come; what
    waited when a decision did not spread was due at once, and is no part of what is spread since.

    Args:
        month: the month of the run.
        corrections: what each decision changed of months that were run when it was taken.
        calendar: the terms of all decisions.
        in_force: the latest ones.

    Returns:
        Amounts not to be paid yet: 0 where what is to be paid and what is to come back cancel out.
    """
    together = corrections.join(_spread_corrections(month, calendar, in_force), on=[*KIND, "after_run"])
    sums = together.group_by(*SERIES, "after_run", "last", "paid_until").agg(pl.col("amount_cents").sum())
    months = calendar.select(*KIND, "month", last="decision_id")
    left = sums.join(months, on=[*KIND, "last"]).filter(pl.col("month") > pl.col("paid_until"))
    each = left.group_by(*SERIES, "after_run", "paid_until", "amount_cents").agg(
        months=pl.len(), done=(pl.col("month") <= month).sum()
    )
    reached = cumulative_share(pl.col("amount_cents"), pl.col("done"), pl.col("months"))
    later = each.with_columns(amount_cents=pl.col("amount_cents") - reached)
    return Deferred(
        later.filter(pl.col("amount_cents") != 0)
        .group_by(SERIES)
        .agg(pl.col("amount_cents").sum(), own_month=(pl.col("paid_until") >= month).any())
    )


def _spread_corrections(month: Month, calendar: SettlementCalendar, in_force: DecisionsInForce) -> pl.DataFrame:
    """Select the corrections that are still spread in a month, by the payment run they came after.

    Returns:
        KIND, after_run, last (the decision of those after that run whose terms count).
    """
    each = calendar.group_by(*KIND, "decision_id", "sequence", "after_run").agg(
        spread=(pl.col("corrections") == "spread").any(), ends=pl.col("month").max()
    )
    newest = each.join(in_force.select("decision_id"), on="decision_id", how="semi")
    still = newest.filter(pl.col("ends") > month)
    last = each.filter(pl.col("sequence") == pl.col("sequence").max().over(*KIND, "after_run"))
    at_once = last.filter(~pl.col("spread")).group_by(KIND).agg(at_once=pl.col("after_run").max())
    since = last.join(still, on=KIND, how="semi").join(at_once, on=KIND, how="left")
    # After the last one that is not spread all are; where the latest decision does not spread there is none.
    spread = since.filter(pl.col("at_once").is_null() | (pl.col("after_run") > pl.col("at_once")))
    return spread.select(*KIND, "after_run", last="decision_id")


def floored_kinds(month: Month, calendar: SettlementCalendar, in_force: DecisionsInForce) -> Kinds:
    """Return the kinds that never take back in this month more than they pay.

    After the last month of payment of a kind there is nothing to wait for: what is left is claimed.

    Args:
        month: the month of the run.
        calendar: the terms of all decisions.
        in_force: the latest ones.
    """
    mine = calendar.join(in_force.select("decision_id"), on="decision_id", how="semi")
    floored = mine.filter(pl.col("floor_zero") == "yes").group_by(KIND).agg(last=pl.col("month").max())
    return Kinds(floored.filter(pl.col("last") >= month).select(KIND))
