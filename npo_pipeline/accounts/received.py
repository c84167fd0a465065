"""Receipts of boards in a calendar year, per school, and the amounts that decisions make accrue to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from npo_pipeline.intake.board_transfers import board_in_month
from npo_pipeline.money import cumulative_share, to_cents, to_euro
from npo_pipeline.months import Month, first_day, month_after
from npo_pipeline.rulebook.fields import citation
from npo_pipeline.rulebook.year_end import Accountability
from schemas.accounted import (
    ACCOUNTABILITY_CLAIMS,
    ACCOUNTABILITY_RECEIPTS,
    AccountabilityClaims,
    AccountabilityReceipts,
)
from schemas.columns import schema_of
from schemas.frames.accounts import (
    AccountedReceipts,
    AmountsBySchool,
    BoardCurrencies,
    Currencies,
    DecidedTotals,
    OpenAmounts,
    PaidForMonths,
    SchoolYears,
    YearReceipts,
)
from schemas.received import Schools

SCHOOL_KEY = ["board", "brin"]
MONEY_KEY = [*SCHOOL_KEY, "currency"]
"""A school in Caribisch Nederland is paid in dollars; one that was in euro before has accounts in both."""

TWELFTHS = 12
_KIND_OF_MONEY = ["school_year", "school_type", "component"]
_MANNER = ["accounted_under", "article"]


def received_in(payments: YearReceipts, year: int) -> AmountsBySchool:
    """Return the payments in a calendar year: column received."""
    paid = payments.filter(pl.col("paid_month").dt.year() == year)
    return AmountsBySchool(paid.group_by(MONEY_KEY).agg(received=to_cents(pl.col("amount")).sum()))


def accrued_to(totals: DecidedTotals, schools: Schools, year: int) -> AmountsBySchool:
    """Return the amounts of the decisions on both school years of a calendar year that accrue to it: accrued.

    A school year accrues in twelfths, from August (domain notes, section 1.4: a calendar year holds 5/12 of the
    school year that begins in it, and so 7/12 of the one that ends in it). Each month accrues to the board that
    holds the vestiging on its first day, as a payment would. Each of `totals` is rounded by itself. What a merger,
    closure or opening moves accrues to its own month: to a school that is gone nothing does.
    """
    years = [f"{year - 1}-{year}", f"{year}-{year + 1}"]
    months = pl.concat([_months(one, year) for one in years])
    cents, ends = to_cents(pl.col("amount")), (pl.col("twelfth"), pl.col("twelfth") - 1)
    until, before = (cumulative_share(cents, end, pl.lit(TWELFTHS)) for end in ends)
    of_year = totals.filter(pl.col("month").is_null()).drop("month")
    spread = of_year.join(months, on="school_year").with_columns(cents=until - before)
    moved = totals.filter(pl.col("month").dt.year() == year).with_columns(cents=cents)
    due = pl.concat([one.select("vestiging", "currency", "month", "cents") for one in (spread, moved)])
    of_school = ["board", pl.col("vestiging").str.head(4).alias("brin"), "currency"]
    return AmountsBySchool(board_in_month(schools, due).group_by(of_school).agg(accrued=pl.col("cents").sum()))


def with_manners(payments: YearReceipts, rules: Accountability) -> AccountedReceipts:
    """Add how each component is accounted for, and the article that says so."""
    rows = [
        (*money, manner.value, citation(rules, manner))
        for manner in rules.accounted_under
        for money in manner.money()
    ]
    manners = pl.DataFrame(rows, schema=dict.fromkeys([*_KIND_OF_MONEY, *_MANNER], pl.String), orient="row")
    return AccountedReceipts(payments.join(manners, on=_KIND_OF_MONEY, how="left"))


def asked_about(payments: AccountedReceipts) -> YearReceipts:
    """Return the payments that more is asked about than the annual report, and those that are not known."""
    return YearReceipts(payments.filter(pl.col("accounted_under").ne_missing("annual_report")).drop(_MANNER))


def receipts_of(payments: AccountedReceipts, year: int) -> AccountabilityReceipts:
    """Return the rows of a year in table `accountability_receipts`."""
    paid = payments.filter(pl.col("paid_month").dt.year() == year).with_columns(year=pl.lit(year, pl.Int64))
    columns = list(schema_of(ACCOUNTABILITY_RECEIPTS))
    key = [name for name in columns if name != "received"]
    sums = paid.group_by(key).agg(received=to_euro(to_cents(pl.col("amount")).sum()))
    return AccountabilityReceipts(sums.select(columns).filter(pl.col("received") != 0).sort(key))


def paid_for(payments: YearReceipts, year: int) -> SchoolYears:
    """Return the school years for which a school got money in a calendar year."""
    paid = payments.filter(pl.col("paid_month").dt.year() == year)
    sums = paid.group_by(*MONEY_KEY, "school_year").agg(pl.col("amount").sum())
    return SchoolYears(sums.filter(pl.col("amount") > 0).drop("amount").sort(*MONEY_KEY, "school_year"))


@dataclass(frozen=True)
class SpendingCurrencies:
    """Hold the currency of amounts that boards report: a report does not name it. `schools`, `boards`: of each."""

    schools: Currencies
    boards: BoardCurrencies

    def added_to(self, reported: pl.DataFrame) -> pl.DataFrame:
        """Add the currency of each school: its own, that of its board where it never had money, else euro."""
        known = reported.join(self.schools.rename({"currency": "of_school"}), on="brin", how="left")
        both = known.join(self.boards.rename({"currency": "of_board"}), on="board", how="left")
        found = pl.coalesce("of_school", "of_board", pl.lit("EUR"))
        return both.with_columns(currency=found).drop("of_school", "of_board")


def spending_currencies(payments: YearReceipts, totals: DecidedTotals, schools: Schools) -> SpendingCurrencies:
    """Return the currency in which each school spends: that of the money it has, or will have.

    Of a school with money in two it is the one that was paid last; money that came in one and went back altogether
    is none.
    """
    paid = payments.group_by("brin", "currency").agg(
        money=to_cents(pl.col("amount")).sum() != 0, last=pl.col("paid_month").max()
    )
    decided = totals.filter(pl.col("amount") != 0).select(
        brin=pl.col("vestiging").str.head(4), currency="currency"
    )
    to_come = decided.unique().with_columns(to_come=pl.lit(True))
    found = paid.join(to_come, on=["brin", "currency"], how="full", coalesce=True)
    is_money = pl.col("money").fill_null(False) | pl.col("to_come").fill_null(False)
    order = ["brin", is_money, "last", "currency"]
    ranked = found.sort(order, descending=[False, True, True, False], nulls_last=True)
    of_schools = ranked.unique("brin", keep="first", maintain_order=True).select("brin", "currency")
    held = schools.select(SCHOOL_KEY).unique().join(of_schools, on="brin")
    of_boards = pl.concat([payments.select("board", "currency"), held.select("board", "currency")])
    return SpendingCurrencies(
        Currencies(of_schools), BoardCurrencies(of_boards.group_by("board").agg(pl.col("currency").min()))
    )


def claims_by(year: int, paid: PaidForMonths, coming: OpenAmounts, schools: Schools) -> AccountabilityClaims:
    """Return what boards claim of each other and of the next payment run, for months until the end of a year.

    The money of a month is of the board that held the vestiging in it. Where another was paid, or paid back, that
    one owes it, or is owed it.
    """
    whose = board_in_month(schools, paid)
    moved = whose.filter(pl.col("board") != pl.col("paid_to")).with_columns(settled_by=pl.lit("the boards"))
    sides = [
        moved.with_columns(other_board="paid_to"),
        moved.with_columns(board="paid_to", other_board="board", amount=-pl.col("amount")),
        coming.with_columns(other_board=pl.lit(None, pl.String), settled_by=pl.lit("payment run")),
    ]
    columns = list(schema_of(ACCOUNTABILITY_CLAIMS))
    key = [name for name in columns if name not in ("year", "brin", "amount")]
    claims = pl.concat([side.select("vestiging", "amount", *key) for side in sides])
    until = claims.filter(pl.col("month") <= last_day(year)).with_columns(brin=pl.col("vestiging").str.head(4))
    sums = until.group_by(*key, "brin").agg(to_cents(pl.col("amount")).sum())
    rows = sums.filter(pl.col("amount") != 0).with_columns(to_euro(pl.col("amount")), year=pl.lit(year, pl.Int64))
    return AccountabilityClaims(rows.select(columns).sort(columns))


def _months(school_year: str, year: int) -> pl.DataFrame:
    months: list[Month] = [first_day(school_year)]
    while len(months) < TWELFTHS:
        months.append(month_after(months[-1]))
    rows = [(school_year, month, number) for number, month in enumerate(months, 1) if month.year == year]
    schema = {"school_year": pl.String, "month": pl.Date, "twelfth": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def last_day(year: int) -> date:
    """Return 31 December, the day on which the accounts of a year close."""
    return date(year, 12, 31)
