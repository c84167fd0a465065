"""The rules of accountability: those that come with the package, and those from archived texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from npo_pipeline.rulebook.accountability.model import Accountability, Menukaart
from npo_pipeline.rulebook.error_messages import refusal_from_validation
from npo_pipeline.rulebook.yaml_document import FromTexts, RuleText, document_from, rule_text

YEAR_END_FILES = ("menukaart.yaml", "verantwoording.yaml")

P = TypeVar("P", bound=BaseModel)


@dataclass(frozen=True)
class YearEndRules(FromTexts):
    """Represent the rules of a year-end report and the texts they came from."""

    menukaart: Menukaart
    accountability: Accountability


@cache
def year_end_rules() -> YearEndRules:
    """Load the rules that come with the package.

    Raises:
        Refused: something in them is wrong; names file and line.
    """
    folder = files(__package__)
    return _read([rule_text((folder / name).read_bytes(), name)[0] for name in YEAR_END_FILES])


def parse_year_end(texts: Sequence[tuple[str, str]]) -> YearEndRules:
    """Load the rules from archived texts: (name, text) of the menukaart and of the file on accountability.

    Raises:
        Refused: a text is none of these rules.
    """
    return _read([rule_text(text.encode(), name)[0] for name, text in texts])


def _read(texts: Sequence[RuleText]) -> YearEndRules:
    menukaart, accountability = texts
    return YearEndRules(tuple(texts), _part(Menukaart, menukaart), _part(Accountability, accountability))


def _part(model: type[P], text: RuleText) -> P:
    document = document_from(text.text, text.name)
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise refusal_from_validation(document, error) from error
