"""The daily watch: the books are verified, a monitor's checks are done, and events say who must act.

Its schedule: each day at half past seven, Dutch time, after the payment run of a first of the month.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from prefect.client.schemas.objects import State
from prefect.events import emit_event
from prefect.runtime import flow_run

from flows import artifacts
from flows.tasks import as_task, closed, npo_flow
from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import home_of
from npo_pipeline.commands.status import status
from npo_pipeline.commands.steps import now
from npo_pipeline.commands.verify.command import verify
from npo_pipeline.delivery.kinds import KINDS
from npo_pipeline.errors import BooksDoNotTie, Refused
from npo_pipeline.months import in_the_netherlands
from npo_pipeline.watch.levels import Check, Level, Thresholds
from npo_pipeline.watch.monitor import examine
from npo_pipeline.watch.watched import LOOKING
from schemas.received import Deliveries

EVERY_MORNING = "30 7 * * *"

NEEDS, LATE, ABSENT = "npo.home.needs-somebody", "npo.payment.late", "npo.delivery.did-not-come"
"""The events of Prefect that automations wait for; their payload has a message."""

OWED = "owed"
"""The check of a month that is due and not paid."""

DELIVERY_VARIABLE = "NPO_DELIVERY_DAYS"

ANY_KIND = "any"


def _run_name() -> str:
    start = flow_run.get_scheduled_start_time()
    return f"watch-{in_the_netherlands(start):%Y-%m-%d}"


@npo_flow(LOOKING, _run_name)
def watch(
    home: str, delivery_days: str | None = None, verify_books: bool = True, only_urgent: bool = False
) -> State[Any]:
    """Verify the books, look at the home as a monitor does, and call for somebody where that is needed.

    Args:
        home: the home folder, as a full path.
        delivery_days: the days within which a delivery must come: `35` of any kind, `scores=400,addresses=35` per
            kind; NPO_DELIVERY_DAYS where it is not given. Where neither is, no delivery is missed.
        verify_books: whether all is derived again, as `npo verify` does.
        only_urgent: call for what needs somebody now, and not for what somebody should look at.

    Returns:
        Per level the names of checks, and what did not come.

    Raises:
        BooksDoNotTie: the books do not follow from what was received and decided; nothing more may be paid.
        Refused: the books cannot be read, or the days are no days.
    """
    mine, within = home_of(home), days_from(delivery_days or os.environ.get(DELIVERY_VARIABLE, ""))
    if not mine.database.exists():
        return closed(f"{home}: nothing was delivered yet, so there is nothing to watch")
    found = as_task(verify, mine).findings if verify_books else ()
    checks = as_task(examine, mine, Thresholds.asked())
    absent = list(absent_deliveries(as_task(status, mine).deliveries, within, now()))
    artifacts.watch_artifact(checks, absent)
    report(mine, checks, absent, Level.FAIL if only_urgent else Level.WARN)
    if found:
        raise BooksDoNotTie(f"{home}: {len(found)} findings, first: {found[0]}")
    return closed(_closing(checks, absent), {**_by_level(checks), "absent": absent})


def days_from(text: str) -> dict[str, int]:
    """Parse the days within which deliveries must come: kind (`any` for all together) -> days.

    Raises:
        Refused: it is written in another way, or names a kind that there is not.
    """
    days: dict[str, int] = {}
    for part in filter(None, text.replace(" ", "").split(",")):
        named = re.fullmatch(r"(?:([a-z0-9_]+)=)?([1-9][0-9]{0,3})", part)
        kind = named[1] or ANY_KIND if named else ""
        if named is None or kind not in {ANY_KIND, *(one.name for one in KINDS)}:
            raise Refused(
                f"{part!r} is no number of days within which a delivery must come: write 35, or a kind and days "
                "as scores=400; the kinds are in docs/reference/input-files.md"
            )
        days[kind] = int(named[2])
    return days


def absent_deliveries(deliveries: Deliveries, within: Mapping[str, int], at: datetime) -> Iterator[str]:
    """Describe the deliveries that should have come and did not, a sentence each. `at`: UTC."""
    for kind, days in within.items():
        mine = deliveries if kind == ANY_KIND else deliveries.filter(pl.col("kind") == kind)
        last = mine["ingested_at"].max()
        what = "no delivery" if kind == ANY_KIND else f"no delivery of {kind}"
        if not isinstance(last, datetime):
            yield f"{what} ever came, and one must every {days} days"
        elif at - last > timedelta(days=days):
            yield f"{what} came in {days} days; the last was on {in_the_netherlands(last):%Y-%m-%d}"


def report(home: Home, checks: Sequence[Check], absent: Sequence[str], least: Level) -> None:
    """Emit the events that automations wait for; their words name no person, account or reason.

    `least`: the level from where on somebody is called.
    """
    calling = [one for one in checks if one.verdict.level >= max(least, Level.WARN)]
    _emit(home, LATE, [_words(one) for one in calling if one.name == OWED])
    _emit(home, NEEDS, [_words(one) for one in calling if one.name != OWED])
    _emit(home, ABSENT, absent)


def _emit(home: Home, event: str, words: Sequence[str]) -> None:
    if words:
        path = str(home.path)
        resource = {"prefect.resource.id": f"npo.home.{path}", "prefect.resource.name": path}
        emit_event(event=event, resource=resource, payload={"message": f"{path}: {'; '.join(words)}"})


def _words(check: Check) -> str:
    advice = f" ({check.verdict.advice})" if check.verdict.advice else ""
    return f"{check.name}: {check.verdict.message}{advice}"


def _by_level(checks: Sequence[Check]) -> dict[str, list[str]]:
    return {level.name: [one.name for one in checks if one.verdict.level == level] for level in Level}


def _closing(checks: Sequence[Check], absent: Sequence[str]) -> str:
    words = [_words(one) for one in checks if one.verdict.level is not Level.OK]
    return "; ".join([*words, *absent]) or "nothing to do"
