"""The regulations that come with the package, as a table to be held against their sources."""

import time
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.fields import citation, cited
from npo_pipeline.rulebook.load import all_shipped, load_rulebook, shipped_school_years
from npo_pipeline.rulebook.year_end import year_end_rules
from tests.rulebook import shipped

FILES = """
2021-2022-arbeidsmarkttoelage-initial  arbeidsmarkttoelage  initial  2021-10-25  EUR  2020-10-01
2021-2022-arbeidsmarkttoelage  arbeidsmarkttoelage  final  2022-07-14  EUR  2020-10-01
2022-2023-arbeidsmarkttoelage-initial  arbeidsmarkttoelage  initial  2022-07-14  EUR  2021-10-01
2022-2023-arbeidsmarkttoelage  arbeidsmarkttoelage  final  2023-06-08  EUR  2021-10-01
2023-2024-arbeidsmarkttoelage  arbeidsmarkttoelage  definitive  2023-06-21  EUR  2022-10-01
2021-2022-cn              cn  definitive   2021-08-27  USD  2020-10-01
2021-2022-po              po  definitive   2021-08-27  EUR  2020-10-01
2021-2022-vo              vo  definitive   2021-08-27  EUR  2020-10-01
2022-2023-cn              cn  definitive   2022-05-23  USD  2021-10-01
2022-2023-po-provisional  po  provisional  2021-06-30  EUR  2021-10-01
2022-2023-po              po  definitive   2022-05-23  EUR  2021-10-01
2022-2023-vo-provisional  vo  provisional  2021-06-30  EUR  2021-10-01
2022-2023-vo              vo  definitive   2022-05-23  EUR  2021-10-01
2021-2023-gemeenten       gemeenten  definitive  2021-10-11  EUR  2020-10-01
"""

