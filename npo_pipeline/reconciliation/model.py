"""A reconciliation: the files of others, their amounts beside those of the decisions in force, and its figures.

Sentences are English here, as all messages are; `npo_pipeline.translation` has their Dutch, also for reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, NewType

import polars as pl

from npo_pipeline import dutch
from schemas.reconciled import (
    MATCH,
    MISSING_HERE,
    MISSING_THERE,
    UNEXPLAINED,
    LeftOutComponents,
    OtherRows,
    Reconciled,
    ReconciledNames,
    UnreadRows,
)

ComponentFigures = NewType("ComponentFigures", pl.DataFrame)
"""component, school_types (null: all), currency, compared, matching (numbers of amounts), share and share_of_money
(in units of 0.0001, rounded down, so that 10.000 is all; null where there is nothing to divide by), ours, theirs,
difference."""

CauseFigures = NewType("CauseFigures", pl.DataFrame)
"""component, school_types, currency, cause (or the outcome of an amount that one side lacks), amounts (how many),
difference."""

DifferingAmounts = NewType("DifferingAmounts", pl.DataFrame)
"""Rows of `reconciliation` that do not match, the largest difference first, with `code` (of the vestiging, the
school or the board), `why` (the cause, or the outcome of an amount that one side lacks) and `gap` (theirs less
ours, where what is not there counts as nothing, so that the gaps add up to the difference of the sums)."""


@dataclass(frozen=True, kw_only=True)
class ReconciledFile:
    """Represent a file that was compared.

    `layout`: the title of the known layout, or the name of the mapping file. `levels`: those of
    `schemas.reconciled` that its amounts are of. `rows`: the rows below its header. `components`: those that it
    names and that were compared.
    """

    name: str
    sha256: str
    layout: str
    levels: tuple[str, ...]
    rows: int
    components: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """Represent what others say beside what was decided.

    `decisions`: those that were compared, one per currency. `tolerance`: how far apart amounts of a match may be,
    in euro or dollars. `rows`: as they are in the books. `left_out`: components of ours that no file names.
    `unread`: rows of theirs that could not be read. `others`: rows of theirs that are of other school years or
    regulations.
    """

    run_id: str
    school_year: str
    decisions: tuple[str, ...]
    files: tuple[ReconciledFile, ...]
    tolerance: Decimal
    rows: Reconciled
    left_out: LeftOutComponents
    unread: UnreadRows
    others: OtherRows
    names: ReconciledNames

    @property
    def named(self) -> frozenset[str]:
        """Return the components that a file names, for some school types at least."""
        return frozenset(part for file in self.files for one in file.components for part in one.split("+"))


class Words(NamedTuple):
    """Hold the name of a cause or an outcome, what it means and what to do about it."""

    title: str
    meaning: str
    todo: str


CAUSE_WORDS = {
    "count": Words(
        "another count",
        "The difference is the rate times a whole number.",
        "Compare the counts of the school. If theirs is right: ingest a corrected file and decide again.",
    ),
    "rounding": Words(
        "rounding",
        "At most a cent per vestiging.",
        "There is nothing to do. To count it as a match: --tolerance.",
    ),
    "composition": Words(
        "put together otherwise",
        "Their amount is the sum of several amounts here, or lacks one of them.",
        "Name all components that their column holds in the mapping.",
    ),
    "board": Words(
        "another board",
        "The amount of the school is with another board.",
        "Check the transfer: from which day, and to which board. If theirs is right: deliver a changes file.",
    ),
    "rate": Words(
        "another rate",
        "All schools of this component differ in one ratio.",
        "Compare the rate in the regulation with theirs. If theirs is right: decide again with the right rate.",
    ),
    "part_of_year": Words(
        "part of a year",
        "It is a number of twelfths of the amount of a whole year.",
        "Check whether the school opened, closed or merged. If so: deliver a changes file and decide again.",
    ),
    UNEXPLAINED: Words(
        "unexplained",
        "No cause that is looked for gives just this difference.",
        "See how the amount comes about with `npo explain`, and ask who made the file for the same.",
    ),
    MISSING_HERE: Words(
        "not in the decision",
        "The file has an amount, and the decision has none.",
        "See with `npo explain` why there is none: not counted, not delivered, or not entitled.",
    ),
    MISSING_THERE: Words(
        "not in the file",
        "The decision has an amount, and the file has none.",
        "Check that the file is whole; else ask who made it whether the amount is still to come.",
    ),
}
"""Cause, or outcome of an amount that one side lacks -> its words, in English."""

OUTCOME_WORDS = {
    MATCH: "match",
    "differs": "differs",
    **{name: CAUSE_WORDS[name].title for name in (MISSING_HERE, MISSING_THERE)},
}


CODE = pl.coalesce("vestiging", "brin", "board")
"""The code of what a row is of."""

_LACKS_ONE = pl.col("outcome").is_in([MISSING_HERE, MISSING_THERE])
_IS_OPEN = pl.col("cause").fill_null(UNEXPLAINED) == UNEXPLAINED
WHY = pl.when(_LACKS_ONE & _IS_OPEN).then("outcome").otherwise("cause")
"""Why a row differs: its cause, or of an amount that one side lacks for no cause that is known, its outcome."""

_LARGEST = pl.max_horizontal(pl.col("ours", "theirs").abs())
"""The money of a row: an amount that one side lacks, or has below zero, weighs as much as any other."""

_COMPONENT = ("component", "school_types", "currency")
"""The columns that say of what a figure is."""

_COMPONENT_FIGURES: dict[str, pl.DataType] = {
    **dict.fromkeys(_COMPONENT, pl.String()),
    **dict.fromkeys(("compared", "matching", "share", "share_of_money"), pl.Int64()),
    **dict.fromkeys(("ours", "theirs", "difference"), pl.Decimal(38, 2)),
}


@dataclass(frozen=True)
class Figures:
    """Hold the figures of compared amounts, with the tolerance that they were compared by."""

    rows: Reconciled
    tolerance: Decimal = Decimal("0.00")

    @cached_property
    def by_component(self) -> ComponentFigures:
        """Return the figures per component and currency, the most money first."""
        matching = pl.col("outcome") == MATCH
        sums = self.rows.group_by(_COMPONENT).agg(
            compared=pl.len().cast(pl.Int64),
            matching=matching.sum().cast(pl.Int64),
            ours=pl.col("ours").sum(),
            theirs=pl.col("theirs").sum(),
            matching_money=_LARGEST.filter(matching).sum(),
            money=_LARGEST.sum(),
        )
        order, down = ["currency", "theirs", "component", "school_types"], [False, True, False, False]
        rows = sums.sort(order, descending=down, nulls_last=True).rows(named=True)
        shares = [
            {
                **row,
                "share": _share(row["matching"], row["compared"]),
                "share_of_money": _share(row["matching_money"], row["money"]),
                "difference": row["theirs"] - row["ours"],
            }
            for row in rows
        ]
        return ComponentFigures(pl.DataFrame(shares, schema=_COMPONENT_FIGURES))

    @cached_property
    def by_cause(self) -> CauseFigures:
        """Return how many amounts and how much money each cause explains of a component, both in their order."""
        sums = self._in_order(DifferingAmounts(self.differing)).group_by(
            *_COMPONENT, cause="why", maintain_order=True
        )
        return CauseFigures(sums.agg(amounts=pl.len().cast(pl.Int64), difference=pl.col("gap").sum()))

    def largest(self, each: int = 3, most: int = 15) -> DifferingAmounts:
        """Return the largest differences of each cause of a component: `each`, or one where those are too many.

        Without those of rounding, of which one is like the other.
        """
        rows = self._in_order(DifferingAmounts(self.differing.filter(pl.col("why") != "rounding")))
        place = pl.int_range(pl.len()).over(*_COMPONENT, "why")
        found = rows.filter(place < each)
        return DifferingAmounts((found if found.height <= most else rows.filter(place < 1)).head(most))

    def _in_order(self, rows: DifferingAmounts) -> DifferingAmounts:
        """Order by component and cause; within those the order stays."""
        places = self.by_component.select(_COMPONENT).with_row_index("place")
        order = {name: place for place, name in enumerate(CAUSE_WORDS)}
        placed = rows.join(places, on=_COMPONENT, how="left", nulls_equal=True, maintain_order="left")
        cause = pl.col("why").replace_strict(order, return_dtype=pl.Int64)
        return DifferingAmounts(placed.sort("place", cause, maintain_order=True).drop("place"))

    @cached_property
    def differing(self) -> DifferingAmounts:
        """Return the rows that do not match."""
        gap = pl.col("theirs").fill_null(0) - pl.col("ours").fill_null(0)
        found = self.rows.filter(pl.col("outcome") != MATCH).with_columns(code=CODE, gap=gap, why=WHY)
        order = [pl.col("gap").abs(), pl.col("code"), pl.col("component")]
        return DifferingAmounts(found.sort(order, descending=[True, False, False]))

    @property
    def compared(self) -> int:
        """Return how many amounts were compared."""
        return self.rows.height

    @property
    def matching(self) -> int:
        """Return how many amounts match."""
        return self.compared - self.differing.height

    @property
    def share(self) -> Decimal:
        """Return the part of the amounts that matches, of one; below one unless all match."""
        return Decimal(_share(self.matching, self.compared) or 0).scaleb(-4)

    @property
    def alone(self) -> str | None:
        """Return the board that all schools of the files are of, where the decisions have those of others too."""
        is_there = pl.col("outcome") != MISSING_THERE
        there, others = (self.rows.filter(one)["board"].drop_nulls().unique() for one in (is_there, ~is_there))
        return there.item() if there.len() == 1 and not others.is_in(there.implode()).all() else None

    def conclusion(self, name: Callable[[str, str | None], str] | None = None) -> Iterator[str]:
        """Yield in plain words whether it is right, and where not, what is known of it.

        `name`: names a component with the school types that it is compared for.
        """
        if not self.differing.height:
            exactly = f"within {dutch.number(self.tolerance, 2)}" if self.tolerance else "to the cent"
            yield f"It is right: all {dutch.number(self.compared)} amounts match {exactly}"
            yield from self._elsewhere()
            yield from self._in_several_files()
            return
        matching, compared, others = map(dutch.number, (self.matching, self.compared, self.differing.height))
        yield (
            f"{dutch.percent(self.share)} matches: {matching} of {compared} amounts. For the other {others} the "
            f"file has {self._money(self.differing)}"
        )
        yield from self._elsewhere()
        yield from self._in_several_files()
        if self.by_component.height > 1:
            yield from (self._of_component(row, name or component_name) for row in self.by_component.to_dicts())
            return
        yield from self._lacking()
        unexplained = DifferingAmounts(self.differing.filter(pl.col("why") == UNEXPLAINED))
        if unexplained.is_empty():
            if not self.differing["why"].is_in([MISSING_HERE, MISSING_THERE]).all():
                yield "Every difference has a cause; none is unexplained"
            return
        first = unexplained.row(0, named=True)
        yield (
            f"{dutch.number(unexplained.height)} differences are unexplained, {self._money(unexplained)}; "
            f"begin with {first['code']} ({dutch.money(first['gap'], first['currency'])})"
        )

    def _elsewhere(self) -> Iterator[str]:
        """Yield how many amounts match and are with another board, as their explanation says."""
        found = self.rows.filter(outcome=MATCH).drop_nulls("explanation").select(code=CODE).sort("code")["code"]
        if found.len():
            yield (
                f"{dutch.number(found.len())} of what matches is with another board in the file, first {found[0]}"
            )

    def _in_several_files(self) -> Iterator[str]:
        """Yield how many amounts several files have, of which each is compared with all of ours."""
        there = self.rows.drop_nulls("theirs").group_by(*_COMPONENT, "level", code=CODE)
        found = there.agg(pl.col("file").n_unique()).filter(pl.col("file") > 1).sort("code")["code"]
        if found.len():
            yield (
                f"{dutch.number(found.len())} amounts are in several files, and the sums count each; first "
                f"{found[0]}; compare these files one by one"
            )

    def _of_component(self, figures: dict[str, Any], name: Callable[[str, str | None], str]) -> str:
        """Return the same of one component."""
        named = name(figures["component"], figures["school_types"])
        named += f", {figures['currency']}" if self.by_component["currency"].n_unique() > 1 else ""
        own = [pl.col(one).eq_missing(pl.lit(figures[one], pl.String)) for one in _COMPONENT]
        differing = DifferingAmounts(self.differing.filter(own))
        if differing.is_empty():
            return f"{named}: all {dutch.number(figures['compared'])} amounts match"
        share = dutch.percent(Decimal(figures["share"]).scaleb(-4))
        unexplained = DifferingAmounts(differing.filter(pl.col("why") == UNEXPLAINED))
        if unexplained.height:
            first = unexplained.row(0, named=True)
            return (
                f"{named}: {share} matches; {dutch.number(unexplained.height)} differences are unexplained, "
                f"{self._money(unexplained)}; begin with {first['code']} "
                f"({dutch.money(first['gap'], first['currency'])})"
            )
        if lacking := differing.filter(pl.col("why").is_in([MISSING_HERE, MISSING_THERE])).height:
            return f"{named}: {share} matches; of {dutch.number(lacking)} amounts one of the two has none"
        return f"{named}: {share} matches, and every difference has a cause"

    def _lacking(self) -> Iterator[str]:
        """Yield how many amounts one of the two sides lacks."""
        here, there = (
            self.differing.filter(pl.col("outcome") == outcome).height for outcome in (MISSING_HERE, MISSING_THERE)
        )
        if here and there:
            yield f"In the file only: {dutch.number(here)}; in the decision only: {dutch.number(there)}"
        elif here:
            yield f"In the file only: {dutch.number(here)}"
        elif there:
            yield f"In the decision only: {dutch.number(there)}"

    def _money(self, rows: DifferingAmounts) -> str:
        """Return in words how much more or less than the decision the file has for some rows, per currency."""
        sums = rows.group_by("currency").agg(pl.col("gap").sum()).sort("currency")
        return ", ".join(more_or_less(gap, currency) for currency, gap in sums.iter_rows())


def component_name(component: str, school_types: str | None) -> str:
    """Return a component as the rules name it, with the school types that it is compared for."""
    return f"{component} ({school_types.replace('+', ', ')})" if school_types else component


def more_or_less(gap: Decimal, currency: str) -> str:
    """Return an amount as more or less than another."""
    if not gap:
        return "together as much as the decision"
    if gap > 0:
        return f"{dutch.money(gap, currency)} more than the decision"
    return f"{dutch.money(-gap, currency)} less than the decision"


def _share(part: Decimal | int, whole: Decimal | int) -> int | None:
    """Return a part of a whole in units of 0.0001, rounded down; None where there is nothing to divide by."""
    return int(part * 10_000 // whole) if whole > 0 else None
