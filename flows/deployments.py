"""The deployments: the payment run on the 1st of each month, and the flows that run on request."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from flows.ingest import ingest_delivery
from flows.payment_run import payment_run
from flows.recalibration import recalibration
from flows.schedule import FIRST_OF_MONTH, ZONE
from flows.year_end import year_end

MONTHLY = "npo-payment-run/monthly"
ONE_AT_A_TIME = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)
"""The second guard against two runs at once; the first is the lock on the home. A run that finds another waits
its turn: to cancel it could lose a month, and when its turn comes it pays only what is left to pay."""


def deployments(home: Path) -> list[RunnerDeployment]:
    """Return the deployments for a home. Entry points are modules, so they work wherever the package is."""
    paying = payment_run.to_deployment(
        name="monthly",
        schedule=Cron(FIRST_OF_MONTH, timezone=ZONE.key),
        parameters={"home": str(home)},
        concurrency_limit=ONE_AT_A_TIME,
        description="Pays the month, and the months that were missed, in order",
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    taking = ingest_delivery.to_deployment(
        name="on-request",
        parameters={"home": str(home)},
        concurrency_limit=ONE_AT_A_TIME,
        description="Takes in a delivery",
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    deciding = recalibration.to_deployment(
        name="with-approval",
        parameters={"home": str(home)},
        concurrency_limit=ONE_AT_A_TIME,
        description="Shows what a new decision would change, and writes it when a person approves",
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    accounting = year_end.to_deployment(
        name="accounts",
        parameters={"home": str(home)},
        concurrency_limit=ONE_AT_A_TIME,
        description="Accounts for a calendar year and writes the pack of every board",
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return [cast(RunnerDeployment, one) for one in (paying, taking, deciding, accounting)]
