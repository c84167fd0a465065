"""Boards made up for the tests of a filing: what schools had, got and spent, small enough to read."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import polars as pl

from npo_pipeline.reports.report_data import ReportData
from npo_pipeline.rulebook.year_end import year_end_rules
from schemas import accounted
from schemas.columns import schema_of

YEAR = 2021


@dataclass(frozen=True)
class Went:
    """Money that went to an intervention; the categories are those of the menukaart."""

    amount: str
    external: str = "0"
    on: str = "Feedback"
    category: str = "B"
    level: str = "school"


@dataclass(frozen=True)
class School:
    """A school of a board and what it tells."""

    board: str = "40001"
    brin: str = "01AA"
    carried_in: str = "0"
    received: str = "0"
    spent: tuple[Went, ...] = ()
    accrued: str = "0"
    mr: bool | None = True
    gmr: bool | None = None
    scan: bool | None = True
    name: str | None = "De Eik"
    municipality: str | None = "Assen"
    currency: str = "EUR"
    consent: dict[str, object] | None = field(default=None)
    errors: int = 0
    transferred: str = "0"
    corrections: str = "0"
    accrued_corrections: str = "0"

    def total(self, level: str | None = None) -> Decimal:
        """All that was spent, or what was at a level."""
        return sum((Decimal(one.amount) for one in self.spent if level in (None, one.level)), Decimal(0))

    def external(self) -> Decimal:
        return sum((Decimal(one.external) for one in self.spent), Decimal(0))


def keys() -> pl.DataFrame:
    """The key of every intervention of the menukaart."""
    rows = [
        (letter, name, key)
        for letter, category in year_end_rules().menukaart.all_categories().items()
        for key, name in category.interventions.items()
    ]
    return pl.DataFrame(rows, schema=["category", "intervention", "key"], orient="row")


def told(*schools: School, treatment: str = "bestemmingsreserve") -> ReportData:
    """What these schools tell of 2021."""
    known = set(keys().select("category", "intervention").iter_rows())
    return ReportData(
        year=YEAR,
        treatment=treatment,
        accounted_on=date(2022, 3, 1),
        accountability=_frame(accounted.ACCOUNTABILITY, (_account(one, treatment) for one in schools)),
        interventions=_frame(
            accounted.ACCOUNTABILITY_INTERVENTIONS, (row for one in schools for row in _spending(one, known))
        ),
        receipts=_frame(accounted.ACCOUNTABILITY_RECEIPTS, ()),
        findings=_frame(accounted.FINDINGS, (row for one in schools for row in _findings(one))),
        schools=pl.DataFrame(
            [(one.board, one.brin, one.name, one.municipality) for one in schools],
            schema={"board": pl.String, "brin": pl.String, "name": pl.String, "municipality": pl.String},
            orient="row",
        ),
        consents=_consents(schools),
        keys=keys(),
    )


def country(boards: int, seed: int = 1, most: int = 25) -> list[School]:
    """Schools of many boards, 6.3 a board, each with a few interventions."""
    roll = random.Random(seed)
    menu = [(row[0], row[1]) for row in keys().iter_rows()]
    found = []
    for place in range(boards):
        number = min(most, max(1, round(roll.expovariate(1 / 6.2))))
        found += [
            _made_up(roll, f"{40001 + place}", f"{roll.randrange(100):02d}{_letters(at)}", menu)
            for at in range(number)
        ]
    return found


def _letters(place: int) -> str:
    return f"{chr(65 + place // 26)}{chr(65 + place % 26)}"


def _made_up(roll: random.Random, board: str, brin: str, menu: list[tuple[str, str]]) -> School:
    went = []
    for category, name in roll.sample(menu, roll.randint(1, 4)):
        cents = roll.randrange(100_00, 60_000_00)
        external = roll.choice((0, 0, cents // 3))
        level = roll.choice(("school", "school", "bovenschools"))
        went.append(Went(_euro(cents), _euro(external), name, category, level))
    received, carried = roll.randrange(50_000_00, 400_000_00), roll.randrange(0, 90_000_00)
    consent = {"mr_date": date(2021, 6, 1 + roll.randrange(28)), "result": "Leerlingen lopen in"}
    school = School(board, brin, _euro(carried), _euro(received), tuple(went), _euro(received), consent=consent)
    return replace(school, name=f"School {brin}", gmr=roll.choice((True, False, None)))


def _euro(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _account(one: School, treatment: str) -> dict[str, object]:
    spent, moved = one.total(), Decimal(one.transferred) + Decimal(one.corrections)
    return {
        "year": YEAR,
        "board": one.board,
        "brin": one.brin,
        "carried_in": Decimal(one.carried_in),
        "received": Decimal(one.received),
        "spent": spent,
        "external": one.external(),
        "board_level": one.total("bovenschools"),
        "carried_out": Decimal(one.carried_in) + Decimal(one.received) - spent + moved,
        "transferred": Decimal(one.transferred),
        "corrections": Decimal(one.corrections),
        "accrued_corrections": Decimal(one.accrued_corrections),
        "mr_consent": one.mr,
        "gmr_consent": one.gmr,
        "accrued": Decimal(one.accrued),
        "school_scan": one.scan,
        "currency": one.currency,
        "treatment": treatment,
        "run_id": "000001-account-2021",
    }


def _spending(one: School, known: set[tuple[str, str]]) -> Iterator[dict[str, object]]:
    for went in one.spent:
        yield {
            "year": YEAR,
            "board": one.board,
            "brin": one.brin,
            "category": went.category,
            "intervention": went.on,
            "level": went.level,
            "amount": Decimal(went.amount),
            "external": Decimal(went.external),
            "share": None,
            "on_menu": (went.category, went.on) in known,
            "currency": one.currency,
        }


def _findings(one: School) -> Iterator[dict[str, object]]:
    for severity in ["error"] * one.errors + ["note"]:
        yield {
            "year": YEAR,
            "board": one.board,
            "brin": one.brin,
            "rule": "no_mr_consent",
            "severity": severity,
            "amount": None,
            "message": "De MR heeft niet ingestemd",
            "article": "nponderwijs.nl",
            "advice": "Vraag instemming",
            "file": None,
            "line": None,
        }


def _consents(schools: Iterable[School]) -> pl.DataFrame:
    columns = ("mr_date", "gmr_date", "parents_involved", "result")
    types = {"mr_date": pl.Date, "gmr_date": pl.Date, "parents_involved": pl.String, "result": pl.String}
    rows = [
        {"board": one.board, "brin": one.brin, **{name: one.consent.get(name) for name in columns}}
        for one in schools
        if one.consent is not None
    ]
    return pl.DataFrame(rows, schema={"board": pl.String, "brin": pl.String, **types})


def _frame(model: object, rows: Iterable[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema_of(model))
