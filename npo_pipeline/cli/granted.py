"""What was decided on applications for subsidies, as a person reads it and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from npo_pipeline.cli.show import euro, line, number, table

if TYPE_CHECKING:
    from npo_pipeline.commands.grant import Granted

SHOWN = 2
"""Reasons shown of each scheme and outcome before the rest is pointed at."""

OUTCOMES = ("granted", "reduced", "refused")


def show_grants(granted: Granted, rests_on: str | None) -> None:
    """Show how many applications got what, per scheme, and why the first ones did not get what they asked.

    Args:
        granted: what was decided.
        rests_on: what it rests on that is not published, where that was not said yet.
    """
    columns = ["scheme", "asked for", *OUTCOMES, "asked, euro", "granted, euro"]
    table("Subsidies", columns, by_scheme(granted.grants).rows())
    line(f"{euro(granted.total)} euro is granted. DUS-I pays it; it never comes in a payment run of this program")
    less = _less(granted.grants)
    first = less.group_by("scheme", "outcome", maintain_order=True).head(SHOWN)
    for scheme, outcome, brin, board, reason in first.iter_rows():
        line(f"  {scheme}, {outcome}: {brin} of board {board}: {reason}")
    if less.height > first.height:
        line(f"  and {number(less.height - first.height)} more: table grants")
    if rests_on:
        line(f"Not all of it is published. It rests on {rests_on}")


def grants_document(granted: Granted | None) -> dict[str, Any] | None:
    """What was decided on applications, for a JSON document; null where there were none."""
    if granted is None:
        return None
    return {
        "reference_date": granted.reference_date,
        "total": granted.total,
        "by_scheme": by_scheme(granted.grants).to_dicts(),
        "rests_on": granted.rests_on,
        "reasons": _less(granted.grants).group_by("scheme", "outcome", maintain_order=True).head(SHOWN).to_dicts(),
    }


def by_scheme(grants: pl.DataFrame) -> pl.DataFrame:
    """Per scheme: applications, granted, reduced, refused (how many), asked, amount (euro)."""
    counts = [(pl.col("outcome") == outcome).sum().cast(pl.Int64).alias(outcome) for outcome in OUTCOMES]
    asked = pl.col("amount_applied").sum().alias("asked")
    sums = grants.group_by("scheme").agg(
        pl.len().cast(pl.Int64).alias("applications"), *counts, asked, pl.col("amount").sum()
    )
    return sums.sort("scheme")


def _less(grants: pl.DataFrame) -> pl.DataFrame:
    """Those that did not get what they asked for."""
    less = grants.filter(pl.col("outcome") != "granted")
    return less.select("scheme", "outcome", "brin", "board", "reason")
