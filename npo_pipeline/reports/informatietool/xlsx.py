"""The sheets of the workbook, in their order.

The sheets that add up: amounts per school, per board and per municipality, one column per component.

The workbook of the informatietool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.reports.informatietool import wording
from npo_pipeline.reports.informatietool.model import SCHOOLS, ToolData
from npo_pipeline.reports.xlsx import Column, Row, Sheet, write_sheets

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


def schools_sheet(tool: ToolData, amounts: pl.DataFrame) -> Sheet:
    """A row per school; one that would have amounts in two currencies has a row for each."""
    rows = []
    for row in _summed(tool, amounts, "vestiging", SCHOOLS[1:]).iter_rows(named=True):
        kinds = wording.school_types(row["kinds"]) if row["kinds"] else None
        rows.append(_row(tool, row, [*(row[name] for name in SCHOOLS), kinds]))
    return Sheet("Scholen", [*_SCHOOL, *_columns(tool)], rows, frozen=3)


def group_sheet(tool: ToolData, amounts: pl.DataFrame, name: str, first: Column, key: str) -> Sheet:
    """A row per board or municipality and currency; one of which nothing can be reckoned is there as well."""
    rows = [
        _row(tool, row, [row[key] or "onbekend", row["schools"]])
        for row in _summed(tool, amounts, key, []).iter_rows(named=True)
    ]
    return Sheet(name, [first, Column("Scholen", "whole", 9), *_columns(tool)], rows, frozen=1)


def _summed(tool: ToolData, amounts: pl.DataFrame, key: str, told: Sequence[str]) -> pl.DataFrame:
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


def _components(tool: ToolData) -> list[str]:
    return list(dict.fromkeys(rule.component for rule in tool.rules))


def _columns(tool: ToolData) -> list[Column]:
    named = [Column(dutch.component(name), "money", 18) for name in _components(tool)]
    said = [Column("Berust op", width=60), Column("Niet meegerekend", width=60)]
    return [_CURRENCY, *named, Column("Totaal", "money", 20), *said]


def _row(tool: ToolData, row: Mapping[str, Any], first: Sequence[Any]) -> Row:
    named = [row[_OF.format(name)] for name in _components(tool)]
    rests = tool.rests_on(row["rules"]) if row["rules"] else None
    gaps = " ".join(tool.gaps[place].text for place in row["gaps"] or ())
    return row["currency"] or "", [*first, row["currency"], *named, row["total"], rests, gaps or None]


def sheets(tool: ToolData) -> list[Sheet]:
    """The sheets, in their order."""
    amounts = tool.with_schools()
    return [
        schools_sheet(tool, amounts),
        _parts(tool, amounts),
        _instalments(tool, amounts),
        group_sheet(tool, amounts, "Besturen", Column("Bestuur"), "board"),
        group_sheet(tool, amounts, "Gemeenten", Column("Gemeente", width=26), "municipality"),
        _sources(tool),
        _about(tool),
    ]


def _parts(tool: ToolData, amounts: pl.DataFrame) -> Sheet:
    """A row per amount: what was counted, the rate, and where it stands."""
    columns = [
        Column("Vestiging"),
        Column("Naam", width=40),
        Column("Onderdeel", width=24),
        Column("Schoolsoort", width=28),
        Column("Geteld", "quantity"),
        Column("Drempel", "whole"),
        Column("Aantal", "quantity"),
        Column("Tarief", "rate", 14),
        Column("Bedrag", "money", 18),
        Column("Status", width=14),
        Column("Artikel", width=60),
    ]
    rows = []
    for row in amounts.iter_rows(named=True):
        rule = tool.rules[row["rule"]]
        said = [dutch.component(rule.component), wording.school_types([rule.school_type])]
        numbers = [row["counted_e2"], rule.threshold, row["quantity_e2"], rule.rate_e8, row["cents"]]
        status = [wording.STATUSES[rule.status], rule.article]
        rows.append((rule.currency, [row["vestiging"], row["name"], *said, *numbers, *status]))
    return Sheet("Onderdelen", columns, rows, frozen=2)


def _instalments(tool: ToolData, amounts: pl.DataFrame) -> Sheet:
    """A row per school, a column per month."""
    due = tool.instalments.join(
        amounts.select("vestiging", "rule", "currency"), on=["vestiging", "rule"], how="left"
    )
    months = due["month"].unique().sort().to_list()
    summed = due.group_by("vestiging", "currency", "month").agg(pl.col("cents").sum())
    together = summed.group_by("vestiging", "currency").agg("month", "cents").sort("vestiging", "currency")
    names = dict(tool.schools.select("vestiging", "name").iter_rows())
    rows = []
    for code, currency, its_months, cents in together.iter_rows():
        by_month = dict(zip(its_months, cents, strict=True))
        rows.append((currency, [code, names[code], currency, *map(by_month.get, months), sum(cents)]))
    columns = [Column("Vestiging"), Column("Naam", width=40), Column("Valuta", width=8)]
    columns += [Column(dutch.month(month).capitalize(), "money", 16) for month in months]
    return Sheet("Termijnen", [*columns, Column("Totaal", "money", 20)], rows, frozen=2)


def _sources(tool: ToolData) -> Sheet:
    columns = [
        Column("Onderdeel", width=24),
        Column("Schoolsoort", width=34),
        Column("Valuta", width=8),
        Column("Tarief", "rate", 14),
        Column("Eenheid", width=24),
        Column("Status", width=14),
        Column("Artikel", width=60),
        Column("Bron", width=60),
        Column("Adres", width=60),
    ]
    rows = [
        (
            rule.currency,
            [
                dutch.component(rule.component),
                wording.school_types([rule.school_type]),
                rule.currency,
                rule.rate_e8,
                wording.rate_unit(rule.measure),
                wording.STATUSES[rule.status],
                rule.article,
                rule.source,
                rule.url,
            ],
        )
        for rule in tool.rules
    ]
    return Sheet("Bronnen", columns, rows)


def _about(tool: ToolData) -> Sheet:
    rows = [("", line) for line in _lines(tool)]
    return Sheet("Toelichting", [Column("Onderwerp", "wrapped", 24), Column("Toelichting", "wrapped", 110)], rows)


def _lines(tool: ToolData) -> Iterator[list[str]]:
    yield ["Definitief", wording.OFB]
    for row in tool.decisions.iter_rows(named=True):
        counted, decided = dutch.day(row["reference_date"]), dutch.day(row["decided_at"].date())
        currency = dutch.CURRENCIES[row["currency"]]
        yield [
            "Besluit",
            f"{row['decision_id']} ({currency}), besloten op {decided}, met de telling van {counted}.",
        ]
    for currency in sorted({rule.currency for rule in tool.rules}):
        rules = [place for place, rule in enumerate(tool.rules) if rule.currency == currency]
        yield [f"Berust op ({dutch.CURRENCIES[currency]})", tool.rests_on(rules)]
    for note in tool.notes:
        yield ["Telling", note]
    for gap in tool.gaps:
        yield ["Niet meegerekend", f"{gap.text} {gap.article}"]
    if outside := wording.outside([one.component for one in tool.outside]):
        yield ["Niet opgenomen", outside]
    yield ["Valuta", wording.NOT_ADDED]
    yield ["Herkomst", wording.NO_PRODUCT]


def write_workbook(tool: ToolData, path: Path) -> None:
    """Write the workbook. The same data gives the same bytes: it says it was made when it was decided.

    Raises:
        OSError: the file cannot be written.
    """
    write_sheets(f"{wording.TITLE} {tool.school_year}", sheets(tool), path, _decided(tool))


def _decided(tool: ToolData) -> datetime:
    moments: list[datetime] = tool.decisions["decided_at"].to_list()
    return max(moments).replace(tzinfo=UTC)
