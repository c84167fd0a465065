"""To the bank and back by flows: a release waits for a person, and files of the bank are read from a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName
from prefect.client.schemas.objects import FlowRun

from flows.bank import bank_feedback, release_month
from flows.payment_run import payment_run
from tests.books.home.delivery import write_debtor, write_payment_accounts
from tests.integration.flows.asking import APPROVED_BY, PREPARED_BY, again, answered, deployed, went_on
from tests.integration.flows.conftest import npo
from tests.integration.flows.prefect_side import artifacts_of, run_now, select
from tests.integration.flows.receiver import notified, receiver
from tests.spec.bank.messages import rejected

__all__ = ["notified", "receiver"]

LINDE, OTHER = "NL91ABNA0417164300", "NL86INGB0002445588"


@pytest.fixture(scope="module")
def paid_with_accounts(tmp_path_factory, paid_once) -> Path:
    """A home in which October is paid, and two of three boards have an account."""
    folder = tmp_path_factory.mktemp("accounts")
    home = Path(shutil.copytree(paid_once, folder / "home"))
    rows = (f"10001;{LINDE};Stichting De Linde;20210801", f"10002;{OTHER};Drie & Vier;20210801")
    npo("ingest", write_payment_accounts(folder / "in", *rows), "--home", home)
    return home


@pytest.fixture
def paid(tmp_path, paid_with_accounts) -> Path:
    return Path(shutil.copytree(paid_with_accounts, tmp_path / "home"))


def asked(home: Path, **parameters: str) -> FlowRun:
    """A run of the release of October that waits for a person."""
    debtor = str(write_debtor(home.parent / "debtor"))
    given = {"home": str(home), "month": "2021-10", "prepared_by": PREPARED_BY, "debtor": debtor, **parameters}
    with get_client(sync_client=True) as client:
        run = client.create_flow_run_from_deployment(deployed("two-people"), parameters=given)
    return went_on(run, release_month)


def test_what_is_approved_goes_out_as_the_command_would_to_the_byte(paid, tmp_path):
    other = Path(shutil.copytree(paid, tmp_path / "other"))
    run = asked(paid)
    assert run.state.name == "Suspended"
    assert not (paid / "bank").exists()
    ((plan, by),) = select_rows(paid, "select fingerprint, prepared_by from release_plans")
    assert by == PREPARED_BY
    page = next(text for key, text in artifacts_of(run.state).items() if key == f"npo-release-2021-10-{plan[:12]}")
    assert "# What would go out to the bank of 2021-10" in page
    assert f"| 10001 | Stichting De Linde | {LINDE} | EUR |" in page
    assert "| 10003 |  |  | EUR |" in page

    state = answered(run, approved=True, remark="seen by finance", flow=release_month)

    assert state.name == "Completed"
    assert state.message.startswith("Released NPO-2021-10-001: 2 transfers, € ")
    assert state.message.endswith("prepared by A. de Vries, approved by B. Jansen: seen by finance")
    command = ("release", "--month", "2021-10", "--home", other, "--debtor", tmp_path / "debtor" / "debtor.yaml")
    npo(*command, "--prepared-by", PREPARED_BY)
    npo(*command, "--approved-by", APPROVED_BY, "--approved-plan", plan)
    file = Path("bank") / "npo-2021-10-001.xml"
    assert (paid / file).read_bytes() == (other / file).read_bytes()


def test_what_is_rejected_does_not_go_out(paid):
    state = answered(asked(paid), approved=False, remark="ask the board", flow=release_month)
    assert (state.name, state.message) == (
        "Rejected",
        "Rejected by B. Jansen: ask the board; nothing has gone out",
    )
    assert select(paid, "select count(*) from batches") == [0]


def test_a_release_without_an_account_that_pays_asks_nobody(paid, monkeypatch):
    monkeypatch.delenv("NPO_DEBTOR", raising=False)
    state = release_month(str(paid), "2021-10", PREPARED_BY, return_state=True)
    assert state.message.startswith("it was refused (exit 3): no account is named that pays; set parameter debtor")


def test_a_payment_run_may_end_in_a_release_that_waits(paid):
    deployed("two-people")
    debtor = str(write_debtor(paid.parent / "debtor"))
    state = payment_run(
        str(paid), month="2021-11", release_prepared_by=PREPARED_BY, debtor=debtor, return_state=True
    )
    assert state.message.endswith("; release-2021-11 waits for a person")
    with get_client(sync_client=True) as client:
        named = FlowRunFilter(name=FlowRunFilterName(any_=["release-2021-11"]))
        (run,) = client.read_flow_runs(flow_run_filter=named)
    assert run.parameters["month"] == "2021-11"
    waiting = went_on(run, release_month)
    assert waiting.state.name == "Suspended"
    assert answered(waiting, approved=True, flow=release_month).is_completed()
    assert (paid / "bank" / "npo-2021-11-001.xml").exists()


@pytest.fixture(scope="module")
def released_once(tmp_path_factory, paid_with_accounts) -> Path:
    folder = tmp_path_factory.mktemp("released")
    home = Path(shutil.copytree(paid_with_accounts, folder / "home"))
    command = ("release", "--month", "2021-10", "--home", home, "--debtor", write_debtor(folder))
    npo(*command, "--prepared-by", PREPARED_BY)
    (plan,) = select(home, "select fingerprint from release_plans")
    npo(*command, "--approved-by", APPROVED_BY, "--approved-plan", plan)
    return home


@pytest.fixture
def released(tmp_path, released_once) -> Path:
    return Path(shutil.copytree(released_once, tmp_path / "home"))


def feedback(home: Path, folder: Path) -> FlowRun:
    """A run of the deployment that reads a folder, after it ended."""
    given = {"home": str(home), "folder": str(folder)}
    with get_client(sync_client=True) as client:
        run = client.create_flow_run_from_deployment(deployed("folder"), parameters=given)
    run_now(run, bank_feedback)
    return again(run)


def from_the_bank(home: Path) -> Path:
    """A folder in which the bank rejects the transfer to 10001, and a file is no answer of a bank."""
    (transfer,) = select(home, "select end_to_end_id from transfers where recipient = '10001'")
    folder = home.parent / "in"
    folder.mkdir()
    answer = rejected(transfer, code="AC04").replace(b"NPO-2021-09-001", b"NPO-2021-10-001")
    (folder / "pain.002.xml").write_bytes(answer)
    (folder / "note.xml").write_text("<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>")
    return folder


def test_a_file_that_is_refused_is_named_and_left_and_the_others_are_read(released):
    folder = from_the_bank(released)
    first = feedback(released, folder)
    assert first.state.is_failed()
    assert "note.xml, line 1" in first.state.message
    assert "all others are read (0000" in first.state.message
    assert select(released, "select status from transfers order by recipient") == ["rejected", "sent"]
    tables = artifacts_of(first.state)
    assert tables["npo-transfers-that-came-back"][0]["recipient"] == "10001"
    assert sorted(one.name for one in folder.iterdir()) == ["note.xml", "pain.002.xml"]

    (folder / "note.xml").unlink()
    second = feedback(released, folder)
    assert (second.state.name, second.state.message) == ("Completed", "nothing new: all files were read before")


def test_an_empty_folder_is_no_fault(released, tmp_path):
    (tmp_path / "empty").mkdir()
    assert feedback(released, tmp_path / "empty").state.message.endswith("empty: nothing to read")


def test_who_must_act_is_called_for_a_release_that_waits_a_failure_and_what_came_back(
    notified, paid, released_once
):
    run = asked(paid)
    waiting = notified.waited_for("release-2021-10 waits for a person: ")
    assert f"/runs/flow-run/{run.id}" in waiting

    answered(run, approved=True, by=PREPARED_BY, flow=release_month)
    assert "cannot approve it; another must" in notified.waited_for(
        "release-2021-10 failed: it was refused (exit 3)"
    )

    assert select(paid, "select count(*) from batches") == [0]

    home = Path(shutil.copytree(released_once, paid.parent / "answered" / "home"))
    feedback(home, from_the_bank(home))
    assert "(first 10001: rejected, AC04)" in notified.waited_for("the bank: 1 transfer came back, € ")


def select_rows(home: Path, query: str) -> list[tuple]:
    from tests.books.home.seeing import select as rows_of

    return rows_of(home, query)
