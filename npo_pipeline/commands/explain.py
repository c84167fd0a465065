"""`npo explain`: the amount of a school, a BRIN or a board, from the books as they stand. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from npo_pipeline.commands.asked import SCHOOLS, ExplainRequest, asked_for, chosen, decided, vestigingen_of
from npo_pipeline.home.books import Books, need_books, read_books
from npo_pipeline.instalments.ruled import day_in_the_rules
from npo_pipeline.regulations.load import LoadedRegulation, parse_texts
from npo_pipeline.regulations.subsidies.load import is_subsidy_text
from npo_pipeline.reports.explain.explanation import Decision, Explanation
from npo_pipeline.reports.explain.held import Held, brins
from npo_pipeline.reports.explain.made import explained


def explain(request: ExplainRequest) -> Explanation:
    """Explain what a school, a BRIN or a board gets.

    Without a decision: the latest of every school year and currency that has anything of it.

    Raises:
        Refused: nothing was decided, or there is no such school, decision or school year; suggests near ones.
    """
    need_books(request.home)
    with read_books(request.home) as books:
        decisions = decided(books, request)
        schools = books.frame(SCHOOLS)
        asked = asked_for(request.code, schools)
        vestigingen = vestigingen_of(books, asked, schools)
        rows = chosen(books, request, decisions, vestigingen)
        held = [_held(books, row, decisions, vestigingen) for row in rows]
        return Explanation(asked, tuple(explained(one, asked, vestigingen) for one in held))


def _held(books: Books, row: dict[str, Any], decisions: pl.DataFrame, vestigingen: Sequence[str]) -> Held:
    """The rows of a decision, of the whole BRINs of these vestigingen."""
    rules = _rules(books, row)
    decision = _decision(row, decisions, rules)
    mine, scope = decision.decision_id, brins(vestigingen)
    until = _until(decision, decisions)

    def of(table: str, name: str | None) -> pl.DataFrame:
        query = f"from {table} where decision_id = $1 and substr(vestiging, 1, 4) = any($2)"
        return books.frame(query, [name or "", scope])

    def told(table: str) -> pl.DataFrame:
        return books.frame(f"from {table} where substr(vestiging, 1, 4) = any($1)", [scope])

    return Held(
        decision,
        directory=books.frame("from schools where brin = any($1) order by vestiging, valid_from", [scope]),
        entitlements=of("entitlements", mine),
        earlier=of("entitlements", decision.before),
        trace=of("trace", mine),
        instalments=of("instalments", mine),
        adjustments=of("adjustments", mine),
        settled=books.frame(f"{_LEDGER}{_PAYMENTS}", [decision.school_year, decision.currency, scope, until]),
        payments=books.frame(
            f"from payments {_PAYMENTS}", [decision.school_year, decision.currency, scope, until]
        ),
        counts=told("counts"),
        scores=told("scores"),
        files=books.frame(_FILES, [mine]),
        rules=rules,
        last_paid=books.value("select max(paid_month) from payments where run_id < $1", [until]),
        corrections=books.frame(_CORRECTIONS, [mine, scope]),
    )


_LEDGER = "from (from ledger where cause <> 'instalment')"
_PAYMENTS = """
    where school_year = $1 and currency = $2 and substr(vestiging, 1, 4) = any($3) and run_id < $4"""

_FILES = """
    select d.delivery_id, i.used_for, d.kind, d.file, d.sha256, d.rows, d.rejected, d.reference_date,
           d.superseded_by
    from decision_inputs i join deliveries d using (delivery_id) where i.decision_id = $1"""

_CORRECTIONS = """
    select c.* exclude (delivery_id)
    from source_corrections c semi join (from decision_inputs where decision_id = $1) i using (delivery_id)
    where substr(vestiging, 1, 4) = any($2)"""

_NEVER = "~"
"""Comes after the name of every run."""


def _until(decision: Decision, decisions: pl.DataFrame) -> str:
    """The run that took the decision that superseded this one: what was paid from then on is not of this one."""
    runs = dict(decisions.select("decision_id", "run_id").iter_rows())
    return str(runs[decision.superseded_by]) if decision.superseded_by else _NEVER


def _decision(row: dict[str, Any], decisions: pl.DataFrame, rules: Sequence[LoadedRegulation]) -> Decision:
    mine = (pl.col("school_year") == row["school_year"]) & (pl.col("currency") == row["currency"])
    around = dict(decisions.filter(mine).select("sequence", "decision_id").iter_rows())
    return Decision(
        **{name: row[name] for name in _TOLD},
        named_day=day_in_the_rules(rules, row["reference_date"]),
        before=around.get(row["sequence"] - 1),
        superseded_by=around.get(row["sequence"] + 1),
    )


_TOLD = (
    "decision_id",
    "school_year",
    "currency",
    "reference_date",
    "decided_at",
    "reason",
    "regulation",
    "rests_on",
)


def _rules(books: Books, row: dict[str, Any]) -> tuple[LoadedRegulation, ...]:
    """The regulations of a decision, from the texts that were kept of them."""
    kept = {sha: (name, text) for sha, name, text in books.table("regulations").iter_rows()}
    texts = [[kept[sha] for sha in one.split("+")] for one in row["regulation_sha256"].split()]
    return tuple(parse_texts(one) for one in texts if not is_subsidy_text(*one[0]))
