"""`npo journal`: the payments in the books of a home as entries for the ledger of one board, and of no other."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest

from npo_pipeline.journal.mapping import EXAMPLE, examples
from npo_pipeline.translation import VARIABLE
from tests.books.home.npo import here
from tests.books.home.seeing import select
from tests.spec.journal.ledgers import Paid, ledger

FROM, TO = "10004", "10009"
"""The boards between which 02BB00 moves on 1 December 2021, after corrections in November."""


@pytest.fixture(scope="module")
def rich(story) -> Path:
    return story.at("rich")


def journal(home: Path, *words: object):
    return here("journal", "--home", home, *words)


def rows(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def in_cents(text: str) -> int:
    return int(text.replace(",", ""))


def boards(home: Path) -> list[str]:
    return [board for (board,) in select(home, "select distinct board from payments order by 1")]


def test_what_lands_in_the_ledger_of_each_board_is_what_it_was_paid(rich, tmp_path):
    booked = {}
    for board in boards(rich):
        ended = journal(rich, "--board", board, "--year", "2021", tmp_path)
        assert ended.status == 0, ended.stderr
        lines = rows(tmp_path / f"npo-journaal-{board}-2021.csv")
        assert sum(in_cents(one["DEBET"]) for one in lines) == sum(in_cents(one["CREDIT"]) for one in lines)
        for one in lines:
            if one["REKENING"] != "1330":
                key = board, one["BRIN_NUMMER"], int(one["PERIODE"])
                booked[key] = booked.get(key, 0) + in_cents(one["CREDIT"]) - in_cents(one["DEBET"])
    query = """
        select board, brin, month(paid_month), (sum(amount) * 100)::bigint from payments
        where year(paid_month) = 2021 group by all having sum(amount) <> 0"""
    assert {key: cents for key, cents in booked.items() if cents} == {
        (board, brin, month): cents for board, brin, month, cents in select(rich, query)
    }
    # The school that moved is booked by both, each for its own months.
    assert {period for board, brin, period in booked if (board, brin) == (TO, "02BB")} == {12}
    assert max(period for board, brin, period in booked if (board, brin) == (FROM, "02BB")) < 12


def test_no_file_holds_a_word_of_another_board(rich, tmp_path):
    for board in boards(rich):
        assert journal(rich, "--board", board, "--year", "2021", tmp_path / board).status == 0
        whole = b"".join(one.read_bytes() for one in (tmp_path / board).iterdir())
        brins = {brin for (brin,) in select(rich, f"select distinct brin from payments where board = '{board}'")}
        others = {brin for (brin,) in select(rich, "select distinct brin from payments")} - brins
        assert [one for one in {*boards(rich), *others} - {board} if one.encode() in whole] == []


def test_a_month_has_the_entries_that_its_year_has(rich, tmp_path):
    for period in (("--month", "2021-11"), ("--year", "2021")):
        assert journal(rich, "--board", FROM, *period, tmp_path).status == 0
    month, year = (rows(tmp_path / f"npo-journaal-{FROM}-{name}.csv") for name in ("2021-11", "2021"))
    assert month == [one for one in year if one["PERIODE"] == "11"] != []


def test_the_same_again_changes_nothing_and_other_content_is_never_overwritten(rich, tmp_path):
    words = ("--board", FROM, "--month", "2021-11", tmp_path)
    first = journal(rich, *words, "--json").document
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    again = journal(rich, *words, "--json").document
    assert [one["written"] for one in first["files"]] == [True, True]
    assert [one["written"] for one in again["files"]] == [False, False]
    other = journal(rich, *words, "--mapping", "voorbeeld-kort")
    assert other.status == 3
    assert f"npo-journaal-{FROM}-2021-11.csv: is there already with other content" in other.stderr
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_summary_says_what_was_booked_and_that_the_accounts_are_those_of_an_example(rich, tmp_path):
    ended = journal(rich, "--board", FROM, "--month", "2021-11", tmp_path)
    query = f"select sum(amount) from payments where board = '{FROM}' and paid_month = '2021-11-01'"
    ((paid,),) = select(rich, query)
    document = journal(rich, "--board", FROM, "--month", "2021-11", tmp_path, "--json").document
    (one,) = document["journals"]
    assert (Decimal(one["paid"]), document["example"], document["period"]) == (paid, True, "2021-11")
    assert sum(Decimal(each["credit"]) for each in one["accounts"]) == paid
    assert "! the accounts are those of an example" in ended.stdout
    assert "the audit file says `onbekend` for the tax number" in ended.stdout


def test_a_board_books_by_a_mapping_of_its_own(rich, tmp_path):
    own = tmp_path / "mapping.yaml"
    assert journal(rich, "--template", own).status == 0
    assert own.read_bytes() == examples()[EXAMPLE]
    text = own.read_text(encoding="utf-8").replace("  example: yes\n", "")
    own.write_text(
        text.replace("administration: {}", 'administration: {tax_number: "123456789"}'), encoding="utf-8"
    )
    document = journal(
        rich, "--board", FROM, "--month", "2021-11", tmp_path / "out", "--mapping", own, "--json"
    ).document
    assert (document["example"], document["remarks"]) == (False, [])
    own.write_text(text.replace('account: "8051"\n', 'account: "8015"\n'), encoding="utf-8")
    refused = journal(rich, "--board", FROM, "--month", "2021-11", tmp_path / "no", "--mapping", own)
    assert refused.status == 3
    assert "mapping.yaml, line 42: journal.lines[1].account: 8015 is none of the accounts" in refused.stderr
    assert not (tmp_path / "no").exists()


def test_nothing_paid_writes_nothing_and_an_unknown_board_is_refused(rich, tmp_path):
    nothing = journal(rich, "--board", FROM, "--month", "2030-01", tmp_path / "out")
    assert (nothing.status, nothing.stdout) == (
        0,
        f"Nothing was paid to board {FROM} in 2030-01, so nothing is written\n",
    )
    unknown = journal(rich, "--board", "99999", "--month", "2021-11", tmp_path / "out")
    assert (unknown.status, unknown.stderr.split(";")[0]) == (
        3,
        "npo: 99999: the books know no board of this number",
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--month", "2021-11", "OUT"),
        ("--board", FROM, "OUT"),
        ("--board", FROM, "--month", "2021-11"),
        ("--board", FROM, "--month", "2021-11", "--year", "2021", "OUT"),
        ("--template", "x.yaml", "OUT"),
    ],
)
def test_wrong_usage_ends_with_2(rich, tmp_path, words):
    given = [tmp_path / "out" if one == "OUT" else one for one in words]
    assert journal(rich, *given).status == 2


@pytest.mark.parametrize(
    ("option", "words"),
    [("--rgs", "cannot be read"), ("--xsd", "cannot be read"), ("--mapping", "no such file")],
)
def test_a_file_that_is_not_there_is_refused_and_nothing_is_written(rich, tmp_path, option, words):
    out, gone = tmp_path / "out", tmp_path / "gone"
    ended = journal(rich, "--board", FROM, "--month", "2021-11", out, option, gone)
    assert (ended.status, words in ended.stderr, out.exists()) == (3, True, False)


def test_a_folder_that_cannot_be_made_is_refused(rich, tmp_path):
    (tmp_path / "file").write_text("")
    ended = journal(rich, "--board", FROM, "--month", "2021-11", tmp_path / "file" / "out")
    assert ended.status == 3
    assert "name a folder that can be written in" in ended.stderr


def test_dollars_have_files_of_their_own(rich, tmp_path, monkeypatch):
    dollars = Paid(amount="7.00", vestiging="30AA00", school_type="cn", currency="USD")
    paid = ledger(Paid(amount="5.00"), dollars)
    monkeypatch.setattr("npo_pipeline.commands.journal.board_ledger", lambda *_: paid)
    ended = journal(rich, "--board", FROM, "--month", "2021-09", tmp_path, "--json")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"npo-journaal-{FROM}-2021-09{ending}" for ending in ("-USD.csv", "-USD.xaf", ".csv", ".xaf")
    ]
    totals = [(one["currency"], one["paid"], one["debit"]) for one in ended.document["journals"]]
    assert totals == [("EUR", "5.00", "5.00"), ("USD", "7.00", "7.00")]
    assert {one["VALUTA"] for one in rows(tmp_path / f"npo-journaal-{FROM}-2021-09-USD.csv")} == {"USD"}


def test_it_speaks_dutch(rich, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "nl")
    said = journal(rich, "--board", FROM, "--month", "2021-11", tmp_path).stdout
    assert "Credit per rekening, EUR" in said
    assert " betalingen: 1 journaalpost van " in said
    assert "! de rekeningen zijn die van een voorbeeld" in said