RATES = """
2021-2022-arbeidsmarkttoelage-initial   arbeidsmarkttoelage  bao            po       523.80  published
2021-2022-arbeidsmarkttoelage-initial   arbeidsmarkttoelage  sbo            po      1054.18  published
2021-2022-arbeidsmarkttoelage-initial   arbeidsmarkttoelage  so,vso         po      2215.12  published
2021-2022-arbeidsmarkttoelage-initial   arbeidsmarkttoelage  vo,vo_pro_vbo  vo       607.17  published
2021-2022-arbeidsmarkttoelage-initial   arbeidsmarkttoelage  vo,vo_pro_vbo  vo_pro   748.67  published
2021-2022-arbeidsmarkttoelage           arbeidsmarkttoelage  bao            po       532.85  published
2021-2022-arbeidsmarkttoelage           arbeidsmarkttoelage  sbo            po      1072.40  published
2021-2022-arbeidsmarkttoelage           arbeidsmarkttoelage  so,vso         po      2253.40  published
2021-2022-arbeidsmarkttoelage           arbeidsmarkttoelage  vo,vo_pro_vbo  vo       617.66  published
2021-2022-arbeidsmarkttoelage           arbeidsmarkttoelage  vo,vo_pro_vbo  vo_pro   761.61  published
2022-2023-arbeidsmarkttoelage-initial   arbeidsmarkttoelage  bao            po       543.35  published
2022-2023-arbeidsmarkttoelage-initial   arbeidsmarkttoelage  sbo            po      1089.44  published
2022-2023-arbeidsmarkttoelage-initial   arbeidsmarkttoelage  so,vso         po      2284.77  published
2022-2023-arbeidsmarkttoelage-initial   arbeidsmarkttoelage  vo,vo_pro_vbo  vo       635.64  published
2022-2023-arbeidsmarkttoelage-initial   arbeidsmarkttoelage  vo,vo_pro_vbo  vo_pro   794.97  published
2022-2023-arbeidsmarkttoelage           arbeidsmarkttoelage  bao            po       561.44  published
2022-2023-arbeidsmarkttoelage           arbeidsmarkttoelage  sbo            po      1125.70  published
2022-2023-arbeidsmarkttoelage           arbeidsmarkttoelage  so,vso         po      2360.82  published
2022-2023-arbeidsmarkttoelage           arbeidsmarkttoelage  vo,vo_pro_vbo  vo       656.80  published
2022-2023-arbeidsmarkttoelage           arbeidsmarkttoelage  vo,vo_pro_vbo  vo_pro   821.43  published
2023-2024-arbeidsmarkttoelage           arbeidsmarkttoelage  bao            po       162.46  published
2023-2024-arbeidsmarkttoelage           arbeidsmarkttoelage  sbo            po       325.73  published
2023-2024-arbeidsmarkttoelage           arbeidsmarkttoelage  so,vso         po       683.13  published
2023-2024-arbeidsmarkttoelage           arbeidsmarkttoelage  vo,vo_pro_vbo  vo       248.25  published
2023-2024-arbeidsmarkttoelage           arbeidsmarkttoelage  vo,vo_pro_vbo  vo_pro   310.48  published
2021-2022-cn              per_pupil             cn                    bonaire         1435.51        published
2021-2022-cn              per_pupil             cn                    sint-eustatius  1665.19        published
2021-2022-cn              per_pupil             cn                    saba            1665.19        published
2021-2022-po              per_pupil             bao                   -               701.16         published
2021-2022-po              per_pupil             sbo                   -               1051.74        published
2021-2022-po              per_pupil             so,vso                -               1402.31        published
2021-2022-po              achterstandsscore     bao                   -               251.16         published
2021-2022-po              cumi                  sbo,so,vso            -               548.56         published
2021-2022-vo              per_pupil             vo,vo_pro_vbo         -               701.16         derived
2021-2022-vo              surcharge             vo_pro_vbo            -               350.58         published
2021-2022-vo              achterstandsscore     vo                    -               1038.63        published
2021-2022-vo              newcomers             vo                    -               2619.47        published
2021-2022-vo              samenwerkingsverband  vo_pro_vbo            -               237.02         published
2022-2023-cn              per_pupil             cn                    bonaire         1333.8429633   derived
2022-2023-cn              per_pupil             cn                    sint-eustatius  1547.25783743  derived
2022-2023-cn              per_pupil             cn                    saba            1547.25783743  derived
2022-2023-po-provisional  per_pupil             bao                   -               500.00         approximate
2022-2023-po-provisional  per_pupil             sbo                   -               -              unknown
2022-2023-po-provisional  per_pupil             so,vso                -               -              unknown
2022-2023-po-provisional  achterstandsscore     bao                   -               -              unknown
2022-2023-po-provisional  cumi                  sbo,so,vso            -               -              unknown
2022-2023-po              per_pupil             bao                   -               500.00         published
2022-2023-po              per_pupil             sbo                   -               750.00         published
2022-2023-po              per_pupil             so,vso                -               1000.00        published
2022-2023-po              achterstandsscore     bao                   -               463.78         published
2022-2023-po              cumi                  sbo,so,vso            -               989.60         published
2022-2023-vo-provisional  per_pupil             vo,vo_pro_vbo         -               500.00         approximate
2022-2023-vo-provisional  surcharge             vo_pro_vbo            -               -              unknown
2022-2023-vo-provisional  achterstandsscore     vo                    -               -              unknown
2022-2023-vo-provisional  samenwerkingsverband  vo_pro_vbo            -               -              unknown
2022-2023-vo              per_pupil             vo,vo_pro_vbo         -               820.00         published
2022-2023-vo              surcharge             vo_pro_vbo            -               410.00         published
2022-2023-vo              achterstandsscore     vo                    -               1887.84        published
2022-2023-vo              samenwerkingsverband  vo_pro_vbo            -               237.67         published
2021-2023-gemeenten       gemeente              all                   -               118.11         published
2021-2023-gemeenten       gemeente              all                   -               22.64          published
"""

