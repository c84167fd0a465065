"""Rates that spend a budget: what they spend, the demands they keep, and the demand that stands in the way."""

import re
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.entitlements.solve import (
    CountedLine,
    DemandNotMet,
    RateLine,
    counted_lines,
    divided_budget,
    rate_lines,
    solve,
    units_of,
)
from npo_pipeline.rulebook.rate_spec import SectorDemands
from schemas.decided import Entitlements
from schemas.frames.money import SchoolUnits
from tests.rulebook import shipped

HALF = Fraction(1, 2)
PO = {"bao": Fraction(1), "sbo": Fraction(3, 2), "so": Fraction(2), "vso": Fraction(2)}
VO = {"vo": Fraction(1), "vo_pro_vbo": Fraction(3, 2)}


def demands(sector="po", budget=None, amount=None, floors=(), share=Fraction(0), weights=None, ratios=None):
    return SectorDemands(
        sector=sector,
        budget=budget and round(budget * 100),
        amount=amount and round(amount * 100),
        weight=Fraction(1),
        ratios=ratios or (PO if sector == "po" else VO),
        floors={at: (tuple(kinds), round(least * 100)) for at, (kinds, least) in enumerate(floors)},
        risk_share=share,
        risk_weights=weights or {},
    )


def units(**of):
    """Units of schools: per_pupil_bao=[10, 20] are two schools of 10 and 20 pupils."""
    rows = [
        (name.rpartition("_")[0], name.rpartition("_")[2].replace("+", "_"), round(one * 100))
        for name, schools in of.items()
        for one in schools
    ]
    schema = {"component": pl.String, "school_type": pl.String, "quantity_e2": pl.Int64}
    return SchoolUnits(pl.DataFrame(rows, schema=schema, orient="row"))


def solved(asked, counted):
    lines = rate_lines(shipped(f"2022-2023-{asked.sector}").regulation, asked)
    return solve(asked, counted_lines(lines, counted))


def rates(found):
    return {
        (one.of.line.component, kind): Decimal(one.cents).scaleb(-2)
        for one in found.rates
        for kind in one.of.line.school_types
    }


def pro(counted):
    """Counts of vo: the pupils of vocational education have two amounts."""
    frame = counted.with_columns(pl.col("school_type").replace("pro", "vo_pro_vbo"))
    both = frame.filter(pl.col("school_type") == "vo_pro_vbo").with_columns(component=pl.lit("surcharge"))
    return SchoolUnits(pl.concat([frame, both]))


def test_a_budget_is_divided_over_pupils_by_their_ratios():
    # 100 + 10 x 1.5 + 5 x 2 = 125 pupils of ratio 1; 62,500.00 / 125 = 500.00
    found = solved(demands(budget=62_500), units(per_pupil_bao=[60, 40], per_pupil_sbo=[10], per_pupil_vso=[5]))
    assert rates(found) == {
        ("per_pupil", "bao"): Decimal("500.00"),
        ("per_pupil", "sbo"): Decimal("750.00"),
        ("per_pupil", "so"): Decimal("1000.00"),
        ("per_pupil", "vso"): Decimal("1000.00"),
    }
    assert (found.spends, found.rest, found.pupils) == (62_500_00, 0, 115)


def test_all_rates_come_from_one_unrounded_amount_and_are_rounded_down():
    # 70,115.725 / 100 = 701.15725: twice that is 1,402.3145; 2 x 701.15 would be 1,402.30
    counted = units(per_pupil_bao=[50], per_pupil_so=[25])
    found = solved(demands(budget=70_115.73), counted)
    assert found.amount == Fraction("701.1573")
    assert rates(found)["per_pupil", "bao"] == Decimal("701.15")
    assert rates(found)["per_pupil", "so"] == Decimal("1402.31")
    assert found.rest == 70_115_73 - 50 * 701_15 - 25 * 1402_31  # 0.48, less than a cent for each of 75


