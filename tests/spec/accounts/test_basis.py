"""A finding rests on law, on the programme, or on a choice of this program, and policy is never called law."""

import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.fields import citation
from npo_pipeline.rulebook.year_end import YearEndRules, parse_year_end, year_end_rules
from schemas.accounted import FINDINGS
from schemas.tables import validated
from tests.spec.accounts.boards import SPENT, accounted, but

BY_LAW = {
    # Caribisch Nederland has an overview of its own; spending is accounted for, with information via XBRL.
    "two_currencies": "BWBR0045533, artikel 12(3) (Stcrt. 2021, 39244)",
    "nothing_reported": "BWBR0045533, artikelen 12(1) en 12(2) (Stcrt. 2021, 39244)",
}
OF_THE_PROGRAMME = {
    *("not_on_menu", "maybe_on_menu", "only_facilities", "no_school_scan"),
    *("no_consent_told", "no_mr_consent", "late_mr_consent", "board_level_above_agreed", "no_gmr_consent"),
    *("external_share", "after_deadline", "deadline_year", "left_after_deadline"),
}


def on_accountability(was: str = "", becomes: str = "") -> YearEndRules:
    """The rules of the package, with something else written where the file on accountability last says it."""
    menukaart, rules = year_end_rules().texts
    assert was in rules.text
    changed = becomes.join(rules.text.rsplit(was, 1))
    return parse_year_end([(menukaart.name, menukaart.text), (rules.name, changed)])


def test_the_menukaart_the_school_scan_consent_and_the_last_day_are_of_the_programme():
    findings = year_end_rules().accountability.findings
    assert {rule for rule, judged in findings.items() if judged.basis == "programme"} == OF_THE_PROGRAMME


def test_law_is_only_what_an_article_asks_for():
    rules = year_end_rules().accountability
    by_law = {rule: citation(rules, judged) for rule, judged in rules.findings.items() if judged.basis == "law"}
    assert by_law == BY_LAW


def test_every_other_finding_is_a_choice_and_its_place_says_so():
    findings = year_end_rules().accountability.findings
    others = [judged for rule, judged in findings.items() if rule not in {*BY_LAW, *OF_THE_PROGRAMME}]
    assert {judged.basis for judged in others} == {"choice"}
    assert all(str(judged.where).startswith("keuze") for judged in others)


def test_the_gmr_advises_by_law_and_consents_by_programme():
    judged = year_end_rules().accountability.findings["no_gmr_consent"]
    assert judged.basis == "programme"
    assert "volgens de wet geeft de GMR advies (WMS, artikel 16(2)(a) en (b))" in str(judged.where)


def test_no_article_names_a_last_day_of_spending():
    until = year_end_rules().accountability.spend_until
    assert (until.status, until.article) == ("derived", "13 en 14(2)")


def test_a_finding_says_what_it_rests_on():
    findings = validated(accounted(spent=(but(SPENT, intervention="Schoolreis"),)).findings, FINDINGS)
    assert findings.select("rule", "basis").rows() == [("not_on_menu", "programme")]


def test_accounts_by_texts_that_are_older_than_the_distinction_leave_it_open():
    older = on_accountability("    basis: choice\n    source: bwbr0045533\n", "    source: bwbr0045533\n")
    assert older.accountability.findings["opening_differs"].basis is None


@pytest.mark.parametrize(
    ("was", "becomes", "complaint"),
    [
        ("basis: programme", "basis: policy", "basis"),
        ("article: 12(3)", 'where: "regeling"', "is law, so name the `article`"),
        ("    article: 12(3)\n", "", "wants one place"),
        ("article: 12(3)", 'article: 12(3)\n    where: "regeling"', "wants one place"),
        (
            "basis: law\n    source: bwbr0045533",
            "basis: law\n    source: avs-faq",
            "`avs-faq` is no regulation; say in `where` where it stands",
        ),
        (
            "basis: law\n    source: bwbr0045533",
            "basis: law\n    source: bwbr1",
            "`bwbr1` is not among the sources",
        ),
    ],
)
def test_a_basis_without_a_place_to_rest_on_is_refused(was, becomes, complaint):
    with pytest.raises(Refused, match=r"verantwoording\.yaml") as refusal:
        on_accountability(was, becomes)
    assert complaint in str(refusal.value)
