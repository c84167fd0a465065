"""Ceilings: what is available in a window goes to the applications in order of receipt, until it is gone."""

from __future__ import annotations

import polars as pl

from npo_pipeline.regulations.subsidies.model import Subsidy

CLOSED, FULL = "closed", "full"


def under_ceilings(subsidy: Subsidy, allowed: pl.DataFrame) -> pl.DataFrame:
    """Share out the ceilings.

    A ceiling that is not known is not applied, and counts as not reached.

    Args:
        subsidy: the rules.
        allowed: in order of receipt: window_name, sector, ceiling_cents, allowed_cents, stop, ...

    Returns:
        The applications with amount_cents: what they are given, 0 where `stop` is set.
    """
    closed = _closed(subsidy, allowed)
    shut = allowed.join(closed, on=["window_name", "sector"], how="left", maintain_order="left")
    is_shut = pl.col("stop").is_null() & pl.col("closed").fill_null(False)
    open_ones = shut.with_columns(stop=pl.when(is_shut).then(pl.lit(CLOSED)).otherwise("stop"))
    whole = pl.col("allowed_cents").cum_sum().over("window_name", "sector")
    before = whole - pl.col("allowed_cents")
    ceiling = pl.col("ceiling_cents")
    given = pl.min_horizontal(whole, ceiling) - pl.min_horizontal(before, ceiling)
    amount = pl.when(ceiling.is_null()).then("allowed_cents").otherwise(given)
    shared = open_ones.with_columns(amount_cents=pl.when(pl.col("stop").is_null()).then(amount).otherwise(0))
    full = pl.col("stop").is_null() & (pl.col("amount_cents") == 0)
    return shared.with_columns(stop=pl.when(full).then(pl.lit(FULL)).otherwise("stop")).drop("closed")


def _closed(subsidy: Subsidy, allowed: pl.DataFrame) -> pl.DataFrame:
    """The windows that are closed for a group: window_name, sector, closed. Looks once per window and group."""
    asked = {
        (window, sector): cents
        for window, sector, cents in allowed.filter(pl.col("stop").is_null())
        .group_by("window_name", "sector")
        .agg(pl.col("allowed_cents").sum())
        .iter_rows()
    }
    gone: dict[tuple[str, str], bool] = {}
    rows: list[tuple[str, str, bool]] = []
    for name, window in subsidy.windows.items():
        for sector in subsidy.groups:
            needs, ceiling = window.only_while_left, window.ceilings[sector].value
            closed = bool(needs and needs.value and gone[needs.value, sector])
            reached = ceiling is not None and asked.get((name, sector), 0) >= ceiling * 100
            gone[name, sector] = closed or reached
            rows.append((name, sector, closed))
    schema = {"window_name": pl.String, "sector": pl.String, "closed": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")
