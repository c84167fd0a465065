"""What applications are judged by: the pupils of each school, whether it has a score, and who held it when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from npo_pipeline.counts.precedence import PUPILS_PO, PUPILS_VO, SCORES, of_deliveries, used
from npo_pipeline.regulations.subsidies.model import Subsidy

APPLICATIONS = "applications"
"""The kind of the files that hold them, and the name of what they are used for."""

_COUNTED = (PUPILS_PO, PUPILS_VO, SCORES)


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
    chosen = used(live.filter(pl.col("reference_date") == day))
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
    counted = of_deliveries(counts, [*po, *vo]).group_by(brin, "school_type").agg(pl.col("pupils").sum())
    summed = of_deliveries(scores, scored).group_by(brin).agg(pl.col("score").sum())
    return Basis(
        of_deliveries(applications, inputs.get(APPLICATIONS, [])),
        counted.filter(pl.col("pupils") > 0).sort("brin", "school_type"),
        summed.filter(pl.col("score") > 0).select("brin").sort("brin"),
        schools,
    )


def _name(subsidy: Subsidy, what: str) -> str:
    return f"{subsidy.scheme.lower()}_{what}"
