"""A file with masked counts through the commands: known schools, ranges beside the counts, and no cent from it."""

from pathlib import Path

import pytest

from tests.books.blank import blank
from tests.books.checking import faults
from tests.books.files import layouts
from tests.books.files.layouts import write
from tests.books.home.npo import here
from tests.books.home.seeing import select

PLACES = ("01AA", "01AB", "01AC")
MASKED = (
    "first 01AA00 bao: 8 to 11) are masked (<5), and no money is counted from a range: deliver the register of "
    "these schools, or their counts without masks"
)
NONE = "no pupils are counted on 2020-10-01 (counted: none yet)"
YEAR = ("--school-year", "2021-2022")


def by_age(*rows: tuple[str, str]) -> str:
    """A row per school with its pupils of four; the row of the layout has 7 more."""
    return layouts.PUPILS_PO_AGES.lines(*({"INSTELLINGSCODE": brin, "LEEFTIJD_4": four} for brin, four in rows))


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("masked") / "home"
    blank(home)
    masked = write(home.parent, "masked.csv", by_age(("01AA", "<5"), ("01AB", "20"), ("01AC", "<5")))
    assert here("ingest", masked, "--home", home).status == 0
    return home


def decided(home: Path) -> list[tuple]:
    return select(home, "select vestiging, quantity::int from entitlements order by 1")


def test_a_masked_file_names_schools_and_boards_and_counts_none_of_them_not_even_at_0(home: Path):
    assert select(home, "select vestiging, board from schools order by 1") == [
        (f"{one}00", "10249") for one in PLACES
    ]
    ranges = "select vestiging, school_type, measure, lowest, highest from count_ranges order by 1"
    assert select(home, ranges) == [
        ("01AA00", "bao", "pupils", 8, 11),
        ("01AB00", "bao", "pupils", 27, 27),
        ("01AC00", "bao", "pupils", 8, 11),
    ]
    assert select(home, "from counts") == select(home, "from zero_counts") == []


def test_no_decision_is_taken_on_ranges_alone_and_the_refusal_says_how_to_go_on(home: Path):
    ended = here("decide", *YEAR, "--home", home)
    assert ended.status == 3
    assert ended.stderr.strip() == (
        f"npo: {NONE}; the pupils in masked.csv (3 schools, {MASKED}; ingest them, or give --reference-date"
    )
    assert select(home, "from decisions") == []


def test_schools_that_are_counted_elsewhere_are_paid_for_and_the_others_left_out_by_name(home: Path):
    whole = write(home.parent, "whole.csv", by_age(("01AA", "3"), ("01AB", "21")))
    shown = here("ingest", whole, "--home", home).stdout
    assert "01AB00: 28 pupils from whole.csv, which is used, 27 from masked.csv" in shown
    assert "01AC00: no pupils from whole.csv, which is used, 8 to 11 from masked.csv" in shown
    assert "01AA00" not in shown
    ended = here("decide", *YEAR, "--home", home)
    assert (ended.status, decided(home)) == (0, [("01AA00", 10), ("01AB00", 28)])
    left_out = MASKED.replace("01AA00", "01AC00") + "; they are left out, not counted as 0"
    assert f"! the pupils in masked.csv (1 school, {left_out}" in ended.stdout
    assert here("explain", "01AC00", "--home", home).status in (0, 3)
    assert faults(home, "deliveries", "decisions") == []


def test_a_corrected_masked_file_takes_the_place_of_the_one_before_it(home: Path):
    (home.parent / "later").mkdir()
    fewer = write(home.parent / "later", "masked.csv", by_age(("01AA", "<5")))
    shown = here("ingest", fewer, "--max-change", "0.1", "--home", home).stdout
    assert "masked.csv takes the place of masked.csv, and 2 schools of that are not in it (first 01AB00)" in shown
    assert "and has 1 school for 3 (-66,7%), 8 pupils for 43 (-81,4%), 1 row for 3 (-66,7%)\n" in shown
    assert select(home, "select count(*) from deliveries where superseded_by is not null") == [(1,)]
    assert faults(home, "deliveries", "decisions") == []
