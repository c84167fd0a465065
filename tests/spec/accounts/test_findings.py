"""Every rule of a finding, by a fault planted in accounts that are in order: it is caught by exactly that rule."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache

import polars as pl
import pytest

from npo_pipeline.accounts.findings.registry import OPENING, RULES
from npo_pipeline.accounts.statement import account_for
from npo_pipeline.rulebook.fields import citation
from npo_pipeline.rulebook.year_end import year_end_rules
from schemas.accounted import FINDINGS
from schemas.tables import validated
from tests.spec.accounts.boards import (
    BOARD,
    CONSENT,
    MOVED,
    OTHER_BOARD,
    PAID,
    SCHOOL,
    SPENT,
    accounted,
    basis,
    but,
    closed_as,
)

SHARED = but(SPENT, line=3, level="bovenschools", amount="100.00")
AGREED = but(CONSENT, board_level_agreed="100.00", gmr_consent=True, gmr_date=date(2021, 6, 20))
LATER = {"year": 2022, "today": date(2023, 3, 1)}
KEPT = {"board": BOARD, "brin": SCHOOL, "carried_out": Decimal("400.00")}
FEEDBACK = {"intervention": "Feedback"}
BACK = but(PAID, paid_month=date(2022, 3, 1), amount="-1000.00")
SPENT_LATER = but(SPENT, year=2022, amount="50.00")

NOTHING_LATER = but(SPENT, year=2022, amount="0.00")
LAST = {"board": BOARD, "brin": SCHOOL, "carried_out": Decimal("50.00")}
"""All that is left, and is spent below."""

CLOSED = closed_as(received="1000.00", spent="600.00")
"""2021, as it was closed."""


def told_by_both(amount: str, year: int = 2022) -> tuple[dict, dict]:
    """A reserve that moved, as both boards report it."""
    one = but(MOVED, amount=amount, year=year)
    return one, but(one, board=OTHER_BOARD)


PLANTED = {
    "overspent": ({"spent": (but(SPENT, amount="1000.01"),)}, "0.01"),
    # Carried in 400,00; 1.000,00 comes back, of which a board before this one may have had the rest.
    "taken_back": ({**LATER, "before": (KEPT,), "spent": (NOTHING_LATER,), "paid": (BACK,)}, "600.00"),
    # 500,00 moved and 400,00 was left.
    "transferred_too_much": (
        {**LATER, "before": (KEPT,), "spent": (NOTHING_LATER,), "paid": (), "moved": told_by_both("500.00")},
        "100.00",
    ),
    # 2021 was closed with 600,00 spent of what is 1.050,00 by now: 450,00 more than the 400,00 that was left.
    "short_after_corrections": (
        {**LATER, "before": (KEPT,), "closed": CLOSED, "spent": (but(SPENT, amount="1050.00"), NOTHING_LATER)},
        "50.00",
    ),
    # 50,00 too much was spent in 2021; in 2022 20,00 comes in and nothing is spent.
    "opened_short": (
        {**LATER, "before": (but(KEPT, carried_out="-50.00"),), "spent": (NOTHING_LATER,)}
        | {"paid": (but(PAID, paid_month=date(2022, 1, 1), amount="20.00"),)},
        "30.00",
    ),
    "corrected_closed_year": (
        {**LATER, "before": (KEPT,), "closed": CLOSED, "spent": (but(SPENT, amount="610.00"), NOTHING_LATER)},
        "-10.00",
    ),
    "transfer_differs": (
        {"moved": (but(MOVED, amount="300.00"), but(MOVED, board=OTHER_BOARD, amount="400.00"))},
        "300.00",
    ),
    "transfer_without_move": ({"moved": told_by_both("300.00", 2021), "school_moves": False}, "300.00"),
    "transfer_unconfirmed": ({"moved": (but(MOVED, amount="300.00"),)}, "300.00"),
    "left_after_deadline": (
        {"year": 2025, "today": date(2026, 3, 1), "before": (KEPT,), "paid": ()}
        | {"spent": (but(SPENT, year=2025, amount="0.00"),)},
        "400.00",
    ),
    "carried_not_reported": ({**LATER, "before": (KEPT,), "spent": (), "paid": ()}, "400.00"),
    "two_currencies": (
        {
            "paid": (PAID, but(PAID, brin="28PW") | {"currency": "USD"}),
            "spent": (SPENT, but(SPENT, line=3, brin="28PW")),
            "consents": (CONSENT, but(CONSENT, brin="28PW")),
        },
        None,
    ),
    "spent_without_money": (
        {"spent": (SPENT, but(SPENT, line=3, brin="02BB")), "consents": (CONSENT, but(CONSENT, brin="02BB"))},
        "600.00",
    ),
    "nothing_reported": (
        {
            "paid": (PAID, but(PAID, brin="02BB", amount="5.00")),
            "consents": (CONSENT, but(CONSENT, brin="02BB")),
        },
        "5.00",
    ),
    "external_above_amount": (
        # Another row has no externals, so that the school as a whole has not too many.
        {
            "spent": (
                but(SPENT, amount="1.00", external="1.50"),
                but(SPENT, line=3, category="B", amount="9.00") | {"intervention": "Feedback"},
            )
        },
        "0.50",
    ),
    "after_deadline": (
        {"year": 2026, "today": date(2027, 3, 1), "before": (LAST,), "paid": ()}
        | {
            "spent": (but(SPENT, year=2026, amount="50.00"),),
            "consents": (but(CONSENT, school_year="2025-2026"),),
        },
        "50.00",
    ),
    "deadline_year": (
        {"year": 2025, "today": date(2026, 3, 1), "before": (LAST,), "paid": ()}
        | {
            "spent": (but(SPENT, year=2025, amount="50.00"),),
            "consents": (but(CONSENT, school_year="2024-2025"),),
        },
        "50.00",
    ),
    "told_twice": ({"spent": (SPENT, but(SPENT, line=3, amount="100.00"))}, "700.00"),
    "refused_row": (
        {"refused": ({"board": BOARD, "file": "besteding.csv", "line": 7, "message": "BEDRAG is empty"},)},
        None,
    ),
    "not_on_menu": ({"spent": (but(SPENT, intervention="Schoolreis"),)}, "600.00"),
    "maybe_on_menu": (
        {
            **LATER,
            "spent": (SPENT, but(SPENT_LATER, category="E", intervention="Vakleerkracht")),
            "paid": (but(PAID, paid_month=date(2022, 1, 1)),),
        },
        "50.00",
    ),
    "only_facilities": (
        {"spent": (but(SPENT, category="F", intervention="Digitale technologie"),)},
        "600.00",
    ),
    "no_consent_told": ({"consents": ()}, None),
    "no_school_scan": ({"consents": (but(CONSENT, school_scan=False),)}, None),
    "no_mr_consent": ({"consents": (but(CONSENT, mr_consent=False, mr_date=None),)}, None),
    "late_mr_consent": ({"consents": (but(CONSENT, mr_date=date(2022, 1, 1)),)}, "600.00"),
    "future_consent": ({"consents": (but(CONSENT, mr_date=date(2022, 3, 2)),)}, None),
    "undated_consent": ({"consents": (but(CONSENT, mr_date=None),)}, None),
    "board_level_above_agreed": (
        {"spent": (SPENT, SHARED), "consents": (but(AGREED, board_level_agreed="99.99"),)},
        "0.01",
    ),
    "no_gmr_consent": (
        {"spent": (SPENT, SHARED), "consents": (but(AGREED, gmr_consent=False, gmr_date=None),)},
        "100.00",
    ),
}
"""rule -> what is otherwise, and the amount that is at stake."""

ALSO = {
    "external_above_amount": {"external_share"},
    "short_after_corrections": {"corrected_closed_year"},
}
"""What a fault cannot be planted without: externals and corrections are told of in a note."""


OF_BOTH_BOARDS = {"transfer_differs", "transfer_without_move"}
"""Findings that both boards have."""


def found(**otherwise) -> pl.DataFrame:
    """The findings, as rows that their table may hold."""
    return validated(accounted(**otherwise).findings, FINDINGS)


@cache
def found_of(rule: str) -> pl.DataFrame:
    """The findings where the fault of a rule is planted."""
    return found(**PLANTED[rule][0])


def test_accounts_that_are_in_order_have_no_findings():
    assert found().is_empty()


@pytest.mark.parametrize(
    ("giver", "taker", "day"),
    [
        (OTHER_BOARD, BOARD, date(2021, 8, 1)),  # against the way that the school went
        (BOARD, OTHER_BOARD, date(2021, 7, 31)),  # before it went
    ],
)
def test_a_reserve_moves_the_way_of_the_school_and_not_before_it(giver, taker, day):
    way = {"from_board": giver, "to_board": taker, "moved_on": day}
    school = pl.DataFrame(
        [("01AA00", BOARD, date(2020, 8, 1)), ("01AA00", OTHER_BOARD, date(2021, 8, 1))],
        schema={"vestiging": pl.String, "board": pl.String, "valid_from": pl.Date},
        orient="row",
    ).with_columns(brin=pl.lit(SCHOOL))
    told = basis(moved=(but(MOVED, amount="1.00") | way, but(MOVED, amount="1.00", board=OTHER_BOARD) | way))
    findings = account_for(replace(told, schools=school)).findings
    assert findings.filter(rule="transfer_without_move").height == 2


@pytest.mark.parametrize("rule", PLANTED)
def test_a_planted_fault_is_caught_by_exactly_its_rule(rule):
    _, amount = PLANTED[rule]
    findings = found_of(rule)
    assert set(findings["rule"]) - ALSO.get(rule, set()) == {rule}
    one = findings.filter(pl.col("rule") == rule)
    assert one["amount"].to_list() == [Decimal(amount) if amount else None] * (2 if rule in OF_BOTH_BOARDS else 1)


def test_every_rule_has_its_planted_fault():
    # `external_share` is no fault and has a test of its own below; the opening compares two years.
    assert {rule.__name__ for rule in RULES} == {*PLANTED, "external_share"}


def test_every_rule_is_judged_and_every_judgement_has_its_rule():
    judged = set(year_end_rules().accountability.findings)
    assert judged == {rule.__name__ for rule in RULES} | {OPENING}


@pytest.mark.parametrize("rule", PLANTED)
def test_a_finding_says_what_to_do_and_where_the_rule_stands(rule):
    one = found_of(rule).filter(pl.col("rule") == rule).row(0, named=True)
    rules = year_end_rules().accountability
    judged = rules.findings[rule]
    assert (one["severity"], one["basis"]) == (judged.severity, judged.basis)
    assert one["article"] == citation(rules, judged)
    assert one["message"].endswith((".", "empty"))
    assert one["advice"].endswith(".")


def test_a_finding_about_a_row_names_its_file_and_line():
    findings = found(spent=(but(SPENT, line=14, intervention="Schoolreis"),))
    assert findings.select("file", "line").rows() == [("besteding.csv", 14)]


def test_consents_that_stand_there_twice_are_told_of_and_a_no_counts():
    findings = found(consents=(CONSENT, but(CONSENT, line=3, school_scan=False)))
    assert findings["rule"].to_list() == ["told_twice"]
    findings = found(consents=(CONSENT, but(CONSENT, line=3, mr_consent=False, mr_date=None)))
    assert sorted(findings["rule"]) == ["no_mr_consent", "told_twice"]


def test_of_consents_that_stand_there_twice_the_least_amount_counts():
    # 100,00 was spent at board level, and 60,00 agreed to: told twice it is still 60,00
    agreed = but(AGREED, board_level_agreed="60.00")
    findings = found(spent=(SPENT, SHARED), consents=(agreed, {**but(agreed, line=3), "result": "Goed"}))
    over = findings.filter(pl.col("rule") == "board_level_above_agreed")
    assert over["amount"].to_list() == [Decimal("40.00")]


def test_what_two_school_years_agreed_to_adds_up():
    both = (but(AGREED, school_year="2020-2021", board_level_agreed="60.00"), AGREED)
    assert found(
        spent=(SPENT, SHARED, but(SHARED, line=4, amount="60.00", category="B") | FEEDBACK), consents=both
    ).is_empty()


def test_consent_is_asked_for_each_school_year_of_which_money_came():
    later = but(PAID, paid_month=date(2022, 9, 1)) | {"school_year": "2022-2023"}
    paid = (but(PAID, paid_month=date(2022, 3, 1)), later)
    findings = found(**LATER, spent=(SPENT_LATER,), paid=paid)
    assert findings.select("rule", "message").rows() == [
        ("no_consent_told", "Over de schoolscan en de instemming van de MR is voor 2022-2023 niets opgegeven.")
    ]


def test_a_school_that_spends_what_was_left_over_is_asked_for_consent():
    findings = found(**LATER, before=(KEPT,), paid=(), consents=(), spent=(SPENT_LATER,))
    assert findings["message"].to_list() == ["Over de schoolscan en de instemming van de MR is niets opgegeven."]


def test_the_share_of_externals_is_told_per_board_and_never_an_error():
    # 60,00 of 600,00
    findings = found(spent=(but(SPENT, external="60.00"),))
    assert findings.select("rule", "severity", "brin", "amount").rows() == [
        ("external_share", "note", None, Decimal("60.00"))
    ]
    assert findings["message"][0].startswith("10,00% van de besteding (€ 60,00)")


def test_spending_all_there_was_is_not_too_much():
    assert found(spent=(but(SPENT, amount="1000.00"),)).is_empty()


def test_what_was_left_of_the_year_before_may_be_spent():
    assert found(spent=(but(SPENT, amount="1400.00"),), before=(KEPT,)).is_empty()


def test_a_school_that_reports_that_it_spent_nothing_is_in_order():
    assert found(spent=(but(SPENT, amount="0.00"),)).is_empty()


def test_a_school_that_lives_on_what_was_left_need_not_report():
    assert "nothing_reported" not in found(paid=(), before=(KEPT,), spent=())["rule"].to_list()


def test_facilities_beside_another_intervention_are_in_order():
    facilities = but(SPENT, line=3, category="F", intervention="Ouderbetrokkenheid", amount="10.00")
    assert found(spent=(SPENT, facilities)).is_empty()


def test_facilities_may_support_what_was_spent_the_year_before():
    now = but(SPENT, year=2022, category="F", intervention="Ouderbetrokkenheid")
    paid = (but(PAID, paid_month=date(2022, 1, 1)),)
    assert found(**LATER, paid=paid, spent=(SPENT, now)).is_empty()


def test_consent_on_the_last_day_of_the_year_is_not_late():
    assert found(consents=(but(CONSENT, mr_date=date(2021, 12, 31)),)).is_empty()


def test_consent_of_the_day_of_the_accounts_has_come():
    assert "future_consent" not in found(consents=(but(CONSENT, mr_date=date(2022, 3, 1)),))["rule"].to_list()


def test_board_level_money_up_to_what_was_agreed_is_in_order():
    assert found(spent=(SPENT, SHARED), consents=(AGREED,)).is_empty()


def test_what_was_agreed_in_one_year_may_be_spent_in_the_next_and_not_twice():
    paid = (but(PAID, paid_month=date(2022, 1, 1)),)
    early, late = but(SHARED, amount="60.00"), but(SHARED, year=2022, amount="40.00")
    own = but(SPENT, year=2022)
    assert found(**LATER, paid=paid, spent=(early, late, own), consents=(AGREED,)).is_empty()
    # 60,00 + 40,01 against 100,00
    findings = found(**LATER, paid=paid, spent=(early, but(late, amount="40.01"), own), consents=(AGREED,))
    assert findings.select("rule", "amount").rows() == [("board_level_above_agreed", Decimal("0.01"))]


def test_what_was_agreed_for_a_school_year_that_has_not_begun_does_not_count():
    agreed = but(AGREED, board_level_agreed="0.00")
    ahead = but(AGREED, line=3, school_year="2022-2023", mr_date=date(2021, 6, 15))
    assert found(spent=(SPENT, SHARED), consents=(agreed, ahead))["rule"].to_list() == ["board_level_above_agreed"]


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("Uitbreiding onderwjis", "bedoeld is misschien 'Uitbreiding onderwijs' (categorie A)"),
        ("Klassenverkleining", "'Klassenverkleining' staat in categorie E"),
        ("Schrijfonderwijs", None),
        ("Vrijdagmiddagborrel", None),
    ],
)
def test_what_is_not_on_the_menukaart_says_what_may_have_been_meant(written, hint):
    message = found(spent=(but(SPENT, intervention=written),))["message"][0]
    assert (hint in message) if hint else ("(" not in message)


def test_an_intervention_that_came_on_the_menukaart_later_says_from_when():
    message = found(spent=(but(SPENT, category="B", intervention="Schrijfonderwijs"),))["message"][0]
    assert "dit staat pas op de menukaart vanaf 1 januari 2022" in message


@pytest.mark.parametrize("written", ["uitbreiding ONDERWIJS", "Uitbreiding  onderwijs", "Uitbreiding-onderwijs"])
def test_capitals_spaces_and_marks_make_no_difference(written):
    done = accounted(spent=(but(SPENT, intervention=written),))
    assert done.findings.is_empty()
    assert done.interventions["intervention"].to_list() == ["Uitbreiding onderwijs"]
