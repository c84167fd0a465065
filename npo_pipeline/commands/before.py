"""What was decided before, and what a decision changes of it: the plan that is shown before it is written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from npo_pipeline.commands.decision import Worked
from npo_pipeline.commands.grant import nothing_entitled
from npo_pipeline.commands.next_payment import NextPayment, next_payment
from npo_pipeline.commands.rulebook import Rulebook
from npo_pipeline.commands.standing import Now, decided_in, due_changes_from, kept_rules, kept_texts
from npo_pipeline.home.books import Books
from npo_pipeline.home.live import schools
from npo_pipeline.home.manifest import rows_sha256
from npo_pipeline.instalments.causes import NOTHING_CHANGED
from npo_pipeline.instalments.decided import Decided
from npo_pipeline.instalments.plan import Plan, compare, first_causes, together
from npo_pipeline.instalments.rule_news import rule_news
from npo_pipeline.instalments.ruled import rules_of
from npo_pipeline.regulations.load import parse_texts
from npo_pipeline.regulations.subsidies.load import is_subsidy_text


@dataclass(frozen=True)
class Planned:
    """What a decision changes, and what follows from it.

    `news`: the values of rules that differ (`rule_news`). `next_payment`: null where none is left to come, or
    there is no decision before. `worked`: the decision, and `against`: the decisions that it is held against.
    """

    plan: Plan
    news: pl.DataFrame
    next_payment: NextPayment | None
    worked: Worked
    against: tuple[str, ...]

    @cached_property
    def fingerprint(self) -> str:
        """A hash of what would be decided and of what it is held against: what is approved is what is written."""
        return fingerprint(self.worked, self.against)


def decision_before(books: Books, school_year: str) -> tuple[pl.DataFrame, Decided]:
    """Step: the latest decisions of a school year, one per currency, and their rows (none when there are none)."""
    rows = books.frame("from latest_decisions where school_year = ? order by currency", [school_year])
    parts = [decided_in(books, name) for name in rows["decision_id"]]
    return rows, together(parts) if parts else nothing_entitled()


def changes_due(
    books: Books, school_year: str, rules: Rulebook, worked: Worked, before: pl.DataFrame, changed: Sequence[str]
) -> pl.DataFrame:
    """Step: what the new decisions make due that those before did not, per cause; none for a first decision."""
    now = Now(school_year, rules.regulations, worked.inputs, schools(books), worked.decided)
    parts = [
        due_changes_from(books, row, now) for row in before.iter_rows(named=True) if row["currency"] in changed
    ]
    return pl.concat([NOTHING_CHANGED, *parts])


def plan_of(
    books: Books,
    school_year: str,
    rules: Rulebook,
    worked: Worked,
    before: pl.DataFrame,
    earlier: Decided,
    due: pl.DataFrame,
    changed: Sequence[str],
) -> Planned:
    """Step: whom the decision touches, why, and what it makes of the next payment run."""
    decided = worked.decided
    fresh = pl.col("currency").is_in(before["currency"].implode()).not_()
    causes = pl.concat([due, first_causes(decided).filter(fresh).select(due.columns)])
    texts = kept_texts(books)
    then = [
        rules_of(one)
        for hashes in before["regulation_sha256"].unique().sort()
        for one in kept_rules(texts, hashes).regulations
    ]
    news = rule_news(then, [rules_of(one) for one in rules.regulations]) if then else rule_news([], [])
    return Planned(
        compare(earlier, decided, causes, schools(books)),
        news,
        # Of a first decision `npo pay --dry-run` says as much; working it out here would only take time.
        next_payment(books, school_year, decided, due, changed) if before.height else None,
        worked,
        tuple(before["decision_id"]),
    )


def fingerprint(worked: Worked, before: Iterable[str]) -> str:
    """A hash of what is decided, and of the decisions that it was held against.

    What was shown is a difference: when another decision was taken since, it is not the one that was approved.
    """
    decided = worked.decided
    parts = [decided.entitlements, decided.instalments, decided.settling]
    if worked.granted is not None:
        parts.append(worked.granted.grants)
    hashes = [rows_sha256(one) for one in parts]
    return hashlib.sha256("\n".join([*hashes, *sorted(before)]).encode()).hexdigest()


def before_rules(books: Books, school_year: str) -> pl.DataFrame:
    """Step: the regulations that the latest decisions of a school year have amounts under.

    Returns:
        sector, regulation, currency, amount.
    """
    texts = kept_texts(books)
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
