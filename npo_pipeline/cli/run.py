"""What each command does between its options and its summary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.preload import in_background, preload_duckdb, preload_rendering, progress
from npo_pipeline.errors import BooksDoNotTie, Refused

if TYPE_CHECKING:
    from polars import DataFrame

    from npo_pipeline.decisions.comparison import Plan


def run_generate(out: Path, as_json: bool, **wishes: Any) -> None:
    """Write a made-up delivery and say what was made."""
    from npo_pipeline.generate import write_delivery

    shown = preload_rendering()
    with progress() as tell:
        report = write_delivery(out, **wishes, progress=lambda done, _all: tell("writing pupils", done))
    shown().of_generate(out, report, as_json)


def run_ingest(home: Path, paths: tuple[Path, ...], as_json: bool, **wishes: Any) -> None:
    """Take in a delivery and show what was read and refused."""
    from npo_pipeline.delivery.scan import scan_and_prefetch

    looking = in_background(scan_and_prefetch, paths)
    preload_duckdb()
    from npo_pipeline.commands.ingest import IngestRequest, ingest

    shown = preload_rendering()
    with progress() as tell:
        result = ingest(IngestRequest(Home(home), paths, **wishes, looking=looking), progress=tell)
    shown().render_ingest(home, result, as_json)


def run_decide(home: Path, as_json: bool, workbook: Path | None, **wishes: Any) -> None:
    """Decide and show what changes for whom.

    Raises:
        Refused: the workbook of the plan cannot be written; what was decided stands.
    """
    preload_duckdb()
    from npo_pipeline.commands.decide.command import decide
    from npo_pipeline.commands.decide.model import DecideRequest

    request, shown = DecideRequest(Home(home), **wishes), preload_rendering()
    with progress() as tell:
        tell("deciding", 0)
        result = decide(request)
    if workbook is not None:
        coming = result.planned.next_payment
        payments = coming.payments if coming else None
        _write_plan(result.planned.plan, result.planned.news, payments, workbook)
    shown().of_decide(result, request.dry_run, as_json)


def run_pay(home: Path, as_json: bool, **wishes: Any) -> None:
    """Pay and show what was paid."""
    preload_duckdb()
    from npo_pipeline.commands.pay import PayRequest, pay

    request, shown = PayRequest(Home(home), **wishes), preload_rendering()
    with progress() as tell:
        paid = pay(request, progress=tell)
    shown().of_pay(paid, request.dry_run, as_json)


def run_verify(home: Path, as_json: bool) -> None:
    """Check the books.

    Raises:
        BooksDoNotTie: something does not follow; each finding was shown before.
    """
    preload_duckdb()
    from npo_pipeline.commands.verify.command import verify

    shown = preload_rendering()
    with progress() as tell:
        tell("deriving everything again", 0)
        result = verify(Home(home))
    shown().of_verify(result, as_json)
    if result.findings:
        raise BooksDoNotTie(f"{home}: {len(result.findings)} findings, first: {result.findings[0]}")


def run_status(home: Path, as_json: bool) -> None:
    """Show the state of a home."""
    preload_duckdb()
    from npo_pipeline.commands.status import status

    shown = preload_rendering()
    found = status(Home(home))
    shown().of_status(home, found, as_json)


def run_diff(home: Path, before: str, after: str, as_json: bool, workbook: Path | None) -> None:
    """Show what one decision has more or less than another.

    Raises:
        Refused: there is no such decision, or the workbook cannot be written.
    """
    from npo_pipeline.commands.decide.diff import diff

    shown = preload_rendering()
    found = diff(Home(home), before, after)
    if workbook is not None:
        _write_plan(found.plan, found.news, None, workbook)
    shown().of_diff(found, as_json)


def _write_plan(plan: Plan, news: DataFrame, payments: DataFrame | None, path: Path) -> None:
    from npo_pipeline.reports.plan_workbook import write_plan

    try:
        write_plan(plan, news, payments, path)
    except OSError as error:
        raise Refused(f"{path}: cannot be written ({error.strerror or error}); name another file") from error
