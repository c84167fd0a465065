"""`npo verify`: does everything published follow from what was received and decided?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

import polars as pl

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.board_reports import row_count_mismatches
from npo_pipeline.books.queries.schools import school_facts
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.commands.ingest import declared_faults
from npo_pipeline.commands.verify.accounts import account_faults
from npo_pipeline.commands.verify.decisions_payments import decision_faults, payment_faults, row_differences
from npo_pipeline.commands.verify.manifest_chain import chain_faults
from npo_pipeline.commands.verify.table_shape import table_faults, view_faults
from npo_pipeline.errors import Refused
from npo_pipeline.intake.school_directory import build_directory
from schemas import tables

Finding = str
Check = Callable[[Books, Home], Iterator[Finding]]


@dataclass(frozen=True)
class VerifyResult:
    """How many findings each check gave, and the findings: a sentence each, with the name of its check.

    A check that could not be done, because the tables are not sound, is not in `checked`.
    """

    checked: dict[str, int]
    findings: tuple[Finding, ...]


def verify(home: Home) -> VerifyResult:
    """Derive everything again from counts, scores and regulation texts, and compare it with the books.

    Raises:
        Refused: there are no books, or they cannot be read.
    """
    require_books(home)
    with read_books(home) as books:
        return verify_books(books, home)


def verify_books(books: Books, home: Home) -> VerifyResult:
    """All checks, on books that are open; tables that are not sound end it, for nothing follows from them."""
    findings: list[Finding] = []
    checked: dict[str, int] = {}
    for name, check in CHECKS.items():
        found = findings_of(check, books, home)
        findings += [f"{name}: {finding}" for finding in found]
        checked[name] = len(found)
        if name == TABLES and found:
            break
    return VerifyResult(checked, tuple(findings))


def findings_of(check: Check, books: Books, home: Home) -> list[Finding]:
    """What one check finds, a sentence each. That it cannot be done with what the tables hold is a finding too."""
    found = []
    try:
        for finding in check(books, home):
            found.append(finding)
    except (Refused, pl.exceptions.PolarsError) as error:
        found.append(f"cannot be worked out from what the tables hold ({str(error).splitlines()[0]})")
    return found


def delivery_faults(books: Books) -> Iterator[Finding]:
    """Rows refused per delivery, and the directory of schools."""
    told = books.frame("""
        select d.delivery_id, d.rejected, count(distinct q.line) as found
        from deliveries d left join quarantine q using (delivery_id) group by all having found <> rejected
        order by 1""")
    for name, rejected, found in told.iter_rows():
        yield f"delivery {name} says {rejected} rows were refused, quarantine holds {found}"
    yield from row_differences(
        "schools", build_directory(school_facts(books)), books.table("schools"), list(tables.SCHOOLS.columns)
    )


def total_faults(books: Books) -> Iterator[Finding]:
    """What each run says it paid, against the ledger."""
    query = """
        select r.run_id, r.payments, r.total, r.total_usd, count(p.payment_id),
               coalesce(sum(p.amount) filter (p.currency = 'EUR'), 0),
               coalesce(sum(p.amount) filter (p.currency = 'USD'), 0)
        from runs r left join payments p using (run_id) group by all order by 1"""
    for run_id, rows, euros, dollars, *ledger in books.frame(query).iter_rows():
        if [rows, euros, dollars] != ledger:
            found = "{} payments of {} euro and {} dollar"
            yield f"{run_id}: says {found.format(rows, euros, dollars)}, the ledger holds {found.format(*ledger)}"


TABLES = "tables"
CHECKS: dict[str, Check] = {
    TABLES: lambda books, _: table_faults(books),
    "chain": lambda books, home: chain(chain_faults(books, home), view_faults(books)),
    "deliveries": lambda books, _: chain(
        delivery_faults(books), row_count_mismatches(books), declared_faults(books)
    ),
    "decisions": lambda books, _: decision_faults(books),
    "payments": lambda books, _: payment_faults(books),
    "totals": lambda books, _: total_faults(books),
    "accounts": lambda books, _: account_faults(books),
}