TWELFTHS = "09 2/12, 10 1/12, 11 1/12, 12 1/12, 01 1/12, 02 1/12, 03 1/12, 04 1/12, 05 1/12, 06 1/12, 07 1/12"
EQUAL = (
    "08 1/12, 09 1/12, 10 1/12, 11 1/12, 12 1/12, 01 1/12, 02 1/12, 03 1/12, 04 1/12, 05 1/12, 06 1/12, 07 1/12"
)
TWO_TERMS = "11 5/12, 02 7/12"
MONTHS = {
    ("2021-2022-arbeidsmarkttoelage-initial", "arbeidsmarkttoelage"): "11 5/12, 01 7/12",
    ("2021-2022-arbeidsmarkttoelage", "arbeidsmarkttoelage"): "11 5/12, 01 7/12",
    ("2022-2023-arbeidsmarkttoelage-initial", "arbeidsmarkttoelage"): EQUAL,
    ("2022-2023-arbeidsmarkttoelage", "arbeidsmarkttoelage"): EQUAL,
    ("2023-2024-arbeidsmarkttoelage", "arbeidsmarkttoelage"): "08 1/5, 09 1/5, 10 1/5, 11 1/5, 12 1/5",
    ("2021-2022-po", "per_pupil"): TWELFTHS,
    ("2021-2022-po", "cumi"): TWELFTHS,
    ("2021-2022-vo", "per_pupil"): "11 1",
    ("2021-2022-vo", "surcharge"): "02 1",
    ("2021-2022-vo", "achterstandsscore"): "02 1",
    ("2021-2022-vo", "newcomers"): "05 1",
    ("2021-2022-vo", "samenwerkingsverband"): TWELFTHS,
    ("2021-2022-cn", "per_pupil"): "10 1",
    ("2022-2023-cn", "per_pupil"): "10 1",
    ("2022-2023-po-provisional", "per_pupil"): TWELFTHS,
    ("2022-2023-po", "per_pupil"): EQUAL,
    ("2022-2023-po", "achterstandsscore"): EQUAL,
    ("2022-2023-po", "cumi"): EQUAL,
    ("2022-2023-vo-provisional", "per_pupil"): "11 1",
    ("2022-2023-vo", "per_pupil"): TWO_TERMS,
    ("2022-2023-vo", "surcharge"): TWO_TERMS,
    ("2022-2023-vo", "achterstandsscore"): TWO_TERMS,
    ("2022-2023-vo", "samenwerkingsverband"): EQUAL,
}

OTHERS_OF_PO = """
reference_date                     2020-10-01                          published
spending_deadline                  2025-07-31                          derived
rounding.to                        cent                                derived
components.cumi.threshold.units    4                                   published
components.cumi.threshold.level    brin                                published
components.cumi.threshold.booking  lowest_vestiging_first_school_type  derived
"""


def table(text):
    return [tuple(line.split()) for line in text.strip().splitlines()]


def name(loaded):
    return loaded.name.removesuffix(".yaml")


def test_files():
    found = [
        (name(one), subject, rules.version, str(rules.published.value), rules.currency, str(day))
        for one in all_shipped()
        for rules, day in [(one.regulation, one.regulation.reference_date.value)]
        for subject in [rules.sector or rules.scheme]
    ]
    assert sorted(found) == sorted(table(FILES))
    assert shipped_school_years() == ("2021-2022", "2022-2023", "2023-2024")


def test_rates():
    found = [
        (
            name(one),
            component,
            ",".join(rate.school_types),
            rate.place_or_list or "-",
            str(rate.value or "-"),
            rate.status,
        )
        for one in all_shipped()
        for component, part in one.regulation.components.items()
        for rate in part.rates
    ]
    assert sorted(found) == sorted(table(RATES))


@pytest.mark.parametrize(("file", "component"), MONTHS)
def test_months_of_payment(file, component):
    rules = shipped(file).regulation
    year = int(rules.school_year[:4])
    expected = {}
    for part in MONTHS[file, component].split(", "):
        month, share = part.split()
        expected[date(year + (int(month) < 8), int(month), 1)] = Fraction(share)
    assert rules.schedule_of(component).value.instalments == expected


def test_municipalities_are_paid_in_24_terms_of_which_december_2021_holds_five():
    rules = shipped("2021-2023-gemeenten").regulation
    terms = rules.schedule_of("gemeente").value.instalments
    assert terms.pop(date(2021, 12, 1)) == Fraction(5, 24)
    assert list(terms) == [date(2022, month, 1) for month in range(1, 13)] + [
        date(2023, month, 1) for month in range(1, 8)
    ]
    assert set(terms.values()) == {Fraction(1, 24)}


def test_half_of_each_municipal_score_counts():
    pupils, score = shipped("2021-2023-gemeenten").regulation.components["gemeente"].rates
    assert (pupils.share, score.share, score.share * Fraction(score.value)) == (
        1,
        Fraction(1, 2),
        Fraction("11.32"),
    )


