"""How money is accounted for: which of it the questions via XBRL are about, and by which article."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npo_pipeline.accounts.statement import account_for
from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.load import all_shipped
from npo_pipeline.rulebook.year_end import YearEndRules, year_end_rules
from schemas.accounted import ACCOUNTABILITY_RECEIPTS
from schemas.tables import validated
from tests.effort import examples
from tests.spec.accounts.boards import CONSENT, PAID, SCHOOL, accounted, basis, but
from tests.spec.accounts.test_basis import on_accountability

MONEY = """
2021-2022  bao         per_pupil            npo_answers    BWBR0045533, artikel 12(2) (Stcrt. 2021, 39244)
2021-2022  bao         achterstandsscore    npo_answers    BWBR0045533, artikel 12(2) (Stcrt. 2021, 39244)
2021-2022  vso         cumi                 npo_answers    BWBR0045533, artikel 12(2) (Stcrt. 2021, 39244)
2022-2023  sbo         per_pupil            npo_answers    BWBR0046693, artikel 11(2) (Stcrt. 2022, 13905)
2021-2022  vo          per_pupil            other_answers  BWBR0045041, artikelen 6(2) en 6(3) (Stcrt. 2021, 18174)
2021-2022  vo_pro_vbo  per_pupil            other_answers  BWBR0045041, artikelen 6(2) en 6(3) (Stcrt. 2021, 18174)
2021-2022  vo_pro_vbo  surcharge            npo_answers    BWBR0045533, artikel 12(2) (Stcrt. 2021, 39244)
2021-2022  vo          achterstandsscore    npo_answers    BWBR0045533, artikel 12(2) (Stcrt. 2021, 39244)
2021-2022  vo          newcomers            annual_report  BWBR0045533, artikel 12(1) (Stcrt. 2021, 39244)
2022-2023  vo          per_pupil            npo_answers    BWBR0046693, artikel 11(2) (Stcrt. 2022, 13905)
2021-2022  cn          per_pupil            overview       BWBR0045533, artikel 12(3) (Stcrt. 2021, 39244)
2022-2023  cn          per_pupil            overview       BWBR0046693, artikel 11(3) (Stcrt. 2022, 13905)
2021-2022  bao         arbeidsmarkttoelage  annual_report  BWBR0045733, artikel 5 (Stcrt. 2021, 44436)
2022-2023  vo          arbeidsmarkttoelage  annual_report  BWBR0046915, artikel 5 (Stcrt. 2022, 17722)
2023-2024  vo          arbeidsmarkttoelage  annual_report  BWBR0048435, artikel 6 (Stcrt. 2023, 17143)
2021-2022  bao         own_component        -              -
"""
BASE_VO = {**PAID, "school_type": "vo"}
SURCHARGE = but(BASE_VO, amount="350.58") | {"school_type": "vo_pro_vbo", "component": "surcharge"}
ALLOWANCE = but(PAID, amount="523.80") | {"component": "arbeidsmarkttoelage"}
NOTHING_REPORTED = {"spent": (), "consents": ()}


@pytest.mark.parametrize("line", MONEY.strip().splitlines())
def test_each_component_is_accounted_for_by_its_article(line):
    school_year, school_type, component, *manner = line.split(maxsplit=4)
    paid = {**PAID, "school_year": school_year, "school_type": school_type, "component": component}
    [row] = validated(accounted(paid=(paid,)).receipts, ACCOUNTABILITY_RECEIPTS).rows(named=True)
    assert [row["accounted_under"], row["article"]] == [None if one == "-" else one for one in manner]
    assert row["received"] == Decimal("1000.00")


def test_the_questions_are_about_a_part_of_what_was_received():
    # The base of another regulation, the surcharge of article 7, and an allowance on salaries.
    receipts = accounted(paid=(BASE_VO, SURCHARGE, ALLOWANCE)).receipts
    assert dict(receipts.select("accounted_under", "received").rows()) == {
        "other_answers": Decimal("1000.00"),
        "npo_answers": Decimal("350.58"),
        "annual_report": Decimal("523.80"),
    }


def test_money_that_only_the_annual_report_accounts_for_asks_no_report_on_spending_and_no_consent():
    assert accounted(paid=(ALLOWANCE,), **NOTHING_REPORTED).findings["rule"].to_list() == []


def test_nothing_reported_is_about_the_money_that_is_asked_about():
    found = accounted(paid=(PAID, ALLOWANCE), **NOTHING_REPORTED).findings
    # 1.000,00 of the 1.523,80
    assert found.filter(rule="nothing_reported")["amount"].to_list() == [Decimal("1000.00")]


def test_a_component_that_no_rule_knows_is_asked_about_like_the_rest():
    unknown = {**PAID, "component": "own_component"}
    assert "nothing_reported" in accounted(paid=(unknown,), **NOTHING_REPORTED).findings["rule"].to_list()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["per_pupil", "cumi", "arbeidsmarkttoelage", "own_component"]),
            st.sampled_from(["2020-2021", "2021-2022"]),
            st.integers(-500_000, 500_000),
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=examples(25), deadline=None)
def test_receipts_of_a_school_add_up_to_what_it_received(payments):
    paid = tuple(
        {**PAID, "component": component, "school_year": year, "amount": Decimal(cents).scaleb(-2)}
        for component, year, cents in payments
    )
    done = accounted(paid=paid, consents=(CONSENT,))
    [received] = done.accountability.filter(brin=SCHOOL)["received"].to_list()
    assert sum(done.receipts["received"].to_list(), Decimal(0)) == received


def older() -> YearEndRules:
    """Rules from before the manners of accounting were in the file."""
    rules = year_end_rules()
    return replace(rules, accountability=rules.accountability.model_copy(update={"accounted_under": ()}))


def test_accounts_by_older_rules_have_no_such_rows_and_ask_about_all_money():
    done = account_for(replace(basis(paid=(PAID, ALLOWANCE), **NOTHING_REPORTED), rules=older()))
    assert done.receipts.is_empty()
    assert done.findings.filter(rule="nothing_reported")["amount"].to_list() == [Decimal("1523.80")]


@pytest.mark.parametrize("loaded", all_shipped(), ids=lambda loaded: loaded.texts[0].name)
def test_every_component_that_boards_are_paid_is_known(loaded):
    known = {money for manner in year_end_rules().accountability.accounted_under for money in manner.money()}
    regulation = loaded.regulation
    of_boards = {
        (regulation.school_year, school_type, name)
        for name, component in regulation.components.items()
        if component.recipient == "bestuur" and name != "samenwerkingsverband"
        for rate in component.rates
        for school_type in rate.school_types
    }
    assert of_boards - known == set()


@pytest.mark.parametrize(
    ("was", "becomes", "complaint"),
    [
        ("value: annual_report", "value: nothing", "accounted_under[11].value"),
        (
            "components: [arbeidsmarkttoelage]\n    school_years: [2023-2024]",
            "components: [per_pupil]\n    school_years: [2021-2022]",
            "accounted_under[11]: per_pupil of bao of 2021-2022 is accounted for in two ways; keep one of them",
        ),
    ],
)
def test_a_manner_that_cannot_be_is_refused(was, becomes, complaint):
    with pytest.raises(Refused, match=r"verantwoording\.yaml") as refusal:
        on_accountability(was, becomes)
    assert complaint in str(refusal.value)
