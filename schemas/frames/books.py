"""Frames that the queries of the books return, where these are not the rows of one table."""

from __future__ import annotations

from typing import NewType

import polars as pl

from schemas.frames.intake import Columns

DeliverySubjects = NewType("DeliverySubjects", pl.DataFrame)
"""delivery_id, subject: the vestigingen, BRINs or municipalities (by number) that a delivery reports on."""

CorrectedLines = NewType("CorrectedLines", pl.DataFrame)
"""delivery_id, file, line, column_name, action, reason, reported_by, expires."""

ResolvedLines = NewType("ResolvedLines", pl.DataFrame)
"""file, delivery_id, lines, resolved_by, by_file: the number of rejected lines that a later delivery resolves."""

ResolutionFaults = NewType("ResolutionFaults", pl.DataFrame)
"""fault (words), resolved_by, delivery_id, line."""

RejectedLines = NewType("RejectedLines", pl.DataFrame)
"""delivery_id, line."""

OpenRejections = NewType("OpenRejections", pl.DataFrame)
"""file, rows, rules (text: `3 not_a_date, 1 negative`)."""

RejectionMismatches = NewType("RejectionMismatches", pl.DataFrame)
"""delivery_id, rejected (as stated), found (in quarantine)."""

SupersessionMismatches = NewType("SupersessionMismatches", pl.DataFrame)
"""delivery_id, superseded_by, expected."""

CurrentReports = NewType("CurrentReports", pl.DataFrame)
"""delivery_id, kind, board, period (a calendar year or a school year, as text)."""

CountedGroups = NewType("CountedGroups", pl.DataFrame)
"""delivery_id, kind, reference_date, vestiging, school_type, cluster; of scores and lists the last two are null.

In a list that is not about vestigingen, `vestiging` holds the BRIN or the number of the municipality."""

PastInputs = NewType("PastInputs", pl.DataFrame)
"""run_id (of the decision), used_for, delivery_id, reference_date (of the delivery)."""

BoardSchools = NewType("BoardSchools", pl.DataFrame)
"""board, brin."""

UnknownDeliveries = NewType("UnknownDeliveries", pl.DataFrame)
"""decision_id, files (text): the later files that a decision was made without."""

MonthsPaid = NewType("MonthsPaid", pl.DataFrame)
"""paid_month, runs, payments, boards, total, currency, recipients (boards among them)."""

AmountsToCome = NewType("AmountsToCome", pl.DataFrame)
"""month, amount, currency."""

NamedRuns = NewType("NamedRuns", pl.DataFrame)
"""run_id, command, month, finished_at, payments, prepared_by, approved_by (names as given, null where none),
manifest."""

RunTotals = NewType("RunTotals", pl.DataFrame)
"""run_id, then payments, total, total_usd as the run stated them, then the same as its payments add up."""

LedgerMismatches = NewType("LedgerMismatches", pl.DataFrame)
"""year, board, currency, received (by the accounts), paid (by the ledger)."""

BoardErrors = NewType("BoardErrors", pl.DataFrame)
"""year, errors, boards."""

ReplacedInputs = NewType("ReplacedInputs", pl.DataFrame)
"""decision_id, files (text: those of a kind and date that it rests on and that were superseded), delivery_ids
(list: what counts in their place now), is_same (whether that counts the same)."""
REPLACED_INPUTS: Columns = {
    "decision_id": pl.String,
    "files": pl.String,
    "delivery_ids": pl.List(pl.String),
    "is_same": pl.Boolean,
}

ReconciliationFaults = NewType("ReconciliationFaults", pl.DataFrame)
"""run_id, code, component, of_ours, of_difference, of_outcome: what is wrong with a row, in words; else null."""

DecidedDeliveries = NewType("DecidedDeliveries", pl.DataFrame)
"""decision_id, delivery_id."""

UnknownFiles = NewType("UnknownFiles", pl.DataFrame)
"""decision_id, delivery_id, file: the later files that a decision was made without."""

SubsidyDecisions = NewType("SubsidyDecisions", pl.DataFrame)
"""decision_id, school_year: decisions on subsidies alone."""

PaymentRuns = NewType("PaymentRuns", pl.DataFrame)
"""run_id, month (the date of its first day)."""

RowsOfRuns = NewType("RowsOfRuns", pl.DataFrame)
"""owner (the run), rows (how many)."""
