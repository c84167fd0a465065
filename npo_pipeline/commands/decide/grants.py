"""The part of `npo decide` that is about subsidies: what was applied for is granted, reduced or refused.

It is no decision of its own. A school year has one row of decisions per currency, whatever kinds of rules it has;
entitlements and grants of it are worked out apart and written together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.books.queries.counts import current_rows, reference_dates
from npo_pipeline.books.queries.deliveries import live_deliveries
from npo_pipeline.books.queries.schools import school_directory
from npo_pipeline.books.reader import Books
from npo_pipeline.entitlements.model import (
    ADJUSTMENT_COLUMNS,
    ENTITLEMENT_COLUMNS,
    INSTALMENT_COLUMNS,
    KEY,
    SETTLEMENT_COLUMNS,
    DecisionTables,
)
from npo_pipeline.errors import Refused
from npo_pipeline.grants.decide import GRANTED, grants, soft_values, undecided
from npo_pipeline.grants.terms import APPLICATIONS, Basis, basis_of, inputs_of
from npo_pipeline.rulebook.subsidies.load import LoadedSubsidy, is_subsidy_text, parse_subsidy_texts
from schemas import tables
from schemas.columns import schema_of

CURRENCY = "EUR"
"""The one currency a subsidy file can have."""

Text = tuple[str, str]
"""The name and the text of a file of rules, as the books keep them."""


@dataclass(frozen=True)
class Granted:
    """What is decided on the applications for the subsidies of a school year.

    `grants`: the table without its decision. `rests_on`: what it rests on that no source says in so many words.
    """

    grants: pl.DataFrame
    reference_date: date
    inputs: Mapping[str, Sequence[str]]
    rests_on: str | None
    remarks: tuple[str, ...]

    @property
    def total(self) -> Decimal:
        """Everything that is granted, in euro."""
        return Decimal(self.grants["amount"].sum())


def work_out_grants(books: Books, loaded: Sequence[LoadedSubsidy]) -> Granted:
    """Step: decide on all applications in the books under the subsidies of a school year.

    Raises:
        Refused: there are no applications, or no pupils are counted on the reference date of a scheme that was
            applied for.
    """
    live = live_deliveries(books)
    inputs: dict[str, list[str]] = {}
    for one in loaded:
        inputs |= inputs_of(one.subsidy, live)
    if APPLICATIONS not in inputs:
        raise Refused("no applications are known; ingest a file of them, or look whether it was refused")
    counts, scores = current_rows(books, "counts"), current_rows(books, "scores")
    judged = [
        (
            one.subsidy,
            basis_of(
                one.subsidy, inputs, current_rows(books, APPLICATIONS), counts, scores, school_directory(books)
            ),
        )
        for one in loaded
    ]
    for subsidy, basis in judged:
        if basis.pupils.is_empty() and subsidy.scheme in basis.applications["scheme"]:
            raise Refused(_uncounted(subsidy.scheme, subsidy.reference_date.value, reference_dates(books)))
    decided = grants(judged)
    days = [subsidy.reference_date.value for subsidy, _ in judged if subsidy.reference_date.value]
    rests = soft_values([subsidy for subsidy, _ in judged], decided)
    return Granted(decided, min(days), inputs, rests, tuple(undecided(judged)))


def empty_decision() -> DecisionTables:
    """No entitlements, of a school year that has subsidies only."""
    return DecisionTables(
        pl.DataFrame(schema=schema_of(tables.ENTITLEMENTS)).select(ENTITLEMENT_COLUMNS),
        pl.DataFrame(schema=schema_of(tables.INSTALMENTS))
        .with_columns(currency=pl.lit(""))
        .select(INSTALMENT_COLUMNS),
        pl.DataFrame(schema=schema_of(tables.TRACE)).drop("decision_id"),
        pl.DataFrame(schema=schema_of(tables.ENTITLEMENTS)).select(*KEY, "amount", "currency"),
        pl.DataFrame(schema=schema_of(tables.ADJUSTMENTS)).select(ADJUSTMENT_COLUMNS),
        pl.DataFrame(schema=schema_of(tables.SETTLING))
        .with_columns(currency=pl.lit(""))
        .select(SETTLEMENT_COLUMNS),
    )


def has_applications(live: pl.DataFrame) -> bool:
    """Whether a file of applications is among live deliveries (kind); all its rows may have been refused."""
    return APPLICATIONS in live["kind"]


def grants_before(books: Books, school_year: str) -> pl.DataFrame:
    """The grants of the latest decision of a school year; no rows when there is none."""
    latest = "select decision_id from latest_decisions where school_year = ?"
    return books.frame(f"from grants where decision_id in ({latest})", [school_year]).select(list(GRANTED))


def refuse_dropping_grants(books: Books, school_year: str, granted: Granted | None) -> None:
    """Refuse a decision without any subsidy after one that granted some: they would be gone without a word.

    Raises:
        Refused: names the schemes, the amount, and what to do.
    """
    before = grants_before(books, school_year)
    if granted is not None or before.is_empty():
        return
    schemes = ", ".join(before["scheme"].unique().sort())
    total = dutch.money(Decimal(before["amount"].sum()), "EUR")
    raise Refused(
        f"the decision before on {school_year} granted {total} of {schemes}, "
        "and no rules of it were given now; give its file again with --regulation"
    )


def same_grants(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    """Whether two decisions say the same of all applications."""
    columns = list(GRANTED)
    return one.select(columns).sort(columns).equals(other.select(columns).sort(columns))


def recompute_grants(
    books: Books,
    decision: Mapping[str, Any],
    texts: Sequence[Sequence[Text]],
    inputs: Mapping[str, Sequence[str]],
    directory: pl.DataFrame,
) -> pl.DataFrame:
    """The grants of a decision, worked out again from its own inputs and rules, for `npo verify`.

    Args:
        books: the books.
        decision: its row of `decisions`.
        texts: the kept texts of its rules: of each the file and the overlays on it; others than of subsidies are
            passed over.
        inputs: what is used for it -> the deliveries (`decision_inputs`).
        directory: the directory of schools as it was known when the decision was taken.
    """
    if decision["currency"] != CURRENCY:
        return pl.DataFrame(schema=GRANTED)
    counts, scores, applications = (books.table(name) for name in ("counts", "scores", APPLICATIONS))
    loaded = [parse_subsidy_texts(one).subsidy for one in subsidies_among(texts)]
    judged: list[tuple[Any, Basis]] = [
        (one, basis_of(one, inputs, applications, counts, scores, directory)) for one in loaded
    ]
    return grants(judged)


def subsidies_among(texts: Sequence[Sequence[Text]]) -> Iterator[Sequence[Text]]:
    """Of the kept rules of a decision those of subsidies."""
    return (one for one in texts if is_subsidy_text(*one[0]))


def _uncounted(scheme: str, day: date | None, there: Sequence[date]) -> str:
    known = ", ".join(map(str, there)) or "none yet"
    return (
        f"{scheme} goes by the pupils of {day}, and none are counted on that day (counted: {known}); ingest them, "
        "or give another reference_date in an overlay with --regulation"
    )
