"""An IBAN is Dutch, of the right length, with the right check digits; a BIC is of a known bank."""

import pytest

from schemas.iban import bic_fault, electronic, iban_fault, is_of_bank


@pytest.mark.parametrize("text", ["NL91ABNA0417164300", "nl91 abna 0417 1643 00", " NL61\u00a0INGB0417164300 "])
def test_spaces_and_small_letters_are_no_fault(text):
    assert iban_fault(text) is None
    assert electronic(text).isalnum()
    assert len(electronic(text)) == 18


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("NL92ABNA0417164300", "has wrong check digits: a character was mistyped or two were swapped"),
        ("NL91ABNA0417163400", "has wrong check digits: a character was mistyped or two were swapped"),
        ("BE71096123456769", "is of country BE; only Dutch accounts (NL) are used"),
        ("NL91ABNA041716430", "has 17 characters, and a Dutch IBAN has 18"),
        ("NL91ABNA04171643OO", "is not NL, two digits, four letters of the bank and ten digits"),
        ("NL56XXXX0417164300", "is of a bank that is not known (XXXX)"),
        ("0417164300", "does not begin with a country (NL)"),
        ("NL91ABNA041716430٠", "holds a character that no IBAN has"),
        ("", "holds a character that no IBAN has"),
    ],
)
def test_what_is_wrong_with_an_iban_is_said(text, words):
    assert iban_fault(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ABNANL2A", None),
        ("ABNANL2AXXX", None),
        ("abna nl 2a", None),
        ("ABNA", "is not eight or eleven letters and digits: the bank, the country, the place"),
        ("ABNANL2AX", "is not eight or eleven letters and digits: the bank, the country, the place"),
        ("XXXXNL2A", "is of no bank that is known"),
        ("ABNANL2٢", "holds a character that no BIC has"),
    ],
)
def test_what_is_wrong_with_a_bic_is_said(text, words):
    assert bic_fault(text) == words


def test_a_bic_is_that_of_the_bank_of_an_iban():
    assert is_of_bank("ABNANL2A", "NL91ABNA0417164300")
    assert is_of_bank("ABNANL2AXXX", "NL91ABNA0417164300")
    assert not is_of_bank("INGBNL2A", "NL91ABNA0417164300")
