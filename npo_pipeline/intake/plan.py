"""The plan of an intake: all changes to the books that a delivery brings, before any is applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import pandera.polars as pa
import polars as pl

from npo_pipeline.intake.board_reports import fully_restated, restated, restatement_remarks
from npo_pipeline.intake.file_result import FileResult, NewFiles
from npo_pipeline.intake.reference_lists import (
    differing_areas,
    shared_accounts,
    unknown_areas,
    unknown_municipalities,
    unknown_recipients,
)
from npo_pipeline.intake.resubmission import refuse_superseded_bases
from npo_pipeline.intake.school_changes import changed_boards, replaced_changes, unknown_references
from npo_pipeline.intake.school_directory import BY_DATE, build_directory, disagreement_remarks
from npo_pipeline.intake.size_changes import (
    DEFAULT_MAX_CHANGE,
    DeliverySizes,
    in_words,
    sized_subjects,
    superseding_changes,
)
from npo_pipeline.intake.state import IntakeState
from npo_pipeline.intake.supersession import (
    dropped_corrections,
    dropped_schools,
    find_existing,
    subjects_of_new,
    superseded,
    unrelated_namesakes,
)
from npo_pipeline.intake.table_rows import (
    content_rows,
    correction_files,
    delivery_rows,
    difference_rows,
)
from schemas import received
from schemas.columns import schema_of
from schemas.frames.books import DeliverySubjects
from schemas.frames.intake import SIZE_CHANGES, SizeChanges, empty
from schemas.received import (
    Areas,
    Changes,
    CountRanges,
    Counts,
    Deliveries,
    Differences,
    PaymentAccounts,
    SchoolFacts,
    Scores,
)
from schemas.tables import TableRows, table_rows


@dataclass(frozen=True, kw_only=True)
class IntakePlan:
    """Hold the changes of one run; empty where the books hold every file already.

    `appended`: new rows per table. `replaced`: tables that follow from others, whole. `superseded`: older
    delivery_id -> newer delivery_id. `manifest_entries`: go into the manifest as they are. `waiting`: files of
    which no school has a board yet. `remarks`: what else the operator should know, a sentence each.
    `size_changes`: what falls or rises much against what it takes the place of.
    """

    appended: TableRows = field(default_factory=dict)
    replaced: TableRows = field(default_factory=dict)
    superseded: Mapping[str, str] = field(default_factory=dict)
    manifest_entries: Mapping[str, Any] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    size_changes: SizeChanges = field(default_factory=lambda: SizeChanges(empty(SIZE_CHANGES)))

    def new_rows(self, model: pa.DataFrameSchema) -> pl.DataFrame:
        """Return the new rows of a table."""
        return _rows(self.appended, model)


def plan_intake(
    results: Sequence[FileResult],
    state: IntakeState,
    *,
    run_id: str,
    at: datetime,
    max_change: Decimal = DEFAULT_MAX_CHANGE,
) -> IntakePlan:
    """Work out what a delivery changes in the books.

    Raises:
        Refused: a file resolves lines of a delivery that another file of the same delivery supersedes.
    """
    waiting = tuple(one.file.name for one in results if one.without_board)
    new = _new_files(results, state)
    if not new:
        return IntakePlan(waiting=waiting)
    restatements = restated(new, state.reports)
    successors = superseded(new, state) | fully_restated(restatements, state.reports)
    refuse_superseded_bases(new, successors)
    deliveries = delivery_rows(new, run_id, at)
    appended = {**table_rows((received.DELIVERIES, deliveries)), **content_rows(new)}
    differences = _differences(new, state, successors, appended)
    if differences.height:
        appended |= table_rows((received.DIFFERENCES, differences))
    facts = pl.concat([state.school_facts, _rows(appended, received.SCHOOL_FACTS)])
    sized = superseding_changes(_sizes(new, state, appended), successors, max_change)
    directory = build_directory(SchoolFacts(facts))
    return IntakePlan(
        appended=appended,
        replaced=table_rows((received.SCHOOLS, directory)),
        superseded=successors,
        manifest_entries={
            "inputs": deliveries.select("file", "kind", "sha256", "rows", "rejected").to_dicts(),
            "declared": correction_files(new.values()),
            "directory": BY_DATE,
        },
        waiting=waiting,
        size_changes=sized,
        remarks=(
            *_size_remarks(sized),
            *changed_boards(new, build_directory(state.school_facts), directory),
            *replaced_changes(new, state.changes),
            *_unknown_references(new, SchoolFacts(facts), appended),
            *(remark for one in new.values() for remark in one.remarks),
            *unknown_municipalities(new, SchoolFacts(facts)),
            *unknown_recipients(new, SchoolFacts(facts), _areas(state, appended)),
            *shared_accounts(new, _accounts(state, appended)),
            *disagreement_remarks(state.school_facts, SchoolFacts(facts), _file_names(state, deliveries)),
            *unknown_areas(new, state.areas),
            *_area_remarks(new, state, successors, appended),
            *dropped_schools(successors, new, state),
            *unrelated_namesakes(successors, new, state),
            *dropped_corrections(successors, new, state),
            *restatement_remarks(new, restatements, dict(state.current.select("delivery_id", "file").iter_rows())),
        ),
    )


def _new_files(results: Sequence[FileResult], state: IntakeState) -> NewFiles:
    """Select the files that are new, and existing ones that a new file beside them would supersede."""
    existing = {id(one): find_existing(one, state) for one in results}
    chosen = [one for one in results if existing[id(one)] is None]
    while True:
        # An existing part that is registered again beside what is new may in turn supersede another.
        successors = superseded(_numbered(chosen, state), state)
        more = [one for one in results if existing[id(one)] is None or existing[id(one)] in successors]
        if len(more) == len(chosen):
            return _numbered(chosen, state)
        chosen = more


def _numbered(results: Sequence[FileResult], state: IntakeState) -> NewFiles:
    return {f"d{number:06d}": one for number, one in enumerate(results, state.deliveries.height + 1)}


def _differences(
    new: NewFiles, state: IntakeState, successors: Mapping[str, str], appended: TableRows
) -> Differences:
    """Compare the files that are current once this delivery is registered."""
    remains = ~pl.col("delivery_id").is_in(list(successors))
    deliveries = _rows(appended, received.DELIVERIES)
    return difference_rows(
        new,
        Deliveries(pl.concat([state.current.filter(remains), deliveries])),
        counts=Counts(pl.concat([state.counts.filter(remains), _rows(appended, received.COUNTS)])),
        scores=Scores(pl.concat([state.scores.filter(remains), _rows(appended, received.SCORES)])),
        ranges=CountRanges(
            pl.concat([state.count_ranges.filter(remains), _rows(appended, received.COUNT_RANGES)])
        ),
        run_id=str(deliveries["run_id"][0]),
    )


def _sizes(new: NewFiles, state: IntakeState, appended: TableRows) -> DeliverySizes:
    """Return what the current deliveries and the new ones count."""
    spoken = subjects_of_new(new)
    listed = [
        pl.select(delivery_id=pl.lit(name), subject=one.listed) for name, one in new.items() if one.listed.len()
    ]
    return DeliverySizes(
        deliveries=Deliveries(pl.concat([state.current, _rows(appended, received.DELIVERIES)])),
        amounts=sized_subjects(
            Counts(pl.concat([state.counts, _rows(appended, received.COUNTS)])),
            Scores(pl.concat([state.scores, _rows(appended, received.SCORES)])),
            DeliverySubjects(pl.concat([state.listed, *listed])),
            ranges=CountRanges(pl.concat([state.count_ranges, _rows(appended, received.COUNT_RANGES)])),
        ),
        spoken=DeliverySubjects(pl.concat([state.subjects_of_deliveries, spoken])),
    )


def _unknown_references(new: NewFiles, facts: SchoolFacts, appended: TableRows) -> Iterator[str]:
    files = {name: one.file.name for name, one in new.items()}
    yield from unknown_references(Changes(_rows(appended, received.CHANGES)), facts, files)


def _size_remarks(sized: SizeChanges) -> Iterator[str]:
    # A school that a shorter address list leaves out keeps its board, and no decision counts a masked file.
    is_list = pl.col("source").str.contains(r"^addresses|_masked$")
    yield from in_words(SizeChanges(sized.filter(is_list)))
    for one in in_words(SizeChanges(sized.filter(~is_list))):
        yield f"{one}; `npo decide` asks for --accept-change, unless it counted as much before"


def _area_remarks(
    new: NewFiles, state: IntakeState, successors: Mapping[str, str], appended: TableRows
) -> Iterator[str]:
    if any(one.areas.height for one in new.values()):
        remains = ~pl.col("delivery_id").is_in(list(successors))
        areas = pl.concat([state.areas.filter(remains), _rows(appended, received.AREAS)])
        deliveries = pl.concat([state.current.filter(remains), _rows(appended, received.DELIVERIES)])
        yield from differing_areas(Areas(areas), Deliveries(deliveries))


def _areas(state: IntakeState, appended: TableRows) -> Areas:
    return Areas(pl.concat([state.areas, _rows(appended, received.AREAS)]))


def _accounts(state: IntakeState, appended: TableRows) -> PaymentAccounts:
    new = _rows(appended, received.PAYMENT_ACCOUNTS)
    return PaymentAccounts(pl.concat([state.payment_accounts, new]))


def _file_names(state: IntakeState, new: Deliveries) -> dict[str, str]:
    return dict(pl.concat([one.select("delivery_id", "file") for one in (state.deliveries, new)]).iter_rows())


def _rows(rows: TableRows, model: pa.DataFrameSchema) -> pl.DataFrame:
    found = rows.get(model.name)
    return found[1] if found else pl.DataFrame(schema=schema_of(model))
