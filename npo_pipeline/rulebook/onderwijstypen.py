"""The school type that the pupils of a vo onderwijstype count as: a rule, so it stands in a cited file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import AfterValidator

from npo_pipeline.rulebook.error_messages import checked
from npo_pipeline.rulebook.fields import Cited, Key, Part, SchoolType, Source, Text, Whole, some
from npo_pipeline.rulebook.yaml_document import document_from

NAME = "onderwijstypen.yaml"


class Onderwijstype(Cited[SchoolType]):
    """Represent onderwijstypen that count as one school type; `years` where only some leerjaren do.

    `pro`: they are praktijkonderwijs, which samenwerkingsverbanden are paid for.
    """

    name: Text
    begins_with: Annotated[tuple[Text, ...], AfterValidator(some)]
    years: tuple[Whole, ...] = ()
    pro: bool = False


class Onderwijstypen(Part):
    """Represent the mapping, from the top down: the first line that fits counts."""

    title: Text
    sources: Annotated[dict[Key, Source], AfterValidator(some)]
    onderwijstypen: Annotated[tuple[Onderwijstype, ...], AfterValidator(some)]


@cache
def onderwijstypen() -> Onderwijstypen:
    """Return the mapping that comes with the package.

    Raises:
        Refused: something in it is wrong; names file and line.
    """
    return checked(Onderwijstypen, document_from((files(__package__) / NAME).read_text(encoding="utf-8"), NAME))
