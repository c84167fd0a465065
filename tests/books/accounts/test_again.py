"""A year is accounted for again, mended, and followed by the next."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from tests.books.accounts.year import CONSENTED, IN_ORDER, RECEIVED, account, booked, done, faults, run, stale
from tests.books.home.delivery import write_consents, write_spending
from tests.books.home.seeing import everything, published, select

NOTE = "2021/10001/aantekening.txt"


@pytest.fixture(scope="module")
def mended(accounted_once, tmp_path_factory) -> tuple[Path, dict[str, bytes], dict]:
    """A home with a note in a pack where a board spent another amount; its reports before, and the command."""
    folder = tmp_path_factory.mktemp("mended")
    home = Path(shutil.copytree(accounted_once, folder / "home"))
    (home / "reports" / NOTE).write_text("bellen met de accountant")
    before = everything(home / "reports" / "2021")
    told = write_spending(folder / "told", IN_ORDER[0].replace("4000,00", "4000,01"))
    return home, before, done(home, "--spending", told)


def test_the_same_again_writes_nothing(accounted, told):
    (accounted / "reports" / NOTE).write_text("bellen met de accountant")
    before = everything(accounted / "reports"), published(accounted)
    again = done(accounted, "--spending", told)
    assert again["run_id"] is None
    assert again["written"] == []
    assert again["up_to_date"] == ["10001", "10002", "10003"]
    assert (everything(accounted / "reports"), published(accounted)) == before


def test_a_correction_of_one_board_touches_that_board_alone(mended):
    accounted, before, result = mended
    assert result["written"] == ["10001"]
    after = everything(accounted / "reports" / "2021")
    changed = {name.split("/")[0] for name in after if after[name] != before.get(name)}
    assert changed == {"10001", "landelijk"}
    spent = "select board, sum(spent) from accountability group by 1 order by 1"
    assert select(accounted, spent) == [
        ("10001", Decimal("4000.01")),
        ("10002", Decimal("600.50")),
        ("10003", Decimal("3566.62")),
    ]


def test_what_was_told_before_stays_on_record(mended):
    accounted, *_ = mended
    assert select(accounted, "select count(*) from spending where board = '10001'") == [(2,)]
    assert select(accounted, "select sequence, spent from accounts order by 1") == [
        (1, Decimal("8167.12")),
        (2, Decimal("8167.13")),
    ]


def test_a_year_opens_on_the_close_of_the_year_before(second_year_once):
    query = """
        select a.brin, a.carried_out = b.carried_in from accountability a join accountability b using (board, brin)
        where a.year = 2021 and b.year = 2022 order by 1"""
    assert select(second_year_once, query) == [(brin, True) for brin in RECEIVED]


def test_a_year_that_is_accounted_for_again_says_where_the_next_no_longer_opens_on_it(second_year, tmp_path):
    mended = write_spending(tmp_path / "mended", IN_ORDER[0].replace("4000,00", "4000,01"))
    result = booked(second_year, mended)
    assert "2022 opens on something else now; run `npo account --year 2022` again" in result.remarks
    differs = "select board, brin, amount from findings where year = 2022 and rule = 'opening_differs'"
    assert select(second_year, differs) == [("10001", "01AA", Decimal("0.01"))]
    booked(second_year, year=2022)
    assert select(second_year, differs) == []
    assert faults(second_year) == []


def test_later_payments_are_told_of_by_status_and_no_year_opens_on_a_close_that_came_too_early(accounted):
    """November and December 2021 are paid after 2021 was accounted for: 2022 would open without that money."""
    assert run(accounted, "pay", "--month", "2022-01", "--catch-up").status == 0
    assert "accounts of 2021: payments came in later; run `npo account --year 2021` again" in stale(accounted)
    before = everything(accounted)
    refused = account(accounted, year=2022)
    assert refused.status == 3
    assert (
        "2022 opens on what 2021 leaves over, and payments of 2021 came in since it was accounted for; begin with "
        "`npo account --year 2021`"
    ) in refused.stderr
    assert everything(accounted) == before


def test_a_refused_row_counts_for_its_own_year_until_that_is_told_anew(second_year, tmp_path):
    """A row of 2021 that cannot be read is no fault of 2022, and is not made good by what is told of 2022."""
    refused = "select year, board, line from findings where rule = 'refused_row' order by all"
    wrong = write_spending(tmp_path / "wrong", *IN_ORDER[:1], IN_ORDER[1].replace("500,50", "veel"), *IN_ORDER[3:])
    booked(second_year, wrong, max_rejected=Decimal("0.5"))
    later = [row.replace(";2021;", ";2022;").replace("4000,00", "40,00") for row in IN_ORDER[:2]]
    booked(second_year, write_spending(tmp_path / "later", *later), year=2022)
    booked(second_year)
    assert select(second_year, refused) == [(2021, "10002", 3)]
    booked(second_year, write_spending(tmp_path / "mended", *IN_ORDER))
    assert select(second_year, refused) == []
    assert faults(second_year) == []


def test_a_consent_that_is_worded_anew_reaches_the_page(accounted, tmp_path):
    anew = [row.replace("meer plezier in lezen", "Ze lezen nu graag") for row in CONSENTED]
    assert run(accounted, "ingest", write_consents(tmp_path / "anew", *anew)).status == 0
    later = "accounts of 2021: consents came in later; run `npo account --year 2021` again"
    assert later in stale(accounted)
    assert done(accounted)["written"] == ["10001"]
    page = accounted / "reports" / "2021" / "10001" / "npo-2021-10001.xhtml"
    assert "Ze lezen nu graag" in page.read_text()
    assert later not in stale(accounted)
    assert booked(accounted).run_id is None


def test_a_note_in_the_folder_of_a_pack_stays(mended):
    accounted, _, result = mended
    assert result["written"] == ["10001"]
    assert (accounted / "reports" / NOTE).read_text() == "bellen met de accountant"


def test_rows_of_another_year_are_told_of(accounted, tmp_path):
    later = IN_ORDER[0].replace(";2021;", ";2022;")
    result = booked(accounted, write_spending(tmp_path / "later", IN_ORDER[0], later))
    said = "1 rows, of 4.000,00 together, are of 2022 and not of 2021; they count when 2022 is accounted for"
    assert said in result.remarks
