"""Tables of the accountability of a calendar year: the reports of boards, and the accounts made of them."""

from __future__ import annotations

from typing import NewType

import polars as pl

from schemas.columns import (
    CAUSES,
    COMPONENT,
    CURRENCIES,
    SCHOOL_TYPES,
    boolean,
    code,
    column,
    day,
    first_of_month,
    money,
    money_not_negative,
    one_of,
    table,
    text,
    whole,
)
from schemas.rules import BOARD, BRIN, SCHOOL_YEAR

LEVELS = ("school", "bovenschools")
"""Levels of spending: by the school itself, or by its board for several schools together (bovenschools)."""

SEVERITIES = ("error", "warning", "note")
BASES = ("law", "programme", "choice")
"""The basis of a finding: an article, the terms of the programme, or a check of this program."""

TREATMENTS = ("bestemmingsreserve", "overlopende_passiva")
"""The treatment of money that is left over in the annual accounts; sources differ (domain notes, section 7)."""

CATEGORY = r"^[A-F]$"
SHARE = pl.Decimal(9, 4)

Spending = NewType("Spending", pl.DataFrame)
SPENDING = table(
    "spending",
    "Valid rows of what boards report they spent; of a board and year only its latest delivery counts.",
    {
        "delivery_id": text(),
        "line": whole(),
        "board": code(BOARD),
        "brin": code(BRIN),
        "year": whole(),
        "category": code(CATEGORY),
        "intervention": text("Name of the intervention as the board wrote it, made safe to show."),
        "level": one_of(LEVELS),
        "amount": money(
            "Amount spent, in the currency that the school is paid in; below zero for a credit note. Those of an "
            "intervention never come to less than zero."
        ),
        "external": money(),
        "reason": text("Reason of an amount below zero, in the words of the board.", nullable=True),
    },
    ("delivery_id", "line"),
)

Consents = NewType("Consents", pl.DataFrame)
CONSENTS = table(
    "consents",
    "Valid rows of what boards report on consent, per school and school year; only the latest delivery counts.",
    {
        "delivery_id": text(),
        "line": whole(),
        "board": code(BOARD),
        "brin": code(BRIN),
        "school_year": code(SCHOOL_YEAR),
        "school_scan": boolean("Whether the school made its school scan."),
        "mr_consent": boolean("Whether the participation council (MR) consented."),
        "mr_date": day("Day of the consent of the MR; null where none was reported.", nullable=True),
        "board_level_agreed": money_not_negative("Amount agreed to be spent by the board for several schools."),
        "gmr_consent": boolean("Whether the joint participation council (GMR) consented."),
        "gmr_date": day("Day of the consent of the GMR; null where none was reported.", nullable=True),
        "parents_involved": text("How parents were involved, in the words of the board.", nullable=True),
        "municipality_informed": boolean(
            "Whether the municipality was informed; null where nothing was reported.", nullable=True
        ),
        "result": text("What came of it, in the words of the board.", nullable=True),
    },
    ("delivery_id", "line"),
)

Accounts = NewType("Accounts", pl.DataFrame)
ACCOUNTS = table(
    "accounts",
    "One row each time a year was accounted for, with totals and the texts of the rules it was judged by.",
    {
        "run_id": text(),
        "year": whole(),
        "sequence": whole("Number of the account of this year, from 1."),
        "accounted_on": day("Day on which the account was made."),
        "treatment": one_of(TREATMENTS),
        "menukaart": text("Names of the files with the menukaart and the rules on accountability."),
        "menukaart_sha256": text("SHA-256 of each of those texts, as kept in `regulations`, joined by `+`."),
        "boards": whole("Number of boards."),
        "schools": whole("Number of schools of boards."),
        "received": money("Amount received in the year, in euro."),
        "received_usd": money("Amount received in the year, in US dollars."),
        "spent": money("Amount spent in the year, in euro."),
        "spent_usd": money("Amount spent in the year, in US dollars."),
        "carried_out": money("Amount left over at the end of the year, in euro."),
        "carried_out_usd": money("Amount left over at the end of the year, in US dollars."),
        "errors": whole("Findings of severity error."),
        "warnings": whole("Findings of severity warning."),
        "notes": whole("Findings of severity note."),
        "corrections": money("Corrections of closed years in what is left over, in euro."),
        "corrections_usd": money("Corrections of closed years in what is left over, in US dollars."),
    },
    ("run_id",),
)

