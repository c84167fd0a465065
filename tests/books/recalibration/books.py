"""Books in memory: the tables and views of a home, its reading for a payment run, and nothing on disk."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import polars as pl

from npo_pipeline.books.queries.ledger import (
    AFTER_ALL_RUNS,
    attribution_inputs,
    decisions_in_force,
    ledger_state,
    ledger_to_come,
    paid_until,
)
from npo_pipeline.books.reader import Books
from npo_pipeline.books.tables import create
from npo_pipeline.payments.booking import correction_causes, payment_rows
from npo_pipeline.payments.forecast import forecast
from schemas.columns import MONEY

_USED = ("schools", "decisions", "instalments", "due_changes", "settling", "payments", "correction_causes", "runs")
_OF_RECIPIENT = ("recipient_kind", "recipient", "currency")
NOTHING_WITHHELD = pl.DataFrame(schema={**dict.fromkeys(_OF_RECIPIENT, pl.String), "amount": MONEY})
_EMPTY: list[duckdb.DuckDBPyConnection] = []
"""Books that were closed: making them anew takes longer than most of what is done in them."""


class InMemory:
    """Books of one currency. Each school year in them is a history of its own: only the runs are shared."""

    def __init__(self, schools: pl.DataFrame) -> None:
        self._duck = _EMPTY.pop() if _EMPTY else _made()
        self.books = Books(self._duck, "books in memory", frozenset())
        self.schools = schools
        self._add("schools", schools)
        self._runs = 0

    def tell_schools(self, schools: pl.DataFrame) -> None:
        """Add rows to the directory."""
        self.schools = pl.concat([self.schools, schools.select(self.schools.columns)]).sort(
            "vestiging", "valid_from"
        )
        self._add("schools", schools)

    def close(self) -> None:
        for table in _USED:
            self._duck.execute(f"delete from {table}")
        _EMPTY.append(self._duck)

    def select(self, query: str) -> list[tuple]:
        return self._duck.execute(query).fetchall()

    def last_paid(self) -> date | None:
        return self.select("select max(paid_month) from payments")[0][0]

    def decide(self, instalments: pl.DataFrame, settling: pl.DataFrame, due_changes: pl.DataFrame) -> None:
        """Take the next decision of every school year that the settling names."""
        run_id = self._next_run("decide", None)
        years = settling["school_year"].unique().sort()
        told = dict(self.select("select school_year, count(*) from decisions group by 1"))
        decisions = pl.DataFrame(
            {
                "decision_id": [f"{year}-{told.get(year, 0) + 1:03d}" for year in years],
                "school_year": years,
                "sequence": [told.get(year, 0) + 1 for year in years],
                "currency": ["EUR"] * len(years),
                "run_id": [run_id] * len(years),
            }
        ).with_columns(
            pl.Series("paid_until", [paid_until(self.books, year).get("EUR") for year in years], pl.Date)
        )
        self._add("decisions", decisions)
        named = decisions.select("school_year", "decision_id")
        for table, rows in (("instalments", instalments), ("due_changes", due_changes)):
            self._add(table, rows.join(named, on="school_year"), but="currency" if table == "instalments" else "")
        self._add("settling", settling.join(named, on="school_year"), but="school_year, currency")

    def pay(self, month: date, *, crashes: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Run a month: its payments, and why they were corrected.

        A run that crashed left nothing, and is done anew: what it works out is the same to the last payment id.
        """
        run_id = f"{self._runs + 1:06d}-pay-{month:%Y-%m}"
        found = [self._worked_out(month, run_id) for _ in range(crashes + 1)]
        assert all(one[0].equals(found[0][0]) and one[1].equals(found[0][1]) for one in found)
        payments, causes = found[-1]
        if payments.height:
            self._next_run("pay", month)
            self._add("payments", payments)
            self._add("correction_causes", causes)
        return payments, causes

    def looked_at(self, month: date) -> pl.DataFrame:
        """What a run of a month would pay now."""
        return payment_rows(month, "~", ledger_state(self.books, month, "~", self.schools))

    def paid_after(self, month: date | None) -> pl.DataFrame:
        """What the months after one (null: all months) were paid."""
        rows = self.books.table("payments").rename({"paid_month": "month", "reason": "kind"})
        return rows if month is None else rows.filter(pl.col("month") > month)

    def to_come(self) -> pl.DataFrame:
        """What the months to come would pay if nothing more were decided."""
        state, months = ledger_to_come(self.books, self.schools)
        return forecast(months, state, NOTHING_WITHHELD, run_id=AFTER_ALL_RUNS)

    def _worked_out(self, month: date, run_id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        payments = payment_rows(month, run_id, ledger_state(self.books, month, run_id, self.schools))
        corrected = payments.filter(pl.col("reason") == "correction")["beneficiary"]
        made = attribution_inputs(self.books, corrected, month, run_id)
        return payments, correction_causes(month, payments, decisions_in_force(self.books, run_id), made)

    def _next_run(self, command: str, month: date | None) -> str:
        self._runs += 1
        run_id = f"{self._runs:06d}-{command}" + (f"-{month:%Y-%m}" if month else "")
        self._add("runs", pl.DataFrame({"run_id": [run_id], "command": [command]}))
        return run_id

    def _add(self, table: str, frame: pl.DataFrame, *, but: str = "") -> None:
        arriving: Any = frame.to_arrow()
        self._duck.register("arriving", arriving)
        columns = f"* exclude ({but})" if but else "*"
        self._duck.execute(f"insert into {table} by name select {columns} from arriving")
        self._duck.unregister("arriving")


def _made() -> duckdb.DuckDBPyConnection:
    duck = duckdb.connect(config={"threads": 1})
    create(duck)
    return duck
