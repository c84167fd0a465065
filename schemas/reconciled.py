"""The table of what others say beside what was decided, and the frames that it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NewType

import polars as pl

from schemas.columns import COMPONENT, CURRENCIES, MONEY, code, money, one_of, quantity, table, text, whole
from schemas.rules import BOARD, BRIN, SCHOOL_YEAR, VESTIGING

BY_VESTIGING, BY_SCHOOL, BY_BOARD = RECONCILED_LEVELS = ("vestiging", "school", "board")

MATCH, DIFFERS, MISSING_HERE, MISSING_THERE = RECONCILED_OUTCOMES = (
    "match",
    "differs",
    "missing_here",
    "missing_there",
)

UNEXPLAINED = "unexplained"
RECONCILED_CAUSES = ("count", "rounding", "composition", "board", "rate", "part_of_year", UNEXPLAINED)
"""Why two amounts differ, in the order in which it is looked for."""

Reconciled = NewType("Reconciled", pl.DataFrame)
RECONCILIATION = table(
    "reconciliation",
    "What others say of an amount beside what the decision in force said then, per file, school (or location, or "
    "board) and component. The rows of the last run count; those of earlier runs stay on record.",
    {
        "run_id": text(),
        "school_year": code(SCHOOL_YEAR),
        "decision_id": text("The decision that was compared."),
        "file": text("Name of the file; null for what is in none of several files.", nullable=True),
        "sha256": code(r"^[0-9a-f]{64}$", "SHA-256 of that file.", nullable=True),
        "level": one_of(
            RECONCILED_LEVELS, "What the amounts are of: a `vestiging`, a `school` (BRIN) or a `board`."
        ),
        "board": code(
            BOARD,
            "School board: the one that the row is about, else the one that the school has in the decision, or in "
            "the file where the decision does not have the school.",
            nullable=True,
        ),
        "brin": code(BRIN, "School (BRIN); null where the row is of a board.", nullable=True),
        "vestiging": code(VESTIGING, "School location; null where the row is of more than one.", nullable=True),
        "component": code(
            rf"{COMPONENT[:-1]}(\+{COMPONENT[1:-1]})*$",
            "Component of the regulation: `per_pupil`, ...; several joined by `+` where a column holds their sum.",
        ),
        "currency": one_of(CURRENCIES, "Currency of ours and theirs."),
        "ours": money(
            "Amount of the decision, added up to the level of the file; null where it has none.", nullable=True
        ),
        "theirs": money("Amount in the file; null where it has none.", nullable=True),
        "difference": money("Theirs less ours; null where one of the two is missing.", nullable=True),
        "our_count": quantity("Units (pupils, points of score) that ours was counted from.", nullable=True),
        "their_count": quantity("The same as the file has it; null where it does not.", nullable=True),
        "outcome": one_of(
            RECONCILED_OUTCOMES,
            "`match`: no further apart than was allowed; `differs`; `missing_here`: the decision has no such "
            "amount; `missing_there`: the file has none.",
        ),
        "cause": one_of(
            RECONCILED_CAUSES, "Why they differ, as far as arithmetic says; null for a match.", nullable=True
        ),
        "explanation": text("The same in a sentence, in Dutch; null for a plain match.", nullable=True),
        "school_types": text("School types that are compared, joined by `+`; null for all.", nullable=True),
        "line": whole(
            "Line in the file, the first where it has several for this amount; 1 is the header.", nullable=True
        ),
        "column_name": text("Column of the file that theirs was read from.", nullable=True),
        "tolerance": money("How far apart amounts of a match may be."),
    },
    ("run_id", "sha256", "level", "board", "brin", "vestiging", "component", "school_types", "currency"),
)

_Types = Mapping[str, pl.DataType | type[pl.DataType]]

OurAmounts = NewType("OurAmounts", pl.DataFrame)
"""Amounts of schools in the decisions in force: decision_id, currency, board, brin, vestiging, school_type,
component, measure, rate_e8 (both null where the amount has several parts), quantity_e2, counted_e2, threshold,
amount_cents."""
OUR_AMOUNTS: _Types = {
    **dict.fromkeys(
        ("decision_id", "currency", "board", "brin", "vestiging", "school_type", "component"), pl.String
    ),
    "measure": pl.String,
    **dict.fromkeys(("rate_e8", "quantity_e2", "counted_e2", "threshold", "amount_cents"), pl.Int64),
}

TheirAmounts = NewType("TheirAmounts", pl.DataFrame)
"""Amounts of a file, by level and code: file, sha256, level, code (of a vestiging, a school or a board), board
(that the file names beside a school; else null), component, school_types (joined by `+`; null: all), column_name,
line (the first), theirs_cents, their_count_e2 (null where the file has none)."""
THEIR_AMOUNTS: _Types = {
    **dict.fromkeys(
        ("file", "sha256", "level", "code", "board", "component", "school_types", "column_name"), pl.String
    ),
    **dict.fromkeys(("line", "theirs_cents", "their_count_e2"), pl.Int64),
}

UnreadRows = NewType("UnreadRows", pl.DataFrame)
"""Rows of a file that could not be read: file, line, column_name, message."""
UNREAD_ROWS: _Types = {"file": pl.String, "line": pl.Int64, "column_name": pl.String, "message": pl.String}

OtherRows = NewType("OtherRows", pl.DataFrame)
"""Rows that are of something else: file, column_name, value (as `SCHOOLJAAR` and `2020-2021`; of schools of other
boards the first is empty, and amounts are counted), rows (how many), amount (their sum, DECIMAL(18,2))."""
OTHER_ROWS: _Types = {
    **dict.fromkeys(("file", "column_name", "value"), pl.String),
    "rows": pl.Int64,
    "amount": MONEY,
}

LeftOutComponents = NewType("LeftOutComponents", pl.DataFrame)
"""Amounts of the decisions that no file names, of whole components or of other school types: component, currency,
schools (how many), amount (DECIMAL(18,2))."""
LEFT_OUT: _Types = {"component": pl.String, "currency": pl.String, "schools": pl.Int64, "amount": MONEY}

BesideRates = NewType("BesideRates", pl.DataFrame)
"""Amounts per unit that the rules name beside a rate: component, school_type, name, rate_e8."""
BESIDE_RATES: _Types = {**dict.fromkeys(("component", "school_type", "name"), pl.String), "rate_e8": pl.Int64}

AmountPairs = NewType("AmountPairs", pl.DataFrame)
"""Ours beside theirs: the columns of `TheirAmounts` (their_board in place of board), currency, decision_id, board,
vestigingen (how many ours adds up), measure, rate_low_e8 and rate_high_e8 (of its units), threshold_e2,
quantity_e2, our_count_e2, ours_cents, gap_cents (theirs less ours, nothing as 0), outcome; once explained also
cause and explanation."""

ReconciledNames = NewType("ReconciledNames", pl.DataFrame)
"""Names of the schools and boards in rows: code (of a vestiging, a school or a board), name, place (null for
a board)."""
RECONCILED_NAMES: _Types = dict.fromkeys(("code", "name", "place"), pl.String)

ComparedAmounts = NewType("ComparedAmounts", pl.DataFrame)
"""Rows of `reconciliation`, each of the last run that holds its school or board: run_id, compared_on (day),
decision_id, file, level, code (of the vestiging, the school or the board), component, school_types, ours, theirs,
difference, outcome, cause, explanation."""
COMPARED_AMOUNTS: _Types = {
    "run_id": pl.String,
    "compared_on": pl.Date,
    **dict.fromkeys(("decision_id", "file", "level", "code", "component", "school_types"), pl.String),
    **dict.fromkeys(("ours", "theirs", "difference"), MONEY),
    **dict.fromkeys(("outcome", "cause", "explanation"), pl.String),
}


def none_compared() -> ComparedAmounts:
    """Return the frame without rows."""
    return ComparedAmounts(pl.DataFrame(schema=COMPARED_AMOUNTS))


LastReconciliations = NewType("LastReconciliations", pl.DataFrame)
"""The last reconciliation of each school year: school_year, run_id, compared_at (UTC), files, decisions (both
joined by a comma), amounts, matching (numbers), share (of the amounts, of one, rounded down), newer (decisions
that were taken since, joined so; null where there are none)."""
