"""Payment accounts: from a file to their table, what is refused of them, and what a later file does."""

import shutil
from pathlib import Path

import pytest

from tests.books.checking import faults
from tests.books.files.layouts import PAYMENT_ACCOUNTS, write
from tests.books.home.npo import here
from tests.books.home.seeing import select

OTHER = "NL61INGB0417164300"
FAULTS = {
    "invalid_iban": [
        {"IBAN": "NL92ABNA0417164300"},
        {"IBAN": "BE71096123456769"},
        {"IBAN": "NL91ABNA041716430"},
        {"IBAN": "NL56XXXX0417164300"},
    ],
    "missing_value": [{"TENAAMSTELLING": ""}, {"IBAN": ""}],
    "unknown_code": [{"ONTVANGER": "vo2302"}, {"ONTVANGER": "114"}],
    "not_a_date": [{"INGANGSDATUM": "20210231"}],
    "duplicate_row": [{}],
    "contradiction": [{"ONTVANGER": "10003"}, {"ONTVANGER": "10003", "IBAN": OTHER}],
}
"""Rule -> rows that it refuses, beside right ones."""

RIGHT = [
    {},
    {"ONTVANGER": "10250", "IBAN": "nl61 ingb 0417 1643 00", "INGANGSDATUM": "2021-08-01"},
    {"ONTVANGER": "VO2302", "IBAN": "NL36RABO0417164300", "TENAAMSTELLING": "Samenwerkingsverband Noord"},
    {"ONTVANGER": "0114", "IBAN": "NL58BNGH0417164300", "TENAAMSTELLING": "=Gemeente " + "x" * 70},
    # The same account written in two ways is one.
    {"ONTVANGER": "10251", "IBAN": "NL09RABO0417164301"},
    {"ONTVANGER": "10251", "IBAN": "NL09 RABO 0417 1643 01"},
]


def ingest(home: Path, *paths: Path, expect: int = 0):
    ended = here("ingest", *paths, "--max-rejected", "0.9", "--home", home, "--json")
    assert ended.status == expect, ended.stderr
    return ended


