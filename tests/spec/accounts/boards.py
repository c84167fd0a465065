"""One board with one school whose accounts of 2021 are in order, to plant a fault in.

The school received 1.000,00, spent 600,00 on extra lessons, and its MR consented before.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from npo_pipeline.accounts.statement import FLOWS, AccountInputs, ClosedBooks, YearAccounts, account_for
from npo_pipeline.rulebook.year_end import year_end_rules
from schemas.accounted import ACCOUNTABILITY, CONSENTS, RESERVE_TRANSFERS, SPENDING
from schemas.columns import schema_of
from schemas.received import SCHOOLS

YEAR = 2021
BOARD, SCHOOL = "10001", "01AA"
OTHER_BOARD = "10002"
TODAY = date(2022, 3, 1)

SPENT: dict[str, Any] = {
    "delivery_id": "d000009",
    "line": 2,
    "board": BOARD,
    "brin": SCHOOL,
    "year": YEAR,
    "category": "A",
    "intervention": "Uitbreiding onderwijs",
    "level": "school",
    "amount": Decimal("600.00"),
    "external": Decimal("0.00"),
    "reason": None,
}
CONSENT: dict[str, Any] = {
    "delivery_id": "d000010",
    "line": 2,
    "board": BOARD,
    "brin": SCHOOL,
    "school_year": "2021-2022",
    "school_scan": True,
    "mr_consent": True,
    "mr_date": date(2021, 6, 15),
    "board_level_agreed": Decimal("0.00"),
    "gmr_consent": False,
    "gmr_date": None,
    "parents_involved": None,
    "municipality_informed": None,
    "result": None,
}
PAID: dict[str, Any] = {
    "paid_month": date(2021, 9, 1),
    "school_year": "2021-2022",
    "school_type": "bao",
    "component": "per_pupil",
    "board": BOARD,
    "brin": SCHOOL,
    "currency": "EUR",
    "amount": Decimal("1000.00"),
}
MOVED: dict[str, Any] = {
    "delivery_id": "d000011",
    "line": 2,
    "board": BOARD,
    "year": YEAR,
    "from_board": BOARD,
    "to_board": OTHER_BOARD,
    "brin": SCHOOL,
    "amount": Decimal("400.00"),
    "moved_on": date(2021, 8, 1),
}
PAYMENTS = {
    "paid_month": pl.Date,
    "school_year": pl.String,
    "school_type": pl.String,
    "component": pl.String,
    "board": pl.String,
    "brin": pl.String,
    "currency": pl.String,
    "amount": pl.Decimal(18, 2),
}
TOTALS = {"school_year": pl.String, "vestiging": pl.String, "currency": pl.String, "amount": pl.Decimal(18, 2)}
TOTALS["month"] = pl.Date
REFUSED = {"board": pl.String, "file": pl.String, "line": pl.Int64, "message": pl.String}


def basis(
    *,
    spent: tuple[dict, ...] = (SPENT,),
    consents: tuple[dict, ...] = (CONSENT,),
    paid: tuple[dict, ...] = (PAID,),
    before: tuple[dict, ...] = (),
    totals: tuple[dict, ...] = (),
    refused: tuple[dict, ...] = (),
    moved: tuple[dict, ...] = (),
    school_moves: bool = True,
    closed: ClosedBooks | None = None,
    year: int = YEAR,
    today: date = TODAY,
) -> AccountInputs:
    """What the accounts are made from: all in order, but for what a test gives otherwise."""
    accountability = schema_of(ACCOUNTABILITY)
    opening = [{**dict.fromkeys(accountability), "currency": "EUR", **row} for row in before]
    schools = [
        {**dict.fromkeys(schema_of(SCHOOLS)), "vestiging": f"{row['brin']}00", "board": row["board"]}
        | {"brin": row["brin"], "valid_from": date(2020, 8, 1)}
        for row in paid
    ]
    schools += [
        {**dict.fromkeys(schema_of(SCHOOLS)), "vestiging": f"{row['brin']}00", "brin": row["brin"]}
        | {"board": row[end], "valid_from": day}
        for row in moved
        for end, day in (("from_board", date(2020, 8, 1)), ("to_board", row["moved_on"]))
        if school_moves
    ]
    return AccountInputs(
        year=year,
        accounted_on=today,
        treatment="bestemmingsreserve",
        rules=year_end_rules(),
        payments=pl.DataFrame(paid, schema=PAYMENTS),
        totals=pl.DataFrame(totals, schema=TOTALS),
        schools=pl.DataFrame(schools, schema=schema_of(SCHOOLS)).unique(maintain_order=True),
        spending=pl.DataFrame(spent, schema=schema_of(SPENDING)),
        consents=pl.DataFrame(consents, schema=schema_of(CONSENTS)),
        files=pl.DataFrame({"delivery_id": ["d000009", "d000010"], "file": ["besteding.csv", "instemming.csv"]}),
        rejections=pl.DataFrame(refused, schema=REFUSED),
        before=pl.DataFrame(opening, schema=accountability),
        transfers=pl.DataFrame(moved, schema=schema_of(RESERVE_TRANSFERS)),
        closed=closed or ClosedBooks(),
    )


def accounted(**otherwise: Any) -> YearAccounts:
    """The accounts of the board, with what a test gives otherwise."""
    return account_for(basis(**otherwise))


def but(row: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A row with something changed; amounts may be written as text."""
    money = {"amount", "external", "board_level_agreed", "carried_out", "carried_in"}
    return {**row, **{name: Decimal(value) if name in money else value for name, value in changed.items()}}


def closed_as(year: int = YEAR, **amounts: str) -> ClosedBooks:
    """The year of the school as it was closed, with some amounts in it."""
    row = {**dict.fromkeys(FLOWS, "0.00"), **amounts}
    cents = {name: Decimal(value) for name, value in row.items()}
    known = {"year": year, "board": BOARD, "brin": SCHOOL, "currency": "EUR"}
    schema = schema_of(ACCOUNTABILITY)
    rows = pl.DataFrame([{**dict.fromkeys(schema), **known, **cents}], schema=schema)
    return ClosedBooks((year,), rows)
