"""The plan of a release: for each recipient and currency one transfer of all that is not sent, or why not.

Per month, recipient and currency the transfers that did not fail and what is withheld add up to the payments that
were presented. So what a release withholds is what it presents less what it sends: below zero where it also sends
what was withheld before, above zero where it sets that off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.bank.pain001 import payment_file, transfer_list
from npo_pipeline.errors import Refused
from npo_pipeline.money import to_euro, total
from npo_pipeline.months import Month, is_school_year, month_text
from schemas.columns import schema_of
from schemas.frames.bank import RecipientAccounts, ReleaseLines, UnsentPayments
from schemas.released import (
    BATCHES,
    NO_ACCOUNT,
    NOT_ABOVE_ZERO,
    SENT_AGAIN,
    SET_OFF,
    TRANSFER_ORDERS,
    TRANSFER_PAYMENTS,
    WITHHELD,
    Batches,
    TransferOrders,
    TransferPayments,
    Withheld,
)

WHO = ("recipient_kind", "recipient", "currency")

_MOST_CENTS = 999_999_999_99
"""The highest amount of a SEPA transfer, in cents."""

_LONGEST_REMITTANCE = 140


@dataclass(frozen=True, kw_only=True)
class ReleasePlan:
    """Hold what a release of a month would send and withhold.

    `number`: of the release in its month, from 1. `fingerprint`: of all of it; no two releases have the same.
    """

    month: Month
    number: int
    lines: ReleaseLines
    fingerprint: str

    @property
    def is_empty(self) -> bool:
        """Return whether the release would change nothing: nothing is presented and nothing is sent."""
        return not self.lines.filter((pl.col("new_payments") > 0) | (pl.col("sent_cents") > 0)).height


def plan_release(
    month: Month,
    unsent: UnsentPayments,
    accounts: RecipientAccounts,
    *,
    number: int,
    pay_on: date | None = None,
) -> ReleasePlan:
    """Plan a release from the payments that are not sent, and the accounts on the day of execution.

    `number`: of the release in its month. `pay_on`: the day of payment that was asked for; null for the day of the
    release, which nobody knows before.

    Raises:
        Refused: an amount is higher than a transfer may be; names the recipient.
    """
    lines = _lines(month, unsent, accounts)
    above = lines.filter(pl.col("sent_cents") > _MOST_CENTS)
    for recipient, currency, cents in above["recipient", "currency", "sent_cents"].iter_rows():
        amount, most = (dutch.money(Decimal(one).scaleb(-2), currency) for one in (cents, _MOST_CENTS))
        raise Refused(
            f"{recipient}: {amount} is more than one transfer can carry ({most}), and none is split; see how the "
            "month came to that, and correct it before it is released"
        )
    named = [month_text(month), str(number), *([pay_on.isoformat()] if pay_on else [])]
    fingerprint = _fingerprint(" ".join(named), lines)
    return ReleasePlan(month=month, number=number, lines=lines, fingerprint=fingerprint)


def _lines(month: Month, unsent: UnsentPayments, accounts: RecipientAccounts) -> ReleaseLines:
    lines = _sums(unsent).join(
        accounts.select("recipient_kind", "recipient", "iban", "account_name"),
        on=["recipient_kind", "recipient"],
        how="left",
    )
    lines = lines.sort(WHO).with_columns(kept=_KEPT)
    is_sent = pl.col("kept").is_null()
    lines = lines.with_columns(_remittances(month, lines), _given_back(lines))
    lines = lines.with_columns(
        *(pl.when(is_sent).then(pl.col(name)).alias(name) for name in _OF_SENT),
        sent_cents=pl.when(is_sent).then(pl.col("open_cents")).otherwise(0),
    )
    lines = lines.with_columns(withheld_cents=pl.col("new_cents") - pl.col("sent_cents"))
    return ReleaseLines(lines.with_columns(reason=_REASON).select(_LINE_COLUMNS))


def _sums(unsent: UnsentPayments) -> pl.DataFrame:
    """Sum what is not sent per recipient and currency."""
    cents, is_new = pl.col("amount_cents"), pl.col("is_new")
    failed = pl.struct("last_iban", "last_transfer").filter(pl.col("last_iban").is_not_null())
    return unsent.group_by(WHO).agg(
        new_cents=cents.filter(is_new).sum(),
        open_cents=cents.sum(),
        new_payments=is_new.sum().cast(pl.Int64),
        payment_ids=pl.col("payment_id").sort(),
        school_years=pl.col("school_year").unique().sort(),
        decisions=pl.col("decision_id").unique().sort(),
        failed=failed.unique(),
    )


_KEPT = (
    pl.when(pl.col("open_cents") <= 0)
    .then(pl.lit(NOT_ABOVE_ZERO))
    .when(pl.col("iban").is_null())
    .then(pl.lit(NO_ACCOUNT))
)
"""Why nothing is sent to a recipient; null where it is."""

_REASON = (
    pl.when(pl.col("withheld_cents") == 0)
    .then(None)
    .when(pl.col("kept").is_not_null())
    .then(pl.col("kept"))
    .when(pl.col("withheld_cents") > 0)
    .then(pl.lit(SET_OFF))
    .otherwise(pl.lit(SENT_AGAIN))
)
"""Why the month withholds something, of either sign."""

_OF_SENT = ("iban", "account_name", "remittance", "failed")


def _remittances(month: Month, lines: pl.DataFrame) -> pl.Series:
    keys = [(tuple(years), tuple(ids)) for years, ids in lines["school_years", "decisions"].iter_rows()]
    texts = {key: remittance_text(month, *key) for key in set(keys)}
    return pl.Series("remittance", [texts[key] for key in keys], dtype=pl.String)


def _given_back(lines: pl.DataFrame) -> pl.Series:
    """Return for each recipient the last transfer that the bank gave back from the account that it has now."""
    found = [
        max((one["last_transfer"] for one in failed if one["last_iban"] == iban), default=None)
        for failed, iban in lines["failed", "iban"].iter_rows()
    ]
    return pl.Series("failed", found, dtype=pl.String)


_LINE_COLUMNS = (
    *WHO,
    *("new_cents", "open_cents", "sent_cents", "withheld_cents", "reason", "kept", "iban", "account_name"),
    *("remittance", "failed", "new_payments", "payment_ids"),
)


def remittance_text(month: Month, school_years: Sequence[str], decisions: Sequence[str]) -> str:
    """Return the text that a recipient reads, of at most 140 characters: NPO, month, school years, decisions."""
    period = "schooljaar" if all(is_school_year(one) for one in school_years) else "tijdvak"
    start = f"NPO {month_text(month)} {period} {', '.join(school_years)} kenmerk "
    for named in range(len(decisions), 0, -1):
        more = f" en {len(decisions) - named} eerdere" if named < len(decisions) else ""
        if len(text := f"{start}{', '.join(decisions[-named:])}{more}") <= _LONGEST_REMITTANCE:
            return text
    return start[:_LONGEST_REMITTANCE].strip()


def _fingerprint(release: str, lines: ReleaseLines) -> str:
    """Hash all that a plan would send and withhold: whom, how much, why, to which account, which payments.

    `release`: its month; its number, because what came back twice from one account makes the same plan and is
    another release; and the day of payment that was asked for.
    """
    named = ("sent_cents", "withheld_cents", "reason", "kept", "iban", "account_name", "remittance", "payment_ids")
    digest = hashlib.sha256(release.encode())
    for row in lines.select(*WHO, *named).iter_rows():
        digest.update(repr(row).encode())
    return digest.hexdigest()


@dataclass(frozen=True, kw_only=True)
class ReleaseTerms:
    """Represent what a release needs beside its plan: who pays, when, and who decided.

    `created_at`: UTC.
    """

    run_id: str
    debtor_name: str
    debtor_iban: str
    debtor_bic: str | None
    execution_date: date
    prepared_by: str
    approved_by: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReleaseRows:
    """Hold the rows that a release adds to the books, and the bytes of its files by their name."""

    batches: Batches
    orders: TransferOrders
    payments: TransferPayments
    withheld: Withheld
    files: Mapping[str, bytes]


def release_rows(plan: ReleasePlan, terms: ReleaseTerms, *, with_files: bool = True) -> ReleaseRows:
    """Return the rows and the files of a planned release: a batch per currency, a transfer per recipient in it.

    `with_files`: else only their names, without a sha256, for who compares the rows.
    """
    orders, payments = _transfers(plan, terms)
    rows, files = [], dict[str, bytes]()
    for currency in plan.lines["currency"].unique().sort():
        batch = _batch(plan, terms, currency)
        own = TransferOrders(orders.filter(batch_id=batch["batch_id"]))
        if own.height:
            batch["file"] = file_name(batch["batch_id"], currency)
        if own.height and with_files:
            files[batch["file"]] = content = file_of(batch, own)
            batch["sha256"] = hashlib.sha256(content).hexdigest()
        rows.append({**batch, "transfers": own.height, "total": total(own)})
    sent = plan.lines.filter(pl.col("withheld_cents") != 0).with_columns(
        run_id=pl.lit(terms.run_id),
        month=pl.lit(plan.month),
        amount=to_euro(pl.col("withheld_cents")),
        end_to_end_id=pl.lit(None, pl.String),
    )
    return ReleaseRows(
        batches=Batches(pl.DataFrame(rows, schema=schema_of(BATCHES))),
        orders=orders,
        payments=payments,
        withheld=Withheld(sent.select(list(WITHHELD.columns))),
        files=files,
    )


def _batch(plan: ReleasePlan, terms: ReleaseTerms, currency: str) -> dict[str, Any]:
    return {
        "batch_id": batch_id(plan.month, plan.number, currency),
        "month": plan.month,
        "currency": currency,
        "file": None,
        "sha256": None,
        "fingerprint": plan.fingerprint,
        **{name: getattr(terms, name) for name in _OF_TERMS},
    }


_OF_TERMS = (
    *("debtor_name", "debtor_iban", "debtor_bic", "execution_date", "prepared_by", "approved_by", "created_at"),
    "run_id",
)


def batch_id(month: Month, number: int, currency: str) -> str:
    """Return the id of a batch, which is the id of its message too: NPO-2021-09-001, and -USD for dollars."""
    return f"NPO-{month_text(month)}-{number:03d}{'' if currency == _SEPA else f'-{currency}'}"


def file_name(batch: str, currency: str) -> str:
    """Return the name of the file of a batch."""
    return f"{batch.lower()}.{'xml' if currency == _SEPA else 'csv'}"


_SEPA = "EUR"


def file_of(batch: Mapping[str, Any], orders: TransferOrders) -> bytes:
    """Return the file of a batch, from its rows in the books alone: a pain.001, or a list where SEPA cannot.

    Raises:
        Refused: it is not what the bank accepts; says where.
    """
    ordered = TransferOrders(orders.sort("recipient_kind", "recipient"))
    return (payment_file if batch["currency"] == _SEPA else transfer_list)(batch, ordered)


def _transfers(plan: ReleasePlan, terms: ReleaseTerms) -> tuple[TransferOrders, TransferPayments]:
    """Return the transfers of a plan, each named after its batch, its recipient and the payments in it."""
    sent = plan.lines.filter(pl.col("sent_cents") > 0)
    batches = [batch_id(plan.month, plan.number, currency) for currency in sent["currency"]]
    names = [
        _end_to_end_id(plan.month, batch, recipient, *(currency, *ids))
        for batch, (recipient, currency, ids) in zip(
            batches, sent["recipient", "currency", "payment_ids"].iter_rows(), strict=True
        )
    ]
    named = sent.with_columns(
        end_to_end_id=pl.Series(names, dtype=pl.String),
        batch_id=pl.Series(batches, dtype=pl.String),
        month=pl.lit(plan.month),
        amount=to_euro(pl.col("sent_cents")),
        run_id=pl.lit(terms.run_id),
    )
    payments = named.explode("payment_ids").rename({"payment_ids": "payment_id"})
    return (
        TransferOrders(named.select(list(TRANSFER_ORDERS.columns))),
        TransferPayments(payments.select(list(TRANSFER_PAYMENTS.columns))),
    )


def _end_to_end_id(month: Month, batch: str, recipient: str, *named: str) -> str:
    """Return the id of a transfer; `named`: its currency and its payments, which are hashed with its batch."""
    digest = hashlib.sha256("\n".join((batch, recipient, *named)).encode()).hexdigest()
    return f"NPO-{month:%Y%m}-{recipient}-{digest[:12]}"
