"""The history of the format of the books: the tables and columns that each change of it added.

Nothing was ever taken out, so the books of an older program are those of this one without what was added since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from schemas.columns import BESTUUR
from schemas.tables import TABLES


@dataclass(frozen=True, kw_only=True)
class Step:
    """Represent what a change added to the books.

    `format`: the number that books have since. `tables`: those it added; no older run has rows in them. `columns`:
    table -> column that it added -> its value in older rows, in SQL over the older columns of
    its row, or as a query (in brackets) over the older tables.
    """

    format: int
    tables: frozenset[str] = frozenset()
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


_OF_A_SCHOOL = {"beneficiary": "vestiging", "recipient_kind": f"'{BESTUUR}'"}
"""All money of format 3 is of a vestiging and paid to its board."""

_NO_SUPPLEMENT = dict.fromkeys(("small_below", "small_fixed", "small_decrease"), "null")

_MONTH_OF_DECISION = "(select {}(i.month) from instalments i where i.decision_id = decisions.decision_id)"
_PAID_BEFORE_DECISION = """(
    select max(p.paid_month) from payments p join decisions d on p.run_id > d.run_id
    where d.school_year = decisions.school_year and d.currency = decisions.currency and d.sequence = 1
    and p.run_id < decisions.run_id)"""
"""Columns of decisions that format 1 did not have, as `commands.decide.write` fills them."""

_ACCOUNTS = frozenset(
    {"accounts", "accountability", "accountability_interventions", "consents", "findings", "spending"}
)

STEPS: Sequence[Step] = (
    Step(format=1),
    Step(format=1, tables=frozenset({"applications", "grants"})),
    Step(
        format=2,
        tables=frozenset({"adjustments", "correction_causes", "due_changes", "settling"}),
        columns={
            "decisions": {
                **dict.fromkeys(("published", "prepared_by", "approved_by"), "null"),
                "valid_from": _MONTH_OF_DECISION.format("min"),
                "valid_to": _MONTH_OF_DECISION.format("max"),
                "paid_until": _PAID_BEFORE_DECISION,
            }
        },
    ),
    Step(format=2, tables=frozenset({"resolutions", "source_corrections"})),
    Step(format=3, tables=_ACCOUNTS, columns={"quarantine": {"board": "null"}}),
    Step(format=3, columns={"quarantine": {"period": "null"}}),
    Step(format=4),
    Step(format=4, columns={"trace": {"unrounded_before": "0"}}),
    Step(
        format=4,
        tables=frozenset(
            {
                "areas",
                "municipal_scores",
                "listed_vestigingen",
                "leerplus_schools",
                "completions",
                "accountability_receipts",
            }
        ),
        columns={
            "school_facts": {"municipality_number": "null"},
            "schools": {"municipality_number": "null"},
            "counts": {"pro_pupils": "null"},
            "entitlements": {**_OF_A_SCHOOL, "recipient": "board"},
            "trace": {**_OF_A_SCHOOL, "counted_on": "null", **_NO_SUPPLEMENT},
            "instalments": _OF_A_SCHOOL,
            "adjustments": _OF_A_SCHOOL,
            "due_changes": _OF_A_SCHOOL,
            "payments": {**_OF_A_SCHOOL, "recipient": "board"},
            "findings": {"basis": "null"},
            "applications": dict.fromkeys(("vestiging", "region", "new_region", "granted_before"), "null"),
            "grants": {"region": "null"},
        },
    ),
    Step(format=5, tables=frozenset({"zero_counts", "accepted_changes", "holds"}), columns={}),
    Step(
        format=6,
        tables=frozenset(
            {
                *("reserve_transfers", "accountability_corrections", "closed_years", "boards", "packs"),
                "accountability_claims",
            }
        ),
        columns={
            "accounts": {"corrections": "0", "corrections_usd": "0"},
            "accountability": dict.fromkeys(("transferred", "corrections", "accrued_corrections"), "0"),
            "findings": {"currency": "null"},
            "spending": {"reason": "null"},
        },
    ),
    Step(format=7, tables=frozenset({"count_ranges", "reconciliation"})),
    Step(
        format=8,
        tables=frozenset(
            {
                *("payment_accounts", "account_confirmations", "release_plans", "batches", "transfer_orders"),
                *("transfer_payments", "withheld", "bank_files", "transfer_events"),
            }
        ),
    ),
)
"""All changes, the oldest first. What is new goes into the last one while its format is in the making."""


READABLE_FORMAT = 2
"""The oldest format whose books are read as they are; what older ones lack is calculated by `npo upgrade`."""

Columns = Mapping[str, AbstractSet[str]]
"""Table -> its columns."""


_FIRST_STATED = 4
"""The first format that manifests state."""


def steps_of(number: int | None) -> list[int]:
    """Return the positions of the steps of a format, the newest first; of those before it was stated for None."""
    steps = reversed(list(enumerate(STEPS)))
    if number is None:
        return [position for position, step in steps if step.format < _FIRST_STATED]
    return [position for position, step in steps if step.format == number]


def tables_since(position: int) -> frozenset[str]:
    """Return the tables that were added after a step."""
    return frozenset[str]().union(*(step.tables for step in STEPS[position + 1 :]))


def columns_since(table: str, position: int) -> dict[str, str]:
    """Return the columns that a table got after a step: column -> its value in rows that were written then."""
    return {
        column: value for step in STEPS[position + 1 :] for column, value in step.columns.get(table, {}).items()
    }


def columns_at(position: int) -> Columns:
    """Return the tables with their columns as they were at a step."""
    new = tables_since(position)
    return {
        model.name: set(model.columns) - set(columns_since(model.name, position))
        for model in TABLES
        if model.name not in new
    }


def step_of(number: int, found: Columns) -> int | None:
    """Return the position of the step of a format whose tables and columns books have; None when there is none."""
    return next((position for position in steps_of(number) if columns_at(position) == found), None)
