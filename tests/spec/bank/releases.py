"""Releases in small tables: payments that are not sent, accounts, and what comes of them."""

from datetime import date, datetime

import polars as pl

from npo_pipeline.bank.release import ReleaseTerms, plan_release, release_rows

OCTOBER = date(2021, 10, 1)
IBAN = "NL91ABNA0417164300"
OTHER_IBAN = "NL20INGB0001234567"
ACCOUNT = ("bestuur", "40045", IBAN, "Stichting Drie")

_UNSENT = {
    **dict.fromkeys(("payment_id", "school_year", "decision_id", "recipient_kind", "recipient"), pl.String),
    **{"currency": pl.String, "amount_cents": pl.Int64, "is_new": pl.Boolean, "paid_month": pl.Date},
    **dict.fromkeys(("last_iban", "last_status", "last_transfer"), pl.String),
}


def payment(number, cents, *, recipient="40045", **changed):
    """A payment that is not sent, new unless it says otherwise."""
    row = {
        "payment_id": f"{number:032x}",
        "school_year": "2021-2022",
        "decision_id": "2021-2022-001",
        "recipient_kind": "gemeente" if len(recipient) == 4 else "bestuur",
        "recipient": recipient,
        "currency": "EUR",
        "amount_cents": cents,
        "is_new": True,
        "paid_month": OCTOBER,
    }
    return {name: (row | changed).get(name) for name in _UNSENT}


def plan(*payments, accounts=(ACCOUNT,), number=1):
    columns = ("recipient_kind", "recipient", "iban", "account_name")
    known = pl.DataFrame(list(accounts), schema=dict.fromkeys(columns, pl.String), orient="row")
    return plan_release(OCTOBER, pl.DataFrame(list(payments), schema=_UNSENT), known, number=number)


def terms(**changed):
    given = {
        "run_id": "000009-release-2021-10",
        "debtor_name": "Ministerie van OCW",
        "debtor_iban": OTHER_IBAN,
        "debtor_bic": "INGBNL2A",
        "execution_date": date(2021, 10, 20),
        "prepared_by": "A. Preparer",
        "approved_by": "B. Approver",
        "created_at": datetime(2021, 10, 19, 12),
    }
    return ReleaseTerms(**(given | changed))


def rows(*payments, accounts=(ACCOUNT,), number=1, **changed):
    return release_rows(plan(*payments, accounts=accounts, number=number), terms(**changed))
