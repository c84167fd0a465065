"""Worked examples: amounts that somebody published, so that a rule can be held against them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from npo_pipeline.regulations.cited import Cited
from npo_pipeline.regulations.values import Amount, Key, SchoolType, Text, Whole, some

Units: TypeAlias = dict[Key, Amount]


class Example(Cited[Amount]):
    """What schools of one school type get for so many units of each component, as published.

    `units`: component -> pupils, score or cumi pupils, before any threshold. `schools`: over how many schools
    the amount is an average. `tolerance`: how far off the amount may be (a source that says "about").
    """

    name: Text
    school_type: SchoolType
    place: Key | None = None
    units: Annotated[Units, AfterValidator(some)]
    schools: Whole = 1
    tolerance: Amount = Decimal(0)
