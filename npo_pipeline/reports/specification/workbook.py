"""The tables of a specification: a workbook with a sheet per table, and what was paid as one CSV for a ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery.sanitize import harmless_name
from npo_pipeline.reports.specification.model import PART, PLACE, BoardRows, Row, SpecificationHeader
from npo_pipeline.reports.specification.page import account_ending, transfer_words
from npo_pipeline.reports.xlsx import Column, Sheet, write_sheets

_SCHOOL = {
    "school_year": Column("Schooljaar", width=11),
    "brin": Column("BRIN", width=7),
    "vestiging": Column("Vestiging", width=10),
    "name": Column("School", "wrapped", 30),
    "place": Column("Plaats", width=16),
    "component": Column("Onderdeel", "wrapped", 22),
    "school_type": Column("Schoolsoort", "wrapped", 22),
}
_SUMS = {
    "school_year": Column("Schooljaar", width=11),
    "scheme": Column("Regeling", "wrapped", 70),
    "currency": Column("Valuta", width=7),
    "instalment": Column("Termijnen", "money", 16, total=True),
    "correction": Column("Correcties", "money", 16, total=True),
    "amount": Column("Samen", "money", 16, total=True),
}
_PAID = {
    **_SCHOOL,
    "kind": Column("Soort", width=10),
    "month": Column("Over de maand", "day", 12),
    "cause": Column("Vanwege", "wrapped", 20),
    "decision_id": Column("Besluit", width=14),
    "currency": Column("Valuta", width=7),
    "amount": Column("Bedrag", "money", 16, total=True),
    "end_to_end_id": Column("Kenmerk op uw afschrift", width=33),
}
_TRANSFERS = {
    "words": Column("Stand", "wrapped", 34),
    "end_to_end_id": Column("Kenmerk op uw afschrift", width=37),
    "account": Column("Rekening", width=18),
    "execution_date": Column("Datum", "day", 12),
    "released_month": Column("Vrijgegeven met", "day", 12),
    "currency": Column("Valuta", width=7),
    "whole": Column("Overboeking", "money", 16),
    "amount": Column("Waarvan deze maand", "money", 16, total=True),
}
_TO_COME = {
    **_SCHOOL,
    "kind": Column("Soort", width=12),
    "currency": Column("Valuta", width=7),
}
"""Columns of what is to come; a column per month and one of all follow them."""

_CSV = {
    "paid_month": "BETAALMAAND",
    "board": "BEVOEGD_GEZAG_NUMMER",
    "board_name": "BEVOEGD_GEZAG_NAAM",
    "school_year": "SCHOOLJAAR",
    "scheme": "REGELING",
    "brin": "BRIN_NUMMER",
    "vestiging": "VESTIGING",
    "name": "VESTIGINGSNAAM",
    "place": "PLAATSNAAM",
    "school_type": "SCHOOLSOORT",
    "component": "ONDERDEEL",
    "kind": "SOORT",
    "for_month": "OVER_MAAND",
    "cause": "OORZAAK",
    "decision_id": "BESLUIT",
    "currency": "VALUTA",
    "amount": "BEDRAG",
    "end_to_end_id": "KENMERK",
    "account": "REKENING",
    "execution_date": "BETAALDATUM",
    "words": "STAND",
}


def workbook(rows: BoardRows, header: SpecificationHeader) -> bytes:
    """Return the workbook of one board. The same input gives the same bytes; no text becomes a formula."""
    month = dutch.month(header.month)
    title = f"Betaalspecificatie {month}, bevoegd gezag {rows.board}{f', {rows.name}' if rows.name else ''}"
    sheets = [
        _sheet("In het kort", _SUMS, rows.totals, f"Betaald in {month}, per schooljaar en regeling"),
        _sheet(
            "Betaald", _PAID, [_in_words(one) for one in rows.paid], f"Betaald in {month}, per school en oorzaak"
        ),
        _sheet(
            "Overboekingen",
            _TRANSFERS,
            [_transfer_in_words(one) for one in rows.transfers],
            f"Overboekingen van {month}: met welk kenmerk het op uw rekening komt",
        ),
        _to_come(rows),
    ]
    buffer = BytesIO()
    write_sheets(title, sheets, buffer, note=f"Naar de stand na de betaalronde van {dutch.day(header.paid_on)}.")
    return buffer.getvalue()


def table(rows: BoardRows, header: SpecificationHeader) -> bytes:
    """Return what was paid as Dutch Excel opens it: `;`, a decimal comma, a mark that says UTF-8."""
    transfers = {one["end_to_end_id"]: _transfer_in_words(one) for one in rows.transfers if one["end_to_end_id"]}
    of_all = {"paid_month": f"{header.month:%Y-%m}", "board_name": rows.name}
    cells = []
    for one in rows.paid:
        transfer = transfers.get(
            one["end_to_end_id"], {"words": dutch.TRANSFER_STATES.get(one["state"], one["state"])}
        )
        row = {**transfer, **_in_words(one), **of_all, "for_month": f"{one['month']:%Y-%m}"}
        cells.append([_cell(row.get(name)) for name in _CSV])
    return dutch.csv(pl.DataFrame(cells, schema=dict.fromkeys(_CSV.values(), pl.String), orient="row"))


def _cell(value: Any) -> str | None:
    """Write a value, null for none; text that a spreadsheet would run as a formula has an apostrophe before it."""
    if isinstance(value, Decimal):
        return f"{value:.2f}".replace(".", ",")
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return _harmless(value) if value else None


_harmless = lru_cache(4096)(harmless_name)
"""Names and places come back in each row of a school."""


def _in_words(row: Row) -> Row:
    """Return a row of payments with component, school type, kind and cause in Dutch."""
    named = {
        "component": dutch.component(row["component"]),
        "school_type": dutch.school_type(row["school_type"]),
        "kind": dutch.PAYMENT_REASONS[row["kind"]],
    }
    if row["kind"] == "correction" and "cause" in row:
        named["cause"] = dutch.CAUSES.get(row["cause"], row["cause"] or "niet vastgelegd")
    return {**row, **named}


def _transfer_in_words(row: Row) -> Row:
    return {**row, "words": transfer_words(row), "account": account_ending(row["iban"]) or None}


def _to_come(rows: BoardRows) -> Sheet:
    """Return what is to come: a row per school, component and kind, a column per month, and all of them."""
    months = sorted({one["month"] for one in rows.to_come})
    key = [*PART, *PLACE, "school_type", "component", "kind"]
    by_row: dict[tuple[Any, ...], dict[date, Decimal]] = {}
    for one in rows.to_come:
        amounts = by_row.setdefault(tuple(one[name] for name in key), {})
        amounts[one["month"]] = amounts.get(one["month"], Decimal("0.00")) + one["amount"]
    shown = [
        {
            **_in_words(dict(zip(key, place, strict=True))),
            **{str(month): amount for month, amount in amounts.items()},
            "all": sum(amounts.values(), Decimal("0.00")),
        }
        for place, amounts in by_row.items()
    ]
    columns = {
        **_TO_COME,
        **{str(month): Column(f"{month:%m-%Y}", "money", 14, total=True) for month in months},
        "all": Column("Samen", "money", 16, total=True),
    }
    return _sheet(
        "Nog te komen", columns, shown, "Wat nog komt, per school en maand; onder nul wordt teruggenomen"
    )


def _sheet(name: str, columns: Mapping[str, Column], rows: Sequence[Row], about: str) -> Sheet:
    values = [(str(row["currency"]), [row.get(column) for column in columns]) for row in rows]
    return Sheet(name, list(columns.values()), values, frozen=1, about=about)
