"""The codes that a bank gives: what a status means for a transfer, and why one was rejected or returned, in words.

The codes are those of ISO 20022 (external code sets of payment status and of status and return reasons), as the
European rules for credit transfers use them.
"""

from __future__ import annotations

from schemas.released import ACCEPTED, REJECTED

PARTLY = "partly"
"""Some of a batch were accepted and others not: its transfers say which."""

WAITS = "waits"
"""The bank has it and says no more: the status stays what it was."""

STATUSES = {
    **dict.fromkeys(("ACTC", "ACCP", "ACSP", "ACSC", "ACWC", "ACWP", "ACCC", "ACFC"), ACCEPTED),
    **dict.fromkeys(("RJCT", "CANC"), REJECTED),
    **dict.fromkeys(("PART", "PATC"), PARTLY),
    **dict.fromkeys(("RCVD", "PDNG"), WAITS),
}
"""The status that a bank gives -> what it means here."""

REASONS = {
    "AC01": ("the account number is wrong", "het rekeningnummer klopt niet"),
    "AC03": ("the account number of the recipient is wrong", "het rekeningnummer van de ontvanger klopt niet"),
    "AC04": ("the account is closed", "de rekening is opgeheven"),
    "AC06": ("the account is blocked", "de rekening is geblokkeerd"),
    "AC13": ("the account is of a kind that cannot be paid", "naar dit soort rekening kan niet worden betaald"),
    "AG01": ("no transfers are allowed to this account", "naar deze rekening mag niet worden overgemaakt"),
    "AG02": ("the bank does not know this kind of transaction", "de bank kent dit soort opdracht niet"),
    "AM01": ("the amount is zero", "het bedrag is nul"),
    "AM02": ("the amount is above what is allowed", "het bedrag is hoger dan is toegestaan"),
    "AM03": ("the currency cannot be paid", "in deze valuta kan niet worden betaald"),
    "AM04": (
        "there is not enough money on the account that pays",
        "er staat te weinig op de rekening die betaalt",
    ),
    "AM05": ("the bank has it already", "de bank heeft deze opdracht al"),
    "AM09": ("the amount is not the one that was agreed", "het bedrag is niet wat was afgesproken"),
    "AM10": ("the control sum is wrong", "het controletotaal klopt niet"),
    "BE01": ("the name is not that of the account", "de naam hoort niet bij de rekening"),
    "BE04": (
        "the address of the recipient is missing or wrong",
        "het adres van de ontvanger ontbreekt of klopt niet",
    ),
    "CNOR": ("the bank of the recipient is not registered", "de bank van de ontvanger is niet aangesloten"),
    "CUST": ("the account holder asked for it", "de rekeninghouder vroeg erom"),
    "DNOR": ("the bank of the account that pays is not registered", "de bank die betaalt is niet aangesloten"),
    "DT01": ("the date is not possible", "de datum kan niet"),
    "DU01": ("the bank has a message with this id already", "de bank heeft al een bericht met dit kenmerk"),
    "DU02": ("the bank has a batch with this id already", "de bank heeft al een batch met dit kenmerk"),
    "DU03": ("the bank has this transfer already", "de bank heeft deze overboeking al"),
    "DU04": ("the bank has a transfer with this id already", "de bank heeft al een overboeking met dit kenmerk"),
    "DUPL": ("it was ordered twice", "de opdracht is twee keer gegeven"),
    "ED05": ("it could not be settled", "de afwikkeling is mislukt"),
    "ERIN": ("the recipient cannot be reached in this way", "de ontvanger is zo niet te bereiken"),
    "FF01": ("the format of the file is wrong", "het formaat van het bestand klopt niet"),
    "FOCR": ("it was returned because it was called back", "teruggestort na een verzoek om terug te boeken"),
    "FRAD": ("the bank suspects fraud", "de bank vermoedt fraude"),
    "MD07": ("the account holder has died", "de rekeninghouder is overleden"),
    "MS02": ("the recipient refuses it, and does not say why", "de ontvanger weigert, zonder reden te noemen"),
    "MS03": ("the bank refuses it, and does not say why", "de bank weigert, zonder reden te noemen"),
    "NARR": ("the bank explains it in words", "de bank legt het in woorden uit"),
    "NOAS": ("nobody answered", "er kwam geen antwoord"),
    "NOOR": ("the bank does not know the transfer", "de bank kent de overboeking niet"),
    "RC01": ("the bank code is wrong", "de bankcode klopt niet"),
    "RC07": ("the bank code of the recipient is wrong", "de bankcode van de ontvanger klopt niet"),
    "RF01": ("the reference is not unique", "het kenmerk is niet uniek"),
    "RR01": ("the law wants the account of who pays", "de wet vraagt de rekening van wie betaalt"),
    "RR02": ("the law wants the name or address of who pays", "de wet vraagt naam of adres van wie betaalt"),
    "RR03": (
        "the law wants the name or address of the recipient",
        "de wet vraagt naam of adres van de ontvanger",
    ),
    "RR04": ("it is not allowed by law", "het mag volgens de wet niet"),
    "TECH": ("there was a technical fault", "er was een technische storing"),
    "TM01": ("it came too late in the day", "de opdracht kwam te laat op de dag"),
    "UPAY": ("it was not due", "de betaling was niet verschuldigd"),
}
"""Code -> the reason in English, and in Dutch."""

HAS_IT_ALREADY = frozenset({"AM05", "DU01", "DU02", "DU03", "DU04"})
"""Reasons of a rejection by which the same was given to the bank before: that one may be paid."""

_MOST_WORDS = 200


def reason_words(code: str | None, said: str | None = None) -> str | None:
    """Return a reason in words: the meaning of its code, with what the bank says beside it; null of neither."""
    meaning = REASONS[code][0] if code in REASONS else None
    beside = said[:_MOST_WORDS] if said else None
    if meaning and beside:
        return f"{meaning} ({beside})"
    return meaning or beside


def reason_in_dutch(code: str | None, words: str | None) -> str | None:
    """Return a reason as a board reads it; what the bank says itself stays as it is."""
    if code not in REASONS:
        return words
    english, dutch = REASONS[code]
    return f"{dutch}{(words or '').removeprefix(english)}"
