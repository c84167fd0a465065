"""A made-up country of many small school years: counts, scores, rates and changes that a die throws about.

A history is a school year of its own with three schools; each school has pupils of four school types, and each
school type has a settlement of its own. So one and the same course of events is settled in all four ways.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from random import Random

import polars as pl

from npo_pipeline.decisions.change_causes import CauseStep, attribute_changes, changed_rates
from npo_pipeline.entitlements.calculate import calculate_decision
from npo_pipeline.entitlements.model import DecisionInputs, DecisionTables
from npo_pipeline.entitlements.rules import Rules
from npo_pipeline.rulebook.frames import PLACES, RATES, THRESHOLDS
from tests.reading import table

SETTLEMENTS = {
    "bao": ("next_payment", "no"),
    "sbo": ("next_payment", "yes"),
    "so": ("spread", "no"),
    "vso": ("spread", "yes"),
}
HISTORIES, SCHOOLS = 16, 3
SEP, OCT, NOV, DEC, JAN, FEB = MONTHS = [date(2021, month, 1) for month in (9, 10, 11, 12)] + [
    date(2022, month, 1) for month in (1, 2)
]
SHARES = table(
    """
    component          month       numerator denominator
    per_pupil          2021-09-01  2         7
    per_pupil          2021-10-01  3         7
    per_pupil          2021-11-01  4         7
    per_pupil          2021-12-01  5         7
    per_pupil          2022-01-01  6         7
    per_pupil          2022-02-01  1         1
    achterstandsscore  2021-11-01  1         3
    achterstandsscore  2021-12-01  1         1
    """,
    month="d",
    numerator="i",
    denominator="i",
)
SCHEDULE = {"per_pupil": MONTHS, "achterstandsscore": [NOV, DEC]}

PUPILS = (0, 0, 1, 2, 3, 7, 40, 1500, 200_000)
SCORES = tuple(map(Decimal, ("0.00", "0.00", "0.01", "0.25", "33.02", "1200.00")))
RATE_E8 = (1_000_000, 2_500_000, 5_01000000, 701_16000000, 1333_84296330, 99_999_99000000)
"""0.01, 0.025, 5.01, 701.16, 1333.8429633 and 99,999.99 euro."""


@dataclass(frozen=True)
class Facts:
    """All that decisions rest on. `changes`: effective, kind, vestiging, successor, in the order of telling."""

    pupils: dict[tuple[str, str], int]
    scores: dict[tuple[str, str], Decimal]
    rates: dict[tuple[str, str], int]
    changes: tuple[tuple[date, str, str, str | None], ...] = ()
    runs_out: bool = False


@dataclass
class Country:
    """What is decided now, and the die."""

    die: Random
    facts: Facts
    decided: DecisionTables = field(init=False)

    def __post_init__(self) -> None:
        self.decided = decided_on(self.facts, self.facts.rates, self.facts.changes)

    def decide(self, facts: Facts) -> pl.DataFrame:
        """Decide on other facts; gives what that makes due that was not, per cause (`standing._steps`)."""
        old, before = self.facts, self.decided
        ruled = changed_rates(rules_of(old, old.rates), rules_of(facts, facts.rates))
        counted = decided_on(facts, old.rates, old.changes)
        rated = counted if facts.rates == old.rates else decided_on(facts, facts.rates, old.changes)
        told = rated if facts.changes == old.changes else decided_on(facts, facts.rates, facts.changes)
        steps = [CauseStep("input", counted), CauseStep("rule", rated, ruled), CauseStep("change", told)]
        self.facts, self.decided = facts, told
        return attribute_changes(before, steps)


def vestigingen(history: int) -> list[str]:
    return [f"{history:02d}AA{school:02d}" for school in range(SCHOOLS)]


EVERYWHERE = [vestiging for history in range(HISTORIES) for vestiging in vestigingen(history)]
YEARS = pl.DataFrame(
    [(v, f"20{h:02d}-20{h + 1:02d}") for h in range(HISTORIES) for v in vestigingen(h)],
    schema=["vestiging", "school_year"],
    orient="row",
)


def in_their_years(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of schools, each in the school year that is its history."""
    return rows.drop("school_year").join(YEARS, on="vestiging")


def years_that_differ(before: pl.DataFrame, after: pl.DataFrame) -> set[str]:
    """The school years of which any instalment is another."""
    apart = [one.join(other, on=one.columns, how="anti") for one, other in ((before, after), (after, before))]
    return set(in_their_years(pl.concat(apart))["school_year"])


