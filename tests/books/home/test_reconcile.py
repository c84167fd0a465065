"""`npo reconcile` as a command: what it writes and nothing else, what it refuses, and a run beside a run."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from tests.books.home.npo import checking, here
from tests.books.home.seeing import published, select, tables

HEAD = "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;REGELING;SCHOOLJAAR;ONDERDEEL;BEDRAG;DATUM;KENMERK"
YEAR = ("--school-year", "2021-2022")


def decisions(folder: Path, *rows: str, name: str = "ofb.csv") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join([HEAD, *rows]), encoding="cp1252")
    return folder / name


def of(brin: str, amount: str, component: str = "per_pupil", board: str = "10001") -> str:
    return f"{board};{brin};NPO;2021-2022;{component};{amount};20210901;K1"


@pytest.fixture(scope="module")
def home(story, tmp_path_factory) -> Path:
    """01AA has 12 pupils and a score of 100.50; 02BB 7 pupils; 03CC so and vso; 04DD sbo."""
    return Path(shutil.copytree(story.at("decided"), tmp_path_factory.mktemp("reconciled") / "home"))


@pytest.fixture(scope="module")
def reconciled(home, tmp_path_factory):
    """01AA to the cent, 02BB with a pupil more, 09ZZ that nobody knows, 03CC and 04DD in no file."""
    folder = tmp_path_factory.mktemp("ofb") / "files"
    file = decisions(folder, of("01AA", "8.413,92"), of("02BB", "5609,28"), of("09ZZ", "12,34"))
    before = tables(home)
    ended = here("reconcile", file, *YEAR, "--home", home)
    assert ended.status == 0, ended.stderr
    return before, tables(home), file


def test_what_others_say_stands_beside_the_decision(home, reconciled):
    query = """select brin, ours, theirs, difference, outcome, cause from reconciliation
               where run_id like '000003-%' order by 1"""
    assert select(home, query) == [
        ("01AA", Decimal("8413.92"), Decimal("8413.92"), Decimal("0.00"), "match", None),
        ("02BB", Decimal("4908.12"), Decimal("5609.28"), Decimal("701.16"), "differs", "count"),
        ("03CC", Decimal("12620.79"), None, None, "missing_there", "unexplained"),
        ("04DD", Decimal("4206.96"), None, None, "missing_there", "unexplained"),
        ("09ZZ", None, Decimal("12.34"), None, "missing_here", "unexplained"),
    ]


def test_nothing_else_is_written(reconciled):
    before, after, _ = reconciled
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"reconciliation", "runs"}


def test_the_books_tie(home, reconciled):
    with checking("tables", "chain", "decisions"):
        assert here("verify", "--json", "--home", home).document["findings"] == []


def test_a_second_run_adds_its_own_rows(home, reconciled):
    _, _, file = reconciled
    assert here("reconcile", file, *YEAR, "--tolerance", "701,16", "--home", home).status == 0
    query = "select run_id, count(*) filter (outcome = 'match') from reconciliation group by 1 order by 1 limit 2"
    assert select(home, query) == [("000003-reconcile-2021-2022", 1), ("000004-reconcile-2021-2022", 2)]


@pytest.mark.parametrize(
    ("rows", "options", "words"),
    [
        ([of("09ZZ", "1,00")], YEAR, "has no school or board with an amount in 2021-2022-001; nothing can be"),
        ([of("01AA", "1,00")], ("--school-year", "2022-2023"), "were decided for 2022-2023 (decided: 2021-2022)"),
        ([of("01AA", "1,00", "huisvesting")], YEAR, "all rows are of something else (ONDERDEEL huisvesting)"),
        ([of("1AA", "1,00")], YEAR, "no row can be read: line 2: BRIN_NUMMER '1AA' is no code of a school"),
    ],
)  # fmt: skip
def test_where_nothing_can_be_compared_nothing_changes(home, tmp_path, rows, options, words):
    was = published(home)
    ended = here("reconcile", decisions(tmp_path / "given", *rows), *options, "--home", home)
    assert ended.status == 3
    assert words in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert published(home) == was


def test_a_file_of_no_known_layout_wants_a_mapping_or_is_a_delivery(home, tmp_path):
    (tmp_path / "a.csv").write_text("BRIN;GELD\n01AA;1,00\n")
    (tmp_path / "b.csv").write_text(
        "INGANGSDATUM;SOORT;VESTIGING;BEVOEGD_GEZAG_NUMMER;OPVOLGER\n20211201;a;b;c;d\n"
    )
    for name, words in (
        ("a.csv", "say with --mapping which column is which"),
        ("b.csv", "which `npo ingest` takes"),
    ):
        ended = here("reconcile", tmp_path / name, *YEAR, "--home", home)
        assert (ended.status, words in ended.stderr) == (3, True)


def test_a_file_is_given_once(home, tmp_path):
    for name in ("one.csv", "two.csv"):
        decisions(tmp_path / "given", of("01AA", "1,00"), name=name)
    ended = here("reconcile", tmp_path / "given", *YEAR, "--home", home)
    assert (ended.status, "two.csv: holds the same as one.csv; give it once" in ended.stderr) == (3, True)


def test_amounts_of_boards_and_schools_in_one_file_of_decisions(home, tmp_path):
    """A row without a BRIN is an amount of the board: 02BB and 04DD are of 10002."""
    file = decisions(tmp_path / "given", of("01AA", "8413,92"), of("", "9115,08", board="10002"))
    assert here("reconcile", file, *YEAR, "--home", home).status == 0
    query = """select level, board, brin, ours, outcome from reconciliation
               where run_id = (select max(run_id) from reconciliation) order by 1, 2"""
    assert select(home, query) == [
        ("board", "10002", None, Decimal("9115.08"), "match"),
        ("school", "10001", "01AA", Decimal("8413.92"), "match"),
        ("school", "10003", "03CC", Decimal("12620.79"), "missing_there"),
    ]


def test_one_board_is_compared_with_its_own_schools_alone(home, tmp_path):
    """02BB and 04DD are of 10002; nobody knows 09ZZ, and the file has it with 10001."""
    rows = (of("01AA", "8413,92"), of("02BB", "4908,12", board="10002"), of("09ZZ", "1,00"))
    file = decisions(tmp_path / "given", *rows)
    assert here("reconcile", file, *YEAR, "--board", "10002", "--home", home).status == 0
    query = """select brin, outcome from reconciliation
               where run_id = (select max(run_id) from reconciliation) order by 1"""
    assert select(home, query) == [("02BB", "match"), ("04DD", "missing_there")]
    with checking("tables", "chain", "decisions"):
        assert here("verify", "--json", "--home", home).document["findings"] == []
    ended = here("reconcile", file, *YEAR, "--board", "10009", "--home", home)
    assert (ended.status, "board 10009 has no amount of its own to compare" in ended.stderr) == (3, True)


OF_2015 = (
    "PEILDATUM;BRIN_NUMMER;BEVOEGD_GEZAG_NUMMER;TOTAAL_AANTAL_LEERLINGEN;AANTAL_LEERLINGEN_4_TOT_EN_MET_7_JAAR;"
    "AANTAL_LEERLINGEN_8_JAAR_EN_OUDER;SCHOOLGEWICHT;GEMIDDELDE_GEWOGEN_LEEFTIJD;"
    "AANTAL_GEWICHTENLEERLINGEN_IN_IMPULSGEBIED;ONDERBOUW;BOVENBOUW;KLEINE_SCHOLEN_TOESLAG;"
    "DRIEVIERDE_OPSLAG_NEVENVESTIGINGEN;ZEER_KLEINE_SCHOLEN_TOESLAG;BESTRIJDING_ONDERWIJSACHTERSTANDEN;"
    "DIRECTIETOESLAG;TOTAAL_PERSONELE_BEKOSTIGING;IMPULSGEBIEDEN;PERSONEELS_EN_ARBEIDSMARKTBELEID;PRESTATIEBOX;TOTAAL"
)


def test_the_older_generation_of_duo_has_bare_cr_and_needs_no_mapping(home, tmp_path):
    amounts = ";".join(["0,00"] * 5 + ["25.241,58", "0,00", "1,00", "0,00", "1,00", "8.413,92", "9,00"])
    (tmp_path / "paid.csv").write_bytes(f"{OF_2015}\r20141001;01AA;10001;12;6;6;0;40,00;0;{amounts}\r".encode())
    assert here("reconcile", tmp_path / "paid.csv", *YEAR, "--home", home).status == 0
    query = """select component, ours, theirs, their_count, cause from reconciliation
               where run_id = (select max(run_id) from reconciliation) and brin = '01AA' order by 1"""
    assert select(home, query) == [
        ("achterstandsscore", Decimal("25241.58"), Decimal("25241.58"), None, None),  # 100.50 x 251.16
        ("per_pupil", Decimal("8413.92"), Decimal("8413.92"), Decimal("12.00"), None),
    ]


def test_a_workbook_is_read_on_the_sheet_and_from_the_row_that_the_mapping_names(home, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "ofb.xlsx") as book:
        book.add_worksheet("Toelichting").write_row(0, 0, ["School", "Bedrag"])
        sheet = book.add_worksheet("Bedragen")
        rows = (["Bedragen 2021"], [], ["School", "Bedrag"], ["01AA00", 8413.92], ["02BB00", 4908.12])
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    (tmp_path / "mapping.yaml").write_text(
        "mapping:\n  sheet: Bedragen\n  header_row: 3\n  school: School\n"
        "  amounts: [{column: Bedrag, component: per_pupil, school_types: [bao]}]\n"
    )
    named = ("--mapping", tmp_path / "mapping.yaml")
    assert here("reconcile", tmp_path / "ofb.xlsx", *named, *YEAR, "--home", home).status == 0
    query = """select vestiging, line, outcome from reconciliation
               where run_id = (select max(run_id) from reconciliation) order by 1"""
    assert select(home, query) == [("01AA00", 4, "match"), ("02BB00", 5, "match")]
