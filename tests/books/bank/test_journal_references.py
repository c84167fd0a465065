"""The receivable in the ledger of a board beside the transfers of its bank statement."""

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from npo_pipeline.books.queries.payments import board_ledger
from npo_pipeline.journal.entries import journal_entries
from npo_pipeline.journal.mapping import EXAMPLE, example
from schemas.columns import schema_of
from schemas.decided import RUNS
from tests.books.bank.ledger import empty_ledger

BOARD, OTHER = "40001", "40002"
SEPTEMBER, OCTOBER, DECEMBER = date(2021, 9, 1), date(2021, 10, 1), date(2021, 12, 1)


@pytest.fixture(scope="module")
def ledger():
    with empty_ledger() as found:
        yield found


def record_runs(ledger):
    """Write the runs of the payments, which the ledger in memory does not keep."""
    rows = [
        {
            "run_id": run_id,
            "command": "pay",
            "status": "done",
            **dict.fromkeys(("started_at", "finished_at"), datetime(2021, 9, 20)),
            "payments": 0,
            **dict.fromkeys(("total", "total_usd"), Decimal(0)),
            "manifest": "{}",
            "manifest_sha256": "0" * 64,
        }
        for (run_id,) in ledger.select("select distinct run_id from payments anti join runs using (run_id)")
    ]
    ledger.write(RUNS, pl.DataFrame(rows, schema=schema_of(RUNS)))


def receivable(ledger):
    """What OCW is to pay the board by its ledger, in cents, per reference; what is nothing is left out."""
    record_runs(ledger)
    lines = journal_entries(board_ledger(ledger.books, BOARD, SEPTEMBER, DECEMBER), example(EXAMPLE))
    net = pl.col("debit_cents").sum() - pl.col("credit_cents").sum()
    sums = lines.filter(account="1330").group_by("reference").agg(net.alias("cents"))
    return {reference: cents for reference, cents in sums.iter_rows() if cents}


def transferred(ledger):
    return {sent: int(amount * 100) for sent, _, to, _, amount, _ in ledger.live() if to == BOARD}


def test_what_is_receivable_under_the_reference_of_a_transfer_is_what_the_bank_pays(ledger):
    with ledger.forgotten():
        ledger.accounts |= {BOARD, OTHER}
        ledger.pay(SEPTEMBER, (BOARD, "EUR", -100_00), (OTHER, "EUR", 7_00))
        ledger.release(SEPTEMBER)
        assert receivable(ledger) == {"000001-pay": -100_00}

        ledger.pay(OCTOBER, (BOARD, "EUR", 300_00))
        ledger.release(OCTOBER)
        (sent,) = transferred(ledger)
        # October less what September took back.
        assert receivable(ledger) == transferred(ledger) == {sent: 200_00}

        ledger.answer(sent, "returned")
        assert receivable(ledger) == {"000001-pay": -100_00, "000003-pay": 300_00}

        ledger.release(OCTOBER)
        (again,) = transferred(ledger)
        assert again != sent
        assert receivable(ledger) == transferred(ledger) == {again: 200_00}


def test_what_the_bank_books_after_all_is_receivable_under_its_first_reference(ledger):
    with ledger.forgotten():
        ledger.accounts |= {BOARD}
        ledger.pay(OCTOBER, (BOARD, "EUR", 300_00))
        names = []
        for _ in range(2):
            ledger.release(OCTOBER)
            names += transferred(ledger)
            ledger.answer(names[-1], "rejected")
        ledger.answer(names[0], "booked")
        assert receivable(ledger) == transferred(ledger) == {names[0]: 300_00}
