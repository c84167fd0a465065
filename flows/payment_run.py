"""The monthly payment run: the same steps as `npo pay`, each a task; missed months are caught up in order.

Its schedule: the 1st of each month at six in the morning, Dutch time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows import artifacts
from flows.bank import ask_for_release
from flows.tasks import WAIT_SECONDS, as_task, closed, log_remarks, npo_flow
from flows.workers import WhenNeeded
from npo_pipeline.books.witness import is_witnessed
from npo_pipeline.cli.options import home_of, name_from
from npo_pipeline.commands.pay import MonthPaid, PayRequest, pay, specified_of
from npo_pipeline.commands.specification import raise_faults
from npo_pipeline.commands.steps import now
from npo_pipeline.months import ZONE_NAME, Month, day_of, in_the_netherlands, month_from, month_text
from schemas.frames.books import AmountsToCome


def _run_name() -> str:
    named = flow_run.parameters.get("month")
    return f"pay-{named or month_text(month_of(flow_run.get_scheduled_start_time()))}"


@npo_flow("npo-payment-run", _run_name)
def payment_run(
    home: str,
    month: str | None = None,
    catch_up: bool = True,
    specifications: bool = True,
    release_prepared_by: str | None = None,
    debtor: str | None = None,
) -> State[Any]:
    """Pay a month, and the months before it that were missed.

    Args:
        home: the home folder, as a full path.
        month: as 2021-09; when it is not given, the month in which the run was scheduled, also when the
            run comes late. Where no witness says that the books are the newest, a month that is more than one
            month late is paid only in a run that names its month.
        catch_up: whether missed months are paid first.
        specifications: whether the specification of every board that is paid is written.
        release_prepared_by: who prepares the release: for each month that was paid a run of npo-release then shows
            it and waits for another person. Where it is not given, nobody is asked.
        debtor: the file with the account that pays, for that release, as a full path.

    Returns:
        Per month: month, run_id, payments, total (euro) and total_usd (US dollars).

    Raises:
        Refused: nothing was decided yet, payments are on hold, a month was skipped and `catch_up` is off, or
            a month is more than one month late and nobody asked for it.
        HomeLocked: another run held the home for WAIT_SECONDS.
        NpoError: the specification of some boards could not be written; names them. All is paid.
    """
    mine = home_of(home)
    request = PayRequest(
        home=mine,
        month=month_from(month) if month else month_of(flow_run.get_scheduled_start_time()),
        catch_up=catch_up,
        oldest=None if month or is_witnessed(mine) else oldest_unasked(now()),
        specifications=specifications,
        wait_seconds=WAIT_SECONDS,
    )
    paid = pay(request, call=as_task, workers=WhenNeeded())
    artifacts.payments_artifact(paid)
    log_remarks([remark for one in paid for remark in one.remarks])
    asked: list[str] = []
    if release_prepared_by:
        asked = ask_for_release(home, [one.month for one in paid], name_from(release_prepared_by), debtor)
    raise_faults(specified_of(paid))
    waiting = [f"{name} waits for a person" for name in asked]
    return closed("; ".join([*map(artifacts.payment_words, paid), *waiting]), _months(paid))


def _months(paid: Sequence[MonthPaid]) -> list[dict[str, Any]]:
    return [
        {
            "month": month_text(one.month),
            "run_id": one.run_id,
            "payments": one.payments.height,
            "total": str(one.total("EUR")),
            "total_usd": str(one.total("USD")),
        }
        for one in paid
    ]


FIRST_OF_MONTH = "0 6 1 * *"
SIX = time(6)
ZONE = ZoneInfo(ZONE_NAME)


def month_of(moment: datetime) -> Month:
    """Return the month of a moment in the Netherlands; a moment without a zone is in UTC."""
    here = in_the_netherlands(moment)
    return date(here.year, here.month, 1)


def last_tick(now: datetime) -> datetime:
    """Return the last moment, `now` included, at which the schedule started a payment run."""
    tick = _tick(month_of(now))
    return tick if tick <= in_the_netherlands(now) else _tick(tick.date() - timedelta(days=1))


def months_owed(to_come: AmountsToCome, tick: datetime) -> list[Month]:
    """Return the months that the run of a tick should have paid and that are not paid.

    The books are asked and not the server: Prefect drops the runs of ticks at which nobody served.
    """
    return to_come.filter(pl.col("month") <= month_of(tick))["month"].to_list()


def oldest_unasked(now: datetime) -> Month:
    """Return the oldest month that is not more than one month late: the month of yesterday, Dutch time.

    A month falls due on its first day. On 1 November October is one month late, on 2 November more than one.
    """
    yesterday = day_of(now) - timedelta(days=1)
    return yesterday.replace(day=1)


def _tick(day: date) -> datetime:
    return datetime.combine(day.replace(day=1), SIX, ZONE)
