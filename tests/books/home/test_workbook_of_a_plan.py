"""The workbook of a plan or of two decisions is a new file, and what is wrong with its name is said first."""

import pytest

from npo_pipeline.errors import Refused
from tests.books.home.npo import here
from tests.books.home.seeing import published

AGAIN = ("decide", "--school-year", "2021-2022", "--reference-date", "2020-10-01")
DIFF = ("diff", "2021-2022-001", "2021-2022-001")


@pytest.mark.parametrize("command", [AGAIN, (*AGAIN, "--dry-run"), DIFF])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere/plan.xlsx", "there is no folder"),
        ("there.xlsx", "is there already, and no file is overwritten"),
        ("plan.csv", "give it a name that ends in .xlsx"),
    ],
)
def test_a_name_that_will_not_do_is_refused_before_anything_is_decided(decided, tmp_path, command, name, words):
    (tmp_path / "there.xlsx").write_text("mine")
    was = published(decided)
    ended = here(*command, "--home", decided, "--workbook", tmp_path / name)
    assert (ended.status, words in ended.stderr) == (3, True)
    assert (published(decided), (tmp_path / "there.xlsx").read_text()) == (was, "mine")


def test_a_disk_that_is_full_after_the_decision_says_that_it_is_written(ingested, tmp_path, monkeypatch):
    def full(*_, **__):
        raise Refused("plan.xlsx: cannot be written (No space left on device); name another file")

    monkeypatch.setattr("npo_pipeline.reports.plan_workbook.write_plan", full)
    command = ("decide", "--school-year", "2021-2022", "--home", ingested)
    ended = here(*command, "--workbook", tmp_path / "plan.xlsx")
    assert ended.status == 1
    assert "decision 2021-2022-001 is written, and its workbook is not: plan.xlsx: cannot be" in ended.stderr
    assert "2021-2022-001" in here("status", "--home", ingested).stdout


@pytest.fixture
def ingested(tmp_path, country):
    home = tmp_path / "home"
    assert here("ingest", country, "--reference-date", "2020-10-01", "--home", home).status == 0
    return home
