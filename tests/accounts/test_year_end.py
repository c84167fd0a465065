"""The accounts of 2021 as a finance person makes them: files in, tables and packs out, mend, run again."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from npo_pipeline.home.folder import Home
from npo_pipeline.home.lock import locked
from tests.home.delivery import write_consents, write_spending
from tests.home.npo import Ended, here
from tests.home.seeing import everything, published, select

RECEIVED = {"01AA": "8413.88", "02BB": "1227.03", "03CC": "3566.62", "04DD": "1051.74"}
"""August to October 2021. Of 01AA: 12 x 701,16 = 8.413,92 and 100,50 x 251,16 = 25.241,58, of both 3/12."""

IN_ORDER = (
    "10001;01AA;2021;A;Uitbreiding onderwijs;school;4000,00;1000,00",
    "10002;02BB;2021;B;Feedback;school;500,50;0",
    "10002;02BB;2021;E;Klassenverkleining;bovenschools;100,00;0",
    "10002;04DD;2021;C;Cultuureducatie;school;0;0",
    "10003;03CC;2021;D;Samenwerkend leren;school;3.566,62;0",
)
CONSENTED = (
    "10001;01AA;2021-2022;J;J;20210615;0;N;;ouderavond;J;meer plezier in lezen",
    "10002;02BB;2021-2022;J;J;2021-06-16;100,00;J;2021-06-20;;;",
    "10002;04DD;2021-2022;J;J;20210617;0;J;20210620;;;",
    "10003;03CC;2021-2022;J;J;20210618;;;;;;",
)


@pytest.fixture
def told(tmp_path) -> Path:
    """A folder of files that are in order."""
    return write_consents(write_spending(tmp_path / "told", *IN_ORDER), *CONSENTED)


@pytest.fixture(scope="module")
def accounted_once(tmp_path_factory, paid_once) -> Path:
    home = Path(shutil.copytree(paid_once, tmp_path_factory.mktemp("accounted") / "home"))
    folder = tmp_path_factory.mktemp("told")
    done(home, "--spending", write_consents(write_spending(folder, *IN_ORDER), *CONSENTED))
    return home


@pytest.fixture
def accounted(tmp_path, accounted_once) -> Path:
    """A home in which 2021 is accounted for, in order."""
    return Path(shutil.copytree(accounted_once, tmp_path / "accounted"))


def account(home: Path, *arguments: object, year: int = 2021) -> Ended:
    return here("account", "--year", year, *arguments, "--home", home)


def done(home: Path, *arguments: object, year: int = 2021) -> dict:
    ended = account(home, *arguments, "--json", year=year)
    assert ended.status == 0, ended.stderr
    return json.loads(ended.stdout)


def run(home: Path, *arguments: object) -> Ended:
    return here(*arguments, "--home", home)


def test_every_school_is_accounted_for_to_the_cent(accounted):
    rows = select(
        accounted, "select brin, received, spent, external, board_level, carried_out from accountability"
    )
    assert sorted(rows) == [
        ("01AA", Decimal("8413.88"), Decimal("4000.00"), Decimal("1000.00"), Decimal("0.00"), Decimal("4413.88")),
        ("02BB", Decimal("1227.03"), Decimal("600.50"), Decimal("0.00"), Decimal("100.00"), Decimal("626.53")),
        ("03CC", Decimal("3566.62"), Decimal("3566.62"), Decimal("0.00"), Decimal("0.00"), Decimal("0.00")),
        ("04DD", Decimal("1051.74"), Decimal("0.00"), Decimal("0.00"), Decimal("0.00"), Decimal("1051.74")),
    ]


def test_what_boards_received_is_what_was_paid(accounted):
    query = """
        select (select sum(received) from accountability), (select sum(amount) from payments),
               (select sum(amount) from board_payments where board = '10002'),
               (select sum(received) from accountability where board = '10002')"""
    whole, paid, board_paid, board = select(accounted, query)[0]
    assert whole == paid == sum(map(Decimal, RECEIVED.values()))
    assert board == board_paid


def test_files_that_are_in_order_give_only_the_note_on_externals(accounted):
    assert select(accounted, "select rule, severity, board, amount from findings") == [
        ("external_share", "note", "10001", Decimal("1000.00"))
    ]


def test_the_books_tie(accounted):
    ended = run(accounted, "verify")
    assert ended.status == 0, ended.stdout


def test_every_board_has_its_pack(accounted):
    folder = accounted / "reports" / "2021"
    kinds = ("csv", "xbrl", "xhtml", "xlsx")
    for board in ("10001", "10002", "10003"):
        names = {*(f"npo-2021-{board}.{kind}" for kind in kinds), "SHA256SUMS"}
        assert {path.name for path in (folder / board).iterdir()} == names
        check = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
        assert subprocess.run(check, cwd=folder / board, capture_output=True).returncode == 0


def test_the_country_has_its_reports(accounted):
    names = {path.name for path in (accounted / "reports" / "2021" / "landelijk").rglob("*") if path.is_file()}
    assert {"npo-2021-landelijk.xlsx", "npo-taxonomy-2026-01-01.zip", "report.json"} <= names


def test_the_same_again_writes_nothing(accounted, told):
    before = everything(accounted / "reports"), published(accounted)
    again = done(accounted, "--spending", told)
    assert again["run_id"] is None
    assert again["written"] == []
    assert again["up_to_date"] == ["10001", "10002", "10003"]
    assert (everything(accounted / "reports"), published(accounted)) == before


def test_a_correction_of_one_board_touches_that_board_alone(accounted, tmp_path):
    before = everything(accounted / "reports" / "2021")
    mended = write_spending(tmp_path / "mended", IN_ORDER[0].replace("4000,00", "4000,01"))
    result = done(accounted, "--spending", mended)
    assert result["written"] == ["10001"]
    after = everything(accounted / "reports" / "2021")
    changed = {name.split("/")[0] for name in after if after[name] != before.get(name)}
    assert changed == {"10001", "landelijk"}
    spent = "select board, sum(spent) from accountability group by 1 order by 1"
    assert select(accounted, spent) == [
        ("10001", Decimal("4000.01")),
        ("10002", Decimal("600.50")),
        ("10003", Decimal("3566.62")),
    ]


def test_what_was_told_before_stays_on_record(accounted, tmp_path):
    done(accounted, "--spending", write_spending(tmp_path / "mended", IN_ORDER[0].replace("4000,00", "3000,00")))
    assert select(accounted, "select count(*) from spending where board = '10001'") == [(2,)]
    assert select(accounted, "select sequence, spent from accounts order by 1") == [
        (1, Decimal("8167.12")),
        (2, Decimal("7167.12")),
    ]
    assert run(accounted, "verify").status == 0


def test_without_files_every_school_is_asked_to_report(paid):
    result = done(paid)
    assert {one["rule"] for one in result["findings"]} == {"nothing_reported", "no_consent_told"}
    assert result["errors"] == 8
    assert result["without_filing"] == ["10001", "10002", "10003"]


WRONG_ROWS = {
    "category G": ("10001;01AA;2021;G;Feedback;school;1,00;0", "line 2, unknown_code: CATEGORIE 'G'"),
    "a negative amount": ("10001;01AA;2021;A;Feedback;school;-1,00;0", "line 2, negative: BEDRAG '-1,00'"),
    "no amount": ("10001;01AA;2021;A;Feedback;school;;0", "line 2, missing_value: BEDRAG is empty"),
    "a word for an amount": ("10001;01AA;2021;A;Feedback;school;veel;0", "line 2, not_a_number: BEDRAG 'veel'"),
    "a school of another board": (
        "10001;02BB;2021;A;Feedback;school;1,00;0",
        "line 2, unknown_school: BRIN_NUMMER",
    ),
    "a school that is nowhere": (
        "10001;99ZZ;2021;A;Feedback;school;1,00;0",
        "line 2, unknown_school: BRIN_NUMMER",
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


@pytest.fixture
def second_year(accounted) -> Path:
    """A home in which 2021 and 2022 are accounted for."""
    assert run(accounted, "pay", "--month", "2022-01", "--catch-up").status == 0
    # November and December 2021 were paid since, so 2021 is accounted for again.
    done(accounted)
    done(accounted, year=2022)
    return accounted


def test_a_year_opens_on_the_close_of_the_year_before(second_year):
    query = """
        select a.brin, a.carried_out = b.carried_in from accountability a join accountability b using (board, brin)
        where a.year = 2021 and b.year = 2022 order by 1"""
    assert select(second_year, query) == [(brin, True) for brin in RECEIVED]


def test_a_year_that_is_accounted_for_again_says_where_the_next_no_longer_opens_on_it(second_year, tmp_path):
    mended = write_spending(tmp_path / "mended", IN_ORDER[0].replace("4000,00", "4000,01"))
    result = done(second_year, "--spending", mended)
    assert "2022 opens on something else now; run `npo account --year 2022` again" in result["remarks"]
    differs = "select board, brin, amount from findings where year = 2022 and rule = 'opening_differs'"
    assert select(second_year, differs) == [("10001", "01AA", Decimal("0.01"))]
    assert run(second_year, "verify").status == 0
    done(second_year, year=2022)
    assert select(second_year, differs) == []
    assert run(second_year, "verify").status == 0


def test_later_payments_of_the_year_are_told_of_by_status(accounted):
    assert run(accounted, "pay", "--month", "2021-11").status == 0
    assert (
        "accounts of 2021: payments came in later; run `npo account --year 2021` again"
        in run(accounted, "status").stdout
    )


def test_what_is_left_over_can_be_shown_as_deferred_income(accounted):
    result = done(accounted, "--treatment", "overlopende_passiva")
    assert result["treatment"] == "overlopende_passiva"
    assert select(accounted, "select distinct treatment from accountability") == [("overlopende_passiva",)]


def test_a_board_with_errors_gets_its_tables_and_no_filing_unless_forced(accounted, tmp_path):
    wrong = write_spending(tmp_path / "wrong", IN_ORDER[0].replace("Uitbreiding", "Uitbreidingg"))
    assert done(accounted, "--spending", wrong)["without_filing"] == ["10001"]
    folder = accounted / "reports" / "2021" / "10001"
    assert {path.suffix for path in folder.iterdir()} == {".xlsx", ".csv", ".html", ""}
    done(accounted, "--force")
    assert {path.suffix for path in folder.iterdir()} == {".xlsx", ".csv", ".xhtml", ".xbrl", ""}
    assert "met fouten" in (folder / "npo-2021-10001.xbrl").read_text()


def test_a_board_with_more_externals_than_it_spent_gets_no_filing_even_when_forced(accounted, tmp_path):
    wrong = write_spending(tmp_path / "wrong", IN_ORDER[0].replace("1000,00", "9000,00"))
    result = done(accounted, "--spending", wrong, "--force")
    assert (result["unfit"], result["without_filing"]) == (["10001"], ["10001"])
    national = accounted / "reports" / "2021" / "landelijk" / "npo-2021-alle-besturen"
    told = "".join(path.read_text() for path in national.glob("*.csv"))
    assert "10002" in told
    assert "10001" not in told


def test_one_board_can_be_asked_for_alone(paid, told):
    result = done(paid, "--spending", told, "--board", "10002")
    assert result["schools"] == 2
    assert result["written"] == ["10002"]
    assert {path.name for path in (paid / "reports" / "2021").iterdir()} == {"10002"}


def test_a_board_that_is_not_there_is_refused_before_anything_is_written(paid):
    before = published(paid)
    ended = account(paid, "--board", "99999")
    assert ended.status == 3
    assert "99999" in ended.stderr
    assert published(paid) == before


def test_no_pack_names_a_pupil_or_another_board(accounted):
    schools = {"10001": {"01AA"}, "10002": {"02BB", "04DD"}, "10003": {"03CC"}}
    strange = {
        board: {*schools, *set().union(*schools.values())} - {board} - mine for board, mine in schools.items()
    }
    for board, others in strange.items():
        for kind in ("csv", "xbrl", "xhtml"):
            text = (accounted / "reports" / "2021" / board / f"npo-2021-{board}.{kind}").read_text("utf-8-sig")
            assert not [other for other in others if other in text]
            assert "P01AA" not in text


def test_a_template_comes_back_filled_in(paid, tmp_path):
    made = done(paid, "--template", "--board", "10002", "--out", tmp_path)
    assert Path(made["template"]).name == "npo-2021-10002-invullen.xlsx"
    # A blank one holds nothing, and says so.
    ended = account(paid, "--spending", made["template"])
    assert ended.status == 3
    assert "npo-2021-10002-invullen.xlsx" in ended.stderr


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


def test_a_filing_that_is_taken_away_is_told_of(accounted, tmp_path):
    wrong = write_spending(tmp_path / "wrong", IN_ORDER[0].replace("Uitbreiding", "Uitbreidingg"))
    assert done(accounted, "--spending", wrong)["withdrawn"] == ["10001"]
    assert done(accounted)["withdrawn"] == []


def test_a_note_in_the_folder_of_a_pack_stays(accounted, tmp_path):
    note = accounted / "reports" / "2021" / "10001" / "aantekening.txt"
    note.write_text("bellen met de accountant")
    assert done(accounted)["written"] == []
    mended = write_spending(tmp_path / "mended", IN_ORDER[0].replace("4000,00", "4000,01"))
    assert done(accounted, "--spending", mended)["written"] == ["10001"]
    assert note.read_text() == "bellen met de accountant"


def test_rows_of_another_year_are_told_of(accounted, tmp_path):
    later = IN_ORDER[0].replace(";2021;", ";2022;")
    result = done(accounted, "--spending", write_spending(tmp_path / "later", IN_ORDER[0], later))
    said = "1 rows of spending are of 2022 and not of 2021; they count when 2022 is accounted for"
    assert said in result["remarks"]


def test_a_template_wants_a_board(paid):
    assert account(paid, "--template").status == 2
    assert account(paid, "--out", "x").status == 2


def test_a_template_of_a_board_that_received_nothing_is_refused(paid, tmp_path):
    ended = account(paid, "--template", "--board", "99999", "--out", tmp_path)
    assert ended.status == 3
    assert list(tmp_path.glob("*.xlsx")) == []