Findings = NewType("Findings", pl.DataFrame)
FINDINGS = table(
    "findings",
    "What is wrong in the accounts of a board, or worth knowing, in Dutch, because a board reads it.",
    {
        "year": whole(),
        "board": code(BOARD),
        "brin": code(BRIN, "School (BRIN) that it is about; null where the board is meant.", nullable=True),
        "rule": text("Name of the finding."),
        "severity": one_of(SEVERITIES, "An error keeps the filing back, a warning needs a look, a note informs."),
        "basis": one_of(
            BASES,
            "What the finding rests on: an article (law), terms of the programme that are in no regulation, or a "
            "choice of this program; null in accounts that are older than the distinction.",
            nullable=True,
        ),
        "amount": money(
            "Amount that it is about, in the currency of the school; null where there is none.", nullable=True
        ),
        "message": text("The finding in words, in Dutch."),
        "article": text(),
        "advice": text("What the board can do, in Dutch."),
        "file": text("Name of the delivered file that it is in; null where it is in none.", nullable=True),
        "line": whole("Line of that file; 1 is the header.", nullable=True),
        "currency": one_of(
            CURRENCIES,
            "The accounts that it is about; null where it is about a board as a whole, and in older accounts.",
            nullable=True,
        ),
    },
)

Accountability = NewType("Accountability", pl.DataFrame)
ACCOUNTABILITY = table(
    "accountability",
    "One row per year, school of a board and currency, of the latest account of the year.",
    {
        "year": whole(),
        "board": code(BOARD),
        "brin": code(BRIN),
        "carried_in": money("Amount left over from the year before, in the currency of the row."),
        "received": money(),
        "spent": money_not_negative(),
        "external": money_not_negative(),
        "board_level": money_not_negative("Part of the spending by the board for several schools together."),
        "carried_out": money(),
        "mr_consent": boolean(nullable=True),
        "gmr_consent": boolean(nullable=True),
        "accrued": money(),
        "school_scan": boolean(nullable=True),
        "currency": one_of(CURRENCIES),
        "treatment": one_of(TREATMENTS),
        "run_id": text(),
        "transferred": money(
            "Reserve that moved with the school in the year: above zero from another board, below zero to one."
        ),
        "corrections": money("Corrections of closed years in what is left over (`accountability_corrections`)."),
        "accrued_corrections": money("Corrections of what accrues to closed years."),
    },
    ("year", "board", "brin", "currency"),
)

AccountabilityCorrections = NewType("AccountabilityCorrections", pl.DataFrame)
ACCOUNTABILITY_CORRECTIONS = table(
    "accountability_corrections",
    "What came in of a closed year after it was closed, in the open year that it is accounted for in: what the "
    "closed year would be now, less what is closed and what closed years since corrected of it.",
    {
        "year": whole("Calendar year in which the correction is accounted for."),
        "of_year": whole("Closed calendar year that is corrected."),
        "board": code(BOARD),
        "brin": code(BRIN),
        "received": money("Correction of the amount received."),
        "spent": money("Correction of the amount spent."),
        "external": money("Correction of the part that went to staff not in employment."),
        "board_level": money("Correction of the part spent by the board for several schools together."),
        "transferred": money("Correction of the reserve that moved with the school."),
        "accrued": money("Correction of the amount that accrues to the closed year."),
        "currency": one_of(CURRENCIES),
    },
    ("year", "of_year", "board", "brin", "currency"),
)

AccountabilityClaims = NewType("AccountabilityClaims", pl.DataFrame)
ACCOUNTABILITY_CLAIMS = table(
    "accountability_claims",
    "What a board claims of others or owes them by 31 December, as known when the year was accounted for: above "
    "zero it receives, below zero it pays. What boards have settled between them is not known here.",
    {
        "year": whole(),
        "board": code(BOARD),
        "other_board": code(BOARD, "The other board; null where the next payment run settles it.", nullable=True),
        "brin": code(BRIN),
        "school_year": code(SCHOOL_YEAR, "School year that the money is of."),
        "month": first_of_month("Month that it is for, as the date of its first day; of the year or before."),
        "cause": one_of(CAUSES, "Why it is due, as in view `receivables`."),
        "settled_by": one_of(("the boards", "payment run"), "Who settles it, as in view `receivables`."),
        "amount": money("Amount, in the currency of the row."),
        "currency": one_of(CURRENCIES),
    },
    ("year", "board", "other_board", "brin", "school_year", "month", "cause", "settled_by", "currency"),
)

