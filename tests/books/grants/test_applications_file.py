"""Each fault in an applications file is caught by exactly its rule; the good rows come in as they are written."""

import shutil
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from tests.books.home.delivery import write_country
from tests.books.home.npo import here

HEADER = "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;REGELING;DATUM_AANVRAAG;AANTAL_LEERLINGEN;BEDRAG"
GOOD = "10001;01AA;IOP;2021-04-20;1;900"

FAULTS = {
    "10001;01AA;IOP;2021-04-31;1;900": [("not_a_date", "DATUM_AANVRAAG")],
    "10001;01AA;IOP;20-04-2021;1;900": [("not_a_date", "DATUM_AANVRAAG")],
    "10001;01AA;IOP;;1;900": [("missing_value", "DATUM_AANVRAAG")],
    "10001;01AA;IOP;2021-04-20;-1;900": [("negative", "AANTAL_LEERLINGEN")],
    "10001;01AA;IOP;2021-04-20;1;-900": [("negative", "BEDRAG")],
    "10001;01AA;IOP;2021-04-20;1,5;900": [("not_a_number", "AANTAL_LEERLINGEN")],
    "10001;01AA;IOP;2021-04-20;1;900.005": [("not_a_number", "BEDRAG")],
    "10001;01AA;IOP;2021-04-20;1;EUR 900": [("not_a_number", "BEDRAG")],
    "10001;01AA;IOP;2021-04-20;;900": [("missing_value", "AANTAL_LEERLINGEN")],
    "10001;01AA;IOP;2021-04-20;1;": [("missing_value", "BEDRAG")],
    "10001;01AA;XYZ;2021-04-20;1;900": [("unknown_code", "REGELING")],
    "10001;01AA;iop;2021-04-20;1;900": [("unknown_code", "REGELING")],
    "10001;01AA;;2021-04-20;1;900": [("missing_value", "REGELING")],
    "1001;01AA;IOP;2021-04-20;1;900": [("unknown_code", "BEVOEGD_GEZAG_NUMMER")],
    ";01AA;IOP;2021-04-20;1;900": [("missing_value", "BEVOEGD_GEZAG_NUMMER")],
    "10001;1AA;IOP;2021-04-20;1;900": [("unknown_code", "BRIN_NUMMER")],
    "10001;;IOP;2021-04-20;1;900": [("missing_value", "BRIN_NUMMER")],
    "10001;99ZZ;IOP;2021-04-20;1;900": [("unknown_school", "BRIN_NUMMER")],
    "10001;99ZZ;XYZ;2021-04-20;1;900": [("unknown_code", "REGELING"), ("unknown_school", "BRIN_NUMMER")],
    GOOD: [("duplicate_row", None)],
    "x;01AA;IOP;2021-04-20;-1;900": [("unknown_code", "BEVOEGD_GEZAG_NUMMER"), ("negative", "AANTAL_LEERLINGEN")],
}


@pytest.fixture(scope="module")
def counted_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("counted")
    country = write_country(folder / "country")
    assert here("ingest", country, "--reference-date", "2019-10-01", "--home", folder / "home").status == 0
    return folder / "home"


@pytest.fixture
def home(counted_once, tmp_path):
    return shutil.copytree(counted_once, tmp_path / "home")


def ingest(home, path, rows, *words):
    path.write_text("\n".join([HEADER, *rows, ""]))
    return here("ingest", path, "--home", home, *words)


def select(home, query):
    with duckdb.connect(str(home / "npo.duckdb"), read_only=True) as connection:
        return connection.sql(query).fetchall()


def test_each_fault_is_caught_by_exactly_its_rule(home, tmp_path):
    rows = [GOOD, *FAULTS]
    ended = ingest(home, tmp_path / "applied.csv", rows, "--max-rejected", "1")
    assert ended.status == 0, ended.stderr
    expected = {(line, *fault) for line, faults in enumerate(FAULTS.values(), 3) for fault in faults}
    query = "select line, rule, column_name from quarantine where file = 'applied.csv'"
    assert set(select(home, query)) == expected
    assert len(select(home, query)) == len(expected)
    assert select(home, "select line, brin from applications") == [(2, "01AA")]


