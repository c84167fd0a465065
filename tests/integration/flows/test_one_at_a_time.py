"""No two payment runs at a time: the lock on the home holds, and Prefect's limit stands behind it."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack
from datetime import datetime

from prefect.client.orchestration import get_client
from prefect.states import Cancelled, Crashed, Pending, Running, Scheduled

from flows import payment_run as payment_flow
from flows import recalibration as recalibration_flow
from flows.deployments import close_dead_runs, deployments
from flows.payment_run import payment_run
from npo_pipeline.books.paths import Home
from npo_pipeline.books.run import WAITING, locked
from tests.integration.flows.asking import answered, begun, submitted, went_on
from tests.integration.flows.conftest import npo, paying
from tests.integration.flows.prefect_side import artifacts_of, months_paid

SINCE = datetime(2021, 9, 1, 6)


def test_a_run_waits_until_the_home_is_free(decided, monkeypatch):
    monkeypatch.setattr(payment_flow, "WAIT_SECONDS", 30)
    with ExitStack() as other:
        other.enter_context(locked(Home(decided), "ingest", now=SINCE))
        freeing = logging.Handler()
        freeing.emit = lambda _: other.close()
        logging.getLogger(WAITING).addHandler(freeing)
        waited = paying(decided, "2021-09")
        logging.getLogger(WAITING).removeHandler(freeing)
    assert months_paid(decided) == ["2021-09"]
    said = [record.getMessage() for record in waited.logged if " is held by " in record.getMessage()]
    (line,) = said
    assert line.startswith(f"{decided}: is held by ingest (process {os.getpid()} on ")
    assert line.endswith("waits for that to end, for at most 30 seconds")


def test_a_run_that_has_waited_long_enough_fails_and_names_the_holder(decided, monkeypatch):
    monkeypatch.setattr(payment_flow, "WAIT_SECONDS", 0)
    with locked(Home(decided), "ingest", now=SINCE):
        state = payment_run(str(decided), month="2021-09", return_state=True)
    assert state.is_failed()
    assert f"is held by ingest (process {os.getpid()} on " in state.message
    assert "since 2021-09-01 06:00:00" in state.message
    assert "another run held the home (exit 4)" in artifacts_of(state)["npo-failure"]
    assert months_paid(decided) == []


def test_a_second_run_of_the_deployment_waits_its_turn_also_when_the_first_died_with_its_server(decided):
    monthly = next(one for one in deployments(decided) if one.name == "monthly").apply()
    with get_client(sync_client=True) as client:
        first, second = (client.create_flow_run_from_deployment(monthly, state=Scheduled()) for _ in range(2))
        for state in (Pending(), Running()):
            assert client.set_flow_run_state(first.id, state).status == "ACCEPT"
        client.set_flow_run_state(second.id, Pending())
        assert client.read_flow_run(second.id).state.name == "AwaitingConcurrencySlot"

        assert close_dead_runs(decided) == [first.name]

        died = client.read_flow_run(first.id).state
        assert died.is_crashed()
        assert died.message == (
            "cut off when npo serve ended; nothing half done was published; the last run in the books is "
            "000002-decide-2021-2022, finished 2022-08-01 06:00 UTC"
        )
        assert client.set_flow_run_state(second.id, Pending()).status == "ACCEPT"
        assert close_dead_runs(decided) == [second.name]


def test_a_run_that_the_runner_ended_with_itself_is_no_cancelled_one(decided):
    """As SIGTERM leaves it: nobody wanted to cancel it, and what it had done is said."""
    monthly = next(one for one in deployments(decided) if one.name == "monthly").apply()
    with get_client(sync_client=True) as client:
        by_runner, by_hand = (client.create_flow_run_from_deployment(monthly) for _ in range(2))
        client.set_flow_run_state(by_runner.id, Cancelled(message="Runner is shutting down."), force=True)
        client.set_flow_run_state(by_hand.id, Cancelled(message="by an operator"), force=True)
        assert close_dead_runs(decided) == [by_runner.name]
        assert "cut off when npo serve ended" in client.read_flow_run(by_runner.id).state.message
        assert client.read_flow_run(by_hand.id).state.is_cancelled()


def test_a_run_that_waits_for_a_person_keeps_neither_its_place_nor_the_home(corrected):
    first, second = submitted(corrected), submitted(corrected)
    with get_client(sync_client=True) as client:
        assert went_on(first).state.name == "Suspended"
        assert client.set_flow_run_state(second.id, Pending()).status == "ACCEPT"
        assert client.set_flow_run_state(second.id, Crashed()).status == "ACCEPT"
    assert close_dead_runs(corrected) == []
    npo("pay", "--month", "2021-09", "--home", corrected)
    assert answered(first, approved=True).is_completed()


def test_an_approval_waits_until_the_home_is_free_and_then_names_the_holder(corrected, monkeypatch):
    monkeypatch.setattr(recalibration_flow, "WAIT_SECONDS", 0)
    run = begun(corrected)
    with locked(Home(corrected), "ingest", now=SINCE):
        state = answered(run, approved=True)
    assert state.is_failed()
    assert "is held by ingest" in state.message
    assert "another run held the home (exit 4)" in artifacts_of(state)["npo-failure"]
