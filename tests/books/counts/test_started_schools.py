"""A school that started on 1 August, through the command line: counted on its own date, in the same decision."""

import shutil
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from tests.books.blank import blank
from tests.books.checking import faults
from tests.books.explain.homes import run, said
from tests.books.home import delivery
from tests.books.home.npo import here

NEW = {"90NN00 Bo": 12}  # started on 1 August 2021
OPENING = "20210801;opening;90NN00;10001;"


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A country of one school, decided and paid up to February 2022; the other one opened, and was not counted."""
    folder = tmp_path_factory.mktemp("started")
    home, country = blank(folder / "home"), folder / "country"
    delivery.write_register(country, {"01AA00 Bo": 20})
    delivery.write_addresses(country, {"01AA00": "10001"})
    delivery.write_changes(country, OPENING)
    run(home, "ingest", country, "--reference-date", "2020-10-01")
    run(home, "decide", "--school-year", "2021-2022")
    run(home, "pay", "--month", "2022-02", "--catch-up")
    return home


@pytest.fixture(scope="module")
def home(before, tmp_path_factory):
    """The same, with the pupils of 1 October 2021 delivered and counted, and March 2022 paid."""
    folder = tmp_path_factory.mktemp("counted")
    home = shutil.copytree(before, folder / "home")
    later = delivery.write_register(folder / "later", {"01AA00 Bo": 25, **NEW})
    run(home, "ingest", later, "--reference-date", "2021-10-01")
    run(home, "decide", "--school-year", "2021-2022", "--reason", "school that started")
    run(home, "pay", "--month", "2022-03")
    return home


def rows(home, query: str) -> list[tuple]:
    with duckdb.connect(str(home / "npo.duckdb"), read_only=True) as connection:
        return connection.sql(query).fetchall()


def test_before_its_count_it_is_named_and_gets_nothing(before):
    assert rows(before, "select distinct vestiging from entitlements") == [("01AA00",)]
    status = here("decide", "--school-year", "2021-2022", "--dry-run", "--home", before)
    assert "1 vestiging (first 90NN00) started on 2021-08-01" in status.stdout + status.stderr


def test_it_is_counted_on_its_own_date_and_the_others_as_they_were(home):
    query = (
        "select vestiging, quantity, amount from latest_decisions join entitlements using (decision_id) order by 1"
    )
    assert rows(home, query) == [
        ("01AA00", Decimal(20), Decimal("14023.20")),  # 20 x 701.16
        ("90NN00", Decimal(12), Decimal("8413.92")),  # 12 x 701.16
    ]


def test_march_pays_it_eight_twelfths_and_the_others_one(home):
    query = "select vestiging, amount, reason from payments where paid_month = '2022-03-01' order by 1"
    assert rows(home, query) == [
        ("01AA00", Decimal("1168.60"), "instalment"),  # 14,023.20 x 1/12
        ("90NN00", Decimal("5609.28"), "instalment"),  # 8,413.92 x 8/12
    ]


def test_the_books_tie_and_the_explanation_names_the_day(home):
    assert faults(home, "deliveries", "decisions", "payments") == []
    text = said(home, "90NN00")
    assert "Op 1 oktober 2021 telde deze vestiging 12 leerlingen" in text
    assert "1 oktober 2020 telde" not in text
    assert "de maanden van betaling van scholen die van start gingen" in text
    assert "Op 1 oktober 2020 telde deze vestiging 20 leerlingen" in said(home, "01AA00")
    assert "scholen die van start gingen" not in said(home, "01AA00")


def test_a_later_opening_is_the_cause_of_what_becomes_due(tmp_path):
    home, country = blank(tmp_path / "home"), tmp_path / "country"
    delivery.write_register(country, {"01AA00 Bo": 20})
    delivery.write_addresses(country, {"01AA00": "10001", "90NN00": "10001"})
    run(home, "ingest", country, "--reference-date", "2020-10-01")
    run(home, "ingest", delivery.write_register(tmp_path / "later", NEW), "--reference-date", "2021-10-01")
    run(home, "decide", "--school-year", "2021-2022")
    run(home, "ingest", delivery.write_changes(tmp_path / "change", OPENING))
    run(home, "decide", "--school-year", "2021-2022", "--reason", "opened")
    found = rows(home, "select vestiging, month, cause, amount from due_changes order by month")
    assert {(vestiging, cause) for vestiging, _, cause, _ in found} == {("90NN00", "opening")}
    assert (found[0][1], sum(amount for *_, amount in found)) == (date(2022, 3, 1), Decimal("8413.92"))
    assert faults(home, "deliveries", "decisions", "payments") == []
