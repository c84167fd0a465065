"""The journal as an audit file (XAF 4.0) and as CSV: valid by the official schema, and read by another library."""

import csv
import io
import os
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
import pyxaf
from lxml import etree

from npo_pipeline.errors import NpoError, Refused
from npo_pipeline.journal.audit_file import NAMESPACE, audit_file, require_schema
from npo_pipeline.journal.entries import ledger_csv
from tests.spec.journal.ledgers import MAPPING, Paid, booked, changed, mapping, whose

REAL = Path(os.environ.get("NPO_REAL_DATA", Path(__file__).parents[4] / "shared" / "data")) / "xaf"
IN_REAL_DATA = REAL / "XmlAuditfileFinancieel4.0.xsd"
EXAMPLE = MAPPING.replace("  title: Test\n", "  title: Test\n  example: yes\n")
OCTOBER = date(2021, 10, 1)
PAYMENTS = (
    Paid(amount="1234.56"),
    Paid(amount="-30.00", reason="correction"),
    Paid(amount="7.00", component="achterstandsscore", vestiging="02BB00"),
    Paid(amount="100.00", month=OCTOBER, run=4),
    Paid(amount="-0.01", month=OCTOBER, run=5, reason="correction"),
)


def made(*payments: Paid, text: str = MAPPING, **ledger: object) -> bytes:
    paid = payments or PAYMENTS
    return audit_file(booked(*paid, text=text), whose(text, months=[one.month for one in paid], **ledger))


def found(content: bytes, path: str) -> list[str]:
    steps = "/".join(f"x:{step}" for step in path.split("/"))
    return [one.text for one in etree.fromstring(content).findall(steps, {"x": NAMESPACE})]


def pyxaf_schema() -> bytes:
    return files("pyxaf.schemas").joinpath("XmlAuditfileFinancieel4.0.xsd").read_bytes()


def real_schema() -> bytes:
    if not IN_REAL_DATA.exists():
        pytest.skip("the schema of the audit file is not beside this checkout")
    return IN_REAL_DATA.read_bytes()


@pytest.mark.parametrize("schema", [pyxaf_schema, real_schema])
@pytest.mark.parametrize("text", [MAPPING, EXAMPLE])
def test_it_is_valid_by_the_official_schema(schema, text):
    require_schema(made(text=text), schema(), "official.xsd")


def test_it_is_read_by_another_library_without_an_error():
    report = pyxaf.validate(made(), xsd=True)
    # A journal of payments is a part of a ledger: it has no opening balance.
    assert [one.code for one in report.findings] == ["XAF7006"]
    assert (report.stats["transactions"], report.stats["lines"]) == (3, 8)


def test_another_library_adds_up_the_same_amounts():
    with pyxaf.open(made()) as read:
        lines = [line for entry in read.transactions() for line in entry.lines]
    amounts = [(line.account_id, line.debit or 0, line.credit or 0) for line in lines]
    # 1234,56 - 30 + 7 is to come for September, 100 for October, and 0,01 goes back.
    receivable = [(float(debit), float(credit)) for account, debit, credit in amounts if account == "1330"]
    assert receivable == [(1211.56, 0), (100.00, 0), (0, 0.01)]
    assert sum(debit for _, debit, _ in amounts) == sum(credit for _, _, credit in amounts)


def test_the_header_says_the_year_the_months_and_the_currency():
    content = made()
    header = {name: found(content, f"header/{name}") for name in ("fiscalYear", "startDate", "endDate", "curCode")}
    assert header == {
        "fiscalYear": ["2021"],
        "startDate": ["2021-09-01"],
        "endDate": ["2021-10-31"],
        "curCode": ["EUR"],
    }
    assert found(content, "header/dateCreated") == ["2021-09-21"]
    assert found(content, "company/periods/period/endDatePeriod") == ["2021-09-30", "2021-10-31"]


def test_totals_are_those_of_the_lines():
    content, section = made(), "company/transactions"
    assert [found(content, f"{section}/{name}") for name in ("linesCount", "totalDebit", "totalCredit")] == [
        ["8"],
        # 1211,56 + 30 + 100 + 0,01 debit; 1234,56 + 7 + 100 + 0,01 credit.
        ["1341.57"],
        ["1341.57"],
    ]


def test_the_ledger_accounts_say_their_kind_and_rgs_code():
    content, account = made(), "company/generalLedger/ledgerAccount"
    assert found(content, f"{account}/accID") == ["1330", "8051", "8052", "8059"]
    assert found(content, f"{account}/accTp") == ["B", "P", "P", "P"]
    assert found(content, f"{account}/RGScode") == ["BVorTskTos", "WOvbSgbBso"]
    assert found(content, "header/RGSVersion") == ["3.7"]


