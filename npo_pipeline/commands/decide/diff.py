"""`npo diff`: what one decision has more or less than another, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.schools import school_directory
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.commands.decide.recompute import archived_rules, archived_texts, decided_in
from npo_pipeline.decisions.comparison import Plan, compare
from npo_pipeline.decisions.rule_changes import rule_changes
from npo_pipeline.entitlements.model import Rules, rule_frames
from npo_pipeline.errors import Refused


@dataclass(frozen=True)
class Diff:
    """Two decisions of one series: their names, what differs, and which values of the rules do."""

    before: str
    after: str
    plan: Plan
    news: pl.DataFrame


def diff(home: Home, before: str, after: str) -> Diff:
    """Hold two decisions of a school year and currency against each other, in any order.

    Raises:
        Refused: one of them is not there, or they are of two school years or currencies.
    """
    require_books(home)
    with read_books(home) as books:
        one, other = _decision(books, before), _decision(books, after)
        for what, column in (("school year", "school_year"), ("currency", "currency")):
            if one[column] != other[column]:
                raise Refused(
                    f"{before} is of {what} {one[column]} and {after} of {other[column]}: only decisions of the "
                    f"same {what} say the same thing differently"
                )
        causes = _causes(books, one, other)
        plan = compare(decided_in(books, before), decided_in(books, after), causes, school_directory(books))
        return Diff(before, after, plan, rule_changes(_rules(books, one), _rules(books, other)))


def _decision(books: Books, name: str) -> dict[str, Any]:
    found = books.frame("from decisions where decision_id = ?", [name])
    if found.is_empty():
        there = ", ".join(books.frame("select decision_id from decisions order by run_id, 1")["decision_id"])
        raise Refused(f"there is no decision {name!r}; there is {there or 'none yet'}")
    return found.row(0, named=True)


def _causes(books: Books, one: Mapping[str, Any], other: Mapping[str, Any]) -> pl.DataFrame:
    """What each decision between the two changed, added up; taken back where the second is the older one."""
    first, last = sorted((one["sequence"], other["sequence"]))
    sign = 1 if one["sequence"] == first else -1
    return books.frame(
        """
        select c.school_year, c.vestiging, c.school_type, c.component, c.month, c.cause,
               (sum(c.amount) * $sign)::decimal(18, 2) as amount, c.currency
        from due_changes c join decisions d using (decision_id)
        where d.school_year = $year and d.currency = $currency and d.sequence > $first and d.sequence <= $last
        group by all having sum(c.amount) <> 0""",
        {"sign": sign, "year": one["school_year"], "currency": one["currency"], "first": first, "last": last},
    )


def _rules(books: Books, decision: Mapping[str, Any]) -> list[Rules]:
    loaded = archived_rules(archived_texts(books), decision["regulation_sha256"]).regulations
    return [rule_frames(one) for one in loaded]
