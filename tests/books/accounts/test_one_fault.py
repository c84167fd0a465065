"""What is wrong with one board in a whole account: the others get their reports, and the answer names it."""

from __future__ import annotations

import json

import openpyxl

from npo_pipeline.reports.board_pack import pack
from tests.books.accounts.year import CONSENTED, IN_ORDER, account, done, run
from tests.books.home.delivery import BOARDS, write_addresses, write_consents, write_spending
from tests.books.home.seeing import select


def test_consent_of_a_school_without_money_is_no_reason_to_write_no_report(accounted, tmp_path):
    folder = write_addresses(tmp_path / "in", {**BOARDS, "05EE00": "10002"})
    assert run(accounted, "ingest", folder, "--reference-date", "2021-10-01").status == 0
    rows = (*CONSENTED, "10002;05EE;2021-2022;J;J;20210617;0;J;20210620;ouderavond;;gaat goed")
    result = done(accounted, "--spending", write_consents(tmp_path / "told", *rows))
    assert select(accounted, "select brin from consents where brin = '05EE'") == [("05EE",)]
    assert (result["faults"], result["without_filing"]) == ({}, [])
    assert result["national"] != []


def test_a_fault_in_one_pack_ends_the_command_at_its_end_and_names_the_board(accounted, monkeypatch):
    def broken(facts, report):
        if "10002" in facts["board"].to_list():
            raise ZeroDivisionError
        return pack.workbook(facts, report)

    monkeypatch.setattr(pack, "FORMATS", {**pack.FORMATS, ".xlsx": broken})
    ended = account(accounted, "--treatment", "overlopende_passiva", "--json")
    assert ended.status == 1
    assert "no report could be made of 1 board: 10002" in ended.stderr
    assert "10002: ZeroDivisionError in broken (test_one_fault.py, line " in ended.stderr
    result = json.loads(ended.stdout)
    assert (result["written"], list(result["faults"])) == (["10001", "10003"], ["10002"])
    folder = accounted / "reports" / "2021"
    assert "kon niet worden gemaakt" in (folder / "10002" / "npo-2021-10002.html").read_text("utf-8")
    assert "bg:10002" not in (folder / "landelijk" / "npo-2021-alle-besturen" / "board.csv").read_text()
    assert "! no report could be made of 10002: ZeroDivisionError" in account(accounted).stdout
    monkeypatch.undo()
    assert done(accounted)["written"] == ["10002"]


def test_a_national_report_that_cannot_be_made_keeps_no_board_from_its_own(accounted, monkeypatch):
    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("npo_pipeline.reports.national.write_taxonomy", broken)
    ended = account(accounted, "--treatment", "overlopende_passiva", "--json")
    assert ended.status == 1
    assert "the national report could not be made" in ended.stderr
    assert len(json.loads(ended.stdout)["written"]) == 3


def test_a_board_that_no_filing_can_hold_is_named_with_the_totals_without_it(accounted, tmp_path):
    above = write_spending(tmp_path / "above", IN_ORDER[0].replace("4000,00;1000,00", "4000,00;5000,00"))
    result = done(accounted, "--spending", above, "--force")
    assert (result["unfit"], result["without_filing"]) == (["10001"], ["10001"])
    [lacking] = result["not_in_national_xbrl"]
    why = "Van een bedrag ging meer naar externen dan het hele bedrag: dat kan XBRL niet"
    assert (lacking["board"], lacking["reason"], lacking["received"]) == ("10001", why, "8413.88")
    country = accounted / "reports" / "2021" / "landelijk"
    rows = (country / "npo-2021-niet-in-xbrl.csv").read_text("utf-8-sig").splitlines()
    assert rows == [
        "BEVOEGD_GEZAG_NUMMER;NAAM;REDEN;VALUTA;ONTVANGEN;BESTEED;NOG_TE_BESTEDEN",
        f"10001;;{why};EUR;8413,88;4000,00;4413,88",
        ";In het XBRL-rapport;;EUR;5845,39;4167,12;1678,27",
        ";Niet in het XBRL-rapport;;EUR;8413,88;4000,00;4413,88",
        ";Alle besturen;;EUR;14259,27;8167,12;6092,15",
    ]
    told = "".join(path.read_text() for path in (country / "npo-2021-alle-besturen").glob("*.csv"))
    assert "10002" in told
    assert "10001" not in told
    assert f"! board 10001 is not in the national XBRL report: {why}" in account(accounted).stdout
    book = openpyxl.load_workbook(country / "npo-2021-landelijk.xlsx")
    of_board = next(row for row in book["Besturen"].values if row[0] == "10001")
    assert of_board[-2:] == ("nee", why)


def test_the_national_sheet_adds_up_over_the_years(second_year_once):
    book = openpyxl.load_workbook(second_year_once / "reports" / "2022" / "landelijk" / "npo-2022-landelijk.xlsx")
    years = {row[0]: row[4:10] for row in book["Jaren"].values if row[0] in ("2021", "2022")}
    sums = select(
        second_year_once,
        """select year::varchar, sum(carried_in), sum(received), sum(spent), sum(transferred), sum(corrections),
           sum(carried_out) from accountability group by 1""",
    )
    assert {year: list(map(str, row)) for year, *row in sums} == {
        year: [f"{amount:.2f}" for amount in row] for year, row in years.items()
    }
    (opening, *_, closing), begin = years["2021"], years["2022"][0]
    assert (opening, begin) == (0, closing), "what a year leaves over is what the next one begins with"
