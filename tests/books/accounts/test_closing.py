"""A year is closed by two people; what comes in of it later is a line of its own in the open year."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.commands.account.close import CloseRequest, close_year
from npo_pipeline.commands.verify.accounts import account_faults
from npo_pipeline.errors import Refused
from tests.books.accounts.year import IN_ORDER, account, booked, done, faults, run, stale
from tests.books.home.delivery import BOARDS, write_addresses, write_scores, write_spending
from tests.books.home.npo import here
from tests.books.home.seeing import everything, select
from tests.books.home.tampered import changed

PEOPLE = ("--prepared-by", "A. de Vries", "--approved-by", "B. Jansen", "--four-eyes")
OF_2021 = """
    select board, brin, received, spent, carried_out, accrued, run_id from accountability
    where year = 2021 order by all"""
CORRECTED = "select of_year, board, brin, received, spent, accrued from accountability_corrections order by all"


def close(home: Path, *options: object, year: int = 2021):
    return account(home, "--close", *options, year=year)


def plan(home: Path) -> str:
    return json.loads(close(home, "--dry-run", "--json").stdout)["plan"]


@pytest.fixture(scope="module")
def closed_once(second_year_once, tmp_path_factory) -> Path:
    home = Path(shutil.copytree(second_year_once, tmp_path_factory.mktemp("closed") / "home"))
    ended = close(home, *PEOPLE, "--approved-plan", plan(home))
    assert ended.status == 0, ended.stderr
    return home


@pytest.fixture
def closed(closed_once, tmp_path) -> Path:
    """A home in which 2021 is closed and 2022 is accounted for and open."""
    return Path(shutil.copytree(closed_once, tmp_path / "closed"))


def test_a_closing_is_on_record_with_who_did_what_and_its_reports_say_so_at_once(closed_once):
    [(last,)] = select(closed_once, "select max(run_id) from accounts where year = 2021")
    assert select(closed_once, "select year, account, prepared_by, approved_by from closed_years") == [
        (2021, last, "A. de Vries", "B. Jansen")
    ]
    state = run(closed_once, "status", "--json").document
    days = {one["year"]: one["closed_on"] for one in state["accounts"]}
    assert days[2021] is not None
    assert days[2022] is None
    assert not [one for one in state["findings"] if "reports of 2021" in one]
    pages = list((closed_once / "reports" / "2021").glob("*/npo-2021-*.*html"))
    assert pages
    assert all("Jaar afgesloten op" in page.read_text(encoding="utf-8") for page in pages)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("--prepared-by", "A", "--approved-by", " a "), "a prepared the closing and cannot approve it"),
        (("--prepared-by", "A"), "say who prepared the closing and who approved it"),
    ],
)
def test_one_person_does_not_close_a_year(second_year_once, names, said):
    before = everything(second_year_once)
    ended = close(second_year_once, "--four-eyes", *names)
    assert (ended.status, said in ended.stderr) == (3, True)
    assert everything(second_year_once) == before


def test_what_came_in_since_is_accounted_for_before_it_is_closed_and_approved_again(second_year, tmp_path):
    request = CloseRequest(home=Home(second_year), year=2021, approved_plan=plan(second_year))
    late = write_spending(tmp_path / "late", IN_ORDER[0].replace("4000,00", "4000,01"))
    assert run(second_year, "ingest", late).status == 0
    decide_anew(second_year, tmp_path)
    with pytest.raises(
        Refused, match="decisions and spending of 2021 changed since it was accounted for; begin with `npo account"
    ):
        close_year(request)
    assert [one for one in stale(second_year) if one.startswith("accounts of 2021: decisions, spending came in")]
    booked(second_year)
    assert not [one for one in stale(second_year) if "accounts of 2021" in one]
    with pytest.raises(Refused, match="what would be closed is another thing than what was approved"):
        close_year(request)


def test_the_years_are_closed_in_their_order(second_year_once):
    ended = close(second_year_once, year=2022)
    assert ended.status == 3
    assert "2022 opens on 2021, which is open; begin with `npo account --year 2021 --close`" in ended.stderr


def test_a_year_that_is_not_accounted_for_or_not_paid_is_not_closed(accounted):
    assert "2022 was not accounted for yet" in close(accounted, year=2022).stderr
    refused = close(accounted)
    assert refused.status == 3
    assert "2021-11, 2021-12 is not paid yet, so 2021 is not whole" in refused.stderr


def test_a_closing_takes_no_option_of_reports(closed):
    assert "takes no --board" in close(closed, "--board", "10001").stderr
    assert "go with --close" in account(closed, "--dry-run").stderr


def test_a_closed_year_stays_as_it_is_and_says_so(closed, tmp_path):
    before = everything(closed)
    again = booked(closed)
    assert (again.run_id, again.closed_on is not None) == (None, True)
    assert "its accounts change no more: what comes in of it is corrected in 2022" in again.remarks[0]
    with pytest.raises(Refused, match="`npo account --year 2022 --other-years --spending`"):
        booked(closed, write_spending(tmp_path / "s", IN_ORDER[0]))
    with pytest.raises(Refused, match="leave --treatment out"):
        booked(closed, treatment="overlopende_passiva")
    assert close_year(CloseRequest(home=Home(closed), year=2021)).run_id is None
    assert everything(closed) == before


def test_the_reports_of_a_closed_year_are_written_again_as_it_was_closed_also_its_names(closed, tmp_path):
    pages = everything(closed / "reports" / "2021")
    renamed = write_addresses(tmp_path / "renamed", BOARDS) / "addresses.csv"
    renamed.write_text(renamed.read_text().replace("School 01AA00", "De Nieuwe Naam"))
    assert run(closed, "ingest", renamed, "--reference-date", "2021-10-01").status == 0
    shutil.rmtree(closed / "reports" / "2021")
    done(closed)
    assert everything(closed / "reports" / "2021") == pages
    done(closed, "--board", "10001", year=2022)
    page = next((closed / "reports" / "2022" / "10001").glob("npo-2022-10001*.*html")).read_text()
    assert "De Nieuwe Naam" in page


def test_late_spending_is_a_correction_in_the_open_year(closed, tmp_path):
    """Of 01AA 4.000,00 was spent in 2021; later it is 4.250,00, and of 02BB nothing changes."""
    before = select(closed, OF_2021)
    late = write_spending(tmp_path / "late", IN_ORDER[0].replace("4000,00", "4250,00"))
    said = "1 rows, of 4.250,00 together, are of 2021, which is closed; they correct it in 2022"
    assert said in booked(closed, late, year=2022).remarks
    assert select(closed, OF_2021) == before
    assert select(closed, CORRECTED) == [
        (2021, "10001", "01AA", Decimal("0.00"), Decimal("250.00"), Decimal("0.00"))
    ]
    ties = """
        select brin, carried_in + received - spent + transferred + corrections = carried_out, corrections
        from accountability where year = 2022 and board = '10001'"""
    assert select(closed, ties) == [("01AA", True, Decimal("-250.00"))]
    assert faults(closed) == []


def test_what_comes_in_of_a_closed_year_is_news_and_a_finding_of_the_open_year_that_would_have_it(
    closed, tmp_path
):
    wrong = write_spending(tmp_path / "wrong", IN_ORDER[1], IN_ORDER[2].replace("100,00", "veel"))
    assert run(closed, "ingest", wrong, "--max-rejected", "0.5").status == 0
    assert [one.partition(";")[0] for one in stale(closed)] == ["accounts of 2022: spending came in later"]
    booked(closed, year=2022)
    refused = "select year, board, line from findings where rule = 'refused_row'"
    assert select(closed, refused) == [(2022, "10002", 3)]


def test_a_late_payment_and_a_decision_are_corrections_of_what_was_received_and_accrues(accounted, tmp_path):
    """2021-12 is paid again after 2021 was closed, by a decision on a score that is 100,00 higher."""
    assert run(accounted, "pay", "--month", "2021-12", "--catch-up").status == 0
    booked(accounted)
    close_year(CloseRequest(home=Home(accounted), year=2021))
    before = select(accounted, OF_2021)
    decide_anew(accounted, tmp_path)
    assert run(accounted, "pay", "--month", "2021-12").status == 0
    booked(accounted, year=2022)
    assert select(accounted, OF_2021) == before
    # 100,00 x 251,16 more a year: five twelfths are due until December and accrue to 2021.
    assert select(accounted, CORRECTED) == [
        (2021, "10001", "01AA", Decimal("10465.00"), Decimal("0.00"), Decimal("10465.00"))
    ]
    assert faults(accounted) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("update closed_years set account = '000006-account-2021'", "is not the account of 2021 that was there"),
        ("update accountability set spent = spent + 1 where year = 2021", "closed other accounts of 2021"),
        ("insert into closed_years select * replace (2022 as year) from closed_years", "closed 2022 before 2021"),
        (
            "update closed_years set run_id = '000008', account = (select min(run_id) from accounts)",
            "accounted for it all the same",
        ),
    ],
)
def test_a_forged_closing_is_found(closed_in_engine, change, said):
    with changed(closed_in_engine, change) as (books, _):
        assert any(said in finding for finding in account_faults(books))


@pytest.fixture(scope="module")
def closed_in_engine(closed_once, tmp_path_factory):
    home = Home(Path(shutil.copytree(closed_once, tmp_path_factory.mktemp("forged") / "home")))
    with duckdb.connect(str(home.database)) as connection:
        yield connection, home


def test_rows_of_an_earlier_open_year_are_refused_in_an_account_of_a_later_one(second_year, tmp_path):
    """2022 would be accounted for on the old 2021: the order of years holds inside one run too."""
    later = IN_ORDER[1].replace(";2021;", ";2022;")
    mixed = write_spending(tmp_path / "mixed", later, IN_ORDER[0].replace("4000,00", "4000,01"))
    before = everything(second_year)
    refused = account(second_year, "--spending", mixed, year=2022)
    assert (refused.status, refused.stderr.count("\n")) == (3, 1)
    assert (
        "spending.csv, line 3: is of 2021, and 2022 opens on the accounts of 2021; rows of 2021 come first: begin "
        f"with `npo account --year 2021 --spending {mixed}`"
    ) in refused.stderr
    assert everything(second_year) == before
    booked(second_year, mixed)
    # The file is known now, so that the same command goes on.
    booked(second_year, mixed, year=2022)
    spent = (
        "select year, brin, spent from accountability where board in ('10001', '10002') and spent > 0 order by all"
    )
    assert select(second_year, spent) == [
        (2021, "01AA", Decimal("4000.01")),
        (2021, "02BB", Decimal("600.50")),
        (2022, "02BB", Decimal("500.50")),
    ]


def decide_anew(home: Path, tmp_path: Path) -> None:
    """A later score of 01AA is 100,00 higher, and it is decided on."""
    scores = write_scores(tmp_path / "scores", {"01AA00": "200,50", "02BB00": "0,00"})
    assert here("ingest", scores, "--reference-date", "2020-10-01", "--home", home).status == 0
    accepted = ("--reason", "a later score", "--accept-change")
    assert here("decide", "--school-year", "2021-2022", *accepted, "--home", home).status == 0
