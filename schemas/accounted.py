"""Tables of the accountability of a calendar year: what boards told, and what follows from it."""

from __future__ import annotations

from typing import NewType

import pandera.polars as pa
import polars as pl

from schemas.columns import CURRENCIES, MONEY, SCHOOL_YEAR, code, column, one_of, table, text, whole
from schemas.rules import BOARD, BRIN

LEVELS = ("school", "bovenschools")
"""Where money was spent: by the school itself, or by its board for several schools together (bovenschools)."""

SEVERITIES = ("error", "warning", "note")
TREATMENTS = ("bestemmingsreserve", "overlopende_passiva")
"""What money that is left over is in the annual accounts; sources differ (domain notes, section 7)."""

CATEGORY = r"^[A-F]$"
SHARE = pl.Decimal(9, 4)

Spending = NewType("Spending", pl.DataFrame)
SPENDING = table(
    "spending",
    {
        "delivery_id": text(),
        "line": whole(),
        "board": code(BOARD),
        "brin": code(BRIN),
        "year": whole(),
        "category": code(CATEGORY),
        "intervention": text(),
        "level": one_of(LEVELS),
        "amount": column(MONEY, pa.Check.ge(0)),
        "external": column(MONEY, pa.Check.ge(0)),
    },
    ("delivery_id", "line"),
)
"""What boards say they spent; `intervention` as the board wrote it, made harmless."""

Consents = NewType("Consents", pl.DataFrame)
CONSENTS = table(
    "consents",
    {
        "delivery_id": text(),
        "line": whole(),
        "board": code(BOARD),
        "brin": code(BRIN),
        "school_year": code(SCHOOL_YEAR),
        "school_scan": column(pl.Boolean),
        "mr_consent": column(pl.Boolean),
        "mr_date": column(pl.Date, nullable=True),
        "board_level_agreed": column(MONEY, pa.Check.ge(0)),
        "gmr_consent": column(pl.Boolean),
        "gmr_date": column(pl.Date, nullable=True),
        "parents_involved": text(nullable=True),
        "municipality_informed": column(pl.Boolean, nullable=True),
        "result": text(nullable=True),
    },
    ("delivery_id", "line"),
)
"""Who consented to what, per school and school year."""

Accounts = NewType("Accounts", pl.DataFrame)
ACCOUNTS = table(
    "accounts",
    {
        "run_id": text(),
        "year": whole(),
        "sequence": whole(),
        "accounted_on": column(pl.Date),
        "treatment": one_of(TREATMENTS),
        "menukaart": text(),
        "menukaart_sha256": text(),
        "boards": whole(),
        "schools": whole(),
        "received": column(MONEY),
        "received_usd": column(MONEY),
        "spent": column(MONEY),
        "spent_usd": column(MONEY),
        "carried_out": column(MONEY),
        "carried_out_usd": column(MONEY),
        "errors": whole(),
        "warnings": whole(),
        "notes": whole(),
    },
    ("run_id",),
)
"""One row each time a year was accounted for, with the texts of the rules it was judged by."""

Findings = NewType("Findings", pl.DataFrame)
FINDINGS = table(
    "findings",
    {
        "year": whole(),
        "board": code(BOARD),
        "brin": code(BRIN, nullable=True),
        "rule": text(),
        "severity": one_of(SEVERITIES),
        "amount": column(MONEY, nullable=True),
        "message": text(),
        "article": text(),
        "advice": text(),
        "file": text(nullable=True),
        "line": whole(nullable=True),
    },
)
"""What is wrong or worth knowing, in Dutch, because a board reads it. `brin` is null where the board is meant."""

Accountability = NewType("Accountability", pl.DataFrame)
ACCOUNTABILITY = table(
    "accountability",
    {
        "year": whole(),
        "board": code(BOARD),
        "brin": code(BRIN),
        "carried_in": column(MONEY),
        "received": column(MONEY),
        "spent": column(MONEY, pa.Check.ge(0)),
        "external": column(MONEY, pa.Check.ge(0)),
        "board_level": column(MONEY, pa.Check.ge(0)),
        "carried_out": column(MONEY),
        "mr_consent": column(pl.Boolean, nullable=True),
        "gmr_consent": column(pl.Boolean, nullable=True),
        "accrued": column(MONEY),
        "school_scan": column(pl.Boolean, nullable=True),
        "currency": one_of(CURRENCIES),
        "treatment": one_of(TREATMENTS),
        "run_id": text(),
    },
    ("year", "board", "brin"),
)
"""Per school of a board: what it had, got, spent and keeps. `accrued` is what decisions make due of the year's
own twelfths of both school years. A consent is null where nothing was told of it."""

AccountabilityInterventions = NewType("AccountabilityInterventions", pl.DataFrame)
ACCOUNTABILITY_INTERVENTIONS = table(
    "accountability_interventions",
    {
        "year": whole(),
        "board": code(BOARD),
        "brin": code(BRIN),
        "category": code(CATEGORY),
        "intervention": text(),
        "level": one_of(LEVELS),
        "amount": column(MONEY, pa.Check.ge(0)),
        "external": column(MONEY, pa.Check.ge(0)),
        "share": column(SHARE, nullable=True),
        "on_menu": column(pl.Boolean),
        "currency": one_of(CURRENCIES),
    },
    ("year", "board", "brin", "category", "intervention", "level"),
)
"""Per school which part went to which intervention; `share` of what the school spent, null where that is 0."""
