"""Credit notes: an amount below zero comes off the intervention it is of, which never comes to less than zero."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npo_pipeline.accounts.board_reports import latest_reports
from npo_pipeline.intake.board_reports import credit_rejections, reject_other_currencies
from npo_pipeline.intake.file_result import FileResult
from schemas.accounted import ACCOUNTABILITY, ACCOUNTABILITY_INTERVENTIONS, FINDINGS, SPENDING
from schemas.columns import schema_of
from schemas.frames.intake import READINGS, REJECTIONS, empty
from schemas.tables import validated
from tests.effort import examples
from tests.spec.accounts.boards import SPENT, accounted, but
from tests.spec.accounts.test_findings import found

WITHOUT_FILE = {name: dtype for name, dtype in schema_of(SPENDING).items() if name != "delivery_id"}


def spending(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame([{**row, "line": line} for line, row in enumerate(rows, 2)], schema=schema_of(SPENDING))


def rejected(*rows: dict) -> list[tuple]:
    return credit_rejections(spending(*rows).drop("delivery_id")).rows()


CREDIT = but(SPENT, line=3, amount="-600.00", reason="teruggestort")


def test_a_credit_note_may_bring_an_intervention_to_zero_and_no_further():
    assert rejected(SPENT, CREDIT) == []
    assert rejected(SPENT, but(CREDIT, amount="-600.01")) == [
        (3, "credit_above_spent", "BEDRAG", "'Uitbreiding onderwijs' (school) op -0,01")
    ]


@pytest.mark.parametrize(
    "other",
    [{"brin": "02BB"}, {"board": "10002"}, {"year": 2022}, {"category": "B"}, {"level": "bovenschools"}],
)
def test_a_credit_note_is_of_the_same_board_school_year_category_and_level(other):
    assert [line for line, *_ in rejected(SPENT, but(CREDIT, **other))] == [3]


def test_a_credit_note_may_spell_the_name_in_another_way():
    """Also of an intervention that is on no menukaart, where the name is that of the first row."""
    trip = but(SPENT, category="B", intervention="Schoolreis 1", amount="10.00")
    back = but(trip, line=3, intervention="school-reis 1", amount="-4.00", reason="retour")
    assert rejected(trip, back) == []
    rows = accounted(spent=(trip, back)).interventions
    assert rows.select("intervention", "amount").rows() == [("Schoolreis 1", Decimal("6.00"))]


def test_externals_come_to_no_less_than_zero_either():
    taken = but(CREDIT, amount="-1.00", external="-0.50")
    assert rejected(but(SPENT, external="0.50"), taken) == []
    assert rejected(SPENT, taken) == [
        (3, "credit_above_spent", "WAARVAN_EXTERN", "'Uitbreiding onderwijs' (school) op -0,50")
    ]


def test_a_credit_note_goes_with_what_it_came_off():
    """The amount that it comes off is in dollars, of a school that is paid in euro: neither is taken in."""
    report = FileResult(
        file=None,
        rows=2,
        rejections=empty(REJECTIONS),
        readings=pl.DataFrame([(2, "BEDRAG", "US$ 600", "600")], schema=READINGS, orient="row"),
        spending=spending(SPENT, CREDIT).drop("delivery_id"),
    )
    found = reject_other_currencies(report, pl.DataFrame({"brin": ["01AA"], "currency": ["EUR"]}))
    assert found.spending.is_empty()
    assert found.rejections["rule"].to_list() == ["other_currency", "credit_above_spent"]


def test_a_credit_note_is_named_with_its_reason_and_is_no_fault():
    findings = found(spent=(SPENT, but(CREDIT, amount="-100.00")))
    assert findings.select("rule", "amount").rows() == [("told_twice", Decimal("500.00"))]
    assert findings["message"].to_list() == [
        "'Uitbreiding onderwijs' (school) staat 2 keer opgegeven; de bedragen zijn opgeteld. Daarvan is een "
        "creditnota: teruggestort."
    ]


def test_externals_above_what_is_left_after_a_credit_note_are_found():
    findings = found(spent=(but(SPENT, external="550.00"), but(CREDIT, amount="-100.00")))
    assert findings.filter(rule="external_above_amount")["amount"].to_list() == [Decimal("50.00")]


def test_only_facilities_are_left_when_the_rest_came_back():
    facility = but(SPENT, line=4, category="F", intervention="Digitale technologie", amount="5.00")
    findings = found(spent=(SPENT, CREDIT, facility))
    assert findings.filter(rule="only_facilities")["amount"].to_list() == [Decimal("5.00")]


CENTS = st.integers(-300, 300)
BOOKINGS = st.builds(
    lambda amount, external, category, level, name: but(
        SPENT,
        amount=Decimal(amount) / 100,
        external=Decimal(external) / 100,
        category=category,
        level=level,
        intervention=name,
        reason="terug",
    ),
    CENTS,
    CENTS,
    st.sampled_from("AB"),
    st.sampled_from(["school", "bovenschools"]),
    st.sampled_from(["Uitbreiding onderwijs", "uitbreiding onderwijs", "Schoolreis", "schoolreis"]),
)


@settings(max_examples=examples(30))
@given(st.lists(st.lists(BOOKINGS, max_size=6), min_size=1, max_size=3))
def test_what_is_accounted_for_is_never_below_zero_also_where_a_year_is_told_again(reports):
    """Whatever is booked and credited: the tables hold their checks, and no share is above 1."""
    taken = [spending()]
    for number, rows in enumerate(reports):
        whole = spending(*rows).with_columns(delivery_id=pl.lit(f"d{number:06d}"))
        wrong = credit_rejections(whole.drop("delivery_id"))
        taken.append(whole.join(wrong, on="line", how="anti"))
    latest = latest_reports(pl.concat(taken), "year")
    accounts = accounted(spent=latest.to_dicts())
    interventions = validated(accounts.interventions, ACCOUNTABILITY_INTERVENTIONS)
    assert interventions["share"].drop_nulls().is_between(0, 1).all()
    schools = validated(accounts.accountability.with_columns(run_id=pl.lit("000001-account-2021")), ACCOUNTABILITY)
    assert schools["spent"].sum() == latest["amount"].sum()
    validated(accounts.findings, FINDINGS)
