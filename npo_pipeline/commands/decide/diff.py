"""`npo diff`: what one decision has more or less than another, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.decisions import all_decisions, due_changes_between, find_decision
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
        causes = due_changes_between(books, before, after)
        plan = compare(decided_in(books, before), decided_in(books, after), causes, school_directory(books))
        return Diff(before, after, plan, rule_changes(_rules(books, one), _rules(books, other)))


def _decision(books: Books, name: str) -> dict[str, Any]:
    found = find_decision(books, name)
    if found.is_empty():
        there = ", ".join(all_decisions(books)["decision_id"])
        raise Refused(f"there is no decision {name!r}; there is {there or 'none yet'}")
    return found.row(0, named=True)


def _rules(books: Books, decision: Mapping[str, Any]) -> list[Rules]:
    loaded = archived_rules(archived_texts(books), decision["regulation_sha256"]).regulations
    return [rule_frames(one) for one in loaded]
