"""Decisions and payments calculated a second time, from the received rows and the archived rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from npo_pipeline.books.queries.decision_state import delivered_data, past_decision, used_deliveries
from npo_pipeline.books.queries.decisions import all_decisions, reconciliation_faults, table_of_decision
from npo_pipeline.books.queries.deliveries import deliveries_live_before
from npo_pipeline.books.queries.ledger import attribution_inputs, decisions_in_force, ledger_state, paid_until
from npo_pipeline.books.queries.payments import causes_of_run, payments_during_hold
from npo_pipeline.books.queries.runs import archived_texts, payment_runs, rule_of_run
from npo_pipeline.books.queries.schools import directory_as_derived
from npo_pipeline.books.reader import Books
from npo_pipeline.commands.decide.grants import has_applications, recompute_grants
from npo_pipeline.commands.decide.plan import DecisionContext, due_changes_since, input_pairs
from npo_pipeline.commands.verify.tables import row_differences
from npo_pipeline.decisions.change_causes import BY_COMPONENT, no_due_changes
from npo_pipeline.entitlements.amounts import TRACE_COLUMNS
from npo_pipeline.entitlements.calculate import WHOLE_YEAR, calculate_decision
from npo_pipeline.entitlements.model import (
    DECIDED_COLUMNS,
    DecisionTables,
    choose_deliveries,
    decision_inputs,
    empty_decision,
)
from npo_pipeline.entitlements.rules import rule_frames
from npo_pipeline.errors import BooksDoNotTie, Refused
from npo_pipeline.grants.decide import GRANT_COLUMNS
from npo_pipeline.grants.terms import choose_grant_deliveries
from npo_pipeline.intake.source_precedence import UsedDeliveries
from npo_pipeline.payments.attribution import BY_SIGN
from npo_pipeline.payments.booking import correction_causes, payment_rows
from npo_pipeline.rulebook.archive import ArchivedTexts, archived_rules
from npo_pipeline.rulebook.load import Rulebook
from schemas.decided import PAYMENTS, CorrectionCauses, Grants, Payments

_INSTALMENT_COLUMNS = DECIDED_COLUMNS["instalments"][:-1]
"""Table `instalments` has no currency: it is that of the decision."""


def decision_faults(books: Books) -> Iterator[str]:
    """Compare every decision, its inputs and its rows with those calculated again, a sentence per difference."""
    calculation, done = DecisionsAgain(books), dict[str, int]()
    for row in all_decisions(books).iter_rows(named=True):
        name, series = row["decision_id"], f"{row['school_year']} in {row['currency']}"
        done[series] = done.get(series, 0) + 1
        if row["sequence"] != done[series]:
            yield f"{name}: is decision {done[series]} of {series}, not {row['sequence']}"
        try:
            yield from _faults_of_decision(books, row, calculation)
        except (BooksDoNotTie, Refused) as fault:
            yield f"{name}: {fault}"


def reconciled_faults(books: Books) -> Iterator[str]:
    """Describe rows of `reconciliation` that do not fit the decision that they name, or themselves."""
    for run_id, code, component, *faults in reconciliation_faults(books).iter_rows():
        for fault in filter(None, faults):
            yield f"reconciliation: {run_id}, {component} of {code}: {fault}"


def _faults_of_decision(books: Books, decision: Mapping[str, Any], calculation: DecisionsAgain) -> Iterator[str]:
    """Calculate a decision again, and compare."""
    context, granted = calculation.of(decision)
    yield from _input_differences(books, decision["decision_id"], context.used)
    yield from _decision_differences(books, decision, context.tables.of(decision["currency"]), granted)
    yield from _due_differences(books, decision, calculation.archive, context)


class DecisionsAgain:
    """Calculate decisions again from what was known when their run began.

    One run decides in every currency by the same rules: that is calculated once, and kept until the next run.
    """

    def __init__(self, books: Books) -> None:
        self.archive = archived_texts(books)
        self._books, self._data = books, delivered_data(books)
        self._last: tuple[tuple[Any, ...], DecisionContext, Rulebook] | None = None

    def of(self, decision: Mapping[str, Any]) -> tuple[DecisionContext, Grants]:
        """Return a decision as it is calculated again, with its grants.

        Raises:
            BooksDoNotTie: the text of its rules is gone.
        """
        basis = tuple(decision[name] for name in _BASIS)
        if self._last is None or self._last[0] != basis:
            self._last = (basis, *self._calculated(decision))
        _, context, rules = self._last
        return context, recompute_grants(decision["currency"], rules.subsidies, context.used, context.data)

    def _calculated(self, decision: Mapping[str, Any]) -> tuple[DecisionContext, Rulebook]:
        books, run_id, day = self._books, decision["run_id"], decision["reference_date"]
        rules = archived_rules(self.archive, decision["regulation"], decision["regulation_sha256"])
        live = deliveries_live_before(books, run_id)
        used = {}
        if rules.regulations:
            used = choose_deliveries(live, rules.regulations, day, self._data.changes, areas=self._data.areas)
        if has_applications(live):
            for one in rules.subsidies:
                used |= choose_grant_deliveries(one.subsidy, live)
        known = replace(self._data, schools=directory_as_derived(books, run_id))
        again = empty_decision()
        terms = rule_of_run(books, run_id, "terms", WHOLE_YEAR)
        if rules.regulations:
            frames = [rule_frames(one) for one in rules.regulations]
            again = calculate_decision(decision["school_year"], frames, decision_inputs(used, known), terms=terms)
        context = DecisionContext(
            school_year=decision["school_year"],
            regulations=rules.regulations,
            used=used,
            data=known,
            tables=again,
            terms=terms,
            causes=rule_of_run(books, run_id, "causes", BY_COMPONENT),
        )
        return context, rules


_BASIS = ("run_id", "school_year", "reference_date", "regulation", "regulation_sha256")
"""The columns of a decision from which it is calculated again."""


def _input_differences(books: Books, decision_id: str, used: UsedDeliveries) -> Iterator[str]:
    expected, found = input_pairs(used), input_pairs(used_deliveries(books, decision_id))
    for use, delivery in sorted(expected ^ found):
        should = "should rest" if (use, delivery) in expected else "should not rest"
        yield f"{decision_id}: {should} on delivery {delivery} for {use}"


def _decision_differences(
    books: Books, decision: Mapping[str, Any], again: DecisionTables, granted: Grants
) -> Iterator[str]:
    """Compare the rows of a decision, table by table, and its total with the sum of them."""
    name = decision["decision_id"]
    tables_again = {
        "entitlements": (again.entitlements, DECIDED_COLUMNS["entitlements"]),
        "instalments": (again.instalments, _INSTALMENT_COLUMNS),
        "trace": (again.trace, TRACE_COLUMNS),
        "grants": (granted, list(GRANT_COLUMNS)),
        "adjustments": (again.adjustments, DECIDED_COLUMNS["adjustments"]),
        "settling": (again.settling, DECIDED_COLUMNS["settling"][:-1]),
    }
    found = {table: table_of_decision(books, table, name) for table in tables_again}
    for table, (expected, columns) in tables_again.items():
        yield from row_differences(f"{name}, {table}", expected, found[table], columns)
    total = pl.concat([found["instalments"]["amount"], found["grants"]["amount"]]).sum()
    if total != decision["total"]:
        yield f"{name}: total is {decision['total']}, its instalments and grants add up to {total}"


def _due_differences(
    books: Books, decision: Mapping[str, Any], archive: ArchivedTexts, context: DecisionContext
) -> Iterator[str]:
    """Compare what a decision states that it made due beyond the one before, per cause, and up to which month."""
    name, school_year, currency = decision["decision_id"], decision["school_year"], decision["currency"]
    series = all_decisions(books).filter(school_year=school_year, currency=currency)
    before = series.filter(sequence=decision["sequence"] - 1).iter_rows(named=True)
    again = [due_changes_since(past_decision(books, row, archive), context) for row in before]
    found = table_of_decision(books, "due_changes", name).drop("decision_id")
    yield from row_differences(f"{name}, due_changes", pl.concat([no_due_changes(), *again]), found, found.columns)
    paid = paid_until(books, school_year, decision["run_id"]).get(currency)
    if paid != decision["paid_until"]:
        yield f"{name}: says that {decision['paid_until']} was the last month run before it, and it was {paid}"


def payment_faults(books: Books) -> Iterator[str]:
    """Settle every payment run again from the decisions and payments before it, a sentence per difference."""
    payments = books.table("payments")
    runs = payment_runs(books)
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
        known = directory_as_derived(books, run_id)
        again = payment_rows(month, run_id, ledger_state(books, month, run_id, known))
        found = payments.filter(pl.col("run_id") == run_id)
        yield from row_differences(run_id, again, found, list(PAYMENTS.columns))
        yield from _cause_differences(books, run_id, month, again)
    for run_id, hold in payments_during_hold(books):
        yield f"{run_id}: paid while payments were on hold ({hold})"


def _cause_differences(books: Books, run_id: str, month: date, again: Payments) -> Iterator[str]:
    """Compare the causes that a run gave for its corrections."""
    found = causes_of_run(books, run_id)
    if again.filter(reason="correction").is_empty() and found.is_empty():
        return
    expected = causes_again(books, run_id, month, again)
    yield from row_differences(f"{run_id}, correction_causes", expected, found, found.columns)


def causes_again(books: Books, run_id: str, month: date, payments: Payments) -> CorrectionCauses:
    """Attribute the corrections of a payment run again."""
    corrected = payments.filter(pl.col("reason") == "correction")["beneficiary"]
    inputs = attribution_inputs(books, corrected, month, run_id)
    rule = rule_of_run(books, run_id, "attribution", BY_SIGN)
    return correction_causes(month, payments, decisions_in_force(books, run_id), inputs, rule=rule)
