"""Payment files for the bank: pain.001.001.09 in euro, a list where SEPA cannot carry the currency."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery.sanitize import sanitize
from npo_pipeline.errors import Refused
from npo_pipeline.intake.reference_lists import LONGEST_NAME
from npo_pipeline.months import in_the_netherlands
from schemas.released import TransferOrders

_SCHEMA = "pain.001.001.09"
_NAMESPACE = f"{{urn:iso:std:iso:20022:tech:xsd:{_SCHEMA}}}"

_OTHERS = str.maketrans(
    {
        **dict.fromkeys('!"#$%*<=>^;', "."),
        **{"&": "+", "@": "(", "[": "(", "{": "(", "]": ")", "}": ")", "|": "/", "\\": "/", "_": "-", "~": "-"},
        **{"`": "'", "‘": "'", "’": "'", "“": ".", "”": ".", "–": "-", "—": "-", "ß": "ss", "ø": "o", "Ø": "O"},
        **{"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "€": "EUR"},
    }
)
"""Characters that a SEPA file may not hold, and what the European Payments Council writes for them."""

_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")


def plain(text: str) -> str:
    """Return text in the characters that a SEPA file may hold: without accents, others as the banks write them."""
    bare = unicodedata.normalize("NFKD", text.translate(_OTHERS))
    letters = "".join(one for one in bare if not unicodedata.combining(one))
    kept = _NOT_ALLOWED.sub(".", letters)
    # A slash at an end, or two in a row, is reserved.
    return " ".join(re.sub(r"/{2,}", "/", kept).split()).strip("/ ")


def account_holder(name: str, recipient: str) -> str:
    """Return the name of an account as a file has it; the recipient where no letter of it can be written."""
    written = plain(name)[:LONGEST_NAME].strip("/ ")
    return written if any(one.isalnum() for one in written) else f"Ontvanger {recipient}"


def payment_file(batch: Mapping[str, Any], orders: TransferOrders) -> bytes:
    """Return a batch in euro as a pain.001, from its rows in the books alone: the same rows, the same bytes.

    Raises:
        Refused: it is not what its XSD demands; says where.
    """
    # They take a while to load, and nothing else needs them.
    from lxml import etree
    from sepaxml import SepaTransfer

    debtor = {"name": plain(batch["debtor_name"])[:LONGEST_NAME], "IBAN": batch["debtor_iban"]}
    agent = {"BIC": batch["debtor_bic"]} if batch["debtor_bic"] else {}
    settings = {**debtor, **agent, "batch": True, "currency": batch["currency"]}
    message = SepaTransfer(settings, schema=_SCHEMA, clean=False)
    columns = ("end_to_end_id", "recipient", "amount", "iban", "account_name", "remittance")
    for name, recipient, amount, iban, holder, remittance in orders.select(columns).iter_rows():
        message.add_payment(
            {
                "name": account_holder(holder, recipient),
                "IBAN": iban,
                "amount": int(amount.scaleb(2)),
                "execution_date": batch["execution_date"],
                "description": plain(remittance),
                "endtoend_id": name,
            }
        )
    document = etree.fromstring(message.export(validate=False))
    _settle(document, batch)
    if not (schema := _schema()).validate(document):
        fault = schema.error_log[0]
        raise Refused(f"{batch['batch_id']}: is no payment file that the bank accepts ({fault.message})")
    etree.indent(document)
    written: bytes = etree.tostring(document, xml_declaration=True, encoding="UTF-8")
    return written + b"\n"


def _settle(document: Any, batch: Mapping[str, Any]) -> None:
    """Replace the ids and the clock of sepaxml, which differ each time, by what the books say."""
    from lxml import etree

    created = in_the_netherlands(batch["created_at"])
    for path, text in {
        "MsgId": batch["batch_id"],
        "PmtInfId": batch["batch_id"],
        "CreDtTm": f"{created:%Y-%m-%dT%H:%M:%S}",
    }.items():
        (element,) = document.iter(f"{_NAMESPACE}{path}")
        element.text = text
    for agent in document.iter(f"{_NAMESPACE}FinInstnId"):
        if not len(agent):
            other = etree.SubElement(agent, f"{_NAMESPACE}Othr")
            etree.SubElement(other, f"{_NAMESPACE}Id").text = "NOTPROVIDED"


@cache
def _schema() -> Any:
    import sepaxml
    from lxml import etree

    # The XSD is validated by lxml: xmlschema, which sepaxml asks, takes minutes for a country.
    file = Path(sepaxml.__file__).parent / "schemas" / f"{_SCHEMA}.xsd"
    return etree.XMLSchema(etree.parse(file))


def transfer_list(batch: Mapping[str, Any], orders: TransferOrders) -> bytes:
    """Return a batch as a list in Dutch, for a currency that SEPA does not carry."""
    rows = orders.select(
        KENMERK="end_to_end_id",
        ONTVANGER="recipient",
        IBAN="iban",
        TENAAMSTELLING=sanitize(pl.col("account_name")),
        BEDRAG="amount",
        VALUTA=pl.lit(batch["currency"]),
        OMSCHRIJVING="remittance",
        UITVOERDATUM=pl.lit(batch["execution_date"]),
    )
    return dutch.csv(rows)