ClosedYears = NewType("ClosedYears", pl.DataFrame)
CLOSED_YEARS = table(
    "closed_years",
    "The calendar years that are closed: their accounts change no more, and corrections are in the open year.",
    {
        "run_id": text(),
        "year": whole(),
        "account": text("The run that made the accounts that are closed."),
        "closed_on": day("Day on which the year was closed."),
        "prepared_by": text("Who prepared the closing; null where that was not asked.", nullable=True),
        "approved_by": text("Who approved the closing; null where that was not asked.", nullable=True),
        "plan": text("Hash of the accounts as they were closed, by which the closing was approved."),
    },
    ("year",),
)

ReserveTransfers = NewType("ReserveTransfers", pl.DataFrame)
RESERVE_TRANSFERS = table(
    "reserve_transfers",
    "Reserves that moved with a school from one board to another (overdracht saldo), as each of both reports it; "
    "of a board and year only its latest delivery counts.",
    {
        "delivery_id": text(),
        "line": whole(),
        "board": code(BOARD, "The board of the two that reports it; a row of both is here twice."),
        "year": whole(),
        "from_board": code(BOARD, "The board that the school left."),
        "to_board": code(BOARD, "The board that the school went to."),
        "brin": code(BRIN),
        "amount": money_not_negative("Amount that moved, in the currency that the school is paid in."),
        "moved_on": day("Day on which it moved."),
    },
    ("delivery_id", "line", "board"),
)

OUTCOMES = ("filed", "read", "fault", "removed")
"""The outcomes of a pack: with a filing, only to be read, a page that says that there is none, or taken away."""

Packs = NewType("Packs", pl.DataFrame)
PACKS = table(
    "packs",
    "Files of reports, as the run that wrote them left them on the disk; of a pack its latest run counts.",
    {
        "run_id": text(),
        "year": whole(),
        "pack": text(
            "Its folder under `reports` and the year: the number of a board (with two currencies: `41999-USD`), "
            "or `landelijk`."
        ),
        "made_from": code(r"^[0-9a-f]{64}$", "SHA-256 of the rows that the pack was made from."),
        "outcome": one_of(
            OUTCOMES, "With a filing, only to be read, a page that says that there is no report, or taken away."
        ),
        "file": text("Path of the file in the folder; null where the pack was taken away.", nullable=True),
        "sha256": code(r"^[0-9a-f]{64}$", "SHA-256 of the file; null where there is none.", nullable=True),
    },
)

MANNERS = ("npo_answers", "other_answers", "overview", "annual_report")
"""The manners of accounting, besides the annual report: answers via XBRL, an overview apart, or nothing more."""

AccountabilityReceipts = NewType("AccountabilityReceipts", pl.DataFrame)
ACCOUNTABILITY_RECEIPTS = table(
    "accountability_receipts",
    "Receipts of a school per component and how they are accounted for, of the latest account of a year.",
    {
        "year": whole(),
        "board": code(BOARD),
        "brin": code(BRIN),
        "school_year": code(SCHOOL_YEAR, "School year that the money is of."),
        "component": code(COMPONENT),
        "school_type": one_of(SCHOOL_TYPES),
        "received": money("Amount received; over a school these add up to `received` of `accountability`."),
        "accounted_under": one_of(
            MANNERS,
            "Besides the annual report: answers via XBRL for the programme (`npo_answers`) or by another "
            "regulation, an overview apart, or nothing more; null where the rules do not know the component.",
            nullable=True,
        ),
        "article": text("The article that says so; null where none is known.", nullable=True),
        "currency": one_of(CURRENCIES),
    },
    ("year", "board", "brin", "school_year", "component", "school_type", "currency"),
)

AccountabilityInterventions = NewType("AccountabilityInterventions", pl.DataFrame)
ACCOUNTABILITY_INTERVENTIONS = table(
    "accountability_interventions",
    "The spending of a school per intervention and level, of the latest account of a year.",
    {
        "year": whole(),
        "board": code(BOARD),
        "brin": code(BRIN),
        "category": code(CATEGORY),
        "intervention": text("Name on the menukaart, or as the board wrote it where it is not on it."),
        "level": one_of(LEVELS),
        "amount": money_not_negative("Amount spent, in the currency of the row."),
        "external": money_not_negative(),
        "share": column(
            SHARE, "Part of all that the school spent, from 0 to 1; null where that is 0.", nullable=True
        ),
        "on_menu": boolean("Whether the intervention is on the menukaart of the year."),
        "currency": one_of(CURRENCIES),
    },
    ("year", "board", "brin", "category", "intervention", "level"),
)