def deliver(folder: Path, *rows: dict[str, str], name: str = "accounts.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return write(folder, name, PAYMENT_ACCOUNTS.lines(*rows))


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    folder = tmp_path_factory.mktemp("accounts")
    faults = [row for rows in FAULTS.values() for row in rows]
    ended = ingest(folder / "home", deliver(folder, *RIGHT, *faults))
    return folder / "home", ended.document


@pytest.fixture
def home(begun, tmp_path) -> Path:
    return Path(shutil.copytree(begun[0], tmp_path / "home"))


def test_a_row_is_the_account_of_a_recipient_from_a_day(begun):
    columns = "recipient_kind, recipient, iban, account_name, valid_from::varchar"
    query = f"select {columns} from payment_accounts order by recipient"
    assert select(begun[0], query) == [
        ("gemeente", "0114", "NL58BNGH0417164300", "'=Gemeente " + "x" * 59, "2021-08-01"),
        ("bestuur", "10249", "NL91ABNA0417164300", "Stichting De Linde", "2021-08-01"),
        ("bestuur", "10250", OTHER, "Stichting De Linde", "2021-08-01"),
        ("bestuur", "10251", "NL09RABO0417164301", "Stichting De Linde", "2021-08-01"),
        ("samenwerkingsverband", "VO2302", "NL36RABO0417164300", "Samenwerkingsverband Noord", "2021-08-01"),
    ]


def test_each_fault_is_refused_by_its_rule_alone(begun):
    places = [(rule, row) for rule, rows in FAULTS.items() for row in rows]
    found = select(begun[0], "select line, rule from quarantine order by line")
    assert found == [(line, rule) for line, (rule, _) in enumerate(places, 2 + len(RIGHT))]


def test_what_is_wrong_with_an_iban_stands_in_the_message(begun):
    words = [
        message for (message,) in select(begun[0], "select message from quarantine where rule = 'invalid_iban'")
    ]
    assert [one.partition("; ")[0] for one in words] == [
        "IBAN 'NL92ABNA0417164300' has wrong check digits: a character was mistyped or two were swapped",
        "IBAN 'BE71096123456769' is of country BE",
        "IBAN 'NL91ABNA041716430' has 17 characters, and a Dutch IBAN has 18",
        "IBAN 'NL56XXXX0417164300' is of a bank that is not known (XXXX)",
    ]


def test_both_rows_that_contradict_each_other_name_the_other(begun):
    query = "select line, column_name, message from quarantine where rule = 'contradiction' order by line"
    first, second = select(begun[0], query)
    assert first[1] == second[1] == "ONTVANGER"
    assert first[2].startswith(
        f"contradicts line {second[0]} about 10003 from 2021-08-01; none of these rows counts"
    )
    assert second[2].startswith(
        f"contradicts line {first[0]} about 10003 from 2021-08-01; none of these rows counts"
    )


def test_a_name_that_is_longer_than_a_bank_takes_is_shortened_with_a_remark(begun):
    assert any("TENAAMSTELLING of 1 rows is longer than a bank takes" in one for one in begun[1]["remarks"])


def test_the_books_tie_with_accounts_in_them(begun):
    assert here("verify", "--home", begun[0], "--json").document["findings"] == []


def test_a_later_file_adds_to_the_earlier_and_the_change_is_remarked(home, tmp_path):
    change = {"IBAN": "NL26ABNA0417164306", "INGANGSDATUM": "20211001"}
    path = deliver(tmp_path / "later", change, name="later.csv")
    (remark,) = ingest(home, path).document["remarks"]
    assert remark.startswith(
        "later.csv: the account of 1 recipients changes (first 10249: NL91ABNA0417164300 becomes "
        "NL26ABNA0417164306 on 2021-10-01); every release names them"
    )
    assert select(home, "select count(*) from payment_accounts") == [(6,)]
    assert select(home, "select count(*) from deliveries where superseded_by is not null") == [(0,)]
    assert ingest(home, path).document["run_id"] is None
    assert faults(home, "deliveries") == []


def test_a_file_that_was_taken_back_can_come_again(home, tmp_path):
    wrong, right = {"IBAN": "NL26ABNA0417164306"}, {}
    paths = [deliver(tmp_path / name, row) for name, row in (("wrong", wrong), ("right", right))]
    runs = [ingest(home, path).document["run_id"] for path in (*paths, paths[0])]
    assert None not in runs
    query = "select iban from payment_accounts where recipient = '10249' order by delivery_id desc limit 1"
    assert select(home, query) == [("NL26ABNA0417164306",)]


def test_an_account_of_two_recipients_is_remarked(home, tmp_path):
    path = deliver(tmp_path / "shared", {"ONTVANGER": "10252"})
    (remark,) = ingest(home, path).document["remarks"]
    assert remark == (
        "accounts.csv: 1 accounts are of several recipients (first NL91ABNA0417164300: 10249, 10252); check that "
        "each is paid on its own"
    )


def test_two_files_that_differ_about_an_account_are_refused(begun, tmp_path):
    paths = [
        deliver(tmp_path, {"IBAN": iban}, name=name)
        for name, iban in (("a.csv", OTHER), ("b.csv", "NL36RABO0417164300"))
    ]
    said = ingest(begun[0], *paths, expect=3).stderr
    assert "a.csv, line 2 and b.csv, line 2: 10249 has two accounts or names from 2021-08-01; keep one" in said


def test_the_refused_rows_can_be_written_out_and_inspected(begun, tmp_path):
    path = deliver(tmp_path, {"IBAN": "NL92ABNA0417164300"})
    inspected = here("inspect", path, "--json")
    assert inspected.status == 3
    assert inspected.document["files"][0]["kind"] == "payment_accounts"
    assert "No file says which board a school has" not in here("inspect", path).stdout
    refused = here("ingest", path, "--home", begun[0], "--rejects", tmp_path / "rejects.csv")
    assert refused.status == 3
    assert "invalid_iban" in (tmp_path / "rejects.csv").read_text()
