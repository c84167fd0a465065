"""The books as they are before a delivery comes in: all that ingest compares new files with."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import pandera.polars as pa
import polars as pl

from schemas import received
from schemas.columns import schema_of
from schemas.frames.accounts import Currencies
from schemas.frames.books import BoardSchools, CountedGroups, CurrentReports, DeliverySubjects, RejectedLines
from schemas.frames.intake import BOARD_SCHOOLS, DELIVERY_SUBJECTS, Columns, empty
from schemas.received import (
    Areas,
    Boards,
    Changes,
    CountRanges,
    Counts,
    Deliveries,
    PaymentAccounts,
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

    `deliveries`, `school_facts`, `changes`, `payment_accounts`: all, in order of arrival. `corrections`, `counts`,
    `zero_counts`, `count_ranges`, `scores`, `areas`, `listed` (what reference lists are about), `boards`: of
    deliveries that nothing superseded.
    `resolutions`: of which the resolving delivery is not superseded. `rejected_lines`: all.
    `currencies`: of schools that were paid in one alone.
    """

    deliveries: Deliveries
    rejected_lines: RejectedLines
    corrections: SourceCorrections
    resolutions: Resolutions
    counts: Counts
    zero_counts: ZeroCounts
    count_ranges: CountRanges
    scores: Scores
    areas: Areas
    listed: DeliverySubjects
    boards: Boards
    school_facts: SchoolFacts
    changes: Changes
    payment_accounts: PaymentAccounts
    schools_of_boards: BoardSchools
    reports: CurrentReports
    currencies: Currencies = field(default_factory=lambda: Currencies(pl.DataFrame(schema=CURRENCIES)))

    @classmethod
    def of_no_books(cls) -> Self:
        """Return the state of books in which nothing is yet."""
        lines: Columns = {"delivery_id": pl.String, "line": pl.Int64}
        periods: Columns = dict.fromkeys(("delivery_id", "kind", "board", "period"), pl.String)
        return cls(
            deliveries=Deliveries(_empty(received.DELIVERIES)),
            rejected_lines=RejectedLines(empty(lines)),
            corrections=SourceCorrections(_empty(received.SOURCE_CORRECTIONS)),
            resolutions=Resolutions(_empty(received.RESOLUTIONS)),
            counts=Counts(_empty(received.COUNTS)),
            zero_counts=ZeroCounts(_empty(received.ZERO_COUNTS)),
            count_ranges=CountRanges(_empty(received.COUNT_RANGES)),
            scores=Scores(_empty(received.SCORES)),
            areas=Areas(_empty(received.AREAS)),
            listed=DeliverySubjects(empty(DELIVERY_SUBJECTS)),
            boards=Boards(_empty(received.BOARDS)),
            school_facts=SchoolFacts(_empty(received.SCHOOL_FACTS)),
            changes=Changes(_empty(received.CHANGES)),
            payment_accounts=PaymentAccounts(_empty(received.PAYMENT_ACCOUNTS)),
            schools_of_boards=BoardSchools(empty(BOARD_SCHOOLS)),
            reports=CurrentReports(empty(periods)),
        )

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
        parts = (self.counts, self.count_ranges, self.scores)
        counted = [frame.select("delivery_id", subject="vestiging") for frame in parts]
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
        counted = (self.counts.select(columns), self.count_ranges.select(columns))
        rows = pl.concat([*counted, self.scores.select(columns[:2]), listed], how="diagonal")
        kinds = self.current.select("delivery_id", "kind", "reference_date")
        return CountedGroups(rows.join(kinds, on="delivery_id"))


def _empty(model: pa.DataFrameSchema) -> pl.DataFrame:
    return pl.DataFrame(schema=schema_of(model))
