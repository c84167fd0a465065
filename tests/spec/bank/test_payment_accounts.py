"""The account that a recipient is paid on: the last that began; a change is shown until somebody confirms it."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npo_pipeline.bank.payment_accounts import account_on, change_remarks, changed_accounts, changes_of
from npo_pipeline.errors import Refused
from npo_pipeline.intake.reference_lists import believed_accounts, still_believed
from schemas.columns import schema_of
from schemas.received import PAYMENT_ACCOUNTS
from schemas.released import ACCOUNT_CONFIRMATIONS
from tests.effort import examples
from tests.reading import rows, table

AUGUST, OCTOBER, DECEMBER = (date(2021, month, 1) for month in (8, 10, 12))
OLD, NEW, THIRD = "NL91ABNA0417164300", "NL61INGB0417164300", "NL36RABO0417164300"
NAMES = {"OLD": OLD, "NEW": NEW, "THIRD": THIRD}


def accounts(text: str) -> pl.DataFrame:
    """Accounts of boards; OLD, NEW and THIRD stand for an IBAN each."""
    given = table(f"delivery_id recipient iban valid_from\n{text}", valid_from="d")
    return given.select(
        "delivery_id",
        "recipient",
        "valid_from",
        recipient_kind=pl.lit("bestuur"),
        iban=pl.col("iban").replace(NAMES),
        account_name=pl.format("Stichting {}", "recipient"),
    ).select(list(PAYMENT_ACCOUNTS.columns))


def confirmed(*given: tuple[str, str, str]) -> pl.DataFrame:
    """Confirmations by M. Jansen: recipient, iban, delivery_id."""
    frame = pl.DataFrame(schema=schema_of(ACCOUNT_CONFIRMATIONS))
    new = [
        {
            "run_id": "000009-confirm-account",
            "recipient_kind": "bestuur",
            "recipient": recipient,
            "iban": iban,
            "confirmed_by": "M. Jansen",
            "confirmed_at": None,
            "delivery_id": delivery,
        }
        for recipient, iban, delivery in given
    ]
    return pl.concat([frame, pl.DataFrame(new, schema=frame.schema)])


NOBODY = confirmed()


def on(given: pl.DataFrame, day: date) -> list[tuple]:
    return rows(account_on(given, day), "recipient", "iban")


def changed(given: pl.DataFrame, day: date, confirmations: pl.DataFrame = NOBODY) -> list[tuple]:
    found = changed_accounts(given, confirmations, day)
    return [(who, iban, old, str(since), by) for _, who, iban, _, old, since, _, by in found.rows()]


def test_the_account_that_began_last_is_the_one_of_the_day():
    given = accounts("d1 10001 OLD 2021-08-01\n d1 10001 NEW 2021-10-01")
    assert on(given, date(2021, 9, 30)) == [("10001", OLD)]
    assert on(given, OCTOBER) == [("10001", NEW)]


def test_before_its_first_day_a_recipient_has_no_account():
    assert on(accounts("d1 10001 OLD 2021-08-01"), date(2021, 7, 31)) == []


def test_an_account_of_a_later_file_stands_beside_those_of_the_earlier():
    given = accounts("d1 10001 OLD 2021-08-01\n d1 10002 THIRD 2021-08-01\n d2 10001 NEW 2021-10-01")
    assert on(given, AUGUST) == [("10001", OLD), ("10002", THIRD)]
    assert on(given, OCTOBER) == [("10001", NEW), ("10002", THIRD)]


def test_of_one_recipient_and_day_the_row_that_was_delivered_last_is_believed():
    given = accounts("d2 10001 NEW 2021-08-01\n d1 10001 OLD 2021-08-01")
    assert on(given, AUGUST) == [("10001", NEW)]


def test_a_wrong_row_is_taken_back_by_the_right_account_for_the_same_day():
    given = accounts("d1 10001 OLD 2021-08-01\n d2 10001 NEW 2021-10-01\n d3 10001 OLD 2021-10-01")
    assert on(given, DECEMBER) == [("10001", OLD)]
    assert believed_accounts(given).height == 2
    assert given.filter(iban=NEW).height == 1  # It stays on record.


def test_a_file_that_a_later_one_took_back_is_new_when_it_comes_again():
    given = accounts("d1 10001 OLD 2021-08-01\n d2 10001 NEW 2021-08-01")
    assert (still_believed("d1", given), still_believed("d2", given)) == (False, True)


def test_the_first_account_of_a_recipient_is_no_change():
    assert changed(accounts("d1 10001 OLD 2021-08-01"), AUGUST) == []


def test_the_same_account_from_another_day_is_no_change():
    assert changed(accounts("d1 10001 OLD 2021-08-01\n d2 10001 OLD 2021-10-01"), OCTOBER) == []


def test_a_change_names_the_old_and_the_new_account_and_the_day():
    given = accounts("d1 10001 OLD 2021-08-01\n d2 10001 NEW 2021-10-01")
    assert changed(given, date(2021, 9, 30)) == []
    assert changed(given, OCTOBER) == [("10001", NEW, OLD, "2021-10-01", None)]
    assert changed(given, DECEMBER) == [("10001", NEW, OLD, "2021-10-01", None)]


def test_a_change_within_one_file_is_a_change_too():
    given = accounts("d1 10001 OLD 2021-08-01\n d1 10001 NEW 2021-10-01")
    assert changed(given, OCTOBER) == [("10001", NEW, OLD, "2021-10-01", None)]


def test_another_account_for_the_same_day_is_a_change():
    given = accounts("d1 10001 OLD 2021-08-01\n d2 10001 NEW 2021-08-01")
    assert changed(given, AUGUST) == [("10001", NEW, OLD, "2021-08-01", None)]


def test_an_account_that_begins_before_a_known_one_is_a_change():
    given = accounts("d1 10001 OLD 2021-10-01\n d2 10001 NEW 2021-08-01")
    assert changed(given, AUGUST) == [("10001", NEW, OLD, "2021-08-01", None)]


def test_a_list_of_before_the_change_that_comes_again_changes_nothing():
    given = accounts("d1 10001 OLD 2020-08-01\n d2 10001 NEW 2021-10-01\n d3 10001 OLD 2021-08-01")
    assert changed(given, AUGUST) == []
    assert changed(given, OCTOBER, confirmed(("10001", NEW, "d2"))) == [
        ("10001", NEW, OLD, "2021-10-01", "M. Jansen")
    ]
    assert list(change_remarks(given, {"d3": "again.csv"})) == []


def test_a_list_of_before_the_change_that_begins_after_it_changes_back():
    given = accounts("d1 10001 OLD 2020-08-01\n d2 10001 NEW 2021-10-01\n d3 10001 OLD 2021-12-01")
    assert changed(given, DECEMBER) == [("10001", OLD, NEW, "2021-12-01", None)]


def test_a_change_that_is_stated_again_from_a_later_day_is_still_that_change():
    given = accounts("d1 10001 OLD 2021-08-01\n d2 10001 NEW 2021-10-01\n d3 10001 NEW 2021-12-01")
    assert changed(given, DECEMBER) == [("10001", NEW, OLD, "2021-10-01", None)]
    assert changed(given, DECEMBER, confirmed(("10001", NEW, "d2")))[0][-1] == "M. Jansen"


def test_a_confirmation_is_of_one_recipient_and_account():
    given = accounts(
        "d1 10001 OLD 2021-08-01\n d1 10002 OLD 2021-08-01\n d2 10001 NEW 2021-10-01\n d2 10002 NEW 2021-10-01"
    )
    found = changed(given, OCTOBER, confirmed(("10001", NEW, "d2"), ("10002", OLD, "d2")))
    assert [(who, by) for who, *_, by in found] == [("10001", "M. Jansen"), ("10002", None)]


def test_an_account_that_comes_back_after_another_is_to_be_confirmed_again():
    given = accounts(
        """d1 10001 OLD 2021-08-01
           d2 10001 NEW 2021-10-01
           d3 10001 OLD 2021-10-01
           d4 10001 NEW 2021-10-01"""
    )
    early = confirmed(("10001", NEW, "d2"))
    assert changed(given.filter(pl.col("delivery_id") <= "d2"), OCTOBER, early)[0][-1] == "M. Jansen"
    assert changed(given, OCTOBER, early) == [("10001", NEW, OLD, "2021-10-01", None)]


@settings(max_examples=examples(40, thorough=2000))
@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(8, 12), st.sampled_from([OLD, NEW, THIRD])), min_size=1),
    st.integers(8, 12),
)
def test_whatever_came_in_another_account_that_was_ever_believed_before_that_of_the_day_is_shown(given, month):
    distinct = {(f"d{delivery}", f"2021-{begins:02d}-01"): iban for delivery, begins, iban in given}
    known = accounts("\n".join(f"{name} 10001 {iban} {begins}" for (name, begins), iban in distinct.items()))
    days = [date(2021, one, 1) for one in range(8, month + 1)]
    moments = [known.filter(pl.col("delivery_id") <= last) for last in known["delivery_id"].unique()]
    believed_once = {iban for then in moments for day in days for _, iban in on(then, day)}
    now = {iban for _, iban in on(known, days[-1])}
    begun = known.filter(pl.col("valid_from") <= days[-1])
    assert len(now) == (1 if begun.height else 0)
    flagged = changed(known, days[-1])
    if believed_once - now:
        assert flagged
    if known["iban"].n_unique() == 1:
        assert not flagged


def test_only_an_account_of_the_recipient_can_be_confirmed():
    given = accounts(
        "d1 10001 OLD 2021-08-01\n d2 10001 NEW 2021-10-01\n d3 10001 THIRD 2021-10-01\n d1 10002 OLD 2021-08-01"
    )
    assert changes_of(given, NOBODY, "10001", THIRD)["since"].to_list() == [OCTOBER]
    assert changes_of(given, NOBODY, "10002", OLD).is_empty()  # its first account
    with pytest.raises(
        Refused, match=f"^10001: {NEW} was taken back by a later file; its accounts are {OLD}, {THIRD}$"
    ):
        changes_of(given, NOBODY, "10001", NEW)
    with pytest.raises(Refused, match=f"^10002: {NEW} is no account of this recipient; its accounts are {OLD}$"):
        changes_of(given, NOBODY, "10002", NEW)
    with pytest.raises(Refused, match=r"^10003: has no payment account in the books; deliver one"):
        changes_of(given, NOBODY, "10003", NEW)


def test_the_delivery_that_changes_accounts_is_remarked():
    given = accounts(
        "d1 10001 OLD 2021-08-01\n d1 10002 OLD 2021-08-01\n d2 10001 NEW 2021-10-01\n d2 10002 OLD 2021-10-01"
    )
    assert list(change_remarks(given, {"d2": "new.csv"})) == [
        f"new.csv: the account of 1 recipients changes (first 10001: {OLD} becomes {NEW} on 2021-10-01); every "
        "release names them until `npo confirm-account` confirms them"
    ]
    assert list(change_remarks(given, {"d1": "first.csv"})) == []
