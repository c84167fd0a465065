"""The flow of the accounts: the same tables and packs as the command, and a rerun touches what changed alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flows.year_end import year_end
from npo_pipeline.errors import Refused
from tests.books.home.delivery import write_consents, write_spending
from tests.books.home.seeing import everything
from tests.integration.flows.conftest import npo
from tests.integration.flows.prefect_side import artifacts_of, tables, task_runs_of

SPENT = (
    "10001;01AA;2021;A;Uitbreiding onderwijs;school;4000,00;1000,00",
    "10002;02BB;2021;B;Feedback;school;500,50;0",
    "10002;04DD;2021;C;Cultuureducatie;school;0;0",
    "10003;03CC;2021;D;Samenwerkend leren;school;100,00;0",
)
CONSENTED = tuple(
    f"{board};{brin};2021-2022;J;J;20210615;0;N;;;;"
    for board, brin in (("10001", "01AA"), ("10002", "02BB"), ("10002", "04DD"), ("10003", "03CC"))
)


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("told")
    return write_consents(write_spending(folder, *SPENT), *CONSENTED)


@pytest.fixture(scope="module")
def by_command(tmp_path_factory, paid_once, told) -> Path:
    home = Path(shutil.copytree(paid_once, tmp_path_factory.mktemp("command") / "home"))
    npo("account", "--year", "2021", "--spending", told, "--home", home)
    return home


@pytest.fixture(scope="module")
def by_flow(tmp_path_factory, paid_once, told):
    """The home, and the state of the flow run that accounted for 2021 in it."""
    home = Path(shutil.copytree(paid_once, tmp_path_factory.mktemp("flow") / "home"))
    return home, year_end(str(home), 2021, [str(told)], return_state=True)


def test_every_table_is_the_same_to_the_row(by_command, by_flow):
    assert tables(by_flow[0]) == tables(by_command)


def test_every_report_is_the_same_to_the_byte(by_command, by_flow):
    assert everything(by_flow[0] / "reports") == everything(by_command / "reports")


def test_it_says_what_it_did(by_flow):
    told = by_flow[1].result()
    assert told == {
        "run_id": "000005-account-2021",
        "boards": 3,
        "errors": 0,
        "written": 3,
        "up_to_date": 0,
    }


def test_each_step_is_a_task(by_flow):
    tasks = task_runs_of(by_flow[1], last="gather")
    assert {"recognise spending", "take spending", "work out accounts", "write accounts", "gather"} <= set(tasks)


def test_the_boards_are_one_artifact_with_a_table(by_flow):
    left = artifacts_of(by_flow[1])
    assert set(left) == {"npo-year-end-2021", "npo-year-end-2021-packs"}
    columns = ("board", "currency", "schools", "spent", "errors", "pack")
    assert [tuple(row[name] for name in columns) for row in left["npo-year-end-2021"]] == [
        ("10001", "EUR", "1", "4000.00", "0", "written"),
        ("10002", "EUR", "2", "500.50", "0", "written"),
        ("10003", "EUR", "1", "100.00", "0", "written"),
    ]


def test_a_run_has_a_name_and_its_closing_message_the_amounts(by_flow):
    assert by_flow[1].message == (
        "accounted for 2021 (000005-account-2021): € 14.259,27 received, € 4.600,50 spent; boards 3, errors 0; "
        "packs written 3, up to date 0"
    )


def test_the_bar_of_the_packs_is_full(by_flow):
    assert float(artifacts_of(by_flow[1])["npo-year-end-2021-packs"]) == 100


def test_a_run_that_was_cut_off_goes_on_where_it_was(by_flow, tmp_path):
    home = Path(shutil.copytree(by_flow[0], tmp_path / "home"))
    shutil.rmtree(home / "reports" / "2021" / "10002")
    again = year_end(str(home), 2021)
    assert (again["run_id"], again["written"], again["up_to_date"]) == (None, 1, 2)
    assert everything(home / "reports") == everything(by_flow[0] / "reports")


def test_after_a_correction_of_one_board_that_board_is_written_alone(by_flow, tmp_path):
    home = Path(shutil.copytree(by_flow[0], tmp_path / "home"))
    mended = write_spending(tmp_path / "mended", SPENT[0].replace("4000,00", "4000,01"))
    state = year_end(str(home), 2021, [str(mended)], return_state=True)
    assert (state.result()["written"], state.result()["up_to_date"]) == (1, 2)
    packs = {row["board"]: row["pack"] for row in artifacts_of(state)["npo-year-end-2021"]}
    assert packs == {"10001": "written", "10002": "up to date", "10003": "up to date"}


def test_what_is_refused_fails_and_changes_nothing(paid_once, tmp_path):
    home = Path(shutil.copytree(paid_once, tmp_path / "home"))
    wrong = write_spending(tmp_path / "wrong", "10001;01AA;2021;G;Feedback;school;1,00;0")
    before = everything(home)
    with pytest.raises(Refused, match=r"parameter max_rejected allows 1,00%.*spending.csv, rij 2: CATEGORIE 'G'"):
        year_end(str(home), 2021, [str(wrong)])
    assert everything(home) == before
