"""What a published table is (contract, section 3): its columns, types, keys and what a row may hold.

The pandera models below are the one place that says so: the DuckDB tables are made from them
(`npo_pipeline.home.tables`) and every frame is checked against them before it is written.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandera.polars as pa
import polars as pl

from schemas.light import light
from schemas.rules import BOARD, BRIN, RULES, VESTIGING

MONEY = pl.Decimal(18, 2)
QUANTITY = pl.Decimal(18, 2)
RATE = pl.Decimal(18, 8)
UNROUNDED = pl.Decimal(38, 10)
"""A quantity of two decimals times a rate of eight: exact."""

MOMENT = pl.Datetime("us")

SCHOOL_TYPES = ("bao", "sbo", "so", "vso", "vo", "vo_pro_vbo", "cn")
COMPONENT = r"^[a-z][a-z0-9_-]*$"
"""Components are named by the regulation files: `per_pupil`, `surcharge`, `achterstandsscore`, `cumi`, ..."""

CURRENCIES = ("EUR", "USD")
STATUSES = ("published", "approximate", "derived")
OUTCOMES = ("granted", "reduced", "refused")
SCHEME = r"^[A-Z]{2,10}$"
"""Codes of subsidy schemes are named by the subsidy files: `IOP`, `EHK`, ..."""

REASONS = ("instalment", "correction")
SCHOOL_YEAR = r"^20[0-9]{2}-20[0-9]{2}$"

_Dtype = pl.DataType | type[pl.DataType]


def _column(dtype: _Dtype, *checks: pa.Check, nullable: bool = False) -> pa.Column:
    return light(dtype, list(checks), nullable=nullable)


def _text(*checks: pa.Check, nullable: bool = False) -> pa.Column:
    return _column(pl.String, *checks, nullable=nullable)


def _code(pattern: str, *, nullable: bool = False) -> pa.Column:
    return _text(pa.Check.str_matches(pattern), nullable=nullable)


def _one_of(values: tuple[str, ...]) -> pa.Column:
    return _text(pa.Check.isin(values))


def _whole(*, nullable: bool = False) -> pa.Column:
    return _column(pl.Int64, pa.Check.ge(0), nullable=nullable)


def _first_of_month(*, nullable: bool = False) -> pa.Column:
    first = pa.Check(lambda data: data.lazyframe.select(pl.col(data.key).dt.day() == 1), name="first_of_month")
    return _column(pl.Date, first, nullable=nullable)


def _not_zero() -> pa.Check:
    return pa.Check(lambda data: data.lazyframe.select(pl.col(data.key) != 0), name="not_zero")


def _table(name: str, columns: Mapping[str, pa.Column], key: tuple[str, ...] = ()) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(dict(columns), name=name, strict=True, unique=list(key) or None)


_KEY = {
    "vestiging": _code(VESTIGING),
    "school_type": _one_of(SCHOOL_TYPES),
    "component": _code(COMPONENT),
}

DELIVERIES = _table(
    "deliveries",
    {
        "delivery_id": _text(),
        "reference_date": _column(pl.Date, nullable=True),
        "kind": _text(),
        "file": _text(),
        "sha256": _code(r"^[0-9a-f]{64}$"),
        "rows": _whole(),
        "rejected": _whole(),
        "ingested_at": _column(MOMENT),
        "superseded_by": _text(nullable=True),
        "run_id": _text(),
        "encoding": _text(),
    },
    ("delivery_id",),
)

QUARANTINE = _table(
    "quarantine",
    {
        "delivery_id": _text(),
        "file": _text(),
        "line": _whole(),
        "rule": _one_of(RULES),
        "column_name": _text(nullable=True),
        "message": _text(),
    },
    ("delivery_id", "line", "rule", "column_name"),
)

SCHOOL_FACTS = _table(
    "school_facts",
    {
        "delivery_id": _text(),
        "vestiging": _code(VESTIGING),
        "board": _code(BOARD),
        "name": _text(nullable=True),
        "place": _text(nullable=True),
        "municipality": _text(nullable=True),
        "as_of": _column(pl.Date),
        "source": _one_of(("pupils", "addresses", "changes")),
    },
)

SCHOOLS = _table(
    "schools",
    {
        "vestiging": _code(VESTIGING),
        "brin": _code(BRIN),
        "board": _code(BOARD),
        "name": _text(nullable=True),
        "place": _text(nullable=True),
        "municipality": _text(nullable=True),
        "valid_from": _column(pl.Date),
        "valid_to": _column(pl.Date, nullable=True),
    },
    ("vestiging", "valid_from"),
)

COUNTS = _table(
    "counts",
    {
        "delivery_id": _text(),
        "reference_date": _column(pl.Date),
        "vestiging": _code(VESTIGING),
        "school_type": _one_of(SCHOOL_TYPES),
        "cluster": _text(nullable=True),
        "pupils": _whole(nullable=True),
        "cumi_pupils": _whole(nullable=True),
        "newcomers": _whole(nullable=True),
    },
    ("delivery_id", "vestiging", "school_type", "cluster"),
)

SCORES = _table(
    "scores",
    {
        "delivery_id": _text(),
        "reference_date": _column(pl.Date),
        "vestiging": _code(VESTIGING),
        "score": _column(QUANTITY, pa.Check.ge(0)),
        "pupils": _whole(),
    },
    ("delivery_id", "vestiging"),
)

CHANGES = _table(
    "changes",
    {
        "delivery_id": _text(),
        "effective": _column(pl.Date),
        "kind": _text(),
        "vestiging": _code(VESTIGING),
        "board": _code(BOARD, nullable=True),
        "successor": _code(VESTIGING, nullable=True),
    },
)

APPLICATIONS = _table(
    "applications",
    {
        "delivery_id": _text(),
        "line": _whole(),
        "scheme": _code(SCHEME),
        "board": _code(BOARD),
        "brin": _code(BRIN),
        "applied_on": _column(pl.Date),
        "pupils": _whole(),
        "amount": _column(MONEY, pa.Check.ge(0)),
    },
    ("delivery_id", "line"),
)

DIFFERENCES = _table(
    "differences",
    {
        "run_id": _text(),
        "reference_date": _column(pl.Date),
        "vestiging": _code(VESTIGING),
        "school_type": _one_of(SCHOOL_TYPES),
        "measure": _text(),
        "used": _column(QUANTITY, nullable=True),
        "used_delivery": _text(),
        "other": _column(QUANTITY, nullable=True),
        "other_delivery": _text(),
        "message": _text(),
    },
)

REGULATIONS = _table("regulations", {"sha256": _text(), "name": _text(), "text": _text()}, ("sha256",))

DECISIONS = _table(
    "decisions",
    {
        "decision_id": _text(),
        "school_year": _code(SCHOOL_YEAR),
        "sequence": _whole(),
        "regulation": _text(),
        "regulation_sha256": _text(),
        "reference_date": _column(pl.Date),
        "reason": _text(nullable=True),
        "decided_at": _column(MOMENT),
        "total": _column(MONEY),
        "currency": _one_of(CURRENCIES),
        "rests_on": _text(nullable=True),
        "run_id": _text(),
    },
    ("decision_id",),
)

DECISION_INPUTS = _table(
    "decision_inputs",
    {"decision_id": _text(), "delivery_id": _text(), "used_for": _text()},
    ("decision_id", "delivery_id", "used_for"),
)

ENTITLEMENTS = _table(
    "entitlements",
    {
        "decision_id": _text(),
        "school_year": _code(SCHOOL_YEAR),
        "board": _code(BOARD),
        "brin": _code(BRIN),
        **_KEY,
        "quantity": _column(QUANTITY, pa.Check.ge(0)),
        "rate": _column(RATE, pa.Check.ge(0)),
        "amount": _column(MONEY, pa.Check.ge(0)),
        "article": _text(),
        "measure": _text(),
        "status": _one_of(STATUSES),
        "currency": _one_of(CURRENCIES),
    },
    ("decision_id", *_KEY),
)

TRACE = _table(
    "trace",
    {
        "decision_id": _text(),
        "school_year": _code(SCHOOL_YEAR),
        **_KEY,
        "measure": _text(),
        "counted": _column(QUANTITY, pa.Check.ge(0)),
        "threshold": _whole(nullable=True),
        "level": _text(nullable=True),
        "quantity": _column(QUANTITY, pa.Check.ge(0)),
        "unit": _text(),
        "rate": _column(RATE, pa.Check.ge(0)),
        "unrounded": _column(UNROUNDED, pa.Check.ge(0)),
        "amount": _column(MONEY, pa.Check.ge(0)),
        "currency": _one_of(CURRENCIES),
        "status": _one_of(STATUSES),
        "article": _text(),
        "source": _text(),
        "url": _text(),
        "regulation": _text(),
    },
    ("decision_id", *_KEY),
)

INSTALMENTS = _table(
    "instalments",
    {
        "decision_id": _text(),
        "school_year": _code(SCHOOL_YEAR),
        **_KEY,
        "month": _first_of_month(),
        "amount": _column(MONEY, _not_zero()),
    },
    ("decision_id", *_KEY, "month"),
)

GRANTS = _table(
    "grants",
    {
        "decision_id": _text(),
        "school_year": _code(SCHOOL_YEAR),
        "scheme": _code(SCHEME),
        "board": _code(BOARD),
        "brin": _code(BRIN),
        "applied_on": _column(pl.Date),
        "pupils_applied": _whole(),
        "amount_applied": _column(MONEY, pa.Check.ge(0)),
        "pupils_allowed": _whole(),
        "amount": _column(MONEY, pa.Check.ge(0)),
        "outcome": _one_of(OUTCOMES),
        "reason": _text(),
        "article": _text(),
        "status": _one_of(STATUSES),
        "currency": _one_of(CURRENCIES),
        "window_name": _text(nullable=True),
        "delivery_id": _text(),
        "line": _whole(),
    },
    ("decision_id", "delivery_id", "line"),
)

PAYMENTS = _table(
    "payments",
    {
        "payment_id": _code(r"^[0-9a-f]{32}$"),
        "run_id": _text(),
        "paid_month": _first_of_month(),
        "school_year": _code(SCHOOL_YEAR),
        "decision_id": _text(),
        "board": _code(BOARD),
        "brin": _code(BRIN),
        **_KEY,
        "amount": _column(MONEY, _not_zero()),
        "reason": _one_of(REASONS),
        "currency": _one_of(CURRENCIES),
    },
    ("payment_id",),
)

RUNS = _table(
    "runs",
    {
        "run_id": _text(),
        "command": _text(),
        "month": _first_of_month(nullable=True),
        "status": _one_of(("done",)),
        "started_at": _column(MOMENT),
        "finished_at": _column(MOMENT),
        "payments": _whole(),
        "total": _column(MONEY),
        "total_usd": _column(MONEY),
        "manifest": _text(),
        "manifest_sha256": _code(r"^[0-9a-f]{64}$"),
    },
    ("run_id",),
)

TABLES = (
    DELIVERIES,
    QUARANTINE,
    SCHOOL_FACTS,
    SCHOOLS,
    COUNTS,
    SCORES,
    CHANGES,
    APPLICATIONS,
    DIFFERENCES,
    REGULATIONS,
    DECISIONS,
    DECISION_INPUTS,
    ENTITLEMENTS,
    TRACE,
    INSTALMENTS,
    GRANTS,
    PAYMENTS,
    RUNS,
)


def checked(frame: pl.DataFrame, model: pa.DataFrameSchema) -> pl.DataFrame:
    """Check a collected frame against its table; gives it back with the columns in their order.

    Raises:
        TypeError: the frame is lazy (pandera would look at its column names only).
        pandera.errors.SchemaErrors: a row is not what the table holds: a fault of ours.
    """
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"{model.name}: a frame must be collected before it is checked")
    ordered = frame.select(list(model.columns))
    model.validate(ordered, lazy=True)
    return ordered
