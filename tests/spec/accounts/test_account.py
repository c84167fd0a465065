"""What a school had, got, spent and keeps: `carried_out = carried_in + received - spent`, and how it ties."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npo_pipeline.accounts.received import accrued_to, claims_by
from npo_pipeline.accounts.statement import account_for
from schemas.accounted import ACCOUNTABILITY_INTERVENTIONS
from schemas.columns import schema_of
from schemas.received import SCHOOLS
from schemas.tables import validated
from tests.effort import examples
from tests.reading import rows, table
from tests.spec.accounts.boards import BOARD, CONSENT, PAID, SCHOOL, SPENT, TOTALS, accounted, basis, but

KEPT = {"board": BOARD, "brin": SCHOOL, "carried_out": Decimal("400.00"), "currency": "EUR"}
SUMS = ("carried_in", "received", "spent", "external", "board_level", "carried_out")


DIRECTORY = pl.DataFrame(
    [{**dict.fromkeys(schema_of(SCHOOLS)), "vestiging": "01AA00", "brin": SCHOOL, "board": BOARD}],
    schema=schema_of(SCHOOLS),
).with_columns(valid_from=pl.lit(date(2020, 8, 1)))


def sums(**otherwise) -> dict[str, list[str]]:
    """The amounts per school: brin -> carried in, received, spent, external, board level, carried out."""
    found = accounted(**otherwise).accountability
    return {row["brin"]: [str(row[name]) for name in SUMS] for row in found.iter_rows(named=True)}


def test_what_is_left_over_is_what_was_received_less_what_was_spent():
    # 1.000,00 - 600,00
    assert sums() == {SCHOOL: ["0.00", "1000.00", "600.00", "0.00", "0.00", "400.00"]}


def test_a_year_opens_on_the_close_of_the_year_before():
    # 400,00 + 1.000,00 - 600,00
    assert sums(before=(KEPT,)) == {SCHOOL: ["400.00", "1000.00", "600.00", "0.00", "0.00", "800.00"]}


def test_more_spent_than_there_was_is_carried_over_as_a_shortage():
    assert sums(spent=(but(SPENT, amount="1000.50"),))[SCHOOL][-1] == "-0.50"


def test_only_payments_of_the_calendar_year_are_received_in_it():
    paid = (but(PAID, paid_month=date(2020, 12, 1)), PAID, but(PAID, paid_month=date(2022, 1, 1)))
    assert sums(paid=paid)[SCHOOL][1] == "1000.00"


def test_a_correction_downwards_is_received_below_zero():
    assert sums(paid=(PAID, but(PAID, paid_month=date(2021, 12, 1), amount="-250.25")))[SCHOOL][1] == "749.75"


def test_only_spending_of_the_calendar_year_is_spent_in_it():
    assert sums(spent=(SPENT, but(SPENT, year=2022), but(SPENT, year=2020)))[SCHOOL][2] == "600.00"


def test_externals_and_board_level_are_parts_of_what_was_spent():
    shared = but(SPENT, line=3, level="bovenschools", amount="50.00", external="20.00")
    assert sums(spent=(but(SPENT, external="10.00"), shared))[SCHOOL] == [
        *("0.00", "1000.00"),
        *("650.00", "30.00", "50.00"),  # 600 + 50, 10 + 20, 50
        "350.00",
    ]


def test_a_school_that_moves_is_accounted_for_by_each_board_with_what_it_got():
    paid = (PAID, but(PAID, board="10002", amount="300.00"))
    found = accounted(paid=paid).accountability
    assert rows(found, "board", "received", "spent") == [
        (BOARD, Decimal("1000.00"), Decimal("600.00")),
        ("10002", Decimal("300.00"), Decimal("0.00")),
    ]


def test_a_school_with_nothing_but_an_opening_of_nothing_is_not_there():
    assert "02BB" not in sums(before=({**KEPT, "brin": "02BB", "carried_out": Decimal("0.00")},))


def test_a_school_to_which_something_accrues_is_there_though_it_got_nothing_yet():
    # 1.200,00 x 5/12 accrues; the first payment comes after the year
    totals = (
        {"school_year": "2021-2022", "vestiging": "01AA00", "currency": "USD", "amount": Decimal("1200.00")},
    )
    later = (but(PAID, paid_month=date(2022, 1, 1), amount="700.00", currency="USD"),)
    for paid in (later, (but(PAID, brin="02BB", paid_month=date(2020, 9, 1)),)):
        done = basis(paid=paid, spent=(), consents=(), totals=totals)
        found = account_for(replace(done, schools=DIRECTORY)).accountability
        assert rows(found, "brin", "currency", "received", "accrued") == [
            (SCHOOL, "USD", Decimal("0.00"), Decimal("500.00"))
        ]


def test_a_school_that_was_never_paid_is_accounted_for_in_the_currency_of_its_board():
    spent = (SPENT, but(SPENT, line=3, brin="02BB"))
    found = accounted(paid=(but(PAID, currency="USD"),), spent=spent).accountability
    assert rows(found, "brin", "currency") == [(SCHOOL, "USD"), ("02BB", "USD")]


def test_a_school_that_is_paid_in_dollars_is_accounted_for_in_dollars():
    found = accounted(paid=(but(PAID, currency="USD"),))
    assert found.accountability["currency"].to_list() == ["USD"]
    assert found.interventions["currency"].to_list() == ["USD"]


def test_a_school_that_was_paid_in_two_currencies_has_accounts_in_both_and_spends_in_what_was_paid_last():
    found = accounted(paid=(PAID, but(PAID, currency="USD", paid_month=date(2021, 10, 1), amount="900.00")))
    assert rows(found.accountability, "brin", "currency", "received", "spent", "carried_out") == [
        (SCHOOL, "EUR", Decimal("1000.00"), Decimal("0.00"), Decimal("1000.00")),
        (SCHOOL, "USD", Decimal("900.00"), Decimal("600.00"), Decimal("300.00")),
    ]
    assert rows(found.interventions, "currency", "amount") == [("USD", Decimal("600.00"))]
    assert ("two_currencies", SCHOOL, None) in rows(found.findings, "rule", "brin", "currency")


def test_money_that_went_back_altogether_leaves_the_other_currency():
    """Paid in dollars by mistake, taken back, and paid in euro before that: what is spent is euro."""
    dollars = but(PAID, currency="USD", paid_month=date(2021, 10, 1))
    paid = (PAID, dollars, but(dollars, paid_month=date(2021, 11, 1), amount="-1000.00"))
    found = accounted(paid=paid).accountability
    assert rows(found, "currency", "received", "spent") == [
        ("EUR", Decimal("1000.00"), Decimal("600.00")),
        ("USD", Decimal("0.00"), Decimal("0.00")),
    ]


def test_carry_over_is_of_its_own_currency():
    before = (KEPT, {**KEPT, "currency": "USD", "carried_out": Decimal("50.00")})
    found = accounted(before=before).accountability
    assert rows(found, "currency", "carried_in", "carried_out") == [
        ("EUR", Decimal("400.00"), Decimal("800.00")),
        ("USD", Decimal("50.00"), Decimal("50.00")),
    ]


def test_the_findings_of_a_board_with_two_currencies_never_mix_them():
    """600,00 in euro, 30,00 of it on externals; US$ 200,00, half of it."""
    overseas = but(SPENT, line=3, brin="28PW", amount="200.00", external="100.00")
    found = accounted(
        paid=(PAID, but(PAID, brin="28PW", currency="USD")),
        spent=(but(SPENT, external="30.00"), overseas),
        consents=(CONSENT, but(CONSENT, line=3, brin="28PW")),
    ).findings
    shares = found.filter(rule="external_share")
    assert [(one["currency"], one["message"][:24]) for one in shares.iter_rows(named=True)] == [
        ("EUR", "5,00% van de besteding (€"[:24]),
        ("USD", "50,00% van de besteding ("[:24]),
    ]
    assert "error" not in found["severity"]


def test_interventions_of_the_same_name_are_added_up_and_have_their_share():
    more = but(SPENT, line=3, amount="100.00")
    other = but(SPENT, line=4, category="B", intervention="Feedback", amount="200.00", external="50.00")
    found = validated(accounted(spent=(SPENT, more, other)).interventions, ACCOUNTABILITY_INTERVENTIONS)
    assert rows(found, "category", "intervention", "amount", "external", "share") == [
        ("A", "Uitbreiding onderwijs", Decimal("700.00"), Decimal("0.00"), Decimal("0.7778")),  # 700 / 900
        ("B", "Feedback", Decimal("200.00"), Decimal("50.00"), Decimal("0.2222")),  # 200 / 900
    ]


def test_nothing_has_no_share():
    assert accounted(spent=(but(SPENT, amount="0.00"),)).interventions["share"].to_list() == [None]


@pytest.mark.parametrize(
    ("consents", "said"),
    [
        ((), (None, None, None)),
        ((CONSENT,), (True, True, False)),
        ((CONSENT, but(CONSENT, line=3, school_year="2020-2021", mr_consent=False)), (True, False, False)),
        ((but(CONSENT, school_scan=False, gmr_consent=True),), (False, True, True)),
        ((but(CONSENT, school_year="2022-2023"),), (None, None, None)),  # begins after the year
    ],
)
def test_consent_holds_when_it_holds_for_every_school_year_in_the_calendar_year(consents, said):
    found = accounted(consents=consents).accountability
    assert rows(found, "school_scan", "mr_consent", "gmr_consent") == [said]


HELD = table("vestiging board valid_from\n 01AA00 10001 2020-08-01", valid_from="d")
MOVED = table("vestiging board valid_from\n 01AA00 10001 2020-08-01\n 01AA00 10002 2022-01-15", valid_from="d")


def accrued(total: str, year: int, schools: pl.DataFrame = HELD) -> list[tuple]:
    totals = pl.DataFrame([("2021-2022", "01AA00", "EUR", Decimal(total), None)], schema=TOTALS, orient="row")
    return sorted(rows(accrued_to(totals, schools, year), "board", "brin", "accrued"))


def test_five_twelfths_of_a_school_year_accrue_to_the_calendar_year_it_begins_in():
    # 1.200,00 x 5/12
    assert accrued("1200.00", 2021) == [(BOARD, SCHOOL, 500_00)]


def test_seven_twelfths_accrue_to_the_calendar_year_it_ends_in():
    assert accrued("1200.00", 2022) == [(BOARD, SCHOOL, 700_00)]


def test_each_month_accrues_to_the_board_that_holds_the_school_on_its_first_day():
    # It moves on 15 January: that month is still of the old board, February to July of the new one.
    assert accrued("1200.00", 2022, MOVED) == [(BOARD, SCHOOL, 100_00), ("10002", SCHOOL, 600_00)]


def test_each_component_is_rounded_by_itself_as_its_instalments_are():
    # 0.10, 0.10 and 0.10: 0.04 (0.0417) each, and together 0.13 (0.125)
    totals = pl.DataFrame([("2021-2022", "01AA00", "EUR", Decimal("0.10"), None)] * 3, schema=TOTALS, orient="row")
    assert rows(accrued_to(totals, HELD, 2021), "accrued") == [(12,)]
    assert accrued("0.30", 2021) == [(BOARD, SCHOOL, 13)]


def test_what_a_closure_takes_off_accrues_to_its_month_so_that_nothing_does_to_a_school_that_is_gone():
    # 1.200,00 a year; it closes on 1 November: from then on each month takes its 100,00 off.
    whole = [("2021-2022", "01AA00", "EUR", Decimal("1200.00"), None)]
    gone = [*((2021, month) for month in (11, 12)), *((2022, month) for month in range(1, 8))]
    taken = [("2021-2022", "01AA00", "EUR", Decimal("-100.00"), date(year, month, 1)) for year, month in gone]
    totals = pl.DataFrame([*whole, *taken], schema=TOTALS, orient="row")
    assert rows(accrued_to(totals, HELD, 2021), "accrued") == [(300_00,)]
    assert rows(accrued_to(totals, HELD, 2022), "accrued") == [(0,)]


def test_nothing_accrues_to_another_year():
    assert accrued("1200.00", 2020) == accrued("1200.00", 2023) == []


@given(st.integers(-(10**9), 10**9))
def test_the_two_calendar_years_of_a_school_year_add_up_to_it(cents):
    total = f"{Decimal(cents).scaleb(-2):.2f}"
    parts = [accrued(total, year)[0][2] for year in (2021, 2022)]
    assert sum(parts) == cents


CENTS = st.integers(0, 10**7)
PAYMENT = st.tuples(
    st.sampled_from(["10001", "10002"]), st.sampled_from(["01AA", "02BB"]), st.integers(-(10**6), 10**7)
)
SPENDING = st.tuples(
    st.sampled_from(["10001", "10002"]),
    st.sampled_from(["01AA", "02BB", "03CC"]),
    st.sampled_from(["school", "bovenschools"]),
    CENTS,
)


@settings(max_examples=examples(40))
@given(st.lists(PAYMENT, min_size=1, max_size=6), st.lists(SPENDING, max_size=6), CENTS)
def test_whatever_is_paid_and_told_the_accounts_tie(payments, spending, kept):
    paid = tuple(but(PAID, board=b, brin=s, amount=str(Decimal(c).scaleb(-2))) for b, s, c in payments)
    spent = tuple(
        but(SPENT, line=n, board=b, brin=s, level=level, amount=str(Decimal(c).scaleb(-2)))
        for n, (b, s, level, c) in enumerate(spending)
    )
    before = ({**KEPT, "carried_out": Decimal(kept).scaleb(-2)},)
    done = account_for(basis(paid=paid, spent=spent, before=before))
    found = done.accountability
    assert found.filter(
        pl.col("carried_out") != pl.col("carried_in") + pl.col("received") - pl.col("spent")
    ).is_empty()
    assert found["received"].sum() == sum((row["amount"] for row in paid), Decimal())
    assert found["spent"].sum() == sum((row["amount"] for row in spent), Decimal())
    assert found["carried_in"].sum() == Decimal(kept).scaleb(-2)
    assert done.interventions["amount"].sum() == found["spent"].sum()
    assert found.filter(pl.struct("board", "brin").is_duplicated()).is_empty()


@given(st.permutations([SPENT, but(SPENT, line=3, amount="1.00"), but(SPENT, line=4, category="B")]))
def test_the_order_of_the_rows_makes_no_difference(spent):
    one, other = accounted(spent=tuple(spent)), accounted(spent=tuple(reversed(spent)))
    assert one.accountability.equals(other.accountability)
    assert one.interventions.equals(other.interventions)


MONTHS_PAID = [date(2021, month, 1) for month in range(9, 13)] + [date(2022, month, 1) for month in range(1, 8)]
PAID_FOR = {
    **dict.fromkeys(("school_year", "currency", "vestiging", "cause", "paid_to"), pl.String),
    "month": pl.Date,
    "amount": pl.Decimal(18, 2),
}
COMING = {name: dtype for name, dtype in PAID_FOR.items() if name != "paid_to"} | {"board": pl.String}


def paid_for(*rows):
    """Payments of 01AA00: to which board, for which month, why, how much."""
    told = [
        {"school_year": "2021-2022", "currency": "EUR", "vestiging": "01AA00", "cause": cause}
        | {"paid_to": board, "month": month, "amount": Decimal(amount)}
        for board, month, cause, amount in rows
    ]
    return pl.DataFrame(told, schema=PAID_FOR)


NOTHING_COMING = pl.DataFrame(schema=COMING)
CLAIMED = ("board", "other_board", "month", "cause", "amount")


def test_both_boards_see_what_one_paid_back_for_months_of_the_other():
    paid = paid_for(
        ("10001", date(2021, 12, 1), "board_transfer", "100.00"),
        ("10002", date(2022, 2, 1), "board_transfer", "70.00"),
        ("10002", date(2021, 12, 1), "reference_count", "-30.00"),
    )
    for year in (2021, 2022):  # older ones are there until they are settled, which is not known here
        assert rows(claims_by(year, paid, NOTHING_COMING, MOVED), *CLAIMED) == [
            ("10001", "10002", date(2021, 12, 1), "reference_count", Decimal("-30.00")),
            ("10002", "10001", date(2021, 12, 1), "reference_count", Decimal("30.00")),
        ]


def test_a_claim_about_a_later_year_is_of_that_year():
    paid = paid_for(("10001", date(2022, 3, 1), "board_transfer", "100.00"))
    assert claims_by(2021, paid, NOTHING_COMING, MOVED).is_empty()
    assert claims_by(2022, paid, NOTHING_COMING, MOVED).height == 2


def test_what_the_next_payment_settles_is_a_claim_on_no_other_board():
    coming = pl.DataFrame(
        [("2021-2022", "EUR", "01AA00", "rate_change", date(2021, 10, 1), Decimal("5.00"), "10002")],
        schema={name: COMING[name] for name in ("school_year", "currency", "vestiging", "cause")}
        | {"month": pl.Date, "amount": pl.Decimal(18, 2), "board": pl.String},
        orient="row",
    )
    assert rows(claims_by(2021, paid_for(), coming, MOVED), *CLAIMED, "settled_by") == [
        ("10002", None, date(2021, 10, 1), "rate_change", Decimal("5.00"), "payment run")
    ]


def test_a_board_that_has_a_claim_alone_is_in_the_accounts():
    paid = paid_for(("10002", date(2021, 10, 1), "reference_count", "-30.00"))
    claims = claims_by(2021, paid, NOTHING_COMING, HELD)
    found = account_for(replace(basis(), claims=claims)).accountability
    assert rows(found, "board", "received", "carried_out") == [
        (BOARD, Decimal("1000.00"), Decimal("400.00")),
        ("10002", Decimal("0.00"), Decimal("0.00")),
    ]


@given(
    total=st.integers(0, 10**7),
    corrected=st.integers(0, 10**7),
    moves=st.lists(st.tuples(st.integers(1, 10), st.sampled_from(["10001", "10002", "10003"])), max_size=3),
    told=st.integers(0, 11),
    corrected_in=st.integers(1, 11),
)
@settings(max_examples=examples(40, thorough=2000), deadline=None)
def test_received_and_claimed_is_what_accrues_to_each_board_of_a_year_that_is_paid(
    total, corrected, moves, told, corrected_in
):
    """A school year of twelfths, corrected in some month; transfers are told at once or late, never in September.

    The board that holds the school, as known then, is paid; September pays August too.
    """

    def twelfths(cents, number):
        return (2 * cents * number + 12) // 24

    def due(cents, number):
        """The instalment of month `number` (0 is September, with August)."""
        return twelfths(cents, number + 2) - (twelfths(cents, number + 1) if number else 0)

    def holder(number, moves):
        held = [board for since, board in sorted(moves, key=lambda move: move[0]) if since <= number]
        return held[-1] if held else "10001"

    moves = list({since: (since, board) for since, board in moves}.values())
    paid = []
    for number, month in enumerate(MONTHS_PAID):
        known = moves if number >= told else []
        board, now = holder(number, known), corrected if number >= corrected_in else total
        paid.append((board, month, "board_transfer", Decimal(due(now, number)) / 100))
        if number == corrected_in:
            paid += [
                (board, earlier, "reference_count", Decimal(due(corrected, one) - due(total, one)) / 100)
                for one, earlier in enumerate(MONTHS_PAID[:number])
            ]
    final = corrected if corrected_in < 11 else total
    listed = [("01AA00", "10001", date(2020, 8, 1)), *(("01AA00", board, MONTHS_PAID[n]) for n, board in moves)]
    schools = pl.DataFrame(
        listed, schema={"vestiging": pl.String, "board": pl.String, "valid_from": pl.Date}, orient="row"
    )
    totals = pl.DataFrame(
        [("2021-2022", "01AA00", "EUR", Decimal(final) / 100, None)], schema=TOTALS, orient="row"
    )
    accrued = dict[str, int]()
    for year in (2021, 2022):
        for board, cents in rows(accrued_to(totals, schools, year), "board", "accrued"):
            accrued[board] = accrued.get(board, 0) + cents
    received = dict[str, int]()
    claims = claims_by(2022, paid_for(*paid), NOTHING_COMING, schools)
    both = [(board, amount) for board, _, _, amount in paid] + rows(claims, "board", "amount")
    for board, amount in both:
        received[board] = received.get(board, 0) + int(amount * 100)
    assert {one: cents for one, cents in received.items() if cents} == {
        one: cents for one, cents in accrued.items() if cents
    }
    assert sum(claims["amount"], Decimal(0)) == 0