def test_the_surcharge_is_the_rest_of_the_ratio_of_vocational_education():
    # 80 + 20 x 1.5 = 110; 90,200.00 / 110 = 820.00, and 410.00 on top of it
    found = solved(demands("vo", budget=90_200), pro(units(per_pupil_vo=[80], per_pupil_pro=[20])))
    assert rates(found) == {
        ("per_pupil", "vo"): Decimal("820.00"),
        ("per_pupil", "vo_pro_vbo"): Decimal("820.00"),
        ("surcharge", "vo_pro_vbo"): Decimal("410.00"),
    }
    assert (found.rest, found.pupils) == (0, 100)


def test_the_share_for_risk_goes_over_units_times_weight():
    # a quarter of 80,000.00; 10 points x 2 + 10 cumi pupils x 1 = 30; 20,000.00 / 30 = 666.66...
    asked = demands(
        budget=80_000, share=Fraction(1, 4), weights={"achterstandsscore": Fraction(2), "cumi": Fraction(1)}
    )
    found = solved(asked, units(per_pupil_bao=[100], achterstandsscore_bao=[4, 6], cumi_so=[10]))
    assert rates(found)["per_pupil", "bao"] == Decimal("600.00")
    assert rates(found)["cumi", "sbo"] == rates(found)["cumi", "vso"] == Decimal("666.66")
    # 1,333.33 and 666.66 leave 0.10, which pays a cent for each of ten points
    assert rates(found)["achterstandsscore", "bao"] == Decimal("1333.34")
    assert (found.risk_amount, found.rest) == (Fraction("666.67"), 0)


def test_a_score_is_rounded_per_school_as_a_decision_does():
    # 0.33 x 15.15 = 4.9995 and 0.33 x 15.16 = 5.0028, each rounded to 5.00; 15.17: 5.0061, rounded to 5.01
    one = CountedLine(RateLine(component="achterstandsscore", school_types=("bao",), weight=Fraction(1)), (33, 33))
    assert [one.spends(cents) for cents in (15_14, 15_15, 15_16, 15_17)] == [10_00, 10_00, 10_00, 10_02]


def test_the_budget_of_an_amount_is_what_its_rates_spend():
    counted = units(per_pupil_bao=[100], per_pupil_sbo=[10], achterstandsscore_bao=[50])
    asked = demands(amount=500, share=Fraction(1, 5), weights={"achterstandsscore": Fraction(1)})
    found = solved(asked, counted)
    # base 115 x 500.00 = 57,500.00 is four fifths, so 14,375.00 is for risk: 287.50 a point
    assert rates(found)["achterstandsscore", "bao"] == Decimal("287.50")
    assert (found.budget, found.rest) == (71_875_00, 0)
    again = solved(
        demands(budget=718_75, share=Fraction(1, 5), weights={"achterstandsscore": Fraction(1)}), counted
    )
    assert again.rest < 115 + 50


def test_a_budget_of_all_is_divided_over_sectors_by_pupils_times_weight():
    # 100 pupils x 3 and 50 x 4: 3/5 and 2/5
    assert divided_budget(1000_01, {"po": Fraction(300), "vo": Fraction(200)}) == {"po": 600_01, "vo": 400_00}


def test_units_are_added_up_where_an_amount_is_rounded_once():
    rows = [("01AA", "01AA00", "1.25"), ("01AA", "01AA01", "2.50"), ("02BB", "02BB00", "4.00")]
    decided = Entitlements(
        pl.DataFrame(
            [("achterstandsscore", "bao", brin, vestiging, Decimal(score)) for brin, vestiging, score in rows],
            schema={
                **dict.fromkeys(("component", "school_type", "brin", "vestiging"), pl.String),
                "quantity": pl.Decimal(18, 2),
            },
            orient="row",
        )
    )
    assert units_of(decided, "school")["quantity_e2"].to_list() == [375, 400]
    assert units_of(decided, "vestiging")["quantity_e2"].to_list() == [125, 250, 400]


