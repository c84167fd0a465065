"""What a school is entitled to in a school year: a quantity times a rate, rounded once."""

from __future__ import annotations

import polars as pl

from npo_pipeline.money import cents_of


def entitlements(quantities: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """Multiply every quantity by its rate.

    Rounded to the cent, half away from zero, once per vestiging, school type and component (contract,
    section 4; the rounding of DUO itself is not known: domain notes, 1.3).

    Args:
        quantities: vestiging, school_type, component, quantity_e2.
        rates: component, school_type, rate_e8, article.

    Returns:
        vestiging, school_type, component, quantity_e2, rate_e8, amount_cents, article, sorted by the
        first three.
    """
    rated = quantities.join(
        rates.select("component", "school_type", "rate_e8", "article"),
        on=["component", "school_type"],
        how="inner",
        validate="m:1",
    )
    amount = cents_of(pl.col("quantity_e2"), pl.col("rate_e8"))
    return (
        rated.with_columns(amount_cents=amount)
        .select("vestiging", "school_type", "component", "quantity_e2", "rate_e8", "amount_cents", "article")
        .sort("vestiging", "school_type", "component")
    )
