"""Why a decision makes another amount due than the one before it: an amount per school, month and cause."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from npo_pipeline.decisions.change_causes import (
    BY_CHANGE,
    BY_COMPONENT,
    CauseStep,
    attribute_changes,
    changed_rates,
)
from npo_pipeline.entitlements.amounts import SUPPLEMENT
from npo_pipeline.entitlements.model import DecisionTables
from npo_pipeline.entitlements.rules import Rules
from tests.reading import rows, table

OCT, NOV = date(2021, 10, 1), date(2021, 11, 1)
ALWAYS = {"school_year": "2021-2022", "school_type": "bao", "currency": "EUR"}
MEASURES = table("beneficiary component measure\n 01AA00 per_pupil pupils\n 01AA00 achterstandsscore score")
NO_ADJUSTMENTS = "beneficiary component month cause amount\n 01AA00 per_pupil 2021-10-01 merger 0.00"
NONE = pl.DataFrame()


def decided(due: str, adjusted: str = "") -> DecisionTables:
    """A decision of these instalments, and of these adjustments, in euro."""
    instalments, adjustments = (
        frame.with_columns(**{name: pl.lit(word) for name, word in ALWAYS.items() if name not in frame.columns})
        for frame in (table(text, month="d", amount="m") for text in (due, adjusted or NO_ADJUSTMENTS))
    )
    return DecisionTables(
        entitlements=MEASURES,
        instalments=instalments,
        trace=NONE,
        left_out=NONE,
        adjustments=adjustments if adjusted else adjustments.clear(),
        settling=NONE,
    )


def changed(before: DecisionTables, *steps: CauseStep) -> list[tuple]:
    found = attribute_changes(before, steps)
    return [
        (v, f"{m:%m}", cause, str(amount))
        for v, m, cause, amount in rows(found, "beneficiary", "month", "cause", "amount")
    ]


BEFORE = decided(
    """
    beneficiary  component          month       amount
    01AA00       per_pupil          2021-10-01  10.00
    01AA00       per_pupil          2021-11-01  10.00
    01AA00       achterstandsscore  2021-10-01  4.00
    02BB00       per_pupil          2021-10-01  3.00
    """
)


def test_pupils_that_are_counted_otherwise_are_a_count_and_points_a_score():
    # 11.00 - 10.00 in October; 02BB00 loses 3.00; 4.50 - 4.00 of points
    after = decided(
        """
        beneficiary  component          month       amount
        01AA00       per_pupil          2021-10-01  11.00
        01AA00       per_pupil          2021-11-01  10.00
        01AA00       achterstandsscore  2021-10-01  4.50
        """
    )
    assert changed(BEFORE, CauseStep("input", after)) == [
        ("01AA00", "10", "score_correction", "0.50"),
        ("01AA00", "10", "reference_count", "1.00"),
        ("02BB00", "10", "reference_count", "-3.00"),
    ]


def test_where_a_rate_is_another_it_is_that_and_else_an_amendment():
    after = decided(
        """
        beneficiary  component          month       amount
        01AA00       per_pupil          2021-10-01  12.00
        01AA00       per_pupil          2021-11-01  12.00
        01AA00       achterstandsscore  2021-10-01  5.00
        02BB00       per_pupil          2021-10-01  3.60
        """
    )
    other = table("school_type component\n bao per_pupil")
    assert changed(BEFORE, CauseStep("rule", after, other)) == [
        ("01AA00", "10", "amendment", "1.00"),
        ("01AA00", "10", "rate_change", "2.00"),
        ("01AA00", "11", "rate_change", "2.00"),
        ("02BB00", "10", "rate_change", "0.60"),
    ]


def test_another_rate_is_that_of_one_school_type():
    told = """
        beneficiary  school_type  component  month       amount
        01AA00       bao          per_pupil  2021-10-01  {}
        01AA00       sbo          per_pupil  2021-10-01  {}
        """
    step = CauseStep("rule", decided(told.format("12.00", "7.00")), table("school_type component\n bao per_pupil"))
    assert changed(decided(told.format("10.00", "4.00")), step) == [
        ("01AA00", "10", "rate_change", "2.00"),
        ("01AA00", "10", "amendment", "3.00"),
    ]


MERGED = """
    beneficiary  component          month       amount
    01AA00       per_pupil          2021-10-01  10.00
    01AA00       achterstandsscore  2021-10-01  4.00
    02BB00       per_pupil          2021-10-01  3.00
    02BB00       per_pupil          2021-11-01  10.00
    """
MOVED = """
    beneficiary  component  month       cause   amount
    01AA00       per_pupil  2021-11-01  merger  -10.00
    02BB00       per_pupil  2021-11-01  merger  10.00
    """


def test_the_life_of_schools_says_what_it_moved():
    assert changed(BEFORE, CauseStep("change", decided(MERGED, MOVED))) == [
        ("01AA00", "11", "merger", "-10.00"),
        ("02BB00", "11", "merger", "10.00"),
    ]


def test_a_merger_that_is_undone_moves_it_back():
    assert changed(decided(MERGED, MOVED), CauseStep("change", BEFORE)) == [
        ("01AA00", "11", "merger", "10.00"),
        ("02BB00", "11", "merger", "-10.00"),
    ]


def test_what_is_left_over_came_of_the_program():
    # 10.00 moved, and a cent of which no adjustment tells; an amendment is no life of a school
    after = decided(MERGED.replace("3.00", "3.01"), MOVED + "02BB00 per_pupil 2021-10-01 amendment 0.01")
    assert changed(BEFORE, CauseStep("change", after)) == [
        ("01AA00", "11", "merger", "-10.00"),
        ("02BB00", "10", "code", "0.01"),
        ("02BB00", "11", "merger", "10.00"),
    ]


def test_each_step_is_held_against_the_one_before_it():
    one_more = decided(
        """
        beneficiary  component          month       amount
        01AA00       per_pupil          2021-10-01  11.00
        01AA00       per_pupil          2021-11-01  10.00
        01AA00       achterstandsscore  2021-10-01  4.00
        02BB00       per_pupil          2021-10-01  3.00
        """
    )
    # the program, then the counts, then a score of nobody knows what: 1.00 more, 1.00 less, 0.25 more
    last = decided(
        """
        beneficiary  component          month       amount
        01AA00       per_pupil          2021-10-01  10.25
        01AA00       per_pupil          2021-11-01  10.00
        01AA00       achterstandsscore  2021-10-01  4.00
        02BB00       per_pupil          2021-10-01  3.00
        """
    )
    steps = (CauseStep("code", one_more), CauseStep("input", BEFORE), CauseStep("change", last))
    assert changed(BEFORE, *steps) == [
        ("01AA00", "10", "code", "1.25"),
        ("01AA00", "10", "reference_count", "-1.00"),
    ]
    # what the program took and gave back is nothing
    assert changed(BEFORE, CauseStep("code", one_more), CauseStep("change", BEFORE)) == []


def test_nothing_new_changes_nothing():
    assert changed(BEFORE) == []
    some = attribute_changes(BEFORE, [CauseStep("change", decided(MERGED, MOVED))])
    assert attribute_changes(BEFORE, []).schema == some.schema


def rules(rates: str, name: str = "po.yaml", amended: tuple[date, ...] = ()) -> Rules:
    told = table(rates, rate_e8="i").with_columns(pl.lit(None, pl.Int64).alias(name) for name in SUPPLEMENT)
    then = Rules(name=name, currency="EUR", rates=told, thresholds=NONE, shares=NONE, places=NONE)
    return replace(then, earlier=tuple((month, then) for month in amended))


OLD = """
    component          school_type  place    rate_e8
    per_pupil          bao          -        701
    per_pupil          cn           bonaire  1333
    achterstandsscore  bao          -        251
    """
NEW = OLD.replace("701", "711")


def rated(old: Rules, new: Rules) -> list[tuple]:
    return sorted(rows(changed_rates([old], [new]), "school_type", "component"))


def test_a_rate_that_is_another_is_named_once():
    assert rated(rules(OLD), rules(NEW)) == [("bao", "per_pupil")]


@pytest.mark.parametrize("turn", [1, -1])
def test_a_rate_that_came_or_went_is_another_too(turn):
    less = "\n".join(line for line in OLD.splitlines() if "bonaire" not in line)
    assert rated(*[rules(OLD), rules(less)][::turn]) == [("cn", "per_pupil")]


def test_what_an_amendment_does_is_told_as_such():
    assert rated(rules(OLD), rules(NEW, "po.yaml+letter.yaml", (OCT,))) == []
    # one amendment was there before, the other is new
    assert rated(rules(OLD, "po.yaml+a.yaml", (OCT,)), rules(NEW, "po.yaml+a.yaml+b.yaml", (OCT, NOV))) == []


def test_an_amendment_that_is_undone_is_one_too():
    amended, plain = rules(NEW, "po.yaml+letter.yaml", (OCT,)), rules(OLD)
    assert rated(amended, plain) == []
    # a version that took it for another rate
    assert rows(changed_rates([amended], [plain], BY_COMPONENT), "component") == [("per_pupil",)]


def test_manifests_that_are_there_name_the_ways_by_these_numbers():
    assert (BY_COMPONENT, BY_CHANGE) == (1, 2)


def test_an_amendment_that_was_there_before_is_no_reason():
    assert rated(rules(OLD, "po.yaml+a.yaml", (OCT,)), rules(NEW, "po.yaml+b.yaml", (OCT,))) == [
        ("bao", "per_pupil")
    ]


def test_an_amendment_of_one_regulation_tells_nothing_of_another():
    vo = "component school_type place rate_e8\n per_pupil vo - 700"
    found = changed_rates([rules(OLD), rules(vo, "vo.yaml")], [rules(NEW), rules(vo, "vo.yaml+a.yaml", (OCT,))])
    assert rows(found, "school_type", "component") == [("bao", "per_pupil")]
