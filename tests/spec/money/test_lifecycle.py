"""The life of a school: whose its instalments are, month by month, when it merges, closes or opens."""

from datetime import date

import polars as pl
import pytest

from npo_pipeline.entitlements.calculate import moved_by_changes
from npo_pipeline.entitlements.rules import rule_frames
from npo_pipeline.entitlements.schedule import apply_adjustments, instalment_successors, reassigned
from npo_pipeline.errors import Refused
from tests.reading import rows, table
from tests.rulebook import shipped

MONTHS = [date(2021, month, 1) for month in (9, 10, 11, 12)]


USUAL = {"continue_after_closure": False, "late_mergers": False, "before_opening": False}


def changes(text):
    return table(text, effective="d")


def where(text, *, months=MONTHS, **ways):
    found = instalment_successors(changes(text), months, **USUAL | ways)
    return [(v, f"{m:%m}", cause, other) for v, m, cause, other in found.sort("vestiging", "month").iter_rows()]


def test_a_merger_moves_the_months_from_the_one_on_whose_first_day_it_holds():
    assert where(
        """
        effective   kind   vestiging  successor
        2021-11-01  fusie  01AA00     02BB00
        """
    ) == [("01AA00", "11", "merger", "02BB00"), ("01AA00", "12", "merger", "02BB00")]


def test_a_day_later_is_the_next_month():
    assert where(
        """
        effective   kind   vestiging  successor
        2021-11-02  fusie  01AA00     02BB00
        """
    ) == [("01AA00", "12", "merger", "02BB00")]


def test_who_merges_into_one_that_merges_again_goes_along_in_whatever_order_it_is_told():
    told = """
        effective   kind   vestiging  successor
        2021-12-01  fusie  02BB00     03CC00
        2021-11-01  fusie  01AA00     02BB00
        """
    assert where(told) == [
        ("01AA00", "11", "merger", "02BB00"),
        ("01AA00", "12", "merger", "03CC00"),
        ("02BB00", "12", "merger", "03CC00"),
    ]


OPENS_LATER = """
    effective   kind     vestiging  successor
    2021-10-01  fusie    01AA00     02BB00
    2021-12-01  opening  02BB00     -
    """


def test_a_school_that_merges_into_one_that_opens_later_keeps_its_own_until_then():
    # the new one is paid from December on, also of a chain of mergers
    assert where(OPENS_LATER)[:1] == [("01AA00", "12", "merger", "02BB00")]
    assert {month for school, month, *_ in where(OPENS_LATER) if school == "02BB00"} == {"09", "10", "11"}
    chain = OPENS_LATER + "    2021-09-01  fusie    00ZZ00     01AA00\n"
    assert [one[1:] for one in where(chain) if one[0] == "00ZZ00"] == [
        ("09", "merger", "01AA00"),
        ("10", "merger", "01AA00"),
        ("11", "merger", "01AA00"),
        ("12", "merger", "02BB00"),
    ]


def test_an_older_version_paid_the_new_school_before_it_opened():
    found = where(OPENS_LATER, before_opening=True)
    assert [month for school, month, *_ in found if school == "01AA00"] == ["10", "11", "12"]


OF_VO = {"late_mergers": True, "months": [date(2022, 11, 1), date(2023, 2, 1)]}
ON_1_AUGUST = """
    effective   kind   vestiging  successor
    2022-08-01  fusie  20VO00     21VO00
    """


def test_secondary_schools_that_merge_on_1_august_keep_their_own_until_the_end_of_the_calendar_year():
    # 5/12 in November 2022 for the old school, 7/12 in February 2023 for the one it merged into
    assert where(ON_1_AUGUST, **OF_VO) == [("20VO00", "02", "merger", "21VO00")]
    assert [month for _, month, *_ in where(ON_1_AUGUST, months=OF_VO["months"])] == ["11", "02"]


def test_a_merger_of_secondary_schools_on_another_day_is_taken_as_it_comes():
    assert [month for _, month, *_ in where(ON_1_AUGUST.replace("08-01", "08-02"), **OF_VO)] == ["11", "02"]


def test_a_secondary_school_that_closes_on_1_august_closes_then():
    closes = """
    effective   kind      vestiging  successor
    2022-08-01  sluiting  20VO00     -
    """
    assert where(closes, **OF_VO) == [("20VO00", "11", "closure", None), ("20VO00", "02", "closure", None)]


def test_what_comes_between_1_august_and_the_end_of_the_year_comes_before_the_merger():
    # closed in November and December 2022; from January 2023 on it is part of the other
    closes = ON_1_AUGUST + "    2022-11-01  sluiting  20VO00     -\n"
    assert where(closes, **OF_VO) == [("20VO00", "11", "closure", None), ("20VO00", "02", "merger", "21VO00")]


def test_a_merger_on_1_august_that_is_undone_stays_undone():
    undone = ON_1_AUGUST + "\n    2022-08-01  opening  20VO00     -"
    assert where(undone, **OF_VO) == []


