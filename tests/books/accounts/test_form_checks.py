"""The checks in the workbook of a board: what LibreOffice calculates is what the program finds."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from npo_pipeline.reports.board_form_checks import IMPOSSIBLE, FormFacts, checks_of
from npo_pipeline.rulebook.year_end import year_end_rules
from schemas.rules import REJECTION_RULES
from tests.books.accounts.filing import ingest
from tests.books.accounts.forms import arrived, template, told
from tests.books.accounts.year import booked, done
from tests.books.home.seeing import select

FACTS = FormFacts(
    year=2021, board="10002", school_years=("2020-2021", "2021-2022"), complete="AB", after_deadline=True
)
CHECKS = checks_of(FACTS)
HEADER = 4
needs_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not here")

Rows = Mapping[int, Mapping[str, Any]]
GOOD = {"CATEGORIE": "A", "INTERVENTIE": "Zomerscholen", "NIVEAU": "school", "BEDRAG": 10}
"""A row of spending without a fault."""

AGREED = {"SCHOOLSCAN": "J", "SCHOOLPROGRAMMA_MR": "J", "DATUM_MR": date(2021, 7, 1)}


TEXTS = [{**AGREED, "DATUM_MR": "15-6-2021"}, {**AGREED, "DATUM_MR": "1/6/2021"}]
"""Days that stand as text, which a spreadsheet of another language would not know."""


def test_every_rule_that_rejects_a_row_of_a_board_has_its_check_in_the_workbook_or_a_reason():
    rules = {rule.name for rule in REJECTION_RULES if rule.board_message}
    assert rules - {one.rule for one in CHECKS} - set(IMPOSSIBLE) == set()


def test_every_finding_that_is_an_error_has_its_check_in_the_workbook_or_a_reason():
    findings = year_end_rules().accountability.findings
    errors = {name for name, one in findings.items() if one.severity == "error"}
    assert errors - {one.rule for one in CHECKS} - set(IMPOSSIBLE) == set()


def test_no_formula_is_longer_than_a_spreadsheet_takes(tmp_path):
    book = openpyxl.load_workbook(template(tmp_path / "npo.xlsx"))
    cells = [cell.value for page in book for row in page.iter_rows() for cell in row]
    formulas = [getattr(value, "text", value) for value in cells if value]
    assert max(len(one) for one in formulas if str(one).startswith("=")) < 8_192


def test_no_check_is_named_as_impossible_and_made_as_well():
    assert {one.rule for one in CHECKS} & set(IMPOSSIBLE) == set()


def filled(path: Path, sheets: Mapping[str, Rows]) -> Path:
    """Fill cells in, by sheet, row and header, as a person does in a spreadsheet."""
    book = openpyxl.load_workbook(path)
    for name, rows in sheets.items():
        page = book[name]
        places = {cell.value: cell.column for cell in page[HEADER]}
        for number, row in rows.items():
            for column, value in row.items():
                cell = page.cell(number, places[column])
                if isinstance(value, str) and value.endswith("%"):
                    cell.number_format, value = "0%", int(value[:-1]) / 100
                cell.value = value
    book.save(path)
    return path


def calculated(folder: Path, *paths: Path) -> dict[str, openpyxl.Workbook]:
    """Open workbooks in LibreOffice, save them again, and return them with the values it calculated."""
    profile = f"-env:UserInstallation={(folder / 'office').as_uri()}"
    form = ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "saved")]
    command = ["soffice", profile, "--headless", *form, *map(str, paths)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return {path.stem: openpyxl.load_workbook(folder / "saved" / path.name, data_only=True) for path in paths}


def outcome(book: openpyxl.Workbook) -> str:
    return book["Controle"]["B3"].value


def messages(book: openpyxl.Workbook, sheet: str) -> dict[int, str]:
    """The fault that each row of a sheet shows."""
    page = book[sheet]
    [place] = [cell.column for cell in page[HEADER] if str(cell.value).upper() == "CONTROLE"]
    rows = range(HEADER + 1, page.max_row + 1)
    return {row: str(page.cell(row, place).value) for row in rows if page.cell(row, place).value}


def counted(book: openpyxl.Workbook) -> dict[tuple[str, str, str], tuple[int, int]]:
    """What sheet `Controle` counts of each rule: sheet, rule, column -> number of rows and the first of them."""
    rows = book["Controle"].iter_rows(min_row=11, max_col=6, values_only=True)
    return {(row[0], row[5], row[1]): (row[3], row[4]) for row in rows if row[3] and row[0] in book.sheetnames}


WRONG_SPENDING: dict[int, tuple[dict[str, Any], str | None]] = {
    # The first five rows are of 02BB, the next five of 04DD, the others of no school yet.
    5: (GOOD, None),
    6: ({**GOOD, "CATEGORIE": "Z"}, "CATEGORIE: is geen A tot en met F"),
    7: ({**GOOD, "NIVEAU": "bestuur"}, "NIVEAU: is geen school of bovenschools"),
    8: ({**GOOD, "BEDRAG": None}, "BEDRAG: is leeg"),
    9: ({**GOOD, "BEDRAG": "veel"}, "BEDRAG: staat er als tekst"),
    10: ({**GOOD, "BEDRAG": 1.125}, "BEDRAG: heeft meer dan twee decimalen"),
    11: ({**GOOD, "BEDRAG": 1_000_000_000}, "BEDRAG: is een miljard of meer"),
    12: ({**GOOD, "BEDRAG": -4}, "BEDRAG: ligt onder nul"),
    13: ({**GOOD, "NIVEAU": None}, "NIVEAU: is leeg"),
    14: ({**GOOD, "INTERVENTIE": None}, "INTERVENTIE: is leeg"),
    15: ({**GOOD, "BRIN_NUMMER": "02BB", "CATEGORIE": None}, "CATEGORIE: is leeg"),
    16: ({**GOOD, "BRIN_NUMMER": "99ZZ"}, "BRIN_NUMMER: staat niet op blad Scholen"),
    17: (GOOD, "BRIN_NUMMER: is leeg"),
    18: ({**GOOD, "BRIN_NUMMER": "02BB", "BEVOEGD_GEZAG_NUMMER": None}, "BEVOEGD_GEZAG_NUMMER: is leeg"),
    19: ({**GOOD, "BRIN_NUMMER": "02BB", "JAAR": None}, "JAAR: is leeg"),
    20: ({**GOOD, "BRIN_NUMMER": "02BB", "WAARVAN_EXTERN": "deels"}, "WAARVAN_EXTERN: staat er als tekst"),
    21: ({**GOOD, "BRIN_NUMMER": "02BB", "WAARVAN_EXTERN": -1}, "WAARVAN_EXTERN: ligt onder nul"),
}
"""Rows that the program rejects, and two that it takes: what the row shows begins with these words."""

FOUND_SPENDING: dict[int, tuple[dict[str, Any], str]] = {
    22: ({**GOOD, "BRIN_NUMMER": "02BB", "INTERVENTIE": "Pretpark"}, "INTERVENTIE: staat niet op de menukaart"),
    23: ({**GOOD, "BRIN_NUMMER": "02BB", "WAARVAN_EXTERN": 11}, "WAARVAN_EXTERN: is meer dan BEDRAG"),
}
"""Rows that it takes, with a finding."""

READ_SPENDING: dict[int, dict[str, Any]] = {
    24: {**GOOD, "BRIN_NUMMER": "04DD", "CATEGORIE": "b", "INTERVENTIE": "een op een begeleiding"},
    25: {**GOOD, "BRIN_NUMMER": "04DD", "NIVEAU": "Bovenschools"},
    26: {**GOOD, "BRIN_NUMMER": "04DD", "BEDRAG": 0.30000000000000004},
}
"""Rows that are written in another way and are right."""

WRONG_CONSENTS: dict[int, tuple[dict[str, Any], str | None]] = {
    # Two rows per school, and below those two that have no formulas of their own.
    5: ({**AGREED, "DATUM_MR": "15 juni 2021"}, None),
    6: ({**AGREED, "SCHOOLSCAN": None}, "SCHOOLSCAN: is leeg"),
    7: ({**AGREED, "SCHOOLPROGRAMMA_MR": "X"}, "SCHOOLPROGRAMMA_MR: is geen J of N"),
    8: ({**AGREED, "DATUM_MR": "ooit"}, "DATUM_MR: is geen datum"),
    9: ({**AGREED, "BEVOEGD_GEZAG_NUMMER": "10002", "SCHOOLJAAR": "2021-2022"}, "BRIN_NUMMER: is leeg"),
    10: (
        {**AGREED, "BEVOEGD_GEZAG_NUMMER": "10002", "BRIN_NUMMER": "02BB", "SCHOOLJAAR": "2021-2023"},
        "SCHOOLJAAR: is geen schooljaar van dit werkboek",
    ),
}


SPEND = {"CATEGORIE": "B", "INTERVENTIE": "Een-op-een-begeleiding", "NIVEAU": "school"}
SCHOOL_FAULTS: dict[str, dict[str, Rows]] = {
    # 02BB received 1.227,03 and 04DD 1.051,74. What is told of consent stays until it is told again.
    "silent": {"Besteding": {5: {**SPEND, "BEDRAG": 0}}},
    "money": {
        "Besteding": {
            5: {**SPEND, "BEDRAG": 1227.04},
            10: {"CATEGORIE": "F", "INTERVENTIE": "Aanschaf materiaal", "NIVEAU": "school", "BEDRAG": 5},
        },
        "Instemming": {5: {**AGREED, "DATUM_MR": date(2022, 2, 1)}, 6: {**AGREED, "SCHOOLSCAN": "N"}},
    },
    "shared": {
        "Besteding": {5: {**SPEND, "NIVEAU": "bovenschools", "BEDRAG": 50.01}, 10: {**SPEND, "BEDRAG": 1}},
        "Instemming": {5: {**AGREED, "BOVENSCHOOLS_BEDRAG_MR": 50, "SCHOOLPROGRAMMA_MR": "N"}},
    },
}


@pytest.fixture(scope="module")
def office(tmp_path_factory, form_once) -> dict[str, Any]:
    """Workbooks that LibreOffice calculated, started once for all of them, as that takes longer than they do.

    Blank, with faults of rows and of cells, and all right; and a workbook made in a home, with faults of schools.
    """
    folder = tmp_path_factory.mktemp("office")
    blank = template(folder / "blank.xlsx")
    spending = {row: cells for row, (cells, _) in (WRONG_SPENDING | FOUND_SPENDING).items()} | READ_SPENDING
    consents = {row: cells for row, (cells, _) in WRONG_CONSENTS.items()}
    rows = filled(template(folder / "rows.xlsx"), {"Besteding": spending, "Instemming": consents})
    cells = {
        5: {**GOOD, "BEDRAG": "=5+5"},
        6: {**GOOD, "BEDRAG": "=1/0"},
        7: {**GOOD, "WAARVAN_EXTERN": "10%"},
    }
    broken = filled(template(folder / "broken.xlsx"), {"Besteding": cells})
    both = {5: GOOD, 10: GOOD}
    right = filled(
        template(folder / "right.xlsx"), {"Besteding": both, "Instemming": dict(enumerate(TEXTS * 2, 5))}
    )
    of_schools = [
        filled(Path(shutil.copy(form_once, folder / f"{name}.xlsx")), sheets)
        for name, sheets in SCHOOL_FAULTS.items()
    ]
    return {"folder": folder, **calculated(folder, blank, rows, broken, right, *of_schools)}


@needs_office
def test_a_blank_workbook_says_that_nothing_is_filled_in_and_counts_the_schools_without_a_row(office):
    assert outcome(office["blank"]) == "Er is nog niets ingevuld"
    assert counted(office["blank"])["Scholen", "nothing_reported", "Besteding"] == (2, 5)
    assert messages(office["blank"], "Besteding") == {}


@needs_office
def test_a_workbook_without_a_fault_ties(office):
    assert outcome(office["right"]) == "Klopt"
    assert counted(office["right"]) == {}
    assert office["right"]["Besteding"]["B2"].value == "Klopt"


@needs_office
@pytest.mark.parametrize(
    ("sheet", "faults"),
    [("Besteding", WRONG_SPENDING), ("Instemming", {row: WRONG_CONSENTS[row] for row in range(5, 9)})],
)
def test_each_fault_of_a_row_is_shown_in_that_row(office, sheet, faults):
    shown = messages(office["rows"], sheet)
    for row, (_, words) in faults.items():
        assert shown.get(row, "").startswith(words or ""), row
        assert (row in shown) == (words is not None), (row, shown.get(row))


@needs_office
def test_a_row_below_those_of_the_template_is_checked_too(office):
    assert counted(office["rows"])["Instemming", "missing_value", "BRIN_NUMMER"] == (1, 9)
    assert counted(office["rows"])["Instemming", "unknown_code", "SCHOOLJAAR"] == (1, 10)


@needs_office
def test_what_is_taken_with_a_finding_is_shown_and_what_is_only_written_otherwise_is_not(office):
    shown = messages(office["rows"], "Besteding")
    for row, (_, words) in FOUND_SPENDING.items():
        assert shown[row].startswith(words)
    assert [shown.get(row) for row in READ_SPENDING] == [None, None, None]


@needs_office
def test_the_program_rejects_the_same_rows(office, home):
    ingest(home, office["folder"] / "saved" / "rows.xlsx")
    for sheet, faults in (("Besteding", WRONG_SPENDING), ("Instemming", WRONG_CONSENTS)):
        query = f"select distinct line from quarantine where file = 'rows.xlsx, {sheet}' order by 1"
        rejected = [line for (line,) in select(home, query)]
        assert rejected == [row for row, (_, words) in faults.items() if words], sheet


@needs_office
def test_a_formula_an_error_and_a_percentage_are_named(office):
    assert outcome(office["broken"]).startswith("Klopt niet: Besteding, regel 6, Regel: een cel bevat een fout")
    shown = messages(office["broken"], "Besteding")
    assert shown[5] == "Regel: een cel bevat een formule; plak de waarde ervan"
    assert shown[7] == "WAARVAN_EXTERN: is een percentage; vul het bedrag in"
    assert counted(office["broken"])["Besteding", "formula", "Regel"] == (2, 5)


@needs_office
def test_a_workbook_that_libreoffice_saved_is_read_as_the_one_that_it_opened(office):
    opened, saved = office["folder"] / "right.xlsx", office["folder"] / "saved" / "right.xlsx"
    for sheet in ("Besteding", "Instemming"):
        assert told(saved, sheet) == told(opened, sheet) != []
    assert [one.workbook.made_for for one in arrived(saved).values()] == [
        one.workbook.made_for for one in arrived(opened).values()
    ]


@needs_office
def test_the_faults_of_schools_are_those_that_the_account_finds(office, paid):
    for name in SCHOOL_FAULTS:
        result = booked(paid, office["folder"] / "saved" / f"{name}.xlsx")
        rules = result.findings.filter(board="10002", severity="error")["rule"]
        assert {rule for _, rule, _ in counted(office[name])} == set(rules), name


def test_what_was_told_comes_back_in_a_template_to_update_and_changes_nothing(accounted, tmp_path):
    spent = "select board, brin, year, category, intervention, level, amount, external from spending"
    agreed = "select * exclude (delivery_id, line) from consents"
    before = [sorted(select(accounted, query), key=str) for query in (spent, agreed)]
    made = Path(done(accounted, "--template", "--update", "--board", "10002", "--out", tmp_path)["template"])
    booked(accounted, made)
    latest = "delivery_id = (select max(delivery_id) from {} where board = '10002')"
    for table, query, rows in zip(("spending", "consents"), (spent, agreed), before, strict=True):
        again = select(accounted, f"{query} where {latest.format(table)}")
        assert sorted(again, key=str) == [row for row in rows if row[0] == "10002"]
