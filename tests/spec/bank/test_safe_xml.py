"""A message of a bank is read safely: what could do harm, or is cut off, is refused by name, line and column."""

from __future__ import annotations

import pytest

from npo_pipeline.bank import safe_xml
from npo_pipeline.bank.answers import read_answers
from npo_pipeline.bank.safe_xml import read_message
from npo_pipeline.errors import Refused
from tests.spec.bank.messages import booked, document, notification, rejected, statement, tag, text

T1 = "NPO-202109-40045-0123456789ab"

LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<Document>&c;</Document>"""
OUTSIDE = b'<!-- first -->\n<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/hostname">]><Document>&f;</Document>'


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        read_answers("answer.xml", data)
    return str(caught.value)


@pytest.mark.parametrize("version", ["pain.002.001.03", "pain.002.001.10"])
def test_both_versions_of_a_status_report_are_read(version):
    assert read_message("a.xml", rejected(T1, version=version)).version == version


@pytest.mark.parametrize("number", ["02", "08"])
def test_both_versions_of_statements_and_notifications_are_read(number):
    entry = booked(T1, "10.00", version=number)
    assert read_message("a.xml", statement(entry, version=f"camt.053.001.{number}")).kind == "camt.053"
    assert read_message("a.xml", notification(entry, version=f"camt.054.001.{number}")).kind == "camt.054"


def test_another_version_is_refused_by_name():
    assert refusal(document("camt.053.001.04", tag("BkToCstmrStmt", "x"))) == (
        "answer.xml: is a camt.053.001.04, which npo does not read; ask the bank for one of camt.053.001.02, "
        "camt.053.001.08"
    )


def test_a_payment_file_is_no_answer():
    words = refusal(document("pain.001.001.09", tag("CstmrCdtTrfInitn", "x")))
    assert words == "answer.xml: is a payment file, which goes to the bank; name what the bank answered"


def test_another_kind_of_xml_is_refused():
    assert "is no message of a bank" in refusal(b"<html><body>Not found</body></html>")


@pytest.mark.parametrize(
    ("data", "line"),
    [(LAUGHS, "line 2, column 1"), (OUTSIDE, "line 2, column 1"), (b"\xef\xbb\xbf  <!doctype x><x/>", "column 3")],
)
def test_a_document_type_is_refused_before_anything_is_parsed(data, line):
    words = refusal(data)
    assert line in words
    assert "has a document type (DOCTYPE), which no message of a bank has" in words


def test_an_entity_that_nobody_declared_is_no_xml():
    assert "is cut off or damaged (Entity 'f' not defined)" in refusal(b"<Document>&f;</Document>")


def test_a_zip_among_the_files_is_named_as_one():
    assert "is a zip in a folder or in another zip" in refusal(b"PK\x03\x04....")


def test_a_word_in_a_comment_is_no_document_type():
    assert read_message("a.xml", rejected(T1).replace(b"<Doc", b"<!-- <!DOCTYPE -->\n<Doc", 1)).kind == "pain.002"


def test_a_schema_that_a_message_names_itself_is_not_fetched():
    named = (
        b'<Document xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="x file:///nowhere" '
    )
    assert read_message("a.xml", rejected(T1).replace(b"<Document ", named, 1)).kind == "pain.002"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (rejected(T1).decode().encode("utf-16"), "UTF-16"),
        (rejected(T1).decode().encode("utf-16-be"), "UTF-16"),
        (rejected(T1).replace(b"UTF-8", b"ISO-8859-1"), "ISO-8859-1"),
    ],
)
def test_another_encoding_than_utf8_is_refused_by_name(data, encoding):
    assert f"is encoded as {encoding}, not as UTF-8" in refusal(data)


def test_a_byte_that_is_no_utf8_is_refused_with_its_place():
    data = rejected(T1).replace(b"<GrpHdr>", b"\n<GrpHdr>\xe9", 1)
    assert refusal(data).startswith("answer.xml, line 4, column 9: is no UTF-8 here")


def test_depth_is_bounded():
    assert "Excessive depth" in refusal(b"<Document>" + b"<a>" * 5_000)


def test_size_and_number_of_elements_are_bounded(monkeypatch):
    monkeypatch.setattr(safe_xml, "MOST_MARKS", 1_000)
    assert "holds more elements than a message" in refusal(b"<a>" * 2_000)
    monkeypatch.setattr(safe_xml, "MOST_BYTES", 1_000)
    assert "is larger than" in refusal(b"<a>" * 2_000)


def test_a_message_that_is_cut_off_anywhere_is_refused_in_one_line():
    whole = statement(booked(T1, "10.00"))
    end = len(whole.rstrip())
    for at in range(0, end, 100):
        words = refusal(whole[:at])
        assert "\n" not in words
        assert words.startswith("answer.xml")


def test_what_does_not_fit_the_schema_is_refused_with_its_line():
    words = refusal(statement("<Ntry>\n<Amt>1.00</Amt></Ntry>"))
    assert words.startswith(
        "answer.xml, line 4, column 1: is no valid camt.053.001.02: Element 'Amt': The attribute"
    )


def test_an_element_in_the_wrong_place_is_refused():
    assert "This element is not expected" in refusal(statement(text("IBAN", "NL")))
