"""The national report: one table per kind of row, and cells that hold what they may."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.reports.xbrl.facts import facts_of
from npo_pipeline.reports.xbrl.national_csv import TABLES, write_national
from tests.books.filing.arelle_batch import PLANTED_NATIONAL, Batch
from tests.books.filing.edges import TWO_SCHOOLS
from tests.books.filing.world import YEAR, School, Went, told


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


def test_a_good_report_keeps_its_own_constraints(arelle: Batch) -> None:
    assert arelle.codes("good/report.json", "table_constraints") == set()


@pytest.mark.parametrize("name", PLANTED_NATIONAL)
def test_each_planted_fault_breaks_a_constraint(name: str, arelle: Batch) -> None:
    assert PLANTED_NATIONAL[name][3] in arelle.codes(f"{name}/report.json", "table_constraints")
