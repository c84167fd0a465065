"""A whole decision, worked out: entitlements and instalments of every school under the rules of a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from npo_pipeline.counts.precedence import (
    CUMI,
    NEWCOMERS,
    PUPILS_PO,
    PUPILS_VO,
    SCORES,
    of_deliveries,
    scores_by_type,
)
from npo_pipeline.counts.schools import board_on
from npo_pipeline.entitlements import entitlements
from npo_pipeline.entitlements.trace import TRACED, traced
from npo_pipeline.instalments import instalments
from npo_pipeline.money import to_euro, to_quantity, to_rate
from npo_pipeline.months import first_day
from npo_pipeline.rules.places import claimed, under
from npo_pipeline.rules.quantities import quantities

KEY = ["vestiging", "school_type", "component"]
ENTITLED = [
    "school_year",
    "board",
    "brin",
    *KEY,
    "quantity",
    "rate",
    "amount",
    "article",
    "measure",
    "status",
    "currency",
]
INSTALLED = ["school_year", *KEY, "month", "amount", "currency"]


@dataclass(frozen=True)
class Rules:
    """The rules of one regulation as frames (`regulations.frames`).

    `counts_as`: the school type of all pupils of a regulation that is for some places only, else null.
    """

    name: str
    currency: str
    rates: pl.DataFrame
    thresholds: pl.DataFrame
    shares: pl.DataFrame
    places: pl.DataFrame
    counts_as: str | None = None


@dataclass(frozen=True)
class Basis:
    """What a decision rests on.

    `counts`: vestiging, school_type, pupils, cumi_pupils, newcomers. `scores`: vestiging, school_type, score.
    `schools`: the directory. `loose`: vestiging, score where no bao or vo pupils are counted; they give nothing.
    """

    counts: pl.DataFrame
    scores: pl.DataFrame
    schools: pl.DataFrame
    loose: pl.DataFrame


@dataclass(frozen=True)
class Decided:
    """A decision as the tables hold it, without decision_id; `currency` tells two of one school year apart.

    `trace`: how each entitlement came about. `left_out`: what schools without a known board would get, and
    now do not: vestiging, school_type, component, amount.
    """

    entitlements: pl.DataFrame
    instalments: pl.DataFrame
    trace: pl.DataFrame
    left_out: pl.DataFrame

    def of(self, currency: str) -> Decided:
        """The part in one currency: amounts of two are never added up."""
        mine = pl.col("currency") == currency
        parts = (self.entitlements, self.instalments, self.trace, self.left_out)
        return Decided(*(frame.filter(mine) for frame in parts))


def basis_of(
    inputs: Mapping[str, Sequence[str]], counts: pl.DataFrame, scores: pl.DataFrame, schools: pl.DataFrame
) -> Basis:
    """Take from the books what the chosen deliveries count.

    Args:
        inputs: what is counted -> the deliveries used for it (`precedence.used`).
        counts: delivery_id, vestiging, school_type, pupils, cumi_pupils, newcomers.
        scores: delivery_id, vestiging, score.
        schools: the directory.
    """
    measured = {
        "pupils": [*inputs.get(PUPILS_PO, []), *inputs.get(PUPILS_VO, [])],
        "cumi_pupils": inputs.get(CUMI, []),
        "newcomers": inputs.get(NEWCOMERS, []),
    }
    parts = [
        of_deliveries(counts, names).select("vestiging", "school_type", measure)
        for measure, names in measured.items()
    ]
    counted = pl.concat(parts, how="diagonal")
    scored = scores_by_type(of_deliveries(scores, inputs.get(SCORES, [])), counted)
    scored = scored.select("vestiging", "school_type", "score")
    loose = scored.filter(pl.col("school_type").is_null() & (pl.col("score") > 0))
    return Basis(counted, scored.drop_nulls("school_type"), schools, loose.drop("school_type"))


def work_out(school_year: str, rules: Sequence[Rules], basis: Basis) -> Decided:
    """Work out entitlements and instalments of the whole country at once.

    The board of an entitlement is the one that holds the vestiging on the first day of the school year;
    a payment looks at the first day of its own month.

    Args:
        school_year: `2021-2022`.
        rules: the regulations of the year; those for some places only take their schools from the others.
        basis: counts, scores and schools.
    """
    places = claimed({one.name: one.places for one in rules}, basis.counts, basis.scores, basis.schools)
    entitled = [_entitled(one, basis, places) for one in rules]
    parts = [
        instalments(frame, one.shares).with_columns(currency=pl.lit(one.currency))
        for frame, one in zip(entitled, rules, strict=True)
    ]
    whole = pl.concat(entitled)
    placed = board_on(basis.schools, whole, first_day(school_year)).with_columns(
        school_year=pl.lit(school_year),
        brin=pl.col("vestiging").str.head(4),
        quantity=to_quantity(pl.col("quantity_e2")),
        rate=to_rate(pl.col("rate_e8")),
        amount=to_euro(pl.col("amount_cents")),
    )
    homeless = placed.filter(pl.col("board").is_null())
    housed = placed.filter(pl.col("board").is_not_null())
    due = pl.concat(parts).join(homeless.select(KEY), on=KEY, how="anti")
    due = due.with_columns(school_year=pl.lit(school_year), amount=to_euro(pl.col("amount_cents")))
    return Decided(
        housed.select(ENTITLED).sort(KEY),
        due.select(INSTALLED).sort(*KEY, "month"),
        traced(housed).select(TRACED).sort(KEY),
        homeless.select(*KEY, "amount", "currency").sort(KEY),
    )


def _entitled(rules: Rules, basis: Basis, places: pl.DataFrame) -> pl.DataFrame:
    counts, scores = (under(rules.name, rules.counts_as, places, frame) for frame in (basis.counts, basis.scores))
    counted = quantities(rules.rates, rules.thresholds, counts, scores)
    found = entitlements(counted, rules.rates, places.select("vestiging", "place"))
    thresholds = rules.thresholds.select("component", "threshold", "level")
    return found.join(thresholds, on="component", how="left", maintain_order="left").with_columns(
        regulation=pl.lit(rules.name), currency=pl.lit(rules.currency)
    )
