"""A changed payment account is confirmed by name: on record, once, and only by an account of the recipient."""

import shutil
from pathlib import Path

import pytest

from tests.books.files.layouts import PAYMENT_ACCOUNTS, write
from tests.books.home.npo import here
from tests.books.home.seeing import select

OLD, NEW = "NL91ABNA0417164300", "NL61INGB0417164300"


def confirm(home: Path, recipient: str, iban: str, by: str = "M. Jansen"):
    return here("confirm-account", recipient, iban, "--by", by, "--home", home, "--json")


@pytest.fixture(scope="module")
def changed(tmp_path_factory) -> Path:
    """The account of board 10249 changes in October."""
    folder = tmp_path_factory.mktemp("changed")
    change = {"IBAN": NEW, "INGANGSDATUM": "20211001"}
    accounts = write(folder, "accounts.csv", PAYMENT_ACCOUNTS.lines({}, change))
    assert here("ingest", accounts, "--home", folder / "home").status == 0
    return folder / "home"


@pytest.fixture
def home(changed, tmp_path) -> Path:
    return Path(shutil.copytree(changed, tmp_path / "home"))


def test_a_confirmation_is_on_record_once(home):
    first, again = (confirm(home, "10249", iban, by) for iban, by in ((NEW, "M. Jansen"), (NEW.lower(), "K. Vos")))
    assert (first.status, first.document["run_id"]) == (0, "000002-confirm-account-10249")
    assert (again.status, again.document["run_id"]) == (0, None)
    assert again.document["changes"][0]["confirmed_by"] == "M. Jansen"
    assert select(
        home, "select run_id, recipient, iban, confirmed_by, delivery_id from account_confirmations"
    ) == [("000002-confirm-account-10249", "10249", NEW, "M. Jansen", "d000001")]
    assert here("verify", "--home", home).status == 0


def test_the_first_account_has_nothing_to_confirm(changed):
    ended = here("confirm-account", "10249", OLD, "--by", "M. Jansen", "--home", changed)
    assert (ended.status, ended.stdout) == (
        0,
        f"{OLD} is the first account of 10249: there is no change to confirm\n",
    )
    assert select(changed, "select count(*) from account_confirmations") == [(0,)]


@pytest.mark.parametrize(
    ("recipient", "iban", "status", "words"),
    [
        (
            "10249",
            "NL36RABO0417164300",
            3,
            "10249: NL36RABO0417164300 is no account of this recipient; its accounts",
        ),
        ("10250", NEW, 3, "10250: has no payment account in the books; deliver one"),
        ("10249", "NL62INGB0417164300", 2, "IBAN 'NL62INGB0417164300' has wrong check digits"),
        ("De Linde", NEW, 2, "'De Linde' is no recipient: a board has five digits, a municipality four"),
    ],
)
def test_what_is_no_account_of_the_recipient_is_refused(changed, recipient, iban, status, words):
    ended = confirm(changed, recipient, iban)
    assert ended.status == status
    assert words in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_home_without_books_is_refused(tmp_path):
    assert confirm(tmp_path / "home", "10249", NEW).status == 3
