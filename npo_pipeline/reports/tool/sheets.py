"""The sheets of the workbook, in their order."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from npo_pipeline.reports.sheet import Column, Sheet
from npo_pipeline.reports.tool import words
from npo_pipeline.reports.tool.sums import group_sheet, schools_sheet
from npo_pipeline.reports.tool.told import Tool


def sheets(tool: Tool) -> list[Sheet]:
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


def _parts(tool: Tool, amounts: pl.DataFrame) -> Sheet:
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
        said = [words.component(rule.component), words.school_types([rule.school_type])]
        numbers = [row["counted_e2"], rule.threshold, row["quantity_e2"], rule.rate_e8, row["cents"]]
        status = [words.STATUSES[rule.status], rule.article]
        rows.append((rule.currency, [row["vestiging"], row["name"], *said, *numbers, *status]))
    return Sheet("Onderdelen", columns, rows, frozen=2)


def _instalments(tool: Tool, amounts: pl.DataFrame) -> Sheet:
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
    columns += [Column(words.month(month).capitalize(), "money", 16) for month in months]
    return Sheet("Termijnen", [*columns, Column("Totaal", "money", 20)], rows, frozen=2)


def _sources(tool: Tool) -> Sheet:
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
                words.component(rule.component),
                words.school_types([rule.school_type]),
                rule.currency,
                rule.rate_e8,
                words.UNITS.get(rule.measure),
                words.STATUSES[rule.status],
                rule.article,
                rule.source,
                rule.url,
            ],
        )
        for rule in tool.rules
    ]
    return Sheet("Bronnen", columns, rows)


def _about(tool: Tool) -> Sheet:
    rows = [("", line) for line in _lines(tool)]
    return Sheet("Toelichting", [Column("Onderwerp", "wrapped", 24), Column("Toelichting", "wrapped", 110)], rows)


def _lines(tool: Tool) -> Iterator[list[str]]:
    yield ["Definitief", words.OFB]
    for row in tool.decisions.iter_rows(named=True):
        counted, decided = words.day(row["reference_date"]), words.day(row["decided_at"].date())
        currency = words.CURRENCIES[row["currency"]]
        yield [
            "Besluit",
            f"{row['decision_id']} ({currency}), besloten op {decided}, met de telling van {counted}.",
        ]
    for currency in sorted({rule.currency for rule in tool.rules}):
        rules = [place for place, rule in enumerate(tool.rules) if rule.currency == currency]
        yield [f"Berust op ({words.CURRENCIES[currency]})", tool.rests_on(rules)]
    for note in tool.notes:
        yield ["Telling", note]
    for gap in tool.gaps:
        yield ["Niet meegerekend", f"{gap.text} {gap.article}"]
    if outside := words.outside([one.component for one in tool.outside]):
        yield ["Niet opgenomen", outside]
    yield ["Valuta", words.NOT_ADDED]
    yield ["Herkomst", words.NO_PRODUCT]
