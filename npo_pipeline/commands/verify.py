"""`npo verify`: does everything published follow from what was received and decided?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from npo_pipeline.commands.grant import grants_again, nothing_entitled
from npo_pipeline.commands.steps import Call, directly
from npo_pipeline.counts.schools import directory
from npo_pipeline.grants.granted import GRANTED
from npo_pipeline.home.books import Books, need_books, read_books
from npo_pipeline.home.chain import chain_faults
from npo_pipeline.home.folder import Home
from npo_pipeline.home.live import all_facts
from npo_pipeline.instalments.decided import ENTITLED, INSTALLED, basis_of, work_out
from npo_pipeline.instalments.ruled import rules_of
from npo_pipeline.payments.booking import payments_of
from npo_pipeline.regulations.load import parse_texts
from npo_pipeline.regulations.subsidies.load import is_subsidy_text
from schemas import tables

Finding = str


@dataclass(frozen=True)
class VerifyResult:
    """What was checked and what does not tie: a name and a sentence each."""

    checked: dict[str, int]
    findings: tuple[Finding, ...]


def verify(home: Home, *, call: Call = directly) -> VerifyResult:
    """Derive everything again from counts, scores and regulation texts, and compare it with the books.

    Raises:
        Refused: there are no books, or they cannot be read.
    """
    need_books(home)
    findings: list[Finding] = []
    checked: dict[str, int] = {}
    with read_books(home) as books:
        for name, check in _CHECKS.items():
            found = list(call(check, books, home))
            findings += [f"{name}: {finding}" for finding in found]
            checked[name] = len(found)
    return VerifyResult(checked, tuple(findings))


def check_chain(books: Books, home: Home) -> Iterator[Finding]:
    """The chain of manifests, and the rows that each run wrote."""
    yield from chain_faults(books, home)


def check_deliveries(books: Books, home: Home) -> Iterator[Finding]:
    """Rows refused per delivery, superseded deliveries, and the directory of schools."""
    told = books.frame("""
        select d.delivery_id, d.rejected, count(distinct q.line) as found
        from deliveries d left join quarantine q using (delivery_id) group by all having found <> rejected""")
    for name, rejected, found in told.iter_rows():
        yield f"delivery {name} says {rejected} rows were refused, quarantine holds {found}"
    expected = directory(all_facts(books)).select(list(tables.SCHOOLS.columns))
    yield from _unequal("schools", expected, books.table("schools"))


def check_decisions(books: Books, home: Home) -> Iterator[Finding]:
    """Entitlements, instalments and grants of every decision, worked out again from its own inputs and rules."""
    counts, scores, facts = books.table("counts"), books.table("scores"), all_facts(books)
    texts = {sha: (name, text) for sha, name, text in books.table("regulations").iter_rows()}
    for row in books.frame("from decisions order by run_id, decision_id").iter_rows(named=True):
        name = row["decision_id"]
        parts = [part.split("+") for part in row["regulation_sha256"].split()]  # a file and the overlays on it
        if any(sha not in texts for part in parts for sha in part):
            yield f"{name}: the text of its regulation is gone"
            continue
        named = [[texts[sha] for sha in part] for part in parts]
        rules = [rules_of(parse_texts(one)) for one in named if not is_subsidy_text(*one[0])]
        known, inputs = directory(_facts_at(books, facts, row["run_id"])), _inputs(books, name)
        whole = work_out(row["school_year"], rules, basis_of(inputs, counts, scores, known)) if rules else None
        again = (whole or nothing_entitled()).of(row["currency"])
        held = books.frame("from entitlements where decision_id = ?", [name])
        yield from _unequal(f"{name}, entitlements", again.entitlements, held.select(ENTITLED))
        due = books.frame("from instalments where decision_id = ?", [name])
        due = due.with_columns(currency=pl.lit(row["currency"])).select(INSTALLED)
        yield from _unequal(f"{name}, instalments", again.instalments, due)
        granted = books.frame("from grants where decision_id = ?", [name]).select(list(GRANTED))
        yield from _unequal(f"{name}, grants", grants_again(books, row, named, inputs, known), granted)
        if (total := pl.concat([held["amount"], granted["amount"]]).sum()) != row["total"]:
            yield f"{name}: total is {row['total']}, its entitlements and grants add up to {total}"


def check_payments(books: Books, home: Home) -> Iterator[Finding]:
    """Every payment run, settled again from the decisions and payments there were before it."""
    decisions, instalments = books.table("decisions"), books.table("instalments")
    payments, facts = books.table("payments"), all_facts(books)
    for run_id, month in books.frame(
        "select run_id, month from runs where command = 'pay' order by 1"
    ).iter_rows():
        then = decisions.filter(pl.col("run_id") < run_id)
        latest = then.filter(pl.col("sequence") == pl.col("sequence").max().over("school_year"))
        again = payments_of(
            month,
            run_id,
            instalments=instalments.join(latest.select("decision_id"), on="decision_id"),
            ledger=payments.filter(pl.col("run_id") < run_id),
            latest=latest.select("school_year", "decision_id"),
            schools=directory(_facts_at(books, facts, run_id)),
        )
        yield from _unequal(run_id, again, payments.filter(pl.col("run_id") == run_id))
    strangers = payments.filter(~pl.col("run_id").is_in(books.table("runs")["run_id"].implode())).height
    if strangers:
        yield f"{strangers} payments belong to no run"


def check_totals(books: Books, home: Home) -> Iterator[Finding]:
    """Totals of runs and of the view for boards, against the ledger."""
    query = """
        select r.run_id, r.payments, r.total, count(p.payment_id), coalesce(sum(p.amount), 0)::decimal(18, 2)
        from runs r left join payments p using (run_id) group by all"""
    for run_id, rows, total, found, summed in books.frame(query).iter_rows():
        if (rows, total) != (found, summed):
            yield f"{run_id}: says {rows} payments of {total} together, the ledger holds {found} of {summed}"
    view, table = (
        books.value("select sum(amount) from board_payments"),
        books.value("select sum(amount) from payments"),
    )
    if view != table:
        yield f"board_payments adds up to {view}, payments to {table}"


_CHECKS: dict[str, Callable[[Books, Home], Iterator[Finding]]] = {
    "chain": check_chain,
    "deliveries": check_deliveries,
    "decisions": check_decisions,
    "payments": check_payments,
    "totals": check_totals,
}


def _facts_at(books: Books, facts: pl.DataFrame, run_id: str) -> pl.DataFrame:
    """What was known of schools when a run began."""
    then = books.frame("select delivery_id from deliveries where run_id < ?", [run_id])["delivery_id"]
    return facts.filter(pl.col("delivery_id").is_in(then.implode()))


def _inputs(books: Books, decision: str) -> dict[str, list[str]]:
    rows = books.frame("select used_for, delivery_id from decision_inputs where decision_id = ?", [decision])
    return {str(subject): part["delivery_id"].to_list() for (subject,), part in rows.group_by("used_for")}


def _unequal(what: str, expected: pl.DataFrame, found: pl.DataFrame) -> Iterator[Finding]:
    columns = expected.columns
    one, other = expected.sort(columns), found.select(columns).sort(columns)
    if one.equals(other):
        return
    missing = one.join(other, on=columns, how="anti", nulls_equal=True)
    extra = other.join(one, on=columns, how="anti", nulls_equal=True)
    first = (extra if extra.height else missing).head(1)
    shown = (
        ", ".join(f"{name} {value}" for name, value in first.row(0, named=True).items()) if first.height else ""
    )
    yield f"{what}: {extra.height} rows are there that do not follow, {missing.height} are missing; first: {shown}"
