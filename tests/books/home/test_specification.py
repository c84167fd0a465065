"""`npo pay` specifies to each board what it paid, `npo release` the reference; written again it is the same."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.commands import specification
from npo_pipeline.commands.pay import PayRequest, pay
from npo_pipeline.dutch import CAUSES
from npo_pipeline.reports.specification import pack
from tests.books.home.delivery import write_debtor, write_payment_accounts
from tests.books.home.npo import checking, here
from tests.books.home.seeing import everything, published, select

LINDE = "NL91ABNA0417164300"
SPECIFIED = ("pay", "--month", "2021-11", "--specifications")


def rows_of(home: Path, month: str, board: str) -> list[dict[str, str]]:
    name = f"betaalspecificatie-{month}-{board}.csv"
    text = (home / "specifications" / month / board / name).read_text("utf-8-sig")
    return list(csv.DictReader(StringIO(text), delimiter=";"))


def specifications(home: Path) -> dict[str, bytes]:
    return {name: one for name, one in everything(home).items() if name.startswith("specifications/")}


@pytest.fixture(scope="module")
def paid(story, tmp_path_factory):
    """A home in which November was paid after a recalibration, with its answer."""
    home = Path(shutil.copytree(story.at("decide"), tmp_path_factory.mktemp("specified") / "home"))
    return home, here(*SPECIFIED, "--json", "--home", home)


@pytest.fixture
def copied(paid, tmp_path):
    return Path(shutil.copytree(paid[0], tmp_path / "home"))


def test_a_payment_run_writes_a_specification_for_every_board_that_it_paid(paid):
    home, ended = paid
    (month,) = ended.document["months"]
    boards = select(home, "select distinct board from payments where paid_month = '2021-11-01' order by 1")
    assert month["specifications"] == {
        "month": "2021-11",
        "written": len(boards),
        "up_to_date": 0,
        "mended": [],
        "signed": 0,
        "faults": {},
        "fault": None,
    }
    assert sorted(one.name for one in (home / "specifications" / "2021-11").iterdir()) == [
        one for (one,) in boards
    ]


def test_each_specification_adds_up_to_the_payments_of_its_board_to_the_cent(paid):
    home, _ = paid
    query = """
        select board, school_year, component, currency, sum(amount) from board_payments
        where paid_month = '2021-11-01' group by all"""
    components = {
        "per_pupil": "Bedrag per leerling",
        "achterstandsscore": "Achterstandsscore",
        "cumi": "CUMI-leerlingen",
    }
    due = {(board, year, components[one], of): amount for board, year, one, of, amount in select(home, query)}
    found: dict[tuple[str, ...], Decimal] = {}
    for board in {board for board, *_ in due}:
        for row in rows_of(home, "2021-11", board):
            key = (board, row["SCHOOLJAAR"], row["ONDERDEEL"], row["VALUTA"])
            found[key] = found.get(key, Decimal(0)) + Decimal(row["BEDRAG"].replace(",", "."))
    assert found == due


def test_a_correction_has_its_causes_as_the_books_have_them(paid):
    home, _ = paid
    query = """
        select vestiging, strftime(month, '%Y-%m'), cause, amount from ledger
        where paid_month = '2021-11-01' and cause <> 'instalment' and board is not null"""
    due = sorted((one, month, CAUSES[cause], amount) for one, month, cause, amount in select(home, query))
    found = [
        (row["VESTIGING"], row["OVER_MAAND"], row["OORZAAK"], Decimal(row["BEDRAG"].replace(",", ".")))
        for board in (home / "specifications" / "2021-11").iterdir()
        for row in rows_of(home, "2021-11", board.name)
        if row["SOORT"] == "correctie"
    ]
    assert sorted(found) == due
    assert {month for _, month, *_ in found} == {"2021-09", "2021-10"}


def test_a_run_again_writes_the_same_bytes_and_what_was_gone(copied):
    before = specifications(copied)
    shutil.rmtree(copied / "specifications" / "2021-11" / "10001")
    ended = here(*SPECIFIED, "--home", copied)
    assert ended.stdout.splitlines() == [
        "2021-11: nothing left to pay",
        "Specifications of 2021-11: 1 written, 3 up to date",
    ]
    assert specifications(copied) == before


def test_what_is_paid_later_does_not_change_it(copied):
    before = specifications(copied)
    assert here("pay", "--month", "2021-12", "--home", copied).status == 0
    ended = here("specification", "--month", "2021-11", "--home", copied)
    assert (
        ended.stdout == f"Specifications of 2021-11 in {copied}/specifications/2021-11: 0 written, 4 up to date\n"
    )
    assert specifications(copied) == before


def test_it_is_written_of_one_board_alone_and_of_months_before_it_was_asked(copied):
    ended = here("specification", "--month", "2021-09", "--board", "10001", "--home", copied)
    assert ended.status == 0
    assert [one.name for one in (copied / "specifications" / "2021-09").iterdir()] == ["10001"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--month", "2022-02"), "nothing was paid in 2022-02, so there is nothing to specify"),
        (("--month", "2021-11", "--board", "99999"), "board 99999 was paid nothing in 2021-11"),
    ],
)
def test_what_was_not_paid_is_refused(copied, options, words):
    before = everything(copied)
    ended = here("specification", *options, "--home", copied)
    assert (ended.status, ended.stderr) == (3, f"npo: {words}\n")
    assert everything(copied) == before


def test_a_fault_of_one_board_is_named_and_all_is_paid_and_the_others_are_specified(story, tmp_path, monkeypatch):
    home = Path(shutil.copytree(story.at("decide"), tmp_path / "home"))

    def broken(rows, made):
        if rows.board == "10001":
            raise ValueError("secret row")
        return pack.page(rows, made)

    monkeypatch.setattr(pack, "FORMATS", {**pack.FORMATS, ".html": broken})
    ended = here(*SPECIFIED, "--home", home)
    assert ended.status == 1
    assert (
        "! no specification could be made of 10001: ValueError in broken (test_specification.py, line "
        in ended.stdout
    )
    assert ended.stderr.startswith(
        "npo: 1 specifications could not be written; what was paid and released stands: mend it and run "
        "`npo specification --month 2021-11`\n"
    )
    assert "secret" not in ended.stdout + ended.stderr
    assert select(home, "select count(*) > 0 from payments where paid_month = '2021-11-01'") == [(True,)]
    assert "Bevoegd gezag" in (home / f"specifications/2021-11/10002/{_page('10002')}").read_text("utf-8")
    assert "kon niet worden gemaakt" in (home / f"specifications/2021-11/10001/{_page('10001')}").read_text(
        "utf-8"
    )


def _page(board: str) -> str:
    return f"betaalspecificatie-2021-11-{board}.html"


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_paid(story, tmp_path):
    home = Path(shutil.copytree(story.at("decide"), tmp_path / "home"))
    (home / "specifications").write_text("a file")
    before = published(home)
    ended = here(*SPECIFIED, "--home", home)
    assert ended.status == 3
    assert "specifications: is a file, and must be a folder; mend it first, nothing was changed" in ended.stderr
    assert published(home) == before
    assert here("pay", "--month", "2021-11", "--no-specifications", "--home", home).status == 0


def test_verify_names_what_was_changed_and_a_month_that_was_never_paid(copied):
    page = copied / "specifications" / "2021-11" / "10001" / _page("10001")
    page.write_bytes(page.read_bytes().replace(b"Samen", b"Cadeau"))
    (copied / "specifications" / "2022-07" / "10001").mkdir(parents=True)
    (copied / "specifications" / "2022-08").mkdir()
    (copied / "specifications" / "2021-10").touch()
    (copied / "specifications" / ".DS_Store").touch()
    with checking("reports"):
        ended = here("verify", "--home", copied)
    assert ended.status == 5
    assert (
        "reports: specifications/2021-11/10001: was changed, or is not complete; "
        "`npo specification --month 2021-11` mends it"
    ) in ended.stdout
    assert "reports: specifications/2022-07: is of no month that was paid; move it away" in ended.stdout
    assert "reports: specifications/2021-10: is a file, and must be a folder; move it away" in ended.stdout
    assert "DS_Store" not in ended.stdout
    mended = here("specification", "--month", "2021-11", "--home", copied)
    assert (
        "! the specification of 10001 had been changed since it was written; it was written again" in mended.stdout
    )


def test_boards_that_a_cut_off_run_left_without_are_named_and_the_books_tie(copied):
    shutil.rmtree(copied / "specifications" / "2021-11" / "10003")
    lacking = "specifications/2021-11: no specification of 10003; `npo specification --month 2021-11` writes it"
    with checking("reports"):
        ended = here("verify", "--home", copied)
    assert (ended.status, f"! {lacking}" in ended.stdout) == (0, True)
    assert lacking in here("status", "--home", copied).stdout
    assert here("specification", "--month", "2021-11", "--home", copied).status == 0
    with checking():
        said = here("verify", "--home", copied).stdout + here("status", "--home", copied).stdout
    assert "no specification" not in said
    shutil.rmtree(copied / "specifications")
    assert "no specification" not in here("status", "--home", copied).stdout, "this home has none written"


def _die(*_, **__):
    raise KeyboardInterrupt


def test_a_run_that_dies_after_it_paid_leaves_word_and_the_next_one_writes_what_it_left_out(copied, monkeypatch):
    december, january = (("pay", "--month", one, "--specifications") for one in ("2021-12", "2022-01"))
    monkeypatch.setattr(specification, "after_publishing", _die)
    with pytest.raises(KeyboardInterrupt):
        pay(PayRequest(home=Home(copied), month=date(2021, 12, 1), specifications=True))
    monkeypatch.undo()
    words = "specifications/2021-12: no specification of 10001, 10002, 10003 and 1 more; "
    assert words in here("status", "--home", copied).stdout
    shutil.copytree(copied, copied.with_name("again"))
    ended = here(*january, "--json", "--home", copied)
    (month,) = ended.document["months"]
    assert [(one["month"], one["written"]) for one in month["left_out"]] == [("2021-12", 4)]
    ended = here(*december, "--home", copied.with_name("again"))
    assert "Specifications of 2021-12: 4 written, 0 up to date" in ended.stdout


def test_a_month_that_is_refused_or_has_nothing_left_to_pay_leaves_no_folder(copied):
    assert here("pay", "--month", "2022-01", "--specifications", "--home", copied).status == 3
    assert here("hold", "--reason", "test", "--home", copied).status == 0
    assert here("pay", "--month", "2021-12", "--specifications", "--home", copied).status == 3
    assert [one.name for one in (copied / "specifications").iterdir()] == ["2021-11"]


def test_after_a_release_it_has_the_reference_and_who_has_no_account_reads_so(copied, tmp_path, monkeypatch):
    accounts = write_payment_accounts(tmp_path / "accounts", f"10001;{LINDE};Stichting De Linde;20210801")
    assert here("ingest", accounts, "--home", copied).status == 0
    month = ("release", "--month", "2021-11", "--home", copied)
    assert here(*month, "--prepared-by", "A. Preparer").status == 0
    ((plan,),) = select(copied, "select fingerprint from release_plans")
    debtor = write_debtor(tmp_path)
    approved = (*month, "--approved-by", "B. Approver", "--approved-plan", plan, "--debtor", debtor)
    with monkeypatch.context() as dying:
        dying.setattr(specification, "refresh_specifications", _die)
        assert here(*approved).status
    assert {row["KENMERK"] for row in rows_of(copied, "2021-11", "10001")} == {""}
    due = "specifications/2021-11: a run that is busy, or was cut off, has changed what they say; "
    assert due in here("status", "--home", copied).stdout
    ended = here(*approved)
    assert (ended.status, ended.stderr) == (0, "")
    assert due not in here("status", "--home", copied).stdout
    ((reference, amount),) = select(copied, "select end_to_end_id, amount from transfers")
    mine = rows_of(copied, "2021-11", "10001")
    assert {(row["KENMERK"], row["REKENING"], row["STAND"]) for row in mine} == {
        (reference, "eindigt op 4300", "aangeboden aan de bank")
    }
    assert sum(Decimal(row["BEDRAG"].replace(",", ".")) for row in mine) == amount
    page = (copied / f"specifications/2021-11/10003/{_page('10003')}").read_text("utf-8")
    assert "Ingehouden omdat er geen rekeningnummer bekend is" in page
