"""What was paid for a school, what is still to be settled, and what is to come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import polars as pl

from npo_pipeline.counts.schools import board_on
from npo_pipeline.reports.explain.explanation import School
from npo_pipeline.reports.explain.flow import Flow, Month, added
from npo_pipeline.reports.explain.held import Held


def flows_of(held: Held) -> dict[str, Flow]:
    """The months of every vestiging that has any.

    What is to come are the instalments after the last month that was paid to anyone, because a payment run pays
    all that is due up to its month.

    Returns:
        vestiging -> its months.
    """
    paid, due = _paid(held.payments), _due(held)
    flows = {}
    for vestiging in sorted({*paid, *due}):
        mine = due.get(vestiging, [])
        past = [one for one in mine if held.last_paid is not None and one.month <= held.last_paid]
        to_come = mine[len(past) :]
        booked = paid.get(vestiging, [])
        settle = added([one.amount for one in past]) - added([one.amount for one in booked])
        flows[vestiging] = Flow(tuple(booked), settle, tuple(to_come))
    return flows


def flow_of(schools: Sequence[School], board: str | None) -> Flow:
    """What schools get together, month by month.

    Args:
        schools: the schools.
        board: what goes to this board only; all of it when there is none.
    """
    paid = [one for school in schools for one in school.flow.paid]
    to_come = [one for school in schools for one in school.flow.to_come]
    settle = [school.flow.to_settle for school in schools if board in (None, _next_board(school))]
    return Flow(_summed(paid, board), added(settle), _summed(to_come, board))


def _next_board(school: School) -> str | None:
    return next((one.board for one in school.flow.to_come), school.board)


def _summed(months: Iterable[Month], board: str | None) -> tuple[Month, ...]:
    sums: dict[date, list[Month]] = {}
    for one in months:
        if board in (None, one.board):
            sums.setdefault(one.month, []).append(one)
    return tuple(
        Month(month, board, added([one.instalment for one in some]), added([one.correction for one in some]))
        for month, some in sorted(sums.items())
    )


def _paid(payments: pl.DataFrame) -> dict[str, list[Month]]:
    def of(reason: str) -> pl.Expr:
        return pl.col("amount").filter(pl.col("reason") == reason).sum()

    monthly = payments.group_by("vestiging", "paid_month", "board").agg(
        instalment=of("instalment"), correction=of("correction")
    )
    return _by_vestiging(monthly.rename({"paid_month": "month"}))


def _due(held: Held) -> dict[str, list[Month]]:
    monthly = held.instalments.group_by("vestiging", "month").agg(
        instalment=pl.col("amount").sum(), correction=pl.lit(Decimal("0.00"))
    )
    # Whoever holds the school on the first day of the month is paid, as in `npo pay`.
    boards = [
        board_on(held.directory, rows, month)
        for month in monthly["month"].unique().sort()
        for rows in [monthly.filter(pl.col("month") == month)]
    ]
    return _by_vestiging(pl.concat(boards)) if boards else {}


def _by_vestiging(monthly: pl.DataFrame) -> dict[str, list[Month]]:
    months: dict[str, list[Month]] = {}
    columns = ["vestiging", "month", "board", "instalment", "correction"]
    for vestiging, *month in monthly.select(columns).sort("vestiging", "month", "board").iter_rows():
        months.setdefault(vestiging, []).append(Month(*month))
    return months
