"""The payments of a month to a board as its specification has them: sums per school, causes, what is to come.

Amounts in two currencies are never added; each school year, regulation and currency has a part of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

import polars as pl

from npo_pipeline.money import MONEY
from npo_pipeline.payments.forecast import KINDS, WITHHELD
from npo_pipeline.reports.house_style import HouseStyle
from schemas.columns import BESTUUR
from schemas.frames.accounts import BoardNames
from schemas.frames.bank import PaymentsOnTheirWay
from schemas.frames.money import Forecast
from schemas.frames.reports import (
    PAID_PARTS,
    PARTS_TO_COME,
    PAYMENT_TRANSFERS,
    SPECIFIED,
    SPECIFIED_PLACE,
    ComponentRegulations,
    MonthsToCome,
    PaidCauses,
    PaidParts,
    PartsPaid,
    PartsToCome,
    PartTotals,
    PaymentTransfers,
    PlaceAmounts,
)
from schemas.received import Schools
from schemas.released import FAILED

PART = list(SPECIFIED)
PLACE = list(SPECIFIED_PLACE)
AFTER_RELEASE = "after_release"
"""The reason of a payment that is not released, where its month was released before it was made."""

UNKNOWN_SCHEME = "Regeling niet bekend"


@dataclass(frozen=True, kw_only=True)
class SpecificationTables:
    """The tables of specifications; each row is of the board in column `board`, and sorted after it by `order`.

    `paid`: what the month paid. `transfers`: by which transfers. `to_come`: what months to come bring, by the
    decisions of the day of the payment run.
    """

    paid: PaidParts = field(
        metadata={
            "order": [*PART, *PLACE, "school_type", "component", "month", "cause", "decision_id", "payment_id"]
        }
    )
    transfers: PaymentTransfers = field(
        metadata={"order": ["currency", "released_month", "end_to_end_id", "state", "reason"]}
    )
    to_come: PartsToCome = field(metadata={"order": [*PART, "month", *PLACE, "school_type", "component", "kind"]})
    board_names: BoardNames = field(metadata={"order": []})

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the tables by name."""
        return {one.name: getattr(self, one.name) for one in fields(SpecificationTables)}


@dataclass(frozen=True, kw_only=True)
class SpecificationHeader:
    """Describe what specifications are of, the same for all boards.

    `paid_on`: the day of the last payment run of the month, in the Netherlands; what is to come is by the
    decisions of then. `style`: the house style of pages. `version`: of the program.
    """

    month: date
    paid_on: date
    style: HouseStyle = field(default_factory=HouseStyle)
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class SpecificationData(SpecificationTables):
    """The specifications of a month, of all boards or of some."""

    header: SpecificationHeader

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


@dataclass(frozen=True, kw_only=True)
class SpecificationSources:
    """The rows of the books that specifications of a month are made of.

    `schools`: the directory as the payment run knew it. `titles`: names of regulation files -> title.
    `next_month`: the month in which what is withheld can go out.
    """

    header: SpecificationHeader
    paid: PartsPaid
    on_their_way: PaymentsOnTheirWay
    forecast: Forecast
    schools: Schools
    board_names: BoardNames
    regulations: ComponentRegulations
    titles: Mapping[str, str]
    next_month: date


def specifications(sources: SpecificationSources) -> SpecificationData:
    """Return the specifications of all boards that a month paid anything."""
    way = sources.on_their_way
    known = way.select("payment_id", "end_to_end_id", "state", is_kept=_is_kept())
    paid = _placed(sources.paid.join(known, on="payment_id", how="left"), sources)
    placed = PaidParts(_shaped(paid, PAID_PARTS))
    schools = sources.forecast.filter(pl.col("recipient_kind") == BESTUUR, pl.col("vestiging").is_not_null())
    coming = _placed(schools.with_columns(board="recipient", brin=pl.col("vestiging").str.head(4)), sources)
    kept = _withheld(PaidParts(paid.filter("is_kept")), sources.next_month)
    return in_fixed_order(
        SpecificationData(
            paid=placed,
            transfers=_transfers(placed, way),
            to_come=PartsToCome(pl.concat([_shaped(coming, PARTS_TO_COME), kept])),
            board_names=sources.board_names,
            header=sources.header,
        )
    )


def _shaped(rows: pl.DataFrame, columns: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    return rows.select(pl.col(name).cast(dtype) for name, dtype in columns.items())


def _placed(rows: pl.DataFrame, sources: SpecificationSources) -> pl.DataFrame:
    """Add name and place of the school on the first day of the month paid, and the title of the regulation."""
    day = sources.header.month
    known = sources.schools.sort("valid_from")
    then = known.filter(pl.col("valid_from") <= day).unique("vestiging", keep="last")
    later = known.join(then, on="vestiging", how="anti").unique("vestiging", keep="first")
    names = pl.concat([then, later]).select("vestiging", "name", "place")
    key = ["school_year", "currency", "school_type", "component"]
    schemes = sources.regulations.select(*key, scheme=pl.col("regulation").replace(dict(sources.titles)))
    placed = rows.join(names, on="vestiging", how="left").join(schemes, on=key, how="left")
    return placed.with_columns(pl.col("scheme").fill_null(UNKNOWN_SCHEME))


def _is_kept() -> pl.Expr:
    """Return whether a payment goes out with a month to come: failed, withheld, or after its release."""
    return pl.col("state").is_in([*FAILED, "withheld"]) | pl.col("reason").eq_missing(AFTER_RELEASE)


def _withheld(kept: PaidParts, month: date) -> pl.DataFrame:
    """Return what was paid in the books and is not on its way, in the month that it goes out with."""
    key = [name for name in PARTS_TO_COME if name not in ("month", "kind", "amount")]
    sums = kept.group_by(key).agg(_sum()).filter(pl.col("amount") != 0)
    return sums.with_columns(month=pl.lit(month), kind=pl.lit(WITHHELD)).pipe(_shaped, PARTS_TO_COME)


def _transfers(paid: PaidParts, way: PaymentsOnTheirWay) -> PaymentTransfers:
    """Sum the payments of the month per transfer."""
    known = way.drop("state", "end_to_end_id")
    key = [name for name in PAYMENT_TRANSFERS if name != "amount"]
    sums = paid.join(known, on="payment_id", how="left").group_by(key).agg(_sum())
    return PaymentTransfers(_shaped(sums, PAYMENT_TRANSFERS))


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
