"""A row of a school that nobody named is refused for that too when something else is wrong with it."""

import polars as pl

from npo_pipeline.intake.school_references import unknown_school_rejections
from tests.books.home.delivery import write_addresses, write_scores
from tests.books.home.npo import here
from tests.reading import rows, table

KNOWN = pl.Series(["01AA00", "01AB00"])


def test_the_place_is_made_of_brin_and_number_and_must_be_known():
    found = unknown_school_rejections(
        table(
            "line BRIN_NUMMER VESTIGINGSNUMMER\n 2 01AA 00\n 3 99ZZ 00\n 4 99ZZ 99ZZ01\n 5 01AB 01AB00", line="i"
        ),
        KNOWN,
    )
    assert rows(found, "line", "value") == [(3, "99ZZ00"), (4, "99ZZ01")]


def test_a_code_that_is_none_is_a_fault_of_its_own_column():
    found = unknown_school_rejections(
        table("line BRIN_NUMMER VESTIGINGSNUMMER\n 2 9X9X 00\n 3 99ZZ A1\n 4 99ZZ 01AA00", line="i"), KNOWN
    )
    assert found.is_empty()


def test_all_faults_of_a_row_are_told(tmp_path):
    folder = write_addresses(tmp_path / "in", {"01AA00": "10001"})
    header = "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;SOORT_PO;CLUSTER;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD;CUMI"
    lines = [header, "P1;01AA;00;Bo;nvt;1;20190801;;J;N", "P2;99ZZ;00;Xo;nvt;x;20201341;;J;N", ""]
    (folder / "register.csv").write_text("\n".join(lines))
    write_scores(folder, {"01AA00": "1,00"})
    with (folder / "scores.csv").open("a") as file:
        file.write("99ZZ00;1e9;-5;1\n")
    ended = here(
        "ingest",
        folder,
        "--reference-date",
        "2020-10-01",
        "--max-rejected",
        "1",
        "--json",
        "--home",
        tmp_path / "h",
    )
    assert ended.document["refused_by_rule"] == {
        "negative": 1,
        "not_a_date": 1,
        "not_a_number": 2,
        "unknown_code": 1,
        "unknown_school": 2,
    }