def test_other_values_of_po():
    rules = shipped("2021-2022-po").regulation
    threshold = rules.components["cumi"].threshold
    found = [
        ("reference_date", str(rules.reference_date.value), rules.reference_date.status),
        ("spending_deadline", str(rules.spending_deadline.value), rules.spending_deadline.status),
        ("rounding.to", rules.rounding.value.to, rules.rounding.status),
        *(
            (f"components.cumi.threshold.{part}", str(value.value), value.status)
            for part, value in ((part, getattr(threshold, part)) for part in ("units", "level", "booking"))
        ),
    ]
    assert found == table(OTHERS_OF_PO)


LAW = """
2021-2022-arbeidsmarkttoelage-initial  reference_date  BWBR0045733, artikelen 3(3) en 4(3) (Stcrt. 2021, 44436)
2021-2022-arbeidsmarkttoelage-initial  schedule  BWBR0045733, artikelen 3(5) en 4(5) (Stcrt. 2021, 44436)
2021-2022-arbeidsmarkttoelage-initial  arbeidsmarkttoelage  BWBR0045733, artikel 3(4)(a) (Stcrt. 2021, 44436)
2021-2022-arbeidsmarkttoelage  reference_date  BWBR0045733, artikelen 3(3) en 4(3) (Stcrt. 2021, 44436)
2021-2022-arbeidsmarkttoelage  schedule  BWBR0045733, artikelen 3(5) en 4(5) (Stcrt. 2021, 44436)
2021-2022-arbeidsmarkttoelage  arbeidsmarkttoelage  BWBR0045733, artikel 3(4)(a) (Stcrt. 2022, 17723)
2022-2023-arbeidsmarkttoelage-initial  reference_date  BWBR0046915, artikelen 3(4) en 4(4) (Stcrt. 2022, 17722)
2022-2023-arbeidsmarkttoelage-initial  schedule  BWBR0046915, artikelen 3(6) en 4(6) (Stcrt. 2022, 17722)
2022-2023-arbeidsmarkttoelage-initial  arbeidsmarkttoelage  BWBR0046915, artikel 3(5)(a) (Stcrt. 2022, 17722)
2022-2023-arbeidsmarkttoelage  reference_date  BWBR0046915, artikelen 3(4) en 4(4) (Stcrt. 2022, 17722)
2022-2023-arbeidsmarkttoelage  schedule  BWBR0046915, artikelen 3(6) en 4(6) (Stcrt. 2022, 17722)
2022-2023-arbeidsmarkttoelage  arbeidsmarkttoelage  BWBR0046915, artikel 3(5)(a) (Stcrt. 2023, 15924)
2023-2024-arbeidsmarkttoelage  reference_date  BWBR0048435, artikel 4(4) (Stcrt. 2023, 17143)
2023-2024-arbeidsmarkttoelage  schedule  BWBR0048435, artikelen 3(6) en 4(6) (Stcrt. 2023, 17143)
2023-2024-arbeidsmarkttoelage  arbeidsmarkttoelage  BWBR0048435, artikel 3(5)(a) (Stcrt. 2023, 17143)
2021-2022-cn  reference_date     BWBR0045533, artikelen 6(3) en 9(3) (Stcrt. 2021, 39244)
2021-2022-cn  schedule           BWBR0045533, artikelen 6(5) en 9(5) (Stcrt. 2021, 39244)
2021-2022-cn  per_pupil          BWBR0045533, artikelen 6(4)(a) en 9(4)(a) (Stcrt. 2021, 39244)
2021-2022-po  reference_date     BWBR0045533, artikelen 4(3), 5(1) en 5(2) (Stcrt. 2021, 39244)
2021-2022-po  schedule           BWBR0045533, artikelen 4(5) en 5(6) (Stcrt. 2021, 39244)
2021-2022-po  per_pupil          BWBR0045533, artikel 4(4) (Stcrt. 2021, 39244)
2021-2022-po  achterstandsscore  BWBR0045533, artikel 5(3) (Stcrt. 2021, 39244)
2021-2022-po  cumi               BWBR0045533, artikel 5(5) (Stcrt. 2021, 39244)
2021-2022-vo  reference_date     BWBR0045533, artikelen 7(3) en 8(3) (Stcrt. 2021, 39244)
2021-2022-vo  rounding           BWBR0045533, artikelen 7(5) en 8(5) (Stcrt. 2021, 39244)
2021-2022-vo  per_pupil          BWBR0045041, artikel 4(a) (Stcrt. 2021, 43019)
2021-2022-vo  surcharge          BWBR0045533, artikel 7(4) (Stcrt. 2021, 39244)
2021-2022-vo  achterstandsscore  BWBR0045533, artikel 8(4) (Stcrt. 2021, 39244)
2021-2022-vo  newcomers          BWBR0045533, artikel 10(4) (Stcrt. 2021, 39244)
2021-2022-vo  samenwerkingsverband  BWBR0045533, artikel 11(4) (Stcrt. 2021, 39244)
2022-2023-cn  reference_date     BWBR0046693, artikelen 6(3) en 9(3) (Stcrt. 2022, 13905)
2022-2023-cn  schedule           BWBR0046693, artikelen 6(5) en 9(5) (Stcrt. 2022, 13905)
2022-2023-po  reference_date     BWBR0046693, artikelen 4(3), 5(1) en 5(2) (Stcrt. 2022, 13905)
2022-2023-po  schedule           BWBR0046693, artikelen 4(5) en 5(6) (Stcrt. 2022, 13905)
2022-2023-po  per_pupil          BWBR0046693, artikel 4(4) (Stcrt. 2022, 13905)
2022-2023-po  achterstandsscore  BWBR0046693, artikel 5(3) (Stcrt. 2022, 13905)
2022-2023-po  cumi               BWBR0046693, artikel 5(5) (Stcrt. 2022, 13905)
2022-2023-vo  reference_date     BWBR0046693, artikelen 7(3) en 8(3) (Stcrt. 2022, 13905)
2022-2023-vo  schedule           BWBR0046693, artikelen 7(5) en 8(5) (Stcrt. 2022, 13905)
2022-2023-vo  per_pupil          BWBR0046693, artikel 7(4) (Stcrt. 2022, 13905)
2022-2023-vo  surcharge          BWBR0046693, artikel 7(4) (Stcrt. 2022, 13905)
2022-2023-vo  achterstandsscore  BWBR0046693, artikel 8(4) (Stcrt. 2022, 13905)
2022-2023-vo  samenwerkingsverband  BWBR0046693, artikel 10(4) (Stcrt. 2022, 13905)
2021-2023-gemeenten  reference_date  BWBR0045681, artikel 4(1)(a) (Stcrt. 2021, 42927)
2021-2023-gemeenten  schedule        BWBR0045681, artikel 6(3) (Stcrt. 2021, 42927)
2021-2023-gemeenten  gemeente        BWBR0045681, artikel 4(1)(a) (Stcrt. 2021, 42927)
"""


