"""The directory of schools: lists, pupil files and changes in the order of time."""

from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.intake.board_transfers import board_disagreements, board_on
from npo_pipeline.intake.school_directory import BY_LISTS, build_directory, disagreement_remarks
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


TOLD = HEAD.replace("source", "source delivery_id")


def boards_told(text: str) -> list[tuple]:
    found = build_directory(facts(TOLD + text))
    return [(b, str(f)) for b, f in rows(found, "board", "valid_from")]


LISTED = "01AA00 10001 School Emmen Emmen 2020-10-01 addresses d1\n"


def test_a_transfer_that_a_later_delivery_puts_on_another_day_moves():
    later = "01AA00 20002 - - - 2021-10-01 changes d2\n01AA00 20002 - - - 2022-01-01 changes d3"
    assert boards_told(LISTED + later) == [("10001", "2020-10-01"), ("20002", "2022-01-01")]
    earlier = "01AA00 20002 - - - 2022-01-01 changes d2\n01AA00 20002 - - - 2021-10-01 changes d3"
    assert boards_told(LISTED + earlier) == [("10001", "2020-10-01"), ("20002", "2021-10-01")]


def test_a_list_that_still_names_the_old_board_between_the_two_days_does_not_keep_the_first_of_them():
    between = """01AA00 20002 - - - 2021-10-01 changes d2
                 01AA00 10001 School Emmen Emmen 2021-11-01 addresses d3
                 01AA00 20002 - - - 2022-01-01 changes d4"""
    assert boards_told(LISTED + between) == [("10001", "2020-10-01"), ("20002", "2022-01-01")]


def test_a_school_that_another_board_had_between_goes_over_twice():
    twice = """01AA00 20002 - - - 2020-12-01 changes d2
               01AA00 30003 School Emmen Emmen 2021-10-01 addresses d3
               01AA00 20002 - - - 2022-01-01 changes d4"""
    assert boards_told(LISTED + twice) == [
        ("10001", "2020-10-01"),
        ("20002", "2020-12-01"),
        ("30003", "2021-10-01"),
        ("20002", "2022-01-01"),
    ]


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


OF_TWO_DATES = """01AA00 10001 Pupils Emmen Emmen 2020-10-01 pupils
                  01AA00 20002 List Emmen Emmen 2021-10-01 addresses"""


def test_each_source_says_who_held_a_school_on_its_date():
    assert intervals(OF_TWO_DATES) == [
        ("01AA00", "10001", "2020-10-01", "2021-09-30"),
        ("01AA00", "20002", "2021-10-01", None),
    ]
    assert intervals(
        """01AA00 10001 School Emmen Emmen 2020-10-01 addresses
           01AA00 10005 School Emmen Emmen 2021-10-01 pupils"""
    ) == [("01AA00", "10001", "2020-10-01", "2021-09-30"), ("01AA00", "10005", "2021-10-01", None)]


def test_the_name_is_that_of_the_address_list_where_there_is_one():
    assert rows(build_directory(facts(HEAD + OF_TWO_DATES)), "name") == [("List",), ("List",)]


def test_an_older_version_believed_no_pupil_file_of_a_school_that_a_list_names():
    found = build_directory(facts(HEAD + OF_TWO_DATES), BY_LISTS)
    assert rows(found, "board", "valid_from", "valid_to") == [("20002", date(2021, 10, 1), None)]


def test_on_one_day_an_address_list_counts_before_a_pupil_file():
    assert intervals(
        """01AA00 20002 School Emmen Emmen 2020-10-01 addresses
           01AA00 10001 School Emmen Emmen 2020-10-01 pupils"""
    ) == [("01AA00", "20002", "2020-10-01", None)]


def test_a_change_says_on_which_day_between_two_dates_a_school_went_over():
    assert intervals(OF_TWO_DATES + "\n 01AA00 20002 - - - 2021-03-01 changes") == [
        ("01AA00", "10001", "2020-10-01", "2021-02-28"),
        ("01AA00", "20002", "2021-03-01", None),
    ]


def test_a_change_says_so_too_where_a_list_of_an_earlier_date_names_the_new_board_already():
    """A list does not say its date: it may be younger than the date it was delivered for."""
    for_one_day = """01AA00 10001 School Emmen Emmen 2020-10-01 pupils
                     01AA00 20002 School Emmen Emmen 2020-10-01 addresses"""
    for early in (OF_TWO_DATES, for_one_day):
        assert intervals(early + "\n 01AA00 20002 - - - 2021-11-01 changes") == [
            ("01AA00", "10001", "2020-10-01", "2021-10-31"),
            ("01AA00", "20002", "2021-11-01", None),
        ]


