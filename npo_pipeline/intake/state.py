"""The books as they are before a delivery comes in: all that ingest compares new files with."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from schemas.frames.accounts import Currencies
from schemas.frames.books import BoardSchools, CountedGroups, CurrentReports, DeliverySubjects, RejectedLines
from schemas.received import (
    Areas,
    Boards,
    Changes,
    Counts,
    Deliveries,
    Resolutions,
    SchoolFacts,
    Scores,
    SourceCorrections,
    ZeroCounts,
)

CURRENCIES = {"brin": pl.String, "currency": pl.String}


@dataclass(frozen=True, kw_only=True)
class IntakeState:
    """Hold the state of the books, loaded once per run.

    `deliveries`, `school_facts`, `changes`: all, in order of arrival. `corrections`, `counts`, `zero_counts`,
    `scores`, `areas`, `listed` (what reference lists are about), `boards`: of deliveries that nothing superseded.
    `resolutions`: of which the resolving delivery is not superseded. `rejected_lines`: all.
    `currencies`: of schools that were paid in one alone.
    """

    deliveries: Deliveries
    rejected_lines: RejectedLines
    corrections: SourceCorrections
    resolutions: Resolutions
    counts: Counts
    zero_counts: ZeroCounts
    scores: Scores
    areas: Areas
    listed: DeliverySubjects
    boards: Boards
    school_facts: SchoolFacts
    changes: Changes
    schools_of_boards: BoardSchools
    reports: CurrentReports
    currencies: Currencies = field(default_factory=lambda: Currencies(pl.DataFrame(schema=CURRENCIES)))

    @cached_property
    def current(self) -> Deliveries:
        """The deliveries that nothing superseded, in order of arrival."""
        return Deliveries(self.deliveries.filter(pl.col("superseded_by").is_null()))

    @cached_property
    def known_vestigingen(self) -> pl.Series:
        """The vestigingen that have a board."""
        return self.school_facts["vestiging"].unique()

    @cached_property
    def counted_subjects(self) -> DeliverySubjects:
        """The subjects that a current delivery counts or lists, a row for each of its rows."""
        counted = [frame.select("delivery_id", subject="vestiging") for frame in (self.counts, self.scores)]
        return DeliverySubjects(pl.concat([*counted, self.listed]))

    @cached_property
    def subjects_of_deliveries(self) -> DeliverySubjects:
        """The subjects that a delivery counts, also at 0, lists or names."""
        spoken = [one.select("delivery_id", subject="vestiging") for one in (self.zero_counts, self.school_facts)]
        boards = self.boards.select("delivery_id", subject="board")
        return DeliverySubjects(pl.concat([self.counted_subjects, *spoken, boards]).unique())

    @cached_property
    def counted_rows(self) -> CountedGroups:
        """The rows of counts, scores and lists of current deliveries, with the kind and date of their delivery."""
        columns = ["delivery_id", "vestiging", "school_type", "cluster"]
        listed = self.listed.rename({"subject": "vestiging"})
        rows = pl.concat([self.counts.select(columns), self.scores.select(columns[:2]), listed], how="diagonal")
        kinds = self.current.select("delivery_id", "kind", "reference_date")
        return CountedGroups(rows.join(kinds, on="delivery_id"))
