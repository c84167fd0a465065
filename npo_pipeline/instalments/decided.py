"""A whole decision, worked out: entitlements and instalments of every school under the rules of a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from npo_pipeline.counts.precedence import CUMI, PUPILS_PO, PUPILS_VO, SCORES
from npo_pipeline.counts.schools import board_on
from npo_pipeline.entitlements import entitlements
from npo_pipeline.instalments import instalments
from npo_pipeline.money import to_euro, to_quantity, to_rate
from npo_pipeline.months import first_day
from npo_pipeline.rules.quantities import quantities

ENTITLED = [
    "school_year",
    "board",
    "brin",
    "vestiging",
    "school_type",
    "component",
    "quantity",
    "rate",
    "amount",
    "article",
]
INSTALLED = ["school_year", "vestiging", "school_type", "component", "month", "amount"]


@dataclass(frozen=True)
class Rules:
    """The rules of one regulation as frames: rates, thresholds and cumulative shares."""

    rates: pl.DataFrame
    thresholds: pl.DataFrame
    shares: pl.DataFrame


@dataclass(frozen=True)
class Basis:
    """What a decision rests on: counts (vestiging, school_type, pupils, cumi_pupils), scores, schools."""

    counts: pl.DataFrame
    scores: pl.DataFrame
    schools: pl.DataFrame


@dataclass(frozen=True)
class Decided:
    """Entitlements and instalments as the tables hold them, without decision_id.

    `left_out`: what schools without a known board would get, and now do not: vestiging, school_type,
    component, amount.
    """

    entitlements: pl.DataFrame
    instalments: pl.DataFrame
    left_out: pl.DataFrame


def basis_of(
    inputs: Mapping[str, Sequence[str]], counts: pl.DataFrame, scores: pl.DataFrame, schools: pl.DataFrame
) -> Basis:
    """Take from the books what the chosen deliveries count.

    Args:
        inputs: what is counted -> the deliveries used for it (`precedence.used`).
        counts: delivery_id, vestiging, school_type, pupils, cumi_pupils.
        scores: delivery_id, vestiging, score.
        schools: the directory.
    """
    pupils = [*inputs.get(PUPILS_PO, []), *inputs.get(PUPILS_VO, [])]
    key, nothing = ["vestiging", "school_type"], pl.lit(None, pl.Int64)
    counted = _of(counts, pupils).select(*key, "pupils", nothing.alias("cumi_pupils"))
    cumi = _of(counts, inputs.get(CUMI, [])).select(*key, nothing.alias("pupils"), "cumi_pupils")
    return Basis(
        pl.concat([counted, cumi]), _of(scores, inputs.get(SCORES, [])).select("vestiging", "score"), schools
    )


def work_out(school_year: str, rules: Sequence[Rules], basis: Basis) -> Decided:
    """Work out entitlements and instalments of the whole country at once.

    The board of an entitlement is the one that holds the vestiging on the first day of the school year;
    a payment looks at the first day of its own month.

    Args:
        school_year: `2021-2022`.
        rules: one or more regulations that do not overlap (po and vo).
        basis: counts, scores and schools.
    """
    entitled = [_entitled(one, basis) for one in rules]
    parts = [instalments(frame, one.shares) for frame, one in zip(entitled, rules, strict=True)]
    placed = board_on(basis.schools, pl.concat(entitled), first_day(school_year)).with_columns(
        school_year=pl.lit(school_year), brin=pl.col("vestiging").str.head(4)
    )
    euros = placed.with_columns(
        quantity=to_quantity(pl.col("quantity_e2")),
        rate=to_rate(pl.col("rate_e8")),
        amount=to_euro(pl.col("amount_cents")),
    )
    key = ["vestiging", "school_type", "component"]
    homeless = euros.filter(pl.col("board").is_null())
    due = pl.concat(parts).join(homeless.select(key), on=key, how="anti")
    due = due.with_columns(school_year=pl.lit(school_year), amount=to_euro(pl.col("amount_cents")))
    return Decided(
        euros.filter(pl.col("board").is_not_null()).select(ENTITLED).sort(key),
        due.select(INSTALLED).sort(*key, "month"),
        homeless.select(*key, "amount").sort(key),
    )


def _entitled(rules: Rules, basis: Basis) -> pl.DataFrame:
    return entitlements(quantities(rules.rates, rules.thresholds, basis.counts, basis.scores), rules.rates)


def _of(frame: pl.DataFrame, deliveries: Sequence[str]) -> pl.DataFrame:
    return frame.filter(pl.col("delivery_id").is_in(list(deliveries)))
