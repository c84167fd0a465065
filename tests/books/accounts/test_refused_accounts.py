"""What `npo account` refuses, and that nothing was changed then."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.books.run import locked
from tests.books.accounts.year import account, done, run
from tests.books.explain.homes import caribbean_home
from tests.books.home.delivery import write_addresses, write_register, write_spending
from tests.books.home.seeing import everything, published, select

WRONG_ROWS = {
    "category G": ("10001;01AA;2021;G;Feedback;school;1,00;0", "rij 2: CATEGORIE 'G' mag hier niet staan"),
    "a negative amount": ("10001;01AA;2021;A;Feedback;school;-1,00;0", "rij 2: BEDRAG '-1,00' ligt onder nul"),
    "no amount": ("10001;01AA;2021;A;Feedback;school;;0", "rij 2: BEDRAG is leeg; vul het in"),
    "a word for an amount": ("10001;01AA;2021;A;Feedback;school;veel;0", "rij 2: BEDRAG 'veel' "),
    "a school of another board": (
        "10001;02BB;2021;A;Feedback;school;1,00;0",
        "of lever eerst de adressenlijst of wijziging aan",
    ),
    "a school that is nowhere": (
        "10001;99ZZ;2021;A;Feedback;school;1,00;0",
        "of lever eerst de adressenlijst of wijziging aan",
    ),
}


@pytest.mark.parametrize("case", WRONG_ROWS)
def test_a_row_that_cannot_be_read_is_refused_with_its_place_and_nothing_changes(paid, tmp_path, case):
    row, said = WRONG_ROWS[case]
    before = everything(paid)
    ended = account(paid, "--spending", write_spending(tmp_path / "wrong", row))
    assert ended.status == 3
    assert "spending.csv" in ended.stderr
    assert said in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert everything(paid) == before


def test_a_year_without_payments_is_refused(paid):
    before = everything(paid)
    ended = account(paid, year=2019)
    assert ended.status == 3
    assert "nothing was paid in 2019" in ended.stderr
    assert everything(paid) == before


def test_a_year_before_its_turn_is_refused(paid):
    run(paid, "pay", "--month", "2022-01", "--catch-up")
    ended = account(paid, year=2022)
    assert ended.status == 3
    assert "begin with `npo account --year 2021`" in ended.stderr


def test_a_delivery_of_pupils_is_no_spending(paid, country):
    ended = account(paid, "--spending", country)
    assert ended.status == 3
    assert "is of kind addresses_bo (address list bo), not spending or consents" in ended.stderr


def test_a_board_that_is_not_there_is_refused_before_anything_is_written(paid):
    before = published(paid)
    ended = account(paid, "--board", "99999")
    assert ended.status == 3
    assert "99999" in ended.stderr
    assert published(paid) == before


def test_a_template_never_goes_over_one_that_is_there(paid, tmp_path):
    made = Path(done(paid, "--template", "--board", "10002", "--out", tmp_path)["template"])
    made.write_bytes(b"filled in")
    ended = account(paid, "--template", "--board", "10002", "--out", tmp_path)
    assert ended.status == 3
    assert made.read_bytes() == b"filled in"


def test_a_folder_that_cannot_be_written_in_is_seen_before_anything_is_accounted_for(paid, told):
    (paid / "reports").write_text("a file")
    before = everything(paid)
    ended = account(paid, "--spending", told)
    assert ended.status == 3
    assert "reports: is a file, and must be a folder" in ended.stderr
    assert everything(paid) == before


def test_two_that_write_reports_of_one_home_do_not_get_in_each_others_way(accounted):
    with locked(Home(accounted), "account", now=datetime(2022, 3, 1)):
        assert account(accounted).status == 4


def test_a_template_before_anything_was_paid_is_refused(decided_once, tmp_path):
    ended = account(decided_once, "--template", "--board", "10001", "--out", tmp_path)
    assert ended.status == 3
    assert "board 10001 received nothing in 2021" in ended.stderr


def test_a_board_with_two_currencies_gets_a_report_in_each(tmp_path):
    home = caribbean_home(tmp_path)
    other = write_addresses(write_register(tmp_path / "more", {"02BB00 Bo": 3}), {"02BB00": "10002"})
    for command in (
        ("ingest", other, "--reference-date", "2021-10-01"),
        ("decide", "--school-year", "2022-2023"),
        ("pay", "--month", "2022-10", "--catch-up"),
    ):
        assert run(home, *command).status == 0
    result = done(home, year=2022)
    assert result["written"] == ["10002", "41999-EUR", "41999-USD"]
    assert ("41999", "two_currencies") in select(home, "select board, rule from findings")
    reports = home / "reports" / "2022"
    received = dict(
        select(
            home, "select currency, sum(received)::varchar from accountability where board = '41999' group by 1"
        )
    )
    for currency, other in (("EUR", "USD"), ("USD", "EUR")):
        pack = reports / f"41999-{currency}"
        (page,) = pack.glob(f"npo-2022-41999-{currency}.*html")
        table = (pack / f"npo-2022-41999-{currency}.csv").read_text(encoding="utf-8-sig")
        assert f";{currency};{received[currency].replace('.', ',')};" in table
        assert f";{other};" not in table
        assert "externals" not in page.read_text(encoding="utf-8")
    again = done(home, "--board", "41999", year=2022)
    assert (again["written"], again["up_to_date"]) == ([], ["41999-EUR", "41999-USD"])
    national = "".join(one.read_text(encoding="utf-8") for one in reports.glob("landelijk/*/*.csv"))
    assert all(one in national for one in ("41999-EUR", "41999-USD", "10002"))
    ended = run(home, "verify")
    assert ended.status == 0, ended.stdout
    shown = run(home, "status").stdout
    assert shown.index("Accounts, in euro") < shown.index("Accounts, in US dollars")


def test_a_template_wants_a_board(paid):
    assert account(paid, "--template").status == 2
    assert account(paid, "--out", "x").status == 2


def test_a_template_of_a_board_that_received_nothing_is_refused(paid, tmp_path):
    ended = account(paid, "--template", "--board", "99999", "--out", tmp_path)
    assert ended.status == 3
    assert list(tmp_path.glob("*.xlsx")) == []


def test_a_form_of_another_board_or_year_and_a_row_of_either_change_nothing(paid, tmp_path):
    """The refusal names the cells; a form of last year is taken in where it is asked for."""
    form = Path(done(paid, "--template", "--board", "10002", "--out", tmp_path)["template"])
    filled = openpyxl.load_workbook(form)
    sheet = filled["Besteding"]
    head = next(row[0].row for row in sheet.iter_rows() if row[0].value == "BEVOEGD_GEZAG_NUMMER")
    columns = {cell.value: cell.column for cell in sheet[head]}
    values = {"CATEGORIE": "B", "INTERVENTIE": "Feedback", "NIVEAU": "school", "BEDRAG": 10}
    for name, value in values.items():
        sheet.cell(head + 1, columns[name], value)
        sheet.cell(head + 2, columns[name], value)
    filled.save(form)

    other = account(paid, "--spending", form, "--board", "10001")
    assert other.status == 3
    said = "is het formulier van bestuur 10002 over 2021, en dit is de verantwoording van bestuur 10001"
    assert said in other.stderr

    sheet.cell(head + 1, columns["JAAR"], 2022)
    sheet.cell(head + 2, columns["BEVOEGD_GEZAG_NUMMER"], "10001")
    sheet.cell(head + 2, columns["BRIN_NUMMER"], "01AA")
    filled.save(form)
    rows = account(paid, "--spending", form, "--max-rejected", "1")
    assert rows.status == 3
    year = sheet.cell(head + 1, columns["JAAR"]).coordinate
    board = sheet.cell(head + 2, columns["BEVOEGD_GEZAG_NUMMER"]).coordinate
    assert f"Besteding, cel {year}: JAAR is 2022 en niet 2021, het jaar van dit formulier" in rows.stderr
    assert f"Besteding, cel {board}: BEVOEGD_GEZAG_NUMMER is 10001 en niet 10002" in rows.stderr
    assert "2 rows are of another board or year" in rows.stderr
    assert select(paid, "select count(*) from spending") == [(0,)]
