"""Tables of what was decided and paid, and of the runs that did it."""

from __future__ import annotations

from typing import NewType

import pandera.polars as pa
import polars as pl

from schemas.columns import (
    CAUSES,
    COMPONENT,
    CURRENCIES,
    KEY,
    MOMENT,
    MONEY,
    OUTCOMES,
    QUANTITY,
    RATE,
    REASONS,
    SCHEME,
    SCHOOL_TYPES,
    SCHOOL_YEAR,
    SETTLEMENTS,
    STATUSES,
    UNROUNDED,
    YES_NO,
    code,
    column,
    first_of_month,
    not_zero,
    one_of,
    table,
    text,
    whole,
)
from schemas.rules import BOARD, BRIN, VESTIGING

Regulations = NewType("Regulations", pl.DataFrame)
REGULATIONS = table("regulations", {"sha256": text(), "name": text(), "text": text()}, ("sha256",))

Decisions = NewType("Decisions", pl.DataFrame)
DECISIONS = table(
    "decisions",
    {
        "decision_id": text(),
        "school_year": code(SCHOOL_YEAR),
        "sequence": whole(),
        "regulation": text(),
        "regulation_sha256": text(),
        "reference_date": column(pl.Date),
        "reason": text(nullable=True),
        "decided_at": column(MOMENT),
        "total": column(MONEY),
        "currency": one_of(CURRENCIES),
        "rests_on": text(nullable=True),
        "run_id": text(),
        "published": column(pl.Date, nullable=True),
        "valid_from": first_of_month(nullable=True),
        "valid_to": first_of_month(nullable=True),
        "paid_until": first_of_month(nullable=True),
        "prepared_by": text(nullable=True),
        "approved_by": text(nullable=True),
    },
    ("decision_id",),
)

DecisionInputRows = NewType("DecisionInputRows", pl.DataFrame)
DECISION_INPUTS = table(
    "decision_inputs",
    {"decision_id": text(), "delivery_id": text(), "used_for": text()},
    ("decision_id", "delivery_id", "used_for"),
)

Entitlements = NewType("Entitlements", pl.DataFrame)
ENTITLEMENTS = table(
    "entitlements",
    {
        "decision_id": text(),
        "school_year": code(SCHOOL_YEAR),
        "board": code(BOARD),
        "brin": code(BRIN),
        **KEY,
        "quantity": column(QUANTITY, pa.Check.ge(0)),
        "rate": column(RATE, pa.Check.ge(0)),
        "amount": column(MONEY, pa.Check.ge(0)),
        "article": text(),
        "measure": text(),
        "status": one_of(STATUSES),
        "currency": one_of(CURRENCIES),
    },
    ("decision_id", *KEY),
)

Trace = NewType("Trace", pl.DataFrame)
TRACE = table(
    "trace",
    {
        "decision_id": text(),
        "school_year": code(SCHOOL_YEAR),
        **KEY,
        "measure": text(),
        "counted": column(QUANTITY, pa.Check.ge(0)),
        "threshold": whole(nullable=True),
        "level": text(nullable=True),
        "quantity": column(QUANTITY, pa.Check.ge(0)),
        "unit": text(),
        "rate": column(RATE, pa.Check.ge(0)),
        "unrounded": column(UNROUNDED, pa.Check.ge(0)),
        "amount": column(MONEY, pa.Check.ge(0)),
        "currency": one_of(CURRENCIES),
        "status": one_of(STATUSES),
        "article": text(),
        "source": text(),
        "url": text(),
        "regulation": text(),
    },
    ("decision_id", *KEY),
)

Instalments = NewType("Instalments", pl.DataFrame)
INSTALMENTS = table(
    "instalments",
    {
        "decision_id": text(),
        "school_year": code(SCHOOL_YEAR),
        **KEY,
        "month": first_of_month(),
        "amount": column(MONEY, not_zero()),
    },
    ("decision_id", *KEY, "month"),
)

