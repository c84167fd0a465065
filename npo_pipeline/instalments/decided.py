"""What a decision is made of: rules, what was counted, and the tables that follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

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
ADJUSTED = ["school_year", *KEY, "month", "cause", "other_vestiging", "amount", "currency"]
SETTLED = ["school_type", "component", "month", "corrections", "floor_zero", "currency"]
CHANGES = "changes"
"""What the changes files of a decision are used for, in `decision_inputs`."""


@dataclass(frozen=True)
class Rules:
    """The rules of one regulation as frames (`regulations.frames`).

    `counts_as`: the school type of all pupils of a regulation that is for some places only, else null.
    `corrections`, `floor_zero`, `runs_out`: how corrections are settled, and whether a closed school is paid on.
    `earlier`: what was in force before its amendments: the month in which each takes effect, and the rules until
    then, in order.
    """

    name: str
    currency: str
    rates: pl.DataFrame
    thresholds: pl.DataFrame
    shares: pl.DataFrame
    places: pl.DataFrame
    counts_as: str | None = None
    corrections: str = "next_payment"
    floor_zero: str = "no"
    runs_out: bool = False
    earlier: tuple[tuple[date, Rules], ...] = ()


@dataclass(frozen=True)
class Basis:
    """What a decision rests on.

    `counts`: vestiging, school_type, pupils, cumi_pupils, newcomers. `scores`: vestiging, school_type, score.
    `schools`: the directory. `loose`: vestiging, score where no bao or vo pupils are counted; they give nothing.
    `changes`: effective, kind, vestiging, successor, in the order in which they were told.
    """

    counts: pl.DataFrame
    scores: pl.DataFrame
    schools: pl.DataFrame
    loose: pl.DataFrame
    changes: pl.DataFrame


@dataclass(frozen=True)
class Decided:
    """A decision as the tables hold it, without decision_id; `currency` tells two of one school year apart.

    `instalments` are those of the entitlements with `adjustments`: what a merger, a closure, an opening or an
    amendment in the course of the year makes of them. `settling`: how corrections of each school type and
    component are settled, a row per month of payment. `trace`: how each entitlement came about. `left_out`:
    what schools without a known board would get, and now do not: vestiging, school_type, component, amount.
    """

    entitlements: pl.DataFrame
    instalments: pl.DataFrame
    trace: pl.DataFrame
    left_out: pl.DataFrame
    adjustments: pl.DataFrame
    settling: pl.DataFrame

    def of(self, currency: str) -> Decided:
        """The part in one currency: amounts of two are never added up."""
        mine = pl.col("currency") == currency
        parts = (getattr(self, name) for name in self.__dataclass_fields__)
        return Decided(*(frame.filter(mine) for frame in parts))


def basis_of(
    inputs: Mapping[str, Sequence[str]],
    counts: pl.DataFrame,
    scores: pl.DataFrame,
    schools: pl.DataFrame,
    changes: pl.DataFrame,
) -> Basis:
    """Take from the books what the chosen deliveries count.

    Args:
        inputs: what is counted -> the deliveries used for it (`precedence.used`), and the changes files.
        counts: delivery_id, vestiging, school_type, pupils, cumi_pupils, newcomers.
        scores: delivery_id, vestiging, score.
        schools: the directory.
        changes: delivery_id, effective, kind, vestiging, successor.
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
    told = of_deliveries(changes, inputs.get(CHANGES, [])).sort("delivery_id", maintain_order=True)
    return Basis(counted, scored.drop_nulls("school_type"), schools, loose.drop("school_type"), told)