@pytest.mark.parametrize(("file", "what", "place"), [line.split(None, 2) for line in LAW.strip().splitlines()])
def test_articles(file, what, place):
    rules = shipped(file).regulation
    ordinary = {"reference_date": rules.reference_date, "rounding": rules.rounding}
    ordinary["schedule"] = rules.schedules[rules.schedule]
    value = ordinary[what] if what in ordinary else rules.components[what].rates[0]
    assert citation(rules, value) == place


BESIDE = """
2021-2022-vo  per_pupil  701.16          797.44 96.28
2022-2023-vo  surcharge  410.00          1230.00
2022-2023-cn  per_pupil  1333.8429633    1333.84
2022-2023-cn  per_pupil  1547.25783743   1547.26
2022-2023-cn  per_pupil  1547.25783743   1547.26
"""


def test_amounts_of_the_law_stand_beside_a_rate_that_is_another():
    found = [
        (name(one), component, str(rate.value), *(str(beside.value) for beside in rate.beside))
        for one in all_shipped()
        for component, part in one.regulation.components.items()
        for rate in part.rates
        if rate.beside
    ]
    assert sorted(found) == sorted(table(BESIDE))
    assert Decimal("797.44") - Decimal("96.28") == Decimal("701.16")
    assert Decimal("1230.00") - Decimal("820.00") == Decimal("410.00")