def test_the_cost_centre_of_a_line_is_that_of_the_mapping():
    own = changed('  receivable: "1330"', '  receivable: "1330"\n  cost_centres: {01AA: "1010"}')
    content = made(Paid(amount="1.00"), text=own)
    assert found(content, "company/transactions/journal/transaction/trLine/cost") == ["1010"]


def test_a_dollar_file_says_so():
    content = made(Paid(amount="5.00", school_type="cn", currency="USD"))
    assert found(content, "header/curCode") == ["USD"]


def test_the_tax_number_is_that_of_the_mapping_else_unknown():
    known = changed("  code: NPO\n", "  code: NPO\n  administration: {tax_number: '123456789'}\n")
    assert found(made(), "company/taxRegIdent") == ["onbekend"]
    assert found(made(text=known), "company/taxRegIdent") == ["123456789"]


def test_a_file_by_an_example_says_so_where_it_is_opened_and_where_it_is_imported():
    content = made(text=EXAMPLE)
    assert b"<!-- VOORBEELD: " in content.split(b"<header>")[0]
    assert "VOORBEELD" in found(content, "company/transactions/journal/desc")[0]
    assert b"VOORBEELD" not in made()


def test_names_that_are_markup_or_cannot_be_shown_do_no_harm():
    content = made(name="A & B <Stichting>\x1b]\u202e")
    assert found(content, "company/companyName") == ["A & B <Stichting>\\x1b]\\u202e"]


def test_the_same_payments_give_the_same_bytes():
    assert made() == made()


def test_a_file_that_is_none_by_our_own_description_is_never_written(monkeypatch):
    monkeypatch.setattr("npo_pipeline.journal.audit_file.NO_TAX_NUMBER", "x" * 31)
    with pytest.raises(NpoError, match=r"the audit file is not valid, so nothing was written: .*taxRegIdent"):
        made()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", r"x.xsd: is no XSD \("),
        (b"<a/>", r"x.xsd: is no XSD \("),
        (b"x" * (2**20 + 1), "x.xsd: is larger than 1 MiB"),
        (
            b'<schema xmlns="http://www.w3.org/2001/XMLSchema"><element name="a"/></schema>',
            "x.xsd: the audit file is not valid by it, so nothing was written: line 2 of the audit file: ",
        ),
    ],
)
def test_another_schema_is_refused(raw, words):
    with pytest.raises(Refused, match=words):
        require_schema(made(), raw, "x.xsd")


def rows(text: str = MAPPING, *payments: Paid) -> list[dict[str, str]]:
    content = ledger_csv(booked(*(payments or PAYMENTS), text=text), mapping(text).mapping, "10001")
    assert content.startswith(b"\xef\xbb\xbfDAGBOEK;BOEKSTUKNUMMER;BOEKDATUM;BOEKJAAR;PERIODE;REGEL;REKENING;")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_the_csv_has_a_row_per_line_with_debit_beside_credit():
    shown = [
        tuple(row[name] for name in ("BOEKSTUKNUMMER", "REGEL", "REKENING", "KOSTENPLAATS", "DEBET", "CREDIT"))
        for row in rows()
    ]
    assert shown == [
        ("NPO-202109-01", "1", "1330", "", "1211,56", "0,00"),
        ("NPO-202109-01", "2", "8059", "01AA", "30,00", "0,00"),
        ("NPO-202109-01", "3", "8051", "01AA", "0,00", "1234,56"),
        ("NPO-202109-01", "4", "8052", "02BB", "0,00", "7,00"),
        ("NPO-202110-01", "1", "1330", "", "100,00", "0,00"),
        ("NPO-202110-01", "2", "8051", "01AA", "0,00", "100,00"),
        ("NPO-202110-02", "1", "1330", "", "0,00", "0,01"),
        ("NPO-202110-02", "2", "8059", "01AA", "0,01", "0,00"),
    ]


def test_the_csv_says_dates_as_dutch_ledgers_do_and_whose_money_it_is():
    row = rows()[1]
    assert {name: row[name] for name in ("BOEKDATUM", "BOEKJAAR", "PERIODE", "DOCUMENTDATUM", "VALUTA")} == {
        "BOEKDATUM": "01-09-2021",
        "BOEKJAAR": "2021",
        "PERIODE": "9",
        "DOCUMENTDATUM": "21-09-2021",
        "VALUTA": "EUR",
    }
    assert (row["BEVOEGD_GEZAG_NUMMER"], row["BRIN_NUMMER"], row["SOORT"]) == ("10001", "01AA", "correctie")


def test_every_row_of_a_csv_by_an_example_says_so():
    assert {row["MAPPING"] for row in rows(EXAMPLE)} == {"VOORBEELD (Test)"}
    assert {row["MAPPING"] for row in rows()} == {"Test"}


def test_a_name_in_the_csv_is_never_run_as_a_formula():
    text = changed("Te vorderen van OCW", "=HYPERLINK(1)")
    assert rows(text)[0]["REKENINGNAAM"] == "'=HYPERLINK(1)"
