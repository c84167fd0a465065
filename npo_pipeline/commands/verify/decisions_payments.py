"""Decisions and payments worked out a second time, from what was received and from the rules that were kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from npo_pipeline.books.queries.schools import school_facts
from npo_pipeline.books.reader import Books
from npo_pipeline.commands.decide.grants import empty_decision, has_applications, recompute_grants
from npo_pipeline.commands.decide.recompute import (
    DecisionContext,
    KeptRules,
    archived_rules,
    archived_texts,
    due_changes_from,
    facts_as_of,
)
from npo_pipeline.commands.ledger_state import attribution_inputs, decisions_in_force, ledger_state, paid_until
from npo_pipeline.decisions.change_causes import NOTHING_CHANGED
from npo_pipeline.entitlements.amounts import TRACE_COLUMNS
from npo_pipeline.entitlements.calculate import calculate_decision
from npo_pipeline.entitlements.model import (
    ADJUSTMENT_COLUMNS,
    ENTITLEMENT_COLUMNS,
    INSTALMENT_COLUMNS,
    SETTLEMENT_COLUMNS,
    DecisionTables,
    basis_of,
    inputs_of,
    rule_frames,
)
from npo_pipeline.errors import Refused
from npo_pipeline.grants.decide import GRANTED
from npo_pipeline.grants.terms import inputs_of as grant_inputs_of
from npo_pipeline.intake.school_directory import build_directory
from npo_pipeline.payments.booking import correction_causes, payment_rows
from npo_pipeline.rulebook.subsidies.load import parse_subsidy_texts
from schemas import tables

INSTALLED_ROWS = [name for name in INSTALMENT_COLUMNS if name != "currency"]
"""What table `instalments` holds of an instalment: its currency is that of its decision."""


def decision_faults(books: Books) -> Iterator[str]:
    """Every decision: what it rests on, and its entitlements, instalments and grants, worked out again."""
    texts = archived_texts(books)
    done: dict[str, int] = {}
    for row in books.frame("from decisions order by run_id, decision_id").iter_rows(named=True):
        name, series = row["decision_id"], f"{row['school_year']} in {row['currency']}"
        done[series] = done.get(series, 0) + 1
        if row["sequence"] != done[series]:
            yield f"{name}: is decision {done[series]} of {series}, not {row['sequence']}"
        try:
            yield from _decision_apart(books, row, archived_rules(texts, row["regulation_sha256"]))
        except Refused as refusal:
            yield f"{name}: {refusal}"


def _decision_apart(books: Books, decision: dict[str, Any], rules: KeptRules) -> Iterator[str]:
    run_id, day = decision["run_id"], decision["reference_date"]
    live = _live_at(books, run_id)
    inputs = inputs_of(live, rules.regulations, day) if rules.regulations else {}
    if has_applications(live):
        for one in rules.subsidies:
            inputs |= grant_inputs_of(parse_subsidy_texts(one).subsidy, live)
    yield from _inputs_apart(books, decision["decision_id"], inputs)
    known = build_directory(facts_as_of(books, school_facts(books), run_id))
    again = empty_decision()
    if rules.regulations:
        counts, scores, changes = (books.table(name) for name in ("counts", "scores", "changes"))
        basis = basis_of(inputs, counts, scores, known, changes)
        again = calculate_decision(decision["school_year"], [rule_frames(one) for one in rules.regulations], basis)
    granted = recompute_grants(books, decision, rules.subsidies, inputs, known)
    yield from _decision_differences(books, decision, again.of(decision["currency"]), granted)
    yield from _due_apart(
        books, decision, DecisionContext(decision["school_year"], rules.regulations, inputs, known, again)
    )


def _due_apart(books: Books, decision: dict[str, Any], now: DecisionContext) -> Iterator[str]:
    """What a decision says it makes due that the one before did not, and why."""
    name, series = (
        decision["decision_id"],
        [decision["school_year"], decision["currency"], decision["sequence"] - 1],
    )
    before = books.frame("from decisions where school_year = ? and currency = ? and sequence = ?", series)
    again = [due_changes_from(books, row, now) for row in before.iter_rows(named=True)]
    held = books.frame("from due_changes where decision_id = ?", [name])
    columns = [column for column in held.columns if column != "decision_id"]
    yield from row_differences(f"{name}, due_changes", pl.concat([NOTHING_CHANGED, *again]), held, columns)
    paid = paid_until(books, decision["school_year"], decision["currency"], decision["run_id"])
    if paid != decision["paid_until"]:
        yield f"{name}: says that {decision['paid_until']} was the last month run before it, and it was {paid}"


def _decision_differences(
    books: Books, decision: dict[str, Any], again: DecisionTables, granted: pl.DataFrame
) -> Iterator[str]:
    name = decision["decision_id"]
    held, found = (
        books.frame(f"from {table} where decision_id = ?", [name]) for table in ("entitlements", "grants")
    )
    yield from row_differences(f"{name}, entitlements", again.entitlements, held, ENTITLEMENT_COLUMNS)
    due = books.frame("from instalments where decision_id = ?", [name])
    yield from row_differences(f"{name}, instalments", again.instalments, due, INSTALLED_ROWS)
    traced = books.frame("from trace where decision_id = ?", [name])
    yield from row_differences(f"{name}, trace", again.trace, traced, TRACE_COLUMNS)
    yield from row_differences(f"{name}, grants", granted, found, list(GRANTED))
    adjusted = books.frame("from adjustments where decision_id = ?", [name])
    yield from row_differences(f"{name}, adjustments", again.adjustments, adjusted, ADJUSTMENT_COLUMNS)
    settling = books.frame("from settling where decision_id = ?", [name])
    yield from row_differences(f"{name}, settling", again.settling, settling, SETTLEMENT_COLUMNS[:-1])
    if (total := pl.concat([due["amount"], found["amount"]]).sum()) != decision["total"]:
        yield f"{name}: total is {decision['total']}, its instalments and grants add up to {total}"


def _inputs_apart(books: Books, decision: str, inputs: dict[str, list[str]]) -> Iterator[str]:
    expected = {(subject, delivery) for subject, names in inputs.items() for delivery in names}
    rows = books.frame("select used_for, delivery_id from decision_inputs where decision_id = ?", [decision])
    for subject, delivery in sorted(expected ^ set(rows.iter_rows())):
        says = "should rest" if (subject, delivery) in expected else "should not rest"
        yield f"{decision}: {says} on delivery {delivery} for {subject}"


def payment_faults(books: Books) -> Iterator[str]:
    """Every payment run, settled again from the decisions and payments there were before it."""
    payments, facts = books.table("payments"), school_facts(books)
    runs = books.frame("select run_id, month from runs where command = 'pay' order by 1")
    others = payments.join(runs, on="run_id", how="anti").height
    if others:
        yield f"{others} payments belong to no payment run"
    undecided = payments.join(books.table("decisions"), on=["decision_id", "school_year"], how="anti").height
    if undecided:
        yield f"{undecided} payments rest on a decision that is not there, so no run can be settled again"
        return
    for run_id, month in runs.iter_rows():
        if month is None:
            yield f"{run_id}: is a payment run without a month"
            continue
        again = payment_rows(
            month, run_id, ledger_state(books, month, run_id, build_directory(facts_as_of(books, facts, run_id)))
        )
        yield from row_differences(
            run_id, again, payments.filter(pl.col("run_id") == run_id), list(tables.PAYMENTS.columns)
        )
        yield from _causes_apart(books, run_id, month, again)


def _causes_apart(books: Books, run_id: str, month: date, again: pl.DataFrame) -> Iterator[str]:
    """What the corrections of a run say they are for."""
    corrected = again.filter(pl.col("reason") == "correction")["vestiging"]
    held = books.frame("from correction_causes where run_id = ?", [run_id])
    if corrected.is_empty() and held.is_empty():
        return
    made = attribution_inputs(books, corrected, month, run_id)
    told = correction_causes(month, again, decisions_in_force(books, run_id), made)
    yield from row_differences(f"{run_id}, correction_causes", told, held, held.columns)


def _live_at(books: Books, run_id: str) -> pl.DataFrame:
    """The deliveries that nothing had superseded when a run began."""
    return books.frame(
        """
        from deliveries d where run_id < $1 and not exists (
            from deliveries n where n.delivery_id = d.superseded_by and n.run_id < $1)""",
        [run_id],
    )


def row_differences(what: str, expected: pl.DataFrame, found: pl.DataFrame, columns: list[str]) -> Iterator[str]:
    """Rows that are there and should not be, and the other way round; a row can be there too often."""
    one, other = _numbered(expected, columns), _numbered(found, columns)
    missing = one.join(other, on=one.columns, how="anti", nulls_equal=True).sort(columns)
    extra = other.join(one, on=one.columns, how="anti", nulls_equal=True).sort(columns)
    if extra.height or missing.height:
        first = pl.concat([extra, missing]).row(0, named=True)
        shown = ", ".join(f"{name} {first[name]}" for name in columns)
        yield f"{what}: {extra.height} rows do not follow, {missing.height} are missing; first: {shown}"


def _numbered(rows: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """The rows with, for exact copies, a number of their own."""
    return rows.select(*columns, copy=pl.int_range(pl.len()).over(columns))
