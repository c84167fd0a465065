"""Tables of what was decided and paid, and of the runs that did it."""

from __future__ import annotations

from typing import NewType

import pandera.polars as pa
import polars as pl

from schemas.columns import (
    AMOUNT_COLUMNS,
    AMOUNT_KEY,
    BENEFICIARY_COLUMNS,
    CAUSES,
    COMPONENT,
    CURRENCIES,
    OUTCOMES,
    REASONS,
    RECIPIENT,
    REGION,
    SCHEME,
    SCHOOL_TYPES,
    SETTLEMENTS,
    STATUSES,
    UNROUNDED,
    YES_NO,
    code,
    column,
    day,
    first_of_month,
    moment,
    money,
    money_not_negative,
    money_not_zero,
    one_of,
    quantity,
    rate,
    table,
    text,
    whole,
)
from schemas.rules import BOARD, BRIN, SCHOOL_YEAR, VESTIGING

Regulations = NewType("Regulations", pl.DataFrame)
REGULATIONS = table(
    "regulations",
    "The texts of the rules that decisions and accounts were made by, each once.",
    {
        "sha256": text("SHA-256 of the text, 64 hexadecimal digits."),
        "name": text("Name of the file."),
        "text": text("The file as it was, in YAML."),
    },
    ("sha256",),
)

Decisions = NewType("Decisions", pl.DataFrame)
DECISIONS = table(
    "decisions",
    "One row per decision; the decisions of a school year in one currency are a series, and the last is in force.",
    {
        "decision_id": text(),
        "school_year": code(SCHOOL_YEAR),
        "sequence": whole("Number of the decision in its school year and currency, from 1."),
        "regulation": text("Names of the regulation files; an overlay is joined to its file by `+`."),
        "regulation_sha256": text("SHA-256 of each of those texts, as kept in `regulations`."),
        "reference_date": day(),
        "reason": text("Reason of the decision as given; null for a first decision.", nullable=True),
        "decided_at": moment(),
        "total": money("Sum of its instalments and grants, in its currency."),
        "currency": one_of(CURRENCIES, "Currency of all its amounts."),
        "rests_on": text(
            "Assumptions in words: what no source states literally; null where there is none.", nullable=True
        ),
        "run_id": text(),
        "published": day(nullable=True),
        "valid_from": first_of_month(
            "First month with an instalment, as the date of its first day.", nullable=True
        ),
        "valid_to": first_of_month("Last month with an instalment, as the date of its first day.", nullable=True),
        "paid_until": first_of_month(
            "Last month that was paid before it, since the first decision of its series: changes up to then are "
            "corrections.",
            nullable=True,
        ),
        "prepared_by": text("Who prepared it; null where nobody was named.", nullable=True),
        "approved_by": text("Who approved it; null where nobody was named.", nullable=True),
    },
    ("decision_id",),
)

DecisionInputRows = NewType("DecisionInputRows", pl.DataFrame)
DECISION_INPUTS = table(
    "decision_inputs",
    "The deliveries that each decision rests on.",
    {
        "decision_id": text(),
        "delivery_id": text("The delivered file that was used."),
        "used_for": text("What it was used for: `pupils_po`, `pupils_vo`, `cumi`, `scores`, `changes`, ..."),
    },
    ("decision_id", "delivery_id", "used_for"),
)

AcceptedChanges = NewType("AcceptedChanges", pl.DataFrame)
ACCEPTED_CHANGES = table(
    "accepted_changes",
    "What a decision counts much more or less of than was counted before, and who accepted that.",
    {
        "decision_id": text(),
        "source": text("What is counted, as column `used_for` of `decision_inputs` names it."),
        "reference_date": day(nullable=True),
        "measure": text("`rows`, `schools`, or a measure that is counted."),
        "before": quantity("Sum of the files that were counted before."),
        "after": quantity("Sum of the files that this decision counts."),
        "files": text("Files that came."),
        "earlier_files": text("Files whose place they take."),
        "accepted_by": text(
            "Who accepted it: who approved the decision, else who prepared it; null where nobody was named.",
            nullable=True,
        ),
    },
    ("decision_id", "source", "reference_date", "measure"),
)

Entitlements = NewType("Entitlements", pl.DataFrame)
_OF_ONE_PART = "{}; null where the amount is made of several parts, which table `trace` holds."
ENTITLEMENTS = table(
    "entitlements",
    "Quantity times rate per beneficiary, school type and component; a supplement to it is in table `trace`.",
    {
        "decision_id": text(),
        "school_year": code(SCHOOL_YEAR),
        "board": code(
            BOARD,
            "School board that holds the school on the first day of the school year; null where another is paid.",
            nullable=True,
        ),
        "brin": code(BRIN, nullable=True),
        **AMOUNT_COLUMNS,
        "quantity": quantity(_OF_ONE_PART.format("Units that the rate is paid for"), nullable=True),
        "rate": rate(_OF_ONE_PART.format("Amount per unit, in the currency of the row"), nullable=True),
        "amount": money_not_negative("Amount for the whole school year or period, in the currency of the row."),
        "article": text(),
        "measure": text(_OF_ONE_PART.format("The measure that is counted"), nullable=True),
        "status": one_of(STATUSES),
        "currency": one_of(CURRENCIES),
        **BENEFICIARY_COLUMNS,
        "recipient": RECIPIENT,
    },
    ("decision_id", *AMOUNT_KEY),
)

