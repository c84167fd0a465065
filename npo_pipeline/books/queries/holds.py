"""Holds: whether payments are on hold, who did that, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from npo_pipeline.books.reader import Books


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Represent a hold that is in force. `since`: UTC."""

    run_id: str
    since: datetime
    declared_by: str
    reason: str


def hold_in_force(books: Books) -> Hold | None:
    """Return the hold that is in force; None when payments may be made."""
    query = """
        select run_id, action, declared_by, coalesce(reason, '') as reason, started_at as since
        from holds join runs using (run_id) order by run_id desc limit 1"""
    found = books.frame(query).rows(named=True)
    if not found or found[0].pop("action") != "hold":
        return None
    return Hold(**found[0])


def payments_during_hold(books: Books) -> list[tuple[str, str]]:
    """Return the runs that paid while payments were on hold, each with the run of that hold."""
    query = """
        select r.run_id, h.run_id as hold
        from (from runs where command = 'pay') r asof join holds h on r.run_id > h.run_id
        where h.action = 'hold' order by 1"""
    return books.frame(query).rows()
