"""Schools that a decision has no amount for, and what it says of them."""

import shutil

import duckdb
import pytest

from tests.books.explain.homes import run, said, told
from tests.books.home import delivery


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """2021-2022: no scores, and 04DD00 is listed without pupils. 2022-2023 as known in 2021: no rate of so."""
    folder = tmp_path_factory.mktemp("left-out")
    country, home = folder / "country", folder / "home"
    delivery.write_register(country, {"03CC00 So": 4, "03CC00 Vso": 3, "27MK00 Bo": 5, "01AA00 Bo": 12})
    delivery.write_addresses(country, {"03CC00": "41999", "27MK00": "10001", "01AA00": "10001", "04DD00": "10001"})
    run(home, "ingest", country, "--reference-date", "2020-10-01")
    run(home, "decide", "--school-year", "2021-2022")
    in_2021 = ("--as-of", "2021-12-31", "--reference-date", "2020-10-01")
    run(home, "decide", "--school-year", "2022-2023", *in_2021)
    return home


def test_a_school_without_any_amount_is_told_why(home):
    of_2022 = ("03CC00", "--school-year", "2022-2023")
    (decision,) = told(home, *of_2022)["decisions"]
    assert (decision["amount"], decision["schools"][0]["lines"]) == ("0.00", [])
    assert [
        (left["component"], left["school_types"], left["reason"], left["what"])
        for left in decision["schools"][0]["omitted"]
    ] == [("per_pupil", ["so", "vso"], "unknown", "rate"), ("cumi", ["so", "vso"], "unknown", "rate")]
    assert (
        "Bedrag per leerling (speciaal onderwijs en voortgezet speciaal onderwijs): niet meegerekend, "
        "want het bedrag is niet bekend"
    ) in said(home, *of_2022)


def test_the_school_for_varende_kinderen_is_told_that_the_score_is_not_for_it(home):
    of_2021 = ("27MK00", "--school-year", "2021-2022")
    assert told(home, *of_2021)["decisions"][0]["amount"] == "3505.80"  # 5 x 701.16
    assert (
        "Achterstandsscore (basisonderwijs): niet voor deze school (BWBR0045533, artikel 1 (Stcrt. 2021, 39244))."
    ) in said(home, *of_2021)


def test_a_score_that_was_not_delivered_is_not_a_score_of_nothing(home):
    assert (
        "Achterstandsscore (basisonderwijs): niet meegerekend, want hiervoor zijn geen gegevens aangeleverd. "
        "Dat is iets anders dan nul."
    ) in said(home, "01AA00", "--school-year", "2021-2022")


def test_a_school_that_the_file_of_scores_does_not_name(home, tmp_path):
    copy = shutil.copytree(home, tmp_path / "home")
    delivery.write_register(tmp_path / "more", {"01AA00 Bo": 12, "02BB00 Bo": 7})
    delivery.write_addresses(tmp_path / "more", {"01AA00": "10001", "02BB00": "10001"})
    delivery.write_scores(tmp_path / "more", {"02BB00": "0,00"})
    run(copy, "ingest", tmp_path / "more", "--reference-date", "2020-10-01")
    run(copy, "decide", "--school-year", "2021-2022")
    assert (reason(copy, "01AA00"), reason(copy, "02BB00")) == ("not_delivered", "zero")


def reason(home, school):
    (decision,) = told(home, school, "--school-year", "2021-2022")["decisions"]
    (left,) = (one for one in decision["schools"][0]["omitted"] if one["component"] == "achterstandsscore")
    return left["reason"]


def test_a_school_in_which_nobody_was_counted_is_in_no_decision(home):
    assert told(home, "04DD00")["decisions"] == []
    assert "Er is nog geen besluit waarin 04DD00 voorkomt." in said(home, "04DD00")


def test_of_a_school_that_a_file_masks_the_range_is_said_and_that_it_gives_no_money(home, tmp_path):
    copy, folder = shutil.copytree(home, tmp_path / "home"), tmp_path / "masked"
    folder.mkdir()
    header = "PEILDATUM;BRIN_NUMMER;VESTIGINGSNUMMER;INSTELLINGSNAAM_VESTIGING;PLAATSNAAM;GEMEENTENAAM;SOORT_PO"
    row = "20201001;09ZZ;00;De Kleine;Assen;Assen;Bo;10001;1000;<5"
    (folder / "masked.csv").write_text(f"{header};BEVOEGD_GEZAG_NUMMER;AFSTAND;LEERLINGEN\n{row}\n")
    run(copy, "ingest", folder)
    assert told(copy, "09ZZ00")["masked"] == [
        {
            "file": "masked.csv",
            "reference_date": "2020-10-01",
            "vestiging": "09ZZ00",
            "school_type": "bao",
            "lowest": 1,
            "highest": 4,
        }
    ]
    words = said(copy, "09ZZ00")
    assert "In masked.csv van 1 oktober 2020 heeft 09ZZ00 1 tot en met 4 leerlingen (basisonderwijs)" in words
    assert "Met een bandbreedte wordt geen geld berekend" in words
    assert "bandbreedte" not in said(copy, "01AA00")


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
