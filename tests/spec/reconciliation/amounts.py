"""Amounts of a made-up country in a few words, and what others say of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

import polars as pl

from npo_pipeline.reconciliation.causes import Evidence, explain
from npo_pipeline.reconciliation.compare import CODE_COLUMN, compare
from schemas.reconciled import (
    BESIDE_RATES,
    OUR_AMOUNTS,
    THEIR_AMOUNTS,
    AmountPairs,
    BesideRates,
    OurAmounts,
    TheirAmounts,
)

SHA = "ab" * 32
RATES = {"per_pupil": Decimal("701.16"), "achterstandsscore": Decimal("251.16"), "cumi": Decimal("548.56")}
MEASURES = {"per_pupil": "pupils", "achterstandsscore": "score", "cumi": "cumi_pupils"}


@dataclass(frozen=True, kw_only=True)
class School:
    """A vestiging with a board, and its units of each component."""

    vestiging: str
    board: str = "10001"
    school_type: str = "bao"
    units: dict[str, Decimal] = field(default_factory=dict)


def school(vestiging: str, pupils: int, *, board: str = "10001", score: str = "0", kind: str = "bao") -> School:
    units = {"per_pupil": Decimal(pupils), "achterstandsscore": Decimal(score)}
    return School(vestiging=vestiging, board=board, school_type=kind, units=units)


def cents_of(component: str, units: Decimal) -> int:
    return int((units * RATES[component] * 100).quantize(Decimal(1), ROUND_HALF_UP))


def ours(schools: Iterable[School]) -> OurAmounts:
    rows = [
        {
            "decision_id": "2021-2022-001",
            "currency": "EUR",
            "board": one.board,
            "brin": one.vestiging[:4],
            "vestiging": one.vestiging,
            "school_type": one.school_type,
            "component": component,
            "measure": MEASURES[component],
            "rate_e8": int(RATES[component] * 10**8),
            "quantity_e2": int(units * 100),
            "counted_e2": int(units * 100),
            "threshold": None,
            "amount_cents": cents_of(component, units),
        }
        for one in schools
        for component, units in one.units.items()
        if units
    ]
    return OurAmounts(pl.DataFrame(rows, schema=OUR_AMOUNTS))


@dataclass(frozen=True, kw_only=True)
class Said:
    """An amount of theirs: of a code, a component, in cents; and the count that it rests on, in hundredths."""

    code: str
    cents: int
    component: str = "per_pupil"
    count_e2: int | None = None


def said_of(
    amounts: OurAmounts, level: str, *, counts: bool = False, components: Sequence[str] = ()
) -> list[Said]:
    """All amounts of ours at a level, as a file that agrees with us has them."""
    chosen = amounts.filter(pl.col("component").is_in(components)) if components else amounts
    sums = chosen.group_by(CODE_COLUMN[level], "component", maintain_order=True).agg(
        pl.col("amount_cents", "counted_e2").sum()
    )
    return [
        Said(code=code, component=component, cents=cents, count_e2=count if counts else None)
        for code, component, cents, count in sums.iter_rows()
    ]


def theirs(said: Iterable[Said], level: str) -> TheirAmounts:
    rows = [
        {
            "file": "ofb.csv",
            "sha256": SHA,
            "level": level,
            "code": one.code,
            "board": None,
            "component": one.component,
            "school_types": "",
            "column_name": "BEDRAG",
            "line": line,
            "theirs_cents": one.cents,
            "their_count_e2": one.count_e2,
        }
        for line, one in enumerate(said, 2)
    ]
    return TheirAmounts(pl.DataFrame(rows, schema=THEIR_AMOUNTS))


def beside(*named: tuple[str, str]) -> BesideRates:
    """Amounts per pupil of bao that the rules name beside the rate: name and amount."""
    rows = [("per_pupil", "bao", name, int(Decimal(amount) * 10**8)) for name, amount in named]
    return BesideRates(pl.DataFrame(rows, schema=BESIDE_RATES, orient="row"))


def explained(
    schools: Sequence[School],
    said: Iterable[Said],
    level: str,
    *,
    named: BesideRates | None = None,
    tolerance: int = 0,
) -> AmountPairs:
    amounts = ours(schools)
    pairs = compare(amounts, theirs(said, level), tolerance_cents=tolerance)
    return explain(pairs, Evidence(amounts, named if named is not None else beside()))


def causes(pairs: AmountPairs) -> dict[tuple[str, str], str | None]:
    """Code and component -> cause, or the outcome where there is no cause."""
    shown = pl.coalesce("cause", "outcome")
    return {
        (code, component): why for code, component, why in pairs.select("code", "component", shown).iter_rows()
    }


def changed(said: Iterable[Said], code: str, component: str = "per_pupil", **new: int) -> list[Said]:
    return [replace(one, **new) if (one.code, one.component) == (code, component) else one for one in said]
