"""Frames that reports are written from: the rows of the books behind explanations and the informatietool."""

from __future__ import annotations

from typing import NewType

import polars as pl

TracedAmounts = NewType("TracedAmounts", pl.DataFrame)
"""Entitlements with their trace: decision_id, vestiging, school_type, component, board, brin, amount and `traced`
(the same amount in the trace, both euros or dollars in DECIMAL(18,2)), and the other columns of `trace`."""

AnnualInstalments = NewType("AnnualInstalments", pl.DataFrame)
"""Instalments as they follow from the amounts of the year, without adjustments: decision_id, vestiging,
school_type, component, month, amount (DECIMAL(18,2))."""

KnownSchools = NewType("KnownSchools", pl.DataFrame)
"""The directory and the schools that only a count names: vestiging, brin, board, name, place, valid_from; and rows
with a samenwerkingsverband alone, or with a gemeente (its number) and its name."""

MaskedPupils = NewType("MaskedPupils", pl.DataFrame)
"""Ranges of pupils in masked files: file, reference_date, vestiging, school_type, lowest, highest."""

DecisionFiles = NewType("DecisionFiles", pl.DataFrame)
"""Files a decision uses: delivery_id, used_for, kind, file, sha256, rows, rejected, reference_date,
superseded_by."""

DeclaredCorrections = NewType("DeclaredCorrections", pl.DataFrame)
"""Rows of `source_corrections` without their delivery_id."""

LedgerRows = NewType("LedgerRows", pl.DataFrame)
"""Rows of the view `ledger`."""

CountedUnits = NewType("CountedUnits", pl.DataFrame)
"""Counts and scores as each regulation counts them: regulation, vestiging, school_type (by the regulation),
counted_as (by the file), cluster, delivery_id, measure, number (pupils or points)."""

ToolDecisions = NewType("ToolDecisions", pl.DataFrame)
"""The decisions of an informatietool, by currency: decision_id, currency, reference_date, decided_at."""

ToolSchools = NewType("ToolSchools", pl.DataFrame)
"""Schools with an amount or a gap, by vestiging: vestiging, brin, name, place, municipality, board."""

ToolAmounts = NewType("ToolAmounts", pl.DataFrame)
"""Amounts by vestiging and rule: vestiging, rule (a position in `ToolData.rules`), counted_e2 and quantity_e2 (in
hundredths), unrounded (text; null where rounding changes nothing), shares_rounding (with part of a cent of the
vestigingen before it), cents."""

ToolInstalments = NewType("ToolInstalments", pl.DataFrame)
"""Instalments by vestiging, rule and month: vestiging, rule, month, cents."""

SchoolGaps = NewType("SchoolGaps", pl.DataFrame)
"""The gaps of schools: vestiging, gap (a position in `ToolData.gaps`)."""

HiddenComponents = NewType("HiddenComponents", pl.DataFrame)
"""Amounts in the books that the informatietool excludes: vestiging, component."""

SchoolAmounts = NewType("SchoolAmounts", pl.DataFrame)
"""`ToolAmounts` with component, school_type and currency of the rule, and the columns of `ToolSchools`."""

NumberedAmounts = NewType("NumberedAmounts", pl.DataFrame)
"""`TracedAmounts` with the number of the rule behind each: rule."""

MeasuredUnits = NewType("MeasuredUnits", pl.DataFrame)
"""Counts and scores of schools under a regulation: vestiging, school_type, measure, counted (DECIMAL(18,2))."""

MunicipalSupport = NewType("MunicipalSupport", pl.DataFrame)
"""The columns of view `municipal_support`, by municipality and year."""

ToolSums = NewType("ToolSums", pl.DataFrame)
"""Sums per school, board or municipality (the first column) and currency, in cents: columns of the schools,
currency, an amount per component (null where there is none), total, schools, rules, school_types, gaps."""

# Specifications of payments. PART: school_year, scheme (title of the regulation), currency. PLACE: brin,
# vestiging, name, place (both null where no list of schools has them). Amounts are DECIMAL(18,2) in `currency`.

SPECIFIED = {"school_year": pl.String, "scheme": pl.String, "currency": pl.String}
SPECIFIED_PLACE = {"brin": pl.String, "vestiging": pl.String, "name": pl.String, "place": pl.String}
_MONEY = pl.Decimal(18, 2)
_SPECIFIED_AMOUNT: dict[str, pl.DataType | type[pl.DataType]] = {
    "board": pl.String,
    **SPECIFIED,
    **SPECIFIED_PLACE,
    "school_type": pl.String,
    "component": pl.String,
}

BoardsPaid = NewType("BoardsPaid", pl.DataFrame)
"""paid_month, board."""

