"""The tables of a pack: the workbook of a board with a sheet per table, and its facts as one CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery.sanitize import sanitize
from npo_pipeline.money import MONEY
from npo_pipeline.reports.board_page.context import NEXT_PAYMENT, menu
from npo_pipeline.reports.report_data import ReportData
from npo_pipeline.reports.xbrl.concepts import BY_NAME, CONCEPTS, TOP
from npo_pipeline.reports.xbrl.facts import CONSENTS, answer_words, external_share
from npo_pipeline.reports.xlsx import Column, Row, Sheet, frame_sheet, write_sheets
from schemas.accounted import AccountabilityReceipts
from schemas.frames.accounts import Facts, FactTable

_SCHOOL = {"brin": Column("BRIN", width=8), "name": Column("School", width=36)}
_FINDINGS = {
    "severity": Column("Ernst", width=14),
    **_SCHOOL,
    "amount": Column("Bedrag", "money", 16),
    "message": Column("Bevinding", "wrapped", 60),
    "advice": Column("Wat te doen", "wrapped", 50),
    "basis": Column("Rust op", width=14),
    "article": Column("Bron", "wrapped", 40),
    "file": Column("Bestand", width=24),
    "line": Column("Regel", "whole", 8),
}
_RECEIPTS = {
    **_SCHOOL,
    "school_year": Column("Schooljaar", width=12),
    "component": Column("Onderdeel", width=24),
    "school_type": Column("Onderwijssoort", width=30),
    "currency": Column("Valuta", width=8),
    "received": Column(BY_NAME["Received"].nl, "money", 16, total=True),
    "accounted_under": Column("Te verantwoorden met", width=38),
    "article": Column("Artikel", "wrapped", 50),
}
_CLAIMS = {
    "party": Column("Met", width=36),
    **_SCHOOL,
    "school_year": Column("Schooljaar", width=12),
    "month": Column("Over de maand", width=14),
    "cause": Column("Vanwege", width=30),
    "since": Column("Voor het eerst in de verantwoording over", width=20),
    "currency": Column("Valuta", width=8),
    "amount": Column("Te ontvangen (+) of te betalen (-)", "money", 24, total=True),
}
_RECEIVED_PARTS = {
    "instalments": Column("Waarvan termijnen", "money", 16, total=True),
    "corrections": Column("Waarvan correcties van eerdere maanden", "money", 18, total=True),
}
_INTERVENTIONS = {
    **_SCHOOL,
    "category": Column("Categorie", width=40),
    "intervention": Column("Interventie", width=40),
    "level": Column("Niveau", width=14),
    "amount": Column(BY_NAME["Spent"].nl, "money", 16, total=True),
    "external": Column(BY_NAME["SpentExternal"].nl, "money", 16, total=True),
    "share": Column("Deel van de besteding", "share", 12),
    "on_menu": Column("Op de menukaart", width=20),
}
_TRANSFERS = {
    **_SCHOOL,
    "from_board": Column("Van bestuur", width=12),
    "to_board": Column("Naar bestuur", width=12),
    "moved_on": Column("Op", "day", 12),
    "from_told": Column("Opgegeven door het oude bestuur", "money", 18),
    "to_told": Column("Opgegeven door het nieuwe bestuur", "money", 18),
    "amount": Column("Telt voor beide", "money", 18),
}
_CORRECTIONS = {
    "of_year": Column("Afgesloten jaar", "text", 10),
    **_SCHOOL,
    "received": Column(BY_NAME["Received"].nl, "money", 16, total=True),
    "spent": Column(BY_NAME["Spent"].nl, "money", 16, total=True),
    "external": Column(BY_NAME["SpentExternal"].nl, "money", 16, total=True),
    "board_level": Column("Waarvan bovenschools besteed", "money", 16, total=True),
    "transferred": Column("Overgedragen saldo", "money", 16, total=True),
    "accrued": Column(BY_NAME["Accrued"].nl, "money", 16, total=True),
}
_CONSENT_FORMS = {"choice": ("text", 20), "date": ("day", 20), "text": ("wrapped", 50)}
_MORE_CONSENT = {
    "board_level_agreed": Column(
        "Bovenschools: bedrag waarmee de MR tot nu toe instemde", "money", 20, total=True
    ),
    "municipality_informed": Column("Gemeente geïnformeerd", width=16),
}
"""Answers that are no fact of a filing; they stand before those about the GMR."""

NOT_NEEDED = "n.v.t."
_FIGURES = (
    Column("Kerncijfer", width=44),
    Column("Bedrag", "money", 18),
    Column("Aandeel", "share", 10),
    Column("Aantal", "whole", 10),
    Column("Tekst", width=24),
)


_ABOUT = {
    "Bevindingen": "Bevindingen: wat fout is, om een blik vraagt of goed is om te weten",
    "Scholen": "Scholen: wat er was, is ontvangen en besteed, en wat overblijft",
    "Ontvangen": "Ontvangen: per school, schooljaar en onderdeel, en hoe het wordt verantwoord",
    "Te verrekenen": "Te verrekenen met andere besturen en met de volgende betaling: + te ontvangen, - te betalen",
    "Overgedragen saldo": "Overgedragen saldo: wat met een school naar een ander bestuur ging, naar beider opgave",
    "Correcties": "Correcties van eerdere jaren: wat na de afsluiting van een jaar over dat jaar binnenkwam",
    "Interventies": "Interventies: waaraan de scholen het geld hebben besteed",
    "Instemming": "Instemming: schoolscan, medezeggenschap, ouders, gemeente en resultaten per school",
    "Kerncijfers": "Kerncijfers van het bestuur als geheel",
}
"""The line on top of each sheet: the content of it."""


def workbook(facts: Facts, report: ReportData) -> bytes:
    """Return the workbook of one board. The same input gives the same bytes; no text becomes a formula."""
    (board,) = set(facts["board"].to_list())
    status = facts.filter(pl.col("concept") == "ReportStatus")["value"].item()
    name = report.board_name(board)
    title = f"Verantwoording NPO {report.year}, bevoegd gezag {board}{f', {name}' if name else ''} ({status})"
    figures = Sheet("Kerncijfers", _FIGURES, list(_figures(facts, report)), frozen=1, about=_ABOUT["Kerncijfers"])
    claims = [_claims(report)] if report.claims.height else []
    moved = [_transfers(report)] if report.transfers.height else []
    corrected = [_corrections(report)] if report.corrections.height else []
    money = (_schools(report), _receipts(report), *claims, *moved, *corrected, _interventions(report))
    sheets = [_findings(report), *money, _consents(report), figures]
    buffer = BytesIO()
    write_sheets(title, sheets, buffer, note=made_on(report))
    return buffer.getvalue()


def made_on(report: ReportData) -> str:
    """Return the line that says in which currency the amounts of a report are, and when it was made."""
    currencies = report.accountability["currency"].unique().sort()
    names = dutch.listed([dutch.CURRENCIES.get(one, one) for one in currencies]) or "euro"
    return f"Bedragen in {names}. Gemaakt op {dutch.day(report.accounted_on)}."


def _sheet(name: str, rows: pl.DataFrame, columns: Mapping[str, Column], frozen: int) -> Sheet:
    return frame_sheet(name, rows, columns, frozen, about=_ABOUT[name])


def _with_names(rows: pl.DataFrame, report: ReportData) -> pl.DataFrame:
    return rows.join(report.schools, on=["board", "brin"], how="left", maintain_order="left")


def _findings(report: ReportData) -> Sheet:
    if report.findings.is_empty():
        none = ["geen bevindingen", *[None] * (len(_FINDINGS) - 1)]
        return Sheet("Bevindingen", list(_FINDINGS.values()), [("", none)], frozen=1, about=_ABOUT["Bevindingen"])
    rows = _with_names(report.findings, report).with_columns(
        pl.col("severity").replace_strict(dutch.SEVERITIES),
        pl.col("basis").replace_strict(dutch.BASES, default=None, return_dtype=pl.String),
        currency=pl.lit(next(iter(report.accountability["currency"]), "")),
    )
    return _sheet("Bevindingen", rows, _FINDINGS, 1)


def _schools(report: ReportData) -> Sheet:
    carried, days = BY_NAME["CarriedOver"].nl, _balance_days(report.year)
    amounts = {
        "carried_in": f"{carried} op {days['start']}",
        "received": BY_NAME["Received"].nl,
        "accrued": BY_NAME["Accrued"].nl,
        "accrued_corrections": BY_NAME["AccruedCorrections"].nl,
        "spent": BY_NAME["Spent"].nl,
        "external": BY_NAME["SpentExternal"].nl,
        "board_level": "Waarvan bovenschools besteed",
        "transferred": "Overgedragen saldo (erbij +, eraf -)",
        "corrections": "Correcties van eerdere jaren",
        "carried_out": f"{carried} op {days['end']}",
    }
    columns = {
        **_SCHOOL,
        "municipality": Column("Gemeente", width=20),
        "currency": Column("Valuta", width=8),
        **{name: Column(title, "money", 16, total=True) for name, title in amounts.items()},
        "external_share": Column(BY_NAME["ExternalShare"].nl, "share", 14),
    }
    rows = _with_names(report.accountability, report).with_columns(external_share=external_share())
    return _sheet("Scholen", rows, columns, 2)


def _receipts(report: ReportData) -> Sheet:
    """Return a row per school, school year and component, with its corrections where they are known apart."""
    key = ["board", "brin", "school_year", "component", "school_type", "currency"]
    rows = report.receipts.join(report.received_parts, on=key, how="left", maintain_order="left")
    named = _receipts_in_words(replace(report, receipts=AccountabilityReceipts(rows)))
    before, after = list(_RECEIPTS.items())[:-2], list(_RECEIPTS.items())[-2:]
    parts = _RECEIVED_PARTS if report.received_parts.height else {}
    return _sheet("Ontvangen", named, {**dict(before), **parts, **dict(after)}, 2)


def _receipts_in_words(report: ReportData) -> pl.DataFrame:
    words: dict[str, Callable[[str], str]] = {
        "component": dutch.DUTCH.component,
        "school_type": dutch.DUTCH.school_type,
    }
    named = [
        pl.col(name).replace_strict({one: say(one) for one in report.receipts[name]}, return_dtype=pl.String)
        for name, say in words.items()
    ]
    manner = pl.col("accounted_under").replace_strict(dutch.MANNERS, default=dutch.MANNER_NOT_KNOWN)
    return _with_names(report.receipts.with_columns(*named, manner), report)


def _transfers(report: ReportData) -> Sheet:
    """Return a row per reserve that moved with a school: the report of each board, and the amount that counts."""
    return _sheet("Overgedragen saldo", _with_names(report.transfers, report), _TRANSFERS, 2)


def _corrections(report: ReportData) -> Sheet:
    """Return a row per closed year and school of which something came in later."""
    return _sheet("Correcties", _with_names(report.corrections, report), _CORRECTIONS, 3)


def _claims(report: ReportData) -> Sheet:
    rows = _claims_in_words(report).with_columns(pl.col("month").dt.strftime("%Y-%m"), pl.col("since").cast(str))
    return _sheet("Te verrekenen", rows, _CLAIMS, 2)


def _claims_in_words(report: ReportData) -> pl.DataFrame:
    """Return claims and debts with the party in words, and the cause in Dutch."""
    other = pl.format("{} ({})", "other_name", "other_board")
    party = pl.coalesce(other, pl.format("bestuur {}", "other_board"), pl.lit(NEXT_PAYMENT))
    cause = pl.col("cause").replace_strict(dutch.CAUSES, default=pl.col("cause"), return_dtype=pl.String)
    return _with_names(report.claims.with_columns(cause, party=party), report)


def _interventions(report: ReportData) -> Sheet:
    rows = _with_names(report.interventions, report).with_columns(
        pl.col("category").replace_strict(menu().names), answer_words("on_menu")
    )
    return _sheet("Interventies", rows, _INTERVENTIONS, 2)


def _consents(report: ReportData) -> Sheet:
    """Return a row per school. Where nothing was spent at board level, no consent of the GMR is needed."""
    concepts = {column: BY_NAME[name] for name, column in CONSENTS.items()}
    columns = {name: Column(one.nl, *_CONSENT_FORMS[one.kind]) for name, one in concepts.items()}
    choices = [name for name, one in concepts.items() if one.kind == "choice" and name != "gmr_consent"]
    answers = [answer_words(name) for name in (*choices, "municipality_informed")]
    schools = _with_names(report.accountability, report)
    rows = schools.join(report.consents, on=["board", "brin"], how="left", maintain_order="left")
    worded = rows.with_columns(*answers, gmr_words())
    place = list(columns).index("gmr_consent")
    ordered = [*list(columns.items())[:place], *_MORE_CONSENT.items(), *list(columns.items())[place:]]
    return _sheet("Instemming", worded, {**_SCHOOL, **dict(ordered)}, 2)


def gmr_words() -> pl.Expr:
    """Return the words for the consent of the GMR, which only board-level spending needs."""
    is_needed = (pl.col("board_level") > 0) | pl.col("gmr_consent").fill_null(False)
    return pl.when(is_needed).then(answer_words("gmr_consent")).otherwise(pl.lit(NOT_NEEDED)).alias("gmr_consent")


def _figures(facts: Facts, report: ReportData) -> Iterator[Row]:
    """Yield the facts of the board as a whole, those that are not split."""
    whole = facts.filter(pl.all_horizontal(pl.col("brin", "member", "level").is_null()))
    days = _balance_days(report.year)
    for name, period, unit, value in whole.select("concept", "period", "unit", "value").iter_rows():
        concept = BY_NAME[name]
        numbers = [Decimal(value) if concept.kind == kind else None for kind in ("money", "share", "count")]
        text = None if any(number is not None for number in numbers) else value
        name_and_day = f"{concept.nl} op {days[period]}" if period in days else concept.nl
        yield unit or "", [name_and_day, *numbers, text]


def _balance_days(year: int) -> dict[str, str]:
    """Return the day of the opening and of the closing balance of a year."""
    return {period: dutch.short_day(date(end, 12, 31)) for period, end in (("start", year - 1), ("end", year))}


_COUNTED = {"share": "aandeel", "count": "aantal"}
_KINDS = {one.name: one.kind for one in CONCEPTS}
_LABELS = {one.name: one.nl for one in CONCEPTS}


def fact_table(facts: Facts, year: int) -> FactTable:
    """Return the facts of one board or many with Dutch words, a row per fact. No text becomes a formula."""
    names = facts.filter(pl.col("concept") == "SchoolName").select("board", "brin", school="value")
    category = pl.col("member").replace_strict(menu().category, default=None, return_dtype=pl.String)
    top = pl.when(pl.col("member").is_in(TOP)).then(pl.col("member")).otherwise(category)
    is_number, kind, value = (
        pl.col("unit").is_not_null(),
        pl.col("concept").replace_strict(_KINDS),
        pl.col("value"),
    )
    text = pl.when(kind == "date").then(dutch.short_day_expr(value)).otherwise(sanitize(value))
    named = facts.join(names, on=["board", "brin"], how="left", maintain_order="left")
    table = named.select(
        BEVOEGD_GEZAG_NUMMER="board",
        BRIN_NUMMER="brin",
        SCHOOL=sanitize(pl.col("school")),
        JAAR=pl.lit(str(year)),
        GEGEVEN=pl.col("concept").replace_strict(_LABELS),
        PEILDATUM=pl.col("period").replace_strict(_balance_days(year), default=None, return_dtype=pl.String),
        CATEGORIE=_named(top),
        INTERVENTIE=pl.when(~pl.col("member").is_in(TOP)).then(_named(pl.col("member"))),
        NIVEAU="level",
        EENHEID=kind.replace_strict(_COUNTED, default=pl.col("unit"), return_dtype=pl.String),
        GETAL=pl.when(is_number).then(value.str.replace(".", ",", literal=True)),
        TEKST=pl.when(~is_number).then(text),
    )
    return FactTable(table)


def board_table(facts: Facts, report: ReportData) -> FactTable:
    """Return the facts of one board with Dutch words, and behind them its receipts per component and its findings.

    Those say how the money is accounted for, and what a finding rests on.
    """
    table = fact_table(facts, report.year)
    more = (
        *(_closing_row(report), _receipt_rows(report), _claim_rows(report), _consent_rows(report)),
        _finding_rows(report),
    )
    return FactTable(pl.concat([table, *(rows.select(table.columns) for rows in more)], how="vertical_relaxed"))


def _closing_row(report: ReportData) -> pl.DataFrame:
    """Return the row that says when the year was closed and by whom; none while it is open."""
    rows = report.accountability.select("board").unique().filter(pl.lit(report.closed_on is not None))
    day = dutch.short_day(report.closed_on) if report.closed_on else ""
    text = " door ".join(filter(None, (day, " en ".join(report.closed_by))))
    none = [pl.lit(None, pl.String).alias(name) for name in ("brin", "name", "amount")]
    named = pl.lit("Jaar afgesloten op")
    return _table_rows(rows.with_columns(none), report, named, amount="amount", text=pl.lit(text))


def _receipt_rows(report: ReportData) -> pl.DataFrame:
    name = pl.format("Ontvangen: {}, {}, {}", "component", "school_type", "school_year")
    article = pl.when(pl.col("article").is_null()).then(pl.lit("")).otherwise(pl.format(": {}", "article"))
    text = pl.format("Te verantwoorden met {}{}.", "accounted_under", article)
    return _table_rows(_receipts_in_words(report), report, name, amount="received", text=text)


def _claim_rows(report: ReportData) -> pl.DataFrame:
    """Return claims and debts: above zero to be received, below zero to be paid."""
    rows = _claims_in_words(report)
    month = pl.col("month").dt.strftime("%Y-%m")
    words = "Over {}, schooljaar {}, vanwege {}; voor het eerst in de verantwoording over {}."
    text = pl.format(words, month, "school_year", "cause", "since")
    return _table_rows(rows, report, pl.format("Te verrekenen met {}", "party"), amount="amount", text=text)


def _consent_rows(report: ReportData) -> pl.DataFrame:
    """Return what boards report on consent besides the facts: a row per school and answer."""
    own = report.accountability.select("board", "brin")
    rows = _with_names(report.consents, report).join(own, on=["board", "brin"], how="semi", maintain_order="left")
    agreed, informed = (pl.lit(one.title) for one in _MORE_CONSENT.values())
    told = rows.filter(pl.col("board_level_agreed").is_not_null())
    amounts = _table_rows(told, report, agreed, amount="board_level_agreed", text=pl.lit(None, pl.String))
    text, without = answer_words("municipality_informed"), rows.with_columns(none=pl.lit(None, MONEY))
    return pl.concat([amounts, _table_rows(without, report, informed, amount="none", text=text)])


def _finding_rows(report: ReportData) -> pl.DataFrame:
    severity = pl.col("severity").replace_strict(dutch.SEVERITIES)
    basis = pl.col("basis").replace_strict(dutch.BASES, default=None, return_dtype=pl.String)
    rests_on = pl.when(basis.is_null()).then(pl.lit("")).otherwise(pl.format(", rust op {}", basis))
    text = pl.format("{} Bron: {}.", "message", "article")
    rows = _with_names(report.findings, report)
    return _table_rows(rows, report, pl.format("Bevinding: {}{}", severity, rests_on), amount="amount", text=text)


def _table_rows(
    rows: pl.DataFrame, report: ReportData, name: pl.Expr, *, amount: str, text: pl.Expr
) -> pl.DataFrame:
    """Return rows that are no facts in the columns of a table of facts."""
    none, currency = pl.lit(None, pl.String), next(iter(report.accountability["currency"]), None)
    return rows.select(
        BEVOEGD_GEZAG_NUMMER="board",
        BRIN_NUMMER="brin",
        SCHOOL=sanitize(pl.col("name")),
        JAAR=pl.lit(str(report.year)),
        GEGEVEN=name,
        PEILDATUM=none,
        CATEGORIE=none,
        INTERVENTIE=none,
        NIVEAU=none,
        EENHEID=pl.when(pl.col(amount).is_not_null()).then(pl.lit(currency, pl.String)),
        GETAL=pl.col(amount).cast(pl.String).str.replace(".", ",", literal=True),
        TEKST=sanitize(text),
    )


def _named(member: pl.Expr) -> pl.Expr:
    return member.replace_strict(menu().names, default=None, return_dtype=pl.String)
