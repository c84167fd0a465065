"""An explanation and the status say what others say of a school, as it was compared last."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.books.explain.homes import run, said, told, write_register
from tests.books.home.npo import here

HEADER = "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;REGELING;SCHOOLJAAR;ONDERDEEL;BEDRAG;DATUM;KENMERK"


@pytest.fixture(scope="module")
def compared(decided, tmp_path_factory) -> Path:
    """DUO pays 01AA for ten pupils and not twelve, 02BB and 04DD the same, and 05EE of the same board nothing."""
    folder = tmp_path_factory.mktemp("compared")
    home = Path(shutil.copytree(decided, folder / "home"))
    amounts = {brin: told(home, f"{brin}00")["decisions"][0]["amount"] for brin in ("02BB", "04DD")}
    rows = [
        f"10001;01AA;NPO;2021-2022;per_pupil;{701.16 * 10:.2f};2021-08-01;x",
        *(f"10002;{brin};NPO;2021-2022;per_pupil;{amount};2021-08-01;x" for brin, amount in amounts.items()),
    ]
    (folder / "ofb.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    run(home, "reconcile", folder / "ofb.csv", "--school-year", "2021-2022")
    return home


def section(text: str, title: str) -> list[str]:
    """The lines under a title of an explanation."""
    lines = iter(text.splitlines())
    next(line for line in lines if line.startswith(title))
    return [line.strip() for line in iter(lambda: next(lines), "")]


def test_a_vestiging_shows_what_others_say_of_its_school(compared):
    assert section(said(compared, "01AA00"), "Vergeleken met ofb.csv, op ") == [
        "De hele BRIN 01AA. Bedrag per leerling: daar staat € 7.011,60 en hier € 8.413,92. Dat is daar € 1.402,32 "
        "minder. Andere telling: 2 leerlingen minder dan hier, keer € 701,16. Of 10 van de 12 maanden."
    ]


def test_english_says_the_cause_for_the_books_explain_in_dutch(compared):
    assert section(said(compared, "01AA", "--lang", "en"), "Compared with ofb.csv, on ") == [
        "Amount per pupil: it has € 7,011.60, and this € 8,413.92. That is € 1,402.32 less there. The difference "
        "is the rate times a whole number."
    ]


def test_a_board_shows_what_differs_and_counts_what_matches(compared):
    found = section(said(compared, "10002"), "Vergeleken met")
    assert found[0].startswith(
        "De hele BRIN 05EE. Bedrag per leerling: daar staat geen bedrag, en hier € 4.206,96."
    )
    assert found[1:] == ["Gelijk: 2 bedragen."]


def test_the_document_holds_the_amounts_of_others(compared):
    found = told(compared, "02BB00")["decisions"][0]["compared"]
    assert [(one["code"], one["theirs"], one["outcome"]) for one in found] == [("02BB", "4908.12", "match")]


def test_nothing_is_said_of_others_where_nothing_was_compared(compared, decided):
    assert "Vergeleken met" not in said(decided, "01AA00")
    assert told(decided, "01AA00")["decisions"][0]["compared"] == []


def test_the_status_names_the_last_reconciliation(compared):
    ended = here("status", "--home", compared)
    assert "Reconciled with what others say" in ended.stdout
    assert "ofb.csv  2021-2022-001        5      2  40,00%" in ended.stdout
    found = here("status", "--json", "--home", compared).document["reconciled"]
    shown = [(one["school_year"], one["files"], one["share"], one["newer"]) for one in found]
    assert shown == [("2021-2022", "ofb.csv", "0.4000", None)]


def test_a_newer_decision_makes_a_reconciliation_old(compared, tmp_path):
    home = Path(shutil.copytree(compared, tmp_path / "home"))
    run(
        home,
        "ingest",
        write_register(tmp_path / "again", pupils={"01AA00 Bo": 10}),
        "--reference-date",
        "2020-10-01",
    )
    run(home, "decide", "--school-year", "2021-2022", "--reason", "telling verbeterd")
    assert section(said(home, "01AA00"), "Vergeleken met")[-1] == (
        "Let op: dat was naast besluit 2021-2022-001, en 2021-2022-002 kwam daarna. Vergelijk opnieuw om te zien "
        "wat er nu verschilt."
    )
    assert "Let op: dat was naast" not in said(home, "01AA00", "--decision", "2021-2022-001")
    old = "2021-2022: 2021-2022-002 came after the last reconciliation; run `npo reconcile` again"
    assert old in here("status", "--json", "--home", home).document["findings"]
    run(home, "reconcile", compared.parent / "ofb.csv", "--school-year", "2021-2022")
    assert section(said(home, "01AA00"), "Vergeleken met")[-1] == (
        "De hele BRIN 01AA. Bedrag per leerling: daar staat hetzelfde, € 7.011,60."
    )
    assert old not in here("status", "--json", "--home", home).document["findings"]


def test_the_workbook_and_the_page_are_written_and_never_over_another_file(compared, tmp_path):
    home, file = Path(shutil.copytree(compared, tmp_path / "home")), compared.parent / "ofb.csv"
    workbook, page = tmp_path / "ofb.xlsx", tmp_path / "ofb.html"
    asked = (
        "reconcile",
        file,
        "--school-year",
        "2021-2022",
        "--home",
        home,
        "--workbook",
        workbook,
        "--page",
        page,
    )
    ended = here(*asked, "--json")
    assert ended.document["written"] == [str(workbook), str(page)]
    assert workbook.stat().st_size > 5_000
    assert "Vergelijking met het besluit, 2021-2022" in page.read_text("utf-8")
    again = here(*asked)
    assert (again.status, again.stdout) == (3, "")
    assert "ofb.xlsx: is there already" in again.stderr
    runs = [one["run_id"] for one in here("status", "--json", "--home", home).document["reconciled"]]
    assert runs == [ended.document["run_id"]]
