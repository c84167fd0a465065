"""The state of the books that a delivery is compared with, loaded once."""

from __future__ import annotations

from npo_pipeline.books.queries.board_reports import current_reports
from npo_pipeline.books.queries.counts import current_rows
from npo_pipeline.books.queries.deliveries import all_deliveries, live_corrections, live_resolutions, refused_lines
from npo_pipeline.books.queries.schools import school_facts, schools_by_board
from npo_pipeline.books.reader import Books
from npo_pipeline.intake.state import IntakeState
from schemas.frames.intake import CurrentReports, RejectedLines, SchoolsOfBoards
from schemas.received import Counts, Deliveries, Resolutions, SchoolFacts, Scores, SourceCorrections


def intake_state(books: Books) -> IntakeState:
    """Load all that ingest reads from the books."""
    return IntakeState(
        deliveries=Deliveries(all_deliveries(books)),
        rejected_lines=RejectedLines(refused_lines(books)),
        corrections=SourceCorrections(live_corrections(books)),
        resolutions=Resolutions(live_resolutions(books)),
        counts=Counts(current_rows(books, "counts")),
        scores=Scores(current_rows(books, "scores")),
        school_facts=SchoolFacts(school_facts(books)),
        schools_of_boards=SchoolsOfBoards(schools_by_board(books)),
        reports=CurrentReports(current_reports(books)),
    )
