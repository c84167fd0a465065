"""The state of the books that a delivery is compared with, loaded once."""

from __future__ import annotations

from npo_pipeline.books.queries.board_reports import current_reports
from npo_pipeline.books.queries.counts import current_rows
from npo_pipeline.books.queries.deliveries import all_deliveries, live_corrections, live_resolutions, refused_lines
from npo_pipeline.books.queries.schools import school_facts, schools_by_board
from npo_pipeline.books.reader import Books
from npo_pipeline.intake.state import IntakeState
from schemas.received import Counts, Scores


def intake_state(books: Books) -> IntakeState:
    """Load all that ingest reads from the books."""
    return IntakeState(
        deliveries=all_deliveries(books),
        rejected_lines=refused_lines(books),
        corrections=live_corrections(books),
        resolutions=live_resolutions(books),
        counts=Counts(current_rows(books, "counts")),
        scores=Scores(current_rows(books, "scores")),
        school_facts=school_facts(books),
        schools_of_boards=schools_by_board(books),
        reports=current_reports(books),
    )
