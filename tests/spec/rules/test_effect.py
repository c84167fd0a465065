"""What other rules or counts do: whom they touch, by how much, cut by type, component, municipality and board."""

from npo_pipeline.decisions.comparison import effect_of_rules
from tests.reading import rows, table

KINDS = {"quantity": "m", "rate": "m", "amount": "m"}
BEFORE = table(
    """
    vestiging  board  school_type  component  measure  quantity  rate  amount  currency
    01AA00     10001  bao          per_pupil  pupils   10        2.00  20.00   EUR
    01AB00     10001  bao          per_pupil  pupils   5         2.00  10.00   EUR
    02AA00     10002  sbo          per_pupil  pupils   3         4.00  12.00   EUR
    28PW00     10003  cn           per_pupil  pupils   3         9.00  27.00   USD
    """,
    **KINDS,
).with_columns(beneficiary="vestiging")
AFTER = table(
    """
    vestiging  board  school_type  component  measure  quantity  rate  amount  currency
    01AA00     10001  bao          per_pupil  pupils   10        3.00  30.00   EUR
    01AB00     10001  bao          per_pupil  pupils   6         3.00  18.00   EUR
    28PW00     10003  cn           per_pupil  pupils   3         9.00  27.00   USD
    03AA00     10002  sbo          per_pupil  pupils   1         4.00  4.00    EUR
    """,
    **KINDS,
).with_columns(beneficiary="vestiging")
SCHOOLS = table(
    """
    vestiging  board  name    municipality  valid_from
    01AA00     99999  First   ASSEN         2020-10-01
    01AB00     99999  Second  EMMEN         2020-10-01
    02AA00     99999  Third   ASSEN         2020-10-01
    02AA00     99999  Moved   EMMEN         2021-10-01
    """,
    valid_from="d",
)


def cut(name):
    return [
        (one, currency, schools, str(difference))
        for one, currency, schools, difference in rows(
            effect_of_rules(BEFORE, AFTER, SCHOOLS).cuts[name], name, "currency", "schools", "difference"
        )
    ]


def test_by_school_type():
    # bao: 10 x 1.00 + (6 x 3.00 - 5 x 2.00) = 18.00; sbo: -12.00 + 4.00
    assert cut("school_type") == [("bao", "EUR", 2, "18.00"), ("sbo", "EUR", 2, "-8.00"), ("cn", "USD", 0, "0.00")]


def test_dollars_stand_apart():
    assert [(currency, str(sum_)) for _, currency, _, sum_ in cut("component")] == [
        ("EUR", "10.00"),
        ("USD", "0.00"),
    ]


def test_by_municipality_where_the_school_is_now_and_a_question_mark_where_nobody_knows():
    assert cut("municipality") == [
        ("?", "EUR", 1, "4.00"),
        ("ASSEN", "EUR", 1, "10.00"),
        ("EMMEN", "EUR", 2, "-4.00"),
        ("?", "USD", 0, "0.00"),
    ]


def test_by_board():
    assert cut("board") == [
        ("10001", "EUR", 2, "18.00"),
        ("10002", "EUR", 2, "-8.00"),
        ("10003", "USD", 0, "0.00"),
    ]


def test_the_schools_it_touches_the_largest_difference_first_and_no_others():
    found = effect_of_rules(BEFORE, AFTER, SCHOOLS).schools
    assert [(v, str(d)) for v, d in rows(found, "vestiging", "difference")] == [
        ("02AA00", "-12.00"),
        ("01AA00", "10.00"),
        ("01AB00", "8.00"),
        ("03AA00", "4.00"),
    ]
