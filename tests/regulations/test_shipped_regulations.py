"""The regulations that come with the package, as a table to be held against their sources."""

import time
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.regulations.cited import cited
from npo_pipeline.regulations.load import load_shipped, shipped_school_years

PO = load_shipped("2021-2022")[0].regulation

RATES = """
component          school_type  measure      rate     unit                   status
per_pupil          bao          pupils       701.16   EUR per pupil          published
per_pupil          sbo          pupils       1051.74  EUR per pupil          published
per_pupil          so           pupils       1402.31  EUR per pupil          published
per_pupil          vso          pupils       1402.31  EUR per pupil          published
achterstandsscore  bao          score        251.16   EUR per unit of score  published
cumi               sbo          cumi_pupils  548.56   EUR per cumi pupil     published
cumi               so           cumi_pupils  548.56   EUR per cumi pupil     published
cumi               vso          cumi_pupils  548.56   EUR per cumi pupil     published
"""

INSTALMENTS = """
2021-09  2/12
2021-10  1/12
2021-11  1/12
2021-12  1/12
2022-01  1/12
2022-02  1/12
2022-03  1/12
2022-04  1/12
2022-05  1/12
2022-06  1/12
2022-07  1/12
"""

OTHERS = """
reference_date                     2020-10-01                          derived
spending_deadline                  2025-07-31                          derived
rounding                           cent                                derived
schedules.monthly                  cumulative                          derived
components.cumi.threshold.units    4                                   published
components.cumi.threshold.level    brin                                derived
components.cumi.threshold.booking  lowest_vestiging_first_school_type  derived
"""


def table(text):
    return [tuple(cell.strip() for cell in line.split("  ") if cell) for line in text.strip().splitlines()]


def test_one_school_year_is_shipped_for_primary_education():
    assert shipped_school_years() == ("2021-2022",)
    (loaded,) = load_shipped("2021-2022")
    assert (loaded.name, PO.school_year, PO.sector, PO.currency) == ("2021-2022-po.yaml", "2021-2022", "po", "EUR")


def test_rates():
    rows = [
        (name, school_type, component.measure, str(rate.value), rate.unit, rate.status)
        for name, component in PO.components.items()
        for rate in component.rates
        for school_type in rate.school_types
    ]
    assert rows == table(RATES)[1:]


def test_instalments():
    rows = {date.fromisoformat(f"{month}-01"): Fraction(share) for month, share in table(INSTALMENTS)}
    assert PO.schedule_of("cumi").value.instalments == rows
    assert sum(rows.values()) == 1


def test_other_values():
    short = {"rounding": "to", "schedules.monthly": "rounding"}
    rows = [
        (place, str(getattr(one.value, short[place]) if place in short else one.value), one.status)
        for place, one in ((".".join(map(str, place)), one) for place, one in cited(PO))
        if ".rates." not in place
    ]
    assert sorted(rows) == sorted(table(OTHERS))


def test_every_value_is_cited_and_was_checked():
    values = list(cited(PO))
    assert len(values) == 12
    assert {one.checked_on for _, one in values} == {date(2026, 11, 24)}
    assert {one.source for _, one in values} <= set(PO.sources)
    assert all(one.note for _, one in values if one.status == "derived")


def test_every_source_is_used_and_none_hides_behind_plain_http():
    assert {one.source for _, one in cited(PO)} == set(PO.sources)
    assert all(source.url.startswith("https://") for source in PO.sources.values())


def test_numbers_are_exact_from_the_file_on():
    numbers = [one.value for place, one in cited(PO) if "rates" in place]
    assert all(type(number) is Decimal for number in numbers)
    assert not [found for found in walk(PO.model_dump()) if isinstance(found, float)]
    assert '"548.56"' in PO.model_dump_json()


def walk(value):
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    yield value
    for one in inside:
        yield from walk(one)


@pytest.mark.parametrize("school_year", ["2019-2020", "2021-2023", "2021", "", "../2021-2022"])
def test_a_school_year_without_a_file_is_refused(school_year):
    with pytest.raises(Refused, match=r"school year|no regulation is known for 2019-2020; there is 2021-2022"):
        load_shipped(school_year)


def test_loading_is_quick():
    def seconds():
        start = time.perf_counter()
        load_shipped("2021-2022")
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < 0.030
