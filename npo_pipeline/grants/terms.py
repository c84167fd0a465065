"""The rules of a subsidy as the few frames and expressions that applications are joined with.

What applications are judged by: the pupils of each school, whether it has a score, and who held it when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from npo_pipeline.intake.source_precedence import rows_of_deliveries, select_sources
from npo_pipeline.measures import PUPILS, SCORE
from npo_pipeline.money import divide_half_away
from npo_pipeline.rulebook.fields import Cited
from npo_pipeline.rulebook.subsidies.model import Subsidy

RANKS = {"published": 0, "approximate": 1, "derived": 2, "unknown": 2}
"""How unsure a value is. What is decided without a ceiling that is not known is as unsure as what is derived."""

TERMS = {
    "window_name": pl.String,
    "sector": pl.String,
    "rate_cents": pl.Int64,
    "rate_article": pl.String,
    "rate_rank": pl.Int64,
    "ceiling_cents": pl.Int64,
    "ceiling_article": pl.String,
    "ceiling_rank": pl.Int64,
    "days_rank": pl.Int64,
    "needs": pl.String,
    "needs_article": pl.String,
    "needs_rank": pl.Int64,
}


def terms(subsidy: Subsidy) -> pl.DataFrame:
    """What holds for each window and group.

    Returns:
        window_name, sector, and of each value what it is, where it stands and how unsure it is; `needs` is
        the window whose ceiling must not have been reached. rate_cents and ceiling_cents are null when unknown.
    """
    rows: list[tuple[Any, ...]] = []
    for name, window in subsidy.windows.items():
        needs = window.only_while_left
        for sector, group in subsidy.groups.items():
            ceiling = window.ceilings[sector]
            rows.append(
                (
                    name,
                    sector,
                    cents_of(group.per_pupil.value),
                    group.per_pupil.where,
                    rank(group.per_pupil),
                    cents_of(ceiling.value),
                    ceiling.where,
                    rank(ceiling),
                    rank(window.days),
                    needs.value if needs else None,
                    needs.where if needs else None,
                    rank(needs) if needs else 0,
                )
            )
    return pl.DataFrame(rows, schema=TERMS, orient="row")


def sector_of(subsidy: Subsidy) -> dict[str, str]:
    """School type -> the group it is in."""
    return {kind: name for name, group in subsidy.groups.items() for kind in group.school_types}


def window_on(subsidy: Subsidy, day: pl.Expr) -> pl.Expr:
    """The window a day falls in; null outside all of them."""
    found = [
        pl.when(day.is_between(window.days.value.first, window.days.value.last)).then(pl.lit(name))
        for name, window in subsidy.windows.items()
        if window.days.value
    ]
    return pl.coalesce(*found)


def part_of(pupils: pl.Expr, share: Fraction, rounding: str) -> pl.Expr:
    """A share of a number of pupils, in whole pupils, exactly."""
    top, bottom = pupils * share.numerator, share.denominator
    if rounding == "down":
        return top // bottom
    return -(-top // bottom) if rounding == "up" else divide_half_away(top, bottom)


def cents_of(amount: Decimal | None) -> int | None:
    """An amount of at most two decimals in cents."""
    return None if amount is None else int(amount.scaleb(2))


def rank(value: Cited[Any]) -> int:
    """How unsure a value is: 0 published, 1 approximate, 2 derived."""
    return RANKS[value.status]


def status_of(ranked: pl.Expr) -> pl.Expr:
    """The status of the least sure of the values that something rests on."""
    return ranked.replace_strict([0, 1, 2], ["published", "approximate", "derived"], return_dtype=pl.String)


APPLICATIONS = "applications"
"""The kind of the files that hold them, and the name of what they are used for."""

_COUNTED = tuple(source.name for source in (*PUPILS.sources, *SCORE.sources))


@dataclass(frozen=True)
class Basis:
    """What a decision on applications rests on.

    `applications`: delivery_id, line, scheme, board, brin, applied_on, pupils, amount.
    `pupils`: brin, school_type, pupils, of the reference date.
    `scored`: brin: the schools with a score above 0 on that date.
    `schools`: the directory: vestiging, brin, board, valid_from, valid_to.
    """

    applications: pl.DataFrame
    pupils: pl.DataFrame
    scored: pl.DataFrame
    schools: pl.DataFrame


def inputs_of(subsidy: Subsidy, live: pl.DataFrame) -> dict[str, list[str]]:
    """The deliveries that the grants of a scheme rest on: what they are used for -> delivery_ids.

    Counts are named after the scheme (`iop_pupils_po`), because other rules of the same decision may count on
    another day.

    Args:
        subsidy: the rules.
        live: delivery_id, kind, reference_date of the deliveries that nothing superseded.

    Raises:
        Refused: the reference date is not known.
    """
    day = subsidy.reference_date.known(f"the reference date of {subsidy.scheme}")
    chosen = select_sources(live.filter(pl.col("reference_date") == day))
    counted = {_name(subsidy, what): chosen[what] for what in _COUNTED if what in chosen}
    applied = live.filter(pl.col("kind") == APPLICATIONS)["delivery_id"].sort().to_list()
    return {**counted, **({APPLICATIONS: applied} if applied else {})}


def basis_of(
    subsidy: Subsidy,
    inputs: Mapping[str, Sequence[str]],
    applications: pl.DataFrame,
    counts: pl.DataFrame,
    scores: pl.DataFrame,
    schools: pl.DataFrame,
) -> Basis:
    """Take from the books what the chosen deliveries hold.

    Args:
        subsidy: the rules.
        inputs: as `inputs_of` gives it; those of other schemes may be among them.
        applications: the table.
        counts: delivery_id, vestiging, school_type, pupils.
        scores: delivery_id, vestiging, score.
        schools: the directory.
    """
    po, vo, scored = (inputs.get(_name(subsidy, what), []) for what in _COUNTED)
    brin = pl.col("vestiging").str.head(4).alias("brin")
    counted = rows_of_deliveries(counts, [*po, *vo]).group_by(brin, "school_type").agg(pl.col("pupils").sum())
    summed = rows_of_deliveries(scores, scored).group_by(brin).agg(pl.col("score").sum())
    return Basis(
        rows_of_deliveries(applications, inputs.get(APPLICATIONS, [])),
        counted.filter(pl.col("pupils") > 0).sort("brin", "school_type"),
        summed.filter(pl.col("score") > 0).select("brin").sort("brin"),
        schools,
    )


def _name(subsidy: Subsidy, what: str) -> str:
    return f"{subsidy.scheme.lower()}_{what}"
