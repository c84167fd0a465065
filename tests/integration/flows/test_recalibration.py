"""A recalibration waits for a person: what was shown is what is written, or nothing is."""

from __future__ import annotations

import json
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterId
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import FlowPauseTimeout, NotPausedError
from prefect.flow_runs import resume_flow_run
from prefect.states import AwaitingRetry

from flows import recalibration as recalibration_flow
from flows.artifacts import plan_page
from flows.recalibration import Approval, approval_answer, recalibration
from npo_pipeline.books.paths import Home
from npo_pipeline.books.run import Run
from npo_pipeline.commands.decide import plan
from npo_pipeline.commands.decide.command import decide
from npo_pipeline.commands.decide.model import DecideRequest
from npo_pipeline.errors import Refused
from tests.integration.flows.asking import APPROVED_BY, PREPARED_BY, again, answered, begun, went_on
from tests.integration.flows.conftest import deliver, npo
from tests.integration.flows.prefect_side import artifacts_of, select, tables, task_runs_of
from tests.integration.flows.test_failures import Once, disk_fault

PAGES = "npo-recalibration-2021-2022-"
DECISIONS = "select decision_id from decisions order by 1"


def page_of(state: State[Any]) -> str:
    """The page of the plan that a run left last."""
    return [text for key, text in artifacts_of(state).items() if key.startswith(PAGES)][-1]


def books(home: Path) -> bytes:
    return (home / "npo.duckdb").read_bytes()


def test_what_is_approved_is_written_as_the_command_would_to_the_row(corrected, tmp_path, monkeypatch):
    """Who approves a plan accepts the changes of size that stand above the form."""
    monkeypatch.delenv("NPO_MAX_CHANGE")
    other = Path(shutil.copytree(corrected, tmp_path / "other"))
    names = ("--prepared-by", PREPARED_BY, "--approved-by", APPROVED_BY, "--four-eyes", "--accept-change")
    npo("decide", "--school-year", "2021-2022", "--reason", "CBS", *names, "--home", other)

    state = answered(begun(corrected, reason="CBS"), approved=True, remark="seen by finance")

    assert (state.name, state.message) == (
        "Completed",
        "Written as decision 2021-2022-002, prepared by A. de Vries, approved by B. Jansen: seen by finance",
    )
    by_flow, by_command = tables(corrected), tables(other)
    assert by_flow.keys() == by_command.keys()
    for name, rows in by_command.items():
        assert by_flow[name] == rows, name
    assert select(corrected, "select approved_by from decisions order by 1") == [APPROVED_BY, None]
    assert select(corrected, "select distinct accepted_by from accepted_changes") == [APPROVED_BY]


@dataclass(frozen=True)
class Asked:
    """A run that asked and was told no: the run while it waited, its end, and the books all the while."""

    waiting: FlowRun
    ended: State[Any]
    before: bytes
    meanwhile: bytes
    after: bytes


@pytest.fixture(scope="module")
def rejected(tmp_path_factory, corrected_once) -> Asked:
    home = Path(shutil.copytree(corrected_once, tmp_path_factory.mktemp("rejected") / "home"))
    before, run = books(home), begun(home, reason="CBS | corrected")
    meanwhile = books(home)
    ended = answered(run, approved=False, remark="wait for CBS")
    return Asked(waiting=run, ended=ended, before=before, meanwhile=meanwhile, after=books(home))


def test_while_it_waits_nothing_is_written_and_no_process_is_kept(rejected):
    assert (rejected.waiting.state.name, rejected.waiting.state.type.value) == ("Suspended", "PAUSED")
    assert rejected.meanwhile == rejected.before


def test_what_is_rejected_is_not_written(rejected):
    assert (rejected.ended.type.value, rejected.ended.name) == ("COMPLETED", "Rejected")
    assert rejected.ended.message == "Rejected by B. Jansen: wait for CBS; nothing was written"
    assert rejected.after == rejected.before
    assert "npo-failure" not in artifacts_of(rejected.ended)


