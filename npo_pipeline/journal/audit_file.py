"""The journal of a board as XML Auditfile Financieel 4.0: the form in which a Dutch ledger is handed over.

A file is of one currency and one calendar year, or a part of it. Each is checked against a description of what we
write (`audit-file.xsd`): the official schema states no licence, so it cannot come with the program, and is checked
where somebody has it.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from lxml import etree
from lxml.etree import XMLSchema, _Element

from npo_pipeline import __version__, dutch
from npo_pipeline.errors import NpoError, Refused, printable
from npo_pipeline.journal.mapping import Account, JournalMapping
from npo_pipeline.months import Month, month_after
from schemas.frames.reports import JournalLines

NAMESPACE = "http://www.odb.belastingdienst.nl/Belastingdienst/BCPP/1.1/structures/XmlauditfileXAF_4.0"

MARK = "VOORBEELD: de rekeningnummers zijn die van een voorbeeld, en niet van dit bestuur"
"""The words in a file of which the mapping is an example."""

NO_TAX_NUMBER = "onbekend"
_KINDS = {"balance": "B", "result": "P"}
_MEMORIAL = "M"
_XSD_LIMIT = 2**20
"""Bytes; the official schema has 60 thousand."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """Represent the whole months that a journal is of, within one calendar year; both ends included."""

    first: Month
    last: Month

    def months(self) -> Iterator[Month]:
        """Yield its months."""
        month = self.first
        while month <= self.last:
            yield month
            month = month_after(month)


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """Represent whose journal it is: the name of the board, its mapping, the months, and the day it is of."""

    name: str
    mapping: JournalMapping
    period: Period
    made_on: date


def audit_file(lines: JournalLines, ledger: Ledger) -> bytes:
    """Return the journal of one currency as an audit file.

    Raises:
        NpoError: it is not what an audit file is; a fault of ours.
    """
    (currency,) = lines["currency"].unique()
    root = etree.Element(f"{{{NAMESPACE}}}auditfile", nsmap={None: NAMESPACE})
    if ledger.mapping.example:
        root.addprevious(etree.Comment(f" {MARK} "))
    _add(root, "header", _header(ledger, currency))
    company = _add(root, "company", _company(ledger))
    accounts = _add(company, "generalLedger")
    for account in ledger.mapping.accounts:
        _add(accounts, "ledgerAccount", _account(account))
    periods = _add(company, "periods")
    for month in ledger.period.months():
        _add(periods, "period", _period(month))
    _add_transactions(company, lines, ledger)
    _require_valid(root)
    return bytes(etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _add(parent: _Element, name: str, values: Mapping[str, Any] | None = None) -> _Element:
    """Add an element with a value in each of its own; one of which the value is null is left out."""
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    for key, value in (values or {}).items():
        if value is not None:
            etree.SubElement(element, f"{{{NAMESPACE}}}{key}").text = printable(str(value))
    return element


def _header(ledger: Ledger, currency: str) -> dict[str, Any]:
    return {
        "fiscalYear": ledger.period.first.year,
        "startDate": ledger.period.first,
        "endDate": last_day(ledger.period.last),
        "curCode": currency,
        "dateCreated": ledger.made_on,
        "softwareDesc": "npo-pipeline",
        "softwareVersion": __version__[:20],
        "RGSVersion": ledger.mapping.rgs_version,
    }


def _company(ledger: Ledger) -> dict[str, Any]:
    administration = ledger.mapping.administration
    return {
        "Commercenr": administration.trade_register,
        "companyName": ledger.name[:255],
        "taxRegistrationCountry": administration.country,
        "taxRegIdent": administration.tax_number or NO_TAX_NUMBER,
    }


def _account(account: Account) -> dict[str, Any]:
    kind = _KINDS[account.kind]
    return {"accID": account.account, "accDesc": account.name, "accTp": kind, "RGScode": account.rgs}


def _period(month: Month) -> dict[str, Any]:
    return {"periodNumber": month.month, "startDatePeriod": month, "endDatePeriod": last_day(month)}


def last_day(month: Month) -> date:
    """Return the last day of a month."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def _add_transactions(company: _Element, lines: JournalLines, ledger: Ledger) -> None:
    mapping = ledger.mapping
    debit, credit = (amount_text(int(lines[side].sum())) for side in ("debit_cents", "credit_cents"))
    totals = {"linesCount": lines.height, "totalDebit": debit, "totalCredit": credit}
    transactions = _add(company, "transactions", totals)
    title = f"{mapping.name} ({MARK})" if mapping.example else mapping.name
    described = {
        "jrnID": mapping.code,
        "desc": title,
        "jrnTp": _MEMORIAL,
        "offsetAccID": mapping.receivable,
    }
    journal = _add(transactions, "journal", described)
    for (_,), rows in lines.partition_by("entry", as_dict=True, maintain_order=True).items():
        entry = None
        for row in rows.iter_rows(named=True):
            entry = _add(journal, "transaction", _transaction(row)) if entry is None else entry
            _add(entry, "trLine", _line(row))


def _transaction(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an entry is, by any of its lines."""
    return {
        "nr": row["entry"],
        "desc": f"Betaling NPO {dutch.month(row['paid_month'])}",
        "periodNumber": row["paid_month"].month,
        "trDt": row["paid_month"],
        "Source": f"npo {row['run_id']}",
    }


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "nr": row["line"],
        "accID": row["account"],
        "docRef": row["reference"],
        "effDate": row["document_date"],
        "desc": row["text"],
        "amnt": amount_text(row["debit_cents"] or row["credit_cents"]),
        "amntTp": "D" if row["debit_cents"] else "C",
        "cost": row["cost_centre"],
    }


def amount_text(cents: int) -> str:
    """Write cents from 0 as `1234.56`."""
    return f"{cents // 100}.{cents % 100:02}"


@cache
def _own_schema() -> XMLSchema:
    return _schema(files(__package__).joinpath("audit-file.xsd").read_bytes())


def _schema(raw: bytes) -> XMLSchema:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.XMLSchema(etree.fromstring(raw, parser))


def _require_valid(root: _Element) -> None:
    """Stop where a file is not what an audit file is: a fault of ours."""
    schema = _own_schema()
    if not schema.validate(root):
        raise NpoError(f"the audit file is not valid, so nothing was written: {schema.error_log[0].message}")


def require_schema(content: bytes, raw: bytes, name: str) -> None:
    """Refuse an audit file that is not valid by a schema that somebody has.

    Raises:
        Refused: it is not valid, or the schema is none of XML Auditfile Financieel 4.0.
    """
    if len(raw) > _XSD_LIMIT:
        raise Refused(f"{name}: is larger than {_XSD_LIMIT // 2**20} MiB; that is no XSD of an audit file")
    try:
        schema = _schema(raw)
    except etree.LxmlError as error:
        raise Refused(f"{name}: is no XSD ({error}); name that of XML Auditfile Financieel 4.0") from error
    if not schema.validate(etree.fromstring(content)):
        first = schema.error_log[0]
        words = f"line {first.line} of the audit file: {first.message}"
        raise Refused(f"{name}: the audit file is not valid by it, so nothing was written: {words}")
