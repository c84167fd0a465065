"""The answers in a message of a bank: of each transfer or batch that it names, what became of it.

Banks fill in messages in different ways, so a message is read for references, amounts and days alone. Amounts are
whole cents. Its own totals must tie: balances with entries, and entries with their details.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.bank.reasons import HAS_IT_ALREADY, PARTLY, STATUSES, WAITS, reason_words
from npo_pipeline.bank.safe_xml import Document, Element, read_message
from npo_pipeline.delivery.sanitize import harmless_name, sanitize
from npo_pipeline.errors import Refused
from npo_pipeline.months import in_the_netherlands
from schemas.frames.bank import ANSWERS, Answers
from schemas.released import BOOKED, REJECTED, RETURNED

MESSAGE, BATCH, TRANSFER = "message", "batch", "transfer"
"""The levels of an answer: all of a message to the bank, a batch in it, one transfer. The nearest one holds."""

STATEMENT = "camt.053"

_MOST_CENTS = 10**15
_OPENING, _CLOSING, _BETWEEN = ("OPBD", "PRCD"), ("CLBD",), "ITBD"
_DAYS = ("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")
_NO_REFERENCE = frozenset({"", "NOTPROVIDED", "NOT PROVIDED", "NONREF"})


@dataclass(frozen=True, kw_only=True)
class BankMessage:
    """Represent a message of a bank: where it came from, and its answers.

    `name`: of the file. `account`, `currency`: of the account that it is of; null where it names none. `nameless`:
    booked entries without a reference by which they could be known. `remarks`: what the message lacks, or what npo
    cannot read in it, a sentence each.
    """

    name: str
    kind: str
    message_id: str
    account: str | None
    currency: str | None
    made_on: date
    answers: Answers
    nameless: int = 0
    remarks: tuple[str, ...] = ()


class Answer(NamedTuple):
    """Represent a row of ANSWERS."""

    line: int
    level: str
    reference: str
    status: str
    happened_on: date
    reason_code: str | None = None
    reason: str | None = None
    amount_cents: int | None = None
    currency: str | None = None
    transfers: int | None = None


def read_answers(name: str, data: bytes) -> BankMessage:
    """Read the answers in a message.

    Raises:
        Refused: it is no message that npo reads, or its own totals do not tie; says the line.
    """
    document = read_message(name, data)
    if document.kind == "pain.002":
        return _Report(name, document).read()
    return _Entries(name, document).read()


@dataclass(frozen=True)
class _Reader:
    """Read parts of a message, and refuse what cannot be understood by name and line."""

    name: str
    document: Document
    remarks: list[str] = field(default_factory=list)

    def refused(self, at: Element, words: str) -> Refused:
        return Refused(f"{self.name}, line {at.sourceline}: {words}; have the bank send the file again")

    def day(self, at: Element, text: str) -> date:
        """Parse a day, or the day of a moment by the clock of the Netherlands."""
        try:
            if "T" not in text:
                return date.fromisoformat(text[:10])
            moment = datetime.fromisoformat(text)
            return in_the_netherlands(moment).date() if moment.tzinfo else moment.date()
        except (ValueError, OverflowError):
            raise self.refused(at, f"{text[:40]} is no day that can be") from None

    def cents(self, at: Element) -> int:
        """Parse an amount as whole cents."""
        try:
            exact = Decimal(at.text.strip()) * 100
        except InvalidOperation:
            raise self.refused(at, f"{at.text[:40]} is no amount") from None
        if exact != exact.to_integral_value() or abs(exact) >= _MOST_CENTS:
            raise self.refused(at, f"{at.text.strip()[:40]} is no amount in whole cents that can be")
        return int(exact)

    def reason(self, at: Element) -> tuple[str | None, str | None]:
        """Return the code of a reason and its words; null where none is given."""
        if at is None:
            return None, None
        code = _text(at, "Rsn/Cd") or _text(at, "Rsn/Prtry") or None
        said = " ".join(" ".join((one.text or "").split()) for one in _all(at, "AddtlInf"))
        return code, reason_words(code, said or None)


class _Report(_Reader):
    """Read a pain.002: the status of a message, its batches and its transfers, the nearest one last."""

    def read(self) -> BankMessage:
        report = self.document.root[0]
        made_on = self.day(report, _text(report, "GrpHdr/CreDtTm"))
        original = _one(report, "OrgnlGrpInfAndSts")
        answers = list(self._of_group(original, MESSAGE, ("OrgnlMsgId", "GrpSts"), made_on))
        accounts = set[str]()
        for batch in _all(report, "OrgnlPmtInfAndSts"):
            answers += self._of_group(batch, BATCH, ("OrgnlPmtInfId", "PmtInfSts"), made_on)
            above = _text(batch, "PmtInfSts") or _text(original, "GrpSts")
            for one in _all(batch, "TxInfAndSts"):
                answers.append(self._of_transfer(one, above, made_on))
                accounts.add(_text(one, "OrgnlTxRef/DbtrAcct/Id/IBAN").upper())
        accounts.discard("")
        if len(accounts) > 1:
            raise self.refused(report, f"is of more than one account ({', '.join(sorted(accounts))})")
        return BankMessage(
            name=self.name,
            kind=self.document.kind,
            message_id=harmless_name(_text(report, "GrpHdr/MsgId")),
            account=accounts.pop() if accounts else None,
            currency=None,
            made_on=made_on,
            answers=_frame(answers),
            remarks=tuple(self.remarks),
        )

    def _of_group(self, at: Element, level: str, names: tuple[str, str], made_on: date) -> Iterator[Answer]:
        """Read the status of a message or a batch; `names`: of the elements with its id and with the status."""
        reference, status = (_text(at, one) for one in names)
        if not status:
            return
        count, total = _text(at, "OrgnlNbOfTxs"), _one(at, "OrgnlCtrlSum")
        reason_code, reason = self.reason(_one(at, "StsRsnInf"))
        yield Answer(
            line=at.sourceline,
            level=level,
            reference=reference,
            status=self._status(at, status, reference),
            happened_on=made_on,
            reason_code=reason_code,
            reason=reason,
            amount_cents=None if total is None else self.cents(total),
            transfers=int(count) if count else None,
        )

    def _of_transfer(self, at: Element, above: str, made_on: date) -> Answer:
        reference = _reference(at, "OrgnlEndToEndId") or _reference(at, "OrgnlInstrId")
        if not reference:
            raise self.refused(at, "a transfer has no end-to-end id, so it cannot be known which it is")
        status = self._status(at, _text(at, "TxSts") or above, reference)
        amount = _one(at, "OrgnlTxRef/Amt/InstdAmt")
        reason_code, reason = self.reason(_one(at, "StsRsnInf"))
        return Answer(
            line=at.sourceline,
            level=TRANSFER,
            reference=reference,
            status=WAITS if status == PARTLY else status,
            happened_on=made_on,
            reason_code=reason_code,
            reason=reason,
            amount_cents=None if amount is None else self.cents(amount),
            currency=None if amount is None else amount.get("Ccy"),
        )

    def _status(self, at: Element, code: str, reference: str) -> str:
        """Return what a status means; a rejection of what the bank has already is none: the first one is paid."""
        if code not in STATUSES:
            raise self.refused(at, f"{code or 'no status'} is no status of a payment that npo knows")
        why, _ = self.reason(_one(at, "StsRsnInf"))
        if STATUSES[code] == REJECTED and why in HAS_IT_ALREADY:
            self.remarks.append(
                f"{self.name}, line {at.sourceline}: the bank says that it has {reference} already ({why}), so it "
                "is not taken as rejected: it was uploaded twice; ask the bank"
            )
            return WAITS
        return STATUSES[code]


@dataclass(kw_only=True)
class _Account:
    """Collect what the statements of one message say: of which account, in which currency, and of what."""

    accounts: set[str] = field(default_factory=set)
    currencies: set[str] = field(default_factory=set)
    answers: list[Answer] = field(default_factory=list)
    nameless: int = 0


class _Entries(_Reader):
    """Read a camt.053 or camt.054: the booked entries of an account."""

    def read(self) -> BankMessage:
        message = self.document.root[0]
        header = _one(message, "GrpHdr")
        made_on = self.day(header, _text(header, "CreDtTm"))
        found = _Account()
        for statement in [*_all(message, "Stmt"), *_all(message, "Ntfctn")]:
            self._read_statement(statement, made_on, found)
        for several, what in ((found.accounts, "account"), (found.currencies, "currency")):
            if len(several) > 1:
                names = ", ".join(sorted(several))
                raise Refused(
                    f"{self.name}: is of more than one {what} ({names}); ask the bank for a file for each"
                )
        return BankMessage(
            name=self.name,
            kind=self.document.kind,
            message_id=harmless_name(_text(header, "MsgId")),
            account=found.accounts.pop(),
            currency=found.currencies.pop() if found.currencies else None,
            made_on=made_on,
            answers=_frame(found.answers),
            nameless=found.nameless,
            remarks=tuple(self.remarks),
        )

    def _read_statement(self, statement: Element, made_on: date, found: _Account) -> None:
        account = _text(statement, "Acct/Id/IBAN") or _text(statement, "Acct/Id/Othr/Id")
        found.accounts.add(account.replace(" ", "").upper())
        amounts = [*_all(statement, "Ntry/Amt"), *_all(statement, "Bal/Amt")]
        found.currencies |= {one.get("Ccy") for one in amounts} | {_text(statement, "Acct/Ccy")} - {""}
        booked = [one for one in _all(statement, "Ntry") if self._is_booked(one)]
        if self.document.kind == STATEMENT:
            self._check_balances(statement, booked)
        for entry in booked:
            self._read_entry(entry, made_on, found)

    def _is_booked(self, entry: Element) -> bool:
        status = _text(entry, "Sts/Cd") or _text(entry, "Sts/Prtry") or _text(entry, "Sts")
        if status not in {"BOOK", "PDNG", "INFO", "FUTR"}:
            raise self.refused(entry, f"{status or 'no status'} is no status of an entry that npo knows")
        return status == "BOOK"

    def _check_balances(self, statement: Element, booked: list[Element]) -> None:
        """Refuse a statement whose balances and booked entries do not tie."""
        balances: dict[str, list[int]] = {}
        for one in _all(statement, "Bal"):
            balances.setdefault(_text(one, "Tp/CdOrPrtry/Cd"), []).append(self._signed(one))
        between = balances.get(_BETWEEN, [])
        opening = next((balances[one][0] for one in _OPENING if one in balances), None)
        closing = next((balances[one][-1] for one in _CLOSING if one in balances), None)
        if opening is None and between:
            opening = between[0]
        if closing is None and between:
            closing = between[-1]
        if opening is None or closing is None:
            name = _text(statement, "Id")
            self.remarks.append(
                f"{self.name}: statement {name} has no opening or no closing balance; entries were not held to it"
            )
            return
        entries = sum(self._signed(one) for one in booked)
        if opening + entries != closing:
            begun, added, ended = (dutch.cents(one) for one in (opening, entries, closing))
            words = (
                f"the statement does not tie: opening balance {begun} and booked entries {added} make "
                f"{dutch.cents(opening + entries)}, and its closing balance is {ended}"
            )
            raise self.refused(statement, words)

    def _signed(self, at: Element) -> int:
        cents = self.cents(_one(at, "Amt"))
        return cents if _text(at, "CdtDbtInd") == "CRDT" else -cents

    def _read_entry(self, entry: Element, made_on: date, found: _Account) -> None:
        if _text(entry, "CdtDbtInd") == "DBIT" and _text(entry, "RvslInd") in {"true", "1"}:
            self.remarks.append(
                f"{self.name}, line {entry.sourceline}: the bank takes back a credit of {self._shown(entry)}; npo "
                "does not read that, so look at it yourself"
            )
            return
        day = next(filter(None, (_text(entry, one) for one in _DAYS)), None)
        happened_on = self.day(entry, day) if day else made_on
        details = _all(entry, "NtryDtls/TxDtls")
        self._check_details(entry, details)
        answers = [one for one in (self._of_detail(entry, one, happened_on) for one in details) if one]
        if not answers and (whole := self._of_batch(entry, happened_on)):
            answers = [whole]
        found.answers += _added(answers)
        if not answers or len(answers) < len(details):
            found.nameless += max(len(details) - len(answers), 1)

    def _shown(self, at: Element) -> str:
        amount = _one(at, "Amt")
        return dutch.money(Decimal(self.cents(amount)).scaleb(-2), amount.get("Ccy"))

    def _check_details(self, entry: Element, details: list[Element]) -> None:
        """Refuse an entry whose details name all their amounts, and do not add up to it."""
        amounts = [self._amount(one) for one in details]
        currencies = {one.get("Ccy") for one in amounts if one is not None}
        if not amounts or currencies - {_one(entry, "Amt").get("Ccy")}:
            return
        if None in amounts:
            if len(amounts) > 1:
                self.remarks.append(
                    f"{self.name}, line {entry.sourceline}: not every transfer in the entry has its amount, so "
                    "they were not held to the whole"
                )
            return
        side = _text(entry, "CdtDbtInd")
        sums = sum(
            self.cents(amount) * (1 if (_text(one, "CdtDbtInd") or side) == side else -1)
            for one, amount in zip(details, amounts, strict=True)
        )
        whole = self.cents(_one(entry, "Amt"))
        if sums != whole:
            count = dutch.number(len(details))
            words = f"the entry is {dutch.cents(whole)}, and its {count} details add up to {dutch.cents(sums)}"
            raise self.refused(entry, words)

    def _amount(self, detail: Element) -> Element:
        """Return the amount of a detail, in the currency of the account where it has that."""
        for path in ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt"):
            if (found := _one(detail, path)) is not None:
                return found
        return None

    def _instructed(self, entry: Element, detail: Element) -> Element:
        """Return the amount of a detail as it was ordered, where that was in another currency than the account."""
        instructed = _one(detail, "AmtDtls/InstdAmt/Amt")
        if instructed is not None and instructed.get("Ccy") != _one(entry, "Amt").get("Ccy"):
            return instructed
        return self._amount(detail)

    def _of_detail(self, entry: Element, detail: Element, happened_on: date) -> Answer | None:
        """Return what a detail says of one transfer, or its part of a batch; null where it has no reference."""
        amount = self._instructed(entry, detail)
        if amount is None and len(_all(entry, "NtryDtls/TxDtls")) == 1:
            amount = _one(entry, "Amt")
        reference = _reference(detail, "Refs/EndToEndId")
        level = TRANSFER if reference else BATCH
        reference = reference or _reference(detail, "Refs/PmtInfId") or _reference(detail, "Refs/MsgId")
        if not reference:
            return None
        reason_code, reason = self.reason(_one(detail, "RtrInf"))
        return Answer(
            line=detail.sourceline,
            level=level,
            reference=reference,
            status=_status_of(_text(detail, "CdtDbtInd") or _text(entry, "CdtDbtInd")),
            happened_on=happened_on,
            reason_code=reason_code,
            reason=reason,
            amount_cents=None if amount is None else self.cents(amount),
            currency=None if amount is None else amount.get("Ccy"),
        )

    def _of_batch(self, entry: Element, happened_on: date) -> Answer | None:
        """Return what an entry for a whole batch says; null where it names none."""
        batch = next((one for one in _all(entry, "NtryDtls/Btch")), None)
        if batch is None or not (reference := _reference(batch, "PmtInfId") or _reference(batch, "MsgId")):
            return None
        amount, count = _one(entry, "Amt"), _text(batch, "NbOfTxs")
        total = _one(batch, "TtlAmt")
        if total is not None and self.cents(total) != self.cents(amount):
            words = (
                f"the entry is {dutch.cents(self.cents(amount))}, and its batch {dutch.cents(self.cents(total))}"
            )
            raise self.refused(entry, words)
        return Answer(
            line=entry.sourceline,
            level=BATCH,
            reference=reference,
            status=_status_of(_text(entry, "CdtDbtInd")),
            happened_on=happened_on,
            amount_cents=self.cents(amount),
            currency=amount.get("Ccy"),
            transfers=int(count) if count else None,
        )


def _status_of(side: str) -> str:
    """Return what an entry does: a debit books a transfer, and a credit brings one back."""
    return BOOKED if side == "DBIT" else RETURNED


def _added(answers: list[Answer]) -> list[Answer]:
    """Add up the parts of a batch in one entry; those of single transfers stay as they are."""
    batches: dict[tuple[str, str], Answer] = {}
    for one in answers:
        if one.level == BATCH:
            key = one.reference, one.status
            before = batches.get(key)
            amounts = [one.amount_cents] if before is None else [before.amount_cents, one.amount_cents]
            known = [amount for amount in amounts if amount is not None]
            whole = sum(known) if len(known) == len(amounts) else None
            batches[key] = (before or one)._replace(amount_cents=whole)
    return [*(one for one in answers if one.level != BATCH), *batches.values()]


def _frame(answers: list[Answer]) -> Answers:
    rows = pl.DataFrame(answers, schema=ANSWERS, orient="row")
    return Answers(rows.with_columns(sanitize(pl.col(one)).alias(one) for one in ("reason_code", "reason")))


def _path(path: str) -> str:
    return "/".join(f"{{*}}{part}" for part in path.split("/"))


def _all(at: Element, path: str) -> list[Element]:
    return list(at.findall(_path(path)))


def _one(at: Element, path: str) -> Element:
    """Return the first element at a path; null where there is none."""
    return at.find(_path(path))


def _text(at: Element, path: str) -> str:
    found = at.find(_path(path))
    return " ".join((found.text or "").split()) if found is not None else ""


def _reference(at: Element, path: str) -> str:
    """Return a reference, empty where the bank says that there is none."""
    text = _text(at, path)
    return "" if text.upper() in _NO_REFERENCE else text
