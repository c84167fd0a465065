"""Whose money an amount is follows from its code, and who is paid from that."""

from datetime import date

from npo_pipeline.entitlements.beneficiaries import with_beneficiary, with_recipient
from tests.reading import rows, table

SCHOOLS = table(
    """
    vestiging  board  valid_from
    01AA00     10001  2020-10-01
    01AA00     10002  2021-10-01
    """,
    valid_from="d",
)
AMOUNTS = table(
    """
    beneficiary
    01AA00
    02BB00
    VO2801
    0363
    """
)


def test_the_code_says_whose_money_it_is():
    assert rows(with_beneficiary(AMOUNTS), "beneficiary", "vestiging", "recipient_kind") == [
        ("01AA00", "01AA00", "bestuur"),
        ("02BB00", "02BB00", "bestuur"),
        ("VO2801", None, "samenwerkingsverband"),
        ("0363", None, "gemeente"),
    ]


def test_money_of_a_school_goes_to_the_board_that_holds_it_that_day_and_other_money_to_its_beneficiary():
    columns = ("board", "brin", "vestiging", "recipient")
    assert rows(with_recipient(AMOUNTS, SCHOOLS, date(2021, 10, 1)), *columns) == [
        ("10002", "01AA", "01AA00", "10002"),
        (None, "02BB", "02BB00", None),  # no board is known: nobody can be paid
        (None, None, None, "VO2801"),
        (None, None, None, "0363"),
    ]
