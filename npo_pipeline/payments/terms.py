"""On what terms corrections are settled: what of them waits for a later month, and what is never taken back.

The terms are those of the regulation file (`settlement`), kept with each decision in the table `settling`.
"""

from __future__ import annotations

import polars as pl

from npo_pipeline.money import cumulative_share
from npo_pipeline.months import Month
from npo_pipeline.payments.settlement import KEY, KIND

TERMS = ["decision_id", *KIND, "month", "corrections", "floor_zero"]


def waiting(month: Month, corrections: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """What of the corrections is spread over months after this one.

    A correction that is spread is paid in equal parts over the months of payment that remained when it was
    decided: after j of R months round(correction x j / R) of it is paid, so that it adds up exactly. Where none
    remains it does not wait.

    Args:
        month: the month of the run.
        corrections: KEY, decision_id, paid_until, amount_cents: what each decision changed of months that were
            paid when it was taken.
        terms: TERMS, a row per month of payment of each kind, of all decisions.

    Returns:
        KEY, amount_cents: not to be paid yet (0 where what is to be paid and what is to come back cancel out),
        own_month: whether part of it may be of this month, which was run before the decision.
    """
    spread = terms.filter(pl.col("corrections") == "spread").select("decision_id", *KIND, "month")
    left = corrections.join(spread, on=["decision_id", *KIND], how="inner").filter(
        pl.col("month") > pl.col("paid_until")
    )
    each = left.group_by(*KEY, "decision_id", "paid_until", "amount_cents").agg(
        months=pl.len(), done=(pl.col("month") <= month).sum()
    )
    reached = cumulative_share(pl.col("amount_cents"), pl.col("done"), pl.col("months"))
    later = each.with_columns(amount_cents=pl.col("amount_cents") - reached)
    return (
        later.filter(pl.col("amount_cents") != 0)
        .group_by(KEY)
        .agg(pl.col("amount_cents").sum(), own_month=(pl.col("paid_until") >= month).any())
    )


def floors(month: Month, terms: pl.DataFrame, latest: pl.DataFrame) -> pl.DataFrame:
    """The kinds that never take back in this month more than they pay: KIND.

    After the last month of payment of a kind there is nothing to wait for: what is left is claimed.

    Args:
        month: the month of the run.
        terms: TERMS of all decisions.
        latest: decision_id of the latest ones.
    """
    mine = terms.join(latest.select("decision_id"), on="decision_id", how="semi")
    floored = mine.filter(pl.col("floor_zero") == "yes").group_by(KIND).agg(last=pl.col("month").max())
    return floored.filter(pl.col("last") >= month).select(KIND)