COUNTED = units(per_pupil_bao=[100], achterstandsscore_bao=[10])
SCORE = {"achterstandsscore": Fraction(1)}


@pytest.mark.parametrize(
    ("asked", "counted", "demand", "words"),
    [
        pytest.param(
            demands(budget=45_000, floors=[((), 500)]),
            COUNTED,
            ("floors", 0),
            "floor of 500,00 for bao needs 50.000,00 for 100 pupils: 5.000,00 more than the budget of 45.000,00",
            id="a floor above the budget without risk",
        ),
        pytest.param(
            demands(budget=45_000, floors=[((), 500)], share=Fraction(1, 4), weights=SCORE),
            COUNTED,
            ("floors", 0),
            # 50,000.00 is three quarters of 66,666.67; 16,666.60 is for risk: 1,666.66 for each of 10 points
            "needs 50.000,00 for 100 pupils, with the share for risk 66.666,60: 21.666,60 more than the budget of",
            id="a floor above the budget",
        ),
        pytest.param(
            demands(budget=55_000, floors=[(["bao"], 500), (["sbo"], 900)]),
            COUNTED,
            ("floors", 1),
            "the floor of 900,00 for sbo, by its ratio 600,00 for ratio 1, needs 60.000,00 for 100 pupils",
            id="a floor that a ratio passes on to all",
        ),
        pytest.param(
            demands(budget=60_000, floors=[((), 500)], share=Fraction(1, 4), weights=SCORE),
            COUNTED,
            ("risk", "share"),
            "leaves 45.000,00 of 60.000,00, and the floor of 500,00 for bao needs 50.000,00 for 100 pupils; make "
            "it at most 16,66%, or the budget 66.666,60",
            id="a share for risk that leaves less than the floor",
        ),
        pytest.param(
            demands(budget=60_000, share=Fraction(1, 4), weights=SCORE),
            units(per_pupil_bao=[100]),
            ("risk", "weights", "achterstandsscore"),
            "25,00% is for risk, and nothing is counted of achterstandsscore",
            id="a share for risk without any score",
        ),
        pytest.param(
            demands(budget=60_000), units(), (), "no pupils of po are counted", id="a sector without pupils"
        ),
        pytest.param(
            demands(amount=450, floors=[((), 500)]),
            COUNTED,
            ("amount",),
            "gives bao 450,00, less than the floor of 500,00 for bao",
            id="an amount below a floor",
        ),
        pytest.param(
            demands(budget=60_000, ratios={"bao": Fraction(1), "sbo": Fraction(2)}),
            COUNTED,
            ("ratios",),
            "has none for so, which is paid per pupil",
            id="a school type without a ratio",
        ),
        pytest.param(
            demands(budget=60_000, share=HALF, weights={"newcomers": Fraction(1)}),
            COUNTED,
            ("risk", "weights", "newcomers"),
            "`newcomers` is no component of po that is for risk; there is achterstandsscore, cumi",
            id="risk of a component that there is not",
        ),
        pytest.param(
            demands("vo", budget=60_000, ratios={"vo": Fraction(1), "vo_pro_vbo": HALF}),
            COUNTED,
            ("ratios",),
            "that of vo_pro_vbo is below 1, and surcharge comes on top of per_pupil",
            id="a ratio below that which a surcharge comes on top of",
        ),
    ],
)
def test_a_demand_that_cannot_be_met_is_named(asked, counted, demand, words):
    with pytest.raises(DemandNotMet) as refusal:
        solved(asked, counted)
    assert refusal.value.place == ("sectors", asked.sector, *demand)
    assert words in refusal.value.words


