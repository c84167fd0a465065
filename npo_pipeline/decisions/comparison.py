"""The comparison of a decision, or of rules, with the one before: for whom it changes, by how much, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from npo_pipeline.entitlements.beneficiaries import with_beneficiary
from npo_pipeline.entitlements.model import COMPONENT_KEY, DECIDED_COLUMNS, DecisionTables
from npo_pipeline.intake.board_transfers import board_in_month
from schemas.decided import DueChanges, Entitlements
from schemas.frames.money import (
    AmountDifferences,
    CauseDifferences,
    ComponentDifferences,
    CutDifferences,
    SchoolBoards,
    SchoolCauses,
    SchoolDifferences,
)
from schemas.received import Schools

CUTS = ("school_type", "component", "recipient_kind", "municipality", "board")
_UNKNOWN = "?"
"""Shown for a municipality that no list names."""


@dataclass(frozen=True)
class Effect:
    """Represent the effect of other rules or counts.

    `schools`: those that get another amount. `cuts`: an entry per name in `CUTS`.
    """

    schools: SchoolDifferences
    cuts: dict[str, CutDifferences]


_KIND_OF_CAUSE = {
    "first_decision": "first",
    "reference_count": "input",
    "score_correction": "input",
    "rate_change": "rule",
    "amendment": "rule",
    "merger": "change",
    "closure": "change",
    "opening": "change",
    "code": "code",
}
"""The kind of thing that each cause is."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Represent a decision against the one before.

    What is due counts: entitlements as mergers and closures leave them. `up`, `down`: beneficiaries that get
    more or less, those of each currency apart. `rows`: per board that holds the school in the month that is due,
    as in view `due`. `parts`: what the difference is made of, as given to `compare`.
    `boards`, `schools`: as for `effect_of_differences`.
    """

    by_component: ComponentDifferences
    up: int
    down: int
    causes: CauseDifferences
    rows: AmountDifferences
    parts: DueChanges
    boards: SchoolBoards
    schools: Schools

    @cached_property
    def effect(self) -> Effect:
        """Return the schools that get another amount, and cuts by type, component, municipality and board."""
        return effect_of_differences(self.rows, self.boards, self.schools)

    @cached_property
    def causes_by_school(self) -> SchoolCauses:
        """Return why each school gets another amount, per board that holds it in the months it is about."""
        of_boards = board_in_month(self.schools, with_beneficiary(self.parts))
        about = ["currency", "beneficiary", "board", "cause"]
        found = of_boards.group_by(about).agg(difference=pl.col("amount").sum())
        return SchoolCauses(found)


def compare(before: DecisionTables, after: DecisionTables, causes: DueChanges, schools: Schools) -> Comparison:
    """Compare two decisions, school by school.

    Args:
        before: the decision before; frames without rows when there is none.
        after: the decision now.
        causes: what the difference is made of.
        schools: the directory.
    """
    key = [*COMPONENT_KEY, "currency"]
    one, other = (_due_in_year(*side, schools) for side in ((before, "before"), (after, "after")))
    of_boards = one.join(other, on=[*key, "board"], how="full", coalesce=True, nulls_equal=True)
    rows = _with_difference(of_boards)
    each_component = rows.group_by(key).agg(pl.col("before", "after", "difference").sum())
    sums = each_component.group_by("currency", "school_type", "component").agg(
        pl.col("after").filter(pl.col("after") > 0).len().alias("schools"),
        pl.col("before", "after", "difference").sum(),
    )
    each = rows.group_by("currency", "beneficiary").agg(pl.col("difference").sum())
    return Comparison(
        by_component=ComponentDifferences(
            sums.sort("currency", "component", "school_type", descending=[False, True, False])
        ),
        up=each.filter(pl.col("difference") > 0).height,
        down=each.filter(pl.col("difference") < 0).height,
        causes=_sum_by_cause(causes),
        rows=AmountDifferences(rows),
        parts=causes,
        boards=_boards(after.entitlements, before.entitlements),
        schools=schools,
    )


def first_decision_causes(after: DecisionTables) -> DueChanges:
    """Return the causes of a decision that has none before it: all that is due is there for the first time."""
    return DueChanges(after.instalments.with_columns(cause=pl.lit("first_decision")))


def changed_currencies(before: DecisionTables, after: DecisionTables) -> Iterator[str]:
    """Yield the currencies in which two decisions say anything different at all."""
    for currency in sorted({*before.entitlements["currency"], *after.entitlements["currency"]}):
        one, other = before.of(currency), after.of(currency)
        if not all(
            has_same_rows(getattr(one, table), getattr(other, table), columns)
            for table, columns in DECIDED_COLUMNS.items()
        ):
            yield currency


def _due_in_year(decided: DecisionTables, name: str, schools: Schools) -> pl.DataFrame:
    """Add up what is due in the year, as column `name`; 0 for a school whose instalments all moved to another.

    Each instalment is of the board that holds the school in its month.
    """
    key = [*COMPONENT_KEY, "currency"]
    due = board_in_month(schools, with_beneficiary(decided.instalments)).select(*key, "board", "amount")
    moved = decided.entitlements.select(*key, "board", amount=pl.lit(0, pl.Decimal(18, 2)))
    all_due = pl.concat([due, moved.join(due, on=key, how="anti")])
    return all_due.group_by(*key, "board").agg(pl.col("amount").sum().alias(name))


def _sum_by_cause(causes: DueChanges) -> CauseDifferences:
    summed = causes.group_by("currency", "cause").agg(
        pl.col("beneficiary").n_unique().cast(pl.Int64).alias("schools"), difference=pl.col("amount").sum()
    )
    named = summed.with_columns(kind=pl.col("cause").replace_strict(_KIND_OF_CAUSE, return_dtype=pl.String))
    columns = ["currency", "kind", "cause", "schools", "difference"]
    return CauseDifferences(named.select(columns).sort("currency", "cause"))


def has_same_rows(one: pl.DataFrame, other: pl.DataFrame, columns: Sequence[str]) -> bool:
    """Return whether two frames hold the same rows, in any order."""
    return one.select(columns).sort(columns).equals(other.select(columns).sort(columns))


def effect_of_rules(before: Entitlements, after: Entitlements, schools: Schools) -> Effect:
    """Return the effect of one set of rules against another."""
    return effect_of_differences(differences(before, after), _boards(after, before), schools)


def _boards(*entitlements: Entitlements) -> SchoolBoards:
    return SchoolBoards(pl.concat([frame.select("vestiging", "board").drop_nulls() for frame in entitlements]))


def effect_of_differences(rows: AmountDifferences, boards: SchoolBoards, schools: Schools) -> Effect:
    """Return the effect of amounts that differ.

    Args:
        rows: the amounts; with column `board` where they are of a month, and so of the board that holds it.
        boards: the board of each school, before what the directory says; of amounts without a board.
        schools: the directory; the last row of each school counts.
    """
    in_month = rows.get_column("board", default=pl.repeat(None, rows.height, dtype=pl.String, eager=True))
    placed = (
        with_beneficiary(rows.with_columns(in_month.alias("in_month")).drop("board", strict=False))
        .join(_places(boards, schools), on="vestiging", how="left")
        .with_columns(board=pl.coalesce("in_month", "board"))
    )
    moved = placed.filter(pl.col("difference") != 0)
    about = ["beneficiary", "vestiging", "name", "board", "municipality", "currency"]
    whose = ["beneficiary", "board"]
    touched = placed.join(moved.select(whose).unique(), on=whose, how="semi", nulls_equal=True)
    each = touched.group_by(about).agg(pl.col("before", "after", "difference").sum())
    ordered = each.sort(pl.col("difference").abs(), *whose, descending=[True, False, False])
    return Effect(SchoolDifferences(ordered), {cut: _cut(placed, cut) for cut in CUTS})


def _cut(rows: pl.DataFrame, cut: str) -> CutDifferences:
    """Add up differences per school type, component, kind of recipient, municipality or board.

    Money that is not of a school has no municipality and no board, and is left out there.
    """
    schools = (
        rows.drop_nulls(cut)
        .group_by(cut, "currency", "beneficiary")
        .agg(pl.col("before", "after", "difference").sum())
    )
    moved = pl.col("difference")
    return CutDifferences(
        schools.group_by(cut, "currency")
        .agg(
            (moved != 0).sum().cast(pl.Int64).alias("schools"),
            (moved > 0).sum().cast(pl.Int64).alias("up"),
            (moved < 0).sum().cast(pl.Int64).alias("down"),
            pl.col("before", "after", "difference").sum(),
        )
        .sort("currency", cut)
    )


def _places(boards: SchoolBoards, schools: Schools) -> pl.DataFrame:
    """Return the board, name and municipality of each school."""
    latest = schools.sort("vestiging", "valid_from").unique("vestiging", keep="last", maintain_order=True)
    both = pl.concat([boards, latest.select(boards.columns)])
    return (
        both.unique("vestiging", keep="first", maintain_order=True)
        .join(latest.select("vestiging", "name", "municipality"), on="vestiging", how="left")
        .with_columns(pl.col("municipality").fill_null(_UNKNOWN))
    )


def differences(before: Entitlements, after: Entitlements) -> AmountDifferences:
    """Compare two sets of entitlements, row by row.

    Returns:
        The differences with `cause`: why the amount is another one; null where it is not.
    """
    key = [*COMPONENT_KEY, "currency"]
    both = before.select(*key, "measure", "quantity", "rate", before="amount").join(
        after.select(*key, new_quantity="quantity", new_rate="rate", after="amount"),
        on=key,
        how="full",
        coalesce=True,
    )
    found = _with_difference(both.with_columns(cause=_first_cause()))
    return AmountDifferences(found.select(*key, "before", "after", "difference", "cause"))


def _with_difference(rows: pl.DataFrame) -> pl.DataFrame:
    """Add column `difference`; what is there on one side only is 0 on the other."""
    amounts = rows.with_columns(pl.col("before", "after").fill_null(0))
    return amounts.with_columns(difference=pl.col("after") - pl.col("before"))


def _first_cause() -> pl.Expr:
    """Return the first of the things that differ in a row."""
    quantity = pl.col("quantity") != pl.col("new_quantity")
    return (
        pl.when(pl.col("before").is_null())
        .then(pl.lit("new school"))
        .when(pl.col("after").is_null())
        .then(pl.lit("no longer counted"))
        .when(quantity & (pl.col("measure") == "score"))
        .then(pl.lit("score"))
        .when(quantity)
        .then(pl.lit("count"))
        .when(pl.col("rate") != pl.col("new_rate"))
        .then(pl.lit("rate"))
        .when(pl.any_horizontal(pl.col("quantity", "new_quantity").is_null()), pl.col("before") != pl.col("after"))
        .then(pl.lit("parts"))
    )
