"""Which months a payment run pays, and when: in order, also when it comes late."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest
from prefect.client.orchestration import get_client

from flows.deployments import deployments, submit_run_of
from flows.schedule import ZONE, last_tick, month_of, months_owed
from npo_pipeline.books.paths import Home
from npo_pipeline.commands.status import status
from tests.integration.flows.conftest import paying
from tests.integration.flows.prefect_side import artifacts_of, months_paid, run_now, run_scheduled_at


def test_missed_months_are_caught_up_in_order(by_flow):
    assert [line["month"] for line in by_flow.state.result()] == ["2021-09", "2021-10"]
    assert months_paid(by_flow.home) == ["2021-09", "2021-10"]


def test_a_month_that_is_paid_is_not_paid_again_and_the_table_of_the_run_that_paid_is_not_hidden(by_flow):
    books = (by_flow.home / "npo.duckdb").read_bytes()
    again = paying(by_flow.home, "2021-10")
    assert [line["run_id"] for line in again.state.result()] == [None]
    assert artifacts_of(again.state) == {}
    assert (by_flow.home / "npo.duckdb").read_bytes() == books


def test_a_late_run_pays_the_month_it_was_scheduled_for(decided):
    moment = datetime(2021, 9, 30, 22, 30, tzinfo=UTC)  # half an hour after midnight, Dutch time
    assert run_scheduled_at(moment, decided).is_completed()
    assert months_paid(decided) == ["2021-09", "2021-10"]


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (datetime(2021, 10, 1, 4, 0, tzinfo=UTC), date(2021, 10, 1)),
        (datetime(2021, 12, 31, 22, 30, tzinfo=UTC), date(2021, 12, 1)),
        (datetime(2021, 12, 31, 23, 30, tzinfo=UTC), date(2022, 1, 1)),
    ],
    ids=["1 October, six in the morning", "half an hour before New Year", "half an hour after New Year"],
)
def test_the_month_of_a_moment_is_the_dutch_one(moment, month):
    assert month_of(moment) == month


def test_a_moment_without_a_zone_is_in_utc():
    assert month_of(datetime(2021, 12, 31, 23, 30)) == date(2022, 1, 1)


@pytest.mark.parametrize(
    ("now", "tick"),
    [
        (datetime(2021, 11, 1, 6, 0, tzinfo=ZONE), datetime(2021, 11, 1, 6, tzinfo=ZONE)),
        (datetime(2021, 11, 1, 5, 59, tzinfo=ZONE), datetime(2021, 10, 1, 6, tzinfo=ZONE)),
        (datetime(2022, 1, 1, 0, 0, tzinfo=ZONE), datetime(2021, 12, 1, 6, tzinfo=ZONE)),
        (datetime(2021, 7, 1, 4, 0, tzinfo=UTC), datetime(2021, 7, 1, 6, tzinfo=ZONE)),
        (datetime(2021, 12, 1, 4, 59, tzinfo=UTC), datetime(2021, 11, 1, 6, tzinfo=ZONE)),
    ],
)
def test_the_last_tick_is_the_first_of_a_month_at_six_dutch_time(now, tick):
    assert last_tick(now) == tick


def test_months_up_to_the_one_of_the_tick_are_owed():
    to_come = pl.DataFrame({"month": [date(2021, 10, 1), date(2021, 11, 1), date(2021, 12, 1)]})
    assert months_owed(to_come, datetime(2021, 11, 1, 6, tzinfo=ZONE)) == [date(2021, 10, 1), date(2021, 11, 1)]


def test_nothing_is_owed_before_the_first_decision(tmp_path):
    assert months_owed(status(Home(tmp_path)).to_come, datetime(2021, 11, 1, 6, tzinfo=ZONE)) == []


def test_the_run_that_nobody_served_is_submitted_and_pays_its_own_month(decided):
    tick = datetime(2021, 10, 1, 6, tzinfo=ZONE)
    for deployment in deployments(decided):
        deployment.apply()
    submit_run_of(tick)
    with get_client(sync_client=True) as client:
        run = next(run for run in client.read_flow_runs() if run.name == "owed-2021-10")
    assert (run.expected_start_time, run.parameters) == (tick, {"home": str(decided)})
    assert run_now(run).is_completed()
    assert months_paid(decided) == ["2021-09", "2021-10"]
    assert months_owed(status(Home(decided)).to_come, tick) == []