Adjustments = NewType("Adjustments", pl.DataFrame)
ADJUSTMENTS = table(
    "adjustments",
    {
        "decision_id": text(),
        "school_year": code(SCHOOL_YEAR),
        **KEY,
        "month": first_of_month(),
        "cause": one_of(CAUSES),
        "other_vestiging": code(VESTIGING, nullable=True),
        "amount": column(MONEY, not_zero()),
        "currency": one_of(CURRENCIES),
    },
    ("decision_id", *KEY, "month", "cause", "other_vestiging"),
)

DueChanges = NewType("DueChanges", pl.DataFrame)
DUE_CHANGES = table(
    "due_changes",
    {
        "decision_id": text(),
        "school_year": code(SCHOOL_YEAR),
        **KEY,
        "month": first_of_month(),
        "cause": one_of(CAUSES),
        "amount": column(MONEY, not_zero()),
        "currency": one_of(CURRENCIES),
    },
    ("decision_id", *KEY, "month", "cause"),
)

SettlementTerms = NewType("SettlementTerms", pl.DataFrame)
SETTLING = table(
    "settling",
    {
        "decision_id": text(),
        "school_type": one_of(SCHOOL_TYPES),
        "component": code(COMPONENT),
        "month": first_of_month(),
        "corrections": one_of(SETTLEMENTS),
        "floor_zero": one_of(YES_NO),
    },
    ("decision_id", "school_type", "component", "month"),
)

Grants = NewType("Grants", pl.DataFrame)
GRANTS = table(
    "grants",
    {
        "decision_id": text(),
        "school_year": code(SCHOOL_YEAR),
        "scheme": code(SCHEME),
        "board": code(BOARD),
        "brin": code(BRIN),
        "applied_on": column(pl.Date),
        "pupils_applied": whole(),
        "amount_applied": column(MONEY, pa.Check.ge(0)),
        "pupils_allowed": whole(),
        "amount": column(MONEY, pa.Check.ge(0)),
        "outcome": one_of(OUTCOMES),
        "reason": text(),
        "article": text(),
        "status": one_of(STATUSES),
        "currency": one_of(CURRENCIES),
        "window_name": text(nullable=True),
        "delivery_id": text(),
        "line": whole(),
    },
    ("decision_id", "delivery_id", "line"),
)

Payments = NewType("Payments", pl.DataFrame)
PAYMENTS = table(
    "payments",
    {
        "payment_id": code(r"^[0-9a-f]{32}$"),
        "run_id": text(),
        "paid_month": first_of_month(),
        "school_year": code(SCHOOL_YEAR),
        "decision_id": text(),
        "board": code(BOARD),
        "brin": code(BRIN),
        **KEY,
        "amount": column(MONEY, not_zero()),
        "reason": one_of(REASONS),
        "currency": one_of(CURRENCIES),
    },
    ("payment_id",),
)

CorrectionCauses = NewType("CorrectionCauses", pl.DataFrame)
CORRECTION_CAUSES = table(
    "correction_causes",
    {
        "payment_id": code(r"^[0-9a-f]{32}$"),
        "run_id": text(),
        "decision_id": text(),
        "month": first_of_month(),
        "cause": one_of(CAUSES),
        "amount": column(MONEY, not_zero()),
    },
    ("payment_id", "decision_id", "month", "cause"),
)

Runs = NewType("Runs", pl.DataFrame)
RUNS = table(
    "runs",
    {
        "run_id": text(),
        "command": text(),
        "month": first_of_month(nullable=True),
        "status": one_of(("done",)),
        "started_at": column(MOMENT),
        "finished_at": column(MOMENT),
        "payments": whole(),
        "total": column(MONEY),
        "total_usd": column(MONEY),
        "manifest": text(),
        "manifest_sha256": code(r"^[0-9a-f]{64}$"),
    },
    ("run_id",),
)