def directory(die: Random) -> pl.DataFrame:
    """Every school has a board; some go to another in the course of the year."""
    rows = [(v, v[:4], "10001", date(2020, 10, 1)) for v in EVERYWHERE]
    moved = [v for v in EVERYWHERE if die.random() < 0.2]
    rows += [(v, v[:4], "10002", die.choice(MONTHS)) for v in moved]
    schema = {"vestiging": pl.String, "brin": pl.String, "board": pl.String, "valid_from": pl.Date}
    frame = pl.DataFrame(rows, schema=schema, orient="row").sort("vestiging", "valid_from")
    return frame.with_columns(municipality=pl.lit("ASSEN"), valid_to=pl.lit(None, pl.Date))


SOMEWHERE = directory(Random(0))


def thrown(die: Random, *, runs_out: bool) -> Facts:
    """The facts at the beginning."""
    places = [(v, kind) for v in EVERYWHERE for kind in SETTLEMENTS]
    rated = [(component, kind) for component in SCHEDULE for kind in SETTLEMENTS]
    return Facts(
        {place: die.choice(PUPILS) for place in places},
        {place: die.choice(SCORES) for place in places},
        {one: die.choice(RATE_E8) for one in rated},
        runs_out=runs_out,
    )


def recounted(die: Random, facts: Facts, breadth: float) -> Facts:
    """Other counts and scores for some schools."""
    pupils = {one: die.choice(PUPILS) if die.random() < breadth else was for one, was in facts.pupils.items()}
    scores = {one: die.choice(SCORES) if die.random() < breadth else was for one, was in facts.scores.items()}
    return replace(facts, pupils=pupils, scores=scores)


def with_other_rates(die: Random, facts: Facts) -> Facts:
    """Another rate for one component of one school type."""
    return replace(facts, rates={**facts.rates, die.choice(list(facts.rates)): die.choice(RATE_E8)})


def with_changes(die: Random, facts: Facts, breadth: float) -> Facts:
    """Mergers, closures and openings of some schools, told late or early, in any order of days."""
    told = []
    for history in range(HISTORIES):
        if die.random() < breadth:
            here = vestigingen(history)
            kind = die.choice(["fusie", "fusie", "sluiting", "opening"])
            # Into a school with a higher code, so that mergers never lead in a circle.
            place = die.randrange(SCHOOLS - 1 if kind == "fusie" else SCHOOLS)
            successor = die.choice(here[place + 1 :]) if kind == "fusie" else None
            told.append((die.choice(MONTHS), kind, here[place], successor))
    return replace(facts, changes=(*facts.changes, *told))


def decided_on(facts: Facts, rates: dict[tuple[str, str], int], changes: tuple) -> DecisionTables:
    """What the program decides on facts."""
    places = [(*place, pupils) for place, pupils in facts.pupils.items()]
    told = {"effective": pl.Date, "kind": pl.String, "vestiging": pl.String, "successor": pl.String}
    counts = pl.DataFrame(places, schema=["vestiging", "school_type", "pupils"], orient="row")
    scores = pl.DataFrame(
        [(*place, score) for place, score in facts.scores.items()],
        schema={"vestiging": pl.String, "school_type": pl.String, "score": pl.Decimal(18, 2)},
        orient="row",
    )
    loose = scores.clear().select("vestiging", "score")
    basis = DecisionInputs(
        counts=counts,
        scores=scores,
        second_counts=counts.clear(),
        second_scores=scores.clear(),
        schools=SOMEWHERE,
        unplaced_scores=loose,
        changes=pl.DataFrame(changes, schema=told, orient="row"),
        areas=pl.DataFrame(schema=dict.fromkeys(["vestiging", "samenwerkingsverband"], pl.String)),
    )
    return calculate_decision("2021-2022", rules_of(facts, rates), basis)


def rules_of(facts: Facts, rates: dict[tuple[str, str], int]) -> list[Rules]:
    """A regulation per school type: they differ in rates and in settlement."""
    return [_rules(kind, facts.runs_out, rates) for kind in SETTLEMENTS]


def _rules(kind: str, runs_out: bool, rates: dict[tuple[str, str], int]) -> Rules:
    measures = {"per_pupil": "pupils", "achterstandsscore": "score"}
    rows = [
        (name, kind, None, measure, "EUR", rates[name, kind], None, None, None, "art. 1", "published", "a", "b")
        for name, measure in measures.items()
    ]
    rated = pl.DataFrame(rows, schema=RATES, orient="row")
    corrections, floor_zero = SETTLEMENTS[kind]
    return Rules(
        name=f"{kind}.yaml",
        currency="EUR",
        rates=rated,
        thresholds=pl.DataFrame(schema=THRESHOLDS),
        shares=SHARES,
        places=pl.DataFrame(schema=PLACES),
        corrections=corrections,
        floor_zero=floor_zero,
        continue_after_closure=runs_out,
    )
