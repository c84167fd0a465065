"""What the accounts of a year are made from: one reading of the books for a run and for its proof later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from npo_pipeline.accounts.account import Basis
from npo_pipeline.accounts.told_last import latest_told
from npo_pipeline.commands.paying import latest_at
from npo_pipeline.home.books import Books
from npo_pipeline.regulations.accountability.load import YearEndRules

TOLD = ("spending", "consents")
"""The tables of what boards told; the kinds of their files have the same names."""


@dataclass(frozen=True)
class Moment:
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


def basis_at(books: Books, moment: Moment) -> Basis:
    """What a year is accounted from at a moment: all that runs before it left, and what it adds itself."""
    held = {name: _held(books, name, moment) for name in (*TOLD, "deliveries", "quarantine")}
    spending = latest_told(held["spending"], "year")
    consents = latest_told(held["consents"], "school_year")
    return Basis(
        moment.year,
        moment.accounted_on,
        moment.treatment,
        moment.rules,
        books.frame(_PAYMENTS, [moment.run_id]),
        books.frame(_TOTALS, [latest_at(books, moment.run_id)["decision_id"].to_list()]),
        moment.schools,
        spending,
        consents,
        held["deliveries"].select("delivery_id", "file"),
        _still_refused(held),
        moment.before,
    )


def _held(books: Books, table: str, moment: Moment) -> pl.DataFrame:
    """Rows of deliveries that were there when the run ended."""
    rows = books.frame(
        f"select t.* from {table} t join deliveries d using (delivery_id) where d.run_id <= ?", [moment.run_id]
    )
    added = moment.added.get(table)
    return rows if added is None else pl.concat([rows, added.select(rows.columns)])


def _still_refused(held: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Refused rows of boards that told nothing of that kind since: board, file, line, message."""
    kinds = held["deliveries"].select("delivery_id", "kind")
    refused = held["quarantine"].filter(pl.col("board").is_not_null()).join(kinds, on="delivery_id")
    parts = []
    for table in TOLD:
        last = held[table].group_by("board").agg(last=pl.col("delivery_id").max())
        mine = refused.filter(pl.col("kind") == table).join(last, on="board", how="left")
        parts.append(mine.filter(pl.col("delivery_id") >= pl.col("last").fill_null("")))
    still = pl.concat(parts).filter(pl.col("delivery_id") == pl.col("delivery_id").max().over("board", "kind"))
    return still.select("board", "file", "line", "message")


_PAYMENTS = """
    select paid_month, board, brin, currency, sum(amount)::decimal(18, 2) as amount
    from payments where run_id < ? group by all"""

_TOTALS = """
    select school_year, vestiging, sum(amount)::decimal(18, 2) as amount
    from instalments where decision_id in (select unnest(?)) group by all"""
