"""The terms of an amendment hold from the month in which it takes effect: settlement, and what a closure ends."""

from dataclasses import replace
from datetime import date

from npo_pipeline.entitlements.calculate import WHOLE_YEAR, calculate_decision
from npo_pipeline.entitlements.rules import rule_frames
from tests.reading import table
from tests.rulebook import shipped
from tests.spec.money.test_started_schools import COUNTS, SCHOOLS, inputs

FEB = date(2022, 2, 1)
BEFORE = replace(rule_frames(shipped("2021-2022-po")), started=None)
SPREAD = {"corrections": "spread", "floor_zero": "yes", "continue_after_closure": True}
AMENDED = replace(BEFORE, **SPREAD, earlier=((FEB, BEFORE),))
CLOSED = table("delivery_id vestiging effective kind successor\n D1 01AA00 2021-11-01 sluiting -", effective="d")


def decided(**how):
    given = inputs(counts=COUNTS, schools=SCHOOLS, changes=CLOSED)
    return calculate_decision("2021-2022", [AMENDED], given, **how)


def terms_of(found, month: date) -> set[tuple]:
    of_pupils = found.settling.filter(component="per_pupil", month=month)
    return set(of_pupils.select("corrections", "floor_zero").rows())


def test_corrections_are_settled_in_each_month_by_the_terms_of_that_month():
    found = decided()
    assert terms_of(found, date(2021, 11, 1)) == terms_of(found, date(2022, 1, 1)) == {("next_payment", "no")}
    assert terms_of(found, FEB) == terms_of(found, date(2022, 7, 1)) == {("spread", "yes")}


def test_a_closed_school_is_paid_on_only_from_the_month_in_which_the_terms_say_so():
    months = decided().instalments.filter(beneficiary="01AA00")["month"].sort().to_list()
    assert months == [date(2021, 9, 1), date(2021, 10, 1), *(date(2022, month, 1) for month in range(2, 8))]


def test_an_older_version_applied_them_all_year():
    found = decided(terms=WHOLE_YEAR)
    assert terms_of(found, date(2021, 11, 1)) == {("spread", "yes")}
    assert found.instalments.filter(beneficiary="01AA00").height == 11
