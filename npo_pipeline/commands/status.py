"""`npo status`: deliveries, decisions, months paid, and what is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries import decisions, deliveries
from npo_pipeline.books.queries.accounts import changes_since_account, errors_per_year, latest_accounts
from npo_pipeline.books.queries.holds import hold_in_force
from npo_pipeline.books.queries.payments import amounts_to_come, months_paid
from npo_pipeline.books.queries.schools import count_schools_without_board, disagreements_about_money
from npo_pipeline.books.reader import Books, read_books
from npo_pipeline.books.run import Clock
from npo_pipeline.books.tables import FORMAT
from npo_pipeline.commands.hold import hold_words
from npo_pipeline.commands.steps import now
from npo_pipeline.intake.source_precedence import select_sources
from npo_pipeline.measures import MEASURES, MUNICIPAL_SCORE, PUPILS
from npo_pipeline.months import is_school_year
from schemas.accounted import Accounts
from schemas.decided import Decisions
from schemas.frames.books import AmountsToCome, MonthsPaid, ResolvedLines
from schemas.received import Deliveries

_COUNTED_OF_MUNICIPALITIES = tuple(source.name for one in (PUPILS, MUNICIPAL_SCORE) for source in one.sources)
_COUNTED = tuple(
    source.name
    for one in MEASURES
    if not one.adds_up_days and one is not MUNICIPAL_SCORE
    for source in one.sources
)
_DELIVERY_COLUMNS = (
    *("delivery_id", "reference_date", "kind", "file", "rows", "rejected", "ingested_at", "superseded_by"),
)
_DECISION_COLUMNS = (
    *("decision_id", "school_year", "reference_date", "regulation", "reason", "decided_at", "total", "currency"),
    "rests_on",
)
_ACCOUNT_COLUMNS = (
    *("year", "run_id", "accounted_on", "treatment", "boards", "schools", "received", "spent", "carried_out"),
    *("received_usd", "spent_usd", "carried_out_usd", "errors", "warnings", "notes"),
)


@dataclass(frozen=True, kw_only=True)
class Status:
    """Hold the state of a home; amounts of two currencies are separate.

    `deliveries`, `decisions`: columns of the tables of those names. `to_come`: what is due less what was paid.
    `findings`: open things, a sentence each. `accounts`: the latest of each calendar year. `resolved`: rejected
    lines that a later delivery resolves.
    """

    deliveries: Deliveries
    decisions: Decisions
    months_paid: MonthsPaid
    to_come: AmountsToCome
    findings: tuple[str, ...]
    accounts: Accounts
    resolved: ResolvedLines


def status(home: Home, *, clock: Clock = now) -> Status:
    """Read the state of a home; it may be empty. Never waits for a run that is busy.

    Raises:
        Refused: the books cannot be read.
    """
    with read_books(home) as books:
        return Status(
            deliveries=Deliveries(deliveries.all_deliveries(books).select(_DELIVERY_COLUMNS)),
            decisions=Decisions(decisions.all_decisions(books).select(_DECISION_COLUMNS)),
            months_paid=months_paid(books),
            to_come=amounts_to_come(books),
            findings=(
                *([f"{hold_words(held)}; `npo unhold` releases them"] if (held := hold_in_force(books)) else []),
                *_findings(books, home),
                *correction_findings(books, clock().date()),
                *_account_findings(books),
            ),
            accounts=Accounts(latest_accounts(books).select(_ACCOUNT_COLUMNS)),
            resolved=deliveries.resolved_lines(books),
        )


def _findings(books: Books, home: Home) -> Iterator[str]:
    for file, rows, rules in deliveries.open_rejections(books).iter_rows():
        yield f"{file}: {rows} rows in quarantine ({rules})"
    if differences := deliveries.open_differences(books):
        yield f"{len(differences)} differences between files, first: {differences[0]}"
    if left_out := count_schools_without_board(books):
        yield f"{left_out} vestigingen with pupils have no known board; ingest the address list that names them"
    yield from _disagreement_findings(books)
    superseded = dict(decisions.superseded_inputs(books).iter_rows())
    yield from _newer_counts(books, superseded)
    for decision, files in decisions.unknown_changes(books).iter_rows():
        yield f"decision {decision} does not know of {files} that came later; {_again(decision)}"
    for decision, files in decisions.unknown_areas(books).iter_rows():
        if decision not in superseded:
            yield f"decision {decision} does not know of {files} that came later; {_again(decision)}"
    for decision, files in superseded.items():
        yield f"decision {decision} rests on {files} superseded files; {_again(decision)}"
    if books.published_format < FORMAT:
        yield (
            f"the books are of format {books.published_format}, which an older npo wrote; they are read as format "
            f"{FORMAT}, and the next run keeps them so"
        )
    if home.work.exists() and any(home.work.iterdir()):
        yield "a run is busy, or died half-way; what it left is cleared away by the next and was never published"


def _disagreement_findings(books: Books) -> Iterator[str]:
    """Describe the schools of which no change says on which day they went to another board, or back."""
    for (kind,), group in disagreements_about_money(books).group_by("kind", maintain_order=True):
        first = group.row(0, named=True)
        vestigingen = f"{group.height} vestigingen have" if group.height > 1 else "1 vestiging has"
        yield _DISAGREEMENTS[str(kind)].format(**first, vestigingen=vestigingen)


_DISAGREEMENTS = {
    "undeclared": (
        "{vestigingen} another board than before, and no change says since which day (first {vestiging}: {board} "
        "on {as_of}, {other_board} on {other_as_of}): the months between are the old board's; deliver a changes "
        "file with a row `DAY;bestuursoverdracht;{vestiging};{other_board};` for each"
    ),
    "not_followed": (
        "{vestigingen} in a list of later date the board that a change took it from (first {vestiging}: "
        "{other_board} on {other_as_of}; {board} by the change of {as_of}, which counts); where it went back, "
        "deliver a changes file with a row `DAY;bestuursoverdracht;{vestiging};{other_board};`"
    ),
}


def _again(decision: str) -> str:
    """Return what to do about a decision; that on municipalities is asked by its scheme."""
    scheme = "" if is_school_year(decision.rpartition("-")[0]) else " --scheme gemeenten"
    return f"run `npo decide{scheme}` again"


def _newer_counts(books: Books, superseded: dict[str, int]) -> Iterator[str]:
    """Describe the latest decisions that would use another file now, or one more, where none was superseded."""
    is_live = pl.col("superseded_by").is_null() & pl.col("delivery_id").is_in(
        deliveries.counting_deliveries(books)
    )
    live = deliveries.all_deliveries(books).filter(is_live)
    counted = books.table("decision_inputs")
    counted = counted.filter(pl.col("used_for").is_in({*_COUNTED, *_COUNTED_OF_MUNICIPALITIES}))
    for decision, series, day in decisions.latest_reference_dates(books):
        used = {*counted.filter(pl.col("decision_id") == decision)["delivery_id"]}
        sources = select_sources(Deliveries(live.filter(pl.col("reference_date").fill_null(day) == day)))
        subjects = _COUNTED if is_school_year(series) else _COUNTED_OF_MUNICIPALITIES
        later = {name for subject in subjects for name in sources.get(subject, ())} - used
        if decision not in superseded and used and later:
            files = live.filter(pl.col("delivery_id").is_in(list(later)))["file"].sort()
            yield f"decision {decision} does not count {', '.join(files)} that came later; {_again(decision)}"


def correction_findings(books: Books, today: date) -> Iterator[str]:
    """Describe the corrections that current deliveries were read with, and the ones that have expired."""
    for _, file, line, column, action, reason, by, expires in deliveries.corrected_lines(books).iter_rows():
        what = "the row was dropped" if action == "drop" else f"{column} was corrected"
        until = f"until {expires}" if today <= expires else f"expired on {expires}: have a mended file sent"
        yield f"{file}, line {line}: {what}, declared by {by} ({reason}); {until}"


def _account_findings(books: Books) -> Iterator[str]:
    """Describe the years with errors, and those whose payments or board reports changed since their account."""
    for year, errors, boards in errors_per_year(books).iter_rows():
        yield f"accounts of {year}: {errors} errors of {boards} boards (table findings)"
    for (year,), later in changes_since_account(books).group_by("year", maintain_order=True):
        what = ", ".join(later["what"])
        yield f"accounts of {year}: {what} came in later; run `npo account --year {year}` again"
