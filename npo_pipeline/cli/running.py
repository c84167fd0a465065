"""What each command does between its options and its summary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from npo_pipeline.cli import show
from npo_pipeline.errors import BooksDoNotTie
from npo_pipeline.home.folder import Home


def run_generate(out: Path, as_json: bool, **wishes: Any) -> None:
    """Write a made-up delivery and say what was made."""
    from npo_pipeline.cli import summaries
    from npo_pipeline.generate import write_delivery

    with show.progress() as progress:
        report = write_delivery(out, **wishes, progress=lambda done, _all: progress("writing pupils", done))
    summaries.of_generate(out, report, as_json)


def run_ingest(home: Path, paths: tuple[Path, ...], as_json: bool, **wishes: Any) -> None:
    """Take in a delivery and show what was read and refused."""
    from npo_pipeline.cli import summaries
    from npo_pipeline.commands.ingest import IngestRequest, ingest

    with show.progress() as progress:
        result = ingest(IngestRequest(Home(home), paths, **wishes), progress=progress)
    summaries.of_ingest(home, result, as_json)


def run_decide(home: Path, as_json: bool, **wishes: Any) -> None:
    """Decide and show what changes for whom."""
    from npo_pipeline.cli import summaries
    from npo_pipeline.commands.decide import decide
    from npo_pipeline.commands.decision import DecideRequest

    request = DecideRequest(Home(home), **wishes)
    with show.progress() as progress:
        progress("deciding", 0)
        result = decide(request)
    summaries.of_decide(result, request.dry_run, as_json)


def run_pay(home: Path, as_json: bool, **wishes: Any) -> None:
    """Pay and show what was paid."""
    from npo_pipeline.cli import summaries
    from npo_pipeline.commands.pay import PayRequest, pay

    request = PayRequest(Home(home), **wishes)
    with show.progress() as progress:
        paid = pay(request, progress=progress)
    summaries.of_pay(paid, request.dry_run, as_json)


def run_verify(home: Path, as_json: bool) -> None:
    """Check the books.

    Raises:
        BooksDoNotTie: something does not follow; each finding was shown before.
    """
    from npo_pipeline.cli import summaries
    from npo_pipeline.commands.verify import verify

    with show.progress() as progress:
        progress("deriving everything again", 0)
        result = verify(Home(home))
    summaries.of_verify(result, as_json)
    if result.findings:
        raise BooksDoNotTie(f"{home}: {len(result.findings)} findings, first: {result.findings[0]}")


def run_status(home: Path, as_json: bool) -> None:
    """Show the state of a home."""
    from npo_pipeline.cli import summaries
    from npo_pipeline.commands.status import status

    summaries.of_status(home, status(Home(home)), as_json)
