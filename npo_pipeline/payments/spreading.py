"""On what terms corrections are settled: what of them waits for a later month, and what is never taken back.

The terms are those of the regulation file (`settlement`), kept with each decision in the table `settling`.
"""

from __future__ import annotations

import polars as pl

from npo_pipeline.money import cumulative_share
from npo_pipeline.months import Month
from npo_pipeline.payments.settlement import KEY, KIND

TERMS = ["decision_id", *KIND, "sequence", "gap", "month", "corrections", "floor_zero"]


def deferred_corrections(
    month: Month, corrections: pl.DataFrame, terms: pl.DataFrame, latest: pl.DataFrame
) -> pl.DataFrame:
    """What of the corrections is spread over months after this one.

    What decisions changed together between two runs is one correction, and goes by the terms of the last of them.
    Where it is spread it is paid in equal parts over the months of payment that remained when it was decided:
    after j of R months round(correction x j / R) of it is paid, so that it adds up exactly. Nothing waits any more
    when no month remains, when the latest decision does not spread, or when its own last month has come; what
    waited when a decision did not spread was due at once, and is no part of what is spread since.

    Args:
        month: the month of the run.
        corrections: KEY, decision_id, gap, paid_until, amount_cents: what each decision changed of months that
            were run when it was taken. `gap`: the run before it.
        terms: TERMS, a row per month of payment of each kind, of all decisions.
        latest: decision_id of the latest ones.

    Returns:
        KEY, amount_cents: not to be paid yet (0 where what is to be paid and what is to come back cancel out),
        own_month: whether part of it may be of this month, which was run before the decision.
    """
    together = corrections.join(_spread(month, terms, latest), on=[*KIND, "gap"], how="inner")
    sums = together.group_by(*KEY, "gap", "last", "paid_until").agg(pl.col("amount_cents").sum())
    months = terms.select(*KIND, "month", last="decision_id")
    left = sums.join(months, on=[*KIND, "last"], how="inner").filter(pl.col("month") > pl.col("paid_until"))
    each = left.group_by(*KEY, "gap", "paid_until", "amount_cents").agg(
        months=pl.len(), done=(pl.col("month") <= month).sum()
    )
    reached = cumulative_share(pl.col("amount_cents"), pl.col("done"), pl.col("months"))
    later = each.with_columns(amount_cents=pl.col("amount_cents") - reached)
    return (
        later.filter(pl.col("amount_cents") != 0)
        .group_by(KEY)
        .agg(pl.col("amount_cents").sum(), own_month=(pl.col("paid_until") >= month).any())
    )


def _spread(month: Month, terms: pl.DataFrame, latest: pl.DataFrame) -> pl.DataFrame:
    """The gaps whose corrections are still spread in a month: KIND, gap, last (the decision whose terms hold)."""
    each = terms.group_by(*KIND, "decision_id", "sequence", "gap").agg(
        spread=(pl.col("corrections") == "spread").any(), ends=pl.col("month").max()
    )
    newest = each.join(latest.select("decision_id"), on="decision_id", how="semi")
    still = newest.filter(pl.col("ends") > month)
    gaps = each.filter(pl.col("sequence") == pl.col("sequence").max().over(*KIND, "gap"))
    plain = gaps.filter(~pl.col("spread")).group_by(KIND).agg(plain=pl.col("gap").max())
    since = gaps.join(still, on=KIND, how="semi").join(plain, on=KIND, how="left")
    # After the last gap that is not spread all are; where the latest decision does not spread there is none.
    held = since.filter(pl.col("plain").is_null() | (pl.col("gap") > pl.col("plain")))
    return held.select(*KIND, "gap", last="decision_id")


def floored_kinds(month: Month, terms: pl.DataFrame, latest: pl.DataFrame) -> pl.DataFrame:
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
