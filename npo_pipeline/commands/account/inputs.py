"""What the accounts of a year are made from: one reading of the books for a run and for its proof later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from npo_pipeline.accounts.board_reports import latest_reports
from npo_pipeline.accounts.statement import Basis
from npo_pipeline.books.queries.board_reports import rows_until
from npo_pipeline.books.queries.decisions import totals_of_decisions
from npo_pipeline.books.queries.payments import receipts_per_month
from npo_pipeline.books.reader import Books
from npo_pipeline.commands.ledger_state import decisions_in_force
from npo_pipeline.rulebook.accountability.load import YearEndRules

TOLD = ("spending", "consents")
"""The tables of what boards told; the kinds of their files have the same names."""


@dataclass(frozen=True)
class AccountingContext:
    """An account of a year, as it was or is made.

    `run_id`: the run that makes it. `before`: the accountability of the year before, as it stood then. `schools`:
    the directory as it was known. `added`: table -> rows that the run itself adds.
    """

    year: int
    run_id: str
    accounted_on: date
    treatment: str
    rules: YearEndRules
    schools: pl.DataFrame
    before: pl.DataFrame
    added: Mapping[str, pl.DataFrame] = field(default_factory=dict)


def load_inputs(books: Books, moment: AccountingContext) -> Basis:
    """What a year is accounted from at a moment: all that runs before it left, and what it adds itself."""
    held = {name: _held(books, name, moment) for name in (*TOLD, "deliveries", "quarantine")}
    spending = latest_reports(held["spending"], "year")
    consents = latest_reports(held["consents"], "school_year")
    return Basis(
        moment.year,
        moment.accounted_on,
        moment.treatment,
        moment.rules,
        receipts_per_month(books, moment.run_id),
        totals_of_decisions(books, decisions_in_force(books, moment.run_id)["decision_id"].to_list()),
        moment.schools,
        spending,
        consents,
        held["deliveries"].select("delivery_id", "file"),
        _open_rejections(held, moment.year),
        moment.before,
    )


def _held(books: Books, table: str, moment: AccountingContext) -> pl.DataFrame:
    """Rows of deliveries that were there when the run ended."""
    rows = rows_until(books, table, moment.run_id)
    added = moment.added.get(table)
    return rows if added is None else pl.concat([rows, added.select(rows.columns)])


def _open_rejections(held: Mapping[str, pl.DataFrame], year: int) -> pl.DataFrame:
    """Refused rows of a year of which their board told nothing since: board, file, line, message.

    What a board tells in a later run takes the place of what it told of the same period, refused rows and all. A
    row that says no period is of every year, until the board tells anything anew.
    """
    when = held["deliveries"].select("delivery_id", "kind", "run_id")
    refused = held["quarantine"].filter(pl.col("board").is_not_null()).join(when, on="delivery_id")
    told = [
        held[table].select("delivery_id", "board", period=pl.col(period).cast(pl.String))
        for table, period in zip(TOLD, ("year", "school_year"), strict=True)
    ]
    tellings = pl.concat([one.join(when, on="delivery_id") for one in told] + [refused], how="diagonal")
    last = {
        name: tellings.group_by(keys).agg(pl.col("run_id").max().alias(name))
        for name, keys in (("anew", ["kind", "board", "period"]), ("anything", ["kind", "board"]))
    }
    mine = refused.filter(_of_year(year)).join(last["anew"], on=["kind", "board", "period"], how="left")
    since = mine.join(last["anything"], on=["kind", "board"])
    newest = pl.when(pl.col("period").is_null()).then("anything").otherwise("anew")
    return since.filter(pl.col("run_id") >= newest).select("board", "file", "line", "message")


def _of_year(year: int) -> pl.Expr:
    """Periods in a calendar year: the year itself, the two school years in it, and none at all."""
    return pl.col("period").is_null() | pl.col("period").is_in(
        [str(year), f"{year - 1}-{year}", f"{year}-{year + 1}"]
    )
