"""Two people decide without a server: one shows a plan, another approves it, and just that is written."""

from __future__ import annotations

import shutil

import pytest

from tests.books.home.delivery import write_scores
from tests.books.home.npo import here
from tests.books.home.seeing import select, tables

NAMES = ("--prepared-by", "A. de Vries", "--approved-by", "B. Jansen")


@pytest.fixture(scope="module")
def corrected_once(decided_once, tmp_path_factory):
    folder = tmp_path_factory.mktemp("corrected")
    home = shutil.copytree(decided_once, folder / "home")
    deliver(home, folder, "200,50")
    return home


@pytest.fixture
def corrected(corrected_once, tmp_path):
    """A home in which 2021-2022 is decided, and a corrected score came in since."""
    return shutil.copytree(corrected_once, tmp_path / "decided")


def deliver(home, folder, score):
    scores = write_scores(folder / score, {"01AA00": score, "02BB00": "0,00"})
    assert here("ingest", scores, "--reference-date", "2020-10-01", "--home", home).status == 0


def decide(home, *options):
    return here("decide", "--school-year", "2021-2022", *options, "--home", home)


def plan(home):
    return decide(home, "--dry-run", "--json").document["plan"]


def test_a_dry_run_ends_with_the_plan_that_can_be_approved(corrected):
    last = decide(corrected, "--dry-run").stdout.splitlines()[-1]
    assert last == f"Dry run: nothing was changed; to write just this: --approved-plan {plan(corrected)}"


def test_the_plan_that_was_approved_is_written_with_who_did_what(corrected):
    ended = decide(corrected, *NAMES, "--four-eyes", "--approved-plan", plan(corrected))
    assert ended.status == 0, ended.stderr
    row = "select prepared_by || ' and ' || approved_by from decisions where sequence = 2"
    assert select(corrected, row) == [("A. de Vries and B. Jansen",)]


def test_to_ask_again_for_what_was_written_is_no_fault(corrected):
    approved = (*NAMES, "--approved-plan", plan(corrected))
    assert decide(corrected, *approved).status == 0
    again = decide(corrected, *approved)
    assert (again.status, again.stdout.splitlines()[-1]) == (
        0,
        "Nothing to do: decision 2021-2022-002 says the same",
    )


def test_what_has_become_another_plan_is_refused(corrected, tmp_path):
    approved = plan(corrected)
    deliver(corrected, tmp_path, "300,50")
    before = tables(corrected)
    ended = decide(corrected, *NAMES, "--approved-plan", approved)
    assert ended.status == 3
    assert "what would be decided is another thing than what was approved" in ended.stderr
    assert tables(corrected) == before


def test_the_same_amounts_against_another_decision_are_another_plan(corrected, tmp_path):
    approved = plan(corrected)
    deliver(corrected, tmp_path, "300,50")
    assert decide(corrected, "--accept-change", "--reason", "three times as much").status == 0
    deliver(corrected, tmp_path, "200,50")
    assert decide(corrected, "--approved-plan", approved).status == 3


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (
            ("--prepared-by", "José", "--approved-by", " JOSE\u0301 "),
            "prepared the decision and cannot approve it",
        ),
        (("--prepared-by", "A. de Vries"), "say who prepared the decision and who approved it"),
        ((), "say who prepared the decision and who approved it"),
    ],
    ids=["one person, typed in two ways", "nobody approved", "nobody at all"],
)
def test_four_eyes_are_two_people(corrected, names, said):
    before = tables(corrected)
    ended = decide(corrected, *names, "--four-eyes")
    assert (ended.status, ended.stderr.count("\n")) == (3, 1)
    assert said in ended.stderr
    assert tables(corrected) == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--prepared-by", " "), "a name is empty; write who it is"),
        (("--approved-by", "."), "a name is empty; write who it is"),
        (("--approved-by", "B\x1b[2J"), "characters that cannot be shown"),
        (("--prepared-by", "B" * 101), "a name has 101 characters, and may have 100"),
        (("--approved-plan", "f63f25"), "'f63f25' is no plan: copy the 64 characters"),
    ],
)
def test_what_is_no_name_and_no_plan_is_wrong_usage(decided, options, said):
    ended = decide(decided, *options)
    assert (ended.status, ended.stderr.count("\n")) == (2, 1)
    assert said in ended.stderr


def test_a_name_that_a_spreadsheet_would_run_is_kept_as_text(corrected):
    assert decide(corrected, "--prepared-by", "=cmd()").status == 0
    assert select(corrected, "select prepared_by from decisions where sequence = 2") == [("'=cmd()",)]
