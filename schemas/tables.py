"""The published tables (contract, section 3): their columns, types, keys, and the values that a row may have.

These pandera models are the one place for it: the DuckDB tables and their comments are made from them
(`npo_pipeline.books`), and every frame is validated against them before it is published.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandera.polars as pa
import polars as pl

from schemas import accounted, decided, received, reconciled, released
from schemas.columns import schema_of

TABLES = (
    received.DELIVERIES,
    received.QUARANTINE,
    received.SOURCE_CORRECTIONS,
    received.RESOLUTIONS,
    received.SCHOOL_FACTS,
    received.SCHOOLS,
    received.COUNTS,
    received.ZERO_COUNTS,
    received.COUNT_RANGES,
    received.SCORES,
    received.AREAS,
    received.MUNICIPAL_SCORES,
    received.LISTED_VESTIGINGEN,
    received.LEERPLUS_SCHOOLS,
    received.BOARDS,
    received.PAYMENT_ACCOUNTS,
    received.CHANGES,
    received.APPLICATIONS,
    received.COMPLETIONS,
    accounted.SPENDING,
    accounted.CONSENTS,
    accounted.RESERVE_TRANSFERS,
    received.DIFFERENCES,
    decided.REGULATIONS,
    decided.DECISIONS,
    decided.DECISION_INPUTS,
    decided.ACCEPTED_CHANGES,
    decided.ENTITLEMENTS,
    decided.TRACE,
    decided.INSTALMENTS,
    decided.ADJUSTMENTS,
    decided.DUE_CHANGES,
    decided.SETTLING,
    decided.GRANTS,
    decided.PAYMENTS,
    decided.CORRECTION_CAUSES,
    accounted.ACCOUNTS,
    accounted.FINDINGS,
    accounted.ACCOUNTABILITY,
    accounted.ACCOUNTABILITY_INTERVENTIONS,
    accounted.ACCOUNTABILITY_RECEIPTS,
    accounted.ACCOUNTABILITY_CORRECTIONS,
    accounted.ACCOUNTABILITY_CLAIMS,
    accounted.CLOSED_YEARS,
    accounted.PACKS,
    reconciled.RECONCILIATION,
    released.ACCOUNT_CONFIRMATIONS,
    released.RELEASE_PLANS,
    released.BATCHES,
    released.TRANSFER_ORDERS,
    released.TRANSFER_PAYMENTS,
    released.WITHHELD,
    released.BANK_FILES,
    released.TRANSFER_EVENTS,
    decided.HOLDS,
    decided.RUNS,
)


TableRows = Mapping[str, tuple[pa.DataFrameSchema, pl.DataFrame]]
"""Name of a table -> its model and rows of it."""


def table_rows(*parts: tuple[pa.DataFrameSchema, pl.DataFrame]) -> TableRows:
    """Return rows of tables by the name of their table."""
    return {model.name: (model, rows) for model, rows in parts}


def select_columns(frame: pl.DataFrame, model: pa.DataFrameSchema) -> pl.DataFrame:
    """Return a collected frame with the columns of its table in their order.

    Raises:
        TypeError: the frame is lazy (pandera would look at its column names only).
    """
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"{model.name}: a frame must be collected before it is checked")
    return frame.select(list(model.columns))


def validated(frame: pl.DataFrame, model: pa.DataFrameSchema) -> pl.DataFrame:
    """Validate a collected frame against its table, and return it with the columns in their order.

    Raises:
        TypeError: the frame is lazy.
        pandera.errors.SchemaErrors: a row is not what the table holds: a fault of ours.
    """
    ordered = select_columns(frame, model)
    if not _surely_valid(ordered, model):
        model.validate(ordered, lazy=True)
    return ordered


def _surely_valid(rows: pl.DataFrame, model: pa.DataFrameSchema) -> bool:
    """Return whether rows meet types, key and checks of their table, without the report of pandera.

    Pandera takes two milliseconds per column to be able to say what is wrong: half a second for all tables, also
    where they are empty. So it is asked only where something is wrong.
    """
    if rows.schema != schema_of(model):
        return False
    if rows.is_empty():
        return True
    required = [name for name, column in model.columns.items() if not column.nullable]
    if any(rows.select(required).null_count().row(0)):
        return False
    if model.unique and rows.select(model.unique).is_duplicated().any():
        return False
    lazy = rows.lazy()
    checks = ((check, name) for name, column in model.columns.items() for check in column.checks)
    passed = pl.collect_all([check(lazy, name).check_passed for check, name in checks])
    return all(one.item() for one in passed)