pupils = st.lists(st.integers(1, 900), min_size=1, max_size=4)
points = st.lists(st.integers(1, 90_000).map(lambda hundredths: hundredths / 100), min_size=1, max_size=4)
counts = st.builds(
    lambda bao, sbo, so, score, cumi: units(
        per_pupil_bao=bao, per_pupil_sbo=sbo, per_pupil_so=so, achterstandsscore_bao=score, cumi_so=cumi
    ),
    pupils,
    st.lists(st.integers(1, 90), max_size=2),
    st.lists(st.integers(1, 90), max_size=2),
    points,
    st.lists(st.integers(1, 50), min_size=1, max_size=2),
)
shares = st.integers(0, 80).map(lambda percent: Fraction(percent, 100))
BOTH = {"achterstandsscore": Fraction("4.6"), "cumi": Fraction("9.9")}


def at(budget, share, floors=()):
    """Demands with a budget in cents."""
    return demands(budget=budget / 100, share=share, weights=BOTH if share else None, floors=floors)


@given(counts, st.integers(0, 10**10), shares)
def test_a_budget_is_never_overspent_and_less_than_a_cent_per_unit_is_left(counted, budget, share):
    found = solved(at(budget, share), counted)
    dearest = max(
        sum(one.of.spends(one.cents + 1) - one.spends for one in found.rates if one.of.line.component == name)
        for name in {one.of.line.component for one in found.rates}
    )
    assert 0 <= found.rest < dearest
    each = [
        sum(one.of.units for one in found.rates if one.of.line.component == name) for name in ("per_pupil", *BOTH)
    ]
    schools = counted.filter(pl.col("component") != "per_pupil").height
    assert dearest <= max(each) + schools


@given(counts, st.integers(0, 10**10), shares)
def test_the_ratios_hold_to_the_cent(counted, budget, share):
    found = solved(at(budget, share), counted)
    for one in found.rates:
        exact = (found.risk_amount or 0) if one.of.line.is_risk else found.amount
        assert 0 <= one.of.line.weight * exact * 100 - one.cents <= 1


@given(counts, st.integers(0, 10**8), st.integers(0, 10**6), shares)
def test_more_budget_never_lowers_a_rate(counted, budget, more, share):
    before, after = rates(solved(at(budget, share), counted)), rates(solved(at(budget + more, share), counted))
    assert all(after[one] >= before[one] for one in before)


@given(counts, st.integers(0, 10**8), shares, st.integers(1, 2000), st.sampled_from(["bao", "sbo", "so"]))
def test_a_floor_holds_or_is_named(counted, budget, share, least, kind):
    with_floor = at(budget, share, [([kind], least)])
    without = rates(solved(at(budget, share), counted))
    if without["per_pupil", kind] >= least:
        assert rates(solved(with_floor, counted)) == without
    else:
        with pytest.raises(DemandNotMet) as refusal:
            solved(with_floor, counted)
        assert refusal.value.place in [("sectors", "po", "floors", 0), ("sectors", "po", "risk", "share")]
        for enough in what_is_enough(refusal.value, budget, share):
            assert solved(at(*enough, [([kind], least)]), counted).rest >= 0


def what_is_enough(not_met, budget, share):
    """The budgets and shares that a refusal says are enough."""
    words = not_met.words.replace(".", "").replace(",", "")
    if not_met.place[-1] != "share":
        yield budget + int(re.search(r": (\d+) more than", words)[1]), share
        return
    lower, more = re.search(r"at most (\d+)% or the budget (\d+)", words).groups()
    yield budget, Fraction(int(lower), 10_000)
    yield int(more), share


@given(counts, st.integers(1, 200_000), shares)
def test_the_budget_of_an_amount_gives_that_amount(counted, cents, share):
    asked = demands(amount=cents / 100, share=share, weights=BOTH if share else None)
    found = solved(asked, counted)
    assert rates(found)["per_pupil", "bao"] == Decimal(cents).scaleb(-2)
    again = solved(at(found.budget, share), counted)
    assert rates(again)["per_pupil", "bao"] >= rates(found)["per_pupil", "bao"]
    assert again.rest == 0
