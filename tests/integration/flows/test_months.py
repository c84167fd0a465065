"""Which months a payment run pays, and when: in order, also when it comes late."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from prefect.client.orchestration import get_client

from flows import artifacts
from flows import payment_run as payment_flow
from flows.deployments import deployments, submit_run_of
from flows.payment_run import ZONE, last_tick, month_of, months_owed, oldest_unasked
from npo_pipeline.books.paths import Home
from npo_pipeline.commands.pay import MonthPaid
from npo_pipeline.commands.status import status
from tests.integration.flows.conftest import npo, paying
from tests.integration.flows.prefect_side import artifacts_of, flow_run_id, months_paid, run_now, run_scheduled_at


def test_missed_months_are_caught_up_in_order(by_flow):
    assert [line["month"] for line in by_flow.state.result()] == ["2021-09", "2021-10"]
    assert months_paid(by_flow.home) == ["2021-09", "2021-10"]


def test_a_month_that_is_paid_is_not_paid_again_and_the_table_of_the_run_that_paid_is_not_hidden(by_flow):
    books = (by_flow.home / "npo.duckdb").read_bytes()
    again = paying(by_flow.home, "2021-10")
    assert [line["run_id"] for line in again.state.result()] == [None]
    assert artifacts_of(again.state) == {}
    assert (by_flow.home / "npo.duckdb").read_bytes() == books


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (datetime(2021, 10, 1, 4, 0, tzinfo=UTC), date(2021, 10, 1)),
        (datetime(2021, 9, 30, 22, 30, tzinfo=UTC), date(2021, 10, 1)),
        (datetime(2021, 12, 31, 22, 30, tzinfo=UTC), date(2021, 12, 1)),
        (datetime(2021, 12, 31, 23, 30, tzinfo=UTC), date(2022, 1, 1)),
    ],
    ids=[
        "1 October, six in the morning",
        "half an hour after midnight",
        "half an hour before New Year",
        "half an hour after New Year",
    ],
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


@pytest.mark.parametrize(
    ("now", "month"),
    [
        (datetime(2021, 11, 1, 6, 0, tzinfo=ZONE), date(2021, 10, 1)),
        (datetime(2021, 11, 1, 23, 30, tzinfo=UTC), date(2021, 11, 1)),
        (datetime(2021, 11, 30, 12, 0, tzinfo=ZONE), date(2021, 11, 1)),
        (datetime(2022, 1, 1, 6, 0, tzinfo=ZONE), date(2021, 12, 1)),
    ],
    ids=["on the 1st: a month late", "half past midnight of the 2nd", "at the end", "New Year"],
)
def test_a_month_is_more_than_one_month_late_from_the_second_day_of_the_next(now, month):
    assert oldest_unasked(now) == month


def test_without_a_witness_nothing_is_paid_that_is_more_than_one_month_late_unless_somebody_names_the_month(
    decided, tmp_path, monkeypatch
):
    moment = datetime(2021, 10, 1, 6, tzinfo=ZONE)
    monkeypatch.setattr(payment_flow, "now", lambda: datetime(2021, 11, 2, 12))
    state = run_scheduled_at(moment, decided)
    assert state.message.startswith(
        "it was refused (exit 3): 2021-09, 2021-10: more than one month late, and there is no witness"
    )
    assert months_paid(decided) == []

    monkeypatch.setenv("NPO_WITNESS", str(tmp_path / "elsewhere.json"))
    npo("hold", "--reason", "a first run with a witness", "--by", "A. de Vries", "--home", decided)
    npo("unhold", "--by", "A. de Vries", "--home", decided)
    assert run_scheduled_at(moment, decided).message.startswith(
        "2021-09: paid € 9.506,18 to 4 schools of 3 boards"
    )
    assert months_paid(decided) == ["2021-09", "2021-10"]
    assert "000006-pay-2021-10" in (tmp_path / "elsewhere.json").read_text()


def test_euros_and_dollars_are_never_added_up(monkeypatch, by_flow):
    """A run of 482.000,00 euro and 17,31 dollar: the sum 482.017,31 stands nowhere."""
    amounts = {"EUR": Decimal("482000.00"), "USD": Decimal("17.31")}
    rows = {
        "currency": [*amounts],
        "amount": [*amounts.values()],
        "recipient_kind": "bestuur",
        "component": "per_pupil",
        "reason": "instalment",
        "recipient": ["10001", "10002"],
        "board": ["10001", "10002"],
        "vestiging": ["01AA00", "30AA00"],
    }
    paid = MonthPaid(month=date(2021, 9, 1), run_id="000003-pay-2021-09", payments=pl.DataFrame(rows))
    tables = {}
    monkeypatch.setattr(artifacts, "_publish_table", lambda key, rows, words: tables.update({key: (rows, words)}))
    artifacts.payments_artifact([paid])
    table, words = tables["npo-payment-run-2021-09"]
    assert table.select("currency", "amount").rows() == [*amounts.items()]
    assert words == ("2021-09: paid € 482.000,00 and US$ 17,31 to 2 schools of 2 boards (000003-pay-2021-09).")
    months = payment_flow._months([paid])
    assert [(one["total"], one["total_usd"]) for one in months] == [("482000.00", "17.31")]


def test_a_run_has_the_name_of_its_month_and_its_closing_message_the_amounts(by_flow):
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(flow_run_id(by_flow.state))
    assert run.name == "pay-2021-10"
    assert by_flow.state.message == (
        "2021-09: paid € 9.506,18 to 4 schools of 3 boards (000003-pay-2021-09); "
        "2021-10: paid € 4.753,09 to 4 schools of 3 boards (000004-pay-2021-10)"
    )
    assert by_flow.state.message in [record.getMessage() for record in by_flow.logged]


def test_months_up_to_the_one_of_the_tick_are_owed():
    to_come = pl.DataFrame({"month": [date(2021, 10, 1), date(2021, 11, 1), date(2021, 12, 1)]})
    assert months_owed(to_come, datetime(2021, 11, 1, 6, tzinfo=ZONE)) == [date(2021, 10, 1), date(2021, 11, 1)]


def test_nothing_is_owed_before_the_first_decision(tmp_path):
    assert months_owed(status(Home(tmp_path)).to_come, datetime(2021, 11, 1, 6, tzinfo=ZONE)) == []


def test_the_run_that_nobody_served_is_submitted_and_pays_its_own_month(decided, monkeypatch):
    monkeypatch.setattr(payment_flow, "now", lambda: datetime(2021, 10, 1, 12))
    tick = datetime(2021, 10, 1, 6, tzinfo=ZONE)
    deployments(decided)[0].apply()
    submit_run_of(tick)
    with get_client(sync_client=True) as client:
        run = next(run for run in client.read_flow_runs() if run.name == "pay-2021-10" and run.deployment_id)
    assert sorted(run.tags) == ["npo", "payment-run"]
    assert (run.expected_start_time, run.parameters) == (tick, {"home": str(decided)})
    assert run_now(run).is_completed()
    assert months_paid(decided) == ["2021-09", "2021-10"]
    assert months_owed(status(Home(decided)).to_come, tick) == []
