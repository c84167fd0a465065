"""The directory of schools: lists, pupil files and changes in the order of time."""

from datetime import date

import polars as pl

from npo_pipeline.intake.board_transfers import board_on
from npo_pipeline.intake.school_directory import build_directory
from tests.reading import rows, table


def facts(text: str):
    return table(text, as_of="d").with_columns(municipality_number=pl.lit(None, pl.String))


HEAD = "vestiging board name place municipality as_of source\n"


def intervals(text: str) -> list[tuple]:
    found = build_directory(facts(HEAD + text)).with_columns()
    return [
        (v, b, str(f), t and str(t)) for v, b, f, t in rows(found, "vestiging", "board", "valid_from", "valid_to")
    ]


def board(text: str, on: date) -> str | None:
    asked = table("vestiging\n 01AA00")
    return board_on(build_directory(facts(HEAD + text)), asked, on)["board"].item()


def test_a_later_list_that_names_another_board_begins_a_new_interval():
    assert intervals(
        """01AA00 10001 School Emmen Emmen 2020-10-01 addresses
           01AA00 10002 School Emmen Emmen 2021-10-01 addresses"""
    ) == [("01AA00", "10001", "2020-10-01", "2021-09-30"), ("01AA00", "10002", "2021-10-01", None)]


def test_a_later_list_that_says_the_same_changes_nothing():
    assert intervals(
        """01AA00 10001 School Emmen Emmen 2020-10-01 addresses
           01AA00 10001 School Emmen Emmen 2021-10-01 addresses"""
    ) == [("01AA00", "10001", "2020-10-01", None)]


def test_a_school_whose_municipality_becomes_part_of_another_begins_a_new_interval():
    listed = table(
        HEAD.replace("\n", " municipality_number\n")
        + """01AA00 10001 School Haren Haren 2018-10-01 addresses 0017
             01AA00 10001 School Haren Groningen 2019-10-01 addresses 0014""",
        as_of="d",
    )
    found = build_directory(listed)
    assert [(number, str(begin)) for number, begin in rows(found, "municipality_number", "valid_from")] == [
        ("0017", "2018-10-01"),
        ("0014", "2019-10-01"),
    ]


def test_a_list_that_lacks_the_number_of_a_municipality_begins_no_new_interval():
    listed = table(
        HEAD.replace("\n", " municipality_number\n")
        + """01AA00 10001 School Emmen Emmen 2018-10-01 addresses -
             01AA00 10001 School Emmen Emmen 2019-10-01 addresses 0114""",
        as_of="d",
    )
    assert rows(build_directory(listed), "municipality_number", "valid_to") == [("0114", None)]


def test_lists_may_arrive_out_of_order():
    assert intervals(
        """01AA00 10002 School Emmen Emmen 2021-10-01 addresses
           01AA00 10001 School Emmen Emmen 2020-10-01 addresses"""
    ) == [("01AA00", "10001", "2020-10-01", "2021-09-30"), ("01AA00", "10002", "2021-10-01", None)]


def test_of_two_lists_of_one_day_the_one_that_came_last_is_believed():
    assert intervals(
        """01AA00 10001 School Emmen Emmen 2020-10-01 addresses
           01AA00 10009 School Emmen Emmen 2020-10-01 addresses"""
    ) == [("01AA00", "10009", "2020-10-01", None)]


def test_the_board_in_a_pupil_file_serves_only_where_no_list_names_the_school():
    assert intervals(
        """01AA00 10001 School Emmen Emmen 2020-10-01 addresses
           01AA00 10005 School Emmen Emmen 2021-10-01 pupils
           02AA00 10005 Other Assen Assen 2021-10-01 pupils"""
    ) == [("01AA00", "10001", "2020-10-01", None), ("02AA00", "10005", "2021-10-01", None)]


def test_a_transfer_moves_the_school_from_its_day_and_keeps_its_name():
    found = build_directory(
        facts(
            HEAD
            + """01AA00 10001 School Emmen Emmen 2020-10-01 addresses
                 01AA00 10002 - - - 2021-11-01 changes"""
        )
    )
    assert rows(found, "board", "name", "valid_from") == [
        ("10001", "School", date(2020, 10, 1)),
        ("10002", "School", date(2021, 11, 1)),
    ]


TRANSFER = """01AA00 10001 School Emmen Emmen 2020-10-01 addresses
              01AA00 10002 - - - 2021-11-01 changes"""


def test_the_board_of_a_day():
    assert board(TRANSFER, date(2021, 10, 1)) == "10001"
    assert board(TRANSFER, date(2021, 10, 31)) == "10001"
    assert board(TRANSFER, date(2021, 11, 1)) == "10002"


def test_before_the_first_day_known_the_first_board_known_counts():
    assert board(TRANSFER, date(2015, 1, 1)) == "10001"


def test_a_school_that_vanishes_from_a_later_list_keeps_its_board():
    later = (
        "01AA00 10001 School Emmen Emmen 2020-10-01 addresses\n 02AA00 10003 B Assen Assen 2021-10-01 addresses"
    )
    assert board(later, date(2022, 1, 1)) == "10001"


def test_no_board_is_known_for_a_school_nobody_named():
    assert board("02AA00 10003 B Assen Assen 2021-10-01 addresses", date(2022, 1, 1)) is None
