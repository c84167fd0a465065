"""The account that pays, from a small YAML file (contract, section 5)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, model_validator

from npo_pipeline.delivery.sanitize import harmless_name
from npo_pipeline.intake.reference_lists import LONGEST_NAME
from npo_pipeline.rulebook.error_messages import checked
from npo_pipeline.rulebook.fields import Part, fault, quoted, text_from
from npo_pipeline.rulebook.yaml_document import FileSort, read_rules
from schemas.iban import bic_fault, electronic, iban_fault, is_of_bank

DEBTOR_FILE = FileSort("debtor file", "debtor: ...")
_HINT = " (a debtor has name and iban, and may have a bic)"


def _code(name: str, find_fault: Callable[[str], str | None]) -> BeforeValidator:
    def reader(value: Any) -> str:
        text = text_from(value)
        if words := find_fault(text):
            raise ValueError(f"{name} {quoted(text)} {words}")
        return electronic(text)

    return BeforeValidator(reader)


def _name_from(value: Any) -> str:
    name = harmless_name(text_from(value))
    if len(name) > LONGEST_NAME:
        raise ValueError(f"has {len(name)} characters; a bank takes {LONGEST_NAME}, so shorten it")
    return name


class Debtor(Part):
    """Represent who pays: a name, a Dutch IBAN and the BIC of its bank, which may be left out."""

    name: Annotated[str, BeforeValidator(_name_from)]
    iban: Annotated[str, _code("IBAN", iban_fault)]
    bic: Annotated[str, _code("BIC", bic_fault)] | None = None

    @model_validator(mode="after")
    def _of_one_bank(self) -> Self:
        if self.bic is not None and not is_of_bank(self.bic, self.iban):
            raise fault(f"is of another bank than iban {self.iban}; correct one of the two", "bic")
        return self


class _DebtorFile(Part):
    debtor: Debtor


def read_debtor(path: Path) -> Debtor:
    """Read the file with the account that pays.

    Raises:
        Refused: it cannot be read, is no YAML, or a value is missing or wrong; the message names file and line.
    """
    _, document = read_rules(path, DEBTOR_FILE)
    return checked(_DebtorFile, document, keys=("debtor", *Debtor.model_fields), hint=_HINT).debtor