def test_the_page_shows_what_a_person_decides_upon(rejected):
    page = page_of(rejected.waiting.state)
    # 100,00 more at 251,16.
    assert "prepared by A. de Vries, because: CBS \\| corrected. 1 school up, 0 down: € +25.116,00." in page
    assert "| EUR | bao | achterstandsscore | 1 | 25.241,58 | 50.357,58 | 25.116,00 |" in page
    assert "| EUR | all | all |  | 57.037,05 | 82.153,05 | 25.116,00 |" in page
    assert "| EUR | score_correction | input | 1 | 25.116,00 |" in page
    assert (
        "| 01AA00 | School 01AA00 | 10001 | EUR | score_correction | 33.655,50 | 58.771,50 | 25.116,00 |" in page
    )
    assert "## The payment of 2021-09 would be" in page
    assert "Nobody would pay back in 2021-09." in page
    assert "- no vo pupils of 2020-10-01 were delivered" in page


def test_a_board_that_would_pay_back_is_named(corrected):
    deliver(corrected, "0,00")
    npo("pay", "--month", "2021-10", "--catch-up", "--home", corrected)
    request = DecideRequest(home=Home(corrected), school_year="2021-2022", dry_run=True)
    page = plan_page(request, decide(request))
    assert "## Recipients that would pay back in 2021-11" in page
    assert "| 10001 | EUR | -" in page


def test_an_answer_outside_the_form_is_refused_while_it_is_given_and_then_that_of_who_prepared_it(
    corrected,
):
    unchanged = books(corrected)
    run = begun(corrected)
    outside = ({}, {"choice": "approve"}, {"approved_by": "B"}, {"choice": "perhaps", "approved_by": "B"})
    for given in (*outside, {"choice": "approve", "approved_by": "B" * 101}):
        with pytest.raises(RuntimeError, match=r"choice|approved_by"):
            resume_flow_run(run.id, run_input=given)
    assert again(run).state.name == "Suspended"
    state = answered(run, approved=True, by="a.  De Vries")
    assert state.is_failed()
    assert "a. De Vries prepared the decision and cannot approve it; another must" in state.message
    assert "it was refused (exit 3)" in artifacts_of(state)["npo-failure"]
    assert books(corrected) == unchanged


def test_an_answer_without_a_name_is_refused(monkeypatch):
    given = Approval(choice="approve", approved_by=" ")
    monkeypatch.setattr(recalibration_flow, "suspend_flow_run", lambda **_: given)
    with pytest.raises(Refused, match="a name is empty"):
        approval_answer("plan", 1, "summary")


def test_what_has_become_another_plan_while_it_waited_is_refused_and_a_retry_asks_about_that(corrected):
    run = begun(corrected)
    deliver(corrected, "300,50")
    unchanged = books(corrected)
    state = answered(run, approved=True)
    assert state.is_failed()
    assert "what would be decided is another thing than what was approved" in state.message
    assert books(corrected) == unchanged

    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run.id, AwaitingRetry())
    asked = went_on(run)
    assert asked.state.name == "Suspended"
    # 200,00 more at 251,16.
    assert "1 school up, 0 down: € +50.232,00." in page_of(asked.state)
    assert answered(asked, approved=True).is_completed()
    assert select(corrected, DECISIONS) == ["2021-2022-001", "2021-2022-002"]


def test_what_somebody_else_wrote_in_the_meantime_is_not_written_twice(corrected):
    run = begun(corrected)
    npo("decide", "--school-year", "2021-2022", "--home", corrected)
    state = answered(run, approved=True)
    assert state.message == "Nothing was written: by now decision 2021-2022-002 says the same"


def test_nobody_is_asked_when_nothing_would_change(decided):
    unchanged = books(decided)
    state = begun(decided).state
    assert (state.name, state.message) == (
        "Completed",
        "Nothing to do: decision 2021-2022-001 says the same",
    )
    assert artifacts_of(state) == {}
    assert books(decided) == unchanged


