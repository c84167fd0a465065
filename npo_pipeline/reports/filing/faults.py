"""What is wrong with the facts of a filing, as a frame: whose, which rule, and where."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from npo_pipeline.reports.filing.concepts import FACTS

FAULTS = {"board": pl.String, "fault": pl.String, "where": pl.String}
"""`fault`: the rule that was broken, as docs/xbrl.md lists them. `where`: the fact, or the line of a file."""

PLACE = ("brin", "concept", "member", "level", "period", "unit")


def no_faults() -> pl.DataFrame:
    """A frame of faults without rows."""
    return pl.DataFrame(schema=FAULTS)


def faults_from(rows: Iterable[tuple[str, str, str]]) -> pl.DataFrame:
    """A frame of faults from rows of board, fault and where."""
    return pl.DataFrame(list(rows), schema=FAULTS, orient="row")


def faulty(facts: pl.DataFrame, fault: str, *more: pl.Expr) -> pl.DataFrame:
    """Facts that break a rule as faults.

    Args:
        facts: a frame with `board` and any other columns of FACTS.
        fault: the rule.
        more: expressions of text that say more than the place of the fact.
    """
    known = [pl.col(name) for name in PLACE if name in facts.columns and name in FACTS]
    where = pl.concat_str([*known, *more], separator=", ", ignore_nulls=True)
    return facts.select("board", fault=pl.lit(fault), where=where)


def together(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Faults in one order: by board, rule and place."""
    return pl.concat([no_faults(), *parts]).unique().sort("board", "fault", "where")
