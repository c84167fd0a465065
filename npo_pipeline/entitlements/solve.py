"""Rates that spend a budget: from the demands on them and the units that are counted, in cents and fractions.

Each rate is a weight times one unrounded amount of its sector, rounded down to the cent: `x` per pupil for the
base (the weight is a ratio), `y` per unit for risk. With s the share for risk, W the pupils times their ratios and
V the units of risk times their weights, a budget b gives x = (1 - s) b / W and y = s b / V. A larger b never
lowers a rate, so the rates that are chosen are those of the largest b whose rates the budget pays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.rulebook.fields import SchoolType
from npo_pipeline.rulebook.rate_spec import SectorDemands, SpecSector
from npo_pipeline.rulebook.regulation import Regulation, RoundedPer
from npo_pipeline.rulebook.yaml_document import Place
from schemas.columns import BESTUUR
from schemas.decided import Entitlements
from schemas.frames.money import SchoolUnits

PER_UNIT = 100
"""Quantities are in hundredths: a score has two decimals."""

MOST_CENTS = 10**11
"""A rate has at most nine digits before the point (`rulebook.fields.rate_from`)."""


class DemandNotMet(Exception):
    """Report the demand that stands in the way: its place in the specification, and why it cannot be met."""

    def __init__(self, place: Place, words: str) -> None:
        """Take the place, and the words of a message that names file and line before them."""
        super().__init__(words)
        self.place, self.words = place, words


@dataclass(frozen=True, kw_only=True)
class RateLine:
    """Represent a rate to solve: school types of a component get `weight` times `x`, or `y` where it is risk."""

    component: str
    school_types: tuple[SchoolType, ...]
    weight: Fraction
    is_risk: bool = False


@dataclass(frozen=True)
class CountedLine:
    """Represent a rate to solve with its units: a quantity in hundredths per amount that is rounded once."""

    line: RateLine
    quantities: tuple[int, ...]

    @property
    def units(self) -> Fraction:
        """Return the units of all schools together."""
        return Fraction(sum(self.quantities), PER_UNIT)

    def spends(self, cents: int) -> int:
        """Return what a rate spends in cents, as a decision does: rounded half away from zero, once per school."""
        return sum((2 * quantity * cents + PER_UNIT) // (2 * PER_UNIT) for quantity in self.quantities)


@dataclass(frozen=True)
class SolvedRate:
    """Represent a rate that was found, in cents."""

    of: CountedLine
    cents: int

    @property
    def spends(self) -> int:
        """Return what it spends, in cents."""
        return self.of.spends(self.cents)


@dataclass(frozen=True, kw_only=True)
class SolvedSector:
    """Represent the rates of a sector.

    `budget`: in cents; what they spend where it was asked. `amount`, `risk_amount`: x and y in euro, unrounded
    (null where there is no risk). `pupils`: all of the sector.
    """

    sector: SpecSector
    budget: int
    amount: Fraction
    risk_amount: Fraction | None
    pupils: int
    rates: tuple[SolvedRate, ...]

    @property
    def spends(self) -> int:
        """Return what all rates spend, in cents."""
        return sum(one.spends for one in self.rates)

    @property
    def rest(self) -> int:
        """Return what is left of the budget, in cents."""
        return self.budget - self.spends


def rate_lines(regulation: Regulation, demands: SectorDemands) -> tuple[RateLine, ...]:
    """Return the rates of a regulation that are to be solved, in the order of its file.

    The base of a school type is one rate, its ratio times x; or two, x and on top of that the rest of the ratio
    (in secondary education the amount of all pupils, and the surcharge of vocational education).

    Raises:
        DemandNotMet: ratios or weights are not those of the school types and components of the regulation.
    """
    here: Place = ("sectors", demands.sector)
    base = _base_rates(regulation)
    _refuse_other_ratios(base, demands, here)
    paid = {name for names in base.values() for name in names}
    _refuse_other_rates(regulation, {*paid, *demands.risk_weights}, here)
    lines: dict[tuple[str, Fraction], list[SchoolType]] = {}
    for name in regulation.components:
        for kind in (kind for kind, names in base.items() if name in names):
            lines.setdefault((name, _times(base[kind], name, demands.ratios[kind])), []).append(kind)
    found = [
        RateLine(component=name, school_types=tuple(kinds), weight=weight)
        for (name, weight), kinds in lines.items()
    ]
    return (*found, *_risk_lines(regulation, demands))


def _risk_lines(regulation: Regulation, demands: SectorDemands) -> Iterator[RateLine]:
    """Yield the rates for risk that have a weight."""
    risk = {
        name: tuple(kind for rate in one.rates for kind in rate.school_types)
        for name, one in regulation.components.items()
        if one.measure in ("score", "cumi_pupils")
    }
    for name, weight in demands.risk_weights.items():
        if name not in risk:
            there = ", ".join(risk) or "none"
            words = f"`{name}` is no component of {demands.sector} that is for risk; there is {there}"
            raise DemandNotMet(("sectors", demands.sector, "risk", "weights", name), words)
        yield RateLine(component=name, school_types=risk[name], weight=weight, is_risk=True)


def _base_rates(regulation: Regulation) -> dict[SchoolType, list[str]]:
    """Return the components that boards get per pupil, by school type, in the order of the file."""
    base: dict[SchoolType, list[str]] = {}
    for name, component in regulation.components.items():
        if component.measure == "pupils" and component.recipient == BESTUUR:
            for kind in (kind for rate in component.rates for kind in rate.school_types):
                base.setdefault(kind, []).append(name)
    return base


def _refuse_other_ratios(base: Mapping[SchoolType, Sequence[str]], demands: SectorDemands, here: Place) -> None:
    if missing := [kind for kind in base if kind not in demands.ratios]:
        words = f"has none for {missing[0]}, which is paid per pupil; add it"
        raise DemandNotMet((*here, "ratios"), words)
    if odd := [kind for kind in demands.ratios if kind not in base]:
        words = f"`{odd[0]}` is not paid per pupil in {demands.sector}; there is {', '.join(base)}"
        raise DemandNotMet((*here, "ratios"), words)
    for kind, names in base.items():
        if len(names) > 2:
            words = (
                f"{kind} has {', '.join(names)} per pupil, and a ratio is divided over two at most; leave it out"
            )
            raise DemandNotMet((*here, "overlay_of"), words)
        if len(names) > 1 and demands.ratios[kind] < 1:
            words = f"that of {kind} is below 1, and {names[-1]} comes on top of {names[0]}; make it 1 or more"
            raise DemandNotMet((*here, "ratios"), words)
    for number, (kinds, _) in demands.floors.items():
        if odd := [kind for kind in kinds if kind not in base]:
            words = f"`{odd[0]}` is not paid per pupil in {demands.sector}; there is {', '.join(base)}"
            raise DemandNotMet((*here, "floors", number), words)


def _refuse_other_rates(regulation: Regulation, wanted: Collection[str], here: Place) -> None:
    """Refuse to solve a component of which a unit has more than one rate, or not a whole one."""
    for name in (name for name in regulation.components if name in wanted):
        for rate in regulation.components[name].rates:
            if rate.place_or_list or rate.measure or rate.small_vestiging or rate.share != 1:
                words = f"{name} has rates of a place, a list or a part, and these are not solved; leave it out"
                raise DemandNotMet((*here, "overlay_of"), words)


def _times(components: Sequence[str], name: str, ratio: Fraction) -> Fraction:
    """Return how many times x a component of a school type is."""
    if len(components) == 1:
        return ratio
    return Fraction(1) if name == components[0] else ratio - 1


def counted_lines(lines: Sequence[RateLine], units: SchoolUnits) -> tuple[CountedLine, ...]:
    """Return rates to solve with the units that are counted of them."""
    found = []
    for line in lines:
        mine = units.filter(
            pl.col("component") == line.component, pl.col("school_type").is_in(list(line.school_types))
        )
        found.append(CountedLine(line, tuple(mine["quantity_e2"].sort().to_list())))
    return tuple(found)


def divided_budget(cents: int, weighted: Mapping[SpecSector, Fraction]) -> dict[SpecSector, int]:
    """Divide a budget over sectors in proportion to their pupils times weight, as rounded running totals."""
    whole, before = sum(weighted.values(), Fraction(0)) or Fraction(1), Fraction(0)
    found: dict[SpecSector, int] = {}
    for sector, part in weighted.items():
        found[sector] = _half_up(cents * (before + part) / whole) - _half_up(cents * before / whole)
        before += part
    return found


def _half_up(number: Fraction) -> int:
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)


def pupils_of(lines: Sequence[CountedLine]) -> int:
    """Return the pupils of a sector: those of the component that all school types have."""
    base = [one for one in lines if not one.line.is_risk]
    first = base[0].line.component if base else ""
    return int(sum(one.units for one in base if one.line.component == first))


def solve(demands: SectorDemands, lines: Sequence[CountedLine]) -> SolvedSector:
    """Return the rates of a sector that spend its budget, or that its amount asks.

    The rest of a budget is less than a rate one cent higher would cost: below one cent per pupil, and where more
    units of risk are counted than pupils, below one cent per unit.

    Args:
        demands: with a budget or an amount.
        lines: the rates to solve, with their units.

    Raises:
        DemandNotMet: names the demand that stands in the way, and by how much.
    """
    parts = _parts_of_budget(demands, lines)
    budget = demands.budget or 0
    if demands.amount is not None:
        point = demands.amount * _weighted(lines, risk=False) / (1 - demands.risk_share)
        cents = _at(parts, point)
        budget = _spent(lines, cents)
    else:
        cents, point = _largest(lines, parts, budget)
    _refuse_endless(demands, lines, cents)
    _refuse_under_floor(demands, lines, cents, budget)
    return SolvedSector(
        sector=demands.sector,
        budget=budget,
        amount=(1 - demands.risk_share) * point / _weighted(lines, risk=False) / 100,
        risk_amount=demands.risk_share * point / risk / 100 if (risk := _weighted(lines, risk=True)) else None,
        pupils=pupils_of(lines),
        rates=tuple(SolvedRate(one, rate) for one, rate in zip(lines, cents, strict=True)),
    )


def _weighted(lines: Sequence[CountedLine], *, risk: bool) -> Fraction:
    return sum((one.units * one.line.weight for one in lines if one.line.is_risk == risk), Fraction(0))


def _parts_of_budget(demands: SectorDemands, lines: Sequence[CountedLine]) -> list[Fraction]:
    """Return each rate as a part of the budget, unrounded.

    Raises:
        DemandNotMet: there are no pupils, or nothing is counted of what is for risk.
    """
    here: Place = ("sectors", demands.sector)
    if not _weighted(lines, risk=False):
        words = f"no pupils of {demands.sector} are counted, so nothing can be spent; ingest its counts"
        raise DemandNotMet(here, words)
    for one in (one for one in lines if one.line.is_risk and not one.units):
        share, name = _percent(demands.risk_share), one.line.component
        words = f"{share} is for risk, and nothing is counted of {name}; ingest it, or take its weight out"
        raise DemandNotMet((*here, "risk", "weights", name), words)
    base, risk = _weighted(lines, risk=False), _weighted(lines, risk=True)
    return [
        one.line.weight * (demands.risk_share / risk if one.line.is_risk else (1 - demands.risk_share) / base)
        for one in lines
    ]


def _at(parts: Sequence[Fraction], point: Fraction) -> list[int]:
    """Return the rates of a budget, rounded down."""
    return [int(part * point) for part in parts]


def _spent(lines: Sequence[CountedLine], cents: Sequence[int]) -> int:
    return sum(one.spends(rate) for one, rate in zip(lines, cents, strict=True))


def _largest(lines: Sequence[CountedLine], parts: Sequence[Fraction], budget: int) -> tuple[list[int], Fraction]:
    """Return the highest rates that the budget pays, and the budget that they are the parts of."""
    # Of a score each school may be rounded up by half a cent: begin below that.
    rounded = sum(len(one.quantities) for one in lines if one.line.is_risk)
    point = Fraction(max(0, budget - (rounded + 1) // 2))
    cents = _at(parts, point)
    for raised, at in _raised(lines, parts, cents):
        if _spent(lines, raised) > budget:
            point = max(point, min(Fraction(budget), at))
            break
        cents, point = raised, at
    # What nobody is paid by costs nothing, and keeps its ratio to the others.
    return [
        rate if one.units else int(part * point) for one, rate, part in zip(lines, cents, parts, strict=True)
    ], point


def _raised(
    lines: Sequence[CountedLine], parts: Sequence[Fraction], cents: Sequence[int]
) -> Iterator[tuple[list[int], Fraction]]:
    """Yield rates each time that a larger budget raises one by a cent; all of a component that rise together."""
    order = list(dict.fromkeys(one.line.component for one in lines))
    now = list(cents)
    while True:
        coming = {
            number: ((now[number] + 1) / part, order.index(one.line.component))
            for number, (one, part) in enumerate(zip(lines, parts, strict=True))
            if part and one.units
        }
        nearest = min(coming.values())
        now = [rate + (coming.get(number) == nearest) for number, rate in enumerate(now)]
        yield now, nearest[0]


def _refuse_endless(demands: SectorDemands, lines: Sequence[CountedLine], cents: Sequence[int]) -> None:
    for one, rate in zip(lines, cents, strict=True):
        if rate >= MOST_CENTS:
            words = f"gives {one.line.component} a rate of more than nine digits; mend the budget, or the counts"
            raise DemandNotMet(("sectors", demands.sector), words)


def _refuse_under_floor(
    demands: SectorDemands, lines: Sequence[CountedLine], cents: Sequence[int], budget: int
) -> None:
    """Refuse rates that give a pupil less than a floor; name what it needs, and what stands in the way."""
    lacking = [
        (least, kind, number)
        for number, (kinds, least) in demands.floors.items()
        for kind in kinds or demands.ratios
        if _of_pupil(kind, lines, cents) < least
    ]
    if not lacking:
        return
    least, kind, number = max(lacking, key=lambda one: (Fraction(one[0]) / demands.ratios[one[1]], -one[2]))
    noun = f"the floor of {_euro(least)} for {kind}"
    if demands.amount is not None:
        words = f"gives {kind} {_euro(_of_pupil(kind, lines, cents))}, less than {noun}; raise it, or lower that"
        raise DemandNotMet(("sectors", demands.sector, "amount"), words)
    amount = _amount_of_floor(lines, kind, least, demands.ratios[kind])
    if demands.ratios[kind] != 1:
        noun = f"{noun}, by its ratio {_euro(amount)} for ratio 1,"
    raise _floor_not_met(demands, lines, budget, floor=(number, noun, amount))


def _floor_not_met(
    demands: SectorDemands, lines: Sequence[CountedLine], budget: int, *, floor: tuple[int, str, int]
) -> DemandNotMet:
    """Return what stands in the way of a floor: the share for risk where it would do without, else the floor."""
    number, noun, amount = floor
    here: Place = ("sectors", demands.sector)
    base, exact = [one for one in lines if not one.line.is_risk], amount * _weighted(lines, risk=False)
    needs = _spent(base, [int(one.line.weight * amount) for one in base])
    whole = _spent(lines, _at(_parts_of_budget(demands, lines), exact / (1 - demands.risk_share)))
    message = f"{noun} needs {_euro(needs)} for {dutch.number(pupils_of(lines))} pupils"
    if needs > budget:
        if demands.risk_share:
            message = f"{message}, with the share for risk {_euro(whole)}"
        words = (
            f"{message}: {_euro(whole - budget)} more than the budget of {_euro(budget)}; lower one, or raise it"
        )
        return DemandNotMet((*here, "floors", number), words)
    left, most = _euro(budget - int(budget * demands.risk_share)), _percent(max(Fraction(0), 1 - exact / budget))
    words = (
        f"leaves {left} of {_euro(budget)}, and {message}; make it at most {most}, or the budget {_euro(whole)}"
    )
    return DemandNotMet((*here, "risk", "share"), words)


def _of_pupil(kind: SchoolType, lines: Sequence[CountedLine], cents: Sequence[int]) -> int:
    """Return what a pupil of a school type gets in cents, of the base alone."""
    return sum(
        rate
        for one, rate in zip(lines, cents, strict=True)
        if kind in one.line.school_types and not one.line.is_risk
    )


def _amount_of_floor(lines: Sequence[CountedLine], kind: SchoolType, least: int, ratio: Fraction) -> int:
    """Return the lowest amount of ratio 1, in whole cents, that gives a school type a floor."""
    amount = int(-(-Fraction(least) / ratio // 1))
    while _of_pupil(kind, lines, [int(one.line.weight * amount) for one in lines]) < least:
        amount += 1
    return amount


def _euro(cents: int) -> str:
    return dutch.number(Decimal(cents).scaleb(-2), 2)


def _percent(share: Fraction) -> str:
    """Write a share as a percentage, rounded down to two decimals."""
    return dutch.percent(Decimal(int(share * 10_000)).scaleb(-4))


def probed(regulation: Regulation, lines: Sequence[RateLine]) -> Regulation:
    """Return a regulation in which the rates to solve are 1, so that a decision counts the units of each."""
    wanted = {one.component for one in lines}
    known = {"value": Decimal(1), "status": "derived"}
    components = {
        name: one.model_copy(update={"rates": tuple(rate.model_copy(update=known) for rate in one.rates)})
        for name, one in regulation.components.items()
        if name in wanted
    }
    return regulation.model_copy(update={"components": {**regulation.components, **components}})


def units_of(decided: Entitlements, rounded_per: RoundedPer) -> SchoolUnits:
    """Return what the rates of a decision were multiplied by, added up where one amount is rounded once."""
    whose = {"school": "brin", "vestiging": "vestiging"}.get(rounded_per, "beneficiary")
    hundredths = (pl.col("quantity").cast(pl.Decimal(38, 2)) * pl.lit(PER_UNIT, pl.Int64)).cast(pl.Int64)
    key = ["component", "school_type", whose]
    summed = decided.group_by(key).agg(quantity_e2=hundredths.sum()).sort(key)
    return SchoolUnits(summed.drop(whose))
