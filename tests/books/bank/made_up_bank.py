"""A bank that takes the payment files of releases, and answers: what it books is on its account, to the cent."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from tests.spec.bank.messages import (
    balance,
    batch_status,
    booked,
    detail,
    entry,
    given_back,
    notification,
    reason,
    statement,
    status_report,
    tag,
    text,
    transfer_status,
)

ACCOUNT = "NL86INGB0002445588"
START = Decimal("1000000.00")


class MadeUpBank:
    """The account that pays, and what the bank said of it, a file per message in a folder.

    Transfers are named by their recipient: `10001` is the one to board 10001 in the batch that was taken last.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.balance, self.messages = folder, START, 0
        self.batch, self.sent, self.ids = "", dict[str, Decimal](), dict[str, str]()
        folder.mkdir()

    def take(self, file: Path) -> None:
        """Read a payment file as a bank does."""
        words = file.read_text("utf-8")
        (self.batch,) = re.findall(r"<MsgId>(.*?)</MsgId>", words)
        pairs = re.findall(
            r'<EndToEndId>(.*?)</EndToEndId>.*?<InstdAmt Ccy="EUR">(.*?)</InstdAmt>', words, re.DOTALL
        )
        self.sent = {name.split("-")[2]: Decimal(amount) for name, amount in pairs}
        self.ids = {name.split("-")[2]: name for name, _ in pairs}

    def accept(self) -> None:
        self._write(status_report(message=self.batch, group=text("GrpSts", "ACCP"), message_id=self._next()))

    def reject(self, *recipients: str, code: str = "AC04") -> None:
        """Reject transfers; all of them where none is named."""
        if not recipients:
            group = text("GrpSts", "RJCT") + reason("AM04")
            self._write(status_report(message=self.batch, group=group, message_id=self._next()))
        rows = "".join(
            transfer_status(self.ids[one], "RJCT", why=reason(code), amount=str(self.sent[one]))
            for one in recipients
        )
        if rows:
            part = batch_status(text("PmtInfSts", "PART"), rows, batch=self.batch)
            self._write(status_report(message=self.batch, batches=part, message_id=self._next()))
        for one in recipients or tuple(self.sent):
            del self.sent[one]

    def book_together(self) -> None:
        """Book all that was not rejected in one entry, that names the batch alone."""
        whole = sum(self.sent.values())
        names = tag("Btch", text("PmtInfId", self.batch), text("NbOfTxs", len(self.sent)))
        self._state(entry(str(whole), batch=names), change=-whole)

    def book_with_details(self) -> None:
        """Book all that was not rejected in one entry, that names each transfer; first in a camt.054."""
        whole = sum(self.sent.values())
        details = [detail(self.ids[one], str(amount), version="08") for one, amount in self.sent.items()]
        debit = entry(str(whole), *details, version="08")
        notice = notification(debit, account=ACCOUNT, version="camt.054.001.08", message_id=self._next())
        self._write(notice)
        self._state(debit, change=-whole, version="camt.053.001.08")

    def book_each(self) -> None:
        """Book all that was not rejected, an entry for each."""
        entries = [booked(self.ids[one], str(amount)) for one, amount in self.sent.items()]
        self._state(*entries, change=-sum(self.sent.values()))

    def give_back(self, *recipients: str) -> None:
        """Bring transfers back that were booked."""
        entries = [given_back(self.ids[one], str(self.sent[one])) for one in recipients]
        self._state(*entries, change=sum(self.sent.pop(one) for one in recipients))

    def _state(self, *entries: str, change: Decimal, version: str = "camt.053.001.02") -> None:
        before, self.balance = self.balance, self.balance + change
        balances = (balance("OPBD", str(before)), balance("CLBD", str(self.balance)))
        data = statement(*entries, balances=balances, account=ACCOUNT, version=version, message_id=self._next())
        self._write(data)

    def _next(self) -> str:
        self.messages += 1
        return f"M{self.messages:03d}"

    def _write(self, data: bytes) -> None:
        (self.folder / f"{self.messages:03d}.xml").write_bytes(data)
