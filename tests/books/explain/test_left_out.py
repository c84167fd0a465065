"""Schools that a decision has no amount for, and what it says of them."""

import shutil

import duckdb
import pytest

from tests.books.explain.homes import run, said, told
from tests.books.home import delivery


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """2021-2022: the rate of Bonaire is not known; there are no scores, and 04DD00 is listed without pupils."""
    folder = tmp_path_factory.mktemp("left-out")
    country, home = folder / "country", folder / "home"
    delivery.write_register(country, {"28PW00 Bo": 361, "01AA00 Bo": 12})
    delivery.write_addresses(country, {"28PW00": "41999", "01AA00": "10001", "04DD00": "10001"})
    run(home, "ingest", country, "--reference-date", "2020-10-01")
    run(home, "decide", "--school-year", "2021-2022")
    return home


def test_a_school_without_any_amount_is_told_why(home):
    (decision,) = told(home, "28PW00")["decisions"]
    assert (decision["amount"], decision["schools"][0]["lines"]) == ("0.00", [])
    (left,) = decision["schools"][0]["omitted"]
    assert (left["component"], left["school_types"], left["reason"], left["what"]) == (
        "per_pupil",
        ["cn"],
        "unknown",
        "rate",
    )
    assert "Bedrag per leerling (Caribisch Nederland): niet meegerekend, want het bedrag is niet bekend" in said(
        home, "28PW00"
    )


def test_a_score_that_was_not_delivered_is_not_a_score_of_nothing(home):
    assert (
        "Achterstandsscore (basisonderwijs): niet meegerekend, want hiervoor zijn geen gegevens aangeleverd. "
        "Dat is iets anders dan nul."
    ) in said(home, "01AA00")


def test_a_school_that_the_file_of_scores_does_not_name(home, tmp_path):
    copy = shutil.copytree(home, tmp_path / "home")
    delivery.write_register(tmp_path / "more", {"28PW00 Bo": 361, "01AA00 Bo": 12, "02BB00 Bo": 7})
    delivery.write_addresses(tmp_path / "more", {"28PW00": "41999", "01AA00": "10001", "02BB00": "10001"})
    delivery.write_scores(tmp_path / "more", {"02BB00": "0,00"})
    run(copy, "ingest", tmp_path / "more", "--reference-date", "2020-10-01")
    run(copy, "decide", "--school-year", "2021-2022")
    assert (reason(copy, "01AA00"), reason(copy, "02BB00")) == ("not_delivered", "zero")


def reason(home, school):
    (decision,) = told(home, school)["decisions"]
    (left,) = (one for one in decision["schools"][0]["omitted"] if one["component"] == "achterstandsscore")
    return left["reason"]


def test_a_school_in_which_nobody_was_counted_is_in_no_decision(home):
    assert told(home, "04DD00")["decisions"] == []
    assert "Er is nog geen besluit waarin 04DD00 voorkomt." in said(home, "04DD00")


def test_pupils_of_a_school_without_a_board_are_not_forgotten(home, tmp_path):
    # Such counts come from a DUO file of scores or vo pupils; here they are put in the books as it would.
    copy = shutil.copytree(home, tmp_path / "home")
    with duckdb.connect(str(copy / "npo.duckdb")) as connection:
        connection.execute(
            "insert into counts by name select delivery_id, reference_date, '09ZZ00' as vestiging, "
            "'bao' as school_type, 'nvt' as cluster, 5 as pupils, 0 as cumi_pupils from counts limit 1"
        )
    assert "niet meegerekend, want bij dit besluit was niet bekend welk bestuur het geld krijgt" in said(
        copy, "09ZZ00"
    )
