"""The national report: one table per kind of row, and cells that hold what they may."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.reports.xbrl.arelle import Validation, validate
from npo_pipeline.reports.xbrl.facts import facts_of
from npo_pipeline.reports.xbrl.national_csv import TABLES, write_national
from npo_pipeline.reports.xbrl.taxonomy.package import FILE_NAME, write_taxonomy
from tests.filing.edges import TWO_SCHOOLS
from tests.filing.world import YEAR, School, Went, told


def read(path: Path) -> list[dict[str, str]]:
    return pl.read_csv(path, infer_schema=False).fill_null("").to_dicts()


@pytest.fixture
def report(tmp_path: Path) -> Path:
    abroad = School("40007", "28PW", "0", "7.00", (Went("2.00"),), currency="USD", name="#nil")
    return write_national(tmp_path, facts_of(told(*TWO_SCHOOLS, abroad)), YEAR)[0]


def test_each_board_and_each_school_is_a_row(report: Path) -> None:
    boards, schools = read(report.parent / "board.csv"), read(report.parent / "school.csv")
    assert [row["board"] for row in boards] == ["bg:40001", "bg:40007"]
    assert [(row["board"], row["brin"]) for row in schools] == [
        ("bg:40001", "01AB"), ("bg:40001", "02CD"), ("bg:40007", "28PW"),
    ]  # fmt: skip
    assert {boards[0][name] for name in ("CarriedOver_start", "CarriedOver_end")} == {"1000.00", "6400.40"}
    assert (schools[0]["Spent"], schools[0]["Spent_school"], schools[0]["Spent_bovenschools"]) == (
        "2000.00", "1200.00", "800.00",
    )  # fmt: skip
    assert [row["unit"] for row in boards] == ["iso4217:EUR", "iso4217:USD"]


def test_each_category_and_intervention_is_a_row(report: Path) -> None:
    rows = read(report.parent / "school_intervention.csv")
    assert [(row["brin"], row["intervention"], row["Spent"]) for row in rows] == [
        ("01AB", "npo:CategoryA", "1200.00"),
        ("01AB", "npo:CategoryB", "800.00"),
        ("01AB", "npo:InterventionA3", "1200.00"),
        ("01AB", "npo:InterventionB6", "800.00"),
        ("02CD", "npo:CategoryB", "100.10"),
        ("02CD", "npo:InterventionB6", "100.10"),
        ("28PW", "npo:CategoryB", "2.00"),
        ("28PW", "npo:InterventionB6", "2.00"),
    ]


def test_a_name_that_looks_like_a_special_value_is_none(report: Path) -> None:
    assert read(report.parent / "school.csv")[2]["SchoolName"] == "##nil"


def test_every_column_of_every_table_is_described(report: Path) -> None:
    templates = json.loads(report.read_text())["tableTemplates"]
    for table in TABLES:
        columns = templates[table.name]["columns"]
        assert list(read(report.parent / table.url)[0]) == list(columns)
        assert all("type" in column["tc:constraints"] for column in columns.values())


PLANTED = {  # a table, what stands there, what is put in its place, what Arelle says
    "BRIN of three signs": ("school.csv", "01AB", "1AB", "tcre:invalidValue"),
    "school of no board": ("school.csv", '"bg:40001","02CD"', '"bg:49999","02CD"', "tcre:referenceKeyViolation"),
    "intervention of no school": ("school_intervention.csv", "02CD", "03CD", "tcre:referenceKeyViolation"),
    "school told twice": ("school.csv", "02CD", "01AB", "tcre:uniqueKeyViolation"),
    "unknown member": ("board_intervention.csv", "npo:CategoryA", "npo:CategoryG", "tcre:invalidValue"),
    "amount in Dutch notation": ("board.csv", "7500.50", "7500,50", "tcre:invalidValue"),
    "share above one": ("board.csv", "0.1429", "1.1429", "tcre:invalidValue"),
    "answer that is none": ("school.csv", '"ja"', '"Ja"', "tcre:invalidValue"),
    "no consent told": ("school.csv", '"ja","ja"', '"ja",""', "tcre:missingValue"),
    "unknown currency": ("board.csv", "iso4217:USD", "iso4217:GBP", "tcre:invalidValue"),
    "status that is none": ("board.csv", "zonder fouten", "goed", "tcre:invalidValue"),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[set[str]]:
    """What Arelle says of the good report, and of each one with a fault planted."""
    folder = tmp_path_factory.mktemp("national")
    write_taxonomy(folder / FILE_NAME)
    abroad = School("40007", "28PW", "0", "7.00", (Went("2.00"),), currency="USD")
    # Apostrophes at the start of cells beside each other: a reader that guesses takes them for quotes.
    dutch = [
        School("40008", brin, "0", "7.00", (Went("2.00"),), name="'t Eenspan", municipality="'s-Hertogenbosch")
        for brin in ("31AA", "31AB", "31AC")
    ]
    facts = facts_of(told(*TWO_SCHOOLS, abroad, *dutch))
    reports = []
    for place, planted in enumerate((None, *PLANTED)):
        (folder / str(place)).mkdir()
        reports.append(write_national(folder / str(place), facts, YEAR)[0])
        if planted:
            name, old, new, _ = PLANTED[planted]
            table = reports[-1].parent / name
            assert old in table.read_text()
            table.write_text(table.read_text().replace(old, new, 1))
    found = validate([Validation(report, folder / FILE_NAME, by="table_constraints") for report in reports])
    return [{message.code for message in one.messages} for one in found]


def test_a_good_report_keeps_its_own_constraints(said: list[set[str]]) -> None:
    assert said[0] == set()


@pytest.mark.parametrize("place", range(len(PLANTED)), ids=list(PLANTED))
def test_each_planted_fault_breaks_a_constraint(place: int, said: list[set[str]]) -> None:
    assert list(PLANTED.values())[place][3] in said[place + 1]
