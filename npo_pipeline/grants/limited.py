"""How much a school may get: a share of its pupils times the amount per pupil, and never more than asked."""

from __future__ import annotations

import polars as pl

from npo_pipeline.grants.terms import part_of
from npo_pipeline.money import to_cents
from npo_pipeline.regulations.subsidies.model import Subsidy

NOTHING = "nothing"


def limited(subsidy: Subsidy, applied: pl.DataFrame) -> pl.DataFrame:
    """Work out what each application can come to, before any ceiling.

    Args:
        subsidy: the rules.
        applied: what `admitted` gives.

    Returns:
        The applications with is_raised, most_pupils (the share of the school's pupils), pupils_allowed,
        most_cents (those times the amount per pupil), asked_cents and allowed_cents: the lower of the two, and
        0 where `stop` is set. An application that comes to nothing is stopped. All three are null where the
        amount per pupil of its group is not known.
    """
    share, rounding = subsidy.share.known("the share of pupils"), subsidy.rounding.known("the rounding")
    raised = subsidy.raised.share.value if subsidy.raised else None
    has_score = subsidy.raised and "score" in [one.value for one in subsidy.raised.when]
    is_raised = pl.col("has_score") if raised and has_score else pl.lit(False)
    ordinary = part_of(pl.col("counted"), share, rounding)
    most = pl.when(is_raised).then(part_of(pl.col("counted"), raised or share, rounding)).otherwise(ordinary)
    worked = (
        applied.with_columns(is_raised=is_raised, most_pupils=most, asked_cents=to_cents(pl.col("amount")))
        .with_columns(pupils_allowed=pl.min_horizontal("pupils", "most_pupils"))
        .with_columns(most_cents=pl.col("pupils_allowed") * pl.col("rate_cents"))
    )
    lower = pl.min_horizontal("most_cents", "asked_cents")
    free, known = pl.col("stop").is_null(), pl.col("rate_cents").is_not_null()
    comes_to = pl.when(free & known).then(lower).when(~free).then(pl.lit(0))
    found = worked.with_columns(allowed_cents=comes_to)
    nothing = free & (pl.col("allowed_cents") == 0)
    return found.with_columns(stop=pl.when(nothing).then(pl.lit(NOTHING)).otherwise("stop"))
