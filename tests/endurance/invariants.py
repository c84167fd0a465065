"""What must be so in a home whatever was done, asked of its tables in words of our own.

No code of the program is used. Of its views only the status of a transfer is read, because others read that too.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

SERIES = "school_year, currency, beneficiary, school_type, component"

PAID_IS_DUE = f"""
with last_run as (select max(run_id) as run_id, max(paid_month) as month from payments),
latest as (
  select school_year, currency, max_by(decision_id, sequence) as decision_id, max_by(run_id, sequence) as run_id
  from decisions group by all),
settled as (select l.* from latest l, last_run r where l.run_id < r.run_id),
waits as (
  select distinct d.school_year, d.currency, s.school_type, s.component
  from settling s join decisions d using (decision_id)
  where s.corrections != 'next_payment' or s.floor_zero = 'yes'),
both_sides as (
  select school_year, d.currency, beneficiary, school_type, component, i.amount as due, 0.00 as paid
  from instalments i join settled d using (decision_id, school_year), last_run r where i.month <= r.month
  union all
  select {SERIES}, 0.00, amount from payments semi join settled using (school_year, currency))
select {SERIES}, sum(due), sum(paid) from both_sides anti join waits
  using (school_year, currency, school_type, component)
group by all having sum(due) != sum(paid) order by all limit 5
"""
"""Sums paid are what is due up to the last month, where nothing waits for a later month."""

CONSERVED = """
with released as (select month, max(run_id) as run_id from batches group by all),
parts as (
  select paid_month as month, recipient_kind, recipient, currency, p.amount as paid, 0.00 as sent, 0.00 as kept
  from payments p join released r on r.month = p.paid_month and p.run_id < r.run_id
  union all
  select month, recipient_kind, recipient, currency, 0.00, amount, 0.00
  from transfers where status not in ('rejected', 'returned')
  union all
  select month, recipient_kind, recipient, currency, 0.00, 0.00, amount from withheld)
select month, recipient_kind, recipient, currency, sum(paid), sum(sent), sum(kept)
from parts group by all having sum(paid) != sum(sent) + sum(kept) order by all limit 5
"""

QUESTIONS = {
    "a payment has one name": "select payment_id from payments group by all having count(*) > 1 limit 5",
    "a payment is in one transfer that did not fail": """
        select payment_id from transfer_payments join transfers using (end_to_end_id)
        where status not in ('rejected', 'returned') group by all having count(*) > 1 limit 5""",
    "a transfer is the sum of its payments": """
        select o.end_to_end_id, any_value(o.amount), sum(p.amount) from transfer_orders o
        join transfer_payments using (end_to_end_id) join payments p using (payment_id)
        group by all having any_value(o.amount) != sum(p.amount) limit 5""",
    "transfers and what is withheld are the payments": CONSERVED,
    "a run says what it paid": """
        select r.run_id, any_value(r.payments), count(p.payment_id) from runs r left join payments p using (run_id)
        where r.command = 'pay' group by all
        having any_value(r.payments) != count(p.payment_id)
          or any_value(r.total) != coalesce(sum(p.amount) filter (p.currency = 'EUR'), 0) limit 5""",
    "an entitlement is the sum of its instalments": """
        with due as (
          select decision_id, sum(amount) as due from instalments group by all),
        changed as (select decision_id, sum(amount) as changed from adjustments group by all),
        entitled as (select decision_id, sum(amount) as entitled from entitlements group by all)
        select decision_id, entitled, due, changed from entitled
        left join due using (decision_id) left join changed using (decision_id)
        where entitled + coalesce(changed, 0) != coalesce(due, 0) limit 5""",
    "no correction has a cause that adds up to another amount": """
        select payment_id, any_value(p.amount), sum(c.amount) from payments p join correction_causes c
        using (payment_id) group by all having any_value(p.amount) != sum(c.amount) limit 5""",
}


@contextmanager
def reading(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the published books as a reader does."""
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(f"attach '{home / 'npo.duckdb'}' as books (read_only)")
        connection.execute("use books")
        yield connection


def broken(home: Path, paid_before: dict[str, list[str]], *, just_paid: bool, died: bool = False) -> Iterator[str]:
    """Yield what is not so.

    `paid_before`: what `paid_by_run` returned before. `just_paid`: the last step paid the last month, so that
    nothing that was decided waits for a run. `died`: the last command was killed, and left what the next removes.
    """
    with reading(home) as connection:
        questions = {**QUESTIONS, "sums paid are what is due": PAID_IS_DUE} if just_paid else QUESTIONS
        for name, query in questions.items():
            if rows := connection.execute(query).fetchall():
                yield f"{name}: not of {rows}"
    now = paid_by_run(home)
    for run_id, fingerprint in paid_before.items():
        if now.get(run_id) != fingerprint:
            yield f"payments of {run_id} are no longer what they were: {fingerprint}, {now.get(run_id)}"
    yield from _left_in(home, died=died)


def paid_by_run(home: Path) -> dict[str, list[str]]:
    """Return per run the number, the sum and the hash of its payments."""
    query = """select run_id, count(*)::varchar, sum(amount)::varchar, md5(string_agg(p::varchar, '' order by p))
      from (select run_id, amount, payments::varchar as p from payments) group by all"""
    with reading(home) as connection:
        return {run_id: list(rest) for run_id, *rest in connection.execute(query).fetchall()}


def _left_in(home: Path, *, died: bool) -> Iterator[str]:
    if not died and (left := [str(one.relative_to(home)) for one in (home / "work").glob("*")]):
        yield f"left in work/: {left}"
    if not died and (home / "npo.lock").exists():
        yield "npo.lock is still there"
    folder = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield "the home is still locked"
    finally:
        os.close(folder)
