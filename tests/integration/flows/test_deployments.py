"""`npo serve` and prefect.yaml register the same deployments."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.flows import load_flow_from_entrypoint

from flows import deployments as deployments_module
from flows import serve
from flows.bank import RELEASE, bank_feedback, release_month
from flows.deployments import MONTHLY, deployments, keep_schedules
from flows.ingest import ingest_delivery, reconciliation
from flows.payment_run import payment_run
from flows.recalibration import recalibration
from flows.watch import watch
from flows.year_end import year_end

HOME = Path("/srv/npo")
YAML = yaml.safe_load((Path(__file__).parents[3] / "prefect.yaml").read_text())["deployments"]


NAMES = ["monthly", "on-request", "with-approval", "accounts", "others", "two-people", "folder", "daily"]
FLOWS = (payment_run, ingest_delivery, recalibration, year_end, reconciliation)
FLOWS += (release_month, bank_feedback, watch)


@pytest.fixture(params=NAMES)
def both(request):
    served = next(one for one in deployments(HOME) if one.name == request.param)
    written = next(one for one in YAML if one["name"] == request.param)
    return served, written


def test_there_are_eight_and_the_same():
    assert [one.name for one in deployments(HOME)] == [one["name"] for one in YAML] == NAMES


def test_they_run_the_same_flow(both):
    served, written = both
    flows = [load_flow_from_entrypoint(entrypoint) for entrypoint in (served.entrypoint, written["entrypoint"])]
    expected = dict(zip(NAMES, FLOWS, strict=True))[served.name]
    assert flows == [expected, expected]


def test_they_have_the_same_parameters_and_description(both):
    served, written = both
    assert served.parameters == written["parameters"] == {"home": str(HOME)}
    assert served.description == written["description"]


def test_their_runs_have_the_same_tags(both):
    served, written = both
    assert served.tags == written["tags"]
    assert served.tags[0] == "npo"


def test_they_run_one_at_a_time_and_lose_none(both):
    served, written = both
    assert (served.concurrency_limit, served.concurrency_options.collision_strategy.value) == (1, "ENQUEUE")
    assert written["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}


def test_the_payment_run_starts_on_the_first_of_the_month_at_six_dutch_time():
    (served,) = deployments(HOME)[0].schedules
    assert (served.schedule.cron, served.schedule.timezone) == ("0 6 1 * *", "Europe/Amsterdam")
    assert YAML[0]["schedules"] == [{"cron": "0 6 1 * *", "timezone": "Europe/Amsterdam"}]


def test_the_watch_looks_each_morning_after_the_payment_run_of_a_first():
    (served,) = deployments(HOME)[-1].schedules
    assert (served.schedule.cron, served.schedule.timezone) == ("30 7 * * *", "Europe/Amsterdam")
    assert YAML[-1]["schedules"] == [{"cron": "30 7 * * *", "timezone": "Europe/Amsterdam"}]


@pytest.mark.parametrize("place", range(1, 7), ids=NAMES[1:-1])
def test_the_others_wait_until_somebody_asks(place):
    assert deployments(HOME)[place].schedules == []
    assert "schedules" not in YAML[place]


def test_the_name_that_is_used_to_submit_a_run_is_the_name_it_has():
    monthly = deployments(HOME)[0]
    assert f"{monthly.flow_name}/{monthly.name}" == MONTHLY
    release = deployments(HOME)[5]
    assert f"{release.flow_name}/{release.name}" == RELEASE


@pytest.fixture
def monthly(decided):
    """The deployment as it is registered, and again as `npo serve` registers it after a restart."""
    return deployments(decided)[0], deployments(decided)[0]


def on_server(client):
    return client.read_deployment_by_name(MONTHLY)


@pytest.mark.parametrize("pause", ["the schedule", "the deployment", "it was taken away"])
def test_what_was_paused_is_paused_still_after_a_restart(monthly, pause):
    first, again = monthly
    with get_client(sync_client=True) as client:
        first.apply()
        there = on_server(client)
        (schedule,) = there.schedules
        if pause == "the schedule":
            client.update_deployment_schedule(there.id, schedule.id, active=False)
        elif pause == "the deployment":
            client.pause_deployment(there.id)
        else:
            client.delete_deployment_schedule(there.id, schedule.id)
        before = on_server(client)
        assert not keep_schedules(again)
        again.apply()
        after = on_server(client)
        assert after.paused == before.paused
        assert [(one.schedule, one.active) for one in after.schedules] == [
            (one.schedule, one.active) for one in before.schedules
        ]
        client.delete_deployment(there.id)


def test_parameters_that_were_filled_in_are_kept_after_a_restart(monthly):
    first, again = monthly
    with get_client(sync_client=True) as client:
        first.apply()
        there = on_server(client)
        filled_in = {**there.parameters, "home": "/srv/other", "release_prepared_by": "A. de Vries"}
        client.update_deployment(there.id, DeploymentUpdate(parameters=filled_in))
        keep_schedules(again)
        again.apply()
        assert on_server(client).parameters == {**first.parameters, "release_prepared_by": "A. de Vries"}
        client.delete_deployment(there.id)


def test_what_was_not_paused_is_active_after_a_restart(monthly):
    first, again = monthly
    with get_client(sync_client=True) as client:
        first.apply()
        assert keep_schedules(again)
        again.apply()
        assert [one.active for one in on_server(client).schedules] == [True]


def test_serve_submits_nothing_that_is_owed_while_the_schedule_is_paused(decided, monkeypatch, capsys):
    submitted = []
    monkeypatch.setattr(serve, "_run", lambda *_: None)
    monkeypatch.setattr(deployments_module, "submit_run_of", submitted.append)
    serve._serve(decided, None, owed=True, once=False)
    assert len(submitted) == 1
    with get_client(sync_client=True) as client:
        there = on_server(client)
        client.update_deployment_schedule(there.id, there.schedules[0].id, active=False)
        serve._serve(decided, None, owed=True, once=False)
        assert len(submitted) == 1
        assert not on_server(client).schedules[0].active
        client.delete_deployment(there.id)
    assert "npo: its schedule is paused on the server, and stays so" in capsys.readouterr().err