def test_a_first_decision_is_shown_as_one_and_who_prepared_it_cannot_approve_it(tmp_path, country):
    home = tmp_path / "home"
    npo("ingest", country, "--reference-date", "2020-10-01", "--home", home)
    run = begun(home)
    assert "Against nothing: it would be the first." in page_of(run.state)
    assert "cannot approve it; another must" in answered(run, approved=True, by=PREPARED_BY).message
    assert select(home, DECISIONS) == []


def test_four_eyes_are_no_parameter_that_who_prepares_it_fills_in():
    assert "four_eyes" not in recalibration.parameters.properties


def test_the_form_links_to_its_plan_shows_the_hash_and_has_no_choice_filled_in(rejected):
    run, keys = rejected.waiting, rejected.waiting.state.state_details.run_input_keyset
    with get_client(sync_client=True) as client:
        form, schema = (
            json.loads(client.read_flow_run_input(run.id, keys[name])) for name in ("description", "schema")
        )
    assert (schema["properties"]["choice"]["enum"], "choice" in schema["required"]) == (
        ["approve", "reject"],
        True,
    )
    assert "default" not in schema["properties"]["choice"]
    link = re.search(
        r"\[this plan\]\(http://[^ )]+/artifacts/artifact/([0-9a-f-]{36})\), hash `([0-9a-f]{64})`", form
    )
    with get_client(sync_client=True) as client:
        (page,) = client.read_artifacts(artifact_filter=ArtifactFilter(id=ArtifactFilterId(any_=[UUID(link[1])])))
    assert page.data == page_of(run.state)
    assert link[2] in page.data


def test_what_makes_no_sense_is_refused_before_anybody_is_asked(corrected):
    state = begun(corrected, regulations=["/srv/nowhere.yaml"]).state
    assert state.is_failed()
    assert "/srv/nowhere.yaml" in state.message
    assert "it was refused (exit 3)" in artifacts_of(state)["npo-failure"]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"prepared_by": " "}, "a name is empty; write who it is"),
        ({"school_year": "2021"}, "2021"),
        ({"approval_timeout": 0}, "approval_timeout is 0; say how many seconds to wait"),
        ({"as_of": "yesterday"}, "yesterday"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_read(tmp_path, parameters, said):
    given = {"home": str(tmp_path / "nothing"), "school_year": "2021-2022", "prepared_by": PREPARED_BY}
    state = recalibration(**given | parameters, return_state=True)
    assert state.message.startswith("it was refused (exit 3): ")
    assert said in state.message


def test_a_run_that_could_not_be_resumed_says_how_to_start_one(corrected):
    state = recalibration(str(corrected), "2021-2022", PREPARED_BY, return_state=True)
    assert "start it on the page of npo-recalibration/with-approval" in state.message


def test_nobody_answers_in_time(corrected):
    run = begun(corrected, approval_timeout=1)
    time.sleep(1.2)
    with pytest.raises((FlowPauseTimeout, NotPausedError)):
        resume_flow_run(run.id, run_input={"choice": "approve", "approved_by": APPROVED_BY})
    assert again(run).state.is_failed()
    assert "never resumed" in again(run).state.message
    assert select(corrected, DECISIONS) == ["2021-2022-001"]


def test_a_disk_fault_is_tried_again_where_it_only_reads_and_never_in_the_writing(corrected, monkeypatch):
    comparing, writing = Once(plan.compare, disk_fault()), Mock(side_effect=disk_fault())
    monkeypatch.setattr(plan, "compare", comparing)
    run = begun(corrected)
    assert run.state.name == "Suspended"
    assert task_runs_of(run.state, "plan of")["plan of"] == [2]

    monkeypatch.setattr(Run, "append", writing)
    assert answered(run, approved=True).is_failed()
    assert writing.call_count == 1
    assert select(corrected, DECISIONS) == ["2021-2022-001"]
