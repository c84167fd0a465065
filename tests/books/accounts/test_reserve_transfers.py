"""A reserve moves with a school between boards (overdracht saldo): both boards, one amount."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from npo_pipeline.errors import Refused
from tests.books.accounts.year import booked, done, faults, run, stale
from tests.books.home.delivery import write_changes, write_reserve_transfers, write_spending
from tests.books.home.seeing import everything, select

BALANCE = """
    select board, brin, carried_in, received, spent, transferred, carried_out from accountability
    where year = 2022 and brin = '02BB' order by all"""
RULES = "select board, rule from findings where year = 2022 and rule like 'transfer%' order by all"


@pytest.fixture(scope="module")
def moved_once(second_year_once, tmp_path_factory) -> Path:
    """02BB, with 1.444,55 left of 2021, goes to board 10009 on 1 February 2022, which spends 1.500,00 there."""
    folder = tmp_path_factory.mktemp("moved")
    home = Path(shutil.copytree(second_year_once, folder / "home"))
    assert run(home, "ingest", write_changes(folder, "20220201;bestuursoverdracht;02BB00;10009;")).status == 0
    assert run(home, "pay", "--month", "2022-02").status == 0
    spent = write_spending(folder / "spent", "10009;02BB;2022;B;Feedback;school;1500,00;0")
    booked(home, spent, year=2022)
    return home


@pytest.fixture
def moved(moved_once, tmp_path) -> Path:
    return Path(shutil.copytree(moved_once, tmp_path / "moved"))


def told(tmp_path: Path, amount: str, *, by: str = "", name: str = "told", day: str = "20220201") -> Path:
    """A file on what moved: of both boards, or of one of them."""
    path = write_reserve_transfers(tmp_path / name, f"2022;10002;10009;02BB;{amount};{day}") / "overdracht.csv"
    if by:
        header, row = path.read_text().splitlines()
        path.write_text(f"{header};BEVOEGD_GEZAG_NUMMER\n{row};{by}\n")
    return path


def rules_of(home: Path, board: str) -> list[str]:
    query = f"select rule from findings where year = 2022 and board = '{board}' order by 1"
    return [rule for (rule,) in select(home, query)]


def test_a_reserve_that_is_told_of_moves_in_the_accounts_of_both_boards(moved, tmp_path):
    """Of the 1.853,56 that 10002 has (1.444,55 + 409,01), 1.400,00 moves: 409,01 + 1.400,00 - 1.500,00 is left."""
    assert "overspent" in rules_of(moved, "10009")
    booked(moved, told(tmp_path, "1.400,00"), year=2022)
    assert select(moved, BALANCE) == [
        (
            *("10002", "02BB", Decimal("1444.55"), Decimal("409.01")),
            *(Decimal("0.00"), Decimal("-1400.00"), Decimal("453.56")),
        ),
        (
            *("10009", "02BB", Decimal("0.00"), Decimal("409.01")),
            *(Decimal("1500.00"), Decimal("1400.00"), Decimal("309.01")),
        ),
    ]
    assert "overspent" not in rules_of(moved, "10009")
    assert select(moved, RULES) == []
    assert faults(moved) == []


def test_what_one_board_tells_of_counts_for_both_and_the_other_is_asked(moved, tmp_path):
    booked(moved, told(tmp_path, "1.400,00", by="10009"), year=2022)
    done(moved, "--board", "10002", year=2022)
    assert select(moved, RULES) == [("10002", "transfer_unconfirmed")]
    assert [row[5] for row in select(moved, BALANCE)] == [Decimal("-1400.00"), Decimal("1400.00")]
    page = next((moved / "reports" / "2022" / "10002").glob("npo-2022-10002*.*html")).read_text()
    assert "Volgens bestuur 10009 ging er € 1.400,00 over van bestuur 10002 naar bestuur 10009" in page
    # 10002 says that nothing moved: that counts for both, and both see it.
    booked(moved, told(tmp_path, "0,00", by="10002", name="denied"), year=2022)
    assert select(moved, RULES) == [("10002", "transfer_differs"), ("10009", "transfer_differs")]
    assert [row[5] for row in select(moved, BALANCE)] == [Decimal("0.00"), Decimal("0.00")]


def test_of_two_amounts_the_lowest_counts_for_both(moved, tmp_path):
    assert run(moved, "ingest", told(tmp_path, "1.400,00", by="10002")).status == 0
    assert "accounts of 2022: transfers came in later; run `npo account --year 2022` again" in stale(moved)
    booked(moved, told(tmp_path, "1.300,00", by="10009", name="other"), board="10009", year=2022)
    assert [row[5] for row in select(moved, BALANCE)] == [Decimal("-1300.00"), Decimal("1300.00")]
    assert select(moved, RULES) == [("10002", "transfer_differs"), ("10009", "transfer_differs")]


@pytest.mark.parametrize(
    ("row", "by", "said"),
    [
        ("2022;10002;10002;02BB;5,00;20220201", "", "NAAR_BEVOEGD_GEZAG '10002' mag hier niet staan"),
        ("2022;10002;10009;02BB;5,00;20210201", "", "DATUM '20210201' valt niet in JAAR"),
        ("2022;10002;10003;02BB;5,00;20220201", "", "02BB is geen school van bestuur 10003"),
        ("2022;10002;10009;02BB;-5,00;20220201", "", "BEDRAG '-5,00' ligt onder nul"),
        ("2022;10002;10009;02BB;5,00;20220201", "10001", "BEVOEGD_GEZAG_NUMMER '10001' mag hier niet staan"),
    ],
)
def test_what_cannot_have_moved_is_refused(moved_once, tmp_path, row, by, said):
    path = told(tmp_path, "1,00", by=by)
    _, given = path.read_text().splitlines()
    path.write_text(path.read_text().replace(given, f"{row};{by}" if by else row))
    before = everything(moved_once)
    with pytest.raises(Refused) as refused:
        booked(moved_once, path, year=2022)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert everything(moved_once) == before
