"""Frames of the year-end accounts and of the reports made from them: their columns and units.

SCHOOL: board, brin. Amounts are DECIMAL(18,2) in euros or dollars, or whole cents (Int64) where it says so.
"""

from __future__ import annotations

from typing import NewType

import polars as pl

# The accounts of a year.

YearReceipts = NewType("YearReceipts", pl.DataFrame)
"""All that boards were ever paid: paid_month, school_year, school_type, component, SCHOOL, currency, amount."""

AccountedReceipts = NewType("AccountedReceipts", pl.DataFrame)
"""The columns of YearReceipts, accounted_under, article (both null where the rules do not know the component)."""

PaidForMonths = NewType("PaidForMonths", pl.DataFrame)
"""Payments by the month that they are for: school_year, currency, vestiging, month, cause, paid_to (the board
that was paid), amount."""

OpenAmounts = NewType("OpenAmounts", pl.DataFrame)
"""Amounts that the next payment run settles: school_year, currency, vestiging, month, cause, board, amount."""

ReportClaims = NewType("ReportClaims", pl.DataFrame)
"""The columns of table `accountability_claims`, other_name (of the other board; null where no list names it),
since (the first year whose accounts have this claim)."""

DecidedTotals = NewType("DecidedTotals", pl.DataFrame)
"""Amounts that the decisions in force make due in a school year: school_year, vestiging, currency, amount, month
(in which it falls altogether; null where it is of the whole year)."""

DeliveryFiles = NewType("DeliveryFiles", pl.DataFrame)
"""delivery_id, file (its name)."""

OpenRejections = NewType("OpenRejections", pl.DataFrame)
"""Rejected rows that their board has not delivered again since: board, file, line, message."""

YearChanges = NewType("YearChanges", pl.DataFrame)
"""New data of years that were accounted for before it came: year, what (`payments`, `claims`, `spending`,
`transfers`, `decisions` or `consents`)."""

SchoolYears = NewType("SchoolYears", pl.DataFrame)
"""The school years for which a school got money: SCHOOL, school_year."""

AmountsBySchool = NewType("AmountsBySchool", pl.DataFrame)
"""SCHOOL, and columns of amounts in cents."""

YearCorrections = NewType("YearCorrections", pl.DataFrame)
"""Corrections of closed years: of_year, SCHOOL, received, spent, external, board_level, transferred, accrued
(cents)."""

ReportTransfers = NewType("ReportTransfers", pl.DataFrame)
"""Reserves that moved, a row for each board: board, brin, from_board, to_board, moved_on, from_told, to_told
(null where that board reports nothing of it), amount (that counts), currency, from_name, to_name (by the list
of boards). Amounts are DECIMAL(18,2)."""
REPORT_TRANSFERS: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("board", "brin", "from_board", "to_board"), pl.String),
    "moved_on": pl.Date,
    **dict.fromkeys(("from_told", "to_told", "amount"), pl.Decimal(18, 2)),
    "currency": pl.String,
    **dict.fromkeys(("from_name", "to_name"), pl.String),
}

CountedTransfers = NewType("CountedTransfers", pl.DataFrame)
"""Reserves that moved with a school: from_board, to_board, brin, from_told, to_told (cents; null where that board
reports nothing of it), amount (cents that count), moved_on,
currency; where findings are made also fits (the school went so by then)."""

Currencies = NewType("Currencies", pl.DataFrame)
"""brin, currency."""

BoardCurrencies = NewType("BoardCurrencies", pl.DataFrame)
"""board, currency."""

WrittenInterventions = NewType("WrittenInterventions", pl.DataFrame)
"""category, written: interventions as boards wrote them."""

MenuMatches = NewType("MenuMatches", pl.DataFrame)
"""Interventions looked up on the menukaart: category, written, intervention (the official name), menu_status
(`on`, `maybe`, `off`), hint (Dutch: another name that may be meant; null where it is on the menukaart)."""

InterventionKeys = NewType("InterventionKeys", pl.DataFrame)
"""The key (`a1`) of every intervention that was ever on the menukaart: category, intervention, key."""

SpendingLines = NewType("SpendingLines", pl.DataFrame)
"""Spending of a year with its interventions looked up: SCHOOL, the columns of MenuMatches, level, amount, external
(cents), file, line, reason (of an amount below zero)."""

InterventionSums = NewType("InterventionSums", pl.DataFrame)
"""SCHOOL, category, intervention, level, amount, external (cents), share (in 0.0001 of the spending of the school;
null where that is 0), on_menu."""

SchoolConsents = NewType("SchoolConsents", pl.DataFrame)
"""SCHOOL, school_scan, mr_consent, gmr_consent."""

SchoolAccounts = NewType("SchoolAccounts", pl.DataFrame)
"""The accounts of a year before they become rows of table `accountability`: SCHOOL, carried_in, received, spent,
external, board_level, carried_out, accrued, transferred, corrections, accrued_corrections (cents), the columns of
SchoolConsents, currency."""

