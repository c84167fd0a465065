"""A file that holds much more or less than the one whose place it takes is decided on when somebody accepts it."""

from pathlib import Path

import pytest

from tests.books.blank import blank
from tests.books.files import layouts
from tests.books.files.layouts import write
from tests.books.home.delivery import write_addresses, write_register
from tests.books.home.npo import Ended, checking, here
from tests.books.home.seeing import select

BOARDS = {"01AA00": "10001", "02BB00": "10002"}
WHOLE = {"01AA00 Bo": 20, "02BB00 Bo": 20}
DECIDE = ("decide", "--school-year", "2021-2022")


def npo(home: Path, *words: object, status: int = 0) -> Ended:
    ended = here(*words, "--home", home)
    assert ended.status == status, ended.stderr
    return ended


def ingest(home: Path, folder: Path, *words: object) -> dict:
    return npo(home, "ingest", folder, "--reference-date", "2020-10-01", "--json", *words).document


@pytest.fixture(autouse=True)
def as_operators_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NPO_MAX_CHANGE")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a whole register, not decided on yet."""
    home = blank(tmp_path / "home")
    ingest(home, write_addresses(write_register(tmp_path / "whole", WHOLE), BOARDS))
    return home


def cut_off(folder: Path, whole: Path) -> Path:
    """Half the lines of a register, cut off at a line end."""
    lines = (whole / "register.csv").read_text().splitlines(keepends=True)
    folder.mkdir()
    return write(folder, "register.csv", "".join(lines[:21]))


def test_a_register_that_was_cut_off_is_not_decided_on_until_somebody_accepts_it(home, tmp_path):
    npo(home, *DECIDE)
    npo(home, "pay", "--month", "2021-09")
    found = ingest(home, cut_off(tmp_path / "half", tmp_path / "whole"))
    said = (
        "register.csv (register_po of 2020-10-01) takes the place of register.csv and has 1 schools for 2 "
        "(-50,0%), 20 pupils for 40 (-50,0%), 20 rows for 40 (-50,0%)"
    )
    asks = "`npo decide` asks for --accept-change, unless it counted as much before"
    assert found["remarks"][0] == f"{said}; {asks}"
    assert [(one["measure"], one["before"], one["after"]) for one in found["size_changes"]] == [
        ("schools", "2.00", "1.00"),
        ("pupils", "40.00", "20.00"),
        ("rows", "40.00", "20.00"),
    ]
    refused = npo(home, *DECIDE, "--reason", "corrected", status=3).stderr
    assert said.replace("register_po", "pupils_po").replace("1 schools", "1 school") in refused
    assert "decide with --accept-change and --reason" in refused
    dry = npo(home, *DECIDE, "--dry-run").stdout
    assert "20 pupils for 40 (-50,0%)" in " ".join(dry.split())
    npo(home, "pay", "--month", "2021-10")
    assert select(home, "select count(*) from payments where reason = 'correction'") == [(0,)]
    people = ("--prepared-by", "A. Preparer", "--approved-by", "B. Approver")
    npo(home, *DECIDE, "--reason", "half the school closed", "--accept-change", *people)
    accepted = "select decision_id, measure, before::int, after::int, accepted_by from accepted_changes order by 2"
    assert select(home, accepted) == [
        ("2021-2022-002", "pupils", 40, 20, "B. Approver"),
        ("2021-2022-002", "rows", 40, 20, "B. Approver"),
        ("2021-2022-002", "schools", 2, 1, "B. Approver"),
    ]
    npo(home, "pay", "--month", "2021-11")
    assert select(home, "select count(*) > 0 from payments where amount < 0") == [(True,)]
    overlay = ("--as-of", "2021-12-31", "--reason", "the rules of that day")
    npo(home, *DECIDE, *overlay)  # what was accepted once is not asked again
    with checking("decisions"):
        npo(home, "verify")


def test_a_first_decision_asks_as_well(home, tmp_path):
    ingest(home, cut_off(tmp_path / "half", tmp_path / "whole"))
    assert "20 pupils for 40 (-50,0%)" in npo(home, *DECIDE, status=3).stderr
    ingest(home, write_register(tmp_path / "again", {**WHOLE, "01AA00 Bo": 21}))
    npo(home, *DECIDE)  # the whole register again is no change against what came first


def test_how_much_may_differ_is_a_setting(home, tmp_path):
    found = ingest(home, write_register(tmp_path / "more", {**WHOLE, "01AA00 Bo": 25}), "--max-change", "0.05")
    assert [one["measure"] for one in found["size_changes"]] == ["pupils", "rows"]
    npo(home, *DECIDE, "--max-change", "0.05", status=3)
    npo(home, *DECIDE, "--max-change", "0.2")


def test_fewer_than_five_of_each_are_a_correction_whatever_their_share(home, tmp_path):
    found = ingest(home, write_register(tmp_path / "more", {**WHOLE, "01AA00 Bo": 24}), "--max-change", "0.05")
    assert found["size_changes"] == []
    npo(home, *DECIDE, "--max-change", "0.05")


def test_a_register_that_comes_after_the_counts_of_duo_is_compared_by_its_schools_and_pupils(home, tmp_path):
    row = {"PEILDATUM": "20191001", "VESTIGINGSNUMMER": "00", "LEERLINGEN": "20"}
    both = [{**row, "BRIN_NUMMER": brin} for brin in ("01AA", "02BB")]
    (tmp_path / "duo").mkdir()
    other = blank(tmp_path / "other")
    npo(other, "ingest", write(tmp_path / "duo", "duo.csv", layouts.PUPILS_PO.lines(*both)))
    alike = write_register(tmp_path / "alike", WHOLE)
    npo(other, "ingest", alike, "--reference-date", "2019-10-01")
    asked = ("--reference-date", "2019-10-01")
    npo(other, *DECIDE, *asked)
    third = blank(tmp_path / "third")
    npo(third, "ingest", tmp_path / "duo")
    npo(third, "ingest", cut_off(tmp_path / "half", tmp_path / "whole"), "--reference-date", "2019-10-01")
    refused = npo(third, *DECIDE, *asked, status=3).stderr
    assert "register.csv (pupils_po of 2019-10-01) takes the place of duo.csv" in refused
    assert "1 school for 2 (-50,0%), 20 pupils for 40 (-50,0%): more than 10%" in refused


def test_a_correction_of_one_small_part_is_no_change_of_size(tmp_path):
    home = blank(tmp_path / "home")
    first = write_addresses(tmp_path / "first", BOARDS)
    for name, pupils in (("a", {"01AA00 Bo": 190}), ("b", {"02BB00 Bo": 10})):
        write_register(tmp_path / name, pupils)
        (tmp_path / name / "register.csv").rename(first / f"{name}.csv")
    ingest(home, first)
    npo(home, *DECIDE)
    write_register(tmp_path / "b", {"02BB00 Bo": 5})
    (tmp_path / "b" / "register.csv").rename(tmp_path / "b" / "b.csv")
    assert ingest(home, tmp_path / "b")["size_changes"] == []
    npo(home, *DECIDE, "--reason", "corrected")


def test_another_part_of_a_register_is_no_rise(home, tmp_path):
    boards = write_addresses(write_register(tmp_path / "other", {"03CC00 Bo": 400}), {"03CC00": "10003"})
    (boards / "register.csv").rename(boards / "other.csv")
    assert ingest(home, boards)["size_changes"] == []
    npo(home, *DECIDE)


def test_who_accepts_says_why(home):
    assert "say why the change is accepted: --reason" in npo(home, *DECIDE, "--accept-change", status=2).stderr
