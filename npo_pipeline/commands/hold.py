"""`npo hold` and `npo unhold`: stop all payments of a home, and allow them again; on record as runs."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.payments import Hold, hold_in_force
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.books.run import Clock, Run, open_run
from npo_pipeline.books.witness import witness_findings
from npo_pipeline.commands.steps import now
from npo_pipeline.errors import Refused
from npo_pipeline.months import in_the_netherlands
from schemas.columns import schema_of
from schemas.decided import HOLDS


@dataclass(frozen=True, kw_only=True)
class HoldRequest:
    """Represent who puts payments on hold or releases them, and why (may be null for a release)."""

    home: Home
    declared_by: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class HoldChanged:
    """Represent what a run changed: its id, and the hold that was in force before it (null: none)."""

    run_id: str
    before: Hold | None


def hold(request: HoldRequest, *, clock: Clock = now) -> HoldChanged:
    """Put all payments on hold, until they are released.

    Raises:
        Refused: there are no books, or payments are on hold already; nothing was changed.
        HomeLocked: another run is busy.
    """
    if not request.reason:
        raise Refused("say why payments are put on hold: whoever would pay reads it")
    require_books(request.home)
    with open_run(request.home, "hold", clock) as run:
        if found := hold_in_force(run.books):
            raise Refused(f"{request.home.path}: {hold_words(found)} already")
        return _record(run, request, None)


def unhold(request: HoldRequest, *, clock: Clock = now) -> HoldChanged:
    """Release payments from hold. Nothing is paid by it: the next payment run pays what is due.

    Raises:
        Refused: there are no books, or payments are not on hold; nothing was changed.
        HomeLocked: another run is busy.
    """
    require_books(request.home)
    with open_run(request.home, "unhold", clock) as run:
        found = hold_in_force(run.books)
        if found is None:
            raise Refused(f"{request.home.path}: payments are not on hold; `npo status` shows what is due")
        return _record(run, request, found)


def refuse_held(books: Books, home: Home) -> None:
    """Refuse to pay while payments are on hold.

    Raises:
        Refused: names who put them on hold, when and why.
    """
    if found := hold_in_force(books):
        raise Refused(f"{home.path}: {hold_words(found)}; nothing is paid until `npo unhold` releases them")


def obstacles(home: Home) -> list[str]:
    """Describe why nothing would be paid in a home now, a sentence each: payments are on hold, or its witness."""
    with read_books(home) as books:
        found = hold_in_force(books)
        held = [f"{hold_words(found)}; nothing is paid until `npo unhold` releases them"] if found else []
        return [*held, *witness_findings(home, books)]


def hold_words(hold: Hold) -> str:
    """Return a hold in words, with its moment by the clock of the Netherlands."""
    since = f"{in_the_netherlands(hold.since):%Y-%m-%d %H:%M}"
    return f"payments are on hold since {since}, by {hold.declared_by}: {hold.reason} ({hold.run_id})"


def _record(run: Run, request: HoldRequest, before: Hold | None) -> HoldChanged:
    row = {
        "run_id": run.run_id,
        "action": run.command,
        "declared_by": request.declared_by,
        "reason": request.reason or None,
    }
    run.append(HOLDS, pl.DataFrame([row], schema=schema_of(HOLDS)))
    return HoldChanged(run_id=run.run_id, before=before)
