"""What a school is entitled to in a school year: a quantity times a rate, rounded once."""

from __future__ import annotations

import polars as pl

from npo_pipeline.money import cents_of


def entitlements(quantities: pl.DataFrame, rates: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Multiply every quantity by its rate.

    Rounded to the cent, half away from zero, once per vestiging, school type and component (contract,
    section 4; the rounding of DUO itself is not known: domain notes, 1.3).

    Args:
        quantities: vestiging, school_type, component, counted_e2, quantity_e2.
        rates: component, school_type, place, rate_e8, and what is said of them (article, status, ...).
        places: vestiging, place; a vestiging that is not named has the rates without a place.

    Returns:
        The quantities with the columns of their rate and amount_cents, sorted by vestiging, school_type and
        component. What has no rate is left out.
    """
    placed = quantities.join(places, on="vestiging", how="left")
    key = ["component", "school_type", "place"]
    rated = placed.join(rates, on=key, how="inner", nulls_equal=True, validate="m:1")
    amount = cents_of(pl.col("quantity_e2"), pl.col("rate_e8"))
    return rated.with_columns(amount_cents=amount).sort("vestiging", "school_type", "component")
