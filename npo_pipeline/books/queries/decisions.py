"""Decisions: the latest per school year and currency, their inputs, amounts and instalments."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from npo_pipeline.books.reader import Books
from schemas.decided import DecisionInputRows, Decisions
from schemas.frames.reports import AnnualInstalments, DecisionFiles, LatestDecisions, TracedAmounts

_KEY = "decision_id, vestiging, school_type, component"
_LATEST = "(select decision_id from latest_decisions where school_year = $1)"


def latest_decisions(books: Books, school_year: str) -> LatestDecisions:
    """Return the latest decisions of a school year, by currency."""
    return LatestDecisions(
        books.frame(
            """
            select decision_id, currency, reference_date, decided_at, regulation_sha256
            from latest_decisions where school_year = ? order by currency""",
            [school_year],
        )
    )


def traced_amounts(books: Books, school_year: str) -> TracedAmounts:
    """Return the entitlements of the latest decisions of a school year, with their trace.

    A row that is in one of the two tables only has nulls for the other.
    """
    return TracedAmounts(
        books.frame(
            f"""
            select {_KEY}, e.board, e.brin, t.measure, t.counted, t.threshold, t.level, t.quantity, t.rate,
                t.unrounded, e.amount, t.amount as traced, t.currency, t.status, t.article, t.source, t.url,
                t.regulation
            from entitlements e full join trace t using ({_KEY}) where decision_id in {_LATEST}""",
            [school_year],
        )
    )


def annual_instalments(books: Books, school_year: str) -> AnnualInstalments:
    """Return the instalments of the latest decisions of a school year, without their adjustments.

    An adjustment (for a merger, closure, opening or amendment) is in `instalments` and follows from no amount.
    """
    return AnnualInstalments(
        books.frame(
            f"""
            select {_KEY}, month, sum(amount)::decimal(18, 2) as amount from (
                select {_KEY}, month, amount from instalments where decision_id in {_LATEST}
                union all select {_KEY}, month, -amount from adjustments where decision_id in {_LATEST})
            group by all having sum(amount) <> 0""",
            [school_year],
        )
    )


def decided_school_years(books: Books) -> list[str]:
    """Return the school years with a decision, in order."""
    return books.frame("select distinct school_year from decisions order by 1")["school_year"].to_list()


def decisions_with_entitlements(books: Books) -> Decisions:
    """Return all decisions of the school years and currencies that have entitlements, in order.

    A decision on subsidies alone is not among them: a grant carries its own reason.
    """
    return Decisions(
        books.frame("""
            from decisions where (school_year, currency) in (
                select (school_year, currency) from decisions semi join entitlements using (decision_id))
            order by school_year, currency, sequence""")
    )


def decisions_without_entitlements(books: Books) -> pl.DataFrame:
    """Return the decisions on subsidies alone: decision_id, school_year."""
    return books.frame("select decision_id, school_year from decisions anti join entitlements using (decision_id)")


def entitled_years(books: Books, vestigingen: Sequence[str]) -> set[tuple[str, str]]:
    """Return the (school year, currency) pairs in which any of some vestigingen has an entitlement."""
    query = """
        select distinct d.school_year, d.currency
        from entitlements e join decisions d using (decision_id) where e.vestiging = any($1)"""
    return set(books.frame(query, [list(vestigingen)]).iter_rows())


def decisions_counting(books: Books, vestigingen: Sequence[str]) -> set[str]:
    """Return the decisions of which an input counts pupils of any of some vestigingen."""
    query = """
        select distinct i.decision_id
        from counts c join decision_inputs i using (delivery_id) where c.vestiging = any($1)"""
    return set(books.frame(query, [list(vestigingen)])["decision_id"])


def decision_inputs(books: Books, decision_id: str) -> DecisionInputRows:
    """Return the deliveries that a decision uses and what it uses them for."""
    return DecisionInputRows(books.frame("from decision_inputs where decision_id = ?", [decision_id]))


def decision_files(books: Books, decision_id: str) -> DecisionFiles:
    """Return the delivered files that a decision uses."""
    return DecisionFiles(
        books.frame(
            """
            select d.delivery_id, i.used_for, d.kind, d.file, d.sha256, d.rows, d.rejected, d.reference_date,
                   d.superseded_by
            from decision_inputs i join deliveries d using (delivery_id) where i.decision_id = ?""",
            [decision_id],
        )
    )


def rows_used_by(books: Books, table: str, decision_id: str) -> pl.DataFrame:
    """Return the rows of a table of deliveries (`counts`, `scores`, `changes`) that a decision uses."""
    return books.frame(
        f"from {table} where delivery_id in (select delivery_id from decision_inputs where decision_id = ?)",
        [decision_id],
    )


def rows_of_decision(books: Books, table: str, decision_id: str | None, brins: Sequence[str]) -> pl.DataFrame:
    """Return the rows of a table of decisions for some BRINs; none where there is no decision."""
    query = f"from {table} where decision_id = $1 and substr(vestiging, 1, 4) = any($2)"
    return books.frame(query, [decision_id or "", list(brins)])