def test_a_regulation_of_all_schools_keeps_only_secondary_ones_until_january():
    # The arbeidsmarkttoelage is for both: 5/12 in November 2021, 7/12 in January 2022.
    rules = rule_frames(shipped("2021-2022-arbeidsmarkttoelage"))
    due = table(
        """
        beneficiary  school_type  component            month       amount_cents
        20VO00       vo           arbeidsmarkttoelage  2021-11-01  500
        20VO00       vo           arbeidsmarkttoelage  2022-01-01  700
        01AA00       bao          arbeidsmarkttoelage  2021-11-01  50
        """,
        month="d",
        amount_cents="i",
    )
    merged = changes(
        """
        effective   kind   vestiging  successor
        2021-08-01  fusie  20VO00     21VO00
        2021-08-01  fusie  01AA00     02BB00
        """
    )
    coming = moved_by_changes(rules, due, merged).filter(pl.col("amount_cents") > 0)
    assert sorted(rows(coming, "beneficiary", "month", "amount_cents")) == [
        ("02BB00", date(2021, 11, 1), 50),
        ("21VO00", date(2022, 1, 1), 700),
    ]


def test_a_closure_ends_or_lets_the_year_run_out():
    told = """
        effective   kind      vestiging  successor
        2021-11-15  sluiting  01AA00     -
        """
    assert where(told) == [("01AA00", "12", "closure", None)]
    assert where(told, continue_after_closure=True) == []


def test_who_merged_into_a_school_that_closes_ends_with_it():
    told = """
        effective   kind      vestiging  successor
        2021-10-01  fusie     01AA00     02BB00
        2021-12-01  sluiting  02BB00     -
        """
    assert where(told)[:3] == [
        ("01AA00", "10", "merger", "02BB00"),
        ("01AA00", "11", "merger", "02BB00"),
        ("01AA00", "12", "closure", None),
    ]


def test_an_opening_leaves_out_the_months_before_it():
    assert where(
        """
        effective   kind     vestiging  successor
        2021-11-01  opening  01AA00     -
        """
    ) == [("01AA00", "09", "opening", None), ("01AA00", "10", "opening", None)]


def test_of_one_day_the_last_that_is_told_is_believed():
    told = """
        effective   kind     vestiging  successor
        2021-11-01  fusie    01AA00     02BB00
        2021-11-01  fusie    01AA00     03CC00
        """
    assert where(told) == [("01AA00", "11", "merger", "03CC00"), ("01AA00", "12", "merger", "03CC00")]


def test_a_merger_that_was_none_is_undone_by_an_opening_of_its_day():
    """The school was there before, so that the months before are its own too."""
    assert (
        where(
            """
        effective   kind     vestiging  successor
        2021-11-01  fusie    01AA00     02BB00
        2021-11-01  opening  01AA00     -
        """
        )
        == []
    )


def test_a_school_that_closes_and_opens_again_is_paid_from_then_on():
    told = """
        effective   kind      vestiging  successor
        2021-10-01  sluiting  01AA00     -
        2021-12-01  opening   01AA00     -
        """
    assert where(told) == [("01AA00", "10", "closure", None), ("01AA00", "11", "closure", None)]


def test_a_transfer_to_another_board_moves_no_instalment():
    told = """
        effective   kind                vestiging  successor
        2021-10-01  bestuursoverdracht  01AA00     -
        """
    assert where(told) == []


def test_who_merged_stays_merged_when_another_board_takes_the_school_over():
    told = """
        effective   kind                vestiging  successor
        2021-10-01  fusie               01AA00     02BB00
        2021-11-01  bestuursoverdracht  01AA00     -
        """
    assert where(told) == [
        ("01AA00", "10", "merger", "02BB00"),
        ("01AA00", "11", "merger", "02BB00"),
        ("01AA00", "12", "merger", "02BB00"),
    ]


def test_a_school_that_opens_and_closes_is_paid_in_between_in_whatever_order_it_is_told():
    told = """
        effective   kind      vestiging  successor
        2021-12-01  sluiting  01AA00     -
        2021-10-01  opening   01AA00     -
        """
    assert where(told) == [("01AA00", "09", "opening", None), ("01AA00", "12", "closure", None)]


def test_mergers_in_a_circle_are_refused_by_name():
    told = """
        effective   kind   vestiging  successor
        2021-10-01  fusie  01AA00     02BB00
        2021-11-01  fusie  02BB00     01AA00
        """
    with pytest.raises(Refused, match="01AA00 -> 02BB00 -> 01AA00"):
        where(told)


DUE = table(
    """
    beneficiary  school_type  component  month       amount_cents
    01AA00       bao          per_pupil  2021-10-01  700
    01AA00       bao          per_pupil  2021-11-01  701
    02BB00       bao          per_pupil  2021-11-01  100
    VO2801       vo           per_pupil  2021-11-01  100
    """,
    month="d",
    amount_cents="i",
)
MERGED = instalment_successors(
    changes(
        """
        effective   kind   vestiging  successor
        2021-11-01  fusie  01AA00     02BB00
        """
    ),
    MONTHS,
    **USUAL,
)


def test_what_leaves_one_school_comes_to_the_other():
    found = reassigned(DUE, MERGED).sort("beneficiary")
    assert rows(found, "beneficiary", "other_vestiging", "amount_cents") == [
        ("01AA00", "02BB00", -701),
        ("02BB00", "01AA00", 701),
    ]


def test_what_leaves_a_school_that_closes_comes_to_nobody():
    closed = MERGED.with_columns(cause=pl.lit("closure"), other_vestiging=pl.lit(None, pl.String))
    assert rows(reassigned(DUE, closed), "beneficiary", "other_vestiging", "amount_cents") == [
        ("01AA00", None, -701)
    ]


def test_the_instalments_are_added_up_and_none_is_zero():
    found = apply_adjustments(DUE, reassigned(DUE, MERGED)).sort("beneficiary", "month")
    assert rows(found, "beneficiary", "amount_cents") == [("01AA00", 700), ("02BB00", 801), ("VO2801", 100)]
