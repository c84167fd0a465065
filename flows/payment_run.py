"""The monthly payment run: the same steps as `npo pay`, each a task; missed months are caught up in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import get_run_logger
from prefect.runtime import flow_run

from flows import artifacts
from flows.schedule import month_of
from flows.tasks import WAIT_SECONDS, as_task, npo_flow
from npo_pipeline.books.paths import Home
from npo_pipeline.commands.pay import PayRequest, pay
from npo_pipeline.months import month_from, month_text


@npo_flow("npo-payment-run")
def payment_run(home: str, month: str | None = None, catch_up: bool = True) -> list[dict[str, Any]]:
    """Pay a month, and the months before it that were missed.

    Args:
        home: the home folder, as a full path.
        month: as 2021-09; when it is not given, the month in which the run was scheduled, also when the
            run comes late.
        catch_up: whether missed months are paid first.

    Returns:
        Per month: month, run_id, payments and total.

    Raises:
        Refused: nothing was decided yet, or a month was skipped and `catch_up` is off.
        HomeLocked: another run held the home for WAIT_SECONDS.
    """
    wanted = month_from(month) if month else month_of(flow_run.get_scheduled_start_time())
    request = PayRequest(home=Home(Path(home)), month=wanted, catch_up=catch_up, wait_seconds=WAIT_SECONDS)
    paid = pay(request, call=as_task)
    artifacts.payments_artifact(paid)
    months = [
        {
            "month": month_text(one.month),
            "run_id": one.run_id,
            "payments": one.payments.height,
            "total": str(one.payments["amount"].sum()),
        }
        for one in paid
    ]
    for line in months:
        get_run_logger().info("paid: %s", line)
    return months
