"""Ours beside theirs: amounts of the decisions added up to the level of a file, and what came of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from npo_pipeline.measures import PUPILS
from npo_pipeline.money import MONEY, to_euro
from npo_pipeline.reconciliation.theirs import ALL_TYPES
from schemas.reconciled import (
    BY_BOARD,
    BY_SCHOOL,
    BY_VESTIGING,
    DIFFERS,
    LEFT_OUT,
    MATCH,
    MISSING_HERE,
    MISSING_THERE,
    OTHER_ROWS,
    RECONCILED_LEVELS,
    RECONCILIATION,
    AmountPairs,
    LeftOutComponents,
    OtherRows,
    OurAmounts,
    Reconciled,
    TheirAmounts,
)

CODE_COLUMN = {BY_VESTIGING: "vestiging", BY_SCHOOL: "brin", BY_BOARD: "board"}
"""Level -> the column of ours with its codes."""

SCOPE = ("level", "component", "school_types")


class Scope(NamedTuple):
    """Name what a set of their amounts is of."""

    level: str
    component: str
    school_types: str

    @property
    def code(self) -> str:
        """Return the column of ours with the codes of its level."""
        return CODE_COLUMN[self.level]

    def of_ours(self) -> pl.Expr:
        """Return whether an amount of ours is of this scope."""
        fits = pl.col("component").is_in(self.components) & pl.col(self.code).is_not_null()
        return fits & pl.col("school_type").is_in(self.types) if self.types else fits

    @property
    def components(self) -> list[str]:
        """Return its components: one, or those of which theirs is the sum."""
        return self.component.split("+")

    @property
    def types(self) -> list[str]:
        """Return its school types; none for all."""
        return self.school_types.split("+") if self.school_types != ALL_TYPES else []

    def of_theirs(self) -> pl.Expr:
        """Return whether an amount of theirs, or a pair, is of this scope."""
        return pl.all_horizontal(pl.col(name) == value for name, value in zip(SCOPE, self, strict=True))


def scopes_of(theirs: TheirAmounts | AmountPairs) -> list[Scope]:
    """Return the scopes of their amounts, the finest level first."""
    found = [Scope(*row) for row in theirs.select(SCOPE).unique().iter_rows()]
    return sorted(found, key=lambda one: (RECONCILED_LEVELS.index(one.level), one))


def compare(ours: OurAmounts, theirs: TheirAmounts, *, tolerance_cents: int) -> AmountPairs:
    """Put each amount of theirs beside ours, and add what no file has.

    An amount of nothing on one side, and none on the other, says nothing, and is no pair.
    """
    scopes = scopes_of(theirs)
    parts = [*(_beside(ours, theirs, one) for one in scopes), *_missing_there(ours, theirs, scopes)]
    pairs = pl.concat(parts, how="diagonal_relaxed").with_columns(
        gap_cents=pl.col("theirs_cents").fill_null(0) - pl.col("ours_cents").fill_null(0)
    )
    nothing = (pl.col("ours_cents").fill_null(0) == 0) & (pl.col("theirs_cents").fill_null(0) == 0)
    both = pl.col("ours_cents").is_not_null() & pl.col("theirs_cents").is_not_null()
    outcome = (
        pl.when(pl.col("theirs_cents").is_null())
        .then(pl.lit(MISSING_THERE))
        .when(pl.col("ours_cents").is_null())
        .then(pl.lit(MISSING_HERE))
        .when(pl.col("gap_cents").abs() <= tolerance_cents)
        .then(pl.lit(MATCH))
        .otherwise(pl.lit(DIFFERS))
    )
    kept = pairs.filter(both | ~nothing).with_columns(outcome=outcome)
    order = ("file", *SCOPE, "code", "currency")
    return AmountPairs(kept.sort(order, nulls_last=True))


def _units(ours: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """Add up amounts of ours to the codes of a scope, with the units and the rate that they rest on."""
    by = (pl.col(scope.code).alias("code"), pl.col("currency"))
    sums = ours.group_by(by, maintain_order=True).agg(
        pl.col("decision_id").first(),
        _shared("board"),
        pl.col("vestiging").n_unique().cast(pl.Int64).alias("vestigingen"),
        pl.col("amount_cents").sum().alias("ours_cents"),
    )
    units = (
        _counted(ours, scope)
        .group_by(by)
        .agg(
            _shared("measure"),
            pl.col("rate_e8").min().alias("rate_low_e8"),
            pl.col("rate_e8").max().alias("rate_high_e8"),
            (pl.col("threshold").max() * 100).alias("threshold_e2"),
            pl.col("quantity_e2").sum(),
            pl.col("counted_e2").sum().alias("our_count_e2"),
        )
    )
    return sums.join(units, on=["code", "currency"], how="left", maintain_order="left")


def _shared(column: str) -> pl.Expr:
    """Return the value of a column where all have the same."""
    return pl.when(pl.col(column).n_unique() == 1).then(pl.col(column).first()).alias(column)


def _counted(ours: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """Return the amounts whose units another count may be of: of a sum, those of its one component per pupil."""
    if len(scope.components) == 1:
        return ours
    per_pupil = ours.filter(pl.col("measure") == PUPILS.name)
    return per_pupil if per_pupil["component"].n_unique() == 1 else ours.clear()


def _beside(ours: OurAmounts, theirs: TheirAmounts, scope: Scope) -> pl.DataFrame:
    """Return the pairs of a scope in which theirs has an amount."""
    own = ours.filter(scope.of_ours())
    units = _units(own, scope).sort("code", "currency").unique("code", keep="first", maintain_order=True)
    given = theirs.filter(scope.of_theirs()).rename({"board": "their_board"})
    pairs = given.join(units, on="code", how="left")
    # A school without this amount: in the currency of its other amounts, or else that of most.
    where = ours.filter(pl.col(scope.code).is_not_null()).sort("currency")
    known = where.group_by(pl.col(scope.code).alias("code"), maintain_order=True).agg(
        pl.col("currency", "decision_id", "board").first().name.prefix("known_")
    )
    main = ours.select("currency", "decision_id").unique().sort("currency").head(1)
    of_scope = _counted(own, scope).select(
        pl.col("rate_e8").min().alias("low"),
        pl.col("rate_e8").max().alias("high"),
        pl.col("measure").first().alias("of"),
        (pl.col("threshold").max() * 100).alias("free"),
    )
    joined = pairs.join(known, on="code", how="left").join(of_scope, how="cross")
    return joined.with_columns(
        currency=pl.coalesce("currency", "known_currency", pl.lit(main["currency"][0])),
        decision_id=pl.coalesce("decision_id", "known_decision_id", pl.lit(main["decision_id"][0])),
        board=pl.coalesce("board", "known_board"),
        rate_low_e8=pl.coalesce("rate_low_e8", "low"),
        rate_high_e8=pl.coalesce("rate_high_e8", "high"),
        measure=pl.coalesce("measure", "of"),
        threshold_e2=pl.coalesce("threshold_e2", "free"),
    ).drop("known_currency", "known_decision_id", "known_board", "low", "high", "of", "free")


def _missing_there(ours: OurAmounts, theirs: TheirAmounts, scopes: list[Scope]) -> Iterator[pl.DataFrame]:
    """Yield the amounts of ours, of components that files name, that none of them has."""
    left = ours.filter(pl.col("amount_cents") != 0)
    for scope in scopes:
        codes = theirs.filter(scope.of_theirs())["code"].unique()
        left = left.filter(~(scope.of_ours() & pl.col(scope.code).is_in(codes.implode())))
    for scope in scopes:
        mine = left.filter(scope.of_ours())
        left = left.filter(~scope.of_ours())
        files = theirs.filter(scope.of_theirs()).select("file", "sha256", "column_name").unique()
        only = files.row(0) if files.height == 1 else (None, None, None)
        yield _units(mine, scope).with_columns(
            *(pl.lit(value, pl.String).alias(name) for name, value in zip(SCOPE, scope, strict=True)),
            *(pl.lit(value, pl.String).alias(name) for name, value in zip(files.columns, only, strict=True)),
        )


@dataclass(frozen=True)
class OneBoard:
    """Hold the amounts of the schools of one board, ours and theirs, and what theirs has of others."""

    ours: OurAmounts
    theirs: TheirAmounts
    others: OtherRows


def of_board(ours: OurAmounts, theirs: TheirAmounts, board: str) -> OneBoard:
    """Select the schools of one board, each whole, and the board itself.

    A school that the decision does not know is its own too, unless the file has it with another board.
    """
    brins = ours.filter(board=board)["brin"].unique()
    brin = pl.col("code").str.slice(0, 4)
    is_known = brin.is_in(ours["brin"].drop_nulls().unique().implode())
    is_own = (
        pl.when(is_known).then(brin.is_in(brins.implode())).otherwise(pl.col("board").fill_null(board) == board)
    )
    kept = pl.when(pl.col("level") == BY_BOARD).then(pl.col("code") == board).otherwise(is_own)
    others = theirs.filter(~kept).group_by("file", maintain_order=True).agg(
        column_name=pl.lit(""),
        value=pl.lit("scholen van andere besturen"),
        rows=pl.len().cast(pl.Int64),
        amount=to_euro(pl.col("theirs_cents").sum()),
    )  # fmt: skip
    return OneBoard(
        ours=OurAmounts(ours.filter(pl.col("brin").is_in(brins.implode()))),
        theirs=TheirAmounts(theirs.filter(kept)),
        others=OtherRows(others.select(list(OTHER_ROWS))),
    )


@dataclass(frozen=True)
class RowsOf:
    """Hold what all rows of a run share."""

    run_id: str
    school_year: str
    tolerance: Decimal


def reconciled_rows(pairs: AmountPairs, of_run: RowsOf) -> Reconciled:
    """Return explained pairs as rows of table `reconciliation`."""
    level, code = pl.col("level"), pl.col("code")
    both = pl.col("ours_cents").is_not_null() & pl.col("theirs_cents").is_not_null()
    board = pl.when(level == BY_BOARD).then(code).otherwise(pl.coalesce("board", "their_board"))
    shown = {
        "ours": "ours_cents",
        "theirs": "theirs_cents",
        "our_count": "our_count_e2",
        "their_count": "their_count_e2",
    }
    rows = pairs.with_columns(
        run_id=pl.lit(of_run.run_id),
        school_year=pl.lit(of_run.school_year),
        board=board,
        brin=pl.when(level != BY_BOARD).then(code.str.slice(0, 4)),
        vestiging=pl.when(level == BY_VESTIGING).then(code),
        **{name: to_euro(pl.col(column)) for name, column in shown.items()},
        difference=pl.when(both).then(to_euro(pl.col("gap_cents"))),
        school_types=pl.when(pl.col("school_types") != ALL_TYPES).then("school_types"),
        tolerance=pl.lit(of_run.tolerance).cast(MONEY),
    )
    return Reconciled(rows.select(list(RECONCILIATION.columns)))


def left_out(ours: OurAmounts, theirs: TheirAmounts) -> LeftOutComponents:
    """Return what of the decisions no file names: whole components, and school types of others."""
    rest = ours.filter(pl.col("amount_cents") != 0)
    for scope in scopes_of(theirs):
        rest = rest.filter(~scope.of_ours())
    sums = rest.group_by("component", "currency").agg(
        schools=pl.col("brin").drop_nulls().n_unique().cast(pl.Int64), cents=pl.col("amount_cents").sum()
    )
    shown = sums.with_columns(amount=to_euro(pl.col("cents"))).sort("currency", "component")
    return LeftOutComponents(shown.select(list(LEFT_OUT)))
