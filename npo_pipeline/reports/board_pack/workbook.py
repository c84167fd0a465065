"""The tables of a pack: the workbook of a board with a sheet per table, and its facts as one CSV."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery.sanitize import sanitize
from npo_pipeline.reports.board_page.context import Menu
from npo_pipeline.reports.report_data import ReportData
from npo_pipeline.reports.xbrl.concepts import BY_NAME, CONCEPTS, NO, TOP, UNKNOWN, YES
from npo_pipeline.reports.xlsx import Column, Row, Sheet, workbook_of
from schemas.frames.accounts import Facts, FactTable

_SCHOOL_COLUMNS = (Column("BRIN", width=8), Column("School", width=36))
_AMOUNT_COLUMNS = ("received", "accrued", "spent", "external", "board_level", "carried_out")
_DAY_ZERO_OF_EXCEL = date(1899, 12, 30)


def workbook(facts: Facts, report: ReportData, menu: Menu) -> bytes:
    """Return the workbook of one board. The same input gives the same bytes; no text in it can become a formula.

    Args:
        facts: of the board.
        report: of the board.
        menu: the names of categories.
    """
    (board,) = set(facts["board"].to_list())
    status = facts.filter(pl.col("concept") == "ReportStatus")["value"].item()
    title = f"Verantwoording NPO {report.year}, bevoegd gezag {board} ({status})"
    names = dict(report.schools.select("brin", "name").iter_rows())
    pages = [
        _findings(report, names),
        _schools(report),
        _interventions(report, names, menu),
        _consents(report, names),
        _figures(facts, report.year),
    ]
    return workbook_of(title, pages)


def _findings(report: ReportData, names: dict[str, str]) -> Sheet:
    columns = [
        Column("Ernst", width=14),
        *_SCHOOL_COLUMNS,
        Column("Bedrag", "money", 16),
        Column("Bevinding", "wrapped", 60),
        Column("Wat te doen", "wrapped", 50),
        Column("Bron", "wrapped", 40),
        Column("Bestand", width=24),
        Column("Regel", "whole", 8),
    ]
    currency = _currency(report)
    rows = [
        (
            currency,
            [
                dutch.SEVERITIES[one["severity"]],
                one["brin"],
                names.get(one["brin"]),
                _cents(one["amount"]),
                one["message"],
                one["advice"],
                one["article"],
                one["file"],
                one["line"],
            ],
        )
        for one in report.findings.iter_rows(named=True)
    ]
    return Sheet("Bevindingen", columns, rows or [("", ["geen bevindingen", *[None] * 8])], frozen=1)


def _schools(report: ReportData) -> Sheet:
    carried, share, days = BY_NAME["CarriedOver"].nl, BY_NAME["ExternalShare"].nl, _balance_days(report.year)
    columns = [
        *_SCHOOL_COLUMNS,
        Column("Gemeente", width=20),
        Column("Valuta", width=8),
        Column(f"{carried} op {days['start']}", "money", 16),
        *[Column(BY_NAME[name].nl, "money", 16) for name in ("Received", "Accrued", "Spent", "SpentExternal")],
        Column("Waarvan bovenschools besteed", "money", 16),
        Column(f"{carried} op {days['end']}", "money", 16),
        Column(share, "share", 14),
    ]
    named = report.accountability.join(report.schools, on=["board", "brin"], how="left", maintain_order="left")
    rows = []
    for one in named.iter_rows(named=True):
        who = [one["brin"], one["name"], one["municipality"], one["currency"]]
        amounts = [_cents(one[name]) for name in ("carried_in", *_AMOUNT_COLUMNS)]
        rows.append((one["currency"], [*who, *amounts, _share(one["external"], one["spent"])]))
    return Sheet("Scholen", columns, rows, frozen=2)


def _interventions(report: ReportData, names: dict[str, str], menu: Menu) -> Sheet:
    columns = [
        *_SCHOOL_COLUMNS,
        Column("Categorie", width=40),
        Column("Interventie", width=40),
        Column("Niveau", width=14),
        Column(BY_NAME["Spent"].nl, "money", 16),
        Column(BY_NAME["SpentExternal"].nl, "money", 16),
        Column("Deel van de besteding", "share", 12),
        Column("Op de menukaart", width=20),
    ]
    rows: list[Row] = []
    for one in report.interventions.iter_rows(named=True):
        said = [menu.names[one["category"]], one["intervention"], one["level"]]
        amounts = [_cents(one["amount"]), _cents(one["external"]), _ten_thousandths(one["share"])]
        listed = YES if one["on_menu"] else NO
        rows.append((one["currency"], [one["brin"], names.get(one["brin"]), *said, *amounts, listed]))
    return Sheet("Interventies", columns, rows, frozen=2)


def _consents(report: ReportData, names: dict[str, str]) -> Sheet:
    concepts = ("SchoolScan", "MrConsent", "MrConsentDate", "GmrConsent", "GmrConsentDate")
    texts = ("ParentsInvolved", "Results")
    columns = [
        *_SCHOOL_COLUMNS,
        *[Column(BY_NAME[name].nl, "day" if BY_NAME[name].kind == "date" else "text", 20) for name in concepts],
        *[Column(BY_NAME[name].nl, "wrapped", 50) for name in texts],
    ]
    both = report.accountability.join(report.consents, on=["board", "brin"], how="left", maintain_order="left")
    rows = []
    for one in both.iter_rows(named=True):
        scan, mr, gmr = (_answer(one[name]) for name in ("school_scan", "mr_consent", "gmr_consent"))
        days = [_day(one[name]) for name in ("mr_date", "gmr_date")]
        who = [one["brin"], names.get(one["brin"])]
        rows.append(("", [*who, scan, mr, days[0], gmr, days[1], one["parents_involved"], one["result"]]))
    return Sheet("Instemming", columns, rows, frozen=2)


def _figures(facts: Facts, year: int) -> Sheet:
    columns = [
        Column("Kerncijfer", width=44),
        Column("Bedrag", "money", 18),
        Column("Aandeel", "share", 10),
        Column("Aantal", "whole", 10),
        Column("Tekst", width=24),
    ]
    return Sheet("Kerncijfers", columns, list(_figure_rows(facts, year)), frozen=1)


def _balance_days(year: int) -> dict[str, str]:
    """Return the day of the opening and of the closing balance of a year."""
    return {period: dutch.short_day(date(end, 12, 31)) for period, end in (("start", year - 1), ("end", year))}


def _figure_rows(facts: Facts, year: int) -> Iterator[Row]:
    """Yield the facts of the board as a whole, those that are not split."""
    whole = facts.filter(pl.all_horizontal(pl.col("brin", "member", "level").is_null()))
    days = _balance_days(year)
    for name, period, unit, value in whole.select("concept", "period", "unit", "value").iter_rows():
        concept = BY_NAME[name]
        kinds = ("money", "share", "count")
        numbers = [int(value.replace(".", "")) if concept.kind == kind else None for kind in kinds]
        said = value if concept.kind not in kinds else None
        name_and_day = f"{concept.nl} op {days[period]}" if period in days else concept.nl
        yield unit or "", [name_and_day, *numbers, said]


def _currency(report: ReportData) -> str:
    return str(report.accountability["currency"][0]) if report.accountability.height else ""


def _cents(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount.scaleb(2))


def _ten_thousandths(share: Decimal | None) -> int | None:
    return None if share is None else int(share.scaleb(4))


def _share(part: Decimal, whole: Decimal) -> int | None:
    """Return a part of a whole in 0.0001, half away from zero, as the fact has it."""
    cents, of = int(part.scaleb(2)), int(whole.scaleb(2))
    return (20_000 * cents + of) // (2 * of) if of else None


def _answer(answer: bool | None) -> str:
    return UNKNOWN if answer is None else YES if answer else NO


def _day(day: date | None) -> Any:
    return None if day is None else (day - _DAY_ZERO_OF_EXCEL).days


_BOM = b"\xef\xbb\xbf"
_COUNTED = {"share": "aandeel", "count": "aantal"}
_KINDS = {one.name: one.kind for one in CONCEPTS}
_LABELS = {one.name: one.nl for one in CONCEPTS}


def fact_table(facts: Facts, menu: Menu, year: int) -> FactTable:
    """Return the facts with Dutch words, a row per fact. No text in it can become a formula.

    Args:
        facts: of one board or of many.
        menu: the names of interventions.
        year: the calendar year.
    """
    names = facts.filter(pl.col("concept") == "SchoolName").select("board", "brin", school="value")
    category = pl.col("member").replace_strict(menu.category, default=None, return_dtype=pl.String)
    top = pl.when(pl.col("member").is_in(TOP)).then(pl.col("member")).otherwise(category)
    is_number, kind = pl.col("unit").is_not_null(), pl.col("concept").replace_strict(_KINDS)
    named = facts.join(names, on=["board", "brin"], how="left", maintain_order="left")
    table = named.select(
        BEVOEGD_GEZAG_NUMMER="board",
        BRIN_NUMMER="brin",
        SCHOOL=sanitize(pl.col("school")),
        JAAR=pl.lit(str(year)),
        GEGEVEN=pl.col("concept").replace_strict(_LABELS),
        PEILDATUM=pl.col("period").replace_strict(_balance_days(year), default=None, return_dtype=pl.String),
        CATEGORIE=_named(top, menu),
        INTERVENTIE=pl.when(~pl.col("member").is_in(TOP)).then(_named(pl.col("member"), menu)),
        NIVEAU="level",
        EENHEID=kind.replace_strict(_COUNTED, default=pl.col("unit"), return_dtype=pl.String),
        GETAL=pl.when(is_number).then(pl.col("value").str.replace(".", ",", literal=True)),
        TEKST=pl.when(~is_number).then(
            pl.when(kind == "date")
            .then(dutch.short_day_expr(pl.col("value")))
            .otherwise(sanitize(pl.col("value")))
        ),
    )
    return FactTable(table)


def dutch_csv(table: FactTable) -> bytes:
    """Return a table as Dutch Excel opens it: `;`, a mark that says UTF-8, lines as Windows ends them."""
    return _BOM + table.write_csv(separator=";", line_terminator="\r\n").encode("utf-8")


def _named(member: pl.Expr, menu: Menu) -> pl.Expr:
    return member.replace_strict(menu.names, default=None, return_dtype=pl.String)
