"""The monthly payment run: the same steps as `npo pay`, each a task; missed months are caught up in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows import artifacts
from flows.schedule import month_of, oldest_unasked
from flows.tasks import WAIT_SECONDS, as_task, closed, log_remarks, npo_flow
from npo_pipeline.books.witness import is_witnessed
from npo_pipeline.cli.options import home_of
from npo_pipeline.commands.pay import MonthPaid, PayRequest, pay
from npo_pipeline.commands.steps import now
from npo_pipeline.months import month_from, month_text


def _run_name() -> str:
    named = flow_run.parameters.get("month")
    return f"pay-{named or month_text(month_of(flow_run.get_scheduled_start_time()))}"


@npo_flow("npo-payment-run", _run_name)
def payment_run(home: str, month: str | None = None, catch_up: bool = True) -> State[Any]:
    """Pay a month, and the months before it that were missed.

    Args:
        home: the home folder, as a full path.
        month: as 2021-09; when it is not given, the month in which the run was scheduled, also when the
            run comes late. Where no witness says that the books are the newest, a month that is more than one
            month late is paid only in a run that names its month.
        catch_up: whether missed months are paid first.

    Returns:
        Per month: month, run_id, payments, total (euro) and total_usd (US dollars).

    Raises:
        Refused: nothing was decided yet, payments are on hold, a month was skipped and `catch_up` is off, or
            a month is more than one month late and nobody asked for it.
        HomeLocked: another run held the home for WAIT_SECONDS.
    """
    mine = home_of(home)
    request = PayRequest(
        home=mine,
        month=month_from(month) if month else month_of(flow_run.get_scheduled_start_time()),
        catch_up=catch_up,
        oldest=None if month or is_witnessed(mine) else oldest_unasked(now()),
        wait_seconds=WAIT_SECONDS,
    )
    paid = pay(request, call=as_task)
    artifacts.payments_artifact(paid)
    log_remarks([remark for one in paid for remark in one.remarks])
    return closed("; ".join(artifacts.payment_words(one) for one in paid), _months(paid))


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
