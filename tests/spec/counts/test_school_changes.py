"""Changes of schools: which was told last, and which openings a later delivery moved."""

import pytest

from npo_pipeline.intake.school_changes import is_last_told, unknown_references, without_moved
from tests.reading import rows, table

HEAD = "delivery_id effective kind vestiging board successor\n"


def changes(text: str):
    return table(HEAD + text, effective="d")


def openings(text: str) -> list[str]:
    kept = without_moved(changes(text))
    return [f"{day:%Y-%m-%d}" for kind, day in rows(kept, "kind", "effective") if kind == "opening"]


def test_an_opening_that_a_later_delivery_puts_on_a_later_day_moves():
    assert openings(
        """d1 2021-08-01 opening 06FF00 10001 -
           d2 2021-11-01 opening 06FF00 10001 -"""
    ) == ["2021-11-01"]


def test_an_opening_that_a_later_delivery_puts_on_an_earlier_day_moves():
    assert openings(
        """d1 2021-11-01 opening 06FF00 10001 -
           d2 2000-08-01 opening 06FF00 10001 -"""
    ) == ["2000-08-01"]


def test_a_school_that_closed_opens_again():
    assert openings(
        """d1 2019-08-01 opening 06FF00 10001 -
           d2 2021-08-01 sluiting 06FF00 - -
           d3 2022-08-01 opening 06FF00 10001 -"""
    ) == ["2019-08-01", "2022-08-01"]


def test_an_opening_that_undoes_a_merger_is_not_moved_by_a_later_one():
    assert openings(
        """d1 2021-11-01 fusie 06FF00 - 01AA00
           d2 2021-11-01 opening 06FF00 10001 -
           d3 2021-12-01 opening 06FF00 10001 -"""
    ) == ["2021-11-01", "2021-12-01"]


def ends(text: str) -> list[tuple]:
    kept = without_moved(changes(text))
    found = rows(kept, "kind", "effective", "successor")
    return [(kind, f"{day:%Y-%m-%d}", successor) for kind, day, successor in found if kind != "opening"]


def test_a_merger_or_closure_that_a_later_delivery_puts_on_another_day_moves():
    assert ends(
        """d1 2021-10-01 fusie 02BB00 - 01AA00
           d1 2022-03-01 sluiting 03CC00 - -
           d2 2022-01-01 fusie 02BB00 - 01AA00
           d3 2021-12-01 sluiting 03CC00 - -"""
    ) == [("fusie", "2022-01-01", "01AA00"), ("sluiting", "2021-12-01", None)]


def test_a_merger_that_moved_and_moves_back_is_on_its_first_day():
    assert ends(
        """d1 2021-10-01 fusie 02BB00 - 01AA00
           d2 2022-01-01 fusie 02BB00 - 01AA00
           d3 2021-10-01 fusie 02BB00 - 01AA00"""
    ) == [("fusie", "2021-10-01", "01AA00")]


def test_a_school_that_opened_between_two_mergers_merges_twice():
    assert ends(
        """d1 2020-10-01 fusie 02BB00 - 01AA00
           d2 2021-08-01 opening 02BB00 10002 -
           d3 2022-01-01 fusie 02BB00 - 01AA00"""
    ) == [("fusie", "2020-10-01", "01AA00"), ("fusie", "2022-01-01", "01AA00")]


def test_a_merger_that_an_opening_undid_still_says_that_the_school_was_there_before():
    assert ends(
        """d1 2021-10-01 fusie 02BB00 - 01AA00
           d2 2021-10-01 opening 02BB00 10002 -
           d3 2022-01-01 fusie 02BB00 - 01AA00"""
    ) == [("fusie", "2021-10-01", "01AA00"), ("fusie", "2022-01-01", "01AA00")]


def test_a_merger_into_another_school_on_another_day_is_a_second_merger():
    assert ends(
        """d1 2021-10-01 fusie 02BB00 - 01AA00
           d2 2022-01-01 fusie 02BB00 - 03CC00"""
    ) == [("fusie", "2021-10-01", "01AA00"), ("fusie", "2022-01-01", "03CC00")]


MERGED = "d1 2021-11-01 fusie 01AA00 - 02BB00\n"
UNDONE = MERGED + "d2 2021-11-01 opening 01AA00 10001 -\n"


@pytest.mark.parametrize(
    ("told", "delivery", "is_last"),
    [
        (MERGED, "d1", True),
        (UNDONE, "d1", False),
        (UNDONE, "d2", True),
        (UNDONE + "d3 2021-11-01 fusie 01AA00 - 02BB00\n", "d3", True),
        (MERGED + "d2 2021-12-01 fusie 01AA00 - 03CC00\n", "d1", True),
        (MERGED + "d2 2021-11-01 bestuursoverdracht 01AA00 10009 -\n", "d1", True),
        ("d1 2021-11-01 bestuursoverdracht 01AA00 10009 -\nd2 2021-11-01 opening 01AA00 10001 -\n", "d1", False),
        ("d1 2021-08-01 opening 06FF00 10001 -\nd2 2021-11-01 opening 06FF00 10001 -\n", "d1", False),
        (MERGED + "d2 2021-12-01 fusie 01AA00 - 02BB00\n", "d1", False),
        (MERGED + "d2 2021-12-01 fusie 01AA00 - 02BB00\n", "d2", True),
    ],
)
def test_what_was_told_last_is_what_no_later_delivery_says_otherwise_of(told, delivery, is_last):
    assert is_last_told(delivery, changes(told)) is is_last


FACTS = """vestiging board as_of source
           01AA00 10001 2020-10-01 addresses
           02BB00 10002 2020-10-01 pupils
           03CC00 10009 2021-11-01 changes"""


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("d1 2021-11-01 sluiting 99ZZ00 - -", "sluiting on 2021-11-01 of 99ZZ00"),
        ("d1 2021-11-01 fusie 99ZZ00 - 01AA00", "fusie on 2021-11-01 of 99ZZ00"),
        ("d1 2021-11-01 fusie 01AA00 - 99ZZ00", "fusie on 2021-11-01 of 01AA00 into 99ZZ00"),
        ("d1 2021-11-01 bestuursoverdracht 03CC00 10001 -", "bestuursoverdracht on 2021-11-01 of 03CC00"),
        (
            "d1 2021-11-01 bestuursoverdracht 01AA00 10009 -",
            "bestuursoverdracht on 2021-11-01 of 01AA00 to board 10009",
        ),
    ],
)
def test_a_change_of_or_to_what_no_list_names_is_named(told, said):
    (found,) = unknown_references(changes(told), table(FACTS, as_of="d"), {"d1": "changes.csv"})
    assert found.startswith(f"changes.csv: {said}")
    assert found.endswith(": no address list or pupil file names it; check the code, or ingest the list that does")


def test_a_change_of_schools_and_boards_that_lists_name_or_an_opening_begins_says_nothing():
    told = """d1 2021-11-01 fusie 01AA00 - 02BB00
              d1 2021-11-01 bestuursoverdracht 02BB00 10001 -
              d1 2021-08-01 opening 06FF00 10001 -
              d1 2021-12-01 sluiting 06FF00 - -"""
    assert list(unknown_references(changes(told), table(FACTS, as_of="d"), {"d1": "changes.csv"})) == []