@pytest.mark.parametrize("file", ["2021-2022-po", "2022-2023-po"])
def test_the_school_for_varende_kinderen_has_no_score(file):
    components = shipped(file).regulation.components
    assert {key: one.not_for and one.not_for.value for key, one in components.items()} == {
        "per_pupil": None,
        "achterstandsscore": ("27MK",),
        "cumi": None,
    }


def test_newcomers_vo_are_counted_on_five_days():
    days = shipped("2021-2022-vo").regulation.components["newcomers"].reference_dates
    assert [str(day) for day in days.value] == [
        "2020-04-01",
        "2020-07-01",
        "2020-10-01",
        "2021-01-01",
        "2021-04-01",
    ]


@pytest.mark.parametrize("loaded", all_shipped(), ids=name)
def test_each_term_of_settlement_says_that_it_is_a_choice(loaded):
    # No article says whether a correction is paid at once, what a month takes back, or when a closed school stops.
    settlement = loaded.regulation.settlement
    terms = {term: (one.value, one.where) for term, one in settlement.value.basis}
    assert terms == dict.fromkeys(("corrections", "floor_zero", "closure"), ("choice", "Niet bepaald: keuze"))


@pytest.mark.parametrize("loaded", all_shipped(), ids=name)
def test_every_value_is_cited_and_was_checked_and_every_source_is_used(loaded):
    values = [one for _, one in cited(loaded.regulation)]
    assert {one.checked_on for one in values} <= {date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 27)}
    assert {one.source for one in values} == set(loaded.regulation.sources)
    assert all(one.note for one in values if one.status == "derived" and not isinstance(one.value, tuple))
    assert all(source.url.startswith("https://") for source in loaded.regulation.sources.values())


@pytest.mark.parametrize("loaded", all_shipped(), ids=name)
def test_numbers_are_exact_from_the_file_on(loaded):
    numbers = [one.value for place, one in cited(loaded.regulation) if "rates" in place and one.value is not None]
    assert {type(number) for number in numbers} <= {Decimal, int}  # a size is a number of pupils
    assert not [found for found in walk(loaded.regulation.model_dump()) if isinstance(found, float)]


def walk(value):
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    yield value
    for one in inside:
        yield from walk(one)


def test_of_two_versions_the_one_that_was_published_last_counts():
    versions = {name(one) for one in load_rulebook("2022-2023").regulations}
    assert versions == {"2022-2023-arbeidsmarkttoelage", "2022-2023-cn", "2022-2023-po", "2022-2023-vo"}


def test_as_of_a_day_the_versions_published_by_then_count():
    assert {name(one) for one in load_rulebook("2022-2023", as_of=date(2022, 5, 22)).regulations} == {
        "2022-2023-po-provisional",
        "2022-2023-vo-provisional",
    }
    assert "2022-2023-po" in {name(one) for one in load_rulebook("2022-2023", as_of=date(2022, 5, 23)).regulations}
    with pytest.raises(Refused, match="by 2021-01-01; the first was published on 2021-06-30, or give a file"):
        load_rulebook("2022-2023", as_of=date(2021, 1, 1))


@pytest.mark.parametrize("school_year", ["2019-2020", "2022-2024", "2021", "", "../2021-2022"])
def test_a_school_year_without_a_file_is_refused(school_year):
    with pytest.raises(Refused, match=r"school year|no regulation is known for 2019-2020; there is 2021-2022"):
        load_rulebook(school_year)


def test_loading_all_of_them_takes_less_than_a_fifth_of_a_second():
    def seconds():
        start = time.perf_counter()
        all_shipped()
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < 0.2


def test_what_is_said_of_one_text_has_one_status_wherever_it_is_said():
    """The last day of spending too, which the accounts have in a file of their own."""
    said: dict[tuple, set[str]] = {}
    deadlines = [one.regulation.spending_deadline for one in all_shipped()]
    for one in [*deadlines, year_end_rules().accountability.spend_until]:
        said.setdefault((one.value, one.source, one.article), set()).add(one.status)
    assert {key: statuses for key, statuses in said.items() if len(statuses) > 1} == {}
    assert said[date(2025, 7, 31), "bwbr0046693", "13 en 14(2)"] == {"derived"}
