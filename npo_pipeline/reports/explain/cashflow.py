"""What was paid for a school, what is still to be settled, and what is to come.

What a merger, a closure, an opening or an amendment does to a school, and why corrections were paid.

What a decision changed for a school against the one before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

import polars as pl

from npo_pipeline.decisions.impact import differences
from npo_pipeline.dutch import Language
from npo_pipeline.intake.school_directory import board_on
from npo_pipeline.reports.explain.decision_data import DecisionData
from npo_pipeline.reports.explain.model import Change, Flow, Life, Month, School, Settled, added


def flows_of(held: DecisionData) -> dict[str, Flow]:
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


def _due(held: DecisionData) -> dict[str, list[Month]]:
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


_MONTHS = (pl.col("month").min().alias("first"), pl.col("month").max().alias("last"))


def lifecycle_events(adjustments: pl.DataFrame) -> dict[str, list[Life]]:
    """The instalments that change hands or fall away: vestiging -> what, per cause and other school.

    Args:
        adjustments: rows of a decision.
    """
    summed = adjustments.group_by("vestiging", "cause", "other_vestiging").agg(*_MONTHS, pl.col("amount").sum())
    found: dict[str, list[Life]] = {}
    for vestiging, *life in summed.sort("vestiging", "first", "cause", "other_vestiging").iter_rows():
        found.setdefault(vestiging, []).append(Life(*life))
    return found


def correction_causes(ledger: pl.DataFrame) -> dict[str, list[Settled]]:
    """Why corrections were paid: vestiging -> what, per paid month and cause.

    Args:
        ledger: rows of the view `ledger` that are no instalments.
    """
    summed = ledger.group_by("vestiging", "paid_month", "cause").agg(*_MONTHS, pl.col("amount").sum())
    found: dict[str, list[Settled]] = {}
    for vestiging, *one in (
        summed.filter(pl.col("amount") != 0).sort("vestiging", "paid_month", "cause").iter_rows()
    ):
        found.setdefault(vestiging, []).append(Settled(*one))
    return found


def render_lifecycle(lives: tuple[Life, ...], currency: str, language: Language) -> Iterator[str]:
    """What changes hands or falls away, a sentence each."""
    for one in lives:
        way = "" if one.cause != "merger" else ".to" if one.amount < 0 else ".from"
        sign = "" if one.cause != "amendment" else ".more" if one.amount > 0 else ".less"
        yield language.say(
            f"life.{one.cause}{way}{sign}",
            other=one.other or "",
            first=language.month(one.first),
            last=language.month(one.last),
            amount=language.money(abs(one.amount), currency),
        )


def told_settled(settled: tuple[Settled, ...], currency: str, language: Language) -> Iterator[str]:
    """Why corrections were paid, a sentence each."""
    for one in settled:
        yield language.say(
            "settled.more" if one.amount > 0 else "settled.less",
            month=language.month(one.paid_month),
            amount=language.money(abs(one.amount), currency),
            why=language.say(f"why.{one.cause}"),
            months=_months(one, language),
        )


def _months(one: Settled, language: Language) -> str:
    if one.first == one.last:
        return language.month(one.first)
    return language.say("months.between", first=language.month(one.first), last=language.month(one.last))


_KEY = ["vestiging", "school_type", "component", "currency"]


def changes_of(held: DecisionData) -> dict[str, list[Change]]:
    """The rows of every vestiging that a decision changed.

    Returns:
        vestiging -> its changes; none of them where there was no decision before.
    """
    if held.decision.before is None:
        return {}
    told = differences(held.previous, held.entitlements).filter(pl.col("cause").is_not_null())
    units = held.trace.select("vestiging", "school_type", "component", "unit")
    rows = (
        told.join(_side(held.previous, "before"), on=_KEY, how="left")
        .join(_side(held.entitlements, "after"), on=_KEY, how="left")
        .join(units, on=_KEY[:3], how="left")
        .with_columns(measure=pl.coalesce("measure_after", "measure_before"))
        .sort("vestiging", "component", "school_type")
    )
    changes: dict[str, list[Change]] = {}
    for row in rows.select("vestiging", *Change.__dataclass_fields__).iter_rows(named=True):
        changes.setdefault(row.pop("vestiging"), []).append(Change(**row))
    return changes


def _side(entitlements: pl.DataFrame, name: str) -> pl.DataFrame:
    values = {f"{column}_{name}": pl.col(column) for column in ("measure", "quantity", "rate")}
    return entitlements.select(*_KEY, **values)
