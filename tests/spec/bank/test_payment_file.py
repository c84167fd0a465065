"""The payment file: a pain.001.001.09 that the bank accepts, with the numbers of the books."""

from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
import sepaxml
import xmlschema

from npo_pipeline.bank.pain001 import account_holder, plain
from tests.spec.bank.releases import ACCOUNT, IBAN, OTHER_IBAN, payment, rows

XSD = Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd"
NAME = "Stichting 'Één' & \"Twee\" <drie>; Ærø"


SCHEMA = xmlschema.XMLSchema(XSD)


def read_again(file):
    """A file as another library reads it: xmlschema, which validates it by the XSD too."""
    return SCHEMA.to_dict(ElementTree.fromstring(file), strip_namespaces=True)["CstmrCdtTrfInitn"]


@pytest.fixture(scope="module")
def found():
    accounts = (ACCOUNT, ("bestuur", "40046", OTHER_IBAN, NAME))
    return rows(payment(1, 300_05), payment(2, 999_999_999_99, recipient="40046"), accounts=accounts)


@pytest.fixture(scope="module")
def file(found):
    return found.files["npo-2021-10-001.xml"]


@pytest.fixture(scope="module")
def message(file):
    return read_again(file)


def test_it_counts_and_adds_up_as_the_books_do(message, found):
    (batch,) = found.batches.rows(named=True)
    assert (batch["transfers"], str(batch["total"])) == (2, "1000000300.04")
    (order,) = message["PmtInf"]
    for part in (message["GrpHdr"], order):
        assert (part["NbOfTxs"], part["CtrlSum"]) == ("2", batch["total"])
    amounts = [one["Amt"]["InstdAmt"] for one in order["CdtTrfTxInf"]]
    assert [(one["@Ccy"], one["$"]) for one in amounts] == [("EUR", one) for one in found.orders["amount"]]


def test_its_ids_and_its_clock_are_those_of_the_books(message):
    header, (order,) = message["GrpHdr"], message["PmtInf"]
    assert header["MsgId"] == order["PmtInfId"] == "NPO-2021-10-001"
    # 12:00 UTC on a summer day of the Netherlands.
    assert header["CreDtTm"] == "2021-10-19T14:00:00"
    assert order["ReqdExctnDt"] == {"Dt": "2021-10-20"}


def test_it_is_a_batch_that_the_debtor_pays_by_sepa(message):
    (order,) = message["PmtInf"]
    assert (order["BtchBookg"], order["ChrgBr"], order["PmtMtd"]) == (True, "SLEV", "TRF")
    assert order["PmtTpInf"] == {"SvcLvl": [{"Cd": "SEPA"}]}
    assert order["DbtrAcct"] == {"Id": {"IBAN": OTHER_IBAN}}
    assert order["DbtrAgt"] == {"FinInstnId": {"BICFI": "INGBNL2A"}}


def test_a_debtor_without_a_bic_is_not_provided():
    file = rows(payment(1, 5), debtor_bic=None).files["npo-2021-10-001.xml"]
    (order,) = read_again(file)["PmtInf"]
    assert order["DbtrAgt"] == {"FinInstnId": {"Othr": {"Id": "NOTPROVIDED"}}}


def test_each_transfer_names_who_is_paid_and_what_for(message, found):
    first, second = message["PmtInf"][0]["CdtTrfTxInf"]
    assert [first["PmtId"], second["PmtId"]] == [{"EndToEndId": one} for one in found.orders["end_to_end_id"]]
    assert first["CdtrAcct"] == {"Id": {"IBAN": IBAN}}
    assert first["Cdtr"] == {"Nm": "Stichting Drie"}
    assert second["Cdtr"] == {"Nm": "Stichting 'Een' + .Twee. .drie.. AEro"}
    assert first["RmtInf"] == {"Ustrd": ["NPO 2021-10 schooljaar 2021-2022 kenmerk 2021-2022-001"]}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Openbaar Onderwijs Fryslân / Súd", "Openbaar Onderwijs Fryslan / Sud"),
        ("A&B_C@D [E] {F} ~G", "A+B-C(D (E) (F) -G"),
        ("//Dubbel//op/", "Dubbel/op"),
        ("tab\tregel\n einde", "tab.regel. einde"),
        ("Łódź 學校 Straße", "Lodz .. Strasse"),
    ],
)
def test_text_is_written_in_the_characters_of_sepa(text, written):
    assert plain(text) == written


def test_a_name_is_cut_where_the_bank_has_no_room():
    assert account_holder("x" * 71, "40045") == "x" * 70
    assert account_holder("學校", "40045") == "Ontvanger 40045"


def test_each_transfer_of_many_has_an_id_of_its_own():
    """Five hundred recipients, each with a name, an id and an amount of its own."""
    names = [f"{number:05d}" for number in range(10000, 10500)]
    accounts = [("bestuur", one, IBAN, f"Bestuur {one}") for one in names]
    found = rows(
        *(payment(number, number + 1, recipient=one) for number, one in enumerate(names)), accounts=accounts
    )
    (file,) = found.files.values()
    assert found.orders["end_to_end_id"].n_unique() == 500
    ids = [one.text for one in ElementTree.fromstring(file).iter() if one.tag.endswith("EndToEndId")]
    assert ids == found.orders.sort("recipient")["end_to_end_id"].to_list()


def test_dollars_are_a_list_that_a_spreadsheet_shows():
    found = rows(
        payment(1, 1234_50, currency="USD"),
        accounts=[(*ACCOUNT[:3], "=cmd()")],
        execution_date=date(2021, 10, 20),
        created_at=datetime(2021, 10, 19, 12),
    )
    (name,) = found.orders["end_to_end_id"]
    assert found.files["npo-2021-10-001-usd.csv"].decode("utf-8-sig").split("\r\n") == [
        "KENMERK;ONTVANGER;IBAN;TENAAMSTELLING;BEDRAG;VALUTA;OMSCHRIJVING;UITVOERDATUM",
        f"{name};40045;{IBAN};'=cmd();1234,50;USD;"
        "NPO 2021-10 schooljaar 2021-2022 kenmerk 2021-2022-001;2021-10-20",
        "",
    ]
