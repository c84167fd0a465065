"""Worked examples, calculated as in a decision, against the amounts that were published."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from npo_pipeline.entitlements.amounts import entitlements, municipal_quantities, quantities
from npo_pipeline.money import divide_half_away
from npo_pipeline.rulebook.frames import rates, thresholds
from npo_pipeline.rulebook.regulation import Example, Regulation
from schemas.frames.money import CountsByType, MunicipalUnits, Rates, SchoolPlaces, ScoresByType, Thresholds

_HERE = "00AA00"


@dataclass(frozen=True)
class Worked:
    """Represent a worked example: what was published, and what the rules give (null where a rate is not known)."""

    example: Example
    found: Decimal | None

    @property
    def fits(self) -> bool:
        """Return whether the amount found lies within the tolerance of the published one."""
        if self.found is None or self.example.value is None:
            return False
        return abs(self.found - self.example.value) <= self.example.tolerance


def worked_examples(regulation: Regulation) -> list[Worked]:
    """Calculate every example of a regulation: quantities, thresholds, rates and rounding as in a decision."""
    return [Worked(example, _amount(regulation, example)) for example in regulation.examples]


def _amount(regulation: Regulation, example: Example) -> Decimal | None:
    """Return the amount of an example per school; null where a rate is not known."""
    if regulation.is_municipal:
        return _municipal_amount(regulation, example)
    of_example = pl.col("component").is_in(list(example.units))
    mine, limits = (
        Rates(rates(regulation).filter(of_example)),
        Thresholds(thresholds(regulation).filter(of_example)),
    )
    measures: dict[str, str] = {name: regulation.components[name].measure for name in example.units}
    counts, scores = _school(example, measures)
    named = example.place or example.list
    place = pl.DataFrame({"vestiging": [_HERE], "place": [named]}, schema_overrides={"place": pl.String})
    counted = quantities(mine, limits, counts, scores)
    found = entitlements(counted, mine, SchoolPlaces(place), regulation.rounded_per)
    if found["component"].n_unique() < len(example.units):
        return None
    total = found.select(cents=pl.col("amount_cents").sum())
    cents = total.select(divide_half_away(pl.col("cents"), example.schools)).item()
    return Decimal(cents).scaleb(-2)


def _municipal_amount(regulation: Regulation, example: Example) -> Decimal | None:
    """Return the amount of a municipality that has the units of an example, by measure."""
    units = [("0001", measure, int(number * 100)) for measure, number in example.units.items()]
    schema = {"beneficiary": pl.String, "measure": pl.String, "quantity_e2": pl.Int64}
    lines = rates(regulation)
    counted = municipal_quantities(lines, MunicipalUnits(pl.DataFrame(units, schema=schema, orient="row")))
    nowhere = SchoolPlaces(pl.DataFrame(schema={"vestiging": pl.String, "place": pl.String}))
    found = entitlements(counted, lines, nowhere, regulation.rounded_per)
    if found.height < len(example.units):
        return None
    return Decimal(int(found["amount_cents"].sum())).scaleb(-2)


def _school(example: Example, measures: dict[str, str]) -> tuple[CountsByType, ScoresByType]:
    """Return the counts and scores of one school that has the units of the example."""
    units = {measures[component]: units for component, units in example.units.items()}
    where = {"vestiging": [_HERE], "school_type": [example.school_type]}
    counted = {measure: [int(number)] for measure, number in units.items() if measure != "score"}
    score = {"score": pl.Series([units.get("score")], dtype=pl.Decimal(18, 2))}
    scores = pl.DataFrame({**where, **score}).drop_nulls()
    return CountsByType(pl.DataFrame({**where, **counted})), ScoresByType(scores)
