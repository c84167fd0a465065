"""A pupil register is corrected by line, and nothing of the pupil is ever kept or said."""

import pytest

from npo_pipeline.delivery import csv_reader
from tests.books.blank import blank
from tests.books.corrections.conftest import DOUBLE
from tests.books.corrections.declaring import DAY, PUPIL, but, declare, findings, ingest, refused, ties
from tests.books.home.delivery import PUPILS
from tests.books.home.npo import here
from tests.books.home.seeing import everything, select

SECRET = "P01AA00Bo0000"
LEFT = but(PUPIL, column="DATUM_UIT", expect="", value="2020-09-17", reason="left in September")


def counted(home):
    rows = select(home, "select vestiging, school_type, pupils from current_counts")
    return {f"{place} {kind.title()}": pupils for place, kind, pupils in rows}


@pytest.fixture
def home(tmp_path):
    return blank(tmp_path / "home")


def expected(**changes):
    told = {place.replace("Bo", "Bao"): pupils for place, pupils in PUPILS.items()}
    return {**told, **changes}


def test_a_pupil_who_left_is_counted_no_more(home, country):
    assert ingest(home, declare(country, LEFT))["corrections_applied"] == 1
    assert counted(home) == expected(**{"01AA00 Bao": 11})
    assert ties(home)


def test_nothing_of_the_pupil_is_kept_or_said(home, country):
    ended = here("ingest", declare(country, LEFT), *DAY, "--home", home)
    row = "select vestiging, column_name, expected, value, line from source_corrections"
    assert select(home, row) == [("01AA00", "DATUM_UIT", None, None, 2)]
    here("decide", "--school-year", "2021-2022", *DAY, "--home", home)
    explained = here("explain", "01AA00", "--home", home).stdout
    assert "01AA00: register.csv, regel 2: DATUM_UIT van een leerling is anders gelezen dan er staat." in explained
    said = ended.stdout + ended.stderr + explained + here("status", "--home", home).stdout
    for secret in (SECRET, "2020-09-17", "20200917"):
        assert secret not in said
        assert not any(secret.encode() in data for data in everything(home).values())


def test_a_row_without_a_pseudonym_can_be_corrected_like_any_other(home, country):
    register = country / "register.csv"
    register.write_text(register.read_text().replace(SECRET, ""))
    ended = here("ingest", declare(country, LEFT), *DAY, "--home", home, "--max-rejected", "0.1")
    assert ended.status == 0, ended.stderr


def test_where_a_pupil_went_to_is_not_told(home, country):
    moved = but(PUPIL, column="BRIN_NUMMER", expect="01AA", value="02BB")
    ingest(home, declare(country, moved))
    assert counted(home) == expected(**{"01AA00 Bao": 11, "02BB00 Bao": 8})
    assert select(home, "select vestiging, expected, value from source_corrections") == [(None, None, None)]


def test_a_dropped_row_is_counted_no_more(home, country):
    ingest(home, declare(country, but(PUPIL, action="drop", value=None)))
    assert counted(home) == expected(**{"01AA00 Bao": 11})
    here("decide", "--school-year", "2021-2022", *DAY, "--home", home)
    assert "regel 2: de rij van een leerling is weggelaten" in here("explain", "01AA00", "--home", home).stdout


def test_another_value_for_the_same_cell_is_news_although_no_value_is_kept(home, country):
    ingest(home, declare(country, LEFT))
    assert ingest(home, country)["run_id"] is None
    assert ingest(home, declare(country, but(LEFT, value="2020-10-17")))["run_id"] is not None
    assert counted(home) == expected()


def test_a_double_enrolment_can_be_corrected_before_it_is_found(home, country):
    register = country / "register.csv"
    register.write_text("\n".join([register.read_text().rstrip(), *DOUBLE, ""]))
    assert ingest(home, declare(country, but(LEFT, line=34)))["rejected"] == 0
    assert counted(home) == expected(**{"02BB00 Bao": 8})


def test_a_row_of_any_block_is_found(home, country, monkeypatch):
    monkeypatch.setattr(csv_reader, "BLOCK", 300)
    last = 1 + sum(PUPILS.values())
    entries = [but(LEFT, line=line) for line in (2, last, 3)]
    assert ingest(home, declare(country, *entries))["corrections_applied"] == 3
    assert counted(home) == expected(**{"01AA00 Bao": 10, "04DD00 Sbo": 3})


def test_a_refusal_shows_nothing_of_a_row(home, country):
    for entry in (but(PUPIL, expect="8"), but(PUPIL, column="DATUM_IN", expect="20010101", value="20190801")):
        said = refused(home, declare(country, entry))
        for secret in (SECRET, "'1'", "'8'", "20190801", "20010101"):
            assert secret not in said


def test_an_expiry_is_an_open_finding_of_a_register_too(home, country):
    ingest(home, declare(country, LEFT))
    assert findings(home)[-1] == (
        "register.csv, line 2: DATUM_UIT was corrected, declared by CBS (left in September); until 2090-08-01"
    )
