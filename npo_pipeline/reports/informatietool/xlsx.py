"""The workbook of the informatietool: a sheet of schools, and those that divide and add up their amounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.months import day_of
from npo_pipeline.reports.informatietool import wording
from npo_pipeline.reports.informatietool.model import SCHOOL_COLUMNS, ToolData
from npo_pipeline.reports.xlsx import Column, Row, Sheet, frame_sheet, write_sheets
from schemas.frames.reports import SchoolAmounts, ToolSums

_VESTIGING, _NAME = Column("Vestiging"), Column("Naam", width=40)
_CURRENCY, _TOTAL = Column("Valuta", width=8), Column("Totaal", "money", 20)
_REMARKS = (Column("Onderwerp", "wrapped", 24), Column("Toelichting", "wrapped", 110))
_AMOUNT_OF = "amount of {}"


def write_workbook(tool: ToolData, path: Path) -> None:
    """Write the workbook. It is dated on the last decision, so that the same data gives the same bytes.

    Raises:
        OSError: the file cannot be written.
    """
    decided: list[datetime] = tool.decisions["decided_at"].to_list()
    write_sheets(f"{wording.TITLE} {tool.school_year}", sheets(tool), path, max(decided).replace(tzinfo=UTC))


def sheets(tool: ToolData) -> list[Sheet]:
    """Return the sheets in their order."""
    amounts = tool.with_schools()
    return [
        _schools_sheet(tool, amounts),
        _amounts_sheet(tool, amounts),
        _instalments_sheet(tool, amounts),
        _group_sheet("Besturen", Column("Bestuur"), _sums(tool, amounts, "board"), tool),
        _group_sheet("Gemeenten", Column("Gemeente", width=26), _sums(tool, amounts, "municipality"), tool),
        *([_support_sheet(tool)] if tool.support.height else []),
        _sources_sheet(tool),
        Sheet("Toelichting", _REMARKS, [("", remark) for remark in _remarks(tool)]),
    ]


def _schools_sheet(tool: ToolData, amounts: SchoolAmounts) -> Sheet:
    """Return a row per school and currency."""
    columns = [
        _VESTIGING,
        Column("BRIN", width=8),
        _NAME,
        Column("Plaats", width=20),
        Column("Gemeente", width=20),
        Column("Bestuur", width=10),
        Column("Schoolsoort", width=28),
    ]
    rows = []
    for row in _sums(tool, amounts, "vestiging", SCHOOL_COLUMNS[1:]).iter_rows(named=True):
        types = wording.school_types(row["school_types"]) if row["school_types"] else None
        rows.append(_sum_row(tool, row, [*(row[name] for name in SCHOOL_COLUMNS), types]))
    return Sheet("Scholen", [*columns, *_sum_columns(tool)], rows, frozen=3)


def _group_sheet(name: str, first: Column, sums: ToolSums, tool: ToolData) -> Sheet:
    """Return a row per group (the first column of `sums`) and currency, also for a group without any amount."""
    key = sums.columns[0]
    named = dict(tool.board_names.iter_rows()) if key == "board" else {}
    rows = [
        _sum_row(tool, row, [row[key] or "onbekend", *([named.get(row[key])] if named else []), row["schools"]])
        for row in sums.iter_rows(named=True)
    ]
    head = [first, *([Column("Naam", width=44)] if named else [])]
    return Sheet(name, [*head, Column("Scholen", "whole", 9), *_sum_columns(tool)], rows, frozen=1)


def _support_sheet(tool: ToolData) -> Sheet:
    """Return a row per municipality, calendar year and currency."""
    columns = {
        "municipality": Column("Gemeente", width=26),
        "municipality_number": Column("Gemeentenummer", width=16),
        "year": Column("Kalenderjaar"),
        "currency": _CURRENCY,
        "to_municipality": Column("Gemeente zelf", "money", 20),
        "to_schools": Column("Scholen", "money", 20),
        "to_samenwerkingsverband": Column("Samenwerkingsverbanden", "money", 24),
        "amount": _TOTAL,
    }
    return frame_sheet("Steunpakketten", tool.support, columns, frozen=1)


def _sums(tool: ToolData, amounts: SchoolAmounts, key: str, others: Sequence[str] = ()) -> ToolSums:
    """Add up the amounts per key and currency, with other columns of the schools, in their order."""
    # Summed before it is turned: the sum that `pivot` makes of nothing is 0, and nothing is not 0.
    by_component = amounts.group_by(key, "currency", of=pl.format(_AMOUNT_OF, "component"))
    wide = by_component.agg(pl.col("cents").sum()).pivot("of", index=[key, "currency"], values="cents")
    whole = amounts.group_by(key, "currency").agg(
        total=pl.col("cents").sum(),
        with_amount=pl.col("vestiging").n_unique(),
        rules=pl.col("rule").unique().sort(),
        school_types=pl.col("school_type").unique(maintain_order=True),
    )
    sums = whole.join(wide, on=[key, "currency"], nulls_equal=True)
    gaps = (
        tool.schools.join(tool.school_gaps, on="vestiging").group_by(key).agg(gaps=pl.col("gap").unique().sort())
    )
    found = tool.schools.group_by(key, *others).agg(schools=pl.col("vestiging").n_unique())
    for part in (sums, gaps):
        found = found.join(part, on=key, how="left", nulls_equal=True)
    found = found.with_columns(schools=pl.coalesce("with_amount", "schools"))
    return ToolSums(found.sort(key, "currency", nulls_last=True))


def _components(tool: ToolData) -> list[str]:
    return list(dict.fromkeys(rule.component for rule in tool.rules))


def _sum_columns(tool: ToolData) -> list[Column]:
    components = [Column(dutch.component(name), "money", 18) for name in _components(tool)]
    remarks = [Column("Berust op", width=60), Column("Niet meegerekend", width=60)]
    return [_CURRENCY, *components, _TOTAL, *remarks]


def _sum_row(tool: ToolData, row: Mapping[str, Any], first: Sequence[Any]) -> Row:
    components = [row[_AMOUNT_OF.format(name)] for name in _components(tool)]
    rests_on = tool.rests_on(row["rules"]) if row["rules"] else None
    gaps = " ".join(tool.gaps[position].text for position in row["gaps"] or ())
    return row["currency"] or "", [*first, row["currency"], *components, row["total"], rests_on, gaps or None]


def _amounts_sheet(tool: ToolData, amounts: SchoolAmounts) -> Sheet:
    columns = [
        _VESTIGING,
        _NAME,
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
        words = [dutch.component(rule.component), wording.school_types([rule.school_type])]
        numbers = [row["counted_e2"], rule.threshold, row["quantity_e2"], rule.rate_e8, row["cents"]]
        status = [wording.STATUSES[rule.status], rule.article]
        rows.append((rule.currency, [row["vestiging"], row["name"], *words, *numbers, *status]))
    return Sheet("Onderdelen", columns, rows, frozen=2)


def _instalments_sheet(tool: ToolData, amounts: SchoolAmounts) -> Sheet:
    """Return a row per school and currency, with a column per month."""
    currencies = amounts.select("vestiging", "rule", "currency")
    due = tool.instalments.join(currencies, on=["vestiging", "rule"], how="left")
    months = due["month"].unique().sort().to_list()
    sums = due.group_by("vestiging", "currency", "month").agg(pl.col("cents").sum())
    by_school = sums.group_by("vestiging", "currency").agg("month", "cents").sort("vestiging", "currency")
    names = dict(tool.schools.select("vestiging", "name").iter_rows())
    rows = []
    for vestiging, currency, its_months, cents in by_school.iter_rows():
        by_month = dict(zip(its_months, cents, strict=True))
        rows.append((currency, [vestiging, names[vestiging], currency, *map(by_month.get, months), sum(cents)]))
    of_months = [Column(dutch.month(month).capitalize(), "money", 16) for month in months]
    return Sheet("Termijnen", [_VESTIGING, _NAME, _CURRENCY, *of_months, _TOTAL], rows, frozen=2)


def _sources_sheet(tool: ToolData) -> Sheet:
    columns = [
        Column("Onderdeel", width=24),
        Column("Schoolsoort", width=34),
        _CURRENCY,
        Column("Tarief", "rate", 14),
        Column("Eenheid", width=24),
        Column("Status", width=14),
        Column("Artikel", width=60),
        Column("Bron", width=60),
        Column("Adres", width=60),
    ]
    rows = []
    for rule in tool.rules:
        words = [dutch.component(rule.component), wording.school_types([rule.school_type])]
        rate = [rule.currency, rule.rate_e8, wording.rate_unit(rule.measure), wording.STATUSES[rule.status]]
        rows.append((rule.currency, [*words, *rate, rule.article, rule.source, rule.url]))
    return Sheet("Bronnen", columns, rows)


def _remarks(tool: ToolData) -> Iterator[list[str]]:
    """Return what a reader must know beside the amounts, each under its subject."""
    yield ["Definitief", wording.OFB]
    for decision_id, currency, reference_date, decided_at in tool.decisions.iter_rows():
        counted, decided = dutch.day(reference_date), dutch.day(day_of(decided_at))
        name = f"{decision_id} ({dutch.CURRENCIES[currency]})"
        yield ["Besluit", f"{name}, besloten op {decided}, met de telling van {counted}."]
    for currency in sorted({rule.currency for rule in tool.rules}):
        rules = [position for position, rule in enumerate(tool.rules) if rule.currency == currency]
        yield [f"Berust op ({dutch.CURRENCIES[currency]})", tool.rests_on(rules)]
    for note in tool.notes:
        yield ["Telling", note]
    for gap in tool.gaps:
        yield ["Niet meegerekend", f"{gap.text} {gap.article}"]
    if excluded := wording.excluded([one.component for one in tool.excluded]):
        yield ["Niet opgenomen", excluded]
    if tool.support.height:
        yield ["Steunpakketten", wording.SUPPORT]
    yield ["Valuta", wording.NOT_ADDED]
    yield ["Herkomst", wording.NO_PRODUCT]
