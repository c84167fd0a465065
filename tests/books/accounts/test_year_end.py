"""The accounts of a year: files in, tables and packs out, to the cent."""

from __future__ import annotations

import subprocess
from decimal import Decimal

from tests.books.accounts.year import CONSENTED, IN_ORDER, RECEIVED, booked, done, run
from tests.books.home.delivery import write_consents, write_spending
from tests.books.home.seeing import select


def test_every_school_is_accounted_for_to_the_cent(accounted_once):
    rows = select(
        accounted_once, "select brin, received, spent, external, board_level, carried_out from accountability"
    )
    assert sorted(rows) == [
        ("01AA", Decimal("8413.88"), Decimal("4000.00"), Decimal("1000.00"), Decimal("0.00"), Decimal("4413.88")),
        ("02BB", Decimal("1227.03"), Decimal("600.50"), Decimal("0.00"), Decimal("100.00"), Decimal("626.53")),
        ("03CC", Decimal("3566.62"), Decimal("3566.62"), Decimal("0.00"), Decimal("0.00"), Decimal("0.00")),
        ("04DD", Decimal("1051.74"), Decimal("0.00"), Decimal("0.00"), Decimal("0.00"), Decimal("1051.74")),
    ]


def test_what_boards_received_is_what_was_paid(accounted_once):
    query = """
        select (select sum(received) from accountability), (select sum(amount) from payments),
               (select sum(amount) from board_payments where board = '10002'),
               (select sum(received) from accountability where board = '10002')"""
    whole, paid, board_paid, board = select(accounted_once, query)[0]
    assert whole == paid == sum(map(Decimal, RECEIVED.values()))
    assert board == board_paid


def test_files_that_are_in_order_give_only_the_note_on_externals(accounted_once):
    assert select(accounted_once, "select rule, severity, board, amount from findings") == [
        ("external_share", "note", "10001", Decimal("1000.00"))
    ]


def test_the_books_tie(accounted):
    ended = run(accounted, "verify")
    assert ended.status == 0, ended.stdout


def test_every_board_has_its_pack(accounted_once):
    folder = accounted_once / "reports" / "2021"
    kinds = ("csv", "xbri", "xbrl", "xhtml", "xlsx")
    for board in ("10001", "10002", "10003"):
        names = {*(f"npo-2021-{board}.{kind}" for kind in kinds), "SHA256SUMS"}
        assert {path.name for path in (folder / board).iterdir()} == names
        check = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
        assert subprocess.run(check, cwd=folder / board, capture_output=True).returncode == 0


def test_the_country_has_its_reports(accounted_once):
    names = {
        path.name for path in (accounted_once / "reports" / "2021" / "landelijk").rglob("*") if path.is_file()
    }
    assert {"npo-2021-landelijk.xlsx", "npo-taxonomy-2026-11-28.zip", "report.json"} <= names


def test_without_files_every_school_is_asked_to_report(paid):
    result = done(paid)
    assert {one["rule"] for one in result["findings"]} == {"nothing_reported", "no_consent_told"}
    assert result["errors"] == 8
    assert result["without_filing"] == ["10001", "10002", "10003"]
    assert result["withdrawn"] == [], "none had one"


def test_what_is_left_over_can_be_shown_as_deferred_income(accounted):
    booked(accounted, treatment="overlopende_passiva")
    assert select(accounted, "select distinct treatment from accountability") == [("overlopende_passiva",)]


def test_a_board_with_errors_gets_its_tables_and_no_filing_unless_forced(accounted, tmp_path):
    wrong = write_spending(tmp_path / "wrong", IN_ORDER[0].replace("Uitbreiding", "Uitbreidingg"))
    result = done(accounted, "--spending", wrong)
    assert (result["without_filing"], result["withdrawn"]) == (["10001"], ["10001"])
    folder = accounted / "reports" / "2021" / "10001"
    assert {path.suffix for path in folder.iterdir()} == {".xlsx", ".csv", ".html", ""}
    done(accounted, "--force", "--board", "10001")
    assert {path.suffix for path in folder.iterdir()} == {".xlsx", ".csv", ".xhtml", ".xbrl", ".xbri", ""}
    assert "met fouten" in (folder / "npo-2021-10001.xbrl").read_text()


def test_one_board_can_be_asked_for_alone(paid, tmp_path):
    own = [[row for row in rows if row.startswith("10002")] for rows in (IN_ORDER, CONSENTED)]
    told = write_consents(write_spending(tmp_path / "own", *own[0]), *own[1])
    result = done(paid, "--spending", told, "--board", "10002")
    assert result["schools"] == 2
    assert result["written"] == ["10002"]
    assert {path.name for path in (paid / "reports" / "2021").iterdir()} == {"10002"}
    assert result["stale"] == [
        "reports of 2021: no pack yet of 10001, 10003, landelijk; run `npo account --year 2021`"
    ]


def test_no_pack_names_a_pupil_or_another_board(accounted_once):
    schools = {"10001": {"01AA"}, "10002": {"02BB", "04DD"}, "10003": {"03CC"}}
    strange = {
        board: {*schools, *set().union(*schools.values())} - {board} - mine for board, mine in schools.items()
    }
    for board, others in strange.items():
        for kind in ("csv", "xbrl", "xhtml"):
            text = (accounted_once / "reports" / "2021" / board / f"npo-2021-{board}.{kind}").read_text(
                "utf-8-sig"
            )
            assert not [other for other in others if other in text]
            assert "P01AA" not in text
