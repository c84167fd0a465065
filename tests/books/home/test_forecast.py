"""`npo forecast` in books with corrections, a transfer to come, a merger and two school years."""

import re
from collections import defaultdict
from decimal import Decimal

import pytest

from tests.books.home.npo import here
from tests.books.home.seeing import published, select

BOARD = "10001"


@pytest.fixture(scope="module")
def home(story):
    return story.at("whole")


@pytest.fixture(scope="module")
def to_come(home):
    ended = here("forecast", "--home", home, "--json")
    assert ended.status == 0, ended.stderr
    return ended.document


def sums(rows, *key):
    found = defaultdict(Decimal)
    for row in rows:
        found[tuple(row[name] for name in key)] += Decimal(row["amount"])
    return {key: amount for key, amount in found.items() if amount}


def test_it_is_what_the_payment_runs_to_come_would_pay(home, to_come):
    last = max(one["month"] for one in to_come["months"])[:7]
    runs = here("pay", "--month", last, "--catch-up", "--dry-run", "--home", home, "--json").document["months"]
    paid = [
        {"month": f"{run['month']}-01", "kind": row["reason"], **row}
        for run in runs
        for row in run["by_component"]
    ]
    by_kind = [
        {"month": row["month"], "component": row["component"], "kind": kind, "amount": row[kind]}
        for row in to_come["by_component"]
        for kind in ("instalment", "correction")
    ]
    key = ("month", "component", "kind")
    assert sums(by_kind, *key) == sums(paid, *key)
    assert len(to_come["months"]) > 3


def test_it_changes_nothing(home, to_come):
    was = published(home)
    assert here("forecast", "--home", home, "--school-year", "2021-2022").status == 0
    assert published(home) == was


def test_of_a_board_it_is_its_part_of_that_of_the_country(home, to_come):
    boards = [one for (one,) in select(home, "select distinct board from schools order by 1")]
    found = [here("forecast", "--home", home, "--board", one, "--json").document for one in boards]
    of_boards = [row for row in to_come["by_recipient_kind"] if row["recipient_kind"] == "bestuur"]
    assert sums([row for one in found for row in one["months"]], "month") == sums(of_boards, "month")


def test_the_page_of_a_board_names_no_other_board_and_no_school_of_another(home, tmp_path):
    page = tmp_path / "forecast.html"
    assert here("forecast", "--home", home, "--board", BOARD, "--page", page).status == 0
    text = re.sub(r"<style.*?</style>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    others = select(home, f"select distinct unnest([board, brin]) from schools where board <> '{BOARD}'")
    own = select(home, f"select distinct unnest([board, brin]) from schools where board = '{BOARD}'")
    assert BOARD in text
    assert [code for (code,) in others if (code,) not in own and re.search(rf"\b{code}", text)] == []


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("--board", "10099"), "no board 10099 is known"),
        (("--school-year", "2029-2030"), "2029-2030 was not decided; decided: 2020-2021, 2021-2022"),
        (("--page", "forecast.pdf"), "give it a name that ends in .html"),
    ],
)
def test_what_cannot_be_forecast_is_refused(home, asked, words):
    ended = here("forecast", *asked, "--home", home)
    assert (ended.status, words in ended.stderr) == (3, True), ended.stderr