PartsPaid = NewType("PartsPaid", pl.DataFrame)
"""Rows of view `ledger` of boards: board, school_year, currency, brin, vestiging, school_type, component, kind
(`instalment` or `correction`), month, cause (null for an instalment), decision_id, amount, payment_id."""

ComponentRegulations = NewType("ComponentRegulations", pl.DataFrame)
"""school_year, currency, school_type, component, regulation (names of its files), decision_id (the last by it)."""

PaidParts = NewType("PaidParts", pl.DataFrame)
"""Payments to boards in a month: board, PART, PLACE, school_type, component, kind (`instalment` or
`correction`), month (that it is for), cause (null for an instalment), decision_id, amount, payment_id,
end_to_end_id (of the transfer that it was in last; null where there is none), state (of `PaymentTransfers`)."""
PAID_PARTS: dict[str, pl.DataType | type[pl.DataType]] = {
    **_SPECIFIED_AMOUNT,
    "kind": pl.String,
    "month": pl.Date,
    "cause": pl.String,
    "decision_id": pl.String,
    "amount": _MONEY,
    "payment_id": pl.String,
    "end_to_end_id": pl.String,
    "state": pl.String,
}

PartsToCome = NewType("PartsToCome", pl.DataFrame)
"""Amounts that months to come bring boards: board, PART, PLACE, school_type, component, month (of payment), kind
(`instalment`, `correction` or `withheld`), amount."""
PARTS_TO_COME: dict[str, pl.DataType | type[pl.DataType]] = {
    **_SPECIFIED_AMOUNT,
    "month": pl.Date,
    "kind": pl.String,
    "amount": _MONEY,
}

PaymentTransfers = NewType("PaymentTransfers", pl.DataFrame)
"""Transfers by which the payments of a month went out, a row per board, currency and transfer: board, currency,
state (`sent`, `accepted`, `rejected`, `booked`, `returned`; without a transfer `withheld` or `open`),
end_to_end_id, released_month, execution_date, iban, whole (amount of the transfer), reason_code and reason (of the
bank; without a transfer why it is withheld), amount (of the payments of the month). Null where there is none."""
PAYMENT_TRANSFERS: dict[str, pl.DataType | type[pl.DataType]] = {
    "board": pl.String,
    "currency": pl.String,
    "state": pl.String,
    "end_to_end_id": pl.String,
    "released_month": pl.Date,
    "execution_date": pl.Date,
    "iban": pl.String,
    "whole": _MONEY,
    "reason_code": pl.String,
    "reason": pl.String,
    "amount": _MONEY,
}

PlaceAmounts = NewType("PlaceAmounts", pl.DataFrame)
"""board, PART, PLACE, school_type, component, and its amounts: instalment, correction, withheld, amount (all)."""

PartTotals = NewType("PartTotals", pl.DataFrame)
"""board, PART, and the amounts of `PlaceAmounts`."""

PaidCauses = NewType("PaidCauses", pl.DataFrame)
"""Corrections: board, PART, PLACE, school_type, component, decision_id, cause, first and last (month that it is
for), amount (not 0)."""

MonthsToCome = NewType("MonthsToCome", pl.DataFrame)
"""board, PART, month, and the amounts of `PlaceAmounts`."""

BoardLedger = NewType("BoardLedger", pl.DataFrame)
"""Payments to one board in whole months: payment_id, run_id, paid_at, paid_month, school_year, brin, vestiging,
school_type, component, reason, cause, amount (DECIMAL(18,2)), currency, end_to_end_id (of the transfer that it is
in; null where it is in none, or only in one that failed). A correction is a row per cause; the cause of another
payment is `instalment`."""

JournalLines = NewType("JournalLines", pl.DataFrame)
"""Lines of the journal of one board, in order: the columns of `JOURNAL_LINES`."""

JOURNAL_LINES = {
    "currency": pl.String,
    "entry": pl.String,
    "paid_month": pl.Date,
    "document_date": pl.Date,
    "run_id": pl.String,
    "line": pl.Int64,
    "account": pl.String,
    "cost_centre": pl.String,
    "text": pl.String,
    "reference": pl.String,
    "debit_cents": pl.Int64,
    "credit_cents": pl.Int64,
    "brin": pl.String,
    "school_year": pl.String,
    "component": pl.String,
    "school_type": pl.String,
    "reason": pl.String,
    "cause": pl.String,
}
"""`entry`: its number, unique in a currency. `document_date`: day of the payment run in the Netherlands. One of
`debit_cents` and `credit_cents` is above 0. The last six are null on the lines of the receivable, and `cause` is
where lines are not per cause."""

ExportedRows = NewType("ExportedRows", pl.DataFrame)
"""The rows of a table or view of the books that are of one board, in its columns."""

PublishedRows = NewType("PublishedRows", pl.DataFrame)
"""The rows of a table or view of the books that are published for many readers, in its columns."""
