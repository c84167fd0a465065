"""A ledger in memory that is paid, released and answered by the bank, as the commands do it, without files."""

from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import polars as pl

from npo_pipeline.bank.release import plan_release, release_rows
from npo_pipeline.bank.statuses import TransferHistory, new_events
from npo_pipeline.books.duckdb import engine
from npo_pipeline.books.publish import insert
from npo_pipeline.books.queries import bank as queries
from npo_pipeline.books.reader import Books
from npo_pipeline.books.tables import create
from schemas.columns import schema_of
from schemas.decided import PAYMENTS
from schemas.frames.bank import FACTS
from schemas.released import (
    BATCHES,
    TRANSFER_EVENTS,
    TRANSFER_ORDERS,
    TRANSFER_PAYMENTS,
    WITHHELD,
)
from schemas.tables import validated
from tests.spec.bank.releases import IBAN, terms


@contextmanager
def empty_ledger():
    with engine() as duck:
        create(duck)
        yield Ledger(duck)


class Ledger:
    """The tables of payments and releases. A run takes the next number; all it writes is validated."""

    def __init__(self, duck):
        self.duck, self.books = duck, Books(duck, "the books", frozenset())
        self.runs, self.accounts, self.statements = 0, set(), set()

    @contextmanager
    def forgotten(self):
        """Take back all that is done meanwhile."""
        self.duck.execute("begin")
        self.runs, self.accounts, self.statements = 0, set(), set()
        try:
            yield self
        finally:
            self.duck.execute("rollback")

    def run(self, command):
        self.runs += 1
        return f"{self.runs:06d}-{command}"

    def write(self, model, frame):
        insert(self.duck, model.name, validated(frame, model))

    def select(self, query):
        return self.books.frame(query).rows()

    def pay(self, month, *amounts):
        """Pay amounts in cents, each to a recipient in a currency."""
        run_id = self.run("pay")
        row = {
            "run_id": run_id,
            "paid_month": month,
            "school_year": "2021-2022",
            "decision_id": "2021-2022-001",
            "brin": "01AA",
            "vestiging": "01AA00",
            "school_type": "bao",
            "component": "per_pupil",
            "reason": "correction",
            "beneficiary": "01AA00",
            "recipient_kind": "bestuur",
        }
        rows = [
            {
                **row,
                "payment_id": f"{self.runs:016x}{number:016x}",
                "amount": Decimal(cents).scaleb(-2),
                "currency": currency,
                "recipient": recipient,
                "board": recipient,
            }
            for number, (recipient, currency, cents) in enumerate(amounts)
        ]
        self.write(PAYMENTS, pl.DataFrame(rows, schema=schema_of(PAYMENTS)))

    def release(self, month):
        """Release a month to the recipients that have an account; return the plan."""
        run_id = self.run("release")
        known = pl.DataFrame(
            [("bestuur", one, IBAN, f"Bestuur {one}") for one in sorted(self.accounts)],
            schema=dict.fromkeys(("recipient_kind", "recipient", "iban", "account_name"), pl.String),
            orient="row",
        )
        number = queries.number_of_release(self.books, month, run_id)
        plan = plan_release(month, queries.unsent_payments(self.books, month, run_id), known, number=number)
        if not plan.is_empty:
            rows = release_rows(plan, terms(run_id=run_id))
            self.write(BATCHES, rows.batches)
            self.write(TRANSFER_ORDERS, rows.orders)
            self.write(TRANSFER_PAYMENTS, rows.payments)
            self.write(WITHHELD, rows.withheld)
        return plan

    def live(self):
        """The transfers that did not fail, in the order in which they were sent."""
        query = """
            select end_to_end_id, month, recipient, currency, amount, status from transfers
            where status not in ('rejected', 'returned') order by run_id, end_to_end_id"""
        return self.select(query)

    def sent(self):
        """All transfers, in the order in which they were sent."""
        return [
            name for (name,) in self.select("select end_to_end_id from transfers order by run_id, end_to_end_id")
        ]

    def known(self):
        """What was sent, and what the bank said of it."""
        return TransferHistory(
            batches=queries.all_batches(self.books),
            orders=queries.all_orders(self.books),
            payments=queries.payments_sent_again(self.books),
            events=queries.all_events(self.books),
            statements=frozenset(self.statements),
        )

    def answer(self, end_to_end_id, status, stated_on=None):
        """Have the bank say what became of a transfer, maybe in the statement of a day; return what came of it."""
        run_id, known = self.run("bank"), self.known()
        fact = {
            "end_to_end_id": end_to_end_id,
            "status": status,
            "happened_on": stated_on or date(2021, 10, 21),
            "sha256": f"{self.runs:064x}",
            "is_statement": stated_on is not None,
        }
        if stated_on:
            self.statements.add(fact["sha256"])
        outcome = new_events([pl.DataFrame([fact], schema=FACTS)], known)
        of_run = pl.lit(run_id).alias("run_id")
        self.write(TRANSFER_EVENTS, outcome.events.with_columns(of_run).select(list(TRANSFER_EVENTS.columns)))
        self.write(WITHHELD, outcome.withheld.with_columns(of_run).select(list(WITHHELD.columns)))
        return outcome

    def imbalance(self):
        """The months and recipients of which transfers and what is withheld are not what was presented."""
        return self.select("from transfer_balance where transferred + withheld <> payments")

    def sent_twice(self):
        """The payments that are in two transfers that did not fail."""
        return self.select("""
            select payment_id from transfer_payments join transfers using (end_to_end_id)
            where status not in ('rejected', 'returned') group by 1 having count(*) > 1""")