FindingRows = NewType("FindingRows", pl.DataFrame)
"""The findings of a rule: the columns of FINDING_ROWS; `amount` in cents, all but `board` and the texts
may be null."""
FINDING_ROWS = {
    "board": pl.String,
    "brin": pl.String,
    "amount": pl.Int64,
    "message": pl.String,
    "advice": pl.String,
    "file": pl.String,
    "line": pl.Int64,
}

# The reports of a year.

SchoolNames = NewType("SchoolNames", pl.DataFrame)
"""SCHOOL, name, municipality: a row for each row of `accountability`."""

BoardNames = NewType("BoardNames", pl.DataFrame)
"""Names of boards: board, name. A board on no list of boards has no row."""


def no_board_names() -> BoardNames:
    """Return names of no board."""
    return BoardNames(pl.DataFrame(schema={"board": pl.String, "name": pl.String}))


ReceivedParts = NewType("ReceivedParts", pl.DataFrame)
"""Receipts by reason: SCHOOL, school_year, component, school_type, currency, instalments, corrections (money)."""
RECEIVED_PARTS: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("board", "brin", "school_year", "component", "school_type", "currency"), pl.String),
    **dict.fromkeys(("instalments", "corrections"), pl.Decimal(18, 2)),
}

ReportConsents = NewType("ReportConsents", pl.DataFrame)
"""SCHOOL, mr_date, gmr_date, parents_involved, municipality_informed, result, board_level_agreed: at most a row
per school."""

BoardBasis = NewType("BoardBasis", pl.DataFrame)
"""Sentences in Dutch (words) on the money of a board, per school year; kind `left_out` or `rests_on`."""

BOARD_BASIS = ("board", "currency", "kind", "school_year", "words")

SchoolTypes = NewType("SchoolTypes", pl.DataFrame)
"""brin, school_type: a row for each type of a school."""

NationalSummary = NewType("NationalSummary", pl.DataFrame)
"""dimension (`all`, `category`, `school_type`, `municipality`, `accounted_under`), value, currency, boards,
schools, received, spent, external, carried_out."""

NationalBoards = NewType("NationalBoards", pl.DataFrame)
"""A row per pack: board, name, currency, schools, carried_in, received, spent, transferred, corrections,
carried_out, incomplete (`ja`, `nee`), in_xbrl (`ja`, `nee`), reason (in Dutch; null where it is in the XBRL)."""

NationalYears = NewType("NationalYears", pl.DataFrame)
"""A row per calendar year and currency: boards, schools, and the amounts of NationalBoards."""

SchoolOpenings = NewType("SchoolOpenings", pl.DataFrame)
"""The schools on the workbook of a board: brin, name, received, carried_in, currency; by brin. The workbook adds
corrections (of closed years), asked (what came in that is asked about), funded (a list of its school years),
supported (A to E were spent on before), board_level_before, agreed_before, and spends (in this currency)."""

Facts = NewType("Facts", pl.DataFrame)
"""The facts of filings, in the columns of FACTS, all text.

`brin`: null of a fact of the board as a whole. `member`: null where it is not split by intervention, else
`A` to `F` for a category, `X` for what is not on the menukaart, or the key of an intervention (`a1`).
`level`: null where it is not split by level, else `school` or `bovenschools`. `period`: `duration`, `start`
(31 December of the year before) or `end` (31 December). `unit`: `EUR`, `USD`, `pure` or null. `value`: exactly
as in the filing: `-1234.56`, `0.1778`, `3`, `ja`, `2021-06-15`, a name. No fact has a null value.
"""
FACTS = ("board", "concept", "brin", "member", "level", "period", "unit", "value")

FactParts = NewType("FactParts", pl.DataFrame)
"""Facts with some of the columns of FACTS; those that are absent are null."""

MoneyFacts = NewType("MoneyFacts", pl.DataFrame)
"""Facts of amounts, with column cents."""

Figures = NewType("Figures", pl.DataFrame)
"""SCHOOL, and a column of cents per amount that is not split: `Received`, and `start` and `end` of the balance."""


Faults = NewType("Faults", pl.DataFrame)
"""Faults of filings. `fault`: the broken rule, as docs/reference/xbrl.md lists them. `where`: the fact, or line of
a file."""
FAULTS = {"board": pl.String, "fault": pl.String, "where": pl.String}

FactTable = NewType("FactTable", pl.DataFrame)
"""Facts in Dutch words, all text: BEVOEGD_GEZAG_NUMMER, BRIN_NUMMER, SCHOOL, JAAR, GEGEVEN, PEILDATUM, CATEGORIE,
INTERVENTIE, NIVEAU, EENHEID, GETAL (with a decimal comma), TEKST."""

AvailableMoney = NewType("AvailableMoney", pl.DataFrame)
"""The money that schools may spend: board, brin, available (euros, Decimal)."""
