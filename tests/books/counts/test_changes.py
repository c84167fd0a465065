"""Sources that disagree about a school: within a delivery they are refused, against the books it is said."""

import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from tests.books.blank import blank
from tests.books.checking import faults
from tests.books.home.delivery import (
    ADDRESSES,
    write_addresses,
    write_applications,
    write_changes,
    write_completions,
    write_country,
)
from tests.books.home.npo import here
from tests.books.home.seeing import select

MERGER, NO_MERGER = "20211101;fusie;01AA00;;02BB00", "20211101;opening;01AA00;10001;"


def ingest(home: Path, *paths: Path, status: int = 0):
    ended = here("ingest", *paths, "--reference-date", "2020-10-01", "--home", home, "--json")
    assert ended.status == status, ended.stderr
    return json.loads(ended.stdout) if status == 0 else ended.stderr


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("begun")
    home = blank(folder / "home")
    ingest(home, write_country(folder / "country"))
    return home


@pytest.fixture
def home(begun, tmp_path) -> Path:
    return Path(shutil.copytree(begun, tmp_path / "home"))


def changes(folder: Path, name: str, *told: str) -> Path:
    """A file of changes under a name of its own."""
    path = write_changes(folder, *told) / "changes.csv"
    return path.rename(folder / name)


def test_two_address_lists_that_give_a_school_to_two_boards_are_refused_together(begun, tmp_path):
    lists = [
        (write_addresses(tmp_path / name, {"01AA00": board}) / "addresses.csv").rename(tmp_path / f"{name}.csv")
        for name, board in (("a", "10001"), ("b", "10009"))
    ]
    said = ingest(begun, *lists, status=3)
    assert "a.csv, line 2 and b.csv, line 2: 01AA00 is given to boards 10001 and 10009 on 2020-10-01" in said


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (MERGER, "20211101;sluiting;01AA00;;", "fusie and sluiting of 01AA00 on 2021-11-01; keep one"),
        (MERGER, "20211101;fusie;01AA00;;03CC00", "fusie and fusie of 01AA00 on 2021-11-01; keep one"),
        (
            "20211101;bestuursoverdracht;01AA00;10002;",
            "20211101;bestuursoverdracht;01AA00;10003;",
            "01AA00 is given to boards 10002 and 10003 on 2021-11-01; keep one",
        ),
        (
            "20210801;opening;06FF00;10001;",
            "20211101;opening;06FF00;10001;",
            "06FF00 opens on 2021-08-01 and on 2021-11-01, and closes nowhere between; keep one",
        ),
    ],
)
def test_two_files_of_changes_that_contradict_each_other_are_refused_together(
    begun, tmp_path, first, second, said
):
    files = changes(tmp_path, "a.csv", first), changes(tmp_path, "b.csv", second)
    assert f"a.csv, line 2 and b.csv, line 2: {said}" in ingest(begun, *files, status=3)


def test_two_reports_that_differ_on_who_finished_are_refused_together(begun, tmp_path):
    one, other = (
        (write_completions(tmp_path / name, f"10001;01AA;IOP;{finished}") / "completions.csv").rename(
            tmp_path / f"{name}.csv"
        )
        for name, finished in (("a", "1"), ("b", "2"))
    )
    said = ingest(begun, one, other, status=3)
    assert "a.csv, line 2 and b.csv, line 2: of 01AA (IOP) 1 and 2 finished; keep one" in said


def test_two_files_that_say_the_same_are_taken_in(begun, tmp_path):
    home = blank(tmp_path / "home")
    ingest(home, changes(tmp_path, "a.csv", MERGER), changes(tmp_path, "b.csv", MERGER, ""))


def test_a_list_that_changes_a_board_says_from_what_to_what(tmp_path):
    home = blank(tmp_path / "home")
    ingest(home, write_addresses(tmp_path / "first", {"01AA00": "10001", "02BB00": "10002"}))
    found = ingest(home, write_addresses(tmp_path / "second", {"01AA00": "10009", "02BB00": "10002"}))
    said = "addresses.csv: the board of 1 vestigingen changes (first 01AA00: 10001 before, and now 10009)"
    assert said in found["remarks"]


def test_a_merger_that_was_undone_is_taken_in_again_when_it_is_told_again_in_the_same_words(home, tmp_path):
    merger, undone = changes(tmp_path, "merger.csv", MERGER), changes(tmp_path, "undone.csv", NO_MERGER)
    ingest(home, merger)
    assert ingest(home, merger)["run_id"] is None
    assert "opening of 01AA00 on 2021-11-01 takes the place of fusie" in str(ingest(home, undone)["remarks"])
    again = ingest(home, merger)
    assert "merger.csv: fusie of 01AA00 on 2021-11-01 takes the place of opening" in again["remarks"]
    assert ingest(home, merger)["run_id"] is None
    assert here("decide", "--school-year", "2021-2022", "--home", home).status == 0
    of_november = "select count(*) from instalments where vestiging = '01AA00' and month >= '2021-11-01'"
    assert select(home, of_november) == [(0,)]
    assert faults(home, "deliveries", "decisions") == []


