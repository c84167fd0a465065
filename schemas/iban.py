"""IBANs and BICs: whether a text is one, and in words what is wrong with it where it is not."""

from __future__ import annotations

import re

COUNTRY = "NL"
"""All recipients bank in the Netherlands; an account elsewhere needs an agreement first."""

LENGTH = 18
"""Characters of a Dutch IBAN."""

FORM = rf"{COUNTRY}[0-9]{{2}}[A-Z]{{4}}[0-9]{{10}}"
"""A Dutch IBAN as a regular expression: country, check digits, bank and account."""


def electronic(text: str) -> str:
    """Return an IBAN or a BIC as a payment file has it: in capitals, without spaces."""
    return "".join(text.split()).upper()


def iban_fault(text: str) -> str | None:
    """Return in words what is wrong with an IBAN, the first fault of it; null where nothing is.

    Spaces and small letters are no fault. The words go on from "IBAN '...' ".
    """
    plain = electronic(text)
    # Before anything else: to Python a digit or a capital may be of another alphabet.
    if not (plain.isascii() and plain.isalnum()):
        return "holds a character that no IBAN has"
    if not re.match("[A-Z]{2}", plain):
        return f"does not begin with a country ({COUNTRY})"
    if not plain.startswith(COUNTRY):
        return f"is of country {plain[:2]}; only Dutch accounts ({COUNTRY}) are used"
    if len(plain) != LENGTH:
        return f"has {len(plain)} characters, and a Dutch IBAN has {LENGTH}"
    if not re.fullmatch(FORM, plain):
        return f"is not {COUNTRY}, two digits, four letters of the bank and ten digits"
    return _fault_by_registry(plain)


def _fault_by_registry(iban: str) -> str | None:
    # Few commands read an account, and its tables take long to load.
    from schwifty import IBAN
    from schwifty.exceptions import SchwiftyException

    try:
        bank = IBAN(iban).bic
    except SchwiftyException:
        return "has wrong check digits: a character was mistyped or two were swapped"
    return None if bank else f"is of a bank that is not known ({iban[4:8]})"


def bic_fault(text: str) -> str | None:
    """Return in words what is wrong with a BIC; null where nothing is. The words go on from "BIC '...' "."""
    from schwifty import BIC
    from schwifty.exceptions import SchwiftyException

    plain = electronic(text)
    if not plain.isascii():
        return "holds a character that no BIC has"
    try:
        bic = BIC(plain)
    except SchwiftyException:
        return "is not eight or eleven letters and digits: the bank, the country, the place"
    return None if _is_of_a_bank(bic) else "is of no bank that is known"


def is_of_bank(bic: str, iban: str) -> bool:
    """Return whether a BIC is that of the bank of an IBAN."""
    from schwifty import IBAN

    return str(IBAN(iban).bic)[:8] == bic[:8]


def _is_of_a_bank(bic: str) -> bool:
    """Return whether the bank of a BIC is known; that of a branch is the same with three characters more."""
    from schwifty import BIC

    return bool(BIC(bic[:8]).exists or BIC(bic).exists)
