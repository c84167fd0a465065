"""The next payment run as a decision would make it, before the decision is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from npo_pipeline.books.queries.ledger import AFTER_ALL_RUNS, NextRun
from npo_pipeline.entitlements.beneficiaries import with_beneficiary
from npo_pipeline.entitlements.model import DecisionTables
from npo_pipeline.intake.board_transfers import board_in_month, board_on
from npo_pipeline.months import Month, month_after
from npo_pipeline.payments.booking import LedgerState, payment_rows
from npo_pipeline.payments.settlement import SERIES
from schemas.decided import DueChanges, Payments
from schemas.frames import money as frames
from schemas.received import Schools

_NEW = "new"
"""Stands for the decision that has no name yet."""

_AFTER_ALL = 2**31
"""Its place among the decisions of its year."""


@dataclass(frozen=True)
class NextPayment:
    """Represent the payment run that comes next, if the decision is written.

    `payments`: its rows, as in `payments`. `below_zero`: the recipients that would have to pay back.
    `between_boards`: what the decision corrects of months that another board held than the one that the run pays,
    or claims from; the two settle it, once all of it is paid.
    """

    month: Month
    payments: Payments
    below_zero: frames.RecipientAmounts
    between_boards: frames.BoardClaims


def next_payment(
    start: NextRun, *, school_year: str, decided: DecisionTables, due: DueChanges, changed: Sequence[str]
) -> NextPayment | None:
    """Work out the next payment run as if the decision were written; nothing where no payment is left to come.

    Args:
        start: what the run starts from without the decision.
        school_year: of the decision.
        decided: its amounts.
        due: what it makes due that the one before it did not.
        changed: the currencies in which it is a new decision.
    """
    months = {*start.ledger.instalments["month"], *decided.instalments["month"]}
    if start.last_month is None and not months:
        return None
    coming = [month for month in months if start.last_month is None or month > start.last_month]
    month = min(coming) if coming or start.last_month is None else month_after(start.last_month)
    state = _with_decision(start, school_year=school_year, decided=decided, due=due, changed=changed)
    payments = payment_rows(month, AFTER_ALL_RUNS, state)
    each = payments.group_by("board", "currency", "recipient_kind", "recipient").agg(pl.col("amount").sum())
    below = each.filter(pl.col("amount") < 0).sort("amount", "recipient")
    claims = _between_boards(month, start, due, state.schools)
    return NextPayment(month, payments, frames.RecipientAmounts(below), claims)


def _between_boards(month: Month, start: NextRun, due: DueChanges, schools: Schools) -> frames.BoardClaims:
    """Return what a decision corrects of months of another board than the one that holds the school now."""
    until = pl.col("currency").replace_strict(dict(start.paid_until), default=None, return_dtype=pl.Date)
    corrected = with_beneficiary(due.filter(pl.col("month") <= until))
    whose = board_in_month(schools, corrected)
    paid = board_on(schools, whose.rename({"board": "holder"}), month)
    moved = paid.filter(pl.col("holder") != pl.col("board")).rename({"board": "other", "holder": "board"})
    sums = moved.group_by("board", "other", "currency").agg(pl.col("amount").sum())
    return frames.BoardClaims(sums.filter(pl.col("amount") != 0).sort("board", "other", "currency"))


def _with_decision(
    start: NextRun, *, school_year: str, decided: DecisionTables, due: DueChanges, changed: Sequence[str]
) -> LedgerState:
    """Return the ledger state with the decision in it."""
    found = start.ledger
    schema = {"currency": pl.String, "paid_until": pl.Date}
    rows = [(currency, start.paid_until.get(currency)) for currency in changed]
    new = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        school_year=pl.lit(school_year),
        decision_id=pl.concat_str(pl.lit(_NEW), "currency"),
        sequence=pl.lit(_AFTER_ALL, pl.Int64),
        after_run=pl.lit(start.last_run),
    )
    superseded = (pl.col("school_year") == school_year) & pl.col("currency").is_in(list(changed))
    named = due.join(new.select("currency", "decision_id", "after_run", "paid_until"), on="currency")
    before = named.filter(pl.col("month") <= pl.col("paid_until"))
    corrected = before.group_by(*SERIES, "decision_id", "after_run", "paid_until").agg(pl.col("amount").sum())
    latest = new.select("currency", "decision_id", "sequence", "after_run")
    calendar = decided.settling.join(latest, on="currency").with_columns(school_year=pl.lit(school_year))
    return replace(
        found,
        # In a currency in which nothing changed they are those of the decision that stays in force.
        instalments=frames.LedgerInstalments(_with_rows(found.instalments, decided.instalments)),
        in_force=frames.DecisionsInForce(_with_rows(found.in_force.filter(~superseded), new)),
        corrections=frames.LedgerCorrections(_with_rows(found.corrections, corrected)),
        calendar=frames.SettlementCalendar(_with_rows(found.calendar, calendar)),
    )


def _with_rows(rows: pl.DataFrame, added: pl.DataFrame) -> pl.DataFrame:
    """Add rows, in the columns of those that are there."""
    return pl.concat([rows, added.select(rows.columns)])
