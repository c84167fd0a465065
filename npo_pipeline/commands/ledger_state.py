"""What a payment run finds in the books: one reading for the run itself and for its proof later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import polars as pl

from npo_pipeline.books.reader import Books
from npo_pipeline.books.views import BOOKED, DUE_ITEMS, FIRST_RUNS, SETTLED
from npo_pipeline.months import Month
from npo_pipeline.payments.booking import AttributionInputs, LedgerState
from npo_pipeline.payments.settlement import KEY

AFTER_ALL_RUNS = "~"
"""Later than the id of any run: a payment that is only looked at finds all that is there."""


def ledger_state(
    books: Books, month: Month, run_id: str, schools: pl.DataFrame, *, spreading: str | None = None
) -> LedgerState:
    """What a payment run finds: all that runs before it left.

    All earlier months come as one, so that a run does not slow down as the ledger grows.

    Args:
        books: the books.
        month: its month.
        run_id: the run.
        schools: the directory as it was known then.
        spreading: a school year that a decision spreads which is not in the books.
    """
    key, latest, then = ", ".join(KEY), decisions_in_force(books, run_id), {"run_id": run_id}
    return LedgerState(
        books.frame(
            f"""
            select {key}, {_collapsed("month")} as month, sum(amount)::decimal(18, 2) as amount from (
                select i.*, d.currency from instalments i join decisions d using (decision_id)
                where decision_id in (select unnest($decisions)))
            where month <= $month group by all""",
            {"decisions": latest["decision_id"].to_list(), "month": month},
        ),
        books.frame(
            f"""
            select {key}, {_collapsed("paid_month")} as paid_month,
                   case when paid_month < $month then 'earlier' else reason end as reason,
                   sum(amount)::decimal(18, 2) as amount
            from payments where run_id < $run_id group by all""",
            {**then, "month": month},
        ),
        latest,
        books.frame(
            f"""
            with spread as (
                select school_year, currency, school_type, component
                from settling join decisions using (decision_id) where corrections = 'spread')
            select {key}, decision_id, gap, paid_until, sum(amount)::decimal(18, 2) as amount
            from (select c.*, g.gap, g.paid_until from due_changes c join ({_GAPS}) g using (decision_id)
                  where c.month <= g.paid_until and (c.school_year = $spreading or (
                      c.school_year, c.currency, c.school_type, c.component) in (from spread)))
            group by all""",
            {**then, "spreading": spreading},
        ),
        books.frame(
            f"""
            select decision_id, school_year, currency, school_type, component, sequence, gap, month, corrections,
                   floor_zero
            from settling join ({_GAPS}) using (decision_id)""",
            then,
        ),
        schools,
    )


_GAPS = """
    select decision_id, school_year, currency, sequence, paid_until, coalesce((
        select max(run_id) from runs where command = 'pay' and run_id < d.run_id), '') as gap
    from decisions d where run_id < $run_id"""
"""The decisions, each with the payment run before it: those with the same were taken between the same two runs."""


def paid_until(books: Books, school_year: str, currency: str, run_id: str = AFTER_ALL_RUNS) -> date | None:
    """The last month that was run before a run, and after the school year had its first decision; none: None.

    What another decision changes of the months up to it is a correction. A year that was decided late was run in
    none of the months that others were paid in: in them nothing of it is corrected.

    Args:
        books: the books.
        school_year: of the decision.
        currency: of the decision.
        run_id: the run; left out: of all runs.
    """
    last: date | None = books.value(
        """
        select max(p.paid_month) from payments p join decisions d on p.run_id > d.run_id
        where d.school_year = ? and d.currency = ? and d.sequence = 1 and p.run_id < ?""",
        [school_year, currency, run_id],
    )
    return last


def _collapsed(column: str) -> str:
    """A month, or the one before that of the run for all earlier ones."""
    return f"case when {column} < $month then $month - interval 1 month else {column} end::date"


def decisions_in_force(books: Books, run_id: str) -> pl.DataFrame:
    """The decisions that a run pays by: school_year, currency, decision_id, sequence."""
    return books.frame(
        """
        select school_year, currency, decision_id, sequence from decisions where run_id < ?
        qualify sequence = max(sequence) over (partition by school_year, currency)""",
        [run_id],
    )


def attribution_inputs(books: Books, vestigingen: Iterable[str], month: Month, run_id: str) -> AttributionInputs:
    """What decisions made due of some schools, up to a month, and what runs before this one paid of it."""
    here = {"vestigingen": sorted(set(vestigingen)), "run_id": run_id}
    mine = "vestiging in (select unnest($vestigingen))"
    items = books.frame(
        f"""
        from ({DUE_ITEMS}) where {mine} and month <= $month
        and decision_id in (select decision_id from decisions where run_id < $run_id)""",
        {**here, "month": month},
    )
    before = "with payments as (from main.payments where run_id < $run_id)"
    return AttributionInputs(
        items,
        books.frame(f"{before} from ({SETTLED}) where {mine}", here),
        books.frame(f"{before} from ({BOOKED}) where {mine}", here),
        books.frame(f"{before} from ({FIRST_RUNS})", {"run_id": run_id}),
    )
