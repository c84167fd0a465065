"""The workbook of a board: findings first, then a sheet per table, with real numbers.

The facts of a board as one table that any spreadsheet opens: npo-YEAR-BOARD.csv.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery.sanitize import sanitize
from npo_pipeline.reports.board_page.context import Menu
from npo_pipeline.reports.xbrl.concepts import BY_NAME, CONCEPTS, NO, TOP, UNKNOWN, YES
from npo_pipeline.reports.xbrl.facts import ReportData
from npo_pipeline.reports.xlsx import Column, Row, Sheet, workbook_of

_SCHOOL = (Column("BRIN", width=8), Column("School", width=36))
_AMOUNTS = ("received", "accrued", "spent", "external", "board_level", "carried_out")
_FIRST_DAY_OF_EXCEL = date(1899, 12, 30)


def workbook(facts: pl.DataFrame, told: ReportData, menu: Menu) -> bytes:
    """The workbook of one board. The same input gives the same bytes; no text in it can become a formula.

    Args:
        facts: of the board.
        told: of the board.
        menu: the names of categories.
    """
    (board,) = set(facts["board"].to_list())
    status = facts.filter(pl.col("concept") == "ReportStatus")["value"].item()
    title = f"Verantwoording NPO {told.year}, bevoegd gezag {board} ({status})"
    names = dict(told.schools.select("brin", "name").iter_rows())
    pages = [
        _findings(told, names),
        _schools(told),
        _interventions(told, names, menu),
        _consents(told, names),
        _figures(facts, told.year),
    ]
    return workbook_of(title, pages)


def _findings(told: ReportData, names: dict[str, str]) -> Sheet:
    columns = [
        Column("Ernst", width=14),
        *_SCHOOL,
        Column("Bedrag", "money", 16),
        Column("Bevinding", "wrapped", 60),
        Column("Wat te doen", "wrapped", 50),
        Column("Bron", "wrapped", 40),
        Column("Bestand", width=24),
        Column("Regel", "whole", 8),
    ]
    currency = _currency(told)
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
        for one in told.findings.iter_rows(named=True)
    ]
    return Sheet("Bevindingen", columns, rows or [("", ["geen bevindingen", *[None] * 8])], frozen=1)


def _schools(told: ReportData) -> Sheet:
    carried, share = BY_NAME["CarriedOver"].nl, BY_NAME["ExternalShare"].nl
    columns = [
        *_SCHOOL,
        Column("Gemeente", width=20),
        Column("Valuta", width=8),
        Column(f"{carried} op 31-12-{told.year - 1}", "money", 16),
        *[Column(BY_NAME[name].nl, "money", 16) for name in ("Received", "Accrued", "Spent", "SpentExternal")],
        Column("Waarvan bovenschools besteed", "money", 16),
        Column(f"{carried} op 31-12-{told.year}", "money", 16),
        Column(share, "share", 14),
    ]
    named = told.accountability.join(told.schools, on=["board", "brin"], how="left", maintain_order="left")
    rows = []
    for one in named.iter_rows(named=True):
        who = [one["brin"], one["name"], one["municipality"], one["currency"]]
        amounts = [_cents(one[name]) for name in ("carried_in", *_AMOUNTS)]
        rows.append((one["currency"], [*who, *amounts, _share(one["external"], one["spent"])]))
    return Sheet("Scholen", columns, rows, frozen=2)


def _interventions(told: ReportData, names: dict[str, str], menu: Menu) -> Sheet:
    columns = [
        *_SCHOOL,
        Column("Categorie", width=40),
        Column("Interventie", width=40),
        Column("Niveau", width=14),
        Column(BY_NAME["Spent"].nl, "money", 16),
        Column(BY_NAME["SpentExternal"].nl, "money", 16),
        Column("Deel van de besteding", "share", 12),
        Column("Op de menukaart", width=20),
    ]
    rows: list[Row] = []
    for one in told.interventions.iter_rows(named=True):
        said = [menu.names[one["category"]], one["intervention"], one["level"]]
        amounts = [_cents(one["amount"]), _cents(one["external"]), _ten_thousandths(one["share"])]
        listed = YES if one["on_menu"] else NO
        rows.append((one["currency"], [one["brin"], names.get(one["brin"]), *said, *amounts, listed]))
    return Sheet("Interventies", columns, rows, frozen=2)


def _consents(told: ReportData, names: dict[str, str]) -> Sheet:
    concepts = ("SchoolScan", "MrConsent", "MrConsentDate", "GmrConsent", "GmrConsentDate")
    texts = ("ParentsInvolved", "Results")
    columns = [
        *_SCHOOL,
        *[Column(BY_NAME[name].nl, "day" if BY_NAME[name].kind == "date" else "text", 20) for name in concepts],
        *[Column(BY_NAME[name].nl, "wrapped", 50) for name in texts],
    ]
    both = told.accountability.join(told.consents, on=["board", "brin"], how="left", maintain_order="left")
    rows = []
    for one in both.iter_rows(named=True):
        scan, mr, gmr = (_answer(one[name]) for name in ("school_scan", "mr_consent", "gmr_consent"))
        days = [_day(one[name]) for name in ("mr_date", "gmr_date")]
        who = [one["brin"], names.get(one["brin"])]
        rows.append(("", [*who, scan, mr, days[0], gmr, days[1], one["parents_involved"], one["result"]]))
    return Sheet("Instemming", columns, rows, frozen=2)


def _figures(facts: pl.DataFrame, year: int) -> Sheet:
    columns = [
        Column("Kerncijfer", width=44),
        Column("Bedrag", "money", 18),
        Column("Aandeel", "share", 10),
        Column("Aantal", "whole", 10),
        Column("Tekst", width=24),
    ]
    return Sheet("Kerncijfers", columns, list(_figure_rows(facts, year)), frozen=1)


def _figure_rows(facts: pl.DataFrame, year: int) -> Iterator[Row]:
    """The facts of the board as a whole, those that are not split."""
    whole = facts.filter(pl.all_horizontal(pl.col("brin", "member", "level").is_null()))
    days = {"start": f" op 31-12-{year - 1}", "end": f" op 31-12-{year}"}
    for name, period, unit, value in whole.select("concept", "period", "unit", "value").iter_rows():
        concept = BY_NAME[name]
        kinds = ("money", "share", "count")
        numbers = [int(value.replace(".", "")) if concept.kind == kind else None for kind in kinds]
        said = value if concept.kind not in kinds else None
        yield unit or "", [concept.nl + days.get(period, ""), *numbers, said]


def _currency(told: ReportData) -> str:
    return str(told.accountability["currency"][0]) if told.accountability.height else ""


def _cents(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount.scaleb(2))


def _ten_thousandths(share: Decimal | None) -> int | None:
    return None if share is None else int(share.scaleb(4))


def _share(part: Decimal, whole: Decimal) -> int | None:
    """A part of a whole in 0.0001, half away from zero, as the fact has it."""
    cents, of = int(part.scaleb(2)), int(whole.scaleb(2))
    return (20_000 * cents + of) // (2 * of) if of else None


def _answer(told: bool | None) -> str:
    return UNKNOWN if told is None else YES if told else NO


def _day(day: date | None) -> Any:
    return None if day is None else (day - _FIRST_DAY_OF_EXCEL).days


_BOM = b"\xef\xbb\xbf"
_COUNTED = {"share": "aandeel", "count": "aantal"}
_KINDS = {one.name: one.kind for one in CONCEPTS}
_LABELS = {one.name: one.nl for one in CONCEPTS}


def table(facts: pl.DataFrame, menu: Menu, year: int) -> pl.DataFrame:
    """The facts with Dutch words, a row per fact; numbers and texts in columns of their own.

    Args:
        facts: of one board or of many (FACTS).
        menu: the names of interventions.
        year: the calendar year.

    Returns:
        Text: BEVOEGD_GEZAG_NUMMER, BRIN_NUMMER, SCHOOL, JAAR, GEGEVEN, PEILDATUM, CATEGORIE, INTERVENTIE, NIVEAU,
        EENHEID, GETAL (with a decimal comma), TEKST. No text can become a formula.
    """
    names = facts.filter(pl.col("concept") == "SchoolName").select("board", "brin", school="value")
    category = pl.col("member").replace_strict(menu.category, default=None, return_dtype=pl.String)
    top = pl.when(pl.col("member").is_in(TOP)).then(pl.col("member")).otherwise(category)
    is_number, kind = pl.col("unit").is_not_null(), pl.col("concept").replace_strict(_KINDS)
    return facts.join(names, on=["board", "brin"], how="left", maintain_order="left").select(
        BEVOEGD_GEZAG_NUMMER="board",
        BRIN_NUMMER="brin",
        SCHOOL=sanitize(pl.col("school")),
        JAAR=pl.lit(str(year)),
        GEGEVEN=pl.col("concept").replace_strict(_LABELS),
        PEILDATUM=pl.col("period").replace_strict(
            {"start": f"31-12-{year - 1}", "end": f"31-12-{year}"}, default=None, return_dtype=pl.String
        ),
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


def csv_of(rows: pl.DataFrame) -> bytes:
    """A table as Dutch Excel opens it: `;`, a mark at the start that says UTF-8, lines as Windows ends them."""
    return _BOM + rows.write_csv(separator=";", line_terminator="\r\n").encode("utf-8")


def _named(member: pl.Expr, menu: Menu) -> pl.Expr:
    return member.replace_strict(menu.names, default=None, return_dtype=pl.String)
