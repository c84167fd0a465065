"""A school that goes to another board in the middle of the year: each sees what it gets."""

import shutil
from decimal import Decimal

import pytest

from tests.books.explain.homes import run, said, told, write_register
from tests.books.explain.test_schools import section
from tests.books.home.delivery import write_changes


@pytest.fixture(scope="module")
def moved(tmp_path_factory, decided):
    """02BB00 goes from 10002 to 10001 on 1 November 2021; October is paid."""
    folder = tmp_path_factory.mktemp("moved")
    home = shutil.copytree(decided, folder / "home")
    run(home, "ingest", write_changes(folder / "changes", "20211101;bestuursoverdracht;02BB00;10001;"))
    run(home, "pay", "--month", "2021-11", "--catch-up")
    return home


def months(flow):
    return {month["month"][:7]: month["instalment"] for month in flow["paid"] + flow["to_come"]}


def test_the_school_says_who_is_paid(moved):
    paid, to_come = section(said(moved, "02BB00"), "Betalingen")
    assert "oktober 2021 € 409,01; november 2021 € 409,01 aan bestuur 10001." in paid
    assert "december 2021 € 409,01 aan bestuur 10001" in to_come


def test_both_boards_see_their_part_and_no_more(moved):
    old, new = (told(moved, board)["decisions"][0] for board in ("10002", "10001"))
    assert old["own"] == ["02BB00", "04DD00", "05EE00"]
    assert new["own"] == ["01AA00"]
    # 409,01 a month of 02BB00 and 701,16 of the two others; 01AA00 gets 2.805,67 or a cent more
    assert months(old["flow"])["2021-10"] == "1110.17"
    assert months(old["flow"])["2021-11"] == months(old["flow"])["2022-07"] == "701.16"
    assert months(new["flow"])["2021-10"] == "2805.68"
    assert months(new["flow"])["2021-12"] == "3214.68"
    assert "02BB00, School 02BB00 (Assen): valt in dit besluit onder bestuur 10002" in said(moved, "10001")


def test_what_is_settled_goes_to_the_board_that_is_paid_next(moved, tmp_path):
    home = shutil.copytree(moved, tmp_path / "home")
    register = write_register(tmp_path / "again", pupils={"02BB00 Bo": 19})
    run(home, "ingest", register, "--reference-date", "2020-10-01")
    run(home, "decide", "--school-year", "2021-2022")
    old, new = (told(home, board)["decisions"][0]["flow"] for board in ("10002", "10001"))
    # 12 pupils more: 12 x 701,16 = 8.413,92, of which four twelfths
    assert (old["to_settle"], new["to_settle"]) == ("0.00", "2804.64")
    run(home, "pay", "--month", "2021-12")
    # three of those twelfths, 3 x 701,16, are of months in which 10002 held the school
    owed = (
        "Over september 2021 tot en met oktober 2021 is bestuur 10001 € 2.103,48 verschuldigd aan bestuur 10002. "
        "Geen betaling regelt dat: de besturen verrekenen het met elkaar."
    )
    assert owed in " ".join(section(said(home, "02BB00"), "Tussen besturen te verrekenen"))
    for board in ("10001", "10002"):
        assert f"02BB00. {owed}" in " ".join(said(home, board).split())
    (claim,) = told(home, "02BB00")["decisions"][0]["schools"][0]["claims"]
    assert (claim["debtor"], claim["creditor"], claim["amount"]) == ("10001", "10002", "2103.48")


def difference(explained) -> Decimal:
    """What the total of a board, with what is said beside it, differs from what it is paid and gets yet."""
    flow = explained["flow"]
    months = [Decimal(one["instalment"]) + Decimal(one["correction"]) for one in flow["paid"] + flow["to_come"]]
    beyond = sum(Decimal(one["event"]["amount"]) for one in explained["beyond"])
    return Decimal(explained["amount"]) + beyond - sum(months) - Decimal(flow["to_settle"])


def test_the_total_of_a_board_and_what_went_to_another_add_up_to_what_it_is_paid(moved):
    old, new = (told(moved, board)["decisions"][0] for board in ("10002", "10001"))
    assert [one["event"]["cause"] for one in old["beyond"]] == ["to_board"]
    assert [one["event"]["cause"] for one in new["beyond"]] == ["from_board"]
    # nine months of 02BB00: 4.908,12 less three twelfths
    assert old["beyond"][0]["event"]["amount"] == "-3681.09"
    assert (difference(old), difference(new)) == (0, 0)
    assert "Daarvan zijn de maanden november 2021 tot en met juli 2022, € 3.681,09, van bestuur 10001" in said(
        moved, "10002"
    )


def test_they_add_up_after_a_closure_and_a_merger_too(moved, tmp_path):
    home = shutil.copytree(moved, tmp_path / "home")
    changes = write_changes(tmp_path / "changes", "20211201;sluiting;02BB00;;", "20220101;fusie;04DD00;;01AA00")
    run(home, "ingest", changes)
    run(home, "decide", "--school-year", "2021-2022", "--reason", "closed")
    old, new = (told(home, board)["decisions"][0] for board in ("10002", "10001"))
    causes = [(one["vestiging"], one["event"]["cause"]) for one in old["beyond"]]
    assert causes == [("02BB00", "closure"), ("02BB00", "to_board"), ("04DD00", "merger")]
    assert (difference(old), difference(new)) == (0, 0)
    assert "02BB00. Gesloten: de termijnen van december 2021 tot en met juli 2022" in said(home, "10002")