STALE = """01AA00 10001 School Emmen Emmen 2020-10-01 addresses
           01AA00 10002 - - - 2021-11-01 changes
           01AA00 10001 School Emmen Emmen 2021-12-01 addresses"""


def test_a_later_list_with_the_board_of_before_a_transfer_does_not_undo_it():
    expected = [("01AA00", "10001", "2020-10-01", "2021-10-31"), ("01AA00", "10002", "2021-11-01", None)]
    assert intervals(STALE) == expected


def test_a_list_that_names_the_board_of_before_a_transfer_after_one_that_knew_of_it_counts():
    later = """01AA00 10002 School Emmen Emmen 2022-01-01 addresses
               01AA00 10001 School Emmen Emmen 2022-06-01 addresses"""
    assert intervals(f"{STALE}\n{later}")[2:] == [("01AA00", "10001", "2022-06-01", None)]


def test_a_third_board_in_a_list_after_a_transfer_counts_from_its_date():
    third = "01AA00 10003 School Emmen Emmen 2022-01-01 addresses"
    assert intervals(f"{STALE}\n{third}")[2:] == [("01AA00", "10003", "2022-01-01", None)]


def disagreements(text: str) -> list[tuple]:
    found = board_disagreements(facts(HEAD + text).with_columns(delivery_id=pl.lit("d000001")))
    return [
        (kind, a, str(day), b, str(other))
        for kind, a, day, b, other in rows(found, "kind", "board", "as_of", "other_board", "other_as_of")
    ]


def test_the_day_of_a_transfer_is_asked_where_two_dates_disagree():
    assert disagreements(OF_TWO_DATES) == [("undeclared", "10001", "2020-10-01", "20002", "2021-10-01")]
    assert disagreements(OF_TWO_DATES + "\n 01AA00 20002 - - - 2021-03-01 changes") == []
    assert disagreements(OF_TWO_DATES + "\n 01AA00 20002 - - - 2021-11-01 changes") == []
    assert disagreements(STALE) == [("not_followed", "10002", "2021-11-01", "10001", "2021-12-01")]
    assert disagreements(
        """01AA00 10001 School Emmen Emmen 2020-10-01 pupils
           01AA00 20002 School Emmen Emmen 2020-10-01 addresses"""
    ) == [("same_day", "10001", "2020-10-01", "20002", "2020-10-01")]


def test_a_delivery_is_told_once_per_pair_of_files_which_board_counts_and_what_to_deliver():
    other = OF_TWO_DATES.replace("01AA00", "01AB00")
    both = facts(HEAD + OF_TWO_DATES + "\n" + other)
    both = both.with_columns(delivery_id=pl.col("source").replace({"pupils": "d1", "addresses": "d2"}))
    before = both.filter(pl.col("source") == "pupils")
    (remark,) = disagreement_remarks(before, both, {"d1": "pupils.csv", "d2": "list.csv"})
    assert remark == (
        "2 vestigingen have another board in list.csv of 2021-10-01 than in pupils.csv of 2020-10-01 (first "
        "01AA00: 10001, then 20002), and no change says on which day: the new board counts from 2021-10-01 on, "
        "and months paid before stay with the old one; deliver a changes file with a row "
        "`DAY;bestuursoverdracht;01AA00;20002;` for each to put the day right"
    )
    assert list(disagreement_remarks(both, both, {})) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["pupils", "addresses", "changes"]),
            st.sampled_from([date(2020, 10, 1), date(2021, 3, 1), date(2021, 10, 1), date(2022, 1, 1)]),
            st.sampled_from(["10001", "10002", "10003"]),
        ),
        min_size=1,
        unique_by=lambda one: one[:2],
    ).flatmap(lambda stated: st.tuples(st.just(stated), st.permutations(stated)))
)
def test_the_directory_is_the_same_in_whatever_order_the_files_came(orders):
    one, other = (
        facts(
            HEAD
            + "\n".join(
                f"01AA00 {board} {'- - -' if source == 'changes' else 'School Emmen Emmen'} {day} {source}"
                for source, day, board in stated
            )
        )
        for stated in orders
    )
    assert build_directory(one).equals(build_directory(other))


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
