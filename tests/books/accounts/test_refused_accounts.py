"""What `npo account` refuses, and that nothing was changed then."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import duckdb
import openpyxl
import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.books.run import locked
from npo_pipeline.commands.account.command import refuse_unaccountable
from npo_pipeline.errors import Refused
from tests.books.accounts.year import account, booked, done, faults, run
from tests.books.home.delivery import write_addresses, write_register, write_spending
from tests.books.home.seeing import everything, published, select
from tests.books.home.tampered import changed

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
def test_a_row_that_cannot_be_read_is_refused_with_its_place_and_nothing_changes(paid_once, tmp_path, case):
    row, said = WRONG_ROWS[case]
    before = everything(paid_once)
    with pytest.raises(Refused) as refused:
        booked(paid_once, write_spending(tmp_path / "wrong", row))
    assert "spending.csv" in str(refused.value)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert everything(paid_once) == before


def test_a_year_without_payments_is_refused(paid_once):
    before = everything(paid_once)
    ended = account(paid_once, year=2019)
    assert ended.status == 3
    assert "nothing was paid in 2019" in ended.stderr
    assert everything(paid_once) == before


def test_a_year_before_its_turn_is_refused(paid):
    later = "update payments set paid_month = paid_month + interval 1 year where month(paid_month) = 10"
    turn = "2022 opens on what 2021 leaves over; begin with `npo account --year 2021`"
    with (
        duckdb.connect(str(paid / "npo.duckdb")) as connection,
        changed((connection, Home(paid)), later) as (books, _),
        pytest.raises(Refused, match=turn),
    ):
        refuse_unaccountable(books, 2022)


def test_a_delivery_of_pupils_is_no_spending(paid_once, country):
    ended = account(paid_once, "--spending", country)
    assert ended.status == 3
    assert "is of kind addresses_bo (address list bo), not spending or consents" in ended.stderr


def test_a_board_that_is_not_there_is_refused_before_anything_is_written(paid_once):
    before = published(paid_once)
    ended = account(paid_once, "--board", "99999")
    assert ended.status == 3
    assert "99999" in ended.stderr
    assert published(paid_once) == before


def test_a_template_never_goes_over_one_that_is_there(paid_once, form_once, tmp_path):
    there = tmp_path / form_once.name
    there.write_bytes(b"filled in")
    ended = account(paid_once, "--template", "--board", "10002", "--out", tmp_path)
    assert (ended.status, form_once.name) == (3, "npo-2021-10002-invullen.xlsx")
    assert there.read_bytes() == b"filled in"


def test_a_template_that_is_not_filled_in_is_refused(paid_once, form_once):
    ended = account(paid_once, "--spending", form_once)
    assert ended.status == 3
    assert form_once.name in ended.stderr


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
    home = tmp_path / "home"
    pupils, boards = {"28PW00 Bo": 361, "01AA00 Bo": 12, "02BB00 Bo": 3}, {"28PW00": "41999", "01AA00": "41999"}
    country = write_addresses(write_register(tmp_path / "country", pupils), {**boards, "02BB00": "10002"})
    for command in (
        ("ingest", country, "--reference-date", "2021-10-01"),
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
    assert faults(home) == []
    shown = run(home, "status").stdout
    assert shown.index("Accounts, in euro") < shown.index("Accounts, in US dollars")


def test_a_template_wants_a_board(paid_once):
    assert account(paid_once, "--template").status == 2
    assert account(paid_once, "--out", "x").status == 2


def test_a_template_of_a_board_that_received_nothing_is_refused(paid_once, tmp_path):
    ended = account(paid_once, "--template", "--board", "99999", "--out", tmp_path)
    assert ended.status == 3
    assert list(tmp_path.glob("*.xlsx")) == []


def test_a_form_of_another_board_or_year_and_a_row_of_either_change_nothing(paid_once, form_once, tmp_path):
    """The refusal names the cells; a form of last year is taken in where it is asked for."""
    form = Path(shutil.copy(form_once, tmp_path))
    filled = openpyxl.load_workbook(form)
    sheet = filled["Besteding"]
    head = next(row[0].row for row in sheet.iter_rows() if row[0].value == "BEVOEGD_GEZAG_NUMMER")
    columns = {cell.value: cell.column for cell in sheet[head]}
    values = {"CATEGORIE": "B", "INTERVENTIE": "Feedback", "NIVEAU": "school", "BEDRAG": 10}
    for name, value in values.items():
        sheet.cell(head + 1, columns[name], value)
        sheet.cell(head + 2, columns[name], value)
    filled.save(form)

    other = account(paid_once, "--spending", form, "--board", "10001")
    assert other.status == 3
    said = "is het formulier van bestuur 10002 over 2021, en dit is de verantwoording van bestuur 10001"
    assert said in other.stderr

    sheet.cell(head + 1, columns["JAAR"], 2022)
    sheet.cell(head + 2, columns["BEVOEGD_GEZAG_NUMMER"], "10001")
    sheet.cell(head + 2, columns["BRIN_NUMMER"], "01AA")
    filled.save(form)
    rows = account(paid_once, "--spending", form, "--max-rejected", "1")
    assert rows.status == 3
    year = sheet.cell(head + 1, columns["JAAR"]).coordinate
    board = sheet.cell(head + 2, columns["BEVOEGD_GEZAG_NUMMER"]).coordinate
    assert f"Besteding, cel {year}: JAAR is 2022 en niet 2021, het jaar van dit formulier" in rows.stderr
    assert f"Besteding, cel {board}: BEVOEGD_GEZAG_NUMMER is 10001 en niet 10002" in rows.stderr
    assert "2 rows are of another board or year" in rows.stderr
    assert select(paid_once, "select count(*) from spending") == [(0,)]
