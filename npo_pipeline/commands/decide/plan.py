"""What was decided before, and what a decision changes of it: the plan that is shown before it is written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from npo_pipeline.books.manifest import rows_sha256
from npo_pipeline.books.queries.schools import school_directory
from npo_pipeline.books.reader import Books
from npo_pipeline.commands.decide.grants import empty_decision
from npo_pipeline.commands.decide.model import DecisionDraft
from npo_pipeline.commands.decide.next_payment import NextPayment, next_payment
from npo_pipeline.commands.decide.recompute import (
    DecisionContext,
    archived_rules,
    archived_texts,
    decided_in,
    due_changes_from,
)
from npo_pipeline.commands.decide.rules import Rulebook
from npo_pipeline.decisions.change_causes import NOTHING_CHANGED
from npo_pipeline.decisions.comparison import Plan, compare, concat_decisions, first_decision_causes
from npo_pipeline.decisions.rule_changes import rule_changes
from npo_pipeline.entitlements.model import DecisionTables, rule_frames
from npo_pipeline.rulebook.load import parse_texts
from npo_pipeline.rulebook.subsidies.load import is_subsidy_text


@dataclass(frozen=True)
class DecisionPlan:
    """What a decision changes, and what follows from it.

    `news`: the values of rules that differ (`rule_news`). `next_payment`: null where none is left to come, or
    there is no decision before. `worked`: the decision, and `against`: the decisions that it is held against.
    """

    plan: Plan
    news: pl.DataFrame
    next_payment: NextPayment | None
    worked: DecisionDraft
    against: tuple[str, ...]

    @cached_property
    def fingerprint(self) -> str:
        """A hash of what would be decided and of what it is held against: what is approved is what is written."""
        return fingerprint(self.worked, self.against)


def decision_before(books: Books, school_year: str) -> tuple[pl.DataFrame, DecisionTables]:
    """Step: the latest decisions of a school year, one per currency, and their rows (none when there are none)."""
    rows = books.frame("from latest_decisions where school_year = ? order by currency", [school_year])
    parts = [decided_in(books, name) for name in rows["decision_id"]]
    return rows, concat_decisions(parts) if parts else empty_decision()


def changes_due(
    books: Books,
    school_year: str,
    rules: Rulebook,
    worked: DecisionDraft,
    before: pl.DataFrame,
    changed: Sequence[str],
) -> pl.DataFrame:
    """Step: what the new decisions make due that those before did not, per cause; none for a first decision."""
    now = DecisionContext(school_year, rules.regulations, worked.inputs, school_directory(books), worked.decided)
    parts = [
        due_changes_from(books, row, now) for row in before.iter_rows(named=True) if row["currency"] in changed
    ]
    return pl.concat([NOTHING_CHANGED, *parts])


def plan_of(
    books: Books,
    school_year: str,
    rules: Rulebook,
    worked: DecisionDraft,
    before: pl.DataFrame,
    earlier: DecisionTables,
    due: pl.DataFrame,
    changed: Sequence[str],
) -> DecisionPlan:
    """Step: whom the decision touches, why, and what it makes of the next payment run."""
    decided = worked.decided
    fresh = pl.col("currency").is_in(before["currency"].implode()).not_()
    causes = pl.concat([due, first_decision_causes(decided).filter(fresh).select(due.columns)])
    texts = archived_texts(books)
    then = [
        rule_frames(one)
        for hashes in before["regulation_sha256"].unique().sort()
        for one in archived_rules(texts, hashes).regulations
    ]
    news = rule_changes(then, [rule_frames(one) for one in rules.regulations]) if then else rule_changes([], [])
    return DecisionPlan(
        compare(earlier, decided, causes, school_directory(books)),
        news,
        # Of a first decision `npo pay --dry-run` says as much; working it out here would only take time.
        next_payment(books, school_year, decided, due, changed) if before.height else None,
        worked,
        tuple(before["decision_id"]),
    )


def fingerprint(worked: DecisionDraft, before: Iterable[str]) -> str:
    """A hash of what is decided, and of the decisions that it was held against.

    What was shown is a difference: when another decision was taken since, it is not the one that was approved.
    """
    decided = worked.decided
    parts = [decided.entitlements, decided.instalments, decided.settling]
    if worked.granted is not None:
        parts.append(worked.granted.grants)
    hashes = [rows_sha256(one) for one in parts]
    return hashlib.sha256("\n".join([*hashes, *sorted(before)]).encode()).hexdigest()


def previous_rules(books: Books, school_year: str) -> pl.DataFrame:
    """Step: the regulations that the latest decisions of a school year have amounts under.

    Returns:
        sector, regulation, currency, amount.
    """
    texts = archived_texts(books)
    rows = books.frame(
        "select regulation_sha256 from latest_decisions where school_year = ? order by decision_id", [school_year]
    )
    named = {hashes for (joined,) in rows.iter_rows() for hashes in joined.split()}
    kept = [[texts[sha] for sha in hashes.split("+")] for hashes in sorted(named)]
    loaded = [parse_texts(one) for one in kept if not is_subsidy_text(*one[0])]
    sectors = pl.DataFrame(
        [(one.name, one.regulation.sector) for one in loaded],
        schema={"regulation": pl.String, "sector": pl.String},
        orient="row",
    ).unique()
    sums = books.frame(
        """
        select t.regulation, t.currency, sum(t.amount) as amount from trace t join latest_decisions d
        using (decision_id) where d.school_year = ? group by all order by all""",
        [school_year],
    )
    return sums.join(sectors, on="regulation")
