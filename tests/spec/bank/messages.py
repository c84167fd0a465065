"""Messages of a made-up bank: pain.002, camt.053 and camt.054, with only what a test is about."""

from __future__ import annotations

from xml.sax.saxutils import escape

ACCOUNT = "NL27BANK0123456789"
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"


def document(version: str, body: str) -> bytes:
    """Return a message of a version around its body."""
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}{version}">\n{body}\n</Document>\n'
    )
    return text.encode()


def tag(name: str, *inside: object, **attributes: str) -> str:
    """Return an element; empty where all that is inside is null."""
    kept = [str(one) for one in inside if one is not None]
    if not kept:
        return ""
    given = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{given}>{''.join(kept)}</{name}>"


def text(name: str, value: str | int | None) -> str:
    """Return an element with text; nothing where it is null."""
    return "" if value is None else tag(name, escape(str(value)))


def money(name: str, amount: str | None, currency: str = "EUR") -> str:
    """Return an amount; nothing where it is null."""
    return "" if amount is None else tag(name, amount, Ccy=currency)


def reason(code: str | None, words: str | None = None, *, name: str = "StsRsnInf") -> str:
    """Return a reason, by a code of the list and with words beside it."""
    given = text("AddtlInf", words)
    return (
        tag(name, tag("Rsn", text("Cd", code)) if code else given, given if code else None)
        if code or words
        else ""
    )


def status_report(
    *,
    message: str = "NPO-2021-09-001",
    group: str = "",
    batches: str = "",
    version: str = "pain.002.001.03",
    made: str = "2021-09-20T10:15:00",
    message_id: str = "ANSWER-1",
) -> bytes:
    """Return a pain.002; `group`: what follows the ids of the original message."""
    original = tag(
        "OrgnlGrpInfAndSts", text("OrgnlMsgId", message), text("OrgnlMsgNmId", "pain.001.001.09"), group
    )
    header = tag("GrpHdr", text("MsgId", message_id), text("CreDtTm", made))
    return document(version, tag("CstmrPmtStsRpt", header, original, batches))


def batch_status(*inside: str, batch: str = "NPO-2021-09-001") -> str:
    """Return the status of a batch: what follows its id."""
    return tag("OrgnlPmtInfAndSts", text("OrgnlPmtInfId", batch), *inside)


def transfer_status(end_to_end: str, status: str | None, *, why: str = "", amount: str | None = None) -> str:
    """Return the status of a transfer."""
    original = tag("OrgnlTxRef", tag("Amt", money("InstdAmt", amount))) if amount else ""
    return tag("TxInfAndSts", text("OrgnlEndToEndId", end_to_end), text("TxSts", status), why, original)


def rejected(*end_to_end_ids: str, code: str = "AC04", **options: str) -> bytes:
    """Return a pain.002 that rejects transfers of one batch, and says no more of it."""
    batch = options.get("message", "NPO-2021-09-001")
    rows = "".join(transfer_status(one, "RJCT", why=reason(code)) for one in end_to_end_ids)
    return status_report(batches=batch_status(rows, batch=batch), **options)


def detail(
    end_to_end: str | None,
    amount: str | None,
    *,
    why: str = "",
    batch: str | None = None,
    currency: str = "EUR",
    version: str = "02",
) -> str:
    """Return what an entry says of one transfer, in the way of a version."""
    refs = tag("Refs", text("PmtInfId", batch), text("EndToEndId", end_to_end))
    if version == "08":
        return tag("TxDtls", refs, money("Amt", amount, currency), text("CdtDbtInd", "DBIT"), why)
    amounts = tag("AmtDtls", tag("TxAmt", money("Amt", amount, currency))) if amount else ""
    return tag("TxDtls", refs, amounts, why)


def entry(
    amount: str,
    *details: str,
    side: str = "DBIT",
    batch: str = "",
    status: str = "BOOK",
    day: str = "2021-09-24",
    currency: str = "EUR",
    version: str = "02",
    reversal: bool = False,
) -> str:
    """Return an entry; `batch`: the element that names the batch that it books."""
    code = text("Cd", status) if version == "08" else status
    return tag(
        "Ntry",
        money("Amt", amount, currency),
        text("CdtDbtInd", side),
        text("RvslInd", "true") if reversal else "",
        tag("Sts", code),
        tag("BookgDt", text("Dt", day)),
        tag("BkTxCd", tag("Prtry", text("Cd", "658"))),
        tag("NtryDtls", batch or None, *details) if batch or details else "",
    )


def booked(end_to_end: str, amount: str, **options: str) -> str:
    """Return the entry that books one transfer."""
    return entry(amount, detail(end_to_end, amount), **options)


def given_back(end_to_end: str, amount: str, code: str = "AC04", **options: str) -> str:
    """Return the entry that brings one transfer back."""
    return entry(amount, detail(end_to_end, amount, why=reason(code, name="RtrInf")), side="CRDT", **options)


def balance(kind: str, amount: str, side: str = "CRDT", currency: str = "EUR") -> str:
    """Return a balance."""
    parts = (money("Amt", amount, currency), text("CdtDbtInd", side), tag("Dt", text("Dt", "2021-09-24")))
    return tag("Bal", tag("Tp", tag("CdOrPrtry", text("Cd", kind))), *parts)


def statement(
    *entries: str,
    balances: tuple[str, ...] = (),
    account: str = ACCOUNT,
    version: str = "camt.053.001.02",
    message_id: str = "STATEMENT-1",
    made: str = "2021-09-25T06:00:00",
) -> bytes:
    """Return a camt.053 with one statement."""
    header = tag("GrpHdr", text("MsgId", message_id), text("CreDtTm", made))
    of = tag("Acct", tag("Id", text("IBAN", account)))
    one = tag("Stmt", text("Id", message_id), text("CreDtTm", made), of, *balances, *entries)
    return document(version, tag("BkToCstmrStmt", header, one))


def notification(
    *entries: str,
    account: str = ACCOUNT,
    version: str = "camt.054.001.02",
    message_id: str = "NOTICE-1",
    made: str = "2021-09-24T18:00:00",
) -> bytes:
    """Return a camt.054 with one notification."""
    header = tag("GrpHdr", text("MsgId", message_id), text("CreDtTm", made))
    of = tag("Acct", tag("Id", text("IBAN", account)))
    one = tag("Ntfctn", text("Id", message_id), text("CreDtTm", made), of, *entries)
    return document(version, tag("BkToCstmrDbtCdtNtfctn", header, one))
