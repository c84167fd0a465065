"""The amount of a component: its quantity, above a threshold or not, times a rate, rounded once; and its trace.

A quantity is in hundredths (`quantity_e2`), because a score has two decimals. Pure functions over frames.

The money of a municipality (BWBR0045681 4(1)) has two parts, each a measure with its rate: the pupils on
vestigingen in it, and its scores. The table `entitlements` holds their sum, rounded once; `trace` a row per part.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from npo_pipeline.entitlements.model import COMPONENT_KEY
from npo_pipeline.entitlements.rules import Rules
from npo_pipeline.intake.board_transfers import directory_on
from npo_pipeline.measures import MUNICIPAL_SCORE, PUPILS
from npo_pipeline.money import MONEY, rounded_share, to_exact, to_quantity, to_rate
from npo_pipeline.rulebook.regulation import RoundedPer
from schemas.columns import AMOUNT_KEY
from schemas.decided import TRACE
from schemas.frames.money import (
    CountsByType,
    EntitledCents,
    MunicipalUnits,
    PupilsByMunicipality,
    Quantities,
    Rates,
    SchoolPlaces,
    ScoresByType,
    Thresholds,
    UnitsAboveThreshold,
    UnitsByType,
)
from schemas.received import MunicipalScores, Schools

_QUANTITIES = {
    "vestiging": pl.String,
    "school_type": pl.String,
    "component": pl.String,
    "measure": pl.String,
    "counted_e2": pl.Int64,
    "quantity_e2": pl.Int64,
}


def quantities(rates: Rates, thresholds: Thresholds, counts: CountsByType, scores: ScoresByType) -> Quantities:
    """Return all quantities above zero under a regulation.

    Args:
        rates: of the regulation.
        thresholds: of the components that have one.
        counts: of the reference date; a measure without a column counts nothing.
        scores: of the reference date, with threshold.
    """
    parts = [pl.DataFrame(schema=_QUANTITIES)]
    for (component, measure), lines in rates.group_by("component", "measure", maintain_order=True):
        school_types = lines["school_type"].unique(maintain_order=True).to_list()
        limit = thresholds.filter(pl.col("component") == component)
        units = (
            _score_units(scores, school_types)
            if measure == "score"
            else _counted_units(counts, str(measure), school_types)
        )
        if units.is_empty():
            continue
        booked = units.with_columns(counted_e2="quantity_e2")
        if limit.height:
            threshold, level = limit.select("threshold", "level").row(0)
            booked = above_threshold(units, int(threshold), str(level), school_types)
        named = booked.with_columns(component=pl.lit(component), measure=pl.lit(measure))
        parts.append(named.select(*_QUANTITIES))
    whole = pl.concat(parts).filter(pl.col("quantity_e2") > 0).with_columns(beneficiary=pl.col("vestiging"))
    return Quantities(whole.sort(AMOUNT_KEY))


def above_threshold(counted: UnitsByType, threshold: int, level: str, order: list[str]) -> UnitsAboveThreshold:
    """Return what exceeds a threshold, counted per BRIN or per vestiging and booked in one place.

    Per BRIN, the quantity is booked on its lowest vestiging code that has any, there under the first
    school type of the list that has any (contract, section 4; whether DUO applies the threshold per BRIN
    or per vestiging is not known: domain notes, section 3).

    Args:
        counted: the units.
        threshold: units that give nothing.
        level: `brin` or `vestiging`.
        order: the school types, in the order of booking.

    Returns:
        vestiging, school_type, counted_e2 (all that was counted), quantity_e2 (what exceeds the threshold).
    """
    group = pl.col("vestiging").str.head(4) if level == "brin" else pl.col("vestiging")
    rank = pl.col("school_type").replace_strict(order, list(range(len(order))), return_dtype=pl.Int64)
    having = counted.filter(pl.col("quantity_e2") > 0).with_columns(group=group, rank=rank)
    booked = having.sort("vestiging", "rank").group_by("group", maintain_order=True)
    summed = booked.agg(pl.col("vestiging", "school_type").first(), pl.col("quantity_e2").sum())
    above = summed.with_columns(counted_e2="quantity_e2", quantity_e2=pl.col("quantity_e2") - threshold * 100)
    return UnitsAboveThreshold(above.drop("group"))


def _counted_units(counts: CountsByType, measure: str, school_types: list[str]) -> UnitsByType:
    mine = counts.filter(pl.col("school_type").is_in(school_types))
    units = pl.col(measure).sum() if measure in counts.columns else pl.lit(0, pl.Int64)
    return UnitsByType(mine.group_by("vestiging", "school_type").agg(quantity_e2=units * 100))


def _score_units(scores: ScoresByType, school_types: list[str]) -> UnitsByType:
    """Return the scores of some school types, in hundredths."""
    hundredths = (pl.col("score").cast(pl.Decimal(38, 2)) * pl.lit(100, pl.Int64)).cast(pl.Int64)
    mine = scores.filter(pl.col("school_type").is_in(school_types))
    return UnitsByType(mine.select("vestiging", "school_type", quantity_e2=hundredths))


def entitlements(
    quantities: Quantities, rates: Rates, places: SchoolPlaces, rounded_per: RoundedPer
) -> EntitledCents:
    """Multiply every quantity by its rate, with what a small vestiging gets on top; leave out what has no rate.

    Rounded to the cent, half away from zero, once per school (BRIN) or vestiging, school type and component. The
    vestigingen of a school share its amount in order of their code: each gets round(own and all before) less
    round(all before) (contract, section 4; BWBR0045533 7(5) and 8(5) round the amount of the school). Other
    beneficiaries are rounded once each, over the parts of their amount.

    Args:
        quantities: of a regulation.
        rates: of the same regulation.
        places: or lists; a vestiging that is not named has the rates without one.
        rounded_per: whose amount is rounded once.
    """
    placed = quantities.join(places, on="vestiging", how="left")
    key = ["component", "school_type", "measure", "place"]
    rated = placed.join(rates, on=key, how="inner", nulls_equal=True, validate="m:1")
    supplemented = rated.with_columns(pl.when(_is_small()).then(name) for name in SUPPLEMENT)
    # Of an amount of two parts the pupils come before the score.
    by_code = supplemented.sort(*AMOUNT_KEY, "measure", descending=[False, False, False, True])
    ordered = by_code.with_columns(product_e10=_product())
    school = pl.coalesce(pl.col("vestiging").str.head(4), "beneficiary")
    shared_by = [school if rounded_per == "school" else "beneficiary", "school_type"]
    until = pl.col("product_e10").cum_sum().over(*shared_by, "component")
    running = ordered.with_columns(before_e10=until - pl.col("product_e10"))
    amount = rounded_share(pl.col("product_e10"), before=pl.col("before_e10"))
    return EntitledCents(running.with_columns(amount_cents=amount))


SUPPLEMENT = ["small_below", "small_fixed_e8", "small_decrease_e8"]


def _is_small() -> pl.Expr:
    """Return whether a vestiging has so few pupils that it gets a supplement."""
    return pl.col("quantity_e2") < pl.col("small_below") * 100


def _product() -> pl.Expr:
    """Return the quantity times the rate, and the fixed amount less that per unit, in units of 0.0000000001."""
    quantity = pl.col("quantity_e2").cast(pl.Int128)
    supplement = pl.col("small_fixed_e8").cast(pl.Int128) * 100 - quantity * pl.col("small_decrease_e8")
    return quantity * pl.col("rate_e8") + supplement.fill_null(0)


TRACE_COLUMNS = [name for name in TRACE.columns if name != "decision_id"]


def add_trace(entitled: pl.DataFrame) -> pl.DataFrame:
    """Add the amount before it was rounded, the units before the threshold, and the supplement where it is given.

    Args:
        entitled: counted_e2, product_e10, before_e10, `SUPPLEMENT`, and other columns.

    Returns:
        The rows with `counted` (DECIMAL(18,2)), `unrounded` and `unrounded_before` (DECIMAL(38,10), exact),
        `small_fixed` and `small_decrease`.
    """
    return entitled.with_columns(
        counted=to_quantity(pl.col("counted_e2")),
        unrounded=to_exact(pl.col("product_e10")),
        unrounded_before=to_exact(pl.col("before_e10")),
        small_fixed=to_rate(pl.col("small_fixed_e8")).cast(MONEY),
        small_decrease=to_rate(pl.col("small_decrease_e8")),
    )


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
