"""The sheets that add up: amounts per school, per board and per municipality, one column per component."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from npo_pipeline.reports.sheet import Column, Row, Sheet
from npo_pipeline.reports.tool import words
from npo_pipeline.reports.tool.told import SCHOOLS, Tool

_SCHOOL = [
    Column("Vestiging"),
    Column("BRIN", width=8),
    Column("Naam", width=40),
    Column("Plaats", width=20),
    Column("Gemeente", width=20),
    Column("Bestuur", width=10),
    Column("Schoolsoort", width=28),
]
_CURRENCY = Column("Valuta", width=8)
_OF = "amount of {}"


def schools_sheet(tool: Tool, amounts: pl.DataFrame) -> Sheet:
    """A row per school; one that would have amounts in two currencies has a row for each."""
    rows = []
    for row in _summed(tool, amounts, "vestiging", SCHOOLS[1:]).iter_rows(named=True):
        kinds = words.school_types(row["kinds"]) if row["kinds"] else None
        rows.append(_row(tool, row, [*(row[name] for name in SCHOOLS), kinds]))
    return Sheet("Scholen", [*_SCHOOL, *_columns(tool)], rows, frozen=3)


def group_sheet(tool: Tool, amounts: pl.DataFrame, name: str, first: Column, key: str) -> Sheet:
    """A row per board or municipality and currency; one of which nothing can be reckoned is there as well."""
    rows = [
        _row(tool, row, [row[key] or "onbekend", row["schools"]])
        for row in _summed(tool, amounts, key, []).iter_rows(named=True)
    ]
    return Sheet(name, [first, Column("Scholen", "whole", 9), *_columns(tool)], rows, frozen=1)


def _summed(tool: Tool, amounts: pl.DataFrame, key: str, told: Sequence[str]) -> pl.DataFrame:
    """A row per key and currency, in their order.

    Returns:
        key, what is told of it, currency, an amount per component (null where there is none), total, schools,
        rules, kinds, gaps.
    """
    # Summed before it is turned: the sum that `pivot` makes of nothing is 0, and nothing is not 0.
    long = amounts.group_by(key, "currency", pl.format(_OF, "component").alias("of")).agg(pl.col("cents").sum())
    wide = long.pivot("of", index=[key, "currency"], values="cents")
    whole = amounts.group_by(key, "currency").agg(
        pl.col("cents").sum().alias("total"),
        pl.col("vestiging").n_unique().alias("paid"),
        pl.col("rule").unique().sort().alias("rules"),
        pl.col("school_type").unique(maintain_order=True).alias("kinds"),
    )
    summed = whole.join(wide, on=[key, "currency"], nulls_equal=True)
    gaps = tool.schools.join(tool.school_gaps, on="vestiging")
    gaps = gaps.group_by(key).agg(pl.col("gap").unique().sort().alias("gaps"))
    every = tool.schools.group_by(key, *told).agg(pl.col("vestiging").n_unique().alias("schools"))
    found = every.join(summed, on=key, how="left", nulls_equal=True).join(
        gaps, on=key, how="left", nulls_equal=True
    )
    return found.with_columns(schools=pl.coalesce("paid", "schools")).sort(key, "currency", nulls_last=True)


def _components(tool: Tool) -> list[str]:
    return list(dict.fromkeys(rule.component for rule in tool.rules))


def _columns(tool: Tool) -> list[Column]:
    named = [Column(words.component(name), "money", 18) for name in _components(tool)]
    said = [Column("Berust op", width=60), Column("Niet meegerekend", width=60)]
    return [_CURRENCY, *named, Column("Totaal", "money", 20), *said]


def _row(tool: Tool, row: Mapping[str, Any], first: Sequence[Any]) -> Row:
    named = [row[_OF.format(name)] for name in _components(tool)]
    rests = tool.rests_on(row["rules"]) if row["rules"] else None
    gaps = " ".join(tool.gaps[place].text for place in row["gaps"] or ())
    return row["currency"] or "", [*first, row["currency"], *named, row["total"], rests, gaps or None]
