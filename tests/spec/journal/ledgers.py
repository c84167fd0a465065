"""What was paid to a board in a few words, and a mapping of four accounts to book it by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from npo_pipeline.journal.audit_file import Ledger, Period
from npo_pipeline.journal.entries import journal_entries
from npo_pipeline.journal.mapping import JOURNAL_MAPPING, NamedMapping, mapping_from
from npo_pipeline.rulebook.yaml_document import rule_text
from schemas.columns import MONEY
from schemas.frames.reports import BoardLedger, JournalLines

MAPPING = """journal:
  title: Test
  code: NPO
  name: Bekostiging NPO
  rgs_version: "3.7"
  accounts:
    - {account: "1330", name: Te vorderen van OCW, kind: balance, rgs: BVorTskTos}
    - {account: "8051", name: Per leerling, kind: result, rgs: WOvbSgbBso}
    - {account: "8052", name: Achterstand, kind: result}
    - {account: "8059", name: Correcties, kind: result}
  receivable: "1330"
  receivable_text: "{month} {reference}"
  lines:
    - {reasons: [correction], account: "8059", text: "{component} {brin} {reason}"}
    - {components: [per_pupil], account: "8051", text: "{component} {school_year} {brin}"}
    - {components: [achterstandsscore], account: "8052", text: "{component} {school_type} {brin}"}
"""


@dataclass(frozen=True, kw_only=True)
class Paid:
    """A payment to the board: run 3 pays September 2021, unless it says otherwise."""

    amount: str
    vestiging: str = "01AA00"
    month: date = date(2021, 9, 1)
    run: int = 3
    component: str = "per_pupil"
    school_type: str = "bao"
    school_year: str = "2021-2022"
    reason: str = "instalment"
    cause: str = "reference_count"
    currency: str = "EUR"
    transfer: str | None = None


def ledger(*payments: Paid) -> BoardLedger:
    rows = [
        {
            "payment_id": f"{at:032x}",
            "run_id": f"{one.run:06}-pay-{one.month:%Y-%m}",
            "paid_at": datetime(one.month.year, one.month.month, 20, 22, 30),
            "paid_month": one.month,
            "school_year": one.school_year,
            "brin": one.vestiging[:4],
            "vestiging": one.vestiging,
            "school_type": one.school_type,
            "component": one.component,
            "reason": one.reason,
            "cause": one.cause if one.reason == "correction" else "instalment",
            "amount": Decimal(one.amount),
            "currency": one.currency,
            "end_to_end_id": one.transfer,
        }
        for at, one in enumerate(payments)
    ]
    schema = {**dict.fromkeys(_COLUMNS, pl.String), "paid_at": pl.Datetime("us"), "paid_month": pl.Date}
    return BoardLedger(pl.DataFrame(rows, schema={**schema, "amount": MONEY}, orient="row"))


_COLUMNS = (
    *("payment_id", "run_id", "paid_at", "paid_month", "school_year", "brin", "vestiging", "school_type"),
    *("component", "reason", "cause", "amount", "currency", "end_to_end_id"),
)


def mapping(text: str = MAPPING) -> NamedMapping:
    return mapping_from(rule_text(text.encode(), "own.yaml", JOURNAL_MAPPING)[1])


def changed(old: str, new: str) -> str:
    """The mapping with one part of its text replaced."""
    assert old in MAPPING
    return MAPPING.replace(old, new, 1)


def booked(*payments: Paid, text: str = MAPPING) -> JournalLines:
    return journal_entries(ledger(*payments), mapping(text))


def sides(lines: JournalLines) -> list[tuple[str, str, int, int]]:
    """Entry, account, debit and credit in cents, of each line in order."""
    return lines.select("entry", "account", "debit_cents", "credit_cents").rows()


def whose(
    text: str = MAPPING, *, months: Iterable[date] = (date(2021, 9, 1),), name: str = "Stichting Test"
) -> Ledger:
    period = Period(first=min(months), last=max(months))
    return Ledger(name=name, mapping=mapping(text).mapping, period=period, made_on=date(2021, 9, 21))
