"""The payments of a month to a board as its specification has them: sums per school, causes, what is to come.

Amounts in two currencies are never added; each school year, regulation and currency has a part of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

import polars as pl

from npo_pipeline.money import MONEY
from npo_pipeline.reports.house_style import HouseStyle
from schemas.frames.accounts import BoardNames
from schemas.frames.reports import (
    SPECIFIED,
    SPECIFIED_PLACE,
    MonthsToCome,
    PaidCauses,
    PaidParts,
    PartsToCome,
    PartTotals,
    PaymentTransfers,
    PlaceAmounts,
)

PART = list(SPECIFIED)
PLACE = list(SPECIFIED_PLACE)
KINDS = ("instalment", "correction", "withheld")


@dataclass(frozen=True, kw_only=True)
class SpecificationTables:
    """The tables of specifications; each row is of the board in column `board`, and sorted after it by `order`.

    `paid`: what the month paid. `transfers`: by which transfers. `to_come`: what months to come bring, by the
    decisions of the day of the payment run.
    """

    paid: PaidParts = field(metadata={"order": [*PART, *PLACE, "school_type", "component", "month", "cause"]})
    transfers: PaymentTransfers = field(
        metadata={"order": ["currency", "released_month", "end_to_end_id", "state", "reason"]}
    )
    to_come: PartsToCome = field(metadata={"order": [*PART, "month", *PLACE, "school_type", "component", "kind"]})
    board_names: BoardNames = field(metadata={"order": []})

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the tables by name."""
        return {one.name: getattr(self, one.name) for one in fields(SpecificationTables)}


@dataclass(frozen=True, kw_only=True)
class Made:
    """Say what specifications are of, the same for all boards.

    `paid_on`: the day of the last payment run of the month, in the Netherlands; what is to come is by the
    decisions of then. `style`: the house style of pages.
    """

    month: date
    paid_on: date
    style: HouseStyle = field(default_factory=HouseStyle)


@dataclass(frozen=True, kw_only=True)
class SpecificationData(SpecificationTables):
    """The specifications of a month, of all boards or of some."""

    made: Made

    def boards(self) -> list[str]:
        """Return the boards that have a specification: those that were paid, or of which something is withheld."""
        return sorted({*self.paid["board"], *self.transfers["board"]})


def in_fixed_order(data: SpecificationData) -> SpecificationData:
    """Sort all tables, whatever order they were read in."""
    tables: dict[str, Any] = {
        one.name: getattr(data, one.name).sort("board", *one.metadata["order"], maintain_order=True)
        for one in fields(SpecificationTables)
    }
    return replace(data, **tables)


def select_boards(data: SpecificationData, boards: Collection[str]) -> SpecificationData:
    """Return the specifications of some boards."""
    mine = pl.col("board").is_in(sorted(boards))
    tables: dict[str, Any] = {name: table.filter(mine) for name, table in data.tables().items()}
    return replace(data, **tables)


Row = dict[str, Any]
"""A row of a table, by its columns."""


@dataclass(frozen=True, kw_only=True)
class BoardRows:
    """The rows of one board, of each table and of each sum of `SpecificationData`, in their order."""

    board: str
    name: str | None
    paid: Sequence[Row]
    places: Sequence[Row]
    totals: Sequence[Row]
    causes: Sequence[Row]
    transfers: Sequence[Row]
    to_come: Sequence[Row]
    months: Sequence[Row]
    back: Sequence[Row]


def rows_by_board(data: SpecificationData) -> Iterator[BoardRows]:
    """Yield the rows of each board that has a specification. All sums are made at once, of all boards."""
    names = dict(data.board_names.select("board", "name").iter_rows())
    tables = {
        "paid": data.paid,
        "places": place_amounts(data.paid),
        "totals": part_totals(data.paid),
        "causes": paid_causes(data.paid),
        "transfers": data.transfers,
        "to_come": data.to_come,
        "months": months_to_come(data.to_come),
        "back": taken_back(data.to_come),
    }
    rows: dict[str, dict[str, list[Row]]] = {board: {one: [] for one in tables} for board in data.boards()}
    for name, table in tables.items():
        for row in table.iter_rows(named=True):
            # Of a board that this month does not pay nothing is specified, whatever is to come.
            if row["board"] in rows:
                rows[row["board"]][name].append(row)
    for board, own in rows.items():
        yield BoardRows(board=board, name=names.get(board), **own)


def place_amounts(paid: PaidParts) -> PlaceAmounts:
    """Sum what was paid per part, vestiging, school type and component: instalment, correction, and both."""
    key = ["board", *PART, *PLACE, "school_type", "component"]
    return PlaceAmounts(_by_kind(paid, key).sort(*key))


def part_totals(paid: PaidParts) -> PartTotals:
    """Sum what was paid per part: instalment, correction, and both."""
    key = ["board", *PART]
    return PartTotals(_by_kind(paid, key).sort(*key))


def paid_causes(paid: PaidParts) -> PaidCauses:
    """Sum the corrections per vestiging, school type, component, decision and cause, with the months of each."""
    key = ["board", *PART, *PLACE, "school_type", "component", "decision_id", "cause"]
    corrections = paid.filter(pl.col("kind") == "correction")
    sums = corrections.group_by(key).agg(
        pl.col("month").min().alias("first"), pl.col("month").max().alias("last"), _sum()
    )
    return PaidCauses(sums.filter(pl.col("amount") != 0).sort(*key))


def months_to_come(to_come: PartsToCome) -> MonthsToCome:
    """Sum what is to come per part and month: instalments, corrections, what is withheld now, and all together."""
    key = ["board", *PART, "month"]
    return MonthsToCome(_by_kind(to_come, key).sort(*key))


def taken_back(to_come: PartsToCome) -> PartsToCome:
    """Select the corrections to come that take something back."""
    return PartsToCome(to_come.filter((pl.col("kind") == "correction") & (pl.col("amount") < 0)))


def _by_kind(rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Sum an amount by kind, a column each, and `amount`: all of them."""
    each = [pl.col("amount").filter(pl.col("kind") == kind).sum().cast(MONEY).alias(kind) for kind in KINDS]
    return rows.group_by(key).agg(*each, _sum())


def _sum() -> pl.Expr:
    return pl.col("amount").sum().cast(MONEY)
