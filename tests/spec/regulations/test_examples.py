"""The worked examples in the regulation files: the rules give what was published, and other rules do not."""

from decimal import Decimal

import pytest

from npo_pipeline.entitlements.calculate import worked_examples
from npo_pipeline.rulebook.load import all_shipped, parse_rules
from tests.rulebook import shipped

WORKED = [(one.name, worked) for one in all_shipped() for worked in worked_examples(one.regulation)]


@pytest.mark.parametrize(
    "worked", [one for _, one in WORKED], ids=[f"{file}: {w.example.name}" for file, w in WORKED]
)
def test_the_rules_give_what_was_published(worked):
    assert worked.fits, f"published {worked.example.value}, found {worked.found}"


def test_all_fifteen_caribbean_schools_are_to_the_cent():
    found = worked_examples(shipped("2022-2023-cn").regulation)
    assert len(found) == 15
    assert all(one.example.tolerance == 0 and one.found == one.example.value for one in found)
    # Scholengemeenschap Bonaire: 2,009 x 1333.8429633 = 2,679,690.5132697; with the rate as displayed 5.95 less
    assert Decimal("2679690.51") in [one.found for one in found]


def test_the_displayed_rate_of_the_caribbean_does_not_give_the_published_amounts():
    text = shipped("2022-2023-cn").texts[0].text.replace("value: 1333.8429633", "value: 1333.84")
    wrong = [one for one in worked_examples(parse_rules(text, "x.yaml").regulation) if not one.fits]
    assert {one.example.place for one in wrong} == {"bonaire"}
    assert len(wrong) == 8


def test_the_average_school_of_2019_gets_181472():
    # (1,396,457 x 701.16 + 561,736.12 x 251.16) / 6,173 = 1,120,225,433.96 / 6,173; published: 180,000
    (average,) = [one for one in worked_examples(shipped("2021-2022-po").regulation) if one.example.schools > 1]
    assert average.found == Decimal("181471.80")


def test_a_rate_that_is_not_known_fits_no_example():
    text = shipped("2021-2022-vo").texts[0].text
    old = "value: 350.58\n        unit: EUR per pupil\n        status: published"
    assert old in text
    unknown = text.replace(old, "value: null\n        unit: EUR per pupil\n        status: unknown")
    found = worked_examples(parse_rules(unknown, "x.yaml").regulation)
    surcharged = [one for one in found if "surcharge" in one.example.units]
    assert [(one.found, one.fits) for one in surcharged] == [(None, False)] * 2
    assert all(one.fits for one in found if one not in surcharged)
