"""`npo decide`: every school's entitlement and instalments, as a new decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from npo_pipeline.commands.steps import Call, directly, now
from npo_pipeline.counts.precedence import CUMI, PUPILS_PO, SCORES, used
from npo_pipeline.counts.registered import schema_of
from npo_pipeline.errors import Refused
from npo_pipeline.home.books import Books, need_books, read_books
from npo_pipeline.home.folder import Home
from npo_pipeline.home.live import live_deliveries, live_rows, reference_dates, schools
from npo_pipeline.home.run import Clock, Run, open_run
from npo_pipeline.instalments.decided import ENTITLED, INSTALLED, Decided, Rules, basis_of, work_out
from npo_pipeline.instalments.plan import Plan, compare
from npo_pipeline.regulations.frames import left_out, rates, shares, thresholds
from npo_pipeline.regulations.load import LoadedRegulation, load_regulation, load_shipped
from schemas import tables


@dataclass(frozen=True)
class DecideRequest:
    """What to decide. Without `regulation` the shipped files of the school year count."""

    home: Home
    school_year: str
    regulation: Path | None = None
    reference_date: date | None = None
    reason: str | None = None
    dry_run: bool = False
    wait_seconds: int = 0


@dataclass(frozen=True)
class DecideResult:
    """A decision and what it changes. `decision_id` is null when nothing was written."""

    decision_id: str | None
    before: str | None
    school_year: str
    reference_date: date
    regulations: tuple[str, ...]
    decided: Decided
    plan: Plan
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Worked:
    """A decision worked out but not written, with the deliveries it rests on."""

    decided: Decided
    reference_date: date
    inputs: Mapping[str, Sequence[str]]
    remarks: tuple[str, ...] = field(default=())


def decide(request: DecideRequest, *, call: Call = directly, clock: Clock = now) -> DecideResult:
    """Work out a decision, compare it with the one before, and write it when it differs.

    Raises:
        Refused: no rules for the school year, or no counts of the reference date; nothing was changed.
        HomeLocked: another run is busy.
    """
    need_books(request.home)
    loaded = call(load_rules, request.school_year, request.regulation)
    with _books(request, clock) as (run, books):
        worked = call(work_out_decision, books, request.school_year, loaded, request.reference_date)
        before, earlier = call(decision_before, books, request.school_year)
        plan = compare(earlier, worked.decided)
        written = None
        if run is not None and plan.changed:
            written = call(write_decision, run, request, loaded, worked, clock)
    names = tuple(one.name for one in loaded)
    return DecideResult(
        written, before, request.school_year, worked.reference_date, names, worked.decided, plan, worked.remarks
    )


@contextmanager
def _books(request: DecideRequest, clock: Clock) -> Iterator[tuple[Run | None, Books]]:
    """The books to decide on: of a run that may write, or read-only for a dry run."""
    if request.dry_run:
        with read_books(request.home) as books:
            yield None, books
        return
    subject = request.school_year
    with open_run(request.home, "decide", clock, subject=subject, wait_seconds=request.wait_seconds) as run:
        yield run, run.books


def load_rules(school_year: str, path: Path | None) -> tuple[LoadedRegulation, ...]:
    """Step: the regulation files of a school year, the shipped ones or the one that was named.

    Raises:
        Refused: there is none, it has a fault, or it is of another school year.
    """
    if path is None:
        return load_shipped(school_year)
    loaded = load_regulation(path)
    if loaded.regulation.school_year != school_year:
        raise Refused(f"{path}: is of school year {loaded.regulation.school_year}, not of {school_year}")
    return (loaded,)


def work_out_decision(
    books: Books, school_year: str, loaded: Sequence[LoadedRegulation], asked: date | None
) -> Worked:
    """Step: take the counts of the reference date and apply the rules to the whole country.

    Raises:
        Refused: nothing was counted on the reference date; names the dates there are.
    """
    day = asked or loaded[0].regulation.reference_date.value
    if day is None:
        raise Refused(f"{loaded[0].name}: its reference date is not known; give --reference-date")
    live = live_deliveries(books).filter(pl.col("reference_date") == day)
    inputs = used(live)
    if PUPILS_PO not in inputs:
        known = ", ".join(str(other) for other in reference_dates(books)) or "none yet"
        raise Refused(f"no pupils are counted on {day} (counted: {known}); ingest them, or give --reference-date")
    basis = basis_of(inputs, live_rows(books, "counts"), live_rows(books, "scores"), schools(books))
    decided = work_out(school_year, [rules_of(one) for one in loaded], basis)
    unknown = [remark for one in loaded for remark in _not_known(one)]
    return Worked(decided, day, inputs, (*unknown, *_remarks(inputs, decided, day, books)))


def rules_of(loaded: LoadedRegulation) -> Rules:
    """A regulation as frames."""
    return Rules(rates(loaded.regulation), thresholds(loaded.regulation), shares(loaded.regulation))


def decision_before(books: Books, school_year: str) -> tuple[str | None, Decided]:
    """Step: the latest decision of a school year, or empty frames."""
    found = books.frame(
        "select decision_id from decisions where school_year = ? order by sequence desc limit 1", [school_year]
    )
    name = found.item() if found.height else None
    entitled = books.frame("from entitlements where decision_id = ?", [name])
    instalments = books.frame("from instalments where decision_id = ?", [name])
    return name, Decided(entitled.select(ENTITLED), instalments.select(INSTALLED), pl.DataFrame())


def write_decision(
    run: Run, request: DecideRequest, loaded: Sequence[LoadedRegulation], worked: Worked, clock: Clock
) -> str:
    """Step: add the decision to the books; decisions before it stay as they are."""
    year, decided = request.school_year, worked.decided
    sequence = int(run.books.value("select count(*) from decisions where school_year = ?", [year])) + 1
    name = f"{year}-{sequence:03d}"
    row: dict[str, Any] = {
        "decision_id": name,
        "school_year": year,
        "sequence": sequence,
        "regulation": " ".join(one.name for one in loaded),
        "regulation_sha256": " ".join(one.sha256 for one in loaded),
        "reference_date": worked.reference_date,
        "reason": request.reason,
        "decided_at": clock(),
        "total": decided.entitlements["amount"].sum() or Decimal(0),
        "run_id": run.run_id,
    }
    named = pl.lit(name).alias("decision_id")
    run.add(tables.DECISIONS, pl.DataFrame([row], schema=schema_of(tables.DECISIONS)))
    run.add(tables.DECISION_INPUTS, _input_rows(name, worked.inputs))
    run.add(tables.ENTITLEMENTS, decided.entitlements.with_columns(named))
    run.add(tables.INSTALMENTS, decided.instalments.with_columns(named))
    _keep_regulations(run, loaded)
    run.facts["regulations"] = [{"name": one.name, "sha256": one.sha256} for one in loaded]
    return name


def _input_rows(decision: str, inputs: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    rows = [(decision, delivery, subject) for subject, names in inputs.items() for delivery in names]
    return pl.DataFrame(rows, schema=schema_of(tables.DECISION_INPUTS), orient="row")


def _keep_regulations(run: Run, loaded: Sequence[LoadedRegulation]) -> None:
    """Keep the text of the rules, so that a decision can be worked out again when the files have moved on."""
    kept = set(run.books.frame("select sha256 from regulations")["sha256"])
    news = [(one.sha256, one.name, one.text) for one in loaded if one.sha256 not in kept]
    if news:
        run.add(tables.REGULATIONS, pl.DataFrame(news, schema=schema_of(tables.REGULATIONS), orient="row"))


def _not_known(loaded: LoadedRegulation) -> Iterator[str]:
    for component, school_type, what, article in left_out(loaded.regulation).iter_rows():
        yield f"{component} for {school_type} is left out: its {what} is not known ({loaded.name}: {article})"


def _remarks(inputs: Mapping[str, Sequence[str]], decided: Decided, day: date, books: Books) -> Iterator[str]:
    if SCORES not in inputs:
        yield f"no scores of {day} were delivered: component achterstandsscore is left out, not counted as 0"
    if CUMI not in inputs:
        yield f"no cumi pupils of {day} were delivered: component cumi is left out, not counted as 0"
    if decided.left_out.height:
        out, schools_out = decided.left_out["amount"].sum(), decided.left_out["vestiging"].n_unique()
        first = decided.left_out["vestiging"][0]
        yield f"{schools_out} vestigingen have no known board (first {first}): {out} euro is left out until one is"
    ended = books.value("select count(*) from changes where kind in ('fusie', 'sluiting')")
    if ended:
        yield f"{ended} mergers and closures are on record but do not change instalments yet"
