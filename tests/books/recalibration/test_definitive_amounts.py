"""The arbeidsmarkttoelage by its first amounts, paid, and then by the definitive ones, back to the first day."""

import shutil
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from tests.books.blank import blank
from tests.books.explain.homes import run, said
from tests.books.home import delivery
from tests.books.home.npo import MONEY, checking, here

TOELAGE = "component = 'arbeidsmarkttoelage'"
NOVEMBER, JANUARY, FEBRUARY = date(2021, 11, 1), date(2022, 1, 1), date(2022, 2, 1)


@pytest.fixture(scope="module")
def initial(tmp_path_factory):
    """One listed school of 100 pupils; decided by the amounts of October 2021, and paid up to January 2022."""
    folder = tmp_path_factory.mktemp("toelage")
    home, country = blank(folder / "home"), folder / "country"
    delivery.write_register(country, {"01AA00 Bo": 100, "02BB00 Bo": 10})
    delivery.write_addresses(country, {"01AA00": "10001", "02BB00": "10002", "03CC00": "10003"})
    delivery.write_listed(country, "01AA00;po", "03CC00;po")
    run(home, "ingest", country, "--reference-date", "2020-10-01")
    run(home, "decide", "--school-year", "2021-2022", "--as-of", "2021-10-31")
    run(home, "pay", "--month", "2022-01", "--catch-up")
    return home


@pytest.fixture(scope="module")
def definitive(initial, tmp_path_factory):
    """The same, decided again by the amounts of July 2022, and February 2022 paid."""
    home = shutil.copytree(initial, tmp_path_factory.mktemp("definitive") / "home")
    run(home, "decide", "--school-year", "2021-2022", "--reason", "definitive amounts")
    run(home, "pay", "--month", "2022-02")
    return home


def rows(home, query: str) -> list[tuple]:
    with duckdb.connect(str(home / "npo.duckdb"), read_only=True) as connection:
        return connection.sql(query).fetchall()


def test_the_first_amounts_are_paid_in_two_terms(initial):
    # 100 x 523.80 + 17,333.45 - 100 x 119.96 = 57,717.45; 5/12 of it is 24,048.94
    assert rows(initial, f"select paid_month, vestiging, amount from payments where {TOELAGE} order by 1") == [
        (NOVEMBER, "01AA00", Decimal("24048.94")),
        (JANUARY, "01AA00", Decimal("33668.51")),
    ]


def test_a_listed_vestiging_without_pupils_is_named(initial):
    ended = here("decide", "--school-year", "2021-2022", "--dry-run", "--home", initial)
    assert "03CC00 on a list of the arbeidsmarkttoelage and without pupils" in ended.stdout
    assert "02BB00 on a list" not in ended.stdout


def test_the_difference_is_paid_in_the_next_month_and_its_cause_is_the_rate(definitive):
    # 100 x 532.85 + 17,632.96 - 100 x 122.03 = 58,714.96, which is 997.51 more: 5/12 and 7/12 of it
    due = rows(definitive, f"select month, cause, amount from due_changes where {TOELAGE} order by 1")
    assert due == [(NOVEMBER, "rate_change", Decimal("415.63")), (JANUARY, "rate_change", Decimal("581.88"))]
    paid = f"select amount, reason from payments where {TOELAGE} and paid_month = '2022-02-01'"
    assert rows(definitive, paid) == [(Decimal("997.51"), "correction")]
    assert rows(definitive, "select month, cause, amount from correction_causes order by 1") == due


def test_the_difference_and_the_explanation_show_the_arithmetic(definitive):
    difference = here("diff", "2021-2022-001", "2021-2022-002", "--home", definitive).stdout
    assert "rate on list po of arbeidsmarkttoelage of bao: 523.80 -> 532.85" in difference
    assert "17333.45 less 119.96 per pupil -> 17632.96 less 122.03 per pupil" in difference
    text = said(definitive, "01AA00")
    assert "100 leerlingen × € 532,85 = € 53.285,00" in text
    assert "een vaste voet bij van € 17.632,96, min 100 leerlingen × € 122,03: € 5.429,96" in text
    assert "Samen is dat € 58.714,96" in text
    assert "artikel 3(4)(a) (Stcrt. 2022, 17723)" in text
    assert "€ 997,51 erbij, over november 2021 tot en met januari 2022" in text
    assert "Arbeidsmarkttoelage" not in said(definitive, "02BB00")


def test_the_books_tie(definitive):
    assert here("verify", "--home", definitive).status == 0


def test_without_a_list_it_is_left_out_and_never_counted_as_nothing(tmp_path):
    home, country = blank(tmp_path / "home"), tmp_path / "country"
    delivery.write_register(country, {"01AA00 Bo": 100})
    delivery.write_addresses(country, {"01AA00": "10001"})
    run(home, "ingest", country, "--reference-date", "2020-10-01")
    ended = here("decide", "--school-year", "2021-2022", "--home", home)
    assert (
        "no list of vestigingen (VESTIGING;LIJST) was delivered: arbeidsmarkttoelage is left out" in ended.stdout
    )
    assert "want er is geen lijst aangeleverd van de vestigingen die dit krijgen" in said(home, "01AA00")


def test_autumn_2023_counts_po_and_vo_on_days_of_their_own(tmp_path):
    home, country = blank(tmp_path / "home"), tmp_path / "country"
    delivery.write_addresses(country, {"01AA00": "10001", "02BB00": "10002"})
    delivery.write_listed(country, "01AA00;po", "02BB00;vo")
    delivery.write_register(country, {"01AA00 Bo": 90})
    run(home, "ingest", country, "--reference-date", "2022-10-01")
    ended = here("decide", "--school-year", "2023-2024", "--home", home)
    assert ended.status == 3
    assert "no pupils are counted on 2022-10-01, nor of po on 2022-02-01" in ended.stderr
    delivery.write_register(country, {"01AA00 Bo": 100})
    run(home, "ingest", country, "--reference-date", "2022-02-01")
    ended = here("decide", "--school-year", "2023-2024", "--home", home)
    left_out = "no vo pupils of 2022-10-01 were delivered: arbeidsmarkttoelage for vo, vo_pro_vbo is left out"
    assert left_out in ended.stdout
    # 100 x 162.46 + 5,356.05 - 100 x 36.94
    assert rows(home, "select vestiging, quantity, amount from entitlements") == [
        ("01AA00", Decimal(100), Decimal("17908.05"))
    ]
    assert "Op 1 februari 2022 telde deze vestiging 100 leerlingen" in said(home, "01AA00")
    with checking(*MONEY):
        assert here("verify", "--home", home).status == 0
