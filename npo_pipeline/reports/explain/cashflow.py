"""The money of schools over time: payments by month, adjustments, corrections, and changes between decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

import polars as pl

from npo_pipeline.decisions.comparison import differences
from npo_pipeline.entitlements.model import COMPONENT_KEY
from npo_pipeline.intake.board_transfers import board_in_month, board_on
from npo_pipeline.reports.explain import model
from npo_pipeline.reports.explain.decision_data import DecisionData
from schemas.decided import Adjustments, Entitlements, Payments
from schemas.frames.reports import LedgerRows

_AMOUNT_KEY = [*COMPONENT_KEY, "currency"]
_MONTHS = (pl.col("month").min().alias("first"), pl.col("month").max().alias("last"))
_Record = TypeVar("_Record")


def cashflow_by_school(data: DecisionData) -> dict[str, model.Cashflow]:
    """Return the payments of every vestiging that has any.

    Instalments after the last month that was paid to anyone are to come, because a payment run pays all that is
    due up to its month.
    """
    payments, due = _payments_by_school(data.payments), _due_by_school(data)
    flows = {}
    for vestiging in sorted({*payments, *due}):
        paid, instalments = payments.get(vestiging, []), due.get(vestiging, [])
        past = [one for one in instalments if data.last_paid is not None and one.month <= data.last_paid]
        to_settle = model.total(one.amount for one in past) - model.total(one.amount for one in paid)
        flows[vestiging] = model.Cashflow(tuple(paid), to_settle, tuple(instalments[len(past) :]))
    return flows


def combined_cashflow(schools: Sequence[model.School], board: str | None) -> model.Cashflow:
    """Return the payments of schools to a board, or to all when it is null, together and month by month."""
    paid = [one for school in schools for one in school.flow.paid]
    to_come = [one for school in schools for one in school.flow.to_come]
    to_settle = model.total(school.flow.to_settle for school in schools if board in (None, _next_board(school)))
    return model.Cashflow(_by_month(paid, board), to_settle, _by_month(to_come, board))


def beyond_amounts(schools: Sequence[model.School], board: str) -> Iterator[model.BoardEvent]:
    """Yield what makes the payments to a board other than the amounts that a decision shows under it.

    That is what mergers, closures, openings and amendments move, and what goes to or comes from the boards that
    hold a school in other months.
    """
    for school in schools:
        is_own = school.board == board
        for event in school.lives if is_own else ():
            yield model.BoardEvent(school.vestiging, event)
        for other, (first, last, amount) in _by_board(school).items():
            if amount and (other != board if is_own else other == board):
                event = model.LifecycleEvent(
                    cause="to_board" if is_own else "from_board" if school.board else "from_nobody",
                    other=other if is_own else school.board,
                    first=first,
                    last=last,
                    amount=-amount if is_own else amount,
                )
                yield model.BoardEvent(school.vestiging, event)


def _by_board(school: model.School) -> dict[str | None, tuple[date, date, Decimal]]:
    """Return the first and last month and the amount of a school that each board is paid, or gets yet."""
    flow, boards = school.flow, dict[str | None, list[model.MonthlyPayment]]()
    for one in (*flow.paid, *flow.to_come):
        boards.setdefault(one.board, []).append(one)
    settled_with = _next_board(school)
    return {
        board: (
            some[0].month,
            some[-1].month,
            model.total(one.amount for one in some)
            + (flow.to_settle if board == settled_with else Decimal("0.00")),
        )
        for board, some in boards.items()
    }


def _next_board(school: model.School) -> str | None:
    return next((one.board for one in school.flow.to_come), school.board)


def _by_month(payments: Iterable[model.MonthlyPayment], board: str | None) -> tuple[model.MonthlyPayment, ...]:
    months: dict[date, list[model.MonthlyPayment]] = {}
    for one in payments:
        if board in (None, one.board):
            months.setdefault(one.month, []).append(one)
    return tuple(
        model.MonthlyPayment(
            month, board, model.total(one.instalment for one in some), model.total(one.correction for one in some)
        )
        for month, some in sorted(months.items())
    )


def _payments_by_school(payments: Payments) -> dict[str, list[model.MonthlyPayment]]:
    def amount_of(reason: str) -> pl.Expr:
        return pl.col("amount").filter(pl.col("reason") == reason).sum()

    monthly = payments.group_by("vestiging", "paid_month", "board").agg(
        instalment=amount_of("instalment"), correction=amount_of("correction")
    )
    return _payments_of_months(monthly.rename({"paid_month": "month"}))


def _due_by_school(data: DecisionData) -> dict[str, list[model.MonthlyPayment]]:
    monthly = data.instalments.group_by("vestiging", "month").agg(
        instalment=pl.col("amount").sum(), correction=pl.lit(Decimal("0.00"))
    )
    # The board of the school on the first day of the month is paid, as in `npo pay`.
    with_boards = [
        board_on(data.directory, rows, month)
        for month in monthly["month"].unique().sort()
        for rows in [monthly.filter(pl.col("month") == month)]
    ]
    return _payments_of_months(pl.concat(with_boards)) if with_boards else {}


def _payments_of_months(monthly: pl.DataFrame) -> dict[str, list[model.MonthlyPayment]]:
    columns = ["vestiging", "month", "board", "instalment", "correction"]
    return _by_school(monthly.select(columns).sort("vestiging", "month", "board"), model.MonthlyPayment)


def lifecycle_events(adjustments: Adjustments) -> dict[str, list[model.LifecycleEvent]]:
    """Return the adjustments of every vestiging, added up per cause and other school."""
    summed = adjustments.group_by("vestiging", "cause", other="other_vestiging").agg(
        *_MONTHS, pl.col("amount").sum()
    )
    return _by_school(summed.sort("vestiging", "first", "cause", "other"), model.LifecycleEvent)


def correction_causes(corrections: LedgerRows) -> dict[str, list[model.PaidCorrection]]:
    """Return the corrections that were paid for every vestiging, added up per paid month and cause."""
    summed = corrections.group_by("vestiging", "paid_month", "cause").agg(*_MONTHS, pl.col("amount").sum())
    not_zero = summed.filter(pl.col("amount") != 0)
    return _by_school(not_zero.sort("vestiging", "paid_month", "cause"), model.PaidCorrection)


def claims_by_school(data: DecisionData) -> dict[str, list[model.SchoolClaim]]:
    """Return what boards owe each other for every vestiging, as view `receivables` has it.

    The money of a month is of the board that holds the vestiging in it, whichever was paid or paid back.
    """
    instalments = data.payments.filter(pl.col("reason") == "instalment").with_columns(month="paid_month")
    columns = ["vestiging", "month", "amount", pl.col("board").alias("paid_to")]
    paid = pl.concat([instalments.select(columns), data.paid_corrections.select(columns)])
    moved = board_in_month(data.directory, paid).filter(pl.col("board") != pl.col("paid_to"))
    # Of the two in one order: what one owes for some months may be less than what it is owed for others.
    ordered = moved.with_columns(
        one=pl.min_horizontal("board", "paid_to"),
        other=pl.max_horizontal("board", "paid_to"),
        amount=pl.when(pl.col("paid_to") < pl.col("board")).then("amount").otherwise(-pl.col("amount")),
    )
    sums = ordered.group_by("vestiging", "one", "other").agg(*_MONTHS, pl.col("amount").sum())
    owes = pl.col("amount") > 0
    claims = sums.filter(pl.col("amount") != 0).select(
        "vestiging",
        pl.when(owes).then("one").otherwise("other").alias("debtor"),
        pl.when(owes).then("other").otherwise("one").alias("creditor"),
        "first",
        "last",
        pl.col("amount").abs(),
    )
    return _by_school(claims.sort("vestiging", "first", "debtor"), model.SchoolClaim)


def amount_changes(data: DecisionData) -> dict[str, list[model.AmountChange]]:
    """Return the amounts of every vestiging that differ from the previous decision; none for a first decision."""
    if data.decision.before is None:
        return {}
    changed = differences(data.previous, data.entitlements).filter(pl.col("cause").is_not_null())
    units = data.trace.select(*COMPONENT_KEY, "unit", part="measure").unique(COMPONENT_KEY, keep="first")
    rows = (
        changed.join(_values(data.previous, "before"), on=_AMOUNT_KEY, how="left")
        .join(_values(data.entitlements, "after"), on=_AMOUNT_KEY, how="left")
        .join(units, on=COMPONENT_KEY, how="left")
        .with_columns(measure=pl.coalesce("measure_after", "measure_before", "part"))
        .rename({"beneficiary": "vestiging"})
        .sort("vestiging", "component", "school_type")
    )
    return _by_school(rows.select("vestiging", *model.AmountChange.__dataclass_fields__), model.AmountChange)


def _values(entitlements: Entitlements, side: str) -> pl.DataFrame:
    values = {f"{column}_{side}": pl.col(column) for column in ("measure", "quantity", "rate")}
    return entitlements.select(*_AMOUNT_KEY, **values)


def _by_school(rows: pl.DataFrame, record: Callable[..., _Record]) -> dict[str, list[_Record]]:
    """Return the rows of every vestiging as records, in their order; the other columns are their fields."""
    found: dict[str, list[_Record]] = {}
    for row in rows.iter_rows(named=True):
        found.setdefault(row.pop("vestiging"), []).append(record(**row))
    return found