def test_an_opening_that_is_moved_to_a_later_day_pays_from_that_day(home, tmp_path):
    ingest(home, changes(tmp_path, "early.csv", "20211001;opening;01AA00;10001;"))
    moved = ingest(home, changes(tmp_path, "late.csv", "20220101;opening;01AA00;10001;"))
    assert "late.csv: opening of 01AA00 moves from 2021-10-01 to 2022-01-01" in moved["remarks"]
    assert here("decide", "--school-year", "2021-2022", "--home", home).status == 0
    first = "select min(month)::varchar from instalments where vestiging = '01AA00'"
    assert select(home, first) == [("2022-01-01",)]
    # Undone: the school was there all along.
    ingest(home, changes(tmp_path, "never.csv", "20000801;opening;01AA00;10001;"))
    assert here("decide", "--school-year", "2021-2022", "--reason", "no opening", "--home", home).status == 0
    whole = "select sum(amount) from instalments where vestiging = '01AA00' and component = 'per_pupil'"
    entitled = "select amount from entitlements where vestiging = '01AA00' and component = 'per_pupil'"
    last = " and decision_id = '2021-2022-002'"
    assert select(home, whole + last) == select(home, entitled + last) != [(Decimal(0),)]


def test_a_merger_and_a_transfer_that_are_moved_to_a_later_day_count_from_that_day(home, tmp_path):
    told = ("{}1001;fusie;01AA00;;02BB00", "{}1001;bestuursoverdracht;03CC00;10001;")
    ingest(home, changes(tmp_path, "early.csv", *(one.format(2021) for one in told)))
    moved = ingest(home, changes(tmp_path, "late.csv", *(one.format(2022) for one in told)))
    assert "late.csv: fusie of 01AA00 moves from 2021-10-01 to 2022-10-01" in moved["remarks"]
    assert any("the board of 1 vestigingen changes (first 03CC00" in one for one in moved["remarks"])
    assert here("decide", "--school-year", "2021-2022", "--home", home).status == 0
    last = "select max(month)::varchar from instalments where vestiging = '01AA00'"
    assert select(home, last) == [("2022-07-01",)]
    of_board = "select valid_from::varchar from schools where vestiging = '03CC00' and board = '10001'"
    assert select(home, of_board) == [("2022-10-01",)]
    assert faults(home, "deliveries", "decisions") == []


def test_two_files_with_the_same_application_are_refused_together(begun, tmp_path):
    files = [
        (write_applications(tmp_path / one, "10001;01AA;IOP;20210613;1;900") / "applications.csv").rename(
            tmp_path / f"{one}.csv"
        )
        for one in ("a", "b")
    ]
    said = ingest(begun, *files, status=3)
    assert "a.csv, line 2 and b.csv, line 2: the same application of 01AA (IOP); keep one" in said


def test_a_closure_with_a_successor_is_refused(begun, tmp_path):
    said = ingest(begun, changes(tmp_path, "a.csv", "20211101;sluiting;01AA00;;02BB00"), status=3)
    assert "a.csv, line 2: sluiting of 01AA00 names OPVOLGER 02BB00, and only a fusie has one; write fusie" in said


def test_two_address_lists_that_put_a_school_in_two_municipalities_are_refused(begun, tmp_path):
    header = ADDRESSES.replace("GEMEENTENAAM", "GEMEENTENUMMER;GEMEENTENAAM")
    row = "Drenthe;10001;01AA;01AA00;School;Assen;{};Assen\n"
    for name, rows in {"a": ["0106"], "b": ["0014"], "both": ["0106", "0014"]}.items():
        (tmp_path / f"{name}.csv").write_text(f"{header}\n" + "".join(row.format(one) for one in rows))
    asked = ("--reference-date", "2020-10-01", "--home", begun)
    ended = here("ingest", tmp_path / "a.csv", tmp_path / "b.csv", *asked)
    said = "a.csv, line 2 and b.csv, line 2: 01AA00 is put in municipalities 0106 and 0014; keep one"
    assert (ended.status, said in ended.stderr) == (3, True)
    ended = here("ingest", tmp_path / "both.csv", *asked)
    said = "both.csv, lines 2 and 3: 01AA00 is put in municipalities 0106 and 0014; keep one"
    assert (ended.status, said in ended.stderr) == (3, True)


def test_a_change_of_a_school_that_nobody_knows_is_said_by_ingest_and_by_status(home, tmp_path):
    found = ingest(home, write_changes(tmp_path / "told", "20211101;sluiting;99ZZ00;;"))
    said = "changes.csv: sluiting on 2021-11-01 of 99ZZ00: no address list or pupil file names it"
    assert any(one.startswith(said) for one in found["remarks"])
    assert said in " ".join(here("status", "--home", home).stdout.split())
