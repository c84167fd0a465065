"""Whoever must act is called: for runs that crash or are late, and by the daily watch; no secret is said."""

from __future__ import annotations

import os
import shutil
import time
from datetime import datetime
from pathlib import Path
from uuid import UUID

import polars as pl
import pytest
from prefect.client.orchestration import get_client
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL
from prefect.states import Crashed, Late

from flows.automations import automations, register_notifications
from flows.watch import absent_deliveries, days_from, watch
from npo_pipeline.errors import Refused
from schemas.received import Deliveries
from tests.integration.flows.asking import deployed
from tests.integration.flows.prefect_side import artifacts_of, run_now
from tests.integration.flows.receiver import PATIENCE, SECRET, Receiver, notified, receiver

__all__ = ["notified", "receiver"]


def looked(home: Path, **parameters: object):
    given = {"home": str(home), **parameters}
    with get_client(sync_client=True) as client:
        run = client.create_flow_run_from_deployment(deployed("daily"), parameters=given)
    return run_now(run, watch)


def test_a_run_that_crashed_or_is_late_calls_somebody(notified, decided):
    with get_client(sync_client=True) as client:
        for state in (Crashed(message="its process was killed"), Late()):
            run = client.create_flow_run_from_deployment(deployed("daily"), parameters={"home": str(decided)})
            client.set_flow_run_state(run.id, state, force=True)
            words = notified.waited_for(f"{run.name} {'crashed' if state.is_crashed() else 'is late'}: ")
            assert ("its process was killed" in words) == state.is_crashed()
            assert (f"/runs/flow-run/{run.id}" in words) != state.is_crashed()
            client.delete_flow_run(run.id)


def test_the_watch_calls_for_a_payment_that_is_late_and_for_a_delivery_that_did_not_come(notified, decided):
    state = looked(decided, delivery_days="9000, cumi=400")
    assert state.is_completed(), state.message
    assert notified.waited_for("owed: ").startswith(f"npo: {decided}: owed: 2021-09")
    absent = notified.waited_for("no delivery")
    assert absent == f"npo: {decided}: no delivery of cumi ever came, and one must every 400 days"
    assert "no back-up of this home is known" in notified.waited_for("back-up: ")
    table = artifacts_of(state)["npo-watch"]
    assert table[0]["level"] == "FAIL"
    assert {"owed", "delivery", "verified"} <= {row["check"] for row in table}
    before = len(notified.got)
    looked(decided, only_urgent=True)
    assert "back-up" not in "".join(notified.got[before:])


def test_books_that_do_not_tie_fail_the_watch_and_call_somebody(notified, paid_once, tmp_path):
    home = Path(shutil.copytree(paid_once, tmp_path / "home"))
    (home / "manifests" / "000001-ingest.json").unlink()
    state = looked(home)
    assert state.is_failed()
    assert state.message.startswith("the books do not tie (exit 5): ")
    assert "1 manifests are gone from manifests/" in notified.waited_for("failed: the books do not tie (exit 5)")


def test_a_home_without_books_is_not_watched_yet(tmp_path):
    assert looked(tmp_path / "home").message.endswith("nothing was delivered yet, so there is nothing to watch")


AT = datetime(2022, 3, 10)


@pytest.mark.parametrize(
    ("within", "words"),
    [
        ("31", []),
        ("30", ["no delivery came in 30 days; the last was on 2022-02-07"]),
        ("scores=68", []),
        ("scores=67", ["no delivery of scores came in 67 days; the last was on 2022-01-01"]),
        ("cumi=900", ["no delivery of cumi ever came, and one must every 900 days"]),
        ("", []),
    ],
)
def test_a_delivery_must_come_within_days_of_any_kind_or_of_one(within, words):
    came = {"kind": ["scores", "cumi_not"], "ingested_at": [datetime(2022, 1, 1, 12), datetime(2022, 2, 7, 12)]}
    assert list(absent_deliveries(Deliveries(pl.DataFrame(came)), days_from(within), AT)) == words


@pytest.mark.parametrize("text", ["soon", "0", "-1", "score=3", "scores:3", "scores=", "99999"])
def test_what_is_no_number_of_days_is_refused(text):
    with pytest.raises(Refused, match="is no number of days within which a delivery must come: write 35"):
        days_from(text)


def test_runs_of_others_on_the_same_server_call_nobody():
    of_runs = [one for one in automations(UUID(int=0)) if "prefect.flow-run.*" in one.trigger.model_dump_json()]
    assert len(of_runs) == 4
    assert all("prefect.tag.npo" in one.trigger.model_dump_json() for one in of_runs)


def test_a_notification_that_was_switched_off_stays_off(notified):
    name = automations(UUID(int=0))[0].name
    with get_client(sync_client=True) as client:
        (there,) = client.read_automations_by_name(name)
        client.pause_automation(there.id)
        register_notifications(notified.url)
        assert not client.read_automations_by_name(name)[0].enabled
        client.resume_automation(there.id)


def test_what_is_no_address_is_refused_and_not_repeated():
    with pytest.raises(Refused, match=r"^NPO_WEBHOOK: is no web address") as refusal:
        register_notifications(f"example.nl/{SECRET}")
    assert SECRET not in str(refusal.value)


def everything_said() -> str:
    """All that the server logs, or answers to who has its password: states, logs, events, artifacts, blocks."""
    import httpx

    asks = {
        "flow_runs": {}, "logs": {}, "artifacts": {}, "automations": {}, "block_documents": {}, "deployments": {},
        "task_runs": {}, "events": {"filter": {"occurred": {"since": "2020-01-01T00:00:00Z"}}},
    }  # fmt: skip
    user, _, password = PREFECT_API_AUTH_STRING.value().partition(":")
    with httpx.Client(base_url=f"{PREFECT_API_URL.value()}/", auth=(user, password)) as client:
        token = client.get("csrf-token", params={"client": "test"}).json()["token"]
        headers = {"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": "test"}
        answers = [client.post(f"{one}/filter", json=asked, headers=headers) for one, asked in asks.items()]
    assert [one.status_code for one in answers] == [200] * len(answers), [one.text[:200] for one in answers]
    log = Path(os.environ["PREFECT_HOME"], "server.log").read_text(encoding="utf-8", errors="replace")
    return "\n".join([*(one.text for one in answers), log])


def test_neither_the_address_nor_the_password_is_in_anything_that_the_server_says_or_keeps_readable(
    notified: Receiver, decided
):
    """Also where the receiver cannot be reached, and its address stands in the error of a library."""
    register_notifications(f"http://127.0.0.1:1/hook/{SECRET}")
    with get_client(sync_client=True) as client:
        run = client.create_flow_run_from_deployment(deployed("daily"), parameters={"home": str(decided)})
        client.set_flow_run_state(run.id, Crashed(message="its process was killed"), force=True)
    register_notifications(notified.url)
    looked(decided)
    notified.waited_for("owed: ")
    APILogWorker.instance().drain()
    until = time.monotonic() + PATIENCE
    while "prefect.automation.action.failed" not in (said := everything_said()):
        assert time.monotonic() < until, "the address that cannot be reached was never called"
        time.sleep(0.2)
    assert run.name in said
    assert SECRET not in said
    assert PREFECT_API_AUTH_STRING.value() not in said
    assert PREFECT_API_AUTH_STRING.value().partition(":")[2] not in said
    own = Path(os.environ["PREFECT_HOME"])
    kept = b"".join(one.read_bytes() for one in own.glob("prefect.db*"))
    assert SECRET.encode() not in kept, "Prefect keeps the address encrypted"