Trace = NewType("Trace", pl.DataFrame)
TRACE = table(
    "trace",
    "The calculation of each entitlement, or of each part of it, written by the calculation itself.",
    {
        "decision_id": text(),
        "school_year": code(SCHOOL_YEAR),
        **AMOUNT_COLUMNS,
        "measure": text(),
        "counted_on": day(
            "Reference date of a school that started later; null where it is that of the rules.", nullable=True
        ),
        "counted": quantity("Units that were counted."),
        "threshold": whole("Units that are not paid for; null where there is no threshold.", nullable=True),
        "level": text("The threshold is taken once per `brin` or per `vestiging`.", nullable=True),
        "quantity": quantity(),
        "unit": text("Unit of the rate, such as `EUR per pupil`."),
        "rate": rate(),
        "small_below": whole(
            "It gets a supplement, because it has fewer pupils than this; null where it gets none.",
            nullable=True,
        ),
        "small_fixed": money_not_negative(
            "Fixed amount of that supplement, in the currency of the row.", nullable=True
        ),
        "small_decrease": rate("Amount that each pupil takes off the fixed amount.", nullable=True),
        "unrounded": column(
            UNROUNDED,
            "Exactly: quantity times rate; with a supplement, `small_fixed` less quantity times `small_decrease` "
            "on top.",
            check=pa.Check.ge(0),
        ),
        "unrounded_before": column(
            UNROUNDED,
            "The same of the school locations of the school (BRIN), or the parts of the amount of a municipality, "
            "that precede it and share its rounding; 0 where there is none, or each is rounded by itself.",
            check=pa.Check.ge(0),
        ),
        "amount": money_not_negative(
            "In whole cents, in the currency of the row: `unrounded_before` and `unrounded` together, rounded, "
            "less `unrounded_before`, rounded."
        ),
        "currency": one_of(CURRENCIES),
        "status": one_of(STATUSES),
        "article": text(),
        "source": text("Title of the publication that states the rate."),
        "url": text("Address of that publication."),
        "regulation": text("Name of the regulation file."),
        **BENEFICIARY_COLUMNS,
    },
    ("decision_id", *AMOUNT_KEY, "measure"),
)

Instalments = NewType("Instalments", pl.DataFrame)
INSTALMENTS = table(
    "instalments",
    "The amounts that fall due per month: the entitlements by month, with their adjustments.",
    {
        "decision_id": text(),
        "school_year": code(SCHOOL_YEAR),
        **AMOUNT_COLUMNS,
        "month": first_of_month("Month in which it falls due, as the date of its first day."),
        "amount": money_not_zero("Amount in the currency of the decision; never 0."),
        **BENEFICIARY_COLUMNS,
    },
    ("decision_id", *AMOUNT_KEY, "month"),
)

Adjustments = NewType("Adjustments", pl.DataFrame)
ADJUSTMENTS = table(
    "adjustments",
    "What a merger, closure, opening or amendment adds to an instalment or takes from it.",
    {
        "decision_id": text(),
        "school_year": code(SCHOOL_YEAR),
        **AMOUNT_COLUMNS,
        "month": first_of_month(),
        "cause": one_of(CAUSES, "The change: `merger`, `closure`, `opening` or `amendment`."),
        "other_vestiging": code(
            VESTIGING, "School location that it goes to or comes from; null where there is none.", nullable=True
        ),
        "amount": money_not_zero("Amount in the currency of the row; above zero is added, below zero taken off."),
        "currency": one_of(CURRENCIES),
        **BENEFICIARY_COLUMNS,
    },
    ("decision_id", *AMOUNT_KEY, "month", "cause", "other_vestiging"),
)

DueChanges = NewType("DueChanges", pl.DataFrame)
DUE_CHANGES = table(
    "due_changes",
    "What a decision makes due that the one before it did not, per month and cause; nothing of a first decision.",
    {
        "decision_id": text(),
        "school_year": code(SCHOOL_YEAR),
        **AMOUNT_COLUMNS,
        "month": first_of_month(),
        "cause": one_of(CAUSES),
        "amount": money_not_zero(),
        "currency": one_of(CURRENCIES),
        **BENEFICIARY_COLUMNS,
    },
    ("decision_id", *AMOUNT_KEY, "month", "cause"),
)

