"""Payments are put on hold in the books, with a name and a reason; nothing pays, and `unhold` releases them."""

from __future__ import annotations

import shutil
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.books.home.npo import here
from tests.books.home.seeing import published, select

BY = ("--by", "A. de Vries")


def hold(home: Path, reason: str = "the bank files are checked"):
    return here("hold", "--reason", reason, *BY, "--home", home)


@pytest.fixture(scope="module")
def held(tmp_path_factory, paid_once) -> Path:
    """A home in which September and October are paid, and payments are on hold since."""
    home = Path(shutil.copytree(paid_once, tmp_path_factory.mktemp("held") / "home"))
    ended = hold(home)
    assert (ended.status, ended.stderr) == (0, "")
    assert "Payments are on hold (000005-hold)" in ended.stdout
    return home


@pytest.mark.parametrize("how", [(), ("--catch-up",)], ids=["pay", "pay --catch-up"])
def test_nothing_is_paid_and_it_says_who_when_and_why(held, how):
    before = published(held)
    ended = here("pay", "--month", "2021-11", *how, "--home", held)
    assert ended.status == 3
    ((moment,),) = select(held, "select started_at from runs where command = 'hold'")
    since = f"{moment.replace(tzinfo=UTC).astimezone(ZoneInfo('Europe/Amsterdam')):%Y-%m-%d %H:%M}"
    assert ended.stderr == (
        f"npo: {held}: payments are on hold since {since}, by A. de Vries: the bank files are checked "
        "(000005-hold); nothing is paid until `npo unhold` releases them\n"
    )
    assert published(held) == before


def test_a_dry_run_shows_what_would_be_paid_and_says_that_it_is_not(held):
    ended = here("pay", "--month", "2021-11", "--dry-run", "--home", held)
    assert ended.status == 0
    assert "2021-11: would be paid" in ended.stdout
    assert "by A. de Vries: the bank files are checked (000005-hold)" in ended.stdout


def test_status_says_it_first(held):
    document = here("status", "--json", "--home", held).document
    assert document["findings"][0].startswith("payments are on hold since ")
    assert "by A. de Vries: the bank files are checked (000005-hold)" in document["findings"][0]


def test_it_is_on_record_and_the_books_tie(held):
    assert select(held, "select * from holds") == [
        ("000005-hold", "hold", "A. de Vries", "the bank files are checked")
    ]
    assert select(held, "select command, month, payments from runs order by run_id")[-1] == ("hold", None, 0)
    assert here("verify", "--home", held).status == 0


def test_what_is_no_payment_goes_on(held):
    assert here("decide", "--school-year", "2021-2022", "--dry-run", "--home", held).status == 0


def test_a_second_hold_is_refused_and_names_the_first(held):
    ended = hold(held, "another reason")
    assert ended.status == 3
    assert "by A. de Vries: the bank files are checked (000005-hold) already" in ended.stderr


def test_released_by_a_name_it_pays_again(held, tmp_path):
    home = Path(shutil.copytree(held, tmp_path / "home"))
    ended = here("unhold", "--by", "B. Jansen", "--reason", "all well", "--home", home)
    assert (ended.status, ended.stderr) == (0, "")
    assert "nothing was paid" in ended.stdout
    assert select(home, "from holds order by run_id")[-1] == ("000006-unhold", "unhold", "B. Jansen", "all well")
    assert here("pay", "--month", "2021-11", "--home", home).status == 0
    assert here("verify", "--home", home).status == 0
    assert not [one for one in here("status", "--json", "--home", home).document["findings"] if "hold" in one]


def test_a_payment_that_went_past_a_hold_is_found(held, tmp_path):
    """As by a program that does not know of holds: the rows of the hold are put before those of the payment."""
    import duckdb

    home = Path(shutil.copytree(held, tmp_path / "home"))
    with duckdb.connect(str(home / "npo.duckdb")) as books:
        books.execute("update holds set run_id = '000002-decide'")
    ended = here("verify", "--home", home)
    assert ended.status == 5
    assert "000003-pay-2021-09: paid while payments were on hold (000002-decide)" in ended.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hold", "--by", "A"), "--reason"),
        (("hold", "--reason", "why", "--by", " "), "a name is empty"),
    ],
)
def test_both_ask_for_a_name_and_a_hold_for_its_reason(held, words, said):
    ended = here(*words, "--home", held)
    assert ended.status == 2
    assert said in ended.stderr


def test_who_does_it_is_by_default_the_user_who_is_logged_in(paid_once, tmp_path, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "jdevries")
    home = Path(shutil.copytree(paid_once, tmp_path / "home"))
    assert here("hold", "--reason", "why", "--home", home).status == 0
    assert here("unhold", "--home", home).status == 0
    assert select(home, "select action, declared_by from holds order by run_id") == [
        ("hold", "jdevries"),
        ("unhold", "jdevries"),
    ]


@pytest.mark.parametrize("words", [("hold", "--reason", "why"), ("unhold",)])
def test_a_user_without_a_name_is_asked_for_one(held, words, monkeypatch):
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    ended = here(*words, "--home", held)
    assert ended.status == 2
    assert "say who does it with --by NAME" in ended.stderr


def test_an_empty_reason_is_none(paid_once):
    ended = hold(paid_once, " ")
    assert ended.status == 3
    assert "say why payments are put on hold" in ended.stderr


def test_what_is_not_on_hold_is_not_released(paid_once):
    ended = here("unhold", *BY, "--home", paid_once)
    assert ended.status == 3
    assert "payments are not on hold" in ended.stderr


def test_without_books_there_is_nothing_to_hold(tmp_path):
    ended = hold(tmp_path / "nothing")
    assert ended.status == 3
    assert "holds no books yet" in ended.stderr
    assert not (tmp_path / "nothing").exists()
