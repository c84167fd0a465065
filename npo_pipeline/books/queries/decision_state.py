"""The decision state: all that a decision reads from the books, and what past decisions were taken from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import polars as pl

from npo_pipeline.books.manifest import code_version
from npo_pipeline.books.queries.decisions import decision_inputs, latest_decisions, past_inputs, table_of_decision
from npo_pipeline.books.queries.deliveries import all_deliveries
from npo_pipeline.books.queries.ledger import NextRun, next_run
from npo_pipeline.books.queries.runs import archived_texts, manifest_of
from npo_pipeline.books.queries.schools import directory_as_derived, school_directory
from npo_pipeline.books.reader import Books
from npo_pipeline.entitlements.model import AREAS, DECIDED_COLUMNS, DecisionTables, areas_used, empty_decision
from npo_pipeline.intake.source_precedence import DeliveredData, UsedDeliveries
from npo_pipeline.rulebook.archive import ArchivedTexts, archived_rules
from npo_pipeline.rulebook.load import Rulebook
from schemas.decided import Grants
from schemas.frames.books import PastInputs
from schemas.frames.money import RegulationAmounts, VestigingAreas
from schemas.received import (
    Applications,
    Areas,
    Changes,
    Completions,
    CountRanges,
    Counts,
    LeerplusSchools,
    ListedVestigingen,
    MunicipalScores,
    Schools,
    Scores,
    ZeroCounts,
)


@dataclass(frozen=True, kw_only=True)
class PastDecision:
    """Represent a decision in the books and what it was taken from.

    `row`: of `decisions`. `tables`: its rows, without its trace. `has_later_deliveries`: whether anything came in
    since. `schools_then`: the directory as it was known, where another version of this program decided, else null.
    """

    row: Mapping[str, Any]
    tables: DecisionTables
    rules: Rulebook
    used: UsedDeliveries
    has_later_deliveries: bool
    schools_then: Schools | None


@dataclass(frozen=True, kw_only=True)
class DecisionState:
    """Represent all that a decision on a school year reads from the books.

    `previous`: the latest decision of each currency, by currency; `grants` and `amounts` are theirs.
    `past_inputs`: of all decisions, of any year. `next_run`: null where nothing was decided before.
    """

    school_year: str
    data: DeliveredData
    previous: tuple[PastDecision, ...]
    grants: Grants
    amounts: RegulationAmounts
    past_inputs: PastInputs
    next_run: NextRun | None

    @cached_property
    def tables(self) -> DecisionTables:
        """Return the rows of the decisions before, of all currencies; none where there are no such decisions."""
        parts = [one.tables for one in self.previous]
        return DecisionTables.concat(parts) if parts else empty_decision()

    @property
    def before(self) -> dict[str, str]:
        """Return the decisions before: currency -> decision_id."""
        return {one.row["currency"]: one.row["decision_id"] for one in self.previous}


def decision_state(books: Books, school_year: str) -> DecisionState:
    """Load all that a decision on a school year reads.

    Raises:
        BooksDoNotTie: the text of the rules of a decision before is gone.
    """
    data, archive = delivered_data(books), archived_texts(books)
    rows = latest_decisions(books, school_year)
    previous = tuple(past_decision(books, row, archive) for row in rows.iter_rows(named=True))
    names = rows["decision_id"].to_list()
    amounts = """
        select regulation, currency, sum(amount) as amount from trace
        where decision_id in (select unnest(?)) group by all order by all"""
    return DecisionState(
        school_year=school_year,
        data=data,
        previous=previous,
        grants=Grants(books.frame("from grants where decision_id in (select unnest(?))", [names])),
        amounts=RegulationAmounts(books.frame(amounts, [names])),
        past_inputs=past_inputs(books),
        next_run=next_run(books, school_year, data.schools) if previous else None,
    )


def delivered_data(books: Books) -> DeliveredData:
    """Load what can be decided upon."""
    return DeliveredData(
        deliveries=all_deliveries(books),
        counts=Counts(books.table("counts")),
        zero_counts=ZeroCounts(books.table("zero_counts")),
        count_ranges=CountRanges(books.table("count_ranges")),
        scores=Scores(books.table("scores")),
        changes=Changes(books.table("changes")),
        listed=ListedVestigingen(books.table("listed_vestigingen")),
        applications=Applications(books.table("applications")),
        completions=Completions(books.table("completions")),
        leerplus=LeerplusSchools(books.table("leerplus_schools")),
        municipal_scores=MunicipalScores(books.table("municipal_scores")),
        areas=Areas(books.table("areas")),
        schools=school_directory(books),
    )


def past_decision(books: Books, row: Mapping[str, Any], archive: ArchivedTexts) -> PastDecision:
    """Load a decision, by its row of `decisions`, and what it was taken from.

    Raises:
        BooksDoNotTie: the text of its rules is gone.
    """
    name, run_id = row["decision_id"], row["run_id"]
    # Only what another version reckoned is reckoned again from what was known then.
    then = directory_as_derived(books, run_id) if written_by_other_version(books, run_id) else None
    return PastDecision(
        row=row,
        tables=decision_tables(books, row),
        rules=archived_rules(archive, row["regulation"], row["regulation_sha256"]),
        used=used_deliveries(books, name),
        has_later_deliveries=bool(books.value("select count(*) from deliveries where run_id > ?", [run_id])),
        schools_then=then,
    )


def decision_tables(books: Books, row: Mapping[str, Any]) -> DecisionTables:
    """Load the rows of a decision, by its row of `decisions`, without its trace."""
    currency = pl.lit(row["currency"])
    found: dict[str, Any] = {
        table: table_of_decision(books, table, row["decision_id"]).with_columns(currency=currency).select(columns)
        for table, columns in DECIDED_COLUMNS.items()
    }
    return replace(empty_decision(), **found)


def used_deliveries(books: Books, decision_id: str) -> dict[str, list[str]]:
    """Load what a decision was taken from: what is counted -> delivery_ids, sorted."""
    rows = decision_inputs(books, decision_id)
    return dict(rows.group_by("used_for", maintain_order=True).agg("delivery_id").iter_rows())


def areas_of_decision(books: Books, decision_id: str) -> VestigingAreas:
    """Load the areas by which a decision pays samenwerkingsverbanden."""
    used = used_deliveries(books, decision_id).get(AREAS, [])
    return areas_used(used, Areas(books.table("areas")), all_deliveries(books))


def written_by_other_version(books: Books, run_id: str) -> bool:
    """Return whether another version of this program made a run, or its manifest says nothing of it."""
    try:
        manifest = json.loads(manifest_of(books, run_id) or "{}")
    except ValueError:
        manifest = {}  # damaged; the check of the chain says so
    return not isinstance(manifest, dict) or manifest.get("code") != code_version().calculation
