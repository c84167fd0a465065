"""What the informatietool takes from the books: the latest decisions of a school year and their rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from npo_pipeline.books.queries.schools import school_directory
from npo_pipeline.books.reader import Books
from npo_pipeline.entitlements.model import DecisionInputs, basis_of
from npo_pipeline.errors import BooksDoNotTie, Refused
from npo_pipeline.rulebook.load import LoadedRegulation, parse_texts
from npo_pipeline.rulebook.subsidies.load import is_subsidy_text

_KEY = "decision_id, vestiging, school_type, component"
_LATEST = "(select decision_id from latest_decisions where school_year = $1)"
_AMOUNTS = f"""
    select {_KEY}, e.board, e.brin, t.measure, t.counted, t.threshold, t.level, t.quantity, t.rate, t.unrounded,
        e.amount, t.amount as traced, t.currency, t.status, t.article, t.source, t.url, t.regulation
    from entitlements e full join trace t using ({_KEY}) where decision_id in {_LATEST}"""

_OWN_DUE = f"""
    select {_KEY}, month, sum(amount)::decimal(18, 2) as amount from (
        select {_KEY}, month, amount from instalments where decision_id in {_LATEST}
        union all select {_KEY}, month, -amount from adjustments where decision_id in {_LATEST})
    group by all having sum(amount) <> 0"""
"""The instalments that follow from the amounts; what a merger or closure makes of them is of no amount here."""


@dataclass(frozen=True)
class AppliedRegulation:
    """A regulation of a decision, with the counts that the decision rests on."""

    loaded: LoadedRegulation
    basis: DecisionInputs


@dataclass(frozen=True)
class ToolSource:
    """The latest decisions of a school year, one per currency.

    `decisions`: decision_id, currency, reference_date, decided_at, regulation_sha256. `amounts`: the
    entitlements with their trace. `instalments`: decision_id, vestiging, school_type, component, month, amount.
    `schools`: the directory.
    """

    school_year: str
    decisions: pl.DataFrame
    amounts: pl.DataFrame
    instalments: pl.DataFrame
    schools: pl.DataFrame
    ruled: Sequence[AppliedRegulation]


def load_source(books: Books, school_year: str) -> ToolSource:
    """Read what was decided last for a school year.

    Raises:
        Refused: nothing was decided for it but subsidies.
        BooksDoNotTie: its amounts are not those of its trace, or its instalments do not add up to them.
    """
    decisions = books.frame(
        """
        select decision_id, currency, reference_date, decided_at, regulation_sha256
        from latest_decisions where school_year = ? order by currency""",
        [school_year],
    )
    if decisions.is_empty():
        others = books.frame("select distinct school_year from decisions order by 1").to_series().to_list()
        there = f" (decided: {', '.join(others)})" if others else ""
        raise Refused(
            f"nothing was decided for {school_year}{there}; begin with `npo decide --school-year {school_year}`"
        )
    amounts, due = books.frame(_AMOUNTS, [school_year]), books.frame(_OWN_DUE, [school_year])
    if amounts.is_empty():
        raise Refused(f"{school_year}: only subsidies were decided; table `grants` holds them")
    _refuse_loose_ends(amounts, due)
    directory = school_directory(books)
    return ToolSource(school_year, decisions, amounts, due, directory, _ruled(books, decisions, directory))


def _refuse_loose_ends(amounts: pl.DataFrame, due: pl.DataFrame) -> None:
    """Publish nothing that does not tie."""
    key = ["decision_id", "vestiging", "school_type", "component"]
    loose = amounts.filter(pl.col("amount").ne_missing(pl.col("traced"))).select(key)
    summed = due.group_by(key).agg(paid=pl.col("amount").sum())
    both = amounts.join(summed, on=key, how="full", coalesce=True)
    unpaid = both.filter(pl.col("amount").fill_null(0) != pl.col("paid").fill_null(0)).select(key)
    if loose.height or unpaid.height:
        first = " ".join(pl.concat([loose, unpaid]).sort(key).row(0))
        raise BooksDoNotTie(f"{first}: amount, trace and instalments do not agree; see `npo verify`")


def _ruled(books: Books, decisions: pl.DataFrame, directory: pl.DataFrame) -> list[AppliedRegulation]:
    """The regulations in force: of each decision those in its currency.

    A currency without any amount has no decision; what is known of its rules stands with the others.
    """
    texts: Mapping[str, tuple[str, str]] = {
        sha256: (name, text) for sha256, name, text in books.table("regulations").iter_rows()
    }
    decided, ruled, orphans = set(decisions["currency"]), {}, {}
    for row in decisions.iter_rows(named=True):
        basis = _basis(books, row["decision_id"], directory)
        for hashes in row["regulation_sha256"].split():
            first = texts.get(hashes.split("+")[0])
            if first and is_subsidy_text(*first):
                continue
            loaded = _loaded(texts, hashes, row["decision_id"])
            currency = loaded.regulation.currency
            if currency == row["currency"]:
                ruled[loaded.name] = AppliedRegulation(loaded, basis)
            elif currency not in decided:
                orphans[loaded.name] = AppliedRegulation(loaded, basis)
    return list((ruled | orphans).values())


def _loaded(texts: Mapping[str, tuple[str, str]], hashes: str, decision: str) -> LoadedRegulation:
    """A regulation from its kept texts: its file and the overlays on it."""
    try:
        return parse_texts([texts[sha256] for sha256 in hashes.split("+")])
    except KeyError:
        raise BooksDoNotTie(f"{decision}: the text of its regulation is gone; see `npo verify`") from None


def _basis(books: Books, decision: str, directory: pl.DataFrame) -> DecisionInputs:
    inputs = books.frame("select used_for, delivery_id from decision_inputs where decision_id = ?", [decision])
    named = {str(subject): part["delivery_id"].to_list() for (subject,), part in inputs.group_by("used_for")}
    mine = "where delivery_id in (select delivery_id from decision_inputs where decision_id = ?)"
    frames = [books.frame(f"from {table} {mine}", [decision]) for table in ("counts", "scores", "changes")]
    counts, scores, changes = frames
    return basis_of(named, counts, scores, directory, changes)
