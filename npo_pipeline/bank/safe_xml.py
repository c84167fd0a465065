"""Read an XML message of a bank safely, and hold it to the schema of its kind and version.

A message is data from outside: a document type (and with it every entity) is refused before anything is parsed,
nothing is fetched, and size, depth and number of marks are bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from npo_pipeline import dutch
from npo_pipeline.errors import Refused

Element = Any
"""An element of lxml, which has no types."""

MOST_BYTES = 64 * 2**20
MOST_MARKS = 6_000_000
"""Elements (their starts and ends) and attributes of a message: beyond it, the tree would not fit in memory."""

VERSIONS = {
    "pain.002": ("pain.002.001.03", "pain.002.001.10"),
    "camt.053": ("camt.053.001.02", "camt.053.001.08"),
    "camt.054": ("camt.054.001.02", "camt.054.001.08"),
}
"""The versions of each kind of message that are read: the ones that Dutch banks send."""

_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
_SCHEMAS = Path(__file__).with_name("xsd")
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_BEFORE_ROOT = re.compile(rb"\s*(?:<\?.*?\?>|<!--.*?-->)", re.DOTALL)
_SPACE = re.compile(rb"\s*")
_OTHER_ENCODINGS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"<\x00": "UTF-16",
    b"\x00<": "UTF-16",
    b"\x00\x00": "UTF-32",
    b"\x4c\x6f": "EBCDIC",
}
_MARK = b"\xef\xbb\xbf"
_ASK = "have the bank send the file again"
_MOST_WORDS = 300


@dataclass(frozen=True)
class Document:
    """Represent a message that fits its schema: its kind (`camt.053`), its version, and its root element."""

    kind: str
    version: str
    root: Element


def read_message(name: str, data: bytes) -> Document:
    """Parse a message and validate it.

    Raises:
        Refused: it is too large, no UTF-8, has a document type, is cut off or no XML, is a message of another kind
            or version, or does not fit its schema; says the line and the column.
    """
    root = _parse(name, data)
    kind, version = _kind_of(name, root)
    schema = _schema(kind, version)
    if not schema.validate(root):
        fault = schema.error_log[0]
        words = _plain(fault.message)
        raise Refused(
            f"{name}, line {fault.line}, column {fault.column or 1}: is no valid {version}: {words}; {_ASK}"
        )
    return Document(kind, version, root)


def _parse(name: str, data: bytes) -> Element:
    if len(data) > MOST_BYTES:
        limit = dutch.number(MOST_BYTES // 2**20)
        raise Refused(f"{name}: is larger than {limit} MiB; have the bank send it in parts")
    if data.count(b"<") + data.count(b'="') + data.count(b"='") > MOST_MARKS:
        raise Refused(f"{name}: holds more elements than a message of a bank can have; have it sent in parts")
    if not data.strip():
        raise Refused(f"{name}: is empty; {_ASK}")
    if data.startswith(b"PK\x03\x04"):
        raise Refused(f"{name}: is a zip in a folder or in another zip; unpack it, or name it by itself")
    _refuse_other_encoding(name, data)
    _refuse_document_type(name, data)
    # The parser is for one document alone: it keeps the log of what it read.
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        words = _plain(re.sub(r", line \d+, column \d+.*", "", error.msg or "", flags=re.DOTALL))
        raise Refused(
            f"{name}, line {max(line, 1)}, column {max(column, 1)}: is cut off or damaged ({words}); {_ASK}"
        ) from None


def _refuse_other_encoding(name: str, data: bytes) -> None:
    """Refuse what is no UTF-8, which is what ISO 20022 prescribes."""
    if found := _OTHER_ENCODINGS.get(data[:2]):
        raise Refused(f"{name}, line 1, column 1: is encoded as {found}, not as UTF-8; {_ASK}")
    body = data.removeprefix(_MARK)
    if (declared := _DECLARED.match(body)) and declared[1].lower() not in {b"utf-8", b"utf8", b"us-ascii"}:
        column = declared.start(1) + 1
        raise Refused(
            f"{name}, line 1, column {column}: is encoded as {declared[1].decode()}, not as UTF-8; {_ASK}"
        )
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _position(body, error.start)
        raise Refused(f"{name}, line {line}, column {column}: is no UTF-8 here; {_ASK}") from None


def _refuse_document_type(name: str, data: bytes) -> None:
    """Refuse a document type: a message of a bank has none, and entities are declared in it."""
    body, at = data.removeprefix(_MARK), 0
    while found := _BEFORE_ROOT.match(body, at):
        at = found.end()
    at += len(_SPACE.match(body, at)[0])  # type: ignore[index]  # It matches nothing as well.
    if body[at : at + 9].upper() == b"<!DOCTYPE":
        line, column = _position(body, at)
        raise Refused(
            f"{name}, line {line}, column {column}: has a document type (DOCTYPE), which no message of a bank has "
            f"and which can do harm; {_ASK}"
        )


def _position(body: bytes, at: int) -> tuple[int, int]:
    """Return the line and the column (in characters, from 1) of a byte."""
    before = body[:at]
    start = before.rfind(b"\n") + 1
    return before.count(b"\n") + 1, len(before[start:].decode("utf-8", "replace")) + 1


def _kind_of(name: str, root: Element) -> tuple[str, str]:
    """Return the kind and the version of a message by its namespace.

    Raises:
        Refused: it is of another kind or version.
    """
    namespace = etree.QName(root).namespace or ""
    version = namespace.removeprefix(_NAMESPACE)
    kinds = [kind for kind in VERSIONS if version.startswith(f"{kind}.")] or [*VERSIONS]
    known = ", ".join(one for kind in kinds for one in VERSIONS[kind])
    if version.startswith("pain.001."):
        raise Refused(f"{name}: is a payment file, which goes to the bank; name what the bank answered")
    if version == namespace or etree.QName(root).localname != "Document":
        raise Refused(f"{name}: is no message of a bank in the format of ISO 20022; npo reads {known}")
    for kind, versions in VERSIONS.items():
        if version in versions:
            return kind, version
    raise Refused(
        f"{name}: is a {version[:_MOST_WORDS]}, which npo does not read; ask the bank for one of {known}"
    )


@cache
def _schema(kind: str, version: str) -> Element:
    """Load the schema of a kind of message; its types take on the namespace of the version."""
    namespace = f"{_NAMESPACE}{version}"
    text = (
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{namespace}" '
        f'xmlns="{namespace}" elementFormDefault="qualified"><xs:include schemaLocation="{kind}.xsd"/></xs:schema>'
    )
    return etree.XMLSchema(etree.fromstring(text, base_url=str(_SCHEMAS / "of-a-version.xsd")))


def _plain(words: str) -> str:
    """Return words of the parser without namespaces, and not longer than a line."""
    short = re.sub(r"\{[a-z]+:[^}]*\}", "", " ".join(words.split())).rstrip(". ")
    return short if len(short) <= _MOST_WORDS else f"{short[:_MOST_WORDS]}..."
