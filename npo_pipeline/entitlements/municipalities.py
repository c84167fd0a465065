"""The money of municipalities: the pupils on vestigingen in a municipality, and its scores (BWBR0045681 4(1)).

It has two parts, each a measure with its rate. The table `entitlements` holds their sum, rounded once; `trace`
holds a row per part.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from npo_pipeline.entitlements.model import COMPONENT_KEY
from npo_pipeline.entitlements.rules import Rules
from npo_pipeline.intake.board_transfers import directory_on
from npo_pipeline.measures import MUNICIPAL_SCORE, PUPILS
from schemas.frames.money import (
    CountsByType,
    EntitledCents,
    MunicipalUnits,
    PupilsByMunicipality,
    Quantities,
    Rates,
)
from schemas.received import MunicipalScores, Schools

_ONE_PART = ("measure", "unit", "quantity_e2", "rate_e8")
"""Columns that an amount has only where it is made of one part."""


def pupils_by_municipality(rules: Rules, counts: CountsByType, schools: Schools) -> PupilsByMunicipality:
    """Return the pupils of each vestiging, with the municipality in which it lies on the reference date.

    Args:
        rules: of municipalities.
        counts: of the vestigingen that the rules are for.
        schools: the directory.
    """
    counted = counts.group_by("vestiging").agg(pl.col(PUPILS.name).sum()).filter(pl.col(PUPILS.name) > 0)
    there = directory_on(schools, rules.reference_date or date.min)
    placed = counted.join(there, on="vestiging", how="left")
    return PupilsByMunicipality(placed.select("vestiging", "municipality_number", "pupils").sort("vestiging"))


def municipal_units(placed: PupilsByMunicipality, scores: MunicipalScores) -> MunicipalUnits:
    """Return the units of each part: pupils, and both scores together, of municipalities that have pupils."""
    pupils = placed.drop_nulls("municipality_number")
    counted = pupils.group_by(beneficiary="municipality_number").agg(quantity_e2=pl.col("pupils").sum() * 100)
    both = pl.col("score_2019") + pl.col("score_2020")
    hundredths = (both.cast(pl.Decimal(38, 2)) * pl.lit(100, pl.Int64)).cast(pl.Int64)
    added = scores.select(beneficiary="municipality_number", quantity_e2=hundredths)
    scored = added.join(counted, on="beneficiary", how="semi")
    parts = [
        units.select("beneficiary", "quantity_e2", measure=pl.lit(measure.name))
        for measure, units in ((PUPILS, counted), (MUNICIPAL_SCORE, scored))
    ]
    return MunicipalUnits(pl.concat(parts).filter(pl.col("quantity_e2") > 0))


def municipal_quantities(rates: Rates, units: MunicipalUnits) -> Quantities:
    """Return the quantities under a regulation, sorted by municipality, its parts in the order of the rates."""
    lines = rates.select("component", "measure", "school_type").with_row_index("part")
    found = units.join(lines, on="measure", how="inner").sort("beneficiary", "part")
    return Quantities(
        found.select(
            vestiging=pl.lit(None, pl.String),
            school_type="school_type",
            component="component",
            counted_e2="quantity_e2",
            quantity_e2="quantity_e2",
            beneficiary="beneficiary",
            measure="measure",
        )
    )


def parts_together(parts: EntitledCents) -> EntitledCents:
    """Return the amount of each municipality: the sum of its parts, which share its rounding.

    Quantity, rate and measure are null where there are two parts, because no one of them gives the amount.
    """
    one_part = pl.len() == 1
    least_sure = pl.col("status").sort_by(pl.col("status") == "published").first()
    return EntitledCents(
        parts.group_by(COMPONENT_KEY, maintain_order=True).agg(
            pl.col("vestiging", "regulation", "currency").first(),
            *(pl.when(one_part).then(pl.col(name).first()).alias(name) for name in _ONE_PART),
            pl.col("article").str.join("; "),
            pl.col("amount_cents").sum(),
            status=least_sure,
        )
    )