SettlementTerms = NewType("SettlementTerms", pl.DataFrame)
SETTLING = table(
    "settling",
    "How corrections of a school type and component are settled, by the regulation: one row per month of payment.",
    {
        "decision_id": text(),
        "school_type": one_of(SCHOOL_TYPES),
        "component": code(COMPONENT),
        "month": first_of_month("Month of payment, as the date of its first day."),
        "corrections": one_of(
            SETTLEMENTS, "A correction is paid whole in the next run, or spread over the months."
        ),
        "floor_zero": one_of(
            YES_NO, "Whether a payment is never below zero, so that a clawback waits for amounts due."
        ),
    },
    ("decision_id", "school_type", "component", "month"),
)

Grants = NewType("Grants", pl.DataFrame)
GRANTS = table(
    "grants",
    "The decision on each application for subsidy; this program does not pay them.",
    {
        "decision_id": text(),
        "school_year": code(SCHOOL_YEAR),
        "scheme": code(SCHEME),
        "board": code(BOARD, "Board that applied: five digits."),
        "brin": code(BRIN),
        "applied_on": day("Day of the application."),
        "pupils_applied": whole("Number of pupils applied for."),
        "amount_applied": money_not_negative("Amount applied for, in the currency of the row."),
        "pupils_allowed": whole("Number of pupils that subsidy may be granted for."),
        "amount": money_not_negative("Amount granted, in the currency of the row."),
        "outcome": one_of(OUTCOMES, "Whether it was granted, reduced or refused."),
        "reason": text("Why, in words."),
        "article": text(),
        "status": one_of(STATUSES),
        "currency": one_of(CURRENCIES),
        "window_name": text("Application window; null where the application was in none.", nullable=True),
        "delivery_id": text(),
        "line": whole(),
        "region": code(REGION, "Region that the board applied for; null where none is named.", nullable=True),
    },
    ("decision_id", "delivery_id", "line"),
)

Payments = NewType("Payments", pl.DataFrame)
PAYMENTS = table(
    "payments",
    "The ledger: one row per payment. Rows are never changed or removed.",
    {
        "payment_id": code(r"^[0-9a-f]{32}$"),
        "run_id": text(),
        "paid_month": first_of_month(),
        "school_year": code(SCHOOL_YEAR),
        "decision_id": text("The decision that makes it due (2021-2022-001)."),
        "board": code(
            BOARD,
            "School board that is paid: the one that holds the school on the first day of the month; null where "
            "another is paid.",
            nullable=True,
        ),
        "brin": code(BRIN, nullable=True),
        **AMOUNT_COLUMNS,
        "amount": money_not_zero(
            "Amount in the currency of the row; above zero is paid, below zero comes back; never 0."
        ),
        "reason": one_of(REASONS, "The instalment of the month itself, or a correction."),
        "currency": one_of(CURRENCIES),
        **BENEFICIARY_COLUMNS,
        "recipient": RECIPIENT,
    },
    ("payment_id",),
)

CorrectionCauses = NewType("CorrectionCauses", pl.DataFrame)
CORRECTION_CAUSES = table(
    "correction_causes",
    "The decision, month and cause that each part of a correction is for; the parts of a payment add up to it.",
    {
        "payment_id": code(r"^[0-9a-f]{32}$"),
        "run_id": text(),
        "decision_id": text(),
        "month": first_of_month(),
        "cause": one_of(CAUSES),
        "amount": money_not_zero("Part of the payment, in its currency."),
    },
    ("payment_id", "decision_id", "month", "cause"),
)

Holds = NewType("Holds", pl.DataFrame)
HOLDS = table(
    "holds",
    "One row per time that payments were put on hold or released; the last one is in force. Its run says when.",
    {
        "run_id": text(),
        "action": one_of(("hold", "unhold"), "`hold`: nothing is paid from here on; `unhold`: it is again."),
        "declared_by": text("The name of who did it."),
        "reason": text("Why; may be empty for a release.", nullable=True),
    },
    ("run_id",),
)
Runs = NewType("Runs", pl.DataFrame)
RUNS = table(
    "runs",
    "One row per run that changed the books, with its manifest.",
    {
        "run_id": text("The run: its number, command and subject (000007-pay-2021-09)."),
        "command": text("The command: `ingest`, `decide`, `pay`, `account`, `reconcile`, `hold` or `unhold`."),
        "month": first_of_month("Month of a payment run, as the date of its first day; else null.", nullable=True),
        "status": one_of(("done",), "Always `done`: a run that fails changes nothing."),
        "started_at": moment("Moment at which it began, UTC."),
        "finished_at": moment("Moment at which it had all that it wrote, UTC."),
        "payments": whole("Number of payments that it made."),
        "total": money("Sum of its payments in euro."),
        "total_usd": money("Sum of its payments in US dollars."),
        "manifest": text("What went in and what came out, with the hash of the manifest before it, in JSON."),
        "manifest_sha256": code(r"^[0-9a-f]{64}$", "SHA-256 of the manifest."),
    },
    ("run_id",),
)
