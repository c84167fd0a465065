"""Deliveries that no decision knows of yet, a sentence each: `npo status`, `npo pay` and a dry run repeat them."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from npo_pipeline.books.queries import decisions, deliveries
from npo_pipeline.books.queries.runs import copies_without_run
from npo_pipeline.books.queries.schools import count_schools_without_board, disagreements_about_money
from npo_pipeline.books.reader import Books
from npo_pipeline.intake.school_changes import unknown_references
from npo_pipeline.intake.source_precedence import select_sources
from npo_pipeline.measures import MEASURES, MUNICIPAL_SCORE, PUPILS
from npo_pipeline.months import is_school_year
from schemas.frames.books import DecidedDeliveries, ReplacedInputs
from schemas.received import Changes, Deliveries, SchoolFacts

_COUNTED_OF_MUNICIPALITIES = tuple(source.name for one in (PUPILS, MUNICIPAL_SCORE) for source in one.sources)
_COUNTED = tuple(
    source.name
    for one in MEASURES
    if not one.adds_up_days and one is not MUNICIPAL_SCORE
    for source in one.sources
)


def older_books(books: Books) -> Iterator[str]:
    """Say that the books lack a run of which a manifest is beside them: older books were put back."""
    for name in copies_without_run(books)[-1:]:
        yield (
            f"manifests/{name} tells of a run that is not in the books: older books were put back; put the newest "
            "back before anything is decided or paid"
        )


def undecided(books: Books) -> Iterator[str]:
    """Describe the deliveries that wait for a decision, and the schools that get no money because of it."""
    if left_out := count_schools_without_board(books):
        yield f"{left_out} vestigingen with pupils have no known board; ingest the address list that names them"
    yield from _disagreements(books)
    yield from _unknown_changes(books)
    replaced = decisions.replaced_inputs(books)
    superseded, came_back = _superseded(replaced), _came_back(replaced)
    yield from _newer_counts(books, superseded, came_back)
    for decision, files in decisions.unknown_changes(books).iter_rows():
        yield f"decision {decision} does not know of {files} that came later; {_again(decision)}"
    later = decisions.unknown_lists(books).join(came_back, on=["decision_id", "delivery_id"], how="anti")
    for (decision,), lists in later.group_by("decision_id", maintain_order=True):
        if decision not in superseded:
            files = ", ".join(lists["file"].unique(maintain_order=True))
            yield f"decision {decision} does not know of {files} that came later; {_again(str(decision))}"
    for decision, files in decisions.unknown_applications(books).iter_rows():
        yield f"decision {decision} does not know of {files} that came later; {_again(decision)}"
    for decision, files in superseded.items():
        yield f"decision {decision} rests on {files}, superseded since; {_again(decision)}"


def _superseded(replaced: ReplacedInputs) -> dict[str, str]:
    """Return, per decision, the files that were superseded by what counts otherwise."""
    others = replaced.filter(~pl.col("is_same")).group_by("decision_id", maintain_order=True)
    return {str(decision): ", ".join(rows["files"].unique(maintain_order=True)) for (decision,), rows in others}


def _came_back(replaced: ReplacedInputs) -> DecidedDeliveries:
    """Return the deliveries that count what superseded inputs of a decision counted, once per decision."""
    same = replaced.filter("is_same").explode("delivery_ids").drop_nulls("delivery_ids")
    return DecidedDeliveries(same.select("decision_id", delivery_id="delivery_ids").unique())


def _unknown_changes(books: Books) -> Iterator[str]:
    """Describe the changes of schools, and to boards, that no list or pupil file names."""
    changes, facts = (books.table(name) for name in ("changes", "school_facts"))
    files = dict(deliveries.all_deliveries(books).select("delivery_id", "file").iter_rows())
    yield from unknown_references(Changes(changes), SchoolFacts(facts), files)


def _disagreements(books: Books) -> Iterator[str]:
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
    scheme = "" if is_school_year(decision[: len("2021-2022")]) else " --scheme gemeenten"
    return f"run `npo decide{scheme}` again"


def _newer_counts(books: Books, superseded: dict[str, str], came_back: DecidedDeliveries) -> Iterator[str]:
    """Describe the latest decisions that would use another file now, or one more, where none was superseded."""
    is_live = pl.col("superseded_by").is_null() & pl.col("delivery_id").is_in(
        deliveries.counting_deliveries(books)
    )
    live = deliveries.all_deliveries(books).filter(is_live)
    counted = books.table("decision_inputs")
    counted = counted.filter(pl.col("used_for").is_in({*_COUNTED, *_COUNTED_OF_MUNICIPALITIES}))
    for decision, series, day in decisions.latest_reference_dates(books):
        used = {*counted.filter(pl.col("decision_id") == decision)["delivery_id"]}
        used |= {*came_back.filter(pl.col("decision_id") == decision)["delivery_id"]}
        sources = select_sources(Deliveries(live.filter(pl.col("reference_date").fill_null(day) == day)))
        subjects = _COUNTED if is_school_year(series) else _COUNTED_OF_MUNICIPALITIES
        later = {name for subject in subjects for name in sources.get(subject, ())} - used
        if decision not in superseded and used and later:
            files = live.filter(pl.col("delivery_id").is_in(list(later)))["file"].sort()
            yield f"decision {decision} does not count {', '.join(files)} that came later; {_again(decision)}"