def test_good_rows_come_in_as_they_are_written(home, tmp_path):
    rows = ["10001;01AA;IOP;20210420;1;1.234,50", "10002;02BB;EHK;2021-05-01;007;12"]
    assert ingest(home, tmp_path / "applied.csv", rows).status == 0
    found = select(
        home, "select line, scheme, board, brin, applied_on, pupils, amount from applications order by 1"
    )
    assert found == [
        (2, "IOP", "10001", "01AA", date(2021, 4, 20), 1, Decimal("1234.50")),
        (3, "EHK", "10002", "02BB", date(2021, 5, 1), 7, Decimal("12.00")),
    ]
    assert select(home, "select kind, reference_date from deliveries where file = 'applied.csv'") == [
        ("applications", None)
    ]


def test_columns_that_a_file_may_have_come_in_too(home, tmp_path):
    path = tmp_path / "regions.csv"
    header = f"{HEADER};VESTIGINGSNUMMER;REGIO;NIEUWE_REGIO;EERDER_VERLEEND"
    path.write_text(f"{header}\n10001;01AA;EHK;20210501;1;9;00;RAP Oost;J;\n10001;01AA;IOP;20210420;1;9;;;;N\n")
    assert here("ingest", path, "--home", home).status == 0
    assert select(
        home, "select vestiging, region, new_region, granted_before from applications order by line"
    ) == [
        ("01AA00", "RAP Oost", True, None),
        (None, None, None, False),
    ]


def test_a_report_of_participants_is_read_and_its_faults_are_named(home, tmp_path):
    path = tmp_path / "finished.csv"
    path.write_text(
        "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;REGELING;AFGEROND\n10001;01AA;IOP;12\n10001;01AA;XYZ;1\n"
        "10001;99ZZ;IOP;1\n10001;01AA;IOP;-1\n"
    )
    assert here("ingest", path, "--home", home, "--max-rejected", "1").status == 0
    assert select(home, "select line, board, brin, scheme, finished from completions") == [
        (2, "10001", "01AA", "IOP", 12)
    ]
    assert select(home, "select line, rule from quarantine where file = 'finished.csv' order by 1") == [
        (3, "unknown_code"),
        (4, "unknown_school"),
        (5, "negative"),
    ]


def test_a_file_with_too_many_faults_is_refused_whole(home, tmp_path):
    ended = ingest(home, tmp_path / "applied.csv", [GOOD, "10001;01AA;XYZ;2021-04-20;1;900"])
    assert ended.status == 3
    assert "REGELING 'XYZ' is no code that may stand there" in ended.stderr
    assert select(home, "select count(*) from applications") == [(0,)]


def test_another_file_adds_up_and_supersedes_nothing(home, tmp_path):
    for number, row in enumerate((GOOD, "10002;02BB;IOP;2021-04-20;1;900")):
        assert ingest(home, tmp_path / f"{number}.csv", [row]).status == 0
    assert select(home, "select count(*) from deliveries where superseded_by is not null") == [(0,)]
    assert select(home, "select brin from applications order by 1") == [("01AA",), ("02BB",)]


def test_the_same_file_again_is_nothing_new(home, tmp_path):
    assert ingest(home, tmp_path / "applied.csv", [GOOD]).status == 0
    again = ingest(home, tmp_path / "applied.csv", [GOOD])
    assert "Nothing to do" in again.stdout
    assert select(home, "select count(*) from applications") == [(1,)]


def test_before_the_address_list_came_applications_wait(tmp_path):
    home = tmp_path / "home"
    ended = ingest(home, tmp_path / "applied.csv", [GOOD])
    assert ended.status == 0
    assert "no school in it has a known board yet" in ended.stdout
    assert select(home, "select count(*) from quarantine") == [(0,)]


def test_a_header_that_comes_near_is_named(home, tmp_path):
    path = tmp_path / "applied.csv"
    path.write_text(HEADER.replace("BEDRAG", "BEDRAAG") + f"\n{GOOD}\n")
    ended = here("ingest", path, "--home", home)
    assert ended.status == 3
    assert "looks like a file of kind applications (applications for a subsidy) but lacks BEDRAG" in ended.stderr
