"""`npo serve` and prefect.yaml register the same deployments."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from prefect.flows import load_flow_from_entrypoint

from flows.deployments import MONTHLY, deployments
from flows.ingest import ingest_delivery
from flows.payment_run import payment_run
from flows.recalibration import recalibration
from flows.year_end import year_end

HOME = Path("/srv/npo")
YAML = yaml.safe_load((Path(__file__).parents[3] / "prefect.yaml").read_text())["deployments"]


NAMES = ["monthly", "on-request", "with-approval", "accounts"]


@pytest.fixture(params=NAMES)
def both(request):
    served = next(one for one in deployments(HOME) if one.name == request.param)
    written = next(one for one in YAML if one["name"] == request.param)
    return served, written


def test_there_are_four_and_the_same():
    assert [one.name for one in deployments(HOME)] == [one["name"] for one in YAML] == NAMES


def test_they_run_the_same_flow(both):
    served, written = both
    flows = [load_flow_from_entrypoint(entrypoint) for entrypoint in (served.entrypoint, written["entrypoint"])]
    expected = dict(zip(NAMES, (payment_run, ingest_delivery, recalibration, year_end), strict=True))[served.name]
    assert flows == [expected, expected]


def test_they_have_the_same_parameters_and_description(both):
    served, written = both
    assert served.parameters == written["parameters"] == {"home": str(HOME)}
    assert served.description == written["description"]


def test_they_run_one_at_a_time_and_lose_none(both):
    served, written = both
    assert (served.concurrency_limit, served.concurrency_options.collision_strategy.value) == (1, "ENQUEUE")
    assert written["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}


def test_the_payment_run_starts_on_the_first_of_the_month_at_six_dutch_time():
    (served,) = deployments(HOME)[0].schedules
    assert (served.schedule.cron, served.schedule.timezone) == ("0 6 1 * *", "Europe/Amsterdam")
    assert YAML[0]["schedules"] == [{"cron": "0 6 1 * *", "timezone": "Europe/Amsterdam"}]


@pytest.mark.parametrize("place", [1, 2, 3], ids=NAMES[1:])
def test_the_others_wait_until_somebody_asks(place):
    assert deployments(HOME)[place].schedules == []
    assert "schedules" not in YAML[place]


def test_the_name_that_is_used_to_submit_a_run_is_the_name_it_has():
    monthly = deployments(HOME)[0]
    assert f"{monthly.flow_name}/{monthly.name}" == MONTHLY
